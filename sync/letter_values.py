"""A decision's standings as a letter's plain values: amounts, days, until when they hold."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal, cast

from mailer.letter import Creditor, LetterItem, LetterValues, OnTime
from sheet_templates import headings
from sync.domain.boleto import payable_code
from sync.domain.decisions import ZERO, Decision, ItemDecision
from sync.domain.facts import Client, Facts, Instalment, Receivable, TeamSettings
from sync.domain.history import CONFIRMATION, THANKS
from sync.domain.on_time import on_time_offer

_COURTESIES = frozenset({THANKS, CONFIRMATION})
_MOST_TXIDS = 99  # two digits behind the reference tell instalments apart


def letter_values(
    decision: Decision, facts: Facts, client: Client, language: str, reference: str
) -> LetterValues:
    """What the letter of a decision may say; its options and answers are still to be added."""
    settings = facts.settings
    covered = {item.standing.id for item in _covered(decision)}
    items = tuple(_item(item, decision, facts, language, covered) for item in decision.listed)
    if _is_confirmation(decision):
        items = tuple(item for item in items if item.total > 0) or items  # some may be paid by now
        items = tuple(_with_txid(item, reference) for item in items) if settings.pix_key else items
    values = LetterValues(
        client=client.legal_name or client.name,
        contact=client.contact or client.legal_name or client.name,
        language=cast("Literal['pt-BR', 'en']", language),
        creditor=_creditor(settings),
        items=items,
        total=decision.total,
        overdue_total=sum((item.total for item in items if item.days_past_due > 0), start=ZERO),
        days_past_due=max((item.days_past_due for item in items), default=0),
        due_on=_earliest(items, decision.send_on),
        quote_valid_until=_valid_until(items, decision, settings),
        pix_amount=None,
        reference=reference,
        is_courtesy=decision.step is not None and decision.step.name in _COURTESIES,
    )
    # A plan is paid by its instalments' own codes; what asks for nothing needs none.
    whole = settings.pix_key and values.to_pay > 0 and not any(i.pix_txid for i in items)
    return replace(values, pix_amount=values.to_pay) if whole else values


def instalment_txid(reference: str, number: int) -> str:
    """The Pix txid of one instalment in the letter that confirms its plan: `RABCDEFGHIJK02`."""
    return f"{reference}{number:02d}"


def _is_confirmation(decision: Decision) -> bool:
    return decision.step is not None and decision.step.name == CONFIRMATION


def _with_txid(item: LetterItem, reference: str) -> LetterItem:
    if item.instalment is None or item.total <= 0 or item.instalment[0] > _MOST_TXIDS:
        return item
    return replace(item, pix_txid=instalment_txid(reference, item.instalment[0]))


def _earliest(items: tuple[LetterItem, ...], otherwise: date) -> date:
    covered = [item.due_on for item in items if item.in_total]
    return min(covered or [item.due_on for item in items], default=otherwise)


def _valid_until(items: tuple[LetterItem, ...], decision: Decision, settings: TeamSettings) -> date:
    """Until when the letter's amount holds: with a discount for paying in time no day longer."""
    usual = decision.send_on + timedelta(days=settings.quote_valid)
    covered = [item for item in items if item.in_total]
    ends = [item.on_time.until for item in covered if item.on_time is not None]
    if not ends:
        return usual
    return min(ends) if len(ends) == len(covered) else min(usual, *ends)


def _covered(decision: Decision) -> Iterable[ItemDecision]:
    """What `{total}` and Pix cover: the past-due items listed; before due, the step's items."""
    if decision.is_overdue:
        return (item for item in decision.listed if item.standing.days_past_due > 0)
    return decision.step_items


def _creditor(settings: TeamSettings) -> Creditor:
    return Creditor(
        company=settings.company or "",
        legal_name=settings.legal_name or "",
        tax_id=settings.tax_id or "",
        address=settings.address or "",
        reply_to=settings.reply_to or "",
        signature=settings.signature or settings.company or "",
        pix_key=settings.pix_key or "",
        pix_city=settings.pix_city or settings.city or "",
    )


def _item(
    item: ItemDecision, decision: Decision, facts: Facts, language: str, covered: set[str]
) -> LetterItem:
    standing, charge = item.standing, item.standing.charge
    source = facts.receivables.get(standing.id)
    part = facts.instalments.get(standing.id)
    return LetterItem(
        id=standing.id,
        description=_description(source, part),
        due_on=standing.due_on,
        days_past_due=standing.days_past_due,
        balance=charge.balance,
        late_fee=charge.late_fee,
        interest=charge.interest,
        total=charge.total_due,
        payment_code=payable_code(source.payment_code, charge.total_due) if source else None,
        method=_method(source, language),
        in_total=standing.id in covered,
        on_time=_on_time(item, decision, facts.settings),
        instalment=_place_in_plan(part, facts) if part else None,
    )


def _on_time(item: ItemDecision, decision: Decision, settings: TeamSettings) -> OnTime | None:
    offer = on_time_offer(item.standing, settings, decision.send_on)
    if offer is None:
        return None
    return OnTime(amount=offer.amount, until=offer.until, discount=settings.on_time_discount)


def _description(source: Receivable | None, part: Instalment | None) -> str:
    """An invoice's own; of an instalment what it pays."""
    if part is not None:
        return ", ".join(part.receivables)
    return (source.description or "") if source else ""


def _place_in_plan(part: Instalment, facts: Facts) -> tuple[int, int] | None:
    """Which of how many instalments it is, by the number in its id (`A-1/2`)."""
    _, _, number = part.id.rpartition("/")
    count = sum(each.agreement == part.agreement for each in facts.instalments.values())
    plain = number.isascii() and number.isdigit() and 1 <= int(number) <= count
    return (int(number), count) if plain else None


def _method(source: Receivable | None, language: str) -> str | None:
    if source is None or source.method is None:
        return None
    return headings.value_text(language, "method", source.method)
