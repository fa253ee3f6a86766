"""Who asked for no more messages gets none, from that day until a person closes the row."""

from dataclasses import replace
from datetime import date

import pytest

from sync.domain.asof import as_of
from sync.domain.facts import Facts, Negotiation, NegotiationKind, TeamSettings

ASKED, CLOSED = date(2026, 3, 10), date(2026, 3, 20)


def facts(*rows: Negotiation) -> Facts:
    return Facts(settings=TeamSettings(), negotiations=rows)


def row(ref: str | None = "U-ABCDEFGHIJ", closed_on: date | None = None) -> Negotiation:
    return Negotiation(
        at=ASKED, client="Ana", kind=NegotiationKind.REFUSAL, ref=ref, closed_on=closed_on
    )


@pytest.mark.parametrize(
    ("day", "closed_on", "holds"),
    [
        (date(2026, 3, 9), None, False),  # not asked yet
        (ASKED, None, True),
        (date(2031, 3, 9), None, True),  # years later still
        (date(2026, 3, 19), CLOSED, True),  # closed later than the day that is looked at
        (CLOSED, CLOSED, False),
        (date(2026, 4, 1), CLOSED, False),
    ],
)
def test_a_wish_holds_from_its_day_until_it_is_closed(
    day: date, closed_on: date | None, holds: bool
) -> None:
    assert ("Ana" in as_of(facts(row(closed_on=closed_on)), day).unsubscribed) is holds


@pytest.mark.parametrize("ref", [None, "M-ABCDEFGHIJ", "N-0001", "UNO"])
def test_other_refusals_are_no_such_wish(ref: str | None) -> None:
    assert not as_of(facts(row(ref)), ASKED).unsubscribed


def test_a_second_wish_holds_when_only_the_first_was_closed() -> None:
    again = replace(row("U-KLMNOPQRST"), at=date(2026, 3, 15))
    assert as_of(facts(row(closed_on=CLOSED), again), CLOSED).unsubscribed == {"Ana"}


def test_who_is_known_to_have_asked_otherwise_stays_so() -> None:
    known = replace(facts(), unsubscribed=frozenset({"Bia"}))
    assert as_of(known, ASKED).unsubscribed == {"Bia"}
