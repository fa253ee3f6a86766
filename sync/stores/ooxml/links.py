"""Hyperlinks of cells, as Excel keeps them: in the sheet's `<hyperlinks>`, addresses as relations.

Not the HYPERLINK function: it takes addresses of at most 255 characters, and a chat link carries
a whole letter. An address beyond Excel's 2,079 characters, or a link beyond the 65,530 that a
sheet may have, is written as its text alone.
"""

from collections.abc import Mapping

from sync.stores.ooxml import xml
from sync.stores.ooxml.book import relations, relations_part
from sync.stores.ooxml.frame_edits import FrameEdits
from sync.stores.ooxml.package import Package
from sync.stores.ooxml.sheet import Frame
from sync.workbook import Link

MAX_ADDRESS, MAX_LINKS = 2_079, 65_530
_TRANSITIONAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
# What follows `hyperlinks` in a worksheet (ECMA-376 part 1, 18.3.1.99).
_AFTER = {
    "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks",
    "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "drawingHF",
    "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems",
    "tableParts", "extLst", "AlternateContent",
}  # fmt: skip

Place = tuple[int, int]


class Links:
    """The hyperlinks of one sheet: where they lead, and how to change those of some cells."""

    def __init__(self, package: Package, part: str, frame: Frame) -> None:
        self.package = package
        self.part = part
        self.frame = frame
        self._relations = {each.id: each for each in relations(package, part)}
        self._element = frame.child("hyperlinks")
        self._at: dict[Place, xml.Element] = {}
        for child in self._element.children if self._element else []:
            covered = xml.area(child.attributes.get("ref", "A1"))
            if covered.single:
                self._at[covered.top, covered.left] = child

    def target(self, place: Place) -> str | None:
        """Where the link of a cell leads, as `Link.target` has it; None without a link."""
        element = self._at.get(place)
        if element is None:
            return None
        if relation := self._relations.get(_relation_id(element)):
            return relation.target
        location = element.attributes.get("location")
        return f"#{location}" if location else None

    def shows(self, place: Place, link: Link) -> bool:
        """Whether the cell already leads where `link` does (or where it cannot be made to)."""
        wanted = _reachable(link)
        return self.target(place) == wanted

    def change(self, edits: FrameEdits, wanted: Mapping[Place, Link | None]) -> bytes | None:
        """Set or remove (None) the links of these cells; the new relations part if it changes."""
        gone = {
            place: self._at[place] for place in wanted
            if place in self._at and self.target(place) != _reachable(wanted[place])
        }  # fmt: skip
        added = [
            (place, target) for place, link in sorted(wanted.items())
            if (target := _reachable(link)) and self.target(place) != target
        ]  # fmt: skip
        if not gone and not added:
            return None
        count = len(self._element.children) if self._element else 0
        added = added[: max(0, MAX_LINKS - count + len(gone))]
        kept_ids = self._ids_of([e for p, e in self._at.items() if p not in gone])
        dropped = self._ids_of(list(gone.values())) - kept_ids
        addresses: dict[str, str] = {}
        elements = [self._made(place, target, addresses) for place, target in added]
        self._write(edits, gone, elements)
        return self._new_relations(dropped, addresses)

    def _ids_of(self, elements: list[xml.Element]) -> set[str]:
        return {identity for e in elements if (identity := _relation_id(e))}

    def _made(self, place: Place, target: str, addresses: dict[str, str]) -> bytes:
        reference = f"{xml.column_letters(place[1])}{place[0]}"
        prefix = self.frame.prefix.decode()
        head = f'<{prefix}hyperlink ref="{reference}"'
        if target.startswith("#"):
            return f'{head} location="{xml.attribute_escaped(target[1:])}"/>'.encode()
        if target not in addresses:
            number = len(self._relations) + len(addresses) + 1
            while f"rIdL{number}" in self._relations or f"rIdL{number}" in addresses.values():
                number += 1
            addresses[target] = f"rIdL{number}"
        name, declaration = self._relation_name()
        return f'{head}{declaration} {name}:id="{addresses[target]}"/>'.encode()

    def _relation_name(self) -> tuple[str, str]:
        """The prefix bound to relationships in this sheet, or one and its declaration."""
        for name, value in self.frame.root.attributes.items():
            if value in {_TRANSITIONAL, _STRICT} and name.startswith("xmlns:"):
                return name[6:], ""
        return "r", f' xmlns:r="{_TRANSITIONAL}"'

    def _write(
        self, edits: FrameEdits, gone: Mapping[Place, xml.Element], added: list[bytes]
    ) -> None:
        element, prefix = self._element, self.frame.prefix
        if element is None:
            children = [c for c in self.frame.root.children if xml.local(c.name) in _AFTER]
            at = children[0].start if children else edits.data.rindex(b"</")
            wrapped = (b"<", prefix, b"hyperlinks>", *added, b"</", prefix, b"hyperlinks>")
            edits.replace(at, at, b"".join(wrapped))
            return
        if len(gone) == len(element.children) and not added:
            edits.replace(element.start, element.end, b"")
            return
        for each in gone.values():
            edits.replace(each.start, each.end, b"")
        last = element.children[-1].end
        if added:
            edits.replace(last, last, b"".join(added))

    def _new_relations(self, dropped: set[str], addresses: Mapping[str, str]) -> bytes | None:
        if not dropped and not addresses:
            return None
        name = relations_part(self.part)
        strict = any(v == _STRICT for v in self.frame.root.attributes.values())
        kind = f"{_STRICT if strict else _TRANSITIONAL}/hyperlink"
        added = "".join(
            f'<Relationship Id="{identity}" Type="{kind}"'
            f' Target="{xml.attribute_escaped(target)}" TargetMode="External"/>'
            for target, identity in addresses.items()
        ).encode()
        if name not in self.package:
            return (
                b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
                b'<Relationships xmlns="%s">%s</Relationships>' % (_PACKAGE.encode(), added)
            )
        data, _ = xml.utf8(self.package.read(name))
        root = xml.tree(data, name)
        prefix = root.name.rpartition("Relationships")[0].encode()
        if prefix:
            added = added.replace(b"<Relationship ", b"<" + prefix + b"Relationship ")
        for child in reversed(root.children):
            if child.attributes.get("Id") in dropped:
                data = data[: child.start] + data[child.end :]
        if root.children:
            at = data.rindex(b"</")
            return data[:at] + added + data[at:]
        opened = xml.start_tag(data, root.start)
        tag = b"<" + opened[1] + opened[2]
        return data[: root.start] + tag + b">" + added + b"</" + opened[1] + b">"


def _relation_id(element: xml.Element) -> str:
    return next((v for k, v in element.attributes.items() if ":" in k and xml.local(k) == "id"), "")


def _reachable(link: Link | None) -> str | None:
    """The target as a sheet can hold it, None when it cannot."""
    if link is None or not link.target:
        return None
    if not link.target.startswith("#"):
        return link.target if len(link.target) <= MAX_ADDRESS else None
    title, mark, cell = link.target[1:].rpartition("!")
    if mark and not title.startswith("'") and not title.isalnum():
        title = "'" + title.replace("'", "''") + "'"
    return f"#{title}{mark}{cell}"
