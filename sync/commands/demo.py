"""demo: a believable company, one run into a folder, everything to look at."""

import argparse
import uuid
from datetime import date, timedelta
from pathlib import Path

from sheet_templates import excel
from sheet_templates.sample import sample
from sync import settings as configuration
from sync.console import Screen
from sync.domain.facts import TeamSettings
from sync.run import run
from sync.stores.new_file import write_new
from sync.views.cells import date_text
from sync.wiring import calendar_for, engine_for, today

_SEED = 7


def demo(options: argparse.Namespace, language: str) -> int:
    """Build a sample workbook, run it into a folder of messages, and show where all of it is."""
    spoken = options.language or language
    directory = _new_directory(options.dir or Path("regua-demo"))
    book = directory / ("cobranca.xlsx" if spoken == "pt-BR" else "receivables.xlsx")
    outbox = directory / "outbox"
    settings = configuration.for_workbook(book, outbox=outbox, state=directory / "state")
    day = _business_day(today(settings))
    made = sample(spoken, seed=_SEED, today=day)
    data = excel.build(
        spoken, rows=made.rows, settings=made.settings, workbook_id=uuid.uuid4().hex, created=day
    )
    write_new(book, data)
    screen = Screen(spoken)
    with (
        screen.progress("send") as bar,
        engine_for(
            settings,
            settings.workbooks[0],
            outbox=outbox,
            run_date=day,
            progress=lambda _what, done, of: bar(done, of),
        ) as engine,
    ):
        report = run(engine)
    screen.run(report)
    screen.path("demo_workbook", book.resolve())
    screen.path("demo_page", (outbox / "index.html").resolve())
    screen.say("demo_day", date=date_text(spoken, day))
    state = directory / "state"
    screen.say("demo_again")
    again = f"python run_sync.py run --workbook {book} --outbox {outbox} --state {state}"
    screen.console.print(f"  {again} --date {day}", markup=False, style="bold", soft_wrap=True)
    return report.exit_code


def _new_directory(wanted: Path) -> Path:
    """The folder itself when it is not there or empty, else the next free number beside it."""
    candidate, number = wanted, 2
    while candidate.exists() and any(candidate.iterdir()):
        candidate = wanted.with_name(f"{wanted.name}-{number}")
        number += 1
    candidate.mkdir(parents=True, exist_ok=True)
    return candidate


def _business_day(day: date) -> date:
    """The day itself or the last business day before: on others nothing would be sent."""
    calendar = calendar_for(TeamSettings())
    while not calendar.is_business_day(day):
        day -= timedelta(days=1)
    return day


COMMANDS = {"demo": demo}
