"""A boleto's event from a return file → a bank line; the same for 240 and 400 positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto
from itertools import accumulate

from sync.bank.cnab_records import Record, plain_number
from sync.bank.statement import ZERO, BankLine, Draft, LineKind, RefusedBankFile, fold

MONEY = {LineKind.CREDIT, LineKind.REVERSAL}


class Paid(Enum):
    """What the field of the amount paid holds."""

    GROSS = auto()  # what the payer paid
    NET = auto()  # what was credited, the tariff already taken off
    PRINCIPAL = auto()  # perhaps without interest and fee, which stand beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The fields of one event, as the layouts name them. `paid` is the field, not yet judged."""

    occurrence: str
    occurred_on: date | None
    credited_on: date | None
    our_number: str
    check_digit: str
    wallet: str
    document: str
    company_use: str
    payer: str
    payer_tax_id: str
    due_on: date | None
    face: Decimal
    paid: Decimal
    credited: Decimal | None
    interest: Decimal
    fee: Decimal
    discount: Decimal
    rebate: Decimal
    tariff: Decimal
    txid: str = ""


def paid_amount(event: Event, holds: Paid) -> Decimal:
    """What the payer paid, from a field that holds it, or holds it less or without something.

    Where the manuals leave room, the reading that adds up is taken: face + interest + fee −
    discount − rebate. When none does (paid in part, say) the manual's plain words decide.
    """
    if holds is Paid.GROSS:
        return event.paid
    extra = (event.tariff,) if holds is Paid.NET else (event.interest, event.fee)
    fullest = event.paid + sum(extra, ZERO)
    due = event.face + event.interest + event.fee - event.discount - event.rebate
    partly = list(accumulate(extra, initial=event.paid))
    return due if due in partly else fullest


def draft(record: Record, event: Event, kinds: Mapping[str, LineKind], holds: Paid) -> Draft:
    """The line of an event. Raises RefusedBankFile for a payment without amount or date.

    An occurrence that the bank's table does not list is a notice: it moves no money here.
    """
    kind = kinds.get(event.occurrence, LineKind.NOTICE)
    if event.occurred_on is None:
        raise RefusedBankFile("no_occurrence_date", line=str(record.number))
    paid = paid_amount(event, holds) if kind in MONEY else ZERO
    if kind is LineKind.REVERSAL:
        paid = -(paid or event.credited or event.face)
    if kind in MONEY and not paid:
        raise RefusedBankFile("no_amount", line=str(record.number), occurrence=event.occurrence)
    number = plain_number(event.our_number)
    line = BankLine(
        id="",
        posted_on=event.occurred_on,
        amount=paid,
        kind=kind,
        payer=event.payer if any(sign.isalpha() for sign in event.payer) else "",
        payer_tax_id=event.payer_tax_id,
        txid=event.txid,
        our_number=number,
        our_number_raw=(event.our_number + event.check_digit).strip(),
        wallet=event.wallet,
        document=event.document,
        company_use=event.company_use,
        due_on=event.due_on,
        credited_on=event.credited_on,
        face=event.face,
        credited=event.credited,
        interest=event.interest,
        fee=event.fee,
        discount=event.discount,
        rebate=event.rebate,
        tariff=event.tariff,
        method="boleto",
        occurrence=event.occurrence,
        line=record.number,
    )
    what = str(kind) if kind in MONEY else event.occurrence
    identity = ("boleto", what, number or fold(event.document + event.company_use))
    return Draft(line, identity, version=event.occurrence)


def covered(drafts: Sequence[Draft], made_on: date | None) -> tuple[date | None, date | None]:
    """The days a return file covers: to its last event, never past the day it was made.

    A file without events tells of the days before it was made.
    """
    days = [each.line.posted_on for each in drafts]
    if not days:
        before = date.fromordinal(made_on.toordinal() - 1) if made_on else None
        return before, before
    last = max(days) if made_on is None else min(max(days), made_on)
    return min(*days, last), last


def tax_id(kind: str, digits: str) -> str:
    """A CPF (type 1) or CNPJ (type 2) from a field filled with zeros in front; "" for none."""
    bare = "".join(sign for sign in digits.upper() if sign.isascii() and sign.isalnum())
    if not bare.strip("0"):
        return ""
    return bare[-11:] if kind == "1" else bare[-14:]
