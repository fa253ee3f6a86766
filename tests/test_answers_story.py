"""A customer is reminded, chooses with one click, and the sheet shows all of it by itself."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.customers import SAO_PAULO, Desk, press, reply
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import make

WORDS = {
    "en": {
        "two": "Option 2",
        "paid": "paid",
        "agreement": "Agreement",
        "open": "Open",
        "in_plan": "In plan",
        "replied": "Replied",
        "says_paid": "Says paid",
        "dispute": "Dispute",
        "contact": "Contact",
    },
    "pt-BR": {
        "two": "Opção 2",
        "paid": "paguei",
        "agreement": "Acordo",
        "open": "Aberta",
        "in_plan": "Em acordo",
        "replied": "Respondido",
        "says_paid": "Já paguei",
        "dispute": "Contestação",
        "contact": "Contato",
    },
}
FIRST, SECOND, THIRD = (f"2026-03-{day}T09:00:00-03:00" for day in (16, 23, 24))
ANSWERED = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)


@pytest.fixture
def servers() -> Iterator[tuple[LocalSmtp, LocalImap]]:
    with LocalSmtp() as smtp, LocalImap() as imap:
        yield smtp, imap


def office(folder: Path, servers: tuple[LocalSmtp, LocalImap], language: str = "en") -> Desk:
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(("Ana", "Bia", "Caio"), 1)
    ]
    book = make(folder / "book.xlsx", rows, language=language)
    desk = Desk(book, *servers, language=language)
    desk.configure()
    return desk


def offered(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """Two reminders to each; the second carries options."""
    assert desk.run(patch, FIRST) == 0
    assert desk.run(patch, SECOND) == 0
    assert len(desk.smtp.received) == 6


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_each_kind_of_link_becomes_its_row_and_an_accepted_option_its_plan(
    tmp_path: Path,
    servers: tuple[LocalSmtp, LocalImap],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    say = WORDS[language]
    desk = office(tmp_path, servers, language)
    offered(desk, monkeypatch)
    letters = {str(each.message["To"]): each for each in desk.delivered()[3:]}
    ana, bia = letters["ana@example.com"], letters["bia@example.com"]
    desk.receive(press(ana.link(say["two"]), "Ana <ana@example.com>", ANSWERED), ANSWERED)
    desk.receive(press(bia.link(say["paid"]), "bia@example.com", ANSWERED), ANSWERED)
    desk.receive(
        reply(letters["caio@example.com"], "caio@example.com", "Quem fala?", ANSWERED), ANSWERED
    )
    assert desk.run(monkeypatch, THIRD) == 0
    rows = {row["client"]: row for row in desk.rows("negotiations")}
    assert {name: row["kind"] for name, row in rows.items()} == {
        "Ana": say["agreement"],
        "Bia": say["says_paid"],
        "Caio": say["contact"],
    }
    assert rows["Ana"]["outcome"] == say["open"]
    parts = desk.rows("instalments")
    assert len(parts) == rows["Ana"]["instalments"]
    assert round(sum(float(str(part["amount"])) for part in parts), 2) == rows["Ana"]["amount"]
    states = {row["id"]: row["status"] for row in desk.rows("receivables")}
    assert states["NF-1"] == say["in_plan"]
    history = [row["outcome"] for row in desk.rows("history") if row["client"] == "Ana"]
    assert say["replied"] in history
    new = desk.delivered()[6:]
    assert [str(each.message["To"]) for each in new] == ["ana@example.com"], "the confirmation"
    assert len(desk.imap.uids()) == 3
    assert all("\\Seen" not in desk.imap.flags(uid) for uid in desk.imap.uids())
    assert desk.run(monkeypatch, "2026-03-24T10:00:00-03:00") == 0
    assert len(desk.rows("negotiations")) == 3
    assert len(desk.delivered()) == 7
