"""Requests that take cells elsewhere: sortRange, copyPaste, cutPaste, findReplace and their like.

Source: the request reference. Sorting puts numbers before text before booleans, blanks last
whatever the order; cells move with their formats, notes and checks; rows that do not show keep
their places (seen on the live service by others, 2026).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from .a1 import Rect, spelled
from .cells import NOTHING, Cell, Failure, Formula, Value
from .entered import entered
from .errors import invalid
from .formula_text import shifted
from .formula_values import compare
from .locales import locale

if TYPE_CHECKING:
    from .batch import Batch
    from .state import Sheet

Json = dict[str, Any]


def sort_range(batch: Batch, body: Json) -> None:
    """sortRange: whole rows of the range, by absolute column indices."""
    given = body.get("range", {})
    sheet = batch.draft.sheet(int(given.get("sheetId", 0)))
    if given.get("startRowIndex", 0) >= sheet.rows:
        raise invalid(f"range.startRowIndex is larger than current grid size ({sheet.rows})")
    sheet, rect = batch.draft.rect(given)
    batch.call.check_protection(batch.draft, sheet, rect)
    for merge in sheet.merges:
        if merge.meets(rect) and merge.rows > 1:
            raise invalid(
                "You can't sort a range containing vertical merges. There is a vertical merge at "
                + spelled(sheet.title, merge).rpartition("!")[2]
            )
    sort_rows(batch, sheet, rect, body.get("sortSpecs", []))


def sort_rows(batch: Batch, sheet: Sheet, rect: Rect, specs: list[Json]) -> None:
    """Put the rows of a part of the tab in order; equal ones stay, hidden ones too."""
    calculation = batch.calculation()
    for spec in specs:
        if not rect.left <= spec.get("dimensionIndex", 0) < rect.right:
            raise invalid(f"Sort column {spec.get('dimensionIndex', 0)} is outside of the range.")
    keys = {
        row: [calculation.value(sheet, row, spec.get("dimensionIndex", 0)) for spec in specs]
        for row in range(rect.top, rect.bottom)
        if not sheet.row_props.get(row, {}).get("hiddenByUser")
    }

    def order(one: int, other: int) -> int:
        for spec, left, right in zip(specs, keys[one], keys[other], strict=True):
            found = _order(left, right, down=spec.get("sortOrder") == "DESCENDING")
            if found:
                return found
        return 0

    places = list(keys)
    rows = sorted(places, key=cmp_to_key(order))
    old = {row: [sheet.get(row, c) for c in range(rect.left, rect.right)] for row in rows}
    for to, row in zip(places, rows, strict=True):
        for column, cell in enumerate(old[row], start=rect.left):
            sheet.put(to, column, _moved(cell, to - row, 0))


def _order(left: Value, right: Value, *, down: bool) -> int:
    for rank in (None, Failure):
        flags = [one is None if rank is None else isinstance(one, Failure) for one in (left, right)]
        if any(flags):
            return flags[0] - flags[1]
    found = compare(left, right)
    return -found if down else found


def _moved(cell: Cell, rows: int, columns: int) -> Cell:
    if isinstance(cell.value, Formula) and (rows or columns):
        return replace(cell, value=Formula(shifted(cell.value.text, rows, columns)))
    return cell


def copy_paste(batch: Batch, body: Json) -> None:
    """copyPaste: the source is repeated over a larger destination."""
    source, area = batch.draft.rect(body.get("source", {}))
    target, room = batch.draft.rect(body.get("destination", {}))
    if not area.rows or not area.columns:
        raise invalid("The source range is empty.")
    flip = body.get("pasteOrientation") == "TRANSPOSE"
    height, width = (area.columns, area.rows) if flip else (area.rows, area.columns)
    down = max(room.rows // height, 1) * height if room.rows % height == 0 else height
    right = max(room.columns // width, 1) * width if room.columns % width == 0 else width
    written = Rect(
        room.top,
        min(room.top + down, target.rows),
        room.left,
        min(room.left + right, target.columns),
    )
    batch.call.check_protection(batch.draft, target, written)
    calculation = batch.calculation()
    taken = {
        place: (source.get(*place), calculation.value(source, *place)) for place in area.places()
    }
    kind = body.get("pasteType", "PASTE_NORMAL")
    for row, column in written.places():
        y, x = (row - written.top) % height, (column - written.left) % width
        at = (area.top + x, area.left + y) if flip else (area.top + y, area.left + x)
        cell, value = taken[at]
        cell = _moved(cell, row - at[0], column - at[1])
        target.put(row, column, pasted(target.get(row, column), cell, value, kind))


def pasted(old: Cell, new: Cell, value: Value, kind: str) -> Cell:
    """What a PasteType leaves in a cell."""
    match kind:
        case "PASTE_VALUES":
            return old.with_value(value)
        case "PASTE_FORMULA":
            return old.with_value(new.value)
        case "PASTE_FORMAT":
            return replace(old, format=new.format)
        case "PASTE_NO_BORDERS":
            look = {k: v for k, v in (new.format or {}).items() if k != "borders"}
            return replace(new, format=look or None)
        case "PASTE_DATA_VALIDATION":
            return replace(old, validation=new.validation)
        case "PASTE_CONDITIONAL_FORMATTING":
            return old
    return new


def cut_paste(batch: Batch, body: Json) -> None:
    """cutPaste: cells move as they are (references to them are not rewritten here)."""
    source, area = batch.draft.rect(body.get("source", {}))
    start = body.get("destination", {})
    target = batch.draft.sheet(int(start.get("sheetId", 0)))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    written = Rect(top, top + area.rows, left, left + area.columns)
    for sheet, rect in ((source, area), (target, written)):
        batch.call.check_protection(batch.draft, sheet, rect)
    if written.bottom > target.rows or written.right > target.columns:
        raise invalid("The destination is too small for the source.")
    taken = {place: source.get(*place) for place in area.places()}
    for place in taken:
        source.put(*place, NOTHING)
    kind = body.get("pasteType", "PASTE_NORMAL")
    for (row, column), cell in taken.items():
        at = (row - area.top + top, column - area.left + left)
        value = None if isinstance(cell.value, Formula) else cell.value
        target.put(*at, pasted(target.get(*at), cell, value, kind))


def find_replace(batch: Batch, body: Json) -> Json:
    """findReplace; the counts of its answer leave out what is zero."""
    pattern = _pattern(body)
    replacement = str(body.get("replacement", ""))
    if body.get("searchByRegex"):
        replacement = re.sub(r"\$(\d)", r"\\\1", replacement)
    else:
        replacement = replacement.replace("\\", "\\\\")
    counts = dict.fromkeys(
        ("valuesChanged", "formulasChanged", "rowsChanged", "sheetsChanged", "occurrencesChanged"),
        0,
    )
    for sheet, rect in _searched(batch, body):
        rows = set()
        for row, column, cell in list(sheet.filled(rect)):
            found = _replaced(batch, cell, pattern, replacement, body)
            if found is None:
                continue
            new, count = found
            batch.call.check_protection(batch.draft, sheet, Rect(row, row + 1, column, column + 1))
            sheet.put(row, column, new)
            is_formula = isinstance(cell.value, Formula)
            counts["formulasChanged" if is_formula else "valuesChanged"] += 1
            counts["occurrencesChanged"] += count
            rows.add(row)
        counts["rowsChanged"] += len(rows)
        counts["sheetsChanged"] += bool(rows)
    return {name: count for name, count in counts.items() if count}


def _pattern(body: Json) -> re.Pattern[str]:
    said = str(body.get("find", ""))
    if not said:
        raise invalid("Find text must not be empty.")
    text = said if body.get("searchByRegex") else re.escape(said)
    if body.get("matchEntireCell"):
        text = rf"\A(?:{text})\Z"
    try:
        return re.compile(text, 0 if body.get("matchCase") else re.IGNORECASE)
    except re.error as error:
        raise invalid(f"Invalid regular expression: {said}") from error


def _searched(batch: Batch, body: Json) -> list[tuple[Sheet, Rect]]:
    if "range" in body:
        return [batch.draft.rect(body["range"])]
    if body.get("allSheets"):
        return [(sheet, sheet.whole) for sheet in batch.draft.sheets]
    if "sheetId" in body:
        sheet = batch.draft.sheet(int(body["sheetId"]))
        return [(sheet, sheet.whole)]
    raise invalid("One of range, sheetId or allSheets must be set.")


def _replaced(
    batch: Batch, cell: Cell, pattern: re.Pattern[str], replacement: str, body: Json
) -> tuple[Cell, int] | None:
    """The cell after the replacement, and how often it was done; None: nothing found."""
    where = locale(batch.draft.locale)
    today = batch.call.store.now().date()
    if isinstance(cell.value, Formula):
        if not body.get("includeFormulas"):
            return None
        made, count = pattern.subn(replacement, cell.value.text)
        return (cell.with_value(entered(made, where, today)[0]), count) if count else None
    if not isinstance(cell.value, str | float) or isinstance(cell.value, bool):
        return None
    text = cell.value if isinstance(cell.value, str) else f"{cell.value:g}"
    made, count = pattern.subn(replacement, text)
    if not count:
        return None
    own = (cell.format or {}).get("numberFormat")
    return cell.with_value(entered(made, where, today, own)[0]), count


def trim_whitespace(batch: Batch, body: Json) -> Json:
    """`trimWhitespace`."""
    sheet, rect = batch.draft.rect(body.get("range", {}))
    batch.call.check_protection(batch.draft, sheet, rect)
    count = 0
    for row, column, cell in list(sheet.filled(rect)):
        if isinstance(cell.value, str) and " ".join(cell.value.split()) != cell.value:
            sheet.put(row, column, cell.with_value(" ".join(cell.value.split())))
            count += 1
    return {"cellsChangedCount": count} if count else {}


def delete_duplicates(batch: Batch, body: Json) -> Json:
    """deleteDuplicates: later equal rows of the range go, the rest moves up."""
    sheet, rect = batch.draft.rect(body.get("range", {}))
    batch.call.check_protection(batch.draft, sheet, rect)
    calculation = batch.calculation()
    spans = body.get("comparisonColumns") or [{"startIndex": rect.left, "endIndex": rect.right}]
    columns = [
        c
        for span in spans
        for c in range(span.get("startIndex", 0), span.get("endIndex", rect.right))
    ]
    seen, kept = set(), []
    for row in range(rect.top, rect.bottom):
        key = tuple(_plain(calculation.value(sheet, row, column)) for column in columns)
        if key not in seen or all(one is None for one in key):
            kept.append([sheet.get(row, column) for column in range(rect.left, rect.right)])
        seen.add(key)
    gone = rect.rows - len(kept)
    kept += [[NOTHING] * rect.columns] * gone
    for row, line in enumerate(kept, start=rect.top):
        for column, cell in enumerate(line, start=rect.left):
            sheet.put(row, column, cell)
    return {"duplicatesRemovedCount": gone} if gone else {}


def _plain(value: Value) -> object:
    return value.casefold() if isinstance(value, str) else value
