"""What people see on the terminal: the plan, the run, the issues, as short tables."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from sheet_templates import headings
from sync.domain.decisions import Action, Decision
from sync.domain.facts import Channel, Outcome
from sync.issues import Issue, Severity
from sync.look import Look
from sync.news import effect_line
from sync.rehearse import Rehearsal
from sync.report import MessageOutcome, RunReport, open_standings
from sync.step_names import step_text
from sync.views.cells import date_text, money_text
from sync.words import words

_NUMBERS = frozenset(
    {"total", "count", "new", "known", "certain", "suggested", "unmatched", "entered"}
)
_MOST_ROWS = 40  # a terminal is for the gist; everything is in --json, the page and the workbook


class Screen:
    """The terminal in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.console = Console(highlight=False, soft_wrap=False)

    def text(self, name: str, /, **values: object) -> str:
        """A word of topic `cli`."""
        return words(self.language, f"cli.{name}", **values)

    def say(self, name: str, /, **values: object) -> None:
        """Print one sentence of topic `cli`."""
        self.console.print(escape(self.text(name, **values)), soft_wrap=True)

    def path(self, name: str, path: Path) -> None:
        """Print what a path is, and the path whole on its own line, so that it can be copied."""
        self.console.print(escape(self.text(name)))
        self.console.print("  " + escape(str(path)), style="bold", soft_wrap=True)

    @contextmanager
    def progress(self, name: str) -> Iterator["ProgressBar"]:
        """A progress bar on a terminal; nothing in a pipe or a log."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        error = Console(stderr=True)
        with Progress(
            *columns, console=error, transient=True, disable=not error.is_terminal
        ) as bar:
            yield ProgressBar(bar, self.text(f"progress.{name}"))

    # ---- whole reports

    def plan(self, look: Look, *, workbook: str) -> None:
        """The day's totals, what would go, what is held and why, and what to mend."""
        self.say("plan_title", date=date_text(self.language, look.plan.run_date), file=workbook)
        self.totals(look)
        self.decisions(look.plan.decisions)
        self.uncertain(look)
        self.problems(look)

    def totals(self, look: Look) -> None:
        """How much is open and how much of it overdue."""
        counted = open_standings(look.plan)
        overdue = [each for each in counted if each.days_past_due > 0]
        self.say(
            "totals",
            open=len(counted),
            open_amount=self.money(each.charge.balance for each in counted),
            overdue=len(overdue),
            overdue_amount=self.money(each.charge.balance for each in overdue),
        )

    def money(self, amounts: Iterable[Decimal]) -> str:
        """A sum as people write it."""
        return money_text(self.language, sum(amounts, Decimal(0)))

    def decisions(self, decisions: Sequence[Decision]) -> None:
        """Who gets what, and who does not."""
        due = [each for each in decisions if each.action is Action.SEND]
        held = [each for each in decisions if each.action is Action.HOLD]
        if due:
            table = self.table("due", "client", "step", "invoices", "total", "what_then")
            for each in due[:_MOST_ROWS]:
                table.add_row(
                    escape(each.client),
                    escape(step_text(self.language, each.step.name) if each.step else ""),
                    escape(", ".join(item.standing.id for item in each.step_items)),
                    money_text(self.language, each.total),
                    self.reason(each) or self.text("goes_now"),
                )
            self._show(table, len(due))
        if held:
            table = self.table("held", "client", "invoices", "why")
            for each in held[:_MOST_ROWS]:
                table.add_row(escape(each.client), escape(_held_ids(each)), self.reason(each))
            self._show(table, len(held))
        if not due and not held:
            self.say("nothing_due")

    def reason(self, decision: Decision) -> str:
        """Why, in a sentence; '' without a reason."""
        if decision.reason is None:
            return ""
        return escape(words(self.language, f"reasons.{decision.reason.value}"))

    def problems(self, look: Look) -> None:
        """What keeps the workbook from being written, and what is wrong in it."""
        found = look.snapshot.obstacle
        if found is not None:
            error = found.error()
            why = words(self.language, f"store.{error.code}", **error.values)
            text = self.text("obstacle", why=why)
            self.console.print(escape(text), style="red", soft_wrap=True)
        if found is None or look.issues:
            self.issues(look.issues)

    def issues(self, issues: Sequence[Issue]) -> None:
        """What is wrong in the workbook, errors first."""
        if not issues:
            self.say("no_issues")
            return
        ordered = sorted(issues, key=lambda issue: issue.severity is not Severity.ERROR)
        table = self.table("issues", "place", "problem", "repair")
        for issue in ordered[:_MOST_ROWS]:
            style = "red" if issue.severity is Severity.ERROR else "yellow"
            table.add_row(
                escape(self._place(issue)),
                escape(issue.problem(self.language)),
                escape(issue.repair(self.language)),
                style=style,
            )
        self._show(table, len(issues))

    def run(self, report: RunReport) -> None:
        """What was done, then what is held and what to mend."""
        self.totals(report.look)
        if report.messages:
            table = self.table("messages", "client", "step", "to", "total", "outcome")
            for each in report.messages[:_MOST_ROWS]:
                table.add_row(
                    escape(each.client),
                    escape(step_text(self.language, each.step)),
                    escape(", ".join(each.to)),
                    money_text(self.language, each.total),
                    escape(self._outcome(each)),
                )
            self._show(table, len(report.messages))
        else:
            self.say("nothing_sent")
        self.news(report)
        for failed in report.unclaimed:
            self.say("unclaimed", client=failed.decision.client, why=failed.why)
        self.held_by_reason(report.look.plan.decisions)
        self.uncertain(report.look)
        if report.look.issues or report.postponed is None:
            self.issues(report.look.issues)

    def news(self, report: RunReport) -> None:
        """What came in by mail, and why the mailbox could not be read."""
        rows = [effect for effect in report.news.rows if effect.kind is not None]
        if rows:
            self.say("answers", count=len(rows))
            for effect in rows[:_MOST_ROWS]:
                line = "  " + effect_line(self.language, effect)
                self.console.print(escape(line), soft_wrap=True)
        if report.news.trouble is not None:
            text = words(self.language, "digest.mailbox", why=report.news.trouble)
            self.console.print(escape(text), style="red", soft_wrap=True)

    def held_by_reason(self, decisions: Sequence[Decision]) -> None:
        """What waits or is held, client by client, with the reason."""
        waiting = [each for each in decisions if each.reason and not each.deliverable]
        shown = [each for each in waiting if each.action is not Action.NONE]
        if not shown:
            return
        table = self.table("held", "client", "invoices", "why")
        for each in shown[:_MOST_ROWS]:
            table.add_row(escape(each.client), escape(_held_ids(each)), self.reason(each))
        self._show(table, len(shown))

    def uncertain(self, look: Look) -> None:
        """Messages that only a person can settle."""
        waiting = [r for r in look.facts.reminders if r.outcome is Outcome.UNCERTAIN]
        for each in waiting[:_MOST_ROWS]:
            step = step_text(self.language, each.step)
            self.say("uncertain", reference=each.reference, client=each.client, step=step)

    def rehearsal(self, rehearsal: Rehearsal) -> None:
        """How many messages of which step in which month, and what was held."""
        counts = Counter(
            (message.day.strftime("%Y-%m"), message.step) for message in rehearsal.messages
        )
        letters = [m for m in rehearsal.messages if m.channel == Channel.EMAIL]
        self.say(
            "rehearsed",
            count=len(letters),
            by_hand=len(rehearsal.messages) - len(letters),
            clients=len({message.client for message in rehearsal.messages}),
            start=date_text(self.language, rehearsal.start),
            end=date_text(self.language, rehearsal.end),
        )
        table = self.table("rehearsal", "month", "step", "count")
        for (month, step), count in sorted(counts.items()):
            table.add_row(month, escape(step_text(self.language, step)), str(count))
        self.console.print(table)
        if rehearsal.holds:
            table = self.table("rehearsal_holds", "why", "count")
            for reason, count in rehearsal.holds.items():
                table.add_row(escape(words(self.language, f"reasons.{reason}")), str(count))
            self.console.print(table)

    # ---- pieces

    def _place(self, issue: Issue) -> str:
        tab = headings.tab_title(self.language, issue.tab)
        row = "" if issue.row is None else f" {issue.row}"
        if issue.column is None:
            return f"{tab}{row}"
        return f"{tab}{row} · {headings.heading(self.language, issue.tab, issue.column)}"

    def _outcome(self, message: MessageOutcome) -> str:
        text = headings.value_text(self.language, "history_outcome", message.outcome.value)
        if message.postponed:
            return self.text("postponed_one")
        if message.outcome is Outcome.SENT or not message.detail:
            return text
        key = _ENDINGS.get(message.outcome, "refused_by")
        return self.text(key, outcome=text, detail=message.detail)

    def table(self, title: str, *columns: str) -> Table:
        """An empty table whose title and headings are words of topic `cli`."""
        table = Table(
            title=self.text(f"tables.{title}"),
            title_justify="left",
            title_style="bold",
            pad_edge=False,
            box=box.SIMPLE_HEAD,
        )
        for column in columns:
            right = column in _NUMBERS
            table.add_column(
                self.text(f"columns.{column}"),
                justify="right" if right else "left",
                no_wrap=right,
                overflow="fold",
            )
        return table

    def _show(self, table: Table, count: int) -> None:
        self.console.print(table)
        if count > _MOST_ROWS:
            self.say("and_more", count=count - _MOST_ROWS)


_ENDINGS = {Outcome.UNCERTAIN: "uncertain_by", Outcome.CANCELLED: "changed_since"}
"""How a message that did not arrive is told; what a mail server says is in its own language."""


def _held_ids(decision: Decision) -> str:
    """The invoices a reason is about: those it names, else those of the step, else all."""
    named = [item for item in decision.items if item.reason is decision.reason]
    return ", ".join(item.standing.id for item in (named or decision.step_items or decision.items))


class ProgressBar:
    """How far long work is; call it with (done, of)."""

    def __init__(self, bar: Progress, description: str) -> None:
        self._bar = bar
        self._task = bar.add_task(description, total=None)

    def __call__(self, done: int, of: int) -> None:
        """Show that `done` of `of` are done."""
        self._bar.update(self._task, completed=done, total=of)
