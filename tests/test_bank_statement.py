"""Every bank file: told by its bytes, refused with a sentence, and never a crash."""

import ast
import re
import string
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sync.bank
from sync.bank import recognise
from sync.bank.recognise import read_statement
from sync.bank.statement import RefusedBankFile, fold
from sync.words import LANGUAGES, word_lists
from tests.bank_files import BANKS, Entry, Paid, file240, file400, ofx

SOURCES = sorted(Path(sync.bank.__file__).parent.glob("*.py"))
CSV = "Data;Histórico;Valor;Saldo\n15/10/2026;PIX ANA;10,00;20,00\n16/10/2026;PIX;5,00;25,00\n"
GOOD = [
    *(file400(bank, Paid(), Paid(number="2")) for bank in BANKS),
    *(file240(bank, Paid(), Paid(number="2")) for bank in BANKS),
    ofx(Entry(), Entry(fitid="20261015000124")).encode(),
    ofx(Entry(), xml=True).encode(),
    CSV.encode("cp1252"),
]


def outcome(data: bytes) -> str:
    """The format read, or the code of the refusal; anything else is a crash."""
    try:
        return read_statement(data, "file").format
    except RefusedBankFile as refused:
        told = refused
    assert all(told.sentence(language) for language in LANGUAGES)
    return told.code


@settings(max_examples=150)
@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    outcome(data)


@settings(max_examples=150)
@given(st.data())
def test_a_good_file_with_bytes_changed_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(GOOD)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        gone = data.draw(st.integers(0, 5))
        whole[at : at + gone] = data.draw(st.binary(max_size=5))
    outcome(bytes(whole))


@settings(max_examples=60)
@given(st.text(alphabet='Data;Valor,\n"0123456789/.-R$ \r\t|<>&!OFX', max_size=200))
def test_texts_like_bank_files_are_read_or_refused(text: str) -> None:
    outcome(text.encode())
    outcome(f"Data;Valor;Nome\n{text}".encode())
    outcome(f"OFXHEADER:100\n<OFX><STMTRS>{text}</OFX>".encode())


def test_the_name_of_a_file_says_nothing() -> None:
    formats = [read_statement(data, "photo.jpg").format for data in GOOD]
    assert formats == ["cnab400"] * 6 + ["cnab240"] * 6 + ["ofx"] * 2 + ["csv"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\x1a", "empty"),
        (b"%PDF-1.7 ...", "pdf"),
        (b"PK\x03\x04....", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0....", "spreadsheet"),
        (b"\x1f\x8b....", "archive"),
        (b"Prezado cliente,\nsegue o extrato.\n", "unknown_format"),
        (b"a\x00b;c\x00d\n", "unknown_format"),
    ],
)
def test_what_is_no_bank_file_is_called_by_its_name(data: bytes, code: str) -> None:
    assert outcome(data) == code


def test_a_file_beyond_all_reason_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognise, "MOST_BYTES", 1000)
    monkeypatch.setattr(recognise, "MOST_LINES", 100)
    assert outcome(b"x" * 1001) == "too_large"
    assert outcome(b"\n" * 300 + b"x") == "too_many_lines"


@pytest.mark.parametrize("repeated", [b"<A>", b"<!--", b"<![CDATA[", b"<", b"<A ", b"&#1;"])
def test_many_small_parts_do_not_stall_the_reading(repeated: bytes) -> None:
    """Each of these took minutes for some reader; linear work on them takes no time at all."""
    assert outcome(b"OFXHEADER:100\n<OFX>" + repeated * 50_000) in {
        "truncated",
        "too_many_lines",
    }


def test_a_digest_names_the_very_bytes() -> None:
    one, other = (read_statement(data, "f") for data in (GOOD[0], GOOD[0] + b"\r\n"))
    assert one.lines == other.lines
    assert one.digest != other.digest


def locale(language: str, topic: str) -> dict[str, str]:
    file = resources.files("sync") / "locale" / language / f"{topic}.toml"
    found: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same() -> None:
    pt, en = (locale(language, "bank") for language in LANGUAGES)
    assert pt.keys() == en.keys()
    assert {key: placeholders(pt[key]) for key in pt} == {key: placeholders(en[key]) for key in en}
    for topic in ("bank_headings", "bank_words"):
        assert locale("pt-BR", topic).keys() == locale("en", topic).keys()


def test_every_refusal_has_its_sentence_and_every_sentence_its_refusal() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    raised = set(re.findall(r'(?:RefusedBankFile|refusal)\(\s*"([a-z0-9_]+)"', text))
    raised |= {"no_heading", "heading_twice", "pdf", "spreadsheet", "archive"}
    raised |= {f"trailer_{what}" for what in re.findall(r'_same\("([a-z]+)"', text)}
    assert raised == locale("en", "bank").keys()


def test_each_sentence_is_filled_by_what_its_refusal_carries() -> None:
    """A refusal that names fewer values than its sentence would crash where it is shown."""
    sentences = locale("en", "bank")
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "RefusedBankFile" and isinstance(node.args[0], ast.Constant):
                given = {keyword.arg for keyword in node.keywords}
                assert placeholders(sentences[str(node.args[0].value)]) <= given, node.lineno


def test_no_heading_means_two_things() -> None:
    meanings: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for key, texts in word_lists(language, "bank_headings").items():
            for text in texts:
                meanings.setdefault(fold(text), set()).add(key)
    assert {text: keys for text, keys in meanings.items() if len(keys) > 1} == {}
