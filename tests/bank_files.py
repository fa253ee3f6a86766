"""Bank files made to order, from the positions that the banks' manuals print.

The positions are written here as the manuals write them ("086-093") and apart from the reader's
own tables, so that a slip in either shows. What a file tells is given as `Paid`s; each builder
does to the amounts what that bank does (Itaú writes what is left after its tariff).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

BANKS = ("341", "237", "001", "033", "104", "756")


@dataclass(frozen=True, kw_only=True)
class Paid:
    """One event of a boleto; `paid` is what the payer paid."""

    number: str = "12345"
    digit: str = "7"
    wallet: str = "109"
    document: str = "NF 1001"
    company_use: str = "CLIENTE 42"
    occurrence: str | None = None  # None: the bank's ordinary settlement
    occurred_on: date = date(2026, 10, 15)
    credited_on: date | None = date(2026, 10, 16)
    due_on: date | None = date(2026, 10, 10)
    face: str = "1000.00"
    paid: str = "1025.67"
    interest: str = "5.67"
    fee: str = "20.00"
    discount: str = "0.00"
    rebate: str = "0.00"
    tariff: str = "2.10"
    payer: str = "JOAO DA SILVA"
    payer_tax_id: str = "11222333000181"
    mark: str = ""  # Itaú's position 107


def cents(text: str | Decimal, width: int) -> str:
    return f"{int(Decimal(text) * 100):0{width}d}"


def placed(length: int, fields: Mapping[str, str]) -> str:
    """A record with each field at its printed position: "086-093" holds eight characters."""
    record = [" "] * length
    for span, value in fields.items():
        first, last = (int(part) for part in span.split("-"))
        assert len(value) == last - first + 1, (span, value)
        record[first - 1 : last] = value
    return "".join(record)


def filled(text: str, span: str) -> str:
    first, last = (int(part) for part in span.split("-"))
    return text.ljust(last - first + 1)


def digits(text: str, span: str) -> str:
    first, last = (int(part) for part in span.split("-"))
    return text.zfill(last - first + 1)


SETTLED_400 = {"341": "06", "237": "06", "001": "06", "033": "06", "104": "21", "756": "06"}

# number, digit, credit date, tariff; as printed in each manual
FIELDS_400: dict[str, dict[str, str]] = {
    "341": {"number": "086-093", "digit": "094-094", "credit": "296-301", "tariff": "176-188",
            "wallet": "083-085", "use": "038-062", "agency": "018-021", "account": "024-029",
            "payer": "325-354"},
    "237": {"number": "071-081", "digit": "082-082", "credit": "296-301", "tariff": "176-188",
            "wallet": "022-024", "use": "038-062", "agency": "025-029", "account": "030-037"},
    "001": {"number": "064-080", "credit": "176-181", "tariff": "182-188",
            "use": "039-063", "agency": "018-022", "account": "023-031"},
    "033": {"number": "063-069", "digit": "070-070", "credit": "296-301", "tariff": "176-188",
            "use": "038-062", "agency": "018-021", "account": "022-029", "payer": "302-337"},
    "104": {"number": "057-073", "credit": "294-299", "tariff": "176-188", "use": "032-056",
            "account": "021-027", "fee": "280-292"},
    "756": {"number": "063-073", "digit": "074-074", "credit": "176-181", "tariff": "182-188",
            "use": "038-062", "agency": "018-022", "account": "023-031"},
}  # fmt: skip


def day6(day: date | None) -> str:
    return "000000" if day is None else f"{day:%d%m%y}"


def day8(day: date | None) -> str:
    return "00000000" if day is None else f"{day:%d%m%Y}"


def detail400(bank: str, event: Paid, *, account: str = "35110") -> dict[str, str]:
    at = FIELDS_400[bank]
    interest = Decimal(event.interest)
    if "fee" not in at:
        interest += Decimal(event.fee)
    received = Decimal(event.paid)
    if bank == "341":
        received -= Decimal(event.tariff)
    fields = {
        "001-001": "7" if bank == "001" else "1",
        "109-110": event.occurrence or SETTLED_400[bank],
        "111-116": day6(event.occurred_on),
        "117-126": filled(event.document, "117-126"),
        "147-152": day6(event.due_on),
        "153-165": cents(event.face, 13),
        "228-240": cents(event.rebate, 13),
        "241-253": cents(event.discount, 13),
        "254-266": cents(received, 13),
        "267-279": cents(interest, 13),
        at["number"]: digits(event.number, at["number"]),
        at["credit"]: day6(event.credited_on),
        at["tariff"]: digits(cents(event.tariff, 1), at["tariff"]),
        at["use"]: filled(event.company_use, at["use"]),
        at["account"]: digits(account, at["account"]),
    }
    if "fee" in at:
        fields[at["fee"]] = cents(event.fee, 13)
    if "digit" in at:
        fields[at["digit"]] = event.digit
    if "agency" in at:
        fields[at["agency"]] = digits("730", at["agency"])
    if "wallet" in at:
        fields[at["wallet"]] = event.wallet
    if "payer" in at:
        fields[at["payer"]] = filled(event.payer, at["payer"])
    if bank == "001":  # the entry, net of tariff, as a credit
        net = Decimal(event.paid) - Decimal(event.tariff)
        fields |= {"306-318": cents(net, 13), "319-319": "2"}
    if event.mark:
        fields["107-107"] = event.mark
    return fields


def return400(
    bank: str,
    events: Iterable[Paid],
    *,
    account: str = "35110",
    made_on: date = date(2026, 10, 16),
    file_number: int = 7,
) -> list[str]:
    """The records of a return file; `file400` joins them."""
    details = [detail400(bank, event, account=account) for event in events]
    header = {
        "001-026": "02RETORNO01COBRANCA       ",
        "047-076": "EMPRESA DE EXEMPLO LTDA       ",
        "077-079": bank,
        "095-100": day6(made_on),
    }
    trailer = {"001-007": f"9201{bank}"}
    if bank == "341":
        total = sum(int(fields["153-165"]) for fields in details)
        trailer |= {"208-212": f"{file_number:05d}", "213-220": f"{len(details):08d}"}
        trailer |= {"221-234": f"{total:014d}"}
    if bank == "237":
        settled = sum(fields["109-110"] == "06" for fields in details)
        trailer |= {"087-091": f"{settled:05d}"}
    return numbered400([header, *details, trailer])


def numbered400(records: Sequence[dict[str, str]]) -> list[str]:
    return [
        placed(400, fields | {"395-400": f"{number:06d}"})
        for number, fields in enumerate(records, start=1)
    ]


def renumbered400(lines: Iterable[str]) -> list[str]:
    return [f"{line[:394]}{number:06d}" for number, line in enumerate(lines, start=1)]


def joined(lines: Iterable[str], encoding: str = "latin-1", ending: str = "\r\n") -> bytes:
    return "".join(line + ending for line in lines).encode(encoding)


def file400(bank: str, *events: Paid) -> bytes:
    return joined(return400(bank, events))


FIELDS_240: dict[str, dict[str, str]] = {
    bank: {
        "document": "059-073", "due": "074-081", "face": "082-096", "use": "106-130",
        "tax_kind": "133-133", "tax": "134-148", "payer": "149-188", "tariff": "199-213",
    }
    for bank in BANKS
}  # fmt: skip
FIELDS_240["341"] |= {"agency": "019-022", "account": "031-035", "wallet": "038-040",
                      "number": "041-048", "digit": "049-049", "document": "059-068",
                      "payer": "149-178"}  # fmt: skip
FIELDS_240["237"] |= {"agency": "018-022", "account": "024-035", "number": "046-056",
                      "digit": "057-057", "wallet": "038-040"}  # fmt: skip
FIELDS_240["001"] |= {"agency": "018-022", "account": "024-035", "number": "038-054"}
FIELDS_240["033"] |= {"agency": "018-021", "account": "023-031", "number": "041-052",
                      "digit": "053-053", "document": "055-069", "due": "070-077",
                      "face": "078-092", "use": "101-125", "tax_kind": "128-128",
                      "tax": "129-143", "payer": "144-183", "tariff": "194-208"}  # fmt: skip
FIELDS_240["104"] |= {"account": "024-029", "number": "040-056", "digit": "057-057",
                      "document": "059-069"}  # fmt: skip
FIELDS_240["756"] |= {"agency": "018-022", "account": "024-035", "number": "038-046",
                      "digit": "047-047"}  # fmt: skip


def segments240(bank: str, event: Paid, *, account: str) -> list[dict[str, str]]:
    """Segments T and U of one event, without bank, batch and numbers."""
    at = FIELDS_240[bank]
    occurrence = event.occurrence or "06"
    first = {
        "014-014": "T",
        "016-017": occurrence,
        at["account"]: digits(account, at["account"]),
        at["number"]: digits(event.number, at["number"]),
        at["document"]: filled(event.document, at["document"]),
        at["due"]: day8(event.due_on),
        at["face"]: cents(event.face, 15),
        at["use"]: filled(event.company_use, at["use"]),
        at["tax_kind"]: "2" if len(event.payer_tax_id) == 14 else "1",
        at["tax"]: digits(event.payer_tax_id, at["tax"]),
        at["payer"]: filled(event.payer, at["payer"]),
        at["tariff"]: cents(event.tariff, 15),
    }
    if "agency" in at:
        first[at["agency"]] = digits("730", at["agency"])
    if "digit" in at:
        first[at["digit"]] = event.digit
    if "wallet" in at:
        first[at["wallet"]] = event.wallet
    net = Decimal(event.paid) - Decimal(event.tariff)
    second = {
        "014-014": "U",
        "016-017": occurrence,
        "018-032": cents(Decimal(event.interest) + Decimal(event.fee), 15),
        "033-047": cents(event.discount, 15),
        "048-062": cents(event.rebate, 15),
        "063-077": "0" * 15,
        "078-092": cents(net if bank == "341" else event.paid, 15),
        "093-107": cents(net, 15),
        "138-145": day8(event.occurred_on),
        "146-153": day8(event.credited_on),
    }
    return [first, second]


def return240(
    bank: str,
    events: Iterable[Paid],
    *,
    account: str = "35110",
    made_on: date = date(2026, 10, 16),
    batches: int = 1,
) -> list[str]:
    """The records of a return file; its events are dealt out over the batches."""
    events = list(events)
    lines = [placed(240, {"001-008": f"{bank}00000", "143-143": "2", "144-151": day8(made_on)})]
    for batch in range(1, batches + 1):
        details: list[dict[str, str]] = []
        for event in events[batch - 1 :: batches]:
            details += segments240(bank, event, account=account)
        lines.append(placed(240, {"001-011": f"{bank}{batch:04d}1T01"}))
        for number, fields in enumerate(details, start=1):
            frame = {"001-008": f"{bank}{batch:04d}3", "009-013": f"{number:05d}"}
            lines.append(placed(240, frame | fields))
        count = len(details) if bank == "033" else len(details) + 2
        lines.append(placed(240, {"001-008": f"{bank}{batch:04d}5", "018-023": f"{count:06d}"}))
    counts = f"{batches:06d}{len(lines) + 1:06d}"
    return [*lines, placed(240, {"001-008": f"{bank}99999", "018-029": counts})]


def file240(bank: str, *events: Paid) -> bytes:
    return joined(return240(bank, events))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of an OFX statement, its values as the bank writes them."""

    amount: str = "150.00"
    posted: str = "20261015"
    memo: str = "PIX RECEBIDO MARIA SOUZA"
    fitid: str = "20261015000123"
    name: str = ""
    kind: str = "CREDIT"

    def fields(self) -> dict[str, str]:
        tags = {"TRNTYPE": self.kind, "DTPOSTED": self.posted, "TRNAMT": self.amount}
        tags |= {"FITID": self.fitid, "NAME": self.name, "MEMO": self.memo}
        return {tag: value for tag, value in tags.items() if value or tag == "FITID"}


_SGML_HEADER = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

"""
_XML_HEADER = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
"""


def ofx(
    *entries: Entry,
    xml: bool = False,
    leaf_ends: bool | None = None,
    entry_ends: bool = True,
    account: str = "073035110",
    bank: str = "0341",
    covers: tuple[str, str] = ("20261001", "20261031"),
    server: str = "20261016080000[-3:BRT]",
    currency: str = "BRL",
) -> str:
    """An OFX statement; the leaf tags of version 2 end, those of version 1 do not."""
    ends = xml if leaf_ends is None else leaf_ends

    def leaf(tag: str, value: str) -> str:
        return f"<{tag}>{value}</{tag}>\n" if ends else f"<{tag}>{value}\n"

    body = "".join(
        "<STMTTRN>\n"
        + "".join(leaf(tag, value) for tag, value in entry.fields().items())
        + ("</STMTTRN>\n" if entry_ends else "")
        for entry in entries
    )
    return (
        (_XML_HEADER if xml else _SGML_HEADER)
        + f"<OFX>\n<SIGNONMSGSRSV1><SONRS>\n{leaf('DTSERVER', server)}</SONRS></SIGNONMSGSRSV1>\n"
        + f"<BANKMSGSRSV1><STMTTRNRS>\n<STMTRS>\n{leaf('CURDEF', currency)}"
        + f"<BANKACCTFROM>\n{leaf('BANKID', bank)}{leaf('ACCTID', account)}"
        + f"</BANKACCTFROM>\n<BANKTRANLIST>\n{leaf('DTSTART', covers[0])}"
        + f"{leaf('DTEND', covers[1])}{body}</BANKTRANLIST>\n<LEDGERBAL>\n"
        + f"{leaf('BALAMT', '5321.00')}{leaf('DTASOF', covers[1])}</LEDGERBAL>\n"
        + "</STMTRS>\n</STMTTRNRS></BANKMSGSRSV1>\n</OFX>\n"
    )
