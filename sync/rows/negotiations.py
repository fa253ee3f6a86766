"""The negotiations tab and the instalments of agreements."""

import re
from decimal import Decimal

from sync.domain.facts import Instalment, Negotiation, NegotiationKind
from sync.key_text import key_text
from sync.rows.cells import error_code, is_blank
from sync.rows.clients import ClientBook
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.receivables import Invoices, read_received
from sync.workbook import Tab


def read_negotiations(
    tab: Tab | None, book: ClientBook, invoices: Invoices, findings: Findings
) -> tuple[Negotiation, ...]:
    """What was said and agreed. A row that cannot be read holds its client: it may be a promise."""
    found: list[Negotiation] = []
    refs: dict[str, int] = {}
    for reader in read_rows(tab, findings):
        negotiation = _negotiation(reader, book, invoices)
        if negotiation is None:
            continue
        ref = negotiation.ref
        first = refs.setdefault(ref, reader.row.number) if ref else reader.row.number
        if first != reader.row.number:
            reader.report("duplicate_ref", "ref", other_row=first)
        found.append(negotiation)
    return tuple(found)


def _negotiation(reader: RowReader, book: ClientBook, invoices: Invoices) -> Negotiation | None:
    client = book.of_row(reader)
    at = reader.moment("at", needed=True)
    kind = reader.code("kind", "kind", needed=True)
    if at is not None and at.date() > reader.findings.today:
        reader.report("negotiation_in_future", "at")
    receivables = read_invoice_list(reader, "receivables", invoices)
    pay_by = reader.date("pay_by", needed=kind == NegotiationKind.PROMISE)
    if pay_by is not None and at is not None and pay_by < at.date():
        reader.report("pay_by_before", "pay_by")
    amount = reader.positive("amount", or_zero=True)
    instalments = reader.integer("instalments", at_least=1)
    first_due_on = reader.date("first_due_on")
    discount = reader.percent("discount")
    closed_on = reader.date("closed_on")
    if client is None or at is None or kind is None:
        return None
    return Negotiation(
        at=at.date(),
        client=client,
        kind=NegotiationKind(kind),
        ref=key_text(reader.cell("ref")),
        receivables=receivables,
        amount=amount or None,
        pay_by=pay_by,
        instalments=instalments,
        first_due_on=first_due_on,
        discount=discount or Decimal(0),
        closed_on=closed_on,
    )


def read_invoice_list(reader: RowReader, column: str, invoices: Invoices) -> tuple[str, ...]:
    """The invoices of a cell, `;` between them; unknown ones and other clients' are reported.

    When none of them is known they stay as typed: naming what is not there is not naming nothing,
    which would mean all that was overdue then.
    """
    cell = reader.cell(column)
    if error_code(cell):
        reader.report(error_code(cell) or "", column)
        return ()
    if is_blank(cell):
        return ()
    text = key_text(cell)
    if text is None:
        reader.report("unknown_invoice", column)
        return ()
    found: list[str] = []
    unknown: list[str] = []
    for piece in _pieces(text, invoices):
        id_ = invoices.find(piece)
        if id_ is None:
            reader.report("unknown_invoice", column)
            unknown.append(piece)
            continue
        owner = invoices.owner(id_)
        if owner is not None and reader.client is None and reader.fault:
            # The row's client cannot be read: it may be about this invoice's.
            reader.findings.held.setdefault(owner, reader.fault)
        elif owner is not None and owner != reader.client:
            reader.report("client_differs", column, also=owner, invoice=id_, owner=owner)
        found.append(id_)
    return tuple(dict.fromkeys(found or unknown))


def _pieces(text: str, invoices: Invoices) -> list[str]:
    """The ids in a list; commas separate too where the whole is no id of its own."""
    pieces: list[str] = []
    for part in filter(None, (piece.strip() for piece in re.split(r"[;\r\n]+", text))):
        if invoices.find(part) is None and "," in part:
            pieces.extend(filter(None, (piece.strip() for piece in part.split(","))))
        else:
            pieces.append(part)
    return pieces


def read_instalments(
    tab: Tab | None,
    book: ClientBook,
    invoices: Invoices,
    negotiations: tuple[Negotiation, ...],
    findings: Findings,
) -> dict[str, Instalment]:
    """The instalments by their id, in the tab's order."""
    agreements = {
        row.ref for row in negotiations if row.ref and row.kind is NegotiationKind.AGREEMENT
    }
    found: dict[str, Instalment] = {}
    rows: dict[str, int] = {}
    for reader in read_rows(tab, findings):
        instalment = _instalment(reader, book, invoices, agreements)
        id_ = key_text(reader.cell("instalment"))
        if id_ is not None and reader.fault:
            findings.problem_ids.add(id_)
        if instalment is None:
            continue
        first = rows.setdefault(instalment.id, reader.row.number)
        if first == reader.row.number:
            found[instalment.id] = instalment
        else:
            reader.report("duplicate_id", "instalment", other_row=first)
            findings.problem_ids.add(instalment.id)
    return found


def _instalment(
    reader: RowReader, book: ClientBook, invoices: Invoices, agreements: set[str]
) -> Instalment | None:
    client = book.of_row(reader)
    id_ = reader.key("instalment")
    agreement = reader.text("agreement", needed=True)
    if agreement is not None and agreement not in agreements:
        reader.report("unknown_agreement", "agreement")
    receivables = read_invoice_list(reader, "receivables", invoices)
    due_on = reader.date("due_on", needed=True)
    amount = reader.positive("amount", needed=True)
    paid_on, paid_amount = read_received(reader)
    if client is None or id_ is None or agreement is None or due_on is None or amount is None:
        return None
    return Instalment(
        id=id_,
        agreement=agreement,
        client=client,
        receivables=receivables,
        due_on=due_on,
        amount=amount,
        paid_on=paid_on,
        paid_amount=paid_amount,
    )
