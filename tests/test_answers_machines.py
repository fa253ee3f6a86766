"""Reports of servers and automatic answers are found; people are not taken for them."""

import pytest

from tests.answer_corpus import ANA, LETTER_ID, OURS, Figures, message, read
from tests.answer_machine_corpus import (
    Case,
    automatic,
    bounces,
    count,
    fields,
    people,
    report,
    words,
)


def named(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", list(bounces()), ids=named)
def test_a_report_says_whom_it_did_not_reach_and_for_how_long(case: Case) -> None:
    answer = read(case.raw)
    assert answer.kind == "bounce"
    assert answer.bounce is not None
    assert answer.bounce.permanent == case.permanent
    assert answer.bounce.status == case.status
    assert answer.bounce.delayed == case.delayed
    assert answer.bounce.addresses == ((ANA,) if case.names_recipient else ())
    assert answer.bounce.message_id == (LETTER_ID if case.names_message else "")
    assert answer.choice is None


@pytest.mark.parametrize("case", list(automatic()), ids=named)
def test_an_automatic_answer_is_no_persons_and_chooses_nothing(case: Case) -> None:
    answer = read(case.raw)
    assert answer.kind == "automatic"
    assert answer.choice is None
    assert answer.bounce is None


@pytest.mark.parametrize("case", list(people()), ids=named)
def test_a_person_is_not_taken_for_a_machine(case: Case) -> None:
    assert read(case.raw).kind == "human"


def test_the_figures_of_the_docs_are_counted() -> None:
    found = count(Figures(clear=0, chosen=0, unclear=0, wrong=()))
    assert found.bounces_found == found.permanent_right == found.bounces >= 20
    assert found.automatic_found == found.automatic >= 18
    assert found.people_taken_for_machines == 0 < found.people


def test_of_several_recipients_the_worst_decides_and_all_are_named() -> None:
    caio = "caio@aurora.example.com"
    raw = report(
        "two failed",
        fields("delayed", "4.4.1", "timed out", recipient=caio)
        + "\n\n"
        + fields("failed", "5.1.1", "unknown"),
    )
    bounce = read(raw).bounce
    assert bounce is not None
    assert bounce.permanent
    assert bounce.status == "5.1.1"
    assert set(bounce.addresses) == {ANA, caio}


def test_our_own_addresses_are_never_those_that_bounced() -> None:
    raw = words(
        f"Undeliverable. From {OURS} to {ANA}: user unknown",
        sender="postmaster@example.net",
        subject="Undeliverable: x",
    )
    bounce = read(raw).bounce
    assert bounce is not None
    assert bounce.addresses == (ANA,)


def test_the_words_of_our_returned_letter_do_not_decide() -> None:
    """A letter about days of delay says nothing about the delay of a message."""
    raw = words(
        f"<{ANA}>: user unknown\n\nReceived: by mx\nSubject: x\n\nEm atraso. 4.2.2 mailbox full",
        sender="mailer-daemon@example.net",
        subject="Undelivered Mail Returned to Sender",
    )
    bounce = read(raw).bounce
    assert bounce is not None
    assert bounce.permanent
    assert not bounce.delayed


def test_a_person_cannot_report_a_bounce_in_words() -> None:
    """Ana writes as a server would; only a server's sender or its empty path makes it one."""
    text = f"Undelivered Mail Returned to Sender\n<{ANA}>: 550 5.1.1 user unknown"
    answer = read(message(text, subject="Undelivered Mail Returned to Sender"))
    assert answer.kind == "human"
    assert answer.bounce is None
