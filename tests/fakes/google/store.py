"""What the server holds: files with their sharing, users, and the clock; and one call's view of it.

Roles and what they allow: <https://developers.google.com/workspace/drive/api/guides/ref-roles>.
A file that is not the caller's is 403 for Sheets (recorded) and 404 for Drive.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .a1 import Rect
from .calculation import Calculation
from .errors import PROTECTED, invalid, not_allowed, not_found
from .state import Document, Sheet, box_of

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
RANKS = {
    "": 0,
    "reader": 1,
    "commenter": 2,
    "writer": 3,
    "fileOrganizer": 3,
    "organizer": 3,
    "owner": 4,
}
SHEET_TYPE = "application/vnd.google-apps.spreadsheet"


@dataclass(kw_only=True)
class File:
    """A Drive file; `document` is its spreadsheet (None for a folder or another kind)."""

    id: str
    name: str
    mime_type: str
    owner: str
    created: datetime
    modified: datetime
    document: Document | None = None
    permissions: list[Json] = field(default_factory=list)
    parents: list[str] = field(default_factory=lambda: ["root"])
    trashed: bool = False
    starred: bool = False
    app_properties: Json = field(default_factory=dict)
    properties: Json = field(default_factory=dict)
    description: str = ""
    last_user: str = ""

    def role(self, user: str) -> str:
        """The caller's best role; "" is none."""
        best = "owner" if user == self.owner else ""
        for one in self.permissions:
            mine = one["type"] == "anyone" or (
                one["type"] == "domain" and user.endswith("@" + one.get("domain", "?"))
            )
            mine = mine or one.get("emailAddress", "").casefold() == user.casefold()
            if mine and RANKS[one["role"]] > RANKS[best]:
                best = str(one["role"])
        return best


class Store:
    """All files; every access holds the lock."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self.files: dict[str, File] = {}
        self.lock = threading.RLock()
        self.now = now or (lambda: datetime.now(UTC))
        self._calculated: dict[str, tuple[object, Calculation]] = {}

    def calculation(self, document: Document) -> Calculation:
        """The values of a document as it stands; made anew when it, or the day, changes."""
        now = self.now()
        key = (id(document), document.revision, document.locale, now.date())
        known = self._calculated.get(document.id)
        if known is None or known[0] != key:
            known = (key, Calculation(document, now.replace(microsecond=0)))
            self._calculated[document.id] = known
        return known[1]


@dataclass(kw_only=True)
class Call:
    """One request: who asks, for what, with what."""

    store: Store
    user: str
    params: dict[str, str]
    query: Json
    body: Any = None
    scopes: frozenset[str] = frozenset()
    service_files: bool = False
    web_page: str = "https://docs.google.com/spreadsheets/d/{}/edit"

    def file(self) -> File:
        """The file of the path.

        Raises:
            ApiError: 404 unknown, 403 not shared.
        """
        found = self.store.files.get(self.params["spreadsheetId"])
        if found is None or found.document is None:
            raise not_found()
        if not found.role(self.user):
            raise not_allowed()
        return found

    def document(self) -> Document:
        """The spreadsheet to look at.

        Raises:
            ApiError: 404 unknown, 403 not shared.
        """
        found = self.file().document
        if found is None:
            raise not_found()
        return found

    def draft(self) -> Document:
        """A copy to change; `commit` puts it in place.

        Raises:
            ApiError: 403 for who may only look.
        """
        found = self.file()
        if RANKS[found.role(self.user)] < RANKS["writer"] or found.document is None:
            raise not_allowed()
        return found.document.copy()

    def commit(self, draft: Document) -> None:
        """The draft is the document now."""
        found = self.file()
        draft.revision += 1
        draft.check_size()
        found.document = draft
        found.name = str(draft.properties["title"])
        found.modified = self.store.now()
        found.last_user = self.user

    def calculation(self, document: Document) -> Calculation:
        """The document's values; a draft's are computed anew at each call."""
        if self.file().document is document:
            return self.store.calculation(document)
        return Calculation(document, self.store.now().replace(microsecond=0))

    def is_owner(self) -> bool:
        """Whether protections do not bind the caller."""
        return self.file().owner == self.user

    def may_edit(self, protected: Json) -> bool:
        """Whether the caller is among a protected range's editors."""
        if self.is_owner() or protected.get("warningOnly"):
            return True
        editors = protected.get("editors", {})
        users = {str(one).casefold() for one in editors.get("users", [])}
        return self.user.casefold() in users or bool(editors.get("domainUsersCanEdit"))

    def check_protection(self, document: Document, sheet: Sheet, rect: Rect) -> None:
        """Refuse a write that touches what is protected from the caller.

        Raises:
            ApiError: 400, as people quote it from the live service.
        """
        for protected in sheet.objects["protectedRanges"]:
            if self.may_edit(protected):
                continue
            held = protection_rect(document, sheet, protected)
            if held is None or not held.meets(rect):
                continue
            free = [
                box_of(one).within(sheet.rows, sheet.columns)
                for one in protected.get("unprotectedRanges", [])
            ]
            inner = _cut(held, rect)
            if not any(one.holds(inner) for one in free):
                raise invalid(PROTECTED)


def protection_rect(document: Document, sheet: Sheet, protected: Json) -> Rect | None:
    """The cells that a protection holds."""
    given = protected.get("range")
    if given is None and "namedRangeId" in protected:
        wanted = protected["namedRangeId"]
        given = next(
            (one["range"] for one in document.named_ranges if one["namedRangeId"] == wanted), None
        )
    if given is None or int(given.get("sheetId", 0)) != sheet.id:
        return None
    return box_of(given).within(sheet.rows, sheet.columns)


def _cut(one: Rect, other: Rect) -> Rect:
    return Rect(
        max(one.top, other.top),
        min(one.bottom, other.bottom),
        max(one.left, other.left),
        min(one.right, other.right),
    )
