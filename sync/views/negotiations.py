"""Negotiations: a reference for each row that has none, and how each row stands."""

import re
from collections.abc import Iterator, Sequence

from sheet_templates import headings
from sync.domain.facts import Facts, Negotiation
from sync.domain.negotiation import Result
from sync.key_text import folded_name, key_text
from sync.views.cells import differing
from sync.workbook import Cell, Change, Row, SetCells, Snapshot, Tab

_TAB = "negotiations"
_NUMBERED = re.compile(r"N-(\d{1,9})")


def negotiations(
    snapshot: Snapshot, facts: Facts, results: Sequence[Result | None]
) -> Iterator[Change]:
    """References for finished rows without one, and how each row stands.

    `results` stand beside `facts.negotiations`.
    """
    tab = snapshot.tabs.get(_TAB)
    if tab is None or "ref" not in tab.columns:
        return
    outcomes = {
        row.ref: outcome_text(snapshot.language, result)
        for row, result in zip(facts.negotiations, results, strict=True)
        if row.ref is not None
    }
    number = _highest(snapshot)
    new = [row for row in tab.rows if _is_new(tab, row)]
    for row in tab.rows:
        ref = key_text(tab.value(row, "ref"))
        if ref is not None and (changed := differing(tab, row, {"outcome": outcomes.get(ref)})):
            yield SetCells(tab=_TAB, row=ref, values=changed)
    for row, result in zip(new, _results_of(tab, new, facts, results), strict=True):
        number += 1
        wanted: dict[str, Cell] = {"ref": f"N-{number:04d}"}
        wanted |= differing(tab, row, {"outcome": outcome_text(snapshot.language, result)})
        yield SetCells(tab=_TAB, row=row.number, values=wanted)


def outcome_text(language: str, result: Result | None) -> str | None:
    """What the tab says of a row; nothing for a note."""
    return headings.value_text(language, "outcome", result.value) if result else None


def _results_of(
    tab: Tab, new: Sequence[Row], facts: Facts, results: Sequence[Result | None]
) -> Sequence[Result | None]:
    """How the rows without a reference stand, None where that is not certain until the next run.

    Facts carry no row numbers; both lists are in the sheet's order. Rows that could not be read
    are missing among the facts, so a pair counts only when all of them fit.
    """
    nameless = [
        (fact, result)
        for fact, result in zip(facts.negotiations, results, strict=True)
        if fact.ref is None
    ]
    fits = len(nameless) == len(new) and all(
        _is_of(tab, row, fact) for row, (fact, _) in zip(new, nameless, strict=True)
    )
    return [result for _, result in nameless] if fits else [None] * len(new)


def _is_of(tab: Tab, row: Row, fact: Negotiation) -> bool:
    kind, client = tab.value(row, "kind"), key_text(tab.value(row, "client"))
    return (
        isinstance(kind, str)
        and headings.value_code("kind", kind) == fact.kind.value
        and client is not None
        and folded_name(client) == folded_name(fact.client)
    )


def _is_new(tab: Tab, row: Row) -> bool:
    """Whether a row without reference says when, who and what; a row half typed can wait."""
    return key_text(tab.value(row, "ref")) is None and all(
        tab.value(row, column) is not None for column in ("at", "client", "kind")
    )


def _highest(snapshot: Snapshot) -> int:
    """The highest number that any row has, or that an instalment still remembers."""
    highest = 0
    for tab_key, column in ((_TAB, "ref"), ("instalments", "agreement")):
        tab = snapshot.tabs.get(tab_key)
        for row in tab.rows if tab else ():
            match = _NUMBERED.fullmatch(key_text(tab.value(row, column)) or "") if tab else None
            highest = max(highest, int(match[1]) if match else 0)
    return highest
