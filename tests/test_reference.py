"""Signed codes: who holds one was offered exactly that, by this workbook, until that day."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.reference import Code, find, find_references, sign, verify

SECRET = b"0123456789abcdef0123456789abcdef"
OFFERED: dict[str, Any] = {
    "workbook": "book-1",
    "client": "Padaria Aurora",
    "terms": "2|1025.67|3x341.89|2026-04-01",
    "expires": date(2026, 4, 1),
}
REFERENCE = "RABCDEFGHIJK"


def signed(choice: str = "2", **changes: Any) -> str:
    return sign(SECRET, reference=REFERENCE, choice=choice, **{**OFFERED, **changes})


def only(text: str) -> Code:
    (code,) = find(text)
    return code


def test_what_was_signed_verifies_and_reads_back() -> None:
    code = only(f"Opção 2 [{signed()}]")
    assert (code.reference, code.choice) == (REFERENCE, "2")
    assert verify(code, SECRET, **OFFERED)


@pytest.mark.parametrize(
    "changes",
    [
        {"workbook": "book-2"},
        {"client": "Oficina Boreal"},
        {"terms": "2|1.00|1x1.00|2026-04-01"},
        {"expires": date(2027, 4, 1)},
    ],
    ids=["another workbook", "another client", "other terms", "a later day"],
)
def test_a_code_counts_for_exactly_what_was_offered(changes: dict[str, Any]) -> None:
    assert not verify(only(signed()), SECRET, **{**OFFERED, **changes})


def test_swapping_the_choice_or_the_message_forges_nothing() -> None:
    code = only(signed("2"))
    for other in (
        Code(reference=code.reference, choice="1", mac=code.mac),
        Code(reference="RBBBBBBBBBBB", choice="2", mac=code.mac),
        only(signed("2").replace("-2-", "-P-")),
    ):
        assert not verify(other, SECRET, **OFFERED)


def test_every_altered_mark_of_the_signature_is_noticed() -> None:
    code = only(signed())
    for place, mark in enumerate(code.mac):
        other = "A" if mark != "A" else "B"
        mac = code.mac[:place] + other + code.mac[place + 1 :]
        assert not verify(Code(reference=REFERENCE, choice="2", mac=mac), SECRET, **OFFERED)


def test_another_secret_signs_nothing_of_ours() -> None:
    assert not verify(only(signed()), SECRET[::-1], **OFFERED)


def test_moving_a_letter_from_one_field_to_the_next_is_another_signature() -> None:
    assert signed(workbook="book-1P", client="adaria") != signed(
        workbook="book-1", client="Padaria"
    )


@pytest.mark.parametrize(
    ("secret", "reference", "choice"),
    [(b"short", REFERENCE, "2"), (SECRET, "R123", "2"), (SECRET, REFERENCE, "22")],
)
def test_nothing_weak_or_malformed_is_signed(secret: bytes, reference: str, choice: str) -> None:
    with pytest.raises(ValueError, match=r"secret|choice|letters"):
        sign(secret, reference=reference, choice=choice, **OFFERED)


def test_a_malformed_code_is_no_code_and_raises_nothing() -> None:
    for reference, choice, mac in (("", "", ""), ("R", "22", "x"), (REFERENCE, "2", "é" * 16)):
        code = Code(reference=reference, choice=choice, mac=mac)
        assert not verify(code, SECRET, **OFFERED)


@given(place=st.integers(1, 29), fold=st.sampled_from(["\r\n ", "\n> ", "\n>> ", " ", " \r\n\t"]))
def test_a_code_survives_the_folding_of_mail_programs(place: int, fold: str) -> None:
    code = signed()
    assert find(f"Re: Opção 2 [{code[:place]}{fold}{code[place:]}]") == (only(code),)


def test_case_and_typographic_dashes_do_not_matter() -> None:
    code = signed()
    assert find(code.lower()) == find(code) == find(code.replace("-", "\u2013"))


def test_letters_and_digits_of_other_scripts_make_no_code() -> None:
    code = signed()
    for foreign in (
        code.replace("A", "\u0410", 1),  # Cyrillic
        code.replace("-2-", "-\uff12-"),  # full width
        code.replace("-2-", "-\u0662-"),  # Arabic-Indic
        code.replace("K", "\u212a", 1),  # Kelvin
    ):
        assert find(foreign) == ()


def test_codes_inside_longer_words_are_none_and_doubles_are_one() -> None:
    code = signed()
    assert find(f"x{code}") == find(f"{code}x") == ()
    assert len(find(f"{code} {code.lower()} {signed('1')}")) == 2


def test_a_reference_alone_is_found_and_a_code_is_not_taken_for_one() -> None:
    assert find_references(f"Referência {REFERENCE}\n") == (REFERENCE,)
    assert find_references(signed()) == ()
    assert find_references("RESPONDEREMOS EM BREVE") == ()


@given(
    choice=st.sampled_from("0123456789PDC"),
    client=st.text(max_size=20),
    terms=st.text(max_size=40),
    days=st.integers(0, 4000),
)
def test_any_code_verifies_for_itself_only(choice: str, client: str, terms: str, days: int) -> None:
    told = {
        "workbook": "b",
        "client": client,
        "terms": terms,
        "expires": date(2026, 1, 1) + timedelta(days=days),
    }
    try:
        code = only(sign(SECRET, reference=REFERENCE, choice=choice, **told))  # type: ignore[arg-type]  # kinds differ by name
    except UnicodeEncodeError:
        return  # a lone surrogate stands in no workbook
    assert verify(code, SECRET, **told)  # type: ignore[arg-type]  # likewise
    assert not verify(code, SECRET, **{**told, "client": client + "x"})  # type: ignore[arg-type]  # likewise
