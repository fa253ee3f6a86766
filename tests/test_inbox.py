"""The mailbox: every message comes in once, and people find it as they left it."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mailer.errors import ConfigurationError, InboxError, MailError, PasswordMissing
from mailer.inbox import ImapInbox
from mailer.incoming import RawMail
from tests.answer_corpus import message
from tests.fakes.imap import LocalImap, ScriptedImap
from tests.test_mail_account import certificate as certificate  # noqa: PLC0414 - one for SMTP and IMAP

NOW = datetime(2026, 3, 27, 10, 0, tzinfo=timezone(timedelta(hours=-3)))


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalImap]:
    """One server for tests that only read; each has its own folder."""
    with LocalImap() as running:
        yield running


def inbox(server: LocalImap | ScriptedImap, **changes: object) -> ImapInbox:
    given = {
        "host": server.host,
        "port": server.port,
        "security": "none",
        "user": LocalImap.user,
        "password": LocalImap.password,
        "timeout": 20.0,
        **changes,
    }
    return ImapInbox(**given)  # type: ignore[arg-type]  # the tests' own keywords


def nobody(_uidvalidity: int, _uid: int) -> bool:
    return False


def told(number: int) -> bytes:
    return message(f"resposta {number}", subject=f"Re: {number}")


def take(
    box: ImapInbox, known: Callable[[int, int], bool] = nobody
) -> tuple[list[RawMail], MailError | None]:
    """What came in, and how it ended."""
    found: list[RawMail] = []
    try:
        with box:
            found.extend(box.new_messages(known))
    except MailError as error:
        return found, error
    return found, None


# -- an ordinary morning


def test_answers_come_in_oldest_first_to_the_byte_and_nothing_is_marked(shared: LocalImap) -> None:
    shared.create("Manha")
    uids = [shared.deliver(told(n), NOW, folder="Manha") for n in range(3)]
    found, error = take(inbox(shared, folder="Manha"))
    assert error is None
    assert [mail.uid for mail in found] == uids
    assert [mail.raw for mail in found] == [told(n) for n in range(3)]
    assert [mail.received_at for mail in found] == [NOW] * 3
    assert {mail.mailbox for mail in found} == {f"{shared.user}@{shared.host}/Manha"}
    assert [shared.flags(uid, "Manha") for uid in uids] == [frozenset()] * 3


def test_what_is_known_is_not_fetched_again(shared: LocalImap) -> None:
    shared.create("Tarde")
    first, second = (shared.deliver(told(n), NOW, folder="Tarde") for n in range(2))
    found, _ = take(inbox(shared, folder="Tarde"), lambda _validity, uid: uid == first)
    assert [mail.uid for mail in found] == [second]


def test_an_empty_folder_is_no_error(shared: LocalImap) -> None:
    shared.create("Vazia")
    assert take(inbox(shared, folder="Vazia")) == ([], None)


def test_messages_of_long_ago_stay_unread_when_told_so(shared: LocalImap) -> None:
    shared.create("Antiga")
    shared.deliver(told(1), datetime(2020, 5, 1, tzinfo=UTC), folder="Antiga")
    recent = shared.deliver(told(2), NOW, folder="Antiga")
    found, _ = take(inbox(shared, folder="Antiga", since=date(2026, 3, 1)))
    assert [mail.uid for mail in found] == [recent]


def test_of_a_huge_message_only_the_beginning_is_fetched(shared: LocalImap) -> None:
    shared.create("Grande")
    huge = message("já paguei") + b"x" * 50_000
    shared.deliver(huge, NOW, folder="Grande")
    ((mail,), _) = take(inbox(shared, folder="Grande", size_limit=2_000))
    assert mail.cut
    assert mail.size == len(huge)
    assert mail.raw == huge[:2_000]


def test_a_message_of_exactly_the_limit_is_whole(shared: LocalImap) -> None:
    shared.create("Exata")
    shared.deliver(told(1), NOW, folder="Exata")
    ((mail,), _) = take(inbox(shared, folder="Exata", size_limit=len(told(1))))
    assert not mail.cut


def test_folders_with_accents_and_spaces_are_found(shared: LocalImap) -> None:
    with inbox(shared, folder="Cobrança de março") as box, pytest.raises(ConfigurationError):
        box.check()
    from imap_tools.utils import encode_folder  # noqa: PLC0415 - only this name needs it

    shared.create(encode_folder("Cobrança de março").decode())
    assert take(inbox(shared, folder="Cobrança de março")) == ([], None)


# -- what was handled


def test_a_flag_marks_what_was_handled_and_nothing_is_deleted() -> None:
    with LocalImap() as server:
        trash, answer = server.deliver(told(1)), server.deliver(told(2))
        server.mark(trash, r"\Deleted")  # by a person, who may still want it back
        with inbox(server, flag=r"\Flagged") as box:
            box.check()
            for mail in box.new_messages(nobody):
                box.done(mail)
        assert server.flags(answer) == {r"\Flagged"}
        assert server.uids() == [trash, answer]


def test_a_folder_takes_what_was_handled_and_nothing_is_deleted() -> None:
    with LocalImap() as server:
        server.create("Tratadas")
        trash, answer = server.deliver(told(1)), server.deliver(told(2))
        server.mark(trash, r"\Deleted")
        with inbox(server, move_to="Tratadas") as box:
            box.check()
            found = list(box.new_messages(lambda _validity, uid: uid == trash))
            for mail in (*found, *found):  # a second time does nothing
                box.done(mail)
        assert [mail.uid for mail in found] == [answer]
        assert server.uids() == [trash]
        assert len(server.uids("Tratadas")) == 1


def test_after_a_new_numbering_no_other_message_is_marked() -> None:
    with LocalImap() as server:
        server.deliver(told(1))
        with inbox(server, flag=r"\Flagged") as box:
            (mail,) = box.new_messages(nobody)
            box.done(
                RawMail(
                    mailbox=mail.mailbox,
                    uidvalidity=mail.uidvalidity + 1,
                    uid=mail.uid,
                    raw=mail.raw,
                    size=mail.size,
                    received_at=mail.received_at,
                )
            )
        assert server.flags(mail.uid) == frozenset()


def test_another_numbering_is_told_with_each_message() -> None:
    validities = set()
    for _ in range(2):
        with LocalImap() as server:
            server.deliver(told(1))
            ((mail,), _error) = take(inbox(server))
            validities.add(mail.uidvalidity)
    assert len(validities) == 2


@pytest.mark.parametrize(
    "flag", [r"\Seen", r"\Deleted", r"\seen", "a b", "", "x)", "x\r\nA1 LOGOUT"]
)
def test_nothing_marks_messages_read_or_deleted(flag: str) -> None:
    with pytest.raises(ConfigurationError, match="never marked read or deleted"):
        ImapInbox(host="imap.example.com", user="u", password="p", flag=flag)


def test_a_server_that_keeps_no_keywords_is_named_at_the_check(shared: LocalImap) -> None:
    with inbox(shared, flag="$Regua") as box, pytest.raises(ConfigurationError, match="not keep"):
        box.check()


def test_a_missing_folder_to_move_to_is_named_at_the_check(shared: LocalImap) -> None:
    with (
        inbox(shared, move_to="Nenhures") as box,
        pytest.raises(ConfigurationError, match="Nenhures"),
    ):
        box.check()


# -- a server that breaks off


def test_wherever_the_connection_breaks_nothing_is_lost_or_repeated() -> None:
    with LocalImap() as server:
        uids = [server.deliver(told(n)) for n in range(3)]
        said = sum(len(told(n)) for n in range(3)) + 2_500
        broken_off = 0
        for after in range(0, said, 173):
            server.cut_after = after
            first, error = take(inbox(server))
            broken_off += error is not None
            assert error is None or isinstance(error, InboxError), repr(error)
            handled = {mail.uid for mail in first}
            server.cut_after = None
            second, error = take(inbox(server), lambda _validity, uid: uid in handled)  # noqa: B023 - used at once
            assert error is None
            assert [mail.uid for mail in (*first, *second)] == uids
            assert all(mail.raw == told(n) for n, mail in enumerate((*first, *second)))
        assert broken_off > 5


def test_no_server_at_all_is_an_error_with_a_sentence() -> None:
    with LocalImap() as server:
        gone = inbox(server)
    found, error = take(gone)
    assert found == []
    assert isinstance(error, InboxError)
    assert "127.0.0.1" in str(error)


def test_marking_survives_a_server_that_hung_up_meanwhile() -> None:
    with LocalImap() as server:
        server.deliver(told(1))
        with inbox(server, flag=r"\Flagged") as box:
            (mail,) = box.new_messages(nobody)
            assert box._box is not None
            box._box.client.shutdown()
            box.done(mail)
        assert server.flags(mail.uid) == {r"\Flagged"}


# -- servers that say things differently


def scripted(fetch: Callable[[str], bytes | None], *, uids: str = "5 7 9") -> ScriptedImap:
    """A server with a folder of three messages, whose answers to FETCH the test gives."""

    def say(command: str, arguments: str) -> bytes | None:
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1 MOVE\r\n"
        if command in {"SELECT", "EXAMINE"}:
            return b"* 3 EXISTS\r\n* OK [UIDVALIDITY 42] ok\r\n"
        if command == "UID" and arguments.startswith("SEARCH"):
            return f"* SEARCH {uids}\r\n".encode()
        if command == "UID" and arguments.startswith("FETCH"):
            return fetch(arguments.split()[1])
        return b"* BYE\r\n" if command == "LOGOUT" else b""

    return ScriptedImap(say)


def line(uid: str, body: bytes, *, before: bytes = b"", after: bytes = b")\r\n") -> bytes:
    head = f'* 1 FETCH (UID {uid} RFC822.SIZE {len(body)} INTERNALDATE " 7-Mar-2026 09:00:00 -0300"'
    return before + head.encode() + f" BODY[]<0> {{{len(body)}}}\r\n".encode() + body + after


def test_lines_about_other_messages_are_passed_over() -> None:
    with scripted(
        lambda uid: line(
            uid,
            told(1),
            before=b"* 2 FETCH (FLAGS (\\Seen))\r\n",
            after=b" FLAGS ())\r\n* 4 EXISTS\r\n",
        )
    ) as server:
        found, error = take(inbox(server))
    assert error is None
    assert [(mail.uidvalidity, mail.uid) for mail in found] == [(42, 5), (42, 7), (42, 9)]
    assert found[0].received_at == datetime(2026, 3, 7, 12, 0, tzinfo=UTC)


def test_the_number_may_stand_behind_the_body() -> None:
    def late(uid: str) -> bytes:
        body = told(1)
        return (
            b'* 1 FETCH (INTERNALDATE "27-mar-2026 10:00:00 +0000" BODY[]<0> '
            + f"{{{len(body)}}}\r\n".encode()
            + body
            + f" UID {uid} RFC822.SIZE {len(body)})\r\n".encode()
        )

    with scripted(late) as server:
        found, error = take(inbox(server))
    assert error is None
    assert [mail.raw for mail in found] == [told(1)] * 3


def test_the_body_of_another_message_is_never_taken_for_this_one() -> None:
    with scripted(lambda _uid: line("999", told(1))) as server:
        found, error = take(inbox(server))
    assert found == []
    assert isinstance(error, InboxError)


def test_a_message_that_cannot_be_given_does_not_stop_the_rest_and_is_told() -> None:
    with scripted(
        lambda uid: b"TAG NO [SERVERBUG] internal error" if uid == "7" else line(uid, told(1))
    ) as server:
        found, error = take(inbox(server))
    assert [mail.uid for mail in found] == [5, 9]
    assert isinstance(error, InboxError)
    assert "7" in str(error)


def test_a_message_that_is_gone_meanwhile_is_nothing_to_tell() -> None:
    with scripted(lambda uid: b"" if uid == "7" else line(uid, told(1))) as server:
        found, error = take(inbox(server))
    assert error is None
    assert [mail.uid for mail in found] == [5, 9]


def test_a_server_that_cannot_move_without_deleting_moves_nothing() -> None:
    def say(command: str, _arguments: str) -> bytes:
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        return b"* OK [UIDVALIDITY 42] ok\r\n" if command in {"SELECT", "EXAMINE"} else b""

    with (
        ScriptedImap(say) as server,
        inbox(server, move_to="Tratadas") as box,
        pytest.raises(ConfigurationError, match="without deleting"),
    ):
        box.check()
    assert not any("STORE" in said or "EXPUNGE" in said for said in server.commands)


def test_reading_only_ever_asks_what_changes_nothing() -> None:
    with scripted(lambda uid: line(uid, told(1))) as server:
        take(inbox(server))
    said = " ".join(server.commands)
    assert "EXAMINE" in said
    assert "BODY.PEEK[]" in said
    for changing in ("SELECT", "STORE", "EXPUNGE", "MOVE", "COPY", "CLOSE", "APPEND"):
        assert changing not in said


# -- account and secrecy


def test_settings_that_cannot_be_right_are_refused_before_anything_is_opened() -> None:
    for changes, kind in (
        ({"security": "none", "host": "imap.example.com"}, ConfigurationError),
        ({"security": "ssl"}, ConfigurationError),
        ({"host": "a b"}, ConfigurationError),
        ({"port": 0}, ConfigurationError),
        ({"password": ""}, PasswordMissing),
    ):
        given = {"host": "imap.example.com", "user": "u", "password": "p", **changes}
        with pytest.raises(kind):
            ImapInbox(**given)  # type: ignore[arg-type]  # wrong on purpose


def test_a_wrong_password_is_a_setting_to_change(shared: LocalImap) -> None:
    _, error = take(inbox(shared, password="errada"))
    assert isinstance(error, ConfigurationError)
    assert shared.user in str(error)
    assert "errada" not in str(error)


def test_a_server_that_is_busy_is_tried_again_later() -> None:
    with ScriptedImap(
        lambda command, _arguments: b"TAG NO [UNAVAILABLE] later" if command == "LOGIN" else b""
    ) as server:
        _, error = take(inbox(server))
    assert isinstance(error, InboxError)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_encrypted_mailbox_is_read_when_its_certificate_is_trusted(
    certificate: tuple[Path, Path], security: str
) -> None:
    with LocalImap(certificate=certificate, tls=security) as server:  # type: ignore[arg-type]  # one of the two
        server.deliver(told(1))
        trust = ssl.create_default_context(cafile=str(certificate[0]))
        found, error = take(inbox(server, host="localhost", security=security, context=trust))
        assert error is None
        assert [mail.raw for mail in found] == [told(1)]
        _, error = take(inbox(server, host="localhost", security=security))
        assert isinstance(error, ConfigurationError)
        assert "certificate" in str(error)


def test_a_server_without_encryption_gets_no_password() -> None:
    with ScriptedImap(lambda _command, _arguments: b"* CAPABILITY IMAP4rev1\r\n") as server:
        _, error = take(inbox(server, security="starttls"))
    assert isinstance(error, ConfigurationError)
    assert "encryption" in str(error)
    assert not any("secret" in said for said in server.commands)
