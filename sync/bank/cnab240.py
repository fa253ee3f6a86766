"""Return files of 240 positions (FEBRABAN): batches of segments T and U, which tell one event.

Frame checked: file header and trailer, each batch's header and trailer, their counts, the numbers
of the records in a batch, a U after each T about the same occurrence, one account throughout. A
file that fails is refused whole. Lines whose blanks at the end were cut off are accepted.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.bank.cnab240_layouts import LAYOUTS, Layout240
from sync.bank.cnab_lines import Event, covered, draft, tax_id
from sync.bank.cnab_records import Record, Span, records
from sync.bank.statement import ZERO, Draft, RefusedBankFile, Statement, with_ids

_LENGTH = 240
_KIND: Span = (8, 8)
_BATCH: Span = (4, 7)
_NUMBER: Span = (9, 13)
_SEGMENT: Span = (14, 14)
_OCCURRENCE: Span = (16, 17)
_NUMBERS = 100_000  # five positions: a longer batch starts again


@dataclass(frozen=True, slots=True)
class _Batch:
    header: Record
    details: tuple[Record, ...]
    trailer: Record


def read_cnab240(data: bytes, name: str) -> Statement:
    """Read a return file of one of the six banks. Raises RefusedBankFile."""
    found = records(data, _LENGTH, trimmed=True)
    header = found[0]
    if header.raw((143, 143)) == "1":
        raise RefusedBankFile("remittance")
    bank = header.raw((1, 3))
    layout = LAYOUTS.get(bank)
    if layout is None:
        raise RefusedBankFile("unknown_bank", bank=bank, banks=", ".join(sorted(LAYOUTS)))
    for record in found:
        if record.raw((1, 3)) != bank:
            raise RefusedBankFile("mixed_banks", line=str(record.number))
    pairs = [pair for batch in _batches(found) for pair in _pairs(_collection(batch))]
    account = _account(header, [first for first, _ in pairs], layout)
    drafts = [_draft(first, second, layout) for first, second in pairs]
    start, end = covered(drafts, header.day((144, 151)))
    return Statement(
        source=name,
        digest=hashlib.sha256(data).hexdigest(),
        format="cnab240",
        bank=bank,
        account=account,
        start=start,
        end=end,
        boletos_only=True,
        lines=with_ids(bank, account, drafts),
    )


def _batches(found: Sequence[Record]) -> Sequence[_Batch]:
    """The batches, once the frame and all its counts are as they must be."""
    trailer = found[-1]
    if len(found) < 2 or trailer.raw(_KIND) != "9":
        raise RefusedBankFile("truncated", line=str(trailer.number))
    batches: list[_Batch] = []
    opened: list[Record] = []
    for record in found[1:-1]:
        kind = record.raw(_KIND)
        if kind not in "135" or (kind == "1") != (not opened):
            raise RefusedBankFile("out_of_place", line=str(record.number), value=kind)
        opened.append(record)
        if kind == "5":
            batches.append(_closed(opened))
            opened = []
    if opened:
        raise RefusedBankFile("truncated", line=str(opened[-1].number))
    _same("batches", trailer, (18, 23), {len(batches)})
    _same("records", trailer, (24, 29), {len(found)})
    return batches


def _closed(opened: Sequence[Record]) -> _Batch:
    """One batch from its header to its trailer. Santander counts the details alone."""
    header, *details, trailer = opened
    for expected, record in enumerate(details, start=1):
        if record.raw(_BATCH) != header.raw(_BATCH):
            raise RefusedBankFile("out_of_place", line=str(record.number), value=record.raw(_BATCH))
        if int(record.digits(_NUMBER)) != expected % _NUMBERS:
            raise RefusedBankFile(
                "sequence",
                line=str(record.number),
                value=record.raw(_NUMBER),
                expected=f"{expected % _NUMBERS:05d}",
            )
    _same("records", trailer, (18, 23), {len(opened), len(details)})
    return _Batch(header, tuple(details), trailer)


def _same(what: str, trailer: Record, span: Span, found: set[int]) -> None:
    told = trailer.count(span)
    if told not in found:
        raise RefusedBankFile(
            f"trailer_{what}",
            line=str(trailer.number),
            told=trailer.text(span) or "–",
            found=str(max(found)),
        )


def _collection(batch: _Batch) -> _Batch:
    """A batch about boletos in collection; statements and payments to suppliers are refused."""
    if batch.header.raw((9, 11)) != "T01":
        raise RefusedBankFile(
            "other_service", line=str(batch.header.number), value=batch.header.raw((9, 11))
        )
    return batch


def _pairs(batch: _Batch) -> Iterator[tuple[Record, Record]]:
    """Each T with its U; other segments are about the boleto's papers and are passed over."""
    waiting: Record | None = None
    for record in batch.details:
        segment = record.raw(_SEGMENT)
        if segment == "T":
            if waiting is not None:
                raise RefusedBankFile("lonely_t", line=str(waiting.number))
            waiting = record
        elif segment == "U":
            if waiting is None or waiting.raw(_OCCURRENCE) != record.raw(_OCCURRENCE):
                raise RefusedBankFile("lonely_u", line=str(record.number))
            yield waiting, record
            waiting = None
    if waiting is not None:
        raise RefusedBankFile("lonely_t", line=str(waiting.number))


def _account(header: Record, details: Sequence[Record], layout: Layout240) -> str:
    """The one account of all details; the header's when there are none."""
    if not details:
        return _joined(header, layout.header_account)
    account = _joined(details[0], layout.account)
    for record in details:
        if _joined(record, layout.account) != account:
            raise RefusedBankFile("several_accounts", line=str(record.number))
    return account


def _joined(record: Record, spans: Sequence[Span]) -> str:
    return "/".join(record.text(span).replace(" ", "").lstrip("0") for span in spans)


def _draft(first: Record, second: Record, layout: Layout240) -> Draft:
    """One event from its T (whose boleto) and U (amounts and dates)."""
    event = Event(
        occurrence=first.raw(_OCCURRENCE),
        occurred_on=second.day((138, 145)),
        credited_on=second.day((146, 153)),
        our_number=first.raw(layout.our_number),
        check_digit="" if layout.check_digit is None else first.raw(layout.check_digit),
        wallet="" if layout.wallet is None else first.text(layout.wallet),
        document=first.text(layout.document),
        company_use=first.text(layout.company_use),
        payer=first.text(layout.payer),
        payer_tax_id=tax_id(first.raw(layout.tax_kind), first.raw(layout.tax_id)),
        due_on=first.day(layout.due_on),
        face=first.money(layout.face, blank=True),
        paid=second.money((78, 92)),
        credited=second.money((93, 107), blank=True) or None,
        interest=second.money((18, 32), blank=True),
        fee=ZERO,
        discount=second.money((33, 47), blank=True),
        rebate=second.money((48, 62), blank=True),
        tariff=first.money(layout.tariff, blank=True),
    )
    return draft(second, event, layout.kinds, layout.holds)
