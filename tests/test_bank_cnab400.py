"""Return files of 400 positions: six banks say in their own way who paid."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.bank import cnab400_layouts
from sync.bank.cnab_lines import Paid as Holds
from sync.bank.recognise import read_statement
from sync.bank.statement import BankLine, LineKind, RefusedBankFile, Statement
from tests.bank_files import (
    BANKS,
    Paid,
    file400,
    joined,
    placed,
    renumbered400,
    return400,
)

each_bank = pytest.mark.parametrize("bank", BANKS)

# The manuals' tables of occurrences, typed again for the test.
PAYS = {
    "341": {"06", "07", "08"},
    "237": {"06", "15", "17"},
    "001": {"05", "06", "07", "08", "15"},
    "033": {"06", "07", "08", "17"},
    "104": {"21", "22", "35"},
    "756": {"05", "06", "15"},
}
UNDOES = {
    "341": {"69"},
    "237": {"22", "40"},
    "001": {"44"},
    "033": set(),
    "104": {"33", "36"},
    "756": set(),
}
ENTERS = {"341": "02", "237": "02", "001": "02", "033": "02", "104": "01", "756": "02"}
REFUSES = {"341": "03", "237": "03", "001": "03", "033": "03", "104": "99", "756": "03"}


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
    """João's 1,000.00 with 20.00 fee and 5.67 interest, and the bank's tariff of 2.10."""
    line = only(file400(bank, Paid()))
    assert line.kind is LineKind.CREDIT
    assert line.amount == Decimal("1025.67")
    assert line.face == Decimal("1000.00")
    assert line.tariff == Decimal("2.10")
    assert line.interest + line.fee == Decimal("25.67")
    assert (line.posted_on, line.credited_on) == (date(2026, 10, 15), date(2026, 10, 16))
    assert line.due_on == date(2026, 10, 10)
    assert (line.our_number, line.document, line.company_use) == ("12345", "NF 1001", "CLIENTE 42")
    assert (line.method, line.line) == ("boleto", 2)


@each_bank
def test_a_payment_has_what_the_payer_paid_whatever_the_bank_kept(bank: str) -> None:
    check_joao_pays_late(bank)


def test_a_reader_that_takes_itaus_credit_for_the_payment_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    naive = replace(cnab400_layouts.ITAU, holds=Holds.GROSS)
    monkeypatch.setitem(cnab400_layouts.LAYOUTS, "341", naive)
    with pytest.raises(AssertionError):
        check_joao_pays_late("341")


@each_bank
@pytest.mark.parametrize("field", ["our_number", "credited_on", "tariff"])
def test_a_field_read_one_position_beside_is_caught(
    bank: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = cnab400_layouts.LAYOUTS[bank]
    first, last = getattr(layout, field)
    beside: Any = {field: (first - 1, last - 1)}
    moved = replace(layout, **beside)
    monkeypatch.setitem(cnab400_layouts.LAYOUTS, bank, moved)
    with pytest.raises((AssertionError, RefusedBankFile)):
        check_joao_pays_late(bank)


@each_bank
def test_of_all_codes_those_of_the_manual_move_money(bank: str) -> None:
    codes = [f"{number:02d}" for number in range(100)]
    events = [Paid(occurrence=code, number=str(1000 + int(code))) for code in codes]
    by_code = {line.occurrence: line for line in read(joined(return400(bank, events))).lines}
    assert {code for code in codes if by_code[code].kind is LineKind.CREDIT} == PAYS[bank]
    assert {code for code in codes if by_code[code].kind is LineKind.REVERSAL} == UNDOES[bank]
    for code in codes:
        line = by_code[code]
        sign = (code in PAYS[bank]) - (code in UNDOES[bank])
        assert (line.amount > 0, line.amount < 0) == (sign > 0, sign < 0), code
        assert line.moves_money == bool(sign)
    assert by_code[ENTERS[bank]].kind is LineKind.ENTERED
    assert by_code[REFUSES[bank]].kind is LineKind.REJECTED


def test_a_cheque_that_came_back_at_itau_takes_the_payment_back() -> None:
    line = only(file400("341", Paid(occurrence="69", face="80.00", paid="80.00", tariff="0.00",
                                    interest="0.00", fee="0.00", due_on=None)))  # fmt: skip
    assert (line.kind, line.amount, line.payer) == (LineKind.REVERSAL, Decimal("-80.00"), "")


def test_itau_without_a_tariff_by_boleto_is_not_paid_more() -> None:
    whole = Paid(face="100.00", interest="0.00", fee="0.00", paid="100.00", tariff="0.00")
    lines = return400("341", [whole])
    with_monthly = lines[1][:175] + f"{210:013d}" + lines[1][188:]  # told, but not taken off
    line = only(joined([lines[0], with_monthly, lines[2]]))
    assert (line.amount, line.tariff) == (Decimal("100.00"), Decimal("2.10"))


@pytest.mark.parametrize("paid", ["40.00", "1200.00"])
@each_bank
def test_paid_in_part_or_too_much_is_what_was_paid(bank: str, paid: str) -> None:
    event = Paid(paid=paid, interest="0.00", fee="0.00")
    assert only(file400(bank, event)).amount == Decimal(paid)


def test_caixas_principal_may_or_may_not_hold_the_charges() -> None:
    inside = Paid(face="1000.00", paid="1025.67")
    beside = replace(inside, paid="1000.00")  # the principal field; charges stand beside it
    assert only(file400("104", inside)).amount == Decimal("1025.67")
    assert only(file400("104", beside)).amount == Decimal("1025.67")


def test_caixa_tells_a_payment_within_minutes_and_at_night_as_one_line() -> None:
    night = only(file400("104", Paid(occurrence="21")))
    minutes = only(file400("104", Paid(occurrence="35")))
    both = read(joined(return400("104", [Paid(occurrence="35"), Paid(occurrence="21")]))).lines
    assert night.id == minutes.id
    assert [line.id for line in both] == [night.id]


def test_itaus_advance_telling_is_no_payment_yet() -> None:
    events = [Paid(mark="I", credited_on=None), Paid(mark="C")]
    advance, real = read(joined(return400("341", events))).lines
    assert (advance.kind, advance.amount) == (LineKind.NOTICE, Decimal(0))
    assert real.kind is LineKind.CREDIT


def test_a_pix_record_gives_its_boleto_the_txid() -> None:
    header, detail, trailer = return400("033", [Paid()])
    pix = placed(400, {"001-001": "2", "080-114": "ABC123abc".ljust(35)})
    line = only(joined(renumbered400([header, detail, pix, trailer])))
    assert line.txid == "ABC123abc"


@each_bank
def test_reading_again_or_an_overlapping_file_gives_the_same_ids(bank: str) -> None:
    days = [Paid(number=str(700 + day), occurred_on=date(2026, 10, day)) for day in range(10, 16)]
    first = read(joined(return400(bank, days[:4])))
    again = read(joined(return400(bank, days[:4])))
    later = read(joined(return400(bank, reversed(days[2:]), file_number=8)))
    assert first == again
    known = {line.id: line for line in first.lines}
    shared = [line for line in later.lines if line.id in known]
    assert {line.our_number for line in shared} == {"712", "713"}
    assert all(line.our_number == known[line.id].our_number for line in shared)


@each_bank
def test_a_boleto_paid_twice_on_one_day_is_two_lines(bank: str) -> None:
    lines = read(joined(return400(bank, [Paid(), Paid()]))).lines
    assert len({line.id for line in lines}) == 2


def test_two_accounts_of_one_bank_do_not_share_ids() -> None:
    one = only(joined(return400("341", [Paid()], account="11111")))
    other = only(joined(return400("341", [Paid()], account="22222")))
    assert one.id != other.id


def test_a_file_without_events_covers_the_days_before_it_was_made() -> None:
    statement = read(joined(return400("341", [], made_on=date(2026, 10, 16))))
    assert (statement.lines, statement.end) == ((), date(2026, 10, 15))
    assert statement.boletos_only


@each_bank
@pytest.mark.parametrize("gone", [0, 1, 2, 3, 4])
def test_a_file_that_lost_a_line_is_refused_whole(bank: str, gone: int) -> None:
    lines = return400(bank, [Paid(number=str(number)) for number in (1, 2, 3)])
    refused(joined(lines[:gone] + lines[gone + 1 :]))


@pytest.mark.parametrize("bank", ["341", "237"])
def test_a_lost_line_shows_in_the_counts_even_when_all_were_numbered_again(bank: str) -> None:
    lines = return400(bank, [Paid(number=str(number)) for number in (1, 2, 3)])
    code = refused(joined(renumbered400(lines[:2] + lines[3:]))).code
    assert code == {"341": "trailer_details", "237": "trailer_payments"}[bank]


def test_an_amount_changed_at_itau_shows_in_the_sum() -> None:
    header, detail, trailer = return400("341", [Paid()])
    changed = detail[:152] + f"{90000:013d}" + detail[165:]
    assert refused(joined([header, changed, trailer])).code == "trailer_faces"


@settings(max_examples=40)
@given(data=st.data())
def test_a_file_cut_anywhere_is_refused(data: st.DataObject) -> None:
    bank = data.draw(st.sampled_from(BANKS))
    whole = file400(bank, Paid(), Paid(number="2"))
    at = data.draw(st.integers(1, len(whole) - 3))  # but for the last line's own end
    refused(whole[:at])


def spoiled(change: Callable[[list[str]], list[str]]) -> RefusedBankFile:
    return refused(joined(change(return400("341", [Paid(), Paid(number="2")]))))


def test_the_refusal_says_which_line_and_what_to_do() -> None:
    def longer(lines: list[str]) -> list[str]:
        return [*lines[:2], lines[2] + "X", lines[3]]

    def lettered(lines: list[str]) -> list[str]:
        return [lines[0], lines[1][:253] + "00000000A0000" + lines[1][266:], *lines[2:]]

    def impossible(lines: list[str]) -> list[str]:
        return [lines[0], lines[1][:110] + "310226" + lines[1][116:], *lines[2:]]

    def unpaid(lines: list[str]) -> list[str]:
        zero = "0" * 13
        line = lines[1][:175] + zero + lines[1][188:253] + zero + zero + lines[1][279:]
        return [
            lines[0],
            line[:152] + zero + line[165:],
            *lines[2:3],
            lines[3][:220] + " " * 14 + lines[3][234:],
        ]

    def other_account(lines: list[str]) -> list[str]:
        return [*lines[:2], lines[2][:23] + "999999" + lines[2][29:], lines[3]]

    assert (spoiled(longer).code, spoiled(longer).values["line"]) == ("length", "3")
    assert (spoiled(lettered).code, spoiled(lettered).values["first"]) == ("not_digits", "254")
    assert (spoiled(impossible).code, spoiled(impossible).values["value"]) == ("no_date", "310226")
    assert spoiled(unpaid).code == "no_amount"
    assert spoiled(other_account).code == "several_accounts"
    assert "2" in spoiled(lettered).sentence("pt-BR")


def test_two_files_put_together_are_refused() -> None:
    assert refused(file400("341", Paid()) + file400("341", Paid(number="2"))).code == "out_of_place"


def test_what_is_for_the_bank_or_of_another_bank_is_refused_by_name() -> None:
    lines = return400("341", [Paid()])
    assert refused(joined([lines[0].replace("02RETORNO", "01REMESSA"), *lines[1:]])).code == (
        "remittance"
    )
    unknown = refused(joined(line.replace("341", "422", 1) for line in lines))
    assert (unknown.code, unknown.values["bank"]) == ("unknown_bank", "422")
    assert "341" in unknown.sentence("en")


def test_banco_do_brasils_records_of_type_1_are_of_another_layout() -> None:
    header, detail, trailer = return400("001", [Paid()])
    assert refused(joined([header, "1" + detail[1:], trailer])).code == "no_details"


@pytest.mark.parametrize("ending", ["\r\n", "\n", ""])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_line_ends_and_encodings_change_nothing(ending: str, encoding: str) -> None:
    lines = return400("341", [Paid(payer="JOÃO CONCEIÇÃO")])
    line = only(joined(lines, encoding, ending) + b"\x1a")
    assert (line.payer, line.amount) == ("JOÃO CONCEIÇÃO", Decimal("1025.67"))
    assert line.id == only(joined(lines)).id
