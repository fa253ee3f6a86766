"""Who is reminded of what today, and why the others are not (DOMAIN.md, 'Dunning').

`decide` is pure: facts and a date in, a RunPlan out. It reads as its steps: the facts as known on
the day, what people settled in the queue, one decision per client, the caps, and what the next
business day would bring.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from sync.domain.approval import Settled, settled_by_people
from sync.domain.asof import as_of
from sync.domain.calendar import BusinessCalendar
from sync.domain.caps import capped, priority
from sync.domain.cases import CLOSED, Case, Day, open_cases
from sync.domain.client_day import decide_client
from sync.domain.courtesies import lately_settled, settled_courtesy, with_courtesies
from sync.domain.decisions import ZERO, Action, Decision, ItemDecision, Reason, RunPlan
from sync.domain.facts import Choice, Facts, Instalment, Outcome, Receivable, Reminder
from sync.domain.history import COURTESIES, History, remember
from sync.domain.ladder import Ladder
from sync.domain.standing import Book, book

_NOON = time(12)


def decide(
    facts: Facts,
    calendar: BusinessCalendar,
    run_date: date,
    *,
    time_of_day: time | None = None,
    with_upcoming: bool = True,
    acting: bool = False,
) -> RunPlan:
    """What happens on `run_date`: one decision for every client with an open item.

    Facts dated later do not exist. Without `time_of_day` it is a plan, inside the sending window.
    `with_upcoming` False leaves out the next business day, for a rehearsal of many days.
    `acting`: messages will leave, so one that is dated later (a clock was set back, another day
    was run before) counts too: each goes at most once, for ever.
    """
    return decide_with_book(
        facts,
        calendar,
        run_date,
        time_of_day=time_of_day,
        with_upcoming=with_upcoming,
        acting=acting,
    )[0]


def decide_with_book(
    facts: Facts,
    calendar: BusinessCalendar,
    run_date: date,
    *,
    time_of_day: time | None = None,
    with_upcoming: bool = True,
    acting: bool = False,
) -> tuple[RunPlan, Book]:
    """As `decide`, and the book of standings it rests on, for views that show both."""
    settled, day = day_of(facts, calendar, run_date, time_of_day, acting=acting)
    decisions = decisions_of(day)
    plan = RunPlan(
        run_date=run_date,
        mode=facts.settings.mode,
        standings=day.book.standings,
        decisions=decisions,
        upcoming=_upcoming(day, decisions) if with_upcoming else (),
        unapplied=day.book.unapplied,
        payments_until=day.payments_until,
        settled=settled,
    )
    return plan, day.book


def day_of(
    facts: Facts,
    calendar: BusinessCalendar,
    run_date: date,
    time_of_day: time | None = None,
    *,
    acting: bool = False,
) -> tuple[tuple[Decision, ...], Day]:
    """What people settled, and the day as it stands after that, every open item on its ladder."""
    known = as_of(facts, run_date)
    if acting:
        known = replace(known, reminders=facts.reminders)
    return _settle(_day(known, calendar, book(known, calendar, run_date), time_of_day))


def decisions_of(day: Day) -> tuple[Decision, ...]:
    """One decision a client, and courtesies beside them, capped.

    What is sent comes first, in the order of its priority.
    """
    decided = [decide_client(day, client, day.cases[client]) for client in day.cases]
    decisions = capped(day, with_courtesies(day, decided))
    ordered = sorted(decisions, key=lambda d: (not d.deliverable, priority(d)))
    return (*ordered, *_unreadable(day, {decision.client for decision in decided}))


def _unreadable(day: Day, decided: set[str]) -> Iterable[Decision]:
    """Clients of whom no row can be read: held all the same, so that nobody is passed over."""
    named = {client for client in day.facts.unreadable.values() if client is not None}
    for client in sorted(named - decided):
        yield Decision(
            client=client, action=Action.HOLD, send_on=day.today, reason=Reason.ROW_PROBLEM
        )


# The day.


def _day(facts: Facts, calendar: BusinessCalendar, its_book: Book, at: time | None) -> Day:
    standings = its_book.standings.values()
    settled = lately_settled(its_book) if facts.settings.thank_you else ()
    remembered = {s.id for s in standings if s.status not in CLOSED}.union(s.id for s in settled)
    choices: dict[str, tuple[Choice, ...]] = {}
    for choice in facts.choices:
        choices[choice.client] = (*choices.get(choice.client, ()), choice)
    asked = {client: min(c.shown_on for c in given) for client, given in choices.items()}
    day = Day(
        facts=facts,
        book=its_book,
        history=remember(
            facts.reminders,
            frozenset(remembered),
            its_book.run_date,
            asked,
            facts.settings.contact_gap,
        ),
        calendar=calendar,
        today=its_book.run_date,
        time_of_day=at,
        payments_until=payments_reach(facts, its_book.run_date),
        ladders={name: Ladder.of(steps) for name, steps in facts.ladders.items()},
        choices=choices,
        settled=settled,
    )
    return replace(day, cases=open_cases(day, standings))


def payments_reach(facts: Facts, run_date: date) -> date | None:
    """How far payment data reaches: what the team said, the bank files' end, the newest payment."""
    rows: Iterable[Receivable | Instalment] = (
        *facts.receivables.values(),
        *facts.instalments.values(),
    )
    days = {row.paid_on for row in rows} | {payment.paid_on for payment in facts.payments}
    days |= {facts.settings.payments_until, facts.bank_until}
    return max((day for day in days if day is not None and day <= run_date), default=None)


# What people settled.


def _settle(day: Day) -> tuple[tuple[Decision, ...], Day]:
    """Skips and work done by hand as decisions to record, and the day after them."""
    decisions: list[Decision] = []
    for choice in day.facts.choices:
        # One after the other: what one tick settled, another cannot settle again.
        if choice.step in COURTESIES:
            courtesy = settled_courtesy(day, choice)
            if courtesy is not None:
                decisions.append(courtesy)
                day = _after(day, decisions[-1:])
            continue
        settled = settled_by_people(day, choice, day.cases.get(choice.client, ()))
        if settled is not None:
            decisions.append(_settled_decision(day, choice.client, settled))
            day = _after(day, decisions[-1:])
    return tuple(decisions), day


def _settled_decision(day: Day, client: str, settled: Settled) -> Decision:
    done = settled.choice.done
    reason = Reason.BY_HAND if done else Reason.SKIPPED
    items = tuple(
        ItemDecision(standing=c.standing, step=c.step, key=c.key, reason=reason)
        for c in settled.cases
    )
    steps = [c.step for c in settled.cases if c.step is not None]
    named = [step for step in steps if step.name == settled.choice.step]
    return Decision(
        client=client,
        action=Action.SEND if done else Action.HOLD,
        send_on=day.today,
        reason=reason,
        step=(named or steps)[0],
        to=settled.choice.to,
        cc=settled.choice.cc,
        total=sum((c.total_due for c in settled.cases), ZERO),
        items=items,
        step_items=items,
        listed=items,
        choice=settled.choice,
        is_overdue=any(c.is_overdue for c in settled.cases),
    )


def _after(day: Day, decisions: Sequence[Decision]) -> Day:
    """The day with the decisions' keys used up, as if their messages had left."""
    later = replace(day, history=day.history.plus(_assumed(day.today, decisions)))
    cases = dict(day.cases)
    for client in {decision.client for decision in decisions} & cases.keys():
        standings = [case.standing for case in cases[client]]
        cases.update(open_cases(later, standings))
    return replace(later, cases=cases)


def _assumed(on: date, decisions: Iterable[Decision]) -> History:
    reminders = [
        Reminder(
            reference=f"{decision.client}/{decision.step.name}/{on}",
            client=decision.client,
            at=datetime.combine(on, _NOON),
            step=decision.step.name,
            channel=decision.step.channel,
            outcome=Outcome.SKIPPED if decision.reason is Reason.SKIPPED else Outcome.SENT,
            keys=decision.keys,
            to=decision.to,
        )
        for decision in decisions
        if decision.step is not None
    ]
    return remember(reminders)


# The next business day.


def _upcoming(day: Day, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """What the next business day brings once today's messages are out, approved ones and others.

    Payment data are taken to keep up as they do today, so that what is approved in advance shows
    all that will be in the message; if they do not, the day itself holds it. Only clients for
    whom something may be due then are looked at again.
    """
    on = day.calendar.next_business_day(day.today + timedelta(days=1))
    clients = {client for client, cases in day.cases.items() if _may_bring(cases, on)}
    facts = _open_facts(day, clients)
    held = {decision.client for decision in decisions if decision.action is Action.HOLD}
    sent = [decision for decision in decisions if decision.action is Action.SEND]
    its_book = replace(book(facts, day.calendar, on), unapplied=day.book.unapplied)
    later = replace(
        day,
        facts=facts,
        book=its_book,
        today=on,
        time_of_day=None,
        payments_until=day.payments_until and day.calendar.add_business_days(day.payments_until, 1),
        history=day.history.plus(_assumed(day.today, sent)),
    )
    cases = open_cases(later, its_book.standings.values())
    found = [decide_client(later, client, cases[client]) for client in cases if client in clients]
    news = (
        decision
        for decision in found
        if decision.action is Action.SEND
        or (decision.action is Action.HOLD and decision.client not in held)
    )
    return tuple(sorted((replace(d, deliverable=False) for d in news), key=priority))


def _may_bring(cases: Iterable[Case], on: date) -> bool:
    """Whether a client may have a step due on a later day: one waits, is reached, or is held."""
    return any(
        c.place.rung is not None
        or c.hold is not None
        or (c.place.since is not None and c.place.since <= on)
        for c in cases
    )


_Row = TypeVar("_Row", Receivable, Instalment)


def _open_facts(day: Day, clients: Collection[str]) -> Facts:
    """The clients' facts without closed items.

    Those who negotiated keep them: whether a promise was kept counts their receipts.
    """
    facts = day.facts
    talked = {row.client for row in facts.negotiations if row.client in clients}
    open_ids = {case.standing.id for client in clients for case in day.cases[client]}

    def kept(rows: Iterable[_Row]) -> dict[str, _Row]:
        return {r.id: r for r in rows if r.id in open_ids or r.client in talked}

    receivables = kept(facts.receivables.values())
    instalments = kept(facts.instalments.values())
    return replace(
        facts,
        receivables=receivables,
        instalments=instalments,
        payments=tuple(
            p
            for p in facts.payments
            if p.receivable is None or p.receivable in receivables or p.receivable in instalments
        ),
        reminders=tuple(r for r in facts.reminders if r.client in clients),
    )
