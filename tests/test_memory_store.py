"""The workbook in memory keeps the contract of every store."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sync.stores.memory import MemoryStore
from sync.workbook import AppendRows, Cell, Link, ReplaceBody, SetCells, Store
from tests.store_contract import ANA, BRUNO, Rows, StoreContract, applied, table


class TestMemory(StoreContract):
    def open(self, tmp_path: Path, rows: Rows) -> Store:  # noqa: ARG002 -- needs no disk
        return MemoryStore(rows)

    def type_cell(self, store: Store, tab: str, row: int, column: str, value: Cell) -> None:
        assert isinstance(store, MemoryStore)
        store.type_cell(tab, row, column, value)


def test_it_reads_back_what_a_file_would_give() -> None:
    store = MemoryStore()
    row: dict[str, Cell] = {
        "client": "Ana",
        "total": Decimal("10.10"),
        "send_on": datetime(2026, 3, 2),  # noqa: DTZ001 -- a cell has no zone
        "whatsapp": Link("Abrir", "https://wa.me/5511987654321"),
        "subject": "a\x00b",
        "reason": "",
    }
    store.apply([ReplaceBody(tab="queue", rows=[row])], store.revision())
    (found,) = table(store.read(), "queue")
    assert found == {
        "client": "Ana",
        "total": 10.10,
        "send_on": date(2026, 3, 2),
        "whatsapp": "Abrir",
        "subject": "ab",
    }
    assert isinstance(found["total"], float)


def test_a_blank_row_within_a_body_keeps_the_others_in_their_places() -> None:
    store = MemoryStore()
    body: list[dict[str, Cell]] = [{"client": "Ana"}, {}, {"client": "Bruno"}]
    store.apply([ReplaceBody(tab="queue", rows=body)], store.revision())
    assert [row.number for row in store.read().tabs["queue"].rows] == [2, 4]


def test_a_copy_of_a_snapshot_lives_its_own_life() -> None:
    one = MemoryStore({"receivables": [ANA, BRUNO]})
    other = MemoryStore.of(one.read())
    change = SetCells(tab="receivables", row="NF-1", values={"status": "Vencido"})
    assert applied(other.apply([change], other.revision())).cells == 1
    assert table(one.read(), "receivables") == [ANA, BRUNO]
    assert table(other.read(), "receivables") == [{**ANA, "status": "Vencido"}, BRUNO]


def test_a_snapshot_does_not_change_with_the_workbook() -> None:
    store = MemoryStore({"receivables": [ANA]})
    before = store.read()
    store.type_cell("receivables", 2, "notes", "ligou")
    assert table(before, "receivables") == [ANA]


def test_a_key_is_found_again_after_the_row_was_renamed_or_added() -> None:
    store = MemoryStore({"receivables": [ANA]})
    change = SetCells(tab="receivables", row="NF-3", values={"status": "Vencido"})
    assert applied(store.apply([change], store.revision())).cells == 0
    store.type_cell("receivables", 2, "id", "NF-3")
    assert applied(store.apply([change], store.revision())).cells == 1
    added = AppendRows(tab="receivables", rows=[{**BRUNO, "id": "NF-3"}])
    assert applied(store.apply([added, change], store.revision())).cells == len(BRUNO) + 1


def test_a_missing_tab_or_column_is_skipped_and_a_mistake_is_not() -> None:
    store = MemoryStore(columns={"receivables": ["notes", "id"]}, without=["queue"])
    assert store.read().tabs["receivables"].letters == {"notes": "A", "id": "B"}
    body = ReplaceBody(tab="queue", rows=[{"client": "Ana"}])
    added = AppendRows(tab="receivables", rows=[{"id": "NF-1", "amount": 3}])
    assert applied(store.apply([body, added], store.revision())).cells == 1
    with pytest.raises(KeyError):
        store.type_rows("receivables", [{"amount": 3}])


def test_a_tab_of_the_engine_s_is_replaced_beside_columns_that_people_added() -> None:
    tabs = {"queue": [{"client": "Ana"}, {"client": "Bruno"}]}
    store = MemoryStore(tabs, columns={"queue": ("client", "?mine", "total")})
    store.type_cell("queue", 2, "?mine", "seen")
    store.type_cell("queue", 3, "?mine", "called")
    applied(store.apply([ReplaceBody(tab="queue", rows=[{"client": "Caio"}])], store.revision()))
    assert [row.get("?mine") for row in store.rows("queue")] == ["seen", "called"]
    assert [row.get("client") for row in store.rows("queue")] == ["Caio", None]
