"""A team's workbook in people's hands, in a file or in memory: read, typed into, sorted, copied.

Files are read and edited with openpyxl, which the engine's own reading and patching do not use.
Both kinds keep the same promises to whoever plays the people: a sitting is one save.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from openpyxl import load_workbook
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheet_templates import headings
from sheet_templates.schema import TABS
from sync.stores.memory import MemoryStore, _Sheet

Typed = dict[str, Any]
"""A row as it stands: column key → value; `#` is its number in the sheet."""


class Page(Protocol):
    """One tab under somebody's hands. Rows go by their number in the sheet, headings in row 1."""

    def columns(self) -> list[str | None]:
        """Column keys from left to right; None for columns of their own."""
        ...

    def last(self) -> int:
        """The number of the last row with data; 1 when there is none."""
        ...

    def get(self, row: int, column: int) -> Any:
        """A cell's value; `column` counts from 0."""
        ...

    def put(self, row: int, column: int, value: Any) -> None:
        """Type into a cell."""
        ...

    def insert_row(self, row: int) -> None:
        """A blank row before this one."""
        ...

    def delete_row(self, row: int) -> None:
        """The whole row, those below move up."""
        ...

    def insert_column(self, at: int, heading: str) -> None:
        """A column of their own before this one."""
        ...


class Open(Protocol):
    """A workbook that somebody has open."""

    def page(self, tab: str) -> Page:
        """A tab of the schema."""
        ...

    def add_tab(self, title: str) -> None:
        """A tab of their own, with something in it."""
        ...


class Book(Protocol):
    """Where the workbook is kept."""

    language: str

    def sitting(self) -> Any:
        """A context manager that gives an `Open` and saves it."""
        ...

    def look(self) -> "Sight":
        """What a person sees now."""
        ...

    def kept(self) -> Any:
        """Its whole content, to compare or to restore."""
        ...

    def restore(self, kept: Any) -> None:
        """Put an earlier content in its place."""
        ...

    def copied(self, path: Path) -> "Book":
        """The same workbook at another place."""
        ...


@dataclass(frozen=True)
class Sight:
    """The workbook as seen at one moment, by people's own eyes: tab → rows, figure → value."""

    tabs: Mapping[str, Sequence[Typed]]
    figures: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, tab: str) -> Sequence[Typed]:
        return self.tabs.get(tab, ())


def rows_of(page: "Page | Seen", top: int = 2) -> list[Typed]:
    """The rows with data in columns of the schema."""
    keys = page.columns()
    found = []
    for number in range(top, page.last() + 1):
        row = {key: plain(page.get(number, at)) for at, key in enumerate(keys) if key is not None}
        if any(value is not None for value in row.values()):
            found.append({"#": number, **row})
    return found


def plain(value: Any) -> Any:
    """One kind of date, no empty text, money as the nearest decimal."""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date()
    if isinstance(value, str):
        return value or None
    return value


def money(value: Any) -> Decimal | None:
    """A cell as an amount in cents; None when it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(str(value)).quantize(Decimal("0.01"))


# What people do with a page, whichever kind it is.


def column(page: Page, key: str) -> int:
    return page.columns().index(key)


def put(page: Page, row: int, **values: Any) -> None:
    """Type values by column key."""
    for key, value in values.items():
        page.put(row, column(page, key), value)


def append(page: Page, **values: Any) -> None:
    """A new row below the last one."""
    put(page, page.last() + 1, **values)


def copy_row(page: Page, row: int) -> None:
    """The same row once more, below the last one."""
    at = page.last() + 1
    for index in range(len(page.columns())):
        page.put(at, index, page.get(row, index))


def sort(page: Page, key: str, *, reverse: bool = False) -> None:
    """Sort all rows by a column, blank cells last."""
    width, last = len(page.columns()), page.last()
    rows = [[page.get(row, at) for at in range(width)] for row in range(2, last + 1)]
    by = column(page, key)
    shown = [row for row in rows if row[by] is not None]
    blank = [row for row in rows if row[by] is None]
    shown.sort(key=lambda row: str(plain(row[by])), reverse=reverse)
    for number, row in enumerate(shown + blank, 2):
        for at, value in enumerate(row):
            page.put(number, at, value)


def move_column(page: Page, key: str, to: int) -> None:
    """Carry a column with its heading to another place."""
    at, last = column(page, key), page.last()
    cells = [page.get(row, at) for row in range(1, last + 1)]
    step = 1 if to > at else -1
    for place in range(at, to, step):
        for row in range(1, last + 1):
            page.put(row, place, page.get(row, place + step))
    for row, value in enumerate(cells, 1):
        page.put(row, to, value)


# In a file.


class FileBook:
    """A workbook in an Excel file."""

    def __init__(self, path: Path, language: str) -> None:
        self.path = path
        self.language = language
        self._seen: tuple[bytes, Sight] | None = None

    def kept(self) -> bytes:
        return self.path.read_bytes()

    def restore(self, kept: bytes) -> None:
        self.path.write_bytes(kept)

    def copied(self, path: Path) -> "FileBook":
        path.write_bytes(self.kept())
        return FileBook(path, self.language)

    @contextmanager
    def sitting(self) -> Iterator["OpenFile"]:
        book = load_workbook(io.BytesIO(self.kept()))
        yield OpenFile(book)
        out = io.BytesIO()
        book.save(out)
        self.path.write_bytes(out.getvalue())

    def look(self) -> Sight:
        data = self.kept()
        if self._seen is None or self._seen[0] != data:
            self._seen = (data, _seen_in(data))
        return self._seen[1]


def _seen_in(data: bytes) -> Sight:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    pages = {
        sheet.title: Seen(headings.tab_key(sheet.title) or "", list(sheet.values))
        for sheet in book.worksheets
    }
    figures = {}
    for name, defined in book.defined_names.items():
        if name.startswith("regua_figure_"):
            title, place = next(iter(defined.destinations))
            letters, row = coordinate_from_string(place.replace("$", ""))
            at = column_index_from_string(letters) - 1
            figures[name.removeprefix("regua_figure_")] = plain(pages[title].get(row, at))
    tabs = {page.tab: rows_of(page) for page in pages.values() if page.is_of_schema}
    return Sight(tabs, figures)


@dataclass(frozen=True)
class Seen:
    """A `Page` that is only looked at."""

    tab: str
    cells: Sequence[Sequence[Any]]

    @property
    def is_of_schema(self) -> bool:
        return self.tab in TABS and TABS[self.tab].tabular

    def columns(self) -> list[str | None]:
        texts = self.cells[0] if self.cells else ()
        return [headings.column_key(self.tab, str(text)) if text else None for text in texts]

    def last(self) -> int:
        return len(self.cells)

    def get(self, row: int, column: int) -> Any:
        cells = self.cells[row - 1] if row <= len(self.cells) else ()
        return cells[column] if column < len(cells) else None


class OpenFile:
    """An `Open` over openpyxl."""

    def __init__(self, book: Workbook) -> None:
        self.book = book

    def page(self, tab: str) -> "FilePage":
        for sheet in self.book.worksheets:
            if headings.tab_key(sheet.title) == tab:
                return FilePage(sheet, tab)
        raise KeyError(tab)

    def add_tab(self, title: str) -> None:
        sheet = self.book.create_sheet(title, index=len(self.book.worksheets) // 2)
        sheet["A1"], sheet["B2"], sheet["C3"] = "mine", 42, "=B2*2"


class FilePage:
    """A `Page` over a worksheet."""

    def __init__(self, sheet: Worksheet, tab: str) -> None:
        self.sheet = sheet
        self.tab = tab

    def columns(self) -> list[str | None]:
        texts = [cell.value for cell in self.sheet[1]]
        return [headings.column_key(self.tab, str(text)) if text else None for text in texts]

    def last(self) -> int:
        row = self.sheet.max_row
        while row > 1 and all(cell.value is None for cell in self.sheet[row]):
            row -= 1
        return row

    def get(self, row: int, column: int) -> Any:
        return self.sheet.cell(row, column + 1).value

    def put(self, row: int, column: int, value: Any) -> None:
        # Unlike sheet.cell(row, column, value), this clears a cell too.
        self.sheet.cell(row, column + 1).value = value

    def insert_row(self, row: int) -> None:
        self.sheet.insert_rows(row)

    def delete_row(self, row: int) -> None:
        self.sheet.delete_rows(row)

    def insert_column(self, at: int, heading: str) -> None:
        self.sheet.insert_cols(at + 1)
        self.sheet.cell(1, at + 1).value = heading


# In memory.


class MemoryBook:
    """The same in memory. Revisions never repeat, as the hashes of files do not."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.language = store.language

    def kept(self) -> MemoryStore:
        return self.store.copy()

    def restore(self, kept: MemoryStore) -> None:
        count = self.store._count
        self.store.__dict__.update(kept.copy().__dict__)
        self.store._count = count + 1

    def copied(self, path: Path) -> "MemoryBook":
        store = self.store.copy()
        store.place = f"memory:{path}"
        return MemoryBook(store)

    @contextmanager
    def sitting(self) -> Iterator["OpenMemory"]:
        yield OpenMemory(self.store)
        self.store._count += 1

    def look(self) -> Sight:
        pages = {key: MemoryPage(sheet) for key, sheet in self.store._sheets.items()}
        figures = {key: plain(value) for key, value in self.store.figures.items()}
        return Sight({key: rows_of(page) for key, page in pages.items()}, figures)


class OpenMemory:
    """An `Open` over lists."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store

    def page(self, tab: str) -> "MemoryPage":
        return MemoryPage(self.store._sheets[tab])

    def add_tab(self, title: str) -> None:
        """Memory keeps no tabs but the schema's."""


class MemoryPage:
    """A `Page` over the lists of one tab; columns of their own have names with a `?`."""

    def __init__(self, sheet: _Sheet) -> None:
        self.sheet = sheet

    def columns(self) -> list[str | None]:
        return [None if key.startswith("?") else key for key in self.sheet.columns]

    def last(self) -> int:
        return self.sheet.after_data() + 1

    def get(self, row: int, column: int) -> Any:
        if row == 1:
            return self.sheet.columns[column]
        at = row - 2
        return self.sheet.rows[at][column] if at < len(self.sheet.rows) else None

    def put(self, row: int, column: int, value: Any) -> None:
        if row == 1:
            self.sheet.columns[column] = value
            return
        self.sheet.reach(row - 1)
        is_money = isinstance(value, Decimal)
        self.sheet.rows[row - 2][column] = float(value) if is_money else plain(value)

    def insert_row(self, row: int) -> None:
        self.sheet.reach(row - 1)
        self.sheet.rows.insert(row - 2, [None] * len(self.sheet.columns))

    def delete_row(self, row: int) -> None:
        self.sheet.reach(row - 1)
        del self.sheet.rows[row - 2]

    def insert_column(self, at: int, heading: str) -> None:
        self.sheet.reach(0)
        self.sheet.columns.insert(at, f"?{heading}")
        for cells in self.sheet.rows:
            cells.insert(at, None)


def day_of(value: Any) -> date | None:
    """A cell as a day; None when it holds none."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
