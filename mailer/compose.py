"""A letter's values and a template, made into the exact bytes that will leave.

The same inputs give the same bytes: the boundaries and the picture's id come from the message id,
the date is given. What was made is read back before it is handed out, so that recipients, sender,
subject and id in the bytes are the ones that were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from mailer.addresses import mailbox, one_address
from mailer.choices import mailto
from mailer.errors import LetterError, UnsafeHeader
from mailer.headers import LETTER_POLICY, encoded, safe
from mailer.letter import OutgoingMessage, check_identity, check_values
from mailer.pix import qr_png
from mailer.pix_block import pix_block
from mailer.placeholders import fill_subject, require
from mailer.plaintext import body_text, footer_text
from mailer.richtext import html_letter
from mailer.words import words_of

if TYPE_CHECKING:
    from datetime import datetime

    from mailer.letter import LetterValues, Template
    from mailer.placeholders import ReadTemplate

HTML_LIMIT = 100_000
"""Bytes of HTML; Gmail hides what is beyond 102 kB, and a total must not be hidden."""


@dataclass(frozen=True, kw_only=True)
class _Envelope:
    """The headers' texts, checked."""

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    reply_to: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    unsubscribe: str
    reference: str
    language: str
    auto: bool
    date: datetime


def compose(  # noqa: PLR0913 - a message has this many headers; all are keyword-only
    values: LetterValues,
    template: Template,
    *,
    sender: str,
    to: tuple[str, ...],
    cc: tuple[str, ...] = (),
    message_id: str,
    in_reply_to: str | None = None,
    references: tuple[str, ...] = (),
    list_unsubscribe: str | None = None,
    auto: bool = True,
    date: datetime,
) -> OutgoingMessage:
    """One message for one client.

    Args:
        values: the amounts and names; checked to add up.
        template: subject and body from the sheet.
        sender: `Financeiro <financeiro@example.com>`; its address is the envelope's sender too.
        to: bare addresses, at least one.
        cc: bare addresses.
        message_id: from `addresses.message_id`, with its brackets.
        in_reply_to: the message this one follows, or None.
        references: the thread so far, oldest first.
        list_unsubscribe: the address that takes "no more of these", or None.
        auto: whether a program sends this by itself (RFC 3834 Auto-Submitted); False for a button.
        date: aware; the Date header.

    Raises:
        LetterError: a fault of the template, a header or the amounts; see `errors`.
        AddressError: a sender or recipient that is not one plain address.
        PixError: a Pix amount was given and no code can be made of key, name or city.
    """
    check_values(values)
    check_identity(values.creditor)
    taken = require(template)
    subject = safe("subject", fill_subject(taken, values))
    if not subject:
        raise LetterError("The subject is empty once its placeholders are filled in.")
    envelope = _checked(
        _Envelope(
            sender=sender,
            to=to,
            cc=cc,
            reply_to=values.creditor.reply_to.strip(),
            message_id=message_id,
            in_reply_to=in_reply_to or "",
            references=references,
            unsubscribe=_unsubscribe(list_unsubscribe, values),
            reference=values.reference,
            language=values.language,
            auto=auto,
            date=date,
        )
    )
    return _made(envelope, taken, values, subject)


def _checked(asked: _Envelope) -> _Envelope:
    """The envelope, if nothing in it could forge a header or mean two things."""
    if asked.date.utcoffset() is None:
        raise LetterError("The date of a letter needs its time zone.")
    if not asked.to:
        raise LetterError("A letter needs somebody to go to.")
    mailbox(safe("sender", asked.sender))
    return replace(
        asked,
        to=tuple(dict.fromkeys(one_address(safe("recipient", each)) for each in asked.to)),
        cc=tuple(dict.fromkeys(one_address(safe("copy", each)) for each in asked.cc)),
        reply_to=one_address(asked.reply_to) if asked.reply_to else "",
        message_id=_id(asked.message_id),
        in_reply_to=_id(asked.in_reply_to) if asked.in_reply_to else "",
        references=tuple(_id(each) for each in asked.references),
        reference=_token(asked.reference),
    )


def _made(
    envelope: _Envelope, taken: ReadTemplate, values: LetterValues, subject: str
) -> OutgoingMessage:
    pix = pix_block(values)
    mark = sha256(envelope.message_id.encode()).hexdigest()[:24]
    stop = envelope.unsubscribe
    text = body_text(taken, values, pix) + "\n\n" + footer_text(values, _address_of(stop))
    html = html_letter(
        taken.body,
        values,
        subject=subject,
        pix=pix,
        pix_cid=f"pix.{mark}@regua",
        unsubscribe=stop,
        reply_to=envelope.reply_to or mailbox(envelope.sender)[1],
    )
    if len(html.encode()) > HTML_LIMIT:
        raise LetterError("The letter is too long: mail programs would hide its end.")
    picture = qr_png(pix.codes[0].code) if pix and f"cid:pix.{mark}" in html else b""
    raw = _bytes(envelope, subject, text, html, picture, mark)
    return _read_back(raw, envelope, subject, text, html, values.client)


def restore(raw: bytes, client: str = "") -> OutgoingMessage:
    """The message that some kept bytes are, for sending again or showing.

    Raises:
        LetterError: when the bytes are not a letter made here.
    """
    try:
        parsed = message_from_bytes(raw, policy=policy.default)
        bodies = {part.get_content_type(): part for part in parsed.walk()}
        return OutgoingMessage(
            message_id=str(parsed["Message-ID"]),
            sender=str(parsed["From"]),
            to=tuple(box.addr_spec for box in parsed["To"].addresses),
            cc=tuple(box.addr_spec for box in parsed["Cc"].addresses) if parsed["Cc"] else (),
            subject=str(parsed["Subject"]),
            reference=str(parsed["X-Regua-Reference"]),
            raw=raw,
            text=bodies["text/plain"].get_content().replace("\r\n", "\n"),
            html=bodies["text/html"].get_content().replace("\r\n", "\n"),
            client=client,
        )
    except (KeyError, AttributeError, LookupError, ValueError) as error:
        raise LetterError("These bytes are not a letter made here.") from error


def _bytes(
    envelope: _Envelope, subject: str, text: str, html: str, picture: bytes, mark: str
) -> bytes:
    message = EmailMessage(policy=LETTER_POLICY)
    _write_headers(message, envelope, subject)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    html_part = list(message.iter_parts())[1]
    if picture:
        html_part.add_related(
            picture,
            maintype="image",
            subtype="png",
            cid=f"<pix.{mark}@regua>",
            disposition="inline",
            filename="pix.png",
        )
        html_part.set_boundary(f"=_related_{mark}")
    message.set_boundary(f"=_regua_{mark}")
    # Only now: add_alternative moves earlier Content- headers into the first part.
    message["Content-Language"] = envelope.language
    return message.as_bytes()


def _write_headers(message: EmailMessage, envelope: _Envelope, subject: str) -> None:
    name, address = mailbox(envelope.sender)
    message["Date"] = format_datetime(envelope.date)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = [Address(addr_spec=each) for each in envelope.to]
    if envelope.cc:
        message["Cc"] = [Address(addr_spec=each) for each in envelope.cc]
    if envelope.reply_to:
        message["Reply-To"] = Address(addr_spec=envelope.reply_to)
    # Encoded before it is given away: the library would decode a subject that looks encoded.
    message["Subject"] = encoded(subject).replace("\r\n", "")
    message["Message-ID"] = envelope.message_id
    if envelope.in_reply_to:
        message["In-Reply-To"] = envelope.in_reply_to
    thread = tuple(dict.fromkeys((*envelope.references, envelope.in_reply_to)))
    if any(thread):
        # RFC 5322 §3.6.4; the first and the latest are what mail programs thread by.
        message["References"] = " ".join(each for each in (thread[0], *thread[1:][-9:]) if each)
    if envelope.unsubscribe:
        message["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
    if envelope.auto:
        message["Auto-Submitted"] = "auto-generated"
    message["X-Regua-Reference"] = envelope.reference


def _read_back(
    raw: bytes, envelope: _Envelope, subject: str, text: str, html: str, client: str
) -> OutgoingMessage:
    made = restore(raw, client)
    same = (
        made.to == envelope.to
        and made.cc == envelope.cc
        and made.subject == subject
        and made.message_id == envelope.message_id
        and made.reference == envelope.reference
        and mailbox(made.sender)[1] == mailbox(envelope.sender)[1]
        and made.text.rstrip("\n") == text.rstrip("\n")
        and made.html.rstrip("\n") == html.rstrip("\n")
    )
    if not same:
        raise UnsafeHeader("The message reads back differently from what was asked; not made.")
    return made


def _unsubscribe(address: str | None, values: LetterValues) -> str:
    if not address:
        return ""
    plain = one_address(safe("List-Unsubscribe", address).removeprefix("mailto:"))
    words = words_of(values.language)
    reference = _token(values.code or values.reference)
    return mailto(plain, words("footer.unsubscribe_subject", reference=reference))


def _address_of(mailto: str) -> str:
    return mailto.removeprefix("mailto:").partition("?")[0]


def _id(text: str) -> str:
    """A message id that stays one word on one line."""
    good = text.startswith("<") and text.endswith(">") and text.count("@") == 1
    inner = text[1:-1]
    if not good or not inner.isascii() or not inner.isprintable() or set(inner) & set('<> ,"()'):
        raise UnsafeHeader(f"{text[:80]!r} is not a message id.")
    if len(text) > 250:
        raise UnsafeHeader("A message id of more than 250 characters would be cut on its way.")
    return text


def _token(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text or not 1 <= len(text) <= 200:
        raise UnsafeHeader(f"{text[:80]!r} is not a reference of letters, digits and marks.")
    return text
