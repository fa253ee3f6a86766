"""Tell by its bytes what a bank file is, and read it; its name and ending say nothing.

Limits keep a hostile file from taking memory or time: 50 MB, and a million lines.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sync.bank.cnab240 import read_cnab240
from sync.bank.cnab400 import read_cnab400
from sync.bank.csv_statement import read_csv
from sync.bank.ofx import read_ofx
from sync.bank.statement import RefusedBankFile, Statement

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MOST_BYTES = 50 * 1024 * 1024
MOST_LINES = 1_000_000

_HEAD = 64 * 1024
_CRAMPED = 140  # a header of 240 positions whose blanks at the end were cut off
_NOT_STATEMENTS = (
    (b"%PDF", "pdf"),
    (b"PK\x03\x04", "spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "spreadsheet"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
)


def read_statement(
    data: bytes,
    name: str,
    mapping: Mapping[str, str] | None = None,
    *,
    zone: ZoneInfo = SAO_PAULO,
) -> Statement:
    """Read a statement or return file of any format known here.

    Args:
        data: the whole file.
        name: what people call it; only for messages.
        mapping: for CSV: which heading each key is (see csv_statement.KEYS), and the `bank` and
            `account` that the file does not name.
        zone: where the bank's days are.

    Raises:
        RefusedBankFile: the file is none of these formats, or does not add up; nothing else.
    """
    if not data.strip(b"\x00\x1a \t\r\n\xef\xbb\xbf"):
        raise RefusedBankFile("empty")
    if len(data) > MOST_BYTES:
        raise RefusedBankFile("too_large", limit=str(MOST_BYTES // 1024 // 1024))
    if data.count(b"\n") + data.count(b"\r") > 2 * MOST_LINES:
        raise RefusedBankFile("too_many_lines", limit=str(MOST_LINES))
    for start, code in _NOT_STATEMENTS:
        if data.startswith(start):
            raise RefusedBankFile(code)
    return _read(data, name, mapping or {}, zone)


def _read(data: bytes, name: str, mapping: Mapping[str, str], zone: ZoneInfo) -> Statement:
    head = data[:_HEAD].replace(b"\x00", b"").upper()
    if b"<OFX" in head or head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"OFXHEADER"):
        return read_ofx(data, name, zone)
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if start[:9].upper() in {b"02RETORNO", b"01REMESSA"}:
        return read_cnab400(start, name)
    if _is_cnab240(start):
        return read_cnab240(start, name)
    return read_csv(data, name, mapping, zone)


def _is_cnab240(start: bytes) -> bool:
    """Bank's three digits, batch 0000, record type 0, and a line far longer than CSV headings."""
    first = next(iter(start[:_HEAD].splitlines()), b"")
    return start[:3].isdigit() and start[3:8] == b"00000" and len(first.rstrip()) > _CRAMPED
