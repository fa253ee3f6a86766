"""The plain values a letter may use, and the message that comes out.

Amounts are reais as `Decimal` with two decimals; dates are dates of the creditor's time zone.
Nothing here knows a ledger or a sheet: whoever calls fills these in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from mailer.errors import InconsistentValues, UnknownIdentity

if TYPE_CHECKING:
    from datetime import date

Language = Literal["pt-BR", "en"]
Severity = Literal["error", "warning"]
AnswerKind = Literal["paid", "dispute", "call"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with something a person typed.

    Attributes:
        code: what a program compares and a locale translates, such as `unknown_placeholder`.
        detail: the piece of the text it is about.
        suggestion: what was probably meant, or "".
        severity: `error` (no letter can be made) or `warning`.
    """

    code: str
    detail: str = ""
    suggestion: str = ""
    severity: Severity = "error"


@dataclass(frozen=True, kw_only=True)
class Creditor:
    """Who is owed. `reply_to`, `pix_key` and `pix_city` may be ""; the identity may not."""

    company: str
    legal_name: str
    tax_id: str
    address: str
    reply_to: str = ""
    signature: str = ""
    pix_key: str = ""
    pix_city: str = ""


@dataclass(frozen=True, kw_only=True)
class OnTime:
    """What settles an item when it is paid in time: `amount` until `until`, both inclusive.

    `discount` is the share of the item's amount that is let off, 0.05 for 5 %.
    """

    amount: Decimal
    until: date
    discount: Decimal


@dataclass(frozen=True, kw_only=True)
class LetterItem:
    """One invoice or instalment as the letter shows it.

    Attributes:
        days_past_due: 0 when it is not late.
        total: balance + late_fee + interest.
        payment_code: a boleto's digits in printed groups, or a payment link.
        method: the method's label in the letter's language.
        in_total: whether the letter's total (and Pix) covers it; others are shown as upcoming.
        on_time: the discount for paying in time, or None.
        instalment: which of how many instalments it is, such as (2, 3); None for an invoice.
        pix_txid: for a Pix code of its own, as a plan's instalments have; "" for none.
    """

    id: str
    description: str
    due_on: date
    days_past_due: int
    balance: Decimal
    late_fee: Decimal
    interest: Decimal
    total: Decimal
    payment_code: str | None = None
    method: str | None = None
    in_total: bool = True
    on_time: OnTime | None = None
    instalment: tuple[int, int] | None = None
    pix_txid: str = ""

    @property
    def to_pay(self) -> Decimal:
        """What pays it on the letter's day: the total, less the discount for paying in time."""
        return self.total if self.on_time is None else self.on_time.amount


@dataclass(frozen=True, kw_only=True)
class LetterOffer:
    """One option the client may choose.

    Attributes:
        number: from 1; the client may answer with it.
        payments: when to pay how much; they sum to `total`.
        total: what is paid in all.
        owed: what the same invoices come to without the option.
        invoices: their numbers.
        valid_until: the last day on which it can be chosen.
        code: what the ready answer carries, signed but in previews.
    """

    number: int
    invoices: tuple[str, ...]
    payments: tuple[tuple[date, Decimal], ...]
    total: Decimal
    owed: Decimal
    valid_until: date
    code: str


@dataclass(frozen=True, kw_only=True)
class LetterAnswer:
    """One thing the client may say with a tap; `code` is what the ready answer carries."""

    kind: AnswerKind
    code: str


@dataclass(frozen=True, kw_only=True)
class LetterValues:
    """All that a template may say about one client.

    Attributes:
        total: the sum of the totals of the items with `in_total`.
        overdue_total: the sum of the totals of the items with days past due.
        days_past_due: the largest of the items, 0 when none is late.
        due_on: the earliest due date among the items of the total.
        quote_valid_until: until when `total` (and the Pix amount) holds.
        pix_amount: the sum of what pays the items of the total (`LetterItem.to_pay`), or None
            for no Pix code of the whole.
        reference: the message's own; its letters and digits are the Pix txid (at most 25).
        offers, answers: what fills `{offers}` and `{answers}`; an empty block vanishes.
        code: the reference with its signature, for the foot; "" in previews.
        is_courtesy: it asks for nothing (a thank-you, a confirmation).
        points: what the client has earned by paying in time, shown above the signature; 0 for none.
    """

    client: str
    contact: str
    language: Language
    creditor: Creditor
    items: tuple[LetterItem, ...]
    total: Decimal
    overdue_total: Decimal
    days_past_due: int
    due_on: date
    quote_valid_until: date
    pix_amount: Decimal | None
    reference: str
    offers: tuple[LetterOffer, ...] = ()
    answers: tuple[LetterAnswer, ...] = ()
    code: str = ""
    is_courtesy: bool = False
    points: int = 0

    @property
    def covered(self) -> tuple[LetterItem, ...]:
        """The items of the total, in their order."""
        return tuple(item for item in self.items if item.in_total)

    @property
    def to_pay(self) -> Decimal:
        """What pays the items of the total on the letter's day."""
        return sum((item.to_pay for item in self.covered), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a row of the templates tab says."""

    subject: str
    body: str


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """One message, ready to leave.

    Attributes:
        message_id: with its angle brackets.
        sender: the From header's text; its address is also the envelope's sender.
        to, cc: bare addresses, ASCII.
        raw: the exact bytes that leave, CRLF line ends, 7 bit.
        text, html: the two bodies, decoded, for previews.
        client: whom it is about, for file names and lists; not in the bytes.
    """

    message_id: str
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    reference: str
    raw: bytes = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    client: str = ""


def check_values(values: LetterValues) -> None:
    """Refuse a letter whose amounts, days or dates do not agree with its items.

    A letter without items (a thank-you) may ask for nothing.

    Raises:
        InconsistentValues: says which value, and what the items give.
    """
    for item in values.items:
        _check_item(item)
    for offer in values.offers:
        _check_offer(offer)
    late = [item for item in values.items if item.days_past_due > 0]
    dates = [item.due_on for item in values.covered or values.items]
    pix = values.to_pay if values.pix_amount is None else values.pix_amount
    expected = (
        ("total", values.total, sum(item.total for item in values.covered)),
        ("overdue total", values.overdue_total, sum(item.total for item in late)),
        (
            "number of days past due",
            values.days_past_due,
            max((i.days_past_due for i in late), default=0),
        ),
        ("earliest due date", values.due_on, min(dates, default=values.due_on)),
        ("Pix amount", pix, values.to_pay),
    )
    for name, said, right in expected:
        if said != right:
            raise InconsistentValues(f"The {name} is said to be {said}; its items give {right}.")
    for item in values.covered:
        if item.on_time is not None and values.quote_valid_until > item.on_time.until:
            raise InconsistentValues(f"{item.id}: its discount ends before the letter's amount.")
    numbers = [offer.number for offer in values.offers]
    if numbers != list(range(1, len(numbers) + 1)):
        raise InconsistentValues(f"The options are numbered {numbers}.")


def _check_item(item: LetterItem) -> None:
    if not item.total.is_finite() or item.total < 0:
        raise InconsistentValues(f"{item.id}: {item.total} is not an amount to ask for.")
    if item.total != item.balance + item.late_fee + item.interest:
        raise InconsistentValues(
            f"{item.id}: {item.total} is not balance {item.balance} + late fee "
            f"{item.late_fee} + interest {item.interest}."
        )
    early = item.on_time
    if early is not None and not (0 < early.amount < item.total and item.days_past_due == 0):
        raise InconsistentValues(f"{item.id}: {early.amount} is no discount on {item.total}.")


def _check_offer(offer: LetterOffer) -> None:
    paid = sum(amount for _, amount in offer.payments)
    if not offer.payments or paid != offer.total or min(a for _, a in offer.payments) <= 0:
        raise InconsistentValues(
            f"Option {offer.number} says {offer.total}; its payments give {paid}."
        )


def check_identity(creditor: Creditor) -> None:
    """Refuse a creditor that is not named (CDC art. 42-A: name, address, CPF or CNPJ).

    Raises:
        UnknownIdentity: names what is missing.
    """
    for name, text in (
        ("legal name", creditor.legal_name),
        ("tax id", creditor.tax_id),
        ("address", creditor.address),
    ):
        if not text.strip():
            raise UnknownIdentity(f"The creditor's {name} is missing in the settings.")
