"""What of a letter can be answered: its options and short answers, each with its code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mailer import reference as codes
from mailer.letter import AnswerKind, LetterAnswer, LetterOffer, Template
from mailer.markup import Block
from mailer.placeholders import read
from sync.answer_codes import answer_terms, sign_answer
from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import Decision
from sync.domain.facts import Facts
from sync.domain.offers import Option, option_values, options_for
from sync.domain.standing import Book
from sync.ledger_offers import Offered

_KINDS: Final[tuple[tuple[str, AnswerKind], ...]] = (
    (codes.PAID, "paid"),
    (codes.DISPUTE, "dispute"),
    (codes.CALL, "call"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Makes the codes of one message; without a secret they carry no signature (a preview)."""

    secret: bytes | None
    workbook_id: str
    client: str
    reference: str
    offered: Sequence[Offered]
    valid_until: date

    def code(self, choice: str) -> str:
        """The code of one choice, such as `RABCDEFGHIJK-2-ABCDEFGHIJKLMNOP`."""
        if self.secret is None:
            return f"{self.reference}-{choice}"
        terms = answer_terms(choice, self.offered, self.valid_until)
        if terms is None:
            raise ValueError(f"{self.reference} has no choice {choice!r}")
        return sign_answer(
            self.secret,
            workbook=self.workbook_id,
            client=self.client,
            reference=self.reference,
            choice=choice,
            terms=terms,
        )

    def message_code(self) -> str:
        """The code of the message itself; "" without a secret."""
        return "" if self.secret is None else self.code(codes.MESSAGE)


def has_block(template: Template, block: str) -> bool:
    """Whether a letter shows a block: what it does not show, nobody may be said to have chosen."""
    return any(isinstance(node, Block) and node.key == block for node in read(template).body)


def options_of(
    decision: Decision,
    covered: Sequence[str],
    facts: Facts,
    book: Book | None,
    calendar: BusinessCalendar | None,
) -> tuple[Option, ...]:
    """The options of a message about `covered`: for a step with offers about what is past due.

    None for a day other than the book's: amounts of another day would be wrong ones.
    """
    step = decision.step
    if step is None or not step.offers or not decision.is_overdue or not covered:
        return ()
    if book is None or calendar is None or book.run_date != decision.send_on:
        return ()
    return options_for(
        book, facts, calendar, decision.client, decision.send_on, items=tuple(covered)
    )


def offered_of(options: Sequence[Option]) -> tuple[Offered, ...]:
    """The options as the ledger remembers them."""
    return tuple(
        Offered(
            number=option.number,
            terms=option.terms,
            option=option_values(option),
            expires=option.valid_until,
            client=option.client,
        )
        for option in options
    )


def letter_offers(options: Sequence[Option], signer: Signer) -> tuple[LetterOffer, ...]:
    """The options as the letter shows them."""
    return tuple(
        LetterOffer(
            number=option.number,
            invoices=option.receivables,
            payments=tuple((part.due_on, part.amount) for part in option.instalments),
            total=option.total,
            owed=option.owed,
            valid_until=option.valid_until,
            code=signer.code(str(option.number)),
        )
        for option in options
    )


def letter_answers(signer: Signer) -> tuple[LetterAnswer, ...]:
    """'I have paid', 'I dispute this', 'call me'."""
    return tuple(LetterAnswer(kind=kind, code=signer.code(choice)) for choice, kind in _KINDS)
