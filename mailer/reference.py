"""Signed codes: what a ready answer carries so that it can be believed.

A code such as `RABCDEFGHIJK-2-ABCDEFGHIJKLMNOP` names a message (its reference), one choice in it
and a signature: 80 bits of an HMAC-SHA256 (RFC 2104, truncated as its section 5 allows) over all
that the choice stands for. A code says what was offered and to whom; it does not say who answers:
that is for the caller to know, and so is whether it was used before or has expired.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

MESSAGE: Final = "0"
"""The choice of a code that names its message and chooses nothing."""

PAID: Final = "P"
DISPUTE: Final = "D"
CALL: Final = "C"

_CHOICES = "0123456789PDC"
_PURPOSE = "regua answer 1"
_LETTERS = "A-Za-z2-7"
# Mail programs break a long word with a line end and quote marks, or leave a space where one was.
# Each gap is bounded and shares no mark with what stands around it, so time is linear.
_GAP = r"(?:[ \t]{0,2}\r?\n[ \t>|]{0,12}|[ \t]{1,2})?"
_DASH = "[-\u2010\u2011\u2012\u2013\u2014\u2212]"
_BEFORE = "(?:(?<![A-Za-z0-9])|(?<=%5B)|(?<=%5b))"  # a quoted link has %5B for a bracket
_REFERENCE = rf"[Rr](?:{_GAP}[{_LETTERS}]){{11}}"
_CODE = re.compile(
    rf"{_BEFORE}({_REFERENCE}){_GAP}{_DASH}{_GAP}([0-9PDCpdc]){_GAP}{_DASH}"
    rf"((?:{_GAP}[{_LETTERS}]){{16}})(?![A-Za-z0-9])"
)
_PLAIN = re.compile(rf"(?<![A-Za-z0-9])R[A-Z2-7]{{11}}(?![A-Za-z0-9]|{_DASH}[0-9PDCpdc]{_DASH})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code as found in a text, in upper case; nothing is verified yet.

    Attributes:
        reference: the message's reference, `R` and eleven letters and digits.
        choice: "0" the message itself, "1" to "9" an option, "P" paid, "D" disputed, "C" call me.
        mac: the signature, sixteen base32 marks.
    """

    reference: str
    choice: str
    mac: str

    def __str__(self) -> str:
        return f"{self.reference}-{self.choice}-{self.mac}"


def sign(
    secret: bytes,
    *,
    workbook: str,
    client: str,
    reference: str,
    choice: str,
    terms: str,
    expires: date,
) -> str:
    """The code of one choice in one message.

    Args:
        secret: the workbook's own, at least 16 bytes.
        workbook: its identity.
        client: whom the message goes to, as the workbook names them.
        reference: the message's own.
        choice: see `Code.choice`.
        terms: everything that is accepted, in a form that is the same each time.
        expires: the last day on which the answer counts.

    Raises:
        ValueError: for a secret too short, or a reference or choice of another shape.
    """
    if len(secret) < 16:
        raise ValueError("The secret has fewer than 16 bytes.")
    if not re.fullmatch(r"R[A-Z2-7]{11}", reference):
        raise ValueError(f"{reference[:40]!r} is not R and eleven letters or digits 2 to 7.")
    if len(choice) != 1 or choice not in _CHOICES:
        raise ValueError(f"{choice[:40]!r} is no choice; choices are {', '.join(_CHOICES)}.")
    fields = (_PURPOSE, workbook, client, reference, choice, terms, expires.isoformat())
    return f"{reference}-{choice}-{_mac(secret, fields)}"


def verify(
    code: Code, secret: bytes, *, workbook: str, client: str, terms: str, expires: date
) -> bool:
    """Whether the code was signed for exactly this; in a time that tells nothing.

    Whether `expires` has passed and whether the code was used before are the caller's to check.
    """
    try:
        right = sign(
            secret,
            workbook=workbook,
            client=client,
            reference=code.reference,
            choice=code.choice,
            terms=terms,
            expires=expires,
        )
    except ValueError:
        return False
    return hmac.compare_digest(right.encode(), str(code).encode("utf-8", "replace"))


def find(text: str) -> tuple[Code, ...]:
    """All codes in a text, in their order and without doubles, in whatever case.

    Survives lines that a mail program folded inside a code, quote marks included, and other
    dashes. Letters of other scripts that look alike make no code.
    """
    found = (
        Code(reference=_bare(match[1]), choice=match[2].upper(), mac=_bare(match[3]))
        for match in _CODE.finditer(text)
    )
    return tuple(dict.fromkeys(found))


def without_codes(text: str) -> str:
    """The text with a space where each code stands."""
    return _CODE.sub(" ", text)


def find_references(text: str) -> tuple[str, ...]:
    """References that stand in a text without a signature, as a letter's foot has them.

    Good for finding the message that is meant; they authorise nothing.
    """
    return tuple(dict.fromkeys(_PLAIN.findall(text)))


def _mac(secret: bytes, fields: tuple[str, ...]) -> str:
    """HMAC over the fields, each behind its length, so that no two lists make the same bytes."""
    parts = [field.encode() for field in fields]
    content = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return b32encode(hmac.digest(secret, content, "sha256")[:10]).decode()


def _bare(text: str) -> str:
    return "".join(mark for mark in text if mark.isascii() and mark.isalnum()).upper()
