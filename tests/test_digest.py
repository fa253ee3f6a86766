"""The daily digest: once a day, to whom the settings name, and never in the way of anything."""

import email
import email.policy
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.workbooks import Desk, make


def book(path: Path, language: str) -> Desk:
    amount = Decimal("1000.00")
    rows = [
        {"id": "A-1", "client": "Ana", "due_on": date(2026, 3, 6), "amount": amount},
        {"id": "B-1", "client": "Bia", "due_on": date(2026, 3, 6), "amount": amount},
    ]
    clients = [{"client": "Ana", "email": "ana@example.com"}, {"client": "Bia"}]
    settings = {"digest_to": "dono@example.com; socia@example.com"}
    return Desk(make(path, rows, clients, language=language, settings=settings))


def digests(desk: Desk) -> list[email.message.Message]:
    letters = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in desk.letters()
    ]
    return [each for each in letters if "dono@example.com" in str(each["To"])]


@pytest.mark.parametrize(("language", "word"), [("en", "Sent (1)"), ("pt-BR", "Enviados (1)")])
def test_the_team_is_told_once_a_day_what_went_and_what_is_held(
    tmp_path: Path, language: str, word: str
) -> None:
    desk = book(tmp_path / "book.xlsx", language)
    desk.run("2026-03-16")
    (told,) = digests(desk)
    assert told["To"] == "dono@example.com, socia@example.com"
    assert told["Auto-Submitted"] == "auto-generated"
    text = told.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert word in text
    assert "Ana" in text
    desk.run("2026-03-16")
    assert len(digests(desk)) == 1
    desk.run("2026-03-17")
    assert len(digests(desk)) == 2


def test_nobody_is_told_when_the_setting_is_blank(tmp_path: Path) -> None:
    amount = Decimal("1000.00")
    rows = [{"id": "A-1", "client": "Ana", "due_on": date(2026, 3, 6), "amount": amount}]
    desk = Desk(make(tmp_path / "book.xlsx", rows))
    desk.run("2026-03-16")
    assert len(desk.letters()) == 1
