"""One file replaced by its next version: wholly or not at all, and never over somebody's save.

Order: look for owner files, write the new version beside the old one and to disk, keep a dated
backup, compare the old one's hash once more, exchange the two in one step where the system can
(Linux renameat2 RENAME_EXCHANGE, macOS renamex_np RENAME_SWAP), and look at what came out: if it
is not what was expected, somebody saved in that instant, and it is put back. Where the system
cannot exchange, the hash is compared immediately before an ordinary replace.
"""

import ctypes
import errno
import glob
import hashlib
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sync.stores import owner_files
from sync.stores.backups import Backups
from sync.stores.file_names import fitting
from sync.workbook import NotWritable, OpenElsewhere, WrongPlace

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE on Linux, RENAME_SWAP on macOS: the same number by chance
_NOT_HERE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}
_PATIENCE = (0.2, 0.5, 1.0, 2.0)  # seconds between attempts where the system locks open files


def content_hash(data: bytes) -> str:
    """The identity of a file's content."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Replaced:
    """The new version stands; its hash."""

    revision: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody saved since; theirs stands. `kept` is a copy beside it when two saves collided."""

    kept: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileExchange:
    """Replaces one file. `path` is resolved: a symbolic link's target is what changes."""

    path: Path
    backups: Backups
    allow_synced: bool = False
    patience: tuple[float, ...] = field(default=_PATIENCE)

    def clean_up(self) -> None:
        """Remove what a killed run left beside the file, not what a running one just writes."""
        for left in self.path.parent.glob(f".{glob.escape(self._short_name)}.*.regua-tmp"):
            with suppress(OSError):
                if not _is_running(left.name.split(".")[-2]):
                    left.unlink()

    def check_place(self, now: datetime) -> None:
        """Raise when the file cannot be written: synchronised folder, open elsewhere, read-only."""
        if not self.allow_synced and owner_files.is_synchronised(self.path):
            raise WrongPlace("synced_folder", path=str(self.path.parent))
        owner = owner_files.owner_of(self.path, now)
        if owner is not None:
            raise OpenElsewhere("open_elsewhere" if owner else "open_by_somebody", who=owner)
        if not os.access(self.path, os.W_OK) or _is_marked_read_only(self.path):
            raise NotWritable("read_only", path=str(self.path))
        if not os.access(self.path.parent, os.W_OK):
            raise NotWritable("read_only", path=str(self.path.parent))

    def replace(
        self, pieces: Iterable[bytes], old: bytes, expected: str, now: datetime
    ) -> Replaced | Changed:
        """Replace the file, whose content `old` hashes to `expected`, by `pieces`.

        Raises NotWritable (disk full, no permission, open elsewhere): then nothing was changed.
        """
        self.check_place(now)
        self.clean_up()
        fresh = self.path.with_name(f".{self._short_name}.{os.getpid()}.regua-tmp")
        try:
            revision = self._write(fresh, pieces)
            self.backups.keep(self.path.name, old, now)
            return self._put(fresh, expected, revision, now)
        except OSError as error:
            raise _sentence(error, self.path) from error
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    @property
    def _short_name(self) -> str:
        """The file's name, short enough for that of the new version beside it."""
        return fitting(self.path.name, f"..{'9' * 10}.regua-tmp")

    def _write(self, fresh: Path, pieces: Iterable[bytes]) -> str:
        """Write the new version to disk with the old one's mode and owner; returns its hash."""
        digest = hashlib.sha256()
        with fresh.open("xb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            file.flush()
            _like(file.fileno(), self.path)
            os.fsync(file.fileno())
        return digest.hexdigest()

    def _put(self, fresh: Path, expected: str, revision: str, now: datetime) -> Replaced | Changed:
        if self._hash(self.path) != expected:
            return Changed()
        if not _exchange(fresh, self.path):
            return self._plain_replace(fresh, expected, revision)
        if self._hash(fresh) == expected:
            sync_directory(self.path.parent)
            return Replaced(revision)
        _exchange(fresh, self.path)  # somebody's save came out: it goes back
        if self._hash(fresh) == revision:
            return Changed()
        _exchange(fresh, self.path)  # and another save meanwhile: the newest stays, none is lost
        beside = f" ({now:%Y-%m-%d %H%M%S}){self.path.suffix}"
        kept = self.path.with_name(fitting(self.path.stem, beside) + beside)
        fresh.replace(kept)
        return Changed(kept)

    def _plain_replace(self, fresh: Path, expected: str, revision: str) -> Replaced | Changed:
        """Where files cannot be exchanged. Windows refuses while a program holds the file open."""
        for wait in (*self.patience, None):
            if self._hash(self.path) != expected:
                return Changed()
            try:
                fresh.replace(self.path)
            except PermissionError as error:
                if wait is None:
                    raise OpenElsewhere("open_by_somebody", who="") from error
                time.sleep(wait)
            else:
                break
        sync_directory(self.path.parent)
        return Replaced(revision)

    def _hash(self, path: Path) -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _is_marked_read_only(path: Path) -> bool:
    """Whether nobody may write to it: the system lets its administrator do so all the same."""
    return not path.stat().st_mode & 0o222


def _is_running(number: str) -> bool:
    """Whether a process of that number runs; where nobody can tell, it does not."""
    if sys.platform == "win32" or not number.isdecimal() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _like(descriptor: int, old: Path) -> None:
    """Give the new file the old one's mode and, where allowed, owner and extended attributes."""
    if sys.platform == "win32":
        return
    status = old.stat()
    with suppress(OSError):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, status.st_mode & 0o7777)
    if sys.platform == "linux":
        with suppress(OSError):
            for name in os.listxattr(old):
                os.setxattr(descriptor, name, os.getxattr(old, name))


def sync_directory(directory: Path) -> None:
    """Make a rename in a directory survive a power loss; Windows has no such call."""
    if sys.platform == "win32":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two files in one step; False where the system or its file system cannot."""
    if sys.platform not in {"linux", "darwin"}:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    one, two = os.fsencode(first), os.fsencode(second)
    if sys.platform == "linux":
        call = getattr(library, "renameat2", None)
        arguments: tuple[object, ...] = (_AT_FDCWD, one, _AT_FDCWD, two, ctypes.c_uint(_EXCHANGE))
    else:
        call = getattr(library, "renamex_np", None)
        arguments = (one, two, ctypes.c_uint(_EXCHANGE))
    if call is None:
        return False
    if call(*arguments) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_HERE:
        return False
    raise OSError(code, os.strerror(code), str(second))


def _sentence(error: OSError, path: Path) -> NotWritable:
    """The code for an operating system's refusal."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC}:
        return NotWritable("no_space", path=str(path.parent))
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return NotWritable("read_only", path=str(error.filename or path))
    if isinstance(error, FileNotFoundError):
        return NotWritable("no_file", path=str(path))
    return NotWritable("write_failed", path=str(path), reason=error.strerror or str(error))
