"""Whose money it is: the payer's tax number or name among the clients'."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sync.bank.statement import BankLine, fold
from sync.domain.facts import Client

_SHORTEST_NAME = 4
_SHORTEST_CUT_NAME = 12  # banks cut names, never to less than this
_MOST_OF_CUT_NAME = 10  # the beginning of more names than these tells nothing
_CPF, _CNPJ, _ROOT = 11, 14, 8  # a CNPJ's first eight signs name the company, the rest the branch


@dataclass(frozen=True, slots=True)
class Payer:
    """Who may have paid: none, one, or several of the same name."""

    clients: frozenset[str] = frozenset()
    by_tax_id: bool = False

    @property
    def only(self) -> str | None:
        """The client, when it can be one only."""
        return next(iter(self.clients)) if len(self.clients) == 1 else None


_NOBODY = Payer()


class Payers:
    """The clients by tax number and by name."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._tax_ids: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, set[str]] = defaultdict(set)
        self._number_of: dict[str, str] = {}
        for client in clients:
            number = _plain(client.tax_id or "")
            if number:
                self._number_of[client.name] = number
                self._tax_ids[number].add(client.name)
                if len(number) == _CNPJ:
                    self._tax_ids[number[:_ROOT]].add(client.name)
            for name in {fold(client.name), fold(client.legal_name or "")}:
                if len(name) >= _SHORTEST_NAME:
                    self._names[name].add(client.name)
        self._sorted = sorted(self._names)

    def of(self, line: BankLine) -> Payer:
        """By the tax number (of a company, another branch's too), else by the whole name.

        A name is nobody's whose own tax number is another one of the same kind.
        """
        number = _plain(line.payer_tax_id)
        found = self._tax_ids.get(number) if number else None
        if not found and len(number) == _CNPJ:
            found = self._tax_ids.get(number[:_ROOT])
        if found:
            return Payer(frozenset(found), by_tax_id=True)
        named = {name for name in self._named(fold(line.payer)) if not self._differs(name, number)}
        return Payer(frozenset(named)) if named else _NOBODY

    def _named(self, payer: str) -> set[str]:
        exact = self._names.get(payer, set())
        if exact or len(payer) < _SHORTEST_CUT_NAME:
            return exact
        found: set[str] = set()
        for place in range(bisect_left(self._sorted, payer), len(self._sorted)):
            if not self._sorted[place].startswith(payer):
                break
            found |= self._names[self._sorted[place]]
            if len(found) > _MOST_OF_CUT_NAME:
                return set()
        return found

    def _differs(self, client: str, number: str) -> bool:
        own = self._number_of.get(client, "")
        return len(number) == len(own) and len(own) in {_CPF, _CNPJ} and own != number


def _plain(tax_id: str) -> str:
    """Digits and letters of a CPF or CNPJ (the new ones have letters), upper case."""
    return "".join(sign for sign in tax_id if sign.isalnum()).upper()
