"""A payment in the bank stops the next reminder, without anybody typing."""

import re
from datetime import date
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.bank_desk import PIX, BankDesk, statement
from tests.bank_files import Entry, ofx
from tests.workbooks import make

SAY = {
    "en": {"yes": "Yes", "paid": "Paid", "overdue": "Overdue", "replied": "Sent"},
    "pt-BR": {"yes": "Sim", "paid": "Pago", "overdue": "Vencido", "replied": "Enviado"},
}
FIRST, PAID, NEXT = "2026-03-16", "2026-03-20", "2026-03-24"


def office(
    folder: Path, patch: pytest.MonkeyPatch, language: str = "en", **settings: object
) -> BankDesk:
    """Ana and Bia owe 1,000 each since 6 March, and Ana 300 more."""
    rows = [
        {"id": "NF-1001", "client": "Ana", "due_on": date(2026, 3, 6), "amount": Decimal(1000)},
        {"id": "NF-1002", "client": "Ana", "due_on": date(2026, 3, 6), "amount": Decimal(300)},
        {"id": "NF-2001", "client": "Bia", "due_on": date(2026, 3, 6), "amount": Decimal(1000)},
    ]
    clients = [
        {"client": "Ana", "legal_name": "Ana Comércio Ltda", "email": "ana@example.com"},
        {"client": "Bia", "legal_name": "Bia Serviços Ltda", "email": "bia@example.com"},
    ]
    book = make(
        folder / "book.xlsx", rows, clients, language=language, settings={**PIX, **settings}
    )
    return BankDesk(book, patch)


def asked_of(desk: BankDesk, client: str) -> tuple[str, str]:
    """The txid and the amount in the Pix code of the client's last letter."""
    letters = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(desk.outbox.glob("*.eml"))
    ]
    letter = [each for each in letters if client.lower() in str(each["To"])][-1]
    text = "".join(
        str(part.get_content()) for part in letter.walk() if part.get_content_type() == "text/plain"
    )
    code = re.search(r"000201.+6304[0-9A-F]{4}", text)
    assert code is not None
    txid = re.search(r"62160512(R[A-Z2-7]{11})", code[0])
    amount = re.search(r"54\d\d(\d+\.\d\d)58", code[0])
    assert txid is not None
    assert amount is not None
    return txid[1], amount[1]


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_pix_from_a_reminder_matches_itself_and_one_tick_pays_its_invoices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    say = SAY[language]
    desk = office(tmp_path, monkeypatch, language)
    desk.run(FIRST)
    assert desk.letters() == 2
    txid, amount = asked_of(desk, "Ana")
    assert amount == "1300.00"
    file = desk.file(statement(f"20/03/2026;1300,00;ANA COMERCIO LTDA;;PIX RECEBIDO;{txid}"))
    (told,) = desk.bank(PAID, file)["files"]
    counts = {name: told[name] for name in ("new", "known", "certain", "suggested", "unmatched")}
    assert counts == {"new": 1, "known": 0, "certain": 1, "suggested": 0, "unmatched": 0}
    (row,) = desk.rows("bank_matches")
    assert (row["receivable"], row["confidence"]) == ("NF-1001; NF-1002", 1)
    assert desk.rows("payments") == []

    page = desk.run("2026-03-23")  # nobody ticked yet: the money waits, and so does the reminder
    assert [each["client"] for each in page["sent"]] == ["Bia"]
    reasons = {each["client"]: each["reason"] for each in page["decisions"]}
    assert reasons["Ana"] == "unapplied_cash"

    desk.tick(str(row["id"]), confirm=say["yes"])
    page = desk.run(NEXT)
    assert page["sent"] == []
    payments = [
        (each["receivable"], each["amount"], each["reference"]) for each in desk.rows("payments")
    ]
    assert payments == [("NF-1001", 1000, row["id"]), ("NF-1002", 300, row["id"])]
    status = {each["id"]: each["status"] for each in desk.rows("receivables")}
    assert status == {"NF-1001": say["paid"], "NF-1002": say["paid"], "NF-2001": say["overdue"]}
    assert desk.rows("bank_matches") == []
    later = [desk.run(day) for day in ("2026-03-30", "2026-04-20")]
    assert "Ana" not in {each["client"] for page in later for each in page["sent"]}
    assert len(desk.rows("payments")) == 2
    assert desk.bank("2026-04-20", file)["files"][0]["known"] == 1
    assert len(desk.rows("payments")) == 2


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_where_certain_matches_are_trusted_a_file_in_the_folder_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    desk = office(tmp_path, monkeypatch, language, trust_certain_matches=True)
    desk.run(FIRST)
    txid, _ = asked_of(desk, "Ana")
    file = desk.folder / "extrato.ofx"
    entry = Entry(posted="20260320", amount="1300.00", memo=f"PIX RECEBIDO {txid}")
    file.write_bytes(ofx(entry).encode())
    before = file.read_bytes(), file.stat().st_mtime_ns
    page = desk.run(NEXT)
    assert [each["client"] for each in page["sent"]] == ["Bia"]
    assert {row["client"]: row["amount"] for row in desk.rows("payments")} == {"Ana": 300}
    assert sum(row["amount"] for row in desk.rows("payments")) == 1300
    assert desk.rows("bank_matches") == []
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    desk.run("2026-03-25")
    assert len(desk.rows("payments")) == 2
