"""Which of the engine's words belong beside which row: by key, or without one by likeness.

A row of negotiations has no key that people type: it is known by when, with whom, what and about
which invoices. A person who corrects one of these four must not cost the row its reference, on
which instalments hang; so a reference that lost its row goes to the one row that lost its
reference and says the same in three of four. Where that is not plain, the row counts as new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheet_templates.google_layout import KEYS, SERVED, row_key
from sheet_templates.schema import TABS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sync.workbook import Cell

    Line = Mapping[str, Cell]


def beside(tab: str, rows: Sequence[Line], told: Sequence[tuple[str, Line]]) -> list[Line]:
    """Return what the engine says beside each row, {} where it says nothing.

    Args:
        tab: The tab's key.
        rows: What people's columns hold, row by row.
        told: The rows of the hidden tab: key and engine values; ("", {}) is a free one.
    """
    if tab not in SERVED:
        return [{} for _ in rows]
    names = [row_key(row, tab) for row in rows]
    if TABS[tab].key_columns[0] in KEYS[tab]:
        by_name: dict[str, Line] = {}
        for name, said in told:
            by_name.setdefault(name, said)
        return [by_name.get(name, {}) if name else {} for name in names]
    return _each_once(names, told)


def _each_once(names: Sequence[str], told: Sequence[tuple[str, Line]]) -> list[Line]:
    """Give each saying to one row: of two rows that say the same, each has its own."""
    places: dict[str, list[int]] = {}
    for at, (name, _) in enumerate(told):
        places.setdefault(name, []).append(at)
    found: list[Line | None] = []
    for name in names:
        left = places.get(name, []) if name else []
        found.append(told[left.pop(0)][1] if left else None)
    lost = [told[at] for name, left in places.items() if name for at in left]
    bare = [at for at, said in enumerate(found) if said is None and names[at]]
    for at, said in _alike({at: names[at] for at in bare}, lost):
        found[at] = said
    return [said if said is not None else {} for said in found]


def _alike(bare: Mapping[int, str], lost: Sequence[tuple[str, Line]]) -> list[tuple[int, Line]]:
    """The pairs of a row and a saying that can only mean each other."""
    fits = {
        at: [number for number, (old, _) in enumerate(lost) if _is_correction(old, name)]
        for at, name in bare.items()
    }
    wanted_by: dict[int, int] = {}
    for numbers in fits.values():
        for number in numbers:
            wanted_by[number] = wanted_by.get(number, 0) + 1
    return [
        (at, lost[numbers[0]][1])
        for at, numbers in fits.items()
        if len(numbers) == 1 and wanted_by[numbers[0]] == 1
    ]


def _is_correction(old: str, new: str) -> bool:
    before, after = old.split("|"), new.split("|")
    if len(before) != len(after) or len(before) != len(KEYS["negotiations"]):
        return False
    return sum(one.strip() == other.strip() for one, other in zip(before, after, strict=True)) == 3
