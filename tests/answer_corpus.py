"""Answers as mail programs really shape them: who wrote what, from where, quoting our letter how.

A `Program` puts new words above, below or into a quotation as that program does; a `Wording` is
what a customer writes, with the choice that a careful person would take it for (None: it is for a
person). `measure` reads every wording in every program and counts.
"""

from __future__ import annotations

import base64
import html
import quopri
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mailer.answers import Answer, read_answer
from tests import correspondence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OURS = "financeiro@example.com"
ANA = "ana@aurora.example.com"
REFERENCE = "RABCDEFGHIJK"
CODE_1 = f"{REFERENCE}-1-AAAABBBBCCCCDDDD"
CODE_2 = f"{REFERENCE}-2-EEEEFFFFGGGGHHHH"
LETTER_ID = f"<regua.{REFERENCE}-0-QQQQRRRRSSSSTTTT@example.com>"

Pair = tuple[str, str]
"""Plain text and HTML; "" for a part that the program does not write."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A mail program: `reply(words, language)` gives its two bodies."""

    name: str
    reply: Callable[[str, str], Pair]
    charset: str = "utf-8"
    encoding: str = "quoted-printable"


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What somebody writes, and the choice it is: an option's number, P, D, C or None."""

    text: str
    language: str
    choice: str | None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What came of reading the corpus.

    Attributes:
        clear: answers that a careful person would take for one choice.
        chosen: of these, those that were read so.
        unclear: answers that are for a person.
        wrong: answers read as a choice that they are not; none may be.
        bounces, bounces_found, permanent_right: reports of servers.
        automatic, automatic_found: automatic answers.
        people, people_taken_for_machines: ordinary messages of people.
    """

    clear: int
    chosen: int
    unclear: int
    wrong: tuple[str, ...]
    bounces: int = 0
    bounces_found: int = 0
    permanent_right: int = 0
    automatic: int = 0
    automatic_found: int = 0
    people: int = 0
    people_taken_for_machines: int = 0

    @property
    def to_a_person(self) -> int:
        """Clear answers that nevertheless go to a person."""
        return self.clear - self.chosen


# -- our letter, as it is quoted


@cache
def letter_text(language: str) -> str:
    """The letter's plain text, options and their codes included."""
    told = correspondence.values(language=language, reference=REFERENCE, pix=False)  # type: ignore[arg-type]
    text = correspondence.letter(told).text.replace("\r\n", "\n")
    links = "\n".join(
        f"{number}. 1.025,67 <mailto:{OURS}?subject=Op%C3%A7%C3%A3o%20{number}%20%5B{code}%5D>"
        for number, code in ((1, CODE_1), (2, CODE_2))
    )
    return text.replace(REFERENCE, f"{REFERENCE}\n{links}\n") if REFERENCE in text else text


@cache
def letter_html(language: str) -> str:
    """The letter's HTML as programs quote it: a few tags, the same words."""
    lines = html.escape(letter_text(language)).split("\n")
    return "<table><tr><td>" + "<br>\n".join(lines) + "</td></tr></table>"


def quoted(text: str) -> str:
    """Lines with `> ` before each."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def as_html(text: str) -> str:
    """Typed lines as a program writes them: a div each."""
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


# -- the programs


def gmail(words: str, language: str) -> Pair:
    said = {
        "pt-BR": f"Em sex., 27 de mar. de 2026 às 09:00, Financeiro Exemplo <{OURS}>\nescreveu:",
        "en": f"On Fri, Mar 27, 2026 at 9:00 AM Financeiro Exemplo <{OURS}>\nwrote:",
    }[language]
    line = html.escape(said.replace("\n", " "))
    return (
        f"{words}\n\n{said}\n\n{quoted(letter_text(language))}\n",
        (
            f'<div dir="ltr">{as_html(words)}</div><br>'
            '<div class="gmail_quote gmail_quote_container">'
            f'<div dir="ltr" class="gmail_attr">{line}<br></div><blockquote class="gmail_quote" '
            'style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">'
            f"{letter_html(language)}</blockquote></div>"
        ),
    )


def gmail_with_signature(words: str, language: str) -> Pair:
    text, markup = gmail(f"{words}\n\n-- \nAna Souza\nPadaria Aurora\n(11) 99999-0000", language)
    signature = '<span class="gmail_signature_prefix">-- </span>'
    return text, markup.replace("<div>-- </div>", f"{signature}<br>")


def header_block(language: str, mark: str = "") -> list[tuple[str, str]]:
    """The names and values above a quotation of Outlook."""
    names = {
        "pt-BR": ("De", "Enviado", "Para", "Assunto", "sexta-feira, 27 de março de 2026 09:00"),
        "en": ("From", "Sent", "To", "Subject", "Friday, March 27, 2026 9:00 AM"),
    }[language]
    return [
        (f"{mark}{names[0]}:{mark}", f"Financeiro Exemplo <{OURS}>"),
        (f"{mark}{names[1]}:{mark}", names[4]),
        (f"{mark}{names[2]}:{mark}", f"Ana Souza <{ANA}>"),
        (f"{mark}{names[3]}:{mark}", "Exemplo Serviços: lembrete de NF-1001"),
    ]


def outlook_desktop(words: str, language: str) -> Pair:
    block = header_block(language)
    text = "\n".join(f"{name} {value}" for name, value in block)
    markup = "<br>".join(f"<b>{name}</b> {html.escape(value)}" for name, value in block)
    typed = "".join(
        f'<p class="MsoNormal">{html.escape(line) or "<o:p>&nbsp;</o:p>"}</p>'
        for line in words.split("\n")
    )
    return (
        f"{words}\n\n\n{text}\n\n{letter_text(language)}\n",
        (
            '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal '
            '{margin:0cm} --></style></head><body><div class="WordSection1">'
            f"{typed}<p class=MsoNormal><o:p>&nbsp;</o:p></p><div>"
            "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
            f'<p class="MsoNormal">{markup}</p></div></div>{letter_html(language)}</div>'
            "</body></html>"
        ),
    )


def outlook_web(words: str, language: str) -> Pair:
    block = header_block(language)
    text = "\n".join(f"{name} {value}" for name, value in block)
    markup = "<br>".join(f"<b>{name}</b> {html.escape(value)}" for name, value in block)
    return (
        f"{words}\n________________________________\n{text}\n\n{letter_text(language)}\n",
        (
            f'<div class="elementToProof">{as_html(words)}</div><div id="appendonsend"></div><hr>'
            f'<div id="divRplyFwdMsg" dir="ltr"><font>{markup}</font></div>{letter_html(language)}'
        ),
    )


def outlook_phone(words: str, language: str) -> Pair:
    sign = {"pt-BR": "Obter o Outlook para iOS", "en": "Get Outlook for Android"}[language]
    text, markup = outlook_web(f"{words}\n\n{sign}<https://aka.ms/o0ukef>", language)
    box = f'<div id="ms-outlook-mobile-signature"><a href="https://aka.ms/o0ukef">{sign}</a></div>'
    shown = html.escape(f"{sign}<https://aka.ms/o0ukef>")
    return text, markup.replace(f"<div>{shown}</div>", box)


def apple_mail(words: str, language: str) -> Pair:
    said = {
        "pt-BR": f"Em 27 de mar. de 2026, à(s) 09:00, Financeiro Exemplo <{OURS}> escreveu:",
        "en": f"On 27 Mar 2026, at 09:00, Financeiro Exemplo <{OURS}> wrote:",
    }[language]
    return (
        f"{words}\n\n> {said}\n> \n{quoted(letter_text(language))}\n",
        (
            f'<html><body>{as_html(words)}<div><br><blockquote type="cite"><div>{html.escape(said)}'
            f"</div><br>{letter_html(language)}</blockquote></div></body></html>"
        ),
    )


def iphone(words: str, language: str) -> Pair:
    sign = {"pt-BR": "Enviado do meu iPhone", "en": "Sent from my iPhone"}[language]
    said = {
        "pt-BR": f"Em 27 de mar. de 2026, à(s) 09:00, Financeiro Exemplo <{OURS}> escreveu:",
        "en": f"On Mar 27, 2026, at 9:00 AM, Financeiro Exemplo <{OURS}> wrote:",
    }[language]
    return (
        f"{words}\n\n{sign}\n\n> {said}\n> \n> \ufeff\n{quoted(letter_text(language))}\n",
        (
            f'{as_html(words)}<div dir="ltr">{sign}</div><div dir="ltr"><br>'
            '<blockquote type="cite">'
            f'{html.escape(said)}<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">'
            f"\ufeff{letter_html(language)}</div></blockquote>"
        ),
    )


def yahoo(words: str, language: str) -> Pair:
    said = {
        "pt-BR": "    Em sexta-feira, 27 de março de 2026 às 09:00:00 BRT, Financeiro Exemplo "
        f"<{OURS}> escreveu:  ",
        "en": "    On Friday, March 27, 2026 at 09:00:00 AM GMT-3, Financeiro Exemplo "
        f"<{OURS}> wrote:  ",
    }[language]
    return (
        f" {words}\n{said}\n \n {letter_text(language)}  ",
        (
            f'<div class="ydp1yahoo-style-wrap">{as_html(words)}</div><div id="ydp2yahoo_quoted_1" '
            f'class="ydp2yahoo_quoted"><div>{html.escape(said)}</div><div>{letter_html(language)}</div>'
            "</div>"
        ),
    )


def yahoo_phone(words: str, language: str) -> Pair:
    sign = {
        "pt-BR": "Enviado do Yahoo Mail no Android",
        "en": "Sent from Yahoo Mail on Android",
    }[language]
    text, markup = yahoo(f"{words}\n\n{sign}", language)
    return text.replace(sign, f"{sign}<https://mail.onelink.me/107872968>"), markup


def zoho(words: str, language: str) -> Pair:
    said = {
        "pt-BR": "---- Em sex., 27 mar. 2026 09:00:00 -0300 Financeiro Exemplo "
        f"<{OURS}> escreveu ----",
        "en": f"---- On Fri, 27 Mar 2026 09:00:00 -0300 Financeiro Exemplo <{OURS}> wrote ----",
    }[language]
    return (
        f"{words}\n\n\n\n{said}\n\n\n{letter_text(language)}",
        (
            f'{as_html(words)}<br><div class="zmail_extra_hr" style="height:0px"></div>'
            f'<div class="zmail_extra"><div>{html.escape(said)}</div><br><blockquote '
            f'id="blockquote_zm" style="border-left: 1px solid rgb(204, 204, 204)">'
            f"{letter_html(language)}</blockquote>"
            "</div>"
        ),
    )


def samsung(words: str, language: str) -> Pair:
    sign = {"pt-BR": "Enviado do meu Galaxy", "en": "Sent from my Galaxy"}[language]
    line = {
        "pt-BR": "-------- Mensagem original --------",
        "en": "-------- Original message --------",
    }[language]
    names = {
        "pt-BR": ("De : ", "Data: 27/03/2026 09:00 (GMT-03:00)", "Para: ", "Assunto: "),
        "en": ("From: ", "Date: 27/03/2026 09:00 (GMT-03:00)", "To: ", "Subject: "),
    }[language]
    head = [
        f"{names[0]}Financeiro Exemplo <{OURS}>",
        names[1],
        f"{names[2]}{ANA}",
        f"{names[3]}lembrete de NF-1001",
    ]
    return (
        f"{words}\n\n\n\n{sign}\n\n{line}\n" + "\n".join(head) + f"\n\n{letter_text(language)}",
        f'{as_html(words)}<div id="composer_signature"><div>{sign}</div></div><div><br></div>'
        f"<div>{line}</div>" + as_html("\n".join(head)) + f"<div><br></div>{letter_html(language)}",
    )


def thunderbird(words: str, language: str) -> Pair:
    said = {
        "pt-BR": "Em 27/03/2026 09:00, Financeiro Exemplo escreveu:",
        "en": "On 27/03/2026 09:00, Financeiro Exemplo wrote:",
    }[language]
    return f"{words}\n\n{said}\n{quoted(letter_text(language))}\n", ""


def webmail_below(words: str, language: str) -> Pair:
    """Roundcube of a hosting company, answering below the quotation."""
    said = {
        "pt-BR": "Em 2026-03-27 09:00, Financeiro Exemplo escreveu:",
        "en": "On 2026-03-27 09:00, Financeiro Exemplo wrote:",
    }[language]
    return f"{said}\n{quoted(letter_text(language))}\n\n{words}\n", ""


def bare(words: str, _language: str) -> Pair:
    return words, ""


def html_only(words: str, language: str) -> Pair:
    return "", outlook_web(words, language)[1]


def portugal(words: str, language: str) -> Pair:
    said = {
        "pt-BR": f"Financeiro Exemplo <{OURS}> escreveu no dia sexta, 27/03/2026 à(s) 09:00:",
        "en": f"Financeiro Exemplo <{OURS}> wrote on 27/03/2026 at 09:00:",
    }[language]
    return f"{words}\n\n{said}\n\n{quoted(letter_text(language))}\n", ""


PROGRAMS = (
    Program(name="Gmail", reply=gmail),
    Program(name="Gmail, signed", reply=gmail_with_signature, encoding="base64"),
    Program(name="Outlook for Windows", reply=outlook_desktop, charset="iso-8859-1"),
    Program(name="Outlook for Windows, 1252", reply=outlook_desktop, charset="windows-1252"),
    Program(name="Outlook on the web", reply=outlook_web, encoding="base64"),
    Program(name="Outlook on a phone", reply=outlook_phone),
    Program(name="Apple Mail", reply=apple_mail),
    Program(name="iPhone", reply=iphone, encoding="base64"),
    Program(name="Yahoo", reply=yahoo),
    Program(name="Yahoo on a phone", reply=yahoo_phone),
    Program(name="Zoho", reply=zoho),
    Program(name="Samsung", reply=samsung, encoding="base64"),
    Program(name="Thunderbird", reply=thunderbird, encoding="8bit"),
    Program(name="Roundcube, below", reply=webmail_below, charset="iso-8859-1"),
    Program(name="no quotation", reply=bare),
    Program(name="HTML only", reply=html_only),
    Program(name="Portugal", reply=portugal),
)

# -- what people write

_CLEAR_PT = """2
2.
Opção 2
opção 2
OPÇÃO 2
Opcao 2
opçao 2.
A 2
a 2, por favor
A segunda
a segunda opção
2ª opção
Segunda opção, obrigada!
Aceito a 2
Aceito a opção 2.
Aceito opção 2
Quero a opção 2
quero a 2
Fico com a opção 2.
Vamos de opção 2
Escolho a segunda opção
Opto pela opção 2
Ok, opção 2
Sim, aceito a opção 2
Certo, aceito a 2.
Bom dia! Aceito a opção 2. Obrigada.
Boa tarde,||Aceito a opção 2.||Att,|Ana Souza
Olá, bom dia.|Opção 2, por favor.|Obrigada,|Ana
Prezados,||Aceitamos a proposta 2.||Atenciosamente,||Ana Souza|Gerente Financeira|(11) 99999-0000
Oi pessoal, aceito a opção nº 2. Abraços
Opção número 2
Opção dois
Alternativa 2
2 👍
Número 2
Confirmo a opção 2
De acordo com a opção 2.
2, obrigada
Pode ser a 2
Fechamos na opção 2
Vou querer a opção 2
Opção 2, pode mandar o Pix
Quero fazer o acordo da opção 2
Aceito a opção 2. No aguardo do boleto.
A opção 2 fica boa para nós
aceitamos pagar conforme a opção 2
Opção 2.||Ana Souza|Padaria Aurora"""
_CLEAR_EN = """2
Option 2
option 2, please
I accept option 2
I accept option 2.
The second one
the second option
2nd option
I'll take option 2
We'll take number 2, thanks
I choose option 2
Yes, option 2
Agreed, option 2.
Hi,||Option 2 please.||Thanks,|Ana
Hello team,||We accept option 2.||Best regards,|Ana Souza
Good morning, I accept offer 2. Thank you!
option two
Let's go with option 2
I would like to accept option 2
#2
Option 2 works for us
Please put us down for option 2
I'm fine with option 2
2 it is"""
_NOT_PT = """aceito a 2 mas só mês que vem
não aceito
Não aceito a opção 2
n aceito a 2
2 ou 3
Opção 1 ou 2?
aceito a 2?
Aceito a opção 2 se tirar os juros
Aceito a opção 2, desde que em 4 parcelas
Talvez a 2
talvez a opção 2, vou ver com meu sócio
Acho que a 2
Prefiro a 2, mas preciso de desconto
Aceito a opção 2 com desconto de 10%
Aceito a opção 2 para o dia 15
Aceito a 2 a partir de dezembro
Aceito em 2 parcelas
2 parcelas
2x
pago em 2 vezes
Aceito a 2.|Mas só posso pagar em janeiro.
A opção 2 não me atende
nem 1 nem 2
Qual a diferença entre a 1 e a 2?
Não é a 2, é a 3
Aceito a 1 e a 2
Opção 2. Aliás, opção 1.
R$ 2
2%
1/2
2.5
na segunda
segunda
Segunda-feira eu pago
pago na segunda-feira
Eu já paguei a 2
Já paguei, vejam a opção 2
Contesto. A opção 2 é absurda
Opção 2 é um roubo
Que opção 2?
Se eu aceitar a 2, quando vence?
Aceito a opção 2 por enquanto
Aceitaria a opção 2
aceito a 2 só se for sem multa
2... não sei
Opção 2!!! Nunca!
Obrigado pela proposta 2
Vou analisar a opção 2
Falei com vocês às 2
2 mil reais
Meu telefone é 2
Aceito a 2.||Ana||PS: só a partir do mês que vem
Aceito a opção 2.||--|Ana Souza|mas só em dezembro
Ok
Sim
Aceito
Obrigado
Bom dia
Recebido, obrigado
Vou pagar amanhã
Quando vence?
Segue comprovante
Podem me mandar o boleto de novo?
O valor está errado
Quero uma opção
quero duas
Primeiro quero falar com o gerente
٢
２
②
аceito a оpção 2
aceito a opção 22
aceito a opção 0
aceito a opção -2
aceito a opção 2,5
esqueça a 2
desisto da opção 2
Aceito a 2||Esqueçam
2|Em dezembro
Aceito a 2|Em 15 dias
A 2|A 2 ou a 3
A 2|Em 10/12/2026
2|No dia 10 às 15:00
2|De: janeiro
2|Para: 2027
2|De: ana@aurora.example.com|Enviado: em breve
2|-----|mas só em janeiro
2|Mensagem original: só em janeiro
Aceito a opção 2.||Ana||Brincadeira!"""
_NOT_EN = """I don't accept option 2
I accept option 2 but only next month
option 1 or 2
option 2?
maybe option 2
I would accept option 2 if you waive the fee
I accept 2 instalments
2x
No. 2
no 2
Not option 2
neither 1 nor 2
Option 2 is too expensive
What is option 2?
Option 2, provided that we start in June
I'll pay on the 2nd
I accept option 2 with a 10% discount
I already paid option 2
Can I take option 2 next week
Option 2 minus the fee
two
I need 2 days
accept
ok
yes
Thanks
I'll take one
I paid yesterday
This is wrong
Option 2. Actually, option 1.
Option 2 unless it is too late
I accept option 2.||--|Ana|only if you wait
Forget option 2
Option 2 was fine last year
2 weeks, please"""

_SHORT_ONES = (
    ("Já paguei", "pt-BR", "P"),
    ("Bom dia, já paguei. Obrigada", "pt-BR", "P"),
    ("Contesto a cobrança", "pt-BR", "D"),
    ("Me liguem, por favor.", "pt-BR", "C"),
    ("I have paid", "en", "P"),
    ("I dispute this.", "en", "D"),
    ("Please call me", "en", "C"),
)


def wordings() -> Iterator[Wording]:
    """Everything that people write in the corpus; `|` is a line end."""
    for text, language, choice in (
        (_CLEAR_PT, "pt-BR", "2"),
        (_CLEAR_EN, "en", "2"),
        (_NOT_PT, "pt-BR", None),
        (_NOT_EN, "en", None),
    ):
        for line in text.split("\n"):
            yield Wording(text=line.replace("|", "\n"), language=language, choice=choice)
    for line, language, short in _SHORT_ONES:
        yield Wording(text=line, language=language, choice=short)


# -- the message


def encoded(text: str, encoding: str, charset: str) -> bytes:
    """A body's bytes on their way."""
    data = text.replace("\n", "\r\n").encode(charset, "xmlcharrefreplace")
    if encoding == "base64":
        return base64.encodebytes(data)
    return quopri.encodestring(data) if encoding == "quoted-printable" else data


def part(kind: str, text: str, encoding: str, charset: str) -> bytes:
    """One MIME part with its headers."""
    head = f"Content-Type: {kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    return head.encode() + b"\r\n" + encoded(text, encoding, charset) + b"\r\n"


def message(
    text: str,
    markup: str = "",
    *,
    subject: str = "Re: Exemplo Servicos: lembrete de NF-1001",
    sender: str = f"Ana Souza <{ANA}>",
    answers: str = LETTER_ID,
    headers: str = "",
    encoding: str = "quoted-printable",
    charset: str = "utf-8",
) -> bytes:
    """A whole message; `answers` is the letter's Message-ID, "" for a new message."""
    head = (
        f"From: {sender}\r\nTo: Financeiro Exemplo <{OURS}>\r\nSubject: {subject}\r\n"
        "Message-ID: <answer-1@aurora.example.com>\r\nDate: Fri, 27 Mar 2026 10:00:00 -0300\r\n"
        + (f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n" if answers else "")
        + headers
        + "MIME-Version: 1.0\r\n"
    ).encode()
    if charset != "utf-8":
        # What the character set lacks, a program writes as UTF-8.
        try:
            (text + markup).encode(charset)
        except UnicodeEncodeError:
            charset = "utf-8"
    if text and markup:
        return (
            head
            + b'Content-Type: multipart/alternative; boundary="=_b"\r\n\r\n--=_b\r\n'
            + part("text/plain", text, encoding, charset)
            + b"--=_b\r\n"
            + part("text/html", markup, encoding, charset)
            + b"--=_b--\r\n"
        )
    kind = "text/html" if markup else "text/plain"
    return head + part(kind, markup or text, encoding, charset)


def reply(program: Program, wording: Wording) -> bytes:
    """What that program sends when those words are typed."""
    text, markup = program.reply(wording.text, wording.language)
    return message(text, markup, encoding=program.encoding, charset=program.charset)


def read(raw: bytes) -> Answer:
    """As the team's own mailbox would."""
    return read_answer(raw, trusted_server="mx.example.com", own_addresses=(OURS,))


def measure() -> Figures:
    """Every wording from every program."""
    clear = chosen = unclear = 0
    wrong: list[str] = []
    for program in PROGRAMS:
        for wording in wordings():
            answer = read(reply(program, wording))
            if wording.choice is None:
                unclear += 1
            else:
                clear += 1
                chosen += answer.choice == wording.choice
            if answer.choice not in {None, wording.choice}:
                wrong.append(f"{program.name}: {wording.text!r} read as {answer.choice}")
    return Figures(clear=clear, chosen=chosen, unclear=unclear, wrong=tuple(wrong))
