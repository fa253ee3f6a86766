"""Who writes to whom in the stories about letters: Exemplo Serviços reminds Padaria Aurora."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

from mailer.addresses import message_id
from mailer.compose import compose
from mailer.letter import (
    Creditor,
    Language,
    LetterItem,
    LetterValues,
    OutgoingMessage,
    Template,
)

SENT_AT = datetime(2026, 3, 27, 9, 0, tzinfo=timezone(timedelta(hours=-3)))
EXEMPLO = Creditor(
    company="Exemplo Serviços",
    legal_name="Exemplo Serviços de Informática Ltda",
    tax_id="11.222.333/0001-81",
    address="Rua das Acácias, 100, São Paulo - SP",
    reply_to="financeiro@example.com",
    signature="Equipe Financeira",
    pix_key="123e4567-e12b-12d1-a456-426655440000",
    pix_city="São Paulo",
)
REMINDER = Template(
    subject="{empresa}: lembrete de {titulos}",
    body=(
        "Olá, {contato}.\n\nNotamos que **{vencido}** está em aberto há {dias_atraso} dias.\n\n"
        "{tabela}\n\n{pix}\n\nObrigado,\n{assinatura}"
    ),
)
ENGLISH_REMINDER = Template(
    subject="{company}: a reminder about {invoices}",
    body="Hello {contact},\n\n**{overdue}** is {days_past_due} days past due.\n\n{table}\n\n{pix}",
)


def item(
    name: str = "NF-1001",
    *,
    days: int = 17,
    balance: str = "1000.00",
    fee: str = "20.00",
    interest: str = "5.67",
    in_total: bool = True,
    description: str = "Consultoria de março",
    code: str | None = None,
) -> LetterItem:
    """An invoice due 17 days before the letter; 20.00 late fee and 5.67 interest unless told."""
    parts = Decimal(balance), Decimal(fee), Decimal(interest)
    return LetterItem(
        id=name,
        description=description,
        due_on=SENT_AT.date() - timedelta(days=days),
        days_past_due=max(days, 0),
        balance=parts[0],
        late_fee=parts[1],
        interest=parts[2],
        total=sum(parts, Decimal(0)),
        payment_code=code,
        method="Boleto" if code else None,
        in_total=in_total,
    )


def upcoming(name: str = "NF-2001") -> LetterItem:
    """An invoice of 500.00 that is due in ten days, listed but not asked for."""
    return item(name, days=-10, balance="500.00", fee="0.00", interest="0.00", in_total=False)


def values(
    *items: LetterItem,
    language: Language = "pt-BR",
    client: str = "Padaria Aurora",
    contact: str = "Ana Souza",
    creditor: Creditor = EXEMPLO,
    pix: bool = True,
    reference: str = "R7K2M9Q4",
) -> LetterValues:
    """A letter's values that agree with its items; one late invoice when none is given."""
    listed = items or (item(),)
    covered = [each for each in listed if each.in_total] or listed
    total = sum((each.total for each in listed if each.in_total), Decimal(0))
    return LetterValues(
        client=client,
        contact=contact,
        language=language,
        creditor=creditor,
        items=listed,
        total=total,
        overdue_total=sum((i.total for i in listed if i.days_past_due), Decimal(0)),
        days_past_due=max(each.days_past_due for each in listed),
        due_on=min(each.due_on for each in covered),
        quote_valid_until=date(2026, 4, 1),
        pix_amount=total if pix else None,
        reference=reference,
    )


def letter(
    about: LetterValues | None = None,
    template: Template | None = None,
    *,
    to: tuple[str, ...] = ("ana@aurora.example.com",),
    cc: tuple[str, ...] = (),
    sender: str = "Financeiro Exemplo <financeiro@example.com>",
    in_reply_to: str | None = None,
    references: tuple[str, ...] = (),
    list_unsubscribe: str | None = "financeiro@example.com",
    auto: bool = True,
) -> OutgoingMessage:
    """The message as it would leave; the usual reminder unless told otherwise."""
    told = about or values()
    usual = REMINDER if told.language == "pt-BR" else ENGLISH_REMINDER
    return compose(
        told,
        template or usual,
        sender=sender,
        to=to,
        cc=cc,
        message_id=message_id("book-1", told.reference, "example.com"),
        in_reply_to=in_reply_to,
        references=references,
        list_unsubscribe=list_unsubscribe,
        auto=auto,
        date=SENT_AT,
    )


@cache
def letters(count: int) -> tuple[OutgoingMessage, ...]:
    """Several messages without a picture, each with its own reference and so its own Message-ID."""
    return tuple(letter(values(reference=f"R{at:07d}", pix=False)) for at in range(count))
