"""History and the queue's ticks: what was sent stays sent, what was approved stays what it was."""

import base64
import contextlib
import json
import zlib
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.domain.facts import Channel, Choice, Outcome, ShownItem, StepKey
from sync.history_keys import decode_keys, encode_keys
from sync.queue_key import Shown, decode_shown, encode_shown
from sync.workbook import Cell, CellError
from tests.raw_workbook import TODAY, Raw, invoice, read, step

NA = CellError("#N/A")
AT = datetime(2026, 11, 13, 9)  # noqa: DTZ001  # a cell has no zone
KEY = StepKey(invoice="NF-1", due_on=date(2026, 11, 10), policy="Padrão", step="Lembrete", offset=3)


# Keys of History.


def test_a_key_is_written_so_that_a_person_can_read_it() -> None:
    again = StepKey(
        invoice="NF|2;%", due_on=KEY.due_on, policy="", step="a\nb", offset=-3, occurrence=2
    )
    text = encode_keys([KEY, again])
    assert text == ("NF-1|2026-11-10|Padrão|Lembrete|3|0;NF%7C2%3B%25|2026-11-10|%|a%0Ab|-3|2")
    assert decode_keys(text) == (KEY, again)


KEYS = st.builds(
    StepKey,
    invoice=st.text(min_size=1, max_size=20),
    due_on=st.dates(),
    policy=st.text(max_size=20),
    step=st.text(max_size=20),
    offset=st.integers(-90, 2000),
    occurrence=st.integers(0, 99),
)


@given(st.lists(KEYS, min_size=1, max_size=5))
@example([replace(KEY, policy="", step="\x00")])  # once written alike
@example([replace(KEY, policy="%00", step="%")])
def test_whatever_the_names_the_keys_come_back(keys: list[StepKey]) -> None:
    assert decode_keys(encode_keys(keys)) == tuple(keys)


def test_five_thousand_invoices_of_one_message_fit_a_cell() -> None:
    keys = [
        StepKey(
            invoice=f"NF-2026-{number:05d}",
            due_on=KEY.due_on,
            policy="Padrão da casa",
            step="Primeiro lembrete",
            offset=3,
        )
        for number in range(5_000)
    ]
    text = encode_keys(keys)
    assert len(text) < 32_767
    assert decode_keys(text) == tuple(keys)


@given(st.text(max_size=40))
def test_a_damaged_cell_is_a_value_error_and_nothing_else(text: str) -> None:
    try:
        keys = decode_keys(text)
    except ValueError:
        return
    assert keys


@pytest.mark.parametrize("cut", range(1, len(encode_keys([KEY, KEY]))))
def test_a_cell_cut_short_anywhere_gives_no_other_key(cut: int) -> None:
    whole = encode_keys([KEY, KEY])
    try:
        keys = decode_keys(whole[:cut])
    except ValueError:
        return
    assert keys == (KEY,)


# Rows of History.


def sent(**cells: Cell) -> Raw:
    """The reminder about NF-1 of a week ago."""
    clean: Raw = {
        "at": AT,
        "client": "Ana",
        "step": "Lembrete",
        "channel": "E-mail",
        "to": "ana@example.com; chefe@example.com",
        "receivables": "NF-1; NF-2",
        "total": 2000.0,
        "valid_until": date(2026, 11, 18),
        "reference": "R7K2",
        "message_id": "<m@x>",
        "keys": encode_keys([KEY]),
        "outcome": "Enviado",
    }
    return {**clean, **cells}


def test_a_row_of_history_is_a_reminder() -> None:
    reading = read(receivables=[invoice()], history=[sent()])
    (reminder,) = reading.facts.reminders
    assert reading.issues == ()
    assert (reminder.client, reminder.at, reminder.step) == ("Ana", AT, "Lembrete")
    assert (reminder.channel, reminder.outcome) == (Channel.EMAIL, Outcome.SENT)
    assert reminder.keys == (KEY,)
    assert reminder.to == ("ana@example.com", "chefe@example.com")
    assert reminder.receivables == ("NF-1", "NF-2")
    assert (reminder.total, reminder.valid_until) == (Decimal("2000.00"), date(2026, 11, 18))
    assert (reminder.reference, reminder.message_id) == ("R7K2", "<m@x>")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Uncertain", Outcome.UNCERTAIN),
        ("Pulado", Outcome.SKIPPED),
        ("cancelado", Outcome.CANCELLED),
        ("Enviando", Outcome.SENDING),
    ],
)
def test_outcomes_are_understood_in_either_language(text: str, meant: Outcome) -> None:
    reading = read(receivables=[invoice()], history=[sent(outcome=text)])
    assert reading.facts.reminders[0].outcome is meant


@pytest.mark.parametrize("cell", [None, "sei lá", NA, True])
def test_an_outcome_that_nobody_can_tell_counts_as_sent(cell: Cell) -> None:
    reading = read(receivables=[invoice()], history=[sent(outcome=cell)])
    assert reading.codes == ["unknown_outcome"]
    assert reading.facts.reminders[0].outcome is Outcome.SENT


@pytest.mark.parametrize("cell", [None, "", "NF-1|2026-11-10|Padrão", "?", NA, 7.0])
def test_damaged_keys_are_made_again_from_what_the_row_shows(cell: Cell) -> None:
    reading = read(
        receivables=[invoice()],
        policy=[step(), step("Lembrete", 5, policy="VIP")],
        history=[sent(keys=cell)],
    )
    assert reading.codes == ["damaged_history"]
    keys = reading.facts.reminders[0].keys
    assert keys[0] == KEY
    assert [(key.policy, key.offset) for key in keys] == [("Padrão", 3), ("VIP", 5)]
    assert reading.held == {}


def test_a_damaged_row_still_tells_which_invoices_it_was_about() -> None:
    reading = read(receivables=[invoice()], history=[sent(keys="?", receivables="nf-1; NF-9")])
    assert reading.facts.reminders[0].receivables == ("NF-1", "NF-9")


@pytest.mark.parametrize("cell", [46339.375, "2026-11-13T09:00", "2026-11-13 09:00:00"])
def test_the_time_of_day_is_kept_however_the_cell_has_it(cell: Cell) -> None:
    reading = read(receivables=[invoice()], history=[sent(at=cell)])
    assert reading.facts.reminders[0].at == AT


def test_a_step_renamed_since_counts_as_whatever_could_have_been_due_that_day() -> None:
    reading = read(receivables=[invoice()], history=[sent(keys=None, step="Nome antigo")])
    (key,) = reading.facts.reminders[0].keys
    assert (key.invoice, key.due_on, key.offset) == ("NF-1", date(2026, 11, 10), 3)


def test_a_row_that_names_no_known_invoice_holds_its_client() -> None:
    reading = read(receivables=[invoice()], history=[sent(keys="?", receivables="?")])
    assert reading.codes == ["unreadable_history"]
    assert reading.held == {"Ana": "unreadable_history"}


def test_a_message_about_no_invoice_is_no_issue() -> None:
    thanks = sent(keys=None, receivables=None, step="thanks")
    assert read(receivables=[invoice()], history=[thanks]).issues == ()


def test_a_day_that_cannot_be_read_counts_as_just_now() -> None:
    reading = read(receivables=[invoice()], history=[sent(at="?")])
    assert reading.codes == ["damaged_history"]
    assert reading.facts.reminders[0].at.date() == TODAY


# Ticks in the queue.

SHOWN = Shown(
    client="Ana",
    step="Lembrete",
    policy="Padrão",
    to=("ana@example.com",),
    cc=("chefe@example.com",),
    items=(ShownItem(id="NF-1", due_on=date(2026, 11, 10), principal=Decimal("1000.00")),),
    shown_on=date(2026, 11, 19),
)


def row(**cells: Cell) -> Raw:
    """Ana's reminder in the queue, nothing ticked."""
    clean: Raw = {
        "client": "Ana",
        "step": "Lembrete",
        "approve": "Não",
        "skip": "Não",
        "done": "Não",
        "key": encode_shown(SHOWN),
    }
    return {**clean, **cells}


def test_a_row_without_a_tick_chooses_nothing() -> None:
    assert read(queue=[row(), row(key="?"), row(approve=False)]).facts.choices == ()
    assert read(queue=[row(), row(key="?")]).issues == ()


def test_a_tick_stands_for_exactly_what_the_row_showed() -> None:
    reading = read(queue=[row(approve="Sim")])
    assert reading.issues == ()
    assert reading.facts.choices == (
        Choice(
            key=encode_shown(SHOWN),
            client="Ana",
            step="Lembrete",
            to=("ana@example.com",),
            cc=("chefe@example.com",),
            items=SHOWN.items,
            shown_on=date(2026, 11, 19),
            approve=True,
        ),
    )


KEY_TEXT = encode_shown(SHOWN)
DAMAGED: list[Cell] = [
    None,
    "",
    "?",
    7.0,
    NA,
    KEY_TEXT[:-1],
    KEY_TEXT.replace("1000.00", "1.00"),
    KEY_TEXT.replace("ana@example.com", "evil@example.com"),
    KEY_TEXT.replace('"v":1', '"v":2'),
    "[" * 100_000,
    "z:" + base64.b64encode(zlib.compress(b"0" * 10_000_000)).decode(),
    "z:é",
    json.dumps({"v": 1}),
]


@pytest.mark.parametrize("key", DAMAGED)
def test_a_tick_beside_a_damaged_key_counts_for_nobody(key: Cell) -> None:
    reading = read(queue=[row(approve="Sim", key=key)])
    assert reading.codes == ["damaged_choice"]
    assert reading.facts.choices == ()
    assert reading.held == {}


@pytest.mark.parametrize("cells", [{"client": "Bia"}, {"client": None}, {"step": "Segundo"}])
def test_a_tick_beside_another_row_s_key_counts_for_nobody(cells: dict[str, Cell]) -> None:
    reading = read(queue=[row(approve="Sim", **cells)])
    assert reading.codes == ["damaged_choice"]
    assert reading.facts.choices == ()


def test_ticks_that_contradict_each_other_or_mean_nothing_count_for_nobody() -> None:
    assert read(queue=[row(approve="Sim", skip="x")]).codes == ["contradictory_choice"]
    unclear = read(queue=[row(approve="talvez"), row(approve="Sim", skip="?")])
    assert unclear.codes == ["invalid_choice", "invalid_choice"]
    assert unclear.facts.choices == ()


def test_a_message_too_long_for_a_cell_is_packed() -> None:
    items = tuple(
        ShownItem(id=f"NF-{n:06d}", due_on=date(2026, 11, 10), principal=Decimal("1000.00"))
        for n in range(5000)
    )
    long = Shown(
        client="Ana",
        step="é",
        policy="p",
        to=("a@x.com",),
        items=items,
        shown_on=TODAY,
        reference="R7",
    )
    text = encode_shown(long)
    assert text.startswith("z:")
    assert len(text) < 32_767
    assert decode_shown(text) == long


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ITEMS = st.builds(
    ShownItem,
    id=NAMES,
    due_on=st.dates(),
    principal=st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False),
)
ANY_SHOWN = st.builds(
    Shown,
    client=NAMES,
    step=NAMES,
    policy=NAMES,
    to=st.lists(NAMES, max_size=3).map(tuple),
    cc=st.lists(NAMES, max_size=3).map(tuple),
    items=st.lists(ITEMS, max_size=4).map(tuple),
    shown_on=st.dates(),
    reference=st.none() | NAMES,
)


@given(ANY_SHOWN)
def test_whatever_a_row_shows_comes_back(shown: Shown) -> None:
    assert decode_shown(encode_shown(shown)) == shown


@given(ANY_SHOWN, st.data())
def test_one_sign_changed_in_a_key_spoils_it(shown: Shown, data: st.DataObject) -> None:
    text = encode_shown(shown)
    at = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from('0a"x;{} '))
    changed = text[:at] + sign + text[at + 1 :]
    with contextlib.suppress(ValueError):
        assert decode_shown(changed) == shown


def test_one_message_approved_here_and_skipped_there_is_neither() -> None:
    reading = read(queue=[row(approve="Sim"), row(skip="Sim")])
    assert reading.codes == ["contradictory_choice"]
    assert reading.facts.choices == ()
    assert len(read(queue=[row(approve="Sim"), row(approve="x")]).facts.choices) == 1
