"""CSV statements: whatever the columns are called, and nothing guessed about money."""

from datetime import date
from decimal import Decimal

import pytest

from sync.bank.recognise import read_statement
from sync.bank.statement import BankLine, LineKind, RefusedBankFile, Statement

E2E = "E12345678202610151234abcdefghijk"


def read(text: str, mapping: dict[str, str] | None = None, encoding: str = "utf-8") -> Statement:
    return read_statement(text.encode(encoding), "pix.csv", mapping)


def lines(text: str, mapping: dict[str, str] | None = None) -> tuple[BankLine, ...]:
    return read(text, mapping).lines


def refused(text: str, mapping: dict[str, str] | None = None) -> RefusedBankFile:
    with pytest.raises(RefusedBankFile) as caught:
        read(text, mapping)
    assert caught.value.sentence("pt-BR")
    assert caught.value.sentence("en")
    return caught.value


PIX = f"""Extrato de Pix recebidos;;;;
Conta: 12345-6;;;;
Data/Hora;Nome do pagador;CPF/CNPJ;ID da cobrança;Valor (R$);EndToEndId
15/10/2026 23:30;MARIA CONCEIÇÃO;529.982.247-25;R7K2M9QXWPTB;1.234,50;{E2E}
16/10/2026 08:00;ACME LTDA;11.222.333/0001-81;;10,00;
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_list_of_pix_is_read(encoding: str, delimiter: str) -> None:
    statement = read(PIX.replace(";", delimiter), None, encoding)
    maria, acme = statement.lines
    assert (maria.posted_on, maria.amount) == (date(2026, 10, 15), Decimal("1234.50"))
    assert (maria.payer, maria.payer_tax_id) == ("MARIA CONCEIÇÃO", "52998224725")
    assert (maria.txid, maria.end_to_end, maria.method) == ("R7K2M9QXWPTB", E2E, "pix")
    assert (acme.amount, acme.payer_tax_id) == (Decimal("10.00"), "11222333000181")
    assert (statement.start, statement.end) == (date(2026, 10, 15), date(2026, 10, 16))
    assert not statement.boletos_only


def test_english_headings_and_iso_times_are_read_in_the_banks_day() -> None:
    (line,) = lines(
        f'Date,Payer,Amount,E2E ID\n2026-10-16T02:30:00Z,"Souza, Maria","1,234.50",{E2E}\n'
    )
    assert (line.posted_on, line.amount) == (date(2026, 10, 15), Decimal("1234.50"))
    assert line.payer == "Souza, Maria"
    (midnight,) = lines("Date,Payer,Amount\n2026-10-15T00:00:00Z,Ana,1.00\n")
    assert midnight.posted_on == date(2026, 10, 15)


def test_other_headings_are_mapped() -> None:
    text = "Quando;Quanto;Quem\n15/10/2026;10,00;Ana\n"
    assert refused(text).code == "unknown_format"
    mapping = {"date": "Quando", "amount": "quanto", "payer": "QUEM"}
    (line,) = lines(text, mapping)
    assert (line.payer, line.amount) == ("Ana", Decimal("10.00"))
    assert refused(text, {**mapping, "memo": "Motivo"}).code == "no_heading"
    assert refused(text, {**mapping, "memos": "Quem"}).code == "unknown_key"
    assert refused("Quando;Quem\n15/10/2026;Ana\n", {"date": "Quando", "payer": "Quem"}).code == (
        "missing_columns"
    )
    twice = "Data;Valor;Data;Nome\n15/10/2026;1,00;16/10/2026;Ana\n"
    assert refused(twice, {"date": "Data"}).code == "heading_twice"


def test_accounts_given_by_name_keep_their_lines_apart() -> None:
    one, other = (
        lines(PIX, {"bank": "341", "account": account})[0] for account in ("11111-1", "22222-2")
    )
    assert one.id != other.id


ACCOUNT = """Data;Histórico;Docto.;Crédito (R$);Débito (R$);Saldo (R$)
01/10/2026;SALDO ANTERIOR;;;;1.000,00
02/10/2026;PIX RECEBIDO TOTAL DISTRIBUIDORA;1;500,00;;1.500,00
02/10/2026;Pix recebido: saldo da nota 55;2;40,00;;1.540,00
03/10/2026;TED ENVIADA;3;;-240,00;1.300,00
04/10/2026;DEVOLUÇÃO PIX MARIA;4;;100,00;1.200,00
;Total;;540,00;340,00;
"""


def test_an_accounts_money_in_and_out_adds_up() -> None:
    statement = read(ACCOUNT)
    assert [line.amount for line in statement.lines] == [
        Decimal("500.00"), Decimal("40.00"), Decimal("-240.00"), Decimal("-100.00"),
    ]  # fmt: skip
    assert [line.kind for line in statement.lines][2:] == [LineKind.DEBIT, LineKind.REVERSAL]
    assert (statement.opening, statement.closing) == (Decimal("1000.00"), Decimal("1200.00"))


def test_newest_first_adds_up_as_well_with_the_same_ids() -> None:
    head, *rows = ACCOUNT.splitlines()[:6]
    newest = read("\n".join([head, *reversed(rows)]))
    assert (newest.opening, newest.closing) == (Decimal("1000.00"), Decimal("1200.00"))
    assert {line.id for line in newest.lines} == {line.id for line in read(ACCOUNT).lines}


@pytest.mark.parametrize("gone", [3, 4])
def test_a_row_that_was_lost_shows_in_the_balance(gone: int) -> None:
    rows = ACCOUNT.splitlines()
    error = refused("\n".join(rows[:gone] + rows[gone + 1 :]))
    assert error.code == "balance"
    assert error.values["line"] == str(gone + 1)


def test_a_payer_called_total_or_a_memo_that_starts_with_saldo_is_an_entry() -> None:
    text = "Data;Pagador;Descrição;Valor\n15/10/2026;TOTAL LTDA;Saldo final da obra;10,00\n"
    assert [line.amount for line in lines(text)] == [Decimal("10.00")]


def test_what_is_still_to_come_is_no_payment() -> None:
    text = (
        "Data;Descrição;Valor\n15/10/2026;PIX ANA;10,00\nLançamentos futuros;;\n"
        "20/10/2026;PIX BIA;20,00\n"
    )
    assert [line.memo for line in lines(text)] == ["PIX ANA"]


def test_the_state_of_a_row_decides_whether_money_came() -> None:
    def kind(state: str) -> tuple[LineKind, Decimal]:
        (line,) = lines(f"Data;Nome;Valor;Status\n15/10/2026;Ana;10,00;{state}\n")
        return line.kind, line.amount

    assert kind("Concluído") == (LineKind.CREDIT, Decimal("10.00"))
    assert kind("") == (LineKind.CREDIT, Decimal("10.00"))
    assert kind("Devolvida") == (LineKind.REVERSAL, Decimal("-10.00"))
    assert kind("Pendente") == (LineKind.NOTICE, Decimal(0))
    unknown = refused("Data;Nome;Valor;Status\n15/10/2026;Ana;10,00;Talvez\n")
    assert (unknown.code, unknown.values) == ("entry_state", {"line": "2", "value": "Talvez"})


def test_a_type_beside_the_amount_gives_the_sign() -> None:
    text = "Data;Histórico;Valor;D/C\n15/10/2026;PIX ANA;10,00;C\n15/10/2026;TARIFA;2,00;D\n"
    assert [line.amount for line in lines(text)] == [Decimal("10.00"), Decimal("-2.00")]
    assert lines("Data;Histórico;Valor\n15/10/2026;TARIFA;2,00 D\n")[0].amount == Decimal("-2.00")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("31/02/2026;Ana;10,00", "entry_date"),
        ("10/15/2026;Ana;10,00", "entry_date"),
        (";Ana;10,00", "entry_date"),
        ("15/10/2026;Ana;", "entry_amount"),
        ("15/10/2026;Ana;1.234", "entry_amount"),
        ("15/10/2026;Ana;dez", "entry_amount"),
        ("15/10/2026", "entry_amount"),
        ('15/10/2026;"Ana;10,00', "open_quote"),
    ],
)
def test_a_row_that_cannot_be_read_refuses_the_whole_file(row: str, code: str) -> None:
    error = refused(f"Data;Nome;Valor\n{row}\n")
    assert (error.code, error.values["line"]) == (code, "2")


def test_the_columns_other_amounts_say_how_one_reads() -> None:
    text = "Data;Nome;Valor\n15/10/2026;Ana;1.234\n15/10/2026;Bia;10,50\n"
    assert [line.amount for line in lines(text)] == [Decimal("1234.00"), Decimal("10.50")]
    mixed = (
        "Data;Nome;Valor\n15/10/2026;Ana;1,234.50\n15/10/2026;Bia;1.234,50\n15/10/2026;C;1.234\n"
    )
    assert refused(mixed).code == "entry_amount"


def test_money_in_and_out_in_one_row_is_refused() -> None:
    text = "Data;Histórico;Crédito;Débito\n15/10/2026;PIX;10,00;20,00\n"
    assert refused(text).code == "in_and_out"


def test_equal_payments_of_one_day_are_two_and_last() -> None:
    text = "Data;Nome;Valor\n15/10/2026;Ana;10,00\n15/10/2026;Ana;10,00\n16/10/2026;Ana;10,00\n"
    whole = [line.id for line in lines(text)]
    assert len(set(whole)) == 3
    assert [line.id for line in lines("\n".join(text.splitlines()[:3]))] == whole[:2]
