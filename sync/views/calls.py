"""What came of a call, said on the queue beside the call that was made: a row in Negotiations."""

from collections.abc import Iterator, Mapping

from sheet_templates import headings
from sync.domain.facts import CallResult, Channel, Choice, NegotiationKind, Outcome, Reminder
from sync.key_text import key_text
from sync.views.cells import joined, local
from sync.views.view_input import ViewInput
from sync.words import words
from sync.workbook import AppendRows, Cell, Change

_TAB = "negotiations"
_PREFIX = "C-"

KINDS: Mapping[CallResult, NegotiationKind] = {
    CallResult.REACHED: NegotiationKind.CONTACT,
    # A promise needs its date, which the queue does not ask for. A proposal holds until a person
    # closes it or makes it a promise; as a promise without a date it would be an error.
    CallResult.PROMISED: NegotiationKind.PROPOSAL,
    CallResult.DISPUTED: NegotiationKind.DISPUTE,
    CallResult.WRONG_NUMBER: NegotiationKind.NOTE,
    CallResult.NO_ANSWER: NegotiationKind.NOTE,
}


def call_rows(view: ViewInput) -> Iterator[Change]:
    """The rows that the tab lacks, one for each call that History tells of with a result.

    They are written together with the queue that forgets the result, so that a lost write loses
    both and the next run writes both; the ref comes from History's reference.
    """
    tab = view.snapshot.tabs.get(_TAB)
    if tab is None or "ref" not in tab.columns:
        return
    known = {key_text(tab.value(row, "ref")) for row in tab.rows}
    rows = []
    for choice in view.facts.choices:
        made = _made(view, choice) if choice.call_result is not None else None
        if made is not None and _ref(made) not in known:
            known.add(_ref(made))
            rows.append(_row(view, choice, made))
    if rows:
        yield AppendRows(tab=_TAB, rows=tuple(rows))


def _made(view: ViewInput, choice: Choice) -> Reminder | None:
    """The call that the choice is about, as History has it; None until it stands there."""
    items = {(item.id, item.due_on) for item in choice.items}
    found = (
        reminder
        for reminder in view.reminders
        if reminder.client == choice.client
        and reminder.step == choice.step
        and reminder.outcome is Outcome.SENT
        and reminder.at.date() >= choice.shown_on
        and any((key.invoice, key.due_on) in items for key in reminder.keys)
    )
    return min(found, key=lambda reminder: (reminder.at, reminder.reference), default=None)


def _ref(call: Reminder) -> str:
    return _PREFIX + call.reference


def _row(view: ViewInput, choice: Choice, call: Reminder) -> dict[str, Cell]:
    assert choice.call_result is not None  # noqa: S101 - the caller asks for those with a result
    language, result = view.language, choice.call_result
    return {
        "at": local(call.at),
        "client": choice.client,
        "receivables": _receivables(view, choice),
        "kind": headings.value_text(language, "kind", KINDS[result].value),
        "channel": headings.value_text(language, "channel", Channel.CALL.value),
        "by": _by(view, call),
        "notes": words(language, f"views.calls.{result.value}"),
        "ref": _ref(call),
    }


def _by(view: ViewInput, call: Reminder) -> str | None:
    """Who made the call, as History says."""
    tab = view.snapshot.tabs.get("history")
    for row in tab.rows if tab else ():
        if tab and key_text(tab.value(row, "reference")) == call.reference:
            return key_text(tab.value(row, "by"))
    return None


def _receivables(view: ViewInput, choice: Choice) -> str | None:
    """The invoices the call was about; blank, which means all that is overdue, with instalments."""
    ids = [item.id for item in choice.items]
    return joined(ids) if all(id_ in view.facts.receivables for id_ in ids) else None
