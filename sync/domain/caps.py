"""How many messages leave in a run and in a day, and which come first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sync.domain.cases import Day
from sync.domain.decisions import Action, Decision, ItemDecision, Reason

_REMINDERS = 1


def priority(decision: Decision) -> tuple[int, bool, date, Decimal, str]:
    """Confirmations, reminders, thanks; before their due date first, the oldest, the largest."""
    rank = (
        _REMINDERS if not decision.is_courtesy else _REMINDERS + (-1 if decision.agreement else 1)
    )
    oldest = min((i.standing.due_on for i in decision.step_items), default=date.max)
    return rank, decision.is_overdue, oldest, -decision.total, decision.client


def capped(day: Day, decisions: Sequence[Decision]) -> list[Decision]:
    """The decisions with those beyond the run's and the day's number of messages held."""
    settings = day.facts.settings
    left_today = settings.messages_per_day - len(day.history.delivered)
    going = sorted((d for d in decisions if d.deliverable), key=priority)
    held: dict[str, Reason] = {}  # by client: one message goes to each
    for place, decision in enumerate(going):
        if place >= left_today:
            held[decision.client] = Reason.DAY_LIMIT
        elif place >= settings.messages_per_run:
            held[decision.client] = Reason.RUN_LIMIT
    return [
        held_until_next(day, d, held[d.client]) if d.deliverable and d.client in held else d
        for d in decisions
    ]


def held_until_next(day: Day, decision: Decision, reason: Reason) -> Decision:
    """The message does not go today, and says why; the next business day decides again."""
    tomorrow = day.calendar.next_business_day(day.today + timedelta(days=1))
    steps = {i.standing.id for i in decision.step_items}

    def held(items: tuple[ItemDecision, ...]) -> tuple[ItemDecision, ...]:
        return tuple(
            replace(i, reason=reason, next_on=tomorrow) if i.standing.id in steps else i
            for i in items
        )

    return replace(
        decision,
        action=Action.HOLD,
        reason=reason,
        deliverable=False,
        items=held(decision.items),
        step_items=held(decision.step_items),
        listed=held(decision.listed),
    )
