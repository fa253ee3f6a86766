"""The Excel file as a store: the contract, and what only a file can do."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sheet_templates.excel import build
from sync.stores.excel_file import ExcelFileStore
from sync.workbook import Cell, SetCells, Store
from tests.store_contract import ANA, BRUNO, Rows, StoreContract, applied

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def make(tmp_path: Path, rows: Rows, **options: Any) -> ExcelFileStore:
    """A new standard workbook on disk."""
    path = tmp_path / "cobrança.xlsx"
    path.write_bytes(build("pt-BR", rows=rows, workbook_id="w-1", created=date(2026, 1, 1)))
    return store_of(path, **options)


def store_of(
    path: Path, now: Callable[[], datetime] = lambda: NOW, **options: Any
) -> ExcelFileStore:
    return ExcelFileStore(path, path.parent / "backups", now, **options)


def edit_with_openpyxl(path: Path, tab: str, reference: str, value: Any) -> None:
    book = openpyxl.load_workbook(path)
    book[tab][reference] = value
    book.save(path)


class TestExcelFile(StoreContract):
    def open(self, tmp_path: Path, rows: Rows) -> Store:
        return make(tmp_path, rows)

    def type_cell(self, store: Store, tab: str, row: int, column: str, value: Cell) -> None:
        assert isinstance(store, ExcelFileStore)
        found = store.read().tabs[tab]
        edit_with_openpyxl(store.path, found.title, f"{found.letters[column]}{row}", value)


def test_nothing_to_change_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    store = make(tmp_path, {"receivables": [{**ANA, "status": "Vencido"}]})
    before = (store.path.read_bytes(), store.path.stat().st_mtime_ns, store.path.stat().st_ino)
    change = SetCells(tab="receivables", row="NF-1", values={"status": "Vencido"})
    assert applied(store.apply([change], store.revision())).cells == 0
    after = (store.path.read_bytes(), store.path.stat().st_mtime_ns, store.path.stat().st_ino)
    assert after == before


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_the_same_workbook_in_both_languages(tmp_path: Path, language: str) -> None:
    path = tmp_path / "book.xlsx"
    rows = {"receivables": [ANA, BRUNO]}
    path.write_bytes(build(language, rows=rows, workbook_id="w", created=date(2026, 1, 1)))
    snapshot = store_of(path).read()
    assert (snapshot.language, snapshot.problems) == (language, ())
    assert snapshot.place.endswith(f":{path}")
    change = SetCells(tab="receivables", row="NF-2", values={"balance": Decimal("3.10")})
    assert applied(store_of(path).apply([change], snapshot.revision)).cells == 1
