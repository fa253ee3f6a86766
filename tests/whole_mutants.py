"""Wrong engines: each breaks one promise of a whole run, and the judges must notice.

`breaks` are the rules that may catch it; any of them will do, for one wrong thing shows in many.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

import sync.claims
import sync.rows.clients
import sync.run
import sync.views.aging
import sync.watch
from sync import views
from sync.domain import (
    approval,
    charges,
    client_day,
    dunning,
    gates,
    plainly_paid,
    standing,
)
from sync.domain.decisions import Reason, Status
from sync.ledger import Ledger, Recovered
from sync.message_states import State, union
from sync.report import RunReport
from sync.stores.memory import MemoryStore, _Sheet
from sync.views import engine_columns
from sync.views.history import history
from sync.workbook import AppendRows, Applied, Change, Conflict, SetCells, Snapshot
from tests.whole_days import RIVALS, Chances

Patch = pytest.MonkeyPatch


USUAL = Chances(act=0.12, death=0.02)
# A story in which a mutant was caught that most stories do not catch. It is told first, which saves
# time and nothing else: when the engine changes, others may be the first.
_CAUGHT_IN = {
    "never recovers": 1,
    "decides the uncertain afresh": 7,
    "forgets History": 4,
    "commits after the body": 7,
    "does not mend History": 2,
    "does not read again before sending": 2,
    "ignores the gap": 17,
    "sends on Sundays": 2,
    "sends at night": 2,
    "sends on stale data": 3,
    "overlooks disputes": 2,
    "overlooks holds": 2,
    "overlooks promises": 1,
    "overlooks do-not-contact, and holds of clients": 17,
    "overlooks the client's wrong rows": 2,
    "does not say who asks": 8,
    "writes to an old address": 3,
    "reckons in months of 29 days": 3,
    "asks nobody": 1,
    "forgets a client": 9,
    "loses a client in aging": 1,
}


@dataclass(frozen=True)
class Mutant:
    """A name, the rules that catch it, and how it is put in."""

    name: str
    breaks: tuple[str, ...]
    apply: Callable[[Patch], None]
    chances: Chances = USUAL

    @property
    def seed(self) -> int:
        """The story to begin with."""
        return _CAUGHT_IN.get(self.name, 0)


def _set(target: Any, name: str, value: Any) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(target, name, value)


# Claims and the two records.


def _no_claims_in_the_sheet(patch: Patch) -> None:
    patch.setattr(sync.run, "claimed_rows", lambda *_: AppendRows(tab="history", rows=()))


def _never_recovers(patch: Patch) -> None:
    patch.setattr(Ledger, "recover", lambda *_: Recovered())


def _frees_the_uncertain(patch: Patch) -> None:
    def recover(ledger: Ledger, workbook: str) -> Recovered:
        found = right(ledger, workbook)
        with ledger.writing() as connection:
            for reference in found.uncertain:
                ledger._move(connection, reference, State.PLANNED)
                ledger._move(connection, reference, State.CANCELLED)
        return found

    right = Ledger.recover
    patch.setattr(Ledger, "recover", recover)


REFUSED = "the ledger refused a reference that it has"


def _forgets_the_ledger(patch: Patch) -> None:
    patch.setattr("sync.look.union", lambda history, _, told: union(history, (), told))


def _forgets_history(patch: Patch) -> None:
    patch.setattr("sync.look.union", lambda _, ledger, told: union((), ledger, told))


def _commits_after_the_body(patch: Patch) -> None:
    """The ledger's word comes only with the server's."""
    begin, finish = Ledger.begin_sending, Ledger.finish

    def late(ledger: Ledger, reference: str, state: State, reply: str = "") -> State:
        begin(ledger, reference)
        return finish(ledger, reference, state, reply)

    def not_yet(ledger: Ledger, reference: str) -> bool:
        return ledger.state(reference) is State.PLANNED

    patch.setattr(Ledger, "begin_sending", not_yet)
    patch.setattr(Ledger, "finish", late)


def _names_letters_alike(patch: Patch) -> None:
    """The same decision has the same reference, whoever makes it."""
    right = sync.run._Run._desk
    patch.setattr(sync.run._Run, "_desk", lambda *given: replace(right(*given), run=""))


def _keeps_withdrawn_claims(patch: Patch) -> None:
    patch.setattr(sync.claims.Clerk, "withdraw", lambda *_: None)


def _never_restores_history(patch: Patch) -> None:
    def only_outcomes(*given: Any) -> list[Change]:
        return [change for change in history(*given) if not isinstance(change, AppendRows)]

    patch.setattr("sync.views.recording.history", only_outcomes)


def _runs_copies(patch: Patch) -> None:
    patch.setattr(sync.run, "check_place", lambda *_, **__: None)


# Stale data.


def _does_not_read_again(patch: Patch) -> None:
    patch.setattr(sync.watch.Watch, "why_not", lambda *_: None)


def _ignores_conflicts(patch: Patch) -> None:
    right = MemoryStore.apply

    def apply(store: MemoryStore, changes: Sequence[Change], _: str) -> Applied | Conflict:
        return right(store, changes, store.revision())

    patch.setattr(MemoryStore, "apply", apply)


def _writes_by_old_row_numbers(patch: Patch) -> None:
    """Rows stand where they stood when the run began."""
    read, apply = MemoryStore.read, MemoryStore.apply
    places: dict[tuple[str, str], int] = {}

    def remember(store: MemoryStore) -> Snapshot:
        snapshot = read(store)
        for key in ("receivables", "clients"):
            tab, column = snapshot.tabs[key], {"receivables": "id"}.get(key, "client")
            places.update({(key, str(tab.value(row, column))): row.number for row in tab.rows})
        return snapshot

    def stale(store: MemoryStore, changes: Sequence[Change], _: str) -> Applied | Conflict:
        found = [
            replace(c, row=places.get((c.tab, c.row), c.row))
            if isinstance(c, SetCells) and isinstance(c.row, str)
            else c
            for c in changes
        ]
        return apply(store, found, store.revision())

    patch.setattr(MemoryStore, "read", remember)
    patch.setattr(MemoryStore, "apply", stale)


def _drops_what_was_not_applied(patch: Patch) -> None:
    """A conflict at the last write is taken for done."""

    def record(run: Any, report: RunReport, claims: Any, seen: Any, revision: str) -> RunReport:
        snapshot = seen.snapshot
        now_seen = run._look_again(seen, None, replace(snapshot, revision=revision))
        view = run._view(report, claims, now_seen)
        run.engine.store.apply(views.record(view), revision)
        return report

    patch.setattr(sync.run._Run, "_record", record)


# People's cells.


def _writes_into_notes(patch: Patch) -> None:
    right = _Sheet.set

    def too_much(sheet: _Sheet, at: int, column: str, value: Any) -> bool:
        if column == "status" and "notes" in sheet.columns:
            right(sheet, at, "notes", "seen by the engine")
        return right(sheet, at, column, value)

    patch.setattr(_Sheet, "set", too_much)


def _sorts_rows(patch: Patch) -> None:
    right = MemoryStore.apply

    def tidy(store: MemoryStore, changes: Sequence[Change], expected: str) -> Applied | Conflict:
        result = right(store, changes, expected)
        store._sheets["receivables"].rows.sort(key=str)
        store._sheets["receivables"]._by_key = None
        return result

    patch.setattr(MemoryStore, "apply", tidy)


# Decisions.


def _without(reason: Reason) -> Callable[[Patch], None]:
    def hold(*given: Any, **named: Any) -> Reason | None:
        found = gates.hold_of_draft(*given, **named)
        return None if found is reason else found

    return _set(approval, "hold_of_draft", hold)


def _no_hold_of(status: Status) -> Callable[[Patch], None]:
    right = standing._Judge._held

    def held(*given: Any) -> Status | None:
        found = right(*given)
        return None if found is status else found

    return _set(standing._Judge, "_held", held)


def _not_for_clients(*reasons: Reason) -> Callable[[Patch], None]:
    def hold(day: Any, client: str) -> Reason | None:
        found = gates.hold_of_client(day, client)
        return None if found in reasons else found

    return _set(client_day, "hold_of_client", hold)


def _holds_nobody_for_rows(patch: Patch) -> None:
    """Both gates look at what the reading holds; it holds nobody."""
    patch.setattr("sync.rows._held", lambda _findings, _facts: {})


def _remembers_addresses(patch: Patch) -> None:
    """The address that a client had when it was first read."""
    right = sync.rows.clients._client
    first: dict[str, tuple[str, ...]] = {}

    def client(reader: Any, name: str, policies: Any) -> Any:
        found = right(reader, name, policies)
        known = first.setdefault(name, found.emails) or found.emails
        return replace(found, emails=known)

    patch.setattr(sync.rows.clients, "_client", client)


def _ignores_skips(patch: Patch) -> None:
    patch.setattr(dunning, "settled_by_people", lambda *_: None)


def _forgets_a_client(patch: Patch) -> None:
    right = sync.claims.first_state

    def state(decision: Any) -> Any:
        return None if decision.client == "Ana" else right(decision)

    patch.setattr(sync.claims, "first_state", state)


# The sheet.


def _leaves_amounts_alone(patch: Patch) -> None:
    patch.setattr(engine_columns, "_amounts", lambda _: (None, None, None, None))


def _counts_days_from_the_effective_date(patch: Patch) -> None:
    def late(_due: Any, effective: Any, on: Any) -> int:
        return max(int((on - effective).days), 0)

    patch.setattr(standing, "days_late", late)
    if hasattr(plainly_paid, "days_late"):
        patch.setattr(plainly_paid, "days_late", late)


def _loses_a_client_in_aging(patch: Patch) -> None:
    right = sync.views.aging._amounts

    def amounts(name: str, given: Any) -> Any:
        row = right(name, given)
        return {**row, "total": 0} if name == "Caio" else row

    patch.setattr(sync.views.aging, "_amounts", amounts)


MUTANTS: tuple[Mutant, ...] = (
    Mutant("claims stand in the ledger only", ("claim", "twice"), _no_claims_in_the_sheet),
    Mutant(
        "never recovers",
        ("history", "forgotten", "unclaimed"),
        _never_recovers,
        Chances(act=0.03, death=0.06),
    ),
    Mutant(
        "decides the uncertain afresh",
        ("twice", "gap", "history"),
        _frees_the_uncertain,
        Chances(act=0.03, death=0.08),
    ),
    Mutant(
        "forgets the ledger",
        ("twice", "gap", "lower_step", "history", REFUSED),
        _forgets_the_ledger,
    ),
    Mutant("forgets History", ("twice", "gap", "lower_step", "history"), _forgets_history),
    Mutant(
        "commits after the body",
        ("twice", "gap", "history"),
        _commits_after_the_body,
        Chances(act=0.03, death=0.08),
    ),
    Mutant(
        "calls its letters what the other computer calls them",
        ("twice", "gap"),
        _names_letters_alike,
        RIVALS,
    ),
    Mutant("keeps claims that it withdrew", ("unclaimed", "history"), _keeps_withdrawn_claims),
    Mutant("does not mend History", ("history",), _never_restores_history),
    Mutant("runs a copy", ("copy",), _runs_copies),
    Mutant(
        "does not read again before sending",
        ("paid", "disputed", "on_hold", "amount", "address", "promised", "void", "bad_row",
         "problem", "client", "unknown_invoice", "claim", "mode", "do_not_contact", "identity",
         "written_off", "courtesy_when_late", "skipped", "approval"),
        _does_not_read_again,
        Chances(act=0.4, death=0.0),
    ),
    Mutant(
        "writes although somebody saved",
        ("paid", "disputed", "on_hold", "amount", "address", "promised", "void", "status",
         "balance", "claim", "mode", "bad_row", "days", "total", "unknown_invoice", "problem",
         "history", "client"),
        _ignores_conflicts,
        Chances(act=0.4, death=0.0),
    ),
    Mutant(
        "writes by old row numbers",
        ("status", "balance", "days", "total", "cells"),
        _writes_by_old_row_numbers,
        Chances(act=0.3, death=0.0),
    ),
    Mutant(
        "takes a conflict for done",
        ("status", "balance", "days", "history", "total"),
        _drops_what_was_not_applied,
        Chances(act=0.3, death=0.0),
    ),
    Mutant("writes into a column of theirs", ("cells",), _writes_into_notes),
    Mutant("sorts their rows", ("cells",), _sorts_rows),
    Mutant("ignores the gap", ("gap",), _set(gates, "gap_ends", lambda *_: None)),
    Mutant("sends on Sundays", ("business_day",), _without(Reason.NON_BUSINESS_DAY)),
    Mutant(
        "sends at night",
        ("window",),
        _set(approval, "is_outside_window", lambda _: False),
    ),
    Mutant("sends on stale data", ("stale",), _without(Reason.PAYMENTS_STALE)),
    Mutant("overlooks disputes", ("disputed", "status"), _no_hold_of(Status.DISPUTED)),
    Mutant("overlooks holds", ("on_hold", "status"), _no_hold_of(Status.ON_HOLD)),
    Mutant("overlooks promises", ("promised", "status"), _no_hold_of(Status.PROMISED)),
    Mutant(
        "overlooks do-not-contact, and holds of clients",
        ("do_not_contact", "on_hold"),
        _not_for_clients(Reason.DO_NOT_CONTACT, Reason.ON_HOLD),
    ),
    Mutant(
        "overlooks the client's wrong rows",
        ("bad_row", "problem"),
        _holds_nobody_for_rows,
    ),
    Mutant(
        "does not say who asks",
        ("identity", "unclaimed"),  # the letters refuse too: no creditor, no letter
        _not_for_clients(Reason.UNKNOWN_IDENTITY),
    ),
    Mutant("writes to an old address", ("address",), _remembers_addresses),
    Mutant(
        "reckons in months of 29 days",
        ("amount", "balance"),
        _set(charges, "MONTH_DAYS", 29),
    ),
    Mutant("ignores skips", ("skipped",), _ignores_skips),
    Mutant(
        "asks nobody",
        ("approval", "mode"),
        _set(approval, "_waits_for", lambda *_, **__: None),
    ),
    Mutant("forgets a client", ("forgotten",), _forgets_a_client),
    Mutant("leaves amounts as they are", ("balance",), _leaves_amounts_alone),
    Mutant("counts from the effective date", ("days",), _counts_days_from_the_effective_date),
    Mutant("loses a client in aging", ("total",), _loses_a_client_in_aging),
)  # fmt: skip
