"""Step 4 of a run: claim each message in the ledger and in the sheet before anything leaves.

A claim that cannot be written to both is taken back, and nothing is sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mailer.errors import MailError
from mailer.letter import OutgoingMessage
from sync.domain.decisions import Decision, Reason
from sync.domain.facts import Channel, Facts, Outcome, Reminder
from sync.ledger import KeyTaken, Ledger
from sync.ledger_rows import PlannedMessage
from sync.letters import LetterDesk
from sync.message_states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One message that the ledger now holds: what was decided, its row, and its bytes.

    `state` is `planned` for an e-mail to be sent; what a person skipped or did by hand is final
    at once and carries no `message`.
    """

    decision: Decision
    planned: PlannedMessage
    state: State
    at: datetime
    message: OutgoingMessage | None = None

    @property
    def reference(self) -> str:
        """The name it has in the ledger, in History and in the message itself."""
        return self.planned.reference

    def reminder(self, outcome: Outcome) -> Reminder:
        """The claim as History tells it."""
        return Reminder(
            reference=self.reference,
            client=self.planned.client,
            at=self.at.replace(tzinfo=None),
            step=self.planned.step,
            channel=self.planned.channel,
            outcome=outcome,
            keys=self.planned.keys,
            to=self.planned.to,
            total=self.planned.total,
            valid_until=self.planned.valid_until,
            message_id=self.planned.message_id,
            receivables=self.planned.receivables,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """A decision that could not become a message, and the sentence why."""

    decision: Decision
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Writes claims for one run. `by` is who acts (the service, a person's name)."""

    ledger: Ledger
    desk: LetterDesk
    run: str
    by: str

    def claim(
        self, decisions: Iterable[Decision], facts: Facts, at: datetime
    ) -> tuple[tuple[Claim, ...], tuple[Unclaimed, ...]]:
        """Claim in the ledger all that goes now; one letter that fails stops no other."""
        claims: list[Claim] = []
        failed: list[Unclaimed] = []
        for decision in decisions:
            state = first_state(decision)
            if state is None:
                continue
            try:
                claim = self._one(decision, facts, at, state)
                self.ledger.plan(claim.planned, claim.state)
            except (MailError, KeyTaken) as stopped:
                failed.append(Unclaimed(decision=decision, why=str(stopped)))
            else:
                claims.append(claim)
        return tuple(claims), tuple(failed)

    def withdraw(self, claims: Iterable[Claim], why: str) -> None:
        """Take planned claims back: their keys are free and they are decided afresh."""
        for claim in claims:
            if claim.state is State.PLANNED:
                self.ledger.cancel(claim.reference, why)

    def _one(self, decision: Decision, facts: Facts, at: datetime, state: State) -> Claim:
        step = decision.step
        if step is None:
            raise ValueError("a decision to act names its step")
        letter = self.desk.write(decision, facts, at) if state is State.PLANNED else None
        if letter is not None and not letter.is_signed:
            raise ValueError("a letter that leaves is signed: its desk has the workbook's secret")
        planned = PlannedMessage(
            reference=letter.reference if letter else self.desk.reference(decision),
            workbook_id=self.desk.workbook_id,
            client=decision.client,
            step=step.name,
            policy=step.policy,
            keys=decision.keys,
            run=self.run,
            by=self.by,
            channel=step.channel,
            to=decision.to,
            cc=decision.cc,
            subject=letter.message.subject if letter else "",
            receivables=tuple(item.standing.id for item in decision.listed),
            total=letter.total if letter else decision.total,
            valid_until=letter.valid_until if letter else None,
            message_id=letter.message.message_id if letter else None,
            offers=letter.offered if letter else (),
            raw=letter.message.raw if letter else None,
        )
        message = letter.message if letter else None
        return Claim(decision=decision, planned=planned, state=state, at=at, message=message)


def first_state(decision: Decision) -> State | None:
    """How a decision begins its life in the ledger; None when nothing is to be recorded now.

    What a person skipped or did by hand (`RunPlan.settled`) is final at once.
    """
    if decision.step is None:
        return None
    if decision.deliverable and decision.step.channel is Channel.EMAIL:
        return State.PLANNED
    ticked = decision.choice
    if ticked is None or not decision.keys:
        return None
    if decision.reason is Reason.SKIPPED and ticked.skip:
        return State.SKIPPED
    return State.SENT if decision.reason is Reason.BY_HAND and ticked.done else None
