"""Messages in by IMAP, the mailbox left as people expect it.

Reading opens the folder with EXAMINE and fetches with BODY.PEEK, so that nothing changes, not even
what is unread; nothing is ever deleted. imap-tools connects, encrypts, logs in and selects; its own
`flag` and `move` expunge what others marked for deletion, so those two commands are given here.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal, Self, get_args

from mailer.account import check_account
from mailer.errors import ConfigurationError, InboxError, PasswordMissing
from mailer.imap_fetch import MONTHS, arrived_in, message_in, size_in
from mailer.incoming import RawMail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from types import TracebackType

    from imap_tools import BaseMailBox

Security = Literal["tls", "starttls", "none"]

SIZE_LIMIT = 5_000_000
"""Bytes fetched of one message; what stands after them is attachments."""

_FLAG = re.compile(r"\\(?:Flagged|Answered)|[A-Za-z0-9$_.-]{1,60}", re.IGNORECASE)


class ImapInbox:
    """One folder of one account; a connection is opened at the first use and then kept.

    Use it as a context manager. See `incoming.Inbox` for what the two methods promise.
    """

    def __init__(  # noqa: PLR0913 - each is one line of the settings file
        self,
        *,
        host: str,
        port: int = 993,
        security: Security = "tls",
        user: str,
        password: str,
        folder: str = "INBOX",
        since: date | None = None,
        flag: str | None = None,
        move_to: str | None = None,
        timeout: float = 60.0,
        context: ssl.SSLContext | None = None,
        size_limit: int = SIZE_LIMIT,
    ) -> None:
        """Check the settings; connect to nothing yet.

        Args:
            host: the server's name, as its certificate says it.
            port: 993 for tls, 143 for starttls, usually.
            security: `none` is for this very machine only.
            user: the login name.
            password: see `password.find_password`.
            folder: the folder that answers arrive in.
            since: leave older messages alone; None reads the whole folder.
            flag: a keyword to set on what was handled, such as `$Regua`; None sets none.
            move_to: a folder to move what was handled to; None moves nothing.
            timeout: seconds to wait for each answer of the server.
            context: trust other than the system's.
            size_limit: bytes to fetch of one message.

        Raises:
            ConfigurationError: a setting that cannot be right, or that would lose something.
            PasswordMissing: there is none.
        """
        check_account(host, port, security, ways=get_args(Security))
        if not password:
            raise PasswordMissing(f"There is no password for {user} on {host}.")
        if flag is not None and not _FLAG.fullmatch(flag):
            raise ConfigurationError(
                f"{flag[:60]!r} cannot mark what was handled; use a word such as $Regua or "
                r"\Flagged. Messages are never marked read or deleted."
            )
        self._host, self._port, self._security = host, port, security
        self._user, self._password = user, password
        self._folder, self._since = folder, since
        self._flag, self._move_to = flag, move_to
        self._timeout, self._context = timeout, context
        self._limit = size_limit
        self._box: BaseMailBox | None = None

    @property
    def mailbox(self) -> str:
        """Account and folder, as `RawMail.mailbox` has them."""
        return f"{self._user}@{self._host}/{self._folder}"

    def __enter__(self) -> Self:
        """Nothing is opened before the first use."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Log out."""
        self.close()

    def close(self) -> None:
        """Log out; using it again opens it again."""
        box, self._box = self._box, None
        if box is not None:
            with suppress(Exception):  # it is going away either way
                box.logout()

    def check(self) -> None:
        """Connect, log in and see that folder, flag and move are possible.

        Raises:
            ConfigurationError: a person has to change a setting.
            InboxError: the server cannot be reached now.
        """
        with self._told():
            box = self._connected()
            self._select(box, readonly=not self._flag)
            if self._flag:
                kept = _said(box, "PERMANENTFLAGS").lower()
                if b"\\*" not in kept and self._flag.lower().encode() not in kept:
                    raise ConfigurationError(
                        f"{self._host} does not keep the flag {self._flag} in {self._folder}."
                    )
            if self._move_to:
                self._check_move(box)

    def new_messages(self, known: Callable[[int, int], bool]) -> Iterator[RawMail]:
        """Messages that `known(uidvalidity, uid)` denies, oldest first.

        One that the server cannot give does not stop the others: it is told of at the end, and
        asked for again the next time.

        Raises:
            InboxError: the mailbox could not be read, or not to its end; what was yielded counts.
            ConfigurationError: a person has to change a setting.
        """
        with self._told():
            box = self._connected()
            uidvalidity = self._select(box, readonly=True)
            uids = self._search(box)
        unread: list[int] = []
        for uid in uids:
            if known(uidvalidity, uid):
                continue
            with self._told():
                mail = self._fetch(self._connected(), uidvalidity, uid, unread)
            if mail is not None:
                yield mail
        if unread:
            raise InboxError(
                f"{self._host} did not give {len(unread)} message(s) of {self._folder} "
                f"(numbers {', '.join(map(str, unread[:10]))}); they are asked for again next time."
            )

    def unknown(self, known: Callable[[int, int], bool]) -> frozenset[tuple[int, int]]:
        """Which messages (uidvalidity, uid) `known` denies; nothing of them is read.

        Raises:
            InboxError: the mailbox could not be read.
            ConfigurationError: a person has to change a setting.
        """
        with self._told():
            box = self._connected()
            uidvalidity = self._select(box, readonly=True)
            found = ((uidvalidity, uid) for uid in self._search(box))
            return frozenset(place for place in found if not known(*place))

    def done(self, mail: RawMail) -> None:
        """Flag or move a message that was handled for good, where that is configured.

        Raises:
            InboxError: it could not be; harmless, since the ledger knows the message.
            ConfigurationError: a person has to change a setting.
        """
        if not self._flag and not self._move_to:
            return
        try:
            with self._told():
                self._mark(mail)
        except InboxError:
            # The server may have hung up while the sheet was written; both commands may be
            # given twice without harm.
            with self._told():
                self._mark(mail)

    def _mark(self, mail: RawMail) -> None:
        box = self._connected()
        if self._select(box, readonly=False) != mail.uidvalidity:
            return  # numbered anew: this number may be another message now
        if self._flag:
            status, _ = box.client.uid("STORE", str(mail.uid), "+FLAGS.SILENT", f"({self._flag})")
            _demand(status, f"{self._host} did not set the flag {self._flag}.")
        if self._move_to:
            from imap_tools.utils import encode_folder  # noqa: PLC0415 - as in _connected

            self._check_move(box)
            folder = encode_folder(self._move_to).decode("ascii")
            status, _ = box.client.uid("MOVE", str(mail.uid), folder)
            _demand(status, f"{self._host} did not move a message to {self._move_to}.")

    def _check_move(self, box: BaseMailBox) -> None:
        """Only MOVE itself (RFC 6851) moves without deleting what others marked."""
        if "MOVE" not in box.client.capabilities:
            raise ConfigurationError(
                f"{self._host} cannot move messages without deleting; leave move_to out."
            )
        if not box.folder.exists(str(self._move_to)):
            raise ConfigurationError(f"There is no folder {self._move_to!r} on {self._host}.")

    def _connected(self) -> BaseMailBox:
        if self._box is not None:
            return self._box
        import imap_tools  # noqa: PLC0415 - only who reads mail pays for it

        # Without a context of ours imaplib would check no certificate.
        context = self._context or ssl.create_default_context()
        box: BaseMailBox
        if self._security == "tls":
            box = imap_tools.MailBox(
                self._host, self._port, timeout=self._timeout, ssl_context=context
            )
        elif self._security == "starttls":
            box = imap_tools.MailBoxStartTls(
                self._host, self._port, timeout=self._timeout, ssl_context=context
            )
        else:
            box = imap_tools.MailBoxUnencrypted(self._host, self._port, timeout=self._timeout)
        self._box = box
        plain = (self._user + self._password).isascii()
        (box.login if plain else box.login_utf8)(self._user, self._password, initial_folder=None)
        with suppress(imaplib.IMAP4.error):  # some name more after the login than before
            status, lines = box.client.capability()
            if status == "OK" and lines[-1]:
                box.client.capabilities = tuple(
                    lines[-1].decode("ascii", "replace").upper().split()
                )
        return box

    def _select(self, box: BaseMailBox, *, readonly: bool) -> int:
        """Open the folder; gives the numbering of its messages."""
        box.folder.set(self._folder, readonly=readonly)
        said = _said(box, "UIDVALIDITY")
        if not said.isdigit():
            raise InboxError(f"{self._host} does not say how {self._folder} is numbered.")
        return int(said)

    def _search(self, box: BaseMailBox) -> list[int]:
        wanted = "ALL"
        if self._since is not None:
            month = MONTHS[self._since.month - 1]
            wanted = f"SINCE {self._since.day}-{month}-{self._since.year}"
        # Without a CHARSET, which some servers refuse and imap-tools used to insist on.
        status, said = box.client.uid("SEARCH", wanted)
        _demand(status, f"{self._host} does not search {self._folder}.")
        uids = b" ".join(each for each in said if isinstance(each, bytes)).split()
        return sorted({int(uid) for uid in uids if uid.isdigit()})

    def _fetch(
        self, box: BaseMailBox, uidvalidity: int, uid: int, unread: list[int]
    ) -> RawMail | None:
        """One message; None when it is gone, or noted in `unread` when it is not given."""
        wanted = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[]<0.{self._limit}>)"
        try:
            status, lines = box.client.uid("FETCH", str(uid), wanted)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            status, lines = "BAD", []
        found = message_in(lines, uid) if status == "OK" else None
        if found is None:
            if status != "OK" or any(isinstance(each, tuple) for each in lines):
                unread.append(uid)
            return None
        raw, about = found
        size, arrived = size_in(about), arrived_in(about)
        if arrived is None:
            unread.append(uid)
            return None
        whole = len(raw) if size is None else size
        return RawMail(
            mailbox=self.mailbox,
            uidvalidity=uidvalidity,
            uid=uid,
            raw=raw,
            size=whole,
            received_at=arrived,
            cut=len(raw) >= self._limit and whole > len(raw),
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong, as one of our errors with a sentence; the connection is given up."""
        where = f"{self._host}:{self._port}"
        try:
            yield
        except (ConfigurationError, InboxError):
            self._abandon()
            raise
        except Exception as error:
            self._abandon()
            raise _reason(error, where, self._user, self._folder, self._security) from error

    def _abandon(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            with suppress(Exception):  # closing what is broken may fail
                box.client.shutdown()


def _said(box: BaseMailBox, name: str) -> bytes:
    """The last untagged answer of that name, b"" for none."""
    last = box.client.untagged_responses.get(name, [b""])[-1]
    return last if isinstance(last, bytes) else b""


def _reason(
    error: Exception, where: str, user: str, folder: str, security: str
) -> ConfigurationError | InboxError:
    """Any exception of the conversation as a setting to change, or as something to try again."""
    from imap_tools import errors  # noqa: PLC0415 - as in _connected

    said = _words(error)
    if isinstance(error, errors.MailboxLoginError):
        if re.search(r"UNAVAILABLE|LIMIT|INUSE|temporar", said, re.IGNORECASE):
            return InboxError(f"{where} does not let {user} in now: {said}")
        return ConfigurationError(f"{where} does not accept the password of {user}: {said}")
    if isinstance(error, errors.MailboxFolderSelectError):
        return ConfigurationError(f"{where} does not open the folder {folder!r}: {said}")
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigurationError(
            f"The certificate of {where} cannot be trusted: {error.verify_message}"
        )
    if isinstance(error, ssl.SSLError) and "WRONG_VERSION" in said:
        return ConfigurationError(
            f"{where} does not speak TLS from the start; security 'starttls' may be right."
        )
    if isinstance(error, imaplib.IMAP4.error) and "TLS not supported" in said:
        return ConfigurationError(
            f"{where} offers no encryption with security {security!r}; nothing is read without it."
        )
    return InboxError(f"{where}, folder {folder}: the mailbox cannot be read further: {said}")


def _words(error: Exception) -> str:
    """What was said, on one line, without control characters, at most 300 of them."""
    result = getattr(error, "command_result", None)
    text = str(error) or type(error).__name__
    if isinstance(result, tuple) and len(result) > 1 and result[1]:
        parts = [part for part in result[1] if isinstance(part, bytes)]
        text = b" ".join(parts).decode("utf-8", "replace") or text
    return " ".join("".join(m if m.isprintable() else " " for m in text[:3000]).split())[:300]


def _demand(status: str, sentence: str) -> None:
    if status != "OK":
        raise InboxError(sentence)
