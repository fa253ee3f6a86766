"""The receivables tab: the largest by far, so a clean row is read by a path of its own.

Years of invoices stand in it and nearly every row is clean: a quick reader takes those, and
whatever is unusual in any way goes to `_careful`. A test holds the two to the same answers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sync.domain.boleto import read_boleto
from sync.domain.facts import Cancelled, Receivable
from sync.key_text import folded_id, folded_name, key_text, splits_lists
from sync.rows.cells import is_blank
from sync.rows.clients import ClientBook, read_policy
from sync.rows.dates import read_date
from sync.rows.findings import Findings, RowReader
from sync.rows.lists import read_code, read_flag
from sync.rows.payment_codes import code_fault
from sync.rows.quick import Clean, clean, known, own_word, picker, plain_amount, plain_text
from sync.workbook import Row, Tab

_COLUMNS = [
    "id",
    "client",
    "description",
    "issued_on",
    "due_on",
    "amount",
    "method",
    "payment_code",
    "paid_on",
    "paid_amount",
    "disputed",
    "hold_until",
    "delay_reason",
    "policy",
    "cancelled",
]


@dataclass(slots=True)
class Invoices:
    """What the tab has: the receivables that could be read, and whose the others are.

    `unreadable` maps the id of a row that makes no receivable to its client, if that is known.
    """

    receivables: dict[str, Receivable] = field(default_factory=dict)
    unreadable: dict[str, str | None] = field(default_factory=dict)
    _folded: dict[str, str] | None = None

    def find(self, text: str) -> str | None:
        """The id that a person means: as typed, or with other case or blanks."""
        if text in self.receivables or text in self.unreadable:
            return text
        if self._folded is None:
            ids = (*self.unreadable, *self.receivables)
            self._folded = {folded_id(id_): id_ for id_ in ids}
        return self._folded.get(folded_id(text))

    def owner(self, id_: str) -> str | None:
        """The client of an invoice."""
        receivable = self.receivables.get(id_)
        return receivable.client if receivable else self.unreadable.get(id_)


def read_receivables(
    tab: Tab | None, book: ClientBook, policies: Mapping[str, str], findings: Findings
) -> Invoices:
    """All rows, in the tab's order. Of two rows with one id the first makes the receivable."""
    invoices = Invoices()
    if tab is None:
        return invoices
    quick = _quick_reader(tab, book, policies, findings)
    seen: dict[str, Row] = {}
    told: set[str] = set()
    receivables = invoices.receivables
    for row in tab.rows:
        receivable = quick(row)
        id_: str | None
        if receivable is not None:
            id_ = receivable.id
        else:
            reader = RowReader(findings, tab, row)
            if reader.is_empty:
                continue
            id_, receivable = _careful(reader, book, policies)
        if id_ is None:
            continue
        key = folded_id(id_)
        first = seen.setdefault(key, row)
        if first is not row:
            _clash(findings, tab, book, (first, row), told_first=key in told)
            told.add(key)
        if receivable is not None:
            receivables.setdefault(id_, receivable)
        elif id_ not in receivables:
            invoices.unreadable.setdefault(id_, reader.client)
    _check_shared_codes(findings, tab, receivables, seen)
    return invoices


def _check_shared_codes(
    findings: Findings, tab: Tab, receivables: Mapping[str, Receivable], rows: Mapping[str, Row]
) -> None:
    """Report unpaid invoices with one boleto of fixed amount and date: it is of one of them."""
    first: dict[str, Receivable] = {}
    told: set[str] = set()
    for each in receivables.values():
        if each.payment_code is None or each.paid_on is not None or each.cancelled is not None:
            continue
        boleto = read_boleto(each.payment_code)
        if boleto is None or boleto.amount is None or not boleto.factor:
            continue
        other = first.setdefault(boleto.barcode, each)
        if other is each:
            continue
        for one, another in ((other, each), (each, other)):
            if one.id not in told:
                told.add(one.id)
                reader = RowReader(findings, tab, rows[folded_id(one.id)])
                reader.client = one.client
                findings.problem_ids.add(one.id)
                number = rows[folded_id(another.id)].number
                reader.report("shared_payment_code", "payment_code", other_row=number)


def _quick_reader(
    tab: Tab, book: ClientBook, policies: Mapping[str, str], findings: Findings
) -> Callable[[Row], Receivable | None]:
    """A function that reads a row in which nothing is unusual, and answers None for all others."""
    today, memory = findings.today, _Memory(book, policies, findings)
    clients, dates, methods, reasons = memory.clients, memory.dates, memory.methods, memory.reasons
    flags, ladders, ends = memory.flags, memory.ladders, memory.ends
    pick = picker(tab, _COLUMNS)

    def quick(row: Row) -> Receivable | None:
        (id_, client_, about, issued, due, amount_, method, code, paid, received, disputed, hold,
         reason, policy, cancelled) = pick(row.values)  # fmt: skip
        try:
            client, due_on, amount = clients[client_], dates[due], plain_amount(amount_)
            id_ = plain_text(id_) if type(id_) is str else key_text(id_)
            if not id_ or splits_lists(id_) or client is None or due_on is None or amount is None:
                return None
            receivable = Receivable(
                id=id_,
                client=client,
                due_on=due_on,
                amount=amount,
                description=plain_text(about),
                issued_on=dates[issued],
                method=methods[method],
                payment_code=None if code is None else plain_text(code),
                paid_on=dates[paid],
                paid_amount=None if received is None else plain_amount(received),
                disputed=bool(flags[disputed]),
                hold_until=dates[hold],
                delay_reason=reasons[reason],
                policy=ladders[policy],
                cancelled=ends[cancelled],
            )
        except KeyError:
            return None
        return receivable if _usual(receivable, today) else None

    return quick


class _Memory:
    """What each distinct clean cell of a column means."""

    def __init__(self, book: ClientBook, policies: Mapping[str, str], findings: Findings) -> None:
        language = findings.language
        self.dates = Clean(lambda cell: clean(read_date(cell, language)))
        self.clients = Clean(lambda cell: known(book.named(plain_text(cell))))
        self.methods = Clean(
            lambda cell: own_word(findings, "receivables", "method", "method", cell)
        )
        self.reasons = Clean(
            lambda cell: own_word(findings, "receivables", "delay_reason", "delay_reason", cell)
        )
        self.flags = Clean(lambda cell: clean(read_flag(cell, language)))
        self.ladders = Clean(lambda cell: known(policies.get(folded_name(plain_text(cell) or ""))))
        self.ends = Clean(lambda cell: _end(clean(read_code(cell, "cancelled"))))


def _end(code: str | None) -> Cancelled | None:
    return Cancelled(code) if code else None


def _usual(receivable: Receivable, today: date) -> bool:
    """Whether nothing in the row needs a second look."""
    paid_on, issued_on = receivable.paid_on, receivable.issued_on
    if issued_on is not None and issued_on > (paid_on or receivable.due_on):
        return False
    if paid_on is not None:
        return paid_on <= today
    fault = code_fault(receivable.payment_code, receivable.amount, receivable.due_on)
    return receivable.paid_amount is None and fault is None


def _careful(
    reader: RowReader, book: ClientBook, policies: Mapping[str, str]
) -> tuple[str | None, Receivable | None]:
    """The row's id and, when there is enough to make one, its receivable; faults reported."""
    client = book.of_row(reader)
    id_ = reader.key("id")
    due_on = reader.date("due_on", needed=True)
    amount = reader.positive("amount", needed=True)
    issued_on = reader.date("issued_on", minor=True)
    method = reader.choice("method", "method")
    paid_on, paid_amount = read_received(reader)
    disputed = reader.flag("disputed") is not False
    hold_until = reader.date("hold_until")
    cancelled = _end(reader.code("cancelled", "cancelled"))
    description = reader.text("description", minor=True)
    payment_code = reader.text("payment_code", minor=True)
    delay_reason = reader.choice("delay_reason", "delay_reason")
    policy = read_policy(reader, policies)
    is_open = paid_on is None and cancelled is None
    _check(reader, issued_on, due_on, paid_on, is_open=is_open)
    if is_open and not _code_agrees(reader, amount, due_on):
        payment_code = None
    if id_ is not None and reader.fault:
        reader.findings.problem_ids.add(id_)
    if id_ is None or client is None or due_on is None or amount is None:
        return id_, None
    return id_, Receivable(
        id=id_,
        client=client,
        due_on=due_on,
        amount=amount,
        description=description,
        issued_on=issued_on,
        method=method,
        payment_code=payment_code,
        paid_on=paid_on,
        paid_amount=paid_amount,
        disputed=disputed,
        hold_until=hold_until,
        delay_reason=delay_reason,
        policy=policy,
        cancelled=cancelled,
    )


def read_received(reader: RowReader) -> tuple[date | None, Decimal | None]:
    """`paid_on` and `paid_amount` of a row. A zero without a date is an empty cell."""
    paid_on = reader.date("paid_on")
    if paid_on is not None and paid_on > reader.findings.today:
        reader.report("paid_in_future", "paid_on")
    dated = not is_blank(reader.cell("paid_on"))
    amount = reader.money("paid_amount")
    if amount == 0 and not dated:
        return paid_on, None
    if amount is not None and amount <= 0:
        reader.report("zero_amount" if amount == 0 else "negative_amount", "paid_amount")
        return paid_on, None
    if amount is not None and not dated:
        reader.report("paid_amount_without_date", "paid_amount")
    return paid_on, amount


def _check(
    reader: RowReader,
    issued_on: date | None,
    due_on: date | None,
    paid_on: date | None,
    *,
    is_open: bool,
) -> None:
    """What one cell cannot show. A due date before the issue is a slip of one of them."""
    if issued_on is None:
        return
    if paid_on is not None and paid_on < issued_on:
        reader.report("paid_before_issued", "paid_on", issued=issued_on)
    if due_on is not None and due_on < issued_on and is_open:
        reader.report("due_before_issued", "due_on", issued=issued_on)


def _code_agrees(reader: RowReader, amount: Decimal | None, due_on: date | None) -> bool:
    """Whether the payment code may stand in a message: no client should type a wrong one."""
    fault = code_fault(reader.cell("payment_code"), amount, due_on)
    if fault is None:
        return True
    details: dict[str, Any] = {} if fault.stated is None else {"stated": fault.stated}
    reader.report(fault.code, "payment_code", **details)
    return False


def _clash(
    findings: Findings, tab: Tab, book: ClientBook, rows: tuple[Row, Row], *, told_first: bool
) -> None:
    """Report two rows with one id, or with ids too alike, each naming the other."""
    readers = [RowReader(findings, tab, row) for row in rows]
    texts = [key_text(reader.cell("id")) or "" for reader in readers]
    code = "duplicate_id" if texts[0] == texts[1] else "similar_id"
    for reader, other, text in zip(readers, readers[::-1], texts[::-1], strict=True):
        cell = reader.cell("client")
        reader.client = book.named(cell) or key_text(cell)
        findings.problem_ids.add(key_text(reader.cell("id")) or "")
        if told_first and reader is readers[0]:
            continue
        details: dict[str, Any] = {"other_row": other.row.number}
        if code == "similar_id":
            details["other"] = text
        reader.report(code, "id", **details)
