"""Which messages of a mailbox were handled, and what each of them does to the sheet."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sync.ledger_part import Transactions
from sync.ledger_tables import mail, messages

NOTHING: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPlace:
    """Where a message stands on its server (RFC 3501 section 2.3.1.1)."""

    mailbox: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMail:
    """A message that was read: `effect` are the rows it makes, {} for none."""

    place: MailPlace
    effect: Mapping[str, Any]


class LedgerMail:
    """The mail that one ledger file knows of, for each workbook by itself.

    A message is `taken` (its effect is on the disk) before the sheet is touched, and `recorded`
    once the sheet shows it: what is taken and not recorded is written again.
    """

    def __init__(self, ledger: Transactions) -> None:
        self._ledger = ledger

    def known(self, workbook_id: str, mailbox: str, uidvalidity: int) -> frozenset[int]:
        """The UIDs of a mailbox that were taken."""
        with self._ledger.reading() as connection:
            return frozenset(
                connection.execute(
                    sa.select(mail.c.uid).where(
                        mail.c.workbook_id == workbook_id,
                        mail.c.mailbox == mailbox,
                        mail.c.uidvalidity == uidvalidity,
                    )
                ).scalars()
            )

    def take(
        self,
        workbook_id: str,
        place: MailPlace,
        *,
        digest: str,
        effect: Mapping[str, Any],
    ) -> bool:
        """Remember a message and what it does; False when it was taken before.

        The same bytes at another place (a mailbox that was numbered anew, RFC 3501 UIDVALIDITY)
        are the same message: remembered there too, without an effect.
        """
        now = self._ledger.moment()
        try:
            with self._ledger.writing() as connection:
                again = connection.execute(
                    sa.select(sa.func.count())
                    .select_from(mail)
                    .where(mail.c.workbook_id == workbook_id, mail.c.digest == digest)
                ).scalar_one()
                nothing = again or not effect
                connection.execute(
                    mail.insert().values(
                        workbook_id=workbook_id,
                        mailbox=place.mailbox,
                        uidvalidity=place.uidvalidity,
                        uid=place.uid,
                        digest=digest,
                        effect={} if again else dict(effect),
                        taken_at=now,
                        recorded_at=now if nothing else None,
                    )
                )
        except IntegrityError:
            return False
        return not again

    def pending(self, workbook_id: str) -> tuple[TakenMail, ...]:
        """What was taken and is not known to stand in the sheet, oldest first."""
        columns = ("mailbox", "uidvalidity", "uid", "effect")
        with self._ledger.reading() as connection:
            rows = connection.execute(
                sa.select(*(mail.c[name] for name in columns))
                .where(mail.c.workbook_id == workbook_id, mail.c.recorded_at.is_(None))
                .order_by(mail.c.taken_at, mail.c.uid)
            ).all()
        return tuple(
            TakenMail(
                place=MailPlace(mailbox=mailbox, uidvalidity=uidvalidity, uid=uid),
                effect=effect,
            )
            for mailbox, uidvalidity, uid, effect in rows
        )

    def is_of_another(
        self, workbook_id: str, references: Sequence[str], message_ids: Sequence[str]
    ) -> bool:
        """Whether one of these names a message of another workbook of this ledger."""
        named = sa.or_(messages.c.reference.in_(references), messages.c.message_id.in_(message_ids))
        with self._ledger.reading() as connection:
            found = connection.execute(
                sa.select(messages.c.reference)
                .where(named, messages.c.workbook_id != workbook_id)
                .limit(1)
            ).first()
        return found is not None

    def recorded(
        self,
        workbook_id: str,
        places: Iterable[MailPlace],
        written: Mapping[str, Mapping[str, Any]] = NOTHING,
    ) -> None:
        """These stand in the sheet now: never written again, but into an older copy of it.

        `written` are their rows by ref as they stand there. What a customer wrote is forgotten
        here, for it stands in the sheet (LGPD art. 15); the rest of the row is kept.
        """
        with self._ledger.writing() as connection:
            for place in places:
                here = _at(workbook_id, place)
                effect = connection.execute(sa.select(mail.c.effect).where(here)).scalar_one()
                rows = [row for row in effect.get("effects", ()) if row.get("kind")]
                again = [{**written.get(row["ref"], row), "notes": ""} for row in rows]
                kept = {"refs": [row["ref"] for row in rows], "again": again}
                connection.execute(
                    mail.update().where(here).values(recorded_at=self._ledger.moment(), effect=kept)
                )

    def write_again(
        self, workbook_id: str, since: datetime, standing: Collection[str], note: str
    ) -> int:
        """Rows that an older copy of the sheet lacks are pending again; of how many messages.

        Those that were recorded at `since` or later. `standing` are the refs in the sheet; `note`
        stands in the rows for what the customer wrote.
        """
        query = sa.select(mail.c.mailbox, mail.c.uidvalidity, mail.c.uid, mail.c.effect).where(
            mail.c.workbook_id == workbook_id, mail.c.recorded_at >= since
        )
        count = 0
        with self._ledger.writing() as connection:
            for mailbox, uidvalidity, uid, effect in connection.execute(query).all():
                lost = [row for row in effect.get("again", ()) if row["ref"] not in standing]
                if not lost:
                    continue
                count += 1
                place = MailPlace(mailbox=mailbox, uidvalidity=uidvalidity, uid=uid)
                rows = [{**row, "notes": note} for row in lost]
                connection.execute(
                    mail.update()
                    .where(_at(workbook_id, place))
                    .values(recorded_at=None, effect={"effects": rows})
                )
        return count

    def rows_since(self, workbook_id: str, moment: datetime | None) -> tuple[str, ...]:
        """The refs of the rows that came into the sheet after a moment; None: of all."""
        query = sa.select(mail.c.effect).where(
            mail.c.workbook_id == workbook_id, mail.c.recorded_at.is_not(None)
        )
        if moment is not None:
            query = query.where(mail.c.recorded_at > moment)
        with self._ledger.reading() as connection:
            effects = connection.execute(query.order_by(mail.c.recorded_at)).scalars().all()
        return tuple(ref for effect in effects for ref in effect.get("refs", ()))


def _at(workbook_id: str, place: MailPlace) -> sa.ColumnElement[bool]:
    return sa.and_(
        mail.c.workbook_id == workbook_id,
        mail.c.mailbox == place.mailbox,
        mail.c.uidvalidity == place.uidvalidity,
        mail.c.uid == place.uid,
    )
