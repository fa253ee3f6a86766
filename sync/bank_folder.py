"""The folder that a team puts bank files into: which of its files count, and what names each."""

import hashlib
from pathlib import Path

from sync.bank.recognise import MOST_BYTES

_UNFINISHED = (".part", ".crdownload", ".tmp", ".download")


def files_in(folder: Path) -> list[Path]:
    """The folder's bank files by name, without hidden, locked and half-downloaded ones.

    Raises OSError.
    """
    return [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith((".", "~"))
        and not path.name.lower().endswith(_UNFINISHED)
        and path.is_file()
    ]


def digest_of(path: Path) -> str:
    """The file's SHA-256, as a statement's `digest`; one too large to be taken in is not read.

    Raises OSError.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        return hashlib.sha256(f"{path.name}:{size}".encode()).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()
