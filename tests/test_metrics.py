"""The measures, on ledgers small enough to compute by hand."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain import aging as aging_module
from sync.domain.aging import aging, forecast
from sync.domain.asof import as_of
from sync.domain.clients import Risk, Suggestion, client_measures, risk_of
from sync.domain.facts import (
    Cancelled,
    Channel,
    Client,
    Facts,
    NegotiationKind,
    Outcome,
    Receivable,
    Reminder,
    StepKey,
)
from sync.domain.metrics import (
    by_method,
    by_month_due,
    by_segment,
    by_weekday_paid,
    collection_effectiveness,
    days_sales_outstanding,
    delay_reasons,
    groups,
    measures,
    month,
    recovery_by_step,
)
from sync.domain.standing import Book, book
from tests.ledgers import CONTRACT, SAO_PAULO, day, instalment, invoice, ledger, money, paid, row

BOUNDS = (30, 60, 90, 180)


def on(facts: Facts, when: str) -> Book:
    return book(facts, SAO_PAULO, day(when))


# On 28 June 2024: Ana owes 100 (not due), 200 (18 days), 300 (53 days); Bia 1,000 (in part paid).

TEAM = ledger(
    invoice("A1", "07-10", 100, issued_on="06-10", method="Pix"),
    invoice("A2", "06-10", 200, issued_on="05-10", method="Pix", delay_reason="cash flow"),
    invoice("A3", "05-06", 300, issued_on="04-08", method="Boleto", delay_reason="cash flow"),
    invoice("A4", "05-06", 400, issued_on="04-08", paid_on="05-16", delay_reason="lost bill"),
    invoice("B1", "03-04", 1000, issued_on="02-05", client="Bia", delay_reason="dispute"),
    invoice("B2", "05-03", 600, issued_on="04-03", client="Bia", paid_on="05-03"),
    invoice("V", "05-03", 9999, issued_on="04-03", client="Bia", cancelled=Cancelled.VOID),
    paid("B1", "06-03", 320, client="Bia"),
    clients={"Ana": Client(name="Ana", segment="retail", emails=("ana@x.com.br",))},
    settings=replace(CONTRACT, late_fee=Decimal(0), monthly_interest=Decimal(0), points=10),
)
TODAY = "06-28"


def test_aging_stands_by_client_and_bucket_and_sums_to_the_cent() -> None:
    table = aging(on(TEAM, TODAY).standings.values(), BOUNDS)
    rows = {line.client: [str(amount) for amount in line.amounts] for line in table.rows}
    assert rows == {
        "Ana": ["100.00", "200.00", "300.00", "0.00", "0.00", "0.00"],
        "Bia": ["0.00", "0.00", "0.00", "0.00", "680.00", "0.00"],
    }
    assert [line.count for line in table.rows] == [3, 1]
    assert (table.total, table.overdue) == (money(1280), money(1180))


def test_dso_is_open_over_sales_of_90_days_times_90() -> None:
    """Sales from 31 March to 28 June: 100 + 200 + 300 + 400 + 600 = 1,600 (void ones aside).

    DSO 1280 ÷ 1600 × 90 = 72.0; best possible 100 ÷ 1600 × 90 = 5.625; delinquent 66.4.
    """
    found = measures(TEAM, on(TEAM, TODAY))
    assert found.dso == Decimal("72.0")
    assert found.best_possible_dso == Decimal("5.6")
    assert found.average_days_delinquent == Decimal("66.4")
    assert (found.open_amount, found.overdue_amount) == (money(1280), money(1180))
    assert (found.open_count, found.overdue_count) == (4, 3)


def test_the_on_time_rate_counts_what_was_paid_by_the_effective_due_date() -> None:
    assert measures(TEAM, on(TEAM, TODAY)).on_time_rate == Decimal("0.5")  # B2 of A4 and B2


def test_without_sales_or_payments_there_is_no_figure() -> None:
    found = measures(ledger(), on(ledger(), TODAY))
    assert found.dso is None
    assert found.average_days_delinquent is None
    assert found.on_time_rate is None
    assert found.promise_rate is None
    assert days_sales_outstanding(money(1), money(0), 90) is None
    assert collection_effectiveness(money(0), money(0), money(0), money(0)) is None


def test_cei_over_a_calendar_month() -> None:
    """May 2024. Open on 30 April: A3 300, A4 400, B1 1000, B2 600 = 2,300. Sales: A2 200.

    Received: A4 400, B2 600. Closing: A2 200 + A3 300 + B1 1000 = 1,500, of it not due A2 200.
    CEI = (2300 + 200 − 1500) ÷ (2300 + 200 − 200) × 100 = 1000 ÷ 2300 × 100 = 43.48.
    """
    may = month(TEAM, SAO_PAULO, day("05-15"))
    assert (may.start, may.end) == (day("05-01"), day("05-31"))
    assert (may.opening, may.sales, may.received) == (money(2300), money(200), money(1000))
    assert (may.closing, may.closing_not_due) == (money(1500), money(200))
    assert may.closing_overdue == money(1300)
    assert may.cei == Decimal("43.48")
    assert may.opening + may.sales - may.received == may.closing


def test_cei_of_a_december_ends_with_the_year() -> None:
    december = month(TEAM, SAO_PAULO, day("2023-12-31"))
    assert december.end == day("2023-12-31")
    assert december.cei is None


def reminder(name: str, step: str, offset: int, when: str, outcome: Outcome = Outcome.SENT) -> Any:
    key = StepKey(invoice=name, due_on=day("05-06"), policy="standard", step=step, offset=offset)
    return Reminder(
        reference=f"{name}{step}",
        client="Ana",
        at=datetime.combine(day(when), datetime.min.time()),
        step=step,
        channel=Channel.EMAIL,
        outcome=outcome,
        keys=(key,),
    )


def test_recovery_is_what_came_within_7_days_and_before_the_next_step() -> None:
    facts = ledger(
        invoice("A", "05-06"),
        invoice("B", "05-06", 500, paid_on="05-16"),
        invoice("C", "05-06", 100),
        paid("A", "05-08", 100),  # before the message: not asked for
        paid("A", "05-15", 300),  # six days after the first step
        paid("A", "05-18", 50),  # eight days after it, and the day before the second
        paid("A", "05-19", 150),  # on the day of the second
        paid("C", "05-30", 100),  # too late
        reminders=(
            reminder("A", "first", 3, "05-09"),
            reminder("A", "second", 10, "05-19"),
            reminder("B", "first", 3, "05-09"),  # paid on the seventh day
            reminder("C", "first", 3, "05-09"),
            reminder("C", "second", 10, "05-19", Outcome.CANCELLED),
        ),
    )
    first, second = recovery_by_step(facts, on(facts, "06-28"))
    assert (first.step, first.sent, first.amount) == ("first", 3, money(1500))  # 900 + 500 + 100
    assert (first.recovered, first.rate) == (money(800), Decimal("0.5333"))
    assert (second.step, second.amount, second.recovered) == ("second", money(550), money(150))


def test_the_next_step_ends_what_the_one_before_recovered() -> None:
    facts = ledger(
        invoice("A", "05-06"),
        paid("A", "05-13", 1000),
        reminders=(reminder("A", "first", 3, "05-09"), reminder("A", "second", 7, "05-13")),
    )
    first, second = recovery_by_step(facts, on(facts, "06-28"))
    assert (first.recovered, second.recovered) == (money(0), money(1000))


def test_reasons_for_delay_are_a_pareto() -> None:
    causes = delay_reasons(TEAM, on(TEAM, TODAY))
    assert [(c.reason, c.count, c.amount, c.share, c.cumulative) for c in causes] == [
        ("dispute", 1, money(1000), Decimal("0.5263"), Decimal("0.5263")),
        ("cash flow", 2, money(500), Decimal("0.2632"), Decimal("0.7895")),
        ("lost bill", 1, money(400), Decimal("0.2105"), Decimal("1.0000")),
    ]


def test_invoices_are_grouped_by_what_they_have_in_common() -> None:
    found = on(TEAM, TODAY)
    by_name = {group.name: group for group in groups(TEAM, found, by_method)}
    assert (by_name["Pix"].count, by_name["Pix"].open_amount) == (2, money(300))
    assert by_name["Boleto"].overdue_amount == money(300)
    assert by_name[None].average_delay == Decimal("5.0")  # 10 days and 0
    segments = groups(TEAM, found, by_segment(TEAM))
    assert [(group.name, group.amount) for group in segments] == [
        ("retail", money(1000)),
        (None, money(1600)),
    ]
    months = [group.name for group in groups(TEAM, found, by_month_due)]
    assert months == ["2024-03", "2024-05", "2024-06", "2024-07"]
    weekdays = [(group.name, group.count) for group in groups(TEAM, found, by_weekday_paid)]
    assert weekdays == [("4", 1), ("5", 1), (None, 4)]


def test_what_is_known_about_a_client() -> None:
    found = client_measures(TEAM, on(TEAM, TODAY))
    ana, bia = found["Ana"], found["Bia"]
    assert (ana.open_balance, ana.overdue_balance, ana.oldest_days) == (money(600), money(500), 53)
    assert (ana.average_delay, ana.on_time_rate, ana.points) == (Decimal("10.0"), Decimal(0), 0)
    assert (ana.risk, ana.suggestion) == (Risk.MEDIUM, Suggestion.CALL)
    assert (bia.on_time_rate, bia.average_delay, bia.points) == (Decimal(1), Decimal(0), 10)
    assert (bia.risk, bia.suggestion) == (Risk.HIGH, Suggestion.OFFER_PLAN)


def test_only_the_last_twelve_months_speak_of_delay() -> None:
    facts = ledger(
        invoice("old", "2023-06-27", paid_on="2023-06-28"),
        invoice("new", "2023-06-27", paid_on="2023-06-29"),
    )
    ana = client_measures(facts, on(facts, TODAY))["Ana"]
    assert (ana.paid_count, ana.average_delay) == (1, Decimal("2.0"))


def test_the_last_contact_is_the_newest_message_that_arrived_or_negotiation() -> None:
    contact = row(NegotiationKind.CONTACT, "05-10", "A")
    note = row(NegotiationKind.NOTE, "05-20", "A")
    sent = (
        reminder("A", "first", 3, "05-09"),
        reminder("A", "second", 10, "05-16", Outcome.BOUNCED),
    )
    facts = ledger(invoice("A", "05-06"), contact, note, reminders=sent)
    assert client_measures(facts, on(facts, TODAY))["Ana"].last_contact == day("05-10")


@pytest.mark.parametrize(
    ("facts", "suggestion"),
    [
        ({"row_problems": {"Ana": "x"}}, Suggestion.MEND_ROWS),
        ({"extra": paid(None, "05-02", 50)}, Suggestion.APPLY_CASH),
        ({"extra": row(NegotiationKind.SAYS_PAID, "05-20", "A")}, Suggestion.CHECK_PAYMENT),
        ({"extra": row(NegotiationKind.DISPUTE, "05-20", "A")}, Suggestion.SETTLE_DISPUTE),
        ({"clients": {"Ana": Client(name="Ana")}}, Suggestion.ADD_ADDRESS),
        ({"extra": row(NegotiationKind.PROMISE, "05-08", "A", pay_by="05-10")},
         Suggestion.CALL_ABOUT_PROMISE),
        ({"extra": invoice("old", "2018-05-06")}, Suggestion.DECIDE_PRESCRIBED),
        ({}, None),
    ],
)  # fmt: skip
def test_the_suggestion_names_what_to_do_next(
    facts: dict[str, Any], suggestion: Suggestion | None
) -> None:
    extra = [facts.pop("extra")] if "extra" in (facts := dict(facts)) else []
    team = ledger(invoice("A", "05-06"), *extra, **facts)
    assert client_measures(team, on(team, "05-23"))["Ana"].suggestion is suggestion


def test_risk_follows_what_the_client_did() -> None:
    assert risk_of(0, 0, None, None, None) is None
    assert risk_of(0, 5, Decimal(2), Decimal("0.8"), None) is Risk.LOW
    assert risk_of(0, 5, Decimal(8), Decimal("0.8"), None) is Risk.MEDIUM
    assert risk_of(0, 2, Decimal(2), Decimal(0), None) is Risk.LOW  # two payments are no pattern
    assert risk_of(0, 3, Decimal(2), Decimal("0.3"), None) is Risk.HIGH
    assert risk_of(61, 0, None, None, None) is Risk.HIGH
    assert risk_of(0, 0, None, None, Decimal("0.4")) is Risk.HIGH


def test_promises_kept_and_instalments_on_time() -> None:
    facts = ledger(
        invoice("A", "05-06"),
        invoice("B", "05-06"),
        row(NegotiationKind.PROMISE, "05-08", "A", pay_by="05-10", amount=100),
        row(NegotiationKind.PROMISE, "05-08", "B", pay_by="05-10"),
        row(NegotiationKind.PROMISE, "06-26", "B", pay_by="07-10"),
        row(NegotiationKind.AGREEMENT, "05-20", "A", ref="N1"),
        instalment("N1/1", "06-03", 500, "A", paid_on="06-03"),
        instalment("N1/2", "06-20", 500, "A", paid_on="06-21"),
        instalment("N1/3", "07-20", 500, "A"),
        paid("A", "05-10", 100),
    )
    found = measures(facts, on(facts, TODAY))
    assert found.promise_rate == Decimal("0.5")  # one kept, one broken, one pending
    assert found.instalment_rate == Decimal("0.5")  # one on time, one late, one not due


def test_the_forecast_puts_each_open_amount_into_its_week() -> None:
    """Friday 28 June 2024; weeks begin on Mondays, the first on 24 June."""
    facts = ledger(
        invoice("due", "07-03", 100),  # Ana pays 10 days late: Monday 15 July
        invoice("late", "06-20", 200),  # 30 June is a Sunday: Monday 1 July
        invoice("lost", "05-06", 400),  # Ana is never that late: nobody knows
        invoice("told", "06-10", 800),
        invoice("disputed", "07-03", 1600, disputed=True),
        invoice("far", "2025-07-03", 3200),
        invoice("plan", "05-06", 9000),
        row(NegotiationKind.PROMISE, "06-20", "told", pay_by="07-06", amount=500),
        row(NegotiationKind.AGREEMENT, "06-10", "plan", ref="N1"),
        instalment("N1/1", "07-10", 6400, "plan"),
    )
    found = on(facts, "06-28")
    table = forecast(found, SAO_PAULO, {"Ana": Decimal("10.0")})
    weeks = {
        f"{w.start:%m-%d}": tuple(map(str, (w.due, w.expected, w.promised, w.instalments)))
        for w in table.weeks
        if w.total or w.due
    }
    assert weeks == {
        "07-01": ("1700.00", "200.00", "0.00", "0.00"),
        "07-08": ("6400.00", "0.00", "500.00", "6400.00"),  # 6 July is a Saturday
        "07-15": ("0.00", "100.00", "0.00", "0.00"),
    }
    assert len(table.weeks) == 13
    assert table.later == money(3200)
    assert table.unscheduled == money(400 + 300 + 1600)
    assert table.total == sum(item.charge.balance for item in found.open_of("Ana"))


# Every summary equals the sum of its rows, whatever the ledger.


@st.composite
def teams(draw: st.DrawFn) -> Facts:
    dates = st.dates(date(2024, 1, 2), date(2024, 12, 28))
    cents = st.integers(1, 300_000).map(lambda n: Decimal(n).scaleb(-2))
    rows: list[Any] = []
    for n in range(draw(st.integers(0, 6))):
        template = invoice(str(n), "05-06", client=draw(st.sampled_from(["Ana", "Bia", "Caio"])))
        rows.append(
            replace(
                template,
                due_on=draw(dates),
                amount=draw(cents),
                issued_on=date(2024, 1, 1),
                paid_on=draw(st.none() | dates),
                paid_amount=draw(st.none() | cents),
                disputed=draw(st.booleans()),
                method=draw(st.sampled_from([None, "Pix"])),
                cancelled=draw(st.sampled_from([None, None, *Cancelled])),
            )
        )
    return ledger(*rows)


@settings(deadline=None)
@given(teams(), st.integers(1, 12), st.booleans())
def test_a_months_figures_are_those_of_its_days(facts: Facts, number: int, collect: bool) -> None:
    terms = replace(CONTRACT, collect_remaining=collect)
    lines = [
        paid(name, "05-06", str(item.amount // 2))
        for name, item in facts.receivables.items()
        if item.paid_on is None
    ]
    facts = replace(facts, settings=terms, payments=(*lines, *lines[:1]))
    found = month(facts, SAO_PAULO, date(2024, number, 9))
    for when, amount in (
        (found.start - timedelta(days=1), found.opening),
        (found.end, found.closing),
    ):
        then = book(as_of(facts, when), SAO_PAULO, when).standings
        assert amount == sum((s.charge.balance for s in then.values() if s.is_open), Decimal(0))


def disagreements(facts: Facts, when: date) -> list[str]:
    """Totals that differ from the open amount, summed here from the standings one by one."""
    found = book(facts, SAO_PAULO, when)
    opened = Decimal(0)
    for name, item in found.standings.items():
        row_: Receivable = facts.receivables[name]
        if not item.charge.settled and row_.cancelled is None:
            opened += item.charge.balance
    clients = client_measures(facts, found)
    delays = {name: line.average_delay for name, line in clients.items()}
    totals = {
        "aging": aging(found.standings.values(), BOUNDS).total,
        "forecast": forecast(found, SAO_PAULO, delays).total,
        "clients": sum((line.open_balance for line in clients.values()), Decimal(0)),
        "measures": measures(facts, found).open_amount,
        "groups": sum((g.open_amount for g in groups(facts, found, by_method)), Decimal(0)),
    }
    return [name for name, total in totals.items() if total != opened]


@settings(deadline=None)
@given(teams(), st.dates(date(2024, 1, 2), date(2024, 12, 28)))
def test_every_summary_is_the_sum_of_its_rows(facts: Facts, when: date) -> None:
    assert disagreements(facts, when) == []


def test_a_summary_that_loses_amounts_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert disagreements(TEAM, day(TODAY)) == []
    monkeypatch.setattr(aging_module._Table, "add", lambda *_: None)
    assert disagreements(TEAM, day(TODAY)) == ["forecast"]
    monkeypatch.setattr(aging_module, "open_ones", lambda standings: list(standings)[1:])
    assert disagreements(TEAM, day(TODAY)) == ["aging", "forecast"]
