"""In what circumstances answers arrive: the mailbox away, the workbook open, the ledger lost."""

import json
import logging
import shutil
import socket
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from mailer.answers import Answer, read_answer
from sync.commands.serve import WorkbookJob
from sync.settings import load
from tests.customers import SAO_PAULO, Delivered, Desk, bounced, press, reply, written
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import edit, make

FIRST, SECOND, THIRD = (f"2026-03-{day}T09:00:00-03:00" for day in (16, 23, 24))
ANSWERED = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)
TEAM, BOSS = "financeiro@example.com", "dono@example.org"
ANA, BIA, TWINS = "ana@example.com", "bia@example.com", "twins@example.com"


@dataclass(frozen=True)
class Past:
    """An office after two reminders to each client, and the letters with options."""

    folder: Path
    letters: list[Delivered]

    def letter(self, client: str) -> Delivered:
        """By the client: those who share an address are told apart by their invoices."""
        invoice = {"Ana": "NF-1", "Bia": "NF-2", "Caio": "NF-3", "Davi": "NF-4"}[client]
        return next(each for each in self.letters if invoice in each.text)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    names = {"Ana": ANA, "Bia": BIA, "Caio": TWINS, "Davi": TWINS}
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(names, 1)
    ]
    clients = [{"client": name, "email": address} for name, address in names.items()]
    folder = tmp_path_factory.mktemp("past") / "office"
    folder.mkdir()
    with LocalSmtp() as smtp, LocalImap() as imap, pytest.MonkeyPatch.context() as patch:
        book = make(folder / "book.xlsx", rows, clients, settings={"digest_to": BOSS})
        desk = Desk(book, smtp, imap)
        desk.configure()
        assert desk.run(patch, FIRST) == 0
        assert desk.run(patch, SECOND) == 0
        letters = [each for each in desk.delivered() if str(each.message["To"]) != BOSS][4:]
    return Past(folder, letters)


@pytest.fixture
def imap() -> Iterator[LocalImap]:
    with LocalImap() as running:
        yield running


@pytest.fixture
def desk(past: Past, tmp_path: Path, imap: LocalImap) -> Iterator[Desk]:
    """The same office in a folder and with a mailbox of its own."""
    shutil.copytree(past.folder, tmp_path / "office")
    with LocalSmtp() as smtp:
        desk = Desk(tmp_path / "office" / "book.xlsx", smtp, imap)
        desk.configure()
        yield desk


def run(desk: Desk, patch: pytest.MonkeyPatch, moment: str = THIRD, *more: str) -> int:
    """The copy of an office has moved, and nobody minds."""
    return desk.run(patch, moment, "--moved", *more)


def kinds(desk: Desk) -> list[tuple[object, object]]:
    return [(row["client"], row["kind"]) for row in desk.rows("negotiations")]


def accepted(past: Past) -> EmailMessage:
    return press(past.letter("Ana").link("-2-"), ANA, ANSWERED)


# The mailbox is away.


def nobody_listens() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_mailbox_that_is_away_holds_nothing_up_and_everybody_is_told(
    past: Past,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.receive(accepted(past), ANSWERED)
    port, desk.imap.port = desk.imap.port, nobody_listens()
    desk.configure()
    assert run(desk, monkeypatch) == 0
    assert "The mailbox could not be read" in capsys.readouterr().out
    assert "The mailbox could not be read" in str(desk.rows("runs")[-1]["notes"])
    assert "The mailbox could not be read" in desk.delivered()[-1].text
    assert run(desk, monkeypatch, THIRD, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert "127.0.0.1" in told["mailbox"]
    assert told["answers"] == []
    assert kinds(desk) == []
    desk.imap.port = port
    desk.configure()
    assert run(desk, monkeypatch, THIRD, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["mailbox"] is None
    assert [(each["client"], each["kind"]) for each in told["answers"]] == [("Ana", "agreement")]
    assert kinds(desk) == [("Ana", "Agreement")]


def test_a_wrong_password_is_told_like_a_mailbox_that_is_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LocalImap, "password", "another")
    assert run(desk, monkeypatch) == 0
    assert "does not accept the password" in " ".join(capsys.readouterr().out.split())


# The workbook is open for a while.


def in_excel(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rosa has the workbook open while a run comes; what she leaves behind."""
    owner = desk.book.with_name("~$book.xlsx")
    owner.write_bytes(b"\x04Rosa".ljust(55, b" ") + b"\x04\x00" + "Rosa".encode("utf-16-le"))
    assert run(desk, monkeypatch) == 4
    return owner


def test_answers_read_while_the_workbook_is_open_come_in_when_it_is_closed(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    owner = in_excel(desk, monkeypatch)
    assert kinds(desk) == []
    owner.unlink()
    assert run(desk, monkeypatch, "2026-03-25T09:00:00-03:00") == 0
    (row,) = desk.rows("negotiations")
    assert (row["kind"], str(row["at"])) == ("Agreement", "2026-03-23 15:00:00")


def test_what_the_client_paid_meanwhile_leaves_the_acceptance_to_a_person(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    owner = in_excel(desk, monkeypatch)
    owner.unlink()
    edit(desk.book, "receivables", "NF-1", paid_on=date(2026, 3, 24), paid_amount=400)
    assert run(desk, monkeypatch) == 0
    (row,) = desk.rows("negotiations")
    assert row["kind"] == "Proposal"
    assert "no longer" in str(row["notes"])
    assert "accepted option 2" in str(row["notes"])
    assert desk.rows("instalments") == []


def test_a_refusal_that_comes_while_the_acceptance_waits_leaves_it_to_a_person(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    owner = in_excel(desk, monkeypatch)
    later = datetime(2026, 3, 24, 8, 0, tzinfo=SAO_PAULO)
    desk.receive(reply(past.letter("Ana"), ANA, "não aceito", later), later)
    owner.unlink()
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Proposal"), ("Ana", "Contact")]


# Something is lost or numbered anew.


def test_without_its_ledger_the_next_run_knows_the_rows_by_their_refs(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    desk.receive(press(past.letter("Bia").link("-D-"), BIA, ANSWERED), ANSWERED)
    assert run(desk, monkeypatch) == 0
    rows, parts = kinds(desk), len(desk.rows("instalments"))
    shutil.rmtree(desk.book.parent / "state")
    assert run(desk, monkeypatch) == 0
    assert (kinds(desk), len(desk.rows("instalments"))) == (rows, parts)


def test_a_mailbox_that_is_numbered_anew_says_nothing_new(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = accepted(past)
    desk.receive(message, ANSWERED)
    assert run(desk, monkeypatch) == 0
    with LocalImap() as other:
        desk.imap = other
        desk.configure()
        desk.receive(message, ANSWERED)
        assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Agreement")]


# When and for whom.


def test_an_answer_is_of_the_team_s_day_whatever_the_server_s_zone_and_clock(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_evening = datetime(2026, 3, 24, 2, 30, tzinfo=UTC)
    desk.receive(press(past.letter("Ana").link("-D-"), ANA, ANSWERED), late_evening)
    tomorrow = datetime(2026, 3, 25, 3, 0, tzinfo=UTC)
    desk.receive(press(past.letter("Bia").link("-D-"), BIA, ANSWERED), tomorrow)
    assert run(desk, monkeypatch) == 0
    moments = {row["client"]: str(row["at"]) for row in desk.rows("negotiations")}
    assert moments == {
        "Ana": "2026-03-23 23:30:00",
        "Bia": "2026-03-24 09:00:00",  # a clock that is ahead: now at the latest
    }
    assert desk.rows("issues") == []


def test_words_from_an_address_that_two_clients_share_hold_both_a_link_only_its_own(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(written(TWINS, TEAM, "Boletos", "Quem fala?", ANSWERED), ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Caio", "Contact"), ("Davi", "Contact")]
    pressed = press(past.letter("Davi").link("-D-"), TWINS, ANSWERED)
    desk.receive(pressed, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk)[2:] == [("Davi", "Dispute")]


def test_what_is_about_nothing_of_ours_is_no_row_and_stays_as_it_was(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.configure(flag=r"\Flagged")
    before = datetime(2026, 3, 2, 10, 0, tzinfo=SAO_PAULO)
    letters = [
        written("shop@example.org", TEAM, "Catalogue", "Option 2 is cheap", ANSWERED),
        written(ANA, TEAM, "Order", "Please send ten more.", before),  # before our first message
        written(TEAM, ANA, "Re: option 2", "We accept option 2", ANSWERED),
        written("news@example.org", TEAM, "Unsubscribe", "unsubscribe", ANSWERED),
    ]
    newsletter = written(ANA, TEAM, "Our news", "Option 2!", datetime(2026, 4, 6, tzinfo=SAO_PAULO))
    newsletter["Precedence"] = "bulk"
    at = [ANSWERED, before, ANSWERED, ANSWERED]
    others = [desk.receive(each, when) for each, when in zip(letters, at, strict=True)]
    others.append(desk.receive(newsletter, datetime(2026, 4, 6, 9, 0, tzinfo=SAO_PAULO)))
    ours = desk.receive(press(past.letter("Bia").link("-C-"), BIA, ANSWERED), ANSWERED)
    assert run(desk, monkeypatch, "2026-04-06T10:00:00-03:00") == 0
    assert kinds(desk) == [("Bia", "Contact")]
    assert desk.imap.flags(ours) == {"\\Flagged"}
    assert all(desk.imap.flags(uid) == frozenset() for uid in others)


def test_two_workbooks_share_a_mailbox_and_each_has_its_own_answers(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": "X-1", "client": "Ana Ltda", "due_on": date(2026, 3, 13), "amount": Decimal(50)}]
    second = make(desk.book.with_name("second.xlsx"), rows, [{"client": "Ana Ltda", "email": ANA}])
    config = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(
        config.replace("[mail]", '[[workbooks]]\nname = "second"\npath = "second.xlsx"\n[mail]'),
        encoding="utf-8",
    )
    assert run(desk, monkeypatch) == 0
    desk.receive(accepted(past), ANSWERED)
    morning = datetime(2026, 3, 24, 10, 0, tzinfo=SAO_PAULO)
    desk.receive(press(past.letter("Bia").link("-D-"), BIA, morning), morning)
    assert run(desk, monkeypatch, "2026-03-24T11:00:00-03:00") == 0
    assert kinds(desk) == [("Ana", "Agreement"), ("Bia", "Dispute")]
    other = Desk(second, desk.smtp, desk.imap)
    assert len(other.rows("history")) == 1
    assert kinds(other) == []


def test_a_run_of_another_day_leaves_the_mailbox_alone(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    asked = desk.imap.connections
    outbox = str(desk.book.parent / "outbox")
    assert run(desk, monkeypatch, THIRD, "--date", "2026-03-20", "--outbox", outbox) == 0
    assert desk.imap.connections == asked
    assert kinds(desk) == []


def test_an_answer_to_a_message_about_an_instalment_holds_the_plan(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    assert run(desk, monkeypatch) == 0
    first = min(str(part["due_on"])[:10] for part in desk.rows("instalments"))
    before = f"{date.fromisoformat(first) - timedelta(days=3)}T09:00:00-03:00"
    while datetime.fromisoformat(before).weekday() > 4:
        before = (datetime.fromisoformat(before) - timedelta(days=1)).isoformat()
    assert run(desk, monkeypatch, before) == 0
    (letter,) = (each for each in desk.delivered()[1:] if str(each.message["To"]) == ANA)
    later = datetime.fromisoformat(before).replace(hour=15)
    desk.receive(reply(letter, ANA, "já paguei", later), later)
    after = datetime.fromisoformat(before).replace(hour=16)
    assert run(desk, monkeypatch, after.isoformat()) == 0
    assert kinds(desk) == [("Ana", "Agreement"), ("Ana", "Says paid")]
    assert desk.rows("issues") == []
    parts = [part for part in desk.rows("instalments") if part["instalment"]]
    assert all("wrote" in str(part["hold_reason"]) for part in parts)


def test_two_messages_that_bear_the_same_message_id_are_two(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some programs and gateways give every message the same one."""
    for said in ("Quem fala?", "contesto essa cobrança"):
        message = reply(past.letter("Bia"), BIA, said, ANSWERED)
        message.replace_header("Message-ID", "<1@localhost>")
        desk.receive(message, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Bia", "Contact"), ("Bia", "Dispute")]


def test_the_same_message_by_two_ways_is_one(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = accepted(past)
    desk.receive(message, ANSWERED)
    message["Received"] = "from list.example.com by mx.example.com; Mon, 23 Mar 2026 15:00:02 -0300"
    desk.receive(message, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Agreement")]


def test_a_message_that_nobody_can_make_sense_of_stops_no_other(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(raw: bytes, **more: Any) -> Answer:
        if b"bia@" in raw.partition(b"\r\n\r\n")[0]:
            raise RecursionError("a part in a part in a part")
        return read_answer(raw, **more)

    desk.receive(press(past.letter("Bia").link("-D-"), BIA, ANSWERED), ANSWERED)
    desk.receive(accepted(past), ANSWERED)
    with monkeypatch.context() as broken:
        broken.setattr("sync.conversation.read_answer", fails)
        assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Agreement")]
    assert "RecursionError" in str(desk.rows("runs")[-1]["notes"])
    assert run(desk, monkeypatch) == 0, "once the program is mended"
    assert kinds(desk) == [("Ana", "Agreement"), ("Bia", "Dispute")]


def test_without_the_tab_they_go_to_answers_wait(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    whole = desk.book.read_bytes()
    book = load_workbook(desk.book)
    del book["Negotiations"]
    book.save(desk.book)
    assert run(desk, monkeypatch) == 0
    desk.book.write_bytes(whole)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Agreement")]


# Messages that come back.


def outcome_of(desk: Desk, client: str) -> object:
    return [row["outcome"] for row in desk.rows("history") if row["client"] == client][-1]


def test_a_message_that_did_not_arrive_this_time_is_noted_and_no_more(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(bounced(past.letter("Ana"), ANSWERED, "4.2.2"), ANSWERED)
    assert run(desk, monkeypatch) == 0
    (row,) = desk.rows("negotiations")
    assert (row["client"], row["kind"]) == ("Ana", "Note")
    assert "did not arrive this time (4.2.2)" in str(row["notes"])
    assert outcome_of(desk, "Ana") == "Sent"
    assert desk.rows("issues") == []


def test_a_report_that_cites_no_message_is_about_the_last_one_to_that_address(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(bounced(past.letter("Bia"), ANSWERED, cites=False), ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Bia", "Note")]
    assert outcome_of(desk, "Bia") == "Bounced"
    assert [row["value"] for row in desk.rows("issues")] == [BIA]


def test_a_copy_that_came_back_does_not_say_that_the_client_s_address_is_wrong(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(desk.book, "clients", "Ana", cc="contador@example.net")
    report = bounced(past.letter("Ana"), ANSWERED, to="contador@example.net")
    desk.receive(report, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Note")]
    assert outcome_of(desk, "Ana") == "Sent"


def test_a_report_about_nobody_of_ours_is_no_row(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = bounced(past.letter("Ana"), ANSWERED, to="shop@example.net", cites=False)
    desk.receive(stranger, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == []


# Unsubscribing holds until a person closes the row.


def test_who_wants_no_more_messages_gets_none_until_a_person_closes_the_row(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = str(past.letter("Ana").message["List-Unsubscribe"]).strip("<>")
    desk.receive(press(header, ANA, ANSWERED), ANSWERED)
    desk.receive(written(BIA, TEAM, "descadastrar", "", ANSWERED), ANSWERED)
    assert run(desk, monkeypatch) == 0
    rows = desk.rows("negotiations")
    assert [(row["client"], row["kind"]) for row in rows] == [
        ("Ana", "Refusal"),
        ("Bia", "Refusal"),
    ]
    assert all(str(row["ref"]).startswith("U-") for row in rows)

    def reasons(moment: str) -> dict[str, str]:
        monkeypatch.setenv("REGUA_NOW", moment)
        assert run(desk, monkeypatch, moment) == 0
        found = desk.rows("receivables")
        return {str(row["client"]): str(row["hold_reason"]) for row in found}

    months_later = reasons("2026-06-15T09:00:00-03:00")
    assert "no messages" in months_later["Ana"]
    assert "no messages" in months_later["Bia"]
    edit_row(desk, "Ana", closed_on=date(2026, 6, 15))
    a_day_later = reasons("2026-06-16T09:00:00-03:00")
    assert "no messages" not in a_day_later["Ana"]
    assert "no messages" in a_day_later["Bia"]


def edit_row(desk: Desk, client: str, **values: object) -> None:
    (ref,) = (str(r["ref"]) for r in desk.rows("negotiations") if r["client"] == client)
    edit(desk.book, "negotiations", ref, **values)


# The service looks between runs.


def job_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> WorkbookJob:
    monkeypatch.setenv("REGUA_NOW", "2026-03-24T14:00:00-03:00")
    monkeypatch.setenv("REGUA_IMAP_PASSWORD", desk.imap.password)
    settings = load(desk.config)
    options = Namespace(outbox=None)
    return WorkbookJob(settings, settings.workbooks[0], options, lambda: False, "en")


def test_the_service_runs_when_mail_or_a_bank_file_arrives_and_only_then(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = desk.book.parent / "bank"
    bank.mkdir()
    config = desk.config.read_text(encoding="utf-8")
    named = f'path = "{desk.book.name}"'
    desk.config.write_text(config.replace(named, f'{named}\nbank_folder = "bank"'), "utf-8")
    assert run(desk, monkeypatch) == 0
    job = job_of(desk, monkeypatch)
    assert not job.choices_pending()
    desk.receive(accepted(past), ANSWERED)
    assert job.choices_pending()
    job.run(date(2026, 3, 24), None)
    assert kinds(desk) == [("Ana", "Agreement")]
    assert not job.choices_pending()
    (bank / "statement.ofx").write_text("no statement", encoding="utf-8")
    assert job.choices_pending()
    job.run(date(2026, 3, 24), None)
    assert not job.choices_pending(), "a file that was refused is asked for once"
    (bank / "statement.ofx").write_text("no statement either", encoding="utf-8")
    assert job.choices_pending()


def test_the_service_says_once_that_the_mailbox_is_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert run(desk, monkeypatch) == 0
    desk.imap.port = nobody_listens()
    desk.configure()
    job = job_of(desk, monkeypatch)
    with caplog.at_level(logging.WARNING, "regua.arrivals"):
        assert [job.choices_pending() for _ in range(5)] == [False] * 5
    assert len(caplog.records) == 1


def test_what_waited_for_the_workbook_is_written_by_the_service_s_next_look(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(desk, monkeypatch) == 0
    desk.receive(accepted(past), ANSWERED)
    owner = in_excel(desk, monkeypatch)
    owner.unlink()
    job = job_of(desk, monkeypatch)
    assert job.choices_pending()
    job.run(date(2026, 3, 24), None)
    assert kinds(desk) == [("Ana", "Agreement")]
    assert not job.choices_pending()
