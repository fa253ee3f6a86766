"""The rules of collection as worked examples, line by line in tests/domain_examples.md.

Each example is a ledger, a day and what must come out; the language is in tests/domain_language.
The headings name the bullets of the design's rules; a bullet without an example fails here.
"""

import re
from pathlib import Path

import pytest

from tests.domain_language import run_example

PAGE = Path(__file__).with_name("domain_examples.md")
_BLOCK = re.compile(r"^\*\*(?P<title>.+?)\*\*\n+```\n(?P<text>.*?)```", re.MULTILINE | re.DOTALL)


def _examples() -> list[tuple[str, str, str]]:
    """(heading, title, text) of each example on the page."""
    found = []
    for section in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0].strip()
        found += [(heading, m["title"], m["text"]) for m in _BLOCK.finditer(section)]
    return found


EXAMPLES = _examples()


@pytest.mark.parametrize("text", [pytest.param(text, id=f"{title}") for _, title, text in EXAMPLES])
def test_the_example_holds(text: str) -> None:
    run_example(text)


def test_every_bullet_has_an_example_and_every_example_claims_something() -> None:
    headings = re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {heading for heading, _, _ in EXAMPLES} == set(headings)
    assert len(headings) > 30
    for _, title, text in EXAMPLES:
        assert "=> " in text, title


def test_a_claim_that_does_not_hold_fails_with_its_line() -> None:
    wrong = """
        invoice F-1 Padaria 2026-03-10 1000.00
        plan 2026-03-13
        => Padaria: send second F-1, total 1000.00
    """
    with pytest.raises(AssertionError, match="=> Padaria: send second"):
        run_example(wrong)
