"""Ranges as people write them (A1, R1C1, names) and as the API counts them.

A `Box` counts from 0, half-open; `None` is unbounded. Sources:
<https://developers.google.com/workspace/sheets/api/guides/concepts> (A1 and R1C1 notation: 'Sheet1'
alone is the whole sheet; a range without a sheet is on the first visible one; a name with spaces
or special characters stands in single quotes) and the GridRange schema (all bounds optional).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CELL = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]*)?")
_R1C1 = re.compile(r"(?:[Rr]([1-9][0-9]*))?(?:[Cc]([1-9][0-9]*))?")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_LOOKS_LIKE_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?[0-9]+|[Rr][0-9]+[Cc][0-9]+|[RrCc][0-9]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """Rows `top` to `bottom`, columns `left` to `right`; 0-based, ends excluded, None: no bound."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None

    def within(self, rows: int, columns: int) -> Rect:
        """This box cut to a grid."""
        top = min(self.top or 0, rows)
        left = min(self.left or 0, columns)
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Rect(top, max(top, bottom), left, max(left, right))


@dataclass(frozen=True, slots=True)
class Rect:
    """A box with all its bounds: top, bottom (excluded), left, right (excluded)."""

    top: int
    bottom: int
    left: int
    right: int

    def __contains__(self, place: tuple[int, int]) -> bool:
        return self.top <= place[0] < self.bottom and self.left <= place[1] < self.right

    def meets(self, other: Rect) -> bool:
        """Whether a cell is in both."""
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )

    def holds(self, other: Rect) -> bool:
        """Whether all of the other is in this one."""
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    @property
    def rows(self) -> int:
        return self.bottom - self.top

    @property
    def columns(self) -> int:
        return self.right - self.left

    def places(self) -> Iterator[tuple[int, int]]:
        """Every (row, column), row by row."""
        for row in range(self.top, self.bottom):
            for column in range(self.left, self.right):
                yield row, column


def letters(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    said = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        said = chr(65 + rest) + said
    return said


def column_number(said: str) -> int:
    """The reverse: A → 0, AA → 26."""
    number = 0
    for letter in said.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def cell_name(row: int, column: int) -> str:
    """(0, 0) → A1."""
    return f"{letters(column)}{row + 1}"


def sheet_name(title: str) -> str:
    """The title as Google writes it before the `!`: quoted unless it is a plain ASCII word.

    Accented words are quoted, and words that could be cells (probed by others, 2026).
    """
    if _PLAIN_NAME.fullmatch(title) and not _LOOKS_LIKE_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def spelled(title: str, rect: Rect) -> str:
    """`Sheet1!A1:B2`; one cell is `Sheet1!A1`, as the API answers."""
    first = cell_name(rect.top, rect.left)
    if rect.rows <= 1 and rect.columns <= 1:
        return f"{sheet_name(title)}!{first}"
    return f"{sheet_name(title)}!{first}:{cell_name(rect.bottom - 1, rect.right - 1)}"


def split_sheet(said: str) -> tuple[str | None, str]:
    """The sheet's title, unquoted, and the rest; (None, said) when no `!` parts them."""
    if said.startswith("'"):
        end = 1
        while end < len(said):
            if said[end] == "'":
                if said[end + 1 : end + 2] == "'":
                    end += 2
                    continue
                break
            end += 1
        title = said[1:end].replace("''", "'")
        rest = said[end + 1 :]
        if rest.startswith("!"):
            return title, rest[1:]
        return (title, "") if not rest and end < len(said) else (None, said)
    if "!" in said:
        title, _, rest = said.rpartition("!")
        return title, rest
    return None, said


def parse_box(said: str) -> Box | None:
    """The box of `A1`, `A1:B2`, `A:B`, `1:2`, `A2:B`, `A5:A`, `R1C1:R2C2`; None: it is none."""
    first, colon, second = said.partition(":")
    start = _corner(first)
    if start is None:
        return None
    if not colon:
        row, column = start
        if row is None or column is None:
            return None
        return Box(top=row, bottom=row + 1, left=column, right=column + 1)
    end = _corner(second)
    if end is None:
        return None
    return _between(start, end)


def _between(start: tuple[int | None, int | None], end: tuple[int | None, int | None]) -> Box:
    """Corners in any order; what only one corner bounds is open at the other end."""
    rows = _span(start[0], end[0])
    columns = _span(start[1], end[1])
    return Box(top=rows[0], bottom=rows[1], left=columns[0], right=columns[1])


def _span(first: int | None, second: int | None) -> tuple[int | None, int | None]:
    if first is not None and second is not None:
        return min(first, second), max(first, second) + 1
    if first is None and second is None:
        return None, None
    return (first if first is not None else second), None


def _corner(said: str) -> tuple[int | None, int | None] | None:
    """(row, column) from 0, either may be missing, not both."""
    for pattern, is_a1 in ((_CELL, True), (_R1C1, False)):
        found = pattern.fullmatch(said)
        if found and (found.group(1) or found.group(2)):
            if is_a1:
                column = column_number(found.group(1)) if found.group(1) else None
                return (int(found.group(2)) - 1 if found.group(2) else None), column
            row = int(found.group(1)) - 1 if found.group(1) else None
            return row, (int(found.group(2)) - 1 if found.group(2) else None)
    return None
