"""Fees that enter themselves: in time, once, whatever was missed, and only what was asked for."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain import recurring as rules
from sync.domain.facts import Every, RecurringRule
from sync.domain.recurring import due_dates, period_of
from sync.ledger import Ledger
from sync.ledger_recurring import LedgerRecurrences
from sync.recurring_rows import RecurringStep, recurring_step
from sync.rows import read_facts
from sync.stores.memory import MemoryStore
from sync.workbook import Applied
from tests.posted import BOOK, SAO_PAULO
from tests.team_workbook import Team, Typed, client, day, invoice
from tests.workbooks import Desk, make

if TYPE_CHECKING:
    from sync.issues import Issue

FEE: Typed = {
    "name": "Mensalidade Ana",
    "client": "Ana",
    "description": "Suporte mensal",
    "amount": 500.0,
    "every": "month",
    "day": 10,
    "from": day("08-10"),
    "method": "boleto",
    "create_before": 5,
    "active": True,
}


class Fees:
    """A workbook with recurring rows, and what a ledger remembers of them."""

    def __init__(self, *fees: Typed, owed: tuple[Typed, ...] = (), language: str = "pt-BR") -> None:
        clients = [client("Ana"), client("Bruno")]
        rows = {"clients": clients, "receivables": owed, "recurring": fees}
        self.team = Team(rows, language=language)
        self.store: MemoryStore = self.team.store
        self.decided: dict[str, date] = {}
        self.issues: tuple[Issue, ...] = ()

    def run(self, today: str, *, dies: bool = False) -> list[str]:
        """A run's step; the ids it made. A run that dies has written the sheet and no more."""
        snapshot = self.store.read()
        facts, found = read_facts(snapshot, today=day(today))
        step = recurring_step(snapshot, facts, self.decided, day(today))
        self.issues = (*found, *step.issues)
        before = self.ids()
        assert isinstance(self.store.apply(step.changes, snapshot.revision), Applied)
        if not dies:
            self.decided.update(step.decided or {})
        return [id_ for id_ in self.ids() if id_ not in before]

    @property
    def codes(self) -> list[str]:
        return [issue.code for issue in self.issues]

    def ids(self) -> list[str]:
        return [str(row["id"]) for row in self.store.rows("receivables")]

    def delete(self, id_: str) -> None:
        """A person clears the whole row."""
        number = self.team.number("receivables", "id", id_)
        for column in self.store.read().tabs["receivables"].columns:
            self.store.type_cell("receivables", number, column, None)

    def change(self, **cells: Any) -> None:
        """A person changes the first recurring row."""
        (typed,) = self.team.words("recurring", [cells])
        for column, value in typed.items():
            self.store.type_cell("recurring", 2, column, value)


def test_a_monthly_fee_appears_five_days_before_it_falls_due() -> None:
    fees = Fees(FEE)
    assert fees.run("08-04") == []
    assert fees.run("08-05") == ["Mensalidade Ana 2026-08"]
    assert fees.run("08-05") == fees.run("08-06") == []
    assert fees.store.rows("receivables") == [
        {
            "id": "Mensalidade Ana 2026-08",
            "client": "Ana",
            "description": "Suporte mensal",
            "issued_on": day("08-05"),
            "due_on": day("08-10"),
            "amount": 500,
            "method": "Boleto",
        }
    ]
    assert fees.team.row("recurring", "Mensalidade Ana")["last_created"] == day("08-10")
    assert fees.codes == []
    assert fees.run("09-07") == ["Mensalidade Ana 2026-09"]


def test_whatever_was_missed_is_made_up_once() -> None:
    fees = Fees(FEE)
    assert fees.run("11-20") == [f"Mensalidade Ana 2026-{month:02}" for month in (8, 9, 10, 11)]
    assert fees.run("11-20") == []
    due = [row["due_on"] for row in fees.store.rows("receivables")]
    assert due == [day(f"{month:02}-10") for month in (8, 9, 10, 11)]
    facts, issues = read_facts(fees.store.read(), today=day("11-20"))
    assert issues == ()
    assert len(facts.receivables) == 4


def test_a_rule_without_a_first_day_begins_when_it_is_first_seen() -> None:
    fees = Fees({**FEE, "from": None})
    assert fees.run("08-20") == []
    assert fees.run("11-20") == [f"Mensalidade Ana 2026-{month:02}" for month in (9, 10, 11)]


def test_what_a_person_deleted_stays_deleted_whatever_day_or_ledger() -> None:
    fees = Fees(FEE)
    fees.run("08-05")
    fees.delete("Mensalidade Ana 2026-08")
    assert fees.run("08-06") == []
    fees.change(day=20)
    assert fees.run("08-20") == []
    fees.decided.clear()
    assert fees.run("08-21") == []
    assert fees.run("09-20") == ["Mensalidade Ana 2026-09"]


def test_changing_or_ending_a_rule_leaves_what_was_made() -> None:
    fees = Fees(FEE)
    fees.run("09-10")
    before = fees.store.rows("receivables")
    fees.change(amount=650.0, description="Novo", until=day("10-31"))
    fees.run("11-20")
    after = fees.store.rows("receivables")
    assert after[: len(before)] == before
    assert [(row["id"], row["amount"]) for row in after[len(before) :]] == [
        ("Mensalidade Ana 2026-10", 650)
    ]
    fees.change(until=None)
    assert fees.run("11-23") == []  # November fell due while the rule had ended
    assert fees.run("12-07") == ["Mensalidade Ana 2026-12"]


def test_a_pause_is_not_charged_afterwards() -> None:
    fees = Fees(FEE)
    fees.run("08-10")
    fees.change(active=False)
    for today in ("09-10", "10-13", "11-10"):
        assert fees.run(today) == []
    fees.change(active=True)
    assert fees.run("11-16") == []
    assert fees.run("12-07") == ["Mensalidade Ana 2026-12"]


def test_a_rule_switched_on_late_makes_what_its_first_day_asks_for() -> None:
    fees = Fees({**FEE, "active": None})
    assert fees.run("09-10") == []
    fees.change(active=True)
    assert fees.run("09-11") == ["Mensalidade Ana 2026-08", "Mensalidade Ana 2026-09"]


def test_a_run_that_dies_after_the_sheet_was_written_makes_nothing_twice() -> None:
    fees = Fees(FEE)
    assert fees.run("08-05", dies=True) == ["Mensalidade Ana 2026-08"]
    assert fees.run("08-05") == []
    assert fees.run("09-05", dies=True) == ["Mensalidade Ana 2026-09"]
    fees.delete("Mensalidade Ana 2026-09")
    assert fees.run("09-06") == []


def test_a_renamed_rule_charges_nothing_again() -> None:
    fees = Fees(FEE)
    fees.run("08-05")
    fees.change(name="Suporte Ana")
    assert fees.run("08-20") == []
    assert fees.run("09-07") == ["Suporte Ana 2026-09"]


def test_a_charge_that_somebody_entered_already_stops_the_rule_until_a_person_looks() -> None:
    typed = invoice("NF-77", "Ana", "08-12", "500.00", paid_on=day("08-12"))
    fees = Fees(FEE, owed=(typed,))
    assert fees.run("08-20") == []
    assert fees.codes == ["recurring_twin"]
    (issue,) = fees.issues
    assert (issue.row, issue.client) == (2, "Ana")
    assert "NF-77" in issue.problem("pt-BR")
    assert "Mensalidade Ana 2026-08" in issue.repair("en")
    assert fees.run("09-07") == []  # nor anything after it
    fees.change(**{"from": day("09-10")})
    assert fees.run("09-07") == ["Mensalidade Ana 2026-09"]
    assert fees.codes == []


def test_a_twin_that_is_another_charge_is_told_by_adding_the_fee_by_hand() -> None:
    fees = Fees(FEE, owed=(invoice("NF-77", "Ana", "08-12", "500.00"),))
    fees.run("08-05")
    fees.store.type_rows("receivables", [invoice("mensalidade ana 2026-08", "Ana", "08-10", "500")])
    assert fees.run("09-07") == ["Mensalidade Ana 2026-09"]


def test_two_rules_of_one_client_and_amount_are_no_twins() -> None:
    fees = Fees(FEE, {**FEE, "name": "Sala 2"}, {**FEE, "name": "Bruno", "client": "Bruno"})
    assert fees.run("08-05") == ["Mensalidade Ana 2026-08", "Sala 2 2026-08", "Bruno 2026-08"]
    assert len(fees.run("09-05")) == 3


def test_five_years_of_a_slip_are_not_made() -> None:
    fees = Fees({**FEE, "from": day("2006-08-10")})
    assert fees.run("08-20") == []
    assert fees.codes == ["recurring_too_many"]
    (issue,) = fees.issues
    assert "241" in issue.problem("en")


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ({"client": "Zoe"}, ["unknown_client"]),
        ({"client": None}, ["missing_client"]),
        ({"amount": 0}, ["zero_amount"]),
        ({"amount": "1.234"}, ["ambiguous_amount"]),
        ({"every": "sometimes"}, ["unknown_value"]),
        ({"day": 32}, ["invalid_number"]),
        ({"every": "Semana", "day": 8}, ["invalid_number"]),
        ({"day": None, "from": None}, ["missing_value"]),
        ({"every": "Ano", "from": None}, ["missing_value"]),
        ({"from": "31/02/2026"}, ["invalid_date"]),
        ({"until": day("08-09")}, ["until_before_from"]),
        ({"create_before": 400}, ["invalid_number"]),
        ({"policy": "Nenhuma"}, ["unknown_policy"]),
        ({"name": None}, ["missing_id"]),
        ({"active": "talvez"}, ["invalid_flag"]),
        ({"active": None, "day": 32}, ["unreadable_detail"]),
    ],
)
def test_a_wrong_row_makes_nothing_and_says_why(cells: Typed, codes: list[str]) -> None:
    fees = Fees()
    (clean,) = fees.team.words("recurring", [FEE])
    fees.store.type_rows("recurring", [{**clean, **cells}])
    assert fees.run("11-20") == []
    assert fees.codes == codes


def test_two_rows_of_one_name_make_nothing() -> None:
    fees = Fees(FEE, {**FEE, "name": "mensalidade  ana", "amount": 70.0, "active": False})
    assert fees.run("11-20") == []
    assert fees.codes == ["duplicate_recurring"]


def test_without_the_column_that_ends_a_rule_nothing_is_made() -> None:
    columns = [key for key in FEE if key != "until"]
    fees = Fees(FEE)
    sheet = MemoryStore.of(fees.store.read())
    fees.store = MemoryStore(
        {tab: sheet.rows(tab) for tab in ("clients", "recurring", "policy", "templates")},
        columns={"recurring": (*columns, "policy", "last_created")},
    )
    assert fees.run("11-20") == []
    assert "recurring_stopped" in fees.codes


@pytest.mark.parametrize(
    ("every", "cells", "names"),
    [
        (
            "week",
            {"day": 1, "from": day("08-05")},
            ["2026-W33", "2026-W34", "2026-W35", "2026-W36"],
        ),
        ("month", {"day": 31, "from": day("06-01")}, ["2026-06", "2026-07", "2026-08"]),
        ("year", {"day": None, "from": day("2024-02-29")}, ["2024", "2025", "2026"]),
        ("week", {"day": None, "from": day("08-20")}, ["2026-W34", "2026-W35"]),
        ("month", {"day": None, "from": day("07-15")}, ["2026-07", "2026-08"]),
    ],
)
def test_periods_have_names_and_short_months_their_last_day(
    every: str, cells: Typed, names: list[str]
) -> None:
    fees = Fees({**FEE, **cells, "every": every, "create_before": 0}, language="en")
    assert fees.run("08-31") == [f"Mensalidade Ana {name}" for name in names]
    due = [row["due_on"] for row in fees.store.rows("receivables")]
    if cells["day"] == 31:
        assert due == [day("06-30"), day("07-31"), day("08-31")]
    if every == "year":
        assert due == [day("2024-02-29"), day("2025-02-28"), day("2026-02-28")]


# The ledger, and properties.


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=SAO_PAULO)
    with Ledger(tmp_path / "ledger.sqlite3", lambda: now) as made:
        yield made


def test_the_ledger_remembers_the_last_day_and_never_goes_back(ledger: Ledger) -> None:
    ours = LedgerRecurrences(ledger)
    ours.remember(BOOK, {"A": day("08-10"), "B": day("08-11")})
    ours.remember(BOOK, {"A": day("08-09"), "B": day("09-11")})
    ours.remember("another", {"A": day("12-12")})
    assert ours.decided(BOOK) == {"A": day("08-10"), "B": day("09-11")}


_START = date(2026, 1, 1)
_DAYS = st.integers(0, 400).map(lambda days: _START + timedelta(days=days))
_RULES = st.builds(
    RecurringRule,
    name=st.just("Fee"),
    client=st.just("Ana"),
    amount=st.just(500),
    every=st.sampled_from([Every.MONTH, Every.YEAR]),
    day=st.integers(1, 31),
    month=st.integers(1, 12),
    starts_on=_DAYS,
    until=st.none() | _DAYS,
    create_before=st.integers(0, 40),
)


@given(_RULES, st.sets(_DAYS, min_size=1, max_size=6))
def test_whichever_days_runs_happen_all_due_dates_are_made_once(
    rule: RecurringRule, runs: set[date]
) -> None:
    facts, _ = read_facts(MemoryStore().read(), today=max(runs))
    facts = type(facts)(recurring=(rule,))
    decided: dict[str, date] = {}
    made: list[date] = []
    for today in sorted(runs):
        (found,) = rules.recurrences(facts, decided, today, str.casefold)
        assert all(new.issued_on <= today for new in found.new)
        made += [new.due_on for new in found.new]
        if found.decided is not None:
            decided[rule.name] = found.decided
    last = min(max(runs) + timedelta(days=rule.create_before), rule.until or date.max)
    assert rule.starts_on is not None
    assert made == list(due_dates(rule, rule.starts_on, last))
    assert len({period_of(rule.every, due_on) for due_on in made}) == len(made)


_DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["run", "run", "dies", "forget", "delete", "day", "off", "on", "until"]),
        st.integers(1, 28),
    ),
    max_size=14,
)


@settings(max_examples=40)
@given(_DEEDS)
def test_whatever_happens_no_period_is_charged_twice(deeds: list[tuple[str, int]]) -> None:
    fees = Fees(FEE)
    today = day("08-03")
    ever: list[str] = []
    for deed, number in deeds:
        match deed:
            case "run" | "dies":
                today += timedelta(days=number)
                ever += fees.run(today.isoformat(), dies=deed == "dies")
            case "forget":
                fees.decided.clear()
            case "delete" if fees.ids():
                fees.delete(fees.ids()[number % len(fees.ids())])
            case "day":
                fees.change(day=number)
            case "off" | "on":
                fees.change(active=deed == "on")
            case "until":
                fees.change(until=day("09-01") + timedelta(days=number * 9))
    assert len(ever) == len(set(ever))
    assert "recurring_twin" not in fees.codes


def test_forgetting_what_was_created_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = recurring_step

    def forgetful(*arguments: Any) -> RecurringStep:
        snapshot, facts, _, today = arguments
        return honest(snapshot, facts, {}, today)

    monkeypatch.setattr("tests.test_recurring.recurring_step", forgetful)
    with pytest.raises(AssertionError):
        test_a_pause_is_not_charged_afterwards()


# Whole runs on a workbook.


def desk(path: Path, **more: Any) -> Desk:
    """Ana's fee in an Excel workbook, in English, automatic; nothing else is owed."""
    book = make(
        path / "fees.xlsx",
        [invoice("F-1", "Ana", "06-01", paid_on=day("06-01"))],
        recurring=[{**FEE, **more}],
    )
    return Desk(book)


def test_a_fee_that_appears_is_chased_like_any_other_by_the_very_run_that_made_it(
    tmp_path: Path,
) -> None:
    ana = desk(tmp_path)
    code, said = ana.run("2026-08-17")
    assert code == 0
    (made,) = [row for row in ana.rows("receivables") if row["id"] != "F-1"]
    assert (made["id"], made["method"]) == ("Mensalidade Ana 2026-08", "Boleto")
    assert made["status"] == "Overdue"
    (decision,) = said["decisions"]
    assert [item["id"] for item in decision["receivables"]] == ["Mensalidade Ana 2026-08"]
    assert len(ana.letters()) == 1
    ana.run("2026-08-17")
    ana.run("2026-09-08")
    ids = [row["id"] for row in ana.rows("receivables")]
    assert ids == ["F-1", "Mensalidade Ana 2026-08", "Mensalidade Ana 2026-09"]
    (rule,) = ana.rows("recurring")
    assert rule["last_created"] == datetime(2026, 9, 10)  # noqa: DTZ001 -- a cell has no zone


def test_a_process_that_dies_before_the_ledger_knows_makes_the_fee_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    ana = desk(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(LedgerRecurrences, "remember", dies)
        with suppress(ValueError):  # the command says that it was interrupted, not JSON
            ana.run("2026-08-17")
    assert [row["id"] for row in ana.rows("receivables")] == ["F-1", "Mensalidade Ana 2026-08"]
    assert ana.letters() == []
    ana.run("2026-08-17")
    assert [row["id"] for row in ana.rows("receivables")] == ["F-1", "Mensalidade Ana 2026-08"]
    assert len(ana.letters()) == 1


def test_what_stops_a_rule_stands_in_issues_and_in_a_plan(tmp_path: Path) -> None:
    ana = desk(tmp_path, **{"from": day("2006-08-10")})
    ana.run("2026-08-17")
    assert [row["column"] for row in ana.rows("issues")] == ["Recurring"]
    assert [issue["problem"] for issue in ana.plan("2026-08-17")["issues"]] == [
        "recurring_too_many"
    ]
    assert len(ana.rows("receivables")) == 1
