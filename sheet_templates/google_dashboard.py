"""The Google dashboard: the team's buttons on top, figures, charts, the last twelve months."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheet_templates import headings
from sheet_templates.excel_styles import (
    BAD,
    BRAND,
    INK,
    MUTED,
    PAPER,
    SOON,
    TAB_COLOURS,
    column_format,
)
from sheet_templates.google_book import Book, protection
from sheet_templates.google_cells import (
    Json,
    colour,
    entered,
    formula,
    grid,
    kind_shape,
    put,
    shape,
    sized,
    text_format,
    width,
)
from sheet_templates.google_layout import (
    CARD_COLUMNS,
    CHARTS_BAR,
    COMMAND_ANSWER,
    COMMAND_BOX,
    COMMAND_LABEL,
    COMMAND_PREFIX,
    COMMANDS_BAR,
    MONTHS,
    MONTHS_HEAD,
    TRENDS_BAR,
    command_places,
    figure_places,
    letters,
    made_id,
    quoted,
)
from sheet_templates.schema import (
    AGING_BUCKETS,
    FIGURES,
    FORECAST_WEEKS,
    TABS,
    Group,
    Kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CARD, _GAP, _EDGE = width(21), width(1.6), width(2)
_LAST = CARD_COLUMNS[-1] + 1
_TILE = "F2F4F7"
_CHART_HEIGHT = 15 * 21
_SERIES = ("2B7A9B", "C8553D", "3E8E6B")


def fill_dashboard(book: Book) -> Iterator[Json]:
    """Yield what makes the empty tab the dashboard, its names and charts aside."""
    id_ = book.ids["dashboard"]
    texts = headings.locale(book.language)["dashboard"]
    for column in range(_LAST + 1):
        pixels = _CARD if column in CARD_COLUMNS else _GAP
        yield sized(id_, "COLUMNS", column, column + 1, pixels if column else _EDGE)
    yield _say(id_, 1, 1, texts["title"], size=26, ink=BRAND, bold=True)
    yield _say(id_, 2, 1, texts["fresh"], ink=MUTED)
    yield from _bar(id_, COMMANDS_BAR, 1, headings.locale(book.language)["google"]["commands"])
    for command, row in command_places():
        yield from _command(book, command, row)
    yield from _cards(book)
    for row, column, key in (
        (CHARTS_BAR, 1, "aging"), (CHARTS_BAR, 5, "forecast"), (TRENDS_BAR, 1, "trends"),
    ):  # fmt: skip
        yield from _bar(id_, row, column, texts[key], until=4 if key == "aging" else _LAST)
    yield from _months(book)
    yield from _alarms(id_)


def mend_dashboard(book: Book, names: frozenset[str], charts: frozenset[int]) -> Iterator[Json]:
    """Yield what the dashboard lacks: commands whose cell went, charts, the protection.

    Args:
        book: The spreadsheet's language, ids and places.
        names: The names of cells that are there.
        charts: The ids of the dashboard's charts.
    """
    id_ = book.ids["dashboard"]
    there = book.present.by_id(id_)
    for command, row in command_places():
        if there is not None and f"{COMMAND_PREFIX}{command}" not in names:
            yield from _command(book, command, row)
    for name, chart in _charts(book):
        if made_id(f"chart:{name}") not in charts:
            yield chart
    boxes = [
        grid(id_, (row, row + 1), (COMMAND_BOX, COMMAND_BOX + 1)) for _, row in command_places()
    ]
    yield from protection("dashboard", id_, book, boxes)


def _say(
    id_: int,
    row: int,
    column: int,
    words: str,
    *,
    size: int = 11,
    ink: str = INK,
    bold: bool = False,
) -> Json:
    look = {"textFormat": text_format(size=size, ink=ink, bold=bold), "verticalAlignment": "MIDDLE"}
    return put(id_, row, column, {**entered(words), "userEnteredFormat": look})


def _bar(id_: int, row: int, column: int, title: str, until: int = _LAST) -> Iterator[Json]:
    look = {
        "backgroundColorStyle": colour(BRAND),
        "textFormat": text_format(size=12, ink=PAPER, bold=True),
        "verticalAlignment": "MIDDLE",
    }
    yield {
        "repeatCell": {
            "range": grid(id_, (row, row + 1), (column, until)),
            "cell": {"userEnteredFormat": look},
            "fields": "userEnteredFormat",
        }
    }
    yield put(id_, row, column, entered(title), fields="userEnteredValue")


def _command(book: Book, command: str, row: int) -> Iterator[Json]:
    """Yield a label with its help, a checkbox, and the cell of the answer."""
    id_ = book.ids["dashboard"]
    label, said = headings.locale(book.language)["google"]["command"][command]
    look = {"textFormat": text_format(bold=True), "verticalAlignment": "MIDDLE"}
    yield put(id_, row, COMMAND_LABEL, {**entered(label), "userEnteredFormat": look, "note": said})
    box: Json = {
        "userEnteredValue": {"boolValue": False},
        "userEnteredFormat": {
            "backgroundColorStyle": colour("FFF8E6"),
            "horizontalAlignment": "CENTER",
            "textFormat": text_format(size=14),
        },
        "dataValidation": {"condition": {"type": "BOOLEAN"}, "strict": True},
    }
    yield put(id_, row, COMMAND_BOX, box)
    answer = {
        "userEnteredFormat": {"textFormat": text_format(ink=MUTED), "verticalAlignment": "MIDDLE"}
    }
    yield put(id_, row, COMMAND_ANSWER, answer, fields="userEnteredFormat")


def _cards(book: Book) -> Iterator[Json]:
    id_ = book.ids["dashboard"]
    labels: Mapping[str, list[str]] = headings.locale(book.language)["figures"]
    edge = {"style": "SOLID_MEDIUM", "colorStyle": colour(TAB_COLOURS[Group.RESULTS])}
    for key, row, column in figure_places():
        name: Json = {
            "textFormat": text_format(size=9, ink=MUTED),
            "backgroundColorStyle": colour(_TILE),
            "verticalAlignment": "BOTTOM",
            "borders": {"top": edge},
        }
        value: Json = {
            "textFormat": text_format(size=15, bold=True),
            "backgroundColorStyle": colour(_TILE),
            "horizontalAlignment": "LEFT",
            "verticalAlignment": "MIDDLE",
        }
        kind = FIGURES[key]
        number = shape(kind, "0%", book.language) if kind is Kind.PERCENT else None
        if number := number or kind_shape(book.language, kind):
            value["numberFormat"] = number
        label = {**entered(labels[key][0]), "note": labels[key][1], "userEnteredFormat": name}
        yield put(id_, row - 1, column, label, fields="userEnteredValue,note,userEnteredFormat")
        yield put(id_, row, column, {"userEnteredFormat": value}, fields="userEnteredFormat")


def _alarms(id_: int) -> Iterator[Json]:
    """Make a figure that asks for attention look like it."""
    places = {key: (row, column) for key, row, column in figure_places()}
    for index, (key, test, (fill, ink)) in enumerate(
        (
            ("overdue_amount", "{}>0", BAD),
            ("open_issues", "{}>0", SOON),
            ("queue_needs_approval", "{}>0", SOON),
            ("unapplied_cash", "{}>0", SOON),
            ("payments_data_until", "AND(ISNUMBER({0});{0}<TODAY()-7)", BAD),
        )
    ):
        row, column = places[key]
        said = "=" + test.format(f"${letters(column)}${row + 1}")
        look = {
            "backgroundColorStyle": colour(fill),
            "textFormat": {"foregroundColorStyle": colour(ink)},
        }
        when = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": said}]}
        rule = {
            "ranges": [grid(id_, (row, row + 1), (column, column + 1))],
            "booleanRule": {"condition": when, "format": look},
        }
        yield {"addConditionalFormatRule": {"rule": rule, "index": index}}


_MONTH_KEYS = ("month", "open_amount", "overdue_amount", "received", "cei")


def _months(book: Book) -> Iterator[Json]:
    """Yield the table of the last twelve months that stand in trends; the chart reads it."""
    id_ = book.ids["dashboard"]
    title, places = quoted(book.titles["trends"]), book.places["trends"]

    def area(key: str) -> str:
        letter = letters(places[key])
        return f"{title}!${letter}$2:${letter}"

    count = f"COUNT({area('month')})"
    for column, key in zip(CARD_COLUMNS, _MONTH_KEYS, strict=True):
        head = entered(headings.heading(book.language, "trends", key))
        head["userEnteredFormat"] = {"textFormat": text_format(size=10, ink=MUTED, italic=True)}
        yield put(id_, MONTHS_HEAD, column, head)
        trend = TABS["trends"].column(key)
        look: Json = {
            "textFormat": text_format(size=10),
            "horizontalAlignment": "CENTER" if key == "month" else "RIGHT",
        }
        pattern = column_format(book.language, "trends", trend)
        if number := shape(trend.kind, pattern, book.language):
            look["numberFormat"] = number
        for number_ in range(1, MONTHS + 1):
            at = f"MAX({count}-{MONTHS};0)+{number_}"
            found = f"INDEX({area(key)};{at})"
            cell = formula(f'=IF({number_}<={count};IF({found}="";"";{found});"")')
            cell["userEnteredFormat"] = look
            yield put(id_, MONTHS_HEAD + number_, column, cell)


def _charts(book: Book) -> Iterator[tuple[str, Json]]:
    aging, forecast = book.ids["aging"], book.ids["forecast"]
    here = book.ids["dashboard"]
    weeks, last = (0, FORECAST_WEEKS + 1), 2 + AGING_BUCKETS
    months = (MONTHS_HEAD, MONTHS_HEAD + MONTHS + 1)
    columns = book.places["forecast"]
    amounts = [
        (forecast, weeks, columns[key], rgb)
        for key, rgb in zip(("amount_due", "expected"), _SERIES, strict=False)
    ]
    received = [(here, months, column, rgb) for column, rgb in zip((3, 5, 7), _SERIES, strict=True)]
    buckets = _chart(
        [grid(aging, (1, 2), (1, last))], [(grid(aging, (2, 3), (1, last)), _SERIES[0])]
    )
    yield "aging", _placed(book, "aging", buckets, CHARTS_BAR + 1, 1, _CARD * 2 + _GAP)
    due = _chart(
        [grid(forecast, weeks, (columns["week"], columns["week"] + 1))],
        [(grid(id_, rows, (at, at + 1)), rgb) for id_, rows, at, rgb in amounts],
        headers=1,
    )
    yield "forecast", _placed(book, "forecast", due, CHARTS_BAR + 1, 5, _CARD * 3 + _GAP * 2)
    trend = _chart(
        [grid(here, months, (1, 2))],
        [(grid(id_, rows, (at, at + 1)), rgb) for id_, rows, at, rgb in received],
        headers=1,
    )
    yield "trends", _placed(book, "trends", trend, TRENDS_BAR + 1, 1, _CARD * 5 + _GAP * 4)


def _chart(domain: list[Json], series: list[tuple[Json, str]], *, headers: int = 0) -> Json:
    """Return the basicChart of columns over a domain."""
    return {
        "chartType": "COLUMN",
        "legendPosition": "BOTTOM_LEGEND" if headers else "NO_LEGEND",
        "headerCount": headers,
        "axis": [{"position": "BOTTOM_AXIS"}, {"position": "LEFT_AXIS"}],
        "domains": [{"domain": {"sourceRange": {"sources": domain}}}],
        "series": [
            {
                "series": {"sourceRange": {"sources": [area]}},
                "targetAxis": "LEFT_AXIS",
                "colorStyle": colour(rgb),
            }
            for area, rgb in series
        ],
    }


def _placed(
    book: Book, name: str, basic: Mapping[str, Any], row: int, column: int, wide: int
) -> Json:
    texts = headings.locale(book.language)["dashboard"]
    position = {
        "overlayPosition": {
            "anchorCell": {
                "sheetId": book.ids["dashboard"], "rowIndex": row, "columnIndex": column,
            },
            "widthPixels": wide,
            "heightPixels": _CHART_HEIGHT,
        }
    }  # fmt: skip
    spec = {
        "altText": texts[name],
        "fontName": "Calibri",
        "hiddenDimensionStrategy": "SHOW_ALL",
        "basicChart": dict(basic),
    }
    chart = {"chartId": made_id(f"chart:{name}"), "spec": spec, "position": position}
    return {"addChart": {"chart": chart}}
