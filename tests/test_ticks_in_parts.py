"""A tick on the next business day's row, some of whose items a run today already carries out.

Thursday: the contact gap ends on Friday, when the first reminder about F-1 and F-2 would go and
list F-0 beside them. F-1 has reached that step already, F-2 only reaches it on Friday.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sync.domain import approval
from sync.domain.cases import Day
from sync.domain.decisions import Reason, RunPlan
from sync.domain.dunning import decide
from sync.domain.facts import Choice, Outcome, ShownItem
from sync.queue_key import Shown, decode_shown, encode_shown
from tests.domain_language import CALENDAR, World, choice_of, reminder_of, run_example
from tests.team_workbook import Team, client, invoice

THURSDAY, FRIDAY = date(2026, 3, 12), date(2026, 3, 13)
STORY = """
    setting mode automatic
    setting contact_gap 3
    invoice F-0 Padaria 2026-03-06 50.00
    sent 2026-03-10 Padaria first F-0
    invoice F-1 Padaria 2026-03-09 1000.00
    invoice F-2 Padaria 2026-03-10 200.00
"""


def plan(world: World, on: date, *choices: Choice) -> RunPlan:
    return decide(replace(world.facts(), choices=choices), CALENDAR, on)


def fridays_row(world: World, **ticks: Any) -> Choice:
    """What the queue shows on Thursday for Friday, ticked."""
    (row,) = plan(world, THURSDAY).upcoming
    assert [item.standing.id for item in row.listed] == ["F-1", "F-2", "F-0"]
    return replace(choice_of(row, THURSDAY), **ticks)


def record(world: World, plan_: RunPlan) -> list[str]:
    """What a run writes down; the invoices that took a step."""
    out = [(d, Outcome.SENT) for d in plan_.decisions if d.deliverable]
    out += [(d, Outcome.SKIPPED) for d in plan_.settled]
    for decision, outcome in out:
        world.reminders.append(reminder_of(decision, outcome, len(world.reminders)))
    return [key.invoice for decision, _ in out for key in decision.keys]


@pytest.mark.parametrize("tick", ["skip", "done"])
def test_a_skip_of_tomorrow_s_row_covers_all_that_it_showed(tick: str) -> None:
    world = run_example(STORY)
    choice = fridays_row(world, **{tick: True})
    today = plan(world, THURSDAY, choice)
    assert record(world, today) == ["F-1"]
    tomorrow = plan(world, FRIDAY, choice)
    assert [key.invoice for key in tomorrow.settled[0].keys] == ["F-2"]
    assert not any(decision.deliverable for decision in tomorrow.decisions)
    record(world, tomorrow)
    assert plan(world, FRIDAY, choice).settled == ()  # the tick outlives a lost write


def test_a_skip_takes_no_step_of_what_was_only_listed() -> None:
    world = run_example(STORY)
    choice = fridays_row(world, skip=True)
    for day in (THURSDAY, FRIDAY):
        record(world, plan(world, day, choice))
    later = plan(world, date(2026, 3, 17), choice)  # F-0 reaches its second step
    assert later.settled == ()
    (padaria,) = later.decisions
    assert [key.invoice for key in padaria.keys] == ["F-0"]
    assert padaria.deliverable


def test_a_step_taken_earlier_that_day_uses_up_no_tick_on_what_only_lists_it() -> None:
    story = STORY.replace("sent 2026-03-10", "sent 2026-03-12").replace("gap 3", "gap 0")
    world = run_example(story)
    (row,) = plan(world, THURSDAY).decisions
    choice = replace(choice_of(row, THURSDAY), skip=True)
    assert {i.id: i.is_due for i in choice.items} == {"F-1": True, "F-0": False, "F-2": False}
    (settled,) = plan(world, THURSDAY, choice).settled
    assert [key.invoice for key in settled.keys] == ["F-1"]


@pytest.mark.parametrize("tick", ["skip", "done"])
def test_whoever_told_people_by_hand_told_them_of_all_that_the_row_listed(tick: str) -> None:
    """Thursday's own row lists F-2 as open; the step it reaches on Friday was told as well."""
    world = run_example(STORY.replace("gap 3", "gap 0"))
    (row,) = plan(world, THURSDAY).decisions
    choice = replace(choice_of(row, THURSDAY), **{tick: True})  # type: ignore[arg-type] # a tick
    assert {i.id: i.is_due for i in choice.items} == {"F-1": True, "F-0": False, "F-2": False}
    assert record(world, plan(world, THURSDAY, choice)) == ["F-1"]
    assert record(world, plan(world, FRIDAY, choice)) == ["F-2"]


def test_an_approval_in_parts_lets_each_go_on_its_day() -> None:
    world = run_example(STORY.replace("automatic", "approval"))
    word = fridays_row(world, approve=True)
    world.setting("contact_gap 0")  # so that F-1 need not wait for Friday
    assert record(world, plan(world, THURSDAY, word)) == ["F-1"]
    assert record(world, plan(world, FRIDAY, word)) == ["F-2"]
    assert record(world, plan(world, FRIDAY, word)) == []


def test_an_approval_is_no_word_on_a_later_message_about_what_it_only_listed() -> None:
    world = run_example(STORY.replace("automatic", "approval"))
    world.invoice("F-3 Padaria 2026-03-11 80.00")  # open on Friday, first step on Monday
    (row,) = plan(world, THURSDAY).upcoming
    word = replace(choice_of(row, THURSDAY), approve=True)
    assert {item.id: item.is_due for item in word.items}["F-3"] is False
    assert record(world, plan(world, FRIDAY, word)) == ["F-1", "F-2"]
    (monday,) = plan(world, date(2026, 3, 16), word).decisions
    assert [key.invoice for key in monday.keys] == ["F-3"]
    assert monday.reason is Reason.NEEDS_APPROVAL


def test_the_tick_stays_on_the_queue_until_all_of_it_is_carried_out() -> None:
    rows = [
        invoice("F-0", "Ana", "03-06"),
        invoice("F-1", "Ana", "03-09"),
        invoice("F-2", "Ana", "03-10"),
    ]
    team = Team({"clients": [client("Ana")], "receivables": rows[:1]}, mode="automatic")
    team.run("03-10")
    team.store.type_rows("receivables", rows[1:])
    team.record("03-12")
    team.tick("skip", "Ana")
    for day, ticked in (("03-12", "Sim"), ("03-13", None)):
        team.run(day)
        ticks = [row.get("skip") for row in team.rows("queue") if row["client"] == "Ana"]
        assert ticks == ([ticked] if ticked else []), day
    ends = {row["receivables"]: row["outcome"] for row in team.rows("history")}
    assert ends == {"F-0": "Enviado", "F-1": "Pulado", "F-2": "Pulado"}


def test_a_tick_of_which_the_rest_was_paid_does_not_stay() -> None:
    rows = [invoice(f"F-{n}", "Ana", f"03-{due}") for n, due in enumerate(("06", "09", "10"))]
    team = Team({"clients": [client("Ana")], "receivables": rows[:1]}, mode="automatic")
    team.run("03-10")
    team.store.type_rows("receivables", rows[1:])
    team.record("03-12")
    team.tick("skip", "Ana")
    team.store.type_rows("receivables", [invoice("F-3", "Ana", "03-10")])
    found = team.store.read().tabs["receivables"]
    paid = next(row.number for row in found.rows if found.value(row, "id") == "F-2")
    team.store.type_cell("receivables", paid, "cancelled", "Baixado")
    team.run("03-12")
    row = team.row("queue", "Ana")  # it is about F-3 now, of which nobody said anything
    assert (row.get("skip"), row["receivables"]) == (None, "F-3; F-0; F-1")


def all_or_nothing(day: Day, choice: Choice) -> frozenset[str]:
    """A mutant: the first step taken uses up the whole tick."""
    left = right(day, choice)
    return left if len(left) == sum(item.is_due for item in choice.items) else frozenset()


def never_used(_day: Day, choice: Choice) -> frozenset[str]:
    """A mutant: what a tick brought about is not remembered."""
    return frozenset(item.id for item in choice.items)


right = approval.unsettled_items


def both() -> None:
    test_a_skip_of_tomorrow_s_row_covers_all_that_it_showed("skip")
    test_an_approval_is_no_word_on_a_later_message_about_what_it_only_listed()


@pytest.mark.parametrize("mutant", [all_or_nothing, never_used])
def test_ticks_that_are_used_up_wrongly_are_caught(
    mutant: Callable[[Day, Choice], frozenset[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approval, "unsettled_items", mutant)
    with pytest.raises((AssertionError, IndexError)):
        both()


def test_what_a_row_only_listed_stands_in_its_key() -> None:
    items = tuple(
        ShownItem(id=name, due_on=FRIDAY, principal=Decimal("10.00"), is_due=is_due)
        for name, is_due in (("F-1", True), ("F-0", False))
    )
    shown = Shown(client="Ana", step="Oi", policy="P", to=(), items=items, shown_on=THURSDAY, cc=())
    assert decode_shown(encode_shown(shown)) == shown
