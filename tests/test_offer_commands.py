"""offer and agree on a real workbook, and agreements that people type into it."""

import getpass
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sync.cli import main
from sync.commands import offers
from sync.words import LANGUAGES
from tests.workbooks import Desk, edit, make, people_s_cells, regua

TODAY = "2026-03-12"
RULES: list[dict[str, object]] = [
    {
        "from_days": 5,
        "principal_discount": 0.1,
        "instalments": 1,
        "first_due_days": 5,
        "valid_days": 5,
    },
    {"from_days": 5, "instalments": 3, "minimum_instalment": 100, "first_due_days": 5},
]


def debt(id_: str, client: str, **values: object) -> dict[str, object]:
    clean = {"id": id_, "client": client, "due_on": date(2026, 2, 10), "amount": Decimal("1000.00")}
    return {**clean, **values}


def office(tmp_path: Path, *, language: str = "en", **tabs: Any) -> Desk:
    rows = [debt("A-1", "Ana"), debt("A-2", "Ana", amount=Decimal("500.00")), debt("B-1", "Bia")]
    tabs.setdefault("offers", RULES)
    return Desk(make(tmp_path / "book.xlsx", rows, language=language, **tabs))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return office(tmp_path)


def offer(desk: Desk, target: str, *more: object) -> tuple[int, Any]:
    return regua("offer", target, "--date", TODAY, *desk.where, *more)


def agree(desk: Desk, client: str, option: int, *more: object) -> tuple[int, Any]:
    return regua("agree", client, "--option", option, "--date", TODAY, *desk.where, *more)


# offer.


def test_a_client_s_options_are_printed_and_nothing_is_written(desk: Desk) -> None:
    before = desk.book.read_bytes()
    code, page = offer(desk, "ana")
    assert (code, page["client"], page["invoice"], page["reason"]) == (0, "Ana", None, None)
    assert [(o["number"], o["count"], o["total"]) for o in page["options"]] == [
        (1, 1, "1350.00"),
        (2, 3, "1500.00"),
    ]
    assert page["options"][0]["receivables"] == ["A-1", "A-2"]
    assert page["options"][1]["instalments"] == [
        {"number": 1, "due_on": "2026-03-17", "amount": "500.00"},
        {"number": 2, "due_on": "2026-04-17", "amount": "500.00"},
        {"number": 3, "due_on": "2026-05-17", "amount": "500.00"},
    ]
    assert desk.book.read_bytes() == before
    assert not desk.state.exists()


def test_one_invoice_can_be_asked_about(desk: Desk) -> None:
    page = offer(desk, "a-2")[1]
    assert (page["client"], page["invoice"]) == ("Ana", "A-2")
    assert page["options"][0]["total"] == "450.00"


def test_whom_nobody_knows_is_usage(desk: Desk) -> None:
    code, page = offer(desk, "Carla")
    assert (code, page["error"]) == (2, "unknown_target")


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_read_a_table_in_the_workbook_s_language(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    book = office(tmp_path, language=language)
    arguments = ["offer", "Ana", "--date", TODAY, *map(str, book.where)]
    assert main(arguments) == 0
    said = " ".join(capsys.readouterr().out.split())
    day = "17/03/2026" if language == "pt-BR" else "Mar 17, 2026"
    amount = "R$ 1.350,00" if language == "pt-BR" else "R$ 1,350.00"
    assert f"{amount} {'até' if language == 'pt-BR' else 'by'} {day}" in said


@pytest.mark.parametrize(
    ("settings", "clients", "why"),
    [
        ({"tax_id": None}, None, "unknown_identity"),
        ({}, [{"client": "Ana", "do_not_contact": True}, {"client": "Bia"}], "do_not_contact"),
    ],
)
def test_why_nothing_is_offered_is_told(
    tmp_path: Path,
    settings: dict[str, object],
    clients: Any,
    why: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    book = office(tmp_path, settings=settings, clients=clients)
    page = offer(book, "Ana")[1]
    assert (page["options"], page["reason"]) == ([], why)
    main(["offer", "Ana", "--date", TODAY, *map(str, book.where)])
    assert "Nothing can be offered to Ana" in capsys.readouterr().out


# agree.


def test_the_choice_becomes_a_row_and_its_instalments_and_is_confirmed_once(desk: Desk) -> None:
    theirs = people_s_cells(desk.book)
    code, page = agree(desk, "Ana", 2, "--channel", "call", "--by", "Rita")
    assert code == 0
    ref = page["ref"]
    assert ref.startswith("A-")
    (row,) = desk.rows("negotiations")
    told = {name: row[name] for name in ("ref", "client", "kind", "by", "channel", "receivables")}
    assert told == {
        "ref": ref,
        "client": "Ana",
        "kind": "Agreement",
        "by": "Rita",
        "channel": "Call",
        "receivables": "A-1; A-2",
    }
    assert (row["amount"], row["instalments"], row["discount"]) == (1500, 3, None)
    assert "3 instalments" in str(row["notes"])
    assert [part["instalment"] for part in desk.rows("instalments")] == [
        f"{ref}/{n}" for n in (1, 2, 3)
    ]
    after = people_s_cells(desk.book)
    assert {place: after[place] for place in theirs} == theirs
    report = desk.run("2026-03-12")[1]
    assert {(message["client"], message["step"]) for message in report["sent"]} == {
        ("Ana", "confirmation"),
        ("Bia", "First reminder"),
    }
    again = desk.run("2026-03-13")[1]["sent"]
    assert [message["step"] for message in again] == ["Instalment falls due"]
    assert [row["outcome"] for row in desk.rows("negotiations")] == ["Open"]


def test_the_same_again_is_refused_with_a_sentence(desk: Desk) -> None:
    ref = agree(desk, "Ana", 1)[1]["ref"]
    before = desk.book.read_bytes()
    code, page = agree(desk, "Ana", 1)
    assert (code, page["error"]) == (2, "agreement_stands")
    assert ref in page["message"]
    assert desk.book.read_bytes() == before


@pytest.mark.parametrize(
    ("client", "option", "error"),
    [("Ana", 3, "no_such_option"), ("Carla", 1, "unknown_target")],
)
def test_what_cannot_be_agreed_on_is_refused(
    desk: Desk, client: str, option: int, error: str
) -> None:
    before = desk.book.read_bytes()
    code, page = agree(desk, client, option)
    assert (code, page["error"]) == (2, error)
    assert desk.book.read_bytes() == before


def test_who_owes_nothing_late_has_nothing_to_agree_on(desk: Desk) -> None:
    edit(desk.book, "receivables", "B-1", paid_on=date(2026, 3, 1))
    assert agree(desk, "Bia", 1)[1]["error"] == "nothing_to_agree"


def test_an_agreement_is_not_made_on_a_day_to_come(desk: Desk) -> None:
    code, page = regua("agree", "Ana", "--option", 1, "--date", "2099-03-12", *desk.where)
    assert (code, page["error"]) == (2, "agree_in_future")


class _Typed:
    """A terminal at which somebody types one line."""

    def __init__(self, line: str) -> None:
        self.line = line

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self.line


def at_a_terminal(desk: Desk, *more: str) -> int:
    arguments = ["agree", "Ana", "--option", "1", "--date", TODAY, *more]
    return main([*arguments, *map(str, desk.where)])


@pytest.mark.parametrize(("answer", "recorded"), [("y\n", 1), ("YES\n", 1), ("\n", 0), ("n\n", 0)])
def test_a_terminal_is_asked_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: str, recorded: int
) -> None:
    monkeypatch.setattr(sys, "stdin", _Typed(answer))
    assert at_a_terminal(desk) == 0
    assert len(desk.rows("negotiations")) == recorded


def test_where_nobody_can_be_asked_it_takes_a_yes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = _Typed("")
    monkeypatch.setattr(closed, "isatty", lambda: False)
    monkeypatch.setattr(sys, "stdin", closed)
    assert at_a_terminal(desk) == 2
    assert desk.rows("negotiations") == []
    assert at_a_terminal(desk, "--yes") == 0
    assert len(desk.rows("negotiations")) == 1


def test_somebody_who_saves_meanwhile_is_not_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the question stands the client pays, and somebody writes it down."""

    def saved(_screen: object) -> bool:
        edit(desk.book, "receivables", "A-1", paid_on=date(2026, 3, 12))
        return True

    monkeypatch.setattr(offers, "_confirmed", saved)
    assert at_a_terminal(desk) == 4
    assert desk.rows("negotiations") == []
    assert desk.rows("instalments") == []


def test_a_copy_of_the_workbook_makes_no_agreements(desk: Desk, tmp_path: Path) -> None:
    desk.run("2026-03-11")
    copied = tmp_path / "copy.xlsx"
    copied.write_bytes(desk.book.read_bytes())
    options = ("--date", TODAY, "--workbook", copied, "--state", desk.state)
    code, page = regua("agree", "Ana", "--option", 1, *options)
    assert (code, page["error"]) == (4, "is_a_copy")
    assert copied.read_bytes() == desk.book.read_bytes()


def test_the_system_may_not_know_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise OSError

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert offers._user() == "regua"


# What people type into the negotiations tab.


def typed(tmp_path: Path, **cells: object) -> Desk:
    row = {"at": date(2026, 3, 10), "client": "Ana", "kind": "agreement", **cells}
    return office(tmp_path, negotiations=[row])


def test_a_typed_agreement_gets_its_ref_and_instalments_before_the_run_decides(
    tmp_path: Path,
) -> None:
    desk = typed(tmp_path, instalments=2, first_due_on=date(2026, 3, 20), discount=0.1)
    theirs = people_s_cells(desk.book)
    report = desk.run(TODAY)[1]
    assert [row["ref"] for row in desk.rows("negotiations")] == ["N-0001"]
    parts = [
        (part["instalment"], part["amount"], part["status"]) for part in desk.rows("instalments")
    ]
    assert parts == [("N-0001/1", 675, "Not due"), ("N-0001/2", 675, "Not due")]
    assert {row["id"]: row["status"] for row in desk.rows("receivables")}["A-1"] == "In plan"
    assert {message["client"] for message in report["sent"]} == {"Bia"}, "no confirmation either"
    after = people_s_cells(desk.book)
    assert {place: after[place] for place in theirs} == theirs
    desk.run(TODAY)
    assert len(desk.rows("instalments")) == 2, "once"


def test_what_was_typed_and_cannot_be_carried_out_is_told_until_it_is_mended(
    tmp_path: Path,
) -> None:
    desk = typed(tmp_path, instalments=2, amount=Decimal("1500.01"))
    report = desk.run(TODAY)[1]
    (issue,) = report["issues"]
    assert (issue["tab"], issue["row"], issue["problem"]) == (
        "negotiations",
        2,
        "agreement_above_owed",
    )
    assert desk.rows("instalments") == []
    assert {row["id"]: row["hold_reason"] for row in desk.rows("receivables")}["A-1"]
    assert regua("check", "--date", TODAY, *desk.where)[0] == 3
    edit(desk.book, "negotiations", "N-0001", amount=1500)
    assert desk.run("2026-03-13")[1]["issues"] == []
    assert [part["amount"] for part in desk.rows("instalments")] == [750, 750]


def test_check_and_plan_tell_of_it_and_write_nothing(tmp_path: Path) -> None:
    desk = typed(tmp_path, notes="by telephone")
    before = desk.book.read_bytes()
    code, page = regua("check", "--date", TODAY, *desk.where)
    assert (code, page["issues"][0]["problem"]) == (3, "agreement_without_plan")
    assert desk.plan(TODAY)["issues"][0]["row"] == 2
    assert desk.book.read_bytes() == before


@pytest.fixture(autouse=True)
def _known_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on who runs it."""
    monkeypatch.setattr(getpass, "getuser", lambda: "somebody")
