"""Requests about what lies on a tab beside cells: names, rules, bands, filters, charts.

Source: the request reference. They are kept as sent (colours in both spellings, ids added); their
ranges move with rows and columns. What they do to people's eyes (hidden rows, drawn charts) is not
computed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import masks
from .cell_changes import check_condition
from .errors import invalid
from .ranges import metadata_matches
from .rearranging import sort_rows
from .state import Sheet, grid_range
from .wire import coloured, style_paths, wire

if TYPE_CHECKING:
    from .batch import Batch

Json = dict[str, Any]
_NAME = re.compile(r"[^\W\d][\w.]{0,249}")


def find_object(batch: Batch, name: str, key: str, wanted: Any, said: str) -> tuple[Sheet, Json]:
    for sheet in batch.draft.sheets:
        for one in sheet.objects[name]:
            if one.get(key) == wanted:
                return sheet, one
    raise invalid(said.format(wanted))


def new_object_id(batch: Batch, name: str, key: str, given: Json, said: str) -> int:
    wanted = given.get(key)
    if wanted is None:
        return batch.draft.new_id()
    if any(one.get(key) == wanted for sheet in batch.draft.sheets for one in sheet.objects[name]):
        raise invalid(said.format(wanted))
    return int(wanted)


# -- conditional formats


def add_rule(batch: Batch, body: Json) -> None:
    """`addConditionalFormatRule`."""
    rule = body.get("rule", {})
    kept = _rule_sheet(batch, rule).objects["conditionalFormats"]
    index = body.get("index", 0)
    if index > len(kept):
        raise invalid(f"Index {index} must be at most the number of rules ({len(kept)}).")
    kept.insert(index, coloured(rule))


def _rule_sheet(batch: Batch, rule: Json) -> Sheet:
    ranges = rule.get("ranges", [])
    if not ranges:
        raise invalid("A conditional format rule must have at least one range.")
    sheets = {batch.draft.rect(one)[0].id for one in ranges}
    if len(sheets) > 1:
        raise invalid("All ranges of a conditional format rule must be on the same sheet.")
    if "booleanRule" in rule:
        check_condition(rule["booleanRule"].get("condition", {}))
    elif "gradientRule" not in rule:
        raise invalid("A conditional format rule must have a booleanRule or a gradientRule.")
    return batch.draft.sheet(sheets.pop())


def _rule_at(sheet: Sheet, index: int) -> Json:
    kept = sheet.objects["conditionalFormats"]
    if not 0 <= index < len(kept):
        raise invalid(f"No conditional format on sheet: {sheet.id} at index: {index}")
    return kept[index]


def update_rule(batch: Batch, body: Json) -> Json:
    """updateConditionalFormatRule: another rule at the index, or another index."""
    index = body.get("index", 0)
    if "rule" in body:
        sheet = _rule_sheet(batch, body["rule"])
        old = _rule_at(sheet, index)
        new = coloured(body["rule"])
        sheet.objects["conditionalFormats"][index] = new
        return wire_reply({"newRule": new, "newIndex": index, "oldRule": old, "oldIndex": index})
    sheet = batch.draft.sheet(int(body.get("sheetId", 0)))
    old = _rule_at(sheet, index)
    to = body.get("newIndex", 0)
    kept = sheet.objects["conditionalFormats"]
    kept.remove(old)
    kept.insert(to, old)
    return wire_reply({"newRule": old, "newIndex": to, "oldIndex": index})


def delete_rule(batch: Batch, body: Json) -> Json:
    """`deleteConditionalFormatRule`."""
    sheet = batch.draft.sheet(int(body.get("sheetId", 0)))
    old = _rule_at(sheet, body.get("index", 0))
    sheet.objects["conditionalFormats"].pop(body.get("index", 0))
    return wire_reply({"rule": old})


def wire_reply(reply: Json) -> Json:
    """A reply in Google's JSON."""
    made: Json = wire(reply)
    return made


# -- banding


def add_banding(batch: Batch, body: Json) -> Json:
    """`addBanding`."""
    given = body.get("bandedRange", {})
    sheet, rect = batch.draft.rect(given.get("range", {}))
    for one in sheet.objects["bandedRanges"]:
        if batch.draft.rect(one["range"])[1].meets(rect):
            raise invalid(
                "You cannot add alternating background colors to a range that already has "
                "alternating background colors."
            )
    if not given.get("rowProperties") and not given.get("columnProperties"):
        raise invalid("At least one of rowProperties or columnProperties must be specified.")
    said = "Banded range id {} is already in use."
    made_id = new_object_id(batch, "bandedRanges", "bandedRangeId", given, said)
    made = {"bandedRangeId": made_id, **coloured(given)}
    made["bandedRangeId"] = made_id
    made.setdefault("range", {"sheetId": sheet.id})
    sheet.objects["bandedRanges"].append(made)
    return {"bandedRange": wire(made)}


def update_banding(batch: Batch, body: Json) -> None:
    """`updateBanding`."""
    given = body.get("bandedRange", {})
    said = "No banded range with id: {}"
    sheet, one = find_object(
        batch, "bandedRanges", "bandedRangeId", given.get("bandedRangeId"), said
    )
    wanted = style_paths(masks.paths(body.get("fields"), "BandedRange", "bandedRange"))
    kept = sheet.objects["bandedRanges"]
    made = masks.merged(one, coloured(given), wanted)
    made.setdefault("range", one["range"])
    kept[kept.index(one)] = {**made, "bandedRangeId": one["bandedRangeId"]}


def delete_banding(batch: Batch, body: Json) -> None:
    """`deleteBanding`."""
    said = "No banded range with id: {}"
    sheet, one = find_object(
        batch, "bandedRanges", "bandedRangeId", body.get("bandedRangeId"), said
    )
    sheet.objects["bandedRanges"].remove(one)


# -- filters


def set_filter(batch: Batch, body: Json) -> None:
    """setBasicFilter: its range is kept with all bounds (recorded), its order is applied."""
    given = body.get("filter", {})
    sheet, rect = batch.draft.rect(given.get("range", {}))
    sheet.basic_filter = {**coloured(given), "range": grid_range(sheet.id, rect)}
    if given.get("sortSpecs"):
        below = type(rect)(rect.top + 1, rect.bottom, rect.left, rect.right)
        batch.call.check_protection(batch.draft, sheet, below)
        sort_rows(batch, sheet, below, given["sortSpecs"])


def clear_filter(batch: Batch, body: Json) -> None:
    """`clearBasicFilter`."""
    batch.draft.sheet(int(body.get("sheetId", 0))).basic_filter = None


def add_filter_view(batch: Batch, body: Json) -> Json:
    """`addFilterView`."""
    given = body.get("filter", {})
    sheet, rect = batch.draft.rect(given.get("range", {}))
    said = "Filter view id {} is already in use."
    made = {
        "filterViewId": new_object_id(batch, "filterViews", "filterViewId", given, said),
        "title": f"Filter {len(sheet.objects['filterViews']) + 1}",
        **coloured(given),
        "range": grid_range(sheet.id, rect),
    }
    sheet.objects["filterViews"].append(made)
    return {"filter": wire(made)}


def update_filter_view(batch: Batch, body: Json) -> None:
    """`updateFilterView`."""
    given = body.get("filter", {})
    said = "No filter view with id: {}"
    sheet, one = find_object(batch, "filterViews", "filterViewId", given.get("filterViewId"), said)
    wanted = style_paths(masks.paths(body.get("fields"), "FilterView", "filter"))
    kept = sheet.objects["filterViews"]
    made = masks.merged(one, coloured(given), wanted)
    made.setdefault("range", one["range"])
    kept[kept.index(one)] = {**made, "filterViewId": one["filterViewId"]}


def delete_filter_view(batch: Batch, body: Json) -> None:
    """`deleteFilterView`."""
    said = "No filter view with id: {}"
    sheet, one = find_object(batch, "filterViews", "filterViewId", body.get("filterId"), said)
    sheet.objects["filterViews"].remove(one)


# -- charts


def add_chart(batch: Batch, body: Json) -> Json:
    """addChart, over cells of an existing tab."""
    given = body.get("chart", {})
    if not given.get("spec"):
        raise invalid("A chart spec must be specified.")
    place = given.get("position", {}).get("overlayPosition")
    if place is None:
        batch.unmodelled("a chart on a tab of its own")
    anchor = (place or {}).get("anchorCell", {})
    sheet = batch.draft.sheet(int(anchor.get("sheetId", 0)))
    usual = {"anchorCell": anchor, "widthPixels": 600, "heightPixels": 371}
    made = {
        "chartId": new_object_id(
            batch, "charts", "chartId", given, "Chart id {} is already in use."
        ),
        "spec": coloured(given["spec"]),
        "position": {"overlayPosition": {**usual, **(place or {})}},
    }
    sheet.objects["charts"].append(made)
    return {"chart": wire(made)}


def update_chart(batch: Batch, body: Json) -> None:
    """`updateChartSpec`."""
    _, one = find_object(batch, "charts", "chartId", body.get("chartId"), "No chart with id: {}")
    one["spec"] = coloured(body.get("spec", {}))


def delete_object(batch: Batch, body: Json) -> None:
    """`deleteEmbeddedObject`."""
    wanted = body.get("objectId")
    sheet, one = find_object(batch, "charts", "chartId", wanted, "No embedded object with id: {}")
    sheet.objects["charts"].remove(one)


def move_object(batch: Batch, body: Json) -> Json:
    """`updateEmbeddedObjectPosition`."""
    wanted = body.get("objectId")
    _, one = find_object(batch, "charts", "chartId", wanted, "No embedded object with id: {}")
    paths = masks.paths(body.get("fields"), "OverlayPosition", "newPosition")
    old = one["position"]["overlayPosition"]
    new = body.get("newPosition", {}).get("overlayPosition", {})
    one["position"] = {"overlayPosition": masks.merged(old, new, paths)}
    return {"position": wire(one["position"])}


# -- developer metadata


def create_metadata(batch: Batch, body: Json) -> Json:
    """`createDeveloperMetadata`."""
    given = body.get("developerMetadata", {})
    if not given.get("metadataKey"):
        raise invalid("Developer metadata must have a metadataKey.")
    if given.get("visibility") not in {"DOCUMENT", "PROJECT"}:
        raise invalid("Developer metadata must specify a visibility.")
    made = {
        "metadataId": given.get("metadataId") or batch.draft.new_id(),
        **given,
        "location": _located(batch, given.get("location", {})),
    }
    if any(one["metadataId"] == made["metadataId"] for one in batch.draft.metadata):
        raise invalid(
            f"Cannot add developer metadata with ID [{made['metadataId']}] because developer "
            "metadata with that ID already exists."
        )
    batch.draft.metadata.append(made)
    return {"developerMetadata": wire(made)}


def _located(batch: Batch, location: Json) -> Json:
    if location.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if "dimensionRange" in location:
        span = location["dimensionRange"]
        batch.draft.sheet(int(span.get("sheetId", 0)))
        kind = "ROW" if span.get("dimension") == "ROWS" else "COLUMN"
        if span.get("endIndex", 0) - span.get("startIndex", 0) != 1:
            raise invalid("Developer metadata can only be on a single row or column.")
        return {"locationType": kind, "dimensionRange": span}
    if "sheetId" in location:
        batch.draft.sheet(int(location["sheetId"]), "No sheet with id: {}")
        return {"locationType": "SHEET", "sheetId": location["sheetId"]}
    raise invalid("Developer metadata must have a location.")


def _matching(batch: Batch, body: Json) -> list[Json]:
    looked = [one.get("developerMetadataLookup", {}) for one in body.get("dataFilters", [])]
    looked += (
        [body["dataFilter"].get("developerMetadataLookup", {})] if "dataFilter" in body else []
    )
    return [
        one
        for one in batch.draft.metadata
        if any(metadata_matches(one, lookup) for lookup in looked if lookup)
    ]


def update_metadata(batch: Batch, body: Json) -> Json:
    """`updateDeveloperMetadata`."""
    wanted = masks.paths(body.get("fields"), "DeveloperMetadata", "developerMetadata")
    made = []
    for one in _matching(batch, body):
        new = masks.merged(one, body.get("developerMetadata", {}), wanted)
        new["metadataId"] = one["metadataId"]
        given = new.get("location")
        new["location"] = _located(batch, given) if given else one["location"]
        batch.draft.metadata[batch.draft.metadata.index(one)] = new
        made.append(wire(new))
    return {"developerMetadata": made} if made else {}


def delete_metadata(batch: Batch, body: Json) -> Json:
    """`deleteDeveloperMetadata`."""
    found = _matching(batch, body)
    batch.draft.metadata = [one for one in batch.draft.metadata if one not in found]
    return {"deletedDeveloperMetadata": wire(found)} if found else {}
