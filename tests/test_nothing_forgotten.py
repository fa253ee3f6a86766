"""What must leave does leave, on its day: the other half of the promise to charge nobody wrongly.

The expected days are computed here, from the ladder and the calendar alone.
"""

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain.dunning import decide
from sync.domain.facts import Client, Facts, Mode, Outcome, Receivable, Reminder, Step
from tests.domain_language import CALENDAR, IDENTIFIED, choice_of
from tests.domain_language import reminder_of as reminder

DAY = timedelta(days=1)
FIRST = date(2026, 1, 1)
OFFSETS = st.sets(st.integers(-15, 60), min_size=1, max_size=6).map(sorted)


def ladder(offsets: list[int]) -> dict[str, tuple[Step, ...]]:
    steps = (Step(policy="P", name=f"step {o}", offset=o, template="t") for o in offsets)
    return {"P": tuple(steps)}


def debt(name: str, client: str, due_in: int) -> Receivable:
    return Receivable(id=name, client=client, due_on=FIRST + due_in * DAY, amount=Decimal("100.00"))


def expected_days(due: date, offsets: list[int], gap: int, paid: date | None) -> dict[int, date]:
    """The day of each step, by hand: one invoice, one client, a run every day."""
    effective = CALENDAR.next_business_day(due)
    early = {}
    for offset in (o for o in offsets if o <= 0):
        day = CALENDAR.previous_business_day(due + offset * DAY) if offset else effective
        early[day] = offset  # of two steps on one day the later one speaks
    found = {offset: day for day, offset in early.items()}
    last: tuple[int, date] | None = None
    for offset in (o for o in offsets if o > 0):
        day = max(due + offset * DAY, effective + DAY)
        if last is not None:
            day = max(day, last[1] + (offset - last[0]) * DAY, last[1] + gap * DAY)
        day = CALENDAR.next_business_day(day)
        last = (offset, day)
        found[offset] = day
    # A payment of the day itself is known before the run.
    return {o: day for o, day in found.items() if paid is None or day < paid}


@settings(max_examples=40, deadline=None)
@given(
    due_in=st.integers(20, 90),
    offsets=OFFSETS,
    gap=st.integers(0, 6),
    paid_after=st.none() | st.integers(-20, 70),
)
def test_every_step_leaves_on_its_day_and_none_after_payment(
    due_in: int, offsets: list[int], gap: int, paid_after: int | None
) -> None:
    due = FIRST + due_in * DAY
    paid = None if paid_after is None else due + paid_after * DAY
    row = debt("F-1", "Ana", due_in)
    sent: list[Reminder] = []
    days: dict[int, date] = {}
    for number in range(due_in + 100):
        today = FIRST + number * DAY
        known = row
        if paid is not None and paid <= today:
            known = replace(row, paid_on=paid)
        facts = Facts(
            settings=replace(IDENTIFIED, contact_gap=gap),
            clients={"Ana": Client(name="Ana", emails=("ana@example.com",))},
            receivables={"F-1": known},
            ladders=ladder(offsets),
            reminders=tuple(sent),
        )
        for decision in decide(facts, CALENDAR, today, with_upcoming=False).decisions:
            if decision.deliverable:
                sent.append(reminder(decision, Outcome.SENT, len(sent)))
                days.update({key.offset: today for key in decision.keys})
    assert days == expected_days(due, offsets, gap, paid)


@settings(max_examples=25, deadline=None)
@given(
    dues=st.lists(st.integers(-40, 60), min_size=1, max_size=5),
    gap=st.integers(0, 6),
)
def test_in_approval_mode_with_one_tick_a_day_every_courtesy_leaves_on_time(
    dues: list[int], gap: int
) -> None:
    """Each day one run; then the team approves all that the queue shows, and nothing else."""
    rows = {f"F-{n}": debt(f"F-{n}", "Ana", due) for n, due in enumerate(dues)}
    facts = Facts(
        settings=replace(IDENTIFIED, mode=Mode.APPROVAL, contact_gap=gap),
        clients={"Ana": Client(name="Ana", emails=("ana@example.com",))},
        receivables=rows,
        ladders=ladder([-3, 0, 3, 10]),
    )
    days: dict[tuple[str, int], date] = {}
    sent: list[Reminder] = []
    yesterday = FIRST - DAY
    ticked = list(decide(facts, CALENDAR, yesterday).upcoming)
    for number in range(80):
        today = FIRST + number * DAY
        approved = tuple(replace(choice_of(row, yesterday), approve=True) for row in ticked)
        now = replace(facts, reminders=tuple(sent), choices=approved)
        plan = decide(now, CALENDAR, today, time_of_day=time(9))
        for decision in (d for d in plan.decisions if d.deliverable):
            sent.append(reminder(decision, Outcome.SENT, len(sent)))
            days.update({(key.invoice, key.offset): today for key in decision.keys})
        now = replace(facts, reminders=tuple(sent))
        after = decide(now, CALENDAR, today, time_of_day=time(9))
        ticked = [r for r in (*after.decisions, *after.upcoming) if r.step and r.step_items]
        yesterday = today
    for name, row in rows.items():
        for offset in (-3, 0):
            day = expected_days(row.due_on, [-3, 0], gap, None).get(offset)
            if day is not None and FIRST + 5 * DAY < day < FIRST + 80 * DAY:
                assert days.get((name, offset)) == day, (name, offset, day)
