"""The HTTP under the provider's SDK: one exchange, one deadline, no retry, safe for many threads.

It distinguishes what surely never left (`NotConnected`) from what may have arrived (`AnswerLost`), and keeps idle
connections for a few seconds. It follows no redirect, uses no proxy and logs no address.
"""

import json
import logging
import re
import ssl
import threading
import time
import weakref
from base64 import b64encode
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property, lru_cache
from http.client import HTTPException
from types import coroutine
from typing import Any, NamedTuple, Self, TypedDict
from urllib.parse import quote_plus, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response
from typing_extensions import Unpack

from alertnet.channels.deadline import Deadline, open_socket, over_tls
from alertnet.channels.exchange import Connection, HttpAnswer, Origin

_KEPT = 32
"""The most idle connections kept for each origin."""

CONNECT_SECONDS = 3.0
DEADLINE_SECONDS = 10.0
IDLE_SECONDS = 4.0
"""Seconds that a connection may be idle. Common servers close after 5 s, and a request must not cross that close."""

BODY_LIMIT = 1 << 20
"""The most bytes of an answer; a page of 50 messages has at most 600,000."""

_LONGEST_PAUSE_SECONDS = 3600
_LONGEST_CODE = 16

_QUOTED = {byte: (bytes([byte]), quote_plus(bytes([byte])).encode()) for byte in range(256)}
_NOT_AGAIN = b"%+" + bytes(byte for byte, (plain, quoted) in _QUOTED.items() if plain == quoted)
"""The bytes that quoting itself writes, and those that stay as they are."""


Idle = dict[Origin, deque[tuple[Connection, float]]]
"""By origin, idle connections and since when (monotonic seconds) each is idle."""


class Fields(TypedDict, total=False):
    """What a request has besides its method and place; `data`: the form in its body."""

    params: Mapping[str, object] | None
    data: Mapping[str, object] | None
    headers: Mapping[str, str] | None
    auth: tuple[str, str] | None
    timeout: float | None
    """Replaces the deadline (seconds)."""


class FormRequest(NamedTuple):
    """A request, ready to be written."""

    origin: Origin
    wire: bytes
    timeout: float | None

    @classmethod
    def of(cls, method: str, uri: str, **fields: Unpack[Fields]) -> Self:
        """Build a request; raises ValueError where it can't be encoded, as with a line break in a header."""
        asked = {name: value for name, value in (fields.get("params") or {}).items() if value is not None}
        origin, target = _locate(uri, _form(asked))
        body, headers = _form(fields.get("data") or {}), fields.get("headers") or {}
        wire = _request_bytes(method, origin, target, body, headers, fields.get("auth"))
        return cls(origin, wire, fields.get("timeout"))


class Pool:
    """Idle connections, the latest used first. It needs no lock, since both ends of a deque are thread-safe."""

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._idle: Idle = {}
        weakref.finalize(self, _close_all, self._idle)

    def borrow(self, origin: Origin) -> Connection | None:
        """Take a connection that is safe to write to; None where there is none."""
        idle = self._idle.setdefault(origin, deque())
        while True:
            try:
                connection, since = idle.pop()
            except IndexError:
                return None
            if time.monotonic() - since < self._idle_seconds and connection.is_quiet():
                return connection
            connection.close()

    def keep(self, connection: Connection) -> None:
        """Take back a connection that nothing uses any more."""
        idle = self._idle.setdefault(connection.origin, deque())
        if len(idle) < _KEPT:
            idle.append((connection, time.monotonic()))
        else:
            connection.close()


def _close_all(idle: Idle) -> None:
    for connections in idle.values():
        for connection, _ in connections:
            connection.close()


class NotConnected(Exception):
    """No connection, so surely nothing was sent; `code` names the fault."""

    def __init__(self, fault: Exception) -> None:
        self.code = type(fault).__name__
        super().__init__(self.code)


class AnswerLost(Exception):
    """The request may have arrived, but no complete answer came back; `code` names the fault."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class ErrorAnswer(Exception):
    """The provider answered with a status other than 2xx. The SDK's own exceptions lack Retry-After."""

    def __init__(self, status: int, code: str, retry_after: timedelta | None) -> None:
        self.status = status
        self.code = code
        self.retry_after = retry_after
        super().__init__(f"HTTP {status}, code {code}")


class _OfThread(threading.local):
    """The time limit for the exchanges of one thread."""

    deadline: Deadline | None = None


class Transport(HttpClient):  # type: ignore[misc]  # The SDK has no types.
    """An HTTP client for the provider's SDK; any number of threads may share it."""

    def __init__(
        self,
        deadline_seconds: float = DEADLINE_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        body_limit: int = BODY_LIMIT,
    ) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=deadline_seconds)
        self._deadline_seconds = deadline_seconds
        self._connect_seconds = connect_seconds
        self._body_limit = body_limit
        self._shared = _OfThread()
        self._pool = Pool(idle_seconds)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Reading the machine's trusted certificates takes 10 ms, so do it only where TLS is used.
        return ssl.create_default_context()

    def request(self, method: str, uri: str, *, allow_redirects: bool = False, **fields: Unpack[Fields]) -> Response:
        """Send one request with a form and return the provider's 2xx answer.

        Raises:
            NotConnected: surely not sent, such as a line break in a header, or an address not in ASCII.
            AnswerLost: perhaps sent.
            ErrorAnswer: any other status.
        """
        return _judge(self.exchange(method, uri, **fields))

    def exchange(self, method: str, uri: str, **fields: Unpack[Fields]) -> HttpAnswer:
        """Send one request and return its answer, of any status. Raises as `request` does, but no `ErrorAnswer`."""
        try:
            request = FormRequest.of(method, uri, **fields)
        except ValueError as fault:
            raise NotConnected(fault) from None
        connection = self.begin(request)
        connection.write()
        while (answer := self.hear(connection)) is None:
            connection.wait()
        return answer

    def begin(self, request: FormRequest) -> Connection:
        """Prepare the request on a connection, opening one if needed; raises `NotConnected` where none can be."""
        deadline = Deadline(self._seconds(request.timeout or self._deadline_seconds))
        connection = self._pool.borrow(request.origin) or self._connect(request.origin)
        try:
            connection.begin(request.wire, deadline.left(), self._body_limit)
        except TimeoutError as fault:
            self._pool.keep(connection)
            raise NotConnected(fault) from None
        return connection

    def begin_at_once(self, request: FormRequest) -> Connection | None:
        """Prepare the request without waiting: None where no connection is open."""
        connection = self._pool.borrow(request.origin)
        if connection is not None:
            connection.begin(request.wire, request.timeout or self._deadline_seconds, self._body_limit)
        return connection

    def hear(self, connection: Connection) -> HttpAnswer | None:
        """The answer on that connection once it is complete, None until then; `AnswerLost` where it will not come."""
        try:
            answer = connection.read()
        except (OSError, HTTPException) as fault:
            connection.close()
            raise AnswerLost(type(fault).__name__) from fault
        if answer is not None and answer.keeps_alive:
            self._pool.keep(connection)
        elif answer is not None:
            connection.close()
        return answer

    def withdraw(self, connection: Connection) -> None:
        """Give up a request that has not left."""
        self._pool.keep(connection)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Limit all this thread's exchanges in the block to so many seconds together; a nested block has no effect."""
        if is_outermost := self._shared.deadline is None:
            self._shared.deadline = Deadline(seconds)
        try:
            yield
        finally:
            if is_outermost:
                self._shared.deadline = None

    def _seconds(self, most: float) -> float:
        """The seconds that an exchange may take; raises `NotConnected` where none is left."""
        shared = self._shared.deadline
        try:
            return min(most, shared.left()) if shared else most
        except TimeoutError as fault:
            raise NotConnected(fault) from None

    def _connect(self, origin: Origin) -> Connection:
        deadline = Deadline(self._seconds(min(self._connect_seconds, self._deadline_seconds)))
        try:
            connection = open_socket(origin.host, origin.port, deadline)
            if origin.scheme == "https":
                connection = over_tls(connection, self._tls, origin.host, deadline)
        except OSError as fault:
            raise NotConnected(fault) from fault
        return Connection(origin, connection)


class Requests(HttpClient):  # type: ignore[misc]
    """An HTTP client for the SDK's coroutines: each yields its `FormRequest`, and continues once given the answer."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)

    async def request(
        self, method: str, uri: str, *, allow_redirects: bool = False, **fields: Unpack[Fields]
    ) -> Response:
        """The provider's answer; see `Transport.request`."""
        return _judge(await _answer_to(FormRequest.of(method, uri, **fields)))


@coroutine
def _answer_to(request: FormRequest) -> Generator[FormRequest, HttpAnswer, HttpAnswer]:
    return (yield request)


def _form(fields: Mapping[str, object]) -> str:
    """Encode a form like `urlencode`, in a third of the time; a list becomes one field for each value."""
    values = [(name, value if isinstance(value, list) else [value]) for name, value in fields.items()]
    return "&".join([f"{_quoted(name)}={_quoted(str(each))}" for name, several in values for each in several])


def _quoted(text: str) -> str:
    # The names of fields, and numbers.
    if text.isascii() and text.isalnum():
        return text
    data = text.encode()
    others = set(data.translate(None, _NOT_AGAIN))
    data = data.replace(b"%", b"%25").replace(b"+", b"%2B")
    for byte in others:
        data = data.replace(*_QUOTED[byte])
    return data.decode()


@lru_cache(maxsize=64)
def _locate(uri: str, added: str) -> tuple[Origin, str]:
    """The origin and path of a request. Nearly all requests create a message."""
    parts = urlsplit(uri)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    # The provider's link to a next page already has a query.
    query = "&".join(filter(None, (parts.query, added)))
    return Origin(parts.scheme, parts.hostname or "", port), (parts.path or "/") + (query and f"?{query}")


def _request_bytes(
    method: str, origin: Origin, target: str, body: str, headers: Mapping[str, str], auth: tuple[str, str] | None
) -> bytes:
    head = _head(method, origin, target, tuple(headers.items()), auth)
    length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    # Write head and body at once: one packet, and never half a request outside.
    return f"{head}{length}\r\n{body}".encode("ascii")


@lru_cache(maxsize=64)
def _head(
    method: str, origin: Origin, target: str, headers: tuple[tuple[str, str], ...], auth: tuple[str, str] | None
) -> str:
    """The head of a request without its length. That of nearly all requests is the same."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    port = "" if origin.port in (80, 443) else f":{origin.port}"
    fields = {"Host": host + port, "Accept-Encoding": "identity", **dict(headers)}
    if auth:
        fields["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    if not all(line.isprintable() for line in lines):
        raise ValueError("a control character in the head of a request")
    return "".join([f"{line}\r\n" for line in lines])


def _judge(answer: HttpAnswer) -> Response:
    text = answer.body.decode("utf-8", "replace")
    if not 200 <= answer.status < 300:
        code = str(_json_object(text).get("code") or answer.status)[:_LONGEST_CODE]
        raise ErrorAnswer(answer.status, code, _pause(answer.headers.get("retry-after")))
    return Response(answer.status, text, answer.headers)


def _json_object(text: str) -> dict[str, Any]:
    """The object; empty where the text is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _pause(retry_after: str | None) -> timedelta | None:
    # The other form is a date, which needs the provider's clock; the caller's own back-off is used then.
    if retry_after is None or not re.fullmatch(r"\d{1,9}", retry_after, re.ASCII):
        return None
    return timedelta(seconds=min(int(retry_after), _LONGEST_PAUSE_SECONDS))
