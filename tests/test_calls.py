"""Work done by hand: what the queue gives for it, and what came of a call."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sheet_templates import headings
from sheet_templates.schema import LISTS, TABS
from sync.stores.memory import MemoryStore
from sync.views import calls, record
from sync.views.view_input import LetterPreview
from sync.words import LANGUAGES, words
from sync.workbook import Link, ReplaceBody
from tests.team_workbook import Team, Typed, client, day, invoice
from tests.workbooks import Desk, columns_of, edit, make, sheet_of


def ladder(language: str, channel: str) -> list[Typed]:
    """A call after three days, a letter a week later."""
    names = headings.locale(language)["letter_names"]
    return [
        {
            "policy": "Padrão",
            "step": step,
            "offset": offset,
            "channel": by,
            "template": names[letter],
            "active": True,
        }
        for step, offset, by, letter in (
            ("Telefonar", 3, channel, "call"),
            ("Carta", 10, "email", "first_reminder"),
        )
    ]


def desk(language: str = "pt-BR", channel: str = "call") -> Team:
    """Ana and Bruno are due a call about what they owe since 16 March."""
    team = Team(
        {
            "clients": [client("Ana", phone="(11) 98765-4321"), client("Bruno")],
            "receivables": [
                invoice("F-1", "Ana", "03-16"),
                invoice("F-2", "Ana", "03-13"),
                invoice("F-3", "Bruno", "03-16"),
            ],
            "policy": ladder(language, channel),
        },
        language=language,
        mode="automatic",
    )
    team.record("03-19")
    return team


def choose(team: Team, of: str, result: str) -> None:
    """A person chooses what came of the call."""
    text = headings.value_text(team.language, "call_result", result)
    team.store.type_cell("queue", team.number("queue", "client", of), "call_result", text)


def talks(team: Team) -> list[tuple[Any, ...]]:
    """Negotiations as (client, kind, invoices)."""
    rows = team.rows("negotiations")
    return [(row["client"], row["kind"], row.get("receivables")) for row in rows]


@pytest.mark.parametrize(
    ("result", "kind", "why"),
    [
        ("reached", "contact", "awaiting_answer"),
        ("promised", "proposal", "awaiting_answer"),
        ("disputed", "dispute", "disputed"),
        ("wrong_number", "note", None),
        ("no_answer", "note", None),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_result_of_a_call_becomes_a_row_once_and_holds_what_it_says(
    language: str, result: str, kind: str, why: str | None
) -> None:
    team = desk(language)
    choose(team, "Ana", result)
    team.run("03-19")
    word = headings.value_text(language, "kind", kind)
    assert talks(team) == [("Ana", word, "F-2; F-1")]
    (row,) = team.rows("negotiations")
    (call,) = team.rows("history")
    assert row["ref"] == f"C-{call['reference']}"
    assert row["by"] == "tests"
    assert row["channel"] == headings.value_text(language, "channel", "call")
    assert row["notes"]
    assert "Ana" not in [line["client"] for line in team.rows("queue")]
    team.run("03-20")
    assert len(team.rows("negotiations")) == 1
    _, plan = team.look("03-20")
    blocked = {standing.blocked for standing in plan.standings.values() if standing.client == "Ana"}
    assert blocked == {why}
    assert view_codes(team, "03-20") == []


def view_codes(team: Team, today: str) -> list[str]:
    """The codes of what is wrong in the workbook."""
    return [issue.code for issue in team.look(today)[0].issues]


@pytest.mark.parametrize(
    ("channel", "link", "title"),
    [
        ("whatsapp", "https://wa.me/5511987654321?text=Ol%C3%A1%20Ana", "Abrir conversa"),
        ("sms", "sms:+5511987654321?body=Ol%C3%A1%20Ana", "Abrir mensagem"),
        ("call", "tel:+5511987654321", "Discar"),
        ("email", None, None),
    ],
)
def test_each_channel_has_its_link_and_its_words(
    channel: str, link: str | None, title: str | None
) -> None:
    team = desk(channel=channel)
    team.letters["Ana", "Telefonar"] = LetterPreview(subject="Assunto", text="Olá Ana")
    view, _ = team.look("03-19")
    (body,) = [c for c in record(view) if isinstance(c, ReplaceBody) and c.tab == "queue"]
    rows = {str(row["client"]): row for row in body.rows}
    assert rows["Ana"]["whatsapp"] == (Link(str(title), link) if link else None)
    assert rows["Ana"]["subject"] == ("Assunto" if channel == "email" else "Olá Ana")
    assert rows["Bruno"]["whatsapp"] is None  # no number


def test_done_alone_writes_no_row_and_a_result_waits_for_the_call_to_be_written_down() -> None:
    team = desk()
    team.tick("done", "Bruno")
    choose(team, "Ana", "reached")
    team.record("03-19")  # no run has claimed the calls yet
    assert team.rows("negotiations") == []
    ana = team.row("queue", "Ana")
    assert (ana["call_result"], ana["done"]) == ("Falei", "Sim")
    team.run("03-19")
    assert [row["client"] for row in team.rows("history")] == ["Ana", "Bruno"]
    assert [talk[0] for talk in talks(team)] == ["Ana"]


def test_a_record_that_was_lost_is_written_by_the_next_run_once() -> None:
    team = desk()
    choose(team, "Ana", "disputed")
    before = team.store.copy()
    team.run("03-19")
    team.store = before  # the last write is lost; the ledger knows of the call
    team.run("03-20")
    team.run("03-20")
    assert [(client_, kind) for client_, kind, _ in talks(team)] == [("Ana", "Contestação")]


def test_a_promise_becomes_one_when_a_person_fills_in_its_date() -> None:
    team = desk()
    choose(team, "Ana", "promised")
    team.run("03-19")
    (row,) = team.rows("negotiations")
    team.type("negotiations", str(row["ref"]), "kind", "Promessa")
    team.type("negotiations", str(row["ref"]), "pay_by", day("03-25"))
    team.run("03-20")
    assert view_codes(team, "03-20") == []
    (row,) = team.rows("negotiations")
    assert row["outcome"] == "Aberta"
    _, plan = team.look("03-20")
    assert plan.standings["F-1"].status == "promised"


def test_a_result_counts_whatever_is_ticked_beside_it_and_one_that_the_list_lacks_does_not() -> (
    None
):
    team = desk()
    choose(team, "Ana", "disputed")
    team.tick("skip", "Ana")
    number = team.number("queue", "client", "Bruno")
    team.store.type_cell("queue", number, "call_result", "sei lá")
    assert view_codes(team, "03-19") == ["unknown_value"]
    team.run("03-19")
    assert [(client_, kind) for client_, kind, _ in talks(team)] == [("Ana", "Contestação")]
    assert [(row["client"], row["outcome"]) for row in team.rows("history")] == [("Ana", "Enviado")]


def test_what_cannot_be_read_stays_beside_its_row_until_a_person_mends_it() -> None:
    team = desk()
    team.store.type_cell("queue", team.number("queue", "client", "Bruno"), "call_result", "banana")
    team.store.type_cell("queue", team.number("queue", "client", "Bruno"), "approve", "Sim")
    place = team.number("queue", "client", "Bruno")
    choose(team, "Ana", "reached")  # her row leaves, and his keeps its place
    for when in ("03-19", "03-20", "03-23", "03-24"):
        team.run(when)
        row = team.row("queue", "Bruno")
        assert (row["call_result"], row["approve"]) == ("banana", "Sim"), when
        assert team.number("queue", "client", "Bruno") == place
        assert view_codes(team, when) == ["unknown_value"]
    assert [client_ for client_, _, _ in talks(team)] == ["Ana"]
    choose(team, "Bruno", "disputed")
    team.run("03-24")
    assert [client_ for client_, _, _ in talks(team)] == ["Ana", "Bruno"]
    assert view_codes(team, "03-24") == []
    assert not any("call_result" in row for row in team.rows("queue"))


def test_a_call_about_an_instalment_names_no_invoice_that_its_row_could_not_have() -> None:
    team = desk()
    view, _ = team.look("03-19")
    assert calls.KINDS.keys() == set(LISTS["call_result"])
    team.store.type_rows("receivables", [])
    gone = type(view.facts)(receivables={"F-1": view.facts.receivables["F-1"]})
    choice = read_choice(team)
    shown = type(view)(
        snapshot=view.snapshot,
        facts=gone,
        plan=view.plan,
        run=view.run,
        calendar=view.calendar,
    )
    assert calls._receivables(shown, choice) is None


def read_choice(team: Team) -> Any:
    """What Ana's row says once its result is chosen."""
    choose(team, "Ana", "reached")
    (choice,) = team.look("03-19")[0].facts.choices
    return choice


def test_a_workbook_made_before_the_column_works_as_it_did() -> None:
    old = tuple(column.key for column in TABS["queue"].columns if not column.optional)
    assert len(old) == len(TABS["queue"].columns) - 1
    team = desk()
    rows: dict[str, list[Typed]] = {tab: team.rows(tab) for tab in team.store.read().tabs}
    team.store = MemoryStore(rows, columns={"queue": old})
    team.tick("done", "Ana")
    team.run("03-19")
    assert view_codes(team, "03-19") == []
    assert [row["client"] for row in team.rows("history")] == ["Ana"]
    assert team.rows("negotiations") == []


def test_an_excel_file_without_the_column_is_no_issue_and_its_calls_are_ticked_as_done(
    tmp_path: Path,
) -> None:
    book = make(
        tmp_path / "old.xlsx",
        [invoice("F-1", "Ana", "03-16")],
        [client("Ana", phone="(11) 98765-4321")],
        language="pt-BR",
        policy=ladder("pt-BR", "call"),
    )
    file = load_workbook(book)
    sheet = sheet_of(file, "queue")
    sheet.cell(1, columns_of(sheet, "queue")["call_result"]).value = None
    file.save(book)
    office = Desk(book)
    _, said = office.run("2026-03-19")
    assert said["issues"] == []
    (row,) = office.rows("queue")
    assert row["reason"] == words("pt-BR", "views.queue.by_hand")
    edit(book, "queue", str(row["key"]), done="Sim")
    office.run("2026-03-19")
    assert [call["step"] for call in office.rows("history")] == ["Telefonar"]


def test_a_result_chosen_in_an_excel_file_is_carried_out_by_the_next_run(tmp_path: Path) -> None:
    book = make(
        tmp_path / "new.xlsx",
        [invoice("F-1", "Ana", "03-16")],
        [client("Ana", phone="(11) 98765-4321")],
        language="en",
        policy=ladder("en", "call"),
    )
    office = Desk(book)
    office.run("2026-03-19")
    (row,) = office.rows("queue")
    edit(book, "queue", str(row["key"]), call_result="Disputed")
    office.run("2026-03-19")
    (row,) = office.rows("negotiations")
    assert (row["kind"], row["receivables"], row["channel"]) == ("Dispute", "F-1", "Call")
    assert office.plan("2026-03-27")["decisions"][0]["reason"] == "disputed"
