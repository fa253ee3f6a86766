"""The facts as they stood on a past day: what is dated later does not exist yet."""

from dataclasses import replace
from datetime import date
from typing import TypeVar

from sync.domain.facts import Facts, Instalment, Receivable, TeamSettings

_Row = TypeVar("_Row", Receivable, Instalment)


def as_of(facts: Facts, run_date: date) -> Facts:
    """Facts without payments, negotiations, messages, choices and invoices dated after `run_date`.

    An invoice exists from issued_on (without one, always); an agreement's instalments from its
    date. Settings, clients, ladders, flags and cancellations bear no date and stay as they are.
    `payments_until` and `bank_until` reach no further than the day.
    """
    receivables = (
        row
        for row in facts.receivables.values()
        if row.issued_on is None or row.issued_on <= run_date
    )
    return replace(
        facts,
        settings=_settings(facts.settings, run_date),
        receivables={row.id: _unpaid_after(row, run_date) for row in receivables},
        instalments={
            part.id: _unpaid_after(part, run_date)
            for part in with_agreed_instalments(facts, run_date).instalments.values()
        },
        payments=tuple(p for p in facts.payments if p.paid_on <= run_date),
        negotiations=tuple(
            row
            if row.closed_on is None or row.closed_on <= run_date
            else replace(row, closed_on=None)
            for row in facts.negotiations
            if row.at <= run_date
        ),
        unsubscribed=unsubscribed_on(facts, run_date),
        reminders=tuple(r for r in facts.reminders if r.at.date() <= run_date),
        choices=tuple(c for c in facts.choices if c.shown_on <= run_date),
        bank_until=facts.bank_until and min(facts.bank_until, run_date),
    )


def unsubscribed_on(facts: Facts, run_date: date) -> frozenset[str]:
    """Clients who asked for no more messages, until a person closes the row that says so."""
    asked = (row.client for row in facts.negotiations if row.unsubscribes_on(run_date))
    return facts.unsubscribed.union(asked)


def with_agreed_instalments(facts: Facts, run_date: date) -> Facts:
    """Facts without the instalments of agreements dated after `run_date`."""
    later = {row.ref for row in facts.negotiations if row.ref is not None and row.at > run_date}
    if not later:
        return facts
    known = {part.id: part for part in facts.instalments.values() if part.agreement not in later}
    return replace(facts, instalments=known)


def _unpaid_after(row: _Row, run_date: date) -> _Row:
    if row.paid_on is None or row.paid_on <= run_date:
        return row
    return replace(row, paid_on=None, paid_amount=None)


def _settings(settings: TeamSettings, run_date: date) -> TeamSettings:
    if settings.payments_until is None or settings.payments_until <= run_date:
        return settings
    return replace(settings, payments_until=run_date)
