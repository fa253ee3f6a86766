"""Real gspread and google-auth, led to the local server.

gspread's addresses are fixed; a transport adapter on the session sends what is meant for Google to
loopback, as FINDINGS advises. Token exchange needs none: a key's `token_uri` says where to go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gspread
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .app import GoogleServer

SHEETS = "https://www.googleapis.com/auth/spreadsheets"
DRIVE = "https://www.googleapis.com/auth/drive"
HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")


class Loopback(HTTPAdapter):
    """Sends a request for one of Google's hosts to the local server."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The same request, elsewhere."""
        for host in HOSTS:
            if request.url.startswith(host):
                request.url = self._url + request.url[len(host) :]
        return super().send(request, *args, **kwargs)


def mount(session: Any, server: GoogleServer) -> None:
    """Lead a requests session to the server."""
    for host in HOSTS:
        session.mount(host, Loopback(server.url))


def credentials(key: dict[str, Any], scopes: Sequence[str] = (SHEETS,)) -> Any:
    """google-auth's credentials of a key file's content."""
    if key["type"] == "authorized_user":
        # google-auth publishes no types for this.
        made: Any = UserCredentials
        return made.from_authorized_user_info(key, scopes=list(scopes))
    made = Credentials
    return made.from_service_account_info(key, scopes=list(scopes))


def open_client(
    server: GoogleServer,
    key: dict[str, Any],
    *,
    scopes: Sequence[str] = (SHEETS, DRIVE),
    timeout: float = 20.0,
) -> gspread.Client:
    """A gspread client that talks to the server."""
    untyped: Any = AuthorizedSession
    session = untyped(credentials(key, scopes))
    mount(session, server)
    client = gspread.Client(auth=session.credentials, session=session)
    client.set_timeout(timeout)
    return client
