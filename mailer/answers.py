"""A message that came in, read: a report of a server, an automatic answer, or a person's words.

Pure, and it never raises: what cannot be read comes back as an answer for a person. Only a person's
message can make a choice, and only when its plain and its HTML text say the same one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from mailer.answer_choice import Reading, read_words, replies, written
from mailer.answer_html import html_lines
from mailer.answer_machines import bounce_of, is_automatic
from mailer.answer_mime import Parts, decoded, read_parts
from mailer.answer_quotes import Split, split, strange_words
from mailer.answer_sender import (
    authentication_of,
    message_ids,
    names_of,
    sender_of,
    thread_of,
)
from mailer.answer_types import Answer, Authentication, Bounce, Kind, Says
from mailer.answer_words import begins_any
from mailer.reference import MESSAGE, find, find_references, without_codes
from mailer.words import clean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = [
    "Answer",
    "Authentication",
    "Bounce",
    "Kind",
    "Says",
    "read_answer",
    "typed_into_quotation",
]

T = TypeVar("T")

TEXT_SHOWN = 500
SUBJECT_SHOWN = 200
SUBJECT_READ = 1_000

_MAILTO = re.compile(r"mailto:[^\s\"'<>]{1,600}", re.IGNORECASE)
_BRACKETS = re.compile(r"\[\s*\]")  # what is left around a code


def read_answer(
    raw: bytes,
    *,
    trusted_server: str | None = None,
    own_addresses: Collection[str] = (),
    cut: bool = False,
) -> Answer:
    """Read one message.

    Args:
        raw: its bytes.
        trusted_server: the id under which the team's own server writes Authentication-Results.
        own_addresses: bare addresses of the team; what they send is no answer.
        cut: the end is missing (`RawMail.cut`); then it is for a person whatever it says.
    """
    own = frozenset(address.lower() for address in own_addresses)
    parts = read_parts(raw)
    try:
        answer = _read(parts, trusted_server, own)
    except Exception:  # noqa: BLE001 - whatever a stranger wrote, a person can still look at it
        return Answer(kind="human", broken=True, contradicts=True)
    if cut or parts.broken or parts.calendar:
        return replace(answer, broken=cut or parts.broken, choice=None)
    return answer


def typed_into_quotation(answer: Answer, letter: str) -> tuple[str, ...]:
    """Words that stand in the quotation and not in our letter; a choice beside them is in doubt.

    Some programs quote without marks, and people write between the lines. To be asked once the
    letter is known that is answered.

    Args:
        answer: what was read.
        letter: that letter's text and HTML, one after the other.
    """
    found = (strange_words(each.split("\n"), letter) for each in answer.unmarked)
    return _together(found)


def _read(parts: Parts, trusted_server: str | None, own: frozenset[str]) -> Answer:
    sender = sender_of(parts)
    subject = decoded(parts.first("subject"))
    bodies = _bodies(parts)
    new = "\n".join(bodies[0].new) if bodies else ""
    quoted = "\n".join(line for body in bodies for line in body.quoted)
    bounce = bounce_of(parts, sender, own)
    machine = bounce is not None or is_automatic(parts, sender, new)
    kind: Kind = "bounce" if bounce else "automatic" if machine else "human"
    if kind == "human" and sender in own and not _through_a_list(parts):
        kind = "own"
    readings = _readings(parts, bodies)
    codes_text = _together(find("\n".join(body.new)) for body in bodies)
    shown = written(bodies[0].new) if bodies else ""
    answer = Answer(
        kind=kind,
        message_id=next(iter(message_ids(parts, "message-id")), ""),
        sender=sender,
        subject=clean(subject, SUBJECT_SHOWN),
        text=clean(shown, TEXT_SHOWN),
        codes_subject=find(subject),
        codes_text=codes_text,
        codes_quoted=find(f"{quoted}\n{_links(parts)}"),
        references=tuple(dict.fromkeys(find_references(f"{subject}\n{new}\n{quoted}"))),
        options=_together(reading.options for reading in readings),
        in_reply_to=thread_of(parts),
        authentication=authentication_of(parts, trusted_server, sender),
        bounce=bounce,
        unmarked=tuple("\n".join(body.unmarked) for body in bodies if body.unmarked),
    )
    if kind == "automatic" and begins_any(subject, "subject.unsubscribes") and not replies(subject):
        return replace(answer, says=frozenset({"unsubscribes"}))  # a button of a mail program's
    if kind != "human":
        return answer
    return _chosen(answer, subject, readings, parts)


def _links(parts: Parts) -> str:
    """Where the links of the HTML lead: a quoted letter keeps its codes there."""
    return "\n".join(link for markup in parts.htmls for link in _MAILTO.findall(markup)[:100])


def _through_a_list(parts: Parts) -> bool:
    """Whether a list took a customer's message in and put its own address into From."""
    return any(parts.first(name) for name in ("list-id", "x-original-from", "x-original-sender"))


def _chosen(answer: Answer, subject: str, readings: list[Reading], parts: Parts) -> Answer:
    """What a person's words choose, if they plainly choose one thing."""
    said: set[Says] = {word for reading in readings for word in reading.says}
    if begins_any(subject, "subject.unsubscribes") and not replies(subject):
        said.add("unsubscribes")
    names = names_of(parts)
    fresh = not answer.in_reply_to and not replies(subject)
    heading = Reading(nothing=not fresh)
    if fresh and len(parts.first("subject")) <= SUBJECT_READ:
        heading = read_words([_BRACKETS.sub(" ", without_codes(subject))], names)
    signed = {code.choice for code in answer.codes_subject if code.choice != MESSAGE}
    pasted = {code.choice for code in answer.codes_text if code.choice != MESSAGE}
    choice = _agreed(readings, signed, heading, fresh=fresh)
    at_odds = bool(pasted - {choice}) or len(signed) > 1 or "refuses" in heading.says
    if at_odds or "unsubscribes" in said:
        choice = None
    meant = bool(answer.options or signed or pasted) or "accepts" in said
    refused = "refuses" in said
    return replace(
        answer,
        choice=choice,
        says=frozenset(said),
        contradicts=choice is None and (meant or refused or at_odds),
    )


def _agreed(
    readings: list[Reading], signed: set[str], heading: Reading, *, fresh: bool
) -> str | None:
    """The one choice of subject and all bodies; None when they differ, or any is in doubt."""
    if len(signed) > 1:
        return None
    of_subject = next(iter(signed), None)
    if of_subject and fresh and not (heading.nothing or heading.choice == of_subject):
        return None
    if all(reading.nothing for reading in readings):
        # An old subject stays on a thread for ever: without words only a new message counts.
        return of_subject if fresh else None
    said = {_one(reading, of_subject, fresh=fresh) for reading in readings}
    if len(said) != 1:
        return None
    choice = said.pop()
    return None if of_subject and choice != of_subject else choice


def _one(reading: Reading, of_subject: str | None, *, fresh: bool) -> str | None:
    """The choice of one body; a ready answer may be given its reason or a telephone number."""
    if reading.choice or not fresh or not of_subject or of_subject not in "DC":
        return reading.choice
    if reading.opens != of_subject or "accepts" in reading.says or "refuses" in reading.says:
        return None
    return of_subject


def _bodies(parts: Parts) -> list[Split]:
    """The plain text, then the HTML; each without its quotation, empty ones left out."""
    plain = "\n".join(parts.texts).replace("\r\n", "\n").replace("\r", "\n")
    found = []
    if plain.strip():
        found.append(split(plain.split("\n")))
    lines = html_lines("\n<br>\n".join(parts.htmls)) if parts.htmls else []
    if any(line.strip() for line in lines):
        found.append(split(lines))
    return found


def _readings(parts: Parts, bodies: list[Split]) -> list[Reading]:
    names = names_of(parts)
    texts = (without_codes("\n".join(body.new)) for body in bodies)
    return [read_words(_BRACKETS.sub(" ", text).split("\n"), names) for text in texts]


def _together(groups: Iterable[Iterable[T]]) -> tuple[T, ...]:
    """All members in their order, without doubles."""
    return tuple(dict.fromkeys(member for group in groups for member in group))
