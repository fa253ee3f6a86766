"""The configuration file (regua.toml), typed and checked.

    SettingsError   what is wrong with it; `code` and `values` make the sentence (topic `settings`)

Every key stands in `KEYS`, which the reader, the docs and their test share. An unknown key is an
error that names the nearest one. No password is ever read from this file.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SettingsError(Exception):
    """The configuration cannot be used; the sentence is `settings.<code>` in the locale files."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values: Mapping[str, str] = values


# section → key → type as TOML has it. `workbooks` is an array of tables.
KEYS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "workbooks": {"name": str, "path": str, "allow_synced": bool, "bank_folder": str},
    "mail": {
        "transport": str,
        "directory": str,
        "host": str,
        "port": int,
        "security": str,
        "user": str,
        "from": str,
        "timeout": int,
    },
    "inbox": {
        "host": str,
        "port": int,
        "security": str,
        "user": str,
        "folder": str,
        "since_days": int,
        "flag": str,
        "move_to": str,
        "trusted_server": str,
        "timeout": int,
    },
    "schedule": {
        "at": list,
        "timezone": str,
        "retry_minutes": int,
        "approvals_minutes": int,
    },
    "state": {"directory": str, "keep_backups": int, "keep_messages_days": int},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkbookSettings:
    """One workbook: a name for people, its file, and whether its folder may be synchronised.

    `bank_folder` is where its bank files are put, None for none.
    """

    name: str
    path: Path
    allow_synced: bool = False
    bank_folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How messages leave. `transport` is "smtp" or "folder"; `timeout` in seconds."""

    transport: str
    directory: Path | None = None
    host: str | None = None
    port: int = 587
    security: str = "starttls"
    user: str | None = None
    sender: str | None = None
    timeout: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSettings:
    """Where answers arrive. Messages older than `since_days` are left alone.

    `flag` or `move_to` mark what was handled; `trusted_server` is the receiving server's id in
    Authentication-Results headers; `timeout` in seconds.
    """

    host: str
    user: str
    port: int = 993
    security: str = "tls"
    folder: str = "INBOX"
    since_days: int = 30
    flag: str | None = None
    move_to: str | None = None
    trusted_server: str | None = None
    timeout: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSettings:
    """When `serve` runs: times of day in `zone`, on business days."""

    at: tuple[time, ...] = (time(8, 30),)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Sao_Paulo"))
    retry_minutes: int = 10
    approvals_minutes: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSettings:
    """Where the ledger, the locks and the backups stand, and how long things are kept."""

    directory: Path
    keep_backups: int = 30
    keep_messages_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration."""

    workbooks: tuple[WorkbookSettings, ...]
    mail: MailSettings | None
    schedule: ScheduleSettings
    state: StateSettings
    inbox: InboxSettings | None = None


def default_state_directory() -> Path:
    """The person's own state folder: one ledger wherever a command is started from."""
    return Path(platformdirs.user_state_dir("regua", appauthor=False))


def for_workbook(path: Path, *, outbox: Path | None, state: Path | None) -> Settings:
    """Settings of a command that names a workbook and needs no configuration file."""
    mail = MailSettings(transport="folder", directory=outbox) if outbox else None
    return Settings(
        workbooks=(WorkbookSettings(name=path.stem, path=path),),
        mail=mail,
        schedule=ScheduleSettings(),
        state=StateSettings(directory=state or default_state_directory()),
    )


def load(path: Path) -> Settings:
    """Read the file at `path`; relative paths in it count from its folder.

    Raises SettingsError for anything missing, unknown, of the wrong type or contradictory.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise SettingsError("no_file", path=str(path)) from missing
    except (OSError, UnicodeDecodeError) as unreadable:
        raise SettingsError("unreadable", path=str(path), detail=str(unreadable)) from unreadable
    except tomllib.TOMLDecodeError as broken:
        raise SettingsError("not_toml", path=str(path), detail=str(broken)) from broken
    _check_names(raw)
    base = path.resolve().parent
    return Settings(
        workbooks=_workbooks(raw.get("workbooks", []), base),
        mail=_mail(raw["mail"], base) if "mail" in raw else None,
        schedule=_schedule(raw.get("schedule", {})),
        state=_state(raw.get("state", {}), base),
        inbox=_inbox(raw["inbox"]) if "inbox" in raw else None,
    )


def _check_names(raw: Mapping[str, Any]) -> None:
    for section, body in raw.items():
        if section not in KEYS:
            raise SettingsError("unknown_key", key=section, nearest=_nearest(section, KEYS))
        for table in body if isinstance(body, list) else [body]:
            if not isinstance(table, dict):
                raise SettingsError("wrong_type", key=section, expected="table")
            for key, value in table.items():
                _check_key(section, key, value)


def _check_key(section: str, key: str, value: object) -> None:
    known = KEYS[section]
    if key not in known:
        nearest = _nearest(key, known)
        raise SettingsError("unknown_key", key=f"{section}.{key}", nearest=f"{section}.{nearest}")
    expected = known[key]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is int):
        name = expected.__name__ if isinstance(expected, type) else "value"
        raise SettingsError("wrong_type", key=f"{section}.{key}", expected=name)


def _nearest(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return close[0]


def _workbooks(tables: object, base: Path) -> tuple[WorkbookSettings, ...]:
    if not isinstance(tables, list) or not tables:
        raise SettingsError("no_workbook")
    books = []
    for table in tables:
        if "path" not in table:
            raise SettingsError("missing_key", key="workbooks.path")
        path = base / Path(table["path"]).expanduser()
        books.append(
            WorkbookSettings(
                name=table.get("name", path.stem),
                path=path,
                allow_synced=table.get("allow_synced", False),
                bank_folder=(
                    base / Path(table["bank_folder"]).expanduser()
                    if "bank_folder" in table
                    else None
                ),
            )
        )
    names = [book.name for book in books]
    if len(set(names)) != len(names):
        raise SettingsError("same_name", name=max(names, key=names.count))
    return tuple(books)


def _mail(table: Mapping[str, Any], base: Path) -> MailSettings:
    transport = table.get("transport", "smtp")
    if transport not in {"smtp", "folder"}:
        raise SettingsError(
            "bad_value", key="mail.transport", value=transport, allowed="smtp, folder"
        )
    needed = ("directory",) if transport == "folder" else ("host", "from")
    for key in needed:
        if not table.get(key):
            raise SettingsError("missing_key", key=f"mail.{key}")
    host = table["host"] if transport == "smtp" else "localhost"
    security = _security("mail", table.get("security", "starttls"), host)
    return MailSettings(
        transport=transport,
        directory=base / Path(table["directory"]).expanduser() if "directory" in table else None,
        host=table.get("host"),
        port=_positive("mail.port", table.get("port", 465 if security == "tls" else 587)),
        security=security,
        user=table.get("user"),
        sender=table.get("from"),
        timeout=_positive("mail.timeout", table.get("timeout", 60)),
    )


def _inbox(table: Mapping[str, Any]) -> InboxSettings:
    for key in ("host", "user"):
        if not table.get(key):
            raise SettingsError("missing_key", key=f"inbox.{key}")
    security = _security("inbox", table.get("security", "tls"), table["host"])
    return InboxSettings(
        host=table["host"],
        user=table["user"],
        port=_positive("inbox.port", table.get("port", 993 if security == "tls" else 143)),
        security=security,
        folder=table.get("folder", "INBOX"),
        since_days=_positive("inbox.since_days", table.get("since_days", 30)),
        flag=table.get("flag"),
        move_to=table.get("move_to"),
        trusted_server=table.get("trusted_server"),
        timeout=_positive("inbox.timeout", table.get("timeout", 60)),
    )


def _security(section: str, security: str, host: str) -> str:
    """In the clear only on this very computer."""
    if security not in {"starttls", "tls", "none"}:
        raise SettingsError(
            "bad_value", key=f"{section}.security", value=security, allowed="starttls, tls, none"
        )
    if security == "none" and host not in LOOPBACK:
        raise SettingsError("not_loopback", key=f"{section}.security", host=host)
    return security


def _schedule(table: Mapping[str, Any]) -> ScheduleSettings:
    times = []
    for text in table.get("at", ["08:30"]):
        try:
            times.append(time.fromisoformat(text))
        except (ValueError, TypeError) as bad:
            raise SettingsError(
                "bad_value", key="schedule.at", value=str(text), allowed='"08:30"'
            ) from bad
    name = table.get("timezone", "America/Sao_Paulo")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise SettingsError(
            "bad_value", key="schedule.timezone", value=name, allowed='"America/Sao_Paulo"'
        ) from unknown
    if not times:
        raise SettingsError("missing_key", key="schedule.at")
    return ScheduleSettings(
        at=tuple(sorted(times)),
        zone=zone,
        retry_minutes=_positive("schedule.retry_minutes", table.get("retry_minutes", 10)),
        approvals_minutes=_positive(
            "schedule.approvals_minutes", table.get("approvals_minutes", 5)
        ),
    )


def _state(table: Mapping[str, Any], base: Path) -> StateSettings:
    directory = table.get("directory")
    return StateSettings(
        directory=base / Path(directory).expanduser() if directory else default_state_directory(),
        keep_backups=_positive("state.keep_backups", table.get("keep_backups", 30)),
        keep_messages_days=_positive(
            "state.keep_messages_days", table.get("keep_messages_days", 90)
        ),
    )


def _positive(key: str, value: int) -> int:
    if value < 1:
        raise SettingsError("bad_value", key=key, value=str(value), allowed="1, 2, 3, …")
    return value
