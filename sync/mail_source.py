"""The mailbox as a source of rows: each message handled once, whatever dies in between."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mailer.errors import ConfigurationError, InboxError
from mailer.incoming import Inbox, RawMail
from sync.answer_gate import Gate
from sync.conversation import Conversation
from sync.domain.facts import NegotiationKind, Outcome
from sync.domain.offers import option_of
from sync.effects import Effect, effect_changes, refs_in, without_terms
from sync.ledger import Ledger
from sync.ledger_days import UnknownReference
from sync.ledger_file import LedgerError
from sync.ledger_mail import MailPlace, TakenMail
from sync.look import Look
from sync.message_states import State
from sync.taking_in import News
from sync.waiting import references
from sync.words import words
from sync.workbook import Change

_LOG = logging.getLogger("regua.arrivals")
_TABS = frozenset({"negotiations", "instalments"})
_LEARNED = {Outcome.BOUNCED: State.BOUNCED, Outcome.REPLIED: State.REPLIED}
_SETTLED_BY_A_PERSON = frozenset(
    {
        NegotiationKind.DISPUTE,
        NegotiationKind.SAYS_PAID,
        NegotiationKind.PROPOSAL,
        NegotiationKind.REFUSAL,
        NegotiationKind.AGREEMENT,
    }
)


@dataclass(slots=True, kw_only=True)
class MailSource:
    """Answers from a mailbox.

    `own` are the addresses that the team itself writes from, `trusted` the receiving server whose
    word on senders is believed. What cannot be read now is read by the next run: an unreachable
    mailbox holds nothing up, and `news` says so. `shared`: other workbooks read this mailbox too,
    so that only what plainly answers this one's messages is marked as handled.
    """

    inbox: Inbox
    ledger: Ledger
    workbook_id: str
    by: str
    own: frozenset[str] = frozenset()
    trusted: str | None = None
    shared: bool = False
    _told: list[Effect] = field(default_factory=list)
    _trouble: str | None = None
    _pending: tuple[TakenMail, ...] = ()
    _judged: tuple[Effect, ...] = ()

    def collect(self, seen: Look) -> None:
        """Read what is new, and remember what each message does."""
        if not _has_tabs(seen):
            return
        conversation = self._conversation(seen)
        known: dict[int, frozenset[int]] = {}

        def is_known(uidvalidity: int, uid: int) -> bool:
            if uidvalidity not in known:
                mailbox = self.inbox.mailbox
                known[uidvalidity] = self.ledger.mail.known(self.workbook_id, mailbox, uidvalidity)
            return uid in known[uidvalidity]

        try:
            for mail in self.inbox.new_messages(is_known):
                effects = self._understood(conversation, mail)
                if effects is not None:
                    self._take(mail, effects)
                    conversation.waiting.update(_agreements(effects))
        except (InboxError, ConfigurationError) as error:
            self._trouble = str(error)
            _LOG.warning("mailbox: %s", error)

    def _understood(self, conversation: Conversation, mail: RawMail) -> tuple[Effect, ...] | None:
        """What a message does. One that breaks the program waits for a better one; others go on."""
        try:
            return conversation.effects_of(mail)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a stranger wrote
            _LOG.exception("mailbox: message %s", mail.uid)
            self._trouble = f"{mail.mailbox}, {mail.uid}: {type(error).__name__}"
            return None

    def changes(self, seen: Look) -> list[Change]:
        """The rows that waiting messages make; in a workbook without their tabs they wait.

        An acceptance is judged again by what the sheet says now: it may have waited for days.
        """
        if not _has_tabs(seen):
            return []
        self._pending = self.ledger.mail.pending(self.workbook_id)
        waiting = list(_effects(self._pending))
        gate, known = self._gate(seen), refs_in(seen.snapshot)
        self._judged = tuple(
            each if each.ref in known else _judged(each, waiting, gate, seen) for each in waiting
        )
        for effect in self._judged:
            if effect.reference and effect.outcome in _LEARNED:
                self.ledger.learn(effect.reference, _LEARNED[effect.outcome], "mailbox")
        return effect_changes(seen.snapshot, self._judged, by=self.by)

    def written(self, seen: Look) -> None:
        """Forget what the sheet shows now, and let the mailbox know where that is wished."""
        del seen
        self._told.extend(self._judged)
        places = [taken.place for taken in self._pending]
        rows = {each.ref: each.json() for each in self._judged}
        self.ledger.mail.recorded(self.workbook_id, places, rows)
        handled = [taken for taken in self._pending if self._may_mark(taken)]
        self._pending = self._judged = ()
        try:
            for taken in handled:
                self.inbox.done(self._there(taken.place))
        except (InboxError, ConfigurationError) as error:
            _LOG.warning("mailbox: %s", error)

    def news(self) -> News:
        """The rows that came of mail, and why the mailbox could not be read (further)."""
        return News(rows=tuple(self._told), trouble=self._trouble)

    def _conversation(self, seen: Look) -> Conversation:
        pending = _effects(self.ledger.mail.pending(self.workbook_id))
        return Conversation(
            language=seen.snapshot.language,
            gate=self._gate(seen),
            now=self.ledger.moment(),
            own=self.own | {each.casefold() for each in (seen.facts.settings.reply_to,) if each},
            trusted=self.trusted,
            elsewhere=lambda references, ids: self.ledger.mail.is_of_another(
                self.workbook_id, references, ids
            ),
            waiting=set(_agreements(pending)),
        )

    def _gate(self, seen: Look) -> Gate:
        # A bank file of the same run may have told of money since the workbook was looked at.
        money = self.ledger.bank.on_the_way(self.workbook_id, references(seen.snapshot))
        return Gate(
            workbook_id=self.workbook_id,
            facts=replace(seen.facts, waiting_money=money),
            book=seen.book,
            offers=self.ledger.offers,
            letter_of=self._letter,
        )

    def _letter(self, reference: str) -> bytes | None:
        try:
            return self.ledger.body(reference)
        except UnknownReference:
            return None

    def _take(self, mail: RawMail, effects: Sequence[Effect]) -> None:
        place = MailPlace(mailbox=mail.mailbox, uidvalidity=mail.uidvalidity, uid=mail.uid)
        self.ledger.mail.take(
            self.workbook_id,
            place,
            digest=hashlib.sha256(mail.raw).hexdigest(),
            effect={"effects": [effect.json() for effect in effects]} if effects else {},
        )

    def _may_mark(self, taken: TakenMail) -> bool:
        """What is none of ours stays as people left it, and where others read it first."""
        effects = list(_effects([taken]))
        if taken.place.mailbox != self.inbox.mailbox:
            return False
        return bool(effects) and (not self.shared or all(each.reference for each in effects))

    def _there(self, place: MailPlace) -> RawMail:
        """A message by its place; the mailbox needs no more to mark it."""
        return RawMail(
            mailbox=place.mailbox,
            uidvalidity=place.uidvalidity,
            uid=place.uid,
            raw=b"",
            size=0,
            received_at=self.ledger.moment(),
        )


def _has_tabs(seen: Look) -> bool:
    """Whether the workbook has the tabs that answers go to."""
    return seen.snapshot.tabs.keys() >= _TABS


def _judged(effect: Effect, waiting: Sequence[Effect], gate: Gate, seen: Look) -> Effect:
    """An acceptance as it may stand now: what came in meanwhile may leave it to a person."""
    if effect.kind is not NegotiationKind.AGREEMENT:
        return effect
    why = _why_not_beside(effect, waiting) or _why_not_now(effect, gate)
    if why is None:
        return effect
    language = seen.snapshot.language
    reason = words(language, f"conversation.why.{why}")
    told = words(language, "conversation.not_carried_out", why=reason)
    return without_terms(effect, f"{told} {effect.notes}")


def _why_not_beside(effect: Effect, waiting: Iterable[Effect]) -> str | None:
    """What the client also said: anything after it, or before it what a person has to settle."""
    others = [each for each in waiting if each.client == effect.client and each.ref != effect.ref]
    if any(each.at >= effect.at and each.kind is not NegotiationKind.NOTE for each in others):
        return "followed"
    return "waits" if any(each.kind in _SETTLED_BY_A_PERSON for each in others) else None


def _why_not_now(effect: Effect, gate: Gate) -> str | None:
    reminders = (each for each in gate.facts.reminders if each.reference == effect.reference)
    reminder = next(reminders, None)
    offers = gate.offers.of(gate.workbook_id, effect.reference)
    accepted = next((each for each in offers if each.accepted_as == effect.ref), None)
    if reminder is None or accepted is None:
        return "unknown"
    return gate.why_not_now(reminder, option_of(accepted.option))


def _agreements(effects: Iterable[Effect]) -> Iterable[str]:
    return (effect.ref for effect in effects if effect.kind is NegotiationKind.AGREEMENT)


def _effects(pending: Iterable[TakenMail]) -> Iterable[Effect]:
    for taken in pending:
        for raw in taken.effect.get("effects", ()):
            yield Effect.from_json(raw)
