"""Requests that write cells: updateCells, appendCells, repeatCell, validation, merges, borders.

Source: <https://developers.google.com/workspace/sheets/api/guides/field-masks> and the request
reference. With a `range`, cells of it that `rows` does not give are cleared of the named fields;
appendCells writes below the last row that has a value, computed ones counted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import masks
from .a1 import Rect
from .cells import NOTHING, Cell, Formula, from_extended
from .errors import invalid
from .formula_text import shifted
from .state import TEXT_LIMIT, Sheet
from .wire import coloured, style_paths, wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .batch import Batch

Json = dict[str, Any]
Paths = list[tuple[str, ...]]
_OWN = {
    "userEnteredValue",
    "userEnteredFormat",
    "note",
    "dataValidation",
    "textFormatRuns",
    "pivotTable",
}


def update_cells(batch: Batch, body: Json) -> None:
    """`updateCells`."""
    wanted = cell_paths(body)
    rows = body.get("rows", [])
    if "start" in body:
        sheet, rect = _from_start(batch, body["start"], rows)
        _check_fit(rows, sheet.rows - rect.top, sheet.columns - rect.left, rect)
        limits = False
    else:
        sheet, rect = batch.draft.rect(body.get("range", {}))
        _check_fit(rows, rect.rows, rect.columns, rect)
        limits = True
    batch.call.check_protection(batch.draft, sheet, rect)
    for down in range(rect.rows if limits else len(rows)):
        values = rows[down].get("values", []) if down < len(rows) else []
        for right in range(rect.columns if limits else len(values)):
            data = values[right] if right < len(values) else {}
            _write(batch, sheet, (rect.top + down, rect.left + right), data, wanted)


def _from_start(batch: Batch, start: Json, rows: list[Json]) -> tuple[Sheet, Rect]:
    sheet = batch.draft.sheet(int(start.get("sheetId", 0)))
    row, column = start.get("rowIndex", 0), start.get("columnIndex", 0)
    for name, at, last in (("row", row, sheet.rows - 1), ("column", column, sheet.columns - 1)):
        if at > last:
            raise invalid(f"GridCoordinate.{name}Index[{at}] is after last {name} in grid[{last}]")
    width = max((len(one.get("values", [])) for one in rows), default=0)
    return sheet, Rect(row, row + len(rows), column, column + width)


def _check_fit(rows: list[Json], height: int, width: int, rect: Rect) -> None:
    if len(rows) > height:
        last = rect.top + height - 1
        raise invalid(
            f"Attempting to write row: {last + 1}, beyond the last requested row of: {last}"
        )
    for one in rows:
        if len(one.get("values", [])) > width:
            last = rect.left + width - 1
            raise invalid(
                f"Attempting to write column: {last + 1}, beyond the last requested column "
                f"of: {last}"
            )


def cell_paths(body: Json) -> Paths:
    """The update mask of a request about cells, without what cannot be written."""
    wanted = masks.paths(body.get("fields"), "CellData")
    if ("*",) in wanted:
        return [(name,) for name in sorted(_OWN)]
    return style_paths([path for path in wanted if path[0] in _OWN])


def _write(batch: Batch, sheet: Sheet, place: tuple[int, int], data: Json, wanted: Paths) -> None:
    sheet.put(*place, stored(batch, changed(sheet.get(*place), both_colours(data), wanted)))


def stored(batch: Batch, cell: Cell) -> Cell:
    """The cell with its formula as Google stores it."""
    if isinstance(cell.value, Formula):
        return replace(cell, value=batch.draft.canonical(cell.value))
    return cell


def both_colours(data: Json) -> Json:
    """A CellData whose colours are also styles, and the reverse."""
    looks: Json = {
        key: coloured(data[key]) for key in ("userEnteredFormat", "textFormatRuns") if key in data
    }
    return {**data, **looks} if looks else data


def changed(cell: Cell, data: Json, wanted: Paths) -> Cell:
    """The cell with the named fields as in the CellData (its colours already in both spellings).

    Raises:
        ApiError: 400 for a value that cannot be written.
    """
    for path in wanted:
        name = path[0]
        if name == "userEnteredValue":
            cell = cell.with_value(_value(data.get(name)))
        elif name == "userEnteredFormat":
            cell = replace(cell, format=_format(cell.format, data.get(name), path))
        elif name == "note":
            cell = replace(cell, note=str(data.get("note", "")))
        elif name == "dataValidation":
            cell = replace(cell, validation=checked_rule(data.get(name)))
        elif name == "textFormatRuns":
            cell = replace(cell, runs=tuple(data.get(name, [])))
        elif name == "pivotTable":
            cell = replace(cell, pivot=data.get(name))
    return cell


def _value(given: Json | None) -> Any:
    if given and "errorValue" in given:
        raise invalid("errorValue cannot be set; it is read only.")
    value = from_extended(given)
    said = value.text if isinstance(value, Formula) else value
    if isinstance(said, str) and len(said) > TEXT_LIMIT:
        raise invalid(
            f"Your input contains more than the maximum of {TEXT_LIMIT} characters in a single "
            "cell."
        )
    return value


def _format(old: Json | None, new: Json | None, path: tuple[str, ...]) -> Json | None:
    given = new or {}
    made = given if len(path) == 1 else masks.merged(old or {}, given, [path[1:]])
    return made or None


def append_cells(batch: Batch, body: Json) -> None:
    """appendCells: rows are added to a tab that is too short, columns too."""
    sheet = batch.draft.sheet(int(body.get("sheetId", 0)))
    wanted = cell_paths(body)
    rows = body.get("rows", [])
    top = max(batch.calculation().last_rows(sheet), default=-1) + 1
    width = max((len(one.get("values", [])) for one in rows), default=0)
    sheet.rows = max(sheet.rows, top + len(rows))
    sheet.columns = max(sheet.columns, width)
    batch.call.check_protection(batch.draft, sheet, Rect(top, top + len(rows), 0, width))
    for down, one in enumerate(rows):
        for right, data in enumerate(one.get("values", [])):
            _write(batch, sheet, (top + down, right), data, wanted)


def repeat_cell(batch: Batch, body: Json) -> None:
    """repeatCell; a formula's relative references move along."""
    wanted = cell_paths(body)
    sheet, rect = batch.draft.rect(body.get("range", {}))
    batch.call.check_protection(batch.draft, sheet, rect)
    data = body.get("cell", {})
    formula = data.get("userEnteredValue", {}).get("formulaValue")
    data = both_colours(data)
    fresh = None if formula else changed(NOTHING, data, wanted)
    for row, column in _places(sheet, rect, data):
        cell = sheet.get(row, column)
        if cell is NOTHING and fresh is not None:
            sheet.put(row, column, fresh)
            continue
        if formula:
            text = shifted(formula, row - rect.top, column - rect.left)
            data = {**data, "userEnteredValue": {"formulaValue": text}}
        sheet.put(row, column, stored(batch, changed(cell, data, wanted)))


def _places(sheet: Sheet, rect: Rect, data: Json) -> Iterable[tuple[int, int]]:
    """All places; only those in use when there is nothing to set."""
    if data:
        return rect.places()
    return [(row, column) for row, column, _ in list(sheet.filled(rect))]


_NUMBER_OF_VALUES = {
    "BOOLEAN": (0, 2), "ONE_OF_LIST": (1, 500), "ONE_OF_RANGE": (1, 1), "CUSTOM_FORMULA": (1, 1),
    "NUMBER_BETWEEN": (2, 2), "NUMBER_NOT_BETWEEN": (2, 2), "DATE_BETWEEN": (2, 2),
    "DATE_NOT_BETWEEN": (2, 2), "BLANK": (0, 0), "NOT_BLANK": (0, 0), "DATE_IS_VALID": (0, 0),
    "TEXT_IS_EMAIL": (0, 0), "TEXT_IS_URL": (0, 0),
}  # fmt: skip


def check_condition(condition: Json) -> None:
    """Refuse a BooleanCondition with too few or too many values, as documented for each type.

    Raises:
        ApiError: 400.
    """
    kind = condition.get("type")
    if not kind or kind == "CONDITION_TYPE_UNSPECIFIED":
        raise invalid("A condition type must be specified.")
    least, most = _NUMBER_OF_VALUES.get(kind, (1, 500))
    count = len(condition.get("values", []))
    if not least <= count <= most:
        raise invalid(
            f"{kind} conditions must have between {least} and {most} values, not {count}."
        )


def checked_rule(rule: Json | None) -> Json | None:
    """A validation rule to keep; None takes it away.

    Raises:
        ApiError: 400.
    """
    if not rule:
        return None
    check_condition(rule.get("condition", {}))
    made: Json = wire(rule)
    return made


def set_data_validation(batch: Batch, body: Json) -> None:
    """setDataValidation; without a rule it is taken away."""
    sheet, rect = batch.draft.rect(body.get("range", {}))
    batch.call.check_protection(batch.draft, sheet, rect)
    rule = checked_rule(body.get("rule"))
    for row, column in _places(sheet, rect, rule or {}):
        sheet.put(row, column, replace(sheet.get(row, column), validation=rule))


def merge_cells(batch: Batch, body: Json) -> None:
    """mergeCells: only the first cell of each merge keeps its value."""
    sheet, rect = batch.draft.rect(body.get("range", {}))
    batch.call.check_protection(batch.draft, sheet, rect)
    _drop_merges(sheet, rect)
    kind = body.get("mergeType", "MERGE_ALL")
    parts = [rect]
    if kind == "MERGE_ROWS":
        parts = [Rect(row, row + 1, rect.left, rect.right) for row in range(rect.top, rect.bottom)]
    elif kind == "MERGE_COLUMNS":
        parts = [Rect(rect.top, rect.bottom, c, c + 1) for c in range(rect.left, rect.right)]
    for part in parts:
        if part.rows == 1 and part.columns == 1:
            continue
        sheet.merges.append(part)
        for row, column, cell in list(sheet.filled(part)):
            if (row, column) != (part.top, part.left):
                sheet.put(row, column, cell.with_value(None))


def _drop_merges(sheet: Sheet, rect: Rect) -> None:
    for merge in sheet.merges:
        if merge.meets(rect) and not rect.holds(merge):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [merge for merge in sheet.merges if not merge.meets(rect)]


def unmerge_cells(batch: Batch, body: Json) -> None:
    """`unmergeCells`."""
    sheet, rect = batch.draft.rect(body.get("range", {}))
    batch.call.check_protection(batch.draft, sheet, rect)
    _drop_merges(sheet, rect)


def update_borders(batch: Batch, body: Json) -> None:
    """updateBorders: the outer sides on the edge, the inner ones between cells."""
    sheet, rect = batch.draft.rect(body.get("range", {}))
    batch.call.check_protection(batch.draft, sheet, rect)
    for row, column in rect.places():
        sides = {
            "top": body.get("top" if row == rect.top else "innerHorizontal"),
            "bottom": body.get("bottom" if row == rect.bottom - 1 else "innerHorizontal"),
            "left": body.get("left" if column == rect.left else "innerVertical"),
            "right": body.get("right" if column == rect.right - 1 else "innerVertical"),
        }
        cell = sheet.get(row, column)
        borders = dict((cell.format or {}).get("borders", {}))
        for side, given in sides.items():
            if given is not None and given.get("style", "NONE") != "NONE":
                borders[side] = coloured(given)
            elif given is not None:
                borders.pop(side, None)
        made = {**(cell.format or {}), "borders": borders}
        if not borders:
            del made["borders"]
        sheet.put(row, column, replace(cell, format=made or None))
