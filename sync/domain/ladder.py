"""One item's ladder: the rung it stands on, the next one, and from which day it may go.

Past the due date the ladder is climbed one rung at a time; before it, the highest rung reached
speaks and those below it are forgotten (DOMAIN.md, 'Dunning').
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import Reason, Standing
from sync.domain.facts import Channel, Outcome, Step, StepKey
from sync.domain.history import RESERVED_STEPS, SentStep

_CENTURY = 36_525  # days


@dataclass(frozen=True, slots=True)
class Rung:
    """One occurrence of a step: a repeating step is several rungs, `every` days apart."""

    step: Step
    occurrence: int = 0

    @property
    def position(self) -> int:
        """Days from the due date at which it is reached: offset + occurrence × every."""
        return self.step.offset + self.occurrence * (self.step.repeat_every or 0)

    @property
    def is_of_ladder(self) -> bool:
        """Whether it is a rung that people wrote, not a reserved step."""
        return self.step.name not in RESERVED_STEPS

    @property
    def by_hand(self) -> bool:
        """Whether a person does it: chats, texts and calls are not sent by the engine."""
        return self.step.channel is not Channel.EMAIL


@dataclass(frozen=True, slots=True)
class Ladder:
    """A policy's active steps: `before` (offset ≤ 0) and `after` the due date, rising."""

    before: tuple[Step, ...]
    after: tuple[Step, ...]

    @classmethod
    def of(cls, steps: Iterable[Step]) -> "Ladder":
        """The ladder of a policy's steps, reserved names and inactive steps left out."""
        active = sorted(
            (s for s in steps if s.active and s.name not in RESERVED_STEPS),
            key=lambda step: step.offset,
        )
        return cls(
            before=tuple(s for s in active if s.offset <= 0),
            after=tuple(s for s in active if s.offset > 0),
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands: the `rung` that may go today (since `since`), or why none may.

    Without a rung, `since` is the day on which the next one is reached, None when none is left.
    `overtaken` are steps by hand that nobody did before the next one was due.
    """

    rung: Rung | None = None
    since: date | None = None
    reason: Reason | None = None
    overtaken: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class Climber:
    """One item and what was sent about it for its present due date.

    `not_before` is the first day after holds that are known to have ended: a step that a
    person should have done was not theirs to do before that day.
    """

    standing: Standing
    ladder: Ladder
    sent: tuple[SentStep, ...]
    grace_days: int = 0
    not_before: date | None = None

    def place(self, today: date, calendar: BusinessCalendar) -> Place:
        """The rung that may go on `today`, by the ladder alone (no gap, holds or limits)."""
        if today > self.standing.effective_due:
            return self._past_due(today)
        return self._before_due(today, calendar)

    # Before it is late: the highest rung reached, if it is above all that was sent.

    def _before_due(self, today: date, calendar: BusinessCalendar) -> Place:
        above = [rung for rung in self._rungs_before() if self._is_new(rung)]
        days = {rung: self.reached_on(rung, calendar) for rung in above}
        reached = [rung for rung in above if days[rung] <= today]
        if reached:
            best = max(reached, key=lambda rung: (rung.step.offset, rung.occurrence))
            return Place(rung=best, since=days[best])
        later = [days[rung] for rung in above]
        first = self._following(None)
        later += [day for _, day in first]
        return Place(since=min(later, default=None), reason=self._waiting())

    def _rungs_before(self) -> Iterable[Rung]:
        for step in self.ladder.before:
            for occurrence in range(1 + repeats_of(step)):
                rung = Rung(step, occurrence)
                if rung.position > 0:
                    break
                yield rung

    def reached_on(self, rung: Rung, calendar: BusinessCalendar) -> date:
        """The first day of a rung.

        Offset 0 on the effective due date; before it, on due_on + offset or the business day
        before; after it, on due_on + offset once it is late.
        """
        due_on = self.standing.due_on
        if rung.position == 0:
            return self.standing.effective_due
        if rung.position < 0:
            return calendar.previous_business_day(_after(due_on, rung.position))
        return max(_after(due_on, rung.position), self._first_overdue_day())

    def _is_new(self, rung: Rung) -> bool:
        """Whether a pre-due rung is above everything sent, and was not sent under its name."""
        top = max(
            ((s.key.offset, s.key.occurrence) for s in self._rungs_sent()), default=(-(10**6), 0)
        )
        return (rung.step.offset, rung.occurrence) > top and not self._was_sent(rung)

    # Past due: one rung at a time.

    def _past_due(self, today: date) -> Place:
        if today < self._first_overdue_day():
            first = self._following(None) if not self._overdue_sent() else ()
            days = [day for _, day in first]
            return Place(since=min(days, default=None), reason=self._waiting())
        at = self._last_overdue()
        overtaken: tuple[Rung, ...] = ()
        while True:
            options = self._following(at)
            due = [option for option in options if option[1] <= today]
            if not due:
                days = [day for _, day in options]
                return Place(since=min(days, default=None), reason=self._waiting())
            rung, since = due[0]  # the next step comes before a repeat of the last one
            if not self._is_overtaken(rung, since, today):
                return Place(rung=rung, since=since, overtaken=overtaken)
            overtaken = (*overtaken, rung)
            at = (rung.step.offset, rung.occurrence, since)

    def _is_overtaken(self, rung: Rung, since: date, today: date) -> bool:
        """Whether a person left it undone until the next rung was due.

        Of an item about which nothing was ever sent nobody knows how long the step has waited:
        it may be the first day of a backlog, and then skipping it would not be courteous.
        """
        if not rung.by_hand or not self.sent:
            return False
        following = self._following((rung.step.offset, rung.occurrence, since))
        return any(day <= today for _, day in following)

    def _following(self, at: tuple[int, int, date] | None) -> Sequence[tuple[Rung, date]]:
        """What may come after rung (offset, occurrence) sent on a day: next step, then repeat."""
        options: list[tuple[Rung, date]] = []
        if at is None:
            first = next((Rung(s) for s in self.ladder.after if not self._was_sent(Rung(s))), None)
            return [(first, self._day_of(first, None, 0))] if first else []
        offset, occurrence, on = at
        same = next((s for s in self.ladder.after if s.offset == offset), None)
        reached = Rung(same, occurrence).position if same else offset
        for step in self.ladder.after:
            if step.offset > offset and not self._was_sent(Rung(step)):
                distance = step.offset - reached
                if distance <= 0:  # repeats went beyond the next step's day
                    distance = step.offset - offset
                options.append((Rung(step), self._day_of(Rung(step), on, distance)))
                break
        if same and same.repeat_every and occurrence < repeats_of(same):
            again = Rung(same, occurrence + 1)
            options.append((again, self._day_of(again, on, same.repeat_every)))
        return options

    def _day_of(self, rung: Rung, last: date | None, distance: int) -> date:
        day = max(_after(self.standing.due_on, rung.position), self._first_overdue_day())
        if last is not None:
            day = max(day, _after(last, distance))
        if rung.by_hand and self.not_before is not None:
            day = max(day, self.not_before)
        return day

    def _first_overdue_day(self) -> date:
        """The day after the grace that follows the effective due date."""
        return self.standing.effective_due + timedelta(days=self.grace_days + 1)

    # What was sent.

    def _rungs_sent(self) -> list[SentStep]:
        return [s for s in self.sent if s.is_ladder]

    def _overdue_sent(self) -> list[SentStep]:
        return [s for s in self._rungs_sent() if s.key.offset > 0]

    def _last_overdue(self) -> tuple[int, int, date] | None:
        """The highest overdue rung sent, and the day on which any was sent last."""
        sent = self._overdue_sent()
        if not sent:
            return None
        offset, occurrence = max((s.key.offset, s.key.occurrence) for s in sent)
        return offset, occurrence, max(s.on for s in sent)

    def _was_sent(self, rung: Rung) -> bool:
        """Whether the key went already, whatever the step's offset was then."""
        name = (rung.step.policy, rung.step.name, rung.occurrence)
        return any((s.key.policy, s.key.step, s.key.occurrence) == name for s in self.sent)

    def _waiting(self) -> Reason:
        if not self.sent:
            return Reason.NOT_REACHED
        last = max(self.sent, key=lambda s: s.on)
        if last.is_unsure:
            return Reason.UNCERTAIN
        return Reason.SKIPPED if last.outcome is Outcome.SKIPPED else Reason.ALREADY_REMINDED


def key_of(standing: Standing, rung: Rung) -> StepKey:
    """What sending this rung about this item uses up."""
    return StepKey(
        invoice=standing.id,
        due_on=standing.due_on,
        policy=rung.step.policy,
        step=rung.step.name,
        offset=rung.step.offset,
        occurrence=rung.occurrence,
    )


def _after(day: date, days: int) -> date:
    """So many days later, a century at most: people mistype numbers, and the calendar ends."""
    return day + timedelta(days=max(-_CENTURY, min(days, _CENTURY)))


def repeats_of(step: Step) -> int:
    """How many further occurrences a step may have: none without a distance between them."""
    return step.repeat_max if step.repeat_every and step.repeat_every > 0 else 0
