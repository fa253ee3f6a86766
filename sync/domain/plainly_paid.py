"""A quick answer for invoices that one exact payment or a mark closed: most of a workbook's years.

It says what the full rules of charges and standing say (a test holds the two together) without
computing charges, and therefore without their memory.
"""

from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from decimal import Decimal

from sync.domain.charges import SettledBy
from sync.domain.decisions import Charge, Reason, Standing, Status
from sync.domain.facts import Facts, Receivable
from sync.domain.receipts import Accounts

PLAN_POLICY = "plan"  # the reserved ladder of instalments


def policies(facts: Facts) -> tuple[dict[str, str], str | None]:
    """Each client's policy where it has its own, and the default: the setting, else the first."""
    own = {name: client.policy for name, client in facts.clients.items() if client.policy}
    first = next((name for name in facts.ladders if name != PLAN_POLICY), None)
    return own, facts.settings.default_policy or first


class PlainlyPaid:
    """Answers for one book. `special` are the invoices that only the full rules may judge."""

    def __init__(self, accounts: Accounts, special: AbstractSet[str]) -> None:
        settings = accounts.facts.settings
        self._run_date = accounts.run_date
        self._lines = accounts.lines
        self._special = special
        self._next_day = accounts.calendar.next_business_day
        self._policies, self._default = policies(accounts.facts)
        self._no_charges = not (settings.late_fee or settings.monthly_interest)
        self._collects = settings.collect_remaining
        self._grace = timedelta(days=settings.grace_days)
        self._charges: dict[tuple[date, SettledBy], Charge] = {}
        self._due_days: dict[date, date] = {}  # spares a call for each of many rows

    def standing(self, row: Receivable) -> Standing | None:
        """The standing of an invoice that is plainly paid, else None."""
        effective = self._due_days.get(row.due_on)
        if effective is None:
            effective = self._due_days[row.due_on] = self._next_day(row.due_on)
        closing = self._closed_by(row, effective)
        if closing is None or row.cancelled or row.id in self._special:
            return None
        paid_on = closing[0]
        charge = self._charges.get(closing)
        if charge is None:
            charge = Charge(settled=True, settled_on=paid_on, settled_by=closing[1])
            self._charges[closing] = charge
        return Standing(
            id=row.id,
            client=row.client,
            policy=row.policy or self._policies.get(row.client, self._default),
            due_on=row.due_on,
            effective_due=effective,
            amount=row.amount,
            status=Status.PAID,
            days_past_due=(paid_on - row.due_on).days if paid_on > effective else 0,
            bucket=0,
            charge=charge,
            blocked=Reason.PAID,
            is_open=False,
        )

    def _closed_by(self, row: Receivable, effective: date) -> tuple[date, SettledBy] | None:
        """When and by which rule the row, a line of the payments tab, or both close an invoice."""
        paid_on, paid_amount = row.paid_on, row.paid_amount
        if paid_on is not None and paid_on > self._run_date:
            paid_on = paid_amount = None
        lines = self._lines.get(row.id)
        if lines is not None:
            if len(lines) != 1:
                return None
            line = lines[0]
            if line.amount != (row.amount if paid_amount is None else paid_amount):
                return None
            closing = self._by_amount(line.on, line.amount, row.amount, effective)
            if paid_on is None or paid_amount is not None:
                return closing
            return (min(paid_on, line.on) if closing else paid_on), SettledBy.MARKED
        if paid_on is None:
            return None
        if paid_amount is None:
            return paid_on, SettledBy.MARKED
        return self._by_amount(paid_on, paid_amount, row.amount, effective)

    def _by_amount(
        self, paid_on: date, amount: Decimal, asked: Decimal, effective: date
    ) -> tuple[date, SettledBy] | None:
        """The rule by which one payment settles an invoice of exactly its amount."""
        if amount != asked:
            return None
        if self._no_charges or paid_on <= effective + self._grace:
            return paid_on, SettledBy.FULL
        return None if self._collects else (paid_on, SettledBy.FACE)
