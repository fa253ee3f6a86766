"""The little XML this package needs: places in text, escapes, and a parser that refuses DOCTYPE.

Text in cells: ECMA-376 part 1, 22.9.2.19 (ST_Xstring): a character that XML cannot hold is written
`_xHHHH_`, and a literal `_xHHHH_` has its first underscore written `_x005F_`.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from sync.workbook import RefusedFile

MAX_TEXT = 32_767  # UTF-16 units in a cell, Excel specifications and limits
MAX_ROW, MAX_COLUMN = 1_048_576, 16_384

_ENTITY = re.compile(r"&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(amp|lt|gt|quot|apos));|&")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CODED = re.compile(r"_x([0-9a-fA-F]{4})_")
_LITERAL_CODED = re.compile(r"_(?=x[0-9a-fA-F]{4}_)")
# What XML cannot hold. Excel would keep it as `_xHHHH_`, but in our texts it is only ever dirt.
_DIRT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ATTRIBUTE = re.compile(rb"""([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_START_TAG = re.compile(rb"""<([^\s/>]+)((?:\s+[^\s=<>"'/]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(/?)>""")


def escaped(text: str) -> str:
    """Text as the content of `<t>`; ValueError beyond 32,767 UTF-16 units (never cut silently)."""
    if len(text) > MAX_TEXT // 2 and len(text.encode("utf-16-le", "surrogatepass")) > 2 * MAX_TEXT:
        raise ValueError(f"text of {len(text)} characters does not fit into a cell")
    if "_x" in text:
        text = _LITERAL_CODED.sub("_x005F_", text)
    text = _DIRT.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "_x000D_")


def clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _DIRT.sub("", text)


def attribute_escaped(text: str) -> str:
    """Text as the value of an attribute in double quotes."""
    plain = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace('"', "&quot;").replace("\n", "&#10;").replace("\r", "&#13;")


def unescaped(text: str) -> str:
    """XML character data as text: entities resolved, line ends as XML 1.0 section 2.11 wants.

    Raises RefusedFile for an entity that XML does not know.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _entity(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return _NAMED[name]
    if not (decimal or hexadecimal):  # an entity that nobody declared
        raise RefusedFile("damaged", part="xml")
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(number) if number < 0x110000 else "\ufffd"


def decoded(text: str) -> str:
    """A cell's text with its `_xHHHH_` codes resolved."""
    if "_x" not in text:
        return text
    text = _CODED.sub(lambda found: chr(int(found[1], 16)), text)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


@lru_cache(maxsize=20_000)
def column_letters(column: int) -> str:
    """1 → 'A', 27 → 'AA'."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=20_000)
def column_number(letters: str) -> int:
    """'A' → 1, 'XFD' → 16384; RefusedFile beyond Excel's limit."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    if number > MAX_COLUMN:
        raise RefusedFile("huge_coordinates", cell=letters)
    return number


@lru_cache(maxsize=20_000)
def known_column(letters: bytes) -> int:
    """B'A' → 1; 0 for what are no column's letters."""
    if not (letters.isalpha() and letters.isupper() and len(letters) <= 3):
        return 0
    return column_number(letters.decode())


_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


def cell_place(reference: str) -> tuple[int, int]:
    """'B3' or '$B$3' → (row 3, column 2). Raises RefusedFile for anything else."""
    found = _REFERENCE.fullmatch(reference)
    if found is None or not 0 < int(found[2]) <= MAX_ROW:
        raise RefusedFile("huge_coordinates", cell=reference)
    return int(found[2]), column_number(found[1].upper())


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell lies in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    @property
    def single(self) -> bool:
        """Whether it is one cell."""
        return self.top == self.bottom and self.left == self.right

    def __str__(self) -> str:
        first = f"{column_letters(self.left)}{self.top}"
        return first if self.single else f"{first}:{column_letters(self.right)}{self.bottom}"


def area(reference: str) -> Area:
    """'A1:C3' or 'B2' → Area. Raises RefusedFile for anything else."""
    first, _, last = reference.partition(":")
    top, left = cell_place(first)
    bottom, right = cell_place(last or first)
    return Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


def utf8(part: bytes) -> tuple[bytes, str]:
    """A part as UTF-8 (its BOM kept) and the encoding to write it back in."""
    if part.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16-le" if part.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        return part.decode(name).encode(), name
    declared = re.match(rb"""<\?xml[^>]*?encoding=["']([^"']+)""", part[:200].lstrip())
    name = declared[1].decode("ascii", "replace").lower() if declared else "utf-8"
    if name in {"utf-8", "utf8", "us-ascii", "ascii"}:
        return part, "utf-8"
    try:
        return part.decode(name).encode(), name
    except (LookupError, UnicodeError) as error:
        raise RefusedFile("damaged", part=name) from error


def local(name: str) -> str:
    """'x:row' → 'row'."""
    return name.rpartition(":")[2]


def start_tag(data: bytes, at: int) -> re.Match[bytes]:
    """The start tag at this place: groups name, attributes, '/' when it closes itself."""
    found = _START_TAG.match(data, at)
    if found is None:
        raise RefusedFile("damaged", part="xml")
    return found


def attributes(raw: bytes) -> dict[str, str]:
    """Attributes of a start tag by name as written (prefix kept), values unescaped."""
    return {
        name.decode(): unescaped((double or single).decode())
        for name, double, single in _ATTRIBUTE.findall(raw)
    }


Start = Callable[[str, dict[str, str]], object]
End = Callable[[str], object]
Text = Callable[[str], object]


def _no_doctype(*_: object) -> None:
    raise RefusedFile("unsafe_xml")


def parser(
    start: Start | None = None, end: End | None = None, text: Text | None = None
) -> expat.XMLParserType:
    """An expat parser of UTF-8 that refuses every DOCTYPE, and with it every entity."""
    made = expat.ParserCreate("utf-8")
    made.StartDoctypeDeclHandler = _no_doctype
    made.buffer_text = True
    if start is not None:
        made.StartElementHandler = start
    if end is not None:
        made.EndElementHandler = end
    if text is not None:
        made.CharacterDataHandler = text
    return made


def parse(data: bytes, made: expat.XMLParserType, part: str) -> None:
    """Feed a whole document; RefusedFile when it is not well-formed."""
    try:
        made.Parse(data, True)
    except expat.ExpatError as error:
        raise RefusedFile("damaged", part=part) from error


@dataclass(frozen=True, slots=True)
class Element:
    """An element as it stands in a small part: where it begins and ends, in bytes of UTF-8."""

    name: str
    attributes: dict[str, str]
    start: int
    end: int
    children: "list[Element]" = field(default_factory=list)

    def walk(self) -> "list[Element]":
        """This element and all below it, in document order."""
        found = [self]
        for child in self.children:
            found.extend(child.walk())
        return found

    def child(self, name: str) -> "Element | None":
        """The first child of that local name."""
        return next((each for each in self.children if local(each.name) == name), None)


def tree(data: bytes, part: str) -> Element:
    """The elements of a small part (UTF-8) with their places. Raises RefusedFile."""
    root = Element("", {}, 0, len(data))
    open_elements = [root]

    def start(name: str, found: dict[str, str]) -> None:
        element = Element(name, found, made.CurrentByteIndex, -1)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        element = open_elements.pop()
        tag = start_tag(data, element.start)
        close = tag.end() if tag[3] else data.index(b">", made.CurrentByteIndex) + 1
        siblings = open_elements[-1].children
        siblings[-1] = Element(
            element.name, element.attributes, element.start, close, element.children
        )

    made = parser(start, end)
    parse(data, made, part)
    return root.children[0]
