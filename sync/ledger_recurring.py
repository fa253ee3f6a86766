"""Through which due date each recurring receivable was decided on, for each workbook by itself."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from sync.ledger_part import Transactions
from sync.ledger_tables import recurrences


class LedgerRecurrences:
    """What one ledger file knows of recurring receivables; a day never goes back."""

    def __init__(self, ledger: Transactions) -> None:
        self._ledger = ledger

    def decided(self, workbook_id: str) -> Mapping[str, date]:
        """The last due date decided on, by the rule's name."""
        with self._ledger.reading() as connection:
            return self._decided(connection, workbook_id)

    def remember(self, workbook_id: str, decided: Mapping[str, date]) -> None:
        """Keep these days, in one transaction; nothing is written for days known already."""
        with self._ledger.reading() as connection:
            known = self._decided(connection, workbook_id)
        later = {name: day for name, day in decided.items() if known.get(name, date.min) < day}
        if not later:
            return
        with self._ledger.writing() as connection:
            known = self._decided(connection, workbook_id)
            now = self._ledger.moment()
            for name, day in later.items():
                row: dict[str, object] = {"last": max(day, known.get(name, day)), "at": now}
                if name not in known:
                    row |= {"workbook_id": workbook_id, "name": name}
                    connection.execute(recurrences.insert().values(**row))
                    continue
                connection.execute(
                    recurrences.update()
                    .where(recurrences.c.workbook_id == workbook_id, recurrences.c.name == name)
                    .values(**row)
                )

    @staticmethod
    def _decided(connection: sa.Connection, workbook_id: str) -> dict[str, date]:
        rows = connection.execute(
            sa.select(recurrences.c.name, recurrences.c.last).where(
                recurrences.c.workbook_id == workbook_id
            )
        )
        return {name: last for name, last in rows}  # noqa: C416 -- a Row is no pair to mypy
