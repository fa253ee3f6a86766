"""How values become cells: what counts as the same, how long a text may be, how amounts read."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal

from sheet_templates import headings
from sync.workbook import Cell, Link, Row, Tab

LONGEST_TEXT = 32_000  # Excel cuts at 32,767 characters without a word, Google refuses at 50,000


def same(shown: Cell, wanted: Cell) -> bool:
    """Whether a cell already shows what is wanted, whatever number type the file gave.

    Money is compared as the nearest double: that is what a file keeps of 10.10.
    """
    if isinstance(wanted, Decimal):
        return isinstance(shown, (int, float, Decimal)) and float(shown) == float(wanted)
    if isinstance(wanted, Link):
        return shown == wanted.text
    if isinstance(shown, datetime) and not isinstance(wanted, datetime):
        return shown.time() == time() and shown.date() == wanted
    if isinstance(wanted, datetime):
        return _as_datetime(shown) == wanted
    return (shown or None) == (wanted or None) if isinstance(wanted, str) else shown == wanted


def differing(tab: Tab, row: Row, wanted: Mapping[str, Cell]) -> dict[str, Cell]:
    """Those of the wanted values that the row does not show yet; columns it lacks are left out."""
    return {
        column: value
        for column, value in wanted.items()
        if column in tab.columns and not same(tab.value(row, column), value)
    }


def clipped(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text, or its beginning and '…' when a cell cannot hold it all."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def joined(parts: Iterable[str]) -> str | None:
    """Several values in one cell, ';' between them; None for none."""
    return clipped("; ".join(parts)) or None


def flag(language: str, *, ticked: bool) -> str | None:
    """A ticked choice in the workbook's word; None for one that is not ticked."""
    return headings.value_text(language, "flag", "yes") if ticked else None


def local(moment: datetime) -> datetime:
    """A moment as the sheet shows it: the clock on the wall, to the second, without a zone."""
    return moment.replace(tzinfo=None, microsecond=0)


def money_text(language: str, amount: Decimal) -> str:
    """An amount in reais for a sentence: 'R$ 1.234,56' in pt-BR, 'R$ 1,234.56' in en."""
    text = f"{abs(amount):,.2f}"
    if language == "pt-BR":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{'-' if amount < 0 else ''}R$\N{NO-BREAK SPACE}{text}"


def number_text(language: str, number: Decimal | int) -> str:
    """A number for a sentence, without zeros at its end: '12,5' in pt-BR, '12.5' in en."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "pt-BR" else text


def date_text(language: str, day: date) -> str:
    """A date for a sentence: '23/11/2026' in pt-BR; in en 'Nov 23, 2026', which none misreads."""
    if language == "pt-BR":
        return f"{day:%d/%m/%Y}"
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def short_date_text(language: str, day: date) -> str:
    """A day of the year: '23/11' in pt-BR, 'Nov 23' in en."""
    if language == "pt-BR":
        return f"{day:%d/%m}"
    return f"{_MONTHS[day.month - 1]} {day.day}"


# Not strftime's %b, which speaks the language of the computer.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _as_datetime(shown: Cell) -> datetime | None:
    """A date-time to the second; spreadsheets keep fractions of a day, which round."""
    if isinstance(shown, datetime):
        rounded = shown.microsecond >= 500_000
        whole = shown.replace(microsecond=0)
        return whole.replace(second=whole.second + 1) if rounded and whole.second < 59 else whole
    if isinstance(shown, date):
        return datetime.combine(shown, time())
    return None
