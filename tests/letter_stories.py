"""Aurora owes Exemplo: facts, a plan and the desk that writes its letters, for tests of letters."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from sheet_templates import headings
from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import Action, Decision, ItemDecision, Standing
from sync.domain.dunning import decide_with_book
from sync.domain.facts import (
    Client,
    Facts,
    Instalment,
    Mode,
    OfferRule,
    Receivable,
    Step,
    StepKey,
    TeamSettings,
    TemplateText,
)
from sync.domain.negotiation import add_months
from sync.domain.standing import Book
from sync.holidays_br import brazilian_holidays
from sync.letters import Letter, LetterDesk

SAO_PAULO = BusinessCalendar(brazilian_holidays("SP"))
TODAY = date(2026, 11, 24)  # a Tuesday
AT = datetime(2026, 11, 24, 9, 30, tzinfo=timezone(timedelta(hours=-3)))
SECRET = bytes(range(32))
BOOK_ID = "book-aurora"
SETTINGS = TeamSettings(
    company="Exemplo Serviços",
    legal_name="Exemplo Serviços de Informática Ltda",
    tax_id="11.222.333/0001-81",
    address="Rua das Acácias, 100, São Paulo - SP",
    reply_to="financeiro@exemplo.com.br",
    signature="Equipe Financeira",
    pix_key="123e4567-e12b-12d1-a456-426655440000",
    pix_city="São Paulo",
    mode=Mode.AUTOMATIC,
    late_fee=Decimal("0.02"),
    monthly_interest=Decimal("0.01"),
    payments_max_age=None,
)
AT_ONCE = OfferRule(from_days=1, charges_discount=Decimal(1), principal_discount=Decimal("0.08"))
THREE_PARTS = OfferRule(
    from_days=1, instalments=3, charges_discount=Decimal("0.5"), valid_days=5, first_due_days=7
)
SIX_PARTS = OfferRule(from_days=1, instalments=6, monthly_rate=Decimal("0.02"), first_due_days=10)


def letters_of(name: str) -> dict[tuple[str, str], TemplateText]:
    """The packaged letter of this key as the team's letter `carta`, in both languages."""
    found = {}
    for language in headings.LANGUAGES:
        text = headings.locale(language)["letters"][name]
        found["carta", language] = TemplateText(subject=text["subject"], body=text["body"])
    return found


def invoice(name: str, due: date, amount: str = "1000.00", **values: object) -> Receivable:
    """An invoice of Aurora's."""
    row = Receivable(id=name, client="Aurora", due_on=due, amount=Decimal(amount))
    return replace(row, **values)  # type: ignore[arg-type]  # each of its own type


def aurora(language: str | None = None, **values: object) -> Client:
    """The one who owes."""
    client = Client(
        name="Aurora",
        legal_name="Padaria Aurora Ltda",
        contact="Ana Souza",
        emails=("ana@aurora.com.br",),
        language=language,
    )
    return replace(client, **values)  # type: ignore[arg-type]  # each of its own type


@dataclass(frozen=True, kw_only=True)
class Story:
    """Facts on TODAY, with the letter that the only step sends."""

    rows: Sequence[Receivable]
    letter: str = "last_letter"
    offset: int = 1
    offers: bool = True
    rules: tuple[OfferRule, ...] = (AT_ONCE, THREE_PARTS)
    settings: TeamSettings = SETTINGS
    client: Client = field(default_factory=aurora)
    parts: Sequence[Instalment] = ()
    body: str | None = None
    today: date = TODAY

    @property
    def facts(self) -> Facts:
        """The rows as a run reads them."""
        step = Step(
            policy="p", name="passo", offset=self.offset, template="carta", offers=self.offers
        )
        templates = letters_of(self.letter)
        if self.body is not None:
            templates = {key: replace(text, body=self.body) for key, text in templates.items()}
        return Facts(
            settings=replace(self.settings, default_policy="p"),
            clients={"Aurora": self.client},
            receivables={row.id: row for row in self.rows},
            instalments={part.id: part for part in self.parts},
            ladders={"p": (step,)},
            templates=templates,
            offer_rules=self.rules,
        )

    def decided(self) -> tuple[Decision, Book]:
        """The one message of the day, and the book it was decided on."""
        plan, its_book = decide_with_book(self.facts, SAO_PAULO, self.today)
        (decision,) = [d for d in plan.decisions if d.action is Action.SEND]
        return decision, its_book

    def desk(self, its_book: Book | None, secret: bytes | None = SECRET) -> LetterDesk:
        """Who writes it."""
        return LetterDesk(
            workbook_id=BOOK_ID,
            language="pt-BR",
            sender="Financeiro Exemplo <cobranca@exemplo.com.br>",
            secret=secret,
            book=its_book,
            calendar=SAO_PAULO,
        )

    def letter_written(self, secret: bytes | None = SECRET) -> Letter:
        """The message as it would leave."""
        decision, its_book = self.decided()
        return self.desk(its_book, secret).write(decision, self.facts, AT)

    def reserved(self, name: str, items: Sequence[Standing]) -> Decision:
        """A decision of a reserved step about some standings."""
        step = Step(policy="plan", name=name, offset=0, template="carta")
        made = tuple(
            ItemDecision(
                standing=each,
                step=step,
                key=StepKey(
                    invoice=each.id, due_on=each.due_on, policy="plan", step=name, offset=0
                ),
            )
            for each in items
        )
        return Decision(
            client="Aurora",
            action=Action.SEND,
            send_on=self.today,
            step=step,
            to=self.client.emails,
            total=sum((each.charge.total_due for each in items), Decimal("0.00")),
            items=made,
            step_items=made,
            listed=made,
            deliverable=True,
        )


def planned(agreement: str, *amounts: str, first: date = date(2026, 12, 1)) -> list[Instalment]:
    """The instalments of an agreement about NF-1 and NF-2, a month from each other."""
    days = [add_months(first, n) for n in range(len(amounts))]
    return [
        Instalment(
            id=f"{agreement}/{n}",
            agreement=agreement,
            client="Aurora",
            receivables=("NF-1", "NF-2"),
            due_on=due,
            amount=Decimal(amount),
        )
        for n, (due, amount) in enumerate(zip(days, amounts, strict=True), 1)
    ]
