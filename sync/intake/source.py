"""Read a team's .xlsx or .csv as a plain table, without touching it."""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from sync.intake.errors import IntakeError
from sync.intake.meaning import REQUIRED, keys, recognised
from sync.stores.excel_grid import read_early, read_grid
from sync.workbook import Cell, CellError

SourceCell: TypeAlias = str | int | float | bool | date | datetime | CellError | None

_HEADING_SEARCH = 20  # lists often start with a title and a date; headings come soon after
_DELIMITERS = ";,\t|"
_END = "\x1eend"  # stands in a row of its own when every quotation mark was closed before it
_TELLING = 2  # columns that we know make a tab look like a list
_MOST_TEXT = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of the source: its number as a person sees it (1-based), and its cells."""

    number: int
    cells: tuple[SourceCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """The headings of a source and the rows below them; blank rows are left out.

    `unheaded` is the first row's number and cell that stand under no heading, None when none does.
    `passed` is the first tab when this one was taken in its place; `others` are further tabs that
    look like a list.
    """

    sheet: str
    headings: tuple[str, ...]
    rows: tuple[SourceRow, ...]
    unheaded: tuple[int, str] | None = None
    passed: str | None = None
    others: tuple[str, ...] = ()


def read_source(
    path: Path,
    sheet: str | None = None,
    *,
    given: Mapping[str, str] = MappingProxyType({}),
    needed: Collection[str] = REQUIRED,
) -> SourceTable:
    """Read the table at `path`; `sheet` names a tab of an .xlsx.

    Without one it is the first with data; but where that has no headings for all `needed` keys
    (a cover, say) and one other tab has, that one. `given` are headings by key, as in `mapping`.

    Raises IntakeError (no file, empty, no such sheet, several lists, unreadable) and RefusedFile
    for a hostile or broken .xlsx.
    """
    if not path.is_file():
        raise IntakeError("no_source", path=str(path))
    if path.suffix.lower() in {".csv", ".txt", ".tsv"}:
        return _table(path.name, _csv_rows(path))
    passed: str | None = None
    others: tuple[str, ...] = ()
    if sheet is None:
        sheet, passed, others = _list_of(path, given, needed)
    try:
        grid = read_grid(path, sheet)
    except KeyError as unknown:
        titles = ", ".join(read_grid(path).titles)
        raise IntakeError("no_sheet", sheet=sheet or "", path=path.name, sheets=titles) from unknown
    rows = [SourceRow(row.number, tuple(_cell(value) for value in row.values)) for row in grid.rows]
    return replace(_table(grid.title, rows), passed=passed, others=others)


def _list_of(
    path: Path, given: Mapping[str, str], needed: Collection[str]
) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The tab to read, the first when it is passed over for it, and other lists."""
    found: list[tuple[str, frozenset[str]]] = []
    for grid in read_early(path):
        rows = [SourceRow(row.number, tuple(map(_cell, row.values))) for row in grid.rows]
        filled = [row for row in rows if _filled(row.cells)]
        heads = _heads(filled) if filled else None
        has_rows = heads is not None and filled[-1].number > heads.number
        known = keys(_texts(heads.cells), given) if heads and has_rows else frozenset()
        found.append((grid.title, known))
    lists = [title for title, known in found if known.issuperset(needed)]
    if not lists:
        alike = (title for title, known in found[1:] if len(known) >= _TELLING)
        return (found[0][0] if found else None), None, tuple(alike)
    first = found[0][0]
    if first in lists:
        return first, None, tuple(title for title in lists if title != first)
    if len(lists) > 1:
        quoted = ", ".join(f"“{title}”" for title in lists)
        raise IntakeError("several_lists", sheet=first, sheets=quoted, example=lists[0])
    return lists[0], first, ()


def _cell(value: Cell) -> SourceCell:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, (bool, int, float, date, datetime, CellError)):
        return value
    return None if value is None else str(value)


def _csv_rows(path: Path) -> list[SourceRow]:
    if path.stat().st_size > _MOST_TEXT:
        raise IntakeError("too_large", path=str(path))
    raw = path.read_bytes()
    text = _decode(raw)
    if "\0" in text:
        raise IntakeError("unreadable", path=str(path), detail="NUL")
    delimiter = _delimiter(text)
    marked = io.StringIO(f"{text}\n{_END}", newline="")
    try:
        rows = list(csv.reader(marked, delimiter=delimiter, strict=False))
    except csv.Error as broken:
        raise IntakeError("unreadable", path=str(path), detail=str(broken)) from broken
    if rows.pop() != [_END]:  # a last cell swallowed all the rows after it
        raise IntakeError("unclosed_quote", path=str(path), row=str(len(rows) + 1))
    return [
        SourceRow(number, tuple(cell.strip() or None for cell in row))
        for number, row in enumerate(rows, start=1)
    ]


def _delimiter(text: str) -> str:
    """The sign that makes headings we know of an early line; else the one its first line has most.

    A title above the list may have commas of its own.
    """
    early = text.splitlines()[:_HEADING_SEARCH]
    first = next((line for line in early if sum(map(line.count, _DELIMITERS))), "")

    def worth(sign: str) -> tuple[int, int]:
        known = (recognised([cell.strip(' "') for cell in line.split(sign)]) for line in early)
        return max(known, default=0), first.count(sign)

    return max(_DELIMITERS, key=worth)


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Brazilian Excel writes when asked for "CSV"; every byte has a meaning in it.
        return raw.decode("cp1252", errors="replace")


def _table(sheet: str, rows: Sequence[SourceRow]) -> SourceTable:
    """Take as headings the first of the early rows that says most of what is known."""
    filled = [row for row in rows if _filled(row.cells)]
    if not filled:
        raise IntakeError("empty", sheet=sheet)
    heads = _heads(filled)
    headings = _texts(heads.cells)
    width = len(headings)
    body = tuple(
        SourceRow(row.number, row.cells[:width] + (None,) * (width - len(row.cells)))
        for row in filled
        if row.number > heads.number
    )
    loose = (
        (row.number, str(cell))
        for row in filled
        if row.number > heads.number
        for index, cell in enumerate(row.cells)
        if cell is not None and not (index < width and headings[index])
    )
    return SourceTable(sheet=sheet, headings=headings, rows=body, unheaded=next(loose, None))


def _heads(filled: Sequence[SourceRow]) -> SourceRow:
    """The row of headings among rows that hold anything."""
    return max(
        filled[:_HEADING_SEARCH],
        key=lambda row: (recognised(_texts(row.cells)), _filled(row.cells) > 1, -row.number),
    )


def _filled(row: Sequence[SourceCell]) -> int:
    return sum(cell is not None for cell in row)


def _texts(row: Sequence[SourceCell]) -> tuple[str, ...]:
    return tuple("" if cell is None else " ".join(str(cell).split()) for cell in row)
