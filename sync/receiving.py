"""Bank files as a source of rows: what they tell waits for a word, then becomes payments, once.

A line is on the ledger's disk when its file was read. A tick (or, where settings trust certain
matches, the match itself) confirms it; its rows go into the payments tab with the line's id as
their reference, which is the guard when the ledger is lost.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from sheet_templates import headings
from sync.bank.entered import Known
from sync.bank.recognise import MOST_BYTES, read_statement
from sync.bank.statement import BankLine, LineKind, RefusedBankFile, Statement
from sync.bank_folder import digest_of, files_in
from sync.bank_lines import Posted, account_of, line_json, posted_of
from sync.issues import Issue
from sync.ledger import Ledger
from sync.ledger_bank import BankFile, LineState, Words
from sync.look import Look
from sync.taking_in import Source
from sync.views.cells import clipped
from sync.waiting import Waiting, WaitingLine, references, rows_of
from sync.workbook import AppendRows, Cell, Change

_LOG = logging.getLogger("regua.arrivals")
_NEEDED = frozenset({"paid_on", "receivable", "client", "amount", "reference"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that cannot be taken in."""

    path: Path
    error: RefusedBankFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file that was taken in: the ids of its lines of customers' money, and which are new."""

    path: Path
    statement: Statement
    lines: tuple[str, ...]
    new: frozenset[str]


@dataclass(slots=True, kw_only=True)
class BankSource:
    """The lines of bank files, of a folder and of `files` that somebody names.

    After `collect`: `refused` and `read` are its files, `found` the lines that waited before any
    word was carried out, by id, and `confirmed` those that became payments.
    """

    ledger: Ledger
    workbook_id: str
    folder: Path | None = None
    files: Sequence[Path] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    read: list[FileRead] = field(default_factory=list)
    found: dict[str, WaitingLine] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    _written: tuple[str, ...] = ()

    def collect(self, seen: Look) -> None:
        """Read new files, carry out ticks, trust what is certain where settings say so."""
        for path in self._new_of_folder():
            try:
                self._take(path)
            except RefusedBankFile as error:
                self._refuse(path, error, seen)
            except OSError as error:  # being written, or not ours to read: the next run tries again
                _LOG.warning("%s: %s", path.name, error)
        for path in self.files:
            try:
                self._take(path)
            except RefusedBankFile as error:
                self._refuse(path, error, seen)
        waiting = Waiting(seen, self.ledger, self.workbook_id)
        self.found = {each.line.id: each for each in waiting.lines}
        words = _carried_out(seen, waiting)
        self.confirmed = frozenset(words.confirmed)
        if words:
            self.ledger.bank.settle(self.workbook_id, words)

    def changes(self, seen: Look) -> list[Change]:
        """The payments that confirmed lines make and that the sheet lacks.

        While a heading that makes a payment is missing they wait.
        """
        self._written = ()
        confirmed = self.ledger.bank.lines(self.workbook_id, LineState.CONFIRMED)
        tab = seen.snapshot.tabs.get("payments")
        if not confirmed or tab is None or not tab.columns.keys() >= _NEEDED:
            return []
        self._written = tuple(each.line for each in confirmed)
        known = references(seen.snapshot)
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

    def issues(self, language: str) -> list[Issue]:
        """The files of the folder that were refused, as long as they lie there."""
        return [
            Issue(
                code="bank_file_refused",
                tab="bank_matches",
                row=None,
                column=None,
                value=each.path.name,
                client=None,
                details=(("file", each.path.name), ("why", each.error.sentence(language))),
            )
            for each in self.refused
        ]

    # ---- files

    def _take(self, path: Path) -> None:
        """Take in one file. Raises RefusedBankFile, OSError."""
        if path.stat().st_size > MOST_BYTES:
            raise RefusedBankFile("too_large", limit=str(MOST_BYTES // 1024 // 1024))
        statement = read_statement(path.read_bytes(), path.name, self.mapping)
        lines = {line.id: line_json(line, statement) for line in statement.lines if _is_shown(line)}
        before = self.ledger.bank.known(self.workbook_id)
        file = BankFile(
            digest=statement.digest,
            name=path.name,
            account=account_of(statement),
            first=statement.start,
            last=None if statement.boletos_only else statement.end,
            lines=len(statement.lines),
        )
        self.ledger.bank.add(self.workbook_id, file, lines)
        self.read.append(
            FileRead(
                path=path,
                statement=statement,
                lines=tuple(lines),
                new=frozenset(lines) - before,
            )
        )

    def _refuse(self, path: Path, error: RefusedBankFile, seen: Look) -> None:
        """Told once in the log; the sheet and the command tell it each time."""
        self.refused.append(Refusal(path=path, error=error))
        if self.ledger.bank.refuse(self.workbook_id, digest_of(path), path.name):
            _LOG.warning("%s: %s", path.name, error.sentence(seen.snapshot.language))

    def _new_of_folder(self) -> list[Path]:
        """The files of the folder that were not read yet, by name."""
        if self.folder is None:
            return []
        try:
            paths = files_in(self.folder)
        except OSError as error:
            _LOG.warning("bank_folder: %s", error)
            return []
        return [path for path in paths if self._is_new(path)]

    def _is_new(self, path: Path) -> bool:
        try:
            if path.stat().st_size > MOST_BYTES:
                return True  # refused by its size
            digest = digest_of(path)
        except OSError as error:
            _LOG.warning("%s: %s", path.name, error)
            return False
        return not self.ledger.bank.has_read(self.workbook_id, digest)


def issues_of(sources: Iterable[Source], language: str) -> list[Issue]:
    """What people must know of what arrived from the bank."""
    banks = (source for source in sources if isinstance(source, BankSource))
    return [issue for source in banks for issue in source.issues(language)]


def _carried_out(seen: Look, waiting: Waiting) -> Words:
    """What becomes of the lines that wait: ticks first, then what is certain if that is trusted."""
    choices = {choice.line: choice for choice in seen.facts.bank_choices}
    confirmed: dict[str, Sequence[Mapping[str, str | None]]] = {}
    ignored: list[str] = []
    rest: list[WaitingLine] = []

    def confirm(line: BankLine, payments: Sequence[Mapping[str, str | None]]) -> None:
        confirmed[line.id] = payments
        waiting.count(payments, line.posted_on)

    for each in waiting.lines:
        word = waiting.word(choices[each.line.id], each) if each.line.id in choices else None
        if word is not None and word.payments:
            confirm(each.line, word.payments)
        elif word is not None and word.ignores:
            ignored.append(each.line.id)
        else:
            rest.append(each)
    left: list[WaitingLine] = []
    for each in rest:
        match = waiting.match(each) if _may_trust(seen, each, choices) else None
        if match is not None and match.is_certain and match.client is not None:
            confirm(each.line, rows_of(match.shares, match.client, {}))
        else:
            left.append(each)
    left = waiting.rematched(left) if confirmed else left
    return Words(
        confirmed=confirmed,
        ignored=ignored,
        stands=waiting.stands,
        clients=_holding(left),
    )


def _may_trust(seen: Look, each: WaitingLine, choices: Mapping[str, object]) -> bool:
    """Whether a line may confirm itself: nobody has begun to say something else of it."""
    return (
        seen.facts.settings.trust_certain_matches
        and each.match.is_certain
        and each.known is Known.NEW
        and each.line.id not in choices
        and each.line.posted_on <= seen.plan.run_date
    )


def _holding(lines: Iterable[WaitingLine]) -> dict[str, tuple[str, ...]]:
    """Who may have paid each line. Many equal lines that many may have paid hold them once."""
    told: set[tuple[Decimal, tuple[str, ...]]] = set()
    found: dict[str, tuple[str, ...]] = {}
    for each in lines:
        key = (each.line.amount, each.payers)
        again = len(each.payers) > 1 and key in told
        told.add(key)
        found[each.line.id] = () if again else each.payers
    return found


def _is_shown(line: BankLine) -> bool:
    """Money of customers, in or back out; tariffs and transfers are nobody's payment."""
    return line.kind in {LineKind.CREDIT, LineKind.REVERSAL} and line.amount != 0


def _payment(language: str, posted: Posted, share: Mapping[str, str | None]) -> dict[str, Cell]:
    line = posted.line
    method = line.method
    notes = " · ".join(part for part in (line.payer, line.memo) if part)
    return {
        "paid_on": line.posted_on,
        "receivable": share["receivable"],
        "client": share["client"],
        "amount": Decimal(share["amount"] or "0"),
        "method": headings.value_text(language, "method", method) if method else None,
        "reference": line.id,
        "source": clipped(posted.source),
        "notes": clipped(notes) or None,
    }
