"""One HTTP exchange on one connection: what is written, and the answer, read to its end within a deadline."""

import select
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from alertnet.channels.deadline import Deadline

WRITE_SECONDS = 0.1
"""A request goes into the system's buffers at once: who writes it may be whoever has committed, for whom all wait."""

_PIECE = 1 << 16


class Origin(NamedTuple):
    """Where a connection leads."""

    scheme: str
    host: str
    port: int


class HttpAnswer(NamedTuple):
    """One response, read to its end."""

    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes
    keeps_alive: bool


class Connection:
    """A connected socket to an origin, for one exchange after the other; it never blocks but in `wait`.

    Another thread may write a request than the one that has begun it and reads the answer.
    """

    def __init__(self, origin: Origin, connected: socket.socket) -> None:
        connected.setblocking(False)
        self.origin = origin
        self._socket = connected
        self._speaks = select.poll()
        self._speaks.register(connected, select.POLLIN)
        self._answers = _Answers()
        self.close = connected.close
        self.fileno = connected.fileno

    def is_quiet(self) -> bool:
        """Whether nothing has come unasked, nor its end: a reset on a reused connection would leave us unsure."""
        has_more = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        return not (has_more or self._speaks.poll(0))

    def begin(self, wire: bytes, seconds: float, limit: int) -> None:
        """Have a request ready that has so many seconds from when it leaves, and may be answered by so many bytes."""
        self._wire, self._seconds = wire, seconds
        self._deadline = Deadline(seconds)
        self._fault: OSError | None = None
        self._answers.begin(limit)

    def write(self) -> None:
        """Hand the request to the system; `read` says what goes wrong with that."""
        self._deadline = Deadline(self._seconds)
        try:
            self._send(Deadline(min(self._seconds, WRITE_SECONDS)))
        except OSError as fault:
            self._fault = fault
            with suppress(OSError):
                # Whoever waits for an answer hears of it at once.
                self._socket.shutdown(socket.SHUT_RDWR)

    def read(self) -> HttpAnswer | None:
        """The answer, once all of it has come; None until then.

        Raises:
            OSError: it did not come in time, or the connection broke.
            HTTPException: it is no answer, too long, or cut off.
        """
        if self._fault is not None:
            raise self._fault
        while True:
            try:
                piece = self._socket.recv(_PIECE)
            except (BlockingIOError, ssl.SSLWantReadError):
                # Only now: whoever looks late may find it here.
                self._deadline.left()
                return None
            if (answer := self._answers.take(piece)) is not None:
                return answer

    def seconds_left(self) -> float:
        """How long to wait for the answer at most."""
        return self._deadline.rest()

    def wait(self) -> None:
        """Wait until there may be more to read."""
        self._speaks.poll(self.seconds_left() * 1000)

    def _send(self, deadline: Deadline) -> None:
        rest = memoryview(self._wire)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                takes = select.poll()
                takes.register(self._socket, select.POLLOUT)
                takes.poll(deadline.left() * 1000)
            except ssl.SSLWantReadError:
                self._speaks.poll(deadline.left() * 1000)


class _Answers:
    """The answers on one connection, one at a time; the parser calls what begins with `on_`."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._is_whole = True

    def begin(self, limit: int) -> None:
        """The next is to come, of so many bytes at most."""
        self._limit, self._taken, self._is_whole, self._ends_with_connection = limit, 0, False, False

    def take(self, piece: bytes) -> HttpAnswer | None:
        """The answer, once this piece makes it whole; nothing is the end of the connection.

        Raises:
            HTTPException: it is no answer, too long, or cut off.
        """
        self._taken += len(piece)
        if self._taken > self._limit:
            raise HTTPException("the answer is too long")
        if piece:
            self._parse(piece)
        elif not self._ends_with_connection:
            raise IncompleteRead(b"") if self._taken else RemoteDisconnected
        if piece and not self._is_whole:
            return None
        return HttpAnswer(self._status, self._headers, bytes(self._body), self._keeps_alive)

    def _parse(self, piece: bytes) -> None:
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
