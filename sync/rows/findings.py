"""What reading finds wrong, gathered; and the careful reading of one row."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sheet_templates.schema import TABS, Owner
from sync.issues import KINDS, Holds, Issue, Severity
from sync.key_text import key_text, splits_lists
from sync.rows.cells import Read, T, amount_text, day_text, is_blank, read_text, shown
from sync.rows.dates import read_date, read_moment
from sync.rows.lists import allowed, read_code, read_flag
from sync.rows.numbers import read_int, read_money, read_percent
from sync.workbook import Cell, Row, Tab

HELD_BY_RULE = frozenset({"missing_identity", "unknown_client"})
"""What the rules see in the facts themselves, and hold with a reason of its own."""


class Findings:
    """The issues so far and whom they hold.

    `held` maps a client to the code that holds it, `held_policies` a ladder likewise (its clients
    are known only at the end), `held_all` is the code that holds everybody.
    """

    def __init__(self, language: str, today: date) -> None:
        self.language = language
        self.today = today
        self.issues: list[Issue] = []
        self.held: dict[str, str] = {}
        self.held_policies: dict[str, str] = {}
        self.held_all: str | None = None
        self.problem_ids: set[str] = set()
        self._told: set[tuple[str, str, str, str]] = set()

    def report(
        self,
        code: str,
        tab: str,
        *,
        row: int | None = None,
        column: str | None = None,
        cell: Cell = None,
        clients: tuple[str | None, ...] = (),
        **details: object,
    ) -> None:
        """Add an issue. What holds clients holds all of `clients`; the first is named in it."""
        kind = KINDS[code]
        named = [client for client in clients if client]
        self.issues.append(
            Issue(
                code=code,
                tab=tab,
                row=row,
                column=column,
                value=shown(cell, self.language),
                client=named[0] if named else None,
                details=tuple((name, self._text(value)) for name, value in details.items()),
            )
        )
        if code in HELD_BY_RULE:
            return
        if kind.holds is Holds.CLIENT:
            for client in named:
                self.held.setdefault(client, code)
        elif kind.holds is Holds.ALL:
            self.held_all = self.held_all or code

    def once(self, code: str, tab: str, column: str, value: str) -> bool:
        """Whether this is the first time that this value of a column is found so."""
        key = (code, tab, column, value)
        first = key not in self._told
        self._told.add(key)
        return first

    def told(self, code: str, tab: str, column: str, value: str) -> bool:
        """Whether `once` has answered for it already."""
        return (code, tab, column, value) in self._told

    def _text(self, value: object) -> str:
        if isinstance(value, date):
            day = value.date() if isinstance(value, datetime) else value
            return day_text(day, self.language)
        return amount_text(value, self.language) if isinstance(value, Decimal) else str(value)


class RowReader:
    """One row, read with care: each value typed, whatever is wrong reported.

    `client` is whom errors hold, once known, and `policy` the ladder they hold instead. With
    `lenient`, errors become the warning `unreadable_detail`. `fault` is the first error's code, one
    that the rules see for themselves aside.
    """

    __slots__ = ("client", "fault", "findings", "lenient", "policy", "row", "tab")

    def __init__(self, findings: Findings, tab: Tab, row: Row) -> None:
        self.findings = findings
        self.tab = tab
        self.row = row
        self.client: str | None = None
        self.policy: str | None = None
        self.lenient = False
        self.fault: str | None = None

    def cell(self, column: str) -> Cell:
        """The raw value."""
        return self.tab.value(self.row, column)

    @property
    def is_empty(self) -> bool:
        """Whether only the engine has written here: a row whose own cells somebody cleared.

        A checkbox that is off is nothing: on Google every row of its column has one.
        """
        own = TABS[self.tab.key].by_owner(Owner.USER, Owner.LOG)
        cells = (self.cell(column.key) for column in own)
        return bool(own) and all(is_blank(cell) or cell is False for cell in cells)

    def report(
        self,
        code: str,
        column: str | None,
        *,
        also: str | None = None,
        part: str | None = None,
        **details: object,
    ) -> None:
        """Report about a cell of this row; `also` is another client that it holds.

        `part` is what is wrong in a cell that holds a list, told instead of the whole.
        """
        if KINDS[code].severity is Severity.ERROR:
            if self.lenient:
                code, details = "unreadable_detail", {}
            elif code not in HELD_BY_RULE:
                self.fault = self.fault or code
        if column is not None and column not in self.tab.columns:
            return  # the missing heading is told once and holds everybody; a row cannot mend it
        self.findings.report(
            code,
            self.tab.key,
            row=self.row.number,
            column=column,
            cell=part or (self.cell(column) if column else None),
            clients=(self.client, also),
            **details,
        )
        if self.policy and KINDS[code].holds is Holds.CLIENT:
            self.findings.held_policies.setdefault(self.policy, code)

    def take(self, column: str, read: Read[T], *, minor: bool = False, **details: Any) -> T | None:
        """The value that was read, its fault reported. A `minor` column's errors only warn."""
        if read.code:
            kind = KINDS[read.code]
            if minor and kind.severity is Severity.ERROR:
                self.report("unreadable_detail", column)
            else:
                if "read_as" in kind.details:
                    details["read_as"] = read.value
                self.report(read.code, column, **details)
        return read.value

    def _typed(
        self, column: str, parse: Callable[[Cell, str], Read[T]], *, needed: bool, minor: bool
    ) -> T | None:
        cell = self.cell(column)
        if needed and is_blank(cell):
            self.report("missing_value", column)
            return None
        return self.take(column, parse(cell, self.findings.language), minor=minor)

    def text(self, column: str, *, needed: bool = False, minor: bool = False) -> str | None:
        """Free text."""
        return self._typed(column, read_text, needed=needed, minor=minor)

    def date(self, column: str, *, needed: bool = False, minor: bool = False) -> date | None:
        """A day."""
        return self._typed(column, read_date, needed=needed, minor=minor)

    def moment(self, column: str, *, needed: bool = False) -> datetime | None:
        """A day and a time."""
        return self._typed(column, read_moment, needed=needed, minor=False)

    def money(self, column: str, *, needed: bool = False) -> Decimal | None:
        """An amount of any sign."""
        return self._typed(column, read_money, needed=needed, minor=False)

    def positive(
        self, column: str, *, needed: bool = False, or_zero: bool = False
    ) -> Decimal | None:
        """An amount above zero (or zero)."""
        amount = self.money(column, needed=needed)
        if amount is None or amount > 0 or (or_zero and amount == 0):
            return amount
        self.report("zero_amount" if amount == 0 else "negative_amount", column)
        return None

    def integer(
        self, column: str, *, needed: bool = False, at_least: int | None = None
    ) -> int | None:
        """A whole number."""
        number = self._typed(column, read_int, needed=needed, minor=False)
        if number is not None and at_least is not None and number < at_least:
            self.report("invalid_number", column)
            return None
        return number

    def percent(self, column: str) -> Decimal | None:
        """A rate as a fraction."""
        return self._typed(column, read_percent, needed=False, minor=False)

    def flag(self, column: str) -> bool | None:
        """Yes or no; None when neither can be told."""
        return self._typed(column, read_flag, needed=False, minor=False)

    def code(self, column: str, list_name: str, *, needed: bool = False) -> str | None:
        """The code of a drop-down that decides something."""
        cell = self.cell(column)
        if needed and is_blank(cell):
            self.report("missing_value", column)
            return None
        read = read_code(cell, list_name)
        if read.code == "unknown_value":
            self.report(read.code, column, allowed=allowed(list_name, self.findings.language))
            return None
        return self.take(column, read)

    def choice(self, column: str, list_name: str) -> str | None:
        """The code of a drop-down that only informs, or the person's own word for it."""
        cell = self.cell(column)
        read = read_code(cell, list_name)
        if read.code != "unknown_value":
            return self.take(column, read, minor=True)
        text = read_text(cell, self.findings.language).value
        if text and self.findings.once("unknown_choice", self.tab.key, column, text):
            self.report("unknown_choice", column)
        return text

    def key(self, column: str) -> str | None:
        """The row's own key; a blank or one that Excel changed is an error.

        So is one with the mark between the ids of a list, or with a line break: lists of invoices
        could not name it.
        """
        cell = self.cell(column)
        if is_blank(cell):
            self.report("missing_id", column)
            return None
        text = read_text(cell, self.findings.language)
        if text.code:
            return self.take(column, text)
        found = key_text(cell)
        if found is None:
            self.report("invalid_id", column)
        elif splits_lists(found):
            self.report("id_splits_lists", column)
        return found


def read_rows(tab: Tab | None, findings: Findings) -> Iterator[RowReader]:
    """A reader for each row in which a person wrote; none for a tab that is missing."""
    if tab is not None:
        for row in tab.rows:
            reader = RowReader(findings, tab, row)
            if not reader.is_empty:
                yield reader
