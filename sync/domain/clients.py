"""What the team should know about each client: how late, how reliable, what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from sync.domain.charges import SettledBy
from sync.domain.decisions import ZERO, Standing, Status
from sync.domain.facts import Channel, Facts, NegotiationKind, Outcome, Reminder
from sync.domain.history import is_overdue_key
from sync.domain.negotiation import Result, add_months
from sync.domain.standing import Book
from sync.domain.suggestions import BOLETOS_SEEN, Advice, Known, Suggestion, advise

__all__ = ["ClientMeasures", "Risk", "Suggestion", "client_measures", "risk_of"]

_TENTH = Decimal("0.1")
_SHARE = Decimal("0.0001")
_BOLETO = "boleto"
_REACHED = frozenset({Outcome.SENT, Outcome.REPLIED, Outcome.UNCERTAIN})


class Risk(StrEnum):
    """How likely the client is to pay late, by the thresholds of `risk_of`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMeasures:
    """One client on the run date. Rates are fractions; None: nothing to measure.

    `average_delay`: mean days past due at settlement of what was paid in the last 12 months
    (on time counts 0), one decimal. `on_time_rate`: paid by effective_due ÷ paid, by number,
    in the same months. `promise_rate`: kept ÷ (kept + broken). `points`: the setting × all
    payments on time. `last_contact`: of the newest message or negotiation.
    """

    client: str
    open_balance: Decimal = ZERO
    overdue_balance: Decimal = ZERO
    oldest_days: int = 0
    paid_count: int = 0
    average_delay: Decimal | None = None
    on_time_rate: Decimal | None = None
    promise_rate: Decimal | None = None
    points: int = 0
    risk: Risk | None = None
    last_contact: date | None = None
    advice: Advice | None = None

    @property
    def suggestion(self) -> Suggestion | None:
        """The advice's kind."""
        return self.advice.kind if self.advice else None


@dataclass(slots=True)
class _Tally:
    """A client's sums while they are collected."""

    open_balance: Decimal = ZERO
    overdue_balance: Decimal = ZERO
    oldest_days: int = 0
    paid: int = 0
    late_days: int = 0
    on_time: int = 0
    on_time_ever: int = 0
    kept: int = 0
    broken: int = 0
    last_contact: date | None = None
    open_ones: list[Standing] = field(default_factory=list)
    boletos: list[tuple[date, int]] = field(default_factory=list)  # settled on, days late
    unpaid: dict[tuple[str, date], Decimal] = field(default_factory=dict)  # overdue, all of it
    emails: int = 0
    written_about: set[tuple[str, date]] = field(default_factory=set)
    called: bool = False

    def contact(self, day: date) -> None:
        if self.last_contact is None or day > self.last_contact:
            self.last_contact = day


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Part ÷ whole with four decimals; None when there is nothing to divide by."""
    return (Decimal(part) / Decimal(whole)).quantize(_SHARE, ROUND_HALF_UP) if whole else None


def settled_normally(standing: Standing) -> bool:
    """Paid by its own payments: an original that a plan paid is told by its instalments."""
    return standing.status is Status.PAID and standing.charge.settled_by != SettledBy.PLAN


def client_measures(facts: Facts, book: Book) -> Mapping[str, ClientMeasures]:
    """The measures of every client of the facts or of a standing."""
    tallies = {name: _Tally() for name in facts.clients}
    _count_standings(facts, book, tallies)
    for promise in book.all_promises:
        tally = tallies.setdefault(promise.client, _Tally())
        tally.kept += promise.result is Result.KEPT
        tally.broken += promise.result is Result.BROKEN
    _count_messages(facts, book, tallies)
    for row in facts.negotiations:
        if row.kind is not NegotiationKind.NOTE and row.at <= book.run_date:
            tallies.setdefault(row.client, _Tally()).contact(row.at)
    return {name: _measures(facts, book, name, tally) for name, tally in tallies.items()}


def _count_messages(facts: Facts, book: Book, tallies: dict[str, _Tally]) -> None:
    for reminder in facts.reminders:
        day = reminder.at.date()
        if reminder.outcome not in _REACHED or day > book.run_date:
            continue
        tally = tallies.setdefault(reminder.client, _Tally())
        tally.contact(day)
        about = _in_vain(reminder, tally) if tally.unpaid else ()
        if about and reminder.channel is Channel.EMAIL:
            tally.emails += 1
            tally.written_about.update(about)
        tally.called |= bool(about) and reminder.channel is Channel.CALL


def _in_vain(reminder: Reminder, tally: _Tally) -> tuple[tuple[str, date], ...]:
    """What an overdue message spoke of and nothing was paid of since."""
    keys = ((key.invoice, key.due_on) for key in reminder.keys if is_overdue_key(key))
    return tuple(item for item in keys if item in tally.unpaid)


def _count_standings(facts: Facts, book: Book, tallies: dict[str, _Tally]) -> None:
    receivables = facts.receivables
    since = add_months(book.run_date, -12)
    for standing in book.standings.values():
        tally = tallies.get(standing.client)
        if tally is None:
            tally = tallies[standing.client] = _Tally()
        if standing.is_open:
            tally.open_ones.append(standing)
            tally.open_balance += standing.charge.balance
            if standing.days_past_due > 0:
                tally.overdue_balance += standing.charge.balance
                tally.oldest_days = max(tally.oldest_days, standing.days_past_due)
                if standing.charge.balance == standing.amount:
                    tally.unpaid[standing.id, standing.due_on] = standing.amount
        elif settled_normally(standing):
            settled_on = standing.charge.settled_on
            on_time = standing.days_past_due == 0
            tally.on_time_ever += on_time
            source = receivables.get(standing.id)
            if source is not None and source.method == _BOLETO and settled_on is not None:
                tally.boletos.append((settled_on, standing.days_past_due))
            if settled_on is not None and settled_on > since:
                tally.paid += 1
                tally.late_days += standing.days_past_due
                tally.on_time += on_time


def _measures(facts: Facts, book: Book, name: str, tally: _Tally) -> ClientMeasures:
    delay = (
        (Decimal(tally.late_days) / tally.paid).quantize(_TENTH, ROUND_HALF_UP)
        if tally.paid
        else None
    )
    on_time_rate = share(tally.on_time, tally.paid)
    promise_rate = share(tally.kept, tally.kept + tally.broken)
    risk = risk_of(tally.oldest_days, tally.paid, delay, on_time_rate, promise_rate)
    return ClientMeasures(
        client=name,
        open_balance=tally.open_balance,
        overdue_balance=tally.overdue_balance,
        oldest_days=tally.oldest_days,
        paid_count=tally.paid,
        average_delay=delay,
        on_time_rate=on_time_rate,
        promise_rate=promise_rate,
        points=facts.settings.points * tally.on_time_ever,
        risk=risk,
        last_contact=tally.last_contact,
        advice=advise(facts, book, _known(name, tally, delay, risk)),
    )


def _known(name: str, tally: _Tally, delay: Decimal | None, risk: Risk | None) -> Known:
    return Known(
        name=name,
        items=tuple(tally.open_ones),
        overdue=tally.overdue_balance,
        oldest_days=tally.oldest_days,
        paid=tally.paid,
        on_time=tally.on_time,
        delay=delay,
        kept=tally.kept,
        broken=tally.broken,
        boletos=tuple(days for _, days in sorted(tally.boletos)[-BOLETOS_SEEN:]),
        emails=tally.emails,
        written_about=sum((tally.unpaid[item] for item in tally.written_about), ZERO),
        called=tally.called,
        is_high_risk=risk is Risk.HIGH,
    )


def risk_of(
    oldest_days: int,
    paid: int,
    delay: Decimal | None,
    on_time_rate: Decimal | None,
    promise_rate: Decimal | None,
) -> Risk | None:
    """High, medium or low by what the client did; None for one who has neither paid nor owed late.

    High: something more than 60 days late, an average delay above 30 days, fewer than half of
    three or more payments on time, or fewer than half of the promises kept. Medium: something
    more than 15 days late, an average delay above 7 days, fewer than 80 % on time, or a promise
    broken. These are house thresholds, not a credit score.
    """
    if not paid and not oldest_days and promise_rate is None:
        return None
    late = delay or ZERO
    punctual = on_time_rate if on_time_rate is not None and paid >= 3 else Decimal(1)
    faithful = Decimal(1) if promise_rate is None else promise_rate
    if oldest_days > 60 or late > 30 or punctual < Decimal("0.5") or faithful < Decimal("0.5"):
        return Risk.HIGH
    if oldest_days > 15 or late > 7 or punctual < Decimal("0.8") or faithful < 1:
        return Risk.MEDIUM
    return Risk.LOW
