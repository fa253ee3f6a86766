"""A sheet's rows as values: the wanted columns only, so that far-off cells cost nothing."""

from collections.abc import Iterator, Sequence

from sync.stores.ooxml import xml
from sync.stores.ooxml.cells import CellText, Meaning, quick_cell, thorough_cell
from sync.stores.ooxml.sheet import SheetXml
from sync.workbook import Cell, Row

_BLOCK = 4_000  # rows decoded at a time
_REMEMBERED = 60_000  # distinct cells whose values are kept: most cells of a list repeat


def row_values(sheet: SheetXml, meaning: Meaning, number: int) -> dict[int, Cell]:
    """All cells with a value of one row, by column number."""
    row = sheet.row(number)
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
    if not columns:
        return []
    if sheet.is_plain:
        rows = _Quick(sheet, meaning, columns).rows(first)
        if rows is not None:
            return rows
        sheet.look_thoroughly()
    return list(_thorough_rows(sheet, meaning, columns, first))


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
        rest = element.decode().partition('"')[2].partition('"')[2]
        if found := quick_cell('"' + rest):
            return found
    return thorough_cell(element, part)


class _Quick:
    """Rows of a plain sheet, by splitting text; the value of a repeated cell is looked up."""

    def __init__(self, sheet: SheetXml, meaning: Meaning, columns: Sequence[int]) -> None:
        self.sheet = sheet
        self.meaning = meaning
        self.index = {xml.column_letters(column): at for at, column in enumerate(columns)}
        self.blank: list[Cell] = [None] * len(columns)
        self.known: dict[str, Cell] = {}

    def rows(self, first: int) -> list[Row] | None:
        """All rows, None when one of them has an unusual shape."""
        found: list[Row] = []
        starts, data = self.sheet.starts, self.sheet.data
        at = next((i for i, number in enumerate(self.sheet.rows[:first]) if number >= first), None)
        if at is None:
            at = len(self.sheet.rows) if len(self.sheet.rows) < first else first - 1
        for begin in range(at, len(starts), _BLOCK):
            stop = begin + _BLOCK
            end = starts[stop] if stop < len(starts) else self.sheet.body[1]
            try:
                block = data[starts[begin] : end].decode()
            except UnicodeDecodeError:
                return None
            if not self._block(block, found):
                return None
        return found

    def _block(self, block: str, found: list[Row]) -> bool:
        """Read the rows of a block into `found`; False at the first unusual one."""
        for text in block.split('<row r="')[1:]:
            head, *cells = text.split('<c r="')
            if not cells:
                if head.count("<") > 1 or not head.rstrip().endswith(("/>", "></row>")):
                    return False
                continue
            last, end, after = cells[-1].rpartition("</row>")
            if not end or after.strip() or "<" in head or not head.rstrip().endswith(">"):
                return False
            cells[-1] = last
            number = head.partition('"')[0]
            values = self._row(number, cells)
            if values is None:
                return False
            if values is not self.blank:
                found.append(Row(int(number), tuple(values)))
        return True

    def _row(self, number: str, cells: list[str]) -> list[Cell] | None:
        """One row's values; None when a cell is unusual. This loop is where reading takes time."""
        known, index, values = self.known, self.index, self.blank
        cut = -len(number)
        for cell in cells:
            reference, _, rest = cell.partition('"')
            if reference[cut:] != number:
                return None
            if rest in known:
                value = known[rest]
            else:
                read = quick_cell('"' + rest) or self._thoroughly(cell)
                if read is None:
                    return None
                value = self.meaning.value(read)
                if len(known) >= _REMEMBERED:
                    known.clear()
                known[rest] = value
            if value is not None:
                at = index.get(reference[:cut])
                if at is not None:
                    if values is self.blank:
                        values = values.copy()
                    values[at] = value
        return values

    def _thoroughly(self, cell: str) -> CellText | None:
        """A cell with rich text or the like; None when more than a cell stands there."""
        text = cell.rstrip()
        if not text.endswith("</c>"):
            return None
        return thorough_cell(f'<c r="{text}'.encode(), self.sheet.name)
