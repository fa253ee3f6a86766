"""Yes and no, and the values of drop-downs, as people type them in either language."""

from functools import cache, lru_cache

from sheet_templates import headings
from sheet_templates.schema import LISTS
from sync.rows.cells import Read, error_code, is_blank
from sync.words import LANGUAGES, words
from sync.workbook import Cell


def read_flag(cell: Cell, language: str) -> Read[bool]:  # noqa: ARG001 -- parsers share one shape
    """Yes or no; blank is no. What is neither is `invalid_flag`: nobody guesses."""
    if isinstance(cell, bool):
        return Read(cell)
    if is_blank(cell):
        return Read(False)
    code = error_code(cell)
    if code:
        return Read(None, code)
    if isinstance(cell, int | float) and cell in (0, 1):
        return Read(bool(cell))
    meant = _flag(cell) if isinstance(cell, str) else None
    return Read(None, "invalid_flag") if meant is None else Read(meant)


def read_code(cell: Cell, list_name: str) -> Read[str]:
    """The code of a drop-down's value; `unknown_value` for one that the list does not have."""
    if is_blank(cell):
        return Read()
    code = error_code(cell)
    if code:
        return Read(None, code)
    found = _code(list_name, cell) if isinstance(cell, str) else None
    return Read(found) if found else Read(None, "unknown_value")


@lru_cache(maxsize=1024)
def _code(list_name: str, text: str) -> str | None:
    return headings.value_code(list_name, text)


def read_language(cell: Cell) -> Read[str]:
    """A language by its code or by its name in either language."""
    read = read_code(cell, "language")
    if read.code == "unknown_value" and isinstance(cell, str):
        named = _language_words().get(headings.fold(cell))
        return Read(named) if named else read
    return read


def allowed(list_name: str, language: str) -> str:
    """The values of a list, for a sentence."""
    codes = LISTS[list_name]
    return ", ".join(headings.value_text(language, list_name, code) for code in codes)


@lru_cache(maxsize=1024)
def _flag(text: str) -> bool | None:
    return _flag_words().get(headings.fold(text))


@cache
def _flag_words() -> dict[str, bool]:
    found: dict[str, bool] = {}
    for language in LANGUAGES:
        for key, meant in (("yes_words", True), ("no_words", False)):
            for word in words(language, f"rows.{key}").split():
                found[headings.fold(word)] = meant
    return found


@cache
def _language_words() -> dict[str, str]:
    return {
        headings.fold(word): code
        for language in LANGUAGES
        for code in LANGUAGES
        for word in words(language, f"rows.languages.{code}").split()
    }
