"""What a client may choose: worked examples that a finance person can check, and what never holds.

Ana owes A (1,000.00 due Monday 6 May) and B (500.00 due Monday 3 June 2024); the contract says 2 %
and 1 % a month. On Thursday 20 June she owes 1,000 + 20 + 15.00 and 500 + 10 + 2.83: 1,547.83.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain import offers
from sync.domain.charges import cents
from sync.domain.decisions import Reason
from sync.domain.facts import Cancelled, Client, Facts, NegotiationKind, OfferRule
from sync.domain.negotiation import add_months
from sync.domain.offers import Option, option_of, option_values, options_for, why_no_offer
from sync.domain.standing import book
from tests.domain_ledger import IDENTIFIED
from tests.ledgers import SAO_PAULO, day, instalment, invoice, ledger, money, paid, row

TEAM = replace(IDENTIFIED, late_fee=Decimal("0.02"), monthly_interest=Decimal("0.01"))
OWED = (invoice("A", "05-06"), invoice("B", "06-03", 500))
AT_ONCE = OfferRule(
    from_days=10, to_days=60, charges_discount=Decimal("0.5"), first_due_days=5, valid_days=5
)
IN_THREE = replace(AT_ONCE, charges_discount=Decimal(0), instalments=3)


def offered(
    *rules: OfferRule,
    rows: tuple[Any, ...] = OWED,
    when: str = "06-20",
    items: tuple[str, ...] | None = None,
    **values: Any,
) -> tuple[Option, ...]:
    facts = ledger(*rows, **{"settings": TEAM, "offer_rules": rules, **values})
    return of(facts, day(when), items)


def of(facts: Facts, when: date, items: tuple[str, ...] | None = None) -> tuple[Option, ...]:
    return options_for(book(facts, SAO_PAULO, when), facts, SAO_PAULO, "Ana", when, items)


def sums(option: Option) -> tuple[str, ...]:
    amounts = (option.owed, option.granted, option.interest, option.total)
    return tuple(f"{amount:.2f}" for amount in amounts)


def parts(option: Option) -> list[str]:
    return [f"{part.due_on} {part.amount}" for part in option.instalments]


def test_half_the_charges_at_once_or_three_instalments() -> None:
    at_once, three = offered(AT_ONCE, IN_THREE)
    assert (at_once.number, three.number) == (1, 2)
    assert at_once.receivables == ("A", "B")
    assert sums(at_once) == ("1547.83", "23.92", "0.00", "1523.91")  # half of 47.83
    assert parts(at_once) == ["2024-06-25 1523.91"]
    assert parts(three) == ["2024-06-25 515.94", "2024-07-25 515.94", "2024-08-25 515.95"]
    assert at_once.valid_until == day("06-25")
    assert at_once.discount == Decimal("0.015454")


def test_the_discount_on_the_principal_leaves_the_charges() -> None:
    (option,) = offered(
        replace(AT_ONCE, charges_discount=Decimal(0), principal_discount=Decimal("0.10"))
    )
    assert sums(option) == ("1547.83", "150.00", "0.00", "1397.83")


def test_interest_of_the_plan_is_simple_and_on_the_principal_only() -> None:
    """1,425.00 of principal left, 2 % a month, 5 + 35 + 66 days: 1425 ÷ 3 × 2 % × 106 ÷ 30."""
    rule = replace(IN_THREE, principal_discount=Decimal("0.05"), monthly_rate=Decimal("0.02"))
    option = offered(rule)[0]
    assert sums(option) == ("1547.83", "75.00", "33.57", "1506.40")


def test_one_payment_bears_no_interest() -> None:
    (option,) = offered(replace(AT_ONCE, monthly_rate=Decimal("0.02")))
    assert option.interest == 0


@pytest.mark.parametrize(
    ("minimum", "counts"),
    [("515.94", [3, 1]), ("515.95", [2, 1]), ("773.92", [1]), ("1547.83", [1]), ("1547.84", [])],
)
def test_below_the_minimum_there_are_fewer_instalments_then_none(
    minimum: str, counts: list[int]
) -> None:
    found = offered(replace(IN_THREE, minimum_instalment=Decimal(minimum)))
    assert [option.count for option in found] == counts


def test_a_lone_plan_has_the_same_at_once_beside_it() -> None:
    """A choice needs an alternative: an answer that only quotes one option would look like one."""
    three, at_once = offered(IN_THREE)
    assert (three.count, at_once.count) == (3, 1)
    assert at_once.total == three.total


def test_there_are_three_options_at_most_and_no_two_alike() -> None:
    rules = [replace(IN_THREE, instalments=n) for n in (1, 1, 2, 3, 4)]
    assert [(o.number, o.count) for o in offered(*rules)] == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize(
    ("when", "count"), [("05-15", 0), ("05-16", 1), ("07-05", 1), ("07-08", 0)]
)
def test_the_oldest_invoice_s_days_choose_the_rows(when: str, count: int) -> None:
    assert len(offered(AT_ONCE, rows=OWED[:1], when=when)) == count


def test_a_row_without_an_end_has_none() -> None:
    rule = replace(AT_ONCE, to_days=None)
    assert offered(rule, rows=(invoice("A", "05-06"),), when="2026-05-06")


def test_the_first_payment_moves_to_a_business_day_and_nothing_is_accepted_after_it() -> None:
    rule = replace(AT_ONCE, first_due_days=2, valid_days=10)
    (option,) = offered(rule)  # 22 June is a Saturday
    assert option.instalments[0].due_on == day("06-24")
    assert option.valid_until == day("06-24")
    blank = replace(AT_ONCE, first_due_days=None, valid_days=None)
    assert offered(blank)[0].valid_until == day("06-20") + timedelta(days=TEAM.quote_valid)


PROMISE = row(NegotiationKind.PROMISE, "06-19", "A", pay_by="06-28")


@pytest.mark.parametrize(
    ("told", "rows", "offered_for"),
    [
        ("disputed", (replace(OWED[0], disputed=True), OWED[1]), ("B",)),
        ("promised", (*OWED, PROMISE), ("B",)),
        ("held", (replace(OWED[0], hold_until=day("06-20")), OWED[1]), ("B",)),
        ("void", (replace(OWED[0], cancelled=Cancelled.VOID), OWED[1]), ("B",)),
        ("written off", (replace(OWED[0], cancelled=Cancelled.WRITTEN_OFF), OWED[1]), ("B",)),
        ("paid", (*OWED, paid("A", "06-19", 1035)), ("B",)),
        ("answered", (*OWED, row(NegotiationKind.SAYS_PAID, "06-19", "A")), ("B",)),
        ("not due yet", (*OWED, invoice("C", "07-01")), ("A", "B")),
        ("another client's", (*OWED, invoice("C", "05-06", client="Bia")), ("A", "B")),
        (
            "in a plan, and its instalments neither",
            (
                *OWED,
                row(NegotiationKind.AGREEMENT, "06-10", "A", ref="N1"),
                instalment("N1/1", "06-17", 1000, "A"),
            ),
            ("B",),
        ),
    ],
)
def test_what_may_not_be_chased_is_not_offered(
    told: str, rows: tuple[Any, ...], offered_for: tuple[str, ...]
) -> None:
    (option,) = offered(AT_ONCE, rows=rows)
    assert option.receivables == offered_for, told


def test_one_invoice_can_be_asked_about_alone() -> None:
    (option,) = offered(AT_ONCE, items=("B",))
    assert option.receivables == ("B",)
    assert option.owed == money("512.83")


ANA = Client(name="Ana", emails=("ana@x.com.br",))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"clients": {"Ana": replace(ANA, do_not_contact=True)}}, Reason.DO_NOT_CONTACT),
        ({"clients": {"Ana": replace(ANA, hold_until=day("06-20"))}}, Reason.ON_HOLD),
        ({"unsubscribed": frozenset({"Ana"})}, Reason.UNSUBSCRIBED),
        ({"row_problems": {"Ana": "invalid_date"}}, Reason.ROW_PROBLEM),
        ({"settings": replace(TEAM, tax_id=None)}, Reason.UNKNOWN_IDENTITY),
    ],
)
def test_who_may_not_be_written_to_is_offered_nothing(
    values: dict[str, Any], reason: Reason
) -> None:
    assert offered(AT_ONCE, **values) == ()
    facts = ledger(*OWED, **{"settings": TEAM, "offer_rules": (AT_ONCE,), **values})
    assert why_no_offer(book(facts, SAO_PAULO, day("06-20")), facts, "Ana") is reason


def test_money_without_a_name_comes_first() -> None:
    rows = (*OWED, paid(None, "06-19", 300))
    assert offered(AT_ONCE, rows=rows) == ()
    facts = ledger(*rows, settings=TEAM)
    its_book = book(facts, SAO_PAULO, day("06-20"))
    assert why_no_offer(its_book, facts, "Ana") is Reason.UNAPPLIED_CASH


def test_a_client_that_is_not_there_is_offered_nothing() -> None:
    facts = ledger(*OWED, settings=TEAM, offer_rules=(AT_ONCE,))
    when = day("06-20")
    its_book = book(facts, SAO_PAULO, when)
    assert options_for(its_book, facts, SAO_PAULO, "Nobody", when) == ()


def test_what_is_signed_says_everything_and_can_be_read_back() -> None:
    option = offered(AT_ONCE, IN_THREE)[1]
    assert option_of(option_values(option)) == option
    assert option_of(json.loads(option.terms)) == option
    for change in (
        {"client": "Bia"},
        {"receivables": ("A",)},
        {"total": option.total + 1},
        {"owed": option.owed + 1},
        {"granted": option.granted + 1},
        {"interest": option.interest + 1},
        {"number": 9},
        {"valid_until": day("06-26")},
        {"instalments": option.instalments[:2]},
    ):
        assert replace(option, **change).terms != option.terms


# Any rules, any debts.

SHARES = st.integers(0, 99).map(lambda n: Decimal(n).scaleb(-2))
RULES = st.builds(
    OfferRule,
    from_days=st.integers(0, 40),
    to_days=st.none() | st.integers(0, 400),
    charges_discount=SHARES | st.just(Decimal(1)),
    principal_discount=SHARES,
    instalments=st.integers(1, 12),
    minimum_instalment=st.integers(0, 60_000).map(lambda n: Decimal(n).scaleb(-2)),
    monthly_rate=st.integers(0, 80).map(lambda n: Decimal(n).scaleb(-3)),
    first_due_days=st.none() | st.integers(0, 60),
    valid_days=st.none() | st.integers(0, 60),
)
DEBTS = st.lists(
    st.tuples(st.dates(date(2024, 1, 1), date(2024, 6, 20)), st.integers(1, 500_000)),
    min_size=1,
    max_size=4,
)


def check(option: Option, rules: tuple[OfferRule, ...], principal: Decimal, when: date) -> None:
    """What every option keeps, whatever the rules."""
    amounts = [part.amount for part in option.instalments]
    assert sum(amounts) == option.total == option.owed - option.granted + option.interest
    assert min(amounts) >= money("0.01")
    assert len(set(amounts[:-1])) <= 1
    assert 0 <= option.granted < option.owed
    allowed = [rule for rule in rules if rule.instalments >= option.count]
    assert any(rule.minimum_instalment <= min(amounts) for rule in allowed)
    charges = option.owed - principal
    most = max(
        cents(charges * r.charges_discount) + cents(principal * r.principal_discount) for r in rules
    )
    assert option.granted <= most
    first = option.instalments[0].due_on
    assert SAO_PAULO.is_business_day(first)
    assert when <= option.valid_until <= first
    dates = [part.due_on for part in option.instalments]
    assert dates == [add_months(first, n) for n in range(option.count)]
    last = (dates[-1] - when).days
    assert option.interest <= cents(principal * max(r.monthly_rate for r in rules) * last / 30)


@settings(deadline=None)
@given(st.lists(RULES, max_size=5), DEBTS)
def test_options_keep_within_what_the_team_allows(
    rules: list[OfferRule], debts: list[tuple[date, int]]
) -> None:
    when = day("06-20")
    rows = [
        invoice(f"F{n}", due.isoformat(), str(Decimal(amount).scaleb(-2)))
        for n, (due, amount) in enumerate(debts)
    ]
    facts = ledger(*rows, settings=TEAM, offer_rules=tuple(rules))
    standings = book(facts, SAO_PAULO, when).standings
    found = of(facts, when)
    assert [option.number for option in found] == list(range(1, len(found) + 1))
    assert len(found) <= 3
    assert len({option.instalments for option in found}) == len(found)
    for option in found:
        covered = [standings[name].charge for name in option.receivables]
        assert option.owed == sum(charge.total_due for charge in covered)
        check(option, tuple(rules), sum((c.balance for c in covered), money(0)), when)
        assert option_of(option_values(option)) == option


def _whole_debt_interest(
    self: Any, principal: Decimal, rate: Decimal, count: int, first: date
) -> Decimal:
    """Interest on the charges too, which the law forbids."""
    days = sum((add_months(first, n) - self.run_date).days for n in range(count))
    return cents((principal + self.charges) * rate * days / (count * 30))


MUTANTS: dict[str, tuple[object, str, Any, Callable[[], None]]] = {
    "interest on charges": (
        offers._Terms,
        "_interest",
        _whole_debt_interest,
        test_interest_of_the_plan_is_simple_and_on_the_principal_only,
    ),
    "four options": (
        offers,
        "MOST_OPTIONS",
        4,
        test_there_are_three_options_at_most_and_no_two_alike,
    ),
    "two alike": (
        offers,
        "_distinct",
        list,
        test_there_are_three_options_at_most_and_no_two_alike,
    ),
    "loose money is overlooked": (
        offers,
        "why_no_offer",
        lambda *_: None,
        test_money_without_a_name_comes_first,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_examples_notice_a_broken_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, attribute, broken, example = MUTANTS[name]
    example()
    monkeypatch.setattr(place, attribute, broken)
    with pytest.raises(AssertionError):
        example()
