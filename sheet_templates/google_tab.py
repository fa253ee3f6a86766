"""One tab with headings in row 1: made whole when it is missing, mended where it is there.

A tab that stands already keeps its order, widths, formats, notes and filters: people may have
changed them. Only what is missing comes back: a column, the check below a heading, the formula of
an engine column, colours, the protection of a tab of the service's own.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from sheet_templates import headings
from sheet_templates.excel_styles import TAB_COLOURS, heading_width
from sheet_templates.google_book import Book, protection
from sheet_templates.google_cells import (
    Json,
    body_format,
    colour,
    entered,
    formula,
    grid,
    header_format,
    hidden,
    kind_shape,
    put,
    put_rows,
    shown,
    sized,
    text_format,
    width,
)
from sheet_templates.google_checks import CHECKED, check, rule_of
from sheet_templates.google_formulas import alike, colourings, shown_value
from sheet_templates.google_layout import (
    COLUMN_METADATA,
    FROZEN,
    KEYS,
    SERVED,
    is_protected,
    made_id,
    sheet_id,
)
from sheet_templates.schema import SETTINGS, Group, Kind, Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sheet_templates.google_present import PresentTab
    from sheet_templates.schema import Column, Setting, Tab

_HEADING_HEIGHT = 46
_BAND = "F7FAFB"


def added(tab: Tab, book: Book, index: int) -> Json:
    """Return the request that adds the empty tab at a place in the order."""
    grid_properties = {
        "rowCount": book.row_count(tab.key),
        "columnCount": max(len(tab.columns), 14),
        "frozenRowCount": 1 if tab.tabular else 0,
        "frozenColumnCount": FROZEN.get(tab.key, 1) if tab.tabular else 0,
        "hideGridlines": not tab.tabular,
    }
    if tab.tabular:
        grid_properties["columnCount"] = len(tab.columns)
    return {
        "addSheet": {
            "properties": {
                "sheetId": sheet_id(tab.key),
                "title": headings.tab_title(book.language, tab.key),
                "index": index,
                "tabColorStyle": colour(TAB_COLOURS[tab.group]),
                "gridProperties": grid_properties,
            }
        }
    }


def fill(tab: Tab, book: Book) -> Iterator[Json]:
    """Yield what makes an empty tab of ours a tab of the workbook."""
    id_ = book.ids[tab.key]
    yield sized(id_, "ROWS", 0, 1, _HEADING_HEIGHT)
    for index, column in enumerate(tab.columns):
        yield from _column(tab, column, index, book)
    yield from _rows(tab, book)
    yield from _dressing(tab, book, present=None)
    theirs = bool(tab.by_owner(Owner.USER))
    if theirs and tab.group is not Group.SETUP:
        yield from _folded(tab, id_)
    if theirs:
        area = grid(id_, (0, None), (0, len(tab.columns)))
        yield {"setBasicFilter": {"filter": {"range": area}}}


def mend(tab: Tab, book: Book, present: PresentTab) -> Iterator[Json]:
    """Yield what a tab that is there lacks."""
    id_ = book.ids[tab.key]
    absent = [column for column in tab.columns if present.find(tab.key, column.key) is None]
    end = max(book.places[tab.key].values(), default=-1) + 1
    if end > present.columns:
        yield {
            "appendDimension": {
                "sheetId": id_, "dimension": "COLUMNS", "length": end - present.columns,
            }
        }  # fmt: skip
    for column in tab.columns:
        index = book.places[tab.key][column.key]
        if column in absent:
            yield from _column(tab, column, index, book)
            continue
        found = present.find(tab.key, column.key)
        if found is not None and not found.is_checked and column.owner in CHECKED:
            yield from check(tab, column, index, book)
        if found is not None and tab.key in SERVED and column.owner is Owner.ENGINE:
            yield from _mended_formula(tab, column, book, present)
    yield from _dressing(tab, book, present=present)


def _mended_formula(tab: Tab, column: Column, book: Book, present: PresentTab) -> Iterator[Json]:
    """Yield what brings back an engine column's formula, and its mark."""
    found = present.find(tab.key, column.key)
    index = book.places[tab.key][column.key]
    wanted = _heading(tab, column, book)["userEnteredValue"]
    stands = found.formula if found is not None else None
    is_blocked = found is not None and found.text.startswith("#")
    if stands is None or is_blocked or alike(stands) != alike(wanted["formulaValue"]):
        # Values that stand below, of an import or typed, keep the formula from unfolding.
        below = grid(book.ids[tab.key], (1, None), (index, index + 1))
        yield {"repeatCell": {"range": below, "cell": {}, "fields": "userEnteredValue"}}
        cell = {"userEnteredValue": wanted}
        yield put(book.ids[tab.key], 0, index, cell, fields="userEnteredValue")
    if f"{tab.key}.{column.key}" not in present.marked:
        yield _mark(tab, column, index, book)


def _column(tab: Tab, column: Column, index: int, book: Book) -> Iterator[Json]:
    """Yield the whole of one column of ours: heading, note, width, looks, check."""
    id_ = book.ids[tab.key]
    title = headings.heading(book.language, tab.key, column.key)
    cell = {
        **_heading(tab, column, book),
        "userEnteredFormat": header_format(column.owner),
        "note": headings.column_help(book.language, tab.key, column.key),
    }
    yield put(id_, 0, index, cell)
    pixels = width(heading_width(title, column.width))
    yield sized(id_, "COLUMNS", index, index + 1, pixels)
    look = body_format(book.language, tab.key, column)
    yield {
        "repeatCell": {
            "range": grid(id_, (1, None), (index, index + 1)),
            "cell": {"userEnteredFormat": look},
            "fields": "userEnteredFormat",
        }
    }
    if column.hidden:
        yield hidden(id_, index, index + 1)
    if column.owner in CHECKED:
        yield from check(tab, column, index, book)
    if tab.key in SERVED and column.owner is Owner.ENGINE:
        yield _mark(tab, column, index, book)


def _heading(tab: Tab, column: Column, book: Book) -> Json:
    if tab.key in SERVED and column.owner is Owner.ENGINE:
        places = book.places[tab.key]
        keys = {key: places[key] for key in KEYS[tab.key]}
        return formula(shown_value(book.language, tab.key, column.key, keys))
    return entered(headings.heading(book.language, tab.key, column.key))


def _mark(tab: Tab, column: Column, index: int, book: Book) -> Json:
    """Return the request that marks an engine's column, so that it is known wherever it goes."""
    name = f"{tab.key}.{column.key}"
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": made_id(f"column:{name}"),
                "metadataKey": COLUMN_METADATA,
                "metadataValue": name,
                "visibility": "DOCUMENT",
                "location": {
                    "dimensionRange": {
                        "sheetId": book.ids[tab.key],
                        "dimension": "COLUMNS",
                        "startIndex": index,
                        "endIndex": index + 1,
                    }
                },
            }
        }
    }


def _rows(tab: Tab, book: Book) -> Iterator[Json]:
    """Yield the first rows of a new tab."""
    rows = book.rows.get(tab.key, ())
    if not rows:
        return
    id_ = book.ids[tab.key]
    if tab.key == "settings":
        yield from _settings(id_, book, rows)
        return
    for is_formula, run in groupby(
        enumerate(tab.columns), lambda one: tab.key in SERVED and one[1].owner is Owner.ENGINE
    ):
        columns = list(run)
        if is_formula:
            continue
        cells = [
            [
                entered(shown(book.language, each.kind, each.list_name, row.get(each.key)))
                for _, each in columns
            ]
            for row in rows
        ]
        yield put_rows(id_, 1, columns[0][0], cells, fields="userEnteredValue")
    if tab.key == "aging":
        bold = {"userEnteredFormat": {"textFormat": text_format(bold=True)}}
        area = grid(id_, (1, 3), (0, len(tab.columns)))
        yield {
            "repeatCell": {"range": area, "cell": bold, "fields": "userEnteredFormat.textFormat"}
        }


def _settings(id_: int, book: Book, rows: Sequence[Mapping[str, object]]) -> Iterator[Json]:
    """Yield the settings: each value in its own kind, as a field to fill in."""
    cells = []
    for row, setting in zip(rows, SETTINGS.values(), strict=True):
        name = entered(row["setting"])
        if setting.required:
            name["userEnteredFormat"] = {"textFormat": text_format(bold=True)}
        cells.append([name, _setting(book, setting, row["value"]), entered(row["explanation"])])
    fields = "userEnteredValue,dataValidation,userEnteredFormat"
    values = [[line[1]] for line in cells]
    for index, kept in (
        (0, "userEnteredValue,userEnteredFormat.textFormat"),
        (2, "userEnteredValue"),
    ):
        yield put_rows(id_, 1, index, [[line[index]] for line in cells], fields=kept)
    yield put_rows(id_, 1, 1, values, fields=fields)


def _setting(book: Book, setting: Setting, value: object) -> Json:
    cell = entered(shown(book.language, setting.kind, setting.list_name, value))
    look: Json = {
        "backgroundColorStyle": colour("FFFDF5"),
        "horizontalAlignment": "LEFT",
        "verticalAlignment": "TOP",
        "wrapStrategy": "WRAP",
        "textFormat": text_format(),
    }
    number = kind_shape(book.language, setting.kind)
    if setting.kind is Kind.TEXT:
        number = {"type": "TEXT", "pattern": "@"}
    if number is not None:
        look["numberFormat"] = number
    cell["userEnteredFormat"] = look
    rule = rule_of(book, setting.kind, setting.list_name)
    if rule is not None:
        cell["dataValidation"] = rule
    return cell


def _folded(tab: Tab, id_: int) -> Iterator[Json]:
    """Yield the groups by which the engine's columns fold away."""
    run = [at for at, column in enumerate(tab.columns) if column.owner is Owner.ENGINE]
    if run:
        area = {
            "sheetId": id_, "dimension": "COLUMNS", "startIndex": run[0], "endIndex": run[-1] + 1,
        }  # fmt: skip
        yield {"addDimensionGroup": {"range": area}}


def _dressing(tab: Tab, book: Book, present: PresentTab | None) -> Iterator[Json]:
    """Yield bands, colours and protection, as far as the tab lacks them."""
    id_, places = book.ids[tab.key], book.places[tab.key]
    if present is None or not present.is_banded:
        rows = present.rows if present is not None else book.row_count(tab.key)
        yield _bands(tab, id_, rows)
    known = {alike(rule) for rule in present.rules} if present is not None else set()
    missing = [
        rule
        for rule in colourings(book.language, tab.key, places)
        if alike(rule.formula) not in known
    ]
    last = len(present.rules) if present is not None else 0
    for index, rule in enumerate(missing, start=last):
        fill_, ink = rule.colours
        look = {
            "backgroundColorStyle": colour(fill_),
            "textFormat": {"foregroundColorStyle": colour(ink), "bold": rule.bold},
        }
        values = [{"userEnteredValue": rule.formula}]
        area = grid(id_, (1, None), (places[rule.first], places[rule.last] + 1))
        said = {"condition": {"type": "CUSTOM_FORMULA", "values": values}, "format": look}
        yield {
            "addConditionalFormatRule": {
                "rule": {"ranges": [area], "booleanRule": said}, "index": index,
            }
        }  # fmt: skip
    if is_protected(tab):
        free = [
            grid(id_, (1, None), (places[column.key], places[column.key] + 1))
            for column in tab.by_owner(Owner.CHOICE)
            if column.key in places
        ]
        yield from protection(tab.key, id_, book, free)


def _bands(tab: Tab, id_: int, rows: int) -> Json:
    return {
        "addBanding": {
            "bandedRange": {
                "bandedRangeId": made_id(f"bands:{tab.key}"),
                "range": grid(id_, (1, rows), (0, len(tab.columns))),
                "rowProperties": {
                    "firstBandColorStyle": colour("FFFFFF"),
                    "secondBandColorStyle": colour(_BAND),
                },
            }
        }
    }
