"""A uvicorn server with a deadline for requests and a limit on connections.

A client that holds a connection without using it must not lock out others. When the limit is reached, the connection
that has kept the server waiting longest is closed for a new one. A connection whose request is being answered is never
closed.
"""

import asyncio
import json
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httptools
import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from alertnet.core.limits import LONGEST_HEAD, REQUEST_SECONDS
from alertnet.runtime.reminder import Reminder

LOOK_SECONDS = 1.0
LET_IN_AT_ONCE = 16
OUT_OF_FILES_SECONDS = 0.1
"""How long to accept nobody after the system has run out of file descriptors."""

log = structlog.get_logger(__name__)


class Waiting:
    """The connections that keep the server waiting, each with since when, the longest first."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deadline_seconds: float) -> None:
        self._loop = loop
        self._deadline_seconds = deadline_seconds
        self._since: dict[Connection, float] = {}
        self.untold: Counter[str] = Counter()
        """How many requests were cut off, or were no HTTP, since that was logged last."""

    def begin(self, connection: "Connection") -> None:
        self._since.pop(connection, None)
        self._since[connection] = self._loop.time()

    def end(self, connection: "Connection") -> None:
        self._since.pop(connection, None)

    def cut_late(self) -> None:
        """Close the connections that are past the deadline."""
        latest = self._loop.time() - self._deadline_seconds
        for connection in [each for each, since in self._since.items() if since <= latest]:
            self._cut(connection, HTTPStatus.REQUEST_TIMEOUT, f"it was not here within {self._deadline_seconds} s")

    def cut_longest(self) -> bool:
        """Close the connection that has kept the server waiting longest; False where there is none."""
        longest = next(iter(self._since), None)
        if longest is None:
            return False
        self._cut(longest, HTTPStatus.SERVICE_UNAVAILABLE, "too many connections are open: try again")
        return True

    def _cut(self, connection: "Connection", status: HTTPStatus, detail: str) -> None:
        # It stays in the list until it is closed. If it does not accept even this answer, it is aborted next time.
        self.begin(connection)
        self.untold["requests_cut"] += not connection.is_between_requests
        connection.cut(status, detail)


class Parser(httptools.HttpRequestParser):
    """Reads a request that asks for another protocol (`Upgrade`) as any other, which RFC 9110 7.8 allows.

    Otherwise its body would be taken for bytes of that protocol: it would be missing, and be read as a request.
    """

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._begin()

    def _begin(self) -> None:
        super().__init__(self._connection)
        self.set_dangerous_leniencies(lenient_data_after_close=True)

    def feed_data(self, data: Any) -> None:
        """Read the data; where it asks for another protocol, read the head once more without that."""
        while data:
            try:
                super().feed_data(data)
                return
            except httptools.HttpParserUpgrade as stopped:
                if not self._connection.asks_to_upgrade():
                    raise
                data = self._connection.head_without_upgrade() + data[stopped.args[0] :]
                self._begin()


class Connection(HttpToolsProtocol):
    """One HTTP connection, which notes when it keeps the server waiting.

    It answers one request at a time. A client that sends a second request before its answer (pipelining) gets that
    answer, and then the connection closes. Otherwise queued requests would take unlimited memory, and hide that the
    client reads no answers.
    """

    def __init__(self, waiting: Waiting, on_lost: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self.parser = Parser(self)
        self._waiting = waiting
        self._on_lost = on_lost
        self._is_in_head = False
        self._has_asked = False
        self._asked_too_soon = False
        self._beside_body = 0
        """Bytes of the request that are not its body: the head, and chunk framing."""

    @property
    def is_between_requests(self) -> bool:
        """Whether no part of an unanswered request has arrived."""
        return not self._is_in_head and (not self._has_asked or self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._waiting.begin(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._waiting.end(self)
        self._on_lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._beside_body += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # Told together, since a line for each would fill the log.
            self._waiting.untold["requests_unreadable"] += 1
            self.send_400_response("Invalid HTTP request received.")
            return
        if self._beside_body > LONGEST_HEAD:
            detail = f"the head is longer than {LONGEST_HEAD} bytes"
            self.cut(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._beside_body = 0
        self._waiting.begin(self)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # What follows a body (trailers) is dropped: no proxy has checked it, and it would count as part of the head.
        if self._is_in_head:
            super().on_header(name, value)

    def head_without_upgrade(self) -> bytes:
        """The head just read, without the wish for another protocol."""
        lines = [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        version = self.parser.get_http_version().encode()
        return b"\r\n".join([b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version), *lines, b"", b""])

    def on_headers_complete(self) -> None:
        if self.asks_to_upgrade():
            return
        self._is_in_head = False
        self._waiting.begin(self)
        if self._has_asked and not self.cycle.response_complete:
            self._asked_too_soon = True
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        super().on_headers_complete()
        self._has_asked = True

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body)
        if not self._asked_too_soon:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self.asks_to_upgrade():
            return
        if not self._asked_too_soon:
            super().on_message_complete()
        if not self.flow.write_paused:
            self._waiting.end(self)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.is_between_requests:
            self._waiting.begin(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._waiting.begin(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._waiting.end(self)

    def asks_to_upgrade(self) -> bool:
        """Whether the request just read asks for another protocol; a CONNECT does not, and is refused."""
        return self.parser.should_upgrade() and self._get_upgrade() is not None

    def cut(self, status: HTTPStatus, detail: str) -> None:
        """Close the connection, with that answer if a request awaits one."""
        if self.transport.is_closing() or self.flow.write_paused:
            self.transport.abort()
            return
        if self._is_in_head or (self._has_asked and not self.cycle.response_started):
            self.transport.write(problem(status, detail))
        self.transport.close()


class Server(uvicorn.Server):
    """A uvicorn server that accepts connections itself, and only as many as it has room for."""

    def __init__(
        self, config: uvicorn.Config, listening: socket.socket, most: int, deadline_seconds: float = REQUEST_SECONDS
    ) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self._listening = listening
        self._deadline_seconds = deadline_seconds
        self._most = most
        self._open = 0
        self._reminders: defaultdict[str, Reminder] = defaultdict(Reminder)
        self._entering: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._loop = asyncio.get_running_loop()
        self._waiting = Waiting(self._loop, self._deadline_seconds)
        self._listening.setblocking(False)
        self._listen()
        self._ending = self._loop.create_task(self._end_overdue())
        self.is_up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop.remove_reader(self._listening)
        self._listening.close()
        await super().shutdown(sockets)
        self._ending.cancel()

    def _listen(self) -> None:
        if self._listening.fileno() >= 0:
            self._loop.add_reader(self._listening, self._let_in)

    def _let_in(self) -> None:
        for _ in range(LET_IN_AT_ONCE):
            if self._open >= self._most and self._entering:
                # A connection that is just being set up may be the one to make room; wait until that is known.
                return
            try:
                connection, _address = self._listening.accept()
            except ConnectionAbortedError:
                continue
            except (BlockingIOError, InterruptedError):
                return
            except OSError as fault:
                # To try again at once would use all of the CPU and free no file descriptor.
                if self._reminders["out_of_files"].is_time("out_of_files"):
                    log.error("out_of_files", fault=fault.strerror, connections=self._open)
                self._loop.remove_reader(self._listening)
                self._loop.call_later(OUT_OF_FILES_SECONDS, self._listen)
                return
            if self._open < self._most or self._waiting.cut_longest():
                self._open += 1
                task = self._loop.create_task(self._enter(connection))
                self._entering.add(task)
                task.add_done_callback(self._entering.discard)
            else:
                _turn_away(connection)

    async def _enter(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:
            # The client has gone already.
            self._open -= 1
            connection.close()

    def _protocol(self) -> Connection:
        return Connection(
            self._waiting,
            self._lost,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )

    def _lost(self) -> None:
        self._open -= 1

    async def _end_overdue(self) -> None:
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, self._deadline_seconds))
            self._waiting.cut_late()
            for event, count in list((+self._waiting.untold).items()):
                if self._reminders[event].is_time(event):
                    log.warning(event, count=count, connections=self._open)
                    del self._waiting.untold[event]


def _turn_away(connection: socket.socket) -> None:
    connection.setblocking(False)
    with connection:
        try:
            connection.send(problem(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests are under way: try again"))
        except OSError:
            return


def problem(status: HTTPStatus, detail: str) -> bytes:
    """A complete HTTP response with a problem document (RFC 9457), which closes the connection."""
    document = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    body = json.dumps(document).encode()
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(["Retry-After: 1"] if status is HTTPStatus.SERVICE_UNAVAILABLE else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
