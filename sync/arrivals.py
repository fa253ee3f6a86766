"""A cheap look between runs: is there mail, or a bank file, that no run has taken in?

Numbers and names are compared, no message is read. What a run could not take in (a file that it
refused, a message that the server does not give) is asked for once, not every few minutes.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from mailer.errors import ConfigurationError, InboxError
from sync.bank_folder import digest_of, files_in
from sync.ledger import Ledger
from sync.ledger_bank import LineState

_LOG = logging.getLogger("regua.arrivals")


class Mailbox(Protocol):
    """The part of an inbox that is needed here."""

    @property
    def mailbox(self) -> str:
        """Account and folder."""
        ...

    def unknown(self, known: Callable[[int, int], bool]) -> frozenset[tuple[int, int]]:
        """Which messages (uidvalidity, uid) `known` denies. Raises InboxError and others."""
        ...


Mark: TypeAlias = tuple[str, int, int]
"""A message (mailbox, uidvalidity, uid) or a file (path, size, time of change)."""


@dataclass(slots=True)
class Arrivals:
    """What one workbook's mailbox and bank folder hold that no run took in.

    A mailbox that cannot be reached has nothing new; the log tells it once, until it changes.
    """

    _found: frozenset[Mark] = frozenset()
    _asked: set[Mark] = field(default_factory=set)
    _trouble: str | None = None

    def pending(
        self,
        ledger: Ledger,
        workbook_id: str,
        open_mailbox: Callable[[], Mailbox] | None,
        folder: Path | None,
    ) -> bool:
        """Whether a run would have something to take in, or to write that it took in before."""
        new = [
            *self._mail(ledger, workbook_id, open_mailbox),
            *self._files(ledger, workbook_id, folder),
        ]
        self._found = frozenset(new)
        waiting = ledger.mail.pending(workbook_id)
        confirmed = ledger.bank.lines(workbook_id, LineState.CONFIRMED)
        return bool(self._found or waiting or confirmed)

    def ran(self) -> None:
        """A run has looked at all of it: what it left is not asked for again."""
        self._asked |= self._found
        self._found = frozenset()

    def _mail(
        self, ledger: Ledger, workbook_id: str, open_mailbox: Callable[[], Mailbox] | None
    ) -> Iterator[Mark]:
        if open_mailbox is None:
            return
        known: dict[int, frozenset[int]] = {}
        try:
            box = open_mailbox()

            def is_known(uidvalidity: int, uid: int) -> bool:
                if uidvalidity not in known:
                    known[uidvalidity] = ledger.mail.known(workbook_id, box.mailbox, uidvalidity)
                return uid in known[uidvalidity]

            unknown = box.unknown(is_known)
        except (InboxError, ConfigurationError) as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                _LOG.warning("mailbox: %s", error)
            return
        self._trouble = None
        marks = ((box.mailbox, *place) for place in sorted(unknown))
        yield from (mark for mark in marks if mark not in self._asked)

    def _files(self, ledger: Ledger, workbook_id: str, folder: Path | None) -> Iterator[Mark]:
        if folder is None or not folder.is_dir():
            return
        for path in files_in(folder):
            try:
                about = path.stat()
                mark = (str(path), about.st_size, about.st_mtime_ns)
                if mark in self._asked:
                    continue
                digest = digest_of(path)
            except OSError:  # being written, or gone: the next look tells
                continue
            if ledger.bank.has_read(workbook_id, digest):
                self._asked.add(mark)
            else:
                yield mark
