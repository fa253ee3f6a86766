"""Sentences with a number in them read right whatever the number; a server's words are framed."""

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from sync.console import Screen
from sync.domain.facts import Outcome
from sync.report import MessageOutcome

COUNTS = "count|rows|clients|sent|refused|overdue|days|paid|known|by_hand|delay"
# A number, and right after it a word in the plural: wrong when the number is one.
COUNTED = re.compile(rf"\{{({COUNTS})\}} (?!×)\w+s\b")
TOPICS = ("cli", "digest", "views")


def texts(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from texts(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


@pytest.mark.parametrize("language", ["pt-BR", "en"])
@pytest.mark.parametrize("topic", TOPICS)
def test_no_sentence_says_one_invoices(language: str, topic: str) -> None:
    file = resources.files("sync") / "locale" / language / f"{topic}.toml"
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    # "of which R$ 10,00 overdue" counts money, not things.
    wrong = {
        key: text
        for key, text in texts(found)
        if COUNTED.search(text) and not re.search(r"(dos quais|of which) \{overdue\}", text)
    }
    assert not wrong


def test_the_rule_sees_what_it_is_for() -> None:
    assert COUNTED.search("{count} linhas não puderam ser lidas")
    assert COUNTED.search("{rows} invoices of {clients} clients")
    assert not COUNTED.search("Títulos trazidos: {rows}. Clientes: {clients}.")


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.REFUSED, "Recusado. O servidor respondeu: 550 no such user"),
        (Outcome.UNCERTAIN, "Incerto. O que se sabe do envio: 550 no such user"),
        (Outcome.CANCELLED, "Cancelado: algo mudou depois da decisão"),
        (Outcome.SENT, "Enviado"),
    ],
)
def test_a_server_s_words_stand_in_a_sentence_of_the_workbook_s_language(
    outcome: Outcome, said: str
) -> None:
    message = MessageOutcome(
        reference="R1",
        client="Ana",
        step="Primeiro lembrete",
        to=("ana@example.com",),
        receivables=("F-1",),
        total=Decimal("10.00"),
        outcome=outcome,
        detail="550 no such user",
    )
    assert Screen("pt-BR")._outcome(message) == said
