"""A source table as receivables and clients of the schema; what cannot be read is listed.

In doubt a row is rejected, never guessed: a row taken in with a wrong amount, or as open though
its owner says it is paid, would charge somebody wrongly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sheet_templates import headings
from sync.intake import meaning
from sync.intake.errors import IntakeError
from sync.intake.notation import (
    UnreadableCellError,
    date_order,
    decimal_mark,
    to_amount,
    to_date,
)
from sync.intake.source import SourceCell, SourceRow, SourceTable
from sync.workbook import CellError

_DATES = ("issued_on", "due_on", "paid_on", "hold_until")
_AMOUNTS = ("amount", "paid_amount")
_MOST_TEXT = 32_767  # characters that a cell of Excel holds
_LISTS = {"method": "method", "delay_reason": "delay_reason", "language": "language"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row of the source that was not taken in; `code` is a word of topic `intake.rejected`."""

    number: int
    code: str
    heading: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the person should know; `code` is a word of topic `intake.notices`."""

    code: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What a source holds, as rows by column key; `extras` are the team's own columns, in order.

    A receivable's own columns stand in its row under their heading.
    """

    receivables: tuple[Mapping[str, object], ...]
    clients: tuple[Mapping[str, object], ...]
    extras: tuple[str, ...]
    rejected: tuple[RejectedRow, ...]
    notices: tuple[Notice, ...]
    mapped: Mapping[str, str]  # key → the source's heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """How a source writes: "dmy", "mdy" or "ymd"; "," or "."; None: recognise it."""

    dates: str | None = None
    decimal: str | None = None


def needed_keys(*, id_required: bool) -> tuple[str, ...]:
    """The keys that a list must have; an export's invoices are known by their number."""
    return (*meaning.REQUIRED, "id") if id_required else meaning.REQUIRED


def read(
    table: SourceTable, given: Mapping[str, str], notation: Notation, *, id_required: bool = False
) -> Intake:
    """Read all rows. Raises IntakeError when a needed column or the notation is in doubt."""
    columns = meaning.mapping(table.headings, given)
    needed = needed_keys(id_required=id_required)
    missing = [key for key in needed if key not in columns]
    if missing:
        others = ", ".join(f"“{title}”" for title in table.others)
        raise IntakeError(
            "missing_columns_here" if others else "missing_columns",
            sheet=table.sheet,
            others=others,
            keys=", ".join(missing),
            headings=", ".join(f"“{text}”" for text in table.headings if text),
            example=f"--map {missing[0]}=…",
        )
    return _Reader(table, columns, _settled_notation(table, columns, notation)).read()


def _settled_notation(
    table: SourceTable, columns: Mapping[str, int], notation: Notation
) -> Notation:
    def cells(keys: Sequence[str]) -> list[SourceCell]:
        return [row.cells[columns[key]] for key in keys if key in columns for row in table.rows]

    return Notation(
        dates=notation.dates or date_order(cells(_DATES)),
        decimal=notation.decimal or decimal_mark(cells(_AMOUNTS)),
    )


class _Reader:
    """Reads one table row by row, gathering clients, rejections and notices."""

    def __init__(self, table: SourceTable, columns: Mapping[str, int], notation: Notation) -> None:
        self.table = table
        self.columns = columns
        self.notation = notation
        self.clients: dict[str, dict[str, object]] = {}
        self.names: dict[str, str] = {}
        self.rejected: list[RejectedRow] = []
        self.notices: dict[tuple[str, tuple[tuple[str, str], ...]], Notice] = {}
        mapped = set(columns.values())
        self.extras = _unique_extras(table.headings, mapped)

    def read(self) -> Intake:
        if self.table.passed is not None:
            self._notice("tab_chosen", sheet=self.table.sheet, first=self.table.passed)
        if self.table.others:
            others = ", ".join(f"“{title}”" for title in self.table.others)
            self._notice("other_lists", sheet=self.table.sheet, others=others)
        if self.table.unheaded is not None:
            number, text = self.table.unheaded
            self._notice("no_heading", row=str(number), example=text[:80])
        receivables = [row for source in self.table.rows if (row := self._row(source)) is not None]
        return Intake(
            receivables=tuple(receivables),
            clients=tuple(self.clients.values()),
            extras=tuple(self.extras.values()),
            rejected=tuple(self.rejected),
            notices=tuple(self.notices.values()),
            mapped={key: self.table.headings[index] for key, index in self.columns.items()},
        )

    def _row(self, source: SourceRow) -> dict[str, object] | None:
        row: dict[str, object] = {}
        for index in (*self.columns.values(), *self.extras):
            if len(str(source.cells[index])) > _MOST_TEXT:
                self._reject_cell(source, "too_long", index)
                return None
        for key in sorted(self.columns, key=lambda key: self.columns[key]):
            cell = source.cells[self.columns[key]]
            if isinstance(cell, CellError):  # a failed formula is not an empty cell
                self._reject(source, "formula_error", key)
                return None
            try:
                row[key] = self._value(key, cell)
            except UnreadableCellError:
                self._reject(source, f"unreadable_{_kind(key)}", key)
                return None
        row["client"] = self._known_name(row["client"])
        wrong = self._wrong(row)
        if wrong is not None:
            self._reject(source, *wrong)
            return None
        row.setdefault("id", None)
        if row["id"] is None:
            row["id"] = f"L{source.number}"
            self._notice("ids_given", example=str(row["id"]))
        self._gather_client(row)
        for index, heading in self.extras.items():
            own = source.cells[index]
            row[heading] = own.code if isinstance(own, CellError) else own
        return {key: value for key, value in row.items() if key not in meaning.client_keys()}

    def _wrong(self, row: dict[str, object]) -> tuple[str, str] | None:
        """Why a row cannot be taken in, and the key of the column that says so."""
        for key in meaning.REQUIRED:
            if row[key] is None:
                return "blank", key
        if not isinstance(row["amount"], Decimal) or row["amount"] <= 0:
            return "not_positive", "amount"
        status = row.pop(meaning.STATUS, None)
        if not self._settle_status(row, str(status) if status else ""):
            return "unknown_status", meaning.STATUS
        if row.get("paid_amount") is not None and row.get("paid_on") is None:
            if row["paid_amount"] != 0:
                return "paid_without_date", "paid_amount"
            row["paid_amount"] = None
        return None

    def _known_name(self, name: object) -> str | None:
        """One spelling a client: "ACME" and "Acme " are the same person."""
        if name is None:
            return None
        return self.names.setdefault(headings.fold(str(name)), str(name))

    def _value(self, key: str, cell: SourceCell) -> object:
        if key in _DATES:
            return to_date(cell, self.notation.dates)
        if key in _AMOUNTS:
            return to_amount(cell, self.notation.decimal)
        if key in {"disputed", "do_not_contact"}:
            return _flag(cell)
        if cell is None:
            return None
        if key in _LISTS:
            return self._listed(_LISTS[key], key, _text(cell))
        return _text(cell)

    def _listed(self, list_name: str, key: str, text: str) -> str | None:
        code = headings.value_code(list_name, text)
        if code is None:
            heading = self.table.headings[self.columns[key]]
            self._notice("value_dropped", heading=heading, value=text)
        return code

    def _settle_status(self, row: dict[str, object], status: str) -> bool:
        """Carry a team's own word for the state of a row over; False when it is not understood."""
        code = meaning.status_code(status)
        if status and code is None:
            return False
        if code == "paid" and row.get("paid_on") is None:
            if row.get("paid_amount") not in {None, Decimal(0)}:
                return False
            row["paid_on"] = row["due_on"]
            row["paid_amount"] = None
            self._notice("paid_date_assumed")
        elif code in {"void", "written_off"}:
            row["cancelled"] = code
        elif code == "disputed":
            row["disputed"] = True
        elif code == "open" and row.get("paid_on") is not None and not row.get("paid_amount"):
            return False  # paid on a day, yet open: somebody must look
        return True

    def _gather_client(self, row: Mapping[str, object]) -> None:
        name = str(row["client"])
        known = self.clients.setdefault(name, {"client": name})
        for key in meaning.client_keys() & row.keys():
            value = row[key]
            if value is None:
                continue
            if known.setdefault(key, value) != value:
                heading = self.table.headings[self.columns[key]]
                self._notice("client_differs", client=name, heading=heading, kept=str(known[key]))

    def _reject(self, source: SourceRow, code: str, key: str) -> None:
        self._reject_cell(source, code, self.columns[key])

    def _reject_cell(self, source: SourceRow, code: str, index: int) -> None:
        cell = source.cells[index]
        value = "" if cell is None else str(getattr(cell, "code", cell))[:80]
        self.rejected.append(
            RejectedRow(
                number=source.number, code=code, heading=self.table.headings[index], value=value
            )
        )

    def _notice(self, code: str, **values: str) -> None:
        self.notices.setdefault(
            (code, tuple(values.items()) if code != "ids_given" else ()),
            Notice(code=code, values=values),
        )


def _kind(key: str) -> str:
    return "date" if key in _DATES else "amount" if key in _AMOUNTS else "flag"


def _flag(cell: SourceCell) -> bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    text = _text(cell)
    code = headings.value_code("flag", text)
    if code is None:
        code = {"s": "yes", "n": "no", "y": "yes", "x": "yes", "1": "yes", "0": "no"}.get(
            text.casefold()
        )
    if code is None:
        code = {"true": "yes", "false": "no"}.get(text.casefold())
    if code is None:
        raise UnreadableCellError(text)
    return code == "yes"


def _text(cell: SourceCell) -> str:
    """A number that is whole reads as typed: 1001, not 1001.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()


def _unique_extras(all_headings: Sequence[str], mapped: set[int]) -> dict[int, str]:
    """The team's own columns by index, under names no column of the schema has."""
    extras: dict[int, str] = {}
    for index, heading in enumerate(all_headings):
        if index in mapped or not heading:
            continue
        name, count = heading, 2
        while name in extras.values() or headings.column_key("receivables", name) is not None:
            name = f"{heading} ({count})"
            count += 1
        extras[index] = name
    return extras
