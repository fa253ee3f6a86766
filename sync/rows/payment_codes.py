"""What can be wrong with a payment code in a row: its digits, its amount, its due date."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sync.domain.boleto import is_wrong, read_boleto
from sync.rows.cells import is_blank
from sync.workbook import Cell


class CodeFault(NamedTuple):
    """The code of an issue and what the boleto states instead, where that is the fault."""

    code: str
    stated: Decimal | date | None = None


def code_fault(cell: Cell, amount: Decimal | None, due_on: date | None) -> CodeFault | None:
    """What is wrong with the cell beside its row's amount and due date; None when nothing is.

    Links and other codes pass, and a boleto that leaves amount or due date open. A number is
    wrong: Excel keeps 15 of its digits. A boleto of another amount would be paid wrongly.
    """
    if is_blank(cell):
        return None
    if not isinstance(cell, str) or is_wrong(cell):
        return CodeFault("invalid_payment_code")
    boleto = read_boleto(cell)
    if boleto is None:
        return None
    if amount is not None and boleto.amount not in {None, amount}:
        return CodeFault("payment_code_amount", boleto.amount)
    if due_on is not None and boleto.due_on(due_on) not in {None, due_on}:
        return CodeFault("payment_code_due", boleto.due_on(due_on))
    return None
