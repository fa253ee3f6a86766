"""Ids, keys and formulas of the Google rendering: each its own, and known again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sheet_templates.google_formulas import alike, shown_value
from sheet_templates.google_layout import KEYS, SERVED, made_id, named_cells, row_key
from sheet_templates.schema import TABS


def test_every_id_is_its_own() -> None:
    names = [f"tab:{key}" for key in TABS] + [f"service:{key}" for key in ("control", *SERVED)]
    names += [f"{kind}:{key}" for key in TABS for kind in ("protection", "bands")]
    names += [f"column:{key}.{c.key}" for key in SERVED for c in TABS[key].columns]
    names += [f"name:{name}" for name in named_cells()]
    assert len({made_id(name) for name in names}) == len(names)


def test_a_formula_is_recognised_after_its_columns_moved_and_not_when_it_says_something_else() -> (
    None
):
    places = {key: at for at, key in enumerate(KEYS["negotiations"])}
    moved = {key: at + 30 for key, at in places.items()}
    one = shown_value("en", "negotiations", "ref", places)
    assert alike(one) == alike(shown_value("en", "negotiations", "ref", moved))
    assert alike(one) != alike(shown_value("en", "negotiations", "outcome", places))
    assert alike(one) != alike(shown_value("pt-BR", "negotiations", "outcome", places))


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12))
def test_a_key_has_no_blanks_around_it_and_none_twice(text: str) -> None:
    key = row_key({"id": text}, "receivables")
    assert key == " ".join(part for part in text.split(" ") if part)
