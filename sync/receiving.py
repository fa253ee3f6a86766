"""Bank files as a source of rows: what they tell waits for a word, then becomes payments, once.

A line is on the ledger's disk when its file was read. A tick (or, where settings trust certain
matches, the match itself) confirms it; its rows go into the payments tab with the line's id as
their reference, which is the guard when the ledger is lost.
"""

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from sheet_templates import headings
from sync.bank.entered import Entered
from sync.bank.matching import Match, Matcher, Share
from sync.bank.recognise import read_statement
from sync.bank.statement import BankLine, RefusedBankFile, Statement
from sync.bank_lines import Posted, line_json, posted_of
from sync.domain.facts import BankChoice
from sync.key_text import key_text
from sync.ledger import Ledger
from sync.ledger_bank import BankFile, LineState
from sync.look import Look
from sync.workbook import AppendRows, Cell, Change, Snapshot

_LOG = logging.getLogger("regua.arrivals")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """A line that waits for a person's word, as the bank matches tab shows it."""

    posted: Posted
    match: Match
    is_entered: bool

    @property
    def line(self) -> BankLine:
        """The bank's line."""
        return self.posted.line


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file of the folder that cannot be taken in."""

    path: Path
    error: RefusedBankFile


class Waiting:
    """The lines that wait, matched against one look at the workbook."""

    def __init__(self, seen: Look, ledger: Ledger, workbook_id: str) -> None:
        self._seen = seen
        known = ledger.bank.lines(workbook_id, LineState.PENDING, LineState.IGNORED)
        self._ids = ledger.bank.known(workbook_id) if known else frozenset()
        self._pending = [posted_of(each.data) for each in known if each.state is LineState.PENDING]
        self._ignored = [posted_of(each.data) for each in known if each.state is LineState.IGNORED]

    @cached_property
    def matcher(self) -> Matcher:
        """Built when there is a line to match."""
        return Matcher(self._seen.facts, self._seen.book)

    @cached_property
    def lines(self) -> tuple[WaitingLine, ...]:
        """By day and id. What a person ignored may stand for money entered by hand."""
        if not self._pending:
            return ()
        posted = sorted(
            [*((each, False) for each in self._ignored), *((each, True) for each in self._pending)],
            key=lambda entry: (entry[0].line.posted_on, entry[0].line.id),
        )
        entered = Entered(
            self._seen.facts, self._seen.book, [each.line for each, _ in posted], set(self._ids)
        )
        found = []
        for each, is_pending in posted:
            match = self.matcher.match(each.line, each.bank)
            is_entered = entered.take(each.line, match)
            if is_pending:
                found.append(WaitingLine(posted=each, match=match, is_entered=is_entered))
        return tuple(found)


@dataclass(slots=True, kw_only=True)
class BankSource:
    """The lines of bank files, of a folder and of `files` that somebody names."""

    ledger: Ledger
    workbook_id: str
    folder: Path | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    _written: tuple[str, ...] = ()

    def collect(self, seen: Look) -> None:
        """Read new files, carry out ticks, trust what is certain where settings say so."""
        for path in self._files():
            try:
                self.read(path)
            except RefusedBankFile as error:
                self.refused.append(Refusal(path=path, error=error))
                _LOG.warning("%s: %s", path.name, error.sentence(seen.snapshot.language))
            except OSError as error:  # being written, or not ours to read: the next run tries again
                _LOG.warning("%s: %s", path.name, error)
        waiting = Waiting(seen, self.ledger, self.workbook_id)
        if not waiting.lines:
            return
        choices = {choice.line: choice for choice in seen.facts.bank_choices}
        trusted = seen.facts.settings.trust_certain_matches
        for line in waiting.lines:
            choice = choices.get(line.line.id)
            if choice is not None and _is_beside(choice, line.line):
                self._carry_out(choice, line, waiting.matcher)
            elif trusted and line.match.is_certain and not line.is_entered:
                self._confirm(line, line.match.client, line.match.shares)
        guesses = {each.line.id: _payer(each) for each in waiting.lines}
        self.ledger.bank.guess(self.workbook_id, guesses)

    def changes(self, seen: Look) -> list[Change]:
        """The payments that confirmed lines make and that the sheet lacks."""
        confirmed = self.ledger.bank.lines(self.workbook_id, LineState.CONFIRMED)
        self._written = tuple(each.line for each in confirmed)
        known = _references(seen.snapshot) if confirmed else frozenset()
        rows = [
            _payment(seen.snapshot.language, posted_of(each.data), share)
            for each in confirmed
            if each.line not in known
            for share in each.payments
        ]
        return [AppendRows(tab="payments", rows=rows)] if rows else []

    def written(self, seen: Look) -> None:
        """The payments of confirmed lines stand in the sheet."""
        del seen
        self.ledger.bank.recorded(self.workbook_id, self._written)
        self._written = ()

    def read(self, path: Path) -> tuple[Statement, int]:
        """Take in one file; how many of its lines are new. Raises RefusedBankFile, OSError."""
        statement = read_statement(path.read_bytes(), path.name, self.mapping)
        lines = {line.id: line_json(line, statement) for line in statement.lines if _is_shown(line)}
        file = BankFile(
            digest=statement.digest,
            name=path.name,
            account=f"{statement.bank}/{statement.account}",
            first=statement.start,
            last=statement.end,
            lines=len(statement.lines),
        )
        return statement, self.ledger.bank.add(self.workbook_id, file, lines)

    def _files(self) -> list[Path]:
        """The files of the folder that were not read yet, oldest name first."""
        if self.folder is None or not self.folder.is_dir():
            return []
        found = []
        for path in sorted(self.folder.iterdir()):
            if not path.is_file() or path.name.startswith((".", "~")):
                continue
            try:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                _LOG.warning("%s: %s", path.name, error)
                continue
            if not self.ledger.bank.has_read(self.workbook_id, digest):
                found.append(path)
        return found

    def _carry_out(self, choice: BankChoice, line: WaitingLine, matcher: Matcher) -> None:
        if choice.ignore:
            self.ledger.bank.ignore(self.workbook_id, line.line.id)
            return
        names = choice.others or choice.shown
        if line.is_entered and not choice.others:
            return  # entered by hand before: only naming the invoices says that it is another
        if line.line.amount < 0:
            shares: Sequence[Share] = line.match.shares
            self._confirm(line, line.match.client, shares)
            return
        clients = {matcher.client_of_item(name) for name in names}
        client = line.match.client if not names else (clients.pop() if len(clients) == 1 else None)
        if client is not None:
            amount, on = line.line.amount, line.line.posted_on
            self._confirm(line, client, matcher.split(names, amount, on))

    def _confirm(self, line: WaitingLine, client: str | None, shares: Sequence[Share]) -> None:
        rows = [
            {"client": client, "receivable": share.item, "amount": f"{share.amount:f}"}
            for share in shares
        ]
        if client is not None and rows:
            self.ledger.bank.confirm(self.workbook_id, line.line.id, rows)


def _is_shown(line: BankLine) -> bool:
    """Money of customers, in or back out; tariffs and transfers are nobody's payment."""
    return line.moves_money and line.kind != "debit"


def _is_beside(choice: BankChoice, line: BankLine) -> bool:
    """Whether the row that was ticked showed this line: sorting part of a tab moves cells."""
    return (choice.posted_on, choice.amount) == (line.posted_on, line.amount)


def _payer(line: WaitingLine) -> str | None:
    """Whose reminders wait for a word on this line: nobody's when it was entered by hand."""
    return None if line.is_entered else line.match.client


def _references(snapshot: Snapshot) -> frozenset[str]:
    tab = snapshot.tabs.get("payments")
    rows: Iterable[str | None] = (
        () if tab is None else (key_text(tab.value(row, "reference")) for row in tab.rows)
    )
    return frozenset(text for text in rows if text is not None)


def _payment(language: str, posted: Posted, share: Mapping[str, str | None]) -> dict[str, Cell]:
    line = posted.line
    method = line.method
    return {
        "paid_on": line.posted_on,
        "receivable": share["receivable"],
        "client": share["client"],
        "amount": Decimal(share["amount"] or "0"),
        "method": headings.value_text(language, "method", method) if method else None,
        "reference": line.id,
        "source": posted.source,
        "notes": " · ".join(part for part in (line.payer, line.memo) if part) or None,
    }
