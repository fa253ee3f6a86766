"""What the official discovery document allows: requests are checked against it.

The document is `sheets.v4.json` as the Apache-licensed google-api-python-client carries it in its
wheel (<https://sheets.googleapis.com/$discovery/rest?version=v4> is the same text); nothing of it
is copied here. Where that package is not installed, the server serves but does not check
(`available()` tells), and the tests that need it say so.

The refusals are those of Google's JSON reader (protobuf's JSON mapping,
<https://protobuf.dev/programming-guides/json/>): unknown names, wrong types, wrong enums, all
violations of a body at once, with snake_case paths. The type's name in an enum's refusal is not in
the document; it is made from the property's name, and is right for most.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .errors import violations

Json = dict[str, Any]
Found = list[tuple[str, str]]
_PROTO = "type.googleapis.com/google.apps.sheets.v4."
_LIST_VALUE = "type.googleapis.com/google.protobuf.ListValue"
_ENUM_NAMES = {
    ("BooleanCondition", "type"): "ConditionType",
    ("NumberFormat", "type"): "NumberFormat.NumberFormatType",
    ("ErrorValue", "type"): "ErrorType",
    ("InterpolationPoint", "type"): "InterpolationPoint.InterpolationPointType",
    ("GridRange", "majorDimension"): "Dimension",
    ("ValueRange", "majorDimension"): "Dimension",
    ("ProtectedRange", "visibility"): "DeveloperMetadataVisibility",
}
# Which fields of a message exclude each other: the document does not say, the proto does.
_ONEOFS = {
    "ExtendedValue": ("value", ("numberValue", "stringValue", "boolValue", "formulaValue")),
    "UpdateCellsRequest": ("area", ("start", "range")),
    "ColorStyle": ("kind", ("rgbColor", "themeColor")),
    "ConditionalFormatRule": ("rule", ("booleanRule", "gradientRule")),
    "UpdateConditionalFormatRuleRequest": ("instruction", ("rule", "newIndex")),
    "FindReplaceRequest": ("scope", ("range", "sheetId", "allSheets")),
}
_INT32 = 2**31


@lru_cache(maxsize=1)
def document() -> Json | None:
    """The discovery document; None where the package that carries it is not installed."""
    if find_spec("googleapiclient") is None:
        return None
    spec = find_spec("googleapiclient.discovery_cache")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / "documents" / "sheets.v4.json"
    if not path.exists():
        return None
    read: Json = json.loads(path.read_text(encoding="utf-8"))
    return read


def available() -> bool:
    """Whether requests are checked."""
    return document() is not None


@lru_cache(maxsize=400)
def schema(name: str) -> Json:
    """A schema's properties: name → its description; empty without the document."""
    found = document()
    if not found or name not in found["schemas"]:
        return {}
    properties: Json = found["schemas"][name].get("properties", {})
    return properties


def checked(name: str, body: Any, field: str = "") -> Json:
    """The body with camelCase names, nulls left out and numbers as numbers.

    Args:
        name: the schema, as `BatchUpdateSpreadsheetRequest`.
        body: what the JSON said.
        field: where the body is bound (`data` in values.update), the head of every path.

    Raises:
        ApiError: 400 with every violation.
    """
    if not available():
        return body if isinstance(body, dict) else {}
    found: Found = []
    if not isinstance(body, dict):
        raise violations([("", f'Invalid JSON payload received. Unknown name "": {_BAD_ROOT}')])
    made = _message(name, body, field, found)
    if found:
        raise violations(found)
    return made


_BAD_ROOT = "Root element must be a message."


@lru_cache(maxsize=4000)
def snake(name: str) -> str:
    """`spreadsheetId` → `spreadsheet_id`."""
    return re.sub(r"([A-Z])", lambda found: "_" + found.group(1).lower(), name)


@lru_cache(maxsize=4000)
def camel(name: str) -> str:
    """The reverse."""
    return re.sub(r"_([a-z0-9])", lambda found: found.group(1).upper(), name)


def _message(name: str, body: Json, path: str, found: Found) -> Json:
    properties = schema(name)
    made: Json = {}
    exclusive = _ONEOFS.get(name)
    if name == "Request":
        exclusive = ("kind", tuple(properties))
    for given, value in body.items():
        key = given if given in properties else camel(given)
        if key not in properties:
            at = f" at '{path}'" if path else ""
            said = f'Invalid JSON payload received. Unknown name "{given}"{at}: Cannot find field.'
            found.append((path, said))
            continue
        if value is None:
            continue
        if made and exclusive and key in exclusive[1] and any(o in made for o in exclusive[1]):
            said = (
                f"Invalid value at '{path}' (oneof), oneof field '{exclusive[0]}' is already set. "
                f"Cannot set '{given}'"
            )
            found.append((path, said))
            continue
        inner = f"{path}.{snake(key)}" if path else snake(key)
        made[key] = _value(name, key, properties[key], value, inner, found)
    return made


def _value(owner: str, key: str, spec: Json, value: Any, path: str, found: Found) -> Any:
    if spec.get("type") == "array":
        if not isinstance(value, list):
            kind = _type_name(owner, key, spec["items"])
            found.append((path, f"Invalid value at '{path}' ({kind}), {json.dumps(value)}"))
            return []
        items = spec["items"]
        return [
            _value(owner, key, items, one, f"{path}[{index}]", found)
            for index, one in enumerate(value)
            if one is not None or items.get("type") in {"any", "array"}
        ]
    if "$ref" in spec:
        if not isinstance(value, dict):
            found.append(_wrong(path, _PROTO + spec["$ref"], value))
            return {}
        return _message(spec["$ref"], value, path, found)
    if spec.get("type") == "object":
        return _map(owner, key, spec, value, path, found)
    return _scalar(owner, key, spec, value, path, found)


def _map(owner: str, key: str, spec: Json, value: Any, path: str, found: Found) -> Any:
    inner = spec.get("additionalProperties")
    if not isinstance(value, dict):
        found.append(_wrong(path, "map", value))
        return {}
    if not inner:
        return value
    return {
        name: _value(owner, key, inner, one, f"{path}[{name}]", found)
        for name, one in value.items()
    }


def _scalar(owner: str, key: str, spec: Json, value: Any, path: str, found: Found) -> Any:
    kind = spec.get("type")
    if kind == "any":
        return value
    if "enum" in spec:
        return _enum(owner, key, spec, value, path, found)
    if kind == "integer":
        return _integer(value, path, found)
    if kind == "number":
        return _number(spec, value, path, found)
    if kind == "boolean":
        if value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            found.append(_wrong(path, "TYPE_BOOL", value))
        return value
    if not isinstance(value, str):
        found.append(_wrong(path, "TYPE_STRING", value))
    return value


def _enum(owner: str, key: str, spec: Json, value: Any, path: str, found: Found) -> Any:
    """A name, or its number."""
    if type(value) is int and value < len(spec["enum"]):
        return spec["enum"][value]
    if value not in spec["enum"]:
        found.append(_wrong(path, _type_name(owner, key, spec), value))
    return value


def _integer(value: Any, path: str, found: Found) -> Any:
    read = value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
        read = int(value)
    if isinstance(value, float) and value.is_integer():
        read = int(value)
    is_int = isinstance(read, int) and not isinstance(read, bool)
    if not is_int or not -_INT32 <= read < _INT32:
        found.append(_wrong(path, "TYPE_INT32", value))
        return 0
    return read


def _number(spec: Json, value: Any, path: str, found: Found) -> Any:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    if isinstance(value, bool) or not isinstance(value, int | float):
        kind = "TYPE_FLOAT" if spec.get("format") == "float" else "TYPE_DOUBLE"
        found.append(_wrong(path, kind, value))
        return 0
    return value


def _wrong(path: str, kind: str, value: Any) -> tuple[str, str]:
    shown = json.dumps(value, ensure_ascii=False)
    return path, f"Invalid value at '{path}' ({kind}), {shown}"


def _type_name(owner: str, key: str, spec: Json) -> str:
    if spec.get("type") == "array":
        return _LIST_VALUE
    if "$ref" in spec:
        return f"{_PROTO}{spec['$ref']}"
    if "enum" in spec:
        return _PROTO + _ENUM_NAMES.get((owner, key), key[0].upper() + key[1:])
    plain = {"integer": "TYPE_INT32", "boolean": "TYPE_BOOL"}
    return plain.get(str(spec["type"]), "TYPE_STRING")


def checked_query(method: str, given: list[tuple[str, str]]) -> Json:
    """The query parameters of a method, typed; repeated ones as lists.

    Raises:
        ApiError: 400 for a name that the method does not know, a wrong enum or boolean.
    """
    known = _parameters(method)
    made: Json = {}
    found: Found = []
    for name, text in given:
        if known is None:
            spec: Json = {"type": "string", "repeated": name == "ranges"}
        elif name in known or camel(name) in known:
            spec = known.get(name) or known[camel(name)]
        else:
            said = (
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query '
                f"parameter. Field '{name}' could not be found in request message."
            )
            found.append(("", said))
            continue
        key = name if known is None or name in known else camel(name)
        if spec.get("repeated"):
            made.setdefault(key, []).append(text)
            continue
        made[key] = _parameter(key, spec, text, found)
    if found:
        raise violations(found)
    return made


def _parameter(key: str, spec: Json, text: str, found: Found) -> Any:
    if spec["type"] == "boolean" or text.lower() in {"true", "false"}:
        if text.lower() not in {"true", "false", "1", "0"}:
            found.append(_wrong(snake(key), "TYPE_BOOL", text))
        return text.lower() in {"true", "1"}
    if "enum" in spec and text not in spec["enum"]:
        named = {"majorDimension": "Dimension"}.get(key, key[0].upper() + key[1:])
        found.append(_wrong(snake(key), _PROTO + named.removeprefix("Response"), text))
    return text


def _parameters(method: str) -> Json | None:
    """Those of the method and those common to all; None without the document."""
    found = document()
    if found is None:
        return None
    at: Json = found
    *resources, last = method.split(".")
    for name in resources:
        at = at["resources"][name]
    own: Json = at["methods"][last]["parameters"]
    return {**found["parameters"], **{k: v for k, v in own.items() if v["location"] == "query"}}
