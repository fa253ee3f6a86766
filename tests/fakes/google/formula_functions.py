"""The functions that are computed; all others are `#NAME?`.

Each is named as in <https://support.google.com/docs/table/25273>, whose pages are the source.
SCALAR functions work cell by cell under ARRAYFORMULA; AGGREGATE ones take all they are given;
SPECIAL ones look at their arguments before these are computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import TYPE_CHECKING

from .cells import Failure, Typed, Value
from .entered import entered
from .formats import shown
from .formula_lookup import LOOKUPS, matches
from .formula_values import Area, Grid, Result, broadcast, flat, number, text, truth
from .state import from_serial, serial

if TYPE_CHECKING:
    from .a1 import Rect
    from .calculation import Evaluation
    from .formula_parser import Node

Scalar = Callable[..., Value]
Aggregate = Callable[["Evaluation", Sequence[Result]], Result]
Special = Callable[["Evaluation", "tuple[Node, ...]"], Result]


def _text_of(change: Callable[[str], Value]) -> Scalar:
    def function(at: Evaluation, value: Value) -> Value:
        said = text(value, at.where)
        return said if isinstance(said, Failure) else change(said)

    return function


def _number_of(name: str, change: Callable[[float], Value]) -> Scalar:
    def function(at: Evaluation, value: Value) -> Value:
        read = number(value, at.where, name, 1)
        return read if isinstance(read, Failure) else change(read)

    return function


def _rounding(name: str, way: str) -> Scalar:
    def function(at: Evaluation, value: Value, places: Value = 0.0) -> Value:
        read, digits = number(value, at.where, name, 1), number(places, at.where, name, 2)
        if isinstance(read, Failure):
            return read
        if isinstance(digits, Failure):
            return digits
        unit = Decimal(1).scaleb(-int(digits))
        return float((Decimal(repr(read)) / unit).quantize(Decimal(1), rounding=way) * unit)

    return function


def _piece(name: str, *, left: bool) -> Scalar:
    def function(at: Evaluation, value: Value, count: Value = 1.0) -> Value:
        said, size = text(value, at.where), number(count, at.where, name, 2)
        if isinstance(said, Failure):
            return said
        if isinstance(size, Failure):
            return size
        return said[: int(size)] if left else said[len(said) - min(int(size), len(said)) :]

    return function


def _date_part(name: str, part: Callable[[date], int]) -> Scalar:
    return _number_of(name, lambda read: float(part(from_serial(math.floor(read)).date())))


def _date(at: Evaluation, year: Value, month: Value, day: Value) -> Value:
    read = [number(one, at.where, "DATE", n) for n, one in enumerate((year, month, day), start=1)]
    for one in read:
        if isinstance(one, Failure):
            return one
    y, m, d = (int(one) for one in read if not isinstance(one, Failure))
    first = date(y + (m - 1) // 12, (m - 1) % 12 + 1, 1) + timedelta(days=d - 1)
    return float((first - date(1899, 12, 30)).days)


def _text_function(at: Evaluation, value: Value, pattern: Value) -> Value:
    if isinstance(value, Failure):
        return value
    return shown(value, {"type": "NUMBER", "pattern": str(pattern)}, at.where)


def _value_function(at: Evaluation, value: Value) -> Value:
    read: Typed = value
    if isinstance(value, str):
        read = entered(value, at.where, at.calculation.now.date())[0]
    if isinstance(read, float):
        return read
    return Failure("VALUE", f"VALUE parameter '{value}' cannot be parsed to number.")


def _substitute(at: Evaluation, value: Value, old: Value, new: Value) -> Value:
    said = [text(one, at.where) for one in (value, old, new)]
    for one in said:
        if isinstance(one, Failure):
            return one
    whole, before, after = (str(one) for one in said)
    return whole.replace(before, after) if before else whole


SCALAR: dict[str, tuple[int, int, Scalar]] = {
    "LEN": (1, 1, _text_of(lambda said: float(len(said)))),
    "UPPER": (1, 1, _text_of(str.upper)),
    "LOWER": (1, 1, _text_of(str.lower)),
    "TRIM": (1, 1, _text_of(lambda said: " ".join(said.split()))),
    "LEFT": (1, 2, _piece("LEFT", left=True)),
    "RIGHT": (1, 2, _piece("RIGHT", left=False)),
    "SUBSTITUTE": (3, 3, _substitute),
    "TEXT": (2, 2, _text_function),
    "VALUE": (1, 1, _value_function),
    "ABS": (1, 1, _number_of("ABS", abs)),
    "INT": (1, 1, _number_of("INT", lambda read: float(math.floor(read)))),
    "ROUND": (1, 2, _rounding("ROUND", ROUND_HALF_UP)),
    "ROUNDUP": (1, 2, _rounding("ROUNDUP", ROUND_UP)),
    "ROUNDDOWN": (1, 2, _rounding("ROUNDDOWN", ROUND_DOWN)),
    "CEILING": (1, 1, _rounding("CEILING", ROUND_CEILING)),
    "FLOOR": (1, 1, _rounding("FLOOR", ROUND_FLOOR)),
    "NOT": (1, 1, lambda _at, value: _not(value)),
    "DATE": (3, 3, _date),
    "YEAR": (1, 1, _date_part("YEAR", lambda day: day.year)),
    "MONTH": (1, 1, _date_part("MONTH", lambda day: day.month)),
    "DAY": (1, 1, _date_part("DAY", lambda day: day.day)),
    "ISBLANK": (1, 1, lambda _at, value: value is None),
    "ISNUMBER": (1, 1, lambda _at, value: type(value) is float),
    "ISTEXT": (1, 1, lambda _at, value: isinstance(value, str)),
    "ISERROR": (1, 1, lambda _at, value: isinstance(value, Failure)),
    "ISNA": (1, 1, lambda _at, value: isinstance(value, Failure) and value.kind == "N_A"),
    "N": (1, 1, lambda _at, value: float(value) if isinstance(value, float | bool) else 0.0),
    "HYPERLINK": (1, 2, lambda _at, url, label=None: url if label is None else label),
    "NA": (0, 0, lambda _at: Failure("N_A")),
    "TODAY": (0, 0, lambda at: float(math.floor(serial(at.calculation.now)))),
    "NOW": (0, 0, lambda at: serial(at.calculation.now)),
}


def _not(value: Value) -> Value:
    read = truth(value, "NOT")
    return read if isinstance(read, Failure) else not read


def _numbers(at: Evaluation, name: str, given: Sequence[Result]) -> Iterator[float | Failure]:
    """Numbers of ranges as they stand; what is given directly is coerced."""
    for position, one in enumerate(given, start=1):
        read = at.read(one)
        if isinstance(read, list):
            for value in flat([read]):
                if isinstance(value, Failure) or type(value) is float:
                    yield value
        elif read is not None:
            if isinstance(one, Area) and type(read) is not float:
                continue
            yield number(read, at.where, name, position)


def _summing(name: str, change: Callable[[list[float]], Value]) -> Aggregate:
    def function(at: Evaluation, given: Sequence[Result]) -> Result:
        read = []
        for one in _numbers(at, name, given):
            if isinstance(one, Failure):
                return one
            read.append(one)
        return change(read)

    return function


def _average(read: list[float]) -> Value:
    if not read:
        said = "Evaluation of function AVERAGE caused a divide by zero error."
        return Failure("DIVIDE_BY_ZERO", said)
    return sum(read) / len(read)


def _values(at: Evaluation, given: Sequence[Result]) -> list[Value]:
    return flat([at.read(one) for one in given])


def _all_or_any(name: str, ends: Callable[[list[bool]], bool]) -> Aggregate:
    def function(at: Evaluation, given: Sequence[Result]) -> Result:
        made = []
        for value in _values(at, given):
            if value is None or (isinstance(value, str) and isinstance(given[0], Area)):
                continue
            read = truth(value, name)
            if isinstance(read, Failure):
                return read
            made.append(read)
        return ends(made)

    return function


def _concatenate(at: Evaluation, given: Sequence[Result]) -> Result:
    made = ""
    for value in _values(at, given):
        said = text(value, at.where)
        if isinstance(said, Failure):
            return said
        made += said
    return made


def _textjoin(at: Evaluation, given: Sequence[Result]) -> Result:
    mark, skip, *rest = given
    said = [text(value, at.where) for value in _values(at, rest)]
    for one in said:
        if isinstance(one, Failure):
            return one
    kept = [str(one) for one in said if one or not truth(_values(at, [skip])[0])]
    return str(text(_values(at, [mark])[0], at.where)).join(kept)


def _counting_if(at: Evaluation, given: Sequence[Result]) -> Result:
    return float(sum(matches(at, given)))


def _summing_if(at: Evaluation, given: Sequence[Result]) -> Result:
    """SUMIF(range, criterion, [sum range])."""
    source = flat([at.read(given[2] if len(given) > 2 else given[0])])
    chosen = matches(at, given[:2])
    return float(sum(v for v, yes in zip(source, chosen, strict=False) if yes and type(v) is float))


def _summing_ifs(at: Evaluation, given: Sequence[Result]) -> Result:
    """SUMIFS(sum range, range, criterion, …)."""
    source = flat([at.read(given[0])])
    chosen = matches(at, given[1:])
    return float(sum(v for v, yes in zip(source, chosen, strict=False) if yes and type(v) is float))


def _sumproduct(at: Evaluation, given: Sequence[Result]) -> Result:
    columns = [flat([at.read(one)]) for one in given]
    total = 0.0
    for line in zip(*columns, strict=True):
        product = 1.0
        for value in line:
            if isinstance(value, Failure):
                return value
            product *= float(value) if isinstance(value, float | bool) else 0.0
        total += product
    return total


AGGREGATE: dict[str, Aggregate] = {
    "SUM": _summing("SUM", lambda read: float(sum(read))),
    "MAX": _summing("MAX", lambda read: max(read, default=0.0)),
    "MIN": _summing("MIN", lambda read: min(read, default=0.0)),
    "AVERAGE": _summing("AVERAGE", _average),
    "PRODUCT": _summing("PRODUCT", lambda read: float(math.prod(read))),
    "COUNT": lambda at, given: float(sum(type(v) is float for v in _values(at, given))),
    "COUNTA": lambda at, given: float(sum(v is not None for v in _values(at, given))),
    "COUNTBLANK": lambda at, given: float(sum(v in (None, "") for v in _values(at, given))),
    "COUNTIF": _counting_if,
    "COUNTIFS": _counting_if,
    "SUMIF": _summing_if,
    "SUMIFS": _summing_ifs,
    "AND": _all_or_any("AND", all),
    "OR": _all_or_any("OR", any),
    "CONCATENATE": _concatenate,
    "JOIN": lambda at, given: _textjoin(at, [given[0], False, *given[1:]]),
    "TEXTJOIN": _textjoin,
}


def _if(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    """Lazily for one condition; cell by cell for an array of them."""
    condition = at.argument(nodes[0])
    if not isinstance(condition, list):
        read = truth(condition)
        if isinstance(read, Failure):
            return read
        if read:
            return at.raw(nodes[1])
        return at.raw(nodes[2]) if len(nodes) > 2 else False
    yes = at.argument(nodes[1])
    no = at.argument(nodes[2]) if len(nodes) > 2 else False

    def choose(said: Value, first: Value, second: Value) -> Value:
        found = truth(said)
        return found if isinstance(found, Failure) else first if found else second

    return broadcast(choose, [condition, yes, no])


def _if_error(kinds: set[str] | None) -> Special:
    def function(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
        value = at.argument(nodes[0])
        other = at.argument(nodes[1]) if len(nodes) > 1 else None

        def choose(first: Value, second: Value) -> Value:
            wrong = isinstance(first, Failure) and (kinds is None or first.kind in kinds)
            return second if wrong else first

        return broadcast(choose, [value, other])

    return function


def _arrayformula(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    inner = at.array()
    return inner.read(inner.raw(nodes[0]))


def _ordinal(*, rows: bool) -> Special:
    """ROW and COLUMN: of the formula's own cell, or of a reference; arrays under ARRAYFORMULA."""

    def function(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
        if not nodes:
            return float((at.row if rows else at.column) + 1)
        found = at.raw(nodes[0])
        if not isinstance(found, Area):
            return (
                found if isinstance(found, Failure) else Failure("N_A", "Argument must be a range.")
            )
        rect: Rect = found.rect
        if not at.arrays:
            return float((rect.top if rows else rect.left) + 1)
        if rows:
            return [[float(row + 1)] for row in range(rect.top, rect.bottom)]
        return [[float(column + 1) for column in range(rect.left, rect.right)]]

    return function


def _extent(*, rows: bool) -> Special:
    def function(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
        grid = at.grid(nodes[0])
        return float(len(grid) if rows else len(grid[0]))

    return function


def _filter(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    inner = at.array()
    source: Grid = inner.grid(nodes[0])
    conditions = [flat([inner.grid(node)]) for node in nodes[1:]]
    kept = [
        line
        for index, line in enumerate(source)
        if all(index < len(said) and truth(said[index]) is True for said in conditions)
    ]
    return kept or Failure("N_A", "No matches are found in FILTER evaluation.")


def _sequence(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    count = number(flat([at.argument(nodes[0])])[0], at.where, "SEQUENCE", 1)
    return count if isinstance(count, Failure) else [[float(n + 1)] for n in range(int(count))]


def _indirect(at: Evaluation, nodes: tuple[Node, ...]) -> Result:
    from .formula_parser import parsed  # noqa: PLC0415  # it imports this module's siblings

    said = text(flat([at.argument(nodes[0])])[0], at.where)
    tree = None if isinstance(said, Failure) else parsed(f"={said}", at.where.decimal)
    found = at.raw(tree) if tree is not None else said
    if isinstance(found, Area):
        return found
    return Failure(
        "REF",
        f"Function INDIRECT parameter 1 value is '{said}'. It is not a valid cell/range reference.",
    )


SPECIAL: dict[str, Special] = {
    "IF": _if,
    "IFERROR": _if_error(None),
    "IFNA": _if_error({"N_A"}),
    "ARRAYFORMULA": _arrayformula,
    "ROW": _ordinal(rows=True),
    "COLUMN": _ordinal(rows=False),
    "ROWS": _extent(rows=True),
    "COLUMNS": _extent(rows=False),
    "FILTER": _filter,
    "SEQUENCE": _sequence,
    "INDIRECT": _indirect,
    "SUMPRODUCT": lambda at, nodes: _sumproduct(at, [at.array().grid(one) for one in nodes]),
    **LOOKUPS,
}
