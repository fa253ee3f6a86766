"""What items owe on the day that money came, and how an amount is divided among them.

Money that was confirmed and does not stand in the sheet yet counts as if it did: of two lines
that are read together the second finds what the first left.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from sync.bank.sums import Sums
from sync.domain.charges import Receipt, charge
from sync.domain.decisions import ZERO, Status
from sync.domain.standing import Book

CLOSED = frozenset({Status.PAID, Status.VOID, Status.WRITTEN_OFF, Status.IN_PLAN})
"""Nothing is owed on these; of an original in a plan its instalments are owed in its place."""

_MOST_TOGETHER = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a line for one item; `item` None is money on the client's account."""

    item: str | None
    amount: Decimal


class ClientDay:
    """What one client's open items owe on a day, oldest first; what owes nothing is left out."""

    def __init__(self, owed: Mapping[str, Decimal], faces: Mapping[str, Decimal]) -> None:
        self.owed = owed
        self._fitting: dict[Decimal, list[str]] = defaultdict(list)
        for name, amount in owed.items():
            for each in {amount, faces[name]}:
                self._fitting[each].append(name)

    def fitting(self, amount: Decimal) -> list[str]:
        """The items of which each owes just this, or has it as its face."""
        return self._fitting.get(amount, [])

    @cached_property
    def total(self) -> Decimal:
        """What all of them owe together."""
        return sum(self.owed.values(), ZERO)

    @cached_property
    def _sums(self) -> Sums | None:
        return Sums(self.owed) if len(self.owed) <= _MOST_TOGETHER else None

    def only_sum(self, amount: Decimal) -> tuple[str, ...]:
        """The only set of items that owe just this together; () of many items."""
        return self._sums.only(amount) if self._sums else ()


class Owing:
    """What every item of a book owes, on any day up to its run date."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._new: dict[str, list[Receipt]] = defaultdict(list)
        self._known: dict[str, dict[date, Decimal]] = defaultdict(dict)
        self._days: dict[str, dict[date, ClientDay]] = defaultdict(dict)

    def count(self, shares: Iterable[Share], on: date) -> None:
        """Take money into account that the book lacks."""
        for share in shares:
            if share.item is None or share.item not in self._book.standings:
                continue
            self._new[share.item].append(Receipt(on=on, amount=share.amount))
            self._known.pop(share.item, None)
            self._days.pop(self._book.standings[share.item].client, None)

    def at(self, name: str, on: date) -> Decimal:
        """What an item owes on a day, by all that is known so far; zero of one that is closed."""
        on, known = min(on, self._book.run_date), self._known[name]
        if on not in known:
            known[on] = self._owed(name, on)
        return known[on]

    def _owed(self, name: str, on: date) -> Decimal:
        standing, item = self._book.standings.get(name), self._book.accounts.item(name)
        if standing is None or item is None or standing.status in CLOSED:
            return ZERO
        accounts, new = self._book.accounts, self._new.get(name, ())
        if not new and on == self._book.run_date:
            return standing.charge.total_due
        money = [*accounts.receipts(item), *new]
        last = max((receipt.on for receipt in new), default=on)
        if last > on and accounts.charge(item, last, money).settled:
            return ZERO
        return accounts.charge(item, on, money).total_due

    def asked(self, name: str, on: date) -> Decimal:
        """What an item owed at the start of a day, whatever became of it since."""
        item = self._book.accounts.item(name)
        if item is None:
            return ZERO
        accounts = self._book.accounts
        before = [receipt for receipt in accounts.own_receipts(item) if receipt.on < on]
        debt = replace(accounts.debt(item), marked_on=None)
        return charge(debt, before, accounts.facts.settings, accounts.calendar, on).total_due

    def room(self, name: str, on: date) -> Decimal:
        """How much of money of a day an item can take: later payments count too."""
        return min(self.at(name, on), self.at(name, self._book.run_date))

    def of_client(self, client: str, on: date) -> ClientDay:
        """What the client's open items owe on a day."""
        on, days = min(on, self._book.run_date), self._days[client]
        if on not in days:
            standings = sorted(self._book.open_of(client), key=lambda each: (each.due_on, each.id))
            owed = {each.id: self.at(each.id, on) for each in standings}
            days[on] = ClientDay(
                {name: amount for name, amount in owed.items() if amount > 0},
                {each.id: each.amount for each in standings},
            )
        return days[on]

    def oldest(self, name: str) -> tuple[date, str]:
        """The order in which money settles items."""
        return self._book.standings[name].due_on, name

    def split(self, names: Iterable[str], amount: Decimal, on: date) -> tuple[Share, ...]:
        """The amount over items. One alone takes all of it: what is beyond is its unapplied cash.

        Of several each takes what it owes, oldest first, and the rest is on the client's account.
        Money that is named for one item thus goes there in whatever order files come.
        """
        ordered = sorted(dict.fromkeys(names), key=self.oldest)
        if len(ordered) == 1:
            return (Share(item=ordered[0], amount=amount),)
        rest, shares = amount, []
        for name in ordered:
            part = min(rest, self.room(name, on))
            if part > 0:
                shares.append(Share(item=name, amount=part))
                rest -= part
        if rest > 0:
            shares.append(Share(item=None, amount=rest))
        return tuple(shares)
