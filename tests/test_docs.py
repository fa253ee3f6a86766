"""The pages for people say what the program does: commands, options, codes, fields, links."""

import argparse
import re
import shlex
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.placeholders import BLOCKS, NAMES
from sync import cli
from sync.cli import parser
from sync.settings import load
from sync.words import LANGUAGES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")])
GUIDES = {"en": DOCS / "guide.en.md", "pt-BR": DOCS / "guide.pt-BR.md"}
OPERATORS = {"en": DOCS / "operator.md", "pt-BR": DOCS / "operator.pt-BR.md"}
COMMAND_PAGES = [ROOT / "README.md", *OPERATORS.values()]

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in _BLOCK.findall(text_of(page)) if kind == language]


def prose(page: Path) -> str:
    return _BLOCK.sub("", text_of(page))


def anchors(page: Path) -> set[str]:
    """The names that headings get on a web page: lower case, blanks as hyphens, no marks."""
    names = set()
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        kept = [
            letter
            for letter in unicodedata.normalize("NFC", heading.strip().lower())
            if letter.isalnum() or letter in " -_"
        ]
        names.add("".join(kept).replace(" ", "-"))
    return names


def subcommands() -> dict[str, argparse.ArgumentParser]:
    for action in parser("en")._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("the command line has no commands")


def options_of(command: argparse.ArgumentParser) -> set[str]:
    found = {text for action in command._actions for text in action.option_strings}
    return {text for text in found if text.startswith("--")} - {"--help"}


def command_lines(page: Path) -> Iterator[list[str]]:
    """The arguments of every `regua …` and `python run_sync.py …` in the page's blocks."""
    for line in "\n".join(blocks(page, "sh")).splitlines():
        for part in line.split("&&"):
            words = shlex.split(part, comments=True)
            for start in (["regua"], ["python", "run_sync.py"]):
                if words[: len(start)] == start and words[len(start) :] != ["--help"]:
                    yield words[len(start) :]


# ---- links and pictures


def broken_links(page: Path) -> list[str]:
    """The page's links to files or headings of this repository that are not there."""
    broken = []
    for target in _LINK.findall(prose(page)):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if target.startswith("https://"):
            continue
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Às 3 da manhã\n[a](#às-3-da-manhã) [b](#às-4) [c](none.md) ![d](page.md#x)\n",
        encoding="utf-8",
    )
    assert broken_links(page) == ["#às-4", "none.md", "page.md#x"]


def test_every_page_can_be_found_from_the_index() -> None:
    linked = {target.partition("#")[0] for target in _LINK.findall(text_of(DOCS / "index.md"))}
    for page in DOCS.glob("*.md"):
        assert page.name == "index.md" or page.name in linked, f"the index leaves out {page.name}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pictures_are_small_and_shown(language: str) -> None:
    picture = DOCS / f"workbook.{language}.png"
    assert picture.stat().st_size < 150_000
    assert picture.name in text_of(GUIDES[language])


# ---- the README's first screen


def test_the_readme_begins_with_a_sentence_a_picture_and_two_commands() -> None:
    readme = text_of(ROOT / "README.md")
    start = readme.index("```")
    assert "docs/workbook.en.png" in readme[:start]
    first = _BLOCK.search(readme)
    assert first is not None
    assert first[1] == "sh"
    lines = first[2].splitlines()
    assert len(lines) == 2
    demo, tests = lines
    assert demo.endswith("python run_sync.py demo")
    assert tests.endswith("python -m pytest -n auto")
    assert all(line.startswith("python -m pip install -e ") for line in lines)


# ---- commands, options, exit codes


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=lambda page: page.name)
def test_every_command_and_option_is_documented(page: Path) -> None:
    text = text_of(page)
    for name, command in subcommands().items():
        assert re.search(rf"^\| `{name}[ `]", text, re.MULTILINE), f"no row for {name}"
        for option in options_of(command):
            assert re.search(rf"{option}\b", text), f"{page.name} does not name {name} {option}"


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=lambda page: page.name)
def test_no_option_is_documented_that_does_not_exist(page: Path) -> None:
    known = {option for command in subcommands().values() for option in options_of(command)}
    ours = re.sub(r"`systemctl [^`]*`", "", prose(page))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", ours))
    assert named <= known | {"--help"}


@pytest.mark.parametrize("page", [*COMMAND_PAGES, *GUIDES.values()], ids=lambda page: page.name)
def test_every_command_line_shown_is_one_that_the_program_takes(page: Path) -> None:
    shown = list(command_lines(page))
    assert shown
    for arguments in shown:
        parser("en").parse_args(arguments)  # exits, and fails, on what it refuses


@pytest.mark.parametrize("page", COMMAND_PAGES, ids=lambda page: page.name)
def test_the_exit_codes_are_those_of_the_program(page: Path) -> None:
    table = {int(code) for code in re.findall(r"^\| (\d+) \|", text_of(page), re.MULTILINE)}
    assert table == {0, cli.USAGE, cli.DATA, cli.NOT_WRITTEN, cli.MESSAGES, cli.BUSY}


# ---- the configuration


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_configuration_shown_can_be_used_as_it_stands(language: str, tmp_path: Path) -> None:
    (example,) = blocks(OPERATORS[language], "toml")
    file = tmp_path / "regua.toml"
    file.write_text(example, encoding="utf-8")
    settings = load(file)
    assert settings.mail is not None
    assert settings.mail.host == "smtp.example.com"
    assert settings.workbooks[0].path.parent == tmp_path


# ---- what the team reads


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_is_explained(language: str) -> None:
    text = text_of(GUIDES[language])
    for name in {*NAMES, *NAMES.values(), *BLOCKS, *BLOCKS.values()}:
        assert f"`{{{name}}}`" in text, f"the guide does not explain {{{name}}}"


def locale_of(language: str, kind: str = "") -> dict[str, object]:
    file = ROOT / "sheet_templates" / "locale" / f"{language}{kind}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tab_is_introduced_by_its_name(language: str) -> None:
    tabs = locale_of(language)["tabs"]
    assert isinstance(tabs, dict)
    text = text_of(GUIDES[language])
    assert [name for name in tabs.values() if name not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_ladder_shown_is_the_one_that_a_new_workbook_has(language: str) -> None:
    steps = locale_of(language, ".letters")["policy"]
    assert isinstance(steps, list)
    expected = [
        (str(step["offset"]).replace("-", "−"), step["step"])
        for step in steps
        if step["policy"] != "plan"
    ]
    shown = re.findall(r"^\| (−?\d+) \| ([^|]+?) \|", text_of(GUIDES[language]), re.MULTILINE)
    assert shown == expected


@pytest.mark.parametrize("pages", [GUIDES, OPERATORS], ids=["guide", "operator"])
def test_both_languages_have_the_same_parts(pages: dict[str, Path]) -> None:
    def shape(page: Path) -> list[str]:
        marks = r"^(#+) |^```(\w+)$|^\| (`?)"
        found = re.finditer(marks, text_of(page), re.MULTILINE)
        return [part.group(0)[:3].strip() for part in found]

    assert shape(pages["en"]) == shape(pages["pt-BR"])
