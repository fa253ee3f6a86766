"""Spreadsheets as the server keeps them: sparse rows of immutable cells, and the objects on sheets.

A change works on `Document.copy()` and the copy replaces the original when all of it has succeeded:
so a batch is atomic, as <https://developers.google.com/workspace/sheets/api/guides/batch> says.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .a1 import Box, Rect, cell_name, letters, sheet_name
from .cells import NOTHING, Cell, Formula
from .errors import invalid
from .formula_text import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
CELL_LIMIT = 10_000_000
TEXT_LIMIT = 50_000
ROW_HEIGHT, COLUMN_WIDTH = 21, 100
OBJECTS = (
    "conditionalFormats", "filterViews", "protectedRanges", "bandedRanges", "charts", "slicers",
    "tables", "rowGroups", "columnGroups", "developerMetadata",
)  # fmt: skip
WHITE = {"red": 1, "green": 1, "blue": 1}
_THEME: tuple[tuple[str, Json], ...] = (
    ("TEXT", {}),
    ("BACKGROUND", WHITE),
    ("ACCENT1", {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275}),
    ("ACCENT2", {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314}),
    ("ACCENT3", {"red": 0.9843137, "green": 0.7372549, "blue": 0.015686275}),
    ("ACCENT4", {"red": 0.20392157, "green": 0.65882355, "blue": 0.3254902}),
    ("ACCENT5", {"red": 1, "green": 0.42745098, "blue": 0.003921569}),
    ("ACCENT6", {"red": 0.27450982, "green": 0.7411765, "blue": 0.7764706}),
    ("LINK", {"red": 0.06666667, "green": 0.33333334, "blue": 0.8}),
)


def default_format() -> Json:
    """The format of a new spreadsheet's cells."""
    return {
        "backgroundColor": dict(WHITE),
        "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
        "verticalAlignment": "BOTTOM",
        "wrapStrategy": "OVERFLOW_CELL",
        "textFormat": {
            "foregroundColor": {},
            "fontFamily": "arial,sans,sans-serif",
            "fontSize": 10,
            "bold": False,
            "italic": False,
            "strikethrough": False,
            "underline": False,
            "foregroundColorStyle": {"rgbColor": {}},
        },
        "backgroundColorStyle": {"rgbColor": dict(WHITE)},
    }


def _theme() -> Json:
    colors = [{"colorType": kind, "color": {"rgbColor": dict(rgb)}} for kind, rgb in _THEME]
    return {"primaryFontFamily": "Arial", "themeColors": colors}


@dataclass(kw_only=True)
class Sheet:
    """One tab. `properties` has title, sheetType, gridProperties…; never sheetId or index."""

    id: int
    properties: Json
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    row_props: dict[int, Json] = field(default_factory=dict)
    column_props: dict[int, Json] = field(default_factory=dict)
    merges: list[Rect] = field(default_factory=list)
    objects: dict[str, list[Json]] = field(default_factory=lambda: {name: [] for name in OBJECTS})
    basic_filter: Json | None = None

    @property
    def title(self) -> str:
        return str(self.properties["title"])

    @property
    def rows(self) -> int:
        return int(self.properties["gridProperties"]["rowCount"])

    @rows.setter
    def rows(self, count: int) -> None:
        self.properties["gridProperties"]["rowCount"] = count

    @property
    def columns(self) -> int:
        return int(self.properties["gridProperties"]["columnCount"])

    @columns.setter
    def columns(self, count: int) -> None:
        self.properties["gridProperties"]["columnCount"] = count

    @property
    def whole(self) -> Rect:
        return Rect(0, self.rows, 0, self.columns)

    def get(self, row: int, column: int) -> Cell:
        """The cell; NOTHING where nobody left anything."""
        found = self.cells.get(row)
        return found.get(column, NOTHING) if found else NOTHING

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Keep it, or forget the place."""
        if cell.is_nothing:
            kept = self.cells.get(row)
            if kept and kept.pop(column, None) is not None and not kept:
                del self.cells[row]
            return
        self.cells.setdefault(row, {})[column] = cell

    def filled(self, rect: Rect) -> Iterator[tuple[int, int, Cell]]:
        """What is in a part of the grid, in reading order."""
        listed = (
            range(rect.top, rect.bottom)
            if rect.rows < len(self.cells)
            else sorted(row for row in self.cells if rect.top <= row < rect.bottom)
        )
        for row in listed:
            found = self.cells.get(row)
            if not found:
                continue
            for column in sorted(found):
                if rect.left <= column < rect.right:
                    yield row, column, found[column]

    def last_row_with_value(self) -> int:
        """The last row in which a cell has a value of its own; -1 when none has."""
        return max(
            (
                row
                for row, kept in self.cells.items()
                if any(c.value is not None for c in kept.values())
            ),
            default=-1,
        )

    def copy(self) -> Sheet:
        """A copy that can be changed; cells are shared, being immutable."""
        return Sheet(
            id=self.id,
            properties=copy.deepcopy(self.properties),
            cells={row: dict(kept) for row, kept in self.cells.items()},
            row_props={at: dict(kept) for at, kept in self.row_props.items()},
            column_props={at: dict(kept) for at, kept in self.column_props.items()},
            merges=list(self.merges),
            objects=copy.deepcopy(self.objects),
            basic_filter=copy.deepcopy(self.basic_filter),
        )


@dataclass(kw_only=True)
class Document:
    """One spreadsheet."""

    id: str
    properties: Json
    sheets: list[Sheet]
    named_ranges: list[Json] = field(default_factory=list)
    metadata: list[Json] = field(default_factory=list)
    ids: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  # no secret
    revision: int = 0

    def copy(self) -> Document:
        """A copy to work on."""
        ids = random.Random()  # noqa: S311  # object ids are no secret
        ids.setstate(self.ids.getstate())
        return Document(
            id=self.id,
            properties=copy.deepcopy(self.properties),
            sheets=[sheet.copy() for sheet in self.sheets],
            named_ranges=copy.deepcopy(self.named_ranges),
            metadata=copy.deepcopy(self.metadata),
            ids=ids,
            revision=self.revision,
        )

    @property
    def locale(self) -> str:
        return str(self.properties["locale"])

    def new_id(self) -> int:
        """An id for a sheet or an object, as large as Google's."""
        taken = {sheet.id for sheet in self.sheets}
        while (made := self.ids.randrange(10**6, 2**31)) in taken:
            pass
        return made

    def sheet(self, sheet_id: int, said: str = "No grid with id: {}") -> Sheet:
        """The tab with this id.

        Raises:
            ApiError: 400.
        """
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise invalid(said.format(sheet_id))

    def by_title(self, title: str) -> Sheet | None:
        """The tab with this title; case does not matter, as in Sheets."""
        wanted = title.casefold()
        return next((one for one in self.sheets if one.title.casefold() == wanted), None)

    def canonical(self, formula: Formula) -> Formula:
        """The formula as it is stored."""

        def title(written: str) -> str | None:
            found = self.by_title(written)
            return found.title if found else None

        return Formula(canonical(formula.text, title))

    def named(self, name: str) -> Json | None:
        """The named range."""
        wanted = name.casefold()
        return next((one for one in self.named_ranges if one["name"].casefold() == wanted), None)

    def rect(self, grid_range: Json) -> tuple[Sheet, Rect]:
        """The tab and the cells of a GridRange that starts inside the grid.

        A range that ends past the grid is cut; one that starts past it is refused (seen on the live
        service by others, 2026).

        Raises:
            ApiError: 400.
        """
        sheet = self.sheet(int(grid_range.get("sheetId", 0)))
        box = box_of(grid_range)
        check_grid(sheet, box)
        return sheet, box.within(sheet.rows, sheet.columns)

    def check_size(self) -> None:
        """Refuse what is over ten million cells.

        Raises:
            ApiError: 400.
        """
        if sum(sheet.rows * sheet.columns for sheet in self.sheets) > CELL_LIMIT:
            raise invalid(
                "This action would increase the number of cells in the workbook above the limit "
                f"of {CELL_LIMIT} cells."
            )


def box_of(grid_range: Json) -> Box:
    """A GridRange's bounds.

    Raises:
        ApiError: 400 when they are out of order.
    """
    top, bottom = grid_range.get("startRowIndex"), grid_range.get("endRowIndex")
    left, right = grid_range.get("startColumnIndex"), grid_range.get("endColumnIndex")
    for low, high, name in ((top, bottom, "Row"), (left, right, "Column")):
        for value, end in ((low, "start"), (high, "end")):
            if value is not None and value < 0:
                raise invalid(f"range.{end}{name}Index must be non-negative, but was {value}")
        if low is not None and high is not None and high < low:
            raise invalid(
                f"range.end{name}Index[{high}] must be greater than range.start{name}Index[{low}]"
            )
    return Box(top=top, bottom=bottom, left=left, right=right)


def check_grid(sheet: Sheet, box: Box) -> None:
    """Refuse a range that starts past the grid's end, in Google's words.

    Raises:
        ApiError: 400.
    """
    if (box.top or 0) >= sheet.rows or (box.left or 0) >= sheet.columns:
        raise grid_limits(sheet, box)


def grid_limits(sheet: Sheet, box: Box) -> Exception:
    """The refusal; an open end is named as `A1001:B` or `AA1:2`."""
    first = cell_name(box.top or 0, box.left or 0)
    last = (letters(box.right - 1) if box.right is not None else "") + (
        str(box.bottom) if box.bottom is not None else ""
    )
    name = first if last in {"", first} else f"{first}:{last}"
    return invalid(
        f"Range ({sheet_name(sheet.title)}!{name}) exceeds grid limits. "
        f"Max rows: {sheet.rows}, max columns: {sheet.columns}"
    )


def grid_range(sheet_id: int, rect: Rect) -> Json:
    """A GridRange with all its bounds."""
    return {
        "sheetId": sheet_id,
        "startRowIndex": rect.top,
        "endRowIndex": rect.bottom,
        "startColumnIndex": rect.left,
        "endColumnIndex": rect.right,
    }


def new_document(
    document_id: str,
    title: str,
    *,
    locale: str = "en_US",
    time_zone: str = "Etc/GMT",
    first_sheet: str = "Sheet1",
) -> Document:
    """A blank spreadsheet as a person makes it: one tab, 1000 rows, 26 columns."""
    properties = {
        "title": title,
        "locale": locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": time_zone,
        "defaultFormat": default_format(),
        "spreadsheetTheme": _theme(),
    }
    return Document(id=document_id, properties=properties, sheets=[new_sheet(0, first_sheet)])


def new_sheet(sheet_id: int, title: str, rows: int = 1000, columns: int = 26) -> Sheet:
    """An empty tab."""
    grid = {"rowCount": rows, "columnCount": columns}
    return Sheet(
        id=sheet_id, properties={"title": title, "sheetType": "GRID", "gridProperties": grid}
    )


EPOCH = datetime(1899, 12, 30, tzinfo=UTC)


def serial(moment: datetime) -> float:
    """Days since 30 December 1899 of a wall-clock moment (its zone is not looked at)."""
    return (moment.replace(tzinfo=UTC) - EPOCH) / timedelta(days=1)


def from_serial(number: float) -> datetime:
    """The reverse, to the millisecond."""
    return EPOCH + timedelta(milliseconds=round(number * 86_400_000))
