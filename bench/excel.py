"""The Excel file layer against the floor: time and peak memory, as ratios on one file in one run.

    python bench/excel.py [rows …] [--rounds N]

* floor: unzip the file, parse each XML part with expat, zip it again at the default level;
* guard: look through every part, as before a parser of others (`sync.stores.guard.inspect`);
* read: the whole workbook as a snapshot;
* calamine: the largest tab as lists, for comparison;
* patch: set four engine columns in 0, 1, 5 or 100 % of the rows of a workbook already read;
* openpyxl: load, set four columns in all rows, save.

Each figure comes from a process of its own, which reports the seconds and the peak memory of its
work; imports are left out. Rounds alternate; the least of each is shown, since whatever else the
machine does can only add.
"""

import argparse
import json
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.parsers import expat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SIZES = (10_000, 100_000)
SHARES = (0.0, 0.01, 0.05, 1.0)
TAB = "Recebíveis"


def floor(path: Path) -> Callable[[], object]:
    """What nobody can go below."""

    def work() -> None:
        target = zipfile.ZipFile(path.with_suffix(".floor"), "w", zipfile.ZIP_DEFLATED)
        with zipfile.ZipFile(path) as source, target:
            for name in source.namelist():
                data = source.read(name)
                if name.endswith((".xml", ".rels")):
                    expat.ParserCreate().Parse(data, True)
                target.writestr(name, data)

    return work


def guard(path: Path) -> Callable[[], object]:
    """The look before a parser of others."""
    from sync.stores.guard import inspect  # noqa: PLC0415  # only this process pays for it

    return lambda: inspect(path)


def store_of(path: Path) -> Any:
    """The store under measurement."""
    from sync.stores.excel_file import ExcelFileStore  # noqa: PLC0415  # likewise

    return ExcelFileStore(path, path.parent / "backups", lambda: datetime.now(UTC))


def read(path: Path) -> Callable[[], object]:
    """The whole workbook."""
    reading: Callable[[], object] = store_of(path).read
    return reading


def calamine(path: Path) -> Callable[[], object]:
    """The largest tab by calamine."""
    from python_calamine import load_workbook  # noqa: PLC0415  # likewise

    return lambda: load_workbook(str(path)).get_sheet_by_name(TAB).to_python()


def patch(path: Path, share: float) -> Callable[[], object]:
    """Four columns in a share of the rows; the reading before is not counted."""
    from sync.workbook import SetCells  # noqa: PLC0415  # likewise

    store = store_of(path)
    rows = store.read().tabs["receivables"].rows
    step = max(1, round(1 / share)) if share else len(rows) + 1
    changes = [
        SetCells(
            tab="receivables",
            row=row.number,
            values={
                "status": "Vencido",
                "days_past_due": row.number % 300 + 1,
                "balance": Decimal(row.number) / 4,
                "bucket": "1–30",
            },
        )
        for row in (rows[::step] if share else ())
    ]
    revision = store.revision()
    return lambda: store.apply(changes, revision)


def with_openpyxl(path: Path) -> Callable[[], object]:
    """The usual way to change cells."""
    from openpyxl import load_workbook  # noqa: PLC0415  # likewise

    def work() -> None:
        book = load_workbook(path)
        sheet = book[TAB]
        for row in range(2, sheet.max_row + 1):
            for column, value in ((17, "Vencido"), (18, row % 300), (19, "1–30"), (20, row / 4)):
                sheet.cell(row, column).value = value
        book.save(path.with_suffix(".openpyxl.xlsx"))

    return work


WORK: dict[str, Callable[[Path], Callable[[], object]]] = {
    "floor": floor,
    "guard": guard,
    "read": read,
    "calamine, one tab": calamine,
    **{f"patch, {share:.0%} of rows": lambda p, s=share: patch(p, s) for share in SHARES},  # type: ignore[misc]  # mypy sees no type for s
    "openpyxl load, set, save": with_openpyxl,
}


def measure_here(what: str, path: Path) -> None:
    """In a process of its own: do one piece of work and report it as JSON."""
    work = WORK[what](path)
    start, processor = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - start, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))


def measured(what: str, pristine: Path) -> dict[str, float]:
    """One piece of work on a fresh copy."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book.xlsx"
        shutil.copy(pristine, book)
        command = [sys.executable, __file__, "--measure", what, str(book)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return dict(json.loads(done.stdout))


def table(rows: int, rounds: int) -> None:
    """Measure one size and print its block."""
    with tempfile.TemporaryDirectory() as folder:
        pristine = Path(folder) / "pristine.xlsx"
        script = "import sys; from pathlib import Path; from bench.ledgers import make; "
        script += "make(Path(sys.argv[1]), int(sys.argv[2]))"
        command = [sys.executable, "-c", script, str(pristine), str(rows)]
        subprocess.run(command, check=True, cwd=ROOT)
        found: dict[str, list[dict[str, float]]] = {what: [] for what in WORK}
        for _ in range(rounds):
            for what, costs in found.items():
                costs.append(measured(what, pristine))
    base = {key: min(cost[key] for cost in found["floor"]) for key in ("wall", "cpu")}
    memory = min(cost["peak"] for cost in found["openpyxl load, set, save"])
    for what, costs in found.items():
        wall, cpu, peak = (min(cost[key] for cost in costs) for key in ("wall", "cpu", "peak"))
        print(
            f"| {rows:,} | {what} | {wall:.2f} | {wall / base['wall']:.2f} "
            f"| {cpu / base['cpu']:.2f} | {peak:.0f} | {peak / memory:.2f} |",
            flush=True,
        )


def main(arguments: Sequence[str]) -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "FILE"))
    options = parser.parse_args(arguments)
    if options.measure:
        return measure_here(options.measure[0], Path(options.measure[1]))
    print(f"Python {platform.python_version()}, {platform.machine()}, {options.rounds} rounds\n")
    print(
        "| rows | what | seconds | × floor | × floor, processor | peak MB | × openpyxl's memory |"
    )
    print("|---|---|---|---|---|---|---|")
    for rows in options.rows:
        table(rows, options.rounds)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
