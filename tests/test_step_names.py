"""Reserved steps are read by people in their language, and known to the engine by their code."""

from datetime import date, datetime

import pytest

from sheet_templates import headings
from sync.domain.facts import StepKey
from sync.domain.history import RESERVED_STEPS
from sync.history_keys import decode_keys, encode_keys
from sync.queue_key import decode_shown
from sync.rows import history as history_rows
from sync.rows import queue_choices
from sync.step_names import step_code, step_text
from sync.workbook import Cell
from tests.raw_workbook import Raw, invoice, read, step
from tests.team_workbook import Team, client, day
from tests.team_workbook import invoice as row_of

LANGUAGES = ("pt-BR", "en")
NAMES = {"pt-BR": "Promessa não cumprida", "en": "Promise broken"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reserved_step_has_a_name_of_its_own_that_leads_back(language: str) -> None:
    names = {step: step_text(language, step) for step in RESERVED_STEPS}
    assert len(set(names.values())) == len(RESERVED_STEPS)
    for code, name in names.items():
        assert name != code
        assert step_code(name) == step_code(name.upper()) == step_code(code) == code
    assert step_text(language, "Primeiro lembrete") == "Primeiro lembrete"
    assert step_code("Primeiro lembrete") == "Primeiro lembrete"


def a_broken_promise(language: str) -> Team:
    """Ana promised to pay by Monday and did not; on Wednesday a person is asked."""
    return Team(
        {
            "clients": [client("Ana")],
            "receivables": [row_of("F-1", "Ana", "03-02")],
            "negotiations": [
                {
                    "at": day("03-10"),
                    "client": "Ana",
                    "kind": "promise",
                    "pay_by": day("03-16"),
                    "receivables": "F-1",
                }
            ],
        },
        language=language,
    )


def the_story(language: str) -> None:
    team, name = a_broken_promise(language), NAMES[language]
    team.record("03-18")
    asked = team.row("queue", "Ana")
    assert asked["step"] == name
    assert decode_shown(str(asked["key"])).step == "promise_broken"
    team.tick("approve", "Ana")
    team.record("03-18")
    assert team.row("queue", "Ana").get("approve"), "the tick stays where it was made"
    _, plan = team.look("03-18")
    assert [d.client for d in plan.decisions if d.deliverable] == ["Ana"]
    team.run("03-18")
    (sent,) = team.rows("history")
    assert sent["step"] == name
    (key,) = decode_keys(str(sent["keys"]))
    assert key.step == "promise_broken"
    assert team.row("receivables", "F-1")["last_step"] == name
    # The ledger is lost: History alone knows.
    team.ledger.clear()
    view, plan = team.look("03-19")
    assert [each.step for each in view.reminders] == ["promise_broken"]
    assert [d.client for d in plan.decisions if d.deliverable] == []
    assert "promise_broken" not in {d.step.name for d in plan.upcoming if d.step}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_promise_is_asked_sent_and_remembered_by_its_name(language: str) -> None:
    the_story(language)


# Rows of History as people find and leave them.

KEY = StepKey(
    invoice="NF-1", due_on=date(2026, 11, 10), policy="Padrão", step="promise_broken", offset=5
)


def sent(**cells: Cell) -> Raw:
    clean: Raw = {
        "at": datetime(2026, 11, 16, 9),  # noqa: DTZ001 - a cell has no zone
        "client": "Ana",
        "step": NAMES["pt-BR"],
        "channel": "E-mail",
        "receivables": "NF-1",
        "reference": "R7K2",
        "keys": encode_keys([KEY]),
        "outcome": "Enviado",
    }
    return {**clean, **cells}


@pytest.mark.parametrize("name", [*NAMES.values(), "promise_broken", "PROMESSA NÃO CUMPRIDA"])
@pytest.mark.parametrize("outcome", ["Enviado", "sei lá"])
def test_a_row_is_understood_in_either_language_and_as_it_was_once_written(
    name: str, outcome: Cell
) -> None:
    """By the quick reader, and by the patient one, which an unknown outcome needs."""
    row = sent(step=name, outcome=outcome)
    reading = read(receivables=[invoice()], history=[row])
    (reminder,) = reading.facts.reminders
    assert (reminder.step, reminder.keys) == ("promise_broken", (KEY,))


@pytest.mark.parametrize("name", [*NAMES.values(), "promise_broken"])
def test_without_its_keys_the_row_still_means_the_reserved_step(name: str) -> None:
    reading = read(receivables=[invoice()], history=[sent(step=name, keys=None)])
    (reminder,) = reading.facts.reminders
    assert reminder.step == "promise_broken"
    assert [key.step for key in reminder.keys] == ["promise_broken"]


@pytest.mark.parametrize("keys", ["whole", None])
def test_a_team_s_own_step_of_that_name_stays_its_own(keys: str | None) -> None:
    name = NAMES["pt-BR"]
    own = StepKey(invoice="NF-1", due_on=KEY.due_on, policy="Padrão", step=name, offset=3)
    row = sent(keys=encode_keys([own]) if keys else None)
    reading = read(receivables=[invoice()], history=[row], policy=[step(name)])
    (reminder,) = reading.facts.reminders
    assert reminder.step == name
    assert [key.step for key in reminder.keys] == [name]


# Mutants.


@pytest.mark.parametrize(
    ("place", "name"), [(history_rows, "step_code"), (queue_choices, "step_code")]
)
def test_a_reader_that_does_not_translate_back_is_caught(
    place: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, name, lambda text: text)
    with pytest.raises(AssertionError):
        the_story("pt-BR")


def test_the_names_do_not_hide_a_step_of_the_default_ladder() -> None:
    for language in LANGUAGES:
        names = {str(row["step"]) for row in headings.default_policy(language)}
        assert all(step_code(name) == name for name in names)
