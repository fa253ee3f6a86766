"""Dates as statements write them → the bank's day in São Paulo."""

import re
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_OFX = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?(?:\.\d{1,6})?)?"
    r"\s*(?:\[\s*([+-]?\d{1,2}(?:\.\d{1,2})?)(?::[^\]]*)?\]?)?",
    re.ASCII,
)
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_BRAZILIAN = re.compile(
    r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[ T,àas-]{1,4}\d{1,2}[:h]\d{2}(?::\d{2})?)?",
    re.ASCII,
)
_BRASILIA = {-3.0, -2.0}  # standard and (until 2019) summer time
_FIRST, _LAST = 1990, 2100


class UnreadableDayError(ValueError):
    """No date, or an impossible one."""


def ofx_day(text: str, zone: ZoneInfo) -> date:
    """The local day of an OFX date (OFX 2.2, 3.2.8.2). Raises UnreadableDayError.

    The standard says GMT where no zone stands; Brazilian banks then write local time. They also
    write local midnight as [0:GMT], and [-3:BRT] all year in the days of summer time. So the day
    is taken as written without a time, at midnight, without a zone and in Brasília's; any other
    time is brought to `zone` (02:30 [0:GMT] is 23:30 of the day before).
    """
    match = _OFX.fullmatch(text.strip())
    if match is None:
        raise UnreadableDayError(text)
    written = _date(int(match[1]), int(match[2]), int(match[3]))
    clock = (match[4] or "00", match[5] or "00", match[6] or "00")
    if match[7] is None or set("".join(clock)) == {"0"} or float(match[7]) in _BRASILIA:
        return written
    return _moved(written, clock, float(match[7]), zone)


def csv_day(text: str, zone: ZoneInfo) -> date:
    """The local day of "15/10/2026", "15/10/2026 23:30", "2026-10-15" or an ISO time with a zone.

    Day before month, as Brazilian banks write; midnight in any zone is a day without a time. Raises
    UnreadableDayError.
    """
    text = text.strip()
    iso = _ISO.fullmatch(text)
    if iso is not None:
        written = _date(int(iso[1]), int(iso[2]), int(iso[3]))
        clock = (iso[4] or "00", iso[5] or "00", iso[6] or "00")
        if iso[7] is None or set("".join(clock)) == {"0"}:
            return written
        return _moved(written, clock, _hours(iso[7]), zone)
    plain = _BRAZILIAN.fullmatch(text)
    if plain is None:
        raise UnreadableDayError(text)
    year = int(plain[3])
    return _date(year + 2000 if len(plain[3]) == 2 else year, int(plain[2]), int(plain[1]))


def _hours(offset: str) -> float:
    if offset == "Z":
        return 0.0
    hours = int(offset[1:3]) + int(offset[-2:]) / 60
    return -hours if offset[0] == "-" else hours


def _moved(written: date, clock: tuple[str, str, str], hours: float, zone: ZoneInfo) -> date:
    if abs(hours) > 14:
        raise UnreadableDayError(str(hours))
    hour, minute, second = map(int, clock)
    try:
        moment = datetime(
            written.year,
            written.month,
            written.day,
            hour,
            minute,
            second,
            tzinfo=timezone(timedelta(hours=hours)),
        )
    except ValueError as impossible:
        raise UnreadableDayError(":".join(clock)) from impossible
    return moment.astimezone(zone).date()


def _date(year: int, month: int, day: int) -> date:
    if not _FIRST <= year <= _LAST:
        raise UnreadableDayError(str(year))
    try:
        return date(year, month, day)
    except ValueError as impossible:
        raise UnreadableDayError(f"{year}-{month}-{day}") from impossible
