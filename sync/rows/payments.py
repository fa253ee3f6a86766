"""The payments tab: each row a fact; the same fact typed twice counts once."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from sync.domain.facts import Instalment, Payment, Receivable
from sync.key_text import folded_id, key_text
from sync.rows.cells import error_code, is_blank
from sync.rows.clients import ClientBook
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.receivables import Invoices
from sync.workbook import Cell, Tab

Fact: TypeAlias = tuple[str | None, date, Decimal, str | None]


def read_payments(
    tab: Tab | None,
    book: ClientBook,
    invoices: Invoices,
    instalments: Mapping[str, Instalment],
    findings: Findings,
) -> tuple[Payment, ...]:
    """The payments that can be counted, doubles left out.

    Doubles with a reference are certainly one fact and only told. Without a reference two equal
    payments on a day may be two: in doubt both clients' messages wait.
    """
    payments: list[Payment] = []
    seen: dict[Fact, int] = {}
    for reader in read_rows(tab, findings):
        payment = _payment(reader, book, invoices, instalments)
        if payment is None:
            continue
        fact = (
            payment.receivable or payment.client,
            payment.paid_on,
            payment.amount,
            folded_id(payment.reference) if payment.reference else None,
        )
        first = seen.setdefault(fact, reader.row.number)
        if first == reader.row.number:
            payments.append(payment)
        else:
            code = "repeated_payment" if payment.reference else "possible_repeat"
            reader.client = payment.client
            reader.report(code, "amount", other_row=first)
    return tuple(payments)


def _payment(
    reader: RowReader,
    book: ClientBook,
    invoices: Invoices,
    instalments: Mapping[str, Instalment],
) -> Payment | None:
    client = book.of_row(reader, needed=False)
    about = _about(reader.cell("receivable"), invoices, instalments)
    if about is not None and client is None:
        reader.client = _owner(about, invoices, instalments)
    paid_on = reader.date("paid_on", needed=True)
    if paid_on is not None and paid_on > reader.findings.today:
        reader.report("payment_in_future", "paid_on")
    amount = reader.money("amount", needed=True)
    if amount == 0:
        reader.report("zero_amount", "amount")
    reference = reader.text("reference")
    _check_owner(reader, client, about, invoices, instalments)
    if paid_on is None or not amount or (about is None and client is None):
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


def _about(cell: Cell, invoices: Invoices, instalments: Mapping[str, Instalment]) -> str | None:
    """The invoice or instalment that a cell names; None when there is none of that name."""
    text = key_text(cell)
    if text is None or error_code(cell):
        return None
    found = text if text in instalments else invoices.find(text)
    if found is not None:
        return found
    folded = folded_id(text)
    return next((id_ for id_ in instalments if folded_id(id_) == folded), None)


def _owner(id_: str, invoices: Invoices, instalments: Mapping[str, Instalment]) -> str | None:
    instalment = instalments.get(id_)
    return instalment.client if instalment else invoices.owner(id_)


def _check_owner(
    reader: RowReader,
    client: str | None,
    about: str | None,
    invoices: Invoices,
    instalments: Mapping[str, Instalment],
) -> None:
    """Whose money it is must be plain: a known invoice, a client, and the two agreeing."""
    cell = reader.cell("receivable")
    if about is not None:
        owner = _owner(about, invoices, instalments)
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
