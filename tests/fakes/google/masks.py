"""Field masks: which keys an answer shows (`fields=`), and which keys a request sets.

Sources: <https://developers.google.com/workspace/sheets/api/guides/field-masks> and
<https://developers.google.com/workspace/drive/api/guides/fields-parameter>. An update mask with
`*` means all; a path that names a message replaces it whole; one without a value clears it.
"""

from __future__ import annotations

from typing import Any

from . import discovery
from .errors import bad_fields, invalid

Json = dict[str, Any]
Tree = dict[str, "Tree"]  # an empty tree is everything below


class _Reader:
    """`a,b(c,d/e),f.g` → a tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def read(self) -> Tree:
        tree = self._list()
        if self.at < len(self.text):
            raise bad_fields(self.text, self.text)
        return tree

    def _list(self) -> Tree:
        tree: Tree = {}
        while True:
            self._path(tree)
            if self.text[self.at : self.at + 1] != ",":
                return tree
            self.at += 1

    def _path(self, tree: Tree) -> None:
        names = [self._name()]
        while self.text[self.at : self.at + 1] in {".", "/"} and self.at < len(self.text):
            self.at += 1
            names.append(self._name())
        inner: Tree = {}
        if self.text[self.at : self.at + 1] == "(":
            self.at += 1
            inner = self._list()
            if self.text[self.at : self.at + 1] != ")":
                raise bad_fields(self.text, self.text)
            self.at += 1
        for name in names[:-1]:
            tree = tree.setdefault(name, {})
        if names[-1] in tree and tree[names[-1]] and inner:
            _join(tree[names[-1]], inner)
        else:
            tree[names[-1]] = inner

    def _name(self) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ".,()/":
            self.at += 1
        name = self.text[start : self.at].strip()
        if not name:
            raise bad_fields(self.text, self.text)
        return name if name == "*" else discovery.camel(name)


def _join(tree: Tree, other: Tree) -> None:
    for name, inner in other.items():
        if name in tree and tree[name] and inner:
            _join(tree[name], inner)
        else:
            tree[name] = inner


def read(text: str) -> Tree:
    """The tree of a mask.

    Raises:
        ApiError: 400 for what is no mask.
    """
    return _Reader(text).read()


def check(tree: Tree, schema: str, text: str = "") -> None:
    """Refuse a `fields` parameter that names what the answer cannot have.

    Raises:
        ApiError: 400 with the path.
    """
    wrong = _first_unknown(tree, schema, "")
    if wrong:
        raise bad_fields(wrong, text or wrong)


def _first_unknown(tree: Tree, schema: str, path: str) -> str:
    properties = discovery.schema(schema)
    if not properties:
        return ""
    for name, inner in tree.items():
        if name == "*":
            continue
        here = f"{path}.{name}" if path else name
        if name not in properties:
            return here
        spec = properties[name]
        below = spec.get("$ref") or spec.get("items", {}).get("$ref")
        if inner and not below:
            return f"{here}.{next(iter(inner))}" if spec.get("type") != "object" else ""
        wrong = _first_unknown(inner, below, here) if inner else ""
        if wrong:
            return wrong
    return ""


def shown(value: Any, tree: Tree) -> Any:
    """The answer with only what the mask names."""
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [shown(one, tree) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: shown(inner, tree[key]) for key, inner in value.items() if key in tree}


def paths(text: str | None, schema: str, root: str = "") -> list[tuple[str, ...]]:
    """The paths of an update mask, each a tuple of keys; `("*",)` for all.

    Raises:
        ApiError: 400 when there is none, or one that the schema does not have.
    """
    if not text:
        raise invalid(
            "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"
        )
    tree = read(text.replace(" ", ""))
    if root and set(tree) == {root}:
        tree = tree[root] or {"*": {}}
    wrong = _first_unknown(tree, schema, "")
    if wrong:
        raise invalid(f"Invalid field: {discovery.snake(wrong)}")
    return _leaves(tree, ())


def _leaves(tree: Tree, above: tuple[str, ...]) -> list[tuple[str, ...]]:
    if "*" in tree:
        return [above or ("*",)]
    found = []
    for name, inner in tree.items():
        here = (*above, name)
        found += _leaves(inner, here) if inner else [here]
    return found


def merged(old: Json, new: Json, wanted: list[tuple[str, ...]]) -> Json:
    """The old message with the named paths as in the new one; neither is changed."""
    made = old
    for path in wanted:
        if path == ("*",):
            return dict(new)
        made = _set(made, new, path)
    return made


def _set(old: Json, new: Json, path: tuple[str, ...]) -> Json:
    made = dict(old)
    key, *rest = path
    if not rest:
        if key in new:
            made[key] = new[key]
        else:
            made.pop(key, None)
        return made
    inner = _set(made.get(key) or {}, new.get(key) or {}, tuple(rest))
    if inner:
        made[key] = inner
    else:
        made.pop(key, None)
    return made
