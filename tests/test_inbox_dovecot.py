"""The same promises on the server that most hosting companies run."""

from datetime import UTC, datetime

import pytest

from mailer.errors import ConfigurationError
from mailer.inbox import ImapInbox
from tests.answer_corpus import message
from tests.fakes.dovecot import LocalDovecot, why_not

# Long ago: Dovecot takes a date that is still to come for a mistake.
ARRIVED = datetime(2020, 3, 27, 13, 0, tzinfo=UTC)


def inbox(server: LocalDovecot, **changes: str) -> ImapInbox:
    return ImapInbox(
        host=server.host,
        port=server.port,
        security="none",
        user=server.user,
        password=server.password,
        **changes,  # type: ignore[arg-type]  # flag, folder or move_to
    )


def flags(server: LocalDovecot, folder: str = "INBOX") -> list[str]:
    with server.client() as person:
        person.select(folder, readonly=True)
        said = person.uid("FETCH", "1:*", "(FLAGS)")[1]
    lines = [line.decode() for line in said if isinstance(line, bytes)]
    return [
        line.partition("FLAGS (")[2].partition(")")[0].replace("\\Recent", "").strip()
        for line in lines
    ]


@pytest.mark.heavy
def test_dovecot_gives_every_message_once_and_keeps_what_people_left() -> None:
    if why_not():
        pytest.skip(why_not())
    answers = [message(f"resposta {n}") for n in range(3)]
    with LocalDovecot() as server:
        with server.client() as person:
            for raw in answers:
                person.append("INBOX", "", ARRIVED, raw)
            person.create("Tratadas")
            person.select("INBOX")
            person.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        with inbox(server, flag="$Regua") as box:
            box.check()
            found = list(box.new_messages(lambda _validity, _uid: False))
            assert [mail.raw for mail in found] == answers
            assert {mail.received_at for mail in found} == {ARRIVED}
            assert flags(server) == [r"\Deleted", "", ""]
            box.done(found[1])
        assert flags(server) == [r"\Deleted", "$Regua", ""]
        with inbox(server, move_to="Tratadas") as box:
            box.check()
            box.done(found[2])
            box.done(found[2])
        assert flags(server) == [r"\Deleted", "$Regua"]
        assert flags(server, "Tratadas") == [""]
        with inbox(server, folder="Nenhures") as box, pytest.raises(ConfigurationError):
            box.check()
