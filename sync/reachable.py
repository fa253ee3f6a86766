"""Is the mail server there? Asked before what it did not take today is claimed once more.

A claim is a row of History for ever. While a server is away for hours, each try would add a row
to every message that waits; so after the first one of a day the server is asked before, and what
cannot go is told as postponed without a claim.
"""

from typing import Protocol, runtime_checkable

from mailer.errors import MailError
from mailer.outcome import Refused, Transport
from sync.claims import first_state
from sync.domain.decisions import Decision
from sync.domain.facts import Outcome
from sync.look import Look
from sync.message_states import State
from sync.report import MessageOutcome


@runtime_checkable
class Checked(Protocol):
    """A transport that can say, without a message, whether it would take one."""

    def check(self) -> Refused | None:
        """Connect and log in; why not. Raises ConfigurationError: a person has to act."""
        ...


def unreached(seen: Look, transport: Transport) -> tuple[MessageOutcome, ...]:
    """The e-mails that are not worth a claim now, postponed with the server's words.

    Empty when nothing was tried in vain today, or the server is there again.
    """
    letters = [each for each in seen.plan.decisions if first_state(each) is State.PLANNED]
    if not letters or not _failed_today(seen, letters):
        return ()
    why = _why_not(transport)
    if why is None:
        return ()
    return tuple(_postponed(decision, why) for decision in letters)


def _failed_today(seen: Look, letters: list[Decision]) -> bool:
    """Whether History has a row of today that came to nothing, for one of these messages."""
    keys = {key for decision in letters for key in decision.keys}
    today, cancelled = seen.plan.run_date, Outcome.CANCELLED
    return any(
        row.outcome is cancelled and row.at.date() == today and not keys.isdisjoint(row.keys)
        for row in seen.history
    )


def _why_not(transport: Transport) -> str | None:
    if not isinstance(transport, Checked):
        return None
    try:
        with transport:
            refused = transport.check()
    except MailError as broken:
        return str(broken)
    if refused is None:
        return None
    return f"{refused.code} {refused.reason}" if refused.code else refused.reason


def _postponed(decision: Decision, why: str) -> MessageOutcome:
    return MessageOutcome(
        reference="",
        client=decision.client,
        step=decision.step.name if decision.step else "",
        to=decision.to,
        receivables=tuple(item.standing.id for item in decision.step_items),
        total=decision.total,
        outcome=Outcome.CANCELLED,
        detail=why,
        postponed=True,
    )
