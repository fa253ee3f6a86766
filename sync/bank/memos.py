"""What a statement's free text gives away: Pix ids, the payer's tax number, the means of payment.

The Portuguese words that mark these stand in sync/locale (topic `bank_words`).
"""

import re
from decimal import Decimal
from functools import cache, lru_cache

from stdnum.br import cnpj, cpf

from sync.bank.statement import LineKind, fold
from sync.words import LANGUAGES, word_lists

_END_TO_END = re.compile(r"(?<![A-Za-z0-9])([ED]\d{20}[A-Za-z0-9]{11})(?![A-Za-z0-9])")
_MOST_WORDS = 60
_PHRASE = 6
_TAX_ID = re.compile(
    r"(?<![A-Za-z0-9])("
    r"[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-\d{2}"  # CNPJ, letters allowed from 2026
    r"|\d{3}\.\d{3}\.\d{3}-\d{2}"  # CPF
    r"|\d{14}|\d{11})(?![A-Za-z0-9])"
)


@cache
def marks(group: str) -> tuple[str, ...]:
    """The folded words of a group, of both languages: banks write in either."""
    return tuple(
        fold(text) for language in LANGUAGES for text in word_lists(language, "bank_words")[group]
    )


def end_to_end(text: str) -> str:
    """The one EndToEndId (E…, or D… of a return; Pix manual, 32 characters) in a text, or ""."""
    found = set(_END_TO_END.findall(text))
    return str(found.pop()) if len(found) == 1 else ""


def tax_number(text: str) -> str:
    """The one valid CPF or CNPJ in a text, without signs; "" for none or several."""
    found = {re.sub(r"[./-]", "", match) for match in _TAX_ID.findall(text)}
    valid = {number for number in found if _valid(number)}
    return valid.pop() if len(valid) == 1 else ""


def _valid(number: str) -> bool:
    return bool(cpf.is_valid(number) if len(number) == 11 else cnpj.is_valid(number))


def method(text: str) -> str | None:
    """The means of payment, "pix", "boleto" or "transfer", when the text says so."""
    for name in ("pix", "boleto", "transfer"):
        if _says(text, name):
            return name
    return None


def _says(text: str, group: str) -> bool:
    """Whether a word of the text begins a phrase of the group ("TED 123", never "Limited")."""
    return any(phrase.startswith(marks(group)) for phrase in _phrases(text))


@lru_cache(maxsize=16)
def _phrases(text: str) -> tuple[str, ...]:
    """The folded text from each of its words on, a few words long."""
    words = [fold(word) for word in text.split()[:_MOST_WORDS]]
    return tuple("".join(words[at : at + _PHRASE]) for at in range(len(words)))


def kind(amount: Decimal, text: str) -> LineKind:
    """Money in, money out, or money out that undoes a payment received; nothing for zero."""
    if not amount:
        return LineKind.NOTICE
    if amount > 0:
        return LineKind.CREDIT
    undone = end_to_end(text).startswith("D") or _says(text, "returned")
    return LineKind.REVERSAL if undone else LineKind.DEBIT
