"""What stands in a Google spreadsheet already, as far as set-up looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sheet_templates import headings
from sheet_templates.google_layout import COLUMN_METADATA, quoted, sheet_id
from sheet_templates.schema import TABS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIELDS: Final = (
    "spreadsheetId,namedRanges,developerMetadata,sheets(properties,protectedRanges,bandedRanges,"
    "conditionalFormats,charts(chartId),basicFilter(range),developerMetadata,"
    "data(startRow,rowData(values(userEnteredValue,formattedValue,note,dataValidation))))"
)
"""The field mask of the answer that `present_sheet` reads; its ranges are `ranges_to_read`."""

COLUMN_SEARCH: Final[Mapping[str, object]] = {
    "dataFilters": [{"developerMetadataLookup": {"metadataKey": COLUMN_METADATA}}]
}
"""The body of the developerMetadata:search whose answer tells where the engine's columns stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentHeading:
    """The first cell of a column: what it shows, its formula, its note, the check below it."""

    index: int
    text: str
    formula: str | None = None
    has_note: bool = False
    is_checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentTab:
    """One tab.

    Attributes:
        sheet_id: Google's id of it.
        title: What people call it.
        rows: Rows of its grid; likewise `columns`.
        headings: The cells of its first row that hold something.
        marked: Column key → index, of the engine's columns, by their developer metadata.
        protections: Id of a protection → its editors' addresses.
        rules: Formulas of the conditional colours.
        is_banded: Some banding is there, ours or theirs.
        is_filtered: A filter is there.
        charts: Ids of the charts.
        is_blank: It is the only tab, read whole, and nothing stands in it.
    """

    sheet_id: int
    title: str
    rows: int
    columns: int
    headings: tuple[PresentHeading, ...] = ()
    marked: Mapping[str, int] = field(default_factory=dict)
    protections: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    is_banded: bool = False
    is_filtered: bool = False
    charts: frozenset[int] = frozenset()
    is_blank: bool = False

    def find(self, tab: str, column: str) -> PresentHeading | None:
        """Return the first cell of a schema's column; None when the tab has no such column.

        The mark on an engine's column counts before its heading: a heading may show an error.
        """
        at = self.marked.get(f"{tab}.{column}")
        for heading in self.headings:
            if heading.index == at if at is not None else _is(heading, tab, column):
                return heading
        return None if at is None else PresentHeading(index=at, text="")


def _is(heading: PresentHeading, tab: str, column: str) -> bool:
    return headings.column_key(tab, heading.text) == column


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentSheet:
    """A spreadsheet: its tabs in order, names of ranges and the metadata of the whole."""

    tabs: tuple[PresentTab, ...] = ()
    names: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def by_id(self, wanted: int) -> PresentTab | None:
        """Return the tab with this sheetId."""
        return next((tab for tab in self.tabs if tab.sheet_id == wanted), None)

    def find(self, key: str) -> PresentTab | None:
        """Return the schema's tab: the one set-up made, else the first with its title."""
        ours = self.by_id(sheet_id(key))
        if ours is not None:
            return ours
        made = {sheet_id(other) for other in TABS}
        for tab in self.tabs:
            if tab.sheet_id not in made and headings.tab_key(tab.title) == key:
                return tab
        return None


def ranges_to_read(titles: Iterable[str]) -> list[str]:
    """Return the ranges whose data `present_sheet` needs: the first two rows of each tab.

    A tab that is the only one is read whole: a new spreadsheet's blank tab makes way.
    """
    names = [quoted(title) for title in titles]
    return names if len(names) == 1 else [f"{name}!1:2" for name in names]


def present_sheet(
    answer: Mapping[str, Any], columns: Mapping[str, Any] | None = None
) -> PresentSheet:
    """Read what spreadsheets.get answered with the mask `FIELDS`.

    Args:
        answer: A Spreadsheet, with the data of the first two rows of each tab.
        columns: What developerMetadata:search answered to `COLUMN_SEARCH`.
    """
    marked = marked_columns(columns or {})
    sheets = answer.get("sheets", ())
    return PresentSheet(
        tabs=tuple(_tab(sheet, marked, is_only=len(sheets) == 1) for sheet in sheets),
        names=frozenset(str(one["name"]) for one in answer.get("namedRanges", ())),
        metadata=spreadsheet_metadata(answer),
    )


def spreadsheet_metadata(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the metadata of the spreadsheet itself: key → value."""
    return {
        str(one["metadataKey"]): str(one.get("metadataValue", ""))
        for one in answer.get("developerMetadata", ())
        if one.get("location", {}).get("spreadsheet", True)
    }


def marked_columns(answer: Mapping[str, Any]) -> dict[int, dict[str, int]]:
    """Return sheetId → (`<tab>.<column>` → index), from the answer to `COLUMN_SEARCH`."""
    found: dict[int, dict[str, int]] = {}
    for one in answer.get("matchedDeveloperMetadata", ()):
        metadata = one["developerMetadata"]
        place = metadata.get("location", {}).get("dimensionRange", {})
        if metadata.get("metadataKey") == COLUMN_METADATA and place.get("dimension") == "COLUMNS":
            named = found.setdefault(int(place.get("sheetId", 0)), {})
            named.setdefault(str(metadata.get("metadataValue")), int(place.get("startIndex", 0)))
    return found


def _tab(
    sheet: Mapping[str, Any], marked: Mapping[int, Mapping[str, int]], *, is_only: bool
) -> PresentTab:
    properties = sheet["properties"]
    grid = properties.get("gridProperties", {})
    id_ = int(properties.get("sheetId", 0))
    rows = _rows(sheet)
    first, second = rows.get(0, []), rows.get(1, [])
    drawn = any(sheet.get(name) for name in ("charts", "protectedRanges", "bandedRanges"))
    return PresentTab(
        sheet_id=id_,
        title=str(properties.get("title", "")),
        rows=int(grid.get("rowCount", 0)),
        columns=int(grid.get("columnCount", 0)),
        headings=tuple(_headings(first, second)),
        marked=marked.get(id_, {}),
        protections={
            int(one["protectedRangeId"]): tuple(one.get("editors", {}).get("users", ()))
            for one in sheet.get("protectedRanges", ())
        },
        rules=tuple(_formulas(sheet)),
        is_banded=bool(sheet.get("bandedRanges")),
        is_filtered="basicFilter" in sheet,
        charts=frozenset(int(one["chartId"]) for one in sheet.get("charts", ())),
        is_blank=is_only and not drawn and not any(map(_holds, chain(*rows.values()))),
    )


def _rows(sheet: Mapping[str, Any]) -> dict[int, list[Mapping[str, Any]]]:
    rows: dict[int, list[Mapping[str, Any]]] = {}
    for block in sheet.get("data", ()):
        for number, row in enumerate(block.get("rowData", ()), start=block.get("startRow", 0)):
            rows.setdefault(number, list(row.get("values", ())))
    return rows


def _headings(
    first: list[Mapping[str, Any]], second: list[Mapping[str, Any]]
) -> Iterable[PresentHeading]:
    for index, cell in enumerate(first):
        if not _holds(cell):
            continue
        below = second[index] if index < len(second) else {}
        yield PresentHeading(
            index=index,
            text=str(cell.get("formattedValue", "")),
            formula=cell.get("userEnteredValue", {}).get("formulaValue"),
            has_note=bool(cell.get("note")),
            is_checked="dataValidation" in below,
        )


def _holds(cell: Mapping[str, Any]) -> bool:
    return bool(cell.get("userEnteredValue")) or bool(cell.get("formattedValue"))


def _formulas(sheet: Mapping[str, Any]) -> Iterable[str]:
    for rule in sheet.get("conditionalFormats", ()):
        condition = rule.get("booleanRule", {}).get("condition", {})
        for value in condition.get("values", ()):
            yield str(value.get("userEnteredValue", ""))
