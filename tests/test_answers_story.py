"""Customers are reminded and answer, each in their way, and the sheet shows all of it by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.customers import SAO_PAULO, Delivered, Desk, away, bounced, press, reply
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import make

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "kinds": ["Agreement", "Says paid", "Contact", "Dispute", "Contact", "Proposal"],
        "note": "Note",
        "proposal": "Proposal",
        "open": "Open",
        "in_plan": "In plan",
        "disputed": "Disputed",
        "replied": "Replied",
        "bounced": "Bounced",
        "came_back": "came back",
        "call": "asks for a call",
        "used": "was accepted before",
        "expired": "had expired",
        "digest": "Held by an answer for more than ten days (4)",
    },
    "pt-BR": {
        "kinds": ["Acordo", "Já paguei", "Contato", "Contestação", "Contato", "Proposta"],
        "note": "Nota",
        "proposal": "Proposta",
        "open": "Aberta",
        "in_plan": "Em acordo",
        "disputed": "Contestado",
        "replied": "Respondido",
        "bounced": "Devolvido",
        "came_back": "voltou",
        "call": "pede uma ligação",
        "used": "já foi aceita",
        "expired": "já tinha vencido",
        "digest": "Suspensos por uma resposta há mais de dez dias (4)",
    },
}
NAMES = ("Ana", "Bia", "Caio", "Davi", "Eva", "Fabio", "Gil", "Hugo", "Ivo")
FIRST, SECOND, THIRD, LATER = (
    f"2026-{day}T09:00:00-03:00" for day in ("03-16", "03-23", "03-24", "04-07")
)
ANSWERED = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)
LATE = datetime(2026, 4, 6, 15, 0, tzinfo=SAO_PAULO)
OWNER, BOSS = "rosa@example.org", "dono@example.org"


def address(name: str) -> str:
    return f"{name.lower()}@example.com"


@pytest.fixture
def servers() -> Iterator[tuple[LocalSmtp, LocalImap]]:
    with LocalSmtp() as smtp, LocalImap() as imap:
        yield smtp, imap


def office(folder: Path, servers: tuple[LocalSmtp, LocalImap], language: str = "en") -> Desk:
    """Everybody is ten days late; Rosa looks after Davi and Gil. Gil and Hugo owe more in April."""
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(NAMES, 1)
    ]
    rows += [
        {"id": f"NF-2{n}", "client": name, "due_on": date(2026, 4, 2), "amount": Decimal(500)}
        for n, name in enumerate(("Gil", "Hugo"), 1)
    ]
    clients = [
        {
            "client": name,
            "email": address(name),
            "owner": {"Davi": OWNER, "Gil": OWNER, "Eva": "Rosa"}.get(name),
        }
        for name in NAMES
    ]
    settings = {"digest_to": BOSS}
    book = make(folder / "book.xlsx", rows, clients, language=language, settings=settings)
    desk = Desk(book, *servers, language=language)
    desk.configure()
    return desk


@dataclass
class Post:
    """What each person has received."""

    desk: Desk

    def to(self, somebody: str) -> list[Delivered]:
        return [each for each in self.desk.delivered() if str(each.message["To"]) == somebody]

    def last(self, name: str) -> Delivered:
        return self.to(address(name))[-1]


def answers(desk: Desk, post: Post) -> None:
    """One of each kind of answer, on the afternoon of the letter with options."""

    def pressed(name: str, choice: str) -> None:
        message = press(post.last(name).link(choice), f"{name} <{address(name)}>", ANSWERED)
        desk.receive(message, ANSWERED)

    def said(name: str, words: str) -> None:
        desk.receive(reply(post.last(name), address(name), words, ANSWERED), ANSWERED)

    pressed("Ana", "-2-")
    pressed("Bia", "-P-")
    said("Caio", "Quem fala?")
    pressed("Davi", "-D-")
    pressed("Eva", "-C-")
    said("Fabio", "aceito a 2 mas só mês que vem")
    desk.receive(bounced(post.last("Gil"), ANSWERED), ANSWERED)
    desk.receive(away(post.last("Hugo"), address("Hugo"), ANSWERED), ANSWERED)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_every_kind_of_answer_becomes_its_row_and_holds_what_it_should(
    tmp_path: Path,
    servers: tuple[LocalSmtp, LocalImap],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    say = WORDS[language]
    desk = office(tmp_path, servers, language)
    post = Post(desk)
    # Two reminders to everybody; the second carries options.
    assert desk.run(monkeypatch, FIRST) == 0
    assert desk.run(monkeypatch, SECOND) == 0
    assert [len(post.to(address(name))) for name in NAMES] == [2] * len(NAMES)
    letters = {name: post.last(name) for name in NAMES}

    # They answer in the afternoon, and the next morning's run reads it.
    answers(desk, post)
    assert desk.run(monkeypatch, THIRD) == 0
    each_has_a_row(desk, say)
    parts = ana_has_a_plan_and_a_confirmation(desk, post, say)
    messages_show_what_became_of_them(desk, say)
    rosa_is_told_of_her_clients(post)
    assert all("\\Seen" not in desk.imap.flags(uid) for uid in desk.imap.uids())
    assert len(desk.imap.uids()) == 8, "the mailbox is as it was"

    # Nothing twice; two weeks later a second option and an offer that has expired count no more.
    assert desk.run(monkeypatch, "2026-03-24T10:00:00-03:00") == 0
    assert len(desk.rows("negotiations")) == 8
    desk.receive(press(letters["Ana"].link("-1-"), address("Ana"), ANSWERED), ANSWERED)
    desk.receive(press(letters["Ivo"].link("-2-"), address("Ivo"), LATE), LATE)
    assert desk.run(monkeypatch, LATER) == 0
    too_late = desk.rows("negotiations")[8:]
    assert [(row["client"], row["kind"]) for row in too_late] == [
        ("Ana", say["proposal"]),
        ("Ivo", say["proposal"]),
    ]
    assert say["used"] in str(too_late[0]["notes"])
    assert say["expired"] in str(too_late[1]["notes"])
    assert amounts(desk.rows("instalments")) == amounts(parts)
    gil_is_not_written_to_until_the_address_is_mended(desk, post, say)
    the_digest_names_those_who_wait_for_long(post, say)
    assert len(post.to(OWNER)) == 1


Rows = list[dict[str, object]]


def each_has_a_row(desk: Desk, say: dict[str, Any]) -> None:
    rows = {str(row["client"]): row for row in desk.rows("negotiations")}
    assert [rows[name]["kind"] for name in NAMES[:6]] == say["kinds"]
    assert [rows[name]["kind"] for name in ("Gil", "Hugo")] == [say["note"], say["note"]]
    assert "Ivo" not in rows
    assert say["call"] in str(rows["Eva"]["notes"])
    assert "Quem fala?" in str(rows["Caio"]["notes"])


def ana_has_a_plan_and_a_confirmation(desk: Desk, post: Post, say: dict[str, Any]) -> Rows:
    (agreement,) = (row for row in desk.rows("negotiations") if row["client"] == "Ana")
    parts = desk.rows("instalments")
    assert agreement["outcome"] == say["open"]
    assert len(parts) == agreement["instalments"]
    assert round(sum(float(str(part["amount"])) for part in parts), 2) == agreement["amount"]
    states = {row["client"]: row["status"] for row in desk.rows("receivables")}
    assert (states["Ana"], states["Davi"]) == (say["in_plan"], say["disputed"])
    assert [len(post.to(address(name))) for name in NAMES] == [3] + [2] * 8
    return parts


def messages_show_what_became_of_them(desk: Desk, say: dict[str, Any]) -> None:
    """Gil's came back, Bia answered hers; Hugo's holiday changes nothing."""
    outcomes = {row["client"]: row["outcome"] for row in desk.rows("history")}
    assert outcomes["Gil"] == say["bounced"]
    assert outcomes["Bia"] == say["replied"]
    assert outcomes["Hugo"] == outcomes["Ivo"]


def rosa_is_told_of_her_clients(post: Post) -> None:
    (told,) = post.to(OWNER)
    assert "Davi" in told.text
    assert "Gil" in told.text
    assert "Bia" not in told.text


def gil_is_not_written_to_until_the_address_is_mended(
    desk: Desk, post: Post, say: dict[str, Any]
) -> None:
    """The next step has come for both: Hugo gets it, Gil is held and the queue says why."""
    reasons = {row["client"]: str(row["reason"]) for row in desk.rows("queue")}
    assert say["came_back"] in reasons["Gil"]
    assert [len(post.to(address(name))) for name in ("Gil", "Hugo")] == [2, 3]
    (flagged,) = desk.rows("issues")
    assert flagged["value"] == address("Gil")
    assert say["came_back"] in str(flagged["problem"])


def the_digest_names_those_who_wait_for_long(post: Post, say: dict[str, Any]) -> None:
    new, _, old = post.to(BOSS)[-1].text.partition(say["digest"])
    assert [name for name in NAMES if f"  {name} · " in old] == ["Ana", "Bia", "Davi", "Fabio"]
    assert f"  Ivo · {say['proposal']} · " in new


def amounts(parts: Rows) -> list[tuple[object, object, object]]:
    return [(part["instalment"], part["due_on"], part["amount"]) for part in parts]
