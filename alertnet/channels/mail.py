"""A mail as bytes: text and HTML side by side, a stable Message-ID, and no way for a value to become a header."""

import re
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP

from alertnet.channels.base import Outgoing
from alertnet.core.errors import BadInput

_POLICY = SMTP.clone(cte_type="7bit")
"""Seven bits, so that no relay needs 8BITMIME."""

_DOT_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
_LITERAL = r"\[[\w.:]+\]"
# The standard library's own parser answers what is no address with another exception in each version of Python.
_ADDR_SPEC = re.compile(rf"(?P<name>{_DOT_ATOM})@(?P<host>{_DOT_ATOM}|{_LITERAL})", re.ASCII)
"""An addr-spec without quotes, comments, white space or folding."""


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
