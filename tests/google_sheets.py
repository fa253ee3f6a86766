"""A standard workbook on the local Google server: built once a language, copied for a test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sheet_templates.google import setup_requests
from sheet_templates.google_layout import quoted
from sheet_templates.google_present import (
    COLUMN_SEARCH,
    FIELDS,
    PresentSheet,
    present_sheet,
    ranges_to_read,
)
from tests.fakes.google import GoogleServer

if TYPE_CHECKING:
    from tests.fakes.google.person import Person
    from tests.fakes.google.state import Document

ANA, BIA = "ana@example.com", "bia@example.com"
ROBOT = "regua@local-project.iam.gserviceaccount.com"
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
