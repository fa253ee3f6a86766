"""Where every receivable and instalment stands on a day.

The status is the first that holds, and `blocked` is the reason beside it:

| status | when | blocked |
|---|---|---|
| problem | its own row is wrong | row_problem |
| void | cancelled; an instalment of a broken or ended agreement | void |
| paid | settled by a rule of sync.domain.charges | paid |
| written_off | cancelled as written off | written_off |
| in_plan | an agreement is open about it | in_plan |
| disputed | the row's flag, or an open dispute | disputed |
| on_hold | hold_until of the row or the client is today or later | on_hold |
| promised | the latest promise about it is pending | promise_pending |
| overdue | after effective_due | see below |
| due_today | from due_on to effective_due | see below |
| not_due | before due_on | see below |

For the last three, `blocked` is the first that holds: awaiting_answer (an answer holds it) or
agreement_waits (an agreement about it has no instalments yet), row_problem (another row of its
client is wrong), prescribed (more than five years late), None.
An instalment is also held by what holds one of its originals: a problem, dispute, pause or answer,
and it is void when all its originals are. One whose agreement is not in the negotiations tab is a
problem, and holds the invoices it names: nobody is asked for both, nor for either in doubt.
Instalments of an agreement in doubt (sync.domain.agreements) wait with row_problem.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sync.domain.agreements import Plans, settle_plans
from sync.domain.asof import with_agreed_instalments
from sync.domain.calendar import BusinessCalendar, effective_due
from sync.domain.charges import SettledBy
from sync.domain.decisions import ZERO, Charge, Reason, Standing, Status
from sync.domain.facts import Cancelled, Facts, Instalment, NegotiationKind, Receivable
from sync.domain.negotiation import (
    AgreementState,
    Hold,
    PromiseState,
    Result,
    holds,
    promise_of_each,
    promises,
)
from sync.domain.plainly_paid import PLAN_POLICY, PlainlyPaid, policies
from sync.domain.receipts import Accounts, Item

PRESCRIBED_YEARS = 5  # Código Civil art. 206 §5 I: debts that a private document states


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All standings on `run_date`, and what messages need to know besides.

    `standings` holds receivables, then instalments, by id in the facts' order; `open_items` the
    ids that count in open totals, by client. `unapplied` is cash without a debt, by client (zero
    left out). `promises` maps an item to the promise that speaks for it, pending, kept or broken
    (see promise_of_each); `broken_plans` maps an original to the broken agreement it came
    out of, unless closed; `holds` maps an item to the answer that holds it; `agreements` are by
    ref. `results` stand beside Facts.negotiations; None for rows that have no result.
    """

    run_date: date
    standings: Mapping[str, Standing]
    open_items: Mapping[str, tuple[str, ...]]
    unapplied: Mapping[str, Decimal]
    promises: Mapping[str, PromiseState]
    agreements: Mapping[str, AgreementState]
    broken_plans: Mapping[str, AgreementState]
    holds: Mapping[str, Hold]
    results: Sequence[Result | None]
    all_promises: Sequence[PromiseState]
    accounts: Accounts

    def open_of(self, client: str) -> tuple[Standing, ...]:
        """The client's standings that count in open totals."""
        return tuple(self.standings[item] for item in self.open_items.get(client, ()))

    def memory(self, item_id: str) -> Charge:
        """The item's charge with its memory, which plainly paid items of `standings` lack."""
        known = self.standings[item_id].charge
        item = self.accounts.item(item_id)
        if item is None or known.memory or not known.settled or known.settled_by == SettledBy.PLAN:
            return known
        return self.accounts.charge(item, self.run_date)


def bucket_of(days_past_due: int, bounds: Sequence[int]) -> int:
    """The aging bucket: 0 is not due, 1 is up to bounds[0] days, … the last is beyond them."""
    return 1 + bisect_left(bounds, days_past_due) if days_past_due > 0 else 0


def days_late(due_on: date, effective: date, on: date) -> int:
    """Days from the original due date when late on a day, else 0 (STJ REsp 1.954.924)."""
    return (on - due_on).days if on > effective else 0


def prescribed_from(due_on: date) -> date:
    """The first day on which a debt is more than five years late.

    A year without the due date's day counts from the following one (Código Civil art. 132 §3).
    """
    try:
        anniversary = due_on.replace(year=due_on.year + PRESCRIBED_YEARS)
    except ValueError:  # 29 February
        anniversary = date(due_on.year + PRESCRIBED_YEARS, 3, 1)
    return anniversary + timedelta(days=1)


def book(facts: Facts, calendar: BusinessCalendar, run_date: date) -> Book:
    """Every item's standing on `run_date`. Payments and negotiations dated later do not exist."""
    facts = with_agreed_instalments(facts, run_date)
    accounts = Accounts(facts, calendar, run_date)
    plans = settle_plans(accounts)
    promised = promises(accounts)
    held, active = holds(accounts)
    speaking = promise_of_each(promised)
    judge = _Judge(accounts, plans, held, speaking)
    standings: dict[str, Standing] = {}
    open_items: dict[str, list[str]] = {}
    unapplied: dict[str, Decimal] = {
        client: sum((receipt.amount for receipt in receipts), ZERO)
        for client, receipts in accounts.loose.items()
    }
    special = plans.charges.keys() | accounts.moved.keys() | facts.problem_receivables
    quick = PlainlyPaid(accounts, special).standing
    for receivable in facts.receivables.values():
        standings[receivable.id] = quick(receivable) or judge.receivable(receivable)
    for instalment in facts.instalments.values():
        standings[instalment.id] = judge.instalment(instalment)
    for standing in standings.values():
        if standing.is_open:
            open_items.setdefault(standing.client, []).append(standing.id)
        if standing.charge.unapplied:
            so_far = unapplied.get(standing.client, ZERO)
            unapplied[standing.client] = so_far + standing.charge.unapplied
    return Book(
        run_date=run_date,
        standings=standings,
        open_items={client: tuple(items) for client, items in open_items.items()},
        unapplied={client: amount for client, amount in unapplied.items() if amount},
        promises=speaking,
        agreements={state.ref: state for state in plans.states},
        broken_plans={item: state for item, state in plans.broken.items() if not state.closed},
        holds=held,
        results=_results(facts, promised, plans.states, active, run_date),
        all_promises=tuple(promised),
        accounts=accounts,
    )


def _results(
    facts: Facts,
    promised: Sequence[PromiseState],
    agreed: Sequence[AgreementState],
    active: Mapping[int, bool],
    run_date: date,
) -> tuple[Result | None, ...]:
    known = {promise.index: promise.result for promise in promised}
    known.update((state.index, state.result) for state in agreed)
    known.update(
        (index, Result.OPEN if holding else Result.CLOSED)
        for index, holding in active.items()
        if index not in known
    )
    return tuple(
        known.get(index) if row.at <= run_date and row.kind is not NegotiationKind.NOTE else None
        for index, row in enumerate(facts.negotiations)
    )


class _Judge:
    """Decides one item's status and what blocks it, by the table above."""

    def __init__(
        self,
        accounts: Accounts,
        plans: Plans,
        held: Mapping[str, Hold],
        promised: Mapping[str, PromiseState],
    ) -> None:
        self.accounts = accounts
        self.facts = accounts.facts
        self.run_date = accounts.run_date
        self.plans = plans
        self.held = held
        self.promised = promised
        self.client_policy, self.default_policy = policies(accounts.facts)
        self.wrong = set(self.facts.problem_receivables)
        for part in self.facts.instalments.values():
            if part.agreement not in accounts.agreed_on:
                self.wrong.update(part.receivables)
        for state in plans.states:
            if state.doubt is not None:
                self.wrong.update(state.instalments)

    def receivable(self, row: Receivable) -> Standing:
        """The standing of an invoice."""
        state = self.plans.in_plan.get(row.id)
        charge = self.plans.charges.get(row.id)
        if row.cancelled is Cancelled.VOID:
            received = (r.amount for r in self.accounts.receipts(row) if r.is_money)
            charge = Charge(unapplied=sum(received, ZERO))
        charge = charge or self.accounts.charge(row, self.run_date)
        in_plan = state is not None and state.result is Result.OPEN
        status = self._fixed(row.id, charge, row.cancelled, in_plan) or self._held(
            row.client, [row], [row.id]
        )
        policy = row.policy or self.client_policy.get(row.client, self.default_policy)
        is_open = not (charge.settled or row.cancelled or in_plan)
        agreement = state.ref if state is not None else None
        return self._standing(row, charge, status, [row.id], policy, is_open, agreement)

    def instalment(self, part: Instalment) -> Standing:
        """The standing of an instalment; what holds its originals holds it."""
        state_of = self.facts.receivables.get
        originals = [found for name in part.receivables if (found := state_of(name)) is not None]
        names = [part.id, *(original.id for original in originals)]
        charge = self.plans.charges.get(part.id) or self.accounts.charge(part, self.run_date)
        cancelled = {original.cancelled for original in originals}
        ended = Cancelled.VOID if part.id in self.plans.ended else None
        if cancelled and None not in cancelled:
            ended = Cancelled.VOID if Cancelled.VOID in cancelled else Cancelled.WRITTEN_OFF
        status = self._fixed(part.id, charge, ended, False)
        status = status or self._held(part.client, originals, names)
        is_open = not (charge.settled or ended)
        if part.agreement not in self.accounts.agreed_on:
            status, is_open = Status.PROBLEM, False
        return self._standing(part, charge, status, names, PLAN_POLICY, is_open, part.agreement)

    def _fixed(
        self, item_id: str, charge: Charge, cancelled: Cancelled | None, in_plan: bool
    ) -> Status | None:
        if item_id in self.facts.problem_receivables:
            return Status.PROBLEM
        if cancelled is Cancelled.VOID and not (charge.settled and item_id in self.plans.ended):
            return Status.VOID
        if charge.settled:
            return Status.PAID
        if cancelled is Cancelled.WRITTEN_OFF:
            return Status.WRITTEN_OFF
        return Status.IN_PLAN if in_plan else None

    def _held(
        self, client_name: str, rows: Sequence[Receivable], names: Sequence[str]
    ) -> Status | None:
        held = (self.held.get(name) for name in names)
        disputes = [hold for hold in held if hold is not None and hold.reason is Reason.DISPUTED]
        if disputes or any(row.disputed for row in rows):
            return Status.DISPUTED
        client = self.facts.clients.get(client_name)
        until = [row.hold_until for row in rows] + [client.hold_until if client else None]
        if any(day is not None and day >= self.run_date for day in until):
            return Status.ON_HOLD
        promises = (self.promised.get(name) for name in names)
        pending = any(p is not None and p.result is Result.OPEN for p in promises)
        return Status.PROMISED if pending else None

    def _standing(
        self,
        item: Item,
        charge: Charge,
        status: Status | None,
        names: Sequence[str],
        policy: str | None,
        is_open: bool,
        agreement: str | None,
    ) -> Standing:
        effective = effective_due(item.due_on, self.accounts.calendar)
        days = days_late(item.due_on, effective, charge.settled_on or self.run_date)
        status = status or self._by_date(item, effective)
        bounds = self.facts.settings.aging_bounds
        counts = status not in (Status.PAID, Status.VOID)
        return Standing(
            id=item.id,
            client=item.client,
            policy=policy,
            due_on=item.due_on,
            effective_due=effective,
            amount=item.amount,
            status=status,
            days_past_due=days if status is not Status.VOID else 0,
            bucket=bucket_of(days, bounds) if counts else 0,
            charge=charge,
            blocked=self._blocked(item, status, names),
            is_open=is_open,
            is_instalment=isinstance(item, Instalment),
            agreement=agreement,
        )

    def _by_date(self, item: Item, effective: date) -> Status:
        if self.run_date > effective:
            return Status.OVERDUE
        return Status.DUE_TODAY if self.run_date >= item.due_on else Status.NOT_DUE

    def _blocked(self, item: Item, status: Status, names: Sequence[str]) -> Reason | None:
        reason = _REASONS.get(status)
        if reason is not None:
            return reason
        hold = next((self.held[name] for name in names if name in self.held), None)
        if hold is not None:
            return hold.reason
        broken_row = not self.wrong.isdisjoint(names)
        if broken_row or item.client in self.facts.row_problems:
            return Reason.ROW_PROBLEM
        if self.run_date >= prescribed_from(item.due_on):
            return Reason.PRESCRIBED
        return None


_REASONS = {
    Status.PROBLEM: Reason.ROW_PROBLEM,
    Status.VOID: Reason.VOID,
    Status.PAID: Reason.PAID,
    Status.WRITTEN_OFF: Reason.WRITTEN_OFF,
    Status.IN_PLAN: Reason.IN_PLAN,
    Status.DISPUTED: Reason.DISPUTED,
    Status.ON_HOLD: Reason.ON_HOLD,
    Status.PROMISED: Reason.PROMISE_PENDING,
}
