"""What a store accepts: the schema's owners, the same wherever a workbook lives."""

from collections.abc import Iterable

from sheet_templates.schema import FIGURES, TABS, Owner, Tab
from sync.workbook import AppendRows, Change, ReplaceBody, SetCells, SetFigures, SetIdentity

ENGINE = (Owner.ENGINE, Owner.CHOICE)


def check(change: Change) -> None:
    """Raise ValueError for what the engine must never do: a programmer's error, not a person's."""
    if isinstance(change, SetIdentity):
        return
    if isinstance(change, SetFigures):
        if unknown := set(change.values) - set(FIGURES):
            raise ValueError(f"no such figure: {', '.join(sorted(unknown))}")
        return
    layout = TABS.get(change.tab)
    if layout is None or not layout.tabular:
        raise ValueError(f"no such tab: {change.tab}")
    if isinstance(change, SetCells):
        _check_set(change, layout)
        return
    for row in change.rows:
        _check_columns(layout, row)
    if isinstance(change, AppendRows) and not layout.appends:
        raise ValueError(f"{change.tab}: rows may not be appended")
    if isinstance(change, ReplaceBody) and len(layout.by_owner(*ENGINE)) < len(layout.columns):
        raise ValueError(f"{change.tab}: the body is not the engine's to replace")


def _check_set(change: SetCells, layout: Tab) -> None:
    _check_columns(layout, change.values)
    if theirs := [key for key in change.values if layout.column(key).owner not in ENGINE]:
        raise ValueError(f"{change.tab}: {', '.join(theirs)} is not the engine's to set")
    if isinstance(change.row, str) and (not change.row or not layout.key_columns):
        raise ValueError(f"{change.tab}: no row is called {change.row!r}")


def _check_columns(layout: Tab, values: Iterable[str]) -> None:
    known = {column.key for column in layout.columns}
    if unknown := set(values) - known:
        raise ValueError(f"{layout.key} has no column {', '.join(sorted(unknown))}")
