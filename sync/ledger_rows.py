"""Messages and their keys as rows of the ledger: written, and read back as reminders."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from sync.domain.facts import Channel, Reminder, StepKey
from sync.ledger_file import bodies, message_keys, messages
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


def reminders_of(connection: sa.Connection, workbook_id: str) -> list[tuple[Reminder, State]]:
    """All messages of a workbook, oldest first, without their bytes; moments in UTC."""
    keys: dict[str, list[StepKey]] = {}
    for row in connection.execute(
        sa.select(message_keys)
        .where(message_keys.c.workbook_id == workbook_id)
        .order_by(message_keys.c.reference, message_keys.c.number)
    ):
        keys.setdefault(row.reference, []).append(_key(row))
    rows = connection.execute(
        sa.select(messages)
        .where(messages.c.workbook_id == workbook_id)
        .order_by(messages.c.created_at, messages.c.reference)
    )
    return [(_reminder(row, tuple(keys.get(row.reference, ()))), State(row.state)) for row in rows]


def _reminder(row: sa.Row[Any], keys: tuple[StepKey, ...]) -> Reminder:
    return Reminder(
        reference=row.reference,
        client=row.client,
        at=row.begun_at or row.created_at,
        step=row.step,
        channel=Channel(row.channel),
        outcome=OUTCOMES[State(row.state)],
        keys=keys,
        to=tuple(row.to),
        total=row.total,
        valid_until=row.valid_until,
        message_id=row.message_id,
        receivables=tuple(row.receivables),
    )


def _columns(key: StepKey) -> dict[str, Any]:
    return {
        "invoice": key.invoice,
        "due_on": key.due_on,
        "policy": key.policy,
        "step": key.step,
        "offset": key.offset,
        "occurrence": key.occurrence,
    }


def _key(row: sa.Row[Any]) -> StepKey:
    return StepKey(
        invoice=row.invoice,
        due_on=row.due_on,
        policy=row.policy,
        step=row.step,
        offset=row.offset,
        occurrence=row.occurrence,
    )


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
