"""An office whose clients have just got a letter with options: where many stories begin."""

import shutil
import socket
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.customers import SAO_PAULO, Delivered, Desk, press
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import make

FIRST, SECOND, THIRD = (f"2026-03-{day}T09:00:00-03:00" for day in (16, 23, 24))
ANSWERED = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)
TEAM, BOSS = "financeiro@example.com", "dono@example.org"
ANA, BIA, TWINS = "ana@example.com", "bia@example.com", "twins@example.com"


@dataclass(frozen=True)
class Past:
    """An office after two reminders to each client, and the letters with options."""

    folder: Path
    letters: list[Delivered]

    def letter(self, client: str) -> Delivered:
        """By the client: those who share an address are told apart by their invoices."""
        invoice = {"Ana": "NF-1", "Bia": "NF-2", "Caio": "NF-3", "Davi": "NF-4"}[client]
        return next(each for each in self.letters if invoice in each.text)


def live_past(folder: Path) -> Past:
    """Two reminders to each; the second, on Monday 23 March, carries options."""
    names = {"Ana": ANA, "Bia": BIA, "Caio": TWINS, "Davi": TWINS}
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(names, 1)
    ]
    clients = [{"client": name, "email": address} for name, address in names.items()]
    folder.mkdir()
    with LocalSmtp() as smtp, LocalImap() as imap, pytest.MonkeyPatch.context() as patch:
        book = make(folder / "book.xlsx", rows, clients, settings={"digest_to": BOSS})
        desk = Desk(book, smtp, imap)
        desk.configure()
        assert desk.run(patch, FIRST) == 0
        assert desk.run(patch, SECOND) == 0
        letters = [each for each in desk.delivered() if str(each.message["To"]) != BOSS][4:]
    return Past(folder, letters)


def opened(past: Past, folder: Path, smtp: LocalSmtp, imap: LocalImap) -> Desk:
    """The same office in a folder of its own, with its servers."""
    shutil.copytree(past.folder, folder)
    desk = Desk(folder / "book.xlsx", smtp, imap)
    desk.configure()
    return desk


def run(desk: Desk, patch: pytest.MonkeyPatch, moment: str = THIRD, *more: str) -> int:
    """The copy of an office has moved, and nobody minds."""
    return desk.run(patch, moment, "--moved", *more)


def kinds(desk: Desk) -> list[tuple[object, object]]:
    return [(row["client"], row["kind"]) for row in desk.rows("negotiations")]


def accepted(past: Past) -> EmailMessage:
    return press(past.letter("Ana").link("-2-"), ANA, ANSWERED)


def nobody_listens() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def in_excel(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rosa has the workbook open while a run comes; what she leaves behind."""
    owner = desk.book.with_name("~$book.xlsx")
    owner.write_bytes(b"\x04Rosa".ljust(55, b" ") + b"\x04\x00" + "Rosa".encode("utf-16-le"))
    assert run(desk, monkeypatch) == 4
    return owner
