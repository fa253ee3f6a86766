"""Links: conversations with the text filled in, and issues that lead to their cell."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.views import issues_tab, record
from sync.views.chat import LONGEST_LINK, chat_link, chat_number
from sync.views.issues_tab import quoted
from sync.views.view_input import LetterPreview
from sync.words import words
from sync.workbook import Link, ReplaceBody
from tests.team_workbook import Team, Typed, client, invoice, three


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
            "clients": [client("Ana")],
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


def test_of_very_many_issues_the_last_row_says_how_many_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(issues_tab, "MOST_ROWS", 2)
    rows = [{**invoice(f"F-{n}", "Ana", "03-16"), "due_on": "31/02/2026"} for n in range(5)]
    team = Team({"clients": [client("Ana")], "receivables": rows})
    team.record("03-19")
    *told, last = team.rows("issues")
    assert len(told) == 2
    assert last == {"problem": words("pt-BR", "views.issues.more", count=3)}
    assert team.store.read().figures["open_issues"] == 5
