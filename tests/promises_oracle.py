"""The judge of the simulated town: looks at what is true, never at what the engine thinks.

It shares no rule with the engine: business days come from the calendar, all else is written here
again, from the rules of collection. `Broken.rule` names the promise that a message broke.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sync.domain.decisions import Decision, RunPlan
from sync.domain.facts import Channel, Choice, Mode, Outcome, Step, StepKey
from tests.domain_language import CALENDAR
from tests.promises_world import DAY, Letter, Money, Promise, World

_RESERVED = ("promise_broken", "plan_broken")
_CENT = Decimal("0.01")


class Broken(AssertionError):
    """A message that should not have left; `rule` says which promise it breaks."""

    def __init__(self, rule: str, detail: object = "") -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule


@dataclass(frozen=True)
class Item:
    """An invoice or instalment as the sheet has it today."""

    id: str
    client: str
    due: date
    amount: Decimal
    boleto: bool
    ladder: str
    plan: Promise | None = None  # the agreement of which it is an instalment

    @property
    def effective(self) -> date:
        return CALENDAR.next_business_day(self.due)


def judge(world: World, plan: RunPlan) -> None:
    """Every message the plan would send now, against the truth."""
    going = [d for d in plan.decisions if d.deliverable]
    _require(len({d.client for d in going}) == len(going), "burst", "two messages in one run")
    sent_today = [
        x
        for x in world.letters
        if x.day == world.today
        and (x.may_have_arrived or x.outcome is Outcome.BOUNCED)
        and x.decision.step is not None
        and x.decision.step.channel is Channel.EMAIL
        and not (x.decision.choice and x.decision.choice.done)
    ]
    limit = min(world.settings.messages_per_run, world.settings.messages_per_day - len(sent_today))
    _require(len(going) <= max(limit, 0), "cap", f"{len(going)} over {limit}")
    for decision in going:
        for rule in _RULES:
            rule(world, decision)


def _require(holds: bool, rule: str, detail: object = "") -> None:
    if not holds:
        raise Broken(rule, detail)


# Whom a message may reach at all.


def _right_day_and_creditor(world: World, _message: Decision) -> None:
    _require(CALENDAR.is_business_day(world.today), "business_day", world.today)
    _require(bool(world.settings.tax_id), "identity")


def _right_client(world: World, message: Decision) -> None:
    debtor = world.debtors[message.client]
    _require(not debtor.do_not_contact, "do_not_contact")
    _require(not debtor.unsubscribed, "unsubscribed")
    _require(not debtor.has_bad_row, "bad_row")
    on_hold = debtor.hold_until is not None and world.today <= debtor.hold_until
    _require(not on_hold, "client_hold")
    _require(message.to == debtor.mails and bool(message.to), "address", message.to)
    last = [x for x in _letters(world, message.client) if x.decision.to == message.to]
    mails = [x for x in last if x.may_have_arrived or x.outcome is Outcome.BOUNCED]
    _require(not mails or mails[-1].outcome is not Outcome.BOUNCED, "bounced")
    refused = any(x.outcome is Outcome.REFUSED and x.day == world.today for x in last)
    _require(not refused, "refused_today")


def _no_loose_money(world: World, message: Decision) -> None:
    loose = sum(
        m.amount
        for m in world.money
        if m.client == message.client and m.invoice is None and m.typed_on is not None
    )
    _require(not (_is_overdue(message) and loose > 1), "unapplied", loose)


def _only_chaseable_items(world: World, message: Decision) -> None:
    for listed in message.listed:
        item = item_of(world, listed.standing.id)
        _require(item.client == message.client, "third_party", item.id)
        _require(not _known_paid(world, item), "paid", item.id)
        late = world.today > item.effective
        if late and _truly_paid_in_time(world, item):
            _require(_vouched_today(world, message), "stale", item.id)
        for reason in _exempt(world, item):
            raise Broken(reason, item.id)


def _exempt(world: World, item: Item) -> Iterator[str]:
    name = item.plan.invoice if item.plan else item.id
    row, today = world.invoices[name], world.today
    if row.disputed:
        yield "disputed"
    if row.hold_until is not None and today <= row.hold_until:
        yield "on_hold"
    if row.cancelled is not None:
        yield "cancelled"
    if (item.due.year + 5, item.due.month, item.due.day) < (today.year, today.month, today.day):
        yield "prescribed"
    yield from _talked_about(world, item)


def _talked_about(world: World, item: Item) -> Iterator[str]:
    today = world.today
    for promise in world.promises:
        if promise.invoice != item.id:
            continue
        until = CALENDAR.next_business_day(promise.pay_by)
        if not promise.parts and today <= until:
            yield "promised"
        if promise.parts and today <= until + 5 * DAY:
            yield "in_plan"
    for at, client in world.contacts:
        if client == item.client and at <= today <= at + 5 * DAY and _was_open(item, at):
            yield "answered"


def _was_open(item: Item, at: date) -> bool:
    """Whether an answer of that day was about it for sure: it was overdue then."""
    return at > item.effective and item.plan is None


# What was said before.


def _at_most_once(world: World, message: Decision) -> None:
    for key in message.keys:
        for old in _keys_about(world, key):
            _require(old != key, "twice", key)
            reserved = key.step in _RESERVED or old.step in _RESERVED
            again = (old.offset, old.occurrence) == (key.offset, key.occurrence)
            _require(reserved or not again, "twice", (old, key))
            _require(reserved or old.offset <= key.offset, "lower_step", (old, key))
            same_name = (old.policy, old.step, old.occurrence) == (
                key.policy,
                key.step,
                key.occurrence,
            )
            _require(reserved or not same_name, "twice", (old, key))


def _promise_broken_once(world: World, message: Decision) -> None:
    for key in message.keys:
        if key.step == "promise_broken":
            old = [k for k in _keys_about(world, key) if k.step == key.step]
            _require(not old, "promise_broken_twice", key)
            made = [p for p in world.promises if p.invoice == key.invoice and not p.parts]
            _require(bool(made), "promise_broken_without_promise", key)
        plans = [p for p in world.promises if p.invoice == key.invoice and p.parts]
        if plans and key.step != "plan_broken" and world.today > plans[0].at:
            said = any(k.step == "plan_broken" for k in _keys_about(world, key))
            _require(
                said or item_of(world, key.invoice).due > plans[0].at, "plan_broken_first", key
            )


def _gap(world: World, message: Decision) -> None:
    if not _is_overdue(message):
        return
    said = [
        x.day
        for x in _letters(world, message.client)
        if x.may_have_arrived and any(k.offset > 0 or k.step in _RESERVED for k in x.decision.keys)
    ]
    free = max(said, default=date.min) + timedelta(days=world.settings.contact_gap)
    _require(not said or world.today >= free, "gap", (said, world.today))


def _gap_after_moved_due_date(world: World, message: Decision) -> None:
    for key in message.keys:
        said = [
            x.day
            for x in _letters(world, message.client)
            if x.may_have_arrived
            and any(k.invoice == key.invoice and k.due_on != key.due_on for k in x.decision.keys)
        ]
        free = max(said, default=date.min) + timedelta(days=world.settings.contact_gap)
        _require(not said or world.today >= free, "gap_after_move", key)


# The ladder.


def _reached(world: World, message: Decision) -> None:
    for key in message.keys:
        item = item_of(world, key.invoice)
        _require(key.due_on == item.due, "due_date", key)
        late = world.today > item.effective + timedelta(days=world.settings.grace_days)
        if key.step in _RESERVED:
            _require(late, "reached", key)
        elif key.offset > 0:
            _require(late and world.today >= item.due + key.offset * DAY, "reached", key)
        else:
            _require(world.today <= item.effective, "late_courtesy", key)
            day = CALENDAR.previous_business_day(item.due + key.offset * DAY)
            first = item.effective if key.offset == 0 else day
            _require(world.today >= first, "reached", key)


def _one_rung_at_a_time(world: World, message: Decision) -> None:
    for key in message.keys:
        if key.offset <= 0 or key.step in _RESERVED:
            continue
        steps = _steps(world, item_of(world, key.invoice))
        before = [
            (k, x.day)
            for x in _letters_that_count(world, message.client)
            for k in x.decision.keys
            if (k.invoice, k.due_on) == (key.invoice, key.due_on)
            and k.offset > 0
            and k.step not in _RESERVED
        ]
        if not before:
            _require(key.offset == min(s.offset for s in steps if s.offset > 0), "first_step", key)
            continue
        last, _ = max(before, key=lambda pair: (pair[0].offset, pair[0].occurrence))
        day = max(on for _, on in before)
        named = {(k.policy, k.step) for k, _ in before}
        skipped = [
            s
            for s in steps
            if last.offset < s.offset < key.offset
            and s.channel is Channel.EMAIL
            and (s.policy, s.name) not in named
        ]
        _require(not skipped, "skipped_rung", (key, skipped))
        _require(world.today >= day + _distance(steps, last, key), "distance", (last, day, key))
        if key.occurrence:
            same = next(s for s in steps if s.offset == key.offset)
            _require(key.occurrence <= same.repeat_max, "too_many_repeats", key)


def _distance(steps: list[Step], last: StepKey, key: StepKey) -> timedelta:
    every = next((s.repeat_every or 0 for s in steps if s.offset == last.offset), 0)
    if key.offset == last.offset:
        return every * DAY
    virtual = key.offset - last.offset - last.occurrence * every
    return (virtual if virtual > 0 else key.offset - last.offset) * DAY


# Amounts.


def _right_amount(world: World, message: Decision) -> None:
    items = {i.standing.id: item_of(world, i.standing.id) for i in message.listed}
    overdue = _is_overdue(message)
    covered = [i for i in items.values() if not overdue or world.today > i.effective]
    steps = {key.invoice for key in message.keys}
    _require(steps <= items.keys(), "listed", (steps, items))
    if any(_has_odd_money(world, item) for item in covered):
        return
    owed = sum((_owed(world, item) for item in covered), Decimal(0))
    _require(message.total == owed, "amount", (message.total, owed))
    minimum = message.step.minimum if message.step else Decimal(0)
    small = sum((_principal(world, items[name]) for name in steps), Decimal(0))
    _require(small >= minimum, "minimum", (small, minimum))


def _owed(world: World, item: Item) -> Decimal:
    principal, settings = _principal(world, item), world.settings
    late = world.today > item.effective + timedelta(days=settings.grace_days)
    if not late or item.plan:
        return principal
    fee = (principal * settings.late_fee).quantize(_CENT, ROUND_HALF_UP)
    days = (world.today - item.due).days
    interest = principal * settings.monthly_interest * days / 30
    return principal + fee + interest.quantize(_CENT, ROUND_HALF_UP)


def _principal(world: World, item: Item) -> Decimal:
    return item.amount - sum(m.amount for m in _typed(world, item))


def _has_odd_money(world: World, item: Item) -> bool:
    """Money after the due date, or moved by an agreement: worked examples show such sums."""
    if item.plan or any(p.invoice == item.id and p.parts for p in world.promises):
        return True
    return any(m.day > item.due for m in _typed(world, item))


# Approvals.


def _asked_where_needed(world: World, message: Decision) -> None:
    needed = world.settings.mode is Mode.APPROVAL or any(
        key.step == "plan_broken" or _step_asks(world, key) for key in message.keys
    )
    first = [
        i.standing.id
        for i in message.listed
        if _days_late(world, item_of(world, i.standing.id)) > 90
        and not _was_told(world, item_of(world, i.standing.id))
    ]
    if not needed and not first:
        return
    rule = "approval" if needed else "first_approval"
    ticks = [c for on, c in world.ticks if c.client == message.client and c.approve]
    _require(any(_covers(world, tick, message) for tick in ticks), rule, message)


def _vouched_today(world: World, message: Decision) -> bool:
    """Whether a person approved this very message today: who knows better than the data."""
    today = (c for on, c in world.ticks if on == world.today and c.approve)
    return any(c.client == message.client and _covers(world, c, message) for c in today)


def _covers(world: World, tick: Choice, message: Decision) -> bool:
    assert message.step is not None
    if tick.step != message.step.name or set(tick.to) != set(message.to):
        return False
    shown = {(i.id, i.due_on): i.principal for i in tick.items}
    for listed in message.listed:
        item = item_of(world, listed.standing.id)
        if (item.id, item.due) not in shown:
            return False
        odd = _has_odd_money(world, item)
        if not odd and _principal(world, item) > shown[item.id, item.due]:
            return False
    due = {i.id for i in tick.items if i.is_due}
    gone = {
        key.invoice
        for x in _letters_that_count(world, message.client)
        if x.day >= tick.shown_on and x.decision.step is not None
        if x.decision.step.name == tick.step
        for key in x.decision.keys
    }
    # One message for one tick; what it left out of that which the row showed as due may follow.
    return not due & gone or {key.invoice for key in message.keys} <= due - gone


def _step_asks(world: World, key: StepKey) -> bool:
    steps = world.ladders.get(key.policy, [])
    return any(s.approval for s in steps if s.name == key.step)


def _days_late(world: World, item: Item) -> int:
    return (world.today - item.due).days if world.today > item.effective else 0


def _was_told(world: World, item: Item) -> bool:
    return any(
        (k.invoice, k.due_on) == (item.id, item.due) and (k.offset > 0 or k.step in _RESERVED)
        for x in _letters_that_count(world, item.client)
        if x.outcome is not Outcome.SKIPPED
        for k in x.decision.keys
    )


# Small questions to the truth.


def item_of(world: World, name: str) -> Item:
    """The invoice or instalment of this id."""
    row = world.invoices.get(name)
    if row is not None:
        ladder = row.policy or world.debtors[row.client].policy or "Standard"
        return Item(name, row.client, row.due, row.amount, row.boleto, ladder)
    promise, due, amount = next(
        (p, due, amount) for p in world.promises for part, due, amount in p.parts if part == name
    )
    return Item(name, promise.client, due, amount, False, "plan", promise)


def _steps(world: World, item: Item) -> list[Step]:
    return [s for s in world.ladders[item.ladder] if s.active]


def _typed(world: World, item: Item) -> list[Money]:
    return [m for m in world.money if m.invoice == item.id and m.typed_on is not None]


def _known_paid(world: World, item: Item) -> bool:
    return sum(m.amount for m in _typed(world, item)) >= item.amount


def _truly_paid_in_time(world: World, item: Item) -> bool:
    """Paid by the effective due date, whatever the sheet knows of it."""
    paid = (m for m in world.money if m.invoice == item.id and m.day <= item.effective)
    return sum(m.amount for m in paid) >= item.amount


def _is_overdue(message: Decision) -> bool:
    return any(key.offset > 0 or key.step in _RESERVED for key in message.keys)


def _letters(world: World, client: str) -> list[Letter]:
    return [x for x in world.letters if x.decision.client == client]


def _letters_that_count(world: World, client: str) -> list[Letter]:
    return [x for x in _letters(world, client) if x.counts]


def _keys_about(world: World, key: StepKey) -> list[StepKey]:
    return [
        k
        for x in world.letters
        if x.counts
        for k in x.decision.keys
        if (k.invoice, k.due_on) == (key.invoice, key.due_on)
    ]


_RULES: tuple[Callable[[World, Decision], None], ...] = (
    _right_day_and_creditor,
    _right_client,
    _no_loose_money,
    _only_chaseable_items,
    _at_most_once,
    _promise_broken_once,
    _gap,
    _gap_after_moved_due_date,
    _reached,
    _one_rung_at_a_time,
    _right_amount,
    _asked_where_needed,
)
