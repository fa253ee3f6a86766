"""Pix: a key, made into the text a bank's app takes and into its QR picture.

The text is a static BR Code (Banco Central do Brasil, *Manual de Padrões para Iniciação do Pix*,
after EMV QRCPS-MPM): two-digit tag, two-digit length, value, and a CRC at the end. Names are
without accents, since apps of banks differ in what they accept.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import segno

from mailer.errors import PixError
from mailer.letter import Problem

if TYPE_CHECKING:
    from mailer.letter import LetterItem, LetterValues

KeyKind = Literal["cpf", "cnpj", "email", "phone", "evp"]
GUI = "br.gov.bcb.pix"
NAME_LIMIT, CITY_LIMIT, TXID_LIMIT, AMOUNT_LIMIT = 25, 15, 25, 13

_EVP = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EMAIL = re.compile(r"[a-z0-9.!#$&'*+/=?^_`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# Area codes in use (Anatel, Plano Geral de Numeração), then a mobile or a fixed number.
_PHONE = re.compile(
    r"(?:1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9])"
    r"(?:9\d{8}|[2-8]\d{7})"
)


@dataclass(frozen=True, kw_only=True)
class PixKey:
    """A key as the directory of keys (DICT) writes it."""

    kind: KeyKind
    value: str


def read_key(text: str) -> PixKey | Problem:
    """A key as a person types it, in the directory's notation, or what is wrong with it.

    Eleven bare digits that could be both a CPF and a mobile phone are refused: money for the wrong
    key goes to somebody else. Punctuation (`529.982.247-25`, `(11) 98765-4321`) or `+55` tells.
    """
    key = text.strip()
    if not key:
        return Problem(code="pix_key_missing")
    if "@" in key:
        mail = key.lower()
        fits = len(mail) <= 77 and _EMAIL.fullmatch(mail) is not None
        return PixKey(kind="email", value=mail) if fits else _bad("pix_key_email", key)
    if _EVP.fullmatch(key):
        return PixKey(kind="evp", value=key.lower())
    if key.startswith("+") or "(" in key:
        return _phone(key)
    packed = re.sub(r"[.\-/\s]", "", key).upper()
    if len(packed) == 14 and re.fullmatch(r"[0-9A-Z]{12}\d\d", packed):
        good = _cnpj_is_valid(packed)
        return PixKey(kind="cnpj", value=packed) if good else _bad("pix_key_cnpj", key)
    if len(packed) == 13 and packed.isascii() and packed.isdigit() and packed.startswith("55"):
        return _phone("+" + packed)
    if len(packed) == 11 and packed.isascii() and packed.isdigit():
        return _cpf_or_phone(key, packed)
    return _bad("pix_key_unknown", key)


def payload(*, key: str, name: str, city: str, amount: Decimal | None, txid: str = "***") -> str:
    """The text for "Pix copia e cola".

    Args:
        key: any notation that `read_key` takes.
        name: who receives; cut to 25 characters.
        city: where; cut to 15 characters.
        amount: reais, above zero, or None for "the payer types it".
        txid: up to 25 letters and digits, or `***` for none.

    Raises:
        PixError: when any of these cannot stand in a BR Code.
    """
    read = read_key(key)
    if isinstance(read, Problem):
        raise PixError(f"The Pix key {key[:80]!r} cannot be used ({read.code}).", read.code)
    if txid != "***" and not re.fullmatch(rf"[A-Za-z0-9]{{1,{TXID_LIMIT}}}", txid):
        raise PixError(f"{txid[:80]!r} is not a Pix txid.", "pix_txid")
    account = _field("00", GUI) + _field("01", read.value)
    fields = [
        _field("00", "01"),
        _field("26", account),
        _field("52", "0000"),
        _field("53", "986"),
        *([] if amount is None else [_field("54", _amount(amount))]),
        _field("58", "BR"),
        _field("59", _ascii(name, NAME_LIMIT, "pix_name")),
        _field("60", _ascii(city, CITY_LIMIT, "pix_city")),
        _field("62", _field("05", txid)),
        "6304",
    ]
    text = "".join(fields)
    return text + crc16(text)


def code_for(values: LetterValues) -> str:
    """The code that pays all of a letter, or "" when the letter has no Pix amount.

    Raises:
        PixError: a Pix amount is given and no code can be made of key, name or city.
    """
    if values.pix_amount is None:
        return ""
    return _paying(values, values.pix_amount, txid_of(values.reference))


def codes_for(values: LetterValues) -> tuple[tuple[LetterItem, str], ...]:
    """The items that have a code of their own (a plan's instalments), each with it.

    Raises:
        PixError: as `code_for`.
    """
    return tuple(
        (item, _paying(values, item.to_pay, txid_of(item.pix_txid)))
        for item in values.covered
        if item.pix_txid
    )


def _paying(values: LetterValues, amount: Decimal, txid: str) -> str:
    creditor = values.creditor
    return payload(
        key=creditor.pix_key,
        name=creditor.legal_name,
        city=creditor.pix_city,
        amount=amount,
        txid=txid,
    )


def txid_of(reference: str) -> str:
    """A reference's letters and digits, as they stand in the code.

    Raises:
        PixError: when none or more than 25 remain, since a cut txid would match another message.
    """
    kept = re.sub(r"[^A-Za-z0-9]", "", reference)
    if not 1 <= len(kept) <= TXID_LIMIT:
        raise PixError(f"{reference[:80]!r} does not give a Pix txid.", "pix_txid")
    return kept


def read_payload(text: str) -> dict[str, str]:
    """A BR Code's fields: `26.01` is the key, `54` the amount, `62.05` the txid.

    Raises:
        PixError: when the lengths do not add up or the CRC is wrong.
    """
    if len(text) < 8 or text[-8:-4] != "6304" or crc16(text[:-4]) != text[-4:]:
        raise PixError("The BR Code's CRC is wrong.", "pix_crc")
    fields = _read_fields(text[:-8])
    for outer in ("26", "62"):
        inner = _read_fields(fields.get(outer, ""))
        fields.update({f"{outer}.{tag}": value for tag, value in inner.items()})
    return fields


def qr_png(text: str, scale: int = 5) -> bytes:
    """The QR picture (error correction M, four modules of white around it), `scale` px a module."""
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False, boost_error=False).save(
        buffer, kind="png", scale=scale, border=4
    )
    return buffer.getvalue()


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE: polynomial 1021, from FFFF, as four upper-case hexadecimal digits."""
    crc = 0xFFFF
    for byte in text.encode("ascii"):
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return f"{crc:04X}"


def _field(tag: str, value: str) -> str:
    if len(value) > 99:
        raise PixError(f"Field {tag} of the BR Code is longer than 99.", "pix_too_long")
    return f"{tag}{len(value):02d}{value}"


def _read_fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    while text:
        length = text[2:4]
        if len(text) < 4 or not length.isdigit() or len(text) < 4 + int(length):
            raise PixError("The BR Code's lengths do not add up.", "pix_fields")
        fields[text[:2]], text = text[4 : 4 + int(length)], text[4 + int(length) :]
    return fields


def _amount(amount: Decimal) -> str:
    if not amount.is_finite() or amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise PixError(f"{amount} is not an amount for Pix.", "pix_amount")
    text = f"{amount:.2f}"
    if len(text) > AMOUNT_LIMIT:
        raise PixError(f"{amount} is longer than a Pix amount may be.", "pix_amount")
    return text


def _ascii(text: str, limit: int, code: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(mark if " " <= mark <= "~" else "" for mark in decomposed)
    short = " ".join(letters.split())[:limit].strip()
    if not short:
        raise PixError(f"{text[:80]!r} has no letters that a BR Code can hold.", code)
    return short


def _bad(code: str, key: str) -> Problem:
    return Problem(code=code, detail=key[:80])


def _phone(key: str) -> PixKey | Problem:
    digits = re.sub(r"[()\s.\-]", "", key)
    national = digits.removeprefix("+55")
    if digits.startswith("+") and national == digits:
        return _bad("pix_key_phone", key)
    good = national.isascii() and _PHONE.fullmatch(national)
    return PixKey(kind="phone", value="+55" + national) if good else _bad("pix_key_phone", key)


def _cpf_or_phone(key: str, packed: str) -> PixKey | Problem:
    punctuated = re.fullmatch(r"\d{3}\.\d{3}\.\d{3}-\d{2}", key)
    phone_shaped = _PHONE.fullmatch(packed) is not None
    if not _cpf_is_valid(packed):
        return _bad("pix_key_unclear" if phone_shaped else "pix_key_cpf", key)
    if phone_shaped and not punctuated:
        return _bad("pix_key_unclear", key)
    return PixKey(kind="cpf", value=packed)


def _cpf_is_valid(digits: str) -> bool:
    """Receita Federal: two check digits modulo 11; eleven equal digits are none."""
    if len(set(digits)) == 1:
        return False
    for length in (9, 10):
        weighted = sum(int(digits[i]) * (length + 1 - i) for i in range(length))
        if int(digits[length]) != weighted * 10 % 11 % 10:
            return False
    return True


def _cnpj_is_valid(text: str) -> bool:
    """Two check digits modulo 11; letters count as their ASCII code less 48 (IN RFB 2.229/2024)."""
    if len(set(text)) == 1:
        return False
    for length in (12, 13):
        weights = [(length - 1 - i) % 8 + 2 for i in range(length)]
        rest = sum((ord(text[i]) - 48) * weights[i] for i in range(length)) % 11
        if int(text[length]) != (0 if rest < 2 else 11 - rest):
            return False
    return True
