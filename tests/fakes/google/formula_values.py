"""What operators do with values: coercion, comparison, arithmetic, cell by cell over arrays.

The sentences of the errors are those that Sheets shows on a cell. Source for the order of kinds
(numbers, then text, then booleans; blank is 0 or empty) and coercion:
<https://support.google.com/docs/answer/3093197> and the operator functions' pages (ADD, EQ, …).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from .cells import Failure, Value
from .entered import entered
from .formats import general

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .a1 import Rect
    from .locales import Locale
    from .state import Sheet

Grid = list[list[Value]]


@dataclass(frozen=True, slots=True)
class Area:
    """A reference that was resolved: a tab and its cells."""

    sheet: Sheet
    rect: Rect


Result = Value | Grid | Area
_NAMES = {
    "+": "ADD", "-": "MINUS", "*": "MULTIPLY", "/": "DIVIDE", "^": "POW", "&": "CONCAT", "=": "EQ",
    "<>": "NE", "<": "LT", ">": "GT", "<=": "LTE", ">=": "GTE",
}  # fmt: skip


def number(value: Value, where: Locale, function: str, position: int) -> float | Failure:
    """The value as a number; blank is 0, text only if it reads as one."""
    match value:
        case Failure():
            return value
        case None:
            return 0.0
        case bool():
            return float(value)
        case str():
            read = entered(value, where, date(1970, 1, 1))[0] if value.strip() else None
            if isinstance(read, float):
                return read
            return Failure(
                "VALUE",
                f"Function {function} parameter {position} expects number values. But '{value}' "
                "is a text and cannot be coerced to a number.",
            )
    return value


def text(value: Value, where: Locale) -> str | Failure:
    """The value as text."""
    match value:
        case Failure():
            return value
        case None:
            return ""
        case bool():
            return where.true if value else where.false
        case str():
            return value
    return general(value, where)


def truth(value: Value, function: str = "IF", position: int = 1) -> bool | Failure:
    """The value as a condition."""
    match value:
        case Failure():
            return value
        case str():
            if value.upper() in {"TRUE", "FALSE"}:
                return value.upper() == "TRUE"
            return Failure(
                "VALUE",
                f"Function {function} parameter {position} expects boolean values. But '{value}' "
                "is a text and cannot be coerced to a boolean.",
            )
    return bool(value)


def _rank(value: Value) -> int:
    return 2 if isinstance(value, bool) else 1 if isinstance(value, str) else 0


def _as_other(value: Value, other: Value) -> Value:
    """A blank is compared as the other's empty value."""
    if value is not None:
        return value
    if isinstance(other, bool):
        return False
    return "" if isinstance(other, str) else 0.0


def compare(left: Value, right: Value) -> int:
    """-1, 0 or 1; text without case."""
    left, right = _as_other(left, right), _as_other(right, left)
    ranks = _rank(left), _rank(right)
    if ranks[0] != ranks[1]:
        return -1 if ranks[0] < ranks[1] else 1
    if isinstance(left, str) and isinstance(right, str):
        low, high = left.casefold(), right.casefold()
        return (low > high) - (low < high)
    if isinstance(left, float | int | bool) and isinstance(right, float | int | bool):
        return (left > right) - (left < right)
    return 0


def operate(operator: str, left: Value, right: Value, where: Locale) -> Value:
    """A binary operator on two values."""
    for value in (left, right):
        if isinstance(value, Failure):
            return value
    if operator == "&":
        return f"{text(left, where)}{text(right, where)}"
    if operator in {"=", "<>", "<", ">", "<=", ">="}:
        order = compare(left, right)
        return {
            "=": order == 0, "<>": order != 0, "<": order < 0, ">": order > 0,
            "<=": order <= 0, ">=": order >= 0,
        }[operator]  # fmt: skip
    name = _NAMES[operator]
    first, second = number(left, where, name, 1), number(right, where, name, 2)
    if isinstance(first, Failure):
        return first
    if isinstance(second, Failure):
        return second
    return _arithmetic(operator, first, second)


def _arithmetic(operator: str, first: float, second: float) -> Value:
    if operator == "+":
        return first + second
    if operator == "-":
        return first - second
    if operator == "*":
        return first * second
    if operator == "/":
        if second == 0:
            return Failure("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
        return first / second
    try:
        made = first**second
    except (OverflowError, ZeroDivisionError):
        made = 0j
    if isinstance(made, complex):
        return Failure("NUM", "POW evaluates to an imaginary number or is out of range.")
    return float(made)


def is_array(value: object) -> bool:
    """Whether it is an array rather than one value."""
    return isinstance(value, list)


def broadcast(function: Callable[..., Value], values: Sequence[Value | Grid]) -> Value | Grid:
    """The function cell by cell; a single row, column or value is repeated, what lacks is #N/A."""
    grids = [value for value in values if isinstance(value, list)]
    if not grids:
        return function(*values)
    height = max(len(grid) for grid in grids)
    width = max(len(grid[0]) if grid else 0 for grid in grids)
    return [
        [function(*(_at(value, row, column) for value in values)) for column in range(width)]
        for row in range(height)
    ]


def _at(value: Value | Grid, row: int, column: int) -> Value:
    if not isinstance(value, list):
        return value
    line = value[0] if len(value) == 1 else value[row] if row < len(value) else None
    if line is None:
        return Failure("N_A", "Array arguments are of different size.")
    if len(line) == 1:
        return line[0]
    if column < len(line):
        return line[column]
    return Failure("N_A", "Array arguments are of different size.")


def flat(values: Sequence[Value | Grid]) -> list[Value]:
    """All of them in one list."""
    made: list[Value] = []
    for value in values:
        if isinstance(value, list):
            for line in value:
                made += line
        else:
            made.append(value)
    return made
