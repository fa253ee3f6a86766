"""The process dies at every line of claiming and sending; then the next run comes.

Whatever the point: no client gets two letters, and no letter is lost silently. Each ends as sent
(and it arrived), as uncertain (a person is told), or decided afresh and sent by the next run.
"""

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import sqlalchemy

import mailer.smtp
import sync.ledger
import sync.ledger_days
import sync.ledger_file
import sync.ledger_rows
import sync.locks
import sync.message_states
import sync.send
from mailer.delivery import SmtpTransport
from sync.domain.facts import Outcome
from sync.ledger import KeyTaken, Ledger, Recovered
from sync.message_states import State
from sync.send import Claimed, send_all
from tests.fakes.smtp import LocalSmtp
from tests.posted import BOOK, Watch, key, letter, planned

pytestmark = pytest.mark.slow

KILLED = 99
INVOICES = ("NF-1", "NF-2")
TRACED = frozenset(
    str(module.__file__)
    for module in (
        mailer.smtp,
        sync.ledger,
        sync.ledger_days,
        sync.ledger_file,
        sync.ledger_rows,
        sync.message_states,
        sync.send,
    )
)
# Every line and system call is tried with REGUA_KILL_EVERY=1; otherwise every eleventh.
STRIDE = int(os.environ.get("REGUA_KILL_EVERY", "11"))


class CommitsAfterBody(Ledger):
    """A mutant: its durable word comes after the server's answer."""

    def begin_sending(self, reference: str) -> bool:
        return self.state(reference) is State.PLANNED

    def finish(self, reference: str, state: State, reply: str = "") -> State:
        if state is State.SENT:
            super().begin_sending(reference)
        return super().finish(reference, state, reply)


class NeverRecovers(Ledger):
    """A mutant: leaves what it finds as it is."""

    def recover(self, workbook_id: str) -> Recovered:
        assert workbook_id
        return Recovered()


class FreesTheUncertain(Ledger):
    """A mutant: what was on its way is decided afresh."""

    def recover(self, workbook_id: str) -> Recovered:
        found = super().recover(workbook_id)
        with self.writing() as connection:
            for reference in found.uncertain:
                self._move(connection, reference, State.PLANNED)
                self._move(connection, reference, State.CANCELLED)
        return found


def run(path: Path, port: int, name: str, kind: type[Ledger] = Ledger) -> None:
    """One run in small: recover, claim a letter about each invoice, send."""
    with kind(path, Watch()) as ledger:
        ledger.recover(BOOK)
        messages: list[Claimed] = []
        for invoice in INVOICES:
            reference = f"{name}.{invoice}"
            try:
                ledger.plan(planned(reference, key(invoice)))
            except KeyTaken:
                continue
            messages.append(Claimed(reference=reference, message=letter(reference, "a@b.example")))
        transport = SmtpTransport(host="127.0.0.1", port=port, security="none", timeout=10)
        send_all(
            messages,
            ledger,
            transport,
            still_valid=lambda _: None,
            stop=lambda: False,
            pauses=(),
        )


def run_and_die(path: str, port: int, name: str, kind: type[Ledger], line: int) -> None:
    """A process of its own: a run that ends without a word before the given line."""
    seen = 0

    def count(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal seen
        if event == "line":
            seen += 1
            if seen == line:
                os._exit(KILLED)
        return count

    def enter(frame: FrameType, _event: str, _argument: object) -> Any:
        return count if frame.f_code.co_filename in TRACED else None

    sys.settrace(enter)
    run(Path(path), port, name, kind)
    sys.settrace(None)


def copies(server: LocalSmtp, story: str, invoice: str) -> int:
    """How many letters about an invoice the server took in a story, whichever run sent them."""
    mark = re.compile(rf"Message-ID: <{re.escape(story)}\.\w+\.{invoice}@".encode())
    return sum(bool(mark.search(each.content)) for each in server.received)


def oracle(ledger: Ledger, server: LocalSmtp, story: str) -> None:
    """What the file's head promises, by the server's own count."""
    for invoice in INVOICES:
        count = copies(server, story, invoice)
        assert count <= 1, f"{story}: {count} letters about {invoice}"
        holding = [
            each.outcome
            for each in ledger.reminders(BOOK)
            if key(invoice) in each.keys and each.outcome is not Outcome.CANCELLED
        ]
        assert len(holding) == 1, f"{story}: {invoice} was lost: {holding}"
        assert holding[0] in {Outcome.SENT, Outcome.UNCERTAIN}, f"{story}: left {holding[0]}"
        if holding[0] is Outcome.SENT:
            assert count == 1, f"{story}: {invoice} is called sent and did not arrive"


def kill_everywhere(
    folder: Path, server: LocalSmtp, kind: type[Ledger], lines: range
) -> tuple[int, list[Outcome]]:
    """Die at each line, run again, ask the oracle; how many died, and how their letters ended.

    Stops at the first line that is beyond the end of the run.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_kill", "yagmail"])
    died, ends = 0, []
    for line in lines:
        story = f"K{line}"
        path = folder / f"{kind.__name__}-{line}" / "ledger.db"
        process = context.Process(
            target=run_and_die, args=(str(path), server.port, f"{story}.a", kind, line)
        )
        process.start()
        process.join(60)
        run(path, server.port, f"{story}.b", kind)
        with kind(path, Watch()) as ledger:
            oracle(ledger, server, story)
            ends += [each.outcome for each in ledger.reminders(BOOK)]
        shutil.rmtree(path.parent)
        if process.exitcode != KILLED:
            assert process.exitcode == 0
            break
        died += 1
    return died, ends


@pytest.fixture
def server() -> Iterator[LocalSmtp]:
    with LocalSmtp() as running:
        yield running


needs_fork = pytest.mark.skipif(os.name != "posix", reason="forks a process at each line")


@needs_fork
def test_dying_at_any_line_sends_nothing_twice_and_loses_nothing(
    tmp_path: Path, server: LocalSmtp
) -> None:
    died, ends = kill_everywhere(tmp_path, server, Ledger, range(1, 100_000, STRIDE))
    assert died > 300 / STRIDE, "the run has so many lines that matter"
    assert {Outcome.SENT, Outcome.UNCERTAIN, Outcome.CANCELLED} <= set(ends), (
        "it died before, while and after something left"
    )


@needs_fork
@pytest.mark.parametrize("mutant", [CommitsAfterBody, NeverRecovers, FreesTheUncertain])
def test_mutants_that_die_are_caught(
    tmp_path: Path, server: LocalSmtp, mutant: type[Ledger]
) -> None:
    with pytest.raises(AssertionError, match=r"letters about|was lost|left sending"):
        kill_everywhere(tmp_path, server, mutant, range(300, 100_000, 8))


# ---- two at once


def run_when_told(path: str, port: int, name: str, start: Any) -> None:
    """A process of its own that begins with the others."""
    start.wait(30)
    run(Path(path), port, name)


@needs_fork
def test_processes_that_break_the_lock_still_send_nothing_twice(
    tmp_path: Path, server: LocalSmtp
) -> None:
    """Three at once, each recovering what it takes for dead, on one ledger."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_kill", "yagmail"])
    for number in range(6):
        story, path = f"T{number}", tmp_path / str(number) / "ledger.db"
        start = context.Barrier(3)
        racers = [
            context.Process(
                target=run_when_told, args=(str(path), server.port, f"{story}.{name}", start)
            )
            for name in "abc"
        ]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(60)
        assert [racer.exitcode for racer in racers] == [0, 0, 0]
        run(path, server.port, f"{story}.d")
        with Ledger(path, Watch()) as ledger:
            oracle(ledger, server, story)


# ---- at the level of the operating system


def traced(arguments: list[str], path: Path, port: int, name: str, kind: str = "Ledger") -> int:
    """A run in a process of its own under strace; its exit code (negative: killed)."""
    code = (
        "from pathlib import Path; from tests import test_kill; "
        f"test_kill.run(Path({str(path)!r}), {port}, {name!r}, test_kill.{kind})"
    )
    root = Path(__file__).parent.parent
    return subprocess.run(
        ["strace", "-f", "-qq", *arguments, sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        timeout=120,
        check=False,
    ).returncode


def _strace_works() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], check=False).returncode == 0


needs_strace = pytest.mark.skipif(not _strace_works(), reason="strace is not here, or may not")


@pytest.mark.heavy
@needs_strace
@pytest.mark.parametrize("call", ["fdatasync", "sendto", "pwrite64", "recvfrom", "link"])
def test_dying_at_a_system_call_sends_nothing_twice_and_loses_nothing(
    tmp_path: Path, server: LocalSmtp, call: str
) -> None:
    """Before the n-th call of a kind: a wait for the disk, a line to the server, a page written."""
    apart = {"fdatasync": 4, "sendto": 3, "recvfrom": 5, "pwrite64": 37, "link": 1}
    step = 1 if STRIDE == 1 else apart[call]
    for number in range(1, 1000, step):
        story, path = f"S{number}", tmp_path / str(number) / "ledger.db"
        fault = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"]
        code = traced([*fault, "-o", os.devnull], path, server.port, f"{story}.a")
        run(path, server.port, f"{story}.b")
        with Ledger(path, Watch()) as ledger:
            oracle(ledger, server, story)
        if code == 0:
            assert number > step, f"nothing called {call}"
            return


@pytest.mark.heavy
@needs_strace
@pytest.mark.parametrize(
    ("call", "error", "last"), [("pwrite64", "ENOSPC", 140), ("fdatasync", "EIO", 17)]
)
def test_a_disk_that_fails_from_some_moment_on_sends_nothing_twice_and_loses_nothing(
    tmp_path: Path, server: LocalSmtp, call: str, error: str, last: int
) -> None:
    """The run sees the errors and ends by itself; the next one has a sound disk again."""
    for number in range(1, last, last // 5 if STRIDE > 1 else 1):
        story, path = f"E{number}", tmp_path / str(number) / "ledger.db"
        fault = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}+"]
        traced([*fault, "-o", os.devnull], path, server.port, f"{story}.a")
        run(path, server.port, f"{story}.b")
        with Ledger(path, Watch()) as ledger:
            oracle(ledger, server, story)


class DoesNotWaitForTheDisk(Ledger):
    """A mutant: `synchronous=NORMAL`."""

    def __init__(self, path: Path, now: Callable[[], Any]) -> None:
        super().__init__(path, now)

        def hasty(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA synchronous=NORMAL")

        sqlalchemy.event.listen(self._engine, "connect", hasty)
        self._engine.dispose()


def oracle_on_the_disk_first(server: LocalSmtp, path: Path, kind: str) -> None:
    """Between the server's 354 and each body the ledger was written and waited for.

    This is what a power cut asks for, seen from outside: the order of system calls.
    """
    trace = path.parent / "trace"
    path.parent.mkdir()
    calls = ["-y", "-e", "trace=fdatasync,fsync,sendto,recvfrom,pwrite64", "-o", str(trace)]
    assert traced(calls, path, server.port, "D.a", kind) == 0
    bodies, state = 0, "nothing"
    for line in trace.read_text().splitlines():
        if "recvfrom(" in line and '"354' in line:
            state = "354"
        elif "pwrite64(" in line and "ledger.db-wal" in line and state == "354":
            state = "written"
        elif "sync(" in line and "ledger.db-wal" in line and state == "written":
            state = "on the disk"
        elif "sendto(" in line and '"From: ' in line:
            assert state == "on the disk", f"the body left when the ledger was: {state}"
            bodies += 1
            state = "nothing"
    assert bodies == len(INVOICES)


@pytest.mark.heavy
@needs_strace
def test_the_ledger_is_on_the_disk_before_each_body_leaves(
    tmp_path: Path, server: LocalSmtp
) -> None:
    oracle_on_the_disk_first(server, tmp_path / "right" / "ledger.db", "Ledger")


@pytest.mark.heavy
@needs_strace
@pytest.mark.parametrize("mutant", ["DoesNotWaitForTheDisk", "CommitsAfterBody"])
def test_mutants_that_trust_the_disk_are_caught(
    tmp_path: Path, server: LocalSmtp, mutant: str
) -> None:
    with pytest.raises(AssertionError, match="the body left when"):
        oracle_on_the_disk_first(server, tmp_path / "wrong" / "ledger.db", mutant)
