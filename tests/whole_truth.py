"""What a workbook says to a person's eyes on one day, by the rules of DOMAIN.md written again.

Nothing of the engine's reading, rules or views is used here: cells come from `whole_book`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from sheet_templates import headings
from tests.whole_book import Sight, Typed, day_of, money

DAY = timedelta(days=1)
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# The banks' days off in the months of these stories, São Paulo's among them, by the calendar.
HOLIDAYS = frozenset(
    date.fromisoformat(f"2026-{day}")
    for day in ("02-16", "02-17", "04-03", "04-21", "05-01", "06-04", "07-09", "09-07", "10-12")
)
VOID, WRITTEN_OFF = {"Cancelado", "Void"}, {"Baixado", "Written off"}
YES = {"Sim", "Yes", True}
STATUSES = {
    "not_due": {"A vencer", "Not due"},
    "due_today": {"Vence hoje", "Due today"},
    "overdue": {"Vencido", "Overdue"},
    "paid": {"Pago", "Paid"},
    "promised": {"Prometido", "Promised"},
    "disputed": {"Contestado", "Disputed"},
    "on_hold": {"Pausado", "On hold"},
    "written_off": WRITTEN_OFF,
    "void": VOID,
    "problem": {"Problema", "Problem"},
}
SENDING = {"Enviando", "Sending"}
SENT, UNCERTAIN = {"Enviado", "Sent"}, {"Incerto", "Uncertain"}
PROMISE_BROKEN = 999
"""Stands for the step after a broken promise, which is on no rung of a ladder."""


class Broken(AssertionError):
    """A promise was broken; `rule` says which."""

    def __init__(self, rule: str, what: object = "") -> None:
        super().__init__(f"{rule}: {what}")
        self.rule = rule


def is_business(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def effective(day: date) -> date:
    while not is_business(day):
        day += DAY
    return day


def business_days(after: date, until: date) -> int:
    """How many business days lie after the one and up to the other."""
    return sum(is_business(after + DAY * n) for n in range(1, (until - after).days + 1))


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """A row of receivables as people see it."""

    id: str | None
    client: str | None
    due: date | None
    amount: Decimal | None
    paid_on: date | None = None
    paid_amount: Decimal | None = None
    disputed: bool = False
    hold: date | None = None
    cancelled: str = ""
    policy: str | None = None
    row: Typed = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Owed:
    """Principal, late fee, interest."""

    balance: Decimal = ZERO
    fee: Decimal = ZERO
    interest: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.balance + self.fee + self.interest


class Truth:
    """What a workbook says on a day."""

    def __init__(self, sight: Sight, today: date, language: str) -> None:
        self.sight = sight
        self.today = today
        self.language = language
        self.invoices = [_invoice(row) for row in sight.rows("receivables") if _is_theirs(row)]
        self.debtors = {str(r["client"]): r for r in sight.rows("clients") if r.get("client")}
        self.steps = sight.rows("policy")
        labels = [(headings.setting_key(str(r["setting"])), r) for r in sight.rows("settings")]
        self.settings = {key: row.get("value") for key, row in labels if key}

    @cached_property
    def by_id(self) -> Mapping[str, Invoice]:
        return {i.id: i for i in reversed(self.invoices) if i.id}

    @cached_property
    def mode(self) -> str:
        return headings.value_code("mode", str(self.settings.get("mode"))) or ""

    @cached_property
    def bad(self) -> frozenset[int]:
        """Numbers of rows of receivables that are wrong by themselves."""
        ids = [i.id for i in self.invoices]
        return frozenset(
            i.row["#"]
            for i in self.invoices
            if i.id is None
            or ids.count(i.id) > 1
            or i.client is None
            or i.due is None
            or i.amount is None
            or i.amount <= 0
            or (i.paid_on is not None and i.paid_on > self.today)
        )

    @cached_property
    def held(self) -> frozenset[str]:
        """Clients with a wrong row."""
        return frozenset(i.client for i in self.invoices if i.row["#"] in self.bad and i.client)

    def is_bad(self, invoice: Invoice) -> bool:
        return invoice.row["#"] in self.bad

    def is_late(self, invoice: Invoice, on: date | None = None) -> bool:
        return invoice.due is not None and (on or self.today) > effective(invoice.due)

    def days(self, invoice: Invoice) -> int:
        """Days late, as they stand still once it is paid."""
        on = invoice.paid_on if self.is_paid(invoice) else self.today
        assert invoice.due is not None
        assert on is not None
        return (on - invoice.due).days if self.is_late(invoice, on) else 0

    def is_paid(self, invoice: Invoice) -> bool:
        if invoice.paid_on is None or invoice.paid_on > self.today:
            return False
        if invoice.paid_amount is None or invoice.amount is None:
            return True
        return invoice.paid_amount >= invoice.amount or self._left(invoice).total <= 1

    def owed(self, invoice: Invoice) -> Owed:
        return Owed() if self.is_paid(invoice) else self._left(invoice)

    def _left(self, invoice: Invoice) -> Owed:
        """After at most one payment: interest first, then the fee, then principal."""
        assert invoice.due is not None
        assert invoice.amount is not None
        rates = [Decimal(str(self.settings.get(k) or 0)) for k in ("late_fee", "monthly_interest")]
        principal, since, fee, interest = invoice.amount, invoice.due, ZERO, ZERO
        fee_due = True
        paid = invoice.paid_amount if invoice.paid_on is not None else None
        if paid is not None and invoice.paid_on is not None:
            if self.is_late(invoice, invoice.paid_on):
                fee = cents(principal * rates[0])
                interest = cents(principal * rates[1] * (invoice.paid_on - since).days / 30)
                fee_due, since = False, invoice.paid_on
                to_interest = min(paid, interest)
                to_fee = min(paid - to_interest, fee)
                paid -= to_interest + to_fee
                interest, fee = interest - to_interest, fee - to_fee
            principal -= min(paid, principal)
        if self.is_late(invoice):
            interest += cents(principal * rates[1] * (self.today - since).days / 30)
            fee += cents(principal * rates[0]) if fee_due else ZERO
        return Owed(balance=principal, fee=fee, interest=interest)

    def status(self, invoice: Invoice) -> str:
        if self.is_bad(invoice):
            return "problem"
        if invoice.cancelled == "void":
            return "void"
        if self.is_paid(invoice):
            return "paid"
        return self._exempt(invoice) or self._by_date(invoice)

    def _exempt(self, invoice: Invoice) -> str:
        if invoice.cancelled:
            return invoice.cancelled
        if invoice.disputed:
            return "disputed"
        debtor = self.debtors.get(invoice.client or "", {})
        for until in (invoice.hold, day_of(debtor.get("hold_until"))):
            if until is not None and until >= self.today:
                return "on_hold"
        return "promised" if self._is_promised(invoice) else ""

    def _by_date(self, invoice: Invoice) -> str:
        if self.is_late(invoice):
            return "overdue"
        return "due_today" if invoice.due is not None and self.today >= invoice.due else "not_due"

    def _is_promised(self, invoice: Invoice) -> bool:
        days = (day_of(row["pay_by"]) for row in self.promises(invoice))
        return any(day is not None and effective(day) >= self.today for day in days)

    def promises(self, invoice: Invoice) -> list[Typed]:
        """The rows that promise to pay it."""
        return [
            row
            for row in self.sight.rows("negotiations")
            if invoice.id in str(row.get("receivables")).split("; ") and row.get("pay_by")
        ]

    def addresses(self, client: str, of: str = "email") -> frozenset[str]:
        text = str(self.debtors.get(client, {}).get(of) or "")
        return frozenset(piece.strip() for piece in text.split(";") if piece.strip())

    def silent(self, client: str) -> str:
        """Why a client gets nothing at all today; '' when nothing stands against it."""
        debtor = self.debtors.get(client)
        if debtor is None:
            return "unknown_client"
        if debtor.get("do_not_contact") in YES:
            return "do_not_contact"
        hold = day_of(debtor.get("hold_until"))
        if hold is not None and hold >= self.today:
            return "on_hold"
        if client in self.held:
            return "bad_row"
        if not all(self.settings.get(k) for k in ("company", "legal_name", "tax_id", "address")):
            return "identity"
        return ""

    def ladder(self, invoice: Invoice) -> str:
        """The policy that an invoice follows."""
        debtor = self.debtors.get(invoice.client or "", {})
        first = next((str(row["policy"]) for row in self.steps), "")
        default = self.settings.get("default_policy") or first
        return str(invoice.policy or debtor.get("policy") or default)

    def steps_of(self, policy: str) -> list[Typed]:
        """Its active steps by offset."""
        mine = [r for r in self.steps if r["policy"] == policy and r.get("active") in YES]
        return sorted(mine, key=lambda row: int(row["offset"]))

    def is_stale(self, invoice: Invoice) -> bool:
        """Whether payment data are too old to say that it is unpaid."""
        allowed = self.settings.get("payments_max_age")
        if allowed is None or invoice.due is None:
            return False
        days = [day_of(self.settings.get("payments_until"))]
        days += [i.paid_on for i in self.invoices]
        newest = max((d for d in days if d is not None and d <= self.today), default=None)
        if newest is None or business_days(newest, self.today) > int(allowed):
            return True
        return newest < effective(invoice.due)


def _is_theirs(row: Typed) -> bool:
    return any(row.get(key) is not None for key in ("id", "client", "due_on", "amount", "notes"))


def _invoice(row: Typed) -> Invoice:
    ended = row.get("cancelled")
    return Invoice(
        id=str(row["id"]) if row.get("id") is not None else None,
        client=row.get("client"),
        due=day_of(row.get("due_on")),
        amount=money(row.get("amount")),
        paid_on=day_of(row.get("paid_on")),
        paid_amount=money(row.get("paid_amount")),
        disputed=row.get("disputed") in YES,
        hold=day_of(row.get("hold_until")),
        cancelled="void" if ended in VOID else "written_off" if ended in WRITTEN_OFF else "",
        policy=row.get("policy"),
        row=row,
    )


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
