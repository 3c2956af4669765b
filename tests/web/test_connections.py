"""Who keeps the web waiting is shown out: after a deadline, or as soon as somebody else needs the room."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from alertnet.cli.server.web_server import listen
from alertnet.web.connections import Server
from tests.conftest import Logged

MOST = 6
DEADLINE_SECONDS = 1
HEAD = b"POST / HTTP/1.1\r\nHost: alarm\r\nContent-Length: 4\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
WHOLE = HEAD + b"body"
LAST = HEAD.replace(b"Host", b"Connection: close\r\nHost")
WISHFUL = HEAD.replace(b"Host", b"Connection: Upgrade, close\r\nUpgrade: h2c\r\nHost")
LARGE = 20_000_000

Connect = Callable[..., socket.socket]


class Web:
    """Answers `read` once a body has come, and only when it may; a body `more` is answered with more than is read.

    A body `wait` is answered by nothing until whoever sent it has `left`.
    """

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked = threading.Semaphore(0)
        self.left = threading.Event()
        self.bodies: list[bytes] = []
        self.headers: list[bytes] = []
        """The names of all that came in the heads."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        self.bodies.append(body)
        self.headers += [name for name, _ in scope["headers"]]
        self.asked.release()
        if body == b"wait":
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left.set()
            return
        while not self.may_answer.is_set():
            await asyncio.sleep(0.01)
        answer = b"x" * LARGE if body == b"more" else b"read"
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@contextmanager
def serving(app: Web, deadline_seconds: float) -> Iterator[int]:
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, loop="uvloop", ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = Server(config, listening, MOST, deadline_seconds)
    port = int(listening.getsockname()[1])
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def web() -> Web:
    return Web()


@contextmanager
def connecting(web: Web, deadline_seconds: float) -> Iterator[Connect]:
    with serving(web, deadline_seconds) as port, ExitStack() as stack:

        def open_one(wire: bytes) -> socket.socket:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            connection.sendall(wire)
            return connection

        yield open_one
        web.may_answer.set()


@pytest.fixture
def connect(web: Web) -> Iterator[Connect]:
    """Opens a connection, where the deadline is soon, and sends these bytes."""
    with connecting(web, DEADLINE_SECONDS) as connect:
        yield connect


@pytest.fixture
def connect_at_leisure(web: Web) -> Iterator[Connect]:
    """The same where it is not within any test."""
    with connecting(web, 60) as connect:
        yield connect


def all_of(connection: socket.socket) -> bytes:
    """What comes there until its end."""
    return b"".join(iter(partial(connection.recv, 1 << 16), b""))


def status_on(connection: socket.socket) -> bytes:
    """The status of the next answer there; empty where it was ended without one."""
    try:
        return connection.recv(1 << 16)[9:12]
    except ConnectionError:
        return b""


@pytest.mark.parametrize("beginning", [WHOLE[:20], HEAD, HEAD + b"bo"], ids=["head", "no body", "body"])
def test_a_request_that_does_not_come_to_its_end_is_refused_by_the_deadline(connect: Connect, beginning: bytes) -> None:
    """B9: 408, and the connection is over."""
    connection = connect(beginning)
    began = time.monotonic()

    assert status_on(connection) == b"408"
    assert connection.recv(1) == b""
    assert time.monotonic() - began > DEADLINE_SECONDS / 2


def test_what_is_no_request_is_refused_and_told_once(connect: Connect, logged: Logged) -> None:
    """Else whoever has no account fills the disk, or leaves nothing else in a log of limited length."""
    assert [status_on(connect(b"no HTTP\r\n\r\n")) for _ in range(5)] == [b"400"] * 5
    assert status_on(connect(HEAD)) == b"408", "the watch has looked since"
    assert [status_on(connect(b"no HTTP\r\n\r\n")) for _ in range(5)] == [b"400"] * 5
    assert status_on(connect(HEAD)) == b"408"

    said = [line for line in logged() if "requests_unreadable" in line or "Invalid" in line]

    assert len(said) == 1


def test_who_drips_a_byte_at_a_time_has_no_longer(connect: Connect) -> None:
    connection = connect(b"POST / HTTP/1.1\r\nX-Long: ")
    connection.settimeout(0.05)
    began = time.monotonic()
    answer = b""
    while not answer and time.monotonic() < began + 20 * DEADLINE_SECONDS:
        try:
            connection.sendall(b"x")
            answer = connection.recv(100)
        except TimeoutError:
            continue
        except ConnectionError:
            break

    assert time.monotonic() - began < 20 * DEADLINE_SECONDS


def test_a_connection_without_any_request_is_closed_in_silence_at_the_deadline(connect: Connect) -> None:
    began = time.monotonic()

    assert connect(b"").recv(1) == b""
    assert time.monotonic() - began > DEADLINE_SECONDS / 2


def test_one_connection_serves_one_request_after_the_other(connect_at_leisure: Connect) -> None:
    connection = connect_at_leisure(WHOLE)
    statuses = [status_on(connection)]
    for _ in range(3):
        connection.sendall(WHOLE)
        statuses.append(status_on(connection))

    assert statuses == [b"200"] * 4


def test_an_answer_without_its_body_has_its_head(connect_at_leisure: Connect) -> None:
    answer = all_of(connect_at_leisure(LAST.replace(b"POST", b"HEAD") + b"body"))

    assert b"content-length: 4\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_whoever_has_kept_us_waiting_longest_makes_room(connect_at_leisure: Connect) -> None:
    """A1: as many as there is room for hang, and whoever comes next is heard all the same."""
    hanging = [connect_at_leisure(HEAD) for _ in range(MOST)]

    assert status_on(connect_at_leisure(WHOLE)) == b"200"
    for connection in hanging[1:]:
        connection.sendall(b"body")
    assert [status_on(each) for each in hanging] == [b"503", *[b"200"] * (MOST - 1)]


def test_whoever_is_being_answered_never_makes_room(connect_at_leisure: Connect, web: Web) -> None:
    """A1: where all are at work, who comes next is told to come again; those before it get their answers."""
    web.may_answer.clear()
    working = [connect_at_leisure(WHOLE) for _ in range(MOST)]
    assert all(web.asked.acquire(timeout=20) for _ in range(MOST))

    refused = connect_at_leisure(WHOLE).recv(1 << 16)
    web.may_answer.set()

    assert refused.startswith(b"HTTP/1.1 503")
    assert b"Retry-After" in refused
    assert [status_on(each) for each in working] == [b"200"] * MOST


def test_an_answer_may_take_longer_than_the_deadline(connect: Connect, web: Web) -> None:
    """The deadline is for whoever asks, never for us."""
    web.may_answer.clear()
    connection = connect(WHOLE)
    connection.settimeout(3 * DEADLINE_SECONDS)
    with pytest.raises(TimeoutError):
        connection.recv(1)

    web.may_answer.set()

    connection.settimeout(20)
    assert status_on(connection) == b"200"


def test_whoever_does_not_take_the_answer_is_cut_off(connect: Connect, web: Web) -> None:
    """The same from the other side: an answer that nobody reads holds no connection."""
    reading_nothing = [connect(HEAD + b"more") for _ in range(MOST - 1)]
    assert all(web.asked.acquire(timeout=20) for _ in reading_nothing)

    assert comes_and_is_shown_out(connect)

    assert all(0 < taken_on(each) < LARGE for each in reading_nothing)


@pytest.mark.parametrize("is_stuck", [False, True], ids=["at once", "once the answer is stuck"])
def test_who_asks_again_and_takes_no_answer_is_cut_off_as_well(connect: Connect, web: Web, is_stuck: bool) -> None:
    """B9: else a thousand such connections, which cost nothing, kept everybody else out for ever."""
    reading_nothing = connect(HEAD + b"more")
    assert not is_stuck or web.asked.acquire(timeout=20)
    reading_nothing.sendall(HEAD + b"more")
    assert is_stuck or web.asked.acquire(timeout=20)

    assert comes_and_is_shown_out(connect)

    assert 0 < taken_on(reading_nothing) < LARGE


def test_who_asks_before_the_answer_has_that_answer_and_comes_again_for_others(connect_at_leisure: Connect) -> None:
    """Of what else was sent nothing is kept, and nothing is taken for what was asked before."""
    connection = connect_at_leisure(WHOLE + HEAD + b"more" + WHOLE * 1000)

    taken = b"".join(iter(lambda: _recv(connection), b""))

    assert taken.startswith(b"HTTP/1.1 200 OK")
    assert taken.endswith(b"read")
    assert len(taken) < 200
    assert status_on(connect_at_leisure(WHOLE)) == b"200"


@pytest.mark.parametrize(
    "parts", [(WISHFUL + b"body",), (WISHFUL, b"body"), (WISHFUL[:60], WISHFUL[60:] + b"bo", b"dy")]
)
def test_who_would_rather_speak_another_protocol_is_read_all_the_same(
    connect_at_leisure: Connect, web: Web, parts: tuple[bytes, ...]
) -> None:
    """A12: Java's client asks for HTTP/2 so. The report was lost, and what stood in it was taken for a request."""
    connection = connect_at_leisure(b"")
    for part in parts:
        connection.sendall(part)
    taken = b"".join(iter(lambda: _recv(connection), b""))

    assert taken.count(b"HTTP/1.1 200 OK") == taken.count(b"HTTP/1.1 ") == 1
    assert web.bodies == [b"body"]


def test_what_follows_a_body_is_no_part_of_the_head(connect_at_leisure: Connect, web: Web) -> None:
    """B9: by an address there whoever guesses keys or passwords behind a trusted proxy was somebody else each time."""
    head = HEAD.replace(b"Content-Length: 4", b"X-Forwarded-For: 192.0.2.1\r\n" + CHUNKED)

    answer = status_on(connect_at_leisure(head + b"4\r\nbody\r\n0\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n"))

    assert (answer, web.bodies) == (b"200", [b"body"])
    assert web.headers.count(b"x-forwarded-for") == 1


def test_whoever_leaves_is_known_to_have_left_whatever_they_asked_besides(
    connect_at_leisure: Connect, web: Web
) -> None:
    """A stream that nobody follows any more takes none of those that a key may have."""
    following = connect_at_leisure(HEAD + b"wait" + WHOLE)
    assert web.asked.acquire(timeout=20)

    following.close()

    assert web.left.wait(20)


@pytest.mark.parametrize(
    "beginning",
    [b"GET /", b"GET / HTTP/1.1\r\nX-Long: ", HEAD.replace(b"Content-Length: 4", CHUNKED) + b"1\r\nb\r\n0\r\nX-Long: "],
    ids=["path", "header", "trailer"],
)
def test_a_head_without_end_is_refused_before_it_is_kept(connect_at_leisure: Connect, beginning: bytes) -> None:
    """B9: a few of them took all memory, and one the processor, within the ten seconds that a request has."""
    connection = connect_at_leisure(beginning)
    sent = 0
    with suppress(ConnectionError):
        while sent < LARGE:
            sent += connection.send(b"x" * (1 << 16))

    assert sent < LARGE
    assert status_on(connection) in (b"431", b"200", b"")
    assert status_on(connect_at_leisure(WHOLE)) == b"200"


def comes_and_is_shown_out(connect: Connect) -> bool:
    """Whether one who comes now and says nothing is shown out. By then whoever came before and has to go is gone."""
    return connect(b"").recv(1) == b""


def taken_on(connection: socket.socket) -> int:
    """How many bytes come there to the end."""
    return sum(len(piece) for piece in iter(lambda: _recv(connection), b""))


def _recv(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1 << 20)
    except ConnectionError:
        return b""
