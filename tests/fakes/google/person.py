"""A person at the sheet: edits through the same methods, without tokens, quotas or faults.

For chaos: what people do between two requests of a program, or between its being applied and its
being answered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from . import urls
from .desk import Incoming
from .errors import ApiError

if TYPE_CHECKING:
    from .desk import Desk

Json = dict[str, Any]


class Person:
    """Somebody with a browser; what they do is refused as Google refuses it (ApiError)."""

    def __init__(self, desk: Desk, email: str) -> None:
        self.email = email
        self._desk = desk

    def request(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Any method of the API.

        Raises:
            GoogleError: as the API refuses.
        """
        found = urls.find(method, path)
        if found is None:
            raise ApiError(404, f"There is no {method} {path}.")
        incoming = Incoming(
            method=method,
            path=path,
            query=urlencode(query, doseq=True),
            body=b"" if body is None else json.dumps(body).encode(),
        )
        answer = self._desk.perform(*found, self.email, incoming)
        return json.loads(answer.body) if answer.body else None

    def get(self, spreadsheet_id: str, **query: Any) -> Json:
        """spreadsheets.get."""
        made: Json = self.request("GET", f"/v4/spreadsheets/{spreadsheet_id}", **query)
        return made

    def change(self, spreadsheet_id: str, *requests: Json) -> list[Json]:
        """batchUpdate; its replies."""
        path = f"/v4/spreadsheets/{spreadsheet_id}:batchUpdate"
        made: list[Json] = self.request("POST", path, {"requests": list(requests)})["replies"]
        return made

    def types(self, spreadsheet_id: str, where: str, *rows: list[Any]) -> Json:
        """Type rows of values, as a person types them (USER_ENTERED)."""
        path = f"/v4/spreadsheets/{spreadsheet_id}/values/{quote(where, safe='')}"
        body = {"values": list(rows)}
        made: Json = self.request("PUT", path, body, valueInputOption="USER_ENTERED")
        return made

    def sees(self, spreadsheet_id: str, where: str, **query: Any) -> list[list[Any]]:
        """What a range shows."""
        path = f"/v4/spreadsheets/{spreadsheet_id}/values/{quote(where, safe='')}"
        made: list[list[Any]] = self.request("GET", path, **query).get("values", [])
        return made
