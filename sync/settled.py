"""What people said of uncertain messages: on the queue, or with `settle`."""

from sync.domain.facts import Facts, Outcome
from sync.ledger import Ledger, NotUncertain
from sync.message_states import Verdict


def settle_choices(facts: Facts, ledger: Ledger, *, by: str) -> tuple[str, ...]:
    """Carry out the ticks on uncertain rows: approve sends again, skip says that it arrived.

    Both ticked says nothing and is left for the person. Returns the references settled.
    """
    uncertain = {
        reminder.reference for reminder in facts.reminders if reminder.outcome is Outcome.UNCERTAIN
    }
    settled = []
    for choice in facts.choices:
        if choice.reference not in uncertain or choice.approve == choice.skip:
            continue
        verdict = Verdict.RESEND if choice.approve else Verdict.SENT
        try:
            ledger.settle(choice.reference or "", verdict, by, in_history=True)
        except NotUncertain:
            continue
        settled.append(choice.reference or "")
    return tuple(settled)
