"""One run per workbook: the second is told so at once, and a dead one holds nothing."""

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from sync.locks import Busy, lock_file, run_lock
from sync.words import words


def _hold(state: str, workbook: str, held: Any, leave: Any) -> None:
    with run_lock(Path(state), workbook):
        held.set()
        leave.wait(60)
        os._exit(1)  # without a word, as a kill ends it


def test_a_second_run_is_told_at_once_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    held, leave = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_hold, args=(str(tmp_path), "book-1", held, leave))
    other.start()
    assert held.wait(60)
    with pytest.raises(Busy) as busy, run_lock(tmp_path, "book-1"):
        pass
    assert "book-1" in words("en", f"ledger.{busy.value.code}", workbook=busy.value.workbook)
    with run_lock(tmp_path, "book-2"):
        pass
    leave.set()
    other.join()
    with run_lock(tmp_path, "book-1"):
        pass


def test_the_same_process_does_not_run_twice_at_once_either(tmp_path: Path) -> None:
    with run_lock(tmp_path, "book-1"), pytest.raises(Busy), run_lock(tmp_path, "book-1"):
        pass


def test_a_run_that_fails_lets_go(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), run_lock(tmp_path, "book-1"):
        raise RuntimeError("broken")
    with run_lock(tmp_path, "book-1"):
        pass


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\a|b", "Cobrança São João", "x" * 5000])
def test_any_text_names_a_workbook(tmp_path: Path, name: str) -> None:
    with run_lock(tmp_path / "state", name):
        assert lock_file(tmp_path / "state", name).parent == tmp_path / "state"
    assert lock_file(tmp_path, name) != lock_file(tmp_path, name + "x")
