"""A sheet's XML as bytes: where its rows and cells stand, without building anything.

Two ways to the same places. What Excel, LibreOffice and openpyxl write (no namespace prefix, `r` on
every row and cell, ascending, no comments) is found by compiled patterns; anything else well-formed
by expat's byte positions. Both leave the bytes alone.
"""

import re
from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import lt
from typing import TypeAlias

from sync.stores.ooxml import xml
from sync.workbook import RefusedFile

_ROW = re.compile(rb'<row r="(\d{1,7})"')
_CELL = re.compile(rb'\s*<c r="([A-Z]{1,3})(\d{1,7})"([^<>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
_AFTER_CELLS = re.compile(rb"\s*(?:</row>\s*)?")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_PLAIN_ROW = re.compile(rb"<row [^<>]*?(/?)>")


@dataclass(frozen=True, slots=True)
class CellSpan:
    """One `<c>` element: its column (1-based) and its bytes' place in the sheet."""

    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RowSpan:
    """One `<row>` element: `inner` is where its content starts, None when it closes itself."""

    number: int
    start: int
    inner: int | None
    end: int
    cells: tuple[CellSpan, ...]


class _Unusual(Exception):
    """The quick patterns do not cover this sheet."""


RowIndex: TypeAlias = tuple[Sequence[int], Sequence[int]]
"""Row numbers, ascending, and where each row starts; found in a plain sheet only."""


class SheetXml:
    """The places in one sheet. `data` is UTF-8; `encoding` is what the part was written in.

    `rows` are the row numbers, ascending; `body` is the content of `<sheetData>`, and
    `head` + `tail` all around it. `index` is what a reader of the same bytes has found. Raises
    RefusedFile for what is not a well-formed sheet.
    """

    def __init__(self, part: bytes, name: str, index: RowIndex | None = None) -> None:
        self.name = name
        self.data, self.encoding = xml.utf8(part)
        self._slow: dict[int, RowSpan] | None = None
        if index is not None:
            self.__dict__["_index"] = index
        data = self.data
        open_at = data.find(b"<sheetData>")
        close_at = data.rfind(b"</sheetData>")
        self.prefix = b""
        self.sheet_data = (open_at, close_at + 12)
        self.body = (open_at + 11, close_at)
        if index is None and (
            min(open_at, close_at) < 0 or data.find(b"<!") >= 0 or data.find(b"<?", 5) >= 0
        ):
            self._index_thoroughly()

    @property
    def is_plain(self) -> bool:
        """Whether rows and cells have the common shape (see the module's first lines)."""
        return self._slow is None

    @property
    def rows(self) -> Sequence[int]:
        """The row numbers, ascending."""
        return self._index[0]

    @property
    def starts(self) -> Sequence[int]:
        """Where the rows of `rows` start."""
        return self._index[1]

    @cached_property
    def _index(self) -> RowIndex:
        if self._slow is None:
            found = self._index_quickly()
            if found is not None:
                return found
            self._index_thoroughly()
        numbers = sorted(self._slow or {})
        return numbers, [(self._slow or {})[number].start for number in numbers]

    def _index_quickly(self) -> RowIndex | None:
        data, (begin, end) = self.data, self.body
        found = list(_ROW.finditer(data, begin, end))
        rows = [int(match[1]) for match in found]
        starts = [match.start() for match in found]
        first = starts[0] if starts else end
        usual = (
            all(map(lt, rows, rows[1:]))
            and data.count(b"<row", begin, end) == len(rows)
            and (not rows or 0 < rows[0] <= rows[-1] <= xml.MAX_ROW)
            and not data[begin:first].strip()
        )
        return (rows, starts) if usual else None

    def look_thoroughly(self) -> None:
        """Find all places by expat; for a reader that met an unusual cell."""
        if self._slow is None:
            self._index_thoroughly()

    def _index_thoroughly(self) -> None:
        scan = _Scan(self.data, self.name)
        self._slow = scan.rows
        self.prefix = scan.prefix
        self.sheet_data = scan.sheet_data
        self.body = scan.body
        self.__dict__.pop("_index", None)

    @cached_property
    def frame(self) -> "Frame":
        """What stands around the rows."""
        start, end = self.sheet_data
        return Frame(self.data[:start], self.data[end:], self.prefix, self.name)

    def row(self, number: int) -> RowSpan | None:
        """The row of that number with its cells, None where the sheet has none."""
        if self._slow is not None:
            return self._slow.get(number)
        bounds = self.bounds(number)
        if bounds is None:
            return None
        try:
            return self._row_quickly(number, *bounds)
        except _Unusual:
            self._index_thoroughly()
            return self.row(number)

    def bounds(self, number: int) -> tuple[int, int] | None:
        """Where a row stands, with what blank there may be before the next one."""
        at = bisect_left(self.rows, number)
        if at == len(self.rows) or self.rows[at] != number:
            return None
        if self._slow is not None:
            return self._slow[number].start, self._slow[number].end
        return self.starts[at], self.starts[at + 1] if at + 1 < len(self.rows) else self.body[1]

    def first_row(self) -> RowSpan | None:
        """Row 1, the headings, without looking for all the others."""
        data, (begin, end) = self.data, self.body
        if self._slow is None and data.startswith(b'<row r="1"', begin):
            following = data.find(b'<row r="', begin + 1, end)
            try:
                return self._row_quickly(1, begin, end if following < 0 else following)
            except _Unusual:
                self._index_thoroughly()
        return self.row(1)

    def _row_quickly(self, number: int, start: int, end: int) -> RowSpan:
        data = self.data
        tag = _PLAIN_ROW.match(data, start, end)
        if tag is None:
            raise _Unusual
        if tag[1]:
            if data[tag.end() : end].strip():
                raise _Unusual
            return RowSpan(number, start, None, tag.end(), ())
        cells: list[CellSpan] = []
        at = tag.end()
        digits = str(number).encode()
        last = 0
        while found := _CELL.match(data, at, end):
            column = xml.column_number(found[1].decode())
            if found[2] != digits or column <= last:
                raise _Unusual
            last = column
            at = found.end()
            cells.append(CellSpan(column, data.index(b"<", found.start()), at))
        close = data.rfind(b"</row>", at, end)
        if close < 0 or data[at:close].strip() or data[close + 6 : end].strip():
            raise _Unusual
        return RowSpan(number, start, tag.end(), close + 6, tuple(cells))

    def last_formula(self, columns: Container[int], after: int) -> int:
        """The last row below `after` with a formula in one of these columns, else `after`."""
        at = bisect_left(self.rows, after + 1)
        below = self.rows[at:]
        if not below or (self.is_plain and self.data.find(b"<f", self.starts[at]) < 0):
            return after
        for number in reversed(below):
            row = self.row(number)
            for cell in row.cells if row else ():
                element = self.data[cell.start : cell.end]
                if cell.column in columns and _FORMULA.search(element):
                    return number
        return after

    def cell_bytes(self, row: int, column: int) -> bytes | None:
        """One cell's element, None where there is none."""
        found = self.row(row)
        cell = next((c for c in found.cells if c.column == column), None) if found else None
        return self.data[cell.start : cell.end] if cell else None

    def encoded(self, piece: bytes) -> bytes:
        """A piece of UTF-8 in the part's own encoding."""
        return piece if self.encoding == "utf-8" else piece.decode().encode(self.encoding)


class _Scan:
    """Rows and cells by expat, whatever their shape: prefixes, comments, missing references."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.rows: dict[int, RowSpan] = {}
        self.prefix = b""
        self.sheet_data = self.body = (-1, -1)
        self._path: list[str] = []
        self._row: tuple[int, int] = (0, 0)
        self._cells: dict[int, CellSpan] = {}
        self._cell: tuple[int, int] = (0, 0)
        self._parser = xml.parser(self._start, self._end)
        xml.parse(data, self._parser, name)
        if self.body[1] < 0:
            raise RefusedFile("damaged", part=name)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._path.append(xml.local(tag))
        at = self._parser.CurrentByteIndex
        match self._path[1:]:
            case ["sheetData"]:
                self.prefix = tag[: -len("sheetData")].encode()
                self.sheet_data = (at, -1)
                self.body = (xml.start_tag(self.data, at).end(), -1)
            case ["sheetData", "row"]:
                number = int(attributes.get("r") or self._row[0] + 1)
                if number in self.rows or not 0 < number <= xml.MAX_ROW:
                    raise RefusedFile("damaged", part=self.name)
                self._row, self._cells, self._cell = (number, at), {}, (0, 0)
            case ["sheetData", "row", "c"]:
                column = self._cell[0] + 1
                if reference := attributes.get("r"):
                    row, column = xml.cell_place(reference)
                    if row != self._row[0]:
                        raise RefusedFile("damaged", part=self.name)
                self._cell = (column, at)
                if column in self._cells or column > xml.MAX_COLUMN:
                    raise RefusedFile("damaged", part=self.name)

    def _end(self, _: str) -> None:
        match self._path[1:]:
            case ["sheetData"]:
                tag, end = self._closing(self.sheet_data[0])
                self.sheet_data = (self.sheet_data[0], end)
                self.body = (tag, tag if end == tag else self._parser.CurrentByteIndex)
            case ["sheetData", "row"]:
                number, start = self._row
                tag, end = self._closing(start)
                cells = tuple(self._cells.values())
                self.rows[number] = RowSpan(number, start, None if end == tag else tag, end, cells)
            case ["sheetData", "row", "c"]:
                number, start = self._cell
                end = self._closing(start)[1]
                self._cells[number] = CellSpan(number, start, end)
        self._path.pop()

    def _closing(self, start: int) -> tuple[int, int]:
        """Where the start tag that began here ends, and where its element does."""
        tag = xml.start_tag(self.data, start)
        if tag[3]:
            return tag.end(), tag.end()
        return tag.end(), self.data.index(b">", self._parser.CurrentByteIndex) + 1


class Frame:
    """A sheet without its rows: head and tail as bytes, their elements with their places."""

    def __init__(self, head: bytes, tail: bytes, prefix: bytes, name: str) -> None:
        self.head, self.tail, self.prefix = head, tail, prefix
        self.marker = b"<" + prefix + b"sheetData/>"
        self.root = xml.tree(head + self.marker + tail, name)
        self._tail_at = len(head) + len(self.marker)

    def child(self, name: str) -> xml.Element | None:
        """The first top-level element of that local name (sheetProtection, mergeCells, ...)."""
        return self.root.child(name)

    @property
    def is_protected(self) -> bool:
        """Whether people cannot edit the tab without lifting its protection."""
        protection = self.child("sheetProtection")
        return protection is not None and protection.attributes.get("sheet") in {"1", "true"}

    @property
    def merged(self) -> list[xml.Area]:
        """The merged areas."""
        merges = self.child("mergeCells")
        return [xml.area(m.attributes["ref"]) for m in merges.children] if merges else []

    @cached_property
    def column_styles(self) -> list[tuple[int, int, int]]:
        """(first, last, style) of every `<col>`."""
        columns = self.child("cols")
        found = [each.attributes for each in columns.children] if columns else []
        return [(int(col["min"]), int(col["max"]), int(col.get("style", 0))) for col in found]

    def column_style(self, column: int) -> int:
        """The style that empty cells of a column have."""
        return next((s for first, last, s in self.column_styles if first <= column <= last), 0)
