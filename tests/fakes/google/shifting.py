"""What moves when rows or columns come, go or change places.

Source: <https://developers.google.com/workspace/sheets/api/guides/rowcolumn>. Ranges behave as
references do: widened by an insertion inside them, narrowed by a deletion, gone when all of
them is deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .a1 import Rect
from .cells import Cell, Formula
from .formula_text import Reference, Span, deleting, inserting, moving, rewritten, spanned

if TYPE_CHECKING:
    from .state import Document, Sheet

Json = dict[str, Any]
Place = Callable[[int], int | None]


def insert(
    document: Document, sheet: Sheet, *, rows: bool, at: int, count: int, from_before: bool = False
) -> None:
    """New rows or columns before index `at`; formats come from the line before, or after."""
    model = at - 1 if from_before else at
    looks = _looks(sheet, model, rows=rows) if 0 <= model < _count(sheet, rows=rows) else {}
    _apply(document, sheet, inserting(at, count), lambda n: n + count if n >= at else n, rows=rows)
    _set_count(sheet, _count(sheet, rows=rows) + count, rows=rows)
    for index in range(at, at + count):
        for other, cell in looks.items():
            sheet.put(*((index, other) if rows else (other, index)), cell)


def delete(document: Document, sheet: Sheet, *, rows: bool, start: int, end: int) -> None:
    """Take rows or columns out."""

    def place(index: int) -> int | None:
        if start <= index < end:
            return None
        return index - (end - start) if index >= end else index

    _apply(document, sheet, deleting(start, end), place, rows=rows)
    _set_count(sheet, _count(sheet, rows=rows) - (end - start), rows=rows)


def move(document: Document, sheet: Sheet, *, rows: bool, start: int, end: int, to: int) -> None:
    """Rows or columns start..end go before what stands at `to`."""
    span = moving(start, end, to)

    def place(index: int) -> int | None:
        found = span(index, index)
        return found[0] if found else None

    _apply(document, sheet, span, place, rows=rows)


def _count(sheet: Sheet, *, rows: bool) -> int:
    return sheet.rows if rows else sheet.columns


def _set_count(sheet: Sheet, count: int, *, rows: bool) -> None:
    if rows:
        sheet.rows = count
    else:
        sheet.columns = count


def _looks(sheet: Sheet, index: int, *, rows: bool) -> dict[int, Cell]:
    """The formats and checks of a row or a column, without its values and notes."""
    rect = (
        Rect(index, index + 1, 0, sheet.columns) if rows else Rect(0, sheet.rows, index, index + 1)
    )
    return {
        (column if rows else row): Cell(format=cell.format, validation=cell.validation)
        for row, column, cell in sheet.filled(rect)
        if cell.format or cell.validation
    }


def _apply(document: Document, sheet: Sheet, span: Span, place: Place, *, rows: bool) -> None:
    _move_cells(sheet, place, rows=rows)
    name = "row_props" if rows else "column_props"
    kept = {
        new: props
        for index, props in getattr(sheet, name).items()
        if (new := place(index)) is not None
    }
    setattr(sheet, name, kept)
    _move_merges(sheet, span, rows=rows)
    _move_ranges(document, sheet, span, rows=rows)
    rewrite(document, sheet, lambda reference: spanned(reference, span, rows=rows))


def _move_cells(sheet: Sheet, place: Place, *, rows: bool) -> None:
    if rows:
        sheet.cells = {
            new: kept for row, kept in sheet.cells.items() if (new := place(row)) is not None
        }
        return
    for row, kept in list(sheet.cells.items()):
        sheet.cells[row] = {
            new: cell for column, cell in kept.items() if (new := place(column)) is not None
        }


def _move_merges(sheet: Sheet, span: Span, *, rows: bool) -> None:
    made = []
    for rect in sheet.merges:
        low, high = (rect.top, rect.bottom) if rows else (rect.left, rect.right)
        found = span(low, high - 1)
        if found is None:
            continue
        first, last = found[0], found[1] + 1
        new = (
            Rect(first, last, rect.left, rect.right)
            if rows
            else Rect(rect.top, rect.bottom, first, last)
        )
        if new.rows > 1 or new.columns > 1:
            made.append(new)
    sheet.merges = made


def rewrite(
    document: Document, sheet: Sheet, change: Callable[[Reference], Reference | None]
) -> None:
    """Every formula of the document, with its references to this tab changed."""
    title = sheet.title.casefold()
    for other in document.sheets:

        def touched(reference: Reference, here: bool = other is sheet) -> Reference | None:
            mine = here if reference.sheet is None else reference.sheet.casefold() == title
            return change(reference) if mine else reference

        for kept in other.cells.values():
            for column, cell in kept.items():
                if isinstance(cell.value, Formula):
                    text = rewritten(cell.value.text, touched)
                    if text != cell.value.text:
                        kept[column] = replace(cell, value=Formula(text))


def _move_ranges(document: Document, sheet: Sheet, span: Span, *, rows: bool) -> None:
    """The ranges of all objects: named, protected, banded, filtered, charted, grouped."""
    document.named_ranges = _kept(document.named_ranges, sheet.id, span, rows=rows)
    document.metadata = _kept(document.metadata, sheet.id, span, rows=rows)
    for other in document.sheets:
        for name, listed in other.objects.items():
            other.objects[name] = _kept(listed, sheet.id, span, rows=rows)
        if other.basic_filter:
            kept = _kept([other.basic_filter], sheet.id, span, rows=rows)
            other.basic_filter = kept[0] if kept else None


def _kept(listed: list[Json], sheet_id: int, span: Span, *, rows: bool) -> list[Json]:
    made = []
    for one in listed:
        moved = _moved(one, sheet_id, span, rows=rows)
        if moved is not None:
            made.append(moved)
    return made


_LISTS = ("ranges", "sources", "unprotectedRanges")


def _moved(value: Json, sheet_id: int, span: Span, *, rows: bool) -> Json | None:
    """An object with its ranges moved; None when the range that it is about has gone."""
    made: Json = {}
    for key, inner in value.items():
        if key in {"range", "dimensionRange"} and isinstance(inner, dict):
            found = moved_range(inner, sheet_id, span, rows=rows)
            if found is None:
                return None
            made[key] = found
        elif key in _LISTS and isinstance(inner, list):
            ranges = [moved_range(one, sheet_id, span, rows=rows) for one in inner]
            made[key] = [one for one in ranges if one is not None]
            if inner and not made[key] and key == "ranges":
                return None
        elif isinstance(inner, dict):
            made[key] = _moved(inner, sheet_id, span, rows=rows) or {}
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            made[key] = _kept(inner, sheet_id, span, rows=rows)
        else:
            made[key] = inner
    return made


def moved_range(grid_range: Json, sheet_id: int, span: Span, *, rows: bool) -> Json | None:
    """A GridRange or DimensionRange after the change; None when all of it has gone."""
    if int(grid_range.get("sheetId", 0)) != sheet_id:
        return grid_range
    start, end = (
        ("startRowIndex", "endRowIndex") if rows else ("startColumnIndex", "endColumnIndex")
    )
    if "dimension" in grid_range:
        if (grid_range["dimension"] == "ROWS") != rows:
            return grid_range
        start, end = "startIndex", "endIndex"
    if start not in grid_range and end not in grid_range:
        return grid_range
    low = grid_range.get(start, 0)
    high = grid_range.get(end)
    found = span(low, 10**9 if high is None else high - 1)
    if found is None:
        return None
    made = {**grid_range}
    if start in grid_range or found[0]:
        made[start] = found[0]
    if high is not None:
        made[end] = found[1] + 1
    return made
