"""Reads a mail as it came: which mail of ours it answers, its words, whether a machine wrote it, whether ours bounced.

Mail from outside is hostile and often broken: whatever can't be read counts as not there. Sources: RFC 5322 (threads),
RFC 3834 (automatic answers), RFC 3464 (reports of delivery).
"""

import re
from collections.abc import Collection
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any, cast

from alertnet.core.delivery.written_mail import LONGEST_WORDS, WrittenMail, own_words
from alertnet.core.inbound.auto_replies import says_so

LONGEST_HEADER = 4000
"""Characters of a header that are read; 60 references are no longer."""

MOST_PARTS = 200
"""The most lines that may part its parts; each part takes as long to read as a whole small mail."""

_MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@")
"""A Message-ID of ours: the id of a notification."""
_PERMANENT = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply)@")
_BULK = frozenset(("auto_reply", "bulk", "junk", "list"))
_LEFT_OUT = frozenset(("head", "style", "script", "title", "blockquote"))
_LINE_ENDS = frozenset(("br", "p", "div", "tr", "li", "h1", "h2", "h3", "hr", "blockquote"))
_UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, RecursionError)
"""What the standard library raises for broken mail that its own list of defects does not cover."""


class _Bounded(EmailPolicy):
    """The standard library's policy for parts and headers, without the rest of a header that is longer than any is.

    Its parser of parameters takes minutes for what fits into one mail.
    """

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return super().header_fetch_parse(name, value[:LONGEST_HEADER])


_POLICY: Any = _Bounded()


def read_mail(raw: bytes, ours: Collection[str]) -> WrittenMail | None:
    """The mail, if it answers one of ours; None where it does not, or can't be read.

    `ours`: the addresses that our mails come from.
    """
    if raw.count(b"\n--") > MOST_PARTS:
        return None
    try:
        return _read(message_from_bytes(raw, policy=_POLICY), raw, ours)
    except _UNREADABLE:
        return None


def _read(mail: EmailMessage, raw: bytes, ours: Collection[str]) -> WrittenMail | None:
    is_report = mail.get_content_type() == "multipart/report"
    sender = parseaddr(str(mail.get("From", "")))[1].lower()
    thread = [str(mail.get("In-Reply-To", "")), *reversed(str(mail.get("References", "")).split())]
    answers = _MESSAGE_ID.findall(raw.decode("ascii", "replace") if is_report else " ".join(thread))
    if not answers or not sender:
        return None
    identity = str(mail.get("Message-ID", "")).strip() or sha256(raw).hexdigest()
    text = "" if is_report else _text(mail)
    return WrittenMail(
        id=f"mail-{sha256(f'{sender} {identity}'.encode()).hexdigest()[:48]}",
        sender=sender,
        answers=tuple(dict.fromkeys(answers)),
        words=own_words(text, ours),
        whole=text.strip()[:LONGEST_WORDS],
        is_automatic=is_report or _is_automatic(mail, sender),
        bounced=_bounced(mail) if is_report else None,
        attached=0 if is_report else sum(1 for _ in mail.iter_attachments()),
    )


def _is_automatic(mail: EmailMessage, sender: str) -> bool:
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    return (
        submitted != "no"
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or str(mail.get("Precedence", "")).strip().lower() in _BULK
        or str(mail.get("Return-Path", "")).strip() == "<>"
        or _MACHINES.match(sender) is not None
        or says_so(str(mail.get("Subject", "")))
    )


def _bounced(mail: EmailMessage) -> str | None:
    """The status of a recipient that was given up; None where the mail was only delayed, or delivered."""
    reports = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
    # One block for the whole, and one for each recipient; a mail of ours has one.
    blocks = [block for part in reports for block in cast(list[EmailMessage], part.get_payload())]
    failed = [block for block in blocks if str(block.get("Action", "")).strip().lower() == "failed"]
    found = (_PERMANENT.match(str(block.get("Status", "")).strip()) for block in failed)
    return next((status[0] for status in found if status), None)


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    text = str(body.get_content())
    return _text_of_page(text) if body.get_content_type() == "text/html" else text


def _text_of_page(html: str) -> str:
    reader = _PageReader()
    reader.feed(html)
    reader.close()
    return "".join(reader.texts)


class _PageReader(HTMLParser):
    """The text of a page, a line for each paragraph, without quotations."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._left_out: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LEFT_OUT:
            self._left_out.append(tag)
        self._end_line(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._left_out and self._left_out[-1] == tag:
            self._left_out.pop()
        self._end_line(tag)

    def _end_line(self, tag: str) -> None:
        if tag in _LINE_ENDS:
            self.texts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.texts.append(re.sub(r"\s+", " ", data))
