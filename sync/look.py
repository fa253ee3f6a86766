"""Steps 2 and 3 of a run, and all of `plan`, `check` and `explain`: read a workbook and decide.

Nothing here writes anything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time

from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import RunPlan
from sync.domain.dunning import decide
from sync.domain.facts import Facts, Reminder, TeamSettings
from sync.issues import Issue
from sync.message_states import Verdict, union
from sync.rows import read_facts
from sync.workbook import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A workbook as read once, and what follows from it on one day."""

    snapshot: Snapshot
    facts: Facts
    issues: tuple[Issue, ...]
    calendar: BusinessCalendar
    plan: RunPlan


def look(
    snapshot: Snapshot,
    *,
    run_date: date,
    today: date,
    calendar_for: Callable[[TeamSettings], BusinessCalendar],
    ledger_reminders: Iterable[Reminder] = (),
    verdicts: Mapping[str, Verdict] | None = None,
    time_of_day: time | None = None,
) -> Look:
    """Read facts from a snapshot, join what the ledger knows was sent, and decide.

    `today` is the real day (a payment after it is an error); `run_date` may lie before it.
    `time_of_day` None leaves the sending window out of account.
    """
    facts, issues = read_facts(snapshot, today=today)
    # History's cells are local and without a zone; the ledger's moments are put beside them.
    ledger_reminders = (
        replace(reminder, at=reminder.at.replace(tzinfo=None)) for reminder in ledger_reminders
    )
    facts = replace(facts, reminders=union(facts.reminders, ledger_reminders, verdicts))
    calendar = calendar_for(facts.settings)
    plan = decide(facts, calendar, run_date, time_of_day=time_of_day)
    return Look(snapshot=snapshot, facts=facts, issues=issues, calendar=calendar, plan=plan)
