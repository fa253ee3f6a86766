"""The workbook part and its relations: sheets by title, defined names, the date system."""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote

from sync.stores.ooxml import xml
from sync.stores.ooxml.package import Package
from sync.stores.ooxml.strings import shared_strings
from sync.stores.ooxml.styles import Styles
from sync.workbook import RefusedFile

CONTENT_TYPES = "[Content_Types].xml"
_WORKBOOK_TYPES = ("spreadsheetml.sheet.main+xml", "ms-excel.sheet.macroenabled.main+xml")


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship: its kind (the last word of its type) and its target part or address."""

    id: str
    kind: str
    target: str
    is_external: bool


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One tab: its title, the part it stands in, its position, and whether people see it."""

    title: str
    part: str
    index: int
    is_visible: bool


def relations_part(part: str) -> str:
    """'xl/workbook.xml' → 'xl/_rels/workbook.xml.rels'."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relations(package: Package, part: str) -> list[Relation]:
    """The relationships of a part; none when it has no relations part."""
    name = relations_part(part)
    if name not in package:
        return []
    root = xml.tree(xml.utf8(package.read(name))[0], name)
    found: list[Relation] = []
    for each in root.children:
        external = each.attributes.get("TargetMode") == "External"
        target = each.attributes.get("Target", "")
        if not external:
            base = posixpath.dirname(part)
            target = posixpath.normpath(posixpath.join("/", base, unquote(target))).lstrip("/")
        kind = each.attributes.get("Type", "").rpartition("/")[2]
        found.append(Relation(each.attributes.get("Id", ""), kind, target, external))
    return found


class Book:
    """What a package says of its workbook. Raises RefusedFile when it is not one."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.part = _workbook_part(package)
        self.data, self.encoding = xml.utf8(package.read(self.part))
        self.root = xml.tree(self.data, self.part)
        self.relations = {each.id: each for each in relations(package, self.part)}
        properties = self.root.child("workbookPr")
        flag = properties.attributes.get("date1904", "0") if properties else "0"
        self.date1904 = flag in {"1", "true"}
        self.sheets = self._sheets()
        self.names = self._names()

    def _sheets(self) -> list[SheetPart]:
        sheets = self.root.child("sheets")
        found: list[SheetPart] = []
        for index, each in enumerate(sheets.children if sheets else []):
            ids = [v for k, v in each.attributes.items() if ":" in k and xml.local(k) == "id"]
            relation = self.relations.get(ids[0]) if ids else None
            if relation is None or relation.kind != "worksheet":
                continue  # chart sheets, dialog sheets, macro sheets: theirs
            if relation.target not in self.package:
                raise RefusedFile("damaged", part=relation.target)
            visible = each.attributes.get("state", "visible") == "visible"
            found.append(
                SheetPart(each.attributes.get("name", ""), relation.target, index, visible)
            )
        if not found:
            raise RefusedFile("not_a_workbook")
        return found

    def _names(self) -> dict[str, str]:
        """Defined names of the whole workbook: name in lower case → what it stands for."""
        names = self.root.child("definedNames")
        found: dict[str, str] = {}
        for each in names.children if names else []:
            if "localSheetId" not in each.attributes:
                raw = self.data[each.start : each.end]
                text = raw[xml.start_tag(raw, 0).end() : raw.rfind(b"</")].decode()
                found[each.attributes.get("name", "").casefold()] = xml.unescaped(text)
        return found

    def constant(self, name: str) -> str | None:
        """The text or number that a defined name holds (`="abc"` or `=1`), None if it has none."""
        written = self.names.get(name.casefold(), "").lstrip("=")
        if written.startswith('"') and written.endswith('"') and len(written) > 1:
            return written[1:-1].replace('""', '"')
        return written if re.fullmatch(r"\d+", written) else None

    def place(self, name: str) -> tuple[str, int, int] | None:
        """The (tab title, row, column) that a defined name points to, None if to no one cell."""
        title, _, reference = self.names.get(name.casefold(), "").lstrip("=").rpartition("!")
        if title.startswith("'") and title.endswith("'"):
            title = title[1:-1].replace("''", "'")
        if not re.fullmatch(r"\$?[A-Z]{1,3}\$?\d{1,7}", reference):
            return None
        return title, *xml.cell_place(reference)

    def related(self, kind: str) -> str | None:
        """The part that the workbook relates to as `kind` (styles, sharedStrings, calcChain)."""
        return next(
            (each.target for each in self.relations.values()
             if each.kind == kind and not each.is_external and each.target in self.package),
            None,
        )  # fmt: skip

    def strings(self) -> list[str]:
        """The shared strings; they may be the largest part beside the sheets."""
        part = self.related("sharedStrings")
        return shared_strings(self.package.whole(part), part) if part else []

    def styles(self) -> Styles:
        """The styles; an empty table for a workbook without any."""
        part = self.related("styles")
        return Styles(self.package.read(part) if part else b"<styleSheet/>", part or "styles.xml")

    @property
    def is_signed(self) -> bool:
        """Whether the package carries a digital signature, which any change would break."""
        return any(name.casefold().startswith("_xmlsignatures/") for name in self.package.names())


def _workbook_part(package: Package) -> str:
    """The part that the package names as its workbook; a code for each other thing it may be."""
    if CONTENT_TYPES not in package:
        mimetype = package.read("mimetype") if "mimetype" in package else b""
        raise RefusedFile("open_document" if b"opendocument" in mimetype else "not_a_workbook")
    root = xml.tree(xml.utf8(package.read(CONTENT_TYPES))[0], CONTENT_TYPES)
    types = {
        each.attributes.get("PartName", "").lstrip("/"): each.attributes.get("ContentType", "")
        for each in root.children
    }
    defaults = {
        each.attributes.get("Extension", "").casefold(): each.attributes.get("ContentType", "")
        for each in root.children
    }
    for relation in relations(package, ""):
        if relation.kind == "officeDocument" and relation.target in package:
            kind = types.get(relation.target) or defaults.get(
                relation.target.rpartition(".")[2].casefold(), ""
            )
            if "binary" in kind or relation.target.endswith(".bin"):
                raise RefusedFile("binary_workbook")
            if kind.casefold().endswith(_WORKBOOK_TYPES):
                return relation.target
    raise RefusedFile("not_a_workbook")
