"""Snapshots made cell by cell, as raw as a person leaves them: what the tests of reading type."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sheet_templates import headings
from sheet_templates.schema import TABS
from sync.domain.facts import Facts
from sync.issues import Issue, Severity
from sync.rows import read_facts
from sync.workbook import Cell, Row, Snapshot, StructureProblem, Tab

TODAY = date(2026, 11, 20)
Raw = Mapping[str, Cell]

ANA: Raw = {"client": "Ana", "email": "ana@example.com"}
BIA: Raw = {"client": "Bia", "email": "bia@example.com"}
CAIO: Raw = {"client": "Caio", "email": "caio@example.com"}
IDENTITY: Raw = {
    "company": "Gráfica Aurora",
    "legal_name": "Gráfica Aurora Ltda.",
    "tax_id": "11.222.333/0001-81",
    "address": "Rua das Flores, 10, São Paulo",
}


def invoice(id_: Cell = "NF-1", **cells: Cell) -> Raw:
    """A clean open invoice of Ana's, with these cells instead."""
    clean: Raw = {"id": id_, "client": "Ana", "due_on": date(2026, 11, 10), "amount": 1000.0}
    return {**clean, **cells}


def step(name: Cell = "Lembrete", offset: Cell = 3, **cells: Cell) -> Raw:
    """A clean active step of the ladder Padrão."""
    clean: Raw = {
        "policy": "Padrão",
        "step": name,
        "offset": offset,
        "channel": "E-mail",
        "template": "Carta",
        "active": "Sim",
    }
    return {**clean, **cells}


def letter(name: Cell = "Carta", language: Cell = "pt-BR", **cells: Cell) -> Raw:
    """A clean letter."""
    clean: Raw = {
        "template": name,
        "language": language,
        "subject": "Olá, {cliente}",
        "body": "Prezado {contato}\n\n{tabela}\n\n{assinatura}",
    }
    return {**clean, **cells}


DEFAULTS: Mapping[str, Sequence[Raw]] = {
    "clients": (ANA, BIA, CAIO),
    "policy": (step(),),
    "templates": (letter(), letter(language="en")),
}


def tab(key: str, rows: Iterable[Raw], *, without: Sequence[str] = ()) -> Tab:
    """A tab with the schema's columns and these rows from row 2 on."""
    columns = [column.key for column in TABS[key].columns if column.key not in without]
    return Tab(
        key=key,
        title=headings.tab_title("pt-BR", key),
        columns={column: index for index, column in enumerate(columns)},
        letters=dict.fromkeys(columns, "A"),
        rows=[
            Row(number, tuple(row.get(column) for column in columns))
            for number, row in enumerate(rows, start=2)
        ],
    )


def snapshot(
    language: str = "pt-BR",
    *,
    settings: Raw | None = None,
    problems: tuple[StructureProblem, ...] = (),
    without: Sequence[str] = (),
    made: Iterable[Tab] = (),
    **tabs: Sequence[Raw],
) -> Snapshot:
    """A whole workbook; what is not given is clean or empty.

    `without` leaves tabs out, `made` are tabs to take as they are.
    """
    rows: dict[str, Iterable[Raw]] = {
        key: () for key, described in TABS.items() if described.tabular
    }
    rows["settings"] = [
        {"setting": headings.setting_label(language, key), "value": value}
        for key, value in {**IDENTITY, **(settings or {})}.items()
    ]
    rows.update({**DEFAULTS, **tabs})
    return Snapshot(
        revision="r",
        place="host:/book.xlsx",
        language=language,
        workbook_id="w",
        schema_version=1,
        tabs={
            **{key: tab(key, found) for key, found in rows.items() if key not in without},
            **{own.key: own for own in made},
        },
        problems=problems,
    )


@dataclass(frozen=True)
class Reading:
    """What came of reading a snapshot."""

    facts: Facts
    issues: tuple[Issue, ...]

    @property
    def codes(self) -> list[str]:
        """The codes in the order of tabs and rows."""
        return [issue.code for issue in self.issues]

    @property
    def errors(self) -> list[str]:
        """The codes of the errors."""
        return [issue.code for issue in self.issues if issue.severity is Severity.ERROR]

    @property
    def held(self) -> Mapping[str, str]:
        """Who is held, and by what."""
        return self.facts.row_problems

    def only(self) -> Issue:
        """The one issue there is."""
        assert len(self.issues) == 1, self.codes
        return self.issues[0]


def read(language: str = "pt-BR", **tabs: Any) -> Reading:
    """Read a workbook with these tabs on the day of the tests."""
    return Reading(*read_facts(snapshot(language, **tabs), today=TODAY))
