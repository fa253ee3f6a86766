"""The boleto's linha digitável: whether its check digits agree (FEBRABAN, Layout da cobrança)."""

import re

from sync.rows.cells import is_blank
from sync.workbook import Cell

_DIGITS = re.compile(r"[0-9][0-9 .\-]*", re.ASCII)
_BANK, _UTILITY, _BARCODE = 47, 48, 44
_SHORTEST = 30  # fewer digits are some other code of the team's


def is_wrong_code(cell: Cell) -> bool:
    """Whether a payment code is certainly not what it should be.

    Links and other codes pass. A number is wrong: Excel keeps 15 of its digits.
    """
    if is_blank(cell) or not isinstance(cell, str):
        return not is_blank(cell)
    text = cell.strip()
    if not _DIGITS.fullmatch(text):
        return False
    digits = re.sub(r"\D", "", text)
    if len(digits) != _BANK:
        return len(digits) >= _SHORTEST and len(digits) not in {_UTILITY, _BARCODE}
    return not _agrees(digits)


def _agrees(line: str) -> bool:
    fields = ((0, 9), (10, 20), (21, 31))
    if any(_mod_10(line[start:end]) != int(line[end]) for start, end in fields):
        return False
    barcode = line[0:4] + line[33:47] + line[4:9] + line[10:20] + line[21:31]
    return _mod_11(barcode) == int(line[32])


def _mod_10(digits: str) -> int:
    """Weights 2, 1, 2 … from the right, the digits of each product summed."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = int(digit) * (1 if place % 2 else 2)
        total += product - 9 if product > 9 else product
    return -total % 10


def _mod_11(digits: str) -> int:
    """Weights 2 to 9 from the right; 0, 10 and 11 become 1."""
    total = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(digits)))
    check = 11 - total % 11
    return check if check < 10 else 1
