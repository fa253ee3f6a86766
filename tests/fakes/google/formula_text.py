"""A formula's text: its tokens, and its references rewritten when rows, columns or tabs change.

As in Sheets (<https://support.google.com/docs/answer/3093197> and what its editor does): inserting
moves and widens references, deleting narrows them or leaves `#REF!`, copying moves relative ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from .a1 import column_number, letters, sheet_name

_SHEET = r"(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!"
_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9][0-9]*"
_COLUMN = r"\$?[A-Za-z]{1,3}"
_ROW = r"\$?[1-9][0-9]*"
_AFTER = r"(?![\w.(])"
_REFERENCE = (
    rf"(?P<sheet>{_SHEET})?(?P<corners>{_CELL}:(?:{_CELL}|{_COLUMN}|{_ROW}){_AFTER}"
    rf"|{_COLUMN}:(?:{_CELL}|{_COLUMN}){_AFTER}|{_ROW}:(?:{_CELL}|{_ROW}){_AFTER}|{_CELL}{_AFTER})"
)
_TOKEN = re.compile(
    rf'(?P<space>\s+)|(?P<string>"(?:[^"]|"")*")'
    rf"|(?P<error>#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|ERROR!))"
    rf"|(?P<reference>{_REFERENCE})"
    r"|(?P<number>(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)"
    rf"|(?P<name>(?:{_SHEET})?[^\W\d][\w.]*)"
    r"|(?P<operator><>|<=|>=|[-+*/^&=<>%:])|(?P<open>[({])|(?P<close>[)}])|(?P<part>[;,\\])"
    r"|(?P<wrong>.)",
    re.DOTALL,
)
_CORNER = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)([1-9][0-9]*)?")


@dataclass(frozen=True, slots=True)
class Corner:
    """A cell, a column or a row, each part from 0 and perhaps fixed by `$`."""

    column: int | None
    row: int | None
    column_fixed: bool = False
    row_fixed: bool = False

    @property
    def text(self) -> str:
        said = ""
        if self.column is not None:
            said += ("$" if self.column_fixed else "") + letters(self.column)
        if self.row is not None:
            said += ("$" if self.row_fixed else "") + str(self.row + 1)
        return said


@dataclass(frozen=True, slots=True)
class Reference:
    """`sheet` is None without a prefix; one corner is a cell."""

    sheet: str | None
    first: Corner
    last: Corner | None = None

    @property
    def text(self) -> str:
        prefix = f"{sheet_name(self.sheet)}!" if self.sheet is not None else ""
        return prefix + self.first.text + (f":{self.last.text}" if self.last else "")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is a group's name in the pattern above."""

    kind: str
    text: str
    reference: Reference | None = None


def tokens(text: str) -> list[Token]:
    """The tokens of a formula without its `=`; joined, they are the text again."""
    made = []
    for found in _TOKEN.finditer(text):
        kind = next(
            name
            for name in ("space", "string", "error", "reference", "number", "name", "operator",
                         "open", "close", "part", "wrong")
            if found.group(name) is not None
        )  # fmt: skip
        reference = None
        if kind == "reference":
            reference = _reference(found.group("sheet"), found.group("corners"))
        made.append(Token(kind, found.group(), reference))
    return made


def unquoted(prefix: str) -> str:
    """`'My tab'!` → `My tab`."""
    bare = prefix.removesuffix("!")
    return bare[1:-1].replace("''", "'") if bare.startswith("'") else bare


def _reference(prefix: str | None, corners: str) -> Reference:
    first, colon, last = corners.partition(":")
    sheet = unquoted(prefix) if prefix else None
    return Reference(sheet, _corner(first), _corner(last) if colon else None)


def _corner(said: str) -> Corner:
    found = _CORNER.fullmatch(said)
    if found is None:  # the pattern of a token allows nothing else
        raise ValueError(said)
    fixed, column, row_fixed, row = found.groups()
    if column is None:
        return Corner(None, int(row) - 1, row_fixed=bool(fixed or row_fixed))
    number = int(row) - 1 if row else None
    return Corner(column_number(column), number, bool(fixed), bool(row_fixed))


Rewrite = Callable[[Reference], Reference | None]


def rewritten(text: str, change: Rewrite) -> str:
    """The formula with each reference as `change` has it; None makes it `#REF!`."""
    made = []
    for token in tokens(text[1:]):
        if token.reference is None:
            made.append(token.text)
            continue
        new = change(token.reference)
        if new is None:
            made.append("#REF!")
        else:
            made.append(token.text if new == token.reference else new.text)
    return "=" + "".join(made)


def canonical(text: str, titles: Callable[[str], str | None]) -> str:
    """The formula as Google stores it: references in capitals, in order, single cells single.

    Spaces and the case of functions stay (probed on the live service by others, 2026).

    Args:
        text: as entered, with its `=`.
        titles: a tab's name as written → as it is; None when there is none.
    """

    def change(reference: Reference) -> Reference:
        sheet = reference.sheet
        if sheet is not None:
            sheet = titles(sheet) or sheet
        first, last = reference.first, reference.last
        if last is not None and None not in (first.row, last.row, first.column, last.column):
            first, last = _ordered(first, last)
        is_cell = first.row is not None and first.column is not None
        return Reference(sheet, first, None if last == first and is_cell else last)

    return "=" + "".join(
        change(token.reference).text if token.reference else token.text
        for token in tokens(text[1:])
    )


def _ordered(first: Corner, last: Corner) -> tuple[Corner, Corner]:
    """The upper left corner and the lower right one, each part with its own `$`."""
    if (first.row or 0) > (last.row or 0):
        first, last = (
            replace(first, row=last.row, row_fixed=last.row_fixed),
            replace(last, row=first.row, row_fixed=first.row_fixed),
        )
    if (first.column or 0) > (last.column or 0):
        first, last = (
            replace(first, column=last.column, column_fixed=last.column_fixed),
            replace(last, column=first.column, column_fixed=first.column_fixed),
        )
    return first, last


Span = Callable[[int, int], tuple[int, int] | None]


def inserting(at: int, count: int) -> Span:
    """Where indices first..last (both included) stand after an insertion."""
    return lambda first, last: (
        first + count if first >= at else first,
        last + count if last >= at else last,
    )


def deleting(start: int, end: int) -> Span:
    """Where they stand after a deletion; None when all of them went."""

    def moved(first: int, last: int) -> tuple[int, int] | None:
        if start <= first and last < end:
            return None
        gone = end - start
        new_first = first - gone if first >= end else min(first, start)
        new_last = last - gone if last >= end else (start - 1 if last >= start else last)
        return new_first, new_last

    return moved


def moving(start: int, end: int, to: int) -> Span:
    """Where they stand after start..end was moved before what stood at `to`."""

    def place(index: int) -> int:
        count = end - start
        if start <= index < end:
            return index + (to - start if to <= start else to - end)
        if to <= index < start:
            return index + count
        if end <= index < to:
            return index - count
        return index

    def moved(first: int, last: int) -> tuple[int, int]:
        ends = sorted((place(first), place(last)))
        return ends[0], ends[1]

    return moved


def spanned(reference: Reference, span: Span, *, rows: bool) -> Reference | None:
    """The reference after a change of its tab's rows, or columns."""
    name = "row" if rows else "column"
    first = getattr(reference.first, name)
    last = getattr(reference.last, name) if reference.last else first
    if first is None and last is None:
        return reference
    low = first if first is not None else last
    if reference.last and last is None:
        found = span(low, 10**9)
        return found and replace(reference, first=_at(reference.first, found[0], rows=rows))
    found = span(low, last)
    if found is None:
        return None
    made = replace(reference, first=_at(reference.first, found[0], rows=rows))
    if first is None:
        made = replace(made, first=reference.first)
    if reference.last:
        made = replace(made, last=_at(reference.last, found[1], rows=rows))
    return made


def _at(corner: Corner, index: int, *, rows: bool) -> Corner:
    return replace(corner, row=index) if rows else replace(corner, column=index)


def shifted(text: str, rows: int, columns: int) -> str:
    """The formula as copied so far down and to the right."""

    def corner(one: Corner) -> Corner | None:
        row = one.row if one.row is None or one.row_fixed else one.row + rows
        column = one.column if one.column is None or one.column_fixed else one.column + columns
        if (row is not None and row < 0) or (column is not None and column < 0):
            return None
        return replace(one, row=row, column=column)

    def change(reference: Reference) -> Reference | None:
        first = corner(reference.first)
        last = corner(reference.last) if reference.last else None
        if first is None or (reference.last and last is None):
            return None
        return replace(reference, first=first, last=last)

    return rewritten(text, change)


def renamed(text: str, old: str, new: str) -> str:
    """The formula after a tab was renamed."""

    def change(reference: Reference) -> Reference:
        if reference.sheet is not None and reference.sheet.casefold() == old.casefold():
            return replace(reference, sheet=new)
        return reference

    return rewritten(text, change)
