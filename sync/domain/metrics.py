"""The team's measures, each with its formula. Values only, no text.

Open amounts are principal (`charge.balance`); sales are the face amounts of invoices that were not
voided, on issued_on (due_on where the row has no issue date). A rate is a fraction with four
decimals, None where nothing can be divided.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sync.domain.asof import as_of
from sync.domain.calendar import BusinessCalendar
from sync.domain.charges import Receipt
from sync.domain.clients import settled_normally, share
from sync.domain.decisions import ZERO, Standing
from sync.domain.facts import Cancelled, Facts, Outcome, Receivable, Reminder, StepKey
from sync.domain.history import COURTESIES
from sync.domain.negotiation import Result, add_months
from sync.domain.receipts import Accounts
from sync.domain.standing import Book, book

DSO_DAYS = 90
RECOVERY_DAYS = 7
_TENTH = Decimal("0.1")
_DAY = timedelta(days=1)
_REACHED = frozenset({Outcome.SENT, Outcome.REPLIED, Outcome.UNCERTAIN})


def sales(facts: Facts, after: date, until: date) -> Decimal:
    """Credit sales: the face amounts of invoices issued in (after, until]."""
    return sum(
        (
            row.amount
            for row in facts.receivables.values()
            if after < (row.issued_on or row.due_on) <= until
            and row.cancelled is not Cancelled.VOID
        ),
        ZERO,
    )


def open_amount(standings: Iterable[Standing]) -> Decimal:
    """Open principal."""
    return sum((s.charge.balance for s in standings if s.is_open), ZERO)


def not_due_amount(standings: Iterable[Standing]) -> Decimal:
    """Open principal that is not past due."""
    return open_amount(s for s in standings if s.days_past_due == 0)


def days_sales_outstanding(receivables: Decimal, sold: Decimal, days: int) -> Decimal | None:
    """DSO = open receivables ÷ credit sales of the period × days of the period, one decimal.

    With only what is not due as receivables it is the best possible DSO; the difference of the
    two is the average days delinquent.
    """
    return (receivables / sold * days).quantize(_TENTH, ROUND_HALF_UP) if sold else None


def collection_effectiveness(
    opening: Decimal, sold: Decimal, closing: Decimal, closing_not_due: Decimal
) -> Decimal | None:
    """CEI = (opening + sales − closing) ÷ (opening + sales − closing not due) × 100."""
    rate = share(opening + sold - closing, opening + sold - closing_not_due)
    return None if rate is None else rate * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The portfolio on a day; DSO figures over the 90 days up to it, rates over 12 months."""

    open_amount: Decimal
    overdue_amount: Decimal
    open_count: int
    overdue_count: int
    dso: Decimal | None
    best_possible_dso: Decimal | None
    average_days_delinquent: Decimal | None
    on_time_rate: Decimal | None
    promise_rate: Decimal | None
    instalment_rate: Decimal | None


def measures(facts: Facts, ledger: Book) -> Measures:
    """The portfolio's measures on the book's day.

    On-time rate = paid by effective_due ÷ paid, by number, paid in the last 12 months.
    Promise-kept rate = kept ÷ (kept + broken). Instalment rate = instalments paid by
    effective_due ÷ instalments paid or past it.
    """
    standings = ledger.standings.values()
    opened = [s for s in standings if s.is_open]
    overdue = [s for s in opened if s.days_past_due > 0]
    sold = sales(facts, ledger.run_date - timedelta(days=DSO_DAYS), ledger.run_date)
    dso = days_sales_outstanding(open_amount(opened), sold, DSO_DAYS)
    best = days_sales_outstanding(not_due_amount(opened), sold, DSO_DAYS)
    year = add_months(ledger.run_date, -12)
    paid = [s for s in standings if settled_normally(s) and _settled_after(s, year)]
    results = [promise.result for promise in ledger.all_promises]
    kept = results.count(Result.KEPT)
    return Measures(
        open_amount=open_amount(opened),
        overdue_amount=open_amount(overdue),
        open_count=len(opened),
        overdue_count=len(overdue),
        dso=dso,
        best_possible_dso=best,
        average_days_delinquent=None if dso is None or best is None else dso - best,
        on_time_rate=share(sum(s.days_past_due == 0 for s in paid), len(paid)),
        promise_rate=share(kept, kept + results.count(Result.BROKEN)),
        instalment_rate=_instalment_rate(standings, ledger.run_date),
    )


def _settled_after(standing: Standing, day: date) -> bool:
    return standing.charge.settled_on is not None and standing.charge.settled_on > day


def _instalment_rate(standings: Iterable[Standing], run_date: date) -> Decimal | None:
    due = [
        s
        for s in standings
        if s.is_instalment and (s.charge.settled or (s.is_open and s.effective_due < run_date))
    ]
    on_time = sum(s.charge.settled and s.days_past_due == 0 for s in due)
    return share(on_time, len(due))


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One calendar month. `received` is money that came in; `closing` what was open at its end."""

    start: date
    end: date
    opening: Decimal
    sales: Decimal
    received: Decimal
    closing: Decimal
    closing_not_due: Decimal
    cei: Decimal | None
    dso: Decimal | None

    @property
    def closing_overdue(self) -> Decimal:
        """What was past due at the month's end."""
        return self.closing - self.closing_not_due


def month(facts: Facts, calendar: BusinessCalendar, day: date) -> Month:
    """The calendar month of `day`, up to its end, as the facts dated by then have it."""
    start = day.replace(day=1)
    end = add_months(start, 1) - _DAY
    opening = _open_on(facts, calendar, start - _DAY)
    closing = _open_on(facts, calendar, end)
    sold = sales(facts, start - _DAY, end)
    total, not_due = open_amount(closing), not_due_amount(closing)
    return Month(
        start=start,
        end=end,
        opening=open_amount(opening),
        sales=sold,
        received=received(facts, calendar, start, end),
        closing=total,
        closing_not_due=not_due,
        cei=collection_effectiveness(open_amount(opening), sold, total, not_due),
        dso=days_sales_outstanding(
            total, sales(facts, end - timedelta(days=DSO_DAYS), end), DSO_DAYS
        ),
    )


def _open_on(facts: Facts, calendar: BusinessCalendar, day: date) -> list[Standing]:
    """What was open on a past day. An invoice without an issue date exists from its due date."""
    then = as_of(facts, day)
    planned = {name for part in then.instalments.values() for name in part.receivables}
    closed = _surely_closed(then)
    rows = {
        row.id: row
        for row in then.receivables.values()
        if (row.issued_on or row.due_on) <= day and (row.id not in closed or row.id in planned)
    }
    about = rows.keys() | then.instalments.keys()
    money = tuple(payment for payment in then.payments if payment.receivable in about)
    standings = book(replace(then, receivables=rows, payments=money), calendar, day).standings
    return [standing for standing in standings.values() if standing.is_open]


def _surely_closed(facts: Facts) -> set[str]:
    """Invoices marked as paid, or whose face amount is in where that settles them.

    Most of a workbook's years: leaving them out spares computing what cannot be open.
    """
    sums: dict[str, Decimal] = {}
    for payment in facts.payments:
        if payment.receivable is not None:
            sums[payment.receivable] = sums.get(payment.receivable, ZERO) + payment.amount
    face_settles = not facts.settings.collect_remaining

    def in_full(row: Receivable) -> bool:
        by_row = (row.paid_amount if row.paid_on is not None else None) or ZERO
        return face_settles and max(by_row, sums.get(row.id, ZERO)) >= row.amount

    rows = facts.receivables.values()
    return {r.id for r in rows if (r.paid_on and r.paid_amount is None) or in_full(r)}


def received(facts: Facts, calendar: BusinessCalendar, first: date, last: date) -> Decimal:
    """Money that came in from `first` to `last`, on invoices and on account.

    A row paid without an amount counts with what was left of its face amount.
    """
    accounts = Accounts(facts, calendar, last)
    money = [r for receipts in accounts.loose.values() for r in receipts]
    for items in (facts.receivables, facts.instalments):
        for item in items.values():
            by_row = item.paid_on is not None and first <= item.paid_on <= last
            if by_row or item.id in accounts.lines:
                money += accounts.money_in(item)
    return sum((r.amount for r in money if first <= r.on <= last), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What one step brought, of the amount it was sent for."""

    policy: str
    step: str
    offset: int
    sent: int
    amount: Decimal
    recovered: Decimal

    @property
    def rate(self) -> Decimal | None:
        """Recovered ÷ amount."""
        return share(self.recovered, self.amount)


def recovery_by_step(facts: Facts, ledger: Book) -> tuple[Recovery, ...]:
    """Of the principal a step was sent for, what was paid within 7 days and before the next step.

    Money of the sending day counts as paid after it. By policy and offset.
    """
    sums: dict[tuple[str, int, str], tuple[int, Decimal, Decimal]] = {}
    for invoice, sent in _sent_keys(facts.reminders, ledger.run_date).items():
        item = ledger.accounts.item(invoice)
        if item is None:
            continue
        money = ledger.accounts.money_in(item)
        for place, (on, key) in enumerate(sent):
            following = sent[place + 1][0] if place + 1 < len(sent) else None
            amount, recovered = _recovered(item.amount, money, on, following)
            name = (key.policy, key.offset, key.step)
            count, asked, came = sums.get(name, (0, ZERO, ZERO))
            sums[name] = (count + 1, asked + amount, came + recovered)
    return tuple(
        Recovery(policy=policy, step=step, offset=offset, sent=count, amount=asked, recovered=came)
        for (policy, offset, step), (count, asked, came) in sorted(sums.items())
    )


def _recovered(
    amount: Decimal, money: Iterable[Receipt], on: date, following: date | None
) -> tuple[Decimal, Decimal]:
    """What was asked for on a day, and what of it came in before the window closed."""
    until = on + timedelta(days=RECOVERY_DAYS)
    if following is not None:
        until = min(until, max(on, following - _DAY))
    asked, came = amount, ZERO
    for receipt in money:
        if receipt.on < on:
            asked -= receipt.amount
        elif receipt.on <= until:
            came += receipt.amount
    asked = max(asked, ZERO)
    return asked, max(ZERO, min(came, asked))


def _sent_keys(
    reminders: Iterable[Reminder], run_date: date
) -> dict[str, list[tuple[date, StepKey]]]:
    """Every key that reached its client, with its day, by invoice and in order."""
    by_invoice: dict[str, list[tuple[date, StepKey]]] = {}
    for reminder in reminders:
        day = reminder.at.date()
        if reminder.outcome in _REACHED and day <= run_date and reminder.step not in COURTESIES:
            for key in reminder.keys:
                by_invoice.setdefault(key.invoice, []).append((day, key))
    for sent in by_invoice.values():
        if len(sent) > 1:
            sent.sort()
    return by_invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One reason for delay: `share` of the amount of all, `cumulative` with those above it."""

    reason: str
    count: int
    amount: Decimal
    share: Decimal | None
    cumulative: Decimal | None


def delay_reasons(facts: Facts, ledger: Book) -> tuple[Cause, ...]:
    """The reasons for delay as a Pareto, largest face amount first.

    Counts invoices that were or are late and say why.
    """
    sums: dict[str, tuple[int, Decimal]] = {}
    for row in facts.receivables.values():
        if row.delay_reason and ledger.standings[row.id].days_past_due > 0:
            count, amount = sums.get(row.delay_reason, (0, ZERO))
            sums[row.delay_reason] = (count + 1, amount + row.amount)
    whole = sum((amount for _, amount in sums.values()), ZERO)
    ordered = sorted(sums.items(), key=lambda entry: (-entry[1][1], entry[0]))
    causes, so_far = [], ZERO
    for reason, (count, amount) in ordered:
        so_far += amount
        causes.append(
            Cause(
                reason=reason,
                count=count,
                amount=amount,
                share=share(amount, whole),
                cumulative=share(so_far, whole),
            )
        )
    return tuple(causes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Invoices that have something in common. `average_delay` in days, of those paid."""

    name: str | None
    count: int
    amount: Decimal
    open_amount: Decimal
    overdue_amount: Decimal
    paid_count: int
    on_time_rate: Decimal | None
    average_delay: Decimal | None


def groups(
    facts: Facts, ledger: Book, name_of: Callable[[Receivable, Standing], str | None]
) -> tuple[Group, ...]:
    """Invoices (void ones aside) by what `name_of` says, e.g. segment, method, month, weekday."""
    parts: dict[str | None, list[Standing]] = {}
    for row in facts.receivables.values():
        if row.cancelled is not Cancelled.VOID:
            standing = ledger.standings[row.id]
            parts.setdefault(name_of(row, standing), []).append(standing)
    return tuple(
        _group(name, parts[name]) for name in sorted(parts, key=lambda n: (n is None, n or ""))
    )


def _group(name: str | None, standings: Sequence[Standing]) -> Group:
    paid = [s for s in standings if settled_normally(s)]
    late_days = sum(s.days_past_due for s in paid)
    return Group(
        name=name,
        count=len(standings),
        amount=sum((s.amount for s in standings), ZERO),
        open_amount=open_amount(standings),
        overdue_amount=open_amount(s for s in standings if s.days_past_due > 0),
        paid_count=len(paid),
        on_time_rate=share(sum(s.days_past_due == 0 for s in paid), len(paid)),
        average_delay=(Decimal(late_days) / len(paid)).quantize(_TENTH, ROUND_HALF_UP)
        if paid
        else None,
    )


def by_segment(facts: Facts) -> Callable[[Receivable, Standing], str | None]:
    """Names a group by the client's segment."""
    segments: Mapping[str, str | None] = {n: c.segment for n, c in facts.clients.items()}
    return lambda row, _: segments.get(row.client)


def by_method(row: Receivable, _: Standing) -> str | None:
    """Names a group by the payment method."""
    return row.method


def by_month_due(row: Receivable, _: Standing) -> str | None:
    """Names a group by the month of the due date, as 2026-03."""
    return f"{row.due_on:%Y-%m}"


def by_weekday_paid(_: Receivable, standing: Standing) -> str | None:
    """Names a group by the weekday of settlement, 1 Monday to 7 Sunday; None while not paid."""
    day = standing.charge.settled_on
    return str(day.isoweekday()) if day is not None else None
