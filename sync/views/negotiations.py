"""Negotiations: a reference for each row that has none, and how each row stands."""

import re
from collections.abc import Iterator, Sequence

from sheet_templates import headings
from sync.domain.facts import Facts
from sync.domain.negotiation import Result
from sync.key_text import key_text
from sync.views.cells import differing
from sync.workbook import Cell, Change, Row, SetCells, Snapshot, Tab

_TAB = "negotiations"
_NUMBERED = re.compile(r"N-(\d{1,9})")


def negotiations(
    snapshot: Snapshot, facts: Facts, results: Sequence[Result | None]
) -> Iterator[Change]:
    """References for finished rows without one, and outcomes by reference.

    `results` stand beside `facts.negotiations`. A row that gets its reference now shows its
    outcome from the next run on.
    """
    tab = snapshot.tabs.get(_TAB)
    if tab is None or "ref" not in tab.columns:
        return
    outcomes = {
        row.ref: headings.value_text(snapshot.language, "outcome", result.value)
        for row, result in zip(facts.negotiations, results, strict=True)
        if row.ref is not None and result is not None
    }
    number = _highest(snapshot)
    for row in tab.rows:
        ref = key_text(tab.value(row, "ref"))
        if ref is not None:
            wanted: dict[str, Cell] = {"outcome": outcomes.get(ref)}
            if changed := differing(tab, row, wanted):
                yield SetCells(tab=_TAB, row=ref, values=changed)
        elif _is_finished(tab, row):
            number += 1
            yield SetCells(tab=_TAB, row=row.number, values={"ref": f"N-{number:04d}"})


def _is_finished(tab: Tab, row: Row) -> bool:
    """Whether a person has said when, who and what; a row half typed can wait."""
    return all(tab.value(row, column) is not None for column in ("at", "client", "kind"))


def _highest(snapshot: Snapshot) -> int:
    """The highest number that any row has, or that an instalment still remembers."""
    highest = 0
    for tab_key, column in ((_TAB, "ref"), ("instalments", "agreement")):
        tab = snapshot.tabs.get(tab_key)
        for row in tab.rows if tab else ():
            match = _NUMBERED.fullmatch(key_text(tab.value(row, column)) or "") if tab else None
            highest = max(highest, int(match[1]) if match else 0)
    return highest
