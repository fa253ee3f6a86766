"""Who sent a message, and what the receiving server found of that (RFC 5322 §3.6, RFC 8601).

Only one header of Authentication-Results can be believed: the topmost that bears the id of the
team's own server, since anybody may write others below it. A failure is believed of any topmost
header, for it can only send an answer to a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailer.addresses import parse_addresses
from mailer.answer_mime import decoded
from mailer.answer_words import tokens

if TYPE_CHECKING:
    from mailer.answer_mime import Parts
    from mailer.answer_types import Authentication

_IDS = re.compile(r"<[!-;=?-~]{1,250}>")
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*=\s*([a-z]+)")
_PROPERTY = re.compile(r"(header\.d|header\.i|header\.from|smtp\.mailfrom|smtp\.helo)\s*=\s*(\S+)")
_FAILED = frozenset({"fail", "softfail", "hardfail"})
_IDS_KEPT = 40


def sender_of(parts: Parts) -> str:
    """The one bare address of From in lower case; "" when it is not exactly one."""
    found = parts.all("from")
    if len(found) != 1:
        return ""
    # Read before its encoded words are decoded: a name may not turn into an address.
    addresses, problems = parse_addresses(found[0])
    return "" if problems or len(addresses) != 1 else addresses[0].lower()


def names_of(parts: Parts) -> frozenset[str]:
    """Words that From and To give as names: what may stand below an answer, or after a greeting."""
    text = " ".join(
        decoded(value)[:300] for name in ("from", "to") for value in parts.all(name)[:1]
    )
    words = tokens(re.sub(r"[^\w']|_", " ", text))
    return frozenset(word for word in words if len(word) > 1 and not word.isdigit())


def message_ids(parts: Parts, *names: str) -> tuple[str, ...]:
    """The message ids of some headers, in the order given and without doubles."""
    found = (each for name in names for value in parts.all(name) for each in _IDS.findall(value))
    return tuple(dict.fromkeys(found))[:_IDS_KEPT]


def thread_of(parts: Parts) -> tuple[str, ...]:
    """What the message answers, the nearest first (RFC 5322 §3.6.4)."""
    near = message_ids(parts, "in-reply-to")
    far = message_ids(parts, "references")
    return tuple(dict.fromkeys((*near, *reversed(far))))


def authentication_of(parts: Parts, trusted_server: str | None, sender: str) -> Authentication:
    """What to make of Authentication-Results.

    Args:
        parts: the message.
        trusted_server: the id that the team's own server writes; None when it is not known, as
            with Microsoft's, which writes none: then nothing passes, and a failure still fails.
        sender: the bare address of From.
    """
    headers = parts.all("authentication-results")
    if not headers:
        return "none"
    own = trusted_server.strip().lower() if trusted_server else None
    for place, header in enumerate(headers):
        server, results = _read(header)
        trusted = own is not None and server == own
        if place == 0 and not trusted and _fails(results, sender):
            return "fail"
        if trusted:
            if _fails(results, sender):
                return "fail"
            return "pass" if _passes(results, sender) else "none"
    return "none"


_Results = list[tuple[str, str, dict[str, str]]]


def _read(header: str) -> tuple[str, _Results]:
    """The server's id ("" for none) and each method with its result and properties."""
    text = header.lower()
    for _ in range(3):  # comments may stand in comments
        text = _COMMENT.sub(" ", text)
    first, _, rest = text.partition(";")
    pieces = rest.split(";") if "=" not in first else text.split(";")
    server = "" if "=" in first else (first.split() or [""])[0]
    results: _Results = []
    for piece in pieces[:50]:
        match = _RESULT.match(piece)
        if match:
            found = {name: value.strip("\"'") for name, value in _PROPERTY.findall(piece)}
            results.append((match[1], match[2], found))
    return server, results


def _passes(results: _Results, sender: str) -> bool:
    """DMARC passed, or DKIM or SPF did for the very domain of From (RFC 7489 §3.1)."""
    return any(
        result == "pass"
        and (_speaks_of(found, sender) if method == "dmarc" else _own(found, sender))
        for method, result, found in results
    )


def _fails(results: _Results, sender: str) -> bool:
    said = {method: set[str]() for method in ("dmarc", "dkim", "spf")}
    for method, result, _ in results:
        said[method].add(result)
    if said["dmarc"] & _FAILED:
        return True
    bad = any(said[method] & _FAILED for method in ("dkim", "spf"))
    return bad and not _passes(results, sender)


def _speaks_of(found: dict[str, str], sender: str) -> bool:
    named = found.get("header.from", "")
    return not named or _within(named, sender)


def _own(found: dict[str, str], sender: str) -> bool:
    named = found.get("header.d") or found.get("header.i") or found.get("smtp.mailfrom") or ""
    return bool(named) and _within(named, sender)


def _within(named: str, sender: str) -> bool:
    """Whether a domain, or an address's, is the sender's domain or stands right above it."""
    domain = named.rpartition("@")[2].rstrip(".")
    own = sender.rpartition("@")[2]
    return (
        bool(own)
        and bool(domain)
        and (own == domain or own.endswith("." + domain))
        and ("." in domain)
    )
