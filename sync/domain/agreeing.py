"""From an agreement to its instalments: one path for what people type, accept by mail or command.

What is agreed on is the total of its invoices as they stood on its date: their charges are frozen
then (sync.domain.agreements asks the same book). Instalments sum to the agreed total to the cent.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from sync.domain.agreements import granted
from sync.domain.calendar import BusinessCalendar
from sync.domain.charges import CENT
from sync.domain.decisions import ZERO, Status
from sync.domain.facts import Facts, Instalment, Negotiation, NegotiationKind, Receivable
from sync.domain.negotiation import PlannedInstalment, concerned, instalment_plan
from sync.domain.offers import Option
from sync.domain.standing import Book, book

MOST_INSTALMENTS = 120
_SHARE = Decimal("0.00000001")  # as precise as a sheet's percentage is read
_TRIAL = "trial agreement"  # stands for a ref that is not given yet
_YEAR = timedelta(days=366)
_NEARLY = Decimal("0.20")  # how far the sum of instalments may be from what is owed, to be meant


class Refusal(StrEnum):
    """Why an agreement cannot be carried out as it stands; each is the code of an issue."""

    NOTHING_OWED = "agreement_nothing_owed"
    WITHOUT_PLAN = "agreement_without_plan"
    ABOVE_OWED = "agreement_above_owed"
    DISCOUNT_DIFFERS = "agreement_discount_differs"
    AMOUNT_EACH = "agreement_amount_each"
    DUE_BEFORE = "agreement_due_before"
    DUE_FAR = "agreement_due_far"
    NOT_SPLIT = "agreement_not_split"
    PARTS_GONE = "agreement_parts_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed on: `total` instead of `owed`, paid by `instalments`.

    `granted` is the discount. `owed − granted` is the total, plan's interest aside.
    """

    client: str
    at: date
    receivables: tuple[str, ...]
    owed: Decimal
    granted: Decimal
    instalments: tuple[PlannedInstalment, ...]

    @property
    def total(self) -> Decimal:
        """What will be paid."""
        return sum((part.amount for part in self.instalments), ZERO)

    @property
    def discount(self) -> Decimal:
        """The granted share of what was owed, as precise as a cell is read."""
        return (self.granted / self.owed).quantize(_SHARE) if self.owed else ZERO


def instalments_of(ref: str, terms: Terms) -> tuple[Instalment, ...]:
    """The instalments to write, `<ref>/<n>`: writing them again is recognised."""
    return tuple(
        Instalment(
            id=f"{ref}/{part.number}",
            agreement=ref,
            client=terms.client,
            receivables=terms.receivables,
            due_on=part.due_on,
            amount=part.amount,
        )
        for part in terms.instalments
    )


def pending_agreements(facts: Facts, its_book: Book) -> tuple[int, ...]:
    """Agreements that have no instalments yet: their places in Facts.negotiations.

    Those that a person closed are over; a client with a row in error waits until it is mended.
    """
    return tuple(
        index
        for index, row in enumerate(facts.negotiations)
        if row.kind is NegotiationKind.AGREEMENT
        and row.at <= its_book.run_date
        and (row.closed_on is None or row.closed_on > its_book.run_date)
        and (row.ref is None or row.ref not in its_book.accounts.agreed_on)
        and row.client in facts.clients
        and row.client not in facts.row_problems
    )


def agree_pending(
    facts: Facts, calendar: BusinessCalendar, its_book: Book
) -> dict[int, Terms | Refusal]:
    """What becomes of each pending agreement, by its place in Facts.negotiations.

    One whose instalments messages told of had them: somebody deleted them, paid ones perhaps.
    """
    pending = pending_agreements(facts, its_book)
    if not pending:
        return {}
    few = of_clients(facts, {facts.negotiations[index].client for index in pending})
    known = {key.invoice.rpartition("/")[0] for each in few.reminders for key in each.keys}
    return {
        index: Refusal.PARTS_GONE
        if facts.negotiations[index].ref in known
        else agree(few, calendar, facts.negotiations[index])
        for index in pending
    }


def agree(facts: Facts, calendar: BusinessCalendar, row: Negotiation) -> Terms | Refusal:
    """The terms of a typed agreement, or why it cannot be carried out.

    Blank amount: what is owed less the discount. Blank instalments: one. Blank first due date:
    'pay by', else so many days after its date as an amount is valid for, on a business day; one
    more than a year away is taken for a slip of the keyboard.
    """
    if row.instalments is None and row.first_due_on is None and row.pay_by is None:
        return Refusal.WITHOUT_PLAN
    names, owed = owed_on(facts, calendar, row)
    if owed <= 0:
        return Refusal.NOTHING_OWED
    if row.amount is not None and row.amount > owed:
        return Refusal.ABOVE_OWED
    given = granted(row, owed)
    total = owed - given
    if row.amount is not None and row.amount != total:
        return Refusal.DISCOUNT_DIFFERS
    count = row.instalments or 1
    if _is_of_each(row, owed):
        return Refusal.AMOUNT_EACH
    first = row.first_due_on or row.pay_by or _usual_first_day(facts, calendar, row)
    if not row.at <= first <= row.at + _YEAR:
        return Refusal.DUE_BEFORE if first < row.at else Refusal.DUE_FAR
    if total < CENT * count or count > MOST_INSTALMENTS:
        return Refusal.NOT_SPLIT
    return Terms(
        client=row.client,
        at=row.at,
        receivables=names,
        owed=owed,
        granted=given,
        instalments=instalment_plan(total, count, first),
    )


def _is_of_each(row: Negotiation, owed: Decimal) -> bool:
    """Whether the amount may be that of each instalment: so many times it is about what is owed.

    As the total it would forgive half or more, without a discount that says so.
    """
    if row.amount is None or row.discount or (row.instalments or 1) == 1:
        return False
    return abs(row.amount * (row.instalments or 1) - owed) <= owed * _NEARLY


def accept(facts: Facts, calendar: BusinessCalendar, option: Option, on: date) -> Terms | Refusal:
    """The terms of an option accepted on a day: its amounts and dates as they were offered.

    What fell due between the offer and that day is given away with the discount, so that a plan
    that breaks leaves owed exactly what the offer said. What was paid meanwhile: the option asks
    for too much, and a person decides.
    """
    row = Negotiation(
        at=on,
        client=option.client,
        kind=NegotiationKind.AGREEMENT,
        receivables=option.receivables,
    )
    names, owed = owed_on(facts, calendar, row)
    net = option.total - option.interest
    if owed <= 0:
        return Refusal.NOTHING_OWED
    if set(names) != set(option.receivables) or net > owed or option.owed > owed:
        return Refusal.ABOVE_OWED
    if option.instalments[0].due_on < on:
        return Refusal.DUE_BEFORE
    return Terms(
        client=option.client,
        at=on,
        receivables=option.receivables,
        owed=owed,
        granted=owed - net,
        instalments=option.instalments,
    )


def negotiation_of(ref: str, terms: Terms) -> Negotiation:
    """The row of the negotiations tab that says these terms."""
    return Negotiation(
        at=terms.at,
        client=terms.client,
        kind=NegotiationKind.AGREEMENT,
        ref=ref,
        receivables=terms.receivables,
        amount=terms.total,
        instalments=len(terms.instalments),
        first_due_on=terms.instalments[0].due_on,
        discount=terms.discount,
    )


def owed_on(
    facts: Facts, calendar: BusinessCalendar, row: Negotiation
) -> tuple[tuple[str, ...], Decimal]:
    """The receivables that an agreement replaces, and what was owed for them on its date.

    The book of that day is asked with the agreement in it, so that an earlier plan about the same
    invoices ends first, as it will.
    """
    facts = of_clients(facts, {row.client})
    known = [each for each in facts.negotiations if each is not row and each.ref != _TRIAL]
    before = book(replace(facts, negotiations=(*known, row)), calendar, row.at)
    named = _originals(facts, concerned(before.accounts, row))
    ref = row.ref or _TRIAL
    trial = replace(row, ref=ref, receivables=named)
    part = Instalment(
        id=f"{ref}/1",
        agreement=ref,
        client=row.client,
        receivables=named,
        due_on=row.at + _YEAR,
        amount=sum((facts.receivables[name].amount for name in named), CENT),
    )
    parts = {id_: p for id_, p in facts.instalments.items() if p.agreement != ref}
    tried = replace(facts, negotiations=(*known, trial), instalments={**parts, part.id: part})
    standings = book(tried, calendar, row.at).standings
    owing = [standings[name] for name in named if standings[name].status is Status.IN_PLAN]
    total = sum((standing.charge.total_due for standing in owing), ZERO)
    return tuple(standing.id for standing in owing), total


def _originals(facts: Facts, items: Iterable[str]) -> tuple[str, ...]:
    """The receivables among the items; an instalment stands for its agreement's."""
    found: list[str] = []
    for item in items:
        part = facts.instalments.get(item)
        found += part.receivables if part is not None else (item,)
    return tuple(name for name in dict.fromkeys(found) if name in facts.receivables)


def _usual_first_day(facts: Facts, calendar: BusinessCalendar, row: Negotiation) -> date:
    return calendar.next_business_day(row.at + timedelta(days=facts.settings.quote_valid))


_Row = TypeVar("_Row", Receivable, Instalment)


def of_clients(facts: Facts, clients: Collection[str]) -> Facts:
    """What concerns these clients; one pass, so that the book of a few is quick to make."""

    def theirs(rows: Iterable[_Row]) -> dict[str, _Row]:
        return {each.id: each for each in rows if each.client in clients}

    receivables, instalments = (
        theirs(facts.receivables.values()),
        theirs(facts.instalments.values()),
    )
    items = receivables.keys() | instalments.keys()
    return replace(
        facts,
        receivables=receivables,
        instalments=instalments,
        payments=tuple(
            each
            for each in facts.payments
            if each.receivable in items or (each.receivable is None and each.client in clients)
        ),
        negotiations=tuple(each for each in facts.negotiations if each.client in clients),
        reminders=tuple(each for each in facts.reminders if each.client in clients),
        choices=(),
    )
