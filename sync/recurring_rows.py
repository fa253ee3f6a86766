"""Recurring receivables as rows: what the sheet lacks of them, written once.

The sheet is written first and the ledger after: a run that dies in between finds its rows by their
ids and by the recurring tab's last created, which stand there in the same atomic write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sheet_templates import headings
from sheet_templates.schema import LISTS
from sync.domain.facts import Facts
from sync.domain.recurring import NewReceivable, Recurrence, recurrences
from sync.issues import Issue
from sync.key_text import folded_id, key_text
from sync.ledger import Ledger
from sync.workbook import AppendRows, Cell, Change, SetCells, Snapshot

if TYPE_CHECKING:
    from sync.look import Look

_TAB = "recurring"
_NEEDED = frozenset({"id", "client", "due_on", "amount", "policy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringStep:
    """What recurring rows bring on a day.

    `decided` are the due dates decided on, by rule, to be remembered once `changes` stand in the
    sheet. `issues` are the rules that a person has to see to.
    """

    changes: tuple[Change, ...] = ()
    decided: Mapping[str, date] | None = None
    issues: tuple[Issue, ...] = ()


def recurring_step(
    snapshot: Snapshot, facts: Facts, decided: Mapping[str, date], run_date: date
) -> RecurringStep:
    """What the workbook lacks of its recurring receivables on `run_date`; writes nothing.

    While a heading that makes a receivable is missing, nothing is made.
    """
    receivables = snapshot.tabs.get("receivables")
    if receivables is None or not receivables.columns.keys() >= _NEEDED:
        return RecurringStep()
    found = recurrences(facts, decided, run_date, folded_id)
    return RecurringStep(
        changes=_changes(snapshot, found),
        decided={each.rule.name: each.decided for each in found if each.decided is not None},
        issues=tuple(issue for each in found if (issue := _issue(snapshot, each)) is not None),
    )


class RecurringSource:
    """Recurring receivables as one of the things that arrive (see `taking_in`)."""

    def __init__(self, ledger: Ledger, workbook_id: str) -> None:
        self._known = ledger.recurrences
        self._workbook_id = workbook_id
        self._step = RecurringStep()

    def collect(self, seen: "Look") -> None:
        """Nothing comes from outside."""

    def changes(self, seen: "Look") -> list[Change]:
        """The rows that the sheet lacks."""
        self._step = recurring_step(
            seen.snapshot,
            seen.facts,
            self._known.decided(self._workbook_id),
            seen.plan.run_date,
        )
        return list(self._step.changes)

    def written(self, seen: "Look") -> None:
        """The rows stand in the sheet: never written again."""
        del seen
        self._known.remember(self._workbook_id, self._step.decided or {})


def _changes(snapshot: Snapshot, found: tuple[Recurrence, ...]) -> tuple[Change, ...]:
    new = [receivable for each in found for receivable in each.new]
    if not new:
        return ()
    rows = [_row(snapshot.language, receivable) for receivable in new]
    changes: list[Change] = [AppendRows(tab="receivables", rows=rows)]
    for each in found:
        if each.new:
            last = each.new[-1].due_on
            changes.append(SetCells(tab=_TAB, row=each.rule.name, values={"last_created": last}))
    return tuple(changes)


def _row(language: str, new: NewReceivable) -> dict[str, Cell]:
    method = new.method
    if method in LISTS["method"]:
        method = headings.value_text(language, "method", method)
    row: dict[str, Cell] = {
        "id": new.id,
        "client": new.client,
        "description": new.description,
        "issued_on": new.issued_on,
        "due_on": new.due_on,
        "amount": new.amount,
        "method": method,
        "policy": new.policy,
    }
    return {key: value for key, value in row.items() if value is not None}


def _issue(snapshot: Snapshot, of: Recurrence) -> Issue | None:
    code, details = "", {}
    if of.too_many:
        code, details = "recurring_too_many", {"count": str(of.too_many)}
    elif of.twin is not None:
        code, details = "recurring_twin", {"invoice": of.twin, "id": of.twin_of}
    if not code:
        return None
    return Issue(
        code=code,
        tab=_TAB,
        row=_row_number(snapshot, of.rule.name),
        column="name",
        value=of.rule.name,
        client=of.rule.client,
        details=tuple(details.items()),
    )


def _row_number(snapshot: Snapshot, name: str) -> int | None:
    tab = snapshot.tabs[_TAB]
    rows = (row.number for row in tab.rows if key_text(tab.value(row, "name")) == name)
    return next(rows, None)
