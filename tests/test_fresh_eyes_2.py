"""What a second look found: lists that would lose a row unseen, an invoice explained wrongly."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sync.cli import main
from sync.domain.calendar import BusinessCalendar
from sync.holidays_br import brazilian_holidays
from sync.intake.errors import IntakeError
from sync.intake.reading import Intake, Notation, read
from sync.intake.source import read_source
from sync.stores.obstacles import WRITTEN_EACH_RUN
from sync.views.recording import record

HEAD = "Cliente;Título;Vencimento;Valor;E-mail\n"


RUN_DATE = (
    BusinessCalendar(brazilian_holidays("SP"))
    .previous_business_day(date.today())  # noqa: DTZ011 - the sample lives today
    .isoformat()
)


def edited(path: Path, change: Callable[[Any], object]) -> None:
    book = load_workbook(path)
    change(book)
    book.save(path)


def listed(folder: Path, text: str) -> Path:
    path = folder / "lista.csv"
    path.write_text(text, encoding="utf-8")
    return path


def taken(path: Path) -> Intake:
    return read(read_source(path), {}, Notation())


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    code = main([str(each) for each in arguments])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "cobranca.xlsx"
    assert main(["init", str(path), "--language", "pt-BR", "--sample"]) == 0
    capsys.readouterr()
    return path


def test_a_quotation_mark_that_never_closes_swallows_no_row(tmp_path: Path) -> None:
    path = listed(tmp_path, HEAD + 'Ana;1;25/11/2026;1,00;"a@x.com\nBia;2;25/11/2026;2,00;b@x.com')
    with pytest.raises(IntakeError) as refused:
        read_source(path)
    assert (refused.value.code, refused.value.values["row"]) == ("unclosed_quote", "2")


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r\n\r\n"])
def test_a_list_ends_as_it_ends_and_quoted_cells_are_read(tmp_path: Path, end: str) -> None:
    text = HEAD + '"Ana; ""A"" & Cia";1;25/11/2026;1,00;"a@x.com"' + end
    (row,) = taken(listed(tmp_path, text)).receivables
    assert row["client"] == 'Ana; "A" & Cia'


def test_commas_in_the_title_of_a_list_do_not_part_its_cells(tmp_path: Path) -> None:
    title = "Relatório, gerado em 22/11/2026, por Zé, às 10h, hoje\n"
    intake = taken(listed(tmp_path, title + HEAD + "Ana;1;25/11/2026;1,00;a@x.com\n"))
    assert [row["id"] for row in intake.receivables] == ["1"]


def test_a_cell_under_no_heading_is_told_and_not_dropped_in_silence(tmp_path: Path) -> None:
    head = "Cliente;Título;Vencimento;Valor;;E-mail\n"
    beside = taken(listed(tmp_path, head + "Ana;1;25/11/2026;1,00;fiado;a@x.com\n"))
    beyond = taken(listed(tmp_path, HEAD + "Ana;1;25/11/2026;1,00;a@x.com;fiado\n"))
    none = taken(listed(tmp_path, head + "Ana;1;25/11/2026;1,00;;a@x.com;\n"))
    for intake in (beside, beyond):
        (notice,) = intake.notices
        assert (notice.code, dict(notice.values)) == (
            "no_heading",
            {"row": "2", "example": "fiado"},
        )
    assert none.notices == ()


@pytest.mark.parametrize("heading", ["Descrição", "Minha coluna"])
def test_a_text_longer_than_a_cell_is_a_row_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], heading: str
) -> None:
    head = HEAD.replace("E-mail", heading)
    fits = f"Ana;1;25/11/2026;1,00;{'x' * 32_767}\n"
    path = listed(tmp_path, head + fits + f"Bia;2;25/11/2026;1,00;{'x' * 32_768}\n")
    code, page = told(capsys, "adopt", path, tmp_path / "neu.xlsx", "--json")
    assert (code, page["receivables"]) == (0, 1)
    (rejected,) = page["rejected"]
    assert (rejected["row"], rejected["column"], rejected["problem"]) == (3, heading, "too_long")


def test_an_export_that_has_a_new_number_twice_says_what_it_leaves_out(
    tmp_path: Path, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "Ana;NF-9001;25/11/2026;100,00;a@x.com\nAna;NF-9001;25/12/2026;50,00;a@x.com\n"
    path = listed(tmp_path, HEAD + rows)
    code, page = told(capsys, "import", path, "--workbook", workbook, "--json")
    assert (code, page["added"]) == (0, ["NF-9001"])
    assert page["differences"] == [
        {"id": "NF-9001", "column": "due_on", "workbook": "2026-11-25", "export": "2026-12-25"},
        {"id": "NF-9001", "column": "amount", "workbook": "100.00", "export": "50.00"},
    ]
    again = told(capsys, "import", path, "--workbook", workbook, "--json")[1]
    assert (again["added"], again["differences"]) == ([], page["differences"])


def test_an_invoice_whose_row_cannot_be_read_is_explained_by_its_error(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = load_workbook(workbook)
    sheet = book["Recebíveis"]
    assert sheet["A2"].value
    sheet["E2"] = "31/02/2026"
    invoice = str(sheet["A2"].value)
    book.save(workbook)
    day = date.today().isoformat()  # noqa: DTZ011 - the sample lives today
    code, page = told(
        capsys, "explain", invoice.lower(), "--workbook", workbook, "--date", day, "--json"
    )
    assert (code, page["status"], page["reason"]) == (0, "problem", "row_problem")
    assert [(issue["row"], issue["problem"]) for issue in page["issues"]] == [(2, "invalid_date")]
    assert main(["explain", invoice, "--workbook", str(workbook), "--date", day]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "não pode ser lida" in shown
    assert "31/02/2026" in shown


def told_run(
    capsys: pytest.CaptureFixture[str], workbook: Path, *more: str
) -> tuple[int, dict[str, Any], list[Path]]:
    """One run into a folder on a business day: exit code, JSON, letters."""
    outbox = workbook.with_name("outbox")
    code, page = told(
        capsys,
        "run",
        "--workbook",
        workbook,
        "--outbox",
        outbox,
        "--date",
        RUN_DATE,
        "--json",
        *more,
    )
    return code, page, sorted(outbox.glob("*.eml"))


@pytest.mark.parametrize("title", ["Recebíveis", "Painel", "Fila", "Resultados", "Histórico"])
def test_nothing_leaves_while_a_tab_that_must_tell_of_it_is_protected(
    workbook: Path, capsys: pytest.CaptureFixture[str], title: str
) -> None:
    edited(workbook, lambda book: setattr(book[title].protection, "sheet", True))
    before = workbook.read_bytes()
    code, page, letters = told_run(capsys, workbook)
    assert (code, page["sent"], letters) == (4, [], [])
    assert page["postponed_reason"] == "protected_tab"
    assert title in page["message"]
    assert workbook.read_bytes() == before
    edited(workbook, lambda book: setattr(book[title].protection, "sheet", False))
    code, page, letters = told_run(capsys, workbook)
    assert code == 0
    assert page["recorded"]
    assert len(letters) == len(page["sent"]) > 0


@pytest.mark.parametrize(("area", "hidden"), [("Q10:R10", "R10"), ("P5:Q5", "Q5"), ("T8:T9", "T9")])
def test_nothing_leaves_while_merged_cells_hide_what_the_run_must_write(
    workbook: Path, capsys: pytest.CaptureFixture[str], area: str, hidden: str
) -> None:
    edited(workbook, lambda book: book["Recebíveis"].merge_cells(area))
    code, page, letters = told_run(capsys, workbook)
    assert (code, page["postponed_reason"], letters) == (4, "merged_cells", [])
    assert hidden in page["message"]


def test_what_the_run_never_writes_may_be_protected_and_merged(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def keep(book: Any) -> None:
        for title in ("Régua", "Modelos", "Configurações", "Roteiro", "Parcelas"):
            book[title].protection.sheet = True
        book["Recebíveis"].merge_cells("A900:AA901")  # below the data
        book["Recebíveis"].merge_cells("C10:D10")  # their own columns

    edited(workbook, keep)
    code, page, letters = told_run(capsys, workbook)
    assert (code, page["recorded"], len(letters)) == (0, True, len(page["sent"]))
    assert letters


def test_the_tabs_looked_at_are_those_that_a_run_writes(
    workbook: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: set[str] = set()

    def noted(view: Any) -> Any:
        changes = record(view)
        written.update(change.tab for change in changes if hasattr(change, "tab"))
        return changes

    monkeypatch.setattr("sync.run.record", noted)
    assert told_run(capsys, workbook)[0] == 0
    assert written
    assert written <= set(WRITTEN_EACH_RUN)


def test_an_amount_that_rounds_to_nothing_is_told(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(workbook, lambda book: book["Recebíveis"].__setitem__("F2", 1e-9))
    issues = told(capsys, "check", "--workbook", workbook, "--json")[1]["issues"]
    assert ("amount", "zero_amount") in {(each["column"], each["problem"]) for each in issues}


def test_an_invoice_that_is_nowhere_is_still_unknown(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, page = told(capsys, "explain", "NF-0000", "--workbook", workbook, "--json")
    assert (code, page["error"]) == (2, "unknown_invoice")
