"""The process dies while it takes answers in; then a sound run comes.

Wherever it dies: each answer becomes its row once, the plan is written once, the confirmation
leaves once, and nobody's answer is lost. The mailbox is never touched.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from openpyxl import load_workbook

import sync.conversation
import sync.ledger_mail
import sync.ledger_offers
import sync.mail_source
import sync.taking_in
from sync.effects import ref_of
from sync.ledger_mail import LedgerMail
from sync.ledger_offers import LedgerOffers
from sync.mail_source import MailSource
from tests.customers import SAO_PAULO, Desk, bounced, press
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.whole_office import KILLED, in_child, run_here
from tests.workbooks import columns_of, make, sheet_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="forks and kills processes"),
]

FIRST, SECOND, THIRD = (f"2026-03-{day}T09:00:00-03:00" for day in (16, 23, 24))
ANSWERED = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)
STEPS = (
    ("mail_source", "collect"),
    ("conversation", "_choice_of_option"),
    ("ledger_offers", "accept"),
    ("mail_source", "_take"),
    ("ledger_mail", "take"),
    ("mail_source", "changes"),
    ("taking_in", "take_in"),
    ("mail_source", "written"),
    ("ledger_mail", "recorded"),
)
"""Where a message is read, decided, remembered, written into the sheet and forgotten."""
FILES = {
    str(module.__file__): name
    for name, module in {
        "conversation": sync.conversation,
        "ledger_mail": sync.ledger_mail,
        "ledger_offers": sync.ledger_offers,
        "mail_source": sync.mail_source,
        "taking_in": sync.taking_in,
    }.items()
}


@dataclass
class Office:
    """The desk with its answers waiting, and a copy of it to begin again from."""

    desk: Desk
    before: Path

    def again(self) -> None:
        """As it was when the answers came."""
        folder = self.desk.book.parent
        shutil.rmtree(folder)
        shutil.copytree(self.before, folder)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(("Ana", "Bia", "Gil"), 1)
    ]
    folder = tmp_path_factory.mktemp("kill")
    (folder / "office").mkdir()
    with LocalSmtp() as smtp, LocalImap() as imap, pytest.MonkeyPatch.context() as patch:
        desk = Desk(make(folder / "office" / "book.xlsx", rows), smtp, imap)
        desk.configure()
        assert desk.run(patch, FIRST) == 0
        assert desk.run(patch, SECOND) == 0
        letters = {str(each.message["To"]): each for each in desk.delivered()}
        ana, bia, gil = (f"{name}@example.com" for name in ("ana", "bia", "gil"))
        desk.receive(press(letters[ana].link("-2-"), ana, ANSWERED), ANSWERED)
        desk.receive(press(letters[bia].link("-D-"), bia, ANSWERED), ANSWERED)
        desk.receive(bounced(letters[gil], ANSWERED), ANSWERED)
        shutil.copytree(desk.book.parent, folder / "before")
        yield Office(desk, folder / "before")


@pytest.fixture(autouse=True)
def _next_morning(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    monkeypatch.setenv("REGUA_NOW", THIRD)
    monkeypatch.setenv("REGUA_IMAP_PASSWORD", office.desk.imap.password)


def each_line_of(call: Callable[[], None], step: tuple[str, str]) -> None:
    """Call before each line of one function, and when it returns."""

    def lines(_frame: FrameType, event: str, _argument: object) -> Any:
        if event in {"line", "return"}:
            call()
        return lines

    def enter(frame: FrameType, _event: str, _argument: object) -> Any:
        code = frame.f_code
        return lines if (FILES.get(code.co_filename, ""), code.co_name) == step else None

    sys.settrace(enter)


def run_and_die(config: str, step: tuple[str, str], at: int, mutant: str) -> None:
    """A process of its own: a run that ends at a line of a step (0 the first one)."""
    MUTANTS[mutant](setattr)
    passed = 0

    def one_more() -> None:
        nonlocal passed
        if passed == at:
            os._exit(KILLED)
        passed += 1

    each_line_of(one_more, step)
    run_here(Path(config))
    sys.settrace(None)


def run_and_count(config: str, step: tuple[str, str], note: str) -> None:
    """A process of its own: how many lines of the step a whole run passes."""
    passed = 0

    def one_more() -> None:
        nonlocal passed
        passed += 1

    each_line_of(one_more, step)
    run_here(Path(config))
    sys.settrace(None)
    Path(note).write_text(str(passed), encoding="ascii")


def sound_after(office: Office, step: tuple[str, str], at: int, mutant: str = "right") -> None:
    """Die there, run again, and see that everything came in once."""
    office.again()
    before = len(office.desk.smtp.received)
    code = in_child(run_and_die, str(office.desk.config), step, at, mutant)
    assert code == KILLED, f"{step}: the run came past line {at} and ended with {code}"
    run_here(office.desk.config)
    where = f"killed in {step[1]} at {at}"
    rows = sorted((str(r["client"]), str(r["kind"])) for r in office.desk.rows("negotiations"))
    assert rows == [("Ana", "Agreement"), ("Bia", "Dispute"), ("Gil", "Note")], where
    (agreement,) = (r for r in office.desk.rows("negotiations") if r["client"] == "Ana")
    parts = [str(part["instalment"]) for part in office.desk.rows("instalments")]
    count = int(str(agreement["instalments"]))
    assert parts == [f"{agreement['ref']}/{n}" for n in range(1, count + 1)], where
    letters = office.desk.smtp.received[before:]
    assert [each.content.count(b"To: ana@example.com") for each in letters] == [1], where
    outcomes = [r["outcome"] for r in office.desk.rows("history") if r["client"] == "Gil"]
    assert "Bounced" in outcomes, where


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_a_run_killed_while_it_takes_answers_in_loses_and_repeats_nothing(
    office: Office, step: tuple[str, str], tmp_path: Path
) -> None:
    """At the beginning, in the middle and at the end of each step."""
    office.again()
    note = tmp_path / "lines"
    assert in_child(run_and_count, str(office.desk.config), step, str(note)) == 0
    last = int(note.read_text()) - 1
    for at in sorted({0, last // 2, last}):
        sound_after(office, step, at)


# Wrong ways to take answers in, which die where it shows.


Set = Callable[[object, str, Any], None]


def recorded_when_taken(set_: Set) -> None:
    """What was read counts as written at once."""
    take = LedgerMail.take

    def wrong(self: LedgerMail, workbook_id: str, place: Any, **more: Any) -> bool:
        done = take(self, workbook_id, place, **more)
        self.recorded(workbook_id, [place])
        return done

    set_(LedgerMail, "take", wrong)


def another_name_each_time(set_: Set) -> None:
    """A row's ref does not come from its message."""

    def wrong(workbook_id: str, message: str, client: str = "", **more: str) -> str:
        return ref_of(workbook_id, f"{message} {os.getpid()}", client, **more)

    set_(sync.conversation, "ref_of", wrong)


def accepted_before_it_is_known_for_whom(set_: Set) -> None:
    """An option once taken is taken, whoever asks."""
    accept = LedgerOffers.accept

    def wrong(self: LedgerOffers, reference: str, number: int, ref: str) -> bool:
        offered = self.of("test-book", reference)
        return all(each.accepted_as is None for each in offered) and accept(
            self, reference, number, ref
        )

    set_(LedgerOffers, "accept", wrong)


def never_recorded(set_: Set) -> None:
    """What a person deletes comes back for ever."""
    set_(MailSource, "written", lambda _self, _seen: None)


MUTANTS: dict[str, Callable[[Set], None]] = {
    "right": lambda _set: None,
    "recorded when taken": recorded_when_taken,
    "another name each time": another_name_each_time,
    "accepted for whoever asks": accepted_before_it_is_known_for_whom,
}


@pytest.mark.parametrize(
    ("mutant", "step"),
    [
        ("recorded when taken", ("taking_in", "take_in")),
        ("another name each time", ("mail_source", "_take")),
        ("accepted for whoever asks", ("mail_source", "_take")),
    ],
)
def test_a_wrong_way_to_take_answers_in_is_caught(
    office: Office, mutant: str, step: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    MUTANTS[mutant](monkeypatch.setattr)
    with pytest.raises(AssertionError, match="killed in"):
        sound_at_each(office, step, mutant)


def sound_at_each(office: Office, step: tuple[str, str], mutant: str) -> None:
    for at in range(12):
        sound_after(office, step, at, mutant)


def delete_last_row(path: Path) -> None:
    """As a person does, in the negotiations tab."""
    book = load_workbook(path)
    sheet = sheet_of(book, "negotiations")
    column = columns_of(sheet, "negotiations")["client"]
    last = max(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column).value)
    sheet.delete_rows(last)
    book.save(path)


def test_a_row_that_a_person_deleted_does_not_come_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are written again only until the sheet has shown them."""
    office.again()
    run_here(office.desk.config)
    delete_last_row(office.desk.book)
    left = len(office.desk.rows("negotiations"))
    run_here(office.desk.config)
    assert len(office.desk.rows("negotiations")) == left
    never_recorded(monkeypatch.setattr)
    office.again()
    run_here(office.desk.config)
    delete_last_row(office.desk.book)
    run_here(office.desk.config)
    assert len(office.desk.rows("negotiations")) == left + 1, "the mutant brings it back"
