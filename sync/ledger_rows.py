"""Messages and their keys as rows of the ledger: written, and read back as reminders."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from sync.domain.facts import Channel, Reminder, StepKey
from sync.ledger_offers import Offered, insert_offers
from sync.ledger_tables import bodies, message_keys, messages
from sync.message_states import OUTCOMES, RELEASED, State


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMessage:
    """One message to claim. `raw` are the exact bytes that leave, None for what is not e-mail."""

    reference: str
    workbook_id: str
    client: str
    step: str
    policy: str
    keys: tuple[StepKey, ...]
    run: str
    by: str
    channel: Channel = Channel.EMAIL
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    total: Decimal = Decimal(0)
    valid_until: date | None = None
    message_id: str | None = None
    receivables: tuple[str, ...] = ()
    offers: tuple[Offered, ...] = ()
    raw: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse a key that stands twice, a programmer's error."""
        if len(set(self.keys)) != len(self.keys):
            raise ValueError(f"{self.reference} names a key twice")


def insert_message(
    connection: sa.Connection, message: PlannedMessage, state: State, now: datetime
) -> None:
    """Write a message and its keys; IntegrityError when one of them is taken."""
    connection.execute(
        messages.insert().values(
            reference=message.reference,
            workbook_id=message.workbook_id,
            client=message.client,
            step=message.step,
            policy=message.policy,
            channel=message.channel,
            state=state,
            to=list(message.to),
            cc=list(message.cc),
            subject=message.subject,
            receivables=list(message.receivables),
            total=message.total,
            valid_until=message.valid_until,
            message_id=message.message_id,
            run=message.run,
            by=message.by,
            created_at=now,
            changed_at=now,
        )
    )
    if message.raw is not None:
        connection.execute(bodies.insert().values(reference=message.reference, raw=message.raw))
    insert_offers(
        connection, message.reference, message.workbook_id, message.client, message.offers
    )
    rows = [
        {
            "reference": message.reference,
            "number": number,
            "workbook_id": message.workbook_id,
            "state": state,
            **_columns(key),
        }
        for number, key in enumerate(message.keys)
    ]
    if rows:
        connection.execute(message_keys.insert(), rows)


class ReminderReader:
    """Reads a workbook's messages as reminders; a second time, only those that moved since.

    A run asks three or four times for the years a team has been at it. Facts of a message never
    change but for its state and when it began to leave, so these two are what is compared.
    """

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._known: dict[str, tuple[str, datetime | None, Reminder]] = {}

    def read(self, connection: sa.Connection, workbook_id: str) -> list[tuple[Reminder, State]]:
        """All messages of the workbook, oldest first; moments in the reader's zone."""
        stamps = connection.execute(
            sa.select(messages.c.reference, messages.c.state, messages.c.begun_at)
            .where(messages.c.workbook_id == workbook_id)
            .order_by(messages.c.created_at, messages.c.reference)
        ).all()
        known = self._known
        moved = [
            reference
            for reference, state, begun_at in stamps
            if reference not in known or known[reference][:2] != (state, begun_at)
        ]
        for start in range(0, len(moved), _AT_ONCE):
            chunk = moved[start : start + _AT_ONCE]
            for reference, state, begun_at, reminder in _read(connection, chunk, self._zone):
                known[reference] = (state, begun_at, reminder)
        return [(known[reference][2], State(state)) for reference, state, _ in stamps]


_AT_ONCE = 500  # references in one question; SQLite allows some 32,000 parameters


def _read(
    connection: sa.Connection, references: list[str], zone: tzinfo | None
) -> Iterator[tuple[str, str, datetime | None, Reminder]]:
    keys: dict[str, list[StepKey]] = {reference: [] for reference in references}
    for reference, invoice, due_on, policy, step, offset, occurrence in connection.execute(
        sa.select(message_keys.c.reference, *_key_columns())
        .where(message_keys.c.reference.in_(references))
        .order_by(message_keys.c.reference, message_keys.c.number)
    ).all():
        keys[reference].append(
            StepKey(
                invoice=invoice,
                due_on=due_on,
                policy=policy,
                step=step,
                offset=offset,
                occurrence=occurrence,
            )
        )
    for row in connection.execute(
        sa.select(*_REMINDER_COLUMNS).where(messages.c.reference.in_(references))
    ).all():
        reference, client, created_at, begun_at, step, channel, state, to, total, *rest = row
        valid_until, message_id, receivables = rest
        yield (
            reference,
            state,
            begun_at,
            Reminder(
                reference=reference,
                client=client,
                at=(begun_at or created_at).astimezone(zone),
                step=step,
                channel=Channel(channel),
                outcome=OUTCOMES[State(state)],
                keys=tuple(keys[reference]),
                to=tuple(to),
                total=total,
                valid_until=valid_until,
                message_id=message_id,
                receivables=tuple(receivables),
            ),
        )


_REMINDER_COLUMNS = tuple(
    messages.c[name]
    for name in (
        "reference",
        "client",
        "created_at",
        "begun_at",
        "step",
        "channel",
        "state",
        "to",
        "total",
        "valid_until",
        "message_id",
        "receivables",
    )
)


def _key_columns() -> tuple[sa.Column[Any], ...]:
    names = ("invoice", "due_on", "policy", "step", "offset", "occurrence")
    return tuple(message_keys.c[name] for name in names)


def _columns(key: StepKey) -> dict[str, Any]:
    return {
        "invoice": key.invoice,
        "due_on": key.due_on,
        "policy": key.policy,
        "step": key.step,
        "offset": key.offset,
        "occurrence": key.occurrence,
    }


def holders_of(connection: sa.Connection, message: PlannedMessage) -> dict[StepKey, str]:
    """Which of the message's keys other messages hold, and which these are."""
    holders: dict[StepKey, str] = {}
    for key in message.keys:
        query = (
            sa.select(message_keys.c.reference)
            .where(message_keys.c.workbook_id == message.workbook_id)
            .where(message_keys.c.reference != message.reference)
            .where(message_keys.c.state.not_in(sorted(RELEASED)))
        )
        for name, value in _columns(key).items():
            query = query.where(message_keys.c[name] == value)
        holder = connection.execute(query).scalar_one_or_none()
        if holder is not None:
            holders[key] = holder
    return holders
