"""Which of a client's items may go together in one message.

One message per client and run: the items that are due a step, the highest step choosing the
letter, and the other chaseable items listed beside them (DOMAIN.md, 'Dunning').
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sync.domain.cases import Case, Day
from sync.domain.decisions import ZERO
from sync.domain.facts import Channel, Mode, Step
from sync.domain.history import PLAN_BROKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that could be. `listed` begins with `step_cases`, the items it is about.

    `is_stale`: payment data does not reach its items. `too_small`: no step's minimum is met.
    """

    client: str
    step: Step
    step_cases: tuple[Case, ...]
    listed: tuple[Case, ...]
    is_overdue: bool
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    is_stale: bool = False
    too_small: bool = False

    @property
    def by_hand(self) -> bool:
        """Whether a person does it."""
        return self.step.channel is not Channel.EMAIL

    @property
    def total(self) -> Decimal:
        """What `{total}` and Pix cover: the past-due items listed; before due, the step's."""
        covered = [c for c in self.listed if c.is_overdue] if self.is_overdue else self.step_cases
        return sum((case.total_due for case in covered), ZERO)


def drafts_of(day: Day, client: str, cases: Sequence[Case]) -> list[Draft]:
    """The messages to try, in order of preference.

    First what need not wait for a person, once what must has waited for the contact gap; then
    everything that is due; then what is before its due date; then what is after it. A step done
    by hand takes other overdue steps with it, but no courtesy that an e-mail can bring in time.
    """
    due = [case for case in cases if case.is_due]
    before = [case for case in due if not case.is_overdue]
    after = [case for case in due if case.is_overdue]
    after = [case for case in after if case.is_fresh] or after
    whole = before + after
    groups = [_free(day, whole), whole, before, _free(day, after), after]
    if whole and _by_rank(whole)[0].is_by_hand:
        mails = [case for case in before if not case.is_by_hand]
        groups[1:3] = [mails, [case for case in before if case.is_by_hand] + after]
    seen: list[list[Case]] = []
    for group in groups:
        if group and group not in seen:
            seen.append(group)
    return [draft_of(day, client, group, cases) for group in seen]


def _free(day: Day, group: Sequence[Case]) -> list[Case]:
    """What need not wait for a person, if the rest of the group has waited long enough."""
    waiting = [case for case in group if waits_for_person(day, case)]
    if not waiting or not all(_waited_enough(day, case) for case in waiting):
        return []
    return [case for case in group if not waits_for_person(day, case)]


def waits_for_person(day: Day, case: Case) -> bool:
    """Whether the item's own step is done by hand, or is never automatic."""
    if case.is_by_hand:
        return True
    return day.facts.settings.mode is Mode.AUTOMATIC and asks(case)


def asks(case: Case) -> bool:
    """Whether even Automatic mode asks before this item's step goes."""
    return (case.step is not None and case.step.approval) or case.asks_first


def _waited_enough(day: Day, case: Case) -> bool:
    since = case.place.since or day.today
    return day.today >= since + timedelta(days=max(1, day.facts.settings.contact_gap))


def draft_of(day: Day, client: str, group: Sequence[Case], cases: Sequence[Case]) -> Draft:
    """The message about a group of due items (of `cases`, all of the client's open ones)."""
    chosen = _above_minimum(group)
    step_cases = _by_rank(chosen or group)
    step = step_cases[0].step
    assert step is not None  # noqa: S101 - cases in a group are due a step
    is_overdue = any(case.is_overdue for case in step_cases)
    is_stale = is_overdue and not all(c.is_fresh for c in step_cases if c.is_overdue)
    others: Iterable[Case] = ()
    if is_overdue:
        may_ask = any(asks(case) for case in step_cases)
        named = {case.standing.id for case in step_cases}
        others = (
            c
            for c in cases
            if c.standing.id not in named and _may_stand_beside(day, c, is_stale, may_ask)
        )
    row = day.facts.clients.get(client)
    mail = step.channel is Channel.EMAIL
    phone = (row.phone,) if row and row.phone else ()
    return Draft(
        client=client,
        step=step,
        step_cases=tuple(step_cases),
        listed=(*step_cases, *others),
        is_overdue=is_overdue,
        to=(row.emails if row else ()) if mail else phone,
        cc=row.cc if row and mail else (),
        is_stale=is_stale,
        too_small=not chosen,
    )


def _by_rank(group: Sequence[Case]) -> list[Case]:
    """The item whose step chooses the letter first, then by due date."""
    top = max(case.rank for case in group)
    return sorted(group, key=lambda c: (c.rank != top, c.standing.due_on, c.standing.id))


def _above_minimum(group: Sequence[Case]) -> list[Case]:
    """The items left when steps whose minimum the message does not reach are put aside.

    A step's minimum compares the sum of the balances of the message's step items.
    """
    left = list(group)
    while left:
        step = _by_rank(left)[0].step
        if step is None or sum((c.standing.charge.balance for c in left), ZERO) >= step.minimum:
            return left
        left = [c for c in left if c.step != step]
    return left


def _may_stand_beside(day: Day, case: Case, is_stale: bool, may_ask: bool) -> bool:
    """Whether another open item is listed in an overdue message.

    One whose own first message needs a person's approval is not slipped into another's.
    """
    if case.hold is not None or not case.is_overdue or not (case.is_fresh or is_stale):
        return False
    if case.step is not None and case.step.name == PLAN_BROKEN:
        return False
    automatic = day.facts.settings.mode is Mode.AUTOMATIC
    return not (automatic and case.asks_first and not may_ask)
