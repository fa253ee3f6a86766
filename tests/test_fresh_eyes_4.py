"""What a fourth look found: an older copy of the workbook, and money that comes with an answer.

Stories with the real commands, a local mail server and a local mailbox.
"""

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from mailer.answers import read_answer
from tests.bank_desk import BankDesk, statement
from tests.customers import SAO_PAULO, Delivered, Desk, press, reply, written
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.test_bank_command import SAY, asked_of
from tests.test_bank_command import office as bank_office
from tests.workbooks import make, sheet_of

NAMES = ("Ana", "Bia", "Caio")
FIRST, SECOND, THIRD, FOURTH, FIFTH = (
    f"2026-{day}T09:00:00-03:00" for day in ("03-16", "03-23", "03-24", "03-25", "03-26")
)
ANSWERED = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)
KINDS = {
    "en": ["Agreement", "Says paid", "Dispute"],
    "pt-BR": ["Acordo", "Já paguei", "Contestação"],
}


@pytest.fixture
def servers() -> Iterator[tuple[LocalSmtp, LocalImap]]:
    with LocalSmtp() as smtp, LocalImap() as imap:
        yield smtp, imap


def address(name: str) -> str:
    return f"{name.lower()}@example.com"


def mail_desk(
    folder: Path,
    servers: tuple[LocalSmtp, LocalImap],
    patch: pytest.MonkeyPatch,
    language: str = "en",
    **settings: object,
) -> Desk:
    """Everybody owes 1,000 since 6 March and has a letter with options in hand."""
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(NAMES, 1)
    ]
    clients = [
        {"client": name, "legal_name": f"{name} Comercio Ltda", "email": address(name)}
        for name in NAMES
    ]
    book = make(folder / "book.xlsx", rows, clients, language=language, settings=settings)
    desk = Desk(book, *servers, language=language)
    desk.configure()
    text = desk.config.read_text(encoding="utf-8")
    path = 'path = "book.xlsx"\n'
    desk.config.write_text(text.replace(path, f'{path}bank_folder = "bank"\n'), encoding="utf-8")
    (folder / "bank").mkdir()
    assert desk.run(patch, FIRST) == 0
    assert desk.run(patch, SECOND) == 0
    return desk


def last_to(desk: Desk, name: str) -> Delivered:
    return [each for each in desk.delivered() if str(each.message["To"]) == address(name)][-1]


def pressed(desk: Desk, name: str, choice: str) -> None:
    desk.receive(press(last_to(desk, name).link(choice), address(name), ANSWERED), ANSWERED)


def all_answer(desk: Desk) -> None:
    for name, choice in zip(NAMES, ("-2-", "-P-", "-D-"), strict=True):
        pressed(desk, name, choice)


def answers(desk: Desk) -> list[tuple[object, ...]]:
    rows = desk.rows("negotiations")
    return sorted((row["client"], row["kind"], row["ref"], row.get("amount")) for row in rows)


# ---- a workbook restored from yesterday's backup, or saved over by a person who had it open


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_answers_come_back_into_a_workbook_restored_from_yesterday(
    tmp_path: Path,
    servers: tuple[LocalSmtp, LocalImap],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    desk = mail_desk(tmp_path, servers, monkeypatch, language)
    shutil.copy(desk.book, tmp_path / "yesterday.xlsx")
    all_answer(desk)
    assert desk.run(monkeypatch, THIRD) == 0
    before, parts = answers(desk), len(desk.rows("instalments"))
    assert [row[1] for row in before] == KINDS[language]
    sent = len(desk.delivered())

    shutil.copy(tmp_path / "yesterday.xlsx", desk.book)
    assert desk.run(monkeypatch, FOURTH) == 0
    assert answers(desk) == before
    assert len(desk.rows("instalments")) == parts
    assert desk.run(monkeypatch, FIFTH) == 0
    assert answers(desk) == before, "once"
    assert len(desk.delivered()) == sent, "nobody hears of it"


def test_an_answer_that_a_person_deletes_stays_deleted(
    tmp_path: Path, servers: tuple[LocalSmtp, LocalImap], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = mail_desk(tmp_path, servers, monkeypatch)
    pressed(desk, "Bia", "-P-")
    assert desk.run(monkeypatch, THIRD) == 0
    delete_rows(desk.book, "negotiations")
    for moment in (FOURTH, FIFTH):
        assert desk.run(monkeypatch, moment) == 0
        assert answers(desk) == []


def delete_rows(path: Path, tab: str) -> None:
    book = load_workbook(path)
    sheet_of(book, tab).delete_rows(2, 20)
    book.save(path)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("command", ["run", "bank"])
def test_money_that_a_restored_workbook_lacks_waits_again_and_nobody_is_reminded_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, command: str
) -> None:
    desk = bank_office(tmp_path, monkeypatch, language)
    desk.run("2026-03-16")
    line = paid_and_confirmed(desk, tmp_path, language)
    shutil.copy(tmp_path / "yesterday.xlsx", desk.book)
    if command == "bank":
        desk.bank("2026-03-23", desk.book.parent / "extrato.csv")
    page = desk.run("2026-03-23")
    assert "Ana" not in {each["client"] for each in page["sent"]}
    reasons = {each["client"]: each["reason"] for each in page["decisions"]}
    assert reasons["Ana"] == "unapplied_cash"
    assert [row["id"] for row in desk.rows("bank_matches")] == [line]
    desk.tick(line, confirm=SAY[language]["yes"])
    desk.run("2026-03-24")
    assert [row["amount"] for row in desk.rows("payments")] == [1000, 300]
    assert desk.rows("bank_matches") == []


def paid_and_confirmed(desk: BankDesk, folder: Path, language: str) -> str:
    """Ana's Pix is ticked and entered; the backup is of before."""
    shutil.copy(desk.book, folder / "yesterday.xlsx")
    txid, _ = asked_of(desk, "Ana")
    row = f"20/03/2026;1300,00;ANA COMERCIO LTDA;;PIX RECEBIDO;{txid}"
    desk.bank("2026-03-20", desk.file(statement(row)))
    (waits,) = desk.rows("bank_matches")
    desk.tick(str(waits["id"]), confirm=SAY[language]["yes"])
    desk.run("2026-03-20T10:00:00-03:00")
    assert [row["amount"] for row in desk.rows("payments")] == [1000, 300]
    return str(waits["id"])


def test_payments_that_a_person_deletes_stay_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = bank_office(tmp_path, monkeypatch)
    desk.run("2026-03-16")
    paid_and_confirmed(desk, tmp_path, "en")
    delete_rows(desk.book, "payments")
    desk.run("2026-03-23")
    assert desk.rows("payments") == desk.rows("bank_matches") == []


# ---- who has paid agrees on nothing, though both arrive in one run


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("named", [False, True])
def test_an_acceptance_that_comes_with_the_money_waits_for_a_person(
    tmp_path: Path,
    servers: tuple[LocalSmtp, LocalImap],
    monkeypatch: pytest.MonkeyPatch,
    *,
    trust: bool,
    named: bool,
) -> None:
    desk = mail_desk(tmp_path, servers, monkeypatch, trust_certain_matches=trust)
    pressed(desk, "Ana", "-2-")
    reference = next(
        row["reference"] for row in reversed(desk.rows("history")) if row["client"] == "Ana"
    )
    row = f"23/03/2026;1000,00;ANA COMERCIO LTDA;;PIX;{reference if named else ''}"
    (tmp_path / "bank" / "extrato.csv").write_text(statement(row), encoding="utf-8")
    sent = len(desk.delivered())
    assert desk.run(monkeypatch, THIRD) == 0
    assert [row["kind"] for row in desk.rows("negotiations")] == ["Proposal"]
    assert desk.rows("instalments") == []
    assert len(desk.delivered()) == sent, "no plan is confirmed to who has paid"
    assert len(desk.rows("payments")) == (1 if trust and named else 0)


# ---- who wants no more, in the fewest words


@pytest.mark.parametrize(
    ("said", "wants_no_more"),
    [
        ("SAIR", True),
        ("Sair.\n\nBia Souza\nFinanceiro", True),
        ("pare", True),
        ("STOP!", True),
        ("Me tirem da lista, por favor", True),
        ("Não me mandem mais e-mails", True),
        ("Vou sair em férias, pago na volta", False),
        ("Parar de pagar? Nunca. Sigo a opção 2", False),
        ("Aceito a opção 2", False),
    ],
)
def test_one_word_is_enough_to_want_no_more(said: str, *, wants_no_more: bool) -> None:
    letter = written("financeiro@example.com", address("Bia"), "Fatura NF-2", "Olá", ANSWERED)
    raw = reply(Delivered(letter), address("Bia"), said, ANSWERED).as_bytes()
    answer = read_answer(raw, trusted_server=None, own_addresses=frozenset())
    assert ("unsubscribes" in answer.says) is wants_no_more
    assert not (wants_no_more and answer.choice)
