"""serve: the unattended form."""

import argparse
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta, tzinfo
from types import FrameType

from sync.arrivals import Arrivals, Mailbox
from sync.clock import Clock
from sync.commands.choose import settings_of
from sync.commands.errors import sentence_of, store_sentence
from sync.digest import tell_team
from sync.domain.calendar import BusinessCalendar
from sync.domain.facts import Choice, Outcome
from sync.identity import identity_of
from sync.letters import preview_sender
from sync.locks import Busy
from sync.look import Look
from sync.report import RunReport
from sync.run import Engine, run
from sync.service import Ended, Service
from sync.settings import Settings, WorkbookSettings
from sync.views.cells import date_text
from sync.wiring import (
    engine_for,
    inbox_for,
    look_at,
    open_ledger,
    open_store,
    today,
    transport_for,
)
from sync.words import words

_LOG = logging.getLogger("regua.service")


def serve(options: argparse.Namespace, language: str) -> int:
    """Run at the configured times until told to stop."""
    settings = settings_of(options)
    _log_in(settings.schedule.zone)
    transport_for(settings.mail, options.outbox)  # a missing [mail] is told now, not at 08:30
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    clock = Clock(settings.schedule.zone)
    service = Service(
        jobs=[
            WorkbookJob(settings, book, options, stop.is_set, language)
            for book in settings.workbooks
        ],
        at=settings.schedule.at,
        now=clock.now,
        stop=stop,
        retry=timedelta(minutes=settings.schedule.retry_minutes),
        sentence_of=lambda error: sentence_of(error, language),
        choices_every=timedelta(minutes=settings.schedule.approvals_minutes),
    )
    times = ", ".join(moment.strftime("%H:%M") for moment in settings.schedule.at)
    _LOG.info(words(language, "cli.serving", times=times, zone=settings.schedule.zone.key))
    service.serve()
    _LOG.info(words(language, "cli.stopped"))
    return 0


class _ZoneFormatter(logging.Formatter):
    """Moments in the configured zone with their offset: not the host's, which is often UTC."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._zone = zone

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's own
        """As 2026-03-02T08:30:00-03:00."""
        moment = datetime.fromtimestamp(record.created, self._zone)
        return moment.isoformat(timespec="seconds")


def _log_in(zone: tzinfo) -> None:
    """Write the log to the terminal (a service manager's journal), in this zone's time."""
    handler = logging.StreamHandler()
    handler.setFormatter(_ZoneFormatter(zone))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class WorkbookJob:
    """One workbook under the service."""

    def __init__(
        self,
        settings: Settings,
        book: WorkbookSettings,
        options: argparse.Namespace,
        stop: Callable[[], bool],
        language: str,
    ) -> None:
        self._settings = settings
        self._book = book
        self._options = options
        self._stop = stop
        self._language = language
        self._seen: Look | None = None
        self._told_on: date | None = None
        self._answered: str | None = None  # the revision whose choices were looked at
        self._arrivals = Arrivals()
        self._said: str | None = None  # why the last run was postponed

    @property
    def name(self) -> str:
        """What people call it."""
        return self._book.name

    def calendar(self) -> BusinessCalendar:
        """The business days of its settings, read again when the file changed."""
        return self._look().calendar

    def completed(self, day: date, at: time) -> bool:
        """Whether the ledger has the run of that moment as complete."""
        with open_ledger(self._settings, Clock(self._settings.schedule.zone).now) as ledger:
            return ledger.completed(identity_of(self._look().snapshot), day, at)

    def run(self, day: date, at: time | None) -> Ended:
        """One run now."""
        try:
            with engine_for(
                self._settings, self._book, outbox=self._options.outbox, stop=self._stop
            ) as engine:
                report = run(engine, at=at, for_day=day)
                self._arrivals.ran()
                self._tell(report)
                if report.postponed is not None:
                    self._tell_team(report, engine)
        except Busy:
            _LOG.info(words(self._language, "cli.busy", workbook=self.name))
            return Ended.POSTPONED
        if report.postponed is not None:
            return Ended.POSTPONED
        return Ended.UNDELIVERED if report.undelivered else Ended.DONE

    def choices_pending(self) -> bool:
        """Whether somebody ticked something, or something arrived, that no run has looked at."""
        seen = self._look()
        if seen.snapshot.revision != self._answered:
            self._answered = seen.snapshot.revision
            # Of the bank matches only rows with a tick are read as choices.
            if seen.facts.bank_choices or any(_ticked(choice) for choice in seen.facts.choices):
                return True
        return self._has_arrivals(identity_of(seen.snapshot))

    def _has_arrivals(self, identity: str) -> bool:
        settings = self._settings
        with (
            open_ledger(settings, Clock(settings.schedule.zone).now) as ledger,
            ExitStack() as opened,
        ):

            def mailbox() -> Mailbox:
                assert settings.inbox is not None  # noqa: S101 - asked below
                return opened.enter_context(inbox_for(settings.inbox, today(settings)))

            return self._arrivals.pending(
                ledger,
                identity,
                mailbox if settings.inbox is not None else None,
                self._book.bank_folder,
            )

    def _look(self) -> Look:
        """The workbook as it stands; parsed again only when the file changed or the day did."""
        store = open_store(self._settings, self._book)
        seen = self._seen
        if (
            seen is None
            or seen.plan.run_date != today(self._settings)
            or seen.snapshot.revision != store.revision()
        ):
            seen = self._seen = look_at(self._settings, self._book)
        return seen

    def _tell_team(self, report: RunReport, engine: Engine) -> None:
        """A workbook that nobody closed all day: mail the team once, naming who holds it."""
        seen, now = report.look, engine.now()
        settings, language = seen.facts.settings, seen.snapshot.language
        last_hour = now.hour + 1 >= settings.send_until.hour
        if report.recorded or not last_hour or self._told_on == now.date():
            return
        self._told_on = now.date()
        why = store_sentence(language, report.postponed or "", report.postponed_values)
        company = settings.company or self.name
        day = date_text(language, now.date())
        tell_team(
            seen,
            engine.transport,
            words(language, "digest.postponed_subject", company=company, date=day),
            words(language, "digest.postponed", why=why),
            sender=engine.sender or preview_sender(settings),
            identity=identity_of(seen.snapshot),
            at=now,
        )

    def _tell(self, report: RunReport) -> None:
        if report.postponed is not None:
            why = store_sentence(
                report.look.snapshot.language, report.postponed, report.postponed_values
            )
            if why != self._said:  # told once while it stays so, not at every try
                _LOG.warning("%s: %s", self.name, why)
            self._said = why
            return
        self._said = None
        _LOG.info(
            words(
                self._language,
                "cli.served",
                workbook=self.name,
                sent=len(report.with_outcome(Outcome.SENT)),
                refused=len(report.with_outcome(Outcome.REFUSED)),
                uncertain=len(report.with_outcome(Outcome.UNCERTAIN)),
            )
        )


def _ticked(choice: Choice) -> bool:
    return choice.approve or choice.skip or choice.done


COMMANDS = {"serve": serve}
