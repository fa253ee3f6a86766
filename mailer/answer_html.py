"""The words of an HTML answer as lines, with what mail programs mark as quoted marked so.

Written here and not taken from a parser: one pass, in a time that grows with the length only,
whatever is unclosed or nested. Nothing is fetched, nothing is run.
"""

from __future__ import annotations

import html
import re

QUOTE_FROM_HERE = "\x03"
"""A line of only this mark: all that follows is what was answered to."""

SIGNATURE = "-- "

STRUCK = "\x02"
"""Before words that are struck through: they do not mean what they say."""

_BLOCKS = frozenset(
    """p div br tr li h1 h2 h3 h4 h5 h6 table blockquote hr ul ol section header footer pre article
    center form body""".split()  # noqa: SIM905 - a list to be read
)
_VOID = frozenset(
    """br hr img meta link input wbr area base col embed source
    track""".split()  # noqa: SIM905 - likewise
)
_SKIPPED = frozenset({"style", "script", "head", "title", "svg"})
_STRUCK = frozenset({"s", "del", "strike"})
_DEEPEST = 400
_QUOTED_BOX = re.compile(
    r"(?:class|id)\s*=\s*[\"']?[^\"'>]{0,200}?"
    r"(?:gmail_attr|yahoo_quoted|protonmail_quote|moz-cite-prefix|reply-intro)",
    re.IGNORECASE,
)
_CUT_BOX = re.compile(
    r"id\s*=\s*[\"']?(?:x_)?(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container)",
    re.IGNORECASE,
)
_SIGNATURE_BOX = re.compile(
    r"(?:class|id)\s*=\s*[\"']?[^\"'>]{0,200}?"
    r"(?:gmail_signature\b|ms-outlook-mobile-signature|composer_signature|moz-signature"
    r"|yahoo-signature|protonmail_signature)",
    re.IGNORECASE,
)
_CITED = re.compile(
    r"type\s*=\s*[\"']?cite|(?:class|id)\s*=\s*[\"']?[^\"'>]{0,200}?(?:quote|cite)"
    r"|border-left\s*:\s*(?!none|0)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[ \t\r\n\f]+")


def html_lines(text: str) -> list[str]:
    """The lines of an HTML text; quoted ones begin with `> `."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[str] = []
        self._line: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._quoted = 0

    def read(self) -> list[str]:
        text, place = self._text, 0
        while place < len(text):
            start = text.find("<", place)
            if start < 0:
                start = len(text)
            self._say(text[place:start])
            place = self._markup(start)
        self._end_line()
        return self._lines

    def _markup(self, start: int) -> int:
        """One tag or comment; gives where the text goes on."""
        text = self._text
        if start >= len(text):
            return start
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4)
            return len(text) if end < 0 else end + 3
        following = text[start + 1 : start + 2]
        if not (following.isascii() and following.isalpha()) and following not in {"/", "!", "?"}:
            self._say("<")
            return start + 1
        end = text.find(">", start)
        if end < 0:
            return len(text)
        tag = text[start + 1 : end]
        name = _SPACES.split(tag.lstrip("/")[:40], maxsplit=1)[0].rstrip("/").lower()
        if name in _SKIPPED and not tag.startswith("/"):
            return self._skip(name, end + 1)
        if tag.startswith("/"):
            self._close(name)
        else:
            self._start(name, tag[:2000], closed=tag.endswith("/"))
        return end + 1

    def _skip(self, name: str, place: int) -> int:
        """Past the end of an element whose text is not for people."""
        end = re.compile(f"</{name}", re.IGNORECASE).search(self._text, place)
        return len(self._text) if end is None else end.start()

    def _start(self, name: str, tag: str, *, closed: bool) -> None:
        if name in _BLOCKS:
            self._end_line()
        elif name in {"td", "th"}:
            self._line.append(" ")
        elif name in _STRUCK and not self._quoted:
            self._line.append(f" {STRUCK} ")
        quoted = bool(_QUOTED_BOX.search(tag)) or (
            name == "blockquote" and bool(_CITED.search(tag))
        )
        if _CUT_BOX.search(tag):
            self._mark(QUOTE_FROM_HERE)
        elif _SIGNATURE_BOX.search(tag) and not self._quoted:
            self._mark(SIGNATURE)
        if name not in _VOID and not closed and len(self._open) < _DEEPEST:
            self._open.append((name, quoted))
            self._quoted += quoted

    def _close(self, name: str) -> None:
        if name in _BLOCKS:
            self._end_line()
        if not any(opened == name for opened, _ in self._open):
            return
        while self._open:
            opened, quoted = self._open.pop()
            self._quoted -= quoted
            if opened == name:
                return

    def _say(self, text: str) -> None:
        if text:
            self._line.append(_SPACES.sub(" ", _unescaped(text)))

    def _mark(self, line: str) -> None:
        self._end_line()
        self._lines.append(line)

    def _end_line(self) -> None:
        line = "".join(self._line).strip()
        self._line = []
        if line or (self._lines and self._lines[-1]):
            self._lines.append(f"> {line}" if self._quoted else line)


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # &#999…; of thousands of digits
        return text
