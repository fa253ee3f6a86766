"""How the Excel workbook looks: colours, fonts, number formats.

A white cell is the team's to fill in, a grey one is computed, a sand-coloured one is a choice.
Colours are never the only sign: computed headings are in italics too, and every state also stands
there as a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from sheet_templates.schema import Column, Group, Kind, Owner

FONT_NAME: Final = "Calibri"

INK = "1F2A37"
MUTED = "6B7280"
LINE = "D9DEE5"
PAPER = "FFFFFF"
BRAND = "0F4C5C"
LINK = "1D5F8A"

TAB_COLOURS = {
    Group.START: BRAND,
    Group.DAILY: "2B7A9B",
    Group.RESULTS: "3E8E6B",
    Group.RECORDS: "7C8798",
    Group.SETUP: "B7832F",
}

GOOD = ("E3F3EA", "1E6B45")
"""Background and ink of what is well; likewise the next three."""
SOON = ("FFF2CC", "7A5200")
BAD = ("FBE0DD", "9B1C1C")
QUIET = ("ECEFF3", "5B6472")

_HEADER_FILLS = {
    Owner.USER: BRAND,
    Owner.LOG: "4B6477",
    Owner.ENGINE: "D5DAE1",
    Owner.CHOICE: "E3B04B",
}
_BODY_FILLS = {Owner.ENGINE: "F2F4F7", Owner.CHOICE: "FFF8E6"}

# Columns of prose, where a person writes sentences: the plain format. Every other column of text
# has the text format, so that leading zeros, something like a date or like a formula stay as typed.
_PROSE = frozenset(
    {
        "description",
        "notes",
        "body",
        "explanation",
        "text",
        "situation",
        "subject",
        "problem",
        "repair",
        "hold_reason",
        "reason",
        "suggestion",
        "memo",
        "value",
    }
)
WRAPPED = frozenset({"body", "explanation", "text", "situation", "problem", "repair"})

_FORMATS = {
    "pt-BR": {
        Kind.DATE: "dd/mm/yyyy",
        Kind.DATETIME: "dd/mm/yyyy hh:mm",
        Kind.MONEY: "[$R$-416]\\ #,##0.00;\\-[$R$-416]\\ #,##0.00",
        "month": "mm/yyyy",
    },
    "en": {
        Kind.DATE: "yyyy-mm-dd",
        Kind.DATETIME: "yyyy-mm-dd hh:mm",
        Kind.MONEY: "#,##0.00;\\-#,##0.00",
        "month": "yyyy-mm",
    },
}
_COMMON_FORMATS = {
    Kind.TIME: "hh:mm",
    Kind.PERCENT: "0.00%",
    Kind.INT: "#,##0",
    Kind.NUMBER: "#,##0.0",
    Kind.MAILS: "@",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All that makes a cell's appearance."""

    number_format: str
    font: Font
    fill: PatternFill
    alignment: Alignment
    border: Border


def solid(colour: str) -> PatternFill:
    """Return a plain fill of that colour (RRGGBB)."""
    return PatternFill("solid", start_color=colour, end_color=colour)


def font(*, size: float = 11, colour: str = INK, bold: bool = False, italic: bool = False) -> Font:
    """Return the workbook's font."""
    return Font(name=FONT_NAME, size=size, color=colour, bold=bold, italic=italic)


def number_format(language: str, kind: Kind) -> str:
    """Return the number format in which a language shows a kind."""
    return _FORMATS[language].get(kind) or _COMMON_FORMATS.get(kind, "General")


def column_format(language: str, tab: str, column: Column) -> str:
    """Return the number format of a column's cells."""
    if (tab, column.key) == ("trends", "month"):
        return _FORMATS[language]["month"]
    if (tab, column.key) == ("results", "value"):
        return "#,##0.00"
    if column.kind is Kind.TEXT:
        return "General" if column.key in _PROSE else "@"
    if column.kind is Kind.PERCENT and column.owner is not Owner.USER:
        return "0%"
    return number_format(language, column.kind)


def _side(kind: Kind) -> Alignment:
    """Return where a kind stands in its cell: numbers right, days and flags in the middle."""
    if kind in {Kind.FLAG, Kind.DATE, Kind.DATETIME, Kind.TIME}:
        return Alignment(horizontal="center")
    if kind in {Kind.TEXT, Kind.MAILS, Kind.LIST}:
        return Alignment(horizontal="left", indent=1)
    return Alignment(horizontal="right", indent=1)


def header_look(owner: Owner) -> Look:
    """Return the look of a heading: the owner's colour, italics over what is computed."""
    computed = owner is Owner.ENGINE
    dark = owner in {Owner.USER, Owner.LOG}
    return Look(
        number_format="@",
        font=font(
            colour=PAPER if dark else ("4B5563" if computed else INK),
            bold=not computed,
            italic=computed,
        ),
        fill=solid(_HEADER_FILLS[owner]),
        alignment=Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1),
        border=Border(right=Side(style="thin", color=PAPER)),
    )


def body_look(language: str, tab: str, column: Column) -> Look:
    """Return the look of a column's cells below the heading."""
    engine = column.owner is Owner.ENGINE
    fill = _BODY_FILLS.get(column.owner)
    side = Side(style="thin", color=LINE)
    place = _side(column.kind)
    return Look(
        number_format=column_format(language, tab, column),
        font=font(colour="4B5563" if engine else INK),
        fill=solid(fill) if fill else PatternFill(),
        alignment=Alignment(
            horizontal=place.horizontal,
            indent=place.indent,
            vertical="top",
            wrap_text=column.key in WRAPPED or None,
        ),
        border=Border(bottom=side, right=side if fill else Side()),
    )


def heading_width(heading: str, width: float) -> float:
    """Return a width in which the heading fits on two lines beside its filter button."""
    longest_word = max((len(word) for word in heading.split()), default=0)
    return max(width, longest_word + 5.0, len(heading) / 2 + 6.0)
