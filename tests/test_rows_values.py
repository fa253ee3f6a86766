"""Dates and amounts: read when they can mean one thing only."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from sync.rows import dates, numbers
from sync.workbook import Cell, CellError
from tests.raw_workbook import invoice, read

NA = CellError("#N/A")
NEVER_COMPUTED = CellError("NO_VALUE")


# Dates.

JULY_4 = date(2026, 7, 4)
DATES: list[tuple[str, Cell, date | None, str | None]] = [
    ("pt-BR", date(2026, 7, 4), JULY_4, None),
    ("pt-BR", datetime(2026, 7, 4, 15, 30), JULY_4, None),  # noqa: DTZ001  # a cell has no zone
    ("pt-BR", 46207, JULY_4, None),
    ("pt-BR", 46207.75, JULY_4, None),
    ("pt-BR", "04/07/2026", JULY_4, "text_date"),
    ("pt-BR", " 4/7/2026 ", JULY_4, "text_date"),
    ("pt-BR", "04-07-26", JULY_4, "text_date"),
    ("pt-BR", "04.07.2026", JULY_4, "text_date"),
    ("pt-BR", "2026-07-04", JULY_4, "text_date"),
    ("pt-BR", "2026-07-04T00:00:00", JULY_4, "text_date"),
    ("en", "2026-07-04", JULY_4, "text_date"),
    ("en", "04/07/2026", None, "ambiguous_date"),
    ("en", "12/07/2026", None, "ambiguous_date"),
    ("en", "07/12/2026", None, "ambiguous_date"),
    ("en", "13/12/2026", date(2026, 12, 13), "text_date"),
    ("en", "25/07/2026", date(2026, 7, 25), "text_date"),
    ("en", "07/25/2026", date(2026, 7, 25), "text_date"),
    ("en", "07/07/2026", date(2026, 7, 7), "text_date"),
    ("pt-BR", "07/25/2026", None, "invalid_date"),
    ("pt-BR", "31/02/2026", None, "invalid_date"),
    ("pt-BR", "29/02/2027", None, "invalid_date"),
    ("pt-BR", "04/07-2026", None, "invalid_date"),
    ("pt-BR", "amanhã", None, "invalid_date"),
    ("pt-BR", "٠٤/٠٧/٢٠٢٦", None, "invalid_date"),
    ("pt-BR", "15/03/0206", None, "date_out_of_range"),
    ("pt-BR", "15/03/2206", None, "date_out_of_range"),
    ("pt-BR", date(2206, 3, 15), None, "date_out_of_range"),
    ("pt-BR", date(1989, 12, 31), None, "date_out_of_range"),
    ("pt-BR", 20260704, None, "date_out_of_range"),
    ("pt-BR", -1, None, "date_out_of_range"),
    ("pt-BR", float("nan"), None, "date_out_of_range"),
    ("pt-BR", float("inf"), None, "date_out_of_range"),
    ("pt-BR", True, None, "invalid_date"),
    ("pt-BR", time(8), None, "invalid_date"),
    ("pt-BR", NA, None, "formula_error"),
    ("pt-BR", "#N/A", None, "formula_error"),
    ("pt-BR", NEVER_COMPUTED, None, "formula_not_computed"),
    ("pt-BR", None, None, "missing_value"),
    ("pt-BR", "   ", None, "missing_value"),
]


@pytest.mark.parametrize(("language", "cell", "meant", "code"), DATES)
def test_a_due_date_is_read_one_way_only_or_not_at_all(
    language: str, cell: Cell, meant: date | None, code: str | None
) -> None:
    reading = read(language, receivables=[invoice(due_on=cell)], policy=[], templates=[])
    assert reading.codes == ([code] if code else [])
    found = reading.facts.receivables.get("NF-1")
    assert (found.due_on if found else None) == meant
    assert ("Ana" in reading.held) == (meant is None)


# Amounts.

AMOUNTS: list[tuple[str, Cell, str | None, str | None]] = [
    ("pt-BR", 1234.56, "1234.56", None),
    ("pt-BR", 1234, "1234.00", None),
    ("pt-BR", Decimal("1234.56"), "1234.56", None),
    ("pt-BR", 0.1 + 0.2, "0.30", None),
    ("pt-BR", 2.675, "2.68", "rounded_amount"),  # half up, as the sheet shows it
    ("pt-BR", 100 / 3, "33.33", "rounded_amount"),
    ("pt-BR", "1.234,56", "1234.56", "text_number"),
    ("en", "1,234.56", "1234.56", "text_number"),
    ("pt-BR", "1,234.56", "1234.56", "text_number"),  # two marks: the last is the decimal one
    ("en", "1.234,56", "1234.56", "text_number"),
    ("pt-BR", "R$ 1.234,56", "1234.56", "text_number"),
    ("pt-BR", "R$\xa01.234,56", "1234.56", "text_number"),
    ("pt-BR", "1234,5", "1234.50", "text_number"),
    ("pt-BR", "1.234.567", "1234567.00", "text_number"),
    ("pt-BR", "0,125", "0.13", "rounded_amount"),
    ("pt-BR", "1.234", None, "ambiguous_amount"),
    ("en", "1,234", None, "ambiguous_amount"),
    ("pt-BR", "1.23.456,00", None, "invalid_amount"),
    ("pt-BR", "1,2,3", None, "invalid_amount"),
    ("pt-BR", "US$ 10,00", None, "invalid_amount"),
    ("pt-BR", "1e3", None, "invalid_amount"),
    ("pt-BR", "١٢٣", None, "invalid_amount"),
    ("pt-BR", "mil reais", None, "invalid_amount"),
    ("pt-BR", True, None, "invalid_amount"),
    ("pt-BR", date(2026, 7, 4), None, "invalid_amount"),
    ("pt-BR", float("nan"), None, "invalid_amount"),
    ("pt-BR", float("inf"), None, "invalid_amount"),
    ("pt-BR", 1e11, None, "amount_out_of_range"),
    ("pt-BR", 0, None, "zero_amount"),
    ("pt-BR", 0.001, None, "rounded_amount zero_amount"),
    ("pt-BR", -10.5, None, "negative_amount"),
    ("pt-BR", "-10,50", None, "text_number negative_amount"),
    ("pt-BR", "(10,50)", None, "text_number negative_amount"),
    ("pt-BR", "10,50-", None, "text_number negative_amount"),
    ("pt-BR", NA, None, "formula_error"),
    ("pt-BR", NEVER_COMPUTED, None, "formula_not_computed"),
    ("pt-BR", None, None, "missing_value"),
]


@pytest.mark.parametrize(("language", "cell", "meant", "codes"), AMOUNTS)
def test_an_amount_is_read_one_way_only_or_not_at_all(
    language: str, cell: Cell, meant: str | None, codes: str | None
) -> None:
    reading = read(language, receivables=[invoice(amount=cell)], policy=[], templates=[])
    assert reading.codes == (codes.split() if codes else [])
    found = reading.facts.receivables.get("NF-1")
    assert (str(found.amount) if found else None) == meant
    assert ("Ana" in reading.held) == (meant is None)


def test_reading_text_as_python_does_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_python(text: str) -> tuple[Decimal | None, str]:
        try:
            return Decimal(text.replace(",", "")), "text_number"
        except ArithmeticError:
            return None, "invalid_amount"

    monkeypatch.setattr(numbers, "_unsigned", as_python)
    wrong = []
    for language, cell, meant, codes in AMOUNTS:
        try:
            test_an_amount_is_read_one_way_only_or_not_at_all(language, cell, meant, codes)
        except AssertionError:
            wrong.append(cell)
    assert {"1.234,56", "1.234", "1234,5"} <= set(wrong)


def test_one_day_more_or_less_in_a_serial_would_be_noticed() -> None:
    epoch = dates._EPOCH
    assert epoch + timedelta(days=46207) == JULY_4
    assert epoch + timedelta(days=46206) != JULY_4
