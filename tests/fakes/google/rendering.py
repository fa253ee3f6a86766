"""Values and cells as answers show them.

Sources: <https://developers.google.com/workspace/sheets/api/reference/rest/v4/ValueRenderOption>,
<https://developers.google.com/workspace/sheets/api/reference/rest/v4/DateTimeRenderOption>,
<https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/cells>; which
keys come, and in which order, from recorded answers. Empty trailing rows and columns are left out;
a formula that yields empty text is not empty there (not verified), though a cell's effectiveValue
and formattedValue are then left out (probed on the live service by others, May 2026, as were dates
that formulas yield, links, and what spilled cells show).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from . import formats
from .cells import Cell, Failure, Formula, Value, extended, json_number
from .formula_parser import Call as FunctionCall
from .formula_parser import Constant, parsed
from .state import COLUMN_WIDTH, ROW_HEIGHT
from .wire import wire

if TYPE_CHECKING:
    from .a1 import Rect
    from .calculation import Calculation
    from .state import Sheet

Json = dict[str, Any]


def number_format(calculation: Calculation, sheet: Sheet, cell: Cell) -> Json | None:
    """The number format that shows: the cell's own, or its formula's."""
    own = (cell.format or {}).get("numberFormat")
    if own is None and isinstance(cell.value, Formula):
        return calculation.hint(sheet, cell.value.text)
    return own


def rendered(
    calculation: Calculation, sheet: Sheet, cell: Cell | None, value: Value, query: Json
) -> Any:
    """One value as `valueRenderOption` and `dateTimeRenderOption` want it; blank is ""."""
    option = query.get("valueRenderOption", "FORMATTED_VALUE")
    if cell is not None and option == "FORMULA" and isinstance(cell.value, Formula):
        return cell.value.text
    if value is None:
        return ""
    if isinstance(value, str) and (cell is None or cell.format is None):
        return value
    own = number_format(calculation, sheet, cell) if cell is not None else None
    if option in {"FORMATTED_VALUE", "VALUE_RENDER_OPTION_UNSPECIFIED"}:
        return formats.shown(value, own, calculation.where)
    if isinstance(value, Failure):
        return value.shown
    if isinstance(value, bool | str):
        return value
    dated = query.get("dateTimeRenderOption") == "FORMATTED_STRING" and formats.is_moment(own)
    return formats.shown(value, own, calculation.where) if dated else json_number(value)


def block(calculation: Calculation, sheet: Sheet, rect: Rect, query: Json) -> list[list[Any]]:
    """The values of a range, trailing blanks left out, by the asked major dimension."""
    last = calculation.last_rows(sheet)
    bottom = max((row + 1 for row, c in last.items() if rect.top <= row < rect.bottom), default=0)
    made: list[list[Any]] = []
    for row in range(rect.top, bottom):
        right = min(rect.right, last.get(row, -1) + 1)
        cells = sheet.cells.get(row) or {}
        line = []
        for column in range(rect.left, right):
            cell = cells.get(column)
            own = cell.value if cell is not None else None
            if own is None or isinstance(own, Formula):
                value: Value = calculation.value(sheet, row, column)
            else:
                value = own
            is_there = value is not None or own is not None
            line.append((is_there, rendered(calculation, sheet, cell, value, query)))
        while line and not line[-1][0]:
            line.pop()
        made.append([shown for _, shown in line])
    while made and not made[-1]:
        made.pop()
    return _by_column(made) if query.get("majorDimension") == "COLUMNS" else made


def _by_column(rows: list[list[Any]]) -> list[list[Any]]:
    width = max((len(row) for row in rows), default=0)
    made = []
    for column in range(width):
        line = [row[column] if column < len(row) else None for row in rows]
        while line and line[-1] in {None, ""}:
            line.pop()
        made.append(["" if one is None else one for one in line])
    while made and not made[-1]:
        made.pop()
    return made


def grid_data(calculation: Calculation, sheet: Sheet, rect: Rect, default: Json) -> Json:
    """A GridData: rows to the last with anything, the sizes of all."""
    made: Json = {}
    if rect.top:
        made["startRow"] = rect.top
    if rect.left:
        made["startColumn"] = rect.left
    rows = []
    last = calculation.last_rows(sheet)
    for row in range(rect.top, rect.bottom):
        cells = sheet.cells.get(row) or {}
        used = [last.get(row, -1), *cells, *calculation.spilled_columns(sheet, row)]
        right = min(rect.right, max(used) + 1)
        values = [
            cell_json(calculation, sheet, row, column, cells.get(column), default)
            for column in range(rect.left, right)
        ]
        rows.append({"values": values} if values else {})
    while rows and not rows[-1]:
        rows.pop()
    if rows:
        made["rowData"] = rows
    made["rowMetadata"] = [
        _size(sheet.row_props.get(n), ROW_HEIGHT) for n in range(rect.top, rect.bottom)
    ]
    made["columnMetadata"] = [
        _size(sheet.column_props.get(n), COLUMN_WIDTH) for n in range(rect.left, rect.right)
    ]
    return made


def _size(props: Json | None, usual: int) -> Json:
    made: Json = wire({"pixelSize": usual, **(props or {})})
    return made


def cell_json(
    calculation: Calculation, sheet: Sheet, row: int, column: int, cell: Cell | None, default: Json
) -> Json:
    """A CellData."""
    value = calculation.value(sheet, row, column)
    spilled = cell is None or cell.value is None
    spilled = spilled and calculation.is_spilled(sheet, row, column)
    if cell is None:
        if value is None and not spilled:
            return {}
        cell = Cell()
    made: Json = {}
    typed = extended(cell.value)
    if typed is not None:
        made["userEnteredValue"] = typed
    own = number_format(calculation, sheet, cell)
    if value not in (None, ""):
        made["effectiveValue"] = extended(value)
        made["formattedValue"] = formats.shown(value, own, calculation.where)
    if cell.format:
        made["userEnteredFormat"] = wire(cell.format)
    link = hyperlink(cell, calculation.where.decimal)
    if value is not None or cell.format or spilled or typed is not None:
        made["effectiveFormat"] = effective_format(default, cell.format, own, value, link)
    extras = {
        "hyperlink": link,
        "note": cell.note,
        "textFormatRuns": [_run(one) for one in cell.runs],
        "dataValidation": cell.validation,
        "pivotTable": cell.pivot,
    }
    return {**made, **{key: wire(extra) for key, extra in extras.items() if extra}}


def hyperlink(cell: Cell, decimal: str) -> str:
    """The address of a linked cell: of HYPERLINK("…") or of its text format."""
    link = (cell.format or {}).get("textFormat", {}).get("link", {}).get("uri", "")
    if isinstance(cell.value, Formula):
        match parsed(cell.value.text, decimal):
            case FunctionCall("HYPERLINK", (Constant(str(address)), *_)):
                return address
    return str(link)


_LINK_COLOUR = {"red": 0.06666667, "green": 0.33333334, "blue": 0.8}
_LINKED = {
    "foregroundColor": _LINK_COLOUR,
    "underline": True,
    "foregroundColorStyle": {"rgbColor": _LINK_COLOUR},
}


def _run(run: Json) -> Json:
    """A TextFormatRun: the first one's index is left out, a link looks like one."""
    made = {"format": {}, **run}
    if made["format"].get("link"):
        made["format"] = {**_LINKED, **made["format"]}
    return {key: one for key, one in made.items() if key != "startIndex" or one}


def effective_format(
    default: Json, own: Json | None, shown: Json | None, value: Value, link: str = ""
) -> Json:
    """The default format, what the cell adds, and the alignment that its value brings."""
    side = "LEFT" if isinstance(value, str) else "CENTER"
    if type(value) is float:
        side = "RIGHT"
    own = {**(own or {}), **({"numberFormat": shown} if shown else {})}
    if link:
        text = {**_LINKED, "link": {"uri": link}, **own.get("textFormat", {})}
        own = {"hyperlinkDisplayType": "LINKED", **own, "textFormat": text}
    made: Json = json.loads(_merged(json.dumps(default), json.dumps(own), side))
    if value is None:
        made.pop("hyperlinkDisplayType", None)
        if "horizontalAlignment" not in own:
            made.pop("horizontalAlignment")
    return made


@lru_cache(maxsize=2000)
def _merged(default: str, own: str, side: str) -> str:
    base = json.loads(default)
    base["textFormat"]["fontFamily"] = "Arial"
    base |= {"horizontalAlignment": side, "hyperlinkDisplayType": "PLAIN_TEXT"}
    return json.dumps(wire(_over(base, json.loads(own))))


def _over(base: Json, own: Json) -> Json:
    made = dict(base)
    for key, value in own.items():
        inner = made.get(key)
        is_colour = key.endswith(("Color", "ColorStyle"))
        if isinstance(inner, dict) and isinstance(value, dict) and not is_colour:
            made[key] = _over(inner, value)
        else:
            made[key] = value
    return made
