"""The results tab: each measure with its number, its period, the rows behind it and its formula.

Percentages are written as 87.5 with the unit '%'.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from sheet_templates import headings
from sheet_templates.schema import LISTS
from sync.domain import metrics
from sync.domain.clients import share
from sync.domain.decisions import ZERO
from sync.domain.facts import Facts
from sync.domain.metrics import Cause, Group, Measures, Recovery
from sync.domain.negotiation import add_months
from sync.domain.standing import Book
from sync.step_names import step_text
from sync.views.cells import clipped, money_text
from sync.words import words
from sync.workbook import Cell, Change, ReplaceBody

_HUNDRED = Decimal(100)
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The measures of one run, computed once for results and dashboard."""

    measures: Measures
    received_this_month: Decimal
    unapplied: Decimal
    cei: Decimal | None


def numbers(facts: Facts, book: Book, received: Decimal, cei: Decimal | None) -> Numbers:
    """The measures on the book's day. `received` and `cei` come from elsewhere (see `record`)."""
    return Numbers(
        measures=metrics.measures(facts, book),
        received_this_month=received,
        unapplied=sum(book.unapplied.values(), ZERO),
        cei=cei,
    )


def results_tab(language: str, facts: Facts, book: Book, of: Numbers) -> Iterator[Change]:
    """The portfolio, then recovery by step, reasons for delay, and groups of invoices."""
    recent = _recent(facts, book)
    by_weekday = metrics.groups(recent, book, metrics.by_weekday_paid)
    rows = (
        *_portfolio(language, of),
        *(_recovery(language, each) for each in metrics.recovery_by_step(facts, book)),
        *(_cause(language, each) for each in metrics.delay_reasons(facts, book)),
        *_groups(language, "segment", metrics.groups(recent, book, metrics.by_segment(facts))),
        *_groups(language, "method", metrics.groups(recent, book, metrics.by_method)),
        *_groups(language, "month", metrics.groups(recent, book, metrics.by_month_due)),
        *_weekdays(language, by_weekday),
    )
    yield ReplaceBody(tab="results", rows=rows)


def _recent(facts: Facts, book: Book) -> Facts:
    """The facts with the invoices of the last 12 months by due date, and those still open."""
    since = add_months(book.run_date, -12)
    return replace(
        facts,
        receivables={
            key: row
            for key, row in facts.receivables.items()
            if key in book.standings
            and (since < row.due_on <= book.run_date or book.standings[key].is_open)
        },
    )


def _portfolio(language: str, of: Numbers) -> Iterator[dict[str, Cell]]:
    was = of.measures
    lines: Iterable[tuple[str, Decimal | None, str, str, int | None]] = (
        ("open_amount", was.open_amount, "money", "today", was.open_count),
        ("overdue_amount", was.overdue_amount, "money", "today", was.overdue_count),
        ("unapplied_cash", of.unapplied, "money", "today", None),
        ("received_this_month", of.received_this_month, "money", "this_month", None),
        ("dso", was.dso, "days", "days_90", None),
        ("best_possible_dso", was.best_possible_dso, "days", "days_90", None),
        ("average_days_delinquent", was.average_days_delinquent, "days", "days_90", None),
        ("cei", of.cei, "percent", "last_month", None),
        ("on_time_rate", _percent(was.on_time_rate), "percent", "months_12", None),
        ("promise_kept_rate", _percent(was.promise_rate), "percent", "always", None),
        ("instalment_rate", _percent(was.instalment_rate), "percent", "always", None),
    )
    for key, value, unit, period, behind in lines:
        yield {
            "measure": words(language, f"views.results.{key}.name"),
            "value": value,
            "unit": words(language, f"views.units.{unit}"),
            "period": words(language, f"views.periods.{period}"),
            "rows_behind": behind,
            "explanation": words(language, f"views.results.{key}.explanation"),
        }


def _recovery(language: str, of: Recovery) -> dict[str, Cell]:
    return _line(
        language,
        "recovery",
        name=f"{of.policy} · {step_text(language, of.step)}",
        value=_percent(of.rate),
        period="always",
        behind=of.sent,
        amount=money_text(language, of.amount),
        recovered=money_text(language, of.recovered),
    )


def _cause(language: str, of: Cause) -> dict[str, Cell]:
    known = of.reason in LISTS["delay_reason"]
    name = headings.value_text(language, "delay_reason", of.reason) if known else of.reason
    return _line(
        language,
        "delay_reason",
        name=name,
        value=_percent(of.share),
        period="always",
        behind=of.count,
        amount=money_text(language, of.amount),
        cumulative=_rate_text(language, of.cumulative),
    )


def _groups(language: str, kind: str, of: Iterable[Group]) -> Iterator[dict[str, Cell]]:
    """On-time rates; what is open and late beside them. Nothing when no invoice has a name."""
    found = tuple(of)
    for group in found if any(group.name is not None for group in found) else ():
        yield _line(
            language,
            kind,
            name=_group_name(language, kind, group.name),
            value=_percent(group.on_time_rate),
            period="months_12",
            behind=group.count,
            paid=str(group.paid_count),
            delay=_number_text(language, group.average_delay),
            open=money_text(language, group.open_amount),
            overdue=money_text(language, group.overdue_amount),
        )


def _group_name(language: str, kind: str, name: str | None) -> str:
    if name is None:
        return words(language, "views.results.no_name")
    if kind == "method" and name in LISTS["method"]:
        return headings.value_text(language, "method", name)
    return name


def _weekdays(language: str, of: Iterable[Group]) -> Iterator[dict[str, Cell]]:
    """On which weekdays clients pay: each day's share of the invoices paid."""
    paid = [group for group in of if group.name is not None]
    count = sum(group.count for group in paid)
    for group in paid:
        rate = share(group.count, count)
        yield _line(
            language,
            "weekday",
            name=words(language, f"views.weekdays.{group.name}"),
            value=_percent(rate),
            period="months_12",
            behind=group.count,
            amount=money_text(language, group.amount),
        )


def _line(
    language: str,
    kind: str,
    *,
    name: str,
    value: Decimal | None,
    period: str,
    behind: int,
    **details: str,
) -> dict[str, Cell]:
    """One row about a step, a reason or a group: a percentage."""
    return {
        "measure": clipped(words(language, f"views.results.{kind}.name", name=name)),
        "value": value,
        "unit": words(language, "views.units.percent"),
        "period": words(language, f"views.periods.{period}"),
        "rows_behind": behind,
        "explanation": words(language, f"views.results.{kind}.explanation", **details),
    }


def _percent(rate: Decimal | None) -> Decimal | None:
    """A fraction as a number of per cent, one decimal."""
    return None if rate is None else (rate * _HUNDRED).quantize(_TENTH, ROUND_HALF_UP)


def _rate_text(language: str, rate: Decimal | None) -> str:
    return _number_text(language, _percent(rate)) + ("" if rate is None else " %")


def _number_text(language: str, number: Decimal | None) -> str:
    """A number with one decimal for a sentence; a dash for none."""
    if number is None:
        return "–"
    text = f"{number:,.1f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "pt-BR" else text
