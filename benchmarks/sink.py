"""Stands in for the provider: accepts every request, and notes when it came.

A request is recognised by the incident's reference, which is all that a message may carry (A9). Times are nanoseconds
of CLOCK_MONOTONIC, which is one clock for all processes of a machine.
"""

import asyncio
import json
import re
import threading
import time
from collections import defaultdict
from contextlib import suppress
from itertools import count
from types import TracebackType
from urllib.parse import parse_qsl

REF = re.compile(r"\b[A-Z]-[A-Z2-9]{4}\b")
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


class Sink:
    """Listens on loopback inside the block, on its own thread; each answer takes `delay_seconds`."""

    def __init__(self, delay_seconds: float = 0) -> None:
        self.delay_seconds = delay_seconds
        self.arrivals: dict[str, list[int]] = defaultdict(list)
        """When requests came, by the reference in them, in order."""
        self.first: dict[str, int] = {}
        """When the first request for each number came."""
        self.callbacks: list[tuple[str, str]] = []
        """Where what becomes of each message is to be reported, and the message's id."""
        self._came = threading.Condition()
        self._ids = count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)

    @property
    def url(self) -> str:
        """The URL at which it listens."""
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    def wait(self, ref: str, arrivals: int = 1, seconds: float = 10) -> int:
        """Wait for so many requests with that reference; returns when the last of them came.

        Raises:
            TimeoutError: it has not come in time.
        """
        with self._came:
            if not self._came.wait_for(lambda: len(self.arrivals[ref]) >= arrivals, seconds):
                raise TimeoutError(f"{ref}: {len(self.arrivals[ref])} requests of {arrivals} within {seconds} s")
            return self.arrivals[ref][arrivals - 1]

    def wait_for_all(self, count: int, seconds: float) -> None:
        """Wait until so many different references have come.

        Raises:
            TimeoutError: they have not in time.
        """
        with self._came:
            if not self._came.wait_for(lambda: len(self.arrivals) >= count, seconds):
                raise TimeoutError(f"{len(self.arrivals)} references of {count} within {seconds} s")

    def receive(self, at: int, method: str, path: str, body: str) -> bytes:
        """Note one request, and return the body of the answer: the message or call, as accepted."""
        form = dict(parse_qsl(body))
        with self._came:
            for ref in set(REF.findall(form.get("Body", body))):
                self.arrivals[ref].append(at)
            self.first.setdefault(form.get("To", ""), at)
            self._came.notify_all()
        kind = "CA" if "/Calls" in path else "SM"
        sid = f"{kind}{next(self._ids):032x}" if method == "POST" else path.rpartition("/")[2].removesuffix(".json")
        if "StatusCallback" in form:
            self.callbacks.append((form["StatusCallback"], sid))
        status = "queued" if method == "POST" else "delivered"
        resource = {
            "sid": sid,
            "status": status,
            "to": form.get("To"),
            "from": form.get("From"),
            "body": form.get("Body"),
            "error_code": None,
            "date_created": None,
        }
        return json.dumps(resource).encode()

    def __enter__(self) -> "Sink":
        self._thread.start()
        listening = self._loop.create_server(lambda: _Exchange(self), "127.0.0.1", 0, backlog=1024)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        with suppress(RuntimeError):
            self._loop.close()


class _Exchange(asyncio.Protocol):
    """One connection, kept alive, with requests that announce their length."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        at = time.monotonic_ns()
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            announced = LENGTH.search(head)
            whole = end + 4 + (int(announced[1]) if announced else 0)
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self._answer(self._sink.receive(at, method, path, body.decode()), 201 if method == "POST" else 200)

    def _answer(self, body: bytes, status: int) -> None:
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        answer = head.encode() + body
        if self._sink.delay_seconds:
            asyncio.get_running_loop().call_later(self._sink.delay_seconds, self._transport.write, answer)
        else:
            self._transport.write(answer)
