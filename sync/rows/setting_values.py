"""Values that only the settings tab has: times of day, lists of days, bounds, mails, a Pix key."""

import re
from datetime import date, datetime, time

from mailer.addresses import parse_addresses
from mailer.letter import Problem
from mailer.pix import read_key
from sheet_templates.schema import AGING_BUCKETS
from sync.key_text import finite
from sync.rows.cells import Read, error_code, is_blank, read_text
from sync.rows.dates import read_date
from sync.rows.numbers import read_int
from sync.workbook import Cell

_CLOCK = re.compile(r"([0-9]{1,2})(?:[:h]([0-9]{2})?)?(?::[0-9]{2})?", re.ASCII | re.IGNORECASE)
_MINUTES = 24 * 60


def read_time(cell: Cell, language: str) -> Read[time]:  # noqa: ARG001 -- parsers share one shape
    """A time of day: a time, Excel's fraction of a day, or text such as 08:00, 8h30 or 8."""
    if is_blank(cell):
        return Read()
    if isinstance(cell, datetime):
        return Read(cell.time().replace(tzinfo=None))
    if isinstance(cell, time):
        return Read(cell.replace(tzinfo=None))
    number = finite(cell)
    if number is not None:
        if 0 <= number < 1:
            minutes = min(round(float(number) * _MINUTES), _MINUTES - 1)
            return Read(time(minutes // 60, minutes % 60))
        return Read(time(int(number))) if number in range(1, 24) else Read(None, "invalid_number")
    parts = _CLOCK.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if parts and int(parts[1]) < 24 and int(parts[2] or 0) < 60:
        return Read(time(int(parts[1]), int(parts[2] or 0)))
    return Read(None, error_code(cell) or "invalid_number")


def read_days(cell: Cell, language: str) -> Read[frozenset[date]]:
    """Days with `;` between them. One that cannot be read spoils the list."""
    pieces = re.split(r"[;\n]", cell) if isinstance(cell, str) else [cell]
    found = []
    for piece in pieces:
        read = read_date(piece, language)
        if read.value is None and read.code:
            return Read(None, read.code)
        if read.value is not None:
            found.append(read.value)
    return Read(frozenset(found))


def read_bounds(cell: Cell, language: str) -> Read[tuple[int, ...]]:
    """The aging bounds: up to four rising numbers of days with `,` or `;` between them."""
    if is_blank(cell):
        return Read()
    pieces = re.split(r"[,;]", cell) if isinstance(cell, str) else [cell]
    read = [read_int(piece, language).value for piece in pieces]
    bounds = [number for number in read if number is not None]
    rising = all(low < high for low, high in zip([0, *bounds], bounds, strict=False))
    if len(bounds) != len(pieces) or not rising or len(bounds) >= AGING_BUCKETS:
        return Read(None, "invalid_number")
    return Read(tuple(bounds))


def read_mails(cell: Cell, language: str) -> Read[tuple[str, ...]]:
    """Addresses; one that is none spoils the cell."""
    text = read_text(cell, language)
    if text.value is None:
        return Read(None, text.code)
    addresses, problems = parse_addresses(str(cell))
    return Read(None, "invalid_address") if problems else Read(addresses)


def read_mail(cell: Cell, language: str) -> Read[str]:
    """One address."""
    read = read_mails(cell, language)
    if read.value is None:
        return Read(None, read.code)
    return Read(read.value[0]) if len(read.value) == 1 else Read(None, "invalid_address")


def read_pix_key(cell: Cell, language: str) -> Read[str]:
    """A Pix key that is certainly one: money sent to a wrong key goes to somebody else.

    A number is refused: Excel took a plus sign or leading zeros from it.
    """
    if is_blank(cell):
        return Read()
    if not isinstance(cell, str):
        return Read(None, error_code(cell) or "invalid_id")
    if isinstance(read_key(cell), Problem):
        return Read(None, error_code(cell) or "invalid_id")
    return read_text(cell, language)
