"""Properties of random negotiations: money is conserved, nobody owes twice, the past stands."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain.asof import as_of
from sync.domain.facts import Cancelled, Facts, NegotiationKind
from sync.domain.negotiation import Result
from sync.domain.standing import Book, book
from tests.ledgers import CONTRACT, SAO_PAULO, instalment, invoice, ledger, paid, row

AGREED = (
    invoice("A", "05-06"),
    invoice("B", "06-03", 500),
    row(NegotiationKind.AGREEMENT, "06-10", "A", "B", ref="N1"),
    instalment("N1/1", "06-20", 500, "A", "B"),
    instalment("N1/2", "07-20", 500, "A", "B"),
    instalment("N1/3", "08-20", 500, "A", "B"),
)

# Money never appears or disappears, whatever becomes of the plan.

LINES = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "N1/1", "N1/2", "N1/3", None]),
        st.dates(date(2024, 5, 1), date(2024, 9, 30)),
        st.integers(-30_000, 90_000).map(lambda n: Decimal(n).scaleb(-2)),
    ),
    max_size=6,
)


def unaccounted(facts: Facts, when: date) -> Decimal:
    """Money in, less what settled something and what is unapplied."""
    found = book(facts, SAO_PAULO, when)
    held = (
        facts.instalments.keys() & found.standings.keys()
    )  # those of ended plans have given theirs to the originals
    for state in found.agreements.values():
        if state.result in (Result.BROKEN, Result.CANCELLED):
            held -= set(state.instalments)
    applied = sum(
        (
            stretch.to_interest + stretch.to_fee + stretch.to_principal
            for name in [*facts.receivables, *held]
            for stretch in found.memory(name).memory
        ),
        Decimal(0),
    )
    came = sum((p.amount for p in facts.payments if p.paid_on <= when), Decimal(0))
    return came - applied - sum(found.unapplied.values(), Decimal(0))


@settings(deadline=None)
@given(LINES, st.dates(date(2024, 5, 1), date(2024, 10, 30)), st.booleans())
def test_money_in_settles_something_or_is_unapplied(
    lines: list[tuple[str | None, date, Decimal]], when: date, collect: bool
) -> None:
    terms = replace(CONTRACT, collect_remaining=collect)
    payments = [
        replace(paid(name, "05-06", 1), paid_on=paid_on, amount=amount)
        for name, paid_on, amount in lines
    ]
    assert unaccounted(ledger(*AGREED, *payments, settings=terms), when) == 0


DATES = st.dates(date(2024, 4, 1), date(2024, 9, 30))
CENTS = st.integers(1, 200_000).map(lambda n: Decimal(n).scaleb(-2))
NAMES = st.sampled_from([(), ("A",), ("B",), ("A", "B"), ("B", "C"), ("unknown",)])


@st.composite
def quarrels(draw: st.DrawFn) -> Facts:
    """Three invoices, up to two agreements, promises and answers about them, and money."""
    rows: list[Any] = []
    for name in "ABC":
        changes = {
            "due_on": draw(DATES),
            "amount": draw(CENTS),
            "paid_on": draw(st.none() | DATES),
            "paid_amount": draw(st.none() | CENTS),
            "cancelled": draw(st.sampled_from([None, None, None, *Cancelled])),
        }
        rows.append(replace(invoice(name, "05-06"), **changes))
    parts: list[str] = []
    for ref in draw(st.sampled_from([(), ("N1",), ("N1", "N2")])):
        at, named = draw(DATES), draw(st.sampled_from([("A",), ("A", "B"), ("B", "C")]))
        agreement = row(NegotiationKind.AGREEMENT, at.isoformat(), *named, ref=ref)
        rows.append(replace(agreement, closed_on=draw(st.none() | DATES)))
        for n in range(draw(st.integers(0, 3))):
            part = instalment(f"{ref}/{n}", "05-06", 1, *named, paid_on=None)
            due = at + timedelta(days=5 + 20 * n)
            rows.append(replace(part, due_on=due, amount=draw(CENTS)))
            parts.append(part.id)
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(NegotiationKind))
        entry = replace(row(kind, "05-06", *draw(NAMES)), at=draw(DATES))
        rows.append(replace(entry, closed_on=draw(st.none() | DATES), pay_by=draw(DATES)))
    for _ in range(draw(st.integers(0, 4))):
        line = paid(draw(st.sampled_from(["A", "B", "C", None, *parts])), "05-06", 1)
        rows.append(replace(line, paid_on=draw(DATES), amount=draw(CENTS)))
    return ledger(*rows)


def owed_twice(found: Book) -> list[str]:
    """Originals that are open beside an open instalment of their agreement."""
    return [
        original
        for item in found.standings.values()
        if item.is_instalment and item.is_open
        for original in found.agreements[item.agreement or ""].originals
        if found.standings[original].is_open
    ]


@settings(deadline=None)
@given(quarrels(), DATES)
def test_nobody_owes_an_invoice_and_its_instalments_and_the_past_stands(
    facts: Facts, when: date
) -> None:
    found = book(facts, SAO_PAULO, when)
    assert owed_twice(found) == []
    then = book(as_of(facts, when), SAO_PAULO, when)
    assert then.standings == found.standings
    assert then.unapplied == found.unapplied
    assert all(s.charge.total_due > 0 for s in found.standings.values() if s.blocked is None)
    assert all(s.blocked for s in found.standings.values() if not s.is_open)
    assert len(found.results) == len(facts.negotiations)


def test_two_agreements_at_once_would_be_noticed(monkeypatch: Any) -> None:
    second = (
        row(NegotiationKind.AGREEMENT, "06-17", "A", "B", ref="N2"),
        instalment("N2/1", "07-01", 1500, "A", "B"),
    )
    facts = ledger(*AGREED, *second)
    assert owed_twice(book(facts, SAO_PAULO, date(2024, 6, 18))) == []
    monkeypatch.setattr("sync.domain.agreements._Plan._keep", lambda *_: None)
    assert owed_twice(book(facts, SAO_PAULO, date(2024, 6, 18))) != []
