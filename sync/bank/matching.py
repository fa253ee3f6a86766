"""Which open items a bank line most likely pays (DOMAIN.md, 'Payments').

Certain is only a full txid or the boleto's nosso número, together with the amount. An invoice's
number, the payer and the amount, or the amount alone are suggestions with a confidence, and a
person decides. Candidates of equal strength suggest nothing: better no answer than a wrong one.

| what fits | confidence |
|---|---|
| txid or nosso número, and the amount | 1.00, certain |
| txid or nosso número, another amount | 0.90 |
| invoice number in the memo, and the amount | 0.95 |
| payer (CPF/CNPJ) and the amount of one item | 0.85 |
| payer (CPF/CNPJ) and the amount of several together | 0.80 |
| payer (name), and the amount | 0.75 |
| invoice number in the memo, another amount | 0.70 |
| payer, another amount: oldest first | 0.50 |
| the amount alone, of one item only | 0.40 |
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sync.bank.statement import BankLine, LineKind, fold
from sync.domain.boleto import bank_of, our_number_candidates
from sync.domain.decisions import ZERO, Standing, Status
from sync.domain.facts import Facts, Receivable, Reminder
from sync.domain.standing import Book

CERTAIN = Decimal("1.00")
MEMO_AMOUNT = Decimal("0.95")
NAMED = Decimal("0.90")
PAYER_ONE = Decimal("0.85")
PAYER_MORE = Decimal("0.80")
NAME_AMOUNT = Decimal("0.75")
MEMO = Decimal("0.70")
PAYER = Decimal("0.50")
AMOUNT = Decimal("0.40")
NOTHING = Decimal("0.00")
_CLOSED = frozenset({Status.PAID, Status.VOID, Status.WRITTEN_OFF, Status.IN_PLAN})
"""Nothing is owed on these; of an original in a plan its instalments are owed in its place."""

_TXID = re.compile(r"(R[A-Z2-7]{11})([0-9]{2})?")
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_ID = 4  # a shorter number stands in too many memos
_SHORTEST_CUT_NAME = 12
_MOST_TOGETHER = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a line for one item; `item` None is money on the client's account."""

    item: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a line most likely pays. No client and no shares: nothing is suggested."""

    client: str | None = None
    shares: tuple[Share, ...] = ()
    confidence: Decimal = NOTHING

    @property
    def is_certain(self) -> bool:
        """Whether nothing but a person's word is missing."""
        return self.confidence == CERTAIN

    @property
    def items(self) -> tuple[str, ...]:
        """The items that get a share."""
        return tuple(share.item for share in self.shares if share.item is not None)


UNMATCHED = Match()


class Matcher:
    """Matches lines against one workbook; built once, in one pass over its items."""

    def __init__(self, facts: Facts, book: Book) -> None:
        self._book = book
        self._items: dict[str, set[str]] = defaultdict(set)  # folded id → ids
        self._numbers: dict[tuple[str, str], set[str]] = defaultdict(set)  # bank, nosso número
        self._amounts: dict[Decimal, set[str]] = defaultdict(set)
        self._tax_ids: dict[str, set[str]] = defaultdict(set)  # → clients
        self._names: dict[str, set[str]] = defaultdict(set)  # → clients
        self._told: dict[str, list[Reminder]] = defaultdict(list)
        self._references = {each.reference.upper(): each for each in facts.reminders}
        self._paid = [each for each in facts.payments if each.reference and each.amount > 0]
        for standing in book.standings.values():
            if standing.status not in _CLOSED:
                self._add(standing)
        for client in facts.clients.values():
            if client.tax_id:
                self._tax_ids[_plain(client.tax_id)].add(client.name)
            for name in {fold(client.name), fold(client.legal_name or "")}:
                if len(name) >= _SHORTEST_ID:
                    self._names[name].add(client.name)
        for reminder in facts.reminders:
            self._told[reminder.client].append(reminder)

    def _add(self, standing: Standing) -> None:
        name, charge = standing.id, standing.charge
        self._items[fold(name)].add(name)
        for amount in {standing.amount, charge.total_due, charge.balance}:
            if amount > 0:
                self._amounts[amount].add(name)
        item = self._book.accounts.item(name)
        code = item.payment_code if isinstance(item, Receivable) else None
        if code:
            for number in our_number_candidates(code):
                self._numbers[bank_of(code), number.lstrip("0")].add(name)

    def match(self, line: BankLine, bank: str) -> Match:
        """What a line of an account at `bank` (three digits, "" unknown) pays, or undoes."""
        if line.kind is LineKind.REVERSAL:
            return self._undone(line)
        if line.kind is not LineKind.CREDIT or line.amount <= 0:
            return UNMATCHED
        return (
            self._by_txid(line)
            or self._by_our_number(line, bank)
            or self._by_memo(line)
            or self._by_payer(line)
            or self._by_amount_alone(line)
        )

    def split(self, names: Iterable[str], amount: Decimal, on: date) -> tuple[Share, ...]:
        """The amount over items: what each owes on the day, oldest first; the rest on account."""
        rest, shares = amount, []
        for name in sorted(dict.fromkeys(names), key=self._oldest):
            part = min(rest, self.owed(name, on))
            if part > 0:
                shares.append(Share(item=name, amount=part))
                rest -= part
        if rest > 0:
            shares.append(Share(item=None, amount=rest))
        return tuple(shares)

    def owed(self, name: str, on: date) -> Decimal:
        """What an item owes on the day the money came, by all that is entered so far."""
        standing, item = self._book.standings.get(name), self._book.accounts.item(name)
        if standing is None or item is None or standing.status in _CLOSED:
            return ZERO
        return self._book.accounts.charge(item, min(on, self._book.run_date)).total_due

    def client_of_item(self, name: str) -> str:
        """Whose an item is. Raises KeyError for one that the workbook lacks."""
        return self._book.standings[name].client

    def client_of(self, line: BankLine) -> str | None:
        """Who paid, by the tax id, else by the whole name; None when it may be several."""
        for found in (self._tax_ids.get(_plain(line.payer_tax_id)), self._by_name(line)):
            if found and len(found) == 1:
                return next(iter(found))
        return None

    def _oldest(self, name: str) -> tuple[date, str]:
        return self._book.standings[name].due_on, name

    def _by_name(self, line: BankLine) -> set[str]:
        """Clients of the payer's name; a bank may cut it, never to less than twelve letters."""
        payer = fold(line.payer)
        exact = self._names.get(payer, set())
        if exact or len(payer) < _SHORTEST_CUT_NAME:
            return exact
        return {c for name, of in self._names.items() if name.startswith(payer) for c in of}

    # ---- by what only this item has

    def _by_txid(self, line: BankLine) -> Match | None:
        found = _TXID.fullmatch(line.txid.upper())
        reminder = self._references.get(found[1]) if found else None
        if found is None or reminder is None:
            return None
        names = _listed(reminder)
        if found[2]:  # one instalment of a confirmation
            names = tuple(name for name in names if name.endswith(f"/{int(found[2])}"))[:1]
            return self._exact(reminder.client, names, line)
        if line.amount == reminder.total:
            shares = self._quoted(names, reminder, line)
            return Match(client=reminder.client, shares=shares, confidence=CERTAIN)
        return self._exact(reminder.client, names, line)

    def _by_our_number(self, line: BankLine, bank: str) -> Match | None:
        number = line.our_number.lstrip("0")
        banks = [bank] if bank else {of for of, each in self._numbers if each == number}
        names = {name for of in banks for name in self._numbers.get((of, number), ())}
        if not number or len(names) != 1:
            return None
        name = next(iter(names))
        return self._exact(self._book.standings[name].client, (name,), line)

    def _exact(self, client: str, names: Sequence[str], line: BankLine) -> Match | None:
        """Certain when the amount is what is owed, or the face where that settles."""
        if not any(self.owed(name, line.posted_on) for name in names):
            return None  # paid or void meanwhile: what it may be is for the other rules
        fits = line.amount in {
            sum((self.owed(name, line.posted_on) for name in names), ZERO),
            sum((self._book.standings[name].amount for name in names), ZERO),
        }
        return Match(
            client=client,
            shares=self.split(names, line.amount, line.posted_on),
            confidence=CERTAIN if fits else NAMED,
        )

    def _quoted(
        self, names: Sequence[str], reminder: Reminder, line: BankLine
    ) -> tuple[Share, ...]:
        """A quoted total paid as quoted: each item gets what it owed on the message's day."""
        told = {n: self.owed(n, reminder.at.date()) for n in names if n in self._book.standings}
        if sum(told.values(), ZERO) != line.amount:
            return self.split(told, line.amount, line.posted_on)
        return tuple(
            Share(item=n, amount=told[n]) for n in sorted(told, key=self._oldest) if told[n]
        )

    # ---- by what people write

    def _by_memo(self, line: BankLine) -> Match | None:
        names = self._named_in(f"{line.memo} {line.document} {line.company_use}")
        clients = {self._book.standings[name].client for name in names}
        payer = self.client_of(line)
        if not names or len(clients) != 1 or (payer is not None and payer not in clients):
            return None
        owed = {name: self.owed(name, line.posted_on) for name in names}
        single = [name for name, amount in owed.items() if amount == line.amount]
        fits = line.amount == sum(owed.values(), ZERO) or len(single) == 1
        chosen = names if line.amount == sum(owed.values(), ZERO) else (single[:1] or names)
        return Match(
            client=next(iter(clients)),
            shares=self.split(chosen, line.amount, line.posted_on),
            confidence=MEMO_AMOUNT if fits else MEMO,
        )

    def _named_in(self, text: str) -> list[str]:
        """Open items whose whole number stands in a text, alone or as two or three words."""
        words = [fold(word) for word in _WORD.findall(text)]
        runs = (words[at : at + size] for size in (3, 2, 1) for at in range(len(words) - size + 1))
        found: dict[str, None] = {}
        for run in runs:
            names = self._items.get("".join(run), ())
            if len(names) == 1 and len("".join(run)) >= _SHORTEST_ID:
                found.update(dict.fromkeys(names))
        return list(found)

    # ---- by who paid

    def _by_payer(self, line: BankLine) -> Match | None:
        client = self.client_of(line)
        if client is None:
            return None
        by_tax_id = client in self._tax_ids.get(_plain(line.payer_tax_id), ())
        owed = {s.id: self.owed(s.id, line.posted_on) for s in self._book.open_of(client)}
        owed = {name: amount for name, amount in owed.items() if amount > 0}
        if not owed:
            return Match(
                client=client, shares=(Share(item=None, amount=line.amount),), confidence=PAYER
            )
        single = [n for n, amount in owed.items() if line.amount in {amount, self._face(n)}]
        if len(single) == 1:
            return self._of_payer(client, single, line, PAYER_ONE if by_tax_id else NAME_AMOUNT)
        together = () if single else self._together(client, owed, line)
        if together:
            return self._of_payer(client, together, line, PAYER_MORE if by_tax_id else NAME_AMOUNT)
        return self._of_payer(client, list(owed), line, PAYER)

    def _of_payer(
        self, client: str, names: Sequence[str], line: BankLine, confidence: Decimal
    ) -> Match:
        shares = self.split(names, line.amount, line.posted_on)
        return Match(client=client, shares=shares, confidence=confidence)

    def _face(self, name: str) -> Decimal:
        return self._book.standings[name].amount

    def _together(
        self, client: str, owed: Mapping[str, Decimal], line: BankLine
    ) -> tuple[str, ...]:
        """Several items that the amount pays: what a message named together, all, or one sum."""
        for reminder in sorted(self._told[client], key=lambda each: each.at, reverse=True):
            names = [name for name in _listed(reminder) if name in owed]
            if names and sum((owed[name] for name in names), ZERO) == line.amount:
                return tuple(names)
        if sum(owed.values(), ZERO) == line.amount:
            return tuple(owed)
        return only_sum(owed, line.amount) if len(owed) <= _MOST_TOGETHER else ()

    def _by_amount_alone(self, line: BankLine) -> Match:
        names = [n for n in self._amounts.get(line.amount, ()) if self.owed(n, line.posted_on) > 0]
        if len(names) != 1 or line.payer_tax_id or line.payer:
            return UNMATCHED  # a payer who is known to be nobody of ours pays nothing of ours
        client = self._book.standings[names[0]].client
        return self._of_payer(client, names, line, AMOUNT)

    # ---- money that went back

    def _undone(self, line: BankLine) -> Match:
        """A charge-back: the latest payment from the bank of this amount, the other way round."""
        before = [p for p in self._paid if p.amount == -line.amount and p.paid_on <= line.posted_on]
        client = self.client_of(line)
        mine = [p for p in before if p.client == client] if client else before
        if not mine or (client is None and len(mine) > 1):
            return Match(client=client)
        last = max(mine, key=lambda payment: payment.paid_on)
        share = Share(item=last.receivable, amount=line.amount)
        return Match(
            client=last.client, shares=(share,), confidence=PAYER_ONE if client else AMOUNT
        )


def _listed(reminder: Reminder) -> tuple[str, ...]:
    return reminder.receivables or tuple(dict.fromkeys(key.invoice for key in reminder.keys))


def _plain(tax_id: str) -> str:
    """Digits and letters of a CPF or CNPJ (the new ones have letters), upper case."""
    return "".join(sign for sign in tax_id if sign.isalnum()).upper()


def only_sum(owed: Mapping[str, Decimal], amount: Decimal) -> tuple[str, ...]:
    """The only set of items whose amounts sum to `amount`; () when there is none or several.

    Cents in whole numbers; the sums of half of the items are looked up among those of the other
    half, so that 20 items take some thousand steps.
    """
    names = sorted(owed)
    half = len(names) // 2
    left, right = _sums(names[:half], owed), _sums(names[half:], owed)
    found: list[tuple[str, ...]] = []
    for total, sets in left.items():
        for one in sets:
            found += [one + other for other in right.get(amount - total, ())]
        if len(found) > 1:
            return ()
    return found[0] if len(found) == 1 else ()


def _sums(
    names: Sequence[str], owed: Mapping[str, Decimal]
) -> dict[Decimal, list[tuple[str, ...]]]:
    """Every subset's sum; of those with equal sums two are enough to know that it is not one."""
    sums: dict[Decimal, list[tuple[str, ...]]] = {ZERO: [()]}
    for name in names:
        for total, sets in [(total, tuple(sets)) for total, sets in sums.items()]:
            with_it = sums.setdefault(total + owed[name], [])
            with_it += [(*one, name) for one in sets[: 2 - len(with_it)]]
    return sums
