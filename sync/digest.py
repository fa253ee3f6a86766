"""The daily digest to the team: what went, what is held and why, what to mend; once a day.

It is told by mail because the sheet may stay closed for days. It never stops or repeats a run: a
digest that does not leave is a line in the log, and everything it says stands in the workbook.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal, cast

from mailer.addresses import mailbox, message_id
from mailer.delivery import Accepted, Transport
from mailer.errors import MailError
from mailer.note import note
from sync.domain.decisions import Action, Standing
from sync.domain.facts import Outcome
from sync.issues import Severity
from sync.look import Look
from sync.report import MessageOutcome, RunReport, open_standings
from sync.step_names import step_text
from sync.views.cells import date_text, money_text
from sync.words import words

_LOG = logging.getLogger("regua.digest")
_MOST_LINES = 30


def send_digest(
    report: RunReport,
    transport: Transport,
    *,
    sender: str,
    identity: str,
    at: datetime,
    more: Iterable[str] = (),
) -> bool:
    """Send the digest of a run to whom the settings name; False when there was nobody or no way.

    `more` are lines about what came in.
    """
    seen = report.look
    subject = words(
        seen.snapshot.language,
        "digest.subject",
        company=seen.facts.settings.company or "Régua",
        date=date_text(seen.snapshot.language, seen.plan.run_date),
        sent=len(report.with_outcome(Outcome.SENT)),
    )
    text = "\n".join([*_lines(report), *more])
    return tell_team(seen, transport, subject, text, sender=sender, identity=identity, at=at)


def tell_team(  # noqa: PLR0913 - all that a note needs, by name
    seen: Look,
    transport: Transport,
    subject: str,
    text: str,
    *,
    sender: str,
    identity: str,
    at: datetime,
    to: tuple[str, ...] | None = None,
    about: str = "",
) -> bool:
    """Mail a note to `to`, or `digest_to`; whatever goes wrong is logged and nothing more.

    The same subject about the same is the same message.
    """
    to = seen.facts.settings.digest_to if to is None else to
    if not to:
        return False
    reference = "D" + hashlib.sha256(f"{identity}{subject}{about}".encode()).hexdigest()[:12]
    try:
        domain = mailbox(sender)[1].rpartition("@")[2]
        message = note(
            sender=sender,
            to=to,
            subject=" ".join(subject.split()),
            text=text,
            message_id=message_id(identity, reference, domain),
            reference=reference,
            date=at,
            language=cast("Literal['pt-BR', 'en']", seen.snapshot.language),
        )
        with transport:
            outcome = transport.deliver(message, lambda: None)
    except (MailError, OSError) as failed:
        _LOG.warning("digest not sent: %s", failed)
        return False
    if not isinstance(outcome, Accepted):
        _LOG.warning("digest not sent: %s", outcome)
    return isinstance(outcome, Accepted)


def _lines(report: RunReport) -> Iterator[str]:
    seen, language = report.look, report.look.snapshot.language
    counted = open_standings(seen.plan)
    overdue = [each for each in counted if each.days_past_due > 0]
    yield words(
        language,
        "digest.totals",
        open_amount=money_text(language, _sum(counted)),
        overdue_amount=money_text(language, _sum(overdue)),
        overdue=len(overdue),
    )
    yield from _messages(language, "sent", report.with_outcome(Outcome.SENT))
    yield from _messages(language, "refused", report.with_outcome(Outcome.REFUSED))
    yield from _messages(language, "uncertain", report.with_outcome(Outcome.UNCERTAIN))
    held = Counter(
        decision.reason
        for decision in seen.plan.decisions
        if decision.reason is not None
        and decision.action is not Action.NONE
        and not decision.deliverable
    )
    if held:
        yield ""
        yield words(language, "digest.held")
        for reason, count in held.most_common():
            yield f"  {count} × {words(language, f'reasons.{reason.value}')}"
    yield from _issues(seen, language)


def _sum(standings: Iterable[Standing]) -> Decimal:
    return sum((standing.charge.balance for standing in standings), Decimal(0))


def _messages(language: str, title: str, messages: Iterable[MessageOutcome]) -> Iterator[str]:
    lines = [
        f"  {each.client} · {step_text(language, each.step)} · {money_text(language, each.total)}"
        for each in messages
    ]
    if lines:
        yield ""
        yield words(language, f"digest.{title}", count=len(lines))
        yield from lines[:_MOST_LINES]


def _issues(seen: Look, language: str) -> Iterator[str]:
    errors = [issue for issue in seen.issues if issue.severity is Severity.ERROR]
    if errors:
        yield ""
        yield words(language, "digest.issues", count=len(errors))
        for issue in errors[:_MOST_LINES]:
            yield f"  {issue.problem(language)}"
