"""The text of an OFX file and its tags, as Brazilian banks really write them.

The header's encoding is not believed: many write UTF-8 under CHARSET:1252. Leaf tags may lack
their end. No DOCTYPE, no entities but the five of XML and numbered ones.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sync.bank.statement import RefusedBankFile

_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._]{0,40}+)\s*+/?>")
_FORBIDDEN = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_ASIDES = (("<!--", "-->"), ("<![CDATA[", "]]>"))
_MOST_TAGS = 2_000_000
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
    if text.count("<") > _MOST_TAGS:
        raise RefusedBankFile("too_many_lines", limit=str(_MOST_TAGS))
    for opens, closes in _ASIDES:
        text = _plain(text, opens, closes)
    start = re.search(r"<OFX\s*>", text, re.IGNORECASE)
    if start is None:
        raise RefusedBankFile("no_ofx")
    yield from _tags(text, start.start())


def _tags(text: str, start: int) -> Iterator[Tag]:
    line, counted = _line(text, start), start
    before: re.Match[str] | None = None
    for match in _TOKEN.finditer(text, start):
        if before is not None:
            yield _tag(before, text[before.end() : match.start()], line)
        line += text.count("\n", counted, match.start())
        counted = match.start()
        before = match
    if before is not None:
        yield _tag(before, text[before.end() :], line)


def _tag(match: re.Match[str], text: str, line: int) -> Tag:
    return Tag(match[2].upper(), bool(match[1]), _unescaped(text).strip(), line)


def _plain(text: str, opens: str, closes: str) -> str:
    """Without comments, of which only the line breaks stay, and with sections as escaped text.

    Raises RefusedBankFile for one that does not end.
    """
    parts: list[str] = []
    at = 0
    while (start := text.find(opens, at)) >= 0:
        end = text.find(closes, start + len(opens))
        if end < 0:
            raise RefusedBankFile("truncated", line=str(_line(text, start)))
        inside = text[start + len(opens) : end]
        shown = "\n" * inside.count("\n")
        if opens != "<!--":
            shown = inside.replace("&", "&amp;").replace("<", "&lt;")
        parts += [text[at:start], shown]
        at = end + len(closes)
    return "".join([*parts, text[at:]])


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
