"""The clients tab, and how a client's name is recognised on the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.domain.facts import Client
from sync.key_text import folded_name, key_text
from sync.rows.addresses import read_addresses
from sync.rows.cells import error_code, is_blank
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.lists import read_language
from sync.rows.tax_ids import read_tax_id
from sync.workbook import Cell, Tab


@dataclass(slots=True)
class ClientBook:
    """The clients by name, and every name that folds to one of them."""

    clients: dict[str, Client] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def named(self, cell: Cell) -> str | None:
        """The client's name as the clients tab writes it; None for a name it does not have."""
        text = key_text(cell)
        return None if text is None else self.names.get(folded_name(text))

    def of_row(
        self, reader: RowReader, *, needed: bool = True, known: bool = True, column: str = "client"
    ) -> str | None:
        """The client of a row, whom its errors hold from now on.

        A name that the clients tab lacks is taken as typed, and reported where it should be known.
        """
        cell = reader.cell(column)
        code = error_code(cell)
        if code:
            reader.report(code, column)
            return None
        if is_blank(cell):
            if needed:
                reader.report("missing_client", column)
            return None
        text = key_text(cell)
        if text is None:
            reader.report("missing_client", column)
            return None
        name = self.names.get(folded_name(text))
        reader.client = name or text
        if name is None and known:
            reader.report("unknown_client", column)
        return reader.client


def read_clients(tab: Tab | None, policies: Mapping[str, str], findings: Findings) -> ClientBook:
    """The clients; the first row of a name counts, a second holds the client."""
    book = ClientBook()
    first_rows: dict[str, int] = {}
    for reader in read_rows(tab, findings):
        cell = reader.cell("client")
        name = key_text(cell)
        if name is None or error_code(cell):
            reader.report(error_code(cell) or "missing_client", "client")
            continue
        known = book.names.get(folded_name(name))
        if known is not None:
            reader.client = known
            reader.report("duplicate_client", "client", other_row=first_rows[known])
            continue
        reader.client = name
        book.names[folded_name(name)] = name
        first_rows[name] = reader.row.number
        book.clients[name] = _client(reader, name, policies)
    return book


def _client(reader: RowReader, name: str, policies: Mapping[str, str]) -> Client:
    language = reader.findings.language
    tax = read_tax_id(reader.cell("tax_id"), language)
    if tax.code:
        details = {"read_as": tax.text} if tax.code == "tax_id_padded" else {}
        reader.report(tax.code, "tax_id", **details)
    cc = read_addresses(reader, "cc", "invalid_copy", minor=True)
    if cc and tax.is_person:
        reader.report("copy_to_person", "cc")
    return Client(
        name=name,
        legal_name=reader.text("legal_name", minor=True),
        tax_id=tax.text,
        is_person=tax.is_person,
        contact=reader.text("contact", minor=True),
        emails=read_addresses(reader, "email", "invalid_address"),
        cc=cc,
        phone=reader.text("phone", minor=True),
        segment=reader.text("segment", minor=True),
        policy=read_policy(reader, policies),
        language=_language(reader),
        do_not_contact=reader.flag("do_not_contact") is not False,
        hold_until=reader.date("hold_until"),
        owner=reader.text("owner", minor=True),
    )


def read_policy(reader: RowReader, policies: Mapping[str, str]) -> str | None:
    """The ladder that a row names, as the policy tab writes it."""
    text = reader.text("policy")
    if text is None:
        return None
    policy = policies.get(folded_name(text))
    if policy is None:
        reader.report("unknown_policy", "policy")
    return policy


def _language(reader: RowReader) -> str | None:
    read = read_language(reader.cell("language"))
    if read.code:
        reader.report("unknown_language", "language", used=reader.findings.language)
    return read.value
