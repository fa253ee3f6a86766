"""Wrong variants of the rules of dunning, each with the promises it may break.

A mutant replaces one function or constant of the engine. tests/test_promises shows that the judge
catches every one, so that a promise that nobody watches does not stand here as kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sync.domain import approval, asof, cases, client_day, drafts, dunning, gates, history, ladder
from sync.domain.decisions import Reason
from sync.domain.facts import Choice, Facts, Outcome
from tests.domain_language import CALENDAR

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutant:
    """A wrong engine: `apply` makes it so, one of `breaks` is what the judge must say."""

    name: str
    breaks: tuple[str, ...]
    apply: Patch


def _set(place: object, name: str, value: Any) -> Patch:
    return lambda patch: patch.setattr(place, name, value)


def _ignoring(*reasons: Reason) -> Patch:
    """Items are chased whatever these reasons say."""
    right = cases._hold

    def wrong(*args: Any, **more: Any) -> Reason | None:
        reason = right(*args, **more)
        return None if reason in reasons else reason

    return _set(cases, "_hold", wrong)


def _client_ignoring(*reasons: Reason) -> Patch:
    right = gates.hold_of_client

    def wrong(*args: Any) -> Reason | None:
        reason = right(*args)
        return None if reason in reasons else reason

    return _set(client_day, "hold_of_client", wrong)


def _draft_ignoring(*reasons: Reason) -> Patch:
    right = gates.hold_of_draft

    def wrong(*args: Any, **more: Any) -> Reason | None:
        reason = right(*args, **more)
        return None if reason in reasons else reason

    return _set(approval, "hold_of_draft", wrong)


def _row_problem_ignored(patch: pytest.MonkeyPatch) -> None:
    _ignoring(Reason.ROW_PROBLEM)(patch)
    _client_ignoring(Reason.ROW_PROBLEM)(patch)


def _client_hold_ignored(patch: pytest.MonkeyPatch) -> None:
    _ignoring(Reason.ON_HOLD)(patch)
    _client_ignoring(Reason.ON_HOLD)(patch)


def _with_facts(change: Callable[[Facts], Facts]) -> Patch:
    """The engine decides on facts that somebody changed on the way."""
    right = asof.as_of
    return _set(dunning, "as_of", lambda facts, on: change(right(facts, on)))


def _remembering_only(*outcomes: Outcome) -> Patch:
    def change(facts: Facts) -> Facts:
        kept = tuple(r for r in facts.reminders if r.outcome in outcomes)
        return replace(facts, reminders=kept)

    return _with_facts(change)


def _unmarked_paid(patch: pytest.MonkeyPatch) -> None:
    """Somebody forgot that paid items are closed."""
    _ignoring(Reason.PAID)(patch)
    patch.setattr(cases, "CLOSED", frozenset())


def _key_by_name_only(patch: pytest.MonkeyPatch) -> None:
    """What was sent is known by its name alone, not by the rung it stood on."""

    def same_names(self: Any, invoice: str, due_on: Any) -> Any:
        steps = {s.name for steps in _ladders[0].values() for s in steps}
        used = self.items.get(invoice, ())
        return tuple(s for s in used if s.key.due_on == due_on and s.key.step in steps)

    _ladders: list[Any] = [{}]

    def seen(facts: Facts) -> Facts:
        _ladders[0] = facts.ladders
        return facts

    _with_facts(seen)(patch)
    patch.setattr(history.History, "of_item", same_names)


def _no_names(patch: pytest.MonkeyPatch) -> None:
    """What was sent is known by its rung alone, so a step that moves up goes again."""
    patch.setattr(ladder.Climber, "_was_sent", lambda *_: False)


def _no_distance(patch: pytest.MonkeyPatch) -> None:
    """The next rung goes as soon as its own day is reached: a burst after a break."""
    right = ladder.Climber._day_of
    patch.setattr(
        ladder.Climber, "_day_of", lambda self, rung, _last, _distance: right(self, rung, None, 0)
    )


def _highest_rung_first(patch: pytest.MonkeyPatch) -> None:
    """The first message about an old item is as firm as the item is old."""
    right = ladder.Climber._following

    def wrong(self: Any, at: Any) -> Any:
        if at is not None:
            return right(self, at)
        rungs = [ladder.Rung(step) for step in reversed(self.ladder.after)]
        return [(rung, self._day_of(rung, None, 0)) for rung in rungs]

    patch.setattr(ladder.Climber, "_following", wrong)


def _skips_a_rung(patch: pytest.MonkeyPatch) -> None:
    """Steps that were not sent in time are skipped: the highest one reached goes."""
    right = ladder.Climber._past_due

    def wrong(self: Any, today: Any) -> Any:
        place = right(self, today)
        reached = [
            ladder.Rung(s)
            for s in self.ladder.after
            if place.rung and self.standing.due_on + timedelta(days=s.offset) <= today
        ]
        return replace(place, rung=reached[-1]) if reached else place

    patch.setattr(ladder.Climber, "_past_due", wrong)


def _courtesy_when_late(patch: pytest.MonkeyPatch) -> None:
    """Missed courtesies are made up for after the due date."""
    right = ladder.Climber.place

    def wrong(self: Any, today: Any, calendar: Any) -> Any:
        early = self._before_due(today, calendar)
        return early if early.rung else right(self, today, calendar)

    patch.setattr(ladder.Climber, "place", wrong)


def _gap_from_outcomes(*outcomes: Outcome) -> Patch:
    return _set(history, "MAY_HAVE_ARRIVED", frozenset(outcomes))


def _total_of(amount: Callable[[Any], Decimal]) -> Patch:
    def wrong(self: Any) -> Decimal:
        return sum((amount(case) for case in self.listed), Decimal(0))

    return _set(drafts.Draft, "total", property(wrong))


def _covers_without(check: str) -> Patch:
    """An approval that overlooks one kind of change."""
    right = approval.covers

    def wrong(choice: Choice, draft: Any) -> bool:
        shown = choice
        if check == "address":
            shown = replace(choice, to=draft.to, cc=draft.cc)
        elif check == "step":
            shown = replace(choice, step=draft.step.name)
        elif check == "principal":
            items = tuple(replace(i, principal=Decimal(10**9)) for i in choice.items)
            shown = replace(choice, items=items)
        elif check == "added":
            mine = {i.id for i in choice.items}
            listed = tuple(c for c in draft.listed if c.standing.id in mine)
            draft = replace(draft, listed=listed)
        return right(shown, draft)

    return _set(approval, "covers", wrong)


def _lists_held_items(patch: pytest.MonkeyPatch) -> None:
    """Items that may not be chased stand in the table all the same."""
    right = drafts._may_stand_beside

    def wrong(day: Any, case: Any, *more: Any) -> bool:
        return case.is_overdue or right(day, case, *more)

    patch.setattr(drafts, "_may_stand_beside", wrong)


def _slips_old_items_in(patch: pytest.MonkeyPatch) -> None:
    """An old item about which nobody was asked stands in another's message."""

    def wrong(_day: Any, case: Any, is_stale: bool, _may_ask: bool) -> bool:
        return case.hold is None and case.is_overdue and (case.is_fresh or is_stale)

    patch.setattr(drafts, "_may_stand_beside", wrong)


def _boleto_like_pix(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cases, "_BOLETO", "no such method")


def _reserved_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cases, "_was_said", lambda *_: False)
    patch.setattr(cases, "is_overdue_key", lambda *_: False)


def _plan_without_approval(patch: pytest.MonkeyPatch) -> None:
    right = cases._reserved_rung

    def wrong(*args: Any, **more: Any) -> Any:
        rung = right(*args, **more)
        return replace(rung, step=replace(rung.step, approval=False))

    patch.setattr(cases, "_reserved_rung", wrong)


def _endless_repeats(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ladder, "repeats_of", lambda step: 99 if step.repeat_every else 0)


def _repeats_every_day(patch: pytest.MonkeyPatch) -> None:
    right = ladder.Climber._following

    def wrong(self: Any, at: Any) -> Any:
        return [
            (rung, day if rung.occurrence == 0 else at[2] + timedelta(days=1))
            for rung, day in right(self, at)
        ]

    patch.setattr(ladder.Climber, "_following", wrong)


def _without_grace(patch: pytest.MonkeyPatch) -> None:
    def first_day(self: Any) -> Any:
        return self.standing.effective_due + timedelta(days=1)

    patch.setattr(ladder.Climber, "_first_overdue_day", first_day)


def _weekend_is_late(patch: pytest.MonkeyPatch) -> None:
    """Late from the day after the due date, be that a Sunday."""
    right = cases.case_of

    def wrong(day: Any, standing: Any) -> Any:
        return right(day, replace(standing, effective_due=standing.due_on))

    patch.setattr(cases, "case_of", wrong)


def _stale_but_reaching(patch: pytest.MonkeyPatch) -> None:
    """Data need only be recent; that it ends before the due date is overlooked."""

    def wrong(day: Any, _standing: Any) -> bool:
        allowed = day.facts.settings.payments_max_age
        if allowed is None or day.payments_until is None:
            return allowed is None
        return bool(CALENDAR.business_days_between(day.payments_until, day.today) <= allowed)

    patch.setattr(cases, "is_fresh", wrong)


R = Reason
_ASKED = ("approval", "first_approval")
_OLD = "ASKS_FIRST_AFTER_DAYS"
MUTANTS: tuple[Mutant, ...] = (
    Mutant("chases what is paid", ("paid",), _unmarked_paid),
    Mutant("chases what is disputed", ("disputed",), _ignoring(R.DISPUTED)),
    Mutant("chases what is on hold", ("on_hold",), _ignoring(R.ON_HOLD)),
    Mutant("chases what is promised", ("promised",), _ignoring(R.PROMISE_PENDING)),
    Mutant("chases originals of a plan", ("in_plan",), _ignoring(R.IN_PLAN)),
    Mutant("does not wait for answers", ("answered",), _ignoring(R.AWAITING_ANSWER)),
    Mutant("chases what is prescribed", ("prescribed",), _ignoring(R.PRESCRIBED)),
    Mutant(
        "writes to those not to contact", ("do_not_contact",), _client_ignoring(R.DO_NOT_CONTACT)
    ),
    Mutant("writes to the unsubscribed", ("unsubscribed",), _client_ignoring(R.UNSUBSCRIBED)),
    Mutant("overlooks a client's hold", ("client_hold", "on_hold"), _client_hold_ignored),
    Mutant("overlooks a bad row", ("bad_row",), _row_problem_ignored),
    Mutant("does not name the creditor", ("identity",), _client_ignoring(R.UNKNOWN_IDENTITY)),
    Mutant("sends to a bounced address", ("bounced",), _draft_ignoring(R.ADDRESS_BOUNCED)),
    Mutant("insists after a refusal", ("refused_today",), _draft_ignoring(R.REFUSED)),
    Mutant("sends without an address", ("address",), _draft_ignoring(R.NO_ADDRESS)),
    Mutant("overlooks money on account", ("unapplied",), _draft_ignoring(R.UNAPPLIED_CASH)),
    Mutant("sends on weekends", ("business_day",), _draft_ignoring(R.NON_BUSINESS_DAY)),
    Mutant("overlooks the gap", ("gap",), _draft_ignoring(R.CONTACT_GAP)),
    Mutant("overlooks the minimum", ("minimum",), _set(drafts, "_above_minimum", list)),
    Mutant("believes stale data", ("stale",), _set(cases, "is_fresh", lambda *_: True)),
    Mutant("believes data that end too early", ("stale",), _stale_but_reaching),
    Mutant("takes a boleto for a Pix", ("stale",), _boleto_like_pix),
    Mutant("forgets what was sent", ("twice", "gap", "lower_step"), _remembering_only()),
    Mutant(
        "forgets the uncertain",
        ("twice", "gap", "lower_step", "distance"),
        _remembering_only(Outcome.SENT, Outcome.BOUNCED, Outcome.SKIPPED, Outcome.REFUSED),
    ),
    Mutant(
        "forgets what was skipped",
        ("twice", "lower_step", "first_step", "distance"),
        _remembering_only(
            Outcome.SENT, Outcome.UNCERTAIN, Outcome.SENDING, Outcome.BOUNCED, Outcome.REFUSED
        ),
    ),
    Mutant(
        "forgets what bounced",
        ("bounced", "twice"),
        _remembering_only(Outcome.SENT, Outcome.UNCERTAIN, Outcome.SKIPPED, Outcome.REFUSED),
    ),
    Mutant("knows steps by name only", ("twice", "lower_step", "distance"), _key_by_name_only),
    Mutant("knows steps by rung only", ("twice",), _no_names),
    Mutant("bursts after a break", ("distance",), _no_distance),
    Mutant("begins with the final notice", ("first_step",), _highest_rung_first),
    Mutant("skips rungs it missed", ("first_step", "skipped_rung", "distance"), _skips_a_rung),
    Mutant("is courteous when late", ("late_courtesy",), _courtesy_when_late),
    Mutant("gap from sure messages only", ("gap",), _gap_from_outcomes(Outcome.SENT)),
    Mutant(
        "moved due dates escape the gap",
        ("gap_after_move",),
        _set(cases, "_after_other_due_dates", lambda _day, _standing, place: place),
    ),
    Mutant("repeats for ever", ("too_many_repeats",), _endless_repeats),
    Mutant("repeats every day", ("distance",), _repeats_every_day),
    Mutant("gives no grace", ("reached",), _without_grace),
    Mutant("is late on a weekend", ("reached", "stale", "listed"), _weekend_is_late),
    Mutant("asks for the face amount", ("amount",), _total_of(lambda c: c.standing.amount)),
    Mutant("sums what is not due", ("amount",), _total_of(lambda c: c.total_due)),
    Mutant("forgets the charges", ("amount",), _total_of(lambda c: c.standing.charge.balance)),
    Mutant(
        "lists held items",
        ("disputed", "on_hold", "promised", "in_plan", "answered", "prescribed", "cancelled"),
        _lists_held_items,
    ),
    Mutant("slips old items in", ("first_approval",), _slips_old_items_in),
    Mutant(
        "asks nobody",
        _ASKED,
        _set(approval, "_waits_for", lambda *_, **__: None),
    ),
    Mutant(
        "does not ask about old items",
        ("first_approval",),
        _set(cases, "ASKS_FIRST_AFTER_DAYS", 9999),
    ),
    Mutant("approved is approved", ("approval",), _set(approval, "covers", lambda *_: True)),
    Mutant("overlooks another address", _ASKED, _covers_without("address")),
    Mutant("overlooks another step", _ASKED, _covers_without("step")),
    Mutant("overlooks more principal", _ASKED, _covers_without("principal")),
    Mutant("overlooks an added invoice", _ASKED, _covers_without("added")),
    Mutant("uses an approval twice", ("approval",), _set(approval, "is_unused", lambda *_: True)),
    Mutant("knows no caps", ("cap",), _set(dunning, "capped", lambda _day, decisions: decisions)),
    Mutant(
        "breaks a promise every day",
        ("promise_broken_twice", "plan_broken_first", "twice"),
        _reserved_forgotten,
    ),
    Mutant("ends a plan without asking", ("approval",), _plan_without_approval),
    Mutant(
        "ends a plan without a word",
        ("plan_broken_first",),
        _set(cases, "_reserved", lambda *_: None),
    ),
)
