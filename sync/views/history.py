"""History: rows for claims before anything leaves, and outcomes afterwards.

A row that was written is never changed, its outcome aside. What the ledger knows and the tab does
not (a workbook restored from yesterday, a tab that somebody cleared) is written again.
"""

from collections.abc import Iterable, Iterator, Mapping

from sheet_templates import headings
from sheet_templates.schema import TABS
from sync.domain.facts import Outcome, Reminder
from sync.history_keys import encode_keys
from sync.key_text import key_text
from sync.step_names import step_text
from sync.views.cells import clipped, joined, local, same
from sync.views.view_input import HistoryNote
from sync.workbook import AppendRows, Cell, Change, Row, SetCells, Snapshot, Tab

_TAB = "history"
_NO_NOTE = HistoryNote()


def claims(
    language: str, reminders: Iterable[Reminder], notes: Mapping[str, HistoryNote]
) -> AppendRows:
    """The rows that claim these messages: outcome Sending for what is about to leave.

    What a person skipped or did by hand comes with its final outcome and gets the same row.
    `notes` are by reference; without one, subject, run and by stay blank.
    """
    rows = tuple(_row(each, notes.get(each.reference, _NO_NOTE), language) for each in reminders)
    return AppendRows(tab=_TAB, rows=rows)


def history(
    snapshot: Snapshot,
    reminders: Iterable[Reminder],
    notes: Mapping[str, HistoryNote],
) -> Iterator[Change]:
    """Outcomes that History does not show yet, and the rows that it lacks, by time."""
    tab = snapshot.tabs.get(_TAB)
    if tab is None or "reference" not in tab.columns:
        return
    shown: dict[str, list[Row]] = {}
    for row in tab.rows:
        reference = key_text(tab.value(row, "reference"))
        if reference:
            shown.setdefault(reference, []).append(row)
    missing: list[Reminder] = []
    for reminder in reminders:
        rows = shown.get(reminder.reference)
        if rows:
            yield from _outcome(tab, rows, reminder, snapshot.language)
        elif reminder.reference and reminder.outcome is not Outcome.CANCELLED:
            missing.append(reminder)  # a cancelled message never left: no row to restore
    if missing:
        missing.sort(key=lambda reminder: (local(reminder.at), reminder.reference))
        yield claims(snapshot.language, missing, notes)


def _outcome(tab: Tab, rows: list[Row], reminder: Reminder, language: str) -> Iterator[Change]:
    """The outcome of one message, on each row that tells of it."""
    if "outcome" not in tab.columns:
        return
    outcome = outcome_text(language, reminder.outcome)
    key_column = TABS[_TAB].key_columns[0]
    for row in rows:
        if not same(tab.value(row, "outcome"), outcome):
            # What a person did by hand has no Message-ID: its row is known by its place.
            key = key_text(tab.value(row, key_column)) or row.number
            yield SetCells(tab=_TAB, row=key, values={"outcome": outcome})


def _row(reminder: Reminder, note: HistoryNote, language: str) -> dict[str, Cell]:
    """One whole row of History."""
    invoices = reminder.receivables or tuple(dict.fromkeys(key.invoice for key in reminder.keys))
    return {
        "at": local(reminder.at),
        "client": clipped(reminder.client),
        "step": clipped(step_text(language, reminder.step)),
        "channel": headings.value_text(language, "channel", reminder.channel.value),
        "to": joined(reminder.to),
        "subject": clipped(note.subject) or None,
        "receivables": joined(invoices),
        "total": reminder.total,
        "valid_until": reminder.valid_until,
        "reference": reminder.reference,
        "message_id": reminder.message_id,
        "run": note.run or None,
        "by": note.by or None,
        "keys": encode_keys(reminder.keys) or None,
        "outcome": outcome_text(language, reminder.outcome),
    }


def outcome_text(language: str, outcome: Outcome) -> str:
    """What History says became of a message."""
    return headings.value_text(language, "history_outcome", outcome.value)
