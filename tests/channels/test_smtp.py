"""Mail through a real SMTP server on loopback, and through one that misbehaves."""

import asyncio
import email
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from alertnet.channels.base import Accepted, CannotTell, Cause, NotSent, Outgoing, Refused, Unsure
from alertnet.channels.deadline import is_loopback
from alertnet.channels.mail import SmtpRelay, compose, mail_address
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import BadInput
from alertnet.core.notification import Failure
from tests.channels.conftest import drip, hang, server_that

MAIL = Outgoing(
    "a1b2",
    "n1",
    MethodKind.EMAIL,
    "human-rights@es.example",
    "alert@pbi.example",
    "Responda 4711.\n.\nUn saludo, José",
    "A-7K3M: detención",
    "<p>Responda <b>4711</b>.</p>",
    headers={"Date": "Tue, 24 Nov 2026 02:14:00 +0000"},
)


def refused_whole(code: str, fault: AccountFault) -> NotSent:
    return NotSent(code, cause=Cause.ACCOUNT, fault=fault)


@dataclass
class Mailbox:
    """What the server says, and what it took."""

    to_recipient: str = "250 OK"
    to_mail: str = "250 OK"
    drops: bool = False
    taken: list[Envelope] = field(default_factory=list)
    told_of: list[str] = field(default_factory=list)
    users: list[bytes] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        self.told_of.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        self.taken.append(envelope)
        if self.drops:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self.to_mail

    def authenticate(self, server: SMTP, session: Any, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.users.append(data.login)
        return AuthResult(success=data.password == b"p:ss/word", handled=False)

    def message(self) -> EmailMessage:
        (envelope,) = self.taken
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=POLICY)
        assert isinstance(message, EmailMessage)
        return message


@contextmanager
def relay_for(mailbox: Mailbox, user: str | None = None, password: str = "", **options: Any) -> Iterator[SmtpRelay]:
    loop = asyncio.new_event_loop()
    tls_at_once = options.pop("tls_at_once", None)
    serving = loop.create_server(
        lambda: SMTP(mailbox, hostname="relay.test", loop=loop, **options), "127.0.0.1", 0, ssl=tls_at_once
    )
    server = loop.run_until_complete(serving)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        port = server.sockets[0].getsockname()[1]
        yield SmtpRelay("127.0.0.1", port, MAIL.sender, user, password, tls_at_once=tls_at_once is not None)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        server.close()
        for session in asyncio.all_tasks(loop):
            session.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_a_mail_that_must_not_leave_any_more_does_not() -> None:
    """A4: that is asked once the relay has let us in, which takes its time; it hears of nobody by then."""
    mailbox, let_in = Mailbox(), list[int]()

    def refuse(_write: object) -> bool:
        let_in.append(len(mailbox.users))
        return False

    with relay_for(mailbox, "us@er", "p:ss/word", authenticator=mailbox.authenticate, auth_require_tls=False) as relay:
        assert relay.send(MAIL, refuse) is None
        told = len(mailbox.told_of)
        assert relay.send(MAIL) == Accepted("<n1@pbi.example>")

    assert (let_in, told, mailbox.told_of) == ([1], 0, [MAIL.to])


def test_a_mail_arrives_as_text_and_html_with_its_headers() -> None:
    mailbox = Mailbox()
    with relay_for(mailbox) as relay:
        assert relay.send(MAIL) == Accepted("<n1@pbi.example>")

    message = mailbox.message()
    assert (mailbox.taken[0].mail_from, mailbox.taken[0].rcpt_tos) == (MAIL.sender, [MAIL.to])
    assert (message["From"], message["To"], message["Subject"]) == (MAIL.sender, MAIL.to, MAIL.subject)
    assert message["Message-ID"] == "<n1@pbi.example>"
    assert message["Date"] == MAIL.headers["Date"]
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    text, html = (part.get_content().splitlines() for part in message.iter_parts())
    assert (text, html) == (MAIL.text.splitlines(), [MAIL.html])


def test_a_mail_needs_no_more_than_seven_bits() -> None:
    mailbox = Mailbox()
    with relay_for(mailbox) as relay:
        relay.send(replace(MAIL, html=""))

    content = mailbox.taken[0].content
    assert isinstance(content, bytes)
    assert content.isascii()
    assert mailbox.message().get_content().splitlines() == MAIL.text.splitlines()


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: spy@evil.example", "x\nBcc: spy@evil.example", "x\u2028Bcc: spy@evil.example"]
)
def test_no_value_becomes_a_header(evil: str) -> None:
    """A9: recipients never see each other, and nobody else is added."""
    mailbox = Mailbox()
    with relay_for(mailbox) as relay:
        relay.send(replace(MAIL, subject=evil, sender_name=evil, headers={"Reply-To": evil}))

    assert "Bcc" not in mailbox.message()
    assert mailbox.message()["Subject"] == "x Bcc: spy@evil.example"


@pytest.mark.parametrize("name", ["X\r\nBcc", "Bcc: x", "", "To"])
def test_no_header_name_becomes_another_header(name: str) -> None:
    relay = SmtpRelay("127.0.0.1", 1, "alert@pbi.example")

    with pytest.raises(BadInput, match="headers"):
        relay.send(replace(MAIL, headers={name: "spy@evil.example"}))


NO_ADDRESSES = [
    *("a@b.example\r\nRCPT TO:<spy@evil.example>", "a@b.example\n", "a b@c", "a@b, c@d", "(x)a@b", "<a@b>"),
    *("", "@", "a@", "@b", "no-host", "a@b@c", "a..b@c", ".a@b", "a.@b", "a@.b", "a@[", "a@[b", "a@b]", '"', '"a"@b'),
    *("jos\u00e9@x.example", "a@\u00fc.example", "a@b\x00", "\ud800@b", "a:b;", "a\\@b", "=?utf-8?q?x?=@b"),
]


@pytest.mark.parametrize("to", NO_ADDRESSES)
def test_what_is_no_address_is_invalid(to: str) -> None:
    """On every Python: the standard library's parser has another exception in each version."""
    relay = SmtpRelay("127.0.0.1", 1, "alert@pbi.example")

    assert relay.send(replace(MAIL, to=to)) == Refused(Failure.INVALID, "address")


@given(st.one_of(st.text(), st.text('ab.@"\\()[]<>,:; =?\r\n', max_size=12)))
@example("o'neill+duty@sub.es.example")
@example("duty@[192.0.2.1]")
@example("duty@[IPv6:2001:db8::1]")
def test_any_text_is_an_address_that_reads_back_the_same_or_a_refusal(text: str) -> None:
    """A9: nothing but the address that was meant can come of one."""
    try:
        address = mail_address(text)
    except BadInput:
        return

    mail = email.message_from_bytes(compose(replace(MAIL, to=text)), policy=POLICY)
    assert (address.addr_spec, [to.addr_spec for to in mail["To"].addresses]) == (text, [text])


@pytest.mark.parametrize(
    ("to_recipient", "to_mail", "result"),
    [
        ("550 5.1.1 No such user", "250 OK", Refused(Failure.INVALID, "550")),
        ("550 5.7.1 Not wanted", "250 OK", Refused(Failure.BOUNCED, "550")),
        ("552 5.2.2 Mailbox full", "250 OK", Refused(Failure.BOUNCED, "552")),
        ("530 5.7.0 Authentication required", "250 OK", refused_whole("530", AccountFault.TOKEN)),
        ("550 5.7.1 Relaying denied", "250 OK", NotSent("550", fault=AccountFault.PERMISSION)),
        ("554 5.7.1 <a@b.example>: Relay access denied", "250 OK", NotSent("554", fault=AccountFault.PERMISSION)),
        ("550 5.1.8 Bad sender's system address", "250 OK", NotSent("550", fault=AccountFault.PERMISSION)),
        ("554 5.7.1 <x@y>: Sender address rejected: denied", "250 OK", NotSent("554", fault=AccountFault.PERMISSION)),
        ("554 5.7.1 Client host blocked using a list", "250 OK", NotSent("554", fault=AccountFault.PERMISSION)),
        ("554 5.7.1 <a@b>: Recipient address rejected", "250 OK", Refused(Failure.BOUNCED, "554")),
        ("550 5.1.1 <x@relay.example>: no such user", "250 OK", Refused(Failure.INVALID, "550")),
        ("250 OK", "550 5.7.23 SPF validation failed", NotSent("550", fault=AccountFault.PERMISSION)),
        ("451 4.7.1 Greylisted", "250 OK", NotSent("451", cause=Cause.ADDRESS)),
        ("250 OK", "554 5.6.0 Rejected", Refused(Failure.BOUNCED, "554")),
        ("250 OK", "452 4.3.1 Disk full", NotSent("452")),
    ],
)
def test_each_reply_has_its_meaning(to_recipient: str, to_mail: str, result: object) -> None:
    with relay_for(Mailbox(to_recipient, to_mail)) as relay:
        assert relay.send(MAIL) == result


def test_a_connection_lost_after_the_mail_leaves_us_unsure() -> None:
    """A5: the relay may have taken it."""
    with relay_for(Mailbox(drops=True)) as relay:
        assert relay.send(MAIL) == Unsure("SMTPServerDisconnected")


def test_a_relay_that_is_away_surely_sent_nothing(nobody_listens: str) -> None:
    port = int(nobody_listens.rsplit(":", 1)[1])

    assert SmtpRelay("127.0.0.1", port, MAIL.sender).send(MAIL) == NotSent("ConnectionRefusedError")


def test_a_relay_that_greets_is_there_and_gets_no_mail() -> None:
    mailbox = Mailbox()
    with relay_for(mailbox) as relay:
        trouble, taken = relay.trouble(), list(mailbox.taken)
        relay.send(MAIL)

    assert (trouble, taken, len(mailbox.taken)) == (None, [], 1)


def test_a_relay_that_can_not_be_reached_any_more_is_not_there() -> None:
    with relay_for(Mailbox()) as relay:
        assert relay.trouble() is None

    assert relay.trouble() == NotSent("ConnectionRefusedError")


def test_user_and_password_are_given_over_tls(server_tls: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    options = {"tls_context": server_tls, "require_starttls": True, "authenticator": mailbox.authenticate}
    with relay_for(mailbox, "us@er", "p:ss/word", **options) as relay:
        assert isinstance(relay.send(MAIL), Accepted)

    assert mailbox.users == [b"us@er"]


def test_a_relay_that_speaks_tls_from_the_first_byte_is_spoken_to_so(server_tls: ssl.SSLContext) -> None:
    """RFC 8314 3.3: many relays know only that, on port 465."""
    mailbox = Mailbox()
    options = {"authenticator": mailbox.authenticate, "auth_require_tls": False}
    with relay_for(mailbox, "us@er", "p:ss/word", tls_at_once=server_tls, **options) as relay:
        assert isinstance(relay.send(MAIL), Accepted)

    assert (mailbox.users, len(mailbox.taken)) == ([b"us@er"], 1)


def test_a_wrong_password_is_a_fault_of_our_account(server_tls: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    with relay_for(mailbox, "user", "wrong", tls_context=server_tls, authenticator=mailbox.authenticate) as relay:
        assert relay.send(MAIL) == refused_whole("535", AccountFault.TOKEN)
        assert relay.trouble() == refused_whole("535", AccountFault.TOKEN)

    assert mailbox.taken == []


def test_a_relay_that_offers_no_authentication_gets_no_password() -> None:
    with relay_for(Mailbox(), "user", "secret") as relay:
        assert relay.send(MAIL) == refused_whole("auth", AccountFault.SETTINGS)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("LocalHost", True),
        ("10.0.0.5", False),
        ("mail.example", False),
        ("localhost.evil.example", False),
    ],
)
def test_only_loopback_may_go_without_starttls(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


class Elsewhere(SmtpRelay):
    """A relay whose host is not loopback by name, but is reached there: as it looks from a container."""

    def __init__(self, port: int, *, tls_at_once: bool = False) -> None:
        super().__init__("relay.example", port, MAIL.sender, tls_at_once=tls_at_once)


@pytest.fixture
def all_names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **options: resolve("127.0.0.1", port, **options))


@pytest.mark.usefixtures("all_names_lead_here")
def test_a_relay_elsewhere_without_starttls_gets_no_mail() -> None:
    """A9: what is said is not said in clear."""
    mailbox = Mailbox()
    with relay_for(mailbox) as near:
        assert Elsewhere(near.port).send(MAIL) == refused_whole("starttls", AccountFault.SETTINGS)

    assert mailbox.taken == []


@pytest.mark.usefixtures("all_names_lead_here")
@pytest.mark.parametrize("how", ["tls_context", "tls_at_once"])
def test_a_relay_elsewhere_has_to_prove_its_name(server_tls: ssl.SSLContext, how: str) -> None:
    mailbox = Mailbox()
    options: dict[str, Any] = {how: server_tls}
    with relay_for(mailbox, **options) as near:
        assert Elsewhere(near.port, tls_at_once=how == "tls_at_once").send(MAIL) == NotSent("SSLCertVerificationError")

    assert mailbox.taken == []


@pytest.mark.usefixtures("all_names_lead_here")
def test_a_relay_proves_its_name_by_an_authority_of_its_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One without key usage, as openssl makes it, is refused by Python 3.13 where it is not told otherwise."""
    authority = signed(
        "PBI", "PBI", own := ec.generate_private_key(ec.SECP256R1()), own, x509.BasicConstraints(True, None)
    )
    key = ec.generate_private_key(ec.SECP256R1())
    server = signed("relay.example", "PBI", key, own, x509.SubjectAlternativeName([x509.DNSName("relay.example")]))
    (tmp_path / "server.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + server.public_bytes(Encoding.PEM)
    )
    (tmp_path / "authority.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(tmp_path / "server.pem")

    with relay_for(Mailbox(), tls_context=server_tls) as near:
        assert Elsewhere(near.port).send(MAIL) == Accepted("<n1@pbi.example>")


def signed(
    name: str, by: str, key: ec.EllipticCurvePrivateKey, own: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
) -> x509.Certificate:
    """A certificate with that one extension."""
    subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, by))
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=False)
        .sign(own, hashes.SHA256())
    )


def refuse(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"554 no service here\r\n")
    connection.recv(64)


def busy(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"421 try later\r\n")
    connection.recv(64)


def test_a_relay_that_speaks_without_end_is_not_heard_to_the_deadline() -> None:
    """A11: who stands between us and the relay took memory and the processor, before anything is encrypted."""

    def speak(connection: socket.socket, stopped: threading.Event) -> None:
        while not stopped.is_set():
            connection.sendall(b"220-welcome\r\n" * 1000)

    began = time.monotonic()
    with server_that(speak) as port:
        result = SmtpRelay("127.0.0.1", port, MAIL.sender, deadline_seconds=60).send(MAIL)
        took = time.monotonic() - began

    assert result == NotSent("SMTPServerDisconnected")
    assert took < 30


@pytest.mark.parametrize(
    ("speaks", "result"),
    [
        (drip, NotSent("SMTPServerDisconnected")),
        (hang, NotSent("SMTPServerDisconnected")),
        (refuse, refused_whole("554", AccountFault.PERMISSION)),
        (busy, NotSent("421")),
    ],
)
def test_a_relay_that_does_not_greet_gets_no_mail_and_holds_no_thread(
    speaks: Callable[[socket.socket, threading.Event], None], result: object
) -> None:
    """A11: the deadline is over the whole exchange."""
    with server_that(speaks) as port:
        began = time.monotonic()
        assert SmtpRelay("127.0.0.1", port, MAIL.sender, deadline_seconds=1).send(MAIL) == result

    assert time.monotonic() - began < 20


def test_a_relay_can_not_be_asked() -> None:
    relay = SmtpRelay("127.0.0.1", 1, MAIL.sender)

    assert relay.lookup(MAIL, datetime(2026, 11, 24, tzinfo=UTC)) == CannotTell()


@pytest.mark.parametrize(
    ("name", "shown"),
    [("PBI", "PBI <alert@pbi.example>"), ("Día", "Día <alert@pbi.example>"), ("", "alert@pbi.example")],
)
def test_a_mailbox_shows_who_the_mail_is_from(name: str, shown: str) -> None:
    """An address alone looks like spam: beside it stands the tree's sender."""
    mailbox = Mailbox()
    with relay_for(mailbox) as relay:
        relay.send(replace(MAIL, sender="alert@pbi.example", sender_name=name))

    assert mailbox.message()["From"] == shown
    assert mailbox.taken[0].mail_from == "alert@pbi.example"
