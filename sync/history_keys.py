"""The hidden `keys` cell of History: what was sent, in a form that survives the workbook.

One key is `invoice|due date|policy|step|offset|occurrence`; keys are joined by `;`. Within a field
`%`, `|`, `;` and control characters are written as %XX (RFC 3986 §2.1). A cell holds 32,767
characters: a list that would be longer leaves out the fields that repeat the key before it.
"""

import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from urllib.parse import unquote

from sync.domain.facts import StepKey

_LIMIT = 32_000
_FIELDS = 6
_SPECIAL = re.compile(r"[%|;\x00-\x1f\x7f]")
_EMPTY = "%00"  # a field that is really empty, where nothing means "as before"


def encode_keys(keys: Iterable[StepKey]) -> str:
    """The cell's text for these keys; `decode_keys` gives them back."""
    rows = [_fields(key) for key in keys]
    text = ";".join("|".join(row) for row in rows)
    if len(text) <= _LIMIT:
        return text
    short = rows[:1]
    for before, row in pairwise(rows):
        short.append([row[0], *(_differing(before[1:], row[1:]))])
    return ";".join("|".join(row) for row in short)


def decode_keys(text: str) -> tuple[StepKey, ...]:
    """The keys of a cell's text.

    Raises:
        ValueError: when any part of it is damaged.
    """
    keys: list[StepKey] = []
    fields: list[str] = []
    for part in text.split(";"):
        raw = part.split("|")
        if len(raw) != _FIELDS:
            raise ValueError(f"{len(raw)} fields instead of {_FIELDS}")
        fields = [own or before for own, before in zip(raw, fields or raw, strict=True)]
        keys.append(_key(fields))
    return tuple(keys)


def _fields(key: StepKey) -> list[str]:
    return [
        _escape(key.invoice),
        key.due_on.isoformat(),
        _escape(key.policy),
        _escape(key.step),
        str(key.offset),
        str(key.occurrence),
    ]


def _differing(before: list[str], row: list[str]) -> list[str]:
    return ["" if own == old else own for own, old in zip(row, before, strict=True)]


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda sign: f"%{ord(sign[0]):02X}", text) or _EMPTY


def _unescape(field: str) -> str:
    if field == _EMPTY:
        return ""
    if not field:
        raise ValueError("an empty field")
    text = unquote(field, errors="strict") if "%" in field else field
    if "%" in field and _escape(text) != field:
        raise ValueError(f"a field that was not written so: {field!r}")
    return text


def _key(fields: list[str]) -> StepKey:
    invoice, due_on, policy, step, offset, occurrence = fields
    return StepKey(
        invoice=_unescape(invoice),
        due_on=date.fromisoformat(due_on),
        policy=_unescape(policy),
        step=_unescape(step),
        offset=int(offset),
        occurrence=int(occurrence),
    )
