"""What people said of uncertain messages on the queue."""

from datetime import datetime, timedelta

from sync.domain.facts import Facts, Outcome
from sync.ledger import Ledger, NotUncertain
from sync.ledger_days import UnknownReference
from sync.message_states import Verdict

UNDER_WAY = timedelta(hours=1)
"""For so long a message of which only History tells may be another computer's, leaving now."""


def settle_choices(facts: Facts, ledger: Ledger, *, by: str, now: datetime) -> tuple[str, ...]:
    """Carry out the ticks on uncertain rows: approve sends again, skip says that it arrived.

    Both ticked says nothing and is left for the person. A tick on what may still be under way on
    another computer waits on the queue (`now`: naive where the reminders are). Returns the
    references settled.
    """
    uncertain = {
        reminder.reference: reminder.at
        for reminder in facts.reminders
        if reminder.outcome is Outcome.UNCERTAIN
    }
    settled = []
    for choice in facts.choices:
        if choice.reference is None or choice.reference not in uncertain:
            continue
        if choice.approve == choice.skip:
            continue
        verdict = Verdict.RESEND if choice.approve else Verdict.SENT
        over = uncertain[choice.reference] <= now - UNDER_WAY
        try:
            ledger.settle(choice.reference, verdict, by, in_history=over)
        except (NotUncertain, UnknownReference):
            continue
        settled.append(choice.reference)
    return tuple(settled)
