from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain.calendar import BusinessCalendar, effective_due
from sync.holidays_br import brazilian_holidays, easter
from tests.ledgers import SAO_PAULO, day

DAYS = st.dates(date(2012, 1, 1), date(2031, 12, 31))


@pytest.mark.parametrize(
    ("due_on", "until", "why"),
    [
        ("2024-05-06", "2024-05-06", "a Monday"),
        ("2024-05-04", "2024-05-06", "a Saturday: Monday is on time"),
        ("2024-05-05", "2024-05-06", "a Sunday"),
        ("2024-05-01", "2024-05-02", "Labour Day"),
        ("2024-02-12", "2024-02-14", "Carnival Monday and Tuesday; Ash Wednesday is worked"),
        ("2024-05-30", "2024-05-31", "Corpus Christi"),
        ("2024-03-29", "2024-04-01", "Good Friday, then the weekend"),
        ("2024-11-20", "2024-11-21", "20 November is national since 2024"),
        ("2023-11-20", "2023-11-20", "and was not in São Paulo state the year before"),
        ("2024-07-09", "2024-07-10", "the state's own day"),
        ("2024-12-24", "2024-12-24", "banks work on 24 December"),
        ("2024-12-31", "2024-12-31", "and on 31 December"),
        ("2025-01-01", "2025-01-02", "New Year"),
        ("2022-12-31", "2023-01-02", "a Saturday before a Sunday holiday in another year"),
    ],
)
def test_a_due_date_without_banks_moves_to_the_next_day_with_them(
    due_on: str, until: str, why: str
) -> None:
    assert effective_due(day(due_on), SAO_PAULO) == day(until), why


def test_another_state_works_on_sao_paulos_day_and_rests_on_its_own() -> None:
    rio = BusinessCalendar(brazilian_holidays("RJ"))
    assert rio.is_business_day(day("2024-07-09"))
    assert not rio.is_business_day(day("2024-04-23"))  # São Jorge


def test_the_teams_own_days_off_count() -> None:
    city_day = day("2024-01-25")  # São Paulo city
    assert SAO_PAULO.is_business_day(city_day)
    own = BusinessCalendar(brazilian_holidays("SP", "São Paulo", frozenset({city_day})))
    assert own.next_business_day(city_day) == day("2024-01-26")


def test_a_state_that_does_not_exist_is_named_as_a_mistake() -> None:
    with pytest.raises(ValueError, match="no such state: 'XX'; one of AC AL"):
        brazilian_holidays("XX")


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2000, "04-23"), (2011, "04-24"), (2013, "03-31"), (2024, "03-31"), (2038, "04-25")],
)
def test_easter_is_found_at_the_edges_of_its_range_too(year: int, sunday: str) -> None:
    assert easter(year) == date.fromisoformat(f"{year}-{sunday}")


def test_business_days_are_counted_after_the_first_up_to_the_last() -> None:
    friday, monday = day("2024-05-03"), day("2024-05-06")
    assert SAO_PAULO.business_days_between(friday, monday) == 1
    assert SAO_PAULO.business_days_between(friday, friday) == 0
    assert SAO_PAULO.business_days_between(monday, friday) == -1
    assert SAO_PAULO.add_business_days(friday, 1) == monday
    assert SAO_PAULO.add_business_days(monday, -1) == friday
    assert SAO_PAULO.add_business_days(day("2024-05-04"), 0) == day("2024-05-04")


@settings(deadline=None)
@given(DAYS, DAYS)
def test_counting_days_agrees_with_walking_them(first: date, last: date) -> None:
    first, last = sorted((first, min(last, first + timedelta(days=800))))
    walked = sum(
        SAO_PAULO.is_business_day(first + timedelta(days=n))
        for n in range(1, (last - first).days + 1)
    )
    assert SAO_PAULO.business_days_between(first, last) == walked


@settings(deadline=None)
@given(DAYS, st.integers(-60, 60))
def test_adding_and_counting_are_each_others_inverse(start: date, count: int) -> None:
    end = SAO_PAULO.add_business_days(start, count)
    if count > 0:
        assert SAO_PAULO.business_days_between(start, end) == count
    elif count < 0:
        assert (
            SAO_PAULO.business_days_between(end - timedelta(days=1), start - timedelta(days=1))
            == -count
        )


@settings(deadline=None)
@given(DAYS)
def test_the_next_and_the_previous_day_are_the_nearest_business_days(start: date) -> None:
    after, before = SAO_PAULO.next_business_day(start), SAO_PAULO.previous_business_day(start)
    assert before <= start <= after
    assert SAO_PAULO.is_business_day(after)
    assert SAO_PAULO.is_business_day(before)
    between = (before + timedelta(days=n) for n in range(1, (after - before).days))
    assert not any(SAO_PAULO.is_business_day(d) for d in between)


def test_holidays_are_asked_for_once_a_year() -> None:
    asked: list[int] = []

    def counted(holidays: Callable[[int], frozenset[date]]) -> Callable[[int], frozenset[date]]:
        def of_year(year: int) -> frozenset[date]:
            asked.append(year)
            return holidays(year)

        return of_year

    calendar = BusinessCalendar(counted(brazilian_holidays("SP")))
    for n in range(0, 700, 3):
        calendar.next_business_day(day("2024-01-01") + timedelta(days=n))
    assert asked == [2024, 2025]
