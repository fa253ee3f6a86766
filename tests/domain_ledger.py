"""The facts of an example, as the lines of its ledger build them (see domain_language)."""

import re
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

from sync.domain.calendar import BusinessCalendar
from sync.domain.facts import (
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
    StepKey,
    TeamSettings,
)
from sync.domain.history import RESERVED_STEPS
from sync.holidays_br import brazilian_holidays
from tests.domain_words import (
    client_option_of,
    invoice_option_of,
    negotiation_option_of,
    setting_of,
    split,
    step_of,
)

CALENDAR = BusinessCalendar(brazilian_holidays("SP"))
LADDER = "Standard: before -3, today 0, first +3, second +10, last +45 (approval)"
IDENTIFIED = TeamSettings(
    company="Gráfica Aurora",
    legal_name="Gráfica Aurora Ltda.",
    tax_id="11.222.333/0001-81",
    address="Rua das Flores, 10, São Paulo",
    mode=Mode.AUTOMATIC,
    payments_max_age=None,
)
"""The examples' settings: automatic and without the freshness gate unless one says otherwise."""


class Ledger:
    """The facts of one example, growing line by line."""

    def __init__(self) -> None:
        self.settings = IDENTIFIED
        self.clients: dict[str, Client] = {}
        self.receivables: dict[str, Receivable] = {}
        self.instalments: dict[str, Instalment] = {}
        self.payments: list[Payment] = []
        self.negotiations: list[Negotiation] = []
        self.ladders: dict[str, tuple[Step, ...]] = {}
        self.reminders: list[Reminder] = []
        self.choices: list[Choice] = []
        self.row_problems: dict[str, str] = {}
        self.problem_receivables: set[str] = set()
        self.unsubscribed: set[str] = set()
        self.bank_until: date | None = None
        self.ladder(LADDER)

    def facts(self) -> Facts:
        """Everything said so far."""
        return Facts(
            settings=self.settings,
            clients=dict(self.clients),
            receivables=dict(self.receivables),
            instalments=dict(self.instalments),
            payments=tuple(self.payments),
            negotiations=tuple(self.negotiations),
            ladders=dict(self.ladders),
            reminders=tuple(self.reminders),
            choices=tuple(self.choices),
            row_problems=dict(self.row_problems),
            problem_receivables=frozenset(self.problem_receivables),
            unsubscribed=frozenset(self.unsubscribed),
            bank_until=self.bank_until,
        )

    # Facts.

    def setting(self, text: str) -> None:
        name, _, value = text.partition(" ")
        if name == "bank_until":
            self.bank_until = date.fromisoformat(value.strip())
            return
        self.settings = replace(self.settings, **{name: setting_of(name, value.strip())})

    def ladder(self, text: str) -> None:
        policy, _, rest = text.partition(":")
        # Commas inside parentheses separate options of one step.
        parts = [p.strip() for p in re.split(r",(?![^(]*\))", rest) if p.strip()]
        steps = [step_of(policy.strip(), part) for part in parts]
        self.ladders[policy.strip()] = tuple(sorted(steps, key=lambda step: step.offset))

    def client(self, text: str) -> None:
        name, *options = split(text)
        made = Client(name=name, emails=(f"{name.lower()}@example.com",))
        for option in options:
            made = replace(made, **client_option_of(option))
        self.clients[name] = made

    def invoice(self, text: str) -> None:
        head, *options = split(text)
        name, client, due_on, amount = head.split()
        if client not in self.clients and "no client row" not in options:
            self.client(client)
        made = Receivable(
            id=name, client=client, due_on=date.fromisoformat(due_on), amount=Decimal(amount)
        )
        for option in options:
            if option != "no client row":
                made = replace(made, **invoice_option_of(option))
        self.receivables[name] = made

    def payment(self, text: str) -> None:
        on, who, amount = text.split()
        is_client = who in self.clients
        self.payments.append(
            Payment(
                paid_on=date.fromisoformat(on),
                amount=Decimal(amount),
                client=who if is_client else None,
                receivable=None if is_client else who,
            )
        )

    def negotiation(self, kind: str, text: str) -> None:
        head, _, about = text.partition(" for ")
        words = head.split()
        ref = words.pop(0) if kind == "agreement" else None
        row = Negotiation(
            at=date.fromisoformat(words[0]),
            client=words[1],
            kind=NegotiationKind(kind),
            ref=ref,
            receivables=tuple(about.split()),
        )
        for name, value in zip(words[2::2], words[3::2], strict=True):
            row = replace(row, **negotiation_option_of(name, value))
        self.negotiations.append(row)

    def close(self, text: str) -> None:
        """Close every negotiation of a client on a day."""
        on, client = text.split()
        self.negotiations = [
            replace(row, closed_on=date.fromisoformat(on)) if row.client == client else row
            for row in self.negotiations
        ]

    def instalment(self, text: str) -> None:
        head, _, about = text.partition(" for ")
        name, agreement, due_on, amount = head.split()
        originals = tuple(about.split())
        self.instalments[name] = Instalment(
            id=name,
            agreement=agreement,
            client=self.receivables[originals[0]].client,
            receivables=originals,
            due_on=date.fromisoformat(due_on),
            amount=Decimal(amount),
        )

    def reminder(self, outcome: str, text: str) -> None:
        """A message of History: day, client, step, invoices."""
        head, *options = split(text)
        on, client, step, *invoices = head.split()
        keys = tuple(self._key(name, step) for name in invoices)
        known = self._step(step, keys[0].policy if keys else None)
        reminder = Reminder(
            reference=f"H{len(self.reminders)}",
            client=client,
            at=datetime.combine(date.fromisoformat(on), time(9)),
            step=step,
            channel=known.channel if known else Channel.EMAIL,
            outcome=Outcome(outcome),
            keys=keys,
            to=self.clients[client].emails,
            receivables=tuple(invoices),
        )
        for option in options:
            name, _, value = option.partition(" ")
            if name == "quoted":
                total, _, until = value.partition(" until ")
                valid_until = date.fromisoformat(until)
                reminder = replace(reminder, total=Decimal(total), valid_until=valid_until)
            elif name == "lost":
                reminder = replace(reminder, keys=())
        self.reminders.append(reminder)

    def change(self, text: str) -> None:
        name, _, option = text.partition(" ")
        if name in self.receivables:
            changed = replace(self.receivables[name], **invoice_option_of(option))
            self.receivables[name] = changed
        elif name in self.clients:
            self.clients[name] = replace(self.clients[name], **client_option_of(option))
        elif name in self.instalments:
            changes = invoice_option_of(option)
            self.instalments[name] = replace(self.instalments[name], **changes)
        else:
            raise AssertionError(f"nothing is called {name}")

    def forget(self, text: str) -> None:
        del self.receivables[text.strip()]

    def problem(self, text: str) -> None:
        """A row in error: of a client, or the invoice itself."""
        name = text.strip()
        if name in self.receivables:
            self.problem_receivables.add(name)
            name = self.receivables[name].client
        self.row_problems[name] = "bad_row"

    def history_until(self, text: str) -> None:
        """History restored from a backup: later messages are gone."""
        last = date.fromisoformat(text.strip())
        self.reminders = [r for r in self.reminders if r.at.date() <= last]

    def unsubscribe(self, text: str) -> None:
        self.unsubscribed.add(text.strip())

    def _key(self, invoice: str, step: str) -> StepKey:
        item = self.receivables.get(invoice) or self.instalments[invoice]
        name, _, occurrence = step.partition("#")
        policy = "plan" if isinstance(item, Instalment) else item.policy
        policy = policy or self.clients[item.client].policy or next(iter(self.ladders))
        known = self._step(name, policy)
        assert known is not None or name in RESERVED_STEPS, f"no step {name}"
        return StepKey(
            invoice=invoice,
            due_on=item.due_on,
            policy=policy,
            step=name,
            offset=known.offset if known else 0,
            occurrence=int(occurrence or 0),
        )

    def _step(self, name: str, policy: str | None) -> Step | None:
        steps = self.ladders.get(policy or next(iter(self.ladders)), ())
        return next((s for s in steps if s.name == name.partition("#")[0]), None)
