"""Whoever asks for a lot at a time waits for themselves, and nobody else does (A11, B9)."""

import asyncio
from collections import Counter

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertnet.core.limits import ACTS, AT_WORK, WAITING
from alertnet.runtime.wiring import Runtime
from alertnet.web.app import make_app
from alertnet.web.console.refusing import show_crowded
from alertnet.web.middleware import LONGEST_LINK, Turns
from alertnet.web.throttle import Throttle

KEY = (b"authorization", b"Bearer alertnet_1")
OTHERS_KEY = (b"authorization", b"Bearer alertnet_2")
SESSION = (b"cookie", b"desk-language=es; desk=1")
ASKED = 2 * (AT_WORK + WAITING)

HERE, ELSEWHERE = "203.0.113.5", "203.0.113.6"

Header = tuple[bytes, bytes]


class Slow:
    """An application that answers nothing until it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.at_work: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.at_work[scope["path"]] += 1
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def asks(app: ASGIApp, method: str, path: str, *headers: Header, at: str = HERE) -> int:
    """The status of the answer to somebody at that address."""
    start, *_ = await answers(app, method, path, *headers, at=at)
    return int(start["status"])


async def answers(app: ASGIApp, method: str, path: str, *headers: Header, at: str = HERE) -> list[Message]:
    """The answer to somebody at that address, in its parts."""
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    asked = {"type": "http", "method": method, "path": path, "query_string": b"", "client": (at, 1)}
    scope: Scope = {**asked, "headers": list(headers)}
    await app(scope, receive, send)
    return told


async def crowd(
    runtime: Runtime, *wanted: tuple[str, str, Header], besides: tuple[str, str, Header], at: str = HERE
) -> tuple[Slow, list[int]]:
    """So many ask for each of these at once, then one for something else; what is at work, and all their answers."""
    app = Slow()
    turns = Turns(app, runtime, Throttle(runtime.counting.add), show_crowded)
    asked = [asyncio.ensure_future(asks(turns, *each)) for each in wanted * ASKED]
    asked.append(asyncio.ensure_future(asks(turns, *besides, at=at)))
    for _ in range(3):
        await asyncio.sleep(0)
    at_work = Counter(app.at_work)
    app.may_answer.set()
    statuses = await asyncio.gather(*asked)
    app.at_work = at_work
    return app, statuses


@pytest.mark.parametrize(
    ("path", "header"), [("/v1/incidents", KEY), ("/desk", SESSION), ("/a/token", KEY), ("/c/token", SESSION)]
)
@pytest.mark.parametrize(
    "besides",
    [
        ("POST", "/twilio/sms", KEY),
        ("POST", "/v1/incidents", KEY),
        ("POST", "/v1/devices/d1/alarm", KEY),
        ("GET", "/v1/trees", OTHERS_KEY),
        ("GET", "/a/another", KEY),
        ("GET", "/v1/incidents/A-7K3M/events", KEY),
        ("GET", "/desk/live", SESSION),
    ],
)
def test_of_one_who_asks_for_much_a_few_are_worked_on_and_others_are_not_kept_waiting(
    runtime: Runtime, path: str, header: Header, besides: tuple[str, str, Header]
) -> None:
    """Else a page asked for four hundred times at once kept every text of the field waiting for more than a minute."""
    app, statuses = asyncio.run(crowd(runtime, ("GET", path, header), besides=besides))

    assert app.at_work[path] - (besides[1] == path) == AT_WORK
    assert app.at_work[besides[1]] > 0
    assert Counter(statuses) == {200: AT_WORK + WAITING + 1, 429: ASKED - AT_WORK - WAITING}


@pytest.mark.parametrize(
    ("path", "header", "media_type", "said"),
    [
        ("/v1/incidents", KEY, b"application/problem+json", "too many requests of yours are under way"),
        ("/desk/incidents/A-7K3M", SESSION, b"text/html", "emasiadas páginas suyas se están cargando"),
        ("/a/token", KEY, b"text/plain", "call the number in your message"),
        ("/c/token", SESSION, b"text/plain", "call the number in your message"),
    ],
)
def test_who_is_turned_away_reads_why_in_the_form_of_that_place(
    runtime: Runtime, path: str, header: Header, media_type: bytes, said: str
) -> None:
    """Programs read JSON; people read a page that says what to do, and when to try again."""

    async def refused() -> list[Message]:
        app = Slow()
        turns = Turns(app, runtime, Throttle(runtime.counting.add), show_crowded)
        before = [asyncio.ensure_future(asks(turns, "GET", path, header)) for _ in range(AT_WORK + WAITING)]
        await asyncio.sleep(0)
        answer = await answers(turns, "GET", path, header)
        app.may_answer.set()
        assert set(await asyncio.gather(*before)) == {200}
        return answer

    start, body = asyncio.run(refused())

    headers = dict(start["headers"])
    assert start["status"] == 429
    assert headers[b"content-type"].startswith(media_type)
    assert int(headers[b"retry-after"]) > 0
    assert said in body["body"].decode()


def test_who_has_somebody_elses_link_keeps_them_waiting_for_nothing(runtime: Runtime) -> None:
    """A6: the contact answers there, whoever else asks for the page."""
    page = ("GET", "/a/token", KEY)

    app, statuses = asyncio.run(crowd(runtime, page, besides=page, at=ELSEWHERE))

    assert app.at_work["/a/token"] == AT_WORK + 1
    assert (statuses[-1], 429 in statuses) == (200, True)


def test_who_has_somebody_elses_link_fills_no_history_with_answers(runtime: Runtime) -> None:
    """B9: each press is on the record for good, and the next takes the longer. The contact's own still count (A6).

    What is longer than any link is not remembered as it is: ten thousand such would fill the memory.
    """

    async def presses() -> tuple[list[int], list[int], list[int]]:
        app = Slow()
        app.may_answer.set()
        turns = Turns(app, runtime, Throttle(runtime.counting.add), show_crowded)
        pressed = [await asks(turns, "POST", "/a/token") for _ in range(ACTS.most + 1)]
        long = [await asks(turns, "POST", f"/a/{'x' * LONGEST_LINK}{each}") for each in range(ACTS.most + 1)]
        others = (("POST", "/a/token", ELSEWHERE), ("POST", "/a/another", HERE), ("GET", "/a/token", HERE))
        return pressed, long, [await asks(turns, method, path, at=at) for method, path, at in others]

    until_too_often = [200] * ACTS.most + [429]
    assert asyncio.run(presses()) == (until_too_often, until_too_often, [200] * 3)


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/v1/incidents", (b"authorization", f"Bearer /a/token {ELSEWHERE}".encode())),
        ("/desk", (b"cookie", f"desk=/a/token {ELSEWHERE}".encode())),
    ],
)
def test_no_key_or_session_can_be_written_so_that_it_takes_the_turns_of_a_link(
    runtime: Runtime, path: str, header: Header
) -> None:
    """A6: anybody may send any text as a key, also one that is none."""
    page = ("GET", "/a/token", KEY)

    app, statuses = asyncio.run(crowd(runtime, ("GET", path, header), besides=page, at=ELSEWHERE))

    assert app.at_work == {path: AT_WORK, "/a/token": 1}
    assert (statuses[-1], 429 in statuses) == (200, True)


def test_a_report_is_never_limited(runtime: Runtime) -> None:
    """B9: who sends many may have that much to report."""
    report = ("POST", "/v1/incidents", KEY)

    app, statuses = asyncio.run(crowd(runtime, report, besides=report))

    assert app.at_work["/v1/incidents"] == ASKED + 1
    assert set(statuses) == {200}


def test_who_was_refused_is_heard_once_the_others_have_their_answers(runtime: Runtime) -> None:
    async def twice() -> int:
        app = Slow()
        turns = Turns(app, runtime, Throttle(runtime.counting.add), show_crowded)
        asked = [asyncio.ensure_future(asks(turns, "GET", "/desk", SESSION)) for _ in range(ASKED)]
        await asyncio.sleep(0)
        app.may_answer.set()
        assert 429 in await asyncio.gather(*asked)
        return await asks(turns, "GET", "/desk", SESSION)

    assert asyncio.run(twice()) == 200


def test_every_request_waits_for_its_turn(runtime: Runtime) -> None:
    async def all_at_once() -> list[int]:
        app = make_app(runtime)
        return await asyncio.gather(*(asks(app, "GET", "/a/nobodys") for _ in range(ASKED)))

    assert Counter(asyncio.run(all_at_once())) == {404: AT_WORK + WAITING, 429: ASKED - AT_WORK - WAITING}
