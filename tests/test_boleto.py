"""Boletos: digits that people copy, what they say, and whether the row says the same."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain import boleto as rules
from sync.domain.boleto import (
    bank_of,
    free_field,
    is_wrong,
    our_number_candidates,
    printed,
    read_boleto,
)
from sync.rows.payment_codes import code_fault
from sync.workbook import Cell
from tests.boletos import barcode, boleto, line, utility
from tests.raw_workbook import invoice, read

# Published examples: each bank's manual, or a library's test, with the day and amount it was for.
SIX_BANKS = [
    ("341", "34191.10121 34567.880058 71234.570001 6 16670000012345", "2002-05-01", "123.45"),
    ("001", "00190.50095 40144.816069 06809.350314 3 37370000000100", "2007-12-31", "1.00"),
    ("237", "23790.27804 60000.212559 25003.923205 4 48690000828000", "2011-02-05", "8280.00"),
    ("033", "03399.07073 07700.000123 34567.901029 6 52200000295295", "2012-01-22", "2952.95"),
    ("104", "10498.01952 25086.156509 00000.004143 7 48690000035500", "2011-02-05", "355.00"),
    ("756", "75691.32314 01000.484707 00000.090019 1 60200000001000", "2014-04-01", "10.00"),
]


@pytest.mark.parametrize(("bank", "text", "due_on", "amount"), SIX_BANKS)
def test_a_line_of_each_bank_says_bank_amount_and_day(
    bank: str, text: str, due_on: str, amount: str
) -> None:
    found = read_boleto(text)
    assert found is not None
    day = date.fromisoformat(due_on)
    assert (found.bank, found.amount, found.due_on(day)) == (bank, Decimal(amount), day)
    assert bank_of(text) == bank
    assert not is_wrong(text)


@pytest.mark.parametrize(("bank", "text", "due_on", "amount"), SIX_BANKS)
def test_bars_and_bare_digits_are_printed_as_the_line_on_the_slip(
    bank: str, text: str, due_on: str, amount: str
) -> None:
    bars = barcode(bank, free_field(text), amount, date.fromisoformat(due_on))
    assert len(bars) == 44
    assert printed(bars) == printed(text.replace(".", "").replace(" ", "")) == text
    assert read_boleto(bars) == read_boleto(text)


@pytest.mark.parametrize(
    ("bank", "field", "numbers"),
    [
        # portfolio 109, number 12345678 and its check digit 4
        ("341", "109" + "12345678" + "4" + "0057" + "123457" + "000", ("123456784", "12345678")),
        # agency, portfolio 09, number 11, account
        ("237", "0278" + "09" + "00002125525" + "0039232" + "0", ("00002125525",)),
        # agreement of seven digits, number of ten, portfolio 17
        ("001", "000000" + "1234567" + "0000000042" + "17", ("12345670000000042",)),
        # agreement of six digits, number of five, agency, account, portfolio 18
        ("001", "123456" + "00042" + "1234" + "00056789" + "18", ("12345600042",)),
        # 9, beneficiary, number of twelve and its check digit, 0, portfolio 101
        ("033", "9" + "0707077" + "000001234567" + "9" + "0" + "101",
         ("0000012345679", "000001234567")),
        # beneficiary 6 + 1, number 14 000 000 000 012 345 in three parts among the constants 1, 4
        ("104", "1234560" + "000" + "1" + "000" + "4" + "000012345" + "7",
         ("14000000000012345", "000000000012345")),
        # portfolio, cooperative, modality, client, number of seven and its check digit, parcel
        ("756", "1" + "3231" + "01" + "0004847" + "0000009" + "3" + "001", ("00000093", "0000009")),
        ("260", "0" * 25, ()),
    ],
)  # fmt: skip
def test_the_free_field_names_the_bank_s_own_number(
    bank: str, field: str, numbers: tuple[str, ...]
) -> None:
    bars = barcode(bank, field, "10.00", date(2026, 8, 26))
    assert free_field(bars) == free_field(line(bars)) == field
    assert our_number_candidates(line(bars)) == numbers


@given(
    bank=st.sampled_from(["001", "033", "104", "237", "341", "756"]),
    field=st.from_regex(r"[0-9]{25}", fullmatch=True),
    cents=st.integers(0, 10**10 - 1),
    due_on=st.none() | st.dates(date(2000, 7, 3), date(2049, 10, 12)),
    off=st.integers(-4000, 4000),
)
def test_every_line_is_read_back_whole_and_dated_in_the_row_s_cycle(
    bank: str, field: str, cents: int, due_on: date | None, off: int
) -> None:
    amount = Decimal(cents) / 100
    text = line(barcode(bank, field, amount, due_on))
    found = read_boleto(text)
    assert found is not None
    assert (found.bank, found.amount or 0, found.free_field) == (bank, amount, field)
    row_due = (due_on or date(2026, 1, 1)) + timedelta(days=off)
    assert found.due_on(row_due) == due_on


@given(
    st.integers(0, 31), st.integers(1, 9), st.sampled_from([text for _, text, _, _ in SIX_BANKS])
)
def test_one_wrong_digit_in_the_three_fields_is_always_seen(
    place: int, more: int, text: str
) -> None:
    digits = rules.digits_of(text)
    wrong = f"{digits[:place]}{(int(digits[place]) + more) % 10}{digits[place + 1 :]}"
    assert is_wrong(wrong)
    assert read_boleto(wrong) is None
    assert printed(wrong) == wrong


def test_the_factor_began_again_on_22_february_2025() -> None:
    last = read_boleto(boleto("10.00", date(2025, 2, 21)))
    first = read_boleto(boleto("10.00", date(2025, 2, 22)))
    assert last is not None
    assert first is not None
    assert (last.factor, first.factor) == (9999, 1000)
    assert last.due_on(date(2025, 2, 24)) == date(2025, 2, 21)
    assert first.due_on(date(2025, 2, 20)) == date(2025, 2, 22)
    assert first.due_on(date(2000, 7, 1)) == date(2000, 7, 3)


def test_a_utility_slip_is_checked_by_the_rule_it_names_and_passes() -> None:
    published = "82650000011-0 31440008170-4 92400000002-7 20210400001-5"
    for bars, text in (
        (rules.digits_of(published)[:11], published),
        *(utility(rule, "0000012345678901234567890123456789012345") for rule in "6789"),
    ):
        digits = rules.digits_of(text)
        assert printed(digits) == text
        assert not is_wrong(text)
        assert read_boleto(text) is None
        assert is_wrong(digits[:20] + str((int(digits[20]) + 1) % 10) + digits[21:])
        if len(bars) == 44:
            assert printed(bars) == text
    bars, _ = utility("6", "0" * 40)
    assert is_wrong(bars[:2] + "1" + bars[3:])  # no rule is called 1


def test_another_currency_s_amount_is_not_compared() -> None:
    bars = barcode("341", "0" * 25, "10.00", date(2026, 8, 26), money="0")
    assert not is_wrong(bars)
    assert code_fault(line(bars), Decimal("55.00"), date(2026, 8, 26)) is None


AMOUNT, DUE = Decimal("1000.00"), date(2026, 11, 10)
RIGHT = boleto(AMOUNT, DUE)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (RIGHT, None),
        (f"  {RIGHT}\N{NO-BREAK SPACE}", None),
        (boleto("0", DUE), None),
        (boleto(AMOUNT, None), None),
        (boleto("0", None), None),
        (utility("8", "1" * 40)[1], None),
        ("https://pay.example.com/1", None),
        ("PIX 123", None),
        ("12345", None),
        (None, None),
        (RIGHT[:-2], "invalid_payment_code"),
        (RIGHT.replace(".", "x"), None),
        (1.905009540144816e45, "invalid_payment_code"),
        (boleto("1000.01", DUE), "payment_code_amount"),
        (boleto("100000.00", DUE), "payment_code_amount"),
        (boleto(AMOUNT, date(2026, 11, 11)), "payment_code_due"),
        (boleto(AMOUNT, date(2006, 11, 10)), "payment_code_due"),
    ],
)
def test_a_boleto_must_agree_with_its_open_invoice(cell: Cell, code: str | None) -> None:
    reading = read(receivables=[invoice(payment_code=cell)])
    assert reading.codes == ([code] if code else [])
    holds = code is not None and code.startswith("payment_code")
    assert reading.held == ({"Ana": code} if holds else {})
    assert ("NF-1" in reading.facts.problem_receivables) == holds
    told = reading.facts.receivables["NF-1"].payment_code
    assert told == (cell.strip() if isinstance(cell, str) and code is None else None)
    paid = read(receivables=[invoice(payment_code=cell, paid_on=date(2026, 11, 12))])
    assert paid.codes == []


def test_the_sentence_says_what_the_boleto_is_for() -> None:
    (issue,) = read(receivables=[invoice(payment_code=boleto("90.5", DUE))]).issues
    assert "90,50" in issue.problem("pt-BR")
    (issue,) = read(receivables=[invoice(payment_code=boleto(AMOUNT, date(2026, 12, 1)))]).issues
    assert "01/12/2026" in issue.problem("pt-BR")
    assert issue.repair("en")


def test_taking_the_first_cycle_only_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_CYCLE", 10**6)
    with pytest.raises(AssertionError):
        test_the_factor_began_again_on_22_february_2025()


@given(st.text("0123456789 .-\N{NO-BREAK SPACE}x\u0663", max_size=70) | st.text(max_size=60))
def test_any_text_is_read_without_a_crash_and_printed_once_and_for_all(text: str) -> None:
    code_fault(text, AMOUNT, DUE)
    assert printed(printed(text)) == printed(text)
    assert len(our_number_candidates(text)) <= 2
