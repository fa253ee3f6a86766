"""What was already said to whom: the union of History and the ledger, indexed for a run.

Sending, Sent, Uncertain, Bounced, Skipped and Replied count as sent; Cancelled and Refused do not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sync.domain.facts import Channel, Outcome, Reminder, StepKey

PROMISE_BROKEN = "promise_broken"
PLAN_BROKEN = "plan_broken"
THANKS = "thanks"
CONFIRMATION = "confirmation"
RESERVED_STEPS = frozenset({PROMISE_BROKEN, PLAN_BROKEN, THANKS, CONFIRMATION})
"""Steps of no ladder: their keys neither raise nor lower the rung an item stands on."""

_COURTESIES = frozenset({THANKS, CONFIRMATION})
_UNSURE = frozenset({Outcome.UNCERTAIN, Outcome.SENDING})
COUNTS_AS_SENT = _UNSURE | {Outcome.SENT, Outcome.BOUNCED, Outcome.SKIPPED, Outcome.REPLIED}
MAY_HAVE_ARRIVED = _UNSURE | {Outcome.SENT, Outcome.REPLIED}
"""Outcomes after which the contact gap runs: a bounce reached nobody, a skip never left."""


@dataclass(frozen=True, slots=True)
class SentStep:
    """One key that was used up, on `on`."""

    key: StepKey
    on: date
    outcome: Outcome
    reference: str

    @property
    def is_ladder(self) -> bool:
        """Whether it is a rung of a ladder rather than a reserved step."""
        return self.key.step not in RESERVED_STEPS

    @property
    def is_unsure(self) -> bool:
        """Whether nobody knows yet if the message arrived."""
        return self.outcome in _UNSURE


def is_overdue_contact(reminder: Reminder) -> bool:
    """Whether a message was about something past due, so that the contact gap runs from it.

    A message whose keys were lost counts too: in doubt, wait.
    """
    if reminder.step in _COURTESIES:
        return False
    if not reminder.keys:
        return True
    return any(is_overdue_key(key) for key in reminder.keys)


def is_overdue_key(key: StepKey) -> bool:
    """Whether the step of this key goes only after the due date."""
    return key.step in (PROMISE_BROKEN, PLAN_BROKEN) or (
        key.offset > 0 and key.step not in _COURTESIES
    )


@dataclass(frozen=True, slots=True)
class History:
    """What was sent, by invoice and by client.

    `items` maps an invoice to its used keys of every due date it ever had; `overdue_contacts`
    a client to the last day of an overdue message that may have arrived; `steps` a client to
    what was sent to them (step, day, invoices); `bounced` to the addresses whose latest
    message came back; `refused` to the addresses a server refused, with the last day of it;
    `delivered` the references of e-mails that left, by day.
    """

    items: Mapping[str, tuple[SentStep, ...]]
    overdue_contacts: Mapping[str, date]
    steps: Mapping[str, tuple[tuple[str, date, frozenset[str]], ...]]
    bounced: Mapping[str, frozenset[str]]
    refused: Mapping[str, Mapping[str, date]]
    delivered: Mapping[date, frozenset[str]]

    def of_item(self, invoice: str, due_on: date) -> tuple[SentStep, ...]:
        """The keys used up for this invoice with this due date."""
        return tuple(s for s in self.items.get(invoice, ()) if s.key.due_on == due_on)

    def plus(self, later: "History") -> "History":
        """Both together; addresses that came back stay as they are here."""
        contacts = dict(self.overdue_contacts)
        for client, day in later.overdue_contacts.items():
            contacts[client] = max(day, contacts.get(client, day))
        return History(
            items=_joined(self.items, later.items),
            overdue_contacts=contacts,
            steps=_joined(self.steps, later.steps),
            bounced=self.bounced,
            refused=self.refused,
            delivered={
                day: self.delivered.get(day, frozenset()) | later.delivered.get(day, frozenset())
                for day in {*self.delivered, *later.delivered}
            },
        )

    def of_other_due_dates(self, invoice: str, due_on: date) -> tuple[SentStep, ...]:
        """The keys used up for this invoice when its due date was another."""
        return tuple(s for s in self.items.get(invoice, ()) if s.key.due_on != due_on)


_T = TypeVar("_T")


def _joined(
    first: Mapping[str, tuple[_T, ...]], second: Mapping[str, tuple[_T, ...]]
) -> dict[str, tuple[_T, ...]]:
    joined = dict(first)
    for name, values in second.items():
        joined[name] = joined.get(name, ()) + values
    return joined


def remember(reminders: Iterable[Reminder], invoices: frozenset[str] | None = None) -> History:
    """Index `reminders`, keeping the keys of `invoices` only (None: of all).

    Cost: one pass over the reminders and the keys that are asked for.
    """
    items: dict[str, list[SentStep]] = {}
    contacts: dict[str, date] = {}
    steps: dict[str, list[tuple[str, date, frozenset[str]]]] = {}
    mails: dict[str, list[Reminder]] = {}
    refused: dict[str, dict[str, date]] = {}
    delivered: dict[date, set[str]] = {}
    for reminder in reminders:
        on, outcome, client = reminder.at.date(), reminder.outcome, reminder.client
        if outcome in COUNTS_AS_SENT:
            about = [k for k in reminder.keys if invoices is None or k.invoice in invoices]
            for key in about:
                items.setdefault(key.invoice, []).append(
                    SentStep(key, on, outcome, reminder.reference)
                )
            if about:
                said = (reminder.step, on, frozenset(key.invoice for key in about))
                steps.setdefault(client, []).append(said)
        if outcome in MAY_HAVE_ARRIVED and is_overdue_contact(reminder):
            contacts[client] = max(on, contacts.get(client, on))
        if reminder.channel is not Channel.EMAIL:
            continue
        if outcome in MAY_HAVE_ARRIVED or outcome is Outcome.BOUNCED:
            mails.setdefault(client, []).append(reminder)
            delivered.setdefault(on, set()).add(reminder.reference)
        elif outcome is Outcome.REFUSED:
            days = refused.setdefault(client, {})
            days.update({a: max(on, days.get(a, on)) for a in map(str.casefold, reminder.to)})
    return History(
        items={invoice: tuple(used) for invoice, used in items.items()},
        overdue_contacts=contacts,
        steps={client: tuple(said) for client, said in steps.items()},
        bounced=_bounced(mails),
        refused=refused,
        delivered={day: frozenset(references) for day, references in delivered.items()},
    )


def _bounced(mails: Mapping[str, list[Reminder]]) -> dict[str, frozenset[str]]:
    """By client, the addresses (casefolded) whose latest message came back."""
    found: dict[str, frozenset[str]] = {}
    for client, sent in mails.items():
        if all(reminder.outcome is not Outcome.BOUNCED for reminder in sent):
            continue
        latest: dict[str, Outcome] = {}
        # At the same moment a bounce outranks: in doubt the address does not work.
        for reminder in sorted(sent, key=lambda r: (r.at, r.outcome is Outcome.BOUNCED)):
            latest.update({address.casefold(): reminder.outcome for address in reminder.to})
        found[client] = frozenset(a for a, o in latest.items() if o is Outcome.BOUNCED)
    return found
