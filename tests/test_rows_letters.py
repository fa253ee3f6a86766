"""Letters, tabs and headings: a fault in what everybody needs is found before anybody gets it."""

import pytest

from sheet_templates.schema import TABS
from sync.domain.facts import TemplateText
from sync.issues import KINDS, Holds
from sync.rows.structure import DECIDING_TABS, decides
from sync.workbook import Cell, CellError, StructureProblem
from tests.raw_workbook import ANA, BIA, invoice, letter, read, step, tab

NA = CellError("#N/A")


# Letters.


def test_a_letter_is_a_fact_by_name_and_language() -> None:
    reading = read(templates=[letter(subject="Oi", body="Olá {cliente}")])
    assert reading.facts.templates == {
        ("Carta", "pt-BR"): TemplateText(subject="Oi", body="Olá {cliente}")
    }
    assert reading.issues == ()


LETTER_ERRORS: list[tuple[dict[str, Cell], str]] = [
    ({"body": "Pague {totall}"}, "unknown_placeholder"),
    ({"body": "{"}, "unbalanced_brace"),
    ({"body": "veja {tabela} aqui"}, "block_not_alone"),
    ({"body": None}, "missing_value"),
    ({"body": NA}, "formula_error"),
    ({"subject": None}, "empty_subject"),
    ({"subject": "Olá\r\nBcc: x@y.com"}, "line_break_in_subject"),
    ({"subject": "{tabela}"}, "block_in_subject"),
    ({"body": "x" * 30_000}, "letter_problem"),
]


@pytest.mark.parametrize(("cells", "code"), LETTER_ERRORS)
def test_a_faulty_letter_holds_the_clients_of_the_ladders_that_use_it(
    cells: dict[str, Cell], code: str
) -> None:
    reading = read(
        clients=[ANA, {**BIA, "policy": "VIP"}],
        policy=[step(), step(policy="VIP", template="Fina")],
        templates=[letter(), letter("Fina", **cells)],
    )
    assert reading.errors == [code]
    assert reading.only().tab == "templates"
    assert reading.held == {"Bia": code}


@pytest.mark.parametrize(
    ("language", "code"), [(None, "missing_value"), ("fr", "unknown_value"), (NA, "formula_error")]
)
def test_a_letter_in_no_known_language_is_told_and_is_no_letter(language: Cell, code: str) -> None:
    reading = read(templates=[letter(), letter("Rascunho", language)])
    assert reading.codes == [code]
    assert list(reading.facts.templates) == [("Carta", "pt-BR")]


def test_a_letter_that_no_ladder_uses_holds_nobody() -> None:
    reading = read(templates=[letter(), letter("Rascunho", body="{ainda não")])
    assert reading.codes == ["unbalanced_brace"]
    assert reading.held == {}


def test_a_threat_is_warned_of() -> None:
    reading = read(templates=[letter(body="Pague ou vamos à polícia, {cliente}")])
    assert reading.codes == ["threatening_words"]
    assert reading.held == {}


def test_a_letter_twice_in_one_language_is_no_letter() -> None:
    reading = read(templates=[letter(), letter("CARTA")])
    assert reading.codes == ["duplicate_template"]
    assert set(reading.held) == {"Ana", "Bia", "Caio"}


def test_a_client_of_another_language_gets_the_workbook_s_with_a_word_of_it() -> None:
    english = {**ANA, "language": "en"}
    reading = read(clients=[english], templates=[letter()])
    assert reading.codes == ["template_in_other_language"]
    assert reading.held == {}
    assert read(clients=[english], templates=[letter(), letter(language="en")]).issues == ()


# Tabs and headings.


@pytest.mark.parametrize("key", sorted(DECIDING_TABS))
def test_without_a_tab_that_decides_everybody_waits(key: str) -> None:
    reading = read(without=[key], receivables=[invoice()])
    assert "missing_tab" in reading.codes
    everybody = {"Ana"} if key == "clients" else {"Ana", "Bia", "Caio"}
    assert set(reading.held) == everybody


def test_a_tab_that_only_shows_may_be_missing() -> None:
    problem = StructureProblem(code="missing_tab", tab="forecast")
    reading = read(without=["forecast"], problems=(problem,))
    assert reading.codes == ["missing_other_tab"]
    assert reading.held == {}


def test_a_renamed_paid_on_would_make_all_that_is_paid_look_open_so_everybody_waits() -> None:
    problem = StructureProblem(code="missing_heading", tab="receivables", column="paid_on")
    reading = read(problems=(problem,))
    assert (reading.only().code, reading.only().column) == ("missing_heading", "paid_on")
    assert "«Pago em»" in reading.only().problem("pt-BR")
    assert set(reading.held) == {"Ana", "Bia", "Caio"}


def test_what_the_store_did_not_report_is_seen_all_the_same() -> None:
    bare = tab("receivables", [invoice()], without=["paid_on"])
    reading = read(made=[bare])
    assert reading.codes == ["missing_heading"]
    assert set(reading.held) == {"Ana", "Bia", "Caio"}
    assert list(reading.facts.receivables) == ["NF-1"]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (StructureProblem(code="duplicate_tab", tab="payments"), "duplicate_tab"),
        (StructureProblem(code="duplicate_tab", tab="aging"), "duplicate_other_tab"),
        (StructureProblem(code="newer_schema", tab="", detail="2"), "newer_schema"),
        (StructureProblem(code="burnt", tab="clients", detail="?"), "unknown_structure"),
        (
            StructureProblem(code="duplicate_heading", tab="clients", column="hold_until"),
            "duplicate_heading",
        ),
        (
            StructureProblem(code="duplicate_heading", tab="receivables", column="notes"),
            "duplicate_other_heading",
        ),
        (
            StructureProblem(code="missing_heading", tab="receivables", column="balance"),
            "missing_other_heading",
        ),
    ],
)
def test_every_problem_of_structure_is_an_issue(problem: StructureProblem, code: str) -> None:
    reading = read(problems=(problem,))
    assert reading.codes == [code]
    assert bool(reading.held) == (KINDS[code].holds is Holds.ALL)


def test_every_required_column_of_a_deciding_tab_decides() -> None:
    for key in DECIDING_TABS:
        for column in TABS[key].columns:
            if column.required:
                assert decides(key, column.key), (key, column.key)
