"""Which bank lines were read, and what people made of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from sync.ledger_part import Transactions
from sync.ledger_tables import bank_files, bank_lines

_REFUSED = "refused"
"""What stands for the account of a file that was refused: it may be read one day."""
_BETWEEN = "\x1f"
"""Between the names of clients; no cell of a workbook can hold it."""


class LineState(StrEnum):
    """Where one bank line stands."""

    PENDING = "pending"  # shown in the tab, waits for a person
    CONFIRMED = "confirmed"  # it makes payments; `payments` are their rows
    RECORDED = "recorded"  # these rows stood in the sheet
    IGNORED = "ignored"  # a person said that it is none of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """A file that was read whole: `first` to `last` are the days it covers.

    `last` is None of a file that tells of boletos only: it does not say who has not paid.
    """

    digest: str
    name: str
    account: str
    first: date | None
    last: date | None
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLine:
    """A bank line as the ledger has it; `data` is the line, `payments` the rows it made.

    `clients` are those who most likely paid it.
    """

    line: str
    state: LineState
    clients: tuple[str, ...]
    data: Mapping[str, Any]
    payments: tuple[Mapping[str, Any], ...] = ()


class LedgerBank:
    """The bank lines that one ledger file knows of, for each workbook by itself."""

    def __init__(self, ledger: Transactions) -> None:
        self._ledger = ledger

    def add(self, workbook_id: str, file: BankFile, lines: Mapping[str, Mapping[str, Any]]) -> int:
        """Remember a file and its lines (by id) in one transaction; how many lines are new.

        A line that is known stays as it is, whatever file brings it again.
        """
        now = self._ledger.moment()
        with self._ledger.writing() as connection:
            known = self._known(connection, workbook_id)
            new = [
                {
                    "workbook_id": workbook_id,
                    "line": line,
                    "state": LineState.PENDING,
                    "data": dict(data),
                    "payments": [],
                    "file": file.digest,
                    "read_at": now,
                    "changed_at": now,
                }
                for line, data in lines.items()
                if line not in known
            ]
            if new:
                connection.execute(bank_lines.insert(), new)
            connection.execute(
                bank_files.delete().where(
                    bank_files.c.workbook_id == workbook_id, bank_files.c.digest == file.digest
                )
            )
            connection.execute(
                bank_files.insert().values(
                    workbook_id=workbook_id,
                    digest=file.digest,
                    name=file.name,
                    account=file.account,
                    first=file.first,
                    last=file.last,
                    lines=file.lines,
                    read_at=now,
                )
            )
        return len(new)

    def _known(self, connection: sa.Connection, workbook_id: str) -> frozenset[str]:
        return frozenset(
            connection.execute(
                sa.select(bank_lines.c.line).where(bank_lines.c.workbook_id == workbook_id)
            ).scalars()
        )

    def known(self, workbook_id: str) -> frozenset[str]:
        """The ids of all lines that were ever read."""
        with self._ledger.reading() as connection:
            return self._known(connection, workbook_id)

    def has_read(self, workbook_id: str, digest: str) -> bool:
        """Whether exactly this file was read."""
        with self._ledger.reading() as connection:
            return self._has_file(connection, workbook_id, digest, bank_files.c.account != _REFUSED)

    def refuse(self, workbook_id: str, digest: str, name: str) -> bool:
        """Remember that a file was refused; False when that was known."""
        with self._ledger.writing() as connection:
            if self._has_file(connection, workbook_id, digest, sa.true()):
                return False
            connection.execute(
                bank_files.insert().values(
                    workbook_id=workbook_id,
                    digest=digest,
                    name=name,
                    account=_REFUSED,
                    lines=0,
                    read_at=self._ledger.moment(),
                )
            )
        return True

    def _has_file(
        self,
        connection: sa.Connection,
        workbook_id: str,
        digest: str,
        also: sa.ColumnElement[bool],
    ) -> bool:
        query = sa.select(sa.func.count()).select_from(bank_files).where(also)
        query = query.where(bank_files.c.workbook_id == workbook_id, bank_files.c.digest == digest)
        return bool(connection.execute(query).scalar_one())

    def until(self, workbook_id: str) -> date | None:
        """The last day that files read so far cover."""
        with self._ledger.reading() as connection:
            day: date | None = connection.execute(
                sa.select(sa.func.max(bank_files.c.last)).where(
                    bank_files.c.workbook_id == workbook_id
                )
            ).scalar_one_or_none()
        return day

    def lines(
        self, workbook_id: str, *states: LineState, since: date | None = None
    ) -> tuple[KnownLine, ...]:
        """The lines in any of these states, posted on `since` or later, in the order of reading."""
        query = (
            sa.select(
                bank_lines.c.line,
                bank_lines.c.state,
                bank_lines.c.client,
                bank_lines.c.data,
                bank_lines.c.payments,
            )
            .where(bank_lines.c.workbook_id == workbook_id)
            .where(bank_lines.c.state.in_(states))
            .order_by(bank_lines.c.read_at, sa.literal_column("rowid"))
        )
        if since is not None:
            query = query.where(bank_lines.c.data["posted_on"].as_string() >= since.isoformat())
        with self._ledger.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            KnownLine(
                line=line,
                state=LineState(state),
                clients=_names(clients),
                data=data,
                payments=tuple(payments),
            )
            for line, state, clients, data, payments in rows
        )

    def waiting(self, workbook_id: str) -> dict[str, Decimal]:
        """By client, money that may have come from them and that nobody has confirmed yet."""
        with self._ledger.reading() as connection:
            rows = connection.execute(
                sa.select(bank_lines.c.client, bank_lines.c.data)
                .where(bank_lines.c.workbook_id == workbook_id)
                .where(bank_lines.c.state == LineState.PENDING)
                .where(bank_lines.c.client.is_not(None))
            ).all()
        found: dict[str, Decimal] = {}
        for clients, data in rows:
            amount = Decimal(data["amount"])
            for client in _names(clients) if amount > 0 else ():
                found[client] = found.get(client, Decimal(0)) + amount
        return found

    def on_the_way(self, workbook_id: str, standing: Collection[str]) -> dict[str, Decimal]:
        """By client, money that the sheet's payments do not tell of: unconfirmed or unwritten.

        `standing` are the references in the payments tab.
        """
        found = self.waiting(workbook_id)
        for each in self.lines(workbook_id, LineState.CONFIRMED):
            for row in each.payments if each.line not in standing else ():
                client, amount = str(row["client"]), Decimal(row["amount"])
                if amount > 0:
                    found[client] = found.get(client, Decimal(0)) + amount
        return found

    def ask_again(self, workbook_id: str, since: datetime, standing: Collection[str]) -> int:
        """Settled lines whose payments an older copy of the sheet lacks wait again; how many.

        Those that were settled at `since` or later, whatever was said of them: a line was also
        ignored because its money stood there by hand. `standing` are the references in the
        payments tab.
        """
        done = (LineState.RECORDED, LineState.IGNORED)
        query = (
            sa.select(bank_lines.c.line)
            .where(bank_lines.c.workbook_id == workbook_id, bank_lines.c.state.in_(done))
            .where(bank_lines.c.changed_at >= since)
        )
        values: Mapping[str, object] = {"state": LineState.PENDING, "payments": []}
        with self._ledger.writing() as connection:
            now = self._ledger.moment()
            found = [each for each in connection.execute(query).scalars() if each not in standing]
            for line in found:
                for old in done:
                    self._move(connection, workbook_id, line, old, now, values)
        return len(found)

    def settle(self, workbook_id: str, words: "Words") -> None:
        """Carry out what became of pending lines, all of it in one transaction.

        A line that is not pending any more stays as it is.
        """
        now = self._ledger.moment()
        moves: list[tuple[str, Mapping[str, object]]] = []
        for line, rows in words.confirmed.items():
            made = [dict(row) for row in rows]
            moves.append((line, {"state": LineState.CONFIRMED, "payments": made}))
        moves += [(line, {"state": LineState.IGNORED}) for line in words.ignored]
        moves += [(line, {"state": LineState.RECORDED}) for line in words.stands]
        with self._ledger.writing() as connection:
            for line, values in moves:
                self._move(connection, workbook_id, line, LineState.PENDING, now, values)
            if words.clients:
                connection.execute(
                    bank_lines.update()
                    .where(bank_lines.c.workbook_id == workbook_id)
                    .where(bank_lines.c.line == sa.bindparam("which"))
                    .where(bank_lines.c.state == LineState.PENDING)
                    .values(client=sa.bindparam("payers")),
                    [
                        {"which": line, "payers": _BETWEEN.join(clients) or None}
                        for line, clients in words.clients.items()
                    ],
                )

    def confirm(self, workbook_id: str, line: str, payments: Iterable[Mapping[str, Any]]) -> bool:
        """Pending → confirmed with the rows it makes; False when it was not pending."""
        values = {"state": LineState.CONFIRMED, "payments": [dict(row) for row in payments]}
        with self._ledger.writing() as connection:
            now = self._ledger.moment()
            return self._move(connection, workbook_id, line, LineState.PENDING, now, values)

    def ignore(self, workbook_id: str, line: str) -> bool:
        """Pending → ignored; False when it was not pending."""
        values = {"state": LineState.IGNORED}
        with self._ledger.writing() as connection:
            now = self._ledger.moment()
            return self._move(connection, workbook_id, line, LineState.PENDING, now, values)

    def recorded(self, workbook_id: str, lines: Iterable[str]) -> None:
        """The rows of these confirmed lines stand in the sheet: never written again."""
        values = {"state": LineState.RECORDED}
        lines = tuple(lines)
        if not lines:
            return
        with self._ledger.writing() as connection:
            now = self._ledger.moment()
            for line in lines:
                self._move(connection, workbook_id, line, LineState.CONFIRMED, now, values)

    def _move(
        self,
        connection: sa.Connection,
        workbook_id: str,
        line: str,
        old: LineState,
        now: datetime,
        values: Mapping[str, object],
    ) -> bool:
        changed = connection.execute(
            bank_lines.update()
            .where(bank_lines.c.workbook_id == workbook_id, bank_lines.c.line == line)
            .where(bank_lines.c.state == old)
            .values(changed_at=now, **values)
        ).rowcount
        return changed == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What became of lines that waited.

    `confirmed` maps a line to the payment rows it makes; `stands` are lines whose rows the sheet
    has already (another ledger wrote them); `clients` maps a line to those who may have paid it.
    """

    confirmed: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    ignored: Collection[str] = ()
    stands: Collection[str] = ()
    clients: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.confirmed or self.ignored or self.stands or self.clients)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(_BETWEEN)) if text else ()
