"""Which tab of a team's workbook is the list: often a cover sheet stands before it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from sync.cli import main
from sync.intake.errors import IntakeError
from sync.intake.reading import Intake, Notation, needed_keys, read
from sync.intake.source import read_source

Rows = list[list[Any]]

COVER: Rows = [["Contas a receber"], [], ["Emitido em", date(2026, 3, 1)]]
HEAD: list[Any] = ["Título", "Cliente", "Vencimento", "Valor"]
LIST: Rows = [HEAD, ["1", "Ana", date(2026, 3, 15), 10]]
BY_CLIENT: Rows = [["Cliente", "Valor"], ["Ana", 10]]
ODD: Rows = [["Cod", "Quem deve", "Quando", "Quanto"], ["7", "Bia", date(2026, 3, 16), 20]]


def workbook(folder: Path, **tabs: Rows) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in tabs.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "lista.xlsx"
    book.save(path)
    return path


def taken(
    path: Path, sheet: str | None = None, *, id_required: bool = False, **given: str
) -> Intake:
    needed = needed_keys(id_required=id_required)
    table = read_source(path, sheet, given=given, needed=needed)
    return read(table, given, Notation(), id_required=id_required)


def told(intake: Intake) -> dict[str, dict[str, str]]:
    return {notice.code: dict(notice.values) for notice in intake.notices}


def test_behind_a_cover_the_only_list_is_taken_and_it_is_said(tmp_path: Path) -> None:
    intake = taken(workbook(tmp_path, Capa=COVER, Resumo=BY_CLIENT, Abertos=LIST))
    assert [row["id"] for row in intake.receivables] == ["1"]
    assert told(intake) == {"tab_chosen": {"sheet": "Abertos", "first": "Capa"}}


def test_a_list_that_stands_first_is_taken_as_ever(tmp_path: Path) -> None:
    assert told(taken(workbook(tmp_path, Abertos=LIST, Capa=COVER))) == {}


def test_of_several_lists_the_first_tab_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, Março=LIST, Abril=LIST, Maio=[HEAD], Resumo=BY_CLIENT)
    assert told(taken(path)) == {"other_lists": {"sheet": "Março", "others": "“Abril”"}}
    assert told(taken(path, "abril")) == {}


def test_behind_a_cover_several_lists_are_asked_about(tmp_path: Path) -> None:
    path = workbook(tmp_path, Capa=COVER, Março=LIST, Abril=LIST)
    with pytest.raises(IntakeError) as asked:
        taken(path)
    assert asked.value.code == "several_lists"
    assert asked.value.values["sheets"] == "“Março”, “Abril”"
    assert len(taken(path, "Abril").receivables) == 1


def test_where_no_tab_has_it_all_those_that_come_near_are_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, Capa=COVER, Resumo=BY_CLIENT, Outra=ODD)
    with pytest.raises(IntakeError) as asked:
        taken(path)
    assert asked.value.code == "missing_columns_here"
    assert (asked.value.values["sheet"], asked.value.values["others"]) == ("Capa", "“Resumo”")
    with pytest.raises(IntakeError, match="missing_columns "):
        taken(workbook(tmp_path, Outra=ODD, Capa=COVER))


def test_headings_that_were_mapped_say_which_tab_is_meant(tmp_path: Path) -> None:
    path = workbook(tmp_path, Abertos=LIST, Outra=ODD)
    intake = taken(path, client="Quem deve", due_on="Quando", amount="Quanto", id="Cod")
    assert [row["client"] for row in intake.receivables] == ["Bia"]
    assert told(intake) == {"tab_chosen": {"sheet": "Outra", "first": "Abertos"}}


def test_an_export_needs_its_numbers_so_a_tab_without_them_is_passed_over(tmp_path: Path) -> None:
    path = workbook(tmp_path, Semana=[row[1:] for row in LIST], Abertos=LIST)
    assert told(taken(path, id_required=True))["tab_chosen"]["sheet"] == "Abertos"
    assert taken(path).receivables[0]["id"] == "L2"  # a new workbook may number them itself


@pytest.mark.parametrize(("language", "sentence"), [("en", "--sheet"), ("pt-BR", "parecem")])
def test_people_read_it_in_their_language(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    sentence: str,
) -> None:
    monkeypatch.setenv("REGUA_LANGUAGE", language)
    source = workbook(tmp_path, Capa=COVER, Resumo=BY_CLIENT)
    assert main(["adopt", str(source), str(tmp_path / "novo.xlsx"), "--json"]) == 2
    page = json.loads(capsys.readouterr().out)
    assert page["error"] == "missing_columns_here"
    assert "“Resumo”" in page["message"]
    assert sentence in page["message"]
    source = workbook(tmp_path, Capa=COVER, Abertos=LIST)
    assert main(["adopt", str(source), str(tmp_path / "novo.xlsx"), "--language", language]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "“Abertos”" in shown
    assert "“Capa”" in shown
