"""What a client may answer, in words: options and short answers, with the ready messages they open.

A link is a mailto (RFC 6068) whose subject carries a code; its body is short and holds no other
number than the option's, so that what comes back reads one way. Without HTML the same is said in
words: a reply with the number, or with one of three phrases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from mailer.words import clean, plain, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailer.letter import LetterOffer, LetterValues
    from mailer.words import Words

PAYMENTS_SHOWN = 36
"""Payments of one option written out; a plan of more years ends in one line."""

_INVOICES_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class OfferCard:
    """One option in words; `lines` are (day, amount), empty when it is paid at once."""

    number: int
    title: str
    headline: str
    lines: tuple[tuple[str, str], ...]
    more: str
    total: str
    gain: str
    is_saving: bool
    valid_until: str
    button: str
    href: str


@dataclass(frozen=True, kw_only=True)
class OffersBlock:
    """All options of a letter; `numbers` is `1, 2 or 3`."""

    title: str
    intro: str
    about: str
    cards: tuple[OfferCard, ...]
    numbers: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ReadyAnswer:
    """A short answer: its button and the message that it opens."""

    text: str
    href: str


def mailto(address: str, subject: str, body: str = "") -> str:
    """A link that opens a message (RFC 6068 §2 and §5), every delicate mark percent-encoded.

    Args:
        address: one bare address in ASCII.
        subject: any text on one line.
        body: any text; line ends become %0D%0A. "" for none.
    """
    local, _, domain = address.rpartition("@")
    link = f"mailto:{quote(local, safe='+')}@{quote(domain, safe='')}"
    fields = [f"subject={quote(subject, safe='')}"]
    if body:
        lines = body.replace("\r\n", "\n").replace("\n", "\r\n")
        fields.append(f"body={quote(lines, safe='')}")
    return f"{link}?{'&'.join(fields)}"


def offers_block(values: LetterValues, address: str) -> OffersBlock | None:
    """The options of a letter, answered to `address`; None when it has none."""
    offers = values.offers
    if not offers:
        return None
    words = words_of(values.language)
    one_date = len({offer.valid_until for offer in offers}) == 1
    key = "offers.intro_open"
    if one_date:
        key = "offers.intro_one" if len(offers) == 1 else "offers.intro_many"
    title = "offers.title_one" if len(offers) == 1 else "offers.title_many"
    return OffersBlock(
        title=words(title),
        intro=words(key, date=words.day(offers[0].valid_until)),
        about=_about(values, words),
        cards=tuple(_card(offer, words, address, dated=not one_date) for offer in offers),
        numbers=_listed([str(offer.number) for offer in offers], words),
        after=words("offers.after"),
    )


def ready_answers(values: LetterValues, address: str) -> tuple[ReadyAnswer, ...]:
    """The short answers of a letter, sent to `address`."""
    words = words_of(values.language)
    found = []
    for answer in values.answers:
        label = words(f"answers.{answer.kind}")
        subject = words("answers.subject", label=label, code=answer.code)
        body = words(f"answers.{answer.kind}_body")
        found.append(ReadyAnswer(text=label, href=mailto(address, subject, body)))
    return tuple(found)


def offers_text(values: LetterValues) -> str:
    """The options for plain text, a phone's width wide; "" for none."""
    block = offers_block(values, "")
    if block is None:
        return ""
    words = words_of(values.language)
    lines = [f"{block.title}:", block.intro]
    lines += [block.about] if block.about else []
    for card in block.cards:
        lines += ["", f"{card.number}. {card.title}"]
        details = [f"{day}  {amount}" for day, amount in card.lines]
        details += [card.headline, card.more]
        if card.lines:
            details.append(f"{words('offers.total')}: {card.total}")
        details += [card.gain, card.valid_until]
        lines += [f"   {detail}" for detail in details if detail]
    key = "offers.by_number_one" if len(block.cards) == 1 else "offers.by_number_many"
    return plain("\n".join([*lines, "", words(key, numbers=block.numbers), block.after]))


def answers_text(values: LetterValues) -> str:
    """The short answers for plain text; "" for none."""
    if not values.answers:
        return ""
    words = words_of(values.language)
    phrases = (words(f"answers.{answer.kind}") for answer in values.answers)
    return "\n".join([f"{words('answers.text_title')}:", *(f"- {phrase}" for phrase in phrases)])


def _card(offer: LetterOffer, words: Words, address: str, *, dated: bool) -> OfferCard:
    subject = words("offers.subject", number=offer.number, code=offer.code)
    body = words("offers.body", number=offer.number)
    shown = offer.payments[:PAYMENTS_SHOWN]
    hidden = offer.payments[PAYMENTS_SHOWN:]
    at_once = len(offer.payments) == 1
    lines = tuple((words.day(day), words.money(amount)) for day, amount in shown)
    day, amount = lines[0]
    more = ""
    if hidden:
        more = words("offers.more", count=len(hidden), date=words.day(hidden[-1][0]))
    return OfferCard(
        number=offer.number,
        title=_title(offer, words),
        headline=words("offers.pay_until", amount=amount, date=day) if at_once else "",
        lines=() if at_once else lines,
        more=more,
        total=words.money(offer.total),
        gain=_gain(offer, words),
        is_saving=offer.total < offer.owed,
        valid_until=words("offers.valid_until", date=words.day(offer.valid_until)) if dated else "",
        button=words("offers.choose", number=offer.number),
        href=mailto(address, subject, body),
    )


def _title(offer: LetterOffer, words: Words) -> str:
    count = len(offer.payments)
    title = words("offers.at_once") if count == 1 else words("offers.instalments", count=count)
    share = (offer.owed - offer.total) / offer.owed if offer.owed > 0 else offer.owed
    # Less than a tenth of a per cent would be written as none.
    if share * 1000 < 1:
        return title
    return words("offers.discounted", title=title, percent=words.percent(share))


def _gain(offer: LetterOffer, words: Words) -> str:
    saved = offer.owed - offer.total
    if saved == 0:
        return ""
    return words("offers.saving" if saved > 0 else "offers.extra", amount=words.money(abs(saved)))


def _about(values: LetterValues, words: Words) -> str:
    """What the options are about, when that is not simply the letter's total."""
    offer = values.offers[0]
    if offer.owed == values.total:
        return ""
    names = [clean(name, 40) for name in offer.invoices]
    shown = ", ".join(names[:_INVOICES_NAMED])
    rest = len(names) - _INVOICES_NAMED
    text = words("list.more", shown=shown, count=rest) if rest > 0 else shown
    return words("offers.about", invoices=text, amount=words.money(offer.owed))


def _listed(numbers: Sequence[str], words: Words) -> str:
    if len(numbers) == 1:
        return numbers[0]
    return words("offers.or", first=", ".join(numbers[:-1]), last=numbers[-1])
