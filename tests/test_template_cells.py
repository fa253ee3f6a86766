"""What stands in a cell stays what it is: text text, a date a date, and nothing computes."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sheet_templates import excel_cells, headings
from sheet_templates.excel_cells import LONGEST_TEXT, TextTooLongError, UnknownValueError
from sheet_templates.sample import sample
from sheet_templates.schema import SETTINGS
from tests.template_workbook import DAY, letter_of, made, opened, sheet_of

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

both = pytest.mark.parametrize("language", headings.LANGUAGES)


@both
def test_settings_stand_by_name_in_their_own_kind(language: str) -> None:
    given = {
        "company": "Aurora",
        "late_fee": Decimal("0.02"),
        "mode": "automatic",
        "payments_until": DAY,
        "tax_id": "01234567000100",
    }
    book = opened(made(language, settings=given))
    sheet = sheet_of(book, language, "settings")
    cells = {headings.setting_key(str(row[0].value)): row[1] for row in sheet.iter_rows(min_row=2)}
    assert set(cells) == set(SETTINGS)
    assert cells["company"].value == "Aurora"
    assert cells["tax_id"].value == "01234567000100"
    assert cells["tax_id"].number_format == "@"
    assert (cells["late_fee"].value, cells["late_fee"].number_format) == (0.02, "0.00%")
    assert cells["mode"].value == headings.value_text(language, "mode", "automatic")
    assert cells["send_from"].value == time(8)
    assert cells["payments_until"].value == datetime(2026, 11, 23)  # noqa: DTZ001 - a cell's date
    assert cells["thank_you"].value == headings.value_text(language, "flag", "no")
    assert cells["payments_max_age"].value == 5


def test_rates_stay_blank_until_somebody_decides() -> None:
    """Blank counts as 0 %, and the start tab asks for it; a written 0 % is a decision."""
    sheet = sheet_of(opened(made()), "pt-BR", "settings")
    values = {row[0]: row[1] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert values["Multa"] is None
    assert values["Juros ao mês"] is None
    decided = sheet_of(opened(made(settings={"late_fee": Decimal(0)})), "pt-BR", "settings")
    assert decided["B12"].value == 0


@both
def test_text_that_looks_like_a_formula_stays_text(language: str) -> None:
    traps = ["=1+1", "+5511900000001", "@SUM(A1)", "-2+3", "=cmd|' /C calc'!A0", "#N/A", "'quoted"]
    rows = {"receivables": [{"id": text, "client": text, "notes": text} for text in traps]}
    file = made(language, rows=rows, settings={"company": "=HYPERLINK(1)", "signature": "@x"})
    book = opened(file)
    sheet = sheet_of(book, language, "receivables")
    for row, text in enumerate(traps, start=2):
        for column in ("id", "client", "notes"):
            cell = sheet[f"{letter_of('receivables', column)}{row}"]
            assert (cell.value, cell.data_type) == (text, "s")
            assert cell.quotePrefix or text.startswith("#")
    value = sheet_of(book, language, "settings")["B2"]
    assert (value.value, value.data_type) == ("=HYPERLINK(1)", "s")
    with zipfile.ZipFile(io.BytesIO(file)) as package:
        part = package.read("xl/worksheets/sheet3.xml").decode()
    assert "<f>" not in part, "no formula anywhere in receivables"


def test_the_check_for_formulas_would_catch_a_writer_that_trusts_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mutant writes text as openpyxl would: '=1+1' becomes a formula."""

    def trusting(cell: Cell, text: str) -> None:
        cell.value = text

    monkeypatch.setattr(excel_cells, "_put_text", trusting)
    file = made(rows={"receivables": [{"id": "=1+1"}]})
    assert sheet_of(opened(file), "pt-BR", "receivables")["A2"].data_type == "f"


def test_only_start_and_dashboard_compute() -> None:
    """The engine's cells are values: nothing there may change by itself between two runs."""
    book = opened(made(rows=sample("en", seed=1, today=DAY).rows))
    for sheet in book.worksheets:
        formulas = [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
        key = headings.tab_key(sheet.title)
        assert bool(formulas) == (key in {"start", "dashboard"}), sheet.title


@pytest.mark.parametrize("text", ["a" * (LONGEST_TEXT + 1), "😀" * (LONGEST_TEXT // 2 + 1)])
def test_text_that_excel_would_cut_is_refused(text: str) -> None:
    with pytest.raises(TextTooLongError, match="32767"):
        made(rows={"receivables": [{"id": "1", "notes": text}]})


def test_the_longest_text_that_fits_is_kept_whole() -> None:
    text = "ã" * LONGEST_TEXT
    book = opened(made(rows={"receivables": [{"id": "1", "notes": text}]}))
    cell = sheet_of(book, "pt-BR", "receivables")[f"{letter_of('receivables', 'notes')}2"]
    assert cell.value == text


def test_control_characters_are_written_as_excel_escapes_them() -> None:
    rows = {"receivables": [{"id": "1", "notes": "a\x0bb\r\nc _x0041_ d"}]}
    with zipfile.ZipFile(io.BytesIO(made(rows=rows))) as package:
        part = package.read("xl/worksheets/sheet3.xml").decode()
    assert "a_x000B_b_x000D_\nc _x005F_x0041_ d" in part


def test_a_value_that_no_cell_holds_is_refused() -> None:
    with pytest.raises(UnknownValueError):
        made(rows={"receivables": [{"id": ["a list"]}]})


@both
def test_ids_and_numbers_that_are_no_numbers_have_the_text_format(language: str) -> None:
    rows = {"clients": [{"client": "0012", "tax_id": "00123456000199"}]}
    book = opened(made(language, rows=rows))
    sheet = sheet_of(book, language, "clients")
    for key in ("client", "tax_id", "phone", "email"):
        assert sheet.column_dimensions[letter_of("clients", key)].number_format == "@"
    assert sheet[f"{letter_of('clients', 'tax_id')}2"].value == "00123456000199"
    assert sheet[f"{letter_of('clients', 'tax_id')}2"].number_format == "@"


def test_money_and_dates_look_brazilian_in_portuguese() -> None:
    rows = {"receivables": [{"id": "1", "due_on": DAY, "amount": Decimal("1234.5")}]}
    sheet = sheet_of(opened(made(rows=rows)), "pt-BR", "receivables")
    assert "R$" in sheet[f"{letter_of('receivables', 'amount')}2"].number_format
    assert sheet[f"{letter_of('receivables', 'due_on')}2"].number_format == "dd/mm/yyyy"
    assert sheet[f"{letter_of('receivables', 'due_on')}2"].is_date
