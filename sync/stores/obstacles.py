"""What in a workbook will make the write after a run fail: known when it is read.

A message must not leave when what became of it cannot be written down. The write before sending
touches only a record; the one after it touches the tabs of `WRITTEN_EACH_RUN` and the dashboard.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from sheet_templates.schema import TABS, Owner
from sync.stores.ooxml.frame_edits import Table
from sync.stores.ooxml.range_formulas import RangeFormula, range_formulas
from sync.stores.ooxml.sheet import SheetXml
from sync.stores.ooxml.xml import MAX_ROW, Area, column_letters
from sync.stores.rules import ENGINE
from sync.workbook import Obstacle, Tab

WRITTEN_EACH_RUN = (
    "receivables", "instalments", "clients", "negotiations", "history", "runs", "trends",
    "queue", "bank_matches", "issues", "aging", "results", "forecast",
)  # fmt: skip
"""The tabs that every run brings up to date."""

_GROWS = frozenset({"negotiations"})
"""Tabs of people that the write after sending may append to (the results of calls)."""

_FIRST_ROW = 2

Place: TypeAlias = tuple[int, int]
"""Row and column."""

FirstIn: TypeAlias = Callable[[Area, Place | None], Place | None]
"""The first cell of an area that the engine writes, other than the given one."""


def obstacle(
    tab: Tab, columns: Mapping[str, int], sheet: SheetXml, tables: Iterable[Table]
) -> Obstacle | None:
    """What keeps the engine from writing to a tab, None when nothing does.

    In a tab where people keep rows the engine writes beside the rows that hold data; elsewhere
    it may write any row, and its rows grow.
    """
    if tab.key not in WRITTEN_EACH_RUN:
        return None
    layout = TABS[tab.key]
    is_theirs = bool(layout.by_owner(Owner.USER))
    data_ends = max((row.number for row in tab.rows), default=1)
    last = data_ends if is_theirs else MAX_ROW
    grows = not is_theirs or tab.key in _GROWS
    if grows and any(t.has_totals and t.area.bottom >= data_ends for t in tables):
        return Obstacle(code="totals_row", tab=tab.title)
    if last < _FIRST_ROW:
        return None
    ours = sorted(
        number
        for key, number in columns.items()
        if not is_theirs or layout.column(key).owner in ENGINE
    )

    def first_in(area: Area, but: Place | None) -> Place | None:
        top, bottom = max(area.top, _FIRST_ROW), min(area.bottom, last)
        for row in range(top, min(top + 1, bottom) + 1):  # the second, if the first has only `but`
            for column in ours:
                if area.left <= column <= area.right and (row, column) != but:
                    return row, column
        return None

    return _blocked(sheet, tab.title, first_in, ours)


def figures_obstacle(sheet: SheetXml, title: str, places: Collection[Place]) -> Obstacle | None:
    """What keeps the engine from writing figures to these cells, None when nothing does."""

    def first_in(area: Area, but: Place | None) -> Place | None:
        return min((p for p in places if area.holds(*p) and p != but), default=None)

    return _blocked(sheet, title, first_in, ())


def _blocked(
    sheet: SheetXml, title: str, first_in: FirstIn, ours: Collection[int]
) -> Obstacle | None:
    """A protection, merged cells or a formula of several cells where the engine writes."""
    if sheet.frame.is_protected:
        return Obstacle(code="protected_tab", tab=title)
    for merged in sheet.frame.merged:
        place = first_in(merged, (merged.top, merged.left))
        if place is not None:
            return Obstacle(code="merged_cells", tab=title, cell=_name(place))
    for formula in range_formulas(sheet):
        place = first_in(formula.area, None)
        if place is not None and not _may_go(formula, sheet, first_in, ours):
            return Obstacle(code="formula_range", tab=title, cell=_name(place))
    return None


def _may_go(
    formula: RangeFormula, sheet: SheetXml, first_in: FirstIn, ours: Collection[int]
) -> bool:
    """Whether its cells may be written: it is shared, and its other cells are the engine's."""
    if formula.kind != "shared":
        return False
    row, column = formula.first
    if first_in(Area(row, column, row, column), None) is None:
        return True
    return all(heir_column in ours for _, heir_column in formula.heirs(sheet))


def _name(place: Place) -> str:
    return f"{column_letters(place[1])}{place[0]}"
