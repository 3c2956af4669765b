"""Reads a mail as it came: which mail of ours it answers, its words, whether a machine wrote it, whether ours bounced.

Mail from outside is hostile and often broken: whatever can't be read counts as not there. Sources: RFC 5322 (threads),
RFC 3834 (automatic answers), RFC 3464 (reports of delivery).
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr
from hashlib import sha256
from html import unescape
from typing import Any, Literal, cast

from alertnet.core.inbound.auto_replies import says_so
from alertnet.core.inbound.written_mail import BY_US, LONGEST_WORDS, WrittenMail, own_words

LONGEST_HEADER = 4000
"""Characters of a header that are read; 60 references are no longer."""
LONGEST_ADDRESS, LONGEST_STRUCTURED = 1000, 300
"""The same of the sender's, and of any other whose parts have a meaning; each takes the longer by its square."""
MOST_QUOTES = 40
"""The most quotation marks in such a header; thousands take seconds."""

MOST_PARTS = 50
"""The most lines that may part its parts; each part takes as long to read as a whole small mail."""

MOST_BLANK_LINES = 2000
"""The most blank lines of a report: each begins a block, and takes the longer the more there are."""

MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@")
"""The id of a notification in the Message-ID of our mail about it."""
_DELIVERY, _BLANK_LINE = re.compile(rb"delivery-status", re.IGNORECASE), re.compile(rb"\n\r?\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
"""A line end for the standard library, though not for mail."""
_FAILED = {
    "message/delivery-status": ("Action", re.compile(r"failed\b", re.IGNORECASE)),
    "message/disposition-notification": ("Disposition", re.compile(r"automatic-action/.*;\s*deleted\b", re.IGNORECASE)),
}
"""What the parts of a report say by which our mail is lost; the latter where a mailbox refuses mail (RFC 5429)."""
_STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}\b")
_GIVEN_UP = re.compile(rb"\bthis is a permanent error\b", re.IGNORECASE)
"""How servers say so that send no report by RFC 3464: qmail, Zoho, GMX, Mail.ru."""
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply)@")
_BULK = frozenset(("auto_reply", "bulk", "junk"))
_OF_SIGNATURES = frozenset(
    f"application/{each}" for each in ("pgp-signature", "pgp-keys", "pkcs7-signature", "x-pkcs7-signature")
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"""<(/?)([a-zA-Z!?][^\s<>/]*+)(?:[^<>"']++|"[^"]{0,300}+"|'[^']{0,300}+'|["']){0,100}+>""")
"""A tag, which ends before the next: one that never ends would be looked for again and again in all that follows.

Neither may it have hundreds of quotes, in each of which another might begin.
"""
_LEFT_OUT = frozenset(("head", "style", "script", "title", "blockquote"))
_LINE_ENDS = frozenset(("br", "p", "div", "tr", "li", "h1", "h2", "h3", "hr", "blockquote"))
_IN_WORDS = frozenset(("subject", "references", "in-reply-to"))
"""The headers that are read without looking for parts in them."""
_SLOW = frozenset(("punycode", "idna"))
"""What is taken for a character set and never is that of a mail: to decode one takes the longer by its square."""
_UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, RecursionError)
"""What the standard library raises for broken mail that its own list of defects does not cover."""


class _Bounded(EmailPolicy):
    """The standard library's policy for parts and headers, without the rest of a header that is longer than any is.

    Its parsers of parameters and addresses take minutes for what fits into one mail.
    """

    def header_fetch_parse(self, name: str, value: str) -> Any:
        if name.lower() in _IN_WORDS:
            return super().header_fetch_parse(name, value[:LONGEST_HEADER])
        short = value[: LONGEST_ADDRESS if name.lower() == "from" else LONGEST_STRUCTURED]
        return super().header_fetch_parse(name, short if short.count('"') <= MOST_QUOTES else short.replace('"', ""))


_POLICY: Any = _Bounded()


def read_mail(raw: bytes, ours: Collection[str]) -> WrittenMail | None:
    """The mail, or the report that one of ours was given up; None for any other report, and for what can't be read.

    `ours`: the addresses that our mails come from.
    """
    raw = _BARE_CR.sub(b"\n", raw)
    if _DELIVERY.search(raw) and len(_BLANK_LINE.findall(raw)) > MOST_BLANK_LINES:
        return None
    raw = b"\n--".join(raw.split(b"\n--", MOST_PARTS)[:MOST_PARTS])
    try:
        mail: EmailMessage = message_from_bytes(raw, policy=_POLICY)
        sender = parseaddr(str(mail.get("From", "")))[1].lower()
        is_by_machine = _MACHINES.match(sender) and (_DELIVERY.search(raw) or _GIVEN_UP.search(raw))
        is_report = is_by_machine or mail.get_content_type() == "multipart/report"
        return _report(mail, raw, sender) if is_report else _answer(mail, raw, sender, ours)
    except _UNREADABLE:
        return None


def _report(mail: EmailMessage, raw: bytes, sender: str) -> WrittenMail | None:
    """A report that our mail was given up or refused; of one that was delayed, delivered or opened nothing follows."""
    answers, failed = MESSAGE_ID.findall(raw.decode("ascii", "replace")), _given_up(mail)
    if _GIVEN_UP.search(raw) and not _DELIVERY.search(raw):
        failed = ("5.0.0", "")
    if not answers or failed is None:
        return None
    status, at = failed
    return _written(mail, raw, sender, answers=answers, is_automatic=True, bounced=status, bounced_at=at)


def _answer(mail: EmailMessage, raw: bytes, sender: str, ours: Collection[str]) -> WrittenMail | None:
    thread = [str(mail.get("In-Reply-To", "")), *reversed(str(mail.get("References", "")).split())]
    answers = MESSAGE_ID.findall(" ".join(thread))
    if not sender:
        return None
    text = _text(mail)
    return _written(
        mail,
        raw,
        sender,
        answers=answers,
        words=own_words(text, ours),
        # What can't be read at all, such as an encrypted answer, is at least known by what it is about.
        whole=text.strip()[:LONGEST_WORDS] or _printable(str(mail.get("Subject", ""))),
        is_automatic=_is_automatic(mail, sender, is_answer=bool(answers)),
        attached=_attached(mail),
    )


def _written(mail: EmailMessage, raw: bytes, sender: str, *, answers: Sequence[str], **read: Any) -> WrittenMail:
    identity = str(mail.get("Message-ID", "")).strip() or sha256(raw).hexdigest()
    id = f"mail-{sha256(f'{sender} {identity}'.encode()).hexdigest()[:48]}"
    return WrittenMail(id, sender, tuple(dict.fromkeys(answers)), **{"words": "", "whole": "", **read})


def _is_automatic(mail: EmailMessage, sender: str, *, is_answer: bool) -> bool:
    """Whether a machine wrote it; a list or group only passes on what people answer, and sends round what is new."""
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    return (
        submitted != "no"
        or any(name in mail for name in (BY_US, "X-Autoreply", "X-Autorespond"))
        or str(mail.get("Precedence", "")).strip().lower() in _BULK
        or ("List-Id" in mail and not is_answer)
        or str(mail.get("Return-Path", "")).strip() == "<>"
        or _MACHINES.match(sender) is not None
        or says_so(str(mail.get("Subject", "")))
    )


def _given_up(mail: EmailMessage) -> tuple[str, str] | None:
    """The status by which a recipient was given up, and its address; None where none was."""
    reports = [(part, *_FAILED[type]) for part in mail.walk() if (type := part.get_content_type()) in _FAILED]
    # One block for the whole, and one for each recipient.
    for part, field, failed in reports:
        for block in cast(list[EmailMessage], part.get_payload()):
            if failed.match(str(block.get(field, "")).strip()):
                # Who has tried in vain for days gives up with the status of the last try, such as 4.4.1.
                status = _STATUS.match(str(block.get("Status", "")).strip())
                recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
                return status[0] if status else "5.0.0", recipient.rpartition(";")[2].strip().strip("<>").lower()
    return None


def _attached(mail: EmailMessage) -> int:
    """How many files came with it; not the pictures that its words show, as most signatures do."""
    try:
        return sum(map(_is_file, mail.walk()))
    except _UNREADABLE:
        return 0


def _is_file(part: EmailMessage) -> bool:
    is_named = part.get_filename() is not None and "Content-ID" not in part
    return (is_named or part.is_attachment()) and part.get_content_type() not in _OF_SIGNATURES


def _text(mail: EmailMessage) -> str:
    plain = _text_as(mail, "plain")
    return plain if plain.strip() else _text_as(mail, "html")


def _text_as(mail: EmailMessage, subtype: Literal["plain", "html"]) -> str:
    try:
        body = mail.get_body(preferencelist=(subtype,))
        if body is None:
            return ""
        try:
            if body.get_content_charset() in _SLOW:
                raise LookupError
            text = str(body.get_content())
        except LookupError:
            # Mail names more character sets than are known here.
            text = cast(bytes, body.get_payload(decode=True)).decode("utf-8", "replace")
        return _printable(_text_of_page(text) if subtype == "html" else text)
    except _UNREADABLE:
        return ""


def _printable(text: str) -> str:
    """The text without what is no character: it can't be stored, or steers the screen on which it is read."""
    text = "\n".join(text.splitlines())
    return "".join(each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))


def _text_of_page(html: str) -> str:
    """The text of a page, a line for each paragraph, without quotations.

    The parser of the standard library takes minutes for a page that was made for that, and raises on others, in many
    releases from 3.11 to 3.13.
    """
    head, end, rest = html.rpartition("-->")
    html = _COMMENT.sub("", head + end) + rest.partition("<!--")[0]
    texts: list[str] = []
    left_out: list[str] = []
    place = 0
    for tag in _TAG.finditer(f"{html}<br>"):
        if not left_out:
            texts.append(re.sub(r"\s+", " ", unescape(html[place : tag.start()])))
        place, ends, name = tag.end(), tag[1], tag[2].lower()
        if name in _LEFT_OUT and not ends and not tag[0].endswith("/>"):
            left_out.append(name)
        while ends and name in left_out and left_out.pop() != name:
            pass
        if name in _LINE_ENDS:
            texts.append("\n")
    return "".join(texts)
