"""Made-up tax ids with valid check digits, for the sample workbook only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random


def check_digit(digits: Iterable[int], weights: Iterable[int]) -> int:
    """Return the modulo-11 check digit of CPF and CNPJ: 11 − remainder, and 0 for 10 or 11."""
    remainder = sum(d * w for d, w in zip(digits, weights, strict=True)) % 11
    return 0 if remainder < 2 else 11 - remainder


def made_up_cnpj(rng: Random) -> str:
    """Return a CNPJ with valid check digits, from a range of roots that is not given out yet."""
    digits = [9, 9, *(rng.randrange(10) for _ in range(6)), 0, 0, 0, 1]
    weights = [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]
    digits.append(check_digit(digits, weights))
    digits.append(check_digit(digits, [6, *weights]))
    text = "".join(map(str, digits))
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"


def made_up_cpf(rng: Random) -> str:
    """Return a CPF with valid check digits."""
    digits = [9, 9, 9, *(rng.randrange(10) for _ in range(6))]
    digits.append(check_digit(digits, range(10, 1, -1)))
    digits.append(check_digit(digits, range(11, 1, -1)))
    text = "".join(map(str, digits))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"
