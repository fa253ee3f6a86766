"""Messages out into a folder: one file each, whole or not at all, and a page to look at them."""

from dataclasses import replace
from pathlib import Path

import pytest

from mailer.delivery import Accepted, FolderTransport, Refused
from mailer.errors import ConfigurationError
from tests.correspondence import letter, letters, values


def test_a_folder_gets_one_file_a_message_and_a_page(tmp_path: Path) -> None:
    message = letter()
    with FolderTransport(tmp_path / "outbox") as transport:
        outcome = transport.deliver(message, lambda: None)
    assert isinstance(outcome, Accepted)
    (file,) = (tmp_path / "outbox").glob("*.eml")
    assert file.name == outcome.server_reply
    assert file.name.startswith("2026-03-27-padaria-aurora-")
    assert file.read_bytes() == message.raw
    index = (tmp_path / "outbox" / "index.html").read_text(encoding="utf-8")
    assert file.name in index
    assert "lembrete de NF-1001" in index
    assert "Mensagens entregues nesta pasta" in index
    assert sorted(path.suffix for path in (tmp_path / "outbox").iterdir()) == [".eml", ".html"]


def test_the_same_message_twice_is_one_file_also_for_another_run_or_name(tmp_path: Path) -> None:
    message = letter()
    with FolderTransport(tmp_path) as transport:
        first = transport.deliver(message, lambda: None)
        assert transport.deliver(message, lambda: None) == first
    with FolderTransport(tmp_path) as transport:
        assert transport.deliver(replace(message, client=""), lambda: None) == first
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_another_message_under_the_same_id_is_refused_and_not_committed(tmp_path: Path) -> None:
    message = letter()
    committed: list[int] = []
    with FolderTransport(tmp_path) as transport:
        transport.deliver(message, lambda: None)
        changed = replace(message, raw=message.raw + b"x\r\n")
        outcome = transport.deliver(changed, lambda: committed.append(1))
    assert isinstance(outcome, Refused)
    assert outcome.permanent
    assert committed == []
    assert next(iter(tmp_path.glob("*.eml"))).read_bytes() == message.raw


def test_a_folder_commits_before_it_writes_and_a_failed_commit_writes_nothing(
    tmp_path: Path,
) -> None:
    seen: list[int] = []
    transport = FolderTransport(tmp_path)
    transport.deliver(letter(), lambda: seen.append(len(list(tmp_path.iterdir()))))
    assert seen == [0]

    def fails() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        transport.deliver(letters(2)[1], fails)
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_a_full_disk_is_a_temporary_refusal_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mailer.folder.os.fsync", full)
    outcome = FolderTransport(tmp_path).deliver(letter(), lambda: None)
    assert isinstance(outcome, Refused)
    assert not outcome.permanent
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        FolderTransport(tmp_path / "file" / "outbox").deliver(letter(), lambda: None)


def test_file_names_are_safe_on_every_system(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "CON", "a\0b", "名前", "x" * 300, "ÁÉ / \\ : * ?", "-"]
    with FolderTransport(tmp_path) as transport:
        for at, name in enumerate(names):
            transport.deliver(letter(values(client=name, reference=f"R{at}")), lambda: None)
    files = list(tmp_path.glob("*.eml"))
    assert len(files) == len(names)
    for file in files:
        assert set(file.stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(file.name) < 100


def test_strange_files_in_the_folder_do_not_stop_the_page(tmp_path: Path) -> None:
    (tmp_path / "notes.eml").write_bytes(b"\xff not a letter")
    with FolderTransport(tmp_path, language="en") as transport:
        transport.deliver(letter(), lambda: None)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "notes.eml" in index
    assert "1 message" in index
