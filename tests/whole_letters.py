"""Letters as whoever receives them reads them: from their bytes, by the mark in their subject."""

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

_MARK = re.compile(r"^(?P<client>.+) \[(?P<offset>[+-]?\d+)\|(?P<language>[\w-]+)\]$")
_AMOUNT = r"R\$\s?(?P<amount>[\d.,]+)"
_DATE = r"(?:\d\d/\d\d/\d{4}|[A-Z][a-z]{2} \d+, \d{4})"
_LINE = re.compile(rf"^(?P<id>\S+)\s+{_DATE}\s+{_AMOUNT}$", re.MULTILINE)


@dataclass(frozen=True)
class Letter:
    """A message that left, or was about to. `fate`: sent, refused, uncertain (may have arrived)."""

    at: datetime
    reference: str
    message_id: str
    to: frozenset[str]
    cc: frozenset[str]
    client: str
    offset: int
    language: str
    total: Decimal
    invoices: tuple[str, ...]
    amounts: Mapping[str, Decimal]

    @property
    def day(self) -> date:
        return self.at.date()

    @classmethod
    def read(cls, raw: bytes, at: datetime) -> "Letter":
        """From its bytes. The letters of these stories carry a mark and plain figures."""
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        part = message.get_body(("plain",))
        assert part is not None
        text = str(part.get_content()).replace("\N{NO-BREAK SPACE}", " ")
        text = text.replace("\r", "")
        mark = _MARK.match(str(message["Subject"]))
        assert mark is not None, message["Subject"]
        total = re.search(rf"^TOTAL {_AMOUNT}$", text, re.MULTILINE)
        assert total is not None, text
        language = mark["language"]
        amounts = {line["id"]: _spoken(line["amount"], language) for line in _LINE.finditer(text)}
        return cls(
            at=at,
            reference=str(message["X-Regua-Reference"]),
            message_id=str(message["Message-ID"]),
            to=_mails(message["To"]),
            cc=_mails(message["Cc"]),
            client=mark["client"],
            offset=int(mark["offset"]),
            language=language,
            total=_spoken(total["amount"], language),
            invoices=tuple(amounts),
            amounts=amounts,
        )


def _mails(header: Any) -> frozenset[str]:
    return frozenset(a.addr_spec for a in header.addresses) if header is not None else frozenset()


def _spoken(text: str, language: str) -> Decimal:
    if language == "pt-BR":
        text = text.translate(str.maketrans(",.", ".,"))
    return Decimal(text.replace(",", ""))
