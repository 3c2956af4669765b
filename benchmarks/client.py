"""Raises incidents over one kept connection, each request in one write, so that little else is measured."""

import json
import socket
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from types import TracebackType
from urllib.parse import urlsplit

from benchmarks.program import Program

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Raised:
    """An accepted incident; `sent_at` and `answered_at` are nanoseconds of CLOCK_MONOTONIC."""

    ref: str
    opened_at: str | None
    sent_at: int
    answered_at: int


class Client:
    """A connection to a measured program, inside the block; threads must not share it."""

    def __init__(self, of: Program) -> None:
        self._program = of
        parts = urlsplit(of.url)
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"POST {of.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {of.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )

    def raise_incident(self, country: str = "CO") -> Raised:
        """Report an incident, and wait for the answer.

        Raises:
            RuntimeError: it was not accepted; with the answer.
        """
        ref, body = self._program.report(country)
        request = f"{self._head}{len(body)}\r\n\r\n".encode() + body
        sent_at = time.monotonic_ns()
        self._socket.sendall(request)
        with HTTPResponse(self._socket) as response:
            response.begin()
            text = response.read()
            answered_at = time.monotonic_ns()
            if response.status >= 300:
                raise RuntimeError(f"{response.status}: {text.decode()}")
        answer = {"ref": ref} if ref else json.loads(text)
        return Raised(answer["ref"], answer.get("opened_at"), sent_at, answered_at)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()
