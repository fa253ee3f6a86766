"""The offers tab: what a client so many days late may choose."""

from decimal import Decimal

from sheet_templates.schema import TABS
from sync.domain.agreeing import MOST_INSTALMENTS
from sync.domain.facts import OfferRule
from sync.domain.offers import MOST_OPTIONS
from sync.issues import KINDS, Severity
from sync.rows.cells import Read, T, is_blank
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.numbers import read_int, read_money, read_percent
from sync.workbook import Cell, Tab

_MOST_DAYS = 36_500
_ONE = Decimal(1)


def read_offers(tab: Tab | None, findings: Findings) -> tuple[OfferRule, ...]:
    """The rows in their order. One in error is offered to nobody, and holds nobody."""
    if tab is None or not _has_headings(tab, findings):
        return ()
    found: list[OfferRule] = []
    for reader in read_rows(tab, findings):
        rule = _Row(reader).rule()
        if rule is None:
            continue
        if _stands_behind(rule, found):
            reader.report("offer_beyond_three", "from_days")
        found.append(rule)
    return tuple(found)


def _has_headings(tab: Tab, findings: Findings) -> bool:
    """Every column bounds what is offered: without one, more might be than the team allows."""
    missing = [column.key for column in TABS[tab.key].columns if column.key not in tab.columns]
    for column in missing if tab.rows else ():
        findings.report("offers_stopped", tab.key, column=column)
    return not missing


def _stands_behind(rule: OfferRule, others: list[OfferRule]) -> bool:
    """Whether on some day three earlier rows already make the message's options."""
    days = [r.from_days for r in (rule, *others) if _covers(rule, r.from_days)]
    return any(sum(_covers(other, day) for other in others) >= MOST_OPTIONS for day in days)


def _covers(rule: OfferRule, day: int) -> bool:
    return rule.from_days <= day and (rule.to_days is None or day <= rule.to_days)


class _Row:
    """One row; `wrong` once a cell of it cannot be read."""

    def __init__(self, reader: RowReader) -> None:
        self.reader = reader
        self.language = reader.findings.language
        self.wrong = False

    def rule(self) -> OfferRule | None:
        """The rule, None when any cell of the row is wrong."""
        from_days = self._int("from_days", 0, _MOST_DAYS, needed=True)
        to_days = self._int("to_days", 0, _MOST_DAYS)
        charges = self._share("charges_discount", whole=True)
        principal = self._share("principal_discount")
        instalments = self._int("instalments", 1, MOST_INSTALMENTS, needed=True)
        minimum = self._money("minimum_instalment")
        rate = self._share("monthly_rate")
        first_due_days = self._int("first_due_days", 0, _MOST_DAYS)
        valid_days = self._int("valid_days", 0, _MOST_DAYS)
        if from_days is not None and to_days is not None and to_days < from_days:
            self.reader.report("offer_days_crossed", "to_days")
            self.wrong = True
        if self.wrong or from_days is None or instalments is None:
            return None
        return OfferRule(
            from_days=from_days,
            to_days=to_days,
            charges_discount=charges,
            principal_discount=principal,
            instalments=instalments,
            minimum_instalment=minimum,
            monthly_rate=rate,
            first_due_days=first_due_days,
            valid_days=valid_days,
        )

    def _int(self, column: str, least: int, most: int, *, needed: bool = False) -> int | None:
        cell = self.reader.cell(column)
        number = self._taken(column, read_int(cell, self.language))
        if number is None:
            if needed and is_blank(cell):
                self._refuse(column)
            return None
        if not least <= number <= most:
            self._refuse(column)
        return number

    def _money(self, column: str) -> Decimal:
        amount = self._taken(column, read_money(self.reader.cell(column), self.language))
        if amount is not None and amount < 0:
            self._refuse(column)
        return amount or Decimal(0)

    def _share(self, column: str, *, whole: bool = False) -> Decimal:
        """A share below 1; with `whole`, 100 % too: all charges may be waived."""
        cell = self.reader.cell(column)
        if whole and _is_whole(cell):
            return _ONE
        return self._taken(column, read_percent(cell, self.language)) or Decimal(0)

    def _taken(self, column: str, read: Read[T]) -> T | None:
        if read.code and KINDS[read.code].severity is Severity.ERROR:
            self._refuse(column)
            return None
        return self.reader.take(column, read)

    def _refuse(self, column: str) -> None:
        self.wrong = True
        self.reader.report("invalid_offer", column)


def _is_whole(cell: Cell) -> bool:
    if isinstance(cell, str):
        return "".join(cell.split()) == "100%"
    return not isinstance(cell, bool) and isinstance(cell, int | float | Decimal) and cell == 1
