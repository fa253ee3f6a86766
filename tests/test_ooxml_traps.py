"""What real workbooks hold, one trap a test: nothing of it is lost, or the write is refused."""

import io
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from sync.stores.ooxml.cells import NO_VALUE
from sync.stores.ooxml.frame_edits import Growth
from sync.stores.ooxml.package import Package
from sync.stores.ooxml.styles import Shows, what_it_shows
from sync.workbook import CellError, Link, NotWritable, WrongPlace
from tests.packages import MAIN, PACKAGE, RELATIONS, parts_of, sheet_xml, unzipped, zipped
from tests.test_ooxml import SHEET, book_of, patched, read

ROWS = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2" s="1"><v>45000</v></c></row>'


def sheet_of(package: bytes) -> str:
    return unzipped(package)[SHEET].decode()


# --- formulas ----------------------------------------------------------------------------------


def test_a_formula_of_several_cells_is_refused_when_one_of_them_would_be_overwritten() -> None:
    array = '<row r="1"><c r="A1"><f t="array" ref="A1:A3">B1:B3</f><v>1</v></c></row>'
    for cell in (1, 3):
        with pytest.raises(WrongPlace, match="formula_range"):
            patched(book_of(array), {cell: {1: 5}})
    assert read(patched(book_of(array), {4: {1: 5}}))[4] == {1: 5}


def test_the_first_cell_of_a_shared_formula_goes_only_with_all_its_heirs() -> None:
    shared = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>'
    )
    with pytest.raises(WrongPlace, match="formula_range") as refused:
        patched(book_of(shared), {1: {1: 5}})
    assert dict(refused.value.values) == {"tab": "T", "cell": "A1"}
    assert read(patched(book_of(shared), {2: {1: 5}})) == {1: {1: 1}, 2: {1: 5}}
    assert read(patched(book_of(shared), {1: {1: 4}, 2: {1: 5}})) == {1: {1: 4}, 2: {1: 5}}


def test_a_single_cell_array_formula_may_be_replaced() -> None:
    single = '<row r="1"><c r="A1" cm="1"><f t="array" ref="A1">B1</f><v>1</v></c></row>'
    after = patched(book_of(single), {1: {1: "x"}})
    assert '<c r="A1" t="inlineStr">' in sheet_of(after)


def test_the_calculation_chain_goes_with_the_first_formula_that_goes() -> None:
    chain = {"xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="A1" i="1"/></calcChain>'}
    relation = f'<Relationship Id="rId95" Type="{RELATIONS}/calcChain" Target="calcChain.xml"/>'
    kind = '<Override PartName="/xl/calcChain.xml" ContentType="application/x.calcChain+xml"/>'
    rows = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><v>1</v></c></row>'
    book = book_of(rows, extra=chain, more_relations=relation, more_types=kind)
    beside = unzipped(patched(book, {1: {2: 9}}))
    assert "xl/calcChain.xml" in beside
    over = unzipped(patched(book, {1: {1: 9}}))
    assert "xl/calcChain.xml" not in over
    assert b"calcChain" not in over["[Content_Types].xml"] + over["xl/_rels/workbook.xml.rels"]
    old = unzipped(book)
    assert over["[Content_Types].xml"] == old["[Content_Types].xml"].replace(kind.encode(), b"")
    assert read(patched(book, {1: {1: 9}})) == {1: {1: 9, 2: 1}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '</sheets><calcPr fullCalcOnLoad="1"/></workbook>'),
        ('<calcPr calcId="1"/>', '<calcPr calcId="1" fullCalcOnLoad="1"/>'),
        ('<calcPr fullCalcOnLoad="0" calcId="1"/>', '<calcPr calcId="1" fullCalcOnLoad="1"/>'),
        ("<pivotCaches/>", '</sheets><calcPr fullCalcOnLoad="1"/><pivotCaches/></workbook>'),
    ],
)
def test_formulas_over_our_cells_are_computed_when_the_workbook_opens(
    before: str, after: str
) -> None:
    book = unzipped(patched(book_of(ROWS, after=before), {1: {1: 2}}))
    assert after in book["xl/workbook.xml"].decode()


def test_a_workbook_that_already_computes_on_load_keeps_its_workbook_part() -> None:
    book = book_of(ROWS, after='<calcPr fullCalcOnLoad="1"/>')
    assert (
        unzipped(patched(book, {1: {1: 2}}))["xl/workbook.xml"] == unzipped(book)["xl/workbook.xml"]
    )


def test_errors_and_formulas_without_a_value_are_told_from_text() -> None:
    rows = (
        '<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="inlineStr"><is><t>#N/A</t></is></c>'
        '<c r="C1"><f>NOW()</f></c><c r="D1" t="str"><f>""</f><v></v></c>'
        '<c r="E1"><f>1+1</f><v></v></c><c r="F1" t="d"><v>2026-01-02</v></c></row>'
    )
    found = read(book_of(rows))[1]
    assert found == {
        1: CellError("#N/A"), 2: "#N/A", 3: NO_VALUE, 5: NO_VALUE, 6: date(2026, 1, 2)
    }  # fmt: skip


# --- places ------------------------------------------------------------------------------------


def test_merged_cells_take_a_value_in_their_first_cell_only() -> None:
    book = book_of(ROWS, tail='<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>')
    assert read(patched(book, {1: {1: 7}}))[1] == {1: 7}
    for row, column in ((1, 2), (2, 1)):
        with pytest.raises(WrongPlace, match="merged_cells"):
            patched(book, {row: {column: 7}})


def test_a_protected_tab_and_a_signed_workbook_are_refused() -> None:
    with pytest.raises(WrongPlace, match="protected_tab"):
        patched(book_of(ROWS, tail='<sheetProtection sheet="1" objects="1"/>'), {1: {1: 7}})
    patched(book_of(ROWS, tail='<sheetProtection sheet="0"/>'), {1: {1: 7}})
    with pytest.raises(NotWritable, match="signed"):
        patched(book_of(ROWS, extra={"_xmlsignatures/sig1.xml": "<x/>"}), {1: {1: 7}})


def test_spans_and_dimension_grow_only_as_far_as_they_must() -> None:
    rows = '<row r="2" spans="1:2" x14ac:dyDescent="0.25"><c r="A2"><v>1</v></c></row>'
    book = book_of(rows, head='<dimension ref="A2:B2"/>')
    inside = sheet_of(patched(book, {2: {2: 5}}))
    assert 'spans="1:2"' in inside
    assert 'ref="A2:B2"' in inside
    outside = sheet_of(patched(book, {2: {4: 5}, 5: {1: 6}}))
    assert '<row r="2" spans="1:4" x14ac:dyDescent="0.25">' in outside
    assert '<dimension ref="A2:D5"/>' in outside


def test_a_cell_goes_in_its_place_among_the_others() -> None:
    rows = '<row r="1"><c r="B1"><v>2</v></c><c r="D1"><v>4</v></c></row>'
    after = patched(book_of(rows), {1: {1: 1, 3: 3, 5: 5}})
    assert read(after)[1] == {n: n for n in range(1, 6)}
    letters = [sheet_of(after).index(f'r="{letter}1"') for letter in "ABCDE"]
    assert letters == sorted(letters)


def test_a_sheet_without_any_row_takes_some() -> None:
    book = book_of("")
    empty = zipped(
        parts_of({"T": sheet_xml("").replace("<sheetData></sheetData>", "<sheetData/>")})
    )
    for each in (book, empty):
        assert read(patched(each, {2: {1: "x"}, 4: {2: 1}})) == {2: {1: "x"}, 4: {2: 1}}


# --- days --------------------------------------------------------------------------------------


def test_a_day_takes_the_cells_own_date_style_or_the_columns_or_a_new_one() -> None:
    rows = '<row r="1"><c r="A1" s="2"/><c r="B1" s="4"/><c r="C1" s="5"/></row>'
    cols = '<cols><col min="2" max="2" style="1" width="9"/></cols>'
    after = patched(book_of(rows, head=cols), {1: dict.fromkeys((1, 2, 3, 4), date(2026, 3, 2))})
    sheet = openpyxl.load_workbook(io.BytesIO(after))["T"]
    formats = [sheet.cell(1, column).number_format for column in (1, 2, 3, 4)]
    assert formats == [r"dd/mm/yyyy\ hh:mm:ss", "mm-dd-yy", "mm-dd-yy", "mm-dd-yy"]
    assert sheet["C1"].alignment.wrap_text  # a new style keeps all else of the old one
    assert read(after)[1] == dict.fromkeys((1, 2, 3, 4), date(2026, 3, 2))


def test_moments_and_times_of_day_have_formats_of_their_own() -> None:
    moment = datetime(2026, 3, 2, 8, 30, 15)  # noqa: DTZ001  # a cell has no zone
    after = patched(book_of(ROWS), {1: {2: moment, 3: time(8, 30)}})
    assert read(after)[1] == {1: 1, 2: moment, 3: time(8, 30)}
    sheet = openpyxl.load_workbook(io.BytesIO(after))["T"]
    assert sheet["B1"].value == moment
    assert sheet["C1"].value == time(8, 30)


@pytest.mark.parametrize("flag", ["1", "true"])
def test_the_calendar_of_1904(flag: str) -> None:
    book = book_of(ROWS, properties=f'<workbookPr date1904="{flag}"/>')
    assert read(book)[2] == {1: date(2027, 3, 16)}
    after = patched(book, {2: {1: date(2026, 3, 2)}})
    assert read(after)[2] == {1: date(2026, 3, 2)}
    assert "<v>44621</v>" in sheet_of(after)


@pytest.mark.parametrize(
    ("serial", "day"),
    [(1, date(1900, 1, 1)), (59, date(1900, 2, 28)), (61, date(1900, 3, 1)),
     (45000, date(2023, 3, 15)), (2958465, date(9999, 12, 31)), (2958466, 2958466), (-1, -1),
     (0, 0)],
)  # fmt: skip
def test_days_at_the_edges(serial: int, day: Any) -> None:
    book = book_of(f'<row r="1"><c r="A1" s="1"><v>{serial}</v></c></row>')
    assert read(book)[1] == {1: day}
    if isinstance(day, date):
        assert f"<v>{serial}</v>" in sheet_of(patched(book_of(ROWS), {1: {1: day}}))


@pytest.mark.parametrize(
    ("code", "shows"),
    [
        ("General", None), ("0.00", None), ("#,##0", None), ("@", None), ("[h]:mm:ss", None),
        ('0 "dias"', None), ('"dia" 0', None), ("[Red]0.00", None), (r"0\d", None),
        ("0.00E+00", None),
        ("dd/mm/yyyy", Shows.DATE), ("[$-416]d-mmm-yy;@", Shows.DATE), ("mmm/yy", Shows.DATE),
        ("[$R$-416] #,##0.00", None), ("yyyy-mm-dd hh:mm", Shows.DATETIME), ("hh:mm", Shows.TIME),
        ("[$-F400]h:mm:ss AM/PM", Shows.TIME), ("mm:ss", Shows.TIME),
        ('dd" de "mmmm" de "yyyy', Shows.DATE),
    ],
)  # fmt: skip
def test_which_formats_show_days(code: str, shows: Shows | None) -> None:
    assert what_it_shows(code) is shows


# --- values ------------------------------------------------------------------------------------


def test_a_blanked_cell_keeps_its_style_and_an_absent_one_stays_absent() -> None:
    after = sheet_of(patched(book_of(ROWS), {2: {1: None, 2: None}, 7: {1: None}}))
    assert '<row r="2"><c r="A2" s="1"/></row>' in after
    assert "B2" not in after
    assert 'r="7"' not in after


def test_amounts_are_written_exactly() -> None:
    values: dict[int, Any] = {
        1: Decimal("0.10"),
        2: Decimal("1E+3"),
        3: Decimal("-0.005"),
        4: 0.1 + 0.2,
        5: 10**14,
    }
    after = sheet_of(patched(book_of(ROWS), {1: values}))
    for text in ("0.10", "1000", "-0.005", "0.30000000000000004", "100000000000000"):
        assert f"<v>{text}</v>" in after


@pytest.mark.parametrize(
    "value",
    ["x" * 32_768, "🙂" * 16_384, float("nan"), float("inf"), Decimal("NaN"), CellError("#N/A"),
     date(1899, 12, 31)],
)  # fmt: skip
def test_what_a_cell_cannot_hold_is_a_programmers_error(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        patched(book_of(ROWS), {1: {1: value}})


def test_the_longest_text_fits() -> None:
    for text in ("x" * 32_767, "🙂" * 16_383):
        assert read(patched(book_of(ROWS), {1: {1: text}}))[1] == {1: text}


# --- rows added below --------------------------------------------------------------------------


def grown(book: bytes, after: int = 4) -> bytes:
    cells: Any = {row: {1: f"novo {row}"} for row in range(3, after + 1)}
    return patched(book, cells, grown=Growth(2, after), like=2)


def test_ranges_that_ended_with_the_data_end_with_it_again() -> None:
    tail = (
        '<autoFilter ref="A1:C2"/>'
        '<conditionalFormatting sqref="A2:A2 C2 B1:B9"><cfRule type="expression" priority="1">'
        "<formula>A2&gt;1</formula></cfRule></conditionalFormatting>"
        '<dataValidations count="1"><dataValidation type="list" sqref="B2:C2 D:D 1:1">'
        "<formula1>A1:A2</formula1></dataValidation></dataValidations>"
        '<extLst><ext xmlns:xm="urn:xm"><xm:sqref>A2:A2</xm:sqref></ext></extLst>'
    )
    names = (
        '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'
        "T!$A$1:$C$2</definedName></definedNames>"
    )
    book = book_of(ROWS, tail=tail, after=names)
    after = unzipped(grown(book))
    wanted = (
        tail.replace('ref="A1:C2"', 'ref="A1:C4"').replace("A2:A2 C2 B1", "A2:A4 C2:C4 B1")
        .replace("B2:C2 D:D", "B2:C4 D:D").replace("<xm:sqref>A2:A2", "<xm:sqref>A2:A4")
    )  # fmt: skip
    assert wanted in after[SHEET].decode()
    assert "T!$A$1:$C$4</definedName>" in after["xl/workbook.xml"].decode()


def table(reference: str, *, totals: str = "") -> dict[str, str]:
    return {
        "xl/tables/table1.xml": f'<?xml version="1.0"?><table xmlns="{MAIN}" id="1" name="X" '
        f'ref="{reference}" {totals}><autoFilter ref="{reference}"/><tableColumns count="1">'
        '<tableColumn id="1" name="a"/></tableColumns></table>',
        "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/table" Target="../tables/table1.xml"/>'
        "</Relationships>",
    }


def test_a_table_grows_with_its_rows_unless_it_was_larger_already() -> None:
    book = book_of(ROWS, extra=table("A1:C2"))
    after = unzipped(grown(book))
    old = unzipped(book)
    part = "xl/tables/table1.xml"
    assert after[part] == old[part].replace(b"A1:C2", b"A1:C4")
    larger = book_of(ROWS, extra=table("A1:C90"))
    assert unzipped(grown(larger))[part] == unzipped(larger)[part]


def test_rows_below_a_totals_row_are_refused() -> None:
    with pytest.raises(WrongPlace, match="totals_row"):
        grown(book_of(ROWS, extra=table("A1:C2", totals='totalsRowCount="1"')))


def test_added_rows_take_the_formats_of_the_row_above_or_of_a_prepared_row() -> None:
    rows = (
        '<row r="1"><c r="A1" s="5"/></row>'
        '<row r="2"><c r="A2" s="4"><v>1</v></c><c r="C2" s="5"/></row>'
        '<row r="3" s="3" customFormat="1"><c r="A3" s="2"/></row>'
    )
    after = sheet_of(
        patched(book_of(rows), {3: {1: 3, 2: 3}, 4: {1: 4}}, like=2, grown=Growth(2, 4))
    )
    assert '<row r="3" s="3" customFormat="1"><c r="A3" s="2"><v>3</v></c><c r="B3" s="3">' in after
    assert '<row r="4"><c r="A4" s="4"><v>4</v></c><c r="C4" s="5"/></row>' in after


# --- links -------------------------------------------------------------------------------------


def test_links_come_stay_and_go_with_their_cells() -> None:
    chat, place = (
        Link("Conversar", "https://wa.me/5511?text=ol%C3%A1&x=1"),
        Link("2", "#Meus dados!A2"),
    )
    book = book_of(ROWS, tail='<pageMargins left="1" right="1" top="1" bottom="1"/>')
    first = patched(book, {1: {2: chat, 3: place}, 2: {2: chat}})
    sheet = openpyxl.load_workbook(io.BytesIO(first))["T"]
    assert sheet["B1"].value == "Conversar"
    assert sheet["B1"].hyperlink.target == chat.target
    assert sheet["C1"].hyperlink.location == "'Meus dados'!A2"
    second = unzipped(patched(first, {1: {2: "só texto"}}))
    assert b'ref="B1"' not in second[SHEET]
    assert b'ref="B2"' in second[SHEET]
    assert b"wa.me" in second["xl/worksheets/_rels/sheet1.xml.rels"]
    third = unzipped(patched(zipped(second), {1: {3: None}, 2: {2: Link("y", "https://outro")}}))
    assert b"wa.me" not in third["xl/worksheets/_rels/sheet1.xml.rels"]
    assert third[SHEET].count(b"<hyperlink ") == 1
    last = unzipped(patched(zipped(third), {2: {2: None}}))
    assert b"hyperlink" not in last[SHEET]


def test_peoples_own_links_and_relations_stay() -> None:
    relations = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="'
        f'{RELATIONS}/hyperlink" Target="https://deles" TargetMode="External"/></Relationships>'
    )
    tail = (
        '<hyperlinks><hyperlink ref="D1" r:id="rId1"/>'
        '<hyperlink ref="E1:E9" location="T!A1"/></hyperlinks>'
    )
    book = book_of(ROWS, tail=tail, extra={"xl/worksheets/_rels/sheet1.xml.rels": relations})
    after = patched(book, {1: {2: Link("x", "https://nosso")}})
    sheet = openpyxl.load_workbook(io.BytesIO(after))["T"]
    assert sheet["D1"].hyperlink.target == "https://deles"
    assert sheet["B1"].hyperlink.target == "https://nosso"
    assert 'ref="E1:E9"' in sheet_of(after)


def test_an_address_too_long_for_excel_is_written_as_its_text() -> None:
    after = unzipped(patched(book_of(ROWS), {1: {2: Link("x", "https://a?" + "y" * 2_080)}}))
    assert b"hyperlink" not in after[SHEET]
    assert b"<t>x</t>" in after[SHEET]


# --- the package -------------------------------------------------------------------------------


def test_parts_that_do_not_change_keep_bytes_order_dates_and_attributes() -> None:
    for stored in (False, True):
        book = zipped(
            parts_of({"T": sheet_xml(ROWS)}, extra={"xl/x.bin": b"\0" * 999}), stored=stored
        )
        after = patched(book, {1: {1: 7}})
        old, new = Package(book), Package(after)
        assert old.names() == new.names()
        for one, other in zip(old.entries, new.entries, strict=True):
            assert one.record[12:16] == other.record[12:16]  # time and date
            assert one.record[38:42] == other.record[38:42]  # external attributes
            if one.name not in {SHEET, "xl/workbook.xml"}:
                raw = book[one.offset : one.end], after[other.offset : other.end]
                assert raw[0] == raw[1]


def test_a_package_replaced_by_nothing_is_the_same_package() -> None:
    book = book_of(ROWS)
    assert b"".join(Package(book).replaced({})) == book
