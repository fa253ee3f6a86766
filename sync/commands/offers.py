"""offer, agree: what a client may choose, and recording what was chosen."""

import argparse
import getpass
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from rich.markup import escape

from sync.agreeing_rows import agreement_changes, option_text, ref_of_command, stands
from sync.commands.choose import settings_of
from sync.commands.errors import UsageError
from sync.console import Screen
from sync.domain.agreeing import Terms, accept, instalments_of, negotiation_of
from sync.domain.cases import CLOSED
from sync.domain.negotiation import Result
from sync.domain.offers import Option, option_values, options_for, why_no_offer
from sync.identity import check_place, identity_of, remember_place
from sync.key_text import folded_id, folded_name
from sync.look import Look
from sync.settings import Settings, WorkbookSettings
from sync.views.cells import date_text, money_text
from sync.wiring import engine_for, look_at, today
from sync.words import words
from sync.workbook import Conflict, NotWritable

_DEFAULT_BY = "regua"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whom a command is about, in which workbook; `items` narrows it to one invoice."""

    settings: Settings
    book: WorkbookSettings
    seen: Look
    client: str
    items: tuple[str, ...] | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        """What may be chosen on the day."""
        seen = self.seen
        return options_for(
            seen.book, seen.facts, seen.calendar, self.client, seen.plan.run_date, self.items
        )


def offer_command(options: argparse.Namespace, _language: str) -> int:
    """Print what a client may be offered today; writes nothing."""
    asked = _asked(options)
    found = asked.options
    if options.json:
        print(json.dumps(_json(asked, found), ensure_ascii=False, indent=2))  # noqa: T201
    elif found:
        _show(Screen(asked.seen.snapshot.language), asked, found)
    else:
        screen = Screen(asked.seen.snapshot.language)
        screen.say("no_offer", client=asked.client, why=_why_none(asked))
    return 0


def agree_command(options: argparse.Namespace, _language: str) -> int:
    """Record the option that a client chose: a row of Negotiations and its instalments."""
    asked = _asked(options)
    if asked.seen.plan.run_date > today(asked.settings):
        raise UsageError("agree_in_future")
    screen = Screen(asked.seen.snapshot.language)
    found = asked.options
    standing = _agreement_of(asked)
    if not found and standing is not None:
        raise UsageError("agreement_stands", client=asked.client, ref=standing)
    if not found:
        raise UsageError("nothing_to_agree", client=asked.client, why=_why_none(asked))
    option = next((each for each in found if each.number == options.option), None)
    if option is None:
        numbers = ", ".join(str(each.number) for each in found)
        raise UsageError("no_such_option", number=str(options.option), numbers=numbers)
    if not options.json:
        screen.say("agree_shows", client=asked.client, terms=option_text(screen.language, option))
    if not (options.yes or options.json) and not _confirmed(screen):
        screen.say("agree_left")
        return 0
    ref = _record(asked, option, options)
    if options.json:
        page = {"ref": ref, **_option_json(option)}
        print(json.dumps(page, ensure_ascii=False, indent=2))  # noqa: T201
    else:
        screen.say("agreed", ref=ref, client=asked.client, count=option.count)
    return 0


# Whom it is about.


def _asked(options: argparse.Namespace) -> _Asked:
    """The client or invoice named, in the first workbook that has it."""
    settings = settings_of(options)
    for book in settings.workbooks:
        seen = look_at(settings, book, options.date)
        found = _target(seen, options.target)
        if found is not None:
            client, items = found
            return _Asked(settings=settings, book=book, seen=seen, client=client, items=items)
    raise UsageError("unknown_target", target=options.target)


def _target(seen: Look, name: str) -> tuple[str, tuple[str, ...] | None] | None:
    """A client by its name, else the invoice of this id and its client."""
    for client in seen.facts.clients:
        if folded_name(client) == folded_name(name):
            return client, None
    for row in seen.facts.receivables.values():
        if folded_id(row.id) == folded_id(name):
            return row.client, (row.id,)
    return None


def _agreement_of(asked: _Asked) -> str | None:
    """The ref of an agreement that is open for the client, about the invoice if one is named."""
    for state in asked.seen.book.agreements.values():
        about = asked.items is None or bool(set(asked.items) & set(state.originals))
        if state.client == asked.client and state.result is Result.OPEN and about:
            return state.ref
    return None


def _why_none(asked: _Asked) -> str:
    language = asked.seen.snapshot.language
    reason = why_no_offer(asked.seen.book, asked.seen.facts, asked.client)
    if reason is not None:
        return words(language, f"reasons.{reason.value}")
    for standing in asked.seen.book.standings.values():
        mine = standing.client == asked.client and standing.status not in CLOSED
        named = asked.items is None or standing.id in asked.items
        if mine and named and standing.blocked is not None:
            return words(language, f"reasons.{standing.blocked.value}")
    return words(language, "cli.no_offer_fits")


# What is shown.


def _show(screen: Screen, asked: _Asked, found: Sequence[Option]) -> None:
    owed = money_text(screen.language, found[0].owed)
    invoices = ", ".join(found[0].receivables)
    screen.say("offer_title", client=asked.client, owed=owed, invoices=invoices)
    table = screen.table("offers", "option", "instalments", "total", "granted", "valid_until")
    for option in found:
        table.add_row(
            str(option.number),
            escape("\n".join(_parts(screen.language, option))),
            money_text(screen.language, option.total),
            money_text(screen.language, option.granted),
            date_text(screen.language, option.valid_until),
        )
    screen.console.print(table)


def _parts(language: str, option: Option) -> Iterator[str]:
    for part in option.instalments:
        amount, day = money_text(language, part.amount), date_text(language, part.due_on)
        yield words(language, "agreements.part", amount=amount, day=day)


def _json(asked: _Asked, found: Sequence[Option]) -> dict[str, Any]:
    reason = why_no_offer(asked.seen.book, asked.seen.facts, asked.client)
    return {
        "run_date": asked.seen.plan.run_date.isoformat(),
        "workbook": str(asked.book.path),
        "client": asked.client,
        "invoice": asked.items[0] if asked.items else None,
        "reason": reason.value if reason else None,
        "agreement": _agreement_of(asked),
        "options": [_option_json(option) for option in found],
    }


def _option_json(option: Option) -> dict[str, Any]:
    return {
        **option_values(option),
        "count": option.count,
        "discount": str(option.discount),
    }


def _confirmed(screen: Screen) -> bool:
    """Ask on a terminal; elsewhere nobody can answer, so --yes is needed."""
    if not sys.stdin.isatty():
        raise UsageError("agree_needs_yes")
    answer = input(screen.text("agree_ask") + " ")
    return answer.strip().casefold() in screen.text("agree_yes").split()


# What is written.


def _record(asked: _Asked, option: Option, options: argparse.Namespace) -> str:
    """Write the agreement in one write, if the workbook is still as it was read; its ref.

    Raises NotWritable (also when somebody saved meanwhile: the offer may be another by now).
    """
    seen = asked.seen
    snapshot, language = seen.snapshot, seen.snapshot.language
    identity = identity_of(snapshot)
    terms = accept(seen.facts, seen.calendar, option, seen.plan.run_date)
    assert isinstance(terms, Terms), terms  # noqa: S101 - the option comes from the same facts
    ref = ref_of_command(identity, option)
    if stands(snapshot, ref):  # made today and ended since: its ref cannot stand for two
        raise UsageError("agreement_ended", client=asked.client, ref=ref)
    with (
        engine_for(asked.settings, asked.book, outbox=Path()) as engine,
        engine.lock(identity),
    ):
        check_place(snapshot, identity, engine.ledger, moved=False)
        if snapshot.obstacle is not None:
            raise snapshot.obstacle.error()
        now = engine.now()
        if now.date() != terms.at:
            now = datetime.combine(terms.at, time(12))
        changes = agreement_changes(
            snapshot,
            ref,
            negotiation_of(ref, terms),
            instalments_of(ref, terms),
            at=now,
            channel=options.channel,
            by=options.by or _user(),
            notes=" ".join(
                (
                    words(language, "agreements.accepted", number=option.number),
                    option_text(language, option),
                )
            ),
        )
        applied = engine.store.apply(changes, snapshot.revision)
        if isinstance(applied, Conflict):
            raise NotWritable("keeps_changing")
        remember_place(snapshot, identity, engine.ledger)
    return ref


def _user() -> str:
    """Who is at the terminal, as the system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a service without a user's name
        return _DEFAULT_BY


COMMANDS = {"offer": offer_command, "agree": agree_command}
