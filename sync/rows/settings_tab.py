"""The settings tab, typed. A bad value falls to the safe side, or holds everybody.

Whatever changes what is owed, or when, or who sends, holds everybody while it cannot be read:
nobody may be charged by a guess. The rest falls back to its default.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeAlias

from sheet_templates import headings
from sheet_templates.schema import SETTINGS, Kind
from sync.domain.facts import Client, Mode, TeamSettings
from sync.key_text import folded_name
from sync.rows.cells import Read, is_blank, read_text
from sync.rows.dates import read_date
from sync.rows.findings import Findings, RowReader, read_rows
from sync.rows.lists import read_code, read_flag
from sync.rows.numbers import read_int, read_money, read_percent
from sync.rows.setting_values import (
    read_bounds,
    read_days,
    read_mail,
    read_mails,
    read_pix_key,
    read_time,
)
from sync.rows.tax_ids import read_tax_id
from sync.words import words
from sync.workbook import Cell, Tab

Parser: TypeAlias = Callable[[Cell, str], Read[Any]]

_BY_KIND: Mapping[Kind, Parser] = {
    Kind.TEXT: read_text,
    Kind.PERCENT: read_percent,
    Kind.MONEY: read_money,
    Kind.INT: read_int,
    Kind.FLAG: read_flag,
    Kind.DATE: read_date,
    Kind.TIME: read_time,
    Kind.MAILS: read_mails,
}
_OWN: Mapping[str, Parser] = {
    "reply_to": read_mail,
    "pix_key": read_pix_key,
    "mode": lambda cell, _: read_code(cell, "mode"),
    "sender": lambda cell, _: read_code(cell, "sender"),
    "state": lambda cell, _: read_code(cell, "uf"),
    "extra_holidays": read_days,
    "aging_bounds": read_bounds,
}

HOLDING = frozenset(
    [
        "late_fee",
        "monthly_interest",
        "collect_remaining",
        "quote_valid",
        "grace_days",
        "tolerance",
        "on_time_discount",
        "contact_gap",
        "answer_hold",
        "agreement_breaks_after",
        "sender",
        "extra_holidays",
        "state",
    ]
)
"""Settings that hold everybody while they cannot be read."""

_FEE_LIMIT = Decimal("0.02")  # CDC art. 52 §1
_INTEREST_LIMIT = Decimal("0.01")  # 1 % a month: Código Civil art. 406, CTN art. 161 §1


@dataclass(slots=True)
class SettingsRead:
    """The settings and the reader of each one's row, for what is checked later."""

    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, RowReader] = field(default_factory=dict)

    def team(self) -> TeamSettings:
        """The settings as facts."""
        return TeamSettings(**self.values)


def read_settings(tab: Tab | None, policies: Mapping[str, str], findings: Findings) -> SettingsRead:
    """Read the settings tab; what it lacks has the default of `TeamSettings`."""
    read = SettingsRead()
    for reader in read_rows(tab, findings):
        key = _key(reader)
        if key is None:
            continue
        first = read.rows.get(key)
        if first is None:
            read.rows[key] = reader
            _set(read.values, key, reader, policies)
        elif first.cell("value") != reader.cell("value"):
            name = headings.setting_label(findings.language, key)
            reader.report("duplicate_setting", "value", setting=name, other_row=first.row.number)
    _check(read, findings)
    return read


def _key(reader: RowReader) -> str | None:
    label = reader.cell("setting")
    text = read_text(label, reader.findings.language).value
    key = headings.setting_key(text) if text else None
    if key is None and not is_blank(reader.cell("value")):
        language = reader.findings.language
        labels = [headings.setting_label(language, known) for known in SETTINGS]
        near = difflib.get_close_matches(text or "", labels, n=1, cutoff=0)
        reader.report("unknown_setting", "setting", nearest=near[0] if near else labels[0])
    return key


def _set(values: dict[str, Any], key: str, reader: RowReader, policies: Mapping[str, str]) -> None:
    cell = reader.cell("value")
    if key == "tax_id":
        _set_tax_id(values, reader)
        return
    if is_blank(cell):
        if key == "payments_max_age":  # SCHEMA: blank turns the gate off
            values[key] = None
        return
    parser = _OWN.get(key) or _BY_KIND[SETTINGS[key].kind]
    value = parser(cell, reader.findings.language).value
    negative = isinstance(value, int | Decimal) and not isinstance(value, bool) and value < 0
    if value is None or negative:
        _refuse(key, reader)
    elif key == "default_policy":
        values[key] = policies.get(folded_name(value))
        if values[key] is None:
            reader.report("unknown_default_policy", "value")
    elif key == "sender":
        values["sender_is_server"] = value == "server"
    else:
        values[key] = Mode(value) if key == "mode" else value


def _set_tax_id(values: dict[str, Any], reader: RowReader) -> None:
    tax = read_tax_id(reader.cell("value"), reader.findings.language)
    values["tax_id"] = tax.text
    if tax.code and tax.code != "unreadable_detail":
        details = {"read_as": tax.text} if tax.code == "tax_id_padded" else {}
        reader.report(tax.code, "value", **details)


def _refuse(key: str, reader: RowReader) -> None:
    language = reader.findings.language
    name = headings.setting_label(language, key)
    if key in HOLDING:
        reader.report("invalid_setting", "value", setting=name)
    elif not SETTINGS[key].required:  # a missing identity has its own sentence
        reader.report("invalid_setting_ignored", "value", setting=name, used=_used(key, language))


def _used(key: str, language: str) -> str:
    """What holds instead of a value that cannot be read, for the sentence."""
    setting = SETTINGS[key]
    default = setting.default
    if isinstance(default, bool):
        return headings.value_text(language, "flag", "yes" if default else "no")
    if isinstance(default, time):
        return f"{default:%H:%M}"
    if isinstance(default, str) and setting.list_name and setting.kind is Kind.LIST:
        return headings.value_text(language, setting.list_name, default)
    return words(language, "rows.nothing") if default is None else str(default)


def _check(read: SettingsRead, findings: Findings) -> None:
    """What only the whole tab can show."""
    values, language = read.values, findings.language
    for key, setting in SETTINGS.items():
        if setting.required and not values.get(key):
            reader = read.rows.get(key)
            findings.report(
                "missing_identity",
                "settings",
                row=reader.row.number if reader else None,
                column="value",
                cell=reader.cell("value") if reader else None,
                setting=headings.setting_label(language, key),
            )
    if values.get("late_fee", 0) > _FEE_LIMIT:
        read.rows["late_fee"].report("fee_above_law", "value")
    if values.get("payments_until", date.min) > findings.today:
        read.rows["payments_until"].report("payments_until_in_future", "value")
        del values["payments_until"]
    since, until = values.get("send_from", time(8)), values.get("send_until", time(18))
    if since >= until:
        reader = read.rows.get("send_until") or read.rows["send_from"]
        _refuse("send_until", reader)
        values.pop("send_from", None)
        values.pop("send_until", None)


def check_interest(read: SettingsRead, clients: Mapping[str, Client]) -> None:
    """Warn of interest above 1 % a month where a person, by their CPF, would be charged it."""
    above = read.values.get("monthly_interest", 0) > _INTEREST_LIMIT
    if above and any(client.is_person for client in clients.values()):
        read.rows["monthly_interest"].report("interest_above_usual", "value")
