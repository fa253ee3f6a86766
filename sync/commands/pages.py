"""Pages for a browser: exactly what would leave, and what a rehearsal found."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast

from mailer.errors import MailError
from mailer.preview import Rows, page
from sync.domain.decisions import Action, Decision
from sync.domain.facts import Channel
from sync.identity import identity_of
from sync.letters import LetterDesk, preview_sender
from sync.look import Look
from sync.rehearse import Rehearsal
from sync.settings import Settings
from sync.step_names import step_text
from sync.views.cells import date_text, money_text
from sync.wiring import moment_of
from sync.words import words

if TYPE_CHECKING:
    from mailer.letter import OutgoingMessage


def plan_page(seen: Look, settings: Settings) -> str:
    """The messages of a plan as they would leave, and what is held with its reason."""
    language = seen.snapshot.language
    sender = settings.mail.sender if settings.mail else None
    desk = LetterDesk(
        workbook_id=identity_of(seen.snapshot),
        language=language,
        sender=sender or preview_sender(seen.facts.settings),
        taken=frozenset(reminder.reference for reminder in seen.facts.reminders),
        book=seen.book,
        calendar=seen.calendar,
    )
    at = moment_of(settings, seen.plan.run_date)()
    messages: list[OutgoingMessage] = []
    held: list[tuple[str, ...]] = []
    for decision in seen.plan.decisions:
        if _is_letter(decision):
            try:
                messages.append(desk.write(decision, seen.facts, at).message)
            except MailError as fault:
                held.append((decision.client, _invoices(decision), str(fault)))
                continue
        if decision.reason is not None and decision.action is not Action.NONE:
            why = words(language, f"reasons.{decision.reason.value}")
            held.append((decision.client, _invoices(decision), why))
    return page(
        messages,
        language=cast("Literal['pt-BR', 'en']", language),
        held=_rows(language, ("client", "invoices", "why"), held) if held else None,
        summary=_summary(seen, at, language),
    )


def rehearsal_page(rehearsal: Rehearsal, language: str) -> str:
    """A rehearsal as one table, message by message."""
    rows = [
        (
            date_text(language, message.day),
            message.client,
            step_text(language, message.step),
            ", ".join((*message.receivables, *(invoice for invoice, _ in message.others))),
            money_text(language, message.total),
        )
        for message in rehearsal.messages
    ]
    summary = [
        (words(language, f"reasons.{reason}"), str(count))
        for reason, count in rehearsal.holds.items()
    ]
    title = words(
        language,
        "cli.rehearsed",
        count=sum(message.channel == Channel.EMAIL for message in rehearsal.messages),
        by_hand=sum(message.channel != Channel.EMAIL for message in rehearsal.messages),
        clients=len({message.client for message in rehearsal.messages}),
        start=date_text(language, rehearsal.start),
        end=date_text(language, rehearsal.end),
    )
    return page(
        [],
        language=cast("Literal['pt-BR', 'en']", language),
        title=title,
        summary=summary,
        held=_rows(language, ("date", "client", "step", "invoices", "total"), rows),
    )


def _is_letter(decision: Decision) -> bool:
    return (
        decision.action is Action.SEND
        and decision.step is not None
        and decision.step.channel is Channel.EMAIL
    )


def _invoices(decision: Decision) -> str:
    return ", ".join(item.standing.id for item in (decision.step_items or decision.items))


def _rows(language: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Rows:
    titles = tuple(words(language, f"cli.columns.{name}") for name in names)
    return Rows(headings=titles, rows=tuple(rows))


def _summary(seen: Look, at: datetime, language: str) -> list[tuple[str, str]]:
    return [
        (words(language, "cli.columns.date"), date_text(language, at.date())),
        (words(language, "cli.columns.company"), seen.facts.settings.company or "–"),
    ]
