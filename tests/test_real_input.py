"""A public ledger of 2,466 invoices, adopted, rehearsed over 2013 and run as of a day of it."""

import csv
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sync.domain.calendar import effective_due
from sync.domain.facts import TeamSettings
from sync.wiring import calendar_for
from tests.workbooks import Desk, fill_settings, people_s_cells, regua

SOURCE = Path(__file__).parents[2] / "shared" / "data" / "ibm-late-payment-histories.csv"
RUN_DATE = date(2013, 6, 28)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SOURCE.exists(), reason="the public ledger is not here"),
]


@dataclass(frozen=True)
class Line:
    """One invoice as the source has it, read without the product."""

    id: str
    client: str
    issued_on: date
    due_on: date
    settled_on: date
    amount: Decimal
    disputed: bool
    days_late: int


def us_date(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone


CALENDAR = calendar_for(TeamSettings())


def is_late(line: Line, on: date) -> bool:
    return on > effective_due(line.due_on, CALENDAR)


@pytest.fixture(scope="module")
def source() -> dict[str, Line]:
    with SOURCE.open(newline="", encoding="utf-8") as file:
        return {
            row["invoiceNumber"]: Line(
                id=row["invoiceNumber"],
                client=row["customerID"],
                issued_on=us_date(row["InvoiceDate"]),
                due_on=us_date(row["DueDate"]),
                settled_on=us_date(row["SettledDate"]),
                amount=Decimal(row["InvoiceAmount"]),
                disputed=row["Disputed"] == "Yes",
                days_late=int(row["DaysLate"]),
            )
            for row in csv.DictReader(file)
        }


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("real")
    listed = folder / "list.csv"
    with SOURCE.open(newline="", encoding="utf-8") as file, listed.open("w", newline="") as out:
        reader, writer = csv.reader(file), csv.writer(out)
        head = next(reader)
        writer.writerow([*head, "Email"])
        at = head.index("customerID")
        for row in reader:
            writer.writerow([*row, re.sub(r"\W", "-", row[at].lower()) + "@example.com"])
    book = folder / "book.xlsx"
    code, adopted = regua("adopt", listed, book, "--language", "en")
    assert (code, adopted["receivables"], adopted["rejected"]) == (0, 2466, [])
    fill_settings(
        book,
        company="Example",
        legal_name="Example Services Ltd",
        tax_id="11.222.333/0001-81",
        address="10 Flower Street",
        mode="Automatic",
    )
    return Desk(book)


def test_the_adopted_workbook_checks_without_errors(desk: Desk) -> None:
    code, found = regua("check", *desk.where)
    assert code == 0, found["issues"][:5]


@pytest.fixture(scope="module")
def rehearsed(desk: Desk) -> Any:
    span = ("--from", "2013-01-01", "--to", "2013-12-31")
    return regua("rehearse", *span, *desk.where)[1]


def test_a_year_of_rehearsal_reminds_nobody_twice_and_nobody_who_disputes_or_paid(
    rehearsed: Any, source: dict[str, Line]
) -> None:
    assert len(rehearsed["messages"]) > 500
    seen: Counter[tuple[str, str]] = Counter()
    for message in rehearsed["messages"]:
        on = date.fromisoformat(message["date"])
        steps = [(invoice, message["step"]) for invoice in message["receivables"]]
        steps += [(other["id"], other["step"]) for other in message["others"]]
        for invoice, step in steps:
            line = source[invoice]
            seen[invoice, step] += 1
            assert line.client == message["client"]
            assert not line.disputed, f"{invoice} is disputed"
            assert line.settled_on > on, f"{invoice} was settled on {line.settled_on}"
            assert line.issued_on <= on, f"{invoice} did not exist on {on}"
    assert max(seen.values()) == 1


def test_overdue_reminders_to_one_client_keep_their_distance(
    rehearsed: Any, source: dict[str, Line]
) -> None:
    days: dict[str, list[date]] = defaultdict(list)
    for message in rehearsed["messages"]:
        on = date.fromisoformat(message["date"])
        if any(is_late(source[invoice], on) for invoice in message["receivables"]):
            days[message["client"]].append(on)
    for dates in days.values():
        assert all(later - sooner >= timedelta(3) for sooner, later in pairwise(dates))


def test_a_rehearsed_total_is_the_open_amount_it_speaks_of(
    rehearsed: Any, source: dict[str, Line]
) -> None:
    """No rates are set, so what an overdue message asks for is what is past due and open."""
    checked = 0
    for message in rehearsed["messages"]:
        on = date.fromisoformat(message["date"])
        if not any(is_late(source[invoice], on) for invoice in message["receivables"]):
            continue
        owed = sum(
            line.amount
            for line in source.values()
            if line.client == message["client"]
            and not line.disputed
            and line.settled_on > on >= line.issued_on
            and is_late(line, on)
        )
        assert Decimal(message["total"]) == owed
        checked += 1
    assert checked > 100


@pytest.fixture(scope="module")
def ran(desk: Desk) -> tuple[dict[tuple[str, str], object], Any]:
    before = people_s_cells(desk.book)
    code, result = desk.run(RUN_DATE.isoformat())
    assert code == 0, result.get("message")
    return before, result


def open_on(source: dict[str, Line], day: date) -> list[Line]:
    return [line for line in source.values() if line.issued_on <= day < line.settled_on]


def test_the_run_sends_to_the_right_people_and_changes_no_cell_of_theirs(
    desk: Desk, ran: tuple[dict[tuple[str, str], object], Any], source: dict[str, Line]
) -> None:
    before, result = ran
    assert result["sent"]
    assert len(result["sent"]) == len(desk.letters())
    still_open = {line.id for line in open_on(source, RUN_DATE) if not line.disputed}
    assert {i for message in result["sent"] for i in message["receivables"]} <= still_open
    assert people_s_cells(desk.book) == before


def test_aging_and_totals_are_the_open_amount_computed_independently(
    desk: Desk, ran: tuple[dict[tuple[str, str], object], Any], source: dict[str, Line]
) -> None:
    expected = sum(line.amount for line in open_on(source, RUN_DATE))
    assert Decimal(ran[1]["totals"]["open_amount"]) == expected
    clients = {line.client for line in source.values()}
    rows = [row for row in desk.rows("aging") if row["client"] in clients]
    assert sum(Decimal(str(row["total"])) for row in rows) == expected


def test_days_past_due_at_settlement_agree_with_the_source(
    desk: Desk, source: dict[str, Line]
) -> None:
    """On the eve of settlement one day fewer, wherever no weekend or holiday is involved."""
    by_eve: dict[date, list[Line]] = defaultdict(list)
    for line in source.values():
        if line.days_late > 1 and CALENDAR.is_business_day(line.due_on):
            by_eve[line.settled_on - timedelta(1)].append(line)
    checked = 0
    for eve in sorted(by_eve)[::12]:
        shown = {
            item["id"]: item["days_past_due"]
            for decision in desk.plan(eve.isoformat())["decisions"]
            for item in decision["receivables"]
        }
        for line in by_eve[eve]:
            assert shown[line.id] == line.days_late - 1, line
            checked += 1
    assert checked > 25


@pytest.mark.usefixtures("ran")
def test_the_same_run_again_sends_nothing(desk: Desk) -> None:
    letters = desk.letters()
    code, result = desk.run(RUN_DATE.isoformat())
    assert (code, result["sent"], desk.letters()) == (0, [], letters)
