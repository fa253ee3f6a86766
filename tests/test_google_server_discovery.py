"""The local Google refuses what the official discovery document does not allow."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.google import discovery, masks
from tests.fakes.google.batch import CHANGES
from tests.fakes.google.stage import Stage, stage
from tests.fakes.google.urls import ROUTES

pytest.importorskip("googleapiclient", reason="the document comes with google-api-python-client")
Json = dict[str, Any]


@pytest.fixture
def here() -> Iterator[Stage]:
    yield from stage()


def methods(resource: Json, above: str = "") -> Iterator[tuple[str, Json]]:
    for name, method in resource.get("methods", {}).items():
        yield above + name, method
    for name, inner in resource.get("resources", {}).items():
        yield from methods(inner, f"{above}{name}.")


def test_every_method_of_the_document_is_routed_as_it_says() -> None:
    document = discovery.document()
    assert document is not None
    told = {
        name: (
            method["httpMethod"],
            method["flatPath"],
            method.get("request", {}).get("$ref", ""),
            method["response"]["$ref"],
        )
        for name, method in methods(document)
    }
    mine = {
        route.name: (route.method, route.path, route.body, route.answer)
        for route in ROUTES
        if not route.name.startswith("drive.")
    }
    assert mine == told


def test_scopes_are_those_of_the_document() -> None:
    document = discovery.document()
    assert document is not None
    for name, method in methods(document):
        route = next(one for one in ROUTES if one.name == name)
        if name != "spreadsheets.getByDataFilter" and "search" not in name.lower():
            assert route.scopes <= set(method["scopes"]) or route.quota == "Read", name
        assert set(method["scopes"]) & route.scopes, name


def test_every_request_that_is_modelled_is_one_of_the_documents() -> None:
    assert set(CHANGES) <= set(discovery.schema("Request"))


def unknown(name: str, at: str) -> str:
    return f"Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field."


PROTO = "type.googleapis.com/google.apps.sheets.v4."
WRONG: list[tuple[Json, str, str]] = [
    (
        {"addSheet": {"propertes": {}}},
        "requests[0].add_sheet",
        unknown("propertes", "requests[0].add_sheet"),
    ),
    ({"addSheets": {}}, "requests[0]", unknown("addSheets", "requests[0]")),
    (
        {"addSheet": {"properties": {"index": "first"}}},
        "requests[0].add_sheet.properties.index",
        "Invalid value at 'requests[0].add_sheet.properties.index' (TYPE_INT32), \"first\"",
    ),
    (
        {"addSheet": {"properties": {"hidden": "yes"}}},
        "requests[0].add_sheet.properties.hidden",
        "Invalid value at 'requests[0].add_sheet.properties.hidden' (TYPE_BOOL), \"yes\"",
    ),
    (
        {"addSheet": {"properties": {"title": 7}}},
        "requests[0].add_sheet.properties.title",
        "Invalid value at 'requests[0].add_sheet.properties.title' (TYPE_STRING), 7",
    ),
    (
        {"mergeCells": {"mergeType": "MERGE_SOME"}},
        "requests[0].merge_cells.merge_type",
        f"Invalid value at 'requests[0].merge_cells.merge_type' ({PROTO}MergeType), \"MERGE_SOME\"",
    ),
    (
        {"updateCells": {"rows": [{"values": [{"userEnteredValue": {"numberValue": "x"}}]}]}},
        "requests[0].update_cells.rows[0].values[0].user_entered_value.number_value",
        (
            "Invalid value at 'requests[0].update_cells.rows[0].values[0].user_entered_value."
            'number_value\' (TYPE_DOUBLE), "x"'
        ),
    ),
    (
        {"repeatCell": {"cell": {"userEnteredValue": {"numberValue": 1, "stringValue": "1"}}}},
        "requests[0].repeat_cell.cell.user_entered_value",
        (
            "Invalid value at 'requests[0].repeat_cell.cell.user_entered_value' (oneof), oneof "
            "field 'value' is already set. Cannot set 'stringValue'"
        ),
    ),
    (
        {"addSheet": {}, "deleteSheet": {"sheetId": 1}},
        "requests[0]",
        (
            "Invalid value at 'requests[0]' (oneof), oneof field 'kind' is already set. Cannot set "
            "'deleteSheet'"
        ),
    ),
]


@pytest.mark.parametrize(("request_", "field", "said"), WRONG)
def test_a_request_that_the_document_lacks_is_refused_with_its_path(
    request_: Json, field: str, said: str, here: Stage
) -> None:
    error = here.refused(lambda: here.book.batch_update({"requests": [request_]}))
    assert error["message"] == said
    assert error["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": field, "description": said}],
        }
    ]


def test_all_that_is_wrong_is_said_at_once(here: Stage) -> None:
    wrong = [{"addSheet": {"x": 1}}, {"deleteSheet": {"sheetId": "a"}}]
    error = here.refused(lambda: here.book.batch_update({"requests": wrong}))
    assert len(error["message"].splitlines()) == 2


def test_null_snake_case_and_numbers_as_text_are_json_of_protobuf() -> None:
    given = {"requests": [{"delete_sheet": {"sheet_id": "12"}}], "responseRanges": None}
    assert discovery.checked("BatchUpdateSpreadsheetRequest", given) == {
        "requests": [{"deleteSheet": {"sheetId": 12}}]
    }


def test_values_that_are_no_list_are_refused_as_google_does(here: Stage) -> None:
    """As gspread's own recordings of the live service have it."""
    body = {"values": "X"}
    error = here.refused(lambda: here.book.values_update("A1", {"valueInputOption": "RAW"}, body))
    said = "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"X\""
    assert error["message"] == said
    assert error["details"][0]["fieldViolations"][0]["field"] == "data.values"


def test_a_list_in_the_place_of_a_value_is_shown_as_protobuf(here: Stage) -> None:
    body = {"values": [[["x"]]]}
    error = here.refused(lambda: here.book.values_update("A1", {"valueInputOption": "RAW"}, body))
    assert error["message"] == (
        'Invalid values[0][0]: list_value {\n  values {\n    string_value: "x"\n  }\n}\n'
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"range": "A1"}, 'Unknown name "range": Cannot bind query parameter.'),
        ({"includeGridData": "maybe"}, "Invalid value at 'include_grid_data' (TYPE_BOOL)"),
    ],
)
def test_a_parameter_that_the_method_lacks_is_refused(
    query: dict[str, Any], said: str, here: Stage
) -> None:
    error = here.refused(lambda: here.book.fetch_sheet_metadata(query))
    assert said in error["message"]


def test_a_fields_parameter_that_names_nothing_is_refused_with_the_cause_in_the_details(
    here: Stage,
) -> None:
    mask = "sheets(properties(title),sheetProperties)"
    error = here.refused(lambda: here.book.fetch_sheet_metadata({"fields": mask}))
    assert error["message"] == "Request contains an invalid argument."
    assert error["details"][0]["fieldViolations"] == [
        {
            "field": mask,
            "description": "Error expanding 'fields' parameter. Cannot find matching fields for "
            "path 'sheets.sheetProperties'.",
        }
    ]


MASKS: list[tuple[str, Json]] = [
    ("spreadsheetId", {"spreadsheetId": "1"}),
    ("sheets.properties.title", {"sheets": [{"properties": {"title": "A"}}]}),
    ("sheets/properties(title,index)", {"sheets": [{"properties": {"title": "A", "index": 0}}]}),
    (
        "sheets(properties.title),spreadsheetId",
        {"spreadsheetId": "1", "sheets": [{"properties": {"title": "A"}}]},
    ),
    ("sheets.merges,sheets.properties.index", {"sheets": [{"properties": {"index": 0}}]}),
    ("*", {"spreadsheetId": "1", "sheets": [{"properties": {"title": "A", "index": 0}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("mask", "shown"), MASKS)
def test_a_mask_shows_what_it_names(mask: str, shown: Json) -> None:
    answer = {"spreadsheetId": "1", "sheets": [{"properties": {"title": "A", "index": 0}}]}
    assert masks.shown(answer, masks.read(mask)) == shown


def test_a_mask_decides_alone_whether_cells_come(here: Stage) -> None:
    here.ana.types(here.book_id, "A1", ["a"])
    asked = {"fields": "sheets.data.rowData.values.formattedValue"}
    got = here.book.fetch_sheet_metadata({**asked, "includeGridData": "false"})
    assert got == {"sheets": [{"data": [{"rowData": [{"values": [{"formattedValue": "a"}]}]}]}]}
    got = here.book.fetch_sheet_metadata({"fields": "properties.title", "includeGridData": "true"})
    assert got == {"properties": {"title": "Cobrança"}}


def test_an_unknown_address_is_a_page_of_html(here: Stage) -> None:
    url = "https://sheets.googleapis.com/v4/spreadsheet/x"
    answer = here.client.http_client.session.get(url)
    assert answer.status_code == 404
    assert re.match(r"<!DOCTYPE html>", answer.text)
