"""Dates as they stand in a cell: real dates, Excel's serial numbers, text that means one day."""

import re
from datetime import date, datetime, time, timedelta

from sync.rows.cells import Read, error_code
from sync.workbook import Cell

EARLIEST = date(1990, 1, 1)
LATEST = date(2100, 12, 31)
"""What a team's receivables can be about; beyond lies a typing error (0206, 2206)."""

_EPOCH = date(1899, 12, 30)  # serial 1 is 1900-01-01, with Excel's 29 February 1900 behind it
_CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK}", re.ASCII)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_CLOCK}", re.ASCII)
_LONGEST = 40


def read_date(cell: Cell, language: str) -> Read[date]:
    """A day.

    Text is read year first, or day first in Portuguese; in English day and month could be either
    way round (`ambiguous_date`) unless only one of the two is possible.
    """
    if cell is None:
        return Read()
    if isinstance(cell, datetime):
        return _in_range(cell.date())
    if isinstance(cell, date):
        return _in_range(cell)
    if isinstance(cell, str):
        return _from_text(cell.strip(), language) if cell.strip() else Read()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_serial(cell)
    return Read(None, error_code(cell) or "invalid_date")


def read_moment(cell: Cell, language: str) -> Read[datetime]:
    """A date with a time of day; a plain date is its midnight, a zone is dropped."""
    if isinstance(cell, datetime):
        day = _in_range(cell.date())
        return Read(cell.replace(tzinfo=None) if day.value else None, day.code)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        day = _from_serial(cell)
        if day.value is None:
            return Read(None, day.code)
        return Read(datetime.combine(day.value, time()) + timedelta(days=cell % 1))
    if isinstance(cell, str):
        try:
            return read_moment(datetime.fromisoformat(cell.strip()), language)
        except ValueError:
            pass  # not ISO 8601: perhaps a day in the language's own notation
    day = read_date(cell, language)
    return Read(datetime.combine(day.value, time()) if day.value else None, day.code)


def _in_range(day: date) -> Read[date]:
    return Read(day) if EARLIEST <= day <= LATEST else Read(None, "date_out_of_range")


def _from_serial(number: float) -> Read[date]:
    first, last = (EARLIEST - _EPOCH).days, (LATEST - _EPOCH).days
    if not first <= number < last + 1:  # also false for NaN
        return Read(None, "date_out_of_range")
    return Read(_EPOCH + timedelta(days=int(number)))


def _from_text(text: str, language: str) -> Read[date]:
    code = error_code(text)
    if code or len(text) > _LONGEST:
        return Read(None, code or "invalid_date")
    parts = _YEAR_FIRST.fullmatch(text)
    if parts:
        year, month, day = map(int, parts.groups())
        return _made(year, month, day)
    parts = _YEAR_LAST.fullmatch(text)
    if not parts:
        return Read(None, "invalid_date")
    first, _, second, year_text = parts.groups()
    year = int(year_text) if len(year_text) == 4 else _century(int(year_text))
    if language == "pt-BR":
        return _made(year, int(second), int(first))
    return _either_way(year, int(first), int(second))


def _century(year: int) -> int:
    """Two digits as Excel reads them: 00 to 29 are of this century."""
    return 2000 + year if year < 30 else 1900 + year


def _either_way(year: int, first: int, second: int) -> Read[date]:
    if first <= 12 and second <= 12 and first != second:
        return Read(None, "ambiguous_date")
    return _made(year, second, first) if first > 12 else _made(year, first, second)


def _made(year: int, month: int, day: int) -> Read[date]:
    try:
        made = date(year, month, day)
    except ValueError:
        return Read(None, "invalid_date")
    checked = _in_range(made)
    return Read(made, "text_date") if checked.code is None else checked
