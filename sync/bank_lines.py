"""Bank lines as the ledger keeps them, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from sync.bank.statement import BankLine, LineKind, Statement

_DATES = frozenset({"posted_on", "due_on", "credited_on"})
_AMOUNTS = frozenset(
    {"amount", "face", "credited", "interest", "fee", "discount", "rebate", "tariff"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A line, and of which account and file: `bank` is three digits or "", `source` a name.

    `account` tells one account's files of one kind from all others: only these share their ids.
    """

    line: BankLine
    bank: str
    source: str
    account: str = ""


def line_json(line: BankLine, statement: Statement) -> dict[str, Any]:
    """A line of a statement as JSON values; amounts as text."""
    values = {field.name: getattr(line, field.name) for field in fields(line)}
    return {
        **{name: _plain(value) for name, value in values.items()},
        "bank": statement.bank,
        "source": statement.source,
        "account": account_of(statement),
    }


def account_of(statement: Statement) -> str:
    """An account as one kind of its files names it."""
    return f"{statement.format}:{statement.bank}/{statement.account}"


def posted_of(data: Mapping[str, Any]) -> Posted:
    """The line that `line_json` made plain."""
    values: dict[str, Any] = {}
    for field in fields(BankLine):
        value = data.get(field.name)
        if value is None and field.name not in {"due_on", "credited_on", "face", "credited"}:
            continue  # a field that this version added: its default
        if value is not None and field.name in _DATES:
            value = date.fromisoformat(value)
        elif value is not None and field.name in _AMOUNTS:
            value = Decimal(value)
        elif field.name == "kind":
            value = LineKind(str(value))
        values[field.name] = value
    return Posted(
        line=BankLine(**values),
        bank=data["bank"],
        source=data["source"],
        account=data.get("account", ""),
    )


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value
