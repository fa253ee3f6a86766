"""One computer that runs the engine on a store, with a ledger and an outbox of its own."""

from __future__ import annotations

import email
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mailer.folder import FolderTransport
from sync import wiring
from sync.ledger import Ledger
from sync.locks import run_lock
from sync.run import Engine, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from sync.report import RunReport
    from sync.workbook import Store

ZONE = ZoneInfo("America/Sao_Paulo")
TODAY = date(2026, 3, 10)


class Service:
    """One computer with its ledger and its outbox."""

    def __init__(self, folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.store = folder, store
        self.today = TODAY
        self._patch = monkeypatch

    def now(self) -> datetime:
        return datetime.combine(self.today, time(9, 5), tzinfo=ZONE)

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        self._patch.setenv("REGUA_NOW", self.now().replace(tzinfo=None).isoformat())
        self.folder.mkdir(parents=True, exist_ok=True)
        with (
            Ledger(self.folder / wiring.LEDGER_FILE, self.now) as ledger,
            FolderTransport(self.folder / "outbox") as transport,
        ):
            yield Engine(
                store=self.store,
                ledger=ledger,
                transport=transport,
                sender=None,
                calendar_for=wiring.calendar_for,
                now=self.now,
                today=self.today,
                lock=lambda identity: run_lock(self.folder, identity),
                by="regua",
            )

    def run(self) -> RunReport:
        with self.engine() as engine:
            return run(engine)

    def letters(self) -> list[tuple[str, str]]:
        read = [
            email.message_from_bytes(path.read_bytes())
            for path in (self.folder / "outbox").glob("*.eml")
        ]
        return sorted((str(one["To"]), str(one["Subject"])) for one in read)
