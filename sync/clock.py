"""Time, read here and nowhere else."""

import os
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Clock:
    """The wall clock of one time zone.

    `REGUA_NOW` (ISO date-time) fixes it for demonstrations and tests of whole processes.
    """

    zone: ZoneInfo

    def now(self) -> datetime:
        """The present moment, aware, in the configured zone."""
        fixed = os.environ.get("REGUA_NOW")
        if fixed:
            moment = datetime.fromisoformat(fixed)
            return (
                moment.astimezone(self.zone) if moment.tzinfo else moment.replace(tzinfo=self.zone)
            )
        return datetime.now(self.zone)
