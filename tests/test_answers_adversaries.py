"""Who would get a plan that nobody agreed to: every attempt, from the mailbox into the sheet.

One office, a client for each attempt. All have the same letter with options; all answers stand in
the mailbox when one run reads them. Nothing but what is plainly right may become an agreement.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
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
from tests.customers import SAO_PAULO, Delivered, Desk, press, reply, written
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import columns_of, make, sheet_of

FIRST, SECOND, READ = (f"2026-03-{day}T09:00:00-03:00" for day in (16, 23, 24))
ANSWERED = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)
TEAM = "financeiro@example.com"
SERVER = "mx.example.com"


def address(client: str) -> str:
    return f"{client}@example.com"


@dataclass(frozen=True)
class Letters:
    """What each client received: the letter with options, and the one before it."""

    offers: Mapping[str, Delivered]
    first: Mapping[str, Delivered]

    def press(self, client: str, words: str, *, said: str | None = None, **by: str) -> EmailMessage:
        """A link of the client's letter, from the client or from somebody else."""
        sender = by.get("sender", address(client))
        return press(self.offers[client].link(words), sender, ANSWERED, said=said)

    def reply(self, client: str, said: str, **by: str) -> EmailMessage:
        sender = by.get("sender", address(client))
        return reply(self.offers[client], sender, said, ANSWERED)


Attempt = Callable[[Letters, str], EmailMessage | list[EmailMessage]]


@dataclass(frozen=True)
class Case:
    """One client's answers, the rows that they make, and what the team changed meanwhile."""

    name: str
    attempt: Attempt
    rows: tuple[str, ...]
    why: str = ""
    change: Mapping[str, object] = field(default_factory=dict)

    @property
    def accepts(self) -> int:
        return self.rows.count("Agreement")


def two(letters: Letters, client: str) -> EmailMessage:
    return letters.press(client, "Option 2")


def says(words: str) -> Attempt:
    """A reply in one's own words."""
    return lambda letters, client: letters.reply(client, words)


def with_subject(change: Callable[[str], str], **headers: str) -> Attempt:
    """The pressed link with another subject or more headers."""

    def attempt(letters: Letters, client: str) -> EmailMessage:
        message = two(letters, client)
        subject = change(str(message["Subject"]))
        del message["Subject"]
        message["Subject"] = subject
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        return message

    return attempt


def forged(subject: str) -> str:
    return re.sub(r"-([A-Z2-7]{16})", lambda found: "-" + found[1][::-1], subject)


def other_number(letters: Letters, client: str) -> EmailMessage:
    """The code that was signed for option 1, with a 2 in its place."""
    message = letters.press(client, "Option 1")
    subject = str(message["Subject"]).replace("Option 1", "Option 2")
    del message["Subject"]
    message["Subject"] = re.sub(r"(R[A-Z2-7]{11})-1-", r"\1-2-", subject)
    message.set_content(str(message.get_content()).replace("1", "2"))
    return message


def stranger(letters: Letters, client: str) -> EmailMessage:
    return letters.press(client, "Option 2", sender="somebody@example.net")


def in_the_name_of(letters: Letters, client: str) -> EmailMessage:
    return letters.press(client, "Option 2", sender=f'"{address(client)}" <evil@example.net>')


def from_two(letters: Letters, client: str) -> EmailMessage:
    message = two(letters, client)
    del message["From"]
    message["From"] = f"evil@example.net, {address(client)}"
    return message


def both_links(letters: Letters, client: str) -> EmailMessage:
    one = str(letters.press(client, "Option 1")["Subject"])
    message = two(letters, client)
    message.set_content(f"{one}\n{message['Subject']}\n")
    return message


def two_bodies(letters: Letters, client: str) -> EmailMessage:
    message = letters.reply(client, "2")
    message.add_alternative("<p>1</p>", subtype="html")
    return message


def to_the_first(letters: Letters, client: str) -> EmailMessage:
    """An answer to the reminder that offered nothing."""
    return reply(letters.first[client], address(client), "2", ANSWERED)


def without_thread(_letters: Letters, client: str) -> EmailMessage:
    return written(address(client), TEAM, "Option 2", "I accept option 2", ANSWERED)


def unknown_code(letters: Letters, client: str) -> EmailMessage:
    """A code of a message that this workbook never sent."""
    message = two(letters, client)
    code = f"RAAAAAAAAAAA-2-{'B' * 16}"
    del message["Subject"]
    message["Subject"] = f"Option 2 [{code}]"
    message.set_content("2")
    return message


def of_the_victim(letters: Letters, client: str) -> EmailMessage:
    return letters.press("victim", "Option 2", sender=address(client))


def two_references(letters: Letters, client: str) -> EmailMessage:
    """One's own link with the code of another client's letter pasted into the text."""
    code = re.search(
        r"R[A-Z2-7]{11}-2-[A-Z2-7]{16}", str(letters.press("other", "Option 2")["Subject"])
    )
    assert code is not None
    return letters.press(client, "Option 2", said=f"I accept option 2.\n[{code[0]}]")


def once_more(letters: Letters, client: str) -> EmailMessage:
    """The same link pressed again: another message that says the same."""
    message = two(letters, client)
    message.replace_header("Message-ID", f"<again-{client}@mail.example>")
    return message


def after(*attempts: Attempt) -> Attempt:
    """Several messages, an hour between them."""

    def attempt(letters: Letters, client: str) -> list[EmailMessage]:
        made = [each(letters, client) for each in attempts]
        return [each for each in made if isinstance(each, EmailMessage)]

    return attempt


def by_a_machine(letters: Letters, client: str) -> EmailMessage:
    message = two(letters, client)
    message["Auto-Submitted"] = "auto-replied"
    return message


def link(words: str) -> Attempt:
    return lambda letters, client: letters.press(client, words)


def unsubscribing(letters: Letters, client: str) -> EmailMessage:
    header = str(letters.offers[client].message["List-Unsubscribe"])
    return press(header.strip("<>"), address(client), ANSWERED)


def cut_short(letters: Letters, client: str) -> EmailMessage:
    """A message whose parts cannot be told apart."""
    message = two(letters, client)
    del message["Content-Type"]
    message["Content-Type"] = 'multipart/alternative; boundary="never"'
    return message


NOTHING = ()
CASES = [
    # What is plainly right.
    Case("right", two, ("Agreement",)),
    Case("number", says("2"), ("Agreement",)),
    Case("words", says("I accept option 2."), ("Agreement",)),
    Case("folded", with_subject(str.lower), ("Agreement",)),
    Case(
        "authentic",
        with_subject(str, Authentication_Results=f"{SERVER}; dmarc=pass"),
        ("Agreement",),
    ),
    Case("twice", after(two, once_more), ("Agreement", "Note"), "once more"),
    # Codes that were not signed for this.
    Case("forged", with_subject(forged), ("Proposal",), "does not match"),
    Case("altered", other_number, ("Proposal",), "does not match"),
    Case("unknown", unknown_code, ("Proposal",)),
    Case("older", to_the_first, ("Proposal",), "offered no such choice"),
    Case("seven", says("I accept option 7"), ("Proposal",), "offered no such choice"),
    Case("victim", lambda _letters, _client: [], ("Proposal",), "none of the client's"),
    Case("thief", of_the_victim, ("Proposal",)),
    Case("other", lambda _letters, _client: [], NOTHING),
    Case("swapped", two_references, ("Proposal",), "another message"),
    # Senders who are not the client.
    Case("stranger", stranger, ("Proposal",), "none of the client's"),
    Case("masked", in_the_name_of, ("Proposal",), "none of the client's"),
    Case("pair", from_two, ("Proposal",), "none of the client's"),
    Case(
        "doubted",
        with_subject(str, Authentication_Results=f"{SERVER}; dmarc=fail"),
        ("Proposal",),
        "doubts who",
    ),
    Case("team", lambda letters, client: letters.press(client, "Option 2", sender=TEAM), NOTHING),
    # Words that do not say one thing.
    Case("later", says("aceito a 2 mas só mês que vem"), ("Proposal",)),
    Case("refusing", says("não aceito"), ("Contact",)),
    Case("either", says("aceito a 1 ou a 2"), ("Proposal",)),
    Case("if", says("I accept option 2 if you drop the fee"), ("Proposal",)),
    Case("cheaper", says("aceito a 2 por R$ 500,00"), ("Proposal",)),
    Case("quoting", says(""), ("Contact",)),
    Case("both", both_links, ("Proposal",)),
    Case("bodies", two_bodies, ("Proposal",)),
    Case(
        "against",
        lambda letters, client: letters.press(client, "Option 1", said="aceito a 2"),
        ("Proposal",),
    ),
    Case(
        "asking",
        lambda letters, client: letters.press(client, "Option 2", said="next month?"),
        ("Proposal",),
    ),
    Case("nowhere", without_thread, ("Proposal",)),
    Case("broken", cut_short, ("Proposal",)),
    # What the client said besides.
    Case("regrets", after(two, says("não aceito")), ("Proposal", "Contact"), "wrote again"),
    Case("wavers", after(two, link("Option 1")), ("Proposal", "Proposal")),
    Case("disputing", after(link("dispute"), two), ("Dispute", "Proposal"), "waits for a decision"),
    Case("paying", after(link("paid"), two), ("Says paid", "Proposal"), "waits for a decision"),
    # What changed since the letter.
    Case(
        "part", two, ("Proposal",), "no longer", {"paid_on": date(2026, 3, 23), "paid_amount": 100}
    ),
    Case("settled", two, ("Proposal",), "no longer", {"paid_on": date(2026, 3, 24)}),
    Case("contested", two, ("Proposal",), "no longer", {"disputed": "Yes"}),
    Case("smaller", two, ("Proposal",), "no longer", {"amount": 900}),
    Case("void", two, ("Proposal",), "no longer", {"cancelled": "Void"}),
    # Machines, and those who want something else.
    Case("absent", by_a_machine, ("Note",)),
    Case("caller", link("Call me"), ("Contact",), "asks for a call"),
    Case("leaving", unsubscribing, ("Refusal",), "no more of these"),
]
BY_NAME = {case.name: case for case in CASES}


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
