"""The three promises over whole runs: any workbook, any days, whatever people do in between.

`whole_start` makes a team, `whole_people` are its people, `whole_days` the days and the watched
seams of a run, `whole_judge`, `whole_sheet` and `whole_bytes` the judges.
"""

import os
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import whole_people as people
from tests.whole_days import Chances, Team
from tests.whole_start import Kind, begin

MANY = int(os.environ.get("REGUA_THOROUGH", "0"))
"""How many times as many examples; 0 is the short form."""
_FAST = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - waiting for a disk shows nothing


def live(rng: Random, folder: Path, kind: Kind, chances: Chances | None = None) -> Team:
    """Five to fifteen days of a team."""
    team = begin(rng, folder, kind, chances)
    team.people = people.sit
    for _ in range(rng.randint(5, 15)):
        people.day(team)
        team.next_day()
    return team


def story(rng: Random, kind: Kind) -> None:
    with tempfile.TemporaryDirectory(prefix="regua-", dir=_FAST) as folder:
        live(rng, Path(folder), kind)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stories set the time; afterwards it is as it was."""
    monkeypatch.setenv("REGUA_NOW", "2026-03-02T09:00")


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=40 * (1 + MANY), deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_people_do_in_memory_the_three_promises_hold(rng: Random) -> None:
    story(rng, "memory")


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=4 * (1 + MANY), deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_people_do_with_a_file_the_three_promises_hold(rng: Random) -> None:
    story(rng, "file")
