"""A local Google: Sheets v4, the part of Drive v3 that a sheet's file needs, the token endpoint."""

from .app import GoogleServer, Limits
from .client import open_client
from .faults import Fault

__all__ = ["Fault", "GoogleServer", "Limits", "open_client"]
