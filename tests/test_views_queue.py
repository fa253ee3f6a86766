"""The queue and History: what goes next, what a person may decide, what became of each message."""

from typing import Any

import pytest

from sheet_templates import headings
from sync.domain.facts import Outcome
from sync.queue_key import decode_shown
from sync.views import queue as queue_view
from sync.views.cells import money_text
from sync.words import words
from tests.team_workbook import Team, client, day, invoice, three


def queue(team: Team) -> list[tuple[Any, ...]]:
    """The queue as (client, step, state)."""
    return [(row["client"], row.get("step"), row["state"]) for row in team.rows("queue")]


def test_the_queue_says_what_goes_what_waits_and_what_is_held() -> None:
    team = three()
    team.record("03-19")
    assert queue(team) == [
        ("Ana", "Primeiro lembrete", "Aguarda aprovação"),
        ("Carla", "Aviso antes do vencimento", "Aguarda aprovação"),
        ("Bruno", "Primeiro lembrete", "Suspenso"),
    ]
    ana, carla, bruno = team.rows("queue")
    assert (ana["receivables"], ana["total"], ana["to"]) == ("F-1", 100, "ana@example.com")
    assert ana["send_on"] == day("03-19")
    assert carla["send_on"] == day("03-20")
    assert bruno["reason"] == words("pt-BR", "reasons.disputed")
    assert "send_on" not in bruno
    assert not any(
        tick in row for row in team.rows("queue") for tick in ("approve", "skip", "done")
    )
    shown = decode_shown(str(ana["key"]))
    assert [(item.id, item.due_on) for item in shown.items] == [("F-1", day("03-16"))]
    assert shown.shown_on == day("03-19")


def test_in_automatic_mode_what_goes_by_itself_says_when() -> None:
    team = three(mode="automatic")
    team.record("03-19")
    ana, carla, _ = team.rows("queue")
    assert (ana["state"], ana["reason"]) == ("Pronto", words("pt-BR", "views.queue.goes_next"))
    assert carla["reason"] == words("pt-BR", "views.queue.goes_on", day="20/03/2026")
    figures = team.store.read().figures
    assert (figures["queue_ready"], figures["queue_held"]) == (2, 1)


def test_what_was_sent_today_is_no_longer_in_the_queue_even_with_the_plan_from_before() -> None:
    team = three(mode="automatic")
    before, _ = team.look("03-19")
    team.run("03-19")
    assert [row["client"] for row in team.rows("queue")] == ["Carla", "Bruno"]
    after, _ = team.look("03-19")
    lines = queue_view.queue_lines(
        type(after)(
            snapshot=after.snapshot,
            facts=after.facts,
            plan=before.plan,
            run=after.run,
            calendar=after.calendar,
            reminders=after.reminders,
        )
    )
    assert [line.client for line in lines] == ["Carla", "Bruno"]


# Choices.


def test_an_approval_for_tomorrow_stays_on_its_row_with_the_key_it_was_made_on() -> None:
    team = three()
    team.record("03-19")
    before = team.row("queue", "Carla")
    number = team.number("queue", "client", "Carla")
    team.tick("approve", "Carla")
    team.type("receivables", "F-2", "disputed", None)  # Bruno's row moves up, were it free to
    team.record("03-19")
    after = team.row("queue", "Carla")
    assert after["approve"] == "Sim"
    assert after["key"] == before["key"]
    assert team.number("queue", "client", "Carla") == number
    assert team.number("queue", "client", "Ana") == 2


def test_settled_rows_are_blank_and_new_ones_below_until_nothing_is_pending() -> None:
    team = three()
    team.record("03-19")
    team.tick("approve", "Carla")
    team.type("receivables", "F-1", "paid_on", day("03-19"))
    team.store.type_rows("clients", [client("Davi")])
    team.store.type_rows("receivables", [invoice("F-4", "Davi", "03-10")])
    team.record("03-19")
    tab = team.store.read().tabs["queue"]
    assert [(row.number, tab.value(row, "client")) for row in tab.rows] == [
        (3, "Carla"),
        (4, "Bruno"),
        (5, "Davi"),
    ]
    team.run("03-20")  # Carla's goes: nothing is pending any more
    tab = team.store.read().tabs["queue"]
    assert [(row.number, tab.value(row, "client"), tab.value(row, "step")) for row in tab.rows] == [
        (2, "Davi", "Primeiro lembrete"),
        (3, "Carla", "Vence hoje"),
        (4, "Bruno", "Primeiro lembrete"),
    ]
    assert not any("approve" in row for row in team.rows("queue"))
    assert [row["client"] for row in team.rows("history")] == ["Carla"]


def test_an_approval_that_was_carried_out_is_cleared() -> None:
    team = three()
    team.record("03-19")
    team.tick("approve", "Ana")
    team.run("03-19")
    assert "Ana" not in [row["client"] for row in team.rows("queue")]
    assert not any("approve" in row for row in team.rows("queue"))


def test_an_approval_of_another_amount_is_void_and_asked_for_again() -> None:
    team = three()
    team.record("03-19")
    old = team.row("queue", "Ana")["key"]
    team.tick("approve", "Ana")
    team.type("receivables", "F-1", "amount", 500)
    team.run("03-19")
    row = team.row("queue", "Ana")
    assert "approve" not in row
    assert row["key"] != old
    assert row["reason"] == words("pt-BR", "reasons.changed_since_approval")
    assert team.rows("history") == []


def test_a_skip_is_recorded_and_its_row_leaves() -> None:
    team = three()
    team.record("03-19")
    team.tick("skip", "Ana")
    team.run("03-19")
    assert "Ana" not in [row["client"] for row in team.rows("queue")]
    (row,) = team.rows("history")
    assert (row["client"], row["outcome"]) == ("Ana", "Pulado")


def test_two_ticks_on_a_row_stay_until_a_person_takes_one_away() -> None:
    team = three()
    team.record("03-19")
    team.tick("approve", "Ana")
    team.tick("skip", "Ana")
    team.run("03-19")
    row = team.row("queue", "Ana")
    assert (row["approve"], row["skip"]) == ("Sim", "Sim")
    assert team.rows("history") == []
    assert words("pt-BR", "issues.contradictory_choice.problem").split("{")[0][:10] in str(
        team.rows("issues")[0]["problem"]
    )


def test_a_tick_beside_nothing_that_is_due_any_more_goes_with_its_row() -> None:
    team = three()
    team.record("03-19")
    team.tick("approve", "Ana")
    team.type("receivables", "F-1", "paid_on", day("03-19"))
    team.run("03-19")
    assert "Ana" not in [row["client"] for row in team.rows("queue")]
    assert team.rows("history") == []


def test_an_uncertain_message_comes_first_and_asks_once() -> None:
    team = three(mode="automatic")
    team.run("03-19", Outcome.UNCERTAIN)
    first, *others = team.rows("queue")
    assert (first["client"], first["state"]) == ("Ana", "Incerto")
    assert first["reason"] == words(
        "pt-BR",
        "views.queue.uncertain",
        day="19/03/2026",
        total=money_text("pt-BR", team.ledger["R1AnaPrimeiro lembrete"].total),
    )
    assert decode_shown(str(first["key"])).reference == "R1AnaPrimeiro lembrete"
    assert "Ana" not in [row["client"] for row in others]
    assert team.row("receivables", "F-1")["hold_reason"] == words("pt-BR", "reasons.uncertain")


def test_a_tick_on_an_uncertain_message_stays_until_somebody_settled_it() -> None:
    team = three(mode="automatic")
    team.run("03-19", Outcome.UNCERTAIN)
    team.tick("skip", "Ana")
    team.record("03-19")
    assert team.row("queue", "Ana")["skip"] == "Sim"
    (reference,) = team.ledger
    message = team.ledger[reference]
    team.ledger[reference] = type(message)(
        **{name: getattr(message, name) for name in message.__slots__} | {"outcome": Outcome.SENT}
    )
    team.record("03-19")
    assert "Ana" not in [row["client"] for row in team.rows("queue")]
    assert team.rows("history")[0]["outcome"] == "Enviado"


@pytest.mark.parametrize("language", headings.LANGUAGES)
def test_a_whole_day_works_in_both_languages(language: str) -> None:
    team = three(mode="automatic", language=language)
    team.run("03-19")
    state = headings.value_text(language, "queue_state", "held")
    assert ("Bruno", state) in [(row["client"], row["state"]) for row in team.rows("queue")]


def test_the_queue_says_what_to_tick_and_the_row_where() -> None:
    team = three()
    team.record("03-19")
    waiting = team.row("queue", "Carla")
    assert waiting["reason"] == words("pt-BR", "views.queue.approve", day="20/03/2026")
    held = words("pt-BR", "reasons.needs_approval")
    assert team.row("receivables", "F-1")["hold_reason"] == held


def test_two_rows_of_one_client_and_step_do_not_take_each_other_s_places() -> None:
    team = three(mode="automatic")
    team.run("03-19", Outcome.UNCERTAIN)
    team.store.type_rows("receivables", [invoice("F-9", "Ana", "03-10")])
    team.record("03-23")  # her other invoice is due the same step
    assert [row["client"] for row in team.rows("queue")].count("Ana") == 2
    tab = team.store.read().tabs["queue"]
    first, second = (row.number for row in tab.rows if tab.value(row, "client") == "Ana")
    for pressed in (first, second):
        copy = team.store.copy()
        team.store.type_cell("queue", pressed, "skip", "Sim")
        before = team.store.read().tabs["queue"]
        keys = {row.number: before.value(row, "key") for row in before.rows}
        team.record("03-23")
        after = team.store.read().tabs["queue"]
        assert {row.number: after.value(row, "key") for row in after.rows} == keys
        assert [row.number for row in after.rows if after.value(row, "skip")] == [pressed]
        team.store = copy


def test_what_a_person_settled_stays_until_it_is_recorded() -> None:
    team = three()
    team.record("03-19")
    team.tick("skip", "Ana")
    team.record("03-19")  # the run that should have recorded it did not
    row = team.row("queue", "Ana")
    assert (row["skip"], row["reason"]) == ("Sim", words("pt-BR", "reasons.skipped"))
    team.run("03-19")
    assert "Ana" not in [row["client"] for row in team.rows("queue")]


def test_a_ladder_at_its_end_says_so() -> None:
    team = three(mode="automatic")
    team.store.type_rows("clients", [client("Eva")])
    team.store.type_rows("receivables", [invoice("F-9", "Eva", "03-16", policy="Curta")])
    step = {"policy": "Curta", "step": "Só uma", "offset": 1, "channel": "email"}
    only = {**step, "template": "Primeiro lembrete", "active": True}
    team.store.type_rows("policy", team.words("policy", [only]))
    team.run("03-19")
    row = team.row("receivables", "F-9")
    assert row["last_step"] == "Só uma"
    assert row["hold_reason"] == words("pt-BR", "views.why.ladder_ended")
    assert "next_reminder" not in row
