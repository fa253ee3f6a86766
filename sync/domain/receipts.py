"""Which money belongs to which invoice: rows and the payments tab, counted once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from sync.domain.calendar import BusinessCalendar
from sync.domain.charges import Beside, Debt, Quote, Receipt, charge
from sync.domain.decisions import ZERO, Charge
from sync.domain.facts import Facts, Instalment, Receivable
from sync.domain.quotes import Told, told_amounts

Item: TypeAlias = Receivable | Instalment
_ENDLESS = Decimal("Infinity")


class Accounts:
    """Money in and what is owed, for every receivable and instalment, as known on `run_date`.

    Payments dated later do not exist. `loose` is money without an invoice that is known, by
    client. Indexes are built once; a question about one item costs only that item's receipts.
    """

    def __init__(self, facts: Facts, calendar: BusinessCalendar, run_date: date) -> None:
        self.facts = facts
        self.calendar = calendar
        self.run_date = run_date
        self.lines: dict[str, list[Receipt]] = {}
        self.loose: dict[str, list[Receipt]] = {}
        self.moved: dict[str, list[Receipt]] = {}  # by an agreement, from or to other items
        self.moved_away: dict[str, date] = {}  # receipts after this day count elsewhere
        self.plan_marks: dict[str, date] = {}
        self.agreed_on: dict[str, date] = {}  # agreements that have instalments, by ref
        self._told: dict[str, list[Told]] | None = None
        self._own_sums: dict[int, Decimal] = {}  # by the identity of a Told
        self._items_of: dict[str, list[Item]] | None = None
        self._sort_payments()

    def item(self, item_id: str) -> Item | None:
        """The receivable or instalment of this id."""
        return self.facts.receivables.get(item_id) or self.facts.instalments.get(item_id)

    def items_of(self, client: str) -> Sequence[Item]:
        """The client's receivables, then instalments, in the facts' order."""
        if self._items_of is None:
            self._items_of = {}
            for items in (self.facts.receivables, self.facts.instalments):
                for item in items.values():
                    self._items_of.setdefault(item.client, []).append(item)
        return self._items_of.get(client, ())

    def own_receipts(self, item: Item) -> list[Receipt]:
        """Money for the item itself, before agreements move any of it.

        The row's `paid_amount` is the total received for it; lines of the payments tab say the
        same in detail, so they replace it unless they sum to less (then the row stands: nobody
        is asked for what some record says was paid; that the two differ is an issue of the row).
        """
        lines = self.lines.get(item.id, [])
        if item.paid_amount is None or item.paid_on is None or item.paid_on > self.run_date:
            return lines
        if lines and sum(line.amount for line in lines) >= item.paid_amount:
            return lines
        return [Receipt(on=item.paid_on, amount=item.paid_amount)]

    def receipts(self, item: Item) -> list[Receipt]:
        """Money for the item as agreements have it."""
        own = self.own_receipts(item)
        until = self.moved_away.get(item.id)
        if until is not None:
            own = [receipt for receipt in own if receipt.on <= until]
        return own + self.moved.get(item.id, [])

    def marked_on(self, item: Item) -> date | None:
        """The day the item counts as paid in full without an amount, if it does."""
        if item.id in self.plan_marks:
            return self.plan_marks[item.id]
        if item.paid_on is None or item.paid_amount is not None or item.paid_on > self.run_date:
            return None
        until = self.moved_away.get(item.id)
        return item.paid_on if until is None or item.paid_on <= until else None

    def money_in(self, item: Item) -> list[Receipt]:
        """Money that came in for the item; marked as paid, it counts with what was left of it."""
        own = self.own_receipts(item)
        if item.paid_on is None or item.paid_amount is not None or item.paid_on > self.run_date:
            return own
        rest = item.amount - sum(receipt.amount for receipt in own)
        return [*own, Receipt(on=item.paid_on, amount=rest)] if rest > 0 else own

    def debt(self, item: Item) -> Debt:
        """The terms on which the item is owed: an instalment carries no charges."""
        client = self.facts.clients.get(item.client)
        return Debt(
            amount=item.amount,
            due_on=item.due_on,
            is_person=client is not None and client.is_person,
            carries_charges=isinstance(item, Receivable),
            marked_on=self.marked_on(item),
        )

    def charge(self, item: Item, on: date, receipts: Iterable[Receipt] | None = None) -> Charge:
        """What is owed for the item on a day, with its memory.

        What messages named for several invoices together is asked only when nothing simpler
        settles it: most items with money for them are paid.
        """
        money = self.receipts(item) if receipts is None else list(receipts)
        debt, settings = self.debt(item), self.facts.settings
        alone = self.quotes(item.id) if money else ()
        owed = charge(debt, money, settings, self.calendar, on, alone)
        if owed.settled or not alone:
            return owed
        together = [self._together(item, told) for told in self._messages(item.id)]
        if not any(quote.beside for quote in together):
            return owed
        return charge(debt, money, settings, self.calendar, on, together)

    def quotes(self, item_id: str) -> Sequence[Quote]:
        """The amounts that messages up to the run date told about the item alone."""
        return [_alone(item_id, told) for told in self._messages(item_id)]

    def _messages(self, item_id: str) -> Sequence[Told]:
        if self._told is None:
            wanted = self._may_need_quotes()
            self._told = told_amounts(self.facts.reminders, wanted, self.run_date)
        return self._told.get(item_id, ())

    def _may_need_quotes(self) -> frozenset[str]:
        """Items with money for them, or that an agreement may give some; of no other use."""
        parts = self.facts.instalments
        items: list[Item] = [*self.facts.receivables.values(), *parts.values()]
        rows = (item.id for item in items if item.paid_amount is not None)
        agreed = (name for part in parts.values() for name in (part.id, *part.receivables))
        return frozenset([*rows, *self.lines, *agreed])

    # What one message asked for several invoices.

    def _together(self, item: Item, told: Told) -> Quote:
        """The quote with what came in for the others it covered, when that may be enough."""
        alone = _alone(item.id, told)
        if item.id not in told.covered or len(told.covered) == 1:
            return alone
        if self._at_most(told) < told.total:
            return alone
        others = [self.item(name) for name in sorted(told.covered - {item.id})]
        known = [other for other in others if other is not None]
        came = [self._came_in(each, told) for each in (item, *known)]
        if sum((r.amount for each in came for r in each), ZERO) < told.total:
            return alone
        return Quote(
            on=told.on,
            valid_until=told.valid_until,
            amount=told.total if len(known) == len(others) else None,
            beside=tuple(
                self._beside(other, told, receipts)
                for other, receipts in zip(known, came[1:], strict=True)
            ),
        )

    def _at_most(self, told: Told) -> Decimal:
        """What may have come in for all of a message since; cheap, as it is asked for each item.

        The part that agreements never move is summed once.
        """
        if self.plan_marks.keys() & told.covered:
            return _ENDLESS
        own = self._own_sums.get(id(told))
        if own is None:
            own = ZERO
            for name in told.covered:
                item = self.item(name)
                if item is None:
                    continue
                if item.paid_on is not None and item.paid_amount is None:
                    own = _ENDLESS  # marked: worth whatever it owed
                own += sum(
                    r.amount for r in self.own_receipts(item) if r.on >= told.on and r.amount > 0
                )
            self._own_sums[id(told)] = own
        moved = (r for name in self.moved.keys() & told.covered for r in self.moved[name])
        return own + sum((r.amount for r in moved if r.amount > 0), ZERO)

    def _came_in(self, item: Item, told: Told) -> list[Receipt]:
        """Money for an item from the message's day on; a mark without an amount is all it owed."""
        receipts = [r for r in self.receipts(item) if told.on <= r.on <= self.run_date]
        marked = self.marked_on(item)
        if marked is not None and marked >= told.on:
            receipts.append(Receipt(on=marked, amount=self._owed_before(item, told.on).total_due))
        return receipts

    def _beside(self, item: Item, told: Told, receipts: Iterable[Receipt]) -> Beside:
        owed = self._owed_before(item, told.on)
        return Beside(asked=owed.total_due, principal=owed.balance, receipts=tuple(receipts))

    def _owed_before(self, item: Item, on: date) -> Charge:
        """What was owed at the start of a day."""
        earlier = [receipt for receipt in self.receipts(item) if receipt.on < on]
        marked = self.marked_on(item)
        debt = self.debt(item)
        if marked is not None and marked >= on:
            debt = replace(debt, marked_on=None)
        return charge(debt, earlier, self.facts.settings, self.calendar, on)

    def _sort_payments(self) -> None:
        receivables, instalments = self.facts.receivables, self.facts.instalments
        for payment in self.facts.payments:
            if payment.paid_on > self.run_date:
                continue
            receipt = Receipt(on=payment.paid_on, amount=payment.amount)
            name = payment.receivable
            if name is not None and (name in receivables or name in instalments):
                self.lines.setdefault(name, []).append(receipt)
            elif payment.client is not None:
                self.loose.setdefault(payment.client, []).append(receipt)


def _alone(item_id: str, told: Told) -> Quote:
    """What a message told about one invoice, leaving out the others."""
    amount = told.total if told.covered == {item_id} else None
    return Quote(on=told.on, valid_until=told.valid_until, amount=amount)
