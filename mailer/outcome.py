"""How a message leaves: what every transport promises, and what it answers.

`deliver` calls `on_commit` at the one moment after which the message may have left. Before that
call nothing can have reached anybody; after it, only a clear answer says what happened, and
anything else is `Uncertain`, which nobody may send again by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from mailer.letter import OutgoingMessage

Stage = Literal["connect", "sender", "recipients", "data", "body", "folder"]


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The other side took responsibility.

    Attributes:
        server_reply: its words, such as `2.0.0 Ok: queued as 4F2A`.
        not_copied: copies that were refused; the letter went to its recipients without them.
    """

    server_reply: str
    not_copied: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Nothing left, for certain.

    Attributes:
        permanent: whether trying the same again is useless (a 5xx reply).
        code: the reply's code, or 0 when there was none.
        reason: the server's words, or ours.
        stage: how far it came; `connect` and `sender` concern every message alike.
    """

    permanent: bool
    code: int
    reason: str
    stage: Stage


@dataclass(frozen=True, kw_only=True)
class Uncertain:
    """It may have left or not; only a person, an answer or a bounce can tell."""

    reason: str


Outcome = Accepted | Refused | Uncertain


class Transport(Protocol):
    """A way out; a context manager, so that one connection serves many messages."""

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Outcome:
        """Send one message.

        Args:
            message: its `raw` bytes leave as they are.
            on_commit: records durably that the message is on its way. If it raises, nothing is
                sent and the exception goes on.

        Raises:
            ConfigurationError: a person has to act; nothing was sent and nothing committed.
        """
        ...

    def __enter__(self) -> Self:
        """Ready to deliver."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of what is held."""
        ...
