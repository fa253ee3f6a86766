"""Nobody is charged wrongly: a town of debtors, any events, any day; judged by the truth.

tests/promises_world is the town and its team, promises_events what happens to people,
promises_oracle the judge, who shares no rule with the engine. Each promise has wrong variants of
the engine (tests/mutants) that the judge catches.
"""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mutants import MUTANTS, Mutant
from tests.promises_events import new_world, pass_day
from tests.promises_oracle import Broken, judge
from tests.promises_world import DAY, World

pytestmark = pytest.mark.slow


def live(rng: Random, days: int) -> World:
    """So many days of a town, every message judged before it leaves."""
    world = new_world(rng)
    for _ in range(days):
        pass_day(world, rng)
        for _ in range(rng.choice([1, 1, 2])):  # the daily run, and one after approvals
            plan = world.decide()
            judge(world, plan)
            world.deliver(rng, plan)
            world.people_tick(rng, plan)
        world.today += DAY
    return world


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happens_nobody_is_charged_wrongly_or_twice(rng: Random) -> None:
    live(rng, 40)


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_year_of_a_town(seed: int) -> None:
    world = live(Random(seed), 365)  # noqa: S311 - a story, not a secret
    assert len(world.letters) > 20


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_judge_catches(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.apply(monkeypatch)
    for seed in range(400):
        try:
            live(Random(seed), 40)  # noqa: S311 - a story, not a secret
        except Broken as caught:
            if caught.rule in mutant.breaks:
                return
    pytest.fail("nobody noticed")
