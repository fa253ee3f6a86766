"""A real SMTP server on loopback that can be told to fail at any point of the conversation.

    with LocalSmtp() as server:
        server.fail(Fault(at="rcpt", reply="550 no such user"))
        ... talk to server.host, server.port ...
        assert server.received == []

A fault is used up by the first command it meets, in the order given; `always=True` keeps it.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

At = Literal["greeting", "auth", "mail", "rcpt", "data", "content", "answer"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, and where.

    Attributes:
        at: `data` is the answer to DATA; `content` while the body comes in; `answer` after it.
        reply: sent instead of the usual answer; any text, also one that is no SMTP reply.
        drop: close the connection without a word (after `reply`, when both are given).
        delay: seconds to wait first.
        until: wait for this first (and a minute at most), whatever else takes its time.
        keep: at `answer`, take the message although the client does not learn it.
        address: at `rcpt`, only for this one.
        always: is not used up.
        extra: bytes sent right after the usual answer, that nobody asked for.
    """

    at: At
    reply: str = ""
    drop: bool = False
    delay: float = 0.0
    keep: bool = True
    address: str = ""
    always: bool = False
    extra: bytes = b""
    until: threading.Event | None = field(default=None, repr=False)

    async def passes(self) -> None:
        """Take the time that it takes."""
        await asyncio.sleep(self.delay)
        if self.until is not None:
            await asyncio.to_thread(self.until.wait, 60)


@dataclass(frozen=True, kw_only=True)
class Received:
    """One message that the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)


class LocalSmtp:
    """The server; a context manager."""

    def __init__(
        self,
        *,
        certificate: tuple[Path, Path] | None = None,
        tls: Literal["starttls", "tls", "none"] = "none",
        login: tuple[str, str] | None = None,
    ) -> None:
        """Tell it how to be; nothing is opened yet.

        Args:
            certificate: files of the certificate and its key, for TLS.
            tls: how the connection is made secret.
            login: the user and password it insists on.
        """
        self.received: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self.faults: list[Fault] = []
        self.login = login
        self.host = "127.0.0.1"
        self.port = 0
        self._lock = threading.Lock()
        self._tls: str = tls
        self._context: ssl.SSLContext | None = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
        self._loop = asyncio.new_event_loop()
        self._sessions: list[_Session] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def fail(self, *faults: Fault) -> None:
        """Add faults, to be met in this order."""
        with self._lock:
            self.faults.extend(faults)

    def take(self, at: At, address: str = "") -> Fault | None:
        """The fault to act out now, if any."""
        with self._lock:
            for fault in self.faults:
                if fault.at == at and fault.address in {"", address}:
                    if not fault.always:
                        self.faults.remove(fault)
                    return fault
        return None

    def drop_all(self) -> None:
        """Close every open connection, as a server does with idle ones."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(self._drop, done)
        done.wait(5)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise TimeoutError("the local SMTP server did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        """The server's thread."""
        asyncio.set_event_loop(self._loop)
        encrypted = self._context if self._tls == "tls" else None
        server = self._loop.run_until_complete(
            self._loop.create_server(self._session, self.host, 0, ssl=encrypted)
        )
        self.port = int(server.sockets[0].getsockname()[1])
        self._loop.call_soon(self._ready.set)
        self._loop.run_forever()
        server.close()
        self._drop(threading.Event())
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _session(self) -> _Session:
        starttls = self._context if self._tls == "starttls" else None
        session = _Session(
            _Handler(self),
            owner=self,
            hostname="sink.example.com",
            loop=self._loop,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_require_tls=starttls is not None,
            auth_exclude_mechanism=() if self.login else ("LOGIN", "PLAIN"),
            authenticator=_authenticator(self),
        )
        self._sessions.append(session)
        return session

    def _drop(self, done: threading.Event) -> None:
        for session in self._sessions:
            session.hang_up()
        done.set()


def _authenticator(owner: LocalSmtp) -> Any:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        fault = owner.take("auth")
        if fault:
            return AuthResult(success=False, handled=False, message=fault.reply)
        given = (data.login, data.password) if isinstance(data, LoginPassword) else None
        wanted = owner.login and tuple(part.encode() for part in owner.login)
        return AuthResult(success=given == wanted, handled=False)

    return check


class _Session(SMTP):
    """One conversation, with its faults."""

    def __init__(self, handler: Any, *, owner: LocalSmtp, **settings: Any) -> None:
        self._owner = owner
        super().__init__(handler, **settings)

    def connection_made(self, transport: Any) -> None:
        if self.transport is None:  # and not again after STARTTLS
            self._owner.connections += 1
        super().connection_made(transport)

    def hang_up(self) -> None:
        """Close without a word."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def _say(self, data: bytes) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.write(data)

    async def push(self, status: Any) -> None:
        text = status if isinstance(status, str) else status.decode()
        if text.startswith("220 ") and "sink.example.com" in text and await self._acts("greeting"):
            return
        with suppress(ConnectionError):
            await super().push(status)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds it by this name
        self._owner.commands.append(f"MAIL {arg}")
        if await self._acts("mail"):
            return
        # Ours rather than aiosmtpd's auth_required, which warns when TLS came before the greeting.
        if self._owner.login and not (self.session and self.session.authenticated):
            await self.push("530 5.7.0 Authentication required")
            return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - likewise
        self._owner.commands.append(f"RCPT {arg}")
        if not await self._acts("rcpt", arg.partition("<")[2].rstrip(">")):
            await super().smtp_RCPT(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802 - likewise
        self._owner.commands.append("RSET")
        await super().smtp_RSET(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - likewise
        self._owner.commands.append("DATA")
        if await self._acts("data"):
            return
        fault = self._owner.take("content")
        if fault is None:
            await super().smtp_DATA(arg)
            return
        self._say(b"354 go on\r\n" + fault.extra)
        if fault.drop:
            await fault.passes()
            self.hang_up()

    async def answer(self, envelope: Any) -> str:
        """What to say to a body that came in whole."""
        self._owner.commands.append("BODY")
        fault = self._owner.take("answer")
        if fault is None or fault.keep:
            self._owner.received.append(
                Received(
                    sender=envelope.mail_from,
                    recipients=tuple(envelope.rcpt_tos),
                    content=envelope.original_content,
                )
            )
        if fault is None:
            return f"250 2.0.0 Ok: queued as {len(self._owner.received)}"
        await fault.passes()
        if fault.drop:
            if fault.reply:
                self._say(fault.reply.encode())
                await asyncio.sleep(0.05)
            self.hang_up()
        return fault.reply or f"250 2.0.0 Ok: queued as {len(self._owner.received)}"

    async def _acts(self, at: At, address: str = "") -> bool:
        """Act out a fault; whether the command is done with."""
        fault = self._owner.take(at, address)
        if fault is None:
            return False
        await fault.passes()
        if fault.reply:
            self._say(fault.reply.encode() + b"\r\n")
        if fault.drop:
            await asyncio.sleep(0.02)
            self.hang_up()
        return bool(fault.reply or fault.drop)


class _Handler:
    """Takes the bodies."""

    def __init__(self, owner: LocalSmtp) -> None:
        self._owner = owner

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        return str(await server.answer(envelope))
