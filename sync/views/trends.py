"""The trends tab: one row for each month that is over, written once.

A small book's first run fills in the last twelve months, replayed from its facts; a large one
starts with the last month, because replaying a year of it would take longer than the run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sync.domain.clients import settled_normally, share
from sync.domain.decisions import Standing
from sync.domain.facts import Reminder
from sync.domain.history import MAY_HAVE_ARRIVED
from sync.domain.metrics import Month, month
from sync.domain.negotiation import add_months
from sync.views.view_input import ViewInput
from sync.workbook import AppendRows, Cell, Change, Tab

_TAB = "trends"
_MONTHS_SHOWN = 12
_LARGE = 5_000  # receivables; replaying a year of them takes about a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """Months to be appended, and the collection effectiveness of the last month that is over."""

    months: tuple[Month, ...]
    last_cei: Decimal | None


def trends(view: ViewInput) -> Trends:
    """Replay the months that the tab does not have. Nothing in an ordinary run of the month."""
    current = view.run_date.replace(day=1)
    last = add_months(current, -1)
    tab = view.snapshot.tabs.get(_TAB)
    shown = _shown(tab) if tab is not None else {}
    if last in shown:
        return Trends(months=(), last_cei=shown[last])
    months = tuple(
        month(view.facts, view.calendar, start)
        for start in _missing(view, max(shown, default=None))
    )
    return Trends(months=months, last_cei=months[-1].cei if months else None)


def trend_rows(view: ViewInput, months: tuple[Month, ...]) -> Iterator[Change]:
    """The rows of these months, oldest first."""
    if months:
        rows = tuple(_row(view, each) for each in months)
        yield AppendRows(tab=_TAB, rows=rows)


def _missing(view: ViewInput, newest: date | None) -> tuple[date, ...]:
    """First days of the months to append, in order; none before the first invoice."""
    facts = view.facts
    last = add_months(view.run_date.replace(day=1), -1)
    first = last if len(facts.receivables) > _LARGE else add_months(last, 1 - _MONTHS_SHOWN)
    issued = (row.issued_on or row.due_on for row in facts.receivables.values())
    first = max(first, min(issued, default=view.run_date).replace(day=1))
    if newest is not None:
        first = max(first, add_months(newest, 1))
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return tuple(add_months(first, number) for number in range(count))


def _shown(tab: Tab) -> dict[date, Decimal | None]:
    """The months that stand in the tab, each with its collection effectiveness."""
    found: dict[date, Decimal | None] = {}
    for row in tab.rows:
        day = tab.value(row, "month")
        if isinstance(day, datetime):
            day = day.date()
        if isinstance(day, date):
            found[day.replace(day=1)] = _number(tab.value(row, "cei"))
    return found


def _number(value: Cell) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    return Decimal(str(value))


def _row(view: ViewInput, of: Month) -> dict[str, Cell]:
    paid = [s for s in view.plan.standings.values() if _was_paid_in(s, of)]
    return {
        "month": of.start,
        "open_amount": of.closing,
        "overdue_amount": of.closing_overdue,
        "dso": of.dso,
        "cei": of.cei,
        "on_time_rate": share(sum(s.days_past_due == 0 for s in paid), len(paid)),
        "received": of.received,
        "sent": sum(_was_sent_in(each, of) for each in view.reminders),
    }


def _was_paid_in(standing: Standing, of: Month) -> bool:
    day = standing.charge.settled_on
    return day is not None and of.start <= day <= of.end and settled_normally(standing)


def _was_sent_in(reminder: Reminder, of: Month) -> bool:
    return of.start <= reminder.at.date() <= of.end and reminder.outcome in MAY_HAVE_ARRIVED
