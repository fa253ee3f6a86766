"""The rows of the negotiations tab: which has no reference yet, and which fact each is."""

import hashlib
import re
from base64 import b32encode
from collections.abc import Sequence

from sheet_templates import headings
from sync.domain.facts import Facts, Negotiation
from sync.key_text import folded_name, key_text
from sync.workbook import Row, Snapshot, Tab

TAB = "negotiations"
_NUMBERED = re.compile(r"N-(\d{1,9})")


def new_rows(tab: Tab) -> list[Row]:
    """Rows without a reference that say when, who and what; a row half typed can wait."""
    return [
        row
        for row in tab.rows
        if key_text(tab.value(row, "ref")) is None
        and all(tab.value(row, column) is not None for column in ("at", "client", "kind"))
    ]


def facts_of(tab: Tab, rows: Sequence[Row], facts: Facts) -> list[int] | None:
    """Of each new row, in order, its index in Facts.negotiations; None where that is not certain.

    Facts carry no row numbers; both lists are in the sheet's order. Rows that could not be read
    are missing among the facts, so a pair counts only when all of them fit.
    """
    nameless = [n for n, fact in enumerate(facts.negotiations) if fact.ref is None]
    fits = len(nameless) == len(rows) and all(
        _is_of(tab, row, facts.negotiations[n]) for row, n in zip(rows, nameless, strict=True)
    )
    return nameless if fits else None


def row_of(tab: Tab, facts: Facts, index: int) -> Row | None:
    """The sheet's row of a fact: by its reference, else by its place among those without one."""
    ref = facts.negotiations[index].ref
    if ref is not None:
        return next((row for row in tab.rows if key_text(tab.value(row, "ref")) == ref), None)
    rows = new_rows(tab)
    places = facts_of(tab, rows, facts) or []
    return next((row for row, n in zip(rows, places, strict=False) if n == index), None)


def derived_ref(prefix: str, *cause: str) -> str:
    """The ref of a row that the engine writes: the same cause gives the same one, for ever."""
    content = "".join(f"{len(part)}:{part}" for part in cause)
    return prefix + b32encode(hashlib.sha256(content.encode()).digest()).decode()[:10]


def numbered(number: int) -> str:
    """The reference of a person's row: N-0001."""
    return f"N-{number:04d}"


def highest_number(snapshot: Snapshot) -> int:
    """The highest number that any row has, or that an instalment still remembers."""
    highest = 0
    for tab_key, column in ((TAB, "ref"), ("instalments", "agreement")):
        tab = snapshot.tabs.get(tab_key)
        for row in tab.rows if tab else ():
            match = _NUMBERED.fullmatch(key_text(tab.value(row, column)) or "") if tab else None
            highest = max(highest, int(match[1]) if match else 0)
    return highest


def _is_of(tab: Tab, row: Row, fact: Negotiation) -> bool:
    kind, client = tab.value(row, "kind"), key_text(tab.value(row, "client"))
    return (
        isinstance(kind, str)
        and headings.value_code("kind", kind) == fact.kind.value
        and client is not None
        and folded_name(client) == folded_name(fact.client)
    )
