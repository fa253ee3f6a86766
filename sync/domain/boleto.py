"""Boletos: what a linha digitável or barcode says, and whether its digits agree.

Sources: FEBRABAN, Layout padrão da cobrança (bank boletos: 44 digits in the bars, 47 typed) and
Layout padrão de arrecadação/recebimento (utility and tax slips, which begin with 8: 44 and 48).
A bank boleto's bars are bank 3, currency 1, check digit 1, due factor 4, amount 10, free field 25.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

_TYPED = re.compile(r"[0-9][0-9 .\-\N{NO-BREAK SPACE}]*", re.ASCII)
_BARS, _LINE, _UTILITY_LINE = 44, 47, 48
_SHORTEST = 30  # fewer digits are some other code of the team's
_UTILITY = "8"
_REAL = "9"  # the currency in whose cents the amount stands
_BASE = date(1997, 10, 7)
_FIRST_FACTOR = 1000  # 3 July 2000; smaller ones say no date
_CYCLE = 9000  # after 9999 (21 February 2025) comes 1000 again, as if counted from 29 May 2022


@dataclass(frozen=True, slots=True, kw_only=True)
class Boleto:
    """A bank boleto whose digits agree.

    `amount` None: open, the payer types it. `factor` 0: no due date.
    """

    bank: str
    amount: Decimal | None
    factor: int
    free_field: str
    barcode: str

    def due_on(self, near: date) -> date | None:
        """The due date, of all those that the factor may mean the one nearest to `near`."""
        if not self.factor:
            return None
        first = _BASE + timedelta(days=self.factor)
        cycles = max(0, round((near - first).days / _CYCLE))
        return first + timedelta(days=cycles * _CYCLE)


def is_wrong(code: str) -> bool:
    """Whether a code was meant to be a boleto's digits and they do not agree, or are too few.

    Links and the team's other codes are not wrong.
    """
    digits = digits_of(code)
    if len(digits) == _LINE or (len(digits) == _BARS and digits[0] != _UTILITY):
        return _bank_bars(digits) is None
    if len(digits) in {_UTILITY_LINE, _BARS}:
        return _utility_bars(digits) is None
    return len(digits) >= _SHORTEST


def read_boleto(code: str) -> Boleto | None:
    """The bank boleto of a linha digitável or barcode; None for anything else, or wrong digits."""
    bars = _bank_bars(digits_of(code))
    if bars is None:
        return None
    cents = int(bars[9:19]) if bars[3] == _REAL else 0
    factor = int(bars[5:9])
    return Boleto(
        bank=bars[:3],
        amount=Decimal(cents).scaleb(-2) if cents else None,
        factor=factor if factor >= _FIRST_FACTOR else 0,
        free_field=bars[19:],
        barcode=bars,
    )


def digits_of(code: str) -> str:
    """The digits of a code that has only digits and their grouping; '' for any other text."""
    text = code.strip()
    return re.sub(r"\D", "", text) if _TYPED.fullmatch(text) else ""


def printed(code: str) -> str:
    """The digits as they stand on the printed slip, for people to type; other codes as they are.

    `00000.00000 00000.000000 00000.000000 0 00000000000000`, or four groups `00000000000-0` for a
    utility. A barcode becomes the line that belongs to it: nobody can type bars.
    """
    digits = digits_of(code)
    bars = _bank_bars(digits)
    if bars is not None:
        line = digits if len(digits) == _LINE else _bank_line(bars)
        parts = (line[:5], line[5:10], line[10:15], line[15:21], line[21:26], line[26:32])
        return "{}.{} {}.{} {}.{}".format(*parts) + f" {line[32]} {line[33:]}"
    bars = _utility_bars(digits)
    if bars is not None:
        groups = (bars[start : start + 11] for start in range(0, _BARS, 11))
        return " ".join(f"{group}-{_utility_check(bars, group)}" for group in groups)
    return code.strip()


def payable_code(code: str | None, owed: Decimal) -> str | None:
    """The code as a message shows it; None for wrong digits, and for a boleto of more than is owed.

    What was paid in part would be paid again by the boleto of the whole.
    """
    if code is None or is_wrong(code):
        return None
    boleto = read_boleto(code)
    if boleto is not None and boleto.amount is not None and boleto.amount > owed:
        return None
    return printed(code)


def bank_of(code: str) -> str:
    """The bank's three digits; '' when it is no bank boleto."""
    boleto = read_boleto(code)
    return boleto.bank if boleto else ""


def free_field(code: str) -> str:
    """The bank's own 25 digits (campo livre); '' when it is no bank boleto."""
    boleto = read_boleto(code)
    return boleto.free_field if boleto else ""


def our_number_candidates(code: str) -> tuple[str, ...]:
    """What the bank may call this boleto in its return files (nosso número), longest first.

    By each bank's layout of the free field. Banks differ in whether the check digit counts, and
    Banco do Brasil by the agreement's length, so that there may be several; none for other banks.
    """
    boleto = read_boleto(code)
    if boleto is None:
        return ()
    field = boleto.free_field
    found = tuple("".join(field[a:b] for a, b in places) for places in _PLACES.get(boleto.bank, ()))
    if boleto.bank == _BRASIL and not field.startswith("000000"):
        return (field[:11],) if field[-2:] != "21" else (field[6:23], field[:11])
    return found


_BRASIL = "001"
# Bank → the places in the free field that make its nosso número, from (inclusive) to (exclusive).
_PLACES: dict[str, tuple[tuple[tuple[int, int], ...], ...]] = {
    _BRASIL: (((6, 23),),),  # agreements of seven digits: agreement and number
    "033": (((8, 21),), ((8, 20),)),  # Santander: with and without its check digit
    "104": (((10, 11), (14, 15), (7, 10), (11, 14), (15, 24)), ((7, 10), (11, 14), (15, 24))),
    "237": (((6, 17),),),  # Bradesco: agency 4, portfolio 2, number 11
    "341": (((3, 12),), ((3, 11),)),  # Itaú: portfolio 3, number 8, check digit
    "756": (((14, 22),), ((14, 21),)),  # Sicoob: with and without its check digit
}


def _bank_bars(digits: str) -> str | None:
    """The 44 digits in the bars of a bank boleto, None unless every check digit agrees."""
    if len(digits) == _LINE:
        fields = ((0, 9), (10, 20), (21, 31))
        if any(_mod_10(digits[start:end]) != digits[end] for start, end in fields):
            return None
        digits = digits[:4] + digits[32:47] + digits[4:9] + digits[10:20] + digits[21:31]
    elif len(digits) != _BARS or digits[0] == _UTILITY:
        return None
    return digits if _mod_11(digits[:4] + digits[5:]) == digits[4] else None


def _bank_line(bars: str) -> str:
    fields = (bars[:4] + bars[19:24], bars[24:34], bars[34:44])
    return "".join(field + _mod_10(field) for field in fields) + bars[4:19]


def _utility_bars(digits: str) -> str | None:
    """The 44 digits in the bars of a utility slip, None unless every check digit agrees."""
    if digits[:1] != _UTILITY or len(digits) not in {_UTILITY_LINE, _BARS}:
        return None
    if len(digits) == _UTILITY_LINE:
        groups = [digits[start : start + 12] for start in range(0, _UTILITY_LINE, 12)]
        if any(_utility_check(digits, group[:11]) != group[11] for group in groups):
            return None
        digits = "".join(group[:11] for group in groups)
    return digits if _utility_check(digits, digits[:3] + digits[4:]) == digits[3] else None


def _utility_check(slip: str, digits: str) -> str:
    """The check digit by the rule that the slip's third digit names; '' when it names none."""
    if slip[2] in "67":
        return _mod_10(digits)
    if slip[2] in "89":
        check = 11 - _sum_2_to_9(digits) % 11
        return str(check) if check < 10 else "0"
    return ""


def _mod_10(digits: str) -> str:
    """Weights 2, 1, 2 … from the right, the digits of each product summed."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = int(digit) * (1 if place % 2 else 2)
        total += product - 9 if product > 9 else product
    return str(-total % 10)


def _mod_11(digits: str) -> str:
    """Weights 2 to 9 from the right; 0, 10 and 11 become 1."""
    check = 11 - _sum_2_to_9(digits) % 11
    return str(check) if check < 10 else "1"


def _sum_2_to_9(digits: str) -> int:
    return sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(digits)))
