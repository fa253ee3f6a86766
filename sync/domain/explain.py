"""All that explains one invoice on a day, as values: no text, nothing left out.

What is owed and how it came about, every rung of its ladder with its state, every message about
it, what holds it, and what its client gets today.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sync.domain.calendar import BusinessCalendar
from sync.domain.cases import CLOSED, Case, Day, climber_of
from sync.domain.decisions import Charge, Decision, ItemDecision, Reason, Standing
from sync.domain.dunning import day_of, decisions_of
from sync.domain.facts import Channel, Facts, Instalment, Outcome, Receivable, Reminder, Step
from sync.domain.history import SentStep, remember
from sync.domain.ladder import Climber, Rung, repeats_of
from sync.domain.negotiation import AgreementState, Hold, PromiseState


class RungState(StrEnum):
    """What became, or becomes, of one rung for one invoice."""

    SENT = "sent"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"
    BOUNCED = "bounced"
    DUE = "due"  # it is this rung's turn; `reason` says what it waits for
    LATER = "later"  # `on` is the first day on which it may be its turn
    PASSED = "passed"  # its time is over: late, or a higher rung was sent
    OVERTAKEN = "overtaken"  # by hand, undone when the next one was due
    INACTIVE = "inactive"


_REPEATS_SHOWN = 3
_STATES = {
    Outcome.SKIPPED: RungState.SKIPPED,
    Outcome.UNCERTAIN: RungState.UNCERTAIN,
    Outcome.SENDING: RungState.UNCERTAIN,
    Outcome.BOUNCED: RungState.BOUNCED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RungLine:
    """One rung. `on` is when it was sent, else when it may go; `reference` the message's."""

    policy: str
    step: str
    offset: int
    occurrence: int
    channel: Channel | None
    state: RungState
    on: date | None = None
    reason: Reason | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One invoice or instalment on `run_date`. `source` is its row; `charge` has its memory.

    `item` is its line in the client's `decision`, None when nobody asks about it any more;
    `messages` are those that named or listed it, oldest first, the refused and cancelled too.
    """

    run_date: date
    source: Receivable | Instalment
    standing: Standing
    charge: Charge
    rungs: tuple[RungLine, ...]
    messages: tuple[Reminder, ...]
    decision: Decision | None = None
    item: ItemDecision | None = None
    promise: PromiseState | None = None
    agreement: AgreementState | None = None
    hold: Hold | None = None
    unapplied: Decimal = Decimal("0.00")  # cash on the client's account
    payments_until: date | None = None

    @property
    def next_on(self) -> date | None:
        """The earliest day on which its next step may go, as known on the run date."""
        return self.item.next_on if self.item else None


def explain(
    facts: Facts, calendar: BusinessCalendar, run_date: date, invoice: str
) -> Explanation | None:
    """What explains this invoice or instalment; None when there is none of this id on the day."""
    _, day = day_of(facts, calendar, run_date)
    standing = day.book.standings.get(invoice)
    source = day.book.accounts.item(invoice)
    if standing is None or source is None:
        return None
    decision = next(
        (d for d in decisions_of(day) if d.client == standing.client and not d.is_courtesy), None
    )
    items = decision.items if decision else ()
    item = next((i for i in items if i.standing.id == invoice), None)
    in_plan = day.book.agreements.get(standing.agreement or "")
    return Explanation(
        run_date=run_date,
        source=source,
        standing=standing,
        charge=day.book.memory(invoice),
        rungs=_rungs(day, standing, item),
        messages=_messages(day.facts.reminders, invoice),
        decision=decision,
        item=item,
        promise=day.book.promises.get(invoice),
        agreement=in_plan or day.book.broken_plans.get(invoice),
        hold=day.book.holds.get(invoice),
        unapplied=day.book.unapplied.get(standing.client, Decimal("0.00")),
        payments_until=day.payments_until,
    )


def _messages(reminders: Iterable[Reminder], invoice: str) -> tuple[Reminder, ...]:
    about = (
        r
        for r in reminders
        if invoice in r.receivables or any(key.invoice == invoice for key in r.keys)
    )
    return tuple(sorted(about, key=lambda reminder: reminder.at))


def _rungs(day: Day, standing: Standing, item: ItemDecision | None) -> tuple[RungLine, ...]:
    """What was sent for this due date, and every other rung of the ladder, by rising offset."""
    history = remember(day.facts.reminders, frozenset({standing.id}))
    sent = history.of_item(standing.id, standing.due_on)
    lines = [_sent_line(s) for s in sent]
    case = _case(day, standing)
    climber = climber_of(day, standing)
    if case is not None and case.place.rung is not None and not case.place.rung.is_of_ladder:
        lines.append(_due_line(case.place.rung, case, item))
    if climber is not None:
        steps = day.facts.ladders.get(standing.policy or "", ())
        last = max((s.key.occurrence for s in sent), default=0)
        every = (Rung(s, n) for s in steps for n in _occurrences(s, last))
        used = {(s.key.offset, s.key.occurrence) for s in sent if s.is_ladder}
        names = {(s.key.policy, s.key.step, s.key.occurrence) for s in sent}
        lines += [
            _line(day, climber, case, item, rung)
            for rung in every
            if rung.is_of_ladder
            and (rung.step.offset, rung.occurrence) not in used
            and (rung.step.policy, rung.step.name, rung.occurrence) not in names
        ]
    return tuple(sorted(lines, key=lambda line: (line.offset, line.occurrence)))


def _occurrences(step: Step, last: int) -> range:
    """Those of a repeating step that are worth a line: what was sent, and the next few."""
    return range(1 + min(repeats_of(step), last + _REPEATS_SHOWN))


def _case(day: Day, standing: Standing) -> Case | None:
    if standing.status in CLOSED:
        return None
    return next(c for c in day.cases[standing.client] if c.standing.id == standing.id)


def _sent_line(sent: SentStep) -> RungLine:
    return RungLine(
        policy=sent.key.policy,
        step=sent.key.step,
        offset=sent.key.offset,
        occurrence=sent.key.occurrence,
        channel=None,
        state=_STATES.get(sent.outcome, RungState.SENT),
        on=sent.on,
        reference=sent.reference,
    )


def _line(
    day: Day, climber: Climber, case: Case | None, item: ItemDecision | None, rung: Rung
) -> RungLine:
    """A rung that was not sent."""
    if not rung.step.active:
        return _plain(rung, RungState.INACTIVE)
    if case is not None and case.place.rung == rung:
        return _due_line(rung, case, item)
    if case is None or rung in case.place.overtaken:
        state = RungState.PASSED if case is None else RungState.OVERTAKEN
        return _plain(rung, state)
    top = max(((s.key.offset, s.key.occurrence) for s in climber.sent if s.is_ladder), default=None)
    is_late = day.today > climber.standing.effective_due
    if (top is not None and (rung.step.offset, rung.occurrence) <= top) or (
        is_late and rung.step.offset <= 0
    ):
        return _plain(rung, RungState.PASSED)
    if case.place.rung is not None and _is_below(rung, case.place.rung):
        return _plain(rung, RungState.PASSED)
    first = climber.reached_on(rung, day.calendar)
    return _plain(rung, RungState.LATER, on=max(first, case.place.since or first))


def _is_below(rung: Rung, other: Rung) -> bool:
    """Whether a rung can no longer go once `other` went."""
    return (rung.step.offset, rung.occurrence) < (other.step.offset, other.occurrence)


def _due_line(rung: Rung, case: Case, item: ItemDecision | None) -> RungLine:
    reason = item.reason if item is not None else case.hold
    return _plain(rung, RungState.DUE, on=case.place.since, reason=reason)


def _plain(
    rung: Rung, state: RungState, on: date | None = None, reason: Reason | None = None
) -> RungLine:
    return RungLine(
        policy=rung.step.policy,
        step=rung.step.name,
        offset=rung.step.offset,
        occurrence=rung.occurrence,
        channel=rung.step.channel,
        state=state,
        on=on,
        reason=reason,
    )
