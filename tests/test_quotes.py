"""A letter names one amount for several invoices; paying it in time closes them all.

The letter of Friday 13 March asks Padaria for 1021.00 + 510.50 = 1531.50 (2 %, and 1 % a month for
three days) until the 18th. Then the team raises its rates: what the two owed on that day is
computed anew as 1105.00 + 552.50, and only the amount in History remembers what was told.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sync.domain import charges, quotes
from tests.domain_language import run_example

TOLD = """
    setting late_fee 2%
    setting monthly_interest 1%
    setting collect_remaining yes
    invoice A Padaria 2026-03-10 1000.00
    invoice B Padaria 2026-03-10 500.00
    sent 2026-03-13 Padaria first A B, quoted 1531.50 until 2026-03-18
    setting late_fee 10%
    setting monthly_interest 5%
"""
PAID = "=> status A: paid, 7 days\n=> status B: paid, 7 days"
OPEN = "=> status A: overdue, 10 days, bucket 1\n=> status B: overdue, 10 days, bucket 1"
HELD = "=> status A: paid, 7 days\n=> status B: overdue, 10 days, bucket 1"

STORIES: dict[str, tuple[str, str]] = {
    "each as the letter's table said": ("2026-03-17 A 1021.00; 2026-03-17 B 510.50", PAID),
    "recorded in other parts": ("2026-03-17 A 1000.00; 2026-03-17 B 531.50", PAID),
    "on the last day": (
        "2026-03-17 A 1021.00; 2026-03-18 B 510.50",
        "=> status A: paid, 8 days\n=> status B: paid, 8 days",
    ),
    "on the letter's own day": (
        "2026-03-13 A 1021.00; 2026-03-13 B 510.50",
        "=> status A: paid, 3 days\n=> status B: paid, 3 days",
    ),
    "in several payments": (
        "2026-03-16 A 500.00; 2026-03-16 B 510.50; 2026-03-17 A 521.00",
        PAID,
    ),
    "one is marked as paid without an amount": ("mark A; 2026-03-17 B 510.50", PAID),
    "a cent less": ("2026-03-17 A 1021.00; 2026-03-17 B 510.49", OPEN),
    "a day too late": ("2026-03-17 A 1021.00; 2026-03-19 B 510.50", OPEN),
    "taken back afterwards": (
        "2026-03-17 A 1021.00; 2026-03-17 B 510.50; 2026-03-19 B -510.50",
        OPEN,
    ),
    "taken back, and paid again in time": (
        "2026-03-16 A 1021.00; 2026-03-16 B 510.50; 2026-03-16 B -510.50; 2026-03-17 B 510.50",
        PAID,
    ),
    "all recorded on one, which owes less": ("2026-03-17 A 1530.50; 2026-03-17 B 1.00", HELD),
    "all recorded on one, the other has nothing": ("2026-03-17 A 1531.50", HELD),
}


def _told(story: str) -> str:
    lines = [TOLD]
    for entry in story.split("; "):
        marked = entry.startswith("mark ")
        lines.append(f"change {entry[5:]} paid 2026-03-17" if marked else f"payment {entry}")
    return "\n".join([*lines, "plan 2026-03-20"])


@pytest.mark.parametrize("name", STORIES)
def test_the_amount_of_a_letter_for_several_invoices(name: str) -> None:
    story, claims = STORIES[name]
    run_example(f"{_told(story)}\n{claims}")


def test_as_of_a_day_before_the_last_payment_nothing_is_closed() -> None:
    story, _ = STORIES["on the last day"]
    run_example(_told(story).replace("plan 2026-03-20", "plan 2026-03-17") + "\n=> status A: "
                "overdue, 7 days, bucket 1")  # fmt: skip


def test_money_that_the_letter_knew_is_not_counted_for_it_again() -> None:
    """600.00 came that morning, so the letter asked for 421.00 + 510.50 = 931.50."""
    run_example(
        TOLD.replace("1531.50", "931.50") + "payment 2026-03-13 A 600.00\n"
        "payment 2026-03-16 B 400.00\n"
        "plan 2026-03-20\n" + OPEN
    )


def test_a_courtesy_in_the_letter_is_not_in_its_amount() -> None:
    """C falls due on the 16th: the letter lists it, and asks for A alone."""
    run_example(WITH_A_COURTESY)


WITH_A_COURTESY = """
    ladder     Standard: early -3, first +3, second +10
    setting late_fee 2%
    setting monthly_interest 1%
    setting collect_remaining yes
    invoice A Padaria 2026-03-10 1000.00
    invoice C Padaria 2026-03-16 1100.00
    sent 2026-03-13 Padaria first A, quoted 1021.00 until 2026-03-18
    courtesy C
    setting late_fee 10%
    setting monthly_interest 5%
    payment 2026-03-16 A 1.00
    payment 2026-03-16 C 1050.00
    plan 2026-03-20
    => status A: overdue, 10 days, bucket 1
    => status C: overdue, 4 days, bucket 1
"""


@pytest.fixture(autouse=True)
def _courtesies(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more verb of the language: an invoice that the last letter lists before it is due."""
    from tests import domain_language  # noqa: PLC0415 - the verbs are this module's own

    def courtesy(world: Any, name: str) -> None:
        last = world.reminders[-1]
        key = world._key(name, "early")
        world.reminders[-1] = replace(
            last, keys=(*last.keys, key), receivables=(*last.receivables, name)
        )

    monkeypatch.setitem(domain_language._VERBS, "courtesy", courtesy)


# Mutants: each breaks one rule, and one of the stories must notice.


def _named_met(*, own_day: bool | None = None, capped: bool = True) -> Callable[[Any], bool]:
    def wrong(told: Any) -> bool:
        named = told.quote.amount
        if not named:
            return False
        principal = sum((o.principal for o in told.beside), told.principal)
        whole = named >= principal if own_day is None else own_day
        came = told.got if whole else told.got_after
        for other in told.beside:
            got = other.got if whole else other.got_after
            came += min(got, other.asked) if capped else got
        return bool(came >= named)

    return wrong


def _count_late(told: Any, day: date, amount: Decimal) -> None:
    told.got += amount
    if day > told.quote.on:
        told.got_after += amount


def _never_taken_back(told: Any, day: date, amount: Decimal) -> None:
    if amount > 0 and day <= told.quote.valid_until:
        _count_late(told, day, amount)


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "only what is computed today counts": (charges._Told, "_named_met", lambda _told: False),
    "the others do not count": (charges._Told, "count_beside", lambda *_: None),
    "the letter's own day never counts": (
        charges._Told,
        "_named_met",
        _named_met(own_day=False),
    ),
    "the letter's own day always counts": (charges._Told, "_named_met", _named_met(own_day=True)),
    "surplus on one pays for the other": (charges._Told, "_named_met", _named_met(capped=False)),
    "late money counts": (charges._Told, "count", _count_late),
    "nothing is taken back": (charges._Told, "count", _never_taken_back),
    "others close nothing": (charges._Walk, "settle_beside", lambda *_: None),
    "a courtesy is in the amount": (quotes, "_covered", lambda _r, listed: frozenset(listed)),
}


def _all_stories() -> None:
    for story, claims in STORIES.values():
        run_example(f"{_told(story)}\n{claims}")
    test_money_that_the_letter_knew_is_not_counted_for_it_again()
    run_example(WITH_A_COURTESY)


def test_a_right_engine_passes_all_the_stories() -> None:
    _all_stories()


@pytest.mark.parametrize("name", MUTANTS)
def test_the_stories_notice_a_broken_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, attribute, broken = MUTANTS[name]
    monkeypatch.setattr(place, attribute, broken)
    with pytest.raises(AssertionError):
        _all_stories()
