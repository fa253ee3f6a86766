"""The strict gate: what an answer has to be before it decides anything.

The code's signature verifies for exactly this client and these terms, it has not expired and was
not used, the sender is one of the client's addresses, the receiving server did not fail its
authentication, and the answer names one choice and nothing contradicts it (DOMAIN.md,
'Negotiation'). Each demand that fails has a code (topic `conversation.why`); None passes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property

from mailer import reference as codes
from mailer.answer_html import html_lines
from mailer.answer_types import Answer
from mailer.answers import typed_into_quotation
from mailer.reference import Code
from sync.answer_codes import Terms, answer_terms
from sync.domain.decisions import ZERO, Status
from sync.domain.facts import Client, Facts, Reminder
from sync.domain.offers import Option, why_no_offer
from sync.domain.standing import Book
from sync.ledger_offers import LedgerOffers

_PAYABLE = frozenset({Status.NOT_DUE, Status.DUE_TODAY, Status.OVERDUE})


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What one workbook knows of its messages and debts, asked of one answer.

    `letter_of` gives the bytes of a message as it left, None once they are forgotten.
    """

    workbook_id: str
    facts: Facts
    book: Book
    offers: LedgerOffers
    letter_of: Callable[[str], bytes | None]

    def why_not(self, answer: Answer, reminder: Reminder, choice: str, at: datetime) -> str | None:
        """The first demand that an answer to this message fails.

        `choice` is what it names, `at` when the team's server took it in, in the team's zone.
        """
        if answer.contradicts or answer.broken:
            return "contradicts"
        client = self.facts.clients.get(reminder.client)
        if client is None or answer.sender.casefold() not in addresses_of(client):
            return "sender"
        if answer.authentication == "fail":
            return "authentication"
        return self._why_unproven(answer, reminder, choice, at) or self._why_mixed(answer, reminder)

    def _why_unproven(
        self, answer: Answer, reminder: Reminder, choice: str, at: datetime
    ) -> str | None:
        """Whether a code of this message speaks for this choice: signed for it, and in time."""
        chosen = (*answer.codes_subject, *answer.codes_text)
        if any(code.reference != reminder.reference for code in chosen):
            return "other_message"
        if any(code.choice not in {choice, codes.MESSAGE} for code in chosen):
            return "contradicts"
        terms = self._terms(reminder, choice)
        if terms is None:
            return "unknown"
        if at.date() > terms.expires:
            return "expired"
        mine = (code for code in codes_of(answer) if code.reference == reminder.reference)
        speaking = (code for code in mine if code.choice in {choice, codes.MESSAGE})
        proven = any(self._is_signed(code, reminder) for code in speaking)
        return None if proven else "signature"

    def _terms(self, reminder: Reminder, choice: str) -> Terms | None:
        offered = self.offers.of(self.workbook_id, reminder.reference)
        return answer_terms(choice, offered, reminder.valid_until)

    def _is_signed(self, code: Code, reminder: Reminder) -> bool:
        terms = self._terms(reminder, code.choice)
        return terms is not None and codes.verify(
            code,
            self._secret,
            workbook=self.workbook_id,
            client=reminder.client,
            terms=terms.text,
            expires=terms.expires,
        )

    def _why_mixed(self, answer: Answer, reminder: Reminder) -> str | None:
        """Whether words may have been typed between the lines of a quotation without marks.

        Only the letter tells; one that is forgotten leaves a doubt.
        """
        if not answer.unmarked:
            return None
        raw = self.letter_of(reminder.reference)
        if raw is None or typed_into_quotation(answer, letter_words(raw)):
            return "contradicts"
        return None

    def why_not_now(self, reminder: Reminder, option: Option) -> str | None:
        """Whether what was offered can still be agreed on the book's day.

        The same debts, still open, unpaid and as large; nothing about them waits for a person.
        """
        client, accounts, on = reminder.client, self.book.accounts, reminder.at.date()
        if client in self.facts.row_problems:
            return "row_problem"
        if why_no_offer(self.book, self.facts, client) is not None:
            return "held"
        if self.facts.waiting_money.get(client, ZERO) > self.facts.settings.tolerance:
            return "held"
        if option.instalments[0].due_on < self.book.run_date:
            return "late"
        owed = ZERO
        for name in option.receivables:
            standing, item = self.book.standings.get(name), accounts.item(name)
            if standing is None or item is None or item.client != client:
                return "changed"
            receipts = accounts.receipts(item)
            if standing.status not in _PAYABLE or any(receipt.on > on for receipt in receipts):
                return "changed"
            hold = self.book.holds.get(name)
            if hold is not None and hold.until is None:
                return "waits"
            owed += accounts.charge(item, on, receipts).total_due
        return None if owed == option.owed and option.client == client else "changed"

    @cached_property
    def _secret(self) -> bytes:
        return self.offers.secret(self.workbook_id)


def addresses_of(client: Client) -> frozenset[str]:
    """All addresses of a client, case aside."""
    return frozenset(address.casefold() for address in (*client.emails, *client.cc))


def codes_of(answer: Answer) -> Sequence[Code]:
    """All codes of an answer, those that the sender most likely means first.

    The Message-ID of what is answered carries the message's own code; those of the thread before
    it are of earlier messages.
    """
    thread = codes.find(" ".join(answer.in_reply_to[:1]))
    return (*answer.codes_subject, *answer.codes_text, *thread, *answer.codes_quoted)


def letter_words(raw: bytes) -> str:
    """All that a letter of ours says, as text and as HTML."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - by its policy
    said = [str(message["Subject"] or ""), str(message["From"] or ""), str(message["To"] or "")]
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        if part is not None:
            text = str(part.get_content())
            said.append(text if kind == "plain" else "\n".join(html_lines(text)))
    return "\n".join(said)
