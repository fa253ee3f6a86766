"""The text by which a row is known: one rule for reading facts and for addressing rows."""

import re
import unicodedata
from decimal import Decimal
from math import isfinite

from sync.workbook import Cell, Link

LIST_MARKS = re.compile(r"[;\r\n]+")
"""What separates the ids of a list of invoices."""

_LONGEST_EXACT = 10**15
"""Excel keeps 15 digits: a longer number has lost some (SCHEMA: keys are text)."""


def key_text(cell: Cell) -> str | None:
    """The text of a key cell, or None when it has none.

    Text loses the blanks around it; a whole number loses its `.0` (1001.0 is '1001'). Logical
    values, dates, errors and numbers too long to be exact are no keys: Excel made them from
    something else that somebody typed.
    """
    if isinstance(cell, Link):
        cell = cell.text
    if isinstance(cell, str):
        return cell.strip() or None
    number = finite(cell)
    if number is None or not -_LONGEST_EXACT < number < _LONGEST_EXACT:
        return None
    whole = int(number)
    return str(whole) if whole == number else str(number)


def finite(cell: Cell) -> int | float | Decimal | None:
    """The cell when it is a number that can be computed with; None for all else."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, Decimal):
        return cell if cell.is_finite() else None
    if isinstance(cell, float):
        return cell if isfinite(cell) else None
    return cell if isinstance(cell, int) else None


def splits_lists(id_: str) -> bool:
    """Whether an id has a mark that separates the ids of a list: no list could name it."""
    return LIST_MARKS.search(id_) is not None


def folded_id(text: str) -> str:
    """An id without case and blanks: two that fold alike are too alike to be two invoices."""
    return "".join(_typed(text).casefold().split())


def folded_name(text: str) -> str:
    """A name without case and repeated blanks: how a client is recognised."""
    return " ".join(_typed(text).casefold().split())


def _typed(text: str) -> str:
    """Text without what nobody sees: composed accents, no zero-width signs (pastes bring them)."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign for sign in composed if unicodedata.category(sign) != "Cf")


ERROR_TEXT = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|ERROR!)")
"""An error that came as text, by a paste of values or from a file of another program."""
