"""Thanks and confirmations as stories: when they go, what they wait for, and what they never touch.

March 2026: the 9th is a Monday, the 13th a Friday.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain import courtesies, dunning, history
from sync.domain.decisions import Action, Decision, Status
from sync.domain.dunning import decide
from sync.domain.facts import Facts, Outcome
from sync.domain.history import COURTESIES
from sync.domain.standing import book
from tests.domain_language import CALENDAR, reminder_of, run_example

AGREED = """
    invoice F-1 Padaria 2026-02-09 1000.00
    agreement A-ABCDEFGHIJ 2026-03-09 Padaria for F-1
    instalment A-ABCDEFGHIJ/1 A-ABCDEFGHIJ 2026-03-16 500.00 for F-1
    instalment A-ABCDEFGHIJ/2 A-ABCDEFGHIJ 2026-04-16 500.00 for F-1
"""
PARTS = "A-ABCDEFGHIJ/1 A-ABCDEFGHIJ/2"
PAID = """
    setting thank_you yes
    invoice F-1 Padaria 2026-03-06 1000.00
    payment 2026-03-06 F-1 1000.00
"""


# Thanks.


def test_a_payment_is_thanked_for_once() -> None:
    run_example(
        PAID
        + """
        run 2026-03-09
        => beside Padaria: send thanks F-1
        run 2026-03-09
        => beside Padaria: nothing
        run 2026-03-10
        => beside Padaria: nothing
        """
    )


def test_nobody_is_thanked_unless_the_team_wants_it() -> None:
    run_example(PAID.replace("yes", "no") + "plan 2026-03-09\n=> beside Padaria: nothing")


def test_what_was_paid_over_a_week_ago_is_not_thanked_for() -> None:
    """So that switching it on thanks nobody for years."""
    run_example(
        PAID
        + """
        plan 2026-03-13
        => beside Padaria: send thanks F-1
        plan 2026-03-14
        => beside Padaria: nothing
        """
    )


@pytest.mark.parametrize(
    "how",
    [
        "change F-1 paid 2026-03-09",
        "change F-1 paid 2026-03-09 1000.00",
        "payment 2026-03-06 F-1 400.00\npayment 2026-03-09 F-1 600.00",
    ],
)
def test_however_it_was_written_down(how: str) -> None:
    run_example(
        f"""
        setting thank_you yes
        invoice F-1 Padaria 2026-03-06 1000.00
        {how}
        plan 2026-03-10
        => beside Padaria: send thanks F-1
        """
    )


def test_one_message_thanks_for_all_that_was_paid() -> None:
    run_example(
        PAID
        + """
        invoice F-2 Padaria 2026-03-05 200.00
        payment 2026-03-09 F-2 200.00
        run 2026-03-09
        => beside Padaria: send thanks F-2 F-1
        payment 2026-03-10 F-2 1.00 -- what comes later changes nothing
        run 2026-03-10
        => beside Padaria: nothing
        """
    )


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ("something else is late", "invoice F-2 Padaria 2026-03-05 200.00"),
        (
            "something late is promised",
            "invoice F-2 Padaria 2026-03-04 9.00\npromise 2026-03-05 Padaria by 2026-03-20 for F-2",
        ),
        ("a dispute", "invoice F-2 Padaria 2026-03-20 9.00, disputed"),
        ("the paid one is disputed", "change F-1 disputed"),
        (
            "an answer waits",
            "invoice F-2 Padaria 2026-03-20 9.00\ncontact 2026-03-09 Padaria for F-2",
        ),
        ("not to contact", "change Padaria do_not_contact"),
        ("the client is on hold", "change Padaria hold_until 2026-03-20"),
        ("unsubscribed", "unsubscribe Padaria"),
        ("a row in error", "problem Padaria"),
        ("no address", "change Padaria mail"),
        ("the creditor is not named", "setting tax_id none"),
        ("a charge-back", "payment 2026-03-09 F-1 -1000.00"),
        ("cancelled instead of paid", "change F-1 void"),
    ],
)
def test_thanks_that_would_jar_are_not_said(told: str, line: str) -> None:
    del told
    run_example(PAID + line + "\nplan 2026-03-09\n=> beside Padaria: nothing")


def test_a_plan_kept_is_thanked_for_instalment_by_instalment() -> None:
    run_example(
        "setting thank_you yes"
        + AGREED
        + f"""
        run 2026-03-09
        => beside Padaria: send confirmation {PARTS}
        payment 2026-03-16 A-ABCDEFGHIJ/1 500.00
        run 2026-03-17
        => beside Padaria: send thanks A-ABCDEFGHIJ/1
        payment 2026-04-16 A-ABCDEFGHIJ/2 500.00
        run 2026-04-17
        => beside Padaria: send thanks A-ABCDEFGHIJ/2
        """
    )


def test_thanks_wait_for_a_reminder_and_do_not_hold_it_up() -> None:
    run_example(
        PAID
        + """
        invoice F-2 Padaria 2026-03-12 200.00
        run 2026-03-09
        => Padaria: send before F-2
        => beside Padaria: nothing
        run 2026-03-10
        => beside Padaria: send thanks F-1
        run 2026-03-12
        => Padaria: send today F-2
        """
    )


def test_thanks_neither_wait_for_the_gap_nor_start_it_nor_climb_a_ladder() -> None:
    run_example(
        "ladder Standard: first +1, second +5"
        + PAID
        + """
        sent 2026-03-07 Padaria first F-1
        invoice F-2 Padaria 2026-03-09 200.00
        run 2026-03-09 -- two days after a reminder
        => beside Padaria: send thanks F-1
        run 2026-03-10 -- three days after the reminder, one after the thanks
        => Padaria: send first F-2
        """
    )


# Confirmations.


def test_an_agreement_is_confirmed_once_with_its_plan() -> None:
    world = run_example(
        AGREED
        + f"""
        run 2026-03-09
        => beside Padaria: send confirmation {PARTS}, total 1000.00
        run 2026-03-09
        => beside Padaria: nothing
        run 2026-03-10
        => beside Padaria: nothing
        """
    )
    (sent,) = world.reminders
    assert {key.step for key in sent.keys} == {"confirmation"}
    assert sent.total == 1000


def test_the_decision_names_the_agreement() -> None:
    world = run_example(AGREED + "plan 2026-03-09")
    assert world.plan is not None
    (made,) = (each for each in world.plan.decisions if each.is_courtesy)
    assert made.agreement == "A-ABCDEFGHIJ"
    assert made.items == ()
    assert [item.standing.amount for item in made.listed] == [500, 500]


def test_what_a_person_typed_is_not_confirmed() -> None:
    run_example(
        AGREED.replace("A-ABCDEFGHIJ", "N-0001")
        + """
        plan 2026-03-09
        => beside Padaria: nothing
        """
    )


@pytest.mark.parametrize(
    ("told", "line", "on"),
    [
        ("over a week ago", "", "2026-03-17"),
        ("ended by a person", "close 2026-03-10 Padaria", "2026-03-10"),
        ("paid already", "change F-1 paid 2026-03-10", "2026-03-10"),
    ],
)
def test_an_agreement_that_is_no_news_is_not_confirmed(told: str, line: str, on: str) -> None:
    del told
    run_example(AGREED + line + f"\nplan {on}\n=> beside Padaria: nothing")


@pytest.mark.parametrize(
    ("line", "claim"),
    [
        ("change Padaria do_not_contact", "do_not_contact"),
        ("unsubscribe Padaria", "unsubscribed"),
        ("change Padaria hold_until 2026-03-20", "on_hold"),
        ("problem Padaria", "row_problem"),
        ("change Padaria mail", "no_address"),
        ("change F-1 disputed", "disputed"),
        ("says_paid 2026-03-09 Padaria for F-1", "awaiting_answer"),
    ],
)
def test_a_confirmation_that_cannot_go_says_why(line: str, claim: str) -> None:
    run_example(
        AGREED + line + f"\nplan 2026-03-09\n=> beside Padaria: hold confirmation {PARTS}, {claim}"
    )


def test_a_confirmation_goes_before_a_reminder_which_goes_the_next_day() -> None:
    run_example(
        AGREED
        + f"""
        invoice F-2 Padaria 2026-03-12 200.00
        run 2026-03-09
        => beside Padaria: send confirmation {PARTS}
        => Padaria: hold before F-2, run_limit
        => next F-2: 2026-03-10
        run 2026-03-10
        => beside Padaria: nothing
        => Padaria: send before F-2
        """
    )


def test_a_confirmation_does_not_start_the_gap() -> None:
    run_example(
        AGREED
        + f"""
        invoice F-2 Padaria 2026-03-06 200.00
        run 2026-03-10
        => beside Padaria: send confirmation {PARTS}
        => Padaria: hold first F-2, run_limit
        run 2026-03-11
        => Padaria: send first F-2
        """
    )


def test_an_instalment_that_was_confirmed_climbs_its_ladder_from_the_start() -> None:
    run_example(
        """
        ladder plan: soon -3, today 0, late +1
        """
        + AGREED
        + f"""
        run 2026-03-13
        => beside Padaria: send confirmation {PARTS}
        => Padaria: hold soon A-ABCDEFGHIJ/1, run_limit
        run 2026-03-16
        => Padaria: send today A-ABCDEFGHIJ/1
        run 2026-03-17
        => Padaria: send late A-ABCDEFGHIJ/1
        """
    )


# Both.


def test_neither_needs_an_approval_and_preview_sends_nothing() -> None:
    run_example(
        "setting mode approval"
        + AGREED
        + PAID.replace("F-1", "F-9").replace("Padaria", "Oficina")
        + f"""
        plan 2026-03-09
        => beside Padaria: send confirmation {PARTS}
        => beside Oficina: send thanks F-9
        setting mode preview
        plan 2026-03-09
        => beside Padaria: wait confirmation {PARTS}, preview_mode
        => beside Oficina: wait thanks F-9, preview_mode
        => nobody
        """
    )


@pytest.mark.parametrize(
    ("on", "claim"),
    [
        ("2026-03-14", "non_business_day"),
        ("2026-03-13 at 07:59", "outside_window"),
        ("2026-03-13 at 18:01", "outside_window"),
    ],
)
def test_both_go_on_business_days_inside_the_window(on: str, claim: str) -> None:
    thanked = PAID.replace("F-1", "F-9").replace("Padaria", "Oficina").replace("03-06", "03-09")
    run_example(
        AGREED
        + thanked
        + f"""
        plan {on}
        => beside Padaria: hold confirmation {PARTS}, {claim}
        => beside Oficina: hold thanks F-9, {claim}
        run 2026-03-13 at 09:00
        => beside Padaria: send confirmation {PARTS}
        => beside Oficina: send thanks F-9
        """
    )


@pytest.mark.parametrize("what", ["skip", "done"])
def test_a_person_may_skip_it_or_say_it_in_person(what: str) -> None:
    world = run_example(
        AGREED
        + PAID.replace("F-1", "F-9").replace("Padaria", "Oficina")
        + f"""
        plan 2026-03-09 at 07:00
        {what} Padaria confirmation
        {what} Oficina thanks
        run 2026-03-09
        => nobody
        run 2026-03-10
        => nobody
        """
    )
    outcomes = {reminder.outcome for reminder in world.reminders}
    assert outcomes == {Outcome.SKIPPED if what == "skip" else Outcome.SENT}
    assert {key.step for reminder in world.reminders for key in reminder.keys} == set(COURTESIES)


def test_a_tick_on_a_confirmation_settles_no_rung_of_its_instalments() -> None:
    """The instalment is due a reminder the same day; the tick was not about that."""
    run_example(
        "ladder plan: soon -3, today 0\n"
        + AGREED
        + """
        plan 2026-03-13 at 07:00
        skip Padaria confirmation
        run 2026-03-13
        => Padaria: send soon A-ABCDEFGHIJ/1
        """
    )


def test_caps_keep_confirmations_first_and_thanks_last() -> None:
    run_example(
        """
        setting messages_per_run 2
        """
        + AGREED
        + PAID.replace("F-1", "F-9").replace("Padaria", "Oficina")
        + f"""
        invoice F-5 Bazar 2026-03-06 50.00
        plan 2026-03-09
        => beside Padaria: send confirmation {PARTS}
        => Bazar: send first F-5
        => beside Oficina: hold thanks F-9, run_limit
        """
    )


def test_what_a_courtesy_says_is_no_quote() -> None:
    """A payment of anything settles nothing because a word of thanks asked for nothing."""
    world = run_example(
        PAID
        + """
        run 2026-03-09
        => beside Padaria: send thanks F-1
        payment 2026-03-10 F-1 -900.00
        """
    )
    until = date(2026, 3, 20)
    world.reminders = [replace(each, valid_until=until) for each in world.reminders]
    standing = book(world.facts(), CALENDAR, date(2026, 3, 12)).standings["F-1"]
    assert standing.status is Status.OVERDUE
    assert standing.charge.balance == 900


# Any days: once each, and everything else as if they were not there.


def without(facts: Facts) -> Facts:
    """The same facts for a team without courtesies: no thanks, and agreements that people typed."""
    refs = {row.ref: f"N-{n:04d}" for n, row in enumerate(facts.negotiations) if row.ref}
    return replace(
        facts,
        settings=replace(facts.settings, thank_you=False),
        negotiations=tuple(
            replace(row, ref=refs[row.ref]) if row.ref else row for row in facts.negotiations
        ),
        instalments={
            id_: replace(part, agreement=refs[part.agreement])
            for id_, part in facts.instalments.items()
        },
        reminders=tuple(each for each in facts.reminders if each.step not in COURTESIES),
    )


DAYS = st.integers(0, 40)


@st.composite
def ledgers(draw: st.DrawFn) -> Facts:
    """Two clients, invoices, money and an agreement, in March 2026."""
    lines = ["setting thank_you yes", "ladder plan: soon -3, today 0, late +1"]
    for n in range(draw(st.integers(1, 4))):
        due = date(2026, 2, 16) + timedelta(days=draw(DAYS))
        name, client = f"F-{n}", draw(st.sampled_from(["Padaria", "Oficina"]))
        lines.append(f"invoice {name} {client} {due} 100.00")
        if draw(st.booleans()):
            paid_on = date(2026, 2, 20) + timedelta(days=draw(DAYS))
            lines.append(f"payment {paid_on} {name} {draw(st.sampled_from([40, 100]))}.00")
        elif draw(st.booleans()) and n < 2:
            ref = "A-ABCDEFGHI" + "JK"[n]
            at = date(2026, 3, 2) + timedelta(days=draw(st.integers(0, 14)))
            lines.append(f"agreement {ref} {at} {client} for {name}")
            for part in (1, 2):
                day = at + timedelta(days=5 * part)
                lines.append(f"instalment {ref}/{part} {ref} {day} 50.00 for {name}")
    return run_example("\n".join(lines)).facts()


def a_month(facts: Facts) -> list[Decision]:
    """Every message of a month of daily runs."""
    sent: list[Decision] = []
    for n in range(30):
        on = date(2026, 3, 2) + timedelta(days=n)
        plan = decide(facts, CALENDAR, on, with_upcoming=False)
        going = [each for each in plan.decisions if each.deliverable]
        assert len({each.client for each in going}) == len(going), "one message a client and run"
        sent += going
        said = [reminder_of(each, Outcome.SENT, len(sent) + n) for n, each in enumerate(going)]
        facts = replace(facts, reminders=(*facts.reminders, *said))
    return sent


@settings(deadline=None, max_examples=25)
@given(ledgers())
def test_each_courtesy_goes_once_in_its_week_and_to_whom_it_becomes(facts: Facts) -> None:
    sent = [each for each in a_month(facts) if each.is_courtesy]
    keys = [key for each in sent for key in each.keys]
    assert len(keys) == len(set(keys))
    for each in sent:
        found = book(facts, CALENDAR, each.send_on)
        assert CALENDAR.is_business_day(each.send_on)
        week_ago = each.send_on - timedelta(days=7)
        if each.agreement is not None:
            assert found.agreements[each.agreement].at >= week_ago
            continue
        assert all(item.standing.status is Status.PAID for item in each.listed)
        assert all(
            (item.standing.charge.settled_on or week_ago) >= week_ago for item in each.listed
        )
        late = [s.id for s in found.open_of(each.client) if s.days_past_due > 0]
        assert late == []


@settings(deadline=None, max_examples=25)
@given(ledgers(), st.integers(0, 29))
def test_what_was_said_in_courtesy_changes_no_reminder(facts: Facts, days: int) -> None:
    """Beside a confirmation a reminder waits for the next run; it is the same reminder."""
    on = date(2026, 3, 2) + timedelta(days=days)
    courtesies_sent = [
        reminder_of(each, Outcome.SENT, n)
        for n, each in enumerate(decide(facts, CALENDAR, on - timedelta(days=1)).decisions)
        if each.is_courtesy and each.deliverable
    ]
    told = replace(facts, reminders=(*facts.reminders, *courtesies_sent))
    with_them = [d for d in decide(told, CALENDAR, on).decisions if not d.is_courtesy]
    assert len(with_them) == len(decide(without(told), CALENDAR, on).decisions)
    plain = {d.client: d for d in decide(without(told), CALENDAR, on).decisions}
    confirmed = {
        d.client
        for d in decide(told, CALENDAR, on).decisions
        if d.is_courtesy and d.agreement and d.deliverable
    }
    for mine in with_them:
        other = plain[mine.client]
        assert mine.step == other.step
        if mine.client not in confirmed:
            assert (mine.action, mine.reason, mine.total) == (
                other.action,
                other.reason,
                other.total,
            )
        elif other.action is Action.SEND:
            assert mine.action is Action.HOLD


MUTANTS: dict[str, tuple[object, str, Any, Callable[[], None]]] = {
    "thanks every day": (
        history.History,
        "was_said",
        lambda *_: False,
        test_a_payment_is_thanked_for_once,
    ),
    "confirms every day": (
        history.History,
        "was_said",
        lambda *_: False,
        test_an_agreement_is_confirmed_once_with_its_plan,
    ),
    "thanks for years": (
        courtesies,
        "COURTESY_DAYS",
        3650,
        test_what_was_paid_over_a_week_ago_is_not_thanked_for,
    ),
    "two messages at once": (
        courtesies,
        "held_until_next",
        lambda _day, decision, _reason: decision,
        test_a_confirmation_goes_before_a_reminder_which_goes_the_next_day,
    ),
    "ticks settle rungs": (
        dunning,
        "COURTESIES",
        frozenset(),
        test_a_tick_on_a_confirmation_settles_no_rung_of_its_instalments,
    ),
    "confirms what people typed": (
        courtesies,
        "was_accepted",
        lambda ref: True,  # noqa: ARG005 - the real one's shape
        test_what_a_person_typed_is_not_confirmed,
    ),
    "says it at night": (
        courtesies,
        "is_outside_window",
        lambda _day: False,
        lambda: test_both_go_on_business_days_inside_the_window(
            "2026-03-13 at 07:59", "outside_window"
        ),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_stories_notice_a_broken_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, attribute, broken, story = MUTANTS[name]
    story()
    monkeypatch.setattr(place, attribute, broken)
    with pytest.raises(AssertionError):
        story()
