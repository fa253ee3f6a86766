"""Phrases for reading answers, and text in the form in which they are compared.

The phrases stand in `answers.toml`. Comparing ignores case and accents and nothing else: letters of
other scripts and digits of other scripts stay what they are, and so match nothing.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mailer.words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_EDGES = ".,;:!?\u00bf()[]{}\"'*_~-\u2013\u2014\u2022\u00b7\u201c\u201d\u2018\u2019\u00ab\u00bb<>"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f\u20e3"))
_ALIKE = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00a0": " ", "\u202f": " "})
_LONGEST_PHRASE = 8


@cache
def phrases(name: str) -> tuple[str, ...]:
    """The phrases under `section.name`, folded."""
    found: Iterable[str] = _value(name)
    return tuple(folded(phrase) for phrase in found)


@cache
def numbers(name: str) -> dict[str, int]:
    """The table of words and numbers under `section.name`, folded."""
    return {folded(word): number for word, number in _value(name).items()}


def folded(text: str) -> str:
    """Lower case, without accents and invisible marks; white space stays as it is."""
    if text.isascii():
        return text.lower()
    plain = text.translate(_INVISIBLE).translate(_ALIKE).lower()
    apart = unicodedata.normalize("NFD", plain)
    return "".join(mark for mark in apart if not unicodedata.combining(mark))


def tokens(text: str) -> list[str]:
    """The folded words of a text, without the punctuation around them.

    A mark inside a word stays (`1.200`, `2x`, `1/2`), so that such a word matches no phrase; so do
    dots that trail off.
    """
    found = []
    for word in folded(text).split():
        bare = word.strip(_EDGES)
        if word.endswith("..") or "\u2026" in word:
            found.append(word)
        elif bare:
            found.append(bare)
    return found


class Matcher:
    """Finds the longest phrase at each place of a list of words."""

    def __init__(self, classes: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Take phrases by class; where two classes have a phrase, the first keeps it."""
        self._table: dict[tuple[str, ...], str] = {}
        for name, found in classes:
            for phrase in found:
                self._table.setdefault(tuple(tokens(phrase)), name)

    def at(self, words: list[str], place: int) -> tuple[str, int]:
        """The class of the phrase at that place and how many words it has; ("", 1) for none."""
        for length in range(min(_LONGEST_PHRASE, len(words) - place), 0, -1):
            found = self._table.get(tuple(words[place : place + length]))
            if found is not None:
                return found, length
        return "", 1


def says_any(text: str, name: str) -> bool:
    """Whether one of the phrases under `name` stands in the text as whole words."""
    spaced = f" {' '.join(tokens(text))} "
    return any(f" {phrase} " in spaced for phrase in _spaced(name))


def is_any(line: str, name: str) -> bool:
    """Whether a line has the words of one of the phrases under `name` and no others."""
    return " ".join(tokens(line)) in _spaced(name)


def begins_any(text: str, name: str) -> bool:
    """Whether the text begins with one of the phrases under `name`."""
    start = folded(text[:400]).lstrip(" \t\r\n*_-\"'>")
    return start.startswith(phrases(name))


def holds_any(text: str, name: str) -> bool:
    """Whether one of the phrases under `name` stands anywhere in the text, line ends aside."""
    line = " ".join(folded(text).split())
    return any(phrase in line for phrase in phrases(name))


@cache
def ready_phrases(choice: str) -> frozenset[tuple[str, ...]]:
    """What the links of our letters fill in for one choice, as words, subject and body."""
    found = set()
    for language in ("pt-BR", "en"):
        words = words_of(language)
        if choice.isdigit():
            texts = [words("offers.body", number=choice), _subject(language, choice)]
        else:
            key = {"P": "paid", "D": "dispute", "C": "call"}[choice]
            texts = [words(f"answers.{key}_body"), words(f"answers.{key}")]
        found |= {tuple(tokens(text)) for text in texts}
    return frozenset(found)


def _subject(language: str, number: str) -> str:
    return words_of(language)("offers.subject", number=number, code="")


@cache
def _spaced(name: str) -> tuple[str, ...]:
    return tuple(" ".join(tokens(phrase)) for phrase in phrases(name))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("mailer").joinpath("answers.toml").read_text(encoding="utf-8"))


def _value(name: str) -> Any:
    section, _, key = name.partition(".")
    return _table()[section][key]
