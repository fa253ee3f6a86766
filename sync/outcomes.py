"""What became of a run's claims, for its report and for History."""

from collections.abc import Iterable

from sync.claims import Claim
from sync.domain.facts import Outcome
from sync.message_states import State
from sync.report import MessageOutcome
from sync.send import SendResult
from sync.views.view_input import HistoryNote


def outcome_of(claim: Claim, result: SendResult | None) -> MessageOutcome:
    """How one message ended; without a result it never left, or a person settled it."""
    final = {State.SKIPPED: Outcome.SKIPPED, State.SENT: Outcome.SENT}
    planned = claim.planned
    return MessageOutcome(
        reference=claim.reference,
        client=planned.client,
        step=planned.step,
        to=planned.to,
        receivables=tuple(item.standing.id for item in claim.decision.step_items),
        total=planned.total,
        outcome=result.outcome if result else final.get(claim.state, Outcome.CANCELLED),
        detail=result.detail if result else "",
        postponed=result is not None and result.postponed is not None,
    )


def notes_of(claims: Iterable[Claim]) -> dict[str, HistoryNote]:
    """What History tells of each message besides, by its reference."""
    return {
        claim.reference: HistoryNote(
            subject=claim.planned.subject, run=claim.planned.run, by=claim.planned.by
        )
        for claim in claims
    }
