"""What the engine says beside each receivable and each instalment.

Amounts stand beside what counts in open totals, so that the columns of both tabs add up to the
open amount; an original in a plan, a void and a written-off row show none (its status says why),
a paid one shows zero. Days past due stand still once an item is paid, and are blank where it was
closed unpaid. `hold_reason` is blank where nothing stops the next step and where the status says
it all (paid, void, written off).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from sheet_templates import headings
from sheet_templates.schema import TABS, Owner
from sync.domain.decisions import Action, Reason, RunPlan, Standing, Status
from sync.domain.facts import Reminder
from sync.domain.history import MAY_HAVE_ARRIVED, RESERVED_STEPS
from sync.key_text import key_text
from sync.step_names import step_text
from sync.views.cells import same
from sync.views.view_input import ViewInput
from sync.words import words
from sync.workbook import Cell, Change, Row, SetCells, Tab

COLUMNS = (
    "status",
    "days_past_due",
    "bucket",
    "balance",
    "late_fee",
    "interest",
    "total_due",
    "last_reminder",
    "last_step",
    "next_reminder",
    "hold_reason",
)
_NOTHING: tuple[Cell, ...] = (None,) * len(COLUMNS)
_SAID_BY_STATUS = frozenset({Status.PAID, Status.VOID, Status.WRITTEN_OFF})
_WAITING = frozenset({Reason.ALREADY_REMINDED, Reason.NOT_REACHED})
_NO_AMOUNTS: tuple[Cell, ...] = (None, None, None, None)
_NOT_SENT: tuple[date | None, str | None] = (None, None)


def standing_columns(view: ViewInput) -> Iterator[Change]:
    """The engine's columns of receivables and instalments, only for rows that differ."""
    said = _Said.of(view)
    for tab_key, ids in (
        ("receivables", view.facts.receivables.keys()),
        ("instalments", view.facts.instalments.keys()),
    ):
        tab = view.snapshot.tabs.get(tab_key)
        if tab is not None:
            yield from _tab(tab, said, frozenset(ids))


def bucket_words(language: str, bounds: Iterable[int]) -> tuple[str, ...]:
    """The buckets' names, bucket 0 (not due) first: 'A vencer', '1–30', …, '> 180'."""
    edges = tuple(bounds)
    names = [headings.bucket_label(language, None, None)]
    for lower, upper in zip((0, *edges), edges, strict=False):
        names.append(headings.bucket_label(language, lower + 1, upper))
    names.append(headings.bucket_label(language, (edges[-1] if edges else 0) + 1, None))
    return tuple(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """Everything that a row's cells are made of, looked up once for the whole book.

    `sent` maps an item to its last message (day, step); `next_on` to the day of the next one;
    `why` to the sentence that stands beside it.
    """

    plan: RunPlan
    problems: frozenset[str]
    statuses: Mapping[Status, str]
    buckets: tuple[str, ...]
    sent: Mapping[str, tuple[date | None, str | None]]
    next_on: Mapping[str, date]
    why: Mapping[str, str | None]
    sentences: Mapping[Reason, str]

    @classmethod
    def of(cls, view: ViewInput) -> "_Said":
        language = view.language
        sentences = {reason: words(language, f"reasons.{reason.value}") for reason in Reason}
        ended = words(language, "views.why.ladder_ended")
        next_on, why = _from_decisions(view.plan, sentences, ended)
        return cls(
            plan=view.plan,
            problems=view.facts.problem_receivables,
            statuses={
                status: headings.value_text(language, "status", status.value) for status in Status
            },
            buckets=bucket_words(language, view.facts.settings.aging_bounds),
            sent=last_messages(view.reminders, language),
            next_on=next_on,
            why=why,
            sentences=sentences,
        )

    def cells(self, standing: Standing) -> tuple[Cell, ...]:
        """The cells of one item, in the order of COLUMNS."""
        status = self.statuses[standing.status]
        on, step = self.sent.get(standing.id, _NOT_SENT)
        if standing.status is Status.PAID:
            return (status, standing.days_past_due, None, 0, 0, 0, 0, on, step, None, None)
        if standing.status in _SAID_BY_STATUS:
            return (status, None, None, *_NO_AMOUNTS, on, step, None, None)
        why = self.why.get(standing.id)
        if standing.blocked is not None:
            why = self.sentences[standing.blocked]
        bucket = self.buckets[min(standing.bucket, len(self.buckets) - 1)]
        amounts = _amounts(standing) if standing.is_open else _NO_AMOUNTS
        next_on = self.next_on.get(standing.id)
        return (status, standing.days_past_due, bucket, *amounts, on, step, next_on, why)

    def wrong(self) -> tuple[Cell, ...]:
        """The cells of a row that could not be read."""
        why = self.sentences[Reason.ROW_PROBLEM]
        return (self.statuses[Status.PROBLEM], *_NOTHING[2:], why)


def _amounts(standing: Standing) -> tuple[Cell, ...]:
    charge = standing.charge
    return (charge.balance, charge.late_fee, charge.interest, charge.total_due)


def _from_decisions(
    plan: RunPlan, sentences: Mapping[Reason, str], ended: str
) -> tuple[dict[str, date], dict[str, str | None]]:
    """For each open item the day of its next step, and why it does not go now.

    `ended` is the sentence for an item that waits for no step: its ladder has none left.
    """
    next_on: dict[str, date] = {}
    why: dict[str, str | None] = {}
    for decision in plan.decisions:
        going = {item.standing.id for item in decision.step_items}
        for item in decision.items:
            key = item.standing.id
            if item.next_on is not None:
                next_on[key] = item.next_on
            reason = item.reason
            if reason is None and (decision.action is Action.HOLD or key in going):
                reason = decision.reason
            if reason in _WAITING and item.next_on is None:
                why[key] = ended
            else:
                why[key] = sentences[reason] if reason is not None else None
    return next_on, why


def last_messages(
    reminders: Iterable[Reminder], language: str
) -> dict[str, tuple[date | None, str | None]]:
    """For each item the day and step of the last message that may have reached the client."""
    shown = {step: step_text(language, step) for step in RESERVED_STEPS}
    found: dict[str, tuple[date | None, str | None]] = {}
    for reminder in sorted(reminders, key=lambda each: each.at.replace(tzinfo=None)):
        if reminder.outcome in MAY_HAVE_ARRIVED:
            on = reminder.at.date()
            for key in reminder.keys:
                found[key.invoice] = (on, shown.get(key.step, key.step))
    return found


def _tab(tab: Tab, said: _Said, known: frozenset[str]) -> Iterator[SetCells]:
    """Changes for one tab. The loop runs over every row of the book: it stays plain."""
    key_column = TABS[tab.key].key_columns[0]
    key_index = tab.columns.get(key_column)
    if key_index is None:
        return
    present = [column for column in COLUMNS if column in tab.columns]
    if not present:
        return
    shown_of = _picker([tab.columns[column] for column in present])
    wanted_of = _picker([COLUMNS.index(column) for column in present])
    width = max(tab.columns.values()) + 1
    standings = said.plan.standings
    for row in tab.rows:
        values = row.values
        if len(values) < width:
            values += (None,) * (width - len(values))
        key = values[key_index]
        if type(key) is not str or key not in standings:
            key = key_text(key)
        standing = standings.get(key) if key is not None else None
        cells = (
            said.cells(standing) if standing is not None else _unread(tab, row, key, said, known)
        )
        shown, wanted = shown_of(values), wanted_of(cells)
        if shown != wanted:
            changed = {
                column: new
                for column, old, new in zip(present, shown, wanted, strict=True)
                if not same(old, new)
            }
            if changed:
                row_name = key if key is not None else row.number
                yield SetCells(tab=tab.key, row=row_name, values=changed)


def _picker(indices: list[int]) -> Callable[[tuple[Cell, ...]], tuple[Cell, ...]]:
    """A fast way to take the values at these indices, in this order."""
    if len(indices) == 1:
        (index,) = indices
        return lambda values: (values[index],)
    return itemgetter(*indices)


def _unread(
    tab: Tab, row: Row, key: str | None, said: _Said, known: frozenset[str]
) -> tuple[Cell, ...]:
    """The cells of a row without a standing: wrong, not there yet on that day, or left over."""
    if key in known and key not in said.problems:
        return _NOTHING  # a past run date: the row did not exist then
    theirs = TABS[tab.key].by_owner(Owner.USER, Owner.LOG)
    if all(tab.value(row, column.key) is None for column in theirs):
        return _NOTHING  # a person deleted the row's cells; ours follow
    return said.wrong()
