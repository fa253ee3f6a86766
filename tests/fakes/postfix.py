"""Postfix on loopback: a whole mail server, with a queue and a configuration of its own.

    with LocalPostfix({"ana@customers.example": folder / "ana"}) as server:
        ... send by SMTP to server.host, server.port; Maildirs fill ...

What is for anybody else in one of these domains comes back with a report. Nothing of this machine's
own mail is touched. Where Postfix cannot be started, `why_not` says so.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from email.message import EmailMessage
    from types import TracebackType

_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.test
myorigin = mx.example.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
default_transport = error:nothing leaves this machine
smtputf8_enable = no
alias_maps =
local_recipient_maps =
virtual_mailbox_base = /
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{folder}/conf/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_reject_unlisted_recipient = no
smtpd_relay_restrictions = permit_mynetworks, reject
"""
_SERVICES = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def why_not() -> str:
    """Why Postfix cannot be started here; "" when it can."""
    if shutil.which("postfix", path=_PATH) is None or os.name != "posix":
        return "Postfix is not installed"
    return "" if os.geteuid() == 0 else "only root may start Postfix"


class LocalPostfix:
    """The server; a context manager. `mailboxes` are Maildirs by address."""

    host = "127.0.0.1"

    def __init__(self, mailboxes: Mapping[str, Path]) -> None:
        self.port = 0
        self._mailboxes = mailboxes
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        import pwd  # noqa: PLC0415 - only where Postfix is

        self._folder = Path(tempfile.mkdtemp(prefix="regua-postfix-"))
        self._folder.chmod(0o755)
        nobody, owner = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        for name in ("conf", "queue", "data"):
            (self._folder / name).mkdir(mode=0o755)
        os.chown(self._folder / "data", owner.pw_uid, owner.pw_gid)
        for maildir in self._mailboxes.values():
            maildir.mkdir(exist_ok=True)
            os.chown(maildir, nobody.pw_uid, nobody.pw_gid)
        with socket.create_server((self.host, 0)) as free:
            self.port = int(free.getsockname()[1])
        conf = self._folder / "conf"
        domains = {address.partition("@")[2] for address in self._mailboxes}
        main = _MAIN.format(
            folder=self._folder,
            domains=" ".join(sorted(domains)),
            uid=nobody.pw_uid,
            gid=nobody.pw_gid,
        )
        (conf / "main.cf").write_text(main)
        (conf / "master.cf").write_text(_SERVICES.format(port=f"{self.host}:{self.port}"))
        lines = (
            f"{address} {str(place).lstrip('/')}/" for address, place in self._mailboxes.items()
        )
        (conf / "mailboxes").write_text("\n".join(lines) + "\n")
        self._process = subprocess.Popen(
            [self._program(), "-c", str(conf), "start-fg"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
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
        subprocess.run(
            [self._program(), "-c", str(self._folder / "conf"), "stop"],
            capture_output=True,
            check=False,
        )
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def send(self, message: EmailMessage, sender: str, to: str) -> None:
        """Hand a message in, as somebody's mail program does."""
        with smtplib.SMTP(self.host, self.port, timeout=60) as client:
            client.send_message(message, from_addr=sender, to_addrs=[to])

    def arrived(self, address: str, count: int) -> list[bytes]:
        """The messages in a mailbox, once there are so many; a minute at most."""
        new = self._mailboxes[address] / "new"
        for _ in range(600):
            found = sorted(new.iterdir()) if new.is_dir() else []
            if len(found) >= count:
                return [path.read_bytes() for path in found]
            time.sleep(0.1)
        log = self._folder / "log"
        raise TimeoutError(f"{address} got no {count} messages: {log.read_text()[-4000:]}")

    def received_at(self, address: str, moment: datetime) -> None:
        """Let what is new in a mailbox have arrived then: the story's day, not the machine's."""
        for path in (self._mailboxes[address] / "new").iterdir():
            os.utime(path, (moment.timestamp(), moment.timestamp()))

    def _program(self) -> str:
        program = shutil.which("postfix", path=_PATH)
        assert program is not None
        return program

    def _wait(self) -> None:
        for _ in range(600):
            with suppress(OSError, smtplib.SMTPException), smtplib.SMTP(self.host, self.port):
                return
            assert self._process is not None
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        log = self._folder / "log"
        raise RuntimeError(log.read_text() if log.exists() else "Postfix did not start")
