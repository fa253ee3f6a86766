"""Drop-downs, checkboxes and checks while typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheet_templates import headings
from sheet_templates.google_cells import Json, grid
from sheet_templates.schema import COLUMN_LISTS, LISTS, Kind, Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sheet_templates.google_book import Book
    from sheet_templates.schema import Column, Tab

CHECKED = frozenset({Owner.USER, Owner.CHOICE})
"""Owners of columns that people fill."""


def check(tab: Tab, column: Column, index: int, book: Book) -> Iterator[Json]:
    """Yield the drop-down, checkbox or check of a column that people fill."""
    if (tab.key, column.key) == ("settings", "value"):
        return  # each setting has its own
    required_amount = column.kind is Kind.MONEY and column.required
    rule = rule_of(book, column.kind, column.list_name, above_zero=required_amount)
    if (tab.key, column.key) == ("policy", "offset") and rule is not None:
        rule["condition"]["values"][0]["userEnteredValue"] = "-100000"
    if rule is not None:
        area = grid(book.ids[tab.key], (1, None), (index, index + 1))
        yield {"setDataValidation": {"range": area, "rule": rule}}


def rule_of(
    book: Book, kind: Kind, list_name: str | None, *, above_zero: bool = False
) -> Json | None:
    """Return the DataValidationRule of a kind; None where anything goes."""
    said = headings.locale(book.language)["validation"]
    if list_name is not None and list_name in COLUMN_LISTS:
        values, name, strict = [book.source(list_name)], "ONE_OF_RANGE", False
        message = said["known"]
    elif list_name is not None and list_name in LISTS and kind is not Kind.FLAG:
        values = [headings.value_text(book.language, list_name, c) for c in LISTS[list_name]]
        name, strict, message = "ONE_OF_LIST", True, said["choice"]
    elif found := _condition(kind, list_name, above_zero=above_zero):
        name, *values = found
        strict, message = True, said.get(_MESSAGES.get(kind, ""), "")
    else:
        return None
    made: Json = {"condition": {"type": name}, "strict": strict}
    if values:
        made["condition"]["values"] = [{"userEnteredValue": value} for value in values]
    if name.startswith("ONE_OF"):
        made["showCustomUi"] = True
    if message:
        made["inputMessage"] = message
    return made


_MESSAGES = {
    Kind.DATE: "date",
    Kind.DATETIME: "date",
    Kind.TIME: "time",
    Kind.MONEY: "money",
    Kind.PERCENT: "percent",
    Kind.INT: "int",
}


def _condition(kind: Kind, list_name: str | None, *, above_zero: bool = False) -> tuple[str, ...]:
    """Return the check of a kind: the condition's type and its values; () where anything goes."""
    if list_name is not None and kind is not Kind.FLAG:
        return ()
    if kind is Kind.MONEY and above_zero:
        return ("NUMBER_GREATER", "0")
    return _CONDITIONS.get(kind, ())


_CONDITIONS: Mapping[Kind, tuple[str, ...]] = {
    Kind.FLAG: ("BOOLEAN",),
    Kind.DATE: ("DATE_IS_VALID",),
    Kind.DATETIME: ("DATE_IS_VALID",),
    Kind.TIME: ("NUMBER_BETWEEN", "0", "1"),
    Kind.MONEY: ("NUMBER_GREATER_THAN_EQ", "0"),
    Kind.PERCENT: ("NUMBER_BETWEEN", "0", "1"),
    Kind.INT: ("NUMBER_BETWEEN", "0", "100000"),
}
