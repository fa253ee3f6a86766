"""A sheet with some cells changed: every byte outside them stays where it was.

Exceptions, each the least that keeps the sheet true: `spans` of a row that a cell outgrew, the
`dimension`, ranges that ended with the data when rows were added below (`ranges.py`), hyperlinks
of the changed cells (`links.py`).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time

from sync.stores.ooxml import cells, xml
from sync.stores.ooxml.sheet import CellSpan, RowSpan, SheetXml
from sync.stores.ooxml.styles import Shows, Styles
from sync.workbook import Cell, WrongPlace

Edits = Mapping[int, Mapping[int, Cell]]
"""Row number → column number → value."""

_SPANS = re.compile(rb'(\sspans=")(\d+):(\d+)(")')
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")
_ROW_STYLE = re.compile(
    rb"""(?=[^>]*\scustomFormat\s*=\s*["'](?:1|true)["'])[^>]*\ss\s*=\s*["'](\d+)["']"""
)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_REFERENCE = re.compile(rb'<c r="([A-Z]{1,3})\d')
_SLASH = ord("/")
_RANGE_FORMULA = re.compile(
    rb"""<(?:\w+:)?f\s[^>]*?\bt\s*=\s*["'](array|dataTable|shared)["'][^>]*>"""
)


class RowsPatch:
    """Changes cells of one sheet and adds rows. Raises WrongPlace for what cannot be done safely.

    `like` is the row whose styles new rows take (the last row with data), None when there is none.
    """

    def __init__(
        self, sheet: SheetXml, styles: Styles, *, tab: str, date1904: bool, like: int | None = None
    ) -> None:
        self.sheet = sheet
        self.styles = styles
        self.tab = tab
        self.date1904 = date1904
        self.like = sheet.row(like) if like else None
        self.formula_gone = False
        self._usual: dict[int, int] = {}

    def pieces(self, edits: Edits) -> Iterator[bytes]:
        """The `<sheetData>` element with these cells set. Cells set to None keep their style."""
        self._refuse_ranges(edits)
        sheet, data = self.sheet, self.sheet.data
        begin, end = sheet.body
        open_tag, close_tag = data[sheet.sheet_data[0] : begin], data[end : sheet.sheet_data[1]]
        if begin == sheet.sheet_data[1]:  # <sheetData/>
            name = xml.start_tag(open_tag, 0)[1]
            open_tag, close_tag = b"<" + name + b">", b"</" + name + b">"
            begin = end
        yield open_tag
        check = xml.parser()
        check.Parse(b"<x>", False)
        at = begin
        for start, number in self._order(edits):
            new, stop = self._new_row(number, start, edits[number])
            check.Parse(new, False)  # what does not parse must never reach the disk
            yield data[at:start]
            yield new
            at = stop
        check.Parse(b"</x>", True)
        yield data[at:end]
        yield close_tag

    def _order(self, edits: Edits) -> list[tuple[int, int]]:
        """(place in the sheet, row number) of the rows to change or add, as they stand."""
        rows, starts = self.sheet.rows, self.sheet.starts
        places: list[tuple[int, int]] = []
        for number in sorted(edits):
            at = bisect_left(rows, number)
            is_there = at < len(rows) and rows[at] == number
            if is_there or any(value is not None for value in edits[number].values()):
                places.append((starts[at] if at < len(rows) else self.sheet.body[1], number))
        return sorted(places)

    def _new_row(self, number: int, start: int, values: Mapping[int, Cell]) -> tuple[bytes, int]:
        """The bytes of a changed or added row, and where the bytes that they replace end."""
        bounds = self.sheet.bounds(number)
        if bounds is None:
            return self._added(number, values), start
        if self.sheet.is_plain:
            quick = self._edited_quickly(number, bounds, values)
            if quick is not None:
                return quick, bounds[1]
        row = self.sheet.row(number)
        assert row is not None  # noqa: S101  # its bounds were found
        return self._edited(row, values), row.end

    def _edited_quickly(
        self, number: int, bounds: tuple[int, int], values: Mapping[int, Cell]
    ) -> bytes | None:
        """A plain row with cells replaced or added at its end; None when one goes in between."""
        row = self.sheet.data[bounds[0] : bounds[1]]
        if row.count(b"<c") != row.count(b'<c r="'):
            return None  # cells that do not say where they are
        digits = str(number).encode()
        changes: list[tuple[int, int, bytes]] = []
        behind: dict[int, Cell] = {}
        for column, value in values.items():
            start = row.find(b'<c r="%s%s"' % (xml.column_letters(column).encode(), digits))
            if start >= 0:
                tag = row.index(b">", start)
                end = tag + 1 if row[tag - 1] == _SLASH else row.index(b"</c>", tag) + 4
                changes.append((start, end, self._replacing(row[start:end], number, column, value)))
            elif value is not None:
                behind[column] = value
        if behind:
            close = row.rfind(b"</row>")
            last = _REFERENCE.match(row, row.rfind(b"<c "))
            if close < 0 or not last or xml.column_number(last[1].decode()) > min(behind):
                return None
            new = [self._new_cell(number, row, c, value) for c, value in sorted(behind.items())]
            changes.append((close, close, b"".join(new)))
        pieces: list[bytes] = []
        at = 0
        for start, end, new_cell in sorted(changes):
            pieces += (row[at:start], new_cell)
            at = end
        if behind and pieces:
            tag = pieces[0].index(b">") + 1
            pieces[0] = self._spanning(pieces[0][:tag], behind) + pieces[0][tag:]
        return b"".join((*pieces, row[at:]))

    def _edited(self, row: RowSpan, values: Mapping[int, Cell]) -> bytes:
        data, prefix = self.sheet.data, self.sheet.prefix
        tag_end = row.end if row.inner is None else row.inner
        tag = data[row.start : tag_end]
        pieces: list[bytes] = []
        at = tag_end
        waiting = dict(sorted(values.items()))
        for cell in row.cells:
            for column in [c for c in waiting if c < cell.column]:
                new = self._new_cell(row.number, tag, column, waiting.pop(column))
                pieces += (data[at : cell.start], new)
                at = cell.start
            if cell.column in waiting:
                old, value = data[cell.start : cell.end], waiting.pop(cell.column)
                pieces.append(data[at : cell.start])
                pieces.append(self._replacing(old, row.number, cell.column, value))
                at = cell.end
        last = row.cells[-1].end if row.cells else tag_end
        pieces.append(data[at:last])
        pieces += [self._new_cell(row.number, tag, c, value) for c, value in waiting.items()]
        if row.inner is None:
            content = b"".join(pieces)
            if not content:
                return tag
            slash = tag.rindex(b"/")
            tag = tag[:slash].rstrip() + b">"
            close = b"</" + prefix + b"row>"
            return self._spanning(tag, values) + content + close
        return b"".join((self._spanning(tag, values), *pieces, data[last : row.end]))

    def _spanning(self, tag: bytes, values: Mapping[int, Cell]) -> bytes:
        """The row's tag with `spans` widened where a written cell stands outside of it."""
        written = [column for column, value in values.items() if value is not None]
        found = _SPANS.search(tag)
        if not found or not written:
            return tag
        first, last = min(int(found[2]), *written), max(int(found[3]), *written)
        new = b"%s%d:%d%s" % (found[1], first, last, found[4])
        return tag[: found.start()] + new + tag[found.end() :]

    def _replacing(self, old: bytes, number: int, column: int, value: Cell) -> bytes:
        """The element that takes an old one's place and keeps its style."""
        tag = old[: xml.start_tag(old, 0).end()]
        content = old[len(tag) :]
        found = _STYLE.search(tag)
        style = self._style(int(found[1]) if found else 0, value, column)
        if b"f" in content and _FORMULA.search(content):
            self.formula_gone = True
        return self._element(number, column, style, value)

    def _new_cell(self, number: int, row: bytes, column: int, value: Cell) -> bytes:
        """A cell where none was. `row` is its row's element from its start."""
        if value is None or value == "":
            return b""
        found = _ROW_STYLE.match(row)
        style = int(found[1]) if found else self._usual_style(column, number)
        return self._element(number, column, self._style(style, value, column), value)

    def _added(self, number: int, values: Mapping[int, Cell]) -> bytes:
        """A new row: the written cells, and the formats of the other cells of the row above."""
        above = {cell.column: self._style_of(cell) for cell in self.like.cells} if self.like else {}
        pieces: list[bytes] = []
        for column in sorted({*values, *above}):
            value = values.get(column)
            style = above.get(column) or self.sheet.frame.column_style(column)
            if value is None and not style:
                continue
            pieces.append(self._element(number, column, self._style(style, value, column), value))
        prefix = self.sheet.prefix
        head = b'<%srow r="%d">' % (prefix, number)
        return b"".join((head, *pieces, b"</", prefix, b"row>"))

    def _element(self, row: int, column: int, style: int, value: Cell) -> bytes:
        reference = f"{xml.column_letters(column)}{row}"
        return cells.element(self.sheet.prefix, reference, style, value, date1904=self.date1904)

    def _style_of(self, cell: CellSpan) -> int:
        tag = xml.start_tag(self.sheet.data, cell.start)
        found = _STYLE.search(tag[2])
        return int(found[1]) if found else 0

    def _usual_style(self, column: int, row: int) -> int:
        """The style of a cell that is not there yet: the column's, else that of a cell above."""
        if column not in self._usual:
            style = self.sheet.frame.column_style(column)
            for number in (row - 1, 2):
                above = self.sheet.row(number) if not style and number > 1 else None
                for cell in above.cells if above else ():
                    if cell.column == column:
                        style = self._style_of(cell)
            self._usual[column] = style
        return self._usual[column]

    def _style(self, style: int, value: Cell, column: int) -> int:
        """The style for a value: its own, unless a day would show as a bare number."""
        if not isinstance(value, date | time) or style in self.styles.dates:
            return style
        usual = self.sheet.frame.column_style(column)
        if usual in self.styles.dates:
            return usual
        if isinstance(value, time):
            return self.styles.dated(style, Shows.TIME)
        moment = isinstance(value, datetime)
        return self.styles.dated(style, Shows.DATETIME if moment else Shows.DATE)

    def _refuse_ranges(self, edits: Edits) -> None:
        """Refuse cells inside a merged area or a formula that covers several cells."""
        places = {(row, column) for row, values in edits.items() for column in values}
        for merged in self.sheet.frame.merged:
            inner = [p for p in _inside(merged, edits) if p != (merged.top, merged.left)]
            if inner:
                raise self._wrong("merged_cells", inner[0])
        data = self.sheet.data
        if self.sheet.is_plain and data.find(b"<f ", *self.sheet.body) < 0:  # <f t="...">
            return
        for found in _RANGE_FORMULA.finditer(data):
            attributes = xml.attributes(found[0])
            if "ref" not in attributes:
                continue
            covered = xml.area(attributes["ref"])
            touched = _inside(covered, edits)
            if not touched or covered.single:
                continue
            if found[1] != b"shared" or self._leaves_heirs(covered, attributes, places):
                raise self._wrong("formula_range", touched[0])

    def _leaves_heirs(
        self, covered: xml.Area, attributes: dict[str, str], places: set[tuple[int, int]]
    ) -> bool:
        """Whether overwriting the first cell of a shared formula would orphan the others."""
        first = (covered.top, covered.left)
        if first not in places:
            return False
        shared = re.compile(rb"""\bsi\s*=\s*["']%s["']""" % attributes.get("si", "").encode())
        for row in range(covered.top, covered.bottom + 1):
            for column in range(covered.left, covered.right + 1):
                if (row, column) not in places:
                    raw = self.sheet.cell_bytes(row, column) or b""
                    if shared.search(raw):
                        return True
        return False

    def _wrong(self, code: str, place: tuple[int, int]) -> WrongPlace:
        return WrongPlace(code, tab=self.tab, cell=f"{xml.column_letters(place[1])}{place[0]}")


def _inside(covered: xml.Area, edits: Edits) -> list[tuple[int, int]]:
    """The edited places within an area, walking the smaller of the two."""
    height = covered.bottom - covered.top + 1
    rows = range(covered.top, covered.bottom + 1) if height < len(edits) else edits
    return [
        (row, column) for row in rows if row in edits for column in edits[row]
        if covered.holds(row, column)
    ]  # fmt: skip
