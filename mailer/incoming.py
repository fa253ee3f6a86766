"""A message as a mailbox has it, and what every place that messages come from can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMail:
    """One message, read and left as it was.

    Attributes:
        mailbox: account and folder, such as `cobranca@imap.example.com/INBOX`.
        uidvalidity: the numbering that the uid belongs to (RFC 3501 §2.3.1.1).
        uid: its number in the folder.
        raw: its bytes; without its large parts when `cut`.
        size: bytes on the server.
        received_at: when the server took it in (INTERNALDATE), with its zone; what the sender
            wrote into Date is no witness.
        cut: too big; only headers and text parts were fetched.
    """

    mailbox: str
    uidvalidity: int
    uid: int
    raw: bytes = field(repr=False)
    size: int
    received_at: datetime
    cut: bool = False


class Inbox(Protocol):
    """Where answers arrive; `mailbox` as `RawMail` has it."""

    @property
    def mailbox(self) -> str:
        """Account and folder."""
        ...

    def new_messages(self, known: Callable[[int, int], bool]) -> Iterator[RawMail]:
        """Messages that `known(uidvalidity, uid)` denies, oldest first.

        Nothing in the mailbox changes by reading.

        Raises:
            InboxError: the mailbox cannot be read (further); what was yielded counts.
            ConfigurationError: a person has to change a setting.
        """

    def done(self, mail: RawMail) -> None:
        """The message was handled for good: flag or move it, where that is configured.

        Raises:
            InboxError: it could not be; harmless, since the ledger knows the message.
        """
