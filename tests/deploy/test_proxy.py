"""The proxy that we deploy, as it is: what it lets through, makes again, and writes down."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from alertnet.core.limits import LONGEST_BODY
from tests.caddy import proxy_before
from tests.support.listening import Quiet

STREAMED = 13  # seconds that an event stream of these tests lasts, with an event in each
HALF_A_BODY = b"POST /v1/incidents HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n{"
TOKEN = "Abcdefgh23456789"
SIGNED = {"X-Twilio-Signature": "c2lnbmVkLWJ5LXRoZS1wcm92aWRlcg=="}


class Web(ThreadingHTTPServer):
    """One of two webs behind the proxy: tells what came to it, and can break off in the middle of an answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.heard: list[str] = []
        self.breaks_off = self.is_leaving = False
        self.was_asked = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def ends(self) -> None:
        self.shutdown()
        self.server_close()


class _Answers(Quiet):
    server: Web

    def _answer(self) -> None:
        self.received()
        if self.path != "/healthz":
            self.server.heard.append(f"{self.command} {self.path}")
            if self.server.breaks_off:
                self.connection.close()
                return
        else:
            self.server.was_asked.set()
        self.send_response(503 if self.path == "/healthz" and self.server.is_leaving else 200)
        if self.path.endswith("/events"):
            self._stream()
            return
        self.send_header("Content-Length", "0")
        self.send_header("Referrer-Policy", "same-origin")
        self.end_headers()

    def _stream(self) -> None:
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for _ in range(STREAMED):
            self.wfile.write(b"data: {}\n\n")
            time.sleep(1)

    do_GET = do_POST = _answer


@dataclass
class Front:
    """The proxy with two webs behind it."""

    url: str
    log: Path
    webs: list[Web] = field(default_factory=list)

    def asks(self, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        return self.answer(method, path, body, **headers).status

    def answer(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        try:
            connection.request(method, path, body, headers)
            return connection.getresponse()
        finally:
            connection.close()

    @property
    def heard(self) -> list[str]:
        return [line for web in self.webs for line in web.heard]


@pytest.fixture
def front() -> Iterator[Front]:
    webs = [Web(), Web()]
    try:
        with proxy_before([web.address for web in webs]) as (url, log):
            yield Front(url, log, webs)
    finally:
        for web in webs:
            web.ends()


def test_what_is_for_the_network_inside_is_not_public(front: Front) -> None:
    inside = ["/metrics", "/readyz", "/openapi.json", "/METRICS", "/metrics/", "//readyz", "/%6detrics", "/./readyz"]

    answers = {path: front.asks("GET", path) for path in inside}

    assert answers == dict.fromkeys(inside, 404)
    assert front.heard == []
    assert front.asks("GET", "/healthz") == 200


def test_what_a_page_says_to_the_browser_is_left_as_it_is(front: Front) -> None:
    """With `no-referrer` instead a browser does not say which site a form is from, and nobody could sign in."""
    answer = front.answer("GET", "/desk/sign-in")

    assert answer.headers.get_all("Referrer-Policy") == ["same-origin"]
    assert answer.headers["Strict-Transport-Security"]


def test_a_webhook_without_a_signature_and_a_body_that_is_too_long_come_no_further(front: Front) -> None:
    assert front.asks("POST", "/twilio/sms", b"x") == 403
    assert front.asks("POST", "/v1/incidents", b"x" * (2 * LONGEST_BODY + 1)) == 413
    assert "POST /twilio/sms" not in front.heard

    assert front.asks("POST", "/twilio/sms", b"x", **SIGNED) == 200
    assert front.asks("POST", "/v1/incidents", b"x" * (LONGEST_BODY + 1)) == 200, "what the web would refuse in words"
    assert "POST /twilio/sms" in front.heard


def test_while_one_web_is_exchanged_the_other_takes_everything(front: Front) -> None:
    """A1: nobody who reports meets an error because a process is exchanged."""
    first, second = front.webs
    first.is_leaving = True
    assert first.was_asked.wait(60), "how it is"
    first.was_asked.clear()
    assert first.was_asked.wait(60), "what it said before is known now"
    for web in front.webs:
        web.heard.clear()
    first.ends()

    answers = [front.asks(method, "/v1/incidents", b"x") for _ in range(10) for method in ("GET", "POST")]

    assert answers == [200] * 20
    assert (len(first.heard), len(second.heard)) == (0, 20)


def test_a_request_that_changes_nothing_goes_to_the_other_web_when_one_has_just_died(front: Front) -> None:
    front.webs[0].ends()

    assert [front.asks("GET", "/v1/incidents") for _ in range(10)] == [200] * 10


def test_what_broke_off_is_made_again_only_where_it_changes_nothing(front: Front) -> None:
    """A1: a report that may have been taken is not made twice by us."""
    for web in front.webs:
        web.breaks_off = True
    assert front.asks("POST", "/v1/incidents", b"x") == 502
    assert front.heard == ["POST /v1/incidents"]

    front.webs[1].breaks_off = False
    for web in front.webs:
        web.heard.clear()
    answers = [front.asks("GET", "/v1/incidents") for _ in range(4)]

    assert answers == [200] * 4


@pytest.mark.long
def test_whoever_sends_half_a_request_has_ten_seconds_and_a_stream_has_no_end(front: Front) -> None:
    """B9: a connection is held by nobody for longer; but an event stream goes on for hours."""
    address = urlsplit(front.url)
    began = time.monotonic()
    with ExitStack() as stack:
        halves = []
        for half in (b"POST /v1/incidents HTTP/1.1\r\nHo", HALF_A_BODY):
            halves.append(stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=30)))
            halves[-1].sendall(half)
        connection = http.client.HTTPConnection(address.netloc, timeout=30)
        connection.request("GET", "/v1/incidents/A-7K3M/events")
        events = connection.getresponse().read().count(b"data:")
        for each in halves:
            each.recv(1000)
        connection.close()

    assert events == STREAMED
    assert time.monotonic() - began < STREAMED + 10


def test_its_log_holds_no_token_no_signature_and_no_address(front: Front) -> None:
    """A9: whoever has a link's token can answer for its contact."""
    for web in front.webs:
        web.breaks_off = True
    number = "%2B573005550001/?"
    for path in (f"/a/{TOKEN}", f"/c/{TOKEN}?lang=fr", f"/duty/{TOKEN}.ics", f"/desk/find?q={number}", "/twilio/sms"):
        assert front.asks("POST", path, b"x", **SIGNED, Authorization="Bearer the-key", Cookie="a=b") == 502

    written = front.log.read_text()

    faults = [json.loads(line) for line in written.splitlines() if '"request"' in line]
    uris = [fault["request"]["uri"] for fault in faults]
    assert uris == ["/a/***", "/c/***?***", "/duty/***", "/desk/find?***?", "/twilio/sms"]
    for secret in (TOKEN, SIGNED["X-Twilio-Signature"], "the-key"):
        assert secret not in written
    # The proxy's own address here is that of everybody.
    assert all("127.0.0.1" not in {**fault, "request": {**fault["request"], "host": ""}}.__str__() for fault in faults)
