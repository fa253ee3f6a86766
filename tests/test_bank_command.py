"""A payment in the bank stops the next reminder, without anybody typing."""

import re
from datetime import date
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from sync.cli import main
from sync.locks import run_lock
from sync.words import words
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


# ---- what the command says, and its exit codes


def test_each_file_is_told_of_by_itself_and_a_refused_one_with_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office(tmp_path, monkeypatch)
    desk.run(FIRST)
    txid, _ = asked_of(desk, "Ana")
    rows = [
        f"20/03/2026;1300,00;;;PIX;{txid}",
        "20/03/2026;300,00;ANA COMERCIO LTDA;;PIX;",
        "20/03/2026;55,00;NINGUEM;;TED;",
        "20/03/2026;-12,00;;;TARIFA;",
    ]
    good = desk.file(statement(*rows))
    bad = desk.file(statement("20/03/2026;1,00;;;;", "20/03/2026;muito;;;;"), "ruim.csv")
    code, page = desk.regua(PAID, "bank", bad, good)
    assert code == 3
    (told,) = page["files"]
    assert Path(told["file"]) == good
    assert {key: told[key] for key in ("format", "from", "until", "lines")} == {
        "format": "csv", "from": PAID, "until": PAID, "lines": 4,
    }  # fmt: skip
    counts = {key: told[key] for key in ("new", "known", "certain", "suggested", "unmatched")}
    assert counts == {"new": 3, "known": 0, "certain": 1, "suggested": 1, "unmatched": 1}
    assert (page["confirmed"], page["waiting"]) == (0, 3)
    (refused,) = page["refused"]
    assert (Path(refused["file"]), refused["problem"]) == (bad, "entry_amount")
    assert "muito" in refused["message"]
    assert desk.letters() == 2, "nothing is sent"
    again = desk.bank(PAID, good)["files"][0]
    assert (again["new"], again["known"], again["certain"]) == (0, 3, 1)


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_on_a_terminal_there_is_a_table(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
) -> None:
    desk = office(tmp_path, monkeypatch, language)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("REGUA_NOW", f"{PAID}T09:00:00-03:00")
    file = desk.file(statement("20/03/2026;300,00;ANA COMERCIO LTDA;;PIX;"))
    bad = desk.file(b"%PDF-1.7", "extrato.pdf")
    assert main(["bank", str(file), str(bad), "--config", str(desk.config)]) == 3
    out = capsys.readouterr().out
    for name in ("new", "certain", "suggested", "unmatched"):
        assert words(language, f"cli.columns.{name}") in out
    assert "extrato.csv" in out
    assert "PDF" in out


def test_csv_headings_of_any_bank_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office(tmp_path, monkeypatch)
    file = desk.file("Quando;Quanto;De\n20/03/2026;300,00;ANA COMERCIO LTDA\n")
    maps = [part for pair in ("date=Quando", "amount=Quanto", "payer=De", "bank=341", "account=9")
            for part in ("--map", pair)]  # fmt: skip
    assert desk.regua(PAID, "bank", file)[0] == 3
    (told,) = desk.bank(PAID, file, *maps)["files"]
    assert (told["bank"], told["account"], told["suggested"]) == ("341", "9", 1)


def test_what_cannot_be_done_is_an_exit_code_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office(tmp_path, monkeypatch)
    file = desk.file(statement("20/03/2026;300,00;ANA COMERCIO LTDA;;PIX;"))
    code, page = desk.regua(PAID, "bank", tmp_path / "none.ofx")
    assert (code, page["error"]) == (2, "no_bank_file")
    owner = desk.book.with_name(f"~${desk.book.name}")
    owner.write_bytes(b"\x05Maria" + bytes(160))
    code, page = desk.regua(PAID, "bank", file)
    assert (code, page["error"]) == (4, "open_elsewhere")
    owner.unlink()
    before = desk.rows("bank_matches")
    assert before == []
    with run_lock(desk.state, "test-book"):
        code, page = desk.regua(PAID, "bank", file)
    assert code == 75
    assert desk.bank(PAID, file)["waiting"] == 1
    assert len(desk.rows("bank_matches")) == 1


# ---- the folder


def test_a_refused_file_in_the_folder_is_told_once_and_stands_in_issues_while_it_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = office(tmp_path, monkeypatch, digest_to="equipe@example.com")
    bad = desk.folder / "retorno.ret"
    bad.write_bytes(b"02RETORNO01COBRANCA cut off")
    (desk.folder / "extrato.csv.part").write_bytes(b"half")
    (desk.folder / "inside").mkdir()
    with caplog.at_level("WARNING", logger="regua.arrivals"):
        page = desk.run(FIRST)
        assert [each["problem"] for each in page["issues"]] == ["bank_file_refused"]
        assert len(page["sent"]) == 2, "the run goes on"
        desk.run("2026-03-17")
    assert len([each for each in caplog.records if "retorno.ret" in each.getMessage()]) == 1
    (issue,) = desk.rows("issues")
    assert "retorno.ret" in issue["problem"]
    digests = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in desk.outbox.glob("*.eml")
    ]
    texts = [str(each.get_body(("plain",))) for each in digests if "equipe" in str(each["To"])]
    assert any("retorno.ret" in text for text in texts)
    assert bad.exists()
    bad.unlink()
    desk.run("2026-03-18")
    assert desk.rows("issues") == []


def test_a_folder_that_is_gone_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office(tmp_path, monkeypatch)
    desk.folder.rmdir()
    assert len(desk.run(FIRST)["sent"]) == 2
