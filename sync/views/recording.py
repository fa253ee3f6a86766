"""All changes of one finished run, for one atomic write."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain

from sync.domain.aging import aging, forecast
from sync.domain.asof import as_of
from sync.domain.calendar import BusinessCalendar
from sync.domain.clients import client_measures
from sync.domain.facts import Facts, Instalment, Receivable
from sync.domain.metrics import received
from sync.domain.standing import book
from sync.issues import Issue
from sync.views.aging import aging_tab
from sync.views.bank_matches import bank_matches
from sync.views.calls import call_rows
from sync.views.clients import client_columns
from sync.views.dashboard import dashboard
from sync.views.engine_columns import standing_columns
from sync.views.forecast import forecast_tab
from sync.views.history import history
from sync.views.issues_tab import issues_tab
from sync.views.negotiations import negotiations
from sync.views.queue import queue_lines, queue_tab
from sync.views.results import numbers, results_tab
from sync.views.runs import runs
from sync.views.trends import trend_rows, trends
from sync.views.view_input import ViewInput
from sync.workbook import Change


def record(view: ViewInput) -> tuple[Change, ...]:
    """What the workbook must show after this run, as the changes it lacks.

    Engine columns, outcomes and references come only for rows that do not show them yet; tabs
    that are the engine's come whole. Applied and read again, the same view gives no SetCells and
    no AppendRows. Raises nothing for what people typed. While a tab or heading that makes amounts
    is missing, what stood there stays: a zero would be untrue.
    """
    if _has_no_truth(view.issues):
        return tuple(_records(view))
    return tuple(chain(_beside_people_s_rows(view), _tabs_of_its_own(view)))


# What stands in these tabs makes every amount; with one of them unreadable no amount is true.
_FACTS = frozenset({"receivables", "clients", "payments", "negotiations", "instalments"})
_STRUCTURE = frozenset(
    {"missing_tab", "duplicate_tab", "missing_heading", "duplicate_heading", "newer_schema"}
)


def _has_no_truth(issues: Iterable[Issue]) -> bool:
    return any(issue.code in _STRUCTURE and issue.tab in _FACTS for issue in issues)


def _records(view: ViewInput) -> Iterator[Change]:
    """Only what is true without amounts: what was sent, what is wrong, and that there was a run."""
    yield from history(view.snapshot, view.reminders, view.notes)
    yield from runs(view.snapshot, view.run, len(view.issues))
    yield from issues_tab(view.snapshot, view.issues)


def _beside_people_s_rows(view: ViewInput) -> Iterator[Change]:
    """Columns and rows in tabs that people work in, and the records."""
    snapshot = view.snapshot
    yield from standing_columns(view)
    yield from history(snapshot, view.reminders, view.notes)
    yield from runs(snapshot, view.run, len(view.issues))


def _tabs_of_its_own(view: ViewInput) -> Iterator[Change]:
    """What is computed from the whole book: every total of one sum."""
    language, snapshot = view.language, view.snapshot
    facts = as_of(view.facts, view.run_date)
    ledger = view.book or book(facts, view.calendar, view.run_date)
    clients = client_measures(facts, ledger)
    ages = aging(ledger.standings.values(), facts.settings.aging_bounds)
    delays = {name: client.average_delay for name, client in clients.items()}
    lines = queue_lines(view)
    months = trends(view)
    this_month = received_since(facts, view.calendar, view.run_date.replace(day=1), view.run_date)
    measured = numbers(facts, ledger, this_month, months.last_cei)
    yield from client_columns(snapshot, clients)
    yield from negotiations(snapshot, facts, ledger.results)
    yield from call_rows(view)
    yield from queue_tab(view, lines)
    yield from bank_matches(snapshot, view.bank, view.bank_known)
    yield from issues_tab(snapshot, view.issues)
    yield from aging_tab(language, ages)
    yield from results_tab(language, facts, ledger, measured)
    yield from forecast_tab(language, forecast(ledger, view.calendar, delays))
    yield from trend_rows(view, months.months)
    yield from dashboard(view, ages, lines, measured)


def received_since(facts: Facts, calendar: BusinessCalendar, first: date, last: date) -> Decimal:
    """What `received` says, asked only of items that had any money in these days.

    Years of paid invoices have none, and this figure is made anew by every run.
    """
    recent = {p.receivable for p in facts.payments if p.paid_on >= first}

    def had_money(item: Receivable | Instalment) -> bool:
        return item.id in recent or (item.paid_on is not None and item.paid_on >= first)

    receivables = {row.id: row for row in facts.receivables.values() if had_money(row)}
    instalments = {part.id: part for part in facts.instalments.values() if had_money(part)}
    payments = tuple(
        p
        for p in facts.payments
        if p.paid_on >= first or p.receivable in receivables or p.receivable in instalments
    )
    asked = replace(facts, receivables=receivables, instalments=instalments, payments=payments)
    return received(asked, calendar, first, last)
