"""The formulas of the Google rendering: what stands in engine headings, and conditional colours.

`;` stands between arguments in every locale, there are no array literals and no decimal numbers, so
one text serves en_US and pt_BR. A conditional format reaches another tab by INDIRECT only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from sheet_templates import headings
from sheet_templates.excel_styles import BAD, GOOD, QUIET, SOON
from sheet_templates.google_layout import (
    KEYS,
    MOMENTS,
    PAYMENT_NAMES,
    letters,
    service_columns,
    service_title,
)
from sheet_templates.schema import SETTINGS, TABS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Colours: TypeAlias = tuple[str, str]
"""Background and ink, RRGGBB."""

DUE_SOON_DAYS: Final = 7
_NO: Final = "1=0"


def text(words: str) -> str:
    """Return words as a formula's text."""
    return '"' + words.replace('"', '""') + '"'


def last_row(letter: str) -> str:
    """Return the number of the last row in use of a column."""
    whole = f"${letter}:${letter}"
    return f'MAX(1;ROW({whole})*({whole}<>""))'


def shown_value(language: str, tab: str, column: str, places: Mapping[str, int]) -> str:
    """Return the formula in an engine column's heading: the heading, and the values below it.

    It reaches to the last row that has a key, so that rows appended later land right below the
    others, and finds each row's value by its key, so that people may sort, insert and delete.

    Args:
        language: That of the heading.
        tab: A tab of `SERVED`.
        column: One of its engine columns.
        places: Column key → index from 0, of the columns that make the key.
    """
    names = {key: letters(places[key]) for key in KEYS[tab]}
    first = next(iter(names.values()))
    ends = {
        key: f"${name}$1:INDEX(${name}:${name};{last_row(first)})" for key, name in names.items()
    }
    key = _key(tab, ends)
    title = service_title(tab)
    at = letters(1 + [each.key for each in service_columns(tab)].index(column))
    found = f'XLOOKUP({key};{title}!$A:$A;{title}!${at}:${at};"")'
    rows = f"ROW({ends[KEYS[tab][0]]})"
    heading = text(headings.heading(language, tab, column))
    blank = f'{ends[KEYS[tab][0]]}=""'
    return f'=ARRAYFORMULA(IF({rows}=1;{heading};IF({blank};"";{found})))'


def _key(tab: str, areas: Mapping[str, str]) -> str:
    """Return the formula of what `google_layout.row_key` makes of a row."""
    parts = []
    for key, area in areas.items():
        if TABS[tab].column(key).kind in MOMENTS:
            # Text of a moment differs by locale; whole seconds do not.
            parts.append(f'IF(ISNUMBER({area});TEXT(ROUND({area}*86400;0);"0");{area})')
        else:
            parts.append(area)
    joined = '&"|"&'.join(parts) if len(parts) > 1 else f'{parts[0]}&""'
    return f"TRIM({joined})"


_REFERENCE = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]*(?![A-Za-z0-9_(])")


def alike(formula: str) -> str:
    """Return a formula without its cells and blanks: the same after people moved its columns."""
    quoted = re.split(r'("(?:[^"]|"")*")', formula)
    return "".join(
        part if at % 2 else _REFERENCE.sub("#", re.sub(r"\s+", "", part))
        for at, part in enumerate(quoted)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Colouring:
    """One conditional colour: over which columns, when, and how."""

    first: str
    last: str
    formula: str
    colours: Colours
    bold: bool = False


class _Tab:
    """The columns of a tab by letter, and what colours it takes."""

    def __init__(self, language: str, tab: str, places: Mapping[str, int]) -> None:
        self.language = language
        self.tab = tab
        self.at = {key: f"${letters(index)}2" for key, index in places.items()}

    def word(self, list_name: str, code: str) -> str:
        return text(headings.value_text(self.language, list_name, code))

    def words(
        self, column: str, list_name: str, colours: Mapping[str, Colours]
    ) -> Iterator[Colouring]:
        for code, pair in colours.items():
            yield self.when(column, f"{self.at[column]}={self.word(list_name, code)}", pair)

    @staticmethod
    def when(
        column: str, condition: str, colours: Colours, *, to: str = "", bold: bool = False
    ) -> Colouring:
        return Colouring(
            first=column, last=to or column, formula=f"={condition}", colours=colours, bold=bold
        )

    def repeated(self, column: str) -> Colouring:
        letter = self.at[column][1:-1]
        said = f'AND({self.at[column]}<>"";COUNTIF(${letter}:${letter};{self.at[column]})>1)'
        return self.when(column, said, BAD)


def colourings(language: str, tab: str, places: Mapping[str, int]) -> tuple[Colouring, ...]:
    """Return the colours that a tab's state calls for; `places` is column key → index from 0.

    A tab that lost one of its columns gets none: a colour over a missing column would lie.
    """
    make = _COLOURS.get(tab)
    if make is None or any(column.key not in places for column in TABS[tab].columns):
        return ()
    return tuple(make(_Tab(language, tab, places)))


def _items(tab: _Tab) -> Iterator[Colouring]:
    """Yield what is overdue and what is due soon, from the team's own cells and TODAY().

    Late is after the next weekday, as paying then is on time (Lei 7.089/83 art. 1); holidays are
    known to the run alone. A status of the last run that settles the item keeps it plain.
    """
    at = tab.at
    due, amount, status = at["due_on"], at["amount"], at["status"]
    key = at[TABS[tab.tab].key_columns[0]]
    by_row = f'AND({at["paid_on"]}<>"";OR({at["paid_amount"]}="";{at["paid_amount"]}>={amount}))'
    names = [f'INDIRECT("{name}")' for name in PAYMENT_NAMES]
    by_lines = f"SUMIF({names[0]};{key};{names[1]})>={amount}"
    settled = f"AND(ISNUMBER({amount});OR({by_row};{by_lines}))"
    over = [
        f"{status}<>{tab.word('status', code)}"
        for code in ("paid", "in_plan", "void", "written_off")
    ]
    if tab.tab == "receivables":
        over.append(f'{at["cancelled"]}=""')
        held = f"IFERROR(OR({at['disputed']};{at['hold_until']}>=TODAY());{_NO})"
        yield tab.when("disputed", held, QUIET, to="hold_until", bold=True)
        yield tab.repeated("id")
    open_ = f"ISNUMBER({due});NOT({settled});{';'.join(over)}"
    late = f"IFERROR(AND({open_};WORKDAY({due}-1;1)<TODAY());{_NO})"
    near = f"WORKDAY({due}-1;1)>=TODAY();{due}<=TODAY()+{DUE_SOON_DAYS}"
    soon = f"IFERROR(AND({open_};{near});{_NO})"
    for column in ("due_on", "amount"):
        typed = f'AND({at[column]}<>"";NOT(ISNUMBER({at[column]})))'
        yield tab.when(column, typed, BAD, bold=True)  # text in place of a date or an amount
    yield tab.when("due_on", late, BAD, to="amount", bold=True)
    yield tab.when("due_on", soon, SOON, to="amount")
    yield tab.when("due_on", f"IFERROR({settled};{_NO})", GOOD, to="amount")
    yield from tab.words("status", "status", {"overdue": BAD, "problem": BAD, "paid": GOOD})


def _clients(tab: _Tab) -> Iterator[Colouring]:
    yield tab.repeated("client")
    missing = f'AND({tab.at["client"]}<>"";TRIM({tab.at["email"]})="")'
    yield tab.when("email", missing, BAD)
    stop = f"IFERROR(OR({tab.at['do_not_contact']};{_NO});{_NO})"
    yield tab.when("do_not_contact", stop, QUIET, bold=True)
    yield from tab.words("risk", "risk", {"low": GOOD, "medium": SOON, "high": BAD})


def _settings(tab: _Tab) -> Iterator[Colouring]:
    required = [key for key, setting in SETTINGS.items() if setting.required]
    names = [
        f"{tab.at['setting']}={text(headings.setting_label(tab.language, k))}" for k in required
    ]
    said = f'AND(OR({";".join(names)});TRIM({tab.at["value"]})="")'
    yield tab.when("value", said, BAD)


_COLOURS: Mapping[str, Callable[[_Tab], Iterator[Colouring]]] = {
    "receivables": _items,
    "instalments": _items,
    "clients": _clients,
    "settings": _settings,
    "queue": lambda tab: tab.words(
        "state",
        "queue_state",
        {"ready": GOOD, "needs_approval": SOON, "held": QUIET, "uncertain": BAD},
    ),
    "issues": lambda tab: tab.words("severity", "severity", {"error": BAD, "warning": SOON}),
    "history": lambda tab: tab.words(
        "outcome",
        "history_outcome",
        {"sent": GOOD, "refused": BAD, "uncertain": BAD, "bounced": BAD},
    ),
    "negotiations": lambda tab: tab.words("outcome", "outcome", {"kept": GOOD, "broken": BAD}),
    "runs": lambda tab: tab.words(
        "result",
        "run_result",
        {"done": GOOD, "postponed": SOON, "some_failed": BAD, "failed": BAD},
    ),
}
