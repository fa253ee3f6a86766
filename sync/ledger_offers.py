"""What was offered in which message, whether it was accepted, and the secret that signs it."""

import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sync.ledger_part import Transactions
from sync.ledger_tables import offers, secrets

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One option of one message: `terms` is the text that is signed, `option` the same as values.

    `accepted_as` is the ref of the agreement that came of it.
    """

    number: int
    terms: str
    option: Mapping[str, Any]
    expires: date
    client: str = ""
    accepted_as: str | None = None


class LedgerOffers:
    """The offers of one ledger file."""

    def __init__(self, ledger: Transactions) -> None:
        self._ledger = ledger

    def secret(self, workbook_id: str) -> bytes:
        """The workbook's own secret, made when first asked for; it never leaves this file."""
        with self._ledger.reading() as connection:
            known = self._secret(connection, workbook_id)
        if known is not None:
            return known
        with self._ledger.writing() as connection:  # somebody may have been faster
            known = self._secret(connection, workbook_id)
            if known is None:
                known = randomness.token_bytes(_SECRET_BYTES)
                connection.execute(
                    secrets.insert().values(
                        workbook_id=workbook_id, secret=known, made_at=self._ledger.moment()
                    )
                )
        return known

    def _secret(self, connection: sa.Connection, workbook_id: str) -> bytes | None:
        found: bytes | None = connection.execute(
            sa.select(secrets.c.secret).where(secrets.c.workbook_id == workbook_id)
        ).scalar_one_or_none()
        return found

    def of(self, workbook_id: str, reference: str) -> tuple[Offered, ...]:
        """What a message offered, by number; nothing for a message that this ledger lacks."""
        columns = ("number", "terms", "option", "expires", "client", "accepted_as")
        with self._ledger.reading() as connection:
            rows = connection.execute(
                sa.select(*(offers.c[name] for name in columns))
                .where(offers.c.reference == reference, offers.c.workbook_id == workbook_id)
                .order_by(offers.c.number)
            ).all()
        return tuple(Offered(**row._mapping) for row in rows)  # noqa: SLF001 - its public name

    def accept(self, reference: str, number: int, ref: str) -> bool:
        """One option of a message, once: False when any option of it was accepted as another ref.

        The same acceptance told again is True: the process may have died in between.
        """
        with self._ledger.reading() as connection:
            known = connection.execute(
                sa.select(offers.c.number, offers.c.accepted_as)
                .where(offers.c.reference == reference)
                .where(offers.c.accepted_at.is_not(None))
            ).one_or_none()
        if known is not None:
            return tuple(known) == (number, ref)
        try:
            with self._ledger.writing() as connection:
                changed = connection.execute(
                    offers.update()
                    .where(offers.c.reference == reference, offers.c.number == number)
                    .where(offers.c.accepted_at.is_(None))
                    .values(accepted_at=self._ledger.moment(), accepted_as=ref)
                ).rowcount
        except IntegrityError:  # another process accepted another option at this moment
            return False
        return changed == 1


def insert_offers(
    connection: sa.Connection,
    reference: str,
    workbook_id: str,
    client: str,
    offered: Sequence[Offered],
) -> None:
    """Write what a message offers, in the transaction that claims the message."""
    rows = [
        {
            "reference": reference,
            "number": each.number,
            "workbook_id": workbook_id,
            "client": client,
            "terms": each.terms,
            "option": dict(each.option),
            "expires": each.expires,
        }
        for each in offered
    ]
    if rows:
        connection.execute(offers.insert(), rows)
