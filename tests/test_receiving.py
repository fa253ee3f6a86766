"""Money from the bank waits for a word, becomes payments once, and is never counted twice."""

from datetime import date
from decimal import Decimal

import pytest

from sync.domain.decisions import Status
from sync.waiting import Waiting
from tests.bank_files import Entry, Paid, file400, ofx
from tests.bank_office import Office, file_of, office, pix
from tests.posted import BOOK
from tests.team_workbook import day, invoice

A, B, C = ("R" + 11 * letter for letter in "ABC")


def codes(desk: Office) -> list[str]:
    """The issues of the workbook as it stands, ticks that could not be carried out included."""
    seen = desk.look()
    return [issue.code for issue in (*seen.issues, *Waiting(seen, desk.ledger, BOOK).problems())]


def statuses(desk: Office) -> dict[str, Status]:
    return {name: each.status for name, each in desk.look().book.standings.items()}


# ---- a word


def test_a_tick_carries_out_what_the_row_showed() -> None:
    with office() as desk:
        desk.take(file_of(pix("03-21", "100", txid=A)))
        row = desk.only()
        assert (row["receivable"], row["confidence"], row["amount"]) == ("F-1", 1, 100)
        desk.take()
        assert desk.rows("payments") == [], "nobody said anything yet"
        desk.tick(row["id"], "confirm")
        desk.take()
        (payment,) = desk.rows("payments")
        assert payment["reference"] == row["id"]
        assert (payment["receivable"], payment["amount"]) == ("F-1", 100)
        assert payment["paid_on"] == day("03-21")
        assert payment["source"] == "extrato-0.csv"
        assert desk.lines() == {}
        assert statuses(desk)["F-1"] is Status.PAID


def test_other_invoices_typed_take_the_place_of_those_suggested() -> None:
    with office() as desk:
        desk.take(file_of(pix("03-21", "150", payer="ANA COMERCIO")))
        line = desk.only()["id"]
        desk.tick(line, "receivable_override", "F-5; F-1")
        desk.take()
        assert desk.rows("payments") == [], "typed and not confirmed"
        assert desk.only()["receivable_override"] == "F-5; F-1"
        desk.tick(line, "confirm")
        desk.take()
        assert desk.paid() == [("F-1", "Ana", 100), ("F-5", "Ana", 50)]


def test_one_payment_covers_several_invoices_and_several_cover_one() -> None:
    with office(trust_certain_matches=True) as desk:
        desk.take(file_of(pix("03-21", "250", txid=B)))
        assert desk.paid() == [("F-2", "Bruno", 200), ("F-3", "Bruno", 50)]
        desk.take(file_of(*(pix("03-21", "50", payer="CARLA COMERCIO", memo=m) for m in "ab")))
        for line in list(desk.lines()):
            desk.tick(line, "confirm")
        desk.take()
        assert desk.paid()[2:] == [("F-4", "Carla", 50), ("F-4", "Carla", 50)]
        assert statuses(desk)["F-4"] is Status.PAID


def test_what_is_beyond_the_debt_is_unapplied_cash() -> None:
    with office() as desk:
        desk.take(file_of(pix("03-21", "500", payer="BRUNO COMERCIO")))
        desk.tick(desk.only()["id"], "confirm")
        seen = desk.take()
        assert desk.paid() == [("F-2", "Bruno", 200), ("F-3", "Bruno", 50), (None, "Bruno", 250)]
        assert seen.book.unapplied == {"Bruno": Decimal(250)}


def test_an_ignored_line_is_gone_and_no_file_brings_it_back() -> None:
    with office() as desk:
        text = file_of(pix("03-21", "100", txid=A))
        desk.take(text)
        desk.tick(desk.only()["id"], "ignore")
        desk.take()
        desk.take(text)
        assert desk.lines() == {}
        assert desk.rows("payments") == []
        assert desk.look().facts.waiting_money == {}


def test_money_may_be_for_invoices_of_two_clients_when_they_take_all_of_it() -> None:
    with office() as desk:
        desk.take(file_of(pix("03-21", "200", payer="HOLDING SA")))
        line = desk.only()["id"]
        desk.tick(line, "receivable_override", "F-1; F-4")
        desk.tick(line, "confirm")
        desk.take()
        assert desk.paid() == [("F-1", "Ana", 100), ("F-4", "Carla", 100)]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"confirm": True}, "match_without_invoice"),
        ({"confirm": True, "receivable_override": "F-99"}, "unknown_invoice"),
        ({"confirm": True, "receivable_override": "F-1; F-4"}, "match_without_invoice"),
        ({"confirm": True, "ignore": True}, "contradictory_choice"),
        ({"confirm": True, "amount": 5}, "damaged_match"),
        ({"confirm": True, "posted_on": None}, "damaged_match"),
        ({"confirm": True, "receivable": "F-99"}, "damaged_match"),
    ],
)
def test_a_tick_that_cannot_be_carried_out_stays_and_is_told(
    cells: dict[str, object], code: str
) -> None:
    with office() as desk:
        desk.take(file_of(pix("03-21", "777", payer="NINGUEM CONHECIDO")))
        line = desk.only()["id"]
        for column, value in cells.items():
            desk.tick(line, column, value)
        before = desk.rows("bank_matches")
        desk.take()
        assert codes(desk) == [code]
        assert desk.rows("bank_matches") == before
        assert desk.rows("payments") == []


def test_the_number_that_is_wrong_is_told_and_not_the_list_it_stands_in() -> None:
    with office() as desk:
        desk.take(file_of(pix("03-21", "777", payer="NINGUEM CONHECIDO")))
        line = desk.only()["id"]
        desk.tick(line, "receivable_override", "F-1; F-99")
        desk.tick(line, "confirm")
        (issue,) = desk.look().issues
        assert (issue.code, issue.value) == ("unknown_invoice", "F-99")


def test_rows_stay_in_their_places_while_a_tick_waits_and_what_it_is_about_too() -> None:
    with office() as desk:
        desk.take(file_of(pix("03-22", "777"), pix("03-23", "100", txid=A)))
        first, second = desk.lines()
        desk.tick(first, "confirm")  # names no invoice, so it waits
        desk.tick(second, "ignore")
        desk.take(file_of(pix("03-21", "250", txid=B)))
        tab = desk.store.read().tabs["bank_matches"]
        numbers = {tab.value(row, "id"): row.number for row in tab.rows}
        assert numbers[first] == 2
        assert second not in numbers
        assert max(numbers.values()) == 4, "the new one stands below, though its day is earlier"
        desk.tick(first, "confirm", None)
        desk.take()
        assert [row["posted_on"] for row in desk.rows("bank_matches")] == [
            day("03-21"),
            day("03-22"),
        ]


def test_a_suggestion_that_changed_after_the_tick_is_not_what_was_ticked() -> None:
    with office() as desk:
        desk.take(file_of(pix("03-21", "70")))
        line = desk.only()["id"]
        assert desk.only()["receivable"] == "F-5"
        desk.tick(line, "confirm")
        desk.team.type("receivables", "F-5", "id", "F-50")  # the row shows an invoice that is gone
        desk.take()
        assert desk.rows("payments") == []
        assert codes(desk) == ["damaged_match"]
        assert desk.only()["receivable"] == "F-5"


# ---- once


def test_reading_again_adds_nothing_whatever_period_the_file_has() -> None:
    with office(trust_certain_matches=True) as desk:
        one, two = pix("03-21", "100", txid=A), pix("03-22", "9.99", payer="OUTRO")
        desk.take(file_of(one, two))
        first = (desk.rows("payments"), desk.rows("bank_matches"))
        desk.take(file_of(two, one), file_of(one), file_of(one, two))
        assert (desk.rows("payments"), desk.rows("bank_matches")) == first
        assert all(not file.new for file in desk.source.read)


def test_when_the_ledger_is_lost_the_references_in_payments_keep_money_from_counting_twice() -> (
    None
):
    with office(trust_certain_matches=True) as desk:
        text = file_of(pix("03-21", "100", txid=A), pix("03-22", "250", txid=B))
        desk.take(text)
        before = desk.rows("payments")
        desk.lose_the_ledger()
        desk.take(text)
        assert desk.rows("payments") == before
        assert desk.lines() == {}
        assert desk.look().facts.waiting_money == {}


def test_ticks_on_lines_that_a_new_ledger_does_not_know_are_kept() -> None:
    with office() as desk:
        text = file_of(pix("03-21", "100", txid=A))
        desk.take(text)
        line = desk.only()["id"]
        desk.tick(line, "confirm")
        desk.lose_the_ledger()
        desk.take()
        assert desk.only()["id"] == line
        desk.take(text)
        desk.take()
        assert desk.paid() == [("F-1", "Ana", 100)]
        assert desk.lines() == {}


def test_what_a_person_deleted_from_payments_is_not_written_again() -> None:
    with office(trust_certain_matches=True) as desk:
        text = file_of(pix("03-21", "100", txid=A))
        desk.take(text)
        for column in ("paid_on", "receivable", "client", "amount", "reference", "source", "notes"):
            desk.store.type_cell("payments", 2, column, None)
        desk.store.type_cell("payments", 2, "method", None)
        desk.take(text)
        assert desk.rows("payments") == []


@pytest.mark.parametrize("first", ["hand", "bank"])
def test_money_entered_by_hand_and_told_by_the_bank_counts_once(first: str) -> None:
    with office(trust_certain_matches=True) as desk:
        text = file_of(pix("03-21", "100", txid=A))
        if first == "bank":
            desk.take(text)
        desk.enter("F-1", "03-23", "100")
        seen = desk.take(text)
        assert seen.book.unapplied == {}
        assert statuses(desk)["F-1"] is Status.PAID
        assert sum(each.amount for each in seen.facts.payments) == 100
        if first == "bank":
            assert codes(desk) == ["entered_twice"]
        else:
            assert desk.only()["memo"].startswith("Já lançado")
            assert desk.look().facts.waiting_money == {}


@pytest.mark.parametrize("first", ["hand", "bank"])
def test_one_transfer_entered_invoice_by_invoice_counts_once(first: str) -> None:
    with office(trust_certain_matches=True) as desk:
        text = file_of(pix("03-21", "250", txid=B))
        if first == "bank":
            desk.take(text)
        desk.enter("F-2", "03-21", "200")
        desk.enter("F-3", "03-21", "50")
        seen = desk.take(text)
        assert seen.book.unapplied == {}
        assert sum(each.amount for each in seen.facts.payments) == 250


def test_an_invoice_marked_as_paid_by_hand_is_not_paid_again() -> None:
    with office(trust_certain_matches=True) as desk:
        desk.team.type("receivables", "F-1", "paid_on", day("03-21"))
        seen = desk.take(file_of(pix("03-21", "100", txid=A)))
        assert desk.rows("payments") == []
        assert seen.book.unapplied == {}
        desk.tick(desk.only()["id"], "confirm")
        desk.take()
        assert desk.rows("payments") == [], "yes: it is the money that was entered"
        assert desk.lines() == {}


def test_of_two_equal_payments_one_of_which_was_entered_the_second_is_new() -> None:
    with office() as desk:
        desk.enter("F-1", "03-21", "70")
        rows = [pix("03-21", "70", payer="ANA COMERCIO", memo=memo) for memo in ("um", "dois")]
        desk.take(file_of(*rows))
        memos = sorted(str(row["memo"]) for row in desk.lines().values())
        assert sum(memo.startswith("Já lançado") for memo in memos) == 1
        assert desk.look().facts.waiting_money == {"Ana": Decimal(70)}


def test_money_of_another_day_that_may_be_what_was_entered_holds_until_somebody_says() -> None:
    with office() as desk:
        desk.enter("F-1", "03-20", "70")
        desk.take(file_of(pix("03-23", "70", payer="ANA COMERCIO")))
        assert str(desk.only()["memo"]).startswith("Talvez já lançado")
        assert desk.look().facts.waiting_money == {"Ana": Decimal(70)}


def test_a_hand_record_for_one_invoice_is_not_the_money_that_names_another() -> None:
    with office(trust_certain_matches=True) as desk:
        desk.enter("F-5", "03-21", "100")
        desk.take(file_of(pix("03-21", "100", txid=A)))
        assert [row[0] for row in desk.paid()] == ["F-5", "F-1"]


def test_the_same_pix_in_the_pix_list_and_in_the_account_s_statement_counts_once() -> None:
    with office(trust_certain_matches=True) as desk:
        end_to_end = "E18236120202603211230s0123456789"
        desk.take(file_of(pix("03-21", "100", memo=f"PIX {end_to_end}", txid=A)))
        assert desk.paid() == [("F-1", "Ana", 100)]
        text = ofx(Entry(posted="20260321", amount="100.00", memo=f"PIX {end_to_end}"))
        desk.take(text)
        assert str(desk.only()["memo"]).startswith("Já lançado")
        assert len(desk.rows("payments")) == 1


# ---- who waits


def test_while_money_may_be_theirs_all_who_owe_just_that_wait() -> None:
    with office() as desk:
        desk.take(file_of(pix("03-21", "100")))
        row = desk.only()
        assert (row.get("receivable"), row.get("confidence")) == (None, None), "equal: no answer"
        assert desk.look().facts.waiting_money == {"Ana": Decimal(100), "Carla": Decimal(100)}
        reasons = {each.client: each.reason for each in desk.look().plan.decisions}
        assert reasons["Ana"] == reasons["Carla"] == "unapplied_cash"
        assert reasons["Bruno"] != "unapplied_cash"


def test_a_return_file_of_boletos_says_nothing_of_who_paid_otherwise() -> None:
    with office() as desk:
        desk.take(file400("341", Paid(occurred_on=date(2026, 3, 20), credited_on=None)))
        assert desk.source.read[0].statement.end is not None
        assert desk.ledger.bank.until(BOOK) is None
        desk.take(ofx(Entry(posted="20260320"), covers=("20260301", "20260330")))
        assert desk.ledger.bank.until(BOOK) == date(2026, 3, 30)


# ---- money that goes back


def test_a_charge_back_takes_all_that_the_payment_paid_back_and_shows_it() -> None:
    with office(trust_certain_matches=True) as desk:
        desk.take(file_of(pix("03-21", "250", txid=B)))
        back = Entry(
            posted="20260325", amount="-250.00", memo="PIX DEVOLVIDO BRUNO COMERCIO",
            name="BRUNO COMERCIO", kind="DEBIT",
        )  # fmt: skip
        desk.take(ofx(back))
        row = desk.only()
        assert (row["amount"], row["receivable"]) == (-250, "F-2; F-3")
        desk.tick(row["id"], "confirm")
        desk.take()
        assert [row[2] for row in desk.paid()] == [200, 50, -200, -50]
        assert {name: statuses(desk)[name] for name in ("F-2", "F-3")} == {
            "F-2": Status.OVERDUE,
            "F-3": Status.OVERDUE,
        }
        desk.take(ofx(back, Entry(posted="20260326", amount="-250.00", memo="PIX DEVOLVIDO")))
        assert desk.only().get("receivable") is None, "it was undone before"


# ---- files that are refused


def test_a_refused_file_is_refused_whole_and_the_others_are_taken_in() -> None:
    with office() as desk:
        good = file_of(pix("03-21", "100", txid=A))
        bad = file_of(pix("03-21", "250", txid=B), "32/13/2026;1,00;;;;")
        desk.take(bad, good)
        assert [each.path.name for each in desk.source.refused] == ["extrato-0.csv"]
        assert desk.only()["receivable"] == "F-1"
        assert [issue.code for issue in desk.source.issues("en")] == ["bank_file_refused"]


def test_a_line_of_a_day_to_come_waits_for_its_day() -> None:
    with office(trust_certain_matches=True) as desk:
        desk.take(file_of(pix("04-02", "100", txid=A)))
        assert desk.rows("payments") == []
        desk.tick(desk.only()["id"], "confirm")
        desk.take()
        assert desk.rows("payments") == []
        assert desk.only()["receivable"] == "F-1"
        desk.take(today="2026-04-02")
        assert desk.paid() == [("F-1", "Ana", 100)]


def test_while_the_payments_tab_lacks_a_heading_confirmed_money_waits() -> None:
    with office(trust_certain_matches=True) as desk:
        sheet = desk.store._sheets["payments"]
        place = sheet.columns.index("reference")
        sheet.columns[place] = "gone"
        desk.take(file_of(pix("03-21", "100", txid=A)))
        assert desk.rows("payments") == []
        sheet.columns[place] = "reference"
        desk.take()
        desk.take()
        assert desk.paid() == [("F-1", "Ana", 100)]


def test_an_invoice_that_nobody_issued_yet_takes_no_money() -> None:
    later = invoice("F-9", "Ana", "04-20", "100.00", issued_on=day("04-10"))
    with office(more=[later]) as desk:
        desk.take(file_of(pix("03-21", "555", payer="ANA COMERCIO")))
        line = desk.only()["id"]
        desk.tick(line, "receivable_override", "F-9")
        desk.tick(line, "confirm")
        desk.take()
        assert desk.rows("payments") == []
        assert codes(desk) == ["damaged_match"]
