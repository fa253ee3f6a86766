"""From a decision to the message that would leave: picks the text, fills the plain values."""

import hashlib
from base64 import b32encode
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from mailer.addresses import mailbox, message_id
from mailer.compose import compose
from mailer.errors import MailError
from mailer.letter import LetterValues, OutgoingMessage, Template
from mailer.placeholders import fill_subject, require
from mailer.plaintext import plain_letter
from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import Decision
from sync.domain.facts import (
    Channel,
    Client,
    Facts,
    Outcome,
    TeamSettings,
    TemplateText,
)
from sync.domain.history import THANKS
from sync.domain.points import points_of
from sync.domain.standing import Book
from sync.ledger_offers import Offered
from sync.letter_choices import (
    Signer,
    has_block,
    letter_answers,
    letter_offers,
    offered_of,
    options_of,
)
from sync.letter_values import letter_values

_DELIVERED = frozenset({Outcome.SENT, Outcome.UNCERTAIN, Outcome.REPLIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message ready to leave, its ledger reference, and until when its amount holds.

    `total` is the amount that it asks for on its day: what the decision's items come to, less the
    discount for paying in time, which then holds through `valid_until`. `offered` is what the
    client may choose, to be remembered with the message; `is_signed` whether an answer to it can
    be believed: a letter without is for showing only.
    """

    reference: str
    valid_until: date
    message: OutgoingMessage
    total: Decimal
    offered: tuple[Offered, ...] = ()
    is_signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """The values of a letter, and what the ledger has to remember of its options."""

    values: LetterValues
    offered: tuple[Offered, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDesk:
    """Writes the letters of one workbook.

    `sender` is the From header ("Name <address>"); `language` the workbook's, used where the
    client has none; `taken` the references that may not be used again. `run` tells references
    from those that another computer gives at the same moment: were they equal, each would take
    the other's claim in History for its own that it has withdrawn, and send beside it.

    `secret` signs what can be answered; without it (a preview) codes have no signature. Options
    and points come from `book` and `calendar`, those the decisions were made on; without them
    there are none.
    """

    workbook_id: str
    language: str
    sender: str
    taken: frozenset[str] = frozenset()
    run: str = ""
    secret: bytes | None = None
    book: Book | None = None
    calendar: BusinessCalendar | None = None

    def write(self, decision: Decision, facts: Facts, at: datetime) -> Letter:
        """Compose the message of a decision to send.

        `at` is aware: the message's Date. Raises MailError when the text or the values cannot
        make a letter (rows.py has told the team of the same problem as an issue).
        """
        client = facts.clients[decision.client]
        text, language = self.template(decision, facts, client)
        template = Template(subject=text.subject, body=text.body)
        filled = self._filled(decision, facts, template, language)
        values, code = filled.values, filled.values.code
        earlier = _thread(decision, facts)
        message = compose(
            values,
            template,
            sender=self.sender,
            to=decision.to,
            cc=decision.cc,
            message_id=message_id(self.workbook_id, values.reference, _domain(self.sender), code),
            in_reply_to=earlier[-1] if earlier else None,
            references=earlier,
            list_unsubscribe=facts.settings.reply_to or mailbox(self.sender)[1],
            date=at,
        )
        return Letter(
            reference=values.reference,
            valid_until=values.quote_valid_until,
            message=message,
            total=values.to_pay,
            offered=filled.offered,
            is_signed=bool(code),
        )

    def preview(self, decision: Decision, facts: Facts) -> tuple[str, str]:
        """Subject and text of what a step would say, for the queue.

        An e-mail's text is left out, as the queue shows its subject only; a chat or a call script
        has both. Raises MailError as `write` does.
        """
        client = facts.clients[decision.client]
        text, language = self.template(decision, facts, client)
        template = Template(subject=text.subject, body=text.body)
        if decision.step is not None and decision.step.channel is Channel.EMAIL:
            values = letter_values(decision, facts, client, language, self.reference(decision))
            return fill_subject(require(template), values), ""
        return plain_letter(self._filled(decision, facts, template, language).values, template)

    def _filled(
        self, decision: Decision, facts: Facts, template: Template, language: str
    ) -> _Filled:
        """The plain values, then what can be answered, signed for exactly these."""
        client = facts.clients[decision.client]
        values = letter_values(decision, facts, client, language, self.reference(decision))
        covered = [item.id for item in values.covered] if has_block(template, "offers") else []
        options = options_of(decision, covered, facts, self.book, self.calendar)
        signer = Signer(
            secret=self.secret,
            workbook_id=self.workbook_id,
            client=decision.client,
            reference=values.reference,
            offered=offered_of(options),
            valid_until=values.quote_valid_until,
        )
        answers = letter_answers(signer) if has_block(template, "answers") else ()
        filled = replace(
            values,
            offers=letter_offers(options, signer),
            answers=answers,
            code=signer.message_code(),
            points=self._points(decision, facts),
        )
        return _Filled(values=filled, offered=tuple(signer.offered))

    def _points(self, decision: Decision, facts: Facts) -> int:
        """A client's points, for the letter that says thank you."""
        if self.book is None or decision.step is None or decision.step.name != THANKS:
            return 0
        return points_of(self.book, facts, decision.client)

    def template(
        self, decision: Decision, facts: Facts, client: Client
    ) -> tuple[TemplateText, str]:
        """The step's text in the client's language, else in the workbook's, and that language."""
        name = decision.step.template if decision.step else None
        for language in dict.fromkeys((client.language or self.language, self.language)):
            text = facts.templates.get((name or "", language))
            if text is not None:
                return text, language
        raise MailError(f"No template {name!r} in {client.language or self.language}")

    def reference(self, decision: Decision) -> str:
        """A short name for this message: the same decision in the same run gives the same one."""
        about = (decision.client, decision.keys, decision.send_on)
        content = repr((self.workbook_id, self.run, *about))
        for attempt in range(1000):
            digest = hashlib.sha256(f"{content}{attempt}".encode()).digest()
            candidate = "R" + b32encode(digest).decode()[:11]
            if candidate not in self.taken:
                return candidate
        raise MailError(f"No free reference for {decision.client!r}")


def preview_sender(settings: TeamSettings) -> str:
    """The From of letters that only go into a folder, where no sender is configured."""
    name = (settings.company or "Régua").replace('"', "'")
    return f'"{name}" <{settings.reply_to or "regua@example.invalid"}>'


def _domain(sender: str) -> str:
    return mailbox(sender)[1].rpartition("@")[2]


def _thread(decision: Decision, facts: Facts) -> tuple[str, ...]:
    """Message-IDs of earlier messages to this client about the same invoices, oldest first.

    What is said of an instalment belongs to the talk about its originals.
    """
    invoices = {key.invoice for key in decision.keys}
    for name in tuple(invoices):
        part = facts.instalments.get(name)
        invoices |= set(part.receivables) if part else set()
    earlier = [
        reminder
        for reminder in facts.reminders
        if reminder.client == decision.client
        and reminder.message_id
        and reminder.outcome in _DELIVERED
        and invoices & {key.invoice for key in reminder.keys}
    ]
    earlier.sort(key=lambda reminder: reminder.at)
    return tuple(dict.fromkeys(reminder.message_id or "" for reminder in earlier))[-10:]
