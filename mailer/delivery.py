"""The ways out, under one name: `SmtpTransport`, `FolderTransport`, and what they answer."""

from mailer.folder import FolderTransport
from mailer.outcome import Accepted, Outcome, Refused, Stage, Transport, Uncertain
from mailer.smtp import Security, SmtpTransport

__all__ = [
    "Accepted",
    "FolderTransport",
    "Outcome",
    "Refused",
    "Security",
    "SmtpTransport",
    "Stage",
    "Transport",
    "Uncertain",
]
