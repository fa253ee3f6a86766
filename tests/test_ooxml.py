"""The surgical patch: what was set is there, and every other byte is where it was."""

import io
import re
import warnings
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.parsers import expat

import openpyxl
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell import Cell as OpenpyxlCell
from openpyxl.utils import column_index_from_string

from sync.stores.ooxml.book import Book
from sync.stores.ooxml.cells import Meaning, same
from sync.stores.ooxml.package import Package
from sync.stores.ooxml.reader import read_rows
from sync.stores.ooxml.sheet import SheetXml
from sync.stores.ooxml.workbook_patch import SheetEdits, WorkbookPatch
from sync.stores.ooxml.xml import column_letters
from sync.workbook import Cell
from tests.packages import MAIN, parts_of, sheet_xml, unzipped, zipped

SHEET = "xl/worksheets/sheet1.xml"
Edits = dict[int, dict[int, Cell]]


def patched(package: bytes, cells: Edits, **options: Any) -> bytes:
    """The package with cells of its first sheet set."""
    opened = Package(package)
    patch = WorkbookPatch(opened, Book(opened))
    patch.edit(SheetEdits(part=SHEET, title="T", cells=cells, **options))
    return b"".join(patch.pieces())


def read(package: bytes, width: int = 12) -> dict[int, dict[int, Cell]]:
    """The first sheet by our own reader: row → column → value."""
    opened = Package(package)
    book = Book(opened)
    meaning = Meaning(book.strings(), book.styles().dates, book.date1904)
    sheet = SheetXml(opened.whole(SHEET), SHEET)
    return {
        row.number: {at + 1: v for at, v in enumerate(row.values) if v is not None}
        for row in read_rows(sheet, meaning, range(1, width + 1), first=1)
    }


def book_of(body: str, **options: Any) -> bytes:
    """A package with one sheet of this `sheetData`."""
    around = {key: options.pop(key) for key in ("head", "tail") if key in options}
    return zipped(parts_of({"T": sheet_xml(body, **around)}, **options))


def without_cells(xml: bytes, places: set[tuple[int, int]]) -> bytes:
    """A sheet's bytes with these cells cut out, found by a scanner of the test's own."""
    cuts: list[tuple[int, int]] = []
    row = column = begin = 0
    encoding = "utf-16-le" if xml[:2] == b"\xff\xfe" else None
    data = xml.decode("utf-16").encode() if encoding else xml

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, begin
        name = tag.rpartition(":")[2]
        if name == "row":
            row, column = int(attributes.get("r", row + 1)), 0
        elif name == "c":
            column += 1
            if reference := attributes.get("r"):
                letters = reference.rstrip("0123456789")
                column = column_index_from_string(letters)
            begin = parser.CurrentByteIndex

    def end(tag: str) -> None:
        if tag.rpartition(":")[2] == "c" and (row, column) in places:
            at = parser.CurrentByteIndex
            own_tag = data.index(b">", begin) + 1
            is_empty = data[own_tag - 2 : own_tag] == b"/>"
            cuts.append((begin, own_tag if is_empty else data.index(b">", at) + 1))

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(data, True)
    for first, last in reversed(cuts):
        data = data[:first] + data[last:]
    return data


# --- random sheets, in the ways that programs write them ---------------------------------------

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
    | st.sampled_from("\n\t\r<>&\"'"), min_size=1, max_size=12,
) | st.sampled_from(
    ["=1+1", "007", "_x0041_", " x ", "12\"", '<c r="A1"', "]]>", "&amp;"]
)  # fmt: skip
DAYS = st.dates(date(1900, 3, 1), date(2199, 12, 31))
MOMENTS = st.datetimes(
    datetime(1900, 3, 1),  # noqa: DTZ001  # a cell has no zone
    datetime(2199, 12, 31),  # noqa: DTZ001  # likewise
).map(lambda m: m.replace(microsecond=0, second=m.second or 1))
VALUES: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    TEXT,
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.decimals(-(10**9), 10**9, places=2),
    DAYS,
    MOMENTS,
)


@dataclass(frozen=True)
class Written:
    """How one program writes sheets."""

    name: str
    prefix: str = ""
    references: bool = True
    pretty: bool = False
    comments: bool = False
    shuffled: bool = False
    encoding: str = "utf-8"
    quote: str = '"'


PROGRAMS = [
    Written("plain"),
    Written("prefixed", prefix="x:"),
    Written("pretty", pretty=True),
    Written("without references", references=False),
    Written("commented", comments=True),
    Written("out of order", shuffled=True),
    Written("utf-16", encoding="utf-16"),
    Written("single quotes", quote="'"),
]

RAW_CELLS = st.sampled_from(
    [
        ("", ""), (' s="1"', "<v>45000</v>"), (' s="2"', "<v>45000.5</v>"), ("", "<v>12.50</v>"),
        (' t="s"', "<v>0</v>"), (' t="s" s="5"', "<v>1</v>"), (' t="b"', "<v>1</v>"),
        (' t="e"', "<v>#N/A</v>"), ("", "<f>1+1</f><v>2</v>"), (' t="str"', "<f>A1</f><v>x</v>"),
        ("", "<f>NOW()</f>"), (' s="4"', None), (' t="inlineStr"', "<is><t>em linha</t></is>"),
        (' t="inlineStr" s="5"', "<is><r><rPr><b/></rPr><t>ri</t></r><r><t>co</t></r></is>"),
        (' t="inlineStr"', '<is><t xml:space="preserve"> a </t></is>'), (' s="3"', "<v>0.25</v>"),
        (' cm="1"', "<v>3</v>"), (' t="inlineStr"', "<is><t>5\"</t></is>"),
    ]
)  # fmt: skip
SHEETS = st.dictionaries(
    st.integers(1, 9), st.dictionaries(st.integers(1, 7), RAW_CELLS, max_size=7), max_size=6
)
STRINGS = (
    f'<sst xmlns="{MAIN}"><si><t>primeiro</t></si><si><r><t>se</t></r><r><t xml:space="preserve">'
    'gundo </t></r><rPh sb="0" eb="1"><t>x</t></rPh></si></sst>'
)


def written(rows: dict[int, dict[int, tuple[str, str | None]]], program: Written) -> bytes:
    """The sheet part as a program writes it."""
    p, gap = program.prefix, "\n  " if program.pretty else ""
    ordered = sorted(rows, reverse=program.shuffled)
    out: list[str] = []
    for number in ordered:
        cells = rows[number]
        pieces = [f'<{p}row r="{number}" ht="1{number}">']
        columns = range(1, max(cells, default=0) + 1) if not program.references else sorted(cells)
        for column in columns:
            attributes, content = cells.get(column, ("", ""))
            reference = f' r="{column_letters(column)}{number}"' if program.references else ""
            inner = re.sub(r"<(/?)(\w)", rf"<\g<1>{p}\g<2>", content) if content and p else content
            pieces.append(f"{gap}<{p}c{reference}{attributes}")
            pieces.append("/>" if inner is None else f">{inner}</{p}c>")
            if program.comments:
                pieces.append('<!-- <c r="A1"><v>9</v></c> -->')
        out.append("".join(pieces) + f"{gap}</{p}row>")
    body = "".join(out)
    spaced = f' xmlns:x="{MAIN}"' if p else f' xmlns="{MAIN}"'
    tail = (
        f'<{p}pageMargins left="0.7" right="0.7" top="0.7" bottom="0.7" header="0.3" footer="0.3"/>'
    )
    text = f'<?xml version="1.0" encoding="{program.encoding.upper()}"?>\n'
    text += f"<{p}worksheet{spaced}><{p}sheetData>{body}</{p}sheetData>{tail}</{p}worksheet>"
    if program.quote == "'":
        text = re.sub(r'="([^"\']*)"', r"='\1'", text)
    return text.encode(program.encoding)


EDITS = st.dictionaries(
    st.integers(1, 12), st.dictionaries(st.integers(1, 9), VALUES, min_size=1, max_size=5),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=SHEETS, edits=EDITS)
def test_what_was_set_is_there_and_all_else_is_as_it_was(
    program: Written, rows: dict[int, dict[int, tuple[str, str | None]]], edits: Edits
) -> None:
    before = zipped(parts_of({"T": written(rows, program)}, strings=STRINGS))
    after = patched(before, edits)
    old, new = unzipped(before), unzipped(after)
    assert list(old) == list(new)
    untouched = set(old) - {SHEET, "xl/workbook.xml", "xl/styles.xml"}
    assert all(old[name] == new[name] for name in untouched)
    places = {(row, column) for row, cells in edits.items() for column in cells}
    cut_old, cut_new = without_cells(old[SHEET], places), without_cells(new[SHEET], places)
    for row in set(edits) - set(rows):  # a row that was not there holds nothing but the edits
        cut_new = re.sub(rb'<(x:)?row r="%d"></(x:)?row>' % row, b"", cut_new)
    assert _opened(cut_new) == _opened(cut_old)
    _reads_back(after, edits, read(before), program)


def _opened(sheet: bytes) -> bytes:
    """Rows and sheetData that closed themselves are opened, which a new cell in them must do."""
    return re.sub(rb"<((?:x:)?(?:row|sheetData))([^<>]*)/>", rb"<\1\2></\1>", sheet)


def _reads_back(
    after: bytes, edits: Edits, before: dict[int, dict[int, Cell]], program: Written
) -> None:
    """Our reader, openpyxl and calamine all find what was set; ours finds the rest unchanged."""
    wanted = {(row, c): value for row, cells in edits.items() for c, value in cells.items()}
    found = read(after)
    for (row, column), value in wanted.items():
        assert same(found.get(row, {}).get(column), value), (row, column, value)
    standing = {(row, c): value for row, cells in before.items() for c, value in cells.items()}
    for (row, column), value in standing.items():
        assert (row, column) in wanted or found[row][column] == value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a number beyond the calendar, put where days are shown
        sheet = openpyxl.load_workbook(io.BytesIO(after))["T"]
    for (row, column), value in wanted.items():
        cell = sheet.cell(row, column)
        assert isinstance(cell, OpenpyxlCell)
        is_day = cell.is_date or cell.value == "#VALUE!"
        if not (is_day and isinstance(value, int | float | Decimal)):
            assert cell.value == _as_openpyxl(value)
    if program.name in {"plain", "pretty", "single quotes"}:  # on others calamine panics or is lost
        _calamine_agrees(after, wanted)


def _calamine_agrees(after: bytes, wanted: dict[tuple[int, int], Cell]) -> None:
    if any(isinstance(v, int | float | Decimal) and abs(float(v)) > 3e6 for v in wanted.values()):
        return  # where days are shown it panics on such numbers
    table = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(after))
    grid = table.get_sheet_by_name("T").to_python(skip_empty_area=False)
    for (row, column), value in wanted.items():
        if value is None or (isinstance(value, str) and ("_x" in value or "\r" in value)):
            continue  # calamine's own ways
        found = grid[row - 1][column - 1]
        if isinstance(value, date):
            assert _as_day(found) == _as_day(value)
        elif isinstance(value, str | bool) or not isinstance(found, date | time | timedelta):
            assert found == (float(value) if isinstance(value, Decimal) else value)


def _as_day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _as_openpyxl(value: Cell) -> Any:
    if isinstance(value, str):
        # openpyxl does not resolve `_xHHHH_`
        return re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", value).replace("\r", "_x000D_")
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a cell has no zone
    return value
