"""Properties of standings over random ledgers, and mutants that they catch."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain.asof import as_of
from sync.domain.facts import Cancelled, Facts, NegotiationKind, Payment, Receivable
from sync.domain.plainly_paid import PlainlyPaid
from sync.domain.receipts import Accounts
from sync.domain.standing import Book, book
from tests.ledgers import CONTRACT, SAO_PAULO, day, invoice, ledger, money, paid, row

DISPUTE, PROMISE = NegotiationKind.DISPUTE, NegotiationKind.PROMISE
CONTACT, SAYS_PAID = NegotiationKind.CONTACT, NegotiationKind.SAYS_PAID

# The quick path for plainly paid rows must say what the full rules say.

DAYS_AROUND = st.integers(-20, 60).map(lambda n: day("05-06") + timedelta(days=n))


@st.composite
def paid_invoices(draw: st.DrawFn) -> tuple[Receivable, list[Payment]]:
    amount = draw(st.sampled_from([money(1000), money("999.99"), money(500), money(2000)]))
    when = draw(DAYS_AROUND)
    row = invoice("A", "05-06")
    match draw(st.sampled_from(["marked", "row", "line", "both", "line and mark", "two"])):
        case "marked":
            return replace(row, paid_on=when), []
        case "row":
            return replace(row, paid_on=when, paid_amount=amount), []
        case "line":
            return row, [Payment(paid_on=when, amount=amount, client="Ana", receivable="A")]
        case "both":
            line = Payment(paid_on=when, amount=amount, client="Ana", receivable="A")
            return replace(row, paid_on=when, paid_amount=amount), [line]
        case "line and mark":
            line = Payment(paid_on=draw(DAYS_AROUND), amount=amount, client="Ana", receivable="A")
            return replace(row, paid_on=when), [line]
    half = Payment(paid_on=when, amount=amount, client="Ana", receivable="A")
    return row, [half, replace(half, paid_on=draw(DAYS_AROUND))]


@settings(deadline=None)
@given(paid_invoices(), DAYS_AROUND, st.booleans(), st.integers(0, 4), st.booleans())
def test_the_quick_answer_is_the_full_answer(
    entered: tuple[Receivable, list[Payment]], when: date, collect: bool, grace: int, free: bool
) -> None:
    row, lines = entered
    terms = replace(CONTRACT, collect_remaining=collect, grace_days=grace)
    if free:
        terms = replace(terms, late_fee=Decimal(0), monthly_interest=Decimal(0))
    facts = ledger(row, *lines, settings=terms)
    quick = book(facts, SAO_PAULO, when)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainlyPaid, "standing", lambda *_: None)
        full = book(facts, SAO_PAULO, when)
    slow = full.standings["A"]
    fast = quick.standings["A"]
    assert replace(fast, charge=replace(fast.charge, memory=())) == replace(
        slow, charge=replace(slow.charge, memory=())
    )
    assert quick.memory("A").memory == slow.charge.memory
    assert quick.unapplied == full.unapplied


def test_years_of_paid_invoices_cost_no_computing_of_charges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computed: list[str] = []
    honest = Accounts.charge

    def counted(accounts: Accounts, item: Any, *rest: Any) -> Any:
        computed.append(item.id)
        return honest(accounts, item, *rest)

    monkeypatch.setattr(Accounts, "charge", counted)
    rows: list[Any] = [invoice(f"marked {n}", "05-06", paid_on="05-10") for n in range(50)]
    rows += [invoice(f"row {n}", "05-06", paid_on="05-10", paid_amount=1000) for n in range(50)]
    for n in range(50):
        rows += [invoice(f"line {n}", "05-06"), paid(f"line {n}", "05-10", 1000)]
        rows += [invoice(f"both {n}", "05-06", paid_on="05-10"), paid(f"both {n}", "05-10", 1000)]
    book(ledger(*rows, invoice("open", "05-06")), SAO_PAULO, day("05-23"))
    assert computed == ["open"]


@st.composite
def ledgers(draw: st.DrawFn) -> Facts:
    dates = st.dates(day("01-02"), day("12-28"))
    cents = st.integers(1, 300_000).map(lambda n: Decimal(n).scaleb(-2))
    rows: list[Any] = []
    for name in "ABC":
        row = invoice(name, "05-06", client=draw(st.sampled_from(["Ana", "Bia"])))
        rows.append(
            replace(
                row,
                due_on=draw(dates),
                amount=draw(cents),
                paid_on=draw(st.none() | dates),
                paid_amount=draw(st.none() | cents),
                cancelled=draw(st.sampled_from([None, None, None, *Cancelled])),
                disputed=draw(st.booleans()),
            )
        )
    for _ in range(draw(st.integers(0, 4))):
        about_one = draw(st.sampled_from(["A", "B", "C", None, "X"]))
        client = draw(st.sampled_from(["Ana", "Bia"]))
        rows.append(
            Payment(paid_on=draw(dates), amount=draw(cents), client=client, receivable=about_one)
        )
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from([PROMISE, CONTACT, DISPUTE, SAYS_PAID]))
        about = draw(st.sampled_from([(), ("A",), ("A", "B")]))
        entry = row_of(kind, draw(dates), about, draw(st.none() | dates))
        rows.append(replace(entry, closed_on=draw(st.none() | dates)))
    return ledger(*rows)


def row_of(kind: NegotiationKind, at: date, about: tuple[str, ...], by: date | None) -> Any:
    return row(kind, at.isoformat(), *about, pay_by=by.isoformat() if by else None)


@settings(deadline=None)
@given(ledgers(), st.dates(day("01-02"), day("12-28")))
def test_a_past_day_looks_the_same_whatever_was_entered_later(facts: Facts, when: date) -> None:
    then = book(as_of(facts, when), SAO_PAULO, when)
    now = book(facts, SAO_PAULO, when)
    assert then.standings == now.standings
    assert then.unapplied == now.unapplied


@settings(deadline=None)
@given(ledgers(), st.dates(day("01-02"), day("12-28")), st.randoms(use_true_random=False))
def test_the_order_of_the_payments_tab_does_not_matter(
    facts: Facts, when: date, random: Any
) -> None:
    shuffled = list(facts.payments)
    random.shuffle(shuffled)
    first = book(facts, SAO_PAULO, when)
    second = book(replace(facts, payments=tuple(shuffled)), SAO_PAULO, when)
    assert first.standings == second.standings
    assert first.unapplied == second.unapplied


@settings(deadline=None)
@given(ledgers(), st.dates(day("01-02"), day("12-28")))
def test_what_may_be_chased_is_open_and_free_of_every_reason(facts: Facts, when: date) -> None:
    assert chased_wrongly(facts, book(facts, SAO_PAULO, when)) == []


def chased_wrongly(facts: Facts, found: Book) -> list[str]:
    """Chaseable items that by the bare rows must not be chased; independent of the statuses."""
    wrong = []
    for name, item in found.standings.items():
        row = facts.receivables[name]
        paid_up = row.paid_on and row.paid_on <= found.run_date and row.paid_amount is None
        reasons = (
            row.cancelled,
            row.disputed,
            paid_up,
            item.charge.total_due <= 0,
            any(
                n.kind in (DISPUTE, SAYS_PAID)
                and name in n.receivables
                and n.at <= found.run_date
                and not (n.closed_on and n.closed_on <= found.run_date)
                for n in facts.negotiations
            ),
        )
        if item.blocked is None and any(reasons):
            wrong.append(name)
        if item.is_open and (row.cancelled or paid_up):
            wrong.append(name)
    return wrong


TEMPTING = ledger(
    invoice("A", "05-06", disputed=True),
    invoice("B", "05-06", cancelled=Cancelled.VOID),
    invoice("C", "05-06", paid_on="05-10"),
    invoice("D", "05-06"),
    invoice("E", "05-06"),
    paid("E", "05-02", 400),
    paid("E", "05-06", 600),
    row(SAYS_PAID, "05-08", "D"),
)

MUTANTS: dict[str, tuple[str, Any, str]] = {
    "disputes are not looked at": ("_Judge._held", lambda *_: None, "A"),
    "paid rows are alive": ("_Judge._fixed", lambda *_: None, "E"),
    "answers hold nothing": ("holds", lambda _accounts: ({}, {}), "D"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_property_would_notice_a_broken_rule(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chased_wrongly(TEMPTING, book(TEMPTING, SAO_PAULO, day("05-23"))) == []
    path, broken, victim = MUTANTS[name]
    monkeypatch.setattr(f"sync.domain.standing.{path}", broken)
    assert victim in chased_wrongly(TEMPTING, book(TEMPTING, SAO_PAULO, day("05-23")))
