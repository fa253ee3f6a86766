"""Number formats: which styles show dates, and a date style when a cell needs one."""

import re
from enum import Enum

from sync.stores.ooxml import xml
from sync.workbook import RefusedFile


class Shows(Enum):
    """What a date format shows."""

    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"


# ECMA-376 part 1, 18.8.30: formats that files name by number only; 27-36 and 50-58 are East Asian.
_BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)), Shows.DATE),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47), Shows.TIME),
    22: Shows.DATETIME,
}
_NEEDED = {Shows.DATE: 14, Shows.DATETIME: 22, Shows.TIME: 20}
_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)


def what_it_shows(code: str) -> Shows | None:
    """What a number format shows; None for no date. An elapsed time (`[h]:mm`) is a number."""
    plain = _NOISE.sub("", code.split(";", maxsplit=1)[0]).casefold().replace("general", "")
    if "[" in plain or not re.search("[dmyhs]", plain) or re.search("[#0?]", plain.split(".")[0]):
        return None
    has_day = bool(re.search("[dy]", plain)) or ("m" in plain and not re.search("[hs]", plain))
    if re.search("[hs]", plain):
        return Shows.DATETIME if has_day else Shows.TIME
    return Shows.DATE


class Styles:
    """The styles part: date styles by index; new ones are appended, none is ever changed."""

    def __init__(self, part: bytes, name: str) -> None:
        self.name = name
        self._data, self.encoding = xml.utf8(part)
        root = xml.tree(self._data, name)
        formats = root.child("numFmts")
        codes = {
            int(each.attributes["numFmtId"]): each.attributes.get("formatCode", "")
            for each in (formats.children if formats else [])
        }
        self._cells = root.child("cellXfs")
        self._xfs = self._cells.children if self._cells else []
        self.dates: dict[int, Shows] = {}
        for index, xf in enumerate(self._xfs):
            number = int(xf.attributes.get("numFmtId", 0))
            shows = what_it_shows(codes[number]) if number in codes else _BUILT_IN.get(number)
            if shows is not None:
                self.dates[index] = shows
        self._added: list[bytes] = []
        self._dated: dict[tuple[int, Shows], int] = {}

    def dated(self, style: int, shows: Shows) -> int:
        """A style like `style` that shows dates; a new one is added once."""
        if (style, shows) not in self._dated:
            self._dated[style, shows] = len(self._xfs) + len(self._added)
            self._added.append(self._with_format(style, _NEEDED[shows]))
        return self._dated[style, shows]

    def _with_format(self, style: int, number_format: int) -> bytes:
        if not 0 <= style < len(self._xfs):
            raise RefusedFile("damaged", part=self.name)
        xf = self._xfs[style]
        raw = self._data[xf.start : xf.end]
        tag = xml.start_tag(raw, 0)
        kept = re.sub(
            rb"""\s(?:numFmtId|applyNumberFormat)\s*=\s*(?:"[^"]*"|'[^']*')""", b"", tag[2]
        )
        wanted = b' numFmtId="%d" applyNumberFormat="1"' % number_format
        return b"<" + tag[1] + wanted + kept + tag[3] + b">" + raw[tag.end() :]

    def patched(self) -> bytes | None:
        """The part with the added styles; None when none was added."""
        if not self._added or self._cells is None:
            return None
        tag = xml.start_tag(self._data, self._cells.start)
        count = len(self._xfs) + len(self._added)
        head = re.sub(rb"""(\scount\s*=\s*)(?:"\d*"|'\d*')""", rb'\g<1>"%d"' % count, tag[0])
        last = self._xfs[-1].end
        data = b"".join(
            (
                self._data[: self._cells.start],
                head,
                self._data[tag.end() : last],
                *self._added,
                self._data[last:],
            )
        )
        return data if self.encoding == "utf-8" else data.decode().encode(self.encoding)
