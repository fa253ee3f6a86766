"""The unattended form: what is due is asked of the ledger, `schedule` only ticks.

A scheduled moment is a business day and a time of day. The last one that has passed is due until
the ledger has it as completed, whether the process was asleep, stopped or restarted meanwhile: one
catch-up run, never one for each missed moment. A job that raises is logged and tried again; it
never stops the next. While the mail server takes nothing, the tries of a day come less and less
often: each leaves rows in the workbook's logs.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

import schedule

from sync.domain.calendar import BusinessCalendar

_LOG = logging.getLogger("regua.service")
_LOOK_BACK = 14  # days; longer than any run of holidays
_LONGEST = timedelta(hours=2)  # between two tries while a mail server takes nothing


class Ended(StrEnum):
    """How one run of a job ended, for the question when to try again."""

    DONE = "done"
    POSTPONED = "postponed"  # nothing was written: the workbook is open, another run is at it
    UNDELIVERED = "undelivered"  # messages could not leave, and the logs say so


class Job(Protocol):
    """One workbook as the service sees it."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def calendar(self) -> BusinessCalendar:
        """The business days of its settings."""
        ...

    def completed(self, day: date, at: time) -> bool:
        """Whether the run of that moment was completed."""
        ...

    def run(self, day: date, at: time | None) -> Ended:
        """One whole run today, counted for the moment `day`, `at`."""
        ...

    def choices_pending(self) -> bool:
        """Whether somebody ticked something since the last look."""
        ...


@dataclass(slots=True)
class _Pace:
    """When a job may next be tried, after a postponement, and when it is next asked for choices.

    `in_vain` counts the runs of `day` that could not deliver, since one that did.
    """

    retry_at: datetime | None = None
    choices_at: datetime | None = None
    in_vain: int = 0
    day: date | None = None


@dataclass(slots=True, kw_only=True)
class Service:
    """Runs jobs at their times until told to stop.

    `now` gives the aware present in the configured zone; `stop` ends `serve` after the message
    in hand; `tick_seconds` is how often the clock is looked at; `sentence_of` says what a foreseen
    error means, None for a bug.
    """

    jobs: Sequence[Job]
    at: tuple[time, ...]
    now: Callable[[], datetime]
    stop: threading.Event
    retry: timedelta = timedelta(minutes=10)
    choices_every: timedelta = timedelta(minutes=5)
    tick_seconds: int = 20
    sentence_of: Callable[[Exception], str | None] = field(default=lambda _error: None)
    _pace: dict[str, _Pace] = field(default_factory=dict)

    def serve(self) -> None:
        """Tick until `stop` is set."""
        ticker = schedule.Scheduler()
        ticker.every(self.tick_seconds).seconds.do(self.tick)
        self.tick()
        while not self.stop.is_set():
            ticker.run_pending()
            self.stop.wait(timeout=1.0)

    def tick(self) -> None:
        """Do what is due now, job by job; whatever one raises stays with it."""
        for job in self.jobs:
            if self.stop.is_set():
                return
            try:
                self._tend(job)
            except Exception as error:  # noqa: BLE001 - a failing run never stops the next
                sentence = self.sentence_of(error)
                if sentence is not None:
                    _LOG.error("%s: %s", job.name, sentence)
                else:
                    _LOG.exception("%s: the run failed; next try in %s", job.name, self.retry)
                self._pace_of(job).retry_at = self.now() + self.retry

    def _tend(self, job: Job) -> None:
        now, pace = self.now(), self._pace_of(job)
        if pace.retry_at is not None and now < pace.retry_at:
            return
        calendar = job.calendar()
        if not calendar.is_business_day(now.date()):
            return
        due = last_due(now, self.at, calendar)
        if due is not None and not job.completed(*due):
            self._set(pace, job.run(*due))
            pace.choices_at = self.now() + self.choices_every
        elif pace.choices_at is None or now >= pace.choices_at:
            pace.choices_at = now + self.choices_every
            if job.choices_pending():
                self._set(pace, job.run(now.date(), None))

    def _set(self, pace: _Pace, ended: Ended) -> None:
        """When to try again. A new day begins with quick tries."""
        now = self.now()
        if ended is Ended.DONE or pace.day != now.date():
            pace.in_vain, pace.day = 0, now.date()
        pause = self.retry
        if ended is Ended.UNDELIVERED:
            pause = min(self.retry * 2**pace.in_vain, max(self.retry, _LONGEST))
            pace.in_vain += 1
        pace.retry_at = None if ended is Ended.DONE else now + pause

    def _pace_of(self, job: Job) -> _Pace:
        return self._pace.setdefault(job.name, _Pace())


def last_due(
    now: datetime, at: Sequence[time], calendar: BusinessCalendar
) -> tuple[date, time] | None:
    """The last scheduled moment (business day, time of day) that is not after `now`."""
    for back in range(_LOOK_BACK):
        day = now.date() - timedelta(days=back)
        if not calendar.is_business_day(day):
            continue
        passed = [moment for moment in at if back or moment <= now.time()]
        if passed:
            return day, max(passed)
    return None
