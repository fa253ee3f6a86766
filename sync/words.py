"""The engine's user-facing words, in two languages.

One TOML file a topic and language: sync/locale/<language>/<topic>.toml. Keys are `topic.name` or
deeper (`topic.group.name`); a test holds both languages to the same keys and placeholders.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("pt-BR", "en")


@cache
def _topic(language: str, topic: str) -> dict[str, Any]:
    file = resources.files("sync") / "locale" / language / f"{topic}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def words(language: str, key: str, /, **values: object) -> str:
    """The text for `key` ("topic.name") with its `{placeholders}` filled.

    Raises KeyError for a key that no locale file has, a programmer's error.
    """
    topic, *path = key.split(".")
    node: Any = _topic(language, topic)
    for part in path:
        node = node[part]
    if not isinstance(node, str):
        raise KeyError(key)
    return node.format(**values) if values else node


def has_words(language: str, key: str) -> bool:
    """Whether a text stands for `key`."""
    try:
        words(language, key)
    except (KeyError, FileNotFoundError):
        return False
    return True


def word_lists(language: str, topic: str) -> dict[str, list[str]]:
    """The lists of words of a topic that holds nothing else (what headings may be called)."""
    return {key: list(value) for key, value in _topic(language, topic).items()}
