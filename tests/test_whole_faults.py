"""Whole runs that break: killed anywhere, no disk, no server, two at once; then a sound run.

Whatever the point: each client gets at most one letter, nobody is forgotten, the workbook is the
old one or the new one, people's cells are as they were, and the sheet says what is not known.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sync.cli import main
from sync.send import send_all
from tests import whole_bytes
from tests.fakes.smtp import Fault, LocalSmtp
from tests.whole_office import (
    KILLED,
    NOW,
    ROOT,
    Office,
    barrier,
    child,
    clean,
    command,
    in_child,
    open_office,
    readable,
    run_and_die,
    run_here,
    traced,
    whole_story,
    without_power,
)

STRIDE = 7 if os.environ.get("REGUA_THOROUGH", "0") != "0" else 397
# System calls that change something outside of the process; every how many are tried.
CALLS = {"write": 6, "pwrite64": 19, "fsync": 1, "fdatasync": 5, "renameat2": 1, "sendto": 4}
posix = pytest.mark.skipif(os.name != "posix", reason="forks and kills processes")


def _traces() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], check=False).returncode == 0


needs_strace = pytest.mark.skipif(not _traces(), reason="strace is not here, or may not")


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


def test_a_sound_run_sends_three_letters_and_a_second_one_none(office: Office) -> None:
    assert run_here(office.config).exit_code == 0
    assert whole_story(office, office.server.received, "sound") == {"Sent": 3}
    assert run_here(office.config).exit_code == 0
    assert len(office.server.received) == 3


def kill_everywhere(office: Office, lines: range, mutant: str = "right") -> Counter[str]:
    """Die before each of these lines, run again, compare; how the letters ended."""
    ends: Counter[str] = Counter()
    for line in lines:
        where, story = f"line {line}", office.another(f"line-{line}")
        before = len(office.server.received)
        code = in_child(run_and_die, str(story.config), line, mutant)
        readable(story, where)
        run_here(story.config)
        ends += whole_story(story, office.server.received[before:], where)
        clean(story)
        if code != KILLED:
            assert code == 0, f"{where}: the run ended with {code}"
            break
        ends["killed"] += 1
    return ends


@posix
def test_a_run_killed_at_any_line_doubles_and_forgets_nothing(office: Office) -> None:
    ends = kill_everywhere(office, range(1, 100_000, STRIDE))
    assert ends["killed"] > 10
    assert ends["Sent"] > 0


@posix
@pytest.mark.parametrize(
    ("mutant", "lines"),
    [("commits after the body", range(2000, 7000, 40)), ("writes in place", range(1000, 7000, 40))],
)
def test_parts_that_die_badly_are_caught(office: Office, mutant: str, lines: range) -> None:
    with pytest.raises(AssertionError, match=r"letters to|torn|forgotten"):
        kill_everywhere(office, lines, mutant)


# The operating system's own moments.


@pytest.mark.heavy
@needs_strace
@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_run_killed_at_a_system_call_doubles_and_forgets_nothing(
    office: Office, call: str
) -> None:
    """Before the n-th call of a kind that changes something outside of the process."""
    number = died = 0
    while True:
        number += 1 if STRIDE == 7 else CALLS[call]
        where, story = f"{call} {number}", office.another(f"{call}-{number}")
        before = len(office.server.received)
        fault = f"inject={call}:signal=KILL:when={number}"
        code = traced(["-e", f"trace={call}", "-e", fault], story)
        readable(story, where)
        run_here(story.config)
        whole_story(story, office.server.received[before:], where)
        clean(story)
        if code == 0:
            break
        died += 1
    assert died, f"no run called {call}"


# No room, no right to write.


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system with little room; only root may have one."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "regua", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _mounts() -> bool:
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder), "64k"):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


@pytest.mark.skipif(not _mounts(), reason="only root may mount a small disk")
def test_a_full_disk_postpones_the_run_and_sends_nothing(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The workbook's disk has room for one version of it and no more; the ledger's has enough."""
    room = len(office.first) // 1024 + 40
    with small_disk(tmp_path, f"{room}k") as disk:
        tight = Office(disk, office.server, office.first)
        tight.book.write_bytes(office.first)
        tight.configure(state=str(tmp_path / "ledger"))
        code = main(["run", "--config", str(tight.config)])
        assert code == 4
        assert "full" in capsys.readouterr().out
        assert office.server.received == []
        assert tight.book.read_bytes() == office.first
        assert sorted(path.name for path in disk.iterdir()) == ["book.xlsx", "regua.toml"]
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert main(["run", "--config", str(tight.config)]) == 0
        assert whole_story(tight, office.server.received, "room again") == {"Sent": 3}


@pytest.mark.skipif(not _mounts(), reason="only root may mount a small disk")
def test_a_full_disk_under_the_ledger_sends_nothing_and_says_so(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path, "40k") as disk:
        office.configure(state=str(disk))
        assert main(["run", "--config", str(office.config)]) == 4
        assert "ledger" in capsys.readouterr().err
    assert office.server.received == []
    assert office.book.read_bytes() == office.first


def run_without_power(config: str) -> None:
    """A process of its own, without root's power to write everywhere; its exit code counts."""
    without_power()
    os._exit(main(["run", "--config", config, "--json"]))


@posix
def test_a_read_only_workbook_is_not_acted_on(office: Office) -> None:
    office.book.chmod(0o444)
    assert in_child(run_without_power, str(office.config)) == 4
    assert office.server.received == []
    assert office.book.read_bytes() == office.first
    office.book.chmod(0o644)
    assert in_child(run_without_power, str(office.config)) == 0
    assert whole_story(office, office.server.received, "writable") == {"Sent": 3}


@posix
def test_a_folder_that_cannot_be_written_is_not_acted_on(office: Office) -> None:
    office.configure(state=str(office.folder.parent / "state"))
    office.folder.chmod(0o555)
    try:
        assert in_child(run_without_power, str(office.config)) == 4
    finally:
        office.folder.chmod(0o755)
    assert office.server.received == []
    assert office.book.read_bytes() == office.first


def test_a_workbook_open_in_excel_is_not_acted_on_and_the_sentence_names_who(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = office.book.with_name("~$book.xlsx")
    owner.write_bytes(b"\x04Rosa".ljust(55, b" ") + b"\x04\x00" + "Rosa".encode("utf-16-le"))
    now = datetime.fromisoformat(NOW).timestamp()
    os.utime(owner, (now, now))
    assert main(["run", "--config", str(office.config)]) == 4
    assert "Rosa" in capsys.readouterr().out
    assert (office.server.received, office.book.read_bytes()) == ([], office.first)
    owner.unlink()
    assert main(["run", "--config", str(office.config)]) == 0
    assert whole_story(office, office.server.received, "closed again") == {"Sent": 3}


# The server.


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused for now is tried again at once, not after half a minute."""
    defaults = send_all.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "pauses", (0.0, 0.0))


@pytest.mark.usefixtures("impatient")
def test_without_a_server_nothing_is_lost_and_the_next_run_sends(office: Office) -> None:
    port = office.server.port
    office.configure(port=1)
    report = run_here(office.config)
    assert report.exit_code == 5
    assert {message.outcome.value for message in report.messages} == {"cancelled"}
    assert all(message.detail for message in report.messages)
    assert office.outcomes() == {"Ana": [], "Bia": [], "Caio": []}
    states = {row["client"]: row["state"] for row in office.rows("queue")}
    assert states == {"Ana": "Ready", "Bia": "Ready", "Caio": "Ready"}
    whole_bytes.check(office.first, office.book.read_bytes())
    office.configure(port=port)
    assert run_here(office.config).exit_code == 0
    assert whole_story(office, office.server.received, "server back") == {"Sent": 3}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "fault",
    [
        Fault(at="mail", reply="550 5.7.1 you may not send", always=True),
        Fault(at="mail", reply="451 4.7.1 not now", always=True),
        Fault(at="rcpt", reply="450 4.2.0 greylisted", always=True),
        Fault(at="greeting", reply="554 5.3.2 no service", always=True),
        Fault(at="data", drop=True, always=True),
        Fault(at="answer", reply="452 4.3.1 no storage", keep=False, always=True),
    ],
    ids=lambda fault: f"{fault.at} {fault.reply[:3] or 'drop'}",
)
def test_a_server_that_takes_nothing_yet_gets_all_in_the_next_run(
    office: Office, fault: Fault
) -> None:
    office.server.fail(fault)
    assert run_here(office.config).exit_code == 5
    assert office.server.received == []
    office.server.faults.clear()
    assert run_here(office.config).exit_code == 0
    assert whole_story(office, office.server.received, fault.at) == {"Sent": 3}


def test_a_server_that_refuses_one_client_for_good_gets_the_others(office: Office) -> None:
    office.server.fail(Fault(at="rcpt", address="bia@example.com", reply="550 no", always=True))
    report = run_here(office.config)
    assert report.exit_code == 5
    assert office.outcomes() == {"Ana": ["Sent"], "Bia": ["Refused"], "Caio": ["Sent"]}
    row = {row["client"]: row for row in office.rows("receivables")}["Bia"]
    assert row["last_reminder"] is None
    assert "refused" in str(row["hold_reason"])
    assert len(office.server.received) == 2
    run_here(office.config)
    assert len(office.server.received) == 2, "not again on the same day"


@pytest.mark.parametrize("keep", [True, False])
def test_a_connection_lost_after_the_body_leaves_one_uncertain_and_no_second_copy(
    office: Office, keep: bool
) -> None:
    office.server.fail(Fault(at="answer", drop=True, keep=keep))
    report = run_here(office.config)
    assert report.exit_code == 5
    assert Counter(m.outcome.value for m in report.messages) == {"uncertain": 1, "sent": 2}
    run_here(office.config)
    ends = whole_story(office, office.server.received, "dropped")
    assert ends == {"Uncertain": 1, "Sent": 2}
    assert len(office.server.received) == 3 - (not keep)


def test_a_wrong_password_sends_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGUA_SMTP_PASSWORD", "wrong")
    with LocalSmtp(login=("financeiro", "right")) as server:
        office = open_office(tmp_path / "office", server)
        office.configure(user="financeiro")
        report = run_here(office.config)
        assert report.exit_code == 5
        assert server.received == []
        monkeypatch.setenv("REGUA_SMTP_PASSWORD", "right")
        assert run_here(office.config).exit_code == 0
        assert whole_story(office, server.received, "right password") == {"Sent": 3}


# Two at once.


def run_when_told(config: str, start: Any, wait: float) -> None:
    """A process of its own that runs when told to."""
    start.wait(60)
    time.sleep(wait)
    os._exit(main(["run", "--config", config, "--json"]))


def together(*runs: tuple[Path, float]) -> list[int]:
    """Start these at the same moment, each after a wait; their exit codes."""
    start = barrier(len(runs))
    processes = [child(run_when_told, str(config), start, wait) for config, wait in runs]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    return [process.exitcode for process in processes]


@posix
def test_a_second_run_with_the_same_ledger_is_told_that_one_is_at_it(office: Office) -> None:
    office.server.fail(*[Fault(at="answer", delay=1.0) for _ in range(3)])
    codes = together((office.config, 0.0), (office.config, 1.2))
    assert codes == [0, 75]
    assert whole_story(office, office.server.received, "two at once") == {"Sent": 3}


@posix
@pytest.mark.parametrize("wait", [0.0, 0.1, 0.4, 0.9])
def test_two_computers_at_once_send_nothing_twice(office: Office, wait: float) -> None:
    other = office.configure(state="other-computer", name="other.toml")
    office.server.fail(*[Fault(at="answer", delay=0.3) for _ in range(6)])
    codes = together((office.config, 0.0), (other, wait))
    assert set(codes) <= {0, 4, 5}, codes
    for config in (office.config, other, office.config):
        run_here(config)
    ends = whole_story(office, office.server.received, f"{wait} s apart")
    assert ends == {"Sent": 3}, codes


# serve.


@posix
def test_sigterm_finishes_the_message_in_hand_and_the_next_run_sends_the_rest(
    office: Office,
) -> None:
    office.server.fail(Fault(at="answer", delay=1.5))
    process = subprocess.Popen(
        command(office, "serve"),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )
    try:
        for _ in range(600):
            if "BODY" in office.server.commands:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
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
