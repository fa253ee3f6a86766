"""Return files of 240 positions: batches of segments T and U."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.bank import cnab240_layouts
from sync.bank.recognise import read_statement
from sync.bank.statement import BankLine, LineKind, RefusedBankFile, Statement
from tests.bank_files import BANKS, Paid, file240, joined, placed, return240

each_bank = pytest.mark.parametrize("bank", BANKS)

# FEBRABAN's C044 with each bank's own meanings, typed again for the test.
PAYS = {
    "341": {"06", "08"},
    "237": {"06", "17", "45"},
    "001": {"06", "17"},
    "033": {"06", "17"},
    "104": {"06", "17", "46"},
    "756": {"06", "17"},
}
UNDOES = {
    "341": set(),
    "237": {"44"},
    "001": {"44"},
    "033": set(),
    "104": {"44", "47"},
    "756": {"44"},
}
FIELDS = ("our_number", "document", "due_on", "face", "tax_id", "tariff")
# Banco do Brasil's number ends in blanks: one position beside reads the same.
BESIDE = [
    (bank, field) for bank in BANKS for field in FIELDS if (bank, field) != ("001", "our_number")
]
COUNTED = [Paid(number=str(number)) for number in (11, 12, 13)]


def read(data: bytes) -> Statement:
    return read_statement(data, "cobranca.ret")


def only(data: bytes) -> BankLine:
    (line,) = read(data).lines
    return line


def refused(data: bytes) -> RefusedBankFile:
    with pytest.raises(RefusedBankFile) as caught:
        read(data)
    assert caught.value.sentence("pt-BR")
    assert caught.value.sentence("en")
    return caught.value


def check_joao_pays_late(bank: str) -> None:
    line = only(file240(bank, Paid()))
    assert line.kind is LineKind.CREDIT
    assert line.amount == Decimal("1025.67")
    assert (line.face, line.tariff) == (Decimal("1000.00"), Decimal("2.10"))
    assert line.interest == Decimal("25.67")  # interest and fee in one field
    assert (line.posted_on, line.credited_on) == (date(2026, 10, 15), date(2026, 10, 16))
    assert line.due_on == date(2026, 10, 10)
    assert (line.our_number, line.document, line.company_use) == ("12345", "NF 1001", "CLIENTE 42")
    assert (line.payer, line.payer_tax_id) == ("JOAO DA SILVA", "11222333000181")
    assert line.credited == Decimal("1023.57")


@each_bank
def test_a_payment_has_what_the_payer_paid_whatever_the_bank_kept(bank: str) -> None:
    check_joao_pays_late(bank)


@pytest.mark.parametrize(("bank", "field"), BESIDE)
def test_a_field_read_one_position_beside_is_caught(
    bank: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = cnab240_layouts.LAYOUTS[bank]
    first, last = getattr(layout, field)
    beside: Any = {field: (first + 1, last + 1)}
    monkeypatch.setitem(cnab240_layouts.LAYOUTS, bank, replace(layout, **beside))
    with pytest.raises((AssertionError, RefusedBankFile)):
        check_joao_pays_late(bank)


@each_bank
def test_of_all_codes_those_of_the_manual_move_money(bank: str) -> None:
    codes = [f"{number:02d}" for number in range(100)]
    events = [Paid(occurrence=code, number=str(1000 + int(code))) for code in codes]
    by_code = {line.occurrence: line for line in read(joined(return240(bank, events))).lines}
    assert {code for code in codes if by_code[code].kind is LineKind.CREDIT} == PAYS[bank]
    assert {code for code in codes if by_code[code].kind is LineKind.REVERSAL} == UNDOES[bank]
    assert {code for code in codes if by_code[code].amount} == PAYS[bank] | UNDOES[bank]
    assert by_code["02"].kind is LineKind.ENTERED
    assert by_code["03"].kind is LineKind.REJECTED


def test_a_person_with_a_cpf_has_eleven_digits() -> None:
    assert only(file240("237", Paid(payer_tax_id="52998224725"))).payer_tax_id == "52998224725"


def test_caixas_undone_payment_is_negative() -> None:
    line = only(file240("104", Paid(occurrence="44")))
    assert (line.kind, line.amount) == (LineKind.REVERSAL, Decimal("-1025.67"))


@each_bank
def test_ids_are_the_same_in_any_file_that_has_the_payment(bank: str) -> None:
    one = read(joined(return240(bank, COUNTED)))
    other = read(joined(return240(bank, [*reversed(COUNTED), Paid(number="99")], batches=2)))
    assert {line.id for line in one.lines} < {line.id for line in other.lines}
    numbers = {line.id: line.our_number for line in other.lines}
    assert all(numbers[line.id] == line.our_number for line in one.lines)


@each_bank
@pytest.mark.parametrize("gone", range(9))
def test_a_file_that_lost_a_line_is_refused_whole(bank: str, gone: int) -> None:
    lines = return240(bank, COUNTED)
    assert len(lines) == 10
    refused(joined(lines[:gone] + lines[gone + 1 :]))


@settings(max_examples=40)
@given(data=st.data())
def test_a_file_cut_in_any_line_but_its_last_is_refused(data: st.DataObject) -> None:
    bank = data.draw(st.sampled_from(BANKS))
    lines = return240(bank, COUNTED[:2])
    whole = joined(lines)
    at = data.draw(st.integers(1, len(whole) - 240))
    refused(whole[:at])


def test_blanks_cut_off_at_the_ends_of_lines_change_nothing() -> None:
    lines = return240("756", COUNTED)
    assert read(joined(line.rstrip() for line in lines)).lines == read(joined(lines)).lines


def test_a_line_cut_inside_its_amounts_is_refused() -> None:
    lines = return240("756", COUNTED)
    lines[3] = lines[3][:85]
    code = refused(joined(lines))
    assert (code.code, code.values["line"], code.values["first"]) == ("not_digits", "4", "78")


def change(place: int, first: int, text: str, bank: str = "237") -> RefusedBankFile:
    lines = return240(bank, COUNTED)
    line = lines[place]
    lines[place] = line[: first - 1] + text + line[first - 1 + len(text) :]
    return refused(joined(lines))


def test_each_part_of_the_frame_is_checked() -> None:
    assert change(0, 143, "1").code == "remittance"
    assert change(0, 1, "422").code == "unknown_bank"
    assert change(4, 1, "001").code == "mixed_banks"
    assert change(1, 9, "C30").code == "other_service"
    assert change(3, 14, "T").code == "lonely_t"
    assert change(2, 14, "U").code == "lonely_u"
    assert change(3, 16, "09").code == "lonely_u"
    assert change(3, 9, "00009").code == "sequence"
    assert change(4, 4, "0002").code == "out_of_place"
    assert change(4, 24, "999999999999").code == "several_accounts"
    assert change(8, 18, "000007").code == "trailer_records"
    assert change(9, 18, "000002").code == "trailer_batches"
    assert change(9, 24, "000011").code == "trailer_records"
    assert change(9, 8, "5").code == "truncated"
    assert change(3, 138, "00000000").code == "no_occurrence_date"
    assert change(3, 78, "0" * 15).code == "no_amount"


def test_santander_may_count_a_batchs_details_alone() -> None:
    lines = return240("033", COUNTED)
    assert lines[8][17:23] == "000006"
    assert len(read(joined(lines)).lines) == 3


def test_segments_about_other_things_are_passed_over() -> None:
    lines = return240("237", COUNTED[:1])
    extra = placed(240, {"001-008": "23700013", "009-013": "00003", "014-014": "Y"})
    lines = [*lines[:4], extra, *lines[4:]]
    lines[5] = lines[5][:17] + "000005" + lines[5][23:]
    lines[6] = lines[6][:23] + "000007" + lines[6][29:]
    assert len(read(joined(lines)).lines) == 1
