"""What a second look found: lists that would lose a row unseen, an invoice explained wrongly."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sync.cli import main
from sync.intake.errors import IntakeError
from sync.intake.reading import Intake, Notation, read
from sync.intake.source import read_source

HEAD = "Cliente;Título;Vencimento;Valor;E-mail\n"


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


def test_an_invoice_that_is_nowhere_is_still_unknown(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, page = told(capsys, "explain", "NF-0000", "--workbook", workbook, "--json")
    assert (code, page["error"]) == (2, "unknown_invoice")
