"""Days of a team with its workbook: real runs by the real parts, people's hands in between.

The engine is `sync.run` as `sync.wiring` builds it, over a file or over memory. Only the seams
are watched: before and after each reading and writing somebody may act, or the process may die;
each letter is judged at the moment it leaves. A death is what is on the disk at that instant.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from mailer.delivery import Accepted, Outcome, Refused, Transport, Uncertain
from mailer.folder import FolderTransport
from mailer.letter import OutgoingMessage
from sheet_templates.schema import TABS, Owner
from sync import wiring
from sync.ledger import Ledger
from sync.locks import run_lock
from sync.report import RunReport
from sync.run import Engine, run
from sync.settings import WorkbookSettings, for_workbook
from sync.workbook import Applied, Conflict, WrongPlace
from tests import whole_bytes, whole_sheet
from tests.whole_book import Book, FileBook, MemoryBook, Sight
from tests.whole_judge import Judge
from tests.whole_letters import Letter
from tests.whole_seams import Post, Watched
from tests.whole_truth import DAY, YES, Broken, Truth, is_business

ZONE = ZoneInfo("America/Sao_Paulo")
Moment = str
"""read, check, write, written: where a run touches the workbook; letter: before one leaves."""


class Death(BaseException):
    """The process is gone; what it does on its way out happens to nobody."""


@dataclass(frozen=True)
class Chances:
    """How often things happen, as probabilities."""

    act: float = 0.06
    death: float = 0.01
    refusal: float = 0.05
    doubt: float = 0.05
    rival: float = 0.0  # that the other computer runs in the middle of a run


RIVALS = Chances(act=0.03, death=0.08, rival=0.25)
"""Two computers with a ledger each that run at the same time, and often die."""


@dataclass
class Team:
    """A workbook, the ledgers of the computers that run it, and all that ever left."""

    book: Book
    folder: Path
    rng: Random
    today: date
    people: Callable[["Team"], None] = lambda _team: None
    chances: Chances = field(default_factory=Chances)
    judge: Judge = field(default_factory=Judge)
    hour: int = 9
    machine: int = 0
    runs: int = 0
    delivered: list[Letter] = field(default_factory=list)  # accepted by the outbox
    settled: set[str] = field(default_factory=set)  # whose end the engine was told
    shown: Truth | None = None  # what the queue was made of
    recorded: Sight | None = None  # the workbook right after the engine's last write
    wrong: list[Exception] = field(default_factory=list)
    undisturbed: bool = True
    refused: list[tuple[date, str]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)  # what people remember
    _visited: bool = False  # by the other computer
    _frozen: tuple[Any, Path] | None = None
    _last: Any = None

    def __post_init__(self) -> None:
        self.shown = self.truth()

    # What is known.

    def truth(self) -> Truth:
        return Truth(self.book.look(), self.today, self.book.language)

    @property
    def state(self) -> Path:
        return self.folder / f"machine-{self.machine}"

    @property
    def outbox(self) -> Path:
        return self.folder / f"outbox-{self.machine}"

    def known_to_ledger(self, machine: int) -> set[str]:
        """References of messages that a ledger has not released."""
        path = self.folder / f"machine-{machine}" / wiring.LEDGER_FILE
        if not path.exists():
            return set()
        with Ledger(path, self.now) as ledger:
            rows = ledger.reminders(self.identity)
        return {r.reference for r in rows if r.outcome.value not in {"cancelled", "refused"}}

    @property
    def identity(self) -> str:
        return "whole-story"

    def now(self) -> datetime:
        return datetime.combine(self.today, time(self.hour, 5), tzinfo=ZONE)

    # A run.

    def run(self) -> RunReport | None:
        """One run now; None when the process died. Raises Broken for what it did wrong."""
        self.undisturbed, self._frozen, self._last = True, None, None
        self.runs += 1
        before = len(self.judge.letters)
        report = None
        try:
            with self._engine() as engine:
                report = run(engine)
        except Death:
            self._bury()
        self._raise()
        if report is not None and report.postponed is None:
            self._complete(report, before)
        return report

    def _complete(self, report: RunReport, before: int) -> None:
        assert self.recorded is not None
        if report.unclaimed:
            raise Broken("unclaimed", report.unclaimed)
        truth = Truth(self.recorded, self.today, self.book.language)
        for message in report.messages:
            if message.outcome.value in {"sent", "uncertain"}:
                self.settled.add(message.reference)
        sure = self.settled - self.judge.unsure
        whole_sheet.check(truth, self.judge, self.judge.letters, sure)
        told = [letter.client for letter in self.judge.letters[before:]]
        told += [client for day, client in self.refused if day == self.today]
        if self.undisturbed and is_business(self.today) and 8 <= self.hour < 18:
            lost = whole_sheet.forgotten(truth, self.judge, told)
            if lost:
                raise Broken("forgotten", lost)

    def _raise(self) -> None:
        if self.wrong:
            raise self.wrong[0]

    def _bury(self) -> None:
        """Put back what stood on the disk when the process died."""
        assert self._frozen is not None
        kept, state = self._frozen
        self.book.restore(kept)
        shutil.rmtree(self.state)
        shutil.move(state, self.state)
        self.log.append(f"{self.today} died")

    def die(self) -> None:
        """The process ends here, without a word."""
        copy = self.folder / "at-death"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.state, copy)
        self._frozen = (self.book.kept(), copy)
        raise Death

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        self.state.mkdir(parents=True, exist_ok=True)
        with self._built(self.book, self.state, FolderTransport(self.outbox)) as engine:
            yield replace(
                engine,
                store=Watched(self, engine.store),
                transport=Post(self, engine.transport),
                in_window=True,
            )

    @contextmanager
    def _built(self, book: Book, state: Path, transport: Transport) -> Iterator[Engine]:
        """The real parts: as `wiring` builds them for a file, the same over memory."""
        os.environ["REGUA_NOW"] = self.now().replace(tzinfo=None).isoformat()
        if isinstance(book, FileBook):
            settings = for_workbook(book.path, outbox=self.outbox, state=state)
            named = WorkbookSettings(name="book", path=book.path)
            with wiring.engine_for(settings, named, outbox=self.outbox) as engine:
                yield engine
            return
        assert isinstance(book, MemoryBook)
        with Ledger(state / wiring.LEDGER_FILE, self.now) as ledger:
            yield Engine(
                store=book.store,
                ledger=ledger,
                transport=transport,
                sender=None,
                calendar_for=wiring.calendar_for,
                now=self.now,
                today=self.today,
                lock=self._lock,
                by="regua",
            )

    def run_copy(self, *, other_computer: bool) -> None:
        """Somebody took a copy of the workbook elsewhere, and runs it there."""
        state = self.folder / "elsewhere" if other_computer else self.state
        state.mkdir(parents=True, exist_ok=True)
        copy = self.book.copied(self.folder / "copy.xlsx")
        before = copy.kept()
        nowhere = self.folder / "nowhere"
        try:
            with self._built(copy, state, FolderTransport(nowhere)) as engine:
                run(replace(engine, transport=FolderTransport(nowhere)))
        except WrongPlace:
            check_same(before, copy.kept())
            if list(nowhere.glob("*.eml")):
                raise Broken("copy", "a letter left") from None
        else:
            raise Broken("copy", "a copy was run like the workbook itself")

    def _lock(self, identity: str) -> AbstractContextManager[None]:
        return run_lock(self.state, identity)

    # Where a run meets the world.

    def moment(self, name: Moment) -> None:
        """Somebody may act here, or the process may die."""
        self._untouched(name)
        if self.rng.random() < self.chances.act:
            self.undisturbed = False
            self.log.append(f"{self.today} during the run, before {name}:")
            self.people(self)
        if self.chances.rival and not self._visited and self.rng.random() < self.chances.rival:
            self._other_computer_runs(name)
        self._last = self.book.kept() if isinstance(self.book, FileBook) else None
        if self.rng.random() < self.chances.death:
            self.undisturbed = False
            self.log.append(f"{self.today} death before {name}")
            self.die()

    def may_change_computers(self) -> bool:
        """Whether the other computer can know, by History or its own ledger, all that was said."""
        told = {str(row.get("reference")) for row in self.book.look().rows("history")}
        return self.judge.references() <= told | self.known_to_ledger(1 - self.machine)

    def _other_computer_runs(self, name: Moment) -> None:
        """It has a ledger of its own, and does a whole run or dies in it."""
        if name == "written" or not self.may_change_computers():
            return  # what a run wrote is judged as it left it
        self.log.append(f"{self.today} the other computer runs, before {name}:")
        self._visited, self.machine = True, 1 - self.machine
        try:
            self.run()
        finally:
            self._visited, self.machine = False, 1 - self.machine
        self.undisturbed = False

    def _untouched(self, name: Moment) -> None:
        """Between two moments only `apply` may have changed the file."""
        if self._last is not None and name != "written" and self._last != self.book.kept():
            self.wrong.append(Broken("cells", f"changed outside of a write, before {name}"))

    def written(self, before: Any, result: Applied | Conflict, *, with_queue: bool) -> None:
        """The engine wrote: everything of people's is as it was."""
        after = self.book.kept()
        self._last = after if isinstance(self.book, FileBook) else None
        try:
            if isinstance(result, Conflict):
                check_same(before, after)
            elif isinstance(self.book, FileBook):
                whole_bytes.check(before, after)
            else:
                check_memory(before, after)
        except Broken as broken:
            self.wrong.append(broken)
        if isinstance(result, Applied):
            self.recorded = self.book.look()
            self.judge.claimed(self.recorded)
            if with_queue:
                self.shown = Truth(self.recorded, self.today, self.book.language)

    def deliver(
        self, message: OutgoingMessage, on_commit: Callable[[], None], inner: Transport
    ) -> Outcome:
        try:  # the run would take what the judge raises for a fault of the transport
            letter = Letter.read(message.raw, self.now())
            self.judge.letter(letter, self.truth())
            self._not_skipped(letter)
        except Exception as error:
            self.wrong.append(error)
            raise
        if self.rng.random() < self.chances.death:
            self.die()
        if self.rng.random() < self.chances.refusal:
            self.undisturbed = False
            self.refused.append((self.today, letter.client))
            return Refused(permanent=True, code=550, reason="no such user", stage="recipients")
        on_commit()
        self.log.append(f"{self.today} letter {letter}")
        self.judge.left(letter)
        fate = self.rng.random()
        if fate < self.chances.death + self.chances.doubt:
            return self._doubtful(fate, letter, message, inner)
        answer = inner.deliver(message, lambda: None)
        assert isinstance(answer, Accepted), answer
        self.delivered.append(letter)
        return answer

    def _doubtful(
        self, fate: float, letter: Letter, message: OutgoingMessage, inner: Transport
    ) -> Outcome:
        """It left or not, and nobody is told which."""
        self.undisturbed = False
        self.judge.unsure.add(letter.reference)
        if self.rng.random() < 0.5:
            inner.deliver(message, lambda: None)
            self.delivered.append(letter)
        if fate < self.chances.death:
            self.die()
        return Uncertain(reason="the connection was lost")

    def _not_skipped(self, letter: Letter) -> None:
        """A tick for skipping it, or for having done it, stands on the queue now."""
        keys = self.judge.claims.get(letter.reference, ())
        ticked = [
            (row.get("client"), row.get("step"))
            for row in self.book.look().rows("queue")
            if row.get("skip") in YES or row.get("done") in YES
        ]
        for tick in self.judge.ticks:
            if tick.kind == "approve" or (tick.client, tick.step) not in ticked:
                continue
            about = {(name, due) for name, (due, _) in tick.shown.items()}
            same_step = tick.step == self.judge._step_name(letter, self.truth())
            was_due = all(tick.showed_as_due(due, offset) for _, due, offset in keys)
            if same_step and was_due and {(name, due) for name, due, _ in keys} <= about:
                raise Broken("skipped", (tick, letter))

    # Days.

    def next_day(self) -> None:
        self.today += DAY * self.rng.choice([1, 1, 1, 1, 2, 3])
        self.hour = self.rng.choice([7, 9, 9, 9, 11, 14, 17, 19])


def check_same(before: Any, after: Any) -> None:
    """A conflict changes nothing."""
    same = before == after if isinstance(before, bytes) else before._count == after._count
    if not same:
        raise Broken("cells", "a conflict changed the workbook")


def check_memory(before: Any, after: Any) -> None:
    """People's cells of a workbook in memory, as lists."""
    for key, sheet in before._sheets.items():
        now = after._sheets[key]
        if now.columns != sheet.columns:
            raise Broken("cells", f"the columns of {key} moved")
        owners = {column.key: column.owner for column in TABS[key].columns}
        for at, name in enumerate(sheet.columns):
            owner = owners.get(name, Owner.USER)
            if owner in {Owner.ENGINE, Owner.CHOICE}:
                continue
            old = [row[at] for row in sheet.rows]
            new = [row[at] for row in now.rows]
            if owner is Owner.LOG:
                old = old[: sheet.after_data()]
            old += [None] * (len(new) - len(old)) if owner is Owner.USER else []
            new += [None] * (len(old) - len(new))
            stands = new[: len(old)] == old
            if not stands:
                raise Broken("cells", f"{key}.{name}: {old} became {new}")
