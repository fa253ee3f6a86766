"""What a mail server's address has to be, for letters out and answers in."""

from __future__ import annotations

import ipaddress
import re

from mailer.errors import ConfigurationError


def check_account(host: str, port: int, security: str, *, ways: tuple[str, ...]) -> None:
    """Refuse settings that cannot be right, or that would send a password in the clear.

    `ways` are the securities to choose from, the recommended one first.

    Raises:
        ConfigurationError: says which, and what to use.
    """
    if security not in ways:
        offered = f"{', '.join(ways[:-1])} or {ways[-1]}"
        raise ConfigurationError(f"security is {security!r}; use {offered}.")
    if not host or re.search(r"[\s/@]", host) or not 0 < port < 65536:
        raise ConfigurationError(f"{host!r} port {port} is not a mail server's address.")
    if security == "none" and not _is_loopback(host):
        raise ConfigurationError(
            f"security 'none' is allowed on this machine only, not for {host}; use {ways[0]}."
        )


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
