"""What a run writes into the workbook: true, complete, of one sum, and only where it differs."""

import operator
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheet_templates import headings
from sheet_templates.schema import TABS, Owner
from sync.domain.asof import as_of
from sync.domain.decisions import Standing
from sync.domain.facts import Outcome
from sync.domain.metrics import received
from sync.views import engine_columns
from sync.views.recording import received_since
from sync.words import words
from sync.workbook import AppendRows, SetCells
from tests.domain_language import CALENDAR
from tests.team_workbook import Team, Typed, client, day, invoice, said

ANA = client("Ana", phone="(11) 98765-4321")
BRUNO = client("Bruno")


def amounts(rows: list[Typed], column: str) -> Decimal:
    """The sum of a column's numbers, to the cent."""
    found = (row.get(column) for row in rows)
    return sum((Decimal(str(v)) for v in found if isinstance(v, int | float)), Decimal(0))


# Beside each invoice.


def test_a_late_invoice_says_how_late_how_much_and_what_comes_next() -> None:
    team = Team(
        {"clients": [ANA], "receivables": [invoice("F-1", "Ana", "03-02", "1000.00")]},
        mode="automatic",
        late_fee=Decimal("0.02"),
        monthly_interest=Decimal("0.01"),
    )
    team.run("03-19")
    row = team.row("receivables", "F-1")
    assert {key: row.get(key) for key in engine_columns.COLUMNS} == {
        "status": "Vencido",
        "days_past_due": 17,
        "bucket": "1–30",
        "balance": 1000.00,
        "late_fee": 20.00,
        "interest": 5.67,
        "total_due": 1025.67,
        "last_reminder": day("03-19"),
        "last_step": "Primeiro lembrete",
        "next_reminder": day("03-26"),
        "hold_reason": words("pt-BR", "reasons.already_reminded"),
    }


def test_what_is_paid_void_or_written_off_owes_nothing_and_needs_no_reason() -> None:
    team = Team(
        {
            "clients": [ANA],
            "receivables": [
                invoice("paid", "Ana", "02-02", paid_on=day("02-10")),
                invoice("void", "Ana", "02-02", cancelled="void"),
                invoice("lost", "Ana", "02-02", cancelled="written_off"),
            ],
        }
    )
    team.record("03-19")
    shown = {str(row["id"]): row for row in team.rows("receivables")}
    assert [shown[key]["status"] for key in ("paid", "void", "lost")] == [
        "Pago",
        "Cancelado",
        "Baixado",
    ]
    assert shown["paid"]["balance"] == shown["paid"]["total_due"] == 0
    assert shown["paid"]["days_past_due"] == 8
    for row in shown.values():
        assert "hold_reason" not in row
        assert "bucket" not in row
        assert "next_reminder" not in row
    assert "balance" not in shown["void"]
    assert "balance" not in shown["lost"]
    assert "days_past_due" not in shown["lost"]


def test_a_row_that_stops_says_why_in_the_workbook_s_language() -> None:
    rows = {
        "clients": [client("Ana", do_not_contact=True), BRUNO],
        "receivables": [
            invoice("F-1", "Ana", "03-02"),
            invoice("F-2", "Bruno", "03-02", disputed=True),
            invoice("F-3", "Bruno", "04-02", hold_until=day("12-31")),
        ],
    }
    for language in headings.LANGUAGES:
        team = Team(rows, language=language)
        team.record("03-19")
        why = {str(row["id"]): row["hold_reason"] for row in team.rows("receivables")}
        assert why == {
            "F-1": words(language, "reasons.do_not_contact"),
            "F-2": words(language, "reasons.disputed"),
            "F-3": words(language, "reasons.on_hold"),
        }


def test_nothing_stands_beside_what_nothing_stops() -> None:
    team = Team(
        {"clients": [ANA], "receivables": [invoice("F-1", "Ana", "03-02")]}, mode="automatic"
    )
    team.record("03-19")  # it would go with the next run
    assert "hold_reason" not in team.row("receivables", "F-1")
    assert team.row("receivables", "F-1")["next_reminder"] == day("03-19")


def test_a_row_that_cannot_be_read_says_so_and_shows_no_amount() -> None:
    team = Team(
        {
            "clients": [ANA],
            "receivables": [
                {"id": "F-1", "client": "Ana", "due_on": "31/02/2026", "amount": Decimal(10)},
                {"client": "Ana", "due_on": day("03-02"), "amount": Decimal(10)},  # no number
                {"status": "Vencido", "balance": 10},  # the person deleted what was theirs
            ],
        }
    )
    team.record("03-19")
    wrong = {"status": "Problema", "hold_reason": words("pt-BR", "reasons.row_problem")}
    first, second, *rest = team.rows("receivables")
    assert first.items() >= wrong.items()
    assert second.items() >= wrong.items()
    assert "balance" not in first
    assert rest == []


def test_a_number_typed_as_an_invoice_s_name_finds_its_row() -> None:
    team = Team({"clients": [ANA], "receivables": [{**invoice("x", "Ana", "03-02"), "id": 1001}]})
    team.record("03-19")
    (row,) = team.rows("receivables")
    assert (row["id"], row["status"]) == (1001, "Vencido")


def test_an_invoice_in_a_plan_leaves_its_amounts_to_the_instalments() -> None:
    team = Team(
        {
            "clients": [ANA],
            "receivables": [invoice("F-1", "Ana", "03-02", "300.00")],
            "negotiations": [
                {
                    "at": day("03-10"),
                    "client": "Ana",
                    "receivables": "F-1",
                    "kind": "agreement",
                    "ref": "N-0001",
                }
            ],
            "instalments": [
                {
                    "instalment": f"N-0001/{n}",
                    "agreement": "N-0001",
                    "client": "Ana",
                    "receivables": "F-1",
                    "due_on": day(f"0{3 + n}-10"),
                    "amount": Decimal(150),
                }
                for n in (1, 2)
            ],
        }
    )
    team.record("03-19")
    original = team.row("receivables", "F-1")
    assert (original["status"], original.get("balance")) == ("Em acordo", None)
    assert original["hold_reason"] == words("pt-BR", "reasons.in_plan")
    assert [row["balance"] for row in team.rows("instalments")] == [150, 150]
    assert team.row("negotiations", "N-0001")["outcome"] == "Aberta"
    assert team.row("clients", "Ana")["open_balance"] == 300


# Every total is the sum of its rows.

NAMES = st.sampled_from(["Ana", "Bruno", "=Soma", "Zé & Filhos"])
CENTS = st.integers(1, 999_999).map(lambda cents: Decimal(cents).scaleb(-2))
DAYS = st.dates(date(2025, 6, 1), date(2026, 6, 30))


@st.composite
def invoices(draw: st.DrawFn) -> list[Typed]:
    rows = []
    for number in range(draw(st.integers(0, 12))):
        amount = draw(CENTS)
        row: Typed = {
            "id": f"F-{number}",
            "client": draw(NAMES),
            "due_on": draw(DAYS),
            "amount": amount,
        }
        extra = draw(st.sampled_from(["open", "open", "paid", "part", "void", "lost", "disputed"]))
        if extra in {"paid", "part"}:
            row["paid_on"] = draw(st.dates(date(2025, 6, 1), date(2026, 3, 19)))
        if extra == "part":
            row["paid_amount"] = (amount / 3).quantize(Decimal("0.01"))
        if extra == "disputed":
            row["disputed"] = "Sim"
        if extra in {"void", "lost"}:
            row["cancelled"] = "Cancelado" if extra == "void" else "Baixado"
        rows.append(row)
    return rows


def totals(team: Team) -> dict[str, Decimal]:
    """The open amount as each place of the workbook tells it."""
    _, whole, *clients = team.rows("aging")
    items = team.rows("receivables") + team.rows("instalments")
    buckets = ("not_due", "b1", "b2", "b3", "b4", "b5")
    weeks = team.rows("forecast")
    figures = team.store.read().figures
    (open_row,) = [r for r in team.rows("results") if r["measure"] == "Em aberto"]
    return {
        "rows": amounts(items, "balance"),
        "aging": Decimal(str(whole["total"])),
        "aging by client": amounts(clients, "total"),
        "aging by bucket": sum((amounts(clients, b) for b in buckets), Decimal(0)),
        "aging's buckets": sum((amounts([whole], b) for b in buckets), Decimal(0)),
        "clients": amounts(team.rows("clients"), "open_balance"),
        "forecast": sum(
            (amounts(weeks, c) for c in ("expected", "promised", "instalments")), Decimal(0)
        ),
        "dashboard": Decimal(str(figures["open_amount"])),
        "results": Decimal(str(open_row["value"])),
    }


def book_of(rows: list[Typed]) -> Team:
    people = [client(name, email="x@example.com") for name in ("Ana", "Bruno", "=Soma")]
    people.append(client("Zé & Filhos", email="x@example.com"))
    return Team(
        {"clients": people, "receivables": rows},
        monthly_interest=Decimal("0.01"),
        late_fee=Decimal("0.02"),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(invoices())
def test_every_place_that_tells_the_open_amount_tells_the_same(rows: list[Typed]) -> None:
    team = book_of(rows)
    team.record("03-19")
    told = totals(team)
    assert len(set(told.values())) == 1, told
    overdue = Decimal(str(team.store.read().figures["overdue_amount"]))
    late = [r for r in team.rows("receivables") if r.get("balance") and r["days_past_due"]]
    assert overdue == amounts(late, "balance") == amounts(team.rows("clients"), "overdue_balance")


def test_a_view_that_shows_the_face_amount_of_what_is_partly_paid_would_be_caught(
    monkeypatch: Any,
) -> None:
    def face(standing: Standing) -> tuple[Any, ...]:
        return (standing.amount, None, None, standing.amount)

    monkeypatch.setattr(engine_columns, "_amounts", face)
    row = invoice("F-1", "Ana", "02-02", paid_on=day("02-03"), paid_amount=Decimal(30))
    team = book_of([row])
    team.record("03-19")
    assert len(set(totals(team).values())) > 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(invoices(), st.lists(st.tuples(st.integers(0, 11), CENTS, DAYS), max_size=8))
def test_money_of_the_month_is_the_same_when_old_invoices_are_not_asked(
    rows: list[Typed], lines: list[tuple[int, Decimal, date]]
) -> None:
    team = book_of(rows)
    team.store.type_rows(
        "payments",
        [
            {"receivable": f"F-{n}", "client": "Ana", "amount": amount, "paid_on": on}
            for n, amount, on in lines
        ],
    )
    view, _ = team.look("03-19")
    facts = as_of(view.facts, view.run_date)
    first = day("03-01")
    assert received_since(facts, CALENDAR, first, view.run_date) == received(
        facts, CALENDAR, first, view.run_date
    )


def test_a_view_that_takes_a_file_s_number_for_another_amount_would_be_caught(
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(engine_columns, "same", operator.eq)
    team = book_of([invoice("F-1", "Ana", "03-02", "10.10")])
    team.record("03-19")
    assert said(team.record("03-19"), SetCells) != []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(invoices(), st.sampled_from(list(Outcome)))
def test_what_stands_there_already_is_not_written_again(rows: list[Typed], end: Outcome) -> None:
    team = book_of(rows)
    team.run("03-19", end)
    revision = team.store.revision()
    again = team.record("03-19")
    assert said(again, SetCells) == []
    assert said(again, AppendRows) == []
    assert team.store.revision() == revision


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(invoices())
def test_no_cell_of_the_team_s_changes_in_any_tab(rows: list[Typed]) -> None:
    team = book_of(rows)
    before = theirs(team)
    team.run("03-19")
    team.run("03-20")
    assert theirs(team) == before


def theirs(team: Team) -> dict[str, list[Any]]:
    """Every cell in a column of the team's, of every tab that is not a log."""
    snapshot = team.store.read()
    return {
        tab.key: [
            [tab.value(row, column.key) for column in TABS[tab.key].by_owner(Owner.USER)]
            for row in tab.rows
        ]
        for tab in snapshot.tabs.values()
        if TABS[tab.key].by_owner(Owner.USER)
    }


def test_only_the_rows_that_differ_are_named() -> None:
    rows = [invoice(f"F-{n}", "Ana", "02-02", paid_on=day("02-03")) for n in range(50)]
    team = Team({"clients": [ANA], "receivables": [*rows, invoice("open", "Ana", "03-02")]})
    team.record("03-19")
    next_day = [c for c in team.record("03-20") if isinstance(c, SetCells)]
    assert [(c.row, dict(c.values)) for c in next_day if c.tab == "receivables"] == [
        ("open", {"days_past_due": 18, "next_reminder": day("03-20")})
    ]
