"""Composes mails so that no value can become a header, and sends them through one relay.

Text and HTML side by side, a stable Message-ID; one connection per mail, in the calling thread, under one deadline.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from functools import cached_property, partial
from typing import Any

from alertnet.channels.base import (
    Accepted,
    CannotTell,
    Cause,
    Leave,
    Lookup,
    NotSent,
    Outgoing,
    Refused,
    Result,
    Unsure,
    at_once,
)
from alertnet.channels.deadline import Deadline, DeadlineReader, is_loopback, open_socket, over_tls
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.errors import BadInput
from alertnet.core.notification import Failure

_POLICY = SMTP.clone(cte_type="7bit")
"""Seven bits, so that no relay needs 8BITMIME."""

_DOT_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
_LITERAL = r"\[[\w.:]+\]"
# For invalid addresses the standard library's parser raises a different exception in each Python version.
_ADDR_SPEC = re.compile(rf"(?P<name>{_DOT_ATOM})@(?P<host>{_DOT_ATOM}|{_LITERAL})", re.ASCII)
"""An addr-spec without quotes, comments, white space or folding."""

CONNECT_SECONDS = 3.0
DEADLINE_SECONDS = 10.0
REPLIES_LIMIT = 1 << 16
"""The most bytes that a relay may say; a reply without end would take memory and the processor."""

_NO_SUCH_MAILBOX = re.compile(rb"5\.1\.(1|3|10)\b")
"""Enhanced status codes (RFC 3463, RFC 7505) that mean that the address itself is bad."""


_OUR_CREDENTIALS = (530, 534, 535, 538)
"""Authentication is required, too weak, or wrong (RFC 4954 6)."""

_OUR_SENDER = re.compile(
    rb"5\.(1\.[78]|7\.(3|8|9|1[34]|2[0-7]))\b"
    rb"|.*\b(relay(ing)? (access )?(denied|not|prohibited)|(unable|not \w+) to relay"
    rb"|(sender|client)( \w+)* (rejected|blocked|denied|not allowed)|blocked using)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Refusals of a recipient or mail that really concern the sender (RFC 3463, RFC 7372).

Relays that refuse to relay at all have no code of their own, and are recognised by their words.
"""


_SERVICE_NOT_AVAILABLE = 421
"""The relay closes the connection, whatever was asked (RFC 5321 3.8)."""


_MAIL_SYSTEM = b"4.3."
"""Prefix of enhanced status codes about the relay itself, such as a full disk (RFC 3463 3.4)."""


def mail_address(address: str, name: str = "") -> Address:
    """Parse an address, and add the name that a mailbox shows.

    Raises:
        BadInput: it is no plain ASCII addr-spec (RFC 5322 3.4.1), or could be read as an encoded word (RFC 2047).
    """
    parts = _ADDR_SPEC.fullmatch(address)
    if parts is None or "=?" in address:
        raise BadInput("address", address, "name@host in ASCII")
    return Address(display_name=_one_line(name), username=parts["name"], domain=parts["host"])


def message_id(outgoing: Outgoing) -> str:
    """`<notification@host>` with the sender's host. A re-send has the same, so that mailboxes show it once."""
    return f"<{outgoing.notification}@{mail_address(outgoing.sender).domain}>"


def compose(outgoing: Outgoing) -> bytes:
    """The whole mail with CRLF line ends; raises `BadInput` where an address or the name of a header is not valid."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = mail_address(outgoing.sender, outgoing.sender_name)
    mail["To"] = mail_address(outgoing.to)
    mail["Subject"] = _one_line(outgoing.subject)
    mail["Message-ID"] = message_id(outgoing)
    for name, value in outgoing.headers.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name) or name in mail:
            raise BadInput("headers", name, "a new name of letters, digits and hyphens")
        mail[name] = _one_line(value)
    if outgoing.encrypted:
        _enclose(mail, outgoing.encrypted)
        return mail.as_bytes()
    mail.set_content(outgoing.text)
    if outgoing.html:
        mail.add_alternative(outgoing.html, subtype="html")
    return mail.as_bytes()


def _enclose(mail: EmailMessage, encrypted: str) -> None:
    """Wrap the content as PGP/MIME: a version part, and the part with the encrypted content (RFC 3156 4)."""
    version, content = MIMEPart(policy=_POLICY), MIMEPart(policy=_POLICY)
    version.set_content(b"Version: 1\n", "application", "pgp-encrypted", cte="7bit")
    content.set_content(
        encrypted.encode("ascii"),
        *("application", "octet-stream"),
        cte="7bit",
        disposition="inline",
        filename="encrypted.asc",
    )
    mail["MIME-Version"] = "1.0"
    mail.add_header("Content-Type", "multipart/encrypted", protocol="application/pgp-encrypted")
    mail.set_payload([version, content])


def _one_line(value: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


class SmtpRelay:
    """The channel for `email`; threads may share it."""

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        user: str | None = None,
        password: str = "",
        deadline_seconds: float = DEADLINE_SECONDS,
        *,
        tls_at_once: bool = False,
    ) -> None:
        self.host = host
        self.port = port
        self.sender = sender
        """The `from` of the setting, for `Outgoing.sender`."""
        self._user = user
        self._password = password
        self._deadline_seconds = deadline_seconds
        self._greeting_name = mail_address(sender).domain
        self._tls_at_once = tls_at_once
        """Whether the relay expects TLS from the first byte (RFC 8314 3.3), where others are asked by STARTTLS."""

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Reading the machine's trusted certificates takes 10 ms, so do it only for a relay that speaks TLS.
        return tls_to(self.host)

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        """Hand a mail to the relay; see `Channel.send`. Its id is the Message-ID."""
        try:
            mail_address(outgoing.to)
        except BadInput:
            return Refused(Failure.INVALID, "address")
        mail = compose(outgoing)
        return self._met(lambda session: _deliver(session, outgoing, mail) if leave(lambda: None) else None)

    def _met(self, act: Callable[["_Session"], Result | None]) -> Result | None:
        """What came of it, once the relay is ready for a mail; else what kept it from that."""
        tls = self._tls if self._tls_at_once else None
        session = _Session(self._greeting_name, Deadline(self._deadline_seconds), tls)
        try:
            return self._prepare(session) or act(session)
        except smtplib.SMTPResponseException as answer:
            return _not_accepted(answer.smtp_code, _as_bytes(answer.smtp_error), Failure.OUR_ACCOUNT)
        except smtplib.SMTPNotSupportedError:
            return _account_refused("auth", AccountFault.SETTINGS)
        except OSError as fault:
            return NotSent(type(fault).__name__)
        finally:
            session.leave()

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Relays can't be asked."""
        return CannotTell()

    def trouble(self) -> Result | None:
        """What keeps the relay from accepting a mail from us."""
        return self._met(lambda _: None)

    def hang_up(self, provider_id: str) -> None:
        """Do nothing: mails don't ring."""

    def _prepare(self, session: "_Session") -> Result | None:
        """Connect, encrypt and authenticate; None where the relay is ready for a mail."""
        code, reply = session.connect(self.host, self.port)
        if code != 220:
            return _not_accepted(code, reply, Failure.OUR_ACCOUNT)
        session.ehlo_or_helo_if_needed()
        if not self._tls_at_once and session.has_extn("starttls"):
            session.starttls(context=self._tls)
            session.ehlo_or_helo_if_needed()
        elif not (self._tls_at_once or is_loopback(self.host)):
            return _account_refused("starttls", AccountFault.SETTINGS)
        if self._user is not None:
            session.authenticate(self._user, self._password)
        return None


def tls_to(host: str) -> ssl.SSLContext:
    """How to speak TLS to that mail server, by the machine's trusted certificates."""
    context = ssl.create_default_context()
    # An office's own authority, as `openssl req -x509` makes it, lacks fields that Python 3.13 and later insist on.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if is_loopback(host):
        # On loopback mail servers use self-made certificates, and nobody can listen in between.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Session(smtplib.SMTP):
    """smtplib's client with one deadline for everything; its own timeout applies to each read."""

    def __init__(self, greeting_name: str, deadline: Deadline, tls: ssl.SSLContext | None) -> None:
        super().__init__(local_hostname=greeting_name)
        self._deadline = deadline
        self._tls = tls

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # The name that the certificate must prove; smtplib sets it only when it connects in its constructor.
        self._host = host
        connection = open_socket(host, port, Deadline(min(CONNECT_SECONDS, self._deadline.left())))
        return over_tls(connection, self._tls, host, self._deadline) if self._tls else connection

    def send(self, s: Any) -> None:
        if self.sock:
            self.sock.settimeout(self._deadline.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = DeadlineReader(self.sock, self._deadline, REPLIES_LIMIT).makefile("rb")
        return super().getreply()

    def authenticate(self, user: str, password: str) -> None:
        """Send the password once. smtplib's `login` tries it by every mechanism, which locks accounts."""
        self.user, self.password = user, password
        offered = self.esmtp_features.get("auth", "").split()
        for mechanism, words in (("PLAIN", self.auth_plain), ("LOGIN", self.auth_login)):
            if mechanism in offered:
                self.auth(mechanism, words)
                return
        raise smtplib.SMTPNotSupportedError("the relay offers neither PLAIN nor LOGIN")

    def leave(self) -> None:
        """End the session without waiting for an answer, since the result of the mail is known."""
        try:
            if self.sock:
                self.putcmd("QUIT")
        except OSError:
            pass
        self.close()


def _deliver(session: _Session, outgoing: Outgoing, mail: bytes) -> Result:
    envelope: list[tuple[Callable[[], tuple[int, bytes]], Failure]] = [
        (partial(session.mail, outgoing.sender), Failure.OUR_ACCOUNT),
        (partial(session.rcpt, outgoing.to), Failure.BOUNCED),
    ]
    for command, failure in envelope:
        code, reply = command()
        if code not in (250, 251):
            return _not_accepted(code, reply, failure)
    try:
        code, reply = session.data(mail)
    except smtplib.SMTPDataError as answer:
        code, reply = answer.smtp_code, _as_bytes(answer.smtp_error)
    except OSError as fault:
        # Whether the relay got the last line before the connection broke can't be known (RFC 5321 4.5.3.2.6).
        return Unsure(type(fault).__name__)
    return Accepted(message_id(outgoing)) if code == 250 else _not_accepted(code, reply, Failure.BOUNCED)


def _not_accepted(code: int, reply: bytes, failure: Failure) -> Refused | NotSent:
    """What an unsuccessful reply means: 4xx and invalid codes may pass later, 5xx will not (RFC 5321 4.2.1)."""
    if not 500 <= code <= 599:
        is_this_mails = failure is Failure.BOUNCED and code != _SERVICE_NOT_AVAILABLE and reply[:4] != _MAIL_SYSTEM
        return NotSent(str(code), cause=Cause.ADDRESS if is_this_mails else Cause.PROVIDER)
    if code in _OUR_CREDENTIALS:
        return _account_refused(str(code), AccountFault.TOKEN)
    if failure is Failure.OUR_ACCOUNT:
        return _account_refused(str(code), AccountFault.PERMISSION)
    if _OUR_SENDER.match(reply):
        return NotSent(str(code), fault=AccountFault.PERMISSION)
    if failure is Failure.BOUNCED and _NO_SUCH_MAILBOX.match(reply):
        return Refused(Failure.INVALID, str(code))
    return Refused(failure, str(code))


def _account_refused(code: str, fault: AccountFault) -> NotSent:
    return NotSent(code, cause=Cause.ACCOUNT, fault=fault)


def _as_bytes(reply: bytes | str) -> bytes:
    return reply.encode() if isinstance(reply, str) else reply
