"""What a spreadsheet's locale changes: separators, the order of a date, money, the words for true.

Sources: Unicode CLDR by way of <https://support.google.com/docs/answer/58515> (the locale of a
spreadsheet) and <https://developers.google.com/workspace/sheets/api/guides/formats>. Patterns that
a typed value gets were not verified against the live service, ISO dates excepted.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Locale:
    """`order` is of day, month and year; `money` is the pattern that typed money gets."""

    name: str
    decimal: str = "."
    group: str = ","
    order: str = "mdy"
    date: str = "m/d/yyyy"
    symbol: str = "$"
    money: str = '"$"#,##0.00'
    true: str = "TRUE"
    false: str = "FALSE"
    months: tuple[str, ...] = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    )  # fmt: skip
    days: tuple[str, ...] = (
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    )  # fmt: skip

    @property
    def argument(self) -> str:
        """What parts a function's arguments, beside the `;` that every locale takes."""
        return "," if self.decimal == "." else ";"


_PORTUGUESE = (
    "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
    "outubro", "novembro", "dezembro",
)  # fmt: skip
_PORTUGUESE_DAYS = (
    "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado",
    "domingo",
)  # fmt: skip
_KNOWN = {
    "en_US": Locale(name="en_US"),
    "en_GB": Locale(
        name="en_GB", order="dmy", date="dd/mm/yyyy", symbol="£", money='"£"#,##0.00'
    ),
    "pt_BR": Locale(
        name="pt_BR", decimal=",", group=".", order="dmy", date="dd/mm/yyyy",
        symbol="R$", money='[$R$ -416]#,##0.00', true="VERDADEIRO", false="FALSO",
        months=_PORTUGUESE, days=_PORTUGUESE_DAYS,
    ),
    "pt_PT": Locale(
        name="pt_PT", decimal=",", group="\xa0", order="dmy", date="dd/mm/yyyy",
        symbol="€", money='#,##0.00" €"', true="VERDADEIRO", false="FALSO",
        months=_PORTUGUESE, days=_PORTUGUESE_DAYS,
    ),
    "fr_FR": Locale(
        name="fr_FR", decimal=",", group="\u202f", order="dmy", date="dd/mm/yyyy",
        symbol="€", money='#,##0.00" €"', true="VRAI", false="FAUX",
    ),
    "de_DE": Locale(
        name="de_DE", decimal=",", group=".", order="dmy", date="dd.mm.yyyy",
        symbol="€", money='#,##0.00" €"', true="WAHR", false="FALSCH",
    ),
    "es_ES": Locale(
        name="es_ES", decimal=",", group=".", order="dmy", date="d/m/yyyy",
        symbol="€", money='#,##0.00" €"', true="VERDADERO", false="FALSO",
    ),
}  # fmt: skip


def known(name: str) -> bool:
    """Whether the server knows this locale."""
    return name in _KNOWN


def locale(name: str) -> Locale:
    """The locale of that name."""
    return _KNOWN[name]
