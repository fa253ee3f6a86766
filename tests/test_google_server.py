"""Values in the local Google: real gspread writes them, reads them, and gets what Google gives."""

from collections.abc import Iterator
from typing import Any

import pytest
from gspread.utils import DateTimeOption, Dimension, ValueInputOption, ValueRenderOption

from tests.fakes.google.stage import BIA, ROBOT, Stage, stage

TYPED = ValueInputOption.user_entered
RAW = ValueInputOption.raw
PLAIN = ValueRenderOption.unformatted
FORMULA = ValueRenderOption.formula


@pytest.fixture
def here() -> Iterator[Stage]:
    yield from stage()


@pytest.fixture
def brazil() -> Iterator[Stage]:
    yield from stage(locale="pt_BR")


def values(here: Stage, where: str, **asked: Any) -> list[list[Any]]:
    found = here.book.values_get(where, params=asked).get("values", [])
    assert isinstance(found, list)
    return found


class TestRoundTrips:
    def test_raw_values_come_back_as_they_were_sent(self, here: Stage) -> None:
        sent = [["Ana", 12, 12.5, True, "=1+1", "007", " x ", "10/01/2026"]]
        here.book.sheet1.update(sent, "A1", value_input_option=RAW)
        assert here.book.sheet1.get("A1:H1", value_render_option=PLAIN) == sent

    def test_the_answer_to_a_write_counts_as_google_counts(self, here: Stage) -> None:
        answer = here.book.sheet1.update([["a", "", None], ["b"]], "B2")
        assert answer == {
            "spreadsheetId": here.book_id,
            "updatedRange": "Sheet1!B2:D3",
            "updatedRows": 2,
            "updatedColumns": 2,
            "updatedCells": 3,
        }

    def test_null_leaves_a_cell_and_empty_text_clears_it(self, here: Stage) -> None:
        sheet = here.book.sheet1
        sheet.update([["a", "b", "c"]], "A1")
        sheet.update([[None, "", "C"]], "A1")
        assert sheet.get("A1:C1") == [["a", "", "C"]]

    def test_trailing_blanks_are_left_out_and_an_empty_range_has_no_values(
        self, here: Stage
    ) -> None:
        sheet = here.book.sheet1
        sheet.update([["A1", "B1", "", "D1"], ["", "b2", "", ""], [""], ["A4"]], "A1")
        answer = here.book.values_get("A1:D9")
        assert answer == {
            "range": "Sheet1!A1:D9",
            "majorDimension": "ROWS",
            "values": [["A1", "B1", "", "D1"], ["", "b2"], [], ["A4"]],
        }
        assert here.book.values_get("F1:G2") == {
            "range": "Sheet1!F1:G2",
            "majorDimension": "ROWS",
        }

    def test_columns_may_be_the_major_dimension_both_ways(self, here: Stage) -> None:
        here.book.sheet1.update([["a", "b"], ["c"]], "A1", major_dimension=Dimension.cols)
        assert values(here, "A1:B2") == [["a", "c"], ["b"]]
        assert values(here, "A1:B2", majorDimension="COLUMNS") == [["a", "b"], ["c"]]

    def test_several_ranges_are_written_read_and_cleared_at_once(self, here: Stage) -> None:
        sheet = here.book.sheet1
        answer = sheet.batch_update(
            [{"range": "A1:B1", "values": [["a", "b"]]}, {"range": "A4", "values": [["c"]]}]
        )
        totals = {key: answer[key] for key in answer if key.startswith("total")}
        assert totals == {
            "totalUpdatedRows": 2,
            "totalUpdatedColumns": 2,
            "totalUpdatedCells": 3,
            "totalUpdatedSheets": 1,
        }
        assert sheet.batch_get(["A1:B1", "A4"]) == [[["a", "b"]], [["c"]]]
        cleared = sheet.batch_clear(["A1", "A4:B4"])
        assert cleared["clearedRanges"] == ["Sheet1!A1", "Sheet1!A4:B4"]
        assert sheet.get_all_values() == [["", "b"]]


TYPED_TEXTS: dict[str, list[tuple[Any, Any, str]]] = {
    "en_US": [
        ("1,234.50", 1234.5, "1,234.50"),
        ("1.234,50", "1.234,50", "1.234,50"),
        ("$1,234.56", 1234.56, "$1,234.56"),
        ("1/10/2026", 46032, "1/10/2026"),
        ("2026-01-10", 46032, "2026-01-10"),
        ("10%", 0.1, "10%"),
        ("007", 7, "7"),
        ("'007", "007", "007"),
        ("true", True, "TRUE"),
        ("10:30", 0.4375, "10:30"),
        ("31/02/2026", "31/02/2026", "31/02/2026"),
        ("=1/4", 0.25, "0.25"),
        ("#N/A", "#N/A", "#N/A"),
        (12, 12, "12"),
    ],
    "pt_BR": [
        ("1.234,50", 1234.5, "1.234,50"),
        ("1,234.50", "1,234.50", "1,234.50"),
        ("R$ 1.234,56", 1234.56, "R$ 1.234,56"),
        ("10/01/2026", 46032, "10/01/2026"),
        ("2026-01-10", 46032, "2026-01-10"),
        ("12,50", 12.5, "12,5"),
        ("12.50", "12.50", "12.50"),
        ("10 jan 2026", 46032, "10-jan-2026"),
        ("VERDADEIRO", True, "VERDADEIRO"),
        ("10/01/2026 09:30", 46032.395833333336, "10/01/2026 9:30:00"),
        ("=1/4", 0.25, "0,25"),
        ("=SOMA(1)", "#NAME?", "#NAME?"),
        ("=SUM(1;2,5)", 3.5, "3,5"),
        ("=SUM(1,2,5)", "#ERROR!", "#ERROR!"),
    ],
}


@pytest.mark.parametrize("locale", sorted(TYPED_TEXTS))
def test_typed_text_is_read_and_shown_in_the_sheets_locale(locale: str) -> None:
    texts = TYPED_TEXTS[locale]
    for here in stage(locale=locale):
        sheet = here.book.sheet1
        sheet.update([[typed] for typed, _, _ in texts], "A1", value_input_option=TYPED)
        plain = sheet.get("A:A", value_render_option=PLAIN)
        assert [(typed, row[0]) for (typed, _, _), row in zip(texts, plain, strict=True)] == [
            (typed, value) for typed, value, _ in texts
        ]
        shown = sheet.get("A:A")
        assert [row[0] for row in shown] == [text for _, _, text in texts]


def test_the_same_number_shows_in_another_locale_without_changing(here: Stage) -> None:
    sheet = here.book.sheet1
    sheet.update([["1,234.50"]], "A1", value_input_option=TYPED)
    here.book.update_locale("pt_BR")
    assert sheet.get("A1") == [["1.234,50"]]
    assert sheet.get("A1", value_render_option=PLAIN) == [[1234.5]]


def test_dates_are_serial_numbers_or_text_as_asked(brazil: Stage) -> None:
    sheet = brazil.book.sheet1
    sheet.update([["10/01/2026", "=A1+1", 5]], "A1", value_input_option=TYPED)
    texts = DateTimeOption.formatted_string
    assert sheet.get("A1:C1", value_render_option=PLAIN) == [[46032, 46033, 5]]
    assert sheet.get("A1:C1", value_render_option=PLAIN, date_time_render_option=texts) == [
        ["10/01/2026", "11/01/2026", 5]
    ]
    assert sheet.get("A1:C1", value_render_option=FORMULA) == [[46032, "=A1+1", 5]]


def test_a_cell_of_plain_text_keeps_what_is_typed_as_text(here: Stage) -> None:
    sheet = here.book.sheet1
    sheet.format("A1", {"numberFormat": {"type": "TEXT"}})
    sheet.update([["007"]], "A1", value_input_option=TYPED)
    assert sheet.get("A1", value_render_option=PLAIN) == [["007"]]


RANGES = [
    ("A1:B2", "Sheet1!A1:B2"),
    ("B2:A1", "Sheet1!A1:B2"),
    ("Sheet1", "Sheet1!A1:Z1000"),
    ("sheet1!C3", "Sheet1!C3"),
    ("A2:B", "Sheet1!A2:B1000"),
    ("2:3", "Sheet1!A2:Z3"),
    ("C:C", "Sheet1!C1:C1000"),
    ("R2C3:R4C5", "Sheet1!C2:E4"),
    ("A1:C2000", "Sheet1!A1:C1000"),
    ("'It''s mine'!A1", "'It''s mine'!A1"),
    ("'A1'!B2", "'A1'!B2"),
    ("Prazo", "Sheet1!B2:B9"),
    ("Sheet1!Prazo", "Sheet1!B2:B9"),
    ("$B$3", "Sheet1!B3"),
]


@pytest.mark.parametrize(("asked", "spelled"), RANGES)
def test_a_range_is_understood_and_spelled_as_google_spells_it(
    asked: str, spelled: str, here: Stage
) -> None:
    here.ana.change(
        here.book_id,
        {"addSheet": {"properties": {"title": "It's mine"}}},
        {"addSheet": {"properties": {"title": "A1"}}},
        {
            "addNamedRange": {
                "namedRange": {
                    "name": "Prazo",
                    "range": {
                        "startRowIndex": 1,
                        "endRowIndex": 9,
                        "startColumnIndex": 1,
                        "endColumnIndex": 2,
                    },
                }
            }
        },
    )
    assert here.book.values_get(asked)["range"] == spelled


TITLES = [
    "Sales", "Sheet_1", "TRUE", "x.y", "Sales2", "'Probe Tab'", "'A1'", "'ABC1234'", "'R1C1'",
    "'2026'", "'Ünï'", "'a-b'", "'It''s'",
]  # fmt: skip


def test_titles_are_quoted_as_the_live_service_was_seen_to_quote_them(here: Stage) -> None:
    bare = [title.strip("'").replace("''", "'") for title in TITLES]
    here.ana.change(here.book_id, *({"addSheet": {"properties": {"title": t}}} for t in bare))
    asked = ["'" + title.replace("'", "''") + "'!B2" for title in bare]
    found = here.book.values_batch_get(asked)["valueRanges"]
    assert [one["range"] for one in found] == [f"{title}!B2" for title in TITLES]


BAD_RANGES = [
    ("Nada!A1", "Unable to parse range: Nada!A1"),
    ("Sheet1!A0", "Unable to parse range: Sheet1!A0"),
    ("nothing", "Unable to parse range: nothing"),
    ("AB1", "Range (Sheet1!AB1) exceeds grid limits. Max rows: 1000, max columns: 26"),
    ("A1001:B", "Range (Sheet1!A1001:B) exceeds grid limits. Max rows: 1000, max columns: 26"),
]


@pytest.mark.parametrize(("asked", "said"), BAD_RANGES)
def test_a_range_that_means_nothing_is_refused_in_googles_words(
    asked: str, said: str, here: Stage
) -> None:
    error = here.refused(lambda: here.book.values_get(asked))
    assert error == {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}


BAD_WRITES = [
    ("A1:B1", [["a", "b", "c"]], "['Sheet1'!A1:B1], but tried writing to column [C]"),
    ("A1:B1", [["a"], ["b"]], "['Sheet1'!A1:B1], but tried writing to row [2]"),
    ("A1000", [["a"], ["b"]], "['Sheet1'!A1000], but tried writing to row [1001]"),
    ("Z1", [["a", "b"]], "['Sheet1'!Z1], but tried writing to column [AA]"),
]


@pytest.mark.parametrize(("where", "rows", "said"), BAD_WRITES)
def test_values_that_do_not_fit_are_refused(
    where: str, rows: list[list[str]], said: str, here: Stage
) -> None:
    body = {"values": rows}
    asked: dict[str, Any] = {"valueInputOption": "RAW"}
    error = here.refused(lambda: here.book.values_update(where, asked, body))
    assert error["message"] == f"Requested writing within range {said}"
    assert here.book.sheet1.get_all_values() == [[]]


def test_an_unknown_way_of_input_or_none_is_refused(here: Stage) -> None:
    body = {"values": [["a"]]}
    error = here.refused(lambda: here.book.values_update("A1", {}, body))
    assert error["message"] == "'valueInputOption' is required but not specified"
    pytest.importorskip("googleapiclient")
    wrong: dict[str, Any] = {"valueInputOption": "TYPED"}
    error = here.refused(lambda: here.book.values_update("A1", wrong, body))
    assert error["message"].startswith("Invalid value at 'value_input_option'")


def test_a_cell_holds_fifty_thousand_characters(here: Stage) -> None:
    sheet = here.book.sheet1
    sheet.update([["x" * 50_000]], "A1")
    error = here.refused(lambda: sheet.update([["x" * 50_001]], "A2"))
    assert "more than the maximum of 50000 characters" in error["message"]


class TestAppending:
    """Tables as in https://developers.google.com/workspace/sheets/api/guides/values#append_values."""

    TABLES: tuple[list[str], ...] = (
        ["x", "y", "z"],
        ["x", "y", "z"],
        [],
        ["", "x", "y"],
        ["", "", "y", "z"],
        ["", "x", "y", "z"],
    )
    PLACES = (
        ("Sheet1", "Sheet1!B4:D6", "Sheet1!B7"),
        ("C5:D5", "Sheet1!B4:D6", "Sheet1!B7"),
        ("B2:D4", "Sheet1!B4:D6", "Sheet1!B7"),
        ("A3:G10", "Sheet1!B4:D6", "Sheet1!B7"),
        ("A1", "Sheet1!A1:C2", "Sheet1!A3"),
        ("E4", None, "Sheet1!E4"),
        ("A4", None, "Sheet1!A4"),
    )

    @pytest.mark.parametrize(("asked", "table", "written"), PLACES)
    def test_a_row_goes_below_the_last_table_that_the_range_touches(
        self, asked: str, table: str | None, written: str, here: Stage
    ) -> None:
        here.ana.types(here.book_id, "A1", *self.TABLES)
        answer = here.book.values_append(asked, {"valueInputOption": "RAW"}, {"values": [["n"]]})
        assert answer.get("tableRange") == table
        assert answer["updates"]["updatedRange"] == written

    def test_a_blank_heading_makes_two_tables_so_the_row_lands_in_the_wrong_column(
        self, here: Stage
    ) -> None:
        sheet = here.book.sheet1
        sheet.append_row(["Name", "", "Phone"])
        answer = sheet.append_row(["Ana", "", "11"])
        assert answer["tableRange"] == "Sheet1!C1"
        assert answer["updates"]["updatedRange"] == "Sheet1!C2:E2"

    def test_overwriting_takes_the_rows_below_and_inserting_moves_them(self, here: Stage) -> None:
        for option, left in (("OVERWRITE", [["new"]]), ("INSERT_ROWS", [["new"], [], ["Total"]])):
            here.ana.types(here.book_id, "A1", ["a"], ["b"], [""], ["Total"])
            asked: dict[str, Any] = {"valueInputOption": "RAW", "insertDataOption": option}
            here.book.values_append("A1", asked, {"values": [["new"]]})
            below = values(here, "A3:A9")
            assert below == ([["new"], ["Total"]] if option == "OVERWRITE" else left)
            here.book.sheet1.clear()

    def test_a_full_sheet_grows_by_what_is_appended(self, here: Stage) -> None:
        sheet = here.book.sheet1
        sheet.resize(rows=2, cols=2)
        sheet.update([["a", "b"], ["c", "d"]], "A1")
        sheet.append_rows([["e", "f", "g"], ["h"]])
        properties = here.book.fetch_sheet_metadata()["sheets"][0]["properties"]
        assert properties["gridProperties"] == {"rowCount": 4, "columnCount": 3}

    def test_the_answer_can_hold_what_was_written(self, here: Stage) -> None:
        asked: dict[str, Any] = {"valueInputOption": "USER_ENTERED"}
        asked["includeValuesInResponse"] = True
        answer = here.book.values_append("A1", asked, {"values": [["1/10/2026", "=1+1"]]})
        assert answer["updates"]["updatedData"] == {
            "range": "Sheet1!A1:B1",
            "majorDimension": "ROWS",
            "values": [["1/10/2026", "2"]],
        }


class TestWhoMayDoWhat:
    def test_a_sheet_that_is_not_shared_is_refused_and_an_unknown_one_is_not_found(
        self, here: Stage
    ) -> None:
        here.server.share(here.book_id, ROBOT, "")
        with pytest.raises(PermissionError):
            here.client.open_by_key(here.book_id)
        path = f"https://sheets.googleapis.com/v4/spreadsheets/{here.book_id}"
        answer = here.client.http_client.session.get(path)
        assert (answer.status_code, answer.json()) == (
            403,
            {
                "error": {
                    "code": 403,
                    "message": "The caller does not have permission",
                    "status": "PERMISSION_DENIED",
                }
            },
        )
        answer = here.client.http_client.session.get(path + "x")
        assert answer.json()["error"] == {
            "code": 404,
            "message": "Requested entity was not found.",
            "status": "NOT_FOUND",
        }

    def test_who_may_only_look_reads_and_does_not_write(self, here: Stage) -> None:
        here.ana.types(here.book_id, "A1", ["a"])
        here.server.share(here.book_id, ROBOT, "reader")
        sheet = here.book.sheet1
        assert sheet.get("A1") == [["a"]]
        error = here.refused(lambda: sheet.update([["b"]], "A1"))
        assert (error["code"], error["status"]) == (403, "PERMISSION_DENIED")

    def test_a_protected_range_binds_editors_who_are_not_among_its_own(self, here: Stage) -> None:
        span = {"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
        free = {**span, "endRowIndex": 1}
        guard = {"range": span, "editors": {"users": [BIA]}, "unprotectedRanges": [free]}
        made = here.ana.change(
            here.book_id, {"addProtectedRange": {"protectedRange": {**guard, "description": "x"}}}
        )
        assert made[0]["addProtectedRange"]["protectedRange"]["requestingUserCanEdit"] is True
        sheet = here.book.sheet1
        error = here.refused(lambda: sheet.update([["no"]], "B2"))
        assert error["code"] == 400
        assert error["message"].startswith("You are trying to edit a protected cell or object.")
        sheet.update([["yes"]], "A1")
        sheet.update([["yes"]], "C2")
        here.bia.types(here.book_id, "B2", ["yes"])
        seen = here.book.fetch_sheet_metadata()["sheets"][0]["protectedRanges"][0]
        assert "editors" not in seen
        assert "requestingUserCanEdit" not in seen
