"""Messages out by SMTP, each at most once.

yagmail finds the host, makes it TLS and logs in; the conversation after that is driven here, on
its smtplib object, because `yagmail.send` repeats a message after a lost connection (FINDINGS,
"Mail out"). The order is MAIL, RCPT for all, DATA; at the server's 354 the caller commits; then the
body and the final dot in one piece, and up to ten minutes for the answer (RFC 5321 §4.5.3.2.6).
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from mailer.account import check_account
from mailer.addresses import mailbox
from mailer.errors import ConfigurationError, MalformedMessage, PasswordMissing
from mailer.outcome import Accepted, Outcome, Refused, Stage, Uncertain

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from mailer.letter import OutgoingMessage

Security = Literal["starttls", "tls", "none"]

REPLY_TIMEOUT = 600.0
"""Seconds to wait for the answer to the final dot; giving up earlier makes duplicates."""

_LOGIN_CODES = frozenset({530, 534, 535, 538})  # RFC 4954 §6


class SmtpTransport:
    """One account on one server; a connection is opened at the first message and then kept.

    Use it as a context manager. A recipient in To that is refused refuses the message (nothing is
    sent to the others); a refused copy is left out and named in `Accepted.not_copied`.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security = "starttls",
        user: str = "",
        password: str = "",
        timeout: float = 60.0,
        reply_timeout: float = REPLY_TIMEOUT,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Check the settings; connect to nothing yet.

        Args:
            host: the server's name, as its certificate says it.
            port: 587 for starttls, 465 for tls, usually.
            security: `none` is for this very machine only.
            user: the login name; "" for a server that wants none.
            password: see `password.find_password`.
            timeout: seconds for connecting and for each answer before the body.
            reply_timeout: seconds for the answer to the body.
            context: trust other than the system's.

        Raises:
            ConfigurationError: a setting that cannot be right or would send secrets in the clear.
            PasswordMissing: a user without a password.
        """
        check_account(host, port, security, ways=get_args(Security))
        if user and not password:
            raise PasswordMissing(f"There is no password for {user} on {host}.")
        self._host, self._port, self._security = host, port, security
        self._user, self._password = user, password
        self._timeout, self._reply_timeout = timeout, reply_timeout
        self._context = context
        self._client: Any = None  # a yagmail.SMTP, which publishes no types

    def __enter__(self) -> Self:
        """Nothing is opened before the first message."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say QUIT and close."""
        self.close()

    def close(self) -> None:
        """Say QUIT and close; opening again is possible."""
        smtp = self._smtp
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):  # it is going away either way
                smtp.quit()
        self._abandon()

    def check(self) -> Refused | None:
        """Connect and log in, to know before the first message whether that works.

        Raises:
            ConfigurationError: a person has to change a setting.
        """
        return None if self._smtp is not None else self._connect()

    def deliver(self, message: OutgoingMessage, on_commit: Callable[[], None]) -> Outcome:
        """Send one message; see `outcome.Transport`.

        Raises:
            ConfigurationError: the login is refused, the certificate is wrong, and the like.
            MalformedMessage: bytes with bare line ends or beyond 7 bits.
        """
        body = _stuffed(message.raw)
        try:
            ready = self._begin(message)
            if isinstance(ready, Refused):
                return ready
            on_commit()
            return self._send_body(body, ready)
        except BaseException:
            # Also for an interruption: closing without the final dot makes the server discard.
            self._abandon()
            raise

    @property
    def _smtp(self) -> smtplib.SMTP | None:
        # yagmail 0.15 has the attribute only once it has connected.
        return getattr(self._client, "smtp", None)

    def _begin(self, message: OutgoingMessage) -> tuple[str, ...] | Refused:
        """Everything up to the server's 354; gives the copies that were refused.

        A kept connection may have been closed by the server meanwhile: then, and only here before
        DATA, it is opened again, once.
        """
        if self._smtp is not None:
            sender = self._sender(message)
            if sender is None:
                return self._recipients_and_data(message)
            if sender.code not in {0, 421}:
                return self._reset(sender)
            self._abandon()
        refused = self._connect() or self._sender(message)
        if refused is not None:
            return self._reset(refused)
        return self._recipients_and_data(message)

    def _connect(self) -> Refused | None:
        import yagmail  # noqa: PLC0415 - 0.15 s of imports that a folder never needs

        clear = self._security == "none"
        secure = None if clear else self._context or ssl.create_default_context()
        client = yagmail.SMTP(
            # As a dictionary, or yagmail makes `apikey` into apikey@gmail.com.
            user={self._user: self._user},
            password=self._password,
            host=self._host,
            port=self._port,
            smtp_ssl=self._security == "tls",
            # With its own default yagmail checks no certificate.
            smtp_starttls={"context": secure} if self._security == "starttls" else False,
            smtp_skip_login=not self._user,
            soft_email_validation=False,
            timeout=self._timeout,
            # The machine's name is nobody's business, and looking it up can take seconds.
            local_hostname="[127.0.0.1]",
            **({"context": secure} if self._security == "tls" else {}),
        )
        self._client = client
        try:
            client.login()
            # yagmail greets for STARTTLS, smtplib for AUTH; without either nobody has yet.
            client.smtp.ehlo_or_helo_if_needed()
        except Exception as error:  # noqa: BLE001 - every kind becomes a sentence in _why_not
            self._abandon()
            return self._why_not(error)
        return None

    def _why_not(self, error: Exception) -> Refused:
        """Why there is no connection: a temporary refusal, or a setting to change."""
        where = f"{self._host}:{self._port}"
        if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
            raise ConfigurationError(
                f"{where} does not accept the password of {self._user}: "
                f"{error.smtp_code} {_words(error.smtp_error)}"
            ) from error
        # smtplib has a class for "no AUTH at all", and a bare sentence for "no AUTH that I know".
        no_login = "AUTH" in str(error) or "authentication method" in str(error)
        if isinstance(error, smtplib.SMTPNotSupportedError) or (
            type(error) is smtplib.SMTPException and no_login
        ):
            raise ConfigurationError(
                f"{where} offers no {'login' if no_login else 'encryption'} with "
                f"security {self._security!r}; nothing is sent without it. ({error})"
            ) from error
        if isinstance(error, ssl.SSLCertVerificationError):
            raise ConfigurationError(
                f"The certificate of {where} cannot be trusted: {error.verify_message}"
            ) from error
        if isinstance(error, ssl.SSLError) and "WRONG_VERSION" in str(error):
            raise ConfigurationError(
                f"{where} does not speak TLS from the start; security 'starttls' may be right."
            ) from error
        if isinstance(error, UnicodeEncodeError):
            raise ConfigurationError(
                f"User or password for {where} has letters that SMTP cannot carry."
            ) from error
        if isinstance(error, smtplib.SMTPResponseException):
            return _refused(error.smtp_code, error.smtp_error, "connect")
        if isinstance(error, OSError | smtplib.SMTPException):
            reason = f"No connection to {where}: {error}"
            return Refused(permanent=False, code=0, reason=reason, stage="connect")
        raise error

    def _sender(self, message: OutgoingMessage) -> Refused | None:
        smtp = self._open()
        if _unasked(smtp):
            return Refused(permanent=False, code=421, reason="unasked reply", stage="sender")
        options = [f"size={len(message.raw)}"] if smtp.has_extn("size") else []
        address = _envelope_sender(message.sender)
        return self._ask("sender", 250, partial(smtp.mail, address, options))

    def _recipients_and_data(self, message: OutgoingMessage) -> tuple[str, ...] | Refused:
        smtp = self._open()
        refusals: list[Refused] = []
        not_copied: list[str] = []
        for address in dict.fromkeys((*message.to, *message.cc)):
            refused = self._ask("recipients", 250, partial(smtp.rcpt, address))
            if refused is None:
                continue
            if refused.code in {0, 421}:
                return self._reset(refused)
            if address in message.to:
                refusals.append(refused)
            else:
                not_copied.append(address)
        if refusals:
            # The permanent one decides: trying again could not reach everybody.
            return self._reset(max(refusals, key=lambda each: each.permanent))
        refused = self._ask("data", 354, partial(smtp.docmd, "data"))
        if refused is None and _unasked(smtp):
            reason = "The server answered more than it was asked; the next answer would mislead."
            refused = Refused(permanent=False, code=0, reason=reason, stage="data")
        return tuple(not_copied) if refused is None else self._reset(refused)

    def _ask(
        self, stage: Stage, wanted: int, command: Callable[[], tuple[int, bytes]]
    ) -> Refused | None:
        """One command before the body; None when the answer is the wanted one."""
        try:
            code, reply = command()
        except (OSError, smtplib.SMTPException) as error:
            return Refused(permanent=False, code=0, reason=str(error), stage=stage)
        if code == wanted or (stage == "recipients" and code == 251):
            return None
        if code in _LOGIN_CODES:
            raise ConfigurationError(
                f"{self._host}:{self._port} wants another login: {code} {_words(reply)}"
            )
        return _refused(code, reply, stage)

    def _reset(self, refused: Refused) -> Refused:
        """Leave the connection ready for the next message, or close it."""
        smtp = self._smtp
        if smtp is None:
            return refused
        if refused.code in {0, 421} or self._ask(refused.stage, 250, smtp.rset) is not None:
            self._abandon()
        return refused

    def _send_body(self, body: bytes, not_copied: tuple[str, ...]) -> Outcome:
        """The body and its final dot, and the one answer that counts."""
        smtp = self._open()
        try:
            smtp.send(body)
            assert smtp.sock is not None  # noqa: S101 - send would have raised
            smtp.sock.settimeout(self._reply_timeout)
            code, reply = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(self._timeout)
        except Exception as error:  # noqa: BLE001 - whatever it was, it may have left by now
            self._abandon()
            return Uncertain(reason=f"No answer after the message was handed over: {error}")
        if code == 250:
            return Accepted(server_reply=_words(reply), not_copied=not_copied)
        if 400 <= code < 600:
            refused = _refused(code, reply, "body")
            if code == 421:
                self._abandon()
            return refused
        self._abandon()
        return Uncertain(reason=f"An answer that says nothing: {code} {_words(reply)}")

    def _open(self) -> smtplib.SMTP:
        smtp = self._smtp
        if smtp is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return smtp

    def _abandon(self) -> None:
        """Close without a word; after DATA a QUIT would be read as part of the message."""
        smtp, client = self._smtp, self._client
        self._client = None
        if client is not None:
            client.is_closed = True  # or yagmail says QUIT when it is collected
        if smtp is not None:
            smtp.close()


@lru_cache(maxsize=16)
def _envelope_sender(sender: str) -> str:
    return mailbox(sender)[1]


def _refused(code: int, reply: bytes | str, stage: Stage) -> Refused:
    """A refusal from a reply; one that is no SMTP reply counts as none at all."""
    clear = 400 <= code < 600
    return Refused(
        permanent=500 <= code < 600,
        code=code if clear else 0,
        reason=_words(reply) if clear else f"not an SMTP answer: {_words(reply)}",
        stage=stage,
    )


def _words(reply: bytes | str) -> str:
    """A server's words on one line, without control characters, at most 300 of them."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join("".join(m if m.isprintable() else " " for m in text[:3000]).split())[:300]


def _stuffed(raw: bytes) -> bytes:
    """The body as DATA wants it: leading dots doubled, ended by a dot alone (RFC 5321 §4.5.2).

    Raises:
        MalformedMessage: a bare CR or LF is how one message smuggles in another.
    """
    ends = raw.count(b"\r\n")
    if raw.count(b"\r") != ends or raw.count(b"\n") != ends:
        raise MalformedMessage("The message has a line end that is not CRLF.")
    if not raw.isascii() or b"\0" in raw:
        raise MalformedMessage("The message is not 7-bit text.")
    whole = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    dot = b"." if whole.startswith(b".") else b""
    return dot + whole.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _unasked(smtp: smtplib.SMTP) -> bool:
    """Whether the server said something that nobody asked for.

    Such a line (a late reply, a `421 idle`) would be taken for the answer to the next command, and
    so could pass for the answer to a body.
    """
    if smtp.sock is None or smtp.file is None:
        return False
    before = smtp.sock.gettimeout()
    smtp.sock.settimeout(0)
    try:
        return bool(smtp.file.peek(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        smtp.sock.settimeout(before)
