"""Where values:append writes: the last table that the given range touches.

Source: <https://developers.google.com/workspace/sheets/api/guides/values#append_values> with its
example of two tables, and recorded answers (cells beside a blank heading are a table of their own).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .a1 import Rect

if TYPE_CHECKING:
    from .calculation import Calculation
    from .state import Sheet


def last_table(calculation: Calculation, sheet: Sheet, within: Rect) -> Rect | None:
    """The table furthest down (then right) that meets the range; None when there is none."""
    filled = _filled(calculation, sheet)
    tables = [table for table in _regions(filled) if table.meets(within)]
    return max(tables, key=lambda table: (table.bottom, table.right), default=None)


def _filled(calculation: Calculation, sheet: Sheet) -> dict[int, set[int]]:
    """Row → the columns that have a value, computed ones too."""
    made: dict[int, set[int]] = {}
    for row, last in calculation.last_rows(sheet).items():
        columns = {c for c in range(last + 1) if calculation.value(sheet, row, c) is not None}
        if columns:
            made[row] = columns
    return made


def _regions(filled: dict[int, set[int]]) -> list[Rect]:
    """Boxes around cells that touch, corners counting; grown until they are apart.

    Rows are swept from the top: each row's runs join the open boxes that they touch.
    """
    done: list[Rect] = []
    open_boxes: list[Rect] = []
    for row in sorted(filled):
        still = [box for box in open_boxes if box.bottom >= row]
        done += [box for box in open_boxes if box.bottom < row]
        open_boxes = still
        for left, right in _runs(filled[row]):
            box = Rect(row, row + 1, left, right)
            open_boxes = _joined(open_boxes, box)
    return _apart(done + open_boxes)


def _runs(columns: set[int]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for column in sorted(columns):
        if made and made[-1][1] == column:
            made[-1] = (made[-1][0], column + 1)
        else:
            made.append((column, column + 1))
    return made


def _joined(boxes: list[Rect], new: Rect) -> list[Rect]:
    apart = []
    for box in boxes:
        if _touch(box, new):
            new = Rect(
                min(box.top, new.top),
                max(box.bottom, new.bottom),
                min(box.left, new.left),
                max(box.right, new.right),
            )
        else:
            apart.append(box)
    if len(apart) < len(boxes):
        return _joined(apart, new)
    return [*apart, new]


def _touch(one: Rect, other: Rect) -> bool:
    return Rect(one.top - 1, one.bottom + 1, one.left - 1, one.right + 1).meets(other)


def _apart(boxes: list[Rect]) -> list[Rect]:
    made: list[Rect] = []
    for box in boxes:
        made = _joined(made, box)
    return made
