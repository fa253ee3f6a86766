"""What was already said to whom: the union of History and the ledger, indexed for a run.

Sending, Sent, Uncertain, Bounced, Skipped and Replied count as sent; Cancelled and Refused do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sync.domain.facts import Channel, Outcome, Reminder, StepKey

PROMISE_BROKEN = "promise_broken"
PLAN_BROKEN = "plan_broken"
THANKS = "thanks"
CONFIRMATION = "confirmation"
RESERVED_STEPS = frozenset({PROMISE_BROKEN, PLAN_BROKEN, THANKS, CONFIRMATION})
"""Steps of no ladder: their keys neither raise nor lower the rung an item stands on."""

COURTESIES = frozenset({THANKS, CONFIRMATION})
"""Reserved steps that ask for nothing: no ladder, gap or amount takes note of them."""

_UNSURE = frozenset({Outcome.UNCERTAIN, Outcome.SENDING})
COUNTS_AS_SENT = _UNSURE | {Outcome.SENT, Outcome.BOUNCED, Outcome.SKIPPED, Outcome.REPLIED}
MAY_HAVE_ARRIVED = _UNSURE | {Outcome.SENT, Outcome.REPLIED}
"""Outcomes after which the contact gap runs: a bounce reached nobody, a skip never left."""
_LEFT = MAY_HAVE_ARRIVED | {Outcome.BOUNCED}


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
    def is_courtesy(self) -> bool:
        """Whether it asked for nothing."""
        return self.key.step in COURTESIES

    @property
    def is_unsure(self) -> bool:
        """Whether nobody knows yet if the message arrived."""
        return self.outcome in _UNSURE


def is_overdue_contact(reminder: Reminder) -> bool:
    """Whether a message was about something past due, so that the contact gap runs from it.

    A message whose keys were lost counts too: in doubt, wait.
    """
    if reminder.step in COURTESIES:
        return False
    if not reminder.keys:
        return True
    return any(is_overdue_key(key) for key in reminder.keys)


def is_overdue_key(key: StepKey) -> bool:
    """Whether the step of this key goes only after the due date."""
    return key.step in (PROMISE_BROKEN, PLAN_BROKEN) or (
        key.offset > 0 and key.step not in COURTESIES
    )


@dataclass(frozen=True, slots=True)
class History:
    """What was sent, by invoice and by client.

    `items` maps an invoice to its used keys of every due date it ever had; `overdue_contacts`
    a client to the last day of an overdue message that may have arrived; `steps` a client to
    what was sent since the queue asked (step, day, invoices); `bounced` to the addresses whose
    latest message came back; `refused` to the addresses a server refused, with the last day of it;
    `delivered` the references of the day's e-mails.
    """

    items: Mapping[str, tuple[SentStep, ...]]
    overdue_contacts: Mapping[str, date]
    steps: Mapping[str, tuple[tuple[str, date, frozenset[str]], ...]]
    bounced: Mapping[str, frozenset[str]]
    refused: Mapping[str, Mapping[str, date]]
    delivered: frozenset[str]

    def of_item(self, invoice: str, due_on: date) -> tuple[SentStep, ...]:
        """The keys used up for this invoice with this due date, courtesies aside."""
        used = self.items.get(invoice, ())
        return tuple(s for s in used if s.key.due_on == due_on and not s.is_courtesy)

    def plus(self, later: "History") -> "History":
        """Both together; the day's count and addresses that failed stay as they are here."""
        contacts = dict(self.overdue_contacts)
        for client, day in later.overdue_contacts.items():
            contacts[client] = max(day, contacts.get(client, day))
        return History(
            items=_joined(self.items, later.items),
            overdue_contacts=contacts,
            steps=_joined(self.steps, later.steps),
            bounced=self.bounced,
            refused=self.refused,
            delivered=self.delivered,
        )

    def of_other_due_dates(self, invoice: str, due_on: date) -> tuple[SentStep, ...]:
        """The keys used up for this invoice when its due date was another, courtesies aside."""
        used = self.items.get(invoice, ())
        return tuple(s for s in used if s.key.due_on != due_on and not s.is_courtesy)

    def was_said(self, invoice: str, step: str) -> bool:
        """Whether a courtesy about this invoice went, whatever its due date was then."""
        return any(s.key.step == step for s in self.items.get(invoice, ()))


_T = TypeVar("_T")


def _joined(
    first: Mapping[str, tuple[_T, ...]], second: Mapping[str, tuple[_T, ...]]
) -> dict[str, tuple[_T, ...]]:
    joined = dict(first)
    for name, values in second.items():
        joined[name] = joined.get(name, ()) + values
    return joined


def remember(
    reminders: Sequence[Reminder],
    invoices: frozenset[str] | None = None,
    today: date | None = None,
    asked: Mapping[str, date] | None = None,
    contact_gap: int | None = None,
) -> History:
    """Index `reminders`, keeping the keys of `invoices` only (None: of all).

    `today` is the day whose e-mails are counted; `asked` maps a client to the first day from
    which `steps` are kept, about whatever invoices (None: all); contacts that are longer ago than
    `contact_gap` are left out (None: none). Cost: one pass over the reminders and their keys.
    """
    items: dict[str, list[SentStep]] = {}
    steps: dict[str, list[tuple[str, date, frozenset[str]]]] = {}
    cancelled, refused = Outcome.CANCELLED, Outcome.REFUSED
    for reminder in reminders:
        if reminder.outcome is cancelled or reminder.outcome is refused:
            continue  # by identity: hashing a hundred thousand enums takes longer than the rest
        for key in reminder.keys:
            if invoices is None or key.invoice in invoices:
                sent = SentStep(key, reminder.at.date(), reminder.outcome, reminder.reference)
                items.setdefault(key.invoice, []).append(sent)
        if asked is None or reminder.client in asked:
            on = reminder.at.date()
            if asked is None or on >= asked[reminder.client]:
                named = frozenset(key.invoice for key in reminder.keys)
                steps.setdefault(reminder.client, []).append((reminder.step, on, named))
    ago = today.toordinal() - contact_gap if today is not None and contact_gap is not None else 1
    since = datetime.fromordinal(max(ago, 1))
    return History(
        items={invoice: tuple(used) for invoice, used in items.items()},
        overdue_contacts=_contacts(reminders, since),
        steps={client: tuple(said) for client, said in steps.items()},
        bounced=bounced_addresses(reminders),
        refused=_refused(reminders),
        delivered=_delivered(reminders, today),
    )


def _contacts(reminders: Iterable[Reminder], since: datetime) -> dict[str, date]:
    """By client, the last day since then of an overdue message that may have arrived."""
    found: dict[str, date] = {}
    for reminder in reminders:
        if (
            reminder.at >= since
            and reminder.outcome in MAY_HAVE_ARRIVED
            and is_overdue_contact(reminder)
        ):
            on = reminder.at.date()
            found[reminder.client] = max(on, found.get(reminder.client, on))
    return found


def _delivered(reminders: Iterable[Reminder], today: date | None) -> frozenset[str]:
    """The references of the e-mails that left on the day."""
    if today is None:
        return frozenset()
    midnight = datetime.fromordinal(today.toordinal())
    return frozenset(
        r.reference
        for r in reminders
        if r.at >= midnight
        and r.at.date() == today
        and r.outcome in _LEFT
        and r.channel is Channel.EMAIL
    )


def _refused(reminders: Iterable[Reminder]) -> dict[str, dict[str, date]]:
    found: dict[str, dict[str, date]] = {}
    refused = Outcome.REFUSED
    for reminder in reminders:
        if reminder.outcome is refused and reminder.channel is Channel.EMAIL:
            on, days = reminder.at.date(), found.setdefault(reminder.client, {})
            days.update({a: max(on, days.get(a, on)) for a in map(str.casefold, reminder.to)})
    return found


def bounced_addresses(reminders: Sequence[Reminder]) -> dict[str, frozenset[str]]:
    """By client, the addresses (casefolded) whose latest message came back."""
    bounced = Outcome.BOUNCED
    clients = {r.client for r in reminders if r.outcome is bounced}
    if not clients:
        return {}
    latest: dict[str, dict[str, Outcome]] = {client: {} for client in clients}
    mails = [
        r
        for r in reminders
        if r.client in clients and r.outcome in _LEFT and r.channel is Channel.EMAIL
    ]
    # At the same moment a bounce outranks: in doubt the address does not work.
    for reminder in sorted(mails, key=lambda r: (r.at, r.outcome is Outcome.BOUNCED)):
        outcomes = dict.fromkeys(map(str.casefold, reminder.to), reminder.outcome)
        latest[reminder.client].update(outcomes)
    return {
        client: frozenset(a for a, outcome in addresses.items() if outcome is Outcome.BOUNCED)
        for client, addresses in latest.items()
    }
