"""Requests of batchUpdate in few words, and sending them as the robot."""

from typing import Any

from tests.fakes.google.stage import Stage

Json = dict[str, Any]


def box(top: int, bottom: int, left: int, right: int, sheet: int = 0) -> Json:
    return {
        "sheetId": sheet,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


def rows_of(*rows: list[Any]) -> list[Json]:
    """Rows of CellData with typed values."""
    return [{"values": [{"userEnteredValue": _typed(value)} for value in row]} for row in rows]


def _typed(value: Any) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": value}
    return {"formulaValue" if value.startswith("=") else "stringValue": value}


def updating(rows: list[Json], row: int = 0, column: int = 0) -> Json:
    start = {"sheetId": 0, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}


def change(here: Stage, *requests: Json) -> list[Json]:
    """As the robot, through gspread."""
    replies = here.book.batch_update({"requests": list(requests)})["replies"]
    assert isinstance(replies, list)
    return replies


def spans(start: int, end: int, dimension: str = "ROWS") -> Json:
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}
