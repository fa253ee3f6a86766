"""Open amounts by age and by the week in which they are expected. Values only, no text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sync.domain.calendar import BusinessCalendar
from sync.domain.decisions import ZERO, Standing, Status
from sync.domain.negotiation import Result
from sync.domain.standing import Book, bucket_of

WEEKS = 13  # a quarter
_WEEK = timedelta(days=7)
_NOBODY_KNOWS_WHEN = frozenset({Status.DISPUTED, Status.PROBLEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class AgingRow:
    """One client's open balances. `amounts[b]` is bucket b: 0 not due, then by rising age."""

    client: str
    amounts: tuple[Decimal, ...]
    count: int

    @property
    def total(self) -> Decimal:
        """All buckets together."""
        return sum(self.amounts, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aging:
    """The aging table by client name. `bounds` are the days at which the buckets end."""

    bounds: tuple[int, ...]
    rows: tuple[AgingRow, ...]

    @property
    def totals(self) -> tuple[Decimal, ...]:
        """Each bucket's sum over the clients."""
        columns = range(len(self.bounds) + 2)
        return tuple(sum((row.amounts[n] for row in self.rows), ZERO) for n in columns)

    @property
    def total(self) -> Decimal:
        """Everything that is open."""
        return sum(self.totals, ZERO)

    @property
    def overdue(self) -> Decimal:
        """Everything that is past due."""
        return sum(self.totals[1:], ZERO)


def open_ones(standings: Iterable[Standing]) -> list[Standing]:
    """The standings that count in open totals."""
    return [standing for standing in standings if standing.is_open]


def aging(standings: Iterable[Standing], bounds: Sequence[int]) -> Aging:
    """Open principal (`charge.balance`) per client and bucket, by age on the standings' day."""
    amounts: dict[str, list[Decimal]] = {}
    counts: dict[str, int] = {}
    for standing in open_ones(standings):
        row = amounts.setdefault(standing.client, [ZERO] * (len(bounds) + 2))
        row[bucket_of(standing.days_past_due, bounds)] += standing.charge.balance
        counts[standing.client] = counts.get(standing.client, 0) + 1
    rows = (
        AgingRow(client=client, amounts=tuple(amounts[client]), count=counts[client])
        for client in sorted(amounts)
    )
    return Aging(bounds=tuple(bounds), rows=tuple(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What is expected from Monday `start` to Sunday.

    `due` is what falls due by the invoices themselves (comparison, not part of `total`);
    `expected` invoices by how late their clients pay; `promised` and `instalments` as given.
    """

    start: date
    due: Decimal = ZERO
    expected: Decimal = ZERO
    promised: Decimal = ZERO
    instalments: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Expected to come in."""
        return self.expected + self.promised + self.instalments


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Weeks from the run date's on, and the rest; together they are all that is open.

    `later` is expected after the last week; `unscheduled` is disputed, wrong, or later than its
    client has ever been on average, so that no day can honestly be named.
    """

    weeks: tuple[Week, ...]
    later: Decimal
    unscheduled: Decimal

    @property
    def total(self) -> Decimal:
        """Everything that is open."""
        return sum((week.total for week in self.weeks), ZERO) + self.later + self.unscheduled


def forecast(
    book: Book,
    calendar: BusinessCalendar,
    delays: Mapping[str, Decimal | None],
    weeks: int = WEEKS,
) -> Forecast:
    """When open principal is expected.

    Day of an invoice = the business day on or after effective_due + its client's average delay
    (`delays`, days; without history 0). A promise's amount is expected on its last day, an
    instalment on its effective due date.
    """
    first = book.run_date - timedelta(days=book.run_date.weekday())
    table = _Table(first, weeks, book.run_date)
    promised = _promised(book)
    for standing in open_ones(book.standings.values()):
        rest = standing.charge.balance
        table.add("due", standing.effective_due, rest)
        if standing.status in _NOBODY_KNOWS_WHEN:
            table.unscheduled += rest
            continue
        part, until = promised.get(standing.id, (ZERO, book.run_date))
        table.add("promised", until, part)
        if standing.is_instalment:
            table.add("instalments", standing.effective_due, rest - part)
        else:
            late = int((delays.get(standing.client) or ZERO).to_integral_value(ROUND_HALF_UP))
            day = calendar.next_business_day(standing.effective_due + timedelta(days=late))
            table.add("expected", day, rest - part)
    return table.result()


def _promised(book: Book) -> dict[str, tuple[Decimal, date]]:
    """Of each item, how much a pending promise covers and by when: oldest items first."""
    found: dict[str, tuple[Decimal, date]] = {}
    for promise in book.all_promises:
        if promise.result is not Result.OPEN:
            continue
        rest = promise.amount
        items = [book.standings[i] for i in promise.items if book.promises.get(i) is promise]
        for item in sorted(items, key=lambda item: (item.due_on, item.id)):
            if item.is_open:
                part = min(rest, item.charge.balance)
                found[item.id] = (part, promise.until)
                rest -= part
    return found


class _Table:
    """Sums by week while they are collected."""

    def __init__(self, first: date, weeks: int, run_date: date) -> None:
        self.first = first
        self.run_date = run_date
        self.sums: list[dict[str, Decimal]] = [{} for _ in range(weeks)]
        self.later = ZERO
        self.unscheduled = ZERO

    def add(self, column: str, day: date, amount: Decimal) -> None:
        if column == "due":
            if self.first <= day < self.first + _WEEK * len(self.sums):
                self._put(column, day, amount)
        elif day < self.run_date:
            self.unscheduled += amount
        elif day >= self.first + _WEEK * len(self.sums):
            self.later += amount
        else:
            self._put(column, day, amount)

    def _put(self, column: str, day: date, amount: Decimal) -> None:
        week = self.sums[(day - self.first).days // 7]
        week[column] = week.get(column, ZERO) + amount

    def result(self) -> Forecast:
        rows = tuple(Week(start=self.first + _WEEK * n, **sums) for n, sums in enumerate(self.sums))
        return Forecast(weeks=rows, later=self.later, unscheduled=self.unscheduled)
