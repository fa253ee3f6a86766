"""What explains one invoice: every rung with its state, every message, what is owed and why not."""

from datetime import date

from sync.domain.decisions import Reason, Status
from sync.domain.explain import Explanation, RungState, explain
from sync.domain.facts import Outcome
from tests.domain_language import CALENDAR, run_example


def explained(story: str, on: date, invoice: str = "F-1") -> Explanation:
    found = explain(run_example(story).facts(), CALENDAR, on, invoice)
    assert found is not None
    return found


def rungs(found: Explanation) -> list[tuple[str, RungState, date | None, Reason | None]]:
    return [(line.step, line.state, line.on, line.reason) for line in found.rungs]


def test_every_rung_of_an_ordinary_invoice_says_what_became_of_it() -> None:
    found = explained(
        """
        invoice F-1 Padaria 2026-03-10 1000.00
        run 2026-03-06
        run 2026-03-13
        """,
        date(2026, 3, 16),
    )
    assert rungs(found) == [
        ("before", RungState.SENT, date(2026, 3, 6), None),
        ("today", RungState.PASSED, None, None),
        ("first", RungState.SENT, date(2026, 3, 13), None),
        ("second", RungState.LATER, date(2026, 3, 20), None),
        ("last", RungState.LATER, date(2026, 4, 24), None),
    ]
    assert found.next_on == date(2026, 3, 20)
    assert found.item is not None
    assert found.item.reason is Reason.ALREADY_REMINDED
    assert [message.step for message in found.messages] == ["before", "first"]


def test_the_rung_that_is_due_says_what_it_waits_for() -> None:
    found = explained(
        """
        setting mode approval
        invoice F-1 Padaria 2026-03-10 1000.00
        """,
        date(2026, 3, 13),
    )
    assert ("first", RungState.DUE, date(2026, 3, 13), Reason.NEEDS_APPROVAL) in rungs(found)


def test_a_held_invoice_says_why_on_the_rung_that_would_be_due() -> None:
    found = explained("invoice F-1 Padaria 2026-03-10 1000.00, disputed", date(2026, 3, 13))
    assert ("first", RungState.DUE, date(2026, 3, 13), Reason.DISPUTED) in rungs(found)
    assert found.standing.status is Status.DISPUTED
    assert found.next_on is None


def test_what_is_owed_comes_with_its_memory() -> None:
    found = explained(
        """
        setting late_fee 2%
        setting monthly_interest 1%
        invoice F-1 Padaria 2026-03-10 1000.00
        """,
        date(2026, 3, 27),
    )
    assert str(found.charge.total_due) == "1025.67"
    assert [(s.days, str(s.interest), str(s.fee)) for s in found.charge.memory] == [
        (17, "5.67", "20.00")
    ]


def test_a_paid_invoice_is_explained_too() -> None:
    found = explained(
        """
        setting late_fee 2%
        invoice F-1 Padaria 2026-03-10 1000.00
        run 2026-03-13
        change F-1 paid 2026-03-14
        """,
        date(2026, 3, 16),
    )
    assert found.standing.status is Status.PAID
    assert found.decision is None
    assert found.charge.memory
    assert [line.state for line in found.rungs if line.step != "first"] == [RungState.PASSED] * 4


def test_outcomes_that_are_no_success_are_told_apart() -> None:
    for outcome, state in [
        (Outcome.UNCERTAIN, RungState.UNCERTAIN),
        (Outcome.BOUNCED, RungState.BOUNCED),
        (Outcome.SKIPPED, RungState.SKIPPED),
    ]:
        found = explained(
            f"""
            invoice F-1 Padaria 2026-03-10 1000.00
            {outcome.value} 2026-03-13 Padaria first F-1
            cancelled 2026-03-12 Padaria first F-1
            """,
            date(2026, 3, 16),
        )
        assert ("first", state, date(2026, 3, 13), None) in rungs(found)
        assert [m.outcome for m in found.messages] == [Outcome.CANCELLED, outcome]


def test_steps_by_hand_inactive_repeated_and_renamed_all_have_their_line() -> None:
    found = explained(
        """
        ladder Standard: a +3 (every 5 max 2), b +9 (inactive), c +20 (whatsapp), d +30
        client Padaria, phone 11999990000
        invoice F-1 Padaria 2026-03-10 1000.00
        run 2026-03-13
        ladder Standard: x +3 (every 5 max 2), b +9 (inactive), c +20 (whatsapp), d +30
        run 2026-03-18
        """,
        date(2026, 4, 9),
    )
    assert [(line.step, line.occurrence, line.state) for line in found.rungs] == [
        ("a", 0, RungState.SENT),
        ("x", 1, RungState.SENT),
        ("x", 2, RungState.PASSED),
        ("b", 0, RungState.INACTIVE),
        ("c", 0, RungState.OVERTAKEN),
        ("d", 0, RungState.DUE),
    ]


def test_a_broken_promise_shows_its_own_rung() -> None:
    found = explained(
        """
        invoice F-1 Padaria 2026-03-10 1000.00
        promise 2026-03-12 Padaria by 2026-03-16 for F-1
        """,
        date(2026, 3, 17),
    )
    assert found.promise is not None
    due = [line.step for line in found.rungs if line.state is RungState.DUE]
    assert due == ["promise_broken"]


def test_an_instalment_and_its_original_name_their_agreement() -> None:
    story = """
        ladder plan: late +2
        invoice F-1 Padaria 2026-03-10 1000.00
        agreement A-1 2026-03-12 Padaria for F-1
        instalment A-1/1 A-1 2026-04-10 1000.00 for F-1
        """
    original = explained(story, date(2026, 3, 16))
    part = explained(story, date(2026, 3, 16), "A-1/1")
    assert original.agreement is not None
    assert part.agreement == original.agreement
    assert original.item is not None
    assert original.item.reason is Reason.IN_PLAN
    assert [line.step for line in part.rungs] == ["late"]


def test_what_does_not_exist_on_the_day_is_not_explained() -> None:
    facts = run_example("invoice F-1 Padaria 2026-03-10 1000.00, issued_on 2026-03-01").facts()
    assert explain(facts, CALENDAR, date(2026, 2, 1), "F-1") is None
    assert explain(facts, CALENDAR, date(2026, 3, 1), "F-9") is None
    assert explain(facts, CALENDAR, date(2026, 3, 1), "F-1") is not None
