"""A whole workbook in memory: the store of rehearsals and of tests.

It reads back what a file would give: money as float, a link as its text, '' as nothing. It keeps
the owners of the schema as strictly as the stores that write to a disk or a server.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime, time
from decimal import Decimal

from sheet_templates import headings
from sheet_templates.schema import FIGURES, SCHEMA_VERSION, TABS
from sync.key_text import key_text
from sync.stores.rules import check
from sync.workbook import (
    Applied,
    Cell,
    Change,
    Conflict,
    Link,
    ReplaceBody,
    Row,
    SetCells,
    SetFigures,
    SetIdentity,
    Snapshot,
    StructureProblem,
    Tab,
)

_FIRST_ROW = 2  # below the headings
# XML 1.0 cannot hold these; a file would lose them, so memory does too.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class _Sheet:
    """One tab: its columns in the order they stand, and its rows from row 2, blank ones too."""

    def __init__(self, key: str, title: str, columns: Sequence[str]) -> None:
        self.key = key
        self.title = title
        self.columns = list(columns)
        self.rows: list[list[Cell]] = []
        self._by_key: dict[str, list[int]] | None = None

    @property
    def of_schema(self) -> list[str]:
        """Its columns without those that people added."""
        known = {column.key for column in TABS[self.key].columns}
        return [column for column in self.columns if column in known]

    def rows_called(self, key: str) -> list[int]:
        """The indices of the rows whose key column shows `key`."""
        column = TABS[self.key].key_columns[0]
        if column not in self.columns:
            return []
        if self._by_key is None:
            index = self.columns.index(column)
            self._by_key = {}
            for at, row in enumerate(self.rows):
                self._by_key.setdefault(key_text(row[index]) or "", []).append(at)
        return self._by_key.get(key, [])

    def set(self, at: int, column: str, value: Cell) -> bool:
        """Write one cell and say whether it differs now; a column not here is skipped."""
        if column not in self.columns:
            return False
        index = self.columns.index(column)
        if column in TABS[self.key].key_columns:
            self._by_key = None
        new = as_read(value)
        old = self.rows[at][index]
        self.rows[at][index] = new
        return old != new or isinstance(old, bool) != isinstance(new, bool)

    def after_data(self) -> int:
        """The index behind the last row that holds anything."""
        last = len(self.rows)
        while last and _is_blank(self.rows[last - 1]):
            last -= 1
        return last

    def reach(self, count: int) -> None:
        """Make sure that `count` rows are there."""
        self._by_key = None
        self.rows.extend([None] * len(self.columns) for _ in range(count - len(self.rows)))

    def cut(self, count: int) -> None:
        """Drop all rows behind the first `count`."""
        self._by_key = None
        del self.rows[count:]

    def as_tab(self) -> Tab:
        rows = tuple(
            Row(at + _FIRST_ROW, tuple(values))
            for at, values in enumerate(self.rows)
            if not _is_blank(values)
        )
        return Tab(
            key=self.key,
            title=self.title,
            columns={column: index for index, column in enumerate(self.columns)},
            letters={column: _letters(index) for index, column in enumerate(self.columns)},
            rows=rows,
        )


class MemoryStore:
    """A `sync.workbook.Store` over plain lists.

    `tabs` gives rows by tab key, each a mapping of column key to value; a row `{}` is a blank row.
    Tabs not named are empty, tabs in `without` are missing. `columns` gives the columns that a tab
    has, in their order, where it is not the schema's.
    """

    def __init__(
        self,
        tabs: Mapping[str, Iterable[Mapping[str, Cell]]] | None = None,
        *,
        language: str = "pt-BR",
        place: str = "memory:workbook",
        workbook_id: str | None = "memory",
        columns: Mapping[str, Sequence[str]] | None = None,
        without: Iterable[str] = (),
    ) -> None:
        self.language = language
        self.place = place
        self.workbook_id = workbook_id
        self.schema_version: int | None = SCHEMA_VERSION
        self.problems: tuple[StructureProblem, ...] = ()
        self.figures: dict[str, Cell] = dict.fromkeys(FIGURES)
        self._count = 0
        self._sheets: dict[str, _Sheet] = {}
        missing = set(without)
        for layout in TABS.values():
            if not layout.tabular or layout.key in missing:
                continue
            standard = tuple(column.key for column in layout.columns)
            self._sheets[layout.key] = _Sheet(
                layout.key,
                headings.tab_title(language, layout.key),
                (columns or {}).get(layout.key, standard),
            )
        for key, rows in (tabs or {}).items():
            self.type_rows(key, rows)

    @classmethod
    def of(cls, snapshot: Snapshot) -> "MemoryStore":
        """A copy of a workbook that was read elsewhere, to try things on."""
        store = cls(
            language=snapshot.language, place=snapshot.place, workbook_id=snapshot.workbook_id
        )
        store.schema_version = snapshot.schema_version
        store.problems = snapshot.problems
        store.figures = dict(snapshot.figures)
        store._sheets = {key: _sheet_of(tab) for key, tab in snapshot.tabs.items()}
        return store

    def copy(self) -> "MemoryStore":
        """The same workbook again, on its own from now on."""
        return deepcopy(self)

    # What people do.

    def type_rows(self, tab: str, rows: Iterable[Mapping[str, Cell]]) -> None:
        """A person adds rows below the last one, in whatever columns they like."""
        sheet = self._sheets[tab]
        for row in rows:
            sheet.reach(len(sheet.rows) + 1)
            for column, value in row.items():
                if column not in sheet.columns:
                    raise KeyError(f"{tab} has no column {column}")
                sheet.set(len(sheet.rows) - 1, column, value)
        self._count += 1

    def type_cell(self, tab: str, row: int, column: str, value: Cell) -> None:
        """A person types into a cell, theirs or not. `row` is the sheet's row number."""
        sheet = self._sheets[tab]
        if column not in sheet.columns:
            raise KeyError(f"{tab} has no column {column}")
        sheet.reach(row - _FIRST_ROW + 1)
        sheet.set(row - _FIRST_ROW, column, value)
        self._count += 1

    def rows(self, tab: str) -> list[dict[str, Cell]]:
        """The rows with data as column key to value, blanks left out: what a test looks at."""
        sheet = self._sheets[tab]
        return [
            {key: value for key, value in zip(sheet.columns, row, strict=True) if value is not None}
            for row in sheet.rows
            if not _is_blank(row)
        ]

    # What the engine does.

    def read(self) -> Snapshot:
        """Everything, as values that no later change can alter."""
        return Snapshot(
            revision=self.revision(),
            place=self.place,
            language=self.language,
            workbook_id=self.workbook_id,
            schema_version=self.schema_version,
            tabs={key: sheet.as_tab() for key, sheet in self._sheets.items()},
            problems=self.problems,
            figures=dict(self.figures),
        )

    def revision(self) -> str:
        """A number that rises with each change."""
        return str(self._count)

    def apply(self, changes: Sequence[Change], expected_revision: str) -> Applied | Conflict:
        """All changes, or none. Raises ValueError for a change that the owners forbid."""
        for change in changes:
            check(change)
        if expected_revision != self.revision():
            return Conflict()
        cells = sum(self._carry_out(change) for change in changes)
        if cells:
            self._count += 1
        return Applied(revision=self.revision(), cells=cells)

    def _carry_out(self, change: Change) -> int:
        """One change; returns how many cells differ now."""
        if isinstance(change, SetFigures):
            return self._set_figures(change)
        if isinstance(change, SetIdentity):
            is_new = self.workbook_id is None
            self.workbook_id = self.workbook_id or change.workbook_id
            return int(is_new)
        sheet = self._sheets.get(change.tab)
        if sheet is None:
            return 0
        if isinstance(change, SetCells):
            return sum(
                sheet.set(at, column, value)
                for at in _rows_of(sheet, change.row)
                for column, value in change.values.items()
            )
        start = 0 if isinstance(change, ReplaceBody) else sheet.after_data()
        sheet.reach(start + len(change.rows))
        cells = 0
        for at, row in enumerate(change.rows, start):
            whole = dict.fromkeys(sheet.of_schema) if isinstance(change, ReplaceBody) else {}
            cells += sum(sheet.set(at, key, value) for key, value in {**whole, **row}.items())
        if isinstance(change, ReplaceBody):
            for at in range(len(change.rows), len(sheet.rows)):
                cells += sum(sheet.set(at, column, None) for column in sheet.of_schema)
            sheet.cut(max(len(change.rows), sheet.after_data()))
        return cells

    def _set_figures(self, change: SetFigures) -> int:
        cells = 0
        for key, value in change.values.items():
            if key in self.figures and self.figures[key] != as_read(value):
                self.figures[key] = as_read(value)
                cells += 1
        return cells


def as_read(value: Cell) -> Cell:
    """A value as it comes back from a file: no '', no Decimal, no link, one kind of date."""
    if isinstance(value, Link):
        value = value.text
    if isinstance(value, str):
        return _NOT_IN_XML.sub("", value) or None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value


def _rows_of(sheet: _Sheet, row: str | int) -> list[int]:
    """Indices of the rows that a change addresses; none when no row has that key."""
    if isinstance(row, int):
        return [row - _FIRST_ROW] if _FIRST_ROW <= row < len(sheet.rows) + _FIRST_ROW else []
    return list(sheet.rows_called(row))


def _sheet_of(tab: Tab) -> _Sheet:
    width = max(tab.columns.values(), default=-1) + 1
    keys = [f"?{index}" for index in range(width)]  # a column of theirs: kept, never addressed
    for key, index in tab.columns.items():
        keys[index] = key
    sheet = _Sheet(tab.key, tab.title, keys)
    for row in tab.rows:
        sheet.reach(row.number - _FIRST_ROW + 1)
        values = list(row.values[:width])
        sheet.rows[row.number - _FIRST_ROW] = values + [None] * (width - len(values))
    return sheet


def _is_blank(values: Sequence[Cell]) -> bool:
    return all(value is None for value in values)


def _letters(index: int) -> str:
    """A column's letters: 0 is A, 26 is AA."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
