"""Two versions of a workbook's file compared: what a run may change, and every byte it may not.

The scanning is this module's own: zip, regular expressions, and openpyxl for headings.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.utils.cell import get_column_letter

from sheet_templates import headings
from sheet_templates.schema import TABS, Owner
from tests.whole_truth import Broken

_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?(?:/>|>.*?</(?:\w+:)?c>)", re.DOTALL)
_ROW = re.compile(rb"<((?:\w+:)?row)(\s[^>]*?)?(?:/>|>(.*?)</\1>)", re.DOTALL)
_AT = re.compile(rb'\sr="([A-Z]+)(\d+)"')
_DATA = re.compile(rb"(.*?)<((?:\w+:)?sheetData)(?:\s*/>|>(.*)</\2>)(.*)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is|f)[ >/]")
# What a run may say around the rows: ranges that end with the data, and links of its own tabs.
_RANGES = re.compile(rb'\s(?:ref|sqref|spans)="[^"]*"|<xm:sqref>[^<]*</xm:sqref>')
_LINKS = re.compile(rb"<hyperlinks>.*?</hyperlinks>|<hyperlinks/>", re.DOTALL)
_CALC = re.compile(rb"<calcPr[^>]*?(?:/>|></calcPr>)")
_XFS = re.compile(rb"<cellXfs[^>]*>(.*?)</cellXfs>", re.DOTALL)


def parts(data: bytes) -> dict[str, bytes]:
    """All parts of the package by name, their checksums checked."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


@dataclass(frozen=True)
class Sheet:
    """One sheet: its part, its title, and which of its cells are the engine's."""

    part: str
    title: str
    tab: str | None
    engine: frozenset[str]  # column letters
    log: frozenset[str]  # column letters that only new rows may fill
    figures: frozenset[tuple[str, int]]

    def is_engines(self, column: str, row: int, last: int) -> bool:
        """Whether the engine may write here; `last` is the last row with data before."""
        if (column, row) in self.figures:
            return True
        if row == 1:
            return False
        return column in self.engine or (column in self.log and row > last)


def check(before: bytes, after: bytes) -> None:
    """Raise Broken when anything changed that is not the engine's."""
    old, new = parts(before), parts(after)
    sheets = {sheet.part: sheet for sheet in sheets_of(before, old)}
    gone = {name for name in old if name.endswith("calcChain.xml") and name not in new}
    _require(list(new) == [name for name in old if name not in gone], "parts came or went")
    for name in new:
        if name in sheets:
            _check_sheet(sheets[name], old[name], new[name])
        elif old[name] != new[name]:
            _check_part(name, old[name], new[name], gone, sheets)


def _check_part(
    name: str, old: bytes, new: bytes, gone: set[str], sheets: Mapping[str, Sheet]
) -> None:
    if name.endswith("/styles.xml"):
        _check_styles(old, new)
    elif re.fullmatch(r"xl/workbook\.xml", name):
        _require(_CALC.sub(b"", old) == _CALC.sub(b"", new), f"{name} changed")
    elif name in {"[Content_Types].xml", "xl/_rels/workbook.xml.rels"} and gone:
        pattern = rb"<[^<>]*calcChain[^<>]*?/>"
        _require(re.sub(pattern, b"", old) == re.sub(pattern, b"", new), f"{name} changed")
    elif re.fullmatch(r"xl/tables/[^/]+\.xml", name):
        _require(_RANGES.sub(b"", old) == _RANGES.sub(b"", new), f"{name} changed")
    elif re.fullmatch(r"xl/worksheets/_rels/[^/]+\.rels", name):
        part = "xl/worksheets/" + name.rpartition("/")[2].removesuffix(".rels")
        _require(sheets[part].tab in {"issues", "queue"}, f"{name} changed")
        link = rb"<Relationship\s[^>]*?/hyperlink\"[^>]*?/>"
        _require(re.sub(link, b"", old) == re.sub(link, b"", new), f"{name} changed")
    else:
        raise Broken("cells", f"{name} changed")


def _check_styles(old: bytes, new: bytes) -> None:
    """Formats may be added at the end of the list."""
    before, after = _XFS.search(old), _XFS.search(new)
    assert before is not None
    assert after is not None
    _require(after[1].startswith(before[1]), "a cell format changed")
    around = [_XFS.sub(b"", each) for each in (old, new)]
    numbers = [re.sub(rb"<numFmts[^>]*>.*?</numFmts>", b"", each) for each in around]
    _require(numbers[0] == numbers[1], "styles changed")


def _check_sheet(sheet: Sheet, old: bytes, new: bytes) -> None:
    if old == new:
        return
    _require(sheet.tab is not None or bool(sheet.figures), f"{sheet.title} is theirs")
    before, after = _DATA.fullmatch(old), _DATA.fullmatch(new)
    assert before is not None
    assert after is not None
    for at in (1, 4):
        frames = [_RANGES.sub(b"", each[at]) for each in (before, after)]
        if sheet.tab in {"issues", "queue"}:
            frames = [_LINKS.sub(b"", each) for each in frames]
        _require(frames[0] == frames[1], f"{sheet.title}: around the rows")
    rows_before, rows_after = dict(_rows(before[3] or b"")), dict(_rows(after[3] or b""))
    last = max((n for n, row in rows_before.items() if row.has_data), default=1)
    _require(rows_before.keys() <= rows_after.keys(), f"{sheet.title}: a row went")
    for number, row in rows_after.items():
        _check_row(sheet, rows_before.get(number), row, number, last)


@dataclass(frozen=True)
class Row:
    """A row's attributes and its cells by column letters, as bytes."""

    attributes: bytes
    cells: Mapping[str, bytes]

    @property
    def has_data(self) -> bool:
        return any(_VALUE.search(cell) for cell in self.cells.values())


def _rows(data: bytes) -> Iterator[tuple[int, Row]]:
    for found in _ROW.finditer(data):
        cells = {}
        number = 0
        for cell in _CELL.findall(found[3] or b""):
            at = _AT.search(cell)
            assert at is not None
            cells[at[1].decode()] = cell
            number = int(at[2])
        given = re.search(rb'\sr="(\d+)"', found[2] or b"")
        number = int(given[1]) if given else number
        yield number, Row(_RANGES.sub(b"", found[2] or b""), cells)


def _check_row(sheet: Sheet, old: Row | None, new: Row, number: int, last: int) -> None:
    where = f"{sheet.title} row {number}"
    if old is not None:
        _require(old.attributes == new.attributes, f"{where}: its attributes")
        for column, cell in old.cells.items():
            if not sheet.is_engines(column, number, last):
                _require(new.cells.get(column) == cell, f"{where}, {column}: {cell!r}")
    known = old.cells if old is not None else {}
    for column, cell in new.cells.items():
        if column not in known and not sheet.is_engines(column, number, last):
            _require(not _VALUE.search(cell), f"{where}, {column} was written: {cell!r}")


def sheets_of(data: bytes, package: Mapping[str, bytes]) -> list[Sheet]:
    """Every sheet, with the places that are the engine's by the headings that stand there."""
    relations = package["xl/_rels/workbook.xml.rels"].decode()
    targets = {}
    for tag in re.findall(r"<Relationship\s[^>]*>", relations):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        targets[named["Id"]] = named["Target"].removeprefix("/xl/").removeprefix("xl/")
    text = package["xl/workbook.xml"].decode()
    ids = re.findall(r"<(?:\w+:)?sheet\s[^>]*?r:id=\"([^\"]+)\"", text)
    book = load_workbook(io.BytesIO(data), read_only=True)
    figures: dict[str, set[tuple[str, int]]] = {}
    for name, defined in book.defined_names.items():
        if name.startswith("regua_figure_"):
            title, place = next(iter(defined.destinations))
            at = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", place)
            assert at is not None
            figures.setdefault(title, set()).add((at[1], int(at[2])))
    found = []
    for id_, title in zip(ids, book.sheetnames, strict=True):
        first = next(book[title].iter_rows(max_row=1, values_only=True), ())
        owners = _owners(headings.tab_key(title), first)
        found.append(
            Sheet(
                part="xl/" + targets[id_],
                title=title,
                tab=headings.tab_key(title),
                engine=frozenset(
                    c for c, owner in owners.items() if owner in {Owner.ENGINE, Owner.CHOICE}
                ),
                log=frozenset(c for c, owner in owners.items() if owner is Owner.LOG),
                figures=frozenset(figures.get(title, ())),
            )
        )
    return found


def _owners(tab: str | None, first: tuple[object, ...]) -> dict[str, Owner]:
    """Column letters → owner, of the columns whose headings the schema knows."""
    if tab is None or not TABS[tab].tabular:
        return {}
    owners = {column.key: column.owner for column in TABS[tab].columns}
    keys = [headings.column_key(tab, str(text)) if text else None for text in first]
    return {get_column_letter(at): owners[key] for at, key in enumerate(keys, 1) if key is not None}


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise Broken("cells", what)
