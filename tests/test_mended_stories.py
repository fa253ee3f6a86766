"""What was found later, one story each, with the real commands on real workbooks."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from tests.test_fresh_eyes_3 import OWED, PLAN, codes
from tests.workbooks import Desk, make


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGUA_NOW", "2026-11-30T12:00:00-03:00")


def office(folder: Path, *said: Mapping[str, object]) -> Desk:
    return Desk(make(folder / "book.xlsx", OWED, negotiations=said))


def test_the_amount_of_each_instalment_typed_as_the_amount_forgives_nothing(tmp_path: Path) -> None:
    team = office(tmp_path, {**PLAN, "amount": 1000})
    team.run("2026-11-03")
    assert team.rows("instalments") == []
    assert codes(team, "2026-11-03") == ["agreement_amount_each"]
    (issue,) = team.rows("issues")
    assert "total" in str(issue["problem"])
    assert "each instalment" in str(issue["problem"])


def test_a_first_day_in_2062_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    team = office(tmp_path, {**PLAN, "first_due_on": date(2062, 11, 20)})
    team.run("2026-11-03")
    assert team.rows("instalments") == []
    assert codes(team, "2026-11-03") == ["agreement_due_far"]
