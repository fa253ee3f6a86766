"""The service at a Google Sheet, over real gspread and google-auth; what a day of it writes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gspread.http_client import HTTPClient

from sheet_templates.google_cells import entered, put_rows
from sheet_templates.google_layout import letters, sheet_id
from sheet_templates.schema import TABS
from sync.stores.google_client import SheetsClient
from sync.stores.google_sheet import GoogleSheetStore
from sync.workbook import (
    AppendRows,
    Cell,
    Change,
    ReplaceBody,
    SetCells,
    SetFigures,
)
from tests.fakes.google.client import SHEETS, credentials, mount
from tests.google_sheets import ROBOT, Desk, built, typed
from tests.store_contract import SENT, Rows

if TYPE_CHECKING:
    from tests.fakes.google import GoogleServer


def signed_in(server: GoogleServer, key: dict[str, Any]) -> HTTPClient:
    """Real gspread and google-auth, with a service account's key."""
    made = HTTPClient(credentials(key, [SHEETS]))
    mount(made.session, server)
    return made


class Google:
    """A sheet with rows, and the service at it; its waits are written down, not waited."""

    def __init__(self, server: GoogleServer, http: HTTPClient, rows: Rows, language: str) -> None:
        self.desk: Desk = built(language, server)
        self.waits: list[float] = []
        self.client = SheetsClient(
            http, self.desk.id, account=ROBOT, sleep=self.waits.append, jitter=lambda: 0.5
        )
        self.store = GoogleSheetStore(self.client, fresh_for=0)
        typed(self.desk, rows)
        server.desk.faults.clear()
        server.forget_requests()

    def person_types(self, tab: str, row: int, column: str, value: Cell) -> None:
        index = [each.key for each in TABS[tab].columns].index(column)
        request = put_rows(
            sheet_id(tab), row - 1, index, [[entered(value)]], fields="userEnteredValue"
        )
        self.desk.ana.change(self.desk.id, request)

    def asked(self) -> list[str]:
        """The methods asked for since the last time."""
        names = [name.removeprefix("spreadsheets.") for name in self.desk.server.requests]
        self.desk.server.forget_requests()
        return names


def people_see(google: Google, tab: str, column: str) -> list[str]:
    """What a column of a new workbook shows below its heading."""
    letter = letters([each.key for each in TABS[tab].columns].index(column))
    title = google.store.read().tabs[tab].title
    return [row[0] if row else "" for row in google.desk.shows(title, f"{letter}2:{letter}")]


DAY: list[Change] = [
    SetCells(tab="receivables", row="NF-1", values={"status": "Vencido"}),
    AppendRows(tab="history", rows=[{**SENT, "message_id": "<2@x>"}]),
    ReplaceBody(tab="queue", rows=[{"client": "Ana", "key": "k"}]),
    SetFigures(values={"open_amount": Decimal(10)}),
]
