"""rehearse: what past days would have brought."""

import argparse
import json
from dataclasses import replace

from sync.commands.choose import settings_of
from sync.commands.errors import UsageError
from sync.commands.pages import rehearsal_page
from sync.console import Screen
from sync.domain.facts import TeamSettings
from sync.rehearse import rehearsal_json, rehearse
from sync.wiring import look_at


def _identified(settings: TeamSettings) -> TeamSettings:
    """A team that just adopted its list wants to see the ladder before it fills in its details."""
    return replace(settings, company="–", legal_name="–", tax_id="–", address="–")


def rehearse_command(options: argparse.Namespace, _language: str) -> int:
    """Replay a span of days on the first workbook; writes nothing but the page it is asked for."""
    if options.end < options.start:
        raise UsageError("span_backwards")
    settings = settings_of(options)
    seen = look_at(settings, settings.workbooks[0], options.end)
    screen = Screen(seen.snapshot.language)
    facts = seen.facts
    if not facts.settings.identified:
        facts = replace(facts, settings=_identified(facts.settings))
    with screen.progress("rehearse") as bar:
        result = rehearse(facts, seen.calendar, options.start, options.end, bar)
    if options.html is not None:
        options.html.write_text(rehearsal_page(result, seen.snapshot.language), encoding="utf-8")
    if options.json:
        print(json.dumps(rehearsal_json(result), ensure_ascii=False, indent=2))  # noqa: T201
        return 0
    if facts is not seen.facts:
        screen.say("rehearsed_unidentified")
    screen.rehearsal(result)
    if options.html is not None:
        screen.path("page_written", options.html.resolve())
    return 0


COMMANDS = {"rehearse": rehearse_command}
