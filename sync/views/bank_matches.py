"""Bank lines that wait for a person's word, each with what it most likely pays.

While a tick is pending rows keep their places (new ones below, settled ones blank). A row with a
tick stays as it is until the tick was carried out, for the tick is about what it shows. So does
one whose line this ledger does not know: its file may be read again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from sync.bank.entered import Known
from sync.bank.matching import Match
from sync.bank.statement import BankLine
from sync.key_text import key_text
from sync.rows.lists import read_flag
from sync.views.cells import clipped, joined
from sync.words import words
from sync.workbook import Cell, CellError, Change, ReplaceBody, Row, Snapshot, Tab

_TAB = "bank_matches"
_CHOICES = ("confirm", "ignore", "receivable_override")
_MARKS = {Known.SAME: "entered", Known.MAYBE: "perhaps_entered"}
_COLUMNS = ("id", "posted_on", "amount", "payer", "memo", "receivable", "confidence", *_CHOICES)


class Waiting(Protocol):
    """A line, what it most likely pays, and whether its money stands in the workbook already."""

    @property
    def line(self) -> BankLine:
        """The bank's line."""
        ...

    @property
    def match(self) -> Match:
        """What it most likely pays."""
        ...

    @property
    def known(self) -> Known:
        """Whether its money stands in the workbook already."""
        ...


def bank_matches(
    snapshot: Snapshot, waiting: Sequence[Waiting], known: Collection[str]
) -> Iterator[Change]:
    """The whole tab; nothing for a workbook without it. `known` are all ids the ledger knows."""
    tab = snapshot.tabs.get(_TAB)
    if tab is not None:
        yield ReplaceBody(tab=_TAB, rows=_placed(tab, snapshot.language, waiting, known))


def _placed(
    tab: Tab, language: str, waiting: Sequence[Waiting], known: Collection[str]
) -> tuple[Mapping[str, Cell], ...]:
    rows = {each.line.id: _row(language, each) for each in waiting}
    left = dict(rows)
    kept: dict[int, Mapping[str, Cell]] = {}
    pending = False
    for row in tab.rows:
        line = key_text(tab.value(row, "id"))
        if _is_ticked(tab, row) and (line in rows or line not in known):
            pending = True
            kept[row.number] = {
                column: _as_it_stands(tab.value(row, column)) for column in _COLUMNS
            }
            left.pop(line or "", None)
        elif line in left:
            kept[row.number] = left.pop(line)
    if not pending:
        return tuple(rows.values())  # by day
    last = max(row.number for row in tab.rows)
    placed: list[Mapping[str, Cell]] = [kept.get(number, {}) for number in range(2, last + 1)]
    return (*placed, *left.values())


def _as_it_stands(cell: Cell) -> Cell:
    return None if isinstance(cell, CellError) else cell


def _is_ticked(tab: Tab, row: Row) -> bool:
    """Whether a person ticked or typed something here: a flag that says no is nothing."""
    cells = [tab.value(row, column) for column in _CHOICES]
    return any(read_flag(cell, "").value is not False for cell in cells)  # a blank is a no


def _row(language: str, waiting: Waiting) -> dict[str, Cell]:
    line, match = waiting.line, waiting.match
    memo = line.memo or line.document
    if waiting.known is not Known.NEW:
        memo = words(language, f"views.bank.{_MARKS[waiting.known]}", memo=memo).strip()
    entered = waiting.known is Known.SAME
    return {
        "id": line.id,
        "posted_on": line.posted_on,
        "amount": line.amount,
        "payer": clipped(line.payer or line.payer_tax_id) or None,
        "memo": clipped(memo) or None,
        "receivable": None if entered else joined(match.items),
        "confidence": None if entered or not match.confidence else match.confidence,
    }
