"""What changes around the rows when cells below or beside the old ones are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sync.stores.ooxml import xml
from sync.stores.ooxml.book import relations
from sync.stores.ooxml.package import Package
from sync.stores.ooxml.sheet import Frame
from sync.workbook import WrongPlace

_CELLS = re.compile(r"[A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?")
_XM_SQREF = re.compile(rb"(<(?:\w+:)?sqref>)([^<]*)(</)")


@dataclass(frozen=True, slots=True)
class Growth:
    """Rows were added: the last row with data before and after.

    What ended with the data, or on a blank row right below it, ends with the data again.
    """

    before: int
    after: int

    def stretched(self, reference: str) -> str:
        """A list of areas, stretched as above."""
        return " ".join(self._one(each) for each in reference.split())

    def concerns(self, found: xml.Area) -> bool:
        """Whether an area ends where the data ended."""
        return max(2, self.before) <= found.bottom < self.after

    def _one(self, reference: str) -> str:
        if not _CELLS.fullmatch(reference):  # whole columns or rows, or not a reference
            return reference
        found = xml.area(reference)
        return (
            reference
            if not self.concerns(found)
            else str(xml.Area(found.top, found.left, self.after, found.right))
        )


def with_attribute(tag: bytes, name: str, value: str) -> bytes:
    """A start tag with one attribute's value replaced."""
    new = xml.attribute_escaped(value).encode()
    pattern = rb"""(\s%s\s*=\s*)(?:"[^"]*"|'[^']*')""" % name.encode()
    return re.sub(pattern, lambda found: found[1] + b'"' + new + b'"', tag, count=1)


class FrameEdits:
    """Collects replacements in a frame and gives its new head and tail."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.data = frame.head + frame.marker + frame.tail
        self._edits: list[tuple[int, int, bytes]] = []

    def replace(self, start: int, end: int, new: bytes) -> None:
        """Replace these bytes; edits must not overlap."""
        if self.data[start:end] != new:
            self._edits.append((start, end, new))

    def attribute(self, element: xml.Element, name: str, value: str) -> None:
        """Set one attribute of an element."""
        if element.attributes.get(name) != value:
            tag = xml.start_tag(self.data, element.start)
            self.replace(tag.start(), tag.end(), with_attribute(tag[0], name, value))

    def grow(self, growth: Growth) -> None:
        """Stretch filter, formats and validations that ended with the data."""
        for child in self.frame.root.children:
            kind = xml.local(child.name)
            if kind == "autoFilter":
                self.attribute(child, "ref", growth.stretched(child.attributes.get("ref", "")))
            elif kind in {"conditionalFormatting", "dataValidations", "ignoredErrors"}:
                for element in child.walk():
                    if sqref := element.attributes.get("sqref"):
                        self.attribute(element, "sqref", growth.stretched(sqref))
            elif kind == "extLst":
                raw = self.data[child.start : child.end]
                for found in _XM_SQREF.finditer(raw):
                    new = growth.stretched(found[2].decode()).encode()
                    self.replace(child.start + found.start(2), child.start + found.end(2), new)

    def include(self, places: xml.Area) -> None:
        """Let the `dimension` include these cells."""
        element = self.frame.child("dimension")
        if element is None or "ref" not in element.attributes:
            return
        old = xml.area(element.attributes["ref"])
        new = xml.Area(
            min(old.top, places.top), min(old.left, places.left),
            max(old.bottom, places.bottom), max(old.right, places.right),
        )  # fmt: skip
        if new != old:
            self.attribute(element, "ref", str(new))

    def result(self) -> tuple[bytes, bytes]:
        """The new head and tail."""
        pieces: list[bytes] = []
        at = 0
        for start, end, new in sorted(self._edits):
            pieces += (self.data[at:start], new)
            at = end
        pieces.append(self.data[at:])
        head, _, tail = b"".join(pieces).partition(self.frame.marker)
        if self._edits:
            Frame(head, tail, self.frame.prefix, "sheet")  # parses, or raises
        return head, tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a sheet: its part's name, content (UTF-8) and encoding, and what it covers."""

    part: str
    data: bytes
    encoding: str
    root: xml.Element
    area: xml.Area

    @property
    def has_totals(self) -> bool:
        """Whether its last row is one of totals."""
        return bool(int(self.root.attributes.get("totalsRowCount", 0)))


def tables(package: Package, sheet_part: str) -> Iterator[Table]:
    """The tables of a sheet."""
    for relation in relations(package, sheet_part):
        if relation.kind != "table" or relation.target not in package:
            continue
        data, encoding = xml.utf8(package.read(relation.target))
        root = xml.tree(data, relation.target)
        reference = root.attributes.get("ref", "")
        covered = xml.area(reference) if reference else xml.Area(0, 0, 0, 0)
        yield Table(part=relation.target, data=data, encoding=encoding, root=root, area=covered)


def stretched_tables(
    package: Package, sheet_part: str, growth: Growth, tab: str
) -> dict[str, bytes]:
    """The table parts of a sheet that must grow with its data: name → new content.

    Raises WrongPlace for a table with a totals row, which new rows would be written below.
    """
    changed: dict[str, bytes] = {}
    for table in tables(package, sheet_part):
        if table.has_totals and growth.before <= table.area.bottom <= growth.after:
            raise WrongPlace("totals_row", tab=tab)
        if not growth.concerns(table.area):
            continue
        data = table.data
        pieces: list[bytes] = []
        at = 0
        for element in (table.root, table.root.child("autoFilter")):
            if element is not None and "ref" in element.attributes:
                tag = xml.start_tag(data, element.start)
                stretched = with_attribute(
                    tag[0], "ref", growth.stretched(element.attributes["ref"])
                )
                pieces += (data[at : tag.start()], stretched)
                at = tag.end()
        pieces.append(data[at:])
        content = b"".join(pieces)
        changed[table.part] = (
            content if table.encoding == "utf-8" else content.decode().encode(table.encoding)
        )
    return changed
