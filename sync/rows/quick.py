"""What reading a hundred thousand clean rows in a moment needs; anything unclean is a `KeyError`.

A quick reader takes a row apart with a few look-ups. It decides nothing of its own: whatever is
not plainly clean raises, and the row goes to the careful reader, which says what is wrong.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Generic, TypeAlias, TypeVar

from sync.rows.cells import Read
from sync.rows.findings import Findings
from sync.rows.lists import read_code
from sync.rows.numbers import LARGEST
from sync.workbook import Cell, Tab

V = TypeVar("V")
Picker: TypeAlias = Callable[[tuple[Cell, ...]], tuple[Cell, ...]]

_NOISE = 1e-7


class Clean(dict[Cell, V | None], Generic[V]):
    """Cell → value for the clean cells of a column, each parsed once."""

    def __init__(self, parse: Callable[[Cell], V | None]) -> None:
        super().__init__({None: None})
        self._parse = parse

    def __missing__(self, cell: Cell) -> V | None:
        value = self._parse(cell)
        self[cell] = value
        return value


def clean(read: Read[V]) -> V | None:
    """The value of a cell without any fault."""
    if read.code:
        raise KeyError(read.code)
    return read.value


def known(value: V | None) -> V:
    """The value, which must be there."""
    if value is None:
        raise KeyError(value)
    return value


def plain_text(cell: Cell) -> str | None:
    """Text that is no error."""
    if cell is None:
        return None
    if type(cell) is str and cell[:1] != "#":
        return cell.strip() or None
    raise KeyError(cell)


def plain_amount(cell: Cell) -> Decimal | None:
    """A number of a cent or more without a third decimal; what binary fractions add is none."""
    if cell is None:
        return None
    if (type(cell) is float or type(cell) is int) and _NOISE < cell < LARGEST:
        text = f"{cell:.2f}"
        if -_NOISE < float(text) - cell < _NOISE:
            return Decimal(text)
    raise KeyError(cell)


def own_word(findings: Findings, tab: str, column: str, list_name: str, cell: Cell) -> str | None:
    """A drop-down's code, or a team's own word for it once that has been told."""
    read = read_code(cell, list_name)
    if read.code == "unknown_value" and isinstance(cell, str):
        text = cell.strip()
        if findings.told("unknown_choice", tab, column, text):
            return text
    return clean(read)


def picker(tab: Tab, columns: Sequence[str]) -> Picker:
    """A function from a row's values to those of `columns`; None where tab or row lack one."""
    indexes = [tab.columns.get(column) for column in columns]
    width = 1 + max((index for index in indexes if index is not None), default=-1)
    pick: Picker = itemgetter(*(width if index is None else index for index in indexes))
    if None not in indexes and all(len(row.values) >= width for row in tab.rows):
        return pick
    blanks = (None,) * width

    def padded(values: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return pick((*(*values, *blanks)[:width], None))

    return padded
