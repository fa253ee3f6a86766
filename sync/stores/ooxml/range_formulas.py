"""Formulas that stand in one cell and reach over several (ECMA-376 part 1, 18.3.1.40)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from sync.stores.ooxml import xml
from sync.stores.ooxml.sheet import SheetXml

_PLAIN = re.compile(rb"""<f\s[^>]*?\bref\s*=[^>]*>""")
_ANY = re.compile(rb"""<(?:\w+:)?f\s[^>]*?\bref\s*=[^>]*>""")


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeFormula:
    """An array formula, a data table, or the master of a shared formula, and its cells.

    The cells of the first two have no content of their own. Each cell of a shared formula may be
    overwritten, but its first one (`index` names it) only when all others that share it are.
    """

    kind: Literal["array", "dataTable", "shared"]
    area: xml.Area
    index: str = ""

    @property
    def first(self) -> tuple[int, int]:
        """Row and column of the cell in which it stands."""
        return self.area.top, self.area.left

    def heirs(self, sheet: SheetXml) -> Iterator[tuple[int, int]]:
        """The other cells that a shared formula fills."""
        wanted = re.compile(rb"""<(?:\w+:)?f\s[^>]*?\bsi\s*=\s*["']%s["']""" % self.index.encode())
        for number in range(self.area.top, self.area.bottom + 1):
            row = sheet.row(number)
            for cell in row.cells if row else ():
                place = (number, cell.column)
                if place == self.first or not self.area.holds(*place):
                    continue
                if wanted.search(sheet.data, cell.start, cell.end):
                    yield place


def range_formulas(sheet: SheetXml) -> Iterator[RangeFormula]:
    """All formulas of a sheet that reach over more than their own cell."""
    data = sheet.data
    if sheet.is_plain and data.find(b"<f ", *sheet.body) < 0:  # <f t="...">
        return
    for found in (_PLAIN if sheet.is_plain else _ANY).finditer(data):
        attributes = xml.attributes(found[0])
        kind = attributes.get("t")
        if kind not in {"array", "dataTable", "shared"} or "ref" not in attributes:
            continue
        area = xml.area(attributes["ref"])
        if not area.single:
            yield RangeFormula(
                kind=cast("Literal['array', 'dataTable', 'shared']", kind),
                area=area,
                index=attributes.get("si", ""),
            )
