"""Which column of a team's list means which key of the schema.

Words that mean a key stand in the locale files (topic `meaning`), both languages at once: a list
in Portuguese with an "E-mail" or "Due date" among its headings is common.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from sheet_templates import headings as standard
from sheet_templates.schema import TABS, Owner
from sync.intake.errors import IntakeError
from sync.words import LANGUAGES, word_lists

STATUS = "status"
"""Not a column to fill: a team's own word for paid, open, cancelled; see `adopt`."""

REQUIRED = ("client", "due_on", "amount")
"""Without these columns there is no list of receivables."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def invoice_keys() -> frozenset[str]:
    """The receivables columns that people own, and STATUS."""
    own = {column.key for column in TABS["receivables"].by_owner(Owner.USER)}
    return frozenset(own | {STATUS})


def client_keys() -> frozenset[str]:
    """The clients columns that people own and receivables do not have."""
    own = {column.key for column in TABS["clients"].by_owner(Owner.USER)}
    return frozenset(own - invoice_keys())


def fold(heading: str) -> str:
    """What is compared: no case, accents, marks; "InvoiceDate" and "invoice_date" read alike."""
    spaced = _CAMEL.sub(" ", heading).replace("_", " ").replace(".", " ").replace("-", " ")
    return standard.fold(spaced)


@cache
def _meanings() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for language in LANGUAGES:
        for key, texts in word_lists(language, "meaning").items():
            known.update({fold(text): key for text in texts})
        for tab, keys in (("clients", client_keys()), ("receivables", invoice_keys())):
            for key in keys - {STATUS}:
                known[fold(standard.heading(language, tab, key))] = key
    return known


@cache
def _standard(key: str) -> frozenset[str]:
    """The schema's own headings for a key, folded; none for STATUS."""
    tab = "clients" if key in client_keys() else "receivables"
    if key == STATUS:
        return frozenset()
    return frozenset(fold(standard.heading(language, tab, key)) for language in LANGUAGES)


def recognised(texts: Sequence[str]) -> int:
    """How many of a row's texts are headings we know."""
    return sum(fold(text) in _meanings() for text in texts if text)


def keys(headings: Sequence[str], given: Mapping[str, str]) -> frozenset[str]:
    """The keys that headings may stand for, by what was given and by what is recognised.

    None when a heading that was given is not among them.
    """
    folded = {fold(heading) for heading in headings if heading}
    if not all(fold(heading) in folded for heading in given.values()):
        return frozenset()
    return frozenset({_meanings()[text] for text in folded & _meanings().keys()} | given.keys())


def mapping(headings: Sequence[str], given: Mapping[str, str]) -> dict[str, int]:
    """Map each key to the index of its column: what was given first, then what is recognised.

    Of two columns with one meaning, the one under the schema's own heading is taken ("Cliente"
    rather than "Nome"); otherwise a person must choose. Raises IntakeError naming the
    headings there are when a given key or heading does not exist or a choice is needed.
    """
    found: dict[str, int] = {}
    folded = [fold(heading) for heading in headings]
    for key, heading in given.items():
        if key not in invoice_keys() | client_keys():
            known = ", ".join(sorted(invoice_keys() | client_keys()))
            raise IntakeError("unknown_map_key", key=key, known=known)
        exact = [i for i, text in enumerate(headings) if text == " ".join(heading.split())]
        alike = exact or [i for i, text in enumerate(folded) if text == fold(heading)]
        if len(alike) != 1:
            code = "no_heading" if not alike else "heading_twice"
            raise IntakeError(code, heading=heading, headings=_quoted(headings))
        found[key] = alike[0]
    taken = set(found.values())
    by_key: dict[str, list[int]] = {}
    for index, text in enumerate(folded):
        meant = _meanings().get(text)
        if meant is not None and meant not in found and index not in taken:
            by_key.setdefault(meant, []).append(index)
    for key, candidates in by_key.items():
        indexes = [i for i in candidates if folded[i] in _standard(key)] or candidates
        if len(indexes) > 1:
            names = _quoted([headings[i] for i in indexes])
            raise IntakeError("ambiguous_heading", key=key, headings=names)
        found[key] = indexes[0]
    return found


@cache
def _statuses() -> Mapping[str, str]:
    return {
        fold(text): code
        for language in LANGUAGES
        for code, texts in word_lists(language, "statuses").items()
        for text in texts
    }


def status_code(text: str) -> str | None:
    """What a team's word for a row's state means: paid, open, void, written_off or disputed."""
    return _statuses().get(fold(text))


def _quoted(headings: Sequence[str]) -> str:
    return ", ".join(f"“{heading}”" for heading in headings if heading)
