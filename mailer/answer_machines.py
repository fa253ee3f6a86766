"""Messages that no person wrote: delivery reports (RFC 3464) and automatic answers (RFC 3834)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailer.answer_mime import decoded
from mailer.answer_sender import message_ids, thread_of
from mailer.answer_types import Bounce
from mailer.answer_words import begins_any, holds_any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mailer.answer_mime import Parts

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45])\d\d(?=[ -])")
_EACH_LINE = re.IGNORECASE | re.MULTILINE
_ID_LINE = re.compile(r"^[ >]{0,8}message-id:\s{0,4}(<[!-;=?-~]{1,250}>)", _EACH_LINE)
_COPY = re.compile(
    r"^-{2,}[ \w]{0,60}(?:copy|original|cópia|headers)"
    r"|^[ >]{0,8}(?:from|received|return-path|mime-version|x-regua-reference):",
    _EACH_LINE,
)
_DAEMON = re.compile(r"mailer-daemon|mail-daemon|postmaster|microsoftexchange|maildelivery|mdaemon")
_NULL_PATH = re.compile(r"\s*<\s*>\s*")
_READ = 20_000

# RFC 3463: of class 5, but about the moment and not about the address.
_PASSING = frozenset({"5.2.2", "5.3.1", "5.4.5", "5.4.7"})
_AUTOMATIC_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-fc-machinegenerated",
    "x-auto-reply",
)
# Not List-Id, not `list`: where the team's address is a group, every customer's answer has them.
_PRECEDENCES = frozenset({"auto_reply", "auto-reply", "bulk", "junk"})


def bounce_of(parts: Parts, sender: str, own: frozenset[str]) -> Bounce | None:
    """The report in a message, None when it is none.

    Args:
        parts: the message.
        sender: the bare address of From.
        own: our addresses, which a report may name besides the one it is about.
    """
    reported = parts.report == "delivery-status"
    if not reported and not _from_a_server(parts, sender):
        return None
    text = "\n".join(parts.texts or parts.htmls)[:_READ]
    subject = decoded(parts.first("subject"))
    failed = [block for block in parts.status if _action(block) in {"failed", "delayed"}]
    if failed:
        return _reported(parts, failed, own, sender)
    if any(_action(block) for block in parts.status):
        return None  # delivered, relayed or expanded: good news from a machine
    signs = (
        reported,
        bool(parts.first("x-failed-recipients")),
        begins_any(subject, "bounces.subjects") or holds_any(subject, "bounces.subjects"),
        holds_any(text, "bounces.texts"),
    )
    return _told(parts, f"{subject}\n{text}", own | {sender}) if any(signs) else None


def is_automatic(parts: Parts, sender: str, text: str) -> bool:
    """Whether no person sent it: RFC 3834 §5, what servers write besides, and the usual words."""
    submitted = parts.first("auto-submitted").split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    precedence = parts.first("precedence").strip().lower()
    subject = decoded(parts.first("subject"))
    return (
        precedence in _PRECEDENCES
        or any(parts.first(name) for name in _AUTOMATIC_HEADERS)
        or bool(parts.report)
        or _from_a_server(parts, sender)
        or begins_any(subject, "automatic.subjects")
        or ("http" in text and holds_any(f"{subject}\n{text[:2000]}", "automatic.challenges"))
        or _away(text)
    )


def _from_a_server(parts: Parts, sender: str) -> bool:
    """The null return path (RFC 5321 §4.5.5), or a sender that only servers use."""
    paths = parts.all("return-path")
    if paths and _NULL_PATH.fullmatch(paths[0]):
        return True
    return bool(_DAEMON.match((sender or parts.first("from").lower().strip(' "<')).strip()))


def _reported(
    parts: Parts, failed: list[dict[str, str]], own: frozenset[str], sender: str
) -> Bounce:
    """From the fields of RFC 3464 §2.3, the worst recipient deciding."""
    worst = min(failed, key=lambda block: (_action(block) != "failed", not _permanent(block)))
    addresses = dict.fromkeys(
        address for block in failed if (address := _recipient(block)) and address not in own
    )
    if not addresses:
        addresses = dict.fromkeys(_addresses(parts.first("x-failed-recipients"), own | {sender}))
    delayed = _action(worst) == "delayed"
    return Bounce(
        permanent=not delayed and _permanent(worst),
        addresses=tuple(addresses),
        status=_status(worst),
        message_id=_original(parts, ""),
        delayed=delayed,
    )


def _told(parts: Parts, text: str, not_these: frozenset[str]) -> Bounce:
    """From what a server says in words, as qmail and older ones do."""
    head = _before_the_copy(text)
    found = _STATUS.search(head)
    code = _REPLY_CODE.search(head)
    delayed = holds_any(head, "bounces.delays")
    permanent = holds_any(head, "bounces.permanent")
    if found:
        permanent = found[1] == "5" and found[0] not in _PASSING
    elif holds_any(head, "bounces.temporary"):
        permanent = False
    elif code:
        permanent = code[1] == "5"
    sure = permanent and bool(found or code)
    named = _addresses(parts.first("x-failed-recipients"), not_these)
    return Bounce(
        permanent=permanent and (sure or not delayed),
        addresses=named or _addresses(head, not_these)[:1],
        status=found[0] if found else "",
        message_id=_original(parts, text),
        delayed=delayed and not sure,
    )


def _action(block: dict[str, str]) -> str:
    return block.get("action", "").split("(")[0].strip().lower()


def _status(block: dict[str, str]) -> str:
    """The enhanced status; the server's own words are more exact than a bare 5.0.0."""
    said = _STATUS.search(block.get("status", ""))
    diagnosed = _STATUS.search(block.get("diagnostic-code", "")[:2000])
    if diagnosed and (said is None or said[0].endswith(".0.0")):
        return diagnosed[0]
    return said[0] if said else ""


def _permanent(block: dict[str, str]) -> bool:
    status = _status(block)
    if status:
        return status.startswith("5.") and status not in _PASSING
    code = _REPLY_CODE.search(block.get("diagnostic-code", "")[:2000] + " ")
    return code[1] == "5" if code else True


def _recipient(block: dict[str, str]) -> str:
    """Whom we wrote to: the original recipient, where a forwarding hid it (RFC 3464 §2.3.1)."""
    for name in ("original-recipient", "final-recipient"):
        found = _ADDRESS.search(block.get(name, "")[:500])
        if found:
            return found[0].lower()
    return ""


def _original(parts: Parts, text: str) -> str:
    """Our message's id: of what is given back, of the text, or of what the report answers."""
    returned = re.search(r"<[!-;=?-~]{1,250}>", parts.returned.get("message-id", "")[:500])
    if returned:
        return returned[0]
    for each in (text, *parts.texts):
        listed = _ID_LINE.search(each[:200_000])
        if listed:
            return listed[1]
    own = message_ids(parts, "message-id")
    return next((each for each in thread_of(parts) if each not in own), "")


def _before_the_copy(text: str) -> str:
    """A report's own words, without the copy of our letter below them."""
    cut = _COPY.search(text)
    return text[: cut.start()] if cut else text


def _addresses(text: str, not_these: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys(each.lower().rstrip(".") for each in _ADDRESS.findall(text[:_READ]))
    return tuple(each for each in found if each not in not_these and not _DAEMON.match(each))[:20]


def _away(text: str) -> bool:
    """A text that was written before, in its whole pattern: in doubt a person wrote it."""
    lines = [line.strip() for line in text[:2000].splitlines() if line.strip()]
    if lines and len(lines[0]) <= 40 and begins_any(lines[0], "choice.greetings"):
        lines = lines[1:]
    return (
        begins_any(" ".join(lines), "automatic.away")
        and holds_any(text[:2000], "automatic.away_too")
        and not holds_any(text[:2000], "automatic.business")
    )
