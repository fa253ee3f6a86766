"""Formulas in the local Google: the few that the template uses, their errors, and what spills."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.google.calculation import Calculation
from tests.fakes.google.cells import Cell, Failure, Formula, Value
from tests.fakes.google.stage import Stage, stage
from tests.fakes.google.state import Document, Sheet, new_document, new_sheet

Json = dict[str, Any]
NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
TABLE: list[list[Any]] = [
    ["id", "client", "amount", "due"],
    ["NF-1", "Ana", 100.5, 46032.0],
    ["NF-2", "Bia", 200.0, 46040.0],
    ["NF-3", "ana", 50.0, None],
    ["NF-4", None, "text", 46050.0],
]


def filled(title: str, rows: list[list[Any]], sheet_id: int = 0) -> Sheet:
    made = new_sheet(sheet_id, title)
    for row, line in enumerate(rows):
        for column, value in enumerate(line):
            is_formula = isinstance(value, str) and value.startswith("=")
            made.put(row, column, Cell(value=Formula(value) if is_formula else value))
    return made


def book(*sheets: Sheet, locale: str = "en_US") -> Document:
    made = new_document("id", "Book", locale=locale)
    made.sheets = list(sheets)
    return made


def value_of(formula: str, locale: str = "en_US") -> Value:
    """The value of a formula in J1 of the table's tab."""
    sheet = filled("Data", TABLE)
    sheet.put(0, 9, Cell(value=Formula(formula)))
    return Calculation(book(sheet, locale=locale), NOW).value(sheet, 0, 9)


FORMULAS: list[tuple[str, Value]] = [
    ("=1+2*3^2", 19.0),
    ("=-2^2", 4.0),
    ("=50%", 0.5),
    ('="a"&1&TRUE', "a1TRUE"),
    ("=C2/2", 50.25),
    ("=Data!C2", 100.5),
    ("='Data'!$C$3", 200.0),
    ("=SUM(C2:C5)", 350.5),
    ("=SUM(C:C)", 350.5),
    ("=SUM(C2:C3;1;2)", 303.5),
    ("=COUNTA(A2:D5)", 14.0),
    ("=COUNT(C:D)", 6.0),
    ("=MAX(C:C)", 200.0),
    ('=IF(C2>100;"big";"small")', "big"),
    ('=IF(B5="";"blank")', "blank"),
    ("=IF(FALSE;1)", False),
    ('=IFERROR(1/0;"none")', "none"),
    ("=IFERROR(C2)", 100.5),
    ("=INDEX(A2:D5;2;2)", "Bia"),
    ("=INDEX(A2:A5;3)", "NF-3"),
    ("=SUM(INDEX(A2:D5;0;3))", 350.5),
    ('=MATCH("nf-3";A:A;0)', 4.0),
    ("=MATCH(46045;D2:D3;1)", 2.0),
    ('=INDEX(C:C;MATCH("NF-2";A:A;0))', 200.0),
    ('=VLOOKUP("NF-2";A:C;3;FALSE)', 200.0),
    ('=VLOOKUP("NF-?";A:C;2;FALSE)', "Ana"),
    ('=XLOOKUP("NF-9";A:A;C:C;"none")', "none"),
    ('=COUNTIF(B2:B5;"ANA")', 2.0),
    ('=COUNTIF(C2:C5;">=100")', 2.0),
    ('=SUMIF(B2:B5;"Ana";C2:C5)', 150.5),
    ('=SUMIFS(C2:C5;B2:B5;"ana";A2:A5;"NF-3")', 50.0),
    ("=ROW()", 1.0),
    ("=ROW(C7)", 7.0),
    ("=ROWS(A2:INDEX(A:A;COUNTA(A:A)))", 4.0),
    ("=TODAY()", 46091.0),
    ("=D2+1", 46033.0),
    ('=TEXT(D2;"dd/mm/yyyy")', "10/01/2026"),
    ('=HYPERLINK("https://example.com";"here")', "here"),
    ('="Ana"="ANA"', True),
    ('=2<"1"', True),
    ("=B5=0", True),
    ("=AND(C2>1;TRUE;B2<>B3)", True),
    ("=ROUND(2.345;2)", 2.35),
    ('=SUMPRODUCT((B2:B4="Ana")*C2:C4)', 150.5),
    ('=TRIM(LOWER("  A  b "))', "a b"),
]


@pytest.mark.parametrize(("formula", "value"), FORMULAS)
def test_a_formula_has_the_value_that_sheets_gives(formula: str, value: Value) -> None:
    assert value_of(formula) == value


ERRORS: list[tuple[str, str, str]] = [
    ("=1/0", "DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero."),
    (
        '="x"+1',
        "VALUE",
        (
            "Function ADD parameter 1 expects number values. But 'x' is a text and cannot be "
            "coerced to a number."
        ),
    ),
    ("=NONE(1)", "NAME", "Unknown function: 'NONE'."),
    ("=Nowhere", "NAME", "Unknown range name: 'NOWHERE'."),
    ("=Gone!A1", "REF", "Unresolved sheet name 'Gone'."),
    ("=#REF!+1", "REF", "Reference does not exist."),
    ('=VLOOKUP("NF-9";A:C;3;FALSE)', "N_A", "Did not find value 'NF-9' in VLOOKUP evaluation."),
    ("=MATCH(7;A:A;0)", "N_A", "Did not find value '7' in MATCH evaluation."),
    ("=SUM(1;", "ERROR", "Formula parse error."),
    ("=1 2", "ERROR", "Formula parse error."),
    (
        "=J1+1",
        "REF",
        "Circular dependency detected. To resolve with iterative calculation, see File > Settings.",
    ),
]


@pytest.mark.parametrize(("formula", "kind", "message"), ERRORS)
def test_an_error_has_its_kind_and_its_sentence(formula: str, kind: str, message: str) -> None:
    assert value_of(formula) == Failure(kind, message)


def test_arguments_are_parted_by_semicolons_everywhere_and_by_commas_where_points_are_decimal() -> (
    None
):
    assert value_of("=SUM(1,5)") == 6.0
    assert value_of("=SUM(1;5)") == 6.0
    assert value_of("=SUM(1,5;1)", locale="pt_BR") == 2.5
    assert value_of("=SUM(1.5;1)", locale="pt_BR") == Failure("ERROR", "Formula parse error.")


HEADER = (
    '=ARRAYFORMULA(IF(ROW(A1:A)=1;"Status";IF(A1:A="";;'
    "IFERROR(VLOOKUP(A1:A;'Engine values'!A:B;2;FALSE);\"?\"))))"
)
ENGINE: list[list[Any]] = [["id", "status"], ["NF-3", "paid"], ["NF-1", "overdue"]]


def test_a_header_formula_shows_the_engines_values_beside_peoples_rows() -> None:
    """The template's column: by id, whatever the order, whoever sorts or inserts."""
    data = filled("Data", [["id"], ["NF-1"], ["NF-2"], [None], ["NF-3"]])
    data.put(0, 5, Cell(value=Formula(HEADER)))
    document = book(data, filled("Engine values", ENGINE, 5))
    seen = Calculation(document, NOW)
    assert [seen.value(data, row, 5) for row in range(6)] == [
        "Status",
        "overdue",
        "?",
        None,
        "paid",
        None,
    ]
    assert seen.is_spilled(data, 1, 5)
    assert not seen.is_spilled(data, 0, 5)


def test_ten_thousand_rows_are_looked_up_by_one_formula() -> None:
    ids = [[f"NF-{number}"] for number in range(10_000)]
    data = filled("Data", [["id"], *ids])
    engine = filled("Engine values", [["id", "s"], *([i[0], "ok"] for i in reversed(ids))], 5)
    data.rows = engine.rows = 10_001
    data.put(0, 5, Cell(value=Formula(HEADER)))
    seen = Calculation(book(data, engine), NOW)
    assert {seen.value(data, row, 5) for row in range(1, 10_001)} == {"ok"}


class TestInTheServer:
    @pytest.fixture
    def here(self) -> Iterator[Stage]:
        yield from stage(locale="pt_BR")

    def prepared(self, here: Stage) -> None:
        here.ana.change(
            here.book_id, {"addSheet": {"properties": {"title": "Engine values", "sheetId": 5}}}
        )
        here.ana.types(here.book_id, "'Engine values'!A1", *ENGINE)
        here.ana.types(here.book_id, "Sheet1!A1", ["id"], ["NF-1"], ["NF-2"], ["NF-3"])
        here.ana.types(here.book_id, "Sheet1!C1", [HEADER])

    def test_sorting_and_inserting_leave_each_row_its_value(self, here: Stage) -> None:
        self.prepared(here)
        spec = {"dimensionIndex": 0, "sortOrder": "DESCENDING"}
        span = {"startRowIndex": 1, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 2}
        here.ana.change(here.book_id, {"sortRange": {"range": span, "sortSpecs": [spec]}})
        rows = {"dimension": "ROWS", "startIndex": 2, "endIndex": 3}
        here.ana.change(here.book_id, {"insertDimension": {"range": rows}})
        assert here.ana.sees(here.book_id, "Sheet1!A1:C9") == [
            ["id", "", "Status"],
            ["NF-3", "", "paid"],
            [],
            ["NF-2", "", "?"],
            ["NF-1", "", "overdue"],
        ]

    def test_who_types_into_the_spilled_range_breaks_it_and_sees_so(self, here: Stage) -> None:
        self.prepared(here)
        here.ana.types(here.book_id, "Sheet1!C3", ["mine"])
        assert here.ana.sees(here.book_id, "Sheet1!C1:C4") == [["#REF!"], [], ["mine"]]
        got = here.ana.get(here.book_id, ranges="Sheet1!C1", includeGridData="true")
        cell = got["sheets"][0]["data"][0]["rowData"][0]["values"][0]
        assert cell["effectiveValue"]["errorValue"] == {
            "type": "REF",
            "message": "Array result was not expanded because it would overwrite data in C3.",
        }
        assert cell["userEnteredValue"] == {"formulaValue": HEADER}
        here.ana.types(here.book_id, "Sheet1!C3", [""])
        assert here.ana.sees(here.book_id, "Sheet1!C2:C4") == [["overdue"], ["?"], ["paid"]]

    def test_spilled_cells_have_a_value_and_nothing_typed(self, here: Stage) -> None:
        self.prepared(here)
        fields = "sheets.data.rowData.values(userEnteredValue,effectiveValue)"
        got = here.ana.get(here.book_id, ranges="Sheet1!C2", fields=fields)
        assert got["sheets"][0]["data"][0]["rowData"][0]["values"] == [
            {"effectiveValue": {"stringValue": "overdue"}}
        ]


PROBED: list[tuple[str, Json]] = [
    ('=""', {"userEnteredValue": {"formulaValue": '=""'}}),
    ("=IF(,,)", {"userEnteredValue": {"formulaValue": "=IF(,,)"}}),
    (
        "=ISBLANK(A1)",
        {
            "userEnteredValue": {"formulaValue": "=ISBLANK(A1)"},
            "effectiveValue": {"boolValue": False},
            "formattedValue": "FALSE",
        },
    ),
    (
        "=NA()",
        {
            "userEnteredValue": {"formulaValue": "=NA()"},
            "effectiveValue": {"errorValue": {"type": "N_A"}},
            "formattedValue": "#N/A",
        },
    ),
    (
        "=DATE(2023, 3, 19)",
        {
            "userEnteredValue": {"formulaValue": "=DATE(2023, 3, 19)"},
            "effectiveValue": {"numberValue": 45004},
            "formattedValue": "3/19/2023",
            "effectiveFormat": {"numberFormat": {"type": "DATE"}},
        },
    ),
    (
        "=A5",
        {
            "userEnteredValue": {"formulaValue": "=A5"},
            "effectiveValue": {"numberValue": 45004},
            "formattedValue": "3/19/2023",
            "effectiveFormat": {"numberFormat": {"type": "DATE"}},
        },
    ),
    (
        "=NotARealFunction()",
        {
            "userEnteredValue": {"formulaValue": "=NotARealFunction()"},
            "effectiveValue": {
                "errorValue": {"type": "NAME", "message": "Unknown function: 'NotARealFunction'."}
            },
            "formattedValue": "#NAME?",
        },
    ),
    (
        '=HYPERLINK("https://example.com", "click")',
        {
            "userEnteredValue": {"formulaValue": '=HYPERLINK("https://example.com", "click")'},
            "effectiveValue": {"stringValue": "click"},
            "formattedValue": "click",
            "hyperlink": "https://example.com",
        },
    ),
]


def test_cells_show_what_the_live_service_was_seen_to_show() -> None:
    """Cell by cell as a probe of May 2026 published them, formats but for numbers left out."""
    for here in stage():
        here.ana.types(here.book_id, "A1", *([formula] for formula, _ in PROBED))
        here.ana.types(here.book_id, "C1", ['=ARRAYFORMULA({"a"; ""; IF(,,)})'])
        here.ana.types(here.book_id, "D1", ["=ISBLANK(C2)"], ["=ISBLANK(C3)"])
        fields = (
            "userEnteredValue,effectiveValue,formattedValue,hyperlink,effectiveFormat.numberFormat"
        )
        got = here.ana.get(here.book_id, fields=f"sheets.data.rowData.values({fields})")
        lines = [row["values"] for row in got["sheets"][0]["data"][0]["rowData"]]
        without = [{key: value for key, value in line[0].items() if value != {}} for line in lines]
        assert without == [cell for _, cell in PROBED]
        assert [here.ana.sees(here.book_id, "D1:D2")] == [[["FALSE"], ["TRUE"]]]
        assert lines[1][2] == lines[2][2] == {"effectiveFormat": {}}


STORED: list[tuple[str, str]] = [
    ("=sum( sales!a3:a3 )", "=sum( Sales!A3 )"),
    ("='Sales'!B3:a2", "=Sales!A2:B3"),
    ("=sales!$d$3 + 1", "=Sales!$D$3 + 1"),
    ("=SUM(  A1 ,  'It''s'!a1:a1  )", "=SUM(  A1 ,  'It''s'!A1  )"),
    ("=if(true,\"a3:a3\",'It''s'!A1)", "=if(true,\"a3:a3\",'It''s'!A1)"),
    ("=Sales!3:3", "=Sales!3:3"),
    ("=SUM(Rw!$A3:$A3)", "=SUM(Rw!$A3)"),
    ("='Rw'!A3", "=Rw!A3"),
    ("=cobrança!a1", "='Cobrança'!A1"),
]


def test_a_formula_is_stored_as_the_live_service_was_seen_to_store_it() -> None:
    for here in stage():
        titles = ("Sales", "Rw", "It's", "Cobrança")
        adding = [{"addSheet": {"properties": {"title": title}}} for title in titles]
        here.ana.change(here.book_id, *adding)
        here.ana.types(here.book_id, "Sheet1!A1", *([typed] for typed, _ in STORED))
        seen = here.ana.sees(here.book_id, "Sheet1!A:A", valueRenderOption="FORMULA")
        assert seen == [[stored] for _, stored in STORED]
