"""Statements as CSV: lists of Pix received, and whole accounts, with headings in any wording.

Needed are a date and an amount (one column, or money in and money out). Where the file has a
running balance it is checked from row to row; a row that cannot be read refuses the whole file.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from sync.bank import memos
from sync.bank.amounts import UnreadableAmountError, amount, decimal_mark
from sync.bank.csv_table import Row, keys, table
from sync.bank.days import UnreadableDayError, csv_day
from sync.bank.ofx import own_identity
from sync.bank.statement import (
    BankLine,
    Draft,
    LineKind,
    RefusedBankFile,
    Statement,
    clean,
    coverage,
    fold,
    with_ids,
)

KEYS = keys()
"""What a mapping may name a heading for."""

_GIVEN = {"bank", "account"}
_AMOUNTS = ("amount", "money_in", "money_out", "balance")


def read_csv(data: bytes, name: str, mapping: Mapping[str, str], zone: ZoneInfo) -> Statement:
    """Read a CSV statement. Raises RefusedBankFile.

    `mapping` says which heading a key has; its `bank` and `account` are not headings but the
    bank's code and the account, which CSV files seldom name and which are part of the lines' ids.
    """
    unknown = sorted(set(mapping) - KEYS - _GIVEN)
    if unknown:
        known = ", ".join(sorted(KEYS | _GIVEN))
        raise RefusedBankFile("unknown_key", key=unknown[0], known=known)
    headings = {key: heading for key, heading in mapping.items() if key not in _GIVEN}
    columns, rows = table(data, headings)
    if "date" not in columns or not columns & {"amount", "money_in"}:
        raise RefusedBankFile("missing_columns", known=", ".join(sorted(KEYS)))
    rows = _entries(rows)
    mark = {key: decimal_mark([row.get(key) for row in rows]) for key in _AMOUNTS}
    bank, account = fold(mapping.get("bank", "")), fold(mapping.get("account", ""))
    drafts = [_draft(row, mark, zone) for row in rows]
    opening, closing = _balances(rows, drafts, mark)
    lines = with_ids(bank, account, drafts)
    start, end = coverage(lines)
    return Statement(
        source=name,
        digest=hashlib.sha256(data).hexdigest(),
        format="csv",
        bank=bank,
        account=account,
        start=start,
        end=end,
        opening=opening,
        closing=closing,
        lines=lines,
    )


def _entries(rows: Sequence[Row]) -> list[Row]:
    """The rows that are entries: up to the list of future ones, without balances and totals."""
    future = memos.marks("future")
    stop = next(
        (
            place
            for place, row in enumerate(rows)
            if not _is_dated(row) and fold(row.first).startswith(future)
        ),
        len(rows),
    )
    return [row for row in rows[:stop] if not _is_aside(row)]


def _is_dated(row: Row) -> bool:
    """Whether something like a date stands under the date's heading; remarks stand there too."""
    return row.get("date")[:1].isdigit()


def _is_aside(row: Row) -> bool:
    """A balance, a total or a remark between the entries, which is no entry.

    A dated row is one only when its text is a balance's and nothing more: a payer may be called
    Total, and write "saldo da nota 55" beside a Pix.
    """
    if _is_dated(row):
        texts = {fold(row.get(key)).rstrip("0123456789") for key in ("memo", "type")} - {""}
        return bool(texts) and texts <= set(memos.marks("balance"))
    if fold(row.first).startswith((*memos.marks("balance"), *memos.marks("total"))):
        return True
    return not any(row.get(key) for key in _AMOUNTS)


def _draft(row: Row, mark: Mapping[str, str | None], zone: ZoneInfo) -> Draft:
    """The line of one row. Raises RefusedBankFile."""
    try:
        posted = csv_day(row.get("date"), zone)
    except UnreadableDayError as wrong:
        raise RefusedBankFile(
            "entry_date", line=str(row.line), value=clean(row.get("date"))
        ) from wrong
    memo, payer = clean(row.get("memo")), clean(row.get("payer"))
    texts = " ".join(clean(row.get(key)) for key in ("type", "memo", "payer", "own_id"))
    end_to_end = memos.end_to_end(row.get("end_to_end")) or memos.end_to_end(texts)
    value = _value(row, mark)
    kind = _kind(row, value, f"{texts} {end_to_end}")
    if kind is LineKind.REVERSAL:
        value = -abs(value)
    own, txid = clean(row.get("own_id")), clean(row.get("txid"))
    line = BankLine(
        id="",
        posted_on=posted,
        amount=Decimal("0.00") if kind is LineKind.NOTICE else value,
        kind=kind,
        payer=payer,
        payer_tax_id=memos.tax_number(row.get("payer_tax_id").upper()) or memos.tax_number(texts),
        memo=memo or clean(row.get("type")),
        txid=txid,
        end_to_end=end_to_end,
        document=clean(row.get("document")),
        method="pix" if end_to_end or txid else memos.method(texts),
        bank_id=own,
        line=row.line,
    )
    told = ("e2e", end_to_end) if end_to_end else own_identity(own)
    return Draft(line, told or ("memo", fold(memo), fold(payer), fold(txid)))


def _value(row: Row, mark: Mapping[str, str | None]) -> Decimal:
    """The signed amount: from one column and its sign or type, or from money in and out."""
    single = _read(row, "amount", mark)
    if single is not None:
        kind = fold(row.get("type"))
        return -abs(single) if kind in memos.marks("out") else single
    money_in, money_out = _read(row, "money_in", mark), _read(row, "money_out", mark)
    if (money_in or 0) and (money_out or 0):
        raise RefusedBankFile("in_and_out", line=str(row.line))
    if money_in is None and money_out is None:
        raise RefusedBankFile("entry_amount", line=str(row.line), value="")
    return abs(money_in) if money_in else -abs(money_out or Decimal("0.00"))


def _read(row: Row, key: str, mark: Mapping[str, str | None]) -> Decimal | None:
    text = row.get(key)
    if not text or text in {"-", "–"}:
        return None
    try:
        return amount(text, mark[key])
    except UnreadableAmountError as wrong:
        raise RefusedBankFile("entry_amount", line=str(row.line), value=clean(text)) from wrong


def _kind(row: Row, value: Decimal, texts: str) -> LineKind:
    """What the row tells; its state, where there is one, must be a word known here."""
    state = fold(row.get("state"))
    if not state or state in memos.marks("done"):
        return memos.kind(value, texts)
    if state in memos.marks("undone"):
        return LineKind.REVERSAL if value else LineKind.NOTICE
    if state in memos.marks("not_done"):
        return LineKind.NOTICE
    raise RefusedBankFile("entry_state", line=str(row.line), value=clean(row.get("state")))


def _balances(
    rows: Sequence[Row], drafts: Sequence[Draft], mark: Mapping[str, str | None]
) -> tuple[Decimal | None, Decimal | None]:
    """Opening and closing balance when every row has one. Raises RefusedBankFile.

    Each balance must be the one before plus the entry, oldest first or newest first.
    """
    told = [_read(row, "balance", mark) for row in rows]
    balances = [balance for balance in told if balance is not None]
    if not balances or len(balances) != len(rows):
        return None, None
    amounts = [draft.line.amount for draft in drafts]
    breaks = []
    for order in (1, -1):
        entries, after = amounts[::order], balances[::order]
        wrong = [
            place
            for place in range(1, len(after))
            if after[place - 1] + entries[place] != after[place]
        ]
        if not wrong:
            return after[0] - entries[0], after[-1]
        breaks.append((len(wrong), rows[::order][wrong[0]].line))
    raise RefusedBankFile("balance", line=str(min(breaks)[1]))
