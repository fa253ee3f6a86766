"""What a client can answer: options as they are signed, and links that any program opens."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer import reference as codes
from mailer.answers import Answer, read_answer
from mailer.choices import PAYMENTS_SHOWN, mailto, offers_text
from mailer.errors import InconsistentValues
from mailer.letter import LetterOffer, check_values
from mailer.reference import Code
from sync.answer_codes import answer_terms
from sync.domain.facts import OfferRule
from sync.domain.offers import option_of
from sync.letters import Letter
from tests.correspondence import values
from tests.letter_stories import (
    AT,
    AT_ONCE,
    BOOK_ID,
    SECRET,
    SETTINGS,
    SIX_PARTS,
    THREE_PARTS,
    TODAY,
    Story,
    aurora,
    invoice,
)

LATE = (
    invoice("NF-1", TODAY - timedelta(days=50)),
    invoice("NF-2", TODAY - timedelta(days=20), "451.10"),
)


class Links(HTMLParser):
    """Where the buttons lead, by what they say."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._href = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._href = dict(attrs).get("href") or "" if tag == "a" else self._href

    def handle_data(self, data: str) -> None:
        if self._href:
            self.found[data.strip()] = self._href
            self._href = ""


def opened(link: str) -> tuple[str, str, str]:
    """What a mail program shows when a mailto link is pressed: to, subject, body (RFC 6068)."""
    parts = urlsplit(link)
    assert parts.scheme == "mailto"
    assert parts.query.isascii()
    assert not set(parts.query) & set(' +[]"<>\\\r\n'), "what RFC 6068 wants encoded is encoded"
    fields = parse_qs(parts.query, strict_parsing=True)
    return unquote(parts.path), fields["subject"][0], fields.get("body", [""])[0]


def believed(letter: Letter, code: Code, client: str = "Aurora") -> bool:
    """Whether a code that comes back verifies for what the ledger remembers of the letter."""
    terms = answer_terms(code.choice, letter.offered, letter.valid_until)
    assert terms is not None
    return codes.verify(
        code, SECRET, workbook=BOOK_ID, client=client, terms=terms.text, expires=terms.expires
    )


# -- the letter


def test_each_option_is_a_button_that_opens_a_signed_answer() -> None:
    letter = Story(rows=LATE).letter_written()
    links = Links(letter.message.html).found
    for number in (1, 2):
        to, subject, body = opened(links[f"Escolher a opção {number}"])
        assert to == "financeiro@exemplo.com.br"
        assert body == f"Aceito a opção {number}."
        (code,) = codes.find(subject)
        assert subject == f"Opção {number} [{code}]"
        assert (code.reference, code.choice) == (letter.reference, str(number))
        assert believed(letter, code)
        assert not believed(letter, code, client="Boreal")


def test_paid_disputed_and_call_me_are_buttons_too() -> None:
    letter = Story(rows=LATE).letter_written()
    links = Links(letter.message.html).found
    said = {}
    for label in ("Já paguei", "Contesto a cobrança", "Me liguem"):
        to, subject, body = opened(links[label])
        (code,) = codes.find(subject)
        assert to == "financeiro@exemplo.com.br"
        assert body.startswith(label)
        assert not any(mark.isdigit() for mark in body), "nothing that reads as an option"
        assert believed(letter, code)
        said[label] = code.choice
    assert said == {"Já paguei": "P", "Contesto a cobrança": "D", "Me liguem": "C"}


def test_an_answer_with_the_number_is_proved_by_the_message_that_it_quotes_or_cites() -> None:
    letter = Story(rows=LATE).letter_written()
    assert "responda a esta mensagem só com o número da opção: 1 ou 2." in letter.message.text
    (quoted,) = codes.find("\n".join(f"> {line}" for line in letter.message.text.splitlines()))
    (cited,) = codes.find(letter.message.message_id)
    assert quoted == cited
    assert quoted.choice == codes.MESSAGE
    assert believed(letter, quoted)
    parsed = message_from_bytes(letter.message.raw, policy=policy.default)
    assert parsed["Message-ID"] == letter.message.message_id
    assert parsed["X-Regua-Reference"] == letter.reference


def test_what_is_remembered_is_what_the_letter_says() -> None:
    letter = Story(rows=LATE, rules=(AT_ONCE, THREE_PARTS, SIX_PARTS)).letter_written()
    assert [offered.number for offered in letter.offered] == [1, 2, 3]
    for offered in letter.offered:
        option = option_of(offered.option)
        assert (option.terms, option.valid_until) == (offered.terms, offered.expires)
        for part in option.instalments:
            amount = f"R$ {part.amount:,.2f}".translate(str.maketrans(",.", ".,"))
            assert amount in letter.message.text
            assert f"{part.due_on:%d/%m/%Y}" in letter.message.text
        assert option.receivables == ("NF-1", "NF-2")
    assert letter.message.text.count("Você economiza") == 2
    assert "São R$ 83,04 a mais que hoje, pelo prazo." in letter.message.text


def test_the_english_letter_says_the_same_in_english() -> None:
    letter = Story(rows=LATE, client=aurora("en")).letter_written()
    to, subject, body = opened(Links(letter.message.html).found["Choose option 2"])
    (code,) = codes.find(subject)
    assert (to, body) == ("financeiro@exemplo.com.br", "I accept option 2.")
    assert subject == f"Option 2 [{code}]"
    text = letter.message.text
    assert "1. At once, with 10.9% off\n   R$1,335.01 by Nov 30, 2026" in text
    assert "Nothing changes until you choose. The options stand until Nov 29, 2026." in text
    assert "Dec 1, 2026  R$491.81" in text
    assert "- I have paid\n- I dispute this\n- Call me" in text


def test_without_a_reply_address_answers_go_to_the_sender() -> None:
    letter = Story(rows=LATE, settings=replace(SETTINGS, reply_to=None)).letter_written()
    to, _, _ = opened(Links(letter.message.html).found["Me liguem"])
    assert to == "cobranca@exemplo.com.br"


def test_plain_text_holds_no_encoded_link() -> None:
    text = Story(rows=LATE, rules=(AT_ONCE, THREE_PARTS, SIX_PARTS)).letter_written().message.text
    assert "mailto:" not in text
    assert "%20" not in text
    payments = [line for line in text.splitlines() if line.startswith("   ") and "/20" in line]
    assert len(payments) == 1 + 3 + 6
    assert max(len(line) for line in payments) <= 40, "a phone held upright breaks none of them"


# -- the answers, as the inbox reads them


def pressed(link: str, added: str = "") -> Answer:
    """The ready message sent as it opens, with a few words of the client's own."""
    to, subject, body = opened(link)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ana <ana@aurora.com.br>", to, subject
    message["Message-ID"] = "<1@aurora.com.br>"
    message.set_content(f"{body} {added}\n\nEnviado do meu iPhone\n")
    return read_answer(
        message.as_bytes(), trusted_server=None, own_addresses=("financeiro@exemplo.com.br",)
    )


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_each_link_pressed_and_sent_is_read_as_the_choice_it_stands_for(language: str) -> None:
    letter = Story(rows=LATE, client=aurora(language)).letter_written()
    links = list(Links(letter.message.html).found.values())
    answers = [pressed(link) for link in links]
    assert [answer.choice for answer in answers] == ["1", "2", "P", "D", "C", None]
    for answer in answers[:5]:
        (code,) = answer.codes_subject
        assert code.choice == answer.choice
        assert believed(letter, code)
    assert answers[5].says == {"unsubscribes"}
    assert answers[5].codes_subject[0].reference == letter.reference


def test_a_reason_or_a_phone_number_beside_the_ready_words_does_not_change_them() -> None:
    links = Links(Story(rows=LATE).letter_written().message.html).found
    disputed = pressed(links["Contesto a cobrança"], "a nota veio com o valor errado")
    assert "disputes" in disputed.says
    call = pressed(links["Me liguem"], "(11) 98765-4321, depois das 14h")
    assert "call" in call.says


@pytest.mark.parametrize(("language", "number"), [("pt-BR", "2"), ("en", "1")])
def test_a_reply_with_the_number_is_read_from_above_the_quoted_letter(
    language: str, number: str
) -> None:
    letter = Story(rows=LATE, client=aurora(language)).letter_written()
    quoted = "\n".join(f"> {line}" for line in letter.message.text.splitlines())
    message = EmailMessage()
    message["From"], message["To"] = "ana@aurora.com.br", "financeiro@exemplo.com.br"
    message["Subject"] = f"Re: {letter.message.subject}"
    message["In-Reply-To"] = letter.message.message_id
    message.set_content(
        f"{number}\n\nEm ter., 24 de nov. de 2026 às 09:30, Financeiro Exemplo "
        f"<cobranca@exemplo.com.br> escreveu:\n\n{quoted}\n"
    )
    answer = read_answer(message.as_bytes(), trusted_server=None, own_addresses=())
    assert answer.choice == number
    assert [code.choice for code in answer.codes_quoted] == [codes.MESSAGE]
    assert believed(letter, answer.codes_quoted[0])


# -- what is not offered


def test_a_step_without_offers_shows_none_and_remembers_none() -> None:
    letter = Story(rows=LATE, offers=False).letter_written()
    assert letter.offered == ()
    assert "Opções" not in letter.message.text
    assert "Já paguei" in letter.message.text


def test_a_letter_that_does_not_show_options_offers_none() -> None:
    letter = Story(rows=LATE, body="Olá, {contato}.\n\n{tabela}\n\n{assinatura}").letter_written()
    assert letter.offered == ()
    assert set(Links(letter.message.html).found) == {"Não quero mais receber estes lembretes"}


def test_without_rows_in_the_offers_tab_the_block_vanishes() -> None:
    letter = Story(rows=LATE, rules=()).letter_written()
    assert letter.offered == ()
    assert "Escolher" not in letter.message.html
    assert letter.message.text.count("\n\n\n") == 0


def test_options_of_another_day_are_not_made() -> None:
    story = Story(rows=LATE)
    decision, its_book = story.decided()
    tomorrow = replace(decision, send_on=TODAY + timedelta(days=1))
    assert story.desk(its_book).write(tomorrow, story.facts, AT).offered == ()


def test_a_preview_shows_the_links_without_a_signature() -> None:
    letter = Story(rows=LATE).letter_written(secret=None)
    assert not letter.is_signed
    assert Story(rows=LATE).letter_written().is_signed
    _, subject, _ = opened(Links(letter.message.html).found["Escolher a opção 1"])
    assert subject == f"Opção 1 [{letter.reference}-1]"
    assert codes.find(letter.message.html + letter.message.text + subject) == ()


def test_a_swapped_code_of_another_letter_or_another_secret_is_not_believed() -> None:
    letter = Story(rows=LATE).letter_written()
    other = Story(rows=LATE, rules=(AT_ONCE, SIX_PARTS)).letter_written()
    (two,) = codes.find(opened(Links(other.message.html).found["Escolher a opção 2"])[1])
    assert believed(other, two)
    assert not believed(letter, replace(two, reference=letter.reference))
    (forged,) = codes.find(
        opened(
            Links(Story(rows=LATE).letter_written(secret=bytes(32)).message.html).found[
                "Escolher a opção 1"
            ]
        )[1]
    )
    assert not believed(letter, forged)


# -- the words


def offer(number: int, owed: str, *amounts: str, until: date = date(2026, 4, 3)) -> LetterOffer:
    paid = [Decimal(amount) for amount in amounts]
    return LetterOffer(
        number=number,
        invoices=("NF-1001",),
        payments=tuple((date(2026, 4, 6) + timedelta(days=30 * n), a) for n, a in enumerate(paid)),
        total=sum(paid, Decimal(0)),
        owed=Decimal(owed),
        valid_until=until,
        code=f"R7K2M9Q4ABCD-{number}",
    )


def test_a_discount_is_never_said_to_be_more_than_it_is() -> None:
    about = replace(values(pix=False), offers=(offer(1, "1025.67", "923.11"),))
    assert "com 9,9% de desconto" in offers_text(about), "9,9993 % is not 10 %"
    about = replace(values(pix=False), offers=(offer(1, "1025.67", "1025.66"),))
    assert "% de desconto" not in offers_text(about)


def test_options_with_different_dates_each_say_theirs() -> None:
    two = (offer(1, "1025.67", "900.00"), offer(2, "1025.67", "1025.67", until=date(2026, 4, 10)))
    text = offers_text(replace(values(pix=False), offers=two))
    assert "Vale até 03/04/2026." in text
    assert "Vale até 10/04/2026." in text
    assert "As opções valem" not in text


def test_options_about_part_of_the_letter_say_about_what() -> None:
    text = offers_text(replace(values(pix=False), offers=(offer(1, "500.00", "400.00"),)))
    assert "Para NF-1001, hoje em R$ 500,00." in text
    assert "Para NF" not in offers_text(
        replace(values(pix=False), offers=(offer(1, "1025.67", "400.00"),))
    )


def test_a_plan_of_many_years_ends_in_one_line() -> None:
    many = offer(1, "1025.67", *["10.00"] * (PAYMENTS_SHOWN + 4))
    text = offers_text(replace(values(pix=False), offers=(many,)))
    assert text.count("R$ 10,00") == PAYMENTS_SHOWN
    assert "e mais 4 parcelas" in text
    assert "Total: R$ 400,00" in text


def test_the_longest_letter_with_options_stays_below_what_mail_programs_hide() -> None:
    rows = [
        invoice(f"NF-2026/{n:08}", TODAY - timedelta(days=40), description="x" * 200)
        for n in range(60)
    ]
    rules = tuple(OfferRule(from_days=1, instalments=count) for count in (60, 48, 36))
    letter = Story(rows=rows, rules=rules).letter_written()
    assert [len(option_of(each.option).instalments) for each in letter.offered] == [60, 48, 36]
    assert len(letter.message.html.encode()) < 100_000


@pytest.mark.parametrize(
    "wrong",
    [
        (replace(offer(1, "100.00", "50.00", "50.00"), total=Decimal("99.99")),),
        (replace(offer(1, "100.00", "50.00"), payments=()),),
        (offer(1, "100.00", "150.00", "-50.00"),),
        (offer(2, "100.00", "50.00"),),
        (offer(1, "100.00", "50.00"), offer(1, "100.00", "60.00")),
    ],
)
def test_options_that_do_not_add_up_do_not_leave(wrong: tuple[LetterOffer, ...]) -> None:
    with pytest.raises(InconsistentValues):
        check_values(replace(values(), offers=wrong))


@given(
    st.from_regex(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60),
)
def test_whatever_a_link_says_a_mail_program_opens_it_as_it_was_meant(
    local: str, subject: str, body: str
) -> None:
    link = mailto(f"{local}@exemplo.com.br", subject, body)
    assert link.isascii()
    assert not set(link) & set(' "<>\\^`{|}[]\r\n')
    parts = urlsplit(link)
    assert unquote(parts.path) == f"{local}@exemplo.com.br"
    fields = dict(pair.split("=", 1) for pair in parts.query.split("&"))
    assert {key: unquote(text) for key, text in fields.items()} == {
        "subject": subject,
        **({"body": body} if body else {}),
    }


def test_line_ends_of_a_ready_answer_are_those_of_mail() -> None:
    assert mailto("a@b.com", "x", "um\ndois").endswith("&body=um%0D%0Adois")
