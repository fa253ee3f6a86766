"""The values of all cells at one moment: literals, formulas, and what array formulas spill.

One `Calculation` is made for one revision of a document and one moment (TODAY, NOW); it computes
what is asked for and remembers it. Array results expand right and down into blank cells and are
refused (`#REF!`) where something stands, as <https://support.google.com/docs/answer/3093275> says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .a1 import Box, Rect, cell_name
from .cells import Failure, Formula, Value
from .formula_functions import AGGREGATE, SCALAR, SPECIAL
from .formula_parser import Array, Call, Constant, Name, Node, Operation, Pointer, parsed
from .formula_values import Area, Grid, Result, broadcast, number, operate
from .locales import locale

if TYPE_CHECKING:
    from datetime import datetime

    from .formula_text import Reference
    from .state import Document, Json, Sheet

Place = tuple[int, int, int]
_SPILLING = {
    "ARRAYFORMULA", "ARRAY_CONSTRAIN", "FILTER", "SORT", "UNIQUE", "SEQUENCE", "TRANSPOSE",
}  # fmt: skip
_HINTED = {"IF", "IFERROR", "IFNA", "ARRAYFORMULA", "MAX", "MIN", "SUM", "INDEX"}


class Calculation:
    """`value` and `area` are all that readers need."""

    def __init__(self, document: Document, now: datetime) -> None:
        self.document = document
        self.now = now
        self.where = locale(document.locale)
        self.indexes: dict[tuple[int, Rect], dict[object, int]] = {}
        self._values: dict[Place, Value] = {}
        self._spilled: dict[int, dict[int, dict[int, Value]]] = {}
        self._anchors: dict[int, list[tuple[int, int]]] = {}
        self._busy: set[Place] = set()
        self._done: set[Place] = set()
        for sheet in document.sheets:
            self._anchors[sheet.id] = [
                (row, column)
                for row, kept in sheet.cells.items()
                for column, cell in kept.items()
                if isinstance(cell.value, Formula) and _spills(self._tree(cell.value.text))
            ]

    def value(self, sheet: Sheet, row: int, column: int) -> Value:
        """What the cell shows: its own value, its formula's, or one spilled into it."""
        own = sheet.get(row, column).value
        if isinstance(own, Formula):
            return self._formula(sheet, row, column, own.text)
        if own is not None:
            return own
        self._spill_towards(sheet, Rect(row, row + 1, column, column + 1))
        return self._spilled.get(sheet.id, {}).get(row, {}).get(column)

    def is_spilled(self, sheet: Sheet, row: int, column: int) -> bool:
        """Whether an array formula elsewhere fills this blank cell."""
        self._spill_towards(sheet, Rect(row, row + 1, column, column + 1))
        return column in self._spilled.get(sheet.id, {}).get(row, {})

    def spilled_columns(self, sheet: Sheet, row: int) -> set[int]:
        """The columns of a row that array formulas fill, were it with nothing."""
        self._spill_towards(sheet, Rect(row, row + 1, 0, sheet.columns))
        return set(self._spilled.get(sheet.id, {}).get(row, {}))

    def area(self, area: Area) -> Grid:
        """All the values of a reference."""
        sheet, rect = area.sheet, area.rect
        self._spill_towards(sheet, rect)
        spilled = self._spilled.get(sheet.id, {})
        made: Grid = []
        columns = range(rect.left, rect.right)
        for row in range(rect.top, rect.bottom):
            own, extra = sheet.cells.get(row), spilled.get(row)
            if own is None and extra is None:
                made.append([None] * len(columns))
                continue
            line: list[Value] = []
            for column in columns:
                cell = own.get(column) if own else None
                value = cell.value if cell is not None else None
                if isinstance(value, Formula):
                    line.append(self._formula(sheet, row, column, value.text))
                elif value is not None:
                    line.append(value)
                else:
                    line.append(extra.get(column) if extra else None)
            made.append(line)
        return made

    def last_rows(self, sheet: Sheet) -> dict[int, int]:
        """Row → last column that has a value, spilled ones counted; empty rows are absent."""
        self._spill_towards(sheet, sheet.whole)
        made: dict[int, int] = {}
        for source in (sheet.cells, self._spilled.get(sheet.id, {})):
            for row, kept in source.items():
                last = max(
                    (c for c, one in kept.items() if getattr(one, "value", one) is not None),
                    default=-1,
                )
                if last >= 0:
                    made[row] = max(last, made.get(row, -1))
        return made

    # -- evaluation

    def _tree(self, text: str) -> Node | None:
        return parsed(text, self.where.decimal)

    def _formula(self, sheet: Sheet, row: int, column: int, text: str) -> Value:
        place = (sheet.id, row, column)
        if place in self._values:
            return self._values[place]
        if place in self._busy:
            return Failure(
                "REF",
                "Circular dependency detected. To resolve with iterative calculation, "
                "see File > Settings.",
            )
        tree = self._tree(text)
        if tree is None:
            self._values[place] = Failure("ERROR", "Formula parse error.")
            return self._values[place]
        self._busy.add(place)
        try:
            result = self.evaluate(tree, Evaluation(self, sheet, row, column))
            value = self._settle(sheet, row, column, result)
        finally:
            self._busy.discard(place)
        self._values[place] = value
        self._done.add(place)
        return self._values[place]

    def _settle(self, sheet: Sheet, row: int, column: int, result: Result) -> Value:
        """The anchor's value; the rest of an array goes into the cells beside it."""
        if isinstance(result, Area):
            one = result.rect.rows == 1 and result.rect.columns == 1
            return self.area(result)[0][0] if one else self.intersect(result, row, column)
        if not isinstance(result, list):
            return result
        if not result or not result[0]:
            return Failure("N_A", "The array is empty.")
        for missing, name in (
            (row + len(result) - sheet.rows, "rows"),
            (column + len(result[0]) - sheet.columns, "columns"),
        ):
            if missing > 0:
                said = (
                    f"Result was not automatically expanded, please insert more {name} ({missing})."
                )
                return Failure("REF", said)
        spilled = self._spilled.setdefault(sheet.id, {})
        target = Rect(row, row + len(result), column, column + len(result[0]))
        for at in target.places():
            taken = sheet.get(*at).value is not None or at[1] in spilled.get(at[0], {})
            if taken and at != (row, column):
                name = cell_name(*at)
                said = f"Array result was not expanded because it would overwrite data in {name}."
                return Failure("REF", said)
        self._expand(spilled, result, row, column)
        return result[0][0]

    def _expand(
        self, spilled: dict[int, dict[int, Value]], result: Grid, row: int, column: int
    ) -> None:
        for down, line in enumerate(result):
            for right, value in enumerate(line):
                if down or right:
                    spilled.setdefault(row + down, {})[column + right] = value

    def _spill_towards(self, sheet: Sheet, rect: Rect) -> None:
        """Compute the array formulas that could reach a part of the tab."""
        for row, column in self._anchors[sheet.id]:
            place = (sheet.id, row, column)
            if row < rect.bottom and column < rect.right and place not in self._done:
                own = sheet.get(row, column).value
                if place not in self._busy and isinstance(own, Formula):
                    self._formula(sheet, row, column, own.text)

    def intersect(self, area: Area, row: int, column: int) -> Value:
        """A range where one value is wanted: the cell of it in this row, or in this column."""
        rect = area.rect
        if rect.columns == 1 and rect.top <= row < rect.bottom:
            return self.value(area.sheet, row, rect.left)
        if rect.rows == 1 and rect.left <= column < rect.right:
            return self.value(area.sheet, rect.top, column)
        return Failure("VALUE", "An array value could not be found.")

    def evaluate(self, node: Node, at: Evaluation) -> Result:
        """A tree's result: a value, an array, or a reference."""
        match node:
            case Constant(value):
                return value
            case Pointer(reference):
                return self.resolve(reference, at.sheet)
            case Name(name):
                return self._named(name)
            case Array(rows):
                return self._array(rows, at)
            case Operation(operator, operands):
                return self._operation(operator, operands, at)
            case Call(name, arguments, typed):
                return self._call(name, arguments, at, typed)

    def resolve(self, reference: Reference, here: Sheet) -> Area | Failure:
        """The tab and the cells that a reference means."""
        sheet = here if reference.sheet is None else self.document.by_title(reference.sheet)
        if sheet is None:
            return Failure("REF", f"Unresolved sheet name '{reference.sheet}'.")
        first, last = reference.first, reference.last or reference.first
        box = _box(first.row, last.row, first.column, last.column)
        rect = box.within(sheet.rows, sheet.columns)
        if not rect.rows or not rect.columns:
            return Failure("REF", "Reference does not exist.")
        return Area(sheet, rect)

    def _named(self, name: str) -> Area | Failure:
        found = self.document.named(name)
        if found is None:
            return Failure("NAME", f"Unknown range name: '{name.upper()}'.")
        return Area(*self.document.rect(found["range"]))

    def _array(self, rows: tuple[tuple[Node, ...], ...], at: Evaluation) -> Grid | Failure:
        """Rows below each other, cells beside each other; whole ranges may be joined."""
        made: Grid = []
        for row in rows:
            parts = [at.array().grid(node) for node in row]
            heights = {len(part) for part in parts}
            if len(heights) > 1:
                return Failure("VALUE", "Function ARRAY_ROW parameter 2 has mismatched row size.")
            joined = [
                [value for part in parts for value in part[line]] for line in range(heights.pop())
            ]
            if made and joined and len(made[0]) != len(joined[0]):
                said = "In ARRAY_LITERAL, an Array Literal was missing values for one or more rows."
                return Failure("VALUE", said)
            made += joined
        return made

    def _operation(self, operator: str, operands: tuple[Node, ...], at: Evaluation) -> Result:
        if operator == ":":
            return _joined(*(self.evaluate(one, at) for one in operands))
        values = [at.argument(one) for one in operands]
        if len(values) == 1:
            return broadcast(lambda value: self._unary(operator, value), values)
        return broadcast(lambda left, right: operate(operator, left, right, self.where), values)

    def _unary(self, operator: str, value: Value) -> Value:
        if operator == "+":
            return value
        read = number(value, self.where, "UMINUS" if operator == "-" else "UNARY_PERCENT", 1)
        if isinstance(read, Failure):
            return read
        return -read if operator == "-" else read / 100

    def _call(
        self, name: str, arguments: tuple[Node, ...], at: Evaluation, typed: str = ""
    ) -> Result:
        if name in SPECIAL:
            return SPECIAL[name](at, arguments)
        if name in AGGREGATE:
            return AGGREGATE[name](at, [self.evaluate(one, at) for one in arguments])
        if name in SCALAR:
            least, most, function = SCALAR[name]
            if not least <= len(arguments) <= most:
                return Failure(
                    "N_A",
                    f"Wrong number of arguments to {name}. Expected {least} arguments, but got "
                    f"{len(arguments)} arguments.",
                )
            values = [at.argument(one) for one in arguments]
            return broadcast(lambda *given: function(at, *given), values)
        return Failure("NAME", f"Unknown function: '{typed or name}'.")

    def hint(self, sheet: Sheet, text: str) -> Json | None:
        """The number format that a formula's result takes from what it reads, if any."""
        tree = self._tree(text)
        return self._hint(tree, sheet) if tree is not None else None

    def _hint(self, node: Node, sheet: Sheet, depth: int = 9) -> Json | None:
        match node:
            case Call("TODAY" | "DATE", _):
                return {"type": "DATE"}
            case Call("NOW", _):
                return {"type": "DATE_TIME"}
            case Pointer(reference):
                found = self.resolve(reference, sheet)
                if isinstance(found, Area):
                    cell = found.sheet.get(found.rect.top, found.rect.left)
                    own = (cell.format or {}).get("numberFormat")
                    if own is None and isinstance(cell.value, Formula) and depth:
                        tree = self._tree(cell.value.text)
                        return self._hint(tree, found.sheet, depth - 1) if tree else None
                    return own
            case Operation("+" | "-", operands):
                hints = [self._hint(one, sheet, depth) for one in operands]
                both = len(hints) == 2 and all(hints)
                return None if both else next((one for one in hints if one), None)
            case Call(name, arguments) if name in _HINTED:
                return next((h for one in arguments if (h := self._hint(one, sheet, depth))), None)
        return None


class Evaluation:
    """Where a formula stands while it is computed, and whether arrays are meant."""

    def __init__(
        self, calculation: Calculation, sheet: Sheet, row: int, column: int, *, arrays: bool = False
    ) -> None:
        self.calculation, self.sheet, self.row, self.column = calculation, sheet, row, column
        self.arrays = arrays
        self.where = calculation.where

    def array(self) -> Evaluation:
        """The same place, arrays being meant."""
        return Evaluation(self.calculation, self.sheet, self.row, self.column, arrays=True)

    def raw(self, node: Node) -> Result:
        """The result, references unread."""
        return self.calculation.evaluate(node, self)

    def argument(self, node: Node) -> Value | Grid:
        """A value, or an array where arrays are meant."""
        return self.single(self.raw(node))

    def single(self, result: Result) -> Value | Grid:
        """A reference read: one cell's value, all of them, or the one beside the formula."""
        if isinstance(result, Area):
            if result.rect.rows == 1 and result.rect.columns == 1:
                return self.calculation.value(result.sheet, result.rect.top, result.rect.left)
            if self.arrays:
                return self.calculation.area(result)
            return self.calculation.intersect(result, self.row, self.column)
        if isinstance(result, list) and not self.arrays:
            return result[0][0] if result and result[0] else None
        return result

    def read(self, result: Result) -> Value | Grid:
        """A reference's values, all of them."""
        return self.calculation.area(result) if isinstance(result, Area) else result

    def grid(self, node: Node) -> Grid:
        """The node as an array, a single value being a 1 × 1 one."""
        value = self.read(self.raw(node))
        return value if isinstance(value, list) else [[value]]


def _spills(tree: Node | None) -> bool:
    match tree:
        case Array():
            return True
        case Call(name, arguments):
            return name in _SPILLING or any(_spills(one) for one in arguments)
        case Operation(_, operands):
            return any(_spills(one) for one in operands)
    return False


def _box(top: int | None, bottom: int | None, left: int | None, right: int | None) -> Box:
    rows = (
        (top, None) if top is None or bottom is None else (min(top, bottom), max(top, bottom) + 1)
    )
    columns = (left, right)
    if left is not None and right is not None:
        columns = min(left, right), max(left, right) + 1
    else:
        columns = (left if left is not None else right), None
    if top is None and bottom is not None:
        rows = bottom, None
    return Box(top=rows[0], bottom=rows[1], left=columns[0], right=columns[1])


def _joined(first: Result, last: Result) -> Result:
    """`A1:INDEX(…)`: the range that holds both."""
    for one in (first, last):
        if isinstance(one, Failure):
            return one
    if not isinstance(first, Area) or not isinstance(last, Area) or first.sheet is not last.sheet:
        return Failure("REF", "Argument must be a range.")
    start, end = first.rect, last.rect
    return Area(
        first.sheet,
        Rect(
            min(start.top, end.top),
            max(start.bottom, end.bottom),
            min(start.left, end.left),
            max(start.right, end.right),
        ),
    )
