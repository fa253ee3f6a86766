"""What a run hands to the views: everything that is to be shown, as plain values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import RunPlan
from sync.domain.facts import Facts, Mode, Reminder
from sync.domain.standing import Book
from sync.issues import Issue
from sync.views.bank_matches import Waiting
from sync.workbook import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run as the runs tab tells it. `result` is a code of the list run_result.

    `sent`, `refused`, `uncertain` and `postponed` count messages, `held` clients.
    """

    run_id: str
    at: datetime
    finished_at: datetime
    mode: Mode
    result: str
    sent: int = 0
    held: int = 0
    refused: int = 0
    uncertain: int = 0
    postponed: int = 0
    place: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPreview:
    """What a step would say. `chat_link` None: made from the client's number when one is valid."""

    subject: str
    text: str = ""
    chat_link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryNote:
    """What History tells of a message beyond the reminder itself; `by` is who sent it."""

    subject: str = ""
    run: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewInput:
    """One finished run, on the workbook as it was last read.

    `facts` and `plan` are those after sending: decided again with `reminders`, the union of
    History and the ledger with what this run sent, so that the sheet tells how things stand now.
    (With the plan from before, rows still become right in the next run.)
    `letters` maps (client, step name) to what that step would say. `notes` maps a reminder's
    reference to what a History row that has to be made again should say besides.
    `bank` are the bank lines that wait for a word, `bank_known` the ids of all that were ever read.
    `book` is the one that `plan` was decided on,
    where the caller still has it.
    """

    snapshot: Snapshot
    facts: Facts
    plan: RunPlan
    run: RunSummary
    calendar: BusinessCalendar
    issues: tuple[Issue, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    letters: Mapping[tuple[str, str], LetterPreview] = field(default_factory=dict)
    notes: Mapping[str, HistoryNote] = field(default_factory=dict)
    book: Book | None = None
    bank: tuple[Waiting, ...] = ()
    bank_known: Collection[str] = frozenset()

    @property
    def language(self) -> str:
        """The workbook's language."""
        return self.snapshot.language

    @property
    def run_date(self) -> date:
        """The day that was decided on."""
        return self.plan.run_date
