"""The rules of the house that no linter knows."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("addin", "sync", "mailer", "sheet_templates")
TIME_READERS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "localtime"),
}
ADAPTERS = {
    "sync.stores.excel_file": {"sync.wiring"},
    "sync.clock": {"sync.wiring", "sync.commands.create", "sync.commands.serve"},
    "mailer.smtp": {"sync.wiring", "mailer.delivery"},
    "mailer.folder": {"sync.wiring", "mailer.delivery"},
    "mailer.inbox": {"sync.wiring"},
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield module, ast.parse(path.read_text(encoding="utf-8"))


def test_only_the_clock_reads_the_time() -> None:
    readers = {
        module
        for module, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in TIME_READERS
    }
    assert readers == {"sync.clock"}


@pytest.mark.parametrize("adapter", sorted(ADAPTERS))
def test_real_adapters_are_built_in_one_place(adapter: str) -> None:
    users = {
        module
        for module, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == adapter
    }
    assert users <= ADAPTERS[adapter]


def test_the_import_contracts_hold() -> None:
    # Beside this Python, whether or not its environment is the active one.
    command = shutil.which("lint-imports", path=Path(sys.executable).parent)
    assert command is not None
    done = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_entry_calls_the_command_line_and_nothing_else() -> None:
    tree = ast.parse((ROOT / "run_sync.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"sync.cli"}


def test_portuguese_stands_in_the_locale_files_only() -> None:
    """A crude net: words that no English source needs, placeholders' own names aside."""
    words = re.compile(r"\b(título|vencimento|cobrança|lembrete|planilha)s?\b", re.IGNORECASE)
    found = []
    for module, tree in sources():
        said = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr)  # docstrings may name what a Brazilian law names
        }
        found += [
            (module, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in said
            and words.search(node.value)
        ]
    assert [each for each in found if each[0] != "mailer.placeholders"] == []


def test_no_file_of_the_repository_names_a_machine_or_a_host_of_packages() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    hosts = re.compile(r"pypi\.org|pythonhosted|/(?:root|work)/|registry\.npmjs")
    named = [
        name
        for name in listed.stdout.split("\0")
        if name
        and (ROOT / name).suffix != ".png"
        and name != "tests/test_house.py"
        and hosts.search((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert named == []
