"""The token endpoint: a signed assertion, or a refresh token, for an access token.

Source: <https://developers.google.com/identity/protocols/oauth2/service-account#httprest> (claims,
errors) and RFC 7523. The signature is verified with the account's public key.
"""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .errors import TokenError

Json = dict[str, Any]
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = 3599
_TIMING = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


@lru_cache(maxsize=4)
def _private_key(number: int) -> rsa.RSAPrivateKey:
    """A key for each of a few accounts; made once, for it takes a moment."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, kw_only=True)
class Token:
    """Who holds it, for what, until when (seconds of the server's clock)."""

    user: str
    scopes: frozenset[str]
    until: float


class TokenDesk:
    """Accounts, refresh tokens, and the access tokens that were given."""

    def __init__(self) -> None:
        self.accounts: dict[str, rsa.RSAPublicKey] = {}
        self.refresh_tokens: dict[str, tuple[str, frozenset[str]]] = {}
        self.issued: dict[str, Token] = {}
        self.exchanges = 0

    def new_account(self, email: str, token_uri: str, number: int = 0) -> Json:
        """A service account; its key as the file that Google lets one download."""
        private = _private_key(number)
        self.accounts[email] = private.public_key()
        text = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        return {
            "type": "service_account",
            "project_id": "local-project",
            "private_key_id": f"{number:040x}",
            "private_key": text,
            "client_email": email,
            "client_id": "123456789012345678901",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "universe_domain": "googleapis.com",
        }

    def new_refresh_token(self, user: str, scopes: frozenset[str], token_uri: str) -> Json:
        """A person's consent, as the file of an installed application keeps it."""
        made = "1//" + secrets.token_urlsafe(40)
        self.refresh_tokens[made] = user, scopes
        return {
            "type": "authorized_user",
            "client_id": "1234-local.apps.googleusercontent.com",
            "client_secret": "local",
            "refresh_token": made,
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def exchange(self, form: dict[str, str]) -> Json:
        """POST /token.

        Raises:
            TokenError: as RFC 6749 section 5.2.
        """
        self.exchanges += 1
        grant = form.get("grant_type")
        if grant == GRANT:
            return self._for_assertion(form.get("assertion", ""))
        if grant == "refresh_token":
            found = self.refresh_tokens.get(form.get("refresh_token", ""))
            if found is None:
                raise TokenError("invalid_grant", "Token has been expired or revoked.")
            return self._issue(*found)
        raise TokenError("unsupported_grant_type", f"Invalid grant_type: {grant}")

    def _for_assertion(self, assertion: str) -> Json:
        claims, signed, signature = _parts(assertion)
        key = self.accounts.get(str(claims.get("iss")))
        if key is None:
            raise TokenError("invalid_grant", "Invalid grant: account not found")
        try:
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise TokenError("invalid_grant", "Invalid JWT Signature.") from error
        now, until, since = time.time(), claims.get("exp", 0), claims.get("iat", 0)
        if not since - 300 <= now < until or until - since > 3600:
            raise TokenError("invalid_grant", _TIMING)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            raise TokenError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return self._issue(str(claims.get("sub") or claims["iss"]), scopes)

    def _issue(self, user: str, scopes: frozenset[str]) -> Json:
        made = "ya29.c." + secrets.token_urlsafe(60)
        self.issued[made] = Token(user=user, scopes=scopes, until=time.time() + LIFETIME)
        return {"access_token": made, "expires_in": LIFETIME, "token_type": "Bearer"}

    def holder(self, token: str) -> Token | None:
        """Who holds an access token that is still good."""
        found = self.issued.get(token)
        return found if found and found.until > time.time() else None


def _parts(assertion: str) -> tuple[Json, bytes, bytes]:
    try:
        head, body, signature = assertion.split(".")
        claims = json.loads(_decoded(body))
        return claims, f"{head}.{body}".encode(), _decoded(signature)
    except ValueError as error:
        raise TokenError("invalid_grant", "Invalid JWT: Failed to parse.") from error


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
