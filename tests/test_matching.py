"""Which invoices a bank line pays: certain by its own number, else a suggestion, else nothing."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.bank import matching
from sync.bank.matching import CERTAIN, Match, Matcher
from sync.bank.statement import BankLine, LineKind
from sync.bank.sums import only_sum
from sync.domain.boleto import our_number_candidates
from sync.domain.facts import (
    Cancelled,
    Channel,
    Client,
    Facts,
    Instalment,
    Negotiation,
    NegotiationKind,
    Outcome,
    Payment,
    Receivable,
    Reminder,
    TeamSettings,
)
from sync.domain.standing import book
from tests.boletos import boleto
from tests.ledgers import SAO_PAULO, day, invoice, money

TODAY = day("2024-05-20")
REFERENCE = "R" + 11 * "Q"
CLIENTS = (
    Client(name="Ana", legal_name="Ana Comércio de Flores Ltda", tax_id="11.222.333/0001-81"),
    Client(name="Bruno", legal_name="Bruno da Silva Souza", tax_id="529.982.247-25"),
    Client(name="Carla", legal_name="Carla Serviços Ltda"),
    Client(name="Carla Filial", legal_name="Carla Serviços Ltda"),
)


def facts_of(*rows: Receivable, **more: Any) -> Facts:
    settings = more.pop("settings", TeamSettings())
    return Facts(
        settings=settings,
        clients={client.name: client for client in CLIENTS},
        receivables={row.id: row for row in rows},
        **more,
    )


def asked(total: str, *names: str, reference: str = REFERENCE, on: str = "05-15") -> Reminder:
    return Reminder(
        reference=reference,
        client="Ana",
        at=datetime.combine(day(on), datetime.min.time()),
        step="first",
        channel=Channel.EMAIL,
        outcome=Outcome.SENT,
        total=money(total),
        valid_until=day("05-25"),
        receivables=names,
    )


def line(amount: str, on: str = "05-16", **told: Any) -> BankLine:
    kind = told.pop("kind", LineKind.CREDIT)
    return BankLine(id="B-1", posted_on=day(on), amount=money(amount), kind=kind, **told)


def match(facts: Facts, told: BankLine, bank: str = "") -> Match:
    return Matcher(facts, book(facts, SAO_PAULO, TODAY)).match(told, bank)


def shares(found: Match) -> list[tuple[str | None, str]]:
    return [(share.item, f"{share.amount:f}") for share in found.shares]


TWO = (invoice("NF-1001", "05-03"), invoice("NF-1002", "05-10", 300))


# ---- certain


@pytest.mark.parametrize(
    "told",
    [
        {"txid": REFERENCE},
        {"txid": REFERENCE.lower()},
        {"memo": f"PIX RECEBIDO - {REFERENCE} ANA"},
    ],
)
def test_a_message_s_txid_and_its_total_are_certain(told: dict[str, str]) -> None:
    facts = facts_of(*TWO, reminders=(asked("1300", "NF-1001", "NF-1002"),))
    found = match(facts, line("1300", **told))
    assert found.confidence == CERTAIN
    assert shares(found) == [("NF-1001", "1000.00"), ("NF-1002", "300.00")]


def test_what_history_says_was_asked_is_expected_a_discount_included() -> None:
    settings = TeamSettings(on_time_discount=Decimal("0.10"))
    facts = facts_of(invoice("NF-7", "05-20"), reminders=(asked("900", "NF-7"),), settings=settings)
    found = match(facts, line("900", txid=REFERENCE))
    assert (found.confidence, shares(found)) == (CERTAIN, [("NF-7", "900.00")])


def test_charges_quoted_are_expected_on_any_later_day_too() -> None:
    settings = TeamSettings(late_fee=Decimal("0.02"), monthly_interest=Decimal("0.01"))
    facts = facts_of(TWO[0], reminders=(asked("1024.00", "NF-1001"),), settings=settings)
    found = match(facts, line("1024.00", on="05-19", txid=REFERENCE))
    assert (found.confidence, shares(found)) == (CERTAIN, [("NF-1001", "1024.00")])


@pytest.mark.parametrize(
    ("amount", "row"),
    [
        ("999.99", {}),
        ("1000", {"cancelled": Cancelled.VOID}),
        ("1000", {"paid_on": "05-12"}),
        ("1000", {"paid_on": "05-12", "paid_amount": "1000"}),
    ],
)
def test_the_txid_alone_or_of_what_is_settled_by_hand_is_for_a_person(
    amount: str, row: dict[str, Any]
) -> None:
    facts = facts_of(invoice("NF-1001", "05-03", **row), reminders=(asked("1000", "NF-1001"),))
    found = match(facts, line(amount, txid=REFERENCE))
    assert (found.confidence, found.items) == (matching.NAMED, ("NF-1001",))


@pytest.mark.parametrize("bank", ["341", "237", "001", "033", "104", "756"])
def test_a_boleto_s_number_and_amount_are_certain(bank: str) -> None:
    code = boleto("1000.00", day("05-03"), bank=bank)
    facts = facts_of(invoice("NF-1001", "05-03", payment_code=code), TWO[1])
    number = our_number_candidates(code)[0]
    exact = match(facts, line("1000", our_number=number), bank)
    assert (exact.confidence, exact.items) == (CERTAIN, ("NF-1001",))
    late = line("1025.50", our_number=number, interest=money("5.50"), fee=money("20"))
    assert match(facts, late, bank).confidence == CERTAIN, "as the bank itself computed it"
    assert match(facts, line("700", our_number=number), bank).confidence == matching.NAMED
    other = "237" if bank != "237" else "341"
    assert match(facts, line("1000", our_number=number), other).confidence < matching.NAMED


def test_one_instalment_of_a_confirmation_is_named_by_two_digits() -> None:
    parts = {
        f"A-1/{n}": Instalment(
            id=f"A-1/{n}", agreement="A-1", client="Ana", receivables=("NF-1001",),
            due_on=day(f"0{5 + n}-10"), amount=money("500"),
        )
        for n in (1, 2)
    }  # fmt: skip
    plan = Negotiation(
        at=day("05-14"), client="Ana", kind=NegotiationKind.AGREEMENT, ref="A-1",
        receivables=("NF-1001",), instalments=2,
    )  # fmt: skip
    facts = facts_of(
        TWO[0], instalments=parts, negotiations=(plan,), reminders=(asked("1000", *parts),)
    )
    found = match(facts, line("500", txid=f"{REFERENCE}02"))
    assert (found.confidence, shares(found)) == (CERTAIN, [("A-1/2", "500.00")])
    assert match(facts, line("500", txid=f"{REFERENCE}09")).confidence < matching.NAMED


# ---- suggestions


@pytest.mark.parametrize(
    ("told", "amount", "confidence", "items"),
    [
        ({"memo": "PAGTO NF 1002"}, "300", matching.MEMO_AMOUNT, ("NF-1002",)),
        ({"memo": "NF-1001 e NF-1002"}, "1300", matching.MEMO_AMOUNT, ("NF-1001", "NF-1002")),
        ({"memo": "parte da NF-1001"}, "250", matching.MEMO, ("NF-1001",)),
        ({"payer_tax_id": "11222333000181"}, "300", matching.PAYER_ONE, ("NF-1002",)),
        ({"payer_tax_id": "11222333000262"}, "300", matching.PAYER_ONE, ("NF-1002",)),
        ({"payer_tax_id": "11222333000181"}, "1300", matching.PAYER_MORE, ("NF-1001", "NF-1002")),
        ({"payer": "ANA COMERCIO DE FLORES LTDA"}, "300", matching.NAME_AMOUNT, ("NF-1002",)),
        ({"payer": "ANA COMERCIO DE FLO"}, "1300", matching.NAME_AMOUNT, ("NF-1001", "NF-1002")),
        ({"payer": "ANA COMERCIO DE FLORES LTDA"}, "77", matching.PAYER, ("NF-1001",)),
        ({}, "300", matching.AMOUNT, ("NF-1002",)),
        ({"payer": "TIA DA ANA"}, "300", matching.STRANGER, ("NF-1002",)),
        ({"payer": "TIA DA ANA"}, "77", matching.NOTHING, ()),
        ({"memo": "ANO 1002"}, "55", matching.NOTHING, ()),
    ],
)
def test_what_else_a_line_tells_gives_a_suggestion(
    told: dict[str, str], amount: str, confidence: Decimal, items: tuple[str, ...]
) -> None:
    found = match(facts_of(*TWO), line(amount, **told))
    assert (found.confidence, found.items) == (confidence, items)


def test_the_only_invoices_that_make_the_sum_are_suggested() -> None:
    rows = [invoice(f"NF-{n}", "05-03", amount) for n, amount in enumerate((110, 230, 470, 900))]
    found = match(facts_of(*rows), line("580", payer_tax_id="11222333000181"))
    assert (found.confidence, found.items) == (matching.PAYER_SUM, ("NF-0", "NF-2"))


def test_what_a_message_asked_for_together_goes_before_other_sums() -> None:
    rows = [invoice(f"NF-{n}", "05-03", amount) for n, amount in enumerate((100, 200, 300, 400))]
    facts = facts_of(*rows, reminders=(asked("500", "NF-0", "NF-3"),))
    found = match(facts, line("500", payer_tax_id="11222333000181"))
    assert (found.confidence, found.items) == (matching.PAYER_MORE, ("NF-0", "NF-3"))


def test_equals_suggest_nothing_and_all_of_them_may_have_paid() -> None:
    rows = [invoice("NF-1", "05-03", client="Ana"), invoice("NF-2", "05-03", client="Bruno")]
    found = match(facts_of(*rows), line("1000"))
    assert (found.shares, found.client, found.clients) == ((), None, ("Ana", "Bruno"))
    two = match(facts_of(*rows), line("5", payer="CARLA SERVICOS LTDA"))
    assert (two.shares, two.clients) == ((), ("Carla", "Carla Filial"))
    both = match(facts_of(*rows, *TWO), line("9", memo="ref NF-1001 e NF-1002"))
    assert both.clients == ("Ana",)


def test_who_pays_and_whose_invoice_is_named_may_both_have_paid() -> None:
    rows = (*TWO, invoice("NF-2001", "05-03", 1000, client="Bruno"))
    found = match(facts_of(*rows), line("1000", payer="BRUNO DA SILVA SOUZA", memo="ref NF-1001"))
    assert (found.items, found.clients) == ((), ("Ana", "Bruno"))
    told = "NF-1001 NF-2001"
    twins = (invoice("NF-3001", "05-03", 80, client="Carla"),)
    carla = match(facts_of(*twins), line("80", payer="CARLA SERVICOS LTDA", memo="NF 3001"))
    assert (carla.client, carla.items) == ("Carla", ("NF-3001",))
    own = match(facts_of(*rows), line("1000", payer="BRUNO DA SILVA SOUZA", memo=told))
    assert (own.confidence, own.items) == (matching.MEMO_AMOUNT, ("NF-2001",))


def test_of_a_client_s_equal_invoices_the_oldest_is_proposed_with_doubt() -> None:
    rows = [invoice(f"NF-{month}", f"{month}-10", 150) for month in ("04", "03", "05")]
    found = match(facts_of(*rows), line("150", payer_tax_id="11222333000181"))
    assert (found.confidence, found.items) == (matching.PAYER, ("NF-03",))


def test_another_tax_number_makes_the_same_name_another_person() -> None:
    facts = facts_of(invoice("NF-1", "05-03", client="Bruno"))
    same = line("40", payer="BRUNO DA SILVA SOUZA")
    assert match(facts, same).client == "Bruno"
    other = line("40", payer="BRUNO DA SILVA SOUZA", payer_tax_id="11144477735")
    assert match(facts, other).clients == ()


def test_what_is_closed_is_never_suggested() -> None:
    rows = [
        invoice("NF-1001", "05-03", paid_on="05-04"),
        invoice("NF-1002", "05-03", cancelled=Cancelled.VOID),
        invoice("NF-1003", "05-03", cancelled=Cancelled.WRITTEN_OFF),
    ]
    found = match(facts_of(*rows), line("1000", payer_tax_id="11222333000181", memo="NF-1001"))
    assert (found.client, found.items, shares(found)) == ("Ana", (), [(None, "1000.00")])


@pytest.mark.parametrize("kind", [LineKind.DEBIT, LineKind.NOTICE, LineKind.CLOSED])
def test_only_money_in_pays(kind: LineKind) -> None:
    facts = facts_of(*TWO, reminders=(asked("1300", "NF-1001", "NF-1002"),))
    assert match(facts, line("1300", txid=REFERENCE, kind=kind)) == matching.UNMATCHED


# ---- charge-backs


def bank_payment(name: str | None, amount: str, reference: str, on: str = "05-05") -> Payment:
    return Payment(
        paid_on=day(on), amount=money(amount), client="Ana", receivable=name, reference=reference
    )


def test_a_charge_back_finds_the_latest_payment_that_nothing_undid() -> None:
    payments = (
        bank_payment("NF-1001", "300", "B-1"),
        bank_payment("NF-1002", "300", "B-2", "05-08"),
        bank_payment("NF-1002", "-300", "B-3", "05-09"),
    )
    back = line("-300", kind=LineKind.REVERSAL, payer_tax_id="11222333000181")
    found = match(facts_of(*TWO, payments=payments), back)
    assert shares(found) == [("NF-1001", "-300.00")]
    assert not found.is_certain
    unknown = line("-300", kind=LineKind.REVERSAL)
    assert shares(match(facts_of(*TWO, payments=payments[:2]), unknown)) == []
    later = line("-300", on="05-04", kind=LineKind.REVERSAL)
    assert shares(match(facts_of(*TWO, payments=payments[:1]), later)) == []


# ---- sums


@given(st.lists(st.integers(1, 60), min_size=1, max_size=9), st.integers(1, 200))
def test_an_only_sum_is_the_only_one(amounts: list[int], wanted: int) -> None:
    owed = {f"NF-{place}": Decimal(amount) for place, amount in enumerate(amounts)}
    sets = [
        {f"NF-{place}" for place in range(len(amounts)) if mask >> place & 1}
        for mask in range(1, 2 ** len(amounts))
    ]
    fitting = [each for each in sets if sum(owed[name] for name in each) == wanted]
    found = set(only_sum(owed, Decimal(wanted)))
    assert found == (fitting[0] if len(fitting) == 1 else set())


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=5), st.integers(1, 20000))
def test_shares_sum_to_the_line_whatever_it_pays(amounts: list[int], paid: int) -> None:
    rows = [
        invoice(f"NF-{place}", f"05-{place + 1:02}", f"{amount}.37")
        for place, amount in enumerate(amounts)
    ]
    found = match(facts_of(*rows), line(f"{paid}.11", payer_tax_id="11222333000181"))
    assert sum((share.amount for share in found.shares), Decimal(0)) == money(f"{paid}.11")


def test_the_run_date_is_the_last_day_that_is_known() -> None:
    facts = facts_of(*TWO)
    assert match(facts, line("300", on="2024-06-20")).items == ("NF-1002",)
    assert date(2024, 5, 20) == TODAY
