"""What a bank file says, whatever its format, and why one is refused.

    RefusedBankFile   `code` and `values` make the sentence (topic `bank`); nothing was taken in

A file that does not add up is refused whole: half a statement would leave people who paid among
those who are reminded.
"""

import hashlib
import re
import unicodedata
from base64 import b32encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sync.words import words

LINE_ID = re.compile(r"B-[A-Z2-7]{16}")
"""How the id of a bank's line looks, wherever it stands."""
ZERO = Decimal("0.00")
_MOST_TEXT = 500
_ID_BYTES = 10  # 80 bits: 16 letters, and a chance of 1 in 10^12 among a million lines


class LineKind(StrEnum):
    """What one line of a bank file tells."""

    CREDIT = "credit"  # money in
    DEBIT = "debit"  # money out that undoes no payment: transfers, tariffs
    REVERSAL = (
        "reversal"  # money that had come in is gone again: charge-back, returned cheque or Pix
    )
    ENTERED = "entered"  # the bank took a boleto into collection
    REJECTED = "rejected"  # the bank refused a boleto or an instruction
    CLOSED = "closed"  # the bank closed a boleto without a payment
    NOTICE = "notice"  # anything else: a changed due date, a protest, a cost


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One line. Amounts are in BRL cents; only CREDIT, DEBIT and REVERSAL move money.

    `amount` is what the payer paid, before the bank kept its tariff, positive for money in and
    negative for DEBIT and REVERSAL; zero when no money moved. `credited` is what reached the
    account when the file says it. For a boleto `posted_on` is the day it was paid and
    `credited_on` the day the money was there. `interest` includes the fee where the bank
    merges both; `fee` is then zero. `our_number` is the bank's number of a boleto, digits without
    leading zeros and without check digit; `our_number_raw` is the field as it stands in the file.
    """

    id: str
    posted_on: date
    amount: Decimal
    kind: LineKind
    payer: str = ""
    payer_tax_id: str = ""  # as written, digits (and letters of a new CNPJ) only
    memo: str = ""
    txid: str = ""
    end_to_end: str = ""  # a Pix payment's own id, E… (D… for a return)
    our_number: str = ""
    our_number_raw: str = ""
    wallet: str = ""  # the bank's product (carteira) that the number belongs to, where it says so
    document: str = ""
    company_use: str = ""  # what the company's own program wrote beside the boleto
    due_on: date | None = None
    credited_on: date | None = None
    face: Decimal | None = None
    credited: Decimal | None = None
    interest: Decimal = ZERO
    fee: Decimal = ZERO
    discount: Decimal = ZERO
    rebate: Decimal = ZERO
    tariff: Decimal = ZERO
    method: str | None = None
    occurrence: str = ""
    bank_id: str = ""  # the bank's own id of the line, as written (FITID)
    line: int = 0  # where it stands in the file, 1-based

    @property
    def moves_money(self) -> bool:
        """Whether money moved; everything else only tells of a boleto's life."""
        return self.kind in {LineKind.CREDIT, LineKind.DEBIT, LineKind.REVERSAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A file that adds up. `start` to `end` are the days it covers, said with caution.

    `bank` is the bank's three digits when known, `account` the account as its ids use it; `digest`
    the SHA-256 of the file. `opening` and `closing` are balances, None when the file has none.
    `boletos_only` is true of return files: they say nothing of Pix and transfers, so the days they
    cover are covered for boletos alone.
    """

    source: str
    digest: str
    format: str
    bank: str
    account: str
    start: date | None
    end: date | None
    opening: Decimal | None = None
    closing: Decimal | None = None
    boletos_only: bool = False
    lines: tuple[BankLine, ...] = ()


class RefusedBankFile(Exception):
    """The file cannot be taken in; the sentence is `bank.<code>` in the locale files."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(f"{code} {values}" if values else code)
        self.code = code
        self.values: Mapping[str, str] = values

    def sentence(self, language: str) -> str:
        """Where the file is wrong and how to mend that."""
        return words(language, f"bank.{self.code}", **self.values)


@dataclass(frozen=True, slots=True)
class Draft:
    """A line without its id, and what tells it from the others of the same day.

    `version` names which of its tellings this is: some banks tell one payment twice (Caixa as it
    happens and again at night). Tellings that agree in everything else are one line.
    """

    line: BankLine
    identity: tuple[str, ...]
    version: str = ""


def with_ids(bank: str, account: str, drafts: Sequence[Draft]) -> tuple[BankLine, ...]:
    """Give each line its id: bank, account, day, amount, identity, and its place among equals.

    Nothing else of the file takes part, so another export of the same account (longer, shorter,
    sorted the other way) gives the same lines the same ids. The day and amount take part even
    when the bank has an id of its own, for banks use theirs again. Lines equal in all of this
    are counted in the order of their texts, not of the file. A second telling is left out.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    ids: dict[int, str] = {}
    for place in sorted(range(len(drafts)), key=lambda place: _rank(drafts[place], place)):
        draft = drafts[place]
        day, amount = draft.line.posted_on.isoformat(), f"{draft.line.amount:.2f}"
        key = (bank, account, day, amount, *draft.identity)
        seen[*key, draft.version] += 1
        ids[place] = _digest(*key, str(seen[*key, draft.version]))
    told: dict[str, BankLine] = {}
    for place, draft in enumerate(drafts):
        told.setdefault(ids[place], replace(draft.line, id=ids[place]))
    return tuple(told.values())


def _rank(draft: Draft, place: int) -> tuple[tuple[str, ...], int]:
    return _texts(draft.line), place


def _texts(line: BankLine) -> tuple[str, ...]:
    return (fold(line.memo), fold(line.payer), line.payer_tax_id, line.document)


def _digest(*fields: str) -> str:
    """`B-` and 80 bits of SHA-256 over the fields, each with its length before it."""
    whole = "".join(f"{len(field)}:{field}" for field in fields)
    raw = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()
    return f"B-{b32encode(raw[:_ID_BYTES]).decode('ascii')}"


def fold(text: str) -> str:
    """Letters and digits only, without case and accents: what two exports of a memo share."""
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text)
    return "".join(filter(str.isalnum, plain.casefold()))


def clean(text: str) -> str:
    """One line of printable text, at most 500 characters: what a cell can hold."""
    text = text[: _MOST_TEXT * _MOST_TEXT]
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split())[:_MOST_TEXT]


def coverage(lines: Iterable[BankLine]) -> tuple[date | None, date | None]:
    """The first and last day of the lines, for files that do not say what they cover."""
    days = [line.posted_on for line in lines]
    return (min(days), max(days)) if days else (None, None)
