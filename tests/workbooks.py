"""Workbooks for stories: made by the product, edited as a person would, read back independently.

Reading and editing go through openpyxl, which none of the engine's reading or patching uses.
"""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.formula import ArrayFormula

from sheet_templates import excel, headings
from sheet_templates.schema import TABS, Owner
from sync.cli import main

COMPANY = {
    "company": "Exemplo",
    "legal_name": "Exemplo Serviços Ltda",
    "tax_id": "11.222.333/0001-81",
    "address": "Rua das Flores, 10, São Paulo",
    "reply_to": "financeiro@example.com",
    "mode": "automatic",
    "payments_max_age": None,
}


def make(
    path: Path,
    receivables: Sequence[Mapping[str, object]],
    clients: Sequence[Mapping[str, object]] | None = None,
    *,
    language: str = "en",
    settings: Mapping[str, object] | None = None,
    **tabs: Sequence[Mapping[str, object]],
) -> Path:
    """A standard workbook with these rows; clients have an address of their own unless given."""
    names = dict.fromkeys(str(row["client"]) for row in receivables)
    known = clients or [
        {"client": name, "email": f"{headings.fold(name).replace(' ', '.')}@example.com"}
        for name in names
    ]
    data = excel.build(
        language,
        rows={"receivables": receivables, "clients": known, **tabs},
        settings={**COMPANY, **(settings or {})},
        workbook_id=f"test-{path.stem}",
        created=date(2026, 1, 1),
    )
    path.write_bytes(data)
    return path


def regua(*arguments: object) -> tuple[int, Any]:
    """Run a command with --json; its exit code and what it printed."""
    out = io.StringIO()
    with redirect_stdout(out):
        code = main([*map(str, arguments), "--json"])
    return code, json.loads(out.getvalue())


class Desk:
    """A workbook with its own outbox and ledger, on which days pass."""

    def __init__(self, book: Path) -> None:
        self.book = book
        self.outbox = book.parent / f"{book.stem}-outbox"
        self.state = book.parent / f"{book.stem}-state"

    @property
    def where(self) -> tuple[object, ...]:
        return ("--workbook", self.book, "--state", self.state)

    def run(self, day: str, *more: object) -> tuple[int, Any]:
        return regua("run", "--date", day, "--outbox", self.outbox, *self.where, *more)

    def plan(self, day: str) -> Any:
        return regua("plan", "--date", day, *self.where)[1]

    def letters(self) -> list[Path]:
        return sorted(self.outbox.glob("*.eml"))

    def rows(self, tab: str) -> list[dict[str, object]]:
        return rows_of(self.book, tab)

    def edit(self, tab: str, key: str, **values: object) -> None:
        edit(self.book, tab, key, **values)


def sheet_of(book: Any, tab: str) -> Any:
    for sheet in book.worksheets:
        if headings.tab_key(sheet.title) == tab:
            return sheet
    raise KeyError(tab)


def columns_of(sheet: Any, tab: str) -> dict[str, int]:
    """Column key → 1-based column."""
    found = {}
    for cell in sheet[1]:
        key = headings.column_key(tab, str(cell.value or ""))
        if key:
            found[key] = cell.column
    return found


def rows_of(path: Path, tab: str) -> list[dict[str, object]]:
    """All rows of a tab by column key, blank ones left out."""
    book = load_workbook(path, data_only=True)
    sheet = sheet_of(book, tab)
    columns = columns_of(sheet, tab)
    rows: list[dict[str, object]] = []
    for line in sheet.iter_rows(min_row=2):
        row = {key: line[column - 1].value for key, column in columns.items()}
        if any(value is not None for value in row.values()):
            rows.append(row)
    return rows


def edit(path: Path, tab: str, key: str, **values: object) -> None:
    """Type values into the row whose key column shows `key`, as a person would, and save."""
    book = load_workbook(path)
    sheet = sheet_of(book, tab)
    columns = columns_of(sheet, tab)
    key_column = columns[TABS[tab].key_columns[0]]
    for row in range(2, sheet.max_row + 1):
        if str(sheet.cell(row, key_column).value) == key:
            for name, value in values.items():
                sheet.cell(row, columns[name], value)
            book.save(path)
            return
    raise KeyError(key)


def fill_settings(path: Path, **values: object) -> None:
    """Type settings into the settings tab."""
    book = load_workbook(path)
    sheet = sheet_of(book, "settings")
    for row in range(2, sheet.max_row + 1):
        key = headings.setting_key(str(sheet.cell(row, 1).value or ""))
        if key in values:
            sheet.cell(row, 2, values[key])
    book.save(path)


def people_s_cells(path: Path, skip_tabs: Iterable[str] = ()) -> dict[tuple[str, str], object]:
    """Every cell that is not the engine's, by tab title and coordinate, as the file has it."""
    book = load_workbook(path)
    cells: dict[tuple[str, str], object] = {}
    for sheet in book.worksheets:
        tab = headings.tab_key(sheet.title)
        engine = set()
        if tab is not None and tab in skip_tabs:
            continue
        if tab is not None and tab not in {"start", "dashboard"}:
            owners = {column.key: column.owner for column in TABS[tab].columns}
            engine = {
                column
                for key, column in columns_of(sheet, tab).items()
                if owners[key] is not Owner.USER
            }
        if tab == "dashboard":
            continue
        for line in sheet.iter_rows():
            for cell in line:
                if cell.value is not None and (cell.row == 1 or cell.column not in engine):
                    value = cell.value
                    text = value.text if isinstance(value, ArrayFormula) else value
                    cells[sheet.title, cell.coordinate] = text
    return cells
