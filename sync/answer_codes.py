"""What each signed code of a letter stands for: signed when it is written, checked when it returns.

Both sides take it from here, so that a code verifies exactly when nothing of it was changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mailer import reference as codes
from sync.ledger_offers import Offered

PLAIN_ANSWERS = (codes.PAID, codes.DISPUTE, codes.CALL)

_ANSWERS_COUNT_FOR = timedelta(days=365)
"""'I have paid' and the like still say something when the letter's amounts no longer hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All that a choice stands for, as text, and the last day on which it counts."""

    text: str
    expires: date


def answer_terms(choice: str, offered: Sequence[Offered], valid_until: date | None) -> Terms | None:
    """The terms of one choice in a message; None for a choice that it did not have.

    `valid_until` is until when the message's own amounts hold. The message's own code ("0") stands
    for all its offers together: with it an answer may name one by its number.
    """
    if choice == codes.MESSAGE:
        whole = "\n\n".join(f"{each.number}\n{each.terms}" for each in offered)
        expires = max((each.expires for each in offered), default=valid_until)
        return Terms(text=whole, expires=expires) if expires is not None else None
    if choice in PLAIN_ANSWERS:
        if valid_until is None:
            return None
        return Terms(text=choice, expires=valid_until + _ANSWERS_COUNT_FOR)
    known = (each for each in offered if str(each.number) == choice)
    return next((Terms(text=each.terms, expires=each.expires) for each in known), None)


def sign_answer(
    secret: bytes,
    *,
    workbook: str,
    client: str,
    reference: str,
    choice: str,
    terms: Terms,
) -> str:
    """The code of one choice in one message, as the letter carries it."""
    return codes.sign(
        secret,
        workbook=workbook,
        client=client,
        reference=reference,
        choice=choice,
        terms=terms.text,
        expires=terms.expires,
    )
