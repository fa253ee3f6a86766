"""What a person might do next for a client, with the figures that say so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from sync.domain.decisions import ZERO, Reason, Standing
from sync.domain.facts import Facts, NegotiationKind, OfferRule
from sync.domain.negotiation import PromiseState, Result
from sync.domain.standing import Book

LATE_FOR_PLAN, LATE_FOR_CALL = 60, 30  # days past due, more than these
EMAILS_IN_VAIN = 3
BOLETOS_SEEN, BOLETOS_LATE = 6, 3  # of the last six boletos paid, three late
_BOLETO = "boleto"


class Suggestion(StrEnum):
    """What a person might do next for a client; the first that applies."""

    MEND_ROWS = "mend_rows"  # a row in error holds the client
    APPLY_CASH = "apply_cash"  # money on account waits for its invoice
    CHECK_PAYMENT = "check_payment"  # the client says it has paid
    SETTLE_DISPUTE = "settle_dispute"
    ADD_ADDRESS = "add_address"  # something is open and there is no e-mail address
    CALL_ABOUT_PROMISE = "call_about_promise"  # a promise was broken
    DECIDE_PRESCRIBED = "decide_prescribed"  # more than five years late
    OFFER_PLAN = "offer_plan"  # more than 60 days late
    OFFER_WITHIN = "offer_within"  # likewise, and the offers tab says what may be offered
    CALL_AFTER_EMAILS = "call_after_emails"  # three e-mails or more brought nothing
    CALL = "call"  # more than 30 days late
    CHANGE_METHOD = "change_method"  # boletos are paid late again and again
    SHORTEN_TERMS = "shorten_terms"  # nothing overdue, yet high risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A suggestion and the figures it rests on; which of them count depends on the kind.

    `count` of `of` things, `amount` of money, mean `days` of delay, a `day`; `instalments` and
    `discount` (a share of fee and interest) are the most that the offers tab allows.
    """

    kind: Suggestion
    count: int = 0
    of: int = 0
    amount: Decimal = ZERO
    days: Decimal = Decimal(0)
    day: date | None = None
    instalments: int = 1
    discount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one client: the ground of all suggestions.

    `items` are open. `paid`, `on_time` and `delay` (mean days) are of the last 12 months; `boletos`
    how many days late the last ones paid were; `emails` how many overdue e-mails spoke of invoices
    of which nothing was paid, `written_about` their sum, and `called` whether a call did too.
    """

    name: str
    items: tuple[Standing, ...] = ()
    overdue: Decimal = ZERO
    oldest_days: int = 0
    paid: int = 0
    on_time: int = 0
    delay: Decimal | None = None
    kept: int = 0
    broken: int = 0
    boletos: tuple[int, ...] = ()
    emails: int = 0
    written_about: Decimal = ZERO
    called: bool = False
    is_high_risk: bool = False


def advise(facts: Facts, book: Book, known: Known) -> Advice | None:
    """The first suggestion that applies, None when nothing asks for a person."""
    found = (rule(facts, book, known) for rule in _RULES)
    return next((advice for advice in found if advice is not None), None)


def _mend_rows(facts: Facts, _: Book, known: Known) -> Advice | None:
    return Advice(kind=Suggestion.MEND_ROWS) if known.name in facts.row_problems else None


def _apply_cash(facts: Facts, book: Book, known: Known) -> Advice | None:
    loose = book.unapplied.get(known.name, ZERO)
    if loose <= facts.settings.tolerance:
        return None
    return Advice(kind=Suggestion.APPLY_CASH, amount=loose)


def _check_payment(facts: Facts, book: Book, known: Known) -> Advice | None:
    said = [
        (item, hold.since)
        for item in known.items
        if (hold := book.holds.get(item.id)) is not None
        and facts.negotiations[hold.index].kind is NegotiationKind.SAYS_PAID
    ]
    if not said:
        return None
    items = [item for item, _ in said]
    return _about(Suggestion.CHECK_PAYMENT, items, day=max(day for _, day in said))


def _settle_dispute(_: Facts, __: Book, known: Known) -> Advice | None:
    return _about(Suggestion.SETTLE_DISPUTE, _blocked(known, Reason.DISPUTED))


def _add_address(facts: Facts, _: Book, known: Known) -> Advice | None:
    client = facts.clients.get(known.name)
    if client is None or client.emails:
        return None
    return _about(Suggestion.ADD_ADDRESS, known.items)


def _call_about_promise(_: Facts, book: Book, known: Known) -> Advice | None:
    spoken = (book.promises.get(item.id) for item in known.items)
    broken = [p for p in spoken if p is not None and p.result is Result.BROKEN]
    if not broken:
        return None
    last: PromiseState = max(broken, key=lambda promise: promise.until)
    return Advice(
        kind=Suggestion.CALL_ABOUT_PROMISE,
        amount=last.amount,
        day=last.until,
        count=known.kept,
        of=known.kept + known.broken,
    )


def _decide_prescribed(_: Facts, __: Book, known: Known) -> Advice | None:
    return _about(Suggestion.DECIDE_PRESCRIBED, _blocked(known, Reason.PRESCRIBED))


def _offer_plan(facts: Facts, book: Book, known: Known) -> Advice | None:
    days = known.oldest_days
    if days <= LATE_FOR_PLAN:
        return None
    rules = [rule for rule in facts.offer_rules if _is_for(rule, days)]
    if not rules:
        return Advice(kind=Suggestion.OFFER_PLAN, amount=known.overdue, day=_since(book, known))
    return Advice(
        kind=Suggestion.OFFER_WITHIN,
        amount=known.overdue,
        day=_since(book, known),
        instalments=max(rule.instalments for rule in rules),
        discount=max(rule.charges_discount for rule in rules),
    )


def _since(book: Book, known: Known) -> date:
    """The due date of the oldest that is overdue."""
    return book.run_date - timedelta(days=known.oldest_days)


def _is_for(rule: OfferRule, days: int) -> bool:
    return rule.from_days <= days and (rule.to_days is None or days <= rule.to_days)


def _call_after_emails(_: Facts, __: Book, known: Known) -> Advice | None:
    if known.emails < EMAILS_IN_VAIN or known.called:
        return None
    return Advice(kind=Suggestion.CALL_AFTER_EMAILS, count=known.emails, amount=known.written_about)


def _call(_: Facts, book: Book, known: Known) -> Advice | None:
    if known.oldest_days <= LATE_FOR_CALL:
        return None
    return Advice(kind=Suggestion.CALL, amount=known.overdue, day=_since(book, known))


def _change_method(facts: Facts, _: Book, known: Known) -> Advice | None:
    """Chronic lateness by boleto, unless what is open is paid otherwise already."""
    late = sum(days > 0 for days in known.boletos)
    methods = {
        receivable.method
        for item in known.items
        if (receivable := facts.receivables.get(item.id)) is not None
    }
    if late < BOLETOS_LATE or (methods and _BOLETO not in methods):
        return None
    mean = Decimal(sum(known.boletos)) / len(known.boletos)
    return Advice(
        kind=Suggestion.CHANGE_METHOD,
        count=late,
        of=len(known.boletos),
        days=mean.quantize(Decimal("0.1")),
    )


def _shorten_terms(_: Facts, __: Book, known: Known) -> Advice | None:
    if not known.is_high_risk or known.oldest_days:
        return None
    return Advice(
        kind=Suggestion.SHORTEN_TERMS,
        count=known.on_time,
        of=known.paid,
        days=known.delay or Decimal(0),
    )


_RULES: tuple[Callable[[Facts, Book, Known], Advice | None], ...] = (
    _mend_rows,
    _apply_cash,
    _check_payment,
    _settle_dispute,
    _add_address,
    _call_about_promise,
    _decide_prescribed,
    _offer_plan,
    _call_after_emails,
    _call,
    _change_method,
    _shorten_terms,
)


def _blocked(known: Known, reason: Reason) -> list[Standing]:
    return [item for item in known.items if item.blocked is reason]


def _about(kind: Suggestion, items: Iterable[Standing], day: date | None = None) -> Advice | None:
    """The suggestion with the number and the balance of its items; None without any."""
    found = list(items)
    if not found:
        return None
    amount = sum((item.charge.balance for item in found), ZERO)
    return Advice(kind=kind, count=len(found), amount=amount, day=day)
