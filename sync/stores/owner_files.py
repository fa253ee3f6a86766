"""Who has a workbook open, and whether its folder is kept by a cloud client.

Both are courtesies, not locks: an owner file can be stale or absent, and is never deleted here.
"""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

# An owner file is written when the workbook is opened and not touched after. A program left open
# over a long weekend still counts; after that a crash is likelier than a session.
STALE_AFTER = timedelta(days=4)

_SYNCHRONISED = re.compile(
    r"onedrive( - .+)?|sharepoint|dropbox( \(.+\))?|google ?drive|googledrive-.+|my drive|meu drive"
    r"|icloud ?drive|mobile documents|cloudstorage|box sync|nextcloud|pcloud ?drive|insync",
    re.IGNORECASE,
)
_MARKERS = (".dropbox", ".dropbox.cache", ".nextcloudsync.log", ".owncloudsync.log")
_VARIABLES = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")


def owner_of(path: Path, now: datetime) -> str | None:
    """The name in Excel's or LibreOffice's owner file beside the workbook; None when not open.

    An empty string: open, by somebody the file does not name.
    """
    excel = path.with_name(f"~${path.name}")
    if (raw := _fresh(excel, now)) is not None:
        return _excel_owner(raw)
    office = path.with_name(f".~lock.{path.name}#")
    if (raw := _fresh(office, now)) is not None:
        return _office_owner(raw)
    return None


def _fresh(owner_file: Path, now: datetime) -> bytes | None:
    """The owner file's content; None when there is none or it is stale."""
    try:
        written = datetime.fromtimestamp(owner_file.stat().st_mtime, tz=now.tzinfo)
        if now - written > STALE_AFTER:
            return None
    except OSError:
        return None
    try:
        return owner_file.read_bytes()[:1024]
    except OSError:  # held by Excel itself: open, that is
        return b""


def _excel_owner(raw: bytes) -> str:
    """The user name: from byte 55 in UTF-16 after its length, else after its length in byte 0."""
    if len(raw) > 57:
        length = int.from_bytes(raw[55:57], "little")
        name = raw[57 : 57 + 2 * length].decode("utf-16-le", "replace").strip(" \0")
        if 0 < length <= 54 and name and name.isprintable():
            return name
    if raw:
        return raw[1 : 1 + raw[0]].decode("cp1252", "replace").strip(" \0")
    return ""


def _office_owner(raw: bytes) -> str:
    """LibreOffice writes: full name, login, host, time, profile; with `,` between them."""
    fields = re.split(r"(?<!\\),", raw.decode("utf-8", "replace"))
    names = [re.sub(r"\\(.)", r"\1", each).strip() for each in fields[:3]]
    return next((name for name in names if name), "")


def is_synchronised(path: Path) -> bool:
    """Whether a folder above the file is kept by OneDrive, Dropbox, Google Drive or the like."""
    folders = path.absolute().parents
    if any(_SYNCHRONISED.fullmatch(folder.name) for folder in folders):
        return True
    roots = [Path(os.environ[name]) for name in _VARIABLES if os.environ.get(name)]
    if any(root in folders for root in roots):
        return True
    return any((folder / marker).exists() for folder in folders for marker in _MARKERS)
