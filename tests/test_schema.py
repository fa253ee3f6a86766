"""The schema and its words: what programs and people rely on is written here once more, by hand."""

from __future__ import annotations

import ast
import re
import sys
import unicodedata
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sheet_templates
from sheet_templates import headings, schema
from sheet_templates.columns import columns
from sheet_templates.excel_rules import list_formula
from sheet_templates.schema import FIGURES, LISTS, SETTINGS, TABS, Kind, Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

both = pytest.mark.parametrize("language", headings.LANGUAGES)

# The interface of the workbook, copied by hand from its description: key | pt-BR | en.
TAB_TITLES = """
start|Início|Start
dashboard|Painel|Dashboard
receivables|Recebíveis|Receivables
clients|Clientes|Clients
payments|Pagamentos|Payments
negotiations|Negociações|Negotiations
instalments|Parcelas|Instalments
queue|Fila|Queue
bank_matches|Conciliação|Bank matches
issues|Problemas|Issues
aging|Vencidos por faixa|Aging
results|Resultados|Results
forecast|Previsão|Forecast
history|Histórico|History
runs|Execuções|Runs
recurring|Recorrências|Recurring
trends|Evolução|Trends
policy|Régua|Policy
templates|Modelos|Templates
offers|Ofertas|Offers
settings|Configurações|Settings
playbook|Roteiro|Playbook
"""

# tab | key | pt-BR | en | kind | owner
COLUMN_HEADINGS = """
receivables|id|Título|Invoice|text|U
receivables|client|Cliente|Client|text|U
receivables|description|Descrição|Description|text|U
receivables|issued_on|Emissão|Issued on|date|U
receivables|due_on|Vencimento|Due date|date|U
receivables|amount|Valor|Amount|money|U
receivables|method|Forma de pagamento|Payment method|list|U
receivables|payment_code|Linha digitável ou link|Payment code or link|text|U
receivables|paid_on|Pago em|Paid on|date|U
receivables|paid_amount|Valor pago|Amount paid|money|U
receivables|disputed|Contestado|Disputed|flag|U
receivables|hold_until|Pausar até|Hold until|date|U
receivables|delay_reason|Motivo do atraso|Delay reason|list|U
receivables|policy|Régua|Policy|text|U
receivables|cancelled|Cancelado|Cancelled|list|U
receivables|notes|Observações|Notes|text|U
receivables|status|Situação|Status|list|E
receivables|days_past_due|Dias em atraso|Days past due|int|E
receivables|bucket|Faixa|Aging bucket|text|E
receivables|balance|Saldo|Balance|money|E
receivables|late_fee|Multa|Late fee|money|E
receivables|interest|Juros|Interest|money|E
receivables|total_due|Total atualizado|Total due|money|E
receivables|last_reminder|Último lembrete|Last reminder|date|E
receivables|last_step|Última etapa|Last step|text|E
receivables|next_reminder|Próximo lembrete|Next reminder|date|E
receivables|hold_reason|Por que não cobrar|Why not|text|E
clients|client|Cliente|Client|text|U
clients|legal_name|Razão social|Legal name|text|U
clients|tax_id|CPF/CNPJ|Tax ID|text|U
clients|contact|Contato|Contact|text|U
clients|email|E-mail|E-mail|mails|U
clients|cc|Cópia|Cc|mails|U
clients|phone|WhatsApp|WhatsApp|text|U
clients|segment|Segmento|Segment|text|U
clients|policy|Régua|Policy|text|U
clients|language|Idioma|Language|list|U
clients|do_not_contact|Não contatar|Do not contact|flag|U
clients|hold_until|Pausar até|Hold until|date|U
clients|owner|Responsável|Owner|text|U
clients|notes|Observações|Notes|text|U
clients|open_balance|Em aberto|Open balance|money|E
clients|overdue_balance|Vencido|Overdue balance|money|E
clients|average_delay|Atraso médio|Average delay|number|E
clients|on_time_rate|Pontualidade|On-time rate|percent|E
clients|promise_rate|Promessas cumpridas|Promises kept|percent|E
clients|points|Pontos|Points|int|E
clients|risk|Risco|Risk|list|E
clients|last_contact|Último contato|Last contact|date|E
clients|suggestion|Sugestão|Suggestion|text|E
payments|paid_on|Data|Date|date|U
payments|receivable|Título|Invoice|text|U
payments|client|Cliente|Client|text|U
payments|amount|Valor|Amount|money|U
payments|method|Forma|Method|list|U
payments|reference|Referência|Reference|text|U
payments|source|Origem|Source|text|U
payments|notes|Observações|Notes|text|U
negotiations|at|Quando|When|datetime|U
negotiations|client|Cliente|Client|text|U
negotiations|receivables|Títulos|Invoices|text|U
negotiations|kind|Tipo|Kind|list|U
negotiations|amount|Valor|Amount|money|U
negotiations|pay_by|Pagar até|Pay by|date|U
negotiations|instalments|Parcelas|Instalments|int|U
negotiations|first_due_on|1º vencimento|First due on|date|U
negotiations|discount|Desconto|Discount|percent|U
negotiations|channel|Canal|Channel|list|U
negotiations|by|Por|By|text|U
negotiations|notes|Detalhes|Details|text|U
negotiations|closed_on|Encerrado em|Closed on|date|U
negotiations|ref|Ref|Ref|text|E
negotiations|outcome|Resultado|Outcome|list|E
instalments|instalment|Parcela|Instalment|text|A
instalments|agreement|Acordo|Agreement|text|A
instalments|due_on|Vencimento|Due date|date|A
instalments|amount|Valor|Amount|money|A
instalments|paid_on|Pago em|Paid on|date|U
instalments|paid_amount|Valor pago|Amount paid|money|U
instalments|status|Situação|Status|list|E
instalments|hold_reason|Por que não cobrar|Why not|text|E
queue|client|Cliente|Client|text|E
queue|step|Etapa|Step|text|E
queue|receivables|Títulos|Invoices|text|E
queue|total|Total|Total|money|E
queue|to|Para|To|text|E
queue|subject|Assunto|Subject|text|E
queue|state|Situação|State|list|E
queue|reason|Motivo|Reason|text|E
queue|whatsapp|Conversa|Chat|text|E
queue|send_on|Enviar em|Send on|date|E
queue|approve|Aprovar|Approve|flag|X
queue|skip|Pular|Skip|flag|X
queue|done|Feito|Done|flag|X
bank_matches|receivable|Título sugerido|Suggested invoice|text|E
bank_matches|confidence|Confiança|Confidence|percent|E
bank_matches|confirm|Confirmar|Confirm|flag|X
bank_matches|ignore|Ignorar|Ignore|flag|X
bank_matches|receivable_override|Outros títulos|Other invoices|text|X
issues|tab|Aba|Tab|text|E
issues|row|Linha|Row|int|E
issues|column|Coluna|Column|text|E
issues|value|Valor|Value|text|E
issues|problem|Problema|Problem|text|E
issues|repair|Como corrigir|How to fix|text|E
issues|severity|Gravidade|Severity|list|E
history|at|Quando|When|datetime|A
history|valid_until|Válido até|Valid until|date|A
history|reference|Referência|Reference|text|A
history|keys|Chaves|Keys|text|A
history|outcome|Resultado|Outcome|list|E
recurring|name|Recorrência|Recurring|text|U
recurring|every|A cada|Every|list|U
recurring|day|Dia|Day|int|U
recurring|from|De|From|date|U
recurring|until|Até|Until|date|U
recurring|create_before|Criar antes (dias)|Create before (days)|int|U
recurring|last_created|Última criada|Last created|date|E
policy|policy|Régua|Policy|text|U
policy|step|Etapa|Step|text|U
policy|offset|Dias|Days|int|U
policy|channel|Canal|Channel|list|U
policy|template|Modelo|Template|text|U
policy|approval|Exige aprovação|Needs approval|flag|U
policy|minimum|Saldo mínimo|Minimum balance|money|U
policy|repeat_every|Repetir a cada|Repeat every|int|U
policy|repeat_max|Máximo de repetições|Maximum repeats|int|U
policy|offers|Com ofertas|With offers|flag|U
policy|active|Ativa|Active|flag|U
templates|template|Modelo|Template|text|U
templates|language|Idioma|Language|list|U
templates|subject|Assunto|Subject|text|U
templates|body|Texto|Body|text|U
offers|from_days|De|From|int|U
offers|to_days|Até|To|int|U
offers|charges_discount|Desconto em encargos|Discount on charges|percent|U
offers|principal_discount|Desconto no principal|Discount on principal|percent|U
offers|instalments|Parcelas|Instalments|int|U
offers|minimum_instalment|Parcela mínima|Minimum instalment|money|U
offers|monthly_rate|Juros do parcelamento|Instalment interest|percent|U
offers|first_due_days|Dias até o 1º pagamento|Days to first payment|int|U
offers|valid_days|Validade|Valid for|int|U
settings|setting|Configuração|Setting|text|U
settings|value|Valor|Value|text|U
"""

PLACEHOLDERS = {
    "cliente": "client",
    "contato": "contact",
    "empresa": "company",
    "total": "total",
    "vencido": "overdue",
    "dias_atraso": "days_past_due",
    "vencimento": "due_date",
    "titulos": "invoices",
    "assinatura": "signature",
    "tabela": "table",
    "pix": "pix",
    "ofertas": "offers",
    "respostas": "answers",
}
BLOCKS = {"table", "pix", "offers", "answers"}

# Words that threaten or embarrass (CDC art. 42), in both languages, without accents.
THREATS = re.compile(
    r"\b(protest|negativ|serasa|spc|judici|justica|processo|advogad|cartorio|penhor|caloteir|"
    r"inadimplen|devedor|bloque|suspens|ultim[ao] (aviso|chance)|consequenc|imediat|urgent|"
    r"lawsuit|legal action|court|attorney|lawyer|credit (bureau|score)|blacklist|debtor|deadbeat|"
    r"final notice|last (notice|chance)|consequence|immediately|seiz|police|delinquent)",
)


def rows_of(table: str) -> Iterator[list[str]]:
    for line in table.strip().splitlines():
        yield line.split("|")


def plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def placeholders(text: str) -> set[str]:
    found = re.findall(r"\{([^{}]*)\}", text)
    return {PLACEHOLDERS.get(name, name) for name in found}


def unknown_placeholders(text: str) -> set[str]:
    return placeholders(text) - set(PLACEHOLDERS.values())


def threat_in(text: str) -> str | None:
    found = THREATS.search(plain(text))
    return found[0] if found else None


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
            label = plain(headings.setting_label(language, key))
            assert not re.search(r"senha|password|token|secret|api", f"{key} {label}")


@both
def test_letters_use_only_known_placeholders_and_blocks_stand_alone(language: str) -> None:
    for letter in headings.default_templates(language):
        subject, body = str(letter["subject"]), str(letter["body"])
        assert not unknown_placeholders(subject + body), letter["template"]
        assert not placeholders(subject) & BLOCKS, "a subject has no room for a table"
        assert "\n" not in subject
        for line in body.splitlines():
            if placeholders(line) & BLOCKS:
                assert re.fullmatch(r"\{\w+\}", line.strip()), line


def test_a_letter_says_the_same_in_both_languages() -> None:
    letters: Mapping[str, Mapping[str, Mapping[str, str]]] = {
        language: headings.locale(language)["letters"] for language in headings.LANGUAGES
    }
    for code, letter in letters["pt-BR"].items():
        other = letters["en"][code]
        assert placeholders(letter["body"]) == placeholders(other["body"]), code
        assert placeholders(letter["subject"]) == placeholders(other["subject"]), code


@both
def test_no_letter_and_no_line_of_the_playbook_threatens(language: str) -> None:
    for letter in headings.default_templates(language):
        for text in (letter["template"], letter["subject"], letter["body"]):
            assert threat_in(str(text)) is None, f"{letter['template']}: {threat_in(str(text))}"
    for line in headings.playbook(language):
        spoken = " ".join(re.findall(r"“([^”]*)”", str(line["text"])))
        assert threat_in(spoken) is None


@pytest.mark.parametrize(
    "letter",
    [
        "Último aviso: o título será enviado a protesto.",
        "Seu nome irá para o SERASA.",
        "Nosso advogado tomará as medidas judiciais.",
        "This is a final notice before legal action.",
        "We will inform the credit bureau.",
    ],
)
def test_the_check_for_threats_would_catch_one(letter: str) -> None:
    assert threat_in(letter)


def test_the_check_for_placeholders_would_catch_an_unknown_one() -> None:
    assert unknown_placeholders("Olá {contato}, pague {valor}.") == {"valor"}


@both
def test_the_default_ladder_climbs_and_ends_with_a_person(language: str) -> None:
    ladder = [row for row in headings.default_policy(language) if row["policy"] != "plan"]
    offsets = [int(str(row["offset"])) for row in ladder]
    assert offsets == sorted(set(offsets))
    assert offsets[0] < 0
    assert 0 in offsets
    assert len({row["policy"] for row in ladder}) == 1
    assert [row["approval"] for row in ladder].count(True) == 1
    assert ladder[-1]["approval"] is True
    assert {row["channel"] for row in ladder} == {"email", "whatsapp", "call"}
    assert all(row["active"] is True for row in ladder)


@both
def test_every_step_has_its_letter_in_both_languages(language: str) -> None:
    letters = {(row["template"], row["language"]) for row in headings.default_templates(language)}
    assert len(letters) == len(headings.default_templates(language)), "a letter stands twice"
    steps = headings.default_policy(language)
    assert len({(row["policy"], row["step"]) for row in steps}) == len(steps)
    named = {row["template"] for row in steps} | set(schema.RESERVED_STEPS)
    assert named == {template for template, _ in letters}, "a letter that no step sends"
    for template in named:
        for letter_language in headings.LANGUAGES:
            assert (template, letter_language) in letters
    assert schema.RESERVED_POLICY in {row["policy"] for row in steps}


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
    assert not any(row.get("offers") for row in headings.default_policy(language))


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
