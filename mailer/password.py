"""Where a mail password comes from: never the workbook, never a file that others can read.

In this order: the variable `REGUA_SMTP_PASSWORD`, the systemd credential `smtp_password`, the
system's keyring, which comes last since on a server it may wait for somebody to unlock it. For
the mailbox that is read: `REGUA_IMAP_PASSWORD`, `imap_password`, the keyring.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from mailer.errors import ConfigurationError, PasswordMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "REGUA_SMTP_PASSWORD"
CREDENTIAL = "smtp_password"
INBOX_VARIABLE = "REGUA_IMAP_PASSWORD"
INBOX_CREDENTIAL = "imap_password"
SERVICE = "regua"
"""The name under which the keyring keeps it: `keyring set regua <user>`."""


def find_password(
    user: str,
    environ: Mapping[str, str] | None = None,
    *,
    variable: str = VARIABLE,
    credential: str = CREDENTIAL,
) -> str:
    """The password of a mail account. Never asks on the terminal.

    Args:
        user: the login name, under which the keyring keeps it.
        environ: in place of the process's environment.
        variable: the environment variable that may hold it.
        credential: the systemd credential that may hold it.

    Raises:
        PasswordMissing: when there is none anywhere; says where to put it.
        ConfigurationError: when the credential's file is open to others.
    """
    variables = os.environ if environ is None else environ
    found = variables.get(variable, "")
    found = found or _credential(variables, credential) or _from_keyring(user)
    if not found:
        raise PasswordMissing(
            f"There is no password for {user}. Store it with `keyring set {SERVICE} {user}`, or "
            f"set {variable}, or give the systemd unit LoadCredential={credential}:<file>."
        )
    return found


def _credential(variables: Mapping[str, str], name: str) -> str:
    directory = variables.get("CREDENTIALS_DIRECTORY", "")
    if not directory:
        return ""
    file = Path(directory) / name
    try:
        status = file.stat()
        if _open_to_others(status):
            raise ConfigurationError(
                f"{file} can be read by others; the password in it is not used."
            )
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error


def _open_to_others(status: os.stat_result) -> bool:
    """Whether another account may read it.

    systemd gives a service its credential by an ACL on a file of root, and then the group's bits
    show the ACL's mask; only on a file of our own do they mean a group.
    """
    if os.name == "nt":
        return False  # Windows keeps rights elsewhere, and has no systemd
    ours = status.st_uid == os.getuid() and status.st_uid != 0
    return bool(status.st_mode & (stat.S_IRWXO | (stat.S_IRWXG if ours else 0)))


def _from_keyring(user: str) -> str:
    import keyring  # noqa: PLC0415 - 0.1 s of back ends, wanted only when nothing else is set
    from keyring.errors import KeyringError  # noqa: PLC0415 - likewise

    try:
        return keyring.get_password(SERVICE, user) or ""
    except (KeyringError, RuntimeError, OSError):
        return ""  # no keyring here, or a locked one: the sentence of the caller says what to do
