"""Settings, ladders, letters, headings: what decides for everybody falls to the safe side."""

from dataclasses import fields
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from sheet_templates import headings
from sheet_templates.schema import SETTINGS
from sync.domain.facts import Channel, Mode, Step, TeamSettings
from sync.issues import KINDS, Holds
from sync.rows.settings_tab import HOLDING
from sync.workbook import Cell, CellError
from tests.raw_workbook import ANA, BIA, IDENTITY, TODAY, invoice, read, step, tab

NA = CellError("#N/A")


# Settings.

SETTINGS_READ: list[tuple[str, Cell, str, object]] = [
    ("mode", "Simulação", "mode", Mode.PREVIEW),
    ("mode", "automatic", "mode", Mode.AUTOMATIC),
    ("late_fee", 0.02, "late_fee", Decimal("0.02")),
    ("late_fee", "2%", "late_fee", Decimal("0.02")),
    ("late_fee", "1,5 %", "late_fee", Decimal("0.015")),
    ("monthly_interest", "0%", "monthly_interest", Decimal(0)),
    ("collect_remaining", "Sim", "collect_remaining", True),
    ("quote_valid", 7.0, "quote_valid", 7),
    ("tolerance", "2,50", "tolerance", Decimal("2.50")),
    ("payments_max_age", None, "payments_max_age", None),
    ("payments_until", date(2026, 11, 19), "payments_until", date(2026, 11, 19)),
    ("payments_until", "19/11/2026", "payments_until", date(2026, 11, 19)),
    ("sender", "Servidor", "sender_is_server", True),
    ("sender", "Este computador", "sender_is_server", False),
    (
        "extra_holidays",
        "24/12/2026; 31/12/2026",
        "extra_holidays",
        {date(2026, 12, 24), date(2026, 12, 31)},
    ),
    ("extra_holidays", date(2026, 12, 24), "extra_holidays", {date(2026, 12, 24)}),
    ("send_from", time(9, 30), "send_from", time(9, 30)),
    ("send_from", 0.3958333333333333, "send_from", time(9, 30)),
    ("send_from", "9h30", "send_from", time(9, 30)),
    ("send_from", "09:30", "send_from", time(9, 30)),
    ("send_until", 17, "send_until", time(17)),
    ("state", "rj", "state", "RJ"),
    ("aging_bounds", "15; 45", "aging_bounds", (15, 45)),
    ("aging_bounds", 30, "aging_bounds", (30,)),
    ("digest_to", "a@x.com; b@x.com", "digest_to", ("a@x.com", "b@x.com")),
    ("reply_to", "Cobrança <c@x.com>", "reply_to", "c@x.com"),
    ("pix_key", "529.982.247-25", "pix_key", "529.982.247-25"),
    ("default_policy", "PADRÃO", "default_policy", "Padrão"),
    ("signature", "Equipe\nAurora", "signature", "Equipe\nAurora"),
]


@pytest.mark.parametrize(("key", "cell", "name", "meant"), SETTINGS_READ)
def test_a_setting_is_typed(key: str, cell: Cell, name: str, meant: object) -> None:
    reading = read(settings={key: cell})
    assert reading.issues == ()
    assert getattr(reading.facts.settings, name) == meant


def test_a_missing_row_has_the_default_and_the_defaults_are_the_schema_s() -> None:
    settings = read().facts.settings
    assert settings == TeamSettings(
        **{**IDENTITY, "tax_id": "11.222.333/0001-81"}  # type: ignore[arg-type]  # all are text
    )
    for key in ("late_fee", "quote_valid", "tolerance", "contact_gap", "send_from", "state"):
        assert getattr(settings, key) == SETTINGS[key].default


def test_every_setting_of_the_schema_is_a_fact() -> None:
    names = {"sender_is_server" if key == "sender" else key for key in SETTINGS}
    assert names == {field.name for field in fields(TeamSettings)}


BAD_SETTINGS: list[tuple[str, Cell]] = [
    *(("late_fee", cell) for cell in ("dois", 2, "2", "-1%", 1, NA, True, "#N/A")),
    ("monthly_interest", "1"),
    ("collect_remaining", "talvez"),
    ("quote_valid", 5.5),
    ("grace_days", -1),
    ("tolerance", "1.234"),
    ("on_time_discount", "110%"),
    ("contact_gap", "três"),
    ("answer_hold", NA),
    ("agreement_breaks_after", "?"),
    ("sender", "ninguém"),
    ("extra_holidays", "24/12/2026; natal"),
    ("state", "São Paulo"),
]


@pytest.mark.parametrize(("key", "cell"), BAD_SETTINGS)
def test_what_changes_amounts_or_days_holds_everybody_while_unreadable(
    key: str, cell: Cell
) -> None:
    reading = read(settings={key: cell}, receivables=[invoice(client="Zeca")])
    issue = next(issue for issue in reading.issues if issue.tab == "settings")
    assert (issue.code, issue.column) == ("invalid_setting", "value")
    assert headings.setting_label("pt-BR", key) in issue.problem("pt-BR")
    assert reading.held == dict.fromkeys(["Ana", "Bia", "Caio", "Zeca"], "invalid_setting")
    assert key in HOLDING
    name = "sender_is_server" if key == "sender" else key
    assert getattr(reading.facts.settings, name) == getattr(TeamSettings(), name)


FALLS_BACK: list[tuple[str, Cell, str, object]] = [
    ("mode", "turbo", "mode", Mode.APPROVAL),
    ("payments_max_age", "muitos", "payments_max_age", 5),
    ("messages_per_run", "todas", "messages_per_run", 200),
    ("messages_per_day", -1, "messages_per_day", 400),
    ("send_from", "cedo", "send_from", time(8)),
    ("send_from", "25:00", "send_from", time(8)),
    ("aging_bounds", "30, 20", "aging_bounds", (30, 60, 90, 180)),
    ("aging_bounds", 30.6, "aging_bounds", (30, 60, 90, 180)),  # "30,6" as a number
    ("aging_bounds", "1,2,3,4,5", "aging_bounds", (30, 60, 90, 180)),
    ("digest_to", "a@x.com; b@", "digest_to", ()),
    ("reply_to", "a@x.com; b@x.com", "reply_to", None),
    ("reply_to", "a@x.com\nBcc: b@x.com", "reply_to", None),
    ("reply_to", NA, "reply_to", None),
    ("digest_to", NA, "digest_to", ()),
    ("pix_key", 52998224725, "pix_key", None),  # a number has lost what it began with
    ("pix_key", "minha chave", "pix_key", None),
    ("trust_certain_matches", "talvez", "trust_certain_matches", False),
    ("thank_you", 7, "thank_you", False),
    ("signature", NA, "signature", None),
]


@pytest.mark.parametrize(("key", "cell", "name", "used"), FALLS_BACK)
def test_any_other_setting_falls_to_the_safe_side_and_is_told(
    key: str, cell: Cell, name: str, used: object
) -> None:
    reading = read(settings={key: cell})
    assert reading.codes == ["invalid_setting_ignored"]
    assert getattr(reading.facts.settings, name) == used
    assert reading.held == {}


def test_a_sending_window_that_closes_before_it_opens_is_the_usual_one() -> None:
    reading = read(settings={"send_from": "18:00", "send_until": "09:00"})
    assert reading.codes == ["invalid_setting_ignored"]
    settings = reading.facts.settings
    assert (settings.send_from, settings.send_until) == (time(8), time(18))


@pytest.mark.parametrize("key", list(IDENTITY))
@pytest.mark.parametrize("cell", [None, "  ", NA])
def test_without_an_identity_nothing_goes_and_the_rules_say_why(key: str, cell: Cell) -> None:
    reading = read(settings={key: cell})
    assert reading.only().code == "missing_identity"
    assert KINDS["missing_identity"].holds is Holds.ALL
    assert not reading.facts.settings.identified
    assert reading.held == {}  # `unknown_identity` is the rules' own reason


def test_payments_cannot_have_been_entered_until_a_day_to_come() -> None:
    reading = read(settings={"payments_until": date(2062, 11, 19)})
    assert reading.codes == ["payments_until_in_future"]
    assert reading.facts.settings.payments_until is None


def test_one_setting_with_two_values_holds_everybody() -> None:
    rows = [
        {"setting": headings.setting_label("pt-BR", key), "value": value}
        for key, value in [*IDENTITY.items(), ("late_fee", 0.02), ("late_fee", 0.01)]
    ]
    reading = read(made=[tab("settings", rows)])
    assert reading.codes == ["duplicate_setting"]
    assert set(reading.held) == {"Ana", "Bia", "Caio"}


def test_an_unknown_default_policy_holds_everybody() -> None:
    reading = read(settings={"default_policy": "VIP"})
    assert reading.codes == ["unknown_default_policy"]
    assert set(reading.held) == {"Ana", "Bia", "Caio"}


def test_fees_beyond_the_law_are_warned_of() -> None:
    person = {**ANA, "tax_id": "529.982.247-25"}
    rates: dict[str, Any] = {"late_fee": 0.1, "monthly_interest": 0.02}
    assert read(settings=rates).codes == ["fee_above_law"]
    assert read(settings=rates, clients=[person]).codes == ["fee_above_law", "interest_above_usual"]
    fair: dict[str, Any] = {"late_fee": 0.02, "monthly_interest": 0.01}
    assert read(settings=fair, clients=[person]).codes == []


# Ladders.


def test_a_ladder_s_steps_stand_by_rising_offset_inactive_ones_too() -> None:
    reading = read(
        policy=[
            step(
                "Segundo", 10, approval="Sim", minimum=50, repeat_every=7, repeat_max=2, offers="x"
            ),
            step("Aviso", -3, channel="whatsapp", active=None),
            step("Primeiro", 3.0),
            step("Outro", 3, policy="VIP"),
        ]
    )
    assert reading.issues == ()
    assert reading.facts.ladders["Padrão"] == (
        Step(
            policy="Padrão",
            name="Aviso",
            offset=-3,
            channel=Channel.WHATSAPP,
            template="Carta",
            active=False,
        ),
        Step(policy="Padrão", name="Primeiro", offset=3, template="Carta"),
        Step(
            policy="Padrão",
            name="Segundo",
            offset=10,
            template="Carta",
            approval=True,
            minimum=Decimal("50.00"),
            repeat_every=7,
            repeat_max=2,
            offers=True,
        ),
    )
    assert list(reading.facts.ladders) == ["Padrão", "VIP"]


STEP_ERRORS: list[tuple[dict[str, Cell], str]] = [
    ({"step": None}, "missing_value"),
    ({"offset": None}, "missing_value"),
    ({"offset": "dez"}, "invalid_number"),
    ({"offset": 2.5}, "invalid_number"),
    ({"offset": NA}, "formula_error"),
    ({"offset": 1e6}, "invalid_number"),
    ({"channel": NA}, "formula_error"),
    ({"channel": "pombo"}, "unknown_value"),
    ({"channel": None}, "missing_value"),
    ({"template": None}, "missing_value"),
    ({"template": "Nenhum"}, "missing_template"),
    ({"approval": "?"}, "invalid_flag"),
    ({"active": "?"}, "invalid_flag"),
    ({"minimum": "x"}, "invalid_amount"),
    ({"repeat_every": 0}, "invalid_number"),
    ({"step": "LEMBRETE "}, "duplicate_step"),
    ({"offset": 3}, "duplicate_offset"),
]


@pytest.mark.parametrize(("cells", "code"), STEP_ERRORS)
def test_a_faulty_step_holds_the_clients_of_its_ladder_and_no_others(
    cells: dict[str, Cell], code: str
) -> None:
    reading = read(
        clients=[ANA, {**BIA, "policy": "VIP"}, {"client": "Caio"}],
        policy=[
            step("Lembrete", 3),
            step("Lembrete", 3, policy="VIP"),
            {**step("Segundo", 10, policy="VIP"), **cells},
        ],
        receivables=[invoice("NF-1"), invoice("NF-2", client="Caio", policy="vip")],
    )
    assert reading.errors == [code]
    assert reading.only().tab == "policy"
    assert reading.held == {"Bia": code, "Caio": code}


def test_an_approval_that_cannot_be_read_waits_for_a_person() -> None:
    assert read(policy=[step(approval="?")]).facts.ladders["Padrão"][0].approval


def test_a_step_that_is_off_only_warns() -> None:
    reading = read(policy=[step(), step("Velha", "dez", active="Não")])
    assert reading.codes == ["unreadable_detail"]
    assert reading.held == {}


def test_a_step_without_a_ladder_may_belong_to_any() -> None:
    reading = read(policy=[step(), step("Solta", 9, policy=None)])
    assert reading.codes == ["missing_value"]
    assert set(reading.held) == {"Ana", "Bia", "Caio"}


def test_the_instalments_ladder_holds_who_has_instalments() -> None:
    reading = read(
        policy=[step(), step("Parcela", "?", policy="plan")],
        negotiations=[{"at": TODAY, "client": "Ana", "kind": "Acordo", "ref": "N-1"}],
        instalments=[
            {
                "instalment": "N-1/1",
                "agreement": "N-1",
                "client": "Ana",
                "due_on": TODAY,
                "amount": 1,
            }
        ],
    )
    assert reading.codes == ["invalid_number"]
    assert reading.held == {"Ana": "invalid_number"}


def test_repeats_need_to_know_how_often() -> None:
    reading = read(policy=[step(repeat_max=3)])
    assert reading.codes == ["repeat_without_interval"]
    assert reading.facts.ladders["Padrão"][0].repeat_max == 0


def test_a_ladder_without_an_active_step_is_told_and_holds_nobody() -> None:
    reading = read(policy=[step(active=None), step("Segundo", 10, active="Não")])
    assert reading.codes == ["idle_policy"]
    assert reading.held == {}
