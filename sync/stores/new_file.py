"""A file that was not there before: written whole or not at all, never over another."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from sync.stores.file_exchange import sync_directory


def write_new(path: Path, data: bytes) -> None:
    """Write `data` to `path`. Raises FileExistsError when something stands there, OSError else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".regua-", delete=False) as fresh:
        temporary = Path(fresh.name)
        try:
            fresh.write(data)
            fresh.flush()
            os.fsync(fresh.fileno())
        except BaseException:
            fresh.close()
            temporary.unlink(missing_ok=True)
            raise
    try:
        temporary.chmod(0o644)
        if path.exists():
            raise FileExistsError(str(path))
        try:
            path.hardlink_to(temporary)  # fails when somebody was quicker; a rename would not
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)
