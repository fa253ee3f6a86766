"""The ticks of the bank matches tab: what a person says a bank line is."""

import re

from sync.domain.facts import BankChoice
from sync.key_text import key_text
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.lists import read_flag
from sync.rows.payments import Items
from sync.workbook import Tab


def read_bank_choices(tab: Tab | None, items: Items, findings: Findings) -> tuple[BankChoice, ...]:
    """The choices made. One beside another line's amount or day counts for nothing.

    An unknown invoice among those typed is told, and the choice waits.
    """
    found: list[BankChoice] = []
    for reader in read_rows(tab, findings):
        confirm, ignore = _ticked(reader, "confirm"), _ticked(reader, "ignore")
        line = key_text(reader.cell("id"))
        if not (confirm or ignore) or line is None:
            continue
        posted_on, amount = reader.date("posted_on"), reader.money("amount")
        if posted_on is None or amount is None or reader.fault:
            continue
        if confirm and ignore:
            reader.report("contradictory_choice", "confirm")
            continue
        others = _items(reader, "receivable_override", items)
        if others is None:
            continue
        found.append(
            BankChoice(
                line=line,
                posted_on=posted_on,
                amount=amount,
                shown=_items(reader, "receivable", items) or (),
                others=others,
                confirm=confirm,
                ignore=ignore,
            )
        )
    return tuple(found)


def _ticked(reader: RowReader, column: str) -> bool:
    read = read_flag(reader.cell(column), reader.findings.language)
    if read.code:
        reader.report("invalid_choice", column)
    return read.value is True


def _items(reader: RowReader, column: str, items: Items) -> tuple[str, ...] | None:
    """The invoices or instalments of a cell, `;` between them; None when one is unknown."""
    text = key_text(reader.cell(column))
    if text is None:
        return ()
    found: list[str] = []
    for piece in filter(None, (part.strip() for part in re.split(r"[;\r\n]+", text))):
        item = items.find(piece)
        if item is None:
            reader.report("unknown_invoice", column)
            return None
        found.append(item)
    return tuple(dict.fromkeys(found))
