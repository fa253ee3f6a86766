"""Which open items a bank line most likely pays (DOMAIN.md, 'Payments').

Certain is only a full txid or the boleto's nosso número, together with the amount; not when the
item is paid by somebody's word (it may be this very money), void or in a plan. Bank money that
comes twice for an item is certain twice: what is beyond is unapplied cash. An invoice's number, the
payer and the amount, or the amount alone are suggestions with a confidence, and a person decides.
Candidates of equal strength suggest nothing: better no answer than a wrong one; but all of them may
have paid.

| what fits | confidence |
|---|---|
| txid or nosso número, and the amount | 1.00, certain |
| invoice number in the memo, and the amount | 0.95 |
| txid or nosso número, another amount, or paid by hand before | 0.90 |
| payer (CPF/CNPJ) and the amount of one item | 0.85 |
| payer (CPF/CNPJ) and the amount of what a message asked for, or of all | 0.80 |
| payer (name), and the amount of either | 0.75 |
| invoice number in the memo, another amount | 0.70 |
| payer, and the amount of one set of items only | 0.60 |
| payer, another amount: oldest first | 0.50 |
| the amount alone, of one item or message only | 0.40 |
| the same, from somebody who is no client | 0.30 |
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sync.bank.owing import CLOSED, Owing, Share
from sync.bank.payers import Payer, Payers
from sync.bank.reversals import Reversals
from sync.bank.statement import LINE_ID, BankLine, LineKind, fold
from sync.domain.boleto import bank_of, our_number_candidates
from sync.domain.decisions import ZERO, Standing, Status
from sync.domain.facts import Facts, Instalment, Receivable, Reminder
from sync.domain.quotes import told_amounts
from sync.domain.standing import Book

CERTAIN = Decimal("1.00")
MEMO_AMOUNT = Decimal("0.95")
NAMED = Decimal("0.90")
PAYER_ONE = Decimal("0.85")
PAYER_MORE = Decimal("0.80")
NAME_AMOUNT = Decimal("0.75")
MEMO = Decimal("0.70")
PAYER_SUM = Decimal("0.60")
PAYER = Decimal("0.50")
AMOUNT = Decimal("0.40")
STRANGER = Decimal("0.30")
NOTHING = Decimal("0.00")
_NAMING = frozenset({CERTAIN, MEMO_AMOUNT, NAMED, MEMO})

_TXID = re.compile(r"(?<![A-Z0-9])(R[A-Z2-7]{11})([0-9]{2})?(?![A-Z0-9])")
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_ID = 4  # a shorter number stands in too many memos
_TELLING_DIGITS = 6  # without the amount, fewer digits alone tell nothing: years, branches
_PAID_LATELY = timedelta(days=120)
"""For so long a boleto that is paid is remembered by its number: it may be paid twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a line most likely pays.

    No client and no shares: nothing is suggested. `candidates` are then those who may have paid.
    """

    client: str | None = None
    shares: tuple[Share, ...] = ()
    confidence: Decimal = NOTHING
    candidates: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether nothing but a person's word is missing."""
        return self.confidence == CERTAIN

    @property
    def names_items(self) -> bool:
        """Whether the bank's own line names the items: by txid, number, or in its text."""
        return self.confidence in _NAMING

    @property
    def items(self) -> tuple[str, ...]:
        """The items that get a share."""
        return tuple(dict.fromkeys(share.item for share in self.shares if share.item is not None))

    @property
    def clients(self) -> tuple[str, ...]:
        """Everybody whose money it may be."""
        return self.candidates if self.client is None else (self.client,)


UNMATCHED = Match()


class Matcher:
    """Matches lines against one workbook; built once, in one pass over its items."""

    def __init__(self, facts: Facts, book: Book) -> None:
        self._facts = facts
        self._book = book
        self._owing = Owing(book)
        self._payers = Payers(facts.clients.values())
        self._reversals = Reversals(facts.payments)
        self._items: dict[str, set[str]] = defaultdict(set)  # folded id → ids
        self._numbers: dict[tuple[str, str], set[str]] = defaultdict(set)  # bank, nosso número
        self._amounts: dict[Decimal, set[tuple[str, ...]]] = defaultdict(set)  # → sets of items
        self._owners: dict[Decimal, tuple[str, ...]] = {}  # of these items, once asked for
        self._asked: dict[str, list[tuple[Decimal, tuple[str, ...]]]] = defaultdict(list)
        self._references: dict[str, Reminder] = {}
        self._by_hand = _paid_by_hand(facts)
        for standing in book.standings.values():
            self._add(standing)
        for reminder in facts.reminders:
            self._references[reminder.reference.upper()] = reminder
            self._add_message(reminder)

    def _add(self, standing: Standing) -> None:
        name, charge = standing.id, standing.charge
        settled = charge.settled_on or self._book.run_date
        if standing.status in CLOSED and settled < self._book.run_date - _PAID_LATELY:
            return
        item = self._book.accounts.item(name)
        code = item.payment_code if isinstance(item, Receivable) else None
        if code and standing.status is not Status.VOID:
            for number in our_number_candidates(code):
                self._numbers[bank_of(code), number.lstrip("0")].add(name)
        if standing.status not in CLOSED:
            self._items[fold(name)].add(name)
            for amount in {standing.amount, charge.total_due, charge.balance}:
                if amount > 0:
                    self._amounts[amount].add((name,))

    def _add_message(self, reminder: Reminder) -> None:
        """A message's total is what its client may pay, while all it was for is open."""
        if reminder.total <= 0 or not any(map(self._is_open, _listed(reminder))):
            return
        names = _covered(reminder)
        if names and all(map(self._is_open, names)):
            self._asked[reminder.client].append((reminder.total, names))
            self._amounts[reminder.total].add(tuple(sorted(names)))

    def _is_open(self, name: str) -> bool:
        standing = self._book.standings.get(name)
        return standing is not None and standing.status not in CLOSED

    def count(self, shares: Iterable[Share], on: date) -> None:
        """Take money into account that was confirmed and does not stand in the sheet yet."""
        self._owing.count(shares, on)

    def match(self, line: BankLine, bank: str) -> Match:
        """What a line of an account at `bank` (three digits, "" unknown) pays, or undoes."""
        payer = self._payers.of(line)
        if line.kind is LineKind.REVERSAL:
            return self._undone(line, payer)
        if line.kind is not LineKind.CREDIT or line.amount <= 0:
            return UNMATCHED
        return (
            self._by_txid(line)
            or self._by_our_number(line, bank)
            or self._by_memo(line, payer)
            or self._by_payer(line, payer)
            or self._by_amount_alone(line)
        )

    def split(self, names: Iterable[str], amount: Decimal, on: date) -> tuple[Share, ...]:
        """The amount over items: see `Owing.split`."""
        return self._owing.split(names, amount, on)

    def client_of_item(self, name: str) -> str | None:
        """Whose an item is; None of one that does not exist on this day."""
        standing = self._book.standings.get(name)
        return standing.client if standing else None

    # ---- by what only this item has

    def _by_txid(self, line: BankLine) -> Match | None:
        found = {
            (reference, number)
            for reference, number in _TXID.findall(f"{line.txid} {line.memo}".upper())
            if reference in self._references
        }
        if len(found) != 1:
            return None
        reference, number = found.pop()
        reminder = self._references[reference]
        if number:  # one instalment of a confirmation
            end = f"/{int(number)}"
            parts = [name for name in _listed(reminder) if name.endswith(end)]
            return self._named(parts[:1], line)
        names = _covered(reminder)
        match = self._named(names, line, {reminder.total})
        shares = self._as_asked(names, reminder, line)
        return replace(match, shares=shares) if match and shares else match

    def _by_our_number(self, line: BankLine, bank: str) -> Match | None:
        number = line.our_number.lstrip("0")
        banks = [bank] if bank else {of for of, each in self._numbers if each == number}
        names = {name for of in banks for name in self._numbers.get((of, number), ())}
        if not number or len(names) != 1:
            return None
        name = next(iter(names))
        added = line.interest + line.fee - line.discount - line.rebate
        full = self._book.standings[name].amount + added  # as the bank itself computed it
        return self._named([name], line, {full})

    def _named(
        self, names: Sequence[str], line: BankLine, expected: Iterable[Decimal] = ()
    ) -> Match | None:
        """Certain when the amount is what is owed, or the face, or as expected."""
        known = [name for name in names if name in self._book.standings]
        if not known:
            return None
        owed = sum((self._owing.at(name, line.posted_on) for name in known), ZERO)
        faces = sum((self._face(name) for name in known), ZERO)
        fits = line.amount in {owed, faces, *expected} and len(known) == len(names)
        return Match(
            client=self._book.standings[known[0]].client,
            shares=self.split(known, line.amount, line.posted_on),
            confidence=CERTAIN if fits and all(map(self._takes_money, known)) else NAMED,
        )

    def _takes_money(self, name: str) -> bool:
        """Whether money that names the item is certainly for it and is not known by hand."""
        status = self._book.standings[name].status
        if status is Status.PAID:
            return name not in self._by_hand
        return status not in CLOSED and status is not Status.PROBLEM

    def _as_asked(
        self, names: Sequence[str], reminder: Reminder, line: BankLine
    ) -> tuple[Share, ...]:
        """A message's total paid as it asked: each item gets what it owed on the message's day.

        What came in later plays no part, so that the order of files does not either.
        """
        if line.amount != reminder.total or len(names) < 2:
            return ()
        on = reminder.at.date()
        asked = {name: self._owing.asked(name, on) for name in names}
        if sum(asked.values(), ZERO) != reminder.total:
            return ()
        ordered = sorted((name for name in asked if asked[name]), key=self._owing.oldest)
        return tuple(Share(item=name, amount=asked[name]) for name in ordered)

    # ---- by what people write

    def _by_memo(self, line: BankLine, payer: Payer) -> Match | None:
        owed = self._named_in(f"{line.memo} {line.document} {line.company_use}", line.posted_on)
        owners = {name: self._book.standings[name].client for name in owed}
        if payer.clients & set(owners.values()):
            owed = {name: owes for name, owes in owed.items() if owners[name] in payer.clients}
        total = sum(owed.values(), ZERO)
        single = [n for n, owes in owed.items() if line.amount in {owes, self._face(n)}]
        fits = bool(owed) and (line.amount == total or len(single) == 1)
        if not fits:
            owed = {name: amount for name, amount in owed.items() if _is_telling(name)}
        clients = {owners[name] for name in owed}
        if not owed:
            return None
        if len(clients) != 1 or (payer.clients and clients.isdisjoint(payer.clients)):
            return Match(candidates=tuple(sorted(clients | payer.clients)))
        chosen = list(owed) if line.amount == total else (single[:1] if fits else list(owed))
        return Match(
            client=next(iter(clients)),
            shares=self.split(chosen, line.amount, line.posted_on),
            confidence=MEMO_AMOUNT if fits else MEMO,
        )

    def _named_in(self, text: str, on: date) -> dict[str, Decimal]:
        """Items whose whole number stands in a text, alone or as two or three words, if they owe.

        With what they owe on a day.
        """
        words = [fold(word) for word in _WORD.findall(text)]
        runs = (words[at : at + size] for size in (3, 2, 1) for at in range(len(words) - size + 1))
        found: dict[str, None] = {}
        for run in runs:
            names = self._items.get("".join(run), ())
            if len(names) == 1 and len("".join(run)) >= _SHORTEST_ID:
                found.update(dict.fromkeys(names))
        owed = {name: self._owing.at(name, on) for name in found}
        return {name: amount for name, amount in owed.items() if amount > 0}

    def _face(self, name: str) -> Decimal:
        return self._book.standings[name].amount

    # ---- by who paid

    def _by_payer(self, line: BankLine, payer: Payer) -> Match | None:
        client = payer.only
        if client is None:
            return Match(candidates=tuple(sorted(payer.clients))) if payer.clients else None
        day = self._owing.of_client(client, line.posted_on)
        if not day.owed:
            share = Share(item=None, amount=line.amount)
            return Match(client=client, shares=(share,), confidence=PAYER)
        single = day.fitting(line.amount)
        if single:  # of several alike the oldest
            one = PAYER_ONE if payer.by_tax_id else NAME_AMOUNT
            return self._of(client, single[:1], line, one if len(single) == 1 else PAYER)
        together = self._asked_together(client, line)
        if not together and line.amount == day.total:
            together = tuple(day.owed)
        if together:
            return self._of(client, together, line, PAYER_MORE if payer.by_tax_id else NAME_AMOUNT)
        one_sum = day.only_sum(line.amount)
        if one_sum:
            return self._of(client, one_sum, line, PAYER_SUM)
        return self._of(client, list(day.owed), line, PAYER)

    def _asked_together(self, client: str, line: BankLine) -> tuple[str, ...]:
        """What the latest message asked for with this total, or that owes it on the line's day."""
        for total, names in reversed(self._asked.get(client, ())):
            owed = [self._owing.at(name, line.posted_on) for name in names]
            if all(owed) and line.amount in {total, sum(owed, ZERO)}:
                return names
        return ()

    def _of(self, client: str, names: Sequence[str], line: BankLine, confidence: Decimal) -> Match:
        shares = self.split(names, line.amount, line.posted_on)
        return Match(client=client, shares=shares, confidence=confidence)

    def _by_amount_alone(self, line: BankLine) -> Match:
        sets = self._amounts.get(line.amount, set())
        if len(sets) > 1:
            return Match(candidates=self._owners_of(line.amount))
        for names in sets:
            if all(self._owing.at(name, line.posted_on) > 0 for name in names):
                client = self._book.standings[names[0]].client
                stranger = bool(line.payer or line.payer_tax_id)
                return self._of(client, names, line, STRANGER if stranger else AMOUNT)
        return UNMATCHED

    def _owners_of(self, amount: Decimal) -> tuple[str, ...]:
        """All who owe just this, the same object each time."""
        if amount not in self._owners:
            standings = self._book.standings
            names = (names[0] for names in self._amounts[amount])
            self._owners[amount] = tuple(sorted({standings[name].client for name in names}))
        return self._owners[amount]

    # ---- money that went back

    def _undone(self, line: BankLine, payer: Payer) -> Match:
        """A charge-back: the latest payment of this amount, the other way round."""
        found = self._reversals.of(line, payer.clients)
        if not found:
            return Match(client=payer.only, candidates=tuple(sorted(payer.clients)))
        shares = tuple(Share(item=part.receivable, amount=-part.amount) for part in found)
        confidence = PAYER_ONE if payer.only else AMOUNT
        return Match(client=found[0].client, shares=shares, confidence=confidence)


def _paid_by_hand(facts: Facts) -> frozenset[str]:
    """The items of which a person says that money came for them."""
    rows: list[Receivable | Instalment] = [*facts.receivables.values(), *facts.instalments.values()]
    marked = (row.id for row in rows if row.paid_on is not None)
    typed = (
        each.receivable
        for each in facts.payments
        if each.receivable and not (each.reference and LINE_ID.fullmatch(each.reference))
    )
    return frozenset([*marked, *typed])


def _listed(reminder: Reminder) -> tuple[str, ...]:
    return reminder.receivables or tuple(dict.fromkeys(key.invoice for key in reminder.keys))


def _covered(reminder: Reminder) -> tuple[str, ...]:
    """The items that the message's total was for: of those it listed, not always all."""
    listed = _listed(reminder)
    told = told_amounts([reminder], frozenset(listed), reminder.at.date())
    covered = next((each[0].covered for each in told.values()), frozenset(listed))
    return tuple(name for name in listed if name in covered)


def _is_telling(name: str) -> bool:
    """Whether a number stands in a text for nothing but itself."""
    has_letter = any(sign.isalpha() for sign in name)
    digits = sum(sign.isdigit() for sign in name)
    return digits >= _TELLING_DIGITS or (has_letter and digits > 0)
