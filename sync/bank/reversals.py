"""Which payment a charge-back undoes: the latest of its amount that nothing undid before."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from sync.bank.statement import BankLine
from sync.domain.decisions import ZERO
from sync.domain.facts import Payment

_Group: TypeAlias = list[Payment]


class Reversals:
    """Payments by the sum of the rows that one reference has: a line may have paid several items.

    Rows that took money back use up the latest payment of the same items and amounts.
    """

    def __init__(self, payments: Iterable[Payment]) -> None:
        groups: dict[tuple[str | None, str], _Group] = defaultdict(list)
        for payment in payments:
            if payment.reference:
                groups[payment.client, payment.reference].append(payment)
        self._paid: dict[Decimal, list[_Group]] = defaultdict(list)
        undone = []
        for group in groups.values():
            total = sum((payment.amount for payment in group), ZERO)
            if total > 0:
                self._paid[total].append(group)
            else:
                undone.append((total, group))
        for total, group in sorted(undone, key=lambda entry: entry[1][0].paid_on):
            self._use_up(-total, group)

    def _use_up(self, total: Decimal, undone: _Group) -> None:
        items, on = {payment.receivable for payment in undone}, undone[0].paid_on
        mine = [
            group
            for group in self._before(total, on)
            if group[0].client == undone[0].client and {each.receivable for each in group} == items
        ]
        if mine:
            self._paid[total].remove(max(mine, key=_day))

    def _before(self, total: Decimal, on: date) -> Sequence[_Group]:
        return [group for group in self._paid.get(total, ()) if _day(group) <= on]

    def of(self, line: BankLine, clients: Collection[str]) -> Sequence[Payment]:
        """The payments that a line takes back; of an unknown payer only when it can be one."""
        found = [
            group
            for group in self._before(-line.amount, line.posted_on)
            if not clients or group[0].client in clients
        ]
        if not found or (len(clients) != 1 and len(found) > 1):
            return ()
        return max(found, key=_day)


def _day(group: _Group) -> date:
    return max(payment.paid_on for payment in group)
