"""Payments entered by hand after a bank's file had brought them: they count once.

(Those entered before are recognised when the file is read: see `sync.bank.entered`.) Each row of
the bank's stands for one row by hand at most, on days close together.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from sync.bank.statement import LINE_ID
from sync.domain.facts import Payment
from sync.rows.findings import Findings, RowReader
from sync.workbook import Row, Tab

_WITHIN = timedelta(days=5)
_Read: TypeAlias = tuple[Payment, Row]


def without_repeats(read: Sequence[_Read], tab: Tab, findings: Findings) -> tuple[Payment, ...]:
    """The payments without those by hand that a bank's row tells of too; each is an issue.

    A reference of its own says that a row by hand is another payment.
    """
    bank: dict[tuple[str | None, Decimal], list[_Read]] = defaultdict(list)
    for payment, row in read:
        if payment.reference and LINE_ID.fullmatch(payment.reference):
            bank[_about(payment)].append((payment, row))
    if not bank:
        return tuple(payment for payment, _ in read)
    kept = []
    for payment, row in read:
        twin = None if payment.reference else _nearest(payment, bank.get(_about(payment), ()))
        if twin is None:
            kept.append(payment)
            continue
        bank[_about(payment)].remove(twin)
        reader = RowReader(findings, tab, row)
        reader.client = payment.client
        reader.report("entered_twice", "amount", other_row=twin[1].number)
    return tuple(kept)


def _about(payment: Payment) -> tuple[str | None, Decimal]:
    return payment.receivable or payment.client, payment.amount


def _nearest(payment: Payment, bank: Sequence[_Read]) -> _Read | None:
    near = [each for each in bank if abs(each[0].paid_on - payment.paid_on) <= _WITHIN]
    return min(near, key=lambda each: abs(each[0].paid_on - payment.paid_on), default=None)
