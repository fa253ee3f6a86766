"""A workbook in an Excel file: read whole, written by patching only the cells that differ."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sheet_templates.schema import TABS, WORKBOOK_ID_NAME
from sync.key_text import key_text
from sync.stores import rules
from sync.stores.backups import Backups
from sync.stores.excel_reading import Reading, figure_places, read_workbook
from sync.stores.file_exchange import Changed, FileExchange, content_hash
from sync.stores.ooxml.cells import same
from sync.stores.ooxml.frame_edits import Growth
from sync.stores.ooxml.links import Links
from sync.stores.ooxml.package import LIMITS
from sync.stores.ooxml.range_formulas import range_formulas
from sync.stores.ooxml.sheet import SheetXml
from sync.stores.ooxml.workbook_patch import SheetEdits, WorkbookPatch
from sync.stores.ooxml.xml import MAX_ROW
from sync.workbook import (
    AppendRows,
    Applied,
    Cell,
    CellError,
    Change,
    Conflict,
    Link,
    RefusedFile,
    ReplaceBody,
    Row,
    SetCells,
    SetFigures,
    SetIdentity,
    Snapshot,
    Tab,
    WrongPlace,
)

_FIRST_ROW = 2  # below the headings


class ExcelFileStore:
    """A `sync.workbook.Store` over one .xlsx or .xlsm file.

    `now` gives the moment that backups are named after and owner files are judged by;
    `keep_backups` is what `Backups.most` says.
    """

    def __init__(
        self,
        path: Path,
        backups_directory: Path,
        now: Callable[[], datetime],
        *,
        allow_synced: bool = False,
        keep_backups: int = 30,
    ) -> None:
        self.path = path.resolve()
        self.now = now
        self.exchange = FileExchange(
            path=self.path,
            backups=Backups(directory=backups_directory, most=keep_backups),
            allow_synced=allow_synced,
        )
        self._reading: Reading | None = None

    def read(self) -> Snapshot:
        """Read the file; the same content is not read twice. Raises RefusedFile."""
        return self._read(self._data()).snapshot

    def revision(self) -> str:
        """The hash of the file as it stands. Raises RefusedFile."""
        return content_hash(self._data())

    def check_writable(self) -> None:
        """Raise NotWritable now rather than at the write: open elsewhere, read-only."""
        self.exchange.check_place(self.now())

    def apply(self, changes: Sequence[Change], expected_revision: str) -> Applied | Conflict:
        """Patch what differs in one atomic write. Raises NotWritable; ValueError for misuse."""
        for change in changes:
            rules.check(change)
        data = self._data()
        if content_hash(data) != expected_revision:
            return Conflict()
        reading = self._read(data)
        edits = _Edits(reading)
        for change in changes:
            edits.add(change)
        patch = WorkbookPatch(reading.package, reading.book)
        cells = edits.write(patch)
        if not cells and edits.identity is None:
            return Applied(expected_revision, 0)
        outcome = self.exchange.replace(patch.pieces(), data, expected_revision, self.now())
        if isinstance(outcome, Changed):
            return Conflict()
        return Applied(outcome.revision, cells)

    def _data(self) -> bytes:
        try:
            if self.path.stat().st_size > LIMITS.file:
                raise RefusedFile("too_large")
            return self.path.read_bytes()
        except FileNotFoundError as error:
            raise RefusedFile("no_file", path=str(self.path)) from error
        except OSError as error:
            raise RefusedFile("unreadable_file", path=str(self.path)) from error

    def _read(self, data: bytes) -> Reading:
        revision = content_hash(data)
        if self._reading is None or self._reading.snapshot.revision != revision:
            earlier = self._reading.tabs if self._reading else None
            self._reading = None
            place = f"{platform.node()}:{self.path}"
            self._reading = read_workbook(data, revision, place, earlier)
        return self._reading


@dataclass(slots=True)
class _TabEdits:
    """What is wanted of one tab, beside what stands there."""

    tab: Tab
    columns: Mapping[str, int]
    last_with_data: int
    last: int
    wanted: dict[int, dict[str, Cell]] = field(default_factory=dict)
    added: bool = False
    _rows: dict[int, Row] | None = None
    _by_key: dict[str, list[int]] | None = None

    def row(self, number: int) -> Row | None:
        """The row of that number, None when it has no data."""
        if self._rows is None:
            self._rows = {row.number: row for row in self.tab.rows}
        return self._rows.get(number)

    def numbers(self, address: str | int) -> Sequence[int]:
        """The rows that a change addresses."""
        if isinstance(address, int):
            return [address] if _FIRST_ROW <= address <= max(self.last, _FIRST_ROW) else []
        if self._by_key is None:
            self._by_key = self._rows_by_key()
        return self._by_key.get(address, [])

    def _rows_by_key(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        index = self.tab.columns.get(TABS[self.tab.key].key_columns[0])
        for row in self.tab.rows if index is not None else ():
            value = row.values[index or 0]
            text = value.strip() if type(value) is str else key_text(value)
            if text:
                found.setdefault(text, []).append(row.number)
        return found

    def want(self, number: int, values: Mapping[str, Cell]) -> None:
        """Note the values wanted in a row; columns the tab does not have are skipped."""
        known = {key: value for key, value in values.items() if key in self.columns}
        if known:
            self.wanted.setdefault(number, {}).update(known)

    def make_way(self, sheet: SheetXml) -> None:
        """Move appended rows below rows in which people keep formulas that show nothing yet."""
        theirs = [
            number
            for key, number in self.columns.items()
            if TABS[self.tab.key].column(key).owner not in rules.ENGINE
        ]
        taken = sheet.last_formula(theirs, self.last_with_data)
        shift = taken - self.last_with_data
        if shift > 0:
            appended = [number for number in self.wanted if number > self.last_with_data]
            for number in sorted(appended, reverse=True):
                self.wanted[number + shift] = self.wanted.pop(number)
            self.last += shift

    def differing(self, links: Links, *, date1904: bool) -> dict[int, dict[int, Cell]]:
        """Row → column → value, of the cells that do not show what is wanted."""
        found: dict[int, dict[int, Cell]] = {}
        indices = self.tab.columns
        for number, values in self.wanted.items():
            row = self.row(number)
            for key, value in values.items():
                stands = row.values[indices[key]] if row else None
                if stands is value and value is None:
                    continue
                column = self.columns[key]
                leads = not isinstance(value, Link) or links.shows((number, column), value)
                if not (leads and same(stands, value, date1904=date1904)):
                    found.setdefault(number, {})[column] = value
        return found

    def free_heirs(self, sheet: SheetXml, differing: dict[int, dict[int, Cell]]) -> None:
        """Where a person filled a formula down our column, all of it becomes values, or none.

        The first cell alone cannot be overwritten: the others share its formula.
        """
        ours = {
            number: key
            for key, number in self.columns.items()
            if TABS[self.tab.key].column(key).owner in rules.ENGINE
        }
        for formula in range_formulas(sheet):
            if formula.kind != "shared" or formula.first[1] not in differing.get(
                formula.first[0], {}
            ):
                continue
            for number, column in formula.heirs(sheet):
                if column in ours and column not in differing.get(number, {}):
                    row = self.row(number)
                    stands = row.values[self.tab.columns[ours[column]]] if row else None
                    value = None if isinstance(stands, CellError) else stands
                    differing.setdefault(number, {})[column] = value


class _Edits:
    """All changes of one write, gathered by tab."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.tabs: dict[str, _TabEdits] = {}
        self.figures: dict[str, Cell] = {}
        self.identity: str | None = None  # to be given

    def add(self, change: Change) -> None:
        """Gather one change; a tab the workbook lacks is skipped."""
        if isinstance(change, SetFigures):
            self.figures.update(change.values)
            return
        if isinstance(change, SetIdentity):
            if self.reading.snapshot.workbook_id is None:
                self.identity = change.workbook_id
            return
        edits = self._tab(change.tab)
        if edits is None:
            return
        if isinstance(change, SetCells):
            for number in edits.numbers(change.row):
                edits.want(number, change.values)
        elif isinstance(change, AppendRows):
            for row in change.rows:
                edits.last += 1
                edits.added = True
                edits.want(edits.last, row)
        elif isinstance(change, ReplaceBody):
            self._replace(edits, change)

    def _replace(self, edits: _TabEdits, change: ReplaceBody) -> None:
        blank: dict[str, Cell] = dict.fromkeys(edits.columns)
        for number, row in enumerate(change.rows, _FIRST_ROW):
            edits.want(number, {**blank, **row})
        end = _FIRST_ROW + len(change.rows)
        for standing in edits.tab.rows:
            if standing.number >= end:
                edits.want(standing.number, blank)
        edits.last = max(edits.last, end - 1)

    def _tab(self, key: str) -> _TabEdits | None:
        if key not in self.tabs:
            tab = self.reading.snapshot.tabs.get(key)
            if tab is None:
                return None
            last = max((row.number for row in tab.rows), default=1)
            self.tabs[key] = _TabEdits(tab, self.reading.tabs[key].columns, last, last)
        return self.tabs[key]

    def write(self, patch: WorkbookPatch) -> int:
        """Patch every sheet in which something differs; returns how many cells do."""
        gathered: dict[str, SheetEdits] = {}
        for key, edits in self.tabs.items():
            if edits.wanted:
                self._gather_tab(patch, self.reading.sheets[key].part, edits, gathered)
        self._gather_figures(patch, gathered)
        for found in gathered.values():
            patch.edit(found)
        if self.identity is not None:
            patch.define(WORKBOOK_ID_NAME, self.identity)
        return sum(len(row) for found in gathered.values() for row in found.cells.values())

    def _gather_tab(
        self,
        patch: WorkbookPatch,
        part: str,
        edits: _TabEdits,
        gathered: dict[str, SheetEdits],
    ) -> None:
        sheet = patch.sheet(part, self.reading.tabs[edits.tab.key].index)
        if edits.added:
            edits.make_way(sheet)
        if edits.last > MAX_ROW:
            raise WrongPlace("sheet_full", tab=edits.tab.title)
        differing = edits.differing(patch.links(part), date1904=patch.book.date1904)
        if differing:
            edits.free_heirs(sheet, differing)
            before = edits.last_with_data
            gathered[part] = SheetEdits(
                part=part,
                title=edits.tab.title,
                cells=differing,
                grown=Growth(before, edits.last) if edits.last > before else None,
                like=before if before >= _FIRST_ROW else None,
            )
        else:
            patch.release(part)

    def _gather_figures(self, patch: WorkbookPatch, gathered: dict[str, SheetEdits]) -> None:
        """Note the figures that differ, at the cells their names point to."""
        book = self.reading.book
        parts = {sheet.title: sheet.part for sheet in book.sheets}
        for key, (title, row, column) in figure_places(book, self.figures).items():
            stands, value = self.reading.snapshot.figures.get(key), self.figures[key]
            if not same(stands, value, date1904=patch.book.date1904):
                part = parts[title]
                found = gathered.setdefault(part, SheetEdits(part=part, title=title))
                found.cells.setdefault(row, {})[column] = value
