"""spreadsheets.get and its neighbours: create, copyTo, developerMetadata; a Spreadsheet's JSON.

Source: <https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets>. A field
mask decides alone whether grid data comes (the `includeGridData` parameter is then ignored, as its
documentation says); with `ranges` only the tabs that they touch come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import masks, ranges
from .errors import invalid, not_found
from .rendering import grid_data
from .sheet_changes import added_sheet, unique_title
from .state import OBJECTS, Document, Sheet, grid_range, new_document
from .wire import wire

if TYPE_CHECKING:
    from .a1 import Rect
    from .store import Call

Json = dict[str, Any]


def get(call: Call) -> Json:
    """GET spreadsheets/{spreadsheetId}."""
    document = call.document()
    wanted = [ranges.cut(document, said) for said in call.query.get("ranges", [])]
    fields = call.query.get("fields")
    data = bool(call.query.get("includeGridData"))
    if fields:
        tree = masks.read(fields)
        data = _wants_data(tree)
    return spreadsheet(call, document, wanted, with_data=data)


def _wants_data(tree: masks.Tree) -> bool:
    sheets = tree.get("sheets")
    if "*" in tree:
        return True
    return sheets is not None and (not sheets or "data" in sheets or "*" in sheets)


def get_by_filter(call: Call) -> Json:
    """POST spreadsheets/{spreadsheetId}:getByDataFilter."""
    document = call.document()
    wanted = [ranges.filtered(document, one) for one in call.body.get("dataFilters", [])]
    fields = call.query.get("fields")
    data = _wants_data(masks.read(fields)) if fields else bool(call.body.get("includeGridData"))
    return spreadsheet(call, document, wanted, with_data=data)


def spreadsheet(
    call: Call, document: Document, wanted: list[tuple[Sheet, Rect]], *, with_data: bool
) -> Json:
    """A Spreadsheet, with grid data of the wanted ranges (of all when there are none)."""
    made: Json = {"spreadsheetId": document.id, "properties": wire(document.properties)}
    sheets = []
    for sheet in document.sheets:
        parts = [rect for other, rect in wanted if other is sheet]
        if wanted and not parts:
            continue
        shown = sheet_json(call, document, sheet, parts)
        if with_data:
            calculation = call.calculation(document)
            default = document.properties["defaultFormat"]
            data = [grid_data(calculation, sheet, r, default) for r in parts or [sheet.whole]]
            shown = {"properties": shown.pop("properties"), "data": data, **shown}
        sheets.append(shown)
    made["sheets"] = sheets
    if document.named_ranges:
        made["namedRanges"] = wire(document.named_ranges)
    made["spreadsheetUrl"] = call.web_page.format(document.id)
    own = [one for one in document.metadata if one["location"].get("spreadsheet")]
    if own:
        made["developerMetadata"] = wire(own)
    return made


def properties(document: Document, sheet: Sheet) -> Json:
    """SheetProperties, in the order of recorded answers."""
    kept = sheet.properties
    first = {"sheetId": sheet.id, "title": sheet.title, "index": document.sheets.index(sheet)}
    made: Json = wire({**first, "sheetType": kept["sheetType"], **kept})
    return made


def sheet_json(call: Call, document: Document, sheet: Sheet, parts: list[Rect]) -> Json:
    """A Sheet without its data; of merges those that the asked parts touch (seen by others)."""
    made: Json = {"properties": properties(document, sheet)}
    merges = [one for one in sheet.merges if not parts or any(map(one.meets, parts))]
    if merges:
        made["merges"] = wire([grid_range(sheet.id, rect) for rect in merges])
    for name in OBJECTS:
        listed = sheet.objects[name]
        if name == "protectedRanges":
            listed = [protected(call, one) for one in listed]
        if name == "developerMetadata":
            listed = _sheet_metadata(document, sheet)
        if listed:
            made[name] = wire(listed)
        if name == "protectedRanges" and sheet.basic_filter is not None:
            made["basicFilter"] = wire(sheet.basic_filter)
    return made


def _sheet_metadata(document: Document, sheet: Sheet) -> list[Json]:
    return [one for one in document.metadata if one["location"].get("sheetId") == sheet.id]


def protected(call: Call, one: Json) -> Json:
    """A ProtectedRange as this caller sees it: editors only for who is one."""
    made = dict(one)
    if call.may_edit(one):
        made["requestingUserCanEdit"] = True
    else:
        made.pop("editors", None)
        made.pop("requestingUserCanEdit", None)
    return made


def create(call: Call) -> Json:
    """POST spreadsheets: refused to service accounts, who can own no files since 2025."""
    from .drive import own_file  # noqa: PLC0415  # drive renders spreadsheets

    body = call.body or {}
    given = body.get("properties", {})
    made = new_document(
        "",
        str(given.get("title", "Untitled spreadsheet")),
        locale=str(given.get("locale", "en_US")),
        time_zone=str(given.get("timeZone", "Etc/GMT")),
    )
    if body.get("sheets"):
        made.sheets = []
        for one in body["sheets"]:
            added_sheet(made, one.get("properties", {}), first_id=0 if not made.sheets else None)
    found = own_file(call.store, call.user, made)
    call.params["spreadsheetId"] = found.id
    return spreadsheet(call, made, [], with_data=False)


def copy_to(call: Call) -> Json:
    """POST spreadsheets/{spreadsheetId}/sheets/{sheetId}:copyTo."""
    source = call.document().sheet(int(call.params["sheetId"]))
    target = str(call.body.get("destinationSpreadsheetId", ""))
    there = type(call)(
        store=call.store, user=call.user, params={"spreadsheetId": target}, query={}, body=None
    )
    draft = there.draft()
    made = source.copy()
    made.id = draft.new_id()
    made.properties["title"] = unique_title(draft, f"Copy of {source.title}")
    draft.sheets.append(made)
    there.commit(draft)
    return properties(draft, made)


def metadata_get(call: Call) -> Json:
    """GET developerMetadata/{metadataId}."""
    wanted = call.params["metadataId"]
    for one in call.document().metadata:
        if str(one["metadataId"]) == wanted:
            made: Json = wire(one)
            return made
    raise not_found()


def metadata_search(call: Call) -> Json:
    """POST developerMetadata:search."""
    document = call.document()
    filters = call.body.get("dataFilters", [])
    if not filters:
        raise invalid("Must specify at least one data filter.")
    made = []
    for one in document.metadata:
        chosen = [
            f for f in filters if ranges.metadata_matches(one, f.get("developerMetadataLookup", {}))
        ]
        if chosen:
            made.append({"developerMetadata": wire(one), "dataFilters": chosen})
    return {"matchedDeveloperMetadata": made} if made else {}
