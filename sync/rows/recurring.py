"""The recurring tab: what falls due again and again."""

from collections.abc import Mapping
from datetime import date

from sync.domain.facts import Every, RecurringRule
from sync.key_text import folded_id
from sync.rows.clients import ClientBook, read_policy
from sync.rows.dates import read_date
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.lists import read_flag
from sync.workbook import Tab

_DECIDING = (
    "name",
    "client",
    "amount",
    "every",
    "day",
    "from",
    "until",
    "policy",
    "create_before",
    "active",
)
"""Without one of these headings a rule would make what nobody asked for."""
_LAST_DAY = {Every.MONTH: 31, Every.WEEK: 7, Every.YEAR: 31}
_EARLIEST_DAYS = 366  # more than a year ahead is a slip


def read_recurring(
    tab: Tab | None, book: ClientBook, policies: Mapping[str, str], findings: Findings
) -> tuple[RecurringRule, ...]:
    """The rules that can be followed, in the tab's order.

    A row in error, or of a name that another row has too, makes nothing. In a row that is not
    active errors only warn.
    """
    if tab is None or not _has_headings(tab, findings):
        return ()
    rules: dict[str, RecurringRule | None] = {}
    first_rows: dict[str, int] = {}
    for reader in read_rows(tab, findings):
        active = read_flag(reader.cell("active"), findings.language)
        reader.lenient = active.value is False
        name = reader.key("name")
        rule = _rule(reader, name, book, policies, active=reader.take("active", active) is True)
        if name is None:
            continue
        key = folded_id(name)
        first = first_rows.setdefault(key, reader.row.number)
        if first == reader.row.number:
            rules[key] = rule
        else:
            reader.lenient = False  # its name stops the other row
            reader.report("duplicate_recurring", "name", other_row=first)
            rules[key] = None
    return tuple(rule for rule in rules.values() if rule is not None)


def _has_headings(tab: Tab, findings: Findings) -> bool:
    missing = [column for column in _DECIDING if column not in tab.columns]
    for column in missing if tab.rows else ():
        findings.report("recurring_stopped", tab.key, column=column)
    return not missing


def _rule(
    reader: RowReader,
    name: str | None,
    book: ClientBook,
    policies: Mapping[str, str],
    *,
    active: bool,
) -> RecurringRule | None:
    """The row's rule; None when anything in it that counts is wrong."""
    client = book.of_row(reader)
    amount = reader.positive("amount", needed=True)
    every = reader.code("every", "every", needed=True)
    starts_on = reader.date("from", needed=every == Every.YEAR)
    until = reader.date("until")
    if starts_on is not None and until is not None and until < starts_on:
        reader.report("until_before_from", "until")
    create_before = _whole(reader, "create_before", least=0, most=_EARLIEST_DAYS)
    day = _day(reader, Every(every), starts_on) if every else None
    description = reader.text("description", minor=True)
    method = reader.choice("method", "method")
    policy = read_policy(reader, policies)
    if reader.fault or client not in book.clients:
        return None
    if name is None or amount is None or every is None or day is None:
        return None
    return RecurringRule(
        name=name,
        client=client,
        amount=amount,
        every=Every(every),
        day=day,
        month=starts_on.month if starts_on else 1,
        starts_on=starts_on,
        until=until,
        create_before=create_before or 0,
        active=active,
        description=description,
        method=method,
        policy=policy,
        last_created=read_date(reader.cell("last_created"), reader.findings.language).value,
    )


def _day(reader: RowReader, every: Every, starts_on: date | None) -> int | None:
    """The due day; when the cell is blank, that of the first due date."""
    day = _whole(reader, "day", least=1, most=_LAST_DAY[every])
    if day is not None or reader.fault:
        return day
    if starts_on is None:
        reader.report("missing_value", "day")
        return None
    return starts_on.isoweekday() if every is Every.WEEK else starts_on.day


def _whole(reader: RowReader, column: str, *, least: int, most: int) -> int | None:
    number = reader.integer(column, at_least=least)
    if number is not None and number > most:
        reader.report("invalid_number", column)
        return None
    return number
