"""Messages out, each at most once, whatever breaks in between.

One message after the other: is it still right? then the transport, which calls back between the
server's 354 and the first byte of the body; in that moment the ledger's `sending` is put on the
disk. What the server answers decides the rest (see message_states). What must not go on, or
cannot go on now, is cancelled with its keys free, so that the next run decides it afresh.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import FrameType

from mailer.errors import ConfigurationError, MalformedMessage
from mailer.letter import OutgoingMessage
from mailer.outcome import Accepted, Refused, Transport, Uncertain
from sync.domain.facts import Outcome
from sync.ledger import Ledger
from sync.message_states import OUTCOMES, State

PAUSES = (2.0, 8.0, 30.0)  # seconds before the second, third and fourth attempt of a run
_SLICE = 0.2  # seconds; how soon a pause notices that it should stop
# Stages at which a refusal concerns the sender or the server, not this one message.
_FOR_ALL = frozenset({"connect", "sender"})
_TEMPORARY_IN_A_ROW = 10  # so many messages refused for now: the server wants a rest
_UNCERTAIN_IN_A_ROW = 3  # each needs a person; more of the same helps nobody


class Postponed(StrEnum):
    """Why a message did not go although nothing was wrong with it; the next run decides again."""

    STOPPED = "stopped"  # the process was asked to end
    TEMPORARY = "temporary"  # the server refused it for now, as often as it was tried
    UNREACHABLE = "unreachable"  # no connection, no login, or no right to send at all
    UNCERTAIN = "uncertain"  # the messages before it ended without an answer
    TAKEN_AWAY = "taken_away"  # another run cancelled the claim
    ERROR = "error"  # something broke; `SendReport.error` says what


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message whose reference stands `planned` in the ledger."""

    reference: str
    message: OutgoingMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What became of one message: SENT, REFUSED, UNCERTAIN or CANCELLED.

    `detail` are the server's words or the reason of `still_valid`. `postponed` is set when it was
    cancelled only because it could not go now. `not_copied` are copies the server refused.
    """

    reference: str
    outcome: Outcome
    detail: str = ""
    postponed: Postponed | None = None
    not_copied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """One result for each message given, in that order. `error` is what broke the sending off."""

    results: Mapping[str, SendResult] = field(default_factory=dict)
    error: Exception | None = None

    def of(self, outcome: Outcome) -> tuple[SendResult, ...]:
        """The results with this outcome; postponed ones are not among the cancelled."""
        return tuple(
            result
            for result in self.results.values()
            if result.outcome is outcome and result.postponed is None
        )

    @property
    def postponed(self) -> tuple[SendResult, ...]:
        """What the next run decides afresh."""
        return tuple(result for result in self.results.values() if result.postponed)


StillValid = Callable[[Claimed], str | None]  # None: send it; else why not
Progress = Callable[[SendResult], None]


def send_all(
    messages: Sequence[Claimed],
    ledger: Ledger,
    transport: Transport,
    *,
    still_valid: StillValid,
    stop: Callable[[], bool],
    progress: Progress = lambda _: None,
    pauses: Sequence[float] = PAUSES,
    sleep: Callable[[float], None] = time.sleep,
) -> SendReport:
    """Send claimed messages over one connection; enters and leaves the transport itself.

    An exception ends the sending and comes back in the report, after every message got a
    truthful state. KeyboardInterrupt and SystemExit go on after the same; to let the message in
    hand finish instead, send inside `finishing_in_hand`.
    """
    work = _Work(
        ledger=ledger,
        transport=transport,
        still_valid=still_valid,
        stop=stop,
        progress=progress,
        sleep=sleep,
    )
    error: Exception | None = None
    try:
        with transport:
            work.rounds(messages, pauses)
    except ConfigurationError as broken:  # a person has to act; no message can leave
        error, work.halted = broken, Postponed.UNREACHABLE
        work.words = str(broken)
    except Exception as broken:  # noqa: BLE001 - reported, and raised by whoever records it
        error, work.halted = broken, work.halted or Postponed.ERROR
        work.words = work.words or repr(broken)
    finally:
        work.postpone_rest(messages)
    return SendReport(
        results={message.reference: work.results[message.reference] for message in messages},
        error=error,
    )


class _TakenAway(Exception):
    """The claim is no longer planned: the body must not leave."""


@dataclass(slots=True, kw_only=True)
class _Work:
    """One sending: the results so far, and what stands against going on."""

    ledger: Ledger
    transport: Transport
    still_valid: StillValid
    stop: Callable[[], bool]
    progress: Progress
    sleep: Callable[[float], None]
    results: dict[str, SendResult] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)  # of those to be tried again
    halted: Postponed | None = None  # nothing more is tried in this run
    wall: Postponed | None = None  # nothing more is tried before the next pause
    words: str = ""  # the server's, that go with either
    temporary: int = 0  # in a row
    uncertain: int = 0  # in a row

    def rounds(self, messages: Sequence[Claimed], pauses: Sequence[float]) -> None:
        """Everything once, then what was refused for now again after each pause."""
        waiting = list(messages)
        for pause in (0.0, *pauses):
            self._wait(pause)
            waiting = self._round(waiting)
            if not waiting or self.halted:
                return
        self.halted = self.wall or Postponed.TEMPORARY

    def postpone_rest(self, messages: Sequence[Claimed]) -> None:
        """Free the keys of all that got no result."""
        why = self.halted or Postponed.ERROR
        for reference in (message.reference for message in messages):
            if reference in self.results:
                continue
            detail = self.replies.get(reference, self.words)
            with suppress(Exception):  # the report has to come out; recovery frees them then
                self.ledger.cancel(reference, f"{why}: {detail}" if detail else why)
            self.results[reference] = SendResult(
                reference=reference, outcome=Outcome.CANCELLED, detail=detail, postponed=why
            )

    def _wait(self, seconds: float) -> None:
        for _ in range(round(seconds / _SLICE)):
            if self.stop():
                return
            self.sleep(_SLICE)

    def _round(self, waiting: Sequence[Claimed]) -> list[Claimed]:
        """Try each once; those to be tried again."""
        self.wall, self.temporary = None, 0
        again: list[Claimed] = []
        for number, claimed in enumerate(waiting):
            if self.halted is None and self.stop():
                self.halted = Postponed.STOPPED
            if self.halted or self.wall:
                return [*again, *waiting[number:]]
            if self._try(claimed):
                again.append(claimed)
            else:
                self.progress(self.results[claimed.reference])
        return again

    def _try(self, claimed: Claimed) -> bool:
        """One attempt at one message; True when it should be tried again later in this run."""
        reference = claimed.reference
        why_not = self.still_valid(claimed)
        if why_not is not None:
            self.ledger.cancel(reference, why_not)
            self._result(reference, Outcome.CANCELLED, why_not)
            return False
        try:
            answer = self._attempt(claimed)
        except _TakenAway:
            stands = self.ledger.state(reference)
            postponed = Postponed.TAKEN_AWAY if stands is State.CANCELLED else None
            self._result(reference, OUTCOMES[stands], postponed=postponed)
            return False
        if isinstance(answer, Refused):
            return self._refused(reference, answer)
        if isinstance(answer, Accepted):
            self.temporary = self.uncertain = 0
            self._result(reference, Outcome.SENT, answer.server_reply, answer.not_copied)
            self.ledger.finish(reference, State.SENT, answer.server_reply)
        else:
            self._unanswered(reference, answer.reason)
        return False

    def _attempt(self, claimed: Claimed) -> Accepted | Refused | Uncertain:
        """Deliver, with the ledger's word before the body; an exception leaves the truth."""
        reference, committed = claimed.reference, False

        def on_commit() -> None:
            nonlocal committed
            if not self.ledger.begin_sending(reference):
                raise _TakenAway
            committed = True

        try:
            answer = self.transport.deliver(claimed.message, on_commit)
            if not committed and not isinstance(answer, Refused):
                on_commit()  # a transport that broke its promise: record what it says all the same
        except _TakenAway:
            raise
        except MalformedMessage as broken:  # this message cannot leave; the others may
            return Refused(permanent=True, code=0, reason=str(broken), stage="data")
        except BaseException as broken:
            with suppress(Exception):  # of the two errors, the first is the one to tell
                if committed:
                    self._unanswered(reference, repr(broken))
                else:
                    self._never_left(reference)
            raise
        return answer

    def _refused(self, reference: str, answer: Refused) -> bool:
        words = f"{answer.code} {answer.reason}" if answer.code else answer.reason
        concerns_all = answer.stage in _FOR_ALL
        if not answer.permanent or concerns_all:
            self.replies[reference] = words
            self.ledger.finish(reference, State.PLANNED, words)
            self._slow_down(answer, words, concerns_all=concerns_all)
            return True
        self.temporary = self.uncertain = 0
        stands = self.ledger.finish(reference, State.FAILED, words)
        self._result(reference, OUTCOMES[stands], words)
        return False

    def _slow_down(self, answer: Refused, words: str, *, concerns_all: bool) -> None:
        self.temporary += 1
        if answer.permanent:
            self.halted, self.words = Postponed.UNREACHABLE, words
        elif concerns_all:
            self.wall, self.words = Postponed.UNREACHABLE, words
        elif self.temporary >= _TEMPORARY_IN_A_ROW:
            self.wall, self.words = Postponed.TEMPORARY, words

    def _unanswered(self, reference: str, reason: str) -> None:
        self.uncertain += 1
        if self.uncertain >= _UNCERTAIN_IN_A_ROW:
            self.halted, self.words = Postponed.UNCERTAIN, reason
        self._result(reference, Outcome.UNCERTAIN, reason)
        self.ledger.finish(reference, State.UNCERTAIN, reason)

    def _never_left(self, reference: str) -> None:
        """The transport keeps its promise: what was not committed, or failed to be, is here."""
        if self.ledger.state(reference) is State.SENDING:
            self.ledger.finish(reference, State.PLANNED)

    def _result(
        self,
        reference: str,
        outcome: Outcome,
        detail: str = "",
        not_copied: tuple[str, ...] = (),
        postponed: Postponed | None = None,
    ) -> None:
        result = SendResult(
            reference=reference,
            outcome=outcome,
            detail=detail,
            postponed=postponed,
            not_copied=not_copied,
        )
        self.results[reference] = result


@contextmanager
def finishing_in_hand() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM ask to stop after the message in hand; gives the question to ask.

    A second Ctrl-C interrupts at once (what was leaving is then uncertain). Only the main thread
    may take signals; in another one the question is always answered with no.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set() and number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
