"""The rows that stand in a new workbook before anybody types: the same in every rendering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheet_templates import headings
from sheet_templates.schema import SETTINGS, TABS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Undecided until a person decides: blank in a new workbook, though blank counts as the default.
_LEFT_BLANK = frozenset({"late_fee", "monthly_interest"})


class UnknownColumnError(ValueError):
    """Rows were given for a tab or a column that the schema does not have."""


def first_rows(
    language: str,
    rows: Mapping[str, Sequence[Mapping[str, object]]],
    settings: Mapping[str, object],
) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Return the given rows with the defaults of policy, templates, offers, playbook, settings.

    Args:
        language: "pt-BR" or "en".
        rows: Tab key → rows, each column key → value; codes for lists, booleans for flags.
        settings: Setting key → value, likewise; what is not given stands at its default.

    Raises:
        KeyError: The language is unknown.
        UnknownColumnError: Rows for a tab, or a setting, that the schema does not have.
    """
    if unknown := set(rows) - {key for key, tab in TABS.items() if tab.tabular}:
        raise UnknownColumnError(f"no tab takes rows for {', '.join(sorted(unknown))}")
    if "settings" in rows:
        raise UnknownColumnError("settings are given by their own argument, not as rows")
    return {
        "policy": headings.default_policy(language),
        "templates": headings.default_templates(language),
        "offers": headings.default_offers(language),
        "playbook": headings.playbook(language),
        "aging": (_bucket_names(language),),
        **rows,
        "settings": _setting_rows(language, settings),
    }


def _bucket_names(language: str) -> Mapping[str, object]:
    """Return the first row of aging for the default bounds: the buckets in words."""
    bounds = [int(bound) for bound in str(SETTINGS["aging_bounds"].default).split(",")]
    lowers = [1, *(bound + 1 for bound in bounds)]
    names = {
        f"b{number}": headings.bucket_label(language, lower, upper)
        for number, (lower, upper) in enumerate(zip(lowers, [*bounds, None], strict=True), start=1)
    }
    return {
        "client": headings.value_text(language, "aging_row", "bounds"),
        "not_due": headings.bucket_label(language, None, None),
        **names,
    }


def _setting_rows(language: str, given: Mapping[str, object]) -> list[Mapping[str, object]]:
    if unknown := set(given) - set(SETTINGS):
        raise UnknownColumnError(f"there is no setting {', '.join(sorted(unknown))}")
    rows: list[Mapping[str, object]] = []
    for key, setting in SETTINGS.items():
        value = given.get(key, None if key in _LEFT_BLANK else setting.default)
        rows.append(
            {
                "setting": headings.setting_label(language, key),
                "value": value,
                "explanation": headings.setting_help(language, key),
            }
        )
    return rows
