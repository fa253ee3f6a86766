"""Dated copies of a workbook as it was before each write."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sync.stores.file_names import fitting

_STAMP = "%Y-%m-%d %H%M%S"
_LONGEST = ". 2026-11-22 083000-9999.part"  # what stands around a stem and a suffix at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """Copies named `<name> 2026-11-22 083000.xlsx` in one directory.

    The newest `most` are kept, and the first of each of the last `most` days, so that a day of
    many writes does not push the other days out. Nothing else in the directory is touched.
    """

    directory: Path
    most: int = 30

    def keep(self, name: str, content: bytes, now: datetime) -> Path:
        """Write a copy to disk, whole or not at all, and drop those that have served."""
        self.directory.mkdir(parents=True, exist_ok=True)
        stem, suffix = _parts(name)
        kept = self.directory / f"{stem} {now:{_STAMP}}{suffix}"
        number = 1
        while kept.exists():
            number += 1
            kept = self.directory / f"{stem} {now:{_STAMP}}-{number}{suffix}"
        part = kept.with_name(f".{kept.name}.part")
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(kept)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        self._drop(name, now)
        return kept

    def of(self, name: str) -> list[tuple[datetime, Path]]:
        """The copies of a workbook with their moments, oldest first."""
        stem, suffix = _parts(name)
        shape = re.compile(
            rf"{re.escape(stem)} (\d{{4}}-\d\d-\d\d \d{{6}})(?:-(\d+))?{re.escape(suffix)}"
        )
        found: list[tuple[datetime, int, Path]] = []
        for path in self.directory.iterdir() if self.directory.is_dir() else ():
            if match := shape.fullmatch(path.name):
                with suppress(ValueError):
                    moment = datetime.strptime(match[1], _STAMP)  # noqa: DTZ007  # names carry no zone
                    found.append((moment, int(match[2] or 1), path))
        return [(moment, path) for moment, _, path in sorted(found)]

    def _drop(self, name: str, now: datetime) -> None:
        copies = self.of(name)
        kept = {path for _, path in copies[-self.most :]}
        oldest = now.replace(tzinfo=None) - timedelta(days=self.most)
        first_of_day: dict[date, Path] = {}
        for at, path in copies:
            if at >= oldest:
                first_of_day.setdefault(at.date(), path)
        for path in {path for _, path in copies} - kept - set(first_of_day.values()):
            with suppress(OSError):
                path.unlink()


def _parts(name: str) -> tuple[str, str]:
    """A workbook's stem, short enough for the names of its copies, and its suffix with the dot."""
    stem, dot, suffix = name.rpartition(".")
    return fitting(stem, dot + suffix + _LONGEST), dot + suffix
