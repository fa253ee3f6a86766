"""Which money belongs to which invoice: rows and the payments tab, counted once."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeAlias

from sync.domain.calendar import BusinessCalendar
from sync.domain.charges import Debt, Quote, Receipt, charge
from sync.domain.decisions import Charge
from sync.domain.facts import Facts, Instalment, Outcome, Receivable, Reminder

Item: TypeAlias = Receivable | Instalment

# A message with one of these outcomes told nobody an amount.
_TOLD_NOTHING = frozenset({Outcome.CANCELLED, Outcome.SKIPPED, Outcome.REFUSED})


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
        self._quotes: dict[str, list[Quote]] | None = None
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
        """What is owed for the item on a day, with its memory."""
        money = self.receipts(item) if receipts is None else list(receipts)
        quotes = self.quotes(item.id) if money else ()
        return charge(self.debt(item), money, self.facts.settings, self.calendar, on, quotes)

    def quotes(self, item_id: str) -> Sequence[Quote]:
        """The amounts that messages up to the run date told about the item."""
        if self._quotes is None:
            self._quotes = _quotes_of(self.facts.reminders, self._may_need_quotes(), self.run_date)
        return self._quotes.get(item_id, ())

    def _may_need_quotes(self) -> frozenset[str]:
        """Items with money for them: a quote says nothing about any other."""
        items: list[Item] = [*self.facts.receivables.values(), *self.facts.instalments.values()]
        rows = (item.id for item in items if item.paid_amount is not None)
        return frozenset([*rows, *self.lines, *self.moved])

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


def _quotes_of(
    reminders: Iterable[Reminder], wanted: frozenset[str], run_date: date
) -> dict[str, list[Quote]]:
    quotes: dict[str, list[Quote]] = {}
    for reminder in reminders:
        if reminder.valid_until is None or reminder.outcome in _TOLD_NOTHING:
            continue
        told = {key.invoice for key in reminder.keys}.union(reminder.receivables)
        on = reminder.at.date()
        if on > run_date or told.isdisjoint(wanted):
            continue
        amount = reminder.total if len(told) == 1 else None
        for invoice in told & wanted:
            quote = Quote(on=on, valid_until=reminder.valid_until, amount=amount)
            quotes.setdefault(invoice, []).append(quote)
    return quotes
