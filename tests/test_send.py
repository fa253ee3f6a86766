"""Messages leave at most once and end truthfully, whatever server, disk and people do."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.delivery import Outcome as Answer
from mailer.delivery import SmtpTransport, Transport
from mailer.errors import ConfigurationError
from mailer.letter import OutgoingMessage
from sync.domain.facts import Outcome
from sync.ledger import KeyTaken, Ledger
from sync.ledger_file import LedgerUnavailable
from sync.message_states import State
from sync.send import Claimed, Postponed, SendReport, SendResult, finishing_in_hand, send_all
from tests.fakes.smtp import Fault, LocalSmtp
from tests.posted import BOOK, Watch, claim, key, letter, planned

QUICK = (0.01, 0.01, 0.01)


@pytest.fixture
def server() -> Iterator[LocalSmtp]:
    with LocalSmtp() as running:
        yield running


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", Watch()) as opened:
        yield opened


def smtp(server: LocalSmtp, *, reply_timeout: float = 5.0) -> SmtpTransport:
    return SmtpTransport(
        host=server.host,
        port=server.port,
        security="none",
        timeout=5.0,
        reply_timeout=reply_timeout,
    )


def go(
    messages: Sequence[Claimed],
    book: Ledger,
    transport: Transport,
    *,
    still_valid: Callable[[Claimed], str | None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[SendResult], None] = lambda _: None,
) -> SendReport:
    """A run's sending, without its pauses."""
    return send_all(
        messages,
        book,
        transport,
        still_valid=still_valid,
        stop=stop,
        progress=progress,
        pauses=QUICK,
        sleep=lambda _: None,
    )


def taken(server: LocalSmtp, reference: str) -> int:
    """How many copies of a message the server took."""
    mark = f"Message-ID: <{reference}@example.com>".encode()
    return sum(mark in each.content for each in server.received)


def outcomes(report: SendReport) -> dict[str, str]:
    return {
        reference: str(result.postponed or result.outcome)
        for reference, result in report.results.items()
    }


def oracle_truthful(report: SendReport, book: Ledger, server: LocalSmtp) -> None:
    """At most one copy each; what the server took is nowhere called unsent; nothing is open."""
    for reference, result in report.results.items():
        count, state = taken(server, reference), book.state(reference)
        assert count <= 1, f"{reference} reached the client {count} times"
        assert state not in {State.PLANNED, State.SENDING}, f"{reference} is left {state}"
        if count:
            assert state in {State.SENT, State.UNCERTAIN}, f"{reference} arrived, called {state}"
            assert result.outcome in {Outcome.SENT, Outcome.UNCERTAIN}
        if state is State.SENT:
            assert count == 1, f"{reference} is called sent and did not arrive"
        if result.postponed:
            assert state is State.CANCELLED


# ---- what the server does


def test_three_letters_go_over_one_connection(server: LocalSmtp, book: Ledger) -> None:
    told: list[SendResult] = []
    report = go(claim(book, "R1", "R2", "R3"), book, smtp(server), progress=told.append)
    assert outcomes(report) == {"R1": "sent", "R2": "sent", "R3": "sent"}
    assert [each.reference for each in told] == ["R1", "R2", "R3"]
    assert "queued as 1" in report.results["R1"].detail
    assert server.connections == 1
    assert server.received[0].content == letter("R1").raw
    oracle_truthful(report, book, server)


# What happens once at each point of the conversation, and what becomes of R1.
ONCE = [
    ("no greeting", Fault(at="greeting", drop=True), "sent"),
    ("busy at the greeting", Fault(at="greeting", reply="421 later", drop=True), "sent"),
    ("MAIL for now", Fault(at="mail", reply="451 later"), "sent"),
    ("MAIL lost", Fault(at="mail", drop=True), "sent"),
    ("RCPT for now", Fault(at="rcpt", reply="450 greylisted"), "sent"),
    ("RCPT lost", Fault(at="rcpt", drop=True), "sent"),
    ("RCPT for good", Fault(at="rcpt", reply="550 no such user"), "refused"),
    ("DATA for now", Fault(at="data", reply="451 later"), "sent"),
    ("DATA lost", Fault(at="data", drop=True), "sent"),
    ("DATA for good", Fault(at="data", reply="554 no"), "refused"),
    ("body cut off", Fault(at="content", drop=True), "uncertain"),
    ("body for now", Fault(at="answer", reply="451 later", keep=False), "sent"),
    ("body for good", Fault(at="answer", reply="554 spam", keep=False), "refused"),
    ("taken, then lost", Fault(at="answer", drop=True), "uncertain"),
    ("not taken, lost", Fault(at="answer", drop=True, keep=False), "uncertain"),
    ("an answer that is none", Fault(at="answer", reply="hello"), "uncertain"),
]


@pytest.mark.parametrize(("fault", "becomes"), [row[1:] for row in ONCE], ids=[r[0] for r in ONCE])
def test_something_fails_once(server: LocalSmtp, book: Ledger, fault: Fault, becomes: str) -> None:
    server.fail(fault)
    report = go(claim(book, "R1", "R2"), book, smtp(server))
    assert outcomes(report) == {"R1": becomes, "R2": "sent"}
    oracle_truthful(report, book, server)


@pytest.mark.parametrize(("fault", "becomes"), [row[1:] for row in ONCE], ids=[r[0] for r in ONCE])
def test_what_may_have_arrived_is_not_sent_by_the_next_run(
    server: LocalSmtp, book: Ledger, fault: Fault, becomes: str
) -> None:
    server.fail(fault)
    go(claim(book, "R1"), book, smtp(server))
    book.recover(BOOK)
    if becomes == "refused":
        book.plan(planned("R2", key("NF-R1")))
    else:
        with pytest.raises(KeyTaken):
            book.plan(planned("R2", key("NF-R1")))
    assert taken(server, "R1") <= 1


@pytest.mark.parametrize("at", ["rcpt", "data", "answer"])
def test_what_is_refused_for_now_again_and_again_is_decided_afresh(
    server: LocalSmtp, book: Ledger, at: str
) -> None:
    server.fail(Fault(at=at, reply="451 later", keep=False, always=True))  # type: ignore[arg-type]  # one of At
    report = go(claim(book, "R1"), book, smtp(server))
    assert outcomes(report) == {"R1": "temporary"}
    assert report.results["R1"].detail == "451 later"
    assert server.commands.count("DATA") == (0 if at == "rcpt" else 1 + len(QUICK))
    oracle_truthful(report, book, server)
    book.plan(planned("R2", key("NF-R1")))


def test_one_address_that_is_refused_for_now_does_not_hold_up_the_others(
    server: LocalSmtp, book: Ledger
) -> None:
    server.fail(Fault(at="rcpt", address="r1@example.com", reply="450 greylisted"))
    go(claim(book, "R1", "R2", "R3"), book, smtp(server))
    order = [taken.content.split(b"Ola, ")[1][:2].decode() for taken in server.received]
    assert order == ["R2", "R3", "R1"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(at="greeting", drop=True, always=True),
        Fault(at="greeting", reply="554 go away", drop=True, always=True),
        Fault(at="mail", reply="451 rate limit", always=True),
        Fault(at="mail", reply="550 sender not allowed", always=True),
    ],
    ids=["dead", "refuses to talk", "sender for now", "sender for good"],
)
def test_a_server_that_takes_nothing_is_not_asked_for_each_message(
    server: LocalSmtp, book: Ledger, fault: Fault
) -> None:
    """And no client's row says that their address was refused."""
    server.fail(fault)
    names = [f"R{number}" for number in range(20)]
    report = go(claim(book, *names), book, smtp(server))
    assert set(outcomes(report).values()) == {"unreachable"}
    assert server.connections <= 1 + len(QUICK)
    assert len(server.commands) <= 3 * (1 + len(QUICK))
    oracle_truthful(report, book, server)


def test_nobody_listens(book: Ledger) -> None:
    with LocalSmtp() as gone:
        transport = smtp(gone)
    report = go(claim(book, "R1", "R2"), book, transport)
    assert outcomes(report) == {"R1": "unreachable", "R2": "unreachable"}
    assert report.error is None


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_password_is_a_matter_for_a_person(book: Ledger) -> None:
    with LocalSmtp(login=("ana", "right")) as server:
        transport = SmtpTransport(
            host=server.host, port=server.port, security="none", user="ana", password="wrong"
        )
        report = go(claim(book, "R1", "R2"), book, transport)
        assert outcomes(report) == {"R1": "unreachable", "R2": "unreachable"}
        assert isinstance(report.error, ConfigurationError)
        oracle_truthful(report, book, server)


def test_a_server_that_refuses_many_for_now_is_left_alone_for_a_while(
    server: LocalSmtp, book: Ledger
) -> None:
    server.fail(Fault(at="rcpt", reply="452 too many", always=True))
    report = go(claim(book, *[f"R{n}" for n in range(30)]), book, smtp(server))
    assert set(outcomes(report).values()) == {"temporary"}
    assert sum(each.startswith("RCPT") for each in server.commands) == 10 * (1 + len(QUICK))


def test_a_server_that_answers_no_body_is_not_given_all_of_them(
    server: LocalSmtp, book: Ledger
) -> None:
    server.fail(Fault(at="answer", drop=True, always=True))
    report = go(claim(book, "R1", "R2", "R3", "R4", "R5"), book, smtp(server))
    assert [str(each.outcome) for each in report.results.values()] == [
        "uncertain",
        "uncertain",
        "uncertain",
        "cancelled",
        "cancelled",
    ]
    assert report.results["R5"].postponed is Postponed.UNCERTAIN
    oracle_truthful(report, book, server)


def test_a_message_that_smtp_cannot_carry_stops_no_other(server: LocalSmtp, book: Ledger) -> None:
    good, bad = claim(book, "R1", "R2")
    bare = letter("R2")
    object.__setattr__(bare, "raw", b"Subject: x\n\nbare line feeds\n")
    report = go([Claimed(reference="R2", message=bare), good], book, smtp(server))
    assert bad.reference == "R2"
    assert outcomes(report) == {"R2": "refused", "R1": "sent"}
    oracle_truthful(report, book, server)


# ---- what people do meanwhile


def test_what_was_paid_since_the_decision_does_not_go(server: LocalSmtp, book: Ledger) -> None:
    report = go(
        claim(book, "R1", "R2"),
        book,
        smtp(server),
        still_valid=lambda message: "paid" if message.reference == "R1" else None,
    )
    assert outcomes(report) == {"R1": "cancelled", "R2": "sent"}
    assert report.results["R1"].detail == "paid"
    assert report.of(Outcome.CANCELLED) == (report.results["R1"],)
    assert taken(server, "R1") == 0
    oracle_truthful(report, book, server)


def test_what_was_paid_during_a_pause_does_not_go_either(server: LocalSmtp, book: Ledger) -> None:
    asked: list[str] = []

    def paid_by_now(message: Claimed) -> str | None:
        asked.append(message.reference)
        return "paid" if len(asked) > 1 else None

    server.fail(Fault(at="rcpt", reply="450 later"))
    report = go(claim(book, "R1"), book, smtp(server), still_valid=paid_by_now)
    assert outcomes(report) == {"R1": "cancelled"}
    assert server.received == []


def test_stopping_finishes_the_message_in_hand_and_frees_the_rest(
    server: LocalSmtp, book: Ledger
) -> None:
    report = go(
        claim(book, "R1", "R2", "R3"), book, smtp(server), stop=lambda: len(server.received) > 0
    )
    assert outcomes(report) == {"R1": "sent", "R2": "stopped", "R3": "stopped"}
    oracle_truthful(report, book, server)
    book.plan(planned("R4", key("NF-R2")))


def test_a_stop_does_not_wait_for_the_end_of_a_pause(server: LocalSmtp, book: Ledger) -> None:
    slept: list[float] = []
    server.fail(Fault(at="rcpt", reply="450 later"))
    report = send_all(
        claim(book, "R1"),
        book,
        smtp(server),
        still_valid=lambda _: None,
        stop=lambda: len(slept) >= 3,
        pauses=(3600.0,),
        sleep=slept.append,
    )
    assert outcomes(report) == {"R1": "stopped"}
    assert sum(slept) < 1


def at_the_body(server: LocalSmtp, act: Callable[[], None]) -> None:
    """Act once the first body is there; its answer comes after that."""
    acted = threading.Event()
    server.fail(Fault(at="answer", until=acted))

    def wait() -> None:
        while "BODY" not in server.commands:
            time.sleep(0.01)
        act()
        acted.set()

    threading.Thread(target=wait, daemon=True).start()


def to_the_main_thread(number: signal.Signals) -> None:
    """The thread that sends is the one that is interrupted."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, number)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to this process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_message_in_hand(
    server: LocalSmtp, book: Ledger, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    at_the_body(server, lambda: to_the_main_thread(number))
    with finishing_in_hand() as stop:
        report = go(claim(book, "R1", "R2"), book, smtp(server, reply_timeout=60), stop=stop)
        assert stop()
    assert outcomes(report) == {"R1": "sent", "R2": "stopped"}
    assert signal.getsignal(number) is before
    oracle_truthful(report, book, server)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to this process")
def test_a_second_ctrl_c_leaves_the_truth_behind(server: LocalSmtp, book: Ledger) -> None:
    ended = threading.Event()
    with finishing_in_hand() as stop:

        def twice() -> None:
            to_the_main_thread(signal.SIGINT)
            while not stop():
                time.sleep(0.01)
            to_the_main_thread(signal.SIGINT)
            ended.wait(60)  # the answer to the body comes too late

        at_the_body(server, twice)
        with pytest.raises(KeyboardInterrupt):
            go(claim(book, "R1", "R2"), book, smtp(server, reply_timeout=60), stop=stop)
    ended.set()
    assert book.state("R1") is State.UNCERTAIN
    assert book.state("R2") is State.CANCELLED


def test_outside_the_main_thread_no_signal_is_touched() -> None:
    answers: list[bool] = []

    def elsewhere() -> None:
        with finishing_in_hand() as stop:
            answers.append(stop())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert answers == [False]


def test_a_claim_that_another_run_took_back_is_not_sent(
    server: LocalSmtp, book: Ledger, tmp_path: Path
) -> None:
    messages = claim(book, "R1", "R2")

    def recovered_by_another(message: Claimed) -> str | None:
        if message.reference == "R2":
            with Ledger(tmp_path / "ledger.db", Watch()) as other:
                other.recover(BOOK)
        return None

    report = go(messages, book, smtp(server), still_valid=recovered_by_another)
    assert outcomes(report) == {"R1": "sent", "R2": "taken_away"}
    assert taken(server, "R2") == 0
    oracle_truthful(report, book, server)


# ---- what breaks on our side


@dataclass
class Breaking:
    """A transport over the real one that breaks at a chosen moment of each delivery."""

    inner: SmtpTransport
    before: BaseException | None = None
    after_commit: BaseException | None = None
    after_answer: BaseException | None = None
    skips_commit: bool = False
    then: Callable[[], object] = lambda: None
    calls: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.inner.__exit__(kind, error, trace)

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Answer:
        def committing() -> None:
            if not self.skips_commit:
                on_commit()
            if self.after_commit:
                raise self.after_commit

        self.calls.append(message.reference)
        if self.before:
            raise self.before
        answer = self.inner.deliver(message, committing)
        self.then()
        if self.after_answer:
            raise self.after_answer
        return answer


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("before", State.CANCELLED),
        ("after_commit", State.UNCERTAIN),
        ("after_answer", State.UNCERTAIN),
    ],
)
def test_an_exception_anywhere_leaves_the_truth(
    server: LocalSmtp,
    book: Ledger,
    kind: type[BaseException],
    moment: str,
    state: State,
) -> None:
    transport = Breaking(smtp(server), **{moment: kind("broken")})  # type: ignore[arg-type]  # by name
    messages = claim(book, "R1", "R2")
    if issubclass(kind, Exception):
        report = go(messages, book, transport)
        assert isinstance(report.error, kind)
        assert report.results["R2"].postponed is Postponed.ERROR
        oracle_truthful(report, book, server)
    else:
        with pytest.raises(kind):
            go(messages, book, transport)
    assert transport.calls == ["R1"]
    assert (book.state("R1"), book.state("R2")) == (state, State.CANCELLED)
    assert taken(server, "R1") == (1 if moment == "after_answer" else 0)


def test_a_transport_that_does_not_ask_first_is_recorded_all_the_same(
    server: LocalSmtp, book: Ledger
) -> None:
    report = go(claim(book, "R1"), book, Breaking(smtp(server), skips_commit=True))
    oracle_truthful(report, book, server)
    assert book.state("R1") is State.SENT


@pytest.mark.parametrize("where", ["still_valid", "stop", "progress"])
def test_a_broken_question_leaves_the_truth(server: LocalSmtp, book: Ledger, where: str) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError("broken")

    report = go(claim(book, "R1", "R2"), book, smtp(server), **{where: broken})  # type: ignore[arg-type]  # by name
    assert isinstance(report.error, RuntimeError)
    oracle_truthful(report, book, server)
    assert taken(server, "R1") == (1 if where == "progress" else 0)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow: what a full disk is to SQLite."""
    import resource  # noqa: PLC0415 - only POSIX has it

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
def test_a_full_disk_before_the_body_sends_nothing(server: LocalSmtp, book: Ledger) -> None:
    messages = claim(book, "R1", "R2")
    with full_disk():
        report = go(messages, book, smtp(server))
    assert server.received == []
    assert [str(each.postponed) for each in report.results.values()] == ["error", "error"]
    assert isinstance(report.error, LedgerUnavailable)
    assert book.recover(BOOK).cancelled == ("R1", "R2")


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
def test_a_full_disk_after_the_answer_is_uncertain_and_the_last_message(
    server: LocalSmtp, book: Ledger
) -> None:
    messages = claim(book, "R1", "R2")
    with ExitStack() as disk:
        filling = Breaking(smtp(server), then=lambda: disk.enter_context(full_disk()))
        report = go(messages, book, filling)
    assert report.results["R1"].outcome is Outcome.SENT, "the sheet may still say what is known"
    assert report.results["R2"].postponed is Postponed.ERROR
    assert book.state("R1") is State.SENDING
    assert taken(server, "R2") == 0
    assert book.recover(BOOK).uncertain == ("R1",)


# ---- any mixture of it, and senders that are wrong


FAULTS = st.lists(st.sampled_from([row[1] for row in ONCE]), max_size=8)


def story(book: Ledger, faults: Sequence[Fault], count: int, sender: "Sender") -> None:
    """Faults in any order over two runs; afterwards everything must be as the oracle says."""
    with LocalSmtp() as server:
        server.fail(*faults)
        for run in (1, 2):
            messages: list[Claimed] = []
            for number in range(count):
                try:
                    message = planned(f"R{run}-{number}", key(f"NF-{number}"))
                    book.plan(message)
                except KeyTaken:
                    continue
                messages.append(
                    Claimed(reference=message.reference, message=letter(message.reference))
                )
            report = sender(messages, book, smtp(server))
            oracle_truthful(report, book, server)
            book.recover(BOOK)
        for number in range(count):
            copies = sum(taken(server, f"R{run}-{number}") for run in (1, 2))
            assert copies <= 1, f"the client of NF-{number} got {copies} letters"


Sender = Callable[[Sequence[Claimed], Ledger, Transport], SendReport]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(faults=FAULTS, count=st.integers(1, 4))
def test_any_faults_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, faults: list[Fault], count: int
) -> None:
    with Ledger(tmp_path_factory.mktemp("state") / "ledger.db", Watch()) as book:
        story(book, faults, count, go)


class _CommitsAfterBody(Ledger):
    """A mutant: puts off the durable word until the server has answered."""

    def begin_sending(self, reference: str) -> bool:
        return self.state(reference) is State.PLANNED

    def finish(self, reference: str, state: State, reply: str = "") -> State:
        if state in {State.SENT, State.UNCERTAIN}:
            super().begin_sending(reference)
        return super().finish(reference, state, reply)


class _TriesUncertainAgain(Ledger):
    """A mutant: takes a lost answer for a refusal."""

    def finish(self, reference: str, state: State, reply: str = "") -> State:
        return super().finish(
            reference, State.PLANNED if state is State.UNCERTAIN else state, reply
        )


class _IgnoresTheClaim(Ledger):
    """A mutant: sends whether or not the claim still stands."""

    def begin_sending(self, reference: str) -> bool:
        super().begin_sending(reference)
        return True


def oracle_lost_answer(book: Ledger) -> None:
    story(book, [Fault(at="answer", drop=True)], 2, go)


def oracle_claim_taken_back(book: Ledger) -> None:
    with LocalSmtp() as server:
        messages = claim(book, "R1")
        book.recover(BOOK)
        oracle_truthful(go(messages, book, smtp(server)), book, server)


def oracle_word_before_body(book: Ledger) -> None:
    """Another process reads `sending` in the ledger before the server has the body."""
    with LocalSmtp() as server:
        seen: list[State] = []
        messages = claim(book, "R1")

        class Looking(Breaking):
            def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Answer:
                def looking() -> None:
                    on_commit()
                    with Ledger(book._path, Watch()) as other:
                        seen.append(other.state(message.reference))
                    assert server.received == []

                return self.inner.deliver(message, looking)

        go(messages, book, Looking(smtp(server)))
        assert seen == [State.SENDING], f"the ledger said {seen} when the body began to leave"


ORACLES: list[tuple[type[Ledger], Callable[[Ledger], None]]] = [
    (_TriesUncertainAgain, oracle_lost_answer),
    (_IgnoresTheClaim, oracle_claim_taken_back),
    (_CommitsAfterBody, oracle_word_before_body),
]


@pytest.mark.parametrize(("mutant", "oracle"), ORACLES)
def test_wrong_senders_are_caught_by_what_the_right_one_passes(
    tmp_path: Path, mutant: type[Ledger], oracle: Callable[[Ledger], None]
) -> None:
    with Ledger(tmp_path / "right.db", Watch()) as book:
        oracle(book)
    with mutant(tmp_path / "wrong.db", Watch()) as book, pytest.raises(AssertionError):
        oracle(book)
