"""The text of an OFX file and its tags, as Brazilian banks really write them.

The header's encoding is not believed: many write UTF-8 under CHARSET:1252. Leaf tags may lack
their end. No DOCTYPE, no entities but the five of XML and numbered ones.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sync.bank.statement import RefusedBankFile

_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._]{0,40})\s*(/?)>|<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_FORBIDDEN = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9A-Fa-f]{1,5});")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
_DOS = re.compile(rb"CHARSET:\s*(437|850|860)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag in upper case, the text that follows it up to the next tag, and its line, 1-based."""

    name: str
    closes: bool
    text: str
    line: int


def decoded(data: bytes) -> str:
    """The file as text: by its mark, else UTF-8 when it is that, else the Windows code page.

    The five bytes that the Windows code page leaves open are read as Latin-1; a DOS code page is
    believed where the header names it.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    dos = _DOS.search(data[:2048])
    if dos:
        return data.decode(f"cp{dos[1].decode('ascii')}", errors="replace")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def tags(text: str) -> Iterator[Tag]:
    """The tags after the header, in order. Raises RefusedBankFile for a DOCTYPE or an entity."""
    found = _FORBIDDEN.search(text)
    if found:
        raise RefusedBankFile("unsafe_xml", line=str(_line(text, found.start())))
    text = _COMMENT.sub(_only_breaks, text)
    start = re.search(r"<OFX\s*>", text, re.IGNORECASE)
    if start is None:
        raise RefusedBankFile("no_ofx")
    yield from _tags(text, start.start())


def _tags(text: str, start: int) -> Iterator[Tag]:
    line, counted = _line(text, start), start
    held: tuple[str, bool, int] | None = None
    parts: list[str] = []
    at = start
    for match in _TOKEN.finditer(text, start):
        parts.append(_unescaped(text[at : match.start()]))
        at = match.end()
        if match[2] is None:
            parts.append(match[4])
            continue
        if held is not None:
            yield Tag(held[0], held[1], "".join(parts).strip(), held[2])
        parts = []
        line += text.count("\n", counted, match.start())
        counted = match.start()
        held = (match[2].upper(), bool(match[1]), line)
    if held is not None:
        parts.append(_unescaped(text[at:]))
        yield Tag(held[0], held[1], "".join(parts).strip(), held[2])


def _only_breaks(comment: re.Match[str]) -> str:
    return "\n" * comment[0].count("\n")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _unescaped(text: str) -> str:
    return _ENTITY.sub(_sign, text) if "&" in text else text


def _sign(match: re.Match[str]) -> str:
    name = match[1]
    if not name.startswith("#"):
        return _NAMED[name]
    number = int(f"0{name[1:]}", 0) if name[1] == "x" else int(name[1:])
    return chr(number) if 31 < number < 0xD800 else " "
