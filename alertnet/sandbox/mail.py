"""The simulated mail server: keeps every mail in its mailbox, and refuses, greylists or hangs up when told to."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from enum import StrEnum
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from alertnet.core.codec import value

LINK = re.compile(r"https?://[^\s<>\"]+")
OUT_OF_OFFICE = "I am out of the office until Monday and read no mail. In urgent cases please call our switchboard."

Visit = Callable[[str, str], object]
"""Opens a link by an HTTP method; the result is ignored."""


class MailFault(StrEnum):
    REFUSED = "550 5.1.1 no such mailbox"
    GREYLISTED = "451 4.7.1 try again later"
    CUT_OFF = "the connection drops after DATA: the mail is kept, nobody says so"


@value
class Mail:
    """One mail as received by one recipient; `to` and `sender` are those of the envelope."""

    to: str
    sender: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


@dataclass
class Mailbox:
    """The mailbox of one address: its mails, newest last, and how it treats new ones."""

    address: str
    mails: list[Mail] = field(default_factory=list)
    scanned: bool = False
    """A scanner opens every link before the owner can."""
    away: bool = False
    """An automatic reply answers every mail."""
    visited: list[str] = field(default_factory=list)
    """What the scanner has opened: method and link."""
    _faults: list[MailFault] = field(default_factory=list)

    def refuses(self, times: int) -> None:
        """Answer 550 to the next `times` mails."""
        self._faults += [MailFault.REFUSED] * times

    def greylists(self, times: int) -> None:
        """Answer 451 to the next `times` mails."""
        self._faults += [MailFault.GREYLISTED] * times

    def cuts_off(self, times: int) -> None:
        """Keep the next `times` mails, but drop the connection instead of confirming them."""
        self._faults += [MailFault.CUT_OFF] * times

    def next_fault(self, *among: MailFault) -> MailFault | None:
        """The next fault, if it is one of these; it is used up."""
        return self._faults.pop(0) if self._faults and self._faults[0] in among else None


class PostOffice:
    """The mailboxes, and the handler for the SMTP server. `visit` opens a link for a scanner."""

    def __init__(self, visit: Visit) -> None:
        self.refusal: str | None = None
        """The reply to every sender, while no mail is accepted."""
        self._mailboxes: dict[str, Mailbox] = {}
        self._visit = visit

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of this address, regardless of case."""
        return self._mailboxes.setdefault(address.lower(), Mailbox(address))

    def protocol(self) -> asyncio.Protocol:
        """The handler of one SMTP connection, for the running event loop."""
        return SMTP(self, hostname="sandbox", enable_SMTPUTF8=True, loop=asyncio.get_running_loop())

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Called by aiosmtpd for each sender."""
        if self.refusal is not None:
            return self.refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Called by aiosmtpd for each recipient."""
        fault = self.mailbox(address).next_fault(MailFault.REFUSED, MailFault.GREYLISTED)
        if fault is not None:
            return fault.value
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with the whole mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        parsed = message_from_bytes(content, policy=modern)
        for address in envelope.rcpt_tos:
            mailbox = self.mailbox(address)
            mail = _mail(address, envelope.mail_from or "", parsed)
            mailbox.mails.append(mail)
            if mailbox.scanned:
                asyncio.get_running_loop().run_in_executor(None, self._scan, mailbox, mail)
            if mailbox.away:
                self.mailbox(mail.sender).mails.append(_automatic_reply(mail))
            if mailbox.next_fault(MailFault.CUT_OFF):
                cast(asyncio.Transport, server.transport).abort()
        return "250 OK"

    def _scan(self, mailbox: Mailbox, mail: Mail) -> None:
        """Open each link twice, as scanners do: HEAD, then GET."""
        for link in dict.fromkeys(LINK.findall(mail.text)):
            for method in ("HEAD", "GET"):
                self._visit(method, link)
                mailbox.visited.append(f"{method} {link}")


def _automatic_reply(mail: Mail) -> Mail:
    headers = {"Auto-Submitted": "auto-replied", "In-Reply-To": mail.headers.get("Message-ID", "")}
    return Mail(mail.sender, mail.to, f"Automatic reply: {mail.subject}", OUT_OF_OFFICE, "", headers)


def _mail(to: str, sender: str, parsed: EmailMessage) -> Mail:
    headers = {name: str(value) for name, value in parsed.items()}
    return Mail(to, sender, headers.get("Subject", ""), _part(parsed, "plain"), _part(parsed, "html"), headers)


def _part(parsed: EmailMessage, kind: str) -> str:
    if parsed.get_content_type() == "multipart/encrypted" and kind == "plain":
        # What somebody without the key finds in the mailbox (RFC 3156 4).
        return "".join(part.get_content().decode("ascii") for part in parsed.iter_attachments() if part.get_filename())
    body = parsed.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""
