"""What servers and automatic answers send, in the formats of common ones, and people beside them.

Each `Case` is a whole message and what a careful person would say it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.answer_corpus import ANA, LETTER_ID, OURS, Figures, letter_text, message, read

if TYPE_CHECKING:
    from collections.abc import Iterator

GIVEN_BACK = (
    f"From: Financeiro Exemplo <{OURS}>\nTo: {ANA}\nMessage-ID: {LETTER_ID}\n"
    "Subject: lembrete de NF-1001\n\n"
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One message: `kind` as `Answer.kind`; `permanent`, `status` and `delayed` for bounces."""

    name: str
    raw: bytes = field(repr=False)
    kind: str
    permanent: bool | None = None
    status: str = ""
    delayed: bool = False
    names_recipient: bool = True
    names_message: bool = True


def report(
    text: str,
    fields: str,
    *,
    sender: str = "Mail Delivery System <MAILER-DAEMON@mx.example.net>",
    subject: str = "Undelivered Mail Returned to Sender",
    headers: str = "Return-Path: <>\n",
    back: str = GIVEN_BACK,
    back_type: str = "message/rfc822",
) -> bytes:
    """A multipart/report of RFC 3462 with its three parts."""
    return (
        (
            f"{headers}From: {sender}\nTo: {OURS}\nSubject: {subject}\n"
            "Message-ID: <report-1@mx.example.net>\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="=_r"\n\n'
            "--=_r\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            f"{text}"
            "\n\n--=_r\nContent-Type: message/delivery-status\n\n"
            f"Reporting-MTA: dns; mx.example.net\n\n{fields}\n\n"
            f"--=_r\nContent-Type: {back_type}\n\n{back}\n--=_r--\n"
        )
        .replace("\n", "\r\n")
        .encode()
    )


def words(
    text: str,
    *,
    sender: str,
    subject: str,
    headers: str = "Return-Path: <>\n",
) -> bytes:
    """A report that is plain text only."""
    return (
        (
            f"{headers}From: {sender}\nTo: {OURS}\nSubject: {subject}\n"
            "Message-ID: <report-2@mx.example.net>\n"
            f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}"
        )
        .replace("\n", "\r\n")
        .encode()
    )


def fields(action: str, status: str, said: str, *, recipient: str = ANA) -> str:
    """Per-recipient fields of RFC 3464."""
    return (
        f"Final-Recipient: rfc822; {recipient}\nOriginal-Recipient: rfc822;{recipient}\n"
        f"Action: {action}\nStatus: {status}\nRemote-MTA: dns; mx.aurora.example.com\n"
        f"Diagnostic-Code: smtp; {said}"
    )


def bounces() -> Iterator[Case]:
    """Reports that a message did not arrive."""
    unknown = "550 5.1.1 <ana@aurora.example.com>: Recipient address rejected: User unknown"
    yield Case(
        name="Postfix, unknown user",
        raw=report(
            f"This is the mail system at host mx.\n\n<{ANA}>: {unknown}",
            fields("failed", "5.1.1", unknown),
        ),
        kind="bounce",
        permanent=True,
        status="5.1.1",
    )
    yield Case(
        name="Postfix, headers only given back",
        raw=report(
            f"<{ANA}>: {unknown}",
            fields("failed", "5.1.1", unknown),
            back_type="text/rfc822-headers",
        ),
        kind="bounce",
        permanent=True,
        status="5.1.1",
    )
    yield Case(
        name="Postfix, delay",
        raw=report(
            "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
            fields("delayed", "4.4.1", "connect to mx.aurora.example.com: Connection timed out"),
            subject="Delayed Mail (still being retried)",
        ),
        kind="bounce",
        permanent=False,
        status="4.4.1",
        delayed=True,
    )
    yield Case(
        name="Postfix, expired",
        raw=report(
            "Delivery time expired", fields("failed", "4.4.7", "delivery temporarily suspended")
        ),
        kind="bounce",
        permanent=False,
        status="4.4.7",
    )
    yield Case(
        name="mailbox full",
        raw=report("mailbox full", fields("failed", "5.2.2", "552 5.2.2 mailbox full")),
        kind="bounce",
        permanent=False,
        status="5.2.2",
    )
    yield Case(
        name="a bare 5.0.0, explained by the other server",
        raw=report("failed", fields("failed", "5.0.0", "550 5.1.10 RESOLVER.ADR.NotFound")),
        kind="bounce",
        permanent=True,
        status="5.1.10",
    )
    yield Case(
        name="no such domain",
        raw=report("Host not found", fields("failed", "5.1.2", "Host or domain name not found")),
        kind="bounce",
        permanent=True,
        status="5.1.2",
    )
    yield Case(
        name="Gmail",
        raw=report(
            f"** Endereço não encontrado **\n\nSua mensagem não foi entregue a {ANA} porque o "
            "endereço não foi encontrado ou não pode receber mensagens.",
            fields(
                "failed",
                "5.1.1",
                "550-5.1.1 The email account that you tried to reach does not exist.",
            ),
            sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            subject="Delivery Status Notification (Failure)",
            headers=f"Return-Path: <>\nX-Failed-Recipients: {ANA}\nAuto-Submitted: auto-replied\n"
            f"In-Reply-To: {LETTER_ID}\nReferences: {LETTER_ID}\n",
        ),
        kind="bounce",
        permanent=True,
        status="5.1.1",
    )
    yield Case(
        name="Gmail, delay",
        raw=report(
            "** Entrega incompleta **\n\nOcorreu um problema temporário ao entregar sua mensagem. "
            "O Gmail continuará tentando por mais 46 horas.",
            fields(
                "delayed",
                "4.2.1",
                "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
            ),
            sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            subject="Delivery Status Notification (Delay)",
        ),
        kind="bounce",
        permanent=False,
        status="4.2.1",
        delayed=True,
    )
    yield from _exchange()
    yield from _in_words(unknown)


def _exchange() -> Iterator[Case]:
    head = (
        "Return-Path: <>\nX-MS-Exchange-Message-Is-Ndr:\nAuto-Submitted: auto-replied\n"
        f"In-Reply-To: {LETTER_ID}\n"
    )
    daemon = (
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@aurora.example.com>"
    )
    for name, subject, text in (
        (
            "en",
            "Undeliverable: lembrete de NF-1001",
            f"Your message to {ANA} couldn't be delivered.\nana wasn't found.",
        ),
        (
            "pt",
            "Não é possível entregar: lembrete de NF-1001",
            f"Falha na entrega a estes destinatários ou grupos:\n\n{ANA}\nEndereço não encontrado.",
        ),
    ):
        yield Case(
            name=f"Exchange, {name}",
            raw=report(
                text,
                fields("failed", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
                sender=daemon,
                subject=subject,
                headers=head,
            ),
            kind="bounce",
            permanent=True,
            status="5.1.10",
        )
    yield Case(
        name="Exchange, kept out by a rule",
        raw=report(
            "Your message wasn't delivered because the recipient's email provider rejected it.",
            fields("failed", "5.7.1", "550 5.7.1 TRANSPORT.RULES.RejectMessage"),
            sender=daemon,
            subject="Undeliverable: lembrete",
            headers=head,
        ),
        kind="bounce",
        permanent=True,
        status="5.7.1",
    )


def _in_words(unknown: str) -> Iterator[Case]:
    copy = GIVEN_BACK + letter_text("pt-BR")
    yield Case(
        name="qmail",
        raw=words(
            "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to "
            "deliver your message to the following addresses.\nThis is a permanent error; I've "
            f"given up. Sorry it didn't work out.\n\n<{ANA}>:\nSorry, no mailbox here by that "
            f"name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n{copy}",
            sender="MAILER-DAEMON@mx.example.net",
            subject="failure notice",
        ),
        kind="bounce",
        permanent=True,
        status="5.1.1",
    )
    yield Case(
        name="Exim",
        raw=words(
            "This message was created automatically by mail delivery software.\n\nA message that "
            "you sent could not be delivered to one or more of its\nrecipients. This is a "
            f"permanent error. The following address(es) failed:\n\n  {ANA}\n"
            "    Unrouteable address\n\n"
            f"------ This is a copy of the message, including all the headers. ------\n\n{copy}",
            sender="Mail Delivery System <Mailer-Daemon@host.example.net>",
            subject="Mail delivery failed: returning message to sender",
            headers=f"Return-Path: <>\nX-Failed-Recipients: {ANA}\nAuto-Submitted: auto-replied\n",
        ),
        kind="bounce",
        permanent=True,
    )
    yield Case(
        name="Exim, delay",
        raw=words(
            "This message was created automatically by mail delivery software.\nA message that you "
            "sent has not yet been delivered to one or more of its\nrecipients after more than 24 "
            f"hours on the queue on host.\n\nThe address to which the message has not yet been "
            f"delivered is:\n\n  {ANA}\n\nNo action is required on your part. Delivery attempts "
            "will continue for\nsome time.",
            sender="Mail Delivery System <Mailer-Daemon@host.example.net>",
            subject="Warning: message 1abc-0002 delayed 24 hours",
            headers=f"Return-Path: <>\nReferences: {LETTER_ID}\n",
        ),
        kind="bounce",
        permanent=False,
        delayed=True,
    )
    yield Case(
        name="sendmail of old",
        raw=words(
            "The original message was received at Fri, 27 Mar 2026\n\n   ----- The following "
            f"addresses had permanent fatal errors -----\n<{ANA}>\n    (reason: 550 5.1.1 "
            f"<{ANA}>... User unknown)\n\n   ----- Transcript of session follows -----\n"
            f"550 5.1.1 <{ANA}>... User unknown\n\n{copy}",
            sender="Mail Delivery Subsystem <MAILER-DAEMON@old.example.net>",
            subject="Returned mail: see transcript for details",
        ),
        kind="bounce",
        permanent=True,
        status="5.1.1",
    )
    yield Case(
        name="Yahoo",
        raw=words(
            f"Sorry, we were unable to deliver your message to the following address.\n\n<{ANA}>:\n"
            "554: delivery error: dd This user doesn't have a yahoo.com account\n\n"
            f"--- Below this line is a copy of the message.\n\n{copy}",
            sender="MAILER-DAEMON@yahoo.com",
            subject="Failure Notice",
        ),
        kind="bounce",
        permanent=True,
    )
    yield Case(
        name="a hosting company, full mailbox, in Portuguese",
        raw=words(
            f"A mensagem para {ANA} não foi entregue.\n\nMotivo: a caixa postal cheia do "
            f"destinatário (552).\n\nMessage-ID: {LETTER_ID}\n",
            sender="Postmaster <postmaster@hospedagem.example.br>",
            subject="Mensagem não entregue",
            headers="",
        ),
        kind="bounce",
        permanent=False,
    )
    yield Case(
        name="a hosting company, no such address, in Portuguese",
        raw=words(
            f"Não foi possível entregar a mensagem para {ANA}: usuário inexistente.\n\n"
            f"Message-ID: {LETTER_ID}\n",
            sender="Postmaster <postmaster@hospedagem.example.br>",
            subject="Falha na entrega",
            headers="",
        ),
        kind="bounce",
        permanent=True,
    )
    yield Case(
        name="a malformed report: the type says so, its fields are missing",
        raw=report(f"<{ANA}>: {unknown}", "", back=""),
        kind="bounce",
        permanent=True,
        status="5.1.1",
        names_message=False,
    )
    yield Case(
        name="no null path, no report, only the daemon's name and the usual subject",
        raw=words(
            f"<{ANA}>: host mx said: 550 user unknown",
            headers="",
            sender="mailer-daemon@isp.example.br",
            subject="Undelivered Mail",
        ),
        kind="bounce",
        permanent=True,
        names_message=False,
    )


def automatic() -> Iterator[Case]:
    """Answers that no person wrote."""
    away = "Estou de férias até 10/04. Retornarei no dia 11. Em caso de urgência, fale com Bia."
    ooo = "I am out of the office until April 10 with limited access to e-mail."

    def case(name: str, text: str, **given: str) -> Case:
        return Case(name=name, raw=message(text, **given), kind="automatic")

    yield case(
        "Exchange, pt",
        away,
        subject="=?utf-8?q?Resposta_autom=C3=A1tica=3A_lembrete?=",
        headers="Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n",
    )
    yield case(
        "Exchange, en",
        ooo,
        subject="Automatic reply: lembrete",
        headers="Auto-Submitted: auto-generated\n",
    )
    yield case("Exchange, header lost", away, subject="=?utf-8?q?Resposta_autom=C3=A1tica=3A_x?=")
    yield case(
        "Gmail vacation",
        away,
        headers="Auto-Submitted: auto-replied\nPrecedence: bulk\nX-Autoreply: yes\n",
    )
    yield case("sieve", ooo, headers="Auto-Submitted: auto-replied (vacation)\n")
    yield case(
        "cPanel",
        "Recebemos sua mensagem.",
        headers="X-Autorespond: lembrete\nPrecedence: auto_reply\n",
    )
    yield case("qmail autoresponder", "Ausente.", headers="X-Mail-Autoreply: 1\nPrecedence: junk\n")
    yield case("Zimbra", ooo, headers="Auto-Submitted: auto-replied (zimbra; vacation)\n")
    yield case("no header at all, pt", f"Olá,\n\n{away}")
    yield case("no header at all, en", f"Hello,\n\n{ooo}")
    yield case(
        "out of office by its subject",
        "Volto logo.",
        subject="=?utf-8?q?Fora_do_escrit=C3=B3rio=3A_Re=3A_lembrete?=",
    )
    yield case(
        "ticket system",
        "Your ticket #123 was created.",
        subject="[#123] lembrete",
        headers="Auto-Submitted: auto-generated\n",
    )
    yield case(
        "challenge",
        "AntiSpam UOL: para que sua mensagem seja entregue, clique em "
        "http://tira-teima.example.br/123",
        subject="AntiSpam UOL >> Re: lembrete",
    )
    yield case(
        "challenge, en",
        "Please confirm your message so that it is delivered: https://boxbe.example.com/1",
        subject="Re: lembrete",
    )
    yield case("an automatic answer that says 2", "2", headers="Auto-Submitted: auto-replied\n")
    yield case("null path, no report", "2", headers="Return-Path: <>\n")
    yield Case(
        name="read receipt",
        kind="automatic",
        raw=report(
            "Sua mensagem foi lida em 27/03/2026.",
            "Disposition: displayed",
            sender=f"Ana <{ANA}>",
            subject="Lida: lembrete",
            headers="",
        )
        .replace(b"report-type=delivery-status", b"report-type=disposition-notification")
        .replace(b"message/delivery-status", b"message/disposition-notification"),
    )
    yield Case(
        name="delivered, says a report",
        kind="automatic",
        raw=report(
            "Successful",
            fields("delivered", "2.0.0", "250 2.0.0 OK"),
            subject="Successful Mail Delivery Report",
        ),
    )


def people() -> Iterator[Case]:
    """Messages of people that look like machines' for a moment."""

    def case(name: str, text: str, **given: str) -> Case:
        return Case(name=name, raw=message(text, **given), kind="human")

    yield case(
        "on holiday, writing about the debt", "Estou de férias, retorno dia 10 e pago o boleto."
    )
    yield case("on holiday, in English", "I'm on vacation, I will return on the 10th and pay then.")
    yield case(
        "asks about a letter that came back",
        "Minha mensagem anterior foi devolvida, vocês receberam? 550 user unknown",
    )
    yield case("subject about holidays", "Podemos falar em maio?", subject="Ferias coletivas")
    yield case(
        "through a Google group",
        "2",
        headers="List-Id: <financeiro.example.com>\n"
        "Precedence: list\nList-Unsubscribe: <mailto:x@example.com>\n",
    )
    yield case("Auto-Submitted: no", "2", headers="Auto-Submitted: no\n")
    yield case("asks to confirm", "Por favor confirmem o envio do boleto. Veja http://x.example")
    yield case("got it", "Recebemos sua mensagem, vou verificar e responderemos em breve.")
    yield case(
        "quotes a bounce",
        "Vejam o erro:\n\n> Delivery has failed to these recipients\n> 550 5.1.1 user unknown",
    )
    yield case(
        "suppresses automatic answers",
        "Segue o comprovante",
        headers="X-Auto-Response-Suppress: OOF\n",
    )
    yield case("reads: in a sentence", "Lida a mensagem, pago amanhã.")
    yield Case(
        name="forwards a bounce as an attachment",
        kind="human",
        raw=report(
            "Olha o que voltou para mim, o e-mail do Caio mudou.",
            fields("failed", "5.1.1", "550 unknown"),
            sender=f"Ana <{ANA}>",
            subject="Enc: erro",
            headers="",
        ).replace(b"multipart/report; report-type=delivery-status;", b"multipart/mixed;"),
    )


def count(figures: Figures) -> Figures:
    """The figures with those of reports, automatic answers and people."""
    reports = [(case, read(case.raw)) for case in bounces()]
    machines = [read(case.raw) for case in automatic()]
    persons = [read(case.raw) for case in people()]
    found = [(case, answer.bounce) for case, answer in reports if answer.bounce is not None]
    return replace(
        figures,
        bounces=len(reports),
        bounces_found=len(found),
        permanent_right=sum(bounce.permanent == case.permanent for case, bounce in found),
        automatic=len(machines),
        automatic_found=sum(answer.kind == "automatic" for answer in machines),
        people=len(persons),
        people_taken_for_machines=sum(answer.kind != "human" for answer in persons),
    )
