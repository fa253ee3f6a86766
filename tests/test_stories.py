"""Whole stories: a workbook goes in, the right people get the right letter, the sheet tells it."""

import email
import email.policy
import shutil
import sqlite3
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sync.cli import main
from tests.workbooks import Desk, columns_of, edit, make, people_s_cells, regua, sheet_of

MONDAY = "2026-03-16"
TUESDAY = "2026-03-17"


def invoice(
    name: str, client: str, due: date, amount: str = "1000.00", **more: Any
) -> dict[str, Any]:
    return {"id": name, "client": client, "due_on": due, "amount": Decimal(amount), **more}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Ana is ten days late, Bia has paid, Caio disputes, Davi's is due on Thursday."""
    rows = [
        invoice("A-1", "Ana", date(2026, 3, 6)),
        invoice("B-1", "Bia", date(2026, 3, 6), paid_on=date(2026, 3, 9)),
        invoice("C-1", "Caio", date(2026, 3, 6), disputed=True),
        invoice("D-1", "Davi", date(2026, 3, 19)),
    ]
    return Desk(make(tmp_path / "book.xlsx", rows))


def letter(path: Path) -> EmailMessage:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_only_who_owes_is_reminded_and_the_sheet_tells_why_the_others_are_not(desk: Desk) -> None:
    before = people_s_cells(desk.book)
    code, result = desk.run(MONDAY)
    assert code == 0
    assert {message["client"] for message in result["sent"]} == {"Ana", "Davi"}
    rows = {row["id"]: row for row in desk.rows("receivables")}
    assert rows["A-1"]["status"] == "Overdue"
    assert rows["A-1"]["days_past_due"] == 10
    assert rows["A-1"]["last_step"] == "First reminder"
    assert rows["B-1"]["status"] == "Paid"
    assert rows["C-1"]["status"] == "Disputed"
    assert rows["C-1"]["hold_reason"]
    assert rows["D-1"]["status"] == "Not due"
    assert [row["outcome"] for row in desk.rows("history")] == ["Sent", "Sent"]
    assert people_s_cells(desk.book) == before


def test_a_letter_names_the_creditor_the_invoice_and_the_amount(desk: Desk) -> None:
    desk.run(MONDAY)
    ana = next(letter(path) for path in desk.letters() if "ana@" in letter(path)["To"])
    assert ana["Auto-Submitted"] == "auto-generated"
    assert "mailto:" in ana["List-Unsubscribe"]
    for kind in ("plain", "html"):
        body = ana.get_body((kind,))
        assert body is not None
        text = body.get_content().replace("\u00a0", " ")
        for word in ("A-1", "Exemplo Serviços Ltda", "11.222.333/0001-81", "Rua das Flores"):
            assert word in text, (kind, word)
        assert "1,000.00" in text


def test_the_next_reminder_answers_the_first_one(desk: Desk) -> None:
    desk.run(MONDAY)
    first = next(letter(p) for p in desk.letters() if "ana@" in letter(p)["To"])
    desk.run("2026-03-23")
    second = [letter(p) for p in desk.letters() if "ana@" in letter(p)["To"]][-1]
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["Message-ID"] != first["Message-ID"]


def test_running_twice_on_a_day_sends_nothing_and_touches_nothing_of_theirs(desk: Desk) -> None:
    desk.run(MONDAY)
    letters, cells = desk.letters(), people_s_cells(desk.book)
    code, result = desk.run(MONDAY)
    assert (code, result["sent"], desk.letters()) == (0, [], letters)
    assert people_s_cells(desk.book) == cells


def test_losing_the_ledger_sends_nothing_twice(desk: Desk) -> None:
    desk.run(MONDAY)
    shutil.rmtree(desk.state)
    assert desk.run(MONDAY)[1]["sent"] == []
    assert desk.run(TUESDAY)[1]["sent"] == []


def test_clearing_history_sends_nothing_twice_and_history_is_written_again(desk: Desk) -> None:
    desk.run(MONDAY)
    book = load_workbook(desk.book)
    sheet = sheet_of(book, "history")
    sheet.delete_rows(2, sheet.max_row)
    book.save(desk.book)
    assert desk.run(MONDAY)[1]["sent"] == []
    assert len(desk.rows("history")) == 2


def test_a_workbook_restored_from_yesterday_repeats_nothing(desk: Desk) -> None:
    yesterday = desk.book.read_bytes()
    desk.run(MONDAY)
    desk.book.write_bytes(yesterday)
    assert desk.run(TUESDAY)[1]["sent"] == []


def test_a_payment_typed_in_time_stops_the_next_reminder(desk: Desk) -> None:
    desk.run(MONDAY)
    desk.edit("receivables", "A-1", paid_on=date(2026, 3, 18))
    result = desk.run("2026-03-23")[1]
    assert "Ana" not in {message["client"] for message in result["sent"]}


def test_a_copy_of_the_workbook_chases_nobody_until_a_person_says_which_is_real(desk: Desk) -> None:
    desk.run(MONDAY)
    copy = desk.book.with_name("copy.xlsx")
    shutil.copy(desk.book, copy)
    where = ("--workbook", copy, "--state", desk.state, "--outbox", desk.outbox)
    code, refused = regua("run", "--date", "2026-03-23", *where)
    assert (code, refused["error"]) == (4, "is_a_copy")
    code, result = regua("run", "--date", "2026-03-23", "--moved", *where)
    assert code == 0
    assert result["sent"]
    assert desk.run("2026-03-24")[0] == 4  # now the first one is the copy


def test_a_copy_taken_to_another_computer_is_refused_there_too(desk: Desk) -> None:
    desk.run(MONDAY)
    copy = desk.book.with_name("copy.xlsx")
    shutil.copy(desk.book, copy)
    elsewhere = desk.book.parent / "another-computer"
    where = ("--workbook", copy, "--state", elsewhere, "--outbox", desk.outbox)
    assert regua("run", "--date", "2026-03-23", *where)[0] == 4


def test_in_approval_mode_nothing_leaves_until_a_person_ticks_it(tmp_path: Path) -> None:
    rows = [invoice("A-1", "Ana", date(2026, 3, 6)), invoice("D-1", "Davi", date(2026, 3, 19))]
    desk = Desk(make(tmp_path / "book.xlsx", rows, settings={"mode": "approval"}))
    assert desk.run(MONDAY)[1]["sent"] == []
    queue = {row["client"]: row for row in desk.rows("queue")}
    assert queue["Ana"]["state"] == "Needs approval"
    tick(desk.book, "Ana", approve="Yes")
    result = desk.run(MONDAY)[1]
    assert [message["client"] for message in result["sent"]] == ["Ana"]
    left = {row["client"]: row for row in desk.rows("queue")}
    assert "Ana" not in left or left["Ana"]["approve"] is None


@pytest.mark.parametrize(
    ("change", "goes"),
    [
        ({}, True),
        ({"paid_on": date(2026, 3, 16)}, False),
        ({"disputed": "Yes"}, False),
        ({"hold_until": date(2026, 3, 31)}, False),
        ({"amount": 900}, True),
        ({"amount": 1100}, False),
        ({"due_on": date(2026, 3, 5)}, False),
        ({"cancelled": "Void"}, False),
        ({"notes": "called them"}, True),
    ],
)
def test_an_approval_covers_what_it_showed_and_no_more(
    tmp_path: Path, change: dict[str, Any], goes: bool
) -> None:
    rows = [invoice("A-1", "Ana", date(2026, 3, 6))]
    desk = Desk(make(tmp_path / "book.xlsx", rows, settings={"mode": "approval"}))
    desk.run(MONDAY)
    tick(desk.book, "Ana", approve="Yes")
    if change:
        desk.edit("receivables", "A-1", **change)
    assert bool(desk.run(MONDAY)[1]["sent"]) is goes


def test_an_approval_is_void_when_the_address_changes(tmp_path: Path) -> None:
    rows = [invoice("A-1", "Ana", date(2026, 3, 6))]
    desk = Desk(make(tmp_path / "book.xlsx", rows, settings={"mode": "approval"}))
    desk.run(MONDAY)
    tick(desk.book, "Ana", approve="Yes")
    edit(desk.book, "clients", "Ana", email="someone.else@example.com")
    result = desk.run(MONDAY)[1]
    assert result["sent"] == []
    reasons = {each["client"]: each["reason"] for each in result["decisions"]}
    assert reasons["Ana"] == "changed_since_approval"


def test_a_skipped_step_is_recorded_and_never_sent(tmp_path: Path) -> None:
    rows = [invoice("A-1", "Ana", date(2026, 3, 6))]
    desk = Desk(make(tmp_path / "book.xlsx", rows, settings={"mode": "approval"}))
    desk.run(MONDAY)
    tick(desk.book, "Ana", skip="Yes")
    assert desk.run(MONDAY)[1]["sent"] == []
    assert [row["outcome"] for row in desk.rows("history")] == ["Skipped"]
    desk.run(TUESDAY)
    assert len(desk.rows("history")) == 1


def test_preview_mode_sends_nothing_and_the_plan_says_what_it_would(tmp_path: Path) -> None:
    rows = [invoice("A-1", "Ana", date(2026, 3, 6))]
    desk = Desk(make(tmp_path / "book.xlsx", rows, settings={"mode": "preview"}))
    decision = desk.plan(MONDAY)["decisions"][0]
    assert (decision["action"], decision["reason"]) == ("send", "preview_mode")
    assert desk.run(MONDAY)[1]["sent"] == []


def test_a_message_left_uncertain_is_shown_and_settled_by_a_person(desk: Desk) -> None:
    desk.run(MONDAY)
    reference = next(row["reference"] for row in desk.rows("history") if row["client"] == "Ana")
    with sqlite3.connect(desk.state / "ledger.sqlite3") as ledger:
        ledger.execute("update messages set state='sending' where reference=?", (reference,))
        ledger.execute("update message_keys set state='sending' where reference=?", (reference,))
    ledger.close()
    book = load_workbook(desk.book)  # and the sheet had not been told either
    sheet = sheet_of(book, "history")
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if cell.value == "Sent":
                cell.value = "Sending"
    book.save(desk.book)
    code, result = desk.run(TUESDAY)
    assert (code, result["sent"]) == (5, []), "the run that finds it tells of it"
    told = [(each["client"], each["reference"], each["detail"]) for each in result["uncertain"]]
    assert told == [("Ana", reference, "interrupted")]
    code, result = desk.run(TUESDAY)
    assert (code, result["uncertain"]) == (0, []), "and only that one: the sheet shows it by now"
    outcomes = {row["client"]: row["outcome"] for row in desk.rows("history")}
    assert outcomes["Ana"] == "Uncertain"
    queue = {row["client"]: row for row in desk.rows("queue")}
    assert queue["Ana"]["state"] == "Uncertain"
    assert main_settle(desk, str(reference), "resend") == 0
    again = desk.run(TUESDAY)[1]
    assert [message["client"] for message in again["sent"]] == ["Ana"]


def test_a_claim_in_the_sheet_that_no_ledger_knows_is_told_as_uncertain(desk: Desk) -> None:
    """The ledger was lost while a message was leaving; only the sheet's claim is left."""
    desk.run(MONDAY)
    book = load_workbook(desk.book)
    sheet = sheet_of(book, "history")
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if cell.value == "Sent":
                cell.value = "Sending"
    book.save(desk.book)
    (desk.state / "ledger.sqlite3").unlink()
    code, result = desk.run(TUESDAY)
    claimed = {row["reference"] for row in desk.rows("history")}
    assert (code, result["sent"]) == (5, [])
    assert {each["reference"] for each in result["uncertain"]} == claimed
    assert desk.run(TUESDAY)[0] == 0


def main_settle(desk: Desk, reference: str, verdict: str) -> int:
    return main(["settle", reference, verdict, *map(str, desk.where)])


def tick(path: Path, client: str, **marks: str) -> None:
    """Tick on the client's queue row."""
    book = load_workbook(path)
    sheet = sheet_of(book, "queue")
    columns = columns_of(sheet, "queue")
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, columns["client"]).value == client:
            for name, mark in marks.items():
                sheet.cell(row, columns[name], mark)
            book.save(path)
            return
    raise KeyError(client)
