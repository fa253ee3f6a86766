"""The offers tab as people type it: a row in error is offered to nobody, and holds nobody."""

from decimal import Decimal

import pytest

from sheet_templates import headings
from sync.domain.facts import OfferRule
from sync.issues import KINDS, Holds, Severity
from sync.words import LANGUAGES
from sync.workbook import Cell, CellError
from tests.raw_workbook import Raw, Reading, read

NA = CellError("#N/A")


def rule(**cells: Cell) -> Raw:
    """Half the charges, at once, from the tenth day to the thirtieth."""
    clean: Raw = {"from_days": 10, "to_days": 30, "charges_discount": 0.5, "instalments": 1}
    return {**clean, **cells}


def offers(*rows: Raw, language: str = "pt-BR") -> Reading:
    return read(language, offers=rows)


def test_a_row_is_a_rule() -> None:
    full = rule(
        principal_discount="10%",
        instalments=3,
        minimum_instalment="1.100,50",
        monthly_rate=0.02,
        first_due_days=0,
        valid_days=7.0,
    )
    reading = offers(rule(), full)
    assert reading.facts.offer_rules == (
        OfferRule(from_days=10, to_days=30, charges_discount=Decimal("0.5")),
        OfferRule(
            from_days=10,
            to_days=30,
            charges_discount=Decimal("0.5"),
            principal_discount=Decimal("0.1"),
            instalments=3,
            minimum_instalment=Decimal("1100.50"),
            monthly_rate=Decimal("0.02"),
            first_due_days=0,
            valid_days=7,
        ),
    )
    assert {issue.code for issue in reading.issues} == {"text_number"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rows_of_a_new_workbook_have_no_issue(language: str) -> None:
    rows = [dict(row) for row in headings.default_offers(language)]
    reading = read(language, offers=rows)
    assert reading.issues == ()
    assert len(reading.facts.offer_rules) == len(rows)


@pytest.mark.parametrize("cell", [1, 1.0, "100%", "100 %"])
def test_all_charges_may_be_waived_but_never_all_principal(cell: Cell) -> None:
    reading = offers(rule(charges_discount=cell))
    assert reading.facts.offer_rules[0].charges_discount == 1
    assert reading.issues == ()
    refused = offers(rule(principal_discount=cell))
    assert refused.facts.offer_rules == ()


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"from_days": None}, "from_days", "invalid_offer"),
        ({"from_days": -1}, "from_days", "invalid_offer"),
        ({"from_days": "logo"}, "from_days", "invalid_offer"),
        ({"to_days": "sempre"}, "to_days", "invalid_offer"),
        ({"to_days": 9}, "to_days", "offer_days_crossed"),
        ({"charges_discount": 1.5}, "charges_discount", "invalid_offer"),
        ({"charges_discount": True}, "charges_discount", "invalid_offer"),
        ({"principal_discount": -0.1}, "principal_discount", "invalid_offer"),
        ({"principal_discount": "muito"}, "principal_discount", "invalid_offer"),
        ({"instalments": None}, "instalments", "invalid_offer"),
        ({"instalments": 0}, "instalments", "invalid_offer"),
        ({"instalments": 2.5}, "instalments", "invalid_offer"),
        ({"instalments": 121}, "instalments", "invalid_offer"),
        ({"minimum_instalment": -1}, "minimum_instalment", "invalid_offer"),
        ({"minimum_instalment": "1.234"}, "minimum_instalment", "invalid_offer"),
        ({"monthly_rate": 2}, "monthly_rate", "invalid_offer"),
        ({"monthly_rate": NA}, "monthly_rate", "invalid_offer"),
        ({"first_due_days": -1}, "first_due_days", "invalid_offer"),
        ({"valid_days": "x"}, "valid_days", "invalid_offer"),
    ],
)
def test_a_row_in_error_is_offered_to_nobody(
    cells: dict[str, Cell], column: str, code: str
) -> None:
    reading = offers(rule(**cells), rule())
    assert reading.facts.offer_rules == (
        OfferRule(from_days=10, to_days=30, charges_discount=Decimal("0.5")),
    )
    (issue,) = reading.issues
    assert (issue.code, issue.tab, issue.row, issue.column) == (code, "offers", 2, column)
    kind = KINDS[code]
    assert (kind.severity, kind.holds) == (Severity.ERROR, Holds.NOTHING)
    assert reading.facts.row_problems == {}


def test_a_fourth_row_for_the_same_day_is_told_of() -> None:
    rows = [rule(instalments=n) for n in (1, 2, 3)]
    assert offers(*rows).issues == ()
    assert offers(*rows, rule(from_days=31, to_days=None)).issues == ()
    (issue,) = offers(*rows, rule(from_days=5, to_days=10, instalments=4)).issues
    assert (issue.code, issue.row) == ("offer_beyond_three", 5)
