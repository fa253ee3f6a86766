"""Answers of people: nothing is taken for an acceptance that is not plainly one."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from mailer import answer_choice, answers
from mailer.answer_html import html_lines
from mailer.answers import Answer, read_answer, typed_into_quotation
from mailer.choices import mailto
from mailer.letter import Language, LetterAnswer, LetterOffer, OutgoingMessage, Template
from mailer.words import words_of
from tests import answer_corpus, correspondence
from tests import answer_machine_corpus as machines
from tests.answer_corpus import (
    ANA,
    CODE_1,
    CODE_2,
    LETTER_ID,
    OURS,
    PROGRAMS,
    REFERENCE,
    Figures,
    Program,
    Wording,
    letter_text,
    measure,
    message,
    quoted,
    read,
    reply,
    wordings,
)


@cache
def figures() -> Figures:
    return machines.count(measure())


# -- the whole corpus


def test_no_answer_is_ever_taken_for_a_choice_that_it_is_not() -> None:
    assert figures().wrong == ()


def test_of_the_plain_acceptances_few_go_to_a_person(
    record_property: Callable[[str, object], None],
) -> None:
    found = figures()
    told = f"{found.clear} clear answers, {found.to_a_person} to a person; {found.unclear} others"
    record_property("answers", told)
    assert found.clear > 1_000
    assert found.unclear > 1_500
    assert found.to_a_person <= found.clear * 0.15


def test_the_page_states_what_is_measured() -> None:
    page = Path(__file__).parent.parent.joinpath("docs", "answers.md").read_text(encoding="utf-8")
    stated = [int(number) for number in re.findall(r"^\|.*\| (\d+) \|$", page, re.MULTILINE)]
    found = figures()
    assert stated == [
        found.clear,
        found.chosen,
        found.to_a_person,
        found.unclear,
        len(found.wrong),
        found.bounces,
        found.bounces_found,
        found.permanent_right,
        found.automatic,
        found.automatic_found,
        found.people,
        found.people_taken_for_machines,
    ]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_every_program_gives_the_number_and_our_message(program: Program, language: str) -> None:
    answer = read(reply(program, Wording(text="2", language=language, choice="2")))
    assert (answer.kind, answer.choice, answer.text) == ("human", "2", "2")
    assert answer.sender == ANA
    assert answer.in_reply_to == (LETTER_ID,)
    assert answer.codes_text == ()
    if program.name != "no quotation":
        assert answer.references == (REFERENCE,)
        assert {code.choice for code in answer.codes_quoted} == {"1", "2"}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_quotation_alone_chooses_nothing(program: Program) -> None:
    answer = read(reply(program, Wording(text="", language="pt-BR", choice=None)))
    assert answer.choice is None
    assert answer.options == ()
    assert answer.text == ""


@pytest.mark.parametrize(
    "lenient", [".*#.*", "[^x]*#.*", ".*#[^x]*"], ids=["any number", "at its start", "at its end"]
)
def test_a_reader_that_takes_a_number_among_other_words_would_be_caught(
    lenient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_choice, "_CHOICE", re.compile(lenient))
    wrong = [
        wording.text
        for wording in wordings()
        if read(message(wording.text)).choice not in {None, wording.choice}
    ]
    assert len(wrong) > 5


def test_the_word_of_an_answered_subject_is_in_the_way_even_when_it_is_not_known_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "replies", lambda _subject: False)
    assert read(message("Obrigada!", subject=f"RES: Opcao 2 [{CODE_2}]", answers="")).choice is None
    assert read(message("Obrigada!", subject=f"Opcao 2 [{CODE_2}]", answers="")).choice == "2"


def test_words_between_lines_of_an_unmarked_quotation_are_found() -> None:
    unmarked = 0
    for program in PROGRAMS:
        text, markup = program.reply("2", "pt-BR")
        letter = letter_text("pt-BR")
        plain = read(message(text, markup))
        assert typed_into_quotation(plain, letter) == (), program.name
        typed = read(message(*(b.replace("NF-1001", "NF-1001 porém") for b in (text, markup))))
        if typed.unmarked:
            unmarked += 1
            assert typed_into_quotation(typed, letter) == ("porem",), program.name
    assert unmarked >= 8


def real_letter(language: Language) -> OutgoingMessage:
    """A letter with options, short answers and a Pix block, as it leaves."""
    offers = tuple(
        LetterOffer(
            number=number,
            invoices=("NF-1001",),
            payments=((date(2026, 4, 6), Decimal("1025.67")),),
            total=Decimal("1025.67"),
            owed=Decimal("1025.67"),
            valid_until=date(2026, 4, 1),
            code=code,
        )
        for number, code in ((1, CODE_1), (2, CODE_2))
    )
    told = correspondence.values(language=language, reference=REFERENCE)
    paid = LetterAnswer(kind="paid", code=CODE_1.replace("-1-", "-P-"))
    body = "Oi, {contato}.\n\n{tabela}\n\n{ofertas}\n\n{respostas}\n\n{pix}"
    return correspondence.letter(
        replace(told, offers=offers, answers=(paid,)), Template(subject="x", body=body)
    )


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_our_real_letters_are_told_from_the_answer_however_they_are_quoted(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = real_letter(language)
    text, markup = letter.text.replace("\r\n", "\n"), letter.html[letter.html.find("<body") :]
    monkeypatch.setattr(answer_corpus, "letter_text", lambda _language: text)
    monkeypatch.setattr(answer_corpus, "letter_html", lambda _language: markup)
    words = "\n".join((text, *html_lines(letter.html)))
    for program in PROGRAMS:
        answer = read(reply(program, Wording(text="2", language=language, choice="2")))
        assert (answer.choice, answer.text) == ("2", "2"), program.name
        assert typed_into_quotation(answer, words) == (), program.name
        if "<a " in program.reply("", language)[1]:
            assert {code.choice for code in answer.codes_quoted} == {"1", "2", "P"}, program.name


# -- ready answers


def ready(choice: str, language: str = "pt-BR", code: str = CODE_2) -> tuple[str, str]:
    """Subject and body that the letter's link fills in."""
    words = words_of(language)
    code = code.replace("-2-", f"-{choice}-")
    if choice.isdigit():
        return words("offers.subject", number=choice, code=code), words(
            "offers.body", number=choice
        )
    key = {"P": "paid", "D": "dispute", "C": "call"}[choice]
    label = words(f"answers.{key}")
    return words("answers.subject", label=label, code=code), words(f"answers.{key}_body")


def sent(subject: str, text: str, markup: str = "", *, answers: str = "") -> Answer:
    from mailer.headers import encoded  # noqa: PLC0415 - only here

    return read(
        message(text, markup, subject=encoded(subject).replace("\r\n", "\n"), answers=answers)
    )


@pytest.mark.parametrize("language", ["pt-BR", "en"])
@pytest.mark.parametrize("choice", ["1", "2", "3", "P", "D", "C"])
def test_a_ready_answer_that_is_just_sent_chooses(choice: str, language: str) -> None:
    subject, body = ready(choice, language)
    for text in (body, "", f"{body}\n\nEnviado do meu iPhone", f"{body}\n\n-- \nAna Souza\nAurora"):
        answer = sent(subject, text)
        assert answer.choice == choice, text
        assert [code.choice for code in answer.codes_subject] == [choice]
        assert not answer.contradicts


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_a_dispute_gives_its_reason_and_a_call_its_number(language: str) -> None:
    for choice, more in (("D", " mercadoria com defeito, 2 caixas"), ("C", " 11 99999-0000, 15h")):
        subject, body = ready(choice, language)
        answer = sent(subject, body + more)
        assert answer.choice == choice
        assert not answer.contradicts


@pytest.mark.parametrize(
    "text",
    [
        "Aceito a opção 2. Mas só mês que vem.",
        "Aceito a opção 2 em 4 vezes.",
        "Aceito a opção 3.",
        "Aceito a opção.",
        "Não aceito a opção 2.",
        "Aceito a opção 2?",
        "Já paguei.",
        "Contesto a cobrança. Motivo: tudo",
        f"Aceito a opção 1. [{CODE_1}]",
        f"[{CODE_1}]",
    ],
)
def test_a_ready_answer_that_was_written_into_is_for_a_person(text: str) -> None:
    answer = sent(ready("2")[0], text)
    assert answer.choice is None
    assert answer.contradicts


@pytest.mark.parametrize(
    "subject",
    [
        f"Opção 2 mas só em janeiro [{CODE_2}]",
        f"Opção 3 [{CODE_2}]",
        f"Opção 2? [{CODE_2}]",
        f"NÃO aceito [{CODE_2}]",
        f"Opção 2 [{CODE_2}] [{CODE_1}]",
        f"Opção 2 [{CODE_2}]" + " " * 3_000 + "não",
    ],
)
def test_a_subject_that_was_written_into_is_for_a_person(subject: str) -> None:
    for text in ("", "Aceito a opção 2."):
        assert read(message(text, subject=subject, answers="")).choice is None


def test_an_old_subject_on_a_thread_accepts_nothing_by_itself() -> None:
    """Ana wrote a condition first; her later thank-you keeps the subject and its code."""
    subject = ready("2")[0]
    for again, thread in (
        (f"Re: {subject}", LETTER_ID),
        (f"RES: {subject}", ""),
        (subject, LETTER_ID),
    ):
        for text in ("Obrigada!", "", "ok"):
            assert sent(again, text, answers=thread).choice is None


def test_a_forwarded_ready_answer_chooses_nothing() -> None:
    for prefix in ("Fwd: ", "ENC: ", "Enc: ", "FW: "):
        assert sent(prefix + ready("2")[0], "").choice is None


def test_a_code_that_a_program_folded_in_the_subject_still_counts() -> None:
    raw = message("", subject=f"Opcao 2 [{CODE_2[:15]}\r\n {CODE_2[15:]}]", answers="")
    assert read(raw).choice == "2"


def test_the_link_of_a_letter_is_what_is_read_here() -> None:
    subject, body = ready("2")
    link = mailto(OURS, subject, body)
    assert CODE_2 in link
    assert sent(subject, body).choice == "2"


# -- whoever tries something


def test_both_bodies_of_a_message_must_say_the_same() -> None:
    for text, markup in (
        ("2", "<p>Não aceito</p>"),
        ("2", "<p>3</p>"),
        ("Não aceito", "<p>2</p>"),
        ("2", "<p>2</p><p>mas só em janeiro</p>"),
        ("2", "<p><s>2</s></p>"),
    ):
        assert read(message(text, markup)).choice is None
    assert read(message("2", "<p>2</p>")).choice == "2"


def test_a_condition_far_to_the_right_or_far_below_is_seen() -> None:
    for text in (
        "2" + " " * 2_000 + "mas só em janeiro",
        "2" + "\n" * 30_000 + "mas só em janeiro",
        "2\nEnviado do meu iPhone" + " " * 400 + "se tirar os juros",
        "2\n\n-- \nAna\n" + "\n" * 60 + "mas só em janeiro",
    ):
        assert read(message(text)).choice is None, text[:30]


@pytest.mark.parametrize(
    "text",
    ["\u0662", "\uff12", "\u2461", "\u00b2", "2\u202e", "\u20672", "opção \u0968", "аceito a 2"],
    ids=ascii,
)
def test_digits_and_letters_of_other_scripts_and_turned_text_choose_nothing(text: str) -> None:
    assert read(message(text)).choice is None


def test_an_inserted_line_below_an_unmarked_quotation_without_our_reference_is_seen() -> None:
    text = "2\n\nEm 27/03/2026 09:00, Financeiro escreveu:\n\nmas só a partir do mês que vem"
    answer = read(message(text))
    assert answer.choice is None
    assert "mês que vem" in answer.text


def test_what_is_written_below_a_quotation_counts_too() -> None:
    said = f"Em 27/03/2026 09:00, Financeiro <{OURS}> escreveu:\n{quoted(letter_text('pt-BR'))}"
    assert read(message(f"2\n\n{said}\n\nmas só em janeiro")).choice is None
    assert read(message(f"2\n\n{said}\n> > fim\nnão!\n> fim")).choice is None


def test_headers_cannot_be_forged_through_what_is_shown() -> None:
    subject = "=?utf-8?q?Re=3A_x=0D=0ABcc=3A_a=40evil.example?="
    answer = read(message("2", subject=subject, sender="a@b.com\r\n\tX-Evil: 1"))
    assert "\n" not in answer.subject + answer.text
    assert "\r" not in answer.subject + answer.text


def test_a_message_of_our_own_is_no_answer() -> None:
    answer = read(message("2", sender=f"Financeiro <{OURS}>"))
    assert (answer.kind, answer.choice) == ("own", None)


def test_a_group_that_writes_its_own_address_hides_no_customer() -> None:
    answer = read(
        message("2", sender=f"'Ana' via F <{OURS}>", headers="List-Id: <f.example.com>\n")
    )
    assert answer.kind == "human"


def test_an_answer_that_was_cut_or_is_an_invitation_is_for_a_person() -> None:
    assert read_answer(message("2"), cut=True).choice is None
    assert read_answer(message("2"), cut=True).broken
    raw = message("2", "<p>2</p>").replace(b"text/html", b"text/calendar")
    assert read(raw).choice is None


def test_the_excerpt_is_short_plain_and_without_the_signature() -> None:
    answer = read(message("Bom dia,\nvou pagar na sexta.\n" + "x " * 900 + "\n-- \nAna"))
    assert answer.text.startswith("Bom dia, vou pagar na sexta. x x")
    assert len(answer.text) <= 500
    assert "Ana" not in answer.text


def test_what_people_say_in_general_is_noted() -> None:
    for text, word in (
        ("Já paguei ontem, vejam o comprovante", "paid"),
        ("Não reconheço esse valor", "disputes"),
        ("Podem me ligar amanhã? me liguem", "call"),
        ("Não aceitamos nenhuma opção", "refuses"),
        ("Aceito a 2 se for em maio", "accepts"),
        ("Parem de enviar isso", "unsubscribes"),
        ("We have already paid this", "paid"),
        ("Please unsubscribe me", "unsubscribes"),
    ):
        assert word in read(message(text)).says, text
    assert "accepts" not in read(message("Não aceito")).says


def test_the_unsubscribe_link_is_understood_in_both_languages() -> None:
    for language in ("pt-BR", "en"):
        subject = words_of(language)("footer.unsubscribe_subject", reference=REFERENCE)
        answer = read(message("\n", subject=subject, answers=""))
        assert "unsubscribes" in answer.says
        assert answer.references == (REFERENCE,)
        assert answer.choice is None
