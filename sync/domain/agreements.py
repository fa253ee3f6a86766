"""Agreements: originals paid by instalments, and what becomes of the originals when one fails.

- open: originals are in plan, their charges frozen at its date; money for them pays instalments;
- kept (all instalments paid): originals are paid;
- broken (one too late), ended by a person or replaced by a later one: originals are as if there
  had been no plan, instalment money applied on its dates, oldest original first; instalments
  are void, or paid.

Broken is for good, also when the late instalment is paid afterwards; a person may close the row.
A discount granted stays when the agreement breaks (it would lapse only if the accepted text said
so, and no fact says that); it goes when a person ends the agreement before it was decided. It is
one amount for all originals (`granted`), split among them by what each owed, to the cent.

An open agreement is in doubt, and its instalments wait for a person, when money that was entered
after it was made is dated on or before its day (the instalments would ask for it again), when one
of its invoices was cancelled and others not, or when they are not those that its row says (one was
deleted, an amount was changed).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from sync.domain.calendar import effective_due
from sync.domain.charges import CENT, Receipt, SettledBy, cents
from sync.domain.decisions import ZERO, Charge
from sync.domain.facts import Instalment, Negotiation, NegotiationKind, Receivable
from sync.domain.negotiation import AgreementState, Doubt, Result, concerned, was_accepted
from sync.domain.receipts import Accounts, Item

_DAY = timedelta(days=1)
_LATELY = timedelta(days=30)
_PERCENT_DECIMALS = 4  # a percentage that a person types has two of its own


@dataclass(slots=True, kw_only=True)
class Plans:
    """All agreements with instalments, and the charges they fix for originals and instalments."""

    states: list[AgreementState] = field(default_factory=list)
    in_plan: dict[str, AgreementState] = field(default_factory=dict)  # by original, still open
    broken: dict[str, AgreementState] = field(default_factory=dict)  # by original, latest
    charges: dict[str, Charge] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)  # instalments that are owed no more


def settle_plans(accounts: Accounts) -> Plans:
    """Decide every agreement in the order made, moving its money within `accounts`."""
    plans = Plans()
    rows = _agreements(accounts)
    for index, row, parts in rows:
        accounts.agreed_on[row.ref or ""] = row.at
        named = row.receivables or tuple(dict.fromkeys(r for p in parts for r in p.receivables))
        names = [n for n in named or concerned(accounts, row) if n in accounts.facts.receivables]
        originals = sorted(
            (accounts.facts.receivables[name] for name in names),
            key=lambda item: (item.due_on, item.id),
        )
        _Plan(accounts, index, row, originals, parts).settle(plans, _replaced_on(rows, index))
    return plans


_Row = tuple[int, Negotiation, list[Instalment]]


def _agreements(accounts: Accounts) -> list[_Row]:
    """Agreements up to the run date that have instalments, by date, each with them by due date."""
    parts: dict[str, list[Instalment]] = {}
    for instalment in accounts.facts.instalments.values():
        parts.setdefault(instalment.agreement, []).append(instalment)
    rows = [
        (index, row, sorted(parts[row.ref], key=lambda part: (part.due_on, part.id)))
        for index, row in enumerate(accounts.facts.negotiations)
        if row.kind is NegotiationKind.AGREEMENT
        and row.at <= accounts.run_date
        and row.ref in parts
    ]
    return sorted(rows, key=lambda entry: (entry[1].at, entry[0]))


def _replaced_on(rows: Sequence[_Row], index: int) -> date | None:
    """The date of the next agreement about any of the same originals: two never run at once."""
    position = next(n for n, entry in enumerate(rows) if entry[0] == index)
    mine = _named(rows[position])
    later = (
        row.at for other, row, parts in rows[position + 1 :] if mine & _named((other, row, parts))
    )
    return next(later, None)


def _named(entry: _Row) -> set[str]:
    _, row, parts = entry
    return {*row.receivables, *(name for part in parts for name in part.receivables)}


def granted(row: Negotiation, owed: Decimal) -> Decimal:
    """What an agreement took off `owed`, the total of its originals on its date.

    The row's amount decides where it says the same as the discount, which may be rounded, or where
    there is none: what is left of `owed` was given away. Else (the amount includes interest of the
    plan) the discount does: cents(owed × discount).
    """
    by_share = cents(owed * row.discount)
    if row.amount is None or row.amount > owed:
        return by_share
    by_amount = owed - row.amount
    decimals = -int(row.discount.normalize().as_tuple().exponent)
    rounding = Decimal(5).scaleb(-1 - max(decimals, _PERCENT_DECIMALS))
    same = abs(by_amount - by_share) <= cents(owed * rounding)
    return by_amount if same or not row.discount else by_share


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Shares of an amount in proportion to the weights, in cents, that sum to it exactly.

    Each is rounded down; the cents left go to the largest remainders, the earlier first. No share
    is above its weight when the amount is not above their sum.
    """
    whole = sum(weights, ZERO)
    if amount <= 0 or whole <= 0:
        return [ZERO] * len(weights)
    exact = [amount * weight / whole for weight in weights]
    shares = [share.quantize(CENT, ROUND_DOWN) for share in exact]
    left = int((amount - sum(shares, ZERO)) / CENT)
    order = sorted(range(len(weights)), key=lambda n: (shares[n] - exact[n], n))
    for place in order[:left]:
        shares[place] += CENT
    return shares


def _by_day(receipt: Receipt) -> tuple[date, Decimal]:
    """Within a day, money that came before money taken back."""
    return receipt.on, -receipt.amount


class _Plan:
    """One agreement being decided."""

    def __init__(
        self,
        accounts: Accounts,
        index: int,
        row: Negotiation,
        originals: list[Receivable],
        parts: list[Instalment],
    ) -> None:
        self.accounts = accounts
        self.index = index
        self.row = row
        self.originals = originals
        self.parts = parts

    def settle(self, plans: Plans, replaced_on: date | None) -> None:
        """Decide the agreement and write what follows into `plans` and the accounts."""
        before = {o.id: list(self.accounts.moved.get(o.id, ())) for o in self.originals}
        frozen = {o.id: self._frozen(o) for o in self.originals}
        over = self._redirect(frozen)
        charges = {part.id: self._paid(part) for part in self.parts}
        state = self._state(charges, replaced_on)
        if state.result is Result.OPEN:
            state = replace(state, doubt=self._doubt(frozen))
        plans.states.append(state)
        if state.result in (Result.OPEN, Result.KEPT):
            self._keep(plans, state, frozen)
            self._to_account(over)
        else:
            self._undo_redirect(before)
            self._restore(plans, state, frozen)

    def _frozen(self, original: Receivable) -> Charge:
        until = [r for r in self.accounts.receipts(original) if r.on <= self.row.at]
        return self.accounts.charge(original, self.row.at, until)

    def _doubt(self, frozen: dict[str, Charge]) -> Doubt | None:
        named = {name for part in self.parts for name in part.receivables}
        gone = {original.id for original in self.originals if original.cancelled is not None}
        if any(gone & {*part.receivables} and {*part.receivables} - gone for part in self.parts):
            return Doubt.CANCELLED
        asked = sum((part.amount for part in self.parts), ZERO)
        if any(charge.settled for name, charge in frozen.items() if name in named):
            return Doubt.PAID_BEFORE  # when they were written, each of them was owed
        owed = sum((charge.total_due for charge in frozen.values()), ZERO)
        if self._paid_lately() and asked > owed - granted(self.row, owed) and self._is_exact():
            return Doubt.PAID_BEFORE
        count, amount = self.row.instalments, self.row.amount
        if count not in (None, len(self.parts)) or amount not in (None, asked):
            return Doubt.PARTS_DIFFER
        return None

    def _paid_lately(self) -> bool:
        """Whether money is dated shortly before the agreement; settings may change for others."""
        since = self.row.at - _LATELY
        receipts = (r for original in self.originals for r in self.accounts.receipts(original))
        return any(
            since <= receipt.on <= self.row.at and receipt.amount > 0 for receipt in receipts
        )

    def _is_exact(self) -> bool:
        """Whether what is asked must be what was owed less the discount: no plan's interest."""
        if self.row.amount is None or not was_accepted(self.row.ref or ""):
            return True
        return not any(rule.monthly_rate for rule in self.accounts.facts.offer_rules)

    def _paid(self, part: Instalment) -> Charge:
        return self.accounts.charge(part, self.accounts.run_date)

    def _state(self, charges: dict[str, Charge], replaced_on: date | None) -> AgreementState:
        settled = [charges[part.id].settled_on for part in self.parts]
        kept_on = max((day for day in settled if day is not None), default=None)
        kept = None not in settled
        broken_on = self._broken_on(charges)
        closed_on = self.row.closed_on
        closed = closed_on is not None and closed_on <= self.accounts.run_date
        ends = [day for day in (closed_on if closed else None, replaced_on) if day is not None]
        ended_on = min(ends, default=None)
        result, decided_on = Result.OPEN, None
        if kept and (broken_on is None or closed):
            result, decided_on = Result.KEPT, kept_on
        elif broken_on is not None and (ended_on is None or broken_on <= ended_on):
            result, decided_on = Result.BROKEN, broken_on
        elif ended_on is not None:
            result, decided_on = Result.CANCELLED, ended_on
        return AgreementState(
            index=self.index,
            ref=self.row.ref or "",
            client=self.row.client,
            at=self.row.at,
            originals=tuple(original.id for original in self.originals),
            instalments=tuple(part.id for part in self.parts),
            result=result,
            decided_on=decided_on,
            closed=closed,
        )

    def _broken_on(self, charges: dict[str, Charge]) -> date | None:
        """The first day on which an instalment was later than the allowed days."""
        allowed = timedelta(days=self.accounts.facts.settings.agreement_breaks_after)
        days = []
        for part in self.parts:
            limit = effective_due(part.due_on, self.accounts.calendar) + allowed
            if (charges[part.id].settled_on or self.accounts.run_date) > limit:
                days.append(limit + _DAY)
        return min(days, default=None)

    def _keep(self, plans: Plans, state: AgreementState, frozen: dict[str, Charge]) -> None:
        for original in self.originals:
            charge = frozen[original.id]
            if state.result is Result.KEPT and not charge.settled:
                charge = Charge(
                    unapplied=charge.unapplied,
                    settled=True,
                    settled_on=state.decided_on,
                    settled_by=SettledBy.PLAN,
                    memory=charge.memory,
                )
            plans.charges[original.id] = charge
            plans.in_plan[original.id] = state
            plans.broken.pop(original.id, None)

    # Money for an original after the agreement's date pays its instalments, oldest first, so that
    # nobody is asked twice for what was recorded on the row they knew.

    def _redirect(self, frozen: dict[str, Charge]) -> list[Receipt]:
        accounts, at = self.accounts, self.row.at
        later: list[Receipt] = []
        marks: list[date] = []
        for original in self.originals:
            marked = accounts.marked_on(original)
            if marked is not None and marked > at:
                marks.append(marked)
                worth = frozen[original.id].total_due
                later.append(Receipt(on=marked, amount=worth, is_money=False))
            receipts = accounts.receipts(original)
            later += [receipt for receipt in receipts if receipt.on > at]
            accounts.moved[original.id] = [
                receipt for receipt in accounts.moved.get(original.id, ()) if receipt.on <= at
            ]
            accounts.moved_away[original.id] = at
        if marks and len(marks) == len(self.originals):
            accounts.plan_marks.update(
                (part.id, max(marks)) for part in self.parts if not self._paid(part).settled
            )
        return self._spread(later, self.parts)

    def _undo_redirect(self, before: dict[str, list[Receipt]]) -> None:
        accounts = self.accounts
        for original in self.originals:
            accounts.moved[original.id] = before[original.id]
            accounts.moved_away.pop(original.id, None)
        for part in self.parts:
            accounts.moved.pop(part.id, None)
            accounts.plan_marks.pop(part.id, None)

    def _restore(self, plans: Plans, state: AgreementState, frozen: dict[str, Charge]) -> None:
        """Originals as if there had been no plan; instalments are owed no more."""
        accounts = self.accounts
        money = [receipt for part in self.parts for receipt in accounts.money_in(part)]
        for part in self.parts:
            plans.charges[part.id] = replace(self._paid(part), unapplied=ZERO)
            plans.ended.add(part.id)
            accounts.moved_away[part.id] = date.min
        owed = [frozen[original.id].total_due for original in self.originals]
        shares = split(granted(self.row, sum(owed, ZERO)), owed)
        for original, share in zip(self.originals, shares, strict=True):
            plans.in_plan.pop(original.id, None)
            plans.charges.pop(original.id, None)
            plans.broken.pop(original.id, None)
            if state.result is Result.BROKEN:
                plans.broken[original.id] = state
                if share > 0:
                    receipt = Receipt(on=self.row.at, amount=share, is_money=False)
                    accounts.moved.setdefault(original.id, []).append(receipt)
        self._to_account(self._spread(money, self.originals))

    def _spread(self, receipts: Iterable[Receipt], targets: Sequence[Item]) -> list[Receipt]:
        """Apply money to items, oldest first, each up to what it owes on the day; what is over.

        Money taken back comes off the last item first.
        """
        moved = self.accounts.moved
        over = []
        for receipt in sorted(receipts, key=_by_day):
            rest = receipt.amount
            for target in targets if rest > 0 else reversed(targets):
                given = moved.setdefault(target.id, [])
                if rest > 0:
                    part = min(rest, self.accounts.charge(target, receipt.on).total_due)
                else:
                    part = max(rest, -max(sum((r.amount for r in given), ZERO), ZERO))
                if part:
                    given.append(replace(receipt, amount=part))
                    rest -= part
            if rest and receipt.is_money:
                over.append(replace(receipt, amount=rest))
        return over

    def _to_account(self, over: Iterable[Receipt]) -> None:
        for receipt in over:
            self.accounts.loose.setdefault(self.row.client, []).append(receipt)
