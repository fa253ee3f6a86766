"""Requests about protected and named ranges.

Source: <https://developers.google.com/workspace/sheets/api/samples/ranges>. An editor of the file
who is not among a protection's editors is refused (400) what it holds, and may not change it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import masks
from .errors import PROTECTED, invalid
from .objects import find_object, new_object_id
from .wire import wire

if TYPE_CHECKING:
    from .batch import Batch
    from .state import Sheet

Json = dict[str, Any]
_NAME = re.compile(r"[^\W\d][\w.]{0,249}")


# -- protected ranges


def add_protected(batch: Batch, body: Json) -> Json:
    """`addProtectedRange`; the caller is always an editor, though the answer only echoes."""
    given = body.get("protectedRange", {})
    sheet = _protected_sheet(batch, given)
    made = wire({**given, "requestingUserCanEdit": True})
    made.setdefault("editors", {})
    taken = "Protected range id {} is already in use."
    made["protectedRangeId"] = new_object_id(
        batch, "protectedRanges", "protectedRangeId", given, taken
    )
    sheet.objects["protectedRanges"].append(_with_caller(batch, made))
    first = {"protectedRangeId": made.pop("protectedRangeId")}
    return {"protectedRange": {**first, **made}}


def _protected_sheet(batch: Batch, given: Json) -> Sheet:
    if "namedRangeId" in given:
        wanted = given["namedRangeId"]
        for one in batch.draft.named_ranges:
            if one["namedRangeId"] == wanted:
                return batch.draft.sheet(int(one["range"].get("sheetId", 0)))
        raise invalid(f"No named range with id: {wanted}")
    if "range" not in given:
        raise invalid("Must specify either range or namedRangeId.")
    return batch.draft.rect(given["range"])[0]


def _with_caller(batch: Batch, one: Json) -> Json:
    """The stored protection: who made it and who owns the file may edit."""
    kept = {k: v for k, v in one.items() if k != "requestingUserCanEdit"}
    editors = dict(one.get("editors", {}))
    users = list(editors.get("users", []))
    for user in (batch.call.user, batch.call.file().owner):
        if user.casefold() not in {str(known).casefold() for known in users}:
            users.append(user)
    return {**kept, "editors": {**editors, "users": users}}


def update_protected(batch: Batch, body: Json) -> None:
    """`updateProtectedRange`."""
    given = body.get("protectedRange", {})
    sheet, one = _protected(batch, given.get("protectedRangeId"))
    wanted = masks.paths(body.get("fields"), "ProtectedRange", "protectedRange")
    made = masks.merged(
        one, wire(given), [path for path in wanted if path[0] != "protectedRangeId"]
    )
    made["protectedRangeId"] = one["protectedRangeId"]
    sheet.objects["protectedRanges"].remove(one)
    _protected_sheet(batch, made).objects["protectedRanges"].append(_with_caller(batch, made))


def delete_protected(batch: Batch, body: Json) -> None:
    """`deleteProtectedRange`."""
    sheet, one = _protected(batch, body.get("protectedRangeId"))
    sheet.objects["protectedRanges"].remove(one)


def _protected(batch: Batch, wanted: Any) -> tuple[Sheet, Json]:
    said = "No protected range with id: {}"
    sheet, one = find_object(batch, "protectedRanges", "protectedRangeId", wanted, said)
    if not batch.call.may_edit(one):
        raise invalid(PROTECTED)
    return sheet, one


# -- named ranges


def add_named(batch: Batch, body: Json) -> Json:
    """`addNamedRange`."""
    given = body.get("namedRange", {})
    _check_name(batch, given.get("name", ""), None)
    batch.draft.rect(given.get("range", {}))
    given = {"range": {"sheetId": 0}, **given}
    made = {"namedRangeId": given.get("namedRangeId") or str(batch.draft.new_id()), **given}
    batch.draft.named_ranges.append(made)
    return {"namedRange": wire(made)}


def _check_name(batch: Batch, name: str, own: Json | None) -> None:
    if not _NAME.fullmatch(name) or re.fullmatch(r"[A-Za-z]{1,3}[0-9]+|[Rr]\d*[Cc]\d*", name):
        raise invalid(f"Invalid name: {name}")
    if batch.draft.named(name) not in (None, own):
        raise invalid(f"A named range with the name {name} already exists.")


def _named(batch: Batch, wanted: Any) -> Json:
    for one in batch.draft.named_ranges:
        if one["namedRangeId"] == wanted:
            return one
    raise invalid(f"No named range with id: {wanted}")


def update_named(batch: Batch, body: Json) -> None:
    """`updateNamedRange`."""
    given = body.get("namedRange", {})
    one = _named(batch, given.get("namedRangeId"))
    wanted = masks.paths(body.get("fields"), "NamedRange", "namedRange")
    made = masks.merged(one, given, wanted)
    made = {"range": one["range"], **made, "namedRangeId": one["namedRangeId"]}
    _check_name(batch, made.get("name", ""), one)
    batch.draft.rect(made.get("range", {}))
    batch.draft.named_ranges[batch.draft.named_ranges.index(one)] = made


def delete_named(batch: Batch, body: Json) -> None:
    """`deleteNamedRange`."""
    batch.draft.named_ranges.remove(_named(batch, body.get("namedRangeId")))
