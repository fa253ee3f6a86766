"""What the engine sees of a workbook, wherever it lives: a snapshot to read, changes to apply.

Errors, all with a `code` and `values` whose sentence stands in sync/locale (topic `store`):

    StoreError
    ├── RefusedFile            the file cannot be read safely or is no workbook; nothing was done
    └── NotWritable            reading went well, writing cannot; nothing was changed
        ├── OpenElsewhere      somebody has it open (values: who)
        └── WrongPlace         a synchronised folder, a copy, …

A *conflict* (the workbook changed since it was read) is an ordinary result, not an error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol, TypeAlias


class StoreError(Exception):
    """A workbook cannot be read or written; `code` and `values` make the sentence.

    `place` names the file, once somebody who knows it has put it there.
    """

    place: str | None = None

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(f"{code} {values}" if values else code)
        self.code = code
        self.values: Mapping[str, str] = values


class RefusedFile(StoreError):
    """The file is not a workbook that can be read safely."""


class NotWritable(StoreError):
    """The workbook can be read but not written now; nothing was changed."""


class OpenElsewhere(NotWritable):
    """Somebody has the workbook open; `values['who']` names them when known."""


class WrongPlace(NotWritable):
    """The place does not allow safe writing (synchronised folder, protected tab)."""


@dataclass(frozen=True, slots=True)
class CellError:
    """A formula's error as the sheet shows it (`#N/A`), or `NO_VALUE`: a formula never computed."""

    code: str


@dataclass(frozen=True, slots=True)
class Link:
    """Text that leads somewhere when clicked; written only, a read gives its text.

    `target` is a URL, or `#Tab!A1` for a place in the same workbook.
    """

    text: str
    target: str


# What a cell may hold. Numbers come as int or float as the file has them; money is made by
# `sync.rows`, never by a store. Blank and '' are both None.
Cell: TypeAlias = (
    str | bool | int | float | Decimal | date | datetime | time | CellError | Link | None
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of data: its number in the sheet (1-based) and its values by position."""

    number: int
    values: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab of the schema as found: where each column key stands, and the rows with data.

    `columns` maps a column key to its index in `Row.values`; `letters` maps it to the sheet's
    column letters ("C"). Rows in which every column of the schema is blank are left out.
    """

    key: str
    title: str
    columns: Mapping[str, int]
    letters: Mapping[str, str]
    rows: Sequence[Row]

    def value(self, row: Row, column: str) -> Cell:
        """The value of `column` in `row`; None where the tab lacks the column."""
        index = self.columns.get(column)
        if index is None or index >= len(row.values):
            return None
        return row.values[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureProblem:
    """A tab or heading that is missing or stands twice.

    `code` is one of missing_tab, duplicate_tab, missing_heading, duplicate_heading,
    newer_schema. A heading that stands twice is not in `Tab.columns`.
    """

    code: str
    tab: str
    column: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a write after a run would fail; `code`, `tab` (a title) and `cell` as in WrongPlace."""

    code: str
    tab: str
    cell: str = ""

    def error(self) -> WrongPlace:
        """The error that the write would raise."""
        return WrongPlace(self.code, tab=self.tab, cell=self.cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The workbook at one moment.

    `revision` identifies the exact content read (a hash for a file). `place` says where it lives
    ("host:/absolute/path"), so that a copy can be told from the original.
    `workbook_id` is None for a workbook that carries no identity. `figures` are the dashboard's
    engine cells by figure key, as they stand now. With an `obstacle` the outcome of a message could
    not be written down: nothing may be sent.
    """

    revision: str
    place: str
    language: str
    workbook_id: str | None
    schema_version: int | None
    tabs: Mapping[str, Tab]
    problems: tuple[StructureProblem, ...] = ()
    figures: Mapping[str, Cell] = field(default_factory=dict)
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCells:
    """Set engine (E) or choice (X) columns of the row with this key.

    `row` is the text of the tab's key column (every row with that key is set), or, for rows that
    have no key yet, the row number of the snapshot whose revision is expected.
    A column the tab does not have is skipped. A value equal to what stands there changes nothing.
    """

    tab: str
    row: str | int
    values: Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendRows:
    """Add whole rows after the last row with data (logs, and facts such as payments)."""

    tab: str
    rows: Sequence[Mapping[str, Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceBody:
    """Replace all rows of a tab whose columns are all the engine's (E and X)."""

    tab: str
    rows: Sequence[Mapping[str, Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFigures:
    """Set the dashboard's engine cells by figure key; a figure the workbook lacks is skipped."""

    values: Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetIdentity:
    """Give the workbook this identity, if it carries none yet: one that it has stays."""

    workbook_id: str


Change: TypeAlias = SetCells | AppendRows | ReplaceBody | SetFigures | SetIdentity


@dataclass(frozen=True, slots=True)
class Applied:
    """The changes stand; `revision` is the new content's, `cells` how many changed."""

    revision: str
    cells: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """The workbook is not the expected revision; nothing was changed. Read and decide again."""


class Store(Protocol):
    """One workbook. Reading never changes it; a write is whole or not at all."""

    def read(self) -> Snapshot:
        """Read everything the engine needs. Raises RefusedFile."""
        ...

    def revision(self) -> str:
        """The present content's revision, cheaply (no parsing). Raises RefusedFile."""
        ...

    def apply(self, changes: Sequence[Change], expected_revision: str) -> Applied | Conflict:
        """Apply all changes in one atomic write.

        Touches nothing when no cell would differ. Raises NotWritable (nothing changed), and
        ValueError for a change that the schema's owners forbid, which is a programmer's error.
        """
        ...
