"""Whatever stands in the cells: nothing raises, and a quick path says what a careful one says."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheet_templates.schema import TABS
from sync.issues import KINDS, Holds, Severity
from sync.rows import history, payments, read_facts, receivables
from sync.workbook import Cell, CellError, Row, Snapshot, Tab
from tests.raw_workbook import TODAY, invoice, read, snapshot

NA = CellError("#N/A")
NEVER_COMPUTED = CellError("NO_VALUE")
BAD_LINE = "00190500954014481606906809350314337370000000101"


CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from(
        [
            *("Ana", "ana ", "Bia", "NF-1", "nf-1", "NF-2", 1001.0, "1001", "Sim", "x", "Não", "?"),
            *("31/02/2026", "15/03/2026", "04/07/2026", 46207.0, "1.234,56", "1,234.56", "1.234"),
            *("Padrão", "Lembrete", "Carta", "E-mail", "Boleto", "Cancelado", "Promessa", "en"),
            *("a@x.com; b@", "=1+1", "+55", "@x", "a\r\nb", "#N/A", "{cliente", "NF-1; NF-2", "2%"),
        ]
    ),
    st.sampled_from([NA, NEVER_COMPUTED, Decimal("12.345"), Decimal("NaN"), 1e300, -0.0]),
)


def random_rows(key: str) -> st.SearchStrategy[list[Row]]:
    width = len(TABS[key].columns)
    cells = st.lists(CELLS, min_size=1, max_size=width).map(tuple)
    return st.lists(cells, max_size=6).map(
        lambda rows: [Row(number, values) for number, values in enumerate(rows, start=2)]
    )


READ_TABS = [
    *("receivables", "clients", "payments", "negotiations", "instalments", "queue"),
    *("history", "policy", "templates", "settings"),
]


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    clean = snapshot(draw(st.sampled_from(["pt-BR", "en"])), receivables=[invoice()])
    chosen = draw(st.sets(st.sampled_from(READ_TABS), max_size=4))
    tabs = dict(clean.tabs)
    for key in sorted(chosen):
        columns = [column.key for column in TABS[key].columns]
        order = draw(st.permutations(columns))
        shown = order[: draw(st.integers(0, len(order)))]
        tabs[key] = Tab(
            key=key,
            title=key,
            columns={column: index for index, column in enumerate(shown)},
            letters=dict.fromkeys(shown, "A"),
            rows=draw(random_rows(key)),
        )
    return Snapshot(
        revision="r",
        place="p",
        language=clean.language,
        workbook_id=None,
        schema_version=1,
        tabs=tabs,
    )


@settings(max_examples=300, deadline=None)
@given(snapshots())
def test_nothing_that_a_person_typed_raises_and_every_issue_has_its_sentences(
    book: Snapshot,
) -> None:
    facts, issues = read_facts(book, today=TODAY)
    for issue in issues:
        for language in ("pt-BR", "en"):
            assert issue.problem(language)
            assert issue.repair(language)
        if issue.client and issue.holds is Holds.CLIENT and issue.code != "unknown_client":
            assert issue.client in facts.row_problems
    assert set(facts.row_problems.values()) <= set(KINDS)
    assert all(KINDS[code].severity is Severity.ERROR for code in facts.row_problems.values())
    for receivable in facts.receivables.values():
        assert receivable.amount > 0
        assert receivable.amount == round(receivable.amount, 2)
        assert date(1990, 1, 1) <= receivable.due_on <= date(2100, 12, 31)


NEARLY_CLEAN = {
    "id": st.sampled_from(["NF-1", "NF-2", 1001.0, 1002, " NF-3", "nf-1", "#1", "#N/A", None]),
    "client": st.sampled_from(["Ana", "BIA ", "Zeca", None]),
    "due_on": st.dates(date(2026, 1, 1), date(2026, 12, 31))
    | st.sampled_from([46207, "04/07/2026"]),
    "amount": st.floats(0.005, 2000) | st.integers(0, 5) | st.sampled_from([True, "12,50", -0.0]),
    "issued_on": st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    "method": st.sampled_from([None, "Pix", "boleto", "Dinheiro", " Dinheiro", 5, ""]),
    "description": st.sampled_from([None, " Papel ", "#1", "#N/A", 12.0, True]),
    "payment_code": st.sampled_from([None, BAD_LINE, "link"]),
    "paid_on": st.none() | st.dates(date(2026, 10, 1), date(2026, 12, 31)),
    "paid_amount": st.sampled_from([None, 0, 10.0, 33.333, 1e-9, NA]),
    "disputed": st.sampled_from([None, True, False, "Sim", "não", 1.0, "?"]),
    "hold_until": st.none() | st.dates(),
    "delay_reason": st.sampled_from([None, "Esqueceu", "outro", "Choveu"]),
    "policy": st.sampled_from([None, "Padrão", " PADRÃO", "VIP", ""]),
    "cancelled": st.sampled_from([None, "Void", "Baixado", "?", ""]),
}


NEARLY_PAID = {
    "paid_on": st.dates(date(2026, 11, 18), date(2026, 11, 21)) | st.sampled_from([None, "?"]),
    "receivable": st.sampled_from([None, "NF-1", "nf-1", "NF-2", "NF-9", 1001.0, "#N/A"]),
    "client": st.sampled_from([None, "Ana", "BIA", "Zeca", NA, ""]),
    "amount": st.sampled_from([None, 0, 10, 10.0, -10.0, 33.333, "12,50", True, NA]),
    "method": st.sampled_from([None, "Pix", "Dinheiro", " ", 5]),
    "reference": st.sampled_from([None, "E1", " e 1", 77, "#1", NA]),
    "source": st.sampled_from([None, "extrato", 1, NA]),
}
NEARLY_SENT = {
    "at": st.sampled_from([None, datetime(2026, 11, 13, 9), TODAY, 46339.5, "?"]),  # noqa: DTZ001  # a cell has no zone
    "client": st.sampled_from([None, "Ana", " ana", "Zeca", 7, "#N/A", NA]),
    "step": st.sampled_from([None, "Lembrete", "Antiga", "thanks", 3]),
    "channel": st.sampled_from([None, "E-mail", "whatsapp", "pombo", NA]),
    "to": st.sampled_from([None, "a@x.com; b@x.com", ";", 5]),
    "receivables": st.sampled_from([None, "NF-1", "nf-1 ; NF-9", "", 1001.0]),
    "total": st.sampled_from([None, 0, 10.0, "12,50", -1, NA]),
    "valid_until": st.sampled_from([None, TODAY, "20/11/2026", "?"]),
    "reference": st.sampled_from([None, "R1", 12345.0, "#x"]),
    "message_id": st.sampled_from([None, "<a@x>", NA]),
    "keys": st.sampled_from([None, "NF-1|2026-11-10|Padrão|Lembrete|3|0", "NF-1|?", 5.0, NA]),
    "outcome": st.sampled_from([None, "Enviado", "sent", "?", NA]),
}


def without_the_quick_path(*_: Any) -> Callable[[Row], Any]:
    return lambda _row: None


def rows_of(cells: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[dict[str, Cell]]]:
    return st.lists(st.fixed_dictionaries({}, optional=cells), max_size=6)


@settings(max_examples=300, deadline=None)
@given(rows_of(NEARLY_CLEAN), rows_of(NEARLY_PAID), rows_of(NEARLY_SENT))
def test_the_quick_paths_say_what_the_careful_ones_say(
    typed: list[dict[str, Cell]], paid: list[dict[str, Cell]], sent: list[dict[str, Cell]]
) -> None:
    book = snapshot(
        receivables=[{**invoice(), **row} for row in typed],
        payments=[{"paid_on": TODAY, "receivable": "NF-1", "amount": 1.0, **row} for row in paid],
        history=sent,
    )
    quick = read_facts(book, today=TODAY)
    with pytest.MonkeyPatch.context() as patch:
        for module in (receivables, payments, history):
            patch.setattr(module, "_quick_reader", without_the_quick_path)
        careful = read_facts(book, today=TODAY)
    assert quick == careful


def test_the_quick_path_takes_what_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the property above would compare the careful path with itself."""

    def none_is_left(*_: Any) -> Any:
        raise AssertionError("a clean row went the slow way")

    monkeypatch.setattr(receivables, "_careful", none_is_left)
    monkeypatch.setattr(payments, "_payment", none_is_left)
    monkeypatch.setattr(history, "_reminder", none_is_left)
    sent: dict[str, Cell] = {
        "at": datetime(2026, 11, 13, 9),  # noqa: DTZ001  # a cell has no zone
        "client": "Ana",
        "channel": "E-mail",
        "keys": "NF-1|2026-11-10|Padrão|Lembrete|3|0",
        "outcome": "Enviado",
    }
    paid: dict[str, Cell] = {"paid_on": TODAY, "receivable": "NF-1", "amount": 1.0}
    reading = read(
        receivables=[invoice(), invoice("NF-2", paid_on=TODAY, paid_amount=1000)],
        payments=[paid, {**paid, "client": "Ana", "reference": "E1", "method": "Pix"}],
        history=[sent],
    )
    assert (len(reading.facts.receivables), len(reading.facts.payments)) == (2, 2)
    assert len(reading.facts.reminders) == 1
