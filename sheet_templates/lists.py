"""The lists from which people choose: fixed codes, and columns of other tabs."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMN_LISTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "clients": ("clients", "client"),
        "policies": ("policy", "policy"),
        "templates": ("templates", "template"),
        "receivables": ("receivables", "id"),
    }
)
"""Lists that are another tab's column: list name → (tab, column)."""

_LISTS = {
    "status": (
        "not_due due_today overdue paid in_plan promised disputed on_hold written_off void problem"
    ),
    "cancelled": "void written_off",
    "method": "pix boleto card transfer direct_debit",
    "delay_reason": (
        "forgot cash_flow did_not_get_invoice wrong_invoice approval_pending dispute "
        "bank_problem other"
    ),
    "kind": "contact promise proposal agreement refusal dispute says_paid note",
    "outcome": "open kept broken cancelled closed",
    "channel": "email whatsapp sms call",
    "queue_state": "ready needs_approval held uncertain",
    "call_result": "reached promised disputed wrong_number no_answer",
    "history_outcome": "sending sent refused uncertain bounced replied skipped cancelled",
    "mode": "approval preview automatic",
    "sender": "this_computer server",
    "severity": "error warning",
    "risk": "low medium high",
    "every": "month week year",
    "flag": "yes no",
    "language": "pt-BR en",
    "run_result": "done some_failed postponed failed",
    "aging_row": "bounds total",
    "uf": ("AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO"),
}
LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: tuple(codes.split()) for name, codes in _LISTS.items()}
)
"""The fixed lists: list name → codes, in the order in which a drop-down shows them."""

AGING_BUCKETS = 5
"""Buckets after 'not due' (columns b1 to b5 of aging): at most four bounds in the setting."""

FORECAST_WEEKS = 13
"""Rows of the forecast, one quarter: the dashboard's chart reads exactly these."""

RESERVED_POLICY = "plan"
"""The ladder of instalments."""

RESERVED_STEPS = ("promise_broken", "plan_broken", "thanks", "confirmation")
"""Steps of no ladder; the template of the same name gives their text."""
