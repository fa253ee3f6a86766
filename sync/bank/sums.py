"""Which items together make an amount, when only one set of them does."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from sync.domain.decisions import ZERO

_Sums: TypeAlias = dict[Decimal, list[tuple[str, ...]]]


class Sums:
    """The sums of all sets of a few items.

    Two halves are kept, and the sums of one looked up among those of the other, so that sixteen
    items take some hundred steps and not 65,536.
    """

    def __init__(self, owed: Mapping[str, Decimal]) -> None:
        names = sorted(owed)
        half = len(names) // 2
        self._left, self._right = _sums(names[:half], owed), _sums(names[half:], owed)

    def only(self, amount: Decimal) -> tuple[str, ...]:
        """The only set whose amounts sum to `amount`; () when there is none or several."""
        found: list[tuple[str, ...]] = []
        for total, sets in self._left.items():
            for one in sets:
                found += [one + other for other in self._right.get(amount - total, ())]
            if len(found) > 1:
                return ()
        return found[0] if len(found) == 1 else ()


def only_sum(owed: Mapping[str, Decimal], amount: Decimal) -> tuple[str, ...]:
    """The only set of items whose amounts sum to `amount`; () when there is none or several."""
    return Sums(owed).only(amount)


def _sums(names: Sequence[str], owed: Mapping[str, Decimal]) -> _Sums:
    """Every subset's sum; of those with equal sums two are enough to know that it is not one."""
    sums: _Sums = {ZERO: [()]}
    for name in names:
        for total, sets in [(total, tuple(sets)) for total, sets in sums.items()]:
            with_it = sums.setdefault(total + owed[name], [])
            with_it += [(*one, name) for one in sets[: 2 - len(with_it)]]
    return sums
