"""Writing values into cells so that each stays what it is: text text, a date a date."""

from __future__ import annotations

import re
from copy import copy
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from openpyxl.cell.cell import Cell

from sheet_templates import headings
from sheet_templates.schema import LISTS, Kind

if TYPE_CHECKING:
    from openpyxl.worksheet.dimensions import ColumnDimension
    from openpyxl.worksheet.worksheet import Worksheet

    from sheet_templates.excel_styles import Look

LONGEST_TEXT = 32_767
"""Characters in one cell: Excel's limit (counted in UTF-16 units, as Excel counts)."""

# Control characters that XML cannot hold, and text that looks like their escape, are written as
# Excel writes them: _xHHHH_ (ECMA-376 part 1, 22.9.2.19 ST_Xstring).
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA_STARTS = ("=", "+", "-", "@", "'", "\t", "\r")


class CellError(ValueError):
    """A value that a cell cannot hold as it is."""


class TextTooLongError(CellError):
    """Text that Excel would cut."""


class UnknownValueError(CellError):
    """A value of a type that no cell holds."""


def cell_at(sheet: Worksheet, row: int, column: int) -> Cell:
    """Return the cell at a place that is not merged into another."""
    cell = sheet.cell(row=row, column=column)
    if not isinstance(cell, Cell):
        raise CellError(f"{cell.coordinate} is part of a merged cell")
    return cell


def put(cell: Cell, value: object, look: Look | None = None) -> None:
    """Write a value as what it is; text is never taken for a formula.

    Args:
        cell: The cell to write.
        value: None or "" leaves it empty. str, bool, int, Decimal, float, date, datetime, time.
        look: Its appearance; None leaves the sheet's.

    Raises:
        TextTooLongError: The text has more than 32,767 characters.
        UnknownValueError: The value is of no such type.
    """
    if look is not None:
        dress(cell, look)
    if value is None or value == "":
        return
    if isinstance(value, str):
        _put_text(cell, value)
        return
    if not isinstance(value, int | float | Decimal | date | time):
        raise UnknownValueError(f"{cell.coordinate}: a cell cannot hold {value!r}")
    if isinstance(value, datetime | time) and value.tzinfo is not None:
        raise UnknownValueError(f"{cell.coordinate}: a cell holds no time zone: {value!r}")
    cell.value = (
        value  # openpyxl keeps a date format that is there and adds one where there is none
    )


def _put_text(cell: Cell, text: str) -> None:
    units = len(text) if len(text) < LONGEST_TEXT // 2 else len(text.encode("utf-16-le")) // 2
    if units > LONGEST_TEXT:
        raise TextTooLongError(
            f"{cell.coordinate}: the text has {units} characters; a cell holds {LONGEST_TEXT}"
        )
    escaped = _UNSAFE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    cell.value = escaped
    cell.data_type = "s"  # openpyxl took '=…' for a formula and '#N/A' for an error
    if text.startswith(_FORMULA_STARTS):
        cell.quotePrefix = True  # stays text also when somebody edits it


def dress(target: Cell | ColumnDimension, look: Look) -> None:
    """Give a cell, or a whole column that has no cells yet, its look."""
    target.number_format = look.number_format
    target.font = look.font
    target.fill = look.fill
    target.alignment = look.alignment
    target.border = look.border


def dress_alike(cell: Cell, pattern: Cell) -> None:
    """Give a cell the look of another; ten times faster than `dress`."""
    # openpyxl offers no public way to share a style that is registered already.
    cell._style = copy(pattern._style)  # type: ignore[attr-defined]  # noqa: SLF001


def shown(language: str, kind: Kind, list_name: str | None, value: object) -> object:
    """Return what a cell shows for a value: codes and booleans in the workbook's words.

    A text that is no code of the list passes as it is: what a team typed is theirs.
    """
    if isinstance(value, bool):
        return headings.value_text(language, "flag", "yes" if value else "no")
    if kind in {Kind.LIST, Kind.FLAG} and list_name and value in LISTS[list_name]:
        return headings.value_text(language, list_name, str(value))
    return value
