"""The whole way through real servers: Postfix carries letters and answers, Dovecot keeps them."""

import imaplib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from sync.cli import main
from tests.customers import SAO_PAULO, Delivered, press
from tests.fakes import dovecot, postfix
from tests.fakes.dovecot import LocalDovecot
from tests.fakes.postfix import LocalPostfix
from tests.workbooks import make, rows_of

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(bool(dovecot.why_not()), reason=dovecot.why_not() or "Dovecot is here"),
    pytest.mark.skipif(bool(postfix.why_not()), reason=postfix.why_not() or "Postfix is here"),
]

TEAM, ANA, BIA, GIL = (f"{name}@example.com" for name in ("financeiro", "ana", "bia", "gil"))


@pytest.fixture
def homes() -> Iterator[Path]:
    """Where the customers' mail stands; not pytest's folder, which is root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="regua-customers-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def configured(folder: Path, smtp: LocalPostfix, imap: LocalDovecot) -> Path:
    config = folder / "regua.toml"
    config.write_text(
        f"""
[[workbooks]]
name = "main"
path = "book.xlsx"
[mail]
host = "{smtp.host}"
port = {smtp.port}
security = "none"
from = "Financeiro <{TEAM}>"
[inbox]
host = "{imap.host}"
port = {imap.port}
security = "none"
user = "{imap.user}"
since_days = 4000
flag = "$Regua"
""",
        encoding="utf-8",
    )
    return config


def test_letters_and_answers_go_through_postfix_and_dovecot(
    tmp_path: Path, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"id": f"NF-{n}", "client": name, "due_on": date(2026, 3, 6), "amount": Decimal(1000)}
        for n, name in enumerate(("Ana", "Bia", "Gil"), 1)
    ]
    book = make(tmp_path / "book.xlsx", rows)
    with LocalDovecot() as imap:
        boxes = {TEAM: imap.maildir, ANA: homes / "ana", BIA: homes / "bia"}
        with LocalPostfix(boxes) as smtp:
            config = configured(tmp_path, smtp, imap)
            monkeypatch.setenv("REGUA_IMAP_PASSWORD", imap.password)

            def run(moment: str) -> None:
                monkeypatch.setenv("REGUA_NOW", moment)
                assert main(["run", "--config", str(config)]) == 0

            # Ana and Bia are reminded twice; Gil's address does not exist, and Postfix says so.
            run("2026-03-16T09:00:00-03:00")
            smtp.arrived(TEAM, 1)
            smtp.received_at(TEAM, datetime(2026, 3, 16, 9, 1, tzinfo=SAO_PAULO))
            run("2026-03-23T09:00:00-03:00")
            assert sorted(map(kind_and_client, rows_of(book, "negotiations"))) == ["Gil Note"]
            letters = {name: with_options(smtp.arrived(name, 2)) for name in (ANA, BIA)}

            # Ana takes the second option, Bia disputes, each from their own mail program.
            afternoon = datetime(2026, 3, 23, 15, 0, tzinfo=SAO_PAULO)
            for name, choice in ((ANA, "-2-"), (BIA, "-D-")):
                smtp.send(press(letters[name].link(choice), name, afternoon), name, TEAM)
            smtp.arrived(TEAM, 2)
            smtp.received_at(TEAM, afternoon)
            run("2026-03-24T09:00:00-03:00")
            assert sorted(map(kind_and_client, rows_of(book, "negotiations"))) == [
                "Ana Agreement",
                "Bia Dispute",
                "Gil Note",
            ]
            assert len(smtp.arrived(ANA, 3)) == 3, "her confirmation"
            histories = {row["client"]: row["outcome"] for row in rows_of(book, "history")[:3]}
            assert histories["Gil"] == "Bounced"
            assert flags(imap) == [{"$Regua"}] * 3


def with_options(received: list[bytes]) -> Delivered:
    """The letter that offers something, of those in a mailbox."""
    letters = [Delivered(message_from_bytes(raw, policy=policy.default)) for raw in received]
    return next(each for each in letters if any("-2-" in link for link in each.links))


def kind_and_client(row: dict[str, object]) -> str:
    return f"{row['client']} {row['kind']}"


def flags(imap: LocalDovecot) -> list[set[str]]:
    """What marks the messages of the team's mailbox bear; none is read."""
    client = imap.client()
    client.select("INBOX", readonly=True)
    found = []
    for uid in client.uid("SEARCH", "ALL")[1][0].split():
        said = client.uid("FETCH", uid.decode(), "(FLAGS)")[1][0]
        assert isinstance(said, bytes)
        found.append({each.decode() for each in imaplib.ParseFlags(said)} - {"\\Recent"})
    client.logout()
    return found
