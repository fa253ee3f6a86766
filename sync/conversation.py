"""Answers of customers: whose they are, what they may decide, and the row that each becomes.

Only the strict gate lets an answer decide anything: the code's signature verifies for exactly this
client and these terms, it has not expired and was not used, the sender is one of the client's
addresses, the receiving server did not fail its authentication, and the answer names one choice and
nothing contradicts it. Everything else waits for a person, and holds the ladder meanwhile.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from mailer import reference as codes
from mailer.answer_types import Answer
from mailer.answers import read_answer
from mailer.incoming import RawMail
from mailer.reference import Code
from sync.answer_codes import answer_terms
from sync.domain.decisions import ZERO, Status
from sync.domain.facts import Facts, NegotiationKind, Outcome, Reminder
from sync.domain.offers import Option, option_of
from sync.domain.standing import Book
from sync.effects import UNSUBSCRIBED, Effect, Part, ref_of
from sync.ledger_offers import LedgerOffers, Offered
from sync.views.cells import date_text, money_text
from sync.words import words

_PAYABLE = frozenset({Status.NOT_DUE, Status.DUE_TODAY, Status.OVERDUE})
_LONGEST_EXCERPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Whom an answer is about: the message it answers, when known, and the clients."""

    clients: tuple[str, ...]
    reminder: Reminder | None = None


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What one workbook knows when an answer comes in.

    `own` are the team's own addresses, `trusted` the id of the receiving server whose
    Authentication-Results are believed, None for no server.
    """

    workbook_id: str
    language: str
    facts: Facts
    book: Book
    offers: LedgerOffers
    own: frozenset[str] = frozenset()
    trusted: str | None = None

    def effects_of(self, mail: RawMail) -> tuple[Effect, ...]:
        """What a message does; nothing when it is about nobody of this workbook."""
        answer = read_answer(
            mail.raw, trusted_server=self.trusted, own_addresses=self.own, cut=mail.cut
        )
        if answer.kind == "own":
            return ()
        arrived = _Arrived(
            about=self,
            answer=answer,
            name=answer.message_id or hashlib.sha256(mail.raw).hexdigest(),
            at=mail.received_at.replace(tzinfo=None),
        )
        return arrived.effects()

    @cached_property
    def secret(self) -> bytes:
        """What signs this workbook's codes."""
        return self.offers.secret(self.workbook_id)

    @cached_property
    def by_reference(self) -> Mapping[str, Reminder]:
        """Messages by their reference."""
        return {each.reference: each for each in self.facts.reminders if each.reference}

    @cached_property
    def by_message_id(self) -> Mapping[str, Reminder]:
        """Messages by their Message-ID."""
        return {each.message_id: each for each in self.facts.reminders if each.message_id}

    @cached_property
    def clients_at(self) -> Mapping[str, tuple[str, ...]]:
        """Clients by each of their addresses, case aside."""
        found: dict[str, tuple[str, ...]] = {}
        for client in self.facts.clients.values():
            for address in {each.casefold() for each in (*client.emails, *client.cc)}:
                found[address] = (*found.get(address, ()), client.name)
        return found


@dataclass(frozen=True, kw_only=True)
class _Arrived:
    """One answer in its conversation."""

    about: Conversation
    answer: Answer
    name: str
    at: datetime

    def effects(self) -> tuple[Effect, ...]:
        meant = self._meant()
        if self.answer.kind == "bounce":
            return self._bounced(meant)
        if self.answer.kind == "automatic":
            return tuple(
                self._row(c, meant, NegotiationKind.NOTE, "automatic") for c in meant.clients
            )
        if meant.reminder is not None and len(meant.clients) == 1:
            return (self._answered(meant.clients[0], meant.reminder),)
        return tuple(
            self._row(client, meant, self._kind_of_words(client), "answered", Outcome.REPLIED)
            for client in meant.clients
        )

    # ---- whose it is: the signed code, then the thread, then the sender

    def _meant(self) -> Meant:
        answer, about = self.answer, self.about
        named = [code.reference for code in self._codes()]
        if answer.bounce is not None and answer.bounce.message_id:
            thread: Sequence[str] = (answer.bounce.message_id, *answer.in_reply_to)
        else:
            thread = answer.in_reply_to
        found = [about.by_reference[each] for each in named if each in about.by_reference]
        found += [about.by_message_id[each] for each in thread if each in about.by_message_id]
        found += [about.by_reference[r] for r in answer.references if r in about.by_reference]
        if found:
            return Meant(clients=(found[0].client,), reminder=found[0])
        addresses = answer.bounce.addresses if answer.bounce is not None else (answer.sender,)
        clients = [c for a in addresses for c in about.clients_at.get(a.casefold(), ())]
        return Meant(clients=tuple(dict.fromkeys(clients)))

    def _codes(self) -> tuple[Code, ...]:
        """All codes, those that the sender most likely means first.

        The Message-ID of what is answered carries the message's own code; those of the thread
        before it are of earlier messages.
        """
        answer = self.answer
        thread = codes.find(" ".join(answer.in_reply_to[:1]))
        return (*answer.codes_subject, *answer.codes_text, *thread, *answer.codes_quoted)

    # ---- machines

    def _bounced(self, meant: Meant) -> tuple[Effect, ...]:
        bounce = self.answer.bounce
        assert bounce is not None  # noqa: S101 - by its kind
        told = "bounced" if bounce.permanent else "delayed"
        outcome = Outcome.BOUNCED if bounce.permanent and meant.reminder is not None else None
        return tuple(
            self._row(
                client,
                meant,
                NegotiationKind.NOTE,
                told,
                outcome,
                address=", ".join(bounce.addresses) or "?",
                status=bounce.status or "–",
            )
            for client in meant.clients
        )

    # ---- people

    def _answered(self, client: str, reminder: Reminder) -> Effect:
        """An answer to one known message: what the gate lets through, else for a person."""
        meant = Meant(clients=(client,), reminder=reminder)
        if "unsubscribes" in self.answer.says:
            return self._row(
                client,
                meant,
                NegotiationKind.REFUSAL,
                "unsubscribed",
                Outcome.REPLIED,
                prefix=UNSUBSCRIBED,
            )
        choice = self.answer.choice
        if choice is None:
            kind = self._kind_of_words(client)
            return self._row(client, meant, kind, "answered", Outcome.REPLIED)
        refused = self._why_not(client, reminder, choice)
        if choice.isdigit():
            return self._choice_of_option(client, meant, reminder, int(choice), refused)
        kinds = {
            codes.PAID: (NegotiationKind.SAYS_PAID, "says_paid"),
            codes.DISPUTE: (NegotiationKind.DISPUTE, "disputes"),
            codes.CALL: (NegotiationKind.CONTACT, "call"),
        }
        kind, told = kinds[choice]
        if refused is not None:
            kind = self._kind_of_words(client)
            return self._row(client, meant, kind, "unproven", Outcome.REPLIED, why=refused)
        named = reminder.receivables if kind is not NegotiationKind.CONTACT else ()
        return self._row(client, meant, kind, told, Outcome.REPLIED, receivables=named)

    def _choice_of_option(
        self, client: str, meant: Meant, reminder: Reminder, number: int, refused: str | None
    ) -> Effect:
        offered = self._offered(reminder, number)
        if refused is None and offered is not None:
            refused = self._why_not_now(client, reminder, offered)
        ref = ref_of(self.about.workbook_id, self.name, client)
        if refused is None and not self.about.offers.accept(reminder.reference, number, ref):
            refused = "used"
        if refused is not None or offered is None:
            why = refused or "unknown"
            return self._row(
                client,
                meant,
                NegotiationKind.PROPOSAL,
                "unproven",
                Outcome.REPLIED,
                why=why,
                receivables=reminder.receivables,
            )
        return self._accepted(ref, reminder, option_of(offered.option))

    def _accepted(self, ref: str, reminder: Reminder, option: Option) -> Effect:
        return Effect(
            client=option.client,
            at=self.at,
            ref=ref,
            kind=NegotiationKind.AGREEMENT,
            notes=self._note("accepted", number=option.number, terms=self._in_words(option)),
            receivables=option.receivables,
            amount=option.total,
            discount=option.discount or None,
            instalments=tuple(
                Part(number=part.number, due_on=part.due_on, amount=part.amount)
                for part in option.instalments
            ),
            reference=reminder.reference,
            message_id=reminder.message_id or "",
            outcome=Outcome.REPLIED,
        )

    def _in_words(self, option: Option) -> str:
        """What was agreed, for the row's details."""
        language = self.about.language
        return words(
            language,
            "conversation.terms_once" if option.count == 1 else "conversation.terms_parts",
            count=option.count,
            total=money_text(language, option.total),
            first=date_text(language, option.instalments[0].due_on),
            last=date_text(language, option.instalments[-1].due_on),
            owed=money_text(language, option.owed),
        )

    def _offered(self, reminder: Reminder, number: int) -> Offered | None:
        known = self.about.offers.of(self.about.workbook_id, reminder.reference)
        return next((each for each in known if each.number == number), None)

    def _why_not(self, client: str, reminder: Reminder, choice: str) -> str | None:
        """The first demand of the gate that an answer fails; None when it passes them all."""
        answer = self.answer
        row = self.about.facts.clients.get(client)
        addresses = {a.casefold() for a in (*row.emails, *row.cc)} if row is not None else set()
        if answer.contradicts or answer.broken:
            return "contradicts"
        if not answer.sender or answer.sender.casefold() not in addresses:
            return "sender"
        if answer.authentication == "fail":
            return "authentication"
        return self._why_unproven(client, reminder, choice)

    def _why_unproven(self, client: str, reminder: Reminder, choice: str) -> str | None:
        """Whether a code of this message speaks for this choice: signed for it, and in time."""
        about = self.about
        offered = about.offers.of(about.workbook_id, reminder.reference)
        mine = [code for code in self._codes() if code.reference == reminder.reference]
        chosen = (*self.answer.codes_subject, *self.answer.codes_text)
        if any(code.reference != reminder.reference for code in chosen):
            return "other_message"
        terms = answer_terms(choice, offered, reminder.valid_until)
        if terms is None:
            return "unknown"
        if self.at.date() > terms.expires:
            return "expired"
        speaking = [code for code in mine if code.choice in {choice, codes.MESSAGE}]
        if any(code.choice not in {choice, codes.MESSAGE} for code in chosen):
            return "contradicts"
        for code in speaking:
            of = (
                terms
                if code.choice == choice
                else answer_terms(code.choice, offered, reminder.valid_until)
            )
            if of is not None and codes.verify(
                code,
                about.secret,
                workbook=about.workbook_id,
                client=client,
                terms=of.text,
                expires=of.expires,
            ):
                return None
        return "signature"

    def _why_not_now(self, client: str, reminder: Reminder, offered: Offered) -> str | None:
        """Whether what was offered can still be agreed: the same debts, still open and unpaid."""
        about, on = self.about, reminder.at.date()
        if client in about.facts.row_problems:
            return "row_problem"
        option = option_of(offered.option)
        accounts, owed = about.book.accounts, ZERO
        for name in option.receivables:
            standing, item = about.book.standings.get(name), accounts.item(name)
            if standing is None or item is None or item.client != client:
                return "changed"
            receipts = accounts.receipts(item)
            if standing.status not in _PAYABLE or any(receipt.on > on for receipt in receipts):
                return "changed"
            owed += accounts.charge(item, on, receipts).total_due
        return None if owed == option.owed and option.client == client else "changed"

    def _kind_of_words(self, client: str) -> NegotiationKind:
        """What words alone make of an answer: what may mean an end of the debt holds till closed.

        From an address that is none of the client's anything is a contact.
        """
        says = self.answer.says
        if client not in self.about.clients_at.get(self.answer.sender.casefold(), ()):
            return NegotiationKind.CONTACT
        if "disputes" in says:
            return NegotiationKind.DISPUTE
        if "paid" in says:
            return NegotiationKind.SAYS_PAID
        if "accepts" in says or self.answer.options:
            return NegotiationKind.PROPOSAL
        return NegotiationKind.CONTACT

    # ---- rows

    def _row(
        self,
        client: str,
        meant: Meant,
        kind: NegotiationKind,
        told: str,
        outcome: Outcome | None = None,
        *,
        receivables: Iterable[str] = (),
        prefix: str = "M-",
        **values: object,
    ) -> Effect:
        reminder = meant.reminder
        return Effect(
            client=client,
            at=self.at,
            ref=ref_of(self.about.workbook_id, self.name, client, prefix=prefix),
            kind=kind,
            notes=self._note(told, **values),
            receivables=tuple(receivables),
            reference=reminder.reference if reminder else "",
            message_id=(reminder.message_id or "") if reminder else "",
            outcome=outcome if reminder else None,
        )

    def _note(self, told: str, **values: object) -> str:
        """What happened in the workbook's language, then the customer's own words."""
        language = self.about.language
        if isinstance(why := values.get("why"), str):
            values["why"] = words(language, f"conversation.why.{why}")
        said = words(language, f"conversation.{told}", sender=self.answer.sender or "?", **values)
        excerpt = self.answer.text[:_LONGEST_EXCERPT].strip()
        return f"{said} «{excerpt}»" if excerpt and self.answer.kind == "human" else said
