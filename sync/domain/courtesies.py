"""Thanks and confirmations: messages that ask for nothing (DOMAIN.md, 'Negotiation').

- `confirmation`: the instalments of an agreement accepted by mail or made by command; once, while
  the agreement is open and not older than a week. Who types an agreement has told the client.
- `thanks` (setting 'thank for payments'): what money settled; once, within the week after, to a
  client who owes nothing late and whom nothing holds.

They need no approval (Preview mode sends nothing all the same), ignore the contact gap and do not
start it, count for nothing on a ladder, and go on business days inside the window. One message per
client and run: a confirmation goes before a reminder, thanks after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from sync.domain.caps import held_until_next
from sync.domain.cases import Day
from sync.domain.charges import SettledBy
from sync.domain.decisions import ZERO, Action, Decision, ItemDecision, Reason, Standing, Status
from sync.domain.facts import Choice, Mode, Step, StepKey
from sync.domain.gates import address_hold, hold_of_client, is_outside_window
from sync.domain.history import CONFIRMATION, COURTESIES, THANKS
from sync.domain.negotiation import AgreementState, Result, was_accepted
from sync.domain.standing import Book

COURTESY_DAYS = 7
"""How long after its event a courtesy makes sense: nobody is thanked for years at once."""

_BY_MONEY = frozenset(SettledBy) - {SettledBy.PLAN}
_RUNS = frozenset({Result.OPEN, Result.KEPT})


def lately_settled(book: Book) -> tuple[Standing, ...]:
    """What money settled within the last week; one pass over the standings, nothing computed."""
    since, paid = book.run_date - timedelta(days=COURTESY_DAYS), Status.PAID
    return tuple(
        standing
        for standing in book.standings.values()
        if standing.status is paid
        and standing.charge.settled_on is not None
        and standing.charge.settled_on >= since
        and standing.charge.settled_by in _BY_MONEY
    )


def with_courtesies(day: Day, decided: Sequence[Decision]) -> list[Decision]:
    """The day's decisions, one a client so far, with thanks and confirmations beside them."""
    courtesies: dict[str, Decision] = {}
    for state in day.book.agreements.values():
        if state.client not in courtesies and (made := _confirmation(day, state)) is not None:
            courtesies[state.client] = made
    writing = {each.client for each in decided if each.deliverable} | courtesies.keys()
    settled = [each for each in day.settled if each.client not in writing]
    for client, standings in _by_client(settled).items():
        if (thanks := _thanks(day, client, standings)) is not None:
            courtesies[client] = thanks
    confirmed = {client for client, each in courtesies.items() if each.deliverable}
    return [
        *(
            held_until_next(day, each, Reason.RUN_LIMIT)
            if each.deliverable and each.client in confirmed
            else each
            for each in decided
        ),
        *courtesies.values(),
    ]


def settled_courtesy(day: Day, choice: Choice) -> Decision | None:
    """What a tick on the row of a courtesy settles: skipped, or done in person."""
    if choice.step not in COURTESIES or not (choice.skip or choice.done) or choice.reference:
        return None
    shown = {item.id for item in choice.items}
    found: Decision | None = None
    if choice.step == THANKS:
        mine = [each for each in day.settled if each.client == choice.client and each.id in shown]
        found = _thanks(day, choice.client, mine)
    else:
        for state in day.book.agreements.values():
            if state.client == choice.client and shown & {*state.instalments}:
                found = _confirmation(day, state)
    if found is None:
        return None
    return replace(
        found,
        action=Action.SEND if choice.done else Action.HOLD,
        reason=Reason.BY_HAND if choice.done else Reason.SKIPPED,
        deliverable=False,
        choice=choice,
    )


def _by_client(standings: Iterable[Standing]) -> dict[str, list[Standing]]:
    found: dict[str, list[Standing]] = {}
    for standing in standings:
        found.setdefault(standing.client, []).append(standing)
    return found


def _confirmation(day: Day, state: AgreementState) -> Decision | None:
    """What was agreed on, in writing; None when it was said, or is no news any more."""
    recent = state.at >= day.today - timedelta(days=COURTESY_DAYS)
    if state.result is not Result.OPEN or not recent or not was_accepted(state.ref):
        return None
    parts = [day.book.standings[name] for name in state.instalments if name in day.book.standings]
    if not parts or any(day.history.was_said(part.id, CONFIRMATION) for part in parts):
        return None
    reason = hold_of_client(day, state.client)
    reason = reason or next((part.blocked for part in parts if part.is_open and part.blocked), None)
    return _decision(day, state.client, CONFIRMATION, parts, reason, agreement=state.ref)


def _thanks(day: Day, client: str, settled: Iterable[Standing]) -> Decision | None:
    """A word of thanks for what was settled; None for what was said, and when it would jar."""
    if not day.facts.settings.thank_you or hold_of_client(day, client) is not None:
        return None
    open_ones = [case.standing for case in day.cases.get(client, ())]
    if any(each.blocked not in (None, Reason.IN_PLAN) for each in open_ones):
        return None
    if any(each.is_open and each.days_past_due > 0 for each in open_ones):
        return None
    items = [each for each in settled if _deserves_thanks(day, each)]
    if not items:
        return None
    decision = _decision(day, client, THANKS, items, None)
    return None if decision.reason in _NO_ADDRESS else decision


_NO_ADDRESS = frozenset({Reason.NO_ADDRESS, Reason.ADDRESS_BOUNCED, Reason.REFUSED})


def _deserves_thanks(day: Day, standing: Standing) -> bool:
    row = day.facts.receivables.get(standing.id)
    if row is not None and (row.disputed or (row.hold_until and row.hold_until >= day.today)):
        return False
    plan = day.book.agreements.get(standing.agreement or "")
    ended = standing.is_instalment and (plan is None or plan.result not in _RUNS)
    return not (
        ended or standing.id in day.book.broken_plans or day.history.was_said(standing.id, THANKS)
    )


def _decision(
    day: Day,
    client: str,
    name: str,
    standings: Sequence[Standing],
    hold: Reason | None,
    agreement: str | None = None,
) -> Decision:
    """A message about these items: no item of it is a step of a ladder."""
    row = day.facts.clients.get(client)
    to = row.emails if row else ()
    items = tuple(_item(name, standing) for standing in _in_order(standings))
    step = items[0].step
    assert step is not None  # noqa: S101 - _item gives every item its step
    hold = hold or address_hold(day, client, step.channel, to)
    if hold is None and not day.calendar.is_business_day(day.today):
        hold = Reason.NON_BUSINESS_DAY
    waits = day.facts.settings.mode is Mode.PREVIEW
    if hold is None and not waits and is_outside_window(day):
        hold = Reason.OUTSIDE_WINDOW
    return Decision(
        client=client,
        action=Action.SEND if hold is None else Action.HOLD,
        send_on=day.today,
        reason=hold or (Reason.PREVIEW_MODE if waits else None),
        step=step,
        to=to,
        cc=row.cc if row else (),
        total=sum((each.charge.total_due for each in standings if each.is_open), ZERO),
        step_items=items,
        listed=items,
        deliverable=hold is None and not waits,
        is_courtesy=True,
        agreement=agreement,
    )


def _in_order(standings: Iterable[Standing]) -> list[Standing]:
    return sorted(standings, key=lambda standing: (standing.due_on, standing.id))


def _item(name: str, standing: Standing) -> ItemDecision:
    step = Step(policy=standing.policy or "", name=name, offset=0, template=name)
    key = StepKey(
        invoice=standing.id, due_on=standing.due_on, policy=step.policy, step=name, offset=0
    )
    return ItemDecision(standing=standing, step=step, key=key)
