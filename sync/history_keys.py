"""The hidden `keys` cell of History: what was sent, in a form that survives the workbook.

One key is `invoice|due date|policy|step|offset|occurrence`; keys are joined by `;`. Within a field
`%`, `|`, `;` and control characters are written as %XX (RFC 3986 §2.1).
"""

import re
from collections.abc import Iterable
from datetime import date
from urllib.parse import unquote

from sync.domain.facts import StepKey
from sync.packed_text import pack, unpack

_FIELDS = 6
_SPECIAL = re.compile(r"[%|;\x00-\x1f\x7f]")
_EMPTY = "%"  # a field that is empty on purpose, which no other text is written as


def encode_keys(keys: Iterable[StepKey]) -> str:
    """The cell's text for these keys; `decode_keys` gives them back."""
    return pack(";".join("|".join(_fields(key)) for key in keys))


def decode_keys(text: str) -> tuple[StepKey, ...]:
    """The keys of a cell's text.

    Raises:
        ValueError: when any part of it is damaged.
    """
    return tuple(_key(part.split("|")) for part in unpack(text).split(";"))


def _fields(key: StepKey) -> list[str]:
    return [
        _escape(key.invoice),
        key.due_on.isoformat(),
        _escape(key.policy),
        _escape(key.step),
        str(key.offset),
        str(key.occurrence),
    ]


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
    if len(fields) != _FIELDS:
        raise ValueError(f"{len(fields)} fields instead of {_FIELDS}")
    invoice, due_on, policy, step, offset, occurrence = fields
    return StepKey(
        invoice=_unescape(invoice),
        due_on=date.fromisoformat(due_on),
        policy=_unescape(policy),
        step=_unescape(step),
        offset=int(offset),
        occurrence=int(occurrence),
    )
