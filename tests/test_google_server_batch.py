"""batchUpdate in the local Google: all or nothing, and what moves when rows and columns move."""

from collections.abc import Iterator

import pytest
from gspread.utils import ValueInputOption, ValueRenderOption

from tests.fakes.google import batch
from tests.fakes.google.stage import Stage, stage
from tests.google_requests import Json, box, change, rows_of, spans, updating

FORMULA = ValueRenderOption.formula
TYPED = ValueInputOption.user_entered
YELLOW = {"red": 1, "green": 1}


@pytest.fixture
def here() -> Iterator[Stage]:
    yield from stage()


# -- all or nothing


def leaves_nothing_behind(here: Stage) -> None:
    """A batch whose third request is refused changes neither cells, structure nor formats."""
    before = here.ana.get(here.book_id, includeGridData="true")
    error = here.refused(
        lambda: change(
            here,
            {"addSheet": {"properties": {"title": "Extra"}}},
            updating(rows_of(["a"])),
            {"deleteDimension": {"range": spans(2000, 2001)}},
        )
    )
    assert error["message"] == (
        "Invalid requests[2].deleteDimension: Cannot delete a row that doesn't exist. "
        "Tried to delete row index 2000 but there are only 1000 rows."
    )
    assert here.ana.get(here.book_id, includeGridData="true") == before


def test_a_refused_batch_changes_nothing(here: Stage) -> None:
    leaves_nothing_behind(here)


def test_a_server_that_applies_what_it_can_is_caught(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = batch._applied

    def eagerly(one: batch.Batch, index: int, request: Json) -> Json:
        reply = applied(one, index, request)
        one.call.commit(one.draft.copy())
        return reply

    monkeypatch.setattr(batch, "_applied", eagerly)
    with pytest.raises(AssertionError):
        leaves_nothing_behind(here)


def test_replies_stand_in_the_order_of_the_requests(here: Stage) -> None:
    replies = change(
        here,
        updating(rows_of(["a"])),
        {"addSheet": {"properties": {"title": "Two", "sheetId": 7, "index": 0}}},
        {"findReplace": {"find": "a", "replacement": "b", "allSheets": True}},
    )
    assert replies == [
        {},
        {
            "addSheet": {
                "properties": {
                    "sheetId": 7,
                    "title": "Two",
                    "index": 0,
                    "sheetType": "GRID",
                    "gridProperties": {"rowCount": 1000, "columnCount": 26},
                }
            }
        },
        {
            "findReplace": {
                "valuesChanged": 1,
                "rowsChanged": 1,
                "sheetsChanged": 1,
                "occurrencesChanged": 1,
            }
        },
    ]


REFUSALS: list[tuple[Json, str]] = [
    (
        {"addSheet": {"properties": {"title": "sheet1"}}},
        'addSheet: A sheet with the name "sheet1" already exists. Please enter another name.',
    ),
    (
        {"deleteSheet": {"sheetId": 0}},
        "deleteSheet: You can't remove all the visible sheets in a document.",
    ),
    ({"deleteSheet": {"sheetId": 9}}, "deleteSheet: No sheet with id: 9"),
    (
        {"updateSheetProperties": {"properties": {"hidden": True}, "fields": "hidden"}},
        "updateSheetProperties: You can't hide all the sheets in a document.",
    ),
    (
        {"updateCells": {"range": box(0, 1, 0, 1, sheet=9), "rows": [], "fields": "*"}},
        "updateCells: No grid with id: 9",
    ),
    (
        {"updateCells": {"range": box(0, 1, 0, 1), "rows": rows_of(["a", "b"]), "fields": "*"}},
        "updateCells: Attempting to write column: 1, beyond the last requested column of: 0",
    ),
    (
        {"updateCells": {"range": box(0, 1, 0, 1), "rows": []}},
        (
            "updateCells: At least one field must be listed in 'fields'. (Use '*' to indicate all "
            "fields.)"
        ),
    ),
    (
        updating(rows_of(["a"]), row=1000),
        "updateCells: GridCoordinate.rowIndex[1000] is after last row in grid[999]",
    ),
    (
        {"repeatCell": {"range": box(1000, 1001, 0, 2), "cell": {}, "fields": "note"}},
        (
            "repeatCell: Range (Sheet1!A1001:B1001) exceeds grid limits. Max rows: 1000, max "
            "columns: 26"
        ),
    ),
    (
        {"deleteDimension": {"range": spans(0, 1000)}},
        "deleteDimension: You can't delete all the rows on the sheet.",
    ),
    (
        {"insertDimension": {"range": spans(1000, 1001)}},
        (
            "insertDimension: range.startIndex must be less than the grid size (1000) if "
            "inheritFromBefore is false."
        ),
    ),
    (
        {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 400_000}},
        (
            "appendDimension: This action would increase the number of cells in the workbook above "
            "the limit of 10000000 cells."
        ),
    ),
    ({"deleteNamedRange": {"namedRangeId": "1"}}, "deleteNamedRange: No named range with id: 1"),
]


@pytest.mark.parametrize(("request_", "said"), REFUSALS)
def test_what_cannot_be_done_is_refused_in_googles_words(
    request_: Json, said: str, here: Stage
) -> None:
    error = here.refused(lambda: change(here, {"setBasicFilter": {"filter": {}}}, request_))
    assert error == {
        "code": 400,
        "message": f"Invalid requests[1].{said}",
        "status": "INVALID_ARGUMENT",
    }


def test_what_this_server_lacks_is_said_and_not_pretended(here: Stage) -> None:
    error = here.refused(lambda: change(here, {"addSlicer": {"slicer": {}}}))
    assert error["code"] == 501
    assert "addSlicer" in error["message"]


# -- cells


def test_append_cells_goes_below_the_last_row_with_a_value_in_any_column(here: Stage) -> None:
    change(here, updating(rows_of(["a"])), updating(rows_of(["far"]), row=4, column=5))
    here.book.sheet1.format("A9", {"textFormat": {"bold": True}})
    fields = "userEnteredValue"
    change(here, {"appendCells": {"sheetId": 0, "rows": rows_of(["x", 1]), "fields": fields}})
    assert here.ana.sees(here.book_id, "A6:B7") == [["x", "1"]]


def test_append_cells_takes_computed_cells_for_data(here: Stage) -> None:
    here.ana.types(here.book_id, "A1", ["a"], ["b"])
    here.ana.types(here.book_id, "C1", ['=ARRAYFORMULA(IF(ROW(A1:A8)>0;"";""))'])
    change(here, {"appendCells": {"sheetId": 0, "rows": rows_of(["x"]), "fields": "*"}})
    assert here.ana.sees(here.book_id, "A9") == [["x"]]


def test_append_cells_lengthens_a_full_sheet(here: Stage) -> None:
    here.book.sheet1.resize(rows=1, cols=1)
    change(here, updating(rows_of(["a"])))
    change(here, {"appendCells": {"sheetId": 0, "rows": rows_of(["b", "c"]), "fields": "*"}})
    assert here.ana.sees(here.book_id, "Sheet1") == [["a"], ["b", "c"]]


def test_a_mask_sets_what_it_names_and_leaves_the_rest(here: Stage) -> None:
    cell = {
        "userEnteredValue": {"stringValue": "a"},
        "note": "n",
        "userEnteredFormat": {"backgroundColor": YELLOW, "textFormat": {"bold": True}},
    }
    start = {"sheetId": 0}
    change(here, {"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": "*"}})
    other = {"userEnteredFormat": {"textFormat": {"italic": True}}, "note": "ignored"}
    fields = "userEnteredFormat.textFormat.italic,userEnteredValue"
    change(here, {"updateCells": {"start": start, "rows": [{"values": [other]}], "fields": fields}})
    data = here.ana.get(
        here.book_id, ranges="A1", fields="sheets.data.rowData.values(note,userEnteredFormat)"
    )
    assert data == {
        "sheets": [
            {
                "data": [
                    {
                        "rowData": [
                            {
                                "values": [
                                    {
                                        "userEnteredFormat": {
                                            "backgroundColor": YELLOW,
                                            "textFormat": {"bold": True, "italic": True},
                                            "backgroundColorStyle": {"rgbColor": YELLOW},
                                        },
                                        "note": "n",
                                    }
                                ]
                            }
                        ]
                    }
                ]
            }
        ]
    }


def test_grid_data_has_what_was_typed_what_shows_and_the_sizes(here: Stage) -> None:
    here.ana.types(here.book_id, "B2", ["=1/0", 3])
    got = here.ana.get(here.book_id, ranges="B2:C3", includeGridData="true")
    data = got["sheets"][0]["data"][0]
    assert (data["startRow"], data["startColumn"]) == (1, 1)
    assert data["rowMetadata"] == [{"pixelSize": 21}, {"pixelSize": 21}]
    assert data["columnMetadata"] == [{"pixelSize": 100}, {"pixelSize": 100}]
    failed, number = data["rowData"][0]["values"]
    assert failed["userEnteredValue"] == {"formulaValue": "=1/0"}
    assert failed["effectiveValue"] == {
        "errorValue": {
            "type": "DIVIDE_BY_ZERO",
            "message": "Function DIVIDE parameter 2 cannot be zero.",
        }
    }
    assert failed["formattedValue"] == "#DIV/0!"
    assert number["effectiveValue"] == {"numberValue": 3}
    assert number["effectiveFormat"]["horizontalAlignment"] == "RIGHT"
    assert "userEnteredFormat" not in number


def test_colours_come_back_in_steps_of_a_255th(here: Stage) -> None:
    colour = {"red": 1, "green": 0, "blue": 0.5}
    properties = {"sheetId": 0, "tabColorStyle": {"rgbColor": colour}}
    change(here, {"updateSheetProperties": {"properties": properties, "fields": "tabColorStyle"}})
    properties = here.book.fetch_sheet_metadata()["sheets"][0]["properties"]
    assert properties["tabColorStyle"] == {"rgbColor": {"red": 1, "blue": 0.49803922}}


def test_a_checkbox_is_a_check_and_a_value(here: Stage) -> None:
    rule = {"condition": {"type": "BOOLEAN"}, "strict": True}
    change(here, {"setDataValidation": {"range": box(0, 2, 0, 1), "rule": rule}})
    assert here.book.sheet1.get("A1:A2") == [[]]
    change(here, updating(rows_of([True], [False])))
    assert here.book.sheet1.get("A1:A2") == [["TRUE"], ["FALSE"]]
    cell = here.ana.get(here.book_id, ranges="A2", includeGridData="true")
    assert cell["sheets"][0]["data"][0]["rowData"][0]["values"][0]["dataValidation"] == rule
    here.book.sheet1.batch_clear(["A1:A2"])
    cell = here.ana.get(here.book_id, ranges="A2", includeGridData="true")
    assert "dataValidation" in cell["sheets"][0]["data"][0]["rowData"][0]["values"][0]


def test_merging_keeps_the_first_value_only(here: Stage) -> None:
    sheet = here.book.sheet1
    sheet.update([["a", "b"], ["c", "d"]], "A1")
    sheet.merge_cells("A1:B2", "MERGE_ROWS")
    assert sheet.get_all_values() == [["a"], ["c"]]
    merges = here.book.fetch_sheet_metadata()["sheets"][0]["merges"]
    expected = [
        {k: v for k, v in box(row, row + 1, 0, 2).items() if v or k != "sheetId"} for row in (0, 1)
    ]
    assert merges == expected
    error = here.refused(lambda: sheet.merge_cells("B1:C1"))
    assert "You must select all cells in a merged range" in error["message"]
    sheet.unmerge_cells("A1:B2")
    assert "merges" not in here.book.fetch_sheet_metadata()["sheets"][0]
