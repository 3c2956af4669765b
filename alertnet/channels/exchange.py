"""One HTTP exchange on one connection: what is written, and the answer, read to its end within a deadline."""

import select
import socket
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from alertnet.channels.base import Leave
from alertnet.channels.deadline import Deadline

WRITE_SECONDS = 0.1
"""A request goes into the system's buffers at once: who writes it may be whoever has committed, for whom all wait."""

_PIECE = 1 << 16


class HttpAnswer(NamedTuple):
    """One response, read to its end."""

    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes
    keeps_alive: bool


class Connection:
    """A connected socket that never blocks: whoever waits for it does so until a deadline."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._speaks = select.poll()
        self._speaks.register(connected, select.POLLIN)
        self._answers = _Answers()
        self.close = connected.close

    def is_quiet(self) -> bool:
        """Whether nothing has come unasked, nor its end: a reset on a reused connection would leave us unsure."""
        has_more = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        return not (has_more or self._speaks.poll(0))

    def exchange(self, wire: bytes, deadline: Deadline, limit: int, leave: Leave) -> HttpAnswer | None:
        """The answer, within what is left of the deadline as the request leaves; None: it was not let leave.

        `limit`: of the answer, in bytes.

        Raises:
            OSError: it did not come in time, or the connection broke.
            HTTPException: it is no answer, too long, or cut off.
        """
        seconds = deadline.left()

        def write() -> None:
            nonlocal deadline
            deadline = Deadline(seconds)
            self._write(wire, Deadline(min(seconds, WRITE_SECONDS)))

        if not leave(write):
            return None
        return self._answers.next(lambda: self._read(deadline), limit)

    def _write(self, wire: bytes, deadline: Deadline) -> None:
        """Hand all of it to the system."""
        rest = memoryview(wire)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                takes = select.poll()
                takes.register(self._socket, select.POLLOUT)
                _wait(takes, deadline)
            except ssl.SSLWantReadError:
                _wait(self._speaks, deadline)

    def _read(self, deadline: Deadline) -> bytes:
        """What comes next; nothing at the end."""
        while True:
            deadline.left()
            try:
                # Whoever was woken late finds it here already.
                return self._socket.recv(_PIECE)
            except (BlockingIOError, ssl.SSLWantReadError):
                _wait(self._speaks, deadline)


def _wait(ready: select.poll, deadline: Deadline) -> None:
    if not ready.poll(deadline.left() * 1000):
        raise TimeoutError("the deadline has passed")


class _Answers:
    """The answers on one connection, one at a time; the parser calls what begins with `on_`."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._is_whole = True

    def next(self, read: Callable[[], bytes], limit: int) -> HttpAnswer:
        """The next, of as many bytes at most, read piece by piece.

        Raises:
            HTTPException: it is no answer, too long, or cut off.
        """
        taken, self._is_whole, self._ends_with_connection = 0, False, False
        while not self._is_whole:
            piece = read()
            taken += len(piece)
            if taken > limit:
                raise HTTPException("the answer is too long")
            if piece:
                self._take(piece)
            elif self._ends_with_connection:
                break
            else:
                raise IncompleteRead(b"") if taken else RemoteDisconnected
        return HttpAnswer(self._status, self._headers, bytes(self._body), self._keeps_alive)

    def _take(self, piece: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except (HttpParserError, HttpParserUpgrade) as fault:
            if not self._is_whole:
                raise HTTPException("that is no answer") from fault
            # More came than the answer: nobody knows what that belongs to.
            self._keeps_alive = False

    def on_message_begin(self) -> None:
        if self._is_whole:
            raise HTTPException("it speaks unasked")
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        self._keeps_alive = self._parser.should_keep_alive()
        self._ends_with_connection = not self._headers.keys() & {"content-length", "transfer-encoding"}

    def on_body(self, piece: bytes) -> None:
        self._body += piece

    def on_message_complete(self) -> None:
        # Another one is said in passing (100 Continue).
        self._is_whole = self._status >= 200
        self._ends_with_connection = False
