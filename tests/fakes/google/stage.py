"""A server, a sheet that Ana made and shared with a robot, and the robot's gspread client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from gspread.exceptions import APIError

from .app import GoogleServer, Limits
from .client import open_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import gspread

    from .person import Person

ROBOT = "robot@local-project.iam.gserviceaccount.com"
ANA = "ana@example.com"
BIA = "bia@example.com"
TODAY = datetime(2026, 3, 10, 12, tzinfo=UTC)


@dataclass(kw_only=True)
class Stage:
    """`book_id` is the sheet; `minute` moves the quotas' clock."""

    server: GoogleServer
    client: gspread.Client
    book_id: str
    clock: list[float]

    @property
    def book(self) -> gspread.Spreadsheet:
        """The sheet as gspread has it (one request)."""
        return self.client.open_by_key(self.book_id)

    @property
    def ana(self) -> Person:
        """Who owns the sheet, in her browser."""
        return self.server.person(ANA)

    @property
    def bia(self) -> Person:
        """A colleague who may edit."""
        return self.server.person(BIA)

    def refused(self, act: Callable[[], object]) -> dict[str, Any]:
        """The `error` of the refusal that an act meets."""
        with pytest.raises(APIError) as caught:
            act()
        error: dict[str, Any] = caught.value.response.json()["error"]
        return error


def stage(*, locale: str = "en_US", limits: Limits | None = None) -> Iterator[Stage]:
    """The stage, for a fixture to `yield from`."""
    clock = [0.0]
    with GoogleServer(limits=limits, now=lambda: TODAY, clock=lambda: clock[0]) as server:
        key = server.service_account(ROBOT)
        book_id = server.new_spreadsheet("Cobrança", owner=ANA, locale=locale)
        server.share(book_id, ROBOT)
        server.share(book_id, BIA)
        client = open_client(server, key)
        yield Stage(server=server, client=client, book_id=book_id, clock=clock)
        client.http_client.session.close()
