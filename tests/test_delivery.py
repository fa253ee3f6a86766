"""Messages out: what a transport says happened is what happened, whatever the server does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from mailer.delivery import Accepted, Outcome, Refused, SmtpTransport, Uncertain
from mailer.errors import MalformedMessage
from mailer.letter import OutgoingMessage
from tests import correspondence
from tests.correspondence import letters, values
from tests.fakes.smtp import Fault, LocalSmtp

# A message is plain values; one composed for one test serves the next.
letter = cache(correspondence.letter)

ANA, CAIO = "ana@aurora.example.com", "caio@aurora.example.com"


@pytest.fixture
def server() -> Iterator[LocalSmtp]:
    with LocalSmtp() as running:
        yield running


def post(server: LocalSmtp, *, reply_timeout: float = 5.0, timeout: float = 5.0) -> SmtpTransport:
    return SmtpTransport(
        host=server.host,
        port=server.port,
        security="none",
        timeout=timeout,
        reply_timeout=reply_timeout,
    )


class Commits:
    """Counts commits, and notes how many bodies the server had when each happened."""

    def __init__(self, server: LocalSmtp) -> None:
        self._server = server
        self.bodies_before: list[int] = []

    def __call__(self) -> None:
        self.bodies_before.append(self._server.commands.count("BODY"))

    @property
    def count(self) -> int:
        return len(self.bodies_before)


# -- the usual day


def test_what_leaves_is_what_was_composed_to_the_byte(server: LocalSmtp) -> None:
    message = letter(cc=(CAIO,))
    with post(server) as transport:
        outcome = transport.deliver(message, lambda: None)
    assert outcome == Accepted(server_reply="2.0.0 Ok: queued as 1")
    (received,) = server.received
    assert received.content == message.raw
    assert received.sender == "financeiro@example.com"
    assert received.recipients == (ANA, CAIO)


def test_lines_that_begin_with_a_dot_arrive_as_they_were(server: LocalSmtp) -> None:
    message = replace(letter(), raw=b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n.\r\n")
    with post(server) as transport:
        transport.deliver(message, lambda: None)
    assert server.received[0].content == message.raw


def test_many_messages_share_one_connection(server: LocalSmtp) -> None:
    with post(server) as transport:
        outcomes = [transport.deliver(each, lambda: None) for each in letters(20)]
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert server.connections == 1
    assert len(server.received) == 20


def test_the_commit_happens_after_the_recipients_are_known_and_before_the_body(
    server: LocalSmtp,
) -> None:
    seen: list[list[str]] = []
    with post(server) as transport:
        transport.deliver(letter(), lambda: seen.append(list(server.commands)))
    assert [command.split()[0] for command in seen[0]] == ["MAIL", "RCPT", "DATA"]


# -- whatever fails, the outcome is the truth

FAULTS = [
    Fault(at="greeting", drop=True),
    Fault(at="greeting", reply="421 too busy"),
    Fault(at="greeting", reply="554 go away"),
    Fault(at="mail", reply="451 later"),
    Fault(at="mail", reply="552 too big"),
    Fault(at="mail", reply="hello there"),
    Fault(at="mail", drop=True),
    Fault(at="rcpt", reply="450 later"),
    Fault(at="rcpt", reply="550 no such user"),
    Fault(at="rcpt", drop=True),
    Fault(at="rcpt", reply="250-x", drop=True),
    Fault(at="data", reply="451 later"),
    Fault(at="data", reply="554 no"),
    Fault(at="data", reply="250 what?"),
    Fault(at="data", drop=True),
    Fault(at="data", reply="x" * 20_000),
    Fault(at="content", drop=True),
    Fault(at="content", drop=True, delay=0.3, extra=b"250 2.0.0 Ok\r\n"),
    Fault(at="answer", drop=True),
    Fault(at="answer", drop=True, keep=False),
    Fault(at="answer", reply="25", drop=True),
    Fault(at="answer", reply="250-half an answer\r\n", drop=True),
    Fault(at="answer", reply="451 later", keep=False),
    Fault(at="answer", reply="421 closing", keep=False),
    Fault(at="answer", reply="554 spam", keep=False),
    Fault(at="answer", reply="hello there"),
    Fault(at="answer", reply="354 more?"),
    Fault(at="answer", reply="2 5 0"),
    Fault(at="answer", reply="x" * 20_000),
    Fault(at="answer", delay=2.0),
]


def is_truthful(
    server: LocalSmtp, transport: SmtpTransport, fault: Fault, *, kept_open: bool = False
) -> bool:
    """Whether one delivery under a fault keeps every promise of `Transport.deliver`.

    Refused means it is certainly not there; Accepted means it is there once; it is never there
    twice; nothing is there without a commit before it; what is not committed is Refused.
    """
    if kept_open:
        transport.deliver(letter(values(reference="R0")), lambda: None)
    before = len(server.received)
    server.fail(fault)
    commits = Commits(server)
    outcome = transport.deliver(letter(), commits)
    time.sleep(0.05)
    there = len(server.received) - before
    bodies = server.commands.count("BODY") - before
    return (
        there <= 1
        and bodies <= 1
        and not (isinstance(outcome, Refused) and there)
        and not (isinstance(outcome, Accepted) and there != 1)
        and commits.count <= 1
        and not (bodies and commits.bodies_before != [before])
        and (commits.count == 1 or isinstance(outcome, Refused))
    )


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("kept_open", [False, True])
def test_whatever_the_server_does_the_outcome_is_the_truth(
    server: LocalSmtp, fault: Fault, kept_open: bool
) -> None:
    with post(server, reply_timeout=0.5) as transport:
        assert is_truthful(server, transport, fault, kept_open=kept_open)
        server.faults.clear()
        # And the next message goes out, on the same connection or a new one.
        assert isinstance(transport.deliver(letters(2)[1], lambda: None), Accepted)


class ForgetfulTransport(SmtpTransport):
    """A mutant: what was lost after the body counts as not sent."""

    def _send_body(self, body: bytes, not_copied: tuple[str, ...]) -> Outcome:
        outcome = super()._send_body(body, not_copied)
        if isinstance(outcome, Uncertain):
            return Refused(permanent=False, code=0, reason=outcome.reason, stage="body")
        return outcome


class StubbornTransport(SmtpTransport):
    """A mutant: like yagmail's own `send`, tries again after a lost connection."""

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Outcome:
        outcome = super().deliver(message, on_commit)
        return super().deliver(message, on_commit) if isinstance(outcome, Uncertain) else outcome


class HastyTransport(SmtpTransport):
    """A mutant: commits when the server has answered, not before the body."""

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Outcome:
        outcome = super().deliver(message, lambda: None)
        on_commit()
        return outcome


class TrustingTransport(SmtpTransport):
    """A mutant: any answer to the body will do."""

    def _send_body(self, body: bytes, not_copied: tuple[str, ...]) -> Outcome:
        super()._send_body(body, not_copied)
        return Accepted(server_reply="sure")


@pytest.mark.parametrize(
    "mutant", [ForgetfulTransport, StubbornTransport, HastyTransport, TrustingTransport]
)
def test_a_transport_that_lies_is_caught(mutant: type[SmtpTransport]) -> None:
    faults = [
        Fault(at="answer", drop=True),
        Fault(at="answer", drop=True, keep=False),
        Fault(at="answer", reply="554 spam", keep=False),
    ]
    caught = []
    for fault in faults:
        with LocalSmtp() as server:
            transport = mutant(host=server.host, port=server.port, security="none", timeout=5.0)
            caught.append(not is_truthful(server, transport, fault))
            transport.close()
    assert any(caught)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(at="greeting", reply="421 busy"), (False, 421, "connect")),
        (Fault(at="greeting", reply="554 go away"), (True, 554, "connect")),
        (Fault(at="mail", reply="451 later"), (False, 451, "sender")),
        (Fault(at="mail", reply="552 too big"), (True, 552, "sender")),
        (Fault(at="rcpt", reply="450 later"), (False, 450, "recipients")),
        (Fault(at="rcpt", reply="550 no such user"), (True, 550, "recipients")),
        (Fault(at="data", reply="451 later"), (False, 451, "data")),
        (Fault(at="data", reply="554 no"), (True, 554, "data")),
        (Fault(at="answer", reply="451 later", keep=False), (False, 451, "body")),
        (Fault(at="answer", reply="554 spam", keep=False), (True, 554, "body")),
        (Fault(at="mail", reply="hello"), (False, 0, "sender")),
        (Fault(at="data", reply="250 what?"), (False, 0, "data")),
    ],
)
def test_a_refusal_says_whether_trying_again_helps_and_how_far_it_came(
    server: LocalSmtp, fault: Fault, expected: tuple[bool, int, str]
) -> None:
    server.fail(fault)
    with post(server) as transport:
        outcome = transport.deliver(letter(), lambda: None)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code, outcome.stage) == expected
    assert outcome.reason


def test_a_slow_answer_is_waited_for_and_a_slower_one_is_uncertain(server: LocalSmtp) -> None:
    server.fail(Fault(at="answer", delay=0.6), Fault(at="answer", delay=2.0))
    with post(server, timeout=0.3, reply_timeout=1.2) as transport:
        first, second = letters(2)
        assert isinstance(transport.deliver(first, lambda: None), Accepted)
        assert isinstance(transport.deliver(second, lambda: None), Uncertain)


def test_a_commit_that_fails_sends_nothing_and_the_next_message_can_go(server: LocalSmtp) -> None:
    def fails() -> None:
        raise OSError("disk full")

    first, second = letters(2)
    with post(server) as transport:
        with pytest.raises(OSError, match="disk full"):
            transport.deliver(first, fails)
        time.sleep(0.1)
        assert server.received == []
        assert "BODY" not in server.commands
        assert isinstance(transport.deliver(second, lambda: None), Accepted)
    assert [received.content for received in server.received] == [second.raw]


def test_an_interruption_while_committing_sends_nothing(server: LocalSmtp) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with post(server) as transport, pytest.raises(KeyboardInterrupt):
        transport.deliver(letter(), interrupted)
    assert server.received == []


# -- recipients


def test_one_refused_recipient_refuses_the_letter_for_all(server: LocalSmtp) -> None:
    server.fail(Fault(at="rcpt", address=CAIO, reply="550 no such user"))
    commits = Commits(server)
    with post(server) as transport:
        outcome = transport.deliver(letter(to=(ANA, CAIO)), commits)
        assert isinstance(outcome, Refused)
        assert outcome.permanent
        assert commits.count == 0
        assert server.commands[-1] == "RSET"
        assert isinstance(transport.deliver(letter(), lambda: None), Accepted)
    assert server.connections == 1
    assert [received.recipients for received in server.received] == [(ANA,)]


def test_the_permanent_refusal_decides_over_the_temporary_one(server: LocalSmtp) -> None:
    server.fail(
        Fault(at="rcpt", address=ANA, reply="550 no such user"),
        Fault(at="rcpt", address=CAIO, reply="450 later"),
    )
    with post(server) as transport:
        outcome = transport.deliver(letter(to=(ANA, CAIO)), lambda: None)
    assert isinstance(outcome, Refused)
    assert outcome.permanent


def test_a_refused_copy_is_left_out_and_named(server: LocalSmtp) -> None:
    server.fail(Fault(at="rcpt", address=CAIO, reply="550 no such user"))
    with post(server) as transport:
        outcome = transport.deliver(letter(cc=(CAIO,)), lambda: None)
    assert isinstance(outcome, Accepted)
    assert outcome.not_copied == (CAIO,)
    assert server.received[0].recipients == (ANA,)


# -- the connection


def test_a_connection_that_was_dropped_while_idle_is_opened_again(server: LocalSmtp) -> None:
    first, second = letters(2)
    with post(server) as transport:
        transport.deliver(first, lambda: None)
        server.drop_all()
        time.sleep(0.1)
        assert isinstance(transport.deliver(second, lambda: None), Accepted)
    assert server.connections == 2
    assert len(server.received) == 2


def test_a_server_that_says_it_closes_is_connected_to_again(server: LocalSmtp) -> None:
    first, second = letters(2)
    with post(server) as transport:
        transport.deliver(first, lambda: None)
        server.fail(Fault(at="mail", reply="421 idle too long", drop=True))
        assert isinstance(transport.deliver(second, lambda: None), Accepted)
    assert server.connections == 2


def deliver_to_a_server_that_says_250_twice_and_then_refuses() -> Outcome:
    replies = {b"DATA": b"354 go\r\n250 ok\r\n"}
    with scripted(replies, b"554 spam\r\n") as port:
        transport = SmtpTransport(host="127.0.0.1", port=port, security="none", timeout=2.0)
        try:
            return transport.deliver(letter(), lambda: None)
        finally:
            transport.close()


def test_a_stale_answer_is_never_taken_for_the_answer_to_a_body() -> None:
    outcome = deliver_to_a_server_that_says_250_twice_and_then_refuses()
    assert isinstance(outcome, Refused)
    assert outcome.stage == "data"


def test_a_mutant_that_does_not_look_would_call_that_message_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mailer.smtp._unasked", lambda _smtp: False)
    assert isinstance(deliver_to_a_server_that_says_250_twice_and_then_refuses(), Accepted)


class scripted:  # noqa: N801 - used as a with statement reads
    """A few lines of server that answer as told, also wrongly."""

    def __init__(self, replies: dict[bytes, bytes], after_body: bytes) -> None:
        self._replies = replies
        self._after_body = after_body
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_error: object) -> None:
        self._listener.close()
        self._thread.join(5)

    def _run(self) -> None:
        try:
            connection = self._listener.accept()[0]
        except OSError:
            return
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 hi\r\n")
            body = False
            for line in lines:
                if body and line == b".\r\n":
                    connection.sendall(self._after_body)
                    body = False
                elif not body:
                    connection.sendall(self._replies.get(line[:4].upper(), b"250 ok\r\n"))
                    body = line[:4].upper() == b"DATA"


def test_nobody_there_is_a_temporary_refusal() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    outcome = SmtpTransport(host="127.0.0.1", port=port, security="none").deliver(
        letter(), lambda: None
    )
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.stage) == (False, "connect")
    assert f"127.0.0.1:{port}" in outcome.reason


def test_a_server_that_never_greets_does_not_hang_the_run() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport = SmtpTransport(
            host="127.0.0.1", port=int(listener.getsockname()[1]), security="none", timeout=0.3
        )
        start = time.perf_counter()
        assert isinstance(transport.deliver(letter(), lambda: None), Refused)
        assert time.perf_counter() - start < 5


def test_the_settings_can_be_tried_before_the_first_message(server: LocalSmtp) -> None:
    with post(server) as transport:
        assert transport.check() is None
        transport.deliver(letter(), lambda: None)
    assert server.connections == 1
    server.fail(Fault(at="greeting", reply="421 busy"))
    with post(server) as transport:
        assert isinstance(transport.check(), Refused)


@pytest.mark.parametrize(
    "raw", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n.\r\n", b"\xff\r\n", b"a\0\r\n"]
)
def test_bytes_that_could_smuggle_a_second_message_are_refused(
    server: LocalSmtp, raw: bytes
) -> None:
    with post(server) as transport, pytest.raises(MalformedMessage):
        transport.deliver(replace(letter(), raw=raw), lambda: None)
    assert server.commands == []


def test_nothing_asks_on_the_terminal(server: LocalSmtp, monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass  # noqa: PLC0415 - only to see that it is not called

    def asked(*_: object) -> str:
        raise AssertionError("somebody was asked for a password")

    monkeypatch.setattr(getpass, "getpass", asked)
    monkeypatch.setattr("builtins.input", asked)
    with post(server) as transport:
        assert isinstance(transport.deliver(letter(), lambda: None), Accepted)
