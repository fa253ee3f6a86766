"""The default ladder and its letters: the same in both languages, courteous, within the law."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pytest

from sheet_templates import headings, schema

if TYPE_CHECKING:
    from collections.abc import Mapping

both = pytest.mark.parametrize("language", headings.LANGUAGES)

PLACEHOLDERS = {
    "cliente": "client",
    "contato": "contact",
    "empresa": "company",
    "total": "total",
    "vencido": "overdue",
    "dias_atraso": "days_past_due",
    "vencimento": "due_date",
    "titulos": "invoices",
    "assinatura": "signature",
    "tabela": "table",
    "pix": "pix",
    "ofertas": "offers",
    "respostas": "answers",
}
BLOCKS = {"table", "pix", "offers", "answers"}

# Words that threaten or embarrass (CDC art. 42), in both languages, without accents.
THREATS = re.compile(
    r"\b(protest|negativ|serasa|spc|judici|justica|processo|advogad|cartorio|penhor|caloteir|"
    r"inadimplen|devedor|bloque|suspens|ultim[ao] (aviso|chance)|consequenc|imediat|urgent|"
    r"lawsuit|legal action|court|attorney|lawyer|credit (bureau|score)|blacklist|debtor|deadbeat|"
    r"final notice|last (notice|chance)|consequence|immediately|seiz|police|delinquent)",
)


def plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def placeholders(text: str) -> set[str]:
    found = re.findall(r"\{([^{}]*)\}", text)
    return {PLACEHOLDERS.get(name, name) for name in found}


def unknown_placeholders(text: str) -> set[str]:
    return placeholders(text) - set(PLACEHOLDERS.values())


def threat_in(text: str) -> str | None:
    found = THREATS.search(plain(text))
    return found[0] if found else None


@both
def test_letters_use_only_known_placeholders_and_blocks_stand_alone(language: str) -> None:
    for letter in headings.default_templates(language):
        subject, body = str(letter["subject"]), str(letter["body"])
        assert not unknown_placeholders(subject + body), letter["template"]
        assert not placeholders(subject) & BLOCKS, "a subject has no room for a table"
        assert "\n" not in subject
        for line in body.splitlines():
            if placeholders(line) & BLOCKS:
                assert re.fullmatch(r"\{\w+\}", line.strip()), line


def test_a_letter_says_the_same_in_both_languages() -> None:
    letters: Mapping[str, Mapping[str, Mapping[str, str]]] = {
        language: headings.locale(language)["letters"] for language in headings.LANGUAGES
    }
    for code, letter in letters["pt-BR"].items():
        other = letters["en"][code]
        assert placeholders(letter["body"]) == placeholders(other["body"]), code
        assert placeholders(letter["subject"]) == placeholders(other["subject"]), code


@both
def test_no_letter_and_no_line_of_the_playbook_threatens(language: str) -> None:
    for letter in headings.default_templates(language):
        for text in (letter["template"], letter["subject"], letter["body"]):
            assert threat_in(str(text)) is None, f"{letter['template']}: {threat_in(str(text))}"
    for line in headings.playbook(language):
        spoken = " ".join(re.findall(r"“([^”]*)”", str(line["text"])))
        assert threat_in(spoken) is None


@pytest.mark.parametrize(
    "letter",
    [
        "Último aviso: o título será enviado a protesto.",
        "Seu nome irá para o SERASA.",
        "Nosso advogado tomará as medidas judiciais.",
        "This is a final notice before legal action.",
        "We will inform the credit bureau.",
    ],
)
def test_the_check_for_threats_would_catch_one(letter: str) -> None:
    assert threat_in(letter)


def test_the_check_for_placeholders_would_catch_an_unknown_one() -> None:
    assert unknown_placeholders("Olá {contato}, pague {valor}.") == {"valor"}


@both
def test_the_default_ladder_climbs_and_ends_with_a_person(language: str) -> None:
    ladder = [row for row in headings.default_policy(language) if row["policy"] != "plan"]
    offsets = [int(str(row["offset"])) for row in ladder]
    assert offsets == sorted(set(offsets))
    assert offsets[0] < 0
    assert 0 in offsets
    assert len({row["policy"] for row in ladder}) == 1
    assert [row["approval"] for row in ladder].count(True) == 1
    assert ladder[-1]["approval"] is True
    assert {row["channel"] for row in ladder} == {"email", "whatsapp", "call"}
    assert all(row["active"] is True for row in ladder)


@both
def test_a_step_with_offers_has_a_letter_that_shows_them(language: str) -> None:
    letters = {row["template"]: row for row in headings.default_templates(language)}
    offering = [row for row in headings.default_policy(language) if row.get("offers")]
    assert [int(str(row["offset"])) for row in offering] == [10, 45]
    for step in offering:
        assert step["channel"] == "email"
        assert "offers" in placeholders(str(letters[step["template"]]["body"]))
    from_days = {int(str(row["from_days"])) for row in headings.default_offers(language)}
    assert min(from_days) <= 10, "the first step with offers finds a row of the offers tab"


@both
def test_every_step_has_its_letter_in_both_languages(language: str) -> None:
    letters = {(row["template"], row["language"]) for row in headings.default_templates(language)}
    assert len(letters) == len(headings.default_templates(language)), "a letter stands twice"
    steps = headings.default_policy(language)
    assert len({(row["policy"], row["step"]) for row in steps}) == len(steps)
    named = {row["template"] for row in steps} | set(schema.RESERVED_STEPS)
    assert named == {template for template, _ in letters}, "a letter that no step sends"
    for template in named:
        for letter_language in headings.LANGUAGES:
            assert (template, letter_language) in letters
    assert schema.RESERVED_POLICY in {row["policy"] for row in steps}
