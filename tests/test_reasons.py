"""docs/reasons.md, the codes and the words of the sheet say the same."""

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from sheet_templates import headings
from sheet_templates.schema import LISTS
from sync.domain.clients import Suggestion
from sync.domain.decisions import Reason, Status
from sync.words import words

PAGE = Path(__file__).parent.parent / "docs" / "reasons.md"
LANGUAGES = ("pt-BR", "en")


def table(title: str) -> dict[str, tuple[str, ...]]:
    """The rows of the page's table under a heading: code → its other cells."""
    section = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(title + "\n")]
    return dict(_rows(text))


def _rows(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in text.splitlines():
        if match := re.match(r"\| `(\w+)` \|(.*)\|$", line):
            yield match[1], tuple(cell.strip() for cell in match[2].split("|"))


def test_every_status_stands_in_the_page_in_order_and_in_the_workbook_s_own_words() -> None:
    rows = table("Status")
    assert list(rows) == [status.value for status in Status]
    assert set(rows) == set(LISTS["status"])
    for code, (pt, en, *_) in rows.items():
        assert pt == headings.value_text("pt-BR", "status", code)
        assert en == headings.value_text("en", "status", code)


def test_every_reason_stands_in_the_page_in_order_and_with_its_sentences() -> None:
    rows = table("Reason")
    assert list(rows) == [reason.value for reason in Reason]
    for code, (pt, en, *_) in rows.items():
        assert pt == words("pt-BR", f"reasons.{code}")
        assert en == words("en", f"reasons.{code}")


@pytest.mark.parametrize("title", ["Status", "Reason"])
def test_every_code_says_what_it_means_and_where_the_rule_comes_from(title: str) -> None:
    for code, (_, _, meaning, source) in table(title).items():
        assert len(meaning) > 15, code
        assert source, code


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_is_one_short_courteous_sentence(language: str, reason: Reason) -> None:
    sentence = words(language, f"reasons.{reason.value}")
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0
    assert len(sentence) <= 110
    assert "!" not in sentence


@pytest.mark.parametrize("topic", ["reasons", "views"])
def test_both_languages_have_the_same_words_with_the_same_places_to_fill(topic: str) -> None:
    pt, en = (dict(_texts(tomllib.loads(locale(language, topic)))) for language in LANGUAGES)
    assert pt.keys() == en.keys()
    for key, text in pt.items():
        assert set(PLACES.findall(text)) == set(PLACES.findall(en[key])), key


PLACES = re.compile(r"\{(\w*)\}")


def locale(language: str, topic: str) -> str:
    folder = resources.files("sync") / "locale" / language
    return (folder / f"{topic}.toml").read_text(encoding="utf-8")


def _texts(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _texts(value, f"{path}{key}.")
        else:
            yield path + key, value


def test_every_suggestion_and_weekday_has_its_words() -> None:
    for language in LANGUAGES:
        for suggestion in Suggestion:
            assert words(language, f"views.suggestions.{suggestion.value}").endswith(".")
        for number in range(1, 8):
            assert words(language, f"views.weekdays.{number}")
