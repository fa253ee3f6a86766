"""regua.toml: every key is checked, and what is wrong is said with its mend."""

from datetime import time
from pathlib import Path

import pytest

from sync.settings import KEYS, SettingsError, load
from sync.words import LANGUAGES, words

WHOLE = """
[[workbooks]]
name = "main"
path = "cobranca.xlsx"
[mail]
transport = "smtp"
host = "smtp.example.com"
port = 587
security = "starttls"
user = "financeiro@example.com"
from = "Financeiro Exemplo <financeiro@example.com>"
[schedule]
at = ["13:30", "08:30"]
timezone = "America/Sao_Paulo"
[state]
directory = "state"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "regua.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_whole_configuration_is_read_with_paths_from_its_own_folder(tmp_path: Path) -> None:
    settings = load(written(tmp_path, WHOLE))
    assert settings.workbooks[0].path == tmp_path / "cobranca.xlsx"
    assert settings.state.directory == tmp_path / "state"
    assert settings.schedule.at == (time(8, 30), time(13, 30))
    assert settings.mail is not None
    assert settings.mail.sender == "Financeiro Exemplo <financeiro@example.com>"


def refused(folder: Path, text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(written(folder, text))
    for language in LANGUAGES:  # every refusal has its sentence, fully filled in
        assert "{" not in words(language, f"settings.{caught.value.code}", **caught.value.values)
    return caught.value


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('transprot = "smtp"', "mail.transport"),
        ('hots = "x"', "mail.host"),
        ("form = 'x'", "mail.from"),
    ],
)
def test_an_unknown_key_names_the_nearest_one(tmp_path: Path, wrong: str, right: str) -> None:
    error = refused(tmp_path, WHOLE.replace("[schedule]", f"{wrong}\n[schedule]"))
    assert error.code == "unknown_key"
    assert error.values["nearest"] == right


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("port = 587", 'port = "587"', "wrong_type"),
        ("port = 587", "port = true", "wrong_type"),
        ("port = 587", "port = 0", "bad_value"),
        ('"starttls"', '"ssl"', "bad_value"),
        ('"starttls"', '"none"', "not_loopback"),
        ('transport = "smtp"', 'transport = "folder"', "missing_key"),
        ('host = "smtp.example.com"', "", "missing_key"),
        ('"08:30"', '"8h30"', "bad_value"),
        ("America/Sao_Paulo", "America/Santos", "bad_value"),
        ('[[workbooks]]\nname = "main"\npath = "cobranca.xlsx"', "", "no_workbook"),
        ("[state]", "[sate]", "unknown_key"),
        ("[state]", "[state", "not_toml"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(
    tmp_path: Path, before: str, after: str, code: str
) -> None:
    assert before in WHOLE
    assert refused(tmp_path, WHOLE.replace(before, after)).code == code


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "nowhere.toml")
    assert caught.value.code == "no_file"


def test_plain_text_mail_is_allowed_on_this_computer_only(tmp_path: Path) -> None:
    text = WHOLE.replace('"starttls"', '"none"').replace("smtp.example.com", "127.0.0.1")
    settings = load(written(tmp_path, text))
    assert settings.mail is not None
    assert settings.mail.security == "none"


def test_every_key_is_documented_in_the_operators_guide() -> None:
    docs = Path(__file__).parent.parent / "docs"
    for guide in ("operator.md", "operator.pt-BR.md"):
        text = (docs / guide).read_text(encoding="utf-8")
        for section, keys in KEYS.items():
            for key in keys:
                assert f"`{section}.{key}`" in text, f"{guide} does not explain {section}.{key}"
