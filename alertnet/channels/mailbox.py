"""Reads the mailbox to which answers to our mails come, over IMAP (RFC 3501); nothing in it is changed.

TLS from the first byte (RFC 8314), except on loopback. One connection for each look, under one deadline; a server that
says more than a look reads is left.
"""

import imaplib
import re
import ssl
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from alertnet.channels.base import MailListing, ReceivedMail
from alertnet.channels.deadline import Deadline, DeadlineReader, open_socket, over_tls
from alertnet.channels.mail import tls_to
from alertnet.channels.received_mail import MESSAGE_ID, read_mail

DEADLINE_SECONDS = 20.0
MOST_MAILS = 4000
"""The most mails whose headers one look reads, the newest."""
LONGEST_HEADERS = 4000
"""The bytes of these headers that are read of each, so that nobody's long ones use up what a look reads."""
MOST_BYTES = 1 << 26
"""The most bytes that a server may say in one look."""
MOST_ANSWERS = 200
"""The most answers that one look reads, and the most reports."""
MOST_OF_ONE = 20
"""The most answers to one mail of ours, the newest: to take one apart may take half a second."""
MOST_OTHERS = 40
"""The same of other mails in the name of somebody known, which anybody can forge."""
LONGEST_MAIL = 1 << 17
"""The bytes of a mail that are read: its words stand before what is attached."""
AT_ONCE = 50
"""How many bodies one command asks for."""
MOST_NAMED = 500
"""How many mails one command names: servers take lines of 8000 bytes (RFC 2683 3.2.1.5), and longer ones not all."""

_HEADERS = f"(INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM IN-REPLY-TO REFERENCES CONTENT-TYPE)]<0.{LONGEST_HEADERS}>)"
_BODY = f"(INTERNALDATE BODY.PEEK[]<0.{LONGEST_MAIL}>)"
_UID = re.compile(rb"\bUID (\d+)\b")
_INTERNAL_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_OF_REPORT = re.compile(
    rb"multipart/report|^from:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*?\b(?:mailer-daemon|postmaster)@",
    re.IGNORECASE | re.MULTILINE,
)
"""What the headers of reports hold; those of OpenSMTPD and Domino don't say what they are."""
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FAULTS = (OSError, imaplib.IMAP4.error, ValueError, IndexError, TypeError, OverflowError)
"""What a server that breaks off, refuses, or speaks no IMAP gives rise to."""


class ImapMailbox:
    """One folder of a mailbox; threads may share it. `ours`: the addresses that our mails come from.

    Only answers to mails of ours are fetched, and mails of somebody known. `sent` gives those of some ids that mails of
    ours have, `known` the addresses of everybody known, in small letters.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        folder: str,
        ours: Collection[str],
        sent: Callable[[Collection[str]], Collection[str]] = set,
        known: Callable[[], Collection[str]] = tuple,
        *,
        is_plain: bool = False,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._host, self._port, self._user, self._password = host, port, user, password
        self._folder, self._ours, self._sent, self._known = folder, ours, sent, known
        self._is_plain = is_plain
        self._deadline_seconds = deadline_seconds

    def received(self, since: datetime) -> MailListing:
        """What people wrote to us that reached the mailbox since then; see `Mailbox.received`."""
        found: list[ReceivedMail] = []
        try:
            session = self._open()
            try:
                wanted, is_all = self._wanted(session, since)
                for start in range(0, len(wanted), AT_ONCE):
                    found += self._read(session, wanted[start : start + AT_ONCE], since)
            finally:
                session.leave()
        except _FAULTS as fault:
            # What a server says may name the user; the code in it does not (RFC 5530).
            code = re.search(r"\[([A-Z-]+)\]", _words(fault))
            return MailListing(tuple(found), is_whole=False, trouble=code[1] if code else type(fault).__name__)
        return MailListing(tuple(found), is_whole=is_all)

    def trouble(self) -> str | None:
        """What keeps the mailbox from being read: what the server says, or the name of the fault; None for nothing."""
        try:
            self._open().leave()
        except _FAULTS as fault:
            return _words(fault) or type(fault).__name__
        return None

    def _open(self) -> "_Session":
        """A session in which the folder is open for reading."""
        tls = None if self._is_plain else tls_to(self._host)
        session = _Session(self._host, self._port, Deadline(self._deadline_seconds), tls)
        try:
            session.login(self._user, self._password)
            _ok(session.select(f'"{self._folder}"', readonly=True))
        except _FAULTS:
            session.leave()
            raise
        return session

    def _wanted(self, session: "_Session", since: datetime) -> tuple[list[str], bool]:
        """The UIDs of mails since then that may be for us to read; and whether none was left out."""
        # Servers compare the day alone, in a zone of their own.
        day = since.date() - timedelta(days=1)
        listed = _ok(session.uid("SEARCH", "SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"))
        uids = b" ".join(each or b"" for each in listed).decode("ascii").split()
        headers = list(_fetched(session, uids[-MOST_MAILS:], _HEADERS))
        is_all = len(uids) <= MOST_MAILS or any(at < since for _, at, _ in headers)
        late = [(uid, raw) for uid, at, raw in headers if at >= since]
        named = {uid: MESSAGE_ID.findall(raw.decode("ascii", "replace")) for uid, raw in late}
        sent = self._sent(set().union(*named.values()))
        answered = {uid: next((id for id in ids if id in sent), None) for uid, ids in named.items()}
        answers = _in_turn({uid: id for uid, id in answered.items() if id is not None})
        rest = [(uid, raw) for uid, raw in late if answered[uid] is None]
        reports = [uid for uid, raw in rest if _is_report(raw)]
        known = set(self._known())
        others = [uid for uid, raw in rest if not _is_report(raw) and _names(raw, known)]
        # Anybody can send reports, and forge a sender, so they have rooms of their own.
        rooms = ((answers, MOST_ANSWERS), (reports[::-1], MOST_ANSWERS), (others[::-1], MOST_OTHERS))
        wanted = [uid for uids, most in rooms for uid in uids[:most]]
        return wanted, is_all and len(wanted) == len(reports) + len(others) + sum(map(bool, answered.values()))

    def _read(self, session: "_Session", uids: Sequence[str], since: datetime) -> Iterator[ReceivedMail]:
        for _, at, raw in _fetched(session, uids, _BODY):
            # Anybody can send reports about mails of nobody: to take one apart may take long.
            is_ours = self._sent(set(MESSAGE_ID.findall(raw.decode("ascii", "replace"))))
            is_meant = at >= since and (is_ours or not _is_report(raw))
            if is_meant and (mail := read_mail(raw, self._ours)) is not None:
                yield ReceivedMail(at, mail)


def _in_turn(answers: dict[str, str]) -> list[str]:
    """The UIDs of these, each with the mail of ours that it answers: the newest answer to each, the one before it, ….

    So whoever was sent a mail, and answers it a hundred times, keeps nobody else's answer from being read.
    """
    before: Counter[str] = Counter()
    place: dict[str, int] = {}
    for uid, ours in reversed(answers.items()):
        before[ours] += 1
        place[uid] = before[ours]
    return sorted((uid for uid in place if place[uid] <= MOST_OF_ONE), key=place.__getitem__)


def _is_report(raw: bytes) -> bool:
    return _OF_REPORT.search(raw.partition(b"\r\n\r\n")[0]) is not None


def _names(raw: bytes, addresses: Collection[str]) -> bool:
    """Whether one of these addresses stands in the headers."""
    return not set(_ADDRESS.findall(raw.decode("utf-8", "replace").lower())).isdisjoint(addresses)


def _fetched(session: "_Session", uids: Sequence[str], parts: str) -> Iterator[tuple[str, datetime, bytes]]:
    """The UID of each mail, when the server received it, and what was asked for."""
    for start in range(0, len(uids), MOST_NAMED):
        # An answer is (what it is, the literal), followed by what closes it, which may be what it is as well.
        answers = _ok(session.uid("FETCH", ",".join(uids[start : start + MOST_NAMED]), parts))
        for answer, after in zip(answers, [*answers[1:], b""], strict=True):
            if not isinstance(answer, tuple):
                continue
            about = answer[0] + (after if isinstance(after, bytes) else b"")
            uid, date = _UID.search(about), _INTERNAL_DATE.search(about)
            if uid and date:
                yield uid[1].decode(), parsedate_to_datetime(date[1].decode("ascii")), answer[1]


def _words(fault: Exception) -> str:
    """What a server said that refuses, as text; imaplib has it as bytes."""
    said = "" if isinstance(fault, OSError) or not fault.args else fault.args[0]
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(*answer[1][-1:])
    return answer[1]


class _Session(imaplib.IMAP4):
    """imaplib's client with one deadline for everything; its own timeout applies to each read."""

    def __init__(self, host: str, port: int, deadline: Deadline, tls: ssl.SSLContext | None) -> None:
        self._deadline = deadline
        self._tls = tls
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None) -> Any:
        connection = open_socket(self.host, self.port, self._deadline)
        if self._tls is not None:
            connection = over_tls(connection, self._tls, self.host, self._deadline)
        return _TimedSocket(connection, self._deadline)

    def read(self, size: int) -> bytes:
        """Read a literal, unless it promises more than a session may hold; before Python 3.13 room is made for it all.

        Raises:
            IMAP4.abort: it does.
        """
        if size > MOST_BYTES:
            raise self.abort(f"a literal of {size} bytes; at most {MOST_BYTES}")
        return super().read(size)

    def leave(self) -> None:
        """End the session without waiting for an answer."""
        with suppress(OSError):
            self.shutdown()


class _TimedSocket:
    """What imaplib needs of a socket, under a deadline and with an end to what is read."""

    def __init__(self, connection: Any, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self.shutdown = connection.shutdown
        self.close = connection.close

    def makefile(self, mode: str) -> Any:
        return DeadlineReader(self._connection, self._deadline, MOST_BYTES).makefile(mode)

    def sendall(self, data: bytes) -> None:
        self._connection.settimeout(self._deadline.left())
        self._connection.sendall(data)
