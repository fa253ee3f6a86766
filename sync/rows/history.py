"""The history tab: what was sent. What cannot be read counts as sent: nobody is told twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from sheet_templates.schema import RESERVED_STEPS
from sync.domain.facts import Channel, Outcome, Receivable, Reminder, Step, StepKey
from sync.history_keys import decode_keys
from sync.key_text import folded_name, key_text
from sync.rows.cells import is_blank, read_text
from sync.rows.clients import ClientBook
from sync.rows.dates import read_date, read_moment
from sync.rows.findings import Findings, RowReader
from sync.rows.lists import read_code
from sync.rows.numbers import read_money
from sync.rows.quick import Clean, clean, known, picker, plain_amount, plain_text
from sync.rows.receivables import Invoices
from sync.step_names import step_code
from sync.workbook import Row, Tab


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a damaged row can be understood by."""

    book: ClientBook
    invoices: Invoices
    ladders: Mapping[str, tuple[Step, ...]]


def read_history(tab: Tab | None, knowledge: Knowledge, findings: Findings) -> tuple[Reminder, ...]:
    """One reminder a row, in the tab's order."""
    if tab is None:
        return ()
    quick = _quick_reader(tab, knowledge, findings)
    reminders = []
    for row in tab.rows:
        reminder = quick(row)
        if reminder is None:
            reader = RowReader(findings, tab, row)
            if reader.is_empty:
                continue
            reminder = _reminder(reader, knowledge)
        reminders.append(reminder)
    return tuple(reminders)


_COLUMNS = [
    "at",
    "client",
    "step",
    "channel",
    "to",
    "receivables",
    "total",
    "valid_until",
    "reference",
    "message_id",
    "keys",
    "outcome",
]


def _quick_reader(
    tab: Tab, knowledge: Knowledge, findings: Findings
) -> Callable[[Row], Reminder | None]:
    """A function that reads a row in which nothing is unusual, and answers None for all others."""
    language, book, find = findings.language, knowledge.book, knowledge.invoices.find
    moments = Clean(lambda cell: clean(read_moment(cell, language)))
    days = Clean(lambda cell: clean(read_date(cell, language)))
    clients = Clean(lambda cell: book.named(plain_text(cell)) or plain_text(cell))
    channels = Clean(lambda cell: Channel(known(clean(read_code(cell, "channel")))))
    outcomes = Clean(lambda cell: Outcome(known(clean(read_code(cell, "history_outcome")))))
    pick = picker(tab, _COLUMNS)

    def quick(row: Row) -> Reminder | None:
        (at, client, step, channel, to, listed, total, until, reference, message_id, keys,
         outcome) = pick(row.values)  # fmt: skip
        if type(keys) is not str:
            return None
        try:
            decoded = decode_keys(keys)
            return Reminder(
                reference=plain_text(reference) or "",
                client=known(clients[client]),
                at=known(moments[at]),
                step=_step(plain_text(step) or "", decoded),
                channel=known(channels[channel]),
                outcome=known(outcomes[outcome]),
                keys=decoded,
                to=_pieces(plain_text(to)),
                total=plain_amount(total) or Decimal(0),
                valid_until=days[until],
                message_id=plain_text(message_id),
                receivables=tuple(find(piece) or piece for piece in _pieces(plain_text(listed))),
            )
        except (KeyError, ValueError):
            return None

    return quick


def _reminder(reader: RowReader, knowledge: Knowledge) -> Reminder:
    language, today = reader.findings.language, reader.findings.today
    cell = reader.cell("client")
    client = knowledge.book.named(cell) or read_text(cell, language).value or ""
    reader.client = client or None
    at = read_moment(reader.cell("at"), language).value
    if at is None and "at" in reader.tab.columns:
        reader.report("damaged_history", "at")
    at = at or datetime.combine(today, time())  # unknown: as if just now, which holds longest
    step = read_text(reader.cell("step"), language).value or ""
    listed = _pieces(read_text(reader.cell("receivables"), language).value)
    keys = _keys(reader, knowledge, listed, step, at.date())
    return Reminder(
        reference=key_text(reader.cell("reference")) or "",
        client=client,
        at=at,
        step=_step(step, keys),
        channel=Channel(read_code(reader.cell("channel"), "channel").value or Channel.EMAIL),
        outcome=_outcome(reader),
        keys=keys,
        to=_pieces(read_text(reader.cell("to"), language).value),
        total=read_money(reader.cell("total"), language).value or Decimal(0),
        valid_until=read_date(reader.cell("valid_until"), language).value,
        message_id=key_text(reader.cell("message_id")),
        receivables=tuple(knowledge.invoices.find(piece) or piece for piece in listed),
    )


def _pieces(text: str | None) -> tuple[str, ...]:
    pieces = (piece.strip() for piece in text.split(";")) if text else ()
    return tuple(filter(None, pieces))


def _outcome(reader: RowReader) -> Outcome:
    """What became of it; in doubt it was sent."""
    read = read_code(reader.cell("outcome"), "history_outcome")
    if read.value is None:
        reader.report("unknown_outcome", "outcome")
        return Outcome.SENT
    return Outcome(read.value)


def _keys(
    reader: RowReader, knowledge: Knowledge, listed: tuple[str, ...], step: str, on: date
) -> tuple[StepKey, ...]:
    cell = reader.cell("keys")
    if isinstance(cell, str):
        try:
            return decode_keys(cell)
        except ValueError:
            pass  # somebody wrote in it, or it was cut: what the row shows must do
    keys = _derived(knowledge, listed, step, on)
    if keys:
        reader.report("damaged_history", "keys")
    elif not (is_blank(cell) and not listed and _is_reserved(step)):
        reader.report("unreadable_history", "receivables")
    return keys


def _is_reserved(step: str) -> bool:
    """Whether the step is none of a ladder: such a message need not be about an invoice."""
    return step_code(step) in RESERVED_STEPS


def _step(text: str, keys: tuple[StepKey, ...]) -> str:
    """The step by its code; the keys tell a reserved one from a ladder's of the same name."""
    code = step_code(text)
    if code == text:
        return text
    return code if not keys or any(key.step == code for key in keys) else text


def _derived(
    knowledge: Knowledge, listed: tuple[str, ...], step: str, on: date
) -> tuple[StepKey, ...]:
    """Keys from the invoices and the step that the row shows.

    Each ladder's step of that name counts as sent. A name that no ladder has any more counts as
    whatever could have been due on that day, by the days that had passed.
    """
    named = folded_name(step)
    steps = [
        one
        for ladder in knowledge.ladders.values()
        for one in ladder
        if folded_name(one.name) == named
    ]
    keys: list[StepKey] = []
    for piece in listed:
        receivable = knowledge.invoices.receivables.get(knowledge.invoices.find(piece) or "")
        if receivable is None:
            continue
        keys.extend(_key(receivable, one.policy, one.name, one.offset) for one in steps)
        if not steps:
            passed = (on - receivable.due_on).days
            keys.append(_key(receivable, receivable.policy or "", step_code(step), passed))
    return tuple(keys)


def _key(receivable: Receivable, policy: str, step: str, offset: int) -> StepKey:
    return StepKey(
        invoice=receivable.id, due_on=receivable.due_on, policy=policy, step=step, offset=offset
    )
