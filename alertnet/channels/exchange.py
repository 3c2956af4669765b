"""One HTTP exchange on one connection: writing the request, and reading the whole answer within a deadline."""

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
"""Seconds to write a request. Usually the system's buffers take it at once.

The writing thread may be the committer, for which all wait.
"""

_PIECE = 1 << 16


class Origin(NamedTuple):
    """Where a connection leads: scheme, host and port."""

    scheme: str
    host: str
    port: int


class HttpAnswer(NamedTuple):
    """One response, read to its end."""

    status: int
    headers: Mapping[str, str]
    """Headers by their names in lower case."""
    body: bytes
    keeps_alive: bool


class Connection:
    """A connected socket to an origin, for one exchange after another. It blocks only in `wait`.

    One thread may begin a request and read its answer while another thread writes it.
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
        """Whether nothing has arrived, not even the end: a reset on a used connection leaves open what was sent."""
        has_more = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        return not (has_more or self._speaks.poll(0))

    def begin(self, wire: bytes, seconds: float, limit: int) -> None:
        """Prepare a request: `seconds` from when it leaves until the answer, which may have `limit` bytes."""
        self._wire, self._seconds = wire, seconds
        self._deadline = Deadline(seconds)
        self._fault: OSError | None = None
        self._answers.begin(limit)

    def write(self) -> None:
        """Hand the request to the system. Faults are not raised here but by `read`."""
        self._deadline = Deadline(self._seconds)
        try:
            self._send(Deadline(min(self._seconds, WRITE_SECONDS)))
        except OSError as fault:
            self._fault = fault
            with suppress(OSError):
                # Whoever waits for an answer must hear of the fault at once.
                self._socket.shutdown(socket.SHUT_RDWR)

    def read(self) -> HttpAnswer | None:
        """The answer once it is complete; None until then.

        Raises OSError where it did not come in time, `HTTPException` where it is no HTTP, too long, or cut off.
        """
        if self._fault is not None:
            raise self._fault
        while True:
            try:
                piece = self._socket.recv(_PIECE)
            except (BlockingIOError, ssl.SSLWantReadError):
                # Check the time only now: a late reader may still find the answer here.
                self._deadline.left()
                return None
            if (answer := self._answers.take(piece)) is not None:
                return answer

    def seconds_left(self) -> float:
        """The longest time to wait for the answer, in seconds."""
        return self._deadline.rest()

    def wait(self) -> None:
        """Wait until more can be read, or the deadline passes."""
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
    """Parses the answers on one connection, one at a time; the parser calls the methods that begin with `on_`."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._is_whole = True

    def begin(self, limit: int) -> None:
        """Expect the next answer, of at most so many bytes."""
        self._limit, self._taken, self._is_whole, self._ends_with_connection = limit, 0, False, False

    def take(self, piece: bytes) -> HttpAnswer | None:
        """Feed a piece, an empty one at the end; the answer once it is complete, `HTTPException` if it is no HTTP."""
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
            # More came than the answer, and nothing says what it belongs to.
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
        # An interim answer (100 Continue); the real one follows.
        self._is_whole = self._status >= 200
        self._ends_with_connection = False
