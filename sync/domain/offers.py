"""What a client may choose by answering: concrete options, from the offers tab and the standings.

Only settings and the offers tab decide amounts (DOMAIN.md, 'Negotiation'). An option covers the
client's receivables that are past due and that a message may list; its instalments are the net
amount plus the plan's interest:

    granted  = cents(charges × charges_discount) + cents(principal × principal_discount)
    interest = cents(net principal ÷ n × monthly rate × (days₁ + … + daysₙ) ÷ 30)
    total    = owed − granted + interest

where `charges` are late fees and interest together, the net principal is the principal less its
discount, and daysₖ run from the day of the offer to the k-th instalment. The interest is simple, on
principal only: never on fees or on interest (Decreto 22.626/33 art. 4; a payment settles interest
first, Código Civil art. 354, and nothing of it becomes principal).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sync.domain.calendar import BusinessCalendar
from sync.domain.charges import CENT, MONTH_DAYS, cents, charges_from
from sync.domain.decisions import ZERO, Reason, Standing, Status
from sync.domain.facts import Facts, OfferRule
from sync.domain.holding import hold_of
from sync.domain.negotiation import PlannedInstalment, add_months, instalment_plan
from sync.domain.standing import Book

MOST_OPTIONS = 3
_SHARE = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing a client may choose.

    `number` from 1 is what the client answers. `total` is what will be paid, the sum of
    `instalments`; `owed` what is owed without the offer, `granted` the discount (`discount`: as a
    share of `owed`, six decimals) and `interest` the plan's own. `count` is the number of
    instalments. It may be accepted through `valid_until`, which no instalment's day precedes.
    """

    number: int
    client: str
    receivables: tuple[str, ...]
    total: Decimal
    owed: Decimal
    granted: Decimal
    interest: Decimal
    instalments: tuple[PlannedInstalment, ...]
    valid_until: date

    @property
    def count(self) -> int:
        """How many instalments; 1 is at once."""
        return len(self.instalments)

    @property
    def discount(self) -> Decimal:
        """The granted share of what is owed, with six decimals."""
        return (self.granted / self.owed).quantize(_SHARE)

    @property
    def terms(self) -> str:
        """The canonical text of everything that is agreed on; this is what is signed."""
        return json.dumps(
            option_values(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )


def option_values(option: Option) -> dict[str, Any]:
    """The option as plain values for JSON: amounts as text with two decimals, dates ISO."""
    return {
        "number": option.number,
        "client": option.client,
        "receivables": list(option.receivables),
        "total": f"{option.total:.2f}",
        "owed": f"{option.owed:.2f}",
        "granted": f"{option.granted:.2f}",
        "interest": f"{option.interest:.2f}",
        "instalments": [
            {
                "number": part.number,
                "due_on": part.due_on.isoformat(),
                "amount": f"{part.amount:.2f}",
            }
            for part in option.instalments
        ],
        "valid_until": option.valid_until.isoformat(),
    }


def option_of(values: Mapping[str, Any]) -> Option:
    """The option that `option_values` made plain. Raises KeyError, ValueError for others."""
    return Option(
        number=int(values["number"]),
        client=str(values["client"]),
        receivables=tuple(values["receivables"]),
        total=Decimal(values["total"]),
        owed=Decimal(values["owed"]),
        granted=Decimal(values["granted"]),
        interest=Decimal(values["interest"]),
        instalments=tuple(
            PlannedInstalment(
                number=int(part["number"]),
                due_on=date.fromisoformat(part["due_on"]),
                amount=Decimal(part["amount"]),
            )
            for part in values["instalments"]
        ),
        valid_until=date.fromisoformat(values["valid_until"]),
    )


def options_for(
    book: Book,
    facts: Facts,
    calendar: BusinessCalendar,
    client: str,
    run_date: date,
    items: tuple[str, ...] | None = None,
) -> tuple[Option, ...]:
    """What the client may choose on `run_date`, by the rows of the offers tab in their order.

    `book` is of `run_date`. `items` narrows it to some of the client's receivables (those that a
    message lists). At most three, numbered from 1, no two alike; none when `why_no_offer` says so.
    """
    if why_no_offer(book, facts, client) is not None:
        return ()
    owing = _owing(book, facts, calendar, client, items)
    if not owing:
        return ()
    days = max(standing.days_past_due for standing in owing)
    terms = _Terms(owing, facts, calendar, run_date)
    rules = [
        rule
        for rule in facts.offer_rules
        if rule.from_days <= days and (rule.to_days is None or days <= rule.to_days)
    ]
    made = [option for rule in rules if (option := terms.option(rule)) is not None]
    found = _distinct(made)
    if len(found) == 1 and found[0].count > 1:
        # A choice needs an alternative: the same terms at once, which no row has to allow.
        at_once = (terms.option(replace(rule, instalments=1)) for rule in rules)
        found = _distinct([*found, *(option for option in at_once if option is not None)])
    return tuple(replace(option, number=n + 1) for n, option in enumerate(found[:MOST_OPTIONS]))


def _distinct(options: Iterable[Option]) -> list[Option]:
    """The first of those that ask for the same amounts on the same days."""
    return list({option.instalments: option for option in reversed(list(options))}.values())[::-1]


def why_no_offer(book: Book, facts: Facts, client: str) -> Reason | None:
    """What forbids to offer this client anything, whatever the offers tab says."""
    hold = hold_of(facts, client, book.run_date)
    if hold is not None:
        return hold
    loose = book.unapplied.get(client, ZERO)
    return Reason.UNAPPLIED_CASH if loose > facts.settings.tolerance else None


def _owing(
    book: Book,
    facts: Facts,
    calendar: BusinessCalendar,
    client: str,
    items: tuple[str, ...] | None,
) -> list[Standing]:
    """The past-due receivables that may be chased, oldest due date first.

    An instalment is none: a plan that breaks gives its originals back, and those are offered.
    """
    found = [
        standing
        for standing in book.open_of(client)
        if standing.status is Status.OVERDUE
        and standing.blocked is None
        and not standing.is_instalment
        and (items is None or standing.id in items)
        and book.run_date >= charges_from(standing.due_on, facts.settings, calendar)
    ]
    return sorted(found, key=lambda standing: (standing.due_on, standing.id))


class _Terms:
    """Makes options for one client's debts on one day."""

    def __init__(
        self,
        owing: Sequence[Standing],
        facts: Facts,
        calendar: BusinessCalendar,
        run_date: date,
    ) -> None:
        self.owing = owing
        self.usual_days = facts.settings.quote_valid
        self.calendar = calendar
        self.run_date = run_date
        self.principal = sum((s.charge.balance for s in owing), ZERO)
        self.charges = sum((s.charge.late_fee + s.charge.interest for s in owing), ZERO)

    def option(self, rule: OfferRule) -> Option | None:
        """The rule's option, with fewer instalments when one would be below the minimum."""
        waived = cents(self.principal * rule.principal_discount)
        granted = cents(self.charges * rule.charges_discount) + waived
        valid_days = self.usual_days if rule.valid_days is None else rule.valid_days
        first_days = valid_days if rule.first_due_days is None else rule.first_due_days
        first_due_on = self.calendar.next_business_day(self.run_date + timedelta(days=first_days))
        for count in range(rule.instalments, 0, -1):
            rate = rule.monthly_rate if count > 1 else ZERO
            interest = self._interest(self.principal - waived, rate, count, first_due_on)
            total = self.principal + self.charges - granted + interest
            least = max(rule.minimum_instalment, CENT)
            if total < least * count:
                continue
            parts = instalment_plan(total, count, first_due_on)
            if parts[0].amount < least:  # the first is the smallest
                continue
            return Option(
                number=0,
                client=self.owing[0].client,
                receivables=tuple(standing.id for standing in self.owing),
                total=total,
                owed=self.principal + self.charges,
                granted=granted,
                interest=interest,
                instalments=parts,
                valid_until=min(self.run_date + timedelta(days=valid_days), first_due_on),
            )
        return None

    def _interest(
        self, principal: Decimal, rate: Decimal, count: int, first_due_on: date
    ) -> Decimal:
        """Simple interest on each equal share of the principal until its instalment's day."""
        days = sum((add_months(first_due_on, n) - self.run_date).days for n in range(count))
        return cents(principal * rate * days / (count * MONTH_DAYS))
