"""A small language for worked examples: a ledger in, decisions out, one fact a line.

Facts (dates ISO, amounts with a point; options after a comma):

    setting    mode automatic
    ladder     Standard: before -3, today 0, first +3, second +10, last +45 (approval)
    client     Padaria, policy Soft, cpf, mail a@x.com b@x.com, phone 11999990000
    invoice    F-1 Padaria 2026-03-10 1000.00, boleto
    payment    2026-03-12 F-1 500.00                  (or a client: money on account)
    promise    2026-03-12 Padaria by 2026-03-20 for F-1
    agreement  A-1 2026-03-12 Padaria for F-1
    instalment A-1/1 A-1 2026-04-10 500.00 for F-1
    dispute    2026-03-12 Padaria for F-1             (also says_paid, contact, refusal, proposal)
    sent       2026-03-13 Padaria first F-1           (also bounced, skipped, uncertain, cancelled…)
    change     F-1 due 2026-04-10                     (any option of an invoice, client or setting)
    forget     F-1                                    (the row is deleted)

Days:

    plan 2026-03-13          decide, nothing leaves
    run  2026-03-13 at 09:00 decide, and what may leave becomes History
    approve | skip | done Padaria first               tick the queue row of the last plan or run

What must come out of the last plan or run:

    => Padaria: send first F-1 F-2, total 1025.67     leaves now
    => Padaria: wait first F-1, needs_approval        due, waits for that
    => Padaria: hold first F-1, contact_gap           due, held
    => Padaria: none, not_reached
    => Padaria: lists F-1 F-3
    => beside Padaria: send thanks F-1                (thanks or a confirmation)
    => tomorrow Padaria: wait first F-1, needs_approval   (in the queue for the next business day)
    => item F-1: disputed                             the reason in the row
    => next F-1: 2026-03-20
    => status F-1: overdue, 17 days, bucket 1
    => owes F-1: balance 1000.00 fee 20.00 interest 5.67 total 1025.67
    => unapplied Padaria: 50.00
    => nobody                                         no message leaves
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from sync.domain.decisions import Decision, RunPlan
from sync.domain.dunning import decide
from sync.domain.facts import (
    Choice,
    NegotiationKind,
    Outcome,
    Reminder,
    ShownItem,
)
from tests.domain_ledger import CALENDAR, IDENTIFIED, Ledger
from tests.domain_words import (
    CLAIMS,
    said,
)

__all__ = ["CALENDAR", "IDENTIFIED", "World", "choice_of", "play", "reminder_of", "run_example"]


class World(Ledger):
    """One example: its ledger, and the last day's plan."""

    def __init__(self) -> None:
        super().__init__()
        self.plan: RunPlan | None = None
        self.sent_now: tuple[Decision, ...] = ()

    # Days.

    def decide(self, text: str, *, leaves: bool) -> None:
        day, _, at = text.partition(" at ")
        on = date.fromisoformat(day.strip())
        hour = time.fromisoformat(at.strip()) if at else None
        self.plan = decide(self.facts(), CALENDAR, on, time_of_day=hour)
        self.sent_now = tuple(d for d in self.plan.decisions if d.deliverable)
        if leaves:
            self.record(self.plan)

    def record(self, plan: RunPlan) -> None:
        """What a run writes: History rows, and ticks cleared once they are carried out."""
        out = [(d, Outcome.SENT) for d in plan.decisions if d.deliverable]
        out += [
            (d, Outcome.SKIPPED if d.choice and d.choice.skip else Outcome.SENT)
            for d in plan.settled
        ]
        for decision, outcome in out:
            self.reminders.append(reminder_of(decision, outcome, len(self.reminders)))
        used = [d.choice for d, _ in out]
        self.choices = [choice for choice in self.choices if choice not in used]

    def tick(self, what: str, text: str) -> None:
        """Tick a row of the queue, which shows the last plan and the next business day."""
        client, _, step = text.strip().partition(" ")
        assert self.plan is not None
        rows = [
            row
            for row in (*self.plan.decisions, *self.plan.upcoming)
            if row.client == client and row.step is not None and step in ("", row.step.name)
        ]
        assert rows, f"no queue row of {client} {step}"
        row = rows[0]
        assert row.step is not None
        shown = choice_of(row, self.plan.run_date)
        changes: dict[str, Any] = {
            {"approve": "approve", "skip": "skip", "done": "done"}[what]: True
        }
        self.choices.append(replace(shown, **changes))

    # What must come out.

    def expect(self, text: str) -> None:
        assert self.plan is not None, "plan or run a day first"
        subject, _, claim = text.partition(":")
        kind, _, name = subject.strip().partition(" ")
        if text.strip() == "nobody":
            assert [said(d) for d in self.sent_now] == []
        elif kind in CLAIMS and name:
            assert CLAIMS[kind](self.plan, name) == claim.strip()
        elif kind == "tomorrow":
            self._expect_decision(self.plan.upcoming, name, claim.strip())
        elif kind == "beside":
            courtesies = [row for row in self.plan.decisions if row.is_courtesy]
            self._expect_decision(courtesies, name, claim.strip())
        else:
            own = [row for row in self.plan.decisions if not row.is_courtesy]
            self._expect_decision(own, kind, claim.strip())

    def _expect_decision(self, rows: Iterable[Decision], client: str, claim: str) -> None:
        found = [row for row in rows if row.client == client]
        if claim == "nothing":
            assert [said(row) for row in found] == []
            return
        assert len(found) == 1, f"{len(found)} decisions of {client}"
        if claim.startswith("lists "):
            listed = [item.standing.id for item in found[0].listed]
            assert listed == claim.split()[1:]
        else:
            got = said(found[0], total="total" in claim)
            assert got == claim


def choice_of(row: Decision, shown_on: date) -> Choice:
    """What a person sees on a queue row; nothing is ticked yet."""
    assert row.step is not None
    return Choice(
        key=f"{row.client}|{row.step.name}",
        client=row.client,
        step=row.step.name,
        to=row.to,
        cc=row.cc,
        items=tuple(
            ShownItem(
                id=item.standing.id,
                due_on=item.standing.due_on,
                principal=item.standing.charge.balance,
                is_due=item.step is not None,
            )
            for item in row.listed
        ),
        shown_on=shown_on,
    )


def reminder_of(decision: Decision, outcome: Outcome, number: int, hour: int = 9) -> Reminder:
    """The History row of a message that left."""
    assert decision.step is not None
    return Reminder(
        reference=f"R{number}",
        client=decision.client,
        at=datetime.combine(decision.send_on, time(hour)),
        step=decision.step.name,
        channel=decision.step.channel,
        outcome=outcome,
        keys=decision.keys,
        to=decision.to,
        total=decision.total,
        receivables=tuple(item.standing.id for item in decision.listed),
    )


def run_example(text: str) -> World:
    """Play an example; an assertion names the line that does not hold."""
    world = World()
    for line in text.strip().splitlines():
        play(world, line)
    return world


def play(world: World, line: str) -> None:
    """One line of an example. What follows `--` is a note for the reader."""
    line = line.split(" -- ", maxsplit=1)[0].strip()
    if not line or line.startswith("--"):
        return
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    try:
        _VERBS[word](world, rest)
    except AssertionError as wrong:
        raise AssertionError(f"{line}\n  but: {wrong}") from wrong


def _ticks(what: str) -> Callable[[World, str], None]:
    return lambda world, rest: world.tick(what, rest)


def _talks(kind: str) -> Callable[[World, str], None]:
    return lambda world, rest: world.negotiation(kind, rest)


def _happened(outcome: str) -> Callable[[World, str], None]:
    return lambda world, rest: world.reminder(outcome, rest)


_VERBS: dict[str, Callable[[World, str], None]] = {
    "setting": World.setting,
    "ladder": World.ladder,
    "client": World.client,
    "invoice": World.invoice,
    "payment": World.payment,
    "instalment": World.instalment,
    "close": World.close,
    "change": World.change,
    "forget": World.forget,
    "problem": World.problem,
    "unsubscribe": World.unsubscribe,
    "history_until": World.history_until,
    "plan": lambda world, rest: world.decide(rest, leaves=False),
    "run": lambda world, rest: world.decide(rest, leaves=True),
    "=>": World.expect,
    **{what: _ticks(what) for what in ("approve", "skip", "done")},
    **{kind.value: _talks(kind.value) for kind in NegotiationKind},
    **{outcome.value: _happened(outcome.value) for outcome in Outcome},
}
