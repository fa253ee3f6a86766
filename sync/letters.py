"""From a decision to the message that would leave: picks the text, fills the plain values."""

import hashlib
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast

from mailer.addresses import mailbox, message_id
from mailer.compose import compose
from mailer.errors import MailError
from mailer.letter import Creditor, LetterItem, LetterValues, OutgoingMessage, Template
from mailer.placeholders import fill_subject, require
from mailer.plaintext import plain_letter
from sheet_templates import headings
from sync.domain.boleto import printed
from sync.domain.decisions import Decision, ItemDecision
from sync.domain.facts import (
    Channel,
    Client,
    Facts,
    Outcome,
    Receivable,
    Reminder,
    TeamSettings,
    TemplateText,
)

_DELIVERED = frozenset({Outcome.SENT, Outcome.UNCERTAIN, Outcome.REPLIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message ready to leave, its ledger reference, and until when its total holds."""

    reference: str
    valid_until: date
    message: OutgoingMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDesk:
    """Writes the letters of one workbook.

    `sender` is the From header ("Name <address>"); `language` the workbook's, used where the
    client has none; `taken` the references that may not be used again. `run` tells references
    from those that another computer gives at the same moment: were they equal, each would take
    the other's claim in History for its own that it has withdrawn, and send beside it.
    """

    workbook_id: str
    language: str
    sender: str
    taken: frozenset[str] = frozenset()
    run: str = ""

    def write(self, decision: Decision, facts: Facts, at: datetime) -> Letter:
        """Compose the message of a decision to send.

        `at` is aware: the message's Date. Raises MailError when the text or the values cannot
        make a letter (rows.py has told the team of the same problem as an issue).
        """
        client = facts.clients[decision.client]
        text, language = self.template(decision, facts, client)
        reference = self.reference(decision)
        valid_until = decision.send_on + timedelta(days=facts.settings.quote_valid)
        values = _values(decision, facts, client, language, reference, valid_until)
        earlier = _thread(decision, facts.reminders)
        message = compose(
            values,
            Template(subject=text.subject, body=text.body),
            sender=self.sender,
            to=decision.to,
            cc=decision.cc,
            message_id=message_id(self.workbook_id, reference, _domain(self.sender)),
            in_reply_to=earlier[-1] if earlier else None,
            references=earlier,
            list_unsubscribe=facts.settings.reply_to or mailbox(self.sender)[1],
            date=at,
        )
        return Letter(reference=reference, valid_until=valid_until, message=message)

    def preview(self, decision: Decision, facts: Facts) -> tuple[str, str]:
        """Subject and text of what a step would say, for the queue.

        An e-mail's text is left out, as the queue shows its subject only; a chat or a call script
        has both. Raises MailError as `write` does.
        """
        client = facts.clients[decision.client]
        text, language = self.template(decision, facts, client)
        valid_until = decision.send_on + timedelta(days=facts.settings.quote_valid)
        reference = self.reference(decision)
        values = _values(decision, facts, client, language, reference, valid_until)
        template = Template(subject=text.subject, body=text.body)
        if decision.step is not None and decision.step.channel is Channel.EMAIL:
            return fill_subject(require(template), values), ""
        return plain_letter(values, template)

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


def _values(
    decision: Decision,
    facts: Facts,
    client: Client,
    language: str,
    reference: str,
    valid_until: date,
) -> LetterValues:
    settings = facts.settings
    covered = {item.standing.id for item in _covered(decision)}
    items = tuple(_item(item, facts, language, covered) for item in decision.listed)
    in_total = [item for item in items if item.in_total]
    return LetterValues(
        client=client.legal_name or client.name,
        contact=client.contact or client.legal_name or client.name,
        language=cast("Literal['pt-BR', 'en']", language),
        creditor=Creditor(
            company=settings.company or "",
            legal_name=settings.legal_name or "",
            tax_id=settings.tax_id or "",
            address=settings.address or "",
            reply_to=settings.reply_to or "",
            signature=settings.signature or settings.company or "",
            pix_key=settings.pix_key or "",
            pix_city=settings.pix_city or settings.city or "",
        ),
        items=items,
        total=decision.total,
        overdue_total=sum(
            (item.total for item in items if item.days_past_due > 0), start=decision.total * 0
        ),
        days_past_due=max((item.days_past_due for item in items), default=0),
        due_on=min(item.due_on for item in (in_total or items)),
        quote_valid_until=valid_until,
        pix_amount=decision.total if settings.pix_key else None,
        reference=reference,
    )


def _covered(decision: Decision) -> Iterable[ItemDecision]:
    """What `{total}` and Pix cover: the past-due items listed; before due, the step's items."""
    if decision.is_overdue:
        return (item for item in decision.listed if item.standing.days_past_due > 0)
    return decision.step_items


def _item(item: ItemDecision, facts: Facts, language: str, covered: set[str]) -> LetterItem:
    standing, charge = item.standing, item.standing.charge
    source = facts.receivables.get(standing.id)
    return LetterItem(
        id=standing.id,
        description=(source.description or "") if source else "",
        due_on=standing.due_on,
        days_past_due=standing.days_past_due,
        balance=charge.balance,
        late_fee=charge.late_fee,
        interest=charge.interest,
        total=charge.total_due,
        payment_code=printed(source.payment_code) if source and source.payment_code else None,
        method=_method(source, language),
        in_total=standing.id in covered,
    )


def _method(source: Receivable | None, language: str) -> str | None:
    if source is None or source.method is None:
        return None
    return headings.value_text(language, "method", source.method)


def _thread(decision: Decision, reminders: Iterable[Reminder]) -> tuple[str, ...]:
    """Message-IDs of earlier messages to this client about the same invoices, oldest first."""
    invoices = {key.invoice for key in decision.keys}
    earlier = [
        reminder
        for reminder in reminders
        if reminder.client == decision.client
        and reminder.message_id
        and reminder.outcome in _DELIVERED
        and invoices & {key.invoice for key in reminder.keys}
    ]
    earlier.sort(key=lambda reminder: reminder.at)
    return tuple(dict.fromkeys(reminder.message_id or "" for reminder in earlier))[-10:]
