"""Serial numbers of days and back (ECMA-376 part 1, 18.17.4.1).

The 1900 system counts a 29 February 1900 that never was (serial 60), so days before 1 March 1900
are one higher than the plain count from 30 December 1899. The 1904 system starts at 0.
"""

from datetime import date, datetime, time, timedelta

_DAY = 86_400
_MILLISECOND = 1000
_FIRST_1900, _FIRST_1904 = date(1899, 12, 30), date(1904, 1, 1)
_LAST_SERIAL = 2_958_465  # 31 December 9999 in the 1900 system


def serial(value: date | datetime | time, *, date1904: bool) -> int | float:
    """The number that stands for a moment without zone. ValueError for one that has none."""
    if isinstance(value, time):
        if value.tzinfo is not None:
            raise ValueError("a cell's time has no zone")
        return (value.hour * 3600 + value.minute * 60 + value.second) / _DAY
    first = _FIRST_1904 if date1904 else _FIRST_1900
    day = value.date() if isinstance(value, datetime) else value
    days = (day - first).days
    if not date1904 and days < 61:
        days -= 1
    if days < (0 if date1904 else 1):
        raise ValueError(f"{value} is before the first day a sheet knows")
    if not isinstance(value, datetime):
        return days
    if value.tzinfo is not None:
        raise ValueError("a cell's moment has no zone")
    seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    return days + seconds / _DAY if seconds else days


def from_serial(number: float, *, date1904: bool, has_time: bool) -> date | datetime | time | None:
    """The day, moment or time of day a number stands for, to the millisecond; None for none.

    `has_time` says that the cell's format shows hours: then a number below 1 is a time of day.
    """
    first_serial = 0 if date1904 or has_time else 1  # Excel shows 0 as 00/01/1900: no day at all
    if not first_serial <= number <= _LAST_SERIAL + 1:
        return None
    days = int(number)
    milliseconds = round((number - days) * _DAY * _MILLISECOND)
    if has_time and number < 1 and milliseconds < _DAY * _MILLISECOND:
        return (datetime(1, 1, 1) + timedelta(milliseconds=milliseconds)).time()  # noqa: DTZ001  # a cell has no zone
    if not date1904 and days < 60:
        days += 1
    first = _FIRST_1904 if date1904 else _FIRST_1900
    try:
        day = first + timedelta(days=days)
    except OverflowError:
        return None
    if not milliseconds:
        return day
    return datetime(day.year, day.month, day.day) + timedelta(milliseconds=milliseconds)  # noqa: DTZ001  # a cell has no zone
