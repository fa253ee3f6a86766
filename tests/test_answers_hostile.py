"""Whatever bytes arrive, they are read to an end, in a time that grows with their length only.

The shapes here take milliseconds; a reader of quadratic time would need hours for some of them.
"""

import base64
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.answers import read_answer
from tests.answer_corpus import CODE_2, encoded, message, read

SIZE = 120_000


def repeated(piece: str, size: int = SIZE) -> str:
    return (piece * (size // len(piece) + 1))[:size]


# -- anything at all


@given(raw=st.binary(max_size=600))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert read(raw).kind in {"bounce", "automatic", "human"}


_LINES = st.sampled_from(
    [
        "From: a@b.com",
        "Subject: =?utf-8?q?Op=C3=A7=C3=A3o 2?=",
        f"Subject: x [{CODE_2}]",
        "To:",
        "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: text/html; charset=x",
        "Content-Type: message/rfc822",
        "Content-Type: message/delivery-status",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Transfer-Encoding: x-uuencode",
        "Return-Path: <>",
        "Action: failed",
        "Status: 5.1.1",
        "Final-Recipient: rfc822; a@b",
        "Content-Disposition: attachment",
        "In-Reply-To: <a@b>",
        "Authentication-Results: ;;==",
        "",
        "",
        "--b",
        "--b--",
        "2",
        "opção 2",
        "> 2",
        "-- ",
        "=3D=",
        "MjI=",
        "On 2026-01-01 10:00 a wrote:",
        "De: a@b",
        "Para: x",
        "Assunto: y",
        "<blockquote type=cite>",
        "<div id=divRplyFwdMsg>",
        "</div>",
        "&#99999999999;",
        "\ud800",
        "\x00",
        "\ufeff",
    ]
)


@given(lines=st.lists(_LINES, max_size=40))
@example(lines=["Content-Type: multipart/report; boundary=b", "", "--b", "--b--"])
def test_any_mixture_of_what_messages_are_made_of_is_read(lines: list[str]) -> None:
    raw = "\r\n".join(lines).encode("utf-8", "surrogatepass")
    answer = read(raw)
    assert answer.kind in {"bounce", "automatic", "human", "own"}
    assert "\n" not in answer.subject + answer.text + answer.sender + answer.message_id


@given(text=st.text(max_size=300), markup=st.text(max_size=300))
def test_any_text_is_shown_short_and_on_one_line(text: str, markup: str) -> None:
    raw = message(
        text.encode("utf-8", "replace").decode(), markup.encode("utf-8", "replace").decode()
    )
    answer = read(raw)
    assert len(answer.text) <= 500
    shown = {unicodedata.category(mark) for mark in answer.text}
    assert not shown & {"Cc", "Cs", "Zl", "Zp"}


# -- lengths and repetition


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!--",
        "<style>",
        "<a ",
        "</a>",
        "<div>",
        "<blockquote type=cite>",
        "&#9",
        "&",
        '<p class="gmail_',
    ],
    ids=repr,
)
def test_endless_html_is_read_to_its_end(piece: str) -> None:
    assert read(message("", repeated(piece))).choice is None


@pytest.mark.parametrize(
    "piece",
    [
        "RABCDEFGHIJK-2-AAAA ",
        "R\n> ",
        "a 2 ",
        "De: a@b\n",
        "Em 2026 10:00\n",
        "--\n",
        "> \n",
        "\n",
        " ",
        "a@b.",
        "http://",
        "Este e-mail\n",
        "1",
        "e\u0301",
        "message-id: <",
        "_ ",
        "2\n",
    ],
    ids=repr,
)
def test_endless_text_is_read_to_its_end(piece: str) -> None:
    read(message(repeated(piece), headers="Return-Path: <x@y>\n"))
    read(message(repeated(piece), headers="Return-Path: <>\n"))


@pytest.mark.parametrize(
    "name", ["Subject", "From", "References", "Authentication-Results", "Content-Type"]
)
@pytest.mark.parametrize("piece", ["=?a?q?", "<a@b>", "((", ";", '"', "a;b=", "\r\n x"], ids=repr)
def test_endless_headers_are_read_to_their_end(name: str, piece: str) -> None:
    raw = f"{name}: {repeated(piece)}\r\n\r\n2".encode()
    assert read(raw).sender == ""


def test_endless_nesting_is_for_a_person() -> None:
    levels = range(3_000)
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in levels
    )
    for raw in (nested, b"Content-Type: message/rfc822\r\n\r\n" * 3_000):
        answer = read(b"From: a@b.com\r\nSubject: x\r\n" + raw)
        assert answer.broken
        assert answer.choice is None
        assert answer.subject in {"x", ""}


def test_thousands_of_headers_and_of_parts_are_for_a_person() -> None:
    assert read(repeated("X: y\r\n", 400_000).encode() + b"\r\n2").broken
    parts = repeated("--b\r\nContent-Type: text/plain\r\n\r\n2\r\n", 60_000)
    raw = b"From: a@b.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts.encode()
    assert read(raw).broken


def test_a_text_longer_than_any_answer_is_for_a_person() -> None:
    answer = read(message("2\n" + " \n" * 300_000))
    assert answer.broken
    assert answer.choice is None


# -- attachments and other people's messages


def mixed(*parts: bytes, kind: str = "mixed") -> bytes:
    head = (
        "From: Ana <ana@aurora.example.com>\r\nSubject: Re: x\r\nIn-Reply-To: <l@example.com>\r\n"
        f"Content-Type: multipart/{kind}; boundary=_b\r\n\r\n"
    )
    return head.encode() + b"".join(b"--_b\r\n" + part + b"\r\n" for part in parts) + b"--_b--\r\n"


TWO = b"Content-Type: text/plain; charset=utf-8\r\n\r\n2"


def test_a_choice_with_a_photograph_of_twenty_megabytes_counts() -> None:
    data = base64.encodebytes(bytes(15_000_000)).replace(b"\n", b"\r\n")
    photo = b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n" + data
    raw = mixed(TWO, photo)
    assert len(raw) > 20_000_000
    assert read(raw).choice == "2"
    assert read_answer(raw[:5_000_000], cut=True).choice is None


def test_an_attached_text_or_message_is_not_the_answer() -> None:
    attached = (
        b'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\n3'
    )
    forwarded = b"Content-Type: message/rfc822\r\n\r\nFrom: x@y.com\r\nSubject: z\r\n\r\nnao aceito"
    assert read(mixed(TWO, attached)).choice == "2"
    assert read(mixed(TWO, forwarded)).choice == "2"
    assert read(mixed(attached)).choice is None
    assert read(mixed(forwarded.replace(b"nao aceito", b"2"))).choice is None


def test_words_in_a_second_text_part_count_too() -> None:
    """Apple Mail splits a text around a picture."""
    second = TWO.replace(b"\r\n\r\n2", b"\r\n\r\nmas so em janeiro")
    assert read(mixed(TWO, second)).choice is None


# -- character sets and broken MIME


@pytest.mark.parametrize(
    ("charset", "written"),
    [
        ("utf-8", "utf-8"),
        ("iso-8859-1", "iso-8859-1"),
        ("windows-1252", "cp1252"),
        ("iso-8859-15", "iso-8859-15"),
        ("utf-16", "utf-16"),
        ("us-ascii", "cp1252"),
        ("us-ascii", "utf-8"),
        ("x-unknown", "utf-8"),
        ("UTF8", "utf-8"),
        ("macintosh", "mac-roman"),
        ("cp850", "cp850"),
        ("", "utf-8"),
    ],
)
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_the_same_words_in_any_character_set(charset: str, written: str, encoding: str) -> None:
    head = (
        f'Content-Type: text/plain; charset="{charset}"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    answer = read(mixed(head.encode() + encoded("Aceito a opção 2, por favor.", encoding, written)))
    assert answer.choice == "2"
    assert answer.text == "Aceito a opção 2, por favor."


@pytest.mark.parametrize(
    "charset", ["idna", "punycode", "unicode_escape", "utf-7", "rot13", "zlib", "\u00e9"]
)
def test_odd_codecs_are_not_run(charset: str) -> None:
    head = f'Content-Type: text/plain; charset="{charset}"\r\n\r\n'.encode()
    read(mixed(head + b"+AC0-2" + b"x" * 50_000))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"2",
        b"\x00" * 100,
        b"From",
        b"From:\r\n",
        b":\r\n\r\n2",
        mixed(TWO).replace(b"--_b--", b""),
        mixed(TWO).replace(b"--_b", b"--other"),
        mixed(TWO)[:-30],
        mixed(b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!"),
        mixed(b"Content-Type: text\r\n\r\n2"),
        mixed(b"Content-Type: multipart/mixed\r\n\r\n2"),
        mixed(
            b"Content-Type: message/delivery-status\r\n\r\n\r\n\r\n",
            kind="report; report-type=delivery-status",
        ),
    ],
    ids=range(14),
)
def test_malformed_messages_choose_nothing_or_what_they_say(raw: bytes) -> None:
    answer = read(raw)
    assert answer.choice in {None, "2"}
