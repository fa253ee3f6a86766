"""Any tab of any Excel file as rows of values: what `adopt` and `import` read.

The same reader as the store's: no grid is built, so a stray cell far away costs nothing, and no
parser of others sees the file.
"""

from dataclasses import dataclass
from pathlib import Path

from sync.stores.guard import opened
from sync.stores.ooxml.book import Book
from sync.stores.ooxml.cells import Meaning
from sync.stores.ooxml.package import LIMITS, Package
from sync.stores.ooxml.reader import read_rows, row_values
from sync.stores.ooxml.sheet import SheetXml
from sync.workbook import RefusedFile, Row

_EARLY = 50  # rows in which a list's headings stand, and with them its width
_WIDEST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One tab: its title, those of all tabs, and its rows that hold anything.

    `Row.values` start at column A and reach the last column used in the tab's early rows.
    """

    title: str
    titles: tuple[str, ...]
    rows: list[Row]


def read_grid(path: Path, title: str | None = None) -> Grid:
    """Read a tab by title, in any case; without one, the first that holds anything.

    Raises RefusedFile for what cannot be read safely, KeyError(title) when there is no such tab.
    """
    package, book, meaning = _opened(path)
    titles = tuple(sheet.title for sheet in book.sheets)
    wanted = [s for s in book.sheets if title is None or s.title.casefold() == title.casefold()]
    if not wanted:
        raise KeyError(title)
    rows: list[Row] = []
    for part in wanted:
        rows = _rows(SheetXml(package.whole(part.part), part.part), meaning)
        if rows:
            return Grid(title=part.title, titles=titles, rows=rows)
    return Grid(title=wanted[0].title, titles=titles, rows=rows)


def read_early(path: Path) -> list[Grid]:
    """Every tab that holds anything, with its early rows only. Raises RefusedFile."""
    package, book, meaning = _opened(path)
    titles = tuple(sheet.title for sheet in book.sheets)
    found = []
    for part in book.sheets:
        sheet = SheetXml(package.whole(part.part), part.part)
        early = [(number, row_values(sheet, meaning, number)) for number in sheet.rows[:_EARLY]]
        width = min(max((max(values) for _, values in early if values), default=0), _WIDEST)
        rows = [
            Row(number, tuple(values.get(column) for column in range(1, width + 1)))
            for number, values in early
            if values
        ]
        if rows:
            found.append(Grid(title=part.title, titles=titles, rows=rows))
    return found


def _opened(path: Path) -> tuple[Package, Book, Meaning]:
    try:
        if path.stat().st_size > LIMITS.file:
            raise RefusedFile("too_large")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise RefusedFile("no_file", path=str(path)) from error
    except OSError as error:
        raise RefusedFile("unreadable_file", path=str(path)) from error
    package = opened(data)
    book = Book(package)
    return package, book, Meaning(book.strings(), book.styles().dates, book.date1904)


def _rows(sheet: SheetXml, meaning: Meaning) -> list[Row]:
    early = (row_values(sheet, meaning, number) for number in sheet.rows[:_EARLY])
    width = max((max(values) for values in early if values), default=0)
    return read_rows(sheet, meaning, range(1, min(width, _WIDEST) + 1), first=1)
