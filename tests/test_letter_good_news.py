"""Letters that ask kindly, thank or confirm: the discount in time, boletos, plans, points."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path
from types import MappingProxyType

import pytest

from mailer.errors import InconsistentValues
from mailer.letter import OnTime, check_values
from mailer.pix import read_payload
from sync.domain.decisions import Standing, Status
from sync.domain.facts import Facts, Negotiation, NegotiationKind, Outcome, Payment, Reminder
from sync.domain.standing import book
from sync.letters import Letter
from tests.boletos import boleto
from tests.correspondence import item, values
from tests.letter_stories import (
    AT,
    SAO_PAULO,
    SETTINGS,
    TODAY,
    Story,
    aurora,
    invoice,
    planned,
)

FIVE_OFF = replace(SETTINGS, on_time_discount=Decimal("0.05"))
FRIDAY = TODAY + timedelta(days=3)
REF = "M-ABCDEFGHIJ"


def before_due(*rows: object, language: str | None = None) -> Story:
    return Story(
        rows=rows,  # type: ignore[arg-type]  # invoices
        letter="before_due",
        offset=-3,
        settings=FIVE_OFF,
        client=aurora(language),
    )


def codes_in(letter: Letter) -> list[dict[str, str]]:
    lines = letter.message.text.splitlines()
    return [read_payload(line) for line in lines if line.startswith("000201")]


# -- the discount for paying in time


def test_before_the_due_date_the_letter_says_what_holds_until_when() -> None:
    letter = before_due(invoice("NF-7", FRIDAY)).letter_written()
    text = letter.message.text
    assert "Pagando até 27/11/2026: R$ 950,00 (desconto de 5% por pontualidade)" in text
    assert "Pague com Pix: R$ 950,00\nO valor vale até 27/11/2026." in text
    assert [code["54"] for code in codes_in(letter)] == ["950.00"]
    assert (letter.total, letter.valid_until) == (Decimal("950.00"), FRIDAY)


def test_several_invoices_have_one_amount_until_the_first_of_their_days() -> None:
    rows = invoice("NF-7", FRIDAY), invoice("NF-8", FRIDAY, "250.10")
    letter = before_due(*rows, language="en").letter_written()
    text = letter.message.text
    assert "Paid by Nov 27, 2026: R$950.00 (5% off for paying on time)" in text
    assert "Paid by Nov 27, 2026: R$237.60 (5% off for paying on time)" in text
    assert "All with the discount, paid by Nov 27, 2026:\n" in text
    assert letter.total == Decimal("1187.60")
    assert [code["54"] for code in codes_in(letter)] == ["1187.60"]
    assert "R$1,187.60" in letter.message.html.replace("\xa0", "")


def test_a_due_date_on_a_saturday_holds_until_monday() -> None:
    saturday = date(2026, 11, 28)
    story = replace(before_due(invoice("NF-7", saturday)), today=date(2026, 11, 25))
    letter = story.letter_written()
    assert letter.valid_until == date(2026, 11, 30)
    assert "Pagando até 30/11/2026" in letter.message.text


def test_what_was_paid_already_comes_off_the_discounted_amount() -> None:
    story = before_due(invoice("NF-7", FRIDAY, paid_on=TODAY, paid_amount=Decimal(300)))
    letter = story.letter_written()
    assert letter.total == Decimal("650.00")
    facts = with_money(story.facts, "NF-7", "950.00", FRIDAY)
    assert standing(facts, "NF-7", FRIDAY).status is Status.PAID


def test_after_the_due_date_nobody_is_told_of_a_discount() -> None:
    late = Story(offers=False, rows=[invoice("NF-1", TODAY - timedelta(days=4))], settings=FIVE_OFF)
    ahead = Story(rows=[invoice("NF-7", FRIDAY)], letter="before_due", offset=-3)
    for story in (late, ahead):
        text = story.letter_written().message.text
        assert "Vencimento" in text
        assert "Pagando até" not in text
        assert "pontualidade" not in text


def with_money(facts: Facts, name: str, amount: str, on: date) -> Facts:
    row = replace(facts.receivables[name], paid_on=None, paid_amount=None)
    money = Payment(paid_on=on, amount=Decimal(amount), receivable=name)
    return replace(facts, receivables={name: row}, payments=(money,))


def standing(facts: Facts, name: str, on: date) -> Standing:
    return book(facts, SAO_PAULO, on).standings[name]


def told(story: Story, letter: Letter) -> Facts:
    """The facts after the letter left, as History tells of it."""
    decision, _ = story.decided()
    reminder = Reminder(
        reference=letter.reference,
        client="Aurora",
        at=AT.replace(tzinfo=None),
        step="passo",
        channel=decision.step.channel,  # type: ignore[union-attr]  # it has a step
        outcome=Outcome.SENT,
        keys=decision.keys,
        total=letter.total,
        valid_until=letter.valid_until,
        receivables=("NF-7",),
    )
    return replace(story.facts, reminders=(reminder,))


@pytest.mark.parametrize(("days", "status"), [(0, Status.PAID), (3, Status.OVERDUE)])
def test_the_discounted_amount_settles_in_time_and_never_later(days: int, status: Status) -> None:
    story = before_due(invoice("NF-7", FRIDAY))
    facts = told(story, story.letter_written())
    paid_on = FRIDAY + timedelta(days=days)
    assert standing(with_money(facts, "NF-7", "950.00", paid_on), "NF-7", paid_on).status is status


def test_the_check_would_catch_an_amount_that_outlives_its_discount() -> None:
    story = before_due(invoice("NF-7", FRIDAY))
    letter = story.letter_written()
    wrong = told(story, replace(letter, valid_until=FRIDAY + timedelta(days=5)))
    monday = FRIDAY + timedelta(days=3)
    paid = with_money(wrong, "NF-7", "950.00", monday)
    assert standing(paid, "NF-7", monday).status is Status.PAID, "the mutant closes it too late"


def test_a_letter_whose_amount_outlives_its_discount_does_not_leave() -> None:
    early = OnTime(amount=Decimal("950.00"), until=date(2026, 3, 31), discount=Decimal("0.05"))
    plain = item(days=-4, fee="0.00", interest="0.00")
    about = values(replace(plain, on_time=early), pix=False)
    with pytest.raises(InconsistentValues, match="discount ends"):
        check_values(about)
    check_values(replace(about, quote_valid_until=date(2026, 3, 31)))
    for amount in ("1000.00", "0.00", "-1.00"):
        wrong = replace(plain, on_time=replace(early, amount=Decimal(amount)))
        with pytest.raises(InconsistentValues, match="no discount"):
            check_values(replace(about, items=(wrong,), quote_valid_until=date(2026, 3, 31)))


# -- boletos


def test_a_boletos_line_stands_in_its_printed_groups_and_breaks_only_between_them() -> None:
    slip = boleto(Decimal("1000.00"), TODAY - timedelta(days=50))
    line = "".join(mark for mark in slip if mark.isdigit())
    groups = f"{line[:5]}.{line[5:10]} {line[10:15]}.{line[15:21]} {line[21:26]}.{line[26:32]}"
    groups += f" {line[32]} {line[33:]}"
    row = invoice("NF-1", TODAY - timedelta(days=50), method="boleto", payment_code=line)
    message = Story(rows=[row]).letter_written().message
    assert f"  {groups}\n" in message.text
    spans = [f'nowrap;">{group}</span>' for group in groups.split()]
    assert all(span in message.html for span in spans)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("https://pay.example.com/nf-1", 'href="https://pay.example.com/nf-1"'),
        ("javascript:alert(1)", ">javascript:alert(1)</span>"),
        ("PEDIDO 77", ">PEDIDO</span>"),
    ],
)
def test_links_stay_links_and_only_safe_ones(code: str, shown: str) -> None:
    row = invoice("NF-1", TODAY - timedelta(days=50), payment_code=code)
    message = Story(rows=[row]).letter_written().message
    assert shown in message.html
    assert 'href="javascript' not in message.html


# -- a plan confirmed


def confirmed(
    *amounts: str,
    language: str | None = None,
    settings: object = SETTINGS,
    paid: Mapping[int, date] = MappingProxyType({}),
) -> Letter:
    parts = planned(REF, *amounts)
    for number, on in paid.items():
        parts[number - 1] = replace(parts[number - 1], paid_on=on)
    rows = [invoice("NF-1", TODAY - timedelta(days=50)), invoice("NF-2", TODAY - timedelta(days=9))]
    story = Story(
        rows=rows,
        letter="confirmation",
        parts=parts,
        client=aurora(language),
        settings=settings,  # type: ignore[arg-type]  # the team's settings
    )
    agreement = Negotiation(
        at=TODAY,
        client="Aurora",
        kind=NegotiationKind.AGREEMENT,
        ref=REF,
        receivables=("NF-1", "NF-2"),
        amount=sum(map(Decimal, amounts), Decimal(0)),
        instalments=len(amounts),
    )
    first = Reminder(
        reference="RAAAAAAAAAAA",
        client="Aurora",
        at=AT.replace(tzinfo=None) - timedelta(days=2),
        step="passo",
        channel=story.facts.ladders["p"][0].channel,
        outcome=Outcome.REPLIED,
        message_id="<regua.first@exemplo.com.br>",
        keys=Story(rows=rows).decided()[0].keys,
    )
    facts = replace(story.facts, negotiations=(agreement,), reminders=(first,))
    its_book = book(facts, SAO_PAULO, TODAY)
    standings = [its_book.standings[part.id] for part in parts]
    return story.desk(its_book).write(story.reserved("confirmation", standings), facts, AT)


def test_a_confirmation_shows_the_plan_and_a_pix_code_for_each_instalment() -> None:
    letter = confirmed("500.00", "500.00", "500.01")
    text = letter.message.text
    assert "Parcela 1 de 3  01/12/2026    R$ 500,00\n  NF-1, NF-2" in text
    assert "Total                       R$ 1.500,01" in text
    assert "Parcela 3 de 3: R$ 500,01 até 01/02/2027:\n000201" in text
    codes = codes_in(letter)
    assert [code["54"] for code in codes] == ["500.00", "500.00", "500.01"]
    txids = [f"{letter.reference}{number:02}" for number in (1, 2, 3)]
    assert [code["62.05"] for code in codes] == txids
    assert all(len(txid) <= 25 and txid.isalnum() for txid in txids)
    assert "Se já pagou" not in text
    assert letter.total == Decimal("1500.01")


def test_a_confirmation_in_english_and_one_that_is_paid_at_once() -> None:
    text = confirmed("500.00", "500.00", language="en").message.text
    assert "Instalment 2 of 2: R$500.00 by Jan 1, 2027:" in text
    assert "Pix for each instalment" in text
    once = confirmed("1500.00")
    assert "Pagamento único" in once.message.text
    assert [code["62.05"] for code in codes_in(once)] == [f"{once.reference}01"]


def test_a_confirmation_without_a_pix_key_shows_the_plan_alone() -> None:
    letter = confirmed("500.00", "500.00", settings=replace(SETTINGS, pix_key=None))
    assert codes_in(letter) == []
    assert "Pix" not in letter.message.text
    assert "Parcela 2 de 2" in letter.message.text


def test_a_confirmation_stands_in_the_talk_about_the_invoices() -> None:
    parsed = message_from_bytes(confirmed("500.00", "500.00").message.raw, policy=policy.default)
    assert parsed["In-Reply-To"] == "<regua.first@exemplo.com.br>"


def test_a_long_plan_stays_below_what_mail_programs_hide_and_says_what_is_left_out() -> None:
    letter = confirmed(*["100.00"] * 60)
    assert len(letter.message.html.encode()) < 100_000
    assert len(codes_in(letter)) == 30
    assert "Os códigos das outras 30 parcelas seguem com o lembrete de cada uma." in (
        letter.message.text
    )


def test_an_instalment_that_was_paid_meanwhile_is_not_asked_for_again() -> None:
    letter = confirmed("500.00", "500.00", "500.01", paid={1: TODAY})
    text = letter.message.text
    assert "Parcela 1 de 3" not in text
    assert [code["54"] for code in codes_in(letter)] == ["500.00", "500.01"]
    assert [code["62.05"][-2:] for code in codes_in(letter)] == ["02", "03"]
    assert letter.total == Decimal("1000.01")


# -- thank you


def thanked(points: int = 0, language: str | None = None) -> Letter:
    rows = [
        invoice("NF-1", TODAY - timedelta(days=50), paid_on=TODAY - timedelta(days=51)),
        invoice("NF-2", TODAY - timedelta(days=20), paid_on=TODAY - timedelta(days=21)),
        invoice("NF-3", TODAY - timedelta(days=20), paid_on=TODAY - timedelta(days=2)),
    ]
    story = Story(
        rows=rows,
        letter="thanks",
        settings=replace(SETTINGS, points=points),
        client=aurora(language),
    )
    its_book = book(story.facts, SAO_PAULO, TODAY)
    decision = story.reserved("thanks", [its_book.standings["NF-2"]])
    return story.desk(its_book).write(decision, story.facts, AT)


def test_a_thank_you_asks_for_nothing() -> None:
    letter = thanked()
    text = letter.message.text
    assert "Recebemos o seu pagamento de NF-2. Muito obrigado!" in text
    for word in ("R$", "Pix", "Se já pagou", "pontos", "Já paguei"):
        assert word not in text
    assert letter.total == 0
    assert letter.offered == ()


def test_points_stand_above_the_signature_when_the_team_counts_them() -> None:
    text = thanked(points=60).message.text
    assert "Você tem 120 pontos por pagar em dia. Obrigado!\n\nEquipe Financeira\n" in text
    english = thanked(points=60, language="en")
    assert "You have 120 points for paying on time. Thank you!\n\nEquipe" in english.message.text
    html = english.message.html
    assert html.index("120 points") < html.index("Equipe Financeira</bdi>")


# -- the picture, as a bank's app sees it


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed")
def test_a_camera_reads_the_first_instalments_code_from_the_message(tmp_path: Path) -> None:
    letter = confirmed("500.00", "500.01")
    parsed = message_from_bytes(letter.message.raw, policy=policy.default)
    (image,) = [part for part in parsed.walk() if part.get_content_type() == "image/png"]
    (tmp_path / "code.png").write_bytes(image.get_content())
    seen = subprocess.run(
        ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(tmp_path / "code.png")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.rstrip("\n")
    assert read_payload(seen) == codes_in(letter)[0]
