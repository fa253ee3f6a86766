"""From what should stand in the sheet to the requests that put it there.

What people own is never addressed: rows that are added go below all others by appendCells, what the
engine says beside a row goes to a hidden tab under the row's key, and tabs that are the engine's
own are written by whole rows, choices included, so that a tick cannot come to stand beside another
row than its person saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

from sheet_templates.google import identity_request
from sheet_templates.google_cells import entered, put_rows
from sheet_templates.google_layout import SERVED, row_key, service_columns
from sheet_templates.schema import TABS, WORKBOOK_ID_NAME, Owner, Tab
from sync.workbook import Cell, Change, Link, ReplaceBody, Row, Snapshot
from sync.workbook import Tab as ReadTab

if TYPE_CHECKING:
    from sync.stores.google_reading import Grid, Reading

Json: TypeAlias = dict[str, Any]
Line: TypeAlias = Mapping[str, Cell]

_FIRST_ROW = 2
_LINKED = "userEnteredValue,userEnteredFormat.textFormat.link"


def requests_for(reading: Reading, after: Snapshot, changes: Sequence[Change]) -> list[Json]:
    """Return the requests that turn what was read into `after`.

    Args:
        reading: What stands there.
        after: What should, made from the same by `MemoryStore`.
        changes: What was asked: only the targets of links are looked for here.
    """
    links = {change.tab: change.rows for change in changes if isinstance(change, ReplaceBody)}
    made: list[Json] = []
    for key, tab in after.tabs.items():
        before = reading.snapshot.tabs[key]
        if key in SERVED:
            made += _served(reading, before, tab)
        elif TABS[key].by_owner(Owner.USER, Owner.LOG):
            made += _appended(reading, key, _new_rows(before, tab))
        else:
            made += _body(reading, before, tab, links.get(key, ()))
    made += _figures(reading, after)
    if reading.snapshot.workbook_id is None and after.workbook_id is not None:
        made.append(identity_request(WORKBOOK_ID_NAME, after.workbook_id))
    return made


def _line(tab: ReadTab, row: Row) -> Line:
    return {key: tab.value(row, key) for key in tab.columns}


def _new_rows(before: ReadTab, after: ReadTab) -> list[Line]:
    """The rows below all that were there."""
    last = max((row.number for row in before.rows), default=1)
    return [_line(after, row) for row in after.rows if row.number > last]


def _served(reading: Reading, before: ReadTab, after: ReadTab) -> Iterator[Json]:
    """Yield the rows that are added, and what the engine says beside all rows."""
    key = before.key
    yield from _appended(reading, key, _new_rows(before, after))
    service = reading.services.get(key)
    if service is None:
        return
    told = [column.key for column in service_columns(key)]
    wanted = _wanted(key, [_line(after, row) for row in after.rows], told)
    lines = list(_settled(service.rows, wanted))
    stands = [_told(name, said, told) for name, said in service.rows]
    should = [_told(name, said, told) for name, said in lines]
    blank = _told("", {}, told)
    differing = [
        number
        for number, (old, new) in enumerate(zip_longest(stands, should, fillvalue=blank))
        if old != new
    ]
    yield from _room(service.grid, len(lines) + 1)
    for run in _runs(differing):
        cells = [
            [_entered(value) for value in (should[n] if n < len(should) else blank)] for n in run
        ]
        yield put_rows(service.grid.sheet_id, 1 + run[0], 0, cells, fields="userEnteredValue")


def _wanted(key: str, rows: Iterable[Line], told: Sequence[str]) -> list[tuple[str, Line]]:
    """What the engine says, by the keys of the rows: of a key that stands twice, once.

    Rows known by what they say alone (negotiations) are told apart by their order.
    """
    is_named = TABS[key].key_columns[0] not in told
    found: list[tuple[str, Line]] = []
    seen: set[str] = set()
    for row in rows:
        name = row_key(row, key)
        said = {column: row[column] for column in told if row.get(column) is not None}
        if name and said and not (is_named and name in seen):
            seen.add(name)
            found.append((name, said))
    return found


def _settled(
    stands: Sequence[tuple[str, Line]], wanted: Sequence[tuple[str, Line]]
) -> list[tuple[str, Line]]:
    """Give each key the place that it has; new ones the free places, then those below."""
    left: dict[str, list[Line]] = {}
    for name, said in wanted:
        left.setdefault(name, []).append(said)
    lines: list[tuple[str, Line]] = [
        (name, left[name].pop(0)) if left.get(name) else ("", {}) for name, _ in stands
    ]
    new = [(name, said) for name, others in left.items() for said in others]
    for at, (name, _) in enumerate(lines):
        if not name and new:
            lines[at] = new.pop(0)
    return [*lines, *new]


def _told(name: str, said: Line, told: Sequence[str]) -> list[Cell]:
    values = [said.get(column) for column in told]
    return [name or None, *(float(one) if type(one) is int else one for one in values)]


def _appended(reading: Reading, key: str, rows: Sequence[Line]) -> Iterator[Json]:
    """Yield what adds rows below all that stands in a tab, the engine's columns aside."""
    if not rows:
        return
    grid, places = reading.grids[key], reading.places[key]
    last = max((row.number for row in reading.snapshot.tabs[key].rows), default=1)
    yield from _room(grid, last + len(rows))
    columns = [
        column
        for column in TABS[key].columns
        if column.key in places and not (key in SERVED and column.owner is Owner.ENGINE)
    ]
    width = max((places[column.key] for column in columns), default=-1) + 1
    lines = []
    for row in rows:
        cells: list[Json] = [{} for _ in range(width)]
        for column in columns:
            cells[places[column.key]] = _entered(row.get(column.key))
        lines.append({"values": cells})
    yield {"appendCells": {"sheetId": grid.sheet_id, "rows": lines, "fields": "userEnteredValue"}}


def _body(
    reading: Reading, before: ReadTab, after: ReadTab, asked: Sequence[Line]
) -> Iterator[Json]:
    """Yield the rows of an engine's tab that differ, each of them whole."""
    grid, layout = reading.grids[before.key], TABS[before.key]
    links = _links(reading, asked)
    old = {row.number: _line(before, row) for row in before.rows}
    new = {row.number: _line(after, row) for row in after.rows}
    differing = sorted(
        number
        for number in {*old, *new}
        if _same(old.get(number, {})) != _same(new.get(number, {}))
    )
    yield from _room(grid, max(new, default=1))
    for run in _runs(differing):
        for columns in _beside(layout, reading.places[before.key]):
            cells = [
                [
                    links.get(number, {}).get(key) or _entered(new.get(number, {}).get(key))
                    for key, _ in columns
                ]
                for number in run
            ]
            yield put_rows(grid.sheet_id, run[0] - 1, columns[0][1], cells, fields=_LINKED)
    for number in links.keys() - set(differing):  # the same words may lead elsewhere today
        for key, cell in links[number].items():
            index = reading.places[before.key][key]
            yield put_rows(grid.sheet_id, number - 1, index, [[cell]], fields=_LINKED)


def _same(line: Line) -> dict[str, Cell]:
    return {key: value for key, value in line.items() if value is not None and value is not False}


def _beside(layout: Tab, places: Mapping[str, int]) -> Iterator[list[tuple[str, int]]]:
    """Yield the schema's columns in runs: people may have put their own between."""
    shown = sorted(
        ((column.key, places[column.key]) for column in layout.columns if column.key in places),
        key=lambda one: one[1],
    )
    run: list[tuple[str, int]] = []
    for key, index in shown:
        if run and index != run[-1][1] + 1:
            yield run
            run = []
        run.append((key, index))
    if run:
        yield run


def _links(reading: Reading, rows: Sequence[Line]) -> dict[int, dict[str, Json]]:
    """The cells that lead somewhere: row number → column → cell."""
    found: dict[int, dict[str, Json]] = {}
    ids = {tab.title: reading.grids[key].sheet_id for key, tab in reading.snapshot.tabs.items()}
    for number, row in enumerate(rows, start=_FIRST_ROW):
        for key, value in row.items():
            if isinstance(value, Link) and (target := _target(value.target, ids)):
                cell = entered(value.text)
                cell["userEnteredFormat"] = {"textFormat": {"link": {"uri": target}}}
                found.setdefault(number, {})[key] = cell
    return found


def _target(target: str, ids: Mapping[str, int]) -> str:
    """A link's address as Sheets knows it: a place in the same workbook by the tab's id."""
    if not target.startswith("#"):
        return target
    title, _, cell = target[1:].rpartition("!")
    if title.startswith("'"):
        title = title[1:-1].replace("''", "'")
    return f"#gid={ids[title]}&range={cell}" if title in ids else ""


def _figures(reading: Reading, after: Snapshot) -> Iterator[Json]:
    for key, (id_, row, column) in reading.figures.items():
        if after.figures.get(key) != reading.snapshot.figures.get(key):
            cell = _entered(after.figures.get(key))
            yield put_rows(id_, row, column, [[cell]], fields="userEnteredValue")


def _room(grid: Grid, rows: int) -> Iterator[Json]:
    """Yield the request that lengthens a tab; its new rows look like its last one."""
    if rows < grid.rows:
        return
    more = rows - grid.rows + max(100, rows // 4)
    area = {"sheetId": grid.sheet_id, "dimension": "ROWS"}
    span = {**area, "startIndex": grid.rows - 1, "endIndex": grid.rows - 1 + more}
    yield {"insertDimension": {"range": span, "inheritFromBefore": True}}


def _runs(numbers: Iterable[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _entered(value: Cell) -> Json:
    return entered(value.text if isinstance(value, Link) else value)
