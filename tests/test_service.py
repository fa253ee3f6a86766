"""The unattended form: what is due is asked of durable state, the clock only ticks."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from sheet_templates.excel import build
from sync.domain.calendar import BusinessCalendar
from sync.service import Ended, Service, last_due

CALENDAR = BusinessCalendar(lambda _year: frozenset({date(2026, 3, 20)}))  # a Friday off
HALF_PAST_EIGHT = (time(8, 30),)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class FakeJob:
    """A workbook whose runs are remembered, as the ledger would."""

    name: str = "main"
    done: set[tuple[date, time]] = field(default_factory=set)
    runs: list[tuple[date, time | None]] = field(default_factory=list)
    postponed: bool = False
    undelivered: bool = False
    broken: bool = False
    ticked: bool = False

    def calendar(self) -> BusinessCalendar:
        return CALENDAR

    def completed(self, day: date, moment: time) -> bool:
        return (day, moment) in self.done

    def run(self, day: date, moment: time | None) -> Ended:
        self.runs.append((day, moment))
        if self.broken:
            raise RuntimeError("the disk is gone")
        if self.postponed or self.undelivered:
            return Ended.POSTPONED if self.postponed else Ended.UNDELIVERED
        if moment is not None:
            self.done.add((day, moment))
        return Ended.DONE

    def choices_pending(self) -> bool:
        ticked, self.ticked = self.ticked, False
        return ticked


class Days:
    """A service whose clock the story moves."""

    def __init__(self, *jobs: FakeJob, now: str) -> None:
        self.now = at(now)
        self.jobs = jobs
        self.restart()

    def restart(self) -> None:
        self.service = Service(
            jobs=self.jobs, at=HALF_PAST_EIGHT, now=lambda: self.now, stop=threading.Event()
        )

    def tick_until(self, end: str, step: timedelta = timedelta(minutes=1)) -> None:
        while self.now <= at(end):
            self.service.tick()
            self.now += step


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-18T08:29", date(2026, 3, 17)),  # Wednesday, before its time: Tuesday's
        ("2026-03-18T08:30", date(2026, 3, 18)),
        ("2026-03-20T12:00", date(2026, 3, 19)),  # a holiday: Thursday's
        ("2026-03-22T12:00", date(2026, 3, 19)),  # Sunday after it: still Thursday's
        ("2026-03-23T09:00", date(2026, 3, 23)),
    ],
)
def test_the_last_moment_that_passed_is_what_is_due(now: str, due: date) -> None:
    assert last_due(at(now), HALF_PAST_EIGHT, CALENDAR) == (due, time(8, 30))


def test_a_week_of_ticks_runs_once_on_each_business_day() -> None:
    job = FakeJob(done={(date(2026, 3, 13), time(8, 30))})
    Days(job, now="2026-03-16T00:00").tick_until("2026-03-22T23:59")
    assert [day for day, _ in job.runs] == [date(2026, 3, d) for d in (16, 17, 18, 19)]


def test_after_days_of_downtime_there_is_one_catch_up_run() -> None:
    job = FakeJob(done={(date(2026, 3, 10), time(8, 30))})
    Days(job, now="2026-03-18T07:00").tick_until("2026-03-18T08:00")
    assert job.runs == [(date(2026, 3, 17), time(8, 30))]


def test_a_restart_after_the_hour_runs_today_and_a_second_restart_does_not() -> None:
    job = FakeJob(done={(date(2026, 3, 17), time(8, 30))})
    days = Days(job, now="2026-03-18T11:00")
    days.tick_until("2026-03-18T11:05")
    days.restart()
    days.tick_until("2026-03-18T11:30")
    assert job.runs == [(date(2026, 3, 18), time(8, 30))]


def test_an_open_workbook_is_tried_again_and_runs_once_it_is_closed() -> None:
    job = FakeJob(done={(date(2026, 3, 17), time(8, 30))}, postponed=True)
    days = Days(job, now="2026-03-18T08:30")
    days.tick_until("2026-03-18T09:05")
    assert len(job.runs) == 4  # at once, then every ten minutes
    job.postponed = False
    days.tick_until("2026-03-18T12:00")
    assert len(job.runs) == 5


def test_while_the_mail_server_takes_nothing_the_tries_of_a_day_become_few() -> None:
    """After 10, 20, 40, 80 minutes, then every two hours; the next day begins anew."""
    job = FakeJob(done={(date(2026, 3, 17), time(8, 30))}, undelivered=True)
    days = Days(job, now="2026-03-18T08:30")
    tries = []
    while days.now < at("2026-03-19T09:05"):
        before = len(job.runs)
        days.service.tick()
        tries += [f"{days.now:%d %H:%M}"] * (len(job.runs) - before)
        days.now += timedelta(minutes=1)
    assert tries[:8] == [
        f"18 {hour}"
        for hour in ("08:30", "08:40", "09:00", "09:40", "11:00", "13:00", "15:00", "17:00")
    ]
    assert len([each for each in tries if each.startswith("18")]) <= 12
    job.undelivered = False
    days.tick_until("2026-03-19T12:00")
    assert (date(2026, 3, 19), time(8, 30)) in job.done
    assert job.runs.count((date(2026, 3, 19), time(8, 30))) <= 3


def test_a_job_that_raises_is_tried_again_and_stops_no_other() -> None:
    broken = FakeJob(name="broken", broken=True)
    sound = FakeJob(name="sound")
    days = Days(broken, sound, now="2026-03-18T08:30")
    days.tick_until("2026-03-18T08:51")
    assert len(broken.runs) == 3
    assert sound.runs == [(date(2026, 3, 18), time(8, 30))]


def test_an_approval_is_acted_on_within_minutes() -> None:
    job = FakeJob(done={(date(2026, 3, 18), time(8, 30))})
    days = Days(job, now="2026-03-18T10:00")
    days.tick_until("2026-03-18T10:10")
    job.ticked = True
    days.tick_until("2026-03-18T10:16")
    assert job.runs == [(date(2026, 3, 18), None)]


def test_nothing_runs_on_a_holiday_or_a_weekend() -> None:
    job = FakeJob(ticked=True)
    Days(job, now="2026-03-20T00:00").tick_until("2026-03-22T23:00", timedelta(minutes=30))
    assert job.runs == []


def test_when_told_to_stop_it_stops_between_jobs() -> None:
    first, second = FakeJob(name="first"), FakeJob(name="second")
    days = Days(first, second, now="2026-03-18T08:30")
    days.service.stop.set()
    days.service.serve()
    assert (first.runs, second.runs) == ([], [])


@pytest.mark.skipif(os.name != "posix", reason="a signal asks the service to stop")
def test_the_log_tells_the_time_of_the_configured_zone_with_its_offset(tmp_path: Path) -> None:
    book, config = tmp_path / "cobranca.xlsx", tmp_path / "regua.toml"
    book.write_bytes(build("pt-BR", workbook_id="w-1", created=date(2026, 1, 1)))
    config.write_text(
        f'[[workbooks]]\nname = "main"\npath = "{book.as_posix()}"\n'
        f'[mail]\ntransport = "folder"\ndirectory = "{(tmp_path / "outbox").as_posix()}"\n'
        'from = "a@example.com"\n[schedule]\ntimezone = "Asia/Kathmandu"\n'
        f'[state]\ndirectory = "{(tmp_path / "state").as_posix()}"\n'
    )
    service = subprocess.Popen(
        [sys.executable, "run_sync.py", "serve", "--config", str(config)],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "TZ": "UTC", "REGUA_NOW": "2026-03-22T10:00"},  # a Sunday: no run
        stderr=subprocess.PIPE,
        text=True,
    )
    assert service.stderr is not None
    first = service.stderr.readline()
    service.terminate()
    lines = [first, *service.communicate(timeout=60)[1].splitlines()]
    assert service.returncode == 0, lines
    moments = [datetime.fromisoformat(line.split()[0]) for line in lines]
    assert len(moments) > 1
    assert {moment.utcoffset() for moment in moments} == {timedelta(hours=5, minutes=45)}
    assert all(abs(moment - datetime.now(UTC)) < timedelta(hours=1) for moment in moments)
