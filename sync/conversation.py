"""Answers of customers: whose they are, and the row that each becomes.

Only what passes the strict gate (`sync.answer_gate`) decides anything. Everything else waits for a
person, and holds the ladder meanwhile.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import cached_property

from mailer import reference as codes
from mailer.answer_types import Answer, Bounce
from mailer.answers import read_answer
from mailer.incoming import RawMail
from sync.answer_gate import Gate, addresses_of, codes_of
from sync.domain.agreeing import Refusal, Terms, accept
from sync.domain.facts import UNSUBSCRIBED, NegotiationKind, Outcome, Reminder
from sync.domain.negotiation import Result
from sync.domain.offers import Option, option_of
from sync.effects import Effect, ref_of
from sync.ledger_offers import Offered
from sync.views.cells import date_text, money_text
from sync.words import words

_LONGEST_EXCERPT = 500
_ABSENCE_TOLD_WITHIN = timedelta(days=3)
"""An automatic answer that names no message of ours belongs to one of the last days, or to none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Whom an answer is about: the message it answers, when known, and the clients."""

    clients: tuple[str, ...] = ()
    reminder: Reminder | None = None


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """What one workbook knows when an answer comes in.

    `own` are the team's own addresses, `trusted` the id of the receiving server whose
    Authentication-Results are believed, None for no server. `now` is the present in the team's
    zone. `elsewhere` says whether references and Message-IDs are of another workbook of the same
    mailbox; `waiting` are the refs of acceptances that are on the way into the sheet.
    """

    language: str
    gate: Gate
    now: datetime
    own: frozenset[str] = frozenset()
    trusted: str | None = None
    elsewhere: Callable[[Sequence[str], Sequence[str]], bool] = lambda _references, _ids: False
    waiting: set[str] = field(default_factory=set)

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
            name=_name_of(answer, mail.raw),
            at=self._local(mail.received_at),
        )
        return arrived.effects()

    def _local(self, at: datetime) -> datetime:
        """A moment as the team's clock shows it; a mail server's clock may be ahead of it."""
        zone: tzinfo | None = self.now.tzinfo
        return min(at.astimezone(zone), self.now).replace(tzinfo=None)

    @cached_property
    def by_reference(self) -> Mapping[str, Reminder]:
        """Messages by their reference."""
        return {each.reference: each for each in self.gate.facts.reminders if each.reference}

    @cached_property
    def by_message_id(self) -> Mapping[str, Reminder]:
        """Messages by their Message-ID."""
        return {each.message_id: each for each in self.gate.facts.reminders if each.message_id}

    @cached_property
    def first_message(self) -> datetime | None:
        """When the workbook's first message left: what came before it answers none of them."""
        return min((each.at for each in self.gate.facts.reminders), default=None)

    @cached_property
    def clients_at(self) -> Mapping[str, tuple[str, ...]]:
        """Clients by each of their addresses, case aside."""
        found: dict[str, tuple[str, ...]] = {}
        for client in self.gate.facts.clients.values():
            for address in addresses_of(client):
                found[address] = (*found.get(address, ()), client.name)
        return found

    def last_to(self, address: str, before: datetime) -> Reminder | None:
        """The newest message to an address that left before a moment."""
        mine = (
            each
            for each in self.gate.facts.reminders
            if each.at <= before and address in {a.casefold() for a in each.to}
        )
        return max(mine, key=lambda each: each.at, default=None)


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
            return self._automatic(meant)
        if meant.reminder is None:
            return tuple(self._words_of(client, meant) for client in meant.clients)
        others = [name for name in self._senders if name != meant.reminder.client]
        answered = self._answered(meant.reminder)
        if meant.reminder.client in self._senders:
            return (answered,)
        # Somebody else's message was answered: both wait for a person.
        return (answered, *(self._words_of(name, Meant(clients=(name,))) for name in others))

    # ---- whose it is: the signed code, then the thread, then the sender

    def _meant(self) -> Meant:
        answer, about = self.answer, self.about
        references = [code.reference for code in codes_of(answer)]
        returned = answer.bounce.message_id if answer.bounce is not None else ""
        thread = [*filter(None, [returned]), *answer.in_reply_to]
        coded = [about.by_reference[each] for each in references if each in about.by_reference]
        threaded = [about.by_message_id[each] for each in thread if each in about.by_message_id]
        found = [*threaded, *coded] if answer.kind == "bounce" else [*coded, *threaded]
        found += [about.by_reference[r] for r in answer.references if r in about.by_reference]
        references += answer.references
        if found and (found[0].client in about.gate.facts.clients or not self._senders):
            return Meant(clients=(found[0].client,), reminder=found[0])
        if not found and about.elsewhere(references, thread):
            return Meant()
        if about.first_message is None or self.at < about.first_message:
            return Meant()
        return self._by_address()

    def _by_address(self) -> Meant:
        bounce, about = self.answer.bounce, self.about
        if bounce is None:
            return Meant(clients=self._senders)
        clients = [c for a in bounce.addresses for c in about.clients_at.get(a.casefold(), ())]
        last = None
        if bounce.permanent and not bounce.message_id:
            sent = (about.last_to(each.casefold(), self.at) for each in bounce.addresses)
            last = max(filter(None, sent), key=lambda each: each.at, default=None)
        if last is not None and last.client in clients:
            return Meant(clients=(last.client,), reminder=last)
        return Meant(clients=tuple(dict.fromkeys(clients)))

    @property
    def _senders(self) -> tuple[str, ...]:
        """The clients whose address sent it."""
        return self.about.clients_at.get(self.answer.sender.casefold(), ())

    # ---- machines

    def _automatic(self, meant: Meant) -> tuple[Effect, ...]:
        """An automatic answer changes nothing, but that machines too pass on who wants no more."""
        if "unsubscribes" in self.answer.says:
            return tuple(self._unsubscribed(client, meant) for client in meant.clients)
        if meant.reminder is None:  # a newsletter of a client's, or an answer to us?
            last = self.about.last_to(self.answer.sender.casefold(), self.at)
            if last is None or self.at - last.at > _ABSENCE_TOLD_WITHIN:
                return ()
        return tuple(self._row(c, meant, NegotiationKind.NOTE, "automatic") for c in meant.clients)

    def _bounced(self, meant: Meant) -> tuple[Effect, ...]:
        bounce = self.answer.bounce
        assert bounce is not None  # noqa: S101 - by its kind
        told = "bounced" if bounce.permanent else "delayed" if bounce.delayed else "returned"
        outcome = None
        if bounce.permanent and meant.reminder is not None:
            outcome = None if self._only_copies(bounce, meant.reminder) else Outcome.BOUNCED
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

    def _only_copies(self, bounce: Bounce, reminder: Reminder) -> bool:
        """Whether the message reached the client, and only others who get a copy did not."""
        client = self.about.gate.facts.clients.get(reminder.client)
        copies = {a.casefold() for a in client.cc} if client is not None else set()
        lost = {address.casefold() for address in bounce.addresses}
        return bool(lost) and lost <= copies - {address.casefold() for address in reminder.to}

    # ---- people

    def _words_of(self, client: str, meant: Meant) -> Effect:
        """An answer that only its words tell of."""
        if "unsubscribes" in self.answer.says:
            return self._unsubscribed(client, meant)
        kind = self._kind_of_words(client)
        return self._row(client, meant, kind, "answered", Outcome.REPLIED)

    def _unsubscribed(self, client: str, meant: Meant) -> Effect:
        return self._row(
            client,
            meant,
            NegotiationKind.REFUSAL,
            "unsubscribed",
            Outcome.REPLIED,
            prefix=UNSUBSCRIBED,
        )

    def _answered(self, reminder: Reminder) -> Effect:
        """An answer to one known message: what the gate lets through, else for a person."""
        client, choice = reminder.client, self.answer.choice
        meant = Meant(clients=(client,), reminder=reminder)
        if choice is None or "unsubscribes" in self.answer.says:
            return self._words_of(client, meant)
        refused = self.about.gate.why_not(self.answer, reminder, choice, self.at)
        if choice.isdigit():
            return self._choice_of_option(meant, reminder, int(choice), refused)
        kind, told = _PLAIN[choice]
        if refused is not None:
            is_theirs = client in self._senders  # in doubt it holds, until a person closes it
            kind = kind if is_theirs else NegotiationKind.CONTACT
            return self._row(client, meant, kind, "unproven", Outcome.REPLIED, why=refused)
        named = self._invoices(reminder) if kind is not NegotiationKind.CONTACT else ()
        return self._row(client, meant, kind, told, Outcome.REPLIED, receivables=named)

    def _invoices(self, reminder: Reminder) -> tuple[str, ...]:
        """What a message was about, where a row can name it; blank is all that was overdue."""
        known = self.about.gate.facts.receivables
        return reminder.receivables if all(n in known for n in reminder.receivables) else ()

    def _choice_of_option(
        self, meant: Meant, reminder: Reminder, number: int, refused: str | None
    ) -> Effect:
        client, gate = reminder.client, self.about.gate
        known = gate.offers.of(gate.workbook_id, reminder.reference)
        offered = next((each for each in known if each.number == number), None)
        ref = ref_of(gate.workbook_id, self.name, client)
        before = next((each for each in known if each.accepted_as not in {None, ref}), None)
        if refused is None and before is not None:
            if before is offered and self._stands(before):
                return self._row(client, meant, NegotiationKind.NOTE, "again", number=number)
            refused = "used"
        if refused is None and offered is not None:
            refused = gate.why_not_now(reminder, option_of(offered.option))
        terms = self._terms(offered) if refused is None and offered is not None else None
        if refused is None and not isinstance(terms, Terms):
            refused = "changed"
        if refused is None and not gate.offers.accept(reminder.reference, number, ref):
            refused = "used"
        if refused is not None or offered is None or not isinstance(terms, Terms):
            return self._row(
                client,
                meant,
                NegotiationKind.PROPOSAL,
                "unproven",
                Outcome.REPLIED,
                why=refused or "unknown",
                receivables=self._invoices(reminder),
            )
        return self._accepted(ref, reminder, option_of(offered.option), terms)

    def _terms(self, offered: Offered) -> Terms | Refusal:
        """What is agreed on by taking an option on the day that the answer came."""
        gate = self.about.gate
        calendar = gate.book.accounts.calendar
        return accept(gate.facts, calendar, option_of(offered.option), self.at.date())

    def _stands(self, offered: Offered) -> bool:
        """Whether what was accepted before is agreed and holds, or is on its way into the sheet."""
        agreement = self.about.gate.book.agreements.get(offered.accepted_as or "")
        if agreement is None:
            return offered.accepted_as in self.about.waiting
        return not agreement.closed and agreement.result in {Result.OPEN, Result.KEPT}

    def _accepted(self, ref: str, reminder: Reminder, option: Option, terms: Terms) -> Effect:
        return Effect(
            client=option.client,
            at=self.at,
            ref=ref,
            kind=NegotiationKind.AGREEMENT,
            notes=self._note("accepted", number=option.number, terms=self._in_words(option)),
            receivables=terms.receivables,
            amount=terms.total,
            discount=terms.discount or None,
            instalments=terms.instalments,
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

    def _kind_of_words(self, client: str) -> NegotiationKind:
        """What words alone make of an answer: what may mean an end of the debt holds till closed.

        From an address that is none of the client's anything is a contact. A ready answer whose
        text was changed says at least what its link was for.
        """
        answer, says = self.answer, self.answer.says
        if client not in self._senders:
            return NegotiationKind.CONTACT
        pressed = {code.choice for code in answer.codes_subject if not answer.in_reply_to}
        pressed |= {code.choice for code in answer.codes_text}
        if "disputes" in says or codes.DISPUTE in pressed:
            return NegotiationKind.DISPUTE
        if "paid" in says or codes.PAID in pressed:
            return NegotiationKind.SAYS_PAID
        named = any(choice.isdigit() and choice != codes.MESSAGE for choice in pressed)
        if "accepts" in says or answer.options or named:
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
            ref=ref_of(self.about.gate.workbook_id, self.name, client, prefix=prefix),
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


def _name_of(answer: Answer, raw: bytes) -> str:
    """What makes a message this one, by whatever way it came.

    Its Message-ID and what it says: some programs give every message the same id.
    """
    said = raw.partition(b"\r\n\r\n")[2] if answer.message_id else raw
    return f"{answer.message_id} {hashlib.sha256(said).hexdigest()}"


_PLAIN = {
    codes.PAID: (NegotiationKind.SAYS_PAID, "says_paid"),
    codes.DISPUTE: (NegotiationKind.DISPUTE, "disputes"),
    codes.CALL: (NegotiationKind.CONTACT, "call"),
}
"""What each ready answer becomes, and how its row begins."""
