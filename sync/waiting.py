"""Bank lines that wait for a word, each with what it most likely pays; and what a word comes to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from sync.bank.entered import WITHIN, Entered, Known
from sync.bank.matching import Match, Matcher
from sync.bank.owing import Share
from sync.bank.statement import BankLine
from sync.bank_lines import Posted, posted_of
from sync.domain.decisions import ZERO
from sync.domain.facts import BankChoice
from sync.issues import Issue
from sync.key_text import key_text
from sync.ledger import Ledger
from sync.ledger_bank import LineState
from sync.look import Look
from sync.workbook import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """A line that waits for a person's word, as the bank matches tab shows it."""

    posted: Posted
    match: Match
    known: Known = Known.NEW

    @property
    def line(self) -> BankLine:
        """The bank's line."""
        return self.posted.line

    @property
    def payers(self) -> tuple[str, ...]:
        """Whose reminders wait for a word on this line: nobody's when its money was entered."""
        return () if self.known is Known.SAME else self.match.clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person's tick comes to: payments, nothing to pay, or an issue's code why not yet.

    All empty: nothing was said yet, or its day has not come.
    """

    payments: tuple[Mapping[str, str | None], ...] = ()
    ignores: bool = False
    problem: str = ""


NO_WORD = Word()


class Waiting:
    """The lines that wait, matched against one look at the workbook.

    Confirmed money that the sheet lacks counts as if it stood there; a line whose id is a
    payment's reference has been carried out, whatever this ledger knows of it.
    """

    def __init__(self, seen: Look, ledger: Ledger, workbook_id: str) -> None:
        self._seen = seen
        self._bank, self._workbook_id = ledger.bank, workbook_id
        self._references = references(seen.snapshot)
        pending = self._bank.lines(workbook_id, LineState.PENDING)
        self.stands = frozenset(each.line for each in pending if each.line in self._references)
        self._pending = [posted_of(each.data) for each in pending if each.line not in self.stands]
        self._first = min((each.line.posted_on for each in self._pending), default=None)

    @cached_property
    def known(self) -> frozenset[str]:
        """The ids of all lines that were ever read."""
        return self._bank.known(self._workbook_id)

    @cached_property
    def matcher(self) -> Matcher:
        """Built when there is a line to match."""
        matcher = Matcher(self._seen.facts, self._seen.book)
        for each in self._bank.lines(self._workbook_id, LineState.CONFIRMED):
            if each.line not in self._references:
                matcher.count(_shares(each.payments), posted_of(each.data).line.posted_on)
        return matcher

    @cached_property
    def lines(self) -> tuple[WaitingLine, ...]:
        """By day and id. What is certain takes first what was entered by hand."""
        if self._first is None:
            return ()
        since = self._first - WITHIN
        ignored = self._bank.lines(self._workbook_id, LineState.IGNORED, since=since)
        both = [*self._pending, *(posted_of(each.data) for each in ignored)]
        waiting = {each.line.id for each in self._pending}
        matched = [(each, self.matcher.match(each.line, each.bank)) for each in both]
        matched.sort(key=lambda entry: (not entry[1].is_certain, *_by_day(entry[0])))
        entered = Entered(
            self._seen.facts, self._seen.book, [each.line for each in both], self._told(since)
        )
        found = []
        for posted, match in matched:
            known = entered.take(posted, match)
            if known is Known.NEW:
                entered.tell(posted, match.client, frozenset(match.items))
            if posted.line.id in waiting:
                found.append(WaitingLine(posted=posted, match=match, known=known))
        return tuple(sorted(found, key=lambda each: _by_day(each.posted)))

    def _told(self, since: date) -> dict[str, Posted | None]:
        """The lines that stand in the payments tab; of older ones only the ids matter."""
        done = (LineState.CONFIRMED, LineState.RECORDED)
        near = self._bank.lines(self._workbook_id, *done, since=since)
        told: dict[str, Posted | None] = dict.fromkeys(self.known)
        told.update((each.line, posted_of(each.data)) for each in near)
        return told

    def count(self, payments: Iterable[Mapping[str, str | None]], on: date) -> None:
        """Take rows into account that were confirmed just now."""
        self.matcher.count(_shares(payments), on)

    def rematched(self, lines: Iterable[WaitingLine]) -> list[WaitingLine]:
        """The same lines after other money was counted."""
        return [replace(each, match=self.match(each)) for each in lines]

    def match(self, waiting: WaitingLine) -> Match:
        """What a line pays by all that is counted so far."""
        return self.matcher.match(waiting.line, waiting.posted.bank)

    def word(self, choice: BankChoice, waiting: WaitingLine) -> Word:
        """What a choice comes to: what its row showed, or the invoices typed in its place."""
        line = waiting.line
        if not (choice.confirm or choice.ignore):
            return NO_WORD
        if (choice.posted_on, choice.amount) != (line.posted_on, line.amount):
            return Word(problem="damaged_match")
        if choice.ignore:
            return Word(ignores=True)
        if line.posted_on > self._seen.plan.run_date:
            return NO_WORD
        if waiting.known is Known.SAME and not choice.others:
            return Word(ignores=True)  # yes, it is the money that was entered
        return self._confirmed(choice, waiting)

    def _confirmed(self, choice: BankChoice, waiting: WaitingLine) -> Word:
        match, line = self.match(waiting), waiting.line
        names = choice.others or choice.shown
        owners = {name: self.matcher.client_of_item(name) for name in names}
        if None in owners.values():
            return Word(problem="damaged_match")
        if not choice.others and match.client and set(owners.values()) - {match.client}:
            return Word(problem="damaged_match")  # another client's row, or stale: look again
        shares = self._shares(names, match, line)
        clients: set[str | None] = set(owners.values()) or {match.client}
        payer = match.client if match.client in clients else next(iter(clients))
        rest = any(share.item is None for share in shares)
        if not shares or payer is None or (rest and len(clients) > 1):
            return Word(problem="match_without_invoice")
        return Word(payments=rows_of(shares, payer, owners))

    def _shares(self, names: Sequence[str], match: Match, line: BankLine) -> Sequence[Share]:
        if set(names) == set(match.items):
            return match.shares
        if not names or (line.amount < 0 and len(names) > 1):
            return ()  # nothing was said; or how much of each went back was not
        return self.matcher.split(names, line.amount, line.posted_on)

    def problems(self) -> Iterable[Issue]:
        """Ticks that could not be carried out, each with its row."""
        lines = {each.line.id: each for each in self.lines} if self._seen.facts.bank_choices else {}
        for choice in self._seen.facts.bank_choices:
            waiting = lines.get(choice.line)
            word = self.word(choice, waiting) if waiting else NO_WORD
            if word.problem:
                yield Issue(
                    code=word.problem,
                    tab="bank_matches",
                    row=_row_number(self._seen.snapshot, choice.line),
                    column="ignore" if choice.ignore else "confirm",
                    value=choice.line,
                )


def rows_of(
    shares: Iterable[Share], payer: str, owners: Mapping[str, str | None]
) -> tuple[Mapping[str, str | None], ...]:
    """The payments that shares make; what is for no item is the payer's."""
    return tuple(
        {
            "client": owners.get(share.item or "") or payer,
            "receivable": share.item,
            "amount": f"{share.amount:f}",
        }
        for share in shares
    )


def references(snapshot: Snapshot) -> frozenset[str]:
    """The references of the payments tab: what stands there is never written again."""
    tab = snapshot.tabs.get("payments")
    rows: Iterable[str | None] = (
        () if tab is None else (key_text(tab.value(row, "reference")) for row in tab.rows)
    )
    return frozenset(text for text in rows if text is not None)


def _shares(payments: Iterable[Mapping[str, str | None]]) -> list[Share]:
    return [
        Share(item=row["receivable"], amount=Decimal(row["amount"] or ZERO)) for row in payments
    ]


def _by_day(posted: Posted) -> tuple[date, str]:
    return posted.line.posted_on, posted.line.id


def _row_number(snapshot: Snapshot, line: str) -> int | None:
    tab = snapshot.tabs["bank_matches"]
    numbers = (row.number for row in tab.rows if key_text(tab.value(row, "id")) == line)
    return next(numbers, None)
