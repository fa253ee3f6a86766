"""Who would get a plan that nobody agreed to: every attempt, from the mailbox into the sheet.

One office, a client for each attempt. All have the same letter with options; all answers stand in
the mailbox when one run reads them. Nothing but what is plainly right may become an agreement.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import sync.answer_gate
import sync.mail_source
from mailer import reference as codes
from mailer.answer_types import Answer
from mailer.answers import read_answer
from sync.answer_gate import Gate
from tests.adversaries import ANSWERED, BY_NAME, CASES, SERVER, TEAM, Case, Letters
from tests.customers import Delivered, Desk, written
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import columns_of, make, sheet_of

FIRST, SECOND, READ = (f"2026-03-{day}T09:00:00-03:00" for day in (16, 23, 24))


@dataclass
class Story:
    """The office before the answers are read: to be copied, and read as often as one likes."""

    desk: Desk
    letters: Letters

    def another(self, folder: Path) -> Desk:
        """The same office in a folder of its own, with the same mailbox."""
        shutil.copytree(self.desk.book.parent, folder)
        return Desk(folder / self.desk.book.name, self.desk.smtp, self.desk.imap)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    rows = [
        {
            "id": f"NF-{c.name}",
            "client": c.name,
            "due_on": date(2026, 3, 6),
            "amount": Decimal(1000),
        }
        for c in CASES
    ]
    folder = tmp_path_factory.mktemp("adversaries") / "office"
    folder.mkdir()
    with LocalSmtp() as smtp, LocalImap() as imap, pytest.MonkeyPatch.context() as patch:
        desk = Desk(make(folder / "book.xlsx", rows), smtp, imap)
        desk.configure(trusted_server=SERVER)
        assert desk.run(patch, FIRST) == 0
        assert desk.run(patch, SECOND) == 0
        by_client = [
            {str(each.message["To"]).split("@")[0]: each for each in part} for part in _halves(desk)
        ]
        letters = Letters(first=by_client[0], offers=by_client[1])
        for case in CASES:
            made = case.attempt(letters, case.name)
            for place, message in enumerate([made] if isinstance(made, EmailMessage) else made):
                desk.receive(message, ANSWERED + timedelta(hours=place))
        desk.receive(
            written("shop@example.org", TEAM, "Buy 2", "Option 2 of our catalogue", ANSWERED),
            ANSWERED,
        )
        _meanwhile(desk.book)
        yield Story(desk, letters)


def _halves(desk: Desk) -> tuple[list[Delivered], list[Delivered]]:
    sent = desk.delivered()
    assert len(sent) == 2 * len(CASES)
    return sent[: len(CASES)], sent[len(CASES) :]


def _meanwhile(path: Path) -> None:
    """What the team typed between the letter and the run that reads the answers."""
    book = load_workbook(path)
    sheet = sheet_of(book, "receivables")
    columns = columns_of(sheet, "receivables")
    for row in range(2, sheet.max_row + 1):
        client = sheet.cell(row, columns["client"]).value
        if client in BY_NAME:
            for name, value in BY_NAME[str(client)].change.items():
                sheet.cell(row, columns[name], value)
    book.save(path)


@pytest.fixture(scope="module")
def read(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The office after the run that read all answers."""
    desk = story.another(tmp_path_factory.mktemp("read") / "office")
    with pytest.MonkeyPatch.context() as patch:
        assert desk.run(patch, READ, "--moved") == 0
    return desk


def rows_by_client(desk: Desk) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for row in desk.rows("negotiations"):
        found.setdefault(str(row["client"]), []).append(row)
    return found


@pytest.fixture(scope="module")
def by_client(read: Desk) -> dict[str, list[dict[str, object]]]:
    return rows_by_client(read)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_answer_becomes_what_it_plainly_is_or_waits_for_a_person(
    case: Case, by_client: dict[str, list[dict[str, object]]]
) -> None:
    rows = by_client.get(case.name, [])
    assert tuple(row["kind"] for row in rows) == case.rows
    assert any(case.why in str(row["notes"]) for row in rows) or not case.why


def wrongly_accepted(desk: Desk) -> set[str]:
    """Clients with more agreements or instalments than they plainly asked for."""
    wrong = set()
    for client, rows in rows_by_client(desk).items():
        agreed = [row["kind"] for row in rows].count("Agreement")
        if agreed > BY_NAME[client].accepts:
            wrong.add(client)
    planned = {str(row["client"]) for row in desk.rows("instalments")}
    return wrong | {client for client in planned if not BY_NAME[client].accepts}


def test_nobody_gets_a_plan_who_did_not_plainly_ask_for_it(read: Desk) -> None:
    assert wrongly_accepted(read) == set()
    assert {str(row["client"]) for row in read.rows("instalments")} == {
        case.name for case in CASES if case.accepts
    }
    assert {row["client"] for row in read.rows("negotiations")} <= BY_NAME.keys()


# Each demand of the gate is there for a reason: without it somebody gets a plan.


def _demands(*dropped: str) -> Callable[[pytest.MonkeyPatch], None]:
    """The gate without some of its demands on an answer."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        right = Gate._why_unproven

        def wrong(self: Gate, *arguments: object) -> str | None:
            why = right(self, *arguments)  # type: ignore[arg-type] # passed through
            return None if why in dropped else why

        patch.setattr(Gate, "_why_unproven", wrong)

    return apply


def _any_sender(patch: pytest.MonkeyPatch) -> None:
    class Everybody(frozenset[str]):
        def __contains__(self, _address: object) -> bool:
            return True

    patch.setattr(sync.answer_gate, "addresses_of", lambda _client: Everybody())


def _reading(change: Callable[[Answer], Answer]) -> Callable[[pytest.MonkeyPatch], None]:
    """Answers taken for something else than they are."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        def wrong(raw: bytes, **more: Any) -> Answer:
            return change(read_answer(raw, **more))

        patch.setattr("sync.conversation.read_answer", wrong)

    return apply


def _authentic(answer: Answer) -> Answer:
    return replace(answer, authentication="pass")


def _first_number(answer: Answer) -> Answer:
    """Whoever names a number means it."""
    number = str(answer.options[0]) if answer.options else answer.choice
    return replace(answer, choice=number, contradicts=False)


def _unsigned(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(codes, "verify", lambda *_arguments, **_more: True)


def _blind_to_changes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Gate, "why_not_now", lambda *_arguments: None)


def _deaf_to_the_rest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sync.mail_source, "_why_not_beside", lambda *_arguments: None)


def _any_message_s_code(patch: pytest.MonkeyPatch) -> None:
    _demands("other_message", "contradicts")(patch)


MUTANTS = {
    "any sender": (_any_sender, {"stranger", "victim", "masked"}),
    "no authentication": (_reading(_authentic), {"doubted"}),
    "the first number counts": (_reading(_first_number), {"later", "either", "if", "cheaper"}),
    "no signature": (_unsigned, {"forged", "altered"}),
    "signature failed, so what": (_demands("signature"), {"forged", "altered"}),
    "codes of other messages": (_any_message_s_code, {"swapped"}),
    "what changed since": (_blind_to_changes, {"part", "settled", "contested", "smaller", "void"}),
    "what they said besides": (_deaf_to_the_rest, {"regrets", "disputing", "paying"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_without_a_demand_somebody_is_wrongly_taken_at_their_word(
    name: str, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply, victims = MUTANTS[name]
    apply(monkeypatch)
    desk = story.another(tmp_path / "office")
    desk.run(monkeypatch, READ, "--moved")
    assert wrongly_accepted(desk) & victims
