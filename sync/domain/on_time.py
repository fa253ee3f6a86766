"""The discount for paying in time: what settles an invoice until its effective due date.

The rule by which it settles stands in charges: the invoice's amount less the discount, received by
the effective due date. What came in before counts; after that day there is no discount.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sync.domain.charges import cents
from sync.domain.decisions import ZERO, Standing, Status
from sync.domain.facts import TeamSettings

_MAY_BE_PAID = frozenset({Status.NOT_DUE, Status.DUE_TODAY})


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTimeOffer:
    """What is still to be paid, through `until`, for the invoice to be settled."""

    amount: Decimal
    until: date


def on_time_offer(standing: Standing, settings: TeamSettings, on: date) -> OnTimeOffer | None:
    """What settles an open invoice when it is paid from `on` until its effective due date.

    amount = cents(invoice × (1 − discount)) − what was received, which is balance − discount.
    None for an instalment (its amount is agreed), after the day, or when nothing is let off.
    """
    if standing.is_instalment or standing.status not in _MAY_BE_PAID:
        return None
    if on > standing.effective_due:
        return None
    granted = standing.amount - cents(standing.amount * (1 - settings.on_time_discount))
    amount = standing.charge.total_due - granted
    if granted <= ZERO or amount <= ZERO:
        return None
    return OnTimeOffer(amount=amount, until=standing.effective_due)
