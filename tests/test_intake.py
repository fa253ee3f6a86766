"""A team's own list becomes receivables: by meaning, in its notation, and never by guessing."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from sync.intake.errors import IntakeError
from sync.intake.notation import UnreadableCellError, date_order, decimal_mark, to_amount, to_date
from sync.intake.reading import Intake, Notation, read
from sync.intake.source import read_source
from sync.words import LANGUAGES, words

HEAD = ["Nº NF", "Sacado", "Dt Venc", "Valor R$", "Pago em", "E-mail", "Vendedor", "Obra"]


def source(folder: Path, *rows: list[str], head: list[str] = HEAD, name: str = "list.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="cp1252") as file:
        csv.writer(file, delimiter=";").writerows([head, *rows])
    return path


def taken(path: Path, *, notation: Notation = Notation(), **given: str) -> Intake:  # noqa: B008
    return read(read_source(path), given, notation)


def test_a_brazilian_export_is_understood_without_being_told(tmp_path: Path) -> None:
    path = source(
        tmp_path,
        ["77", "Padaria São José", "15/03/2026", "R$ 1.234,56", "", "a@x.com", "Rita", "Centro"],
        ["78", "PADARIA SÃO JOSÉ ", "31/03/2026", "80,00", "01/04/2026", "", "Rita", "Norte"],
    )
    before = path.read_bytes()
    intake = taken(path)
    assert path.read_bytes() == before
    first, second = intake.receivables
    assert (first["id"], first["due_on"], first["amount"]) == (
        "77",
        date(2026, 3, 15),
        Decimal("1234.56"),
    )
    assert second["client"] == first["client"] == "Padaria São José"
    assert second["paid_on"] == date(2026, 4, 1)
    assert intake.clients == ({"client": "Padaria São José", "email": "a@x.com", "owner": "Rita"},)
    assert (intake.extras, first["Obra"]) == (("Obra",), "Centro")


def test_an_excel_list_under_a_title_is_read_from_its_headings(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Contas a receber – março"])
    sheet.append([])
    sheet.append(["Invoice number", "Customer", "Due date", "Amount", "Region"])
    sheet.append([1001, "ACME", date(2026, 3, 15), 250.5, "South"])
    path = tmp_path / "list.xlsx"
    book.save(path)
    (row,) = taken(path).receivables
    assert (row["id"], row["amount"], row["Region"]) == ("1001", Decimal("250.50"), "South")


def test_a_formula_that_failed_or_was_never_computed_is_no_empty_cell(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Invoice number", "Customer", "Due date", "Amount", "Paid on"])
    sheet.append(["1", "ACME", date(2026, 3, 15), 250, "=VLOOKUP(A2,Bank!A:B,2,0)"])
    sheet.append(["2", "ACME", date(2026, 3, 15), 250, "#N/A"])
    sheet["E3"].data_type = "e"
    sheet.append(["3", "ACME", date(2026, 3, 15), 250, None])
    path = tmp_path / "list.xlsx"
    book.save(path)
    intake = taken(path)
    assert [row["id"] for row in intake.receivables] == ["3"]
    assert [each.code for each in intake.rejected] == ["formula_error", "formula_error"]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["1", "Ana", "31/02/2026", "10,00", ""], "unreadable_date"),
        (["1", "Ana", "15/03/2026", "dez", ""], "unreadable_amount"),
        (["1", "Ana", "15/03/2026", "1.234,567", ""], "unreadable_amount"),
        (["1", "Ana", "15/03/2026", "-10,00", ""], "not_positive"),
        (["1", "Ana", "15/03/2026", "(10,00)", ""], "not_positive"),
        (["1", "Ana", "15/03/2026", "0,00", ""], "not_positive"),
        (["1", "", "15/03/2026", "10,00", ""], "blank"),
        (["1", "Ana", "", "10,00", ""], "blank"),
        (["1", "Ana", "15/03/0206", "10,00", ""], "unreadable_date"),
    ],
)
def test_a_row_in_doubt_is_listed_and_not_taken(
    tmp_path: Path, cells: list[str], reason: str
) -> None:
    good = ["2", "Bia", "16/03/2026", "1.234,50", "17/03/2026"]
    intake = taken(source(tmp_path, cells, good, head=HEAD[:5]))
    assert [row["id"] for row in intake.receivables] == ["2"]
    (rejected,) = intake.rejected
    assert (rejected.number, rejected.code) == (2, reason)
    for language in LANGUAGES:
        sentence = words(
            language,
            f"intake.rejected.{reason}",
            number=rejected.number,
            heading=rejected.heading,
            value=rejected.value,
        )
        assert "2" in sentence


STATUS_HEAD = [*HEAD[:5], "Situação"]


@pytest.mark.parametrize(
    ("paid_on", "status", "expected"),
    [
        ("", "Em aberto", {"paid_on": None}),
        ("", "Vencido", {"paid_on": None}),
        ("", "PAGO", {"paid_on": date(2026, 3, 15)}),
        ("20/03/2026", "Pago", {"paid_on": date(2026, 3, 20)}),
        ("", "Cancelado", {"cancelled": "void"}),
        ("", "Em disputa", {"disputed": True}),
        ("20/03/2026", "Em aberto", None),
        ("", "Ver com o jurídico", None),
    ],
)
def test_a_team_s_own_word_for_paid_is_never_read_as_open(
    tmp_path: Path, paid_on: str, status: str, expected: dict[str, object] | None
) -> None:
    path = source(tmp_path, ["1", "Ana", "15/03/2026", "10,00", paid_on, status], head=STATUS_HEAD)
    intake = taken(path)
    if expected is None:
        assert [each.code for each in intake.rejected] == ["unknown_status"]
    else:
        (row,) = intake.receivables
        assert {key: row[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["13/02/2026", "01/02/2026"], "dmy"),
        (["02/13/2026", "01/02/2026"], "mdy"),
        (["2026-02-13"], "ymd"),
        ([date(2026, 2, 1)], None),
    ],
)
def test_the_order_of_dates_is_recognised_when_it_is_clear(
    dates: list[str | date], order: str | None
) -> None:
    assert date_order(dates) == order


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        (["01/02/2026", "03/04/2026"], "ambiguous_dates"),
        (["13/02/2026", "02/13/2026"], "mixed_dates"),
    ],
)
def test_dates_in_doubt_are_asked_about(dates: list[str], code: str) -> None:
    with pytest.raises(IntakeError) as caught:
        date_order(dates)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("amounts", "mark"),
    [
        (["1.234,56", "10"], ","),
        (["1,234.56"], "."),
        (["12,5"], ","),
        (["1.234.567"], ","),
        (["1000", 12.5], None),
        (["1.234", "12,50"], ","),
    ],
)
def test_the_decimal_mark_is_recognised_when_it_is_clear(
    amounts: list[str | float], mark: str | None
) -> None:
    assert decimal_mark(amounts) == mark


@pytest.mark.parametrize(
    ("amounts", "code"),
    [(["1.234"], "ambiguous_decimals"), (["1,50", "1.50"], "mixed_decimals")],
)
def test_amounts_in_doubt_are_asked_about(amounts: list[str], code: str) -> None:
    with pytest.raises(IntakeError) as caught:
        decimal_mark(amounts)
    assert caught.value.code == code


def test_what_was_given_decides_and_what_contradicts_it_is_unreadable() -> None:
    assert to_date("01/02/2026", "mdy") == date(2026, 1, 2)
    assert to_amount("1.234", ",") == Decimal("1234.00")
    with pytest.raises(UnreadableCellError):
        to_date("13/02/2026", "mdy")
    with pytest.raises(UnreadableCellError):
        to_amount("1.234", ".")


def test_columns_that_are_not_recognised_are_named_and_can_be_mapped(tmp_path: Path) -> None:
    head = ["Cod", "Quem deve", "Quando", "Quanto"]
    path = source(tmp_path, ["1", "Ana", "15/03/2026", "10,00"], head=head)
    with pytest.raises(IntakeError) as caught:
        taken(path)
    assert caught.value.code == "missing_columns"
    assert "“Quem deve”" in caught.value.values["headings"]
    intake = taken(path, id="Cod", client="Quem deve", due_on="Quando", amount="quanto")
    assert intake.receivables[0]["client"] == "Ana"


def test_two_columns_of_one_meaning_are_asked_about_unless_one_is_the_standard(
    tmp_path: Path,
) -> None:
    path = source(
        tmp_path,
        ["1", "Ana", "15/03/2026", "10,00", "11,00"],
        head=[*HEAD[:3], "Valor Bruto", "Total"],
    )
    with pytest.raises(IntakeError) as caught:
        taken(path)
    assert caught.value.code == "ambiguous_heading"
    standard = source(
        tmp_path, ["1", "Ana", "15/03/2026", "10,00", "11,00"], head=[*HEAD[:3], "Valor", "Total"]
    )
    intake = taken(standard)
    assert (intake.receivables[0]["amount"], intake.extras) == (Decimal("10.00"), ("Total",))


@pytest.mark.parametrize(
    ("key", "heading", "code"),
    [("amonut", "Valor R$", "unknown_map_key"), ("amount", "Vlaor", "no_heading")],
)
def test_a_wrong_map_is_refused_by_name(tmp_path: Path, key: str, heading: str, code: str) -> None:
    path = source(tmp_path, ["1", "Ana", "15/03/2026", "10,00", ""], head=HEAD[:5])
    with pytest.raises(IntakeError) as caught:
        read(read_source(path), {key: heading}, Notation())
    assert caught.value.code == code


def test_a_column_of_theirs_named_like_one_of_ours_gets_another_name(tmp_path: Path) -> None:
    head = [*HEAD[:4], "Saldo", "Saldo"]
    path = source(tmp_path, ["1", "Ana", "15/03/2026", "10,00", "7", "8"], head=head)
    intake = taken(path)
    assert intake.extras == ("Saldo (2)", "Saldo (3)")


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"\n\n;;\n"])
def test_an_empty_or_binary_list_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(IntakeError):
        read_source(path)
