"""What in a workbook will make the write after a run fail: known when it is read.

A message must not leave when what became of it cannot be written down. The write before sending
touches only a record; the one after it touches the tabs of `WRITTEN_EACH_RUN` and the dashboard.
"""

from collections.abc import Mapping

from sheet_templates.schema import TABS, Owner
from sync.stores.ooxml.sheet import Frame
from sync.stores.ooxml.xml import MAX_ROW, Area, column_letters
from sync.stores.rules import ENGINE
from sync.workbook import Obstacle, Tab

WRITTEN_EACH_RUN = (
    "receivables", "instalments", "clients", "negotiations", "history", "runs", "trends",
    "queue", "issues", "aging", "results", "forecast",
)  # fmt: skip
"""The tabs that every run brings up to date."""

_FIRST_ROW = 2


def obstacle(tab: Tab, columns: Mapping[str, int], frame: Frame) -> Obstacle | None:
    """The tab's protection, or the first merged cell that the engine has to write; else None.

    In a tab where people keep rows the engine writes beside the rows that hold data; elsewhere
    it may write any row.
    """
    if tab.key not in WRITTEN_EACH_RUN:
        return None
    layout = TABS[tab.key]
    is_theirs = bool(layout.by_owner(Owner.USER))
    last = max((row.number for row in tab.rows), default=1) if is_theirs else MAX_ROW
    if last < _FIRST_ROW:
        return None
    if frame.is_protected:
        return Obstacle(code="protected_tab", tab=tab.title)
    ours = [
        number
        for key, number in columns.items()
        if not is_theirs or layout.column(key).owner in ENGINE
    ]
    for merged in frame.merged:
        if (cell := _hidden_cell(merged, ours, last)) is not None:
            return Obstacle(code="merged_cells", tab=tab.title, cell=cell)
    return None


def _hidden_cell(merged: Area, columns: list[int], last: int) -> str | None:
    """The first cell of these columns that the merged area covers and does not show."""
    for row in range(max(merged.top, _FIRST_ROW), min(merged.bottom, last) + 1):
        for column in range(merged.left, merged.right + 1):
            if column in columns and (row, column) != (merged.top, merged.left):
                return f"{column_letters(column)}{row}"
    return None
