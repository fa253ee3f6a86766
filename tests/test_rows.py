"""What a person typed becomes facts, or an issue that names the place, and holds its client."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sync.domain.decisions import Action, Decision, Reason
from sync.domain.dunning import decide
from sync.domain.facts import Cancelled, Receivable
from sync.issues import KINDS, Holds, IssueKind
from sync.rows import dates
from sync.workbook import Cell, CellError
from tests.domain_language import CALENDAR
from tests.raw_workbook import ANA, BIA, TODAY, Reading, invoice, read, step

NA = CellError("#N/A")
NEVER_COMPUTED = CellError("NO_VALUE")


def test_a_clean_row_becomes_a_receivable_and_no_issue() -> None:
    reading = read(
        receivables=[
            invoice(
                description="Cartões",
                issued_on=date(2026, 10, 10),
                method="Boleto",
                paid_on=date(2026, 11, 12),
                paid_amount=1025.67,
                disputed="Não",
                delay_reason="Esqueceu",
                policy="padrão",
                cancelled="Baixado",
                notes="=SOMA(1;1) é só um texto aqui",
            )
        ]
    )
    assert reading.issues == ()
    assert reading.facts.receivables == {
        "NF-1": Receivable(
            id="NF-1",
            client="Ana",
            due_on=date(2026, 11, 10),
            amount=Decimal("1000.00"),
            description="Cartões",
            issued_on=date(2026, 10, 10),
            method="boleto",
            paid_on=date(2026, 11, 12),
            paid_amount=Decimal("1025.67"),
            delay_reason="forgot",
            policy="Padrão",
            cancelled=Cancelled.WRITTEN_OFF,
        )
    }
    assert reading.held == {}


def test_an_error_names_its_tab_row_column_and_value_and_holds_the_whole_client() -> None:
    reading = read(receivables=[invoice("NF-1"), invoice("NF-2", due_on="31/02/2026")])
    issue = reading.only()
    assert (issue.code, issue.tab, issue.row, issue.column) == (
        "invalid_date",
        "receivables",
        3,
        "due_on",
    )
    assert issue.value == "31/02/2026"
    assert issue.client == "Ana"
    assert reading.held == {"Ana": "invalid_date"}
    assert reading.facts.problem_receivables == {"NF-2"}
    assert list(reading.facts.receivables) == ["NF-1"]
    assert issue.problem("pt-BR") == ("«31/02/2026», em «Vencimento», não é uma data que existe.")


def decided(reading: Reading) -> Decision:
    """What the rules make of it on the day, for the one client there is."""
    (decision,) = decide(reading.facts, CALENDAR, TODAY).decisions
    return decision


def test_nobody_is_charged_while_any_of_their_rows_is_wrong() -> None:
    late = read(settings={"payments_max_age": None}, receivables=[invoice()])
    assert decided(late).step is not None
    wrong = read(receivables=[invoice(), invoice("NF-2", paid_on=NA)])
    assert (decided(wrong).action, decided(wrong).reason) == (Action.HOLD, Reason.ROW_PROBLEM)


# Ids.


def test_a_number_is_the_id_that_a_person_sees() -> None:
    reading = read(receivables=[invoice(1001.0), invoice(1002), invoice(" NF 3 ")])
    assert list(reading.facts.receivables) == ["1001", "1002", "NF 3"]
    assert reading.issues == ()


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (None, "missing_id"),
        ("  ", "missing_id"),
        (date(2026, 1, 2), "invalid_id"),  # 1/2 typed as an id
        (True, "invalid_id"),
        (12345678901234567890, "invalid_id"),  # Excel kept 15 of its digits
        (NA, "formula_error"),
        ("#REF!", "formula_error"),
    ],
)
def test_what_is_no_id_holds_the_client(cell: Cell, code: str) -> None:
    reading = read(receivables=[invoice(cell)])
    assert reading.codes == [code]
    assert reading.held == {"Ana": code}
    assert reading.facts.receivables == {}


@pytest.mark.parametrize("cell", ["NF-1; NF-2", "NF;1", "NF-1\nNF-2"])
def test_an_id_that_no_list_could_name_holds_its_client(cell: str) -> None:
    reading = read(receivables=[invoice(cell), invoice("NF-9", client="Bia")])
    assert reading.codes == ["id_splits_lists"]
    assert reading.held == {"Ana": "id_splits_lists"}
    assert reading.only().column == "id"
    assert reading.facts.problem_receivables >= {cell}


def test_one_id_in_two_rows_is_told_at_both_and_holds_both_clients() -> None:
    reading = read(
        receivables=[
            invoice("NF-1"),
            invoice("NF-2"),
            invoice("NF-1", client="Bia", amount=5.0),
            invoice("NF-1", client="Caio"),
        ]
    )
    told = [(issue.code, issue.row, dict(issue.details)["other_row"]) for issue in reading.issues]
    assert told == [
        ("duplicate_id", 2, "4"),
        ("duplicate_id", 4, "2"),
        ("duplicate_id", 5, "2"),
    ]
    assert set(reading.held) == {"Ana", "Bia", "Caio"}
    assert reading.facts.receivables["NF-1"].client == "Ana"
    assert reading.facts.problem_receivables == {"NF-1"}


def test_ids_that_differ_by_case_or_blanks_are_too_alike() -> None:
    reading = read(receivables=[invoice("NF-1"), invoice("nf - 1", client="Bia")])
    assert reading.codes == ["similar_id", "similar_id"]
    assert dict(reading.issues[0].details)["other"] == "nf - 1"
    assert set(reading.held) == {"Ana", "Bia"}
    assert reading.facts.problem_receivables == {"NF-1", "nf - 1"}


def test_leading_zeros_make_two_ids() -> None:
    assert read(receivables=[invoice("0012"), invoice("12")]).issues == ()


# Clients.


def test_a_client_is_recognised_whatever_the_case_and_blanks() -> None:
    reading = read(receivables=[invoice(client="  aNA ")])
    assert reading.issues == ()
    assert reading.facts.receivables["NF-1"].client == "Ana"


def test_an_unknown_client_is_told_and_left_to_the_rule_that_holds_it() -> None:
    reading = read(receivables=[invoice(client="Zeca")])
    assert reading.only().code == "unknown_client"
    assert reading.only().client == "Zeca"
    assert reading.facts.receivables["NF-1"].client == "Zeca"
    decision = decided(reading)
    assert (decision.action, decision.reason) == (Action.HOLD, Reason.UNKNOWN_CLIENT)
    assert {item.reason for item in decision.items} == {Reason.UNKNOWN_CLIENT}


@pytest.mark.parametrize(("cell", "code"), [(None, "missing_client"), (NA, "formula_error")])
def test_an_invoice_without_a_client_can_go_to_nobody(cell: Cell, code: str) -> None:
    reading = read(receivables=[invoice(client=cell)])
    assert reading.codes == [code]
    assert reading.facts.receivables == {}
    assert reading.facts.problem_receivables == {"NF-1"}


def test_two_rows_of_one_client_hold_it() -> None:
    reading = read(clients=[ANA, BIA, {"client": "ANA", "email": "other@example.com"}])
    assert reading.only().code == "duplicate_client"
    assert reading.only().row == 4
    assert reading.held == {"Ana": "duplicate_client"}
    assert reading.facts.clients["Ana"].emails == ("ana@example.com",)


ADDRESSES: list[tuple[Cell, tuple[str, ...], str | None]] = [
    ("a@x.com; b@y.com.br", ("a@x.com", "b@y.com.br"), None),
    ("Ana <a@x.com>", ("a@x.com",), None),
    ("a@x.com; b@", ("a@x.com",), "invalid_address"),
    ("a@x.com\r\nBcc: evil@x.com", (), "invalid_address"),
    ("não tem", (), "invalid_address"),
    (None, (), None),
    (NA, (), "formula_error"),
]


@pytest.mark.parametrize(("cell", "meant", "code"), ADDRESSES)
def test_addresses_are_plain_or_hold_the_client(
    cell: Cell, meant: tuple[str, ...], code: str | None
) -> None:
    reading = read(clients=[{**ANA, "email": cell}])
    assert reading.facts.clients["Ana"].emails == meant
    assert reading.codes == ([code] if code else [])
    assert reading.held == ({"Ana": code} if code else {})


def test_a_copy_that_is_no_address_is_left_out_and_told() -> None:
    reading = read(clients=[{**ANA, "cc": "chefe@; ok@x.com"}])
    assert reading.codes == ["invalid_copy"]
    assert reading.facts.clients["Ana"].cc == ("ok@x.com",)
    assert reading.held == {}


TAX_IDS: list[tuple[Cell, str | None, bool, str | None]] = [
    ("529.982.247-25", "529.982.247-25", True, None),
    ("52998224725", "529.982.247-25", True, None),
    ("11.222.333/0001-81", "11.222.333/0001-81", False, None),
    ("12.ABC.345/01DE-35", "12.ABC.345/01DE-35", False, None),
    ("12abc34501de35", "12.ABC.345/01DE-35", False, None),
    (191.0, "000.000.001-91", True, "tax_id_padded"),
    ("191", "000.000.001-91", True, "tax_id_padded"),
    (11222333000181, "11.222.333/0001-81", False, None),
    ("529.982.247-26", "529.982.247-26", True, "invalid_tax_id"),
    ("11.222.333/0001-82", "11.222.333/0001-82", False, "invalid_tax_id"),
    ("111.111.111-11", "111.111.111-11", True, "invalid_tax_id"),
    ("isento", "isento", False, "invalid_tax_id"),
    (None, None, False, None),
    ("  ", None, False, None),
    (True, None, False, "invalid_tax_id"),
    (NA, None, False, "unreadable_detail"),
]


@pytest.mark.parametrize(("cell", "text", "person", "code"), TAX_IDS)
def test_a_tax_id_tells_a_person_from_a_company_and_never_holds(
    cell: Cell, text: str | None, person: bool, code: str | None
) -> None:
    reading = read(clients=[{**ANA, "tax_id": cell}])
    found = reading.facts.clients["Ana"]
    assert (found.tax_id, found.is_person) == (text, person)
    assert reading.codes == ([code] if code else [])
    assert reading.held == {}


def test_a_person_s_debt_goes_to_nobody_else_without_a_word() -> None:
    reading = read(clients=[{**ANA, "tax_id": "529.982.247-25", "cc": "chefe@x.com"}])
    assert reading.codes == ["copy_to_person"]


@pytest.mark.parametrize(
    ("cell", "meant", "code"),
    [
        ("en", "en", None),
        ("Inglês", "en", None),
        ("Português", "pt-BR", None),
        ("francês", None, "unknown_language"),
        (7, None, "unknown_language"),
    ],
)
def test_a_client_s_language_is_known_by_code_or_name(
    cell: Cell, meant: str | None, code: str | None
) -> None:
    reading = read(clients=[{**ANA, "language": cell}])
    assert reading.facts.clients["Ana"].language == meant
    assert reading.codes == ([code] if code else [])
    assert reading.held == {}


def test_what_nobody_sees_does_not_make_another_client() -> None:
    reading = read(
        clients=[{"client": "Jos\u00e9\u200b"}],
        receivables=[invoice(client="Jose\u0301"), invoice("NF-2", client="JOS\u00c9\u00a0")],
    )
    assert reading.issues == ()
    assert {each.client for each in reading.facts.receivables.values()} == {"Jos\u00e9\u200b"}


def test_a_row_that_only_the_engine_has_written_in_is_no_row() -> None:
    cleared: dict[str, Cell] = {"status": "Pago", "balance": 0.0, "disputed": False, "notes": " "}
    reading = read(
        receivables=[cleared],
        clients=[{"open_balance": 0.0, "do_not_contact": False}],
        payments=[{"notes": ""}],
        instalments=[{"status": "Pago"}],
        negotiations=[{"outcome": "Aberta"}],
        history=[{"outcome": "Enviado"}],
        policy=[step(), {"active": False, "offers": False}],
    )
    assert reading.issues == ()
    assert reading.facts.reminders == ()


# What happened to an invoice.

FLAGS: list[tuple[Cell, bool, str | None]] = [
    *((word, True, None) for word in ("Sim", "sim", " S ", "x", "X", "TRUE", "Yes", "y", True, 1)),
    *((word, False, None) for word in ("Não", "nao", "n", "No", "FALSO", False, 0, 0.0, None, "")),
    ("talvez", True, "invalid_flag"),
    (2, True, "invalid_flag"),
    (NA, True, "formula_error"),
]


@pytest.mark.parametrize(("cell", "meant", "code"), FLAGS)
def test_a_flag_in_doubt_holds(cell: Cell, meant: bool, code: str | None) -> None:
    reading = read(
        receivables=[invoice(disputed=cell)], clients=[ANA, {**BIA, "do_not_contact": cell}]
    )
    assert reading.facts.receivables["NF-1"].disputed is meant
    assert reading.facts.clients["Bia"].do_not_contact is meant
    assert reading.codes == ([code, code] if code else [])
    assert set(reading.held) == ({"Ana", "Bia"} if code else set())


@pytest.mark.parametrize(
    ("cell", "meant"),
    [("Cancelado", Cancelled.VOID), ("void", Cancelled.VOID), ("BAIXADO", Cancelled.WRITTEN_OFF)],
)
def test_cancelled_is_understood_in_either_language(cell: Cell, meant: Cancelled) -> None:
    assert read(receivables=[invoice(cancelled=cell)]).facts.receivables["NF-1"].cancelled is meant


def test_an_unknown_word_under_cancelled_may_mean_that_nothing_is_owed() -> None:
    reading = read(receivables=[invoice(cancelled="estornado")])
    assert reading.codes == ["unknown_value"]
    assert "Cancelado, Baixado" in reading.only().repair("pt-BR")
    assert reading.held == {"Ana": "unknown_value"}


def test_a_team_s_own_payment_method_is_kept_and_told_once() -> None:
    rows = [invoice(f"NF-{n}", method="Dinheiro") for n in range(50)]
    reading = read(receivables=rows)
    assert reading.codes == ["unknown_choice"]
    assert {each.method for each in reading.facts.receivables.values()} == {"Dinheiro"}
    assert reading.held == {}


RECEIVED: list[tuple[dict[str, Cell], list[str], str]] = [
    ({"paid_on": date(2026, 11, 21)}, ["paid_in_future"], "error"),
    ({"paid_on": NA}, ["formula_error"], "error"),
    ({"paid_on": NEVER_COMPUTED}, ["formula_not_computed"], "error"),
    ({"paid_on": "pago"}, ["invalid_date"], "error"),
    ({"paid_amount": 10.0}, ["paid_amount_without_date"], "error"),
    ({"paid_amount": 0}, [], ""),
    ({"paid_on": TODAY, "paid_amount": 0}, ["zero_amount"], "error"),
    ({"paid_on": TODAY, "paid_amount": -5}, ["negative_amount"], "error"),
    ({"paid_on": TODAY, "paid_amount": NA}, ["formula_error"], "error"),
    ({"paid_on": TODAY, "issued_on": date(2027, 1, 1)}, ["paid_before_issued"], "warning"),
    ({"issued_on": date(2026, 11, 11)}, ["due_before_issued"], "error"),
    ({"issued_on": date(2026, 11, 11), "cancelled": "Void"}, [], ""),
    ({"issued_on": "?"}, ["unreadable_detail"], "warning"),
    ({"hold_until": "semana que vem"}, ["invalid_date"], "error"),
    ({"policy": "VIP"}, ["unknown_policy"], "error"),
    ({"description": NA}, ["unreadable_detail"], "warning"),
    ({"status": NA, "balance": NA, "notes": NA}, [], ""),
]


@pytest.mark.parametrize(("cells", "codes", "severity"), RECEIVED)
def test_what_a_row_says_of_its_payment_must_be_plain(
    cells: dict[str, Cell], codes: list[str], severity: str
) -> None:
    reading = read(receivables=[invoice(**cells)])
    assert reading.codes == codes
    assert [KINDS[code].severity.value for code in codes] == ([severity] if codes else [])
    assert ("Ana" in reading.held) == (severity == "error")
    assert ("NF-1" in reading.facts.problem_receivables) == (severity == "error")


# Mutants: what these tests would let through if they were careless.


def a_failed_look_up_in_paid_on_holds_the_client() -> None:
    assert read(receivables=[invoice(paid_on=NA)]).held == {"Ana": "formula_error"}


def test_reading_an_error_as_an_empty_cell_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_failed_look_up_in_paid_on_holds_the_client()
    honest = dates.read_date

    def careless(cell: Cell, language: str) -> Any:
        return honest(None if isinstance(cell, CellError) else cell, language)

    monkeypatch.setattr("sync.rows.findings.read_date", careless)
    monkeypatch.setattr("sync.rows.receivables.read_date", careless)
    with pytest.raises(AssertionError):
        a_failed_look_up_in_paid_on_holds_the_client()


def test_an_issue_that_forgot_to_hold_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    forgetful = {
        code: IssueKind(kind.code, kind.severity, Holds.NOTHING, kind.details)
        for code, kind in KINDS.items()
    }
    monkeypatch.setattr("sync.rows.findings.KINDS", forgetful)
    with pytest.raises(AssertionError):
        a_failed_look_up_in_paid_on_holds_the_client()
