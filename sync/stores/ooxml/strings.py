"""The shared strings: the text of each, rich runs joined, phonetic hints left out."""

import re

from sync.stores.ooxml import xml

_SIMPLE = re.compile(r"<si><t(?:\s[^<>]*)?>([^<]*)</t></si>|<si><t ?/></si>|<si ?/>")


def shared_strings(part: bytes, name: str) -> list[str]:
    """All strings by index, `_xHHHH_` resolved. Raises RefusedFile for a damaged part."""
    data, _ = xml.utf8(part)
    found = _quickly(data)
    return _thoroughly(data, name) if found is None else found


def _quickly(data: bytes) -> list[str] | None:
    """Plain strings only; None when the part holds anything else."""
    start, end = data.find(b"<si"), data.rfind(b"</sst>")
    if start < 0 or end < 0 or data.find(b"<!") >= 0 or data.find(b"<?", 5) >= 0:
        return None
    text = data[start:end].decode()
    strings: list[str] = []
    at = 0
    for found in _SIMPLE.finditer(text):
        if text[at : found.start()].strip():
            return None
        at = found.end()
        strings.append(xml.decoded(xml.unescaped(found[1] or "")))
    return None if text[at:].strip() else strings


def _thoroughly(data: bytes, name: str) -> list[str]:
    strings: list[str] = []
    path: list[str] = []
    pieces: list[str] = []

    def start(tag: str, _: dict[str, str]) -> None:
        path.append(xml.local(tag))
        if path[1:] == ["si"]:
            pieces.clear()

    def end(_: str) -> None:
        if path[1:] == ["si"]:
            strings.append(xml.decoded("".join(pieces)))
        path.pop()

    def text(data: str) -> None:
        if path[1:] in (["si", "t"], ["si", "r", "t"]):
            pieces.append(data)

    xml.parse(data, xml.parser(start, end, text), name)
    return strings
