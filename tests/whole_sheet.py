"""Whether the sheet tells the truth after a run: every figure recomputed from what people typed."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from tests.whole_book import Sight, Typed, day_of, money
from tests.whole_judge import Judge
from tests.whole_letters import Letter
from tests.whole_truth import SENDING, SENT, STATUSES, UNCERTAIN, ZERO, Broken, Invoice, Truth

CLOSED = {"paid", "void", "written_off"}
TOTAL_ROW = "Total"


def check(truth: Truth, judge: Judge, letters: Iterable[Letter], settled: set[str]) -> None:
    """Raise Broken for the first thing that the sheet says and that is not so.

    `letters` are those of this workbook that may have arrived; `settled` the references that the
    engine must know the end of (nothing died on the way).
    """
    sight = truth.sight
    for invoice in truth.invoices:
        _row(truth, invoice)
    _totals(truth, sight)
    _history(sight, letters, settled, judge)


def _row(truth: Truth, invoice: Invoice) -> None:
    row, status = invoice.row, truth.status(invoice)
    _is(row.get("status") in STATUSES[status], "status", (invoice, row.get("status"), status))
    if status == "problem":
        return
    days = None if status in {"void", "written_off"} else truth.days(invoice)
    _is(row.get("days_past_due") == days, "days", (invoice, row.get("days_past_due"), days))
    shown = [money(row.get(key)) for key in ("balance", "late_fee", "interest", "total_due")]
    if status in {"void", "written_off"}:
        _is(shown == [None] * 4, "balance", (invoice, shown))
        return
    owed = truth.owed(invoice)
    wanted = [owed.balance, owed.fee, owed.interest, owed.total]
    _is(shown == wanted, "balance", (invoice, shown, wanted))


def _totals(truth: Truth, sight: Sight) -> None:
    """Aging, clients and dashboard are sums of the rows that people see."""
    shown = _open_rows(truth)
    total = sum((money(row.get("balance")) or ZERO for row in shown), ZERO)
    late = [row for row in shown if (row.get("days_past_due") or 0) > 0]
    overdue = sum((money(row.get("balance")) or ZERO for row in late), ZERO)
    figures = sight.figures
    _is(money(figures["open_amount"]) == total, "total", ("dashboard", figures, total))
    _is(money(figures["overdue_amount"]) == overdue, "total", ("dashboard", figures, overdue))
    aging = {str(row["client"]): row for row in sight.rows("aging")}
    _is(money(aging[TOTAL_ROW]["total"]) == total, "total", ("aging", aging[TOTAL_ROW], total))
    for client, row in truth.debtors.items():
        mine = [r for r in shown if r.get("client") == client]
        open_ = sum((money(r.get("balance")) or ZERO for r in mine), ZERO)
        _is((money(row.get("open_balance")) or ZERO) == open_, "total", (row, open_))
        in_aging = money(aging.get(client, {}).get("total")) or ZERO
        _is(in_aging == open_, "total", ("aging", aging.get(client), open_))


def _open_rows(truth: Truth) -> list[Typed]:
    """Rows with a balance, each invoice once."""
    found: dict[Any, Typed] = {}
    for invoice in truth.invoices:
        key = invoice.id if invoice.id is not None else invoice.row["#"]
        found.setdefault(key, invoice.row)
    return list(found.values())


def _history(sight: Sight, letters: Iterable[Letter], settled: set[str], judge: Judge) -> None:
    """Each message has its row, with how it ended."""
    rows: dict[str, list[Typed]] = {}
    for row in sight.rows("history"):
        rows.setdefault(str(row.get("message_id")), []).append(row)
    stuck = [r for group in rows.values() for r in group if r.get("outcome") in SENDING]
    _is(not stuck, "history", ("nothing is on its way after a run", stuck))
    for letter in letters:
        if letter.reference in judge.freed:
            continue  # a person said that it did not arrive
        mine = rows.get(letter.message_id, [])
        _is(bool(mine), "history", ("no row", letter))
        ends = {str(row.get("outcome")) for row in mine}
        wanted = SENT if letter.reference in settled else SENT | UNCERTAIN
        _is(ends <= wanted, "history", (ends, letter))
        _is({str(row.get("client")) for row in mine} == {letter.client}, "history", (mine, letter))
        totals = {money(row.get("total")) for row in mine}
        _is(totals == {letter.total}, "history", (totals, letter))


def forgotten(truth: Truth, judge: Judge, letters_today: Iterable[str]) -> list[str]:
    """Clients to whom a first reminder was due in this run and who got none.

    Only plain cases: Automatic mode, nothing said so far about anything late, payments entered
    whole, no conversation, an e-mail step that asks nobody.
    """
    if truth.mode != "automatic" or truth.settings.get("payments_max_age") is not None:
        return []
    told = set(letters_today)
    return [
        client
        for client in truth.debtors
        if client not in told and not truth.silent(client) and _is_due(truth, judge, client)
    ]


def _is_due(truth: Truth, judge: Judge, client: str) -> bool:
    if not truth.addresses(client):
        return False
    if any(row.get("client") == client for row in truth.sight.rows("negotiations")):
        return False
    history = [row for row in truth.sight.rows("history") if row.get("client") == client]
    if any(row.get("outcome") in UNCERTAIN for row in history):
        return False  # that is for a person to settle
    mine = [i for i in truth.invoices if i.client == client]
    if any(i.paid_amount is not None for i in mine):
        return False
    said = {name for name, _ in judge.rungs}
    if any(i.id in said for i in mine):
        return False
    late = [i for i in mine if truth.status(i) == "overdue"]
    return bool(late) and all(_first_step_reached(truth, i) for i in late)


def _first_step_reached(truth: Truth, invoice: Invoice) -> bool:
    after = [s for s in truth.steps_of(truth.ladder(invoice)) if int(s["offset"]) > 0]
    if not after or invoice.due is None:
        return False
    first = after[0]
    plain = first.get("approval") is None and str(first.get("channel")) == "E-mail"
    days = truth.days(invoice)
    minimum = money(first.get("minimum")) or Decimal(0)
    return plain and int(first["offset"]) <= days <= 90 and minimum == 0


def reminders_of(sight: Sight, outcome: set[str]) -> list[tuple[str, date | None]]:
    """References in History with one of these outcomes, and their day."""
    return [
        (str(row.get("reference")), day_of(row.get("at")))
        for row in sight.rows("history")
        if row.get("outcome") in outcome
    ]


def _is(holds: bool, rule: str, what: object) -> None:
    if not holds:
        raise Broken(rule, what)
