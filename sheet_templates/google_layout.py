"""Where things stand in the Google rendering: ids, hidden tabs, the dashboard's cells, keys.

Every id is made from a name, so that set-up knows its own tabs, charts and protections again
however people renamed or moved them, and two set-ups make the same sheet. No engine value stands in
a tab that people edit: it stands in a hidden tab of the service, one for each such tab, keyed by
what `row_key` makes of the person's row; a formula in the heading of each engine column shows it.
"""

from __future__ import annotations

import re
import zlib
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from sheet_templates.schema import FIGURE_NAME_PREFIX, TABS, Group, Kind, Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sheet_templates.schema import Column, Tab

SERVED: Final = tuple(
    key
    for key, tab in TABS.items()
    if tab.tabular and tab.by_owner(Owner.USER, Owner.LOG) and tab.by_owner(Owner.ENGINE)
)
"""Tabs of rows that stay (people's, and the log of messages) beside which the engine says more."""

CONTROL: Final = "control"
"""Key of the hidden tab with the service's own words: its lease."""

COMMIT_METADATA: Final = "regua_commit"
"""Key of the developer metadata that marks the last write, by which a lost answer is judged."""

LEASE_NAME: Final = "regua_lease"
"""Named cell of the control tab: who is at work on the sheet, and until when."""

COLUMN_METADATA: Final = "regua_column"
"""Key of the developer metadata on each engine column; its value is `<tab>.<column>`."""

COMMANDS: Final = ("update_now", "send_approved", "preview")
"""What a person may tick on the dashboard."""

COMMAND_PREFIX: Final = "regua_command_"
ANSWER_PREFIX: Final = "regua_answer_"

PAYMENT_NAMES: Final = ("regua_payments_receivable", "regua_payments_amount")
"""Columns of payments by name: a conditional format reaches another tab only by INDIRECT."""

# What names a row of a served tab to its formula. Negotiations have no key that people type: a row
# is known by what is seldom edited, and the store mends what an edit tore apart.
KEYS: Mapping[str, tuple[str, ...]] = {
    **{key: TABS[key].key_columns for key in SERVED},
    "negotiations": ("at", "client", "kind", "receivables"),
}

MOMENTS: Final = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIME})
"""Kinds that a key gives in whole seconds, as text of a moment differs by locale."""

SPARE_ROWS: Final = 1_000
"""Blank rows of a new tab, as many as Google gives one."""
PAGE_ROWS: Final = 80
"""Rows of the tabs that are pages and no tables."""

FROZEN: Final = {"receivables": 2, "instalments": 1, "clients": 1, "queue": 2, "policy": 2}
"""Columns that stay in sight."""

EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # a cell has no zone


def made_id(name: str) -> int:
    """Return the id of a thing of ours: positive, 31 bits, the same for ever."""
    return zlib.crc32(f"regua:{name}".encode()) & 0x7FFFFFFF or 1


def sheet_id(key: str) -> int:
    """Return the sheetId that set-up gives to a tab of the schema."""
    return made_id(f"tab:{key}")


def service_id(key: str) -> int:
    """Return the sheetId of the hidden tab behind a served tab, or of `CONTROL`."""
    return made_id(f"service:{key}")


def service_title(key: str) -> str:
    """Return the title of a hidden tab; the same in both languages."""
    return f"regua_{key}"


def service_columns(key: str) -> tuple[Column, ...]:
    """Return the columns of a hidden tab after its first, which holds the keys."""
    return TABS[key].by_owner(Owner.ENGINE)


def is_protected(tab: Tab) -> bool:
    """Say whether a tab is the service's own: nobody types there, choices and commands aside."""
    return tab.group is not Group.START and not tab.by_owner(Owner.USER)


def letters(index: int) -> str:
    """Return a column's letters: 0 is A, 26 is AA."""
    text, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def quoted(title: str) -> str:
    """Return a tab's title as formulas and ranges name it."""
    return "'" + title.replace("'", "''") + "'"


# The dashboard: commands on top, where a phone shows them; then cards, charts, the table of months.

CARD_COLUMNS: Final = (1, 3, 5, 7, 9)
COMMANDS_BAR: Final = 4  # rows and columns count from 0 here
_FIRST_CARD: Final = 9
CARDS: Final = (
    ("open_amount", "overdue_amount", "overdue_clients", "due_next_7_days", "received_this_month"),
    ("dso", "best_possible_dso", "average_days_delinquent", "cei", "on_time_rate"),
    (
        "queue_ready",
        "queue_needs_approval",
        "queue_held",
        "messages_sent_today",
        "promise_kept_rate",
    ),
    ("open_issues", "unapplied_cash", "payments_data_until", "last_run_at", "last_run_result"),
)
CHARTS_BAR: Final = 22
TRENDS_BAR: Final = 39
MONTHS_HEAD: Final = 56
MONTHS: Final = 12


def figure_places() -> Iterator[tuple[str, int, int]]:
    """Yield each figure's key and the row and column, from 0, of its value in a new workbook."""
    for number, keys in enumerate(CARDS):
        for column, key in zip(CARD_COLUMNS, keys, strict=True):
            yield key, _FIRST_CARD + 3 * number + 1, column


def command_places() -> Iterator[tuple[str, int]]:
    """Yield each command and its row, from 0; label, checkbox and answer have fixed columns."""
    for number, command in enumerate(COMMANDS, start=1):
        yield command, COMMANDS_BAR + number


COMMAND_LABEL, COMMAND_BOX, COMMAND_ANSWER = 1, 3, 5


def named_cells() -> Mapping[str, tuple[int, int, int]]:
    """Return each name of a single cell: sheetId, row and column from 0."""
    dashboard, control = sheet_id("dashboard"), service_id(CONTROL)
    found = {
        f"{FIGURE_NAME_PREFIX}{key}": (dashboard, row, column)
        for key, row, column in figure_places()
    }
    for command, row in command_places():
        found[f"{COMMAND_PREFIX}{command}"] = (dashboard, row, COMMAND_BOX)
        found[f"{ANSWER_PREFIX}{command}"] = (dashboard, row, COMMAND_ANSWER)
    found[LEASE_NAME] = (control, 1, 1)
    return found


def serial(value: date | time) -> float:
    """Return a moment as Sheets counts it: days since 30 December 1899; a time is their part."""
    if isinstance(value, time):
        value = datetime.combine(EPOCH, value)
    elif not isinstance(value, datetime):
        return float((value - EPOCH.date()).days)
    return (value - EPOCH) / timedelta(days=1)


def row_key(values: Mapping[str, object], tab: str) -> str:
    """Return what the formula in a heading makes of a row: its key as the hidden tab has it.

    Args:
        values: Column key → what stands in the cell; dates as date or as serial numbers.
        tab: A tab of `SERVED`.

    Returns:
        The parts with '|' between them, blanks squeezed as TRIM does; "" for a row without any.
    """
    parts = [_part(values.get(key), TABS[tab].column(key).kind) for key in KEYS[tab]]
    return _trim("|".join(parts)) if any(_trim(part) for part in parts) else ""


def _part(value: object, kind: Kind) -> str:
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).upper()
    if isinstance(value, date | time):
        value = serial(value)
    if not isinstance(value, int | float | Decimal):
        return str(value)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if kind in MOMENTS:
        number = (number * 86_400).quantize(Decimal(1), ROUND_HALF_UP)
    return str(int(number)) if number == int(number) else str(number)


def _trim(text: str) -> str:
    return re.sub(" +", " ", text).strip(" ")
