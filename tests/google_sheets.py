"""A standard workbook on the local Google server: built once a language, copied for a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sheet_templates.google import setup_requests
from sheet_templates.google_cells import entered, put_rows
from sheet_templates.google_layout import (
    SERVED,
    quoted,
    row_key,
    service_columns,
    service_id,
    sheet_id,
)
from sheet_templates.google_present import (
    COLUMN_SEARCH,
    FIELDS,
    PresentSheet,
    present_sheet,
    ranges_to_read,
)
from sheet_templates.schema import TABS, Owner
from tests.fakes.google import GoogleServer

if TYPE_CHECKING:
    from tests.fakes.google.person import Person
    from tests.fakes.google.state import Document

ANA, BIA = "ana@example.com", "bia@example.com"
ROBOT = "regua@local-project.iam.gserviceaccount.com"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
LOCALES = {"pt-BR": "pt_BR", "en": "en_US"}
_ROWS = 60  # enough for a story, quick to build
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One spreadsheet: Ana owns it, Bia edits it, the service's account too."""

    server: GoogleServer
    id: str
    language: str

    @property
    def ana(self) -> Person:
        return self.server.person(ANA)

    @property
    def bia(self) -> Person:
        return self.server.person(BIA)

    @property
    def robot(self) -> Person:
        """The service's account, without its HTTP."""
        return self.server.person(ROBOT)

    def present(self) -> PresentSheet:
        """What set-up reads."""
        titles = [
            one["properties"]["title"]
            for one in self.robot.get(self.id, fields="sheets.properties.title")["sheets"]
        ]
        answer = self.robot.get(self.id, fields=FIELDS, ranges=ranges_to_read(titles))
        path = f"/v4/spreadsheets/{self.id}/developerMetadata:search"
        return present_sheet(answer, self.robot.request("POST", path, dict(COLUMN_SEARCH)))

    def asked(self, **given: Any) -> list[Json]:
        """What set-up would ask now."""
        return setup_requests(
            self.language,
            self.present(),
            editor=ROBOT,
            workbook_id="w-1",
            spare_rows=_ROWS,
            **given,
        )

    def set_up(self, **given: Any) -> list[Json]:
        """Set up, and what was asked."""
        requests = self.asked(**given)
        if requests:
            self.robot.change(self.id, *requests)
        return requests

    def shows(self, tab: str, cells: str) -> list[list[Any]]:
        """What people see in a part of the tab with this title."""
        return self.ana.sees(self.id, f"{quoted(tab)}!{cells}")


def blank(language: str, server: GoogleServer | None = None) -> Desk:
    """A spreadsheet that Ana just made and shared."""
    server = server or GoogleServer()
    first = {"pt-BR": "Página1", "en": "Sheet1"}[language]
    made = server.new_spreadsheet("Régua", owner=ANA, locale=LOCALES[language], first_sheet=first)
    for other in (BIA, ROBOT):
        server.share(made, other)
    return Desk(server=server, id=made, language=language)


def typed(desk: Desk, rows: Rows) -> None:
    """Put rows below the headings of a workbook, what the engine said beside them too."""
    requests: list[Json] = []
    for tab, lines in rows.items():
        columns = TABS[tab].columns
        behind = tab in SERVED
        shown = [c for c in columns if not (behind and c.owner is Owner.ENGINE)]
        told = service_columns(tab) if behind else ()
        cells = [[entered(line.get(c.key)) for c in shown] for line in lines]
        for id_ in (sheet_id(tab), service_id(tab)) if len(lines) > _ROWS // 2 else ():
            more = {"sheetId": id_, "dimension": "ROWS", "length": len(lines)}
            if behind or id_ == sheet_id(tab):
                requests.append({"appendDimension": more})
        requests.append(put_rows(sheet_id(tab), 1, 0, cells, fields="userEnteredValue"))
        said = [
            [entered(row_key(line, tab)), *(entered(line.get(c.key)) for c in told)]
            for line in lines
            if any(line.get(c.key) is not None for c in told)
        ]
        if said:
            requests.append(put_rows(service_id(tab), 1, 0, said, fields="userEnteredValue"))
    if requests:
        desk.robot.change(desk.id, *requests)


@cache
def _built(language: str) -> tuple[Document, int]:
    desk = blank(language)
    asked = desk.set_up()
    return desk.server.document(desk.id), len(asked)


def built(language: str, server: GoogleServer | None = None) -> Desk:
    """A copy of the standard workbook, whole and empty."""
    desk = blank(language, server)
    document, _ = _built(language)
    copy = document.copy()
    copy.id = desk.id
    desk.server.desk.store.files[desk.id].document = copy
    return desk
