"""Agreements that cannot be carried out, or whose instalments are in doubt: one issue each."""

from collections.abc import Mapping
from types import MappingProxyType

from sync.domain.agreeing import Refusal, agree_pending
from sync.domain.calendar import BusinessCalendar
from sync.domain.facts import Facts
from sync.domain.negotiation import Doubt
from sync.domain.standing import Book
from sync.issues import Issue
from sync.negotiation_rows import TAB, row_of
from sync.rows.cells import shown
from sync.workbook import Snapshot, Tab

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "agreement_nothing_owed": "receivables",
        "agreement_without_plan": "instalments",
        "agreement_above_owed": "amount",
        "agreement_discount_differs": "discount",
        "agreement_amount_each": "amount",
        "agreement_due_before": "first_due_on",
        "agreement_due_far": "first_due_on",
        "agreement_not_split": "instalments",
        "agreement_parts_gone": "ref",
        "agreement_parts_differ": "instalments",
        "agreement_paid_before": "at",
        "agreement_part_cancelled": "receivables",
    }
)
"""The cell that each refusal or doubt is about."""


def agreement_issues(
    snapshot: Snapshot, facts: Facts, book: Book, calendar: BusinessCalendar
) -> tuple[Issue, ...]:
    """An issue for every agreement without instalments that cannot get any, or in doubt about them.

    Its invoices wait meanwhile (reason `agreement_waits`), until it is mended or closed; its
    instalments (reason `row_problem`), until it is mended.
    """
    tab = snapshot.tabs.get(TAB)
    if tab is None:
        return ()
    found = []
    for index, refusal in agree_pending(facts, calendar, book).items():
        if isinstance(refusal, Refusal):
            found.append(_issue(tab, facts, index, refusal, snapshot.language))
    doubts = {s.index: s.doubt for s in book.agreements.values() if s.doubt is not None}
    found += [_issue(tab, facts, n, doubt, snapshot.language) for n, doubt in doubts.items()]
    return tuple(found)


def _issue(tab: Tab, facts: Facts, index: int, refusal: Refusal | Doubt, language: str) -> Issue:
    row, place = facts.negotiations[index], row_of(tab, facts, index)
    column = COLUMNS[refusal.value]
    if refusal in {Refusal.DUE_BEFORE, Refusal.DUE_FAR} and row.first_due_on is None:
        column = "pay_by"
    return Issue(
        code=refusal.value,
        tab=TAB,
        row=place.number if place else None,
        column=column,
        value=shown(tab.value(place, column), language) if place else "",
        client=row.client,
    )
