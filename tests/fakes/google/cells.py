"""A cell: what was typed, how it looks, what is checked; immutable, so that a batch can be undone.

The typed value is a Python value: `str`, `float`, `bool`, `Formula` or `Failure`; None is blank.
Errors are those of the ErrorValue schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
SHOWN = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "LOADING": "Loading...",
}
TYPED_ERRORS = {shown: kind for kind, shown in SHOWN.items() if kind != "LOADING"}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, with its `=`."""

    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as a value: `kind` of ErrorType, and Google's sentence."""

    kind: str
    message: str = ""

    @property
    def shown(self) -> str:
        """`#N/A` and such."""
        return SHOWN[self.kind]


Value = str | float | bool | Failure | None
Typed = Value | Formula


@dataclass(frozen=True, slots=True)
class Cell:
    """What a person or a program left in one place of the grid."""

    value: Typed = None
    format: Json | None = None
    note: str = ""
    validation: Json | None = None
    runs: tuple[Json, ...] = ()
    pivot: Json | None = None

    def with_value(self, value: Typed) -> Cell:
        """The same place with another value; blank text is no value."""
        kept = None if value == "" else value
        return Cell(kept, self.format, self.note, self.validation, (), self.pivot)

    @property
    def is_nothing(self) -> bool:
        """Nothing to keep."""
        return self.value is None and self == NOTHING


NOTHING = Cell()


def extended(value: Typed) -> Json | None:
    """The value as an ExtendedValue; None when blank."""
    match value:
        case None:
            return None
        case bool():
            return {"boolValue": value}
        case Formula(text):
            return {"formulaValue": text}
        case Failure(kind, message):
            return {"errorValue": {"type": kind, **({"message": message} if message else {})}}
        case str():
            return {"stringValue": value}
        case _:
            return {"numberValue": json_number(value)}


def json_number(value: float) -> float | int:
    """12.0 → 12, as Google's JSON has it."""
    return int(value) if value == int(value) and abs(value) < 1e21 else value


def from_extended(given: Json | None) -> Typed:
    """The reverse. An errorValue cannot be written; the caller refuses it."""
    if not given:
        return None
    if "numberValue" in given:
        return float(given["numberValue"])
    if "boolValue" in given:
        return bool(given["boolValue"])
    if "formulaValue" in given:
        text = str(given["formulaValue"])
        return Formula(text) if text.startswith("=") else text or None
    text = str(given.get("stringValue", ""))
    return text or None
