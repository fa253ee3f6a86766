"""What somebody who had not written the product found by using it: nobody is reminded twice.

Each story is told through the commands alone, on a workbook edited as a person would.
"""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from sync.stores.memory import MemoryStore
from sync.workbook import SetIdentity
from tests.workbooks import Desk, make, regua, sheet_of

DUE = date(2026, 3, 2)
ACME = {"id": "NF-1", "client": "Acme", "due_on": DUE, "amount": 1000}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(make(tmp_path / "book.xlsx", [ACME]))


def sent(answer: tuple[int, Any]) -> list[tuple[str, list[str]]]:
    code, report = answer
    assert code == 0, report
    return [(message["step"], message["receivables"]) for message in report["sent"]]


def lose_the_ledger(desk: Desk) -> None:
    shutil.rmtree(desk.state)


def lose_the_history(desk: Desk) -> None:
    book = load_workbook(desk.book)
    sheet = sheet_of(book, "history")
    sheet.delete_rows(2, sheet.max_row)
    book.save(desk.book)


@pytest.mark.parametrize("lose", [None, lose_the_ledger, lose_the_history])
def test_a_clock_set_back_sends_nothing_twice_whichever_record_is_lost(
    desk: Desk, lose: Any
) -> None:
    """The ladder says the same of the 5th and the 12th: both times the first reminder is due."""
    assert sent(desk.run("2026-03-12")) == [("First reminder", ["NF-1"])]
    if lose is not None:
        lose(desk)
    assert sent(desk.run("2026-03-05")) == []
    assert sent(desk.run("2026-03-12")) == []


def test_a_plan_for_a_past_day_still_tells_what_that_day_knew(desk: Desk) -> None:
    desk.run("2026-03-12")
    (decision,) = desk.plan("2026-03-05")["decisions"]
    assert (decision["action"], decision["reason"]) == ("send", None)


def test_a_day_to_come_may_be_tried_in_a_folder_and_money_dated_by_then_counts(
    tmp_path: Path,
) -> None:
    """The 17th of March 2098 is a Monday, the 14th a Friday."""
    paid = {"id": "A-1", "client": "Acme", "due_on": date(2098, 3, 10), "amount": 70}
    late = {**paid, "id": "B-1", "client": "Beta"}
    desk = Desk(make(tmp_path / "book.xlsx", [{**paid, "paid_on": date(2098, 3, 12)}, late]))
    assert sent(desk.run("2098-03-17")) == [("First reminder", ["B-1"])]
    assert sent(desk.run("2098-03-17")) == []


def test_a_payment_after_the_day_to_come_is_an_error_still(tmp_path: Path) -> None:
    row = {"id": "A-1", "client": "Acme", "due_on": date(2098, 3, 10), "amount": 70}
    other = {**row, "id": "A-2", "paid_on": date(2098, 3, 18)}
    desk = Desk(make(tmp_path / "book.xlsx", [row, other]))
    code, report = desk.run("2098-03-17")
    assert (code, report["sent"]) == (0, [])
    assert [d["reason"] for d in report["decisions"]] == ["row_problem"]


@pytest.mark.parametrize("retyped", ["nf-1", "NF -1", " Nf-1 "])
@pytest.mark.parametrize("lose", [None, lose_the_ledger, lose_the_history])
def test_an_invoice_retyped_in_other_case_starts_no_new_ladder(
    desk: Desk, retyped: str, lose: Any
) -> None:
    """The product takes nf-1 and NF-1 for one invoice; so does its memory."""
    assert sent(desk.run("2026-03-05")) == [("First reminder", ["NF-1"])]
    desk.edit("receivables", "NF-1", id=retyped)
    if lose is not None:
        lose(desk)
    assert sent(desk.run("2026-03-09")) == []
    assert sent(desk.run("2026-03-12")) == [("Second reminder", [retyped.strip()])]


def test_the_plan_agrees_about_the_retyped_invoice(desk: Desk) -> None:
    desk.run("2026-03-05")
    desk.edit("receivables", "NF-1", id="nf-1")
    (decision,) = regua("plan", "--date", "2026-03-09", *desk.where)[1]["decisions"]
    assert decision["reason"] == "already_reminded"


def without_identity(path: Path, *, names: str | None) -> None:
    """The workbook as somebody's own program would have made it: no identity inside.

    `names` replaces the element of defined names: None leaves it out.
    """
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    workbook = parts["xl/workbook.xml"].decode()
    workbook = re.sub(
        r"<definedNames>.*</definedNames>", lambda _: names or "", workbook, flags=re.DOTALL
    )
    parts["xl/workbook.xml"] = workbook.encode()
    with ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


THEIRS = '<definedNames><definedName name="rate">0.5</definedName></definedNames>'


@pytest.mark.parametrize(
    "names", [None, "<definedNames/>", "<definedNames></definedNames>", THEIRS]
)
def test_a_workbook_without_identity_has_one_after_its_first_run(
    desk: Desk, names: str | None
) -> None:
    """A copy of it is then refused, and the file moved is known with all that was sent."""
    without_identity(desk.book, names=names)
    assert sent(desk.run("2026-03-05")) == [("First reminder", ["NF-1"])]

    copy = Desk(desk.book.with_name("copy.xlsx"))
    shutil.copy(desk.book, copy.book)
    copy.state = desk.state
    code, report = copy.run("2026-03-12")
    assert (code, report["error"]) == (4, "is_a_copy")

    moved = Desk(desk.book.rename(desk.book.with_name("moved.xlsx")))
    moved.state = desk.state
    lose_the_history(moved)
    assert sent(moved.run("2026-03-05", "--moved")) == []
    kept = load_workbook(moved.book).defined_names
    assert "regua_workbook_id" in kept
    assert ("rate" in kept) == (names == THEIRS)


def test_an_identity_that_is_there_stays() -> None:
    store = MemoryStore(workbook_id="mine")
    store.apply([SetIdentity(workbook_id="another")], store.revision())
    assert store.read().workbook_id == "mine"


def test_a_workbook_in_memory_takes_an_identity_too() -> None:
    store = MemoryStore(workbook_id=None)
    store.apply([SetIdentity(workbook_id="mine")], store.revision())
    assert store.read().workbook_id == "mine"
