"""Whole runs that break: killed anywhere, no disk, no server; then a sound run.

Whatever the point: each client gets at most one letter, nobody is forgotten, the workbook is the
old one or the new one, people's cells are as they were, and the sheet says what is not known.
"""

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest

from sync.cli import main
from sync.send import send_all
from tests import whole_bytes
from tests.fakes.smtp import Fault, LocalSmtp
from tests.whole_office import (
    KILLED,
    NOW,
    Office,
    clean,
    in_child,
    open_office,
    readable,
    run_and_count,
    run_and_die,
    run_here,
    traced,
    whole_story,
    without_power,
)

THOROUGH = os.environ.get("REGUA_THOROUGH", "0") != "0"
STRIDE = 7 if THOROUGH else 0
# System calls that change something outside of the process; every how many are tried.
CALLS = {"write": 11, "pwrite64": 41, "fsync": 2, "fdatasync": 7, "renameat2": 1, "sendto": 6}
pytestmark = pytest.mark.slow
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


def kill_everywhere(
    office: Office,
    lines: Iterable[int],
    mutant: str = "right",
    inside: frozenset[str] = frozenset(),
) -> Counter[str]:
    """Die before each of these lines, run again, compare; how the letters ended."""
    ends: Counter[str] = Counter()
    for line in lines:
        where, story = f"line {line}", office.another(f"line-{line}")
        before = len(office.server.received)
        code = in_child(run_and_die, str(story.config), line, mutant, inside)
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
    """At some twenty places as far apart as they can be; the thorough form takes them closer."""
    note = office.folder / "lines"
    assert in_child(run_and_count, str(office.another("counted").config), str(note)) == 0
    last = int(note.read_text())
    ends = kill_everywhere(office, range(1, last, STRIDE or last // 20))
    assert ends["killed"] > 15
    assert ends["Sent"] > 0


@posix
@pytest.mark.parametrize(
    ("mutant", "inside"),
    [
        ("commits after the body", frozenset({"_send_body"})),  # the server has it, or has not
        ("writes in place", frozenset({"in_place"})),
    ],
)
def test_parts_that_die_badly_are_caught(
    office: Office, mutant: str, inside: frozenset[str]
) -> None:
    with pytest.raises(AssertionError, match=r"letters to|torn|forgotten"):
        kill_everywhere(office, count(1), mutant, inside)


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
        number += 1 if THOROUGH else CALLS[call]
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
