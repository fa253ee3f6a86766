"""The words in which the workbook is described: kinds, owners, columns, tabs, settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import time
    from decimal import Decimal


class Kind(StrEnum):
    """What a cell holds, and therefore how it is shown and checked."""

    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    MONEY = "money"  # two decimals, in the workbook's one currency
    PERCENT = "percent"  # a fraction: 0.02 is shown as 2%
    INT = "int"
    NUMBER = "number"  # a decimal number that is not money: days, points, mixed measures
    FLAG = "flag"  # yes or no; blank is no
    LIST = "list"  # one code of the fixed list `list_name`, shown in the workbook's language
    MAILS = "mails"  # several addresses with ';' between them


class Owner(StrEnum):
    """Whose a column is: the contract with the people who own the sheet (SCHEMA.md)."""

    USER = "U"
    ENGINE = "E"
    LOG = "A"
    CHOICE = "X"


class Group(StrEnum):
    """The groups in which tabs are ordered and coloured."""

    START = "start"
    DAILY = "daily"
    RESULTS = "results"
    RECORDS = "records"
    SETUP = "setup"


_WIDTHS = {
    Kind.TEXT: 18.0,
    Kind.DATE: 13.0,
    Kind.DATETIME: 17.0,
    Kind.TIME: 9.0,
    Kind.MONEY: 15.0,
    Kind.PERCENT: 12.0,
    Kind.INT: 11.0,
    Kind.NUMBER: 12.0,
    Kind.FLAG: 12.0,
    Kind.LIST: 16.0,
    Kind.MAILS: 30.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a tab.

    Attributes:
        key: The English name that code uses.
        kind: What its cells hold.
        owner: Who may write it.
        required: A row without it is an error.
        list_name: With kind LIST the fixed list of codes; with kind TEXT, one of `COLUMN_LISTS`,
            the column of another tab from which a person chooses.
        hidden: Made for programs and hidden in the file.
        optional: Workbooks made by earlier versions may lack it without a word.
        width: Width in characters; 0 stands for the usual width of the kind.
    """

    key: str
    kind: Kind
    owner: Owner
    required: bool = False
    list_name: str | None = None
    hidden: bool = False
    optional: bool = False
    width: float = 0.0

    def __post_init__(self) -> None:
        if not self.width:
            object.__setattr__(self, "width", _WIDTHS[self.kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab of the workbook.

    Attributes:
        key: The English name that code uses.
        columns: In the order of a new workbook; people may reorder them afterwards.
        key_columns: What a row is addressed by; empty when a row is a fact without a name.
        group: Its colour and place.
        tabular: Headings in row 1 and data from row 2. False for start and dashboard.
        appends: The service may add whole rows at the end, also where the columns are the team's.
    """

    key: str
    columns: tuple[Column, ...]
    key_columns: tuple[str, ...] = ()
    group: Group
    tabular: bool = True
    appends: bool = False
    _by_key: dict[str, Column] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {column.key: column for column in self.columns})

    def column(self, key: str) -> Column:
        """Return the column of that key; `KeyError` when the tab has none."""
        return self._by_key[key]

    def by_owner(self, *owners: Owner) -> tuple[Column, ...]:
        """Return the columns that belong to any of these owners, in order."""
        return tuple(column for column in self.columns if column.owner in owners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the settings tab.

    Attributes:
        key: The English name that code uses.
        kind: What its value cell holds.
        default: The value when the cell is blank or the row is missing: a code for a list, a bool
            for a flag, a fraction for a percentage. None: nothing, or what SCHEMA.md says.
        list_name: As in `Column`.
        required: Without it no message is sent (`unknown_identity`).
    """

    key: str
    kind: Kind
    default: str | int | Decimal | time | bool | None = None
    list_name: str | None = None
    required: bool = False


_MARKS = frozenset({"required", "hidden", "optional"})


def columns(owner: Owner, *specs: tuple[str, Kind] | tuple[str, Kind, str]) -> tuple[Column, ...]:
    """Read columns from short specifications.

    Each is (key, kind) or (key, kind, marks), where marks are words: `required`, `hidden`,
    `optional`, a number for the width, anything else the name of the list.
    """
    made: list[Column] = []
    for key, kind, *rest in specs:
        marks = rest[0].split() if rest else []
        lists = [m for m in marks if m not in _MARKS and not m.isdigit()]
        made.append(
            Column(
                key=key,
                kind=kind,
                owner=owner,
                required="required" in marks,
                hidden="hidden" in marks,
                optional="optional" in marks,
                list_name=lists[0] if lists else ("flag" if kind is Kind.FLAG else None),
                width=float(next((m for m in marks if m.isdigit()), 0)),
            )
        )
    return tuple(made)
