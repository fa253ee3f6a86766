"""What the engine says beside each client: balances, habits, risk, and what to do next."""

from collections.abc import Iterator, Mapping

from sheet_templates import headings
from sync.domain.clients import ClientMeasures
from sync.domain.suggestions import Advice
from sync.key_text import key_text
from sync.views.cells import date_text, differing, money_text, number_text
from sync.words import words
from sync.workbook import Cell, Change, SetCells, Snapshot

_TAB = "clients"
_COLUMNS = (
    "open_balance",
    "overdue_balance",
    "average_delay",
    "on_time_rate",
    "promise_rate",
    "points",
    "risk",
    "last_contact",
    "suggestion",
)


def client_columns(snapshot: Snapshot, measures: Mapping[str, ClientMeasures]) -> Iterator[Change]:
    """The engine's columns of the clients tab; a row that could not be read gets blank ones."""
    tab = snapshot.tabs.get(_TAB)
    if tab is None or "client" not in tab.columns:
        return
    for row in tab.rows:
        name = key_text(tab.value(row, "client"))
        known = measures.get(name) if name is not None else None
        wanted = _cells(snapshot.language, known) if known else dict.fromkeys(_COLUMNS)
        if changed := differing(tab, row, wanted):
            yield SetCells(tab=_TAB, row=name or row.number, values=changed)


def _cells(language: str, client: ClientMeasures) -> dict[str, Cell]:
    return {
        "open_balance": client.open_balance,
        "overdue_balance": client.overdue_balance,
        "average_delay": client.average_delay,
        "on_time_rate": client.on_time_rate,
        "promise_rate": client.promise_rate,
        "points": client.points,
        "risk": headings.value_text(language, "risk", client.risk.value) if client.risk else None,
        "last_contact": client.last_contact,
        "suggestion": advice_text(language, client.advice) if client.advice else None,
    }


def advice_text(language: str, advice: Advice) -> str:
    """What to do next, with the figures it rests on."""
    return words(
        language,
        f"views.suggestions.{advice.kind.value}",
        count=advice.count,
        of=advice.of,
        amount=money_text(language, advice.amount),
        days=number_text(language, advice.days),
        day=date_text(language, advice.day) if advice.day else "",
        instalments=advice.instalments,
        discount=number_text(language, advice.discount * 100) + "%",
    )
