"""The ledger: one message a key, whatever else happens, and a word that survives a power cut."""

import multiprocessing
import os
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sync import ledger_file, ledger_tables
from sync.domain.facts import Channel, Choice, Facts, Outcome, StepKey
from sync.ledger import IllegalMove, KeyTaken, Ledger, NotUncertain
from sync.ledger_days import RunResult, UnknownReference
from sync.ledger_file import LedgerDamaged, LedgerTooNew, LedgerUnavailable
from sync.ledger_tables import messages
from sync.message_states import MOVES, State, Verdict, union
from sync.settled import settle_choices
from sync.words import words
from tests.posted import BOOK, MONDAY, SAO_PAULO, Watch, key, planned, reminder


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def book(tmp_path: Path, watch: Watch) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", watch) as opened:
        yield opened


def send(ledger: Ledger, reference: str) -> None:
    assert ledger.begin_sending(reference)
    ledger.finish(reference, State.SENT, "250 ok")


# ---- one message a key


def oracle_no_key_twice(ledger: Ledger) -> None:
    """Even writing past all of our code, the database takes no second holder of a key."""
    ledger.plan(planned("R1", key("NF-1"), key("NF-2")))
    ledger.plan(planned("R2", key("NF-3")))
    with ledger._engine.connect() as connection:
        try:
            connection.execute(
                ledger_tables.message_keys.insert().values(
                    reference="R2",
                    number=1,
                    workbook_id=BOOK,
                    state="planned",
                    invoice="NF-2",
                    due_on=date(2026, 2, 20),
                    policy="standard",
                    step="first",
                    offset=3,
                    occurrence=0,
                )
            )
        except IntegrityError:
            return
    raise AssertionError("two messages hold the key of NF-2")


def test_the_database_itself_keeps_a_key_from_being_held_twice(book: Ledger) -> None:
    oracle_no_key_twice(book)


def test_mutant_without_the_unique_index_is_caught(book: Ledger) -> None:
    with book._engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX one_message_a_key")
    with pytest.raises(AssertionError, match="two messages hold"):
        oracle_no_key_twice(book)


def test_a_ledger_that_lost_its_index_is_not_opened(tmp_path: Path, watch: Watch) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path, watch) as book, book._engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX one_message_a_key")
    with pytest.raises(LedgerDamaged):
        Ledger(path, watch)


def test_who_holds_the_key_is_said(book: Ledger) -> None:
    book.plan(planned("R1", key("NF-1"), key("NF-2")))
    with pytest.raises(KeyTaken) as refused:
        book.plan(planned("R2", key("NF-2"), key("NF-3")))
    assert refused.value.holders == {key("NF-2"): "R1"}
    assert book.reminders(BOOK)[-1].reference == "R1", "nothing of R2 was kept"
    book.plan(planned("R3", key("NF-3")))


@pytest.mark.parametrize(
    "other",
    [
        key("NF-2"),
        key(step="second"),
        key(offset=4),
        key(occurrence=1),
        StepKey(
            invoice="NF-1", due_on=date(2026, 2, 21), policy="standard", step="first", offset=3
        ),
        StepKey(invoice="NF-1", due_on=date(2026, 2, 20), policy="other", step="first", offset=3),
    ],
)
def test_a_key_differs_in_any_of_its_parts(book: Ledger, other: StepKey) -> None:
    book.plan(planned("R1", key()))
    book.plan(planned("R2", other))


def test_workbooks_do_not_share_keys(book: Ledger) -> None:
    book.plan(planned("R1", key()))
    book.plan(planned("R2", key(), book="book-2"))
    assert [each.reference for each in book.reminders("book-2")] == ["R2"]


@pytest.mark.parametrize("state", [State.CANCELLED, State.FAILED])
def test_what_reached_nobody_frees_its_keys(book: Ledger, state: State) -> None:
    book.plan(planned("R1"))
    if state is State.CANCELLED:
        assert book.cancel("R1", "paid")
    else:
        book.finish("R1", State.FAILED, "550 no such user")
    book.plan(planned("R2"))


def test_a_reference_is_used_once(book: Ledger) -> None:
    book.plan(planned("R1", key("NF-1")))
    with pytest.raises(ValueError, match="not new"):
        book.plan(planned("R1", key("NF-2")))
    with pytest.raises(ValueError, match="twice"):
        planned("R2", key("NF-1"), key("NF-1"))


def _claim(path: str, name: str, start: object, answers: object) -> None:
    with Ledger(Path(path), Watch()) as ledger:
        start.wait()  # type: ignore[attr-defined]  # a multiprocessing barrier
        try:
            ledger.plan(planned(name))
            answers.put(ledger.begin_sending(name))  # type: ignore[attr-defined]  # a queue
        except KeyTaken:
            answers.put(False)  # type: ignore[attr-defined]  # a queue


def test_of_several_processes_one_gets_the_key(tmp_path: Path) -> None:
    """They also all make the ledger file at once."""
    spawn = multiprocessing.get_context("spawn")
    start, answers = spawn.Barrier(3), spawn.Queue()
    path = str(tmp_path / "ledger.db")
    racers = [spawn.Process(target=_claim, args=(path, f"R{n}", start, answers)) for n in range(3)]
    for racer in racers:
        racer.start()
    won = [answers.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()
    assert sorted(won) == [False, False, True]
    assert [each.name for each in tmp_path.glob("*.new-*")] == []


# ---- the life of a message


def test_a_message_that_went(book: Ledger, watch: Watch) -> None:
    book.plan(planned("R1"))
    watch.move(minutes=1)
    assert book.begin_sending("R1")
    assert book.finish("R1", State.SENT, "250 queued as 4F2A") is State.SENT
    (told,) = book.reminders(BOOK)
    assert (told.outcome, told.at) == (Outcome.SENT, MONDAY + timedelta(minutes=1))
    assert told.total == Decimal("1025.67")
    assert told.valid_until == date(2026, 3, 7)
    assert (told.keys, told.receivables) == ((key(),), ("NF-1", "NF-2"))
    assert (told.message_id, told.to) == ("<R1@example.com>", ("contas@aurora.example.com",))


def test_a_ledger_asked_twice_tells_what_happened_since(
    book: Ledger, tmp_path: Path, watch: Watch
) -> None:
    """The second answer reads only what moved; here another process moved it."""
    book.plan(planned("R1", key("NF-1")))
    assert [each.outcome for each in book.reminders(BOOK)] == [Outcome.SENDING]
    with Ledger(tmp_path / "ledger.db", watch) as other:
        watch.move(hours=1)
        send(other, "R1")
        other.plan(planned("R2", key("NF-2")))
        fresh = other.reminders(BOOK)
    assert book.reminders(BOOK) == fresh
    assert [each.outcome for each in fresh] == [Outcome.SENT, Outcome.SENDING]
    assert book.reminders("book-2") == ()


def test_a_day_is_the_teams_day(tmp_path: Path, watch: Watch) -> None:
    """Half past nine in the evening in São Paulo is the next day in UTC."""
    watch.at = MONDAY.replace(hour=21, minute=30)
    with Ledger(tmp_path / "ledger.db", watch) as book:
        book.plan(planned("R1"))
        send(book, "R1")
        assert book.reminders(BOOK)[0].at.date() == date(2026, 3, 2)
        assert book.count_sent(BOOK, date(2026, 3, 2)) == 1
        assert book.count_sent(BOOK, date(2026, 3, 3)) == 0


def test_only_one_may_begin(book: Ledger) -> None:
    book.plan(planned("R1"))
    assert book.begin_sending("R1")
    assert not book.begin_sending("R1")
    assert not book.begin_sending("R9")


def test_what_a_person_did_by_hand_is_sent_at_once_and_is_no_e_mail_of_the_day(
    book: Ledger,
) -> None:
    book.plan(planned("R1", key("NF-1"), channel=Channel.WHATSAPP, raw=None), State.SENT)
    book.plan(planned("R2", key("NF-2")), State.SKIPPED)
    assert [each.outcome for each in book.reminders(BOOK)] == [Outcome.SENT, Outcome.SKIPPED]
    assert book.count_sent(BOOK, MONDAY.date()) == 0
    with pytest.raises(KeyTaken):
        book.plan(planned("R3", key("NF-2")))


def bring(ledger: Ledger, reference: str, state: State) -> None:
    """Lead a new message to `state` by the shortest way."""
    ledger.plan(
        planned(reference, key(f"NF-{reference}")),
        state if state is State.SKIPPED else State.PLANNED,
    )
    if state in {State.SENDING, State.SENT, State.UNCERTAIN, State.BOUNCED, State.REPLIED}:
        assert ledger.begin_sending(reference)
    if state in {State.SENT, State.BOUNCED, State.REPLIED}:
        ledger.finish(reference, State.SENT)
    if state in {State.UNCERTAIN, State.FAILED}:
        ledger.finish(reference, state)
    if state in {State.BOUNCED, State.REPLIED}:
        assert ledger.learn(reference, state)
    if state is State.CANCELLED:
        assert ledger.cancel(reference, "paid")
    assert ledger.state(reference) is state


@pytest.mark.parametrize("new", [State.SENT, State.FAILED, State.UNCERTAIN, State.PLANNED])
@pytest.mark.parametrize("old", State)
def test_an_attempt_ends_only_where_the_table_allows(book: Ledger, old: State, new: State) -> None:
    bring(book, "R1", old)
    overtaken = {State.UNCERTAIN, State.SENT, State.BOUNCED, State.REPLIED, State.CANCELLED}
    person_only = old is State.UNCERTAIN and new is State.PLANNED
    if (new in MOVES[old] or old is new) and not person_only:
        assert book.finish("R1", new) is new
    elif old in overtaken:
        assert book.finish("R1", new) is old, "what others said meanwhile stands"
    else:
        with pytest.raises(IllegalMove):
            book.finish("R1", new)
    assert book.state("R1") in {old, new}
    if new not in MOVES[old] or person_only:
        assert book.state("R1") is old


@pytest.mark.parametrize("old", State)
def test_only_what_is_planned_is_begun_or_cancelled(book: Ledger, old: State) -> None:
    bring(book, "R1", old)
    bring(book, "R2", old)
    assert book.begin_sending("R1") is (old is State.PLANNED)
    assert book.cancel("R2", "paid") is (old is State.PLANNED)


@pytest.mark.parametrize("seen", [State.SENT, State.BOUNCED, State.REPLIED])
@pytest.mark.parametrize("old", State)
def test_the_mailbox_teaches_only_about_what_may_have_left(
    book: Ledger, old: State, seen: State
) -> None:
    bring(book, "R1", old)
    legal = seen in MOVES[old] and old is not State.SENDING
    assert book.learn("R1", seen) is legal
    assert book.state("R1") is (seen if legal else old)


def test_unknown_references_are_said_to_be(book: Ledger) -> None:
    for ask in (
        lambda: book.state("R9"),
        lambda: book.body("R9"),
        lambda: book.finish("R9", State.SENT),
        lambda: book.finish_run("run-9", RunResult.DONE),
        lambda: book.settle("R9", Verdict.SENT, "Ana"),
    ):
        with pytest.raises(UnknownReference):
            ask()
    assert not book.cancel("R9", "paid")
    assert not book.learn("R9", State.BOUNCED)


# ---- after an interruption


def test_recovery_holds_what_may_have_left_and_frees_what_did_not(book: Ledger) -> None:
    for number, state in enumerate(State):
        bring(book, f"R{number}-{state}", state)
    book.plan(planned("other", key(), book="book-2"))
    before = {each.reference: each.outcome for each in book.reminders(BOOK)}
    looked = book.reminders(BOOK, as_recovered=True)
    found = book.recover(BOOK)
    assert [each.rpartition("-")[2] for each in found.uncertain] == ["sending"]
    assert [each.rpartition("-")[2] for each in found.cancelled] == ["planned"]
    assert book.reminders(BOOK) == looked, "a command that only looks foresees it"
    for each in looked:
        if before[each.reference] is not Outcome.SENDING:
            assert each.outcome is before[each.reference]
    assert book.state("other") is State.PLANNED
    assert book.recover(BOOK) == type(found)()


def oracle_uncertain_is_not_planned_again(ledger: Ledger) -> None:
    ledger.plan(planned("R1"))
    assert ledger.begin_sending("R1")
    ledger.recover(BOOK)
    try:
        ledger.plan(planned("R2"))
    except KeyTaken:
        return
    raise AssertionError("what may have arrived was planned again")


def test_what_may_have_arrived_is_never_planned_again(book: Ledger) -> None:
    oracle_uncertain_is_not_planned_again(book)


class _ForgetsDoubt(Ledger):
    """A mutant: its recovery takes `sending` for what never left."""

    def recover(self, workbook_id: str) -> None:  # type: ignore[override]  # a mutant
        with self.writing() as connection:
            connection.execute(
                messages.update()
                .where(messages.c.workbook_id == workbook_id)
                .values(state=State.CANCELLED)
            )


def test_mutant_that_plans_the_uncertain_again_is_caught(tmp_path: Path, watch: Watch) -> None:
    with (
        _ForgetsDoubt(tmp_path / "ledger.db", watch) as mutant,
        pytest.raises(AssertionError, match="planned again"),
    ):
        oracle_uncertain_is_not_planned_again(mutant)


def test_a_slow_sender_overtaken_by_recovery_still_tells_that_it_was_sent(book: Ledger) -> None:
    """Another process, wrongly without the lock, recovers while a message is under way."""
    bring(book, "R1", State.SENDING)
    bring(book, "R2", State.SENDING)
    book.recover(BOOK)
    assert book.finish("R1", State.SENT) is State.SENT
    assert book.finish("R2", State.FAILED) is State.UNCERTAIN, "only `sent` is beyond doubt"


def test_a_person_says_that_it_arrived(book: Ledger) -> None:
    bring(book, "R1", State.UNCERTAIN)
    book.settle("R1", Verdict.SENT, "Ana")
    assert book.state("R1") is State.SENT
    assert book.verdicts() == {"R1": Verdict.SENT}


def test_a_person_says_send_again(book: Ledger) -> None:
    bring(book, "R1", State.UNCERTAIN)
    book.settle("R1", Verdict.RESEND, "Ana")
    book.plan(planned("R2", key("NF-R1")))
    row = reminder("R1", Outcome.UNCERTAIN, key("NF-R1"))
    (joined, _) = union([row], book.reminders(BOOK), book.verdicts())
    assert joined.outcome is Outcome.CANCELLED, "although History still calls it uncertain"


@pytest.mark.parametrize("state", sorted(set(State) - {State.UNCERTAIN}))
def test_only_the_uncertain_is_settled(book: Ledger, state: State) -> None:
    bring(book, "R1", state)
    with pytest.raises(NotUncertain):
        book.settle("R1", Verdict.RESEND, "Ana")
    assert book.state("R1") is state
    assert book.verdicts() == {}


def test_what_only_history_knows_is_settled_all_the_same(book: Ledger) -> None:
    """The ledger was lost after the claim was written to the sheet."""
    row = reminder("R1", Outcome.SENDING, key())
    (lost,) = union([row], book.reminders(BOOK), book.verdicts())
    assert lost.outcome is Outcome.UNCERTAIN
    book.settle("R1", Verdict.RESEND, "Ana", in_history=True)
    (settled,) = union([row], book.reminders(BOOK), book.verdicts())
    assert settled.outcome is Outcome.CANCELLED


def test_a_tick_on_an_uncertain_row_counts_although_the_ledger_was_lost(book: Ledger) -> None:
    tick = Choice(
        key="k",
        client="Padaria Aurora",
        step="first",
        to=(),
        items=(),
        shown_on=MONDAY.date(),
        approve=True,
        reference="R1",
    )
    history = union([reminder("R1", Outcome.SENDING, key())], book.reminders(BOOK))
    facts = Facts(reminders=history, choices=(tick,))
    soon, later = (MONDAY + timedelta(minutes=minutes) for minutes in (59, 60))
    assert settle_choices(facts, book, by="Ana", now=soon) == (), "it may be leaving elsewhere"
    assert settle_choices(facts, book, by="Ana", now=later) == ("R1",)
    assert book.verdicts() == {"R1": Verdict.RESEND}


def test_an_older_copy_of_the_ledger_does_not_free_what_history_calls_sent(
    book: Ledger, tmp_path: Path, watch: Watch
) -> None:
    book.plan(planned("R1"))
    with sqlite3.connect(tmp_path / "copy.db") as copy, sqlite3.connect(book._path) as now:
        now.backup(copy)
    copy.close()
    now.close()
    send(book, "R1")
    history = [reminder("R1", Outcome.SENT, key())]
    with Ledger(tmp_path / "copy.db", watch) as restored:
        assert restored.recover(BOOK).cancelled == ("R1",)
        (joined,) = union(history, restored.reminders(BOOK))
    assert joined.outcome is Outcome.SENT


# ---- durable, whole, and what is refused


def oracle_durable(ledger: Ledger) -> None:
    """Each connection, the pooled and the new, waits for the disk at every commit."""
    looking = ledger._engine.execution_options(reads=True)
    for _ in range(2):
        with looking.connect() as one, looking.connect() as two:
            for connection in (one, two):
                asked = {
                    name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                    for name in ("synchronous", "journal_mode", "foreign_keys", "fullfsync")
                }
                assert asked == {
                    "synchronous": ledger_file.FULL,
                    "journal_mode": "wal",
                    "foreign_keys": 1,
                    "fullfsync": 1,
                }
        ledger._engine.dispose()


def test_every_connection_waits_for_the_disk(book: Ledger) -> None:
    oracle_durable(book)


def test_mutant_that_does_not_wait_for_the_disk_is_caught(book: Ledger) -> None:
    @sa.event.listens_for(book._engine, "connect")
    def hasty(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    book._engine.dispose()
    with pytest.raises(AssertionError, match="synchronous"):
        oracle_durable(book)


def _filled(path: Path) -> None:
    with Ledger(path, Watch()) as ledger:
        for number in range(300):
            ledger.plan(planned(f"R{number}", key(f"NF-{number}")))


def _middle(data: bytes) -> bytes:
    half = len(data) // 2
    return data[:half] + bytes(4096) + data[half + 4096 :]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda _: b"", "empty"),
        (lambda data: b"not a database at all" + data[21:], "damaged"),
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: data[:4096], "damaged"),
        (_middle, "damaged"),
        (lambda data: bytes(len(data)), "damaged"),
    ],
    ids=["emptied", "other bytes", "cut in half", "one page", "a page zeroed", "all zeroes"],
)
def test_a_damaged_ledger_is_refused_and_left_as_it_is(
    tmp_path: Path, damage: object, code: str
) -> None:
    path = tmp_path / "ledger.db"
    _filled(path)
    broken: bytes = damage(path.read_bytes())  # type: ignore[operator]  # see the table
    path.write_bytes(broken)
    with pytest.raises(LedgerDamaged) as refused:
        Ledger(path, Watch())
    assert refused.value.code == code
    assert path.read_bytes() == broken
    for language in ("pt-BR", "en"):
        assert str(path) in words(language, f"ledger.{code}", **refused.value.values)


def test_another_programs_database_is_not_taken_for_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name)")
    other.close()
    with pytest.raises(LedgerDamaged) as refused:
        Ledger(path, Watch())
    assert refused.value.code == "not_a_ledger"


def test_a_missing_table_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path, Watch()) as book, book._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE message_keys")
    with pytest.raises(LedgerDamaged, match="message_keys"):
        Ledger(path, Watch())


def test_a_newer_ledger_asks_for_a_newer_program(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path, Watch()) as book, book._engine.begin() as connection:
        connection.execute(ledger_tables.ledger.insert().values(version=99))
    with pytest.raises(LedgerTooNew) as refused:
        Ledger(path, Watch())
    assert refused.value.values["found"] == "99"


def test_a_place_that_is_no_place_for_a_ledger_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LedgerUnavailable):
        Ledger(tmp_path / "file" / "ledger.db", Watch())
    with pytest.raises(LedgerUnavailable):
        Ledger(tmp_path, Watch())  # a directory


def test_a_ledger_whose_maker_was_killed_is_made_afresh(tmp_path: Path) -> None:
    """A ledger gets its name when it is whole; what was left beside it is nobody's."""
    (tmp_path / "ledger.db.new-killed").write_bytes(b"half of a")
    with Ledger(tmp_path / "ledger.db", Watch()) as book:
        book.plan(planned("R1"))


def test_each_error_has_its_sentence_in_both_languages() -> None:
    errors = [
        KeyTaken("R2", {key(): "R1"}),
        UnknownReference("R9"),
        IllegalMove("R1", State.SENT, State.PLANNED),
        NotUncertain("R1", State.SENT),
        LedgerUnavailable("unavailable", path="/x", detail="disk full"),
        LedgerUnavailable("not_durable", path="/x"),
        LedgerTooNew("too_new", path="/x", found="2", known="1"),
    ]
    for error in errors:
        for language in ("pt-BR", "en"):
            assert "{" not in words(language, f"ledger.{error.code}", **error.values)


def test_the_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db", Watch()) as book:
        book.plan(planned("R1"))
        modes = {each.name: each.stat().st_mode & 0o077 for each in tmp_path.iterdir()}
    if os.name == "posix":
        assert set(modes.values()) == {0}, modes


# ---- what is kept, and for how long


def test_the_bytes_of_settled_messages_are_forgotten_after_their_time(
    book: Ledger, watch: Watch
) -> None:
    for state in State:
        bring(book, str(state), state)
    watch.move(days=91)
    bring(book, "new", State.SENT)
    cut = watch() - timedelta(days=90)
    kept = {"planned", "sending", "uncertain", "new"}
    assert book.forget_bodies(cut) == len(State) - 3
    assert {each for each in [*State, "new"] if book.body(each) is not None} == kept
    assert book.forget_bodies(cut) == 0
    with pytest.raises(KeyTaken):
        book.plan(planned("again", key("NF-sent")))
    for file in book._path.parent.iterdir():
        assert b"Ola, sent." not in file.read_bytes(), file
        assert b"Ola, cancelled." not in file.read_bytes(), file


def test_messages_keep_their_exact_bytes(book: Ledger) -> None:
    raw = bytes(range(256))
    book.plan(planned("R1", raw=raw))
    assert book.body("R1") == raw


def test_a_naive_moment_is_refused(tmp_path: Path) -> None:
    with (
        Ledger(tmp_path / "l.db", lambda: datetime(2026, 3, 2)) as book,  # noqa: DTZ001 - the point
        pytest.raises(sa.exc.StatementError, match="time zone"),
    ):
        book.plan(planned("R1"))


# ---- where workbooks live, and which days are done


def test_where_a_workbook_was_last_seen(book: Ledger) -> None:
    assert book.place_of(BOOK) is None
    book.remember_place(BOOK, "host:/a.xlsx")
    book.remember_place(BOOK, "host:/b.xlsx")
    assert book.place_of(BOOK) == "host:/b.xlsx"


def test_a_day_is_done_when_a_run_of_its_hour_was_complete(book: Ledger) -> None:
    monday, morning, noon = MONDAY.date(), time(8, 30), time(12)
    book.begin_run("killed", "main", monday, morning)
    book.begin_run("open in Excel", "main", monday, morning)
    book.finish_run("open in Excel", RunResult.POSTPONED)
    assert not book.completed("main", monday, morning)
    assert book.last_completed("main") is None
    book.begin_run("third", "main", monday, morning)
    book.finish_run("third", RunResult.SOME_FAILED)
    assert book.completed("main", monday, morning)
    assert book.completed("main", monday)
    assert not book.completed("main", monday, noon)
    assert not book.completed("other", monday, morning)
    book.begin_run("next", "main", monday + timedelta(days=1))
    book.finish_run("next", RunResult.DONE)
    assert book.last_completed("main") == monday + timedelta(days=1)


def test_clocks_of_other_zones_are_the_same_moments(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path, Watch(MONDAY.astimezone(ZoneInfo("Asia/Tokyo")))) as book:
        book.plan(planned("R1"))
    with Ledger(path, Watch()) as book:
        (told,) = book.reminders(BOOK)
    assert told.at == MONDAY
    assert told.at.tzinfo is SAO_PAULO
