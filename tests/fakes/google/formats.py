"""A value as a person sees it: number patterns, dates, booleans and errors, in the locale.

Source: <https://developers.google.com/workspace/sheets/api/guides/formats> (date and number tokens,
sections, `[Red]`, `@`). Modelled: sections, digits and grouping, percent, scientific, literals,
date, time and elapsed tokens. Not modelled: fractions (`# ?/?`) show as plain numbers; colours and
`*` and `_` are dropped. Automatic display of numbers (ten significant digits) was not verified.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from .cells import Failure, Value
from .state import from_serial

if TYPE_CHECKING:
    from datetime import datetime

    from .locales import Locale

Json = dict[str, Any]
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|(?P<half>am/pm|a/p)'
    r"|(?P<date>y+|m+|M+|d+|h+|H+|s+)|(?P<digits>[#0?][#0?,]*(?:\.[#0?]*)?|\.[#0?]+)"
    r"|(?P<power>[eE][+-]0+)|(?P<fill>[*_].)|(?P<other>.)",
    re.DOTALL,
)
DEFAULT_PATTERNS = {
    "PERCENT": "0.00%",
    "SCIENTIFIC": "0.00E+00",
    "NUMBER": "#,##0.00",
    "TIME": "h:mm:ss am/pm",
}
DATED = {"DATE", "TIME", "DATE_TIME"}


def pattern_of(number_format: Json | None, where: Locale) -> str:
    """The pattern, or the one that the type has of itself."""
    if not number_format:
        return ""
    given = number_format.get("pattern")
    if given:
        return str(given)
    kind = number_format.get("type", "")
    if kind == "CURRENCY":
        return where.money
    if kind == "DATE":
        return where.date
    if kind == "DATE_TIME":
        return f"{where.date} h:mm:ss"
    return DEFAULT_PATTERNS.get(kind, "")


def is_moment(number_format: Json | None) -> bool:
    """Whether a number with this format is a date or a time."""
    return bool(number_format) and (number_format or {}).get("type") in DATED


def shown(value: Value, number_format: Json | None, where: Locale) -> str:
    """The text of FORMATTED_VALUE."""
    match value:
        case None:
            return ""
        case bool():
            return where.true if value else where.false
        case str():
            return _text(value, pattern_of(number_format, where))
        case Failure():
            return value.shown
    pattern = pattern_of(number_format, where)
    if not pattern or pattern in {"@", "General"}:
        return general(value, where)
    return _sectioned(value, pattern, where)


def general(number: float, where: Locale) -> str:
    """A number without a format."""
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    if abs(number) >= 1e15 or abs(number) < 1e-9:
        power = f"{number:.14E}"
        mantissa, _, exponent = power.partition("E")
        said = f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
    else:
        whole = len(str(int(abs(number)))) if abs(number) >= 1 else 0
        said = f"{number:.{max(10 - whole, 0)}f}"
        said = said.rstrip("0").rstrip(".") if "." in said else said
    return said.replace(".", where.decimal)


def _text(value: str, pattern: str) -> str:
    sections = _split(pattern)
    if len(sections) == 4 and "@" in sections[3]:
        return re.sub(r'"([^"]*)"', r"\1", sections[3]).replace("@", value)
    return value


def _split(pattern: str) -> list[str]:
    """The sections, parted by `;` outside quotes."""
    return re.findall(r'(?:"[^"]*"|\\.|[^;"\\])+|(?<=;)(?=;|$)', pattern) or [pattern]


def _sectioned(number: float, pattern: str, where: Locale) -> str:
    sections = _split(pattern)
    if number < 0 and len(sections) > 1 and sections[1]:
        return _section(-number, sections[1], where)
    if number == 0 and len(sections) > 2:
        return _section(number, sections[2], where)
    return _section(number, sections[0], where)


def _section(number: float, pattern: str, where: Locale) -> str:
    tokens = [
        (str(found.lastgroup), str(found.group(str(found.lastgroup))))
        for found in _TOKEN.finditer(pattern)
    ]
    kinds = {kind for kind, _ in tokens}
    elapsed = any(kind == "bracket" and said[:1] in "hms" for kind, said in tokens if said)
    if "date" in kinds or elapsed:
        return _dated(number, tokens, where)
    return _numbered(number, tokens, where)


def _numbered(number: float, tokens: list[tuple[str, str]], where: Locale) -> str:
    if any(kind == "other" and said == "%" for kind, said in tokens):
        number *= 100
    power = next((said for kind, said in tokens if kind == "power"), "")
    sign = "-" if number < 0 else ""
    made, placed = "", False
    for kind, said in tokens:
        if kind == "digits" and not placed:
            made += (
                _scientific(abs(number), said, power, where)
                if power
                else _digits(abs(number), said, where)
            )
            placed = True
        elif kind == "bracket" and said.startswith("$"):
            made += said[1:].partition("-")[0]
        elif kind in {"quoted", "escaped", "other"}:
            made += said
    if sign and not re.search(r"[1-9]", made):
        sign = ""
    return sign + made


def _digits(number: float, pattern: str, where: Locale) -> str:
    whole, _, decimals = pattern.partition(".")
    scale = len(whole) - len(whole.rstrip(","))
    grouped = "," in whole.rstrip(",")
    amount = Decimal(repr(number)) / (Decimal(1000) ** scale)
    amount = amount.quantize(Decimal(1).scaleb(-len(decimals)), rounding=ROUND_HALF_UP)
    left, _, right = f"{amount:f}".partition(".")
    least = whole.count("0")
    left = left.lstrip("0").rjust(least, "0") if left.strip("0") or least else ""
    if grouped:
        left = re.sub(r"(?<=\d)(?=(\d{3})+$)", lambda _: where.group, left)
    while right and decimals and decimals[len(right) - 1] == "#" and right.endswith("0"):
        right = right[:-1]
    return left + (where.decimal + right if right else "")


def _scientific(number: float, pattern: str, power: str, where: Locale) -> str:
    decimals = len(pattern.partition(".")[2])
    mantissa, _, exponent = f"{number:.{decimals}E}".partition("E")
    sign = "-" if int(exponent) < 0 else "+" if "+" in power else ""
    digits = str(abs(int(exponent))).rjust(power.count("0"), "0")
    return f"{mantissa.replace('.', where.decimal)}E{sign}{digits}"


def _dated(number: float, tokens: list[tuple[str, str]], where: Locale) -> str:
    moment = from_serial(number)
    twelve = any(kind == "half" for kind, _ in tokens)
    made = ""
    for index, (kind, said) in enumerate(tokens):
        if kind == "date":
            made += _date_token(said, moment, where, twelve=twelve, minute=_minute(tokens, index))
        elif kind == "half":
            made += ("AM" if moment.hour < 12 else "PM")[: 2 if said == "am/pm" else 1]
        elif kind == "bracket" and said[:1] in {"h", "m", "s"}:
            parts = {"h": 24, "m": 1440, "s": 86400}[said[0]]
            made += str(int(number * parts + 1e-9)).rjust(len(said), "0")
        elif kind in {"quoted", "escaped", "other"}:
            made += said
    return made


def _minute(tokens: list[tuple[str, str]], index: int) -> bool:
    """`m` is a minute after an hour or before a second."""
    before = [said for kind, said in tokens[:index] if kind in {"date", "bracket"}]
    after = [said for kind, said in tokens[index + 1 :] if kind in {"date", "bracket"}]
    return bool(before and before[-1][:1] in "hH") or bool(after and after[0][:1] == "s")


def _date_token(said: str, moment: datetime, where: Locale, *, twelve: bool, minute: bool) -> str:
    size = len(said)
    match said[0]:
        case "y":
            return f"{moment.year:04d}" if size > 2 else f"{moment.year % 100:02d}"
        case "d":
            day_name = where.days[moment.weekday()]
            return f"{moment.day:0{size}d}" if size < 3 else day_name if size > 3 else day_name[:3]
        case "h" | "H":
            hour = moment.hour % 12 or 12 if twelve and said[0] == "h" else moment.hour
            return f"{hour:0{min(size, 2)}d}"
        case "s":
            return f"{moment.second:0{min(size, 2)}d}"
    if minute and said[0] == "m" and size < 3:
        return f"{moment.minute:0{size}d}"
    name = where.months[moment.month - 1]
    short = {3: name[:3], 5: name[:1]}
    return f"{moment.month:0{size}d}" if size < 3 else short.get(size, name)
