"""The few requests to Google Sheets that the store makes, with time-outs and bounded retry.

gspread and google-auth serve for authentication and HTTP only; what is asked and how often is
decided here. A read is repeated while the trouble looks temporary. A write is repeated only so that
it cannot count twice: each batch first creates a mark of its own, under an id that can exist once,
so a second copy of the batch is refused whole, and a look at the marks tells whether a batch whose
answer was lost stands.

Errors, all `StoreError`, sentences in sync/locale (topic `store`):

    RefusedFile   google_not_found, google_not_shared, google_api_off, google_bad_key,
                  google_quota, google_unreachable, google_failed, google_refused
    NotWritable   google_view_only, and those of the last line when a write met them
    WriteLost     nobody knows whether a write arrived; the next read tells
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from gspread.exceptions import APIError

from sheet_templates.google_layout import COMMIT_METADATA, made_id
from sheet_templates.google_present import COLUMN_SEARCH
from sync.workbook import NotWritable, RefusedFile, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gspread.http_client import HTTPClient

Json: TypeAlias = dict[str, Any]

_BASE: Final = "https://sheets.googleapis.com/v4/spreadsheets"
_METADATA_FIELDS: Final = (
    "developerMetadata,namedRanges,sheets.properties"
    "(sheetId,title,sheetType,gridProperties(rowCount,columnCount))"
)
TIMEOUT: Final = (10.0, 180.0)
"""Seconds to connect, and to wait for an answer: Google gives up after 180 itself."""
ATTEMPTS: Final = 6
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 32.0
_TEMPORARY: Final = frozenset({408, 429, 500, 502, 503, 504})


class WriteLost(NotWritable):
    """The answer to a write was lost and could not be asked for again."""


class _Failure(Exception):
    """One request failed; `status` 0 means that no answer came."""

    def __init__(self, status: int, reason: str = "", said: str = "", wait: float = 0.0) -> None:
        super().__init__(f"{status} {reason} {said}")
        self.status, self.reason, self.said, self.wait = status, reason, said, wait

    @property
    def is_temporary(self) -> bool:
        return self.status == 0 or self.status in _TEMPORARY

    @property
    def is_refusal(self) -> bool:
        """Whether Google said no before it did anything: too many requests, or a 4xx."""
        return 400 <= self.status < 500 and self.status != 408


class SheetsClient:
    """One spreadsheet's requests.

    Args:
        http: gspread's HTTP client, signed in.
        spreadsheet_id: The spreadsheet.
        account: The address that the sheet must be shared with; stands in sentences.
        sleep: Waits so many seconds.
        jitter: Gives a number from 0 to 1, so that two services do not knock together.
    """

    def __init__(
        self,
        http: HTTPClient,
        spreadsheet_id: str,
        *,
        account: str = "",
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        http.timeout = TIMEOUT
        self.spreadsheet_id = spreadsheet_id
        self.account = account
        self._http = http
        self._sleep = sleep
        self._jitter = jitter

    def metadata(self) -> Json:
        """Tabs with their sizes, names, and the metadata of the spreadsheet itself."""
        return self._read("GET", "", params={"fields": _METADATA_FIELDS})

    def columns(self) -> Json:
        """Where the engine's columns stand: developerMetadata:search for their marks."""
        return self._read("POST", "/developerMetadata:search", json=dict(COLUMN_SEARCH))

    def values(self, ranges: Sequence[Json], *, dates_as_text: bool = False) -> list[Json]:
        """The ValueRanges of GridRanges, in their order: raw values, moments as serial numbers.

        By sheetId, so that a tab renamed a moment ago is still the same. With `dates_as_text` a
        number that shows as a moment comes as text.
        """
        if not ranges:
            return []
        shown = "FORMATTED_STRING" if dates_as_text else "SERIAL_NUMBER"
        body = {
            "dataFilters": [{"gridRange": one} for one in ranges],
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": shown,
            "majorDimension": "ROWS",
        }
        answer = self._read("POST", "/values:batchGetByDataFilter", json=body)
        found: dict[tuple[int, ...], Json] = {}
        for one in answer.get("valueRanges", ()):
            for wanted in one.get("dataFilters", ()):
                found.setdefault(_place(wanted.get("gridRange", {})), one.get("valueRange", {}))
        return [found.get(_place(one), {}) for one in ranges]

    def batch_update(self, changes: Sequence[Json], mark: str, old_marks: Sequence[int]) -> None:
        """Apply requests whole or not at all, and once however often the answer is lost.

        Args:
            changes: Requests of spreadsheets.batchUpdate.
            mark: A name that no other write has.
            old_marks: Ids of the marks of earlier writes, which go.

        Raises:
            NotWritable: Nothing was changed.
            WriteLost: Nobody knows.
        """
        body = {"requests": [_mark(mark), *changes, *map(_unmark, old_marks)]}
        is_doubtful = False
        for attempt in range(ATTEMPTS):
            try:
                self._once("POST", ":batchUpdate", json=body)
            except _Failure as failure:
                if attempt and not failure.is_temporary and self._stands(mark):
                    return  # refused because an earlier copy stands
                if not failure.is_temporary or (attempt == ATTEMPTS - 1 and not is_doubtful):
                    raise self._said(failure, writing=True) from failure
                is_doubtful = is_doubtful or not failure.is_refusal
                self._wait(attempt, failure)
                if is_doubtful and self._stands(mark):
                    return
            else:
                return
        raise WriteLost("google_write_lost")

    def clear_below_heading(self, marks: Mapping[str, int]) -> None:
        """Blank the rows below the headings of engine columns, wherever people have moved them.

        Args:
            marks: The value of a column's mark → rows of its tab.
        """
        data = [
            {
                "dataFilter": {
                    "developerMetadataLookup": {"metadataId": made_id(f"column:{name}")}
                },
                "majorDimension": "COLUMNS",
                "values": [[None, *[""] * (rows - 1)]],  # null leaves the heading's formula
            }
            for name, rows in marks.items()
        ]
        body = {"valueInputOption": "RAW", "data": data}
        try:
            self._repeated("POST", "/values:batchUpdateByDataFilter", json=body)
        except _Failure as failure:
            raise self._said(failure, writing=True) from failure

    def _stands(self, mark: str) -> bool:
        try:
            answer = self._repeated("GET", "", params={"fields": "developerMetadata"})
        except _Failure as failure:
            raise WriteLost("google_write_lost") from failure
        return mark in commit_marks(answer).values()

    def _read(self, method: str, path: str, **given: Any) -> Json:
        try:
            return self._repeated(method, path, **given)
        except _Failure as failure:
            raise self._said(failure, writing=False) from failure

    def _repeated(self, method: str, path: str, **given: Any) -> Json:
        """A request that may be made twice without harm."""
        for attempt in range(ATTEMPTS - 1):
            try:
                return self._once(method, path, **given)
            except _Failure as failure:
                if not failure.is_temporary:
                    raise
                self._wait(attempt, failure)
        return self._once(method, path, **given)

    def _once(self, method: str, path: str, **given: Any) -> Json:
        url = f"{_BASE}/{self.spreadsheet_id}{path}"
        try:
            answer = self._http.request(method, url, **given)
            made: Json = answer.json()
        except APIError as error:
            raise _failure(error) from error
        except RefreshError as error:
            raise _Failure(401, "BAD_KEY", str(error)) from error
        except (requests.RequestException, TransportError, ValueError) as error:
            raise _Failure(0, said=type(error).__name__) from error
        except GoogleAuthError as error:
            raise _Failure(401, "BAD_KEY", str(error)) from error
        return made

    def _wait(self, attempt: int, failure: _Failure) -> None:
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
        self._sleep(max(failure.wait, longest * (0.5 + self._jitter() / 2)))

    def _said(self, failure: _Failure, *, writing: bool) -> StoreError:
        """The error that says what is wrong, in a word that has a sentence."""
        kind = NotWritable if writing else RefusedFile
        sheet, account = self.spreadsheet_id, self.account
        if failure.status == 404:
            return kind("google_not_found", sheet=sheet)
        if failure.status == 401 or failure.reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
            return kind("google_bad_key", account=account)
        if failure.reason == "SERVICE_DISABLED":
            return kind("google_api_off")
        if failure.status == 403:
            code = "google_view_only" if writing else "google_not_shared"
            return kind(code, account=account, sheet=sheet)
        if failure.status == 429:
            return kind("google_quota")
        if failure.status == 0:
            return kind("google_unreachable")
        if failure.status >= 500:
            return kind("google_failed", status=str(failure.status))
        return kind("google_refused", reason=failure.said)


def commit_marks(answer: Mapping[str, Any]) -> dict[int, str]:
    """The marks of writes: metadata id → mark."""
    return {
        int(one["metadataId"]): str(one.get("metadataValue", ""))
        for one in answer.get("developerMetadata", ())
        if one.get("metadataKey") == COMMIT_METADATA
    }


def _place(area: Mapping[str, Any]) -> tuple[int, ...]:
    """What tells one GridRange from another; zero is left out of Google's answers."""
    return tuple(int(area.get(key, 0)) for key in ("sheetId", "startRowIndex", "startColumnIndex"))


def _mark(mark: str) -> Json:
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": made_id(f"commit:{mark}"),
                "metadataKey": COMMIT_METADATA,
                "metadataValue": mark,
                "visibility": "DOCUMENT",
                "location": {"spreadsheet": True},
            }
        }
    }


def _unmark(metadata_id: int) -> Json:
    lookup = {"developerMetadataLookup": {"metadataId": metadata_id}}
    return {"deleteDeveloperMetadata": {"dataFilter": lookup}}


def _failure(error: APIError) -> _Failure:
    """What a refusal says; a page of HTML in place of JSON says its status only."""
    status = int(error.response.status_code)
    reasons = [
        str(one.get("reason", ""))
        for one in error.error.get("details", ())
        if isinstance(one, dict) and "reason" in one
    ]
    told = error.response.headers.get("Retry-After", "")
    said = str(error.error.get("message", "")) if error.code != -1 else ""
    return _Failure(
        status,
        reasons[0] if reasons else "",
        said[:300],
        min(float(told), _LONGEST_WAIT) if told.isdigit() else 0.0,
    )
