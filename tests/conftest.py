"""What holds for every test: heavy real parts may be missing at home, not where required."""

import os
from collections.abc import Generator

import pytest

_REQUIRED = "REGUA_FAIL_ON_HEAVY_SKIP"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where heavy parts are installed on purpose, a heavy test that skips has failed."""
    report = yield
    if report.skipped and os.environ.get(_REQUIRED) and item.get_closest_marker("heavy"):
        report.outcome = "failed"
        report.longrepr = f"{_REQUIRED} is set, but: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _same_everywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No test reads this person's language, password or ledger."""
    monkeypatch.setenv("REGUA_LANGUAGE", "en")
    monkeypatch.delenv("REGUA_SMTP_PASSWORD", raising=False)
    monkeypatch.delenv("REGUA_NOW", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state-home"))
