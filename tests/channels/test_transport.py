"""The transport: one deadline over all, each answer to its own caller, and no doubt about what left."""

import json
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from alertnet.channels.exchange import WRITE_SECONDS, Connection, Origin
from alertnet.channels.transport import AnswerLost, ErrorAnswer, FormRequest, NotConnected, Transport
from tests.channels.conftest import Provider, Request, reply

DEADLINE = 1
PATIENCE = 30
"""Seconds, on a machine that does much else."""


@pytest.fixture
def transport() -> Transport:
    return Transport(deadline_seconds=PATIENCE, connect_seconds=PATIENCE)


@pytest.fixture
def hasty() -> Transport:
    """For who waits for nothing but the end of its patience."""
    return Transport(deadline_seconds=DEADLINE, connect_seconds=DEADLINE)


def post(transport: Transport, provider: Provider, **data: object) -> str:
    return str(transport.request("POST", provider.url + "/Messages.json", data=dict(data)).text)


@pytest.mark.parametrize(
    "data",
    [reply(201, {"sid": "SM1"}), b"HTTP/1.1 201 Created\r\nX-Slow: " + b"x" * 500],
    ids=["body and head", "a head without end"],
)
def test_a_server_that_drips_frees_its_thread_at_the_deadline(
    hasty: Transport, provider: Provider, data: bytes
) -> None:
    """A11: the deadline is over the whole exchange, not over each read."""
    provider.answer = provider.drips(data)
    began = time.monotonic()

    with pytest.raises(AnswerLost, match="TimeoutError"):
        post(hasty, provider)

    assert time.monotonic() - began < PATIENCE / 2


def test_a_server_that_drips_its_body_frees_its_thread_at_the_deadline(hasty: Transport, provider: Provider) -> None:
    def drip_body(connection: socket.socket, request: Request) -> None:
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n")
        provider.drips(b"{" * 100)(connection, request)

    provider.answer = drip_body

    with pytest.raises(AnswerLost, match="TimeoutError"):
        post(hasty, provider)


def test_a_server_that_drips_delays_no_other_send(transport: Transport, provider: Provider) -> None:
    """A11: the others are answered while one still waits."""
    slow_began = threading.Event()
    slow_may_end = threading.Event()

    def answer(connection: socket.socket, request: Request) -> None:
        if request.form == {"To": ["slow"]}:
            slow_began.set()
            slow_may_end.wait(PATIENCE)
        connection.sendall(reply(201, {"to": request.form["To"][0]}))

    provider.answer = answer
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(post, transport, provider, To="slow")
        slow_began.wait(PATIENCE)
        others = [post(transport, provider, To=f"{number}") for number in range(5)]
        assert not slow.done()
        slow_may_end.set()

    assert others == [f'{{"to": "{number}"}}' for number in range(5)]


def test_32_threads_each_get_their_own_answer(transport: Transport, provider: Provider) -> None:
    """The SDK's own client can hand an answer to another caller (docs/twilio.md 5)."""
    provider.answer = lambda connection, request: connection.sendall(reply(201, {"to": request.form["To"][0]}))
    together = threading.Barrier(32)

    def exchange(thread: int) -> list[bool]:
        together.wait()
        return [post(transport, provider, To=f"{thread}.{n}") == f'{{"to": "{thread}.{n}"}}' for n in range(20)]

    with ThreadPoolExecutor(32) as pool:
        own = [answer for answers in pool.map(exchange, range(32)) for answer in answers]

    assert own == [True] * 640
    assert provider.connections <= 32


def test_a_connection_is_kept_for_the_next_request(transport: Transport, provider: Provider) -> None:
    for _ in range(3):
        post(transport, provider)

    assert (len(provider.requests), provider.connections) == (3, 1)


def test_a_request_leaves_only_as_it_is_written_and_its_connection_is_kept(
    transport: Transport, provider: Provider
) -> None:
    """A4, A5: all is ready by then, and whoever is told that it must not leave has sent nothing."""
    withdrawn = transport.begin(FormRequest.of("POST", provider.url))
    transport.withdraw(withdrawn)
    sent = len(provider.requests)
    post(transport, provider)

    assert (sent, len(provider.requests), provider.connections) == (0, 1, 1)


@pytest.fixture
def nobody_knows_a_name(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The resolver is dead: whoever asks it waits."""
    resolve, over = socket.getaddrinfo, threading.Event()

    def ask(host: str, port: int, *, flags: int = 0, **options: Any) -> Any:
        if not flags & socket.AI_NUMERICHOST:
            over.wait(PATIENCE)
        return resolve(host, port, flags=flags | socket.AI_NUMERICHOST, **options)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    yield
    over.set()


@pytest.mark.usefixtures("nobody_knows_a_name")
def test_a_dead_resolver_keeps_nobody_from_a_number_and_holds_nobody_up_for_a_name(provider: Provider) -> None:
    """A11: a number stands for itself, and a name is asked for no longer than there is time."""
    transport = Transport(deadline_seconds=PATIENCE, connect_seconds=DEADLINE)

    post(transport, provider)
    with pytest.raises(NotConnected, match="TimeoutError"):
        transport.request("POST", "http://provider.example/Messages.json", data={})

    assert len(provider.requests) == 1


def test_a_server_that_takes_nothing_holds_nobody_up_for_long(transport: Transport) -> None:
    """A11: who writes may be the thread that commits, for which every flow waits."""
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(AnswerLost, match="TimeoutError"):
        transport.request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}", data={"Body": "x" * (1 << 25)})

    assert WRITE_SECONDS <= time.monotonic() - began < PATIENCE


def test_whoever_waits_for_an_answer_hears_at_once_that_the_request_did_not_leave() -> None:
    """A11: another thread may have written it."""
    here, there = socket.socketpair()
    connection = Connection(Origin("http", "here", 80), here)
    connection.begin(b"x" * (1 << 25), PATIENCE, 100)
    with here, there:
        connection.write()

        assert select.select([connection], [], [], 0) == ([connection], [], [])
        with pytest.raises(TimeoutError):
            connection.read()


def test_a_connection_is_not_reused_once_it_was_idle_too_long(provider: Provider) -> None:
    transport = Transport(idle_seconds=0)

    post(transport, provider)
    post(transport, provider)

    assert provider.connections == 2


def test_a_connection_that_the_server_closed_while_idle_is_not_reused(transport: Transport, provider: Provider) -> None:
    """A5: a send on it would be lost, and we could not know."""

    def answer_once(connection: socket.socket, request: Request) -> None:
        connection.sendall(reply(201, {}))
        connection.shutdown(socket.SHUT_RDWR)

    provider.answer = answer_once
    post(transport, provider)
    provider.threads[0].join(5)

    assert post(transport, provider) == "{}"
    assert provider.connections == 2


def test_a_connection_that_speaks_unasked_is_not_reused(transport: Transport, provider: Provider) -> None:
    spoken = threading.Event()

    def answer_twice(connection: socket.socket, request: Request) -> None:
        connection.sendall(reply(201, {"to": request.form["To"][0]}))
        if request.form["To"] == ["first"]:
            connection.sendall(reply(201, {"to": "nobody"}))
        spoken.set()

    provider.answer = answer_twice
    post(transport, provider, To="first")
    spoken.wait(PATIENCE)

    assert post(transport, provider, To="second") == '{"to": "second"}'


def test_a_connection_on_which_more_came_than_the_answer_is_not_reused(
    transport: Transport, provider: Provider
) -> None:
    """A5: the rest would be taken for the answer to the next request."""
    provider.answer = lambda connection, request: connection.sendall(2 * reply(201, {"to": request.form["To"][0]}))

    answers = [post(transport, provider, To=number) for number in ("first", "second")]

    assert answers == ['{"to": "first"}', '{"to": "second"}']
    assert provider.connections == 2


def test_a_refused_connection_surely_sent_nothing(transport: Transport, nobody_listens: str) -> None:
    with pytest.raises(NotConnected, match="ConnectionRefusedError"):
        transport.request("POST", nobody_listens)


def test_a_host_without_address_surely_sent_nothing(transport: Transport) -> None:
    with pytest.raises(NotConnected):
        transport.request("POST", "http://no host.invalid/")


def test_a_server_that_can_not_prove_its_name_gets_nothing(provider: Provider, server_tls: ssl.SSLContext) -> None:
    """A9: without a trusted certificate there is no request, so no number and no token either."""
    provider.tls = server_tls

    with pytest.raises(NotConnected, match="SSLCertVerificationError"):
        Transport().request("POST", provider.url.replace("http:", "https:"), data={"To": "+573005550101"})

    assert provider.connections == 1
    assert provider.requests == []


def test_a_trusted_server_is_asked_over_one_kept_connection(
    provider: Provider, server_tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.tls = server_tls
    long = {"more than goes into one record": "x" * 500_000}
    provider.replies(200, long)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    transport = Transport()

    answers = [transport.request("GET", provider.url.replace("http:", "https:")).text for _ in range(3)]

    assert answers == [json.dumps(long)] * 3
    assert provider.connections < 3


def test_a_server_that_says_nothing_in_the_handshake_frees_its_thread(hasty: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotConnected, match="Timeout"):
        hasty.request("POST", f"https://127.0.0.1:{silent.getsockname()[1]}")


def close(connection: socket.socket, request: Request) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket, request: Request) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise OSError


def cut_off(connection: socket.socket, request: Request) -> None:
    connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"sid": "SM1"}')
    close(connection, request)


def cut_off_chunks(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
    close(connection, request)


def nonsense(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"220 mail.example ESMTP\r\n\r\n")


def endless(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


def endless_head(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: more\r\n" * 4096)


def in_passing(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    close(connection, request)


def another_protocol(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
    close(connection, request)


@pytest.mark.parametrize(
    "fault",
    [close, reset, cut_off, cut_off_chunks, nonsense, endless, endless_head, in_passing, another_protocol],
)
def test_no_whole_answer_leaves_us_unsure_and_is_not_retried(provider: Provider, fault: object) -> None:
    """A5: the request may have arrived, so a second one could be a second message."""
    provider.answer = fault  # type: ignore[assignment]

    with pytest.raises(AnswerLost):
        post(Transport(deadline_seconds=PATIENCE), provider)

    assert len(provider.requests) == 1


def test_an_error_brings_its_code_and_its_retry_after(transport: Transport, provider: Provider) -> None:
    provider.replies(429, {"code": 20429, "message": "Too many requests"}, "Retry-After: 7")

    with pytest.raises(ErrorAnswer) as caught:
        post(transport, provider)

    assert (caught.value.status, caught.value.code) == (429, "20429")
    assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("0", timedelta(0)),
        ("99999999", timedelta(hours=1)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None),
        ("-1", None),
        ("9" * 5000, None),
    ],
)
def test_a_strange_retry_after_does_no_harm(
    transport: Transport, provider: Provider, header: str, pause: timedelta | None
) -> None:
    provider.replies(503, b"", f"Retry-After: {header}")

    with pytest.raises(ErrorAnswer) as caught:
        post(transport, provider)

    assert (caught.value.code, caught.value.retry_after) == ("503", pause)


def test_a_redirect_is_not_followed(transport: Transport, provider: Provider) -> None:
    """A9: the numbers in a request go to the provider alone."""
    provider.replies(307, b"", f"Location: {provider.url}/elsewhere")

    with pytest.raises(ErrorAnswer):
        post(transport, provider)

    assert len(provider.requests) == 1


def test_a_chunked_answer_is_read_whole(transport: Transport, provider: Provider) -> None:
    provider.answer = lambda connection, request: connection.sendall(
        b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n3\r\n 1}\r\n0\r\n\r\n'
    )

    assert [post(transport, provider), post(transport, provider)] == ['{"a": 1}'] * 2
    assert provider.connections == 1


def test_an_answer_that_ends_with_its_connection_is_read_whole(transport: Transport, provider: Provider) -> None:
    def answer(connection: socket.socket, request: Request) -> None:
        connection.sendall(b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{"a":')
        connection.sendall(b" 1}")
        close(connection, request)

    provider.answer = answer

    assert [post(transport, provider), post(transport, provider)] == ['{"a": 1}'] * 2
    assert provider.connections == 2


def test_the_form_is_written_as_the_provider_reads_it(transport: Transport, provider: Provider) -> None:
    transport.request(
        "POST",
        provider.url + "/x",
        params={"PageSize": 50, "To": "+57", "From": None},
        data={"To": "+57", "StatusCallbackEvent": ["ringing", "completed"], "Body": "é & 4711"},
        auth=("AC1", "secret"),
    )

    (request,) = provider.requests
    assert request.target == "/x?PageSize=50&To=%2B57"
    assert request.form == {"To": ["+57"], "StatusCallbackEvent": ["ringing", "completed"], "Body": ["é & 4711"]}
    assert "Authorization: Basic QUMxOnNlY3JldA==" in request.head


def test_every_sign_is_quoted_as_the_standard_library_does() -> None:
    form = {"Body": "".join(map(chr, range(0x500))) + "€𝄞", "Date Sent>": ["2026-11-27", "+=&"], "PageSize": 50}

    request = FormRequest.of("POST", "http://a.example/x", params=form, data=form)

    assert request.wire.startswith(f"POST /x?{urlencode(form, doseq=True)} HTTP/1.1\r\n".encode())
    assert request.wire.endswith(b"\r\n\r\n" + urlencode(form, doseq=True).encode())


@pytest.mark.parametrize("header", ["a\r\nX-Evil: 1", "a\nb", "a\0"])
def test_no_value_becomes_a_header(transport: Transport, provider: Provider, header: str) -> None:
    with pytest.raises(NotConnected, match="ValueError"):
        transport.request("GET", provider.url, headers={"X-Header": header})

    assert provider.requests == []
    provider.replies(200, {})
    transport.request("GET", provider.url, headers={"X-Header": "a"})
    assert [request.head.count("X-Header: a") for request in provider.requests] == [1]


def test_exchanges_may_share_one_deadline(provider: Provider) -> None:
    """A11: each page of a list has its time, and yet a list without end holds nobody."""
    transport, began = Transport(), time.monotonic()

    with transport.within(DEADLINE):
        assert post(transport, provider)
        answer, provider.answer = provider.answer, lambda connection, request: None
        with pytest.raises(AnswerLost, match="TimeoutError"):
            post(transport, provider)
        with pytest.raises(NotConnected):
            post(transport, provider)
    provider.answer = answer

    assert time.monotonic() - began < PATIENCE / 2
    assert post(transport, provider)
