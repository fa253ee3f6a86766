"""The durable record of what was claimed, sent, settled and run.

    LedgerError (ledger_file)
    ├── KeyTaken            another message already stands for one of these keys
    ├── UnknownReference    the ledger has no such message
    ├── IllegalMove         that is not among the moves of message_states
    └── NotUncertain        only what is uncertain can be settled

Every method is one transaction that is on the disk when the method returns. Moves are compare-
and-set on the state, so that two processes cannot both take a message on. The ledger is not the
only guard: History in the sheet is the other, and `message_states.union` is what both know.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sync.domain.facts import Reminder, StepKey
from sync.ledger_bank import LedgerBank
from sync.ledger_days import LedgerDays, UnknownReference
from sync.ledger_file import LedgerError, translated
from sync.ledger_mail import LedgerMail
from sync.ledger_offers import LedgerOffers
from sync.ledger_recurring import LedgerRecurrences
from sync.ledger_rows import PlannedMessage, ReminderReader, holders_of, insert_message
from sync.ledger_tables import bodies, messages, verdicts
from sync.message_states import (
    FIRST,
    OUTCOMES,
    RELEASED,
    SETTLED,
    State,
    Verdict,
    recovered,
    sources,
)


class KeyTaken(LedgerError):
    """Another message already stands for some of the keys; `holders` maps each to it."""

    def __init__(self, reference: str, holders: Mapping[StepKey, str]) -> None:
        super().__init__("key_taken", reference=reference, holders=", ".join(holders.values()))
        self.reference = reference
        self.holders = holders


class IllegalMove(LedgerError):
    """A programmer's error, or a second process where the run lock allows one."""

    def __init__(self, reference: str, old: State, new: State) -> None:
        super().__init__("illegal_move", reference=reference, old=old, new=new)


class NotUncertain(LedgerError):
    """Only an uncertain message can be settled; `values['state']` is what it is."""

    def __init__(self, reference: str, state: State) -> None:
        super().__init__("not_uncertain", reference=reference, state=state)


# Where others may have led a message while it was being sent.
_OVERTAKEN = frozenset({State.UNCERTAIN, State.SENT, State.BOUNCED, State.REPLIED, State.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """References of what an interrupted run left: may have arrived; and never left, cancelled."""

    uncertain: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()


class Ledger(LedgerDays):
    """One ledger file, for any number of workbooks.

    `now` gives the present moment, aware; the days of this ledger are days of its zone.
    Raises LedgerDamaged, LedgerTooNew or LedgerUnavailable when it cannot be opened.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        super().__init__(path, now)
        self._reader = ReminderReader(now().tzinfo)
        self.offers = LedgerOffers(self)
        self.mail = LedgerMail(self)
        self.bank = LedgerBank(self)
        self.recurrences = LedgerRecurrences(self)

    # ---- claiming and sending

    def plan(self, message: PlannedMessage, state: State = State.PLANNED) -> None:
        """Claim a message: `planned`, or what a person did: `skipped`, or `sent` by hand.

        Raises KeyTaken when a message that is not cancelled or failed holds one of its keys,
        and ValueError for a reference that exists.
        """
        if state not in FIRST:
            raise ValueError(f"a message does not begin as {state}")
        try:
            with self.writing() as connection:
                insert_message(connection, message, state, self._now())
        except IntegrityError as error:
            with self.reading() as connection:
                holders = holders_of(connection, message)
            if not holders:
                raise ValueError(f"{message.reference} is not new") from error
            raise KeyTaken(message.reference, holders) from error

    def begin_sending(self, reference: str) -> bool:
        """Planned → sending, on the disk before this returns; False: do not send the body."""
        with self.writing() as connection:
            return self._move(
                connection,
                reference,
                State.SENDING,
                begun_at=self._now(),
                attempts=messages.c.attempts + 1,
            )

    def finish(self, reference: str, state: State, reply: str = "") -> State:
        """Record how the attempt ended: sent, failed, uncertain, or planned (a 4xx: once more).

        Returns the state that now stands. It differs from `state` when another run's recovery, a
        person or the mailbox came in between: what they said stands, except that `sent`
        overrules uncertain.
        """
        if state not in {State.SENT, State.FAILED, State.UNCERTAIN, State.PLANNED}:
            raise ValueError(f"an attempt does not end as {state}")
        came_from = sources(state)
        if state is State.PLANNED:  # from uncertain only by a person's word
            came_from -= {State.UNCERTAIN}
        with self.writing() as connection:
            if self._move(connection, reference, state, came_from=came_from, server_reply=reply):
                return state
            stands = _state(connection, reference)
            if stands is state:
                self._note(connection, reference, server_reply=reply)
            elif stands not in _OVERTAKEN:
                raise IllegalMove(reference, stands, state)
            return stands

    def cancel(self, reference: str, why: str) -> bool:
        """Planned → cancelled: its keys are free. False when it is not planned (any more)."""
        with self.writing() as connection:
            return self._move(connection, reference, State.CANCELLED, why=why)

    def learn(self, reference: str, state: State, why: str = "") -> bool:
        """Evidence from the mailbox: sent, bounced or replied. False when it says nothing new."""
        if state not in {State.SENT, State.BOUNCED, State.REPLIED}:
            raise ValueError(f"a mailbox does not show {state}")
        with self.writing() as connection:
            came_from = sources(state) - {State.SENDING}
            return self._move(connection, reference, state, came_from=came_from, why=why)

    # ---- after an interruption

    def recover(self, workbook_id: str) -> Recovered:
        """What an interrupted run left `sending` is uncertain, what it left `planned` cancelled.

        Only under the workbook's run lock: it declares that nobody is sending.
        """
        found: dict[State, list[str]] = {State.UNCERTAIN: [], State.CANCELLED: []}
        with self.writing() as connection:
            rows = connection.execute(
                sa.select(messages.c.reference, messages.c.state)
                .where(messages.c.workbook_id == workbook_id)
                .where(messages.c.state.in_([State.SENDING, State.PLANNED]))
                .order_by(messages.c.reference)
            ).all()
            for reference, state in rows:
                new = recovered(State(state))
                if self._move(
                    connection,
                    reference,
                    new,
                    came_from=frozenset({State(state)}),
                    why="interrupted",
                ):
                    found[new].append(reference)
        return Recovered(
            uncertain=tuple(found[State.UNCERTAIN]), cancelled=tuple(found[State.CANCELLED])
        )

    def settle(
        self, reference: str, verdict: Verdict, by: str, *, in_history: bool = False
    ) -> None:
        """A person's word on an uncertain message. `resend` frees its keys: decided afresh.

        `in_history` says that History holds it for uncertain: then the verdict alone settles what
        this ledger does not know, or knows only from before it went (see `union`).
        Raises NotUncertain, UnknownReference.
        """
        with self.writing() as connection:
            known = _find(connection, reference)
            if known is not None and State(known.state) is State.UNCERTAIN:
                self._settle_known(connection, reference, verdict)
            elif known is not None and not (in_history and State(known.state) in RELEASED):
                raise NotUncertain(reference, State(known.state))
            elif not in_history:
                raise UnknownReference(reference)
            connection.execute(verdicts.delete().where(verdicts.c.reference == reference))
            connection.execute(
                verdicts.insert().values(
                    reference=reference, verdict=verdict, by=by, at=self._now()
                )
            )

    def _settle_known(self, connection: sa.Connection, reference: str, verdict: Verdict) -> None:
        why, uncertain = f"settled: {verdict}", frozenset({State.UNCERTAIN})
        if verdict is Verdict.SENT:
            self._move(connection, reference, State.SENT, came_from=uncertain, why=why)
        else:  # planned again, and what an earlier run planned is cancelled and decided afresh
            self._move(connection, reference, State.PLANNED, came_from=uncertain)
            self._move(connection, reference, State.CANCELLED, why=why)

    # ---- what is known

    def state(self, reference: str) -> State:
        """Where a message stands. Raises UnknownReference."""
        with self.reading() as connection:
            return _state(connection, reference)

    def reminders(self, workbook_id: str, *, as_recovered: bool = False) -> tuple[Reminder, ...]:
        """The workbook's messages, oldest first.

        `as_recovered` shows what `recover` would make of an interrupted run's, for commands that
        only look.
        """
        with self.reading() as connection:
            found = self._reader.read(connection, workbook_id)
        if not as_recovered:
            return tuple(reminder for reminder, _ in found)
        return tuple(
            reminder
            if recovered(state) is state
            else replace(reminder, outcome=OUTCOMES[recovered(state)])
            for reminder, state in found
        )

    def verdicts(self) -> dict[str, Verdict]:
        """What people said of uncertain messages, by reference."""
        with self.reading() as connection:
            rows = connection.execute(sa.select(verdicts.c.reference, verdicts.c.verdict)).all()
        return {reference: Verdict(verdict) for reference, verdict in rows}

    def count_sent(self, workbook_id: str, day: date) -> int:
        """How many e-mails left, or may have left, on `day` in the ledger's zone."""
        start, end = self._bounds(day)
        with self.reading() as connection:
            return connection.execute(
                sa.select(sa.func.count())
                .select_from(messages)
                .where(messages.c.workbook_id == workbook_id)
                .where(messages.c.state.not_in([*RELEASED, State.PLANNED]))
                .where(messages.c.begun_at >= start, messages.c.begun_at < end)
            ).scalar_one()

    def body(self, reference: str) -> bytes | None:
        """The exact bytes of a message; None once forgotten. Raises UnknownReference."""
        with self.reading() as connection:
            _state(connection, reference)
            raw: bytes | None = connection.execute(
                sa.select(bodies.c.raw).where(bodies.c.reference == reference)
            ).scalar_one_or_none()
        return raw

    def forget_bodies(self, before: datetime) -> int:
        """Erase the bytes of messages settled before then (LGPD art. 15-16); how many it were.

        Who was reminded of what, and when, stays: it is what keeps a reminder from going twice.
        """
        done = (
            sa.select(messages.c.reference)
            .where(messages.c.state.in_(sorted(SETTLED)))
            .where(messages.c.changed_at < before)
        )
        with self.writing() as connection:
            count = connection.execute(bodies.delete().where(bodies.c.reference.in_(done))).rowcount
        if count:
            self._empty_journal()
        return count

    def _empty_journal(self) -> None:
        """The write-ahead log still holds what was erased; fold it in and cut it to nothing."""
        with translated(self._path):
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            finally:
                raw.close()

    # ---- inside a transaction

    def _move(
        self,
        connection: sa.Connection,
        reference: str,
        new: State,
        *,
        came_from: frozenset[State] | None = None,
        **values: object,
    ) -> bool:
        """Compare and set: True when the message stood in one of `came_from` and is now `new`."""
        allowed = sources(new) if came_from is None else sources(new) & came_from
        changed = connection.execute(
            messages.update()
            .where(messages.c.reference == reference)
            .where(messages.c.state.in_(sorted(allowed)))
            .values(state=new, changed_at=self._now(), **values)
        ).rowcount
        return changed == 1

    def _note(self, connection: sa.Connection, reference: str, **values: object) -> None:
        connection.execute(
            messages.update().where(messages.c.reference == reference).values(**values)
        )

    def _bounds(self, day: date) -> tuple[datetime, datetime]:
        midnight = datetime.combine(day, time(0), tzinfo=self._now().tzinfo)
        return midnight, datetime.combine(day + timedelta(days=1), time(0), tzinfo=midnight.tzinfo)


def _find(connection: sa.Connection, reference: str) -> sa.Row[Any] | None:
    return connection.execute(
        sa.select(messages.c.state).where(messages.c.reference == reference)
    ).one_or_none()


def _state(connection: sa.Connection, reference: str) -> State:
    row = _find(connection, reference)
    if row is None:
        raise UnknownReference(reference)
    return State(row.state)
