"""init, adopt, import: workbooks made, taken over and filled."""

import argparse
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sheet_templates import excel, headings
from sheet_templates.sample import sample
from sync.clock import Clock
from sync.commands.choose import settings_of
from sync.commands.errors import UsageError
from sync.console import Screen
from sync.intake.errors import IntakeError
from sync.intake.imports import ImportPlan, changes, plan_import
from sync.intake.reading import Intake, Notation, RejectedRow, needed_keys, read
from sync.intake.source import read_source
from sync.key_text import key_text
from sync.settings import ScheduleSettings
from sync.stores.new_file import write_new
from sync.wiring import look_at, open_store
from sync.words import words
from sync.workbook import Conflict, Snapshot

_SAMPLE_SEED = 7


def init(options: argparse.Namespace, language: str) -> int:
    """Build a standard workbook; never over an existing file."""
    _must_be_new(options.file)
    spoken = options.language or language
    today = Clock(ScheduleSettings().zone).now().date()
    rows: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}
    if options.sample:
        made = sample(spoken, seed=_SAMPLE_SEED, today=today)
        rows, settings = made.rows, made.settings
    data = excel.build(
        spoken, rows=rows, settings=settings, workbook_id=uuid.uuid4().hex, created=today
    )
    write_new(options.file, data)
    screen = Screen(spoken)
    screen.path("made", options.file.resolve())
    screen.say("made_next")
    return 0


def adopt(options: argparse.Namespace, language: str) -> int:
    """Make a standard workbook of a team's own list; the list is only read."""
    _must_be_new(options.file)
    spoken = options.language or language
    intake = _read(options)
    data = excel.build(
        spoken,
        rows={"receivables": intake.receivables, "clients": intake.clients},
        extra_columns=intake.extras,
        workbook_id=uuid.uuid4().hex,
        created=Clock(ScheduleSettings().zone).now().date(),
    )
    write_new(options.file, data)
    if options.json:
        _print({"workbook": str(options.file), **_intake_json(intake)})
        return 0
    screen = Screen(spoken)
    screen.path("adopted", options.file.resolve())
    screen.say("adopted_counts", rows=len(intake.receivables), clients=len(intake.clients))
    _tell_intake(screen, intake)
    screen.say("made_next")
    return 0


def import_command(options: argparse.Namespace, _language: str) -> int:
    """Append the invoices of an export that the workbook lacks; report those that differ."""
    settings = settings_of(options)
    book = settings.workbooks[0]
    intake = _read(options, id_required=True)
    store = open_store(settings, book)
    seen = look_at(settings, book)
    plan = plan_import(
        intake,
        seen.facts,
        known_ids=_keys(seen.snapshot, "receivables", "id"),
        known_clients=_keys(seen.snapshot, "clients", "client"),
    )
    appended = changes(plan, seen.snapshot.language)
    if appended and isinstance(store.apply(appended, seen.snapshot.revision), Conflict):
        raise UsageError("changed_meanwhile", path=str(book.path))
    if options.json:
        _print({"workbook": str(book.path), **_import_json(plan), **_intake_json(intake)})
        return 0
    screen = Screen(seen.snapshot.language)
    screen.say("imported", rows=len(plan.receivables), clients=len(plan.clients), known=plan.known)
    for each in plan.differences:
        heading = headings.heading(screen.language, "receivables", each.key)
        screen.say("differs", id=each.id, heading=heading, ours=each.ours, theirs=each.theirs)
    _tell_intake(screen, intake)
    return 0


def _read(options: argparse.Namespace, *, id_required: bool = False) -> Intake:
    given = dict(options.map)
    needed = needed_keys(id_required=id_required)
    table = read_source(options.source, options.sheet, given=given, needed=needed)
    notation = Notation(dates=options.dates, decimal=options.decimal)
    return read(table, given, notation, id_required=id_required)


def _must_be_new(path: Path) -> None:
    if path.suffix.lower() != ".xlsx":
        raise UsageError("not_xlsx", path=str(path))
    if path.exists():
        raise IntakeError("target_exists", path=str(path))


def _keys(snapshot: Snapshot, tab_key: str, column: str) -> frozenset[str]:
    tab = snapshot.tabs.get(tab_key)
    if tab is None:
        return frozenset()
    found = (key_text(tab.value(row, column)) for row in tab.rows)
    return frozenset(text for text in found if text)


def _tell_intake(screen: Screen, intake: Intake) -> None:
    for key, heading in sorted(intake.mapped.items()):
        screen.say("mapped", key=key, heading=heading)
    for notice in intake.notices:
        text = words(screen.language, f"intake.notices.{notice.code}", **notice.values)
        screen.console.print(text, markup=False, style="yellow", soft_wrap=True)
    if intake.rejected:
        screen.say("rejected", count=len(intake.rejected))
        for row in intake.rejected:
            screen.console.print("  " + _sentence(row, screen.language), markup=False)


def _sentence(row: RejectedRow, language: str) -> str:
    return words(
        language,
        f"intake.rejected.{row.code}",
        number=row.number,
        heading=row.heading,
        value=row.value,
    )


def _intake_json(intake: Intake) -> dict[str, Any]:
    return {
        "receivables": len(intake.receivables),
        "clients": len(intake.clients),
        "mapped": dict(intake.mapped),
        "rejected": [
            {"row": row.number, "column": row.heading, "value": row.value, "problem": row.code}
            for row in intake.rejected
        ],
        "notices": [{"code": each.code, **each.values} for each in intake.notices],
    }


def _import_json(plan: ImportPlan) -> dict[str, Any]:
    return {
        "added": [str(row["id"]) for row in plan.receivables],
        "added_clients": [str(row["client"]) for row in plan.clients],
        "known": plan.known,
        "differences": [
            {"id": each.id, "column": each.key, "workbook": each.ours, "export": each.theirs}
            for each in plan.differences
        ],
    }


def _print(value: Mapping[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201 - what --json is for


COMMANDS = {"init": init, "adopt": adopt, "import": import_command}
