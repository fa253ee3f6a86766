"""Pix codes: the Central Bank's example, keys as people type them, and the picture."""

import shutil
import subprocess
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.errors import PixError
from mailer.letter import Problem
from mailer.pix import PixKey, crc16, payload, qr_png, read_key, read_payload, txid_of
from tests.correspondence import letter, values

EVP = "123e4567-e12b-12d1-a456-426655440000"


def code(
    *,
    key: str = EVP,
    name: str = "Fulano de Tal",
    city: str = "BRASILIA",
    amount: str | None = None,
    txid: str = "***",
) -> str:
    return payload(
        key=key, name=name, city=city, amount=Decimal(amount) if amount else None, txid=txid
    )


def test_the_central_banks_example_comes_out_to_the_letter() -> None:
    # Manual de Padrões para Iniciação do Pix, BR Code estático sem valor.
    assert code() == (
        "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000"
        "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D"
    )


def test_the_crc_is_the_one_of_the_standards_check_value() -> None:
    assert crc16("123456789") == "29B1"


def test_amount_name_city_and_reference_stand_in_their_fields() -> None:
    fields = read_payload(
        code(
            name="Ação & Cia. Serviços de Informática Ltda",
            city="São José dos Campos",
            amount="1234.5",
            txid="R7K2M9Q4",
        )
    )
    assert fields["54"] == "1234.50"
    assert fields["59"] == "Acao & Cia. Servicos de I"
    assert fields["60"] == "Sao Jose dos Ca"
    assert fields["26.00"] == "br.gov.bcb.pix"
    assert fields["26.01"] == EVP
    assert fields["62.05"] == "R7K2M9Q4"
    assert (fields["00"], fields["52"], fields["53"], fields["58"]) == ("01", "0000", "986", "BR")


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("529.982.247-25", "cpf", "52998224725"),
        ("52998224725", "cpf", "52998224725"),
        ("11.222.333/0001-81", "cnpj", "11222333000181"),
        ("12.ABC.345/01DE-35", "cnpj", "12ABC34501DE35"),
        ("12abc34501de35", "cnpj", "12ABC34501DE35"),
        (" Financeiro@Example.com ", "email", "financeiro@example.com"),
        ("+55 11 98765-4321", "phone", "+5511987654321"),
        ("(11) 98765-4321", "phone", "+5511987654321"),
        ("5511987654321", "phone", "+5511987654321"),
        ("+55 11 3456-7890", "phone", "+551134567890"),
        (EVP.upper(), "evp", EVP),
    ],
)
def test_keys_are_understood_as_people_type_them(typed: str, kind: str, value: str) -> None:
    read = read_key(typed)
    assert isinstance(read, PixKey)
    assert (read.kind, read.value) == (kind, value)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "pix_key_missing"),
        ("529.982.247-26", "pix_key_cpf"),
        ("111.111.111-11", "pix_key_cpf"),
        ("11.222.333/0001-82", "pix_key_cnpj"),
        ("12.ABC.345/01DE-36", "pix_key_cnpj"),
        ("a@b", "pix_key_email"),
        ("a" * 70 + "@example.com", "pix_key_email"),
        ("a@b.com\n", ""),
        ("a b@c.com", "pix_key_email"),
        ("+1 212 555 0100", "pix_key_phone"),
        ("(20) 98765-4321", "pix_key_phone"),
        ("+55 11 9876-5432", "pix_key_phone"),
        ("123e4567-e12b-12d1-a456", "pix_key_unknown"),
        ("Padaria Aurora", "pix_key_unknown"),
        ("１１２２２３３３０００１８１", "pix_key_unknown"),
    ],
)
def test_a_wrong_key_is_named_for_what_it_seems_to_be(typed: str, problem: str) -> None:
    read = read_key(typed)
    if not problem:
        assert isinstance(read, PixKey)
        return
    assert isinstance(read, Problem)
    assert read.code == problem
    with pytest.raises(PixError) as caught:
        code(key=typed)
    assert caught.value.code == problem


def test_eleven_digits_that_could_be_a_phone_are_refused_until_punctuation_tells() -> None:
    # 11 98765-4321 is a mobile in São Paulo; 119.000.000-?? may be somebody's CPF as well.
    both = next(
        digits
        for digits in (f"11987654{tail:03d}" for tail in range(1000))
        if isinstance(read_key(f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"), PixKey)
    )
    bare = read_key(both)
    assert isinstance(bare, Problem)
    assert bare.code == "pix_key_unclear"
    phone = read_key(f"+55{both}")
    assert isinstance(phone, PixKey)
    assert phone.kind == "phone"


@pytest.mark.parametrize(
    "amount", ["0", "-1.00", "0.001", "1.005", "NaN", "Infinity", "99999999999.00"]
)
def test_an_amount_that_pix_cannot_carry_is_refused(amount: str) -> None:
    with pytest.raises(PixError) as caught:
        payload(key=EVP, name="A", city="B", amount=Decimal(amount))
    assert caught.value.code == "pix_amount"


def test_the_largest_amount_fits() -> None:
    assert read_payload(code(amount="9999999999.99"))["54"] == "9999999999.99"


@pytest.mark.parametrize(("name", "city"), [("", "X"), ("X", ""), ("名前", "X"), ("X", " \n ")])
def test_a_name_or_city_without_usable_letters_is_refused(name: str, city: str) -> None:
    with pytest.raises(PixError):
        code(name=name, city=city)


def test_a_reference_gives_its_letters_and_digits_and_is_never_cut() -> None:
    assert txid_of("R7K2-M9Q4") == "R7K2M9Q4"
    for wrong in ("", "---", "A" * 26):
        with pytest.raises(PixError):
            txid_of(wrong)
    for wrong in ("A" * 26, "a-b", "", "é"):
        with pytest.raises(PixError):
            code(txid=wrong)


@given(
    st.decimals(min_value="0.01", max_value="9999999999.99", places=2),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=60),
    st.from_regex(r"[A-Za-z0-9]{1,25}", fullmatch=True),
)
def test_every_code_reads_back_to_what_went_in(amount: Decimal, name: str, txid: str) -> None:
    try:
        text = payload(key=EVP, name=name, city="São Paulo", amount=amount, txid=txid)
    except PixError as error:
        assert error.code == "pix_name"  # noqa: PT017 - the only reason there may be
        return
    fields = read_payload(text)
    assert Decimal(fields["54"]) == amount
    assert fields["62.05"] == txid
    assert fields["26.01"] == EVP
    assert text.isascii()
    assert 1 <= len(fields["59"]) <= 25


@given(st.integers(min_value=0), st.sampled_from("0123456789ABCXYZ"))
def test_a_code_with_one_letter_changed_is_refused(place: int, other: str) -> None:
    text = code(amount="10.00")
    at = place % len(text)
    changed = text[:at] + other + text[at + 1 :]
    if changed != text:
        with pytest.raises(PixError):
            read_payload(changed)


def _picture(html_of_letter: bytes) -> bytes:
    parsed = message_from_bytes(html_of_letter, policy=policy.default)
    (image,) = [part for part in parsed.walk() if part.get_content_type() == "image/png"]
    content = image.get_content()
    assert isinstance(content, bytes)
    return content


def test_the_letters_picture_shows_the_code_that_its_text_says() -> None:
    message = letter(values())
    said = next(line for line in message.text.splitlines() if line.startswith("000201"))
    assert said in message.html
    assert Decimal(read_payload(said)["54"]) == values().total
    # One picture for one text: the same text gives the same bytes, another text other bytes.
    assert _picture(message.raw) == qr_png(said)
    assert _picture(message.raw) != qr_png(said.replace("R7K2M9Q4", "R7K2M9Q5"))


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed")
@pytest.mark.parametrize("amount", ["0.01", "1025.67", "9999999999.99"])
def test_a_camera_reads_the_letters_picture(tmp_path: Path, amount: str) -> None:
    text = code(amount=amount, txid="R" * 25, name="N" * 25, city="C" * 15, key="a" * 60 + "@b.com")
    (tmp_path / "code.png").write_bytes(qr_png(text))
    (tmp_path / "letter.png").write_bytes(_picture(letter(values()).raw))
    seen = [
        subprocess.run(
            ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.rstrip("\n")
        for name in ("code.png", "letter.png")
    ]
    assert seen[0] == text
    assert Decimal(read_payload(seen[1])["54"]) == values().total
