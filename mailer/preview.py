"""A page that shows messages exactly as they would leave. It only shows; it sends nothing.

Each letter stands in a sandboxed frame, where nothing in it can run or load; its picture comes from
the message's own bytes. Used for `plan --html` and for the folder transport's index.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from mailer.richtext import layout
from mailer.words import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailer.letter import Language, OutgoingMessage

_SHOWN_HEADERS = (
    "Date",
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "Auto-Submitted",
    "Content-Language",
    "X-Regua-Reference",
)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A table in the caller's own words, such as what is held and why."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def page(
    messages: Sequence[OutgoingMessage],
    *,
    language: Language,
    held: Rows | None = None,
    title: str = "",
    summary: Sequence[tuple[str, str]] = (),
    files: tuple[str, ...] = (),
    older: tuple[str, ...] = (),
) -> str:
    """An HTML document, complete in itself.

    Args:
        messages: what would leave.
        language: of the page's own words.
        held: what would not, or None for no such part.
        title: in place of the usual one.
        summary: name and value pairs shown at the top.
        files: the .eml file of each message, in the same order, or ().
        older: names of files that are only linked.
    """
    words = words_of(language)
    named = files or ("",) * len(messages)
    return layout("preview.html").render(
        language=language,
        words=words,
        title=title or words("preview.title"),
        count=words.count("preview.messages", len(messages)),
        summary=summary,
        letters=[_shown(each, file) for each, file in zip(messages, named, strict=True)],
        held=held,
        older=older,
    )


def _shown(message: OutgoingMessage, file: str) -> dict[str, object]:
    parsed = message_from_bytes(message.raw, policy=policy.default)
    html = message.html
    for part in parsed.walk():
        cid = str(part.get("Content-ID", "")).strip("<>")
        if cid and part.get_content_maintype() == "image":
            data = b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{cid}", f"data:{part.get_content_type()};base64,{data}")
    return {
        "client": message.client or ", ".join(message.to),
        "sender": message.sender,
        "to": ", ".join(message.to),
        "cc": ", ".join(message.cc),
        "subject": message.subject,
        "reference": message.reference,
        "html": html,
        "text": message.text,
        "headers": [(name, str(parsed[name])) for name in _SHOWN_HEADERS if parsed[name]],
        "file": file,
    }
