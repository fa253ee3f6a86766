"""One cell: from its XML to a value, and from a value to its XML (ECMA-376 part 1, 18.3.1.4)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from sync.stores.ooxml import xml
from sync.stores.ooxml.dates import from_serial, serial
from sync.stores.ooxml.styles import Shows
from sync.workbook import Cell, CellError, Link

NO_VALUE = CellError("NO_VALUE")

# What stands after the reference: attributes, then formula, then value or inline text.
_REST = re.compile(
    r'"([^<>]*?)(?:/>|>(<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?'
    r"(?:<v>([^<]*)</v>|<v ?/>|<is><t(?:\s[^<>]*)?>([^<]*)</t></is>|<is><t ?/></is>)?</c>)\s*"
)
_STYLE = re.compile(r'\ss="(\d+)"')
_TYPE = re.compile(r'\st="(\w+)"')
_INTEGER = re.compile(r"-?\d{1,15}")


@dataclass(frozen=True, slots=True)
class CellText:
    """A cell as written: its style, its type, and the text of its value; not yet a value."""

    style: int
    kind: str
    has_formula: bool
    text: str | None


def quick_cell(rest: str) -> CellText | None:
    """Read what stands after `<c r="B3` when it has the common shape, else None."""
    found = _REST.fullmatch(rest)
    if found is None:
        return None
    written, formula, value, inline = found.groups()
    style = _STYLE.search(written)
    kind = _TYPE.search(written)
    text = value if value is not None else inline
    return CellText(
        int(style[1]) if style else 0,
        kind[1] if kind else "n",
        formula is not None,
        xml.unescaped(text) if text is not None else None,
    )


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
                index = int(text) if text.isdecimal() else -1
                return (self.strings[index] if 0 <= index < len(self.strings) else None) or None
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
        try:
            number: int | float = int(text) if _INTEGER.fullmatch(text) else float(text)
        except ValueError:
            return text
        shows = self.dates.get(style)
        if shows is not None:
            moment = from_serial(number, date1904=self.date1904, has_time=shows is not Shows.DATE)
            return number if moment is None else moment
        return number


def _iso(text: str) -> Cell:
    """A cell of type `d`: ISO 8601, a day or a moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.date() if len(text) == 10 else moment.replace(tzinfo=None)


def element(prefix: bytes, reference: str, style: int, value: Cell, *, date1904: bool) -> bytes:
    """The `<c>` element of a value. ValueError for what a cell cannot hold.

    Text is written in the cell itself (`inlineStr`), so that the shared strings stay untouched.
    """
    p = prefix.decode()
    head = f'<{p}c r="{reference}"' + (f' s="{style}"' if style else "")
    if isinstance(value, Link):
        value = value.text
    if value is None or value == "":
        return f"{head}/>".encode()
    if isinstance(value, str):
        space = ' xml:space="preserve"' if value != value.strip() or "\n" in value else ""
        text = f"<{p}is><{p}t{space}>{xml.escaped(value)}</{p}t></{p}is>"
        return f'{head} t="inlineStr">{text}</{p}c>'.encode()
    if isinstance(value, bool):
        return f'{head} t="b"><{p}v>{int(value)}</{p}v></{p}c>'.encode()
    if isinstance(value, CellError):
        raise ValueError("an error is read from a sheet, never written")  # noqa: TRY004  # the store's contract: ValueError for misuse
    return f"{head}><{p}v>{number_text(value, date1904=date1904)}</{p}v></{p}c>".encode()


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
