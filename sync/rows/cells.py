"""One cell as a person sees it: its text, its faults, and the shape in which parsers answer."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from sync.key_text import ERROR_TEXT, key_text
from sync.words import words
from sync.workbook import Cell, CellError, Link

T = TypeVar("T")

NO_VALUE = "NO_VALUE"
_LONGEST = 160


class Read(NamedTuple, Generic[T]):
    """What a parser made of a cell.

    With `code` None the cell was clean (or blank: `value` None). With the code of a warning there
    is a value all the same; with the code of an error there is none.
    """

    value: T | None = None
    code: str | None = None


def error_code(cell: Cell) -> str | None:
    """The issue code of a formula that failed or was never computed; None for all else."""
    if isinstance(cell, CellError):
        return "formula_not_computed" if cell.code == NO_VALUE else "formula_error"
    if isinstance(cell, str) and cell.startswith("#") and ERROR_TEXT.fullmatch(cell.strip()):
        return "formula_error"
    return None


def is_blank(cell: Cell) -> bool:
    """Whether nothing stands there; blanks typed with the space bar are nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def read_text(cell: Cell, language: str) -> Read[str]:
    """A cell of free text. A number or date in it is taken as it is shown."""
    code = error_code(cell)
    if code:
        return Read(None, code)
    if isinstance(cell, str):
        return Read(cell.strip() or None)
    if cell is None:
        return Read()
    return Read(key_text(cell) or shown(cell, language))


def shown(cell: Cell, language: str) -> str:
    """What stands in the cell, on one line, for a sentence about it."""
    if cell is None:
        return ""
    if isinstance(cell, CellError):
        return "" if cell.code == NO_VALUE else cell.code
    if isinstance(cell, bool):
        return words(language, "rows.true" if cell else "rows.false")
    text = cell.text if isinstance(cell, Link) else _plain(cell, language)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _plain(cell: str | float | Decimal | date | time, language: str) -> str:
    if isinstance(cell, datetime):
        clock = "" if cell.time() == time() else f" {cell:%H:%M}"
        return day_text(cell.date(), language) + clock
    if isinstance(cell, date):
        return day_text(cell, language)
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    if isinstance(cell, int | float | Decimal):
        text = key_text(cell) or f"{Decimal(cell) if isinstance(cell, int) else cell:.15g}"
        return text.replace(".", words(language, "rows.decimal_mark"))
    return cell


def day_text(day: date, language: str) -> str:
    """A date in the language's notation, unambiguous: 31/12/2026, or 2026-12-31 in English."""
    return words(language, "rows.date").format(day=day.day, month=day.month, year=day.year)


def amount_text(amount: Decimal, language: str) -> str:
    """An amount in the language's notation: 1.234,56 or 1,234.56."""
    text = f"{amount:,f}"
    marks = {".": words(language, "rows.decimal_mark"), ",": words(language, "rows.group_mark")}
    return "".join(marks.get(sign, sign) for sign in text)
