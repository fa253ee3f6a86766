"""Addresses as people type them, made into ones that cannot mean two things.

`email.utils.parseaddr` reads `a@b.com,evil@c.com` as its first address and says nothing; here an
address counts only when it is plainly one: a dot-atom in ASCII before the @ (RFC 5322 §3.2.3) and
a domain of letters, digits and hyphens after it (RFC 1123 §2.1), other scripts by punycode.
"""

from __future__ import annotations

import re
import unicodedata
from email.utils import parseaddr
from hashlib import sha256

from mailer.errors import AddressError
from mailer.letter import Problem

TEXT_LIMIT = 2_000
"""Characters of a cell with addresses; what is longer is a mistake, not a list."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SIGNED = re.compile(r"[A-Z0-9-]{1,64}")
_NAMED = re.compile(r"(?P<name>[^<>]*)<\s*(?P<address>[^<>\s]+)\s*>")
_SEPARATOR = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')


def parse_addresses(text: str) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """A cell's addresses, bare and without doubles, and what could not be read.

    `;` separates them, and so does `,` when there is an address on each side of it. Display names
    are dropped: `B <b@y.com>` gives `b@y.com`. Two that differ only in the case of the domain are
    one. A line break or control character spoils the whole cell, since it is how headers are
    forged.
    """
    if len(text) > TEXT_LIMIT:
        return (), (Problem(code="addresses_too_long", detail=str(len(text))),)
    stripped = text.strip()
    if any(unicodedata.category(mark) in {"Cc", "Cs", "Zl", "Zp"} for mark in stripped):
        return (), (Problem(code="line_break_in_address", detail=" ".join(text.split())[:80]),)
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for piece in _pieces(stripped):
        read = _read(piece)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            found.setdefault(read, read)
    return tuple(found), tuple(problems)


def one_address(text: str) -> str:
    """Exactly one plain address.

    Raises:
        AddressError: for none, several, or one that cannot be read.
    """
    valid, problems = parse_addresses(text)
    if problems or len(valid) != 1:
        raise AddressError(f"{text[:80]!r} is not one e-mail address.")
    return valid[0]


def mailbox(text: str) -> tuple[str, str]:
    """A sender such as `Financeiro <financeiro@example.com>` as its name and bare address.

    Raises:
        AddressError: when it is not one mailbox, or holds a line break.
    """
    address = one_address(text)
    named = _NAMED.fullmatch(text.strip())
    name = named["name"].strip() if named else ""
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return " ".join(name.split()), address


def message_id(workbook_id: str, reference: str, domain: str, code: str = "") -> str:
    """The Message-ID of one reminder: the same inputs give the same id, for ever.

    Args:
        workbook_id: the workbook's identity, so that two workbooks never collide.
        reference: the message's own reference.
        domain: the sender's domain.
        code: the reference with its signature, which then is the id: every mail program cites it
            in an answer (RFC 5322 §3.6.4), whatever it does to the text. "" for none.

    Raises:
        AddressError: when the domain is none.
    """
    host = _domain(domain)
    if isinstance(host, Problem):
        raise AddressError(f"{domain[:80]!r} is not a domain name.")
    if code:
        if not _SIGNED.fullmatch(code):
            raise AddressError(f"{code[:80]!r} is not a signed reference.")
        return f"<regua.{code}@{host}>"
    digest = sha256(f"{workbook_id}\n{reference}".encode()).hexdigest()[:32]
    return f"<regua.{digest}@{host}>"


def _pieces(text: str) -> list[str]:
    pieces = []
    for piece in _SEPARATOR.split(text) if text.count('"') <= 40 else [text]:
        parts = _COMMA.split(piece) if piece.count('"') <= 40 else [piece]
        several = len(parts) > 1 and all("@" in part for part in parts if part.strip())
        pieces.extend(parts if several else [piece])
    return [piece.strip() for piece in pieces if piece.strip()]


def _read(piece: str) -> str | Problem:
    named = _NAMED.fullmatch(piece)
    address = named["address"] if named else piece
    local, at, domain = address.rpartition("@")
    name = named["name"].strip(" \"'") if named else ""
    # Outlook writes `"ana@x.com" <ana@x.com>`; two different ones could mean either.
    two = ("@" in name and name.lower() != address.lower()) or bool(re.search(r"\s", address))
    if not at or not local or not domain or two:
        return Problem(code="invalid_address", detail=piece[:80])
    if not local.isascii():
        return Problem(code="non_ascii_address", detail=piece[:80])
    if not _LOCAL.fullmatch(local) or len(local) > 64:
        return Problem(code="invalid_address", detail=piece[:80])
    host = _domain(domain)
    if isinstance(host, Problem):
        return host
    plain = f"{local}@{host}"
    # The last word has the parser that mail programs use: it must see one address, and this one.
    if len(plain) > 254 or parseaddr(plain) != ("", plain):
        return Problem(code="invalid_address", detail=piece[:80])
    return plain


def _domain(text: str) -> str | Problem:
    """A domain in ASCII and lower case (IDNA 2003, and only where it changes no letter)."""
    problem = Problem(code="invalid_domain", detail=text[:80])
    folded = unicodedata.normalize("NFC", text).lower().rstrip(".")
    try:
        host = folded.encode("idna").decode("ascii") if not folded.isascii() else folded
        if host.encode("ascii").decode("idna") != folded and not folded.isascii():
            return problem
    except UnicodeError:
        return problem
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        return problem
    return problem if labels[-1].isdigit() else host
