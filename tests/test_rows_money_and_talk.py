"""Payments, negotiations, instalments: in doubt whose money it is, nobody is chased."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from sync.domain.facts import Instalment, Negotiation, NegotiationKind, Payment
from sync.workbook import Cell, CellError
from tests.raw_workbook import TODAY, Raw, Reading, invoice, read

NA = CellError("#N/A")


def payment(**cells: Cell) -> Raw:
    """Ana paid NF-1 in full yesterday."""
    clean: Raw = {"paid_on": date(2026, 11, 19), "receivable": "NF-1", "amount": 1000.0}
    return {**clean, **cells}


def paid(*payments: Raw) -> Reading:
    """Ana's NF-1 and Bia's NF-2, with these payments."""
    return read(receivables=[invoice("NF-1"), invoice("NF-2", client="Bia")], payments=payments)


def test_a_payment_is_counted_for_its_invoice_and_the_invoice_s_client() -> None:
    reading = paid(payment(method="Pix", reference="E1", source="extrato"))
    assert reading.issues == ()
    assert reading.facts.payments == (
        Payment(
            paid_on=date(2026, 11, 19),
            amount=Decimal("1000.00"),
            client="Ana",
            receivable="NF-1",
            method="pix",
            reference="E1",
            source="extrato",
        ),
    )


def test_money_on_a_client_s_account_and_a_reversal_are_payments_too() -> None:
    reading = paid(
        payment(receivable=None, client="ana", amount=50), payment(receivable="nf-1", amount=-10.5)
    )
    assert reading.issues == ()
    found = [(p.client, p.receivable, p.amount) for p in reading.facts.payments]
    assert found == [("Ana", None, Decimal("50.00")), ("Ana", "NF-1", Decimal("-10.50"))]


PAYMENT_ERRORS: list[tuple[dict[str, Cell], str, set[str], int]] = [
    ({"paid_on": date(2026, 11, 21)}, "payment_in_future", {"Ana"}, 1),
    ({"paid_on": None}, "missing_value", {"Ana"}, 0),
    ({"paid_on": "31/02/2026"}, "invalid_date", {"Ana"}, 0),
    ({"amount": None}, "missing_value", {"Ana"}, 0),
    ({"amount": 0}, "zero_amount", {"Ana"}, 0),
    ({"amount": NA}, "formula_error", {"Ana"}, 0),
    ({"receivable": "NF-9", "client": "Ana"}, "unknown_invoice", {"Ana"}, 1),
    ({"receivable": "NF-9"}, "unknown_invoice", {"Ana", "Bia"}, 0),  # both owe just that
    ({"receivable": NA, "client": "Ana"}, "formula_error", {"Ana"}, 1),
    ({"receivable": date(2026, 1, 2), "client": "Ana"}, "unknown_invoice", {"Ana"}, 1),
    ({"client": "Bia"}, "client_differs", {"Ana", "Bia"}, 1),
    ({"client": NA}, "formula_error", {"Ana"}, 1),
    ({"receivable": None}, "payment_without_owner", {"Ana", "Bia"}, 0),
    ({"receivable": None, "amount": 777}, "payment_without_owner", set(), 0),
]


@pytest.mark.parametrize(("cells", "code", "held", "counted"), PAYMENT_ERRORS)
def test_a_payment_in_doubt_is_told_and_holds_whoever_it_may_concern(
    cells: dict[str, Cell], code: str, held: set[str], counted: int
) -> None:
    reading = paid(payment(**cells))
    assert reading.errors == [code]
    assert set(reading.held) == held
    assert len(reading.facts.payments) == counted


def test_a_payment_for_an_invoice_whose_row_is_unreadable_is_no_second_issue() -> None:
    reading = read(receivables=[invoice("NF-1", due_on="?")], payments=[payment()])
    assert reading.codes == ["invalid_date"]
    assert reading.facts.payments[0].client == "Ana"


def test_the_same_payment_twice_counts_once() -> None:
    reading = paid(payment(reference="E 1"), payment(reference="e1"), payment(reference="E2"))
    assert [(issue.code, issue.row) for issue in reading.issues] == [("repeated_payment", 3)]
    assert [p.reference for p in reading.facts.payments] == ["E 1", "E2"]
    assert reading.held == {}


def test_two_equal_payments_without_a_reference_wait_for_a_person() -> None:
    reading = paid(payment(amount=500), payment(amount=500))
    assert [(issue.code, issue.row) for issue in reading.issues] == [("possible_repeat", 3)]
    assert len(reading.facts.payments) == 1
    assert reading.held == {"Ana": "possible_repeat"}


@pytest.mark.parametrize(("second", "codes"), [(400.0, []), (400.01, ["paid_amount_differs"])])
def test_the_row_and_its_payments_must_say_the_same_sum(second: float, codes: list[str]) -> None:
    reading = read(
        receivables=[invoice("NF-1", paid_on=TODAY, paid_amount=1000.0)],
        payments=[payment(amount=600), payment(amount=second)],
    )
    assert reading.codes == codes
    if codes:
        assert (reading.only().row, reading.only().column) == (2, "paid_amount")
        assert reading.only().problem("pt-BR").endswith("somam 1.000,01.")
        assert reading.held == {"Ana": "paid_amount_differs"}
        assert reading.facts.problem_receivables == {"NF-1"}


def test_a_row_marked_paid_without_an_amount_agrees_with_any_payments() -> None:
    reading = read(receivables=[invoice("NF-1", paid_on=TODAY)], payments=[payment(amount=600)])
    assert reading.issues == ()


# Negotiations.

AT = datetime(2026, 11, 18, 10, 30)  # noqa: DTZ001  # a cell has no zone


def talk(kind: Cell = "Promessa", **cells: Cell) -> Raw:
    """What Ana said two days ago."""
    clean: Raw = {"at": AT, "client": "Ana", "kind": kind, "pay_by": date(2026, 11, 25)}
    return {**clean, **cells}


def test_a_promise_names_its_invoices_and_its_day() -> None:
    reading = read(
        receivables=[invoice("NF-1"), invoice("NF-2"), invoice("NF,3")],
        negotiations=[
            talk(receivables="nf-1; NF-2;NF,3", amount=2000, discount="10%", ref="N-1"),
            talk("promise", receivables="NF-1, NF-2"),
        ],
    )
    assert reading.codes == ["text_number"]
    first, second = reading.facts.negotiations
    assert first == Negotiation(
        at=date(2026, 11, 18),
        client="Ana",
        kind=NegotiationKind.PROMISE,
        ref="N-1",
        receivables=("NF-1", "NF-2", "NF,3"),
        amount=Decimal("2000.00"),
        pay_by=date(2026, 11, 25),
        discount=Decimal("0.1"),
    )
    assert second.receivables == ("NF-1", "NF-2")


TALK_ERRORS: list[tuple[dict[str, Cell], str, set[str]]] = [
    ({"client": None, "receivables": "NF-2"}, "missing_client", {"Bia"}),
    ({"client": NA, "receivables": "NF-2"}, "formula_error", {"Bia"}),
    ({"client": NA}, "formula_error", set()),
    ({"at": None}, "missing_value", {"Ana"}),
    ({"at": datetime(2026, 11, 21)}, "negotiation_in_future", {"Ana"}),  # noqa: DTZ001  # likewise
    ({"at": "ontem"}, "invalid_date", {"Ana"}),
    ({"kind": None}, "missing_value", {"Ana"}),
    ({"kind": "Jura"}, "unknown_value", {"Ana"}),
    ({"pay_by": None}, "missing_value", {"Ana"}),
    ({"pay_by": date(2026, 11, 17)}, "pay_by_before", {"Ana"}),
    ({"pay_by": NA}, "formula_error", {"Ana"}),
    ({"receivables": "NF-1; NF-9"}, "unknown_invoice", {"Ana"}),
    ({"receivables": "NF-2"}, "client_differs", {"Ana", "Bia"}),
    ({"receivables": NA}, "formula_error", {"Ana"}),
    ({"receivables": True}, "unknown_invoice", {"Ana"}),
    ({"amount": -1}, "negative_amount", {"Ana"}),
    ({"instalments": 1.5}, "invalid_number", {"Ana"}),
    ({"instalments": 0}, "invalid_number", {"Ana"}),
    ({"discount": 10}, "invalid_percent", {"Ana"}),
    ({"closed_on": "fim"}, "invalid_date", {"Ana"}),
]


def test_the_wrong_number_of_a_list_is_told_and_not_the_whole_list() -> None:
    talks = [talk(receivables="NF-1; NF-9; NF-8")]
    reading = read(receivables=[invoice("NF-1")], negotiations=talks)
    assert [(issue.code, issue.value) for issue in reading.issues] == [
        ("unknown_invoice", "NF-9"),
        ("unknown_invoice", "NF-8"),
    ]


@pytest.mark.parametrize(("cells", "code", "held"), TALK_ERRORS)
def test_a_negotiation_that_cannot_be_read_may_be_a_promise_and_holds(
    cells: dict[str, Cell], code: str, held: set[str]
) -> None:
    reading = read(
        receivables=[invoice("NF-1"), invoice("NF-2", client="Bia")], negotiations=[talk(**cells)]
    )
    assert reading.errors == [code]
    assert reading.only().tab == "negotiations"
    assert set(reading.held) == held


def test_a_copied_row_takes_its_reference_along_and_is_told() -> None:
    reading = read(negotiations=[talk(ref="N-1"), talk(ref="N-1", client="Bia")])
    assert reading.codes == ["duplicate_ref"]
    assert reading.only().row == 3
    assert reading.held == {"Bia": "duplicate_ref"}


def test_a_moment_may_be_a_serial_a_text_or_a_plain_day() -> None:
    cells: list[Cell] = [46344.4375, "2026-11-18T10:30:00", "18/11/2026 10:30", date(2026, 11, 18)]
    reading = read(negotiations=[talk("Nota", at=cell) for cell in cells])
    assert {one.at for one in reading.facts.negotiations} == {date(2026, 11, 18)}
    assert reading.errors == []


# Instalments.


def part(number: int, **cells: Cell) -> Raw:
    """One instalment of Ana's agreement N-1."""
    clean: Raw = {
        "instalment": f"N-1/{number}",
        "agreement": "N-1",
        "client": "Ana",
        "receivables": "NF-1",
        "due_on": date(2026, 12, number),
        "amount": 500.0,
    }
    return {**clean, **cells}


def agreed(*parts: Raw, payments: tuple[Raw, ...] = ()) -> Reading:
    """Ana's NF-1, her agreement, and these instalments of it."""
    return read(
        receivables=[invoice("NF-1")],
        negotiations=[talk("Acordo", pay_by=None, ref="N-1", receivables="NF-1")],
        instalments=parts,
        payments=payments,
    )


def test_instalments_are_facts_and_take_payments() -> None:
    reading = agreed(
        part(1, paid_on=TODAY, paid_amount=500.0),
        part(2),
        payments=(payment(receivable="n-1/2", amount=500),),
    )
    assert reading.issues == ()
    assert reading.facts.instalments["N-1/1"] == Instalment(
        id="N-1/1",
        agreement="N-1",
        client="Ana",
        receivables=("NF-1",),
        due_on=date(2026, 12, 1),
        amount=Decimal("500.00"),
        paid_on=TODAY,
        paid_amount=Decimal("500.00"),
    )
    assert reading.facts.payments[0].receivable == "N-1/2"


INSTALMENT_ERRORS: list[tuple[dict[str, Cell], str]] = [
    ({"paid_on": date(2026, 12, 31)}, "paid_in_future"),
    ({"paid_amount": 500}, "paid_amount_without_date"),
    ({"paid_on": NA}, "formula_error"),
    ({"agreement": "N-7"}, "unknown_agreement"),
    ({"amount": 0}, "zero_amount"),
    ({"instalment": None}, "missing_id"),
    ({"instalment": "N-1/2"}, "duplicate_id"),
    ({"due_on": None}, "missing_value"),
]


@pytest.mark.parametrize(("cells", "code"), INSTALMENT_ERRORS)
def test_an_instalment_in_error_holds_its_client(cells: dict[str, Cell], code: str) -> None:
    reading = agreed(part(2), part(1, **cells))
    assert reading.errors == [code]
    assert reading.held == {"Ana": code}
    wrong = cells.get("instalment", "N-1/1")
    assert reading.facts.problem_receivables == ({wrong} if wrong else set())


def test_an_instalment_s_row_and_payments_must_agree_too() -> None:
    reading = agreed(
        part(1, paid_on=TODAY, paid_amount=500.0),
        payments=(payment(receivable="N-1/1", amount=499),),
    )
    assert reading.codes == ["paid_amount_differs"]
    assert reading.only().tab == "instalments"


def test_counting_the_same_payment_twice_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.rows.payments.folded_id", lambda text: text)
    with pytest.raises(AssertionError):
        test_the_same_payment_twice_counts_once()


def test_taking_a_payment_for_another_client_s_invoice_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sync.rows.payments._check_owner", lambda *_: None)
    with pytest.raises(AssertionError):
        test_a_payment_in_doubt_is_told_and_holds_whoever_it_may_concern(
            {"client": "Bia"}, "client_differs", {"Ana", "Bia"}, 1
        )
