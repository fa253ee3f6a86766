"""The rows of a patched sheet: changed ones byte by byte around their new cells, and added ones."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time

from sync.stores.ooxml import cells, xml
from sync.stores.ooxml.sheet import CellSpan, RowSpan, SheetXml
from sync.stores.ooxml.styles import Shows, Styles
from sync.workbook import Cell, Link

_SPANS = re.compile(rb'(\sspans=")(\d+):(\d+)(")')
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")
_FORMAT = re.compile(rb"""\scustomFormat\s*=\s*["'](?:1|true)["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_CELL = b'<c r="'
_REMEMBERED = 20_000  # contents of cells: states, buckets and zeros repeat


class RowWriter:
    """Writes rows of one sheet with some cells set.

    `like` is the row whose formats added rows take, None when there is none. `formula_gone` tells
    whether a formula was overwritten.
    """

    def __init__(
        self, sheet: SheetXml, styles: Styles, *, date1904: bool, like: int | None
    ) -> None:
        self.sheet = sheet
        self.styles = styles
        self.date1904 = date1904
        self.formula_gone = False
        above = sheet.row(like) if like else None
        self._above = {c.column: self._style_of(c) for c in above.cells} if above else {}
        self._usual: dict[int, int] = {}
        self._contents: dict[tuple[type, Cell], bytes] = {}

    def changed(
        self, number: int, bounds: tuple[int, int], values: Mapping[int, Cell]
    ) -> tuple[bytes, int]:
        """A row that stands there with cells set, and where the bytes it replaces end."""
        if self.sheet.is_plain:
            row = self.sheet.data[bounds[0] : bounds[1]]
            quick = self._quickly(b'%d"' % number, row, values)
            if quick is not None:
                return quick, bounds[1]
        found = self.sheet.row(number)
        assert found is not None  # noqa: S101  # its bounds were found
        return self._thoroughly(found, values), found.end

    def added(self, number: int, values: Mapping[int, Cell]) -> bytes:
        """A new row: the written cells, and the formats of the other cells of the row above."""
        pieces: list[bytes] = []
        for column in sorted({*values, *self._above}):
            value = values.get(column)
            style = self._above.get(column) or self.sheet.frame.column_style(column)
            if style or not _is_blank(value):
                pieces.append(self._element(number, column, style, value))
        prefix = self.sheet.prefix
        return b"".join((b'<%srow r="%d">' % (prefix, number), *pieces, b"</", prefix, b"row>"))

    def _quickly(self, mark: bytes, row: bytes, values: Mapping[int, Cell]) -> bytes | None:
        """A row of the common shape, cut at its cells; None for any other."""
        tag, *found = row.split(_CELL)
        if not found or b"<c" in tag:
            return None
        last, close, after = found[-1].rpartition(b"</row>")
        if not close or row.count(b"<c") != len(found):
            return None
        found[-1] = last
        out = [self._spanning(tag, values)]
        waiting = sorted(values.items())
        waiting.reverse()
        before = 0
        for cell in found:
            letters, _, rest = cell.partition(mark)
            column = xml.known_column(letters)
            if column <= before:
                return None
            before = column
            while waiting and waiting[-1][0] < column:
                out.append(self._new(mark, tag, *waiting.pop()))
            if not waiting or waiting[-1][0] != column:
                out.append(_CELL + cell)
            elif rest.endswith((b"</c>", b"/>")) and rest.count(b">") >= 1:
                out.append(self._instead(letters + mark, rest, *waiting.pop()))
            else:
                return None
        while waiting:
            out.append(self._new(mark, tag, *waiting.pop()))
        out += (close, after)
        return b"".join(out)

    def _instead(self, reference: bytes, rest: bytes, column: int, value: Cell) -> bytes:
        """The element for a cell that stood there; `rest` is what followed its reference."""
        tag, _, content = rest.partition(b">")
        found = _STYLE.search(tag)
        if b"<f" in content:
            self.formula_gone = True
        style = int(found[1]) if found else 0
        return self._written(reference, style, column, value)

    def _new(self, mark: bytes, tag: bytes, column: int, value: Cell) -> bytes:
        """The element for a cell that did not; `tag` is its row's."""
        if _is_blank(value):
            return b""
        reference = xml.column_letters(column).encode() + mark
        style = self._style_in(tag, column, int(mark[:-1]))
        return self._written(reference, style, column, value)

    def _written(self, reference: bytes, style: int, column: int, value: Cell) -> bytes:
        """A cell without prefix; `reference` has its closing quote."""
        if isinstance(value, date | time):
            style = self._dated(style, column, value)
        key = (type(value), value)
        content = self._contents.get(key)
        if content is None:
            content = cells.content(b"", value, date1904=self.date1904)
            if len(self._contents) < _REMEMBERED:
                self._contents[key] = content
        if style:
            return b'<c r="%b s="%d"%b' % (reference, style, content)
        return b'<c r="%b%b' % (reference, content)

    def _thoroughly(self, row: RowSpan, values: Mapping[int, Cell]) -> bytes:
        data, prefix = self.sheet.data, self.sheet.prefix
        tag_end = row.end if row.inner is None else row.inner
        tag = data[row.start : tag_end]
        pieces: list[bytes] = []
        at = tag_end
        waiting = dict(sorted(values.items()))
        for cell in row.cells:
            for column in [c for c in waiting if c < cell.column]:
                pieces.append(data[at : cell.start])
                pieces.append(self._inserted(row.number, tag, column, waiting.pop(column)))
                at = cell.start
            if cell.column in waiting:
                pieces.append(data[at : cell.start])
                pieces.append(self._replaced(row.number, cell, waiting.pop(cell.column)))
                at = cell.end
        last = row.cells[-1].end if row.cells else tag_end
        pieces.append(data[at:last])
        pieces += [self._inserted(row.number, tag, c, value) for c, value in waiting.items()]
        if row.inner is None:
            content = b"".join(pieces)
            if not content:
                return tag
            opened = tag[: tag.rindex(b"/")].rstrip() + b">"
            return self._spanning(opened, values) + content + b"</" + prefix + b"row>"
        return b"".join((self._spanning(tag, values), *pieces, data[last : row.end]))

    def _replaced(self, number: int, cell: CellSpan, value: Cell) -> bytes:
        if _FORMULA.search(self.sheet.data, cell.start, cell.end):
            self.formula_gone = True
        return self._element(number, cell.column, self._style_of(cell), value)

    def _inserted(self, number: int, tag: bytes, column: int, value: Cell) -> bytes:
        if _is_blank(value):
            return b""
        return self._element(number, column, self._style_in(tag, column, number), value)

    def _element(self, row: int, column: int, style: int, value: Cell) -> bytes:
        """A cell in the sheet's own way of naming tags."""
        if isinstance(value, date | time):
            style = self._dated(style, column, value)
        prefix = self.sheet.prefix
        head = b'<%bc r="%b%d"' % (prefix, xml.column_letters(column).encode(), row)
        return b"".join((
            head, b' s="%d"' % style if style else b"",
            cells.content(prefix, value, date1904=self.date1904),
        ))  # fmt: skip

    def _spanning(self, tag: bytes, values: Mapping[int, Cell]) -> bytes:
        """The row's tag with `spans` widened where a written cell stands outside of it."""
        found = _SPANS.search(tag)
        written = [c for c, value in values.items() if not _is_blank(value)] if found else []
        if not found or not written:
            return tag
        first, last = min(int(found[2]), *written), max(int(found[3]), *written)
        new = b"%s%d:%d%s" % (found[1], first, last, found[4])
        return tag[: found.start()] + new + tag[found.end() :]

    def _style_of(self, cell: CellSpan) -> int:
        tag = xml.start_tag(self.sheet.data, cell.start)
        found = _STYLE.search(tag[2])
        return int(found[1]) if found else 0

    def _style_in(self, tag: bytes, column: int, row: int) -> int:
        """The style of a cell that is not there yet: the row's, the column's, or one above."""
        if b"customFormat" in tag and _FORMAT.search(tag) and (found := _STYLE.search(tag)):
            return int(found[1])
        if column not in self._usual:
            style = self.sheet.frame.column_style(column)
            for number in (row - 1, 2):
                above = self.sheet.row(number) if not style and number > 1 else None
                for cell in above.cells if above else ():
                    if cell.column == column:
                        style = self._style_of(cell)
            self._usual[column] = style
        return self._usual[column]

    def _dated(self, style: int, column: int, value: date | time) -> int:
        """The style for a day: its own, unless the day would show as a bare number."""
        if style in self.styles.dates:
            return style
        usual = self.sheet.frame.column_style(column)
        if usual in self.styles.dates:
            return usual
        if isinstance(value, time):
            return self.styles.dated(style, Shows.TIME)
        moment = isinstance(value, datetime)
        return self.styles.dated(style, Shows.DATETIME if moment else Shows.DATE)


def _is_blank(value: Cell) -> bool:
    return value is None or value == "" or (isinstance(value, Link) and not value.text)
