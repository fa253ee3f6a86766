"""Boletos made by the layouts' own tables, apart from the code that reads them."""

from datetime import date
from decimal import Decimal

_DOUBLED = {0: 0, 1: 2, 2: 4, 3: 6, 4: 8, 5: 1, 6: 3, 7: 5, 8: 7, 9: 9}
_RESTART = date(2025, 2, 22)


def mod_10(digits: str) -> str:
    """Every second digit from the right doubled, its digits summed; what is missing to ten."""
    numbers = [int(digit) for digit in digits][::-1]
    total = sum(_DOUBLED[number] for number in numbers[::2]) + sum(numbers[1::2])
    return str((10 - total % 10) % 10)


def weighed(digits: str) -> int:
    """The remainder by eleven, with the weights 2 to 9 from the right."""
    weights = [2, 3, 4, 5, 6, 7, 8, 9] * 6
    return sum(w * int(d) for w, d in zip(weights, digits[::-1], strict=False)) % 11


def factor_of(due_on: date | None) -> str:
    """The four digits of a due date from 3 July 2000 on; 0000 for none."""
    if due_on is None:
        return "0000"
    if due_on >= _RESTART:
        return f"{1000 + (due_on - _RESTART).days:04}"
    return f"{1000 + (due_on - date(2000, 7, 3)).days:04}"


def barcode(
    bank: str, field: str, amount: Decimal | str = "0", due_on: date | None = None, money: str = "9"
) -> str:
    """The 44 digits in the bars of a bank boleto."""
    cents = int(Decimal(amount) * 100)
    rest = f"{bank}{money}", f"{factor_of(due_on)}{cents:010}{field}"
    rest_of_eleven = weighed("".join(rest))
    check = {0: "1", 1: "1", 10: "1"}.get(rest_of_eleven, str(11 - rest_of_eleven))
    return check.join(rest)


def line(bars: str) -> str:
    """The linha digitável of a bank boleto's bars, as it is printed."""
    one, two, three = bars[:4] + bars[19:24], bars[24:34], bars[34:]
    one, two, three = (field + mod_10(field) for field in (one, two, three))
    return f"{one[:5]}.{one[5:]} {two[:5]}.{two[5:]} {three[:5]}.{three[5:]} {bars[4]} {bars[5:19]}"


def boleto(amount: Decimal | str, due_on: date | None, *, bank: str = "341") -> str:
    """A printed line of that amount and day, of some account at that bank."""
    return line(barcode(bank, "1091234567840057123457000", amount, due_on))


def utility(value_id: str, digits: str) -> tuple[str, str]:
    """Bars and printed line of a utility slip: '8', segment 1, the value's rule, 40 digits more."""

    def check(text: str) -> str:
        if value_id in "67":
            return mod_10(text)
        remainder = weighed(text)
        return "0" if remainder in (0, 1) else str(11 - remainder)

    start = f"81{value_id}"
    bars = start + check(start + digits) + digits
    groups = [bars[at : at + 11] for at in range(0, 44, 11)]
    return bars, " ".join(f"{group}-{check(group)}" for group in groups)
