"""Negotiations: a reference for each row that has none, and how each row stands."""

from collections.abc import Iterator, Sequence

from sheet_templates import headings
from sync.domain.facts import Facts
from sync.domain.negotiation import Result
from sync.key_text import key_text
from sync.negotiation_rows import TAB, facts_of, highest_number, new_rows, numbered
from sync.views.cells import differing
from sync.workbook import Cell, Change, SetCells, Snapshot


def negotiations(
    snapshot: Snapshot, facts: Facts, results: Sequence[Result | None]
) -> Iterator[Change]:
    """References for finished rows without one, and how each row stands.

    `results` stand beside `facts.negotiations`. How a row without a reference stands is left out
    where that is not certain until the next run.
    """
    tab = snapshot.tabs.get(TAB)
    if tab is None or "ref" not in tab.columns:
        return
    outcomes = {
        row.ref: outcome_text(snapshot.language, result)
        for row, result in zip(facts.negotiations, results, strict=True)
        if row.ref is not None
    }
    for row in tab.rows:
        ref = key_text(tab.value(row, "ref"))
        if ref is not None and (changed := differing(tab, row, {"outcome": outcomes.get(ref)})):
            yield SetCells(tab=TAB, row=ref, values=changed)
    new = new_rows(tab)
    places = facts_of(tab, new, facts)
    known = [results[n] for n in places] if places is not None else [None] * len(new)
    number = highest_number(snapshot)
    for row, result in zip(new, known, strict=True):
        number += 1
        wanted: dict[str, Cell] = {"ref": numbered(number)}
        wanted |= differing(tab, row, {"outcome": outcome_text(snapshot.language, result)})
        yield SetCells(tab=TAB, row=row.number, values=wanted)


def outcome_text(language: str, result: Result | None) -> str | None:
    """What the tab says of a row; nothing for a note."""
    return headings.value_text(language, "outcome", result.value) if result else None
