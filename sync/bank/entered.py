"""Money that the workbook has already when the bank's line comes: it counts once.

Somebody entered it by hand, or another file told of it (a return file and the account's statement
both tell of a boleto). Each record stands for one line at most: of two equal payments of which one
was entered, the second is still new.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from sync.bank.matching import Match
from sync.bank.statement import BankLine
from sync.bank.sums import only_sum
from sync.bank_lines import Posted
from sync.domain.decisions import ZERO
from sync.domain.facts import Facts, Instalment, Payment, Receivable
from sync.domain.standing import Book

WITHIN = timedelta(days=5)  # three business days and a weekend: a boleto's money comes later
_MOST_PARTS = 10


class Known(StrEnum):
    """Whether a line's money stands in the workbook already."""

    NEW = "new"
    MAYBE = "maybe"  # a person should say; until then it may be other money
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """Money as it was entered; `account` None by hand, else that of another file's line."""

    serial: int
    client: str | None
    on: date
    amount: Decimal
    items: frozenset[str] = frozenset()
    account: str | None = None
    end_to_end: str = ""
    our_number: str = ""


class Entered:
    """The records, each to be taken by one line."""

    def __init__(
        self, facts: Facts, book: Book, lines: Iterable[BankLine], told: Mapping[str, Posted | None]
    ) -> None:
        """Index what was entered around the days of `lines`.

        `told` are the ids of all lines known, with those that stand in the payments tab and are
        not too old: a payment with such a reference is the bank's, not by hand.
        """
        days = [line.posted_on for line in lines]
        self._free: dict[Decimal, list[_Record]] = defaultdict(list)
        self._of_client: dict[str, list[_Record]] = defaultdict(list)
        self._used: set[int] = set()
        self._serial = 0
        self._book = book
        if days:
            self._index(facts, min(days) - WITHIN, max(days) + WITHIN, told)

    def _index(
        self, facts: Facts, first: date, last: date, told: Mapping[str, Posted | None]
    ) -> None:
        received: dict[str, Decimal] = defaultdict(Decimal)
        bank: dict[str, list[Payment]] = defaultdict(list)
        for payment in facts.payments:
            if payment.receivable:
                received[payment.receivable] += payment.amount
            if payment.reference is not None and payment.reference in told:
                bank[payment.reference].append(payment)
            elif payment.client is not None and first <= payment.paid_on <= last:
                items = frozenset({payment.receivable} if payment.receivable else ())
                self._add(payment.client, payment.paid_on, {payment.amount}, items)
        for line, payments in bank.items():
            posted = told[line]
            if posted is not None:
                items = frozenset(each.receivable for each in payments if each.receivable)
                self.tell(posted, payments[0].client, items)
        for rows in (facts.receivables, facts.instalments):
            for row in rows.values():
                if row.paid_on is not None and first <= row.paid_on <= last:
                    self._add_row(row, row.paid_on, received.get(row.id, ZERO))

    def _add_row(self, row: Receivable | Instalment, on: date, received: Decimal) -> None:
        """What a row says was received, beyond what the payments tab has for it."""
        if row.paid_amount is not None:
            amounts = {row.paid_amount - received}
        elif received:
            amounts = {row.amount - received}
        else:  # 'paid' may have been the face, or what was owed that day
            amounts = {row.amount, self._book.accounts.charge(row, on, ()).total_due}
        self._add(row.client, on, {each for each in amounts if each > 0}, frozenset({row.id}))

    def _add(
        self, client: str, on: date, amounts: Iterable[Decimal], items: frozenset[str]
    ) -> None:
        self._serial += 1
        for amount in amounts:
            record = _Record(serial=self._serial, client=client, on=on, amount=amount, items=items)
            self._free[amount].append(record)
            self._of_client[client].append(record)

    def tell(self, posted: Posted, client: str | None, items: frozenset[str]) -> None:
        """A line of one account may be told again by another account's file."""
        self._serial += 1
        line = posted.line
        record = _Record(
            serial=self._serial,
            client=client,
            on=line.posted_on,
            amount=line.amount,
            items=items,
            account=posted.account,
            end_to_end=line.end_to_end,
            our_number=line.our_number,
        )
        self._free[line.amount].append(record)

    def take(self, posted: Posted, match: Match) -> Known:
        """Whether this line's money was entered; if so, that record is used up."""
        line = posted.line
        near = [
            record for record in self._free.get(line.amount, ()) if self._may_be(record, posted)
        ]
        near = [each for each in near if _is_twin(each, line) or _agree(each, match)]
        if not near:
            return self._take_several(posted, match)
        best = min(near, key=lambda record: _rank(record, line, match))
        self._used.add(best.serial)
        return _sameness(best, line, match)

    def _take_several(self, posted: Posted, match: Match) -> Known:
        """One transfer that was entered invoice by invoice."""
        if match.client is None or posted.line.amount <= 0:
            return Known.NEW
        near = {
            str(record.serial): record
            for record in self._of_client.get(match.client, ())
            if self._may_be(record, posted) and 0 < record.amount < posted.line.amount
        }
        if not 1 < len(near) <= _MOST_PARTS:
            return Known.NEW
        found = only_sum({key: each.amount for key, each in near.items()}, posted.line.amount)
        self._used |= {near[key].serial for key in found}
        if not found:
            return Known.NEW
        sure = all(_sameness(near[key], posted.line, match) is Known.SAME for key in found)
        return Known.SAME if sure else Known.MAYBE

    def _may_be(self, record: _Record, posted: Posted) -> bool:
        line = posted.line
        if record.serial in self._used or _days_apart(record, line) > WITHIN.days:
            return False
        if record.account is None:
            return True
        return record.account != posted.account and not any(
            ours and theirs and ours != theirs
            for ours, theirs in (
                (line.end_to_end, record.end_to_end),
                (line.our_number, record.our_number),
            )
        )


def _agree(record: _Record, match: Match) -> bool:
    """Whether nothing speaks against it: another client, or an item that the bank names."""
    if match.clients and record.client is not None and record.client not in match.clients:
        return False
    named = match.names_items and match.items
    return not named or not record.items or bool(record.items & set(match.items))


def _rank(record: _Record, line: BankLine, match: Match) -> tuple[bool, bool, int, int]:
    return (
        not _is_twin(record, line),
        record.items.isdisjoint(match.items),
        _days_apart(record, line),
        record.serial,
    )


def _is_twin(record: _Record, line: BankLine) -> bool:
    """Whether the bank itself says so: one Pix has one end-to-end id."""
    return bool(record.end_to_end) and record.end_to_end == line.end_to_end


def _sameness(record: _Record, line: BankLine, match: Match) -> Known:
    if record.account is not None:
        same = _is_twin(record, line) or bool(line.our_number and record.our_number)
        return Known.SAME if same else Known.MAYBE
    named = match.names_items and bool(record.items & set(match.items))
    return Known.SAME if named or not _days_apart(record, line) else Known.MAYBE


def _days_apart(record: _Record, line: BankLine) -> int:
    days = [line.posted_on] if line.credited_on is None else [line.posted_on, line.credited_on]
    return min(abs((record.on - day).days) for day in days)
