"""What every store must do, told once: a workbook in memory, in an Excel file, on a server.

A store's test module makes a subclass of `StoreContract` named `Test…` and says how to `open` a
workbook with given rows, and how a person types into it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sync.workbook import (
    AppendRows,
    Applied,
    Cell,
    Conflict,
    Link,
    ReplaceBody,
    SetCells,
    SetFigures,
    Snapshot,
    Store,
)

Rows = Mapping[str, Sequence[Mapping[str, Cell]]]

Typed = dict[str, Cell]


def moment(day: int, hour: int = 9, minute: int = 30) -> datetime:
    """A moment in March 2026, as a cell has it: without zone."""
    return datetime(2026, 3, day, hour, minute)  # noqa: DTZ001  # a cell has no zone


ANA: Typed = {
    "id": "NF-1",
    "client": "Ana",
    "due_on": date(2026, 1, 10),
    "amount": Decimal("100.50"),
}
BRUNO: Typed = {"id": "NF-2", "client": "Bruno", "due_on": date(2026, 2, 10), "amount": Decimal(20)}
SENT: Typed = {"at": moment(1), "client": "Ana", "message_id": "<1@x>"}


def table(snapshot: Snapshot, tab: str) -> list[Typed]:
    """A tab's rows as column key → value, blanks left out."""
    found = snapshot.tabs[tab]
    return [
        {key: value for key in found.columns if (value := found.value(row, key)) is not None}
        for row in found.rows
    ]


def applied(outcome: Applied | Conflict) -> Applied:
    assert isinstance(outcome, Applied)
    return outcome


class StoreContract(ABC):
    """The tests; subclass with `open` and `type_cell`."""

    @abstractmethod
    def open(self, tmp_path: Any, rows: Rows) -> Store:
        """A standard pt-BR workbook with these rows, as a store of the kind under test."""

    @abstractmethod
    def type_cell(self, store: Store, tab: str, row: int, column: str, value: Cell) -> None:
        """A person types into a cell, in the program where the workbook lives."""

    def test_what_people_typed_is_read_as_they_typed_it(self, tmp_path: Any) -> None:
        typed: Typed = {
            **ANA,
            "id": "007",
            "notes": ' =1+1 & <b> "olá"\nsegunda linha ',
            "payment_code": "_x0041_ 00190.00009",
            "paid_on": date(2026, 1, 12),
        }
        snapshot = self.open(tmp_path, {"receivables": [typed]}).read()
        (row,) = table(snapshot, "receivables")
        assert row == {**typed, "amount": 100.5}
        assert snapshot.tabs["receivables"].rows[0].number == 2

    def test_a_new_workbook_has_every_tab_and_no_problem(self, tmp_path: Any) -> None:
        snapshot = self.open(tmp_path, {}).read()
        assert snapshot.problems == ()
        assert snapshot.language == "pt-BR"
        assert table(snapshot, "receivables") == []
        assert snapshot.workbook_id
        assert "open_amount" in snapshot.figures

    def test_reading_twice_gives_the_same_revision_and_writing_another(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {"receivables": [ANA]})
        first = store.read().revision
        assert first == store.read().revision == store.revision()
        done = applied(
            store.apply([SetCells(tab="receivables", row="NF-1", values={"bucket": "x"})], first)
        )
        assert done.revision == store.revision() != first
        assert done.cells == 1

    def test_engine_columns_are_set_by_the_rows_key(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {"receivables": [ANA, BRUNO]})
        wanted: Typed = {
            "status": "Vencido",
            "days_past_due": 12,
            "balance": Decimal("100.50"),
            "last_reminder": date(2026, 1, 15),
        }
        store.apply([SetCells(tab="receivables", row="NF-1", values=wanted)], store.revision())
        ana, bruno = table(store.read(), "receivables")
        assert ana == {**ANA, **wanted}
        assert bruno == BRUNO

    def test_every_row_with_the_key_is_set_and_none_when_nobody_has_it(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {"receivables": [ANA, ANA]})
        change = SetCells(tab="receivables", row="NF-1", values={"bucket": "1-30"})
        assert applied(store.apply([change], store.revision())).cells == 2
        change = SetCells(tab="receivables", row="NF-9", values={"bucket": "1-30"})
        assert applied(store.apply([change], store.revision())).cells == 0

    def test_a_row_without_a_key_is_set_by_its_number(self, tmp_path: Any) -> None:
        told: Typed = {"at": moment(1), "client": "Ana", "notes": "ligou"}
        store = self.open(tmp_path, {"negotiations": [told, {**told, "client": "Bruno"}]})
        change = SetCells(tab="negotiations", row=3, values={"ref": "N2"})
        store.apply([change], store.revision())
        assert [row.get("ref") for row in table(store.read(), "negotiations")] == [None, "N2"]

    def test_a_value_set_to_none_is_blank_again(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {"receivables": [{**ANA, "bucket": "1-30"}]})
        change = SetCells(tab="receivables", row="NF-1", values={"bucket": None})
        store.apply([change], store.revision())
        assert table(store.read(), "receivables") == [ANA]

    def test_what_already_stands_there_changes_nothing(self, tmp_path: Any) -> None:
        store = self.open(
            tmp_path,
            {"receivables": [{**ANA, "balance": 100.5, "last_reminder": date(2026, 1, 2)}]},
        )
        before = store.revision()
        same = SetCells(
            tab="receivables",
            row="NF-1",
            values={
                "balance": Decimal("100.50"),
                "last_reminder": date(2026, 1, 2),
                "status": None,
                "bucket": "",
            },
        )
        assert store.apply([same], before) == Applied(before, 0)

    def test_a_log_grows_below_its_last_row(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {"history": [SENT]})
        later: Typed = {**SENT, "at": moment(2), "message_id": "<2@x>"}
        again: Typed = {**SENT, "at": moment(3), "message_id": "<3@x>"}
        store.apply([AppendRows(tab="history", rows=[later])], store.revision())
        store.apply(
            [AppendRows(tab="history", rows=[again]), AppendRows(tab="history", rows=[again])],
            store.revision(),
        )
        assert table(store.read(), "history") == [SENT, later, again, again]
        assert [row.number for row in store.read().tabs["history"].rows] == [2, 3, 4, 5]

    def test_an_appended_row_and_its_change_in_one_write(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {"history": [SENT]})
        store.apply(
            [
                SetCells(tab="history", row="<1@x>", values={"outcome": "Enviado"}),
                AppendRows(tab="history", rows=[{**SENT, "message_id": "<2@x>"}]),
            ],
            store.revision(),
        )
        rows = table(store.read(), "history")
        assert [row.get("outcome") for row in rows] == ["Enviado", None]

    def test_an_engines_tab_is_replaced_whole(self, tmp_path: Any) -> None:
        first: list[Typed] = [{"tab": "Recebíveis", "problem": f"p{n}"} for n in range(3)]
        store = self.open(tmp_path, {"issues": first})
        new: list[Typed] = [{"tab": "Clientes", "row": Link("4", "#Clientes!A4")}]
        outcome = applied(store.apply([ReplaceBody(tab="issues", rows=new)], store.revision()))
        assert outcome.cells
        assert table(store.read(), "issues") == [{"tab": "Clientes", "row": "4"}]
        again = applied(store.apply([ReplaceBody(tab="issues", rows=new)], store.revision()))
        assert again.cells == 0
        store.apply([ReplaceBody(tab="issues", rows=[])], store.revision())
        assert table(store.read(), "issues") == []

    def test_figures_are_set_by_key(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {})
        figures: Typed = {
            "open_amount": Decimal("99.50"),
            "payments_data_until": date(2026, 3, 1),
        }
        outcome = applied(store.apply([SetFigures(values=figures)], store.revision()))
        assert outcome.cells == 2
        found = store.read().figures
        assert {key: found[key] for key in figures} == figures

    def test_somebody_changed_it_since_and_nothing_is_written(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {"receivables": [ANA]})
        old = store.read().revision
        self.type_cell(store, "receivables", 2, "notes", "pagou por fora")
        change = SetCells(tab="receivables", row="NF-1", values={"status": "Vencido"})
        assert isinstance(store.apply([change], old), Conflict)
        assert table(store.read(), "receivables") == [{**ANA, "notes": "pagou por fora"}]

    @pytest.mark.parametrize(
        "change",
        [
            SetCells(tab="receivables", row="NF-1", values={"amount": Decimal(1)}),
            SetCells(tab="receivables", row="NF-1", values={"status": "x", "notes": "y"}),
            SetCells(tab="receivables", row="NF-1", values={"no_such_column": 1}),
            SetCells(tab="receivables", row="", values={"status": "x"}),
            SetCells(tab="payments", row="NF-1", values={}),
            SetCells(tab="nowhere", row="NF-1", values={"status": "x"}),
            SetCells(tab="history", row="<1@x>", values={"client": "Bruno"}),
            ReplaceBody(tab="receivables", rows=[]),
            ReplaceBody(tab="history", rows=[]),
            AppendRows(tab="settings", rows=[{"setting": "x"}]),
            AppendRows(tab="history", rows=[{"no_such_column": 1}]),
            SetFigures(values={"no_such_figure": 1}),
        ],
        ids=str,
    )
    def test_what_the_owners_forbid_is_a_programmers_error(
        self, tmp_path: Any, change: Any
    ) -> None:
        store = self.open(tmp_path, {"receivables": [ANA], "history": [SENT]})
        before = store.read()
        allowed = SetCells(tab="receivables", row="NF-1", values={"status": "Vencido"})
        with pytest.raises(ValueError, match=r"."):
            store.apply([allowed, change], before.revision)
        assert store.revision() == before.revision

    def test_a_keys_text_and_number_are_the_same_key(self, tmp_path: Any) -> None:
        store = self.open(tmp_path, {"receivables": [{**ANA, "id": 1001}]})
        change = SetCells(tab="receivables", row="1001", values={"bucket": "x"})
        assert applied(store.apply([change], store.revision())).cells == 1

    def test_text_that_looks_like_something_else_stays_text(self, tmp_path: Any) -> None:
        texts = [
            "=1+1",
            "+55",
            "@x",
            "007",
            "1e5",
            "TRUE",
            "#N/A",
            " x ",
            "a\r\nb",
            "🙂",
            "_x000D_",
        ]
        rows: list[Typed] = [{"client": text, "subject": text} for text in texts]
        store = self.open(tmp_path, {})
        store.apply([AppendRows(tab="history", rows=rows)], store.revision())
        assert [row["subject"] for row in table(store.read(), "history")] == texts
