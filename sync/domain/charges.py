"""What is owed for one invoice on a day, and by which rule it is settled.

Where cents are rounded: once for the late fee, and once for the interest of each stretch between
payments, half up. The lines of the memory therefore add up to the cent; nothing is rounded again.

Grace: while `on <= effective_due + grace_days` there are no charges, and what is paid by then
settles principal only and never bears charges. On the first day after it, charges arise on the
principal still outstanding, counted from the original due date. (Without grace this is the rule
for a due date on a weekend: paying on Monday is at face value.)

Quotes: a message's amount is not kept per invoice, so what an invoice was quoted is computed again:
what it owed at the start of the message's day. Receipts from that day on, up to and including the
valid-until date, that reach it settle the invoice. So do receipts that reach the very amount the
message named, whatever rates and holidays say since: for this invoice when it was about this one
alone, else for all the invoices it covered, each counting up to what it owed then (what is beyond
is unapplied cash), and for those with money of their own. Money of the message's own day counts for
that when the amount named still had the whole principal in it: the message did not know the money.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from sync.domain.calendar import BusinessCalendar, effective_due
from sync.domain.decisions import ZERO, Charge, Stretch
from sync.domain.facts import TeamSettings

CENT = Decimal("0.01")
CONSUMER_FEE_CAP = Decimal("0.02")  # CDC art. 52 §1: late fee of at most 2 % for consumers
MONTH_DAYS = 30  # the commercial month by which a monthly rate becomes a daily one
_NONE_QUOTED = Decimal("Infinity")


class SettledBy(StrEnum):
    """The rule that closed an invoice (`Charge.settled_by`)."""

    FULL = "full"
    ON_TIME = "on_time"  # the on-time amount by effective_due
    QUOTE = "quote"  # an amount quoted in a message, by its valid-until date
    FACE = "face"  # receipts reached the face amount
    TOLERANCE = "tolerance"
    MARKED = "marked"  # the row has a payment date and no amount
    PLAN = "plan"  # every instalment of its agreement was paid


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money received for one invoice on a day; negative takes an earlier one back.

    Not `is_money`: a discount granted, which settles like money but is never unapplied cash.
    """

    on: date
    amount: Decimal
    is_money: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Another invoice in a message's amount: what it owed at the start of that day, and receipts.

    `principal` is the principal in `asked`; receipts of before the message's day are left out.
    """

    asked: Decimal
    principal: Decimal
    receipts: tuple[Receipt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A message of `on` told an amount.

    `amount` is what it named for this invoice and those `beside` it; None when that is not known.
    """

    on: date
    valid_until: date
    amount: Decimal | None = None
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What charges are computed on. `marked_on`: paid in full that day, says the row."""

    amount: Decimal
    due_on: date
    is_person: bool = False
    carries_charges: bool = True
    marked_on: date | None = None


def cents(amount: Decimal) -> Decimal:
    """The amount with two decimals, rounded half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def late_fee_rate(settings: TeamSettings, is_person: bool) -> Decimal:
    """The late fee's rate, capped at 2 % for a client with a CPF (CDC art. 52 §1)."""
    return min(settings.late_fee, CONSUMER_FEE_CAP) if is_person else settings.late_fee


def charges_from(due_on: date, settings: TeamSettings, calendar: BusinessCalendar) -> date:
    """The first day on which charges (and overdue steps) exist, after effective_due and grace."""
    return effective_due(due_on, calendar) + timedelta(days=settings.grace_days + 1)


def charge(
    debt: Debt,
    receipts: Iterable[Receipt],
    settings: TeamSettings,
    calendar: BusinessCalendar,
    on: date,
    quotes: Iterable[Quote] = (),
) -> Charge:
    """What is owed on `on`, with the memory of how it came about.

    Receipts and quotes may come in any order; those dated after `on` do not count yet.
    """
    walk = _Walk(debt, settings, calendar)
    by_day: dict[date, list[Receipt]] = {}
    for receipt in receipts:
        by_day.setdefault(receipt.on, []).append(receipt)
    told: dict[date, list[Quote]] = {}
    quotes = tuple(quotes)
    for quote in quotes:
        told.setdefault(quote.on, []).append(quote)
    beside = {r.on for each in quotes for other in each.beside for r in other.receipts}
    days = {*by_day, *told, *beside}
    if debt.marked_on is not None:
        days.add(debt.marked_on)
    for day in sorted(days):
        if day > on:
            break
        walk.quote(day, told.get(day, ()))
        walk.count_beside(day)
        if day in by_day:
            walk.receive(day, by_day[day])
        elif day in beside:
            walk.settle_beside(day)
        if day == debt.marked_on:
            walk.mark(day)
    return walk.result(on)


@dataclass(slots=True, kw_only=True)
class _Told:
    """A quote while walking: what was asked, what came in for it, and the same of those beside."""

    quote: Quote
    asked: Decimal
    principal: Decimal
    got: Decimal = ZERO
    got_after: Decimal = ZERO  # without the quote's own day
    beside: tuple["_Told", ...] = ()

    def count(self, day: date, amount: Decimal) -> None:
        if day > self.quote.valid_until and amount > 0:
            return  # too late for the quote; taking money back always counts
        self.got += amount
        if day > self.quote.on:
            self.got_after += amount

    def count_beside(self, day: date) -> None:
        for told, other in zip(self.beside, self.quote.beside, strict=True):
            for receipt in other.receipts:
                if receipt.on == day:
                    told.count(day, receipt.amount)

    @property
    def met(self) -> bool:
        return self.got >= self.asked or self._named_met()

    def _named_met(self) -> bool:
        """Whether the very amount that the message named came in for all it covered."""
        named = self.quote.amount
        if named is None or named <= 0:
            return False
        principal = sum((other.principal for other in self.beside), self.principal)
        own_day = named >= principal
        came = self.got if own_day else self.got_after
        for other in self.beside:
            came += min(other.got if own_day else other.got_after, other.asked)
        return came >= named


@dataclass(slots=True)
class _Parts:
    """Interest, fee and principal, in the order in which money settles them (CC art. 354)."""

    interest: Decimal = ZERO
    fee: Decimal = ZERO
    principal: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.interest + self.fee + self.principal


class _Walk:
    """One invoice from its first event to a day. Misuse (days out of order) is the caller's."""

    def __init__(self, debt: Debt, settings: TeamSettings, calendar: BusinessCalendar) -> None:
        self.debt = debt
        self.settings = settings
        self.on_time_until = effective_due(debt.due_on, calendar)
        self.charges_from = charges_from(debt.due_on, settings, calendar)
        carries = debt.carries_charges
        self.rate = settings.monthly_interest if carries else ZERO
        self.fee_rate = late_fee_rate(settings, debt.is_person) if carries else ZERO
        # The discount is for invoices: an instalment was agreed on as it is.
        discount = settings.on_time_discount if debt.carries_charges else ZERO
        self.on_time_amount = cents(debt.amount * (1 - discount))
        self.owed = _Parts(principal=debt.amount)
        self.paid = _Parts()
        self.unapplied = ZERO
        self.received = ZERO
        self.received_on_time = ZERO
        self.since = debt.due_on
        self.fee_arose = False
        self.told: list[_Told] = []
        self.settled_on: date | None = None
        self.settled_by: SettledBy | None = None
        self.memory: list[Stretch] = []

    def quote(self, day: date, quotes: Iterable[Quote]) -> None:
        """A message of `day` tells what is owed at the start of that day."""
        for quote in quotes:
            if self.settled_by is None:
                interest, fee = self._accrual(day)
                asked = self.owed.total + interest + fee
                others = tuple(
                    _Told(quote=quote, asked=other.asked, principal=other.principal)
                    for other in quote.beside
                )
                self.told.append(
                    _Told(
                        quote=quote,
                        asked=asked if asked > 0 else _NONE_QUOTED,
                        principal=self.owed.principal,
                        beside=others,
                    )
                )

    def count_beside(self, day: date) -> None:
        """Money of a day for the invoices that messages named beside this one."""
        for told in self.told:
            told.count_beside(day)

    def settle_beside(self, day: date) -> None:
        """What came in for the others alone may close this invoice, or open it again."""
        if (self._rule() is None) != (self.settled_by is None):
            self._remember(day)
            self._settle(day)

    def receive(self, day: date, receipts: list[Receipt]) -> None:
        """All money of one day: charges up to it first, then the money in their order."""
        start, principal, interest, fee = self._accrue(day)
        money = sum((r.amount for r in receipts if r.is_money), ZERO)
        granted = sum((r.amount for r in receipts if not r.is_money), ZERO)
        # A discount never becomes cash, and what is taken back that day is owed again.
        granted = min(granted, max(self.owed.total - money, ZERO))
        amount = money + granted
        self.unapplied += amount
        split = self._apply() if self.unapplied > 0 else self._take_back()
        self._count(day, amount)
        self._settle(day)
        self.memory.append(
            Stretch(
                start=start,
                end=day,
                days=(day - start).days,
                principal=principal,
                monthly_rate=self.rate,
                interest=interest,
                fee=fee,
                paid=amount,
                to_interest=split.interest,
                to_fee=split.fee,
                to_principal=split.principal,
            )
        )

    def mark(self, day: date) -> None:
        """The row says: paid in full on `day`. Nothing but the row takes that back."""
        if self.settled_by is None:
            self._remember(day)
        self.settled_on = self.settled_on or day
        self.settled_by = SettledBy.MARKED

    def result(self, on: date) -> Charge:
        """What is owed at the end of `on`."""
        if self.settled_by is not None:
            return Charge(
                unapplied=self.unapplied,
                settled=True,
                settled_on=self.settled_on,
                settled_by=self.settled_by,
                memory=tuple(self.memory),
            )
        self._remember(on)
        return Charge(
            balance=self.owed.principal,
            late_fee=self.owed.fee,
            interest=self.owed.interest,
            unapplied=self.unapplied,
            memory=tuple(self.memory),
        )

    def _accrual(self, day: date) -> tuple[Decimal, Decimal]:
        """Interest and fee that arise from the open stretch by `day`.

        Interest: principal × monthly rate / 30 × days; the fee once, rate × principal.
        """
        if day < self.charges_from or self.settled_by is not None:
            return ZERO, ZERO
        days = (day - self.since).days
        interest = cents(self.owed.principal * self.rate * days / MONTH_DAYS)
        fee = ZERO if self.fee_arose else cents(self.owed.principal * self.fee_rate)
        return interest, fee

    def _accrue(self, day: date) -> tuple[date, Decimal, Decimal, Decimal]:
        """Close the open stretch at `day`; its start, principal, interest and fee."""
        interest, fee = self._accrual(day)
        principal = ZERO if self.settled_by is not None else self.owed.principal
        if day < self.charges_from:
            return day, principal, interest, fee
        start, self.since = self.since, day
        self.fee_arose = True
        self.owed.interest += interest
        self.owed.fee += fee
        return start, principal, interest, fee

    def _remember(self, day: date) -> None:
        """Close the open stretch at `day` with nothing paid."""
        start, principal, interest, fee = self._accrue(day)
        if day > start:
            self.memory.append(
                Stretch(
                    start=start,
                    end=day,
                    days=(day - start).days,
                    principal=principal,
                    monthly_rate=self.rate,
                    interest=interest,
                    fee=fee,
                )
            )

    def _apply(self) -> _Parts:
        """Money settles interest, then the fee, then principal (Código Civil art. 354)."""
        split = _Parts()
        for part in ("interest", "fee", "principal"):
            used = min(self.unapplied, getattr(self.owed, part))
            self._move(part, used, split)
        return split

    def _take_back(self) -> _Parts:
        """A reversal undoes in the opposite order; beyond what was applied it stays negative."""
        split = _Parts()
        for part in ("principal", "fee", "interest"):
            undone = min(-self.unapplied, getattr(self.paid, part))
            self._move(part, -undone, split)
        return split

    def _move(self, part: str, amount: Decimal, split: _Parts) -> None:
        setattr(split, part, amount)
        setattr(self.owed, part, getattr(self.owed, part) - amount)
        setattr(self.paid, part, getattr(self.paid, part) + amount)
        self.unapplied -= amount

    def _count(self, day: date, amount: Decimal) -> None:
        self.received += amount
        if day <= self.on_time_until or amount < 0:
            self.received_on_time += amount
        for told in self.told:
            told.count(day, amount)

    def _settle(self, day: date) -> None:
        """Which rule closes the invoice as it stands; a reversal may open it again."""
        if self.settled_by is SettledBy.MARKED:
            return
        rule = self._rule()
        if rule is None:
            self.settled_on = self.settled_by = None
        elif self.settled_by is None:
            self.settled_on, self.settled_by = day, rule

    def _rule(self) -> SettledBy | None:
        """The first rule that holds. Tolerance forgives a difference, so it needs a payment."""
        if self.received <= 0:
            return None
        if self.owed.total <= 0:
            return SettledBy.FULL
        if self.on_time_amount < self.debt.amount and self.received_on_time >= self.on_time_amount:
            return SettledBy.ON_TIME
        if self.received >= self.debt.amount and not self.settings.collect_remaining:
            return SettledBy.FACE
        if any(told.met for told in self.told):
            return SettledBy.QUOTE
        if self.owed.total <= self.settings.tolerance:
            return SettledBy.TOLERANCE
        return None
