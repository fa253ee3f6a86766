"""The forecast tab: when open principal should come in, week by week for a quarter.

Below the weeks stand what is expected later and what nobody can date (disputed, wrong, or later
than its client ever was), so that `expected`, `promised` and `instalments` of all rows add up to
the open amount. `amount_due` is what falls due by the invoices themselves, for comparison.
"""

from collections.abc import Iterator
from datetime import timedelta

from sync.domain.aging import Forecast
from sync.views.cells import short_date_text
from sync.words import words
from sync.workbook import Cell, Change, ReplaceBody

_SIX_DAYS = timedelta(days=6)


def forecast_tab(language: str, forecast: Forecast) -> Iterator[Change]:
    """One row a week, then the rest."""
    rows: list[dict[str, Cell]] = [
        {
            "week": short_date_text(language, week.start),
            "from": week.start,
            "until": week.start + _SIX_DAYS,
            "amount_due": week.due,
            "expected": week.expected,
            "promised": week.promised,
            "instalments": week.instalments,
        }
        for week in forecast.weeks
    ]
    rows.append({"week": words(language, "views.forecast.later"), "expected": forecast.later})
    rows.append(
        {"week": words(language, "views.forecast.unscheduled"), "expected": forecast.unscheduled}
    )
    yield ReplaceBody(tab="forecast", rows=tuple(rows))
