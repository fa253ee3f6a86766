"""A file is looked at before anything parses it: what is hostile or no workbook is refused.

`opened` is enough for our own reader, which inflates within limits, refuses DOCTYPE and never
builds a grid. `inspect` reads every part through once more, for parsers that are not ours: a cell
at A1 and another at XFD1048576 makes some of them ask for 512 GiB and abort the process.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from sync.stores.ooxml.book import Book
from sync.stores.ooxml.package import LIMITS, Limits, Package
from sync.workbook import RefusedFile

# Cells of the smallest grid around all cells: a million rows by 40 columns, or less by more.
MAX_GRID = 42_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The `r` of rows and cells: as every program writes it, and in any way XML allows.
_PLAIN = re.compile(rb' r="([A-Z]{0,9})([0-9]{1,9})"')
_ANY = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{0,9})([0-9]{1,9})[\"']")
_UNUSUAL = (b"r='", b"r =", b"\nr=", b"\tr=", b"\rr=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A workbook that may be read: its tab titles, whether it is signed, its macro project."""

    titles: tuple[str, ...]
    is_signed: bool
    has_macros: bool


def opened(data: bytes, limits: Limits = LIMITS) -> Package:
    """The package of a workbook's bytes. Raises RefusedFile, a code for each thing it may be."""
    if len(data) > limits.file:
        raise RefusedFile("too_large")
    if not data:
        raise RefusedFile("empty_file")
    if data.startswith(_OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        raise RefusedFile("encrypted" if locked else "old_format")
    if not data.startswith(b"PK"):
        start = data[:512].lstrip(codecs.BOM_UTF8 + b" \t\r\n")
        if start[:1] == b"<":
            raise RefusedFile("not_a_workbook")
        is_text = b"\0" not in data[:4096]
        raise RefusedFile("text_file" if is_text else "not_a_workbook")
    return Package(data, limits)


def inspect(path: Path, limits: Limits = LIMITS) -> Checked:
    """Read a file through before a parser of others may see it. Raises RefusedFile."""
    try:
        if path.stat().st_size > limits.file:
            raise RefusedFile("too_large")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise RefusedFile("no_file", path=str(path)) from error
    except OSError as error:
        raise RefusedFile("unreadable_file", path=str(path)) from error
    return inspect_bytes(data, limits)


def inspect_bytes(data: bytes, limits: Limits = LIMITS) -> Checked:
    """As `inspect`, for a file already read."""
    package = opened(data, limits)
    book = Book(package)
    sheets = {sheet.part for sheet in book.sheets}
    for name in package.names():
        if name.casefold().endswith((".xml", ".rels", ".vml")):
            _look_through(package, name, is_sheet=name in sheets)
    return Checked(
        titles=tuple(sheet.title for sheet in book.sheets),
        is_signed=book.is_signed,
        has_macros=any(name.casefold().endswith("vbaproject.bin") for name in package.names()),
    )


def _look_through(package: Package, name: str, *, is_sheet: bool) -> None:
    """Refuse a DOCTYPE anywhere in a part, and a sheet whose grid would not fit into memory."""
    box = _Box()
    kept = b""
    wide = False
    for number, chunk in enumerate(package.stream(name)):
        if number == 0:
            wide = b"\0" in chunk[:64]
        piece = kept + chunk
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece or (wide and _wide_doctype(piece)):
            raise RefusedFile("unsafe_xml", part=name)
        if is_sheet:
            box.add(piece.replace(b"\0", b"") if wide else piece)
        kept = piece[-256:] if not is_sheet else piece[piece.rfind(b"<") :][-4096:]
    if is_sheet:
        box.check()


def _wide_doctype(piece: bytes) -> bool:
    return b"<!DOCTYPE" in piece.replace(b"\0", b"")


class _Box:
    """The smallest grid around the rows and cells seen."""

    def __init__(self) -> None:
        self.top, self.bottom = 1 << 62, 0
        self.left, self.right = 1 << 62, 0

    def add(self, piece: bytes) -> None:
        """Include the rows and cells of a piece; formatted rows without cells count 26 columns."""
        pattern = _ANY if any(mark in piece for mark in _UNUSUAL) else _PLAIN
        found = pattern.findall(piece)
        if not found:
            return
        rows = set(map(int, {number for _, number in found}))
        columns = {_column(letters) for letters in {letters for letters, _ in found}} - {0}
        columns = columns or {1, 26}
        self.top, self.bottom = min(self.top, *rows), max(self.bottom, *rows)
        self.left, self.right = min(self.left, *columns), max(self.right, *columns)

    def check(self) -> None:
        if self.bottom > 1_048_576 or self.right > 16_384:
            raise RefusedFile("huge_coordinates")
        if not self.bottom:  # no cell at all
            return
        if (self.bottom - self.top + 1) * (self.right - self.left + 1) > MAX_GRID:
            raise RefusedFile("huge_coordinates")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
