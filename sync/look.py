"""Steps 2 and 3 of a run, and all of `plan`, `check` and `explain`: read a workbook and decide.

Nothing here writes anything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from decimal import Decimal

from sync.domain.asof import unsubscribed_on
from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import RunPlan
from sync.domain.dunning import decide_with_book
from sync.domain.facts import Facts, Reminder, TeamSettings
from sync.domain.standing import Book
from sync.issues import Issue
from sync.key_text import folded_id
from sync.message_states import Verdict, union
from sync.recurring_rows import recurring_step
from sync.rows import in_order, read_facts
from sync.rows.agreements import agreement_issues
from sync.rows.returned import returned_issues
from sync.workbook import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class BankMoney:
    """What bank files brought: the last day they cover, and by client what nobody confirmed."""

    until: date | None = None
    waiting: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A workbook as read once, and what follows from it on one day.

    `history` are the reminders that the sheet itself tells of; `facts.reminders` their union with
    the ledger's. `time_of_day` is the one the plan was made for, None inside the window; `acting`
    that messages will leave by it.
    """

    snapshot: Snapshot
    facts: Facts
    issues: tuple[Issue, ...]
    calendar: BusinessCalendar
    plan: RunPlan
    book: Book
    history: tuple[Reminder, ...]
    time_of_day: time | None = None
    acting: bool = False


NO_MONEY = BankMoney()


def look(  # noqa: PLR0913 - all that a look depends on, by name
    snapshot: Snapshot,
    *,
    run_date: date,
    today: date,
    calendar_for: Callable[[TeamSettings], BusinessCalendar],
    ledger_reminders: Iterable[Reminder] = (),
    verdicts: Mapping[str, Verdict] | None = None,
    time_of_day: time | None = None,
    acting: bool = False,
    money: BankMoney = NO_MONEY,
    recurred: Mapping[str, date] | None = None,
) -> Look:
    """Read facts from a snapshot, join what the ledger knows was sent, and decide.

    `today` is the real day (a payment after it is an error); `run_date` may lie before it. One
    that lies after it is looked at as if it had come.
    `time_of_day` None leaves the sending window out of account; `acting` is as in `decide`.
    `recurred` is what the ledger decided of recurring receivables; None where nobody asked it.
    """
    facts, issues = read_facts(snapshot, today=max(today, run_date))
    history = facts.reminders
    facts = replace(
        facts,
        reminders=_joined(facts, history, ledger_reminders, verdicts),
        bank_until=money.until,
        waiting_money=money.waiting,
        unsubscribed=unsubscribed_on(facts, run_date),
    )
    calendar = calendar_for(facts.settings)
    plan, book = decide_with_book(facts, calendar, run_date, time_of_day=time_of_day, acting=acting)
    found = [*issues, *agreement_issues(snapshot, facts, book, calendar)]
    found += returned_issues(snapshot, facts)
    if recurred is not None:
        found += recurring_step(snapshot, facts, recurred, run_date).issues
    return Look(
        snapshot=snapshot,
        facts=facts,
        issues=in_order(found),
        calendar=calendar,
        plan=plan,
        book=book,
        history=history,
        time_of_day=time_of_day,
        acting=acting,
    )


def look_again(
    seen: Look,
    ledger_reminders: Iterable[Reminder],
    verdicts: Mapping[str, Verdict],
    *,
    snapshot: Snapshot | None = None,
    time_of_day: time | None = None,
    money: BankMoney = NO_MONEY,
) -> Look:
    """Decide on the facts of an earlier look, with what the ledger knows by now.

    `snapshot` may be a newer one only when nothing but our own claims was added to it: facts are
    not read again. When the ledger has nothing new either, the plan stands as it is.
    """
    reminders = _joined(seen.facts, seen.history, ledger_reminders, verdicts)
    facts = replace(
        seen.facts, reminders=reminders, bank_until=money.until, waiting_money=money.waiting
    )
    plan, book = seen.plan, seen.book
    known = seen.facts
    told = (reminders, facts.bank_until, facts.waiting_money, time_of_day)
    if told != (known.reminders, known.bank_until, known.waiting_money, seen.time_of_day):
        plan, book = decide_with_book(
            facts, seen.calendar, plan.run_date, time_of_day=time_of_day, acting=seen.acting
        )
    return replace(
        seen,
        snapshot=snapshot or seen.snapshot,
        facts=facts,
        plan=plan,
        book=book,
        time_of_day=time_of_day,
    )


def _joined(
    facts: Facts,
    history: Iterable[Reminder],
    ledger: Iterable[Reminder],
    verdicts: Mapping[str, Verdict] | None,
) -> tuple[Reminder, ...]:
    # History's cells are local and without a zone; the ledger's moments are put beside them.
    local = (replace(reminder, at=reminder.at.replace(tzinfo=None)) for reminder in ledger)
    return _with_present_ids(union(history, local, verdicts), facts)


def _with_present_ids(reminders: Iterable[Reminder], facts: Facts) -> tuple[Reminder, ...]:
    """Messages about the ids as the workbook writes them now.

    Two ids that differ only in case and blanks are one, so retyping nf-1 as NF-1 starts no new
    ladder.
    """
    present = facts.receivables.keys() | facts.instalments.keys()
    folded = {folded_id(id_): id_ for id_ in present}
    renamed: dict[str, str] = {}

    def now(id_: str) -> str:
        if id_ in present:
            return id_
        if id_ not in renamed:
            renamed[id_] = folded.get(folded_id(id_), id_)
        return renamed[id_]

    def of(reminder: Reminder) -> Reminder:
        keys = reminder.keys
        if all(key.invoice in present for key in keys) and present.issuperset(reminder.receivables):
            return reminder
        return replace(
            reminder,
            keys=tuple(replace(key, invoice=now(key.invoice)) for key in keys),
            receivables=tuple(map(now, reminder.receivables)),
        )

    return tuple(map(of, reminders))
