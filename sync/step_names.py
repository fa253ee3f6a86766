"""Reserved steps by the names that people see, and back.

Keys, the ledger and JSON hold the code (`promise_broken`); cells and screens its name in the
workbook's language. A ladder's steps are called what the team calls them.
"""

from functools import cache, lru_cache

from sync.domain.history import RESERVED_STEPS
from sync.key_text import folded_name
from sync.words import LANGUAGES, words


def step_text(language: str, step: str) -> str:
    """What people read for a step."""
    return words(language, f"steps.{step}") if step in RESERVED_STEPS else step


@lru_cache(maxsize=1024)  # texts of a sheet, of which few differ
def step_code(text: str) -> str:
    """The step that a text in a sheet stands for: a reserved one's code, else the text itself.

    A team may call a step of its own ladder the same; the keys beside it tell which it is.
    """
    return _codes().get(folded_name(text), text)


@cache
def _codes() -> dict[str, str]:
    names = {folded_name(step_text(language, s)): s for language in LANGUAGES for s in _ALL}
    return names | {folded_name(step): step for step in _ALL}


_ALL = sorted(RESERVED_STEPS)
