"""What the new words of an answer say; strict where it counts.

A choice is clear only when nothing but one acceptance of one number is said, in phrases of a fixed
list (`answers.toml`), a greeting, thanks and a signature aside. Each phrase becomes one letter of a
short string, and one regular expression without nested repetition of the same letter says whether
the whole is a choice. A single word more, and a person reads it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, get_args

from mailer.answer_types import Says
from mailer.answer_words import (
    Matcher,
    begins_any,
    folded,
    is_any,
    numbers,
    phrases,
    ready_phrases,
    says_any,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS_READ = 400
_SIGNATURE_LINES = 40
_DEVICE_LINE = 300
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINK = re.compile(r"<?(?:https?://|www\.|mailto:)[^\s<>]{1,500}>?|<[^\s<>]{1,200}@[^\s<>]{1,200}>")
_PHONE = re.compile(r"[\s\d()+./-]*")
_BETWEEN = re.compile(r"(?<=[^\W\d_])[,;:!.-](?=\d(?!\d))|(?<=[^\W\d_])[,;:!](?=[^\W\d_])")
_SIGNED = re.compile(r"(?<!\S)[-+\u2212](?=\d)")  # -2 is no 2
_EMOJI = frozenset("\U0001f44d\U0001f64f\U0001f642\U0001f60a\U0001f44c\u2705")

# One letter for each class of phrase.
_CORE: Final = "(?:d?(?:nd?)?#|d?nw|d?On|dO|n[Oo]|d?on|do)"
_TAIL: Final = "(?:s[smkpuvd]*|m[mkpud]*)?"
_CHOICE = re.compile(rf"[gvm]*[at]*(?:{_CORE}[at]*)+{_TAIL}")
_SHORT = re.compile(rf"[gvm]*[at]*([PDC])[PDCat]*{_TAIL}")
_NOTHING = re.compile(rf"[gv]*[at]*{_TAIL}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What some words say.

    Attributes:
        choice: the one choice they plainly make; None for none, or in doubt.
        nothing: they say nothing but courtesies.
        options: the numbers of options named.
        says: what they say in general.
        opens: the choice whose ready answer they begin with, whatever follows; None for none.
    """

    choice: str | None = None
    nothing: bool = False
    options: tuple[int, ...] = ()
    says: frozenset[Says] = frozenset()
    opens: str | None = None


def read_words(lines: Sequence[str], names: frozenset[str]) -> Reading:
    """Read new words.

    Args:
        lines: what was written, quotations taken away.
        names: words of the sender's and the recipient's names.
    """
    body, signed_safely = _without_signature(lines)
    text = "\n".join(body)
    classes, named = _classes(body, names)
    alarm = not signed_safely or _alarming(text) or len(classes) > _WORDS_READ
    options = tuple(dict.fromkeys(number for number in named if number))
    choice: str | None = None
    if not alarm and _CHOICE.fullmatch(classes) and len(options) == 1:
        choice = str(options[0])
    short = _SHORT.fullmatch(classes)
    if not alarm and short and not options and len(set(classes) & set("PDC")) == 1:
        choice = short[1]
    return Reading(
        choice=choice,
        nothing=not alarm and bool(_NOTHING.fullmatch(classes)),
        options=options,
        says=_says(text, choice),
        opens=_opens(text),
    )


def written(lines: Sequence[str]) -> str:
    """The lines without signature and what mobile apps sign with, for showing."""
    return "\n".join(_without_signature(lines)[0]).strip()


def _without_signature(lines: Sequence[str]) -> tuple[list[str], bool]:
    """The lines above a signature; False when somebody wrote something into it."""
    body: list[str] = []
    for place, line in enumerate(lines):
        if line.rstrip() == "--" or (begins_any(line, "signature.small_print") and line.strip()):
            below = [each for each in lines[place + 1 :] if not _device(each)]
            below = [line, *below] if line.rstrip() != "--" else below
            rest = "\n".join(below)
            written_there = says_any(rest, "signature.doubts") or "?" in _LINK.sub(" ", rest)
            return body, not written_there and len(below) <= _SIGNATURE_LINES
        if not _device(line):
            body.append(line)
    return body, True


def _device(line: str) -> bool:
    """Whether a line is what a mobile app signs with, all of its words known."""
    if len(line) > _DEVICE_LINE:
        return False
    words = tokens(_LINK.sub(" ", line).replace("<", " ").replace(">", " "))
    return (
        1 < len(words) <= 14
        and words[0] in phrases("signature.device_starts")
        and set(words) <= _device_words()
    )


def _classes(lines: Sequence[str], names: frozenset[str]) -> tuple[str, list[int]]:
    """The class of each phrase, and the numbers of options named."""
    found: list[str] = []
    said: list[str] = []
    for line in lines:
        bare = line.strip()
        if _PHONE.fullmatch(bare) and sum(mark.isdigit() for mark in bare) >= 8:
            found.append("p")
            said.append("")
            continue
        words = _split(_LINK.sub(" \x00 ", line))
        place = 0
        while place < len(words):
            name, length = _matcher().at(words, place)
            word = words[place]
            if not name:
                name = _other(word, names)
            found.append(name)
            said.append(word)
            place += length
        if len(found) > _WORDS_READ:
            found.append("x")
            said.append("")
            break
    classes = "".join(found)
    return classes, [_number(classes, place, word) for place, word in enumerate(said)]


def _split(line: str) -> list[str]:
    """Words; a comma, colon or hyphen between letters separates as a space does."""
    apart = _SIGNED.sub("\x01", _BETWEEN.sub(" ", line))
    return [word for word in tokens(apart) if word not in _EMOJI]


def _other(word: str, names: frozenset[str]) -> str:
    """The class of a word that stands in no phrase of a choice."""
    bare = word.removeprefix("#")
    if len(bare) == 1 and bare in "123456789":
        return "#"
    if word == "\x00" or ("@" in word and "." in word):
        return "u"
    if word in names and not says_any(word, "signature.doubts"):
        return "m"
    return "k" if word in phrases("signature.titles") else "x"


def _number(classes: str, place: int, word: str) -> int:
    """The option that the word at that place names, 0 for none."""
    name, before, after = classes[place], classes[:place][-1:], classes[place + 1 : place + 2]
    if name == "#":
        return int(word.removeprefix("#"))
    if name == "O":
        return numbers("choice.ordinals")[word]
    if name == "o" and (before in {"d", "n"} or after == "n"):
        return numbers("choice.weekday_ordinals")[word]
    if name == "w" and before == "n":
        return numbers("choice.number_words")[word]
    return 0


@cache
def _matcher() -> Matcher:
    return Matcher(
        (
            ("P", phrases("choice.paid")),
            ("D", phrases("choice.disputes")),
            ("C", phrases("choice.calls")),
            ("a", phrases("choice.accepts")),
            ("d", phrases("choice.determiners")),
            ("g", phrases("choice.greetings")),
            ("v", phrases("choice.addressed")),
            ("n", phrases("choice.nouns")),
            ("t", phrases("choice.thanks")),
            ("s", phrases("choice.signoffs")),
            ("O", numbers("choice.ordinals")),
            ("o", numbers("choice.weekday_ordinals")),
            ("w", numbers("choice.number_words")),
        )
    )


@cache
def _device_words() -> frozenset[str]:
    return frozenset(phrases("signature.device_words"))


def _alarming(text: str) -> bool:
    """A question, digits of other scripts, marks that turn the direction: for a person."""
    return any(
        mark in "?\u00bf\uff1f"
        or mark in _BIDI
        or (not mark.isascii() and unicodedata.category(mark) in {"Nd", "Nl", "No"})
        for mark in _LINK.sub(" ", text)
    )


def _says(text: str, choice: str | None) -> frozenset[Says]:
    keys: dict[Says, str] = {
        "accepts": "says.accepts",
        "refuses": "says.refuses",
        "paid": "says.paid",
        "disputes": "says.disputes",
        "call": "says.calls",
        "unsubscribes": "says.unsubscribes",
    }
    assert set(keys) == set(get_args(Says))  # noqa: S101 - one phrase list for each
    found = {said for said, name in keys.items() if says_any(text, name)}
    first, *_ = text.strip().splitlines() or [""]
    if is_any(first, "says.unsubscribes_alone"):
        found.add("unsubscribes")
    if "refuses" in found:
        found.discard("accepts")
    if choice:
        found.add({"P": "paid", "D": "disputes", "C": "call"}.get(choice, "accepts"))  # type: ignore[arg-type]  # values of Says
    return frozenset(found)


def _opens(text: str) -> str | None:
    words = tuple(tokens(text[:300]))
    for choice in "DC":
        for phrase in ready_phrases(choice):
            if words[: len(phrase)] == phrase:
                return choice
    return None


def replies(subject: str) -> bool:
    """Whether a subject begins as an answer or a forwarded message does."""
    head, colon, _ = folded(subject[:40]).partition(":")
    return bool(colon) and head.strip() in phrases("subject.replies")
