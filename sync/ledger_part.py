"""What the parts of the ledger beside its messages stand on: an open ledger's transactions."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa


class Transactions(Protocol):
    """An open ledger as its parts use it; a transaction is on the disk when its block ends."""

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that holds the write lock from its beginning."""
        ...

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that takes no lock."""
        ...

    def moment(self) -> datetime:
        """The present, aware."""
        ...
