"""Keys and the words that people see for them, in both languages, there and back.

What people type is met half-way: headings, tab titles and list values are recognised in either
language, whatever their case, accents, spaces or a trailing ':' or '*'. What is written is always
the locale file's own text. The texts stand in `locale/<language>.toml` and, for ladder, letters,
offers and playbook, in `locale/<language>.letters.toml`.
"""

from __future__ import annotations

import tomllib
import unicodedata
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sheet_templates.schema import LISTS, SETTINGS, TABS

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("pt-BR", "en")


def fold(text: str) -> str:
    """Reduce text to what is compared: no case, accents, repeated or special spaces, end marks.

    NFKD also turns no-break spaces into plain ones and 'ª' into 'a'; format characters (zero-width
    spaces, byte-order marks) are dropped.
    """
    plain = "".join(
        sign
        for sign in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf"
    )
    return " ".join(plain.casefold().split()).rstrip(":* ")


@cache
def locale(language: str) -> Mapping[str, Any]:
    """Return the texts of a language as its locale files have them; `KeyError` if unknown."""
    if language not in LANGUAGES:
        raise KeyError(language)
    folder = resources.files("sheet_templates") / "locale"
    texts: dict[str, Any] = {}
    for name in (f"{language}.toml", f"{language}.letters.toml"):
        texts.update(
            tomllib.loads((folder / name).read_text(encoding="utf-8"), parse_float=Decimal)
        )
    return MappingProxyType(texts)


def tab_title(language: str, tab: str) -> str:
    """Return the tab's title."""
    return str(locale(language)["tabs"][tab])


@cache
def _tab_keys() -> Mapping[str, str]:
    return {fold(tab_title(language, tab)): tab for language in LANGUAGES for tab in TABS}


def tab_key(title: str) -> str | None:
    """Return the key of the tab with that title in either language; None for a tab of theirs."""
    return _tab_keys().get(fold(title))


def heading(language: str, tab: str, column: str) -> str:
    """Return the column's heading."""
    return str(locale(language)["columns"][tab][column][0])


def column_help(language: str, tab: str, column: str) -> str:
    """Return the sentence that stands as a note on the column's heading."""
    return str(locale(language)["columns"][tab][column][1])


@cache
def _column_keys(tab: str) -> Mapping[str, str]:
    return {
        fold(heading(language, tab, column.key)): column.key
        for language in LANGUAGES
        for column in TABS[tab].columns
    }


def column_key(tab: str, heading: str) -> str | None:
    """Return the key of the tab's column with that heading in either language; None if theirs."""
    return _column_keys(tab).get(fold(heading))


def value_text(language: str, list_name: str, code: str) -> str:
    """Return what a person sees for a list's code; `KeyError` for an unknown list or code."""
    if code not in LISTS[list_name]:
        raise KeyError(code)
    values = locale(language)["lists"].get(list_name)
    return code if values is None else str(values[code])  # states are their own names


@cache
def _value_codes(list_name: str) -> Mapping[str, str]:
    return {
        fold(value_text(language, list_name, code)): code
        for language in LANGUAGES
        for code in LISTS[list_name]
    }


def value_code(list_name: str, text: str) -> str | None:
    """Return the code of a value in either language; None when the list has no such value."""
    return _value_codes(list_name).get(fold(text))


def setting_label(language: str, key: str) -> str:
    """Return the setting's name in the settings tab."""
    return str(locale(language)["settings"][key][0])


def setting_help(language: str, key: str) -> str:
    """Return the setting's explanation in the settings tab."""
    return str(locale(language)["settings"][key][1])


@cache
def _setting_keys() -> Mapping[str, str]:
    return {fold(setting_label(language, key)): key for language in LANGUAGES for key in SETTINGS}


def setting_key(label: str) -> str | None:
    """Return the key of the setting of that name in either language; None if there is none."""
    return _setting_keys().get(fold(label))


def bucket_label(language: str, lower: int | None, upper: int | None) -> str:
    """Return the name of the aging bucket from `lower` to `upper` days past due, both inclusive.

    Without `lower` it is what is not due; without `upper`, all that is `lower` days late or more.
    """
    texts = locale(language)["buckets"]
    if lower is None:
        return str(texts["not_due"])
    if upper is None:
        return str(texts["over"]).format(lower=lower - 1)
    return str(texts["between"]).format(lower=lower, upper=upper)


def default_policy(language: str) -> tuple[Mapping[str, object], ...]:
    """Return the rows of the policy tab of a new workbook: column key → value (codes, bools)."""
    return tuple(MappingProxyType(row) for row in locale(language)["policy"])


def default_templates(language: str) -> tuple[Mapping[str, object], ...]:
    """Return the rows of the templates tab: the workbook language's letters, then the other's.

    A letter has one name, that of the workbook's language, so that a client who reads another
    language gets the same step's letter.
    """
    names = locale(language)["letter_names"]
    others = (other for other in LANGUAGES if other != language)
    return tuple(
        MappingProxyType(
            {
                "template": names[code],
                "language": written_in,
                "subject": letter["subject"],
                "body": letter["body"].strip(),
            }
        )
        for written_in in (language, *others)
        for code, letter in locale(written_in)["letters"].items()
    )


def default_offers(language: str) -> tuple[Mapping[str, object], ...]:
    """Return the rows of the offers tab of a new workbook; percentages are fractions."""
    return tuple(MappingProxyType(row) for row in locale(language)["offers"])


def playbook(language: str) -> tuple[Mapping[str, object], ...]:
    """Return the rows of the playbook: what to say, step by step."""
    return tuple(
        MappingProxyType({**row, "text": row["text"].strip()})
        for row in locale(language)["playbook"]
    )
