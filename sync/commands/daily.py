"""check, plan, run, settle: the workbook's day."""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sync.commands.choose import settings_of
from sync.commands.errors import UsageError, store_sentence
from sync.commands.pages import plan_page
from sync.console import Screen
from sync.domain.facts import Outcome
from sync.identity import identity_of
from sync.issues import Severity
from sync.ledger import NotUncertain
from sync.message_states import Verdict
from sync.report import issues_json, obstacle_json, plan_json, run_json
from sync.run import run
from sync.send import finishing_in_hand
from sync.settings import Settings, WorkbookSettings
from sync.wiring import engine_for, look_at, today

_DATA_HAS_ERRORS = 3


def check(options: argparse.Namespace, _language: str) -> int:
    """Read the workbook and tell what is wrong in it.

    3 when something is an error, or keeps the workbook from being written.
    """
    settings = settings_of(options)
    code = 0
    pages = []
    for book in settings.workbooks:
        seen = look_at(settings, book, options.date)
        errors = [issue for issue in seen.issues if issue.severity is Severity.ERROR]
        if errors or seen.snapshot.obstacle is not None:
            code = _DATA_HAS_ERRORS
        page = {"workbook": str(book.path), "issues": issues_json(seen.issues)}
        pages.append({**page, **obstacle_json(seen)})
        if not options.json:
            Screen(seen.snapshot.language).problems(seen)
    _print_json(options, pages)
    return code


def plan(options: argparse.Namespace, _language: str) -> int:
    """Say what a run would do; writes nothing but the page it is asked for."""
    settings = settings_of(options)
    pages = []
    for book in settings.workbooks:
        seen = look_at(settings, book, options.date)
        pages.append(plan_json(seen, str(book.path)))
        if options.html is not None:
            target = _numbered(options.html, book, settings)
            target.write_text(plan_page(seen, settings), encoding="utf-8")
        if not options.json:
            screen = Screen(seen.snapshot.language)
            screen.plan(seen, workbook=str(book.path))
            if options.html is not None:
                screen.path("page_written", _numbered(options.html, book, settings).resolve())
    _print_json(options, pages)
    return 0


def run_command(options: argparse.Namespace, language: str) -> int:
    """Run now; the highest exit code of the workbooks."""
    settings = settings_of(options)
    if options.date not in {None, today(settings)} and options.outbox is None:
        raise UsageError("date_needs_outbox")
    code = 0
    pages = []
    with finishing_in_hand() as stop:
        for book in settings.workbooks:
            page, one = _run_one(settings, book, options, language, stop)
            pages.append(page)
            code = max(code, one)
    _print_json(options, pages)
    return code


def _run_one(
    settings: Settings,
    book: WorkbookSettings,
    options: argparse.Namespace,
    language: str,
    stop: Callable[[], bool],
) -> tuple[Mapping[str, Any], int]:
    with (
        Screen(language).progress("send") as bar,
        engine_for(
            settings,
            book,
            outbox=options.outbox,
            run_date=options.date,
            moved=options.moved,
            stop=stop,
            progress=lambda _what, done, of: bar(done, of),
        ) as engine,
    ):
        report = run(engine)
    screen = Screen(report.look.snapshot.language)
    sentence = None
    if report.postponed is not None:
        sentence = store_sentence(screen.language, report.postponed, report.postponed_values)
    if not options.json:
        screen.run(report)
        if sentence is not None:
            sent = report.with_outcome(Outcome.SENT)
            screen.say("not_recorded" if sent else "postponed", why=sentence)
        if report.undelivered:
            detail = report.undelivered[0].detail or "–"
            screen.say("undelivered", count=len(report.undelivered), detail=detail)
        if options.outbox is not None and report.messages:
            screen.path("outbox_is", (options.outbox / "index.html").resolve())
            screen.say("outbox_counts")
    page = run_json(report, str(book.path))
    return {**page, "message": sentence} if sentence else page, report.exit_code


def settle(options: argparse.Namespace, _language: str) -> int:
    """Write down what a person says of an uncertain message; the next run carries it out."""
    settings = settings_of(options)
    for book in settings.workbooks:
        seen = look_at(settings, book)
        screen = Screen(seen.snapshot.language)
        found = [r for r in seen.facts.reminders if r.reference == options.reference]
        if not found:
            continue
        if found[0].outcome is not Outcome.UNCERTAIN:
            raise UsageError("not_uncertain", reference=options.reference)
        identity = identity_of(seen.snapshot)
        with (
            engine_for(settings, book, outbox=Path()) as engine,
            engine.lock(identity),
        ):
            engine.ledger.recover(identity)
            try:
                engine.ledger.settle(
                    options.reference, Verdict(options.verdict), by="settle", in_history=True
                )
            except NotUncertain as known:
                raise UsageError("not_uncertain", reference=options.reference) from known
        screen.say(f"settled_{options.verdict}", reference=options.reference)
        return 0
    raise UsageError("unknown_reference", reference=options.reference)


def _numbered(page: Path, book: WorkbookSettings, settings: Settings) -> Path:
    """With several workbooks, each has a page of its own."""
    if len(settings.workbooks) == 1:
        return page
    return page.with_stem(f"{page.stem}-{book.name}")


def _print_json(options: argparse.Namespace, pages: list[Any]) -> None:
    if not options.json:
        return
    value = pages[0] if len(pages) == 1 else {"workbooks": pages}
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201 - what --json is for


COMMANDS = {"check": check, "plan": plan, "run": run_command, "settle": settle}
