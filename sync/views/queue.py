"""The queue: what leaves next and what does not, each with its reason and a place to answer.

Messages of which nobody knows whether they arrived come first, then what waits for an approval,
then what goes by itself, then what is held. While a choice is pending rows keep their places (new
ones below, settled ones blank), and a row with a pending choice keeps the key it was made on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sheet_templates import headings
from sync.domain.decisions import ZERO, Action, Decision, ItemDecision, Reason, Status
from sync.domain.facts import Channel, Choice, Outcome, Reminder, ShownItem
from sync.key_text import key_text
from sync.queue_key import Shown, encode_shown
from sync.step_names import step_code, step_text
from sync.views.cells import clipped, date_text, flag, joined, money_text
from sync.views.chat import call_link, chat_link, sms_link
from sync.views.ticks import RowName, keys_gone, pending_choices, unreadable_ticks
from sync.views.view_input import LetterPreview, ViewInput
from sync.words import words
from sync.workbook import Cell, Change, Link, ReplaceBody

_TAB = "queue"
_FIRST_ROW = 2
_ORDER = ("uncertain", "needs_approval", "ready", "held")
_STATES: Mapping[Reason | None, str] = {
    None: "ready",
    Reason.BY_HAND: "ready",
    Reason.NEEDS_APPROVAL: "needs_approval",
    Reason.CHANGED_SINCE_APPROVAL: "needs_approval",
}
"""A decision to send is in the state of its reason; with any other reason it is held."""
_NO_LETTER = LetterPreview(subject="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the queue before it becomes cells.

    `step` is '' when nothing is due. `shown` is None when there is nothing to choose. `choice`
    is the person's choice still to be carried out. `typed` is what stands in the cells for it when
    something there cannot be read.
    """

    client: str
    step: str
    state: str
    reason: str
    receivables: tuple[str, ...]
    total: Decimal
    to: tuple[str, ...] = ()
    channel: Channel | None = None
    send_on: date | None = None
    oldest_due: date = date.max
    shown: Shown | None = None
    choice: Choice | None = None
    typed: Mapping[str, Cell] | None = None

    @property
    def name(self) -> RowName:
        """What tells one row from another."""
        return (self.client, self.step, self.shown.reference if self.shown else None)

    @property
    def rank(self) -> tuple[object, ...]:
        """The order: state, day, oldest due date, largest amount, then names."""
        return (
            _ORDER.index(self.state),
            self.send_on or date.max,
            self.oldest_due,
            -self.total,
            self.client,
            self.step,
        )


def queue_tab(view: ViewInput, lines: tuple[Line, ...]) -> Iterator[Change]:
    """The whole tab, of the lines of `queue_lines`."""
    yield ReplaceBody(tab=_TAB, rows=_placed(view, lines))


def queue_lines(view: ViewInput) -> tuple[Line, ...]:
    """The rows in their order, pending choices upon them."""
    unsure = [each for each in view.reminders if each.outcome is Outcome.UNCERTAIN]
    lines = [_uncertain(view, reminder) for reminder in unsure]
    waiting = {reminder.client for reminder in unsure}
    for decision in _next(view):
        told_above = decision.client in waiting and decision.reason is Reason.UNCERTAIN
        if not told_above:
            lines.append(_line(view, decision))
    pending = {
        (choice.client, choice.step, choice.reference): choice for choice in pending_choices(view)
    }
    typed = unreadable_ticks(view.snapshot)
    chosen = (
        replace(line, choice=pending.get(line.name), typed=typed.get(line.name)) for line in lines
    )
    return tuple(sorted(chosen, key=lambda line: line.rank))


# What comes next.


def _next(view: ViewInput) -> Iterator[Decision]:
    """Today's decisions, and what the next business day brings beyond them.

    What is held today and goes on the next business day is told once, as going then. What a
    person settled stays until it is recorded.
    """
    gone = keys_gone(view)
    yield from (each for each in view.plan.settled if not gone.issuperset(each.keys))
    upcoming = {d.client: d for d in view.plan.upcoming if d.action is not Action.NONE}
    for decision in view.plan.decisions:
        following = None if decision.is_courtesy else upcoming.pop(decision.client, None)
        if decision.action is Action.SEND and not (
            decision.keys and gone.issuperset(decision.keys)
        ):
            yield decision
            if following is not None and _is_another(following, decision):
                yield following
        elif following is not None and following.action is Action.SEND:
            if not (following.keys and gone.issuperset(following.keys)):
                yield following
            if _holds_others(decision, following):
                yield decision
        elif decision.action is Action.HOLD:
            yield decision
        elif following is not None and decision.action is Action.NONE and following.step:
            yield following
    yield from upcoming.values()


def _is_another(following: Decision, decision: Decision) -> bool:
    """Whether the next business day's message is one more, not today's once again."""
    return (
        following.action is Action.SEND
        and following.step != decision.step
        and not set(following.keys) & set(decision.keys)
    )


def _holds_others(decision: Decision, following: Decision) -> bool:
    """Whether today's hold is about items that the next business day's message leaves out."""
    if decision.action is not Action.HOLD or decision.step == following.step:
        return False
    held = {item.standing.id for item in decision.items if item.step is not None}
    return not held <= {item.standing.id for item in following.listed}


def _line(view: ViewInput, decision: Decision) -> Line:
    step = decision.step
    sends = decision.action is Action.SEND
    due = tuple(item for item in decision.items if item.step is not None)
    items = decision.listed or due or decision.items
    state = _STATES.get(decision.reason, "held") if sends else "held"
    return Line(
        client=decision.client,
        step=step.name if step else "",
        state=state,
        reason=_reason(view, decision),
        receivables=tuple(item.standing.id for item in items),
        total=decision.total or _owed(decision, items),
        to=decision.to,
        channel=step.channel if step else None,
        send_on=decision.send_on if sends else None,
        oldest_due=min((item.standing.due_on for item in items), default=date.max),
        shown=_shown(view, decision, items),
    )


def _owed(decision: Decision, items: Iterable[ItemDecision]) -> Decimal:
    """What is open of the items, each once: what a plan replaced is owed by its instalments."""
    named = {item.standing.id: item.standing for item in items}
    plans = {each.agreement for each in named.values() if each.status is Status.IN_PLAN}
    parts = (i.standing for i in decision.items if i.standing.is_instalment)
    named |= {part.id: part for part in parts if part.agreement in plans}
    return sum((each.charge.total_due for each in named.values() if each.is_open), ZERO)


def _shown(view: ViewInput, decision: Decision, items: Iterable[ItemDecision]) -> Shown | None:
    """What a tick on this row would stand for; None when no step is due."""
    if decision.step is None:
        return None
    return Shown(
        client=decision.client,
        step=decision.step.name,
        policy=decision.step.policy,
        to=decision.to,
        cc=decision.cc,
        items=tuple(
            ShownItem(
                id=item.standing.id,
                due_on=item.standing.due_on,
                principal=item.standing.charge.balance,
                is_due=item.step is not None,
            )
            for item in items
        ),
        shown_on=view.run_date,
    )


def _reason(view: ViewInput, decision: Decision) -> str:
    """The reason's sentence, or here, beside the boxes, what to tick."""
    language, reason = view.language, decision.reason
    day = date_text(language, decision.send_on)
    if reason is Reason.NEEDS_APPROVAL:
        return words(language, "views.queue.approve", day=day)
    if reason is Reason.BY_HAND:
        return words(language, f"views.queue.{_by_hand(view, decision)}")
    if reason is not None:
        return words(language, f"reasons.{reason.value}")
    if decision.send_on > view.run_date:
        return words(language, "views.queue.goes_on", day=day)
    return words(language, "views.queue.goes_next")


def _by_hand(view: ViewInput, decision: Decision) -> str:
    """What to do with a row that is a person's work; older workbooks take no result."""
    tab = view.snapshot.tabs.get(_TAB)
    takes_result = tab is not None and "call_result" in tab.columns
    is_call = decision.step is not None and decision.step.channel is Channel.CALL
    return "by_call" if is_call and takes_result else "by_hand"


def _uncertain(view: ViewInput, reminder: Reminder) -> Line:
    """A row that asks whether a message arrived. Approve: send again; skip: it arrived."""
    policy = reminder.keys[0].policy if reminder.keys else ""
    invoices = tuple(dict.fromkeys(key.invoice for key in reminder.keys))
    standings = view.plan.standings
    return Line(
        client=reminder.client,
        step=reminder.step,
        state="uncertain",
        reason=words(
            view.language,
            "views.queue.uncertain",
            day=date_text(view.language, reminder.at.date()),
            total=money_text(view.language, reminder.total),
        ),
        receivables=reminder.receivables or invoices,
        total=reminder.total,
        to=reminder.to,
        oldest_due=min((key.due_on for key in reminder.keys), default=date.max),
        shown=Shown(
            client=reminder.client,
            step=reminder.step,
            policy=policy,
            to=reminder.to,
            items=tuple(
                ShownItem(
                    id=key.invoice,
                    due_on=key.due_on,
                    principal=(
                        standings[key.invoice].charge.balance if key.invoice in standings else ZERO
                    ),
                )
                for key in reminder.keys
            ),
            shown_on=view.run_date,
            reference=reminder.reference,
        ),
    )


# Rows.


def _placed(view: ViewInput, lines: tuple[Line, ...]) -> tuple[Mapping[str, Cell], ...]:
    """The rows from row 2 on: in order, or in their old places while a choice is pending."""
    if not any(line.choice or line.typed for line in lines):
        return tuple(_cells(view, line) for line in lines)
    places = _places(view)
    rows: dict[int, Mapping[str, Cell]] = {}
    below = max((place for found in places.values() for place in found), default=-1) + 1
    # Rows with a pending choice take their own places before any other row looks for one.
    for line in sorted(lines, key=lambda line: line.choice is None):
        found = places.get((line.client, step_code(line.step)), {})
        if line.choice is not None:
            key = line.choice.key
            place = next((p for p, its in found.items() if its == key and p not in rows), below)
        else:
            place = next((p for p in found if p not in rows), below)
        below += place == below
        rows[place] = _cells(view, line)
    return tuple(rows.get(place, {}) for place in range(max(rows) + 1))


def _places(view: ViewInput) -> dict[tuple[str, str], dict[int, str]]:
    """Where rows stand now: (client, step) → place counted from row 2 → the row's key."""
    found: dict[tuple[str, str], dict[int, str]] = {}
    tab = view.snapshot.tabs.get(_TAB)
    for row in tab.rows if tab else ():
        if tab is None:
            break
        client = key_text(tab.value(row, "client")) or ""
        step = step_code(key_text(tab.value(row, "step")) or "")
        key = key_text(tab.value(row, "key")) or ""
        found.setdefault((client, step), {})[row.number - _FIRST_ROW] = key
    return found


def _cells(view: ViewInput, line: Line) -> Mapping[str, Cell]:
    language, choice = view.language, line.choice
    letter = view.letters.get((line.client, line.step), _NO_LETTER)
    key = choice.key if choice else encode_shown(line.shown) if line.shown else None
    return {
        "client": clipped(line.client),
        "step": clipped(step_text(language, line.step)) or None,
        "receivables": joined(line.receivables),
        "total": line.total,
        "to": joined(line.to),
        "subject": clipped(_says(line, letter)) or None,
        "state": headings.value_text(language, "queue_state", line.state),
        "reason": line.reason,
        "whatsapp": _chat(view, line, letter),
        "send_on": line.send_on,
        "approve": flag(language, ticked=choice is not None and choice.approve),
        "skip": flag(language, ticked=choice is not None and choice.skip),
        "done": flag(language, ticked=choice is not None and choice.done),
        "call_result": _result(language, choice),
        "key": key,
        **(line.typed or {}),
    }


def _result(language: str, choice: Choice | None) -> str | None:
    """The result of a call that no run has carried out yet."""
    if choice is None or choice.call_result is None:
        return None
    return headings.value_text(language, "call_result", choice.call_result.value)


def _chat(view: ViewInput, line: Line, letter: LetterPreview) -> Link | None:
    """A link to the conversation, for a person's step that is to be done.

    Not beside an e-mail, where it would make two messages of one, nor beside what is held.
    """
    if line.channel in {None, Channel.EMAIL} or line.state != "ready":
        return None
    client = view.facts.clients.get(line.client)
    phone = client.phone if client else None
    if line.channel is Channel.CALL:
        title, target = "call", call_link(phone)  # its text is a script, nothing to be sent
    elif line.channel is Channel.SMS:
        title, target = "open_sms", sms_link(phone, letter.text)
    else:
        title, target = "open_chat", letter.chat_link or chat_link(phone, letter.text)
    return Link(words(view.language, f"views.queue.{title}"), target) if target else None


def _says(line: Line, letter: LetterPreview) -> str:
    """An e-mail's subject; of what a person says or writes, the whole text."""
    is_by_hand = line.channel not in {None, Channel.EMAIL} and line.state == "ready"
    return letter.text.strip() or letter.subject if is_by_hand else letter.subject
