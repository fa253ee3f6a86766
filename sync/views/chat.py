"""Click-to-chat, SMS and telephone links: a conversation opened with the text already typed.

Form of the chat link: https://faq.whatsapp.com/5913398998672934 (digits only, with the country's
code, no plus sign, no zeros in front; the text percent-encoded). `sms:` is RFC 5724, `tel:` RFC
3966.
"""

import re
from urllib.parse import quote

BRAZIL = "55"
# A link longer than this is refused by Excel, which then offers to 'repair' the workbook.
LONGEST_LINK = 2_000
_ELSEWHERE = re.compile(r"[1-9]\d{7,14}", re.ASCII)  # ITU-T E.164: at most fifteen digits
# Area codes run from 11 to 99 without a zero; mobile numbers have nine digits and begin with 9,
# fixed ones have eight and begin with 2 to 5 (Resolução Anatel 749/2022).
_IN_BRAZIL = re.compile(r"[1-9][1-9](9\d{8}|[2-5]\d{7})", re.ASCII)
_PUNCTUATION = re.compile(r"[\s().\-/\N{NO-BREAK SPACE}\N{NON-BREAKING HYPHEN}\N{EN DASH}]+")


def chat_number(phone: str | None) -> str | None:
    """The number's digits with the country's code, or None when it is no telephone number.

    Without a plus sign it is a Brazilian number: with or without 55, with or without the zero
    that people dial in front of the area code.
    """
    text = _PUNCTUATION.sub("", phone or "")
    if text.startswith(("+", "00")):
        return _international(text.removeprefix("+").removeprefix("00"))
    if not (text.isascii() and text.isdigit()):
        return None
    national = text.removeprefix("0")
    if _IN_BRAZIL.fullmatch(national):
        return BRAZIL + national
    return _international(national) if national.startswith(BRAZIL) else None


def _international(digits: str) -> str | None:
    """The digits when they are a possible number with its country's code."""
    if digits.startswith(BRAZIL):
        return digits if _IN_BRAZIL.fullmatch(digits.removeprefix(BRAZIL)) else None
    return digits if _ELSEWHERE.fullmatch(digits) else None


def chat_link(phone: str | None, text: str) -> str | None:
    """The link that opens a conversation with `text` filled in; None without a valid number.

    A text too long for a link is cut at a whole character and ends in '…'.
    """
    number = chat_number(phone)
    if number is None:
        return None
    return _with_text(f"https://wa.me/{number}", "text", text)


def sms_link(phone: str | None, text: str) -> str | None:
    """The link that opens a text message with `text` filled in; None without a valid number."""
    number = chat_number(phone)
    return None if number is None else _with_text(f"sms:+{number}", "body", text)


def call_link(phone: str | None) -> str | None:
    """The link that dials; None without a valid number."""
    number = chat_number(phone)
    return None if number is None else f"tel:+{number}"


def _with_text(start: str, field: str, text: str) -> str:
    if not text:
        return start
    start += f"?{field}="
    whole = quote(text, safe="")
    room = LONGEST_LINK - len(start)
    if len(whole) <= room:
        return start + whole
    return start + _cut(text, room)


def _cut(text: str, room: int) -> str:
    """As much of the text as fits into `room` characters when percent-encoded, then '…'."""
    end = quote("…", safe="")
    kept: list[str] = []
    left = room - len(end)
    for sign in text:
        encoded = quote(sign, safe="")
        if len(encoded) > left:
            break
        kept.append(encoded)
        left -= len(encoded)
    return "".join(kept) + end
