"""From an Excel file's bytes to a Snapshot: tabs and columns by their headings, rows as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

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
from sync.stores.obstacles import figures_obstacle, obstacle
from sync.stores.ooxml.book import Book, SheetPart
from sync.stores.ooxml.cells import Meaning
from sync.stores.ooxml.frame_edits import tables
from sync.stores.ooxml.package import Package
from sync.stores.ooxml.reader import read_and_index, row_values
from sync.stores.ooxml.sheet import RowIndex, SheetXml
from sync.stores.ooxml.xml import column_letters
from sync.workbook import Cell, Obstacle, Snapshot, StructureProblem, Tab


@dataclass(frozen=True, slots=True, kw_only=True)
class TabReading:
    """One tab read, and what its reading depended on."""

    tab: Tab
    columns: dict[str, int]
    problems: tuple[StructureProblem, ...]
    index: RowIndex | None
    origin: str
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file read: its snapshot, and where its tabs and figures stand in the package."""

    snapshot: Snapshot
    package: Package
    book: Book
    sheets: dict[str, SheetPart]
    tabs: dict[str, TabReading]


def read_workbook(
    data: bytes, revision: str, place: str, earlier: dict[str, TabReading] | None = None
) -> Reading:
    """Read a workbook's bytes. Raises RefusedFile; what people typed wrongly is in `problems`.

    A tab of an `earlier` reading is taken over when its part, the shared strings and the styles
    are the same bytes: after our own write only the patched tabs are read again.
    """
    package = opened(data)
    return _Reader(package, Book(package), earlier or {}).reading(revision, place)


class _Reader:
    def __init__(self, package: Package, book: Book, earlier: dict[str, TabReading]) -> None:
        self.package = package
        self.book = book
        self.earlier = earlier
        self.problems: list[StructureProblem] = []
        self._of_figures: Obstacle | None = None
        shared = (book.related("sharedStrings"), book.related("styles"))
        self._shared = [package.digest(part) if part else "" for part in shared]

    @cached_property
    def meaning(self) -> Meaning:
        """Strings and date styles, read when the first tab needs them."""
        return Meaning(self.book.strings(), self.book.styles().dates, self.book.date1904)

    def reading(self, revision: str, place: str) -> Reading:
        sheets = self._sheets_by_tab()
        language = self._language(sheets)
        tabs: dict[str, TabReading] = {}
        for key, layout in TABS.items():
            if not layout.tabular:
                continue
            if key in sheets:
                tabs[key] = self._tab(key, sheets[key])
                self.problems.extend(tabs[key].problems)
            else:
                title = headings.tab_title(language, key)
                self.problems.append(StructureProblem(code="missing_tab", tab=key, detail=title))
        version = self._version()
        figures = self._figures()
        signed = Obstacle(code="signed", tab="") if self.book.is_signed else None
        obstacles = [signed, self._of_figures, *(found.obstacle for found in tabs.values())]
        snapshot = Snapshot(
            revision=revision,
            place=place,
            language=language,
            workbook_id=self.book.constant(WORKBOOK_ID_NAME),
            schema_version=version,
            tabs={key: found.tab for key, found in tabs.items()},
            problems=tuple(self.problems),
            figures=figures,
            obstacle=next(filter(None, obstacles), None),
        )
        return Reading(
            snapshot=snapshot, package=self.package, book=self.book, sheets=sheets, tabs=tabs
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

    def _tab(self, key: str, part: SheetPart) -> TabReading:
        beside = list(tables(self.package, part.part))
        digests = (
            part.title,
            self.package.digest(part.part),
            *(self.package.digest(table.part) for table in beside),
            *self._shared,
            self.book.date1904,
        )
        origin = "|".join(map(str, digests))
        earlier = self.earlier.get(key)
        if earlier is not None and earlier.origin == origin:
            return earlier
        sheet = SheetXml(self.package.whole(part.part), part.part)
        columns, problems = _columns(key, row_values(sheet, self.meaning, 1))
        rows, index = read_and_index(sheet, self.meaning, tuple(columns.values()))
        tab = Tab(
            key=key,
            title=part.title,
            columns={column: index for index, column in enumerate(columns)},
            letters={column: column_letters(number) for column, number in columns.items()},
            rows=rows,
        )
        return TabReading(
            tab=tab,
            columns=columns,
            problems=problems,
            index=index,
            origin=origin,
            obstacle=obstacle(tab, columns, sheet, beside),
        )

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
            found_here = figures_obstacle(xml, sheet.title, set(cells.values()))
            self._of_figures = self._of_figures or found_here
            rows = {row: row_values(xml, self.meaning, row) for row, _ in cells.values()}
            found.update({key: rows[row].get(column) for key, (row, column) in cells.items()})
        return found


def _columns(key: str, row: dict[int, Cell]) -> tuple[dict[str, int], tuple[StructureProblem, ...]]:
    """Column key → column number, in the order they stand; and what is doubtful of them."""
    found: dict[str, list[int]] = {}
    for number, heading in sorted(row.items()):
        known = headings.column_key(key, heading) if isinstance(heading, str) else None
        if known is not None:
            found.setdefault(known, []).append(number)
    problems: list[StructureProblem] = []
    for column in TABS[key].columns:
        places = found.get(column.key, [])
        if column.optional and not places:
            continue
        if len(places) != 1:
            code = "duplicate_heading" if places else "missing_heading"
            detail = ", ".join(map(column_letters, places))
            problems.append(StructureProblem(code=code, tab=key, column=column.key, detail=detail))
    columns = {known: places[0] for known, places in found.items() if len(places) == 1}
    return columns, tuple(problems)


def figure_places(book: Book, keys: Iterable[str]) -> dict[str, tuple[str, int, int]]:
    """Figure key → (tab title, row, column), for the figures that the workbook has."""
    titles = {sheet.title for sheet in book.sheets}
    found = {key: book.place(FIGURE_NAME_PREFIX + key) for key in keys}
    return {key: place for key, place in found.items() if place and place[0] in titles}
