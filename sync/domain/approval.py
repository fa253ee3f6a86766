"""What people decided in the queue: approvals that still hold, skips, and work done by hand.

An approval covers the step, the recipients and the invoices its row showed: fewer invoices or
less principal send what remains; an added invoice, another address, due date or more principal
voids it; growth by daily charges does not.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sync.domain.calendar import BusinessCalendar
from sync.domain.cases import Case, Day
from sync.domain.decisions import Action, Reason
from sync.domain.drafts import Draft, asks
from sync.domain.facts import Choice, Mode
from sync.domain.gates import hold_of_draft, is_outside_window


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What happens to a draft today. `deliverable`: a run sends it now."""

    draft: Draft
    action: Action
    reason: Reason | None = None
    deliverable: bool = False
    choice: Choice | None = None


def judge(day: Day, draft: Draft) -> Verdict:
    """Hold it, let it wait beside its reason, or send it."""
    approval, is_void = approval_of(day, draft)
    vouched = approval is not None and approval.shown_on == day.today
    hold = hold_of_draft(day, draft, vouched=vouched)
    if hold is not None:
        return Verdict(draft=draft, action=Action.HOLD, reason=hold, choice=approval)
    waits = _waits_for(day, draft, approved=approval is not None, is_void=is_void)
    if waits is not None:
        return Verdict(draft=draft, action=Action.SEND, reason=waits, choice=approval)
    if is_outside_window(day):
        reason = Reason.OUTSIDE_WINDOW
        return Verdict(draft=draft, action=Action.HOLD, reason=reason, choice=approval)
    return Verdict(draft=draft, action=Action.SEND, deliverable=True, choice=approval)


def _waits_for(day: Day, draft: Draft, *, approved: bool, is_void: bool) -> Reason | None:
    mode = day.facts.settings.mode
    if draft.by_hand:
        return Reason.BY_HAND
    if mode is Mode.PREVIEW:
        return Reason.PREVIEW_MODE
    asked = mode is Mode.APPROVAL or any(asks(case) for case in draft.step_cases)
    if not asked or approved:
        return None
    return Reason.CHANGED_SINCE_APPROVAL if is_void else Reason.NEEDS_APPROVAL


def approval_of(day: Day, draft: Draft) -> tuple[Choice | None, bool]:
    """The approval that covers the draft, if any; else whether one was given and is now void."""
    given = [
        choice
        for choice in day.choices.get(draft.client, ())
        if choice.approve and choice.reference is None
    ]
    about = {case.standing.id for case in draft.step_cases}
    unused = [choice for choice in given if is_unused(day, choice, about)]
    covering = [choice for choice in unused if covers(choice, draft)]
    if covering:
        return max(covering, key=lambda choice: choice.shown_on), False
    return None, any(about & {item.id for item in choice.items} for choice in unused)


def covers(choice: Choice, draft: Draft) -> bool:
    """Whether the row that was approved showed at least all that the draft says."""
    if choice.step != draft.step.name or _folded(choice.to) != _folded(draft.to):
        return False
    if not _folded(draft.cc) <= _folded(choice.cc):
        return False
    shown = {(item.id, item.due_on): item.principal for item in choice.items}
    return all(
        (case.standing.id, case.standing.due_on) in shown
        and case.standing.charge.balance <= shown[case.standing.id, case.standing.due_on]
        for case in draft.listed
    )


def _folded(addresses: Sequence[str]) -> frozenset[str]:
    return frozenset(address.casefold() for address in addresses)


def is_unused(day: Day, choice: Choice, about: Collection[str]) -> bool:
    """Whether an approval may let a message about these invoices go.

    Once a message went by it, only what it also showed as due and what that message left out: a
    row that shows the next business day may be carried out in parts.
    """
    left = unsettled_items(day, choice)
    return left.issuperset(about) or len(left) == len(
        {item.id for item in choice.items if item.is_due}
    )


def unsettled_items(day: Day, choice: Choice) -> frozenset[str]:
    """The invoices the choice is about that did not take the step since it was made.

    A tick may outlive a lost write, or a day on which only some of them were due. An approval is
    about what was due; whoever skips a message or tells people by hand means all that it lists.
    """
    said = day.history.steps.get(choice.client, ())
    taken = [about for step, on, about in said if step == choice.step and on >= choice.shown_on]
    about = frozenset(i.id for i in choice.items if i.is_due or not choice.approve)
    return about.difference(*taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Steps that a person skipped or did by hand: to be recorded, never sent."""

    choice: Choice
    cases: tuple[Case, ...]  # each with the rung and key that are used up


def settled_by_people(day: Day, choice: Choice, cases: Sequence[Case]) -> Settled | None:
    """What a skip or 'done' tick settles, held or not: a call that was made was made."""
    if not (choice.skip or choice.done) or choice.reference is not None:
        return None
    left = unsettled_items(day, choice)
    shown = {(item.id, item.due_on) for item in choice.items if item.id in left}
    mine = (c for c in cases if (c.standing.id, c.standing.due_on) in shown)
    settled = tuple(case for case in (_settled_case(day, choice, c) for c in mine) if case)
    return Settled(choice=choice, cases=settled) if settled else None


def _settled_case(day: Day, choice: Choice, case: Case) -> Case | None:
    """The case with the rung the row showed: one since overtaken, or the one that is due.

    A row shows what is due through the next business day, so a rung reached later was not on it.
    """
    late = next((r for r in case.place.overtaken if r.step.name == choice.step), None)
    if late is not None:
        return case.at(late)
    since = case.place.since
    if case.place.rung is None or since is None or since > shown_until(day.calendar, choice):
        return None
    return case


def shown_until(calendar: BusinessCalendar, choice: Choice) -> date:
    """The last day whose messages the row of a choice could show: the next business day."""
    return calendar.add_business_days(choice.shown_on, 1)
