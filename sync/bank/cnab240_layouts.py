"""Where six banks put things in segment T of a return file of 240 positions, and their codes.

The frame, segment U and most of T are FEBRABAN's; each layout names the bank's document it was
checked against. Occurrence codes are FEBRABAN's C044 with each bank's own meanings.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.bank.cnab400_layouts import Kinds, kinds
from sync.bank.cnab_lines import Paid
from sync.bank.cnab_records import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout240:
    """Spans of segment T, 1-based and inclusive; the defaults are FEBRABAN's."""

    bank: str
    kinds: Kinds
    account: tuple[Span, ...] = ((18, 23), (24, 36))
    header_account: tuple[Span, ...] = ((53, 58), (59, 71))
    our_number: Span
    check_digit: Span | None = None
    wallet: Span | None = None
    document: Span = (59, 73)
    due_on: Span = (74, 81)
    face: Span = (82, 96)
    company_use: Span = (106, 130)
    tax_kind: Span = (133, 133)
    tax_id: Span = (134, 148)
    payer: Span = (149, 188)
    tariff: Span = (199, 213)
    holds: Paid = Paid.GROSS


ITAU = Layout240(
    # "Cobrança Bancária – Layout de Arquivos – FEBRABAN 240", January 2017, section 3.2, note 22.
    # U 78–92 and 93–107 are both "valor lançado em conta corrente", the tariff already taken off
    # (as in the bank's 400 positions); T 199–213 is the tariff. U 18–32 is interest and fee.
    # U's date of occurrence is the day the file was made.
    bank="341",
    kinds=kinds(
        credit="06 08",
        entered="02",
        rejected="03 15 16 17 18 60 74",
        closed="05 09 10 32 47",
    ),
    account=((19, 22), (31, 37)),
    header_account=((54, 57), (66, 72)),
    our_number=(41, 48),
    check_digit=(49, 49),
    wallet=(38, 40),
    document=(59, 68),
    payer=(149, 178),
    holds=Paid.NET,
)

BRADESCO = Layout240(
    # "Manual Operacional – Troca de Arquivos – 240 posições" (4008-524-0339), segments T and U,
    # C044; the number is divided as in segment P: product 38–40, zeros, number 46–56, digit 57.
    # 44: paid with a cheque that came back; 45: with one that was cleared; 50: still pending.
    bank="237",
    kinds=kinds(
        credit="06 17 45", reversal="44", entered="02", rejected="03 26 30 37", closed="09 25"
    ),
    our_number=(46, 56),
    check_digit=(57, 57),
    wallet=(38, 40),
)

BANCO_DO_BRASIL = Layout240(
    # "Particularidades BB – Leiaute CNAB 240", August 2017 (codes 58 and 59 of September 2023 are
    # notices). 17 digits without check digit for agreements of 7 positions; shorter agreements
    # have 11 digits and a check digit in the same field, which stays part of the number here.
    bank="001",
    kinds=kinds(
        credit="06 17", reversal="44", entered="02", rejected="03 26 30", closed="05 09 25"
    ),
    our_number=(38, 57),
)

SANTANDER = Layout240(
    # "Layout Cobrança CNAB 240 posições – Padrão Santander Multibanco" (H7815), version 2.9, April
    # 2018, pages 9–12, notes 15 and 41. Its segment T is not FEBRABAN's: all from 33 on is moved.
    # 93 and 94 tell of a payment under way and are no payment.
    bank="033",
    kinds=kinds(credit="06 17", entered="02", rejected="03 26 30 32 53", closed="05 09 25"),
    account=((18, 22), (23, 32)),
    header_account=((33, 37), (38, 47)),
    our_number=(41, 52),
    check_digit=(53, 53),
    wallet=(54, 54),
    document=(55, 69),
    due_on=(70, 77),
    face=(78, 92),
    company_use=(101, 125),
    tax_kind=(128, 128),
    tax_id=(129, 143),
    payer=(144, 183),
    tariff=(194, 208),
)

CAIXA = Layout240(
    # "Leiaute de Arquivo Eletrônico CNAB 240 – Cobrança Bancária CAIXA" (MO 67118 010), 3.6.3 and
    # 3.6.4, C044: 17 digits (product and number) 40–56, digit 57. 46 and 47 are told within
    # minutes and again at night as 06 and 44; 45 is a changed boleto here.
    bank="104",
    kinds=kinds(
        credit="06 17 46",
        reversal="44 47",
        entered="02",
        rejected="03 26 30 40",
        closed="05 09 25",
    ),
    account=((24, 29),),
    header_account=((59, 64),),
    our_number=(40, 56),
    check_digit=(57, 57),
    document=(59, 69),
)

SICOOB = Layout240(
    # FEBRABAN's segments; how Sicoob divides 38–57 (number 38–46, digit 47, instalment 48–49,
    # product 50–51) is read from two public readers and a public sample, for want of a document.
    bank="756",
    kinds=kinds(credit="06 17", reversal="44", entered="02", rejected="03 26 30", closed="09 25"),
    our_number=(38, 46),
    check_digit=(47, 47),
    wallet=(50, 51),
)

LAYOUTS: Mapping[str, Layout240] = {
    layout.bank: layout for layout in (ITAU, BRADESCO, BANCO_DO_BRASIL, SANTANDER, CAIXA, SICOOB)
}
