"""In what circumstances answers arrive: the mailbox away, the workbook open, the ledger lost."""

import json
import logging
import shutil
from argparse import Namespace
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from sync.commands.serve import WorkbookJob
from sync.settings import load
from tests.answered_office import (
    ANA,
    ANSWERED,
    BIA,
    THIRD,
    Past,
    accepted,
    in_excel,
    kinds,
    live_past,
    nobody_listens,
    opened,
    run,
)
from tests.customers import SAO_PAULO, Desk, press, reply
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import edit


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    return live_past(tmp_path_factory.mktemp("past") / "office")


@pytest.fixture
def desk(past: Past, tmp_path: Path) -> Iterator[Desk]:
    with LocalSmtp() as smtp, LocalImap() as imap:
        yield opened(past, tmp_path / "office", smtp, imap)


# The mailbox is away.


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
