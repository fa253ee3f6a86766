"""What a third look found: agreements whose instalments would ask for what was paid, and the like.

Stories with the real commands on real workbooks.
"""

from collections.abc import Mapping
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.boletos import boleto
from tests.workbooks import Desk, columns_of, make, regua, sheet_of

NOVEMBER_3 = date(2026, 11, 3)
PLAN = {
    "at": NOVEMBER_3,
    "client": "Ana",
    "kind": "Agreement",
    "instalments": 3,
    "first_due_on": date(2026, 11, 20),
}
OWED = (
    {"id": "F-1", "client": "Ana", "due_on": date(2026, 9, 1), "amount": 1000},
    {"id": "F-2", "client": "Ana", "due_on": date(2026, 9, 2), "amount": 2000},
)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGUA_NOW", "2026-11-30T12:00:00-03:00")


def desk(
    folder: Path,
    negotiations: tuple[Mapping[str, object], ...] = (),
    payments: tuple[Mapping[str, object], ...] = (),
) -> Desk:
    book = folder / "book.xlsx"
    return Desk(make(book, OWED, negotiations=negotiations, payments=payments))


def agreed(folder: Path, **values: object) -> Desk:
    """Ana's plan of three instalments, typed on 3 November and carried out."""
    team = desk(folder, negotiations=({**PLAN, **values},))
    team.run("2026-11-03")
    return team


def type_row(team: Desk, tab: str, **values: object) -> None:
    """Add a row as a person would."""
    book = load_workbook(team.book)
    sheet = sheet_of(book, tab)
    columns = columns_of(sheet, tab)
    row = 2
    while any(sheet.cell(row, column).value is not None for column in columns.values()):
        row += 1
    for key, value in values.items():
        sheet.cell(row, columns[key], value)
    book.save(team.book)


def delete_rows(team: Desk, tab: str, first: int, count: int) -> None:
    book = load_workbook(team.book)
    sheet_of(book, tab).delete_rows(first, count)
    book.save(team.book)


def codes(team: Desk, day: str) -> list[str]:
    return [issue["problem"] for issue in team.plan(day)["issues"]]


def asked_for(team: Desk, day: str) -> list[str]:
    """What a run's messages are about."""
    sent = team.run(day)[1]["sent"]
    return [name for message in sent for name in message["receivables"]]


DAY_BEFORE_FIRST = "2026-11-18"


def test_a_running_plan_is_asked_for_by_its_instalments(tmp_path: Path) -> None:
    team = agreed(tmp_path)
    assert codes(team, DAY_BEFORE_FIRST) == []
    assert asked_for(team, DAY_BEFORE_FIRST) == ["N-0001/1"]


@pytest.mark.parametrize(
    ("told", "receivable", "amount", "on"),
    [
        ("all of one invoice, the day before", "F-1", 1000, date(2026, 11, 2)),
        ("all of one invoice, the same day", "F-1", 1000, NOVEMBER_3),
        ("a part of one, the same day", "F-2", 300, NOVEMBER_3),
    ],
)
def test_money_of_before_a_plan_that_is_entered_after_it_is_not_asked_for_again(
    tmp_path: Path, told: str, receivable: str, amount: int, on: date
) -> None:
    team = agreed(tmp_path)
    type_row(team, "payments", paid_on=on, receivable=receivable, client="Ana", amount=amount)
    assert codes(team, DAY_BEFORE_FIRST) == ["agreement_paid_before"], told
    assert asked_for(team, DAY_BEFORE_FIRST) == []


def test_nor_is_that_of_a_plan_made_by_command(tmp_path: Path) -> None:
    team = desk(tmp_path)
    choice = ("--option", "2", "--yes", "--date", "2026-11-03")
    ref = regua("agree", "Ana", *choice, *team.where)[1]["ref"]
    type_row(team, "payments", paid_on=NOVEMBER_3, receivable="F-1", client="Ana", amount=400)
    assert codes(team, "2026-11-04") == ["agreement_paid_before"]
    assert asked_for(team, "2026-11-04") == []  # no confirmation of a plan that is in doubt
    delete_rows(team, "payments", 2, 1)
    type_row(team, "payments", paid_on=NOVEMBER_3, receivable=f"{ref}/1", client="Ana", amount=400)
    assert asked_for(team, "2026-11-04") == [f"{ref}/{n}" for n in (1, 2, 3)]


def test_money_that_was_known_when_a_plan_was_made_raises_no_doubt(tmp_path: Path) -> None:
    paid = {"paid_on": NOVEMBER_3, "receivable": "F-2", "client": "Ana", "amount": 300}
    team = desk(tmp_path, negotiations=(PLAN,), payments=(paid,))
    team.run("2026-11-03")
    assert [row["amount"] for row in team.rows("instalments")] == [900, 900, 900]
    assert asked_for(team, DAY_BEFORE_FIRST) == ["N-0001/1"]


def test_a_plan_about_what_was_cancelled_in_part_says_why_it_waits(tmp_path: Path) -> None:
    team = agreed(tmp_path)
    team.edit("receivables", "F-1", cancelled="Void")
    assert codes(team, DAY_BEFORE_FIRST) == ["agreement_part_cancelled"]
    assert asked_for(team, DAY_BEFORE_FIRST) == []
    assert len({row["hold_reason"] for row in team.rows("instalments")}) == 1
    team.edit("receivables", "F-2", cancelled="Void")
    assert codes(team, DAY_BEFORE_FIRST) == []


def test_an_agreement_that_was_ended_is_not_said_to_be_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    team = desk(tmp_path)
    choice = ("agree", "Ana", "--option", "2", "--yes", "--date", "2026-11-03", *team.where)
    ref = regua(*choice)[1]["ref"]
    book = load_workbook(team.book)
    sheet = sheet_of(book, "negotiations")
    sheet.cell(2, columns_of(sheet, "negotiations")["closed_on"], NOVEMBER_3)
    book.save(team.book)
    code, page = regua(*choice)
    assert (code, page["error"]) == (2, "agreement_ended")
    assert ref in capsys.readouterr().err


def test_an_instalment_that_somebody_deleted_is_not_forgotten(tmp_path: Path) -> None:
    team = agreed(tmp_path)
    delete_rows(team, "instalments", 3, 1)
    assert codes(team, DAY_BEFORE_FIRST) == ["agreement_parts_differ"]
    assert asked_for(team, DAY_BEFORE_FIRST) == []


def test_an_amount_that_is_changed_after_its_instalments_were_written_is_told(
    tmp_path: Path,
) -> None:
    team = agreed(tmp_path, amount=2400)
    number = [row["ref"] for row in team.rows("negotiations")].index("N-0001") + 2
    book = load_workbook(team.book)
    sheet = sheet_of(book, "negotiations")
    sheet.cell(number, columns_of(sheet, "negotiations")["amount"], 2100)
    book.save(team.book)
    assert codes(team, DAY_BEFORE_FIRST) == ["agreement_parts_differ"]
    assert asked_for(team, DAY_BEFORE_FIRST) == []


def test_instalments_that_messages_told_of_are_not_written_twice(tmp_path: Path) -> None:
    team = agreed(tmp_path)
    assert asked_for(team, DAY_BEFORE_FIRST) == ["N-0001/1"]
    delete_rows(team, "instalments", 2, 3)
    assert codes(team, "2026-11-26") == ["agreement_parts_gone"]
    assert asked_for(team, "2026-11-26") == []
    assert team.rows("instalments") == []


def test_instalments_of_what_is_no_agreement_any_more_have_their_issue(tmp_path: Path) -> None:
    team = agreed(tmp_path)
    book = load_workbook(team.book)
    sheet = sheet_of(book, "negotiations")
    sheet.cell(2, columns_of(sheet, "negotiations")["kind"], "Note")
    book.save(team.book)
    assert codes(team, DAY_BEFORE_FIRST) == ["unknown_agreement"] * 3
    assert asked_for(team, DAY_BEFORE_FIRST) == []


def test_a_promise_may_be_about_an_instalment(tmp_path: Path) -> None:
    team = agreed(tmp_path)
    promise = {"at": date(2026, 11, 17), "client": "Ana", "kind": "Promise", "amount": 1000}
    type_row(team, "negotiations", **promise, receivables="n-0001/1", pay_by=date(2026, 11, 23))
    assert codes(team, DAY_BEFORE_FIRST) == []
    assert asked_for(team, DAY_BEFORE_FIRST) == []
    assert [row["status"] for row in team.rows("instalments")] == ["Promised", "Not due", "Not due"]


def test_an_agreement_about_an_instalment_is_told_what_to_name(tmp_path: Path) -> None:
    team = agreed(tmp_path)
    again = {**PLAN, "at": date(2026, 11, 10), "receivables": "N-0001/2; N-0001/3"}
    type_row(team, "negotiations", **again)
    assert codes(team, DAY_BEFORE_FIRST) == ["agreement_names_instalment"]
    assert asked_for(team, DAY_BEFORE_FIRST) == []
    assert len(team.rows("instalments")) == 3


@pytest.mark.parametrize("column", ["to_days", "minimum_instalment", "valid_days"])
def test_without_a_column_that_bounds_them_no_offers_are_made(tmp_path: Path, column: str) -> None:
    team = desk(tmp_path)
    offer = ("offer", "Ana", "--date", "2026-11-03", *team.where)
    assert regua(*offer)[1]["options"]
    book = load_workbook(team.book)
    sheet = sheet_of(book, "offers")
    sheet.cell(1, columns_of(sheet, "offers")[column], "Mine")
    book.save(team.book)
    assert regua(*offer)[1]["options"] == []
    assert "offers_stopped" in codes(team, "2026-11-03")


DUE = date(2026, 11, 3)


def owing(folder: Path, *rows: Mapping[str, object]) -> Desk:
    return Desk(
        make(folder / "book.xlsx", [{"due_on": DUE, "amount": 1000, **row} for row in rows])
    )


def last_letter(team: Desk) -> str:
    message = message_from_bytes(team.letters()[-1].read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize(("received", "shown"), [({}, True), ({"paid_amount": 400}, False)])
def test_the_boleto_of_the_whole_is_not_asked_for_once_a_part_was_paid(
    tmp_path: Path, received: Mapping[str, object], shown: bool
) -> None:
    paid = {**received, "paid_on": date(2026, 11, 4)} if received else {}
    code = boleto("1000", DUE)
    team = owing(tmp_path, {"id": "F-1", "client": "Ana", "payment_code": code, **paid})
    assert asked_for(team, "2026-11-06") == ["F-1"]
    assert (code in last_letter(team)) is shown


def test_wrong_digits_stand_in_no_letter_about_what_was_paid_in_part(tmp_path: Path) -> None:
    code = boleto("600", DUE)[:-1]
    paid = {"paid_on": date(2026, 11, 4), "paid_amount": 400}
    team = owing(tmp_path, {"id": "F-1", "client": "Ana", "payment_code": code, **paid})
    assert asked_for(team, "2026-11-06") == ["F-1"]
    assert code not in last_letter(team)


def test_nobody_is_sent_the_boleto_of_another_invoice(tmp_path: Path) -> None:
    ana = {"id": "F-1", "client": "Ana", "payment_code": boleto("1000", DUE)}
    bia = {"id": "F-2", "client": "Bia", "payment_code": boleto("1000", DUE).replace(" ", "")}
    cid = {"id": "F-3", "client": "Cid", "payment_code": boleto("1000", DUE, bank="001")}
    team = owing(tmp_path, ana, bia, cid)
    assert codes(team, "2026-11-06") == ["shared_payment_code"] * 2
    assert asked_for(team, "2026-11-06") == ["F-3"]


def test_a_boleto_that_leaves_its_amount_open_may_be_of_many(tmp_path: Path) -> None:
    rows = [{"id": f"F-{n}", "client": "Ana", "payment_code": boleto("0", None)} for n in (1, 2)]
    team = owing(tmp_path, *rows)
    assert codes(team, "2026-11-06") == []
    assert asked_for(team, "2026-11-06") == ["F-1", "F-2"]
