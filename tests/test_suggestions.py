"""What a person might do next for a client: the sentence states the figures it rests on."""

from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pytest

from sync.domain.clients import client_measures
from sync.domain.facts import (
    Channel,
    Client,
    Facts,
    NegotiationKind,
    OfferRule,
    Outcome,
    Reminder,
    StepKey,
)
from sync.domain.standing import Book, book
from sync.domain.suggestions import Suggestion
from sync.views.clients import advice_text
from sync.words import LANGUAGES, words
from tests.ledgers import SAO_PAULO, day, invoice, ledger, paid, row

NBSP = "\N{NO-BREAK SPACE}"


def on(facts: Facts, today: str) -> Book:
    """Every standing on a day."""
    return book(facts, SAO_PAULO, day(today))


def says(facts: Facts, today: str, language: str = "en") -> str:
    """Ana's suggestion, in words."""
    advice = client_measures(facts, on(facts, today))["Ana"].advice
    return advice_text(language, advice).replace(NBSP, " ") if advice else ""


def sent(number: int, on_day: str, channel: Channel = Channel.EMAIL, offset: int = 3) -> Reminder:
    """A message about invoice A that arrived."""
    key = StepKey(
        invoice="A", due_on=day("05-06"), policy="standard", step=f"s{number}", offset=offset
    )
    return Reminder(
        reference=f"R{number}",
        client="Ana",
        at=datetime.combine(day(on_day), time(9)),
        step=key.step,
        channel=channel,
        outcome=Outcome.SENT,
        keys=(key,),
    )


THREE = (sent(1, "05-09"), sent(2, "05-16"), sent(3, "05-23"))


def test_when_three_e_mails_brought_nothing_a_call_is_next() -> None:
    facts = ledger(invoice("A", "05-06"), invoice("B", "06-20"), reminders=THREE)
    assert says(facts, "05-27") == "Call: 3 overdue e-mails about R$ 1,000.00 brought no payment."
    two = replace(facts, reminders=THREE[:2])
    assert says(two, "05-27") == ""
    early = replace(facts, reminders=(*THREE[:2], sent(3, "05-03", offset=-3)))
    assert says(early, "05-27") == ""
    bounced = replace(facts, reminders=(*THREE[:2], replace(THREE[2], outcome=Outcome.BOUNCED)))
    assert says(bounced, "05-27") == ""
    called = replace(facts, reminders=(*THREE, sent(4, "05-24", Channel.CALL)))
    assert says(called, "05-27") == ""
    part = ledger(invoice("A", "05-06"), paid("A", "05-20", 400), reminders=THREE)
    assert says(part, "05-27") == ""


def test_a_call_and_a_plan_name_what_is_overdue_and_since_when() -> None:
    facts = ledger(invoice("A", "05-06"), invoice("B", "06-10", 500))
    assert says(facts, "06-12") == "Call: R$ 1,500.00 overdue, the oldest since May 6, 2024."
    assert says(facts, "07-10") == (
        "Offer a payment plan: R$ 1,500.00 overdue, the oldest since May 6, 2024."
    )


def test_a_plan_stays_within_the_offers_tab() -> None:
    rules = (
        OfferRule(from_days=1, to_days=60, instalments=12),
        OfferRule(from_days=61, charges_discount=Decimal("0.5")),
        OfferRule(from_days=31, instalments=6, charges_discount=Decimal("0.125")),
    )
    facts = ledger(invoice("A", "05-06"), offer_rules=rules)
    assert says(facts, "07-10", "pt-BR") == (
        "Ofereça um acordo: R$ 1.000,00 em atraso, o mais antigo desde 06/05/2024. A aba Ofertas "
        "permite até 6× e 50% de desconto em multa e juros."
    )
    facts = replace(facts, offer_rules=(rules[0],))
    assert says(facts, "07-10").endswith("the oldest since May 6, 2024.")


def boletos(*delays: int, method: str = "boleto") -> list[Any]:
    """Boletos of six months ago, each paid so many days late."""
    start = ("01-08", "01-15", "01-22", "01-29", "02-05", "02-19", "02-26")
    return [
        invoice(f"b{number}", due, paid_on=day(due).replace(day=day(due).day + late), method=method)
        for number, (due, late) in enumerate(zip(start, delays, strict=False))
    ]


def test_boletos_paid_late_again_and_again_suggest_another_way_to_pay() -> None:
    chronic = boletos(1, 2, 0, 2, 0, 1)
    assert says(ledger(*chronic), "06-01", "pt-BR") == (
        "Proponha Pix ou débito: dos últimos 6 boletos, 4 foram pagos com atraso; atraso médio em "
        "dias: 1."
    )
    assert "of the last 6 boletos 3 were paid late" in says(
        ledger(*boletos(2, 0, 1, 1, 1, 0, 0)), "06-01"
    )  # the first of seven is forgotten
    pix = ledger(*chronic, invoice("open", "06-20", method="pix"))
    assert "Propose" not in says(pix, "06-01")
    assert "Propose Pix" in says(ledger(*chronic, invoice("x", "06-20", method="boleto")), "06-01")
    assert "Propose" not in says(ledger(*boletos(1, 2, 0, 2, 0, 1, method="pix")), "06-01")


def test_high_risk_states_the_habits_it_stands_on() -> None:
    text = says(ledger(*boletos(3, 2, 4, 0, method="transfer")), "06-01")
    assert text == (
        "High risk: consider shorter terms. On time in 12 months: 1 of 4; "
        "average delay in days: 2.3."
    )


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ([paid(None, "05-02", 50)], "Say which invoice the R$ 50.00 without one are for."),
        ([row(NegotiationKind.SAYS_PAID, "05-20", "A")],
         "Look for the payment of R$ 1,000.00 that the client spoke of on May 20, 2024."),
        ([row(NegotiationKind.DISPUTE, "05-20", "A")],
         "Settle the dispute: invoices 1, open R$ 1,000.00."),
        ([row(NegotiationKind.PROMISE, "05-08", "A", pay_by="05-10", amount=300)],
         "Call: R$ 300.00 promised by May 10, 2024 did not come. Promises kept: 0 of 1."),
        ([invoice("old", "2018-05-07", 80)],
         "Decide on what is more than 5 years late: invoices 1, R$ 80.00."),
    ],
)  # fmt: skip
def test_the_other_suggestions_state_their_figures_too(extra: list[Any], text: str) -> None:
    assert says(ledger(invoice("A", "05-06"), *extra), "05-23") == text


def test_a_client_without_an_address_is_told_with_what_is_open() -> None:
    facts = ledger(invoice("A", "05-06"), clients={"Ana": Client(name="Ana")})
    assert says(facts, "05-23") == "Fill in the client's e-mail address: R$ 1,000.00 open."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_suggestion_has_its_words(language: str) -> None:
    for kind in Suggestion:
        assert words(language, f"views.suggestions.{kind}").endswith(".")
