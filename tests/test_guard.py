"""What is hostile, broken or no workbook is refused in a sentence before anything parses it."""

import io
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path
from xml.parsers import expat

import openpyxl
import pytest

from sync.stores.excel_reading import read_workbook
from sync.stores.guard import inspect, inspect_bytes, opened
from sync.stores.ooxml.package import Package
from sync.words import words
from sync.workbook import RefusedFile
from tests.packages import MAIN, parts_of, sheet_xml, unzipped, zipped

ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'
HEADING = '<row r="1"><c r="A1" t="inlineStr"><is><t>Título</t></is></c></row>'
GOOD = zipped(parts_of({"T": sheet_xml(ROW)}))


def code_of(data: bytes) -> str:
    """The code with which the guard refuses; its sentence exists in both languages."""
    with pytest.raises(RefusedFile) as refused:
        inspect_bytes(data)
    return told(refused.value)


def told(error: RefusedFile) -> str:
    for language in ("pt-BR", "en"):
        assert words(language, f"store.{error.code}", **error.values)
    return error.code


def with_part(name: str, part: bytes) -> bytes:
    return zipped({**unzipped(GOOD), name: part})


def test_a_good_workbook_passes_with_its_titles() -> None:
    checked = inspect_bytes(GOOD)
    assert (checked.titles, checked.is_signed, checked.has_macros) == (("T",), False, False)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"a;b;c\n1;2;3\n", "text_file"),
        ("a;b\n1;ção\n".encode("cp1252"), "text_file"),
        (b"<html><table/></html>", "not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_format"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "not_a_workbook"),
        (b"PK\3\4", "not_a_workbook"),
        (GOOD[:-30], "not_a_workbook"),
        (GOOD[: len(GOOD) // 2], "not_a_workbook"),
        (GOOD + b"tail", "damaged"),
        (b"MZ" + GOOD, "not_a_workbook"),
        (zipped({"a.txt": b"x"}), "not_a_workbook"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "open_document"),
        (zipped({k: v for k, v in unzipped(GOOD).items() if k != "xl/workbook.xml"}),
         "not_a_workbook"),
        (zipped({k: v for k, v in unzipped(GOOD).items() if "sheet1" not in k}), "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_workbook_says_what_it_is(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_a_binary_workbook_under_another_name() -> None:
    parts = unzipped(GOOD)
    types = parts["[Content_Types].xml"].replace(
        b"openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"ms-excel.sheet.binary.macroEnabled.main",
    )
    assert code_of(zipped({**parts, "[Content_Types].xml": types})) == "binary_workbook"


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/abs.xml", "xl\\x.xml", "xl/../../x", "c:x", "XL/Workbook.xml"]
)
def test_names_that_no_program_writes(name: str) -> None:
    assert code_of(with_part(name, b"<x/>")) == "unsafe_names"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice() -> None:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as target:
        target.writestr("xl/workbook.xml", b"<x/>")
    assert code_of(out.getvalue()) == "unsafe_names"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "part",
    [
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "_rels/.rels",
        "[Content_Types].xml",
    ],
)
def test_a_doctype_in_any_part(part: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>'
    text += '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    assert code_of(with_part(part, text.encode(encoding))) == "unsafe_xml"
    with pytest.raises(RefusedFile, match="unsafe_xml"):
        read_workbook(_with_receivables(part, text.encode(encoding)), "r", "p")


def _with_receivables(part: str, content: bytes) -> bytes:
    strings = f'<sst xmlns="{MAIN}"><si><t>x</t></si></sst>'
    parts = parts_of({"Recebíveis": sheet_xml(ROW)}, strings=strings)
    return zipped({**parts, part: content})


def test_a_doctype_behind_a_megabyte_of_blanks() -> None:
    text = sheet_xml(ROW).encode().replace(b"?>", b"?>" + b" " * ((1 << 20) - 60), 1)
    hidden = text.replace(b"<worksheet", b"<!DOCTYPE x []><worksheet")
    assert code_of(with_part("xl/worksheets/sheet1.xml", hidden)) == "unsafe_xml"


def bomb(size: int) -> bytes:
    """A workbook whose sheet is `size` bytes of blanks in the middle."""
    blanks = b" " * size
    return with_part(
        "xl/worksheets/sheet1.xml", sheet_xml(ROW).encode().replace(b"?>", b"?>" + blanks, 1)
    )


def test_a_bomb_is_refused_without_being_inflated() -> None:
    data = bomb(300_000_000)
    assert len(data) < 400_000
    tracemalloc.start()
    assert code_of(data) == "too_large"
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size_is_cut_off() -> None:
    data = bytearray(bomb(50_000_000))
    at = 0
    while (at := data.find(b"PK\1\2", at)) >= 0:
        if data[at + 46 :].startswith(b"xl/worksheets/"):
            struct.pack_into("<L", data, at + 24, 1_000)
        at += 4
    tracemalloc.start()
    assert code_of(bytes(data)) == "damaged"
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_part_with_a_wrong_checksum() -> None:
    package = Package(GOOD)
    entry = next(e for e in package.entries if e.name.endswith("sheet1.xml"))
    data = bytearray(GOOD)
    at = data.rfind(b"xl/worksheets/sheet1.xml") - 46
    struct.pack_into("<L", data, at + 16, entry.crc ^ 1)
    assert code_of(bytes(data)) == "damaged"


def test_an_encrypted_entry() -> None:
    data = bytearray(GOOD)
    at = data.find(b"PK\1\2")
    struct.pack_into("<H", data, at + 8, 1)
    assert code_of(bytes(data)) == "encrypted"


def test_far_off_cells_never_reach_a_parser_that_builds_a_grid() -> None:
    far = HEADING + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    data = zipped(parts_of({"Recebíveis": sheet_xml(far)}))
    assert code_of(data) == "huge_coordinates"
    for prefix in ("AB", "ZZ"):
        wide = f'<row r="1"><c r="A1"/></row><row r="1000000"><c r="{prefix}1000000"/></row>'
        narrow_enough = prefix == "AB"
        each = zipped(parts_of({"T": sheet_xml(wide)}))
        if narrow_enough:
            inspect_bytes(each)
        else:
            assert code_of(each) == "huge_coordinates"
    # Our own reader builds none, so there the stray cell is harmless.
    assert read_workbook(data, "r", "p").snapshot.tabs["receivables"].rows == []


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="0"><c r="A0"/></row>',
        '<row r="1048577"><c r="A1048577"/></row>',
        '<row r="2"><c r="A3"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></row>',
        '<row r="2"><c r="A2" t="str"><v>&x;</v></c></row>',
        '<row r="2"><c r="A2" t="inlineStr"><is><t>a & b</t></is></c></row>',
    ],
)
def test_a_sheet_that_makes_no_sense_is_damaged(rows: str) -> None:
    with pytest.raises(RefusedFile) as refused:
        read_workbook(zipped(parts_of({"Recebíveis": sheet_xml(HEADING + rows)})), "r", "p")
    assert told(refused.value) in {"damaged", "huge_coordinates"}


def test_a_million_formatted_empty_rows_are_accepted_and_quick() -> None:
    rows = "".join(
        f'<row r="{n}" s="3" customFormat="1"><c r="A{n}" s="3"/></row>'
        for n in range(2, 1_000_001)
    )
    data = zipped(parts_of({"Recebíveis": sheet_xml(HEADING + rows)}))
    begin = time.process_time()
    for part in unzipped(data).values():
        expat.ParserCreate().Parse(part, True)
    floor = time.process_time() - begin
    begin = time.process_time()
    snapshot = read_workbook(data, "r", "p").snapshot
    reading = time.process_time() - begin
    assert snapshot.tabs["receivables"].rows == []
    assert reading < 3 * floor
    inspect_bytes(data)


def test_zip64_packages_can_be_read_and_replaced() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, part in unzipped(GOOD).items():
            with target.open(name, "w", force_zip64=True) as entry:
                entry.write(part)
    data = out.getvalue()
    assert inspect_bytes(data).titles == ("T",)
    assert b"".join(opened(data).replaced({})) == data


def test_a_file_that_is_not_there_or_not_ours_to_read(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile) as refused:
        inspect(tmp_path / "nada.xlsx")
    assert told(refused.value) == "no_file"
    with pytest.raises(RefusedFile) as refused:
        inspect(tmp_path)
    assert told(refused.value) == "unreadable_file"


def test_a_workbook_of_openpyxl_passes(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    openpyxl.Workbook().save(path)
    assert inspect(path).titles == ("Sheet",)


def test_importing_the_guard_brings_no_parser_of_others() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", "import sys, sync.stores.guard; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert not {"openpyxl", "python_calamine", "lxml"} & set(seen)
