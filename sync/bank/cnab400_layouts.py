"""Where six banks put things in a return record of 400 positions, and what their codes mean.

Each layout names the bank's document it was checked against. Common to all: occurrence 109–110,
its date 111–116, the company's number 117–126, due date 147–152, face 153–165, rebate 228–240,
discount 241–253, paid 254–266, interest 267–279, sequence 395–400.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.bank.cnab_lines import Paid
from sync.bank.cnab_records import Span
from sync.bank.statement import LineKind

Kinds = Mapping[str, LineKind]


def kinds(**codes: str) -> Kinds:
    """`credit="06 07"` → {"06": CREDIT, "07": CREDIT}; a code may stand once."""
    table = [(code, LineKind(kind)) for kind, text in codes.items() for code in text.split()]
    assert len(dict(table)) == len(table)  # noqa: S101 -- a table of constants, checked at import
    return dict(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout400:
    """The fields in which the banks differ; spans are 1-based and inclusive."""

    bank: str
    kinds: Kinds
    account: tuple[Span, ...]
    header_account: tuple[Span, ...]
    our_number: Span
    tariff: Span
    credited_on: Span
    check_digit: Span | None = None
    wallet: Span | None = None
    company_use: Span = (38, 62)
    detail: str = "1"
    holds: Paid = Paid.GROSS
    fee: Span | None = None
    credited: Span | None = None
    debit_mark: tuple[Span, str] | None = None  # where it stands, `credited` is a debit
    payer: Span | None = None
    cheque: frozenset[str] = field(default_factory=frozenset)  # payer's field holds a cheque
    telling: tuple[Span, str] | None = None  # a mark of a first telling that another will follow
    pix: tuple[str, Span] | None = None  # type of the record with a txid, and where it stands
    details: Span | None = None  # in the trailer: how many detail records
    faces: Span | None = None  # in the trailer: the sum of their faces
    payments: tuple[str, Span] | None = None  # in the trailer: how many records of one occurrence


ITAU = Layout400(
    # "Cobrança Bancária – Intercâmbio Eletrônico de Arquivos – Layout de Arquivos – CNAB 400",
    # July 2021, section 3.2 and notes 3, 17, 21 and 34. 254–266 is "valor lançado em conta
    # corrente": a published sample has face 48.75 + interest 1.02 − tariff 2.10 = 47.67 there.
    # 267–279 holds interest and fee. Position 107 "I" marks an advance telling (parameter 23.2).
    # Occurrence 10 also tells of a boleto paid by its Pix code; that money is in the account's
    # statement, so here it only closes the boleto.
    bank="341",
    kinds=kinds(
        credit="06 07 08",
        reversal="69",
        entered="02 64 73",
        rejected="03 15 16 17 18 24 60 74",
        closed="05 09 10 32 47 59 72",
    ),
    account=((18, 21), (24, 29)),
    header_account=((27, 30), (33, 38)),
    our_number=(86, 93),
    check_digit=(94, 94),
    wallet=(83, 85),
    tariff=(176, 188),
    credited_on=(296, 301),
    holds=Paid.NET,
    credited=(254, 266),
    payer=(325, 354),
    cheque=frozenset({"69"}),
    telling=((107, 107), "I"),
    details=(213, 220),
    faces=(221, 234),
)

BRADESCO = Layout400(
    # "Layout de Cobrança – Manual Operacional – 400 posições" (4008-524-0121), pages 38–47.
    # 254–266 is "o valor total recebido". 22 and 40 undo a payment; 16 is a cheque still pending.
    # Rebate and discount are told together in 241–253.
    bank="237",
    kinds=kinds(
        credit="06 15 17",
        reversal="22 40",
        entered="02",
        rejected="03 24 27 30 32",
        closed="09 10",
    ),
    account=((25, 29), (30, 37)),
    header_account=((27, 46),),
    our_number=(71, 81),
    check_digit=(82, 82),
    wallet=(22, 24),
    tariff=(176, 188),
    credited_on=(296, 301),
    pix=("4", (106, 140)),
    payments=("06", (87, 91)),
)

BANCO_DO_BRASIL = Layout400(
    # "CNAB400/CBR643 – Layout de Arquivo Retorno para convênios na faixa numérica entre 1.000.000
    # a 9.999.999 (Convênios de 7 posições)", January 2014. Detail records are of type 7. The
    # amount of the entry in 306–318 is net of the tariff, the amount received in 254–266 is not.
    # 44: paid with a cheque that came back; 46: with one that is still pending.
    bank="001",
    kinds=kinds(
        credit="05 06 07 08 15", reversal="44", entered="02", rejected="03", closed="09 10 20"
    ),
    detail="7",
    account=((18, 22), (23, 31)),
    header_account=((27, 31), (32, 40)),
    our_number=(64, 80),
    wallet=(107, 108),
    company_use=(39, 63),
    tariff=(182, 188),
    credited_on=(176, 181),
    credited=(306, 318),
    debit_mark=((319, 319), "1"),
)

SANTANDER = Layout400(
    # "CNAB 400 (padrão Santander) – Com Registro" (H7800), version 2.17, April 2018, pages 11–14.
    # 93 and 94 tell of a payment under way and are no payment (note 14); 16 answers an order about
    # a boleto that was settled before.
    bank="033",
    kinds=kinds(credit="06 07 08 17", entered="02", rejected="01 03 37 39", closed="09 10 16"),
    account=((18, 21), (22, 29)),
    header_account=((27, 30), (31, 38)),
    our_number=(63, 69),
    check_digit=(70, 70),
    wallet=(108, 108),
    tariff=(176, 188),
    credited_on=(296, 301),
    credited=(367, 379),
    debit_mark=((380, 380), "D"),
    payer=(302, 337),
    pix=("2", (80, 114)),
)

CAIXA = Layout400(
    # "Leiaute de Arquivo Eletrônico Padrão CNAB 400 – Cobrança Bancária CAIXA – SIGCB" (67.126
    # v015), 3.6.7–3.6.9, notes NE032–NE037. 254–266 is "valor principal pago", interest and fee
    # stand beside it; the manual does not say whether they are in it: see Paid.PRINCIPAL. 35 and
    # 36 are told within minutes and again at night as 21 and 33.
    bank="104",
    kinds=kinds(
        credit="21 22 35", reversal="33 36", entered="01", rejected="99", closed="02 23 25"
    ),
    account=((21, 27),),
    header_account=((31, 37),),
    our_number=(57, 73),
    wallet=(107, 108),
    company_use=(32, 56),
    tariff=(176, 188),
    credited_on=(294, 299),
    holds=Paid.PRINCIPAL,
    fee=(280, 292),
)

SICOOB = Layout400(
    # No document of Sicoob's own could be had; positions and codes are those on which two public
    # readers of these files agree, with the field names of Sicoob's spreadsheet as they quote it:
    # nosso número 63–74 with its digit, credit date 176–181, tariff 182–188, received 254–266.
    bank="756",
    kinds=kinds(credit="05 06 15", entered="02", rejected="03", closed="09 10"),
    account=((18, 22), (23, 31)),
    header_account=((27, 31), (32, 40)),
    our_number=(63, 73),
    check_digit=(74, 74),
    wallet=(107, 108),
    tariff=(182, 188),
    credited_on=(176, 181),
)

LAYOUTS: Mapping[str, Layout400] = {
    layout.bank: layout for layout in (ITAU, BRADESCO, BANCO_DO_BRASIL, SANTANDER, CAIXA, SICOOB)
}
