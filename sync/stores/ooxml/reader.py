"""A sheet's rows as values: the wanted columns only, so that far-off cells cost nothing."""

import gc
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sync.stores.ooxml import xml
from sync.stores.ooxml.cells import (
    CellText,
    Meaning,
    plain_text,
    quick_cell,
    style_and_kind,
    thorough_cell,
)
from sync.stores.ooxml.sheet import RowIndex, SheetXml
from sync.workbook import Cell, RefusedFile, Row

_BLOCK = 1 << 21  # bytes split at a time
_REMEMBERED = 50_000  # cells whose values are kept
_SHORT = 3 + 5 + 8  # `<v>`, a value likely to come again (days, zeros, small numbers), its end
_INLINE = b"><is><t></t></is></c>"


def row_values(sheet: SheetXml, meaning: Meaning, number: int) -> dict[int, Cell]:
    """All cells with a value of one row, by column number."""
    row = sheet.first_row() if number == 1 else sheet.row(number)
    found: dict[int, Cell] = {}
    for cell in row.cells if row else ():
        value = meaning.value(_cell(sheet.data[cell.start : cell.end], sheet.name))
        if value is not None:
            found[cell.column] = value
    return found


def read_rows(
    sheet: SheetXml, meaning: Meaning, columns: Sequence[int], first: int = 2
) -> list[Row]:
    """The rows from `first` on in which one of `columns` (numbers, 1-based) has a value.

    `Row.values` are in the order of `columns`. Raises RefusedFile for a damaged sheet.
    """
    return read_and_index(sheet, meaning, columns, first)[0]


def read_and_index(
    sheet: SheetXml, meaning: Meaning, columns: Sequence[int], first: int = 2
) -> tuple[list[Row], RowIndex | None]:
    """As `read_rows`, and where the rows stand, when that came out along the way."""
    if not columns:
        return [], None
    if sheet.is_plain:
        quick = _Quick(sheet, meaning, columns)
        with _no_collection():
            rows = quick.rows(first)
        if rows is not None:
            return rows, (quick.numbers, quick.starts) if quick.saw_all else None
        sheet.look_thoroughly()
    return list(_thorough_rows(sheet, meaning, columns, first)), None


def _thorough_rows(
    sheet: SheetXml, meaning: Meaning, columns: Sequence[int], first: int
) -> Iterator[Row]:
    index = {column: at for at, column in enumerate(columns)}
    for number in sheet.rows:
        row = sheet.row(number)
        if number < first or row is None:
            continue
        values: list[Cell] = [None] * len(columns)
        for cell in row.cells:
            at = index.get(cell.column)
            if at is not None:
                values[at] = meaning.value(_cell(sheet.data[cell.start : cell.end], sheet.name))
        if any(value is not None for value in values):
            yield Row(number, tuple(values))


def _cell(element: bytes, part: str) -> CellText:
    """Any `<c>` element as text, by the quick way where its shape is common."""
    if element.startswith(b'<c r="') and b"<!" not in element:
        found = quick_cell(b'"' + element.split(b'"', 2)[2])
        if found is not None:
            return found
    return thorough_cell(element, part)


# Attributes only: what stands before the value of a cell without a formula.
_HEAD = re.compile(rb"([^<>]*)>")
_NEXT = b'<c r="'


class _Quick:
    """Rows of a plain sheet by splitting bytes at the rows' numbers.

    Row 12 is cut at every `12"`: what comes out is a cell without its reference, and then the
    letters of the next one, ` s="3" t="s"><v>17</v></c><c r="C`. Short pieces repeat and are
    looked up whole; of the others the head, up to `<v>`, says how the text becomes a value.
    """

    def __init__(self, sheet: SheetXml, meaning: Meaning, columns: Sequence[int]) -> None:
        self.sheet = sheet
        self.meaning = meaning
        self.places = {xml.column_letters(column).encode(): at for at, column in enumerate(columns)}
        # Behind the wanted columns: a slot for all others, and one that ends a row.
        self.width, self.other, self.end = len(columns), len(columns), len(columns) + 1
        self.blank: list[Cell] = [None] * (self.width + 2)
        self.known: dict[bytes, tuple[Cell, int]] = {}
        self.heads: dict[bytes, Callable[[bytes], Cell]] = {}
        self.nothing = (None,) * self.width
        self.long_texts = 0
        self.numbers, self.starts, self.saw_all = array("L"), array("Q"), True
        self.last = 0

    def rows(self, first: int) -> list[Row] | None:
        """All rows, None when one of them has an unusual shape."""
        found: list[Row] = []
        data, (at, end) = self.sheet.data, self.sheet.body
        while at < end:
            stop = data.find(b'<row r="', min(at + _BLOCK, end), end)
            stop = end if stop < 0 else stop
            if not self._block(data[at:stop], at, first, found):
                return None
            at = stop
        return found

    def _block(self, block: bytes, place: int, first: int, found: list[Row]) -> bool:
        """Read the rows of a block into `found`; False at the first unusual one."""
        if b"</c>" not in block:  # formatted rows without any content
            self.saw_all = False
            return True
        before, *texts = block.split(b'<row r="')
        if before.strip():
            return False
        place += len(before)
        for text in texts:
            written, _, rest = text.partition(b'"')
            number = int(written) if written.isdigit() else 0
            if not self.last < number <= xml.MAX_ROW:
                return False
            self.last = number
            self.numbers.append(number)
            self.starts.append(place)
            place += len(text) + 8
            values = self._row(written + b'"', rest)
            if values is None:
                return False
            if number >= first:
                wanted = tuple(values[: self.width])
                if wanted != self.nothing:
                    found.append(Row(number, wanted))
        return True

    def _row(self, mark: bytes, rest: bytes) -> list[Cell] | None:
        """One row's values; None when it is unusual. This loop is where reading takes time."""
        known, values = self.known.get, self.blank.copy()
        tag, *cells = rest.split(mark)
        if not cells:
            return values if _is_empty_row(tag) else None
        tag, opening, letters = tag.rpartition(_NEXT)
        if not opening or b"<" in tag or tag[-1:] != b">":
            return self._row_with_its_number_inside(mark, rest)
        at = self.places.get(letters, self.other)
        for cell in cells:
            hit = known(cell) or self._read(cell, at)
            if hit is None:
                return self._row_with_its_number_inside(mark, rest)
            values[at], at = hit
        return values if at == self.end else None

    def _read(self, cell: bytes, at: int) -> tuple[Cell, int] | None:
        """The value of a piece that was not met before, and the next place; None: unusual."""
        stop = cell.rfind(_NEXT)
        if stop >= 0:
            following = self.places.get(cell[stop + 6 :], -1)
            if following < 0 and (following := self._place(cell[stop + 6 :])) < 0:
                return None
        else:
            stop, following = cell.rfind(b"</row>"), self.end
            if stop < 0 or cell[stop + 6 :].strip():
                return None
        if at == self.other and cell.find(b"</c>") == stop - 4:
            return None, following  # a column of theirs
        if cell[stop - 8 : stop] == b"</v></c>":
            start = cell.rfind(b"<v>", 0, stop)
            convert = self.heads.get(cell[:start]) or self._learn(cell[:start])
            if convert is not None:
                hit = (convert(cell[start + 3 : stop - 8]), following)
                if stop - start <= _SHORT and len(self.known) < _REMEMBERED:
                    self.known[cell] = hit
                return hit
        return self._read_rare(cell, stop, following)

    def _read_rare(self, cell: bytes, stop: int, following: int) -> tuple[Cell, int] | None:
        """Cells without `<v>`, with formulas, with text in the cell itself, rich text and so on."""
        start = cell.find(b"<") + 7
        raw = cell[start : stop - 13]
        if cell[start - 8 : start] + cell[stop - 13 : stop] == _INLINE and b"<" not in raw:
            value: Cell = _inline_text(raw)
        else:
            body = cell[:stop]
            read = quick_cell(b'"' + body)
            if read is None:
                try:
                    read = thorough_cell(b'<c r="A1"' + body, self.sheet.name)
                except RefusedFile:  # more than a cell: the thorough way will see what
                    return None
            value = self.meaning.value(read)
        # Texts that never repeat (names of invoices) must not push out those that do.
        if len(self.known) < _REMEMBERED and self.long_texts < _REMEMBERED // 2:
            self.long_texts += 1
            self.known[cell] = (value, following)
        return value, following

    def _place(self, letters: bytes) -> int:
        """Where values of a column go that was not met before; -1 when these are no letters."""
        if not (letters.isalpha() and letters.isupper() and len(letters) <= 3):
            return -1
        return self.places.setdefault(letters, self.other)

    def _learn(self, head: bytes) -> Callable[[bytes], Cell] | None:
        """How cells of a new head come to their value; None for a formula or the like."""
        found = _HEAD.fullmatch(head)
        if found is None:
            return None
        convert = self.meaning.converter(*style_and_kind(plain_text(found[1])))
        if convert is not None:
            self.heads[head] = convert
        return convert

    def _row_with_its_number_inside(self, mark: bytes, rest: bytes) -> list[Cell] | None:
        """A row in whose attributes or texts its number stands before a quote: cell by cell."""
        tag, *cells = rest.rstrip().split(_NEXT)
        if "<" in plain_text(tag) or not tag.rstrip().endswith(b">"):
            return None
        values = self.blank.copy()
        number = mark[:-1]
        for cell in cells:
            reference, _, after = cell.partition(b'"')
            letters = reference[: -len(number)]
            if not reference.endswith(number) or not letters.isalpha() or not letters.isupper():
                return None
            last = after.endswith(b"</row>")
            at = self.places.get(letters, self.other)
            hit = self._read(after if last else after + _NEXT + b"A", at)
            if hit is None or last != (cell is cells[-1]):
                return None
            values[at] = hit[0]
        return values


def _inline_text(raw: bytes) -> Cell:
    if b"&" in raw or b"_x" in raw or b"\r" in raw:
        return xml.decoded(plain_text(raw)) or None
    try:
        return raw.decode() or None
    except UnicodeDecodeError as error:
        raise RefusedFile("damaged", part="xml") from error


def _is_empty_row(rest: bytes) -> bool:
    """Whether a row without cells has the common shape."""
    rest = rest.rstrip()
    return (rest.count(b"<") == 0 and rest.endswith(b"/>")) or (
        rest.endswith(b"></row>") and rest.count(b"<") == 1
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Rows are plain values: walking them for cycles over and over takes a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
