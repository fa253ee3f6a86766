"""A formula's text → a tree.

Grammar and precedence: <https://support.google.com/docs/answer/3093197>, operators as in
<https://support.google.com/docs/table/25273> (`:` binds tightest, then `%`, unary minus, `^`,
`* /`, `+ -`, `&`, comparisons). `;` parts arguments in every locale, `,` where the decimal
mark is a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Union

from .cells import TYPED_ERRORS, Failure
from .formula_text import Reference, Token, tokens


@dataclass(frozen=True, slots=True)
class Constant:
    value: str | float | bool | Failure | None


@dataclass(frozen=True, slots=True)
class Pointer:
    reference: Reference


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`typed` is the name as it was written, for the sentence that does not know it."""

    name: str
    arguments: tuple[Node, ...]
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """`-`, `+` and `%` with one operand; all else with two."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Array:
    rows: tuple[tuple[Node, ...], ...]


Node = Union["Constant", "Pointer", "Name", "Call", "Operation", "Array"]
MISSING = Constant(None)
_LEVELS = (("=", "<>", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"), ("^",))


class ParseError(Exception):
    """Google shows `#ERROR!` with 'Formula parse error.'."""


@lru_cache(maxsize=20_000)
def parsed(text: str, decimal: str) -> Node | None:
    """The tree of `=…` in a locale with this decimal mark; None: it cannot be read."""
    try:
        return _Parser(text, decimal).read()
    except ParseError:
        return None


class _Parser:
    def __init__(self, text: str, decimal: str) -> None:
        self.tokens = [one for one in _retold(tokens(text[1:]), decimal) if one.kind != "space"]
        self.at = 0
        self.decimal = decimal

    def read(self) -> Node:
        tree = self.level(0)
        if self.at < len(self.tokens):
            raise ParseError
        return tree

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise ParseError
        self.at += 1
        return token

    def next_is(self, *said: str) -> bool:
        token = self.peek()
        return token is not None and token.kind != "string" and token.text in said

    def level(self, depth: int) -> Node:
        if depth == len(_LEVELS):
            return self.unary()
        left = self.level(depth + 1)
        while self.next_is(*_LEVELS[depth]):
            operator = self.take().text
            left = Operation(operator, (left, self.level(depth + 1)))
        return left

    def unary(self) -> Node:
        if self.next_is("-", "+"):
            return Operation(self.take().text, (self.unary(),))
        tree = self.ranged()
        while self.next_is("%"):
            self.take()
            tree = Operation("%", (tree,))
        return tree

    def ranged(self) -> Node:
        left = self.primary()
        while self.next_is(":"):
            self.take()
            left = Operation(":", (left, self.primary()))
        return left

    def primary(self) -> Node:
        token = self.take()
        if token.reference is not None:
            return Pointer(token.reference)
        match token.kind:
            case "string":
                return Constant(token.text[1:-1].replace('""', '"'))
            case "number":
                return Constant(float(token.text.replace(",", ".")))
            case "error":
                return Constant(Failure(TYPED_ERRORS[token.text], "Reference does not exist."))
            case "name":
                return self.named(token.text)
        if token.text == "(":
            inner = self.level(0)
            if self.take().text != ")":
                raise ParseError
            return inner
        if token.text == "{":
            return self.array()
        raise ParseError

    def named(self, name: str) -> Node:
        if self.next_is("("):
            self.take()
            return Call(name.upper(), self.arguments(), name)
        if name.upper() in {"TRUE", "FALSE"}:
            return Constant(name.upper() == "TRUE")
        return Name(name)

    def arguments(self) -> tuple[Node, ...]:
        if self.next_is(")"):
            self.take()
            return ()
        made = [self.argument()]
        while not self.next_is(")"):
            token = self.take()
            if (
                token.kind != "part"
                or (token.text == "," and self.decimal == ",")
                or token.text == "\\"
            ):
                raise ParseError
            made.append(self.argument())
        self.take()
        return tuple(made)

    def argument(self) -> Node:
        token = self.peek()
        if token is None or token.kind == "part" or token.text == ")":
            return MISSING
        return self.level(0)

    def array(self) -> Node:
        """`{1,2;3,4}`; in locales with a decimal comma columns are parted by a backslash."""
        column = "\\" if self.decimal == "," else ","
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        if self.next_is("}"):
            raise ParseError
        while True:
            row.append(self.level(0))
            mark = self.take().text
            if mark == column:
                continue
            rows.append(tuple(row))
            row = []
            if mark == "}":
                return Array(tuple(rows))
            if mark != ";":
                raise ParseError


def _retold(listed: list[Token], decimal: str) -> list[Token]:
    """`1,5` is one number only where a comma is the decimal mark."""
    made: list[Token] = []
    for token in listed:
        wrong = "," if decimal == "." else "."
        if token.kind == "number" and wrong in token.text:
            head, _, tail = token.text.partition(wrong)
            made += [Token("number", head)] if head else []
            made.append(Token("part" if wrong == "," else "wrong", wrong))
            made += [Token("number", tail)] if tail else []
            continue
        made.append(token)
    return made
