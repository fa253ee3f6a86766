"""rehearse: what past days would have brought."""

import argparse
import json

from sync.commands.choose import settings_of
from sync.commands.errors import UsageError
from sync.commands.pages import rehearsal_page
from sync.console import Screen
from sync.rehearse import rehearsal_json, rehearse
from sync.wiring import look_at


def rehearse_command(options: argparse.Namespace, _language: str) -> int:
    """Replay a span of days on the first workbook; writes nothing but the page it is asked for."""
    if options.end < options.start:
        raise UsageError("span_backwards")
    settings = settings_of(options)
    seen = look_at(settings, settings.workbooks[0], options.end)
    screen = Screen(seen.snapshot.language)
    with screen.progress("rehearse") as bar:
        result = rehearse(seen.facts, seen.calendar, options.start, options.end, bar)
    if options.html is not None:
        options.html.write_text(rehearsal_page(result, seen.snapshot.language), encoding="utf-8")
    if options.json:
        print(json.dumps(rehearsal_json(result), ensure_ascii=False, indent=2))  # noqa: T201
        return 0
    screen.rehearsal(result)
    if options.html is not None:
        screen.path("page_written", options.html.resolve())
    return 0


COMMANDS = {"rehearse": rehearse_command}
