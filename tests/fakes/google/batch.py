"""spreadsheets.batchUpdate: all of its requests, or none.

Source: <https://developers.google.com/workspace/sheets/api/guides/batchupdate>: requests are
applied in order and atomically, replies stand in the order of the requests, empty where there is
nothing to say. A refusal names the request: `Invalid requests[2].updateCells: …`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from . import (
    cell_changes,
    dimension_changes,
    objects,
    protections,
    ranges,
    rearranging,
    sheet_changes,
)
from .calculation import Calculation
from .errors import ApiError, invalid
from .spreadsheets import spreadsheet

if TYPE_CHECKING:
    from .state import Document
    from .store import Call

Json = dict[str, Any]


class Batch:
    """A batch while it is applied: the caller, and the copy that is changed."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.draft: Document = call.draft()
        self.name = ""

    def calculation(self) -> Calculation:
        """The values of the draft as it stands now."""
        return Calculation(self.draft, self.call.store.now().replace(microsecond=0))

    def unmodelled(self, what: str) -> NoReturn:
        """Say that this server lacks what Google has; never pretend.

        Raises:
            ApiError: 501.
        """
        raise ApiError(501, f"The local server does not model {what}.")


Change = Callable[[Batch, Json], "Json | None"]
CHANGES: dict[str, Change] = {
    "addSheet": sheet_changes.add_sheet,
    "deleteSheet": sheet_changes.delete_sheet,
    "duplicateSheet": sheet_changes.duplicate_sheet,
    "updateSheetProperties": sheet_changes.update_sheet_properties,
    "updateSpreadsheetProperties": sheet_changes.update_spreadsheet_properties,
    "updateCells": cell_changes.update_cells,
    "appendCells": cell_changes.append_cells,
    "repeatCell": cell_changes.repeat_cell,
    "setDataValidation": cell_changes.set_data_validation,
    "mergeCells": cell_changes.merge_cells,
    "unmergeCells": cell_changes.unmerge_cells,
    "updateBorders": cell_changes.update_borders,
    "insertDimension": dimension_changes.insert_dimension,
    "deleteDimension": dimension_changes.delete_dimension,
    "appendDimension": dimension_changes.append_dimension,
    "moveDimension": dimension_changes.move_dimension,
    "updateDimensionProperties": dimension_changes.update_dimension_properties,
    "autoResizeDimensions": dimension_changes.auto_resize,
    "addDimensionGroup": dimension_changes.add_group,
    "deleteDimensionGroup": dimension_changes.delete_group,
    "updateDimensionGroup": dimension_changes.update_group,
    "insertRange": dimension_changes.insert_range,
    "deleteRange": dimension_changes.delete_range,
    "sortRange": rearranging.sort_range,
    "copyPaste": rearranging.copy_paste,
    "cutPaste": rearranging.cut_paste,
    "findReplace": rearranging.find_replace,
    "trimWhitespace": rearranging.trim_whitespace,
    "deleteDuplicates": rearranging.delete_duplicates,
    "addProtectedRange": protections.add_protected,
    "updateProtectedRange": protections.update_protected,
    "deleteProtectedRange": protections.delete_protected,
    "addNamedRange": protections.add_named,
    "updateNamedRange": protections.update_named,
    "deleteNamedRange": protections.delete_named,
    "addConditionalFormatRule": objects.add_rule,
    "updateConditionalFormatRule": objects.update_rule,
    "deleteConditionalFormatRule": objects.delete_rule,
    "addBanding": objects.add_banding,
    "updateBanding": objects.update_banding,
    "deleteBanding": objects.delete_banding,
    "setBasicFilter": objects.set_filter,
    "clearBasicFilter": objects.clear_filter,
    "addFilterView": objects.add_filter_view,
    "updateFilterView": objects.update_filter_view,
    "deleteFilterView": objects.delete_filter_view,
    "addChart": objects.add_chart,
    "updateChartSpec": objects.update_chart,
    "deleteEmbeddedObject": objects.delete_object,
    "updateEmbeddedObjectPosition": objects.move_object,
    "createDeveloperMetadata": objects.create_metadata,
    "updateDeveloperMetadata": objects.update_metadata,
    "deleteDeveloperMetadata": objects.delete_metadata,
}


def batch_update(call: Call) -> Json:
    """POST spreadsheets/{spreadsheetId}:batchUpdate."""
    body = call.body or {}
    batch = Batch(call)
    requests = body.get("requests", [])
    if not requests:
        raise invalid("Must specify at least one request.")
    replies = [_applied(batch, index, request) for index, request in enumerate(requests)]
    call.commit(batch.draft)
    made: Json = {"spreadsheetId": batch.draft.id, "replies": replies}
    if body.get("includeSpreadsheetInResponse"):
        wanted = [ranges.cut(batch.draft, said) for said in body.get("responseRanges", [])]
        data = bool(body.get("responseIncludeGridData"))
        made["updatedSpreadsheet"] = spreadsheet(call, batch.draft, wanted, with_data=data)
    return made


def _applied(batch: Batch, index: int, request: Json) -> Json:
    """One request's reply: `{}` or `{name: …}`."""
    if not request:
        raise invalid(f"Invalid requests[{index}]: No request set.")
    name, body = next(iter(request.items()))
    if name not in CHANGES:
        batch.unmodelled(name)
    try:
        reply = CHANGES[name](batch, body)
        batch.draft.check_size()
    except ApiError as error:
        if error.code == 400 and not error.details:
            raise invalid(f"Invalid requests[{index}].{name}: {error.message}") from error
        raise
    return {} if reply is None else {name: reply}
