"""Customers who answer: they read the bytes that arrived, press links, and write from their mail.

A customer knows only the message, as a person does. What they send goes into the team's mailbox by
IMAP, with the headers that mail servers add.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from sync.cli import main
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import rows_of

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@dataclass(frozen=True)
class Delivered:
    """One message as the customer has it."""

    message: EmailMessage

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def links(self) -> list[str]:
        """The links that open an answer, in their order."""
        return [unescape(link) for link in re.findall(r'href="(mailto:[^"]*)"', self.html)]

    def link(self, words: str) -> str:
        """The link whose ready subject has these words, or the code of a choice such as "-P-"."""
        found = [link for link in self.links if words in unquote(link)]
        assert found, f"no link says {words!r}: {self.links}"
        return found[0]


@dataclass
class Desk:
    """A team's workbook, its mail server and its mailbox, and the day it is."""

    book: Path
    smtp: LocalSmtp
    imap: LocalImap
    language: str = "en"

    @property
    def config(self) -> Path:
        return self.book.with_name("regua.toml")

    def configure(self, **inbox: object) -> None:
        more = "".join(f"{key} = {value!r}\n".replace("'", '"') for key, value in inbox.items())
        self.config.write_text(
            f"""
[[workbooks]]
name = "main"
path = "{self.book.name}"
[mail]
host = "{self.smtp.host}"
port = {self.smtp.port}
security = "none"
from = "Financeiro <financeiro@example.com>"
[inbox]
host = "{self.imap.host}"
port = {self.imap.port}
security = "none"
user = "{self.imap.user}"
since_days = 4000
{more}
[schedule]
at = ["08:30"]
[state]
directory = "state"
""",
            encoding="utf-8",
        )

    def run(self, patch: object, moment: str, *more: str) -> int:
        """One run at a moment; its exit code."""
        patch.setenv("REGUA_NOW", moment)  # type: ignore[attr-defined] # pytest's MonkeyPatch
        patch.setenv("REGUA_IMAP_PASSWORD", self.imap.password)  # type: ignore[attr-defined]
        return main(["run", "--config", str(self.config), *more])

    def delivered(self) -> list[Delivered]:
        """All that customers have received so far."""
        return [
            Delivered(message_from_bytes(each.content, policy=policy.default))
            for each in self.smtp.received
        ]

    def rows(self, tab: str) -> list[dict[str, object]]:
        return rows_of(self.book, tab)

    def receive(self, message: EmailMessage, at: datetime) -> int:
        """The team's server takes a message in."""
        return self.imap.deliver(message.as_bytes(policy=policy.SMTP), at)


def press(link: str, sender: str, at: datetime, *, said: str | None = None) -> EmailMessage:
    """The message that a link opens, sent as it is or with other words."""
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    body = query.get("body", [""])[0].replace("\r\n", "\n")
    return written(
        sender, unquote(parts.path), query["subject"][0], body if said is None else said, at
    )


def reply(
    to: Delivered, sender: str, said: str, at: datetime, *, quote: bool = True
) -> EmailMessage:
    """An answer to a message, in the shape of Gmail's, with or without what it answers."""
    original = to.message
    quoted = "".join(f"> {line}\n" for line in to.text.splitlines())
    when = f"On {at:%a, %b %d, %Y} at {at:%H:%M}, Financeiro <financeiro@example.com> wrote:"
    body = f"{said}\n\n{when}\n\n{quoted}" if quote else f"{said}\n"
    address = original["Reply-To"] or original["From"]
    message = written(sender, str(address), f"Re: {original['Subject']}", body, at)
    message["In-Reply-To"] = original["Message-ID"]
    message["References"] = f"{original['References'] or ''} {original['Message-ID']}".strip()
    return message


def written(sender: str, to: str, subject: str, body: str, at: datetime) -> EmailMessage:
    """A message from a customer's mail program."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{abs(hash((sender, subject, body, at)))}@mail.example>"
    message.set_content(body)
    return message


def bounced(
    letter: Delivered, at: datetime, status: str = "5.1.1", *, to: str = "", cites: bool = True
) -> EmailMessage:
    """What a server writes when it could not hand a message on (RFC 3464).

    `to` is whom it did not reach, else the letter's; some servers cite nothing of the letter.
    """
    original = letter.message
    to = to or str(original["To"])
    headers = "".join(f"{name}: {value}\n" for name, value in original.items() if cites)
    raw = f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: financeiro@example.com
Subject: Undelivered Mail Returned to Sender
Date: {format_datetime(at)}
Message-ID: <bounce-{to}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_r"

--=_r
Content-Type: text/plain

<{to}>: the server did not take it
--=_r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; {to}
Action: failed
Status: {status}

--=_r
Content-Type: text/rfc822-headers

{headers}
--=_r--
"""
    made = message_from_bytes(raw.encode(), policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def away(to: Delivered, sender: str, at: datetime) -> EmailMessage:
    """The automatic answer of somebody on holiday (RFC 3834)."""
    message = reply(to, sender, "I am away until Monday. Option 2 of my hotel is fine.", at)
    message["Auto-Submitted"] = "auto-replied"
    return message
