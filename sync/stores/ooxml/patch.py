"""A sheet with some cells changed: every byte outside them stays where it was.

Exceptions, each the least that keeps the sheet true: `spans` of a row that a cell outgrew, the
`dimension`, ranges that ended with the data when rows were added below (`ranges.py`), hyperlinks
of the changed cells (`links.py`).
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from sync.stores.ooxml import xml
from sync.stores.ooxml.range_formulas import RangeFormula, range_formulas
from sync.stores.ooxml.row_writer import RowWriter
from sync.stores.ooxml.sheet import SheetXml
from sync.stores.ooxml.styles import Styles
from sync.workbook import Cell, WrongPlace

Edits = Mapping[int, Mapping[int, Cell]]
"""Row number → column number → value."""


class RowsPatch:
    """Changes cells of one sheet and adds rows. Raises WrongPlace for what cannot be done safely.

    `like` is the row whose styles new rows take (the last row with data), None when there is none.
    """

    def __init__(
        self, sheet: SheetXml, styles: Styles, *, tab: str, date1904: bool, like: int | None = None
    ) -> None:
        self.sheet = sheet
        self.tab = tab
        self.writer = RowWriter(sheet, styles, date1904=date1904, like=like)

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
            bounds = sheet.bounds(number)
            if bounds is None:
                new, stop = self.writer.added(number, edits[number]), start
            else:
                new, stop = self.writer.changed(number, bounds, edits[number])
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

    def _refuse_ranges(self, edits: Edits) -> None:
        """Refuse cells inside a merged area or a formula that covers several cells."""
        places = {(row, column) for row, values in edits.items() for column in values}
        for merged in self.sheet.frame.merged:
            inner = [p for p in _inside(merged, edits) if p != (merged.top, merged.left)]
            if inner:
                raise self._wrong("merged_cells", inner[0])
        for formula in range_formulas(self.sheet):
            touched = _inside(formula.area, edits)
            if touched and (formula.kind != "shared" or self._leaves_heirs(formula, places)):
                raise self._wrong("formula_range", touched[0])

    def _leaves_heirs(self, formula: RangeFormula, places: set[tuple[int, int]]) -> bool:
        """Whether overwriting the first cell of a shared formula would orphan the others."""
        return formula.first in places and any(
            place not in places for place in formula.heirs(self.sheet)
        )

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
