"""An offer counts once and in its time, also where nothing else would stop it.

Ana's plan was ended by the team, so her debt is open again; Bia's first payment would be weeks
away. Only the gate knows that Ana's letter was used and that Bia's has expired.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sync.answer_gate import Gate
from sync.domain.facts import Reminder
from sync.ledger_offers import LedgerOffers, Offered
from tests.customers import SAO_PAULO, Desk, press
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import edit, make

ANA, BIA = "ana@example.com", "bia@example.com"
OFFERS = [
    {"from_days": 1, "instalments": count, "first_due_days": 20, "valid_days": 5}
    for count in (1, 2)
]


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=SAO_PAULO)


def kinds_after(folder: Path, patch: pytest.MonkeyPatch) -> list[tuple[object, object]]:
    """Ana accepts, the team ends her plan, she accepts again; Bia accepts two days too late."""
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(("Ana", "Bia"), 1)
    ]
    with LocalSmtp() as smtp, LocalImap() as imap:
        desk = Desk(make(folder / "book.xlsx", rows, offers=OFFERS), smtp, imap)
        desk.configure()
        for day in (16, 23):
            assert desk.run(patch, at(day).isoformat()) == 0
        letters = {str(each.message["To"]): each for each in desk.delivered()}
        desk.receive(press(letters[ANA].link("-2-"), ANA, at(23, 15)), at(23, 15))
        assert desk.run(patch, at(24).isoformat()) == 0
        (agreement,) = desk.rows("negotiations")
        edit(desk.book, "negotiations", str(agreement["ref"]), closed_on=date(2026, 3, 24))
        desk.receive(press(letters[ANA].link("-1-"), ANA, at(25)), at(25))
        desk.receive(press(letters[BIA].link("-2-"), BIA, at(30)), at(30))
        assert desk.run(patch, at(30, 10).isoformat()) == 0
        return [(row["client"], row["kind"]) for row in desk.rows("negotiations")]


def test_what_was_accepted_or_has_expired_counts_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kinds_after(tmp_path, monkeypatch) == [
        ("Ana", "Agreement"),
        ("Ana", "Proposal"),
        ("Bia", "Proposal"),
    ]


def for_ever(patch: pytest.MonkeyPatch) -> None:
    """An offer without an end."""
    right = Gate._why_unproven

    def wrong(self: Gate, answer: object, reminder: Reminder, choice: str, _at: object) -> object:
        return right(self, answer, reminder, choice, reminder.at)  # type: ignore[arg-type] # passed

    patch.setattr(Gate, "_why_unproven", wrong)


def again_and_again(patch: pytest.MonkeyPatch) -> None:
    """Nobody remembers what was accepted."""
    right = LedgerOffers.of

    def wrong(self: LedgerOffers, workbook_id: str, reference: str) -> tuple[Offered, ...]:
        found = right(self, workbook_id, reference)
        return tuple(replace(each, accepted_as=None) for each in found)

    patch.setattr(LedgerOffers, "of", wrong)
    patch.setattr(LedgerOffers, "accept", lambda *_arguments: True)
    patch.setattr("sync.mail_source._why_not_now", lambda *_arguments: None)


@pytest.mark.parametrize(("mutant", "client"), [(for_ever, "Bia"), (again_and_again, "Ana")])
def test_a_gate_that_forgets_is_caught(
    mutant: Callable[[pytest.MonkeyPatch], None],
    client: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant(monkeypatch)
    last = [kind for name, kind in kinds_after(tmp_path, monkeypatch) if name == client][-1]
    assert last == "Agreement"
