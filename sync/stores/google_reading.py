"""From Google's answers to a Snapshot: tabs by id, columns by heading, engine values by key.

What stands in an engine column of a tab of rows is only shown there, by a formula: its values are
read where they were written, in the hidden tab, so a person who types over them changes nothing.
A number is a moment when its column says so or when the sheet shows it as one: a date typed into a
column of amounts is a date, as the person sees it, and no amount.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any, TypeAlias

from sheet_templates import headings
from sheet_templates.google_layout import (
    EPOCH,
    MOMENTS,
    SERVED,
    letters,
    service_columns,
    service_id,
    sheet_id,
)
from sheet_templates.google_present import marked_columns, spreadsheet_metadata
from sheet_templates.schema import (
    FIGURE_NAME_PREFIX,
    FIGURES,
    LANGUAGE_NAME,
    SCHEMA_VERSION,
    SCHEMA_VERSION_NAME,
    TABS,
    WORKBOOK_ID_NAME,
    Kind,
    Owner,
)
from sync.stores.google_beside import beside
from sync.stores.google_client import SheetsClient, commit_marks
from sync.workbook import Cell, Obstacle, Row, Snapshot, StructureProblem, Tab

Json: TypeAlias = dict[str, Any]
Values: TypeAlias = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A tab of the spreadsheet: its id, title and size."""

    sheet_id: int
    title: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTab:
    """A hidden tab: its size, and each of its rows as (key, engine column → value)."""

    grid: Grid
    rows: tuple[tuple[str, Mapping[str, Cell]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A snapshot and where all of it stands in the spreadsheet.

    `places` gives the index of each schema's column that a tab shows; `keys` the keys of the rows
    of served tabs by row number; `blocked` the marks of engine columns that somebody typed into.
    """

    snapshot: Snapshot
    grids: Mapping[str, Grid]
    places: Mapping[str, Mapping[str, int]]
    services: Mapping[str, ServiceTab]
    figures: Mapping[str, tuple[int, int, int]]
    marks: Mapping[int, str]
    blocked: Mapping[str, int] = field(default_factory=dict)


def read_sheet(client: SheetsClient) -> Reading:
    """Read everything in four requests, whatever the rows. Raises StoreError."""
    metadata, marked = client.metadata(), marked_columns(client.columns())
    return _Reader(client, metadata, marked).reading()


def revision_of(snapshot: Snapshot) -> str:
    """A hash of all that was read: numbers and moments as they are, whatever their type."""
    told = hashlib.sha256()
    for key, tab in sorted(snapshot.tabs.items()):
        told.update(repr((key, tab.title, sorted(tab.columns.items()))).encode())
        for row in tab.rows:
            told.update(repr((row.number, [_plain(value) for value in row.values])).encode())
    figures = [(key, _plain(value)) for key, value in sorted(snapshot.figures.items())]
    told.update(repr((figures, snapshot.workbook_id, snapshot.language)).encode())
    return told.hexdigest()


def _plain(value: Cell) -> object:
    return float(value) if type(value) is int else value


class _Reader:
    def __init__(
        self, client: SheetsClient, metadata: Json, marked: Mapping[int, Mapping[str, int]]
    ) -> None:
        self.client = client
        self.metadata = metadata
        self.marked = marked
        self.words = spreadsheet_metadata(metadata)
        self.problems: list[StructureProblem] = []
        self.by_id = {grid.sheet_id: grid for grid in _grids(metadata)}
        self.grids = self._tabs()
        self.figures = self._figure_places()
        self.blocked: dict[str, int] = {}

    def reading(self) -> Reading:
        ids = {key: grid.sheet_id for key, grid in self.grids.items() if TABS[key].tabular}
        behind = {key: service_id(key) for key in SERVED if service_id(key) in self.by_id}
        others = {place[0] for place in self.figures.values()}
        wanted = list(dict.fromkeys([*ids.values(), *behind.values(), *others]))
        read = self.client.values([{"sheetId": one} for one in wanted])
        values = {one: found.get("values", []) for one, found in zip(wanted, read, strict=True)}
        language = self._language()
        places = {key: self._places(key, values[id_]) for key, id_ in ids.items()}
        moments = self._moments(places)
        services = {
            key: ServiceTab(grid=self.by_id[id_], rows=_service_rows(key, values[id_]))
            for key, id_ in behind.items()
        }
        tabs = {
            key: self._tab(key, values[id_], places[key], moments.get(key, {}), services.get(key))
            for key, id_ in ids.items()
        }
        snapshot = Snapshot(
            revision="",
            place=f"google:{self.client.spreadsheet_id}",
            language=language,
            workbook_id=self.words.get(WORKBOOK_ID_NAME) or None,
            schema_version=self._version(),
            tabs=tabs,
            problems=tuple(self.problems),
            figures={
                key: _figure(values[id_], row, column, FIGURES[key])
                for key, (id_, row, column) in self.figures.items()
            },
            obstacle=self._obstacle(ids),
        )
        return Reading(
            snapshot=replace(snapshot, revision=revision_of(snapshot)),
            grids=self.grids,
            places=places,
            services=services,
            figures=self.figures,
            marks=commit_marks(self.metadata),
            blocked=self.blocked,
        )

    def _tabs(self) -> dict[str, Grid]:
        """Tabs by key: those that set-up made by their ids, others by their titles."""
        found = {key: self.by_id[sheet_id(key)] for key in TABS if sheet_id(key) in self.by_id}
        ours = {sheet_id(key) for key in TABS}
        for grid in self.by_id.values():
            key = headings.tab_key(grid.title)
            if key is None or grid.sheet_id in ours:
                continue
            if key in found:
                problem = StructureProblem(code="duplicate_tab", tab=key, detail=grid.title)
                self.problems.append(problem)
            else:
                found[key] = grid
        for key, tab in TABS.items():
            if tab.tabular and key not in found:
                title = headings.tab_title(self._language(), key)
                self.problems.append(StructureProblem(code="missing_tab", tab=key, detail=title))
        return found

    def _language(self) -> str:
        named = self.words.get(LANGUAGE_NAME)
        if named in headings.LANGUAGES:
            return named
        titles = {headings.fold(grid.title) for grid in self.by_id.values()}
        return max(
            headings.LANGUAGES,
            key=lambda one: sum(headings.fold(headings.tab_title(one, k)) in titles for k in TABS),
        )

    def _version(self) -> int | None:
        written = self.words.get(SCHEMA_VERSION_NAME, "")
        version = int(written) if written.isdecimal() else None
        if version is not None and version > SCHEMA_VERSION:
            problem = StructureProblem(code="newer_schema", tab="start", detail=str(version))
            self.problems.append(problem)
        return version

    def _obstacle(self, ids: Mapping[str, int]) -> Obstacle | None:
        """A hidden tab that somebody deleted: what the engine says could not be written down."""
        for key in SERVED:
            if key in ids and service_id(key) not in self.by_id:
                return Obstacle(code="google_incomplete", tab=self.grids[key].title)
        return None

    def _figure_places(self) -> dict[str, tuple[int, int, int]]:
        found: dict[str, tuple[int, int, int]] = {}
        for one in self.metadata.get("namedRanges", ()):
            key = str(one["name"]).removeprefix(FIGURE_NAME_PREFIX)
            area = one.get("range", {})
            id_ = int(area.get("sheetId", 0))
            if key in FIGURES and one["name"] != key and id_ in self.by_id:
                row, column = area.get("startRowIndex", 0), area.get("startColumnIndex", 0)
                found[key] = (id_, int(row), int(column))
        return {key: found[key] for key in FIGURES if key in found}

    def _places(self, key: str, values: Values) -> dict[str, int]:
        """Column key → index; what is missing or stands twice is a problem."""
        grid = self.grids[key]
        marks = self.marked.get(grid.sheet_id, {})
        first = values[0] if values else []
        found: dict[str, list[int]] = {}
        for index, heading in enumerate(first):
            known = headings.column_key(key, heading) if isinstance(heading, str) else None
            if known is not None:
                found.setdefault(known, []).append(index)
        for column in TABS[key].columns:
            name = f"{key}.{column.key}"
            if key in SERVED and column.owner is Owner.ENGINE:
                if name in marks:
                    found[column.key] = [marks[name]]
                    heading = first[marks[name]] if marks[name] < len(first) else ""
                    if str(heading).startswith("#REF!"):
                        self.blocked[name] = grid.rows
                continue
            places = found.get(column.key, [])
            if len(places) == 1 or (column.optional and not places):
                continue
            code = "duplicate_heading" if places else "missing_heading"
            detail = ", ".join(map(letters, places))
            problem = StructureProblem(code=code, tab=key, column=column.key, detail=detail)
            self.problems.append(problem)
        return {known: places[0] for known, places in found.items() if len(places) == 1}

    def _moments(self, places: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, set[int]]]:
        """The cells of people's other columns that show as a moment: tab → column → rows."""
        asked = [
            (key, column.key, index)
            for key, columns in places.items()
            if self.grids[key].rows > 1
            for column in TABS[key].by_owner(Owner.USER)
            if (index := columns.get(column.key)) is not None and column.kind not in MOMENTS
        ]
        ranges = [
            {
                "sheetId": self.grids[key].sheet_id,
                "startRowIndex": 1,
                "startColumnIndex": index,
                "endColumnIndex": index + 1,
            }
            for key, _, index in asked
        ]
        found: dict[str, dict[str, set[int]]] = {}
        for (key, column, _), one in zip(
            asked, self.client.values(ranges, dates_as_text=True), strict=True
        ):
            rows = {n for n, row in enumerate(one.get("values", []), 1) if row and _is_text(row[0])}
            found.setdefault(key, {})[column] = rows
        return found

    def _tab(
        self,
        key: str,
        values: Values,
        places: Mapping[str, int],
        moments: Mapping[str, set[int]],
        service: ServiceTab | None,
    ) -> Tab:
        layout = TABS[key]
        shown = [
            column
            for column in sorted(layout.columns, key=lambda one: places.get(one.key, 0))
            if column.key in places and not (key in SERVED and column.owner is Owner.ENGINE)
        ]
        told = service_columns(key) if key in SERVED else ()
        names = [column.key for column in shown]
        lines: list[tuple[int, dict[str, Cell]]] = []
        for number, line in enumerate(values[1:], start=2):
            cells = [
                _cell(
                    line[places[column.key]] if places[column.key] < len(line) else "",
                    column.kind,
                    shows_moment=number - 1 in moments.get(column.key, ()),
                )
                for column in shown
            ]
            if not all(cell is None or cell is False for cell in cells):
                lines.append((number, dict(zip(names, cells, strict=True))))
        said = beside(key, [line for _, line in lines], service.rows if service else ())
        rows = [
            Row(number, (*line.values(), *(engine.get(column.key) for column in told)))
            for (number, line), engine in zip(lines, said, strict=True)
        ]
        order = [column.key for column in (*shown, *told)]
        return Tab(
            key=key,
            title=self.grids[key].title,
            columns={column: index for index, column in enumerate(order)},
            letters={column: letters(places[column]) for column in order if column in places},
            rows=tuple(rows),
        )


def _grids(metadata: Json) -> list[Grid]:
    made = []
    for sheet in metadata.get("sheets", ()):
        properties = sheet["properties"]
        size = properties.get("gridProperties")
        if size is None:
            continue  # a tab that is all chart
        made.append(
            Grid(
                sheet_id=int(properties.get("sheetId", 0)),
                title=str(properties.get("title", "")),
                rows=int(size.get("rowCount", 0)),
                columns=int(size.get("columnCount", 0)),
            )
        )
    return made


def _service_rows(key: str, values: Values) -> tuple[tuple[str, Mapping[str, Cell]], ...]:
    """The rows of a hidden tab from its second on; a row without a key is ("", {})."""
    columns = service_columns(key)
    made: list[tuple[str, Mapping[str, Cell]]] = []
    for line in values[1:]:
        name = str(line[0]) if line else ""
        cells = [_cell(raw, column.kind) for raw, column in zip(line[1:], columns, strict=False)]
        said = dict(zip([column.key for column in columns], cells, strict=False))
        made.append((name, {k: v for k, v in said.items() if v is not None}) if name else ("", {}))
    return tuple(made)


def _is_text(raw: object) -> bool:
    return isinstance(raw, str) and raw != ""


def _cell(raw: object, kind: Kind, *, shows_moment: bool = False) -> Cell:
    """A cell as the engine knows it; `shows_moment` counts for numbers only."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool | str):
        return raw
    if isinstance(raw, int | float):
        return moment(raw) if kind in MOMENTS or shows_moment else raw
    return str(raw)


def moment(number: float) -> Cell:
    """The date, datetime or time of a serial number; the number itself when it is none."""
    whole = round(number * 86_400_000)
    try:
        found = EPOCH + timedelta(milliseconds=whole)
    except OverflowError:
        return number
    if not whole >= 0 or found.year > 9999:
        return number
    if whole < 86_400_000:
        return found.time()
    return found.date() if found.time() == time() else found


def _figure(values: Values, row: int, column: int, kind: Kind) -> Cell:
    line = values[row] if row < len(values) else []
    return _cell(line[column] if column < len(line) else "", kind)
