"""Replay a span of past days in memory: what would have left, when, to whom, what was held and why.

Nothing is sent and nothing is written. Each day sees only what was known on it. Messages that
need an approval count as approved, chats and calls as done: it shows the ladder at work.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import Action, Decision
from sync.domain.dunning import decide
from sync.domain.facts import Facts, Outcome, Reminder
from sync.report import amount

_NOON = time(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedMessage:
    """One message that would have left; `approved` when a person would have had to allow it.

    `receivables` are the items at the message's own step; `others` went with it, each at the
    step of its own that is beside it.
    """

    day: date
    client: str
    step: str
    channel: str
    to: tuple[str, ...]
    receivables: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    total: Decimal
    days_past_due: int
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A replayed span. `holds` counts, by reason, the client-days on which a due step was held."""

    start: date
    end: date
    messages: tuple[RehearsedMessage, ...]
    holds: Mapping[str, int]


def rehearse(
    facts: Facts,
    calendar: BusinessCalendar,
    start: date,
    end: date,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Rehearsal:
    """Replay every day from `start` to `end`, both inclusive.

    What was really sent before `start` counts; what was sent later is left out, as the rehearsal
    tells what would have been sent instead.
    """
    before = tuple(reminder for reminder in facts.reminders if reminder.at.date() < start)
    facts = replace(facts, reminders=before, choices=())
    messages: list[RehearsedMessage] = []
    holds: Counter[str] = Counter()
    days = (end - start).days + 1
    for number in range(days):
        day = start + timedelta(days=number)
        progress(number, days)
        if not calendar.is_business_day(day):
            continue
        sent = []
        for decision in decide(facts, calendar, day, with_upcoming=False).decisions:
            if decision.action is Action.SEND and decision.step is not None:
                sent.append(_reminder(decision, day, len(messages)))
                messages.append(_message(decision, day))
            elif decision.action is Action.HOLD and decision.reason is not None:
                holds[decision.reason.value] += 1
        facts = replace(facts, reminders=facts.reminders + tuple(sent))
    progress(days, days)
    return Rehearsal(
        start=start, end=end, messages=tuple(messages), holds=dict(holds.most_common())
    )


def rehearsal_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """The fields of `rehearse --json`."""
    return {
        "from": rehearsal.start.isoformat(),
        "to": rehearsal.end.isoformat(),
        "messages": [
            {
                "date": message.day.isoformat(),
                "client": message.client,
                "step": message.step,
                "channel": message.channel,
                "receivables": list(message.receivables),
                "others": [{"id": invoice, "step": step} for invoice, step in message.others],
                "total": amount(message.total),
            }
            for message in rehearsal.messages
        ],
        "holds": dict(rehearsal.holds),
    }


def _message(decision: Decision, day: date) -> RehearsedMessage:
    step = decision.step.name if decision.step else ""
    steps = [(i.standing.id, i.step.name if i.step else "") for i in decision.step_items]
    return RehearsedMessage(
        day=day,
        client=decision.client,
        step=step,
        channel=decision.step.channel.value if decision.step else "",
        to=decision.to,
        receivables=tuple(invoice for invoice, own in steps if own == step),
        others=tuple((invoice, own) for invoice, own in steps if own != step),
        total=decision.total,
        days_past_due=max((item.standing.days_past_due for item in decision.step_items), default=0),
        approved=not decision.deliverable,
    )


def _reminder(decision: Decision, day: date, number: int) -> Reminder:
    step = decision.step
    if step is None:
        raise ValueError("a decision to send names its step")
    return Reminder(
        reference=f"rehearsal-{number}",
        client=decision.client,
        at=datetime.combine(day, _NOON),
        step=step.name,
        channel=step.channel,
        outcome=Outcome.SENT,
        keys=decision.keys,
        to=decision.to,
        total=decision.total,
        receivables=tuple(item.standing.id for item in decision.listed),
    )
