"""One run per workbook at a time on one machine.

    Busy    another run holds the workbook; come back later (exit code 75)

The lock is the operating system's, on a small file in the state directory: it goes with the
process that holds it, however that ends, so a lock left behind never has to be removed by hand.
Two machines, or two state directories, are kept apart by the claim in the sheet.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class Busy(Exception):
    """Another run is at this workbook."""

    code = "busy"

    def __init__(self, workbook: str) -> None:
        super().__init__(f"another run is at {workbook}")
        self.workbook = workbook


def lock_file(state_directory: Path, workbook: str) -> Path:
    """Where the lock of `workbook` stands; any text names a workbook, so it is hashed."""
    return state_directory / f"run-{hashlib.sha256(workbook.encode()).hexdigest()[:16]}.lock"


@contextmanager
def run_lock(state_directory: Path, workbook: str) -> Iterator[None]:
    """Hold the workbook for one run; raises Busy at once when another holds it.

    `workbook` is the workbook's identity rather than its path, so that two ways to one file
    are one lock.
    """
    state_directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_file(state_directory, workbook), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(workbook) from None
    try:
        yield
    finally:
        lock.release()
