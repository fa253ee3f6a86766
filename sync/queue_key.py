"""The hidden `key` cell of a queue row: exactly what the row showed to the person who ticks it.

It is JSON with a checksum, so that a tick beside a key that somebody edited, cut short or pasted
counts for nobody.
"""

import json
import re
import zlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sync.domain.facts import ShownItem
from sync.packed_text import pack, unpack

_VERSION = 1
_LISTED = "listed"  # what an item says of itself that is only listed beside
_MONEY = re.compile(r"-?[0-9]{1,15}\.[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a queue row showed. `reference` is that of an uncertain message the row asks about."""

    client: str
    step: str
    policy: str
    to: tuple[str, ...]
    items: tuple[ShownItem, ...]
    shown_on: date
    cc: tuple[str, ...] = ()
    reference: str | None = None


def encode_shown(shown: Shown) -> str:
    """The key cell's text; the same row gives the same text."""
    content: dict[str, Any] = {
        "v": _VERSION,
        "client": shown.client,
        "step": shown.step,
        "policy": shown.policy,
        "to": list(shown.to),
        "cc": list(shown.cc),
        "items": [_item_text(item) for item in shown.items],
        "shown_on": shown.shown_on.isoformat(),
        "ref": shown.reference,
    }
    return pack(_json({**content, "sum": _checksum(content)}))


def decode_shown(text: str) -> Shown:
    """What the row showed.

    Raises:
        ValueError: when the text is damaged, was edited, or is of an unknown version.
    """
    try:
        content = json.loads(unpack(text))
        if not isinstance(content, dict) or content.get("v") != _VERSION:
            raise ValueError("not a key of this version")
        if content.pop("sum", None) != _checksum(content):
            raise ValueError("the checksum differs")
        return _shown(content)
    except (KeyError, TypeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"damaged: {error}") from error


def _shown(content: dict[str, Any]) -> Shown:
    reference = content["ref"]
    return Shown(
        client=_text(content["client"]),
        step=_text(content["step"]),
        policy=_text(content["policy"]),
        to=tuple(_text(address) for address in content["to"]),
        cc=tuple(_text(address) for address in content["cc"]),
        items=tuple(_item(*parts) for parts in content["items"]),
        shown_on=date.fromisoformat(content["shown_on"]),
        reference=None if reference is None else _text(reference),
    )


def _item_text(item: ShownItem) -> list[str]:
    beside = [] if item.is_due else [_LISTED]
    return [item.id, item.due_on.isoformat(), f"{item.principal:.2f}", *beside]


def _item(id_: object, due_on: str, principal: object, beside: str | None = None) -> ShownItem:
    if beside not in {None, _LISTED}:
        raise ValueError(f"neither due nor listed: {beside!r}")
    return ShownItem(
        id=_text(id_),
        due_on=date.fromisoformat(due_on),
        principal=_money(principal),
        is_due=beside is None,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {value!r}")
    return value


def _money(value: object) -> Decimal:
    if not _MONEY.fullmatch(_text(value)):
        raise ValueError(f"an amount expected, not {value!r}")
    return Decimal(_text(value))


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _checksum(content: dict[str, Any]) -> str:
    return f"{zlib.crc32(_json(content).encode('utf-8', 'surrogatepass')):08x}"
