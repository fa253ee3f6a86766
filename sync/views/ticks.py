"""What people ticked on the queue: what is still to be carried out, and what they must sort out."""

from collections.abc import Iterator
from datetime import date

from sheet_templates import headings
from sync.domain.decisions import Reason
from sync.domain.facts import Choice, Outcome
from sync.domain.history import COUNTS_AS_SENT
from sync.key_text import key_text
from sync.queue_key import decode_shown
from sync.views.view_input import ViewInput
from sync.workbook import Cell, Snapshot

_TICKS = ("approve", "skip", "done")


def pending_choices(view: ViewInput) -> tuple[Choice, ...]:
    """What people ticked and no run has carried out yet, contradictions among it."""
    outcomes = {each.reference: each.outcome for each in view.reminders}
    voided = {
        (decision.client, decision.step.name)
        for decision in (*view.plan.decisions, *view.plan.upcoming)
        if decision.reason is Reason.CHANGED_SINCE_APPROVAL and decision.step is not None
    }
    done, due = _carried_out(view), _due(view)
    pending = []
    for choice in (*view.facts.choices, *_contradictions(view.snapshot)):
        if choice.reference is not None:
            settled = outcomes.get(choice.reference) is not Outcome.UNCERTAIN
        else:
            name = (choice.client, choice.step)
            left = {
                item.id
                for item in choice.items
                if item.is_due
                and done.get((*name, item.id, item.due_on), date.min) < choice.shown_on
            }
            settled = name in voided or not left & due.get(name, set())
        if not settled:
            pending.append(choice)
    return tuple(pending)


def _due(view: ViewInput) -> dict[tuple[str, str], set[str]]:
    """The items due a step, by the row (client, step) that the queue has for them now."""
    found: dict[tuple[str, str], set[str]] = {}
    for decision in (*view.plan.settled, *view.plan.decisions, *view.plan.upcoming):
        if decision.step is not None:
            items = (item.standing.id for item in decision.items if item.step is not None)
            found.setdefault((decision.client, decision.step.name), set()).update(items)
    return found


def _carried_out(view: ViewInput) -> dict[tuple[str, str, str, date], date]:
    """The last day on which a step about an item was sent, skipped, done or refused for good."""
    clients = {choice.client for choice in view.facts.choices}
    found: dict[tuple[str, str, str, date], date] = {}
    for reminder in view.reminders:
        final = reminder.outcome in COUNTS_AS_SENT or reminder.outcome is Outcome.REFUSED
        if final and reminder.client in clients:
            on = reminder.at.date()
            for key in reminder.keys:
                item = (reminder.client, reminder.step, key.invoice, key.due_on)
                found[item] = max(on, found.get(item, on))
    return found


def _contradictions(snapshot: Snapshot) -> Iterator[Choice]:
    """Rows with two ticks: they count for nobody, and stay until a person takes one away."""
    tab = snapshot.tabs.get("queue")
    for row in tab.rows if tab else ():
        if tab is None:
            return
        ticked = {tick for tick in _TICKS if _is_ticked(tab.value(row, tick))}
        if len(ticked) < 2:
            continue
        key = key_text(tab.value(row, "key")) or ""
        try:
            shown = decode_shown(key)
        except ValueError:
            continue
        yield Choice(
            key=key,
            client=shown.client,
            step=shown.step,
            to=shown.to,
            cc=shown.cc,
            items=shown.items,
            shown_on=shown.shown_on,
            approve="approve" in ticked,
            skip="skip" in ticked,
            done="done" in ticked,
            reference=shown.reference,
        )


def _is_ticked(value: Cell) -> bool:
    return value is True or (isinstance(value, str) and headings.value_code("flag", value) == "yes")
