"""Return files as records of a fixed length, and the fields of a record.

Positions are written as the banks' manuals write them: 1-based, both ends included.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sync.bank.amounts import UnreadableAmountError, cents
from sync.bank.statement import RefusedBankFile, clean

Span = tuple[int, int]

_CENTURY = 2000


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a return file; `number` is its place in the file, 1-based."""

    number: int
    content: str

    def raw(self, span: Span) -> str:
        """The field as it stands, blanks included."""
        return self.content[span[0] - 1 : span[1]]

    def text(self, span: Span) -> str:
        """The field without the blanks around it and with single ones inside."""
        return clean(self.raw(span))

    def digits(self, span: Span) -> str:
        """A field that must be digits throughout. Raises RefusedBankFile (`not_digits`)."""
        field = self.raw(span)
        if not (field.isascii() and field.isdigit()):
            raise self.refusal("not_digits", span)
        return field

    def count(self, span: Span) -> int | None:
        """A number, None where the bank leaves the field blank. Raises RefusedBankFile."""
        return int(self.digits(span)) if self.raw(span).strip() else None

    def money(self, span: Span, *, blank: bool = False) -> Decimal:
        """An amount in cents; 0 for blanks where `blank` allows them. Raises RefusedBankFile."""
        if blank and not self.raw(span).strip():
            return Decimal("0.00")
        try:
            return cents(self.raw(span))
        except UnreadableAmountError as wrong:
            raise self.refusal("not_digits", span) from wrong

    def day(self, span: Span) -> date | None:
        """A date DDMMAA or DDMMAAAA; None for zeros and blanks. Raises RefusedBankFile."""
        field = self.raw(span)
        if not field.strip(" 0"):
            return None
        if not (field.isascii() and field.isdigit()):
            raise self.refusal("no_date", span)
        year = int(field[4:]) + (_CENTURY if len(field) == 6 else 0)
        try:
            return date(year, int(field[2:4]), int(field[:2]))
        except ValueError as impossible:
            raise self.refusal("no_date", span) from impossible

    def refusal(self, code: str, span: Span) -> RefusedBankFile:
        """A refusal that names line, positions and what stands there."""
        return RefusedBankFile(
            code,
            line=str(self.number),
            first=str(span[0]),
            last=str(span[1]),
            value=self.raw(span).strip(),
        )


def records(data: bytes, length: int, *, trimmed: bool) -> tuple[Record, ...]:
    """Cut a file into its records of `length` characters.

    Blanks past the end are dropped. A shorter line is refused, or filled with blanks where
    `trimmed` says that programs on the way may have cut them off: a field that needs digits is
    then found blank and refused there. A file without line breaks is cut by length.
    """
    text = _decoded(data.rstrip(b"\x00\x1a\r\n"), length)
    lines = re.split(r"\r\n|\n|\r", text)
    if len(lines) == 1 and len(text) > length and len(text) % length == 0:
        lines = [text[at : at + length] for at in range(0, len(text), length)]
    found = []
    for number, line in enumerate(lines, start=1):
        content = line.rstrip() if len(line) > length else line
        if len(content) > length or (len(content) < length and not trimmed):
            raise RefusedBankFile(
                "length", line=str(number), length=str(len(content)), expected=str(length)
            )
        found.append(Record(number, content.ljust(length)))
    return tuple(found)


def _decoded(data: bytes, length: int) -> str:
    """One character a position: single bytes, unless only UTF-8 gives lines of the right length.

    A manual's positions are bytes of an old code page; programs on the way turn some files into
    UTF-8, whose letters with accents take two.
    """
    single = data.decode("latin-1")
    if data.isascii():
        return single
    try:
        several = data.decode("utf-8")
    except UnicodeDecodeError:
        return single
    return _fitting(single, several, length)


def _fitting(single: str, several: str, length: int) -> str:
    """Of both readings the one with more lines of exactly the right length."""

    def full(text: str) -> int:
        return sum(len(line) == length for line in re.split(r"\r\n|\n|\r", text))

    return several if full(several) >= full(single) else single


def plain_number(digits: str) -> str:
    """A bank's number without the zeros before it; letters and signs dropped."""
    kept = "".join(sign for sign in digits if sign.isascii() and sign.isalnum())
    return kept.lstrip("0")
