"""Small ledgers for tests: a team in São Paulo whose contract says 2 % and 1 % a month."""

from datetime import date
from decimal import Decimal
from typing import Any

from sync.domain.calendar import BusinessCalendar
from sync.domain.facts import (
    Client,
    Facts,
    Instalment,
    Negotiation,
    NegotiationKind,
    Payment,
    Receivable,
    Step,
    TeamSettings,
)
from sync.holidays_br import brazilian_holidays

SAO_PAULO = BusinessCalendar(brazilian_holidays("SP"))
CONTRACT = TeamSettings(late_fee=Decimal("0.02"), monthly_interest=Decimal("0.01"))
LADDERS = {
    "standard": (Step(policy="standard", name="first", offset=3),),
    "plan": (Step(policy="plan", name="instalment", offset=1),),
}


def day(text: str) -> date:
    """2024-05-06, or 05-06 in 2024: a Monday."""
    return date.fromisoformat(text if len(text) > 5 else f"2024-{text}")


def money(text: str | int) -> Decimal:
    """An amount with two decimals."""
    return Decimal(text).quantize(Decimal("0.01"))


def invoice(name: str, due: str, amount: str | int = 1000, **values: Any) -> Receivable:
    """An invoice of Ana's unless another client is named."""
    client = values.pop("client", "Ana")
    for key in ("paid_on", "hold_until", "issued_on"):
        if isinstance(values.get(key), str):
            values[key] = day(values[key])
    if isinstance(values.get("paid_amount"), str | int):
        values["paid_amount"] = money(values["paid_amount"])
    return Receivable(id=name, client=client, due_on=day(due), amount=money(amount), **values)


def paid(name: str | None, on: str, amount: str | int, client: str = "Ana") -> Payment:
    """A line of the payments tab."""
    return Payment(paid_on=day(on), amount=money(amount), client=client, receivable=name)


def row(kind: NegotiationKind, at: str, *names: str, **values: Any) -> Negotiation:
    """A row of the negotiations tab, Ana's."""
    for key in ("pay_by", "first_due_on", "closed_on"):
        if isinstance(values.get(key), str):
            values[key] = day(values[key])
    if isinstance(values.get("amount"), str | int):
        values["amount"] = money(values["amount"])
    client = values.pop("client", "Ana")
    return Negotiation(at=day(at), client=client, kind=kind, receivables=names, **values)


def instalment(
    name: str, due: str, amount: str | int, *originals: str, **values: Any
) -> Instalment:
    """An instalment: its agreement is the part of its id before the slash."""
    if isinstance(values.get("paid_on"), str):
        values["paid_on"] = day(values["paid_on"])
    agreement = name.split("/", maxsplit=1)[0]
    return Instalment(
        id=name,
        agreement=agreement,
        client="Ana",
        receivables=originals,
        due_on=day(due),
        amount=money(amount),
        **values,
    )


def ledger(*rows: Receivable | Instalment | Payment | Negotiation, **values: Any) -> Facts:
    """Facts of the rows given; every client named has an address unless `clients` says more."""
    receivables = {r.id: r for r in rows if isinstance(r, Receivable)}
    names = {r.client for r in rows if r.client is not None}
    clients = {name: Client(name=name, emails=(f"{name.lower()}@x.com.br",)) for name in names}
    clients.update(values.pop("clients", {}))
    return Facts(
        settings=values.pop("settings", CONTRACT),
        clients=clients,
        receivables=receivables,
        instalments={r.id: r for r in rows if isinstance(r, Instalment)},
        payments=tuple(r for r in rows if isinstance(r, Payment)),
        negotiations=tuple(r for r in rows if isinstance(r, Negotiation)),
        ladders=LADDERS,
        **values,
    )
