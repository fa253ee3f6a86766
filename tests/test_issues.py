"""One table says what each issue is worth; the page, the words and the code are that table."""

import string
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from sync.issues import KINDS, PLACEHOLDERS, Holds, Issue, Severity, table_markdown
from sync.words import LANGUAGES, words

PAGE = Path(__file__).parent.parent / "docs" / "issues.md"
SOURCE = Path(__file__).parent.parent / "sync"


def sentences(language: str) -> dict[str, dict[str, str]]:
    text = resources.files("sync") / "locale" / language / "issues.toml"
    return tomllib.loads(text.read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_the_table_as_the_code_has_it(language: str) -> None:
    assert table_markdown(language) in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_problem_and_a_repair_and_no_others_stand_there(language: str) -> None:
    found = sentences(language)
    assert set(found) - {"table"} == set(KINDS)
    for code, pair in found.items():
        if code != "table":
            assert set(pair) == {"problem", "repair"}
            assert all(text.endswith(".") for text in pair.values()), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_names_only_what_its_issue_knows(language: str) -> None:
    for code, kind in KINDS.items():
        for text in sentences(language)[code].values():
            named = {field for _, field, _, _ in string.Formatter().parse(text) if field}
            assert named <= PLACEHOLDERS | set(kind.details), code


def test_both_languages_name_the_same_things_in_a_problem() -> None:
    portuguese, english = sentences("pt-BR"), sentences("en")
    for code in KINDS:
        named = [
            {field for _, field, _, _ in string.Formatter().parse(found[code]["problem"]) if field}
            for found in (portuguese, english)
        ]
        assert named[0] - {"tab"} == named[1] - {"tab"}, code


def test_a_warning_holds_nobody_and_what_holds_is_an_error() -> None:
    for kind in KINDS.values():
        if kind.severity is Severity.WARNING and kind.code != "missing_identity":
            assert kind.holds is Holds.NOTHING, kind.code


def test_every_code_of_the_table_is_used_and_every_code_used_is_in_it() -> None:
    others = (SOURCE / f"{name}.py" for name in ("recurring_rows", "receiving", "waiting"))
    files = (*SOURCE.glob("rows/*.py"), *others)
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    made = {name.replace("_other_", "_") for name in KINDS if "_other_" in name}
    unused = [
        name
        for name in KINDS
        if f'"{name}"' not in code and name.replace("_other_", "_") not in made
    ]
    # The mailer names these; they pass through by their own codes.
    assert set(unused) == {"unbalanced_brace", "block_not_alone"}


def test_what_a_person_typed_cannot_break_a_sentence() -> None:
    issue = Issue(
        code="invalid_address",
        tab="clients",
        row=2,
        column="email",
        value="{0} {value.__class__} %s {",
        details=(("address", "{client}"),),
    )
    assert issue.problem("en") == "“{client}”, in “E-mail”, is not an e-mail address."


def test_an_issue_about_a_whole_tab_has_its_sentences_too() -> None:
    issue = Issue(code="missing_tab", tab="receivables")
    assert issue.problem("pt-BR").startswith("A aba «Recebíveis» não existe")
    assert words("pt-BR", "issues.table.holds_all") == "todos"
