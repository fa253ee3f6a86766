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
# Every line is tried with REGUA_KILL_EVERY=1; a handful apart otherwise, another handful each day
# of the suite would not be repeatable, so it is always the same one.
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
        with self._write() as connection:
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
