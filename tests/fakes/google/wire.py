"""Google's JSON: what is left out because it is the default, and colours said twice.

proto3 JSON leaves out zero, false and empty text, except where a field has presence. Which fields
have presence was read from recorded answers of the real service (sheetId and index of a sheet's
properties, the bounds of ranges, the switches of a text format).
"""

from __future__ import annotations

import math
from struct import pack, unpack
from typing import Any

Json = dict[str, Any]
_PRESENT = {
    "startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex", "startIndex", "endIndex",
    "numberValue", "stringValue", "boolValue", "formulaValue",
    "bold", "italic", "strikethrough", "underline", "fontSize",
}  # fmt: skip
_COLOURS = {
    "backgroundColor", "foregroundColor", "color", "tabColor", "headerColor", "firstBandColor",
    "secondBandColor", "footerColor",
}  # fmt: skip


def wire(value: Any) -> Any:
    """The value as Google's JSON has it."""
    if isinstance(value, list):
        return [wire(one) for one in value]
    if not isinstance(value, dict):
        return value
    keep = _PRESENT | ({"sheetId", "index"} if "sheetType" in value else set())
    made = {}
    for key, inner in value.items():
        if inner is None or (not isinstance(inner, dict) and not inner and key not in keep):
            continue
        if inner == {} and key.endswith("ColorStyle"):
            continue  # no colour: this is how one is taken away
        made[key] = wire(inner)
    return made


def coloured(value: Any) -> Any:
    """Every colour beside its style, as the service answers: one given makes the other.

    A style wins over a colour (CellFormat.backgroundColor's documentation).
    """
    if isinstance(value, list):
        return [coloured(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {
        key: _quantised(inner) if key in _COLOURS or key == "rgbColor" else coloured(inner)
        for key, inner in value.items()
    }
    for key in [*made]:
        plain = key.removesuffix("Style")
        if plain in _COLOURS and isinstance(made[key], dict):
            if key.endswith("Style"):
                if "rgbColor" in made[key]:
                    made[plain] = made[key]["rgbColor"]
            elif f"{key}Style" not in made and not {"rgbColor", "themeColor"} & set(made[key]):
                made[f"{key}Style"] = {"rgbColor": made[key]}
    return made


def _quantised(colour: Any) -> Any:
    """A Color in steps of 1/255, as single-precision numbers, zero left out (recorded)."""
    if not isinstance(colour, dict) or not set(colour) <= {"red", "green", "blue", "alpha"}:
        return coloured(colour)  # a theme's colour is a ColorStyle
    made = {}
    for name, part in colour.items():
        step = math.floor(part * 255 + 1e-6) if name != "alpha" else part * 255
        if step:
            made[name] = float(f"{unpack('f', pack('f', step / 255))[0]:.8g}")
    return {name: int(part) if part == 1 else part for name, part in made.items()}


def style_paths(wanted: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A mask that names a colour names its style too, and the reverse."""
    made = list(wanted)
    for path in wanted:
        last = path[-1]
        plain = last.removesuffix("Style")
        if plain in _COLOURS:
            other = plain if last.endswith("Style") else f"{plain}Style"
            if (*path[:-1], other) not in made:
                made.append((*path[:-1], other))
    return made
