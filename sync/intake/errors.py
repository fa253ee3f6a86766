"""What stops an intake as a whole.

    IntakeError   `code` and `values` make the sentence (topic `intake`); nothing was written

A single row that cannot be read stops nothing: it is a RejectedRow in the report.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class IntakeError(Exception):
    """The source cannot be taken in; the sentence is `intake.<code>` in the locale files."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values: Mapping[str, str] = values
