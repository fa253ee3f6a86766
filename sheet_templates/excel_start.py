"""The start tab: the first five minutes with live ticks, links to every tab, and what to know.

Left: the steps, each with a tick that a formula computes from the workbook itself. Right: the
tabs by group. To the far right, hidden, the distinct names for drop-downs (`regua_list_policies`
and `regua_list_templates`), because the tabs they come from repeat each name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.hyperlink import Hyperlink

from sheet_templates import headings
from sheet_templates.excel_cells import cell_at, put
from sheet_templates.excel_rules import SPARE_REACH, reference
from sheet_templates.excel_styles import (
    BRAND,
    GOOD,
    INK,
    LINE,
    LINK,
    MUTED,
    PAPER,
    SOON,
    TAB_COLOURS,
    font,
    header_look,
    number_format,
    solid,
)
from sheet_templates.excel_tab import set_page
from sheet_templates.schema import SETTINGS, TABS, Group, Kind, Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = {"A": 2, "B": 11, "C": 42, "D": 30, "E": 62, "F": 2, "G": 22, "H": 42}
_FIRST_STEP: Final = 7
_ROW_HEIGHT: Final = 20
_UNIQUE_COLUMNS: Final = {"policies": "AA", "templates": "AB"}
UNIQUE_LISTS: Final = frozenset(_UNIQUE_COLUMNS)
"""Lists whose source repeats its values: their distinct values stand hidden in the start tab."""
_UNIQUE_ROWS: Final = 60
"""Distinct policies or templates that the drop-downs offer."""


def fill_start(sheet: Worksheet, language: str) -> None:
    """Lay out the start tab in an empty sheet."""
    texts = headings.locale(language)["start"]
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 90
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    _put(sheet, "B2", texts["title"], size=26, bold=True, colour=BRAND)
    _put(sheet, "B3", texts["subtitle"], size=12, colour=MUTED)
    sheet.row_dimensions[2].height = 36
    last = _write_steps(sheet, language, texts)
    last = _write_legend(sheet, texts, last + 2)
    _write_notes(sheet, texts, last + 2)
    _write_index(sheet, language, texts)
    _write_unique_lists(sheet, language)
    set_page(sheet, TABS["start"], repeat_header=False)
    sheet.page_setup.fitToHeight = 1
    sheet.print_area = "A1:H32"


def _put(
    sheet: Worksheet,
    place: str,
    text: str,
    *,
    size: float = 11,
    bold: bool = False,
    colour: str = INK,
) -> None:
    cell = sheet[place]
    put(cell, text)
    cell.font = font(size=size, bold=bold, colour=colour)
    cell.alignment = Alignment(vertical="center")


def _section(sheet: Worksheet, row: int, first: int, last: int, title: str) -> None:
    for column in range(first, last + 1):
        cell = cell_at(sheet, row, column)
        cell.fill = solid(BRAND)
        cell.font = font(size=12, bold=True, colour=PAPER)
        cell.alignment = Alignment(horizontal="left", vertical="center", indent=1)
    put(cell_at(sheet, row, first), title)
    sheet.row_dimensions[row].height = 22


def setting_value(language: str, key: str) -> str:
    """Return a formula's expression for a setting's value, wherever its row was sorted to."""
    labels = reference(language, "settings", "setting", SPARE_REACH)
    values = reference(language, "settings", "value", SPARE_REACH)
    return f'INDEX({values},MATCH("{headings.setting_label(language, key)}",{labels},0))'


def _given(expression: str) -> str:
    return f"IFERROR(LEN(TRIM({expression}))>0,FALSE)"


def _steps(language: str) -> Mapping[str, tuple[str, str, str]]:
    """Return each step: key → (when it is done, what stands there now, where its link leads)."""
    email = reference(language, "clients", "email", SPARE_REACH)
    name = reference(language, "clients", "client", SPARE_REACH)
    due = reference(language, "receivables", "due_on", SPARE_REACH)
    invoice = reference(language, "receivables", "id", SPARE_REACH)
    fee, interest = (setting_value(language, key) for key in ("late_fee", "monthly_interest"))
    until, mode = (setting_value(language, key) for key in ("payments_until", "mode"))
    both = f"AND({_given(fee)},{_given(interest)})"
    plain = {
        key: (_given(setting_value(language, key)), _text(setting_value(language, key)), key)
        for key in ("company", "legal_name", "tax_id", "address")
    }
    return {
        **plain,
        "clients": (
            f'AND(COUNTIF({email},"*@*")>0,COUNTIF({email},"*@*")>=COUNTA({name}))',
            f'COUNTIF({email},"*@*")&" / "&COUNTA({name})',
            "clients",
        ),
        "receivables": (
            f"AND(COUNTA({invoice})>0,COUNT({due})>0)",
            f"COUNTA({invoice})",
            "receivables",
        ),
        "rates": (both, f'IF({both},{fee}*100&"% + "&{interest}*100&"%","")', "late_fee"),
        "payments_until": (
            f"IFERROR(AND(ISNUMBER({until}),{until}>=TODAY()-7),FALSE)",
            f'IFERROR(IF(ISNUMBER({until}),{until},""),"")',
            "payments_until",
        ),
        "mode": (_given(mode), _text(mode), "mode"),
    }


def _text(expression: str) -> str:
    return f'IFERROR({expression}&"","")'


def _write_steps(sheet: Worksheet, language: str, texts: Mapping[str, str]) -> int:
    steps = _steps(language)
    first, last = _FIRST_STEP, _FIRST_STEP + len(steps) - 1
    _section(sheet, 5, 2, 5, texts["steps"])
    done = f'COUNTIF(B{first}:B{last},"{texts["done"]}")'
    _formula(sheet, "E5", f'={done}&" / {len(steps)} {texts["progress"]}"')
    sheet["E5"].alignment = Alignment(horizontal="right", vertical="center", indent=1)
    for place, word in (("D6", texts["now"]), ("E6", texts["why"])):
        _put(sheet, place, word, size=9, colour=MUTED)
    titles: Mapping[str, list[str]] = headings.locale(language)["start"]["step"]
    for row, (key, (condition, now, target)) in enumerate(steps.items(), start=first):
        _formula(sheet, f"B{row}", f'=IF({condition},"{texts["done"]}","{texts["missing"]}")')
        sheet[f"B{row}"].font = font(bold=True)
        _put(sheet, f"C{row}", titles[key][0])
        _link(sheet, f"C{row}", language, target)
        _formula(sheet, f"D{row}", f"={now}")
        sheet[f"D{row}"].font = font(colour=INK)
        sheet[f"D{row}"].alignment = Alignment(horizontal="left", vertical="center")
        _put(sheet, f"E{row}", titles[key][1], size=10, colour=MUTED)
        _rule_below(sheet, row, 2, 5)
        sheet.row_dimensions[row].height = _ROW_HEIGHT
        if key == "payments_until":
            sheet[f"D{row}"].number_format = number_format(language, Kind.DATE)
    ticks = f"B{first}:B{last}"
    for word, (fill, ink) in ((texts["done"], GOOD), (texts["missing"], SOON)):
        look = DifferentialStyle(fill=PatternFill(bgColor=fill), font=Font(color=ink))
        rule = Rule(type="expression", formula=[f'$B{first}="{word}"'], dxf=look)
        sheet.conditional_formatting.add(ticks, rule)
    return last


def _formula(sheet: Worksheet, place: str, formula: str) -> None:
    cell = sheet[place]
    cell.value = formula
    cell.alignment = Alignment(vertical="center", horizontal="center")


def _rule_below(sheet: Worksheet, row: int, first: int, last: int) -> None:
    for column in range(first, last + 1):
        cell_at(sheet, row, column).border = Border(bottom=Side(style="thin", color=LINE))


def _link(sheet: Worksheet, place: str, language: str, target: str) -> None:
    """Make a cell lead to a tab, or to the value of a setting."""
    tab, at = (target, "A2") if target in TABS else ("settings", f"B{_setting_row(target)}")
    if not TABS[tab].tabular:
        at = "A1"
    title = quote_sheetname(headings.tab_title(language, tab))
    cell = sheet[place]
    cell.hyperlink = Hyperlink(ref=place, location=f"{title}!{at}", display=str(cell.value))
    cell.font = Font(name=cell.font.name, size=cell.font.size, color=LINK, underline="single")


def _setting_row(key: str) -> int:
    return list(SETTINGS).index(key) + 2


def _write_legend(sheet: Worksheet, texts: Mapping[str, str], row: int) -> int:
    _section(sheet, row, 2, 5, texts["legend"])
    for owner, key in (
        (Owner.USER, "legend_user"),
        (Owner.ENGINE, "legend_engine"),
        (Owner.CHOICE, "legend_choice"),
    ):
        row += 1
        look = header_look(owner)
        swatch = cell_at(sheet, row, 2)
        put(swatch, "Aa")
        swatch.fill, swatch.font = look.fill, look.font
        swatch.alignment = Alignment(horizontal="center", vertical="center")
        _put(sheet, f"C{row}", texts[key])
        sheet.row_dimensions[row].height = _ROW_HEIGHT
    return row


def _write_notes(sheet: Worksheet, texts: Mapping[str, str], row: int) -> None:
    _section(sheet, row, 2, 5, texts["notes"])
    for key in ("note_law", "note_own", "note_copy", "note_secret"):
        row += 1
        _put(sheet, f"B{row}", f"•  {texts[key]}", bold=key == "note_law")
        sheet.row_dimensions[row].height = _ROW_HEIGHT


def _write_index(sheet: Worksheet, language: str, texts: Mapping[str, str]) -> None:
    about: Mapping[str, str] = headings.locale(language)["about"]
    groups: Mapping[str, str] = headings.locale(language)["groups"]
    _section(sheet, 5, 7, 8, texts["tabs"])
    row = 5
    for group in Group:
        if group is Group.START:
            continue
        row += 1
        for letter in "GH":
            sheet[f"{letter}{row}"].border = Border(
                bottom=Side(style="medium", color=TAB_COLOURS[group])
            )
        _put(sheet, f"G{row}", groups[group], size=10, bold=True, colour=TAB_COLOURS[group])
        for tab in TABS.values():
            if tab.group is not group:
                continue
            row += 1
            _put(sheet, f"G{row}", headings.tab_title(language, tab.key))
            _link(sheet, f"G{row}", language, tab.key)
            _put(sheet, f"H{row}", about[tab.key], size=10, colour=MUTED)
            sheet.row_dimensions[row].height = _ROW_HEIGHT


def unique_list_range(language: str, list_name: str) -> str:
    """Return the formula of the defined name of a list whose source repeats its values."""
    letter = _UNIQUE_COLUMNS[list_name]
    title = quote_sheetname(headings.tab_title(language, "start"))
    area = f"{title}!${letter}$2:${letter}${_UNIQUE_ROWS + 1}"
    return f'{title}!${letter}$2:INDEX({area},MAX(1,SUMPRODUCT(--({area}<>""))))'


def _write_unique_lists(sheet: Worksheet, language: str) -> None:
    for (tab, column), letter in (
        (("policy", "policy"), _UNIQUE_COLUMNS["policies"]),
        (("templates", "template"), _UNIQUE_COLUMNS["templates"]),
    ):
        sheet.column_dimensions[letter].hidden = True
        source = reference(language, tab, column, 500)
        for row in range(2, _UNIQUE_ROWS + 2):
            place = f"{letter}{row}"
            above = f"{letter}$1:{letter}{row - 1}"
            first_new = f'MATCH(0,COUNTIF({above},{source})+({source}=""),0)'
            formula = f'=IFERROR(INDEX({source},{first_new}),"")'
            sheet[place] = ArrayFormula(place, formula)
