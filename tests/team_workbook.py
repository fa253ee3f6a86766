"""A team's workbook in memory, and the days it goes through: what the tests of views tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sheet_templates import headings
from sheet_templates.excel_cells import shown
from sheet_templates.schema import SETTINGS, TABS
from sync.domain.decisions import Action, Decision, RunPlan
from sync.domain.dunning import decide
from sync.domain.facts import Mode, Outcome, Reminder
from sync.message_states import union
from sync.rows import read_facts
from sync.stores.memory import MemoryStore
from sync.views import record
from sync.views.history import claims
from sync.views.view_input import HistoryNote, LetterPreview, RunSummary, ViewInput
from sync.workbook import AppendRows, Applied, Cell, Change, SetCells
from tests.domain_language import CALENDAR

COMPANY: Mapping[str, Any] = {
    "company": "Gráfica Aurora",
    "legal_name": "Gráfica Aurora Ltda.",
    "tax_id": "11.222.333/0001-81",
    "address": "Rua das Flores, 10, São Paulo",
    "payments_max_age": None,
}
Typed = dict[str, Cell]


def day(text: str) -> date:
    """05-06 in 2026, or a whole ISO date."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def client(name: str, **cells: Any) -> Typed:
    """A row of the clients tab with an address."""
    return {"client": name, "email": f"{name.lower()}@example.com", **cells}


def invoice(name: str, of: str, due: str, amount: str = "100.00", **cells: Any) -> Typed:
    """A row of the receivables tab."""
    return {"id": name, "client": of, "due_on": day(due), "amount": Decimal(amount), **cells}


class Team:
    """One workbook, its ledger of messages, and the engine's last view of it."""

    def __init__(
        self,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        language: str = "pt-BR",
        **settings: Any,
    ) -> None:
        self.language = language
        self.ledger: dict[str, Reminder] = {}
        self.letters: dict[tuple[str, str], LetterPreview] = {}
        self.count = 0
        defaults = {
            "policy": headings.default_policy(language),
            "templates": headings.default_templates(language),
        }
        self.store = MemoryStore(
            {key: self.words(key, tab) for key, tab in {**defaults, **rows}.items()},
            language=language,
        )
        self.store.type_rows("settings", self._settings({**COMPANY, **settings}))

    def words(self, tab: str, rows: Iterable[Mapping[str, Any]]) -> list[Typed]:
        """Rows with codes and booleans as the words a person would see."""
        columns = {column.key: column for column in TABS[tab].columns}
        return [
            {
                key: shown(self.language, columns[key].kind, columns[key].list_name, value)  # type: ignore[misc] # a cell
                for key, value in row.items()
            }
            for row in rows
        ]

    def _settings(self, given: Mapping[str, Any]) -> list[Typed]:
        rows: list[Typed] = []
        for key, setting in SETTINGS.items():
            value = shown(
                self.language, setting.kind, setting.list_name, given.get(key, setting.default)
            )
            label = headings.setting_label(self.language, key)
            rows.append({"setting": label, "value": value})  # type: ignore[dict-item] # a cell
        return rows

    # A run.

    def look(self, today: str) -> tuple[ViewInput, RunPlan]:
        """Read, join the ledger, decide."""
        snapshot = self.store.read()
        facts, issues = read_facts(snapshot, today=day(today))
        facts = replace(facts, reminders=union(facts.reminders, self.ledger.values()))
        plan = decide(facts, CALENDAR, day(today))
        at = datetime.combine(day(today), time(8, 30))
        view = ViewInput(
            snapshot=snapshot,
            facts=facts,
            plan=plan,
            run=RunSummary(
                run_id=f"run-{self.count}",
                at=at,
                finished_at=at.replace(second=12),
                mode=Mode.APPROVAL,
                result="done",
                place="here:/cobrança.xlsx",
            ),
            calendar=CALENDAR,
            issues=issues,
            reminders=facts.reminders,
            letters=self.letters,
        )
        return view, plan

    def run(self, today: str, outcome: Outcome = Outcome.SENT) -> tuple[Change, ...]:
        """A whole run: claims in History, messages that end as `outcome`, everything recorded."""
        self.count += 1
        _, plan = self.look(today)
        going = [*plan.settled, *(d for d in plan.decisions if d.deliverable)]
        claimed = [self.reminder(decision, today, outcome) for decision in going]
        sending = [replace(each, outcome=Outcome.SENDING) for each in claimed]
        notes = {each.reference: HistoryNote(subject="Oi", run="r", by="tests") for each in claimed}
        self.apply([claims(self.language, sending, notes)])
        self.ledger.update({each.reference: each for each in claimed})
        return self.record(today)

    def record(self, today: str) -> tuple[Change, ...]:
        """Only the last step: what the workbook must show, written."""
        view, _ = self.look(today)
        changes = record(view)
        self.apply(changes)
        return changes

    def apply(self, changes: Sequence[Change]) -> None:
        assert isinstance(self.store.apply(changes, self.store.revision()), Applied)

    def reminder(self, decision: Decision, today: str, outcome: Outcome) -> Reminder:
        """The message of a decision, as the ledger has it."""
        assert decision.step is not None
        reference = f"R{len(self.ledger) + 1}{decision.client}{decision.step.name}"
        ended = Outcome.SKIPPED if decision.action is Action.HOLD else outcome
        return Reminder(
            reference=reference,
            client=decision.client,
            at=datetime.combine(day(today), time(9)),
            step=decision.step.name,
            channel=decision.step.channel,
            outcome=ended,
            keys=decision.keys,
            to=decision.to,
            total=decision.total,
            message_id=f"<{reference}@example.com>",
            receivables=tuple(item.standing.id for item in decision.listed),
        )

    # What people see and do.

    def rows(self, tab: str) -> list[Typed]:
        """What stands in a tab, blanks left out."""
        return self.store.rows(tab)

    def row(self, tab: str, key: str) -> Typed:
        """The one row with this key in its first key column."""
        column = TABS[tab].key_columns[0] if tab != "queue" else "client"
        (found,) = [row for row in self.rows(tab) if row.get(column) == key]
        return found

    def number(self, tab: str, column: str, text: str) -> int:
        """The sheet's number of the one row that shows `text`."""
        found = self.store.read().tabs[tab]
        (number,) = [row.number for row in found.rows if found.value(row, column) == text]
        return number

    def tick(self, tick: str, of: str) -> None:
        """A person ticks the client's row on the queue."""
        yes = headings.value_text(self.language, "flag", "yes")
        self.store.type_cell("queue", self.number("queue", "client", of), tick, yes)

    def type(self, tab: str, key: str, column: str, value: Cell) -> None:
        """A person types into the row with this key."""
        number = self.number(tab, TABS[tab].key_columns[0], key)
        self.store.type_cell(tab, number, column, value)


def three(**settings: Any) -> Team:
    """Ana is due her first reminder, Bruno disputes his, Carla is due hers tomorrow."""
    return Team(
        {
            "clients": [client("Ana"), client("Bruno"), client("Carla")],
            "receivables": [
                invoice("F-1", "Ana", "03-16", "100.00"),
                invoice("F-2", "Bruno", "03-16", disputed=True),
                invoice("F-3", "Carla", "03-23"),
            ],
        },
        **settings,
    )


def said(changes: Iterable[Change], kind: type[SetCells | AppendRows]) -> list[Change]:
    """The changes of one kind that would change or add something."""
    return [change for change in changes if isinstance(change, kind)]
