"""The mailbox as a source of rows: each message handled once, whatever dies in between."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailer.errors import InboxError
from mailer.incoming import Inbox, RawMail
from sync.conversation import Conversation
from sync.domain.facts import Outcome
from sync.effects import Effect, effect_changes
from sync.ledger import Ledger
from sync.ledger_mail import MailPlace, TakenMail
from sync.look import Look
from sync.message_states import State
from sync.workbook import Change

_LOG = logging.getLogger("regua.arrivals")
_LEARNED = {Outcome.BOUNCED: State.BOUNCED, Outcome.REPLIED: State.REPLIED}


@dataclass(slots=True, kw_only=True)
class MailSource:
    """Answers from a mailbox.

    `own` are the addresses that the team itself writes from, `trusted` the receiving server whose
    word on senders is believed. What cannot be read now is read by the next run: an unreachable
    mailbox holds nothing up, and `trouble` says so.
    """

    inbox: Inbox
    ledger: Ledger
    workbook_id: str
    by: str
    own: frozenset[str] = frozenset()
    trusted: str | None = None
    told: list[Effect] = field(default_factory=list)
    trouble: InboxError | None = None
    _pending: tuple[TakenMail, ...] = ()
    _handled: list[RawMail] = field(default_factory=list)

    def collect(self, seen: Look) -> None:
        """Read what is new, and remember what each message does."""
        conversation = self._conversation(seen)
        known: dict[int, frozenset[int]] = {}

        def is_known(uidvalidity: int, uid: int) -> bool:
            if uidvalidity not in known:
                mailbox = self.inbox.mailbox
                known[uidvalidity] = self.ledger.mail.known(self.workbook_id, mailbox, uidvalidity)
            return uid in known[uidvalidity]

        try:
            for mail in self.inbox.new_messages(is_known):
                self._take(mail, conversation.effects_of(mail))
        except InboxError as error:
            self.trouble = error
            _LOG.warning("mailbox: %s", error)

    def changes(self, seen: Look) -> list[Change]:
        """The rows that waiting messages make."""
        self._pending = self.ledger.mail.pending(self.workbook_id)
        effects = list(_effects(self._pending))
        for effect in effects:
            if effect.reference and effect.outcome in _LEARNED:
                self.ledger.learn(effect.reference, _LEARNED[effect.outcome], "mailbox")
        return effect_changes(seen.snapshot, effects, by=self.by)

    def written(self, seen: Look) -> None:
        """Forget what the sheet shows now, and let the mailbox know where that is wished."""
        del seen
        self.told.extend(_effects(self._pending))
        self.ledger.mail.recorded(self.workbook_id, [taken.place for taken in self._pending])
        self._pending = ()
        try:
            for mail in self._handled:
                self.inbox.done(mail)
        except InboxError as error:
            _LOG.warning("mailbox: %s", error)
        self._handled.clear()

    def _conversation(self, seen: Look) -> Conversation:
        return Conversation(
            workbook_id=self.workbook_id,
            language=seen.snapshot.language,
            facts=seen.facts,
            book=seen.book,
            offers=self.ledger.offers,
            own=self.own,
            trusted=self.trusted,
        )

    def _take(self, mail: RawMail, effects: Sequence[Effect]) -> None:
        place = MailPlace(mailbox=mail.mailbox, uidvalidity=mail.uidvalidity, uid=mail.uid)
        self.ledger.mail.take(
            self.workbook_id,
            place,
            digest=hashlib.sha256(mail.raw).hexdigest(),
            effect={"effects": [effect.json() for effect in effects]} if effects else {},
        )
        self._handled.append(mail)


def _effects(pending: Iterable[TakenMail]) -> Iterable[Effect]:
    for taken in pending:
        for raw in taken.effect.get("effects", ()):
            yield Effect.from_json(raw)
