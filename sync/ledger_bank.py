"""Which bank lines were read, and what people made of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from sync.ledger_part import Transactions
from sync.ledger_tables import bank_files, bank_lines


class LineState(StrEnum):
    """Where one bank line stands."""

    PENDING = "pending"  # shown in the tab, waits for a person
    CONFIRMED = "confirmed"  # it makes payments; `payments` are their rows
    RECORDED = "recorded"  # these rows stood in the sheet
    IGNORED = "ignored"  # a person said that it is none of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """A file that was read whole: `first` to `last` are the days it covers."""

    digest: str
    name: str
    account: str
    first: date | None
    last: date | None
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLine:
    """A bank line as the ledger has it; `data` is the line, `payments` the rows it made."""

    line: str
    state: LineState
    client: str | None
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
            return bool(
                connection.execute(
                    sa.select(sa.func.count())
                    .select_from(bank_files)
                    .where(bank_files.c.workbook_id == workbook_id, bank_files.c.digest == digest)
                ).scalar_one()
            )

    def until(self, workbook_id: str) -> date | None:
        """The last day that files read so far cover."""
        with self._ledger.reading() as connection:
            day: date | None = connection.execute(
                sa.select(sa.func.max(bank_files.c.last)).where(
                    bank_files.c.workbook_id == workbook_id
                )
            ).scalar_one_or_none()
        return day

    def lines(self, workbook_id: str, *states: LineState) -> tuple[KnownLine, ...]:
        """The lines in any of these states, in the order they were read."""
        with self._ledger.reading() as connection:
            rows = connection.execute(
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
            ).all()
        return tuple(
            KnownLine(
                line=line,
                state=LineState(state),
                client=client,
                data=data,
                payments=tuple(payments),
            )
            for line, state, client, data, payments in rows
        )

    def guess(self, workbook_id: str, clients: Mapping[str, str | None]) -> None:
        """Who most likely paid each of these lines, by today's workbook."""
        with self._ledger.writing() as connection:
            for line, client in clients.items():
                connection.execute(
                    bank_lines.update()
                    .where(bank_lines.c.workbook_id == workbook_id, bank_lines.c.line == line)
                    .values(client=client)
                )

    def waiting(self, workbook_id: str) -> dict[str, Decimal]:
        """By client, money that most likely came from them and that nobody has confirmed yet."""
        with self._ledger.reading() as connection:
            rows = connection.execute(
                sa.select(bank_lines.c.client, bank_lines.c.data)
                .where(bank_lines.c.workbook_id == workbook_id)
                .where(bank_lines.c.state == LineState.PENDING)
                .where(bank_lines.c.client.is_not(None))
            ).all()
        found: dict[str, Decimal] = {}
        for client, data in rows:
            amount = Decimal(data["amount"])
            if amount > 0:
                found[client] = found.get(client, Decimal(0)) + amount
        return found

    def confirm(self, workbook_id: str, line: str, payments: Iterable[Mapping[str, Any]]) -> bool:
        """Pending → confirmed with the rows it makes; False when it was not pending."""
        rows = [dict(row) for row in payments]
        return self._move(workbook_id, line, LineState.PENDING, LineState.CONFIRMED, payments=rows)

    def ignore(self, workbook_id: str, line: str) -> bool:
        """Pending → ignored; False when it was not pending."""
        return self._move(workbook_id, line, LineState.PENDING, LineState.IGNORED)

    def recorded(self, workbook_id: str, lines: Iterable[str]) -> None:
        """The rows of these confirmed lines stand in the sheet: never written again."""
        for line in lines:
            self._move(workbook_id, line, LineState.CONFIRMED, LineState.RECORDED)

    def _move(
        self, workbook_id: str, line: str, old: LineState, new: LineState, **values: object
    ) -> bool:
        with self._ledger.writing() as connection:
            changed = connection.execute(
                bank_lines.update()
                .where(bank_lines.c.workbook_id == workbook_id, bank_lines.c.line == line)
                .where(bank_lines.c.state == old)
                .values(state=new, changed_at=self._ledger.moment(), **values)
            ).rowcount
        return changed == 1
