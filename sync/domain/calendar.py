"""Business days, and the day by which paying is still on time."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta

_DAY = timedelta(days=1)
_SATURDAY = 5


class BusinessCalendar:
    """Monday to Friday without the holidays given.

    `holidays` maps a year to all its holidays; it is asked once a year. Answers are remembered,
    so that a calendar asked about 100,000 due dates computes each distinct date once.
    """

    def __init__(self, holidays: Callable[[int], frozenset[date]]) -> None:
        self._holidays = holidays
        self._years: dict[int, tuple[frozenset[date], tuple[date, ...]]] = {}
        self._next: dict[date, date] = {}

    def is_business_day(self, day: date) -> bool:
        """Whether banks and the team work on `day`."""
        return day.weekday() < _SATURDAY and day not in self._year(day.year)[0]

    def next_business_day(self, day: date) -> date:
        """`day` itself, or the first business day after it."""
        found = self._next.get(day)
        if found is None:
            found = day
            while not self.is_business_day(found):
                found += _DAY
            self._next[day] = found
        return found

    def previous_business_day(self, day: date) -> date:
        """`day` itself, or the last business day before it."""
        while not self.is_business_day(day):
            day -= _DAY
        return day

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th business day after `day` (before it when negative); `day` when 0."""
        step = _DAY if count >= 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def business_days_between(self, after: date, until: date) -> int:
        """How many business days lie in (after, until]; negative when `until` comes first."""
        if until < after:
            return -self.business_days_between(until, after)
        weeks, rest = divmod((until - after).days, 7)
        count = weeks * 5
        count += sum((after + _DAY * n).weekday() < _SATURDAY for n in range(1, rest + 1))
        for year in range(after.year, until.year + 1):
            days_off = self._year(year)[1]
            count -= bisect_right(days_off, until) - bisect_right(days_off, after)
        return count

    def _year(self, year: int) -> tuple[frozenset[date], tuple[date, ...]]:
        """The year's holidays, and those of them on weekdays in order."""
        known = self._years.get(year)
        if known is None:
            days = self._holidays(year)
            weekdays = sorted(d for d in days if d.year == year and d.weekday() < _SATURDAY)
            known = self._years[year] = (days, tuple(weekdays))
        return known


def effective_due(due_on: date, calendar: BusinessCalendar) -> date:
    """The last day on which paying is on time, at face value.

    A due date on a weekend or holiday moves to the next business day
    (Lei 7.089/83 art. 1; Código Civil art. 132 §1).
    """
    return calendar.next_business_day(due_on)
