"""Money that somebody entered by hand before the bank's file told of it: it counts once.

Each record by hand stands for one bank line at most: of two equal payments of which one was
entered, the second is still new.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sync.bank.matching import Match
from sync.bank.statement import BankLine
from sync.domain.decisions import ZERO
from sync.domain.facts import Facts, Instalment, Receivable
from sync.domain.standing import Book

_WITHIN = timedelta(days=5)  # three business days and a weekend: a boleto's money comes later


@dataclass(frozen=True, slots=True)
class _Record:
    """Money as a person entered it."""

    item: str | None
    client: str
    on: date


class Entered:
    """The records by hand, each to be taken by one line."""

    def __init__(self, facts: Facts, book: Book, lines: Iterable[BankLine], ids: set[str]) -> None:
        """Index what was entered around the days of `lines`; `ids` are those of all bank lines."""
        days = [line.posted_on for line in lines]
        self._free: dict[Decimal, list[_Record]] = defaultdict(list)
        self._book = book
        if not days:
            return
        first, last = min(days) - _WITHIN, max(days) + _WITHIN
        told: set[str] = set()
        for payment in facts.payments:
            if payment.receivable:
                told.add(payment.receivable)
            if payment.reference in ids or not first <= payment.paid_on <= last:
                continue
            if payment.client is not None:
                record = _Record(payment.receivable, payment.client, payment.paid_on)
                self._free[payment.amount].append(record)
        for rows in (facts.receivables, facts.instalments):
            for row in rows.values():
                if row.paid_on is not None and first <= row.paid_on <= last and row.id not in told:
                    self._add_row(row, row.paid_on)

    def _add_row(self, row: Receivable | Instalment, on: date) -> None:
        record = _Record(row.id, row.client, on)
        amounts = {row.paid_amount} if row.paid_amount is not None else self._full(row, on)
        for amount in amounts:
            if amount:
                self._free[amount].append(record)

    def _full(self, row: Receivable | Instalment, on: date) -> set[Decimal | None]:
        """What 'paid' without an amount may have been: the face, or what was owed that day."""
        owed = self._book.accounts.charge(row, on, ())
        return {row.amount, owed.total_due or ZERO}

    def take(self, line: BankLine, match: Match) -> bool:
        """Whether this line's money was entered by hand; if so, that record is used up.

        With a known payer it must be theirs; without one any record of the amount may be it.
        """
        near = [
            record
            for record in self._free.get(line.amount, ())
            if abs(record.on - line.posted_on) <= _WITHIN
            and (match.client is None or record.client == match.client)
        ]
        if not near:
            return False
        best = min(near, key=lambda r: (r.item not in match.items, abs(r.on - line.posted_on)))
        for records in self._free.values():
            while best in records:
                records.remove(best)
        return True
