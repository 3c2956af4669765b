"""The simulated mail server: keeps every mail in its mailbox, and refuses, greylists or hangs up when told to."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import make_msgid, parseaddr
from enum import StrEnum
from functools import cached_property
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from alertnet.core.codec import value

LINK = re.compile(r"https?://[^\s<>\"]+")
OUT_OF_OFFICE = "I am out of the office until Monday and read no mail. In urgent cases please call our switchboard."

Visit = Callable[[str, str], object]
"""Opens a link by an HTTP method; the result is ignored."""
Post = Callable[[EmailMessage], None]
"""Delivers a mail to the mailbox in its `To`."""


class MailFault(StrEnum):
    REFUSED = "550 5.1.1 no such mailbox"
    GREYLISTED = "451 4.7.1 try again later"
    CUT_OFF = "the connection drops after DATA: the mail is kept, nobody says so"
    BOUNCED = "the mail is accepted, and comes back later: there is no such mailbox"


@value
class Mail:
    """One mail as received by one recipient; `to` and `sender` are those of the envelope. It is read once asked for."""

    to: str
    sender: str
    at: datetime
    """When the mailbox received it."""
    raw: bytes

    @property
    def subject(self) -> str:
        return self.headers.get("Subject", "")

    @cached_property
    def headers(self) -> Mapping[str, str]:
        return {name: str(value) for name, value in self._parsed.items()}

    @cached_property
    def text(self) -> str:
        return _part(self._parsed, "plain")

    @cached_property
    def html(self) -> str:
        return _part(self._parsed, "html")

    @cached_property
    def _parsed(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=modern)


@dataclass
class Mailbox:
    """The mailbox of one address: its mails, newest last, and how it treats new ones."""

    address: str
    post: Post
    mails: list[Mail] = field(default_factory=list)
    scanned: bool = False
    """A scanner opens every link before the owner can."""
    away: bool = False
    """An automatic reply answers every mail that does not say that a machine wrote it (RFC 3834)."""
    visited: list[str] = field(default_factory=list)
    """What the scanner has opened: method and link."""
    _faults: list[MailFault] = field(default_factory=list)

    def misbehaves(self, fault: MailFault, times: int = 1) -> None:
        """Apply this fault to the next `times` mails."""
        self._faults += [fault] * times

    def replies(self, text: str, *, to: Mail | None = None, sender: str = "", **headers: str) -> None:
        """Answer a mail, by default the latest, as people do: above the original, which is quoted.

        `sender`: another address than the mailbox's; `headers`: more of them, by name with `_` for `-`.
        """
        original = to or self.mails[-1]
        answer = answer_to(original, sender or self.address, f"Re: {original.subject}", _above(original, text))
        for name, content in headers.items():
            answer[name.replace("_", "-")] = content
        self.post(answer)

    def writes(self, to: str, subject: str, text: str) -> None:
        """Write a mail that answers none."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.address, to, subject
        mail["Message-ID"] = make_msgid(domain=self.address.partition("@")[2])
        mail.set_content(text)
        self.post(mail)

    def next_fault(self, *among: MailFault) -> MailFault | None:
        """The next fault, if it is one of these; it is used up."""
        return self._faults.pop(0) if self._faults and self._faults[0] in among else None


class PostOffice:
    """The mailboxes, and the handler for the SMTP server. `visit` opens a link for a scanner."""

    def __init__(self, visit: Visit, now: Callable[[], datetime]) -> None:
        self.refusal: str | None = None
        """The reply to every sender, while no mail is accepted."""
        self._mailboxes: dict[str, Mailbox] = {}
        self._visit = visit
        self._now = now

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of this address, regardless of case."""
        return self._mailboxes.setdefault(address.lower(), Mailbox(address, self.deliver))

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
        for address in envelope.rcpt_tos:
            mailbox = self.mailbox(address)
            mail = Mail(address, envelope.mail_from or "", self._now(), content)
            if mailbox.next_fault(MailFault.BOUNCED):
                self.deliver(_returned(mail))
                continue
            mailbox.mails.append(mail)
            if mailbox.scanned:
                asyncio.get_running_loop().run_in_executor(None, self._scan, mailbox, mail)
            if mailbox.away and "Auto-Submitted" not in mail.headers:
                self.deliver(_automatic_reply(mail))
            if mailbox.next_fault(MailFault.CUT_OFF):
                cast(asyncio.Transport, server.transport).abort()
        return "250 OK"

    def deliver(self, mail: EmailMessage) -> None:
        """Put a mail from outside into the mailbox in its `To`."""
        to, sender = (parseaddr(str(mail[name]))[1] for name in ("To", "From"))
        self.mailbox(to).mails.append(Mail(to, sender, self._now(), mail.as_bytes()))

    def _scan(self, mailbox: Mailbox, mail: Mail) -> None:
        """Open each link twice, as scanners do: HEAD, then GET."""
        for link in dict.fromkeys(LINK.findall(mail.text)):
            for method in ("HEAD", "GET"):
                self._visit(method, link)
                mailbox.visited.append(f"{method} {link}")


def answer_to(mail: Mail, sender: str, subject: str, text: str) -> EmailMessage:
    """An answer in the mail's thread (RFC 5322 3.6.4)."""
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = sender, mail.sender, subject
    answer["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    answer["In-Reply-To"] = answer["References"] = mail.headers.get("Message-ID", "")
    answer.set_content(text)
    return answer


def _above(original: Mail, text: str) -> str:
    """The text above the original, as most programs write an answer."""
    quoted = "\n".join(f"> {line}" for line in original.text.splitlines())
    who = original.headers.get("From", original.sender)
    return f"{text}\n\nOn {original.at:%d %b %Y at %H:%M}, {who} wrote:\n{quoted}\n"


def _automatic_reply(mail: Mail) -> EmailMessage:
    text = _above(mail, OUT_OF_OFFICE)
    reply = answer_to(mail, mail.to, f"Automatic reply: {mail.subject}", text)
    reply["Auto-Submitted"] = "auto-replied"
    return reply


def _returned(mail: Mail) -> EmailMessage:
    """The report that the mail reached nobody (RFC 3464)."""
    report = answer_to(mail, f"MAILER-DAEMON@{mail.to.partition('@')[2]}", "Undelivered Mail Returned to Sender", "")
    del report["In-Reply-To"], report["References"]
    report.set_content(f"<{mail.to}>: no such mailbox\n")
    status = EmailMessage()
    status["Final-Recipient"], status["Action"], status["Status"] = f"rfc822; {mail.to}", "failed", "5.1.1"
    report.make_mixed()
    part = EmailMessage()
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([EmailMessage(), status])
    report.attach(part)
    report.add_attachment(message_from_bytes(mail.raw, policy=modern))
    report.set_type("multipart/report")
    report.set_param("report-type", "delivery-status")
    return report


def _part(parsed: EmailMessage, kind: str) -> str:
    if parsed.get_content_type() == "multipart/encrypted" and kind == "plain":
        # What somebody without the key finds in the mailbox (RFC 3156 4).
        return "".join(part.get_content().decode("ascii") for part in parsed.iter_attachments() if part.get_filename())
    body = parsed.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""
