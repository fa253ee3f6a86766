"""What messages told their clients to pay: the amount each named, and for which invoices.

`{total}` covers the past-due items listed, before due the step's items (DOMAIN.md, 'Dunning'); a
courtesy that shares a message about past-due items is listed there and is not in its total.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sync.domain.facts import Outcome, Reminder
from sync.domain.history import COURTESIES, is_overdue_key

# A message with one of these outcomes told nobody an amount.
_TOLD_NOTHING = frozenset({Outcome.CANCELLED, Outcome.SKIPPED, Outcome.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message of `on` asked for `total`, until `valid_until`, for all of `covered` together."""

    on: date
    valid_until: date
    total: Decimal
    covered: frozenset[str]


def told_amounts(
    reminders: Iterable[Reminder], wanted: frozenset[str], run_date: date
) -> dict[str, list[Told]]:
    """By invoice of `wanted`, the messages up to the run date that listed it."""
    amounts: dict[str, list[Told]] = {}
    for reminder in reminders:
        if reminder.valid_until is None or reminder.outcome in _TOLD_NOTHING:
            continue
        if reminder.step in COURTESIES:
            continue  # thanks and confirmations ask for nothing
        listed = {key.invoice for key in reminder.keys}.union(reminder.receivables)
        on = reminder.at.date()
        if on > run_date or listed.isdisjoint(wanted):
            continue
        told = Told(
            on=on,
            valid_until=reminder.valid_until,
            total=reminder.total,
            covered=_covered(reminder, listed),
        )
        for invoice in listed & wanted:
            amounts.setdefault(invoice, []).append(told)
    return amounts


def _covered(reminder: Reminder, listed: set[str]) -> frozenset[str]:
    """The invoices in the message's total. A message whose keys were lost covers what it lists."""
    keyed = {key.invoice for key in reminder.keys}
    past_due = {key.invoice for key in reminder.keys if is_overdue_key(key)}
    if past_due:
        return frozenset(listed - (keyed - past_due))
    return frozenset(keyed or listed)
