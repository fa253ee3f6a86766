"""The Google rendering: built in a blank sheet, mended where damaged, silent where whole."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sheet_templates import google_formulas, headings
from sheet_templates.google import setup_requests
from sheet_templates.google_layout import (
    COMMANDS,
    SERVED,
    is_protected,
    letters,
    made_id,
    named_cells,
    row_key,
    service_id,
    service_title,
    sheet_id,
)
from sheet_templates.google_present import PresentSheet
from sheet_templates.schema import FIGURES, SETTINGS, TABS, Owner
from tests.fakes.google.errors import GoogleError
from tests.google_sheets import ROBOT, Desk, Json, blank, built

if TYPE_CHECKING:
    from collections.abc import Iterator

both = pytest.mark.parametrize("language", headings.LANGUAGES)


@pytest.fixture(scope="module", params=headings.LANGUAGES)
def whole(request: pytest.FixtureRequest) -> Desk:
    """A workbook that no test changes."""
    return built(request.param)


def requests_for_a_blank_sheet(language: str) -> list[Json]:
    return setup_requests(language, PresentSheet(), editor=ROBOT, workbook_id="w-1")


def title(desk: Desk, tab: str) -> str:
    return headings.tab_title(desk.language, tab)


def formulas(value: Any) -> Iterator[str]:
    """Every formula in a request, of cells and of conditions."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and key in {"formulaValue", "userEnteredValue"}:
                yield from [inner] if inner.startswith("=") else []
            else:
                yield from formulas(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from formulas(inner)


def test_a_blank_sheet_becomes_the_workbook_and_a_second_time_asks_for_nothing(whole: Desk) -> None:
    assert whole.asked() == []
    sheets = whole.ana.get(whole.id, fields="sheets.properties")["sheets"]
    seen = [one["properties"] for one in sheets]
    shown = [one["title"] for one in seen if not one.get("hidden")]
    assert shown == [headings.tab_title(whole.language, tab) for tab in TABS]
    assert [one["title"] for one in seen if one.get("hidden")] == [
        service_title(key) for key in ("control", *SERVED)
    ]
    assert all("tabColor" in one or "tabColorStyle" in one for one in seen if not one.get("hidden"))


def test_every_heading_stands_there_with_its_help_and_stays_in_sight(whole: Desk) -> None:
    present = whole.present()
    for key, tab in TABS.items():
        there = present.find(key)
        assert there is not None
        if not tab.tabular:
            continue
        texts = [heading.text for heading in there.headings]
        assert texts == [headings.heading(whole.language, key, c.key) for c in tab.columns]
        assert all(heading.has_note for heading in there.headings)
    sheets = whole.ana.get(whole.id, fields="sheets.properties")["sheets"]
    frozen = {
        one["properties"]["sheetId"]: one["properties"]["gridProperties"].get("frozenRowCount", 0)
        for one in sheets
    }
    assert all(frozen[sheet_id(key)] == tab.tabular for key, tab in TABS.items())


def test_the_default_rows_stand_there_each_value_as_what_it_is(whole: Desk) -> None:
    for tab, rows in (
        ("policy", headings.default_policy(whole.language)),
        ("templates", headings.default_templates(whole.language)),
        ("offers", headings.default_offers(whole.language)),
        ("playbook", headings.playbook(whole.language)),
    ):
        assert len(whole.shows(title(whole, tab), "A2:A")) == len(rows)
    values = whole.ana.sees(
        whole.id, f"'{title(whole, 'settings')}'!A2:B", valueRenderOption="UNFORMATTED_VALUE"
    )
    said = {headings.setting_key(row[0]): (row[1] if len(row) > 1 else "") for row in values}
    assert set(said) == set(SETTINGS)
    assert said["mode"] == headings.value_text(whole.language, "mode", "approval")
    assert said["thank_you"] is False
    assert said["tolerance"] == 1
    assert said["send_from"] == pytest.approx(8 / 24)
    assert said["late_fee"] == "", "people decide on it"


def test_people_choose_from_lists_and_tick_boxes(whole: Desk) -> None:
    there = whole.present()
    for key, tab in TABS.items():
        found = there.find(key)
        assert found is not None
        for column in tab.by_owner(Owner.USER, Owner.CHOICE):
            heading = found.find(key, column.key)
            assert heading is not None
            if column.list_name and tab.key != "settings":
                assert heading.is_checked, f"{key}.{column.key}"


def test_only_the_services_own_tabs_are_protected_and_choices_in_them_stay_free(
    whole: Desk,
) -> None:
    desk = built(whole.language)
    present = desk.present()
    for key, tab in TABS.items():
        there = present.find(key)
        assert there is not None
        assert bool(there.protections) == is_protected(tab), key
    for key in ("receivables", "clients", "payments", "settings", "instalments"):
        assert not is_protected(TABS[key])
    desk.bia.types(desk.id, f"'{title(desk, 'receivables')}'!A2", ["NF-1"])
    approve = letters([column.key for column in TABS["queue"].columns].index("approve"))
    desk.bia.types(desk.id, f"'{title(desk, 'queue')}'!{approve}2", [True])
    _, row, column = named_cells()["regua_command_preview"]
    desk.bia.types(desk.id, f"'{title(desk, 'dashboard')}'!{chr(65 + column)}{row + 1}", [True])
    for own, cell in (("queue", "A2"), ("issues", "A2"), ("dashboard", "B11"), ("history", "A2")):
        with pytest.raises(GoogleError):
            desk.bia.types(desk.id, f"'{title(desk, own)}'!{cell}", ["mine"])
    for key in SERVED:
        with pytest.raises(GoogleError):
            desk.bia.types(desk.id, f"{service_title(key)}!A2", ["mine"])


def test_engine_values_follow_their_row_when_people_sort_insert_and_delete() -> None:
    desk = built("pt-BR")
    typed: list[list[Any]] = [["NF-2"], ["NF-1"], ["1003"], ["NF*"], [" NF  9 "]]
    desk.bia.types(desk.id, "Recebíveis!A2", *typed)
    told: list[list[Any]] = [["NF-1", "Vencido", 12], ["NF-2", "Pago"], ["NF*", "Contestado"]]
    desk.robot.types(desk.id, "regua_receivables!A2", *told)
    desk.robot.types(desk.id, "regua_receivables!A5", ["'1003", "Pausado"], ["NF 9", "Prometido"])

    def beside() -> dict[str, str]:
        rows = desk.shows("Recebíveis", "A2:Q")
        return {row[0]: row[16] for row in rows if row and row[0]}

    expected = {
        "NF-2": "Pago", "NF-1": "Vencido", "1003": "Pausado", "NF*": "Contestado",
        " NF  9 ": "Prometido",
    }  # fmt: skip
    assert beside() == expected
    assert desk.shows("Recebíveis", "R3") == [["12"]]
    area = {"sheetId": sheet_id("receivables"), "startRowIndex": 1, "endRowIndex": 6}
    order = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
    desk.bia.change(desk.id, {"sortRange": {"range": area, "sortSpecs": order}})
    assert beside() == expected
    rows = {"sheetId": sheet_id("receivables"), "dimension": "ROWS"}
    desk.bia.change(
        desk.id, {"insertDimension": {"range": {**rows, "startIndex": 2, "endIndex": 4}}}
    )
    assert beside() == expected
    columns = {"sheetId": sheet_id("receivables"), "dimension": "COLUMNS"}
    move = {"source": {**columns, "startIndex": 0, "endIndex": 1}, "destinationIndex": 5}
    desk.bia.change(desk.id, {"moveDimension": move})
    assert {
        row[4]: row[16] for row in desk.shows("Recebíveis", "A2:Q") if row[4:] and row[4]
    } == expected
    assert desk.asked() == [], "what people moved is whole"


def test_the_formula_ends_with_the_last_row_in_use_so_that_rows_are_appended_below() -> None:
    desk = built("en")
    desk.bia.types(desk.id, "Receivables!A2", ["NF-1"], ["NF-2"])
    cells = [{"userEnteredValue": {"stringValue": "NF-3"}}]
    append = {
        "sheetId": sheet_id("receivables"),
        "rows": [{"values": cells}],
        "fields": "userEnteredValue",
    }
    desk.robot.change(desk.id, {"appendCells": append})
    assert desk.shows("Receivables", "A1:A10") == [["Invoice"], ["NF-1"], ["NF-2"], ["NF-3"]]


def test_a_row_without_a_key_of_its_own_is_known_by_what_it_says() -> None:
    desk = built("pt-BR")
    desk.bia.types(
        desk.id,
        "Negociações!A2",
        ["2026-03-01 09:30", "Ana", "NF-1", "Promessa"],
        ["2026-03-01 09:30", "Bruno", "", "Contato"],
    )
    at = 46082 + 9.5 / 24
    first = row_key(
        {"at": at, "client": "Ana", "kind": "Promessa", "receivables": "NF-1"}, "negotiations"
    )
    second = row_key({"at": at, "client": "Bruno", "kind": "Contato"}, "negotiations")
    desk.robot.types(desk.id, "regua_negotiations!A2", [second, "N2"], [first, "N1", "Aberta"])
    ref = [column.key for column in TABS["negotiations"].columns].index("ref")
    rows = desk.shows("Negociações", "A2:O")
    assert [row[ref] for row in rows] == ["N1", "N2"]


def test_what_was_damaged_comes_back_and_nothing_else_is_touched() -> None:
    desk = built("pt-BR")
    desk.bia.types(desk.id, "Recebíveis!A2", ["NF-1", "Ana"], ["NF-2", "Bia"])
    ana = desk.ana
    charts = {"deleteEmbeddedObject": {"objectId": made_id("chart:aging")}}
    protection = {"deleteProtectedRange": {"protectedRangeId": made_id("protection:issues")}}
    policy = {
        "sheetId": sheet_id("clients"),
        "dimension": "COLUMNS",
        "startIndex": 8,
        "endIndex": 9,
    }
    rule = {"sheetId": sheet_id("queue"), "index": 0}
    name = str(made_id("name:regua_command_preview"))
    ana.change(
        desk.id,
        charts,
        protection,
        {"deleteSheet": {"sheetId": sheet_id("queue")}},
        {"deleteSheet": {"sheetId": service_id("clients")}},
        {"deleteDimension": {"range": policy}},
        {"deleteConditionalFormatRule": {**rule, "sheetId": sheet_id("runs")}},
        {"deleteNamedRange": {"namedRangeId": name}},
    )
    ana.types(desk.id, "Recebíveis!Q1", ["Minha situação"])
    ana.types(desk.id, "Recebíveis!R3", ["typed into the engine's range"])
    before = desk.shows("Recebíveis", "A1:P9")
    asked = desk.set_up()
    kinds = Counter(next(iter(one)) for one in asked)
    assert kinds["addChart"] == 1
    assert kinds["addSheet"] == 2
    assert kinds["addNamedRange"] == 1
    assert desk.asked() == []
    assert desk.shows("Recebíveis", "A1:P9") == before
    assert desk.shows("Recebíveis", "Q1:R1") == [["Situação", "Dias em atraso"]]
    assert "Régua" in desk.shows("Clientes", "A1:X1")[0]
    assert desk.shows("Fila", "A1") == [["Cliente"]]


def test_what_people_did_is_no_damage() -> None:
    desk = built("en")
    ana = desk.ana
    receivables = {"sheetId": sheet_id("receivables"), "dimension": "COLUMNS"}
    ana.change(
        desk.id,
        {
            "updateSheetProperties": {
                "properties": {"sheetId": sheet_id("receivables"), "title": "Our invoices"},
                "fields": "title",
            }
        },
        {"addSheet": {"properties": {"title": "Scratch", "index": 0}}},
        {"insertDimension": {"range": {**receivables, "startIndex": 3, "endIndex": 4}}},
        {
            "updateDimensionProperties": {
                "range": {**receivables, "startIndex": 0, "endIndex": 1},
                "properties": {"pixelSize": 311},
                "fields": "pixelSize",
            }
        },
        {"clearBasicFilter": {"sheetId": sheet_id("receivables")}},
        {"duplicateSheet": {"sourceSheetId": sheet_id("clients"), "newSheetName": "Clients 2025"}},
    )
    ana.types(desk.id, "'Our invoices'!D1", ["Cost centre"])
    assert desk.asked() == []


@both
def test_a_sheet_that_holds_something_keeps_it(language: str) -> None:
    desk = blank(language)
    first = desk.present().tabs[0]
    desk.ana.types(desk.id, "A40", ["mine"])
    asked = desk.asked()
    assert first.is_blank
    assert not [one for one in asked if "deleteSheet" in one]
    empty = blank(language).asked()
    assert [one for one in empty if "deleteSheet" in one] == [
        {"deleteSheet": {"sheetId": first.sheet_id}}
    ]


def test_a_sheet_imported_from_a_file_keeps_its_rows_and_its_dashboard() -> None:
    desk = blank("pt-BR")
    desk.ana.change(
        desk.id,
        {"addSheet": {"properties": {"title": "Painel", "sheetId": 5}}},
        {"addSheet": {"properties": {"title": "Recebíveis", "sheetId": 6}}},
    )
    desk.ana.types(desk.id, "Painel!B5", ["Em aberto"], [99])
    desk.ana.types(desk.id, "Recebíveis!A1", ["Cliente", "Título", "Meu", "Situação"])
    desk.ana.types(desk.id, "Recebíveis!A2", ["Ana", "NF-1", "x", "old value"])
    desk.set_up()
    assert desk.asked() == []
    assert desk.shows("Painel", "A1:J20")[4:] == [["", "Em aberto"], ["", "99"]]
    assert desk.shows("Recebíveis", "A1:D2") == [
        ["Cliente", "Título", "Meu", "Situação"],
        ["Ana", "NF-1", "x", ""],
    ]
    desk.robot.types(desk.id, "regua_receivables!A2", ["NF-1", "Vencido"])
    assert desk.shows("Recebíveis", "D2") == [["Vencido"]]


@both
def test_formulas_read_the_same_in_every_locale(language: str) -> None:
    said = list(formulas(requests_for_a_blank_sheet(language)))
    assert len(said) > 100
    for formula in said:
        plain = re.sub(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'', "", formula)
        assert "," not in plain, formula
        assert "{" not in plain, formula
        assert not re.search(r"[0-9]\.[0-9]", plain), formula


def test_both_languages_ask_for_the_same_things_of_the_same_ids() -> None:
    def shape(language: str) -> list[Any]:
        ids = r'"(?:sheetId|chartId|protectedRangeId|metadataId|bandedRangeId)": \d+'
        return [
            (next(iter(one)), re.findall(ids, json.dumps(one)))
            for one in requests_for_a_blank_sheet(language)
        ]

    assert shape("pt-BR") == shape("en")
    assert requests_for_a_blank_sheet("en") == requests_for_a_blank_sheet("en")


@both
def test_the_dashboard_has_its_figures_commands_and_answers(language: str) -> None:
    assert {f"regua_figure_{key}" for key in FIGURES} <= set(named_cells())
    texts = headings.locale(language)["google"]["command"]
    assert set(texts) == set(COMMANDS)
    places = list(named_cells().values())
    assert len(set(places)) == len(places), "two names for a cell"


def test_a_mutant_that_looks_up_by_patterns_shows_another_rows_values() -> None:
    """VLOOKUP takes `*` in a key for anything: the test of sorted rows would see it."""
    right = google_formulas.shown_value

    def wrong(*given: Any) -> str:
        made = right(*given)
        return re.sub(
            r'XLOOKUP\((.*);regua_(\w+)!\$A:\$A;regua_\w+!\$(\w+):\$\w+;""\)',
            r'IFERROR(VLOOKUP(\1;regua_\2!$A:$\3;COLUMN($\3$1);1=0);"")',
            made,
        )

    assert wrong("en", "receivables", "status", {"id": 0}) != right(
        "en", "receivables", "status", {"id": 0}
    )
    desk = built("en")
    cell = {"userEnteredValue": {"formulaValue": wrong("en", "receivables", "status", {"id": 0})}}
    start = {"sheetId": sheet_id("receivables"), "rowIndex": 0, "columnIndex": 16}
    fields = {"fields": "userEnteredValue"}
    desk.ana.change(
        desk.id, {"updateCells": {"start": start, "rows": [{"values": [cell]}], **fields}}
    )
    desk.bia.types(desk.id, "Receivables!A2", ["NF*"])
    desk.robot.types(desk.id, "regua_receivables!A2", ["NF-1", "Paid"], ["NF*", "Disputed"])
    assert desk.shows("Receivables", "Q2") == [["Paid"]], "the mutant errs"
