"""A day's plan as a value: its order, what people settled, and the next business day."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from sync.domain.decisions import Action, Reason, RunPlan
from sync.domain.dunning import decide
from sync.domain.facts import Choice, Facts
from tests.domain_language import CALENDAR, choice_of, run_example
from tests.promises_events import new_world, pass_day
from tests.promises_world import DAY

FRIDAY = date(2026, 3, 13)
STORY = """
    setting mode approval
    invoice F-1 Padaria 2026-03-10 1000.00
    invoice F-2 Padaria 2026-03-10 200.00
    invoice F-3 Oficina 2026-03-09 300.00
"""


def ticked(facts: Facts, on: date, client: str, **ticks: bool) -> Choice:
    """The client's row as the queue shows it on a day, ticked."""
    row = next(d for d in decide(facts, CALENDAR, on).decisions if d.client == client)
    shown = choice_of(row, on)
    return replace(shown, **ticks)  # type: ignore[arg-type] # approve, skip or done


def test_the_plan_depends_on_nothing_but_facts_and_day() -> None:
    facts = run_example(STORY).facts()
    assert decide(facts, CALENDAR, FRIDAY) == decide(facts, CALENDAR, FRIDAY)


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_rows_changes_no_decision(seed: int) -> None:
    """People sort their sheets."""
    rng = Random(seed)  # noqa: S311 - a story, not a secret
    world = new_world(rng)
    for _ in range(25):
        pass_day(world, rng)
        plan = world.decide()
        world.deliver(rng, plan)
        world.people_tick(rng, plan)
        world.today += DAY
    facts = world.facts()
    sorted_anew = replace(
        facts,
        receivables=dict(sorted(facts.receivables.items(), reverse=True)),
        clients=dict(sorted(facts.clients.items(), reverse=True)),
        payments=tuple(reversed(facts.payments)),
        reminders=tuple(reversed(facts.reminders)),
        choices=tuple(reversed(facts.choices)),
    )
    one, other = (decide(each, CALENDAR, world.today) for each in (facts, sorted_anew))
    assert _messages(one) == _messages(other)


def _messages(plan: RunPlan) -> list[object]:
    rows = (*plan.decisions, *plan.upcoming)
    return sorted(
        [(d.client, d.send_on, d.action, d.reason, d.keys, d.total, d.deliverable) for d in rows],
        key=repr,
    )


def test_what_is_sent_comes_first_in_the_order_of_its_priority() -> None:
    facts = run_example(STORY.replace("approval", "automatic")).facts()
    plan = decide(facts, CALENDAR, FRIDAY)
    assert [(d.client, d.deliverable) for d in plan.decisions] == [
        ("Oficina", True),
        ("Padaria", True),
    ]


def test_a_skip_is_told_apart_and_its_client_has_a_decision_still() -> None:
    facts = run_example(STORY).facts()
    skip = ticked(facts, FRIDAY, "Padaria", skip=True)
    plan = decide(replace(facts, choices=(skip,)), CALENDAR, FRIDAY)
    (settled,) = plan.settled
    assert settled.choice == skip
    assert settled.action is Action.HOLD
    assert settled.reason is Reason.SKIPPED
    assert [key.invoice for key in settled.keys] == ["F-1", "F-2"]
    padaria = next(d for d in plan.decisions if d.client == "Padaria")
    assert (padaria.action, padaria.reason) == (Action.NONE, Reason.SKIPPED)


def test_a_skip_covers_only_what_its_row_showed() -> None:
    world = run_example(STORY)
    skip = ticked(world.facts(), FRIDAY, "Padaria", skip=True)
    world.invoice("F-4 Padaria 2026-03-10 50.00")
    plan = decide(replace(world.facts(), choices=(skip,)), CALENDAR, FRIDAY)
    assert [key.invoice for key in plan.settled[0].keys] == ["F-1", "F-2"]
    padaria = next(d for d in plan.decisions if d.client == "Padaria")
    assert [key.invoice for key in padaria.keys] == ["F-4"]


def test_two_ticks_about_one_invoice_settle_one_step() -> None:
    facts = run_example(STORY).facts()
    skip = ticked(facts, FRIDAY, "Padaria", skip=True)
    again = replace(skip, key="another row", step="an older step")
    plan = decide(replace(facts, choices=(skip, again)), CALENDAR, FRIDAY)
    assert len(plan.settled) == 1


def test_done_on_an_e_mail_row_means_somebody_told_them() -> None:
    facts = run_example(STORY).facts()
    done = ticked(facts, FRIDAY, "Oficina", done=True)
    plan = decide(replace(facts, choices=(done,)), CALENDAR, FRIDAY)
    (settled,) = plan.settled
    assert (settled.action, settled.reason, settled.deliverable) == (
        Action.SEND,
        Reason.BY_HAND,
        False,
    )
    oficina = next(d for d in plan.decisions if d.client == "Oficina")
    assert oficina.reason is Reason.ALREADY_REMINDED


def test_done_is_recorded_even_on_a_sunday_and_for_a_client_held_since() -> None:
    facts = run_example(STORY).facts()
    done = ticked(facts, FRIDAY, "Oficina", done=True)
    held = replace(facts, choices=(done,), row_problems={"Oficina": "bad_row"})
    plan = decide(held, CALENDAR, date(2026, 3, 15))
    assert [key.invoice for key in plan.settled[0].keys] == ["F-3"]


def test_a_tick_about_an_uncertain_message_decides_nothing_here() -> None:
    facts = run_example(STORY).facts()
    row = ticked(facts, FRIDAY, "Padaria", approve=True)
    plan = decide(replace(facts, choices=(replace(row, reference="R1"),)), CALENDAR, FRIDAY)
    assert not any(d.deliverable for d in plan.decisions)


def test_the_next_business_day_is_shown_and_never_sent() -> None:
    facts = run_example(STORY.replace("approval", "automatic")).facts()
    later = run_example("invoice F-9 Mercado 2026-03-16 10.00").facts()
    facts = replace(
        facts,
        clients={**facts.clients, **later.clients},
        receivables={**facts.receivables, **later.receivables},
    )
    plan = decide(facts, CALENDAR, date(2026, 3, 12))
    assert {d.client: d.send_on for d in plan.upcoming if d.action is Action.SEND} == {
        "Padaria": FRIDAY,
        "Mercado": FRIDAY,
    }
    assert not any(d.deliverable for d in plan.upcoming)
    assert decide(facts, CALENDAR, date(2026, 3, 12), with_upcoming=False).upcoming == ()


def test_what_the_next_day_shows_is_what_the_next_day_sends() -> None:
    """When nothing changes but payments typed a day further, the queue's forecast comes true."""
    for seed in range(40):
        rng = Random(seed)  # noqa: S311 - a story, not a secret
        world = new_world(rng)
        world.settings = replace(world.settings, messages_per_run=200, messages_per_day=400)
        for _ in range(12):
            pass_day(world, rng)
            plan = world.decide()
            world.deliver(rng, plan)
            world.today += DAY
        quiet = replace(world.facts(), choices=())
        today = decide(quiet, CALENDAR, world.today)
        idle = {d.client for d in today.decisions if d.action is not Action.SEND}
        tomorrow = CALENDAR.next_business_day(world.today + DAY)
        shown = {d.client: d for d in today.upcoming if d.action is Action.SEND}
        until = world.payments_until and CALENDAR.add_business_days(world.payments_until, 1)
        kept_up = replace(quiet, settings=replace(quiet.settings, payments_until=until))
        sent = {
            d.client: d
            for d in decide(kept_up, CALENDAR, tomorrow).decisions
            if d.action is Action.SEND
        }
        for client in idle:
            one, other = shown.get(client), sent.get(client)
            assert (one is None) == (other is None), (seed, client)
            if one is not None and other is not None:
                assert (one.keys, one.total, one.reason) == (other.keys, other.total, other.reason)


def test_everybody_with_an_open_item_has_one_decision_with_a_reason() -> None:
    for seed in range(30):
        rng = Random(seed)  # noqa: S311 - a story, not a secret
        world = new_world(rng)
        for _ in range(10):
            pass_day(world, rng)
            plan = world.decide()
            world.deliver(rng, plan)
            world.today += DAY
        plan = world.decide()
        owing = {s.client for s in plan.standings.values() if s.is_open}
        named = [d.client for d in plan.decisions]
        assert len(named) == len(set(named))
        assert owing <= set(named)
        assert all(d.deliverable or d.reason is not None for d in plan.decisions)
        for decision in plan.decisions:
            assert decision.action is not Action.SEND or decision.keys
            for item in decision.items:
                assert item.reason is not None or (decision.deliverable and item.key is not None)
