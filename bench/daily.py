"""The daily run against the floor: time and peak memory, as ratios on the same file in one run.

    python bench/daily.py [rows …] [--rounds N]

For each size a workbook of several years is made (5 % of its rows open) and measured, every
command as a process of its own:

* floor: unzip the file, parse each XML part with expat, zip it again;
* openpyxl: load and save;
* run, every row changed: the first run ever, which fills all engine columns;
* run, 5 % changed: the next business day, on which only open rows move;
* run, nothing changed: the same day again.

This process stays small: a child's peak memory counts what it had before it became its program.
The whole run is timed, Python's start and imports included: read, decide, claim, send into a
folder, record, back up. Figures are medians of the rounds, which alternate.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from xml.parsers import expat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.ledgers import TODAY, make  # noqa: E402 - the path above makes it importable

SIZES = (1_000, 10_000, 100_000)
_EVE = TODAY - timedelta(days=1)


@dataclass(frozen=True)
class Cost:
    """One process: wall seconds, processor seconds, and peak memory in MB."""

    wall: float
    cpu: float
    memory: float


def measured(*command: str) -> Cost:
    """Run a command to its end and account for it. Raises RuntimeError when it fails."""
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    wall = time.perf_counter() - start
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def floor(path: Path) -> None:
    """What nobody can go below: every part unzipped, parsed and zipped again."""
    with (
        zipfile.ZipFile(path) as source,
        zipfile.ZipFile(path.with_suffix(".floor"), "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name.endswith((".xml", ".rels")):
                expat.ParserCreate().Parse(data, True)
            target.writestr(name, data)


def with_openpyxl(path: Path) -> None:
    """The usual way to change a cell."""
    from openpyxl import load_workbook  # noqa: PLC0415 - only this process pays for it

    load_workbook(path).save(path.with_suffix(".openpyxl.xlsx"))


def the_run(book: Path, day: object) -> Cost:
    """One daily run, as the unattended service starts it."""
    folder = book.parent
    return measured(
        sys.executable,
        "run_sync.py",
        "run",
        "--json",
        *("--workbook", str(book), "--date", str(day)),
        *("--state", str(folder / "state"), "--outbox", str(folder / "outbox")),
    )


def measure(rows: int, rounds: int) -> dict[str, list[Cost]]:
    """All costs at one size, by name."""
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as name:
        pristine = Path(name) / "pristine.xlsx"
        measured(sys.executable, __file__, "--make", str(pristine), str(rows))
        for number in range(rounds):
            folder = Path(name) / f"round-{number}"
            folder.mkdir()
            book = folder / "book.xlsx"
            shutil.copy(pristine, book)
            (folder / "state").mkdir()
            first = the_run(book, _EVE)
            the_run(book, _EVE)  # the first run of a month also fills the month's figures
            step = {
                "floor": measured(sys.executable, __file__, "--floor", str(book)),
                "openpyxl load + save": measured(sys.executable, __file__, "--openpyxl", str(book)),
                "run, every row changed": first,
                "run, 5 % changed": the_run(book, TODAY),
                "run, nothing changed": the_run(book, TODAY),
            }
            for what, cost in step.items():
                costs.setdefault(what, []).append(cost)
            shutil.rmtree(folder)
    return costs


def show(rows: int, costs: dict[str, list[Cost]]) -> None:
    """One block of the table."""
    base = median(cost.wall for cost in costs["floor"])
    memory = median(cost.memory for cost in costs["openpyxl load + save"])
    for what, each in costs.items():
        wall = median(cost.wall for cost in each)
        peak = median(cost.memory for cost in each)
        cpu = median(cost.cpu for cost in each)
        print(
            f"| {rows:,} | {what} | {wall:.2f} | {wall / base:.2f} | {cpu:.2f} | {peak:.0f} "
            f"| {peak / memory:.2f} |",
            flush=True,
        )


def main(arguments: Sequence[str]) -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--floor", type=Path)
    parser.add_argument("--openpyxl", type=Path)
    parser.add_argument("--make", type=Path)
    options = parser.parse_args(arguments)
    if options.floor:
        return floor(options.floor)
    if options.openpyxl:
        return with_openpyxl(options.openpyxl)
    if options.make:
        return make(options.make, options.rows[0])
    print(f"Python {platform.python_version()}, {platform.machine()}, {options.rounds} rounds\n")
    print("| rows | what | seconds | × floor | processor s | peak MB | × openpyxl's memory |")
    print("|---|---|---|---|---|---|---|")
    for rows in options.rows:
        show(rows, measure(rows, options.rounds))
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
