"""The one place that builds real adapters: stores, ledger, transports, calendar."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, cast

from mailer.addresses import mailbox
from mailer.delivery import Outcome, Refused, Transport
from mailer.errors import ConfigurationError
from mailer.folder import FolderTransport
from mailer.letter import OutgoingMessage
from mailer.password import INBOX_CREDENTIAL, INBOX_VARIABLE, find_password
from mailer.smtp import SmtpTransport
from sync.agreeing_rows import TypedAgreements
from sync.clock import Clock
from sync.domain.calendar import BusinessCalendar
from sync.domain.facts import TeamSettings
from sync.holidays_br import brazilian_holidays
from sync.identity import identity_of
from sync.ledger import Ledger
from sync.locks import Busy, run_lock
from sync.look import BankMoney, Look, look
from sync.older_copy import OlderCopy
from sync.receiving import BankSource
from sync.recurring_rows import RecurringSource
from sync.run import Engine
from sync.settings import InboxSettings, MailSettings, Settings, SettingsError, WorkbookSettings
from sync.stores.excel_file import ExcelFileStore
from sync.stores.file_names import fitting
from sync.taking_in import Source
from sync.workbook import Store, StoreError

if TYPE_CHECKING:
    from mailer.inbox import ImapInbox

LEDGER_FILE = "ledger.sqlite3"
_PAST_RUN = time(12)


def calendar_for(settings: TeamSettings) -> BusinessCalendar:
    """The banks' business days with the team's state, city and own holidays."""
    return BusinessCalendar(
        brazilian_holidays(settings.state, settings.city, settings.extra_holidays)
    )


def open_store(settings: Settings, book: WorkbookSettings) -> Store:
    """The workbook's store; backups stand in the state directory, a folder a workbook."""
    return ExcelFileStore(
        book.path,
        settings.state.directory / "backups" / _folder_name(book.path),
        Clock(settings.schedule.zone).now,
        allow_synced=book.allow_synced,
        keep_backups=settings.state.keep_backups,
    )


def _folder_name(path: Path) -> str:
    """A folder of its own for each workbook, two of the same name in two places included."""
    mark = f"-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    return fitting(path.stem, mark) + mark


@contextmanager
def named(book: WorkbookSettings) -> Iterator[None]:
    """A refusal inside tells which workbook it is about."""
    try:
        yield
    except StoreError as error:
        error.place = str(book.path)
        raise


def moment_of(settings: Settings, run_date: date | None) -> Callable[[], datetime]:
    """The present, or noon of a past run date: what happens on it is recorded on it."""
    clock = Clock(settings.schedule.zone)
    if run_date is None or run_date == clock.now().date():
        return clock.now
    fixed = datetime.combine(run_date, _PAST_RUN, tzinfo=settings.schedule.zone)
    return lambda: fixed


def today(settings: Settings) -> date:
    """The real day in the configured zone."""
    return Clock(settings.schedule.zone).now().date()


def ledger_path(settings: Settings) -> Path:
    """Where the ledger stands."""
    return settings.state.directory / LEDGER_FILE


@contextmanager
def open_ledger(settings: Settings, now: Callable[[], datetime]) -> Iterator[Ledger]:
    """The ledger, created when there is none yet."""
    # What stands there names people and what they owe: nobody else on the machine may look.
    settings.state.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with Ledger(ledger_path(settings), now) as ledger:
        yield ledger


def look_at(settings: Settings, book: WorkbookSettings, run_date: date | None = None) -> Look:
    """Read and decide without writing anything, the ledger only when there is one."""
    with named(book):
        snapshot = open_store(settings, book).read()
    now = moment_of(settings, run_date)
    day = run_date or now().date()

    def seen(**known: object) -> Look:
        return look(
            snapshot,
            run_date=day,
            today=today(settings),
            calendar_for=calendar_for,
            **known,  # type: ignore[arg-type] # the ledger's two answers, or none
        )

    if not ledger_path(settings).exists():
        return seen(recurred={})
    with open_ledger(settings, now) as ledger:
        reminders = ledger.reminders(identity_of(snapshot), as_recovered=True)
        bank, identity = ledger.bank, identity_of(snapshot)
        return seen(
            ledger_reminders=reminders,
            verdicts=ledger.verdicts(),
            money=BankMoney(until=bank.until(identity), waiting=bank.waiting(identity)),
            recurred=ledger.recurrences.decided(identity),
        )


def transport_for(
    mail: MailSettings | None, outbox: Path | None, language: str = "pt-BR"
) -> Transport:
    """How messages leave; `language` is the folder page's. Raises SettingsError without a way."""
    spoken = cast("Literal['pt-BR', 'en']", language)
    if outbox is not None:
        return FolderTransport(outbox, language=spoken)
    if mail is None:
        raise SettingsError("no_mail")
    if mail.transport == "folder":
        return FolderTransport(cast("Path", mail.directory), language=spoken)
    return _LateSmtp(mail)


@dataclass(slots=True)
class _LateSmtp:
    """SMTP whose password is asked for when the first message leaves, not when a run starts."""

    mail: MailSettings
    _made: SmtpTransport | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._made is not None:
            self._made.__exit__(kind, error, trace)
            self._made = None

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Outcome:
        return self._ready().deliver(message, on_commit)

    def check(self) -> Refused | None:
        """Connect and log in, to know before a message whether that works."""
        return self._ready().check()

    def _ready(self) -> SmtpTransport:
        if self._made is None:
            self._made = self._make()
            self._made.__enter__()
        return self._made

    def _make(self) -> SmtpTransport:
        mail = self.mail
        if mail.host is None:
            raise ConfigurationError("mail.host is missing")
        return SmtpTransport(
            host=mail.host,
            port=mail.port,
            security=cast("Literal['starttls', 'tls', 'none']", mail.security),
            user=mail.user or "",
            password=find_password(mail.user) if mail.user else "",
            timeout=mail.timeout,
        )


def inbox_for(inbox: InboxSettings, today: date) -> "ImapInbox":
    """The mailbox that answers arrive in. Raises ConfigurationError; connects to nothing yet."""
    from mailer.inbox import ImapInbox  # noqa: PLC0415 - only who reads mail pays for it

    password = find_password(inbox.user, variable=INBOX_VARIABLE, credential=INBOX_CREDENTIAL)
    return ImapInbox(
        host=inbox.host,
        port=inbox.port,
        security=cast("Literal['starttls', 'tls', 'none']", inbox.security),
        user=inbox.user,
        password=password,
        folder=inbox.folder,
        since=today - timedelta(days=inbox.since_days),
        flag=inbox.flag,
        move_to=inbox.move_to,
        timeout=inbox.timeout,
    )


def _own_addresses(settings: Settings) -> frozenset[str]:
    """The addresses that the team itself writes from, as far as the configuration names them."""
    sender = settings.mail.sender if settings.mail else None
    found = {mailbox(sender)[1].casefold()} if sender else set()
    if settings.inbox is not None and "@" in settings.inbox.user:
        found.add(settings.inbox.user.casefold())
    return frozenset(found)


@contextmanager
def engine_for(
    settings: Settings,
    book: WorkbookSettings,
    *,
    outbox: Path | None = None,
    run_date: date | None = None,
    moved: bool = False,
    by: str = "regua",
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Iterator[Engine]:
    """All that a run of one workbook needs; the ledger is closed at the end."""
    now = moment_of(settings, run_date)

    @contextmanager
    def lock(identity: str) -> Iterator[None]:
        try:
            held = run_lock(settings.state.directory, identity)
            held.__enter__()
        except Busy:
            raise Busy(book.name) from None
        try:
            yield
        finally:
            held.__exit__(None, None, None)

    store = open_store(settings, book)
    with named(book):
        language = store.read().language  # the store keeps what it read for the run
    transport = transport_for(settings.mail, outbox, language)
    real_day = run_date is None or run_date == today(settings)
    with open_ledger(settings, now) as ledger, ExitStack() as opened:

        def sources(identity: str) -> list[Source]:
            # What people typed is a fact of its date, as is what falls due again. Mail arrives
            # today: a run of another day leaves it for one of its own.
            found: list[Source] = [
                OlderCopy(ledger, identity),
                TypedAgreements(),
                RecurringSource(ledger, identity),
            ]
            if real_day:  # before mail: who has paid agrees on nothing
                bank = BankSource(ledger=ledger, workbook_id=identity, folder=book.bank_folder)
                found.append(bank)
            if settings.inbox is not None and real_day:
                from sync.mail_source import MailSource  # noqa: PLC0415 - as in inbox_for

                inbox = opened.enter_context(inbox_for(settings.inbox, today(settings)))
                found.append(
                    MailSource(
                        inbox=inbox,
                        ledger=ledger,
                        workbook_id=identity,
                        by=by,
                        own=_own_addresses(settings),
                        trusted=settings.inbox.trusted_server,
                        shared=len(settings.workbooks) > 1,
                    )
                )
            return found

        ledger.forget_bodies(now() - timedelta(days=settings.state.keep_messages_days))
        yield Engine(
            store=store,
            ledger=ledger,
            transport=transport,
            sender=settings.mail.sender if settings.mail else None,
            calendar_for=calendar_for,
            now=now,
            today=today(settings),
            lock=lock,
            by=by,
            in_window=outbox is None,
            moved=moved,
            sources=sources,
            stop=stop,
            progress=progress,
        )


def with_outbox(settings: Settings, outbox: Path | None, state: Path | None) -> Settings:
    """Settings with what the command line names in place of the file's."""
    if state is not None:
        settings = replace(settings, state=replace(settings.state, directory=state))
    if outbox is not None and settings.mail is None:
        settings = replace(settings, mail=MailSettings(transport="folder", directory=outbox))
    return settings
