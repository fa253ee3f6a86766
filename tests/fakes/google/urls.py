"""Which method an address means.

The paths are those of the discovery document (`tests/test_google_server_discovery.py` holds this
table and the document equal). A verb after the last colon is part of the method's name, so a range
in a path may hold colons.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from . import batch, drive, spreadsheets, values
from .store import Call

Handler = Callable[[Call], Any]
ALL = "https://www.googleapis.com/auth/"
WRITING = frozenset({f"{ALL}spreadsheets", f"{ALL}drive", f"{ALL}drive.file"})
READING = WRITING | {f"{ALL}spreadsheets.readonly", f"{ALL}drive.readonly"}
DRIVE_WRITING = frozenset({f"{ALL}drive", f"{ALL}drive.file"})
DRIVE_READING = DRIVE_WRITING | {
    f"{ALL}drive.readonly",
    f"{ALL}drive.metadata.readonly",
    f"{ALL}drive.metadata",
}


@dataclass(frozen=True, kw_only=True)
class Route:
    """`body` is the schema of the request; `answer` that of the answer; `quota` what is counted."""

    method: str
    path: str
    name: str
    handler: Handler
    body: str = ""
    answer: str = ""
    field: str = ""
    quota: str = "Read"

    @property
    def scopes(self) -> frozenset[str]:
        if self.name.startswith("drive."):
            return DRIVE_READING if self.method == "GET" else DRIVE_WRITING
        return READING if self.quota == "Read" else WRITING

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a pattern over raw (still quoted) text."""
        parts = re.split(r"\{(\w+)\}", self.path)
        made = "".join(
            f"(?P<{part}>[^/]+?)" if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        )
        return re.compile(rf"/{made}")


def _route(method: str, path: str, name: str, handler: Handler, body: str = "", answer: str = "", *,
           field: str = "", quota: str = "") -> Route:  # fmt: skip
    counted = quota or ("Read" if method == "GET" else "Write")
    return Route(method=method, path=path, name=name, handler=handler, body=body, answer=answer,
                 field=field, quota=counted)  # fmt: skip


_ONE = "v4/spreadsheets/{spreadsheetId}"
_VALUES = f"{_ONE}/values"
_RANGE = f"{_VALUES}/{{range}}"
_FILE = "drive/v3/files/{fileId}"
ROUTES = (
    _route("POST", "v4/spreadsheets", "spreadsheets.create", spreadsheets.create, "Spreadsheet",
           "Spreadsheet"),
    _route("GET", _ONE, "spreadsheets.get", spreadsheets.get, answer="Spreadsheet"),
    _route("POST", f"{_ONE}:getByDataFilter", "spreadsheets.getByDataFilter",
           spreadsheets.get_by_filter, "GetSpreadsheetByDataFilterRequest", "Spreadsheet",
           quota="Read"),
    _route("POST", f"{_ONE}:batchUpdate", "spreadsheets.batchUpdate", batch.batch_update,
           "BatchUpdateSpreadsheetRequest", "BatchUpdateSpreadsheetResponse"),
    _route("POST", f"{_ONE}/sheets/{{sheetId}}:copyTo", "spreadsheets.sheets.copyTo",
           spreadsheets.copy_to, "CopySheetToAnotherSpreadsheetRequest", "SheetProperties"),
    _route("GET", f"{_ONE}/developerMetadata/{{metadataId}}",
           "spreadsheets.developerMetadata.get", spreadsheets.metadata_get,
           answer="DeveloperMetadata"),
    _route("POST", f"{_ONE}/developerMetadata:search", "spreadsheets.developerMetadata.search",
           spreadsheets.metadata_search, "SearchDeveloperMetadataRequest",
           "SearchDeveloperMetadataResponse", quota="Read"),
    _route("GET", f"{_VALUES}:batchGet", "spreadsheets.values.batchGet", values.batch_get,
           answer="BatchGetValuesResponse"),
    _route("POST", f"{_VALUES}:batchGetByDataFilter", "spreadsheets.values.batchGetByDataFilter",
           values.batch_get_by_filter, "BatchGetValuesByDataFilterRequest",
           "BatchGetValuesByDataFilterResponse", quota="Read"),
    _route("POST", f"{_VALUES}:batchUpdate", "spreadsheets.values.batchUpdate",
           values.batch_update, "BatchUpdateValuesRequest", "BatchUpdateValuesResponse"),
    _route("POST", f"{_VALUES}:batchUpdateByDataFilter",
           "spreadsheets.values.batchUpdateByDataFilter", values.batch_update_by_filter,
           "BatchUpdateValuesByDataFilterRequest", "BatchUpdateValuesByDataFilterResponse"),
    _route("POST", f"{_VALUES}:batchClear", "spreadsheets.values.batchClear", values.batch_clear,
           "BatchClearValuesRequest", "BatchClearValuesResponse"),
    _route("POST", f"{_VALUES}:batchClearByDataFilter",
           "spreadsheets.values.batchClearByDataFilter", values.batch_clear_by_filter,
           "BatchClearValuesByDataFilterRequest", "BatchClearValuesByDataFilterResponse"),
    _route("POST", f"{_RANGE}:append", "spreadsheets.values.append", values.append, "ValueRange",
           "AppendValuesResponse", field="data"),
    _route("POST", f"{_RANGE}:clear", "spreadsheets.values.clear", values.clear,
           "ClearValuesRequest", "ClearValuesResponse"),
    _route("GET", _RANGE, "spreadsheets.values.get", values.get, answer="ValueRange"),
    _route("PUT", _RANGE, "spreadsheets.values.update", values.update, "ValueRange",
           "UpdateValuesResponse", field="data"),
    _route("GET", "drive/v3/about", "drive.about.get", drive.about),
    _route("GET", "drive/v3/files", "drive.files.list", drive.list_files),
    _route("POST", "drive/v3/files", "drive.files.create", drive.create),
    _route("GET", _FILE, "drive.files.get", drive.get),
    _route("PATCH", _FILE, "drive.files.update", drive.update),
    _route("DELETE", _FILE, "drive.files.delete", drive.delete),
    _route("POST", f"{_FILE}/copy", "drive.files.copy", drive.copy_file),
    _route("GET", f"{_FILE}/permissions", "drive.permissions.list", drive.list_permissions),
    _route("POST", f"{_FILE}/permissions", "drive.permissions.create", drive.add_permission),
    _route("DELETE", f"{_FILE}/permissions/{{permissionId}}", "drive.permissions.delete",
           drive.delete_permission),
)  # fmt: skip
_PATTERNS = [(route, route.pattern) for route in ROUTES]


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a raw path and what stands in it, unquoted; None: there is none."""
    for route, pattern in _PATTERNS:
        found = pattern.fullmatch(path) if route.method == method else None
        if found:
            return route, {key: unquote(value) for key, value in found.groupdict().items()}
    return None
