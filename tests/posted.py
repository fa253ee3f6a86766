"""The people and messages that the stories about the ledger and about sending are made of."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from mailer.letter import OutgoingMessage
from sync.domain.facts import Channel, Outcome, Reminder, StepKey
from sync.ledger import Ledger
from sync.ledger_rows import PlannedMessage
from sync.send import Claimed

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MONDAY = datetime(2026, 3, 2, 8, 30, tzinfo=SAO_PAULO)
BOOK = "book-1"


@dataclass
class Watch:
    """A clock that stands still until it is moved."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Let time pass, as timedelta takes it."""
        self.at += timedelta(**by)


def key(invoice: str = "NF-1", *, step: str = "first", offset: int = 3, **other: int) -> StepKey:
    return StepKey(
        invoice=invoice,
        due_on=date(2026, 2, 20),
        policy="standard",
        step=step,
        offset=offset,
        occurrence=other.get("occurrence", 0),
    )


def planned(
    reference: str = "R1",
    *keys: StepKey,
    client: str = "Padaria Aurora",
    book: str = BOOK,
    raw: bytes | None = b"",
    channel: Channel = Channel.EMAIL,
) -> PlannedMessage:
    """A claim for one client's first reminder; without keys it is about the invoice NF-1."""
    return PlannedMessage(
        reference=reference,
        workbook_id=book,
        client=client,
        step="first",
        policy="standard",
        keys=keys or (key(),),
        run="run-1",
        by="service",
        channel=channel,
        to=("contas@aurora.example.com",),
        subject="Lembrete",
        total=Decimal("1025.67"),
        valid_until=date(2026, 3, 7),
        message_id=f"<{reference}@example.com>",
        raw=_raw(reference, f"{reference.lower()}@example.com") if raw == b"" else raw,
        receivables=("NF-1", "NF-2"),
    )


def letter(reference: str, to: str | None = None) -> OutgoingMessage:
    """The same message as mail; its recipient is named after its reference."""
    address = to or f"{reference.lower()}@example.com"
    return OutgoingMessage(
        message_id=f"<{reference}@example.com>",
        sender="Financeiro <financeiro@example.com>",
        to=(address,),
        cc=(),
        subject="Lembrete",
        reference=reference,
        raw=_raw(reference, address),
        text="Lembrete",
        html="<p>Lembrete</p>",
    )


def _raw(reference: str, address: str) -> bytes:
    return (
        "From: Financeiro <financeiro@example.com>\r\n"
        f"To: {address}\r\nSubject: Lembrete\r\n"
        f"Message-ID: <{reference}@example.com>\r\n\r\nOla, {reference}.\r\n"
    ).encode()


def claim(ledger: Ledger, *references: str) -> list[Claimed]:
    """Plan one message a reference, each about its own invoice."""
    for reference in references:
        ledger.plan(planned(reference, key(f"NF-{reference}")))
    return [Claimed(reference=each, message=letter(each)) for each in references]


def reminder(reference: str, outcome: Outcome, *keys: StepKey, **other: str) -> Reminder:
    return Reminder(
        reference=reference,
        client=other.get("client", "Padaria Aurora"),
        at=MONDAY,
        step="first",
        channel=Channel.EMAIL,
        outcome=outcome,
        keys=keys,
    )
