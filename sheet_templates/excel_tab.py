"""One tab with headings in row 1 and data from row 2, as an Excel sheet."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import Outline, PageSetupProperties

from sheet_templates import headings
from sheet_templates.excel_cells import cell_at, dress, dress_alike, put, shown
from sheet_templates.excel_rules import SPARE_REACH
from sheet_templates.excel_styles import (
    TAB_COLOURS,
    WRAPPED,
    body_look,
    header_look,
    heading_width,
    number_format,
)
from sheet_templates.first_rows import UnknownColumnError
from sheet_templates.schema import Group, Kind, Owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from sheet_templates.schema import Tab

_A4 = 9
_LINE_HEIGHT = 15.0  # points
_HIGHEST_ROW = 409.0  # points: the limit of the format
_WIDE = 260  # characters of width that still print legibly on one page
_FROZEN = {"receivables": 2, "instalments": 1, "clients": 1, "queue": 2, "policy": 2}


class HeadingTakenError(ValueError):
    """A team's own heading is one of the schema's, or stands there twice."""


def last_row(rows: int) -> int:
    """Return the row up to which lists and colours reach when `rows` rows of data are there."""
    return max(SPARE_REACH, rows + 5_000)


def fill_tab(
    sheet: Worksheet,
    language: str,
    tab: Tab,
    rows: Sequence[Mapping[str, object]],
    extra_columns: Sequence[str] = (),
) -> None:
    """Write headings, looks, widths, notes and rows of a tab into an empty sheet.

    Args:
        sheet: The sheet; it already carries its title.
        language: The workbook's language.
        tab: What the schema says of it.
        rows: Column key (or the team's own heading) → value; codes for lists, booleans for flags.
        extra_columns: The team's own headings, put after the schema's.

    Raises:
        UnknownColumnError: A row has a key that is neither a column's nor an extra heading.
        HeadingTakenError: An extra heading is one of the schema's or stands twice.
    """
    _check_names(tab, rows, extra_columns)
    _write_headings(sheet, language, tab, extra_columns)
    _write_rows(sheet, language, tab, rows, extra_columns)
    _fit_heights(sheet, tab, rows)
    _fold_engine_columns(sheet, tab)
    set_page(sheet, tab, repeat_header=True)
    width = len(tab.columns) + len(extra_columns)
    sheet.auto_filter.ref = f"A1:{get_column_letter(width)}{last_row(len(rows))}"
    sheet.freeze_panes = sheet.cell(row=2, column=_FROZEN.get(tab.key, 1) + 1).coordinate


def _check_names(
    tab: Tab, rows: Iterable[Mapping[str, object]], extra_columns: Sequence[str]
) -> None:
    seen: set[str] = set()
    for heading in extra_columns:
        name = headings.fold(heading)
        if not name or name in seen or headings.column_key(tab.key, heading):
            raise HeadingTakenError(f"{tab.key}: the heading {heading!r} is taken or blank")
        seen.add(name)
    known = {column.key for column in tab.columns} | set(extra_columns)
    unknown = {key for row in rows for key in row} - known
    if unknown:
        raise UnknownColumnError(f"{tab.key} has no column {', '.join(sorted(unknown))}")


def _write_headings(
    sheet: Worksheet, language: str, tab: Tab, extra_columns: Sequence[str]
) -> None:
    sheet.row_dimensions[1].height = 34
    for number, column in enumerate(tab.columns, start=1):
        title = headings.heading(language, tab.key, column.key)
        cell = cell_at(sheet, 1, number)
        put(cell, title, header_look(column.owner))
        cell.comment = note(headings.column_help(language, tab.key, column.key))
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = heading_width(title, column.width)
        dimension.hidden = column.hidden
        dress(dimension, body_look(language, tab.key, column))
    for number, title in enumerate(extra_columns, start=len(tab.columns) + 1):
        put(cell_at(sheet, 1, number), title, header_look(Owner.USER))
        sheet.column_dimensions[get_column_letter(number)].width = heading_width(title, 16)


def note(text: str) -> Comment:
    """Return a help note, large enough for its text."""
    comment = Comment(text, "Régua")
    comment.width = 300
    comment.height = 30 + 19 * (len(text) // 42 + 1)
    return comment


def _write_rows(
    sheet: Worksheet,
    language: str,
    tab: Tab,
    rows: Sequence[Mapping[str, object]],
    extra_columns: Sequence[str],
) -> None:
    # Blank cells are not written: the column's own look covers them, and the file stays small.
    for number, column in enumerate(tab.columns, start=1):
        pattern: Cell | None = None
        for index, row in enumerate(rows, start=2):
            value = shown(language, column.kind, column.list_name, row.get(column.key))
            if value is None or value == "":
                continue
            cell = cell_at(sheet, index, number)
            if pattern is None:
                pattern = cell
                dress(cell, body_look(language, tab.key, column))
            else:
                dress_alike(cell, pattern)
            put(cell, value)
    for number, title in enumerate(extra_columns, start=len(tab.columns) + 1):
        for index, row in enumerate(rows, start=2):
            _put_own(sheet, language, index, number, row.get(title))


def _fit_heights(sheet: Worksheet, tab: Tab, rows: Sequence[Mapping[str, object]]) -> None:
    """Make rows with wrapped text as high as their text; not every program does so by itself."""
    wrapped = [column for column in tab.columns if column.key in WRAPPED]
    if tab.key == "settings":
        wrapped.append(tab.column("value"))
    for index, row in enumerate(rows if wrapped else (), start=2):
        lines = max(_lines(str(row.get(column.key) or ""), column.width) for column in wrapped)
        if lines > 1:
            sheet.row_dimensions[index].height = min(lines * _LINE_HEIGHT + 2, _HIGHEST_ROW)


def _lines(text: str, width: float) -> int:
    """Estimate the lines that a text takes in a column, in words of usual length."""
    return sum(max(1, math.ceil(len(line) / (width * 0.92))) for line in text.split("\n"))


def _put_own(sheet: Worksheet, language: str, row: int, column: int, value: object) -> None:
    """Write a value of the team's own column; its type is all that is known of it."""
    if value is None or value == "":
        return
    cell = cell_at(sheet, row, column)
    if isinstance(value, datetime):
        cell.number_format = number_format(language, Kind.DATETIME)
    elif isinstance(value, date):
        cell.number_format = number_format(language, Kind.DATE)
    elif isinstance(value, Decimal):
        cell.number_format = "#,##0.00"
    put(cell, value)


def _fold_engine_columns(sheet: Worksheet, tab: Tab) -> None:
    """Group the engine's columns behind one button, where there are others to look at."""
    if not tab.by_owner(Owner.USER) or tab.group is Group.SETUP:
        return
    sheet.sheet_properties.outlinePr = Outline(summaryBelow=True, summaryRight=False)
    for number, column in enumerate(tab.columns, start=1):
        if column.owner is Owner.ENGINE:
            sheet.column_dimensions[get_column_letter(number)].outlineLevel = 1


def set_page(sheet: Worksheet, tab: Tab, *, repeat_header: bool, landscape: bool = True) -> None:
    """Set up the page: A4, fitted to its width, with footers; and the tab's colour."""
    sheet.sheet_properties.tabColor = TAB_COLOURS[tab.group]
    wide = sum(column.width for column in tab.columns if not column.hidden) > _WIDE
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = _A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth = 2 if wide else 1
    sheet.page_setup.fitToHeight = 0
    sheet.page_margins = PageMargins(
        left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.3, footer=0.3
    )
    if repeat_header:
        sheet.print_title_rows = "1:1"
    if wide:
        sheet.print_title_cols = "A:B"
    footer = sheet.oddFooter
    if footer is None:  # openpyxl always makes it and its parts; its types do not say so
        return
    for part, text in ((footer.left, "&A"), (footer.center, "Régua"), (footer.right, "&P / &N")):
        if part is not None:
            part.text, part.size = text, 8
