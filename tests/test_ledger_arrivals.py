"""What the ledger remembers of what arrives: offers, mail, bank lines; each once, for ever."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from sync.ledger import Ledger
from sync.ledger_bank import BankFile, LineState
from sync.ledger_mail import MailPlace
from sync.ledger_offers import Offered
from sync.ledger_tables import ADDED_IN_2
from tests.posted import BOOK, SAO_PAULO, key, planned

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=SAO_PAULO)
TWO = tuple(
    Offered(number=n, terms=f"terms {n}", option={"total": "90.00"}, expires=date(2026, 11, 30))
    for n in (1, 2)
)
PLACE = MailPlace(mailbox="INBOX", uidvalidity=7, uid=3)
FILE = BankFile(
    digest="d1",
    name="novembro.ofx",
    account="341/1234",
    first=date(2026, 11, 1),
    last=date(2026, 11, 20),
    lines=2,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path, lambda: NOW) as opened:
        yield opened


def test_a_ledger_of_the_first_version_gets_what_it_lacks(path: Path) -> None:
    with Ledger(path, lambda: NOW) as old:
        old.plan(planned("R1", key("NF-1")))
    raw = sqlite3.connect(path)
    for table in ADDED_IN_2:
        raw.execute(f"DROP TABLE {table.name}")
    raw.execute("UPDATE ledger SET version = 1")
    raw.commit()
    raw.close()
    with Ledger(path, lambda: NOW) as upgraded:
        assert len(upgraded.reminders(BOOK)) == 1
        assert upgraded.mail.pending(BOOK) == ()
    with Ledger(path, lambda: NOW) as again:
        assert len(again.offers.secret(BOOK)) == 32


def test_a_workbook_s_secret_is_made_once_and_is_its_own(ledger: Ledger, path: Path) -> None:
    secret = ledger.offers.secret(BOOK)
    with Ledger(path, lambda: NOW) as again:
        assert again.offers.secret(BOOK) == secret
    assert ledger.offers.secret("another") != secret


def test_offers_are_remembered_with_the_message_that_makes_them(ledger: Ledger) -> None:
    ledger.plan(replace(planned("R1", key("NF-1")), offers=TWO))
    known = ledger.offers.of(BOOK, "R1")
    assert [(each.number, each.terms, each.expires) for each in known] == [
        (1, "terms 1", date(2026, 11, 30)),
        (2, "terms 2", date(2026, 11, 30)),
    ]
    assert ledger.offers.of("another", "R1") == ()


def test_of_one_message_one_option_is_accepted_once(ledger: Ledger, path: Path) -> None:
    ledger.plan(replace(planned("R1", key("NF-1")), offers=TWO))
    assert ledger.offers.accept("R1", 2, "M-1")
    assert ledger.offers.accept("R1", 2, "M-1"), "told again after a crash"
    assert not ledger.offers.accept("R1", 2, "M-2")
    assert not ledger.offers.accept("R1", 1, "M-1")
    assert not ledger.offers.accept("R9", 1, "M-1")
    with Ledger(path, lambda: NOW) as other:
        assert not other.offers.accept("R1", 1, "M-3")
    assert [each.accepted_as for each in ledger.offers.of(BOOK, "R1")] == [None, "M-1"]


def test_mail_is_taken_once_and_pending_until_recorded(ledger: Ledger) -> None:
    assert ledger.mail.take(BOOK, PLACE, digest="x", effect={"kind": "contact"})
    assert not ledger.mail.take(BOOK, PLACE, digest="x", effect={"kind": "no"})
    assert ledger.mail.known(BOOK, "INBOX", 7) == {3}
    assert [taken.effect for taken in ledger.mail.pending(BOOK)] == [{"kind": "contact"}]
    ledger.mail.recorded(BOOK, [PLACE])
    assert ledger.mail.pending(BOOK) == ()
    assert ledger.mail.known(BOOK, "INBOX", 7) == {3}


def test_a_mailbox_numbered_anew_brings_nothing_twice(ledger: Ledger) -> None:
    ledger.mail.take(BOOK, PLACE, digest="x", effect={"kind": "contact"})
    moved = replace(PLACE, uidvalidity=8, uid=1)
    assert not ledger.mail.take(BOOK, moved, digest="x", effect={"kind": "no"})
    assert ledger.mail.known(BOOK, "INBOX", 8) == {1}
    assert len(ledger.mail.pending(BOOK)) == 1
    assert ledger.mail.take("another", moved, digest="x", effect={"k": 1})


def test_bank_lines_are_added_once_whatever_file_brings_them(ledger: Ledger) -> None:
    lines = {"341/1": {"amount": "10.00"}, "341/2": {"amount": "20.00"}}
    assert ledger.bank.add(BOOK, FILE, lines) == 2
    assert ledger.bank.add(BOOK, FILE, lines) == 0
    longer = replace(FILE, digest="d2", last=date(2026, 11, 22))
    assert ledger.bank.add(BOOK, longer, {**lines, "341/3": {"amount": "30.00"}}) == 1
    assert ledger.bank.until(BOOK) == date(2026, 11, 22)
    assert ledger.bank.until("another") is None
    assert ledger.bank.has_read(BOOK, "d1")
    assert [line.line for line in ledger.bank.lines(BOOK, LineState.PENDING)] == [
        "341/1",
        "341/2",
        "341/3",
    ]


def test_a_line_becomes_payments_or_is_ignored_but_never_both(ledger: Ledger) -> None:
    ledger.bank.add(BOOK, FILE, {"1": {}, "2": {}})
    row = {"receivable": "NF-1", "amount": "10.00"}
    assert ledger.bank.confirm(BOOK, "1", [row])
    assert not ledger.bank.confirm(BOOK, "1", [row, row])
    assert not ledger.bank.ignore(BOOK, "1")
    assert ledger.bank.ignore(BOOK, "2")
    confirmed = ledger.bank.lines(BOOK, LineState.CONFIRMED)
    assert [each.payments for each in confirmed] == [(row,)]
    ledger.bank.recorded(BOOK, ["1", "2"])
    assert ledger.bank.lines(BOOK, LineState.CONFIRMED) == ()
    assert [each.line for each in ledger.bank.lines(BOOK, LineState.IGNORED)] == ["2"]
