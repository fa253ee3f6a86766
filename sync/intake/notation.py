"""Dates and amounts as people type them: the notation is given, or recognised when unambiguous."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sync.intake.errors import IntakeError
from sync.intake.source import SourceCell
from sync.workbook import CellError

_DATE = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?.*)?")
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_CENTURY = 2000


class UnreadableCellError(ValueError):
    """One cell is no date or amount in the notation of its column."""


def date_order(cells: Iterable[SourceCell]) -> str | None:
    """Recognise "dmy", "mdy" or "ymd" from all dates of a source; None when there is no text date.

    Raises IntakeError when the texts allow both day/month and month/day, or contradict each other.
    """
    texts = [match for cell in cells if isinstance(cell, str) and (match := _DATE.fullmatch(cell))]
    if not texts:
        return None
    if all(len(match[1]) == 4 for match in texts):
        return "ymd"
    possible = {
        order
        for order, month in (("dmy", 2), ("mdy", 1))
        if all(len(match[1]) < 3 and 1 <= int(match[month]) <= 12 for match in texts)
    }
    if len(possible) == 1:
        return possible.pop()
    code = "ambiguous_dates" if possible else "mixed_dates"
    raise IntakeError(code, example=texts[0][0])


def decimal_mark(cells: Iterable[SourceCell]) -> str | None:
    """Recognise "," or "." from all amounts of a source; None when no text amount shows a mark.

    Raises IntakeError when the texts allow both readings ("1.234"), or contradict each other.
    """
    marks: set[str] = set()
    doubtful = ""
    for cell in cells:
        text = _bare(cell) if isinstance(cell, str) else ""
        last = max(text.rfind(","), text.rfind("."))
        if last < 0 or not re.fullmatch(r"[+-]?[\d.,]+", text):
            continue
        mark, other = text[last], "." if text[last] == "," else ","
        if other in text or (text.count(mark) == 1 and len(text) - last != 4):
            marks.add(mark)
        elif text.count(mark) > 1:
            marks.add(other)
        else:
            doubtful = doubtful or text
    if len(marks) > 1:
        raise IntakeError("mixed_decimals")
    if not marks and doubtful:
        raise IntakeError("ambiguous_decimals", example=doubtful)
    return marks.pop() if marks else None


def to_date(cell: SourceCell, order: str | None) -> date | None:
    """The date in a cell; None for a blank one. Raises UnreadableCellError."""
    if cell is None or (isinstance(cell, str) and cell in {"-", "–", "—"}):
        return None
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    else:
        found = _parsed_date(str(cell), order)
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise UnreadableCellError(str(cell))
    return found


def _parsed_date(text: str, order: str | None) -> date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise UnreadableCellError(text)
    parts = [int(match[1]), int(match[2]), int(match[3])]
    positions = order or "dmy"
    if len(match[1]) == 4:
        positions = "ymd"
    values = dict(zip(positions, parts, strict=True))
    if values["y"] < 100:
        values["y"] += _CENTURY
    try:
        return date(values["y"], values["m"], values["d"])
    except ValueError as impossible:
        raise UnreadableCellError(text) from impossible


def to_amount(cell: SourceCell, mark: str | None) -> Decimal | None:
    """The amount in a cell, to the cent; None for a blank one. Raises UnreadableCellError."""
    if cell is None or (isinstance(cell, str) and cell in {"-", "–", "—"}):
        return None
    if isinstance(cell, (bool, date, CellError)):
        raise UnreadableCellError(str(cell))
    text = _bare(cell) if isinstance(cell, str) else repr(cell)
    if isinstance(cell, str):
        other = "." if mark == "," else ","
        text = text.replace(other, "") if mark else text
        text = text.replace(",", ".")
    try:
        amount = Decimal(text)
    except InvalidOperation as wrong:
        raise UnreadableCellError(str(cell)) from wrong
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
        raise UnreadableCellError(str(cell))
    rounded = amount.quantize(Decimal("0.01"))
    if isinstance(cell, str) and rounded != amount:
        raise UnreadableCellError(cell)  # three decimals are more often a misread thousands mark
    return rounded


def _bare(text: str) -> str:
    """Without currency and spaces; an amount in brackets or with a trailing minus is negative."""
    bare = re.sub(r"(?i)r\$|brl|us\$|\$|€|\s|\u00a0", "", text)
    if bare.startswith("(") and bare.endswith(")"):
        return "-" + bare[1:-1]
    if bare.endswith("-"):
        return "-" + bare[:-1]
    return bare
