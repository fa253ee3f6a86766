"""The ledger's tables: messages and their keys, runs, and what arrives (mail, offers, bank lines).

Version 2 added the tables of what arrives; a ledger of version 1 gets them when it is opened.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from sync.message_states import RELEASED, State


class Moment(sa.TypeDecorator[datetime]):
    """An aware datetime, kept as UTC text that sorts by time; read back in UTC."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: object) -> str | None:
        """Refuse a naive datetime: it names no moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, _dialect: object) -> datetime | None:
        """Give the moment back, aware."""
        return None if value is None else datetime.fromisoformat(value)


class Money(sa.TypeDecorator[Decimal]):
    """A Decimal as exact text; SQLite's own numbers are binary."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: object) -> str | None:
        """Write it plainly, without an exponent."""
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: Any, _dialect: object) -> Decimal | None:
        """Give the same digits back."""
        return None if value is None else Decimal(value)


metadata = sa.MetaData()

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
)

workbooks = sa.Table(
    "workbooks",
    metadata,
    sa.Column("workbook_id", sa.String, primary_key=True),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("reference", sa.String, primary_key=True),
    sa.Column("workbook_id", sa.String, nullable=False, index=True),
    sa.Column("client", sa.String, nullable=False),
    sa.Column("step", sa.String, nullable=False),
    sa.Column("policy", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("to", sa.JSON, nullable=False),
    sa.Column("cc", sa.JSON, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("receivables", sa.JSON, nullable=False),  # all that its table listed
    sa.Column("total", Money, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("message_id", sa.String, index=True),
    sa.Column("run", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("begun_at", Moment),  # when its bytes last began to leave
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("server_reply", sa.String, nullable=False, server_default=""),
    sa.Column("why", sa.String, nullable=False, server_default=""),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.CheckConstraint("state IN ({})".format(", ".join(f"'{state}'" for state in State))),
    sa.UniqueConstraint("reference", "workbook_id", "state"),
)

# Apart from their rows, which change three times while a message leaves: SQLite would write the
# bytes again with each change.
bodies = sa.Table(
    "bodies",
    metadata,
    sa.Column("reference", sa.ForeignKey("messages.reference"), primary_key=True),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)

message_keys = sa.Table(
    "message_keys",
    metadata,
    sa.Column("reference", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("workbook_id", sa.String, nullable=False),
    # The message's state. The foreign key keeps it equal, so that the index below can ask for it.
    sa.Column("state", sa.String, nullable=False),
    sa.Column("invoice", sa.String, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("policy", sa.String, nullable=False),
    sa.Column("step", sa.String, nullable=False),
    sa.Column("offset", sa.Integer, nullable=False),
    sa.Column("occurrence", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(
        ["reference", "workbook_id", "state"],
        ["messages.reference", "messages.workbook_id", "messages.state"],
        onupdate="CASCADE",
        ondelete="RESTRICT",
    ),
)

# Promise 1 as the database sees it: of the messages that reached, or may have reached, or are
# about to reach somebody, no two hold the same key.
_holding = message_keys.c.state.not_in([str(state) for state in sorted(RELEASED)])
one_message_a_key = sa.Index(
    "one_message_a_key",
    *(message_keys.c[name] for name in ("workbook_id", "invoice", "due_on", "policy", "step")),
    message_keys.c.offset,
    message_keys.c.occurrence,
    unique=True,
    sqlite_where=_holding,
    postgresql_where=_holding,
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("reference", sa.String, primary_key=True),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run", sa.String, primary_key=True),
    sa.Column("workbook", sa.String, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("at", sa.String),  # the scheduled time of day, HH:MM; null for a run by hand
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("result", sa.String),
    sa.Index("runs_by_day", "workbook", "day"),
)


# ---- what arrives (version 2)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("workbook_id", sa.String, primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),  # signs the codes in letters
    sa.Column("made_at", Moment, nullable=False),
)

offers = sa.Table(
    "offers",
    metadata,
    sa.Column("reference", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("workbook_id", sa.String, nullable=False),
    sa.Column("client", sa.String, nullable=False),
    sa.Column("terms", sa.String, nullable=False),  # the canonical text that is signed
    sa.Column("option", sa.JSON, nullable=False),  # the same, to be read
    sa.Column("expires", sa.Date, nullable=False),
    sa.Column("accepted_at", Moment),
    sa.Column("accepted_as", sa.String),  # the negotiation's ref
)
# Of the options of one message at most one is ever accepted.
one_acceptance_a_message = sa.Index(
    "one_acceptance_a_message",
    offers.c.reference,
    unique=True,
    sqlite_where=offers.c.accepted_at.is_not(None),
    postgresql_where=offers.c.accepted_at.is_not(None),
)

mail = sa.Table(
    "mail",
    metadata,
    sa.Column("workbook_id", sa.String, primary_key=True),
    sa.Column("mailbox", sa.String, primary_key=True),
    sa.Column("uidvalidity", sa.Integer, primary_key=True),
    sa.Column("uid", sa.Integer, primary_key=True),
    sa.Column("digest", sa.String, nullable=False),  # SHA-256 of its bytes
    sa.Column("effect", sa.JSON, nullable=False),  # the rows it makes; {} for none
    sa.Column("taken_at", Moment, nullable=False),
    sa.Column("recorded_at", Moment),
    sa.Index("mail_by_digest", "workbook_id", "digest"),
)

bank_lines = sa.Table(
    "bank_lines",
    metadata,
    sa.Column("workbook_id", sa.String, primary_key=True),
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("client", sa.String),  # who most likely paid
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("payments", sa.JSON, nullable=False),  # the rows it became once confirmed
    sa.Column("file", sa.String, nullable=False),
    sa.Column("read_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
)

bank_files = sa.Table(
    "bank_files",
    metadata,
    sa.Column("workbook_id", sa.String, primary_key=True),
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("first", sa.Date),
    sa.Column("last", sa.Date),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("read_at", Moment, nullable=False),
)

recurrences = sa.Table(
    "recurrences",
    metadata,
    sa.Column("workbook_id", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("last", sa.Date, nullable=False),  # the last due date decided on
    sa.Column("at", Moment, nullable=False),
)

ADDED_IN_2 = (secrets, offers, mail, bank_lines, bank_files, recurrences)
