"""Read a team's .xlsx or .csv as a plain table, without touching it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias

from python_calamine import CalamineError, load_workbook

from sync.intake.errors import IntakeError
from sync.intake.meaning import recognised
from sync.stores.guard import inspect

SourceCell: TypeAlias = str | int | float | bool | date | datetime | None

_HEADING_SEARCH = 20  # lists often start with a title and a date; headings come soon after
_DELIMITERS = ";,\t|"
_MOST_TEXT = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of the source: its number as a person sees it (1-based), and its cells."""

    number: int
    cells: tuple[SourceCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """The headings of a source and the rows below them; blank rows are left out."""

    sheet: str
    headings: tuple[str, ...]
    rows: tuple[SourceRow, ...]


def read_source(path: Path, sheet: str | None = None) -> SourceTable:
    """Read the table at `path`; `sheet` names a tab of an .xlsx (default: the first with data).

    Raises IntakeError (no file, empty, no such sheet, unreadable) and RefusedFile for a hostile
    or broken .xlsx.
    """
    if not path.is_file():
        raise IntakeError("no_source", path=str(path))
    if path.suffix.lower() in {".csv", ".txt", ".tsv"}:
        return _table(path.name, _csv_rows(path))
    inspect(path)
    try:
        with load_workbook(str(path)) as book:
            name = _sheet_name(book.sheet_names, sheet, path)
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except CalamineError as unreadable:
        raise IntakeError("unreadable", path=str(path), detail=str(unreadable)) from unreadable
    return _table(name, [[_cell(value) for value in row] for row in rows])


def _sheet_name(names: Sequence[str], wanted: str | None, path: Path) -> str:
    if wanted is None:
        return names[0]
    for name in names:
        if name.casefold() == wanted.casefold():
            return name
    raise IntakeError("no_sheet", sheet=wanted, path=path.name, sheets=", ".join(names))


def _cell(value: object) -> SourceCell:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, (bool, int, float, date, datetime)):
        return value
    if isinstance(value, (time, timedelta)):
        return str(value)
    return None


def _csv_rows(path: Path) -> list[list[SourceCell]]:
    if path.stat().st_size > _MOST_TEXT:
        raise IntakeError("too_large", path=str(path))
    raw = path.read_bytes()
    text = _decode(raw)
    if "\0" in text:
        raise IntakeError("unreadable", path=str(path), detail="NUL")
    lines = text.splitlines()
    first = next((line for line in lines if sum(map(line.count, _DELIMITERS))), "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False))
    except csv.Error as broken:
        raise IntakeError("unreadable", path=str(path), detail=str(broken)) from broken
    return [[cell.strip() or None for cell in row] for row in rows]


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Brazilian Excel writes when asked for "CSV"; every byte has a meaning in it.
        return raw.decode("cp1252", errors="replace")


def _table(sheet: str, rows: Sequence[Sequence[SourceCell]]) -> SourceTable:
    """Take as headings the first of the early rows that says most of what is known."""
    early = list(enumerate(rows[:_HEADING_SEARCH]))
    if not any(any(cell is not None for cell in row) for _, row in early):
        raise IntakeError("empty", sheet=sheet)
    at, heads = max(
        early, key=lambda pair: (recognised(_texts(pair[1])), _filled(pair[1]) > 1, -pair[0])
    )
    headings = _texts(heads)
    width = len(headings)
    body = tuple(
        SourceRow(number, tuple(row[:width]) + (None,) * (width - len(row)))
        for number, row in enumerate(rows[at + 1 :], start=at + 2)
        if any(cell is not None for cell in row)
    )
    return SourceTable(sheet=sheet, headings=headings, rows=body)


def _filled(row: Sequence[SourceCell]) -> int:
    return sum(cell is not None for cell in row)


def _texts(row: Sequence[SourceCell]) -> tuple[str, ...]:
    return tuple("" if cell is None else " ".join(str(cell).split()) for cell in row)
