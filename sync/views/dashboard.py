"""The dashboard's figures: the same numbers as in the other tabs, never computed a second way."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal

from sheet_templates import headings
from sync.domain.aging import Aging
from sync.domain.decisions import ZERO
from sync.domain.facts import Outcome
from sync.views.cells import local
from sync.views.queue import Line
from sync.views.results import Numbers
from sync.views.view_input import ViewInput
from sync.workbook import Change, SetFigures

_SOON = timedelta(days=7)
_LEFT = frozenset({Outcome.SENT, Outcome.UNCERTAIN, Outcome.REPLIED, Outcome.BOUNCED})


def dashboard(
    view: ViewInput, aging: Aging, lines: Iterable[Line], numbers: Numbers
) -> Iterator[Change]:
    """All figures of one run."""
    was = numbers.measures
    states = Counter(line.state for line in lines)
    yield SetFigures(
        values={
            "open_amount": aging.total,
            "overdue_amount": aging.overdue,
            "overdue_clients": sum(any(row.amounts[1:]) for row in aging.rows),
            "due_next_7_days": _due_soon(view),
            "received_this_month": numbers.received_this_month,
            "unapplied_cash": numbers.unapplied,
            "dso": was.dso,
            "best_possible_dso": was.best_possible_dso,
            "average_days_delinquent": was.average_days_delinquent,
            "cei": numbers.cei,
            "on_time_rate": was.on_time_rate,
            "promise_kept_rate": was.promise_rate,
            "queue_ready": states["ready"],
            "queue_needs_approval": states["needs_approval"] + states["uncertain"],
            "queue_held": states["held"],
            "messages_sent_today": sum(
                each.at.date() == view.run_date and each.outcome in _LEFT for each in view.reminders
            ),
            "open_issues": len(view.issues),
            "payments_data_until": view.plan.payments_until,
            "last_run_at": local(view.run.at),
            "last_run_result": headings.value_text(view.language, "run_result", view.run.result),
        }
    )


def _due_soon(view: ViewInput) -> Decimal:
    """Open balances due today or within seven days."""
    until = view.run_date + _SOON
    return sum(
        (
            standing.charge.balance
            for standing in view.plan.standings.values()
            if standing.is_open and standing.days_past_due == 0 and standing.due_on <= until
        ),
        ZERO,
    )
