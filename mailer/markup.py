r"""The light Markdown of a letter's body, read once into plain values.

The grammar is small on purpose: paragraphs (a line end stays a line end), `- ` and `1. ` lists,
`**bold**`, `*italic*`, `[label](link)` to http, https and mailto, `{placeholder}`, `{{` and `}}`
for braces, and a backslash before `*`, `[`, `]` or `\`. Nothing else means anything. Placeholders
are leaves of the result, so a value from the sheet is never read as markup or as a placeholder.
The time is linear in the text; nesting is at most bold, italic and link inside each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from mailer.letter import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _Names = Callable[[str], "Value | Block | Problem"]

_TOKEN = re.compile(
    r"\{\{|\}\}|\{(?P<name>[^{}\n]{0,60})\}|\{|\}|\\(?P<escaped>[*\[\]\\])|\*\*|\*"
    r"|\]\((?P<href>[^()\n]{0,1000})\)|\[|\]"
)
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}\n]{0,60})\}|\{|\}")
_LINK = re.compile(r"(?:https?://[^\s<>\"'{}\\^`|]+|mailto:[^\s<>\"'{}\\^`|]+)", re.IGNORECASE)
_BULLET = re.compile(r"\s{0,3}[-*•]\s+(?P<rest>\S.*)")
_NUMBERED = re.compile(r"\s{0,3}(?P<number>\d{1,3})[.)]\s+(?P<rest>\S.*)")
_ALONE = re.compile(r"\s*\{(?P<name>[^{}\n]{0,60})\}\s*")


@dataclass(frozen=True)
class Text:
    """Words as they are."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Value:
    """A placeholder, by its English key."""

    key: str
    kind: Literal["value"] = "value"


@dataclass(frozen=True)
class Break:
    """A line end inside a paragraph."""

    kind: Literal["break"] = "break"


@dataclass(frozen=True)
class Span:
    """Bold, italic or a link around other inlines; `href` is "" unless it is a link."""

    kind: Literal["bold", "italic", "link"]
    children: tuple[Inline, ...]
    href: str = ""


Inline = Text | Value | Break | Span


@dataclass(frozen=True)
class Paragraph:
    """Lines without an empty line between them."""

    inlines: tuple[Inline, ...]
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Listing:
    """A list; `start` is the first number of a numbered one."""

    items: tuple[tuple[Inline, ...], ...]
    ordered: bool
    start: int = 1
    kind: Literal["list"] = "list"


@dataclass(frozen=True)
class Block:
    """A placeholder that stands alone on its line, by its English key."""

    key: str
    kind: Literal["block"] = "block"


Node = Paragraph | Listing | Block
_Read = tuple[tuple[Inline, ...], tuple[Problem, ...]]


def read_line(text: str, names: _Names) -> _Read:
    """A subject: placeholders and braces only, no markup."""
    nodes: list[Inline] = []
    problems: list[Problem] = []
    end = 0
    for match in _BRACES.finditer(text):
        if match.start() > end:
            nodes.append(Text(text[end : match.start()]))
        end = match.end()
        node = _brace(match, names)
        if isinstance(node, Block):
            problems.append(Problem(code="block_in_subject", detail=match[0]))
        elif isinstance(node, Problem):
            problems.append(node)
        else:
            nodes.append(node)
    if end < len(text):
        nodes.append(Text(text[end:]))
    return tuple(nodes), tuple(problems)


def read_body(text: str, names: _Names) -> tuple[tuple[Node, ...], tuple[Problem, ...]]:
    """A body as its blocks, and every fault of it in order.

    Args:
        text: the cell's text; line ends of any kind.
        names: what a placeholder's name stands for, or what is wrong with it.
    """
    nodes: list[Node] = []
    problems: list[Problem] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for kind, group in groupby(lines, key=lambda line: _line_kind(line, names)):
        members = list(group)
        if kind == "block":
            for line in members:
                named = names(line.strip()[1:-1])
                assert isinstance(named, Block)  # noqa: S101 - _line_kind said so
                nodes.append(named)
        elif kind != "blank":
            node, found = _node(kind, members, names)
            nodes.append(node)
            problems.extend(found)
    return tuple(nodes), tuple(problems)


def _line_kind(line: str, names: _Names) -> str:
    if not line.strip():
        return "blank"
    alone = _ALONE.fullmatch(line)
    if alone and isinstance(names(alone["name"]), Block):
        return "block"
    if _BULLET.fullmatch(line):
        return "bullets"
    return "numbers" if _NUMBERED.fullmatch(line) else "paragraph"


def _node(kind: str, lines: list[str], names: _Names) -> tuple[Node, list[Problem]]:
    problems: list[Problem] = []
    read: list[tuple[Inline, ...]] = []
    start = 1
    for line in lines:
        numbered = _NUMBERED.fullmatch(line) if kind == "numbers" else None
        bullet = _BULLET.fullmatch(line) if kind == "bullets" else None
        item = numbered or bullet
        if numbered and not read:
            start = int(numbered["number"])
        inlines, found = _inlines(item["rest"] if item else line.strip(), names)
        read.append(inlines)
        problems.extend(found)
    if kind == "paragraph":
        return Paragraph(tuple(_with_breaks(read))), problems
    return Listing(tuple(read), ordered=kind == "numbers", start=start), problems


def _with_breaks(lines: list[tuple[Inline, ...]]) -> Iterator[Inline]:
    for number, line in enumerate(lines):
        if number:
            yield Break()
        yield from line


def _brace(match: re.Match[str], names: _Names) -> Text | Value | Block | Problem:
    if match[0] in {"{{", "}}"}:
        return Text(match[0][0])
    if match["name"] is None:
        return Problem(code="unbalanced_brace", detail=_around(match))
    return names(match["name"])


def _around(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 20) : match.end() + 20]


class _Open:
    """A mark that may still be closed: where its children begin, and what it says if not."""

    def __init__(self, mark: str, at: int) -> None:
        self.mark = mark
        self.at = at


def _inlines(text: str, names: _Names) -> _Read:
    """One line; marks without a partner stand for themselves."""
    nodes: list[Inline] = []
    problems: list[Problem] = []
    pending: list[_Open] = []
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            nodes.append(Text(text[end : match.start()]))
        end = match.end()
        found = match[0]
        if found[0] in "{}":
            node = _brace(match, names)
            if isinstance(node, Block):
                problems.append(Problem(code="block_not_alone", detail=found))
            elif isinstance(node, Problem):
                problems.append(node)
            else:
                nodes.append(node)
        elif match["escaped"]:
            nodes.append(Text(match["escaped"]))
        elif match["href"] is not None:
            problems.extend(_close_link(nodes, pending, found, match["href"]))
        elif found == "]":
            _forget(pending, "[")
            nodes.append(Text(found))
        else:
            _mark(nodes, pending, match)
    if end < len(text):
        nodes.append(Text(text[end:]))
    return tuple(nodes), tuple(problems)


def _mark(nodes: list[Inline], pending: list[_Open], match: re.Match[str]) -> None:
    """`**`, `*` or `[`: close what is open, or stand as text that a later partner may replace."""
    mark, text = match[0], match.string
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    if mark == "[":
        _forget(pending, mark)
    elif before.strip() and _close_emphasis(nodes, pending, mark):
        return
    if (mark == "[" or after.strip()) and all(opened.mark != mark for opened in pending):
        pending.append(_Open(mark, len(nodes)))
    nodes.append(Text(mark))


def _close_emphasis(nodes: list[Inline], pending: list[_Open], mark: str) -> bool:
    for index in range(len(pending) - 1, -1, -1):
        if pending[index].mark == "[":
            return False
        if pending[index].mark == mark:
            start = pending[index].at
            children = tuple(nodes[start + 1 :])
            if not children:
                return False
            nodes[start:] = [Span("bold" if mark == "**" else "italic", children)]
            del pending[index:]
            return True
    return False


def _close_link(nodes: list[Inline], pending: list[_Open], text: str, href: str) -> list[Problem]:
    at = next((mark.at for mark in pending if mark.mark == "["), None)
    if at is None:
        nodes.append(Text(text))
        return []
    _forget(pending, "[")
    children = tuple(nodes[at + 1 :])
    nodes[at:] = [Span("link", children, href.strip())]
    if "{" in href or "}" in href:
        return [Problem(code="placeholder_in_link", detail=href[:80])]
    if not _LINK.fullmatch(href.strip()):
        return [Problem(code="link_not_allowed", detail=href[:80])]
    return []


def _forget(pending: list[_Open], mark: str) -> None:
    """Drop an open mark and all that opened after it."""
    for index, opened in enumerate(pending):
        if opened.mark == mark:
            del pending[index:]
            return
