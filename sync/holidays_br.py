"""Brazil's days off, as banks and courts count them, from python-holidays."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache


def brazilian_holidays(
    state: str = "SP", city: str | None = None, own: frozenset[date] = frozenset()
) -> Callable[[int], frozenset[date]]:
    """A year's holidays for a team: national, the banks' three, the state's, and its own.

    - National: Lei 662/49 with Lei 10.607/02 and Lei 6.802/80; Good Friday by Lei 9.093/95
      art. 2; 20 November since 2024 by Lei 14.759/23 (python-holidays knows from when).
    - Carnival Monday and Tuesday and Corpus Christi: no bank business (CMN Resolução 4.880/20
      art. 5, and 2.932/02 before it), so nobody can pay a boleto; python-holidays lacks them
      as public days.
    - 24 and 31 December are business days for banks, though the stock exchange closes.

    Args:
        state: The state's two letters; one that does not exist raises ValueError.
        city: Not used: python-holidays has no Brazilian cities. Its days off go into `own`.
        own: Further days off from the team's settings.
    """
    del city  # see above; the parameter keeps the seam for a source that knows cities
    known_state(state)

    @cache
    def of_year(year: int) -> frozenset[date]:
        import holidays  # noqa: PLC0415 - takes 0.1 s, which `--help` should not pay for

        public = frozenset(holidays.country_holidays("BR", subdiv=state.upper(), years=year))
        mine = frozenset(day for day in own if day.year == year)
        return public | _banks_three(year) | mine

    return of_year


_CODES = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO"
STATES = frozenset(_CODES.split())


def known_state(state: str) -> str:
    """The state's code in capitals; ValueError names what is allowed."""
    code = state.strip().upper()
    if code not in STATES:
        raise ValueError(f"no such state: {state!r}; one of {' '.join(sorted(STATES))}")
    return code


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus/Jones/Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _banks_three(year: int) -> frozenset[date]:
    """Carnival Monday and Tuesday (48 and 47 days before Easter), Corpus Christi (60 after)."""
    sunday = easter(year)
    return frozenset(sunday + timedelta(days=n) for n in (-48, -47, 60))
