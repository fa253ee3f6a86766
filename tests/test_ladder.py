"""One invoice on its ladder: which rung is due, since when, and which comes next."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.decisions import Charge, Reason, Standing, Status
from sync.domain.facts import Channel, Outcome, Step, StepKey
from sync.domain.history import SentStep
from sync.domain.ladder import Climber, Ladder, Place, Rung, key_of
from tests.domain_language import CALENDAR

DUE = date(2026, 3, 10)  # a Tuesday
DAY = timedelta(days=1)


def step(offset: int, name: str = "", **more: object) -> Step:
    made = Step(policy="P", name=name or f"step {offset}", offset=offset)
    for field, value in more.items():
        made = replace(made, **{field: value})  # type: ignore[arg-type] # any field of a step
    return made


def sent(
    offset: int, on: date, name: str = "", occurrence: int = 0, outcome: Outcome = Outcome.SENT
) -> SentStep:
    key = StepKey(
        invoice="F-1",
        due_on=DUE,
        policy="P",
        step=name or f"step {offset}",
        offset=offset,
        occurrence=occurrence,
    )
    return SentStep(key, on, outcome, "R1")


def standing(due_on: date = DUE) -> Standing:
    return Standing(
        id="F-1",
        client="Ana",
        policy="P",
        due_on=due_on,
        effective_due=CALENDAR.next_business_day(due_on),
        amount=Decimal("100.00"),
        status=Status.OVERDUE,
        days_past_due=0,
        bucket=0,
        charge=Charge(),
    )


def climber(*steps: Step, said: tuple[SentStep, ...] = (), **more: object) -> Climber:
    made = Climber(standing=standing(), ladder=Ladder.of(steps), sent=said)
    for field, value in more.items():
        made = replace(made, **{field: value})  # type: ignore[arg-type] # any field of a climber
    return made


def on_day(who: Climber, days_after_due: int) -> Place:
    return who.place(DUE + days_after_due * DAY, CALENDAR)


def offset_of(place: Place) -> int | None:
    return place.rung.step.offset if place.rung else None


def test_before_the_due_date_the_highest_rung_reached_speaks() -> None:
    ana = climber(step(-7), step(-3), step(0))
    assert offset_of(on_day(ana, -8)) is None
    assert offset_of(on_day(ana, -7)) == -7
    assert offset_of(on_day(ana, -1)) == -3
    assert offset_of(on_day(ana, 0)) == 0


def test_a_rung_on_a_sunday_is_reached_on_the_friday_before() -> None:
    ana = climber(step(-2))  # 8 March is a Sunday
    assert on_day(ana, -5) == Place(since=date(2026, 3, 6), reason=Reason.NOT_REACHED)
    assert on_day(ana, -4).since == date(2026, 3, 6)
    assert offset_of(on_day(ana, -4)) == -2


def test_after_the_due_date_a_rung_before_it_is_gone() -> None:
    ana = climber(step(-3), step(0), step(3))
    assert on_day(ana, 1) == Place(since=DUE + 3 * DAY, reason=Reason.NOT_REACHED)


def test_the_first_overdue_rung_comes_first_however_old_the_debt() -> None:
    ana = climber(step(3), step(10), step(30))
    assert offset_of(on_day(ana, 1000)) == 3


def test_the_next_rung_keeps_its_distance_from_the_last_one_sent() -> None:
    ana = climber(step(3), step(10), step(30), said=(sent(3, DUE + 100 * DAY),))
    assert offset_of(on_day(ana, 106)) is None
    assert on_day(ana, 106).since == DUE + 107 * DAY
    assert offset_of(on_day(ana, 107)) == 10


def test_the_next_rung_is_not_before_its_own_day() -> None:
    ana = climber(step(3), step(10), said=(sent(3, DUE + 3 * DAY),))
    assert offset_of(on_day(ana, 9)) is None
    assert offset_of(on_day(ana, 10)) == 10


def test_inactive_rungs_are_stepped_over() -> None:
    ana = climber(step(3, active=False), step(10), step(20, active=False), step(30))
    assert offset_of(on_day(ana, 10)) == 10
    later = replace(ana, sent=(sent(10, DUE + 10 * DAY),))
    assert offset_of(on_day(later, 29)) is None
    assert offset_of(on_day(later, 30)) == 30


def test_of_two_rungs_on_one_day_only_one_is_ever_climbed() -> None:
    ana = climber(step(3, "mail"), step(3, "chat", channel=Channel.WHATSAPP))
    later = replace(ana, sent=(sent(3, DUE + 3 * DAY, "mail"),))
    assert on_day(ana, 3).rung == Rung(step(3, "mail"))
    assert on_day(later, 30) == Place(reason=Reason.ALREADY_REMINDED)


def test_a_renamed_rung_is_the_same_rung_and_a_moved_name_the_same_name() -> None:
    renamed = climber(step(3, "friendly"), step(10), said=(sent(3, DUE + 3 * DAY, "first"),))
    assert offset_of(on_day(renamed, 9)) is None
    moved = climber(step(7, "first"), step(10), said=(sent(3, DUE + 3 * DAY, "first"),))
    assert offset_of(on_day(moved, 9)) is None
    assert offset_of(on_day(moved, 10)) == 10


def test_reserved_names_are_no_rungs() -> None:
    ana = climber(step(3, "promise_broken"), step(10))
    assert offset_of(on_day(ana, 5)) is None
    told = replace(ana, sent=(sent(99, DUE + 12 * DAY, "promise_broken"),))
    assert offset_of(on_day(told, 13)) == 10


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.SENT, Reason.ALREADY_REMINDED),
        (Outcome.REPLIED, Reason.ALREADY_REMINDED),
        (Outcome.UNCERTAIN, Reason.UNCERTAIN),
        (Outcome.SENDING, Reason.UNCERTAIN),
        (Outcome.SKIPPED, Reason.SKIPPED),
    ],
)
def test_waiting_says_what_became_of_the_last_rung(outcome: Outcome, reason: Reason) -> None:
    ana = climber(step(3), step(10), said=(sent(3, DUE + 3 * DAY, outcome=outcome),))
    assert on_day(ana, 4).reason is reason


def test_grace_puts_off_every_overdue_rung() -> None:
    ana = climber(step(1), step(3), grace_days=5)
    assert offset_of(on_day(ana, 5)) is None
    assert on_day(ana, 5).since == DUE + 6 * DAY
    assert offset_of(on_day(ana, 6)) == 1


# Repeats.


def test_a_repeat_comes_every_so_many_days_and_no_more_than_allowed() -> None:
    every = step(3, repeat_every=7, repeat_max=2)
    ana = climber(every, said=(sent(3, DUE + 3 * DAY),))
    assert offset_of(on_day(ana, 9)) is None
    assert on_day(ana, 10).rung == Rung(every, 1)
    again = replace(ana, sent=(*ana.sent, sent(3, DUE + 12 * DAY, occurrence=1)))
    assert offset_of(on_day(again, 18)) is None
    assert on_day(again, 19).rung == Rung(every, 2)
    last = replace(again, sent=(*again.sent, sent(3, DUE + 19 * DAY, occurrence=2)))
    assert on_day(last, 400) == Place(reason=Reason.ALREADY_REMINDED)


def test_without_a_distance_nothing_repeats() -> None:
    ana = climber(step(3, repeat_max=5), said=(sent(3, DUE + 3 * DAY),))
    assert on_day(ana, 400) == Place(reason=Reason.ALREADY_REMINDED)


def test_the_next_rung_ends_the_repeats() -> None:
    ana = climber(step(3, repeat_every=7, repeat_max=9), step(10), said=(sent(3, DUE + 3 * DAY),))
    assert offset_of(on_day(ana, 10)) == 10
    later = replace(ana, sent=(*ana.sent, sent(10, DUE + 10 * DAY)))
    assert on_day(later, 300) == Place(reason=Reason.ALREADY_REMINDED)


def test_a_rung_that_repeats_passed_by_keeps_the_distance_between_the_steps() -> None:
    """Repeats reached 31 days; the step of 20 days is still 17 days from the first."""
    ana = climber(
        step(3, repeat_every=7, repeat_max=4),
        step(20, active=True),
        said=(sent(3, DUE + 3 * DAY), sent(3, DUE + 31 * DAY, occurrence=4)),
    )
    assert offset_of(on_day(ana, 47)) is None
    assert offset_of(on_day(ana, 48)) == 20


def test_repeats_before_the_due_date_stop_at_it() -> None:
    ana = climber(step(-6, repeat_every=3, repeat_max=9))
    assert on_day(ana, -6).rung == Rung(step(-6, repeat_every=3, repeat_max=9), 0)
    assert on_day(ana, 0).rung == Rung(step(-6, repeat_every=3, repeat_max=9), 2)
    assert on_day(ana, 1) == Place(reason=Reason.NOT_REACHED)


def test_a_number_typed_too_long_neither_overflows_nor_takes_for_ever() -> None:
    early = step(-999_999, repeat_every=999_999, repeat_max=999_999)
    ana = climber(early, step(-3, repeat_every=1, repeat_max=999_999))
    assert offset_of(on_day(ana, -1)) == -3
    first = step(3, repeat_every=999_999, repeat_max=999_999)
    late = climber(first, step(999_999), said=(sent(3, DUE + 3 * DAY),))
    place = on_day(late, 400)
    assert place.since is not None
    assert place.since > DUE + 36_000 * DAY


# By hand.

CHAT = step(10, channel=Channel.WHATSAPP)


def test_undone_by_hand_it_waits_until_the_next_rung_is_due() -> None:
    ana = climber(step(3), CHAT, step(20), said=(sent(3, DUE + 3 * DAY),))
    assert on_day(ana, 10).rung == Rung(CHAT)
    assert on_day(ana, 19).rung == Rung(CHAT)
    assert on_day(ana, 20) == Place(
        rung=Rung(step(20)), since=DUE + 20 * DAY, overtaken=(Rung(CHAT),)
    )


def test_a_rung_overtaken_is_never_climbed_down_to() -> None:
    ana = climber(step(3), CHAT, step(20), said=(sent(20, DUE + 20 * DAY),))
    assert on_day(ana, 300) == Place(reason=Reason.ALREADY_REMINDED)


def test_after_a_hold_a_step_by_hand_has_its_full_time() -> None:
    ana = climber(
        step(3),
        CHAT,
        step(20),
        said=(sent(3, DUE + 3 * DAY),),
        not_before=DUE + 60 * DAY,
    )
    assert on_day(ana, 69).rung == Rung(CHAT)
    assert offset_of(on_day(ana, 70)) == 20


def test_of_a_debt_nobody_was_told_of_no_step_by_hand_is_overtaken() -> None:
    ana = climber(CHAT, step(20))
    assert on_day(ana, 500).rung == Rung(CHAT)


# Always.

STEPS = st.lists(
    st.builds(
        step,
        st.integers(-10, 40),
        name=st.sampled_from("abcdefgh"),
        repeat_every=st.none() | st.integers(1, 9),
        repeat_max=st.integers(0, 3),
        active=st.booleans(),
        channel=st.sampled_from([Channel.EMAIL, Channel.EMAIL, Channel.CALL]),
    ),
    max_size=6,
    unique_by=lambda s: s.name,
)


@given(
    steps=STEPS,
    edited=STEPS,
    runs=st.lists(st.integers(-15, 120), max_size=40).map(sorted),
    edit_at=st.integers(0, 40),
)
def test_nobody_climbs_down_or_stands_twice_on_a_rung(
    steps: list[Step], edited: list[Step], runs: list[int], edit_at: int
) -> None:
    """Whatever days the runs fall on, and if the ladder is replaced by another on the way."""
    said: tuple[SentStep, ...] = ()
    for number, days in enumerate(runs):
        ladder = steps if number < edit_at else edited
        place = on_day(climber(*ladder, said=said), days)
        if place.rung is None:
            assert place.since is None or place.since > DUE + days * DAY
            continue
        key = key_of(standing(), place.rung)
        rungs = [(s.key.offset, s.key.occurrence) for s in said]
        assert (key.offset, key.occurrence) > max(rungs, default=(-99, 0))
        assert key not in [s.key for s in said]
        assert place.since is not None
        assert place.since <= DUE + days * DAY
        said = (*said, SentStep(key, DUE + days * DAY, Outcome.SENT, f"R{number}"))
