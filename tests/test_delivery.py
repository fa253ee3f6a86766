"""Messages out: what a transport says happened is what happened, whatever the server does."""

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.delivery import Accepted, FolderTransport, Outcome, Refused, SmtpTransport, Uncertain
from mailer.errors import ConfigurationError, MalformedMessage, PasswordMissing
from mailer.letter import OutgoingMessage
from mailer.password import find_password
from tests.correspondence import letter, letters, values
from tests.fakes.smtp import Fault, LocalSmtp

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


def test_a_stale_answer_is_never_taken_for_the_answer_to_a_body() -> None:
    """A server that says 250 twice, then refuses the body: the refusal must be heard."""
    replies = {b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n", b"DATA": b"354 go\r\n250 ok\r\n"}
    with scripted(replies, b"554 spam\r\n") as port:
        transport = SmtpTransport(host="127.0.0.1", port=port, security="none", timeout=2.0)
        outcome = transport.deliver(letter(), lambda: None)
        transport.close()
    assert isinstance(outcome, Refused)
    assert outcome.stage == "data"


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


# -- settings that cannot be right


@pytest.mark.parametrize(
    "host", ["smtp.example.com", "10.0.0.5", "192.168.1.1", "localhost.example"]
)
def test_mail_in_the_clear_stays_on_this_machine(host: str) -> None:
    with pytest.raises(ConfigurationError, match="this machine only"):
        SmtpTransport(host=host, port=25, security="none")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_this_machine_has_several_names(host: str) -> None:
    SmtpTransport(host=host, port=25, security="none")


def test_a_user_without_a_password_is_refused_before_anything_could_ask_for_it() -> None:
    with pytest.raises(PasswordMissing, match=r"fin@example\.com"):
        SmtpTransport(host="smtp.example.com", port=587, user="fin@example.com")


def test_settings_that_name_no_server_are_refused() -> None:
    for host, port, security in (
        ("", 587, "tls"),
        ("a b", 587, "tls"),
        ("a", 0, "tls"),
        ("a", 1, "ssl"),
    ):
        with pytest.raises(ConfigurationError):
            SmtpTransport(host=host, port=port, security=security)  # type: ignore[arg-type]  # wrong


@pytest.mark.parametrize(
    "raw", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n.\r\n", b"\xff\r\n", b"a\0\r\n"]
)
def test_bytes_that_could_smuggle_a_second_message_are_refused(
    server: LocalSmtp, raw: bytes
) -> None:
    with post(server) as transport, pytest.raises(MalformedMessage):
        transport.deliver(replace(letter(), raw=raw), lambda: None)
    assert server.commands == []


# -- TLS and login


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost and its key, signed by nobody."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - may be absent
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - likewise

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "certificate.pem", folder / "key.pem"


LOGIN = ("apikey", "segredo")


def account(
    server: LocalSmtp, certificate: tuple[Path, Path], *, password: str = LOGIN[1], **changes: str
) -> SmtpTransport:
    return SmtpTransport(
        host=changes.get("host", "localhost"),
        port=server.port,
        security=changes.get("security", "starttls"),  # type: ignore[arg-type]  # from our tests
        user=LOGIN[0],
        password=password,
        timeout=5.0,
        context=ssl.create_default_context(cafile=str(certificate[0])),
    )


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_login_that_is_no_address_goes_encrypted_and_as_it_is(
    certificate: tuple[Path, Path], tls: str
) -> None:
    with LocalSmtp(certificate=certificate, tls=tls, login=LOGIN) as server:  # type: ignore[arg-type]
        with account(server, certificate, security=tls) as transport:
            outcomes = [transport.deliver(each, lambda: None) for each in letters(3)]
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert server.connections == 1


def test_a_wrong_password_is_a_setting_to_change_and_commits_nothing(
    certificate: tuple[Path, Path],
) -> None:
    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        commits = Commits(server)
        transport = account(server, certificate, password="errada")
        with pytest.raises(ConfigurationError, match="does not accept the password of apikey: 535"):
            transport.deliver(letter(), commits)
        assert commits.count == 0
        with pytest.raises(ConfigurationError) as caught:
            account(server, certificate, password="senha é").deliver(letter(), commits)
        assert "senha" not in str(caught.value)


def test_a_login_that_fails_for_the_moment_is_tried_again_later(
    certificate: tuple[Path, Path],
) -> None:
    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        server.fail(Fault(at="auth", reply="454 4.7.0 Later", always=True))
        outcome = account(server, certificate).deliver(letter(), lambda: None)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code) == (False, 454)


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    certificate: tuple[Path, Path],
) -> None:
    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        stranger = SmtpTransport(host="localhost", port=server.port, user="a", password="b")
        with pytest.raises(ConfigurationError, match="cannot be trusted"):
            stranger.deliver(letter(), lambda: None)
        elsewhere = account(server, certificate, host="127.0.0.1")
        with pytest.raises(ConfigurationError, match="cannot be trusted"):
            elsewhere.deliver(letter(), lambda: None)
        assert server.commands == []


def test_yagmail_by_itself_would_have_trusted_that_certificate(
    certificate: tuple[Path, Path],
) -> None:
    """Why we hand it a context: without one, any certificate gets the password."""
    import yagmail  # noqa: PLC0415 - slow to import, and only here

    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        careless = yagmail.SMTP(
            user={"apikey": "apikey"},
            password=LOGIN[1],
            host="localhost",
            port=server.port,
            smtp_ssl=False,
            smtp_starttls=True,
            soft_email_validation=False,
        )
        careless.login()
        careless.close()


def test_a_server_without_encryption_or_login_gets_neither_password_nor_letter(
    server: LocalSmtp, certificate: tuple[Path, Path]
) -> None:
    with pytest.raises(ConfigurationError, match="no encryption"):
        account(server, certificate).deliver(letter(), lambda: None)
    with pytest.raises(ConfigurationError, match="no login"):
        account(server, certificate, security="none").deliver(letter(), lambda: None)
    with pytest.raises(ConfigurationError, match="starttls"):
        account(server, certificate, security="tls").deliver(letter(), lambda: None)
    assert server.commands == []


def test_a_server_that_wants_a_login_is_a_setting_to_change(certificate: tuple[Path, Path]) -> None:
    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        nobody = SmtpTransport(
            host="localhost",
            port=server.port,
            context=ssl.create_default_context(cafile=str(certificate[0])),
        )
        with pytest.raises(ConfigurationError, match="another login: 530"):
            nobody.deliver(letter(), lambda: None)


# -- the folder


def test_a_folder_gets_one_file_a_message_and_a_page(tmp_path: Path) -> None:
    message = letter()
    with FolderTransport(tmp_path / "outbox") as transport:
        outcome = transport.deliver(message, lambda: None)
    assert isinstance(outcome, Accepted)
    (file,) = (tmp_path / "outbox").glob("*.eml")
    assert file.name == outcome.server_reply
    assert file.name.startswith("2026-03-27-padaria-aurora-")
    assert file.read_bytes() == message.raw
    index = (tmp_path / "outbox" / "index.html").read_text(encoding="utf-8")
    assert file.name in index
    assert "lembrete de NF-1001" in index
    assert sorted(path.suffix for path in (tmp_path / "outbox").iterdir()) == [".eml", ".html"]


def test_the_same_message_twice_is_one_file_also_for_another_run_or_name(tmp_path: Path) -> None:
    message = letter()
    with FolderTransport(tmp_path) as transport:
        first = transport.deliver(message, lambda: None)
        assert transport.deliver(message, lambda: None) == first
    with FolderTransport(tmp_path) as transport:
        assert transport.deliver(replace(message, client=""), lambda: None) == first
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_another_message_under_the_same_id_is_refused_and_not_committed(tmp_path: Path) -> None:
    message = letter()
    committed: list[int] = []
    with FolderTransport(tmp_path) as transport:
        transport.deliver(message, lambda: None)
        changed = replace(message, raw=message.raw + b"x\r\n")
        outcome = transport.deliver(changed, lambda: committed.append(1))
    assert isinstance(outcome, Refused)
    assert outcome.permanent
    assert committed == []
    assert next(iter(tmp_path.glob("*.eml"))).read_bytes() == message.raw


def test_a_folder_commits_before_it_writes_and_a_failed_commit_writes_nothing(
    tmp_path: Path,
) -> None:
    seen: list[int] = []
    transport = FolderTransport(tmp_path)
    transport.deliver(letter(), lambda: seen.append(len(list(tmp_path.iterdir()))))
    assert seen == [0]

    def fails() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        transport.deliver(letters(2)[1], fails)
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_a_full_disk_is_a_temporary_refusal_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mailer.folder.os.fsync", full)
    outcome = FolderTransport(tmp_path).deliver(letter(), lambda: None)
    assert isinstance(outcome, Refused)
    assert not outcome.permanent
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        FolderTransport(tmp_path / "file" / "outbox").deliver(letter(), lambda: None)


def test_file_names_are_safe_on_every_system(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "CON", "a\0b", "名前", "x" * 300, "ÁÉ / \\ : * ?", "-"]
    with FolderTransport(tmp_path) as transport:
        for at, name in enumerate(names):
            transport.deliver(letter(values(client=name, reference=f"R{at}")), lambda: None)
    files = list(tmp_path.glob("*.eml"))
    assert len(files) == len(names)
    for file in files:
        assert set(file.stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(file.name) < 100


def test_strange_files_in_the_folder_do_not_stop_the_page(tmp_path: Path) -> None:
    (tmp_path / "notes.eml").write_bytes(b"\xff not a letter")
    with FolderTransport(tmp_path, language="en") as transport:
        transport.deliver(letter(), lambda: None)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "notes.eml" in index
    assert "1 message" in index


# -- the password


def test_the_password_comes_from_the_variable_first(tmp_path: Path) -> None:
    (tmp_path / "smtp_password").write_text("do arquivo\n")
    (tmp_path / "smtp_password").chmod(0o600)
    both = {"REGUA_SMTP_PASSWORD": "da variável", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_password("fin@example.com", both) == "da variável"
    assert (
        find_password("fin@example.com", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "do arquivo"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606])
def test_a_password_file_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    (tmp_path / "smtp_password").write_text("segredo")
    (tmp_path / "smtp_password").chmod(mode)
    with pytest.raises(ConfigurationError, match="read by others") as caught:
        find_password("fin@example.com", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert "segredo" not in str(caught.value)


def test_without_any_password_a_sentence_says_where_to_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    import keyring  # noqa: PLC0415 - after the variable is set
    from keyring.backends import null  # noqa: PLC0415 - likewise

    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring half-types it
    try:
        with pytest.raises(PasswordMissing) as caught:
            find_password("fin@example.com", {})
    finally:
        keyring.set_keyring(before)
    for way in ("keyring set regua fin@example.com", "REGUA_SMTP_PASSWORD", "LoadCredential"):
        assert way in str(caught.value)


def test_nothing_asks_on_the_terminal(server: LocalSmtp, monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass  # noqa: PLC0415 - only to see that it is not called

    def asked(*_: object) -> str:
        raise AssertionError("somebody was asked for a password")

    monkeypatch.setattr(getpass, "getpass", asked)
    monkeypatch.setattr("builtins.input", asked)
    with post(server) as transport:
        assert isinstance(transport.deliver(letter(), lambda: None), Accepted)
