"""The plain values a letter may use, and the message that comes out.

Amounts are reais as `Decimal` with two decimals; dates are dates of the creditor's time zone.
Nothing here knows a ledger or a sheet: whoever calls fills these in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mailer.errors import InconsistentValues, UnknownIdentity

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

Language = Literal["pt-BR", "en"]
Severity = Literal["error", "warning"]


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
class LetterItem:
    """One invoice or instalment as the letter shows it.

    Attributes:
        days_past_due: 0 when it is not late.
        total: balance + late_fee + interest.
        payment_code: a boleto's digits or a payment link.
        method: the method's label in the letter's language.
        in_total: whether the letter's total (and Pix) covers it; others are shown as upcoming.
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


@dataclass(frozen=True, kw_only=True)
class LetterLink:
    """One thing the client may choose: a button in HTML, `text: href` in plain text."""

    text: str
    href: str


@dataclass(frozen=True, kw_only=True)
class LetterValues:
    """All that a template may say about one client.

    Attributes:
        total: the sum of the totals of the items with `in_total`.
        overdue_total: the sum of the totals of the items with days past due.
        days_past_due: the largest of the items, 0 when none is late.
        due_on: the earliest due date among the items of the total.
        quote_valid_until: until when `total` (and the Pix amount) holds.
        pix_amount: equal to `total`, or None for no Pix block.
        reference: the message's own; its letters and digits are the Pix txid (at most 25).
        offers, answers: what fills `{offers}` and `{answers}`; an empty block vanishes.
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
    offers: tuple[LetterLink, ...] = ()
    answers: tuple[LetterLink, ...] = ()


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
    covered = [item for item in values.items if item.in_total]
    late = [item for item in values.items if item.days_past_due > 0]
    dates = [item.due_on for item in covered or values.items]
    expected = (
        ("total", values.total, sum(item.total for item in covered)),
        ("overdue total", values.overdue_total, sum(item.total for item in late)),
        (
            "number of days past due",
            values.days_past_due,
            max((i.days_past_due for i in late), default=0),
        ),
        ("earliest due date", values.due_on, min(dates, default=values.due_on)),
        (
            "Pix amount",
            values.total if values.pix_amount is None else values.pix_amount,
            values.total,
        ),
    )
    for name, said, right in expected:
        if said != right:
            raise InconsistentValues(f"The {name} is said to be {said}; its items give {right}.")


def _check_item(item: LetterItem) -> None:
    if not item.total.is_finite() or item.total < 0:
        raise InconsistentValues(f"{item.id}: {item.total} is not an amount to ask for.")
    if item.total != item.balance + item.late_fee + item.interest:
        raise InconsistentValues(
            f"{item.id}: {item.total} is not balance {item.balance} + late fee "
            f"{item.late_fee} + interest {item.interest}."
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
