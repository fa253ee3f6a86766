"""What was read from a message that came in: plain values, nothing decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mailer.reference import Code

Kind = Literal["bounce", "automatic", "human", "own"]
Authentication = Literal["pass", "fail", "none"]
Says = Literal["accepts", "refuses", "paid", "disputes", "call", "unsubscribes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A report that a message did not arrive (RFC 3464, and what servers write instead).

    Attributes:
        permanent: the address will not take messages later either.
        addresses: whom it did not reach, bare and in lower case; empty when it does not say.
        status: the enhanced status (RFC 3463) such as `5.1.1`, or "" when there is none.
        message_id: of our message that did not arrive, or "".
        delayed: a warning only; the server goes on trying.
    """

    permanent: bool
    addresses: tuple[str, ...] = ()
    status: str = ""
    message_id: str = ""
    delayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One message, read.

    Attributes:
        kind: `own` came from one of our own addresses; `bounce` and `automatic` from a machine.
        message_id: its own, or "".
        sender: the bare address of From in lower case, or "" when there is not exactly one.
        subject: on one line, at most 200 characters.
        text: the new words only, plain, at most 500 characters.
        codes_subject, codes_text, codes_quoted: the codes in the subject, in the new words, and in
            what is quoted below them or in the links of the HTML; none of them verified.
        references: of our messages, as named without a signature anywhere: for finding, only.
        options: the numbers of options named in the new words, in their order.
        in_reply_to: message ids of In-Reply-To and References, the nearest first.
        authentication: what the receiving server found of the sender (RFC 8601).
        bounce: for `bounce`.
        contradicts: the new words hold more than one plain choice: a condition, a question, a
            refusal, other numbers.
        says: what the new words say, in general.
        choice: the one choice that it clearly names, as `Code.choice`; None in any doubt. Whether
            it counts (signature, sender, date, used before) is not decided here.
        unmarked: quotations, of the text and of the HTML, in which nothing tells typed words from
            quoted ones; see `answers.typed_into_quotation`.
        broken: it could not be read wholly (cut, or malformed); then `choice` is None.
    """

    kind: Kind
    message_id: str = ""
    sender: str = ""
    subject: str = ""
    text: str = field(default="", repr=False)
    codes_subject: tuple[Code, ...] = ()
    codes_text: tuple[Code, ...] = ()
    codes_quoted: tuple[Code, ...] = ()
    references: tuple[str, ...] = ()
    options: tuple[int, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    authentication: Authentication = "none"
    bounce: Bounce | None = None
    contradicts: bool = False
    says: frozenset[Says] = frozenset()
    choice: str | None = None
    unmarked: tuple[str, ...] = field(default=(), repr=False)
    broken: bool = False
