"""One run, in its seven steps: lock and recover, read, decide, claim, send, record, report.

Customers are written to at most once, the sheet is right eventually, the team is always told.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from mailer.delivery import Transport
from sync.claims import Claim, Clerk, Unclaimed, first_state
from sync.digest import send_digest
from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import Action
from sync.domain.facts import Outcome, TeamSettings
from sync.identity import check_place, identity_of, remember_place
from sync.ledger import Ledger
from sync.ledger_days import RunResult
from sync.letters import LetterDesk, preview_sender
from sync.look import BankMoney, Look, look, look_again
from sync.message_states import State
from sync.news import answer_lines, tell_owners
from sync.outcomes import notes_of, outcome_of
from sync.previews import previews
from sync.reachable import unreached
from sync.receiving import issues_of
from sync.report import MessageOutcome, RunReport, newly_uncertain
from sync.rows import in_order
from sync.send import Claimed, SendResult, send_all
from sync.settled import settle_choices
from sync.taking_in import NOTHING_NEW, KeepsChanging, News, Source, Sources, news_of, take_in
from sync.views.history import claims as claimed_rows
from sync.views.recording import record
from sync.views.view_input import RunSummary, ViewInput
from sync.waiting import Waiting
from sync.watch import Watch
from sync.words import words
from sync.workbook import Applied, Change, NotWritable, SetIdentity, Snapshot, Store

_LOG = logging.getLogger("regua.run")
_TRIES = 3  # reads and decisions when somebody saves between our read and our write


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What a run of one workbook works with; built by `wiring`.

    `now` is the aware moment the run lives in (for another run date, that day). `today` is the
    real day. `in_window` says whether the sending window binds (it does not when messages only
    go into a folder that somebody looks at). `stop` is asked between messages.
    """

    store: Store
    ledger: Ledger
    transport: Transport
    sender: str | None
    calendar_for: Callable[[TeamSettings], BusinessCalendar]
    now: Callable[[], datetime]
    today: date
    lock: Callable[[str], AbstractContextManager[None]]
    by: str
    in_window: bool = True
    moved: bool = False
    sources: Sources = field(default=lambda _identity: ())
    stop: Callable[[], bool] = field(default=lambda: False)
    progress: Callable[[str, int, int], None] = field(default=lambda *_: None)


class _Postponed(Exception):
    """Nothing was sent; `code` says why (topic `store`)."""

    def __init__(self, code: str, values: dict[str, str]) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def run(engine: Engine, at: time | None = None, for_day: date | None = None) -> RunReport:
    """Run once, on the engine's present day.

    `at` on `for_day` is the scheduled moment that this run answers (a catch-up answers an
    earlier one).

    Raises Busy (another run is at it), StoreError (the workbook cannot be read, or is a copy) and
    LedgerError. A workbook that cannot be written is no exception: the report says `postponed`.
    """
    run_id = secrets.token_hex(4)
    snapshot = engine.store.read()
    identity = identity_of(snapshot)
    with engine.lock(identity):
        check_place(snapshot, identity, engine.ledger, moved=engine.moved)
        first_today = not engine.ledger.completed(identity, engine.now().date())
        engine.ledger.begin_run(run_id, identity, for_day or engine.now().date(), at)
        result = RunResult.FAILED
        try:
            report = _Run(engine, run_id, identity).whole(snapshot)
            result = _result(report)
        finally:
            engine.ledger.finish_run(run_id, result)
        sender = engine.sender or preview_sender(report.look.facts.settings)
        tell_owners(report, engine.transport, sender=sender, identity=identity, at=engine.now())
        if first_today and result is not RunResult.POSTPONED:
            send_digest(
                report,
                engine.transport,
                sender=sender,
                identity=identity,
                at=engine.now(),
                more=answer_lines(report),
            )
    return report


class _Run:
    """The steps of one run on one workbook."""

    def __init__(self, engine: Engine, run_id: str, identity: str) -> None:
        self.engine = engine
        self.run_id = run_id
        self.identity = identity
        self.started = engine.now()
        self.sources: Sequence[Source] = ()

    def whole(self, snapshot: Snapshot) -> RunReport:
        """All of it; what came in is told beside whatever became of the messages."""
        report = self._steps(snapshot)
        ledger, today = self.engine.ledger, self.started.date()
        since = ledger.first_completed_before(self.identity, today)
        rows = ledger.mail.rows_since(self.identity, since)
        return replace(report, news=self._news(), new_rows=rows)

    def _news(self) -> News:
        return news_of(self.sources) if self.sources else NOTHING_NEW

    def _steps(self, snapshot: Snapshot) -> RunReport:
        self.engine.ledger.recover(self.identity)
        seen = self._look(snapshot)
        try:
            seen = self._take_in(seen)
        except _Postponed as postponed:
            return self._postponed(seen, postponed)
        now = self.started.replace(tzinfo=None)
        seen = self._look_again(seen, seen.time_of_day)  # money that waits holds its client
        if settle_choices(seen.facts, self.engine.ledger, by=self.engine.by, now=now):
            seen = self._look_again(seen, seen.time_of_day)
        found = newly_uncertain(seen)
        waiting = unreached(seen, self.engine.transport)
        try:
            seen, claims, unclaimed, revision = self._claim(seen, letters=not waiting)
            if claims:  # they stand in the sheet, so this place is the one that acts
                remember_place(snapshot, self.identity, self.engine.ledger)
        except _Postponed as postponed:
            return replace(self._postponed(seen, postponed), found=found)
        messages = (*self._send(claims, revision), *waiting)
        report = RunReport(
            run=self.run_id, look=seen, messages=messages, found=found, unclaimed=unclaimed
        )
        return self._record(report, claims, seen, revision)

    def _postponed(self, seen: Look, why: _Postponed) -> RunReport:
        return RunReport(
            run=self.run_id,
            look=seen,
            postponed=why.code,
            postponed_values=why.values,
            recorded=False,
        )

    # ---- before deciding: what arrived

    def _take_in(self, seen: Look) -> Look:
        """What arrived becomes rows first; a workbook that cannot have them is not acted on."""
        self.sources = self.engine.sources(self.identity)
        try:
            seen = take_in(self.sources, seen, self.engine.store, self._look, first=[self._mark()])
        except NotWritable as why:
            raise _Postponed(why.code, dict(why.values)) from why
        except KeepsChanging:
            raise _Postponed("keeps_changing", {}) from None
        return self._with_bank_issues(seen, Waiting(seen, self.engine.ledger, self.identity))

    def _with_bank_issues(self, seen: Look, waiting: Waiting) -> Look:
        """Files that were refused, and ticks beside bank lines that could not be carried out."""
        found = [*issues_of(self.sources, seen.snapshot.language), *waiting.problems()]
        new = [issue for issue in found if issue not in seen.issues]
        return replace(seen, issues=in_order([*seen.issues, *new])) if new else seen

    # ---- 2, 3: read and decide

    def _look(self, snapshot: Snapshot) -> Look:
        now = self.engine.now()
        return look(
            snapshot,
            run_date=now.date(),
            today=self.engine.today,
            calendar_for=self.engine.calendar_for,
            ledger_reminders=self.engine.ledger.reminders(self.identity),
            verdicts=self.engine.ledger.verdicts(),
            time_of_day=now.time() if self.engine.in_window else None,
            acting=True,
            money=self._money(),
            recurred=self.engine.ledger.recurrences.decided(self.identity),
        )

    def _money(self) -> BankMoney:
        bank = self.engine.ledger.bank
        return BankMoney(until=bank.until(self.identity), waiting=bank.waiting(self.identity))

    def _look_again(
        self, seen: Look, time_of_day: time | None, snapshot: Snapshot | None = None
    ) -> Look:
        ledger = self.engine.ledger
        return look_again(
            seen,
            ledger.reminders(self.identity),
            ledger.verdicts(),
            snapshot=snapshot,
            time_of_day=time_of_day,
            money=self._money(),
        )

    # ---- 4: claim

    def _claim(
        self, seen: Look, *, letters: bool
    ) -> tuple[Look, tuple[Claim, ...], tuple[Unclaimed, ...], str]:
        """Claim what goes now; without `letters`, only what people did or skipped."""
        for _ in range(_TRIES):
            clerk = Clerk(
                ledger=self.engine.ledger, desk=self._desk(seen), run=self.run_id, by=self.engine.by
            )
            decisions = [
                each
                for each in (*seen.plan.settled, *seen.plan.decisions)
                if letters or first_state(each) is not State.PLANNED
            ]
            claims, unclaimed = clerk.claim(decisions, seen.facts, self.engine.now())
            if not claims:
                return seen, claims, unclaimed, seen.snapshot.revision
            try:
                _require_no_obstacle(seen.snapshot)
                applied = self.engine.store.apply(
                    [self._mark(), self._claim_rows(claims, seen.snapshot)],
                    seen.snapshot.revision,
                )
            except NotWritable as why:
                clerk.withdraw(claims, f"postponed: {why.code}")
                raise _Postponed(why.code, dict(why.values)) from why
            except BaseException:
                clerk.withdraw(claims, "interrupted")
                raise
            if isinstance(applied, Applied):
                return seen, claims, unclaimed, applied.revision
            clerk.withdraw(claims, "the workbook changed")
            seen = self._look(self.engine.store.read())
        raise _Postponed("keeps_changing", {})

    def _desk(self, seen: Look) -> LetterDesk:
        return LetterDesk(
            workbook_id=self.identity,
            language=seen.snapshot.language,
            sender=self.engine.sender or preview_sender(seen.facts.settings),
            taken=frozenset(reminder.reference for reminder in seen.facts.reminders),
            run=self.run_id,
            secret=self.engine.ledger.offers.secret(self.identity),
            book=seen.book,
            calendar=seen.calendar,
        )

    def _mark(self) -> Change:
        """A workbook that somebody made by hand carries its identity from the first run on.

        Otherwise a copy of it, or the file moved, would be another workbook and chase again.
        """
        return SetIdentity(workbook_id=self.identity)

    def _claim_rows(self, claims: Sequence[Claim], snapshot: Snapshot) -> Change:
        outcomes = {State.PLANNED: Outcome.SENDING, State.SKIPPED: Outcome.SKIPPED}
        reminders = [claim.reminder(outcomes.get(claim.state, Outcome.SENT)) for claim in claims]
        return claimed_rows(snapshot.language, reminders, notes_of(claims))

    # ---- 5: send

    def _send(self, claims: Sequence[Claim], revision: str) -> tuple[MessageOutcome, ...]:
        letters = [
            Claimed(reference=claim.reference, message=claim.message)
            for claim in claims
            if claim.message is not None
        ]
        watch = Watch(
            self.engine.store,
            self._look,
            self.engine.now,
            {claim.reference: claim for claim in claims},
            revision,
            in_window=self.engine.in_window,
        )
        done: list[SendResult] = []

        def progress(result: SendResult) -> None:
            done.append(result)
            self.engine.progress("send", len(done), len(letters))

        results = {}
        if letters:
            report = send_all(
                letters,
                self.engine.ledger,
                self.engine.transport,
                still_valid=watch.why_not,
                stop=self.engine.stop,
                progress=progress,
            )
            results = dict(report.results)
            if report.error is not None:
                _LOG.error("sending broke off: %s", report.error, exc_info=report.error)
        return tuple(outcome_of(claim, results.get(claim.reference)) for claim in claims)

    # ---- 6: record

    def _record(
        self, report: RunReport, claims: Sequence[Claim], seen: Look, revision: str
    ) -> RunReport:
        for _ in range(_TRIES):
            snapshot = self.engine.store.read()
            # Our own claims change no fact: what was read for the decision still holds.
            fresh = seen if snapshot.revision == revision else self._look(snapshot)
            now_seen = self._look_again(fresh, None, snapshot)
            view = self._view(report, claims, now_seen)
            try:
                applied = self.engine.store.apply([self._mark(), *record(view)], snapshot.revision)
            except NotWritable as why:
                return replace(
                    report,
                    recorded=False,
                    postponed=why.code,
                    postponed_values=dict(why.values),
                )
            if isinstance(applied, Applied):
                remember_place(snapshot, self.identity, self.engine.ledger)
                return report
        return replace(report, recorded=False, postponed="keeps_changing")

    def _view(self, report: RunReport, claims: Sequence[Claim], seen: Look) -> ViewInput:
        waiting = Waiting(seen, self.engine.ledger, self.identity)
        seen = self._with_bank_issues(seen, waiting)
        plan = seen.plan
        held = sum(decision.action is Action.HOLD for decision in plan.decisions)
        return ViewInput(
            snapshot=seen.snapshot,
            facts=seen.facts,
            plan=plan,
            run=RunSummary(
                run_id=self.run_id,
                at=self.started,
                finished_at=self.engine.now(),
                mode=plan.mode,
                result=_result(report).value,
                sent=len(report.with_outcome(Outcome.SENT)),
                held=held,
                refused=len(report.with_outcome(Outcome.REFUSED)) + len(report.unclaimed),
                uncertain=len(report.with_outcome(Outcome.UNCERTAIN)),
                postponed=len(report.with_outcome(Outcome.CANCELLED)),
                place=seen.snapshot.place,
                notes=self._notes_of_run(seen.snapshot.language),
            ),
            calendar=seen.calendar,
            issues=seen.issues,
            reminders=seen.facts.reminders,
            book=seen.book,
            letters=previews(self._desk(seen), plan, seen.facts),
            notes=notes_of(claims),
            bank=waiting.lines,
            bank_known=waiting.known,
        )

    def _notes_of_run(self, language: str) -> str:
        trouble = self._news().trouble
        return "" if trouble is None else words(language, "digest.mailbox", why=trouble)


def _require_no_obstacle(snapshot: Snapshot) -> None:
    """Raise NotWritable when what becomes of the messages could not be written down after."""
    if snapshot.obstacle is not None:
        raise snapshot.obstacle.error()


def _result(report: RunReport) -> RunResult:
    if report.postponed is not None or report.undelivered:
        return RunResult.POSTPONED
    return RunResult.SOME_FAILED if report.exit_code else RunResult.DONE
