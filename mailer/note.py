"""A plain note to the team itself: the daily digest, a workbook that could not be written."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from mailer.addresses import mailbox, one_address
from mailer.errors import LetterError
from mailer.headers import LETTER_POLICY, encoded, safe
from mailer.letter import OutgoingMessage

if TYPE_CHECKING:
    from datetime import datetime

    from mailer.letter import Language


def note(
    *,
    sender: str,
    to: tuple[str, ...],
    subject: str,
    text: str,
    message_id: str,
    reference: str,
    date: datetime,
    language: Language,
) -> OutgoingMessage:
    """A text-only message marked as automatic (RFC 3834), so that no answerer answers it.

    `date` is aware; `to` are bare addresses, at least one. The same arguments give the same bytes.

    Raises:
        LetterError: no recipient, or a date without a zone.
        AddressError: a sender or recipient that is not one plain address.
    """
    if not to or date.utcoffset() is None:
        raise LetterError("A note needs somebody to go to, and a date with its time zone.")
    name, address = mailbox(safe("sender", sender))
    recipients = tuple(dict.fromkeys(one_address(safe("recipient", each)) for each in to))
    message = EmailMessage(policy=LETTER_POLICY)
    message["Date"] = format_datetime(date)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = [Address(addr_spec=each) for each in recipients]
    message["Subject"] = encoded(safe("subject", subject)).replace("\r\n ", " ")
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Regua-Reference"] = reference
    message.set_content(text, cte="quoted-printable")
    message["Content-Language"] = language
    return OutgoingMessage(
        message_id=message_id,
        sender=sender,
        to=recipients,
        cc=(),
        subject=subject,
        reference=reference,
        raw=message.as_bytes(),
        text=text,
        html="",
    )
