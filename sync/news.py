"""What came in, told to people: on the terminal, in the daily digest, to who looks after a client.

It says what stands in the sheet in few words; whoever wants to know more opens the workbook.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from mailer.addresses import one_address
from mailer.delivery import Transport
from mailer.errors import AddressError
from sheet_templates import headings
from sync.digest import tell_team
from sync.domain.facts import Negotiation, NegotiationKind, Outcome
from sync.effects import Effect
from sync.key_text import key_text
from sync.look import Look
from sync.report import RunReport
from sync.views.cells import date_text
from sync.words import words

_FEW_WORDS = 160
_MOST_LINES = 30
_OLD = timedelta(days=10)


def answer_line(language: str, client: object, kind: object, notes: object) -> str:
    """One new row of the negotiations tab on one line; `kind` as the sheet shows it."""
    said = " ".join(str(notes or "").split())
    if len(said) > _FEW_WORDS:
        said = said[: _FEW_WORDS - 1].rstrip() + "…"
    return words(language, "digest.answer", client=client, kind=kind, said=said)


def effect_line(language: str, effect: Effect) -> str:
    """The same of a row that this run wrote."""
    assert effect.kind is not None  # noqa: S101 - what makes no row is not told
    kind = headings.value_text(language, "kind", effect.kind.value)
    return answer_line(language, effect.client, kind, effect.notes)


def answer_lines(report: RunReport) -> Iterator[str]:
    """For the digest: why the mailbox was not read, what is new by mail, what waits for long."""
    seen, language = report.look, report.look.snapshot.language
    if report.news.trouble is not None:
        yield ""
        yield words(language, "digest.mailbox", why=report.news.trouble)
    new = list(_new_rows(seen, report.new_rows))
    if new:
        yield ""
        yield words(language, "digest.answers", count=len(new))
        yield from (f"  {line}" for line in new[:_MOST_LINES])
    old = list(old_holds(seen))
    if old:
        yield ""
        yield words(language, "digest.old_holds", count=len(old))
        for row in old[:_MOST_LINES]:
            kind = headings.value_text(language, "kind", row.kind.value)
            since = date_text(language, row.at)
            line = words(
                language, "digest.old_hold", client=row.client, kind=kind, since=since, ref=row.ref
            )
            yield f"  {line}"


def _new_rows(seen: Look, refs: Iterable[str]) -> Iterator[str]:
    tab = seen.snapshot.tabs.get("negotiations")
    rows = {} if tab is None else {key_text(tab.value(row, "ref")): row for row in tab.rows}
    for ref in dict.fromkeys(refs):
        if tab is not None and ref in rows:
            cells = (tab.value(rows[ref], column) for column in ("client", "kind", "notes"))
            yield answer_line(seen.snapshot.language, *cells)


def old_holds(seen: Look) -> tuple[Negotiation, ...]:
    """The rows that have held something open for more than ten days and wait for a person.

    What holds for some days only ends by itself.
    """
    book, day = seen.book, seen.plan.run_date
    known = book.accounts.facts.negotiations
    holding = {
        hold.index
        for item, hold in book.holds.items()
        if hold.until is None and item in book.standings and book.standings[item].is_open
    }
    holding |= {index for index, row in enumerate(known) if row.unsubscribes_on(day)}
    rows = (known[index] for index in holding)
    old = (row for row in rows if day - row.at > _OLD)
    return tuple(sorted(old, key=lambda row: (row.at, row.client)))


def tell_owners(
    report: RunReport, transport: Transport, *, sender: str, identity: str, at: datetime
) -> None:
    """Tell who looks after a client what came in from them, each once.

    The Owner cell says who; it is told only when it is an e-mail address. What changes nothing (an
    automatic answer) is not worth a message.
    """
    seen, language = report.look, report.look.snapshot.language
    found: dict[str, list[Effect]] = {}
    for effect in report.news.rows:
        owner = _owner(seen, effect.client)
        if owner is not None and _is_work(effect):
            found.setdefault(owner, []).append(effect)
    company = seen.facts.settings.company or "Régua"
    for owner, effects in found.items():
        lines = [effect_line(language, effect) for effect in effects]
        tell_team(
            seen,
            transport,
            words(language, "digest.owner_subject", company=company, count=len(lines)),
            "\n".join([words(language, "digest.owner"), "", *lines]),
            sender=sender,
            identity=identity,
            at=at,
            to=(owner,),
            about=f"{report.run} {owner}",
        )


def _owner(seen: Look, client: str) -> str | None:
    row = seen.facts.clients.get(client)
    if row is None or not row.owner:
        return None
    try:
        return one_address(row.owner)
    except AddressError:
        return None


def _is_work(effect: Effect) -> bool:
    """Whether somebody should know of it today."""
    if effect.kind is None:
        return False
    return effect.kind is not NegotiationKind.NOTE or effect.outcome is Outcome.BOUNCED
