"""The dashboard: one engine cell for each figure, and charts over engine cells at fixed places.

Each figure's cell carries a defined name, so that a run finds it wherever the team moves it. The
charts read the first two rows of aging, the weeks of the forecast, and a table of the last twelve
months that formulas take from trends. They are made here once; a run only changes what they read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openpyxl.chart import BarChart, Reference, Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import quote_sheetname
from openpyxl.workbook.defined_name import DefinedName

from sheet_templates import headings
from sheet_templates.excel_cells import put
from sheet_templates.excel_rules import SPARE_REACH, reference
from sheet_templates.excel_styles import (
    BAD,
    BRAND,
    INK,
    LINE,
    MUTED,
    PAPER,
    SOON,
    TAB_COLOURS,
    column_format,
    font,
    number_format,
    solid,
)
from sheet_templates.excel_tab import note, set_page
from sheet_templates.schema import (
    AGING_BUCKETS,
    FIGURE_NAME_PREFIX,
    FIGURES,
    FORECAST_WEEKS,
    TABS,
    Group,
    Kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_CARD_COLUMNS: Final = ("B", "D", "F", "H", "J")
_CARD_WIDTH: Final = 21.0
_GAP_WIDTH: Final = 1.6
_FIRST_CARD: Final = 5
_CHARTS: Final = 18
_TRENDS: Final = 35
_TABLE: Final = 52
_MONTHS: Final = 12
_CHART_ROWS: Final = 15

# The cards, row by row: what is owed, how well it comes in, what the queue holds, how fresh it is.
CARDS: Final = (
    ("open_amount", "overdue_amount", "overdue_clients", "due_next_7_days", "received_this_month"),
    ("dso", "best_possible_dso", "average_days_delinquent", "cei", "on_time_rate"),
    (
        "queue_ready",
        "queue_needs_approval",
        "queue_held",
        "messages_sent_today",
        "promise_kept_rate",
    ),
    ("open_issues", "unapplied_cash", "payments_data_until", "last_run_at", "last_run_result"),
)

_BUCKET_COLOURS = ("3E8E6B", "E9C46A", "F0A04B", "E07A3F", "C8553D", "8C2F2B")
_SERIES_COLOURS = ("2B7A9B", "C8553D", "3E8E6B")


def figure_places() -> Iterator[tuple[str, str]]:
    """Yield each figure's key and the cell that holds it in a new workbook."""
    for number, keys in enumerate(CARDS):
        for letter, key in zip(_CARD_COLUMNS, keys, strict=True):
            yield key, f"{letter}{_FIRST_CARD + 3 * number + 1}"


def fill_dashboard(book: Workbook, sheet: Worksheet, language: str) -> None:
    """Lay out the dashboard in an empty sheet; the tabs it charts must be in the book already."""
    texts = headings.locale(language)["dashboard"]
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width = 2
    for letter in _CARD_COLUMNS:
        sheet.column_dimensions[letter].width = _CARD_WIDTH
    for letter in "CEGI":
        sheet.column_dimensions[letter].width = _GAP_WIDTH
    _say(sheet, "B2", texts["title"], font(size=26, bold=True, colour=BRAND))
    _say(sheet, "B3", texts["fresh"], font(colour=MUTED))
    sheet.row_dimensions[2].height = 36
    _write_cards(book, sheet, language)
    _bar(sheet, _CHARTS, "B", "D", texts["aging"])
    _bar(sheet, _CHARTS, "F", "J", texts["forecast"])
    _bar(sheet, _TRENDS, "B", "J", texts["trends"])
    _place(sheet, _aging_chart(book, language), "B", "D", _CHARTS)
    _place(sheet, _forecast_chart(book, language), "F", "J", _CHARTS)
    _write_months(sheet, language)
    _place(sheet, _trends_chart(sheet), "B", "J", _TRENDS)
    set_page(sheet, TABS["dashboard"], repeat_header=False, landscape=False)
    sheet.page_setup.fitToHeight = 1
    sheet.print_area = f"A1:K{_TABLE + _MONTHS}"


def _say(sheet: Worksheet, place: str, text: str, shape: Font) -> None:
    put(sheet[place], text)
    sheet[place].font = shape
    sheet[place].alignment = Alignment(vertical="center")


def _bar(sheet: Worksheet, row: int, first: str, last: str, title: str) -> None:
    for number in range(ord(first), ord(last) + 1):
        sheet[f"{chr(number)}{row}"].fill = solid(BRAND)
    _say(sheet, f"{first}{row}", title, font(size=12, bold=True, colour=PAPER))
    sheet[f"{first}{row}"].alignment = Alignment(horizontal="left", vertical="center", indent=1)
    sheet.row_dimensions[row].height = 22


def _write_cards(book: Workbook, sheet: Worksheet, language: str) -> None:
    labels = headings.locale(language)["figures"]
    title = quote_sheetname(headings.tab_title(language, "dashboard"))
    edge = Side(style="medium", color=TAB_COLOURS[Group.RESULTS])
    for key, place in figure_places():
        letter, row = place[0], int(place[1:])
        label, value = sheet[f"{letter}{row - 1}"], sheet[place]
        put(label, labels[key][0])
        label.font, label.fill = font(size=9, colour=MUTED), solid("F2F4F7")
        label.alignment = Alignment(horizontal="left", vertical="bottom", indent=1)
        label.border = Border(top=edge)
        label.comment = note(labels[key][1])
        value.font, value.fill = font(size=15, bold=True), solid("F2F4F7")
        value.alignment = Alignment(
            horizontal="left", vertical="center", indent=1, shrink_to_fit=True
        )
        value.number_format = (
            "0%" if FIGURES[key] is Kind.PERCENT else number_format(language, FIGURES[key])
        )
        sheet.row_dimensions[row - 1].height, sheet.row_dimensions[row].height = 18, 28
        sheet.row_dimensions[row + 1].height = 8
        name = f"{FIGURE_NAME_PREFIX}{key}"
        book.defined_names[name] = DefinedName(name, attr_text=f"{title}!${letter}${row}")
        _colour_figure(sheet, key, place)


def _colour_figure(sheet: Worksheet, key: str, place: str) -> None:
    """Make a figure that asks for attention look like it."""
    alarms = {
        "overdue_amount": (f"{place}>0", BAD),
        "open_issues": (f"{place}>0", SOON),
        "queue_needs_approval": (f"{place}>0", SOON),
        "unapplied_cash": (f"{place}>0", SOON),
        "payments_data_until": (f"AND(ISNUMBER({place}),{place}<TODAY()-7)", BAD),
    }
    if key in alarms:
        formula, (fill, ink) = alarms[key]
        look = DifferentialStyle(fill=PatternFill(bgColor=fill), font=Font(color=ink))
        rule = Rule(type="expression", formula=[formula], dxf=look)
        sheet.conditional_formatting.add(place, rule)


def _place(sheet: Worksheet, chart: BarChart, first: str, last: str, bar: int) -> None:
    """Put a chart below its bar, over whole columns, so that it fits in every font."""
    start = AnchorMarker(col=ord(first) - ord("A"), row=bar)
    end = AnchorMarker(col=ord(last) - ord("A") + 1, row=bar + _CHART_ROWS)
    anchor = TwoCellAnchor(editAs="oneCell", _from=start, to=end)
    chart.anchor = anchor  # type: ignore[assignment]  # its types know only the cell's name
    sheet.add_chart(chart)


def _chart() -> BarChart:
    """Return an empty column chart in the workbook's style."""
    chart = BarChart()
    chart.type, chart.style = "col", 10
    chart.gapWidth = 60
    chart.legend.position = "b"
    chart.visible_cells_only = False
    chart.display_blanks = "gap"
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False  # else Excel shows no axis
        axis.title = None
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.majorGridlines = ChartLines(
        spPr=GraphicalProperties(ln=LineProperties(solidFill=LINE))
    )
    chart.y_axis.spPr = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    return chart


def _aging_chart(book: Workbook, language: str) -> BarChart:
    sheet = book[headings.tab_title(language, "aging")]
    last = 2 + AGING_BUCKETS
    chart = _chart()
    chart.legend = None
    values = Reference(sheet, min_col=2, max_col=last, min_row=3)
    chart.add_data(values, from_rows=True, titles_from_data=False)
    chart.set_categories(Reference(sheet, min_col=2, max_col=last, min_row=2))
    series = chart.series[0]
    series.tx = SeriesLabel(strRef=StrRef(f"{quote_sheetname(sheet.title)}!$A$3"))
    for number, colour in enumerate(_BUCKET_COLOURS):
        point = DataPoint(idx=number, spPr=GraphicalProperties(solidFill=colour))
        series.dPt.append(point)
    return chart


def _forecast_chart(book: Workbook, language: str) -> BarChart:
    sheet = book[headings.tab_title(language, "forecast")]
    chart = _chart()
    keys = [column.key for column in TABS["forecast"].columns]
    for key, colour in zip(("amount_due", "expected"), _SERIES_COLOURS, strict=False):
        column = keys.index(key) + 1
        values = Reference(sheet, min_col=column, min_row=1, max_row=FORECAST_WEEKS + 1)
        _add_series(chart, values, colour)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=FORECAST_WEEKS + 1))
    return chart


def _trends_chart(sheet: Worksheet) -> BarChart:
    chart = _chart()
    for column, colour in zip((4, 6, 8), _SERIES_COLOURS, strict=True):
        values = Reference(sheet, min_col=column, min_row=_TABLE, max_row=_TABLE + _MONTHS)
        _add_series(chart, values, colour)
    chart.set_categories(Reference(sheet, min_col=2, min_row=_TABLE + 1, max_row=_TABLE + _MONTHS))
    return chart


def _add_series(chart: BarChart, values: Reference, colour: str) -> None:
    """Add a series whose name is the first of the cells."""
    series = Series(values, title_from_data=True)
    series.graphicalProperties = GraphicalProperties(solidFill=colour)
    chart.series.append(series)


def _write_months(sheet: Worksheet, language: str) -> None:
    """Write the table of the last twelve months that stand in trends."""
    for row in range(_TABLE, _TABLE + _MONTHS + 1):
        for letter in "CEGI":
            side = Side(style="thin" if row == _TABLE else "hair", color=LINE)
            sheet[f"{letter}{row}"].border = Border(bottom=side)
    keys = ("month", "open_amount", "overdue_amount", "received", "cei")
    months = reference(language, "trends", "month", SPARE_REACH)
    count = f"COUNT({months})"
    for letter, key in zip(_CARD_COLUMNS, keys, strict=True):
        head = sheet[f"{letter}{_TABLE}"]
        put(head, headings.heading(language, "trends", key))
        head.font = font(size=10, italic=True, colour=MUTED)
        head.border = Border(bottom=Side(style="thin", color=LINE))
        head.alignment = Alignment(horizontal="center" if key == "month" else "right")
        source = reference(language, "trends", key, SPARE_REACH)
        for number in range(1, _MONTHS + 1):
            cell = sheet[f"{letter}{_TABLE + number}"]
            at = f"MAX({count}-{_MONTHS},0)+{number}"
            known = f'INDEX({source},{at})<>""'  # a month may lack a measure
            cell.value = f'=IF({number}<={count},IF({known},INDEX({source},{at}),""),"")'
            cell.font = font(size=10, colour=INK)
            cell.border = Border(bottom=Side(style="hair", color=LINE))
            column = TABS["trends"].column(key)
            cell.number_format = column_format(language, "trends", column)
            cell.alignment = Alignment(horizontal="center" if key == "month" else "right")
