"""The invoices of an export that a workbook does not have yet, and those that differ.

Rows that are there are never changed: a difference is for a person to judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sheet_templates import headings
from sync.domain.facts import Facts
from sync.intake.reading import Intake
from sync.workbook import AppendRows, Cell

_KEYS = ("client", "due_on", "amount", "paid_on")
_SHOWN_AS_LIST = {"method": "method", "delay_reason": "delay_reason", "cancelled": "cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One invoice that stands in both with another value; `theirs` is the export's.

    Where the export has a new invoice twice, `ours` is its first row, which is appended.
    """

    id: str
    key: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import would append, and what it only reports."""

    receivables: tuple[Mapping[str, object], ...]
    clients: tuple[Mapping[str, object], ...]
    differences: tuple[Difference, ...]
    known: int  # invoices that stand in the workbook already


def plan_import(
    intake: Intake, facts: Facts, known_ids: frozenset[str], known_clients: frozenset[str]
) -> ImportPlan:
    """Compare an export with a workbook.

    `known_ids` are all ids that stand in the workbook, those of rows in error too: a row with a
    fault is still there, and appending it again would charge it twice.
    """
    ids = {headings.fold(each) for each in known_ids}
    clients = {headings.fold(each) for each in known_clients}
    by_id = {headings.fold(each.id): each for each in facts.receivables.values()}
    new: dict[str, Mapping[str, object]] = {}
    differences: list[Difference] = []
    known = 0
    for row in intake.receivables:
        folded = headings.fold(str(row["id"]))
        if folded not in ids and folded not in new:
            new[folded] = row
        else:
            known += 1
            ours = by_id.get(folded)
            if ours is not None:
                differences.extend(_differences(ours.id, {k: getattr(ours, k) for k in _KEYS}, row))
            elif folded in new:  # the export has the number twice: a second row is not appended
                differences.extend(_differences(str(row["id"]), new[folded], row))
    wanted = {headings.fold(str(row["client"])) for row in new.values()}
    return ImportPlan(
        receivables=tuple(new.values()),
        clients=tuple(
            client
            for client in intake.clients
            if headings.fold(str(client["client"])) in wanted - clients
        ),
        differences=tuple(differences),
        known=known,
    )


def changes(plan: ImportPlan, language: str) -> tuple[AppendRows, ...]:
    """The rows to append, clients first, in the workbook's own words."""
    appended = []
    for tab, rows in (("clients", plan.clients), ("receivables", plan.receivables)):
        if rows:
            appended.append(AppendRows(tab=tab, rows=[_cells(row, language) for row in rows]))
    return tuple(appended)


def _cells(row: Mapping[str, object], language: str) -> dict[str, Cell]:
    return {key: _cell(key, value, language) for key, value in row.items() if value is not None}


def _cell(key: str, value: object, language: str) -> Cell:
    if key in _SHOWN_AS_LIST:
        return headings.value_text(language, _SHOWN_AS_LIST[key], str(value))
    if isinstance(value, bool):
        return headings.value_text(language, "flag", "yes") if value else None
    if isinstance(value, (str, int, float, Decimal, date)):
        return value
    return str(value)


def _differences(
    identity: str, ours: Mapping[str, object], row: Mapping[str, object]
) -> list[Difference]:
    found = []
    for key in _KEYS:
        mine, theirs = ours.get(key), row.get(key)
        if theirs is None or _same(mine, theirs):
            continue
        found.append(
            Difference(
                id=identity, key=key, ours="" if mine is None else str(mine), theirs=str(theirs)
            )
        )
    return found


def _same(mine: object, theirs: object) -> bool:
    if isinstance(mine, str):
        return headings.fold(mine) == headings.fold(str(theirs))
    return mine == theirs
