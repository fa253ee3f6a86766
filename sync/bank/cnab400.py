"""Return files of 400 positions: header 0, details, trailer 9, every record numbered.

The numbers of the records, the trailer, its counts and sums where the bank fills them, and one
account throughout are checked; a file that fails is refused whole.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from sync.bank.cnab400_layouts import LAYOUTS, Layout400
from sync.bank.cnab_lines import Event, covered, draft
from sync.bank.cnab_records import Record, Span, records
from sync.bank.statement import (
    ZERO,
    Draft,
    LineKind,
    RefusedBankFile,
    Statement,
    with_ids,
)

_LENGTH = 400
_OCCURRENCE: Span = (109, 110)
_FACE: Span = (153, 165)
_SAME_BANK = {"353": "033"}  # Santander's code of before


def read_cnab400(data: bytes, name: str) -> Statement:
    """Read a return file of one of the six banks. Raises RefusedBankFile."""
    found = records(data, _LENGTH, trimmed=False)
    header = found[0]
    if header.raw((2, 9)) == "1REMESSA":
        raise RefusedBankFile("remittance")
    bank = header.raw((77, 79))
    layout = LAYOUTS.get(_SAME_BANK.get(bank, bank))
    if layout is None:
        raise RefusedBankFile("unknown_bank", bank=bank.strip(), banks=", ".join(sorted(LAYOUTS)))
    details = _framed(found, bank)
    mine = [record for record in details if record.raw((1, 1)) == layout.detail]
    if details and not mine:
        raise RefusedBankFile(
            "no_details", line=str(details[0].number), value=details[0].raw((1, 1))
        )
    _check_trailer(found[-1], layout, details, mine)
    account = _account(header, mine, layout)
    drafts = _drafts(details, layout)
    start, end = covered(drafts, header.day((95, 100)))
    return Statement(
        source=name,
        digest=hashlib.sha256(data).hexdigest(),
        format="cnab400",
        bank=layout.bank,
        account=account,
        start=start,
        end=end,
        boletos_only=True,
        lines=with_ids(layout.bank, account, drafts),
    )


def _framed(found: Sequence[Record], bank: str) -> Sequence[Record]:
    """The records between header and trailer, once numbers and ends are as they must be."""
    for expected, record in enumerate(found, start=1):
        if int(record.digits((395, 400))) != expected:
            raise RefusedBankFile(
                "sequence",
                line=str(record.number),
                value=record.raw((395, 400)),
                expected=f"{expected:06d}",
            )
        first, last = expected == 1, expected == len(found)
        kind = record.raw((1, 1))
        if (kind == "0") != first or (kind == "9" and not last):
            raise RefusedBankFile("out_of_place", line=str(record.number), value=kind)
    trailer = found[-1]
    if trailer.raw((1, 1)) != "9":
        raise RefusedBankFile("truncated", line=str(trailer.number))
    if trailer.raw((5, 7)).strip() not in {"", bank}:
        raise RefusedBankFile("mixed_banks", line=str(trailer.number))
    return found[1:-1]


def _check_trailer(
    trailer: Record, layout: Layout400, details: Sequence[Record], mine: Sequence[Record]
) -> None:
    """Counts and sums that the bank filled; zeros and blanks say nothing."""
    if layout.details and (told := trailer.count(layout.details)):
        _same("details", trailer, told, {len(mine), len(details)})
    if layout.faces and (total := trailer.money(layout.faces, blank=True)):
        _same("faces", trailer, total, {sum((each.money(_FACE) for each in mine), ZERO)})
    if layout.payments:
        code, span = layout.payments
        if told := trailer.count(span):
            counted = Counter(record.raw(_OCCURRENCE) for record in mine)
            _same("payments", trailer, told, {counted[code]})


def _same(what: str, trailer: Record, told: int | Decimal, found: set[int] | set[Decimal]) -> None:
    if told not in found:
        raise RefusedBankFile(
            f"trailer_{what}", line=str(trailer.number), told=str(told), found=str(min(found))
        )


def _account(header: Record, mine: Sequence[Record], layout: Layout400) -> str:
    """The one account of all details; the header's when there are none."""
    if not mine:
        return _joined(header, layout.header_account)
    account = _joined(mine[0], layout.account)
    for record in mine:
        if _joined(record, layout.account) != account:
            raise RefusedBankFile("several_accounts", line=str(record.number))
    return account


def _joined(record: Record, spans: Sequence[Span]) -> str:
    return "/".join(record.text(span).replace(" ", "").lstrip("0") for span in spans)


def _drafts(details: Sequence[Record], layout: Layout400) -> list[Draft]:
    drafts: list[Draft] = []
    for place, record in enumerate(details):
        if record.raw((1, 1)) != layout.detail:
            continue
        txid = _txid(details[place + 1 : place + 2], layout)
        event = _event(record, layout, txid)
        drafts.append(draft(record, event, _kinds(record, layout), layout.holds))
    return drafts


def _kinds(record: Record, layout: Layout400) -> dict[str, LineKind]:
    """The bank's table; an advance telling pays nothing yet."""
    if layout.telling and record.raw(layout.telling[0]) == layout.telling[1]:
        return {}
    return dict(layout.kinds)


def _txid(following: Sequence[Record], layout: Layout400) -> str:
    """The txid in the Pix record that follows a boleto's, where the bank writes one."""
    if layout.pix is None or not following or following[0].raw((1, 1)) != layout.pix[0]:
        return ""
    txid = following[0].text(layout.pix[1])
    return txid if txid.isascii() and txid.isalnum() else ""


def _event(record: Record, layout: Layout400, txid: str) -> Event:
    occurrence = record.raw(_OCCURRENCE)
    payer = "" if layout.payer is None else record.text(layout.payer)
    return Event(
        occurrence=occurrence,
        occurred_on=record.day((111, 116)),
        credited_on=record.day(layout.credited_on),
        our_number=record.raw(layout.our_number),
        check_digit="" if layout.check_digit is None else record.raw(layout.check_digit),
        wallet="" if layout.wallet is None else record.text(layout.wallet),
        document=record.text((117, 126)),
        company_use=record.text(layout.company_use),
        payer="" if occurrence in layout.cheque else payer,
        payer_tax_id="",  # none of the six writes it in a return record of 400 positions
        due_on=record.day((147, 152)),
        face=record.money(_FACE, blank=True),
        paid=record.money((254, 266), blank=True),
        credited=_credited(record, layout),
        interest=record.money((267, 279), blank=True),
        fee=ZERO if layout.fee is None else record.money(layout.fee, blank=True),
        discount=record.money((241, 253), blank=True),
        rebate=record.money((228, 240), blank=True),
        tariff=record.money(layout.tariff, blank=True),
        txid=txid,
    )


def _credited(record: Record, layout: Layout400) -> Decimal | None:
    if layout.credited is None:
        return None
    if layout.debit_mark and record.raw(layout.debit_mark[0]) == layout.debit_mark[1]:
        return None
    return record.money(layout.credited, blank=True) or None
