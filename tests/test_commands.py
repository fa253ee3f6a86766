"""The command line: exit codes, sentences, JSON that programs rely on, and files left alone."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sync.cli import main, parser
from sync.words import LANGUAGES
from tests.workbooks import Desk, make, regua

ROOT = Path(__file__).parent.parent


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    amount = Decimal("1000.00")
    rows = [{"id": "A-1", "client": "Ana", "due_on": date(2026, 3, 6), "amount": amount}]
    return Desk(make(tmp_path / "book.xlsx", rows))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_explains_itself_in_both_languages(language: str) -> None:
    text = parser(language).format_help()
    assert "rehearse" in text
    for command in ("demo", "init", "adopt", "import", "check", "plan", "run", "explain", "settle"):
        with pytest.raises(SystemExit) as ended:
            parser(language).parse_args([command, "--help"])
        assert ended.value.code == 0


def test_help_loads_no_heavy_part() -> None:
    probe = (
        "import sys; from sync.cli import parser; parser('en').format_help();"
        "heavy = ('openpyxl', 'sqlalchemy', 'rich', 'yagmail', 'jinja2');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("arguments", [[], ["chase"], ["run", "--date", "31/12/2026"]])
def test_what_cannot_be_parsed_is_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_without_a_workbook_or_configuration_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = regua("plan")
    assert (code, said["error"]) == (2, "no_file")


@pytest.mark.parametrize("day", ["2026-03-16", "2098-03-17"])
def test_a_run_for_another_day_past_or_to_come_needs_an_outbox(desk: Desk, day: str) -> None:
    assert regua("run", "--date", day, *desk.where)[1]["error"] == "date_needs_outbox"
    code, report = desk.run(day)
    assert (code, report["run_date"]) == (0, day)


def test_a_run_without_any_way_out_is_refused_before_anything_happens(desk: Desk) -> None:
    before = desk.book.read_bytes()
    assert regua("run", *desk.where)[1]["error"] == "no_mail"
    assert desk.book.read_bytes() == before


def test_init_builds_a_workbook_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    assert main(["init", str(path), "--language", "pt-BR"]) == 0
    before = path.read_bytes()
    assert main(["init", str(path)]) == 2
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    code, found = regua("check", "--workbook", path, "--state", tmp_path / "s")
    assert {issue["tab"] for issue in found["issues"]} == {"settings"}
    assert code in {0, 3}


def test_a_plan_writes_nothing_and_its_page_shows_what_would_leave(desk: Desk) -> None:
    before, page = desk.book.read_bytes(), desk.book.parent / "page.html"
    assert main(["plan", "--date", "2026-03-16", "--html", str(page), *map(str, desk.where)]) == 0
    assert desk.book.read_bytes() == before
    assert "A-1" in page.read_text(encoding="utf-8")
    assert not desk.state.exists()


def test_the_plan_s_json_is_what_programs_were_promised(desk: Desk) -> None:
    plan = desk.plan("2026-03-16")
    assert set(plan) == {"run_date", "workbook", "mode", "totals", "decisions", "issues"}
    assert plan["totals"] == {
        "receivables": 1,
        "open": 1,
        "overdue": 1,
        "open_amount": "1000.00",
        "overdue_amount": "1000.00",
    }
    (decision,) = plan["decisions"]
    assert decision["client"] == "Ana"
    assert (decision["action"], decision["reason"]) == ("send", None)
    assert decision["to"] == ["ana@example.com"]
    (item,) = decision["receivables"]
    assert {key: item[key] for key in ("id", "status", "days_past_due", "balance")} == {
        "id": "A-1",
        "status": "overdue",
        "days_past_due": 10,
        "balance": "1000.00",
    }


def test_explain_tells_the_whole_story_of_one_invoice(desk: Desk) -> None:
    desk.run("2026-03-16")
    code, told = regua("explain", "A-1", "--date", "2026-03-17", *desk.where)
    assert (code, told["status"], told["total_due"]) == (0, "overdue", "1000.00")
    assert [rung["state"] for rung in told["ladder"]].count("sent") == 1
    assert told["messages"][0]["outcome"] == "sent"
    assert main(["explain", "A-1", "--date", "2026-03-17", *map(str, desk.where)]) == 0
    assert regua("explain", "Z-9", *desk.where)[1]["error"] == "unknown_invoice"


def test_a_refused_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(b"this is no workbook")
    code, said = regua("check", "--workbook", path, "--state", tmp_path / "s")
    assert code == 3
    assert said["message"]


def test_rehearse_on_a_span_that_ends_before_it_starts(desk: Desk) -> None:
    span = ("--from", "2026-03-16", "--to", "2026-03-01")
    assert regua("rehearse", *span, *desk.where)[1]["error"] == "span_backwards"


def imported(desk: Desk, text: str) -> Any:
    export = desk.book.parent / "export.csv"
    export.write_text(text, encoding="utf-8")
    return regua("import", export, *desk.where)


def test_an_import_adds_what_is_missing_and_reports_what_differs(desk: Desk) -> None:
    text = (
        "Invoice,Customer,Due date,Amount,Email\n"
        "A-1,Ana,2026-03-06,1100.00,\n"
        "A-2,Ana,2026-03-26,50.00,\n"
        "B-1,Bia,2026-03-26,70.00,bia@example.com\n"
    )
    code, told = imported(desk, text)
    assert (code, told["added"], told["known"]) == (0, ["A-2", "B-1"], 1)
    assert told["differences"] == [
        {"id": "A-1", "column": "amount", "workbook": "1000.00", "export": "1100.00"}
    ]
    rows = {row["id"]: row for row in desk.rows("receivables")}
    assert (rows["A-1"]["amount"], rows["B-1"]["amount"]) == (1000, 70)
    again = imported(desk, text)[1]
    assert (again["added"], again["known"]) == ([], 3)


def test_an_imported_client_can_be_written_to(desk: Desk) -> None:
    imported(
        desk, "Invoice,Customer,Due date,Amount,Email\nB-1,Bia,2026-03-06,70.00,b@example.com\n"
    )
    sent = desk.run("2026-03-16")[1]["sent"]
    assert {message["client"] for message in sent} == {"Ana", "Bia"}


def test_an_open_workbook_postpones_the_run_and_names_who_has_it(desk: Desk) -> None:
    owner = desk.book.with_name("~$book.xlsx")
    owner.write_bytes(bytes([8]) + b"Beatriz".ljust(54) + "Beatriz".encode("utf-16-le").ljust(108))
    before = desk.book.read_bytes()
    code, result = desk.run("2026-03-16")
    assert (code, result["sent"], result["postponed_reason"]) == (4, [], "open_elsewhere")
    assert "Beatriz" in result["message"]
    assert (desk.book.read_bytes(), desk.letters()) == (before, [])
    owner.unlink()
    assert len(desk.run("2026-03-16")[1]["sent"]) == 1
