"""One request from its bytes to its answer: who, may they, does the document allow it, do it.

The order of the checks is Google's as far as answers show it: address, credentials, scopes, API
switched on, quota, JSON, then the method itself.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from . import discovery, errors, masks, urls
from .faults import HTML, Fault, Faults
from .quotas import Quotas
from .store import Call, Store
from .tokens import Token, TokenDesk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Json = dict[str, Any]
_APIS = {
    "sheets": ("Google Sheets API", "sheets.googleapis.com"),
    "drive": ("Google Drive API", "drive.googleapis.com"),
}
BODY_LIMIT = 50 * 1024 * 1024


class Dropped(Exception):
    """The connection closes without an answer."""


@dataclass(kw_only=True)
class Answer:
    """What goes back over the wire; `cut` stops in the middle of the body."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Logged:
    """One request that came: its method, caller, answer and sizes in bytes."""

    name: str
    user: str
    status: int
    sent: int
    received: int


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A request as HTTP has it; `path` is raw, without the query."""

    method: str
    path: str
    query: str = ""
    authorization: str = ""
    body: bytes = b""


class Desk:
    """The server's state and its one way through."""

    def __init__(
        self, *, now: Callable[[], datetime] | None, clock: Callable[[], float] | None
    ) -> None:
        self.store = Store(now)
        self.tokens = TokenDesk()
        self.quotas = Quotas(clock=clock or time.monotonic)
        self.faults = Faults()
        self.disabled: set[str] = set()
        self.latency = 0.0
        self.service_files = False
        self.log: list[Logged] = []
        self.crashes: list[Exception] = []

    def answer(self, incoming: Incoming) -> Answer:
        """The answer to a request.

        Raises:
            Dropped: when a fault says so.
        """
        if incoming.path.endswith("/allowedLocations"):
            # google-auth's own errand, in the background: neither counted nor made to fail.
            return _json(200, {"encodedLocations": "0x0"})
        if self.latency:
            time.sleep(self.latency)
        found = urls.find(incoming.method, incoming.path)
        is_token = incoming.path == "/token" and incoming.method == "POST"
        name = "token" if is_token else found[0].name if found else "unknown"
        fault = self.faults.take(name)
        holder = self.tokens.holder(incoming.authorization.removeprefix("Bearer ").strip())
        made = self._with_fault(
            fault, lambda: self._made(incoming, found, holder, is_token=is_token)
        )
        with self.store.lock:
            logged = Logged(
                name=name,
                user=holder.user if holder else "",
                status=made.status,
                sent=len(incoming.body),
                received=len(made.body),
            )
            self.log.append(logged)
        if made.status == 0:
            raise Dropped
        return made

    def _with_fault(self, fault: Fault | None, act: Callable[[], Answer]) -> Answer:
        """The answer, or what the fault makes of it; status 0: there is none."""
        if fault is None:
            return act()
        made = None
        if fault.when == "after":
            made = act()
        fault.passes()
        if fault.drop:
            return Answer(status=0)
        if fault.status:
            return _failed(fault)
        made = made or act()
        made.cut = fault.cut
        return made

    def _made(
        self,
        incoming: Incoming,
        found: tuple[urls.Route, dict[str, str]] | None,
        holder: Token | None,
        *,
        is_token: bool,
    ) -> Answer:
        try:
            if is_token:
                form = dict(parse_qsl(incoming.body.decode("ascii", "replace")))
                return _json(200, self.tokens.exchange(form))
            if found is None:
                return Answer(status=404, body=_PAGE_404, content_type="text/html; charset=UTF-8")
            route, params = found
            user = self._caller(route, incoming, holder)
            return self.perform(route, params, user, incoming)
        except errors.GoogleError as error:
            return _json(error.code, error.body())
        except Exception as error:  # noqa: BLE001  # kept, and raised when the server closes
            self.crashes.append(error)
            return _json(500, errors.failing(500).body())

    def _caller(self, route: urls.Route, incoming: Incoming, holder: Token | None) -> str:
        """Who asks; refused without good credentials, fit scopes, the API and quota."""
        if not incoming.authorization:
            raise errors.unregistered()
        if holder is None:
            raise errors.unauthenticated()
        api = "drive" if route.name.startswith("drive.") else "sheets"
        title, service = _APIS[api]
        if not holder.scopes & route.scopes:
            raise errors.scopes_missing(service, route.name)
        if api in self.disabled:
            raise errors.api_disabled(title, service, self.quotas.project)
        if api == "sheets":
            with self.store.lock:
                self.quotas.count(holder.user, route.quota)
        return holder.user

    def perform(
        self, route: urls.Route, params: dict[str, str], user: str, incoming: Incoming
    ) -> Answer:
        """Check the request against the discovery document and carry it out.

        Raises:
            GoogleError: whatever refuses it.
        """
        is_sheets = not route.name.startswith("drive.")
        pairs = parse_qsl(incoming.query, keep_blank_values=True)
        query = discovery.checked_query(route.name, pairs) if is_sheets else dict(pairs)
        tree = masks.read(query["fields"]) if is_sheets and query.get("fields") else {}
        masks.check(tree, route.answer, str(query.get("fields", "")))
        body = _parsed(incoming.body)
        if is_sheets and route.body:
            body = discovery.checked(route.body, body, route.field)
        elif is_sheets and body:
            raise errors.violations([("", _NO_BODY.format(next(iter(body))))])
        with self.store.lock:
            call = Call(
                store=self.store,
                user=user,
                params=params,
                query=query,
                body=body,
                service_files=self.service_files,
            )
            made = route.handler(call)
        if made is None:
            return Answer(status=204, content_type="text/html")
        return _json(200, masks.shown(made, tree), pretty=query.get("prettyPrint") is True)


_NO_BODY = 'Invalid JSON payload received. Unknown name "{}": Cannot find field.'
_PAGE_404 = HTML.format(code=404).replace("Server Error", "Not Found").encode()


def _parsed(body: bytes) -> Any:
    if not body.strip():
        return {}
    if len(body) > BODY_LIMIT:
        raise errors.ApiError(413, "Request payload size exceeds the limit.")
    try:
        return json.loads(body)
    except ValueError as error:
        said = "Invalid JSON payload received. Unexpected token."
        raise errors.violations([("", said)]) from error


def _json(status: int, made: Any, *, pretty: bool = False) -> Answer:
    text = json.dumps(made, ensure_ascii=False, indent=2 if pretty else None)
    return Answer(status=status, body=text.encode() + b"\n")


def _failed(fault: Fault) -> Answer:
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    if fault.html:
        text = HTML.format(code=fault.status).encode()
        return Answer(
            status=fault.status, body=text, content_type="text/html; charset=UTF-8", headers=headers
        )
    made = _json(fault.status, errors.failing(fault.status).body())
    made.headers = headers
    return made


def reason(status: int) -> str:
    """`Not Found` and such, for the status line."""
    return HTTPStatus(status).phrase
