"""A small town of debtors and a team with its sheet, day by day; the engine decides, people tick.

Everything true is kept here in plain values: what was really paid and when, what the team typed
and when. The engine sees only what was typed (`World.facts`). tests/promises_oracle judges the
messages by the truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from sync.domain import dunning
from sync.domain.decisions import Decision, RunPlan
from sync.domain.facts import (
    Cancelled,
    Channel,
    Choice,
    Client,
    Facts,
    Instalment,
    Mode,
    Negotiation,
    NegotiationKind,
    Outcome,
    Payment,
    Receivable,
    Reminder,
    Step,
    TeamSettings,
)
from tests.domain_language import CALENDAR, choice_of

DAY = timedelta(days=1)


@dataclass
class Invoice:
    """A row as typed."""

    id: str
    client: str
    due: date
    amount: Decimal
    boleto: bool = False
    policy: str | None = None
    disputed: bool = False
    hold_until: date | None = None
    cancelled: Cancelled | None = None


@dataclass
class Debtor:
    """A client's row as typed."""

    name: str
    mails: tuple[str, ...]
    policy: str | None = None
    do_not_contact: bool = False
    hold_until: date | None = None
    has_bad_row: bool = False
    unsubscribed: bool = False


@dataclass
class Money:
    """What really arrived on `day`; `typed_on` is when the team put it into the sheet."""

    day: date
    client: str
    invoice: str | None
    amount: Decimal
    typed_on: date | None = None


@dataclass(frozen=True)
class Promise:
    """What was promised. An agreement has `parts`: (id, due, amount)."""

    at: date
    client: str
    invoice: str
    pay_by: date
    parts: tuple[tuple[str, date, Decimal], ...] = ()


@dataclass(frozen=True)
class Letter:
    """A message that left, was skipped or done by hand, as the world saw it."""

    day: date
    decision: Decision
    outcome: Outcome

    @property
    def may_have_arrived(self) -> bool:
        return self.outcome in (Outcome.SENT, Outcome.UNCERTAIN, Outcome.REPLIED)

    @property
    def counts(self) -> bool:
        return self.outcome not in (Outcome.CANCELLED, Outcome.REFUSED)


@dataclass
class World:
    """The town on `today`."""

    settings: TeamSettings
    today: date
    debtors: dict[str, Debtor] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    money: list[Money] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    contacts: list[tuple[date, str]] = field(default_factory=list)
    ladders: dict[str, list[Step]] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    ticks: list[tuple[date, Choice]] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    history: dict[str, Reminder] = field(default_factory=dict)
    ledger: dict[str, Reminder] = field(default_factory=dict)
    payments_until: date | None = None
    started: date = date.min

    def facts(self) -> Facts:
        """What the engine can know: the sheet as typed, and the union of History and ledger."""
        return Facts(
            settings=replace(self.settings, payments_until=self.payments_until),
            clients={d.name: _client(d) for d in self.debtors.values()},
            receivables={i.id: _receivable(i) for i in self.invoices.values()},
            payments=tuple(
                Payment(
                    paid_on=m.day,
                    amount=m.amount,
                    receivable=m.invoice,
                    client=None if m.invoice else m.client,
                )
                for m in self.money
                if m.typed_on is not None
            ),
            negotiations=tuple(self._negotiations()),
            instalments={
                name: Instalment(
                    id=name,
                    agreement=f"A-{p.invoice}",
                    client=p.client,
                    receivables=(p.invoice,),
                    due_on=due,
                    amount=amount,
                )
                for p in self.promises
                for name, due, amount in p.parts
            },
            ladders={name: tuple(steps) for name, steps in self.ladders.items()},
            reminders=tuple({**self.history, **self.ledger}.values()),
            choices=tuple(self.choices),
            row_problems={d.name: "bad_row" for d in self.debtors.values() if d.has_bad_row},
            unsubscribed=frozenset(d.name for d in self.debtors.values() if d.unsubscribed),
        )

    def _negotiations(self) -> Iterator[Negotiation]:
        for p in self.promises:
            kind = NegotiationKind.AGREEMENT if p.parts else NegotiationKind.PROMISE
            yield Negotiation(
                at=p.at,
                client=p.client,
                kind=kind,
                ref=f"A-{p.invoice}" if p.parts else None,
                receivables=(p.invoice,),
                pay_by=None if p.parts else p.pay_by,
            )
        for at, client in self.contacts:
            yield Negotiation(at=at, client=client, kind=NegotiationKind.CONTACT)

    # One day: the engine decides, messages leave, people tick.

    def decide(self) -> RunPlan:
        asks = self.settings.mode is Mode.APPROVAL
        return dunning.decide(
            self.facts(), CALENDAR, self.today, time_of_day=time(9), with_upcoming=asks
        )

    def deliver(self, rng: Random, plan: RunPlan) -> None:
        """Messages leave with every fate there is; what people settled is recorded."""
        for decision in plan.decisions:
            if decision.deliverable:
                self._record(decision, rng.choices(_FATES, _WEIGHTS)[0])
        for decision in plan.settled:
            done = decision.choice is not None and decision.choice.done
            self._record(decision, Outcome.SENT if done else Outcome.SKIPPED)

    def _record(self, decision: Decision, outcome: Outcome) -> None:
        assert decision.step is not None
        self.letters.append(Letter(day=self.today, decision=decision, outcome=outcome))
        reminder = Reminder(
            reference=f"R{len(self.letters)}",
            client=decision.client,
            at=datetime.combine(self.today, time(9)),
            step=decision.step.name,
            channel=decision.step.channel,
            outcome=outcome,
            keys=decision.keys,
            to=decision.to,
            total=decision.total,
            receivables=tuple(item.standing.id for item in decision.listed),
        )
        self.history[reminder.reference] = reminder
        self.ledger[reminder.reference] = reminder
        # A tick is cleared once it is carried out, but that write may be lost.
        if len(self.letters) % 3:
            self.choices = [c for c in self.choices if c is not decision.choice]

    def people_tick(self, rng: Random, plan: RunPlan) -> None:
        """Rows of the queue are approved, skipped or done, mostly approved."""
        for row in (*plan.decisions, *plan.upcoming):
            if row.step is None or not row.step_items or row.deliverable or rng.random() < 0.4:
                continue
            shown = choice_of(row, self.today)
            if row.step.channel is not Channel.EMAIL:
                ticked = replace(shown, done=True)
            elif rng.random() < 0.1:
                ticked = replace(shown, skip=True)
            else:
                ticked = replace(shown, approve=True)
            if all(choice.key != ticked.key for choice in self.choices):
                self.choices.append(ticked)
                self.ticks.append((self.today, ticked))

    def type_payments(self) -> None:
        """The team types all that arrived until yesterday; a boleto shows a business day later."""
        gate = self.settings.payments_max_age is not None
        until = self.today - DAY if gate else self.today
        for m in self.money:
            seen = m.day
            if gate and m.invoice is not None and self.is_boleto(m.invoice):
                seen = CALENDAR.add_business_days(m.day, 1)
            if m.typed_on is None and seen <= until:
                m.typed_on = self.today
        self.payments_until = until

    def is_boleto(self, name: str) -> bool:
        return name in self.invoices and self.invoices[name].boleto


_FATES = (Outcome.SENT, Outcome.UNCERTAIN, Outcome.BOUNCED, Outcome.REFUSED, Outcome.CANCELLED)
_WEIGHTS = (80, 6, 3, 5, 6)


def _client(d: Debtor) -> Client:
    return Client(
        name=d.name,
        emails=d.mails,
        phone="11999990000",
        policy=d.policy,
        do_not_contact=d.do_not_contact,
        hold_until=d.hold_until,
    )


def _receivable(i: Invoice) -> Receivable:
    return Receivable(
        id=i.id,
        client=i.client,
        due_on=i.due,
        amount=i.amount,
        method="boleto" if i.boleto else "pix",
        policy=i.policy,
        disputed=i.disputed,
        hold_until=i.hold_until,
        cancelled=i.cancelled,
    )
