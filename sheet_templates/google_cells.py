"""Cells, ranges and looks as the Sheets API has them: plain dicts, made from the schema's words."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sheet_templates import headings
from sheet_templates.excel_styles import (
    FONT_NAME,
    INK,
    WRAPPED,
    body_look,
    column_format,
    header_look,
    number_format,
)
from sheet_templates.google_layout import serial
from sheet_templates.schema import LISTS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.styles import Font

    from sheet_templates.excel_styles import Look
    from sheet_templates.schema import Column, Owner

Json: TypeAlias = dict[str, Any]

FORMAT_FIELDS: Final = (
    "userEnteredFormat(numberFormat,textFormat,backgroundColorStyle,horizontalAlignment,"
    "verticalAlignment,wrapStrategy)"
)
CELL_FIELDS: Final = f"userEnteredValue,{FORMAT_FIELDS},note,dataValidation"

_TYPES = {
    Kind.DATE: "DATE",
    Kind.DATETIME: "DATE_TIME",
    Kind.TIME: "TIME",
    Kind.MONEY: "CURRENCY",
    Kind.PERCENT: "PERCENT",
}
_MONEY = {"pt-BR": "[$R$] #,##0.00;-[$R$] #,##0.00", "en": "#,##0.00;-#,##0.00"}
_CHARACTER, _PADDING = 7.5, 8  # pixels


class CellValueError(ValueError):
    """A value that no cell holds."""


def colour(rgb: str) -> Json:
    """Return a ColorStyle of RRGGBB."""
    parts = (int(rgb[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return {"rgbColor": dict(zip(("red", "green", "blue"), parts, strict=True))}


def text_format(
    *, size: int = 11, ink: str = INK, bold: bool = False, italic: bool = False
) -> Json:
    """Return a TextFormat in the workbook's font."""
    return {
        "fontFamily": FONT_NAME,
        "fontSize": size,
        "bold": bold,
        "italic": italic,
        "foregroundColorStyle": colour(ink),
    }


def shape(kind: Kind, pattern: str, language: str) -> Json | None:
    """Return a NumberFormat; None where the automatic one serves."""
    if kind is Kind.MONEY:
        return {"type": _TYPES[kind], "pattern": _MONEY[language]}
    if pattern == "General":
        return None
    if pattern == "@":
        return {"type": "TEXT", "pattern": "@"}
    return {"type": _TYPES.get(kind, "NUMBER"), "pattern": pattern}


def kind_shape(language: str, kind: Kind) -> Json | None:
    """Return the number format of a kind."""
    return shape(kind, number_format(language, kind), language)


def body_format(language: str, tab: str, column: Column) -> Json:
    """Return the CellFormat of a column's cells below the heading."""
    made = _format(body_look(language, tab, column))
    number = shape(column.kind, column_format(language, tab, column), language)
    if number:
        made["numberFormat"] = number
    if column.kind is Kind.FLAG:
        made["horizontalAlignment"] = "CENTER"
    made["wrapStrategy"] = "WRAP" if column.key in WRAPPED else "CLIP"
    return made


def header_format(owner: Owner) -> Json:
    """Return the CellFormat of a heading."""
    return {**_format(header_look(owner)), "wrapStrategy": "WRAP", "verticalAlignment": "MIDDLE"}


def _format(look: Look) -> Json:
    made: Json = {
        "textFormat": _font(look.font),
        "horizontalAlignment": str(look.alignment.horizontal or "left").upper(),
        "verticalAlignment": "TOP",
    }
    if look.fill.fill_type:
        made["backgroundColorStyle"] = colour(str(look.fill.start_color.rgb)[-6:])
    return made


def _font(font: Font) -> Json:
    ink = font.color.rgb if font.color is not None else INK
    return text_format(
        size=int(font.size or 11), ink=str(ink)[-6:], bold=bool(font.b), italic=bool(font.i)
    )


def width(characters: float) -> int:
    """Return the pixels of a column that is so many characters wide in Excel."""
    return round(characters * _CHARACTER + _PADDING)


def shown(language: str, kind: Kind, list_name: str | None, value: object) -> object:
    """Return what a cell holds for a value: codes in the workbook's words, flags as checkboxes."""
    if kind is Kind.FLAG and value in {"yes", "no"}:
        return value == "yes"
    if kind is Kind.LIST and list_name and value in LISTS[list_name]:
        return headings.value_text(language, list_name, str(value))
    return value


def entered(value: object) -> Json:
    """Return a CellData that holds a value as what it is; text is never read as a person's typing.

    Raises:
        CellValueError: The value is of no type that a cell holds.
    """
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, int | float | Decimal):
        number = value if isinstance(value, int) else float(value)
        return {"userEnteredValue": {"numberValue": number}}
    if isinstance(value, date | datetime | time):
        return {"userEnteredValue": {"numberValue": serial(value)}}
    if isinstance(value, str):
        return {"userEnteredValue": {"stringValue": value}}
    raise CellValueError(f"a cell cannot hold {value!r}")


def formula(text: str) -> Json:
    """Return a CellData with a formula: functions by their English names, `;` between arguments."""
    return {"userEnteredValue": {"formulaValue": text}}


def grid(id_: int, rows: tuple[int, int | None], columns: tuple[int, int | None]) -> Json:
    """Return a GridRange; an end of None is the tab's own."""
    made = {"sheetId": id_, "startRowIndex": rows[0], "startColumnIndex": columns[0]}
    if rows[1] is not None:
        made["endRowIndex"] = rows[1]
    if columns[1] is not None:
        made["endColumnIndex"] = columns[1]
    return made


def put(id_: int, row: int, column: int, *cells: Json, fields: str = CELL_FIELDS) -> Json:
    """Return the request that writes cells beside each other from a place on."""
    return put_rows(id_, row, column, [cells], fields=fields)


def put_rows(
    id_: int, row: int, column: int, rows: Sequence[Sequence[Json]], *, fields: str
) -> Json:
    """Return the request that writes rows of cells from a place on."""
    return {
        "updateCells": {
            "start": {"sheetId": id_, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": list(cells)} for cells in rows],
            "fields": fields,
        }
    }


def sized(id_: int, dimension: str, first: int, last: int, pixels: int) -> Json:
    """Return the request that gives rows or columns first..last (excluded) a size."""
    return {
        "updateDimensionProperties": {
            "range": {
                "sheetId": id_, "dimension": dimension, "startIndex": first, "endIndex": last,
            },
            "properties": {"pixelSize": pixels},
            "fields": "pixelSize",
        }
    }  # fmt: skip


def hidden(id_: int, first: int, last: int) -> Json:
    """Return the request that hides columns first..last (excluded)."""
    return {
        "updateDimensionProperties": {
            "range": {
                "sheetId": id_, "dimension": "COLUMNS", "startIndex": first, "endIndex": last,
            },
            "properties": {"hiddenByUser": True},
            "fields": "hiddenByUser",
        }
    }  # fmt: skip
