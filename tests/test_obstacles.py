"""What keeps a run from telling of its messages is known before one leaves, and told in check."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.table import Table

from sync.cli import main
from sync.domain.calendar import BusinessCalendar
from sync.holidays_br import brazilian_holidays
from sync.stores.excel_file import ExcelFileStore
from sync.workbook import Obstacle, SetCells, WrongPlace
from tests.packages import unzipped
from tests.store_contract import applied
from tests.store_contract import table as table_of
from tests.test_excel_store import crafted, inline

Edit = Callable[[Any], object]
RUN_DATE = (
    BusinessCalendar(brazilian_holidays("SP"))
    .previous_business_day(date.today())  # noqa: DTZ011 - the sample lives today
    .isoformat()
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The sample company's workbook."""
    path = tmp_path_factory.mktemp("sample") / "cobranca.xlsx"
    assert main(["init", str(path), "--language", "pt-BR", "--sample"]) == 0
    return path.read_bytes()


@pytest.fixture
def workbook(tmp_path: Path, sample: bytes) -> Path:
    path = tmp_path / "cobranca.xlsx"
    path.write_bytes(sample)
    return path


def edited(path: Path, change: Edit) -> None:
    book = load_workbook(path)
    change(book)
    book.save(path)


def told(capsys: pytest.CaptureFixture[str], command: str, path: Path) -> tuple[int, Any]:
    outbox = ["--outbox", str(path.with_name("outbox"))] if command == "run" else []
    state = ["--state", str(path.with_name("state"))]  # each copy of the sample is the only one
    day = [] if command == "check" else ["--date", RUN_DATE]
    capsys.readouterr()
    code = main([command, "--workbook", str(path), "--json", *state, *day, *outbox])
    return code, json.loads(capsys.readouterr().out)


def letters(path: Path) -> list[Path]:
    return sorted(path.with_name("outbox").glob("*.eml"))


def array(tab: str, area: str, text: str = "=ROW(A1:A9)") -> Edit:
    first = area.partition(":")[0]
    return lambda book: book[tab].__setitem__(first, ArrayFormula(area, text))


def table(tab: str, area: str, totals: int = 1) -> Edit:
    def add(book: Any) -> None:
        made = Table(displayName=f"T{tab[:3]}".replace("ç", "c"), ref=area)
        made.totalsRowCount = totals or None
        book[tab].add_table(made)

    return add


def data_table(book: Any) -> None:
    book["Recebíveis"]["T3"] = DataTableFormula("T3:T6", dt2D=False, r1="A1", t="dataTable")


def merged_figure(book: Any) -> None:
    sheet, _, cell = book.defined_names["regua_figure_open_amount"].attr_text.partition("!")
    row, column = book[sheet.strip("'")][cell.replace("$", "")].row, cell.split("$")[1]
    book[sheet.strip("'")].merge_cells(f"{column}{row - 1}:{column}{row}")


OBSTACLES = {
    "an array formula over days past due": (
        array("Recebíveis", "R4:R9"), "formula_range", "Recebíveis", "R4"
    ),
    "one that begins in their column": (
        array("Recebíveis", "P5:Q7"), "formula_range", "Recebíveis", "Q5"
    ),
    "a data table over the balance": (data_table, "formula_range", "Recebíveis", "T3"),
    "one over the clients' balances": (
        array("Clientes", "Q2:Q3"), "formula_range", "Clientes", "Q2"
    ),
    "one far below the queue's rows": (
        array("Fila", "B90:B95"), "formula_range", "Fila", "B90"
    ),
    "totals below Runs": (table("Execuções", "A1:D2"), "totals_row", "Execuções", None),
    "totals below History": (table("Histórico", "A1:D3"), "totals_row", "Histórico", None),
    "totals below the queue": (table("Fila", "A1:D9"), "totals_row", "Fila", None),
    "totals below Trends": (table("Evolução", "A1:C2"), "totals_row", "Evolução", None),
    "a protected tab": (
        lambda book: setattr(book["Fila"].protection, "sheet", True), "protected_tab", "Fila", None
    ),
    "merged cells": (
        lambda book: book["Recebíveis"].merge_cells("Q10:R10"), "merged_cells", "Recebíveis", "R10"
    ),
    "a merged figure": (merged_figure, "merged_cells", "Painel", None),
}  # fmt: skip


@pytest.mark.parametrize("what", OBSTACLES)
def test_nothing_leaves_while_the_run_could_not_tell_of_it(
    workbook: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    edit, problem, tab, cell = OBSTACLES[what]
    edited(workbook, edit)
    before = workbook.read_bytes()
    code, page = told(capsys, "run", workbook)
    assert (code, page["postponed_reason"], page["sent"]) == (4, problem, [])
    assert letters(workbook) == []
    assert workbook.read_bytes() == before
    for part in filter(None, (tab, cell)):
        assert part in page["message"]


@pytest.mark.parametrize("what", ["one that begins in their column", "totals below Runs"])
def test_without_the_look_ahead_letters_leave_and_the_workbook_never_tells(
    workbook: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    monkeypatch.setattr("sync.stores.excel_reading.obstacle", lambda *_: None)
    edited(workbook, OBSTACLES[what][0])
    code, page = told(capsys, "run", workbook)
    assert (code, page["recorded"]) == (4, False)
    assert len(letters(workbook)) == len(page["sent"]) > 0


@pytest.mark.parametrize("what", ["an array formula over days past due", "totals below Runs"])
def test_check_and_plan_tell_it_and_how_to_mend_it(
    workbook: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    edit, problem, tab, cell = OBSTACLES[what]
    assert "obstacle" not in told(capsys, "check", workbook)[1]
    edited(workbook, edit)
    for command, expected in (("check", 3), ("plan", 0)):
        code, page = told(capsys, command, workbook)
        assert code == expected
        assert page["obstacle"] == {"problem": problem, "tab": tab, "cell": cell}
        assert main([command, "--workbook", str(workbook)]) == expected
        shown = " ".join(capsys.readouterr().out.split())
        assert "Nada pode sair enquanto isto não for corrigido" in shown
        assert ("Apague essa fórmula" if cell else "Desative a linha de totais") in shown
        assert "Nenhum problema" not in shown
        assert all(part in shown for part in (tab, cell) if part)


def keep(book: Any) -> None:
    """What a run never writes over."""
    array("Recebíveis", "AC2:AC30")(book)  # a column of theirs
    array("Histórico", "AB2:AB9")(book)
    table("Recebíveis", "A1:E200")(book)
    table("Ofertas", "A1:D9")(book)
    table("Execuções", "A1:D2", totals=0)(book)


def test_formulas_and_totals_that_no_run_writes_over_stop_nothing(
    workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited(workbook, keep)
    assert "obstacle" not in told(capsys, "check", workbook)[1]
    code, page = told(capsys, "run", workbook)
    assert (code, page["recorded"]) == (0, True)
    assert letters(workbook)


# --- a formula that somebody filled down an engine column ----------------------------------------

HEADS = inline(1, A="Título", B="Saldo", C="Dias em atraso", D="Deles")
KEYS = {row: f'<c r="A{row}" t="inlineStr"><is><t>NF-{row}</t></is></c>' for row in (2, 3, 4)}


def filled(tmp_path: Path, area: str, **cells: str) -> ExcelFileStore:
    """Invoices NF-2 to NF-4 and a formula shared by `area`; `cells` are what follows the key."""
    rows = "".join(
        f'<row r="{row}">{KEYS.get(row, "")}{cells.get(f"row{row}", "")}</row>'
        for row in range(2, 8)
    )
    return crafted(tmp_path, {"Recebíveis": HEADS + rows.replace("AREA", area)})


def shared(cell: str, value: int, *, first: bool = False) -> str:
    formula = '<f t="shared" ref="AREA" si="0">1+1</f>' if first else '<f t="shared" si="0"/>'
    return f'<c r="{cell}">{formula}<v>{value}</v></c>'


def test_a_formula_filled_down_our_column_gives_way_as_a_whole(tmp_path: Path) -> None:
    store = filled(
        tmp_path,
        "B2:B7",
        row2=shared("B2", 1, first=True),
        row3=shared("B3", 2),
        row4=shared("B4", 3),
        row6=shared("B6", 9),  # filled on below the data
    )
    snapshot = store.read()
    assert snapshot.obstacle is None
    changes = [
        SetCells(tab="receivables", row="NF-2", values={"balance": Decimal(5)}),
        SetCells(tab="receivables", row="NF-3", values={"balance": Decimal(2)}),  # as it shows
    ]
    applied(store.apply(changes, snapshot.revision))
    assert [(r.get("id"), r["balance"]) for r in table_of(store.read(), "receivables")] == [
        ("NF-2", 5), ("NF-3", 2), ("NF-4", 3), (None, 9)
    ]  # fmt: skip
    sheet = unzipped(store.path.read_bytes())["xl/worksheets/sheet1.xml"]
    assert b"<f" not in sheet


def test_one_that_people_filled_on_into_their_own_column_stays_theirs(tmp_path: Path) -> None:
    store = filled(tmp_path, "C2:D2", row2=shared("C2", 1, first=True) + shared("D2", 2))
    snapshot = store.read()
    assert snapshot.obstacle == Obstacle(code="formula_range", tab="Recebíveis", cell="C2")
    change = SetCells(tab="receivables", row="NF-2", values={"days_past_due": 7})
    with pytest.raises(WrongPlace, match="formula_range"):
        store.apply([change], snapshot.revision)


def test_a_signed_workbook_says_so_when_it_is_read(tmp_path: Path) -> None:
    store = crafted(tmp_path, {"Recebíveis": HEADS}, extra={"_xmlsignatures/sig1.xml": "<x/>"})
    found = store.read().obstacle
    assert found is not None
    assert str(found.error()).startswith("signed")
