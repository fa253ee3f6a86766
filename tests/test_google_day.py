"""The daily run on a Google Sheet: the same engine, the same decisions, the same promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sheet_templates.google_layout import sheet_id
from sheet_templates.sample import sample
from sync.stores.google_client import SheetsClient
from sync.stores.google_sheet import GoogleSheetStore
from sync.stores.memory import MemoryStore
from tests.fakes.google import Fault, GoogleServer
from tests.google_computer import TODAY, Service
from tests.google_service import signed_in
from tests.google_sheets import ROBOT, Desk, blank
from tests.store_contract import table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sync.workbook import Snapshot


@pytest.fixture(scope="module")
def company() -> Iterator[tuple[Desk, GoogleSheetStore]]:
    """The sample company's sheet, in automatic mode, with the service signed in."""
    made = sample("pt-BR", seed=7, today=TODAY)
    with GoogleServer() as server:
        desk = blank("pt-BR", server)
        desk.set_up(rows=made.rows, settings={**made.settings, "mode": "automatic"})
        http = signed_in(server, server.service_account(ROBOT))
        client = SheetsClient(http, desk.id, account=ROBOT, sleep=lambda _: None)
        yield desk, GoogleSheetStore(client)


_VOLATILE = {
    "run",
    "at",
    "finished_at",
    "seconds",
    "message_id",
    "reference",
    "place",
    "keys",
    "key",
}


def said(snapshot: Snapshot, tab: str) -> list[dict[str, Any]]:
    """A tab's rows without what no two runs have in common; links and flags as they read."""
    return [
        {k: v for k, v in row.items() if k not in _VOLATILE and v is not False}
        for row in table(snapshot, tab)
    ]


def test_a_day_on_the_sheet_is_a_day_in_memory_and_the_second_run_sends_nothing(
    company: tuple[Desk, GoogleSheetStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, store = company
    before = desk.shows("Recebíveis", "A1:P")
    here = Service(tmp_path / "google", store, monkeypatch)
    there = Service(tmp_path / "memory", MemoryStore.of(store.read()), monkeypatch)

    # A colleague sorts the invoices just before the first write, and inserts a row.
    def busy() -> None:
        area = {"sheetId": sheet_id("receivables"), "startRowIndex": 1, "endRowIndex": 60}
        order = [{"dimensionIndex": 5, "sortOrder": "ASCENDING"}]
        desk.bia.change(desk.id, {"sortRange": {"range": area, "sortSpecs": order}})

    desk.server.fail(Fault(method="spreadsheets.batchUpdate", action=busy))
    first = here.run()
    assert first.postponed is None
    there.run()
    assert here.letters() == there.letters()
    assert len(here.letters()) > 3
    sheet, memory = store.read(), there.store.read()
    assert said(sheet, "history") == said(memory, "history")
    assert said(sheet, "queue") == said(memory, "queue")
    assert said(sheet, "aging") == said(memory, "aging")
    assert sheet.figures["open_amount"] == pytest.approx(memory.figures["open_amount"])
    by_id = {row["id"]: row.get("status") for row in table(memory, "receivables") if "id" in row}
    assert {r["id"]: r.get("status") for r in table(sheet, "receivables") if "id" in r} == by_id
    shown = {
        row[0]: row[16] for row in desk.shows("Recebíveis", "A2:Q") if len(row) > 16 and row[0]
    }
    assert shown == {key: status for key, status in by_id.items() if status}
    after = desk.shows("Recebíveis", "A1:P")
    assert sorted(map(str, after)) == sorted(map(str, before)), "nothing of theirs changed"

    letters = here.letters()
    desk.server.forget_requests()
    here.run()
    assert here.letters() == letters
    assert len(desk.server.requests) <= 16, "well inside a minute's quota of 60 reads"
    other = Service(tmp_path / "another ledger", store, monkeypatch)
    other.run()
    assert other.letters() == [], "History in the sheet alone keeps a step from leaving twice"
    assert desk.asked() == [], "and the workbook is whole"
