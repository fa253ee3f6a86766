"""OFX as Brazilian banks write it: any encoding, any clock, ids that are none."""

from collections import Counter
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.bank import days, ofx_text
from sync.bank.days import ofx_day
from sync.bank.recognise import SAO_PAULO, read_statement
from sync.bank.statement import BankLine, LineKind, RefusedBankFile, Statement
from tests.bank_files import Entry, ofx


def read(text: str, encoding: str = "utf-8") -> Statement:
    return read_statement(text.encode(encoding), "extrato.ofx")


def only(text: str, encoding: str = "utf-8") -> BankLine:
    (line,) = read(text, encoding).lines
    return line


def refused(text: str | bytes) -> RefusedBankFile:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(RefusedBankFile) as caught:
        read_statement(data, "extrato.ofx")
    assert caught.value.sentence("pt-BR")
    assert caught.value.sentence("en")
    return caught.value


@pytest.mark.parametrize("xml", [False, True])
@pytest.mark.parametrize("leaf_ends", [False, True])
@pytest.mark.parametrize("entry_ends", [False, True])
def test_a_pix_is_read_in_every_dialect(xml: bool, leaf_ends: bool, entry_ends: bool) -> None:
    entries = (Entry(), Entry(amount="-12.50", memo="TARIFA PACOTE", fitid="20261015000124"))
    statement = read(ofx(*entries, xml=xml, leaf_ends=leaf_ends, entry_ends=entry_ends))
    pix, tariff = statement.lines
    assert (statement.bank, statement.account) == ("341", "73035110")
    assert (pix.amount, pix.kind, pix.method) == (Decimal("150.00"), LineKind.CREDIT, "pix")
    assert (pix.posted_on, pix.memo) == (date(2026, 10, 15), "PIX RECEBIDO MARIA SOUZA")
    assert (tariff.amount, tariff.kind) == (Decimal("-12.50"), LineKind.DEBIT)
    assert (statement.opening, statement.closing) == (None, Decimal("5321.00"))


ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"]


def check_joao_in_every_encoding() -> None:
    text = ofx(Entry(memo="PIX JOÃO CONCEIÇÃO", fitid=""))
    lines = [only(text, encoding) for encoding in ENCODINGS]
    assert {line.memo for line in lines} == {"PIX JOÃO CONCEIÇÃO"}
    assert len({line.id for line in lines}) == 1


def test_the_headers_encoding_is_not_believed() -> None:
    check_joao_in_every_encoding()


def test_a_reader_that_believes_the_header_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.bank.ofx.decoded", lambda data: data.decode("cp1252", "replace"))
    with pytest.raises((AssertionError, RefusedBankFile)):
        check_joao_in_every_encoding()


def test_bytes_that_windows_leaves_open_do_not_stop_the_reading() -> None:
    data = ofx(Entry(memo="PIX @")).encode().replace(b"@", b"\x81\xe3o")
    assert read_statement(data, "x").lines[0].memo.endswith("ão")


WRITTEN = {
    "20261015": 15,
    "20261015233000": 15,  # no zone: local, though the standard says GMT
    "20261015233000[-3:BRT]": 15,
    "20261015233000[-03:EST]": 15,
    "20261015000000[-3:GMT]": 15,
    "20261015000000[0:GMT]": 15,  # local midnight, called GMT
    "20261015000000.000[0:GMT]": 15,
    "20261016023000[0:GMT]": 15,  # 23:30 in São Paulo
    "20261015120000[0:GMT]": 15,
    "20261015030000[0:GMT]": 15,  # midnight in São Paulo
    "20261016023000.123[+0:UTC]": 15,
    "20261015223000[-5:EST]": 16,
    "20261015120000.000[-3:BRT": 15,
}


def check_written_days() -> None:
    for text, day in WRITTEN.items():
        assert ofx_day(text, SAO_PAULO) == date(2026, 10, day), text


def test_a_date_is_the_banks_day_in_sao_paulo() -> None:
    check_written_days()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_readers_that_count_in_another_zone_are_caught(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = days._moved
    monkeypatch.setattr(days, "_BRASILIA", set())
    monkeypatch.setattr(
        days, "_moved", lambda *parts: moved(parts[0], parts[1], parts[2], ZoneInfo(zone))
    )
    with pytest.raises(AssertionError):
        check_written_days()


@pytest.mark.parametrize(
    "text",
    ["", "0", "00000000", "20261301", "20260230", "20261015250000[-5:X]",
     "15/10/2026", "20261015[99:X]x",
     "20261015120000[-99:X]", "٢٠٢٦١٠١٥"],
)  # fmt: skip
def test_what_is_no_date_refuses_the_file(text: str) -> None:
    error = refused(ofx(Entry(posted=text)))
    assert error.code == "entry_date"
    assert int(error.values["line"]) > 10


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("150.00", "150.00"),
        ("+150", "150.00"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("-0,5", "-0.50"),
        ("1.234.567,00", "1234567.00"),
        ("10.0000", "10.00"),
        ("R$ 12,00", "12.00"),
    ],
)
def test_amounts_in_any_notation(text: str, value: str) -> None:
    assert only(ofx(Entry(amount=text))).amount == Decimal(value)


@pytest.mark.parametrize("text", ["", "1.234", "abc", "1.23.4", "1,2,3", "NaN", "1e5", "0.001",
                                  "9" * 30, "1" * 5000, "0," + "0" * 5000,
                                  "1.2345,00"])  # fmt: skip
def test_an_amount_that_reads_in_two_ways_or_none_refuses_the_file(text: str) -> None:
    assert refused(ofx(Entry(amount=text))).code == "entry_amount"


def test_a_debit_written_without_its_minus_is_money_out() -> None:
    line = only(ofx(Entry(kind="DEBIT", amount="30.00", memo="TED ENVIADA")))
    assert (line.amount, line.kind, line.method) == (Decimal("-30.00"), LineKind.DEBIT, "transfer")


@pytest.mark.parametrize(
    "memo", ["DEVOLUÇÃO PIX MARIA", "PIX DEVOLVIDO", "Estorno de crédito", "CHEQUE DEVOLVIDO 11",
             "D12345678202610151234abcdefghijk"],
)  # fmt: skip
def test_money_that_went_back_is_a_reversal(memo: str) -> None:
    assert only(ofx(Entry(amount="-150.00", memo=memo))).kind is LineKind.REVERSAL


def test_money_given_back_to_us_is_no_reversal() -> None:
    assert only(ofx(Entry(amount="12.00", memo="ESTORNO TARIFA"))).kind is LineKind.CREDIT


def test_the_memo_gives_the_pix_id_and_the_payers_tax_number() -> None:
    code = "E12345678202610151234abcdefghijk"
    line = only(ofx(Entry(memo=f"TRANSF {code} 11.222.333/0001-81 ACME", name="Pix recebido")))
    assert (line.end_to_end, line.payer_tax_id, line.payer, line.method) == (
        code, "11222333000181", "Pix recebido", "pix",
    )  # fmt: skip
    assert only(ofx(Entry(memo="PIX 52998224725 MARIA"))).payer_tax_id == "52998224725"
    assert only(ofx(Entry(memo="PIX 52998224726 MARIA"))).payer_tax_id == ""
    assert only(ofx(Entry(memo="PIX 12.ABC.345/01DE-35"))).payer_tax_id == "12ABC34501DE35"


def test_a_word_inside_another_names_no_means_of_payment() -> None:
    assert only(ofx(Entry(memo="UNITED LIMITED"))).method is None


def ids(*entries: Entry) -> list[str]:
    return [line.id for line in read(ofx(*entries)).lines]


def check_ids_last() -> None:
    """Exports that overlap, in any order and with any ids of the bank, agree about each line."""
    day = [Entry(memo=f"PIX {name}", fitid=fitid) for name in ("ANA", "BIA") for fitid in ("", "0")]
    twins = [Entry(memo="PIX ANA", fitid="")] * 2
    numbered = [Entry(memo="PIX ANA", fitid=str(number)) for number in (1, 2)]
    again = [Entry(memo="PIX ANA", fitid=str(number)) for number in (7, 8)]
    repeated = [Entry(fitid="20261015999", amount=amount) for amount in ("1.00", "2.00")]
    assert len(set(ids(*day))) == 4
    assert set(ids(*twins)) == set(ids(*numbered)) == set(ids(*again))
    assert len(set(ids(*twins))) == 2
    assert set(ids(twins[0])) < set(ids(*twins))
    assert len(set(ids(*repeated))) == 2
    assert set(ids(*repeated)) == set(ids(*reversed(repeated)))


def test_ids_last_through_overlapping_exports() -> None:
    check_ids_last()


def test_ids_that_trust_the_bank_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.bank.ofx.own_identity", lambda own: ("own", own))
    with pytest.raises(AssertionError):
        check_ids_last()


def test_ids_that_do_not_count_equals_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(Counter[tuple[str, ...]]):
        def __setitem__(self, key: tuple[str, ...], value: int) -> None:
            super().__setitem__(key, min(value, 1))

    monkeypatch.setattr("sync.bank.statement.Counter", Forgetful)
    with pytest.raises(AssertionError):
        check_ids_last()


def test_an_entry_whose_tag_was_lost_is_not_lost_with_it() -> None:
    text = ofx(Entry(), Entry(fitid="20261015000124"))
    at = text.rindex("<STMTTRN>")
    assert refused(text[:at] + text[at + 9 :]).code == "out_of_place"
    unended = ofx(Entry(), Entry(fitid="20261015000124"), entry_ends=False)
    at = unended.rindex("<STMTTRN>")
    assert refused(unended[:at] + unended[at + 9 :]).code == "out_of_place"


def test_an_id_used_again_on_another_day_is_another_line() -> None:
    one, other = Entry(fitid="000000123456"), Entry(fitid="000000123456", posted="20261016")
    assert len(set(ids(one, other))) == 2
    assert ids(other) == ids(one, other)[1:]


@settings(max_examples=30)
@given(data=st.data())
def test_any_slice_and_order_of_the_same_days_gives_the_same_ids(data: st.DataObject) -> None:
    entry = st.builds(
        Entry,
        amount=st.sampled_from(["10.00", "20.00"]),
        posted=st.sampled_from(["20261014", "20261015"]),
        memo=st.sampled_from(["PIX ANA", "PIX BIA"]),
        fitid=st.sampled_from(["", "1", "20261015000777"]),
    )
    entries = data.draw(st.lists(entry, max_size=8))
    whole = {line.id: line for line in read(ofx(*entries)).lines}
    assert len(whole) == len(entries)
    mixed = data.draw(st.permutations(entries))
    again = {line.id: line for line in read(ofx(*mixed)).lines}
    assert again.keys() == whole.keys()
    for key, line in again.items():
        same = whole[key]
        assert (same.posted_on, same.amount, same.memo) == (line.posted_on, line.amount, line.memo)
    kept = [each for each in entries if each.posted == "20261015"]
    assert {line.id for line in read(ofx(*kept)).lines} <= whole.keys()


def test_a_bank_and_account_written_in_two_ways_are_one() -> None:
    plain, decorated = ofx(Entry()), ofx(Entry(), bank="341", account="07303-5110")
    assert only(plain).id == only(decorated).id


def test_the_days_covered_do_not_reach_into_the_future() -> None:
    statement = read(ofx(Entry(posted="20261014")))
    assert (statement.start, statement.end) == (date(2026, 10, 1), date(2026, 10, 16))
    silent = read(ofx(Entry(posted="20261014"), server="00000000"))
    assert silent.end == date(2026, 10, 14)


def test_several_accounts_are_refused_and_one_account_in_parts_is_read() -> None:
    one, other = ofx(Entry()), ofx(Entry(fitid="20261015000999"), account="999999")
    both = one.replace("</STMTTRNRS>", f"</STMTTRNRS><STMTTRNRS>{part(other)}</STMTTRNRS>")
    assert refused(both).code == "several_accounts"
    same = ofx(Entry(fitid="20261015000999"))
    parts = one.replace("</STMTTRNRS>", f"</STMTTRNRS><STMTTRNRS>{part(same)}</STMTTRNRS>")
    assert len(read(parts).lines) == 2


def part(text: str) -> str:
    return text[text.index("<STMTRS>") : text.index("</STMTTRNRS>")]


def test_what_is_no_current_account_in_reais_is_refused() -> None:
    assert refused(ofx(Entry(), currency="USD")).code == "currency"
    assert refused(ofx(Entry()).replace("STMTRS", "CCSTMTRS")).code == "credit_card"
    assert refused(ofx(Entry(), account="")).code == "no_account"
    assert refused("OFXHEADER:100\n\n<OFX></OFX>").code == "no_account"
    assert refused("OFXHEADER:100\n\nnothing").code == "no_ofx"


@settings(max_examples=40)
@given(at=st.integers(20, 1_000_000))
def test_a_file_cut_anywhere_is_refused(at: int) -> None:
    whole = ofx(Entry(), Entry(fitid="20261015000124")).rstrip()
    refused(whole[: at % (len(whole) - 20) + 15])


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE OFX [<!ENTITY a "aaaa">]>',
        '<!ENTITY b SYSTEM "file:///etc/passwd">',
        "<! doctype x>",
    ],
)
def test_declarations_are_refused(declared: str) -> None:
    assert (
        refused(ofx(Entry(), xml=True).replace("<OFX>", f"{declared}\n<OFX>")).code == "unsafe_xml"
    )


def test_entities_comments_and_sections_are_plain_text() -> None:
    memo = "PIX D&amp;M &#65; &unknown; R&B <![CDATA[<b>]]> <!-- x -->"
    assert only(ofx(Entry(memo=memo), xml=True)).memo == "PIX D&M A &unknown; R&B <b>"


def test_control_characters_never_reach_a_cell() -> None:
    line = only(ofx(Entry(memo="PIX\x07 \x0b\u202e ANA" + "x" * 900)))
    assert line.memo.isprintable()
    assert len(line.memo) == 500


def test_the_line_told_is_the_line_of_the_file() -> None:
    text = ofx(Entry(), Entry(amount="x"))
    line = text.splitlines()[int(refused(text).values["line"]) - 1]
    assert line == "<STMTTRN>"
    assert text.splitlines()[only(ofx(Entry())).line - 1] == "<STMTTRN>"


def test_the_tokenizer_keeps_up_with_many_tags() -> None:
    text = ofx(*[Entry(fitid=f"2026101500{number:06d}") for number in range(2000)])
    assert sum(tag.name == "STMTTRN" for tag in ofx_text.tags(text)) == 4000
    assert len(read(text).lines) == 2000
