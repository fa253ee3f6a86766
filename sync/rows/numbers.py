"""Amounts, rates and counts as they stand in a cell; text counts when it means one number only."""

import re
from decimal import ROUND_HALF_UP, Decimal

from sync.key_text import finite
from sync.rows.cells import Read, error_code
from sync.workbook import Cell

CENT = Decimal("0.01")
LARGEST = 10**11
"""Beyond a hundred thousand million a float no longer holds cents, and a slip is certain."""

_NOISE = Decimal("0.0000001")  # what binary fractions add: 0.1 + 0.2 is no third decimal
_BLANKS = re.compile(r"[\s  ]+")
_PLAIN = re.compile(r"[0-9]{1,15}", re.ASCII)
_LONGEST = 40


def read_money(cell: Cell, language: str) -> Read[Decimal]:  # noqa: ARG001 -- parsers share one shape
    """An amount with two decimals, rounded half up when it has more (`rounded_amount`)."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return Read()
    code = error_code(cell)
    if code:
        return Read(None, code)
    text_code = None
    if isinstance(cell, str):
        exact, text_code = _amount_from_text(cell)
        if exact is None:
            return Read(None, text_code)
    else:
        number = finite(cell)
        if number is None:
            return Read(None, "invalid_amount")
        exact = Decimal(number) if isinstance(number, int) else Decimal(str(number))
    if not -LARGEST < exact < LARGEST:
        return Read(None, "amount_out_of_range")
    amount = exact.quantize(CENT, ROUND_HALF_UP)
    rounded = abs(amount - exact) > _NOISE
    return Read(amount, "rounded_amount" if rounded else text_code)


def read_percent(cell: Cell, language: str) -> Read[Decimal]:  # noqa: ARG001 -- likewise
    """A rate as a fraction of at least 0 and below 1. Text needs its % sign: '2%' is 0.02."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return Read()
    code = error_code(cell)
    if code:
        return Read(None, code)
    rate: Decimal | None = None
    if isinstance(cell, str):
        text = cell.strip().removesuffix("%")
        if text != cell.strip():
            exact, _ = _amount_from_text(text)
            rate = None if exact is None else exact / 100
    else:
        number = finite(cell)
        rate = Decimal(str(number)) if number is not None and 0 <= number < 1 else None
    if rate is None or not 0 <= rate < 1:
        return Read(None, "invalid_percent")
    rate = rate.quantize(Decimal("0.00000001"), ROUND_HALF_UP).normalize() + 0
    return Read(rate, "text_number" if isinstance(cell, str) else None)


def read_int(cell: Cell, language: str) -> Read[int]:  # noqa: ARG001 -- likewise
    """A whole number."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return Read()
    code = error_code(cell)
    if code:
        return Read(None, code)
    if isinstance(cell, str):
        text = cell.strip().replace("−", "-")
        if re.fullmatch(r"[+-]?[0-9]{1,6}", text, re.ASCII):
            return Read(int(text), "text_number")
    else:
        number = finite(cell)
        if number is not None and -(10**6) < number < 10**6 and int(number) == number:
            return Read(int(number))
    return Read(None, "invalid_number")


def _amount_from_text(cell: str) -> tuple[Decimal | None, str]:
    """The number that the text means and `text_number`, or None and why not."""
    text = _BLANKS.sub("", cell)
    if len(text) > _LONGEST:
        return None, "invalid_amount"
    negative = False
    if text.startswith("(") and text.endswith(")"):  # how accountants write what is owed back
        text, negative = text[1:-1], True
    text = text.upper().replace("R$", "", 1).replace("−", "-")
    if text.startswith(("-", "+")) or text.endswith("-"):
        negative = negative != ("-" in (text[0], text[-1]))
        text = text.strip("-") if "-" in text else text[1:]
    number, code = _unsigned(text)
    return (None if number is None else -number if negative else number), code


def _unsigned(text: str) -> tuple[Decimal | None, str]:
    """Digits with marks. Of two kinds of mark the last is the decimal one, in any language.

    One mark with exactly three digits after it (1.234) groups thousands for one reader and is a
    decimal mark for the next, so it is nothing (`ambiguous_amount`).
    """
    if _PLAIN.fullmatch(text):
        return Decimal(text), "text_number"
    for group, mark in ((".", ","), (",", ".")):
        if re.fullmatch(rf"[0-9]{{1,3}}(?:\{group}[0-9]{{3}})+\{mark}[0-9]{{1,4}}", text, re.ASCII):
            return Decimal(text.replace(group, "").replace(mark, ".")), "text_number"
        if re.fullmatch(rf"[0-9]{{1,3}}(?:\{group}[0-9]{{3}}){{2,}}", text, re.ASCII):
            return Decimal(text.replace(group, "")), "text_number"
    if re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", text, re.ASCII):
        return None, "ambiguous_amount"
    if re.fullmatch(r"[0-9]{1,15}[.,][0-9]{1,4}", text, re.ASCII):
        return Decimal(text.replace(",", ".")), "text_number"
    return None, "invalid_amount"
