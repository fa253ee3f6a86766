"""Amounts of money as bank files write them: cents without a mark, or text with one."""

import re
from collections.abc import Iterable
from decimal import Decimal

CENT = Decimal("0.01")
MOST = Decimal(10) ** 12
"""No line of a small team's account is a trillion; a longer figure is a misread column."""

_MOST_SIGNS = 40
_NUMBER = re.compile(r"([+-]?)([0-9][0-9.,]*)")
_GROUPED = {
    ",": re.compile(r"\d{1,3}(\.\d{3})+(,\d*)?|\d+(,\d*)?", re.ASCII),
    ".": re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?|\d+(\.\d*)?", re.ASCII),
}


class UnreadableAmountError(ValueError):
    """No amount, or one that can be read in two ways."""


def cents(digits: str) -> Decimal:
    """The amount that digits give in cents: "12345" → 123.45. Raises UnreadableAmountError."""
    if not (digits.isascii() and digits.isdigit()):
        raise UnreadableAmountError(digits)
    return (Decimal(int(digits)) / 100).quantize(CENT)


def decimal_mark(texts: Iterable[str]) -> str | None:
    """The decimal mark that one column shows, None when it shows none or both readings stand.

    "1.234,50" and "12,5" show a comma; "1.234" alone shows nothing.
    """
    marks = {mark for text in texts if (mark := _shown(text))}
    return marks.pop() if len(marks) == 1 else None


def _shown(text: str) -> str | None:
    match = _NUMBER.fullmatch(_bare(text)[0])
    if match is None:
        return None
    digits = match[2]
    last = max(digits.rfind(","), digits.rfind("."))
    if last < 0:
        return None
    mark, other = digits[last], "," if digits[last] == "." else "."
    if other in digits:
        return mark if digits.count(mark) == 1 else None
    if digits.count(mark) > 1:
        return other
    return mark if len(digits) - last != 4 else None


def amount(text: str, mark: str | None = None) -> Decimal:
    """The signed amount of a text such as "R$ 1.234,50", "(12.00)", "12,00-" or "12,00 D".

    `mark` is the column's decimal mark where known. Raises UnreadableAmountError for what is no
    amount, has parts of a cent, or reads in two ways ("1.234").
    """
    bare, negative = _bare(text)
    match = _NUMBER.fullmatch(bare)
    if match is None or len(match[2]) > _MOST_SIGNS:
        raise UnreadableAmountError(text)
    digits = match[2]
    mark = mark or _shown(digits)
    if mark is None and ("." in digits or "," in digits):
        raise UnreadableAmountError(text)
    if mark is not None and not _GROUPED[mark].fullmatch(digits):
        raise UnreadableAmountError(text)
    plain = digits.replace("." if mark == "," else ",", "").replace(",", ".")
    value = Decimal(plain)
    if abs(value) >= MOST or value != value.quantize(CENT):
        raise UnreadableAmountError(text)
    return value.quantize(CENT) * (-1 if negative or match[1] == "-" else 1)


def _bare(text: str) -> tuple[str, bool]:
    """The figure without currency and spaces, and whether brackets or a tail make it negative."""
    bare = re.sub(r"(?i)r\$|brl|[\s\u00a0\u202f]", "", text).replace("−", "-")
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1], True
    if bare.endswith("-"):
        return bare[:-1], True
    if bare[-1:] in {"D", "d"}:
        return bare[:-1], True
    if bare[-1:] in {"C", "c"}:
        return bare[:-1], False
    return bare, False
