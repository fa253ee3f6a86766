"""Drop-downs, checks while typing, and colours that tell the state without a run.

All of them reach over the spare rows below the data, so that rows can simply be added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from sheet_templates import headings
from sheet_templates.excel_styles import BAD, GOOD, QUIET, SOON
from sheet_templates.schema import COLUMN_LISTS, LISTS, SETTINGS, TABS, Kind, Owner

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from sheet_templates.schema import Column, Tab

LIST_NAME_PREFIX: Final = "regua_list_"
"""Defined names of the lists that are another tab's column: `regua_list_clients` and so on."""

_SUGGESTED_ONLY = frozenset({"receivables"})  # an instalment or an unknown number is welcome there
DUE_SOON_DAYS = 7
PAYMENT_NAMES: Final = ("regua_payments_receivable", "regua_payments_amount")
"""Names of two columns of payments: by name a colour's formula reaches another tab in any Excel."""

SPARE_REACH: Final = 20_000
"""Rows that lists, colours, filters and formulas cover, so that rows can simply be added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A tab in a sheet of one language, and how far its rules reach."""

    sheet: Worksheet
    language: str
    tab: Tab
    last_row: int

    def letter(self, key: str) -> str:
        """Return the letter of a column in a new workbook."""
        return get_column_letter([column.key for column in self.tab.columns].index(key) + 1)

    def cells(self, first: str, last: str | None = None) -> str:
        """Return the range of the data cells from one column to another."""
        return f"{self.letter(first)}2:{self.letter(last or first)}{self.last_row}"

    def word(self, list_name: str, code: str) -> str:
        """Return a list's value as a formula's text."""
        return f'"{headings.value_text(self.language, list_name, code)}"'


def reference(language: str, tab: str, column: str, last_row: int) -> str:
    """Return the absolute range of a column's data cells in a new workbook."""
    letter = get_column_letter([c.key for c in TABS[tab].columns].index(column) + 1)
    title = quote_sheetname(headings.tab_title(language, tab))
    return f"{title}!${letter}$2:${letter}${last_row}"


def list_formula(language: str, list_name: str) -> str:
    """Return the source of a drop-down: the words themselves, or the name of another column."""
    if list_name in COLUMN_LISTS:
        return f"{LIST_NAME_PREFIX}{list_name}"
    words = [headings.value_text(language, list_name, code) for code in LISTS[list_name]]
    return '"' + ",".join(words) + '"'


def add_validations(place: Place) -> None:
    """Give each column that a person fills its drop-down or its check."""
    for column in place.tab.columns:
        if column.owner in {Owner.ENGINE, Owner.LOG}:
            continue
        if (rule := validation(place.language, column.kind, column.list_name)) is None:
            continue
        _suit(rule, place.tab, column)
        rule.add(place.cells(column.key))
        place.sheet.add_data_validation(rule)


def _suit(rule: DataValidation, tab: Tab, column: Column) -> None:
    """Fit a kind's check to a column: amounts above zero, days before the due date."""
    if column.kind is Kind.MONEY and column.required:
        rule.operator = "greaterThan"
    if (tab.key, column.key) == ("policy", "offset"):
        rule.operator, rule.formula1, rule.formula2 = "between", "-3650", "3650"


def validation(language: str, kind: Kind, list_name: str | None) -> DataValidation | None:
    """Return the check of a kind, without cells; None where anything goes."""
    if list_name is not None:
        rule = DataValidation(type="list", formula1=list_formula(language, list_name))
        said = "choice" if list_name not in COLUMN_LISTS else "known"
        if list_name in COLUMN_LISTS:
            rule.errorStyle = "warning"
    elif kind in {Kind.DATE, Kind.DATETIME}:
        rule = DataValidation(type="date", operator="greaterThan", formula1="32874")  # 1990-01-01
        said = "date"
    elif kind is Kind.TIME:
        rule = DataValidation(type="time", operator="between", formula1="0", formula2="0.999988426")
        said = "time"
    elif kind is Kind.MONEY:
        rule = DataValidation(type="decimal", operator="greaterThanOrEqual", formula1="0")
        said = "money"
    elif kind is Kind.PERCENT:
        rule = DataValidation(type="decimal", operator="between", formula1="0", formula2="1")
        said = "percent"
    elif kind is Kind.INT:
        rule = DataValidation(type="whole", operator="between", formula1="0", formula2="100000")
        said = "int"
    else:
        return None
    texts = headings.locale(language)["validation"]
    rule.allow_blank = True
    rule.errorTitle = texts["title"]
    rule.error = texts[said]
    rule.showErrorMessage = list_name not in _SUGGESTED_ONLY
    return rule


def add_setting_validations(place: Place) -> None:
    """Give each setting's value cell the check of its own kind, and colour what is missing."""
    letter = place.letter("value")
    for row, setting in enumerate(SETTINGS.values(), start=2):
        rule = validation(place.language, setting.kind, setting.list_name)
        if rule is not None:
            rule.add(f"{letter}{row}")
            place.sheet.add_data_validation(rule)
    required = [row for row, s in enumerate(SETTINGS.values(), start=2) if s.required]
    for row in required:
        place.sheet.conditional_formatting.add(
            f"{letter}{row}", _when(f'TRIM(${letter}{row})=""', BAD)
        )


def _behind(colour: str) -> PatternFill:
    """Return a fill for a conditional format, which takes its colour from bgColor."""
    return PatternFill(bgColor=colour)


def _when(formula: str, colours: tuple[str, str], *, bold: bool = False) -> Rule:
    fill, ink = colours
    look = DifferentialStyle(fill=_behind(fill), font=Font(color=ink, bold=bold or None))
    return Rule(type="expression", formula=[formula], dxf=look)


def _repeated(colours: tuple[str, str]) -> Rule:
    fill, ink = colours
    look = DifferentialStyle(fill=_behind(fill), font=Font(color=ink))
    return Rule(type="duplicateValues", dxf=look)


def add_colours(place: Place) -> None:
    """Give a tab the colours that its state calls for."""
    key = place.tab.key
    if key in {"receivables", "instalments"}:
        _colour_items(place)
    if key == "receivables":
        place.sheet.conditional_formatting.add(place.cells("id"), _repeated(BAD))
    if key == "clients":
        _colour_clients(place)
    if key == "queue":
        _colour_words(
            place,
            "state",
            "queue_state",
            {"ready": GOOD, "needs_approval": SOON, "held": QUIET, "uncertain": BAD},
        )
    if key == "issues":
        _colour_words(place, "severity", "severity", {"error": BAD, "warning": SOON})
    if key == "history":
        bad = dict.fromkeys(("refused", "uncertain", "bounced"), BAD)
        _colour_words(place, "outcome", "history_outcome", {"sent": GOOD, **bad})
    if key == "negotiations":
        _colour_words(place, "outcome", "outcome", {"kept": GOOD, "broken": BAD})
    if key == "runs":
        bad = dict.fromkeys(("some_failed", "failed"), BAD)
        _colour_words(place, "result", "run_result", {"done": GOOD, "postponed": SOON, **bad})


def _colour_words(
    place: Place, column: str, list_name: str, colours: dict[str, tuple[str, str]]
) -> None:
    letter = place.letter(column)
    for code, pair in colours.items():
        rule = _when(f"${letter}2={place.word(list_name, code)}", pair)
        place.sheet.conditional_formatting.add(place.cells(column), rule)


def _colour_items(place: Place) -> None:
    """Colour what is overdue and what is due soon, from the team's own cells and TODAY().

    Late is after the next weekday, as paying then is on time (Lei 7.089/83 art. 1); holidays are
    known to the run alone. A status of the last run that settles the item keeps it plain.
    """
    due, paid_on, paid = (place.letter(key) for key in ("due_on", "paid_on", "paid_amount"))
    amount, status = place.letter("amount"), place.letter("status")
    key = place.letter(place.tab.key_columns[0])
    by_row = f'AND(${paid_on}2<>"",OR(${paid}2="",${paid}2>=${amount}2))'
    by_lines = f"SUMIF({PAYMENT_NAMES[0]},${key}2,{PAYMENT_NAMES[1]})>=${amount}2"
    settled = f"AND(ISNUMBER(${amount}2),OR({by_row},{by_lines}))"
    over = [f"${status}2<>{place.word('status', code)}" for code in ("paid", "in_plan", "void")]
    over.append(f"${status}2<>{place.word('status', 'written_off')}")
    if place.tab.key == "receivables":
        over.append(f'${place.letter("cancelled")}2=""')
    open_ = f"ISNUMBER(${due}2),NOT({settled}),{','.join(over)}"
    late = f"IFERROR(AND({open_},WORKDAY(${due}2-1,1)<TODAY()),FALSE)"
    near = f"WORKDAY(${due}2-1,1)>=TODAY(),${due}2<=TODAY()+{DUE_SOON_DAYS}"
    soon = f"IFERROR(AND({open_},{near}),FALSE)"
    typed = f'AND({due}2<>"",NOT(ISNUMBER({due}2)))'  # text in place of a date or an amount
    add = place.sheet.conditional_formatting.add
    if place.tab.key == "receivables":
        held = f"OR(${place.letter('disputed')}2={place.word('flag', 'yes')},"
        held += f"${place.letter('hold_until')}2>=TODAY())"
        add(place.cells("disputed", "hold_until"), _when(held, QUIET, bold=True))
    area = place.cells("due_on", "amount")
    add(area, _when(late, BAD, bold=True))
    add(area, _when(soon, SOON))
    add(area, _when(settled, GOOD))
    add(area, _when(typed, BAD, bold=True))
    add(place.cells("status"), _when(f"${status}2={place.word('status', 'overdue')}", BAD))
    add(place.cells("status"), _when(f"${status}2={place.word('status', 'paid')}", GOOD))
    add(
        place.cells("status"),
        _when(f"${status}2={place.word('status', 'problem')}", BAD, bold=True),
    )


def _colour_clients(place: Place) -> None:
    name, email = place.letter("client"), place.letter("email")
    add = place.sheet.conditional_formatting.add
    add(place.cells("client"), _repeated(BAD))
    add(place.cells("email"), _when(f'AND(${name}2<>"",TRIM(${email}2)="")', BAD))
    stop = f"${place.letter('do_not_contact')}2={place.word('flag', 'yes')}"
    add(place.cells("do_not_contact"), _when(stop, QUIET, bold=True))
    _colour_words(place, "risk", "risk", {"low": GOOD, "medium": SOON, "high": BAD})
