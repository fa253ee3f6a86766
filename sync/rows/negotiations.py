"""The negotiations tab and the instalments of agreements."""

from decimal import Decimal
from typing import Protocol

from sync.domain.facts import Instalment, Negotiation, NegotiationKind
from sync.key_text import LIST_MARKS, folded_id, key_text
from sync.rows.cells import error_code, is_blank
from sync.rows.clients import ClientBook
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.receivables import Invoices, read_received
from sync.workbook import Tab


class Named(Protocol):
    """Ids that a cell may name, and whose they are."""

    def find(self, text: str, /) -> str | None:
        """The id that a person means; None for one that is nowhere."""
        ...

    def owner(self, id_: str, /) -> str | None:
        """The client of an id."""
        ...


class _Items:
    """Invoices, and the ids of the instalments tab: people promise and dispute those too."""

    def __init__(self, invoices: Invoices, tab: Tab | None, book: ClientBook) -> None:
        self.invoices = invoices
        self.parts: dict[str, tuple[str, str | None]] = {}
        for row in tab.rows if tab else ():
            id_ = key_text(tab.value(row, "instalment")) if tab else None
            if tab is not None and id_ is not None:
                owner = book.named(tab.value(row, "client"))
                self.parts.setdefault(folded_id(id_), (id_, owner))

    def find(self, text: str, /) -> str | None:
        """An invoice of this id, else an instalment."""
        return self.invoices.find(text) or self.parts.get(folded_id(text), (None,))[0]

    def owner(self, id_: str, /) -> str | None:
        """The client of an invoice, else of an instalment."""
        if self.invoices.find(id_) is not None:
            return self.invoices.owner(id_)
        return self.parts.get(folded_id(id_), (id_, None))[1]

    def is_instalment(self, id_: str) -> bool:
        """Whether the id is of an instalment and of no invoice."""
        return self.invoices.find(id_) is None and folded_id(id_) in self.parts


def read_negotiations(
    tab: Tab | None,
    book: ClientBook,
    invoices: Invoices,
    findings: Findings,
    instalments: Tab | None = None,
) -> tuple[Negotiation, ...]:
    """What was said and agreed. A row that cannot be read holds its client: it may be a promise.

    `instalments` is their tab: a promise may be about one.
    """
    found: list[Negotiation] = []
    refs: dict[str, int] = {}
    items = _Items(invoices, instalments, book)
    for reader in read_rows(tab, findings):
        negotiation = _negotiation(reader, book, items)
        if negotiation is None:
            continue
        ref = negotiation.ref
        first = refs.setdefault(ref, reader.row.number) if ref else reader.row.number
        if first != reader.row.number:
            reader.report("duplicate_ref", "ref", other_row=first)
        found.append(negotiation)
    return tuple(found)


def _negotiation(reader: RowReader, book: ClientBook, items: _Items) -> Negotiation | None:
    client = book.of_row(reader)
    at = reader.moment("at", needed=True)
    kind = reader.code("kind", "kind", needed=True)
    if at is not None and at.date() > reader.findings.today:
        reader.report("negotiation_in_future", "at")
    receivables = read_invoice_list(reader, "receivables", items)
    if kind == NegotiationKind.AGREEMENT and any(map(items.is_instalment, receivables)):
        reader.report("agreement_names_instalment", "receivables")
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


def read_invoice_list(reader: RowReader, column: str, invoices: Named) -> tuple[str, ...]:
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
            reader.report("unknown_invoice", column, part=piece)
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


def _pieces(text: str, invoices: Named) -> list[str]:
    """The ids in a list; commas separate too where the whole is no id of its own."""
    pieces: list[str] = []
    for part in filter(None, (piece.strip() for piece in LIST_MARKS.split(text))):
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
