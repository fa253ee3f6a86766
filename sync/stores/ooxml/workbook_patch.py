"""A package with cells of several sheets changed, and all that must follow from it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from sync.stores.ooxml import xml
from sync.stores.ooxml.book import CONTENT_TYPES, Book, relations_part
from sync.stores.ooxml.book_edits import BookEdits
from sync.stores.ooxml.frame_edits import FrameEdits, Growth, stretched_tables
from sync.stores.ooxml.links import Links, Place
from sync.stores.ooxml.package import Package, Packed, pack
from sync.stores.ooxml.patch import RowsPatch
from sync.stores.ooxml.sheet import RowIndex, SheetXml
from sync.workbook import Cell, Link, NotWritable, WrongPlace

_SMALL = 6  # zlib level of small parts; sheets are packed at 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEdits:
    """What changes in one sheet.

    `cells`: row → column → value. `grown`: rows were added below the data. `like`: the row whose
    formats added rows take.
    """

    part: str
    title: str
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    grown: Growth | None = None
    like: int | None = None


class WorkbookPatch:
    """Patches a workbook's sheets one after the other; `pieces` are the new file."""

    def __init__(self, package: Package, book: Book) -> None:
        self.package = package
        self.book = book
        self.styles = book.styles()
        self.parts: dict[str, Packed | None] = {}
        self._book_edits = BookEdits(book)
        self._sheets: dict[str, SheetXml] = {}
        self._formula_gone = False

    def sheet(self, part: str, index: RowIndex | None = None) -> SheetXml:
        """A sheet's places; kept until it is edited or released."""
        if part not in self._sheets:
            self._sheets[part] = SheetXml(self.package.whole(part), part, index)
        return self._sheets[part]

    def links(self, part: str) -> Links:
        """A sheet's hyperlinks."""
        return Links(self.package, part, self.sheet(part).frame)

    def release(self, part: str) -> None:
        """Let go of a sheet that stays as it is."""
        self._sheets.pop(part, None)

    def edit(self, edits: SheetEdits) -> None:
        """Change one sheet, once. Raises NotWritable when that cannot be done safely."""
        if self.book.is_signed:
            raise NotWritable("signed")
        sheet, links = self.sheet(edits.part), self.links(edits.part)
        if sheet.frame.is_protected:
            raise WrongPlace("protected_tab", tab=edits.title)
        rows = RowsPatch(
            sheet, self.styles, tab=edits.title, date1904=self.book.date1904, like=edits.like
        )
        head, tail = self._frame(edits, sheet, links)
        pieces = chain([head], rows.pieces(edits.cells), [tail])
        self.parts[edits.part] = pack(map(sheet.encoded, pieces))
        self._formula_gone |= rows.writer.formula_gone
        self.release(edits.part)

    def define(self, name: str, text: str) -> None:
        """Add a hidden name for a text. Raises NotWritable for a signed workbook."""
        if self.book.is_signed:
            raise NotWritable("signed")
        self._book_edits.define(name, text)

    def _frame(self, edits: SheetEdits, sheet: SheetXml, links: Links) -> tuple[bytes, bytes]:
        frame = FrameEdits(sheet.frame)
        rows = [row for row, values in edits.cells.items() if _written(values)]
        columns = [c for row in rows for c, value in edits.cells[row].items() if value is not None]
        if rows:
            frame.include(xml.Area(min(rows), min(columns), max(rows), max(columns)))
        if edits.grown is not None:
            frame.grow(edits.grown)
            for each in self.book.sheets:
                if each.part == edits.part:
                    self._book_edits.stretch_filter(each.index, edits.grown)
            tables = stretched_tables(self.package, edits.part, edits.grown, edits.title)
            for name, content in tables.items():
                self.parts[name] = pack([content], _SMALL)
        wanted: dict[Place, Link | None] = {
            (row, column): value if isinstance(value, Link) else None
            for row, values in edits.cells.items()
            for column, value in values.items()
        }
        relations = links.change(frame, wanted)
        if relations is not None:
            self.parts[relations_part(edits.part)] = pack([relations], _SMALL)
        return frame.result()

    def pieces(self) -> Iterator[bytes]:
        """The new package's bytes."""
        styles = self.styles.patched()
        if styles is not None:
            self.parts[self.styles.name] = pack([styles], _SMALL)
        self._book_edits.calculate_on_load()
        workbook = self._book_edits.patched()
        if workbook is not None:
            self.parts[self.book.part] = pack([workbook], _SMALL)
        calculation = self.book.related("calcChain")
        if self._formula_gone and calculation is not None:
            self._drop(calculation)
        return self.package.replaced(self.parts)

    def _drop(self, part: str) -> None:
        """Leave out the calculation chain, which names a formula now gone; Excel makes anew."""
        relations = relations_part(self.book.part)
        name = part.rpartition("/")[2]
        self.parts[part] = None
        self._without(CONTENT_TYPES, "PartName", re.escape("/" + part))
        self._without(relations, "Target", rf"[^\"']*{re.escape(name)}")

    def _without(self, part: str, attribute: str, value: str) -> None:
        data, encoding = xml.utf8(self.package.read(part))
        element = rf"""<[^<>]*\s{attribute}\s*=\s*["']{value}["'][^<>]*?(?:/>|>\s*</[^<>]*>)"""
        content = re.sub(element.encode(), b"", data, count=1)
        if encoding != "utf-8":
            content = content.decode().encode(encoding)
        self.parts[part] = pack([content], _SMALL)


def _written(values: Mapping[int, Cell]) -> bool:
    return any(value is not None for value in values.values())
