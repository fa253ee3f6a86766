"""The Excel workbook that `build` makes: read back, part by part, as a team and as Excel would."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl.utils import get_column_letter, range_boundaries

from sheet_templates import headings
from sheet_templates.excel_dashboard import figure_places
from sheet_templates.excel_rules import SPARE_REACH
from sheet_templates.excel_tab import HeadingTakenError
from sheet_templates.first_rows import UnknownColumnError
from sheet_templates.sample import sample
from sheet_templates.schema import (
    FIGURE_NAME_PREFIX,
    FIGURES,
    FORECAST_WEEKS,
    LISTS,
    TABS,
    Group,
    Kind,
    Owner,
)
from tests.template_workbook import DAY, IDENTITY, letter_of, made, opened, sheet_of

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

both = pytest.mark.parametrize("language", headings.LANGUAGES)


def read_rows(sheet: Worksheet) -> list[dict[str, object]]:
    """Return the rows below the headings: heading → value, blanks left out."""
    names = [cell.value for cell in sheet[1]]
    return [
        {str(name): value for name, value in zip(names, values, strict=True) if value is not None}
        for values in sheet.iter_rows(min_row=2, values_only=True)
    ]


@both
def test_tabs_stand_in_order_with_the_colour_of_their_group(language: str) -> None:
    book = opened(made(language))
    assert book.sheetnames == [headings.tab_title(language, key) for key in TABS]
    colours: dict[Group, set[str]] = {}
    for tab in TABS.values():
        colour = sheet_of(book, language, tab.key).sheet_properties.tabColor
        assert colour is not None
        colours.setdefault(tab.group, set()).add(str(colour.rgb))
    assert all(len(found) == 1 for found in colours.values())
    assert len({next(iter(found)) for found in colours.values()}) == len(Group)


@both
def test_headings_stand_in_row_one_frozen_with_their_help_and_a_filter(language: str) -> None:
    book = opened(made(language))
    for tab in TABS.values():
        if not tab.tabular:
            continue
        sheet = sheet_of(book, language, tab.key)
        assert [cell.value for cell in sheet[1]] == [
            headings.heading(language, tab.key, column.key) for column in tab.columns
        ]
        for cell, column in zip(sheet[1], tab.columns, strict=True):
            assert cell.comment is not None
            assert cell.comment.text == headings.column_help(language, tab.key, column.key)
        assert re.fullmatch(r"[A-C]2", str(sheet.freeze_panes))
        last = get_column_letter(len(tab.columns))
        assert sheet.auto_filter.ref == f"A1:{last}{SPARE_REACH}"


@both
def test_the_sample_comes_back_as_it_was_given(language: str) -> None:
    ledger = sample(language, seed=3, today=DAY)
    book = opened(made(language, rows=ledger.rows, settings=ledger.settings))
    for tab_key, rows in ledger.rows.items():
        read = read_rows(sheet_of(book, language, tab_key))
        assert len(read) == len(rows)
        for given, found in zip(rows, read, strict=True):
            expected = {
                headings.heading(language, tab_key, key): as_shown(language, tab_key, key, value)
                for key, value in given.items()
                if value is not None
            }
            assert {name: as_read(value) for name, value in found.items()} == expected


def as_shown(language: str, tab: str, key: str, value: object) -> object:
    column = TABS[tab].column(key)
    if isinstance(value, bool):
        return headings.value_text(language, "flag", "yes" if value else "no")
    if column.kind is Kind.LIST and value in LISTS[str(column.list_name)]:
        return headings.value_text(language, str(column.list_name), str(value))
    return float(value) if isinstance(value, Decimal) else value


def as_read(value: object) -> object:
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date()
    return float(value) if isinstance(value, int) else value


@both
def test_identity_version_and_language_hide_in_defined_names(language: str) -> None:
    names = opened(made(language)).defined_names
    assert names["regua_workbook_id"].attr_text == f'"{IDENTITY}"'
    assert names["regua_schema_version"].attr_text == '"1"'
    assert names["regua_language"].attr_text == f'"{language}"'
    assert all(names[f"regua_{n}"].hidden for n in ("workbook_id", "schema_version", "language"))


@both
def test_every_figure_has_its_named_empty_cell_on_the_dashboard(language: str) -> None:
    book = opened(made(language))
    places = dict(figure_places())
    assert set(places) == set(FIGURES)
    assert len(set(places.values())) == len(places)
    for key in FIGURES:
        name = book.defined_names[f"{FIGURE_NAME_PREFIX}{key}"]
        assert not name.hidden
        ((title, cell),) = name.destinations
        assert title == headings.tab_title(language, "dashboard")
        assert cell.replace("$", "") == places[key]
        assert book[title][places[key]].value is None


@both
def test_nothing_is_protected_merged_or_a_table(language: str) -> None:
    book = opened(made(language))
    assert book.security is None or not book.security.lockStructure
    for sheet in book.worksheets:
        assert not sheet.protection.sheet
        assert not sheet.merged_cells.ranges
        assert not sheet.tables


@both
def test_drop_downs_and_checks_reach_over_the_spare_rows(language: str) -> None:
    book = opened(made(language))
    for tab in TABS.values():
        if not tab.tabular or tab.key == "settings":
            continue
        found = {
            str(rule.sqref): rule
            for rule in sheet_of(book, language, tab.key).data_validations.dataValidation
        }
        for column in tab.columns:
            letter = letter_of(tab.key, column.key)
            rule = found.get(f"{letter}2:{letter}{SPARE_REACH}")
            if column.owner in {Owner.ENGINE, Owner.LOG}:
                assert rule is None, "a drop-down would suggest that a person fills it"
            elif column.kind in {Kind.LIST, Kind.FLAG}:
                assert rule is not None
                words = [
                    headings.value_text(language, str(column.list_name), code)
                    for code in LISTS[str(column.list_name)]
                ]
                assert rule.formula1 == f'"{",".join(words)}"'
            elif column.list_name is not None:
                assert rule is not None
                assert rule.formula1 in book.defined_names
                assert rule.errorStyle == "warning", "an unknown name is an issue, not a wall"
            elif column.kind in {Kind.DATE, Kind.DATETIME, Kind.MONEY, Kind.PERCENT, Kind.INT}:
                assert rule is not None, f"{tab.key}.{column.key}"


@both
def test_the_engines_columns_look_different_and_fold_away(language: str) -> None:
    book = opened(made(language))
    for key in ("receivables", "clients", "negotiations", "instalments", "recurring"):
        sheet = sheet_of(book, language, key)
        for column in TABS[key].columns:
            letter = letter_of(key, column.key)
            engine = column.owner is Owner.ENGINE
            heading = sheet[f"{letter}1"]
            assert bool(heading.font.italic) == engine
            assert (sheet.column_dimensions[letter].outlineLevel == 1) == engine
            assert sheet.column_dimensions[letter].hidden == column.hidden
        fills = {
            column.owner: sheet.column_dimensions[letter_of(key, column.key)].fill.start_color.rgb
            for column in TABS[key].columns
        }
        assert fills[Owner.ENGINE] != fills[Owner.USER]


@both
def test_a_heading_fits_its_column(language: str) -> None:
    book = opened(made(language))
    for tab in TABS.values():
        sheet = sheet_of(book, language, tab.key)
        for column in tab.columns:
            heading = headings.heading(language, tab.key, column.key)
            width = sheet.column_dimensions[letter_of(tab.key, column.key)].width
            assert width >= max(len(word) for word in heading.split()) + 4
            assert width * 2 >= len(heading) + 8


def test_the_teams_own_columns_follow_with_their_values() -> None:
    rows = {"receivables": [{"id": "1", "Centro de custo": "=A1", "Entregue": DAY}, {"id": "2"}]}
    file = made(rows=rows, extra_columns=("Centro de custo", "Entregue"))
    sheet = sheet_of(opened(file), "pt-BR", "receivables")
    first = len(TABS["receivables"].columns) + 1
    assert [sheet.cell(1, first).value, sheet.cell(1, first + 1).value] == [
        "Centro de custo",
        "Entregue",
    ]
    assert (sheet.cell(2, first).value, sheet.cell(2, first).data_type) == ("=A1", "s")
    assert getattr(sheet.cell(2, first + 1), "is_date", False)
    assert sheet.cell(3, first).value is None
    assert str(sheet.auto_filter.ref).startswith(f"A1:{get_column_letter(first + 1)}")


@pytest.mark.parametrize("taken", ["Título", "due date", "  vencimento:", ""])
def test_an_own_column_cannot_take_a_heading_of_the_schema(taken: str) -> None:
    with pytest.raises(HeadingTakenError):
        made(extra_columns=(taken,))


def test_an_own_column_stands_once() -> None:
    with pytest.raises(HeadingTakenError):
        made(extra_columns=("Loja", "LOJA "))


@pytest.mark.parametrize(
    "given",
    [
        {"rows": {"invoices": []}},
        {"rows": {"start": []}},
        {"rows": {"receivables": [{"no_such": 1}]}},
        {"rows": {"settings": [{"setting": "Modo", "value": "x"}]}},
        {"settings": {"no_such": 1}},
    ],
)
def test_what_the_schema_does_not_have_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UnknownColumnError):
        made(**given)


def test_the_same_arguments_give_the_same_bytes() -> None:
    ledger = sample("pt-BR", seed=5, today=DAY)
    assert made(rows=ledger.rows) == made(rows=ledger.rows)
    assert made(rows=ledger.rows) != made(rows=sample("pt-BR", seed=6, today=DAY).rows)


@both
def test_a_new_workbook_is_small(language: str) -> None:
    file = made(language)
    assert len(file) < 150_000
    book = opened(file)
    for tab in ("receivables", "clients", "payments", "queue", "history"):
        assert sheet_of(book, language, tab).max_row == 1, "no styled blank cells"


def test_many_rows_have_room_to_grow() -> None:
    """Rules reach 5,000 rows past the data when the data itself is long."""
    rows = [{"id": str(number)} for number in range(SPARE_REACH)]
    sheet = sheet_of(opened(made(rows={"receivables": rows})), "pt-BR", "receivables")
    reach = SPARE_REACH + 5_000
    assert str(sheet.auto_filter.ref).endswith(str(reach))
    for rule in sheet.data_validations.dataValidation:
        assert str(rule.sqref).endswith(str(reach))
    for area in sheet.conditional_formatting:
        assert str(area.sqref).endswith(str(reach))


@both
def test_charts_read_engine_cells_at_fixed_places(language: str) -> None:
    with zipfile.ZipFile(io.BytesIO(made(language))) as package:
        charts = [
            package.read(name).decode()
            for name in package.namelist()
            if re.fullmatch(r"xl/charts/chart\d+\.xml", name)
        ]
    assert len(charts) == 3
    found = [ref for chart in charts for ref in re.findall(r"<(?:c:)?f>([^<]+)</", chart)]
    references = {ref.replace("$", "") for ref in found}
    title = {key: f"'{headings.tab_title(language, key)}'!" for key in TABS}
    assert f"{title['aging']}B2:G2" in references
    assert f"{title['aging']}B3:G3" in references
    assert f"{title['forecast']}A2:A{FORECAST_WEEKS + 1}" in references
    for reference in references:
        tab = headings.tab_key(reference.split("!")[0].strip("'"))
        assert tab in {"aging", "forecast", "dashboard"}


def test_the_aging_tab_names_its_buckets_from_the_first_day() -> None:
    sheet = sheet_of(opened(made()), "pt-BR", "aging")
    assert [cell.value for cell in sheet[2]] == [
        "Dias de atraso",
        "A vencer",
        "1–30",
        "31–60",
        "61–90",
        "91–180",
        "> 180",
        None,
    ]


@both
def test_every_tab_prints_on_its_pages_width(language: str) -> None:
    book = opened(made(language))
    for tab in TABS.values():
        sheet = sheet_of(book, language, tab.key)
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth in {1, 2}
        assert sheet.oddFooter is not None
        assert sheet.oddFooter.right is not None
        assert sheet.oddFooter.right.text == "&P / &N"
        if tab.tabular:
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.print_title_rows == "$1:$1"


@both
def test_the_start_tab_links_to_every_tab_and_gives_no_legal_advice(language: str) -> None:
    book = opened(made(language))
    sheet = sheet_of(book, language, "start")
    links = [str(c.hyperlink.location) for row in sheet.iter_rows() for c in row if c.hyperlink]
    targets = {headings.tab_key(link.split("!")[0].strip("'")) for link in links}
    assert targets == set(TABS) - {"start"}
    text = " ".join(str(c.value) for row in sheet.iter_rows() for c in row if c.value)
    assert headings.locale(language)["start"]["note_law"] in text


def test_links_of_the_start_tab_lead_to_the_settings_they_name() -> None:
    book = opened(made())
    start, settings = sheet_of(book, "pt-BR", "start"), sheet_of(book, "pt-BR", "settings")
    found = {}
    for row in start.iter_rows(min_col=3, max_col=3):
        link = row[0].hyperlink
        if link and "Configurações" in str(link.location):
            line = int(re.findall(r"\d+$", str(link.location))[0])
            found[row[0].value] = settings.cell(line, 1).value
    assert found == {
        "Diga o nome da empresa": "Empresa",
        "Diga a razão social": "Razão social",
        "Diga o CPF ou CNPJ": "CPF/CNPJ",
        "Diga o endereço": "Endereço",
        "Decida multa e juros": "Multa",
        "Diga até quando os pagamentos estão lançados": "Pagamentos lançados até",
        "Escolha o modo": "Modo",
    }


@both
def test_every_range_in_a_rule_lies_in_its_column(language: str) -> None:
    book = opened(made(language))
    for sheet in book.worksheets:
        for area in sheet.conditional_formatting:
            for part in str(area.sqref).split():
                _, first, _, last = range_boundaries(part)
                assert first is not None
                assert first >= 2
                assert last is not None
