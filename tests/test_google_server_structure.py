"""Rows, columns and objects in the local Google: what moves, what lies where, who is bound."""

from collections.abc import Callable, Iterator

import pytest
from gspread.utils import ValueInputOption, ValueRenderOption

from tests.fakes.google.stage import ANA, BIA, ROBOT, Stage, stage
from tests.google_requests import Json, box, change, rows_of, spans, updating

FORMULA = ValueRenderOption.formula
TYPED = ValueInputOption.user_entered
YELLOW = {"red": 1, "green": 1}


@pytest.fixture
def here() -> Iterator[Stage]:
    yield from stage()


# -- what moves

FORMULAS = ["=B2", "=$B$3", "=SUM(B2:B5)", "=COUNTA(B:B)", "='Other tab'!B2"]
MOVES: list[tuple[str, Json, list[str]]] = [
    (
        "insert inside",
        {"insertDimension": {"range": spans(2, 4)}},
        ["=B2", "=$B$5", "=SUM(B2:B7)", "=COUNTA(B:B)", "='Other tab'!B2"],
    ),
    (
        "insert a column before",
        {"insertDimension": {"range": spans(0, 1, "COLUMNS")}},
        ["=C2", "=$C$3", "=SUM(C2:C5)", "=COUNTA(C:C)", "='Other tab'!B2"],
    ),
    (
        "delete a row of a range",
        {"deleteDimension": {"range": spans(2, 3)}},
        ["=B2", "=#REF!", "=SUM(B2:B4)", "=COUNTA(B:B)", "='Other tab'!B2"],
    ),
    (
        "delete the column",
        {"deleteDimension": {"range": spans(1, 2, "COLUMNS")}},
        ["=#REF!", "=#REF!", "=SUM(#REF!)", "=COUNTA(#REF!)", "='Other tab'!B2"],
    ),
    (
        "move a column away",
        {
            "moveDimension": {
                "source": spans(1, 2, "COLUMNS"),
                "destinationIndex": 4,
            }
        },
        ["=D2", "=$D$3", "=SUM(D2:D5)", "=COUNTA(D:D)", "='Other tab'!B2"],
    ),
    (
        "rename the other tab",
        {
            "updateSheetProperties": {
                "properties": {"sheetId": 5, "title": "New"},
                "fields": "title",
            }
        },
        ["=B2", "=$B$3", "=SUM(B2:B5)", "=COUNTA(B:B)", "=New!B2"],
    ),
    (
        "delete the other tab",
        {"deleteSheet": {"sheetId": 5}},
        ["=B2", "=$B$3", "=SUM(B2:B5)", "=COUNTA(B:B)", "=#REF!"],
    ),
]


@pytest.mark.parametrize(("_name", "request_", "after"), MOVES)
def test_references_follow_their_cells(
    _name: str, request_: Json, after: list[str], here: Stage
) -> None:
    here.ana.change(
        here.book_id, {"addSheet": {"properties": {"title": "Other tab", "sheetId": 5}}}
    )
    here.ana.types(here.book_id, "H1", FORMULAS)
    change(here, request_)
    seen = here.ana.sees(here.book_id, "Sheet1!A1:Z1", valueRenderOption="FORMULA")[0]
    assert [one for one in seen if one] == after


def test_ranges_of_objects_follow_too_and_go_with_their_cells(here: Stage) -> None:
    band = {"headerColor": YELLOW, "firstBandColor": YELLOW, "secondBandColor": YELLOW}
    rule = {
        "ranges": [box(1, 9, 1, 2)],
        "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {}},
    }
    here.ana.change(
        here.book_id,
        {"addNamedRange": {"namedRange": {"name": "Due", "range": box(1, 9, 1, 2)}}},
        {"addProtectedRange": {"protectedRange": {"range": box(1, 9, 1, 2)}}},
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
        {"addBanding": {"bandedRange": {"range": box(1, 9, 1, 2), "rowProperties": band}}},
        {"setBasicFilter": {"filter": {"range": box(1, 9, 1, 2)}}},
        {"insertDimension": {"range": spans(4, 6)}},
    )

    def found() -> list[Json]:
        got = here.ana.get(here.book_id)
        sheet = got["sheets"][0]
        return [
            *(one["range"] for one in got.get("namedRanges", [])),
            *(one["range"] for one in sheet.get("protectedRanges", [])),
            *(one["ranges"][0] for one in sheet.get("conditionalFormats", [])),
            *(one["range"] for one in sheet.get("bandedRanges", [])),
            *([sheet["basicFilter"]["range"]] if "basicFilter" in sheet else []),
        ]

    grown = {key: value for key, value in box(1, 11, 1, 2).items() if key != "sheetId"}
    assert found() == [grown] * 5
    here.ana.change(here.book_id, {"deleteDimension": {"range": spans(1, 2, "COLUMNS")}})
    assert found() == []


def test_sorting_takes_rows_with_their_formats_and_puts_blanks_last(here: Stage) -> None:
    sheet = here.book.sheet1
    sheet.update([["b", 2], ["", 9], ["A", 1], [10, 4], [True, 3]], "A1")
    sheet.format("A1", {"textFormat": {"bold": True}})
    order: list[tuple[str, list[str]]] = [
        ("ASCENDING", ["4", "1", "2", "3", "9"]),
        ("DESCENDING", ["3", "2", "1", "4", "9"]),
    ]
    for way, expected in order:
        spec = {"dimensionIndex": 0, "sortOrder": way}
        change(here, {"sortRange": {"range": box(0, 5, 0, 2), "sortSpecs": [spec]}})
        assert [row[1] for row in sheet.get_all_values()] == expected
    bold = here.ana.get(here.book_id, fields="sheets.data.rowData.values.userEnteredFormat")
    lines = bold["sheets"][0]["data"][0]["rowData"]
    assert [index for index, line in enumerate(lines) if line.get("values", [{}])[0]] == [1]


def test_copying_repeats_the_source_and_shifts_its_formulas(here: Stage) -> None:
    here.ana.types(here.book_id, "A1", [1, "=A1*2"])
    paste = {
        "source": box(0, 1, 0, 2),
        "destination": box(1, 4, 0, 2),
        "pasteType": "PASTE_NORMAL",
    }
    change(here, {"copyPaste": paste})
    seen = here.ana.sees(here.book_id, "A1:B5", valueRenderOption="FORMULA")
    assert seen == [[1, f"=A{row}*2"] for row in (1, 2, 3, 4)]
    values = {**paste, "destination": box(4, 5, 0, 2), "pasteType": "PASTE_VALUES"}
    change(here, {"copyPaste": values})
    assert here.ana.sees(here.book_id, "A5:B5", valueRenderOption="FORMULA") == [[1, 2]]


def test_deleting_and_hiding_rows_and_grouping_columns(here: Stage) -> None:
    sheet = here.book.sheet1
    sheet.update([["a"], ["b"], ["c"]], "A1")
    sheet.delete_rows(2)
    assert sheet.get_all_values() == [["a"], ["c"]]
    sheet.hide_rows(0, 1)
    sheet.add_dimension_group_columns(1, 4)
    sheet.add_dimension_group_columns(2, 3)
    sheet.freeze(rows=1)
    got = here.ana.get(here.book_id, includeGridData="true", ranges="A1:A2")["sheets"][0]
    assert got["data"][0]["rowMetadata"][0]["hiddenByUser"] is True
    assert [group["depth"] for group in got["columnGroups"]] == [1, 2]
    assert got["properties"]["gridProperties"]["frozenRowCount"] == 1
    assert got["properties"]["gridProperties"]["rowCount"] == 999


# -- objects


def test_conditional_rules_are_numbered_by_their_order(here: Stage) -> None:
    def rule(kind: str) -> Json:
        return {
            "ranges": [box(0, 9, 0, 1)],
            "booleanRule": {"condition": {"type": kind}, "format": {}},
        }

    change(here, {"addConditionalFormatRule": {"rule": rule("BLANK"), "index": 0}})
    change(here, {"addConditionalFormatRule": {"rule": rule("NOT_BLANK"), "index": 0}})
    replies = change(here, {"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}})
    kind = replies[0]["deleteConditionalFormatRule"]["rule"]["booleanRule"]["condition"]["type"]
    assert kind == "BLANK"
    error = here.refused(
        lambda: change(here, {"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}})
    )
    assert "No conditional format on sheet: 0 at index: 1" in error["message"]


def test_developer_metadata_is_found_by_its_key_and_moves_with_its_row(here: Stage) -> None:
    made = {
        "metadataKey": "commit",
        "metadataValue": "1",
        "visibility": "DOCUMENT",
        "location": {"dimensionRange": spans(4, 5)},
    }
    change(here, {"createDeveloperMetadata": {"developerMetadata": made}})
    change(here, {"insertDimension": {"range": spans(0, 1)}})
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{here.book_id}/developerMetadata:search"
    wanted = {"developerMetadataLookup": {"metadataKey": "commit"}}
    session = here.client.http_client.session
    found = session.post(url, json={"dataFilters": [wanted]}).json()["matchedDeveloperMetadata"]
    location = found[0]["developerMetadata"]["location"]
    assert location["locationType"] == "ROW"
    assert location["dimensionRange"] == {"dimension": "ROWS", "startIndex": 5, "endIndex": 6}


def test_a_chart_lies_where_it_was_put(here: Stage) -> None:
    source = {"sourceRange": {"sources": [box(0, 9, 0, 1)]}}
    spec = {"basicChart": {"chartType": "COLUMN", "series": [{"series": source}]}}
    anchor = {"sheetId": 0, "rowIndex": 2, "columnIndex": 3}
    place = {"overlayPosition": {"anchorCell": anchor, "widthPixels": 400}}
    replies = change(here, {"addChart": {"chart": {"spec": spec, "position": place}}})
    made = replies[0]["addChart"]["chart"]
    assert made["position"]["overlayPosition"]["anchorCell"] == {"rowIndex": 2, "columnIndex": 3}
    change(here, {"deleteEmbeddedObject": {"objectId": made["chartId"]}})
    assert "charts" not in here.book.fetch_sheet_metadata()["sheets"][0]


def test_the_answer_may_hold_the_whole_sheet(here: Stage) -> None:
    body = {
        "requests": [updating(rows_of(["a"]))],
        "includeSpreadsheetInResponse": True,
        "responseIncludeGridData": True,
        "responseRanges": ["A1"],
    }
    answer = here.book.batch_update(body)
    data = answer["updatedSpreadsheet"]["sheets"][0]["data"]
    assert data[0]["rowData"][0]["values"][0]["formattedValue"] == "a"


def test_tabs_are_moved_by_places_counted_before_the_move(here: Stage) -> None:
    book = here.book
    for title in ("S2", "S3"):
        book.add_worksheet(title, 10, 10)

    def order() -> list[str]:
        return [one.title for one in here.book.worksheets()]

    first = book.sheet1
    for index, expected in ((1, ["Sheet1", "S2", "S3"]), (2, ["S2", "Sheet1", "S3"])):
        first.update_index(index)
        assert order() == expected


WRITES: list[tuple[str, Callable[[], Json]]] = [
    ("cells", lambda: updating(rows_of(["x"]))),
    ("a format", lambda: {"repeatCell": {"range": box(0, 1, 0, 1), "cell": {}, "fields": "note"}}),
    ("a sort", lambda: {"sortRange": {"range": box(0, 3, 0, 2), "sortSpecs": []}}),
    ("rows", lambda: {"deleteDimension": {"range": spans(0, 1)}}),
    ("the tab", lambda: {"deleteSheet": {"sheetId": 0}}),
    (
        "its name",
        lambda: {"updateSheetProperties": {"properties": {"title": "x"}, "fields": "title"}},
    ),
]


@pytest.mark.parametrize(("_what", "request_"), WRITES)
def test_a_protected_tab_binds_everyone_but_its_editors(
    _what: str, request_: Callable[[], Json], here: Stage
) -> None:
    """The robot protects its own tab; Bia, who may edit the sheet, may not edit that."""
    change(here, {"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}}}})
    here.book.add_worksheet("Spare", 5, 5)
    with pytest.raises(Exception, match="You are trying to edit a protected cell or object"):
        here.bia.change(here.book_id, request_())
    change(here, request_())
    users = here.ana.get(here.book_id)["sheets"][0].get("protectedRanges", [{}])[0]
    assert not users or users["editors"]["users"] == [ROBOT, ANA]
    assert BIA not in str(users)


def test_rows_that_do_not_show_keep_their_places_when_the_others_are_sorted(here: Stage) -> None:
    sheet = here.book.sheet1
    sheet.update([["c"], ["hidden"], ["a"], ["b"]], "A1")
    sheet.hide_rows(1, 2)
    spec = {"dimensionIndex": 0, "sortOrder": "ASCENDING"}
    change(here, {"sortRange": {"range": box(0, 4, 0, 1), "sortSpecs": [spec]}})
    assert sheet.get_all_values() == [["a"], ["hidden"], ["b"], ["c"]]


def test_a_merge_that_spans_rows_keeps_them_from_being_sorted_or_parted(here: Stage) -> None:
    here.book.sheet1.merge_cells("A1:A2")
    sort = {"sortRange": {"range": box(0, 4, 0, 1), "sortSpecs": [{"dimensionIndex": 0}]}}
    error = here.refused(lambda: change(here, sort))
    assert error["message"] == (
        "Invalid requests[0].sortRange: You can't sort a range containing vertical merges. "
        "There is a vertical merge at A1:A2"
    )
    move = {"moveDimension": {"source": spans(4, 5), "destinationIndex": 1}}
    error = here.refused(lambda: change(here, move))
    assert "crosses a merged cell" in error["message"]


def test_an_id_of_metadata_exists_once_so_a_batch_marked_with_it_applies_once(here: Stage) -> None:
    mark = {
        "metadataId": 77,
        "metadataKey": "commit",
        "visibility": "DOCUMENT",
        "location": {"spreadsheet": True},
    }
    marked = [{"createDeveloperMetadata": {"developerMetadata": mark}}, updating(rows_of(["a"]))]
    change(here, *marked)
    here.ana.types(here.book_id, "A1", ["Ana's"])
    error = here.refused(lambda: change(here, *marked))
    assert error["message"] == (
        "Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [77] "
        "because developer metadata with that ID already exists."
    )
    assert here.ana.sees(here.book_id, "A1") == [["Ana's"]]


def test_a_copied_tab_comes_first_without_its_protections(here: Stage) -> None:
    change(
        here,
        updating(rows_of(["a"])),
        {"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0}}}},
        {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 8}},
    )
    copied = here.ana.get(here.book_id)["sheets"][0]
    assert (copied["properties"]["sheetId"], copied["properties"]["title"]) == (8, "Copy of Sheet1")
    assert "protectedRanges" not in copied
    assert here.ana.sees(here.book_id, "'Copy of Sheet1'!A1") == [["a"]]
