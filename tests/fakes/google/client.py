"""Real gspread and google-auth, led to the local server.

gspread's addresses are fixed; a transport adapter on the session sends what is meant for Google to
loopback, as FINDINGS advises. Token exchange needs none: a key's `token_uri` says where to go.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import gspread
from google.auth.crypt import RSASigner
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
INNER_HOSTS = ("https://oauth2.googleapis.com", "https://iamcredentials.googleapis.com")


class Loopback(HTTPAdapter):
    """Sends a request for one of Google's hosts to the local server."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()
        self.__attrs__ = [*HTTPAdapter.__attrs__, "_url"]  # what a copy of a session keeps

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The same request, elsewhere."""
        for host in (*HOSTS, *INNER_HOSTS):
            if request.url.startswith(host):
                request.url = self._url + request.url[len(host) :]
        return super().send(request, *args, **kwargs)


def mount(session: Any, server: GoogleServer) -> None:
    """Lead a requests session to the server.

    google-auth has a session of its own for tokens: a person's always come from
    oauth2.googleapis.com, and a thread of it asks where an account's data may be. Both go there
    too.
    """
    for host in HOSTS:
        session.mount(host, Loopback(server.url))
    inner = getattr(getattr(session, "_auth_request", None), "session", None)
    if inner is not None:
        for host in INNER_HOSTS:
            inner.mount(host, Loopback(server.url))


def credentials(key: dict[str, Any], scopes: Sequence[str] = (SHEETS,)) -> Any:
    """google-auth's credentials of a key file's content."""
    if key["type"] == "authorized_user":
        # google-auth publishes no types for this.
        made: Any = UserCredentials
        return made.from_authorized_user_info(key, scopes=list(scopes))
    made = Credentials
    signer = _signer(key["private_key_id"], key["private_key"])
    return made(signer, key["client_email"], key["token_uri"], scopes=list(scopes))


@lru_cache(maxsize=8)
def _signer(key_id: str, text: str) -> Any:
    """Reading a key takes longer than all the rest of opening a client, so each is read once."""
    untyped: Any = RSASigner
    return untyped.from_string(text, key_id)


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
