"""The standard workbook as an Excel file.

`build` turns the schema, the words of a language and any rows into the bytes of an .xlsx. It is the
only thing here that others call; openpyxl only makes workbooks, it never touches one that exists.

What a program that writes into the file later may rely on: headings in row 1 and data from row 2
on every tab but start and dashboard; no tables, no merged cells, no protection; drop-downs, colours
and the filter reach over the spare rows (`last_row`); a column carries its look as column style.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Side
from openpyxl.workbook.defined_name import DefinedName

from sheet_templates import headings
from sheet_templates.excel_cells import cell_at, dress, shown
from sheet_templates.excel_dashboard import fill_dashboard
from sheet_templates.excel_rules import (
    LIST_NAME_PREFIX,
    PAYMENT_NAMES,
    Place,
    add_colours,
    add_setting_validations,
    add_validations,
    reference,
)
from sheet_templates.excel_start import UNIQUE_LISTS, fill_start, unique_list_range
from sheet_templates.excel_styles import LINE, body_look, font, number_format, solid
from sheet_templates.excel_tab import fill_tab, last_row
from sheet_templates.first_rows import first_rows
from sheet_templates.schema import (
    COLUMN_LISTS,
    LANGUAGE_NAME,
    SCHEMA_VERSION,
    SCHEMA_VERSION_NAME,
    SETTINGS,
    TABS,
    WORKBOOK_ID_NAME,
    Kind,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def build(
    language: str,
    *,
    rows: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    settings: Mapping[str, object] | None = None,
    extra_columns: Sequence[str] = (),
    workbook_id: str,
    created: date,
) -> bytes:
    """Return the bytes of a new standard workbook; the same arguments give the same bytes.

    Args:
        language: "pt-BR" or "en".
        rows: Tab key → rows, each column key → value. Codes for lists (what is no code is shown
            as it is), booleans for flags, fractions for percentages, Decimal for money, date
            and datetime without zone. Policy, templates, offers and playbook have defaults.
        settings: Setting key → value, likewise; what is not given stands at its default.
        extra_columns: The team's own headings, appended to receivables; their values stand in the
            rows under the heading itself.
        workbook_id: The identity, kept in a hidden defined name.
        created: Day that the file's properties show.

    Raises:
        KeyError: The language is unknown.
        UnknownColumnError: Rows for a tab or column, or a setting, that the schema does not have.
        HeadingTakenError: An extra column has a heading of the schema's, or stands twice.
        TextTooLongError: Text of more than 32,767 characters.
    """
    given = dict(first_rows(language, rows or {}, settings or {}))
    given["settings"] = _settings_in_words(language, given["settings"])
    book = Workbook()
    book.remove(book.worksheets[0])
    places = []
    for tab in TABS.values():
        sheet = book.create_sheet(headings.tab_title(language, tab.key))
        if not tab.tabular:
            continue
        own = extra_columns if tab.key == "receivables" else ()
        fill_tab(sheet, language, tab, given.get(tab.key, ()), own)
        reach = last_row(len(given.get(tab.key, ())))
        places.append(Place(sheet=sheet, language=language, tab=tab, last_row=reach))
    for place in places:
        if place.tab.key == "settings":
            _dress_settings(place)
            add_setting_validations(place)
        else:
            add_validations(place)
            add_colours(place)
        if place.tab.key == "aging":
            _dress_aging(place)
    fill_start(book[headings.tab_title(language, "start")], language)
    fill_dashboard(book, book[headings.tab_title(language, "dashboard")], language)
    _name_things(book, language, workbook_id, {place.tab.key: place.last_row for place in places})
    return _bytes(book, created)


def _settings_in_words(
    language: str, rows: Sequence[Mapping[str, object]]
) -> list[Mapping[str, object]]:
    """Return the rows of the settings tab with codes and booleans in the workbook's words."""
    return [
        {**row, "value": shown(language, setting.kind, setting.list_name, row["value"])}
        for row, setting in zip(rows, SETTINGS.values(), strict=True)
    ]


def _dress_aging(place: Place) -> None:
    """Make the two rows of the whole book stand out: the buckets in words, and the total."""
    for number, column in enumerate(place.tab.columns, start=1):
        for row in (2, 3):
            cell = cell_at(place.sheet, row, number)
            dress(cell, body_look(place.language, "aging", column))
            cell.font = font(bold=row == 3, italic=row == 2)
            cell.border = Border(bottom=Side(style="thin", color="AAB2BD"))


def _dress_settings(place: Place) -> None:
    """Show each setting's value in its own kind, as a field to fill in."""
    for row, setting in enumerate(SETTINGS.values(), start=2):
        name, value = cell_at(place.sheet, row, 1), cell_at(place.sheet, row, 2)
        name.font = font(bold=setting.required)
        plain = setting.kind in {Kind.TEXT, Kind.MAILS, Kind.LIST, Kind.FLAG}
        value.number_format = "@" if plain else number_format(place.language, setting.kind)
        value.font = font()
        value.fill = solid("FFFDF5")
        value.alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
        line = Side(style="thin", color=LINE)
        value.border = Border(left=line, right=line, top=line, bottom=line)


def _name_things(book: Workbook, language: str, workbook_id: str, reach: Mapping[str, int]) -> None:
    """Add the hidden names of the workbook's identity and the names of the drop-downs' lists."""
    for name, text in (
        (WORKBOOK_ID_NAME, workbook_id),
        (SCHEMA_VERSION_NAME, str(SCHEMA_VERSION)),
        (LANGUAGE_NAME, language),
    ):
        quoted = text.replace('"', '""')
        book.defined_names[name] = DefinedName(name, attr_text=f'"{quoted}"', hidden=True)
    for name, column in zip(PAYMENT_NAMES, ("receivable", "amount"), strict=True):
        area = reference(language, "payments", column, reach["payments"])
        book.defined_names[name] = DefinedName(name, attr_text=area)
    for list_name, (tab, column) in COLUMN_LISTS.items():
        name = f"{LIST_NAME_PREFIX}{list_name}"
        if list_name in UNIQUE_LISTS:
            source = unique_list_range(language, list_name)
        else:
            area = reference(language, tab, column, reach[tab])
            first = area.split(":", maxsplit=1)[0]
            # Approximate MATCH finds the last text and the last number, holes in between or not.
            ends = f'IFERROR(MATCH(REPT("z",99),{area}),1),IFERROR(MATCH(9E+307,{area}),1)'
            source = f"{first}:INDEX({area},MAX({ends}))"
        book.defined_names[name] = DefinedName(name, attr_text=source)


_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def _bytes(book: Workbook, created: date) -> bytes:
    """Save the book with the given day in place of the clock's time, in properties and zip."""
    moment = datetime.combine(created, time(0), tzinfo=UTC).replace(tzinfo=None)
    book.properties.creator = "Régua"
    book.properties.created = moment
    raw = io.BytesIO()
    book.save(raw)
    stamp = moment.isoformat().encode() + b"Z"
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", part)
            entry = zipfile.ZipInfo(name, (*moment.timetuple()[:3], 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, part)
    return out.getvalue()
