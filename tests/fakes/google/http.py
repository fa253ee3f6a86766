"""HTTP/1.1 on loopback: threads, kept connections, one write for each answer."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from .desk import Answer, Desk, Dropped, Incoming, reason

if TYPE_CHECKING:
    from collections.abc import Callable


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no news; the server's own errors are answered, not raised."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        """Answers leave at once: no waiting for more to send."""
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Say nothing on the terminal."""

    def handle_any(self) -> None:
        """Any method."""
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        incoming = Incoming(
            method=self.command,
            path=path,
            query=query,
            authorization=self.headers.get("Authorization", ""),
            body=self.rfile.read(length),
        )
        try:
            self.send(self.server.desk.answer(incoming))
        except Dropped:
            self.hang_up()

    do_GET = handle_any  # noqa: N815  # the base class calls it so, here and below
    do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815  # likewise

    def send(self, answer: Answer) -> None:
        """The whole answer in one write, or the half of it."""
        head = [f"HTTP/1.1 {answer.status} {reason(answer.status)}"]
        headers = {
            "Content-Type": answer.content_type,
            "Vary": "Origin, X-Origin, Referer",
            "Cache-Control": "private",
            "Date": self.date_time_string(),
            "Server": "ESF",
            "X-Content-Type-Options": "nosniff",
            **answer.headers,
        }
        if answer.status != 204:
            headers["Content-Length"] = str(len(answer.body))
        head += [f"{name}: {value}" for name, value in headers.items()]
        raw = "\r\n".join([*head, "", ""]).encode() + answer.body
        self.wfile.write(raw[: len(raw) - len(answer.body) // 2 - 1] if answer.cut else raw)
        if answer.cut:
            self.hang_up()

    def hang_up(self) -> None:
        """Close without another word."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class LoopbackHttp:
    """The listening socket and its thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the local Google server was not started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Listen."""
        self._server = _Server(self._desk)
        serve: Callable[..., None] = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close everything."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        for kept in list(self._server.open):
            with suppress(OSError):
                kept.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join(10)
