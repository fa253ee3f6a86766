"""What a letter's text may say: placeholders, light Markdown, and values that must agree."""

import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import (
    InconsistentValues,
    LetterError,
    MalformedTemplate,
    UnknownIdentity,
    UnknownPlaceholder,
)
from mailer.letter import LetterValues, Template, check_identity, check_values
from mailer.placeholders import (
    BLOCKS,
    BODY_LIMIT,
    NAMES,
    SUBJECT_LIMIT,
    check,
    fill,
    fill_subject,
    require,
)
from mailer.plaintext import plain_letter
from mailer.words import clean, words_of
from tests.correspondence import EXEMPLO, REMINDER, item, upcoming, values


def codes(body: str, subject: str = "Lembrete") -> list[str]:
    return [problem.code for problem in check(Template(subject=subject, body=body))]


def said(body: str, about: LetterValues | None = None) -> str:
    return plain_letter(about or values(pix=False), Template(subject="Lembrete", body=body))[1]


# -- placeholders


def test_the_usual_reminder_has_no_problem() -> None:
    assert check(REMINDER) == []


@pytest.mark.parametrize("name", [*NAMES, *NAMES.values()])
def test_both_languages_names_work_in_either_language(name: str) -> None:
    in_portuguese = said("{" + name + "}", values(pix=False))
    in_english = said("{" + name + "}", values(pix=False, language="en"))
    assert in_portuguese
    assert in_english
    assert "{" not in in_portuguese + in_english


def test_placeholders_say_what_the_values_are() -> None:
    about = values(item("NF-1"), item("NF-2", days=30), upcoming("NF-3"), pix=False)
    body = "{cliente}|{contato}|{empresa}|{total}|{vencido}|{dias_atraso}|{vencimento}|{titulos}"
    assert said(body, about) == (
        "Padaria Aurora|Ana Souza|Exemplo Serviços|R$ 2.051,34|R$ 2.051,34|30|25/02/2026|NF-1, NF-2"
    )


def test_english_letters_have_english_dates_and_amounts() -> None:
    about = values(language="en", pix=False)
    assert said("{total} {due_date}", about) == "R$1,025.67 Mar 10, 2026"


def test_doubled_braces_are_braces() -> None:
    assert said("{{cliente}} e {{{cliente}}}") == "{cliente} e {Padaria Aurora}"


def test_an_unknown_placeholder_is_named_and_the_nearest_is_proposed() -> None:
    (problem,) = check(Template(subject="Lembrete", body="Olá, {clinte}"))
    assert (problem.code, problem.detail, problem.suggestion, problem.severity) == (
        "unknown_placeholder",
        "clinte",
        "cliente",
        "error",
    )
    with pytest.raises(UnknownPlaceholder, match=r"\{clinte\}.*\{cliente\}"):
        require(Template(subject="Lembrete", body="Olá, {clinte}"))


@pytest.mark.parametrize(
    "name", ["cliente.__class__", "0", "", "cliente!r", "cliente:>99999999", "Cliente", " cliente "]
)
def test_nothing_but_the_listed_names_is_a_placeholder(name: str) -> None:
    assert codes("a {" + name + "} b") == ["unknown_placeholder"]


@pytest.mark.parametrize("body", ["{", "}", "a { b", "{cliente", "cliente}", "{{{", "{\ncliente}"])
def test_a_single_brace_is_unbalanced(body: str) -> None:
    assert set(codes(body)) == {"unbalanced_brace"}


@pytest.mark.parametrize("block", [*BLOCKS, *BLOCKS.values()])
def test_a_block_stands_alone_on_its_line(block: str) -> None:
    alone = "{" + block + "}"
    assert codes(f"Olá\n  {alone}  \nAté") == []
    assert codes(f"Veja: {alone}") == ["block_not_alone"]
    assert codes(f"- {alone}") == ["block_not_alone"]
    assert codes("Olá", subject=f"Lembrete {alone}") == ["block_in_subject"]


def test_what_is_empty_or_too_long_is_said() -> None:
    assert codes("", subject=" ") == ["empty_subject", "empty_body"]
    assert codes("a" * (BODY_LIMIT + 1)) == ["body_too_long"]
    assert codes("a", subject="a" * (SUBJECT_LIMIT + 1)) == ["subject_too_long"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\x0b", "\x85", "\u2028"])
def test_a_line_end_in_the_subject_is_refused(end: str) -> None:
    assert "line_break_in_subject" in codes("Olá", subject=f"Lembrete{end}Bcc: x@y.com")
    with pytest.raises(MalformedTemplate) as caught:
        require(Template(subject=f"Lembrete{end}Bcc: x@y.com", body="Olá"))
    assert caught.value.code == "line_break_in_subject"


def test_other_control_characters_are_refused_in_the_body_too() -> None:
    assert codes("Olá\x00") == ["control_character"]
    assert codes("Olá\ud800") == ["control_character"]
    assert codes("Olá\tAna\r\n") == []


def test_threatening_words_of_both_languages_are_a_warning_and_stop_nothing() -> None:
    body = "Sob pena de PROTESTO e negativação no Serasa. We will take legal  action."
    found = [p for p in check(Template(subject="Lembrete", body=body)) if p.severity == "warning"]
    assert [problem.detail for problem in found] == [
        "sob pena",
        "protesto",
        "negativacao",
        "serasa",
        "legal action",
    ]
    require(Template(subject="Lembrete", body=body))


def test_courteous_words_are_not_taken_for_threats() -> None:
    assert codes("Seguimos à disposição. Prestigiamos a especial expertise; um abraço.") == []


def test_a_chat_needs_no_subject_but_a_letter_does() -> None:
    chat = Template(subject="", body="Olá, {contato}")
    assert plain_letter(values(pix=False), chat) == ("", "Olá, Ana Souza")
    with pytest.raises(MalformedTemplate):
        require(chat)


# -- one pass, bounded time


@given(st.sampled_from(["{total}", "{{", "**x**", "[a](https://b.c)", "- x", "{tabela}", "*"]))
def test_a_value_is_never_read_again(name: str) -> None:
    about = values(client=name, pix=False)
    assert said("{cliente}", about) == name
    assert said("**{cliente}**", about) == name
    subject = Template(subject="{cliente}", body="x")
    assert fill_subject(require(subject), about) == name


def test_a_mutant_that_fills_twice_is_seen_by_that_test() -> None:
    about = values(client="{total}", pix=False)
    once = said("{cliente}", about)
    twice = said(once, about)
    assert once == "{total}" != twice


@pytest.mark.parametrize(
    "body",
    [
        "{" * 20_000,
        "[a](" * 5_000,
        "](" * 10_000,
        "**a " * 5_000,
        "*a*" * 6_000,
        "- \n" * 6_000,
        " " * 20_000,
        "{x}" * 6_000,
        "negativ" * 2_800,
        "[" * 10_000 + "](https://a.b)" * 700,
    ],
)
def test_hostile_text_takes_no_time(body: str) -> None:
    start = time.process_time()
    check(Template(subject="Lembrete", body=body))
    assert time.process_time() - start < 20  # an explosion takes hours


def test_a_cell_of_ten_megabytes_is_cut_where_it_is_a_value_and_refused_where_it_is_a_letter() -> (
    None
):
    huge = "A" * 10_000_000
    start = time.process_time()
    assert len(said("{cliente}", values(client=huge, pix=False))) <= 200
    assert codes(huge) == ["body_too_long"]
    assert time.process_time() - start < 20  # an explosion takes hours


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_makes_the_check_raise_and_what_passes_can_be_filled(
    subject: str, body: str
) -> None:
    template = Template(subject=subject, body=body)
    if any(problem.severity == "error" for problem in check(template)):
        with pytest.raises(LetterError):
            require(template)
    else:
        made, text = plain_letter(values(pix=False), template)
        assert "\n" not in made
        assert "\r" not in text


@given(st.text(max_size=400))
def test_a_cleaned_value_is_one_short_line_without_direction_tricks(text: str) -> None:
    line = clean(text)
    assert len(line) <= 200
    assert len(line.splitlines()) <= 1
    assert not set(line) & set("\u202e\u202d\u2066\u2069\x00\r\n")
    assert clean(line) == line


def test_emoji_and_right_to_left_names_stay_and_keep_the_digits_in_place() -> None:
    about = values(client="مريم 😀👩‍👩‍👧", pix=False)
    assert said("{cliente} deve {total}", about) == "\u2068مريم 😀👩‍👩‍👧\u2069 deve R$ 1.025,67"


# -- light Markdown in plain text


def test_light_markdown_reads_well_as_plain_text() -> None:
    text = said(
        "Olá,\ntudo **bem** e *certo*?\n\n- um\n- dois\n\n3. três\n4. quatro\n\n"
        "[nosso site](https://example.com/a) [e-mail](mailto:a@b.com) [https://x.com](https://x.com)"
    )
    assert text == (
        "Olá,\ntudo bem e certo?\n\n- um\n- dois\n\n3. três\n4. quatro\n\n"
        "nosso site (https://example.com/a) e-mail (a@b.com) https://x.com"
    )


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4", "a ** b", "* ", "5*", "[x] (y)", "](", "****", "1000. x"]
)
def test_marks_without_a_partner_stand_for_themselves(text: str) -> None:
    assert said(f"x {text} y") == f"x {text} y"


def test_a_backslash_makes_a_mark_a_letter() -> None:
    assert said(r"\*\*não\*\* é C:\pasta") == r"**não** é C:\pasta"


@pytest.mark.parametrize(
    "href",
    [
        *("javascript:alert", "data:text/html,x", "//x.com", "ftp://x", "", "http:", "vbscript:x"),
        *("https://a b", 'https://a"onclick=x', "file:///etc/passwd", "\thttps:x"),
    ],
)
def test_only_web_and_mail_links_are_links(href: str) -> None:
    assert codes(f"[x]({href})") == ["link_not_allowed"]


def test_a_placeholder_in_a_link_is_refused_rather_than_guessed() -> None:
    assert codes("[pagar](https://x.com/{cliente})") == ["placeholder_in_link"]


# -- blocks


def test_the_table_lists_the_invoices_and_their_charges_and_adds_up() -> None:
    about = values(item("NF-1", code="34191.79001"), item("NF-2", days=3), upcoming(), pix=False)
    assert said("{tabela}", about).splitlines() == [
        "Título   Vencimento        Total",
        "--------------------------------",
        "NF-1     10/03/2026  R$ 1.025,67",
        "  Consultoria de março",
        "  17 dias de atraso",
        "  valor R$ 1.000,00 + multa R$ 20,00 + juros R$ 5,67",
        "  34191.79001",
        "NF-2     24/03/2026  R$ 1.025,67",
        "  Consultoria de março",
        "  3 dias de atraso",
        "  valor R$ 1.000,00 + multa R$ 20,00 + juros R$ 5,67",
        "--------------------------------",
        "Total                R$ 2.051,34",
        "",
        "Ainda a vencer, fora do total:",
        "NF-2001  06/04/2026    R$ 500,00",
        "  Consultoria de março",
    ]


def test_two_hundred_invoices_show_thirty_and_the_sum_of_the_rest() -> None:
    items = [
        item(f"F{at}", balance="10.00", fee="0", interest=f"0.{at % 10}0") for at in range(200)
    ]
    lines = said("{tabela}", values(*items, pix=False)).splitlines()
    shown = [line for line in lines if line.startswith("F")]
    more = next(line for line in lines if line.startswith("e mais 170 títulos"))
    total = next(line for line in lines if line.startswith("Total"))
    amounts = [
        Decimal(line.rpartition("R$ ")[2].replace(".", "").replace(",", "."))
        for line in [*shown, more]
    ]
    assert len(shown) == 30
    assert sum(amounts) == sum(each.total for each in items) == Decimal("2090.00")
    assert total.endswith("R$ 2.090,00")


def test_many_invoices_are_named_briefly_and_more_briefly_in_a_subject() -> None:
    about = values(*(item(f"F{at}") for at in range(25)), pix=False)
    template = Template(subject="{titulos}", body="{titulos}")
    subject, body = plain_letter(about, template)
    assert subject == "F0, F1, F2 e mais 22"
    assert body.endswith("F18, F19 e mais 5")


def test_the_table_fits_a_phone_even_with_long_names_and_huge_sums() -> None:
    about = values(item("NF-2026/000123-A/B/C-XYZ-9999999999", balance="123456789.12"), pix=False)
    table = said("{tabela}", about).splitlines()
    columns = [line for line in table if not line.startswith("  ") or "R$" in line[12:20]]
    assert all(len(line) <= 40 for line in columns)
    assert "NF-2026/000123-A/B/C-XYZ-9999999999" in table


def test_blocks_without_content_vanish() -> None:
    assert said("Olá\n\n{pix}\n\n{ofertas}\n\n{respostas}\n\nAté") == "Olá\n\nAté"


def test_the_pix_block_says_the_amount_and_until_when_it_holds() -> None:
    text = said("{pix}", values())
    assert "Pague com Pix: R$ 1.025,67\nO valor vale até 01/04/2026." in text
    assert text.splitlines()[-1].startswith("000201")


# -- values that must agree


@pytest.mark.parametrize(
    "change",
    [
        {"total": Decimal("1025.68")},
        {"overdue_total": Decimal(0)},
        {"pix_amount": Decimal("1025.66")},
        {"days_past_due": 16},
        {"due_on": item().due_on + timedelta(days=1)},
        {"items": ()},
        {"items": (item(), item("NF-2"))},
        {"items": (replace(item(), total=Decimal("1025.68")),)},
        {"items": (replace(item(), total=Decimal("NaN")),)},
        {"items": (item(balance="-2000.00"),)},
    ],
)
def test_a_letter_whose_values_disagree_does_not_leave(change: dict[str, object]) -> None:
    check_values(values())
    with pytest.raises(InconsistentValues):
        check_values(replace(values(), **change))  # type: ignore[arg-type]  # a wrong value each


def test_what_is_not_asked_for_stays_out_of_the_total() -> None:
    about = values(item("NF-1"), upcoming())
    assert about.total == Decimal("1025.67")
    check_values(about)


@pytest.mark.parametrize("part", ["legal_name", "tax_id", "address"])
def test_a_creditor_without_a_name_a_tax_id_or_an_address_writes_to_nobody(part: str) -> None:
    with pytest.raises(UnknownIdentity):
        check_identity(replace(EXEMPLO, **{part: " "}))


# -- words


def test_both_languages_have_the_same_words() -> None:
    tables = [words_of(name)._table for name in ("pt-BR", "en")]
    keys = [
        {f"{section}.{name}" for section, part in table.items() for name in part}
        for table in tables
    ]
    assert keys[0] == keys[1]


def test_html_keeps_the_no_break_space_and_text_has_a_plain_one() -> None:
    assert fill(values())["total"] == "R$\xa01.025,67"
    assert said("{total}") == "R$ 1.025,67"


def test_another_language_is_refused() -> None:
    with pytest.raises(LetterError, match="pt-BR, en"):
        words_of("fr")
