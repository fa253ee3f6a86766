"""Whose an answer is, and of which day: addresses, threads, reports, other workbooks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from mailer.answers import Answer, read_answer
from tests.answered_office import (
    ANA,
    ANSWERED,
    BIA,
    TEAM,
    THIRD,
    TWINS,
    Past,
    accepted,
    kinds,
    live_past,
    opened,
    run,
)
from tests.customers import SAO_PAULO, Desk, bounced, press, reply, written
from tests.fakes.imap import LocalImap
from tests.fakes.smtp import LocalSmtp
from tests.workbooks import edit, make


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    return live_past(tmp_path_factory.mktemp("past") / "office")


@pytest.fixture
def desk(past: Past, tmp_path: Path) -> Iterator[Desk]:
    with LocalSmtp() as smtp, LocalImap() as imap:
        yield opened(past, tmp_path / "office", smtp, imap)


# When and for whom.


def test_an_answer_is_of_the_team_s_day_whatever_the_server_s_zone_and_clock(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_evening = datetime(2026, 3, 24, 2, 30, tzinfo=UTC)
    desk.receive(press(past.letter("Ana").link("-D-"), ANA, ANSWERED), late_evening)
    tomorrow = datetime(2026, 3, 25, 3, 0, tzinfo=UTC)
    desk.receive(press(past.letter("Bia").link("-D-"), BIA, ANSWERED), tomorrow)
    assert run(desk, monkeypatch) == 0
    moments = {row["client"]: str(row["at"]) for row in desk.rows("negotiations")}
    assert moments == {
        "Ana": "2026-03-23 23:30:00",
        "Bia": "2026-03-24 09:00:00",  # a clock that is ahead: now at the latest
    }
    assert desk.rows("issues") == []


def test_words_from_an_address_that_two_clients_share_hold_both_a_link_only_its_own(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(written(TWINS, TEAM, "Boletos", "Quem fala?", ANSWERED), ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Caio", "Contact"), ("Davi", "Contact")]
    pressed = press(past.letter("Davi").link("-D-"), TWINS, ANSWERED)
    desk.receive(pressed, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk)[2:] == [("Davi", "Dispute")]


def test_what_is_about_nothing_of_ours_is_no_row_and_stays_as_it_was(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.configure(flag=r"\Flagged")
    before = datetime(2026, 3, 2, 10, 0, tzinfo=SAO_PAULO)
    letters = [
        written("shop@example.org", TEAM, "Catalogue", "Option 2 is cheap", ANSWERED),
        written(ANA, TEAM, "Order", "Please send ten more.", before),  # before our first message
        written(TEAM, ANA, "Re: option 2", "We accept option 2", ANSWERED),
        written("news@example.org", TEAM, "Unsubscribe", "unsubscribe", ANSWERED),
    ]
    newsletter = written(ANA, TEAM, "Our news", "Option 2!", datetime(2026, 4, 6, tzinfo=SAO_PAULO))
    newsletter["Precedence"] = "bulk"
    at = [ANSWERED, before, ANSWERED, ANSWERED]
    others = [desk.receive(each, when) for each, when in zip(letters, at, strict=True)]
    others.append(desk.receive(newsletter, datetime(2026, 4, 6, 9, 0, tzinfo=SAO_PAULO)))
    ours = desk.receive(press(past.letter("Bia").link("-C-"), BIA, ANSWERED), ANSWERED)
    assert run(desk, monkeypatch, "2026-04-06T10:00:00-03:00") == 0
    assert kinds(desk) == [("Bia", "Contact")]
    assert desk.imap.flags(ours) == {"\\Flagged"}
    assert all(desk.imap.flags(uid) == frozenset() for uid in others)


def test_two_workbooks_share_a_mailbox_and_each_has_its_own_answers(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": "X-1", "client": "Ana Ltda", "due_on": date(2026, 3, 13), "amount": Decimal(50)}]
    second = make(desk.book.with_name("second.xlsx"), rows, [{"client": "Ana Ltda", "email": ANA}])
    config = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(
        config.replace("[mail]", '[[workbooks]]\nname = "second"\npath = "second.xlsx"\n[mail]'),
        encoding="utf-8",
    )
    assert run(desk, monkeypatch) == 0
    desk.receive(accepted(past), ANSWERED)
    morning = datetime(2026, 3, 24, 10, 0, tzinfo=SAO_PAULO)
    desk.receive(press(past.letter("Bia").link("-D-"), BIA, morning), morning)
    assert run(desk, monkeypatch, "2026-03-24T11:00:00-03:00") == 0
    assert kinds(desk) == [("Ana", "Agreement"), ("Bia", "Dispute")]
    other = Desk(second, desk.smtp, desk.imap)
    assert len(other.rows("history")) == 1
    assert kinds(other) == []


def test_a_run_of_another_day_leaves_the_mailbox_alone(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    asked = desk.imap.connections
    outbox = str(desk.book.parent / "outbox")
    assert run(desk, monkeypatch, THIRD, "--date", "2026-03-20", "--outbox", outbox) == 0
    assert desk.imap.connections == asked
    assert kinds(desk) == []


def test_an_answer_to_a_message_about_an_instalment_holds_the_plan(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    assert run(desk, monkeypatch) == 0
    first = min(str(part["due_on"])[:10] for part in desk.rows("instalments"))
    before = f"{date.fromisoformat(first) - timedelta(days=3)}T09:00:00-03:00"
    while datetime.fromisoformat(before).weekday() > 4:
        before = (datetime.fromisoformat(before) - timedelta(days=1)).isoformat()
    assert run(desk, monkeypatch, before) == 0
    (letter,) = (each for each in desk.delivered()[1:] if str(each.message["To"]) == ANA)
    later = datetime.fromisoformat(before).replace(hour=15)
    desk.receive(reply(letter, ANA, "já paguei", later), later)
    after = datetime.fromisoformat(before).replace(hour=16)
    assert run(desk, monkeypatch, after.isoformat()) == 0
    assert kinds(desk) == [("Ana", "Agreement"), ("Ana", "Says paid")]
    assert desk.rows("issues") == []
    parts = [part for part in desk.rows("instalments") if part["instalment"]]
    assert all("wrote" in str(part["hold_reason"]) for part in parts)


def test_two_messages_that_bear_the_same_message_id_are_two(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some programs and gateways give every message the same one."""
    for said in ("Quem fala?", "contesto essa cobrança"):
        message = reply(past.letter("Bia"), BIA, said, ANSWERED)
        message.replace_header("Message-ID", "<1@localhost>")
        desk.receive(message, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Bia", "Contact"), ("Bia", "Dispute")]


def test_the_same_message_by_two_ways_is_one(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = accepted(past)
    desk.receive(message, ANSWERED)
    message["Received"] = "from list.example.com by mx.example.com; Mon, 23 Mar 2026 15:00:02 -0300"
    desk.receive(message, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Agreement")]


def test_a_message_that_nobody_can_make_sense_of_stops_no_other(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(raw: bytes, **more: Any) -> Answer:
        if b"bia@" in raw.partition(b"\r\n\r\n")[0]:
            raise RecursionError("a part in a part in a part")
        return read_answer(raw, **more)

    desk.receive(press(past.letter("Bia").link("-D-"), BIA, ANSWERED), ANSWERED)
    desk.receive(accepted(past), ANSWERED)
    with monkeypatch.context() as broken:
        broken.setattr("sync.conversation.read_answer", fails)
        assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Agreement")]
    assert "RecursionError" in str(desk.rows("runs")[-1]["notes"])
    assert run(desk, monkeypatch) == 0, "once the program is mended"
    assert kinds(desk) == [("Ana", "Agreement"), ("Bia", "Dispute")]


def test_without_the_tab_they_go_to_answers_wait(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(accepted(past), ANSWERED)
    whole = desk.book.read_bytes()
    book = load_workbook(desk.book)
    del book["Negotiations"]
    book.save(desk.book)
    assert run(desk, monkeypatch) == 0
    desk.book.write_bytes(whole)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Agreement")]


# Messages that come back.


def outcome_of(desk: Desk, client: str) -> object:
    return [row["outcome"] for row in desk.rows("history") if row["client"] == client][-1]


def test_a_message_that_did_not_arrive_this_time_is_noted_and_no_more(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(bounced(past.letter("Ana"), ANSWERED, "4.2.2"), ANSWERED)
    assert run(desk, monkeypatch) == 0
    (row,) = desk.rows("negotiations")
    assert (row["client"], row["kind"]) == ("Ana", "Note")
    assert "did not arrive this time (4.2.2)" in str(row["notes"])
    assert outcome_of(desk, "Ana") == "Sent"
    assert desk.rows("issues") == []


def test_a_report_that_cites_no_message_is_about_the_last_one_to_that_address(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.receive(bounced(past.letter("Bia"), ANSWERED, cites=False), ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Bia", "Note")]
    assert outcome_of(desk, "Bia") == "Bounced"
    assert [row["value"] for row in desk.rows("issues")] == [BIA]


def test_a_copy_that_came_back_does_not_say_that_the_client_s_address_is_wrong(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(desk.book, "clients", "Ana", cc="contador@example.net")
    report = bounced(past.letter("Ana"), ANSWERED, to="contador@example.net")
    desk.receive(report, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == [("Ana", "Note")]
    assert outcome_of(desk, "Ana") == "Sent"


def test_a_report_about_nobody_of_ours_is_no_row(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = bounced(past.letter("Ana"), ANSWERED, to="shop@example.net", cites=False)
    desk.receive(stranger, ANSWERED)
    assert run(desk, monkeypatch) == 0
    assert kinds(desk) == []


# Unsubscribing holds until a person closes the row.


def test_who_wants_no_more_messages_gets_none_until_a_person_closes_the_row(
    past: Past, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = str(past.letter("Ana").message["List-Unsubscribe"]).strip("<>")
    desk.receive(press(header, ANA, ANSWERED), ANSWERED)
    desk.receive(written(BIA, TEAM, "descadastrar", "", ANSWERED), ANSWERED)
    assert run(desk, monkeypatch) == 0
    rows = desk.rows("negotiations")
    assert [(row["client"], row["kind"]) for row in rows] == [
        ("Ana", "Refusal"),
        ("Bia", "Refusal"),
    ]
    assert all(str(row["ref"]).startswith("U-") for row in rows)

    def reasons(moment: str) -> dict[str, str]:
        monkeypatch.setenv("REGUA_NOW", moment)
        assert run(desk, monkeypatch, moment) == 0
        found = desk.rows("receivables")
        return {str(row["client"]): str(row["hold_reason"]) for row in found}

    months_later = reasons("2026-06-15T09:00:00-03:00")
    assert "no messages" in months_later["Ana"]
    assert "no messages" in months_later["Bia"]
    edit_row(desk, "Ana", closed_on=date(2026, 6, 15))
    a_day_later = reasons("2026-06-16T09:00:00-03:00")
    assert "no messages" not in a_day_later["Ana"]
    assert "no messages" in a_day_later["Bia"]


def edit_row(desk: Desk, client: str, **values: object) -> None:
    (ref,) = (str(r["ref"]) for r in desk.rows("negotiations") if r["client"] == client)
    edit(desk.book, "negotiations", ref, **values)
