"""An office with a workbook, a mail server on loopback, and runs in processes that may die.

`run_here` runs in this process; `die_at_line` and the like end a process of their own at a point.
What the mail server took and what the sheet says afterwards are compared by `whole_story`.
"""

import ctypes
import multiprocessing
import os
import re
import shutil
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

from openpyxl import load_workbook

import mailer.smtp
import sync.claims
import sync.ledger
import sync.ledger_days
import sync.ledger_file
import sync.ledger_rows
import sync.message_states
import sync.run
import sync.send
import sync.stores.backups
import sync.stores.excel_file
import sync.stores.file_exchange
from sync import wiring
from sync.report import RunReport
from sync.run import run
from sync.settings import load
from tests import whole_bytes, whole_office_mutants
from tests.fakes.smtp import LocalSmtp, Received
from tests.whole_book import FileBook
from tests.workbooks import make

KILLED = 99
NOW = "2026-03-16T09:00"
CLIENTS = ("Ana", "Bia", "Caio")
ROOT = Path(__file__).parent.parent
TRACED = frozenset(
    str(module.__file__)
    for module in (
        whole_office_mutants,
        mailer.smtp,
        sync.claims,
        sync.ledger,
        sync.ledger_days,
        sync.ledger_file,
        sync.ledger_rows,
        sync.message_states,
        sync.run,
        sync.send,
        sync.stores.backups,
        sync.stores.excel_file,
        sync.stores.file_exchange,
    )
)


@dataclass
class Office:
    """A folder with the workbook, its configuration and its ledger."""

    folder: Path
    server: LocalSmtp
    first: bytes  # the workbook as people made it
    _seen: FileBook | None = None

    @property
    def book(self) -> Path:
        return self.folder / "book.xlsx"

    @property
    def config(self) -> Path:
        return self.folder / "regua.toml"

    def another(self, name: str) -> "Office":
        """The same workbook in a new folder, as if nothing had happened yet."""
        folder = self.folder.parent / name
        folder.mkdir()
        (folder / "book.xlsx").write_bytes(self.first)
        office = Office(folder, self.server, self.first)
        office.configure()
        return office

    def configure(self, *, state: str = "state", name: str = "regua.toml", **mail: object) -> Path:
        """Write a configuration; `state` names the ledger's folder."""
        settings = {
            "transport": "smtp",
            "host": self.server.host,
            "port": self.server.port,
            "security": "none",
            "from": "Financeiro <financeiro@example.com>",
            "timeout": 10,
            **mail,
        }
        lines = [f"{key} = {_toml(value)}" for key, value in settings.items()]
        text = "\n".join(
            [
                '[[workbooks]]\nname = "main"\npath = "book.xlsx"\n[mail]',
                *lines,
                f'[schedule]\nat = ["08:30"]\n[state]\ndirectory = "{state}"\n',
            ]
        )
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def rows(self, tab: str) -> Sequence[Mapping[str, Any]]:
        """What a person sees in a tab."""
        if self._seen is None:
            self._seen = FileBook(self.book, "en")
        return self._seen.look().rows(tab)

    def outcomes(self) -> dict[str, list[str]]:
        """Client → what History says of each of their messages that were not cancelled."""
        found: dict[str, list[str]] = {name: [] for name in CLIENTS}
        for row in self.rows("history"):
            if row["outcome"] != "Cancelled":
                found[str(row["client"])].append(str(row["outcome"]))
        return found


def _toml(value: object) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def open_office(folder: Path, server: LocalSmtp) -> Office:
    """Ana, Bia and Caio are ten days late; people have notes and a column of their own."""
    folder.mkdir(parents=True)
    rows = [
        {
            "id": f"{name[0]}-1",
            "client": name,
            "due_on": date(2026, 3, 6),
            "amount": Decimal(1000 + at),
            "notes": "ask for Rosa",
        }
        for at, name in enumerate(CLIENTS)
    ]
    path = make(folder / "book.xlsx", rows)
    book = load_workbook(path)
    sheet = book["Receivables"]
    column = sheet.max_column + 1
    for row, value in enumerate(["Mine", 1, "=A2", None], 1):
        sheet.cell(row, column, value)
    book.save(path)
    office = Office(folder, server, path.read_bytes())
    office.configure()
    return office


def run_here(config: Path) -> RunReport:
    """A whole run by the real parts, in this process."""
    settings = load(config)
    with wiring.engine_for(settings, settings.workbooks[0]) as engine:
        return run(engine)


# Processes that end before their time.


def run_and_die(
    config: str, line: int, mutant: str = "right", inside: frozenset[str] = frozenset()
) -> None:
    """A process of its own: a run that ends without a word before the given line.

    With `inside` only the lines of functions of these names count.
    """
    whole_office_mutants.MUTANTS[mutant]()
    seen = 0

    def line_by_line() -> None:
        nonlocal seen
        seen += 1
        if seen == line:
            os._exit(KILLED)

    _each_line(line_by_line, inside)
    run_here(Path(config))
    sys.settrace(None)


def run_and_count(config: str, note: str) -> None:
    """A process of its own: a run that writes down how many lines `run_and_die` would count."""
    seen = 0

    def line_by_line() -> None:
        nonlocal seen
        seen += 1

    _each_line(line_by_line, frozenset())
    run_here(Path(config))
    sys.settrace(None)
    Path(note).write_text(str(seen), encoding="ascii")


def _each_line(call: Callable[[], None], inside: frozenset[str]) -> None:
    """Call before each line of the traced files, or of these functions in them."""

    def count(_frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            call()
        return count

    def enter(frame: FrameType, _event: str, _argument: object) -> Any:
        code = frame.f_code
        counts = code.co_filename in TRACED and (not inside or code.co_name in inside)
        return count if counts else None

    sys.settrace(enter)


def without_power() -> None:
    """Take from root the power to write where the mode forbids it (capset, CAP_DAC_OVERRIDE)."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return
    library = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("=Ii", 0x20080522, 0)
    data = ctypes.create_string_buffer(24)
    library.capget(header, data)
    effective, permitted, *others = struct.unpack("=6I", data.raw)
    kept = struct.pack("=6I", effective & ~2, permitted & ~2, *others)
    if library.capset(header, kept) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def in_child(target: Callable[..., None], *arguments: object) -> int:
    """Run in a process of its own, which has everything loaded; its exit code."""
    process = child(target, *arguments)
    process.start()
    process.join(120)
    code = process.exitcode
    assert isinstance(code, int)
    return code


def barrier(parties: int) -> Any:
    """Where processes wait for each other."""
    return multiprocessing.get_context("forkserver").Barrier(parties)


def event() -> Any:
    """What one process sets and another waits for."""
    return multiprocessing.get_context("forkserver").Event()


def child(target: Callable[..., None], *arguments: object) -> Any:
    """A process to be started."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.whole_office", "yagmail", "holidays", "babel.numbers"])
    return context.Process(target=_as_here, args=(dict(os.environ), target, *arguments))


def _as_here(environment: dict[str, str], target: Callable[..., None], *arguments: object) -> None:
    """The server of processes keeps the environment, and so the time, of whoever began it first."""
    os.environ.update(environment)
    target(*arguments)


def command(office: Office, name: str) -> list[str]:
    """How a person starts it; the working directory is ROOT."""
    return [sys.executable, "run_sync.py", name, "--config", str(office.config)]


def traced(calls: Sequence[str], office: Office) -> int:
    """A run of the command under strace with these options; its exit code (negative: killed)."""
    return subprocess.run(
        ["strace", "-f", "-qq", *calls, "-o", os.devnull, *command(office, "run")],
        cwd=ROOT,
        env={**os.environ, "REGUA_NOW": NOW, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
        check=False,
    ).returncode


# What must be so afterwards.


def whole_story(office: Office, taken: Sequence[Received], where: str) -> Counter[str]:
    """After a run that broke and a sound one: at most one copy each, nothing lost, the truth told.

    Returns how the messages ended, by outcome.
    """
    copies = Counter(_client(each) for each in taken)
    ends: Counter[str] = Counter()
    queue = {row["client"]: row["state"] for row in office.rows("queue")}
    for client, outcomes in office.outcomes().items():
        count = copies[client.lower()]
        assert count <= 1, f"{where}: {count} letters to {client}"
        assert len(outcomes) == 1, f"{where}: {client} was forgotten or doubled: {outcomes}"
        assert outcomes[0] in {"Sent", "Uncertain"}, f"{where}: {client} is left {outcomes}"
        if outcomes[0] == "Sent":
            assert count == 1, f"{where}: {client}'s is called sent and did not arrive"
        else:
            assert queue.get(client) == "Uncertain", f"{where}: nobody is asked about {client}'s"
        ends[outcomes[0]] += 1
    whole_bytes.check(office.first, office.book.read_bytes())
    rows = {row["id"]: row for row in office.rows("receivables")}
    assert {row["status"] for row in rows.values()} == {"Overdue"}, where
    assert {row["days_past_due"] for row in rows.values()} == {10}, where
    leftovers = [path.name for path in office.folder.glob(".*regua-tmp")]
    assert not leftovers, f"{where}: {leftovers}"
    return ends


def readable(office: Office, where: str) -> None:
    """The workbook is the old one or a whole new one, with people's cells as they were."""
    data = office.book.read_bytes()
    if data != office.first:
        try:
            whole_bytes.check(office.first, data)
        except Exception as error:
            raise AssertionError(f"{where}: the workbook is torn: {error}") from error


def _client(received: Received) -> str:
    found = re.search(rb"^To: ([^@\r\n]+)@", received.content, re.MULTILINE)
    assert found is not None
    return found[1].decode()


def clean(office: Office) -> None:
    """Forget an office's folder."""
    shutil.rmtree(office.folder)
