"""A CSV export as rows under recognised headings: encoding, delimiter and heading row found.

What headings may be called stands in sync/locale (topic `bank_headings`), both languages at once.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sync.bank.ofx_text import decoded
from sync.bank.statement import RefusedBankFile, clean, fold
from sync.words import LANGUAGES, word_lists

_DELIMITERS = ";,\t|"
_EARLY = 30  # banks put name, account and period above the headings
_END = "\x1eend"  # stands in a row of its own when every quotation mark was closed before it
_MOST_CELL = 10_000
_MOST_CELLS = 3_000_000
_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, 1-based, and the cell of each key that has a column."""

    line: int
    cells: Mapping[str, str]
    first: str  # the first cell with text, recognised key or not

    def get(self, key: str) -> str:
        """The cell of a key, "" when blank or without a column."""
        return self.cells.get(key, "")


def keys() -> frozenset[str]:
    """What a column may hold."""
    return frozenset(key for language in LANGUAGES for key in word_lists(language, "bank_headings"))


@cache
def _meanings() -> Mapping[str, str]:
    return {
        fold(text): key
        for language in LANGUAGES
        for key, texts in word_lists(language, "bank_headings").items()
        for text in texts
    }


def table(data: bytes, mapping: Mapping[str, str]) -> tuple[frozenset[str], list[Row]]:
    """The keys that have a column, and the rows below the headings.

    Raises RefusedBankFile when no heading row is found, a mapped heading is missing or stands
    twice, or the text is no CSV.
    """
    text = decoded(data)
    if "\0" in text:
        raise RefusedBankFile("unknown_format")
    wanted = {fold(heading): key for key, heading in mapping.items()}
    delimiter = max(_DELIMITERS, key=lambda sign: _worth(text, sign, wanted))
    if text.count(delimiter) > _MOST_CELLS:
        raise RefusedBankFile("too_many_lines", limit=str(_MOST_CELLS))
    rows = _rows(text, delimiter)
    heads = max(
        range(min(len(rows), _EARLY)),
        key=lambda place: (_known(rows[place][1], wanted), -place),
        default=None,
    )
    if heads is None or _known(rows[heads][1], wanted) < 2:
        raise RefusedBankFile("unknown_format")
    columns = _columns(rows[heads][1], mapping, rows[heads][0])
    return frozenset(columns), list(_body(rows[heads + 1 :], columns))


def _worth(text: str, sign: str, wanted: Mapping[str, str]) -> int:
    early = text[:_HEAD].splitlines()[:_EARLY]
    return max(
        (_known([cell.strip(' "') for cell in line.split(sign)], wanted) for line in early),
        default=0,
    )


def _known(cells: Sequence[str], wanted: Mapping[str, str]) -> int:
    folded = (fold(cell) for cell in cells)
    return len({wanted.get(text) or _meanings().get(text, "") for text in folded} - {""})


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The rows with the line each starts on. Raises RefusedBankFile for an open quotation."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            rows.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as broken:
        raise RefusedBankFile("broken_csv", line=str(reader.line_num)) from broken
    start, last = rows.pop()
    if last != [_END]:
        raise RefusedBankFile("open_quote", line=str(start))
    if any(len(cell) > _MOST_CELL for _, cells in rows for cell in cells):
        raise RefusedBankFile("unknown_format")
    return rows


def _columns(heads: Sequence[str], mapping: Mapping[str, str], line: int) -> dict[str, int]:
    """Key → column: what was given first, then what is recognised; of two alike the first."""
    folded = [fold(cell) for cell in heads]
    columns: dict[str, int] = {}
    for key, heading in mapping.items():
        places = [place for place, text in enumerate(folded) if text == fold(heading)]
        if len(places) != 1:
            shown = ", ".join(f"“{clean(cell)}”" for cell in heads if cell.strip())
            code = "no_heading" if not places else "heading_twice"
            raise RefusedBankFile(code, line=str(line), heading=heading, headings=shown)
        columns[key] = places[0]
    taken = set(columns.values())
    for place, text in enumerate(folded):
        key = _meanings().get(text, "")
        if key and key not in columns and place not in taken:
            columns[key] = place
    return columns


def _body(rows: Sequence[tuple[int, list[str]]], columns: Mapping[str, int]) -> Iterator[Row]:
    for line, cells in rows:
        texts = [cell.strip() for cell in cells]
        if any(texts):
            found = {key: texts[at] for key, at in columns.items() if at < len(texts)}
            yield Row(line, found, next(text for text in texts if text))
