"""The payments tab: each row a fact; the same fact typed twice counts once."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from sync.domain.facts import Instalment, Payment, Receivable
from sync.key_text import folded_id, key_text
from sync.rows.cells import error_code, is_blank
from sync.rows.clients import ClientBook
from sync.rows.dates import read_date
from sync.rows.entered_twice import without_repeats
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.quick import Clean, clean, known, own_word, picker, plain_amount, plain_text
from sync.rows.receivables import Invoices
from sync.workbook import Cell, Row, Tab

Fact: TypeAlias = tuple[str | None, date, Decimal, str | None]


@dataclass(frozen=True, slots=True)
class Items:
    """What a payment may be for: invoices and instalments by their ids."""

    invoices: Invoices
    instalments: Mapping[str, Instalment]

    def find(self, cell: Cell) -> str | None:
        """The invoice or instalment that a cell names; None when there is none of that name."""
        text = key_text(cell)
        if text is None or error_code(cell):
            return None
        found = text if text in self.instalments else self.invoices.find(text)
        if found is not None:
            return found
        folded = folded_id(text)
        return next((id_ for id_ in self.instalments if folded_id(id_) == folded), None)

    def owner(self, id_: str) -> str | None:
        """Whose it is."""
        instalment = self.instalments.get(id_)
        return instalment.client if instalment else self.invoices.owner(id_)


def read_payments(
    tab: Tab | None, book: ClientBook, items: Items, findings: Findings
) -> tuple[Payment, ...]:
    """The payments that can be counted, doubles left out.

    Doubles with a reference are certainly one fact and only told. Without a reference two equal
    payments on a day may be two: in doubt the client's messages wait. So do those of everybody
    who owes exactly what came in without saying from whom: it may well be theirs.
    """
    payments: list[tuple[Payment, Row]] = []
    seen: dict[Fact, int] = {}
    ownerless: set[Decimal] = set()
    if tab is None:
        return ()
    quick = _quick_reader(tab, book, items, findings)
    for row in tab.rows:
        payment = quick(row)
        if payment is None:
            reader = RowReader(findings, tab, row)
            payment = None if reader.is_empty else _payment(reader, book, items, ownerless)
        if payment is None:
            continue
        reference = folded_id(payment.reference) if payment.reference else None
        fact = (payment.receivable or payment.client, payment.paid_on, payment.amount, reference)
        first = seen.setdefault(fact, row.number)
        if first == row.number:
            payments.append((payment, row))
        else:
            reader = RowReader(findings, tab, row)
            reader.client = payment.client
            code = "repeated_payment" if reference else "possible_repeat"
            reader.report(code, "amount", other_row=first)
    if ownerless:
        for receivable in items.invoices.receivables.values():
            if receivable.amount in ownerless and receivable.paid_on is None:
                findings.held.setdefault(receivable.client, "payment_without_owner")
    return without_repeats(payments, tab, findings)


_COLUMNS = ("paid_on", "receivable", "client", "amount", "method", "reference", "source")


def _quick_reader(
    tab: Tab, book: ClientBook, items: Items, findings: Findings
) -> Callable[[Row], Payment | None]:
    """A function that reads a row in which nothing is unusual, and answers None for all others."""
    language, today, receivables = findings.language, findings.today, items.invoices.receivables
    dates = Clean(lambda cell: clean(read_date(cell, language)))
    clients = Clean(lambda cell: known(book.named(plain_text(cell))))
    methods = Clean(lambda cell: own_word(findings, "payments", "method", "method", cell))
    sources = Clean(plain_text)
    pick = picker(tab, _COLUMNS)

    def quick(row: Row) -> Payment | None:
        paid, about, client, amount, method, reference, source = pick(row.values)
        receivable = receivables.get(about) if type(about) is str else None
        if receivable is None:
            return None
        try:
            paid_on, money = known(dates[paid]), known(plain_amount(amount))
            if paid_on > today or (clients[client] or receivable.client) != receivable.client:
                return None
            return Payment(
                paid_on=paid_on,
                amount=money,
                client=receivable.client,
                receivable=receivable.id,
                method=methods[method],
                reference=plain_text(reference),
                source=sources[source],
            )
        except KeyError:
            return None

    return quick


def _payment(
    reader: RowReader, book: ClientBook, items: Items, ownerless: set[Decimal]
) -> Payment | None:
    about = items.find(reader.cell("receivable"))
    reader.client = items.owner(about) if about is not None else None
    client = book.of_row(reader, needed=False)
    paid_on = reader.date("paid_on", needed=True)
    if paid_on is not None and paid_on > reader.findings.today:
        reader.report("payment_in_future", "paid_on")
    amount = reader.money("amount", needed=True)
    if amount == 0:
        reader.report("zero_amount", "amount")
    reference = reader.text("reference")
    _check_owner(reader, client, about, items)
    if amount and about is None and client is None:
        ownerless.add(amount)
        return None
    if paid_on is None or not amount:
        return None
    return Payment(
        paid_on=paid_on,
        amount=amount,
        client=reader.client,
        receivable=about,
        method=reader.choice("method", "method"),
        reference=reference,
        source=reader.text("source", minor=True),
    )


def _check_owner(reader: RowReader, client: str | None, about: str | None, items: Items) -> None:
    """Whose money it is must be plain: a known invoice, a client, and the two agreeing."""
    cell = reader.cell("receivable")
    if about is not None:
        owner = items.owner(about)
        if client is not None and owner is not None and client != owner:
            reader.report("client_differs", "client", also=owner, invoice=about, owner=owner)
    elif error_code(cell):
        reader.report(error_code(cell) or "", "receivable")
    elif not is_blank(cell):
        reader.report("unknown_invoice", "receivable")
    elif client is None and is_blank(reader.cell("client")):
        reader.report("payment_without_owner", "amount")


def check_received(
    tab: Tab | None,
    key_column: str,
    items: Mapping[str, Receivable] | Mapping[str, Instalment],
    payments: tuple[Payment, ...],
    findings: Findings,
) -> None:
    """`paid_amount` of a row against the sum of its payments: when both stand, they must agree."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments:
        if payment.receivable is not None and payment.receivable in items:
            sums[payment.receivable] += payment.amount
    differing = {
        id_: total
        for id_, total in sums.items()
        if items[id_].paid_amount is not None and items[id_].paid_amount != total
    }
    if not differing or tab is None:
        return
    for reader in read_rows(tab, findings):
        id_ = key_text(reader.cell(key_column))
        if id_ in differing:
            reader.client = items[id_].client
            reader.report("paid_amount_differs", "paid_amount", lines=differing[id_])
            findings.problem_ids.add(id_)
