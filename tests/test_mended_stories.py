"""What was found later, one story each, with the real commands on real workbooks."""

from collections.abc import Mapping
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from sheet_templates import headings
from sync.words import words
from tests.test_fresh_eyes_3 import OWED, PLAN, codes, last_letter, type_row
from tests.workbooks import Desk, make


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGUA_NOW", "2026-11-30T12:00:00-03:00")


def office(folder: Path, *said: Mapping[str, object]) -> Desk:
    return Desk(make(folder / "book.xlsx", OWED, negotiations=said))


def test_the_amount_of_each_instalment_typed_as_the_amount_forgives_nothing(tmp_path: Path) -> None:
    team = office(tmp_path, {**PLAN, "amount": 1000})
    team.run("2026-11-03")
    assert team.rows("instalments") == []
    assert codes(team, "2026-11-03") == ["agreement_amount_each"]
    (issue,) = team.rows("issues")
    assert "total" in str(issue["problem"])
    assert "each instalment" in str(issue["problem"])
    blocked = {str(row["hold_reason"]) for row in team.rows("receivables")}
    assert blocked == {words("en", "reasons.agreement_waits")}, "the client wrote nothing"


def test_a_first_day_in_2062_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    team = office(tmp_path, {**PLAN, "first_due_on": date(2062, 11, 20)})
    team.run("2026-11-03")
    assert team.rows("instalments") == []
    assert codes(team, "2026-11-03") == ["agreement_due_far"]


# What the letters say.


def test_a_due_date_that_a_holiday_moved_is_not_said_to_be_today(tmp_path: Path) -> None:
    due = {"id": "F-1", "client": "Ana", "due_on": date(2026, 11, 20), "amount": 1000}
    team = Desk(make(tmp_path / "book.xlsx", [due]))
    team.run("2026-11-23")  # Friday the 20th is a holiday
    subject = message_from_bytes(team.letters()[-1].read_bytes(), policy=policy.default)["subject"]
    assert "to be paid today (due date" in subject
    text = last_letter(team)
    assert "Today is the last day to pay on time" in text
    assert "Today is the due date" not in text


@pytest.mark.parametrize(
    ("language", "opening"),
    [("en", "Thank you. This is what we agreed on:"), ("pt-BR", "Obrigado. Este é o combinado:")],
)
def test_the_confirmation_answers_nobody_who_did_not_write(language: str, opening: str) -> None:
    body = headings.locale(language)["letters"]["confirmation"]["body"]
    assert opening in body
    assert "answer. " not in body
    assert "resposta" not in body


# What stands in the queue.


@pytest.mark.parametrize("day", ["2026-11-09", "2026-11-18"])
def test_what_is_owed_stands_once_beside_a_plan_that_is_held(tmp_path: Path, day: str) -> None:
    team = office(tmp_path, PLAN)
    team.run("2026-11-03")
    talk = {"at": date(2026, 11, 4), "client": "Ana", "kind": "Dispute"}
    type_row(team, "negotiations", **talk, receivables="N-0001/1")
    team.run(day)
    (row,) = team.rows("queue")
    assert row["state"] == "Held"
    assert "F-1" in str(row["receivables"]), "what its plan replaced"
    assert row["total"] == 3000
