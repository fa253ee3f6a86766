"""Recurring receivables: which are to be created on a day, each once for ever.

A due date is decided once. From its first receivable on, every run decides all due dates of a rule
through the run date and `create_before` days more: those within the rule are created, whatever
runs were missed in between; those that the rule left out then (a pause, the days after its end)
stay out when the rule changes later. What was created is never touched, and one that a person
deleted stays deleted.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sync.domain.facts import Every, Facts, Receivable, RecurringRule

MOST_AT_ONCE = 60
"""Five years of months: more at once is a slip in the rule's first day."""

_DAY = timedelta(days=1)
_PERIOD = re.compile(r"[0-9]{4}(-[0-9]{2}|-W[0-9]{2})?", re.ASCII | re.IGNORECASE)
Fold = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceivable:
    """One receivable to be created; `rule` is the name of what it comes from."""

    rule: str
    id: str
    client: str
    issued_on: date
    due_on: date
    amount: Decimal
    description: str | None = None
    method: str | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """What one rule makes on a day.

    `decided` is the last due date decided on by then; None when none is, so that its first day may
    still be corrected. When too many are due at once (`too_many`
    says how many), or the client has an invoice (`twin`) that may be the one with id `twin_of`,
    nothing is created and nothing decided: a person sees to it.
    """

    rule: RecurringRule
    new: tuple[NewReceivable, ...] = ()
    decided: date | None = None
    too_many: int = 0
    twin: str | None = None
    twin_of: str = ""


def recurrences(
    facts: Facts, decided: Mapping[str, date], run_date: date, fold: Fold
) -> tuple[Recurrence, ...]:
    """What each rule of the facts makes on `run_date`.

    `decided` maps a rule's name to the last due date that an earlier run decided on. Two ids that
    `fold` makes equal are one. No id of the sheet is made again, whatever was forgotten.
    """
    waiting = [
        (rule, [_new(rule, due_on) for due_on in _due(rule, decided.get(rule.name), run_date)])
        for rule in facts.recurring
    ]
    if any(new for _, new in waiting):  # on most days nothing is: no need to look at 100,000 ids
        ids = {fold(id_) for id_ in (*facts.receivables, *facts.unreadable)}
        waiting = [(rule, [n for n in new if fold(n.id) not in ids]) for rule, new in waiting]
    prefixes = {fold(rule.name) for rule in facts.recurring}
    others = _by_hand(facts, {rule.client for rule, new in waiting if new}, prefixes, fold)
    return tuple(
        _stopped(rule, new, others.get(rule.client, ()))
        or Recurrence(rule=rule, new=tuple(new), decided=_decided(rule, new, decided, run_date))
        for rule, new in waiting
    )


def _stopped(
    rule: RecurringRule, new: Sequence[NewReceivable], others: Collection[Receivable]
) -> Recurrence | None:
    """Why a person has to see to the rule first; None when nothing stops it."""
    if len(new) > MOST_AT_ONCE:
        return Recurrence(rule=rule, too_many=len(new))
    for each in new:
        for other in others:
            if other.amount == each.amount and _same_period(rule.every, other.due_on, each.due_on):
                return Recurrence(rule=rule, twin=other.id, twin_of=each.id)
    return None


def _decided(
    rule: RecurringRule,
    new: Sequence[NewReceivable],
    decided: Mapping[str, date],
    run_date: date,
) -> date | None:
    """The last due date decided on after this run; None before the rule's first receivable.

    A rule without a start begins when it is first seen active, so that day is remembered.
    """
    earlier = decided.get(rule.name)
    begins_now = rule.active and rule.starts_on is None
    if earlier is None and rule.last_created is None and not new and not begins_now:
        return None
    return max(filter(None, (earlier, rule.last_created, _horizon(rule, run_date))))


def _by_hand(
    facts: Facts, clients: Collection[str], prefixes: Collection[str], fold: Fold
) -> dict[str, list[Receivable]]:
    """What these clients owe or owed that no rule has made, void ones aside."""
    found: dict[str, list[Receivable]] = {}
    for receivable in facts.receivables.values() if clients else ():
        counts = receivable.client in clients and receivable.cancelled is None
        if counts and not _is_made_by_rule(fold(receivable.id), prefixes):
            found.setdefault(receivable.client, []).append(receivable)
    return found


def _is_made_by_rule(id_: str, prefixes: Collection[str]) -> bool:
    return any(
        id_.startswith(prefix) and _PERIOD.fullmatch(id_[len(prefix) :]) for prefix in prefixes
    )


def _horizon(rule: RecurringRule, run_date: date) -> date:
    return run_date + timedelta(days=rule.create_before)


def _due(rule: RecurringRule, decided: date | None, run_date: date) -> Iterator[date]:
    """The due dates to be created: in the rule, through the horizon, not decided yet."""
    if not rule.active:
        return
    first = _first(rule, decided, run_date)
    last = _horizon(rule, run_date)
    if rule.until is not None:
        last = min(last, rule.until)
    for due_on in due_dates(rule, first, last):
        if rule.last_created is None or not (
            due_on <= rule.last_created or _same_period(rule.every, due_on, rule.last_created)
        ):
            yield due_on


def _first(rule: RecurringRule, decided: date | None, run_date: date) -> date:
    """The first day that may be a due date to create.

    A rule that no run has seen begins with its start; without one, with what it created (the
    ledger was lost), else with today.
    """
    bounds = [rule.starts_on] if rule.starts_on else []
    if decided is not None:
        bounds.append(decided + _DAY)
    elif not bounds:
        bounds.append(run_date if rule.last_created is None else rule.last_created + _DAY)
    return max(bounds)


def due_dates(rule: RecurringRule, first: date, last: date) -> Iterator[date]:
    """All due dates of a rule in [first, last], in order, whatever its own bounds."""
    if rule.every is Every.WEEK:
        day = first + timedelta(days=(rule.day - first.isoweekday()) % 7)
        while day <= last:
            yield day
            day += timedelta(days=7)
        return
    for year in range(first.year, last.year + 1):
        for month in (rule.month,) if rule.every is Every.YEAR else range(1, 13):
            day = date(year, month, min(rule.day, monthrange(year, month)[1]))
            if first <= day <= last:
                yield day


def period_of(every: Every, due_on: date) -> str:
    """The name of a due date's period: 2026-11, 2026-W47 (ISO 8601), 2026."""
    if every is Every.WEEK:
        year, week, _ = due_on.isocalendar()
        return f"{year}-W{week:02}"
    return f"{due_on.year}" if every is Every.YEAR else f"{due_on:%Y-%m}"


def _same_period(every: Every, one: date, other: date) -> bool:
    return period_of(every, one) == period_of(every, other)


def _new(rule: RecurringRule, due_on: date) -> NewReceivable:
    return NewReceivable(
        rule=rule.name,
        id=f"{rule.name} {period_of(rule.every, due_on)}",
        client=rule.client,
        issued_on=due_on - timedelta(days=rule.create_before),
        due_on=due_on,
        amount=rule.amount,
        description=rule.description,
        method=rule.method,
        policy=rule.policy,
    )
