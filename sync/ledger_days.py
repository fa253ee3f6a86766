"""The ledger's transactions, and what the schedule and the workbook's identity need of it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from sync.ledger_file import LedgerError, open_ledger_file, translated
from sync.ledger_tables import runs, workbooks


class UnknownReference(LedgerError):
    """The ledger has no message of this reference."""

    def __init__(self, reference: str) -> None:
        super().__init__("unknown_reference", reference=reference)


class RunResult(StrEnum):
    """How a run ended. Done and some_failed complete the day; the others are tried again."""

    DONE = "done"
    SOME_FAILED = "some_failed"
    POSTPONED = "postponed"
    FAILED = "failed"


_COMPLETE = (RunResult.DONE, RunResult.SOME_FAILED)


class LedgerDays:
    """An open ledger file: its transactions, where workbooks live, which days are done."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._engine = open_ledger_file(path)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def moment(self) -> datetime:
        """The present, aware."""
        return self._now()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock from its beginning."""
        with translated(self._path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that takes no lock."""
        with (
            translated(self._path),
            self._engine.execution_options(reads=True).connect() as connection,
        ):
            yield connection

    # ---- where the workbook lives

    def place_of(self, workbook_id: str) -> str | None:
        """Where the workbook of this identity was last seen, None when never."""
        with self.reading() as connection:
            return connection.execute(
                sa.select(workbooks.c.place).where(workbooks.c.workbook_id == workbook_id)
            ).scalar_one_or_none()

    def remember_place(self, workbook_id: str, place: str) -> None:
        """The workbook of this identity lives here now."""
        with self.writing() as connection:
            connection.execute(workbooks.delete().where(workbooks.c.workbook_id == workbook_id))
            connection.execute(
                workbooks.insert().values(workbook_id=workbook_id, place=place, seen_at=self._now())
            )

    # ---- days and runs, for the schedule

    def begin_run(self, run: str, workbook: str, day: date, at: time | None = None) -> None:
        """A run begins. `workbook` is the caller's name for it, `at` the scheduled time of day."""
        with self.writing() as connection:
            connection.execute(
                runs.insert().values(
                    run=run, workbook=workbook, day=day, at=_clock(at), started_at=self._now()
                )
            )

    def finish_run(self, run: str, result: RunResult) -> None:
        """A run ends. Raises UnknownReference for one that did not begin."""
        with self.writing() as connection:
            done = connection.execute(
                runs.update()
                .where(runs.c.run == run)
                .values(finished_at=self._now(), result=result)
            ).rowcount
            if not done:
                raise UnknownReference(run)

    def completed(self, workbook: str, day: date, at: time | None = None) -> bool:
        """Whether the run scheduled at `at` on `day` is complete; without `at`, any run."""
        with self.reading() as connection:
            query = _complete(sa.func.count(), workbook).where(runs.c.day == day)
            if at is not None:
                query = query.where(runs.c.at == _clock(at))
            return bool(connection.execute(query).scalar_one())

    def first_completed_before(self, workbook: str, day: date) -> datetime | None:
        """When the first complete run of the last day before `day` ended: its digest's moment."""
        last = (
            _complete(sa.func.max(runs.c.day), workbook).where(runs.c.day < day).scalar_subquery()
        )
        with self.reading() as connection:
            found: datetime | None = connection.execute(
                _complete(sa.func.min(runs.c.finished_at), workbook).where(runs.c.day == last)
            ).scalar_one_or_none()
        return found

    def last_completed(self, workbook: str) -> date | None:
        """The last day with a complete run."""
        with self.reading() as connection:
            day: date | None = connection.execute(
                _complete(sa.func.max(runs.c.day), workbook)
            ).scalar_one_or_none()
        return day

    def shown_until(self, workbook: str, shown: Collection[str]) -> datetime | None:
        """The end of the last run that an older copy of the workbook shows.

        `shown` are the runs in its runs tab. None when no complete run came after them, or when
        this ledger knows none of them.
        """
        query = sa.select(runs.c.run, runs.c.started_at, runs.c.finished_at, runs.c.result)
        query = query.where(runs.c.workbook == workbook)
        with self.reading() as connection:
            known = connection.execute(query.order_by(sa.literal_column("rowid"))).all()
        until: datetime | None = None
        is_older = False
        for run, started_at, finished_at, result in known:
            if run in shown:
                until, is_older = finished_at or started_at, False
            elif result in _COMPLETE:
                is_older = True
        return until if is_older else None


def _clock(at: time | None) -> str | None:
    return None if at is None else at.isoformat(timespec="minutes")


def _complete(what: Any, workbook: str) -> sa.Select[Any]:
    return (
        sa.select(what)
        .select_from(runs)
        .where(runs.c.workbook == workbook)
        .where(runs.c.result.in_(_COMPLETE))
    )
