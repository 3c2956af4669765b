"""Mail: its bytes, in which no value can become a header, and the way through one relay.

Text and HTML side by side, a stable Message-ID; a connection for each mail, in the calling thread, under one deadline.
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
from ipaddress import ip_address
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
from alertnet.channels.deadline import Deadline, DeadlineReader, open_socket
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.errors import BadInput
from alertnet.core.notification import Failure

_POLICY = SMTP.clone(cte_type="7bit")
"""Seven bits, so that no relay needs 8BITMIME."""

_DOT_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
_LITERAL = r"\[[\w.:]+\]"
# The standard library's own parser answers what is no address with another exception in each version of Python.
_ADDR_SPEC = re.compile(rf"(?P<name>{_DOT_ATOM})@(?P<host>{_DOT_ATOM}|{_LITERAL})", re.ASCII)
"""An addr-spec without quotes, comments, white space or folding."""

CONNECT_SECONDS = 3.0
DEADLINE_SECONDS = 10.0

_NO_SUCH_MAILBOX = re.compile(rb"5\.1\.(1|3|10)\b")
"""Enhanced status codes (RFC 3463, RFC 7505) by which the address itself is bad."""


_OUR_CREDENTIALS = (530, 534, 535, 538)
"""Authentication is wanted, too weak, or wrong (RFC 4954 6)."""

_OUR_SENDER = re.compile(
    rb"5\.(1\.[78]|7\.(3|8|9|1[34]|2[0-7]))\b"
    rb"|.*\b(relay(ing)? (access )?(denied|not|prohibited)|(unable|not \w+) to relay"
    rb"|(sender|client)( \w+)* (rejected|blocked|denied|not allowed)|blocked using)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Refusals of a recipient or a mail that are meant for whoever sends it (RFC 3463, RFC 7372); those of relays that let
nobody in have no code of their own, and say so in words."""


_SERVICE_NOT_AVAILABLE = 421
"""The relay closes the connection, whatever was asked of it (RFC 5321 3.8)."""


_MAIL_SYSTEM = b"4.3."
"""How the enhanced status codes begin that speak of the relay itself, such as a full disk (RFC 3463 3.4)."""


def mail_address(address: str, name: str = "") -> Address:
    """The address in its parts, with the name that a mailbox shows in its place.

    Raises:
        BadInput: it is no plain addr-spec in ASCII (RFC 5322 3.4.1), or would be read as an encoded word (RFC 2047).
    """
    parts = _ADDR_SPEC.fullmatch(address)
    if parts is None or "=?" in address:
        raise BadInput("address", address, "name@host in ASCII")
    return Address(display_name=_one_line(name), username=parts["name"], domain=parts["host"])


def message_id(outgoing: Outgoing) -> str:
    """`<notification@host>`, the host being the sender's: a re-send has the same, so that mailboxes show it once."""
    return f"<{outgoing.notification}@{mail_address(outgoing.sender).domain}>"


def compose(outgoing: Outgoing) -> bytes:
    """The whole mail with CRLF line ends. `Date` and the like come in `outgoing.headers`.

    Raises:
        BadInput: an address, or the name of a header, is not one.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = mail_address(outgoing.sender, outgoing.sender_name)
    mail["To"] = mail_address(outgoing.to)
    mail["Subject"] = _one_line(outgoing.subject)
    mail["Message-ID"] = message_id(outgoing)
    mail["Auto-Submitted"] = "auto-generated"
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
    """PGP/MIME: a part that says so, and the part that holds all else (RFC 3156 4)."""
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
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self.host = host
        self.port = port
        self.sender = sender
        """The `from` of the setting, for `Outgoing.sender`."""
        self._user = user
        self._password = password
        self._deadline_seconds = deadline_seconds
        self._connect_seconds = connect_seconds
        self._greeting_name = mail_address(sender).domain

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # To read the certificates that a machine trusts takes 10 ms: only where a relay offers STARTTLS.
        context = ssl.create_default_context()
        if is_loopback(self.host):
            # Mail servers offer STARTTLS on loopback with a certificate of their own making; nobody listens in between.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        """Hand a mail to the relay; see `Channel.send`. Its id is the Message-ID."""
        try:
            mail_address(outgoing.to)
        except BadInput:
            return Refused(Failure.INVALID, "address")
        mail = compose(outgoing)
        session = self._session()
        try:
            if fault := self._prepare(session):
                return fault
            return _deliver(session, outgoing, mail) if leave(lambda: None) else None
        except smtplib.SMTPResponseException as answer:
            return _not_accepted(answer.smtp_code, _as_bytes(answer.smtp_error), Failure.OUR_ACCOUNT)
        except smtplib.SMTPNotSupportedError:
            return _account_refused("auth", AccountFault.SETTINGS)
        except OSError as fault:
            return NotSent(type(fault).__name__)
        finally:
            session.leave()

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Say that a relay can't be asked."""
        return CannotTell()

    def answers(self) -> bool:
        """Whether the relay would take a mail from us."""
        session = self._session()
        try:
            return self._prepare(session) is None
        except (smtplib.SMTPException, OSError):
            return False
        finally:
            session.leave()

    def hang_up(self, provider_id: str) -> None:
        """Do nothing: no mail rings."""

    def _session(self) -> "_Session":
        return _Session(self._greeting_name, Deadline(self._deadline_seconds), self._connect_seconds)

    def _prepare(self, session: "_Session") -> Result | None:
        """Connect, encrypt and authenticate; None when the relay is ready for a mail."""
        code, reply = session.connect(self.host, self.port)
        if code != 220:
            return _not_accepted(code, reply, Failure.OUR_ACCOUNT)
        session.ehlo_or_helo_if_needed()
        if session.has_extn("starttls"):
            session.starttls(context=self._tls)
            session.ehlo_or_helo_if_needed()
        elif not is_loopback(self.host):
            return _account_refused("starttls", AccountFault.SETTINGS)
        if self._user is not None:
            session.authenticate(self._user, self._password)
        return None


def is_loopback(host: str) -> bool:
    """Whether mail to that host stays on this machine, where STARTTLS is not required."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _Session(smtplib.SMTP):
    """smtplib's client with a deadline over everything, where its own timeout is for each read."""

    def __init__(self, greeting_name: str, deadline: Deadline, connect_seconds: float) -> None:
        super().__init__(local_hostname=greeting_name)
        self._deadline = deadline
        self._connect_seconds = connect_seconds

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # The name that a certificate has to prove; smtplib sets it only where it connects as it is made.
        self._host = host
        return open_socket(host, port, Deadline(min(self._connect_seconds, self._deadline.left())))

    def send(self, s: Any) -> None:
        if self.sock:
            self.sock.settimeout(self._deadline.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = DeadlineReader(self.sock, self._deadline).makefile("rb")
        return super().getreply()

    def authenticate(self, user: str, password: str) -> None:
        """Give the password once; smtplib's `login` tries it by every mechanism, which locks accounts."""
        self.user, self.password = user, password
        offered = self.esmtp_features.get("auth", "").split()
        for mechanism, words in (("PLAIN", self.auth_plain), ("LOGIN", self.auth_login)):
            if mechanism in offered:
                self.auth(mechanism, words)
                return
        raise smtplib.SMTPNotSupportedError("the relay offers neither PLAIN nor LOGIN")

    def leave(self) -> None:
        """End the session without waiting for an answer: the fate of the mail is known by now."""
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
        # Whether the relay had the last line when the connection broke can't be known (RFC 5321 4.5.3.2.6).
        return Unsure(type(fault).__name__)
    return Accepted(message_id(outgoing)) if code == 250 else _not_accepted(code, reply, Failure.BOUNCED)


def _not_accepted(code: int, reply: bytes, failure: Failure) -> Refused | NotSent:
    """What a reply other than success means: 4xx and nonsense may pass later, 5xx will not (RFC 5321 4.2.1)."""
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
