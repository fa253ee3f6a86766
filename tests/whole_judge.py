"""The judge of whole runs: remembers every letter that ever reached an address.

`Judge.letter` says what is wrong with one that is about to leave, by rule, from the workbook as it
stands at that moment (`whole_truth`), from what left before, and from what people ticked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.whole_book import Sight, Typed, day_of
from tests.whole_letters import Letter
from tests.whole_truth import (
    DAY,
    PROMISE_BROKEN,
    YES,
    ZERO,
    Broken,
    Invoice,
    Truth,
    effective,
    is_business,
)

ASKS_AFTER = 90  # days late beyond which the first message about an item needs a person's word


@dataclass
class Rung:
    """One step that was taken about an invoice with a due date."""

    offset: int
    day: date
    reference: str


@dataclass
class Tick:
    """What a person chose on the queue, with what the queue showed then."""

    kind: str
    client: str
    step: str
    to: frozenset[str]
    shown: Mapping[str, tuple[date | None, Decimal]]
    shown_on: date

    def showed_as_due(self, due: date, offset: int) -> bool:
        """Whether a step was due by the next business day, which is as far as a row looks."""
        return offset <= 0 or effective(self.shown_on + DAY) >= due + offset * DAY


class Judge:
    """Remembers what reached people and what people chose, and judges each letter and each run."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []  # what may have arrived, in order
        self.rungs: dict[tuple[str, date], list[Rung]] = {}
        self.ticks: list[Tick] = []
        self.claims: dict[str, tuple[tuple[str, date, int], ...]] = {}
        self.unsure: set[str] = set()
        self.freed: set[str] = set()  # of which a person said: send it again

    # A letter about to leave, judged by the workbook as it stands at that moment.

    def letter(self, letter: Letter, truth: Truth) -> None:
        self._when_and_to_whom(letter, truth)
        if letter.reference not in self.claims:
            raise Broken("claim", letter)
        keys = self.claims[letter.reference]
        for name in letter.invoices:
            self._item(letter, truth, name)
        self._amounts(letter, truth)
        self._once(letter, truth, keys)
        self._gap(letter, truth)
        self._asked(letter, truth)

    def _when_and_to_whom(self, letter: Letter, truth: Truth) -> None:
        _require(is_business(letter.day), "business_day", letter.at)
        _require(8 <= letter.at.hour < 18, "window", letter.at)
        why = truth.silent(letter.client)
        _require(not why, why, letter)
        _require(letter.to == truth.addresses(letter.client), "address", letter)
        _require(letter.cc <= truth.addresses(letter.client, "cc"), "address", letter)
        own = truth.debtors[letter.client].get("language") or truth.language
        _require(letter.language == own, "language", letter)

    def _item(self, letter: Letter, truth: Truth, name: str) -> None:
        invoice = truth.by_id.get(name)
        if invoice is None:
            raise Broken("unknown_invoice", name)
        _require(invoice.client == letter.client, "client", invoice)
        status = truth.status(invoice)
        _require(status in {"not_due", "due_today", "overdue"}, status, invoice)
        if letter.offset > 0:
            stale = status == "overdue" and truth.is_stale(invoice)
            _require(not stale or self._vouched(letter, truth), "stale", invoice)
        else:
            _require(status != "overdue", "courtesy_when_late", invoice)

    def _vouched(self, letter: Letter, truth: Truth) -> bool:
        return any(self._covers(tick, letter, truth) for tick in self.ticks)

    def _amounts(self, letter: Letter, truth: Truth) -> None:
        owed = {name: truth.owed(truth.by_id[name]).total for name in letter.invoices}
        for name, amount in letter.amounts.items():
            _require(amount == owed[name], "amount", (letter, name, owed[name]))
        late = [n for n in owed if truth.is_late(truth.by_id[n])]
        names = late if letter.offset > 0 else [k[0] for k in self.claims[letter.reference]]
        total = sum((owed[name] for name in names), ZERO)
        _require(letter.total == total, "amount", (letter, total))

    def _once(self, letter: Letter, truth: Truth, keys: Sequence[tuple[str, date, int]]) -> None:
        """Each rung once; never one at or below what was said already, repeats aside."""
        _require(bool(keys), "claim", letter)
        _require(max(offset for _, _, offset in keys) == letter.offset, "claim", (keys, letter))
        _require({name for name, _, _ in keys} <= set(letter.invoices), "claim", (keys, letter))
        if len(letter.invoices) == 1:
            invoice = truth.by_id[letter.invoices[0]]
            told = [(invoice.id, invoice.due, letter.offset)]
            _require(list(keys) == told, "claim", (keys, told))
        for name, due, offset in keys:
            _require(truth.by_id[name].due == due, "claim", (keys, letter))
            said = self.rungs.get((name, due), [])
            _require(not any(rung.day == letter.day for rung in said), "twice", (name, letter))
            again = [rung for rung in said if rung.offset == offset]
            allowed = self._repeats(truth, truth.by_id[name], offset)
            _require(len(again) <= allowed, "twice", (letter, name, said))
            if offset == PROMISE_BROKEN:
                continue
            higher = [r for r in said if offset < r.offset < PROMISE_BROKEN]
            _require(not higher, "lower_step", (letter, said))
            days = (letter.day - due).days
            _require(offset <= 0 or days >= offset, "reached", (letter, name, days))
        _require(self._has_news(letter, truth), "twice", letter)

    def _repeats(self, truth: Truth, invoice: Invoice, offset: int) -> int:
        """How often a step may go once more: by the ladder, or once for each broken promise."""
        if offset == PROMISE_BROKEN:
            return len(truth.promises(invoice)) - 1
        steps = truth.steps_of(truth.ladder(invoice))
        mine = [row for row in steps if int(row["offset"]) == offset]
        return int(mine[0].get("repeat_max") or 0) if mine else 0

    def _has_news(self, letter: Letter, truth: Truth) -> bool:
        """By the letters alone, whatever keys say: each can be about an item's own step.

        An invoice with a due date can be the reason of one letter of each step (and of its
        repeats). When letters outnumber their possible reasons, one said nothing new.
        """
        same = [x for x in self.letters if (x.client, x.offset) == (letter.client, letter.offset)]
        same = [x for x in same if x.reference not in self.freed]
        reasons = [self._reasons(x, truth) for x in (*same, letter)]
        return _all_matched(reasons)

    def _reasons(self, letter: Letter, truth: Truth) -> list[tuple[str, int]]:
        found = []
        for name in letter.invoices:
            invoice = truth.by_id.get(name)
            repeats = self._repeats(truth, invoice, letter.offset) if invoice else 9
            dues = {due for named, due in self.rungs if named == name}
            dues |= {invoice.due} if invoice and invoice.due else set()
            found += [(f"{name} {due}", n) for due in dues for n in range(repeats + 1)]
        return found

    def _gap(self, letter: Letter, truth: Truth) -> None:
        if letter.offset <= 0:
            return
        gap = timedelta(days=int(truth.settings.get("contact_gap") or 0))
        for old in self.letters:
            if old.client == letter.client and old.offset > 0 and old.reference not in self.freed:
                _require(letter.day >= old.day + gap, "gap", (old, letter))

    def _asked(self, letter: Letter, truth: Truth) -> None:
        _require(truth.mode in {"automatic", "approval"}, "mode", letter)
        keys = self.claims[letter.reference]
        needed = truth.mode == "approval"
        for name, _, offset in keys:
            steps = truth.steps_of(truth.ladder(truth.by_id[name]))
            needed |= any(s.get("approval") in YES for s in steps if int(s["offset"]) == offset)
        for name in letter.invoices:
            invoice = truth.by_id[name]
            assert invoice.due is not None
            told = any(rung.offset > 0 for rung in self.rungs.get((name, invoice.due), []))
            needed |= not told and truth.days(invoice) > ASKS_AFTER
        _require(not needed or self._vouched(letter, truth), "approval", letter)

    def _covers(self, tick: Tick, letter: Letter, truth: Truth) -> bool:
        step = self._step_name(letter, truth)
        if (tick.kind, tick.client, tick.to) != ("approve", letter.client, letter.to):
            return False
        if step is not None and tick.step != step:
            return False
        for name in letter.invoices:
            due, principal = tick.shown.get(name, (None, ZERO))
            invoice = truth.by_id[name]
            if invoice.due != due or truth.owed(invoice).balance > principal:
                return False
        return True

    def _step_name(self, letter: Letter, truth: Truth) -> str | None:
        """What the step is called now, by the policy of the item that chose the letter."""
        top = [k for k in self.claims[letter.reference] if k[2] == letter.offset]
        names = [
            str(step["step"])
            for name, _, offset in top
            for step in truth.steps_of(truth.ladder(truth.by_id[name]))
            if int(step["offset"]) == offset
        ]
        return names[0] if names else None

    # What became of it.

    def left(self, letter: Letter) -> None:
        """It may have arrived."""
        self.letters.append(letter)
        for name, due, offset in self.claims[letter.reference]:
            rung = Rung(offset, letter.day, letter.reference)
            self.rungs.setdefault((name, due), []).append(rung)

    def references(self) -> set[str]:
        """Of all that used up a step: letters, and what people skipped or did by hand."""
        by_hand = {rung.reference for rungs in self.rungs.values() for rung in rungs}
        return by_hand | {letter.reference for letter in self.letters}

    def may_go_again(self, reference: str) -> None:
        """A person said of an uncertain message: send it again."""
        self.freed.add(reference)
        for rungs in self.rungs.values():
            rungs[:] = [rung for rung in rungs if rung.reference != reference]

    def is_said_to_have_arrived(self, reference: str, day: date) -> None:
        """A person's word on an uncertain message, which may never have left: it counts as said."""
        known = {rung.reference for rungs in self.rungs.values() for rung in rungs}
        if reference not in known:
            for name, due, offset in self.claims[reference]:
                self.rungs.setdefault((name, due), []).append(Rung(offset, day, reference))

    def claimed(self, sight: Sight) -> None:
        """Learn the claims that stand in History."""
        for row in sight.rows("history"):
            keys, reference = row.get("keys"), row.get("reference")
            if not keys or not reference:
                continue
            self.claims[str(reference)] = tuple(_keys(str(keys)))
            if not row.get("message_id"):
                self._taken_by_hand(row)

    def _taken_by_hand(self, row: Typed) -> None:
        """A step that a person skipped or did is used up as well."""
        reference, at = str(row["reference"]), day_of(row.get("at"))
        known = {rung.reference for rungs in self.rungs.values() for rung in rungs}
        if at is not None and reference not in known:
            for name, due, offset in self.claims[reference]:
                self.rungs.setdefault((name, due), []).append(Rung(offset, at, reference))


def _keys(text: str) -> Iterator[tuple[str, date, int]]:
    for key in text.split(";"):
        invoice, due, _policy, step, offset, _occurrence = key.split("|")
        rung = PROMISE_BROKEN if step == "promise_broken" else int(offset)
        yield invoice, date.fromisoformat(due), rung


def _all_matched(wishes: Sequence[Sequence[tuple[str, int]]]) -> bool:
    """Whether each can have one of its wishes, no two the same (augmenting paths)."""
    taken: dict[tuple[str, int], int] = {}

    def give(number: int, seen: set[tuple[str, int]]) -> bool:
        for wish in wishes[number]:
            if wish in seen:
                continue
            seen.add(wish)
            if wish not in taken or give(taken[wish], seen):
                taken[wish] = number
                return True
        return False

    return all(give(number, set()) for number in range(len(wishes)))


def _require(holds: bool, rule: str, what: object) -> None:
    if not holds:
        raise Broken(rule, what)
