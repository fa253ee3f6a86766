"""A file is replaced wholly or not at all, and nobody's save is ever lost."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.stores import file_exchange
from sync.stores.backups import Backups
from sync.stores.file_exchange import Changed, FileExchange, Replaced, content_hash
from sync.stores.owner_files import STALE_AFTER, is_synchronised, owner_of
from sync.words import words
from sync.workbook import NotWritable, OpenElsewhere, WrongPlace

NOW = datetime.now(UTC)
OLD, NEW = b"old " * 5_000, b"new " * 6_000
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and kills of POSIX")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="renameat2 and full disks of Linux")


@dataclass
class Desk:
    """A workbook in a folder of its own."""

    path: Path

    @property
    def backups(self) -> Path:
        return self.path.parent.parent / "backups"

    def exchange(self, **options: Any) -> FileExchange:
        return FileExchange(
            path=self.path, backups=Backups(directory=self.backups), patience=(), **options
        )

    def replace(self, pieces: Any = (NEW,), **options: Any) -> Replaced | Changed:
        return self.exchange(**options).replace(pieces, OLD, content_hash(OLD), NOW)

    def left(self) -> list[str]:
        """What stands in the folder beside the workbook."""
        return sorted(p.name for p in self.path.parent.iterdir() if p != self.path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "mesa"
    folder.mkdir()
    path = folder / "cobrança.xlsx"
    path.write_bytes(OLD)
    return Desk(path)


def code_of(error: NotWritable) -> str:
    """The error's code; its sentence exists in both languages."""
    for language in ("pt-BR", "en"):
        assert words(language, f"store.{error.code}", **error.values)
    return error.code


def test_the_new_version_stands_and_the_old_one_is_in_the_backups(desk: Desk) -> None:
    assert desk.replace([NEW[:100], NEW[100:]]) == Replaced(content_hash(NEW))
    assert desk.path.read_bytes() == NEW
    assert desk.left() == []
    (backup,) = desk.backups.iterdir()
    assert backup.name == f"cobrança {NOW:%Y-%m-%d %H%M%S}.xlsx"
    assert backup.read_bytes() == OLD


def test_a_file_that_changed_since_is_left_to_who_changed_it(desk: Desk) -> None:
    desk.path.write_bytes(b"theirs")
    assert desk.replace() == Changed()
    assert desk.path.read_bytes() == b"theirs"
    assert desk.left() == []


# --- somebody saves in the very moment -----------------------------------------------------------


def interrupting(monkeypatch: pytest.MonkeyPatch, saves: dict[int, Callable[[], object]]) -> None:
    """Run a save just before the n-th exchange of the two files."""
    real, count = file_exchange._exchange, 0

    def exchange(first: Path, second: Path) -> bool:
        nonlocal count
        count += 1
        saves.get(count, lambda: None)()
        return real(first, second)

    monkeypatch.setattr(file_exchange, "_exchange", exchange)


def save(path: Path, content: bytes) -> Callable[[], object]:
    """Save as programs do: a new file renamed over the old one."""

    def saving() -> None:
        fresh = path.with_name("fresh")
        fresh.write_bytes(content)
        fresh.replace(path)

    return saving


@LINUX
def test_a_save_between_the_last_look_and_the_exchange_is_put_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupting(monkeypatch, {1: save(desk.path, b"theirs")})
    assert desk.replace() == Changed()
    assert desk.path.read_bytes() == b"theirs"
    assert desk.left() == []


@LINUX
def test_two_saves_in_that_moment_are_both_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupting(monkeypatch, {1: save(desk.path, b"first"), 2: save(desk.path, b"second")})
    outcome = desk.replace()
    assert isinstance(outcome, Changed)
    assert outcome.kept is not None
    assert desk.path.read_bytes() == b"second"
    assert outcome.kept.read_bytes() == b"first"
    assert desk.left() == [outcome.kept.name]


@LINUX
def test_against_a_person_who_keeps_saving_no_save_is_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What our file took the place of is deleted in the end: it must be what we had read.
    deleted: list[bytes] = []
    unlink = Path.unlink

    def watching(path: Path, missing_ok: bool = False) -> None:  # pathlib's
        if path.name.endswith(".regua-tmp") and path.exists():
            deleted.append(path.read_bytes())
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", watching)
    stop, saves = threading.Event(), 0

    def person() -> None:
        nonlocal saves
        while not stop.wait(random.uniform(0, 0.012)):  # noqa: S311  # jitter, no secret
            saves += 1
            save(desk.path, b"theirs %d" % saves)()

    writer = threading.Thread(target=person)
    writer.start()
    read, outcomes = set(), []
    enough = time.monotonic() + 1
    late = enough + 60  # a machine with much else to do sees as many saves, only later
    while time.monotonic() < late:
        old = desk.path.read_bytes()
        read.add(old)
        outcomes.append(desk.exchange().replace([b"ours"], old, content_hash(old), NOW))
        if time.monotonic() > enough and saves > 100 and len(set(map(type, outcomes))) == 2:
            break
    stop.set()
    writer.join()
    assert {type(outcome) for outcome in outcomes} == {Replaced, Changed}
    assert saves > 100
    assert {content for content in deleted if content != b"ours"} <= read


# --- killed, refused by the system ---------------------------------------------------------------

_SCRIPT = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from sync.stores.backups import Backups
from sync.stores.file_exchange import FileExchange, content_hash
path, old = Path(sys.argv[1]), Path(sys.argv[1]).read_bytes()
FileExchange(path=path, backups=Backups(directory=path.parent.parent / "backups")).replace(
    [b"new " * 6_000], old, content_hash(old), datetime.now(UTC))
"""


@POSIX
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_killed_at_any_line_it_leaves_the_old_file_or_the_new_one(desk: Desk) -> None:
    steps = 0
    outcomes = set()
    while _killed_at_line(desk, steps):
        content = desk.path.read_bytes()
        assert content in {OLD, NEW}
        outcomes.add(content)
        for left in desk.left():
            assert left.endswith(".regua-tmp")
        desk.path.write_bytes(OLD)
        desk.replace()  # the next run cleans up and goes on
        assert desk.left() == []
        assert desk.path.read_bytes() == NEW
        desk.path.write_bytes(OLD)
        steps += 1
    assert steps > 60
    assert outcomes == {OLD, NEW}


def _killed_at_line(desk: Desk, line: int) -> bool:
    """Replace in a child that dies at the n-th line of our code; False when it came to its end."""
    child = os.fork()
    if child == 0:
        count = 0

        def trace(frame: Any, event: str, _: Any) -> Any:
            nonlocal count
            if not frame.f_code.co_filename.endswith(("file_exchange.py", "backups.py")):
                return None
            if event == "line":
                if count == line:
                    os.kill(os.getpid(), signal.SIGKILL)
                count += 1
            return trace

        sys.settrace(trace)
        try:
            desk.replace()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@LINUX
@pytest.mark.heavy
@pytest.mark.skipif(not Path("/usr/bin/strace").exists(), reason="needs strace")
@pytest.mark.parametrize("call", ["write", "fsync", "rename,renameat2", "fchmod"])
@pytest.mark.parametrize("fault", ["error=ENOSPC", "signal=KILL"])
def test_a_system_call_that_fails_or_kills_leaves_a_whole_file(
    desk: Desk, call: str, fault: str
) -> None:
    for nth in range(1, 7):
        subprocess.run(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(desk.path.parent), "-e",
             f"trace={call}", "-e", f"inject={call}:{fault}:when={nth}",
             sys.executable, "-c", _SCRIPT, str(desk.path)],
            check=False, capture_output=True,
        )  # fmt: skip
        assert desk.path.read_bytes() in {OLD, NEW}
        desk.path.write_bytes(OLD)
        if fault.startswith("error"):
            assert desk.left() == []


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "no_space"), (errno.EACCES, "read_only"), (errno.EROFS, "read_only"),
     (errno.EIO, "write_failed")],
)  # fmt: skip
@pytest.mark.parametrize("step", ["write", "backup", "exchange"])
def test_a_disk_that_refuses_changes_nothing_and_says_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str, number: int, code: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "x")

    if step == "exchange":
        monkeypatch.setattr(file_exchange, "_exchange", refuse)
    elif step == "backup":
        monkeypatch.setattr(Backups, "keep", refuse)

    def pieces() -> Iterator[bytes]:
        yield NEW[:10]
        if step == "write":
            refuse()
        yield NEW[10:]

    with pytest.raises(NotWritable) as refused:
        desk.replace(pieces())
    assert code_of(refused.value) == code
    assert desk.path.read_bytes() == OLD
    assert desk.left() == []


@LINUX
@pytest.mark.heavy
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="mounting needs root")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], check=False
    ).returncode:
        pytest.skip("this machine mounts nothing")
    try:
        desk = Desk(disk / "a.xlsx")
        desk.path.write_bytes(OLD)
        with pytest.raises(NotWritable) as refused:
            desk.replace([b"x" * 100_000])
        assert code_of(refused.value) == "no_space"
        assert desk.path.read_bytes() == OLD
        assert desk.left() == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@POSIX
def test_a_read_only_file_is_a_persons_wish(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, _: bool(Path(path).stat().st_mode & 0o200))
    with pytest.raises(NotWritable) as refused:
        desk.replace()
    assert code_of(refused.value) == "read_only"
    assert desk.path.read_bytes() == OLD


# --- where files cannot be exchanged -------------------------------------------------------------


def test_without_an_exchange_the_hash_is_compared_before_the_replace(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_exchange, "_exchange", lambda *_: False)
    assert desk.replace() == Replaced(content_hash(NEW))
    assert desk.path.read_bytes() == NEW
    desk.path.write_bytes(b"theirs")
    assert desk.replace() == Changed()
    assert desk.path.read_bytes() == b"theirs"


def test_windows_holds_open_files_so_it_waits_and_then_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_exchange, "_exchange", lambda *_: False)
    real, held = Path.replace, [True, True]

    def replace(path: Path, target: Path) -> Path:
        if Path(target) == desk.path and held and held.pop():
            raise PermissionError(errno.EACCES, "in use")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    waiting = FileExchange(
        path=desk.path, backups=Backups(directory=desk.backups), patience=(0.0, 0.0, 0.0)
    )
    assert isinstance(waiting.replace([NEW], OLD, content_hash(OLD), NOW), Replaced)
    desk.path.write_bytes(OLD)
    held.extend([True] * 9)
    with pytest.raises(OpenElsewhere) as refused:
        waiting.replace([NEW], OLD, content_hash(OLD), NOW)
    assert code_of(refused.value) == "open_by_somebody"
    assert desk.path.read_bytes() == OLD


# --- courtesies ----------------------------------------------------------------------------------


def excel_owner_file(name: str) -> bytes:
    """As Excel writes it: the name after its length, in ANSI and again in UTF-16."""
    ansi = bytes([len(name)]) + name.encode("cp1252").ljust(54, b" ")
    return ansi + len(name).to_bytes(2, "little") + name.encode("utf-16-le").ljust(108, b" ")


@pytest.mark.parametrize(
    ("name", "content", "who"),
    [
        ("~$cobrança.xlsx", excel_owner_file("João da Silva"), "João da Silva"),
        ("~$cobrança.xlsx", b"\x05Maria" + b" " * 10, "Maria"),
        ("~$cobrança.xlsx", b"", ""),
        (".~lock.cobrança.xlsx#", b",ana,pc-7,22.11.2026 08:00,file:///home;", "ana"),
        (".~lock.cobrança.xlsx#", "Ana Lú\\,cia,ana,pc-7,x,y;".encode(), "Ana Lú,cia"),
    ],
)
def test_who_has_it_open_is_named_and_their_file_is_left_alone(
    desk: Desk, name: str, content: bytes, who: str
) -> None:
    owner = desk.path.with_name(name)
    owner.write_bytes(content)
    with pytest.raises(OpenElsewhere) as refused:
        desk.replace()
    assert refused.value.values["who"] == who
    assert code_of(refused.value) == ("open_elsewhere" if who else "open_by_somebody")
    assert owner.read_bytes() == content
    assert desk.path.read_bytes() == OLD


def test_an_owner_file_of_last_week_is_a_crash_not_a_person(desk: Desk) -> None:
    owner = desk.path.with_name("~$cobrança.xlsx")
    owner.write_bytes(b"\x05Maria")
    os.utime(owner, (NOW.timestamp(), NOW.timestamp()))
    assert owner_of(desk.path, NOW) == "Maria"
    assert owner_of(desk.path, NOW + STALE_AFTER + timedelta(minutes=1)) is None
    assert owner.exists()


@pytest.mark.parametrize(
    "folder",
    ["OneDrive", "OneDrive - Empresa Ltda", "Dropbox", "Dropbox (Pessoal)", "Google Drive",
     "GoogleDrive-a@b.com", "Meu Drive", "My Drive", "CloudStorage", "Nextcloud"],
)  # fmt: skip
def test_folders_of_cloud_clients_need_a_persons_word(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "sub" / "a.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(OLD)
    desk = Desk(path)
    with pytest.raises(WrongPlace) as refused:
        desk.replace()
    assert code_of(refused.value) == "synced_folder"
    assert isinstance(desk.replace(allow_synced=True), Replaced)


def test_an_ordinary_folder_is_not_synchronised(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "Box de documentos" / "a.xlsx"
    assert not is_synchronised(path)
    monkeypatch.setenv("OneDriveCommercial", str(tmp_path))
    assert is_synchronised(path)


@POSIX
def test_mode_and_target_of_a_link_stay(desk: Desk) -> None:
    desk.path.chmod(0o640)
    link = desk.path.with_name("atalho.xlsx")
    link.symlink_to(desk.path)
    exchange = FileExchange(path=link.resolve(), backups=Backups(directory=desk.backups))
    assert isinstance(exchange.replace([NEW], OLD, content_hash(OLD), NOW), Replaced)
    assert link.is_symlink()
    assert desk.path.read_bytes() == NEW
    assert desk.path.stat().st_mode & 0o777 == 0o640


@POSIX
def test_clean_up_leaves_a_running_neighbours_file_alone(desk: Desk) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    theirs = desk.path.with_name(f".{desk.path.name}.{os.getppid()}.regua-tmp")
    crashed = desk.path.with_name(f".{desk.path.name}.{dead.pid}.regua-tmp")
    for each in (theirs, crashed):
        each.write_bytes(b"half")
    desk.exchange().clean_up()
    assert desk.left() == [theirs.name]


# --- backups -------------------------------------------------------------------------------------


def test_backups_keep_the_newest_and_one_of_each_day(tmp_path: Path) -> None:
    backups = Backups(directory=tmp_path, most=5)
    other = tmp_path / "cobrança de outro.xlsx"
    other.write_bytes(b"not ours")
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    for day in range(10):
        for hour in range(4):
            backups.keep("a.xlsx", b"%d" % day, start + timedelta(days=day, hours=hour))
    kept = [moment for moment, _ in backups.of("a.xlsx")]
    stamps = [f"{moment:%d %H}" for moment in kept]
    assert stamps[-5:] == ["09 11", "10 08", "10 09", "10 10", "10 11"]
    assert stamps[:-5] == ["06 08", "07 08", "08 08", "09 08"]
    assert other.exists()


def test_two_backups_of_one_second_are_two(tmp_path: Path) -> None:
    backups = Backups(directory=tmp_path)
    for content in (b"1", b"2", b"3"):
        backups.keep("a.xlsx", content, NOW)
    assert [path.read_bytes() for _, path in backups.of("a.xlsx")] == [b"1", b"2", b"3"]
