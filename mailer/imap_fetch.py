"""What a server says to FETCH (RFC 3501 §7.4.2), as imaplib hands it over."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ARRIVED = re.compile(
    rb'INTERNALDATE "([ 0-9]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


def message_in(lines: list[object], uid: int) -> tuple[bytes, bytes] | None:
    """The body and what is said around it, of one FETCH answer.

    A server may slip in lines about other messages' flags, and may name the UID after the body.
    """
    for place, line in enumerate(lines):
        if not isinstance(line, tuple) or not isinstance(line[1], bytes):
            continue
        after = lines[place + 1] if place + 1 < len(lines) else b""
        about = bytes(line[0]) + b" " + (after if isinstance(after, bytes) else b"")
        named = _UID.search(about)
        if b"BODY[]" in about.upper() and (named is None or int(named[1]) == uid):
            return line[1], about
    return None


def arrived_in(about: bytes) -> datetime | None:
    """INTERNALDATE (RFC 3501 §2.3.3) without the system's language or zone."""
    match = _ARRIVED.search(about)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        return datetime(
            int(year),
            MONTHS.index(month.decode().title()) + 1,
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),
            tzinfo=timezone(-shift if sign == b"-" else shift),
        )
    except ValueError:
        return None


def size_in(about: bytes) -> int | None:
    """The bytes that the whole message has on the server, None when it does not say."""
    match = _SIZE.search(about)
    return int(match[1]) if match else None
