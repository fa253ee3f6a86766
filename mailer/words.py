"""The words, amounts and dates of a letter, in its language.

Words come from `locale/<language>.toml`; amounts and dates from Babel. HTML keeps Babel's no-break
space between `R$` and the digits; plain text gets an ordinary one, so that it can be searched,
copied and read by anything.
"""

from __future__ import annotations

import tomllib
import unicodedata
from decimal import ROUND_DOWN, Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, get_args

from babel.dates import format_date
from babel.numbers import format_currency, format_percent

from mailer.errors import LetterError
from mailer.letter import Language

if TYPE_CHECKING:
    from datetime import date

_LANGUAGES: tuple[str, ...] = get_args(Language)

VALUE_LIMIT = 200
"""Characters of any one value from the sheet; what is longer is cut with an ellipsis."""

_READ_LIMIT = 10_000
# Embeddings, overrides and isolates can make an amount read backwards (Unicode TR 36, 3.9).
_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


class Words:
    """One language's words; `words("table.total")`, with values for the {names} in it."""

    def __init__(self, language: str, table: dict[str, Any]) -> None:
        self.language = language
        self._table = table
        self._babel: str = table["formats"]["babel"]
        self._date: str = table["formats"]["date"]

    def __call__(self, key: str, **values: object) -> str:
        """The text under `section.name`, its {names} filled in."""
        section, _, name = key.partition(".")
        text: str = self._table[section][name]
        return text.format(**values) if values else text

    def count(self, key: str, number: int) -> str:
        """`<key>_one` or `<key>_many`, with {count}."""
        return self(f"{key}_{'one' if number == 1 else 'many'}", count=number)

    def several(self, key: str) -> tuple[str, ...]:
        """The list under `section.name`."""
        section, _, name = key.partition(".")
        return tuple(self._table[section][name])

    def money(self, amount: Decimal) -> str:
        """`R$ 1.234,56` with a no-break space where the language has one."""
        return format_currency(amount, "BRL", locale=self._babel)

    def percent(self, share: Decimal) -> str:
        """`5%` or `2,5%` for 0.05 or 0.025; cut, never rounded up to more than is given."""
        cut = share.quantize(Decimal("0.001"), ROUND_DOWN)
        return format_percent(cut, "#,##0.#%", locale=self._babel)

    def day(self, day: date) -> str:
        """`31/12/2026` or `Dec 31, 2026`."""
        return format_date(day, self._date, locale=self._babel)


@cache
def words_of(language: str) -> Words:
    """The words of `pt-BR` or `en`.

    Raises:
        LetterError: for any other language.
    """
    if language not in _LANGUAGES:
        raise LetterError(f"No letters in {language!r}; languages are {', '.join(_LANGUAGES)}.")
    text = files("mailer").joinpath("locale", f"{language}.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text))


@cache
def threatening_words() -> tuple[str, ...]:
    """The warned-of words of all languages, folded; a trailing `*` matches any ending."""
    return tuple(
        folded(word) for name in _LANGUAGES for word in words_of(name).several("threatening.words")
    )


def folded(text: str) -> str:
    """Lower case without accents, for comparing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def plain(text: str) -> str:
    """No-break spaces made ordinary, for plain text and subjects."""
    return text.replace("\xa0", " ").replace("\u202f", " ")


def clean(text: str, limit: int = VALUE_LIMIT) -> str:
    """A value from the sheet on one line, without what could disguise or break a message.

    Control characters, lone surrogates and bidirectional controls go, white space collapses, and
    what is longer than `limit` characters is cut. Emoji and right-to-left names stay.
    """
    kept = "".join(
        " " if unicodedata.category(mark) in {"Cc", "Zl", "Zp"} else mark
        for mark in text[:_READ_LIMIT]
        if mark not in _BIDI_CONTROLS and unicodedata.category(mark) != "Cs"
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def isolated(text: str) -> str:
    """A right-to-left text between isolates, so that the digits beside it stay where they are."""
    if any(unicodedata.bidirectional(mark) in {"R", "AL"} for mark in text):
        return f"\u2068{text}\u2069"
    return text
