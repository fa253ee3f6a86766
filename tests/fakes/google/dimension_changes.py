"""Requests about rows and columns.

Source: <https://developers.google.com/workspace/sheets/api/guides/rowcolumn>. The refusals of a
deletion past the end and of an insertion at the end are as people quote them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import masks
from .a1 import Rect
from .errors import invalid
from .shifting import delete, insert, move
from .state import COLUMN_WIDTH, Sheet
from .wire import wire

if TYPE_CHECKING:
    from .batch import Batch

Json = dict[str, Any]


def _span(batch: Batch, given: Json, *, cut: bool = True) -> tuple[Sheet, bool, int, int]:
    """(tab, whether rows, start, end) of a DimensionRange."""
    sheet = batch.draft.sheet(int(given.get("sheetId", 0)))
    kind = given.get("dimension")
    if kind not in {"ROWS", "COLUMNS"}:
        raise invalid("No dimension specified.")
    rows = kind == "ROWS"
    count = sheet.rows if rows else sheet.columns
    start, end = given.get("startIndex", 0), given.get("endIndex", count)
    if start < 0 or end < start:
        raise invalid(f"range.endIndex[{end}] must be greater than range.startIndex[{start}]")
    return sheet, rows, start, min(end, count) if cut else end


def _rect(sheet: Sheet, start: int, end: int, *, rows: bool) -> Rect:
    return Rect(start, end, 0, sheet.columns) if rows else Rect(0, sheet.rows, start, end)


def insert_dimension(batch: Batch, body: Json) -> None:
    """`insertDimension`."""
    sheet, rows, start, end = _span(batch, body.get("range", {}), cut=False)
    count = sheet.rows if rows else sheet.columns
    before = bool(body.get("inheritFromBefore"))
    if before and start == 0:
        raise invalid("inheritFromBefore cannot be true when inserting at index 0.")
    if start > count:
        raise invalid(f"range.startIndex is larger than current grid size ({count})")
    if start == count and not before:
        raise invalid(
            f"range.startIndex must be less than the grid size ({count}) if inheritFromBefore "
            "is false."
        )
    batch.call.check_protection(batch.draft, sheet, _inside(sheet, start, rows=rows))
    insert(batch.draft, sheet, rows=rows, at=start, count=end - start, from_before=before)


def _inside(sheet: Sheet, at: int, *, rows: bool) -> Rect:
    """A row or column that an insertion pushes, where a protection holds both its neighbours."""
    return _rect(sheet, at, at, rows=rows)


def delete_dimension(batch: Batch, body: Json) -> None:
    """`deleteDimension`."""
    sheet, rows, start, end = _span(batch, body.get("range", {}))
    name, count = ("row", sheet.rows) if rows else ("column", sheet.columns)
    if start >= count:
        raise invalid(
            f"Cannot delete a {name} that doesn't exist. Tried to delete {name} index {start} but "
            f"there are only {count} {name}s."
        )
    if end - start >= count:
        raise invalid(f"You can't delete all the {name}s on the sheet.")
    frozen = sheet.properties["gridProperties"].get(f"frozen{name.title()}Count", 0)
    kept_frozen = frozen - max(0, min(end, frozen) - start)
    if frozen and count - (end - start) <= kept_frozen:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {name}s.")
    batch.call.check_protection(batch.draft, sheet, _rect(sheet, start, end, rows=rows))
    delete(batch.draft, sheet, rows=rows, start=start, end=end)
    if kept_frozen != frozen:
        sheet.properties["gridProperties"][f"frozen{name.title()}Count"] = kept_frozen


def append_dimension(batch: Batch, body: Json) -> None:
    """`appendDimension`."""
    sheet = batch.draft.sheet(int(body.get("sheetId", 0)))
    length = body.get("length", 0)
    if length <= 0:
        raise invalid("length must be greater than 0.")
    if body.get("dimension") == "COLUMNS":
        sheet.columns += length
    elif body.get("dimension") == "ROWS":
        sheet.rows += length
    else:
        raise invalid("No dimension specified.")


def move_dimension(batch: Batch, body: Json) -> None:
    """moveDimension: the destination counts places before the move."""
    sheet, rows, start, end = _span(batch, body.get("source", {}))
    to = body.get("destinationIndex", 0)
    if start < to < end:
        raise invalid("The destination index is within the source range.")
    name = "row" if rows else "column"
    for merge in sheet.merges:
        first, last = (merge.top, merge.bottom) if rows else (merge.left, merge.right)
        if last - first > 1 and ((first < end and last > start) or first < to < last):
            raise invalid(
                f"Sorry, it is not possible to move a {name} to a position that crosses a merged "
                "cell. Please unmerge and try again."
            )
    batch.call.check_protection(batch.draft, sheet, _rect(sheet, start, end, rows=rows))
    move(batch.draft, sheet, rows=rows, start=start, end=end, to=to)


def update_dimension_properties(batch: Batch, body: Json) -> None:
    """`updateDimensionProperties`."""
    sheet, rows, start, end = _span(batch, body.get("range", {}))
    wanted = masks.paths(body.get("fields"), "DimensionProperties", "properties")
    batch.call.check_protection(batch.draft, sheet, _rect(sheet, start, end, rows=rows))
    kept = sheet.row_props if rows else sheet.column_props
    for index in range(start, end):
        made = masks.merged(kept.get(index, {}), body.get("properties", {}), wanted)
        if made:
            kept[index] = made
        else:
            kept.pop(index, None)


def auto_resize(batch: Batch, body: Json) -> None:
    """autoResizeDimensions: a width by the longest text, seven pixels a character (an estimate)."""
    sheet, rows, start, end = _span(batch, body.get("dimensions", {}))
    if rows:
        for index in range(start, end):
            sheet.row_props.pop(index, None)
        return
    for index in range(start, end):
        texts = [c.value for _, _, c in sheet.filled(Rect(0, sheet.rows, index, index + 1))]
        longest = max((len(str(one)) for one in texts if one is not None), default=0)
        size = longest * 7 + 10 if longest else COLUMN_WIDTH
        sheet.column_props[index] = {**sheet.column_props.get(index, {}), "pixelSize": size}


def _groups(sheet: Sheet, *, rows: bool) -> list[Json]:
    return sheet.objects["rowGroups" if rows else "columnGroups"]


def add_group(batch: Batch, body: Json) -> Json:
    """addDimensionGroup: groups in groups are one deeper."""
    given = body.get("range", {})
    sheet, rows, start, end = _span(batch, given)
    kept = _groups(sheet, rows=rows)
    span = {
        "sheetId": sheet.id,
        "dimension": given["dimension"],
        "startIndex": start,
        "endIndex": end,
    }
    kept.append({"range": span, "depth": 1})
    _deepen(kept)
    sheet.properties["gridProperties"][f"{'row' if rows else 'column'}GroupControlAfter"] = True
    return {"dimensionGroups": wire(kept)}


def _deepen(kept: list[Json]) -> None:
    kept.sort(key=lambda one: (one["range"]["startIndex"], -one["range"]["endIndex"]))
    for index, one in enumerate(kept):
        mine = one["range"]
        one["depth"] = 1 + sum(
            other["range"]["startIndex"] <= mine["startIndex"]
            and mine["endIndex"] <= other["range"]["endIndex"]
            for other in kept[:index]
        )


def delete_group(batch: Batch, body: Json) -> Json:
    """deleteDimensionGroup: the deepest group of that very span."""
    sheet, rows, start, end = _span(batch, body.get("range", {}))
    kept = _groups(sheet, rows=rows)
    found = [
        one
        for one in kept
        if (one["range"]["startIndex"], one["range"]["endIndex"]) == (start, end)
    ]
    if not found:
        raise invalid("No dimension group was found for the given range.")
    kept.remove(max(found, key=lambda one: one["depth"]))
    _deepen(kept)
    return {"dimensionGroups": wire(kept)} if kept else {}


def update_group(batch: Batch, body: Json) -> None:
    """updateDimensionGroup: folded or not."""
    given = body.get("dimensionGroup", {})
    sheet, rows, start, end = _span(batch, given.get("range", {}))
    masks.paths(body.get("fields"), "DimensionGroup", "dimensionGroup")
    for one in _groups(sheet, rows=rows):
        span = (one["range"]["startIndex"], one["range"]["endIndex"])
        if span == (start, end) and one["depth"] == given.get("depth", 1):
            one["collapsed"] = bool(given.get("collapsed"))
            kept = sheet.row_props if rows else sheet.column_props
            for index in range(start, end):
                kept[index] = {**kept.get(index, {}), "hiddenByUser": one["collapsed"]}
            return
    raise invalid("No dimension group was found for the given range.")


def _shift_part(batch: Batch, body: Json, *, inserting: bool) -> None:
    """Cells beside the range move; references to them do not follow here."""
    sheet, rect = batch.draft.rect(body.get("range", {}))
    batch.call.check_protection(batch.draft, sheet, rect)
    rows = body.get("shiftDimension", "ROWS") == "ROWS"
    size = rect.rows if rows else rect.columns
    tail = (
        Rect(rect.top, sheet.rows, rect.left, rect.right)
        if rows
        else Rect(rect.top, rect.bottom, rect.left, sheet.columns)
    )
    moved = []
    for row, column, cell in list(sheet.filled(tail)):
        sheet.put(
            row,
            column,
            replace(cell, value=None, format=None, note="", validation=None, runs=(), pivot=None),
        )
        if inserting or (row, column) not in rect:
            step = size if inserting else -size
            moved.append((row + step, column, cell) if rows else (row, column + step, cell))
    for row, column, cell in moved:
        if row < sheet.rows and column < sheet.columns:
            sheet.put(row, column, cell)


def insert_range(batch: Batch, body: Json) -> None:
    """`insertRange`."""
    _shift_part(batch, body, inserting=True)


def delete_range(batch: Batch, body: Json) -> None:
    """`deleteRange`."""
    _shift_part(batch, body, inserting=False)
