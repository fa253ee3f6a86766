"""What promises, agreements and answers mean on a day: kept, broken, holding, ended.

States are values derived from the facts each time; nothing here is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from sync.domain.calendar import effective_due
from sync.domain.charges import CENT, Receipt
from sync.domain.decisions import ZERO, Reason
from sync.domain.facts import Instalment, Negotiation, NegotiationKind, Receivable
from sync.domain.receipts import Accounts, Item

_MONTHS = 12


class Result(StrEnum):
    """How a row of the negotiations tab stands."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"  # ended by a person before it was decided
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseState:
    """A promise to pay. `until` is the effective date of pay_by, the last day to keep it."""

    index: int  # its place in Facts.negotiations
    ref: str | None
    client: str
    at: date
    items: tuple[str, ...]
    amount: Decimal
    until: date
    result: Result
    kept_on: date | None = None
    closed: bool = False  # a person ended it: no message about it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementState:
    """An agreement: `originals` are paid by `instalments`. `decided_on`: kept, broken or ended."""

    index: int
    ref: str
    client: str
    at: date
    originals: tuple[str, ...]
    instalments: tuple[str, ...]
    result: Result
    decided_on: date | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An answer that keeps an item out of messages. `until` inclusive; None: until closed."""

    index: int
    ref: str | None
    since: date
    reason: Reason
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedInstalment:
    """One instalment to be agreed on: its number from 1, its due date and amount."""

    number: int
    due_on: date
    amount: Decimal


def instalment_plan(
    amount: Decimal, count: int, first_due_on: date
) -> tuple[PlannedInstalment, ...]:
    """Split an amount into monthly instalments that sum to it to the cent.

    All but the last are the amount ÷ count rounded down to the cent; the last takes the
    rounding. A month without the first due date's day has its last day.

    Raises:
        ValueError: when there is not at least one cent for each instalment.
    """
    if count < 1 or amount < CENT * count:
        raise ValueError(f"cannot split {amount} into {count} instalments")
    each = Decimal(int(amount / count / CENT)) * CENT
    parts = [each] * (count - 1) + [amount - each * (count - 1)]
    return tuple(
        PlannedInstalment(number=n + 1, due_on=add_months(first_due_on, n), amount=part)
        for n, part in enumerate(parts)
    )


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day."""
    years, month = divmod(day.month - 1 + months, _MONTHS)
    first = date(day.year + years, month + 1, 1)
    following = date(first.year + first.month // _MONTHS, first.month % _MONTHS + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))
