"""OFX statements, 1 (SGML) and 2 (XML), read by their tags.

Checked: one account in BRL, the file ends where it says it ends, each entry has a date and an
amount. OFX has no opening balance, so the entries cannot be summed against the closing one.
Source: Open Financial Exchange 1.0.3 and 2.2, chapters 3 and 11.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from sync.bank import memos
from sync.bank.amounts import UnreadableAmountError, amount
from sync.bank.days import UnreadableDayError, ofx_day
from sync.bank.ofx_text import Tag, decoded, tags
from sync.bank.statement import (
    BankLine,
    Draft,
    RefusedBankFile,
    Statement,
    clean,
    coverage,
    fold,
    with_ids,
)

_ACCOUNT = {"BANKID", "BRANCHID", "ACCTID", "CURDEF", "DTSTART", "DTEND"}
_OUT = {"DEBIT", "CHECK", "FEE", "SRVCHG", "ATM", "POS", "DIRECTDEBIT"}
_REAIS = {"", "BRL", "R$", "REAL", "BRC"}
_TELLING = 6


@dataclass(slots=True)
class _Account:
    """One STMTRS: its header fields, its entries (fields and line), its ledger balance."""

    line: int
    fields: dict[str, str] = field(default_factory=dict)
    entries: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    balance: dict[str, str] = field(default_factory=dict)


def read_ofx(data: bytes, name: str, zone: ZoneInfo) -> Statement:
    """Read the statement of one account. Raises RefusedBankFile."""
    text = decoded(data)
    found = list(tags(text))
    if not found or (found[-1].name, found[-1].closes) != ("OFX", True):
        raise RefusedBankFile("truncated", line=str(text.count("\n") + 1))
    accounts = _accounts(found)
    bank, account = _same_account(accounts)
    entries = [entry for each in accounts for entry in each.entries]
    lines = with_ids(bank, account, [_draft(*entry, zone) for entry in entries])
    start, end = _covered(accounts, lines, _server_day(found, zone), zone)
    return Statement(
        source=name,
        digest=hashlib.sha256(data).hexdigest(),
        format="ofx",
        bank=bank,
        account=account,
        start=start,
        end=end,
        closing=_closing(accounts),
        lines=lines,
    )


def _accounts(found: Sequence[Tag]) -> list[_Account]:
    """The accounts of the file. Raises RefusedBankFile for credit cards and files without any."""
    accounts: list[_Account] = []
    inside: dict[str, str] | None = None
    for tag in found:
        if tag.name == "CCSTMTRS" and not tag.closes:
            raise RefusedBankFile("credit_card", line=str(tag.line))
        if tag.name == "STMTRS" and not tag.closes:
            accounts.append(_Account(tag.line))
            inside = accounts[-1].fields
        elif not accounts or tag.name in {"BANKTRANLIST", "BANKACCTFROM"}:
            inside = accounts[-1].fields if accounts else None
        elif tag.name in {"STMTTRN", "LEDGERBAL", "AVAILBAL", "BALLIST"}:
            inside = _opened(tag, accounts[-1])
        elif not tag.closes and inside is not None and tag.text:
            if tag.name == "TRNAMT" and (tag.name in inside or inside is accounts[-1].fields):
                raise RefusedBankFile("out_of_place", line=str(tag.line), value=tag.name)
            inside.setdefault(tag.name, tag.text)
    if not accounts:
        raise RefusedBankFile("no_account")
    return accounts


def _opened(tag: Tag, account: _Account) -> dict[str, str]:
    """Where the fields after this tag belong; an entry whose end is missing ends at the next."""
    if tag.closes:
        return account.fields
    if tag.name == "STMTTRN":
        account.entries.append((tag.line, {}))
        return account.entries[-1][1]
    return account.balance if tag.name == "LEDGERBAL" else {}


def _same_account(accounts: Sequence[_Account]) -> tuple[str, str]:
    """Bank and account, when there is one and it is in BRL. Raises RefusedBankFile."""
    keys = set()
    for each in accounts:
        if each.fields.get("CURDEF", "").upper() not in _REAIS:
            raise RefusedBankFile(
                "currency", line=str(each.line), currency=clean(each.fields["CURDEF"])
            )
        if not each.fields.get("ACCTID"):
            raise RefusedBankFile("no_account")
        keys.add((_bank(each.fields.get("BANKID", "")), fold(each.fields["ACCTID"]).lstrip("0")))
        if len(keys) > 1:
            raise RefusedBankFile("several_accounts", line=str(each.line))
    return keys.pop()


def _bank(written: str) -> str:
    """The bank's code, "0341" as "341"; what is no number stays as it is."""
    code = fold(written)
    return f"{int(code):03d}" if code.isascii() and code.isdigit() and len(code) < 9 else code


def _draft(line: int, entry: dict[str, str], zone: ZoneInfo) -> Draft:
    """The line of one STMTTRN. Raises RefusedBankFile."""
    posted = _day(line, entry.get("DTPOSTED", ""), zone)
    value = _amount(line, entry.get("TRNAMT", ""))
    if entry.get("TRNTYPE", "").upper() in _OUT:
        value = -abs(value)
    name = clean(entry.get("NAME", ""))
    memo = clean(entry.get("MEMO", "")) or name
    texts = f"{name} {memo}"
    fitid = clean(entry.get("FITID", ""))
    end_to_end = memos.end_to_end(f"{texts} {fitid}")
    bank_line = BankLine(
        id="",
        posted_on=posted,
        amount=value,
        kind=memos.kind(value, f"{texts} {fitid}"),
        payer=name if name != memo else "",
        payer_tax_id=memos.tax_number(texts),
        memo=memo,
        end_to_end=end_to_end,
        document=clean(entry.get("CHECKNUM", "") or entry.get("REFNUM", "")),
        method="pix" if end_to_end else memos.method(texts),
        bank_id=fitid,
        line=line,
    )
    return Draft(bank_line, own_identity(fitid) or ("memo", fold(texts)))


def own_identity(own: str) -> tuple[str, ...]:
    """A bank's own id of a line, when it tells lines apart; () for none, zeros, short numbers.

    "1", "2", "3" count the lines of one export and are others in the next; so are blanks.
    """
    plain = fold(own).lstrip("0")
    return ("own", plain) if len(plain) >= _TELLING and len(set(plain)) > 1 else ()


def _day(line: int, text: str, zone: ZoneInfo) -> date:
    try:
        return ofx_day(text, zone)
    except UnreadableDayError as wrong:
        raise RefusedBankFile("entry_date", line=str(line), value=clean(text)) from wrong


def _amount(line: int, text: str) -> Decimal:
    try:
        return amount(text)
    except UnreadableAmountError as wrong:
        raise RefusedBankFile("entry_amount", line=str(line), value=clean(text)) from wrong


def _server_day(found: Sequence[Tag], zone: ZoneInfo) -> date | None:
    """The day the file was made, when the bank writes it."""
    return next(_days((tag.text for tag in found if tag.name == "DTSERVER"), zone), None)


def _days(texts: Iterator[str], zone: ZoneInfo) -> Iterator[date]:
    for text in texts:
        try:
            yield ofx_day(text, zone)
        except UnreadableDayError:  # zeros and the like: the bank does not say
            continue


def _covered(
    accounts: Sequence[_Account], lines: Sequence[BankLine], made_on: date | None, zone: ZoneInfo
) -> tuple[date | None, date | None]:
    """The days that the file says it covers, but none that was still to come.

    DTEND is often the month's last day in a file of the tenth. Without a day on which the file
    was made, the last entry's day is all that is certain.
    """
    first, last = coverage(lines)
    starts = list(_days((each.fields.get("DTSTART", "") for each in accounts), zone))
    ends = list(_days((each.fields.get("DTEND", "") for each in accounts), zone))
    start = min([*starts, *([first] if first else [])], default=None)
    if made_on is None or not ends:
        return start, last
    end = min(max(ends), made_on)
    end = max(end, last) if last else end
    return min(start, end) if start else None, end


def _closing(accounts: Sequence[_Account]) -> Decimal | None:
    """The ledger balance, when there is one that can be read."""
    for each in accounts:
        if "BALAMT" in each.balance:
            try:
                return amount(each.balance["BALAMT"])
            except UnreadableAmountError:
                return None
    return None
