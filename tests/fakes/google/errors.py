"""Google's answers of refusal, key by key.

    GoogleError
    ├── ApiError     {"error": {"code", "message", "status", "details"}} of Sheets and Drive
    └── TokenError   {"error", "error_description"} of the token endpoint

Sources: <https://cloud.google.com/apis/design/errors>,
<https://developers.google.com/workspace/sheets/api/limits>,
<https://developers.google.com/workspace/sheets/api/troubleshoot-api-errors>; sentences as people
quote them in public issue threads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

Json = dict[str, Any]

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
PROTECTED = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)


class GoogleError(Exception, ABC):
    """A refusal that becomes an HTTP answer."""

    code = 400

    @abstractmethod
    def body(self) -> Json:
        """The JSON of the answer."""


class ApiError(GoogleError):
    """A refusal of Sheets or Drive."""

    def __init__(self, code: int, message: str, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details or []

    def body(self) -> Json:
        """`{"error": {"code", "message", "status", "details"?}}`."""
        status = STATUSES.get(self.code, "UNKNOWN")
        error: Json = {"code": self.code, "message": self.message, "status": status}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class DriveError(GoogleError):
    """Drive v3 speaks the older dialect, with `errors` and a reason."""

    def __init__(self, code: int, reason: str, message: str, location: str = "") -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.location = code, reason, message, location

    def body(self) -> Json:
        """`{"error": {"errors": [{"domain", "reason", "message"}], "code", "message"}}`.

        Source: <https://developers.google.com/workspace/drive/api/guides/handle-errors>.
        """
        one: Json = {"message": self.message, "domain": "global", "reason": self.reason}
        if self.location:
            one |= {"location": self.location, "locationType": "parameter"}
        return {"error": {"code": self.code, "message": self.message, "errors": [one]}}


class TokenError(GoogleError):
    """A refusal of the token endpoint (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str, code: int = 400) -> None:
        super().__init__(description)
        self.code, self.error, self.description = code, error, description

    def body(self) -> Json:
        """`{"error", "error_description"}`."""
        return {"error": self.error, "error_description": self.description}


def invalid(message: str) -> ApiError:
    """400: the request is well formed and makes no sense here."""
    return ApiError(400, message)


def violations(found: list[tuple[str, str]]) -> ApiError:
    """400 of the JSON reader: each (field, description), the message being all of them."""
    listed = [
        {"field": field, "description": said} if field else {"description": said}
        for field, said in found
    ]
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": listed}]
    return ApiError(400, "\n".join(said for _, said in found), details)


def bad_fields(path: str, mask: str) -> ApiError:
    """400 for a `fields` parameter that names nothing; the field is the whole mask."""
    said = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    error = violations([(mask, said)])
    error.message = "Request contains an invalid argument."
    return error


def not_found() -> ApiError:
    """404: no such spreadsheet, or none that was ever this caller's."""
    return ApiError(404, "Requested entity was not found.")


def not_allowed() -> ApiError:
    """403: not shared with the caller, or shared to be looked at only."""
    return ApiError(403, "The caller does not have permission")


def unregistered() -> ApiError:
    """403: no credentials at all."""
    return ApiError(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API.",
    )


def unauthenticated() -> ApiError:
    """401: a token that is not, or no longer, one."""
    return ApiError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
        [_info("ACCESS_TOKEN_EXPIRED", {"service": "sheets.googleapis.com"})],
    )


def scopes_missing(service: str, method: str) -> ApiError:
    """403: the token is good, for something else."""
    facts = {"service": service, "method": method}
    return ApiError(
        403,
        "Request had insufficient authentication scopes.",
        [_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", facts)],
    )


def api_disabled(title: str, service: str, project: str) -> ApiError:
    """403: the project of the key has never switched the API on."""
    page = f"https://console.developers.google.com/apis/api/{service}/overview?project={project}"
    help_link = {
        "@type": "type.googleapis.com/google.rpc.Help",
        "links": [{"description": "Google developers console API activation", "url": page}],
    }
    facts = {"service": service, "consumer": f"projects/{project}"}
    return ApiError(
        403,
        f"{title} has not been used in project {project} before or it is disabled. Enable it by "
        f"visiting {page} then retry. If you enabled this API recently, wait a few minutes for "
        "the action to propagate to our systems and retry.",
        [help_link, _info("SERVICE_DISABLED", facts)],
    )


def quota(kind: str, limit: int, project: str, *, per_user: bool) -> ApiError:
    """429: `kind` is Read or Write; requests of this user, or of the project, in this minute."""
    whose = " per user" if per_user else ""
    name = f"{kind}RequestsPerMinutePer{'User' if per_user else 'Project'}"
    facts = {
        "service": "sheets.googleapis.com",
        "consumer": f"projects/{project}",
        "quota_limit": name,
        "quota_limit_value": str(limit),
        "quota_location": "global",
        "quota_metric": f"sheets.googleapis.com/{kind.lower()}_requests",
    }
    page = "https://cloud.google.com/docs/quotas/help/request_increase"
    help_link = {
        "@type": "type.googleapis.com/google.rpc.Help",
        "links": [{"description": "Request a higher quota limit.", "url": page}],
    }
    return ApiError(
        429,
        f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per "
        f"minute{whose}' of service 'sheets.googleapis.com' for consumer "
        f"'project_number:{project}'.",
        [_info("RATE_LIMIT_EXCEEDED", facts), help_link],
    )


def failing(code: int) -> ApiError:
    """The 5xx (and 429) that a fault switch gives."""
    said = {
        429: "Resource has been exhausted (e.g. check quota).",
        500: "Internal error encountered.",
        503: "The service is currently unavailable.",
        504: "Deadline expired before operation could complete.",
    }
    return ApiError(code, said.get(code, "Unknown Error."))


def _info(reason: str, facts: dict[str, str]) -> Json:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": facts,
    }
