"""The issues tab: what to mend, the cell a click away, and how to mend it."""

import re
from collections.abc import Iterable, Iterator

from sheet_templates import headings
from sync.issues import Issue, Severity
from sync.views.cells import clipped
from sync.words import words
from sync.workbook import Cell, Change, Link, ReplaceBody, Snapshot

# More than anybody mends in a day. (Excel also refuses more than 65,530 links on a sheet.)
MOST_ROWS = 5_000
_LONGEST_VALUE = 500  # enough to recognise what stands in the cell
# A name that needs no quotes in a reference: one word that cannot be taken for a cell (A1, R1C1).
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*|[Rr]\d*|[Cc]\d*")


def issues_tab(snapshot: Snapshot, issues: Iterable[Issue]) -> Iterator[Change]:
    """Errors first, then warnings; within each by tab and row as the sheet has them.

    Of very many the last row says how many more there are.
    """
    order = {tab: place for place, tab in enumerate(snapshot.tabs)}
    ranked = sorted(
        issues,
        key=lambda issue: (
            issue.severity is not Severity.ERROR,
            order.get(issue.tab, len(order)),
            issue.row or 0,
        ),
    )
    rows = [_row(snapshot, issue) for issue in ranked[:MOST_ROWS]]
    if len(ranked) > MOST_ROWS:
        count = len(ranked) - MOST_ROWS
        rows.append({"problem": words(snapshot.language, "views.issues.more", count=count)})
    yield ReplaceBody(tab="issues", rows=tuple(rows))


def _row(snapshot: Snapshot, issue: Issue) -> dict[str, Cell]:
    language = snapshot.language
    return {
        "tab": _title(snapshot, issue.tab),
        "row": _place(snapshot, issue),
        "column": headings.heading(language, issue.tab, issue.column) if issue.column else None,
        "value": clipped(issue.value, _LONGEST_VALUE) or None,
        "problem": clipped(issue.problem(language)),
        "repair": clipped(issue.repair(language)),
        "severity": headings.value_text(language, "severity", issue.severity.value),
    }


def _place(snapshot: Snapshot, issue: Issue) -> Cell:
    """A link to the cell; the bare number when the tab is not there, nothing without a row."""
    if issue.row is None:
        return None
    tab = snapshot.tabs.get(issue.tab)
    if tab is None:
        return issue.row
    letters = tab.letters.get(issue.column or "", "A")
    return Link(str(issue.row), f"#{quoted(tab.title)}!{letters}{issue.row}")


def _title(snapshot: Snapshot, tab: str) -> str:
    """The tab's name as it stands in this workbook, else as it should be called."""
    found = snapshot.tabs.get(tab)
    return found.title if found else headings.tab_title(snapshot.language, tab)


def quoted(title: str) -> str:
    """A tab's name as a reference needs it: quoted unless it is one plain word."""
    if _PLAIN_NAME.fullmatch(title) and not _LIKE_A_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"
