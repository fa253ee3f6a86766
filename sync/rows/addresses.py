"""The addresses of a cell, by the mailer's strict rule."""

from mailer.addresses import parse_addresses
from sync.rows.findings import RowReader


def read_addresses(
    reader: RowReader, column: str, code: str, *, minor: bool = False
) -> tuple[str, ...]:
    """The plain addresses of a cell; each piece that is none is reported with `code`."""
    text = reader.text(column, minor=minor)
    if not text:
        return ()
    addresses, problems = parse_addresses(str(reader.cell(column)))
    for problem in problems:
        reader.report(code, column, address=problem.detail)
    return addresses
