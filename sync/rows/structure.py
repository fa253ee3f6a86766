"""Tabs and headings that are missing or stand twice: what the store saw, as issues."""

from collections.abc import Mapping

from sheet_templates.schema import TABS, Owner
from sync.rows.findings import Findings
from sync.workbook import Snapshot, StructureProblem

DECIDING_TABS = frozenset(
    [
        "receivables",
        "clients",
        "payments",
        "negotiations",
        "instalments",
        "history",
        "policy",
        "templates",
        "settings",
    ]
)
"""Without one of these nobody can say what may be sent: everybody is held."""

INFORMING: Mapping[str, frozenset[str]] = {
    "receivables": frozenset(
        ["description", "issued_on", "method", "payment_code", "delay_reason", "notes"]
    ),
    "clients": frozenset(["legal_name", "contact", "cc", "phone", "segment", "owner", "notes"]),
    "payments": frozenset(["method", "source", "notes"]),
    "negotiations": frozenset(["channel", "by", "notes"]),
    "history": frozenset(["at", "channel", "to", "subject", "total", "valid_until", "run", "by"]),
    "policy": frozenset(["offers"]),
    "settings": frozenset(["explanation"]),
}
"""The team's and the log's columns that decide nothing: without them only something is not shown.

All others of these tabs decide. `Pago em` renamed by a person would make every paid invoice look
open, so its absence holds everybody.
"""


def report_structure(snapshot: Snapshot, findings: Findings) -> None:
    """Report what the store found; tabs that the snapshot lacks without a word count as missing."""
    for problem in snapshot.problems:
        _report(problem, findings)
    told = {problem.tab for problem in snapshot.problems}
    for key, described in TABS.items():
        tab = snapshot.tabs.get(key)
        if tab is None:
            if key in DECIDING_TABS and key not in told:
                findings.report("missing_tab", key)
            continue
        columns = _told_columns(snapshot, key)
        for column in described.columns:
            known = column.key in tab.columns or column.key in columns
            if not known and decides(key, column.key):
                findings.report("missing_heading", key, column=column.key)


def _told_columns(snapshot: Snapshot, tab: str) -> frozenset[str]:
    """The columns of a tab that the store itself has reported."""
    return frozenset(p.column for p in snapshot.problems if p.tab == tab and p.column)


def decides(tab: str, column: str) -> bool:
    """Whether a column is needed to decide what may be sent."""
    if tab not in DECIDING_TABS:
        return False
    owner = next((c.owner for c in TABS[tab].columns if c.key == column), None)
    if owner in {Owner.ENGINE, None}:
        return (tab, column) in {("history", "outcome"), ("negotiations", "ref")}
    return column not in INFORMING.get(tab, frozenset())


def _report(problem: StructureProblem, findings: Findings) -> None:
    tab = problem.tab if problem.tab in TABS else "start"
    column = problem.column if tab == problem.tab else None
    if problem.code == "newer_schema":
        findings.report("newer_schema", tab)
    elif problem.code in {"missing_heading", "duplicate_heading"} and column:
        code = problem.code if decides(tab, column) else problem.code.replace("_", "_other_", 1)
        findings.report(code, tab, column=column)
    elif problem.code in {"missing_tab", "duplicate_tab"}:
        code = problem.code if tab in DECIDING_TABS else problem.code.replace("_", "_other_", 1)
        findings.report(code, tab)
    else:
        findings.report("unknown_structure", tab, detail=f"{problem.code} {problem.detail}".strip())
