"""A range as text or as a data filter → a tab and its cells.

Source: <https://developers.google.com/workspace/sheets/api/guides/concepts>. A range without a
tab is on the first visible one; what reads as A1 is A1 before it is a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .a1 import Box, Rect, parse_box, split_sheet
from .errors import invalid
from .state import box_of, check_grid

if TYPE_CHECKING:
    from .state import Document, Sheet

Json = dict[str, Any]
Found = tuple["Sheet", Box]


def find(document: Document, said: str) -> Found:
    """The tab and the box that a text means.

    Raises:
        ApiError: 400 `Unable to parse range`.
    """
    title, rest = split_sheet(said)
    if title is not None:
        sheet = document.by_title(title)
        box = parse_box(rest) if rest else Box()
        if sheet is not None and box is not None:
            return sheet, box
        named = document.named(rest)
        if sheet is None or named is None or named["range"].get("sheetId", 0) != sheet.id:
            raise unreadable(said)
        return sheet, box_of(named["range"])
    box = parse_box(said)
    if box is not None:
        return first_visible(document), box
    named = document.named(said)
    if named is not None:
        return document.sheet(int(named["range"].get("sheetId", 0))), box_of(named["range"])
    sheet = document.by_title(said)
    if sheet is None:
        raise unreadable(said)
    return sheet, Box()


def first_visible(document: Document) -> Sheet:
    """The first tab that is not hidden."""
    return next(
        (one for one in document.sheets if not one.properties.get("hidden")), document.sheets[0]
    )


def unreadable(said: str) -> Exception:
    """The refusal of a range that means nothing."""
    return invalid(f"Unable to parse range: {said}")


def cut(document: Document, said: str) -> tuple[Sheet, Rect]:
    """The tab and the cells within its grid.

    Raises:
        ApiError: 400 unreadable, or starting past the grid.
    """
    sheet, box = find(document, said)
    check_grid(sheet, box)
    return sheet, box.within(sheet.rows, sheet.columns)


def filtered(document: Document, data_filter: Json) -> tuple[Sheet, Rect]:
    """The cells of a DataFilter: an A1 text, a GridRange, or the place of developer metadata.

    Raises:
        ApiError: 400.
    """
    if "a1Range" in data_filter:
        return cut(document, str(data_filter["a1Range"]))
    if "gridRange" in data_filter:
        return document.rect(data_filter["gridRange"])
    wanted = data_filter.get("developerMetadataLookup", {})
    for one in document.metadata:
        if metadata_matches(one, wanted):
            return _place(document, one["location"])
    raise invalid("No matching developer metadata was found.")


def metadata_matches(one: Json, lookup: Json) -> bool:
    """Whether a DeveloperMetadataLookup finds it."""
    for key in ("metadataId", "metadataKey", "metadataValue", "visibility"):
        if key in lookup and one.get(key) != lookup[key]:
            return False
    kind = lookup.get("locationType")
    return kind is None or one["location"]["locationType"] == kind


def _place(document: Document, location: Json) -> tuple[Sheet, Rect]:
    if "sheetId" in location:
        sheet = document.sheet(int(location["sheetId"]))
        return sheet, sheet.whole
    span = location.get("dimensionRange")
    if not span:
        raise invalid("Developer metadata of a spreadsheet has no cells.")
    sheet = document.sheet(int(span.get("sheetId", 0)))
    if span["dimension"] == "ROWS":
        return sheet, Rect(span["startIndex"], span["endIndex"], 0, sheet.columns)
    return sheet, Rect(0, sheet.rows, span["startIndex"], span["endIndex"])
