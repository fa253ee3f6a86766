"""A workbook that is an older copy of itself: restored from a backup, or saved over by somebody.

Its runs tab says how far it goes. What this ledger had written there since is asked for again:
rows that came of mail are written anew, and bank lines wait for a word once more. Otherwise who
paid, agreed or disputed would be reminded as if they never had.
"""

import logging

from sync.effects import refs_in
from sync.key_text import key_text
from sync.ledger import Ledger
from sync.look import Look
from sync.waiting import references
from sync.words import words
from sync.workbook import Change, Snapshot

_LOG = logging.getLogger("regua.arrivals")


class OlderCopy:
    """What an older copy lacks, as a source; the first of them, for the others write it."""

    def __init__(self, ledger: Ledger, workbook_id: str) -> None:
        self._ledger = ledger
        self._workbook_id = workbook_id

    def collect(self, seen: Look) -> None:
        """Put what this copy lacks among what waits, on the ledger's disk."""
        snapshot, ledger = seen.snapshot, self._ledger
        since = ledger.shown_until(self._workbook_id, _runs_in(snapshot))
        if since is None:
            return
        note = words(snapshot.language, "conversation.older_copy")
        rows = ledger.mail.write_again(self._workbook_id, since, refs_in(snapshot), note)
        lines = ledger.bank.ask_again(self._workbook_id, since, references(snapshot))
        _LOG.warning("older copy: ends at %s; mail %s, bank %s", since, rows, lines)

    def changes(self, seen: Look) -> list[Change]:
        """None of its own."""
        del seen
        return []

    def written(self, seen: Look) -> None:
        """Nothing to remember: the next run finds this one in the runs tab."""
        del seen


def _runs_in(snapshot: Snapshot) -> frozenset[str]:
    tab = snapshot.tabs.get("runs")
    if tab is None:
        return frozenset()
    names = (key_text(tab.value(row, "run")) for row in tab.rows)
    return frozenset(name for name in names if name is not None)
