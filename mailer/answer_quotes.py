"""What a person wrote, apart from what the mail program quoted below it.

Only what is plainly a quotation is taken away: lines marked as such, and an unmarked rest only when
it cites one of our references, which every letter of ours has at its foot. Anything else counts as
written now; an answer then holds more than a choice and goes to a person, which is the safe side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import dropwhile
from typing import TYPE_CHECKING

from mailer.answer_html import QUOTE_FROM_HERE
from mailer.answer_words import folded, phrases
from mailer.reference import find, find_references

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINES_READ = 20_000
_LINE_READ = 600
_FOLDED_OVER = 4
_MARK = re.compile(r"\s{0,8}(?:>|\|(?=\s|>))")
_RULE = re.compile(r"\s*[-_=*\u2014]{4,}\s*")
_HEADER = re.compile(r"[\s>*]{0,10}([^\W\d_][^:*]{0,24}?)\s{0,3}\*{0,2}\s?:")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MOMENT = re.compile(r"(?<!\d)\d{4}(?!\d)|\d{1,2}[:/h.]\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The parts of an answer, as lines.

    Attributes:
        new: what was written now.
        quoted: what is quoted.
        unmarked: the part of `quoted` in which nothing tells typed words from quoted ones.
    """

    new: tuple[str, ...]
    quoted: tuple[str, ...]
    unmarked: tuple[str, ...] = ()


def split(lines: Sequence[str]) -> Split:
    """Take the quotation away.

    Args:
        lines: the text; a quoted line may begin with `>`.
    """
    # Looked at up to a length, and kept whole: a condition may stand behind many spaces.
    read = [line[:_LINE_READ] for line in lines[:_LINES_READ]]
    cited = _last_citation(read)
    new: list[str] = []
    quoted: list[str] = []
    bare: list[str] = []
    place = 0
    while place < len(read):
        if _MARK.match(read[place]):
            quoted.append(lines[place])
            place += 1
            continue
        length, unmarked = _introduction(read, place)
        after = place + length
        if length and after <= cited and (unmarked or not _marked_next(read, after)):
            quoted += lines[place:]
            bare = list(lines[after:])
            break
        if length and not unmarked and _marked_next(read, after):
            quoted += lines[place:after]
        else:
            after = place + (length or 1)
            new += lines[place:after]
        place = after
    else:
        new += lines[_LINES_READ:]
    return Split(new=_trimmed(new), quoted=tuple(quoted), unmarked=tuple(bare))


def strange_words(unmarked: Sequence[str], letter: str) -> tuple[str, ...]:
    """Words between quoted lines that are not of the letter: somebody may have typed them there.

    Args:
        unmarked: see `Split.unmarked`.
        letter: all words of the letter that is quoted, of its text and of its HTML.
    """
    known = set(_WORD.findall(folded(letter)))
    lines = dropwhile(
        lambda line: not line.strip() or _RULE.fullmatch(line) or _named(line), unmarked
    )
    words = (word for line in lines for word in _WORD.findall(folded(line)))
    return tuple(dict.fromkeys(word for word in words if word not in known))


def _named(line: str) -> bool:
    """Whether it is a line of the block above a quotation: `Para: ...`."""
    if line == QUOTE_FROM_HERE:
        return True
    match = _HEADER.match(line)
    names = (*phrases("quotes.header_from"), *phrases("quotes.header_others"))
    return match is not None and folded(match[1]).strip() in names


def _introduction(lines: list[str], place: int) -> tuple[int, bool]:
    """How many lines introduce a quotation here, and whether it surely has no marks."""
    line = lines[place]
    if line == QUOTE_FROM_HERE:
        return 1, True
    if not line.strip():
        return 0, False
    length = _attribution(lines, place)
    if length:
        return length, False
    bare = _words_of(line)
    if bare in phrases("quotes.separators"):
        return 1, False
    start = place + 1 if _RULE.fullmatch(line) else place
    if _header_block(lines, start):
        return 1, True
    return 0, False


def _attribution(lines: list[str], place: int) -> int:
    """`Em 23 de nov. de 2026, Ana <a@x> escreveu:`, folded over a few lines at most."""
    first = folded(lines[place]).strip(" \t*_\u200e")
    inside = "@" in first and any(each in first for each in phrases("quotes.attribution_inside"))
    if not _starts_attribution(first) and not inside:
        return 0
    ends = phrases("quotes.attribution_ends")
    said = ""
    for length in range(1, min(_FOLDED_OVER, len(lines) - place) + 1):
        line = folded(lines[place + length - 1]).strip(" \t*_")
        # One more beginning: what stands above it was typed, and only happens to begin so.
        if not line or _MARK.match(line) or (length > 1 and _starts_attribution(line)):
            return 0
        said += " " + line
        if said.endswith(ends) or (inside and said.endswith(":")):
            return length if _MOMENT.search(said) and len(said) < 400 else 0
    return 0


def _starts_attribution(line: str) -> bool:
    word = line.replace("----", "---- ", 1).split(" ", 1)[0]
    return word in phrases("quotes.attribution_starts") and any(map(str.isdigit, line))


def _header_block(lines: list[str], start: int) -> bool:
    """`De: … Enviado: … Para: … Assunto: …`, as Outlook and phones put before a quotation."""
    names: list[str] = []
    for line in lines[start : start + 12]:
        match = _HEADER.match(line)
        if match is None:
            break
        names.append(folded(match[1]).strip())
    # With an address in its first line, or `De: janeiro` above the real block would begin it.
    starts = bool(names) and names[0] in phrases("quotes.header_from") and "@" in lines[start]
    others = [name for name in names[1:] if name in phrases("quotes.header_others")]
    return starts and len(set(others)) >= 2 and len(others) == len(names) - 1


def _marked_next(lines: list[str], place: int) -> bool:
    """Whether the next line that is not empty bears the mark of a quotation."""
    for line in lines[place : place + 12]:
        if line.strip():
            return bool(_MARK.match(line))
    return False


def _last_citation(lines: list[str]) -> int:
    """The last line with a reference of ours, or with a code that may be folded; -1 for none."""
    for place in range(len(lines) - 1, -1, -1):
        if find_references(lines[place]) or find("\n".join(lines[place : place + 3])):
            return place
    return -1


def _words_of(line: str) -> str:
    return folded(line).strip(" \t-_*=:\u2014")


def _trimmed(lines: list[str]) -> tuple[str, ...]:
    """Without empty lines and rules at either end."""
    kept = list(lines)
    while kept and (not kept[-1].strip() or _RULE.fullmatch(kept[-1])):
        kept.pop()
    while kept and not kept[0].strip():
        kept.pop(0)
    return tuple(kept)
