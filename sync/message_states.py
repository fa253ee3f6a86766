"""The life of one message as values: its states, the legal moves, and two records made one.

    planned   --changed since it was decided, postponed, found at start-up--> cancelled
    planned   --354, then a durable compare-and-set--> sending
    planned   --5xx before the body--> failed
    sending   --250--> sent;  4xx --> planned;  5xx --> failed
    sending   --lost connection, time-out, found at start-up--> uncertain
    uncertain --it is in Sent, or a person says so--> sent;  a person says send again--> planned
    sent, uncertain --a bounce or an answer cites it--> bounced, replied

`skipped` is a first state: a person chose not to send. What a person did by hand (a chat, a call)
is first `sent`. RFC 5321 section 4.5.3.2.6 is why a lost answer to the final dot is uncertain.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from sync.domain.facts import Outcome, Reminder


class State(StrEnum):
    """Where one message of the ledger stands."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    BOUNCED = "bounced"
    REPLIED = "replied"


class Verdict(StrEnum):
    """What a person said about an uncertain message: it arrived, or send it again."""

    SENT = "sent"
    RESEND = "resend"


MOVES: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.SENDING, State.FAILED, State.CANCELLED}),
    State.SENDING: frozenset({State.SENT, State.PLANNED, State.FAILED, State.UNCERTAIN}),
    State.UNCERTAIN: frozenset({State.SENT, State.PLANNED, State.BOUNCED, State.REPLIED}),
    State.SENT: frozenset({State.BOUNCED, State.REPLIED}),
    State.BOUNCED: frozenset({State.REPLIED}),
    State.REPLIED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.SKIPPED: frozenset(),
}
FIRST = frozenset({State.PLANNED, State.SKIPPED, State.SENT})
# A message in one of these has not reached anybody: its keys are free for another one.
RELEASED = frozenset({State.FAILED, State.CANCELLED})
# In these the bytes are of no more use: nothing will be sent and nobody has to look at them.
SETTLED = frozenset(State) - {State.PLANNED, State.SENDING, State.UNCERTAIN}

OUTCOMES: Mapping[State, Outcome] = {
    State.PLANNED: Outcome.SENDING,  # claimed: in doubt it counts, until recovery says otherwise
    State.SENDING: Outcome.SENDING,
    State.SENT: Outcome.SENT,
    State.FAILED: Outcome.REFUSED,
    State.UNCERTAIN: Outcome.UNCERTAIN,
    State.CANCELLED: Outcome.CANCELLED,
    State.SKIPPED: Outcome.SKIPPED,
    State.BOUNCED: Outcome.BOUNCED,
    State.REPLIED: Outcome.REPLIED,
}

# How much each outcome says that the message left; of two records the one that says more holds.
_WEIGHT: Mapping[Outcome, int] = {
    outcome: weight
    for weight, outcome in enumerate(
        (
            Outcome.CANCELLED,
            Outcome.REFUSED,
            Outcome.SKIPPED,
            Outcome.SENDING,
            Outcome.UNCERTAIN,
            Outcome.SENT,
            Outcome.BOUNCED,
            Outcome.REPLIED,
        )
    )
}


def sources(new: State) -> frozenset[State]:
    """The states from which a message may come to be `new`."""
    return frozenset(old for old, targets in MOVES.items() if new in targets)


def recovered(state: State) -> State:
    """What a message found in `state` when no run is going on has become."""
    if state is State.SENDING:
        return State.UNCERTAIN
    return State.CANCELLED if state is State.PLANNED else state


def union(
    history: Iterable[Reminder],
    ledger: Iterable[Reminder],
    verdicts: Mapping[str, Verdict] | None = None,
) -> tuple[Reminder, ...]:
    """All messages that the workbook's History or the ledger knows, one per reference.

    Either record may be lost, restored from an older copy or lag behind the other, so each pair
    comes to the outcome by which the message more probably left:

    | ledger says      | History says                        | holds                            |
    |------------------|-------------------------------------|----------------------------------|
    | (nothing)        | sending                             | uncertain: the claim was written |
    | (nothing)        | anything else                       | History's                        |
    | anything         | (nothing)                           | the ledger's                     |
    | anything         | sending                             | the ledger's: the record lagged  |
    | cancelled        | refused, skipped                    | History's                        |
    | refused          | cancelled                           | refused; neither counts as sent  |
    | cancelled,refused| uncertain, sent, bounced, replied   | History's: the ledger is older   |
    | skipped          | uncertain, sent, bounced, replied   | History's                        |
    | sending          | uncertain, sent, bounced, replied   | History's                        |
    | sending          | cancelled, refused, skipped         | sending                          |
    | uncertain        | sent, bounced, replied              | History's                        |
    | uncertain        | cancelled, refused, skipped         | uncertain                        |
    | sent             | bounced, replied                    | History's                        |
    | sent             | cancelled … uncertain               | sent                             |
    | bounced          | replied                             | replied                          |
    | bounced, replied | anything else                       | the ledger's                     |

    A person's verdict decides what is still uncertain after that, and nothing else: `sent` makes
    it sent, `resend` cancelled (its keys are free and it is decided afresh).

    Of a reference in both, the ledger gives the facts and both give their keys; the client's name
    is History's, where people may have renamed it. Rows of History without a reference stay as
    they are, each for itself. The order is History's, then the ledger's.
    """
    written = _by_reference(history)
    known = {reminder.reference: reminder for reminder in ledger}
    told = verdicts or {}
    joined = [
        _joined(row, known[row.reference]) if row.reference in known else _doubted(row)
        for row in written
    ]
    seen = {row.reference for row in written}
    joined += [reminder for reference, reminder in known.items() if reference not in seen]
    return tuple(_judged(reminder, told) for reminder in joined)


def _by_reference(history: Iterable[Reminder]) -> list[Reminder]:
    """History with the copies of a row made one; rows without a reference each stay."""
    rows: dict[str | int, Reminder] = {}
    for number, row in enumerate(history):
        key = row.reference or number
        rows[key] = _heavier(rows[key], row) if key in rows else row
    return list(rows.values())


def _heavier(one: Reminder, other: Reminder) -> Reminder:
    """`one` with the outcome of the two that says more, and the keys and invoices of both."""
    return replace(
        one,
        outcome=max(one.outcome, other.outcome, key=_WEIGHT.__getitem__),
        keys=tuple(dict.fromkeys(one.keys + other.keys)),
        receivables=tuple(dict.fromkeys(one.receivables + other.receivables)),
    )


def _joined(row: Reminder, known: Reminder) -> Reminder:
    if (row.outcome, row.client, row.keys, row.receivables) == (
        known.outcome,
        known.client,
        known.keys,
        known.receivables,
    ):
        return known  # nearly all of many years' rows: both records agree
    if row.outcome is Outcome.SENDING:
        row = replace(row, outcome=known.outcome)
    return replace(_heavier(known, row), client=row.client)


def _doubted(row: Reminder) -> Reminder:
    if row.outcome is Outcome.SENDING:
        return replace(row, outcome=Outcome.UNCERTAIN)
    return row


def _judged(reminder: Reminder, told: Mapping[str, Verdict]) -> Reminder:
    verdict = told.get(reminder.reference)
    if reminder.outcome is not Outcome.UNCERTAIN or verdict is None:
        return reminder
    outcome = Outcome.SENT if verdict is Verdict.SENT else Outcome.CANCELLED
    return replace(reminder, outcome=outcome)
