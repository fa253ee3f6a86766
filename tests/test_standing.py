"""Where invoices stand: Ana's ledger on a day, as a story, and what must come out."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sync.domain import standing as standing_module
from sync.domain.asof import as_of
from sync.domain.decisions import Reason, Status
from sync.domain.facts import (
    Cancelled,
    Channel,
    Client,
    Facts,
    NegotiationKind,
    Outcome,
    Reminder,
    StepKey,
)
from sync.domain.standing import Book, book, bucket_of, prescribed_from
from tests.ledgers import CONTRACT, SAO_PAULO, day, instalment, invoice, ledger, money, paid, row

DISPUTE, PROMISE, CONTACT = (
    NegotiationKind.DISPUTE,
    NegotiationKind.PROMISE,
    NegotiationKind.CONTACT,
)
SAYS_PAID, AGREEMENT = NegotiationKind.SAYS_PAID, NegotiationKind.AGREEMENT
PROPOSAL, REFUSAL, NOTE = (
    NegotiationKind.PROPOSAL,
    NegotiationKind.REFUSAL,
    NegotiationKind.NOTE,
)


def on(facts: Facts, when: str) -> Book:
    return book(facts, SAO_PAULO, day(when))


@dataclass(frozen=True, kw_only=True)
class Story:
    """One ledger, one day: status, days past due, bucket and what blocks invoice A."""

    told: str
    rows: tuple[Any, ...]
    on: str
    status: str
    days: int = 0
    bucket: int = 0
    blocked: str | None = None
    facts: dict[str, Any] | None = None

    def outcome(self) -> tuple[str, int, int, str | None]:
        found = on(ledger(*self.rows, **(self.facts or {})), self.on).standings["A"]
        return found.status, found.days_past_due, found.bucket, found.blocked

    @property
    def expected(self) -> tuple[str, int, int, str | None]:
        return self.status, self.days, self.bucket, self.blocked


def tell(told: str, *rows: Any, on: str, **come_out: Any) -> Story:
    return Story(told=told, rows=rows, on=on, **come_out)


A = invoice("A", "05-06")
SATURDAY = invoice("A", "05-04")
HELD_CLIENT = {"Ana": Client(name="Ana", hold_until=day("05-20"))}

TABLE = [
    # By the calendar alone.
    tell("before the due date", A, on="05-05", status="not_due"),
    tell("on the due date", A, on="05-06", status="due_today"),
    tell("the day after", A, on="05-07", status="overdue", days=1, bucket=1),
    tell("due Saturday, on Sunday", SATURDAY, on="05-05", status="due_today"),
    tell("due Saturday, on Monday", SATURDAY, on="05-06", status="due_today"),
    tell("due Saturday, on Tuesday", SATURDAY, on="05-07", status="overdue", days=3, bucket=1),
    tell("30 days late", A, on="06-05", status="overdue", days=30, bucket=1),
    tell("31 days late", A, on="06-06", status="overdue", days=31, bucket=2),
    tell("90 days late", A, on="08-04", status="overdue", days=90, bucket=3),
    tell("181 days late", A, on="11-03", status="overdue", days=181, bucket=5),
    tell("late within grace is late, without charges", A, on="05-08", status="overdue", days=2,
         bucket=1, facts={"settings": replace(CONTRACT, grace_days=3)}),
    tell("five years late to the day", invoice("A", "2019-05-06"), on="05-06",
         status="overdue", days=1827, bucket=5),
    tell("and a day", invoice("A", "2019-05-06"), on="05-07",
         status="overdue", days=1828, bucket=5, blocked="prescribed"),
    # Paid.
    tell("marked as paid on time", invoice("A", "05-06", paid_on="05-03"), on="06-30",
         status="paid", blocked="paid"),
    tell("marked as paid 17 days late: the days at settlement stay",
         invoice("A", "05-06", paid_on="05-23"), on="06-30", status="paid", days=17,
         blocked="paid"),
    tell("paid in full, by the row", invoice("A", "05-06", paid_on="05-23", paid_amount=1000),
         on="06-30", status="paid", days=17, blocked="paid"),
    tell("paid in full, by the payments tab", A, paid("A", "05-23", 1000), on="06-30",
         status="paid", days=17, blocked="paid"),
    tell("paid on the Monday after a due Saturday", SATURDAY, paid("A", "05-06", 1000), on="06-30",
         status="paid", blocked="paid"),
    tell("paid in part", A, paid("A", "05-23", 400), on="06-30",
         status="overdue", days=55, bucket=2),
    tell("paid tomorrow is not paid today", invoice("A", "05-06", paid_on="05-24"), on="05-23",
         status="overdue", days=17, bucket=1),
    tell("the row and the tab say the same: counted once",
         invoice("A", "05-06", paid_on="05-23", paid_amount=500), paid("A", "05-23", 500),
         on="05-23", status="overdue", days=17, bucket=1),
    # Cancelled.
    tell("void", invoice("A", "05-06", cancelled=Cancelled.VOID), on="05-23",
         status="void", blocked="void"),
    tell("written off", invoice("A", "05-06", cancelled=Cancelled.WRITTEN_OFF), on="05-23",
         status="written_off", days=17, bucket=1, blocked="written_off"),
    tell("written off, then paid after all", invoice("A", "05-06", cancelled=Cancelled.WRITTEN_OFF),
         paid("A", "05-20", 1000), on="05-23", status="paid", days=14, blocked="paid"),
    # Disputed and held.
    tell("the row says disputed", invoice("A", "05-06", disputed=True), on="05-23",
         status="disputed", days=17, bucket=1, blocked="disputed"),
    tell("disputed and paid is paid", invoice("A", "05-06", disputed=True, paid_on="05-06"),
         on="05-23", status="paid", blocked="paid"),
    tell("an open dispute", A, row(DISPUTE, "05-08", "A"), on="08-01",
         status="disputed", days=87, bucket=3, blocked="disputed"),
    tell("a dispute that a person closed", A, row(DISPUTE, "05-08", "A", closed_on="05-20"),
         on="05-20", status="overdue", days=14, bucket=1),
    tell("the day before it was closed", A, row(DISPUTE, "05-08", "A", closed_on="05-20"),
         on="05-19", status="disputed", days=13, bucket=1, blocked="disputed"),
    tell("a dispute about another invoice", A, invoice("B", "05-06"), row(DISPUTE, "05-08", "B"),
         on="05-23", status="overdue", days=17, bucket=1),
    tell("a dispute that names none: what was overdue then", A, row(DISPUTE, "05-08"),
         on="05-23", status="disputed", days=17, bucket=1, blocked="disputed"),
    tell("and not what was not", A, invoice("B", "04-01"), row(DISPUTE, "05-06"),
         on="05-23", status="overdue", days=17, bucket=1),
    tell("on its last day, hold_until holds", invoice("A", "05-06", hold_until="05-23"),
         on="05-23", status="on_hold", days=17, bucket=1, blocked="on_hold"),
    tell("the day after, it does not", invoice("A", "05-06", hold_until="05-23"),
         on="05-24", status="overdue", days=18, bucket=1),
    tell("the client's hold holds its invoices", A, on="05-20", status="on_hold", days=14,
         bucket=1, blocked="on_hold", facts={"clients": HELD_CLIENT}),
    # Answers.
    tell("says it has paid: held until closed", A, row(SAYS_PAID, "05-08", "A"), on="08-01",
         status="overdue", days=87, bucket=3, blocked="awaiting_answer"),
    tell("another answer: held for five days", A, row(CONTACT, "05-08", "A"), on="05-13",
         status="overdue", days=7, bucket=1, blocked="awaiting_answer"),
    tell("and no longer", A, row(CONTACT, "05-08", "A"), on="05-14",
         status="overdue", days=8, bucket=1),
    tell("a refusal likewise", A, row(REFUSAL, "05-08", "A"), on="05-13",
         status="overdue", days=7, bucket=1, blocked="awaiting_answer"),
    tell("a proposal waits for a person", A, row(PROPOSAL, "05-08", "A"), on="06-05",
         status="overdue", days=30, bucket=1, blocked="awaiting_answer"),
    tell("an agreement without instalments too", A, row(AGREEMENT, "05-08", "A", ref="N1"),
         on="06-05", status="overdue", days=30, bucket=1, blocked="agreement_waits"),
    tell("a note holds nothing", A, row(NOTE, "05-08", "A"), on="05-08",
         status="overdue", days=2, bucket=1),
    tell("an answer from tomorrow does not exist", A, row(SAYS_PAID, "05-24", "A"), on="05-23",
         status="overdue", days=17, bucket=1),
    # Promises.
    tell("promised until Saturday: Monday still counts", A,
         row(PROMISE, "05-08", "A", pay_by="05-18"), on="05-20",
         status="promised", days=14, bucket=1, blocked="promise_pending"),
    tell("on Tuesday it is broken", A, row(PROMISE, "05-08", "A", pay_by="05-18"), on="05-21",
         status="overdue", days=15, bucket=1),
    tell("a promise without a date holds like an answer", A, row(PROMISE, "05-08", "A"),
         on="05-13", status="overdue", days=7, bucket=1, blocked="awaiting_answer"),
    tell("a kept promise of a part: the rest is overdue", A, paid("A", "05-10", 500),
         row(PROMISE, "05-08", "A", pay_by="05-20", amount=500), on="05-13",
         status="overdue", days=7, bucket=1),
    # Rows in error.
    tell("its own row is wrong", A, on="05-23", status="problem", days=17, bucket=1,
         blocked="row_problem", facts={"problem_receivables": frozenset({"A"})}),
    tell("another row of the client is", A, on="05-23", status="overdue", days=17, bucket=1,
         blocked="row_problem", facts={"row_problems": {"Ana": "unreadable_date"}}),
]  # fmt: skip


@pytest.mark.parametrize("story", TABLE, ids=lambda story: story.told)
def test_where_an_invoice_stands(story: Story) -> None:
    assert story.outcome() == story.expected


def test_every_status_but_a_plans_is_told() -> None:
    assert {story.status for story in TABLE} == {*Status} - {Status.IN_PLAN}


def test_buckets_end_at_their_bounds() -> None:
    bounds = (30, 60, 90, 180)
    assert [bucket_of(n, bounds) for n in (0, 1, 30, 31, 60, 61, 90, 91, 180, 181, 9999)] == [
        0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5,
    ]  # fmt: skip
    assert bucket_of(5, ()) == 1


def test_a_debt_of_29_february_prescribes_after_1_march() -> None:
    assert prescribed_from(day("2020-02-29")) == day("2025-03-02")
    assert prescribed_from(day("2019-05-06")) == day("2024-05-07")


def test_the_policy_is_the_invoices_else_the_clients_else_the_default() -> None:
    clients = {"Bia": Client(name="Bia", policy="gentle")}
    facts = ledger(
        invoice("A", "05-06"),
        invoice("B", "05-06", client="Bia"),
        invoice("C", "05-06", client="Bia", policy="firm"),
        clients=clients,
    )
    found = on(facts, "05-06").standings
    assert [found[i].policy for i in "ABC"] == ["standard", "gentle", "firm"]
    chosen = replace(facts, settings=replace(CONTRACT, default_policy="other"))
    assert on(chosen, "05-06").standings["A"].policy == "other"


def test_money_without_a_debt_is_the_clients_and_used_for_nothing() -> None:
    facts = ledger(
        invoice("A", "05-06"),
        invoice("V", "05-06", cancelled=Cancelled.VOID),
        invoice("B", "05-06", client="Bia"),
        paid(None, "05-02", 100),  # on Ana's account
        paid("no such invoice", "05-02", 20),
        paid("V", "05-02", 3),  # for a void one
        paid("B", "05-02", "1000.40", client="Bia"),  # 40 cents too much
        paid(None, "06-02", 7),  # in the future
    )
    found = on(facts, "05-23")
    assert found.unapplied == {"Ana": money(123), "Bia": money("0.40")}
    assert found.standings["A"].charge.total_due == money("1025.67")


def test_money_given_back_from_the_account_cancels_out() -> None:
    facts = ledger(invoice("A", "05-06"), paid(None, "05-02", 100), paid(None, "05-03", -100))
    assert on(facts, "05-23").unapplied == {}


def test_a_row_with_the_total_and_lines_with_its_parts_are_the_same_money() -> None:
    both = invoice("A", "05-06", paid_on="05-20", paid_amount=1000)
    facts = ledger(both, paid("A", "05-03", 400), paid("A", "05-20", 600))
    found = on(facts, "06-30").standings["A"]
    assert found.charge.unapplied == 0
    assert found.status is Status.PAID
    before = on(as_of(facts, day("05-06")), "05-06").standings["A"]
    assert before.charge.balance == money(600)


def test_lines_that_say_less_than_the_row_never_ask_for_the_difference() -> None:
    facts = ledger(
        invoice("A", "05-06", paid_on="05-06", paid_amount=1000), paid("A", "05-03", 400)
    )
    assert on(facts, "06-30").standings["A"].status is Status.PAID


def test_paying_the_amount_a_message_named_in_time_closes_the_invoice() -> None:
    collecting = replace(CONTRACT, collect_remaining=True, tolerance=Decimal(0))

    def told(outcome: Outcome, *names: str) -> Facts:
        keys = tuple(
            StepKey(invoice=n, due_on=day("05-06"), policy="standard", step="first", offset=3)
            for n in names[:1]
        )
        reminder = Reminder(
            reference="R1",
            client="Ana",
            at=datetime(2024, 5, 20, 9, 30),  # noqa: DTZ001 - the team's local time, as History has it
            step="first",
            channel=Channel.EMAIL,
            outcome=outcome,
            keys=keys,
            receivables=names,
            valid_until=day("05-25"),
        )
        rows = [invoice(name, "05-06") for name in ("A", "B")]
        lines = [paid(name, "05-24", "1024.67") for name in ("A", "B")]
        return ledger(*rows, *lines, settings=collecting, reminders=(reminder,))

    def paid_ones(facts: Facts) -> list[str]:
        found = on(facts, "06-30").standings
        return [name for name in found if found[name].status is Status.PAID]

    assert paid_ones(told(Outcome.SENT, "A")) == ["A"]
    assert paid_ones(told(Outcome.UNCERTAIN, "A", "B")) == ["A", "B"]  # B was only listed
    assert paid_ones(told(Outcome.CANCELLED, "A", "B")) == []


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "disputes are not looked at": (standing_module._Judge, "_held", lambda *_: None),
    "cancelled rows are alive": (standing_module._Judge, "_fixed", lambda *_: None),
    "answers hold nothing": (standing_module, "holds", lambda _accounts: ({}, {})),
    "nothing prescribes": (standing_module, "prescribed_from", lambda _due: date.max),
    "days count from the effective date": (
        standing_module,
        "days_late",
        lambda _due, effective, when: max(0, (when - effective).days),
    ),
    "promises hold nothing": (standing_module, "promise_of_each", lambda _promised: {}),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_table_notices_a_broken_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, attribute, broken = MUTANTS[name]
    monkeypatch.setattr(place, attribute, broken)
    assert [story.told for story in TABLE if story.outcome() != story.expected]


def test_an_open_item_of_a_client_is_found_through_the_client() -> None:
    facts = ledger(invoice("A", "05-06"), invoice("B", "05-06", paid_on="05-06"))
    found = on(facts, "05-23")
    assert [item.id for item in found.open_of("Ana")] == ["A"]
    assert found.open_of("nobody") == ()
    assert found.standings["B"].blocked is Reason.PAID


def test_as_of_a_day_nothing_dated_later_exists() -> None:
    facts = ledger(
        invoice("A", "05-06", issued_on="04-06", paid_on="05-10"),
        invoice("B", "07-06", issued_on="06-06"),
        invoice("C", "07-06"),
        paid("A", "05-10", 1000),
        row(DISPUTE, "05-08", "A", closed_on="05-20"),
        row(AGREEMENT, "05-22", "A", ref="N1"),
        instalment("N1/1", "06-20", 1000, "A"),
        settings=replace(CONTRACT, payments_until=day("06-30")),
        bank_until=day("06-30"),
    )
    then = as_of(facts, day("05-09"))
    assert list(then.receivables) == ["A", "C"]
    assert then.receivables["A"].paid_on is None
    assert then.payments == ()
    assert then.instalments == {}
    assert [(n.kind, n.closed_on) for n in then.negotiations] == [(DISPUTE, None)]
    assert then.settings.payments_until == then.bank_until == day("05-09")
    assert as_of(then, day("05-09")) == then
