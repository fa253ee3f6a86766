"""The queue and History: what goes next, what a person may decide, what became of each message."""

from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheet_templates import headings
from sync.domain.facts import Outcome
from sync.queue_key import decode_shown
from sync.views import queue as queue_view
from sync.views import record
from sync.views.cells import LONGEST_TEXT, clipped, date_text, money_text
from sync.views.chat import LONGEST_LINK, chat_link, chat_number
from sync.views.issues_tab import quoted
from sync.views.view_input import LetterPreview
from sync.words import words
from sync.workbook import Link, ReplaceBody, SetCells
from tests.team_workbook import Team, Typed, client, day, invoice, said

ANA = client("Ana")
BRUNO = client("Bruno")
CARLA = client("Carla")


def queue(team: Team) -> list[tuple[Any, ...]]:
    """The queue as (client, step, state)."""
    return [(row["client"], row.get("step"), row["state"]) for row in team.rows("queue")]


def three(**settings: Any) -> Team:
    """Ana is due her first reminder, Bruno disputes his, Carla is due hers tomorrow."""
    return Team(
        {
            "clients": [ANA, BRUNO, CARLA],
            "receivables": [
                invoice("F-1", "Ana", "03-16", "100.00"),
                invoice("F-2", "Bruno", "03-16", disputed=True),
                invoice("F-3", "Carla", "03-23"),
            ],
        },
        **settings,
    )


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


# Links.


def test_a_chat_step_comes_with_a_link_and_an_e_mail_without() -> None:
    rows: dict[str, list[Typed]] = {
        "clients": [client("Ana", phone="(11) 98765-4321"), client("Bruno", phone="123")],
        "receivables": [invoice("F-1", "Ana", "03-16"), invoice("F-2", "Bruno", "03-16")],
        "policy": [
            {
                "policy": "Padrão",
                "step": "Conversa",
                "offset": 3,
                "channel": "whatsapp",
                "template": "Mensagem de WhatsApp",
                "active": True,
            }
        ],
    }
    team = Team(rows, mode="automatic")
    team.letters["Ana", "Conversa"] = LetterPreview(subject="", text="Olá, Ana & Cia!")
    view, _ = team.look("03-19")
    (body,) = [c for c in record(view) if isinstance(c, ReplaceBody) and c.tab == "queue"]
    links = {row["client"]: row["whatsapp"] for row in body.rows}
    assert links["Ana"] == Link(
        "Abrir conversa", "https://wa.me/5511987654321?text=Ol%C3%A1%2C%20Ana%20%26%20Cia%21"
    )
    assert links["Bruno"] is None
    team = three(mode="automatic")
    team.record("03-19")
    assert not any("whatsapp" in row for row in team.rows("queue"))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("(11) 98765-4321", "5511987654321"),
        ("011 98765 4321", "5511987654321"),
        ("+55 11 98765-4321", "5511987654321"),
        ("5511987654321", "5511987654321"),
        ("0055 11 98765-4321", "5511987654321"),
        ("11 3456-7890", "551134567890"),
        ("(55) 99876-5432", "5555998765432"),  # the area of Santa Maria is 55
        ("+351 912 345 678", "351912345678"),
        ("+1 (415) 555-2671", "14155552671"),
        ("98765-4321", None),  # no area code
        ("+55 98765-4321", None),
        ("ramal 12", None),
        ("١١٩٨٧٦٥٤٣٢١", None),
        ("", None),
        (None, None),
    ],
)
def test_a_brazilian_number_needs_no_country_code(typed: str | None, number: str | None) -> None:
    assert chat_number(typed) == number


@given(st.text(max_size=3000))
def test_a_link_opens_the_text_or_its_beginning_and_is_never_too_long(text: str) -> None:
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return
    link = chat_link("11987654321", text)
    assert link is not None
    assert len(link) <= LONGEST_LINK
    (got,) = parse_qs(urlsplit(link).query, keep_blank_values=True).get("text", [""])
    assert got == text or (got.endswith("…") and text.startswith(got[:-1]))


def test_an_issue_leads_to_its_cell() -> None:
    team = Team(
        {
            "clients": [ANA],
            "receivables": [
                {**invoice("F-1", "Ana", "03-16"), "method": "=Pix"},
                {**invoice("F-2", "Ana", "03-16"), "due_on": "31/02/2026"},
            ],
        }
    )
    view, _ = team.look("03-19")
    (body,) = [c for c in record(view) if isinstance(c, ReplaceBody) and c.tab == "issues"]
    dates = [row for row in body.rows if row["value"] == "31/02/2026"]
    assert [(row["tab"], row["row"], row["column"]) for row in dates] == [
        ("Recebíveis", Link("3", "#Recebíveis!E3"), "Vencimento")
    ]
    severities = [row["severity"] for row in body.rows]
    assert severities == sorted(severities, key=lambda word: word != "Erro")
    assert all(row["problem"] and row["repair"] for row in body.rows)


@pytest.mark.parametrize(
    ("title", "reference"),
    [
        ("Recebíveis", "Recebíveis"),
        ("Vencidos por faixa", "'Vencidos por faixa'"),
        ("D'Ávila", "'D''Ávila'"),
        ("A1", "'A1'"),
        ("R1C1", "'R1C1'"),
        ("2026", "'2026'"),
    ],
)
def test_a_tab_s_name_is_quoted_when_a_reference_needs_it(title: str, reference: str) -> None:
    assert quoted(title) == reference


# History.


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
            "clients": [ANA, BRUNO, CARLA],
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


# Text.


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
    assert date_text("en", date(2026, 3, 9)) == "9 Mar 2026"


@pytest.mark.parametrize("language", headings.LANGUAGES)
def test_a_whole_day_works_in_both_languages(language: str) -> None:
    team = three(mode="automatic", language=language)
    team.run("03-19")
    state = headings.value_text(language, "queue_state", "held")
    assert ("Bruno", state) in [(row["client"], row["state"]) for row in team.rows("queue")]
