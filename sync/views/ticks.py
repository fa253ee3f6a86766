"""What people ticked on the queue: what is still to be carried out, and what they must sort out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from sheet_templates import headings
from sync.domain.approval import shown_until
from sync.domain.decisions import Reason
from sync.domain.facts import Choice, Outcome
from sync.domain.history import COUNTS_AS_SENT
from sync.key_text import key_text
from sync.queue_key import decode_shown
from sync.rows.lists import read_code, read_flag
from sync.step_names import step_code
from sync.views.view_input import ViewInput
from sync.workbook import Cell, CellError, Row, Snapshot, Tab

_TICKS = ("approve", "skip", "done")
_CALL = "call_result"

RowName: TypeAlias = tuple[str, str, str | None]
"""What tells one row of the queue from another: client, step, and the message it asks about."""


def pending_choices(view: ViewInput) -> tuple[Choice, ...]:
    """What people ticked and no run has carried out yet, contradictions among it."""
    outcomes = {each.reference: each.outcome for each in view.reminders}
    desk = _Desk(
        view=view,
        done=_carried_out(view),
        due=_due(view),
        unrecorded=tuple(
            each.choice for each in view.plan.settled if not keys_gone(view).issuperset(each.keys)
        ),
    )
    pending = []
    for choice in (*view.facts.choices, *_contradictions(view.snapshot)):
        if choice.reference is not None:
            stays = outcomes.get(choice.reference) is Outcome.UNCERTAIN
        elif choice.approve:
            stays = desk.approval_stays(choice)
        else:
            stays = desk.word_stays(choice)
        if stays:
            pending.append(choice)
    return tuple(pending)


def unreadable_ticks(snapshot: Snapshot) -> dict[RowName, dict[str, Cell]]:
    """Rows beside which something stands that is no tick or no result: what was typed there.

    It was never a choice, so nothing carries it out: it stays until its person mends it.
    """
    tab = snapshot.tabs.get("queue")
    found: dict[RowName, dict[str, Cell]] = {}
    for row in tab.rows if tab else ():
        if tab is None:
            break
        cells = {column: tab.value(row, column) for column in (*_TICKS, _CALL)}
        unread = [read_flag(cells[tick], snapshot.language).code for tick in _TICKS]
        if any(unread) or read_code(cells[_CALL], _CALL).code:
            name = _name(tab, row)
            if name is not None:
                found[name] = {column: _as_typed(cell) for column, cell in cells.items()}
    return found


def _name(tab: Tab, row: Row) -> RowName | None:
    """Which row it is, by its key; by what it shows where it never had one."""
    key = key_text(tab.value(row, "key"))
    if key is None:
        client = key_text(tab.value(row, "client"))
        return (client, step_code(key_text(tab.value(row, "step")) or ""), None) if client else None
    try:
        shown = decode_shown(key)
    except ValueError:
        return None
    return (shown.client, shown.step, shown.reference)


def _as_typed(cell: Cell) -> Cell:
    """What a cell can be given back: a formula's error as its text."""
    return cell.code if isinstance(cell, CellError) else cell


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What a tick is held against: steps taken, steps due, and what no run wrote down yet."""

    view: ViewInput
    done: Mapping[tuple[str, str, str, date], date]
    due: Mapping[tuple[str, str], set[str]]
    unrecorded: tuple[Choice | None, ...]

    def approval_stays(self, choice: Choice) -> bool:
        """While something that it showed as due still waits, and nothing voided it."""
        name = (choice.client, choice.step)
        voided = any(
            decision.reason is Reason.CHANGED_SINCE_APPROVAL
            and decision.step is not None
            and (decision.client, decision.step.name) == name
            for decision in (*self.view.plan.decisions, *self.view.plan.upcoming)
        )
        return not voided and self._waits(choice)

    def word_stays(self, choice: Choice) -> bool:
        """Until it is written down; and for the next business day's items, which it showed too."""
        if choice in self.unrecorded:
            return True
        if choice.skip and choice.done:
            return self._waits(choice)  # a contradiction waits for its person
        over = self.view.run_date >= shown_until(self.view.calendar, choice)
        return not over and self._waits(choice)

    def _waits(self, choice: Choice) -> bool:
        """Whether an item of the choice that did not take the step since is due it."""
        name = (choice.client, choice.step)
        left = {
            item.id
            for item in choice.items
            if (item.is_due or not choice.approve)
            and self.done.get((*name, item.id, item.due_on), date.min) < choice.shown_on
        }
        return bool(left & self.due.get(name, set()))


def keys_gone(view: ViewInput) -> frozenset[object]:
    """Keys that this day's messages used up, should the plan be from before sending."""
    return frozenset(
        key
        for reminder in view.reminders
        if reminder.outcome in COUNTS_AS_SENT and reminder.at.date() >= view.run_date
        for key in reminder.keys
    )


def _due(view: ViewInput) -> dict[tuple[str, str], set[str]]:
    """The items due a step, by the row (client, step) that the queue has for them now."""
    found: dict[tuple[str, str], set[str]] = {}
    for decision in (*view.plan.decisions, *view.plan.upcoming):
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
        if len(ticked) < 2 or _has_call_result(tab.value(row, "call_result")):
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


def _has_call_result(value: Cell) -> bool:
    return isinstance(value, str) and headings.value_code("call_result", value) is not None


def _is_ticked(value: Cell) -> bool:
    return value is True or (isinstance(value, str) and headings.value_code("flag", value) == "yes")
