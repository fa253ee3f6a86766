"""Whatever the order of files and hands, wherever a run dies: the same balances, each cent once.

Each property runs against mutants that break it, so that it can fail.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sync.bank.entered
import sync.receiving
import sync.rows.payments
import sync.waiting
from sync.bank.entered import Entered, Known
from sync.bank.owing import Owing, Share
from sync.domain.standing import Book
from sync.ledger_bank import LedgerBank, LineState
from sync.look import Look
from sync.receiving import BankSource
from sync.workbook import Change
from tests.bank_office import ASKED, OWED, Office, file_of, office, pix

A, B, C = ASKED
ZERO = Decimal(0)


@dataclass(frozen=True)
class Money:
    """Money that came: the bank's row, and how a person would enter it."""

    row: str
    by_hand: tuple[tuple[str | None, str], ...]
    on: str


MONEY = (
    Money(pix("03-21", "100", txid=A), (("F-1", "100"),), "03-21"),
    Money(pix("03-22", "250", txid=B), (("F-2", "200"), ("F-3", "50")), "03-22"),
    Money(pix("03-25", "100", txid=C), (("F-4", "100"),), "03-25"),
    Money(pix("03-31", "100", txid=C, memo="DE NOVO"), (), "03-31"),
    Money(pix("03-23", "70", payer="ANA COMERCIO"), (("F-5", "70"),), "03-23"),
    Money(pix("03-24", "9.99", payer="NINGUEM"), (), "03-24"),
)
CAME_IN = 100 + 250 + 100 + 100 + 70  # of these; who paid the rest nobody knows
Act: TypeAlias = tuple[str, tuple[int, ...]]


def balances(seen: Look) -> dict[str, Decimal]:
    """What each invoice still owes, and each client's cash without a debt."""
    owed = {name: each.charge.total_due for name, each in seen.book.standings.items()}
    return {**owed, **{f"+{name}": amount for name, amount in seen.book.unapplied.items()}}


def live(desk: Office, acts: Sequence[Act]) -> Look:
    """Files are read and payments entered, in this order; then all files, and a person agrees."""
    entered: set[int] = set()
    for what, which in acts:
        if what == "file":
            desk.take(file_of(*(MONEY[number].row for number in which)))
            continue
        for number in which:
            if number not in entered:
                entered.add(number)
                for name, amount in MONEY[number].by_hand:
                    desk.enter(name, MONEY[number].on, amount)
    desk.take(file_of(*(each.row for each in MONEY)))
    agree(desk)
    return desk.take()


def agree(desk: Office) -> None:
    """A person confirms what the rows say: an invoice, or that the money was entered."""
    for line, row in desk.lines().items():
        if row.get("receivable") or str(row.get("memo")).startswith("Já lançado"):
            desk.tick(line, "confirm")


numbers = st.lists(st.integers(0, len(MONEY) - 1), min_size=1, max_size=4, unique=True)
acts = st.lists(
    st.tuples(st.sampled_from(["file", "hand"]), numbers.map(tuple)), min_size=1, max_size=4
)


def check_order(first: Sequence[Act], order: Sequence[int]) -> None:
    """The acts in one order and in another lead to the same balances."""
    with office(trust_certain_matches=True) as one, office(trust_certain_matches=True) as other:
        before = live(one, first)
        after = live(other, [first[place] for place in order])
        assert balances(before) == balances(after)
        for seen in (before, after):
            assert sum(each.amount for each in seen.facts.payments) == CAME_IN


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_order_of_bank_files_and_manual_entries_leads_to_the_same_balances(data: Any) -> None:
    first = data.draw(acts)
    check_order(first, data.draw(st.permutations(range(len(first)))))


# ---- every cent


def spread(book: Book) -> Decimal:
    """All money that is applied to an invoice, and all that is not."""
    applied = sum(
        (
            part.to_interest + part.to_fee + part.to_principal
            for name in book.standings
            for part in book.memory(name).memory
        ),
        ZERO,
    )
    return applied + sum(book.unapplied.values(), ZERO)


amounts = st.decimals("0.01", "400", places=2).map(str) | st.sampled_from([*OWED.values(), "250"])
payers = st.sampled_from(["", "ANA COMERCIO", "BRUNO COMERCIO", "CARLA COMERCIO", "NINGUEM"])
rows = st.builds(
    lambda day, amount, payer, txid, memo: pix(
        f"03-{day}", amount, payer=payer, txid=txid, memo=memo
    ),
    st.integers(21, 30),
    amounts,
    payers,
    st.sampled_from(["", "", *ASKED]),
    st.sampled_from(["PIX RECEBIDO", "PAGTO F-2", "PAGTO F-1 F-5", "TED"]),
)


def check_cents(files: Sequence[Sequence[str]]) -> None:
    """Everything the bank told and a person confirmed is applied or unapplied, each cent once."""
    with office(late_fee=Decimal("0.02"), monthly_interest=Decimal("0.01")) as desk:
        for file in files:
            desk.take(file_of(*file))
            agree(desk)
            desk.take()
        seen = desk.take()
        told = {
            each.line: Decimal(each.data["amount"])
            for each in desk.ledger.bank.lines("book-1", LineState.RECORDED)
        }
        entered: dict[str, Decimal] = {}
        for payment in seen.facts.payments:
            entered[str(payment.reference)] = (
                entered.get(str(payment.reference), ZERO) + payment.amount
            )
        assert entered == told
        assert spread(seen.book) == sum(told.values(), ZERO)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(rows, min_size=1, max_size=5), min_size=1, max_size=2))
def test_payments_applied_and_unapplied_are_the_money_that_came_in(
    files: Sequence[Sequence[str]],
) -> None:
    check_cents(files)


# ---- a process that dies


class DiedError(BaseException):
    """The process ends here; nobody tidies up."""


def dying(patch: pytest.MonkeyPatch, place: object, name: str, *, after: bool) -> None:
    """The process dies just before or just after what this function does."""
    right = getattr(place, name)

    def dies(*args: Any, **more: Any) -> Any:
        if after:
            right(*args, **more)
        raise DiedError

    patch.setattr(place, name, dies)


POINTS: list[tuple[object, str, bool]] = [
    (LedgerBank, "add", False),
    (LedgerBank, "add", True),
    (LedgerBank, "settle", False),
    (LedgerBank, "settle", True),
    (BankSource, "changes", False),
    (BankSource, "written", False),
    (LedgerBank, "recorded", False),
    (LedgerBank, "recorded", True),
]


def check_death(point: tuple[object, str, bool], *, ledger_too: bool) -> None:
    """A run dies anywhere; the next ones end where one that lived would have ended."""
    text = file_of(*(each.row for each in MONEY))
    with office(trust_certain_matches=True) as lived, office(trust_certain_matches=True) as desk:
        lived.take(text)
        lived.take(text)
        with pytest.MonkeyPatch.context() as patch:
            place, name, after = point
            dying(patch, place, name, after=after)
            with pytest.raises(DiedError):
                desk.take(text)
        if ledger_too:
            desk.lose_the_ledger()
        desk.take(text)
        desk.take(text)
        assert desk.paid()
        assert sorted(map(str, desk.paid())) == sorted(map(str, lived.paid()))
        assert desk.lines().keys() == lived.lines().keys()
        assert balances(desk.look()) == balances(lived.look())
        assert desk.look().facts.waiting_money == lived.look().facts.waiting_money


@pytest.mark.parametrize("ledger_too", [False, True], ids=["ledger kept", "ledger lost"])
@pytest.mark.parametrize("point", POINTS, ids=lambda p: f"{'after' if p[2] else 'before'} {p[1]}")
def test_a_run_that_dies_anywhere_loses_and_repeats_no_money(
    point: tuple[object, str, bool], ledger_too: bool
) -> None:
    check_death(point, ledger_too=ledger_too)


def check_save_between() -> None:
    """Somebody saves between our read and our write: read again, and each payment once."""
    with office(trust_certain_matches=True) as desk:
        right, saves = desk.store.apply, iter([True, True])

        def busy(changes: Sequence[Change], revision: str) -> Any:
            if next(saves, False):
                desk.team.type("receivables", "F-5", "notes", "oi")
            return right(changes, revision)

        desk.store.apply = busy  # type: ignore[method-assign, assignment] # a person at the same time
        desk.take(file_of(MONEY[0].row, MONEY[1].row))
        assert [row[0] for row in desk.paid()] == ["F-1", "F-2", "F-3"]


def test_somebody_who_saves_meanwhile_makes_no_payment_twice() -> None:
    check_save_between()


# ---- the properties can fail


def _mutants() -> dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Callable[[], None]]]:
    """Wrong engines, and the check that must catch each."""

    def blind_to_hands(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Entered, "take", lambda *_: Known.NEW)
        no_repeats(patch)

    def no_repeats(patch: pytest.MonkeyPatch) -> None:
        keep = lambda read, *_: tuple(payment for payment, _row in read)  # noqa: E731
        patch.setattr(sync.rows.payments, "without_repeats", keep)

    def no_references(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(sync.receiving, "references", lambda _: frozenset())
        patch.setattr(sync.waiting, "references", lambda _: frozenset())

    def forgets_to_record(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(LedgerBank, "lines", lambda *_a, **_b: ())

    def loses_the_rest(patch: pytest.MonkeyPatch) -> None:
        right = Owing.split

        def wrong(self: Owing, names: Any, amount: Any, on: Any) -> tuple[Share, ...]:
            return tuple(share for share in right(self, names, amount, on) if share.item)

        patch.setattr(Owing, "split", wrong)

    before_and_after: list[Act] = [("file", (0,)), ("hand", (0,))]
    reverse = [1, 0]
    at_written = (BankSource, "written", False)
    over = [[pix("03-21", "500", payer="BRUNO COMERCIO")]]
    return {
        "blind to what was entered, before or after": (
            blind_to_hands,
            lambda: check_order([("hand", (1,)), ("file", (1,))], reverse),
        ),
        "blind to what is entered after": (
            no_repeats,
            lambda: check_order(before_and_after, reverse),
        ),
        "blind to references": (no_references, lambda: check_death(at_written, ledger_too=True)),
        "lines that vanish": (forgets_to_record, lambda: check_death(POINTS[1], ledger_too=False)),
        "the rest of a payment lost": (loses_the_rest, lambda: check_cents(over)),
    }


@pytest.mark.parametrize("name", _mutants())
def test_each_property_catches_who_breaks_it(name: str) -> None:
    breaks, check = _mutants()[name]
    check()  # the engine as it is
    with pytest.MonkeyPatch.context() as patch:
        breaks(patch)
        with pytest.raises(AssertionError):
            check()
