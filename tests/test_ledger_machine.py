"""Anything people, servers and crashes can do to the ledger, in any order.

The model is what really happened: which letters reached which client. It is asked after each step.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sync.domain.facts import Outcome
from sync.ledger import KeyTaken, Ledger, NotUncertain, Recovered
from sync.message_states import RELEASED, State, Verdict, union
from tests.posted import BOOK, Watch, key, planned

INVOICES = ("NF-1", "NF-2")
pick = st.integers(0, 99)


class Machine(RuleBasedStateMachine):
    """A sender, its ledger, and the truth beside it."""

    kind: type[Ledger] = Ledger

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.watch = Watch()
        self.path = Path(self.folder.name) / "ledger.db"
        self.ledger = self.kind(self.path, self.watch)
        self.names: dict[str, str] = {}  # reference → invoice
        self.begun: set[str] = set()  # bodies under way in a process that lives
        self.arrived: dict[str, int] = {}  # reference → copies at the client
        self.allowed: set[str] = set()  # what a person asked to send again

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    def some(self, number: int) -> str:
        return list(self.names)[number % len(self.names)]

    @rule(invoice=st.sampled_from(INVOICES))
    def decide(self, invoice: str) -> None:
        """The rules know nothing and want to remind again and again; the ledger must object."""
        reference = f"R{len(self.names)}"
        try:
            self.ledger.plan(planned(reference, key(invoice)))
        except KeyTaken:
            return
        self.names[reference] = invoice

    @precondition(lambda self: self.names)
    @rule(number=pick)
    def begin(self, number: int) -> None:
        reference = self.some(number)
        if self.ledger.begin_sending(reference):
            self.begun.add(reference)

    @precondition(lambda self: self.begun)
    @rule(number=pick, arrives=st.booleans())
    def lose_the_answer(self, number: int, arrives: bool) -> None:
        reference = sorted(self.begun)[number % len(self.begun)]
        self.begun.discard(reference)
        self.arrived[reference] = self.arrived.get(reference, 0) + arrives
        self.ledger.finish(reference, State.UNCERTAIN)

    @precondition(lambda self: self.begun)
    @rule(number=pick, answer=st.sampled_from([State.SENT, State.FAILED, State.PLANNED]))
    def get_an_answer(self, number: int, answer: State) -> None:
        reference = sorted(self.begun)[number % len(self.begun)]
        self.begun.discard(reference)
        if answer is State.SENT:
            self.arrived[reference] = self.arrived.get(reference, 0) + 1
        self.ledger.finish(reference, answer)

    @rule(arrives=st.booleans())
    def die(self, arrives: bool) -> None:
        """The process ends in the middle; what was under way arrives, or not."""
        for reference in self.begun:
            self.arrived[reference] = self.arrived.get(reference, 0) + arrives
        self.begun.clear()
        self.ledger.close()
        self.ledger = self.kind(self.path, self.watch)
        self.ledger.recover(BOOK)

    @rule()
    def recover_while_another_sends(self) -> None:
        """The lock was broken: bodies go on being under way."""
        self.ledger.recover(BOOK)

    @precondition(lambda self: self.names)
    @rule(number=pick)
    def cancel(self, number: int) -> None:
        self.ledger.cancel(self.some(number), "paid")

    @precondition(lambda self: self.names)
    @rule(number=pick, verdict=st.sampled_from(Verdict))
    def settle(self, number: int, verdict: Verdict) -> None:
        reference = self.some(number)
        try:
            self.ledger.settle(reference, verdict, "Ana")
        except NotUncertain:
            return
        if verdict is Verdict.RESEND:
            self.allowed.add(reference)

    @precondition(lambda self: self.names)
    @rule(number=pick, seen=st.sampled_from([State.SENT, State.BOUNCED, State.REPLIED]))
    def hear(self, number: int, seen: State) -> None:
        """A mailbox shows only what really left."""
        reference = self.some(number)
        if self.arrived.get(reference):
            self.ledger.learn(reference, seen)

    @rule(days=st.integers(1, 60))
    def forget(self, days: int) -> None:
        self.watch.move(days=days)
        self.ledger.forget_bodies(self.watch())

    @invariant()
    def nobody_gets_two_letters_unless_a_person_asked(self) -> None:
        for invoice in INVOICES:
            copies = sum(
                count
                for reference, count in self.arrived.items()
                if self.names[reference] == invoice and reference not in self.allowed
            )
            assert copies <= 1, f"{copies} letters about {invoice}"

    @invariant()
    def what_arrived_is_never_called_unsent(self) -> None:
        for reference, count in self.arrived.items():
            if count and reference not in self.allowed:
                assert self.ledger.state(reference) not in RELEASED | {State.PLANNED}

    @invariant()
    def both_records_agree_on_whose_turn_it_is(self) -> None:
        known = union((), self.ledger.reminders(BOOK), self.ledger.verdicts())
        holding = [
            each.keys for each in known if each.outcome not in {Outcome.CANCELLED, Outcome.REFUSED}
        ]
        assert len(holding) == len(set(holding))


class _FreesTheUncertain(Ledger):
    def recover(self, workbook_id: str) -> Recovered:
        found = super().recover(workbook_id)
        with self.writing() as connection:
            for reference in found.uncertain:
                self._move(connection, reference, State.PLANNED)
                self._move(connection, reference, State.CANCELLED)
        return found


class _TakesLostForRefused(Ledger):
    def finish(self, reference: str, state: State, reply: str = "") -> State:
        if state is State.UNCERTAIN:
            super().finish(reference, State.FAILED, reply)
            return State.UNCERTAIN
        return super().finish(reference, state, reply)


class _HasNoIndex(Ledger):
    def __init__(self, path: Path, now: Any) -> None:
        if not path.exists():
            super().__init__(path, now)
            with self._engine.begin() as connection:
                connection.exec_driver_sql("DROP INDEX one_message_a_key")
                connection.exec_driver_sql(
                    "CREATE UNIQUE INDEX one_message_a_key ON message_keys (reference, number)"
                )
            self.close()
        super().__init__(path, now)


FEW = settings(max_examples=30, stateful_step_count=15, deadline=None, derandomize=True)

TestLedger = Machine.TestCase
TestLedger.settings = FEW


@pytest.mark.parametrize("mutant", [_FreesTheUncertain, _TakesLostForRefused, _HasNoIndex])
def test_wrong_ledgers_are_caught_by_what_the_right_one_passes(mutant: type[Ledger]) -> None:
    class Wrong(Machine):
        kind = mutant

    case = Wrong.TestCase
    case.settings = settings(FEW, max_examples=300, phases=[Phase.generate], database=None)
    with pytest.raises(AssertionError):
        case("runTest").runTest()
