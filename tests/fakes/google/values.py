"""spreadsheets.values.*: reading, writing, appending and clearing plain values.

Source: <https://developers.google.com/workspace/sheets/api/guides/values> and the reference of
spreadsheets.values. `null` leaves a cell, `""` clears its value; formats stay. Keys and counts of
the answers are those of recorded ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import ranges
from .a1 import Box, Rect, cell_name, letters, spelled
from .cells import Formula
from .entered import entered
from .errors import ApiError, invalid
from .locales import locale
from .rendering import block
from .shifting import insert
from .state import TEXT_LIMIT, check_grid
from .tables import last_table

if TYPE_CHECKING:
    from .cells import Cell, Typed
    from .state import Document, Sheet
    from .store import Call

Json = dict[str, Any]
Block = list[list[Any]]


def get(call: Call) -> Json:
    """GET values/{range}."""
    document = call.document()
    sheet, rect = ranges.cut(document, call.params["range"])
    return _shown(call, document, sheet, rect, call.query)


def batch_get(call: Call) -> Json:
    """GET values:batchGet."""
    document = call.document()
    made: Json = {"spreadsheetId": document.id}
    found = [ranges.cut(document, said) for said in call.query.get("ranges", [])]
    if found:
        made["valueRanges"] = [_shown(call, document, *one, call.query) for one in found]
    return made


def batch_get_by_filter(call: Call) -> Json:
    """POST values:batchGetByDataFilter; the answers' order is not that of the filters (probed)."""
    document = call.document()
    made: list[Json] = []
    for wanted in call.body.get("dataFilters", []):
        sheet, rect = ranges.filtered(document, wanted)
        shown = _shown(call, document, sheet, rect, call.body)
        made.insert(0, {"valueRange": shown, "dataFilters": [_echoed(wanted)]})
    return {"spreadsheetId": document.id, **({"valueRanges": made} if made else {})}


def _echoed(data_filter: Json) -> Json:
    """A filter as it is echoed: without zeros."""
    return {
        key: _echoed(value) if isinstance(value, dict) else value
        for key, value in data_filter.items()
        if value != 0
    }


def _shown(call: Call, document: Document, sheet: Sheet, rect: Rect, query: Json) -> Json:
    major = query.get("majorDimension", "ROWS")
    major = "ROWS" if major == "DIMENSION_UNSPECIFIED" else major
    made: Json = {"range": spelled(sheet.title, rect), "majorDimension": major}
    found = block(call.calculation(document), sheet, rect, query)
    if found:
        made["values"] = found
    return made


def update(call: Call) -> Json:
    """PUT values/{range}."""
    draft = call.draft()
    option = _input_option(call.query.get("valueInputOption"))
    made = _write(call, draft, call.params["range"], call.body or {}, option)
    call.commit(draft)
    return _with_values(call, draft, made, call.query)


def batch_update(call: Call) -> Json:
    """POST values:batchUpdate."""
    draft = call.draft()
    option = _input_option(call.body.get("valueInputOption"))
    made = []
    for index, one in enumerate(call.body.get("data", [])):
        with_index = f"Invalid data[{index}]: "
        made.append(_placed(with_index, call, draft, str(one.get("range", "")), one, option))
    call.commit(draft)
    return _totals(draft, [_with_values(call, draft, one, call.body) for one in made])


def batch_update_by_filter(call: Call) -> Json:
    """POST values:batchUpdateByDataFilter."""
    draft = call.draft()
    option = _input_option(call.body.get("valueInputOption"))
    made = []
    for index, one in enumerate(call.body.get("data", [])):
        sheet, rect = ranges.filtered(draft, one.get("dataFilter", {}))
        said = spelled(sheet.title, rect)
        written = _placed(f"Invalid data[{index}]: ", call, draft, said, one, option)
        made.append({**written, "dataFilter": one.get("dataFilter", {})})
    call.commit(draft)
    totals = _totals(draft, made)
    totals["responses"] = [{k: v for k, v in one.items() if k != "spreadsheetId"} for one in made]
    return totals


def _placed(where: str, call: Call, draft: Document, said: str, body: Json, option: str) -> Json:
    try:
        return _write(call, draft, said, body, option)
    except ApiError as error:
        if error.code == 400:
            raise invalid(where + error.message) from error
        raise


def _totals(document: Document, responses: list[Json]) -> Json:
    made: Json = {"spreadsheetId": document.id}
    keys = ("Rows", "Columns", "Cells")
    touched = [one for one in responses if one.get("updatedCells")]
    boxes = [ranges.cut(document, one["updatedRange"]) for one in touched]
    rows = {(s.id, row) for s, r in boxes for row in range(r.top, r.bottom)}
    columns = {(s.id, column) for s, r in boxes for column in range(r.left, r.right)}
    counts = (len(rows), len(columns), sum(one["updatedCells"] for one in touched))
    made |= {f"totalUpdated{key}": count for key, count in zip(keys, counts, strict=True) if count}
    if touched:
        made["totalUpdatedSheets"] = len({sheet.id for sheet, _ in boxes})
    if responses:
        made["responses"] = responses
    return made


def _input_option(given: str | None) -> str:
    if given in {None, "INPUT_VALUE_OPTION_UNSPECIFIED"}:
        raise invalid("'valueInputOption' is required but not specified")
    return str(given)


def _write(call: Call, draft: Document, said: str, body: Json, option: str) -> Json:
    """Write a ValueRange into the draft; the UpdateValuesResponse."""
    sheet, box = ranges.find(draft, said)
    check_grid(sheet, box)
    values = _rows(body)
    one_cell = (
        box.top is not None
        and box.left is not None
        and (box.bottom, box.right) == (box.top + 1, box.left + 1)
    )
    bounds = box.within(sheet.rows, sheet.columns)
    if one_cell:
        bounds = Rect(bounds.top, sheet.rows, bounds.left, sheet.columns)
    _check_bounds(sheet, box, bounds, values)
    return _put(
        call, draft, sheet, (bounds.top, bounds.left), values, option, bounds, one_cell=one_cell
    )


def _rows(body: Json) -> Block:
    """The values, row by row.

    Raises:
        ApiError: 400 for a list or an object where a value should be.
    """
    values: Block = [row or [] for row in body.get("values", [])]
    for down, row in enumerate(values):
        if not isinstance(row, list):
            raise invalid(
                f"Invalid value at 'data.values[{down}]' "
                f'(type.googleapis.com/google.protobuf.ListValue), "{row}"'
            )
        for right, value in enumerate(row):
            if isinstance(value, list | dict):
                kind = "list_value" if isinstance(value, list) else "struct_value"
                said = _proto(value)
                raise invalid(f"Invalid values[{down}][{right}]: {kind} {{\n{said}}}\n")
    if body.get("majorDimension") == "COLUMNS":
        height = max((len(column) for column in values), default=0)
        return [[c[row] if row < len(c) else None for c in values] for row in range(height)]
    return values


def _proto(value: Any, depth: int = 1) -> str:
    """A value as the text form of protobuf shows it in the refusal."""
    pad = "  " * depth
    if isinstance(value, list):
        return "".join(f"{pad}values {{\n{_proto(one, depth + 1)}{pad}}}\n" for one in value)
    if isinstance(value, dict):
        return "".join(
            f'{pad}fields {{\n{pad}  key: "{key}"\n{pad}  value {{\n'
            f"{_proto(one, depth + 2)}{pad}  }}\n{pad}}}\n"
            for key, one in value.items()
        )
    if isinstance(value, bool):
        return f"{pad}bool_value: {str(value).lower()}\n"
    if isinstance(value, str):
        return f'{pad}string_value: "{value}"\n'
    return f"{pad}null_value: NULL_VALUE\n" if value is None else f"{pad}number_value: {value}\n"


def _check_bounds(sheet: Sheet, box: Box, bounds: Rect, values: Block) -> None:
    """Refuse values that do not fit into the range, or into the grid."""
    first = cell_name(bounds.top, bounds.left)
    name = "'" + sheet.title.replace("'", "''") + "'!" + _bounds_name(box, first)
    if bounds.top + len(values) > bounds.bottom:
        raise invalid(
            f"Requested writing within range [{name}], but tried writing to row "
            f"[{bounds.bottom + 1}]"
        )
    width = max((len(row) for row in values), default=0)
    if bounds.left + width > bounds.right:
        column = letters(bounds.right)
        raise invalid(
            f"Requested writing within range [{name}], but tried writing to column [{column}]"
        )


def _bounds_name(box: Box, first: str) -> str:
    if box == Box():
        return first
    last = (letters(box.right - 1) if box.right is not None else "") + (
        str(box.bottom) if box.bottom is not None else ""
    )
    return first if last in {first, ""} else f"{first}:{last}"


def _put(
    call: Call,
    draft: Document,
    sheet: Sheet,
    start: tuple[int, int],
    values: Block,
    option: str,
    bounds: Rect,
    *,
    one_cell: bool = True,
) -> Json:
    """Set the cells; count as Google counts: `""` is an update, null is none."""
    top, left = start
    width = max((len(row) for row in values), default=0)
    made: Json = {"spreadsheetId": draft.id}
    if not values or not width:
        rect = Rect(top, top + 1, left, left + 1) if one_cell else bounds
        return {**made, "updatedRange": spelled(sheet.title, rect)}
    written = Rect(top, top + len(values), left, left + width)
    call.check_protection(draft, sheet, written)
    places = []
    for down, row in enumerate(values):
        for right, value in enumerate(row):
            if value is not None:
                at = (top + down, left + right)
                sheet.put(*at, typed(call, draft, sheet.get(*at), value, option))
                places.append(at)
    counts = {
        "updatedRows": len({row for row, _ in places}),
        "updatedColumns": len({column for _, column in places}),
        "updatedCells": len(places),
    }
    return {
        **made,
        "updatedRange": spelled(sheet.title, written),
        **{key: count for key, count in counts.items() if count},
    }


def typed(call: Call, document: Document, cell: Cell, value: Any, option: str) -> Cell:
    """The cell with a JSON value in it.

    Raises:
        ApiError: 400 for more text than a cell holds.
    """
    if isinstance(value, bool):
        return cell.with_value(value)
    if isinstance(value, int | float):
        return cell.with_value(float(value))
    if len(value) > TEXT_LIMIT:
        raise invalid(
            f"Your input contains more than the maximum of {TEXT_LIMIT} characters in a single "
            "cell."
        )
    if option == "RAW" or value == "":
        return cell.with_value(value)
    own = (cell.format or {}).get("numberFormat")
    read: Typed
    read, brought = entered(value, locale(document.locale), call.store.now().date(), own)
    if isinstance(read, Formula):
        read = document.canonical(read)
    made = cell.with_value(read)
    if brought and not own:
        made = replace(made, format={**(cell.format or {}), "numberFormat": brought})
    return made


def _with_values(call: Call, document: Document, made: Json, query: Json) -> Json:
    """The answer with what was written, if it was asked for."""
    if not query.get("includeValuesInResponse"):
        return made
    sheet, rect = ranges.cut(document, made["updatedRange"])
    asked = {
        "valueRenderOption": query.get("responseValueRenderOption", "FORMATTED_VALUE"),
        "dateTimeRenderOption": query.get("responseDateTimeRenderOption", "SERIAL_NUMBER"),
    }
    return {**made, "updatedData": _shown(call, document, sheet, rect, asked)}


def append(call: Call) -> Json:
    """POST values/{range}:append."""
    draft = call.draft()
    option = _input_option(call.query.get("valueInputOption"))
    sheet, rect = ranges.cut(draft, call.params["range"])
    values = _rows(call.body or {})
    table = last_table(call.calculation(call.document()), call.document().sheet(sheet.id), rect)
    start = (table.bottom, table.left) if table else (rect.top, rect.left)
    made: Json = {"spreadsheetId": draft.id}
    if table:
        made["tableRange"] = spelled(sheet.title, table)
    _make_room(
        draft, sheet, start, values, inserting=call.query.get("insertDataOption") == "INSERT_ROWS"
    )
    written = _put(call, draft, sheet, start, values, option, sheet.whole)
    call.commit(draft)
    made["updates"] = _with_values(call, draft, written, call.query)
    return made


def _make_room(
    draft: Document, sheet: Sheet, start: tuple[int, int], values: Block, *, inserting: bool
) -> None:
    """New rows below the table, or at the end of the tab when it is too short; columns likewise."""
    top, left = start
    if inserting and top < sheet.rows and values:
        insert(draft, sheet, rows=True, at=top, count=len(values), from_before=True)
    sheet.rows = max(sheet.rows, top + len(values))
    sheet.columns = max(sheet.columns, left + max((len(row) for row in values), default=0))


def clear(call: Call) -> Json:
    """POST values/{range}:clear."""
    draft = call.draft()
    said = _clear(call, draft, *ranges.cut(draft, call.params["range"]))
    call.commit(draft)
    return {"spreadsheetId": draft.id, "clearedRange": said}


def batch_clear(call: Call) -> Json:
    """POST values:batchClear."""
    draft = call.draft()
    made = []
    for index, said in enumerate(call.body.get("ranges", [])):
        try:
            made.append(_clear(call, draft, *ranges.cut(draft, said)))
        except ApiError as error:
            raise invalid(f"Invalid range[{index}]: {error.message}") from error
    call.commit(draft)
    return {"spreadsheetId": draft.id, **({"clearedRanges": made} if made else {})}


def batch_clear_by_filter(call: Call) -> Json:
    """POST values:batchClearByDataFilter."""
    draft = call.draft()
    found = [ranges.filtered(draft, one) for one in call.body.get("dataFilters", [])]
    made = [_clear(call, draft, *one) for one in found]
    call.commit(draft)
    return {"spreadsheetId": draft.id, **({"clearedRanges": made} if made else {})}


def _clear(call: Call, draft: Document, sheet: Sheet, rect: Rect) -> str:
    call.check_protection(draft, sheet, rect)
    for row, column, cell in list(sheet.filled(rect)):
        sheet.put(row, column, cell.with_value(None))
    return spelled(sheet.title, rect)
