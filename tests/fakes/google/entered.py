"""USER_ENTERED: text becomes what it would become had a person typed it.

Source: <https://developers.google.com/workspace/sheets/api/reference/rest/v4/ValueInputOption>:
"The values will be parsed as if the user typed them into the UI. Numbers will stay as numbers, but
strings may be converted to numbers, dates, etc." The number format that comes with a date, money or
a percentage is set only where the cell has none.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .cells import TYPED_ERRORS, Failure, Formula, Typed
from .state import EPOCH, serial

if TYPE_CHECKING:
    from .locales import Locale

Json = dict[str, Any]
Parsed = tuple[Typed, Json | None]
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,3})?)?(?:\s*([AaPp])\.?[Mm]\.?)?")
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_LOCAL = re.compile(r"(\d{1,2})([-/.])(\d{1,2})(?:\2(\d{4}|\d{2}))?")
_WORDED = re.compile(r"(\d{1,2})[ -](?:de )?([^\W\d]{3,})\.?(?:[ -](?:de )?(\d{4}))?")
_WORDED_US = re.compile(r"([^\W\d]{3,})\.? (\d{1,2}),? (\d{4})")


def entered(text: str, where: Locale, today: date, number_format: Json | None = None) -> Parsed:
    """What the typed text is, and the number format that it brings along, if any.

    Args:
        text: as sent.
        where: the spreadsheet's locale.
        today: gives the year to a date without one.
        number_format: what the cell has already; plain text keeps all as text, bar formulas.
    """
    if text.startswith("'"):
        return text[1:], None
    if text.startswith("=") and len(text) > 1:
        return Formula(text), None
    if number_format and number_format.get("type") == "TEXT":
        return text, None
    said = text.strip()
    upper = said.upper()
    if upper in {"TRUE", where.true}:
        return True, None
    if upper in {"FALSE", where.false}:
        return False, None
    if upper in TYPED_ERRORS:
        return Failure(TYPED_ERRORS[upper]), None
    for reader in (_number, _moment):
        found = reader(said, where, today)
        if found is not None:
            return found
    return text, None


def _number(said: str, where: Locale, _today: date) -> Parsed | None:
    """`-1,234.50`, `(12)`, `12%`, `$ 3`, `1e3`, in the locale's notation."""
    body = said
    negative = body.startswith("(") and body.endswith(")")
    if negative:
        body = body[1:-1].strip()
    sign = re.match(r"[-+]\s*(?=\S)", body)
    if sign:
        negative ^= body[0] == "-"
        body = body[sign.end() :]
    body, is_money = _without_symbol(body, where)
    if is_money and body[:1] in {"-", "+"}:
        negative ^= body[0] == "-"
        body = body[1:].strip()
    is_percent = body.endswith("%")
    if is_percent:
        body = body[:-1].strip()
    read = plain_number(body, where)
    if read is None:
        return None
    number, grouped, decimals, scientific = read
    number = -number if negative else number
    if is_percent:
        pattern = "0.00%" if decimals else "0%"
        return number / 100, {"type": "PERCENT", "pattern": pattern}
    if is_money:
        pattern = where.money if decimals else where.money.replace(".00", "")
        return number, {"type": "CURRENCY", "pattern": pattern}
    if scientific:
        return number, {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    if grouped:
        return number, {"type": "NUMBER", "pattern": "#,##0.00" if decimals else "#,##0"}
    return number, None


def _without_symbol(body: str, where: Locale) -> tuple[str, bool]:
    symbol = where.symbol
    if body.startswith(symbol):
        return body[len(symbol) :].strip(), True
    if body.endswith(symbol):
        return body[: -len(symbol)].strip(), True
    return body, False


def plain_number(body: str, where: Locale) -> tuple[float, bool, int, bool] | None:
    """(number, was grouped, decimals typed, was in powers of ten); None: no number."""
    point, group = re.escape(where.decimal), re.escape(where.group)
    groups = rf"\d{{1,3}}(?:{group}\d{{3}})+"
    found = re.fullmatch(rf"({groups}|\d*)(?:{point}(\d*))?([eE][-+]?\d{{1,3}})?", body)
    if not found or not (found.group(1) or found.group(2)):
        return None
    whole, decimals, power = found.group(1), found.group(2) or "", found.group(3) or ""
    grouped = where.group in whole
    digits = whole.replace(where.group, "") or "0"
    return float(f"{digits}.{decimals or 0}{power}"), grouped, len(decimals), bool(power)


def _moment(said: str, where: Locale, today: date) -> Parsed | None:
    """A date, a time, or both."""
    timed = _TIME.fullmatch(said)
    if timed:
        return _time_alone(timed)
    head, _, tail = said.replace("T", " ", 1).rpartition(" ")
    timed = _TIME.fullmatch(tail) if head else None
    if timed is None and _TIME.search(said) and said[-1] in "mM.":
        head, _, tail = said.partition(" ")
        timed = _TIME.fullmatch(tail.strip())
    day = _day(head.strip() if timed else said, where, today)
    if day is None:
        return None
    on, pattern = day
    midnight = serial(datetime(on.year, on.month, on.day, tzinfo=EPOCH.tzinfo))
    if timed is None:
        return midnight, {"type": "DATE", "pattern": pattern}
    part = _fraction(timed)
    if part is None:
        return None
    return midnight + part, {"type": "DATE_TIME", "pattern": f"{pattern} h:mm:ss"}


def _time_alone(timed: re.Match[str]) -> Parsed | None:
    part = _fraction(timed)
    if part is None:
        return None
    pattern = "h:mm:ss am/pm" if timed.group(5) else "h:mm:ss" if timed.group(3) else "h:mm"
    return part, {"type": "TIME", "pattern": pattern}


def _fraction(timed: re.Match[str]) -> float | None:
    """The part of a day; 30 hours are a duration, 70 minutes are none."""
    hour, minute, second = int(timed.group(1)), int(timed.group(2)), int(timed.group(3) or 0)
    if minute > 59 or second > 59:
        return None
    half = (timed.group(5) or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    spent = timedelta(
        hours=hour, minutes=minute, seconds=second, milliseconds=float(timed.group(4) or 0) * 1000
    )
    return spent / timedelta(days=1)


def _day(said: str, where: Locale, today: date) -> tuple[date, str] | None:
    found = _ISO.fullmatch(said)
    if found:
        year, mark, month, day = found.groups()
        return _dated(int(year), int(month), int(day), f"yyyy{mark}mm{mark}dd")
    found = _LOCAL.fullmatch(said)
    if found:
        return _local_day(found, where, today)
    return _worded_day(said, where, today)


def _local_day(found: re.Match[str], where: Locale, today: date) -> tuple[date, str] | None:
    first, mark, second, year = found.groups()
    if mark == "." and where.decimal == ".":
        return None
    day, month = (int(second), int(first)) if where.order == "mdy" else (int(first), int(second))
    if year is None:
        pattern = f"m{mark}d" if where.order == "mdy" else f"d{mark}m"
        return _dated(today.year, month, day, pattern)
    full = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 30 else 1900)
    return _dated(full, month, day, where.date.replace("/", mark).replace(".", mark))


def _worded_day(said: str, where: Locale, today: date) -> tuple[date, str] | None:
    found = _WORDED.fullmatch(said)
    if found:
        month = _month(found.group(2), where)
        year = int(found.group(3)) if found.group(3) else today.year
        return _dated(year, month, int(found.group(1)), "d-mmm-yyyy") if month else None
    found = _WORDED_US.fullmatch(said)
    if found:
        month = _month(found.group(1), where)
        return (
            _dated(int(found.group(3)), month, int(found.group(2)), "mmm d, yyyy")
            if month
            else None
        )
    return None


def _month(word: str, where: Locale) -> int:
    """1 to 12; 0 for no month."""
    low = word.lower()
    for number, name in enumerate(where.months, start=1):
        if low in {name.lower(), name[:3].lower()}:
            return number
    return 0


def _dated(year: int, month: int, day: int, pattern: str) -> tuple[date, str] | None:
    try:
        return date(year, month, day), pattern
    except ValueError:
        return None
