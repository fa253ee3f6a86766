"""Matching bank lines against a book of receivables: seconds and how they grow.

    python bench/matching.py [--rounds N]

For 1,000 and 10,000 lines against 10,000 and 100,000 receivables (one in twenty open, and all of
them open; a client for every fifty): each line is a Pix with its txid, a boleto with its number,
one with the invoice in its text, one with the payer's tax number or name and the amount of one or
several invoices, one with nothing but an amount, or one of a stranger. Building the indexes is
counted apart from matching; facts and standings are made before and not counted.
"""

import argparse
import platform
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sync.bank.matching import Matcher  # noqa: E402 - the path above makes it importable
from sync.bank.statement import BankLine, LineKind  # noqa: E402
from sync.domain.calendar import BusinessCalendar  # noqa: E402
from sync.domain.facts import (  # noqa: E402
    Channel,
    Client,
    Facts,
    Outcome,
    Receivable,
    Reminder,
    TeamSettings,
)
from sync.domain.standing import Book, book  # noqa: E402
from sync.holidays_br import brazilian_holidays  # noqa: E402

SIZES = ((1_000, 10_000), (10_000, 10_000), (1_000, 100_000), (10_000, 100_000))
TODAY = date(2026, 11, 23)
_EACH = 50  # receivables a client
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def made(receivables: int, *, all_open: bool) -> tuple[Facts, Book]:
    """A book of several years, or one in which nobody has paid."""
    chance = random.Random(receivables)
    clients = {
        f"Client {n}": Client(
            name=f"Client {n}",
            legal_name=f"Company {n} Comercio e Servicos Ltda",
            tax_id=f"{n:014d}",
        )
        for n in range(max(1, receivables // _EACH))
    }
    names = list(clients)
    rows = {}
    for n in range(receivables):
        is_open = all_open or n % 20 == 0
        due = TODAY - timedelta(days=chance.randrange(5, 90 if is_open else 1500))
        rows[f"NF-{n:06d}"] = Receivable(
            id=f"NF-{n:06d}",
            client=names[n % len(names)],
            due_on=due,
            amount=Decimal(chance.randrange(5_000, 900_000)).scaleb(-2),
            paid_on=None if is_open else due,
        )
    opened = [row for row in rows.values() if row.paid_on is None]
    reminders = tuple(
        Reminder(
            reference=reference_of(int(row.id.removeprefix("NF-"))),
            client=row.client,
            at=datetime.combine(TODAY - timedelta(days=3), datetime.min.time()),
            step="first",
            channel=Channel.EMAIL,
            outcome=Outcome.SENT,
            total=row.amount,
            valid_until=TODAY + timedelta(days=5),
            receivables=(row.id,),
        )
        for row in opened
    )
    settings = TeamSettings(late_fee=Decimal("0.02"), monthly_interest=Decimal("0.01"))
    facts = Facts(settings=settings, clients=clients, receivables=rows, reminders=reminders)
    return facts, book(facts, BusinessCalendar(brazilian_holidays("SP")), TODAY)


def reference_of(number: int) -> str:
    """A message's reference, as the engine makes them."""
    signs = []
    for _ in range(11):
        number, place = divmod(number, len(_LETTERS))
        signs.append(_LETTERS[place])
    return "R" + "".join(signs)


def lines_for(facts: Facts, count: int) -> list[BankLine]:
    """Money for open items and from strangers, told in every way that banks tell it."""
    chance = random.Random(count)
    opened = [row for row in facts.receivables.values() if row.paid_on is None]
    return [_line(n, facts, chance.choice(opened), chance) for n in range(count)]


def _line(n: int, facts: Facts, row: Receivable, chance: random.Random) -> BankLine:
    client = facts.clients[row.client]
    on = TODAY - timedelta(days=chance.randrange(0, 5))
    amount, other = row.amount, Decimal(chance.randrange(5_000, 900_000)).scaleb(-2)
    txid = reference_of(int(row.id.removeprefix("NF-")))
    told: tuple[dict[str, str], Decimal] = (
        ({"txid": txid}, amount),
        ({"memo": f"PIX RECEBIDO {row.id}"}, amount),
        ({"payer_tax_id": client.tax_id or ""}, amount),
        ({"payer": client.legal_name or ""}, amount),
        ({"payer": (client.legal_name or "")[:24]}, other),
        ({"payer_tax_id": client.tax_id or ""}, other),
        ({}, amount),
        ({"payer": f"Stranger {n} da Silva", "memo": "TED 4417"}, other),
    )[n % 8]
    fields, paid = told
    line = BankLine(id=f"B-{n}", posted_on=on, amount=paid, kind=LineKind.CREDIT, method="pix")
    return replace(line, **fields)  # type: ignore[arg-type] # texts, all four


def measure(lines: int, receivables: int, *, all_open: bool, rounds: int) -> tuple[float, float]:
    """Median seconds to build the indexes, and to match all lines."""
    facts, standings = made(receivables, all_open=all_open)
    told = lines_for(facts, lines)
    built, matched = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        matcher = Matcher(facts, standings)
        ready = time.perf_counter()
        for line in told:
            matcher.match(line, "")
        built.append(ready - start)
        matched.append(time.perf_counter() - ready)
    return median(built), median(matched)


def main(arguments: Sequence[str]) -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args(arguments).rounds
    print(f"Python {platform.python_version()}, {platform.machine()}, {rounds} rounds\n")
    print(
        "| lines | receivables | open | indexes, s | matching, s | × the first row | × its lines |"
    )
    print("|---|---|---|---|---|---|")
    for all_open in (False, True):
        base = None
        for lines, receivables in SIZES:
            built, matched = measure(lines, receivables, all_open=all_open, rounds=rounds)
            base = base or built + matched
            times = (built + matched) / base
            print(
                f"| {lines:,} | {receivables:,} | {'all' if all_open else '5 %'} | {built:.2f} "
                f"| {matched:.2f} | {times:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
