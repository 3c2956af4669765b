"""Routes that no alarm needs are loaded after the start, and keep no alarm waiting."""

import asyncio
import threading
from types import SimpleNamespace
from typing import cast

import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import Message

from alertnet.cli.server.web_server import MOST_MOMENTS, load_the_rest
from alertnet.runtime.wiring import Runtime
from alertnet.web.app import Rest, load_api, make_app
from alertnet.web.connections import Server


class Slow(Rest):
    """A stand-in that loads once it is told to."""

    may_load: threading.Event

    def load(self) -> list[BaseRoute]:
        self.may_load.wait(20)
        return load_api()


async def _asked_by(many: int, app: FastAPI, slow: Slow) -> tuple[int, int]:
    """How many threads are taken while so many ask for what is not loaded yet, and how many were answered then."""
    answers: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answers.append(message)

    def scope() -> dict[str, object]:
        return {"type": "http", "method": "GET", "path": "/nowhere", "headers": [], "query_string": b"", "app": app}

    asking = [asyncio.create_task(app(scope(), receive, send)) for _ in range(many)]
    while not (taken := current_default_thread_limiter().borrowed_tokens):
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    taken = current_default_thread_limiter().borrowed_tokens
    slow.may_load.set()
    await asyncio.gather(*asking)
    return taken, sum(answer.get("status") == 404 for answer in answers)


def test_however_many_ask_for_what_is_not_loaded_yet_they_take_one_thread(runtime: Runtime) -> None:
    """A text of the field needs one, and found none until all was loaded."""
    app = make_app(runtime)
    slow = Slow(app, is_console=False)
    slow.may_load = threading.Event()
    place = next(place for place, route in enumerate(app.router.routes) if isinstance(route, Rest))
    app.router.routes[place] = slow

    assert asyncio.run(_asked_by(60, app, slow)) == (1, 60)


class Moments(threading.Event):
    """The moments for which somebody waits; in so many of them something is asked, and the process may end in one."""

    def __init__(self, busy: int, ends_in: int | None) -> None:
        super().__init__()
        self.server_state = SimpleNamespace(total_requests=0)
        self.passed = 0
        self._busy = busy
        self._ends_in = ends_in

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout
        self.passed += 1
        self.server_state.total_requests += self.passed <= self._busy
        return self.passed == self._ends_in


@pytest.mark.parametrize(
    ("busy", "ends_in", "passed"),
    [(0, None, 1), (3, None, 4), (10 * MOST_MOMENTS, None, MOST_MOMENTS), (10 * MOST_MOMENTS, 2, 2)],
    ids=["nobody asks", "three moments are busy", "always busy", "it ends"],
)
def test_the_rest_is_loaded_once_nobody_has_asked_for_anything_for_a_moment(
    runtime: Runtime, busy: int, ends_in: int | None, passed: int
) -> None:
    """An alarm that comes meanwhile would wait for it; in the end it is loaded all the same."""
    moments = Moments(busy, ends_in)

    load_the_rest(runtime, cast(Server, moments), moments)

    assert moments.passed == passed
