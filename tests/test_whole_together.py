"""Two runs at once, on one computer or two, at every moment of the first; and an end by signal."""

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailer.smtp import SmtpTransport
from sync.cli import main
from sync.stores.excel_file import ExcelFileStore
from tests.fakes.smtp import Fault, LocalSmtp
from tests.whole_book import FileBook, put, rows_of
from tests.whole_office import (
    NOW,
    ROOT,
    Office,
    barrier,
    child,
    command,
    event,
    in_child,
    open_office,
    run_here,
    whole_story,
)

pytestmark = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="starts processes that share events")
# Where the first run stands while the other one runs: before this call, counted from one.
MOMENTS = {
    "before it reads": (ExcelFileStore, "read", 1),
    "before it claims": (ExcelFileStore, "apply", 1),
    "before the first letter": (SmtpTransport, "deliver", 1),
    "before the second letter": (SmtpTransport, "deliver", 2),
    "before it records": (ExcelFileStore, "apply", 2),
}


@pytest.fixture(autouse=True)
def _monday_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGUA_NOW", NOW)


@pytest.fixture
def server() -> Iterator[LocalSmtp]:
    with LocalSmtp() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, server: LocalSmtp) -> Office:
    return open_office(tmp_path / "office", server)


def run_and_wait(config: str, moment: str, there: Any, go_on: Any) -> None:
    """A process of its own that waits at a moment until it is told to go on."""
    owner, name, number = MOMENTS[moment]
    right, seen = getattr(owner, name), 0

    def waits(*given: Any, **named: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == number:
            there.set()
            go_on.wait(120)
        return right(*given, **named)

    setattr(owner, name, waits)
    run_command(config)


def run_command(config: str) -> None:
    """A process of its own that runs the command."""
    os._exit(main(["run", "--config", config, "--json"]))


def run_when_told(config: str, start: Any) -> None:
    """A process of its own that runs when all are there."""
    start.wait(120)
    run_command(config)


def one_within_the_other(first: Path, moment: str, other: Path) -> tuple[int, int]:
    """The other runs while the first stands at a moment; their exit codes."""
    there, go_on = event(), event()
    process = child(run_and_wait, str(first), moment, there, go_on)
    process.start()
    try:
        assert there.wait(120), f"it never came to {moment}"
        code = in_child(run_command, str(other))
    finally:
        go_on.set()
        process.join(120)
    return process.exitcode, code


@posix
@pytest.mark.parametrize("moment", list(MOMENTS)[1:])  # before it reads it holds no lock
def test_a_second_run_with_the_same_ledger_is_told_that_one_is_at_it(
    office: Office, moment: str
) -> None:
    assert one_within_the_other(office.config, moment, office.config) == (0, 75)
    assert whole_story(office, office.server.received, moment) == {"Sent": 3}


@posix
@pytest.mark.parametrize("moment", MOMENTS)
def test_another_computer_at_any_moment_of_a_run_sends_nothing_twice(
    office: Office, moment: str
) -> None:
    other = office.configure(state="other-computer", name="other.toml")
    codes = one_within_the_other(office.config, moment, other)
    assert codes[0] == 0
    assert codes[1] in {0, 5}, "5: it saw letters under way and could not know their end"
    for config in (office.config, other, office.config):
        run_here(config)
    assert whole_story(office, office.server.received, moment) == {"Sent": 3}, codes


def tick_send_again(office: Office) -> None:
    """A person who wants all that is uncertain sent once more."""
    with FileBook(office.book, "en").sitting() as desk:
        page = desk.page("queue")
        for row in rows_of(page):
            assert row["state"] == "Uncertain"
            put(page, row["#"], approve="Yes")


def ticks(office: Office) -> list[object]:
    return [row["approve"] for row in FileBook(office.book, "en").look().rows("queue")]


def copies(office: Office) -> list[str]:
    return sorted(mail.recipients[0] for mail in office.server.received)


EACH_ONCE = ["ana@example.com", "bia@example.com", "caio@example.com"]


def first_computer_at_its_first_letter(office: Office, there: Any, go_on: Any) -> Any:
    process = child(run_and_wait, str(office.config), "before the first letter", there, go_on)
    process.start()
    assert there.wait(120)
    return process


@posix
def test_a_tick_on_what_another_computer_is_just_sending_waits_for_an_hour(office: Office) -> None:
    other = office.configure(state="other-computer", name="other.toml")
    there, go_on = event(), event()
    first = first_computer_at_its_first_letter(office, there, go_on)
    try:
        run_here(other)
        tick_send_again(office)
        run_here(other)
        assert (copies(office), ticks(office)) == ([], ["Yes"] * 3)
    finally:
        go_on.set()
        first.join(120)
    for config in (other, office.config, other):
        run_here(config)
    assert copies(office) == EACH_ONCE
    assert office.outcomes() == {"Ana": ["Sent"], "Bia": ["Sent"], "Caio": ["Sent"]}


@posix
def test_after_an_hour_the_tick_on_what_a_dead_computer_left_is_carried_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = office.configure(state="other-computer", name="other.toml")
    there, go_on = event(), event()
    first = first_computer_at_its_first_letter(office, there, go_on)
    first.kill()
    first.join(120)
    run_here(other)
    tick_send_again(office)
    monkeypatch.setenv("REGUA_NOW", "2026-03-16T09:59")
    run_here(other)
    assert copies(office) == []
    monkeypatch.setenv("REGUA_NOW", "2026-03-16T10:00")
    run_here(other)
    assert copies(office) == EACH_ONCE
    for config in (office.config, other):  # it comes back, with what it remembers
        run_here(config)
    assert copies(office) == EACH_ONCE
    assert office.outcomes() == {"Ana": ["Sent"], "Bia": ["Sent"], "Caio": ["Sent"]}


@posix
def test_two_computers_at_the_same_moment_send_nothing_twice(office: Office) -> None:
    other = office.configure(state="other-computer", name="other.toml")
    start = barrier(2)
    processes = [child(run_when_told, str(config), start) for config in (office.config, other)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    codes = [process.exitcode for process in processes]
    assert set(codes) <= {0, 4, 5}, codes
    for config in (office.config, other, office.config):
        run_here(config)
    assert whole_story(office, office.server.received, "at once") == {"Sent": 3}, codes


@posix
def test_sigterm_finishes_the_message_in_hand_and_the_next_run_sends_the_rest(
    office: Office,
) -> None:
    asked_to_end = threading.Event()
    office.server.fail(Fault(at="answer", until=asked_to_end))
    process = subprocess.Popen(
        command(office, "serve"),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )
    try:
        while "BODY" not in office.server.commands:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        asked_to_end.set()
        said = process.communicate(timeout=60)[1].decode()
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert office.server.commands.count("BODY") == 1
    ends = Counter(end for outcomes in office.outcomes().values() for end in outcomes)
    assert ends == {"Sent": 1}
    assert "1" in said
    assert "main" in said
    assert run_here(office.config).exit_code == 0
    assert whole_story(office, office.server.received, "after serve") == {"Sent": 3}
