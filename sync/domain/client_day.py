"""What one client gets today: the message that may go, or why none does."""

from collections.abc import Sequence
from datetime import date, timedelta

from sync.domain.approval import Verdict, judge
from sync.domain.cases import Case, Day
from sync.domain.decisions import Action, Decision, ItemDecision, Reason
from sync.domain.drafts import draft_of, drafts_of
from sync.domain.facts import Step
from sync.domain.gates import gap_ends, hold_of_client

_ALWAYS_HOLDS = frozenset({Reason.ROW_PROBLEM, Reason.UNKNOWN_CLIENT})
_NOT_TODAY = frozenset({Reason.OUTSIDE_WINDOW, Reason.NON_BUSINESS_DAY, Reason.REFUSED})
_IDLE = (Reason.UNCERTAIN, Reason.ALREADY_REMINDED, Reason.SKIPPED, Reason.CONTACT_GAP)
"""Which idle item speaks for its client: the most telling first."""


def decide_client(day: Day, client: str, cases: Sequence[Case]) -> Decision:
    """The client's decision: the first draft that may go, else the first that only waits."""
    hold = hold_of_client(day, client)
    if hold is not None:
        return _held_client(day, client, cases, hold)
    verdicts: list[Verdict] = []
    for draft in drafts_of(day, client, cases):
        verdicts.append(judge(day, draft))
        if verdicts[-1].deliverable:
            break
    if not verdicts:
        return _nothing_due(day, client, cases)
    best = next(
        (v for v in verdicts if v.deliverable),
        next((v for v in verdicts if v.action is Action.SEND), verdicts[0]),
    )
    return _decision(day, client, cases, best)


def _decision(day: Day, client: str, cases: Sequence[Case], verdict: Verdict) -> Decision:
    draft = verdict.draft
    named = {c.standing.id for c in draft.step_cases}
    items = {c.standing.id: _item(day, c, verdict, c.standing.id in named) for c in cases}
    return Decision(
        client=client,
        action=verdict.action,
        send_on=day.today,
        reason=verdict.reason,
        step=draft.step,
        to=draft.to,
        cc=draft.cc,
        total=draft.total,
        items=tuple(items.values()),
        step_items=tuple(items[c.standing.id] for c in draft.step_cases),
        listed=tuple(items[c.standing.id] for c in draft.listed),
        deliverable=verdict.deliverable,
        choice=verdict.choice,
        is_overdue=draft.is_overdue,
    )


def _item(day: Day, case: Case, verdict: Verdict, is_part: bool) -> ItemDecision:
    """One item beside the message: part of it, or why it is not."""
    if is_part:
        key, reason = case.key, verdict.reason
    elif not case.is_due:
        key, reason = None, case.hold or case.place.reason
    else:
        key, reason = None, _left_out(day, case, verdict)
    not_today = verdict.reason in _NOT_TODAY
    return ItemDecision(
        standing=case.standing,
        step=case.step,
        key=key,
        reason=reason,
        next_on=next_day(day, case, not_today=not_today),
    )


def _left_out(day: Day, case: Case, verdict: Verdict) -> Reason:
    """Why an item that is due a step is not among the message's step items."""
    if case.is_overdue and not case.is_fresh and not verdict.draft.is_stale:
        return Reason.PAYMENTS_STALE
    alone = judge(day, draft_of(day, case.standing.client, [case], [case]))
    return alone.reason or Reason.RUN_LIMIT  # one message per client and run: the next run


def _held_client(day: Day, client: str, cases: Sequence[Case], hold: Reason) -> Decision:
    """Everything waits: what would be due is held, and so says each of its items."""
    due = any(case.place.rung is not None for case in cases)
    items = tuple(
        ItemDecision(standing=c.standing, step=c.step, reason=c.hold or hold) for c in cases
    )
    row = day.facts.clients.get(client)
    return Decision(
        client=client,
        action=Action.HOLD if due or hold in _ALWAYS_HOLDS else Action.NONE,
        send_on=day.today,
        reason=hold,
        step=_highest(cases),
        to=row.emails if row else (),
        cc=row.cc if row else (),
        items=items,
    )


def _highest(cases: Sequence[Case]) -> Step | None:
    due = [case for case in cases if case.place.rung is not None]
    return max(due, key=lambda case: case.rank).step if due else None


def _nothing_due(day: Day, client: str, cases: Sequence[Case]) -> Decision:
    """No step may go: because of holds on the items, or because none is reached."""
    items = tuple(
        ItemDecision(
            standing=c.standing,
            step=c.step,
            reason=c.hold or c.place.reason,
            next_on=next_day(day, c),
        )
        for c in cases
    )
    held = [c.hold for c in cases if c.hold is not None and c.place.rung is not None]
    reasons = [item.reason for item in items]
    free = [c.place.reason for c in cases if c.hold is None]
    reason = held[0] if held else next((r for r in _IDLE if r in free), None)
    return Decision(
        client=client,
        action=Action.HOLD if held or not free else Action.NONE,
        send_on=day.today,
        reason=reason or (free or reasons)[0],
        step=_highest([c for c in cases if c.hold is not None]) if held else None,
        items=items,
    )


def next_day(day: Day, case: Case, *, not_today: bool = False) -> date | None:
    """The earliest day the item's next step may go, as known today; None while it is held."""
    since = case.place.since
    if case.hold is not None or since is None:
        return None
    earliest = max(since, day.today + timedelta(days=1) if not_today else day.today)
    if earliest > case.standing.effective_due:
        free = gap_ends(day, case.standing.client)
        earliest = max(earliest, free or earliest)
    return day.calendar.next_business_day(earliest)
