"""People at the sheet between the service's look and its write: nothing of theirs is touched."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from sheet_templates import headings
from sheet_templates.google_layout import is_protected, service_id, sheet_id
from sheet_templates.schema import TABS
from sync.stores.google_client import SheetsClient
from sync.workbook import (
    AppendRows,
    Cell,
    Change,
    NotWritable,
    ReplaceBody,
    SetCells,
)
from tests.fakes.google import Fault, GoogleServer
from tests.google_service import DAY, Google, people_see, signed_in
from tests.google_sheets import ROBOT
from tests.store_contract import ANA, BRUNO, SENT, Rows, applied, moment, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gspread.http_client import HTTPClient


@pytest.fixture(scope="module")
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


@pytest.fixture(scope="module")
def http(server: GoogleServer) -> HTTPClient:
    return signed_in(server, server.service_account(ROBOT))


@pytest.fixture
def google(server: GoogleServer, http: HTTPClient) -> Iterator[Any]:
    def made(rows: Rows | None = None, language: str = "pt-BR") -> Google:
        return Google(server, http, rows or {}, language)

    yield made
    server.desk.faults.clear()


# People at the sheet, between our look and our write.


def sorts(made: Google, tab: str) -> None:
    area = {"sheetId": sheet_id(tab), "startRowIndex": 1}
    order = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
    made.desk.ana.change(made.desk.id, {"sortRange": {"range": area, "sortSpecs": order}})


def test_a_person_who_sorts_inserts_and_moves_columns_while_we_write_finds_all_in_place(
    google: Any,
) -> None:
    made: Google = google({"receivables": [ANA, BRUNO], "history": [SENT]})
    store, desk = made.store, made.desk
    revision = store.revision()

    def busy() -> None:
        sorts(made, "receivables")
        span = {"sheetId": sheet_id("receivables"), "dimension": "ROWS"}
        place = {"range": {**span, "startIndex": 1, "endIndex": 2}}
        desk.ana.change(desk.id, {"insertDimension": place})
        span = {"sheetId": sheet_id("receivables"), "dimension": "COLUMNS"}
        source = {**span, "startIndex": 16, "endIndex": 18}
        desk.ana.change(desk.id, {"moveDimension": {"source": source, "destinationIndex": 0}})

    desk.server.fail(Fault(method="spreadsheets.batchUpdate", action=busy))
    changes: list[Change] = [
        SetCells(tab="receivables", row="NF-1", values={"status": "Vencido"}),
        SetCells(tab="receivables", row="NF-2", values={"status": "Pago"}),
        *DAY[1:],
    ]
    applied(store.apply(changes, revision))
    shown = {row[2]: row[0] for row in desk.shows("Recebíveis", "A2:C") if len(row) > 2 and row[2]}
    assert shown == {"NF-1": "Vencido", "NF-2": "Pago"}
    read = table(store.read(), "receivables")
    assert read == [{**BRUNO, "status": "Pago"}, {**ANA, "status": "Vencido"}]


def test_no_write_touches_a_cell_of_a_tab_that_people_edit(google: Any) -> None:
    made: Google = google({"receivables": [ANA], "clients": [{"client": "Ana"}]})
    theirs = {sheet_id(key) for key, tab in TABS.items() if not is_protected(tab)}
    asked: list[Any] = []

    class Watched(SheetsClient):
        def batch_update(self, changes: Sequence[Any], mark: str, old_marks: Sequence[int]) -> None:
            asked.extend(changes)
            super().batch_update(changes, mark, old_marks)

    made.client.__class__ = Watched
    clients = SetCells(tab="clients", row="Ana", values={"open_balance": 5})
    invoice = AppendRows(tab="receivables", rows=[{**BRUNO, "status": "Pago"}])
    made.store.apply([*DAY, clients, invoice], made.store.revision())
    touched = {int(one["updateCells"]["start"]["sheetId"]) for one in asked if "updateCells" in one}
    assert touched
    assert not touched & theirs
    assert {one["appendCells"]["sheetId"] for one in asked if "appendCells" in one} & theirs
    assert people_see(made, "receivables", "status") == ["Vencido", "Pago"]


def test_what_was_typed_into_the_engines_columns_is_not_believed_and_goes(google: Any) -> None:
    made: Google = google({"receivables": [{**ANA, "status": "Vencido"}, BRUNO]})
    made.person_types("receivables", 3, "status", "Pago")
    store = made.store
    rows = table(store.read(), "receivables")
    assert [row.get("status") for row in rows] == ["Vencido", None]
    assert "#REF!" in made.desk.shows("Recebíveis", "Q1")[0]
    store.apply(DAY, store.revision())
    assert people_see(made, "receivables", "status") == ["Vencido", ""]
    assert made.desk.shows("Recebíveis", "Q1") == [["Situação"]]


def test_a_tick_between_our_look_and_our_write_approves_nobody_else(google: Any) -> None:
    made: Google = google({"queue": [{"client": "Ana", "key": "a"}, {"client": "Bia", "key": "b"}]})
    store = made.store
    revision = store.revision()
    tick = Fault(
        method="spreadsheets.batchUpdate",
        action=lambda: made.person_types("queue", 2, "approve", True),
    )
    made.desk.server.fail(tick)
    rows: list[dict[str, Cell]] = [{"client": "Caio", "key": "c"}, {"client": "Bia", "key": "b"}]
    store.apply([ReplaceBody(tab="queue", rows=rows)], revision)
    assert table(store.read(), "queue") == rows
    made.desk.server.fail(tick)
    store.apply([ReplaceBody(tab="queue", rows=[rows[0]])], store.revision())
    assert table(store.read(), "queue") == [{"client": "Caio", "key": "c", "approve": True}]


def test_a_tab_that_was_renamed_is_the_same_and_a_deleted_hidden_one_stops_the_write(
    google: Any,
) -> None:
    made: Google = google({"receivables": [ANA]})
    properties = {"sheetId": sheet_id("receivables"), "title": "Nossos títulos"}
    made.desk.ana.change(
        made.desk.id,
        {"updateSheetProperties": {"properties": properties, "fields": "title"}},
    )
    snapshot = made.store.read()
    assert snapshot.problems == ()
    assert snapshot.tabs["receivables"].title == "Nossos títulos"
    made.desk.ana.change(made.desk.id, {"deleteSheet": {"sheetId": service_id("receivables")}})
    snapshot = made.store.read()
    assert snapshot.obstacle is not None
    with pytest.raises(NotWritable):
        made.store.apply(DAY, snapshot.revision)


def test_logs_outgrow_their_tab(google: Any) -> None:
    made: Google = google()
    store = made.store
    rows: list[dict[str, Cell]] = [
        {"at": moment(1), "message_id": f"<{n}@x>", "outcome": "Enviado"} for n in range(150)
    ]
    store.apply([AppendRows(tab="history", rows=rows)], store.revision())
    assert table(store.read(), "history") == rows
    assert people_see(made, "history", "outcome") == ["Enviado"] * 150
    assert people_see(made, "history", "at")[-1] == "01/03/2026 09:30"


PROMISE: dict[str, Cell] = {
    "at": moment(2), "client": "Ana", "kind": "Promessa", "receivables": "NF-1", "amount": 50,
}  # fmt: skip


def refs(made: Google) -> list[tuple[Cell, Cell]]:
    return [(row["client"], row.get("ref")) for row in table(made.store.read(), "negotiations")]


def test_a_corrected_row_keeps_its_reference_and_a_new_one_gets_none(google: Any) -> None:
    made: Google = google({"negotiations": [{**PROMISE, "ref": "N1"}]})
    store = made.store
    made.person_types("negotiations", 2, "kind", "Acordo")
    assert refs(made) == [("Ana", "N1")]
    store.apply(DAY, store.revision())
    assert people_see(made, "negotiations", "ref") == ["N1"]
    made.person_types("negotiations", 2, "at", moment(3))
    made.person_types("negotiations", 2, "receivables", "NF-2")
    assert refs(made) == [("Ana", None)], "too much changed to be sure"


def test_two_rows_that_could_be_the_corrected_one_leave_it_to_a_person(google: Any) -> None:
    made: Google = google({"negotiations": [{**PROMISE, "ref": "N1"}]})
    made.person_types("negotiations", 2, "kind", "Acordo")
    for column, value in {**PROMISE, "kind": "Proposta"}.items():
        made.person_types("negotiations", 3, column, value)
    assert refs(made) == [("Ana", None), ("Ana", None)]


def test_rows_that_say_the_same_have_each_its_own_reference(google: Any) -> None:
    made: Google = google({"negotiations": [PROMISE, PROMISE]})
    store = made.store
    changes = [SetCells(tab="negotiations", row=n, values={"ref": f"N{n}"}) for n in (2, 3)]
    store.apply(changes, store.revision())
    assert refs(made) == [("Ana", "N2"), ("Ana", "N3")]


def test_a_ticked_command_is_seen_answered_and_cleared(google: Any) -> None:
    made: Google = google()
    store, desk = made.store, made.desk
    assert store.commands() == ()
    desk.bia.types(desk.id, "Painel!D8", [True])
    made.asked()
    assert store.commands() == ("preview",)
    assert made.asked() == ["get", "values.batchGetByDataFilter"]
    store.answer("preview", "Sairiam 3 mensagens.")
    assert store.commands() == ()
    assert desk.shows("Painel", "D8:F8") == [["FALSO", "", "Sairiam 3 mensagens."]]
    assert store.read().problems == ()


@pytest.mark.parametrize("language", headings.LANGUAGES)
def test_what_people_type_in_either_locale_is_what_the_engine_reads(
    google: Any, language: str
) -> None:
    made: Google = google(language=language)
    title = made.store.read().tabs["receivables"].title
    day, amount = {"pt-BR": ("10/02/2026", "1.234,56"), "en": ("2/10/2026", "1,234.56")}[language]
    typed = ["007", "Ana", "=1+1", "", day, amount, "", "00190.5", "", "", True, day]
    made.desk.bia.types(made.desk.id, f"'{title}'!A2", ["'007", *typed[1:]])
    (row,) = table(made.store.read(), "receivables")
    assert row == {
        "id": "007",
        "client": "Ana",
        "description": 2,
        "due_on": date(2026, 2, 10),
        "amount": 1234.56,
        "payment_code": "00190.5",
        "disputed": True,
        "hold_until": date(2026, 2, 10),
    }


ODD_KEYS = [
    "NF 1", "nf*2", "~?", "a|b", '"x"', "=1", "'1", "+5", "1e5", "#N/A", "TRUE", "é", "ß", "0,5",
    "0.5", "x  y", " z ", "NF-é", "…", "日本", "1/2",
]  # fmt: skip


@pytest.mark.parametrize("language", headings.LANGUAGES)
def test_any_key_finds_its_own_values(google: Any, language: str) -> None:
    keys: list[Cell] = [*ODD_KEYS, 1001, 77]
    rows: list[dict[str, Cell]] = [{**ANA, "id": key} for key in keys]
    made: Google = google({"receivables": rows}, language)
    store = made.store
    changes = [
        SetCells(tab="receivables", row=str(row["id"]).strip(), values={"bucket": f"b{n}"})
        for n, row in enumerate(rows)
    ]
    assert applied(store.apply(changes, store.revision())).cells == len(rows)
    assert people_see(made, "receivables", "bucket") == [f"b{n}" for n in range(len(rows))]
    assert [row["bucket"] for row in table(store.read(), "receivables")] == [
        f"b{n}" for n in range(len(rows))
    ]


def test_a_tab_that_goes_in_the_middle_of_a_read_is_missing_and_no_crash(google: Any) -> None:
    made: Google = google({"receivables": [ANA]})
    gone = {"deleteSheet": {"sheetId": sheet_id("issues")}}
    made.desk.server.fail(
        Fault(
            method="spreadsheets.developerMetadata.search",
            action=lambda: made.desk.ana.change(made.desk.id, gone),
        )
    )
    snapshot = made.store.read()
    assert [(one.code, one.tab) for one in snapshot.problems] == [("missing_tab", "issues")]


def test_a_key_that_was_withdrawn_at_the_write_changes_nothing(google: Any) -> None:
    made: Google = google({"receivables": [ANA], "history": [SENT]})
    server = made.desk.server
    revision = made.store.revision()
    away = Fault(
        method="spreadsheets.batchUpdate",
        action=lambda: server.share(made.desk.id, ROBOT, ""),
    )
    server.fail(away)
    with pytest.raises(NotWritable) as caught:
        made.store.apply(DAY, revision)
    assert caught.value.code == "google_view_only"
    server.share(made.desk.id, ROBOT)
    assert made.store.revision() == revision
