"""CPF and CNPJ as people type them, checked with python-stdnum.

The alphanumeric CNPJ of July 2026 (Receita Federal, IN 2.229/2024) counts.
"""

from dataclasses import dataclass
from types import ModuleType

from stdnum.br import cnpj, cpf

from sync.key_text import key_text
from sync.rows.cells import error_code, read_text
from sync.workbook import Cell

_CPF, _CNPJ = 11, 14


@dataclass(frozen=True, slots=True)
class TaxId:
    """A tax id in its usual notation; `code` is the warning it deserves."""

    text: str | None = None
    is_person: bool = False
    code: str | None = None


def read_tax_id(cell: Cell, language: str) -> TaxId:
    """Read a tax id. A number, or digits that lost leading zeros to one, are filled up again.

    What could be a CPF is taken for a person's: the consumer's side is the safe one.
    """
    if cell is None or error_code(cell):
        return TaxId(code="unreadable_detail" if cell is not None else None)
    text = key_text(cell) if isinstance(cell, int | float) else read_text(cell, language).value
    if text is None:
        return TaxId(code=None if isinstance(cell, str) else "invalid_tax_id")
    bare = "".join(sign for sign in text.upper() if sign.isalnum())
    padded = bare.isdecimal() and 0 < len(bare) not in {_CPF, _CNPJ}
    for length, kind in ((_CPF, cpf), (_CNPJ, cnpj)):
        full = bare.zfill(length)
        if len(bare) <= length and (padded or len(bare) == length) and _valid(kind, full):
            found = str(kind.format(full))
            return TaxId(found, length == _CPF, "tax_id_padded" if padded else None)
    likely_person = bare.isdecimal() and _CPF - 2 <= len(bare) <= _CPF
    return TaxId(text, likely_person, "invalid_tax_id")


def _valid(kind: ModuleType, text: str) -> bool:
    """Whether the check digits agree; 111.111.111-11 agrees by accident and is nobody's."""
    return bool(kind.is_valid(text)) and len(set(text)) > 1
