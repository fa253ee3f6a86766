"""Drive v3 as far as a spreadsheet's file needs it: files, permissions, capabilities, about.

Source: <https://developers.google.com/workspace/drive/api/reference/rest/v3/files>. Without
`fields` an answer has kind, id, name and mimeType, as recorded. A file that is not the caller's is
404. A service account has had no storage of its own since 2025: creating is `storageQuotaExceeded`;
`desk.service_files` of the server turns that off, for older behaviour.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import masks
from .errors import DriveError
from .state import Document, new_document
from .store import RANKS, SHEET_TYPE, File

if TYPE_CHECKING:
    from .store import Call, Store

Json = dict[str, Any]
_BASIC = "kind,id,name,mimeType"


def own_file(
    store: Store, owner: str, document: Document, *, parents: list[str] | None = None
) -> File:
    """A spreadsheet's file in the store, owned by a user."""
    document.id = document.id or secrets.token_urlsafe(33)
    now = store.now()
    made = File(
        id=document.id,
        name=str(document.properties["title"]),
        mime_type=SHEET_TYPE,
        owner=owner,
        created=now,
        modified=now,
        document=document,
        parents=parents or ["root"],
        last_user=owner,
    )
    store.files[made.id] = made
    return made


def _not_found(file_id: str) -> DriveError:
    return DriveError(404, "notFound", f"File not found: {file_id}.", "fileId")


def _file(call: Call, role: str = "reader") -> File:
    """The file of the path.

    Raises:
        DriveError: 404 not the caller's, 403 for too small a role.
    """
    found = call.store.files.get(call.params["fileId"])
    if found is None or not found.role(call.user):
        raise _not_found(call.params["fileId"])
    if RANKS[found.role(call.user)] < RANKS[role]:
        said = "The user does not have sufficient permissions for this file."
        raise DriveError(403, "insufficientFilePermissions", said)
    return found


def _moment(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _user(email: str, me: str) -> Json:
    return {
        "kind": "drive#user",
        "displayName": email,
        "me": email == me,
        "permissionId": permission_id(email),
        "emailAddress": email,
    }


def permission_id(email: str) -> str:
    """A number for an address, the same each time."""
    return str(int.from_bytes(email.casefold().encode()[-8:].rjust(8, b"1"), "big"))[:20]


def resource(call: Call, one: File) -> Json:
    """A File with all that is modelled; a mask chooses."""
    role = RANKS[one.role(call.user)]
    can_edit, owns = role >= RANKS["writer"], role == RANKS["owner"]
    made: Json = {
        "kind": "drive#file",
        "id": one.id,
        "name": one.name,
        "mimeType": one.mime_type,
        "description": one.description,
        "starred": one.starred,
        "trashed": one.trashed,
        "explicitlyTrashed": one.trashed,
        "parents": one.parents if owns else [],
        "properties": one.properties,
        "appProperties": one.app_properties,
        "spaces": ["drive"],
        "version": str((one.document.revision if one.document else 0) + 1),
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{one.id}/edit?usp=drivesdk",
        "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{one.mime_type}",
        "hasThumbnail": False,
        "viewedByMe": True,
        "createdTime": _moment(one.created),
        "modifiedTime": _moment(one.modified),
        "owners": [_user(one.owner, call.user)],
        "lastModifyingUser": _user(one.last_user or one.owner, call.user),
        "shared": bool(one.permissions),
        "ownedByMe": owns,
        "capabilities": {
            "canEdit": can_edit,
            "canComment": role >= RANKS["commenter"],
            "canCopy": True,
            "canDelete": owns,
            "canDownload": True,
            "canModifyContent": can_edit,
            "canReadRevisions": can_edit,
            "canRename": can_edit,
            "canShare": can_edit,
            "canTrash": owns,
            "canUntrash": owns,
            "canListChildren": False,
        },
        "viewersCanCopyContent": True,
        "copyRequiresWriterPermission": False,
        "writersCanShare": True,
        "size": "1024",
        "quotaBytesUsed": "1024",
        "isAppAuthorized": True,
    }
    if can_edit:
        listed = permissions(one)
        made |= {"permissions": listed, "permissionIds": [entry["id"] for entry in listed]}
    return {key: value for key, value in made.items() if value not in ("", [], {})}


def permissions(one: File) -> list[Json]:
    """The owner's permission and the others."""
    owner = {
        "kind": "drive#permission",
        "id": permission_id(one.owner),
        "type": "user",
        "emailAddress": one.owner,
        "role": "owner",
        "displayName": one.owner,
        "deleted": False,
        "pendingOwner": False,
    }
    return [owner, *one.permissions]


def _masked(call: Call, made: Json, usual: str) -> Json:
    tree = masks.read(str(call.query.get("fields") or usual))
    known = {"files", "nextPageToken", "incompleteSearch", "permissions", *made}
    for name in tree:
        if name != "*" and name not in known and "kind" in made and made["kind"] == "drive#user":
            raise DriveError(400, "invalidParameter", f"Invalid field selection {name}", "fields")
    shown: Json = masks.shown(made, tree)
    return shown


def get(call: Call) -> Json:
    """GET files/{fileId}."""
    return _masked(call, resource(call, _file(call)), _BASIC)


def list_files(call: Call) -> Json:
    """GET files: `q` may ask for a kind, a name, owners, times and flags, joined by `and`."""
    conditions = _conditions(str(call.query.get("q", "")))
    found = [
        one
        for one in call.store.files.values()
        if one.role(call.user) and all(_meets(call, one, *said) for said in conditions)
    ]
    found.sort(key=lambda one: one.modified, reverse=True)
    size = int(call.query.get("pageSize", 100))
    start = int(str(call.query.get("pageToken", "~0")).removeprefix("~"))
    made: Json = {"kind": "drive#fileList", "incompleteSearch": False}
    if start + size < len(found):
        made["nextPageToken"] = f"~{start + size}"
    made["files"] = [resource(call, one) for one in found[start : start + size]]
    return _masked(call, made, f"kind,incompleteSearch,nextPageToken,files({_BASIC})")


_TEXT = r"'(?:[^'\\]|\\.)*'" + r'|"(?:[^"\\]|\\.)*"'
_CONDITION = re.compile(
    rf"\(?\s*(?:(?P<who>{_TEXT}) in (?P<list>owners|writers|readers|parents)"
    rf"|(?P<key>\w+)\s*(?P<op>!=|>=|<=|=|>|<|contains)\s*(?P<value>{_TEXT}|true|false)"
    r"|(?P<flag>sharedWithMe|trashed|starred))\s*\)?\s*(?P<more>and\s+)?"
)


def _conditions(said: str) -> list[tuple[str, str, str]]:
    made, at = [], 0
    text = said.strip()
    while at < len(text):
        found = _CONDITION.match(text, at)
        if not found or bool(found["more"]) != (found.end() < len(text)):
            raise DriveError(400, "invalid", "Invalid Value", "q")
        if found["list"]:
            made.append((found["list"], "in", _unquoted(found["who"])))
        elif found["flag"]:
            made.append((found["flag"], "=", "true"))
        else:
            made.append((found["key"], found["op"], _unquoted(found["value"])))
        at = found.end()
    return made


def _unquoted(said: str) -> str:
    bare = said[1:-1] if said[0] in "'\"" else said
    return re.sub(r"\\(.)", r"\1", bare)


def _meets(call: Call, one: File, key: str, operator: str, value: str) -> bool:
    if key == "owners":
        return one.owner == (call.user if value == "me" else value)
    if key in {"writers", "readers"}:
        return RANKS[one.role(value)] >= RANKS[key.removesuffix("s")]
    if key == "parents":
        return value in one.parents
    facts = {
        "mimeType": one.mime_type,
        "name": one.name,
        "trashed": str(one.trashed).lower(),
        "starred": str(one.starred).lower(),
        "sharedWithMe": str(one.owner != call.user).lower(),
        "modifiedTime": _moment(one.modified),
        "createdTime": _moment(one.created),
    }
    if key not in facts:
        raise DriveError(400, "invalid", "Invalid Value", "q")
    mine = facts[key]
    return {
        "=": mine == value, "!=": mine != value, "contains": value.casefold() in mine.casefold(),
        ">": mine > value, "<": mine < value, ">=": mine >= value, "<=": mine <= value,
    }[operator]  # fmt: skip


def _check_storage(call: Call) -> None:
    if call.user.endswith(".gserviceaccount.com") and not call.service_files:
        said = (
            "Service Accounts do not have storage quota. Leverage shared drives, or use OAuth "
            "delegation instead."
        )
        raise DriveError(403, "storageQuotaExceeded", said)


def create(call: Call) -> Json:
    """POST files: a blank spreadsheet."""
    body = call.body or {}
    if body.get("mimeType") != SHEET_TYPE:
        raise DriveError(400, "invalid", "Only spreadsheets are modelled by the local server.")
    _check_storage(call)
    made = own_file(
        call.store, call.user, new_document("", str(body.get("name", "Untitled"))),
        parents=body.get("parents"),
    )  # fmt: skip
    return _masked(call, resource(call, made), _BASIC)


def update(call: Call) -> Json:
    """PATCH files/{fileId}: name, description, starred, trashed, properties."""
    one = _file(call, "writer")
    body = call.body or {}
    if "trashed" in body and one.role(call.user) != "owner":
        _file(call, "owner")
    if "name" in body and one.document:
        one.name = str(body["name"])
        one.document.properties["title"] = one.name
    one.trashed = bool(body.get("trashed", one.trashed))
    one.starred = bool(body.get("starred", one.starred))
    one.description = str(body.get("description", one.description))
    one.properties |= body.get("properties", {})
    one.app_properties |= body.get("appProperties", {})
    one.modified = call.store.now()
    return _masked(call, resource(call, one), _BASIC)


def delete(call: Call) -> None:
    """DELETE files/{fileId}: 204, and only by its owner."""
    one = _file(call, "owner")
    del call.store.files[one.id]


def copy_file(call: Call) -> Json:
    """POST files/{fileId}/copy."""
    one = _file(call)
    _check_storage(call)
    if one.document is None:
        raise _not_found(one.id)
    document = one.document.copy()
    document.id = ""
    document.properties["title"] = (call.body or {}).get("name") or f"Copy of {one.name}"
    made = own_file(call.store, call.user, document)
    return _masked(call, resource(call, made), _BASIC)


def list_permissions(call: Call) -> Json:
    """GET permissions."""
    made = {"kind": "drive#permissionList", "permissions": permissions(_file(call, "writer"))}
    return _masked(call, made, "kind,permissions(kind,id,type,role)")


def add_permission(call: Call) -> Json:
    """POST permissions."""
    one, body = _file(call, "writer"), call.body or {}
    kind, role = body.get("type"), body.get("role")
    if kind not in {"user", "group", "domain", "anyone"} or role not in RANKS or not role:
        raise DriveError(
            400, "badRequest", "The permission type field is required.", "permission.type"
        )
    email = str(body.get("emailAddress", ""))
    made: Json = {
        "kind": "drive#permission",
        "id": "anyoneWithLink"
        if kind == "anyone"
        else permission_id(email or body.get("domain", "")),
        "type": kind,
        "role": role,
        **({"emailAddress": email, "displayName": email} if email else {}),
        **({"domain": body["domain"]} if "domain" in body else {}),
    }
    one.permissions = [kept for kept in one.permissions if kept["id"] != made["id"]] + [made]
    return _masked(call, made, "kind,id,type,role")


def delete_permission(call: Call) -> None:
    """DELETE permissions/{permissionId}."""
    one = _file(call, "writer")
    wanted = call.params["permissionId"]
    kept = [entry for entry in one.permissions if entry["id"] != wanted]
    if len(kept) == len(one.permissions):
        raise DriveError(404, "notFound", f"Permission not found: {wanted}.", "permissionId")
    one.permissions = kept


def about(call: Call) -> Json:
    """GET about."""
    if not call.query.get("fields"):
        said = "The 'fields' parameter is required for this method."
        raise DriveError(400, "required", said, "fields")
    return _masked(call, {"kind": "drive#about", "user": _user(call.user, call.user)}, "*")
