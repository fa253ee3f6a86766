"""History: claims, outcomes, and what mends itself; and text that stays what it is."""

from datetime import date

from sync.domain.facts import Outcome
from sync.views.cells import LONGEST_TEXT, clipped, date_text
from sync.workbook import SetCells
from tests.team_workbook import Team, client, invoice, said, three


def test_a_claim_stands_as_sending_and_then_as_what_became_of_it() -> None:
    team = three(mode="automatic")
    team.run("03-19")
    (row,) = team.rows("history")
    assert row["outcome"] == "Enviado"
    assert row["receivables"] == "F-1"
    assert row["keys"] == "F-1|2026-03-16|Padrão|Primeiro lembrete|3|0"
    assert (row["subject"], row["run"], row["by"]) == ("Oi", "r", "tests")


def test_what_the_ledger_knows_and_history_lost_is_written_again() -> None:
    team = three(mode="automatic")
    team.run("03-19")
    kept = team.rows("history")
    yesterday = Team(
        {
            "clients": [client("Ana"), client("Bruno"), client("Carla")],
            "receivables": [invoice("F-1", "Ana", "03-16", "100.00")],
        },
        mode="automatic",
    )
    yesterday.ledger = dict(team.ledger)
    yesterday.run("03-20")
    (row,) = yesterday.rows("history")
    same = ("at", "client", "step", "reference", "message_id", "keys", "outcome", "total")
    assert {key: row[key] for key in same} == {key: kept[0][key] for key in same}


def test_a_cancelled_message_never_left_and_is_not_written_again() -> None:
    team = three(mode="automatic")
    team.run("03-19", Outcome.CANCELLED)
    (row,) = team.rows("history")
    assert row["outcome"] == "Cancelado"
    team.store.type_cell("history", 2, "reference", None)  # somebody blanked it
    team.record("03-19")
    assert len(team.rows("history")) == 1


def test_what_a_person_did_by_hand_is_found_by_its_reference() -> None:
    team = three(mode="automatic")
    team.run("03-19")
    team.store.type_cell("history", 2, "message_id", None)
    team.store.type_cell("history", 2, "outcome", "Enviando")
    changes = [
        c for c in said(team.record("03-20"), SetCells) if getattr(c, "tab", "") == "history"
    ]
    assert changes == [SetCells(tab="history", row=2, values={"outcome": "Enviado"})]


def test_text_is_clipped_before_a_cell_would_cut_it() -> None:
    assert clipped("a" * LONGEST_TEXT) == "a" * LONGEST_TEXT
    assert clipped("a" * (LONGEST_TEXT + 1)) == "a" * (LONGEST_TEXT - 1) + "…"


def test_names_that_look_like_formulas_stay_names() -> None:
    team = Team(
        {
            "clients": [client("=1+1", email="x@example.com")],
            "receivables": [invoice("@F", "=1+1", "03-16")],
        },
        mode="automatic",
    )
    team.run("03-19")
    assert team.rows("history")[0]["client"] == "=1+1"
    assert team.rows("aging")[2]["client"] == "=1+1"


def test_dates_and_amounts_read_as_people_write_them() -> None:
    assert date_text("pt-BR", date(2026, 3, 9)) == "09/03/2026"
    assert date_text("en", date(2026, 3, 9)) == "Mar 9, 2026"
