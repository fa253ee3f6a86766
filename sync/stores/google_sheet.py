"""A workbook in a Google Sheet that people edit while the service runs.

The Sheets API has no compare-and-set, so nothing here depends on where a row stands when it is
written: no cell of a tab that people edit is addressed at all. What the engine says beside their
rows stands in hidden tabs under the rows' keys, logs grow by appendCells, the engine's own tabs are
written by whole rows (`google_writing`). A write is one atomic batch whose mark tells, after a lost
answer, whether it stands (`google_client`). Requests: four for a read, and for a write those of a
read, the batch, and one more when somebody had typed into the engine's columns, whatever the rows.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sheet_templates.google_cells import Json, entered, put_rows
from sheet_templates.google_layout import ANSWER_PREFIX, COMMAND_PREFIX, COMMANDS
from sync.stores import rules
from sync.stores.google_client import commit_marks
from sync.stores.google_reading import Reading, read_sheet, revision_of
from sync.stores.google_writing import requests_for
from sync.stores.memory import MemoryStore
from sync.workbook import Applied, Change, Conflict, RefusedFile, Snapshot, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sync.stores.google_client import SheetsClient


FRESH_FOR = 10.0


class GoogleSheetStore:
    """A `sync.workbook.Store` over one spreadsheet.

    `mark` names a write as no other is named. `fresh_for` is how many seconds of `clock` a read
    answers `revision` by itself: it is asked before each message, and Google allows 60 reads a
    minute. A write never relies on it.
    """

    def __init__(
        self,
        client: SheetsClient,
        *,
        mark: Callable[[], str] = lambda: secrets.token_hex(12),
        clock: Callable[[], float] = time.monotonic,
        fresh_for: float = FRESH_FOR,
    ) -> None:
        self.client = client
        self._mark = mark
        self._clock = clock
        self._fresh_for = fresh_for
        self._known: tuple[str, float] | None = None  # a revision and when it was read
        self._marks: Mapping[int, str] = {}

    def read(self) -> Snapshot:
        """Read everything. Raises RefusedFile."""
        return self._read().snapshot

    def revision(self) -> str:
        """The revision of what stands there, read anew unless that was just done.

        Raises RefusedFile.
        """
        if self._known is not None and self._clock() - self._known[1] < self._fresh_for:
            return self._known[0]
        return self._read().snapshot.revision

    def apply(self, changes: Sequence[Change], expected_revision: str) -> Applied | Conflict:
        """Apply all changes in one batch.

        Where nothing differs nothing is asked. Raises NotWritable (nothing changed; with
        `WriteLost` nobody knows), ValueError for misuse.
        """
        for change in changes:
            rules.check(change)
        reading = self._read()
        before = reading.snapshot
        if before.revision != expected_revision:
            return Conflict()
        memory = MemoryStore.of(before)
        done = memory.apply(changes, memory.revision())
        if isinstance(done, Conflict):  # cannot be: nobody else knows this copy
            return done
        after = replace(memory.read(), figures=memory.figures)
        is_new = before.workbook_id is None and after.workbook_id is not None
        if not done.cells and not is_new:
            return Applied(expected_revision, 0)
        if before.obstacle is not None:
            raise before.obstacle.error()
        requests = requests_for(reading, after, changes)
        self._known = None
        if requests:
            self.client.batch_update(requests, self._mark(), sorted(reading.marks))
        if reading.blocked:
            self._mend(reading)
        return Applied(revision_of(after), done.cells - is_new)

    def commands(self) -> tuple[str, ...]:
        """The commands that somebody ticked on the dashboard; two requests. Raises RefusedFile."""
        places = self._command_cells()
        wanted = [name for name in COMMANDS if f"{COMMAND_PREFIX}{name}" in places]
        read = self.client.values([places[f"{COMMAND_PREFIX}{name}"] for name in wanted])
        ticked = [one.get("values", [[None]])[0][0] is True for one in read]
        return tuple(name for name, tick in zip(wanted, ticked, strict=True) if tick)

    def answer(self, command: str, text: str) -> None:
        """Clear a command's tick and write beside it what became of it. Raises NotWritable."""
        places = self._command_cells()
        requests = [
            put_rows(
                int(place["sheetId"]),
                int(place["startRowIndex"]),
                int(place["startColumnIndex"]),
                [[entered(value)]],
                fields="userEnteredValue",
            )
            for prefix, value in ((COMMAND_PREFIX, False), (ANSWER_PREFIX, text))
            if (place := places.get(f"{prefix}{command}")) is not None
        ]
        if requests:
            self.client.batch_update(requests, self._mark(), sorted(self._marks))

    def _command_cells(self) -> dict[str, Json]:
        """The cells of commands and answers by name, wherever they were moved."""
        metadata = self.client.metadata()
        self._marks = commit_marks(metadata)
        zero = {"sheetId": 0, "startRowIndex": 0, "startColumnIndex": 0}
        return {
            str(one["name"]): {**zero, **one.get("range", {})}
            for one in metadata.get("namedRanges", ())
            if str(one["name"]).startswith((COMMAND_PREFIX, ANSWER_PREFIX))
        }

    def _mend(self, reading: Reading) -> None:
        """Blank what somebody typed into the engine's columns; a later run may do it as well."""
        with suppress(StoreError):
            self.client.clear_below_heading(reading.blocked)

    def _read(self) -> Reading:
        began = self._clock()
        try:
            reading = read_sheet(self.client)
        except RefusedFile as error:
            if error.code != "google_refused":
                raise
            reading = read_sheet(self.client)  # a tab may have gone between two of its requests
        self._known = (reading.snapshot.revision, began)
        return reading
