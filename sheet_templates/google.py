"""The standard workbook as a Google spreadsheet: what to ask of spreadsheets.batchUpdate.

`setup_requests` compares the schema with what is there and returns only what is missing or broken,
so it builds the workbook in a blank spreadsheet, mends one that was damaged, and asks nothing of
one that is whole. It is pure: no HTTP, no Google library. The requests are one atomic batch; the
order matters, as later ones name tabs and columns that earlier ones add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheet_templates import headings
from sheet_templates.first_rows import first_rows
from sheet_templates.google_book import Book, protection
from sheet_templates.google_cells import Json, entered, grid, put_rows, shown
from sheet_templates.google_dashboard import fill_dashboard, mend_dashboard
from sheet_templates.google_layout import (
    CONTROL,
    PAYMENT_NAMES,
    SERVED,
    SPARE_ROWS,
    made_id,
    named_cells,
    row_key,
    service_columns,
    service_id,
    service_title,
    sheet_id,
)
from sheet_templates.google_start import fill_start
from sheet_templates.google_tab import added, fill, mend
from sheet_templates.schema import (
    LANGUAGE_NAME,
    SCHEMA_VERSION,
    SCHEMA_VERSION_NAME,
    TABS,
    WORKBOOK_ID_NAME,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sheet_templates.google_present import PresentSheet
    from sheet_templates.schema import Tab

_CONTROL_ROWS = ("lease",)


def setup_requests(
    language: str,
    present: PresentSheet,
    *,
    editor: str,
    workbook_id: str,
    rows: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    settings: Mapping[str, object] | None = None,
    spare_rows: int = SPARE_ROWS,
) -> list[Json]:
    """Return the requests that make the spreadsheet the standard workbook; [] when it is.

    What people did stays: no tab of theirs, no cell of theirs, no width, order, format or filter of
    a tab that stands is touched; a dashboard that came with an imported file keeps its own layout,
    without commands. Where a formula of an engine column was typed over, the values
    below it go too, as they would keep it from unfolding.

    Args:
        language: "pt-BR" or "en": of what is added.
        present: What stands there.
        editor: Address of the account that the service uses: who may write the protected tabs.
        workbook_id: The identity, given to a spreadsheet that has none.
        rows: Tab key → first rows of tabs that are missing, as `excel.build` takes them. The
            engine's columns beside people's go to the hidden tabs.
        settings: Setting key → value, for a settings tab that is missing.
        spare_rows: Blank rows of a new tab below its first rows.

    Raises:
        KeyError: The language is unknown.
        UnknownColumnError: Rows for a tab or column, or a setting, that the schema does not have.
    """
    given = first_rows(language, rows or {}, settings or {})
    book = _book(language, present, editor, given, spare_rows)
    missing = [tab for tab in TABS.values() if present.find(tab.key) is None]
    requests = [added(tab, book, index) for index, tab in _additions(present)]
    for key in (CONTROL, *SERVED):
        requests += _service(key, book)
    if _is_new(present):
        requests.append({"deleteSheet": {"sheetId": present.tabs[0].sheet_id}})
    for tab in TABS.values():
        if tab.tabular and tab in missing:
            requests += fill(tab, book)
    for tab in TABS.values():
        there = present.find(tab.key)
        if tab.tabular and there is not None:
            requests += mend(tab, book, there)
    if any(tab.key == "start" for tab in missing):
        requests += fill_start(book)
    if any(tab.key == "dashboard" for tab in missing):
        requests += fill_dashboard(book)
    requests += _names(book)
    if _has_our_dashboard(book):
        dashboard = present.find("dashboard")
        charts = dashboard.charts if dashboard is not None else frozenset[int]()
        requests += mend_dashboard(book, present.names, charts)
    requests += _metadata(language, present, workbook_id)
    return requests


def _is_new(present: PresentSheet) -> bool:
    """Say whether there is nothing but the one blank tab of a new spreadsheet."""
    return len(present.tabs) == 1 and present.tabs[0].is_blank and not _any_of_ours(present)


def _any_of_ours(present: PresentSheet) -> bool:
    return any(present.find(key) is not None for key in TABS)


def _book(
    language: str,
    present: PresentSheet,
    editor: str,
    rows: Mapping[str, Sequence[Mapping[str, object]]],
    spare_rows: int,
) -> Book:
    found = {key: present.find(key) for key in TABS}
    ids = {key: tab.sheet_id if tab else sheet_id(key) for key, tab in found.items()}
    titles = {
        key: tab.title if tab else headings.tab_title(language, key) for key, tab in found.items()
    }
    return Book(
        language=language,
        present=present,
        editor=editor,
        ids=ids,
        titles=titles,
        places={key: _columns(key, present) for key in TABS},
        rows=rows,
        spare_rows=spare_rows,
    )


def _columns(key: str, present: PresentSheet) -> dict[str, int]:
    """Return where each column of a tab stands or will stand: missing ones after all others."""
    tab, there = TABS[key], present.find(key)
    if there is None:
        return {column.key: index for index, column in enumerate(tab.columns)}
    found = {column.key: there.find(key, column.key) for column in tab.columns}
    after = max((heading.index for heading in there.headings), default=-1) + 1
    after = max([after, *(at + 1 for at in there.marked.values())])
    places: dict[str, int] = {}
    for name, heading in found.items():
        places[name] = heading.index if heading is not None else after
        after += heading is None
    return places


def _additions(present: PresentSheet) -> Iterator[tuple[int, Tab]]:
    """Yield each missing tab and its index: right after the schema's tab before it."""
    order = [tab.sheet_id for tab in present.tabs]
    at = 0
    for tab in TABS.values():
        there = present.find(tab.key)
        if there is not None:
            at = order.index(there.sheet_id) + 1
            continue
        order.insert(at, sheet_id(tab.key))
        yield at, tab
        at += 1


def _service(key: str, book: Book) -> Iterator[Json]:
    """Yield a hidden tab of the service, protected, unless it is there; and its protection."""
    id_ = service_id(key)
    there = book.present.by_id(id_)
    if there is None:
        names = [column.key for column in service_columns(key)] if key != CONTROL else ["value"]
        properties = {
            "sheetId": id_,
            "title": service_title(key),
            "hidden": True,
            "gridProperties": {
                "rowCount": book.row_count(key) if key != CONTROL else 20,
                "columnCount": len(names) + 1,
                "frozenRowCount": 1,
            },
        }
        yield {"addSheet": {"properties": properties}}
        lines = [[entered("key"), *map(entered, names)], *_said(key, book)]
        yield put_rows(id_, 0, 0, lines, fields="userEnteredValue")
    yield from protection(service_title(key), id_, book)


def _said(key: str, book: Book) -> Iterator[list[Json]]:
    """Yield what stands in a new hidden tab: the service's own words, or values of first rows."""
    if key == CONTROL:
        yield from ([entered(name)] for name in _CONTROL_ROWS)
        return
    tab = TABS[key]
    for row in book.rows.get(key, ()):
        values = {
            column.key: shown(book.language, column.kind, column.list_name, row.get(column.key))
            for column in tab.columns
        }
        told = [values[column.key] for column in service_columns(key)]
        if any(value not in {None, ""} for value in told):
            yield [entered(row_key(values, key)), *map(entered, told)]


def _names(book: Book) -> Iterator[Json]:
    """Yield the names of single cells and of the columns that colours reach by name."""
    areas = {
        name: grid(id_, (row, row + 1), (column, column + 1))
        for name, (id_, row, column) in named_cells().items()
        if id_ != sheet_id("dashboard") or _has_our_dashboard(book)
    }
    for name, key in zip(PAYMENT_NAMES, ("receivable", "amount"), strict=True):
        at = book.places["payments"][key]
        areas[name] = grid(book.ids["payments"], (1, None), (at, at + 1))
    for name, area in areas.items():
        if name not in book.present.names:
            named = {"namedRangeId": str(made_id(f"name:{name}")), "name": name, "range": area}
            yield {"addNamedRange": {"namedRange": named}}


def _has_our_dashboard(book: Book) -> bool:
    """Say whether the dashboard is laid out as here: one of an imported file is left as it is."""
    return book.ids["dashboard"] == sheet_id("dashboard")


def _metadata(language: str, present: PresentSheet, workbook_id: str) -> Iterator[Json]:
    """Yield identity, language and version of the schema, hidden in the spreadsheet itself."""
    for key, value in (
        (WORKBOOK_ID_NAME, workbook_id),
        (LANGUAGE_NAME, language),
        (SCHEMA_VERSION_NAME, str(SCHEMA_VERSION)),
    ):
        if key not in present.metadata:
            yield identity_request(key, value)


def identity_request(key: str, value: str) -> Json:
    """Return the request that gives the spreadsheet one of its hidden words."""
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": made_id(f"metadata:{key}"),
                "metadataKey": key,
                "metadataValue": value,
                "visibility": "DOCUMENT",
                "location": {"spreadsheet": True},
            }
        }
    }
