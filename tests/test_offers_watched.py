"""Options that no longer hold when their letter is to leave stay at home, and nothing else does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from openpyxl import load_workbook

import sync.watch
from mailer.delivery import Outcome, Transport
from mailer.letter import OutgoingMessage
from sync import wiring
from sync.run import run
from sync.settings import load
from tests.customers import Desk
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import columns_of, edit, make, sheet_of

FIRST, SECOND = (f"2026-03-{day}T09:00:00-03:00" for day in (16, 23))


@dataclass
class Interrupted:
    """A transport after whose first message somebody does something."""

    inner: Transport
    then: Callable[[], None] | None

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.inner.__exit__(kind, error, trace)

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Outcome:
        outcome = self.inner.deliver(message, on_commit)
        then, self.then = self.then, None
        if then is not None:
            then()
        return outcome


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(("Ana", "Bia", "Caio"), 1)
    ]
    with LocalSmtp() as smtp, LocalImap() as imap, pytest.MonkeyPatch.context() as patch:
        desk = Desk(make(tmp_path / "book.xlsx", rows), smtp, imap)
        desk.configure()
        assert desk.run(patch, FIRST) == 0
        patch.setenv("REGUA_NOW", SECOND)
        patch.setenv("REGUA_IMAP_PASSWORD", imap.password)
        yield desk


def second_letters(desk: Desk, after_the_first: Callable[[], None]) -> list[str]:
    """Who gets the letter with options when that happens after the first one left."""
    before = len(desk.smtp.received)
    settings = load(desk.config)
    with wiring.engine_for(settings, settings.workbooks[0]) as engine:
        run(replace(engine, transport=Interrupted(engine.transport, after_the_first)))
    return [str(each.message["To"]) for each in desk.delivered()[before:]]


def change_the_offers(path: Path) -> None:
    """The team gives less time for every offer."""
    book = load_workbook(path)
    sheet = sheet_of(book, "offers")
    column = columns_of(sheet, "offers")["valid_days"]
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, column, 1)
    book.save(path)


def test_letters_with_options_that_the_team_just_changed_do_not_leave(desk: Desk) -> None:
    assert len(second_letters(desk, lambda: change_the_offers(desk.book))) == 1
    outcomes = [row["outcome"] for row in desk.rows("history")][3:]
    assert sorted(map(str, outcomes)) == ["Cancelled", "Cancelled", "Sent"]
    assert len(second_letters(desk, lambda: None)) == 2, "the next run offers what holds now"


def test_a_save_that_changes_no_option_stops_no_letter(desk: Desk) -> None:
    note = "asked for Rosa"
    left = second_letters(desk, lambda: edit(desk.book, "receivables", "NF-2", notes=note))
    assert len(left) == 3


def test_a_watch_that_looks_at_amounts_only_lets_old_options_leave(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync.watch, "same_options", lambda *_arguments: True)
    assert len(second_letters(desk, lambda: change_the_offers(desk.book))) == 3
