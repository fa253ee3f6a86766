"""Real IMAP servers on loopback.

`LocalImap` is pymap with its folders in memory: a whole server, TLS and STARTTLS included, which
can be told to hang up after so many bytes. `ScriptedImap` says what a test tells it to, for the
shapes that pymap never takes.

    with LocalImap() as server:
        uid = server.deliver(raw)
        ... talk to server.host, server.port as server.user with server.password ...
        assert server.flags(uid) == frozenset()
"""

from __future__ import annotations

import asyncio
import imaplib
import socket
import ssl
import threading
from argparse import Namespace
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pysasl.hashing import Cleartext

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class LocalImap:
    """A whole server with one account; a context manager."""

    host = "127.0.0.1"
    user = "cobranca@example.com"
    password = "secret"

    def __init__(
        self,
        *,
        certificate: tuple[Path, Path] | None = None,
        tls: Literal["tls", "starttls", "none"] = "none",
    ) -> None:
        """Tell it how to be; nothing is opened yet.

        Args:
            certificate: files of the certificate and its key, for TLS.
            tls: how the connection is made secret.
        """
        self.port = 0
        self.connections = 0
        self.cut_after: int | None = None
        """Hang up on each connection once this many bytes were said; None never does."""
        self._tls: str = tls
        self._certificate = certificate
        self._context: ssl.SSLContext | None = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(30):
            raise TimeoutError("the local IMAP server did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    # -- what a person or another server does to the mailbox

    def deliver(
        self, raw: bytes, when: datetime = NOON, flags: str = "", folder: str = "INBOX"
    ) -> int:
        """Put a message in, as the mail server does; gives its uid."""
        with self._person() as client:
            client.append(folder, flags or "", when, raw)
            client.select(folder, readonly=True)
            return max(int(uid) for uid in _words(client.uid("SEARCH", "ALL")))

    def create(self, folder: str) -> None:
        """Make a folder."""
        with self._person() as client:
            client.create(folder)

    def flags(self, uid: int, folder: str = "INBOX") -> frozenset[str]:
        """The flags of a message, as a person's mail program sees them."""
        with self._person() as client:
            client.select(folder, readonly=True)
            said = client.uid("FETCH", str(uid), "(FLAGS)")[1][0]
            assert isinstance(said, bytes)
            named = said.decode().rpartition("FLAGS (")[2].partition(")")[0]
            return frozenset(named.split()) - {"\\Recent"}

    def uids(self, folder: str = "INBOX") -> list[int]:
        """The messages that stand in a folder."""
        with self._person() as client:
            client.select(folder, readonly=True)
            return [int(uid) for uid in _words(client.uid("SEARCH", "ALL"))]

    def mark(self, uid: int, flag: str) -> None:
        """Set a flag, as a person does."""
        with self._person() as client:
            client.select("INBOX")
            client.uid("STORE", str(uid), "+FLAGS", f"({flag})")

    def _person(self) -> imaplib.IMAP4:
        """Another client of the account; one that is never cut off."""
        before, self.cut_after = self.cut_after, None
        try:
            client: imaplib.IMAP4
            if self._tls == "tls":
                client = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=self._trust())
            else:
                client = imaplib.IMAP4(self.host, self.port)
                if self._tls == "starttls":
                    client.starttls(self._trust())
            client.login(self.user, self.password)
        finally:
            self.cut_after = before
        return client

    def _trust(self) -> ssl.SSLContext:
        assert self._certificate is not None
        context = ssl.create_default_context(cafile=str(self._certificate[0]))
        context.check_hostname = False
        return context

    # -- the server's thread

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _start(self) -> None:
        certificate, key = self._certificate or (None, None)
        backend, config = await DictBackend.init(
            Namespace(
                demo_data=False,
                demo_user=self.user,
                demo_password=self.password,
                host=self.host,
                port="0",
                cert=str(certificate) if certificate else None,
                key=str(key) if key else None,
                tls=self._tls == "starttls",
                proxy_protocol=None,
                passlib_cfg=None,
                debug=False,
            ),
            reject_insecure_auth=False,
            hash_context=Cleartext(),  # a slow hash would protect nobody here
        )
        config.apply_context()
        serve = IMAPServer(backend.login, config)

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            with suppress(ConnectionError, EOFError, ssl.SSLError):
                said: Any = _Cut(writer, self.cut_after)
                await serve(reader, said, SocketInfoLocal(writer))

        server = await asyncio.start_server(
            talk, self.host, 0, ssl=self._context if self._tls == "tls" else None
        )
        self.port = int(server.sockets[0].getsockname()[1])


class _Cut:
    """A writer that hangs up once it has said so many bytes."""

    def __init__(self, writer: asyncio.StreamWriter, left: int | None) -> None:
        self._writer = writer
        self._left = left

    def write(self, data: bytes) -> None:
        if self._left is None:
            self._writer.write(data)
            return
        self._writer.write(bytes(data)[: self._left])
        self._left -= len(data)
        if self._left <= 0:
            self._left = 0
            self._writer.close()

    def writelines(self, parts: list[bytes]) -> None:
        self.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


class ScriptedImap:
    """Answers each command with what `say(command, arguments)` gives; a context manager.

    `say` returns whole untagged lines in bytes, and may end with the tagged answer's words after
    `TAG `; without those the answer is OK. None hangs up.
    """

    host = "127.0.0.1"

    def __init__(self, say: Callable[[str, str], bytes | None]) -> None:
        self.commands: list[str] = []
        self._say = say
        self._listener = socket.create_server((self.host, 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError), connection.makefile("rwb") as talk:
                self._talk(talk)

    def _talk(self, talk: Any) -> None:
        talk.write(b"* OK [CAPABILITY IMAP4rev1 MOVE] ready\r\n")
        talk.flush()
        for line in talk:
            tag, _, rest = line.decode("latin-1").strip().partition(" ")
            name, _, arguments = rest.partition(" ")
            self.commands.append(rest)
            said = self._say(name.upper(), arguments)
            if said is None:
                return
            lines, found, answer = said.partition(b"TAG ")
            talk.write(lines + tag.encode() + b" " + (answer if found else b"OK done") + b"\r\n")
            talk.flush()
            if name.upper() == "LOGOUT":
                return


def _words(answer: tuple[str, list[Any]]) -> list[bytes]:
    said = answer[1][0]
    return said.split() if isinstance(said, bytes) else []
