"""In doubt nobody is charged: rows that cannot be read, and money that names nobody."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.workbooks import Desk, columns_of, make, regua, sheet_of

LATE = date(2026, 3, 6)


def book(path: Path, **payment: Any) -> Desk:
    rows = [
        {"id": "A-1", "client": "Ana", "due_on": LATE, "amount": Decimal("123.45")},
        {"id": "B-1", "client": "Bia", "due_on": LATE, "amount": Decimal("500.00")},
    ]
    payments = [{"paid_on": date(2026, 3, 10), **payment}] if payment else []
    return Desk(make(path, rows, payments=payments))


def spoil(desk: Desk, **cells: Any) -> None:
    """Type over the first row, Ana's only one."""
    workbook = load_workbook(desk.book)
    sheet = sheet_of(workbook, "receivables")
    columns = columns_of(sheet, "receivables")
    for key, value in cells.items():
        sheet.cell(2, columns[key], value)
    workbook.save(desk.book)


@pytest.mark.parametrize(
    "cells", [{"due_on": "31/02/2026"}, {"amount": -5}, {"amount": 0}, {"amount": "dez"}]
)
def test_a_client_whose_only_row_cannot_be_read_is_held_and_told(
    tmp_path: Path, cells: dict[str, Any]
) -> None:
    desk = book(tmp_path / "book.xlsx")
    spoil(desk, **cells)
    code, result = desk.run("2026-03-16")
    assert code == 0
    assert [message["client"] for message in result["sent"]] == ["Bia"]
    ana = next(each for each in result["decisions"] if each["client"] == "Ana")
    assert (ana["action"], ana["reason"]) == ("hold", "row_problem")
    assert [(item["id"], item["status"]) for item in ana["receivables"]] == [("A-1", "problem")]
    queue = {row["client"]: row for row in desk.rows("queue")}
    assert queue["Ana"]["state"] == "Held"
    assert next(r for r in desk.rows("receivables") if r["id"] == "A-1")["status"] == "Problem"
    assert regua("explain", "A-1", "--date", "2026-03-16", *desk.where)[1]["status"] == "problem"


@pytest.mark.parametrize("invoice", [None, "A-l"])
def test_money_that_names_nobody_holds_whoever_owes_just_that(
    tmp_path: Path, invoice: str | None
) -> None:
    desk = book(tmp_path / "book.xlsx", amount=Decimal("123.45"), receivable=invoice)
    result = desk.run("2026-03-16")[1]
    assert [message["client"] for message in result["sent"]] == ["Bia"]
    reasons = {each["client"]: each["reason"] for each in result["decisions"]}
    assert reasons["Ana"] == "row_problem"


def test_while_a_deciding_heading_is_missing_no_zero_is_written(tmp_path: Path) -> None:
    desk = book(tmp_path / "book.xlsx")
    desk.run("2026-03-16")
    before = {row["client"]: row["open_balance"] for row in desk.rows("clients")}
    workbook = load_workbook(desk.book)
    sheet = sheet_of(workbook, "receivables")
    sheet.cell(1, columns_of(sheet, "receivables")["due_on"], "Due dat")
    workbook.save(desk.book)
    code, result = desk.run("2026-03-23")
    assert (code, result["sent"]) == (0, [])
    assert {row["client"]: row["open_balance"] for row in desk.rows("clients")} == before
    assert before["Ana"] == 123.45
    told = [row for row in desk.rows("issues") if row["column"] == "Due date"]
    assert len(told) == 1  # the heading, once; not a line for each row that now lacks it
    assert len(desk.rows("runs")) == 2
