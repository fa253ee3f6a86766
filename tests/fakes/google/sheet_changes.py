"""Requests about tabs and the spreadsheet itself.

Source: <https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request>
and SheetProperties.index: an index counts places before the move; one that would leave the tab
where it is does nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import locales, masks
from .a1 import Rect
from .cells import Formula
from .errors import PROTECTED, invalid
from .formula_text import renamed
from .shifting import delete, rewrite
from .state import Document, Sheet, new_sheet
from .store import protection_rect
from .wire import coloured, style_paths, wire

if TYPE_CHECKING:
    from .batch import Batch

Json = dict[str, Any]
TITLE_LIMIT = 100


def add_sheet(batch: Batch, body: Json) -> Json:
    """`addSheet`."""
    from .spreadsheets import properties  # noqa: PLC0415  # it imports this module

    made = added_sheet(batch.draft, body.get("properties", {}))
    return {"properties": properties(batch.draft, made)}


def added_sheet(document: Document, given: Json, first_id: int | None = None) -> Sheet:
    """A new tab in its place.

    Raises:
        ApiError: 400 for a title or an id that is taken.
    """
    title = given.get("title") or unique_title(document, f"Sheet{len(document.sheets) + 1}")
    _check_title(document, title, None)
    sheet_id = given.get("sheetId", first_id if first_id is not None else document.new_id())
    if sheet_id < 0:
        raise invalid("Sheet id must be non-negative.")
    if any(one.id == sheet_id for one in document.sheets):
        raise invalid(f"Sheet with id {sheet_id} already exists.")
    made = new_sheet(sheet_id, title)
    grid = given.get("gridProperties", {})
    made.properties |= {
        key: coloured(value)
        for key, value in given.items()
        if key not in {"sheetId", "title", "index", "gridProperties", "sheetType"}
    }
    made.properties["gridProperties"] |= grid
    _check_frozen(made)
    document.sheets.insert(given.get("index", len(document.sheets)), made)
    return made


def unique_title(document: Document, title: str) -> str:
    """The title, numbered if it is taken."""
    made, count = title, 1
    while document.by_title(made):
        count += 1
        made = f"{title} {count}"
    return made


def _check_title(document: Document, title: str, own: Sheet | None) -> None:
    taken = document.by_title(title)
    if taken is not None and taken is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    if len(title) > TITLE_LIMIT:
        raise invalid(f"The sheet name cannot be greater than {TITLE_LIMIT} characters.")
    if not title:
        raise invalid("The sheet name cannot be empty.")


def _check_frozen(sheet: Sheet) -> None:
    grid = sheet.properties["gridProperties"]
    for name, frozen in (("row", "frozenRowCount"), ("column", "frozenColumnCount")):
        if grid[f"{name}Count"] < 1:
            raise invalid(f"gridProperties.{name}Count must be greater than 0.")
        if grid.get(frozen, 0) >= grid[f"{name}Count"]:
            raise invalid(f"You can't freeze all visible {name}s on the sheet.")


def delete_sheet(batch: Batch, body: Json) -> None:
    """deleteSheet; formulas that read it become #REF!."""
    document = batch.draft
    sheet = document.sheet(int(body.get("sheetId", 0)), "No sheet with id: {}")
    _check_whole(batch, sheet)
    shown = [one for one in document.sheets if not one.properties.get("hidden")]
    if shown == [sheet]:
        raise invalid("You can't remove all the visible sheets in a document.")
    rewrite(document, sheet, lambda reference: None if reference.sheet is not None else reference)
    document.sheets.remove(sheet)
    document.named_ranges = [
        one for one in document.named_ranges if one["range"].get("sheetId", 0) != sheet.id
    ]
    document.metadata = [one for one in document.metadata if not _on(one["location"], sheet.id)]


def _on(location: Json, sheet_id: int) -> bool:
    span = location.get("dimensionRange")
    if span:
        return bool(span.get("sheetId", 0) == sheet_id)
    return bool(location.get("sheetId") == sheet_id)


def _check_whole(batch: Batch, sheet: Sheet) -> None:
    """Refuse to delete or rename what holds a protection that is not the caller's."""
    for one in sheet.objects["protectedRanges"]:
        if protection_rect(batch.draft, sheet, one) and not batch.call.may_edit(one):
            raise invalid(PROTECTED)


def duplicate_sheet(batch: Batch, body: Json) -> Json:
    """`duplicateSheet`: the copy comes first unless told, unprotected and not hidden (probed)."""
    from .spreadsheets import properties  # noqa: PLC0415  # it imports this module

    document = batch.draft
    source = document.sheet(int(body.get("sourceSheetId", 0)), "No sheet with id: {}")
    title = body.get("newSheetName") or unique_title(document, f"Copy of {source.title}")
    _check_title(document, title, None)
    made = source.copy()
    made.id = body.get("newSheetId") or document.new_id()
    if any(one.id == made.id for one in document.sheets):
        raise invalid(f"Sheet with id {made.id} already exists.")
    made.properties["title"] = title
    made.properties.pop("hidden", None)
    made.objects["protectedRanges"] = []
    made.objects = _renumbered(document, made.objects, source.id, made.id)
    document.sheets.insert(body.get("insertSheetIndex", 0), made)
    return {"properties": properties(document, made)}


def _renumbered(document: Document, value: Any, old: int, new: int) -> Any:
    """The objects of a copied tab: on the new tab, with new ids."""
    if isinstance(value, list):
        return [_renumbered(document, one, old, new) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _renumbered(document, inner, old, new) for key, inner in value.items()}
    if "startRowIndex" in made or "sheetId" in made or "dimension" in made:
        made["sheetId"] = new if made.get("sheetId", 0) == old else made.get("sheetId", 0)
    for key in ("protectedRangeId", "bandedRangeId", "chartId", "filterViewId"):
        if key in made:
            made[key] = document.new_id()
    return made


def update_sheet_properties(batch: Batch, body: Json) -> None:
    """`updateSheetProperties`."""
    given = body.get("properties", {})
    sheet = batch.draft.sheet(int(given.get("sheetId", 0)), "No sheet with id: {}")
    wanted = masks.paths(body.get("fields"), "SheetProperties", "properties")
    if ("*",) in wanted:
        names = [key for key in given if key != "sheetId"]
        wanted = [(name,) for name in names]
    for path in wanted:
        if path == ("index",):
            _move(batch.draft, sheet, int(given.get("index", 0)))
        elif path == ("title",):
            _rename(batch, sheet, str(given.get("title", "")))
    rest = [path for path in wanted if path[0] not in {"index", "title", "sheetId", "sheetType"}]
    old = sheet.rows, sheet.columns
    made = masks.merged(sheet.properties, coloured(given), style_paths(rest))
    if made.get("hidden") and _is_last_shown(batch.draft, sheet):
        raise invalid("You can't hide all the sheets in a document.")
    _resize(batch, sheet, made, old)


def _resize(batch: Batch, sheet: Sheet, made: Json, old: tuple[int, int]) -> None:
    """Rows and columns cut off are deleted, with what is in them."""
    grid = {"rowCount": old[0], "columnCount": old[1], **made.get("gridProperties", {})}
    wanted = grid["rowCount"], grid["columnCount"]
    sheet.properties = made
    sheet.properties["gridProperties"] = grid
    _check_frozen(sheet)
    sheet.rows, sheet.columns = old
    for index, rows in ((0, True), (1, False)):
        if wanted[index] < old[index]:
            gone = (
                Rect(wanted[0], old[0], 0, old[1]) if rows else Rect(0, old[0], wanted[1], old[1])
            )
            batch.call.check_protection(batch.draft, sheet, gone)
            delete(batch.draft, sheet, rows=rows, start=wanted[index], end=old[index])
    sheet.rows, sheet.columns = wanted


def _is_last_shown(document: Document, sheet: Sheet) -> bool:
    return all(one is sheet or one.properties.get("hidden") for one in document.sheets)


def _move(document: Document, sheet: Sheet, index: int) -> None:
    now = document.sheets.index(sheet)
    if index in {now, now + 1}:
        return
    if not 0 <= index <= len(document.sheets):
        raise invalid(f"Sheet index {index} is out of range.")
    document.sheets.remove(sheet)
    document.sheets.insert(index - 1 if index > now else index, sheet)


def _rename(batch: Batch, sheet: Sheet, title: str) -> None:
    if title == sheet.title:
        return
    _check_whole(batch, sheet)
    _check_title(batch.draft, title, sheet)
    for other in batch.draft.sheets:
        for kept in other.cells.values():
            for column, cell in kept.items():
                if isinstance(cell.value, Formula):
                    text = renamed(cell.value.text, sheet.title, title)
                    kept[column] = replace(cell, value=Formula(text))
    sheet.properties["title"] = title


def update_spreadsheet_properties(batch: Batch, body: Json) -> None:
    """`updateSpreadsheetProperties`; a new locale changes how numbers show, not what they are."""
    given = body.get("properties", {})
    wanted = masks.paths(body.get("fields"), "SpreadsheetProperties", "properties")
    made = masks.merged(batch.draft.properties, wire(coloured(given)), style_paths(wanted))
    if not locales.known(str(made.get("locale", ""))):
        raise invalid(f"Unsupported locale: {made.get('locale', '')}")
    batch.draft.properties = {**batch.draft.properties, **made}
