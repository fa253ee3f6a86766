"""The aging tab: open balances by client and bucket, with the sums of the whole book on top.

The amount is `balance`, the principal left, as in the column of that name: each client's total is
the sum of their open rows in Receivables and Instalments, to the cent.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sheet_templates import headings
from sheet_templates.schema import AGING_BUCKETS
from sync.domain.aging import Aging
from sync.domain.decisions import ZERO
from sync.views.cells import clipped
from sync.views.engine_columns import bucket_words
from sync.workbook import Cell, Change, ReplaceBody

COLUMNS = ("not_due", *(f"b{number}" for number in range(1, AGING_BUCKETS + 1)))


def aging_tab(language: str, aging: Aging) -> Iterator[Change]:
    """Row 2 names the buckets, row 3 has the sums, then the clients: most overdue first."""
    rows: list[dict[str, Cell]] = [
        _names(language, aging.bounds),
        _amounts(headings.value_text(language, "aging_row", "total"), aging.totals),
    ]
    ranked = sorted(
        (row for row in aging.rows if row.total),
        key=lambda row: (-sum(row.amounts[1:]), -row.total, row.client),
    )
    rows.extend(_amounts(clipped(row.client), row.amounts) for row in ranked)
    yield ReplaceBody(tab="aging", rows=tuple(rows))


def _names(language: str, bounds: Sequence[int]) -> dict[str, Cell]:
    """The row that names the buckets; columns that the bounds leave unused stay blank."""
    names = bucket_words(language, bounds[: AGING_BUCKETS - 1])
    title = headings.value_text(language, "aging_row", "bounds")
    return {"client": title, **dict(zip(COLUMNS, names, strict=False))}


def _amounts(name: str, amounts: Sequence[Decimal]) -> dict[str, Cell]:
    """One row; buckets beyond the tab's last column count in it."""
    last = len(COLUMNS) - 1
    shown = (*amounts[:last], sum(amounts[last:], ZERO)) if len(amounts) > last else tuple(amounts)
    return {
        "client": name,
        **dict(zip(COLUMNS, shown, strict=False)),
        "total": sum(amounts, ZERO),
    }
