"""The workbook in a Google Sheet keeps the contract of every store, over real HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sheet_templates.google_cells import entered, put_rows
from sheet_templates.google_layout import sheet_id
from sync.stores.google_client import ATTEMPTS, SheetsClient, WriteLost
from sync.stores.google_sheet import GoogleSheetStore
from sync.workbook import (
    AppendRows,
    Applied,
    Cell,
    Conflict,
    Link,
    NotWritable,
    RefusedFile,
    ReplaceBody,
    SetCells,
    SetFigures,
    SetIdentity,
    Store,
    StoreError,
)
from tests.fakes.google import Fault, GoogleServer
from tests.google_service import DAY, Google, people_see, signed_in
from tests.google_sheets import ROBOT
from tests.store_contract import ANA, BRUNO, SENT, Rows, StoreContract, applied, table

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class TestGoogle(StoreContract):
    @pytest.fixture(autouse=True)
    def at_google(self, google: Any) -> None:
        self.google = google
        self.opened: dict[int, Google] = {}

    def open(self, tmp_path: Any, rows: Rows) -> Store:  # noqa: ARG002  # needs no disk
        made: Google = self.google(rows)
        self.opened[id(made.store)] = made
        return made.store

    def type_cell(self, store: Store, tab: str, row: int, column: str, value: Cell) -> None:
        self.opened[id(store)].person_types(tab, row, column, value)


def test_people_see_beside_their_rows_what_the_engine_said(google: Any) -> None:
    made: Google = google({"receivables": [ANA, BRUNO], "history": [SENT]})
    store = made.store
    store.apply(
        [
            SetCells(tab="receivables", row="NF-2", values={"status": "Pago", "balance": 0}),
            SetCells(tab="history", row="<1@x>", values={"outcome": "Enviado"}),
            SetFigures(values={"open_amount": Decimal("99.50"), "payments_data_until": None}),
        ],
        store.revision(),
    )
    assert people_see(made, "receivables", "status") == ["", "Pago"]
    assert people_see(made, "receivables", "balance") == ["", "R$ 0,00"]
    assert people_see(made, "history", "outcome") == ["Enviado"]
    assert made.desk.shows("Painel", "B11") == [["R$ 99,50"]]


def test_appended_facts_stand_below_peoples_rows_as_what_they_are(google: Any) -> None:
    made: Google = google({"payments": [{"paid_on": date(2026, 1, 5), "amount": 10}]})
    store = made.store
    row: dict[str, Cell] = {
        "paid_on": date(2026, 1, 6),
        "receivable": "007",
        "amount": Decimal("12.50"),
        "reference": "=1+1",
    }
    store.apply([AppendRows(tab="payments", rows=[row])], store.revision())
    assert made.desk.shows("Pagamentos", "A3:F3") == [
        ["06/01/2026", "007", "", "R$ 12,50", "", "=1+1"]
    ]
    assert table(store.read(), "payments")[1] == {**row, "amount": 12.5}


def test_a_date_among_amounts_is_a_date_and_no_amount(google: Any) -> None:
    made: Google = google({"receivables": [ANA]})
    shape = {"numberFormat": {"type": "DATE", "pattern": "dd/mm/yyyy"}}
    cell = {**entered(date(2026, 1, 10)), "userEnteredFormat": shape}
    fields = "userEnteredValue,userEnteredFormat.numberFormat"
    made.desk.ana.change(
        made.desk.id, put_rows(sheet_id("receivables"), 1, 5, [[cell]], fields=fields)
    )
    (row,) = table(made.store.read(), "receivables")
    assert row["amount"] == date(2026, 1, 10)


def test_settings_keep_their_kinds(google: Any) -> None:
    made: Google = google()
    said = {row["setting"]: row.get("value") for row in table(made.store.read(), "settings")}
    assert str(said["Enviar das"]) == "08:00:00"
    assert said["Tolerância"] == 1
    assert said["Agradecer pagamentos"] is False
    assert said["Modo"] == "Aprovação"


def test_boxes_that_were_ticked_and_cleared_again_are_no_row(google: Any) -> None:
    made: Google = google({"receivables": [ANA, {}, {"disputed": False}, {"disputed": True}]})
    rows = made.store.read().tabs["receivables"].rows
    assert [row.number for row in rows] == [2, 5]


def test_a_link_to_a_cell_leads_there_by_the_tabs_id(google: Any) -> None:
    made: Google = google({"receivables": [ANA]})
    store = made.store
    row: dict[str, Cell] = {"tab": "Recebíveis", "row": Link("2", "#'Recebíveis'!E2")}
    store.apply([ReplaceBody(tab="issues", rows=[row])], store.revision())
    answer = made.desk.ana.get(
        made.desk.id, ranges="Problemas!B2", fields="sheets.data.rowData.values.hyperlink"
    )
    (found,) = answer["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert found["hyperlink"] == f"#gid={sheet_id('receivables')}&range=E2"


def test_an_identity_is_given_once(google: Any) -> None:
    made: Google = google()
    before = made.store.read()
    assert before.workbook_id == "w-1"
    assert before.place == f"google:{made.desk.id}"
    outcome = made.store.apply([SetIdentity(workbook_id="other")], before.revision)
    assert outcome == Applied(before.revision, 0)


# Requests and their failures.

READ = [
    "get",
    "developerMetadata.search",
    "values.batchGetByDataFilter",
    "values.batchGetByDataFilter",
]


@pytest.mark.parametrize("count", [1, 400])
def test_requests_do_not_grow_with_the_rows(google: Any, count: int) -> None:
    rows = [{**ANA, "id": f"NF-{n}", "bucket": "x"} for n in range(1, count + 1)]
    made: Google = google({"receivables": rows})
    made.store.read()
    made.asked()
    revision = made.store.read().revision
    every = [
        SetCells(tab="receivables", row=f"NF-{n}", values={"status": "Vencido", "balance": n})
        for n in range(1, count + 1)
    ]
    assert applied(made.store.apply([*every, *DAY[1:]], revision)).cells > count
    assert made.asked() == [*READ, *READ, "batchUpdate"]
    assert len(people_see(made, "receivables", "status")) == count


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "retry_after": "7"},
        {"status": 503},
        {"status": 500, "html": True},
        {"drop": True},
        {"cut": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_counts_once_whatever_became_of_its_answer(
    google: Any, fault: dict[str, Any], when: Any
) -> None:
    made: Google = google({"receivables": [ANA], "history": [SENT]})
    store = made.store
    revision = store.revision()
    made.desk.server.fail(Fault(method="spreadsheets.batchUpdate", when=when, **fault))
    outcome = applied(store.apply(DAY, revision))
    assert outcome.revision == store.revision()
    rows = table(store.read(), "history")
    assert [row["message_id"] for row in rows] == ["<1@x>", "<2@x>"]
    if "retry_after" in fault and when == "before":
        assert made.waits == [7.0]


def test_a_read_is_repeated_while_the_trouble_looks_temporary_and_not_for_ever(google: Any) -> None:
    made: Google = google({"receivables": [ANA]})
    made.desk.server.fail(Fault(status=503), Fault(status=429), Fault(drop=True))
    assert len(table(made.store.read(), "receivables")) == 1
    assert len(made.waits) == 3
    made.desk.server.fail(Fault(status=500, always=True))
    with pytest.raises(RefusedFile) as caught:
        made.store.read()
    assert caught.value.code == "google_failed"
    assert len(made.waits) == 3 + ATTEMPTS - 1
    assert max(made.waits) <= 32


def test_when_nobody_can_tell_whether_a_write_stands_it_says_so(google: Any) -> None:
    made: Google = google({"history": [SENT]})
    revision = made.store.revision()
    server = made.desk.server
    server.fail(
        Fault(method="spreadsheets.batchUpdate", when="after", drop=True),
        Fault(method="spreadsheets.get", nth=2, status=500, always=True),
    )
    with pytest.raises(WriteLost):
        made.store.apply(DAY, revision)
    server.desk.faults.clear()
    assert len(table(made.store.read(), "history")) == 2, "it did stand; the next read shows it"


def test_each_thing_that_can_be_wrong_has_its_word(google: Any, http: HTTPClient) -> None:
    made: Google = google({"receivables": [ANA]})
    server, store = made.desk.server, made.store
    revision = store.revision()

    def said(act: Any) -> tuple[str, bool]:
        with pytest.raises(StoreError) as caught:
            act()
        return caught.value.code, isinstance(caught.value, NotWritable)

    server.share(made.desk.id, ROBOT, "reader")
    assert said(lambda: store.apply(DAY, revision)) == ("google_view_only", True)
    server.share(made.desk.id, ROBOT, "")
    assert said(store.read) == ("google_not_shared", False)
    elsewhere = GoogleSheetStore(SheetsClient(http, "1NoSuchSheet", sleep=made.waits.append))
    assert said(elsewhere.read) == ("google_not_found", False)
    server.disable_api()
    assert said(store.read) == ("google_api_off", False)
    server.enable_api()
    wrong = server.service_account(ROBOT, other_key=True)
    other = signed_in(server, wrong)
    assert said(GoogleSheetStore(SheetsClient(other, made.desk.id)).read) == (
        "google_bad_key",
        False,
    )
    assert made.waits == [], "what will not get better is not tried again"


def test_asking_before_each_message_is_no_request_each_time_and_a_write_never_relies_on_it(
    google: Any,
) -> None:
    made: Google = google({"receivables": [ANA]})
    now = [100.0]
    store = GoogleSheetStore(made.client, clock=lambda: now[0], fresh_for=10)
    first = store.read().revision
    made.asked()
    assert [store.revision() for _ in range(20)] == [first] * 20
    assert made.asked() == []
    made.person_types("receivables", 2, "notes", "pagou por fora")
    assert store.revision() == first, "for a few seconds"
    assert isinstance(store.apply(DAY, first), Conflict)
    now[0] += 11
    made.asked()
    assert store.revision() != first
    assert made.asked() == READ
    done = applied(store.apply(DAY, store.revision()))
    assert store.revision() == done.revision
