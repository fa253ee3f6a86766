"""How the examples' language reads a value and says what came out (see domain_language)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from sync.domain.decisions import ZERO, Action, Decision, RunPlan
from sync.domain.facts import Cancelled, Channel, Mode, Step, TeamSettings


def split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def setting_of(name: str, value: str) -> Any:
    kind = TeamSettings.__dataclass_fields__[name].type
    if value == "none":
        return None
    if name == "extra_holidays":
        return frozenset(map(date.fromisoformat, value.split()))
    if kind is Mode:
        return Mode(value)
    if kind is time:
        return time.fromisoformat(value)
    if kind in (int, int | None):
        return int(value)
    if kind is Decimal:
        return Decimal(value[:-1]) / 100 if value.endswith("%") else Decimal(value)
    if kind is bool:
        return value == "yes"
    return date.fromisoformat(value) if kind == date | None else value


def step_of(policy: str, text: str) -> Step:
    head, _, rest = text.partition("(")
    *words, offset = head.split()
    step = Step(policy=policy, name=" ".join(words), offset=int(offset), template=" ".join(words))
    for option in split(rest.rstrip(")")) if rest else ():
        name, _, value = option.partition(" ")
        changes: dict[str, Any] = {}
        if name == "approval":
            changes = {"approval": True}
        elif name == "inactive":
            changes = {"active": False}
        elif name == "minimum":
            changes = {"minimum": Decimal(value)}
        elif name == "every":
            every, _, most = value.partition(" max ")
            changes = {"repeat_every": int(every), "repeat_max": int(most)}
        else:
            changes = {"channel": Channel(name)}
        step = replace(step, **changes)
    return step


def client_option_of(option: str) -> dict[str, Any]:
    name, _, value = option.partition(" ")
    match name:
        case "mail":
            return {"emails": tuple(value.split())}
        case "cc":
            return {"cc": tuple(value.split())}
        case "hold_until":
            return {"hold_until": date.fromisoformat(value) if value else None}
        case "cpf":
            return {"is_person": True}
        case "do_not_contact":
            return {"do_not_contact": True}
        case _:
            return {name: value or None}


def invoice_option_of(option: str) -> dict[str, Any]:
    name, _, value = option.partition(" ")
    match name:
        case "due":
            return {"due_on": date.fromisoformat(value)}
        case "amount":
            return {"amount": Decimal(value)}
        case "hold_until" | "issued_on":
            return {name: date.fromisoformat(value) if value else None}
        case "paid":
            day, _, amount = value.partition(" ")
            paid = Decimal(amount) if amount else None
            return {"paid_on": date.fromisoformat(day), "paid_amount": paid}
        case "disputed":
            return {"disputed": value != "no"}
        case "void" | "written_off":
            return {"cancelled": Cancelled(name)}
        case "boleto" | "pix":
            return {"method": name}
        case _:
            return {name: value or None}


def negotiation_option_of(name: str, value: str) -> dict[str, Any]:
    if name == "by":
        return {"pay_by": date.fromisoformat(value)}
    return {name: Decimal(value)}


def said(row: Decision, *, total: bool = True) -> str:
    """A decision as the examples write it."""
    action = "wait" if row.action is Action.SEND and row.reason else row.action.value
    step = f" {row.step.name}" if row.step and row.action is not Action.NONE else ""
    items = "".join(f" {item.standing.id}" for item in row.step_items)
    reason = f", {row.reason.value}" if row.reason else ""
    money = f", total {row.total}" if total and row.total != ZERO else ""
    return f"{action}{step}{items}{reason}{money}"


# Claims about one item.


def _owes(plan: RunPlan, name: str) -> str:
    charge = plan.standings[name].charge
    return (
        f"balance {charge.balance} fee {charge.late_fee} interest {charge.interest} "
        f"total {charge.total_due}"
    )


def _status(plan: RunPlan, name: str) -> str:
    standing = plan.standings[name]
    late = f", {standing.days_past_due} days" if standing.days_past_due else ""
    bucket = f", bucket {standing.bucket}" if standing.bucket else ""
    return f"{standing.status.value}{late}{bucket}"


def _item_reason(plan: RunPlan, name: str) -> str:
    item = next(i for d in plan.decisions for i in d.items if i.standing.id == name)
    return item.reason.value if item.reason else "goes"


def _next(plan: RunPlan, name: str) -> str:
    item = next(i for d in plan.decisions for i in d.items if i.standing.id == name)
    return item.next_on.isoformat() if item.next_on else "unknown"


def _unapplied(plan: RunPlan, name: str) -> str:
    return str(plan.unapplied.get(name, ZERO))


CLAIMS: dict[str, Callable[[RunPlan, str], str]] = {
    "owes": _owes,
    "status": _status,
    "item": _item_reason,
    "next": _next,
    "unapplied": _unapplied,
}
