"""One open item on a day, as the ladder and the item's own holds see it.

A case says which step is due, what keeps the item out, and whether payment data reaches it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from decimal import Decimal

from sync.domain.calendar import BusinessCalendar
from sync.domain.charges import charges_from
from sync.domain.decisions import Reason, Standing, Status
from sync.domain.facts import Choice, Facts, Outcome, Step, StepKey
from sync.domain.history import (
    MAY_HAVE_ARRIVED,
    PLAN_BROKEN,
    PROMISE_BROKEN,
    History,
    SentStep,
    is_overdue_key,
)
from sync.domain.ladder import Climber, Ladder, Place, Rung, key_of
from sync.domain.negotiation import Result
from sync.domain.standing import Book, prescribed_from

ASKS_FIRST_AFTER_DAYS = 90
CLOSED = frozenset({Status.PAID, Status.VOID, Status.WRITTEN_OFF})
"""Items that nobody asks about any more."""

_BOLETO = "boleto"
_RANK = {PROMISE_BROKEN: 1, PLAN_BROKEN: 2}
"""Reserved steps choose the letter before any rung of a ladder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All that a run date's decisions look at.

    `payments_until` is how far payment data reaches; `settled` what money settled lately, when the
    team thanks for payments.
    """

    facts: Facts
    book: Book
    history: History
    calendar: BusinessCalendar
    today: date
    time_of_day: time | None = None
    payments_until: date | None = None
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    cases: Mapping[str, tuple["Case", ...]] = field(default_factory=dict)
    settled: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One open item: its place on the ladder, and `hold`, what keeps it out of every message.

    `is_overdue` is past the effective due date and the grace; `is_fresh` that payment data
    reaches far enough to say it is unpaid; `is_first` that no overdue message named it yet.
    """

    standing: Standing
    place: Place
    key: StepKey | None
    hold: Reason | None
    is_overdue: bool
    is_fresh: bool
    is_first: bool

    @property
    def step(self) -> Step | None:
        """The step that is due, held or not."""
        return self.place.rung.step if self.place.rung else None

    @property
    def is_by_hand(self) -> bool:
        """Whether the step that is due is a person's work."""
        return self.place.rung is not None and self.place.rung.by_hand

    @property
    def is_due(self) -> bool:
        """Whether its step may go today, as far as the item itself is concerned."""
        return self.place.rung is not None and self.hold is None

    @property
    def rank(self) -> tuple[int, int]:
        """What decides whose step chooses the letter: reserved steps, then the offset."""
        step = self.step
        return (_RANK.get(step.name, 0), step.offset) if step else (-1, 0)

    @property
    def asks_first(self) -> bool:
        """Whether Automatic mode asks before the first message about an item so late."""
        return self.is_first and self.standing.days_past_due > ASKS_FIRST_AFTER_DAYS

    @property
    def is_chaseable(self) -> bool:
        """Whether an overdue message may list it."""
        return self.hold is None and self.is_overdue and self.is_fresh

    def at(self, rung: Rung) -> "Case":
        """The same item with another rung, one that it stood on before."""
        key = key_of(self.standing, rung)
        return replace(self, place=Place(rung=rung, since=self.place.since), key=key)

    @property
    def total_due(self) -> Decimal:
        """Balance, fee and interest."""
        return self.standing.charge.total_due


def open_cases(day: Day, standings: Iterable[Standing]) -> dict[str, tuple[Case, ...]]:
    """The open items by client, oldest due date first."""
    found: dict[str, list[Case]] = {}
    for standing in standings:
        if standing.status not in CLOSED:
            found.setdefault(standing.client, []).append(case_of(day, standing))
    return {
        client: tuple(sorted(cases, key=lambda c: (c.standing.due_on, c.standing.id)))
        for client, cases in found.items()
    }


def case_of(day: Day, standing: Standing) -> Case:
    """How one open item stands on the day."""
    climber = climber_of(day, standing)
    is_overdue = day.today >= charges_from(standing.due_on, day.facts.settings, day.calendar)
    sent = climber.sent if climber else day.history.of_item(standing.id, standing.due_on)
    place = Place(reason=Reason.NO_POLICY)
    if climber:
        reserved = _reserved(day, standing, sent) if is_overdue and climber.ladder.after else None
        place = reserved or climber.place(day.today, day.calendar)
        place = _one_a_day(day, sent, _after_other_due_dates(day, standing, place))
    return Case(
        standing=standing,
        place=place,
        key=key_of(standing, place.rung) if place.rung else None,
        hold=_hold(day, standing, has_ladder=climber is not None),
        is_overdue=is_overdue,
        is_fresh=is_fresh(day, standing),
        is_first=not any(is_overdue_key(s.key) and s.outcome is not Outcome.SKIPPED for s in sent),
    )


def climber_of(day: Day, standing: Standing) -> Climber | None:
    """The item on its ladder; None when no policy applies to it."""
    ladder = day.ladders.get(standing.policy or "")
    if ladder is None:
        return None
    return Climber(
        standing=standing,
        ladder=ladder,
        sent=day.history.of_item(standing.id, standing.due_on),
        grace_days=day.facts.settings.grace_days,
        not_before=_free_since(day, standing),
    )


def _hold(day: Day, standing: Standing, *, has_ladder: bool) -> Reason | None:
    if standing.blocked is not None:
        return standing.blocked
    if day.today >= prescribed_from(standing.due_on):
        return Reason.PRESCRIBED
    return None if has_ladder else Reason.NO_POLICY


def is_fresh(day: Day, standing: Standing) -> bool:
    """Whether payment data is recent enough, and reaches the day by which paying was on time.

    A boleto paid on its last day is reported one business day later.
    """
    allowed = day.facts.settings.payments_max_age
    if allowed is None:
        return True
    until = day.payments_until
    if until is None or day.calendar.business_days_between(until, day.today) > allowed:
        return False
    needed = standing.effective_due
    row = day.facts.receivables.get(standing.id)
    if row is not None and row.method is not None and row.method.casefold() == _BOLETO:
        needed = day.calendar.add_business_days(needed, 1)
    return until >= needed


def _reserved(day: Day, standing: Standing, sent: tuple[SentStep, ...]) -> Place | None:
    """The step that a broken plan or promise calls for, when it was not sent yet."""
    plan = day.book.broken_plans.get(standing.id)
    if plan is not None:
        broken_on = plan.decided_on or plan.at
        rung = _reserved_rung(standing, PLAN_BROKEN, since=plan.at)
        if not _was_said(sent, rung, broken_on - timedelta(days=1)):
            return Place(rung=rung, since=broken_on)
    promise = day.book.promises.get(standing.id)
    if promise is None or promise.result is not Result.BROKEN:
        return None
    rung = _reserved_rung(standing, PROMISE_BROKEN, since=promise.until)
    overtaken = any(is_overdue_key(s.key) and s.on > promise.until for s in sent)
    if overtaken or _was_said(sent, rung, promise.until):
        return None
    return Place(rung=rung, since=promise.until + timedelta(days=1))


def _reserved_rung(standing: Standing, name: str, since: date) -> Rung:
    """A reserved step; its offset, the days to the promised or agreed date, tells them apart."""
    return Rung(
        Step(
            policy=standing.policy or "",
            name=name,
            offset=(since - standing.due_on).days,
            template=name,
            approval=name == PLAN_BROKEN,
        )
    )


def _was_said(sent: Iterable[SentStep], rung: Rung, after: date) -> bool:
    """Whether the reserved step went about this very promise or plan, or since it broke."""
    return any(
        s.key.step == rung.step.name and (s.key.offset == rung.step.offset or s.on > after)
        for s in sent
    )


def _one_a_day(day: Day, sent: tuple[SentStep, ...], place: Place) -> Place:
    """An item takes at most one step a day, one that a person skipped included."""
    today = [s for s in sent if s.on == day.today]
    if place.rung is None or not today:
        return place
    skipped = today[-1].outcome is Outcome.SKIPPED
    reason = Reason.SKIPPED if skipped else Reason.ALREADY_REMINDED
    return Place(since=day.today + timedelta(days=1), reason=reason)


def _after_other_due_dates(day: Day, standing: Standing, place: Place) -> Place:
    """A changed due date starts a new ladder, but within the contact gap."""
    if place.rung is None:
        return place
    others = day.history.of_other_due_dates(standing.id, standing.due_on)
    said = [s.on for s in others if s.outcome in MAY_HAVE_ARRIVED]
    free = max(said, default=date.min) + timedelta(days=day.facts.settings.contact_gap)
    if not said or free <= day.today:
        return place
    return Place(since=free, reason=Reason.CONTACT_GAP)


def _free_since(day: Day, standing: Standing) -> date | None:
    """The first day after the holds that are known to have ended."""
    row = day.facts.receivables.get(standing.id)
    client = day.facts.clients.get(standing.client)
    promise = day.book.promises.get(standing.id)
    ends = [
        row.hold_until if row else None,
        client.hold_until if client else None,
        promise.until if promise else None,
    ]
    past = [end for end in ends if end is not None and end < day.today]
    return max(past) + timedelta(days=1) if past else None
