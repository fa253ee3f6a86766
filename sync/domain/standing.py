"""Where every receivable and instalment stands on a day."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sync.domain.calendar import BusinessCalendar
from sync.domain.charges import charges_from
from sync.domain.decisions import Standing
from sync.domain.facts import TeamSettings
from sync.domain.negotiation import AgreementState, Hold, PromiseState, Result
from sync.domain.receipts import Accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All standings on `run_date`, and what messages need to know besides.

    `standings` holds receivables and instalments by id, in the facts' order; `open_items` the ids
    that count in open totals, by client. `unapplied` is cash without a debt, by client (zero left
    out). `promises` maps an item to the latest promise about it that no person closed, pending,
    kept or broken; `broken_plans` maps an original to the broken agreement it came out of;
    `holds` maps an item to the answer that holds it. `results` stand beside Facts.negotiations.
    """

    run_date: date
    standings: Mapping[str, Standing]
    open_items: Mapping[str, tuple[str, ...]]
    unapplied: Mapping[str, Decimal]
    promises: Mapping[str, PromiseState]
    agreements: Mapping[str, AgreementState]
    broken_plans: Mapping[str, AgreementState]
    holds: Mapping[str, Hold]
    results: Sequence[Result]
    accounts: Accounts

    def open_of(self, client: str) -> tuple[Standing, ...]:
        """The client's standings that count in open totals."""
        return tuple(self.standings[item] for item in self.open_items.get(client, ()))


def bucket_of(days_past_due: int, bounds: Sequence[int]) -> int:
    """The aging bucket: 0 is not due, 1 is up to bounds[0] days, … the last is beyond them."""
    return 1 + bisect_left(bounds, days_past_due) if days_past_due > 0 else 0


def has_overdue_steps(
    standing: Standing, settings: TeamSettings, calendar: BusinessCalendar, on: date
) -> bool:
    """Whether grace is over: from here on steps after the due date count, from due_on."""
    return on >= charges_from(standing.due_on, settings, calendar)
