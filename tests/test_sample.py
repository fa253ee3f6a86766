"""The sample company: believable, harmless, the same for the same seed and day."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from stdnum.br import cnpj, cpf

from sheet_templates import headings
from sheet_templates.sample import Sample, sample
from sheet_templates.schema import LISTS, SETTINGS, TABS, Kind
from sheet_templates.tax_ids import made_up_cnpj, made_up_cpf

both = pytest.mark.parametrize("language", headings.LANGUAGES)
TODAY = date(2026, 11, 23)
SEEDS = (1, 7, 2026)


def ledger(language: str = "pt-BR", seed: int = 7, today: date = TODAY) -> Sample:
    return sample(language, seed=seed, today=today)


def of(client: str, told: Sample) -> list[dict[str, object]]:
    return [dict(row) for row in told.rows["receivables"] if row["client"] == client]


def test_the_same_seed_and_day_tell_the_same_story() -> None:
    assert ledger() == ledger()
    assert ledger(seed=8) != ledger()
    assert ledger(today=TODAY + timedelta(days=1)) != ledger()


@both
@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_as_large_as_promised(language: str, seed: int) -> None:
    told = ledger(language, seed)
    assert 12 <= len(told.rows["clients"]) <= 15
    assert 55 <= len(told.rows["receivables"]) <= 75
    assert told.rows["payments"]
    assert {row["kind"] for row in told.rows["negotiations"]} >= {"promise", "says_paid", "note"}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_tax_id_is_valid_and_every_address_is_nobodys(seed: int) -> None:
    told = ledger(seed=seed)
    for client in told.rows["clients"]:
        number = str(client["tax_id"])
        assert (cpf if len(number) == 14 else cnpj).is_valid(number)
        for address in str(client["email"] or "x@example.com").split(";"):
            assert re.fullmatch(r"[a-z.]+@example\.com", address.strip())
    assert cnpj.is_valid(str(told.settings["tax_id"]))


def test_made_up_tax_ids_hold_for_any_seed() -> None:
    rng = Random(0)  # noqa: S311 - no secrets
    assert all(cnpj.is_valid(made_up_cnpj(rng)) for _ in range(500))
    assert all(cpf.is_valid(made_up_cpf(rng)) for _ in range(500))


@both
@pytest.mark.parametrize("seed", SEEDS)
def test_rows_fill_only_columns_and_codes_that_exist(language: str, seed: int) -> None:
    told = ledger(language, seed)
    for tab, rows in told.rows.items():
        for row in rows:
            for key, value in row.items():
                column = TABS[tab].column(key)
                if column.kind is Kind.LIST:
                    assert value in LISTS[str(column.list_name)], (tab, key, value)
                if column.kind is Kind.MONEY:
                    assert isinstance(value, Decimal)
                    assert value > 0
                    assert value == round(value, 2)
    assert set(told.settings) <= set(SETTINGS)
    required = {key for key, setting in SETTINGS.items() if setting.required}
    assert all(told.settings[key] for key in required)


@pytest.mark.parametrize("seed", SEEDS)
def test_exactly_one_row_is_wrong_and_on_purpose(seed: int) -> None:
    told = ledger(seed=seed)
    wrong = [row for row in told.rows["receivables"] if not isinstance(row["due_on"], date)]
    assert [row["due_on"] for row in wrong] == ["31/02/2026"]
    names = {row["client"] for row in told.rows["clients"]}
    ids = [row["id"] for row in told.rows["receivables"]]
    assert len(set(ids)) == len(ids)
    assert {row["client"] for row in told.rows["receivables"]} <= names
    assert {row["receivable"] for row in told.rows["payments"] if "receivable" in row} <= set(ids)
    assert {row["receivables"] for row in told.rows["negotiations"]} <= set(ids)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_was_paid_said_or_issued_in_the_future(seed: int) -> None:
    told = ledger(seed=seed)
    for row in told.rows["receivables"]:
        assert row["issued_on"] <= TODAY  # type: ignore[operator]
        assert row.get("paid_on", TODAY) <= TODAY  # type: ignore[operator]
    for line in told.rows["payments"]:
        assert line["paid_on"] <= TODAY  # type: ignore[operator]
    for talk in told.rows["negotiations"]:
        at = talk["at"]
        assert isinstance(at, datetime)
        assert at.date() <= TODAY


def test_no_invoice_is_paid_twice() -> None:
    """What is told in the row is not told in the payments tab too: the sums would differ."""
    told = ledger()
    in_rows = {row["id"] for row in told.rows["receivables"] if "paid_on" in row}
    lines = Counter(row["receivable"] for row in told.rows["payments"] if "receivable" in row)
    assert not in_rows & set(lines)
    assert set(lines.values()) == {1}


def test_every_state_of_an_invoice_is_there() -> None:
    told = ledger()
    rows = [row for row in told.rows["receivables"] if isinstance(row["due_on"], date)]
    lines = {str(line.get("receivable")): line["amount"] for line in told.rows["payments"]}
    late = {
        (TODAY - row["due_on"]).days  # type: ignore[operator]
        for row in rows
        if "paid_on" not in row and row["id"] not in lines and "cancelled" not in row
    }
    assert {
        bucket
        for low, high, bucket in ((1, 30, 1), (31, 60, 2), (61, 90, 3), (91, 180, 4))
        if any(low <= days <= high for days in late)
    } == {1, 2, 3, 4}
    assert any(days > 180 for days in late)
    assert 0 in late
    assert any(-7 <= days < 0 for days in late), "something falls due soon"
    assert {row.get("cancelled") for row in rows} >= {"void", "written_off"}
    assert any(row.get("disputed") for row in rows)
    assert any(row.get("hold_until", TODAY) > TODAY for row in rows)  # type: ignore[operator]
    assert any(row["id"] in lines and lines[str(row["id"])] < row["amount"] for row in rows)  # type: ignore[operator]
    paid = [row for row in rows if "paid_on" in row]
    assert any(row["paid_on"] <= row["due_on"] for row in paid)  # type: ignore[operator]
    assert any(row["paid_on"] > row["due_on"] for row in paid)  # type: ignore[operator]


def test_the_clients_have_the_troubles_that_make_a_run_interesting() -> None:
    told = ledger()
    clients = {str(row["client"]): row for row in told.rows["clients"]}
    assert clients["Nuvem Clara Tecnologia"]["email"] is None
    assert clients["Harbor Trading"]["language"] == "en"
    assert ";" in str(clients["Construtora Horizonte"]["email"])
    assert any(row["due_on"] == TODAY for row in of("Harbor Trading", told))
    assert any("receivable" not in line for line in told.rows["payments"]), "unapplied cash"
    promises = [row for row in told.rows["negotiations"] if row["kind"] == "promise"]
    assert any(row["pay_by"] > TODAY for row in promises)  # type: ignore[operator]


def test_the_settings_let_the_demo_send() -> None:
    settings = ledger().settings
    assert settings["mode"] == "automatic"
    assert settings["payments_until"] == TODAY
    assert (settings["late_fee"], settings["monthly_interest"]) == (
        Decimal("0.02"),
        Decimal("0.01"),
    )
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(settings["pix_key"]))
    assert len(str(settings["pix_city"])) <= 15


@both
def test_notes_are_in_the_workbooks_language(language: str) -> None:
    notes = " ".join(
        str(row["notes"]) for row in ledger(language).rows["receivables"] if "notes" in row
    )
    assert ("Cliente diz" in notes) == (language == "pt-BR")
    assert ("Client says" in notes) == (language == "en")
