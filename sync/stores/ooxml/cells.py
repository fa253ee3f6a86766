"""One cell: from its XML to a value, and from a value to its XML (ECMA-376 part 1, 18.3.1.4)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from sync.stores.ooxml import xml
from sync.stores.ooxml.dates import from_serial, serial
from sync.stores.ooxml.styles import Shows
from sync.workbook import Cell, CellError, Link, RefusedFile

NO_VALUE = CellError("NO_VALUE")
_DAYS = 20_000  # different days and moments remembered for each style

# What stands after the reference: attributes, then formula, then value or inline text.
_REST = re.compile(
    rb'"([^<>]*?)(?:/>|>(<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?'
    rb"(?:<v>([^<]*)</v>|<v ?/>|<is><t(?:\s[^<>]*)?>([^<]*)</t></is>|<is><t ?/></is>)?</c>)\s*"
)
_STYLE = re.compile(r'\ss="(\d+)"')
_TYPE = re.compile(r'\st="(\w+)"')


@dataclass(frozen=True, slots=True)
class CellText:
    """A cell as written: its style, its type, and the text of its value; not yet a value."""

    style: int
    kind: str
    has_formula: bool
    text: str | None


def style_and_kind(written: str) -> tuple[int, str]:
    """The style and the type among a cell's attributes, or their defaults."""
    style, kind = _STYLE.search(written), _TYPE.search(written)
    return int(style[1]) if style else 0, kind[1] if kind else "n"


def quick_cell(rest: bytes) -> CellText | None:
    """Read what stands after `<c r="B3` when it has the common shape, else None."""
    found = _REST.fullmatch(rest)
    if found is None:
        return None
    written, formula, value, inline = found.groups()
    raw = value if value is not None else inline
    text = None if raw is None else plain_text(raw)
    return CellText(*style_and_kind(plain_text(written)), formula is not None, text)


def plain_text(raw: bytes) -> str:
    """Character data of a part as text."""
    try:
        return xml.unescaped(raw.decode())
    except UnicodeDecodeError as error:
        raise RefusedFile("damaged", part="xml") from error


def thorough_cell(element: bytes, part: str) -> CellText:
    """Read any well-formed `<c>`: rich text, phonetic runs left out, CDATA, comments, prefixes."""
    path: list[str] = []
    found: dict[str, str] = {}
    values: list[str] = []
    texts: list[str] = []
    seen: set[str] = set()

    def start(tag: str, attributes: dict[str, str]) -> None:
        path.append(xml.local(tag))
        seen.add(path[-1])
        if len(path) == 1:
            found.update(attributes)

    def text(data: str) -> None:
        if path[1:] == ["v"]:
            values.append(data)
        elif path[1:] in (["is", "t"], ["is", "r", "t"]):
            texts.append(data)

    xml.parse(element, xml.parser(start, lambda _: path.pop(), text), part)
    parts = texts if "is" in seen else values
    has_text = "is" in seen or "v" in seen
    return CellText(
        int(found.get("s", 0)),
        found.get("t", "n"),
        "f" in seen,
        "".join(parts) if has_text else None,
    )


@dataclass(frozen=True, slots=True)
class Meaning:
    """What turns a cell's text into its value: shared strings, date styles, the date system."""

    strings: list[str]
    dates: dict[int, Shows]
    date1904: bool

    def value(self, cell: CellText) -> Cell:
        """The value; NO_VALUE for a formula that was never computed; None for blank and ''."""
        text = cell.text
        if not text:
            never_computed = cell.has_formula and cell.kind != "str"
            return NO_VALUE if never_computed else None
        match cell.kind:
            case "s":
                return self._shared(text.strip().encode())
            case "n":
                return self._number(text.strip(), cell.style)
            case "inlineStr" | "str":
                return xml.decoded(text)
            case "b":
                return text.strip() in {"1", "true"}
            case "e":
                return CellError(text.strip())
            case "d":
                return _iso(text.strip())
            case _:
                return xml.decoded(text)

    def _number(self, text: str, style: int) -> Cell:
        number = _plain_number(text.encode())
        shows = self.dates.get(style)
        if shows is None or isinstance(number, str):
            return number
        moment = from_serial(number, date1904=self.date1904, has_time=shows is not Shows.DATE)
        return number if moment is None else moment

    def converter(self, style: int, kind: str) -> Callable[[bytes], Cell] | None:
        """How the text in `<v>` of this style and type becomes a value; None: not by its text."""
        if kind == "s":
            return self._shared
        if kind == "n":
            return _plain_number if style not in self.dates else self._days(style)
        return None

    def _days(self, style: int) -> Callable[[bytes], Cell]:
        """A converter of one date style that remembers the days it has met."""
        met: dict[bytes, Cell] = {}

        def day(raw: bytes) -> Cell:
            if raw not in met:
                value = self._number(raw.decode(errors="replace"), style)
                if len(met) >= _DAYS:
                    return value
                met[raw] = value
            return met[raw]

        return day

    def _shared(self, raw: bytes) -> Cell:
        index = int(raw) if raw.isdigit() else -1
        return (self.strings[index] if 0 <= index < len(self.strings) else None) or None


def _plain_number(raw: bytes) -> int | float | str:
    """A number as the file has it: what is whole with up to 15 digits is int."""
    if raw.isdigit() and len(raw) <= 15:
        return int(raw)
    try:
        number = float(raw)
    except ValueError:
        return raw.decode(errors="replace")
    if not -1.8e308 < number < 1.8e308:  # not a number, or infinite
        return raw.decode(errors="replace")
    return int(number) if raw[1:].isdigit() and len(raw) <= 15 else number


def _iso(text: str) -> Cell:
    """A cell of type `d`: ISO 8601, a day or a moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.date() if len(text) == 10 else moment.replace(tzinfo=None)


def content(prefix: bytes, value: Cell, *, date1904: bool) -> bytes:
    """A cell's element from behind its style on: type, value and end tag, or `/>`.

    Text is written in the cell itself (`inlineStr`), so that the shared strings stay untouched.
    ValueError for what a cell cannot hold.
    """
    if isinstance(value, Link):
        value = value.text
    if value is None or value == "":
        return b"/>"
    p = prefix.decode()
    if isinstance(value, str):
        space = ' xml:space="preserve"' if value != value.strip() or "\n" in value else ""
        text = f"<{p}is><{p}t{space}>{xml.escaped(value)}</{p}t></{p}is>"
        return f' t="inlineStr">{text}</{p}c>'.encode()
    if isinstance(value, bool):
        return f' t="b"><{p}v>{int(value)}</{p}v></{p}c>'.encode()
    if isinstance(value, CellError):
        raise ValueError("an error is read from a sheet, never written")  # noqa: TRY004  # the store's contract: ValueError for misuse
    return f"><{p}v>{number_text(value, date1904=date1904)}</{p}v></{p}c>".encode()


def number_text(value: float | Decimal | date | time, *, date1904: bool) -> str:
    """A number, day or moment as a cell's text; ValueError when it is not finite."""
    number: int | float | Decimal
    number = value if isinstance(value, int | float | Decimal) else serial(value, date1904=date1904)
    if isinstance(number, Decimal):
        if not number.is_finite():
            raise ValueError(f"{number} does not fit into a cell")
        return f"{number:f}"
    if isinstance(number, float) and number - number != 0:
        raise ValueError(f"{number} does not fit into a cell")
    return repr(number)


def same(found: Cell, wanted: Cell, *, date1904: bool = False) -> bool:
    """Whether a cell that reads as `found` already shows `wanted` (a link: its text)."""
    if isinstance(wanted, Link):
        wanted = wanted.text
    if isinstance(wanted, str):
        wanted = xml.clean(wanted) or None
    if found is None or wanted is None:
        return found is wanted
    if isinstance(found, str | bool | CellError) or isinstance(wanted, str | bool):
        return type(found) is type(wanted) and found == wanted
    plain = int | float | Decimal
    if isinstance(wanted, plain) and isinstance(found, plain):
        return Decimal(str(found)) == Decimal(str(wanted))
    if isinstance(found, date | time) and isinstance(wanted, plain | date | time):
        first = float(number_text(found, date1904=date1904))
        second = float(number_text(wanted, date1904=date1904))
        return abs(first - second) < 1e-8  # a millisecond is 1.16e-8 days
    return False  # a day is wanted where a bare number stands: its style must change
