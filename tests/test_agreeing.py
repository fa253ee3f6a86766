"""Agreements become instalments: typed, accepted, replaced, broken; not a cent made or lost.

Ana owes A (1,000.00 due 6 May 2024) and B (500.00 due 3 June): on Monday 10 June 1,031.67 and
511.17, so 1,542.84 with 2 % and 1 % a month.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain import agreements
from sync.domain.agreeing import (
    Refusal,
    Terms,
    accept,
    agree,
    instalments_of,
    negotiation_of,
    pending_agreements,
)
from sync.domain.agreements import granted, split
from sync.domain.charges import cents
from sync.domain.decisions import Status
from sync.domain.facts import (
    Cancelled,
    Facts,
    Instalment,
    Negotiation,
    NegotiationKind,
    OfferRule,
    Payment,
    Receivable,
)
from sync.domain.negotiation import Result
from sync.domain.offers import Option, options_for
from sync.domain.standing import Book, book
from tests.domain_language import run_example
from tests.domain_ledger import IDENTIFIED
from tests.ledgers import SAO_PAULO, day, invoice, ledger, money, paid, row

AGREEMENT = NegotiationKind.AGREEMENT
TEAM = replace(IDENTIFIED, late_fee=Decimal("0.02"), monthly_interest=Decimal("0.01"))
OWED = (invoice("A", "05-06"), invoice("B", "06-03", 500))


def on(facts: Facts, when: str) -> Book:
    return book(facts, SAO_PAULO, day(when))


def typed(*rows: Any, at: str = "06-10", ref: str = "N1", **values: Any) -> tuple[Facts, Any]:
    """Ana's debts and an agreement typed about them; the facts and what becomes of it."""
    names = values.pop("names", ())
    agreement = row(AGREEMENT, at, *names, ref=ref, **values)
    facts = ledger(*(rows or OWED), agreement, settings=TEAM)
    return facts, agree(facts, SAO_PAULO, facts.negotiations[-1])


def carried_out(facts: Facts, ref: str, terms: Terms) -> Facts:
    """The facts once the instalments stand in the sheet."""
    parts = {part.id: part for part in instalments_of(ref, terms)}
    return replace(facts, instalments={**facts.instalments, **parts})


# What people type.


def test_a_typed_agreement_becomes_instalments_of_what_was_owed_then() -> None:
    facts, terms = typed(instalments=3, first_due_on="06-20")
    assert (terms.owed, terms.granted, terms.total) == (money("1542.84"), 0, money("1542.84"))
    parts = instalments_of("N1", terms)
    assert [(part.id, str(part.due_on), str(part.amount)) for part in parts] == [
        ("N1/1", "2024-06-20", "514.28"),
        ("N1/2", "2024-07-20", "514.28"),
        ("N1/3", "2024-08-20", "514.28"),
    ]
    assert {part.receivables for part in parts} == {("A", "B")}
    assert pending_agreements(facts, on(facts, "06-10")) == (0,)
    after = carried_out(facts, "N1", terms)
    found = on(after, "06-10")
    assert pending_agreements(after, found) == ()
    assert found.agreements["N1"].result is Result.OPEN
    frozen = [found.standings[name].charge.total_due for name in "AB"]
    assert sum(frozen) == terms.owed


def test_blank_cells_have_sensible_meanings() -> None:
    _, one = typed(first_due_on="06-20")
    assert [str(part.due_on) for part in one.instalments] == ["2024-06-20"]
    _, by = typed(pay_by="06-21", instalments=2)
    assert [str(part.due_on) for part in by.instalments] == ["2024-06-21", "2024-07-21"]
    _, usual = typed(instalments=2)  # five days later is a Saturday
    assert usual.instalments[0].due_on == day("06-17")


def test_a_discount_and_an_amount_are_two_ways_to_say_the_same() -> None:
    _, by_share = typed(instalments=1, discount=Decimal("0.10"))
    assert (by_share.granted, by_share.total) == (money("154.28"), money("1388.56"))
    _, by_amount = typed(instalments=1, amount="1388.56")
    assert by_amount.granted == money("154.28")
    _, both = typed(instalments=1, amount="1388.56", discount=Decimal("0.10"))
    assert both.total == money("1388.56")
    _, rounded = typed(instalments=1, amount="1350.00", discount=Decimal("0.125"))
    assert (rounded.total, rounded.granted) == (money("1350.00"), money("192.84"))


@pytest.mark.parametrize(
    ("told", "values", "refusal"),
    [
        ("nothing about a plan", {}, Refusal.WITHOUT_PLAN),
        ("only an amount", {"amount": 900}, Refusal.WITHOUT_PLAN),
        ("a cent too much", {"instalments": 2, "amount": "1542.85"}, Refusal.ABOVE_OWED),
        (
            "two different discounts",
            {"instalments": 2, "amount": 1000, "discount": Decimal("0.10")},
            Refusal.DISCOUNT_DIFFERS,
        ),
        ("due before it", {"instalments": 2, "first_due_on": "06-09"}, Refusal.DUE_BEFORE),
        ("pay by before it", {"pay_by": "06-09"}, Refusal.DUE_BEFORE),
        ("a year mistyped", {"instalments": 2, "first_due_on": date(2062, 6, 20)}, Refusal.DUE_FAR),
        ("pay by in a far year", {"pay_by": date(2025, 6, 12)}, Refusal.DUE_FAR),
        ("each, not all", {"instalments": 3, "amount": "514.28"}, Refusal.AMOUNT_EACH),
        ("each, rounded", {"instalments": 3, "amount": 600}, Refusal.AMOUNT_EACH),
        ("each, less a little", {"instalments": 2, "amount": 620}, Refusal.AMOUNT_EACH),
        ("less than a cent each", {"instalments": 100, "amount": "0.99"}, Refusal.NOT_SPLIT),
        ("too many", {"instalments": 121}, Refusal.NOT_SPLIT),
        ("about nothing", {"instalments": 2, "names": ("X",)}, Refusal.NOTHING_OWED),
        ("before anything was owed", {"instalments": 2, "names": ("C",)}, Refusal.NOTHING_OWED),
    ],
)
def test_what_cannot_be_carried_out_is_told_and_holds(
    told: str, values: dict[str, Any], refusal: Refusal
) -> None:
    paid_up = invoice("C", "05-06", paid_on="05-06")
    facts, found = typed(*OWED, paid_up, **values)
    assert found is refusal, told
    named = set(values.get("names", ("A", "B"))) & {"A", "B"}
    holds = on(facts, "06-28").holds
    assert named <= holds.keys(), "its invoices wait until it is mended or closed"


@pytest.mark.parametrize(
    ("told", "values", "total"),
    [
        ("the discount is said", {"amount": 500, "discount": Decimal("0.6759")}, "500.00"),
        ("one instalment", {"amount": 1400, "instalments": 1}, "1400.00"),
        ("far from what is owed", {"amount": 400}, "400.00"),
        ("the last day of a year", {"first_due_on": date(2025, 6, 11)}, "1542.84"),
    ],
)
def test_an_agreement_of_which_only_one_thing_can_be_meant_is_carried_out(
    told: str, values: dict[str, Any], total: str
) -> None:
    _, terms = typed(**{"instalments": 3, **values})
    assert terms.total == money(total), told


def test_only_what_is_still_owed_is_agreed_on() -> None:
    rows = (
        *OWED,
        invoice("C", "05-06", cancelled=Cancelled.VOID),
        invoice("D", "05-06", paid_on="05-06"),
        paid("A", "06-09", 1031),
    )
    facts, terms = typed(*rows, instalments=2, names=("A", "B", "C", "D"))
    assert terms.receivables == ("B",)
    found = on(carried_out(facts, "N1", terms), "06-12")
    assert found.standings["C"].status is Status.VOID
    assert found.standings["D"].status is Status.PAID
    assert found.standings["N1/1"].blocked is None


@pytest.mark.parametrize(
    ("told", "change"),
    [
        ("closed", {"closed_on": day("06-11")}),
        ("another kind", {"kind": NegotiationKind.PROPOSAL}),
        ("of a day to come", {"at": day("06-13")}),
        ("of nobody known", {"client": "Nobody"}),
    ],
)
def test_what_waits_for_no_instalments(told: str, change: dict[str, Any]) -> None:
    facts, _ = typed(instalments=2)
    agreement = facts.negotiations[0]
    facts = replace(facts, negotiations=(replace(agreement, **change),))
    assert pending_agreements(facts, on(facts, "06-12")) == (), told


def test_a_client_with_a_row_in_error_waits_until_it_is_mended() -> None:
    facts, _ = typed(instalments=2)
    facts = replace(facts, row_problems={"Ana": "invalid_amount"})
    assert pending_agreements(facts, on(facts, "06-12")) == ()


# Renegotiating.


def test_a_plan_that_broke_is_renegotiated_net_of_what_was_paid() -> None:
    """514.28 on 20 June went to A (1,035.00 that day); the rest is owed, with charges again."""
    facts, terms = typed(instalments=3, first_due_on="06-20")
    facts = carried_out(facts, "N1", terms)
    facts = replace(facts, payments=(paid("N1/1", "06-20", "514.28"),))
    broken = on(facts, "08-01")
    assert broken.agreements["N1"].result is Result.BROKEN
    again = row(AGREEMENT, "08-01", ref="N2", instalments=2, first_due_on="08-10")
    facts = replace(facts, negotiations=(*facts.negotiations, again))
    assert pending_agreements(facts, on(facts, "08-01")) == (1,)
    second = agree(facts, SAO_PAULO, again)
    assert isinstance(second, Terms)
    owed = sum(broken.standings[name].charge.total_due for name in "AB")
    assert second.owed == second.total == owed
    found = on(carried_out(facts, "N2", second), "08-02")
    assert [item.id for item in found.open_of("Ana")] == ["N2/1", "N2/2"]
    assert found.standings["N1/1"].status is Status.PAID
    assert found.agreements["N1"].result is Result.BROKEN


@pytest.mark.parametrize("names", [("A", "B"), ()])
def test_a_plan_that_still_runs_ends_when_another_takes_its_place(names: tuple[str, ...]) -> None:
    """Blank invoices mean what was overdue then: the late instalment stands for its originals."""
    facts, terms = typed(instalments=3, first_due_on="06-20")
    facts = carried_out(facts, "N1", terms)
    again = row(AGREEMENT, "06-24", *names, ref="N2", instalments=2, first_due_on="07-01")
    facts = replace(facts, negotiations=(*facts.negotiations, again))
    second = agree(facts, SAO_PAULO, again)
    assert isinstance(second, Terms)
    assert second.receivables == ("A", "B")
    assert second.owed == money("1000") + 20 + money("16.33") + 500 + 10 + money("3.50")
    found = on(carried_out(facts, "N2", second), "06-24")
    assert [item.id for item in found.open_of("Ana")] == ["N2/1", "N2/2"]
    assert found.agreements["N1"].result is Result.CANCELLED


# An option accepted by mail or by command.

RULES = (
    OfferRule(from_days=1, charges_discount=Decimal("0.5"), principal_discount=Decimal("0.07")),
    OfferRule(
        from_days=1,
        instalments=3,
        principal_discount=Decimal("0.05"),
        monthly_rate=Decimal("0.02"),
    ),
)


def offered(facts: Facts, when: date) -> tuple[Option, ...]:
    its_book = book(facts, SAO_PAULO, when)
    return options_for(its_book, facts, SAO_PAULO, "Ana", when)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("accepted_on", ["06-20", "06-24"])
def test_an_accepted_option_is_what_was_offered_and_its_discount_outlives_the_plan(
    number: int, accepted_on: str
) -> None:
    facts = ledger(*OWED, settings=TEAM, offer_rules=RULES)
    option = offered(facts, day("06-20"))[number - 1]
    terms = accept(facts, SAO_PAULO, option, day(accepted_on))
    assert isinstance(terms, Terms)
    assert terms.instalments == option.instalments
    assert terms.owed - terms.granted + option.interest == option.total
    facts = replace(facts, negotiations=(negotiation_of("A-1", terms),))
    facts = carried_out(facts, "A-1", terms)
    assert on(facts, accepted_on).agreements["A-1"].result is Result.OPEN
    broken = on(facts, "07-02")
    assert broken.agreements["A-1"].result is Result.BROKEN
    assert granted_to(broken) == terms.granted


def granted_to(found: Book) -> Decimal:
    """What the originals of broken plans were given, by the receipts that are no money."""
    items = [item for name in "AB" if (item := found.accounts.item(name)) is not None]
    receipts = (r for item in items for r in found.accounts.receipts(item) if not r.is_money)
    return sum((receipt.amount for receipt in receipts), Decimal(0))


@pytest.mark.parametrize(
    ("told", "change"),
    [
        ("paid meanwhile", {"payments": (paid("A", "06-21", 500),)}),
        (
            "cancelled meanwhile",
            {"receivables": {"A": OWED[0], "B": replace(OWED[1], cancelled=Cancelled.VOID)}},
        ),
        ("gone meanwhile", {"receivables": {"A": OWED[0]}}),
    ],
)
def test_an_option_is_not_accepted_for_other_debts_than_it_was_made_for(
    told: str, change: dict[str, Any]
) -> None:
    facts = ledger(*OWED, settings=TEAM, offer_rules=RULES)
    option = offered(facts, day("06-20"))[0]
    later = replace(facts, **change)
    assert accept(later, SAO_PAULO, option, day("06-21")) is Refusal.ABOVE_OWED, told


def test_an_option_is_not_accepted_after_its_first_payment_was_due_or_when_all_is_paid() -> None:
    facts = ledger(*OWED, settings=TEAM, offer_rules=RULES)
    option = offered(facts, day("06-20"))[0]
    assert accept(facts, SAO_PAULO, option, day("06-26")) is Refusal.DUE_BEFORE
    settled = replace(facts, payments=(paid("A", "06-21", 1035), paid("B", "06-21", 512)))
    assert accept(settled, SAO_PAULO, option, day("06-21")) is Refusal.NOTHING_OWED


# Cents.

AMOUNTS = st.integers(1, 300_000).map(lambda n: Decimal(n).scaleb(-2))


@settings(deadline=None)
@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=6), st.data())
def test_a_split_sums_to_the_cent_and_gives_nobody_more_than_its_weight(
    weights: list[int], data: st.DataObject
) -> None:
    owed = [Decimal(weight).scaleb(-2) for weight in weights]
    amount = Decimal(data.draw(st.integers(0, sum(weights)))).scaleb(-2)
    shares = split(amount, owed)
    assert sum(shares) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, owed, strict=True))


@settings(deadline=None)
@given(AMOUNTS, st.integers(0, 9_999), st.none() | AMOUNTS)
def test_what_is_granted_never_exceeds_what_is_owed(
    owed: Decimal, share: int, amount: Decimal | None
) -> None:
    agreement = row(AGREEMENT, "06-10", ref="N1", discount=Decimal(share).scaleb(-4))
    given_away = granted(replace(agreement, amount=amount), owed)
    assert 0 <= given_away <= owed
    if amount is None or amount > owed:
        assert given_away == cents(owed * agreement.discount)


MONEY = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "N1/1", "N1/2", "N1/3", None]),
        st.integers(0, 120),
        st.integers(-40_000, 90_000).map(lambda n: Decimal(n).scaleb(-2)),
    ),
    max_size=5,
)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Facts, Terms]:
    """Two debts, an agreement about them carried out by the engine, and money of all kinds."""
    rows = [
        invoice("A", "05-06", str(draw(AMOUNTS))),
        invoice("B", "06-03", str(draw(AMOUNTS))),
    ]
    values: dict[str, Any] = {"instalments": draw(st.integers(1, 3))}
    if draw(st.booleans()):
        values["discount"] = Decimal(draw(st.integers(0, 9_999))).scaleb(-4)
    facts, terms = typed(*rows, first_due_on="06-20", **values)
    if not isinstance(terms, Terms):  # less than a cent for each
        facts, terms = typed(*OWED, first_due_on="06-20", instalments=3)
    payments = [
        replace(paid(name, "05-06", 1), paid_on=day("05-06") + timedelta(days=days), amount=amount)
        for name, days, amount in draw(MONEY)
    ]
    return replace(carried_out(facts, "N1", terms), payments=tuple(payments)), terms


DAYS = st.integers(0, 200).map(lambda n: day("05-06") + timedelta(days=n))


def money_of(found: Book) -> Decimal:
    """All money, wherever agreements put it: on what is owed, or without a debt."""
    accounts = found.accounts
    facts = accounts.facts
    items: list[Receivable | Instalment] = [*facts.receivables.values()]
    items += facts.instalments.values()
    placed = (r for item in items for r in accounts.receipts(item) if r.is_money)
    loose = (r for receipts in accounts.loose.values() for r in receipts)
    return sum((r.amount for r in (*placed, *loose)), Decimal(0))


@settings(deadline=None)
@given(plans(), DAYS)
def test_whatever_becomes_of_a_plan_no_cent_is_made_or_lost(
    made: tuple[Facts, Terms], when: date
) -> None:
    facts, terms = made
    found = book(facts, SAO_PAULO, when)
    came = sum((p.amount for p in facts.payments if p.paid_on <= when), Decimal(0))
    assert money_of(found) == came
    assert sum(part.amount for part in facts.instalments.values()) == terms.total
    if found.agreements and found.agreements["N1"].result is Result.BROKEN:
        owed = found_owed(facts, when)
        assert granted_to(found) == min(granted(facts.negotiations[0], owed), owed)


def found_owed(facts: Facts, when: date) -> Decimal:
    """What the originals owed on the agreement's date, by a book that has never seen a plan."""
    until = [p for p in facts.payments if p.paid_on <= facts.negotiations[0].at]
    alone = replace(facts, negotiations=(), instalments={}, payments=tuple(until))
    standings = book(alone, SAO_PAULO, min(when, facts.negotiations[0].at)).standings
    return sum((standings[name].charge.total_due for name in "AB"), Decimal(0))


def balances(facts: Facts, when: date) -> Any:
    found = book(facts, SAO_PAULO, when)
    owed = {name: (s.status, s.charge.total_due) for name, s in found.standings.items()}
    return owed, dict(found.unapplied), found.results


@settings(deadline=None, max_examples=60)
@given(plans(), DAYS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_balance(
    made: tuple[Facts, Terms], when: date, chance: Any
) -> None:
    facts, _ = made
    rows: list[Payment] = list(facts.payments)
    chance.shuffle(rows)
    assert balances(replace(facts, payments=tuple(rows)), when) == balances(facts, when)


def test_every_order_of_four_payments_leads_to_the_same_balances() -> None:
    facts, terms = typed(instalments=3, first_due_on="06-20", discount=Decimal("0.0333"))
    facts = carried_out(facts, "N1", terms)
    lines: Sequence[Payment] = (
        paid("N1/1", "06-20", "497.14"),
        paid("A", "06-20", 100),
        paid("N1/1", "06-21", "-97.14"),
        paid("B", "06-25", 700),
    )
    found = {
        repr(balances(replace(facts, payments=order), day(when)))
        for order in permutations(lines)
        for when in ("06-22", "07-01")
    }
    assert len(found) == 2


def _share_each(_row: Negotiation, _owed: Decimal) -> Decimal:
    return Decimal(0)


def _floor(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    whole = sum(weights)
    return [(amount * w / whole).quantize(money("0.01"), "ROUND_DOWN") for w in weights]


def _a_discount_of_uneven_cents() -> None:
    facts, terms = typed(instalments=1, first_due_on="06-20", discount=Decimal("0.0333"))
    broken = on(carried_out(facts, "N1", terms), "07-02")
    assert granted_to(broken) == terms.granted == money("51.38")


MUTANTS: dict[str, tuple[str, Any, Callable[[], None]]] = {
    "the discount lapses": ("granted", _share_each, _a_discount_of_uneven_cents),
    "cents fall off": ("split", _floor, _a_discount_of_uneven_cents),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_examples_notice_a_broken_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attribute, broken, example = MUTANTS[name]
    example()
    monkeypatch.setattr(agreements, attribute, broken)
    with pytest.raises(AssertionError):
        example()


def test_a_broken_plan_is_spoken_of_first_with_approval_and_so_is_the_next() -> None:
    run_example(
        """
        invoice F-1 Padaria 2026-01-12 1000.00
        sent 2026-01-15 Padaria first F-1
        agreement N-1 2026-01-20 Padaria for F-1
        instalment N-1/1 N-1 2026-01-26 500.00 for F-1
        instalment N-1/2 N-1 2026-02-26 500.00 for F-1
        plan 2026-02-02
        => Padaria: wait plan_broken F-1, needs_approval, total 1000.00
        approve Padaria
        run 2026-02-02
        => Padaria: send plan_broken F-1, total 1000.00
        agreement N-2 2026-02-03 Padaria for F-1
        instalment N-2/1 N-2 2026-02-10 900.00 for F-1
        run 2026-02-09
        => item F-1: in_plan
        run 2026-02-18
        => Padaria: wait plan_broken F-1, needs_approval, total 1000.00
        """
    )
