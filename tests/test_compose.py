"""The message that leaves: its headers, its two bodies, its bytes."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer import richtext
from mailer.compose import HTML_LIMIT, compose, restore
from mailer.errors import (
    AddressError,
    InconsistentValues,
    LetterError,
    MalformedTemplate,
    PixError,
    UnknownIdentity,
    UnknownPlaceholder,
    UnsafeHeader,
)
from mailer.letter import LetterAnswer, OutgoingMessage, Template
from mailer.preview import Rows, page
from tests.correspondence import EXEMPLO, SENT_AT, item, letter, upcoming, values


def parsed(message: OutgoingMessage) -> EmailMessage:
    read = message_from_bytes(message.raw, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


class Reading(HTMLParser):
    """What a mail program would find: tags, links, the words, and whether all is closed."""

    VOID = frozenset({"meta", "br", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        assert not [name for name in named if name.startswith("on")]
        if tag == "a":
            self.links.append(named["href"] or "")
        if tag == "img":
            self.images.append(named["src"] or "")
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag in {"td", "th", "div", "p", "li", "dt", "dd", "h1"}:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self._open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).replace("\xa0", " ").split())


# -- headers


def test_a_reminder_has_the_headers_it_needs() -> None:
    message = parsed(letter(cc=("caio@aurora.example.com",)))
    assert message["From"] == "Financeiro Exemplo <financeiro@example.com>"
    assert message["To"] == "ana@aurora.example.com"
    assert message["Cc"] == "caio@aurora.example.com"
    assert message["Reply-To"] == "financeiro@example.com"
    assert message["Subject"] == "Exemplo Serviços: lembrete de NF-1001"
    assert message["Date"] == "Fri, 27 Mar 2026 09:00:00 -0300"
    assert message["Message-ID"] == letter().message_id
    assert message["List-Unsubscribe"] == (
        "<mailto:financeiro@example.com?subject=Descadastrar%20R7K2M9Q4>"
    )
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "pt-BR"
    assert message["X-Regua-Reference"] == "R7K2M9Q4"
    # Precedence is left out: RFC 3834 has Auto-Submitted for this; "bulk" asks for the junk folder.
    assert message["Precedence"] is None
    assert message["Bcc"] is None


def test_a_letter_that_a_person_sends_does_not_call_itself_automatic() -> None:
    message = parsed(letter(auto=False, list_unsubscribe=None))
    assert message["Auto-Submitted"] is None
    assert message["List-Unsubscribe"] is None


def test_a_later_reminder_stands_in_the_thread_of_the_first() -> None:
    thread = tuple(f"<regua.{'a' * 32}{at}@example.com>" for at in range(20))
    raw = letter(in_reply_to=thread[-1], references=thread).raw
    message = message_from_bytes(raw, policy=policy.default)
    assert message["In-Reply-To"] == thread[-1]
    assert message["References"].split() == [thread[0], *thread[-9:]]


def test_no_header_line_is_too_long_and_long_ones_are_folded_between_words() -> None:
    about = values(*(item(f"NF-{'9' * 30}{at}") for at in range(3)), client="Ação " * 30)
    template = Template(subject="{cliente} 😀 {titulos}", body="x")
    thread = tuple(f"<{'a' * 200}{at}@example.com>" for at in range(3))
    message = letter(
        about,
        template,
        references=thread,
        sender=f"{'Cobrança ' * 12} <financeiro@example.com>",
        list_unsubscribe=f"{'a' * 60}@{'b' * 60}.example.com",
    )
    head = message.raw.partition(b"\r\n\r\n")[0].decode("ascii")
    assert all(len(line) <= 260 for line in head.split("\r\n"))
    assert all(len(word) <= 75 for word in re.findall(r"=\?\S+\?=", head))
    assert parsed(message)["References"].split() == list(thread)
    assert parsed(message)["Subject"] == message.subject
    assert "😀" in message.subject
    unsubscribe = re.search(r"^List-Unsubscribe: (<.*>)\r$", head, re.MULTILINE)
    assert unsubscribe
    assert parsed(message)["List-Unsubscribe"] == unsubscribe[1]


@pytest.mark.parametrize(
    "name", ['Souza, Ana "A"', "Ação; Cia", "=?utf-8?q?x?=", "😀 " * 40, "(x)"]
)
def test_a_senders_name_is_a_name_whatever_is_in_it(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    message = letter(sender=f'"{quoted}" <financeiro@example.com>')
    box = parsed(message)["From"].addresses
    assert [each.addr_spec for each in box] == ["financeiro@example.com"]
    # Read by the older parser: the newer one puts a space between the words of a long name.
    shown = message_from_bytes(message.raw, policy=policy.compat32)["From"]
    phrase = str(make_header(decode_header(parseaddr(shown)[0])))
    assert phrase == " ".join(name.split())


@pytest.mark.parametrize(
    "subject", ["=?utf-8?q?a=0D=0ABcc:_x@y.com?=", "=?utf-8?b?YQ==?= =?x", "=?"]
)
def test_a_subject_that_looks_encoded_is_shown_as_typed(subject: str) -> None:
    message = letter(template=Template(subject=subject, body="x"))
    assert parsed(message)["Subject"] == subject
    assert b"\r\nBcc" not in message.raw


# -- forged headers


EVIL = "x\r\nBcc: evil@example.net"


def test_line_breaks_never_make_a_header() -> None:
    forgeries: list[dict[str, Any]] = [
        {"sender": f"A <a@example.com>{EVIL}"},
        {"sender": f"{EVIL} <a@example.com>"},
        {"to": (f"a@example.com{EVIL}",)},
        {"cc": ("a@example.com,b@example.com",)},
        {"in_reply_to": f"<a@b>{EVIL}"},
        {"references": ("<a@b> <c@d>",)},
        {"list_unsubscribe": f"a@example.com{EVIL}"},
        {"about": values(reference=EVIL, pix=False)},
        {"template": Template(subject=EVIL, body="x")},
        {"about": values(creditor=replace(EXEMPLO, reply_to=EVIL))},
    ]
    for forged in forgeries:
        with pytest.raises((UnsafeHeader, AddressError, MalformedTemplate)) as caught:
            letter(**forged)
        assert str(caught.value)


def test_line_breaks_in_values_become_spaces() -> None:
    creditor = replace(EXEMPLO, company=EVIL, signature=EVIL, legal_name=EVIL, address=EVIL)
    about = values(item(EVIL), client=EVIL, contact=EVIL, creditor=creditor)
    message = letter(
        about, Template(subject="{cliente} {titulos} {empresa}", body="{tabela}\n{pix}")
    )
    assert parsed(message)["Bcc"] is None
    assert parsed(message)["Subject"] == "x Bcc: evil@example.net " * 2 + "x Bcc: evil@example.net"


_WILD = st.text(
    alphabet=st.one_of(
        st.sampled_from("\r\n\t ,;:<>@\"'\\=?_*[](){}😀é\u202eم\x00\x0b"), st.characters()
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(_WILD, _WILD, _WILD)
def test_whatever_stands_in_the_cells_the_letter_goes_to_its_recipient_only(
    client: str, contact: str, description: str
) -> None:
    about = values(item(description=description), client=client, contact=contact)
    message = letter(about, Template(subject="A {cliente}", body="{contato}\n\n{tabela}\n\n{pix}"))
    read = parsed(message)
    assert sorted(read.keys()) == sorted(parsed(letter()).keys())
    assert [box.addr_spec for box in read["To"].addresses] == ["ana@aurora.example.com"]
    assert {"script", "iframe", "form", "object"}.isdisjoint(Reading(message.html).tags)
    assert message.raw.isascii()
    assert b"\n" not in message.raw.replace(b"\r\n", b"")


# -- bytes


def test_the_same_letter_has_the_same_bytes_also_in_another_process() -> None:
    program = (
        "from tests.correspondence import letter; import hashlib;"
        "print(hashlib.sha256(letter().raw).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**_environment(), "PYTHONHASHSEED": seed},
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert letter().raw == letter().raw


def _environment() -> dict[str, str]:
    import os  # noqa: PLC0415 - only to start the other process as this one was started

    return dict(os.environ)


def test_the_bytes_are_seven_bit_lines_that_every_server_takes() -> None:
    raw = letter(values(item(description="ação 😀 " * 20))).raw
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 260
    body_lines = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, body_lines)) <= 78
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_kept_message_is_read_back_whole() -> None:
    message = letter(cc=("caio@aurora.example.com",))
    assert restore(message.raw, "Padaria Aurora") == message
    with pytest.raises(LetterError):
        restore(b"Subject: x\r\n\r\nhello")


def test_the_structure_is_text_or_html_with_its_picture() -> None:
    def shape(part: MIMEPart) -> object:
        inner = [shape(each) for each in part.iter_parts()]
        return (part.get_content_type(), inner) if inner else part.get_content_type()

    assert shape(parsed(letter())) == (
        "multipart/alternative",
        ["text/plain", ("multipart/related", ["text/html", "image/png"])],
    )
    assert shape(parsed(letter(values(pix=False)))) == (
        "multipart/alternative",
        ["text/plain", "text/html"],
    )


# -- the HTML


def test_the_html_says_what_the_text_says() -> None:
    message = letter(values(item("NF-1", code="34191.79"), item("NF-2"), upcoming("NF-9")))
    shown = Reading(message.html).text
    for words in (
        "NF-1",
        "NF-2",
        "NF-9",
        "R$ 2.051,34",
        "17 dias de atraso",
        "34191.79",
        "multa R$ 20,00",
        "Ainda a vencer",
        "01/04/2026",
        "Olá, Ana Souza.",
    ):
        assert words in shown
        assert words in message.text.replace("\u2068", "")


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_every_letter_names_the_creditor_as_the_law_wants(language: str) -> None:
    message = letter(values(language=language))  # type: ignore[arg-type]  # from the list above
    for text in (Reading(message.html).text, message.text):
        assert EXEMPLO.legal_name in text
        assert EXEMPLO.tax_id in text
        assert EXEMPLO.address in text


def test_the_picture_is_part_of_the_message_and_nothing_is_loaded_from_elsewhere() -> None:
    message = letter()
    (image,) = Reading(message.html).images
    ids = [part["Content-ID"] for part in parsed(message).walk() if part["Content-ID"]]
    assert [f"cid:{each.strip('<>')}" for each in ids] == [image]
    assert "url(" not in message.html
    assert "http" not in message.html.replace("http-equiv", "")


def test_html_in_names_is_shown_as_typed() -> None:
    name = '<script>alert(1)</script><img src=x onerror="x">&amp;'
    about = values(item(name[:40], description=name), client=name, contact=name)
    message = letter(about, Template(subject="Oi {cliente}", body="{cliente} <b>x</b>\n\n{tabela}"))
    reading = Reading(message.html)
    assert reading.images == []
    assert "script" not in reading.tags
    assert "b" not in reading.tags
    assert name in reading.text
    assert "<b>x</b>" in reading.text


def test_a_mutant_without_escaping_is_caught_by_that_test(monkeypatch: pytest.MonkeyPatch) -> None:
    real = richtext.layout("letter.html")
    monkeypatch.setattr(real.environment, "autoescape", False)
    mutant = real.environment.overlay(autoescape=False, cache_size=0).get_template("letter.html")
    monkeypatch.setattr(richtext, "layout", lambda _name: mutant)
    with pytest.raises(AssertionError):
        test_html_in_names_is_shown_as_typed()


def test_markdown_becomes_html_and_only_that() -> None:
    body = (
        "a **b {cliente}** *c* [d](https://e.example/?f=1&g=2)\nh\n\n- i\n- j\n\n3. k\n\n<u>l</u>"
    )
    reading = Reading(letter(values(pix=False), Template(subject="x", body=body)).html)
    assert {"strong", "em", "ul", "ol", "li", "p", "br"} <= set(reading.tags)
    assert "u" not in reading.tags
    assert "https://e.example/?f=1&g=2" in reading.links
    assert "a b Padaria Aurora c d" in reading.text


def test_payment_links_and_answers_are_links() -> None:
    about = replace(
        values(item(code="https://pay.example.com/1"), item("NF-2", code="javascript:alert(1)")),
        answers=(LetterAnswer(kind="paid", code="R7K2M9Q4ABCD-P-ABCDEFGHIJKLMNOP"),),
    )
    template = Template(subject="x", body="{tabela}\n{respostas}")
    links = Reading(letter(about, template).html).links
    assert links == [
        "https://pay.example.com/1",
        (
            "mailto:financeiro@example.com"
            "?subject=J%C3%A1%20paguei%20%5BR7K2M9Q4ABCD-P-ABCDEFGHIJKLMNOP%5D"
            "&body=J%C3%A1%20paguei."
        ),
        "mailto:financeiro@example.com?subject=Descadastrar%20R7K2M9Q4",
    ]


def test_two_hundred_invoices_stay_below_what_mail_programs_hide() -> None:
    items = [item(f"NF-{at}", description="x" * 500, code="9" * 400) for at in range(200)]
    message = letter(values(*items))
    assert len(message.html.encode()) < HTML_LIMIT
    shown = Reading(message.html).text
    assert "e mais 170 títulos R$ 174.363,90" in shown
    assert "Total R$ 205.134,00" in shown


def test_a_letter_that_mail_programs_would_cut_is_refused() -> None:
    with pytest.raises(LetterError, match="too long"):
        letter(values(client="x" * 200), Template(subject="x", body="{cliente} " * 1_900))


def test_huge_totals_are_written_out() -> None:
    about = values(item(balance="123456789012.34"), pix=False)
    assert "R$ 123.456.789.038,01" in letter(about).text


# -- what does not leave


def test_a_letter_that_cannot_be_right_is_not_made() -> None:
    usual = {"sender": "a@example.com", "message_id": "<a@b>", "date": SENT_AT}
    with pytest.raises(LetterError, match="somebody"):
        letter(to=())
    with pytest.raises(InconsistentValues):
        letter(replace(values(), total=values().total + 1))
    with pytest.raises(UnknownIdentity):
        letter(values(creditor=replace(EXEMPLO, tax_id="")))
    with pytest.raises(UnknownPlaceholder):
        letter(template=Template(subject="x", body="{nada}"))
    with pytest.raises(PixError):
        letter(values(creditor=replace(EXEMPLO, pix_key="")))
    with pytest.raises(PixError):
        letter(values(creditor=replace(EXEMPLO, pix_city="")))
    with pytest.raises(UnsafeHeader):
        compose(
            values(),
            Template(subject="x", body="x"),
            to=("a@example.com",),
            **{**usual, "message_id": "<a b@c>"},  # type: ignore[arg-type]  # one value is wrong
        )


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(LetterError, match="time zone"):
        compose(
            values(),
            Template(subject="x", body="x"),
            sender="a@example.com",
            to=("a@example.com",),
            message_id="<a@b>",
            date=datetime(2026, 3, 27, 9, 0),  # noqa: DTZ001 - the point of the test
        )


# -- the preview


def test_the_preview_shows_what_would_leave_and_runs_nothing() -> None:
    evil = letter(
        values(client="<script>alert(1)</script>"), Template(subject="{cliente}", body="{pix}")
    )
    held = Rows(headings=("Cliente", "Motivo"), rows=(("<b>Sul</b>", "Contestado"),))
    text = page([evil, letter()], language="pt-BR", held=held, summary=(("Modo", "Aprovação"),))
    reading = Reading(text)
    assert "script" not in reading.tags
    assert text.count('sandbox=""') == 2
    assert "cid:" not in text
    assert "data:image/png;base64," in text
    assert "default-src 'none'" in text
    for words in ("2 mensagens", "<b>Sul</b>", "Contestado", "Aprovação", evil.message_id):
        assert words in reading.text


def test_an_empty_preview_says_so_in_both_languages() -> None:
    assert "Nenhuma mensagem sairia." in page([], language="pt-BR")
    assert "No message would leave." in page([], language="en", held=Rows(headings=(), rows=()))
