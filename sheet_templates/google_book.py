"""What every request of set-up depends on, and the protection of what is the service's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheet_templates import headings
from sheet_templates.google_layout import PAGE_ROWS, letters, made_id, quoted
from sheet_templates.schema import COLUMN_LISTS, TABS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sheet_templates.google_cells import Json
    from sheet_templates.google_present import PresentSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What every tab's requests depend on.

    `ids` and `titles` give each tab of the schema as it stands or will stand; `places` the index of
    each of its columns; `rows` the first rows of new tabs and `spare_rows` how many blank ones
    follow them.
    """

    language: str
    present: PresentSheet
    editor: str
    ids: Mapping[str, int]
    titles: Mapping[str, str]
    places: Mapping[str, Mapping[str, int]]
    rows: Mapping[str, Sequence[Mapping[str, object]]]
    spare_rows: int

    def row_count(self, key: str) -> int:
        """Return how many rows a new tab has; it grows when they are full."""
        if key in TABS and not TABS[key].tabular:
            return PAGE_ROWS
        return 1 + len(self.rows.get(key, ())) + self.spare_rows

    def source(self, list_name: str) -> str:
        """Return the range of a drop-down whose values are another tab's column."""
        tab, column = COLUMN_LISTS[list_name]
        letter = letters(self.places[tab][column])
        return f"={quoted(self.titles[tab])}!${letter}$2:${letter}"


def protection(name: str, id_: int, book: Book, free: Sequence[Json] = ()) -> Iterator[Json]:
    """Yield the protection of a tab of the service's own, or the service's place in it."""
    made = made_id(f"protection:{name}")
    there = book.present.by_id(id_)
    editors = there.protections.get(made) if there is not None else None
    if editors is None:
        wanted: Json = {
            "protectedRangeId": made,
            "range": {"sheetId": id_},
            "description": headings.locale(book.language)["google"]["protection"],
            "warningOnly": False,
            "editors": {"users": [book.editor]},
        }
        if free:
            wanted["unprotectedRanges"] = list(free)
        yield {"addProtectedRange": {"protectedRange": wanted}}
    elif book.editor.casefold() not in map(str.casefold, editors):
        wanted = {"protectedRangeId": made, "editors": {"users": [*editors, book.editor]}}
        yield {"updateProtectedRange": {"protectedRange": wanted, "fields": "editors"}}
