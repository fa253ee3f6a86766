"""Clients, negotiations, aging, forecast, trends, runs and results as the tabs show them."""

import pytest

from sheet_templates import headings
from tests.team_workbook import Team, client, day, invoice

ANA = client("Ana", phone="(11) 98765-4321")
BRUNO = client("Bruno")


def test_clients_learn_their_habits_and_the_team_what_to_do() -> None:
    team = Team(
        {
            "clients": [ANA, client("Bruno", email=None), {"client": "Carla"}],
            "receivables": [
                invoice("F-1", "Ana", "01-05", paid_on=day("01-25")),
                invoice("F-2", "Ana", "02-04"),
                invoice("F-3", "Bruno", "03-30"),
            ],
        }
    )
    team.record("03-19")
    ana, bruno, carla = team.rows("clients")
    assert (ana["average_delay"], ana["on_time_rate"], ana["risk"]) == (20, 0, "Médio")
    assert (
        ana["suggestion"]
        == "Ligue: R$\N{NO-BREAK SPACE}100,00 em atraso, o mais antigo desde 04/02/2026."
    )
    assert (ana["open_balance"], ana["overdue_balance"]) == (100, 100)
    assert bruno["suggestion"] == (
        "Preencha o e-mail do cliente: R$\N{NO-BREAK SPACE}100,00 em aberto."
    )
    assert carla == {"client": "Carla", "open_balance": 0, "overdue_balance": 0, "points": 0}


def test_a_negotiation_gets_a_reference_once_and_says_how_it_stands() -> None:
    promise = {"at": day("03-10"), "client": "Ana", "kind": "promise", "pay_by": day("03-12")}
    team = Team(
        {
            "clients": [ANA],
            "receivables": [invoice("F-1", "Ana", "03-02")],
            "negotiations": [
                {**promise, "ref": "N-0007", "receivables": "F-1"},
                {"client": "Ana", "notes": "ainda escrevendo"},
                {**promise, "at": day("03-11"), "kind": "contact"},
            ],
        }
    )
    team.record("03-19")
    first, half, third = team.rows("negotiations")
    assert (first["ref"], first["outcome"]) == ("N-0007", "Quebrada")
    assert "ref" not in half
    assert (third["ref"], third["outcome"]) == ("N-0008", "Encerrada")
    team.type("negotiations", "N-0008", "kind", "Nota")
    team.record("03-20")
    assert "outcome" not in team.rows("negotiations")[2]


def test_beside_a_row_that_cannot_be_read_an_outcome_waits_for_the_next_run() -> None:
    contact = {"at": day("03-18"), "client": "Ana", "kind": "contact"}
    team = Team(
        {
            "clients": [ANA],
            "receivables": [invoice("F-1", "Ana", "03-02")],
            "negotiations": [{**contact, "kind": "conversa"}, contact],
        }
    )
    team.record("03-19")
    assert [row.get("outcome") for row in team.rows("negotiations")] == [None, None]
    assert [row["ref"] for row in team.rows("negotiations")] == ["N-0001", "N-0002"]
    team.record("03-19")
    assert [row.get("outcome") for row in team.rows("negotiations")] == [None, "Aberta"]


def test_aging_names_its_buckets_by_the_team_s_own_bounds() -> None:
    team = Team(
        {
            "clients": [ANA, BRUNO],
            "receivables": [
                invoice("F-1", "Ana", "02-02", "10.01"),
                invoice("F-2", "Bruno", "03-16", "20.02"),
                invoice("F-3", "Bruno", "04-15", "5.00"),
            ],
        },
        aging_bounds="10, 20",
    )
    team.record("03-19")
    assert team.rows("aging") == [
        {
            "client": "Dias de atraso",
            "not_due": "A vencer",
            "b1": "1–10",
            "b2": "11–20",
            "b3": "> 20",
        },
        {"client": "Total", "not_due": 5, "b1": 20.02, "b2": 0, "b3": 10.01, "total": 35.03},
        {"client": "Bruno", "not_due": 5, "b1": 20.02, "b2": 0, "b3": 0, "total": 25.02},
        {"client": "Ana", "not_due": 0, "b1": 0, "b2": 0, "b3": 10.01, "total": 10.01},
    ]


def test_the_forecast_begins_with_this_week_and_leaves_nothing_out() -> None:
    team = Team(
        {
            "clients": [ANA],
            "receivables": [
                invoice("F-1", "Ana", "03-19", "10.00"),
                invoice("F-2", "Ana", "2027-03-19", "20.00"),
                invoice("F-3", "Ana", "03-25", "40.00", disputed=True),
            ],
        }
    )
    team.record("03-19")
    weeks = team.rows("forecast")
    assert len(weeks) == 15
    assert (weeks[0]["week"], weeks[0]["from"], weeks[0]["until"]) == (
        "16/03",
        day("03-16"),
        day("03-22"),
    )
    assert [row["expected"] for row in weeks if row["expected"]] == [10, 20, 40]
    assert [row["week"] for row in weeks[-2:]] == ["Depois", "Sem data"]


def test_a_month_that_is_over_is_written_once() -> None:
    team = Team(
        {
            "clients": [ANA],
            "receivables": [
                invoice("F-1", "Ana", "02-10", "10.00", issued_on=day("01-15")),
                invoice(
                    "F-2", "Ana", "02-20", "30.00", issued_on=day("02-01"), paid_on=day("02-20")
                ),
            ],
        }
    )
    team.record("03-19")
    january, february = team.rows("trends")
    assert (january["month"], january["open_amount"]) == (day("01-01"), 10)
    assert (february["month"], february["open_amount"]) == (day("02-01"), 10)
    assert (february["overdue_amount"], february["received"]) == (10, 30)
    assert february["on_time_rate"] == 1
    assert team.store.read().figures["cei"] == february["cei"]
    team.record("03-31")
    assert len(team.rows("trends")) == 2
    assert team.store.read().figures["cei"] == february["cei"]
    team.record("04-01")
    assert [row["month"] for row in team.rows("trends")][2:] == [day("03-01")]


def test_the_run_tells_of_itself_once() -> None:
    team = Team(
        {
            "clients": [ANA],
            "receivables": [{**invoice("F-1", "Ana", "03-02"), "due_on": "31/02/2026"}],
        }
    )
    team.record("03-19")
    team.record("03-19")
    (row,) = team.rows("runs")
    assert row["run"] == "run-0"
    assert (row["mode"], row["result"], row["seconds"]) == ("Aprovação", "Concluída", 12)
    assert row["issues"] == len(team.rows("issues"))
    assert team.store.read().figures["last_run_result"] == "Concluída"


@pytest.mark.parametrize("language", headings.LANGUAGES)
def test_results_say_how_each_number_is_made(language: str) -> None:
    team = Team(
        {
            "clients": [client("Ana", segment="Varejo"), BRUNO],
            "receivables": [
                invoice("F-1", "Ana", "02-10", paid_on=day("02-20"), delay_reason="forgot"),
                invoice("F-2", "Bruno", "03-10", method="pix"),
            ],
        },
        language=language,
        mode="automatic",
    )
    team.run("03-13")
    rows = team.rows("results")
    for row in rows:
        assert str(row["explanation"]).endswith(".")
        assert row["period"]
        assert row["unit"]
    assert len({row["measure"] for row in rows}) == len(rows)
