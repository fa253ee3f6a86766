"""INDEX, MATCH, VLOOKUP, XLOOKUP, and the criteria of COUNTIF and SUMIF.

Sources: <https://support.google.com/docs/answer/3093318> (VLOOKUP), 3093378 (MATCH), 3098242
(INDEX), 12405947 (XLOOKUP), 3093480 (COUNTIF). An exact search over a range is by a dictionary made
once, so that a column of ten thousand lookups is quick.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from .a1 import Rect
from .cells import Failure, Value
from .entered import entered
from .formats import general
from .formula_values import Area, Grid, Result, broadcast, compare, flat, number, truth
from .locales import locale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .calculation import Evaluation
    from .formula_parser import Node


def _key(value: Value) -> object:
    """Equal for values that a lookup takes as equal."""
    if isinstance(value, str):
        return value.casefold()
    return (type(value).__name__, value)


def _index(at: Evaluation, result: Result) -> dict[object, int]:
    """Value → its first position in a row or a column."""
    if isinstance(result, Area):
        place = (result.sheet.id, result.rect)
        known = at.calculation.indexes
        if place not in known:
            known[place] = _positions(flat([at.calculation.area(result)]))
        return known[place]
    return _positions(flat([result]))


def _positions(values: list[Value]) -> dict[object, int]:
    made: dict[object, int] = {}
    for position, value in enumerate(values):
        if value is not None:
            made.setdefault(_key(value), position)
    return made


def _wildcard(said: str) -> re.Pattern[str] | None:
    """`a*` and `a?` as a pattern; `~` makes them plain."""
    if not re.search(r"[*?~]", said):
        return None
    parts = re.findall(r"~[*?~]|[*?]|[^*?~]+|~", said)
    made = "".join(
        {"*": ".*", "?": "."}.get(part, re.escape(part.removeprefix("~"))) for part in parts
    )
    return re.compile(made, re.IGNORECASE | re.DOTALL)


def _find(at: Evaluation, key: Value, where: Result, positions: dict[object, int]) -> int | None:
    """The first position that equals the key; None when none does."""
    if isinstance(key, str) and (pattern := _wildcard(key)):
        values = flat([at.read(where)])
        return next(
            (n for n, v in enumerate(values) if isinstance(v, str) and pattern.fullmatch(v)), None
        )
    return positions.get(_key(0.0 if key is None else key))


def _find_sorted(values: list[Value], key: Value) -> int | None:
    """The last position whose value is not above the key, the values being sorted."""
    found = None
    for position, value in enumerate(values):
        if value is None or type(value) is not type(0.0 if key is None else key):
            continue
        if compare(value, key) > 0:
            break
        found = position
    return found


def _missing(key: Value, function: str) -> Failure:
    said = general(key, _PLAIN) if isinstance(key, float) else key
    return Failure("N_A", f"Did not find value '{said}' in {function} evaluation.")


_PLAIN = locale("en_US")  # messages have a point as the decimal mark


def _part(at: Evaluation, result: Result, column: int) -> Result:
    """One column of a reference or an array."""
    if isinstance(result, Area):
        rect = result.rect
        at_column = rect.left + column
        return Area(result.sheet, Rect(rect.top, rect.bottom, at_column, at_column + 1))
    grid = at.read(result)
    return [[line[column]] for line in grid] if isinstance(grid, list) else grid


def _width(result: Result) -> int:
    if isinstance(result, Area):
        return result.rect.columns
    return len(result[0]) if isinstance(result, list) and result else 1


def _vlookup(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    keys, table = at.argument(nodes[0]), at.raw(nodes[1])
    if isinstance(table, Failure):
        return table
    chosen = number(flat([at.argument(nodes[2])])[0], at.where, "VLOOKUP", 3)
    is_sorted = truth(flat([at.argument(nodes[3])])[0]) if len(nodes) > 3 else True
    if isinstance(chosen, Failure):
        return chosen
    if not 1 <= chosen <= _width(table):
        said = (
            f"Function VLOOKUP parameter 3 value is {int(chosen)}. Valid values are between 1 and "
            f"{_width(table)} inclusive."
        )
        return Failure("REF", said)
    first = _part(at, table, 0)
    answers = flat([at.read(_part(at, table, int(chosen) - 1))])
    search = _searcher(at, first, "VLOOKUP", in_order=is_sorted is True)

    def look(key: Value) -> Value:
        found = search(key)
        return answers[found] if isinstance(found, int) else found

    return broadcast(look, [keys])


def _searcher(
    at: Evaluation, where: Result, function: str, *, in_order: bool
) -> Callable[[Value], int | Failure]:
    """Key → position or #N/A."""
    values = flat([at.read(where)]) if in_order else []
    positions = {} if in_order else _index(at, where)

    def search(key: Value) -> int | Failure:
        if isinstance(key, Failure):
            return key
        if function == "XLOOKUP":  # its match mode 0 knows no patterns; mode 2, not here, does
            found = positions.get(_key(0.0 if key is None else key))
        else:
            found = _find_sorted(values, key) if in_order else _find(at, key, where, positions)
        return _missing(key, function) if found is None else found

    return search


def _match(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    keys, where = at.argument(nodes[0]), at.raw(nodes[1])
    if isinstance(where, Failure):
        return where
    kind = number(flat([at.argument(nodes[2])])[0], at.where, "MATCH", 3) if len(nodes) > 2 else 1.0
    search = _searcher(at, where, "MATCH", in_order=kind != 0)

    def look(key: Value) -> Value:
        found = search(key)
        return float(found + 1) if isinstance(found, int) else found

    return broadcast(look, [keys])


def _xlookup(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    keys, where = at.argument(nodes[0]), at.raw(nodes[1])
    answers = flat([at.read(at.raw(nodes[2]))])
    other = flat([at.argument(nodes[3])])[0] if len(nodes) > 3 else None
    search = _searcher(at, where, "XLOOKUP", in_order=False)

    def look(key: Value) -> Value:
        found = search(key)
        if isinstance(found, int):
            return answers[found]
        return other if len(nodes) > 3 and found.kind == "N_A" else found

    return broadcast(look, [keys])


def _index_function(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    """A reference stays one, so that `A1:INDEX(A:A;5)` is a range."""
    source = at.raw(nodes[0])
    asked = [number(flat([at.argument(node)])[0], at.where, "INDEX", 2) for node in nodes[1:3]]
    for one in asked:
        if isinstance(one, Failure):
            return one
    row, column = ([int(one) for one in asked if not isinstance(one, Failure)] + [0, 0])[:2]
    if isinstance(source, Area):
        return _index_area(source, row, column)
    grid: Grid = source if isinstance(source, list) else [[source]]
    if len(grid) == 1 and len(nodes) == 2:
        row, column = 1, row
    if row > len(grid) or column > len(grid[0]):
        return _out_of_range(row, len(grid))
    lines = grid if row == 0 else [grid[row - 1]]
    made = lines if column == 0 else [[line[column - 1]] for line in lines]
    return made if len(made) > 1 or len(made[0]) > 1 else made[0][0]


def _index_area(source: Area, row: int, column: int) -> Result:
    rect = source.rect
    if rect.rows == 1 and rect.columns > 1 and column == 0:
        row, column = 1, row
    if not 0 <= row <= rect.rows:
        return _out_of_range(row, rect.rows)
    if not 0 <= column <= rect.columns:
        return _out_of_range(column, rect.columns, 3)
    top, bottom = (rect.top + row - 1, rect.top + row) if row else (rect.top, rect.bottom)
    left, right = (
        (rect.left + column - 1, rect.left + column) if column else (rect.left, rect.right)
    )
    return Area(source.sheet, Rect(top, bottom, left, right))


def _out_of_range(given: int, most: int, position: int = 2) -> Failure:
    return Failure(
        "NUM",
        f"Function INDEX parameter {position} value is {given}. Valid values are between 0 and "
        f"{most} inclusive.",
    )


LOOKUPS: dict[str, Callable[[Evaluation, tuple[Node, ...]], Result]] = {
    "VLOOKUP": _vlookup,
    "MATCH": _match,
    "XLOOKUP": _xlookup,
    "INDEX": _index_function,
}


def matches(at: Evaluation, given: Sequence[Result]) -> list[bool]:
    """For (range, criterion) pairs: which positions meet all of them."""
    made: list[bool] | None = None
    for source, criterion in zip(given[::2], given[1::2], strict=True):
        meets = _criterion(at, flat([at.read(criterion)])[0])
        found = [meets(value) for value in flat([at.read(source)])]
        made = found if made is None else [a and b for a, b in zip(made, found, strict=True)]
    return made or []


def _criterion(at: Evaluation, said: Value) -> Callable[[Value], bool]:
    operator, wanted = "=", said
    if isinstance(said, str):
        found = re.match(r"<>|<=|>=|=|<|>", said)
        operator = found.group() if found else "="
        rest = said[len(found.group()) :] if found else said
        read = entered(rest, at.where, date(1970, 1, 1))[0] if rest else None
        wanted = read if isinstance(read, float | bool) else rest
    pattern = _wildcard(wanted) if isinstance(wanted, str) else None

    def meets(value: Value) -> bool:
        if wanted in (None, ""):
            return (value in (None, "")) == (operator == "=")
        if pattern:
            same = isinstance(value, str) and bool(pattern.fullmatch(value))
            return same == (operator == "=")
        alike = isinstance(value, str) == isinstance(wanted, str)
        if value is None or isinstance(value, Failure) or not alike:
            return operator == "<>"
        order = compare(value, wanted)
        return {
            "=": order == 0, "<>": order != 0, "<": order < 0, ">": order > 0,
            "<=": order <= 0, ">=": order >= 0,
        }[operator]  # fmt: skip

    return meets
