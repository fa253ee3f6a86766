"""What promises, agreements and answers mean on a day: kept, broken, holding, ended.

States are values derived from the facts each time; nothing here is stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from sync.domain.calendar import effective_due
from sync.domain.charges import CENT, Receipt
from sync.domain.decisions import ZERO, Reason
from sync.domain.facts import Negotiation, NegotiationKind, Receivable
from sync.domain.receipts import Accounts, Item

_MONTHS = 12


class Result(StrEnum):
    """How a row of the negotiations tab stands."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"  # ended by a person before it was decided
    CLOSED = "closed"


_ACCEPTED = re.compile(r"[AM]-[A-Z2-7]{10}")


def was_accepted(ref: str) -> bool:
    """Whether an agreement is of an option, chosen by mail or command; else a person typed it."""
    return _ACCEPTED.fullmatch(ref) is not None


class Doubt(StrEnum):
    """Why the instalments of an open agreement wait for a person; each is the code of an issue."""

    PAID_BEFORE = "agreement_paid_before"
    PARTS_DIFFER = "agreement_parts_differ"
    CANCELLED = "agreement_part_cancelled"


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
    """An agreement: `originals` are paid by `instalments`. `decided_on`: kept, broken or ended.

    `doubt`: while it is open, its instalments may ask for too much or too little.
    """

    index: int
    ref: str
    client: str
    at: date
    originals: tuple[str, ...]
    instalments: tuple[str, ...]
    result: Result
    decided_on: date | None = None
    closed: bool = False
    doubt: Doubt | None = None


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


def concerned(accounts: Accounts, row: Negotiation) -> tuple[str, ...]:
    """The items a row is about: those it names, else what was overdue on its date.

    When nothing was overdue then, all that was open then: an answer to a reminder that came
    before the due date holds what it answers.
    """
    if row.receivables:
        return tuple(name for name in row.receivables if accounts.item(name) is not None)
    open_then = [item for item in accounts.items_of(row.client) if _open_on(accounts, item, row.at)]
    late = [i.id for i in open_then if row.at > effective_due(i.due_on, accounts.calendar)]
    return tuple(late or [item.id for item in open_then])


def _open_on(accounts: Accounts, item: Item, day: date) -> bool:
    if isinstance(item, Receivable):
        if item.cancelled is not None or (item.issued_on is not None and item.issued_on > day):
            return False
        if item.id in accounts.moved_away and accounts.moved_away[item.id] <= day:
            return False  # in a plan: its instalments are open instead
    elif item.id in accounts.moved_away or day < accounts.agreed_on.get(item.agreement, date.max):
        return False  # of a plan that ended (its originals are open again), or not agreed yet
    marked = accounts.marked_on(item)
    if marked is not None and marked <= day:
        return False
    return not accounts.charge(item, day).settled


def promises(accounts: Accounts) -> list[PromiseState]:
    """Every promise with a date, in the order made; rows of later days do not exist."""
    rows = [
        (row.at, index, row, row.pay_by)
        for index, row in enumerate(accounts.facts.negotiations)
        if row.kind is NegotiationKind.PROMISE and row.at <= accounts.run_date
    ]
    rows.sort(key=lambda entry: entry[:2])
    return [
        _promise(accounts, index, row, pay_by)
        for _, index, row, pay_by in rows
        if pay_by is not None
    ]


def _promise(accounts: Accounts, index: int, row: Negotiation, pay_by: date) -> PromiseState:
    items = [item for name in concerned(accounts, row) if (item := accounts.item(name))]
    until = effective_due(pay_by, accounts.calendar)
    amount = row.amount
    if amount is None:
        amount = sum((_owed_before(accounts, item, row.at) for item in items), ZERO)
    kept_on = _kept_on(accounts, row, items, amount, until)
    closed = row.closed_on is not None and row.closed_on <= accounts.run_date
    result = Result.OPEN if accounts.run_date <= until else Result.BROKEN
    if closed and row.closed_on is not None and row.closed_on <= until:
        result = Result.CANCELLED
    if kept_on is not None:
        result = Result.KEPT
    return PromiseState(
        index=index,
        ref=row.ref,
        client=row.client,
        at=row.at,
        items=tuple(item.id for item in items),
        amount=amount,
        until=until,
        result=result,
        kept_on=kept_on,
        closed=closed,
    )


def _owed_before(accounts: Accounts, item: Item, day: date) -> Decimal:
    """The total quoted on a day: what the item owed before that day's money."""
    earlier = [receipt for receipt in accounts.receipts(item) if receipt.on < day]
    return accounts.charge(item, day, earlier).total_due


def _kept_on(
    accounts: Accounts, row: Negotiation, items: Sequence[Item], amount: Decimal, until: date
) -> date | None:
    """The day a promise was kept: money from its date on reached it, or nothing was left to pay.

    Money on the client's account counts too, so that nobody who paid is told otherwise; what was
    taken back later does not count.
    """
    money = [receipt for item in items for receipt in accounts.own_receipts(item)]
    money += accounts.loose.get(row.client, [])
    counted = [r for r in money if r.on >= row.at and (r.on <= until or r.amount < 0)]
    if amount > 0 and sum((r.amount for r in counted), ZERO) >= amount:
        return _reached_on(counted, amount)
    days = [accounts.charge(item, accounts.run_date).settled_on for item in items]
    settled = [day for day in days if day is not None and day <= until]
    return max(settled) if settled and len(settled) == len(items) else None


def _reached_on(receipts: Sequence[Receipt], amount: Decimal) -> date:
    so_far = ZERO
    for receipt in sorted(receipts, key=lambda receipt: receipt.on):
        so_far += receipt.amount
        if so_far >= amount:
            return receipt.on
    raise AssertionError("the caller saw the sum reach the amount")


def promise_of_each(promised: Sequence[PromiseState]) -> dict[str, PromiseState]:
    """The promise that speaks for each item: the latest pending one, else the latest of all.

    One that a person closed never speaks, nor does an older broken one behind it.
    """
    latest = {item: promise for promise in promised for item in promise.items}
    spoken = {item: promise for item, promise in latest.items() if not promise.closed}
    for promise in promised:
        if promise.result is Result.OPEN and not promise.closed:
            spoken.update(dict.fromkeys(promise.items, promise))
    return spoken


def holds(accounts: Accounts) -> tuple[dict[str, Hold], dict[int, bool]]:
    """Which answers hold which items today, and of every answering row whether it holds still.

    Held until closed: a dispute, 'I have paid', a proposal and an agreement without instalments
    (both wait for a person's decision). Held for the set days: other contacts and refusals, and a
    promise without a date. A dispute outranks the others; then what holds longest.
    """
    found: dict[str, Hold] = {}
    active: dict[int, bool] = {}
    for index, row in enumerate(accounts.facts.negotiations):
        if row.at > accounts.run_date:
            continue
        hold = _hold(accounts, index, row)
        if hold is None:
            continue
        closed = row.closed_on is not None and row.closed_on <= accounts.run_date
        over = hold.until is not None and accounts.run_date > hold.until
        active[index] = not (closed or over)
        if active[index]:
            for item in concerned(accounts, row):
                found[item] = max(found.get(item, hold), hold, key=_strength)
    return found, active


def _strength(hold: Hold) -> tuple[bool, date]:
    return hold.reason is Reason.DISPUTED, hold.until or date.max


def _hold(accounts: Accounts, index: int, row: Negotiation) -> Hold | None:
    reason, until = Reason.AWAITING_ANSWER, None
    match row.kind:
        case NegotiationKind.DISPUTE:
            reason = Reason.DISPUTED
        case NegotiationKind.SAYS_PAID | NegotiationKind.PROPOSAL:
            pass
        case NegotiationKind.AGREEMENT if row.ref not in accounts.agreed_on:
            reason = Reason.AGREEMENT_WAITS
        case NegotiationKind.CONTACT | NegotiationKind.REFUSAL:
            until = row.at + timedelta(days=accounts.facts.settings.answer_hold)
        case NegotiationKind.PROMISE if row.pay_by is None:
            until = row.at + timedelta(days=accounts.facts.settings.answer_hold)
        case _:
            return None
    return Hold(index=index, ref=row.ref, since=row.at, reason=reason, until=until)
