"""The queue's ticks: what a person chose, for exactly the message that the row showed."""

from dataclasses import replace

from sheet_templates import headings
from sync.domain.facts import CallResult, Choice
from sync.key_text import folded_name, key_text
from sync.queue_key import Shown, decode_shown
from sync.rows.clients import ClientBook
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.lists import read_flag
from sync.step_names import step_code
from sync.workbook import Tab

_TICKS = ("approve", "skip", "done")


def read_choices(tab: Tab | None, book: ClientBook, findings: Findings) -> tuple[Choice, ...]:
    """The choices made. One beside a key that was edited, or moved away from, counts for nobody."""
    choices: dict[Shown, tuple[Choice, RowReader]] = {}
    for reader in read_rows(tab, findings):
        ticked = {tick for tick in _TICKS if _is_ticked(reader, tick)}
        result = reader.code("call_result", "call_result")
        if result is not None:
            ticked = {"done"}  # the call was made, whatever else is ticked: what it brought counts
        if not ticked or reader.fault:
            continue
        shown = _shown(reader)
        if shown is None:
            reader.report("damaged_choice", min(ticked))
            continue
        choice = replace(
            _choice(reader, shown, ticked, book),
            call_result=CallResult(result) if result else None,
        )
        first, _ = choices.setdefault(shown, (choice, reader))
        if len(ticked) > 1 or first != choice:
            reader.report("contradictory_choice", min(ticked))
            choices[shown] = (choice, reader)
    return tuple(choice for choice, reader in choices.values() if not reader.fault)


def _is_ticked(reader: RowReader, tick: str) -> bool:
    read = read_flag(reader.cell(tick), reader.findings.language)
    if read.code:
        reader.report("invalid_choice", tick)
    return read.value is True


def _shown(reader: RowReader) -> Shown | None:
    """What the row's key says it showed, if the row still shows that.

    Sorting some columns and not the hidden one would put a tick beside another client's key.
    """
    cell = reader.cell("key")
    if not isinstance(cell, str):
        return None
    try:
        shown = decode_shown(cell.strip())
    except ValueError:
        return None
    beside = key_text(reader.cell("client"))
    step = key_text(reader.cell("step"))
    if beside is None or folded_name(beside) != folded_name(shown.client):
        return None
    return shown if step is None or _is_called(step, shown.step) else None


def _is_called(cell: str, step: str) -> bool:
    """Whether the cell names the step: by its name, or a reserved one by what people read."""
    return headings.fold(cell) == headings.fold(step) or step_code(cell) == step


def _choice(reader: RowReader, shown: Shown, ticked: set[str], book: ClientBook) -> Choice:
    return Choice(
        key=str(reader.cell("key")),
        client=book.named(shown.client) or shown.client,
        step=shown.step,
        to=shown.to,
        items=shown.items,
        shown_on=shown.shown_on,
        cc=shown.cc,
        approve="approve" in ticked,
        skip="skip" in ticked,
        done="done" in ticked,
        reference=shown.reference,
    )
