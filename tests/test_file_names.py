"""A workbook whose name is as long as a file system takes, and one that is marked read-only."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.stores.backups import Backups
from sync.stores.file_exchange import FileExchange, Replaced, content_hash
from sync.stores.file_names import fitting
from sync.workbook import NotWritable

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LONG = ("cobrança dos clientes " * 12).encode()[:220].decode(errors="ignore")


def replaced(path: Path, backups: Path, old: bytes, new: bytes, now: datetime = NOW) -> object:
    exchange = FileExchange(path=path, backups=Backups(directory=backups), patience=())
    return exchange.replace([new], old, content_hash(old), now)


@pytest.mark.skipif(sys.platform == "win32", reason="a whole path may have 260 characters there")
@pytest.mark.parametrize("length", [215, 225, 240, 249])
def test_a_workbook_with_a_very_long_name_is_written_and_kept_as_any_other(
    tmp_path: Path, length: int
) -> None:
    folder, backups = tmp_path / "mesa", tmp_path / "cópias"
    folder.mkdir()
    path = folder / f"{('x' + LONG * 2).encode()[:length].decode(errors='ignore')}.xlsx"
    path.write_bytes(b"0")
    for number in range(12):  # within one second: copies 2 to 12 have a number in their name
        done = replaced(path, backups, b"%d" % number, b"%d" % (number + 1))
        assert isinstance(done, Replaced)
    assert path.read_bytes() == b"12"
    assert list(folder.iterdir()) == [path]
    kept = Backups(directory=backups).of(path.name)
    assert [copy.read_bytes() for _, copy in kept] == [b"%d" % number for number in range(12)]


def test_copies_of_a_long_name_are_dropped_when_they_have_served(tmp_path: Path) -> None:
    backups = Backups(directory=tmp_path, most=3)
    for day in range(9):
        backups.keep(f"{LONG}.xlsx", b"%d" % day, NOW + timedelta(days=day))
    kept = [path.read_bytes() for _, path in backups.of(f"{LONG}.xlsx")]
    assert kept == [b"5", b"6", b"7", b"8"]


def test_a_short_name_stays_and_two_long_ones_stay_two() -> None:
    assert fitting("cobrança", " 2026-03-02.xlsx") == "cobrança"
    first, second = fitting(LONG * 2 + "1", ".xlsx"), fitting(LONG * 2 + "2", ".xlsx")
    assert first != second
    for name in (first, second):
        assert len(f"{name}.xlsx".encode()) <= 255
        assert name.startswith(LONG[:100])


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_file_marked_read_only_is_left_alone_even_by_an_administrator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: True)  # what the system tells its administrator
    with pytest.raises(NotWritable, match="read_only") as refused:
        replaced(path, tmp_path / "backups", b"old", b"new")
    assert refused.value.values["path"] == str(path)
    assert path.read_bytes() == b"old"
    path.chmod(0o644)
    assert isinstance(replaced(path, tmp_path / "backups", b"old", b"new"), Replaced)
