"""Somebody at the sheet between any two requests of the service: an oracle sees their edits only.

The oracle is a twin of the sheet to which the same edits are made and which no service ever sees.
Afterwards people's cells are those of the twin, log rows are unique, and after two quiet runs each
engine value stands beside its own row.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from sheet_templates import headings
from sheet_templates.google_cells import entered, put_rows
from sheet_templates.google_layout import sheet_id
from sheet_templates.sample import sample
from sheet_templates.schema import TABS, Owner
from sync.stores import google_sheet
from sync.stores.google_client import SheetsClient
from sync.stores.google_sheet import GoogleSheetStore
from sync.stores.google_writing import requests_for
from tests.fakes.google import Fault, GoogleServer
from tests.google_computer import TODAY, Service
from tests.google_service import signed_in
from tests.google_sheets import ROBOT, Desk, Json, blank
from tests.store_contract import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sync.stores.google_reading import Reading
    from sync.workbook import Change, Snapshot

pytestmark = pytest.mark.slow
TABS_OF_PEOPLE = ("receivables", "clients")


@pytest.fixture(scope="module")
def company() -> Iterator[Desk]:
    """The sample company's sheet; each story lives on two copies of it."""
    made = sample("pt-BR", seed=11, today=TODAY)
    with GoogleServer() as server:
        desk = blank("pt-BR", server)
        desk.set_up(rows=made.rows, settings={**made.settings, "mode": "automatic"})
        yield desk


def copy_of(desk: Desk) -> Desk:
    twin = blank(desk.language, desk.server)
    document = desk.server.document(desk.id).copy()
    document.id = twin.id
    desk.server.desk.store.files[twin.id].document = document
    return twin


class Crowd:
    """People who do the same to the sheet and to its twin."""

    def __init__(self, rng: Random, sheet: Desk, twin: Desk) -> None:
        self.rng, self.sheet, self.twin = rng, sheet, twin
        self.is_busy = True
        self.acts: list[str] = []

    def may_act(self) -> None:
        if self.is_busy and self.rng.random() < 0.3:
            act = self.rng.choice([self.sort, self.insert, self.delete, self.double, self.move,
                                   self.rename, self.word, self.word])  # fmt: skip
            self.do(act.__name__, act(self.rng.choice(TABS_OF_PEOPLE)))

    def moves_what_comes_first(self) -> None:
        """Put the column before the engine's behind the last one."""
        span = {"sheetId": sheet_id("receivables"), "dimension": "COLUMNS"}
        source = {**span, "startIndex": 15, "endIndex": 16}
        width = len(TABS["receivables"].columns)
        self.do("moves", {"moveDimension": {"source": source, "destinationIndex": width}})

    def do(self, name: str, request: Json) -> None:
        self.acts.append(name)
        for desk in (self.sheet, self.twin):
            desk.ana.change(desk.id, request)

    def sort(self, tab: str) -> Json:
        area = {"sheetId": sheet_id(tab), "startRowIndex": 1}
        order = self.rng.choice(["ASCENDING", "DESCENDING"])
        specs = [{"dimensionIndex": self.rng.randrange(6), "sortOrder": order}]
        return {"sortRange": {"range": area, "sortSpecs": specs}}

    def insert(self, tab: str) -> Json:
        at = self.rng.randrange(1, 20)
        return {"insertDimension": {"range": self._rows(tab, at)}}

    def delete(self, tab: str) -> Json:
        return {"deleteDimension": {"range": self._rows(tab, self.rng.randrange(1, 20))}}

    def double(self, tab: str) -> Json:
        at = self.rng.randrange(1, 15)
        source = {"sheetId": sheet_id(tab), "startRowIndex": at, "endRowIndex": at + 1}
        below = {"sheetId": sheet_id(tab), "startRowIndex": 45, "endRowIndex": 46}
        return {"copyPaste": {"source": source, "destination": below, "pasteType": "PASTE_VALUES"}}

    def move(self, tab: str) -> Json:
        span = {"sheetId": sheet_id(tab), "dimension": "COLUMNS"}
        at = self.rng.randrange(3, 20)
        source = {**span, "startIndex": at, "endIndex": at + 1}
        return {"moveDimension": {"source": source, "destinationIndex": self.rng.randrange(3, 20)}}

    def rename(self, tab: str) -> Json:
        title = f"{headings.tab_title('pt-BR', tab)} {self.rng.randrange(99)}"
        properties = {"sheetId": sheet_id(tab), "title": title}
        return {"updateSheetProperties": {"properties": properties, "fields": "title"}}

    def word(self, tab: str) -> Json:
        """Type into any column but the first two, the engine's too."""
        cell = [[entered(f"word {self.rng.randrange(999)}")]]
        width = len(TABS[tab].columns) - 1
        at = (self.rng.randrange(1, 20), self.rng.randrange(2, width))
        return put_rows(sheet_id(tab), *at, cell, fields="userEnteredValue")

    @staticmethod
    def _rows(tab: str, at: int) -> Json:
        return {"sheetId": sheet_id(tab), "dimension": "ROWS", "startIndex": at, "endIndex": at + 1}


def cells_of_people(desk: Desk, tab: str) -> list[dict[str, Any]]:
    """All that stands in a tab but the engine's columns, by heading and in place."""
    title = next(
        one["properties"]["title"]
        for one in desk.ana.get(desk.id, fields="sheets.properties(sheetId,title)")["sheets"]
        if one["properties"].get("sheetId") == sheet_id(tab)
    )
    rows = desk.ana.sees(desk.id, f"'{title}'!A1:AZ", valueRenderOption="FORMULA")
    theirs = {headings.heading("pt-BR", tab, c.key) for c in TABS[tab].by_owner(Owner.USER)}
    kept = [at for at, heading in enumerate(rows[0]) if heading in theirs]
    found = [
        {rows[0][at]: row[at] for at in kept if at < len(row) and row[at] != ""} for row in rows
    ]
    while found and not found[-1]:
        found.pop()
    return found


def beside(desk: Desk, snapshot: Snapshot) -> dict[str, str]:
    """What people see as the status of each invoice."""
    tab = snapshot.tabs["receivables"]
    key, status = tab.letters["id"], tab.letters["status"]
    names = desk.shows(tab.title, f"{key}2:{key}")
    shown = desk.shows(tab.title, f"{status}2:{status}")
    pairs = zip(names, [*shown, *[[]] * len(names)], strict=False)
    return {name[0]: (said[0] if said else "") for name, said in pairs if name and name[0]}


def story(
    company: Desk, seed: int, folder: Path, patch: pytest.MonkeyPatch, *, at_writes: bool = False
) -> Crowd:
    """A busy run and two quiet ones; AssertionError for whatever is wrong after them.

    People act at random after any request, or `at_writes`: move a column just before each write.
    """
    rng = Random(seed)  # noqa: S311  # a story, no secret
    sheet, twin = copy_of(company), copy_of(company)
    crowd = Crowd(rng, sheet, twin)
    server = company.server
    http = signed_in(server, server.service_account(ROBOT))
    client = SheetsClient(http, sheet.id, account=ROBOT, sleep=lambda _: None)
    service = Service(folder, GoogleSheetStore(client, fresh_for=0), patch)
    any_time = Fault(when="after", action=crowd.may_act, always=True)
    write = Fault(
        method="spreadsheets.batchUpdate", action=crowd.moves_what_comes_first, always=True
    )
    server.fail(write if at_writes else any_time)
    try:
        service.run()
    finally:
        server.desk.faults.clear()
    crowd.is_busy = False
    for _ in range(2):
        assert service.run().postponed is None
    for tab in TABS_OF_PEOPLE:
        assert cells_of_people(sheet, tab) == cells_of_people(twin, tab), tab
    snapshot = service.store.read()
    history = table(snapshot, "history")
    taken = Counter(key for row in history for key in str(row["keys"]).split(";") if key.strip())
    assert max(taken.values(), default=1) == 1, "a step left twice"
    assert len({row["message_id"] for row in history}) == len(history)
    letters = Counter(service.letters())
    assert sum(letters.values()) <= len(history)
    expected = {str(row["id"]): str(row.get("status", "")) for row in table(snapshot, "receivables")
                if "id" in row}  # fmt: skip
    shown = beside(sheet, snapshot)
    assert {key: shown[key] for key in expected if key in shown} == expected
    return crowd


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_people_do_meanwhile_stays_done_and_the_sheet_comes_right(
    company: Desk, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = story(company, seed, tmp_path, monkeypatch)
    assert len(crowd.acts) >= 3, "a busy day"


def test_a_mutant_that_writes_by_row_number_is_caught(
    company: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_row(reading: Reading, after: Snapshot, changes: Sequence[Change]) -> list[Json]:
        kept = requests_for(reading, after, changes)
        tab, places = after.tabs["receivables"], reading.places["receivables"]
        id_ = reading.grids["receivables"].sheet_id
        for row in tab.rows:
            for key in ("status", "hold_reason"):
                cell = [[entered(tab.value(row, key))]]
                at = (row.number - 1, places[key])
                kept.append(put_rows(id_, *at, cell, fields="userEnteredValue"))
        return kept

    story(company, 1, tmp_path / "right", monkeypatch, at_writes=True)
    monkeypatch.setattr(google_sheet, "requests_for", by_row)
    with pytest.raises(AssertionError):
        story(company, 1, tmp_path / "wrong", monkeypatch, at_writes=True)
