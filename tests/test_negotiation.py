"""Promises and agreements as facts: what they hold, when kept, what breaking them means."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain import agreements
from sync.domain.decisions import Reason, Status
from sync.domain.facts import Cancelled, Facts, NegotiationKind
from sync.domain.negotiation import Result, add_months, instalment_plan
from sync.domain.standing import Book, book
from tests.ledgers import SAO_PAULO, day, instalment, invoice, ledger, money, paid, row

PROMISE, AGREEMENT = NegotiationKind.PROMISE, NegotiationKind.AGREEMENT
DISPUTE, SAYS_PAID = NegotiationKind.DISPUTE, NegotiationKind.SAYS_PAID


def on(facts: Facts, when: str) -> Book:
    return book(facts, SAO_PAULO, day(when))


# Ana owes 1,000.00 since Monday 6 May and promises on Wednesday 8 May to pay by Saturday 18 May.

PROMISED = (invoice("A", "05-06"), row(PROMISE, "05-08", "A", pay_by="05-18"))


@pytest.mark.parametrize(
    ("told", "rows", "when", "result"),
    [
        ("pending on its last day, the Monday after", (), "05-20", Result.OPEN),
        ("broken the day after", (), "05-21", Result.BROKEN),
        ("kept by what was quoted: 1000 + 20 + 0.67", [("A", "05-20", "1020.67")], "05-21", "kept"),
        ("kept by the face amount, which settles it", [("A", "05-20", 1000)], "05-21", "kept"),
        ("kept in two parts", [("A", "05-10", 500), ("A", "05-20", 500)], "05-21", "kept"),
        ("kept at once, before its last day", [("A", "05-09", 1000)], "05-09", "kept"),
        ("a part is not enough", [("A", "05-20", 500)], "05-21", Result.BROKEN),
        ("money from before it does not count", [("A", "05-07", 500)], "05-21", Result.BROKEN),
        ("a day late is broken, for good", [("A", "05-21", 1000)], "06-30", Result.BROKEN),
        ("money taken back does not keep it", [("A", "05-10", 1000), ("A", "05-22", -1000)],
         "05-22", Result.BROKEN),
        ("money on account counts for the promise", [(None, "05-10", 1050)], "05-21", "kept"),
    ],
)  # fmt: skip
def test_a_promise(
    told: str, rows: list[tuple[str | None, str, Any]], when: str, result: str
) -> None:
    lines = [paid(*entry) for entry in rows]
    assert on(ledger(*PROMISED, *lines), when).results == (result,), told


def test_a_promise_of_an_amount_is_kept_by_that_amount() -> None:
    promise = row(PROMISE, "05-08", "A", pay_by="05-20", amount=300)
    facts = ledger(invoice("A", "05-06"), promise, paid("A", "05-15", 300))
    found = on(facts, "05-16")
    assert found.results == (Result.KEPT,)
    assert found.promises["A"].kept_on == day("05-15")
    assert found.standings["A"].status is Status.OVERDUE  # the rest is owed now


def test_a_row_marked_as_paid_in_time_keeps_the_promise() -> None:
    facts = ledger(invoice("A", "05-06", paid_on="05-20"), PROMISED[1])
    assert on(facts, "06-30").results == (Result.KEPT,)


def test_a_promise_without_invoices_is_about_what_was_overdue_on_its_date() -> None:
    facts = ledger(
        invoice("A", "05-06"),
        invoice("B", "05-08"),  # due on the very day: not overdue
        invoice("C", "04-01", paid_on="05-07"),  # paid the day before
        invoice("D", "04-01", paid_on="05-30"),  # paid later: owed then
        invoice("E", "04-01", client="Bia"),
        row(PROMISE, "05-08", pay_by="05-20"),
    )
    assert on(facts, "05-10").all_promises[0].items == ("A", "D")


def test_an_answer_when_nothing_was_overdue_is_about_all_that_was_open() -> None:
    facts = ledger(invoice("A", "05-06"), invoice("B", "05-08"), row(SAYS_PAID, "05-03"))
    assert set(on(facts, "05-10").holds) == {"A", "B"}


def test_the_later_promise_speaks_and_a_pending_one_always_holds() -> None:
    first = row(PROMISE, "05-08", "A", pay_by="05-10")
    second = row(PROMISE, "05-13", "A", pay_by="05-24")
    facts = ledger(invoice("A", "05-06"), first, second)
    assert on(facts, "05-13").results == (Result.BROKEN, Result.OPEN)
    assert on(facts, "05-13").standings["A"].status is Status.PROMISED
    sooner = row(PROMISE, "05-13", "A", pay_by="05-14")
    facts = ledger(invoice("A", "05-06"), second, sooner)
    assert on(facts, "05-20").standings["A"].status is Status.PROMISED


def test_closing_a_promise_ends_it_without_calling_it_broken() -> None:
    closed = replace(PROMISED[1], closed_on=day("05-15"))
    found = on(ledger(PROMISED[0], closed), "05-16")
    assert found.results == (Result.CANCELLED,)
    assert found.promises == {}
    assert found.standings["A"].blocked is None
    late = replace(PROMISED[1], closed_on=day("06-03"))
    found = on(ledger(PROMISED[0], late), "06-03")
    assert found.results == (Result.BROKEN,)
    assert found.promises == {}, "a person has taken over: no message about it"


# Bills A (1,000.00 due 6 May) and B (500.00 due 3 June) become three instalments on 10 June.

AGREED = (
    invoice("A", "05-06"),
    invoice("B", "06-03", 500),
    row(AGREEMENT, "06-10", "A", "B", ref="N1"),
    instalment("N1/1", "06-20", 500, "A", "B"),
    instalment("N1/2", "07-20", 500, "A", "B"),
    instalment("N1/3", "08-20", 500, "A", "B"),
)


def statuses(found: Book) -> dict[str, str]:
    return {name: item.status.value for name, item in found.standings.items()}


def test_an_agreement_freezes_its_originals_and_its_instalments_are_owed() -> None:
    found = on(ledger(*AGREED), "06-19")
    assert statuses(found) == {
        "A": "in_plan",
        "B": "in_plan",
        "N1/1": "not_due",
        "N1/2": "not_due",
        "N1/3": "not_due",
    }
    frozen = found.standings["A"].charge  # 35 days on 10 June
    assert (frozen.balance, frozen.late_fee, frozen.interest) == tuple(
        map(money, ("1000", "20", "11.67"))
    )
    assert found.standings["A"].blocked is Reason.IN_PLAN
    assert [item.id for item in found.open_of("Ana")] == ["N1/1", "N1/2", "N1/3"]
    assert found.standings["N1/1"].policy == "plan"
    assert found.agreements["N1"].result is Result.OPEN


def test_before_its_date_there_is_no_agreement() -> None:
    found = on(ledger(*AGREED), "06-09")
    assert found.standings["A"].status is Status.OVERDUE
    assert found.results == (None,)


def test_an_instalment_carries_no_charges_and_moves_with_the_weekend() -> None:
    found = on(ledger(*AGREED, paid("N1/1", "06-20", 500)), "07-22")  # 20 July is a Saturday
    assert found.standings["N1/2"].status is Status.DUE_TODAY
    found = on(ledger(*AGREED, paid("N1/1", "06-20", 500)), "07-23")
    assert found.standings["N1/2"].days_past_due == 3
    assert found.standings["N1/2"].charge.total_due == money(500)


def test_paying_every_instalment_pays_the_originals() -> None:
    lines = [paid(f"N1/{n}", when, 500) for n, when in enumerate(("06-20", "07-22", "08-20"), 1)]
    found = on(ledger(*AGREED, *lines), "12-30")
    assert set(statuses(found).values()) == {"paid"}
    assert found.results == (Result.KEPT,)
    assert found.standings["A"].charge.settled_by == "plan"
    assert found.unapplied == {}
    assert found.open_of("Ana") == ()


@pytest.mark.parametrize(
    ("paid_on", "when", "result"),
    [
        (None, "06-25", Result.OPEN),  # five days late is allowed
        (None, "06-26", Result.BROKEN),
        ("06-25", "06-26", Result.OPEN),
        ("06-26", "06-26", Result.BROKEN),  # paid, but later than allowed
    ],
)
def test_an_instalment_later_than_the_allowed_days_breaks_the_agreement(
    paid_on: str | None, when: str, result: Result
) -> None:
    lines = [paid("N1/1", paid_on, 500)] if paid_on else []
    assert on(ledger(*AGREED, *lines), when).results == (result,)


def test_a_broken_agreement_leaves_its_originals_as_if_there_had_been_none() -> None:
    """500.00 on 20 June: A owed 1000 + 20 + 15.00 (45 days), so 15.00, 20.00, then principal."""
    plan = ledger(*AGREED, paid("N1/1", "06-20", 500))
    found = on(plan, "07-30")  # the second was due on Monday 22 July: broken on the 28th
    assert statuses(found) == {
        "A": "overdue",
        "B": "overdue",
        "N1/1": "paid",
        "N1/2": "void",
        "N1/3": "void",
    }
    direct = ledger(*AGREED[:2], paid("A", "06-20", 500))
    assert found.standings["A"].charge == on(direct, "07-30").standings["A"].charge
    assert found.standings["A"].charge.balance == money("535.00")
    assert found.broken_plans["A"].decided_on == day("07-28")
    assert [item.id for item in found.open_of("Ana")] == ["A", "B"]
    assert found.standings["N1/2"].blocked is Reason.VOID


def test_instalment_money_fills_the_oldest_original_first() -> None:
    """1,200.00 on 20 June: 1,035.00 to A, 165.00 to B (500 + 10 + 2.83: 17 days)."""
    found = on(ledger(*AGREED, paid("N1/1", "06-20", 1200)), "07-30")
    assert found.standings["A"].status is Status.PAID
    assert found.standings["B"].charge.balance == money("347.83")
    assert found.unapplied == {}


def test_what_a_broken_plan_received_beyond_its_originals_is_the_clients() -> None:
    found = on(ledger(*AGREED, paid("N1/1", "06-20", 2000)), "07-30")
    assert statuses(found)["A"] == statuses(found)["B"] == "paid"
    assert found.unapplied == {"Ana": money("2000") - money("1035.00") - money("512.83")}


def test_a_discount_outlives_the_agreement_that_broke_but_not_one_that_was_ended() -> None:
    agreed = (*AGREED[:2], replace(AGREED[2], discount=Decimal("0.10")), *AGREED[3:])
    broken = on(ledger(*agreed), "06-28").standings["B"].charge
    # On 10 June B owed 500 + 10 + 1.17; 51.12 off settle 1.17, 10.00, then 39.95 of principal.
    assert broken.balance == money("460.05")
    assert broken.unapplied == 0
    ended = (*agreed[:2], replace(agreed[2], closed_on=day("06-12")), *agreed[3:])
    assert on(ledger(*ended), "06-28").standings["B"].charge.balance == money(500)


def test_a_person_ends_an_agreement_and_nothing_is_said_to_be_broken() -> None:
    ended = (*AGREED[:2], replace(AGREED[2], closed_on=day("06-12")), *AGREED[3:])
    found = on(ledger(*ended), "06-28")
    assert found.results == (Result.CANCELLED,)
    assert found.broken_plans == {}
    assert statuses(found)["A"] == "overdue"
    assert statuses(found)["N1/1"] == "void"
    closed_after = (*AGREED[:2], replace(AGREED[2], closed_on=day("06-27")), *AGREED[3:])
    found = on(ledger(*closed_after), "06-28")
    assert found.results == (Result.BROKEN,)
    assert found.broken_plans == {}


def test_a_new_agreement_replaces_the_old_one_so_that_nobody_owes_both() -> None:
    second = (
        row(AGREEMENT, "06-17", "A", "B", ref="N2"),
        instalment("N2/1", "07-01", 1500, "A", "B"),
    )
    found = on(ledger(*AGREED, *second), "06-18")
    assert found.results == (Result.CANCELLED, Result.OPEN)
    assert [item.id for item in found.open_of("Ana")] == ["N2/1"]
    assert found.standings["A"].agreement == "N2"


def test_money_recorded_on_an_original_pays_the_oldest_instalments() -> None:
    found = on(ledger(*AGREED, paid("A", "06-15", 700)), "06-19")
    assert statuses(found)["N1/1"] == "paid"
    assert found.standings["N1/2"].charge.balance == money(300)
    assert found.unapplied == {}


def test_originals_marked_as_paid_leave_no_instalment_to_chase() -> None:
    rows = (
        invoice("A", "05-06", paid_on="06-15"),
        invoice("B", "06-03", 500, paid_on="06-15"),
        *AGREED[2:],
    )
    found = on(ledger(*rows), "07-30")
    assert set(statuses(found).values()) == {"paid"}
    assert found.unapplied == {}


def test_an_original_paid_before_the_agreement_is_paid() -> None:
    found = on(ledger(*AGREED, paid("B", "06-03", 500)), "06-19")
    assert statuses(found)["B"] == "paid"


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"disputed": True}, Status.DISPUTED, Reason.DISPUTED),
        ({"hold_until": date(2024, 6, 30)}, Status.ON_HOLD, Reason.ON_HOLD),
        ({"cancelled": Cancelled.VOID}, Status.NOT_DUE, Reason.ROW_PROBLEM),
    ],
)
def test_what_holds_an_original_holds_its_instalments(
    change: dict[str, Any], status: Status, reason: Reason
) -> None:
    held = replace(AGREED[0], **change)
    found = on(ledger(held, *AGREED[1:]), "06-19").standings["N1/1"]
    assert (found.status, found.blocked) == (status, reason)


def test_a_dispute_about_an_original_holds_its_instalments() -> None:
    found = on(ledger(*AGREED, row(DISPUTE, "06-12", "A")), "06-19")
    assert found.standings["N1/1"].status is Status.DISPUTED


def test_instalments_of_void_originals_are_void() -> None:
    rows = [replace(original, cancelled=Cancelled.VOID) for original in AGREED[:2]]
    found = on(ledger(*rows, *AGREED[2:]), "06-19")
    assert found.standings["N1/1"].status is Status.VOID
    assert found.open_of("Ana") == ()


@pytest.mark.parametrize("kind", [None, NegotiationKind.CONTACT])
def test_instalments_without_their_agreement_hold_what_they_name(
    kind: NegotiationKind | None,
) -> None:
    rows = [] if kind is None else [row(kind, "05-01", ref="N1")]
    found = on(ledger(*AGREED[:2], *rows, *AGREED[3:]), "06-28")
    assert statuses(found)["N1/1"] == "problem"
    assert found.standings["A"].blocked is Reason.ROW_PROBLEM
    assert [item.id for item in found.open_of("Ana")] == ["A", "B"]


# Splitting.


@settings(deadline=None)
@given(
    st.integers(1, 10_000_000), st.integers(1, 48), st.dates(date(2024, 1, 1), date(2027, 12, 31))
)
def test_instalments_sum_to_the_cent_and_only_the_last_differs(
    cents: int, count: int, first: date
) -> None:
    amount = Decimal(max(cents, count)).scaleb(-2)
    parts = instalment_plan(amount, count, first)
    assert sum(part.amount for part in parts) == amount
    assert len({part.amount for part in parts[:-1]}) <= 1
    assert all(0 <= parts[-1].amount - part.amount < count * money("0.01") for part in parts)
    assert [part.number for part in parts] == list(range(1, count + 1))
    assert [part.due_on.month for part in parts] == [
        (first.month - 1 + n) % 12 + 1 for n in range(count)
    ]


def test_a_hundred_in_three() -> None:
    parts = instalment_plan(money(100), 3, day("2024-01-31"))
    assert [(str(part.due_on), str(part.amount)) for part in parts] == [
        ("2024-01-31", "33.33"),
        ("2024-02-29", "33.33"),
        ("2024-03-31", "33.34"),
    ]


@pytest.mark.parametrize(("amount", "count"), [("0.02", 3), ("10", 0), ("0", 1)])
def test_what_cannot_be_split_is_refused(amount: str, count: int) -> None:
    with pytest.raises(ValueError, match="cannot split"):
        instalment_plan(money(amount), count, day("05-06"))


def test_months_before_and_after() -> None:
    assert add_months(day("2024-02-29"), -12) == day("2023-02-28")
    assert add_months(day("2024-12-31"), 2) == day("2025-02-28")


MUTANTS: dict[str, tuple[str, Any]] = {
    "money of a broken plan is lost": ("_Plan._spread", lambda *_: []),
    "an agreement never breaks": ("_Plan._broken_on", lambda *_: None),
    "two agreements run at once": ("_replaced_on", lambda *_: None),
    "instalments never replace their originals": ("_Plan._keep", lambda *_: None),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_stories_notice_a_broken_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path, broken = MUTANTS[name]
    place: Any = agreements
    *parents, attribute = path.split(".")
    for parent in parents:
        place = getattr(place, parent)
    monkeypatch.setattr(place, attribute, broken)
    stories = (
        test_a_broken_agreement_leaves_its_originals_as_if_there_had_been_none,
        test_a_new_agreement_replaces_the_old_one_so_that_nobody_owes_both,
        test_an_agreement_freezes_its_originals_and_its_instalments_are_owed,
    )
    failed = 0
    for story in stories:
        try:
            story()
        except AssertionError:
            failed += 1
    assert failed
