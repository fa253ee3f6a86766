"""Requests counted against the published quotas.

Source: <https://developers.google.com/workspace/sheets/api/limits>: reads and writes apart, 60 a
minute for a user in a project, 300 a minute for the project, refilled every minute. A request
counts once however many it holds. Whether one that the quota refused counts too was not verified;
here it does not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import quota

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(kw_only=True)
class Quotas:
    """`per_user` and `per_project` are requests a minute; None counts without refusing."""

    per_user: int | None = None
    per_project: int | None = None
    clock: Callable[[], float]
    project: str = "123456789012"
    counts: Counter[tuple[int, str, str]] = field(default_factory=Counter)

    def count(self, user: str, kind: str) -> None:
        """Count a Read or a Write.

        Raises:
            ApiError: 429.
        """
        minute = int(self.clock() // 60)
        mine, everyones = (minute, user, kind), (minute, "", kind)
        for key, limit, is_user in (
            (mine, self.per_user, True),
            (everyones, self.per_project, False),
        ):
            if limit is not None and self.counts[key] >= limit:
                raise quota(kind, limit, self.project, per_user=is_user)
        self.counts[mine] += 1
        self.counts[everyones] += 1
