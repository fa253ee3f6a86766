"""bank: read statement and return files now; their lines wait in the tab Bank matches."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from sync.bank.entered import Known
from sync.cli import DATA
from sync.commands.choose import settings_of
from sync.commands.errors import UsageError
from sync.console import Screen
from sync.identity import check_place, identity_of, remember_place
from sync.look import BankMoney, Look, look
from sync.older_copy import OlderCopy
from sync.receiving import BankSource, FileRead, Refusal
from sync.run import Engine
from sync.settings import Settings, WorkbookSettings
from sync.taking_in import KeepsChanging, take_in
from sync.views.bank_matches import bank_matches
from sync.views.cells import date_text
from sync.waiting import Waiting, WaitingLine
from sync.wiring import engine_for, named
from sync.workbook import Change, NotWritable, SetIdentity, Snapshot

_COUNTS = ("new", "known", "certain", "suggested", "unmatched", "entered")


def bank_command(options: argparse.Namespace, _language: str) -> int:
    """Take in bank files and bring the tab up to date, in one write; nothing is sent.

    3 when a file was refused; the others are taken in all the same.
    """
    for path in options.files:
        if not path.is_file():
            raise UsageError("no_bank_file", path=str(path))
    settings = settings_of(options)
    book = settings.workbooks[0]
    taken = _take(settings, book, options.files, dict(options.map))
    if options.json:
        print(json.dumps(_json(taken, book), ensure_ascii=False, indent=2))  # noqa: T201
    else:
        _show(Screen(taken.seen.snapshot.language), taken)
    return DATA if taken.source.refused else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What was read, the workbook as it then stands, and how many lines wait there."""

    source: BankSource
    seen: Look
    waiting: int

    def counts(self, file: FileRead) -> Mapping[str, int]:
        """A file's lines by what is known of them; those settled long ago are only `known`."""
        found = Counter(
            _kind(self.source.found[line]) for line in file.lines if line in self.source.found
        )
        new = len(file.new)
        return {**dict.fromkeys(_COUNTS, 0), **found, "new": new, "known": len(file.lines) - new}


def _kind(line: WaitingLine) -> str:
    if line.known is not Known.NEW:
        return "entered"
    if line.match.is_certain:
        return "certain"
    return "suggested" if line.match.shares else "unmatched"


# What is written.


class BankInTab:
    """The bank's lines as a source that shows them in their tab in the same write."""

    def __init__(self, source: BankSource) -> None:
        self.source = source

    def collect(self, seen: Look) -> None:
        """As the run does."""
        self.source.collect(seen)

    def changes(self, seen: Look) -> list[Change]:
        """The payments that the sheet lacks, and the whole tab."""
        waiting = Waiting(seen, self.source.ledger, self.source.workbook_id)
        tab = bank_matches(seen.snapshot, waiting.lines, waiting.known)
        return [*self.source.changes(seen), *tab]

    def written(self, seen: Look) -> None:
        """As the run does."""
        self.source.written(seen)


def _take(
    settings: Settings, book: WorkbookSettings, files: Sequence[Path], mapping: Mapping[str, str]
) -> _Taken:
    """Read, match and write. Raises NotWritable, also when somebody keeps saving."""
    with engine_for(settings, book, outbox=Path()) as engine:
        with named(book):
            snapshot = engine.store.read()
        identity = identity_of(snapshot)
        with engine.lock(identity):
            check_place(snapshot, identity, engine.ledger, moved=False)
            if snapshot.obstacle is not None:
                raise snapshot.obstacle.error()
            source = BankSource(
                ledger=engine.ledger, workbook_id=identity, files=files, mapping=mapping
            )
            try:
                seen = take_in(
                    [OlderCopy(engine.ledger, identity), BankInTab(source)],
                    _look(engine, identity, snapshot),
                    engine.store,
                    lambda fresh: _look(engine, identity, fresh),
                    first=[SetIdentity(workbook_id=identity)],
                )
            except KeepsChanging:
                raise NotWritable("keeps_changing") from None
            remember_place(snapshot, identity, engine.ledger)
            lines = Waiting(seen, engine.ledger, identity).lines
            return _Taken(source=source, seen=seen, waiting=len(lines))


def _look(engine: Engine, identity: str, snapshot: Snapshot) -> Look:
    ledger, bank = engine.ledger, engine.ledger.bank
    return look(
        snapshot,
        run_date=engine.now().date(),
        today=engine.today,
        calendar_for=engine.calendar_for,
        ledger_reminders=ledger.reminders(identity, as_recovered=True),
        verdicts=ledger.verdicts(),
        money=BankMoney(until=bank.until(identity), waiting=bank.waiting(identity)),
    )


# What is shown.


def _show(screen: Screen, taken: _Taken) -> None:
    source = taken.source
    if source.read:
        table = screen.table("bank", "file", "from", "until", *_COUNTS)
        for file in source.read:
            days = (file.statement.start, file.statement.end)
            counts = taken.counts(file)
            table.add_row(
                escape(file.path.name),
                *(date_text(screen.language, day) if day else "" for day in days),
                *(str(counts[name]) for name in _COUNTS),
            )
        screen.console.print(table)
    for refusal in source.refused:
        text = screen.text("bank_refused", file=refusal.path.name, why=_why(refusal, screen))
        screen.console.print(escape(text), style="red", soft_wrap=True)
    if source.confirmed:
        screen.say("bank_confirmed", count=len(source.confirmed))
    if taken.waiting:
        screen.say("bank_waiting", count=taken.waiting)
    elif source.read:
        screen.say("bank_nothing_waits")


def _why(refusal: Refusal, screen: Screen) -> str:
    return refusal.error.sentence(screen.language)


def _json(taken: _Taken, book: WorkbookSettings) -> dict[str, Any]:
    language = taken.seen.snapshot.language
    return {
        "workbook": str(book.path),
        "files": [_file_json(taken, file) for file in taken.source.read],
        "refused": [
            {
                "file": str(each.path),
                "problem": each.error.code,
                "message": each.error.sentence(language),
            }
            for each in taken.source.refused
        ],
        "confirmed": len(taken.source.confirmed),
        "waiting": taken.waiting,
    }


def _file_json(taken: _Taken, file: FileRead) -> dict[str, Any]:
    statement = file.statement
    return {
        "file": str(file.path),
        "format": statement.format,
        "bank": statement.bank,
        "account": statement.account,
        "from": statement.start.isoformat() if statement.start else None,
        "until": statement.end.isoformat() if statement.end else None,
        "lines": len(statement.lines),
        **taken.counts(file),
    }


COMMANDS = {"bank": bank_command}
