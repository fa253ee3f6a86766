"""What a spreadsheet computes in a new workbook, asked of LibreOffice: colours and ticks."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date, timedelta
from typing import TYPE_CHECKING

import openpyxl
import pytest

from sheet_templates import headings
from sheet_templates.excel_rules import SPARE_REACH
from sheet_templates.sample import sample
from tests.template_workbook import letter_of, made, opened, sheet_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

pytestmark = pytest.mark.slow
both = pytest.mark.parametrize("language", headings.LANGUAGES)

SOFFICE = shutil.which("soffice")
needs_calc = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """LibreOffice's settings; its first start takes the time to make them."""
    return (tmp_path_factory.mktemp("office") / "profile").as_uri()


def computed(folder: Path, profile: str, *books: Workbook) -> list[Workbook]:
    """Let LibreOffice compute workbooks and read their values."""
    (folder / "in").mkdir()
    names = [f"book-{number}.xlsx" for number in range(len(books))]
    for book, name in zip(books, names, strict=True):
        book.save(folder / "in" / name)
    subprocess.run(
        [
            str(SOFFICE),
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(folder),
            *(str(folder / "in" / name) for name in names),
        ],
        check=True,
        capture_output=True,
        timeout=170,
    )
    return [openpyxl.load_workbook(folder / name, data_only=True) for name in names]


def colour_formulas(sheet: Worksheet, area: str) -> list[str]:
    for found in sheet.conditional_formatting:
        if str(found.sqref) == area:
            return [str(rule.formula[0]) for rule in found.rules]
    raise AssertionError(area)


@pytest.mark.heavy
@needs_calc
@both
def test_colours_tell_late_soon_and_paid_without_a_run(
    language: str, tmp_path: Path, profile: str
) -> None:
    today = date.today()  # noqa: DTZ011 - the sheet's TODAY() is this machine's

    def ago(days: int) -> date:
        return today - timedelta(days=days)

    flag = {"disputed": True}
    # The row; whether it is coloured as late, as due soon, as paid, as not understood.
    cases: Sequence[tuple[dict[str, object], tuple[bool, bool, bool, bool]]] = [
        ({"due_on": ago(10)}, (True, False, False, False)),
        ({"due_on": ago(10), **flag}, (True, False, False, False)),
        ({"due_on": ago(-5)}, (False, True, False, False)),
        ({"due_on": today}, (False, True, False, False)),
        ({"due_on": ago(-30)}, (False, False, False, False)),
        ({"due_on": ago(10), "paid_on": ago(2)}, (False, False, True, False)),
        ({"due_on": ago(10), "paid_on": ago(2), "paid_amount": 40}, (True, False, False, False)),
        ({"due_on": ago(10), "cancelled": "void"}, (False, False, False, False)),
        ({"due_on": ago(10), "status": "in_plan"}, (False, False, False, False)),
        ({"due_on": "31/02/2026"}, (False, False, False, True)),
        ({"due_on": ago(10), "id": "paid-in-lines"}, (False, False, True, False)),
        ({"due_on": ago(10), "id": "paid-in-part"}, (True, False, False, False)),
    ]
    rows = [{"id": f"N-{n}", "amount": 100, **case} for n, (case, _) in enumerate(cases)]
    lines = [
        {"paid_on": ago(3), "receivable": "paid-in-lines", "amount": 60},
        {"paid_on": ago(2), "receivable": "paid-in-lines", "amount": 40},
        {"paid_on": ago(2), "receivable": "paid-in-part", "amount": 60},
    ]
    book = opened(made(language, rows={"receivables": rows, "payments": lines}))
    sheet = sheet_of(book, language, "receivables")
    first, last = letter_of("receivables", "due_on"), letter_of("receivables", "amount")
    area = f"{first}2:{last}{SPARE_REACH}"
    for number, formula in enumerate(colour_formulas(sheet, area)):
        for row in range(2, len(rows) + 2):
            moved = re.sub(r"(\$?\b[A-Z]{1,2})2\b", rf"\g<1>{row}", formula)
            sheet.cell(row, 40 + number).value = f"={moved}"
    done = sheet_of(computed(tmp_path, profile, book)[0], language, "receivables")
    for row, (case, expected) in enumerate(cases, start=2):
        found = tuple(done.cell(row, 40 + number).value for number in range(4))
        assert found == expected, case


@pytest.mark.heavy
@needs_calc
@both
def test_ticks_of_the_start_tab_follow_the_workbook(
    language: str, tmp_path: Path, profile: str
) -> None:
    texts = headings.locale(language)["start"]
    ledger = sample(language, seed=2, today=date.today())  # noqa: DTZ011 - as TODAY() in the sheet
    clients = [dict(client, email="a@example.com") for client in ledger.rows["clients"]]
    full = made(language, rows={**ledger.rows, "clients": clients}, settings=ledger.settings)
    empty, filled = computed(tmp_path, profile, opened(made(language)), opened(full))
    ticks = [sheet_of(empty, language, "start")[f"B{row}"].value for row in range(7, 16)]
    assert ticks == [texts["missing"]] * 8 + [texts["done"]], "only the mode has a default"
    sheet = sheet_of(filled, language, "start")
    assert [sheet[f"B{row}"].value for row in range(7, 16)] == [texts["done"]] * 9
    assert sheet["D7"].value == "Aurora Móveis"
    policies = [sheet[f"AA{row}"].value for row in range(2, 6)]
    assert policies[:2] == [headings.default_policy(language)[0]["policy"], "plan"]
    assert not any(policies[2:]), "each policy is offered once"
