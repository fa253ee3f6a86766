"""From an Excel file's bytes to a Snapshot: tabs and columns by their headings, rows as values."""

from collections.abc import Iterable
from dataclasses import dataclass

from sheet_templates import headings
from sheet_templates.schema import (
    FIGURE_NAME_PREFIX,
    FIGURES,
    LANGUAGE_NAME,
    SCHEMA_VERSION,
    SCHEMA_VERSION_NAME,
    TABS,
    WORKBOOK_ID_NAME,
)
from sync.stores.guard import opened
from sync.stores.ooxml.book import Book, SheetPart
from sync.stores.ooxml.cells import Meaning
from sync.stores.ooxml.package import Package
from sync.stores.ooxml.reader import read_rows, row_values
from sync.stores.ooxml.sheet import SheetXml
from sync.stores.ooxml.xml import column_letters
from sync.workbook import Cell, Snapshot, StructureProblem, Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file read: its snapshot, and where its tabs and figures stand in the package."""

    snapshot: Snapshot
    package: Package
    book: Book
    sheets: dict[str, SheetPart]
    columns: dict[str, dict[str, int]]


def read_workbook(data: bytes, revision: str, place: str) -> Reading:
    """Read a workbook's bytes. Raises RefusedFile; what people typed wrongly is in `problems`."""
    package = opened(data)
    book = Book(package)
    return _Reader(package, book).reading(revision, place)


class _Reader:
    def __init__(self, package: Package, book: Book) -> None:
        self.package = package
        self.book = book
        self.meaning = Meaning(book.strings(), book.styles().dates, book.date1904)
        self.problems: list[StructureProblem] = []
        self.columns: dict[str, dict[str, int]] = {}

    def reading(self, revision: str, place: str) -> Reading:
        sheets = self._sheets_by_tab()
        language = self._language(sheets)
        tabs: dict[str, Tab] = {}
        for key, layout in TABS.items():
            if not layout.tabular:
                continue
            if key in sheets:
                tabs[key] = self._tab(key, sheets[key])
            else:
                title = headings.tab_title(language, key)
                self.problems.append(StructureProblem(code="missing_tab", tab=key, detail=title))
        snapshot = Snapshot(
            revision=revision,
            place=place,
            language=language,
            workbook_id=self.book.constant(WORKBOOK_ID_NAME),
            schema_version=self._version(),
            tabs=tabs,
            problems=tuple(self.problems),
            figures=self._figures(),
        )
        return Reading(
            snapshot=snapshot,
            package=self.package,
            book=self.book,
            sheets=sheets,
            columns=self.columns,
        )

    def _sheets_by_tab(self) -> dict[str, SheetPart]:
        """Tabs by key; of two with titles of the same tab, the first counts and it is said."""
        found: dict[str, SheetPart] = {}
        for sheet in self.book.sheets:
            key = headings.tab_key(sheet.title)
            if key is None:
                continue
            if key in found:
                self.problems.append(
                    StructureProblem(code="duplicate_tab", tab=key, detail=sheet.title)
                )
            else:
                found[key] = sheet
        return found

    def _language(self, sheets: dict[str, SheetPart]) -> str:
        """What the workbook says of itself, else the language of most of its titles."""
        named = self.book.constant(LANGUAGE_NAME)
        if named in headings.LANGUAGES:
            return named
        counts = {
            language: sum(
                headings.fold(headings.tab_title(language, key)) == headings.fold(sheet.title)
                for key, sheet in sheets.items()
            )
            for language in headings.LANGUAGES
        }
        return max(counts, key=lambda language: counts[language])

    def _version(self) -> int | None:
        written = self.book.constant(SCHEMA_VERSION_NAME)
        version = int(written) if written and written.isdecimal() else None
        if version is not None and version > SCHEMA_VERSION:
            self.problems.append(
                StructureProblem(code="newer_schema", tab="start", detail=str(version))
            )
        return version

    def _tab(self, key: str, part: SheetPart) -> Tab:
        sheet = SheetXml(self.package.whole(part.part), part.part)
        columns = self._columns(key, row_values(sheet, self.meaning, 1))
        self.columns[key] = columns
        rows = read_rows(sheet, self.meaning, tuple(columns.values()))
        return Tab(
            key=key,
            title=part.title,
            columns={column: index for index, column in enumerate(columns)},
            letters={column: column_letters(number) for column, number in columns.items()},
            rows=rows,
        )

    def _columns(self, key: str, row: dict[int, Cell]) -> dict[str, int]:
        """Column key → column number, in the order they stand; doubtful headings are said."""
        found: dict[str, list[int]] = {}
        for number, heading in sorted(row.items()):
            known = headings.column_key(key, heading) if isinstance(heading, str) else None
            if known is not None:
                found.setdefault(known, []).append(number)
        for column in TABS[key].columns:
            places = found.get(column.key, [])
            if len(places) == 1:
                continue
            code = "duplicate_heading" if places else "missing_heading"
            detail = ", ".join(map(column_letters, places))
            self.problems.append(
                StructureProblem(code=code, tab=key, column=column.key, detail=detail)
            )
        return {known: places[0] for known, places in found.items() if len(places) == 1}

    def _figures(self) -> dict[str, Cell]:
        """The dashboard's figures, each at the cell that its defined name points to."""
        places = figure_places(self.book, FIGURES)
        by_title: dict[str, dict[str, tuple[int, int]]] = {}
        for key, (title, row, column) in places.items():
            by_title.setdefault(title, {})[key] = (row, column)
        found: dict[str, Cell] = {}
        for sheet in self.book.sheets:
            cells = by_title.get(sheet.title)
            if cells is None:
                continue
            xml = SheetXml(self.package.whole(sheet.part), sheet.part)
            rows = {row: row_values(xml, self.meaning, row) for row, _ in cells.values()}
            found.update({key: rows[row].get(column) for key, (row, column) in cells.items()})
        return found


def figure_places(book: Book, keys: Iterable[str]) -> dict[str, tuple[str, int, int]]:
    """Figure key → (tab title, row, column), for the figures that the workbook has."""
    titles = {sheet.title for sheet in book.sheets}
    found = {key: book.place(FIGURE_NAME_PREFIX + key) for key in keys}
    return {key: place for key, place in found.items() if place and place[0] in titles}
