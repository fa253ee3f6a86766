"""The server: HTTP on loopback in, the store behind, faults and quotas in between.

with GoogleServer() as server:
    key = server.service_account("robot@local-project.iam.gserviceaccount.com")
    book = server.new_spreadsheet("Cobrança", owner="ana@example.com", locale="pt_BR")
    server.share(book, key["client_email"], "writer")
    client = open_client(server, key)       # real gspread, real google-auth
    client.open_by_key(book).sheet1.update([["Olá"]], "A1")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from . import drive
from .desk import Answer, Desk, Dropped
from .errors import not_found
from .http import LoopbackHttp
from .person import Person
from .state import Document, new_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from .faults import Fault

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Requests a minute; Google's published numbers are `Limits(per_user=60, per_project=300)`."""

    per_user: int | None = None
    per_project: int | None = None


class GoogleServer:
    """Sheets, Drive and the token endpoint on one loopback port; a context manager."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        now: Callable[[], datetime] | None = None,
        clock: Callable[[], float] | None = None,
        latency: float = 0.0,
    ) -> None:
        """Tell it how to be; nothing is opened yet.

        Args:
            limits: of requests; none is refused without.
            now: what TODAY, NOW and modifiedTime go by.
            clock: seconds that the quotas' minutes go by; monotonic time without.
            latency: seconds that every answer takes longer.
        """
        self.desk = Desk(now=now, clock=clock)
        self.desk.latency = latency
        if limits:
            self.desk.quotas.per_user = limits.per_user
            self.desk.quotas.per_project = limits.per_project
        self._http = LoopbackHttp(self.desk)
        self._made = 0

    def __enter__(self) -> Self:
        self._http.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.stop()
        if self.desk.crashes and kind is None:
            raise ExceptionGroup("the local Google server itself broke", self.desk.crashes)

    # -- where it is

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`; the paths below it are Google's."""
        return self._http.url

    @property
    def token_uri(self) -> str:
        """What a key's `token_uri` must say."""
        return f"{self.url}/token"

    # -- who may use it

    def service_account(self, email: str, *, other_key: bool = False) -> Json:
        """The content of a service account's key file.

        Args:
            email: the account's address.
            other_key: a key that the account does not have: its signature is refused.
        """
        key = self.desk.tokens.new_account(email, self.token_uri, 0)
        if other_key:
            wrong = self.desk.tokens.new_account("nobody@example.com", self.token_uri, 1)
            key["private_key"] = wrong["private_key"]
        return key

    def consent(self, user: str, *scopes: str) -> Json:
        """The content of an `authorized_user` file: a person let an application act for them."""
        return self.desk.tokens.new_refresh_token(user, frozenset(scopes), self.token_uri)

    def revoke_tokens(self) -> None:
        """Every access token that was given is worth nothing any more."""
        self.desk.tokens.issued.clear()

    def disable_api(self, service: str = "sheets") -> None:
        """The project never switched `sheets` or `drive` on."""
        self.desk.disabled.add(service)

    def enable_api(self, service: str = "sheets") -> None:
        """It did now."""
        self.desk.disabled.discard(service)

    # -- what it holds

    def new_spreadsheet(
        self,
        title: str,
        *,
        owner: str,
        locale: str = "en_US",
        time_zone: str = "Etc/GMT",
        first_sheet: str = "Sheet1",
    ) -> str:
        """A blank spreadsheet that a person made; its id."""
        self._made += 1
        made = new_document(
            f"1{self._made:02d}" + "LocalSpreadsheetForTheTestsOfRegua_abcde01",
            title,
            locale=locale,
            time_zone=time_zone,
            first_sheet=first_sheet,
        )
        with self.desk.store.lock:
            return drive.own_file(self.desk.store, owner, made).id

    def share(self, spreadsheet_id: str, user: str, role: str = "writer") -> None:
        """As the owner does in the sharing dialogue; role "" takes the sharing back."""
        with self.desk.store.lock:
            one = self.desk.store.files[spreadsheet_id]
            kept = [entry for entry in one.permissions if entry.get("emailAddress") != user]
            if role:
                entry = {"kind": "drive#permission", "id": drive.permission_id(user)}
                kept.append({**entry, "type": "user", "emailAddress": user, "role": role})
            one.permissions = kept

    def document(self, spreadsheet_id: str) -> Document:
        """The spreadsheet as it stands; to look at, never to change."""
        found = self.desk.store.files[spreadsheet_id].document
        if found is None:
            raise not_found()
        return found

    def person(self, email: str) -> Person:
        """Somebody who edits in a browser: no tokens, no quotas, no faults."""
        return Person(self.desk, email)

    # -- what goes wrong, and what went on

    def fail(self, *faults: Fault) -> None:
        """Add faults, to be met in this order."""
        self.desk.faults.add(*faults)

    @property
    def requests(self) -> list[str]:
        """The methods that were asked for, in order, as `spreadsheets.values.batchGet`."""
        with self.desk.store.lock:
            return [one.name for one in self.desk.log]

    @property
    def log(self) -> list[Any]:
        """The same with users, statuses and sizes."""
        with self.desk.store.lock:
            return list(self.desk.log)

    def forget_requests(self) -> None:
        """Count anew."""
        with self.desk.store.lock:
            self.desk.log.clear()


__all__ = ["Answer", "Dropped", "GoogleServer", "Limits"]
