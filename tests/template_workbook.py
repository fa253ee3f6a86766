"""Making and reading new workbooks, for the tests of the templates."""

from __future__ import annotations

import io
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sheet_templates import headings
from sheet_templates.excel import build
from sheet_templates.schema import TABS

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

DAY = date(2026, 11, 23)
IDENTITY = "4c1d7a52-2a5e-4f6e-9c1b-0f4f5c6d7e8f"


@cache
def _blank(language: str) -> bytes:
    return build(language, workbook_id=IDENTITY, created=DAY)


def made(language: str = "pt-BR", **given: Any) -> bytes:  # build's own arguments
    if not given:
        return _blank(language)
    return build(language, workbook_id=IDENTITY, created=DAY, **given)


def opened(file: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(file))


def sheet_of(book: Workbook, language: str, tab: str) -> Worksheet:
    sheet = book[headings.tab_title(language, tab)]
    assert isinstance(sheet, Worksheet)
    return sheet


def letter_of(tab: str, column: str) -> str:
    return get_column_letter([c.key for c in TABS[tab].columns].index(column) + 1)
