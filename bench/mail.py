"""Messages a second: our transport against raw smtplib, in one run, on one connection each.

    python bench/mail.py [messages]

Two sinks, each in a process of its own: a bare loop that only answers, where the client's own
time shows most, and aiosmtpd. Rounds alternate; the ratio is the median of the rounds' ratios. The
target is 0.9 (DESIGN, "What it is measured by"). The commit at 354 does nothing here: its cost is
the ledger's, and is measured there.
"""

from __future__ import annotations

import os
import platform
import smtplib
import socket
import sys
import threading
import time
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mailer.smtp import SmtpTransport
from tests.correspondence import letter, values
from tests.fakes.smtp import LocalSmtp

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from mailer.letter import OutgoingMessage

ROUNDS = 41


def bare_sink(ready: Connection) -> None:
    """Answers every command and keeps nothing; a thread for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ready.send(listener.getsockname()[1])
        while True:
            threading.Thread(target=_answer, args=(listener.accept()[0],), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 sink\r\n")
        body = False
        for line in lines:
            if body and line != b".\r\n":
                continue
            command = b"" if body else line[:4].upper()
            if command == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            body = command == b"DATA"
            connection.sendall(b"354 go\r\n" if body else b"250 ok\r\n")


def aiosmtpd_sink(ready: Connection) -> None:
    """The tests' server, without faults."""
    with LocalSmtp() as server:
        ready.send(server.port)
        while True:
            time.sleep(1)
            server.received.clear()


def by_smtplib(smtp: smtplib.SMTP, messages: list[OutgoingMessage]) -> float:
    """Seconds for all messages by `smtplib.SMTP.sendmail`."""
    start = time.perf_counter()
    for message in messages:
        smtp.sendmail("financeiro@example.com", [*message.to, *message.cc], message.raw)
    return time.perf_counter() - start


def by_transport(transport: SmtpTransport, messages: list[OutgoingMessage]) -> float:
    """Seconds for all messages by our transport."""
    start = time.perf_counter()
    for message in messages:
        transport.deliver(message, lambda: None)
    return time.perf_counter() - start


def measure(
    sink: Callable[[Connection], None], messages: list[OutgoingMessage]
) -> tuple[float, float, list[float]]:
    """Messages a second raw and ours over all rounds, and each round's ratio, sorted."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=sink, args=(there,), daemon=True)
    process.start()
    port = here.recv()
    raw, ours = [], []
    with (
        smtplib.SMTP("127.0.0.1", port, local_hostname="[127.0.0.1]") as smtp,
        SmtpTransport(host="127.0.0.1", port=port, security="none") as transport,
    ):
        smtp.ehlo()
        for number in range(ROUNDS + 1):
            if number % 2:
                one, other = by_smtplib(smtp, messages), by_transport(transport, messages)
            else:
                other, one = by_transport(transport, messages), by_smtplib(smtp, messages)
            if number:  # the first round connects and warms up
                raw.append(one)
                ours.append(other)
    process.terminate()
    process.join()
    sent = len(messages) * ROUNDS
    ratios = sorted(theirs / mine for mine, theirs in zip(ours, raw, strict=True))
    return sent / sum(raw), sent / sum(ours), ratios


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    start = time.perf_counter()
    messages = [letter(values(reference=f"R{at:07d}", pix=at % 2 == 0)) for at in range(50)]
    composed = len(messages) / (time.perf_counter() - start)
    batch = messages[: max(1, count // ROUNDS)]
    size = sum(len(message.raw) for message in batch) // len(batch)
    print(f"{ROUNDS} rounds of {len(batch)} messages of {size:,} bytes on one connection each")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"composing (every second one with a QR picture): {composed:.0f} a second\n")
    print(f"{'sink':<10}{'smtplib':>10}{'regua':>10}{'ratio':>8}   middle half")
    for name, sink in (("bare", bare_sink), ("aiosmtpd", aiosmtpd_sink)):
        raw, ours, ratios = measure(sink, batch)
        middle = f"{ratios[len(ratios) // 4]:.2f}-{ratios[len(ratios) * 3 // 4]:.2f}"
        print(f"{name:<10}{raw:>8.0f}/s{ours:>8.0f}/s{median(ratios):>8.2f}   {middle}")


if __name__ == "__main__":
    main()
