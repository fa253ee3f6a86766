"""What is known about a team's receivables: frozen facts, as people and the engine recorded them.

Money is Decimal with two decimals, rates are fractions (0.02 is 2 %), dates are `date`.
Facts say nothing of what follows from them: see standing, charges, dunning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum


class Mode(StrEnum):
    """How far the engine may go by itself."""

    PREVIEW = "preview"
    APPROVAL = "approval"
    AUTOMATIC = "automatic"


class Channel(StrEnum):
    """How a step reaches the client; all but e-mail are a person's work."""

    EMAIL = "email"
    WHATSAPP = "whatsapp"
    SMS = "sms"
    CALL = "call"


class Cancelled(StrEnum):
    """Why a receivable is no longer collected."""

    VOID = "void"
    WRITTEN_OFF = "written_off"


class NegotiationKind(StrEnum):
    """What a row of the negotiations tab says happened."""

    CONTACT = "contact"
    PROMISE = "promise"
    PROPOSAL = "proposal"
    AGREEMENT = "agreement"
    REFUSAL = "refusal"
    DISPUTE = "dispute"
    SAYS_PAID = "says_paid"
    NOTE = "note"


class CallResult(StrEnum):
    """What came of a call."""

    REACHED = "reached"
    PROMISED = "promised"
    DISPUTED = "disputed"
    WRONG_NUMBER = "wrong_number"
    NO_ANSWER = "no_answer"


class Outcome(StrEnum):
    """What became of a message."""

    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    BOUNCED = "bounced"
    REPLIED = "replied"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSettings:
    """The settings tab, typed. `payments_max_age` None turns the stale-data gate off."""

    company: str | None = None
    legal_name: str | None = None
    tax_id: str | None = None
    address: str | None = None
    reply_to: str | None = None
    signature: str | None = None
    pix_key: str | None = None
    pix_city: str | None = None
    mode: Mode = Mode.APPROVAL
    default_policy: str | None = None
    late_fee: Decimal = Decimal(0)
    monthly_interest: Decimal = Decimal(0)
    collect_remaining: bool = False
    quote_valid: int = 5
    grace_days: int = 0
    tolerance: Decimal = Decimal("1.00")
    on_time_discount: Decimal = Decimal(0)
    points: int = 0
    thank_you: bool = False
    contact_gap: int = 3
    answer_hold: int = 5
    agreement_breaks_after: int = 5
    payments_until: date | None = None
    payments_max_age: int | None = 5
    sender_is_server: bool = False
    extra_holidays: frozenset[date] = frozenset()
    trust_certain_matches: bool = False
    messages_per_run: int = 200
    messages_per_day: int = 400
    send_from: time = time(8)
    send_until: time = time(18)
    state: str = "SP"
    city: str | None = None
    aging_bounds: tuple[int, ...] = (30, 60, 90, 180)
    digest_to: tuple[str, ...] = ()

    @property
    def identified(self) -> bool:
        """Whether messages can carry the creditor's name, address and CPF/CNPJ (CDC art. 42-A)."""
        return all((self.company, self.legal_name, self.tax_id, self.address))


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who owes. `is_person` when the tax id is a CPF: the consumer code applies."""

    name: str
    legal_name: str | None = None
    tax_id: str | None = None
    is_person: bool = False
    contact: str | None = None
    emails: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    phone: str | None = None
    segment: str | None = None
    policy: str | None = None
    language: str | None = None
    do_not_contact: bool = False
    hold_until: date | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    """One invoice as its row says. `paid_amount` None beside a `paid_on` means paid in full."""

    id: str
    client: str
    due_on: date
    amount: Decimal
    description: str | None = None
    issued_on: date | None = None
    method: str | None = None
    payment_code: str | None = None
    paid_on: date | None = None
    paid_amount: Decimal | None = None
    disputed: bool = False
    hold_until: date | None = None
    delay_reason: str | None = None
    policy: str | None = None
    cancelled: Cancelled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received. `receivable` None: on the client's account. May be negative (a reversal)."""

    paid_on: date
    amount: Decimal
    client: str | None = None
    receivable: str | None = None
    method: str | None = None
    reference: str | None = None
    source: str | None = None


UNSUBSCRIBED = "U-"
"""What the ref of a row begins with that says: no more of these messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiation:
    """One row of the negotiations tab. `receivables` empty: all that was overdue on `at`."""

    at: date
    client: str
    kind: NegotiationKind
    ref: str | None = None
    receivables: tuple[str, ...] = ()
    amount: Decimal | None = None
    pay_by: date | None = None
    instalments: int | None = None
    first_due_on: date | None = None
    discount: Decimal = Decimal(0)
    closed_on: date | None = None

    def unsubscribes_on(self, day: date) -> bool:
        """Whether by this row the client wants no more messages, on a day."""
        is_one = self.ref is not None and self.ref.startswith(UNSUBSCRIBED) and self.at <= day
        return is_one and (self.closed_on is None or self.closed_on > day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One instalment of an agreement (`agreement` is its negotiation's ref); carries no charges."""

    id: str
    agreement: str
    client: str
    receivables: tuple[str, ...]
    due_on: date
    amount: Decimal
    paid_on: date | None = None
    paid_amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung of a ladder. `offset` in days from the due date; before it is negative."""

    policy: str
    name: str
    offset: int
    channel: Channel = Channel.EMAIL
    template: str | None = None
    approval: bool = False
    minimum: Decimal = Decimal(0)
    repeat_every: int | None = None
    repeat_max: int = 0
    offers: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class StepKey:
    """What is sent at most once, for ever: this occurrence of this step about this due date."""

    invoice: str
    due_on: date
    policy: str
    step: str
    offset: int
    occurrence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One message, from History or the ledger; `reference` is the same in both.

    `at` is local time without a zone, as a sheet's cells are.

    `receivables` are all the invoices its table listed, those without a step of their own too:
    the message quoted an amount for each of them.
    """

    reference: str
    client: str
    at: datetime
    step: str
    channel: Channel
    outcome: Outcome
    keys: tuple[StepKey, ...] = ()
    to: tuple[str, ...] = ()
    total: Decimal = Decimal(0)
    valid_until: date | None = None
    message_id: str | None = None
    receivables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """One invoice as the queue showed it to the person who approved.

    `is_due`: the message was about it; else it was only listed beside, as open too.
    """

    id: str
    due_on: date
    principal: Decimal
    is_due: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person ticked on a queue row, and exactly what that row showed.

    `shown_on` is the run date on which the row was written. `key` is the row's hidden key as it
    stands, so that a choice still pending can be kept on the very row it was made on. A
    `call_result` says that the call was made: then `done` too.
    """

    key: str
    client: str
    step: str
    to: tuple[str, ...]
    items: tuple[ShownItem, ...]
    shown_on: date
    cc: tuple[str, ...] = ()
    approve: bool = False
    skip: bool = False
    done: bool = False
    reference: str | None = None  # of an uncertain message that the row asks about
    call_result: CallResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRule:
    """One row of the offers tab: what a client so many days late may choose.

    `to_days` None: no limit. The discounts are shares of fee and interest together, and of the
    principal. `instalments` 1 is at once; none may be below `minimum_instalment`. `monthly_rate`
    is simple interest on the principal until each instalment's day. `first_due_days` and
    `valid_days` count from the day of the offer; None takes the setting 'amount valid for'.
    """

    from_days: int
    to_days: int | None = None
    charges_discount: Decimal = Decimal(0)
    principal_discount: Decimal = Decimal(0)
    instalments: int = 1
    minimum_instalment: Decimal = Decimal(0)
    monthly_rate: Decimal = Decimal(0)
    first_due_days: int | None = None
    valid_days: int | None = None


class Every(StrEnum):
    """How often a recurring receivable falls due."""

    MONTH = "month"
    WEEK = "week"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringRule:
    """One row of the recurring tab: a receivable that comes again and again.

    `day` is of the month (1 to 31; a shorter month has its last day) or of the week (1 Monday);
    `month` counts for a yearly one only. `starts_on` and `until` bound the due dates; without a
    start it is the day the rule was first seen. A receivable appears `create_before` days before
    its due date. `last_created` is the due date that the engine wrote beside the row.
    """

    name: str
    client: str
    amount: Decimal
    every: Every
    day: int
    month: int = 1
    starts_on: date | None = None
    until: date | None = None
    create_before: int = 0
    active: bool = True
    description: str | None = None
    method: str | None = None
    policy: str | None = None
    last_created: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankChoice:
    """What a person ticked beside a bank line, and what the row showed.

    `shown` are the items it suggested, `others` those typed in their place.
    """

    line: str
    posted_on: date
    amount: Decimal
    shown: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    confirm: bool = False
    ignore: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateText:
    """A letter as the templates tab has it, with its placeholders."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a run decides on.

    `row_problems` maps a client to the code of the issue that holds it; `problem_receivables` are
    the ids whose own row is wrong (status `problem`), `unreadable` those of them that make no
    receivable at all, with the client that their row names. `unsubscribed` are clients who asked
    for no more messages and whom no person has admitted again. `offer_rules` are in the sheet's
    order. `bank_until` is the last day that imported bank files cover. `templates` maps (name,
    language) to its text. `ladders` maps a policy's name to its steps by rising offset, inactive
    ones included; policy `plan` is the instalments' ladder.
    """

    settings: TeamSettings = field(default_factory=TeamSettings)
    clients: Mapping[str, Client] = field(default_factory=dict)
    receivables: Mapping[str, Receivable] = field(default_factory=dict)
    instalments: Mapping[str, Instalment] = field(default_factory=dict)
    payments: tuple[Payment, ...] = ()
    negotiations: tuple[Negotiation, ...] = ()
    ladders: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    templates: Mapping[tuple[str, str], TemplateText] = field(default_factory=dict)
    reminders: tuple[Reminder, ...] = ()
    choices: tuple[Choice, ...] = ()
    row_problems: Mapping[str, str] = field(default_factory=dict)
    problem_receivables: frozenset[str] = frozenset()
    unreadable: Mapping[str, str | None] = field(default_factory=dict)
    unsubscribed: frozenset[str] = frozenset()
    offer_rules: tuple[OfferRule, ...] = ()
    recurring: tuple[RecurringRule, ...] = ()
    bank_until: date | None = None
    bank_choices: tuple[BankChoice, ...] = ()
    waiting_money: Mapping[str, Decimal] = field(default_factory=dict)
