"""A mail account's settings: nothing secret goes to anybody who is not the right server."""

import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.delivery import Accepted, Refused, SmtpTransport
from mailer.errors import ConfigurationError, PasswordMissing
from mailer.password import find_password
from tests.correspondence import letters
from tests.fakes.smtp import Fault, LocalSmtp

LETTER = letters(1)[0]


@pytest.fixture
def server() -> Iterator[LocalSmtp]:
    with LocalSmtp() as running:
        yield running


def never() -> None:
    raise AssertionError("committed although nothing could be sent")


# -- settings that cannot be right


@pytest.mark.parametrize(
    "host", ["smtp.example.com", "10.0.0.5", "192.168.1.1", "localhost.example"]
)
def test_mail_in_the_clear_stays_on_this_machine(host: str) -> None:
    with pytest.raises(ConfigurationError, match="this machine only"):
        SmtpTransport(host=host, port=25, security="none")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_this_machine_has_several_names(host: str) -> None:
    SmtpTransport(host=host, port=25, security="none")


def test_a_user_without_a_password_is_refused_before_anything_could_ask_for_it() -> None:
    with pytest.raises(PasswordMissing, match=r"fin@example\.com"):
        SmtpTransport(host="smtp.example.com", port=587, user="fin@example.com")


def test_settings_that_name_no_server_are_refused() -> None:
    for host, port, security in (
        ("", 587, "tls"),
        ("a b", 587, "tls"),
        ("a", 0, "tls"),
        ("a", 1, "ssl"),
    ):
        with pytest.raises(ConfigurationError):
            SmtpTransport(host=host, port=port, security=security)  # type: ignore[arg-type]  # wrong


# -- TLS and login


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost and its key, signed by nobody."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - may be absent
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - likewise

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "certificate.pem", folder / "key.pem"


LOGIN = ("apikey", "segredo")


def account(
    server: LocalSmtp, certificate: tuple[Path, Path], *, password: str = LOGIN[1], **changes: str
) -> SmtpTransport:
    return SmtpTransport(
        host=changes.get("host", "localhost"),
        port=server.port,
        security=changes.get("security", "starttls"),  # type: ignore[arg-type]  # from our tests
        user=LOGIN[0],
        password=password,
        timeout=5.0,
        context=ssl.create_default_context(cafile=str(certificate[0])),
    )


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_login_that_is_no_address_goes_encrypted_and_as_it_is(
    certificate: tuple[Path, Path], tls: str
) -> None:
    with LocalSmtp(certificate=certificate, tls=tls, login=LOGIN) as server:  # type: ignore[arg-type]
        with account(server, certificate, security=tls) as transport:
            outcomes = [transport.deliver(each, lambda: None) for each in letters(3)]
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert server.connections == 1


def test_a_wrong_password_is_a_setting_to_change_and_commits_nothing(
    certificate: tuple[Path, Path],
) -> None:
    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        transport = account(server, certificate, password="errada")
        with pytest.raises(ConfigurationError, match="does not accept the password of apikey: 535"):
            transport.deliver(LETTER, never)
        with pytest.raises(ConfigurationError) as caught:
            account(server, certificate, password="senha é").deliver(LETTER, never)
        assert "senha" not in str(caught.value)


def test_a_login_that_fails_for_the_moment_is_tried_again_later(
    certificate: tuple[Path, Path],
) -> None:
    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        server.fail(Fault(at="auth", reply="454 4.7.0 Later", always=True))
        outcome = account(server, certificate).deliver(LETTER, lambda: None)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.code) == (False, 454)


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    certificate: tuple[Path, Path],
) -> None:
    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        stranger = SmtpTransport(host="localhost", port=server.port, user="a", password="b")
        with pytest.raises(ConfigurationError, match="cannot be trusted"):
            stranger.deliver(LETTER, lambda: None)
        elsewhere = account(server, certificate, host="127.0.0.1")
        with pytest.raises(ConfigurationError, match="cannot be trusted"):
            elsewhere.deliver(LETTER, lambda: None)
        assert server.commands == []


def test_yagmail_by_itself_would_have_trusted_that_certificate(
    certificate: tuple[Path, Path],
) -> None:
    """Why we hand it a context: without one, any certificate gets the password."""
    import yagmail  # noqa: PLC0415 - slow to import, and only here

    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        careless = yagmail.SMTP(
            user={"apikey": "apikey"},
            password=LOGIN[1],
            host="localhost",
            port=server.port,
            smtp_ssl=False,
            smtp_starttls=True,
            soft_email_validation=False,
        )
        careless.login()
        careless.close()


def test_a_server_without_encryption_or_login_gets_neither_password_nor_letter(
    server: LocalSmtp, certificate: tuple[Path, Path]
) -> None:
    with pytest.raises(ConfigurationError, match="no encryption"):
        account(server, certificate).deliver(LETTER, lambda: None)
    with pytest.raises(ConfigurationError, match="no login"):
        account(server, certificate, security="none").deliver(LETTER, lambda: None)
    with pytest.raises(ConfigurationError, match="starttls"):
        account(server, certificate, security="tls").deliver(LETTER, lambda: None)
    assert server.commands == []


def test_a_server_that_wants_a_login_is_a_setting_to_change(certificate: tuple[Path, Path]) -> None:
    with LocalSmtp(certificate=certificate, tls="starttls", login=LOGIN) as server:
        nobody = SmtpTransport(
            host="localhost",
            port=server.port,
            context=ssl.create_default_context(cafile=str(certificate[0])),
        )
        with pytest.raises(ConfigurationError, match="another login: 530"):
            nobody.deliver(LETTER, lambda: None)


# -- the password


def test_the_password_comes_from_the_variable_first(tmp_path: Path) -> None:
    (tmp_path / "smtp_password").write_text("do arquivo\n")
    (tmp_path / "smtp_password").chmod(0o600)
    both = {"REGUA_SMTP_PASSWORD": "da variável", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_password("fin@example.com", both) == "da variável"
    assert (
        find_password("fin@example.com", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "do arquivo"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606])
def test_a_password_file_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    (tmp_path / "smtp_password").write_text("segredo")
    (tmp_path / "smtp_password").chmod(mode)
    with pytest.raises(ConfigurationError, match="read by others") as caught:
        find_password("fin@example.com", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert "segredo" not in str(caught.value)


def test_without_any_password_a_sentence_says_where_to_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    import keyring  # noqa: PLC0415 - after the variable is set
    from keyring.backends import null  # noqa: PLC0415 - likewise

    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring half-types it
    try:
        with pytest.raises(PasswordMissing) as caught:
            find_password("fin@example.com", {})
    finally:
        keyring.set_keyring(before)
    for way in ("keyring set regua fin@example.com", "REGUA_SMTP_PASSWORD", "LoadCredential"):
        assert way in str(caught.value)
