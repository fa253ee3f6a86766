"""The workbook as data: every tab, column, setting and figure, with its kind and its owner.

This is the single source of what SCHEMA.md describes. Headings and texts in the two languages
stand in `headings.py` and `locale/`; here are only keys. A new column goes into `tabs_daily.py` or
`tabs_other.py`, its heading and help into both locale files, and nowhere else.
"""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from sheet_templates import tabs_daily, tabs_other
from sheet_templates.columns import Column, Group, Kind, Owner, Setting, Tab
from sheet_templates.lists import (
    AGING_BUCKETS,
    COLUMN_LISTS,
    FORECAST_WEEKS,
    LISTS,
    RESERVED_POLICY,
    RESERVED_STEPS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AGING_BUCKETS",
    "COLUMN_LISTS",
    "FIGURES",
    "FIGURE_NAME_PREFIX",
    "FORECAST_WEEKS",
    "LANGUAGE_NAME",
    "LISTS",
    "RESERVED_POLICY",
    "RESERVED_STEPS",
    "SCHEMA_VERSION",
    "SCHEMA_VERSION_NAME",
    "SETTINGS",
    "TABS",
    "WORKBOOK_ID_NAME",
    "Column",
    "Group",
    "Kind",
    "Owner",
    "Setting",
    "Tab",
]

SCHEMA_VERSION = 1

# Hidden defined names that hold a string constant: they travel with the file, whatever is sorted,
# renamed or moved in it.
WORKBOOK_ID_NAME = "regua_workbook_id"
SCHEMA_VERSION_NAME = "regua_schema_version"
LANGUAGE_NAME = "regua_language"

# Each dashboard figure is one engine cell with the visible defined name `regua_figure_<key>`.
FIGURE_NAME_PREFIX = "regua_figure_"

_ORDER = (
    Tab(key="start", columns=(), group=Group.START, tabular=False),
    Tab(key="dashboard", columns=(), group=Group.RESULTS, tabular=False),
    tabs_daily.RECEIVABLES,
    tabs_daily.CLIENTS,
    tabs_daily.PAYMENTS,
    tabs_daily.QUEUE,
    tabs_daily.NEGOTIATIONS,
    tabs_daily.INSTALMENTS,
    tabs_daily.BANK_MATCHES,
    tabs_daily.RECURRING,
    tabs_daily.ISSUES,
    tabs_other.AGING,
    tabs_other.RESULTS,
    tabs_other.FORECAST,
    tabs_other.HISTORY,
    tabs_other.RUNS,
    tabs_other.TRENDS,
    tabs_other.POLICY,
    tabs_other.TEMPLATES,
    tabs_other.OFFERS,
    tabs_other.SETTINGS,
    tabs_other.PLAYBOOK,
)
TABS: Mapping[str, Tab] = MappingProxyType({tab.key: tab for tab in _ORDER})
"""All tabs by key, in the order of a new workbook."""


def _setting(
    key: str,
    kind: Kind,
    default: str | int | Decimal | time | bool | None = None,
    *,
    list_name: str | None = None,
    required: bool = False,
) -> Setting:
    list_name = "flag" if kind is Kind.FLAG else list_name
    return Setting(key=key, kind=kind, default=default, list_name=list_name, required=required)


_SETTINGS = (
    _setting("company", Kind.TEXT, required=True),
    _setting("legal_name", Kind.TEXT, required=True),
    _setting("tax_id", Kind.TEXT, required=True),
    _setting("address", Kind.TEXT, required=True),
    _setting("reply_to", Kind.MAILS),
    _setting("signature", Kind.TEXT),
    _setting("pix_key", Kind.TEXT),
    _setting("pix_city", Kind.TEXT),
    _setting("mode", Kind.LIST, "approval", list_name="mode"),
    _setting("default_policy", Kind.TEXT, list_name="policies"),
    _setting("late_fee", Kind.PERCENT, Decimal(0)),
    _setting("monthly_interest", Kind.PERCENT, Decimal(0)),
    _setting("collect_remaining", Kind.FLAG, False),
    _setting("quote_valid", Kind.INT, 5),
    _setting("grace_days", Kind.INT, 0),
    _setting("tolerance", Kind.MONEY, Decimal("1.00")),
    _setting("on_time_discount", Kind.PERCENT, Decimal(0)),
    _setting("points", Kind.INT, 0),
    _setting("thank_you", Kind.FLAG, False),
    _setting("contact_gap", Kind.INT, 3),
    _setting("answer_hold", Kind.INT, 5),
    _setting("agreement_breaks_after", Kind.INT, 5),
    _setting("payments_until", Kind.DATE),
    # A blank cell turns the gate off, so the default stands in the cell of a new workbook.
    _setting("payments_max_age", Kind.INT, 5),
    _setting("sender", Kind.LIST, "this_computer", list_name="sender"),
    _setting("extra_holidays", Kind.TEXT),
    _setting("trust_certain_matches", Kind.FLAG, False),
    _setting("messages_per_run", Kind.INT, 200),
    _setting("messages_per_day", Kind.INT, 400),
    _setting("send_from", Kind.TIME, time(8)),
    _setting("send_until", Kind.TIME, time(18)),
    _setting("state", Kind.LIST, "SP", list_name="uf"),
    _setting("city", Kind.TEXT),
    _setting("aging_bounds", Kind.TEXT, "30, 60, 90, 180"),
    _setting("digest_to", Kind.MAILS),
)
SETTINGS: Mapping[str, Setting] = MappingProxyType({setting.key: setting for setting in _SETTINGS})
"""All settings by key, in the order of the settings tab."""

FIGURES: Mapping[str, Kind] = MappingProxyType(
    {
        "open_amount": Kind.MONEY,
        "overdue_amount": Kind.MONEY,
        "overdue_clients": Kind.INT,
        "due_next_7_days": Kind.MONEY,
        "received_this_month": Kind.MONEY,
        "unapplied_cash": Kind.MONEY,
        "dso": Kind.NUMBER,
        "best_possible_dso": Kind.NUMBER,
        "average_days_delinquent": Kind.NUMBER,
        "cei": Kind.NUMBER,  # a number of per cent: 87.5
        "on_time_rate": Kind.PERCENT,
        "promise_kept_rate": Kind.PERCENT,
        "queue_ready": Kind.INT,
        "queue_needs_approval": Kind.INT,
        "queue_held": Kind.INT,
        "messages_sent_today": Kind.INT,
        "open_issues": Kind.INT,
        "payments_data_until": Kind.DATE,
        "last_run_at": Kind.DATETIME,
        "last_run_result": Kind.LIST,  # the list run_result
    }
)
"""The dashboard's figures: key → kind."""
