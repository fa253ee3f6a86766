"""A snapshot's cells become facts, and whatever is wrong becomes issues.

Nothing that a person typed raises. A row in error holds its client as a whole, since charging one
who owes nothing is the worst failure there is (CDC art. 42); which issue holds whom is the table in
`sync.issues`.
"""

from dataclasses import replace
from datetime import date

from sheet_templates.schema import RESERVED_POLICY, TABS
from sync.domain.facts import Facts
from sync.issues import Issue
from sync.rows.bank_matches import read_bank_choices
from sync.rows.clients import read_clients
from sync.rows.findings import Findings
from sync.rows.history import Knowledge, read_history
from sync.rows.ladders import read_ladders
from sync.rows.negotiations import read_instalments, read_negotiations
from sync.rows.offers import read_offers
from sync.rows.payments import Items, check_received, read_payments
from sync.rows.queue_choices import read_choices
from sync.rows.receivables import read_receivables
from sync.rows.recurring import read_recurring
from sync.rows.settings_tab import check_interest, read_settings
from sync.rows.structure import report_structure
from sync.rows.templates import check_letters, read_templates
from sync.workbook import Snapshot

__all__ = ["in_order", "read_facts"]


def read_facts(snapshot: Snapshot, *, today: date) -> tuple[Facts, tuple[Issue, ...]]:
    """Everything a run decides on, as the workbook has it, and everything wrong with it.

    `today` is the real day, also when the run's date is in the past: what is dated after it cannot
    have happened. Issues come in the order of tabs and rows.
    """
    tabs = snapshot.tabs
    findings = Findings(snapshot.language, today)
    report_structure(snapshot, findings)
    letters = read_templates(tabs.get("templates"), findings)
    ladders = read_ladders(tabs.get("policy"), letters.names, findings)
    steps = ladders.sorted()
    settings = read_settings(tabs.get("settings"), ladders.names, findings)
    book = read_clients(tabs.get("clients"), ladders.names, findings)
    check_interest(settings, book.clients)
    check_letters(letters, steps, ladders.rows, book.clients, findings)
    invoices = read_receivables(tabs.get("receivables"), book, ladders.names, findings)
    negotiations = read_negotiations(
        tabs.get("negotiations"), book, invoices, findings, tabs.get("instalments")
    )
    instalments = read_instalments(tabs.get("instalments"), book, invoices, negotiations, findings)
    items = Items(invoices, instalments)
    payments = read_payments(tabs.get("payments"), book, items, findings)
    check_received(tabs.get("receivables"), "id", invoices.receivables, payments, findings)
    check_received(tabs.get("instalments"), "instalment", instalments, payments, findings)
    knowledge = Knowledge(book, invoices, steps)
    facts = Facts(
        settings=settings.team(),
        clients=book.clients,
        receivables=invoices.receivables,
        instalments=instalments,
        payments=payments,
        negotiations=negotiations,
        ladders=steps,
        templates=letters.texts,
        reminders=read_history(tabs.get("history"), knowledge, findings),
        choices=read_choices(tabs.get("queue"), book, findings),
        recurring=read_recurring(tabs.get("recurring"), book, ladders.names, findings),
        bank_choices=read_bank_choices(tabs.get("bank_matches"), items, findings),
        problem_receivables=frozenset(findings.problem_ids),
        unreadable=invoices.unreadable,
        offer_rules=read_offers(tabs.get("offers"), findings),
    )
    return replace(facts, row_problems=_held(findings, facts)), in_order(findings.issues)


def _held(findings: Findings, facts: Facts) -> dict[str, str]:
    """Each held client and why: its own rows first, then its ladders, then what holds everybody."""
    held = dict(findings.held)
    ladders = findings.held_policies
    receivables, instalments = facts.receivables.values(), facts.instalments.values()
    if ladders:
        first = next((name for name in facts.ladders if name != RESERVED_POLICY), "")
        default = facts.settings.default_policy or first
        used = [(name, client.policy or default) for name, client in facts.clients.items()]
        used += [(each.client, each.policy) for each in receivables if each.policy]
        used += [(part.client, RESERVED_POLICY) for part in instalments]
        for client, policy in used:
            if policy in ladders:
                held.setdefault(client, ladders[policy])
    if findings.held_all:
        everybody = set(facts.clients)
        everybody.update(each.client for each in receivables)
        everybody.update(part.client for part in instalments)
        for client in sorted(everybody):
            held.setdefault(client, findings.held_all)
    return held


def in_order(issues: list[Issue]) -> tuple[Issue, ...]:
    """Issues in the order of tabs and rows."""
    places = {tab: place for place, tab in enumerate(TABS)}
    return tuple(sorted(issues, key=lambda issue: (places[issue.tab], issue.row or 0)))
