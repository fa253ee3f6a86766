"""The schema and its words: what programs and people rely on is written here once more, by hand."""

from __future__ import annotations

import ast
import re
import sys
import unicodedata
from datetime import time
from decimal import Decimal
from pathlib import Path

import pytest

import sheet_templates
from sheet_templates import headings, schema
from sheet_templates.columns import columns
from sheet_templates.excel_rules import list_formula
from sheet_templates.schema import FIGURES, LISTS, SETTINGS, TABS, Kind, Owner
from tests.schema_interface import COLUMN_HEADINGS, TAB_TITLES, rows_of

both = pytest.mark.parametrize("language", headings.LANGUAGES)


def test_every_tab_has_its_titles_and_there_are_no_others() -> None:
    told = {key: {"pt-BR": pt, "en": en} for key, pt, en in rows_of(TAB_TITLES)}
    assert set(told) == set(TABS)
    for key, titles in told.items():
        for language, title in titles.items():
            assert headings.tab_title(language, key) == title
            assert headings.tab_key(title) == key
            assert len(title) <= 31, "Excel takes no longer title"


@pytest.mark.parametrize(
    "line", list(rows_of(COLUMN_HEADINGS)), ids=lambda line: ".".join(line[:2])
)
def test_a_heading_its_kind_and_its_owner_are_an_interface(line: list[str]) -> None:
    tab, key, portuguese, english, kind, owner = line
    column = TABS[tab].column(key)
    assert headings.heading("pt-BR", tab, key) == portuguese
    assert headings.heading("en", tab, key) == english
    assert (column.kind, column.owner) == (Kind(kind), Owner(owner))


def test_instalments_say_of_themselves_what_receivables_say() -> None:
    assert TABS["instalments"].by_owner(Owner.ENGINE) == TABS["receivables"].by_owner(Owner.ENGINE)


@both
def test_every_column_has_a_heading_and_a_help_and_every_text_a_column(language: str) -> None:
    for tab in TABS.values():
        texts = headings.locale(language)["columns"].get(tab.key, {})
        assert set(texts) == {column.key for column in tab.columns}
        for column in tab.columns:
            assert headings.heading(language, tab.key, column.key).strip()
            help_ = headings.column_help(language, tab.key, column.key)
            assert help_.endswith((".", "…")), "a help is a sentence"


@pytest.mark.parametrize("tab", TABS)
def test_a_heading_of_either_language_leads_to_one_column_only(tab: str) -> None:
    for language in headings.LANGUAGES:
        names = [headings.fold(headings.heading(language, tab, c.key)) for c in TABS[tab].columns]
        assert len(set(names)) == len(names), "a heading stands twice"
        for column in TABS[tab].columns:
            assert (
                headings.column_key(tab, headings.heading(language, tab, column.key)) == column.key
            )


@pytest.mark.parametrize(
    "typed",
    [
        "Vencimento",
        "  vencimento ",
        "VENCIMENTO:",
        "Vencimento *",
        "Vencimento\u00a0",
        "\ufeffVencimento",
        "Due  date",
        "due\u00a0DATE",
    ],
)
def test_a_heading_is_known_however_it_was_typed(typed: str) -> None:
    assert headings.column_key("receivables", typed) == "due_on"


def test_accents_may_be_missing_or_decomposed() -> None:
    for typed in ("Emissao", "EMISSÃO", unicodedata.normalize("NFD", "Emissão")):
        assert headings.column_key("receivables", typed) == "issued_on"
    assert headings.tab_key(unicodedata.normalize("NFD", "CONFIGURAÇÕES")) == "settings"
    assert headings.setting_key("dias de carencia") == "grace_days"
    assert headings.value_code("mode", "AUTOMATICO") == "automatic"


def test_what_is_not_in_the_schema_is_theirs() -> None:
    assert headings.column_key("receivables", "Centro de custo") is None
    assert headings.column_key("receivables", "") is None
    assert headings.tab_key("Rascunho") is None
    assert headings.value_code("flag", "talvez") is None
    assert headings.setting_key("Senha") is None
    with pytest.raises(KeyError):
        headings.value_text("pt-BR", "flag", "perhaps")
    with pytest.raises(KeyError):
        headings.locale("fr")


@both
def test_every_list_value_has_words_that_lead_back_to_it(language: str) -> None:
    for list_name, codes in LISTS.items():
        words = [headings.value_text(language, list_name, code) for code in codes]
        assert len({headings.fold(word) for word in words}) == len(words)
        assert [headings.value_code(list_name, word) for word in words] == list(codes)


@both
@pytest.mark.parametrize("list_name", LISTS)
def test_a_drop_down_fits_into_excel(language: str, list_name: str) -> None:
    formula = list_formula(language, list_name)
    assert len(formula) <= 257, "255 characters between the quotes is Excel's limit"
    assert len(formula.strip('"').split(",")) == len(LISTS[list_name]), "a comma would split a word"


def shape_of(texts: object) -> object:
    """Return the keys of nested tables, and for lists of tables their number and keys."""
    if isinstance(texts, dict):
        return {key: shape_of(value) for key, value in texts.items()}
    if isinstance(texts, list) and texts and isinstance(texts[0], dict):
        return [sorted(row) for row in texts]
    return len(texts) if isinstance(texts, list) else type(texts).__name__


def test_both_languages_have_the_same_texts() -> None:
    portuguese, english = (dict(headings.locale(language)) for language in headings.LANGUAGES)
    assert shape_of(portuguese) == shape_of(english)


@both
def test_no_text_of_the_workbook_was_left_in_the_other_language(language: str) -> None:
    """Accented letters tell Portuguese; in English only names and 'Régua' may have them."""
    if language == "pt-BR":
        return
    folder = Path(sheet_templates.__file__).parent / "locale"
    text = (folder / "en.toml").read_text(encoding="utf-8").replace("Régua", "")
    assert not re.search(r"[ãõçáéíóúâêô]", text)


def test_settings_have_the_defaults_that_were_promised() -> None:
    told = {
        "mode": "approval",
        "late_fee": Decimal(0),
        "monthly_interest": Decimal(0),
        "collect_remaining": False,
        "quote_valid": 5,
        "grace_days": 0,
        "tolerance": Decimal("1.00"),
        "on_time_discount": Decimal(0),
        "points": 0,
        "thank_you": False,
        "contact_gap": 3,
        "answer_hold": 5,
        "agreement_breaks_after": 5,
        "payments_until": None,
        "payments_max_age": 5,
        "sender": "this_computer",
        "trust_certain_matches": False,
        "messages_per_run": 200,
        "messages_per_day": 400,
        "send_from": time(8),
        "send_until": time(18),
        "state": "SP",
        "city": None,
        "aging_bounds": "30, 60, 90, 180",
        "digest_to": None,
    }
    assert {key: SETTINGS[key].default for key in told} == told
    required = {key for key, setting in SETTINGS.items() if setting.required}
    assert required == {"company", "legal_name", "tax_id", "address"}
    assert set(SETTINGS) - set(told) - required == {
        "reply_to",
        "signature",
        "pix_key",
        "pix_city",
        "default_policy",
        "extra_holidays",
    }


@both
def test_every_setting_and_figure_is_named_and_explained(language: str) -> None:
    assert set(headings.locale(language)["settings"]) == set(SETTINGS)
    assert set(headings.locale(language)["figures"]) == set(FIGURES)
    for key in SETTINGS:
        assert headings.setting_key(headings.setting_label(language, key)) == key
        assert headings.setting_help(language, key)


def test_no_setting_asks_for_a_secret() -> None:
    for key in SETTINGS:
        for language in headings.LANGUAGES:
            label = headings.fold(headings.setting_label(language, key))
            assert not re.search(r"senha|password|token|secret|api", f"{key} {label}")


@both
def test_default_rows_fill_only_columns_that_exist_with_codes_that_exist(language: str) -> None:
    for tab, rows in (
        ("policy", headings.default_policy(language)),
        ("templates", headings.default_templates(language)),
        ("offers", headings.default_offers(language)),
        ("playbook", headings.playbook(language)),
    ):
        for row in rows:
            for key, value in row.items():
                column = TABS[tab].column(key)
                if column.kind is Kind.LIST:
                    assert value in LISTS[str(column.list_name)]
                if column.kind is Kind.FLAG:
                    assert isinstance(value, bool)
                if column.kind is Kind.PERCENT:
                    assert isinstance(value, Decimal)
                    assert 0 <= value <= 1
            for column in TABS[tab].columns:
                assert not column.required or row.get(column.key) not in {None, ""}


@both
def test_an_offer_never_touches_the_principal_unless_the_team_says_so(language: str) -> None:
    assert all(row["principal_discount"] == 0 for row in headings.default_offers(language))
    offering = [
        int(str(row["offset"])) for row in headings.default_policy(language) if row.get("offers")
    ]
    assert min(offering) >= 10, "the first reminders only remind"


def test_bucket_names_say_their_bounds() -> None:
    assert headings.bucket_label("pt-BR", None, None) == "A vencer"
    assert headings.bucket_label("en", 31, 60) == "31–60"
    assert headings.bucket_label("pt-BR", 181, None) == "> 180"


def test_keys_name_columns_that_exist() -> None:
    for tab in TABS.values():
        keys = [column.key for column in tab.columns]
        assert len(set(keys)) == len(keys)
        assert set(tab.key_columns) <= set(keys)
        assert tab.tabular == bool(tab.columns)
        for column in tab.columns:
            if column.kind is Kind.LIST:
                assert column.list_name in LISTS
            elif column.list_name is not None:
                assert column.list_name in {*schema.COLUMN_LISTS, "flag"}
    for tab_key, column_key in schema.COLUMN_LISTS.values():
        assert TABS[tab_key].column(column_key)
    assert [c.key for c in TABS["queue"].columns if c.hidden] == ["key"]
    assert [c.key for c in TABS["history"].columns if c.hidden] == ["keys"]


def test_column_specifications_are_read_as_they_are_meant() -> None:
    (made,) = columns(Owner.USER, ("client", Kind.TEXT, "clients required 24"))
    assert (made.list_name, made.required, made.width, made.hidden) == (
        "clients",
        True,
        24.0,
        False,
    )
    with pytest.raises(KeyError):
        TABS["receivables"].column("no_such")


def test_the_package_is_a_leaf() -> None:
    """It imports the standard library, openpyxl and itself; nothing of sync, mailer or add-in."""
    allowed = {*sys.stdlib_module_names, "openpyxl", "sheet_templates"}
    for path in Path(sheet_templates.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, "imports are absolute"
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= allowed, path.name
