"""A mail server that is away, or takes nothing, for a day and more: History stays short.

The service itself runs on a workbook, with the clock moved by the story. History is append-only,
so every claim that came to nothing stays; there may be a few a day and message, and never more
than one letter in the end.
"""

import argparse
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sync import run as run_module
from sync.commands.serve import WorkbookJob
from sync.send import send_all
from sync.service import Service
from sync.settings import load
from tests.fakes.smtp import Fault, LocalSmtp
from tests.whole_office import CLIENTS, Office, open_office, run_here

NOTHING_LISTENS = 1  # a port


@pytest.fixture
def server() -> Iterator[LocalSmtp]:
    with LocalSmtp() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, server: LocalSmtp, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Three clients ten days late on Monday 16 March; pauses between attempts take no time."""
    defaults = send_all.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "pauses", (0.0, 0.0))
    return open_office(tmp_path / "office", server)


class Days:
    """The service on the office's workbook; ticks as long as the story says."""

    def __init__(self, office: Office, patch: pytest.MonkeyPatch, now: str) -> None:
        self.patch = patch
        self.now = datetime.fromisoformat(now)
        settings = load(office.config)
        self.runs = 0
        story = self

        class Counted(WorkbookJob):
            def run(self, *due):  # type: ignore[no-untyped-def]  # as the job's own
                story.runs += 1
                return super().run(*due)

        job = Counted(
            settings,
            settings.workbooks[0],
            argparse.Namespace(outbox=None),
            lambda: False,
            "en",
        )
        zone = settings.schedule.zone
        self.service = Service(
            jobs=[job],
            at=settings.schedule.at,
            now=lambda: self.now.replace(tzinfo=zone),
            stop=threading.Event(),
        )

    def until(self, end: str, step: int = 10) -> None:
        """Tick every `step` minutes."""
        while self.now <= datetime.fromisoformat(end):
            self.patch.setenv("REGUA_NOW", self.now.isoformat())
            self.service.tick()
            self.now += timedelta(minutes=step)


def cancelled(office: Office) -> Counter[tuple[str, str]]:
    """(client, day) → how many rows of History came to nothing."""
    return Counter(
        (str(row["client"]), f"{row['at']:%d}")
        for row in office.rows("history")
        if row["outcome"] == "Cancelled"
    )


def one_letter_each(office: Office) -> None:
    assert office.outcomes() == {name: ["Sent"] for name in CLIENTS}
    assert len(office.server.received) == len(CLIENTS)


def one_row_a_day(office: Office, patch: pytest.MonkeyPatch) -> Days:
    """The server is away all Monday and on Tuesday morning."""
    port = office.server.port
    office.configure(port=NOTHING_LISTENS)
    days = Days(office, patch, "2026-03-16T08:30")
    days.until("2026-03-17T09:00")
    assert days.runs >= 8
    assert set(cancelled(office).values()) == {1}, "a row a day and message, and no more"
    assert {day for _, day in cancelled(office)} == {"16", "17"}
    office.configure(port=port)
    return days


def test_a_server_that_is_away_for_a_day_leaves_one_row_a_message(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_row_a_day(office, monkeypatch)
    back = Days(office, monkeypatch, "2026-03-17T09:40")
    back.until("2026-03-17T10:00")
    one_letter_each(office)


def few_rows(office: Office, patch: pytest.MonkeyPatch, until: str, at_most: int) -> Days:
    """The server answers, and takes nothing for now, from Monday morning on."""
    office.server.fail(Fault(at="rcpt", reply="450 4.2.0 later", always=True))
    days = Days(office, patch, "2026-03-16T08:30")
    days.until(until)
    assert max(cancelled(office).values()) <= at_most, "rows of one day"
    return days


def test_a_server_that_takes_nothing_for_a_day_leaves_a_handful(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = few_rows(office, monkeypatch, "2026-03-16T10:00", 4)
    days.until("2026-03-17T09:00")
    assert max(cancelled(office).values()) <= 8
    office.server.faults.clear()
    days.until("2026-03-17T10:00")
    one_letter_each(office)


def test_a_person_who_runs_again_at_once_is_told_and_adds_no_row(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGUA_NOW", "2026-03-16T09:00")
    port = office.server.port
    office.configure(port=NOTHING_LISTENS)
    first, second = run_here(office.config), run_here(office.config)
    assert (first.exit_code, second.exit_code) == (5, 5)
    for told in (first, second):
        assert {each.client for each in told.undelivered} == set(CLIENTS)
        assert all("No connection" in each.detail for each in told.undelivered)
    assert set(cancelled(office).values()) == {1}
    assert {row["state"] for row in office.rows("queue")} == {"Ready"}
    office.configure(port=port)
    assert run_here(office.config).exit_code == 0
    one_letter_each(office)


def test_a_password_that_is_wrong_is_told_again_and_adds_no_row(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGUA_NOW", "2026-03-16T09:00")
    monkeypatch.delenv("REGUA_SMTP_PASSWORD", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    office.configure(user="nobody")
    for _ in range(2):
        report = run_here(office.config)
        assert report.exit_code == 5
        assert all(each.detail for each in report.undelivered)
    assert set(cancelled(office).values()) == {1}


# Mutants.


def test_a_run_that_does_not_ask_before_claiming_is_caught(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "unreached", lambda *_: ())
    with pytest.raises(AssertionError, match="a row a day"):
        one_row_a_day(office, monkeypatch)


def test_a_service_that_never_slows_down_is_caught(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.service._LONGEST", timedelta(minutes=10))
    with pytest.raises(AssertionError, match="rows of one day"):
        few_rows(office, monkeypatch, "2026-03-16T10:00", 4)
