"""Headers that say what was meant: checked, encoded and folded in one place.

The standard library folds every header at the policy's width. Message ids and List-Unsubscribe must
not be cut inside a word, and encoded words must stay within 75 characters (RFC 2047 §2), so those
are folded here and the rest is left to it.
"""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from email.policy import EmailPolicy
from typing import Any

from mailer.errors import UnsafeHeader

_WHOLE_WORDS = frozenset(
    {"message-id", "in-reply-to", "references", "list-unsubscribe", "x-regua-reference"}
)
_MAILBOXES = frozenset({"from", "to", "cc", "reply-to"})
_CHUNK = 45  # bytes; 60 in base64, 72 with =?utf-8?b? and ?=


class LetterPolicy(EmailPolicy):
    """`email.policy.SMTP` for 7-bit letters with our own folding of the delicate headers."""

    def fold(self, name: str, value: Any) -> str:
        """One header with its line ends."""
        key = name.lower()
        if key in _WHOLE_WORDS:
            return f"{name}: " + "\r\n ".join(str(value).split()) + "\r\n"
        if key in _MAILBOXES:
            boxes = (mailbox_text(box.display_name, box.addr_spec) for box in value.addresses)
            return f"{name}: " + ",\r\n ".join(boxes) + "\r\n"
        if key == "subject":
            return f"{name}: {encoded(str(value))}\r\n"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header as bytes; all of ours are ASCII."""
        return self.fold(name, value).encode("ascii", "surrogateescape")


LETTER_POLICY = LetterPolicy(linesep="\r\n", cte_type="7bit", max_line_length=76)


def safe(name: str, text: str) -> str:
    """The text, if it may stand in a header.

    Raises:
        UnsafeHeader: for a line break or any other control character.
    """
    for mark in text:
        if unicodedata.category(mark) in {"Cc", "Cs", "Zl", "Zp"}:
            raise UnsafeHeader(
                f"The {name} holds a line break or control character (U+{ord(mark):04X}); "
                "it would forge headers, so nothing was made."
            )
    return text


def encoded(text: str) -> str:
    """Text as ASCII; what needs it as encoded words that never split a character."""
    if text.isascii() and "=?" not in text and len(text) <= 70:
        return text
    chunks: list[bytes] = [b""]
    for mark in text:
        data = mark.encode()
        if len(chunks[-1]) + len(data) > _CHUNK:
            chunks.append(b"")
        chunks[-1] += data
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)


def mailbox_text(name: str, address: str) -> str:
    """`name <address>`, the name quoted or encoded as it needs."""
    if not name:
        return address
    if name.isascii() and len(name) <= 70 and "=?" not in name:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + f'" <{address}>'
    return f"{encoded(name)}\r\n <{address}>"
