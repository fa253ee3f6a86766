"""Bank lines that wait for a person's word, each with what it most likely pays.

While a tick is pending rows keep their places (new ones below, settled ones blank). A row with a
tick whose line this ledger does not know stays as it is: its file may be read again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sync.bank.matching import Match
from sync.bank.statement import BankLine
from sync.key_text import key_text
from sync.views.cells import clipped, joined
from sync.words import words
from sync.workbook import Cell, Change, ReplaceBody, Row, Snapshot, Tab

_TAB = "bank_matches"
_CHOICES = ("confirm", "ignore", "receivable_override")
_COLUMNS = ("id", "posted_on", "amount", "payer", "memo", "receivable", "confidence", *_CHOICES)


class Waiting(Protocol):
    """A line, what it most likely pays, and whether somebody entered its money by hand."""

    @property
    def line(self) -> BankLine:
        """The bank's line."""
        ...

    @property
    def match(self) -> Match:
        """What it most likely pays."""
        ...

    @property
    def is_entered(self) -> bool:
        """Whether its money stands in the workbook already."""
        ...


def bank_matches(snapshot: Snapshot, waiting: Sequence[Waiting]) -> Iterator[Change]:
    """The whole tab; nothing for a workbook without it."""
    tab = snapshot.tabs.get(_TAB)
    if tab is not None:
        yield ReplaceBody(tab=_TAB, rows=_placed(tab, snapshot.language, waiting))


def _placed(tab: Tab, language: str, waiting: Sequence[Waiting]) -> tuple[Mapping[str, Cell], ...]:
    ticks = {row.number: _ticks(tab, row) for row in tab.rows}
    rows = {each.line.id: _row(language, each) for each in waiting}
    kept: dict[int, Mapping[str, Cell]] = {}
    for row in tab.rows:
        line = key_text(tab.value(row, "id"))
        if line in rows:
            kept[row.number] = {**rows.pop(line), **ticks[row.number]}
        elif ticks[row.number]:
            kept[row.number] = {column: tab.value(row, column) for column in _COLUMNS}
    if not any(ticks[number] for number in kept):
        return tuple(_row(language, each) for each in waiting)  # nothing pending: by day
    last = max(kept, default=1)
    placed: list[Mapping[str, Cell]] = [kept.get(number, {}) for number in range(2, last + 1)]
    return (*placed, *rows.values())


def _ticks(tab: Tab, row: Row) -> dict[str, Cell]:
    """What a person ticked or typed beside a line, as it stands."""
    found = {column: tab.value(row, column) for column in _CHOICES if column in tab.columns}
    return {column: value for column, value in found.items() if value not in {None, False}}


def _row(language: str, waiting: Waiting) -> dict[str, Cell]:
    line, match = waiting.line, waiting.match
    memo = line.memo or line.document
    if waiting.is_entered:
        memo = words(language, "views.bank.entered", memo=memo).strip()
    return {
        "id": line.id,
        "posted_on": line.posted_on,
        "amount": line.amount,
        "payer": clipped(line.payer or line.payer_tax_id) or None,
        "memo": clipped(memo) or None,
        "receivable": joined(match.items),
        "confidence": None if waiting.is_entered or not match.confidence else match.confidence,
    }
