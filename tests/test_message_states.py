"""Two records of what was sent, either of which may be lost or old, made into one."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.facts import Outcome, Reminder
from sync.message_states import MOVES, RELEASED, State, Verdict, recovered, union
from tests.posted import key, reminder

O = Outcome  # noqa: E741 - the table below is read by eye
COUNTS = frozenset(O) - {O.CANCELLED, O.REFUSED}

# What holds, by what the ledger says (rows) and History says (columns).
TABLE = """
ledger    | -         sending   cancelled refused   skipped   uncertain sent      bounced   replied
-         | -         uncertain cancelled refused   skipped   uncertain sent      bounced   replied
sending   | sending   sending   sending   sending   sending   uncertain sent      bounced   replied
cancelled | cancelled cancelled cancelled refused   skipped   uncertain sent      bounced   replied
refused   | refused   refused   refused   refused   skipped   uncertain sent      bounced   replied
skipped   | skipped   skipped   skipped   skipped   skipped   uncertain sent      bounced   replied
uncertain | uncertain uncertain uncertain uncertain uncertain uncertain sent      bounced   replied
sent      | sent      sent      sent      sent      sent      sent      sent      bounced   replied
bounced   | bounced   bounced   bounced   bounced   bounced   bounced   bounced   bounced   replied
replied   | replied   replied   replied   replied   replied   replied   replied   replied   replied
"""


def _pairs() -> list[tuple[str, str, str]]:
    head, *rows = [line.split("|") for line in TABLE.strip().splitlines()]
    return [
        (row[0].strip(), history, holds)
        for row in rows
        for history, holds in zip(head[1].split(), row[1].split(), strict=True)
    ]


def _told(outcome: str) -> list[Reminder]:
    return [] if outcome == "-" else [reminder("R1", Outcome(outcome), key())]


def test_the_table_covers_every_pair() -> None:
    said = ["-", *(str(outcome) for outcome in Outcome)]
    assert {(ledger, history) for ledger, history, _ in _pairs()} == set(
        itertools.product(said, said)
    )


@pytest.mark.parametrize(("ledger", "history", "holds"), _pairs())
def test_of_two_records_the_one_that_knows_more_holds(
    ledger: str, history: str, holds: str
) -> None:
    joined = union(_told(history), _told(ledger))
    assert [str(each.outcome) for each in joined] == ([] if holds == "-" else [holds])


OUTCOMES = st.sampled_from(Outcome)
RECORDS = st.lists(
    st.builds(
        reminder,
        st.sampled_from(["R1", "R2", "R3", ""]),
        OUTCOMES,
        st.builds(key, st.sampled_from(["NF-1", "NF-2"])),
    ),
    max_size=6,
)


@given(history=RECORDS, ledger=RECORDS)
def test_whatever_one_record_counts_as_sent_stays_counted(
    history: list[Reminder], ledger: list[Reminder]
) -> None:
    """The one exception is a claim (`sending`) of which the ledger knows that it never left."""
    known = {each.reference: each for each in ledger if each.reference}
    used = {
        k for each in union(history, known.values()) if each.outcome in COUNTS for k in each.keys
    }
    for each in (*history, *known.values()):
        lagged = (
            each.outcome is O.SENDING and each.reference in known and each not in known.values()
        )
        if each.outcome in COUNTS and not lagged:
            assert set(each.keys) <= used, each


@given(history=RECORDS, ledger=RECORDS)
def test_joining_again_changes_nothing(history: list[Reminder], ledger: list[Reminder]) -> None:
    known = [each for each in ledger if each.reference]
    once = union(history, known)
    assert union(once, ()) == once or any(each.outcome is O.SENDING for each in once)


def test_a_row_that_somebody_copied_counts_once_with_what_it_says_most() -> None:
    rows = [
        reminder("R1", O.SENDING, key("NF-1")),
        reminder("R1", O.SENT, key("NF-2")),
        reminder("R2", O.CANCELLED, key("NF-3")),
    ]
    joined = union(rows, ())
    assert [(each.reference, each.outcome) for each in joined] == [
        ("R1", O.SENT),
        ("R2", O.CANCELLED),
    ]
    assert set(joined[0].keys) == {key("NF-1"), key("NF-2")}


def test_rows_whose_reference_was_erased_each_stay() -> None:
    rows = [reminder("", O.SENDING, key("NF-1")), reminder("", O.SENT, key("NF-2"))]
    assert [each.outcome for each in union(rows, ())] == [O.UNCERTAIN, O.SENT]


def test_a_client_renamed_in_the_sheet_keeps_the_new_name() -> None:
    row = reminder("R1", O.SENT, key(), client="Padaria Aurora Ltda")
    assert union([row], [reminder("R1", O.SENT, key())])[0].client == "Padaria Aurora Ltda"


@pytest.mark.parametrize(
    ("verdict", "holds"), [(Verdict.SENT, O.SENT), (Verdict.RESEND, O.CANCELLED)]
)
def test_a_persons_word_decides_what_is_uncertain_and_nothing_else(
    verdict: Verdict, holds: Outcome
) -> None:
    for outcome in Outcome:
        (joined,) = union([reminder("R1", outcome)], (), {"R1": verdict})
        unsure = outcome in {O.UNCERTAIN, O.SENDING}
        assert joined.outcome is (holds if unsure else outcome)


def test_every_state_can_be_reached_and_only_the_named_moves_lead_back_to_planned() -> None:
    assert set(MOVES) == set(State)
    back = {old for old, targets in MOVES.items() if State.PLANNED in targets}
    assert back == {State.SENDING, State.UNCERTAIN}
    assert all(not MOVES[state] for state in RELEASED), "a freed key is never taken back"
    assert {recovered(state) for state in State} == set(State) - {State.PLANNED, State.SENDING}
