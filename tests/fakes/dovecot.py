"""Dovecot on loopback: what people's servers run, with a folder and a configuration of its own.

    with LocalDovecot() as server:
        ... talk to server.host, server.port as server.user with server.password ...

Nothing of this machine's own mail is touched. Where Dovecot is not installed, or is of another
series than 2.3 (whose settings have other names), `why_not` says so.
"""

from __future__ import annotations

import imaplib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
_SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


def why_not() -> str:
    """Why Dovecot cannot be started here; "" when it can."""
    program = shutil.which("dovecot", path=_PATH)
    if program is None or os.name != "posix":
        return "Dovecot is not installed"
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return "" if version.stdout.startswith("2.3.") else f"Dovecot {version.stdout.strip()}, not 2.3"


class LocalDovecot:
    """The server; a context manager."""

    host = "127.0.0.1"
    user = "cobranca"
    password = "secret"

    def __init__(self) -> None:
        self.port = 0
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        import grp  # noqa: PLC0415 - only where Dovecot is
        import pwd  # noqa: PLC0415 - likewise

        # Not pytest's folder: that is root's alone, and Dovecot reads mail as nobody.
        self._folder = Path(tempfile.mkdtemp(prefix="regua-dovecot-"))
        me = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        for name in ("", "run", "state", "mail", "home"):
            place = self._folder / name
            place.mkdir(exist_ok=True)
            place.chmod(0o755)
            os.chown(place, me.pw_uid, me.pw_gid)
        with socket.create_server((self.host, 0)) as free:
            self.port = int(free.getsockname()[1])
        settings = self._folder / "dovecot.conf"
        settings.write_text(
            _SETTINGS.format(
                folder=self._folder,
                user=me.pw_name,
                group=grp.getgrgid(me.pw_gid).gr_name,
                uid=me.pw_uid,
                gid=me.pw_gid,
                password=self.password,
                port=self.port,
            )
        )
        program = shutil.which("dovecot", path=_PATH)
        assert program is not None
        self._process = subprocess.Popen([program, "-F", "-c", str(settings)])
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def maildir(self) -> Path:
        """Where another server puts the account's messages."""
        return self._folder / "mail"

    def client(self) -> imaplib.IMAP4:
        """Another client of the account, as a person's mail program is."""
        client = imaplib.IMAP4(self.host, self.port)
        client.login(self.user, self.password)
        return client

    def _wait(self) -> None:
        """Until it lets somebody in, a minute at most."""
        for _ in range(600):
            with suppress(OSError, imaplib.IMAP4.error), self.client():
                return
            assert self._process is not None
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        log = self._folder / "log"
        raise RuntimeError(log.read_text() if log.exists() else "Dovecot did not start")
