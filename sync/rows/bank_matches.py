"""The ticks of the bank matches tab: what a person says a bank line is."""

import re
from dataclasses import replace

from sync.domain.decisions import ZERO
from sync.domain.facts import BankChoice
from sync.key_text import key_text
from sync.rows.cells import is_blank
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.lists import read_flag
from sync.rows.payments import Items
from sync.workbook import Tab


def read_bank_choices(tab: Tab | None, items: Items, findings: Findings) -> tuple[BankChoice, ...]:
    """What people ticked or typed beside bank lines, one choice a line.

    A choice that cannot be read is told, and waits. Two rows of one line count for nothing.
    """
    found: dict[str, tuple[BankChoice, RowReader]] = {}
    for reader in read_rows(tab, findings):
        confirm, ignore = _ticked(reader, "confirm"), _ticked(reader, "ignore")
        typed = not is_blank(reader.cell("receivable_override"))
        if not (confirm or ignore or typed):
            continue
        line = key_text(reader.cell("id"))
        if line is None:
            if not reader.fault:
                reader.report("damaged_match", "confirm" if confirm else "ignore")
            continue
        if confirm and ignore:
            reader.report("contradictory_choice", "confirm")
        choice = _choice(reader, line, items)
        if reader.fault:
            choice = replace(choice, confirm=False, ignore=False)
        else:
            choice = replace(choice, confirm=confirm, ignore=ignore)
        first, _ = found.setdefault(line, (choice, reader))
        if first != choice:
            reader.report("contradictory_choice", "confirm")
            found[line] = (replace(choice, confirm=False, ignore=False), reader)
    return tuple(choice for choice, _ in found.values())


def _choice(reader: RowReader, line: str, items: Items) -> BankChoice:
    """What the row shows; its faults are told."""
    posted_on, amount = reader.date("posted_on"), reader.money("amount")
    if (posted_on is None or amount is None) and not reader.fault:
        reader.report("damaged_match", "confirm")
    return BankChoice(
        line=line,
        posted_on=posted_on or reader.findings.today,
        amount=amount or ZERO,
        shown=_items(reader, "receivable", items, "damaged_match"),
        others=_items(reader, "receivable_override", items, "unknown_invoice"),
    )


def _ticked(reader: RowReader, column: str) -> bool:
    read = read_flag(reader.cell(column), reader.findings.language)
    if read.code:
        reader.report("invalid_choice", column)
    return read.value is True


def _items(reader: RowReader, column: str, items: Items, code: str) -> tuple[str, ...]:
    """The invoices or instalments of a cell, `;` between them; `code` tells of an unknown one."""
    text = key_text(reader.cell(column))
    if text is None:
        if not is_blank(reader.cell(column)):
            reader.report(code, column)
        return ()
    found: list[str] = []
    for piece in filter(None, (part.strip() for part in re.split(r"[;\r\n]+", text))):
        item = items.find(piece)
        if item is None:
            reader.report(code, column, part=piece)
        else:
            found.append(item)
    return tuple(dict.fromkeys(found))
