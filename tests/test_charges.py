"""What is owed: the worked examples, properties against an independent oracle, and mutants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain import charges
from sync.domain.charges import Debt, Quote, Receipt, charge
from sync.domain.decisions import Charge
from sync.domain.facts import TeamSettings
from tests.ledgers import CONTRACT, SAO_PAULO, day, money

_EXAMPLES = Path(__file__).with_name("worked_charges.md")
_TERMS = {
    "fee": "late_fee",
    "interest": "monthly_interest",
    "grace": "grace_days",
    "tolerance": "tolerance",
    "discount": "on_time_discount",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One line of the worked examples."""

    story: str
    terms: str
    received: str
    on: str
    expected: tuple[str, str, str, str, str]  # principal, fee, interest, closed by, unapplied

    def settings(self) -> TeamSettings:
        words = [term.split() for term in self.terms.split("; ") if term]
        changes: dict[str, Any] = {
            _TERMS[word[0]]: Decimal(word[1]) for word in words if word[0] in _TERMS
        }
        if "grace_days" in changes:
            changes["grace_days"] = int(changes["grace_days"])
        return replace(CONTRACT, collect_remaining=["collect"] in words, **changes)

    def debt(self) -> Debt:
        words = {term.split()[0]: term.split()[-1] for term in self.terms.split("; ") if term}
        return Debt(
            amount=money(words.get("amount", "1000.00")),
            due_on=day(words.get("due", "05-06")),
            is_person="person" in words,
            carries_charges="instalment" not in words,
            marked_on=day(words["marked"]) if "marked" in words else None,
        )

    def money(self) -> tuple[list[Receipt], list[Quote]]:
        receipts: list[Receipt] = []
        quotes: list[Quote] = []
        for entry in filter(None, self.received.split("; ")):
            match entry.split():
                case ["told", on, "until", until]:
                    quotes.append(Quote(on=day(on), valid_until=day(until)))
                case ["told", on, "until", until, "at", amount]:
                    quotes.append(Quote(on=day(on), valid_until=day(until), amount=money(amount)))
                case [on, amount]:
                    receipts.append(Receipt(on=day(on), amount=money(amount)))
        return receipts, quotes

    def charge(self, settings: TeamSettings | None = None) -> Charge:
        receipts, quotes = self.money()
        terms = settings or self.settings()
        return charge(self.debt(), receipts, terms, SAO_PAULO, day(self.on), quotes)

    def outcome(self) -> tuple[str, str, str, str, str]:
        owed = self.charge()
        parts = (str(owed.balance), str(owed.late_fee), str(owed.interest))
        return (*parts, owed.settled_by or "", str(owed.unapplied))


def worked_examples() -> list[Case]:
    cases = []
    for line in _EXAMPLES.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[0] in {"what happens", "---"}:
            continue
        story, terms, received, on, principal, fee, interest, closed, unapplied = cells
        expected = (principal, fee, interest, closed, unapplied)
        cases.append(Case(story=story, terms=terms, received=received, on=on, expected=expected))
    return cases


TABLE = worked_examples()


def test_the_examples_are_all_read() -> None:
    assert len(TABLE) >= 60
    assert len({case.story for case in TABLE}) == len(TABLE)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.story)
def test_what_is_owed(case: Case) -> None:
    assert case.outcome() == case.expected


def test_the_memory_tells_each_stretch_rate_and_payment() -> None:
    receipt = Receipt(on=day("05-16"), amount=money(500))
    debt = Debt(amount=money(1000), due_on=day("05-06"))
    owed = charge(debt, [receipt], CONTRACT, SAO_PAULO, day("05-26"))
    lines = [
        (s.days, s.principal, s.interest, s.fee, s.paid, s.to_interest, s.to_fee, s.to_principal)
        for s in owed.memory
    ]
    assert lines == [
        (
            10,
            money("1000.00"),
            money("3.33"),
            money(20),
            money(500),
            money("3.33"),
            money(20),
            money("476.67"),
        ),
        (10, money("523.33"), money("1.74"), money(0), money(0), money(0), money(0), money(0)),
    ]
    assert [(str(s.start), str(s.end)) for s in owed.memory] == [
        ("2024-05-06", "2024-05-16"),
        ("2024-05-16", "2024-05-26"),
    ]


# An oracle that walks day by day with exact fractions, written from DOMAIN.md and not from the
# code: every day adds principal × rate ÷ 30, cents are made when money comes and at the end.


@dataclass
class Owed:
    principal: Fraction
    fee: Fraction = Fraction(0)
    interest: Fraction = Fraction(0)
    running: Fraction = Fraction(0)
    over: Fraction = Fraction(0)

    def close(self) -> None:
        self.interest += cent(self.running)
        self.running = Fraction(0)

    def take(self, amount: Fraction) -> None:
        self.close()
        for name in ("interest", "fee", "principal"):
            part = min(amount, getattr(self, name))
            setattr(self, name, getattr(self, name) - part)
            amount -= part
        self.over += amount


def cent(value: Fraction) -> Fraction:
    return Fraction(int(value * 100 + Fraction(1, 2)), 100)


def owed_day_by_day(
    amount: Decimal, due: date, receipts: Sequence[Receipt], terms: TeamSettings, on: date
) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    state = Owed(Fraction(amount))
    by_day: dict[date, Fraction] = {}
    for receipt in receipts:
        by_day[receipt.on] = by_day.get(receipt.on, Fraction(0)) + Fraction(receipt.amount)
    free_until = due
    while free_until.weekday() >= 5 or not SAO_PAULO.is_business_day(free_until):
        free_until += timedelta(days=1)
    free_until += timedelta(days=terms.grace_days)
    today = min([due, *by_day])
    while today <= on:
        if today == free_until + timedelta(days=1):
            state.fee = cent(state.principal * Fraction(terms.late_fee))
            state.running = daily(state, terms) * (today - due).days
        elif today > free_until:
            state.running += daily(state, terms)
        if today in by_day:
            state.take(by_day[today])
        today += timedelta(days=1)
    state.close()
    return state.principal, state.fee, state.interest, state.over


def daily(state: Owed, terms: TeamSettings) -> Fraction:
    return state.principal * Fraction(terms.monthly_interest) / 30


NEVER_WAIVED = replace(CONTRACT, collect_remaining=True, tolerance=Decimal(-1))
AMOUNTS = st.integers(1, 500_000).map(lambda n: Decimal(n).scaleb(-2))
DUE = st.dates(date(2024, 1, 1), date(2024, 12, 31))
RATE = st.integers(0, 100).map(lambda n: Decimal(n).scaleb(-3))


@st.composite
def receipts_around(draw: st.DrawFn, due: date, smallest: int = 1) -> list[Receipt]:
    days = draw(st.lists(st.integers(-40, 120), max_size=5))
    cents = st.integers(smallest, 200_000).filter(bool)
    return [
        Receipt(on=due + timedelta(days=n), amount=Decimal(draw(cents)).scaleb(-2)) for n in days
    ]


@settings(deadline=None)
@given(st.data(), AMOUNTS, DUE, RATE, RATE, st.integers(0, 5), st.integers(0, 150))
def test_walking_day_by_day_with_fractions_comes_to_the_same_cents(
    data: st.DataObject,
    amount: Decimal,
    due: date,
    fee: Decimal,
    rate: Decimal,
    grace: int,
    ahead: int,
) -> None:
    terms = replace(NEVER_WAIVED, late_fee=fee, monthly_interest=rate, grace_days=grace)
    receipts = data.draw(receipts_around(due))
    on = due + timedelta(days=ahead)
    owed = charge(Debt(amount=amount, due_on=due), receipts, terms, SAO_PAULO, on)
    known = [receipt for receipt in receipts if receipt.on <= on]
    oracle = owed_day_by_day(amount, due, known, terms, on)
    parts = (owed.balance, owed.late_fee, owed.interest, owed.unapplied)
    assert tuple(map(Fraction, parts)) == oracle


@settings(deadline=None)
@given(st.data(), AMOUNTS, DUE, st.integers(0, 150), st.booleans())
def test_money_in_is_money_applied_or_unapplied_and_no_part_is_negative(
    data: st.DataObject, amount: Decimal, due: date, ahead: int, collect: bool
) -> None:
    terms = replace(CONTRACT, collect_remaining=collect)
    receipts = data.draw(receipts_around(due, smallest=-100_000))
    on = due + timedelta(days=ahead)
    owed = charge(Debt(amount=amount, due_on=due), receipts, terms, SAO_PAULO, on)
    applied = sum(s.to_interest + s.to_fee + s.to_principal for s in owed.memory)
    assert applied + owed.unapplied == sum(r.amount for r in receipts if r.on <= on)
    assert min(owed.balance, owed.late_fee, owed.interest) >= 0
    assert owed.balance <= amount
    for stretch in owed.memory:
        assert stretch.paid == 0 or stretch.end <= on
        assert stretch.days == (stretch.end - stretch.start).days >= 0
    if not owed.settled:
        arisen = sum(s.interest + s.fee for s in owed.memory)
        assert owed.total_due == amount + arisen - applied


@settings(deadline=None)
@given(st.data(), AMOUNTS, DUE, st.integers(0, 150))
def test_the_order_in_which_payments_were_entered_does_not_matter(
    data: st.DataObject, amount: Decimal, due: date, ahead: int
) -> None:
    receipts = data.draw(receipts_around(due, smallest=-100_000))
    shuffled = data.draw(st.permutations(receipts))
    on = due + timedelta(days=ahead)
    debt = Debt(amount=amount, due_on=due)
    first = charge(debt, receipts, CONTRACT, SAO_PAULO, on)
    assert charge(debt, shuffled, CONTRACT, SAO_PAULO, on) == first


@settings(deadline=None)
@given(st.data(), AMOUNTS, DUE, st.integers(0, 150))
def test_a_day_more_without_money_never_makes_the_total_less(
    data: st.DataObject, amount: Decimal, due: date, ahead: int
) -> None:
    receipts = data.draw(receipts_around(due))
    on = due + timedelta(days=ahead)
    known = [receipt for receipt in receipts if receipt.on <= on]
    debt = Debt(amount=amount, due_on=due)
    today = charge(debt, known, CONTRACT, SAO_PAULO, on)
    tomorrow = charge(debt, known, CONTRACT, SAO_PAULO, on + timedelta(days=1))
    assert tomorrow.total_due >= today.total_due
    assert tomorrow.settled == today.settled


@settings(deadline=None)
@given(st.data(), AMOUNTS, DUE, AMOUNTS, st.integers(-20, 100))
def test_paying_more_never_leaves_more_to_pay(
    data: st.DataObject, amount: Decimal, due: date, extra: Decimal, when: int
) -> None:
    receipts = data.draw(receipts_around(due))
    more = [*receipts, Receipt(on=due + timedelta(days=when), amount=extra)]
    on = due + timedelta(days=150)
    debt = Debt(amount=amount, due_on=due)
    with_less = charge(debt, receipts, CONTRACT, SAO_PAULO, on)
    with_more = charge(debt, more, CONTRACT, SAO_PAULO, on)
    assert with_more.total_due <= with_less.total_due
    assert with_more.settled or not with_less.settled


@settings(deadline=None)
@given(st.data(), AMOUNTS, DUE, st.integers(-10, 100), st.integers(0, 10), st.integers(0, 10))
def test_paying_what_a_message_said_by_its_day_always_closes_the_invoice(
    data: st.DataObject, amount: Decimal, due: date, told: int, valid: int, wait: int
) -> None:
    on = due + timedelta(days=told)
    earlier = [r for r in data.draw(receipts_around(due)) if r.on < on]
    debt = Debt(amount=amount, due_on=due)
    terms = replace(NEVER_WAIVED, tolerance=Decimal(0))
    said = charge(debt, earlier, terms, SAO_PAULO, on).total_due
    quote = Quote(on=on, valid_until=on + timedelta(days=valid))
    money = [*earlier, Receipt(on=on + timedelta(days=min(wait, valid)), amount=said)]
    later = due + timedelta(days=200)
    assert charge(debt, money, terms, SAO_PAULO, later, [quote]).settled
    assert charge(debt, money, terms, SAO_PAULO, later, [quote]).unapplied >= 0


# Mutants: each breaks one rule, and the table must notice.


def wrong(cases: Iterable[Case]) -> list[str]:
    return [case.story for case in cases if case.outcome() != case.expected]


def principal_first(walk: Any) -> Any:
    split = charges._Parts()
    for part in ("principal", "fee", "interest"):
        walk._move(part, min(walk.unapplied, getattr(walk.owed, part)), split)
    return split


def unmoved(due: date, settings: TeamSettings, _calendar: Any) -> date:
    return due + timedelta(days=settings.grace_days + 1)


def fee_every_time(walk: Any, when: date) -> tuple[Decimal, Decimal]:
    walk.fee_arose = False
    return _honest_accrual(walk, when)


_honest_accrual = charges._Walk._accrual
_cents = Decimal("0.01")

MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "principal is paid before interest": (charges._Walk, "_apply", principal_first),
    "weekends and holidays do not move the due date": (
        charges,
        "charges_from",
        unmoved,
    ),
    "the fee arises in every stretch": (charges._Walk, "_accrual", fee_every_time),
    "months have 31 days": (charges, "MONTH_DAYS", 31),
    "a person pays the whole fee": (charges, "CONSUMER_FEE_CAP", Decimal(1)),
    "cents are cut off": (charges, "cents", lambda x: x.quantize(_cents, ROUND_DOWN)),
    "nothing is taken back": (charges._Walk, "_take_back", lambda _walk: charges._Parts()),
    "late money still meets a quote": (
        charges._Told,
        "count",
        lambda told, _day, amount: setattr(told, "got", told.got + amount),
    ),
    "no quote is ever met": (charges._Told, "met", False),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_table_notices_a_broken_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, attribute, broken = MUTANTS[name]
    assert wrong(TABLE) == []
    monkeypatch.setattr(place, attribute, broken)
    assert wrong(TABLE) != []


WITHOUT_THE_RULE: dict[str, dict[str, Any]] = {
    "tolerance": {"tolerance": Decimal(0)},
    "face": {"collect_remaining": True},
    "on_time": {"on_time_discount": Decimal(0)},
}


@pytest.mark.parametrize("rule", WITHOUT_THE_RULE)
def test_each_settling_rule_is_what_settles_its_case(rule: str) -> None:
    case = next(case for case in TABLE if case.charge().settled_by == rule)
    without = replace(case.settings(), **WITHOUT_THE_RULE[rule])
    assert not case.charge(without).settled


def test_cents_are_rounded_half_up() -> None:
    assert charges.cents(Decimal("2.005")) == Decimal("2.01")
    assert Decimal("2.005").quantize(_cents, ROUND_HALF_UP) == Decimal("2.01")


def test_a_discount_survives_a_charge_back_of_its_own_day_and_is_never_cash() -> None:
    debt = Debt(amount=money("100.00"), due_on=day("05-06"), carries_charges=False)
    paid = Receipt(on=day("05-06"), amount=money("100.00"))
    back = Receipt(on=day("05-20"), amount=money("-100.00"))
    granted = Receipt(on=day("05-20"), amount=money("30.00"), is_money=False)
    owed = charge(debt, [paid, back, granted], CONTRACT, SAO_PAULO, day("05-20"))
    assert owed.total_due == money("70.00")
    again = replace(paid, on=day("05-20"))
    whole = charge(debt, [again, granted], CONTRACT, SAO_PAULO, day("05-20"))
    assert (whole.total_due, whole.unapplied) == (money("0.00"), money("0.00"))
