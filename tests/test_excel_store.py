"""The Excel file as a store: the contract, and what only a file can do."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sheet_templates.excel import build
from sync.stores.excel_file import ExcelFileStore
from sync.stores.excel_grid import read_grid
from sync.workbook import (
    AppendRows,
    Cell,
    Change,
    OpenElsewhere,
    RefusedFile,
    SetCells,
    SetFigures,
    Store,
)
from tests.lived_in_workbook import FEATURES, LIVED_IN
from tests.packages import MAIN, parts_of, sheet_xml, unzipped, zipped
from tests.store_contract import ANA, BRUNO, Rows, StoreContract, applied, table
from tests.test_ooxml import without_cells

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


# --- a workbook that a team has lived in --------------------------------------------------


def lived_in(tmp_path: Path) -> ExcelFileStore:
    strings = (
        f'<sst xmlns="{MAIN}"><si><t>Ana V.</t></si><si><t>NF-1</t></si><si><t>Ana</t></si></sst>'
    )
    own = sheet_xml('<row r="1"><c r="A1"><f>SUM(Recebíveis!A2:A9)</f><v>3</v></c></row>')
    parts = parts_of(
        {"Deles": own, "Recebíveis": LIVED_IN},
        strings=strings, extra=FEATURES,
        after='<definedNames><definedName name="delas">Deles!$A$1</definedName></definedNames>'
        '<calcPr calcId="191029"/><pivotCaches/>',
    )  # fmt: skip
    path = tmp_path / "viva.xlsm"
    path.write_bytes(zipped(parts))
    return store_of(path)


def test_a_workbook_that_a_team_has_lived_in_keeps_all_of_it(tmp_path: Path) -> None:
    store = lived_in(tmp_path)
    before = store.path.read_bytes()
    snapshot = store.read()
    assert table(snapshot, "receivables") == [
        {"id": "NF-1", "client": "Ana", "due_on": date(2025, 12, 9), "amount": 100.5,
         "status": "feito à mão"},
        {"id": 1002, "client": "Ana", "due_on": date(2025, 12, 19), "amount": 7},
    ]  # fmt: skip
    outcome = store.apply(
        [
            SetCells(
                tab="receivables",
                row="NF-1",
                values={"status": "Vencido", "balance": Decimal("1.5")},
            ),
            SetCells(tab="receivables", row="1002", values={"status": "Pago", "bucket": "não há"}),
            AppendRows(
                tab="receivables", rows=[{"id": "NF-3", "client": "Ana", "amount": Decimal(5)}]
            ),
        ],
        snapshot.revision,
    )  # fmt: skip
    assert applied(outcome).cells == 6
    old, new = unzipped(before), unzipped(store.path.read_bytes())
    assert list(old) == list(new)
    changed = {name for name in old if old[name] != new[name]}
    assert changed == {"xl/worksheets/sheet2.xml", "xl/workbook.xml"}
    assert new["xl/workbook.xml"] == old["xl/workbook.xml"].replace(
        b'calcId="191029"', b'calcId="191029" fullCalcOnLoad="1"'
    )
    ours = {(2, 1), (2, 4), (3, 4), (4, 3), (4, 5), (4, 8)}
    part = "xl/worksheets/sheet2.xml"
    assert without_cells(new[part], ours) == without_cells(old[part], ours)
    assert table(store.read(), "receivables")[2] == {"id": "NF-3", "client": "Ana", "amount": 5}


def test_the_same_run_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    store = lived_in(tmp_path)
    changes = [SetCells(tab="receivables", row="NF-1", values={"status": "Vencido"})]
    applied(store.apply(changes, store.revision()))
    before = store.path.stat().st_mtime_ns
    assert applied(store.apply(changes, store.revision())).cells == 0
    assert store.path.stat().st_mtime_ns == before


# --- structure that people changed -------------------------------------------------------


def inline(row: int, **cells: str) -> str:
    """A row of inline texts: column letter → text."""
    found = "".join(
        f'<c r="{letter}{row}" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in cells.items()
    )
    return f'<row r="{row}">{found}</row>'


def crafted(tmp_path: Path, sheets: dict[str, str], **options: Any) -> ExcelFileStore:
    path = tmp_path / "feita.xlsx"
    path.write_bytes(zipped(parts_of({t: sheet_xml(x) for t, x in sheets.items()}, **options)))
    return store_of(path)


def test_headings_are_met_half_way_and_doubtful_ones_are_said(tmp_path: Path) -> None:
    body = inline(
        1, A=" titulo* ", B="CLIENTE", C="Vencimento", D="Due date", E="Meu campo", F="Saldo:"
    )
    store = crafted(
        tmp_path, {"recebiveis": body + inline(2, A="NF-1", B="Ana", C="x", D="y", F="z")}
    )
    snapshot = store.read()
    receivables = snapshot.tabs["receivables"]
    assert dict(receivables.letters) == {"id": "A", "client": "B", "balance": "F"}
    said = {(p.code, p.tab, p.column, p.detail) for p in snapshot.problems}
    assert ("duplicate_heading", "receivables", "due_on", "C, D") in said
    assert ("missing_heading", "receivables", "amount", "") in said
    assert ("missing_tab", "clients", None, "Clientes") in said
    change = SetCells(tab="receivables", row="NF-1", values={"balance": Decimal(3), "status": "x"})
    assert applied(store.apply([change], snapshot.revision)).cells == 1
    missing = AppendRows(tab="history", rows=[{"client": "Ana"}])
    assert applied(store.apply([missing], store.revision())).cells == 0


def test_two_tabs_of_one_meaning_are_said_and_the_first_counts(tmp_path: Path) -> None:
    heading = inline(1, A="Título")
    store = crafted(
        tmp_path,
        {"Receivables": heading + inline(2, A="a"), "Recebíveis": heading + inline(2, A="b")},
    )
    snapshot = store.read()
    assert snapshot.tabs["receivables"].title == "Receivables"
    (problem,) = [p for p in snapshot.problems if p.code == "duplicate_tab"]
    assert problem.detail == "Recebíveis"


def test_a_workbook_of_a_newer_schema_says_so(tmp_path: Path) -> None:
    names = (
        '<definedNames><definedName name="regua_schema_version" hidden="1">"99"</definedName>'
        '<definedName name="regua_workbook_id" hidden="1">"a""b"</definedName></definedNames>'
    )
    snapshot = crafted(tmp_path, {"Recebíveis": inline(1, A="Título")}, after=names).read()
    assert snapshot.schema_version == 99
    assert snapshot.workbook_id == 'a"b'
    assert [p.detail for p in snapshot.problems if p.code == "newer_schema"] == ["99"]


def test_rows_in_which_people_prepared_formulas_are_left_to_them(tmp_path: Path) -> None:
    prepared = "".join(
        f'<row r="{row}"><c r="B{row}" t="str"><f>IF(A{row}="","",1)</f><v></v></c></row>'
        for row in (3, 4)
    )
    body = inline(1, A="Título", B="Valor") + inline(2, A="NF-1") + prepared
    store = crafted(tmp_path, {"Recebíveis": body})
    before = unzipped(store.path.read_bytes())["xl/worksheets/sheet1.xml"].decode()
    store.apply(
        [AppendRows(tab="receivables", rows=[{"id": "NF-2", "amount": 2}])], store.revision()
    )
    rows = store.read().tabs["receivables"].rows
    assert [row.number for row in rows] == [2, 5]
    assert prepared in before
    assert prepared in unzipped(store.path.read_bytes())["xl/worksheets/sheet1.xml"].decode()


def test_a_figure_may_stand_on_a_tab_that_is_written_too(tmp_path: Path) -> None:
    names = (
        '<definedNames><definedName name="regua_figure_open_amount">'
        "'Recebíveis'!$D$9</definedName>"
        '<definedName name="regua_figure_dso">Sumiu!$A$1</definedName></definedNames>'
    )
    body = inline(1, A="Título", B="Saldo") + inline(2, A="NF-1")
    store = crafted(tmp_path, {"Recebíveis": body}, after=names)
    figures = SetFigures(values={"open_amount": Decimal("9.5"), "dso": 3})
    change = SetCells(tab="receivables", row="NF-1", values={"balance": Decimal(3)})
    assert applied(store.apply([figures, change], store.revision())).cells == 2
    snapshot = store.read()
    assert dict(snapshot.figures) == {"open_amount": 9.5}
    assert table(snapshot, "receivables") == [{"id": "NF-1", "balance": 3}]


def test_a_refused_write_changes_nothing_at_all(tmp_path: Path) -> None:
    store = make(tmp_path, {"receivables": [ANA]})
    before = store.path.read_bytes()
    edits: list[Change] = [
        AppendRows(tab="history", rows=[{"client": "Ana"}]),
        SetCells(tab="receivables", row="NF-1", values={"bucket": "x" * 40_000}),
    ]
    with pytest.raises(ValueError, match="does not fit"):
        store.apply(edits, store.revision())
    store.path.with_name("~$cobrança.xlsx").write_bytes(b"\x03Ana")
    with pytest.raises(OpenElsewhere):
        store.apply(edits[:1], store.revision())
    assert store.path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cobrança.xlsx", "~$cobrança.xlsx"]


def test_a_file_that_vanished_or_was_torn_is_refused(tmp_path: Path) -> None:
    store = make(tmp_path, {})
    data = store.path.read_bytes()
    store.path.write_bytes(data[: len(data) // 2])
    with pytest.raises(RefusedFile, match="not_a_workbook"):
        store.read()
    store.path.unlink()
    with pytest.raises(RefusedFile, match="no_file"):
        store.revision()


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_libreoffice_opens_what_was_written(tmp_path: Path) -> None:
    store = lived_in(tmp_path)
    change = SetCells(tab="receivables", row="NF-1", values={"balance": Decimal("21.5")})
    applied(store.apply([change], store.revision()))
    parts = unzipped(store.path.read_bytes())
    plain = tmp_path / "viva.xlsx"  # without the made-up parts, which no program could read
    plain.write_bytes(zipped({k: v for k, v in parts.items() if k not in FEATURES}))
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2",
         "--outdir", str(tmp_path), str(plain)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (csv,) = tmp_path.glob("viva-*.csv")
    row = csv.read_text("utf-8").splitlines()[1].split(",")
    assert row[0] == "21.5"
    # Their formulas keep the values that Excel left until LibreOffice is told to compute: its
    # default for .xlsx is "never recalculate", whatever the file asks for.
    assert row[5] == "0"


# --- any tab of any file ------------------------------------------------------------


def test_a_list_of_anybodys_is_read_row_by_row(tmp_path: Path) -> None:
    body = inline(2, A="Cliente", C="Valor") + '<row r="4"><c r="C4"><v>7.5</v></c></row>'
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    store = crafted(tmp_path, {"Vazia": "", "Lista": body + far})
    found = read_grid(store.path)
    assert (found.title, found.titles) == ("Lista", ("Vazia", "Lista"))
    rows = [(row.number, row.values[:3]) for row in found.rows[:2]]
    assert rows == [(2, ("Cliente", None, "Valor")), (4, (None, None, 7.5))]
    assert read_grid(store.path, "LISTA").rows == found.rows
    assert read_grid(store.path, "vazia").rows == []
    with pytest.raises(KeyError):
        read_grid(store.path, "Outra")
    with pytest.raises(RefusedFile):
        read_grid(tmp_path / "nada.xlsx")
