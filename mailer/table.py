"""The table of invoices as rows of ready words, for HTML and for plain text alike.

A letter shows at most `ROWS_SHOWN` invoices: mail programs cut long messages, and a total below a
cut table would look wrong. The rest stands in one line with its own sum, so that what is shown
still adds up to the total; invoices outside the total stand apart, below it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from mailer.words import clean, isolated, plain, words_of

if TYPE_CHECKING:
    from mailer.letter import LetterItem, LetterValues
    from mailer.words import Words

ROWS_SHOWN = 30
TEXT_WIDTH = 40
"""Columns of the plain-text table: what a phone held upright shows on one line."""

_DESCRIPTION, _CODE, _ID = 80, 300, 40


@dataclass(frozen=True, kw_only=True)
class Row:
    """One invoice in words; empty parts are ""."""

    id: str
    description: str
    due: str
    late: str
    is_late: bool
    total: str
    charges: str
    method: str
    code: str
    link: str
    on_time: str


@dataclass(frozen=True, kw_only=True)
class More:
    """What a cut table does not show: how many, and their sum."""

    text: str
    total: str


@dataclass(frozen=True, kw_only=True)
class InvoiceTable:
    """Rows of the total, the total, what all of it comes to in time, and rows outside it."""

    rows: tuple[Row, ...]
    more: More | None
    total: str
    on_time: More | None
    upcoming: tuple[Row, ...]
    upcoming_more: More | None


def table_of(values: LetterValues) -> InvoiceTable:
    """The items of a letter as a table, in the order given."""
    words = words_of(values.language)
    covered = [item for item in values.items if item.in_total]
    outside = [item for item in values.items if not item.in_total]
    return InvoiceTable(
        rows=tuple(_row(item, words) for item in covered[:ROWS_SHOWN]),
        more=_more(covered[ROWS_SHOWN:], words),
        total=words.money(values.total),
        on_time=_all_on_time(values, words),
        upcoming=tuple(_row(item, words) for item in outside[:ROWS_SHOWN]),
        upcoming_more=_more(outside[ROWS_SHOWN:], words),
    )


def table_text(values: LetterValues) -> str:
    """The same table for plain text: columns of a phone's width, details indented below."""
    words, table = words_of(values.language), table_of(values)
    every = (*table.rows, *table.upcoming)
    due = max(_width(words("table.due")), *(_width(row.due) for row in every), 1)
    total = max(_width(plain(table.total)), *(_width(plain(row.total)) for row in every), 1)
    head = (words("table.invoice"), words("table.due"), words("table.amount"))
    # An id that does not fit stands on a line of its own.
    ids = max(_width(head[0]), *(_width(row.id) for row in every), 1)
    widths = (min(ids, max(_width(head[0]), TEXT_WIDTH - 4 - due - total)), due, total)
    rule = "-" * (sum(widths) + 4)
    lines = [_columns(head, widths), rule]
    lines += _section(table.rows, table.more, widths)
    lines += [rule, _ends(words("table.total"), plain(table.total), len(rule))]
    if table.on_time:
        lines += [f"{table.on_time.text}:", _ends("", plain(table.on_time.total), len(rule))]
    if table.upcoming:
        lines += ["", words("table.upcoming") + ":"]
        lines += _section(table.upcoming, table.upcoming_more, widths)
    return "\n".join(lines)


def _row(item: LetterItem, words: Words) -> Row:
    late = words.count("table.days", item.days_past_due) if item.days_past_due > 0 else ""
    code = clean(item.payment_code or "", _CODE)
    is_link = code.lower().startswith(("https://", "http://")) and " " not in code
    return Row(
        id=label_of(item, words),
        description=clean(item.description, _DESCRIPTION),
        due=words.day(item.due_on),
        late=late,
        is_late=item.days_past_due > 0,
        total=words.money(item.total),
        charges=_charges(item, words),
        method=clean(item.method or "", _ID),
        code="" if is_link else code,
        link=code if is_link else "",
        on_time=_on_time(item, words),
    )


def label_of(item: LetterItem, words: Words) -> str:
    """The invoice's number, or which instalment it is."""
    if item.instalment is None:
        return clean(item.id, _ID)
    number, count = item.instalment
    if count == 1:
        return words("table.single")
    return words("table.instalment", number=number, count=count)


def _on_time(item: LetterItem, words: Words) -> str:
    """`Pagando até 10/12/2026: R$ 950,00 (desconto de 5% por pontualidade)`."""
    early = item.on_time
    if early is None:
        return ""
    amount, percent = words.money(early.amount), words.percent(early.discount)
    return words("table.on_time", date=words.day(early.until), amount=amount, percent=percent)


def _all_on_time(values: LetterValues, words: Words) -> More | None:
    """What pays several invoices in time, by the first day on which a discount ends."""
    ends = [item.on_time.until for item in values.covered if item.on_time is not None]
    if not ends or len(values.covered) < 2:
        return None
    text = words("table.on_time_total", date=words.day(min(ends)))
    return More(text=text, total=words.money(values.to_pay))


def _charges(item: LetterItem, words: Words) -> str:
    """`valor R$ 1.000,00 + multa R$ 20,00 + juros R$ 5,67`, or "" without charges."""
    if not item.late_fee and not item.interest:
        return ""
    parts = (("balance", item.balance), ("late_fee", item.late_fee), ("interest", item.interest))
    return " + ".join(f"{words('table.' + key)} {words.money(sum_)}" for key, sum_ in parts if sum_)


def _more(hidden: list[LetterItem], words: Words) -> More | None:
    if not hidden:
        return None
    rest = sum((item.total for item in hidden), Decimal(0))
    return More(text=words.count("table.more", len(hidden)), total=words.money(rest))


def _section(rows: tuple[Row, ...], more: More | None, widths: tuple[int, int, int]) -> list[str]:
    lines: list[str] = []
    for row in rows:
        cells = (isolated(row.id), row.due, plain(row.total))
        if _width(row.id) > widths[0]:
            lines.append(cells[0])
            cells = ("", row.due, plain(row.total))
        lines.append(_columns(cells, widths))
        details = (
            isolated(row.description),
            row.late,
            plain(row.charges),
            plain(row.on_time),
            row.code or row.link,
        )
        lines += [f"  {detail}" for detail in details if detail]
    if more:
        lines.append(_ends(more.text, plain(more.total), sum(widths) + 4))
    return lines


def _columns(cells: tuple[str, str, str], widths: tuple[int, int, int]) -> str:
    first = cells[0] + " " * (widths[0] - _width(cells[0]))
    second = cells[1] + " " * (widths[1] - _width(cells[1]))
    return f"{first}  {second}  {' ' * (widths[2] - _width(cells[2]))}{cells[2]}"


def _ends(left: str, right: str, width: int) -> str:
    return left + " " * max(2, width - _width(left) - _width(right)) + right


def _width(text: str) -> int:
    """Columns in a fixed-width font: marks count nothing, East Asian wide letters and emoji two."""
    return sum(
        2 if unicodedata.east_asian_width(mark) in "WF" else 1
        for mark in text
        if not unicodedata.combining(mark) and unicodedata.category(mark) != "Cf"
    )
