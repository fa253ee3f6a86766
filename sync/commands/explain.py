"""explain: everything about one invoice."""

import argparse
import json
from typing import Any

from rich.markup import escape
from rich.table import Table

from sheet_templates import headings
from sync.commands.choose import settings_of
from sync.commands.errors import UsageError
from sync.console import Screen
from sync.domain.decisions import Reason, Status, Stretch
from sync.domain.explain import Explanation, RungLine, RungState, explain
from sync.domain.facts import Reminder
from sync.issues import Issue, Severity
from sync.key_text import folded_id, key_text
from sync.look import Look
from sync.report import amount, decision_json, issues_json, standing_json
from sync.step_names import step_text
from sync.views.cells import date_text, money_text
from sync.wiring import look_at
from sync.words import words


def explain_command(options: argparse.Namespace, _language: str) -> int:
    """Tell what is owed for one invoice, how it came about, and what its ladder does next."""
    settings = settings_of(options)
    for book in settings.workbooks:
        seen = look_at(settings, book, options.date)
        found = explain(seen.facts, seen.calendar, seen.plan.run_date, options.invoice)
        if found is None:
            errors = _errors_of(seen, options.invoice)
            if not errors:
                continue
            _tell_errors(Screen(seen.snapshot.language), options, errors)
            return 0
        if options.json:
            print(json.dumps(explanation_json(found), ensure_ascii=False, indent=2))  # noqa: T201
        else:
            _Page(Screen(seen.snapshot.language)).show(found)
        return 0
    raise UsageError("unknown_invoice", invoice=options.invoice)


def _errors_of(seen: Look, invoice: str) -> list[Issue]:
    """What is wrong in the rows that have this number but could not be read."""
    rows = {
        (key, row.number)
        for key, column in (("receivables", "id"), ("instalments", "instalment"))
        if (tab := seen.snapshot.tabs.get(key)) is not None
        for row in tab.rows
        if (text := key_text(tab.value(row, column))) and folded_id(text) == folded_id(invoice)
    }
    return [
        issue
        for issue in seen.issues
        if (issue.tab, issue.row) in rows and issue.severity is Severity.ERROR
    ]


def _tell_errors(screen: Screen, options: argparse.Namespace, errors: list[Issue]) -> None:
    if options.json:
        page = {
            "id": options.invoice,
            "status": Status.PROBLEM.value,
            "reason": Reason.ROW_PROBLEM.value,
            "issues": issues_json(errors),
        }
        print(json.dumps(page, ensure_ascii=False, indent=2))  # noqa: T201 - what --json is for
        return
    screen.say("explain_unreadable", id=options.invoice)
    screen.issues(errors)


def explanation_json(found: Explanation) -> dict[str, Any]:
    """The fields of `explain --json`."""
    item = found.item
    return {
        "run_date": found.run_date.isoformat(),
        "id": found.standing.id,
        "client": found.standing.client,
        **standing_json(found.standing),
        "settled_by": found.charge.settled_by,
        "reason": item.reason.value if item and item.reason else None,
        "blocked": found.standing.blocked.value if found.standing.blocked else None,
        "next_on": found.next_on.isoformat() if found.next_on else None,
        "memory": [_stretch_json(line) for line in found.charge.memory],
        "ladder": [_rung_json(rung) for rung in found.rungs],
        "messages": [_message_json(message) for message in found.messages],
        "decision": decision_json(found.decision) if found.decision else None,
    }


def _is_news(rung: RungLine, found: Explanation) -> bool:
    """Whether a rung's day tells something: a day that passed is none for what comes later."""
    return rung.state is not RungState.LATER or rung.on is None or rung.on > found.run_date


def _stretch_json(line: Stretch) -> dict[str, Any]:
    amounts = (
        "principal",
        "interest",
        "fee",
        "paid",
        "to_interest",
        "to_fee",
        "to_principal",
    )
    return {
        "from": line.start.isoformat(),
        "to": line.end.isoformat(),
        "days": line.days,
        "monthly_rate": str(line.monthly_rate),
        **{name: amount(getattr(line, name)) for name in amounts},
    }


def _rung_json(rung: RungLine) -> dict[str, Any]:
    return {
        "policy": rung.policy,
        "step": rung.step,
        "offset": rung.offset,
        "occurrence": rung.occurrence,
        "channel": rung.channel.value if rung.channel else None,
        "state": rung.state.value,
        "on": rung.on.isoformat() if rung.on else None,
        "reason": rung.reason.value if rung.reason else None,
    }


def _message_json(message: Reminder) -> dict[str, Any]:
    return {
        "reference": message.reference,
        "at": message.at.isoformat(sep=" ", timespec="minutes"),
        "step": message.step,
        "channel": message.channel.value,
        "outcome": message.outcome.value,
        "total": amount(message.total),
    }


class _Page:
    """One explanation on the terminal."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.language = screen.language

    def show(self, found: Explanation) -> None:
        """Standing, reason, charge memory, ladder, messages."""
        self._standing(found)
        self._memory(found)
        self._ladder(found)
        self._messages(found)

    def _standing(self, found: Explanation) -> None:
        standing, charge = found.standing, found.charge
        status = headings.value_text(self.language, "status", standing.status.value)
        self.screen.say(
            "explain_standing",
            id=standing.id,
            client=standing.client,
            status=status,
            due=self._date(standing.due_on),
            days=standing.days_past_due,
        )
        self.screen.say(
            "explain_owed",
            balance=self._money(charge.balance),
            fee=self._money(charge.late_fee),
            interest=self._money(charge.interest),
            total=self._money(charge.total_due),
        )
        reason = found.item.reason if found.item else standing.blocked
        if reason is not None:
            self.screen.say("explain_reason", why=words(self.language, f"reasons.{reason.value}"))
        if found.next_on is not None:
            self.screen.say("explain_next", date=self._date(found.next_on))

    def _memory(self, found: Explanation) -> None:
        if not found.charge.memory:
            return
        table = self._table("memory", "stretch", "days", "principal", "interest", "fee", "paid")
        for line in found.charge.memory:
            table.add_row(
                f"{self._date(line.start)} – {self._date(line.end)}",
                str(line.days),
                self._money(line.principal),
                self._money(line.interest),
                self._money(line.fee),
                self._money(line.paid),
            )
        self.screen.console.print(table)

    def _ladder(self, found: Explanation) -> None:
        table = self._table("ladder", "step", "offset", "state", "date", "why")
        for rung in found.rungs:
            why = words(self.language, f"reasons.{rung.reason.value}") if rung.reason else ""
            table.add_row(
                escape(step_text(self.language, rung.step)),
                f"{rung.offset:+d}",
                self.screen.text(f"rungs.{rung.state.value}"),
                self._date(rung.on) if rung.on and _is_news(rung, found) else "",
                escape(why),
            )
        self.screen.console.print(table)

    def _messages(self, found: Explanation) -> None:
        if not found.messages:
            return
        table = self._table("reminders", "date", "step", "to", "total", "outcome")
        for message in found.messages:
            table.add_row(
                self._date(message.at.date()),
                escape(step_text(self.language, message.step)),
                escape(", ".join(message.to)),
                self._money(message.total),
                headings.value_text(self.language, "history_outcome", message.outcome.value),
            )
        self.screen.console.print(table)

    def _table(self, title: str, *columns: str) -> Table:
        return self.screen.table(title, *columns)

    def _date(self, day: Any) -> str:
        return date_text(self.language, day)

    def _money(self, value: Any) -> str:
        return money_text(self.language, value)


COMMANDS = {"explain": explain_command}
