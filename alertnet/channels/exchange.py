"""One HTTP exchange on one connection: what is written, and the answer, read to its end within a deadline."""

import select
import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import NamedTuple

from httptools import HttpParserError, HttpResponseParser

from alertnet.channels.base import Leave
from alertnet.channels.deadline import Deadline

WRITE_SECONDS = 0.1
"""A request goes into the system's buffers at once: who writes it may be whoever has committed, for whom all wait."""

_PIECE = 1 << 16


class Connection:
    """A connected socket that never blocks: whoever waits for it does so until a deadline."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._speaks = select.poll()
        self._speaks.register(connected, select.POLLIN)
        self.close = connected.close

    def is_quiet(self) -> bool:
        """Whether nothing has come unasked, nor its end: a reset on a reused connection would leave us unsure."""
        return not (self._has_more() or self._speaks.poll(0))

    def write(self, wire: bytes, deadline: Deadline) -> None:
        """Hand all of it to the system.

        Raises:
            OSError: it did not take all in time.
        """
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

    def read(self, deadline: Deadline) -> bytes:
        """What comes next; nothing at the end.

        Raises:
            OSError: nothing came in time.
        """
        while True:
            if not self._has_more():
                _wait(self._speaks, deadline)
            try:
                return self._socket.recv(_PIECE)
            except (BlockingIOError, ssl.SSLWantReadError):
                continue

    def _has_more(self) -> bool:
        """Whether TLS holds something that is not in the socket any more."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0


def _wait(ready: select.poll, deadline: Deadline) -> None:
    if not ready.poll(deadline.left() * 1000):
        raise TimeoutError("the deadline has passed")


class HttpAnswer(NamedTuple):
    """One response, read to its end."""

    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes
    keeps_alive: bool


def exchange_on(
    connection: Connection, wire: bytes, deadline: Deadline, body_limit: int, leave: Leave
) -> HttpAnswer | None:
    """The answer, within what is left of the deadline as the request leaves; None: it was not let leave.

    Raises:
        OSError: it did not come in time, or the connection broke.
        HTTPException: it is no answer, too long, or cut off.
    """
    seconds = deadline.left()

    def write() -> None:
        nonlocal deadline
        deadline = Deadline(seconds)
        connection.write(wire, Deadline(min(seconds, WRITE_SECONDS)))

    if not leave(write):
        return None
    reading = _Reading()
    while not reading.is_whole:
        reading.take(connection.read(deadline), body_limit)
    return HttpAnswer(reading.status, reading.headers, bytes(reading.body), reading.keeps_alive)


class _Reading:
    """One answer as far as it has come; the parser calls what begins with `on_`."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._taken = 0
        self._ends_with_connection = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.is_whole = False
        self.keeps_alive = False

    def take(self, piece: bytes, limit: int) -> None:
        """Read on, with an empty piece at the end of the connection.

        Raises:
            HTTPException: it is no answer, too long, or cut off.
        """
        if not piece:
            if not self._ends_with_connection:
                raise IncompleteRead(bytes(self.body)) if self._taken else RemoteDisconnected
            self.is_whole = True
            return
        self._taken += len(piece)
        if self._taken > limit:
            raise HTTPException("the answer is too long")
        try:
            self._parser.feed_data(piece)
        except HttpParserError as fault:
            if not self.is_whole:
                raise HTTPException("that is no answer") from fault
            # More came than the answer: nobody knows what that belongs to.
            self.keeps_alive = False

    def on_message_begin(self) -> None:
        if self.is_whole:
            raise HTTPException("it speaks unasked")
        # What came before was said in passing (100 Continue).
        self.headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._ends_with_connection = not self.headers.keys() & {"content-length", "transfer-encoding"}

    def on_body(self, piece: bytes) -> None:
        self.body += piece

    def on_message_complete(self) -> None:
        self.is_whole = self.status >= 200
        self.keeps_alive = self._parser.should_keep_alive()
        self._ends_with_connection = False
