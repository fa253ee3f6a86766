"""The parts of a message that came in, whatever was done to its MIME structure.

The standard library parses; around it stand limits on what can be nested or long, a fixed list of
character sets (some codecs of Python take quadratic time), and a refusal to raise.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

TEXT_LIMIT = 400_000
"""Characters of one body that are read; more is no answer but a document."""

_HEADERS_LIMIT = 256_000
_NESTING_LIMIT = 60
_PARTS_LIMIT = 300
_HEADER_LIMIT = 20_000
_DECODED_LIMIT = 2_000
_PARAMETERS_LIMIT = 60

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"^content-[a-z]{1,20}[ \t]{0,4}:((?:[^\n]|\n[ \t])*)", re.MULTILINE)
_CHARSETS = frozenset(
    """utf-8 utf-16 utf-16-be utf-16-le ascii iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5
    iso8859-7 iso8859-9 iso8859-10 iso8859-13 iso8859-14 iso8859-15 cp1250 cp1251 cp1252 cp1253
    cp1254 cp1257 cp437 cp850 cp858 mac-roman koi8-r gb2312 gbk gb18030 big5 shift_jis iso2022_jp
    euc_jp euc_kr""".split()  # noqa: SIM905 - a list to be read
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a message holds, decoded.

    Attributes:
        headers: the top ones, in their order, names in lower case, values unfolded and raw.
        texts, htmls: the bodies, attached files aside.
        status: the fields of a delivery report (RFC 3464), one dictionary a block.
        report: the report-type of a multipart/report, "" for none.
        returned: headers of the message that a report gives back.
        calendar: an answer to an invitation, which is no answer to a letter.
        broken: something could not be read, or was left out.
    """

    headers: tuple[tuple[str, str], ...] = ()
    texts: tuple[str, ...] = ()
    htmls: tuple[str, ...] = ()
    status: tuple[dict[str, str], ...] = ()
    report: str = ""
    returned: dict[str, str] = field(default_factory=dict)
    calendar: bool = False
    broken: bool = False

    def all(self, name: str) -> tuple[str, ...]:
        """The values of a header, the topmost first."""
        return tuple(value for each, value in self.headers if each == name)

    def first(self, name: str) -> str:
        """The topmost value of a header, "" for none."""
        return next(iter(self.all(name)), "")


def read_parts(raw: bytes) -> Parts:
    """All that can be read of a message; never raises."""
    end = _END_OF_HEADERS.search(raw, 0, _HEADERS_LIMIT)
    if (end is None and len(raw) > _HEADERS_LIMIT) or _tangled(raw):
        head = raw[: end.start() if end else _HEADERS_LIMIT]
        return Parts(headers=_headers(_parsed(head)), broken=True)
    message = _parsed(raw)
    if message is None:
        return Parts(broken=True)
    gathered = _Gathered()
    try:
        gathered.take(message, top=True)
    except Exception:  # noqa: BLE001 - any fault of any part makes it one for a person
        gathered.broken = True
    report = message.get_param("report-type") if _kind(message) == "multipart/report" else ""
    return Parts(
        headers=_headers(message),
        texts=tuple(gathered.texts),
        htmls=tuple(gathered.htmls),
        status=tuple(gathered.status),
        report=str(report or "").lower() if _kind(message) == "multipart/report" else "",
        returned=gathered.returned,
        calendar=gathered.calendar,
        broken=gathered.broken,
    )


def _tangled(raw: bytes) -> bool:
    """Whether parsing could take more than its length in time: deep nesting, endless parameters."""
    lowered = raw.lower()
    nested = max(lowered.count(b"boundary"), lowered.count(b"message/"))
    return nested > _NESTING_LIMIT or any(
        match[1].count(b";") > _PARAMETERS_LIMIT or len(match[1]) > _HEADER_LIMIT
        for match in _FIELD.finditer(lowered)
    )


def decoded(value: str) -> str:
    """A header's text, its encoded words (RFC 2047) decoded as far as they can be."""
    text = value[:_DECODED_LIMIT]
    if "=?" not in text:
        return text
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(
        _decoded(piece, charset or "ascii")[0] if isinstance(piece, bytes) else piece
        for piece, charset in pieces
    )


def _parsed(raw: bytes) -> Message | None:
    try:
        return message_from_bytes(raw, policy=policy.compat32)
    except Exception:  # noqa: BLE001 - RecursionError and whatever else a parser can meet
        return None


def _headers(message: Message | None) -> tuple[tuple[str, str], ...]:
    if message is None:
        return ()
    return tuple(
        (name.lower(), "".join(_plain(value)[:_HEADER_LIMIT].splitlines()))
        for name, value in message.raw_items()
    )


def _plain(value: object) -> str:
    """A raw header; 8-bit bytes, which no header may hold, as the UTF-8 they usually are."""
    data = str(value).encode("ascii", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _kind(message: Message) -> str:
    return message.get_content_type().lower()


class _Gathered:
    """Bodies and reports, as a walk over the parts finds them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.htmls: list[str] = []
        self.status: list[dict[str, str]] = []
        self.returned: dict[str, str] = {}
        self.calendar = False
        self.broken = False
        self._parts = 0

    def take(self, part: Message, *, top: bool = False) -> None:
        self._parts += 1
        if self._parts > _PARTS_LIMIT:
            self.broken = True
            return
        kind = _kind(part)
        self.broken |= bool(part.defects) and kind.startswith(("text/", "multipart/"))
        if kind == "message/delivery-status":
            self._take_status(part)
        elif kind.startswith("message/") or kind == "text/rfc822-headers":
            # A message inside a message is somebody else's words, whatever it says.
            self._take_returned(part)
        elif part.is_multipart():
            for inner in part.get_payload():
                if isinstance(inner, str):
                    self.broken = True
                else:
                    self.take(inner)
        elif kind == "text/calendar":
            self.calendar = True
        elif kind in {"text/plain", "text/html"} and (top or not _attached(part)):
            self._take_body(part, self.texts if kind == "text/plain" else self.htmls)

    def _take_body(self, part: Message, bodies: list[str]) -> None:
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            self.broken = True
            return
        text, sure = _decoded(data[: TEXT_LIMIT * 4], str(part.get_content_charset() or "ascii"))
        self.broken |= not sure or len(text) > TEXT_LIMIT
        text = text[:TEXT_LIMIT]
        if part.get_param("format") is not None and part.get_param("format") == "flowed":
            text = _unflowed(text)
        bodies.append(text)

    def _take_status(self, part: Message) -> None:
        blocks = part.get_payload()
        if isinstance(blocks, str):
            blocks = [_parsed(block.encode("utf-8", "replace")) for block in blocks.split("\n\n")]
        for block in list(blocks)[:_PARTS_LIMIT]:
            fields = {name: decoded(value) for name, value in reversed(_headers(block))}
            if fields:
                self.status.append(fields)

    def _take_returned(self, part: Message) -> None:
        inner = part.get_payload()
        message: Message | None = None
        if isinstance(inner, list):
            message = next((each for each in inner if not isinstance(each, str)), None)
        else:
            data = part.get_payload(decode=True)
            message = _parsed(data) if isinstance(data, bytes) else None
        if not self.returned:
            self.returned = dict(reversed(_headers(message)))


def _attached(part: Message) -> bool:
    return str(part.get_content_disposition() or "") == "attachment" or bool(part.get_filename())


def _decoded(data: bytes, charset: str) -> tuple[str, bool]:
    """Text of bytes, and whether it is surely what was written."""
    try:
        name = codecs.lookup(charset.strip()).name
    except (LookupError, ValueError, UnicodeError):
        name = ""
    tries = [name] if name in _CHARSETS else []
    if name in {"ascii", "iso8859-1", ""}:
        # What says so is often windows-1252, or UTF-8 with a wrong label.
        tries = ["ascii", "utf-8", "cp1252"] if name != "iso8859-1" else ["cp1252"]
    for each in tries:
        try:
            return data.decode(each), True
        except (UnicodeError, ValueError):
            continue
    return data.decode("utf-8" if "utf-8" in tries else "latin-1", "replace"), False


def _unflowed(text: str) -> str:
    """Lines that format=flowed broke (RFC 3676), whole again; `-- ` stays a line."""
    lines: list[list[str]] = []
    joins = False
    for line in text.splitlines():
        marked = line.startswith(">")
        if joins and not marked and line.rstrip() != "--":
            lines[-1].append(line)
        else:
            lines.append([line])
        joins = line.endswith(" ") and line != "-- " and not marked
    return "\n".join("".join(pieces) for pieces in lines)
